//! Which version of the directory is in force: what this relay says of it, serves of it, and takes up (SPEC §4.10).
//!
//! ```text
//! freshness note of the inbox ─▶ the version that is due by the board? today? ─▶ cosigned, posted
//! answer of /v1/directory     ─▶ Current::verify ─▶ the same version: served    a later one: the relay's next life
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brolly_keys::note::{MAX_NOTE, Note};
use brolly_protocol::board::Logged;
use brolly_protocol::directory::{Current, CurrentError, DirectoryError, Freshness};
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::{Bytes, StatusCode};
use tokio::task::spawn_blocking;

use super::archive::{self, Held, NOTE};
use super::follow::Source;
use super::trouble::Trouble;
use super::{Mirror, RETRY, SHORTEST};
use crate::assignment::Assignment;
use crate::journal::{Event, Journal};

/// A relay's work on the question which version is in force.
pub(crate) struct Fresh<S> {
    assignment: Arc<Assignment>,
    journal: Arc<Journal>,
    mirror: Arc<Mirror>,
    source: Arc<S>,
    data: PathBuf,
    held: Option<Held>,
    /// What was cosigned last, and when.
    cosigned: Option<(Freshness, u64)>,
    /// The highest version of which it was told what this relay lacks for it.
    told: u32,
}

/// A later version that is in force.
#[derive(Debug)]
pub(crate) struct TakeUp {
    pub(crate) next: SignedDirectory,
    /// When it took effect, in seconds since 1970.
    pub(crate) since: u64,
}

impl<S: Source> Fresh<S> {
    pub(crate) fn new(
        assignment: Arc<Assignment>,
        journal: Arc<Journal>,
        mirror: Arc<Mirror>,
        source: Arc<S>,
        data: PathBuf,
        held: Option<Held>,
    ) -> Self {
        Self {
            assignment,
            journal,
            mirror,
            source,
            data,
            held,
            cosigned: None,
            told: 0,
        }
    }

