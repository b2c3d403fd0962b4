//! How far this relay has bound itself: what it cosigned last, which it never contradicts.

use std::io;

use brolly_keys::note::Note;
use brolly_keys::sign::{Statement, Verified};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{Checkpoint, LogName};

use super::archive::{Archive, COSIGNED, Cosigned};
use super::trouble::{Contradiction, Kind, Trouble};
use crate::assignment::Assignment;

/// What this relay must never contradict.
pub(super) enum Floor {
    /// It has cosigned nothing yet.
    Nothing,
    /// What it cosigned last, with its own cosignature.
    Signed(Shown),
    /// It cannot know.
    Unknown,
}

/// A checkpoint and the note it came in.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) note: Note,
    pub(super) checkpoint: Checkpoint,
}

impl Floor {
    /// Reads it, and makes a folder that never had one known as such.
    pub(super) fn load(files: &Archive, assignment: &Assignment) -> Result<Self, Trouble> {
        let floor = Self::of(files.cosigned(), files.log(), assignment);
        if matches!(floor, Self::Nothing) {
            // So that a folder which lost the file is told from one that never had it.
            files.replace(COSIGNED, NOTHING)?;
        }
        Ok(floor)
    }

    fn of(files: io::Result<Cosigned>, log: LogName, assignment: &Assignment) -> Self {
        let Ok(files) = files else {
            return Self::Unknown;
        };
        let served = files.checkpoint.as_deref().and_then(Shown::parse);
        let served = served.map(|shown| shown.checkpoint.size);
        match files.cosigned.as_deref() {
            None if !files.used => Self::Nothing,
            Some(NOTHING) if served.is_none() => Self::Nothing,
            None | Some(NOTHING) => Self::Unknown,
            Some(bytes) => signed(bytes, log, assignment)
                // Only what was cosigned is served: with less, the file is an old one.
                .filter(|shown| served.is_none_or(|served| served <= shown.checkpoint.size))
                .map_or(Self::Unknown, Self::Signed),
        }
    }

    /// What was cosigned last, if anything was.
    pub(super) fn signed(&self) -> Option<&Shown> {
        match self {
            Self::Signed(shown) => Some(shown),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// Entries of that.
    pub(super) fn size(&self) -> Option<u64> {
        self.signed().map(|shown| shown.checkpoint.size)
    }

    /// Whether what is shown can follow what was cosigned, as far as size and root alone tell.
    pub(super) fn compare(&self, shown: &Shown) -> Result<(), Trouble> {
        let Some(last) = self.signed() else {
            return Ok(());
        };
        let (before, after) = (&last.checkpoint, &shown.checkpoint);
        if after.size < before.size {
            Err(last.contradicts(Kind::Shrunk, shown))
        } else if after.size == before.size && after != before {
            Err(last.contradicts(Kind::Forked, shown))
        } else {
            Ok(())
        }
    }
}

impl Shown {
    /// Reads a checkpoint without asking who signed it.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let note = Note::parse(bytes).ok()?;
        let checkpoint = Checkpoint::parse(note.text().as_bytes()).ok()?;
        Some(Self { note, checkpoint })
    }

    /// Reads a checkpoint that the log signed.
    pub(super) fn verify(bytes: &[u8], log: LogName, directory: &Directory) -> Option<Self> {
        let note = Note::parse(bytes).ok()?;
        let checkpoint: Verified<Checkpoint> = Checkpoint::verify(&note, log, directory).ok()?;
        Some(Self {
            checkpoint: (*checkpoint).clone(),
            note,
        })
    }

    /// That this, which was cosigned, and what was shown later cannot both be so.
    pub(super) fn contradicts(&self, kind: Kind, later: &Self) -> Trouble {
        Trouble::Contradiction(Contradiction {
            kind,
            held: self.note.to_string(),
            shown: later.note.to_string(),
            size: later.checkpoint.size,
        })
    }
}

/// Whether this relay can know what it cosigned of a log; changes nothing.
pub(super) fn knows(files: io::Result<Cosigned>, log: LogName, assignment: &Assignment) -> bool {
    !matches!(Floor::of(files, log, assignment), Floor::Unknown)
}

/// Reads what was cosigned. One of its two signatures must hold: the keys for the other may be new ones.
fn signed(bytes: &[u8], log: LogName, assignment: &Assignment) -> Option<Shown> {
    let shown = Shown::parse(bytes)?;
    let directory = &assignment.directory;
    let by_log = Checkpoint::verify(&shown.note, log, directory).is_ok();
    let own = shown.checkpoint.scheme == directory.scheme && shown.checkpoint.log == log;
    (own && (by_log || assignment.cosigned(&shown.note).is_some())).then_some(shown)
}

/// What is in the place of a note as long as nothing was cosigned.
const NOTHING: &[u8] = b"nothing cosigned yet\n";
