//! Answers: sealed to the key inside a report, found by a tag that only its writer and the desk can compute (SPEC §14.1).
//!
//! ```text
//! tag n   = HKDF( reply root of the desk's slot, "reply" | n )[..16]
//! sealed  = HPKE to the reply key, info "brolly/1 reply" | scheme, aad tag, of
//!           desk 16 | signature 64 | length 2 | text | zeros
//! signed  = scheme 32 | tag 16 | text                          by the desk's identity key
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brolly_keys::pair::{PublicKey, SecretKey};
use brolly_keys::role::{Desk, Reply};
use brolly_keys::sign::{Signed, SigningKey, Statement};
use brolly_keys::suite::{self, SealError};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{EntryError, SealedReply};
use crate::codec::Fields;
use crate::directory::{DeskEntry, Directory};
use crate::geometry::{NODE_ID, RECEIPT_TAG, REPLY_PLAIN, REPLY_TEXT};
use crate::node::{NodeId, SchemeId};

/// Where a desk writes answer `number`, from 0, to the report whose reply root this is.
pub fn tag(root: &[u8; 32], number: u32) -> [u8; RECEIPT_TAG] {
    let mut tag = [0; RECEIPT_TAG];
    // 16 bytes are always within HKDF's limit, so the expansion cannot fail.
    let expanded = Hkdf::<Sha256>::new(None, root)
        .expand_multi_info(&[b"reply", &number.to_be_bytes()], &mut tag);
    debug_assert!(expanded.is_ok());
    tag
}

/// What a desk answers.
pub struct Answer<'a> {
    /// The scheme.
    pub scheme: SchemeId,
    /// Who answers.
    pub desk: NodeId,
    /// The key in the report.
    pub to: &'a PublicKey<Reply>,
    /// Where its reader will look: [`tag`].
    pub tag: [u8; RECEIPT_TAG],
    /// What is said, at most 2,861 bytes.
    pub text: &'a str,
}

/// An answer, opened; its signature holds.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// Who answered.
    pub desk: NodeId,
    /// What was said.
    pub text: Zeroizing<String>,
}

impl core::fmt::Debug for Opened {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Opened(by {})", self.desk)
    }
}

/// Why an answer cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It does not fit.
    #[error("the answer is {0} bytes too long: an answer has at most {REPLY_TEXT} bytes")]
    TooLong(usize),
    /// Nothing in it.
    #[error("the answer is empty: write something")]
    Empty,
    /// The cipher refused.
    #[error("{0}")]
    Seal(#[from] SealError),
}

/// Why an answer is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It does not open with the report's key.
    #[error("the answer does not open with this receipt code")]
    Sealed,
    /// What is inside is no answer.
    #[error("the answer is malformed")]
    Malformed,
    /// Not signed by a desk of the directory that may answer in this place.
    #[error("the answer is not signed by the desk that the report went to")]
    Signature,
}

impl Answer<'_> {
    /// Signs and seals the answer: 4,096 bytes whatever it says.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn seal(
        &self,
        key: &SigningKey<Desk>,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedReply, AnswerError> {
        let length = self.text.len();
        if length == 0 {
            return Err(AnswerError::Empty);
        }
        let long = AnswerError::TooLong(length.saturating_sub(REPLY_TEXT));
        if length > REPLY_TEXT {
            return Err(long);
        }
        let said = Said::bytes(&self.scheme, &self.tag, self.text);
        let signed = Signed::<Said>::sign(key, said).to_wire();
        let signature = signed.last_chunk::<SIGNATURE>().ok_or(SealError)?;
        let mut plain = Zeroizing::new(Vec::with_capacity(REPLY_PLAIN));
        plain.extend_from_slice(&self.desk.0);
        plain.extend_from_slice(signature);
        plain.extend_from_slice(&u16::try_from(length).map_err(|_| long)?.to_be_bytes());
        plain.extend_from_slice(self.text.as_bytes());
        plain.resize(REPLY_PLAIN, 0);
        let sealed = suite::seal(self.to, &info(&self.scheme), &self.tag, &plain, rng)?;
        Ok(SealedReply {
            tag: self.tag,
            enc: sealed.enc.to_vec(),
            sealed: sealed.ciphertext,
        })
    }
}

impl SealedReply {
    /// Opens an answer with the key of a receipt code, and checks that `desk` signed it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        &self,
        key: &SecretKey<Reply>,
        directory: &Directory,
        may: impl Fn(&DeskEntry) -> bool,
    ) -> Result<Opened, OpenError> {
        let info = info(&directory.scheme);
        let mut plain = Zeroizing::new(alloc::vec![0; REPLY_PLAIN]);
        suite::open(key, &info, &self.tag, &self.enc, &self.sealed, &mut plain)
            .map_err(|_| OpenError::Sealed)?;
        let (desk, signature, text) = read(&plain).ok_or(OpenError::Malformed)?;
        let entry = directory
            .desk(desk)
            .filter(|entry| may(entry))
            .ok_or(OpenError::Signature)?;
        let mut wire = Said::bytes(&directory.scheme, &self.tag, text);
        wire.extend_from_slice(signature);
        let said = Signed::<Said>::from_wire(&wire)
            .and_then(|signed| signed.verify(&entry.key).ok())
            .ok_or(OpenError::Signature)?;
        Ok(Opened {
            desk,
            text: Zeroizing::new(said.text.to_string()),
        })
    }
}

