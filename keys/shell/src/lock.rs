//! Locks between programs: held by one at a time, and given back when it ends, however it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// A lock that this program holds until it drops it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// A lock cannot be had at all.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be locked: {reason}", path.display())]
pub struct LockError {
    path: PathBuf,
    reason: io::Error,
}

impl Lock {
    /// Waits until no other program holds the lock. Its file, of mode 0600, is made if it is not there, and stays empty.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn wait(path: &Path) -> Result<Self, LockError> {
        let file = open(path)?;
        match flock(&file, FlockOperation::LockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(errno) => Err(failed(path, errno.into())),
        }
    }

    /// Takes the lock; `None` while another program holds it.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(path: &Path) -> Result<Option<Self>, LockError> {
        let file = open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(failed(path, errno.into())),
        }
    }
}

fn open(path: &Path) -> Result<File, LockError> {
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(false).write(true).mode(0o600);
    options.open(path).map_err(|reason| failed(path, reason))
}

fn failed(path: &Path, reason: io::Error) -> LockError {
    LockError {
        path: path.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path).unwrap();
        assert!(held.is_some());
        assert!(Lock::take(&path).unwrap().is_none());
        drop(held);
        let held = Lock::wait(&path).unwrap();
        assert!(Lock::take(&path).unwrap().is_none());
        drop(held);
        assert!(Lock::take(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_where_no_file_can_be_is_said_so() {
        let error = Lock::wait(Path::new("/nonexistent/lock")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/lock cannot be"));
    }
}
