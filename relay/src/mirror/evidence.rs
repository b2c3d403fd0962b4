//! What is kept of an inbox that contradicts itself, for the operator to show to others.
//!
//! ```text
//! DATA/evidence/<log>-<entries>-<n>.txt = what happened, what was held, the checkpoint shown: both signed
//! ```
//!
//! As long as there is such a file the relay cosigns nothing of that log, and its mirror stays as it is.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use brolly_protocol::log::LogName;
use brolly_shell::private::{self, PrivateError};

use super::trouble::{Contradiction, Kind};
use crate::segment::private_folder;

/// Why this relay does not cosign a log, in a sentence for its operator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The inbox signed two things of which one at most is true.
    Evidence {
        /// Of which log.
        log: LogName,
        /// Where both are.
        path: PathBuf,
    },
    /// What the relay cosigned last is not known.
    Cosigned {
        /// Of which log.
        log: LogName,
        /// Where it should be.
        path: PathBuf,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evidence { log, path } => write!(
                f,
                "the inbox contradicted itself about the {} log, which this relay has not cosigned since: {} holds what \
                 it signed; give it to the officers and the other operators, and remove it only when they know \
                 why",
                log.as_str(),
                path.display()
            ),
            Self::Cosigned { log, path } => write!(
                f,
                "{} is damaged or missing, and without it this relay cannot know what it cosigned of the {} log: ask the \
                 officers for a new witness key, then remove the folder that it is in; an older copy of the file could \
                 make it sign two trees",
                path.display(),
                log.as_str()
            ),
        }
    }
}

/// The files of evidence about `log` in a relay's data, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn list(data: &Path, log: LogName) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(data.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if is_about(&entry.file_name(), log) {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Keeps a contradiction durably, in a file of its own.
pub(super) fn keep(data: &Path, log: LogName, what: &Contradiction) -> io::Result<()> {
    let folder = data.join(FOLDER);
    private_folder(&folder)?;
    fs::File::open(data)?.sync_all()?;
    let happened = match what.kind {
        Kind::Shrunk => "The inbox showed a log with fewer entries than it had signed before.",
        Kind::Forked => "The inbox signed two logs of which one is not the beginning of the other.",
        Kind::Directory => {
            "The inbox put a directory on the board under a version that has another text, or one out of turn."
        }
    };
    let held = match what.kind {
        Kind::Shrunk | Kind::Forked => "The checkpoint that this relay cosigned",
        Kind::Directory => "What this relay knew",
    };
    let text = format!(
        "{happened}\n\n{held}:\n\n{}\nThe checkpoint that it was shown after that:\n\n{}",
        what.held, what.shown
    );
    for number in 1_u32.. {
        let path = folder.join(format!("{}-{}-{number}.txt", log.as_str(), what.size));
        match private::create(&path, text.as_bytes()) {
            Err(PrivateError::Exists(_)) => {}
            Err(error) => return Err(io::Error::other(error)),
            Ok(()) => break,
        }
    }
    Ok(())
}

fn is_about(name: &OsString, log: LogName) -> bool {
    let name = name.to_str().and_then(|name| name.strip_suffix(".txt"));
    let parts = name.and_then(|name| name.strip_prefix(log.as_str())?.strip_prefix('-'));
    parts.is_some_and(|parts| parts.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
}

const FOLDER: &str = "evidence";
