//! What a casebook holds.

use std::fmt;

use brolly_keys::commit::CommitError;
use brolly_protocol::cell::{OpenError, Opened};
use brolly_protocol::codec::CodecError;
use brolly_protocol::log::empty_root;
use brolly_protocol::report::{Report, Slot};
use brolly_shell::date;
use serde::{Deserialize, Serialize};

/// A record of the casebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Record {
    /// A report that opened.
    Case(Box<Case>),
    /// A cell addressed to this desk that is not kept, and why.
    Refused(Refused),
    /// A page of the inbox was fetched.
    Page(Page),
    /// The inbox is read from its first number on once more.
    Again,
    /// Entries of the public log of reports; they count once the [`Head`] behind them does.
    Entries {
        /// The position of the first.
        from: u64,
        /// The `d` of each.
        digests: Vec<[u8; 32]>,
    },
    /// How far the public log of reports was verified.
    Log(Head),
    /// Entries of the log before this position whose cells the inbox pruned before this desk asked for them no longer
    /// hold back its read-marks.
    Passed {
        /// The position.
        before: u64,
    },
    /// The inbox took a read-mark.
    ReadMark {
        /// The entries that it covers.
        size: u64,
        /// The day it names.
        day: Day,
    },
    /// An answer that is to be posted.
    Answer(Box<Answer>),
    /// The inbox took an answer.
    Posted {
        /// The `d` of the case.
        digest: [u8; 32],
        /// The answer's number.
        number: u32,
    },
    /// How far the board was read for this desk's keys, and which of them stand on what was read since.
    Board {
        /// The week and the leaf hash of each, in the order of the board.
        keys: Vec<(u32, [u8; 32])>,
        /// How far.
        head: Head,
    },
    /// The inbox took a key for the board.
    KeyPosted {
        /// The entry's leaf hash.
        entry: [u8; 32],
        /// The day.
        day: Day,
    },
}

/// A page of the inbox that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Page {
    /// The number of its last cell in the order of the inbox.
    pub number: u64,
    /// The `d` of each of its cells; the last tells its cell from another under the same number.
    pub digests: Vec<[u8; 32]>,
    /// Numbers that it passed over because their cells were pruned on schedule.
    pub pruned: u64,
}

/// How far a public log was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// The signed checkpoint, as it was served.
    pub note: String,
}

/// An answer of this desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Answer {
    /// The `d` of the case.
    pub digest: [u8; 32],
    /// Its number among this desk's answers to that case, from 0.
    pub number: u32,
    /// The day it was written.
    pub day: Day,
    /// What it says.
    pub text: String,
    /// The entry for the board, 4,096 bytes: whenever it is posted, it is the same.
    pub entry: Vec<u8>,
}

/// A report that opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Case {
    /// Its number in the order of the inbox.
    pub number: u64,
    /// `d`, computed from the cell's bytes.
    pub digest: [u8; 32],
    /// When it was fetched. No finer than a day.
    pub received: Day,
    /// The place of this desk in the cell.
    pub slot: Slot,
    /// What was said, with the photograph as it came: a JPEG that nothing here decodes.
    pub report: Report,
    /// The contact details, where this desk was given them.
    pub contact: Option<String>,
    /// The key an answer is sealed to, 1,216 bytes.
    pub reply_key: Vec<u8>,
    /// The root of the tags under which this desk answers.
    pub reply_root: [u8; 32],
}

/// A cell addressed to this desk that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refused {
    /// Its number in the order of the inbox.
    pub number: u64,
    /// `d`, computed from the cell's bytes.
    pub digest: [u8; 32],
    /// When it was fetched.
    pub received: Day,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a cell that was addressed to this desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// A key that does not match its commitment.
    TwoMeanings,
    /// The key is right and the sealed text is not.
    Changed,
    /// The body is longer than the record in it.
    LeftOver,
    /// The body is no record.
    Unreadable,
    /// The reply key is none.
    ReplyKey,
}

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Day(pub u32);

impl Page {
    /// A page.
    pub fn new(number: u64, digests: Vec<[u8; 32]>, pruned: u64) -> Self {
        Self {
            number,
            digests,
            pruned,
        }
    }
}

impl Head {
    /// A head.
    pub fn new(size: u64, root: [u8; 32], note: String) -> Self {
        Self { size, root, note }
    }
}

impl Default for Head {
    /// Of nothing.
    fn default() -> Self {
        Self::new(0, empty_root(), String::new())
    }
}

impl Case {
    /// The case of an opened cell.
    pub fn new(number: u64, digest: [u8; 32], received: Day, slot: Slot, opened: Opened) -> Self {
        Self {
            number,
            digest,
            received,
            slot,
            report: opened.report,
            contact: opened.contact.map(|contact| contact.to_string()),
            reply_key: opened.reply_key.to_bytes().to_vec(),
            reply_root: *opened.reply_root,
        }
    }

    /// A case that says nothing: it has the fields that every case has.
    pub(crate) fn blank() -> Self {
        Self {
            number: 0,
            digest: [0; 32],
            received: Day(0),
            slot: Slot::Scheme,
            report: Report::default(),
            contact: None,
            reply_key: Vec::new(),
            reply_root: [0; 32],
        }
    }
}

impl Reason {
    /// Why a cell is refused, or nothing for one that is not this desk's.
    pub fn of(error: OpenError) -> Option<Self> {
        match error {
            OpenError::NotOurs => None,
            OpenError::Commitment(CommitError::Refused) => Some(Self::Changed),
            OpenError::Commitment(_) => Some(Self::TwoMeanings),
            OpenError::Body(CodecError::LeftOver(_)) => Some(Self::LeftOver),
            OpenError::ReplyKey => Some(Self::ReplyKey),
            OpenError::Body(_) | _ => Some(Self::Unreadable),
        }
    }

    /// What it is and what it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::TwoMeanings => {
                "its key does not match its commitment: somebody made it to read differently at different desks, so nobody should act on it"
            }
            Self::Changed => {
                "its key is right but the sealed text is not: somebody made it so on purpose, and it cannot be read"
            }
            Self::LeftOver => {
                "bytes are left over behind the report: no Brolly client writes that, so somebody may be hiding something in it"
            }
            Self::Unreadable => {
                "what is inside is not a report: no Brolly client writes that, or this program is too old for it"
            }
            Self::ReplyKey => {
                "the key for answers inside is not valid: no Brolly client writes that"
            }
        }
    }
}

impl Day {
    /// The day of `now`, in seconds since 1970.
    pub fn at(now: u64) -> Self {
        Self(date::of(now))
    }
}

impl fmt::Display for Day {
    /// `YYYY-MM-DD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&date::iso(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (now, date) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_767_225_599, "2025-12-31"),
            (1_767_225_600, "2026-01-01"),
        ] {
            assert_eq!(Day::at(now).to_string(), date);
        }
    }

    #[test]
    fn a_cell_for_others_has_no_reason_and_every_other_error_has_one() {
        assert_eq!(Reason::of(OpenError::NotOurs), None);
        for (error, reason) in [
            (CommitError::Commitment.into(), Reason::TwoMeanings),
            (CommitError::Refused.into(), Reason::Changed),
            (CodecError::LeftOver(1).into(), Reason::LeftOver),
            (CodecError::Malformed.into(), Reason::Unreadable),
            (OpenError::ReplyKey, Reason::ReplyKey),
        ] {
            assert_eq!(Reason::of(error), Some(reason));
        }
    }
}
