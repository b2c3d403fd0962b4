//! The directory in force beside a program's data, and how it starts the first time.
//!
//! ```text
//! the file that the configuration names ── the very first start ──▶ DATA/directory.note      in force
//!    later: a candidate, nothing more                                  ▲        │ the next one
//! answer of /v1/directory ─▶ Current::verify ─▶ keep ──────────────────┘        ▼
//!                                                        DATA/directory.before  since 1764000000, then the note before it
//! ```

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use brolly_keys::note::MAX_NOTE;
use brolly_keys::sign::Verified;
use brolly_protocol::directory::{Directory, DirectoryError};
use brolly_protocol::node::SchemeId;
use bytes::Bytes;

use crate::private::{self, PrivateError};

/// A directory that was checked, and the note it came in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedDirectory {
    /// What it says.
    pub directory: Verified<Directory>,
    /// The note's bytes, for others to check.
    pub note: Bytes,
}

/// What a program starts with.
#[derive(Debug)]
#[non_exhaustive]
pub struct InForce {
    /// The directory that was taken up last; at the very first start, the one that the configuration names.
    pub current: SignedDirectory,
    /// The one before it.
    pub before: Option<Before>,
    /// A higher version that the configuration names: it is in force only once the witnesses say so.
    pub waiting: Option<u32>,
    /// Why the file that the configuration names means nothing; the program runs without it.
    pub passed_over: Option<DirectoryFileError>,
}

/// The directory that was in force before.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Before {
    /// What it said.
    pub directory: Verified<Directory>,
    /// When this program took up the one after it, in seconds since 1970.
    pub since: u64,
}

/// Why a directory file is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryFileError {
    /// The system refused, or it is larger than any note.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Its signatures, scheme, time or version.
    #[error("{}: {reason}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: DirectoryError,
    },
    /// What was taken up last cannot be written.
    #[error(transparent)]
    Kept(#[from] PrivateError),
    /// What was taken up last is damaged, or of another scheme.
    #[error(
        "{} is damaged ({reason}): restore it from a back-up, or move it away and name the newest directory that the officers give you in the configuration",
        path.display()
    )]
    BadKept {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: DirectoryError,
    },
}

impl SignedDirectory {
    /// Checks a note as [`Directory::verify`] does.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn verify(
        note: Bytes,
        scheme: SchemeId,
        now: u64,
        seen: u32,
    ) -> Result<Self, DirectoryError> {
        Ok(Self {
            directory: Directory::verify(&note, scheme, now, seen)?,
            note,
        })
    }
}

impl Before {
    /// Whether its relays are still heard at `now` (seconds since 1970): for one epoch of its packet keys.
    pub fn counts(&self, now: u64) -> bool {
        let epoch = self.directory.parameters.packet_epoch;
        now.saturating_sub(self.since) < epoch
    }
}

/// Reads what is in force at `now` (seconds since 1970) for a program that keeps its data in the folder `data`: what was
/// taken up last, or, where nothing ever was, the file at `path`. It must be of `scheme`, and its time not over. Writes
/// nothing.
///
/// # Errors
/// [`DirectoryFileError`].
pub fn open(
    path: &Path,
    data: &Path,
    scheme: SchemeId,
    now: u64,
) -> Result<InForce, DirectoryFileError> {
    let named = named(path, scheme);
    let Some(kept) = kept(data, scheme)? else {
        let current = named?;
        expired(&current, path, now)?;
        return Ok(InForce {
            current,
            before: None,
            waiting: None,
            passed_over: None,
        });
    };
    expired(&kept, &data.join(NOTE), now)?;
    let mut in_force = InForce {
        before: before(data, scheme, kept.directory.version),
        current: kept,
        waiting: None,
        passed_over: None,
    };
    match named {
        Ok(named) => match may_follow(&named, &in_force.current) {
            Ok(true) => in_force.waiting = Some(named.directory.version),
            Ok(false) => {}
            Err(reason @ DirectoryError::Forked { .. }) => {
                let path = path.to_owned();
                in_force.passed_over = Some(DirectoryFileError::Refused { path, reason });
            }
            // The file from the first start, most likely.
            Err(_) => {}
        },
        Err(error) => in_force.passed_over = Some(error),
    }
    Ok(in_force)
}

