//! The folder that holds what this program keeps: the state, and the outbox (`crate::outbox`).

use std::env;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use brolly_client::state::{SIZE, State};
use brolly_shell::cli::Failure;
use brolly_shell::private::{self, PrivateError};

/// The folder, mode 0700.
pub(crate) struct Home {
    folder: PathBuf,
}

impl Home {
    /// Makes the folder if it is not there.
    pub(crate) fn open(given: Option<PathBuf>) -> Result<Self, Failure> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let data = || {
            set("XDG_DATA_HOME")
                .map(PathBuf::from)
                .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".local/share")))
                .map(|data| data.join("brolly"))
        };
        let folder = given
            .or_else(|| set("BROLLY_HOME").map(PathBuf::from))
            .or_else(data)
            .ok_or_else(|| {
                Failure::configuration("it is not known where your home folder is")
                    .hint("say where to keep things with --home DIR")
            })?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| {
                Failure::configuration(format!("cannot make {}: {error}", folder.display()))
            })?;
        Ok(Self { folder })
    }

    /// What is kept; `None` before the first `join`.
    pub(crate) fn find(&self) -> Result<Option<State>, Failure> {
        match private::read(&self.path(), SIZE) {
            Ok(bytes) => Ok(Some(State::from_bytes(&bytes).map_err(Failure::refused)?)),
            Err(PrivateError::Missing(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What is kept.
    pub(crate) fn load(&self) -> Result<State, Failure> {
        self.find()?.ok_or_else(|| {
            Failure::configuration("you have not joined a scheme yet")
                .hint("ask your project for an invitation, then run `brolly join -` and paste it")
        })
    }

    /// Keeps `state` in the place of what was kept, if it differs.
    pub(crate) fn keep(&self, before: Option<&State>, state: &State) -> Result<(), Failure> {
        if before == Some(state) {
            return Ok(());
        }
        self.write(state)
    }

    /// Keeps `state`, whether or not anything changed.
    pub(crate) fn write(&self, state: &State) -> Result<(), Failure> {
        let bytes = state.to_bytes().map_err(Failure::failed)?;
        Ok(private::replace(&self.path(), &bytes)?)
    }

    /// A file of this name in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn path(&self) -> PathBuf {
        self.file("state")
    }
}
