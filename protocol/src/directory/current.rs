//! Which version is in force, and what time it is: the freshness note (SPEC §4.10).
//!
//! ```text
//! brolly-<scheme>/directory
//! 12                                                     version
//! base64( SHA-256 of the directory's text )
//! day 20783                                              counted from 1 January 1970
//!
//! — brolly-<scheme>/directory base64( … )                the log
//! — brolly-<scheme>/witness/<relay> base64( … time … )   a relay, again and again through the day
//!
//! answer of /v1/directory = length 4 | freshness note | the directory's note
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::note::{NamedKey, Note, NoteError};
use brolly_keys::role::Log;
use brolly_keys::sign::{SigningKey, Verified};

use super::{Directory, DirectoryError, Parameters};
use crate::codec::Fields;
use crate::log::{Hash, median, witness_key};
use crate::node::SchemeId;

/// "This version is in force today."
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "the inbox makes it")]
pub struct Freshness {
    /// The scheme.
    pub scheme: SchemeId,
    /// The version.
    pub version: u32,
    /// SHA-256 of its text.
    pub digest: Hash,
    /// The day, counted from 1 January 1970.
    pub day: u32,
}

/// A directory of which the log and a majority of the witnesses say that it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Current {
    /// The directory.
    pub directory: Verified<Directory>,
    /// The day on which that was said first, counted from 1 January 1970.
    pub day: u32,
    /// How many witnesses say so.
    pub witnesses: usize,
    /// The median of the times at which they did, in seconds since 1970.
    pub time: u64,
}

/// Why nothing shows that a directory is in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CurrentError {
    /// The directory itself.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Cut short.
    #[error("the directory was cut short on the way")]
    Malformed,
    /// The freshness note is malformed or wrongly signed.
    #[error("the note that says which directory is in force is malformed or wrongly signed: {0}")]
    Note(NoteError),
    /// It is not signed by the log.
    #[error("the note that says which directory is in force is not signed by the inbox")]
    Unsigned,
    /// It says so of another.
    #[error("this directory is version {given}, and version {current} is in force")]
    NotInForce {
        /// The version of the directory.
        given: u32,
        /// The version of the freshness note.
        current: u32,
    },
    /// Too few witnesses say so.
    #[error(
        "only {good} of {witnesses} witnesses say that version {version} of the directory is in force, and a majority must: try again in a minute"
    )]
    TooFew {
        /// Witnesses that say so.
        good: usize,
        /// Witnesses of the directory.
        witnesses: usize,
        /// Its version.
        version: u32,
    },
    /// Too few of the witnesses that are known say so.
    #[error(
        "only {good} of the {witnesses} witnesses known so far say that version {version} of the directory is in force: either nearly all relays have changed since the last session, or somebody made a directory for you alone. Ask the project, and join again with a new invitation"
    )]
    Strangers {
        /// Witnesses of the directory before that say so.
        good: usize,
        /// Witnesses of the directory before.
        witnesses: usize,
        /// The new version.
        version: u32,
    },
    /// Said too long ago.
    #[error(
        "the newest word on which directory is in force is {days} days old by this device's clock: the relay is cut off or shows old things, or the clock is wrong"
    )]
    Stale {
        /// Whole days.
        days: u64,
    },
    /// Said in the future.
    #[error(
        "this device's clock is {days} days behind that of the witnesses: set it, and try again"
    )]
    Clock {
        /// Whole days.
        days: u64,
    },
}

impl Freshness {
    /// What is said of `directory` on a day.
    pub fn of(directory: &Directory, day: u32) -> Self {
        Self {
            scheme: directory.scheme,
            version: directory.version,
            digest: directory.digest,
            day,
        }
    }

    /// Signs it as the log.
    ///
    /// # Errors
    /// [`NoteError`], which does not happen.
    pub fn sign(&self, key: &SigningKey<Log>) -> Result<Note, NoteError> {
        let mut note = Note::unsigned(self.to_text())?;
        note.sign(&origin(self.scheme), key)?;
        Ok(note)
    }

    /// Reads a freshness note that the log of `directory` signed, whoever cosigned it. It need not be about `directory`.
    ///
    /// # Errors
    /// [`CurrentError`].
    pub fn verify(note: &Note, directory: &Directory) -> Result<Self, CurrentError> {
        let log = NamedKey::<Log>::new(&origin(directory.scheme), directory.inbox.log_key);
        let log: Vec<_> = log.into_iter().collect();
        if note.signed_by(&log).map_err(CurrentError::Note)?.is_empty() {
            return Err(CurrentError::Unsigned);
        }
        let read = Self::from_text(note.text()).ok_or(CurrentError::Malformed)?;
        if read.scheme == directory.scheme {
            Ok(read)
        } else {
            Err(DirectoryError::OtherScheme.into())
        }
    }

    /// The note's text.
    pub fn to_text(&self) -> String {
        let (digest, day) = (STANDARD.encode(self.digest), self.day);
        alloc::format!(
            "{}\n{}\n{digest}\nday {day}\n",
            origin(self.scheme),
            self.version
        )
    }

