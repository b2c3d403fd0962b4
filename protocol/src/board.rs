//! The board: what desks say to everybody, as entries of a public log (SPEC §14).
//!
//! ```text
//! 1 reply      tag 16 | enc 1,120 | sealed to the reply key: desk, signature, text     4,096, always
//! 2 read-mark  desk 16 | size 8 | day 4 | signature 64                                 93
//! 3 notice     desk 16 | day 4 | text | signature 64
//! 4 alert      id, dates, sealed index records, sealed text | signature 64             see alert
//! 5 relay key  scheme 32 | relay 16 | epoch 4 | key 1,216 | signature 64                1,333
//! 6 desk key   scheme 32 | desk 16 | epoch 4 | key 1,216 | signature 64                 1,333
//! 7 directory  version 4 | digest 32 | time 8                                          45
//! ```
//!
//! What is signed is signed by a desk or relay of the directory; an officers' directory is signed where it lies. A reply's signature is inside its seal, so that nobody but its
//! reader learns which desk wrote it. Days count from 1 January 1970.

use alloc::vec::Vec;

use brolly_keys::epoch::Epoch;
use brolly_keys::role::{Desk, Relay};
use brolly_keys::sign::{Signed, Statement, Verified, VerifyError, VerifyingKey};
use brolly_keys::suite::ENC;

use crate::codec::TooShort;
use crate::geometry::{BOARD_ENTRY, RECEIPT_TAG, REPLY};
use crate::node::{NodeId, SchemeId};
use crate::notice::{Announcer, KeyNotice};

pub mod alert;
mod keys;
mod live;
mod logged;
mod mark;
pub mod reply;
mod roster;

pub use keys::{KeyIndex, Keys};
pub use live::{Live, LiveAlert};
pub use logged::Logged;
pub use mark::{Notice, ReadMark};
pub use roster::{KnownDesk, Roster, Signers};

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
    /// A relay's packet key of an epoch.
    RelayKey(Verified<KeyNotice<Relay>>),
    /// A desk's key of a week.
    DeskKey(Verified<KeyNotice<Desk>>),
    /// A version of the directory, which takes effect some time after.
    Directory(Logged),
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
    /// The desk or relay is not in the directory.
    #[error("the entry names a desk or relay that the directory does not have")]
    Stranger,
    /// A key for another scheme.
    #[error("the entry belongs to another scheme")]
    OtherScheme,
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
    /// Reads an entry and checks that the desk or relay it names is among `signers` (a directory, or all that there were),
    /// signed it, and may say such a thing.
    ///
    /// # Errors
    /// [`EntryError`].
    pub fn verify(bytes: &[u8], signers: &impl Signers) -> Result<Self, EntryError> {
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
            MARK_KIND => signed::<ReadMark>(rest, signers, |_| true).map(Self::ReadMark),
            NOTICE_KIND => signed::<Notice>(rest, signers, |d| d.alerts).map(Self::Notice),
            ALERT_KIND => signed::<Alert>(rest, signers, |d| d.alerts).map(Self::Alert),
            RELAY_KEY_KIND => {
                let key = |relay| signers.relay(relay);
                announced::<Relay>(rest, signers.scheme(), key).map(Self::RelayKey)
            }
            DESK_KEY_KIND => {
                let key = |desk| signers.desk(desk).map(|desk| desk.key);
                announced::<Desk>(rest, signers.scheme(), key).map(Self::DeskKey)
            }
            DIRECTORY_KIND => Logged::from_wire(rest).map(Self::Directory),
            _ => Err(EntryError::Malformed),
        }
    }

    /// The desk or relay that it names; a reply names none outside its seal.
    pub fn author(&self) -> Option<NodeId> {
        match self {
            Self::Reply(_) | Self::Directory(_) => None,
            Self::ReadMark(mark) => Some(mark.desk),
            Self::Notice(notice) => Some(notice.desk),
            Self::Alert(alert) => Some(alert.desk),
            Self::RelayKey(notice) => Some(notice.node),
            Self::DeskKey(notice) => Some(notice.node),
        }
    }

    /// The day on which its desk says it was written, or the inbox that it was logged; others tell none.
    pub fn day(&self) -> Option<u32> {
        match self {
            Self::Reply(_) | Self::RelayKey(_) | Self::DeskKey(_) => None,
            Self::ReadMark(mark) => Some(mark.day),
            Self::Notice(notice) => Some(notice.day),
            Self::Alert(alert) => Some(alert.day),
            Self::Directory(logged) => Some(logged.day()),
        }
    }

    /// What an entry that was verified before it came onto the board says, whether or not its signer is still known.
    fn recalled(bytes: &[u8]) -> Result<Said, EntryError> {
        let (kind, rest) = bytes.split_first().ok_or(EntryError::Malformed)?;
        Ok(match *kind {
            REPLY_KIND if bytes.len() == REPLY => Said::Other(None),
            MARK_KIND => {
                let mark = claimed::<ReadMark>(rest)?;
                Said::Read(mark.desk, mark.day)
            }
            NOTICE_KIND => Said::Other(Some(claimed::<Notice>(rest)?.day)),
            ALERT_KIND => Said::Alert(claimed(rest)?),
            RELAY_KEY_KIND => {
                let notice = claimed::<KeyNotice<Relay>>(rest)?;
                Said::Key(notice.node, notice.epoch)
            }
            DESK_KEY_KIND => {
                let notice = claimed::<KeyNotice<Desk>>(rest)?;
                Said::Key(notice.node, notice.epoch)
            }
            DIRECTORY_KIND => Said::Directory(Logged::from_wire(rest)?),
            _ => return Err(EntryError::Malformed),
        })
    }
}

