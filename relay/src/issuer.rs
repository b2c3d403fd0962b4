//! The issuer: it signs tokens blind for the projects it knows, and never learns whose they are (SPEC §9.10 to §9.12).
//!
//! ```text
//!  client ─sealed─▶ entry ─▶ POST /v1/tokens ─▶ open ─▶ secret of a project? ─▶ seen? ─▶ quota of today ─▶ sign ─┐
//!  desk of a project ─────▶ POST /v1/projects ─▶ projects.toml ◀─ brolly-relay project                           │
//!  entry ◀── 561 bytes, so much later and no sooner, whatever came of it ◀───────────────────────────────────────┘
//! ```
//!
//! The entry knows who asks, and must not learn for which project or with what success. So every answer is as long as
//! every other and leaves as late, and a request that cannot be opened gets noise.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use brolly_keys::blind::{BlindError, IssuerSecret, MODULUS};
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::file::{KeyFile, Label};
use brolly_keys::role::Relay;
use brolly_protocol::directory::IssuerEntry;
use brolly_protocol::geometry::{TOKEN_ANSWER, TOKENS};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::replay::{Seen, TagSet};
use brolly_protocol::token::IssuerPeriod;
use brolly_protocol::token::request::{self, Asked, Refusal};
use brolly_shell::log::{self, Level};
use brolly_shell::{clock, random};
use rand_core::{CryptoRng, Rng};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use crate::assignment::{Assignment, Secrets};
use crate::config::Config;
use crate::issuer::change::Desks;
use crate::issuer::projects::{ProjectsError, Register};
use crate::issuer::quota::Quota;
use crate::journal::{Event, Journal};
use crate::keys::Keys;

pub(crate) mod change;
pub mod command;
pub mod projects;
mod quota;

/// An issuer's signing keys by period, as a relay's key file holds them; most hold none.
#[derive(Default)]
pub struct IssuerKeys(Vec<(u32, IssuerSecret)>);

/// Signs tokens.
pub(crate) struct Issuer {
    scheme: SchemeId,
    id: NodeId,
    periods: Vec<IssuerPeriod>,
    secrets: Arc<Secrets>,
    desks: Desks,
    state: Mutex<State>,
    journal: Arc<Journal>,
    cores: Arc<Semaphore>,
    /// Requests under way for each entry: one that is flooded takes nothing from the others.
    doors: Mutex<BTreeMap<NodeId, Arc<Semaphore>>>,
}

struct State {
    register: Register,
    quota: Quota,
    /// Requests that were counted, by the epoch of the key that opened them.
    seen: TagSet,
    /// Told once, and not at every request.
    unreadable: bool,
    unwritable: bool,
}

/// Why a relay cannot issue tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The directory says so, and the keys are not there.
    #[error(
        "the directory names this relay as the issuer of tokens, but its key file has not the issuer's key of month {0}: install the key file that was made with it, and start the relay again"
    )]
    NoKey(u32),
    /// The primes in the key file.
    #[error("the issuer's key of month {month} in the key file cannot be used: {reason}")]
    Key {
        /// The number of its period.
        month: u32,
        /// What is wrong.
        reason: BlindError,
    },
    /// Whom it issues to.
    #[error("the issuer cannot start: {0}")]
    Projects(#[from] ProjectsError),
}

