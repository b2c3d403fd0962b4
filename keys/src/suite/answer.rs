//! One answer to what was sealed, under a key that both ends export from the seal's context (RFC 9458 §4.4, with a
//! label of ours): whoever could open the question can answer it, and only its sender can read the answer.
//!
//! ```text
//! answer = nonce 32 | AEAD( plaintext ) | tag 16      key and AEAD nonce: HKDF(enc | nonce, exported secret)
//! ```
//!
//! The nonce is drawn for each answer, so that a question which is replayed and answered differently gives nothing away.

use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    ENC, EXPORT, Export, OpenError, SealError, Sealed, TAG, open_and_export, seal_and_export,
};
use crate::pair::{PublicKey, SecretKey};
use crate::role::Recipient;

/// Bytes that an answer has more than its plaintext.
pub const OVERHEAD: usize = NONCE + TAG;

/// What one answer is sealed under. Used once, erased when dropped.
pub struct AnswerKey {
    secret: Zeroizing<[u8; 32]>,
    enc: [u8; ENC],
}

/// Seals a question like [`super::seal`], and keeps what opens its answer. `label` says what kind of answer it is.
///
/// # Errors
/// [`SealError`].
pub fn ask<R: Recipient>(
    to: &PublicKey<R>,
    info: &[u8],
    aad: &[u8],
    question: &[u8],
    label: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<(Sealed, AnswerKey), SealError> {
    let mut secret = Zeroizing::new([0; 32]);
    let second = Some(Export {
        label,
        secret: &mut secret,
    });
    let sealed = seal_and_export(to, info, aad, question, second, rng)?;
    let enc = sealed.enc;
    Ok((sealed, AnswerKey { secret, enc }))
}

/// Opens a question like [`super::open`], and gives what its answer is to be sealed under.
///
/// # Errors
/// [`OpenError`].
pub fn take<R: Recipient>(
    with: &SecretKey<R>,
    info: &[u8],
    aad: &[u8],
    enc: &[u8; ENC],
    ciphertext: &[u8],
    label: &[u8],
    plain: &mut [u8],
) -> Result<([u8; EXPORT], AnswerKey), OpenError> {
    let mut secret = Zeroizing::new([0; 32]);
    let second = Some(Export {
        label,
        secret: &mut secret,
    });
    let tag = open_and_export(with, info, aad, enc, ciphertext, plain, second)?;
    Ok((tag, AnswerKey { secret, enc: *enc }))
}

impl AnswerKey {
    /// Seals the answer.
    ///
    /// # Errors
    /// [`SealError`], which does not happen for answers under 256 GiB.
    pub fn seal(self, answer: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealError> {
        let mut drawn = [0; NONCE];
        rng.fill_bytes(&mut drawn);
        let (cipher, nonce) = self.cipher(&drawn).ok_or(SealError)?;
        let sealed = cipher.encrypt(&nonce, answer).map_err(|_| SealError)?;
        Ok([drawn.as_slice(), &sealed].concat())
    }

    /// Opens the answer.
    ///
    /// # Errors
    /// [`OpenError::Refused`].
    pub fn open(self, answer: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (drawn, sealed) = answer.split_first_chunk().ok_or(OpenError::Refused)?;
        let (cipher, nonce) = self.cipher(drawn).ok_or(OpenError::Refused)?;
        cipher
            .decrypt(&nonce, sealed)
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Refused)
    }

    fn cipher(&self, drawn: &[u8; NONCE]) -> Option<(ChaCha20Poly1305, Nonce)> {
        let salt = [self.enc.as_slice(), drawn].concat();
        let kdf = Hkdf::<Sha256>::new(Some(&salt), self.secret.as_ref());
        let mut key = Zeroizing::new([0; 32]);
        let mut nonce = [0; 12];
        kdf.expand(b"key", key.as_mut()).ok()?;
        kdf.expand(b"nonce", &mut nonce).ok()?;
        Some((ChaCha20Poly1305::new(&Key::from(*key)), nonce.into()))
    }
}

const NONCE: usize = 32;

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::role::Relay;

    fn exchange(label: &[u8]) -> (AnswerKey, AnswerKey, ChaCha20Rng) {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let secret = SecretKey::<Relay>::generate(&mut rng);
        let to = secret.public();
        let (sealed, asker) = ask(&to, b"info", b"aad", b"question", b"kind", &mut rng).unwrap();
        let mut plain = [0; 8];
        let (tag, answerer) = take(
            &secret,
            b"info",
            b"aad",
            &sealed.enc,
            &sealed.ciphertext,
            label,
            &mut plain,
        )
        .unwrap();
        assert_eq!(&plain, b"question");
        assert_eq!(tag, sealed.tag);
        (asker, answerer, rng)
    }

    #[test]
    fn spec_2_11_an_answer_opens_with_the_key_of_its_question_and_kind_alone() {
        let (asker, answerer, mut rng) = exchange(b"kind");
        let answer = answerer.seal(b"answer", &mut rng).unwrap();
        assert_eq!(answer.len(), 6 + OVERHEAD);
        assert_eq!(asker.open(&answer).unwrap().as_slice(), b"answer");
        let (asker, answerer, mut rng) = exchange(b"other");
        let answer = answerer.seal(b"answer", &mut rng).unwrap();
        assert_eq!(asker.open(&answer).err(), Some(OpenError::Refused));
    }

    #[test]
    fn spec_2_11_every_byte_of_an_answer_is_bound() {
        let (_, answerer, mut rng) = exchange(b"kind");
        let good = answerer.seal(b"answer", &mut rng).unwrap();
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            let (asker, ..) = exchange(b"kind");
            assert_eq!(asker.open(&flipped).err(), Some(OpenError::Refused));
            let (asker, ..) = exchange(b"kind");
            assert_eq!(asker.open(&good[..at]).err(), Some(OpenError::Refused));
        }
    }

    #[test]
    fn spec_2_11_two_answers_to_one_question_are_under_different_keys() {
        let (_, first, mut rng) = exchange(b"kind");
        let (_, second, _) = exchange(b"kind");
        let first = first.seal(b"answer", &mut rng).unwrap();
        let second = second.seal(b"answer", &mut rng).unwrap();
        assert_ne!(first[..NONCE], second[..NONCE]);
        assert_ne!(first[NONCE..], second[NONCE..]);
    }
}