/// What an entry says to [`Live`].
enum Said {
    Alert(Alert),
    Key(NodeId, Epoch),
    Directory(Logged),
    /// That a desk reads, and the day.
    Read(NodeId, u32),
    /// Nothing, but perhaps its day.
    Other(Option<u32>),
}

impl SealedReply {
    /// The entry's bytes: 4,096.
    pub fn to_entry(&self) -> Vec<u8> {
        [&[REPLY_KIND], self.tag.as_slice(), &self.enc, &self.sealed].concat()
    }
}

/// A statement that a desk puts on the board under its name.
trait BySomeDesk: Statement {
    fn desk(&self) -> NodeId;
}

impl BySomeDesk for ReadMark {
    fn desk(&self) -> NodeId {
        self.desk
    }
}

impl BySomeDesk for Notice {
    fn desk(&self) -> NodeId {
        self.desk
    }
}

impl BySomeDesk for Alert {
    fn desk(&self) -> NodeId {
        self.desk
    }
}

fn signed<T: BySomeDesk>(
    wire: &[u8],
    signers: &impl Signers,
    allowed: impl Fn(&KnownDesk) -> bool,
) -> Result<Verified<T>, EntryError>
where
    EntryError: From<VerifyError<T::Error>>,
{
    let signed = Signed::<T>::from_wire(wire).ok_or(EntryError::Malformed)?;
    // Read once without trust, to learn whose signature to ask for.
    let claimed = signed.claimed().map_err(|_| EntryError::Malformed)?;
    let desk = signers.desk(claimed.desk()).ok_or(EntryError::Stranger)?;
    let verified = signed.verify(&desk.key)?;
    if allowed(&desk) {
        Ok(verified)
    } else {
        Err(EntryError::NotAllowed)
    }
}

fn announced<R: Announcer>(
    wire: &[u8],
    scheme: SchemeId,
    key: impl Fn(NodeId) -> Option<VerifyingKey<R>>,
) -> Result<Verified<KeyNotice<R>>, EntryError> {
    let signed = Signed::<KeyNotice<R>>::from_wire(wire).ok_or(EntryError::Malformed)?;
    let claimed = signed.claimed().map_err(|_| EntryError::Malformed)?;
    let key = key(claimed.node).ok_or(EntryError::Stranger)?;
    let notice = signed.verify(&key)?;
    if notice.scheme == scheme {
        Ok(notice)
    } else {
        Err(EntryError::OtherScheme)
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
pub(crate) const RELAY_KEY_KIND: u8 = 5;
pub(crate) const DESK_KEY_KIND: u8 = 6;
const DIRECTORY_KIND: u8 = 7;
