//! What is public: both logs as far as a majority of witnesses cosigned them, and the directory in force.
//!
//! ```text
//!  inbox ─▶ follow ─▶ tree ─▶ archive: DATA/mirror/<log>     every log has a follower of its own
//!    │        │ │ contradiction             │
//!    │        │ evidence: DATA/evidence  Mirror ─▶ checkpoint, window, alerts, keys from memory; tiles from the files
//!    │        ▼                             ▲
//!    └──▶ directories ◀── due? ── fresh ────┘    cosigns which version is in force, and finds the next one
//! ```

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use brolly_keys::note::Note;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::KEY_RECORD;
use brolly_protocol::log::{LogName, Resource, TILE, Witnessed};
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::assignment::Assignment;

mod archive;
mod directories;
mod evidence;
mod floor;
mod follow;
mod fresh;
mod tree;
mod trouble;
mod trunk;
mod window;

pub(crate) use archive::Held;
use archive::{Archive, CHECKPOINT, Cosigned, NOTE};
pub(crate) use directories::Directories;
pub use evidence::Obstacle;
pub(crate) use follow::{Follower, Source};
#[cfg(test)]
pub(crate) use follow::{Round, Step};
pub(crate) use fresh::{Fresh, TakeUp, current_limit};
pub(crate) use trouble::Trouble;

/// What is handed on of both logs.
pub(crate) struct Mirror {
    public: RwLock<Public>,
    archives: [Archive; 2],
    directories: Arc<Directories>,
    /// Answers with tiles that somebody has not read to their end yet.
    tiles: Arc<Semaphore>,
}

/// What is answered from memory.
#[derive(Clone, Default)]
struct Public {
    reports: Option<Ready>,
    board: Option<Ready>,
    window: Option<Bytes>,
    /// The directory in force and the word of the witnesses that it is.
    directory: Option<Bytes>,
}

/// A witnessed checkpoint, and what is made of it.
#[derive(Clone)]
struct Ready {
    size: u64,
    /// When the witnesses cosigned it, in seconds since 1970.
    time: u64,
    checkpoint: Bytes,
    /// This log's part of the window; part of the whole window once there is one.
    part: Bytes,
    /// The board's alone.
    alerts: Option<Bytes>,
    /// The same.
    keys: Option<Bytes>,
}

/// What there is at a path of a log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This, and whether it never changes.
    Bytes(Bytes, bool),
    /// A log of this size has no such thing.
    Nothing,
    /// Not now.
    Unavailable,
}