/// Reads what was taken up last, whether or not its time is over: enough to ask for the next one, and for nothing else.
///
/// # Errors
/// [`DirectoryFileError::BadKept`], [`DirectoryFileError::Unreadable`].
pub fn kept(data: &Path, scheme: SchemeId) -> Result<Option<SignedDirectory>, DirectoryFileError> {
    let path = data.join(NOTE);
    let Some(note) = bounded(&path)? else {
        return Ok(None);
    };
    SignedDirectory::verify(note.into(), scheme, 0, 0)
        .map(Some)
        .map_err(|reason| DirectoryFileError::BadKept { path, reason })
}

/// Takes up a directory at `now` (seconds since 1970): it is durable in the folder `data`, which exists, and the one before
/// it as such, when this returns. Nothing is written for the one that is kept already.
///
/// Whether it is in force the caller knows, from [`brolly_protocol::directory::Current::verify`].
///
/// # Errors
/// [`DirectoryFileError::Refused`] for an earlier version than the one kept, and for another text under its version.
pub fn keep(new: &SignedDirectory, data: &Path, now: u64) -> Result<(), DirectoryFileError> {
    let path = data.join(NOTE);
    if let Some(kept) = kept(data, new.directory.scheme)? {
        match may_follow(new, &kept) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(reason) => return Err(DirectoryFileError::Refused { path, reason }),
        }
        // Died between the two, it is the version before of itself, and `before` passes it over.
        let since = format!("{SINCE}{now}\n");
        let before = [since.as_bytes(), &kept.note].concat();
        private::replace(&data.join(BEFORE), &before)?;
    }
    Ok(private::replace(&path, &new.note)?)
}

/// Whether `new` is a later version than `kept`; not if it is the same.
fn may_follow(new: &SignedDirectory, kept: &SignedDirectory) -> Result<bool, DirectoryError> {
    let (new, kept) = (&new.directory, &kept.directory);
    let version = new.version;
    if version < kept.version {
        return Err(DirectoryError::RolledBack {
            given: version,
            seen: kept.version,
        });
    }
    if version == kept.version && new.digest != kept.digest {
        return Err(DirectoryError::Forked { version });
    }
    Ok(version > kept.version)
}

/// The file that the configuration names.
fn named(path: &Path, scheme: SchemeId) -> Result<SignedDirectory, DirectoryFileError> {
    let note = bounded(path)?.ok_or_else(|| DirectoryFileError::Unreadable {
        path: path.to_owned(),
        reason: io::ErrorKind::NotFound.into(),
    })?;
    SignedDirectory::verify(note.into(), scheme, 0, 0).map_err(|reason| {
        DirectoryFileError::Refused {
            path: path.to_owned(),
            reason,
        }
    })
}

fn expired(signed: &SignedDirectory, path: &Path, now: u64) -> Result<(), DirectoryFileError> {
    if now < signed.directory.expires {
        return Ok(());
    }
    Err(DirectoryFileError::Refused {
        path: path.to_owned(),
        reason: DirectoryError::Expired,
    })
}

/// The directory before version `current`. Without it some relays are heard a little less long, so damage stops nothing.
fn before(data: &Path, scheme: SchemeId, current: u32) -> Option<Before> {
    let bytes = bounded(&data.join(BEFORE)).ok().flatten()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, note) = bytes.split_at_checked(end + 1)?;
    let since = std::str::from_utf8(line).ok()?.strip_prefix(SINCE)?;
    let directory = Directory::verify(note, scheme, 0, 0).ok()?;
    (directory.version < current).then_some(Before {
        directory,
        since: since.trim_ascii_end().parse().ok()?,
    })
}

fn bounded(path: &Path) -> Result<Option<Vec<u8>>, DirectoryFileError> {
    let unreadable = |reason| DirectoryFileError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let most = MAX_NOTE + SINCE.len() + 21;
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let mut note = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut note)
        .map_err(unreadable)?;
    if note.len() > most {
        let reason = io::Error::other("it is larger than any directory");
        return Err(unreadable(reason));
    }
    Ok(Some(note))
}

const NOTE: &str = "directory.note";
const BEFORE: &str = "directory.before";
const SINCE: &str = "since ";

#[cfg(test)]
mod tests;
