//! The inbox's public sequence: an entry a cell, hash-chained, its head signed (SPEC §10).
//!
//! ```text
//! hash 0   = SHA-256( "brolly/1 sequence" | scheme )
//! hash n+1 = SHA-256( hash n | receipt tag 16 | d 32 )
//! head     = a signed note:  brolly-<scheme>/reports \n n \n base64(hash n) \n
//! ```
//!
//! The head has the three lines of a C2SP checkpoint; a Merkle root takes the chain's place when the log is built.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::note::{NamedKey, Note, NoteError, NoteVerifyError};
use brolly_keys::role::Log;
use brolly_keys::sign::{SigningKey, Statement, Verified, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::geometry::LOG_ENTRY;
pub use crate::log::Entry;
use crate::node::SchemeId;

/// How long a sequence is and the hash that stands for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The scheme.
    pub scheme: SchemeId,
    /// Entries.
    pub size: u64,
    /// The chain's hash after them.
    pub hash: [u8; 32],
}

/// Why a sequence is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SequenceError {
    /// The head is not signed by the log's key, or cannot be read.
    #[error("the head of the report log is not signed by the inbox: {0}")]
    Head(NoteVerifyError<BadHead>),
    /// The note around the head is malformed.
    #[error("the head of the report log is malformed: {0}")]
    Note(NoteError),
    /// A head of another scheme.
    #[error("the head belongs to another scheme")]
    OtherScheme,
    /// Not a whole number of entries, or fewer than the head signs.
    #[error("the report log is cut short: the head signs {signed} entries, {given} were given")]
    Short {
        /// Entries the head stands for.
        signed: u64,
        /// Entries given.
        given: u64,
    },
    /// The entries do not hash to what was signed.
    #[error("the entries of the report log are not those that were signed")]
    Hash,
}

/// A text that is not a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not three lines of origin, size and hash")]
pub struct BadHead;

impl Head {
    /// The head of a sequence without entries.
    pub fn empty(scheme: SchemeId) -> Self {
        let hash = Sha256::new()
            .chain_update(b"brolly/1 sequence")
            .chain_update(scheme.0)
            .finalize()
            .into();
        Self {
            scheme,
            size: 0,
            hash,
        }
    }

    /// The head after one more entry.
    #[must_use]
    pub fn push(self, entry: Entry) -> Self {
        let hash = Sha256::new()
            .chain_update(self.hash)
            .chain_update(entry.to_bytes())
            .finalize()
            .into();
        Self {
            size: self.size.saturating_add(1),
            hash,
            ..self
        }
    }

    /// Signs the head as a note under the name [`SIGNER`].
    ///
    /// # Errors
    /// [`NoteError`], which does not happen.
    pub fn sign(&self, key: &SigningKey<Log>) -> Result<Note, NoteError> {
        let mut note = Note::unsigned(self.text())?;
        note.sign(SIGNER, key)?;
        Ok(note)
    }

    fn text(&self) -> String {
        alloc::format!(
            "{}\n{}\n{}\n",
            origin(&self.scheme),
            self.size,
            STANDARD.encode(self.hash)
        )
    }
}

impl Statement for Head {
    const DOMAIN: &'static str = "brolly/1 head";
    type Error = BadHead;

    fn parse(bytes: &[u8]) -> Result<Self, BadHead> {
        let text = core::str::from_utf8(bytes).map_err(|_| BadHead)?;
        let lines: Vec<&str> = text.split_terminator('\n').collect();
        let [origin, size, hash] = lines.as_slice() else {
            return Err(BadHead);
        };
        let scheme = parse_origin(origin).ok_or(BadHead)?;
        let head = Self {
            scheme,
            size: size.parse().map_err(|_| BadHead)?,
            hash: STANDARD
                .decode(hash)
                .ok()
                .and_then(|hash| hash.try_into().ok())
                .ok_or(BadHead)?,
        };
        if head.text() == text {
            Ok(head)
        } else {
            Err(BadHead)
        }
    }
}

/// A sequence whose head is signed and whose entries hash to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    head: Verified<Head>,
    entries: Vec<Entry>,
}