/// The bytes of a tile, counted until the last of them is sent.
struct Counted {
    bytes: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl Mirror {
    /// Takes up what was served last, from the files.
    pub(crate) fn open(data: &Path, assignment: &Assignment) -> io::Result<Self> {
        let open = |log| Archive::open(data, log);
        let mirror = Self {
            public: RwLock::default(),
            archives: [open(LogName::Reports)?, open(LogName::Board)?],
            directories: Arc::new(Directories::open(data, assignment)?),
            tiles: Arc::new(Semaphore::new(TILES)),
        };
        for archive in &mirror.archives {
            if let Some(ready) = last(archive, assignment) {
                mirror.serve(archive.log(), ready);
            }
        }
        if let Some(bundle) = fresh::last(data, assignment) {
            mirror.serve_directory(bundle);
        }
        Ok(mirror)
    }

    /// The files of a log.
    pub(crate) fn archive(&self, log: LogName) -> &Archive {
        let [reports, board] = &self.archives;
        match log {
            LogName::Reports => reports,
            LogName::Board => board,
        }
    }

    /// The newest checkpoint that a majority cosigned.
    pub(crate) fn checkpoint(&self, log: LogName) -> Option<Bytes> {
        Some(self.public().of(log)?.checkpoint.clone())
    }

    /// The end of both logs.
    pub(crate) fn window(&self) -> Option<Bytes> {
        self.public().window
    }

    /// The index of alerts, with the checkpoint that it belongs to.
    pub(crate) fn alerts(&self) -> Option<Bytes> {
        self.public().board?.alerts
    }

    /// The index of keys, with the checkpoint that it belongs to.
    pub(crate) fn keys(&self) -> Option<Bytes> {
        self.public().board?.keys
    }

    /// Whether this entry is in the index of keys that is served.
    pub(crate) fn has_key(&self, entry: &[u8]) -> bool {
        let Some(keys) = self.keys() else {
            return false;
        };
        let records = keys.rchunks_exact(KEY_RECORD);
        records.into_iter().any(|record| record == entry)
    }

    /// The directory in force and the word of the witnesses that it is.
    pub(crate) fn directory(&self) -> Option<Bytes> {
        self.public().directory
    }

    /// Every version that is known.
    pub(crate) fn directories(&self) -> &Arc<Directories> {
        &self.directories
    }

    /// What a path of a log names, as far as the log is served.
    pub(crate) async fn tile(&self, log: LogName, resource: Resource) -> Found {
        // Twice, for what a newer checkpoint made superfluous meanwhile is then there in a wider form.
        for _ in 0..2 {
            let Some(size) = self.size(log) else {
                return Found::Unavailable;
            };
            if !resource.exists(size) {
                return Found::Nothing;
            }
            let Ok(permit) = Arc::clone(&self.tiles).try_acquire_owned() else {
                return Found::Unavailable;
            };
            let archive = self.archive(log).clone();
            if let Ok(Some(bytes)) = spawn_blocking(move || archive.read(resource)).await {
                let full = match resource {
                    Resource::Tile(tile) => tile.width == TILE,
                    Resource::Bundle(bundle) => bundle.width == TILE,
                };
                let bytes = Counted {
                    bytes,
                    _permit: permit,
                };
                return Found::Bytes(Bytes::from_owner(bytes), full);
            }
        }
        Found::Unavailable
    }

    /// Entries of a log that are served.
    fn size(&self, log: LogName) -> Option<u64> {
        Some(self.public().of(log)?.size)
    }

    /// When the witnesses cosigned what is served of a log, in seconds since 1970.
    fn time(&self, log: LogName) -> Option<u64> {
        Some(self.public().of(log)?.time)
    }

    /// Serves this as the directory in force from now on.
    fn serve_directory(&self, bundle: Bytes) {
        let mut public = self.public.write().unwrap_or_else(PoisonError::into_inner);
        public.directory = Some(bundle);
    }

    /// Serves this from now on.
    fn serve(&self, log: LogName, ready: Ready) {
        let mut public = self.public.write().unwrap_or_else(PoisonError::into_inner);
        match log {
            LogName::Reports => public.reports = Some(ready),
            LogName::Board => public.board = Some(ready),
        }
        public.join();
    }

    fn public(&self) -> Public {
        self.public
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Public {
    fn of(&self, log: LogName) -> Option<&Ready> {
        match log {
            LogName::Reports => self.reports.as_ref(),
            LogName::Board => self.board.as_ref(),
        }
    }

    /// Makes one window of both parts, and makes them parts of it: nothing is held twice.
    fn join(&mut self) {
        let (Some(reports), Some(board)) = (&mut self.reports, &mut self.board) else {
            return;
        };
        let window = Bytes::from([&reports.part[..], &board.part[..]].concat());
        let middle = reports.part.len();
        reports.part = window.slice(..middle);
        board.part = window.slice(middle..);
        self.window = Some(window);
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Everything that keeps the relay of an assignment from cosigning; changes nothing.
///
/// # Errors
/// A folder below `data` cannot be read.
pub fn obstacles(data: &Path, assignment: &Assignment) -> io::Result<Vec<Obstacle>> {
    let mut found = Vec::new();
    for log in LogName::ALL {
        let evidence = evidence::list(data, log)?.into_iter();
        found.extend(evidence.map(|path| Obstacle::Evidence { log, path }));
        let folder = archive::folder(data, log);
        if !floor::knows(Cosigned::read(&folder), log, assignment) {
            let path = folder.join(archive::COSIGNED);
            found.push(Obstacle::Cosigned { log, path });
        }
    }
    Ok(found)
}

/// What was served last, if the files still give it.
fn last(archive: &Archive, assignment: &Assignment) -> Option<Ready> {
    let bytes = archive.bytes(CHECKPOINT, NOTE)?;
    let note = Note::parse(&bytes).ok()?;
    let directory = &assignment.directory;
    ready(archive, bytes.into(), &note, directory)
}

/// Makes what is served of a checkpoint that a majority of the witnesses of `directory` cosigned. `None`: they did not, or
/// the files do not give all of it.
fn ready(archive: &Archive, bytes: Bytes, note: &Note, directory: &Directory) -> Option<Ready> {
    let witnessed = Witnessed::verify(note, archive.log(), directory).ok()?;
    let checkpoint = witnessed.checkpoint;
    let part = window::part(archive, &bytes, &checkpoint, directory.parameters.window)?;
    let indexes = match archive.log() {
        LogName::Reports => None,
        LogName::Board => Some(window::indexes(archive, &bytes, &checkpoint)?),
    };
    let (alerts, keys) = indexes.unzip();
    Some(Ready {
        size: checkpoint.size,
        time: witnessed.time,
        checkpoint: bytes,
        part,
        alerts,
        keys,
    })
}

async fn get(link: &Link, path: &str, limit: usize) -> Option<Bytes> {
    let reply = link
        .send(Method::GET, path, Bytes::new(), limit, PATIENCE)
        .await
        .ok()?;
    (reply.status == StatusCode::OK).then_some(reply.body)
}

/// Milliseconds between two requests to the same server, at least.
pub(crate) const SHORTEST: u64 = 200;
/// Milliseconds, at most, until the inbox is asked again.
pub(crate) const RETRY: u64 = 60_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// The most answers with tiles at a time, of up to 1 MiB each.
const TILES: usize = 64;
