//! Files that only their owner may read.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// Why a private file was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateError {
    /// Nothing has this name.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// A file with this name is there already.
    #[error("{} is there already and is not overwritten: move it away or choose another name", .0.display())]
    Exists(PathBuf),
    /// A directory, pipe or device.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The mode lets the group or others read.
    #[error("{path} can be read by others than its owner: run `chmod 600 {path}`", path = .0.display())]
    Exposed(PathBuf),
    /// Over the limit of its kind.
    #[error("{} has more than {limit} bytes: it is not the file that was meant", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most that would be read, in bytes.
        limit: usize,
    },
    /// The system refused to read.
    #[error("{} cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The system refused to write.
    #[error("{} cannot be written: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

/// Reads a regular file of at most `limit` bytes that neither group nor others can read.
///
/// # Errors
/// [`PrivateError`].
pub fn read(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, PrivateError> {
    read_unless(path, limit, 0o077)
}

/// Reads a file that systemd made for this service. It may show the group a right to read: that is how an access control
/// list for the service's user looks.
///
/// # Errors
/// [`PrivateError`].
pub(crate) fn read_credential(
    path: &Path,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, PrivateError> {
    read_unless(path, limit, 0o037)
}

/// Reads a regular file whose mode has none of the bits `open` set.
fn read_unless(path: &Path, limit: usize, open: u32) -> Result<Zeroizing<Vec<u8>>, PrivateError> {
    let failed = |reason: io::Error| {
        let path = path.to_owned();
        if reason.kind() == io::ErrorKind::NotFound {
            PrivateError::Missing(path)
        } else {
            PrivateError::Read { path, reason }
        }
    };
    // Without NONBLOCK, opening a pipe waits for its writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = rustix::fs::open(path, flags, Mode::empty())
        .map(File::from)
        .map_err(|errno| failed(errno.into()))?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(PrivateError::NotAFile(path.to_owned()));
    }
    if metadata.mode() & open != 0 {
        return Err(PrivateError::Exposed(path.to_owned()));
    }
    // One buffer of full size: growing would leave copies of secrets behind.
    let mut bytes = Zeroizing::new(vec![0; limit.saturating_add(1)]);
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    if length > limit {
        return Err(PrivateError::TooLong {
            path: path.to_owned(),
            limit,
        });
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Writes a new file of mode 0600, whole or not at all; it never overwrites.
///
/// # Errors
/// [`PrivateError::Exists`] or [`PrivateError::Write`].
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), PrivateError> {
    write(path, bytes, |temporary| temporary.persist_noclobber(path))
}

/// Writes a file of mode 0600 in the place of an earlier one, at once: a reader sees all of one or of the other.
///
/// # Errors
/// [`PrivateError::Write`]; the earlier file is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), PrivateError> {
    write(path, bytes, |temporary| temporary.persist(path))
}

fn write(
    path: &Path,
    bytes: &[u8],
    persist: impl FnOnce(NamedTempFile) -> Result<File, tempfile::PersistError>,
) -> Result<(), PrivateError> {
    let failed = |reason: io::Error| {
        let path = path.to_owned();
        if reason.kind() == io::ErrorKind::AlreadyExists {
            PrivateError::Exists(path)
        } else {
            PrivateError::Write { path, reason }
        }
    };
    let directory = match path.parent() {
        Some(parent) if parent.as_os_str() != OsStr::new("") => parent,
        _ => Path::new("."),
    };
    let mut temporary = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(directory)
        .map_err(failed)?;
    temporary.write_all(bytes).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    persist(temporary).map_err(|unpersisted| failed(unpersisted.error))?;
    // The name is durable only once its directory is.
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_private_file_is_made_with_mode_0600_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, b"words").unwrap();
        let mode = std::fs::metadata(&path).unwrap().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(read(&path, 5).unwrap().as_slice(), b"words");
        assert!(matches!(
            read(&path, 4),
            Err(PrivateError::TooLong { limit: 4, .. })
        ));
    }

    #[test]
    fn create_never_overwrites_and_leaves_no_temporary_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, b"first").unwrap();
        let second = create(&path, b"second").unwrap_err();
        assert!(matches!(second, PrivateError::Exists(_)), "{second}");
        assert_eq!(read(&path, 10).unwrap().as_slice(), b"first");
        assert_eq!(names(directory.path()), ["secret"]);
    }

    #[test]
    fn replace_swaps_the_file_whole_and_leaves_no_temporary_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, b"first").unwrap();
        // Whoever holds the earlier file open keeps reading all of it: it was not written into.
        let mut earlier = File::open(&path).unwrap();
        replace(&path, b"second").unwrap();
        let mut text = String::new();
        earlier.read_to_string(&mut text).unwrap();
        assert_eq!(text, "first");
        assert_eq!(read(&path, 10).unwrap().as_slice(), b"second");
        assert_eq!(names(directory.path()), ["secret"]);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, b"words").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = read(&path, 10).unwrap_err().to_string();
            assert!(
                error.contains(&format!("chmod 600 {}", path.display())),
                "{error}"
            );
        }
    }

    #[test]
    fn a_directory_a_pipe_and_nothing_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        assert!(matches!(read(&inner, 10), Err(PrivateError::NotAFile(_))));
        let pipe = directory.path().join("pipe");
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(matches!(read(&pipe, 10), Err(PrivateError::NotAFile(_))));
        let missing = read(&directory.path().join("none"), 10);
        assert!(matches!(missing, Err(PrivateError::Missing(_))));
    }
}
