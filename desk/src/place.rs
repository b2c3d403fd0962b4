//! The desk's place in its scheme, as the signed directory has it.

use std::path::PathBuf;

use brolly_keys::sign::Verified;
use brolly_protocol::directory::{DeskEntry, Directory};
use brolly_shell::directory::{self, DirectoryFileError};

use crate::config::Config;

/// A directory that was checked, and this desk's entry in it.
pub struct Place {
    /// The directory.
    pub directory: Verified<Directory>,
    /// This desk.
    pub desk: DeskEntry,
}

/// Why a desk has no place in the scheme.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryFileError),
    /// The directory does not know this key.
    #[error(
        "the directory {} has no desk with the key in this key file: ask an officer for a directory that lists this desk, or set `identity` to the right key file", .0.display()
    )]
    NotListed(PathBuf),
}

impl Place {
    /// Reads and checks the directory at `now` (seconds since 1970), finds in it the desk that shows `public` (32 bytes) on
    /// TLS, and keeps the directory's version, so that no earlier one is taken again.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn find(config: &Config, public: &[u8; 32], now: u64) -> Result<Self, PlaceError> {
        let path = &config.directory;
        let directory = directory::read(path, &config.data, config.scheme, now)?.directory;
        directory::remember(&directory, &config.data)?;
        let desk = directory
            .desk_with_key(public)
            .cloned()
            .ok_or_else(|| PlaceError::NotListed(path.clone()))?;
        Ok(Self { directory, desk })
    }
}
