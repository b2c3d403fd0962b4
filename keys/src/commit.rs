//! Sealing under a key that is handed out alone, with a commitment to that key (SPEC §2.5).
//!
//! ChaCha20Poly1305 opens to different texts under different keys if its maker arranges it. The commitment,
//! checked before anything is opened, leaves one key and so one text for everybody.

use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a commitment.
pub const COMMITMENT: usize = 32;
/// Bytes a committed seal adds to its plaintext.
pub const TAG: usize = 16;

/// A key for exactly one text: 32 bytes, erased when dropped.
pub struct OneTimeKey(Zeroizing<[u8; 32]>);

/// Why a committed seal did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The key is not the one that was committed to: two readers would read two texts.
    #[error(
        "the key does not match its commitment: this entry was made to read differently for different readers"
    )]
    Commitment,
    /// The key is right and the bytes were changed.
    #[error("the sealed text was changed")]
    Refused,
}

impl OneTimeKey {
    /// Draws a key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(key.as_mut());
        Self(key)
    }

    /// The key that a stanza carried.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key's 32 bytes, to put into a stanza.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// `HKDF(key, "commit")`.
    pub fn commitment(&self) -> [u8; COMMITMENT] {
        *self.derive(b"commit")
    }

    /// Seals the one text of this key; the result is 16 bytes longer. `purpose` keeps a body from passing as a contact.
    ///
    /// # Errors
    /// [`CommitError::Refused`] for a text of more than 256 GiB.
    pub fn seal(&self, purpose: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CommitError> {
        let payload = Payload {
            msg: plaintext,
            aad: purpose,
        };
        self.cipher()
            .encrypt(&Nonce::default(), payload)
            .map_err(|_| CommitError::Refused)
    }

    /// Checks the commitment, then opens.
    ///
    /// # Errors
    /// [`CommitError`].
    pub fn open(
        &self,
        purpose: &[u8],
        commitment: &[u8; COMMITMENT],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CommitError> {
        if !bool::from(self.commitment().ct_eq(commitment)) {
            return Err(CommitError::Commitment);
        }
        let payload = Payload {
            msg: ciphertext,
            aad: purpose,
        };
        self.cipher()
            .decrypt(&Nonce::default(), payload)
            .map(Zeroizing::new)
            .map_err(|_| CommitError::Refused)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(*self.derive(b"aead")))
    }

    fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        // 32 bytes are always within HKDF's limit, so the expansion cannot fail.
        let expanded = Hkdf::<Sha256>::new(None, self.0.as_ref()).expand(label, out.as_mut());
        debug_assert!(expanded.is_ok());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_2_5_a_key_other_than_the_committed_one_opens_nothing() {
        let key = OneTimeKey::from_bytes([1; 32]);
        let other = OneTimeKey::from_bytes([2; 32]);
        let sealed = key.seal(b"body", b"words").unwrap();
        assert_eq!(sealed.len(), 5 + TAG);
        let opened = key.open(b"body", &key.commitment(), &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"words");
        assert_eq!(
            other.open(b"body", &key.commitment(), &sealed).err(),
            Some(CommitError::Commitment)
        );
        assert_eq!(
            key.open(b"body", &other.commitment(), &sealed).err(),
            Some(CommitError::Commitment)
        );
    }

    #[test]
    fn a_changed_text_or_purpose_is_refused() {
        let key = OneTimeKey::from_bytes([1; 32]);
        let mut sealed = key.seal(b"body", b"words").unwrap();
        let refused = Some(CommitError::Refused);
        assert_eq!(
            key.open(b"contact", &key.commitment(), &sealed).err(),
            refused
        );
        for byte in 0..sealed.len() {
            sealed[byte] ^= 1;
            assert_eq!(key.open(b"body", &key.commitment(), &sealed).err(), refused);
            sealed[byte] ^= 1;
        }
    }
}
