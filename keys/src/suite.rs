//! The one HPKE suite (RFC 9180 base mode): X-Wing (KEM id 0x647a), HKDF-SHA256, ChaCha20Poly1305.
//!
//! One seal a context. Both ends also get a 16-byte tag from the context's exporter: the replay tag of a
//! packet, which nobody between them can compute.

use alloc::vec::Vec;

use hpke::{OpModeS, Serializable, setup_sender_with_rng};
use rand_core::CryptoRng;

use crate::pair::{PublicKey, SecretKey};
use crate::role::Recipient;

pub mod answer;
#[cfg(feature = "aws-lc")]
pub(crate) mod native;
pub mod reference;
#[cfg(feature = "aws-lc")]
mod schedule;

/// Bytes of an encoded X-Wing public key: ML-KEM-768 1184, X25519 32.
pub const PUBLIC_KEY: usize = 1216;
/// Bytes of an X-Wing secret key: the seed.
pub const SECRET_KEY: usize = 32;
/// Bytes of an encapsulation: ML-KEM-768 1088, X25519 32.
pub const ENC: usize = 1120;
/// Bytes a seal adds to its plaintext, beside the encapsulation.
pub const TAG: usize = 16;
/// Bytes of the tag that both ends export.
pub const EXPORT: usize = 16;

pub(crate) type Kem = hpke::kem::XWing;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

const EXPORT_LABEL: &[u8] = b"brolly/1 tag";

/// What [`seal`] made.
#[derive(Debug)]
pub struct Sealed {
    /// The encapsulation, 1,120 bytes.
    pub enc: [u8; ENC],
    /// The plaintext's length and 16 bytes.
    pub ciphertext: Vec<u8>,
    /// The exported tag, the same that [`open`] gives.
    pub tag: [u8; EXPORT],
}

/// Why a seal did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The encapsulation is not 1,120 bytes, or its X25519 share has small order.
    #[error("the encapsulated key is malformed")]
    Encapsulation,
    /// Made for another key, another purpose, or changed on the way.
    #[error("the sealed bytes do not open with this key")]
    Refused,
}

/// Seals `plaintext` to `to`, bound to `info` and `aad`.
///
/// `info` is one of SPEC §2.2's fixed-length bindings; it must stay under 64 KiB.
///
/// # Errors
/// [`SealError`]; never for a binding of SPEC §2.2.
pub fn seal<R: Recipient>(
    to: &PublicKey<R>,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Sealed, SealError> {
    seal_and_export(to, info, aad, plaintext, None, rng)
}

/// A second secret that both ends export, under its own label.
struct Export<'a> {
    label: &'a [u8],
    secret: &'a mut [u8; 32],
}

fn seal_and_export<R: Recipient>(
    to: &PublicKey<R>,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    second: Option<Export<'_>>,
    rng: &mut impl CryptoRng,
) -> Result<Sealed, SealError> {
    let (enc, mut context) =
        setup_sender_with_rng::<Aead, Kdf, Kem>(&OpModeS::Base, to.kem(), info, rng)
            .map_err(|_| SealError)?;
    let ciphertext = context.seal(plaintext, aad).map_err(|_| SealError)?;
    let mut tag = [0; EXPORT];
    context
        .export(EXPORT_LABEL, &mut tag)
        .map_err(|_| SealError)?;
    if let Some(Export { label, secret }) = second {
        context.export(label, secret).map_err(|_| SealError)?;
    }
    let mut bytes = [0; ENC];
    enc.write_exact(&mut bytes);
    Ok(Sealed {
        enc: bytes,
        ciphertext,
        tag,
    })
}

/// The HPKE library refused to seal: an `info` over 64 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes cannot be sealed: the binding is too long")]
pub struct SealError;

