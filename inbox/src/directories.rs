//! The versions of the directory: handed in, logged on the board, in force some time after (SPEC §10.16, §10.18).
//!
//! ```text
//!  POST /v1/directory ─▶ verify, follows ─▶ objects: directory/<version>.<digest> ─▶ board: Logged
//!                                                                                      │
//!  version in force   = the newest whose time has come, or of which a freshness note is there already
//!  its time           = the time it was logged + effective-after of the version before it; of the very first, at once
//!  version before     = its relays still deliver, for one packet epoch
//!  version waiting    = its relays may cosign already
//! ```
//!
//! The board in the ledger says which versions there are, whoever logged them: every process of an inbox looks there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brolly_keys::note::Note;
use brolly_protocol::board::Logged;
use brolly_protocol::directory::{Directory, DirectoryError, Freshness};
use brolly_protocol::log::{LogName, Witnessed, witness_key};
use brolly_protocol::node::SchemeId;
use brolly_shell::clock;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::log::{Field, Level, event};
use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::board::Poster;
use crate::step::{Step, Steps};
use crate::store::StoreError;
use crate::store::ledger::{Ledger, LedgerError};
use crate::store::objects::{ObjectError, Objects, directory_path};

/// Every version that was ever logged.
pub struct Directories<L> {
    pub(crate) ledger: Arc<L>,
    objects: Objects,
    poster: Arc<Poster<L>>,
    scheme: SchemeId,
    /// One is checked at a time.
    turn: tokio::sync::Mutex<()>,
    /// Those that were read last.
    read: Mutex<BTreeMap<u32, Arc<SignedDirectory>>>,
    /// What was in force here once is not given up for an earlier one because a clock went back.
    floor: AtomicU32,
    handed_in: Notify,
    pub(crate) steps: Steps,
}

/// The versions that count at a time.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Versions {
    /// The one in force.
    pub current: Arc<SignedDirectory>,
    /// The one before it, and until when its relays deliver.
    pub before: Option<(Arc<SignedDirectory>, u64)>,
    /// The next one, and when it takes effect.
    pub waiting: Option<(Arc<SignedDirectory>, u64)>,
}

/// What became of a directory that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each")]
pub enum HandedIn {
    /// It is logged now.
    New,
    /// It was logged before.
    Known,
}

/// Why a directory is not logged. Whoever hands it in is told, so each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandInError {
    /// The directory itself, or it cannot follow the one in force.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Another text under a version that is taken.
    #[error(
        "another text is logged as version {0} of the directory already: draw up version {next} instead", next = .0.saturating_add(1)
    )]
    Taken(u32),
    /// One at a time.
    #[error(
        "version {0} of the directory is logged and has not taken effect yet: hand in the next one when it has"
    )]
    Waiting(u32),
    /// It would never be of use.
    #[error(
        "the directory will have expired before it takes effect: give it a later expiry, and sign it again"
    )]
    Late,
    /// Nobody could check the logs any more.
    #[error(
        "the directory gives the logs another key, under which nobody could check what is published: keep the log key"
    )]
    LogKey,
    /// An entry of the board with a wrong time would keep every relay from cosigning it.
    #[error(
        "the inbox's clock and the witnesses' are {0} seconds apart: have its operator set it, and hand the directory in again"
    )]
    Clock(u64),
    /// Drawn up in the future: no version could follow it before then.
    #[error(
        "the directory says that it was drawn up later than today: check the clock, and sign it again"
    )]
    Early,
    /// The versions so far cannot be read.
    #[error(transparent)]
    Directories(#[from] DirectoriesError),
}

/// Why the versions of the directory are not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoriesError {
    /// The storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something is logged of which the text is lost.
    #[error(
        "{0} is missing or is not what was logged: restore it, for example from a relay's data folder"
    )]
    Lost(String),
    /// The board has none yet.
    #[error("no version of the directory is logged yet: try again in a minute")]
    None,
}

impl From<LedgerError> for DirectoriesError {
    fn from(error: LedgerError) -> Self {
        Self::Store(error.into())
    }
}

impl From<ObjectError> for DirectoriesError {
    fn from(error: ObjectError) -> Self {
        Self::Store(error.into())
    }
}

impl From<LedgerError> for HandInError {
    fn from(error: LedgerError) -> Self {
        Self::Directories(error.into())
    }
}

impl DirectoriesError {
    /// Whether a later try may succeed; otherwise the process must stop.
    pub const fn passes(&self) -> bool {
        match self {
            Self::Store(error) => error.passes(),
            Self::Lost(_) => false,
            Self::None => true,
        }
    }
}

type Result<T> = std::result::Result<T, DirectoriesError>;