/// What a desk signs inside the seal.
struct Said {
    text: Zeroizing<String>,
}

impl Said {
    fn bytes(scheme: &SchemeId, tag: &[u8; RECEIPT_TAG], text: &str) -> Vec<u8> {
        [scheme.0.as_slice(), tag, text.as_bytes()].concat()
    }
}

impl Statement for Said {
    const DOMAIN: &'static str = "brolly/1 reply";
    type Error = EntryError;

    fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut fields = Fields::new(bytes);
        fields.array::<32>()?;
        fields.array::<RECEIPT_TAG>()?;
        let text = core::str::from_utf8(fields.rest()).map_err(|_| EntryError::Malformed)?;
        Ok(Self {
            text: Zeroizing::new(text.to_string()),
        })
    }
}

fn read(plain: &[u8]) -> Option<(NodeId, &[u8; SIGNATURE], &str)> {
    let mut fields = Fields::new(plain);
    let desk: &[u8; NODE_ID] = fields.array().ok()?;
    let signature = fields.array().ok()?;
    let length = usize::from(u16::from_be_bytes(*fields.array().ok()?));
    let text = core::str::from_utf8(fields.take(length).ok()?).ok()?;
    let padding = fields.rest().iter().all(|byte| *byte == 0);
    (padding && !text.is_empty()).then_some((NodeId(*desk), signature, text))
}

fn info(scheme: &SchemeId) -> Vec<u8> {
    [b"brolly/1 reply".as_slice(), &scheme.0].concat()
}

const SIGNATURE: usize = brolly_keys::sign::SIGNATURE;

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::Entry;
    use super::*;
    use crate::directory::sample;
    use crate::geometry::REPLY;

    fn sealed(text: &str, key: &SigningKey<Desk>, to: &SecretKey<Reply>) -> SealedReply {
        let directory = sample::directory();
        let answer = Answer {
            scheme: directory.scheme,
            desk: directory.desks[0].id,
            to: &to.public(),
            tag: tag(&[5; 32], 0),
            text,
        };
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        answer.seal(key, &mut rng).unwrap()
    }

    #[test]
    fn spec_14_1_an_answer_is_4096_bytes_and_its_reader_alone_opens_it() {
        let directory = sample::directory();
        let reader = SecretKey::<Reply>::from_seed(&[1; 32]);
        let longest = "x".repeat(REPLY_TEXT);
        for text in ["yes", longest.as_str()] {
            let reply = sealed(text, &sample::desk_key(0), &reader);
            let bytes = reply.to_entry();
            assert_eq!(bytes.len(), REPLY);
            let read = Entry::verify(&bytes, &directory);
            assert_eq!(read, Ok(Entry::Reply(reply.clone())));
            let opened = reply.open(&reader, &directory, |_| true).unwrap();
            assert_eq!(
                (opened.desk, opened.text.as_str()),
                (directory.desks[0].id, text)
            );
            let other = SecretKey::<Reply>::from_seed(&[2; 32]);
            let refused = reply.open(&other, &directory, |_| true);
            assert_eq!(refused.unwrap_err(), OpenError::Sealed);
            let mut moved = reply.clone();
            moved.tag = tag(&[5; 32], 1);
            let refused = moved.open(&reader, &directory, |_| true);
            assert_eq!(refused.unwrap_err(), OpenError::Sealed);
        }
    }

    #[test]
    fn spec_14_1_an_answer_that_its_desk_did_not_sign_is_not_believed() {
        let directory = sample::directory();
        let reader = SecretKey::<Reply>::from_seed(&[1; 32]);
        let forged = sealed("come alone", &sample::desk_key(1), &reader);
        let refused = forged.open(&reader, &directory, |_| true);
        assert_eq!(refused.unwrap_err(), OpenError::Signature);
        let good = sealed("come alone", &sample::desk_key(0), &reader);
        let other_slot = good.open(&reader, &directory, |desk| desk.id == directory.desks[1].id);
        assert_eq!(other_slot.unwrap_err(), OpenError::Signature);
    }

    #[test]
    fn an_answer_too_long_says_by_how_much() {
        let directory = sample::directory();
        let to = SecretKey::<Reply>::from_seed(&[1; 32]).public();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut seal = |text: &str| {
            let answer = Answer {
                scheme: directory.scheme,
                desk: directory.desks[0].id,
                to: &to,
                tag: [0; 16],
                text,
            };
            answer.seal(&sample::desk_key(0), &mut rng).unwrap_err()
        };
        let long = "x".repeat(REPLY_TEXT + 7);
        assert_eq!(seal(&long), AnswerError::TooLong(7));
        assert_eq!(seal(""), AnswerError::Empty);
    }

    #[test]
    fn tags_depend_on_root_and_number() {
        assert_eq!(tag(&[1; 32], 0), tag(&[1; 32], 0));
        assert_ne!(tag(&[1; 32], 0), tag(&[1; 32], 1));
        assert_ne!(tag(&[1; 32], 0), tag(&[2; 32], 0));
    }
}
