//! X-Wing key pairs, typed by the role that holds them.

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;
#[cfg(feature = "aws-lc")]
use std::sync::OnceLock;

use hpke::{Deserializable, Serializable};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::role::Recipient;
#[cfg(feature = "aws-lc")]
use crate::suite::native::Key;
use crate::suite::{self, Kem};

/// An X-Wing public key of role `R`: 1,216 bytes when encoded.
pub struct PublicKey<R> {
    kem: Box<<Kem as hpke::Kem>::PublicKey>,
    role: PhantomData<fn() -> R>,
}

/// An X-Wing secret key of role `R`: a seed of 32 bytes, and with the feature `aws-lc` what it expands to, once it was
/// opened with; erased when dropped.
///
/// It cannot be copied, printed, compared or serialised by accident; [`SecretKey::expose`] is the one way out.
pub struct SecretKey<R> {
    kem: Box<<Kem as hpke::Kem>::PrivateKey>,
    #[cfg(feature = "aws-lc")]
    expanded: OnceLock<Option<Box<Key>>>,
    role: PhantomData<fn() -> R>,
}

/// Bytes that are not an X-Wing public key: an ML-KEM coefficient out of range, or a small-order X25519 share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a valid public key")]
pub struct BadPublicKey;

impl<R: Recipient> PublicKey<R> {
    /// Reads a key from its 1,216 bytes.
    ///
    /// # Errors
    /// [`BadPublicKey`].
    pub fn from_bytes(bytes: &[u8; suite::PUBLIC_KEY]) -> Result<Self, BadPublicKey> {
        if bytes.last_chunk().is_none_or(suite::small_order) {
            return Err(BadPublicKey);
        }
        let kem = <Kem as hpke::Kem>::PublicKey::from_bytes(bytes).map_err(|_| BadPublicKey)?;
        Ok(Self {
            kem: Box::new(kem),
            role: PhantomData,
        })
    }

    /// The key's 1,216 bytes.
    pub fn to_bytes(&self) -> [u8; suite::PUBLIC_KEY] {
        let mut bytes = [0; suite::PUBLIC_KEY];
        self.kem.write_exact(&mut bytes);
        bytes
    }

    /// The first 4 bytes of SHA-256 of the key: how a packet or stanza names the key it was made for.
    pub fn id(&self) -> [u8; 4] {
        let digest: [u8; 32] = Sha256::digest(self.to_bytes()).into();
        let [a, b, c, d, ..] = digest;
        [a, b, c, d]
    }

    pub(crate) fn kem(&self) -> &<Kem as hpke::Kem>::PublicKey {
        &self.kem
    }
}

impl<R> Clone for PublicKey<R> {
    fn clone(&self) -> Self {
        Self {
            kem: self.kem.clone(),
            role: PhantomData,
        }
    }
}

impl<R> PartialEq for PublicKey<R> {
    fn eq(&self, other: &Self) -> bool {
        self.kem == other.kem
    }
}

impl<R> Eq for PublicKey<R> {}

impl<R: Recipient> fmt::Debug for PublicKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.id();
        write!(f, "PublicKey<{}>({a:02x}{b:02x}{c:02x}{d:02x})", R::NAME)
    }
}

impl<R: Recipient> SecretKey<R> {
    /// Draws a new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; suite::SECRET_KEY]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }

    /// The key of a 32-byte seed (raw X-Wing, not `DeriveKeyPair`).
    pub fn from_seed(seed: &[u8; suite::SECRET_KEY]) -> Self {
        // A seed of the right length is always a key; the fallback cannot be reached and would only refuse to open.
        let kem = <Kem as hpke::Kem>::PrivateKey::from_bytes(seed)
            .unwrap_or_else(|_| <Kem as hpke::Kem>::derive_keypair(seed).0);
        Self {
            kem: Box::new(kem),
            #[cfg(feature = "aws-lc")]
            expanded: OnceLock::new(),
            role: PhantomData,
        }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey<R> {
        PublicKey {
            kem: Box::new(<Kem as hpke::Kem>::sk_to_pk(&self.kem)),
            role: PhantomData,
        }
    }

    /// The 32-byte seed, for a key file or supervised memory; erased when dropped.
    pub fn expose(&self) -> Zeroizing<[u8; suite::SECRET_KEY]> {
        let mut seed = Zeroizing::new([0; suite::SECRET_KEY]);
        self.kem.write_exact(seed.as_mut());
        seed
    }

    pub(crate) fn kem(&self) -> &<Kem as hpke::Kem>::PrivateKey {
        &self.kem
    }

    /// The key in the form that aws-lc takes, expanded the first time it is asked for.
    #[cfg(feature = "aws-lc")]
    pub(crate) fn expanded(&self) -> Option<&Key> {
        let expand = || Key::expand(&self.expose()).map(Box::new);
        self.expanded.get_or_init(expand).as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::role::{Desk, Relay};

    #[test]
    fn a_seed_and_a_public_key_survive_their_bytes() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let secret = SecretKey::<Desk>::generate(&mut rng);
        let again = SecretKey::<Desk>::from_seed(&secret.expose());
        assert_eq!(secret.public(), again.public());
        let public = PublicKey::<Desk>::from_bytes(&secret.public().to_bytes()).unwrap();
        assert_eq!(public, secret.public());
        assert_eq!(public.id(), secret.public().id());
    }

    #[test]
    fn the_raw_x_wing_seed_of_the_draft_gives_the_drafts_public_key() {
        // draft-connolly-cfrg-xwing-kem, appendix C, first vector: seed and the start of pk.
        let seed = [
            0x7f, 0x9c, 0x2b, 0xa4, 0xe8, 0x8f, 0x82, 0x7d, 0x61, 0x60, 0x45, 0x50, 0x76, 0x05,
            0x85, 0x3e, 0xd7, 0x3b, 0x80, 0x93, 0xf6, 0xef, 0xbc, 0x88, 0xeb, 0x1a, 0x6e, 0xac,
            0xfa, 0x66, 0xef, 0x26,
        ];
        let public = SecretKey::<Relay>::from_seed(&seed).public().to_bytes();
        assert_eq!(
            public[..8],
            [0xe2, 0x23, 0x6b, 0x35, 0xa8, 0xc2, 0x4b, 0x39]
        );
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert_eq!(
            PublicKey::<Relay>::from_bytes(&[0xff; suite::PUBLIC_KEY]).err(),
            Some(BadPublicKey)
        );
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let mut bytes = SecretKey::<Relay>::generate(&mut rng).public().to_bytes();
        bytes[suite::PUBLIC_KEY - 32..].fill(0);
        assert_eq!(
            PublicKey::<Relay>::from_bytes(&bytes).err(),
            Some(BadPublicKey)
        );
    }

    #[test]
    fn a_public_key_prints_its_role_and_id_alone() {
        let key = SecretKey::<Relay>::from_seed(&[3; 32]).public();
        assert_eq!(format!("{key:?}").len(), "PublicKey<relay>(00000000)".len());
    }
}