    /// Reads a text whose signatures nobody checked.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let name = lines.next()?.strip_prefix("brolly-")?;
        let scheme = name.strip_suffix("/directory")?.parse().ok()?;
        let version = lines.next()?.parse().ok()?;
        let digest = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let day = lines.next()?.strip_prefix("day ")?.parse().ok()?;
        let read = Self {
            scheme,
            version,
            digest,
            day,
        };
        (read.to_text() == text).then_some(read)
    }
}

impl Current {
    /// Checks an answer of `/v1/directory` on a device whose clock says `clock` (seconds since 1970): the directory by its
    /// officers; that it is the one in force by the log and a majority of its witnesses and, where another version was
    /// `kept`, also of a majority of that one's; that this was said within seven days of `clock` either way.
    ///
    /// # Errors
    /// [`CurrentError`].
    pub fn verify(
        wire: &[u8],
        scheme: SchemeId,
        clock: u64,
        kept: Option<&Directory>,
    ) -> Result<Self, CurrentError> {
        let (freshness, directory) = Self::split(wire).ok_or(CurrentError::Malformed)?;
        let note = Note::parse(freshness).map_err(CurrentError::Note)?;
        // The time comes from witnesses that the directory names, so the directory is read first as if it were valid.
        let seen = kept.map_or(0, |kept| kept.version);
        let directory = Directory::verify(directory, scheme, 0, seen)?;
        if let Some(kept) = kept.filter(|kept| kept.version == directory.version)
            && kept.digest != directory.digest
        {
            return Err(DirectoryError::Forked {
                version: directory.version,
            }
            .into());
        }
        let said = Freshness::verify(&note, &directory)?;
        if (said.version, said.digest) != (directory.version, directory.digest) {
            return Err(CurrentError::NotInForce {
                given: directory.version,
                current: said.version,
            });
        }
        let version = directory.version;
        let times = cosigned(&note, &directory)?;
        let (good, witnesses) = (times.len(), directory.relays.len());
        if good * 2 <= witnesses {
            return Err(CurrentError::TooFew {
                good,
                witnesses,
                version,
            });
        }
        if let Some(kept) = kept.filter(|kept| kept.version < version) {
            let (good, witnesses) = (cosigned(&note, kept)?.len(), kept.relays.len());
            if good * 2 <= witnesses {
                return Err(CurrentError::Strangers {
                    good,
                    witnesses,
                    version,
                });
            }
            directory.officers_descend_from(kept)?;
        }
        let current = Self {
            day: said.day,
            witnesses: good,
            time: median(times),
            directory,
        };
        let apart = current.time.abs_diff(clock);
        let days = apart / DAY;
        if apart > FRESH {
            return Err(match current.time < clock {
                true => CurrentError::Stale { days },
                false => CurrentError::Clock { days },
            });
        }
        if current.now(clock) >= current.directory.expires {
            return Err(DirectoryError::Expired.into());
        }
        Ok(current)
    }

    /// The time by which keys are chosen and expiry is judged, in seconds since 1970: the witnesses', or what `clock` says
    /// where that is later by no more than the witnesses may be late.
    pub fn now(&self, clock: u64) -> u64 {
        clock.clamp(
            self.time,
            self.time.saturating_add(late(&self.directory.parameters)),
        )
    }

    /// The bytes of an answer of `/v1/directory`.
    pub fn wire(freshness: &Note, directory: &[u8]) -> Vec<u8> {
        let freshness = freshness.to_string();
        let length = u32::try_from(freshness.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes(), freshness.as_bytes(), directory].concat()
    }

    /// The freshness note and the directory's note in an answer; nothing is checked.
    pub fn split(wire: &[u8]) -> Option<(&[u8], &[u8])> {
        let mut fields = Fields::new(wire);
        let length = usize::try_from(fields.number().ok()?).ok()?;
        let freshness = fields.take(length).ok()?;
        Some((freshness, fields.rest()))
    }
}

/// By how much a witness's word may be late, in seconds: relays cosign at every publication.
fn late(parameters: &Parameters) -> u64 {
    (2 * (parameters.publish_ms / 1_000)).saturating_add(60)
}

/// When the relays of `directory` cosigned.
fn cosigned(note: &Note, directory: &Directory) -> Result<Vec<u64>, CurrentError> {
    let keys: Vec<_> = directory
        .relays
        .iter()
        .filter_map(|relay| witness_key(&directory.scheme, relay))
        .collect();
    let good = note.cosigned_by(&keys).map_err(CurrentError::Note)?;
    Ok(good.into_iter().map(|(_, time)| time).collect())
}

fn origin(scheme: SchemeId) -> String {
    alloc::format!("brolly-{scheme}/directory")
}

const DAY: u64 = 86_400;
/// Seven days.
const FRESH: u64 = 7 * DAY;

#[cfg(test)]
mod tests;
