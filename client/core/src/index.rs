//! An index that follows from the board, with the checkpoint that names its digest: live alerts, or keys.
//!
//! ```text
//! answer of /v1/alerts, /v1/keys = note length 4 | the board's checkpoint | index      SHA-256(index) is in the checkpoint
//! ```

use core::fmt;

use brolly_keys::note::{Note, NoteError};
use brolly_keys::sign::Statement;
use brolly_protocol::codec::{Fields, TooShort};
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::{ALERT_RECORD, KEY_RECORD};
use brolly_protocol::log::{Checkpoint, CheckpointError, Digests, Hash, LogName, Seen, Witnessed};
use sha2::{Digest, Sha256};

/// Which index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Live alerts, 60 bytes a record.
    Alerts,
    /// Keys of relays and desks, 1,333 bytes a record.
    Keys,
}

/// An answer that was checked, and kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    time: u64,
    size: u64,
    wire: Vec<u8>,
    records_at: usize,
}

/// Why an answer is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The session did not come so far.
    #[error("the {0} were not fetched")]
    NotFetched(Kind),
    /// The relay has none yet.
    #[error("the relay has no {0} yet (it answered {1}): try again in a minute")]
    NotThere(Kind, u16),
    /// Cut short, or not whole records.
    #[error("the {0} were cut short or are malformed")]
    Malformed(Kind),
    /// The note around the checkpoint.
    #[error("the checkpoint of the {0} is malformed: {1}")]
    Note(Kind, NoteError),
    /// The checkpoint.
    #[error("the {0} were refused: {1}")]
    Checkpoint(Kind, CheckpointError),
    /// Not the index that the witnesses stand behind.
    #[error(
        "the {0} are not those that the witnesses signed: the relay changed them or left some out"
    )]
    Digest(Kind),
    /// Of an earlier board than one already seen.
    #[error(
        "the {kind} are those of a board of {size} entries, but {seen} were seen before: the relay is behind, or hides some"
    )]
    Older {
        /// Which.
        kind: Kind,
        /// Entries now.
        size: u64,
        /// Entries seen before.
        seen: u64,
    },
    /// Of another board than one already seen.
    #[error(
        "the {0} are those of another board than was seen before: the inbox shows different people different logs"
    )]
    Forked(Kind),
}

impl Index {
    /// Checks an answer: the checkpoint under the log's key and a majority of witnesses, the index under its digest, and
    /// that it is of no earlier and no other board than was `seen` and than an `earlier` index was of.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn verify(
        kind: Kind,
        wire: &[u8],
        directory: &Directory,
        seen: Option<&Seen>,
        earlier: Option<&Self>,
    ) -> Result<Self, IndexError> {
        let (note, records) = split(kind, wire)?;
        let witnessed = Witnessed::verify(&note, LogName::Board, directory)
            .map_err(|error| IndexError::Checkpoint(kind, error))?;
        let Checkpoint {
            size,
            root,
            indexes,
            ..
        } = witnessed.checkpoint;
        if kind.digest(indexes) != Some(Sha256::digest(records).into()) {
            return Err(IndexError::Digest(kind));
        }
        if !records.len().is_multiple_of(kind.record()) {
            return Err(IndexError::Malformed(kind));
        }
        let before = [seen.map(|seen| seen.size), earlier.map(|index| index.size)];
        let before = before.into_iter().flatten().max().unwrap_or_default();
        if size < before {
            return Err(IndexError::Older {
                kind,
                size,
                seen: before,
            });
        }
        let other_root = seen.is_some_and(|seen| seen.size == size && seen.root != root);
        let other_records =
            earlier.is_some_and(|index| index.size == size && index.records() != records);
        if other_root || other_records {
            return Err(IndexError::Forked(kind));
        }
        Ok(Self {
            time: witnessed.time,
            size,
            records_at: wire.len() - records.len(),
            wire: wire.to_vec(),
        })
    }

    /// Takes up what was checked when it came and then kept. `None` where index and checkpoint no longer belong together.
    pub(crate) fn kept(kind: Kind, time: u64, size: u64, wire: &[u8]) -> Option<Self> {
        let (note, records) = split(kind, wire).ok()?;
        let checkpoint = Checkpoint::parse(note.text().as_bytes()).ok()?;
        let digest: Hash = Sha256::digest(records).into();
        let whole = checkpoint.size == size && kind.digest(checkpoint.indexes) == Some(digest);
        whole.then(|| Self {
            time,
            size,
            records_at: wire.len() - records.len(),
            wire: wire.to_vec(),
        })
    }

    /// When the witnesses saw the board so, in seconds since 1970.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Entries of the board that it is of.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The answer as it came.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// The index.
    pub fn records(&self) -> &[u8] {
        self.wire.get(self.records_at..).unwrap_or_default()
    }
}

impl Kind {
    /// The longest answer that is taken, in bytes: more than 30,000 alerts, more than 1,500 keys.
    pub const LIMIT: usize = 2 << 20;

    const fn record(self) -> usize {
        match self {
            Self::Alerts => ALERT_RECORD,
            Self::Keys => KEY_RECORD,
        }
    }

    fn digest(self, indexes: Option<Digests>) -> Option<Hash> {
        indexes.map(|indexes| match self {
            Self::Alerts => indexes.alerts,
            Self::Keys => indexes.keys,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alerts => "alerts",
            Self::Keys => "keys",
        })
    }
}

fn split(kind: Kind, wire: &[u8]) -> Result<(Note, &[u8]), IndexError> {
    let cut = |_: TooShort| IndexError::Malformed(kind);
    let mut fields = Fields::new(wire);
    let length = usize::try_from(fields.number().map_err(cut)?).unwrap_or(usize::MAX);
    let note = Note::parse(fields.take(length).map_err(cut)?)
        .map_err(|error| IndexError::Note(kind, error))?;
    Ok((note, fields.rest()))
}