    /// Asks the inbox until another version is in force, or the disk fails.
    pub(crate) async fn run(mut self) -> Result<TakeUp, io::Error> {
        let pause = self.assignment.directory.parameters.publish_ms.min(RETRY);
        let pause = Duration::from_millis(pause.max(SHORTEST));
        loop {
            match self.round(clock::now()).await {
                Ok(Some(take_up)) => return Ok(take_up),
                Ok(None) => {}
                Err(Trouble::Sync(reason)) => return Err(reason),
                Err(_) => self.journal.add(Event::DiskFull, 1),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes one look at `now`, in seconds since 1970.
    pub(crate) async fn round(&mut self, now: u64) -> Result<Option<TakeUp>, Trouble> {
        self.warn(now);
        self.cosign(now).await;
        let limit = current_limit();
        let Some(wire) = self.source.get(wire::DIRECTORY, limit).await else {
            return Ok(None);
        };
        match self.read(&wire, now) {
            Ok(current) => self.serve(wire, current, now).await,
            Err(error) => {
                if !self.is_early(&error, now) {
                    self.journal.add(Event::of_current(&error), 1);
                }
                Ok(None)
            }
        }
    }

    /// Tells of a version to come that makes this relay the issuer of tokens, once, how many keys it lacks for that.
    fn warn(&mut self, now: u64) {
        let Assignment { id, secrets, .. } = &*self.assignment;
        let directories = self.mirror.directories();
        let waiting = directories.waiting(self.told.max(self.assignment.version()));
        let Some(next) = waiting.map(|signed| signed.directory) else {
            return;
        };
        self.told = next.version;
        if next.issuer.relay == *id {
            let missing = secrets.issuer.missing(&next.issuer, now);
            self.journal.add(Event::IssuerKeyMissing, missing);
        }
    }

    /// Cosigns the inbox's freshness note if it is true, and not sooner again than the logs are published.
    async fn cosign(&mut self, now: u64) {
        let due = self.mirror.directories().due(now);
        // Earlier than its own, it waits itself; and it says nothing again of what it has seen replaced.
        let Some(due) = due.filter(|due| due.version >= self.assignment.version()) else {
            return;
        };
        let Some(bytes) = self.source.get(wire::FRESHNESS, NOTE).await else {
            return;
        };
        let (mut note, said) = match self.says(&bytes, &due, now) {
            Ok(said) => said,
            Err(why) => {
                self.journal.add(why, 1);
                return;
            }
        };
        let interval = self.assignment.directory.parameters.publish_ms / 1_000;
        if let Some((before, time)) = &self.cosigned
            && *before == said
            && now < time.saturating_add(interval)
            && self.assignment.cosigned(&note).is_some()
        {
            return;
        }
        // The inbox puts this line beside those that it has.
        note.retain_signers(|_| false);
        self.assignment.cosign(&mut note, now);
        let posted = self.source.post(wire::FRESHNESS, note.to_string().into());
        if posted.await == Some(StatusCode::ACCEPTED) {
            self.cosigned = Some((said, now));
        }
    }

    /// Reads a freshness note that says of today what the board says.
    fn says(&self, bytes: &[u8], due: &Logged, now: u64) -> Result<(Note, Freshness), Event> {
        let note = Note::parse(bytes).map_err(|_| Event::DirectoryRefused)?;
        let directory = self.mirror.directories().version(due.version);
        let directory = directory.ok_or(Event::DirectoryRefused)?.directory;
        let said = Freshness::verify(&note, &directory);
        let said = said.map_err(|error| Event::of_current(&error))?;
        let today = u32::try_from(now / DAY).unwrap_or(u32::MAX);
        if said.version < due.version {
            return Err(Event::DirectoryRolledBack);
        }
        if said.version > due.version {
            // It waits until its time has come.
            return Err(Event::DirectoryEarly);
        }
        if said.digest != due.digest {
            return Err(Event::DirectoryForked);
        }
        if said.day.abs_diff(today) > 1 {
            return Err(Event::DirectoryStale);
        }
        Ok((note, said))
    }

    /// Checks an answer of `/v1/directory`, also against what the board says.
    fn read(&self, wire: &[u8], now: u64) -> Result<Current, CurrentError> {
        let own = &*self.assignment.directory;
        let current = Current::verify(wire, own.scheme, now, Some(own))?;
        let version = current.directory.version;
        let logged = self.mirror.directories().logged(version);
        if logged.is_some_and(|logged| !logged.is_of(&current.directory)) {
            return Err(DirectoryError::Forked { version }.into());
        }
        Ok(current)
    }

    /// Serves what is in force; a later version than this relay's is to be taken up.
    async fn serve(
        &mut self,
        wire: Bytes,
        current: Current,
        now: u64,
    ) -> Result<Option<TakeUp>, Trouble> {
        if current.now(now).abs_diff(now) > OFF {
            self.journal.add(Event::ClockOff, 1);
        }
        let later = current.directory.version > self.assignment.version();
        let leaving = self.assignment.leaving.as_ref();
        if later && leaving.is_none_or(|l| l.next.directory.version < current.directory.version) {
            let (_, note) = Current::split(&wire).ok_or(Trouble::Refused)?;
            let scheme = current.directory.scheme;
            let note = wire.slice_ref(note);
            let next = SignedDirectory::verify(note, scheme, now, 0).map_err(Trouble::Directory)?;
            let effective = self.mirror.directories().effective(next.directory.version);
            let since = effective.unwrap_or(now).min(now);
            return Ok(Some(TakeUp { next, since }));
        }
        if self.mirror.directory().as_ref() != Some(&wire) {
            self.mirror.serve_directory(wire.clone());
            let (folder, held) = (self.data.join(FOLDER), self.held.clone());
            let writing = spawn_blocking(move || {
                let _held = held;
                archive::replace(&folder, FILE, &wire)
            });
            writing.await??;
        }
        Ok(None)
    }

    /// Whether this relay waits for the time at which its own directory takes effect.
    fn is_early(&self, error: &CurrentError, now: u64) -> bool {
        let rolled_back = matches!(
            error,
            CurrentError::Directory(DirectoryError::RolledBack { .. })
        );
        let own = self.assignment.version();
        let effective = self.mirror.directories().effective(own);
        rolled_back && effective.is_none_or(|effective| effective > now)
    }
}

/// What was served last of the directory in force, if it is still good.
pub(super) fn last(data: &Path, assignment: &Assignment) -> Option<Bytes> {
    let path = data.join(FOLDER).join(FILE);
    let wire = archive::read(&path, current_limit()).ok()??;
    let own = &*assignment.directory;
    let current = Current::verify(&wire, own.scheme, clock::now(), Some(own)).ok()?;
    (current.directory.version == own.version).then(|| wire.into())
}

/// The longest answer of `/v1/directory`, in bytes.
pub(crate) fn current_limit() -> usize {
    4 + NOTE + MAX_NOTE
}

const FOLDER: &str = "mirror";
const FILE: &str = "directory";
const DAY: u64 = 86_400;
/// Seconds by which this relay's clock may differ from that of the witnesses.
const OFF: u64 = 600;
