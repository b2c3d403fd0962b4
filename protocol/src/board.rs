//! The board: what desks say to everybody, as entries of a public log (SPEC §14).
//!
//! ```text
//! 1 reply      tag 16 | enc 1,120 | sealed to the reply key: desk, signature, text     4,096, always
//! 2 read-mark  desk 16 | size 8 | day 4 | signature 64                                 93
//! 3 notice     desk 16 | day 4 | text | signature 64
//! 4 alert      id, dates, sealed index records, sealed text | signature 64             see alert
//! ```
//!
//! What is signed is signed by a desk of the directory; a reply's signature is inside its seal, so that nobody but its
//! reader learns which desk wrote it. Days count from 1 January 1970.

use alloc::vec::Vec;

use brolly_keys::sign::{Signed, Statement, Verified, VerifyError};
use brolly_keys::suite::ENC;

use crate::codec::TooShort;
use crate::directory::{DeskEntry, Directory};
use crate::geometry::{BOARD_ENTRY, RECEIPT_TAG, REPLY};
use crate::node::NodeId;

pub mod alert;
mod live;
mod mark;
pub mod reply;

pub use live::{Live, LiveAlert};
pub use mark::{Notice, ReadMark};

use alert::Alert;

/// An entry of the board, its signature checked where it has one outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// An answer to somebody who reported.
    Reply(SealedReply),
    /// How far a desk has read.
    ReadMark(Verified<ReadMark>),
    /// Something that everybody should know.
    Notice(Verified<Notice>),
    /// A warning, its update or its end.
    Alert(Verified<Alert>),
}

/// An answer as the board carries it: 4,096 bytes, of which only the tag means something to others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealedReply {
    /// Where its reader looks for it.
    pub tag: [u8; RECEIPT_TAG],
    /// The encapsulation, 1,120 bytes.
    pub enc: Vec<u8>,
    /// The sealed answer.
    pub sealed: Vec<u8>,
}

/// Why an entry does not belong on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Not an entry.
    #[error("this is not an entry of the board: it is cut short, too long or of an unknown kind")]
    Malformed,
    /// Not signed by the desk that it names.
    #[error("the entry is not signed by the desk that it names")]
    Signature,
    /// The desk is not in the directory.
    #[error("the entry names a desk that the directory does not have")]
    NoDesk,
    /// The desk may not say such a thing.
    #[error("the directory does not let this desk publish alerts and notices")]
    NotAllowed,
}

impl From<TooShort> for EntryError {
    fn from(_: TooShort) -> Self {
        Self::Malformed
    }
}

impl<E> From<VerifyError<E>> for EntryError {
    fn from(error: VerifyError<E>) -> Self {
        match error {
            VerifyError::Statement(_) => Self::Malformed,
            VerifyError::Signature | _ => Self::Signature,
        }
    }
}

impl Entry {
    /// Reads an entry and checks that the desk it names is in `directory`, signed it, and may say such a thing.
    ///
    /// # Errors
    /// [`EntryError`].
    pub fn verify(bytes: &[u8], directory: &Directory) -> Result<Self, EntryError> {
        if bytes.len() > BOARD_ENTRY {
            return Err(EntryError::Malformed);
        }
        let (kind, rest) = bytes.split_first().ok_or(EntryError::Malformed)?;
        match *kind {
            REPLY_KIND if bytes.len() == REPLY => {
                let (tag, rest) = rest.split_first_chunk().ok_or(EntryError::Malformed)?;
                let (enc, sealed) = rest.split_at_checked(ENC).ok_or(EntryError::Malformed)?;
                Ok(Self::Reply(SealedReply {
                    tag: *tag,
                    enc: enc.to_vec(),
                    sealed: sealed.to_vec(),
                }))
            }
            MARK_KIND => signed::<ReadMark>(rest, directory, |_| true).map(Self::ReadMark),
            NOTICE_KIND => signed::<Notice>(rest, directory, |d| d.alerts).map(Self::Notice),
            ALERT_KIND => signed::<Alert>(rest, directory, |d| d.alerts).map(Self::Alert),
            _ => Err(EntryError::Malformed),
        }
    }

    /// The desk that it names; a reply names none outside its seal.
    pub fn desk(&self) -> Option<NodeId> {
        match self {
            Self::Reply(_) => None,
            Self::ReadMark(mark) => Some(mark.desk),
            Self::Notice(notice) => Some(notice.desk),
            Self::Alert(alert) => Some(alert.desk),
        }
    }

    /// The day on which its desk says it was written; a reply tells none.
    pub fn day(&self) -> Option<u32> {
        match self {
            Self::Reply(_) => None,
            Self::ReadMark(mark) => Some(mark.day),
            Self::Notice(notice) => Some(notice.day),
            Self::Alert(alert) => Some(alert.day),
        }
    }
}

impl SealedReply {
    /// The entry's bytes: 4,096.
    pub fn to_entry(&self) -> Vec<u8> {
        [&[REPLY_KIND], self.tag.as_slice(), &self.enc, &self.sealed].concat()
    }
}

/// A statement that a desk puts on the board under its name.
trait Said: Statement {
    fn desk(&self) -> NodeId;
}

impl Said for ReadMark {
    fn desk(&self) -> NodeId {
        self.desk
    }
}

impl Said for Notice {
    fn desk(&self) -> NodeId {
        self.desk
    }
}

impl Said for Alert {
    fn desk(&self) -> NodeId {
        self.desk
    }
}

fn signed<T: Said>(
    wire: &[u8],
    directory: &Directory,
    allowed: impl Fn(&DeskEntry) -> bool,
) -> Result<Verified<T>, EntryError>
where
    EntryError: From<VerifyError<T::Error>>,
{
    let signed = Signed::<T>::from_wire(wire).ok_or(EntryError::Malformed)?;
    // Read once without trust, to learn whose signature to ask for.
    let claimed = signed.claimed().map_err(|_| EntryError::Malformed)?;
    let desk = directory.desk(claimed.desk()).ok_or(EntryError::NoDesk)?;
    let verified = signed.verify(&desk.key)?;
    if allowed(desk) {
        Ok(verified)
    } else {
        Err(EntryError::NotAllowed)
    }
}

/// What an entry that was verified before says to [`Live`]: its day, and the alert in it.
fn said(bytes: &[u8]) -> Result<(Option<u32>, Option<Alert>), EntryError> {
    let (kind, rest) = bytes.split_first().ok_or(EntryError::Malformed)?;
    match *kind {
        REPLY_KIND if bytes.len() == REPLY => Ok((None, None)),
        MARK_KIND => Ok((Some(claimed::<ReadMark>(rest)?.day), None)),
        NOTICE_KIND => Ok((Some(claimed::<Notice>(rest)?.day), None)),
        ALERT_KIND => {
            let alert = claimed::<Alert>(rest)?;
            Ok((Some(alert.day), Some(alert)))
        }
        _ => Err(EntryError::Malformed),
    }
}

fn claimed<T: Statement>(wire: &[u8]) -> Result<T, EntryError> {
    let signed = Signed::<T>::from_wire(wire).ok_or(EntryError::Malformed)?;
    signed.claimed().map_err(|_| EntryError::Malformed)
}

const REPLY_KIND: u8 = 1;
const MARK_KIND: u8 = 2;
const NOTICE_KIND: u8 = 3;
const ALERT_KIND: u8 = 4;