impl<L: Ledger> Directories<L> {
    /// Those of `scheme`, on the board of `ledger` and in `objects`.
    pub fn new(ledger: Arc<L>, objects: Objects, poster: Arc<Poster<L>>, scheme: SchemeId) -> Self {
        Self {
            ledger,
            objects,
            poster,
            scheme,
            turn: tokio::sync::Mutex::default(),
            read: Mutex::default(),
            floor: AtomicU32::new(0),
            handed_in: Notify::new(),
            steps: Steps::default(),
        }
    }

    /// Logs the directory that an inbox starts with, if its board has none.
    ///
    /// # Errors
    /// [`DirectoriesError`].
    pub async fn begin(&self, first: &SignedDirectory, now: u64) -> Result<()> {
        if self.poster.newest().await?.is_empty() {
            self.log(first, now).await?;
        }
        Ok(())
    }

    /// Takes the next version, `note` as it came, at `now` in seconds since 1970. Note and entry are durable when this
    /// returns.
    ///
    /// # Errors
    /// [`HandInError`].
    pub async fn hand_in(
        &self,
        note: Bytes,
        now: u64,
    ) -> std::result::Result<HandedIn, HandInError> {
        let _turn = self.turn.lock().await;
        // Whether its time is over is asked below: one that is known is known for ever.
        let next = SignedDirectory::verify(note, self.scheme, 0, 0)?;
        let version = next.directory.version;
        loop {
            if let Some(logged) = self.poster.logged(version).await? {
                return match logged.is_of(&next.directory) {
                    true => Ok(HandedIn::Known),
                    false => Err(HandInError::Taken(version)),
                };
            }
            let time = self.may_follow(&next.directory, now).await?;
            self.steps.reached(Step::VersionChecked);
            // Another process may have been faster.
            if self.log(&next, time).await? {
                let fields = [(Field::Version, u64::from(version))];
                event(Level::Info, "directory logged", &fields);
                self.handed_in.notify_one();
                return Ok(HandedIn::New);
            }
        }
    }

    /// When `next` would be logged, if it may be at `now`.
    async fn may_follow(
        &self,
        next: &Directory,
        now: u64,
    ) -> std::result::Result<u64, HandInError> {
        let versions = self.at(now).await?;
        if let Some((waiting, _)) = versions.waiting {
            return Err(HandInError::Waiting(waiting.directory.version));
        }
        let current = &versions.current.directory;
        next.follows(current)?;
        if next.inbox.log_key != current.inbox.log_key {
            return Err(HandInError::LogKey);
        }
        if next.issued > now.saturating_add(DAY) {
            return Err(HandInError::Early);
        }
        let logged = self.poster.logged(current.version).await?;
        let (word, board) = self.heard(current).await?;
        let late = 2 * (current.parameters.publish_ms / 1_000) + SKEW;
        let ahead = word.filter(|word| now > word.saturating_add(late));
        let seen = word.max(board);
        let behind = seen.filter(|seen| *seen > now.saturating_add(BEHIND));
        if let Some(theirs) = ahead.or(behind) {
            return Err(HandInError::Clock(theirs.abs_diff(now)));
        }
        // Never before the one before it, nor before the witnesses saw the board without it.
        let time = now
            .max(logged.map_or(0, |logged| logged.time))
            .max(seen.unwrap_or(0));
        if next.expires <= now {
            return Err(DirectoryError::Expired.into());
        }
        if next.expires <= time.saturating_add(current.parameters.effective_after) {
            return Err(HandInError::Late);
        }
        Ok(time)
    }

    /// When the witnesses said last which directory is in force, and when they saw the board last.
    async fn heard(&self, directory: &Directory) -> Result<(Option<u64>, Option<u64>)> {
        let parse = |note: &[u8]| Note::parse(note).map_err(|_| LedgerError::Malformed);
        let said = self.ledger.said().await?.complete;
        let said = said.map(|note| parse(&note)).transpose()?;
        let relays = directory.relays.iter();
        let keys: Vec<_> = relays
            .filter_map(|relay| witness_key(&directory.scheme, relay))
            .collect();
        let mut times: Vec<u64> = said
            .iter()
            .filter_map(|note| note.cosigned_by(&keys).ok())
            .flatten()
            .map(|(_, time)| time)
            .collect();
        times.sort_unstable();
        let word = times.get(times.len() / 2).copied();
        let board = self.ledger.witnessed(LogName::Board).await?;
        let board = board.map(|head| parse(&head.note)).transpose()?;
        let board = board.and_then(|note| Witnessed::verify(&note, LogName::Board, directory).ok());
        Ok((word, board.map(|board| board.time)))
    }

    /// Makes the note durable, then the entry.
    async fn log(&self, signed: &SignedDirectory, time: u64) -> Result<bool> {
        let logged = Logged::new(&signed.directory, time);
        let note = signed.note.clone();
        let put = self
            .objects
            .put_directory(logged.version, &logged.digest, note);
        put.await?;
        self.steps.reached(Step::VersionPut);
        Ok(self.poster.log(logged).await?)
    }

