//! Ed25519 (RFC 8032) keys typed by role, and statements that become usable only by checking them.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use ed25519_dalek::Signer as _;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::role::Signer;

/// Bytes of an encoded verifying key.
pub const VERIFYING_KEY: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE: usize = 64;

/// An Ed25519 secret key of role `R`, erased when dropped.
pub struct SigningKey<R> {
    inner: ed25519_dalek::SigningKey,
    role: PhantomData<fn() -> R>,
}

/// An Ed25519 public key of role `R`: 32 bytes.
pub struct VerifyingKey<R> {
    bytes: [u8; VERIFYING_KEY],
    role: PhantomData<fn() -> R>,
}

/// Bytes that are not an Ed25519 public key, or one of small order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a valid signing key")]
pub struct BadVerifyingKey;

impl<R: Signer> SigningKey<R> {
    /// Draws a new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }

    /// The key of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            inner: ed25519_dalek::SigningKey::from_bytes(seed),
            role: PhantomData,
        }
    }

    /// The 32-byte seed, for a key file or a TLS stack; erased when dropped.
    pub fn expose(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.inner.to_bytes())
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey<R> {
        VerifyingKey::claimed(&self.inner.verifying_key().to_bytes())
    }

    /// Signs `message` as it is. Callers separate domains: [`Signed`] by its prefix, notes by their text.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE] {
        self.inner.sign(message).to_bytes()
    }
}

impl<R: Signer> VerifyingKey<R> {
    /// Reads a key from its 32 bytes.
    ///
    /// # Errors
    /// [`BadVerifyingKey`].
    pub fn from_bytes(bytes: &[u8; VERIFYING_KEY]) -> Result<Self, BadVerifyingKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| BadVerifyingKey)?;
        if key.is_weak() {
            return Err(BadVerifyingKey);
        }
        Ok(Self::claimed(bytes))
    }

    /// Takes 32 bytes for a key until it is used: those that are none, or of small order, accept no signature. For a list
    /// of which few will be used; checking a thousand takes longer than everything else about them.
    pub fn claimed(bytes: &[u8; VERIFYING_KEY]) -> Self {
        Self {
            bytes: *bytes,
            role: PhantomData,
        }
    }

    /// The key's 32 bytes.
    pub fn to_bytes(&self) -> [u8; VERIFYING_KEY] {
        self.bytes
    }

    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        ed25519_dalek::VerifyingKey::from_bytes(&self.bytes)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

impl<R> Clone for VerifyingKey<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for VerifyingKey<R> {}

impl<R> PartialEq for VerifyingKey<R> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<R> Eq for VerifyingKey<R> {}

impl<R: Signer> fmt::Debug for VerifyingKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.to_bytes();
        write!(
            f,
            "VerifyingKey<{}>({a:02x}{b:02x}{c:02x}{d:02x}…)",
            R::NAME
        )
    }
}

/// Something that is only worth reading when its signature holds.
pub trait Statement: Sized {
    /// Separates this kind of statement from every other under the same key.
    const DOMAIN: &'static str;
    /// Why the bytes of a good signature cannot be read.
    type Error;
    /// Reads the signed bytes, all of them.
    ///
    /// # Errors
    /// The statement's own.
    fn parse(bytes: &[u8]) -> Result<Self, Self::Error>;
}

/// The bytes of a statement and a signature over `DOMAIN | 0x00 | bytes`, not yet checked (SPEC §2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    bytes: Vec<u8>,
    signature: [u8; SIGNATURE],
    statement: PhantomData<fn() -> T>,
}

impl<T: Statement> Signed<T> {
    /// Signs the encoding of a statement.
    pub fn sign<R: Signer>(key: &SigningKey<R>, bytes: Vec<u8>) -> Self {
        let signature = key.sign(&separated::<T>(&bytes));
        Self {
            bytes,
            signature,
            statement: PhantomData,
        }
    }

    /// Splits `bytes | signature 64` as it was received; nothing is checked yet. `None` under 64 bytes.
    pub fn from_wire(wire: &[u8]) -> Option<Self> {
        let (bytes, signature) = wire.split_last_chunk()?;
        Some(Self {
            bytes: bytes.to_vec(),
            signature: *signature,
            statement: PhantomData,
        })
    }