impl IssuerKeys {
    /// Takes them out of a key file.
    ///
    /// # Errors
    /// [`IssuerError::Key`].
    pub fn of(file: &KeyFile) -> Result<Self, IssuerError> {
        let months = file.epochs(Label::Issuer).into_iter();
        let keys = months.filter_map(|month| {
            let secret = IssuerSecret::from_primes(file.issuer(month)?);
            let failed = |reason| IssuerError::Key { month, reason };
            Some(secret.map(|secret| (month, secret)).map_err(failed))
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// How many keys of a directory's issuer are missing at `now`, in seconds since 1970: of periods that are not over.
    pub(crate) fn missing(&self, issuer: &IssuerEntry, now: u64) -> usize {
        let to_come = issuer.keys.iter().filter(|period| period.until > now);
        to_come
            .filter(|period| self.for_period(period).is_none())
            .count()
    }

    /// The key of a period, if it is the one that the directory has.
    fn for_period(&self, issuer: &IssuerPeriod) -> Option<&IssuerSecret> {
        let mut found = self.0.iter().filter(|(month, _)| *month == issuer.period);
        let (_, secret) = found.find(|(_, secret)| secret.public() == issuer.key)?;
        Some(secret)
    }
}

/// Checks that a relay is the issuer where both its configuration and its directory say so, and has the keys for it at
/// `now` (seconds since 1970). `false`: it is none, and need not be.
///
/// # Errors
/// [`IssuerError`].
pub fn check(config: &Config, assignment: &Assignment, now: u64) -> Result<bool, IssuerError> {
    let issuer = &assignment.directory.issuer;
    if issuer.relay != assignment.id {
        if config.issuer.is_some() {
            log::event(Level::Warning, "issuer-elsewhere", &[]);
        }
        return Ok(false);
    }
    let mut due = issuer.keys.iter().filter(|period| period.holds(now));
    let held = &assignment.secrets.issuer;
    if let Some(missing) = due.find(|period| held.for_period(period).is_none()) {
        return Err(IssuerError::NoKey(missing.period));
    }
    projects::load(&config.projects())?;
    Ok(true)
}

/// Resolves when the disk failed under an issuer's projects.
pub(crate) async fn broke(issuer: Option<&Arc<Issuer>>) -> io::Error {
    match issuer {
        Some(issuer) => issuer.desks.broke().await,
        None => pending().await,
    }
}

impl Issuer {
    /// The issuer, if this relay is it: see [`check`]. One that became it while it ran and cannot be passes packets on all
    /// the same: what it holds was acknowledged.
    pub(crate) fn open(
        config: &Config,
        assignment: &Assignment,
        journal: &Arc<Journal>,
        now: u64,
    ) -> Result<Option<Self>, IssuerError> {
        match check(config, assignment, now) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(_) if assignment.running => {
                journal.add(Event::NotIssuing, 1);
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let (directory, secrets) = (&assignment.directory, &assignment.secrets);
        let periods = directory.issuer.keys.clone();
        let missing = secrets.issuer.missing(&directory.issuer, now);
        journal.add(Event::IssuerKeyMissing, missing);
        let path = config.projects();
        let state = State {
            register: Register::open(path.clone(), directory.scheme)?,
            quota: Quota::open(today(&path), now),
            seen: TagSet::new(random::system().next_u64(), config.replay_capacity),
            unreadable: false,
            unwritable: false,
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Ok(Some(Self {
            scheme: directory.scheme,
            id: assignment.id,
            periods,
            secrets: Arc::clone(secrets),
            desks: Desks::new(path, directory.desks.clone()),
            state: Mutex::new(state),
            journal: Arc::clone(journal),
            // The others peel packets.
            cores: Arc::new(Semaphore::new((cores / 2).max(1))),
            doors: Mutex::default(),
        }))
    }

    /// Who may change which project's secret.
    pub(crate) fn desks(&self) -> &Desks {
        &self.desks
    }

    /// The 561 bytes that answer a request which the relay `entry` passed on. `None`: it passes on too many at a time.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        keys: &Arc<Keys>,
        entry: NodeId,
        request: impl AsRef<[u8]> + Send + 'static,
    ) -> Option<Vec<u8>> {
        let _turn = self.door(entry).try_acquire_owned().ok()?;
        let core = Arc::clone(&self.cores).acquire_owned().await.ok()?;
        let began = Instant::now();
        let (this, keys) = (Arc::clone(self), Arc::clone(keys));
        let work = tokio::task::spawn_blocking(move || {
            let _core = core;
            let rng = &mut random::system();
            let ring = keys.ring();
            this.reply(&ring, request.as_ref(), clock::now(), rng)
        });
        let answer = work.await.ok()?;
        sleep_until(began + LEAST).await;
        Some(answer)
    }

    /// What a request is answered at `now` (seconds since 1970), with the packet keys in `ring`.
    fn reply(
        &self,
        ring: &KeyRing<Relay>,
        request: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Vec<u8> {
        let Ok(asked) = request::open(self.scheme, self.id, ring, request) else {
            return noise(rng);
        };
        let outcome = match self.count(&asked, oldest(ring), now) {
            Counted::Once(secret) => self.sign(&asked, secret, rng),
            Counted::Before => return noise(rng),
            Counted::Refused(refusal) => Err(refusal),
        };
        asked.answer(outcome, rng).unwrap_or_else(|_| noise(rng))
    }

    /// Counts a request against the quota of its project, if everything about it is good.
    fn count(&self, asked: &Asked, oldest: Epoch, now: u64) -> Counted<'_> {
        let mut state = self.state();
        state.look(&self.journal);
        let state = &mut *state;
        let Some(project) = state.register.find(asked.project, &asked.secret) else {
            return Counted::Refused(Refusal::Project);
        };
        let mut periods = self.periods.iter().filter(|issuer| issuer.holds(now));
        let period = periods.find(|issuer| issuer.period == asked.period);
        let Some(secret) = period.and_then(|period| self.secrets.issuer.for_period(period)) else {
            return Counted::Refused(Refusal::Period);
        };
        state.seen.erase_before(oldest);
        match state.seen.insert(asked.epoch, asked.tag) {
            Seen::Fresh => {}
            Seen::Before => return Counted::Before,
            Seen::Full | _ => return Counted::Refused(Refusal::Busy),
        }
        if !state.quota.take(asked.project, project.quota, now) {
            // Only what was counted is remembered, so that nobody fills the memory beyond a quota.
            state.seen.forget(asked.epoch, &asked.tag);
            return Counted::Refused(Refusal::Quota);
        }
        state.keep(&self.journal);
        Counted::Once(secret)
    }

    fn sign(
        &self,
        asked: &Asked,
        secret: &IssuerSecret,
        rng: &mut impl CryptoRng,
    ) -> Result<[[u8; MODULUS]; TOKENS], Refusal> {
        let mut signatures = [[0; MODULUS]; TOKENS];
        for (signature, blinded) in signatures.iter_mut().zip(&asked.blinded) {
            *signature = secret.blind_sign(blinded, rng).map_err(|error| {
                if error == BlindError::Fault {
                    self.journal.add(Event::SigningFailed, 1);
                }
                Refusal::Busy
            })?;
        }
        self.journal.add(Event::Issued, TOKENS);
        Ok(signatures)
    }

    fn door(&self, entry: NodeId) -> Arc<Semaphore> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let door = doors.entry(entry);
        Arc::clone(door.or_insert_with(|| Arc::new(Semaphore::new(DOOR))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Counted<'a> {
    Once(&'a IssuerSecret),
    Before,
    Refused(Refusal),
}

impl State {
    fn look(&mut self, journal: &Journal) {
        let unreadable = self.register.refresh().is_err();
        if unreadable && !self.unreadable {
            journal.add(Event::ProjectsUnreadable, 1);
        }
        self.unreadable = unreadable;
    }

    fn keep(&mut self, journal: &Journal) {
        let unwritable = self.quota.keep().is_err();
        if unwritable && !self.unwritable {
            journal.add(Event::DiskFull, 1);
        }
        self.unwritable = unwritable;
    }
}

/// What a request gets that cannot be answered: nobody but its sender can tell it from an answer.
fn noise(rng: &mut impl CryptoRng) -> Vec<u8> {
    let mut noise = vec![0; TOKEN_ANSWER];
    rng.fill_bytes(&mut noise);
    noise
}

fn oldest(ring: &KeyRing<Relay>) -> Epoch {
    let epochs = ring.iter().map(|held| held.epoch);
    epochs.min().unwrap_or(Epoch::new(0))
}

fn today(projects: &Path) -> PathBuf {
    projects.with_file_name("today")
}

/// Requests of one entry at the same time.
const DOOR: usize = 64;
/// How long after the work on it began an answer leaves, at least: many times what the longest work takes.
const LEAST: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests;