    /// The versions that count at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// [`DirectoriesError`].
    pub async fn at(&self, now: u64) -> Result<Versions> {
        let newest = self.poster.newest().await?;
        let mut timed: Vec<(Arc<SignedDirectory>, u64)> = Vec::new();
        for logged in newest {
            // Nothing was handed in before the first of these was in force.
            let wait = timed
                .last()
                .map_or(0, |(before, _)| before.directory.parameters.effective_after);
            let time = logged.time.saturating_add(wait);
            timed.push((self.read(logged).await?, time));
        }
        let floor = self.floor.load(Ordering::Acquire).max(self.said().await?);
        let holds = |(signed, time): &&(Arc<SignedDirectory>, u64)| {
            *time <= now || signed.directory.version <= floor
        };
        let current = timed.iter().rposition(|one| holds(&one)).unwrap_or(0);
        let before = current.checked_sub(1).and_then(|before| timed.get(before));
        let waiting = timed.get(current.saturating_add(1)).cloned();
        let (current, since) = timed.get(current).cloned().ok_or(DirectoriesError::None)?;
        Ok(Versions {
            before: before.map(|(before, _)| {
                let epoch = before.directory.parameters.packet_epoch;
                (Arc::clone(before), since.saturating_add(epoch))
            }),
            current,
            waiting,
        })
    }

    /// The version of which was said last that it is in force; 0 before that.
    async fn said(&self) -> Result<u32> {
        let said = self.ledger.said().await?.newest;
        let version = said.map(|note| version_of(&note).ok_or(LedgerError::Malformed));
        Ok(version.transpose()?.unwrap_or(0))
    }

    /// The scheme.
    pub fn scheme(&self) -> SchemeId {
        self.scheme
    }

    /// The signed directory of a version that was logged.
    ///
    /// # Errors
    /// [`DirectoriesError`].
    pub async fn version(&self, version: u32) -> Result<Option<Arc<SignedDirectory>>> {
        match self.poster.logged(version).await? {
            Some(logged) => self.read(logged).await.map(Some),
            None => Ok(None),
        }
    }

    /// Does not go back below this version from now on.
    pub fn keep(&self, version: u32) {
        self.floor.fetch_max(version, Ordering::AcqRel);
    }

    /// Waits until a later version than `current` is in force.
    ///
    /// # Errors
    /// [`DirectoriesError`]: the process must stop.
    pub async fn later_than(&self, current: u32) -> Result<Versions> {
        loop {
            let now = clock::now();
            let wait = match self.at(now).await {
                Ok(versions) if versions.current.directory.version > current => {
                    return Ok(versions);
                }
                Ok(versions) => versions.waiting.map(|(_, time)| time.saturating_sub(now)),
                Err(error) if error.passes() => None,
                Err(error) => return Err(error),
            };
            let wait = Duration::from_secs(wait.unwrap_or(LOOK).min(LOOK));
            tokio::select! {
                () = self.handed_in.notified() => {}
                () = sleep(wait) => {}
            }
        }
    }

    async fn read(&self, logged: Logged) -> Result<Arc<SignedDirectory>> {
        let version = logged.version;
        let held = {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.get(&version).map(Arc::clone)
        };
        if let Some(held) = held {
            return Ok(held);
        }
        let signed = load(&self.objects, logged, self.scheme).await?;
        let path = || directory_path(version, &logged.digest).to_string();
        let signed = Arc::new(signed.ok_or_else(|| DirectoriesError::Lost(path()))?);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(version, Arc::clone(&signed));
        while read.len() > HELD {
            read.pop_first();
        }
        Ok(signed)
    }

    #[cfg(test)]
    pub(crate) fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }
}

/// The directory that was logged, if what is stored is that: signed by enough officers, whether or not its time is over.
pub(crate) async fn load(
    objects: &Objects,
    logged: Logged,
    scheme: SchemeId,
) -> std::result::Result<Option<SignedDirectory>, ObjectError> {
    let note = objects.directory(logged.version, &logged.digest).await?;
    let signed = note.and_then(|note| SignedDirectory::verify(note, scheme, 0, 0).ok());
    Ok(signed.filter(|signed| logged.is_of(&signed.directory)))
}

/// The version that a freshness note of the inbox's own is about.
pub(crate) fn version_of(note: &[u8]) -> Option<u32> {
    let note = Note::parse(note).ok()?;
    Freshness::from_text(note.text()).map(|said| said.version)
}

/// Seconds between two looks at the board, where nobody tells.
const LOOK: u64 = 5;
const DAY: u64 = 86_400;
/// Seconds by which the witnesses' word may be old beside two publications, or relays' clocks ahead.
const SKEW: u64 = 3_600;
/// Seconds by which this clock may be behind the witnesses'.
const BEHIND: u64 = 600;
/// Versions that are held in memory.
const HELD: usize = 4;

#[cfg(test)]
mod tests;
