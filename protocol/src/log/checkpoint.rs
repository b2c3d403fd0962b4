//! Checkpoints: what the log signs and the relays cosign (C2SP tlog-checkpoint and tlog-cosignature).
//!
//! ```text
//! brolly-<scheme>/board
//! 1234
//! base64( root )
//! alerts base64( SHA-256 of the index of live alerts )        the board's alone
//! keys base64( SHA-256 of the index of keys )                 the board's alone
//!
//! — brolly-<scheme>/board base64( … )                         the log
//! — brolly-<scheme>/witness/<relay> base64( … time … )        a relay
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::note::{NamedKey, Note, NoteError, NoteVerifyError};
use brolly_keys::role::{Log, Witness};
use brolly_keys::sign::{SigningKey, Statement, Verified};

use super::LogName;
use super::merkle::Hash;
use crate::directory::{Directory, RelayEntry};
use crate::node::{NodeId, SchemeId};

/// A log's size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The scheme.
    pub scheme: SchemeId,
    /// Which of its logs.
    pub log: LogName,
    /// Entries.
    pub size: u64,
    /// The tree's root.
    pub root: Hash,
    /// The board's alone.
    pub indexes: Option<Digests>,
}

/// What a board's checkpoint says of the two indexes that follow from it ([`crate::board::Live`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "there are two")]
pub struct Digests {
    /// SHA-256 of the compact index of the alerts that are live.
    pub alerts: Hash,
    /// SHA-256 of the index of the keys of relays and desks.
    pub keys: Hash,
}

/// A checkpoint that a majority of the directory's witnesses cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Witnessed {
    /// What they cosigned.
    pub checkpoint: Checkpoint,
    /// How many of them did.
    pub witnesses: usize,
    /// The median of the times at which they did, in seconds since 1970.
    pub time: u64,
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note around it is malformed, or the signature of the log or of a witness is wrong.
    #[error("the checkpoint is malformed or wrongly signed: {0}")]
    Note(NoteError),
    /// The log's key did not sign it.
    #[error("the checkpoint is not signed by the inbox")]
    Unsigned,
    /// A good signature over something else.
    #[error("the checkpoint's text is not origin, size and root")]
    Text,
    /// A checkpoint of another log or scheme.
    #[error("the checkpoint belongs to another log or another scheme")]
    OtherLog,
    /// Not cosigned by a majority.
    #[error(
        "only {good} of {witnesses} witnesses have cosigned the checkpoint, and a majority must: try again in a minute"
    )]
    TooFew {
        /// Witnesses that cosigned.
        good: usize,
        /// Witnesses of the directory.
        witnesses: usize,
    },
}

impl Checkpoint {
    /// Signs the checkpoint as a note.
    ///
    /// # Errors
    /// [`NoteError`], which does not happen.
    pub fn sign(&self, key: &SigningKey<Log>) -> Result<Note, NoteError> {
        let mut note = Note::unsigned(self.text())?;
        note.sign(&self.log.origin(&self.scheme), key)?;
        Ok(note)
    }

    /// Checks and reads a checkpoint of `log` under the directory's log key, whoever cosigned it.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn verify(
        note: &Note,
        log: LogName,
        directory: &Directory,
    ) -> Result<Verified<Self>, CheckpointError> {
        let origin = log.origin(&directory.scheme);
        let key: Vec<_> = NamedKey::new(&origin, directory.inbox.log_key)
            .into_iter()
            .collect();
        let checkpoint = note
            .verify::<Self, Log>(&key, 1)
            .map_err(|error| match error {
                NoteVerifyError::Note(error) => CheckpointError::Note(error),
                NoteVerifyError::TooFew { .. } => CheckpointError::Unsigned,
                NoteVerifyError::Statement(_) | _ => CheckpointError::Text,
            })?;
        if checkpoint.scheme == directory.scheme && checkpoint.log == log {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::OtherLog)
        }
    }

    fn text(&self) -> String {
        let mut text = alloc::format!(
            "{}\n{}\n{}\n",
            self.log.origin(&self.scheme),
            self.size,
            STANDARD.encode(self.root)
        );
        if let Some(Digests { alerts, keys }) = &self.indexes {
            let [alerts, keys] = [alerts, keys].map(|digest| STANDARD.encode(digest));
            text.push_str(&alloc::format!("alerts {alerts}\nkeys {keys}\n"));
        }
        text
    }
}

