//! The desk's place in its scheme, by the directory in force.

use brolly_keys::sign::Verified;
use brolly_protocol::directory::{DeskEntry, Directory};
use brolly_shell::directory;

use crate::config::Config;
use crate::current::{InForce, InForceError, Time};
use crate::unlock::{Keys, UnlockError};

/// The directory in force, this desk's entry in it, and the time.
pub struct Place {
    /// The directory.
    pub directory: Verified<Directory>,
    /// This desk.
    pub desk: DeskEntry,
    /// What time it is.
    pub time: Time,
    /// What the person at the desk should know of the directory, a sentence each.
    pub told: Vec<String>,
}

/// Why a desk has no place in the scheme.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// Which directory is in force.
    #[error(transparent)]
    InForce(#[from] InForceError),
    /// The directory does not know this key.
    #[error(
        "version {0} of the directory has no desk with the key in this key file: ask an officer for a directory that lists this desk, or set `identity` to the right key file"
    )]
    NotListed(u32),
}

impl Place {
    /// Asks the inbox which directory is in force, and finds this desk in it. `clock` is this machine's, in seconds since
    /// 1970. The folder of the configuration's data exists.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub async fn ask(config: &Config, keys: &Keys, clock: u64) -> Result<Self, PlaceError> {
        let (file, data) = (&config.directory, &config.data);
        let identity = keys.identity()?;
        let InForce {
            directory,
            time,
            told,
        } = InForce::ask(file, data, config.scheme, &identity, clock).await?;
        let desk = directory
            .desk_with_key(&identity.public_key())
            .cloned()
            .ok_or(PlaceError::NotListed(directory.version))?;
        Ok(Self {
            directory,
            desk,
            time,
            told,
        })
    }
}

impl PlaceError {
    /// How long a desk's key is for, and the time by which those that are over may be erased although the inbox did not
    /// give a place: an inbox that is away keeps no key alive. `None` if that is not known.
    pub fn erase_by(&self, config: &Config, clock: u64) -> Option<(u64, Time)> {
        match self {
            Self::InForce(error) if error.doubts_the_clock() => return None,
            Self::InForce(_) | Self::NotListed(_) => {}
            Self::Keys(_) => return None,
        }
        let known = directory::open(&config.directory, &config.data, config.scheme, 0).ok()?;
        let epoch = known.current.directory.parameters.desk_epoch;
        Some((epoch, Time::unconfirmed(clock)))
    }
}
