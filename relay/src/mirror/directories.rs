//! Every version of the directory that the board tells of, and which one is due.
//!
//! ```text
//! DATA/directories/<version>.note     signed by its officers, next after the one before it, the text that the board names
//! ```
//!
//! This relay's own directory and the one before it are known without the board.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use brolly_keys::note::MAX_NOTE;
use brolly_protocol::board::{Live, Logged, Roster, Signers as _};
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::Bytes;

use super::archive;
use super::trouble::Trouble;
use crate::assignment::Assignment;
use crate::segment::private_folder;

/// The versions that are known.
pub(crate) struct Directories {
    folder: PathBuf,
    state: RwLock<State>,
}

struct State {
    signatories: Roster,
    versions: BTreeMap<u32, SignedDirectory>,
    /// What this relay has checked of the board says of them.
    logged: BTreeMap<u32, Logged>,
}

impl Directories {
    /// Reads the files of a relay's data. One that is damaged is fetched again.
    pub(crate) fn open(data: &Path, assignment: &Assignment) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        private_folder(&folder)?;
        fs::File::open(data)?.sync_all()?;
        let mut versions = BTreeMap::new();
        let scheme = assignment.directory.scheme;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let Ok(Some(note)) = archive::read(&path, MAX_NOTE) else {
                continue;
            };
            if let Ok(signed) = SignedDirectory::verify(note.into(), scheme, 0, 0)
                && path == folder.join(name(signed.directory.version))
            {
                versions.insert(signed.directory.version, signed);
            }
        }
        let own = assignment.signed().map_err(io::Error::other)?;
        versions.insert(own.directory.version, own);
        let mut signatories = Roster::new(scheme);
        if let Some(before) = &assignment.before {
            signatories.take(&before.directory);
        }
        for signed in versions.values() {
            signatories.take(&signed.directory);
        }
        Ok(Self {
            folder,
            state: RwLock::new(State {
                signatories,
                versions,
                logged: BTreeMap::new(),
            }),
        })
    }

    /// Whose word counts on the board.
    pub(super) fn signatories(&self) -> Roster {
        self.state().signatories.clone()
    }

    /// A version, if it is known.
    pub(crate) fn version(&self, version: u32) -> Option<SignedDirectory> {
        self.state().versions.get(&version).cloned()
    }

    /// The highest version on the board after `own` that is known: it waits until it is in force.
    pub(super) fn waiting(&self, own: u32) -> Option<SignedDirectory> {
        let state = self.state();
        let mut later = state.logged.range(own.checked_add(1)?..).rev();
        later.find_map(|(version, _)| state.versions.get(version).cloned())
    }

    /// Checks the note of a version that the board names, directly after version `before` where there was one, and keeps
    /// it durably.
    pub(super) fn admit(
        &self,
        logged: &Logged,
        before: Option<u32>,
        note: Bytes,
    ) -> Result<(), Trouble> {
        let scheme = self.state().signatories.scheme();
        let signed = SignedDirectory::verify(note, scheme, 0, 0).map_err(Trouble::Directory)?;
        if !logged.is_of(&signed.directory) {
            return Err(Trouble::Refused);
        }
        if let Some(before) = before {
            let before = self.version(before).ok_or(Trouble::Unanswered)?;
            let follows = signed.directory.follows(&before.directory);
            follows.map_err(Trouble::Directory)?;
        }
        archive::replace(&self.folder, &name(logged.version), &signed.note)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.signatories.take(&signed.directory);
        state.versions.insert(logged.version, signed);
        Ok(())
    }

    /// Takes what a board that this relay vouches for says of versions.
    pub(super) fn follow(&self, board: &Live) {
        let newest = board.newest().map_or(0, |logged| logged.version);
        let logged = (0..=newest)
            .rev()
            .map_while(|version| board.logged(version))
            .map(|logged| (logged.version, *logged))
            .collect();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.logged = logged;
    }

    /// What the board says of a version.
    pub(crate) fn logged(&self, version: u32) -> Option<Logged> {
        self.state().logged.get(&version).copied()
    }

    /// When a version took or takes effect, in seconds since 1970, as far as the board tells.
    pub(crate) fn effective(&self, version: u32) -> Option<u64> {
        let state = self.state();
        let logged = state.logged.get(&version)?;
        let before = version.checked_sub(1)?;
        if !state.logged.contains_key(&before) {
            // The first one, at once.
            return Some(logged.time);
        }
        let before = &state.versions.get(&before)?.directory;
        Some(
            logged
                .time
                .saturating_add(before.parameters.effective_after),
        )
    }

    /// The version that is in force at `now` (seconds since 1970), by the board and this clock.
    pub(crate) fn due(&self, now: u64) -> Option<Logged> {
        let versions: Vec<Logged> = self.state().logged.values().copied().collect();
        let now = now.saturating_add(EARLY);
        versions.into_iter().rev().find(|logged| {
            self.effective(logged.version)
                .is_some_and(|effective| effective <= now)
        })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(version: u32) -> String {
    format!("{version}.note")
}

const FOLDER: &str = "directories";
/// Seconds by which clocks may differ.
const EARLY: u64 = 60;