/// Opens what [`seal`] made for `with` under the same `info` and `aad` into `plain`, which is as long as the ciphertext
/// without its [`TAG`], and gives the exported tag, the same that [`seal`] gave. After an error `plain` is zeros.
///
/// With the feature `aws-lc` the library of that name does the work, with a key that is expanded at its first use;
/// without it, [`mod@reference`] does.
///
/// # Errors
/// [`OpenError`]; the two variants take different times, so a caller must not let a sender see which.
pub fn open<R: Recipient>(
    with: &SecretKey<R>,
    info: &[u8],
    aad: &[u8],
    enc: &[u8],
    ciphertext: &[u8],
    plain: &mut [u8],
) -> Result<[u8; EXPORT], OpenError> {
    open_and_export(with, info, aad, enc, ciphertext, plain, None)
}

fn open_and_export<R: Recipient>(
    with: &SecretKey<R>,
    info: &[u8],
    aad: &[u8],
    enc: &[u8],
    ciphertext: &[u8],
    plain: &mut [u8],
    second: Option<Export<'_>>,
) -> Result<[u8; EXPORT], OpenError> {
    let opened = Received::new(info, aad, enc, ciphertext, plain.len())
        .and_then(|received| received.open(with, plain, second));
    if opened.is_err() {
        plain.fill(0);
    }
    opened
}

/// What came, taken apart: all that can be said of it without a key has been checked.
struct Received<'a> {
    info: &'a [u8],
    aad: &'a [u8],
    enc: &'a [u8; ENC],
    body: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Received<'a> {
    fn new(
        info: &'a [u8],
        aad: &'a [u8],
        enc: &'a [u8],
        ciphertext: &'a [u8],
        length: usize,
    ) -> Result<Self, OpenError> {
        let enc: &[u8; ENC] = enc.try_into().map_err(|_| OpenError::Encapsulation)?;
        if enc.last_chunk().is_none_or(small_order) {
            return Err(OpenError::Encapsulation);
        }
        let (body, tag) = ciphertext
            .split_last_chunk()
            .filter(|(body, _)| body.len() == length)
            .ok_or(OpenError::Refused)?;
        Ok(Self {
            info,
            aad,
            enc,
            body,
            tag,
        })
    }

    #[cfg(feature = "aws-lc")]
    fn open<R: Recipient>(
        &self,
        with: &SecretKey<R>,
        plain: &mut [u8],
        second: Option<Export<'_>>,
    ) -> Result<[u8; EXPORT], OpenError> {
        match with.expanded() {
            Some(key) => native::open(key, self, plain, second),
            // Without memory for another form of the key there still is the key.
            None => reference::open_received(with, self, plain, second),
        }
    }

    #[cfg(not(feature = "aws-lc"))]
    fn open<R: Recipient>(
        &self,
        with: &SecretKey<R>,
        plain: &mut [u8],
        second: Option<Export<'_>>,
    ) -> Result<[u8; EXPORT], OpenError> {
        reference::open_received(with, self, plain, second)
    }
}

/// Whether an X25519 share contributes nothing: the shared secret would be zero for every key (RFC 7748 §6.1).
pub(crate) fn small_order(share: &[u8; 32]) -> bool {
    let mut canonical = *share;
    if let Some(top) = canonical.last_mut() {
        *top &= 0x7f;
    }
    SMALL_ORDER.contains(&canonical)
}

const fn edge(low: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = low;
    bytes[31] = 0x7f;
    bytes
}

const fn small(low: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = low;
    bytes
}