impl Statement for Checkpoint {
    const DOMAIN: &'static str = "brolly/1 checkpoint";
    type Error = CheckpointError;

    fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let text = core::str::from_utf8(bytes).map_err(|_| CheckpointError::Text)?;
        let mut lines = text.split_terminator('\n');
        let mut line = || lines.next().ok_or(CheckpointError::Text);
        let (scheme, log) = parse_origin(line()?).ok_or(CheckpointError::Text)?;
        let size = line()?.parse().map_err(|_| CheckpointError::Text)?;
        let root = hash(line()?)?;
        let mut index = |name| {
            let digest = line()?.strip_prefix(name);
            hash(digest.ok_or(CheckpointError::Text)?)
        };
        let indexes = match log {
            LogName::Reports => None,
            LogName::Board => Some(Digests {
                alerts: index("alerts ")?,
                keys: index("keys ")?,
            }),
        };
        let checkpoint = Self {
            scheme,
            log,
            size,
            root,
            indexes,
        };
        // One way of writing it, and nothing after it.
        if checkpoint.text() == text {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Text)
        }
    }
}

impl Witnessed {
    /// Checks a checkpoint of `log` under the directory's log key and a majority of its witnesses.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn verify(
        note: &Note,
        log: LogName,
        directory: &Directory,
    ) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::verify(note, log, directory)?;
        let keys: Vec<_> = directory
            .relays
            .iter()
            .filter_map(|relay| witness_key(&directory.scheme, relay))
            .collect();
        let good = note.cosigned_by(&keys).map_err(CheckpointError::Note)?;
        let witnesses = directory.relays.len();
        if good.len() * 2 <= witnesses {
            return Err(CheckpointError::TooFew {
                good: good.len(),
                witnesses,
            });
        }
        Ok(Self {
            checkpoint: (*checkpoint).clone(),
            witnesses: good.len(),
            time: median(good.into_iter().map(|(_, time)| time).collect()),
        })
    }
}

/// The median of the times at which witnesses cosigned; of an even number the earlier of the two in the middle, so that half
/// of them cannot move it on.
pub(crate) fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    let middle = times.len().saturating_sub(1) / 2;
    times.get(middle).copied().unwrap_or_default()
}

/// The key that a relay cosigns with, under its name `brolly-<scheme>/witness/<relay>`.
pub fn witness_key(scheme: &SchemeId, relay: &RelayEntry) -> Option<NamedKey<Witness>> {
    NamedKey::new(&witness_name(scheme, relay.id), relay.witness)
}

fn witness_name(scheme: &SchemeId, relay: NodeId) -> String {
    alloc::format!("brolly-{scheme}/witness/{relay}")
}

fn parse_origin(text: &str) -> Option<(SchemeId, LogName)> {
    let (scheme, name) = text.strip_prefix("brolly-")?.split_once('/')?;
    let log = LogName::ALL.into_iter().find(|log| log.as_str() == name)?;
    Some((scheme.to_string().parse().ok()?, log))
}

fn hash(text: &str) -> Result<Hash, CheckpointError> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(CheckpointError::Text)
}

#[cfg(test)]
#[allow(clippy::as_conversions, reason = "small numbers of a test")]
mod tests {
    use std::format;

    use super::*;
    use crate::directory::sample;

    fn checkpoint(log: LogName) -> Checkpoint {
        Checkpoint {
            scheme: sample::directory().scheme,
            log,
            size: 7,
            root: [9; 32],
            indexes: (log == LogName::Board).then_some(Digests {
                alerts: [8; 32],
                keys: [7; 32],
            }),
        }
    }

