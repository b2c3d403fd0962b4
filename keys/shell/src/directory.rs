//! The signed directory as a file, and the newest version that was ever seen beside a program's data.

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
    /// The version seen last cannot be read or written.
    #[error(transparent)]
    Seen(#[from] PrivateError),
    /// The version seen last is no number.
    #[error(
        "{} is damaged: write the newest directory version you know of into it, as a number",
        .0.display()
    )]
    BadSeen(PathBuf),
}

/// Reads and checks the directory at `path`: of `scheme`, valid at `now` (seconds since 1970), and no older than the
/// version that [`remember`] last noted in the folder `data`. Writes nothing.
///
/// # Errors
/// [`DirectoryFileError`].
pub fn read(
    path: &Path,
    data: &Path,
    scheme: SchemeId,
    now: u64,
) -> Result<SignedDirectory, DirectoryFileError> {
    let note = bounded(path).map_err(|reason| DirectoryFileError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    let directory = Directory::verify(&note, scheme, now, seen(data)?).map_err(|reason| {
        DirectoryFileError::Refused {
            path: path.to_owned(),
            reason,
        }
    })?;
    Ok(SignedDirectory {
        directory,
        note: note.into(),
    })
}

/// Notes the version in the folder `data`, which exists, so that an earlier one is refused from now on.
///
/// # Errors
/// [`DirectoryFileError::Seen`], [`DirectoryFileError::BadSeen`].
pub fn remember(directory: &Directory, data: &Path) -> Result<(), DirectoryFileError> {
    if seen(data)? < directory.version {
        let text = format!("{}\n", directory.version);
        private::replace(&data.join(SEEN), text.as_bytes())?;
    }
    Ok(())
}

fn seen(data: &Path) -> Result<u32, DirectoryFileError> {
    let path = data.join(SEEN);
    let text = match private::read(&path, 16) {
        Ok(text) => text,
        Err(PrivateError::Missing(_)) => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| text.trim_ascii_end().parse().ok())
        .ok_or(DirectoryFileError::BadSeen(path))
}

fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_NOTE).unwrap_or(u64::MAX);
    let mut note = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut note)?;
    if note.len() > MAX_NOTE {
        return Err(io::Error::other("it is larger than any directory"));
    }
    Ok(note)
}

const SEEN: &str = "directory.seen";