/// The u-coordinates of order 1, 2, 4 and 8, canonical and not, with the top bit clear.
const SMALL_ORDER: [[u8; 32]; 7] = [
    small(0),
    small(1),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    edge(0xec),
    edge(0xed),
    edge(0xee),
];

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::role::Relay;

    fn pair() -> (SecretKey<Relay>, PublicKey<Relay>, ChaCha20Rng) {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let secret = SecretKey::generate(&mut rng);
        let public = secret.public();
        (secret, public, rng)
    }

    #[test]
    fn spec_2_1_what_is_sealed_opens_and_both_ends_export_the_same_tag() {
        let (secret, public, mut rng) = pair();
        let sealed = seal(&public, b"info", b"aad", b"words", &mut rng).unwrap();
        assert_eq!(sealed.ciphertext.len(), 5 + TAG);
        let mut plain = [0; 5];
        let (enc, ciphertext) = (&sealed.enc, &sealed.ciphertext);
        let tag = open(&secret, b"info", b"aad", enc, ciphertext, &mut plain);
        assert_eq!(tag, Ok(sealed.tag));
        assert_eq!(&plain, b"words");
    }

    #[test]
    fn spec_2_1_info_aad_key_and_every_part_are_bound() {
        let (secret, public, mut rng) = pair();
        let other = SecretKey::<Relay>::generate(&mut rng);
        let s = seal(&public, b"info", b"aad", b"words", &mut rng).unwrap();
        let refused =
            |with: &SecretKey<Relay>, info: &[u8], aad: &[u8], enc: &[u8], body: &[u8]| {
                let mut plain = [7; 5];
                let opened = open(with, info, aad, enc, body, &mut plain);
                assert_eq!(opened, Err(OpenError::Refused));
                assert_eq!(plain, [0; 5]);
            };
        refused(&secret, b"other", b"aad", &s.enc, &s.ciphertext);
        refused(&secret, b"info", b"other", &s.enc, &s.ciphertext);
        refused(&other, b"info", b"aad", &s.enc, &s.ciphertext);
        for byte in [0, 600, 1088, ENC - 2] {
            let mut enc = s.enc;
            enc[byte] ^= 1;
            refused(&secret, b"info", b"aad", &enc, &s.ciphertext);
        }
        for byte in 0..s.ciphertext.len() {
            let mut ciphertext = s.ciphertext.clone();
            ciphertext[byte] ^= 1;
            refused(&secret, b"info", b"aad", &s.enc, &ciphertext);
        }
    }

    #[test]
    fn a_ciphertext_that_does_not_fill_the_plaintext_is_refused() {
        let (secret, public, mut rng) = pair();
        let s = seal(&public, b"", b"", b"words", &mut rng).unwrap();
        for (length, room) in [(0, 0), (TAG - 1, 0), (TAG + 5, 4), (TAG + 5, 6)] {
            let mut plain = std::vec![7; room];
            let ciphertext = &s.ciphertext[..length];
            let opened = open(&secret, b"", b"", &s.enc, ciphertext, &mut plain);
            assert_eq!(opened, Err(OpenError::Refused));
            assert!(plain.iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn an_encapsulation_of_another_length_is_malformed() {
        let (secret, public, mut rng) = pair();
        let s = seal(&public, b"", b"", b"words", &mut rng).unwrap();
        for length in [0, 31, 32, ENC - 1] {
            let got = open(
                &secret,
                b"",
                b"",
                &s.enc[..length],
                &s.ciphertext,
                &mut [0; 5],
            );
            assert_eq!(got, Err(OpenError::Encapsulation));
        }
    }

    #[test]
    fn spec_2_1_small_order_shares_are_refused() {
        let (secret, public, mut rng) = pair();
        let s = seal(&public, b"", b"", b"words", &mut rng).unwrap();
        for point in SMALL_ORDER {
            let zero = x25519_dalek::x25519([9; 32], point);
            assert_eq!(zero, [0; 32], "the list names only points of small order");
            for top in [0, 0x80] {
                let mut enc = s.enc;
                enc[ENC - 32..].copy_from_slice(&point);
                enc[ENC - 1] |= top;
                let got = open(&secret, b"", b"", &enc, &s.ciphertext, &mut [0; 5]);
                assert_eq!(got, Err(OpenError::Encapsulation));
            }
        }
        assert!(!small_order(&[9; 32]));
    }
}
