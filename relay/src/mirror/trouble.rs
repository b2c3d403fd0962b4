//! Why a relay does not take what the inbox shows it.

use std::io;

use brolly_protocol::directory::DirectoryError;
use tokio::task::JoinError;

use crate::segment::WriteError;

/// Why a log did not get any further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The inbox gave no answer, or none with what was asked for.
    #[error("the inbox did not answer")]
    Unanswered,
    /// What the inbox gave is not what it signed, or it signed nonsense.
    #[error("the inbox gave what it did not sign")]
    Refused,
    /// The board names a version of the directory that is none.
    #[error("the board names a directory that is none: {0}")]
    Directory(DirectoryError),
    /// The inbox signed two things that cannot both be so.
    #[error("the inbox signed what contradicts what it signed before")]
    Contradiction(Contradiction),
    /// There is no room, most likely.
    #[error(transparent)]
    Full(io::Error),
    /// The disk may have lost what it was given.
    #[error(transparent)]
    Sync(io::Error),
    /// A test ends the relay here.
    #[cfg(test)]
    #[error("killed")]
    Killed,
}

/// Two things that the inbox signed, of which one at most is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contradiction {
    pub(crate) kind: Kind,
    /// The checkpoint that this relay cosigned; of a directory, what it knew before.
    pub(crate) held: String,
    /// The checkpoint that it was shown after that.
    pub(crate) shown: String,
    /// Entries of the latter.
    pub(crate) size: u64,
}

/// How they contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The later one has fewer entries.
    Shrunk,
    /// It has other entries.
    Forked,
    /// It names another directory under a version that is known, or one out of turn.
    Directory,
}

impl From<WriteError> for Trouble {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(reason) => Self::Full(reason),
            WriteError::Sync(reason) => Self::Sync(reason),
        }
    }
}

impl From<JoinError> for Trouble {
    // File work panicked or was cut off: what is durable then, nobody can say.
    fn from(error: JoinError) -> Self {
        Self::Sync(error.into())
    }
}