    /// `bytes | signature 64`.
    pub fn to_wire(&self) -> Vec<u8> {
        let mut wire = self.bytes.clone();
        wire.extend_from_slice(&self.signature);
        wire
    }

    /// Reads the statement without any trust: only to learn whose signature to ask for.
    ///
    /// # Errors
    /// The statement's own.
    pub fn claimed(&self) -> Result<T, T::Error> {
        T::parse(&self.bytes)
    }

    /// Checks the signature, then reads the statement.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify<R: Signer>(
        &self,
        key: &VerifyingKey<R>,
    ) -> Result<Verified<T>, VerifyError<T::Error>> {
        if !key.accepts(&separated::<T>(&self.bytes), &self.signature) {
            return Err(VerifyError::Signature);
        }
        T::parse(&self.bytes)
            .map(Verified::new)
            .map_err(VerifyError::Statement)
    }
}

/// A statement whose signatures were checked. Only this crate's checks make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn new(statement: T) -> Self {
        Self(statement)
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Why a signed statement cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError<E> {
    /// The signature is not this key's over these bytes.
    #[error("the signature does not match")]
    Signature,
    /// The signature holds, but the bytes cannot be read.
    #[error("{0}")]
    Statement(E),
}

fn separated<T: Statement>(bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(T::DOMAIN.len() + 1 + bytes.len());
    message.extend_from_slice(T::DOMAIN.as_bytes());
    message.push(0);
    message.extend_from_slice(bytes);
    message
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec;

    use super::*;
    use crate::role::Relay;

    #[derive(Debug, PartialEq, Eq)]
    struct Word(String);

    impl Statement for Word {
        const DOMAIN: &'static str = "brolly/1 word";
        type Error = &'static str;
        fn parse(bytes: &[u8]) -> Result<Self, Self::Error> {
            String::from_utf8(bytes.to_vec())
                .map(Self)
                .map_err(|_| "not text")
        }
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Other;

    impl Statement for Other {
        const DOMAIN: &'static str = "brolly/1 other";
        type Error = core::convert::Infallible;
        fn parse(_: &[u8]) -> Result<Self, Self::Error> {
            Ok(Self)
        }
    }

    #[test]
    fn spec_2_3_a_statement_is_read_only_under_its_own_key_and_domain() {
        let key = SigningKey::<Relay>::from_seed(&[1; 32]);
        let wire = Signed::<Word>::sign(&key, b"hello".to_vec()).to_wire();
        let signed = Signed::<Word>::from_wire(&wire).unwrap();
        assert_eq!((*signed.verify(&key.verifying_key()).unwrap()).0, "hello");

        let stranger = SigningKey::<Relay>::from_seed(&[2; 32]).verifying_key();
        assert_eq!(signed.verify(&stranger), Err(VerifyError::Signature));
        let crossed = Signed::<Other>::from_wire(&wire).unwrap();
        assert_eq!(
            crossed.verify(&key.verifying_key()),
            Err(VerifyError::Signature)
        );
        for byte in 0..wire.len() {
            let mut flipped = wire.clone();
            flipped[byte] ^= 0x10;
            let signed = Signed::<Word>::from_wire(&flipped).unwrap();
            assert_eq!(
                signed.verify(&key.verifying_key()),
                Err(VerifyError::Signature)
            );
        }
    }

    #[test]
    fn a_good_signature_over_unreadable_bytes_says_so() {
        let key = SigningKey::<Relay>::from_seed(&[1; 32]);
        let signed = Signed::<Word>::sign(&key, vec![0xff]);
        assert_eq!(
            signed.verify(&key.verifying_key()),
            Err(VerifyError::Statement("not text"))
        );
        assert!(Signed::<Word>::from_wire(&[0; 63]).is_none());
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(
            VerifyingKey::<Relay>::from_bytes(&identity).err(),
            Some(BadVerifyingKey)
        );
    }
}