    fn cosigned(log: LogName, by: usize) -> Note {
        let directory = sample::directory();
        let mut note = checkpoint(log).sign(&sample::log_key()).unwrap();
        for (n, relay) in directory.relays.iter().enumerate().take(by) {
            let named = witness_key(&directory.scheme, relay).unwrap();
            let time = 1_000 + 100 * n as u64;
            note.cosign(named.name(), &sample::witness_key(n), time)
                .unwrap();
        }
        note
    }

    #[test]
    fn spec_13_4_a_checkpoint_has_one_text() {
        for log in LogName::ALL {
            let text = checkpoint(log).text();
            assert_eq!(Checkpoint::parse(text.as_bytes()), Ok(checkpoint(log)));
            for bad in [
                text.replace("\n7\n", "\n07\n"),
                text.replace("\n7\n", "\n+7\n"),
                text.replace("/reports", "/report")
                    .replace("/board", "/bord"),
                text.trim_end().to_string(),
                format!("{text}\n"),
                format!("{text}more\n"),
                String::new(),
            ] {
                let read = Checkpoint::parse(bad.as_bytes());
                assert_eq!(read, Err(CheckpointError::Text), "{bad:?}");
            }
        }
        let board = checkpoint(LogName::Board).text();
        let without = &board[..board.find("alerts").unwrap()];
        let read = Checkpoint::parse(without.as_bytes());
        assert_eq!(read, Err(CheckpointError::Text));
    }

    #[test]
    fn spec_13_4_only_the_logs_own_key_scheme_and_name_count() {
        let directory = sample::directory();
        let note = checkpoint(LogName::Reports)
            .sign(&sample::log_key())
            .unwrap();
        let read = |note: &Note, log| Checkpoint::verify(note, log, &directory);
        assert!(read(&note, LogName::Reports).is_ok());
        assert_eq!(read(&note, LogName::Board), Err(CheckpointError::Unsigned));
        let stranger = SigningKey::<Log>::from_seed(&[77; 32]);
        let forged = checkpoint(LogName::Reports).sign(&stranger).unwrap();
        assert_eq!(
            read(&forged, LogName::Reports),
            Err(CheckpointError::Unsigned)
        );
        let mut elsewhere = checkpoint(LogName::Reports);
        elsewhere.scheme = SchemeId([3; 32]);
        let elsewhere = elsewhere.sign(&sample::log_key()).unwrap();
        assert_eq!(
            read(&elsewhere, LogName::Reports),
            Err(CheckpointError::Unsigned)
        );
        // The right name over a text of another log.
        let mut crossed = Note::unsigned(checkpoint(LogName::Board).text()).unwrap();
        crossed
            .sign(
                &LogName::Reports.origin(&directory.scheme),
                &sample::log_key(),
            )
            .unwrap();
        assert_eq!(
            read(&crossed, LogName::Reports),
            Err(CheckpointError::OtherLog)
        );
    }

    #[test]
    fn spec_13_5_a_majority_of_witnesses_must_have_cosigned() {
        let directory = sample::directory();
        let witnesses = directory.relays.len();
        for by in 0..=witnesses {
            let note = cosigned(LogName::Board, by);
            let note = Note::parse(note.to_string().as_bytes()).unwrap();
            let read = Witnessed::verify(&note, LogName::Board, &directory);
            if by * 2 > witnesses {
                let read = read.unwrap();
                assert_eq!(read.witnesses, by);
                assert_eq!(
                    read.time,
                    1_000 + 100 * ((by as u64 - 1) / 2),
                    "the earlier of two"
                );
                assert_eq!(read.checkpoint, checkpoint(LogName::Board));
            } else {
                let few = CheckpointError::TooFew {
                    good: by,
                    witnesses,
                };
                assert_eq!(read, Err(few));
            }
        }
    }
}