impl Sequence {
    /// Checks a head under the log's key, and that `entries` (48 bytes each) begin with what it signs. Entries after
    /// those, which a mirror may have fetched a moment later, are passed over.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub fn verify(
        note: &[u8],
        entries: &[u8],
        scheme: SchemeId,
        key: VerifyingKey<Log>,
    ) -> Result<Self, SequenceError> {
        let note = Note::parse(note).map_err(SequenceError::Note)?;
        let key = NamedKey::new(SIGNER, key).into_iter().collect::<Vec<_>>();
        let head = note
            .verify::<Head, Log>(&key, 1)
            .map_err(SequenceError::Head)?;
        if head.scheme != scheme {
            return Err(SequenceError::OtherScheme);
        }
        let chunks = entries.chunks_exact(LOG_ENTRY);
        let given = u64::try_from(chunks.len()).unwrap_or(u64::MAX);
        let short = SequenceError::Short {
            signed: head.size,
            given,
        };
        let wanted = usize::try_from(head.size).map_err(|_| short.clone())?;
        if given < head.size {
            return Err(short);
        }
        let entries: Vec<Entry> = chunks.take(wanted).filter_map(Entry::from_bytes).collect();
        let walked = entries
            .iter()
            .fold(Head::empty(scheme), |head, entry| head.push(*entry));
        if walked == *head {
            Ok(Self { head, entries })
        } else {
            Err(SequenceError::Hash)
        }
    }

    /// The checked head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The entries it stands for.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

fn origin(scheme: &SchemeId) -> String {
    alloc::format!("brolly-{scheme}/reports")
}

fn parse_origin(text: &str) -> Option<SchemeId> {
    let hex = text.strip_prefix("brolly-")?.strip_suffix("/reports")?;
    hex.parse().ok()
}

/// The name on the log's signature line.
pub const SIGNER: &str = "brolly-inbox";

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    const SCHEME: SchemeId = SchemeId([7; 32]);

    fn key() -> SigningKey<Log> {
        SigningKey::from_seed(&[4; 32])
    }

    fn entries() -> Vec<Entry> {
        (0..5u8)
            .map(|n| Entry {
                tag: [n; 16],
                digest: [n; 32],
            })
            .collect()
    }

    fn bytes(entries: &[Entry]) -> Vec<u8> {
        entries.iter().flat_map(|entry| entry.to_bytes()).collect()
    }

    fn head(entries: &[Entry]) -> Head {
        entries
            .iter()
            .fold(Head::empty(SCHEME), |head, entry| head.push(*entry))
    }

    fn verify(note: &Note, entries: &[u8]) -> Result<Sequence, SequenceError> {
        let key = key().verifying_key();
        Sequence::verify(note.to_string().as_bytes(), entries, SCHEME, key)
    }

    #[test]
    fn spec_10_1_a_signed_head_stands_for_exactly_its_entries() {
        let note = head(&entries()).sign(&key()).unwrap();
        let good = verify(&note, &bytes(&entries())).unwrap();
        assert_eq!(good.entries(), entries());
        let mut longer = bytes(&entries());
        longer.extend_from_slice(&[9; 60]);
        assert_eq!(verify(&note, &longer).unwrap().entries(), entries());

        let cut = bytes(&entries()[..4]);
        let short = SequenceError::Short {
            signed: 5,
            given: 4,
        };
        assert_eq!(verify(&note, &cut), Err(short));
        for at in 0..bytes(&entries()).len() {
            let mut flipped = bytes(&entries());
            flipped[at] ^= 1;
            assert_eq!(verify(&note, &flipped), Err(SequenceError::Hash));
        }
        let mut swapped = entries();
        swapped.swap(1, 2);
        assert_eq!(verify(&note, &bytes(&swapped)), Err(SequenceError::Hash));
    }

    #[test]
    fn spec_10_1_a_head_by_another_key_or_of_another_scheme_is_refused() {
        let stranger = SigningKey::<Log>::from_seed(&[5; 32]);
        let note = head(&entries()).sign(&stranger).unwrap();
        assert!(matches!(
            verify(&note, &bytes(&entries())),
            Err(SequenceError::Head(_))
        ));
        let elsewhere = Head::empty(SchemeId([8; 32])).sign(&key()).unwrap();
        assert_eq!(verify(&elsewhere, &[]), Err(SequenceError::OtherScheme));
    }

    #[test]
    fn a_head_has_one_encoding() {
        let text = head(&entries()).text();
        assert_eq!(Head::parse(text.as_bytes()), Ok(head(&entries())));
        for bad in [
            text.replace("\n5\n", "\n05\n"),
            text.replace("\n5\n", "\n+5\n"),
            text.replace("brolly-07", "brolly-+7"),
            text.trim_end().to_string(),
            text.clone() + "\n",
            String::new(),
        ] {
            assert_eq!(Head::parse(bad.as_bytes()), Err(BadHead), "{bad:?}");
        }
    }
}
