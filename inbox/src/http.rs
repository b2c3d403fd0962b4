//! Who may ask for what, and what they are told (SPEC §9, §10).

use std::sync::Arc;

use brolly_protocol::board::EntryError;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::{Directory, DirectoryError, RelayEntry};
use brolly_protocol::geometry::{BOARD_ENTRY, DELIVERED, NUMBERED_CELL};
use brolly_protocol::log::{Bundle, LogName, Resource, TILE, Tile};
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::log::{Field, Level, event};
use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::sync::{Semaphore, mpsc};

use crate::admit::{self, Delivery, Outcome};
use crate::board::{PostError, Poster};
use crate::cosign::{Cosigned, cosign};
use crate::directories::{Directories, DirectoriesError, HandInError, HandedIn, Versions};
use crate::freshness::{self, Offsets};
use crate::store::StoreError;
use crate::store::ledger::Ledger;
use crate::store::objects::{NOTE, Objects};
use crate::walk::cut;

/// The inbox as others see it.
pub(crate) struct Answers<L> {
    pub(crate) versions: Versions,
    pub(crate) directories: Arc<Directories<L>>,
    pub(crate) offsets: Arc<Offsets>,
    pub(crate) ledger: Arc<L>,
    pub(crate) objects: Objects,
    pub(crate) poster: Arc<Poster<L>>,
    /// Weak, so that connections which linger do not keep a stopping inbox from finishing.
    pub(crate) queue: mpsc::WeakSender<Delivery>,
    /// Told of what the process must stop for.
    pub(crate) broken: mpsc::Sender<DirectoriesError>,
    /// A page is 7.5 MB: so many are read at the same time.
    pub(crate) pages: Semaphore,
}

/// What is asked for.
enum Call {
    Deliver,
    Sealed,
    Directory,
    Version(u32),
    Freshness,
    Post,
    Checkpoint(LogName),
    Witnessed(LogName),
    Cosign(LogName),
    Tile(LogName, Resource),
}

/// Cells for a desk.
#[derive(Debug, Default)]
struct Page {
    /// Ascending by number.
    cells: Vec<(u64, SealedCell)>,
    /// Numbers passed over because their bodies were pruned.
    pruned: u64,
    /// Numbers passed over because their bodies are missing or do not hash to their `d`.
    damaged: u64,
}

impl<L: Ledger> Service for Answers<L> {
    fn body_limit(&self, method: &Method, path: &str) -> usize {
        match (method, Call::read(path)) {
            (&Method::POST, Some(Call::Deliver)) => wire::BATCH * DELIVERED,
            (&Method::POST, Some(Call::Post)) => BOARD_ENTRY,
            (&Method::POST, Some(Call::Directory)) => DIRECTORY,
            (&Method::POST, Some(Call::Cosign(_) | Call::Freshness)) => NOTE,
            _ => 0,
        }
    }

    async fn call(&self, request: Request) -> Response {
        let Request {
            method,
            path,
            query,
            body,
            peer,
            ..
        } = request;
        let Some(call) = Call::read(&path) else {
            return Response::empty(StatusCode::NOT_FOUND);
        };
        let answer = match (method, call) {
            (Method::POST, Call::Deliver) => Ok(self.deliver(peer, body).await),
            (Method::POST, Call::Post) => self.post(peer, body).await,
            (Method::POST, Call::Cosign(log)) => self.cosign(log, peer, body).await,
            (Method::POST, Call::Directory) => self.hand_in(body).await,
            (Method::POST, Call::Freshness) => self.say(peer, body).await,
            (Method::GET, Call::Sealed) => self.sealed(peer, query).await,
            (Method::GET, Call::Checkpoint(log)) => {
                let head = self.ledger.head(log).await;
                head.map(|head| note(head.map(|head| head.note)))
                    .map_err(Into::into)
            }
            (Method::GET, Call::Witnessed(log)) => {
                let head = self.ledger.witnessed(log).await;
                head.map(|head| note(head.map(|head| head.note)))
                    .map_err(Into::into)
            }
            (Method::GET, Call::Tile(log, tile)) => self.tile(log, &tile).await,
            (Method::GET, Call::Directory) => {
                let answer = freshness::answer(&self.directories).await;
                answer.map(|answer| answer.map_or_else(|| note(None), binary))
            }
            (Method::GET, Call::Version(version)) => {
                match self.directories.version(version).await {
                    Ok(Some(signed)) => Ok(note(Some(signed.note.clone()))),
                    // An old one that is lost is no reason to stop when anybody asks for it.
                    Ok(None) | Err(DirectoriesError::Lost(_)) => {
                        Ok(Response::empty(StatusCode::NOT_FOUND))
                    }
                    Err(error) => Err(error),
                }
            }
            (Method::GET, Call::Freshness) => {
                let said = self.ledger.said().await;
                said.map(|said| note(said.newest)).map_err(Into::into)
            }
            _ => Ok(Response::empty(StatusCode::METHOD_NOT_ALLOWED)),
        };
        answer.unwrap_or_else(|error| self.unavailable(error))
    }
}

impl<L: Ledger> Answers<L> {
    async fn deliver(&self, peer: Option<[u8; 32]>, body: Body) -> Response {
        let now = clock::now();
        if !peer.is_some_and(|key| self.versions.have_exit(&key, now)) {
            return Response::empty(StatusCode::FORBIDDEN);
        }
        let parsed = match body {
            Body::Whole(body) => admit::parse(&body, self.directory(), now),
            Body::TooLong => Err(admit::WrongSize),
        };
        // Exits are ours: one that sends anything else has a bug, which should be seen.
        let Ok(cells) = parsed else {
            return Response::empty(StatusCode::BAD_REQUEST);
        };
        // Without a queue, or if the answer never comes, the inbox is stopping and has promised nothing.
        let (delivery, outcome) = Delivery::new(cells);
        if let Some(queue) = self.queue.upgrade()
            && queue.send(delivery).await.is_ok()
        {
            drop(queue);
            if let Ok(Outcome::Durable) = outcome.await {
                return Response::empty(StatusCode::ACCEPTED);
            }
        }
        Response::empty(StatusCode::SERVICE_UNAVAILABLE)
    }

    async fn post(&self, peer: Option<[u8; 32]>, body: Body) -> Result<Response, DirectoriesError> {
        let directory = self.directory();
        let Some(by) = peer.and_then(|key| author(directory, &key)) else {
            return Ok(Response::empty(StatusCode::FORBIDDEN));
        };
        let Body::Whole(entry) = body else {
            return Ok(Response::empty(StatusCode::BAD_REQUEST));
        };
        let posted = self.poster.post(&entry, by, directory, clock::now()).await;
        Ok(Response::empty(match posted {
            Ok(()) => StatusCode::ACCEPTED,
            Err(
                PostError::OtherAuthor
                | PostError::OtherKind
                | PostError::Entry(EntryError::NotAllowed),
            ) => StatusCode::FORBIDDEN,
            Err(PostError::TooMany) => StatusCode::TOO_MANY_REQUESTS,
            Err(PostError::Ledger(error)) => return Err(error.into()),
            Err(
                PostError::Entry(_)
                | PostError::Day
                | PostError::Epoch
                | PostError::AlertId
                | PostError::Reference,
            ) => StatusCode::BAD_REQUEST,
        }))
    }

    /// Takes the next directory from anybody: it speaks for itself. Whoever publishes it must learn why it is refused.
    async fn hand_in(&self, body: Body) -> Result<Response, DirectoriesError> {
        let Body::Whole(note) = body else {
            return Ok(refusal(
                StatusCode::BAD_REQUEST,
                &"a directory has at most 1,048,576 bytes",
            ));
        };
        let error = match self.directories.hand_in(note, clock::now()).await {
            Ok(HandedIn::New | HandedIn::Known) => {
                return Ok(Response::empty(StatusCode::ACCEPTED));
            }
            // What ails the storage is not told to anybody.
            Err(HandInError::Directories(
                error @ (DirectoriesError::Store(_) | DirectoriesError::Lost(_)),
            )) => return Err(error),
            Err(error) => error,
        };
        let status = match &error {
            HandInError::Directory(
                DirectoryError::OtherScheme
                | DirectoryError::TooFew { .. }
                | DirectoryError::Succession { .. },
            ) => StatusCode::FORBIDDEN,
            HandInError::Directory(
                DirectoryError::RolledBack { .. }
                | DirectoryError::Forked { .. }
                | DirectoryError::NotNext { .. },
            )
            | HandInError::Taken(_)
            | HandInError::Waiting(_) => StatusCode::CONFLICT,
            HandInError::Directory(_)
            | HandInError::Late
            | HandInError::Early
            | HandInError::LogKey => StatusCode::BAD_REQUEST,
            HandInError::Clock(_) | HandInError::Directories(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Ok(refusal(status, &error))
    }

    /// Takes what a relay says of the directory in force: those of the version in force and those that come and go with it.
    async fn say(&self, peer: Option<[u8; 32]>, body: Body) -> Result<Response, DirectoriesError> {
        let now = clock::now();
        let versions = self.directories.at(now).await?;
        let Some(relay) = peer.and_then(|key| versions.witness(&key, now)) else {
            return Ok(Response::empty(StatusCode::FORBIDDEN));
        };
        let Body::Whole(note) = body else {
            return Ok(Response::empty(StatusCode::BAD_REQUEST));
        };
        let (directories, offsets) = (&self.directories, &self.offsets);
        let cosigned = freshness::cosign(directories, &note, relay, now, offsets).await?;
        if let Cosigned::Kept(Some(witnesses)) = cosigned {
            let version = u64::from(versions.current.directory.version);
            let witnesses = u64::try_from(witnesses).unwrap_or(u64::MAX);
            let fields = [(Field::Version, version), (Field::Witnesses, witnesses)];
            event(Level::Info, "directory witnessed", &fields);
        }
        if let Some(seconds) = offsets.begin_to_differ(&versions.current.directory) {
            event(Level::Warning, "clock off", &[(Field::Seconds, seconds)]);
        }
        Ok(Response::empty(told(cosigned)))
    }

    async fn cosign(
        &self,
        log: LogName,
        peer: Option<[u8; 32]>,
        body: Body,
    ) -> Result<Response, DirectoriesError> {
        let directory = self.directory();
        let Some(relay) = peer.and_then(|key| relay_with_key(directory, &key)) else {
            return Ok(Response::empty(StatusCode::FORBIDDEN));
        };
        let Body::Whole(note) = body else {
            return Ok(Response::empty(StatusCode::BAD_REQUEST));
        };
        let cosigned = cosign(self.ledger.as_ref(), log, &note, relay, directory).await?;
        if let Cosigned::Kept(Some(witnesses)) = cosigned {
            let witnesses = u64::try_from(witnesses).unwrap_or(u64::MAX);
            event(
                Level::Info,
                "checkpoint witnessed",
                &[(Field::Witnesses, witnesses)],
            );
        }
        Ok(Response::empty(told(cosigned)))
    }

    /// A tile or bundle of any width that the log has: what is asked for is cut from the newest.
    async fn tile(&self, log: LogName, asked: &Resource) -> Result<Response, DirectoriesError> {
        let size = self.ledger.head(log).await?.map_or(0, |head| head.size);
        if !asked.exists(size) {
            return Ok(Response::empty(StatusCode::NOT_FOUND));
        }
        let (wide, width) = match asked {
            Resource::Tile(tile) => (
                Tile::of(tile.level, tile.index, size).map(Resource::Tile),
                tile.width,
            ),
            Resource::Bundle(bundle) => (
                Bundle::of(bundle.index, size).map(Resource::Bundle),
                bundle.width,
            ),
        };
        let Some(wide) = wide else {
            return Ok(Response::empty(StatusCode::NOT_FOUND));
        };
        let found = self.objects.tile(log, &wide).await?;
        match found.and_then(|bytes| cut(&wide, &bytes, width)) {
            Some(bytes) if width == TILE => Ok(binary(bytes).cacheable()),
            Some(bytes) => Ok(binary(bytes)),
            None => {
                event(Level::Error, "tile damaged", &[]);
                Ok(Response::empty(StatusCode::SERVICE_UNAVAILABLE))
            }
        }
    }

    async fn sealed(
        &self,
        peer: Option<[u8; 32]>,
        query: Option<String>,
    ) -> Result<Response, DirectoriesError> {
        let desk = |key| self.directory().desk_with_key(&key);
        if peer.and_then(desk).is_none() {
            return Ok(Response::empty(StatusCode::FORBIDDEN));
        }
        let Some(after) = query.as_deref().and_then(after) else {
            return Ok(Response::empty(StatusCode::BAD_REQUEST));
        };
        let _turn = self.pages.acquire().await;
        let page = Page::read(self.ledger.as_ref(), &self.objects, after).await?;
        if page.damaged > 0 {
            event(
                Level::Error,
                "sealed bodies damaged",
                &[(Field::Files, page.damaged)],
            );
        }
        Ok(binary(page.encode()))
    }

    fn directory(&self) -> &Directory {
        &self.versions.current.directory
    }

    fn unavailable(&self, error: DirectoriesError) -> Response {
        if error.passes() {
            event(Level::Error, "not answered for want of storage", &[]);
        } else {
            // The first to tell is enough.
            let _ = self.broken.try_send(error);
        }
        Response::empty(StatusCode::SERVICE_UNAVAILABLE)
    }
}

impl Call {
    fn read(path: &str) -> Option<Self> {
        match path {
            wire::REPORTS => return Some(Self::Deliver),
            wire::SEALED => return Some(Self::Sealed),
            wire::DIRECTORY => return Some(Self::Directory),
            wire::FRESHNESS => return Some(Self::Freshness),
            wire::BOARD => return Some(Self::Post),
            _ => {}
        }
        if let Some(version) = path.strip_prefix(wire::DIRECTORY) {
            return version
                .strip_prefix('/')
                .and_then(number)
                .map(Self::Version);
        }
        LogName::ALL.into_iter().find_map(|log| {
            if path == wire::checkpoint(log) {
                Some(Self::Checkpoint(log))
            } else if path == wire::witnessed(log) {
                Some(Self::Witnessed(log))
            } else if path == wire::cosignature(log) {
                Some(Self::Cosign(log))
            } else {
                let tile = path.strip_prefix(wire::tiles(log))?;
                Some(Self::Tile(log, Resource::parse(tile)?))
            }
        })
    }
}

impl Page {
    /// Up to 256 cells numbered above `after`, published or not.
    async fn read(ledger: &impl Ledger, objects: &Objects, after: u64) -> Result<Self, StoreError> {
        let mut page = Self::default();
        let (mut last, mut seen) = (after, 0_u64);
        // Asked first: whatever has a number by now and is not handed out below was pruned.
        let newest = ledger.admitted().await?;
        while let Some(room) = wire::SEALED_PAGE.checked_sub(page.cells.len())
            && room > 0
        {
            let numbered = ledger.admitted_after(last, room).await?;
            let entries: Vec<_> = numbered.iter().map(|(_, entry)| *entry).collect();
            let cells = objects.cells(&entries).await?;
            for ((number, _), cell) in numbered.iter().zip(cells) {
                (last, seen) = (*number, seen.saturating_add(1));
                match cell {
                    Some(cell) => page.cells.push((*number, cell)),
                    None => page.damaged = page.damaged.saturating_add(1),
                }
            }
            if numbered.len() < room {
                last = last.max(newest);
                break;
            }
        }
        page.pruned = last.saturating_sub(after).saturating_sub(seen);
        Ok(page)
    }

    /// `pruned 4 | number 8 | cell | number 8 | cell …`
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.cells.len() * NUMBERED_CELL);
        let pruned = u32::try_from(self.pruned).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&pruned.to_be_bytes());
        for (number, cell) in &self.cells {
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.extend_from_slice(cell.as_bytes());
        }
        bytes
    }
}

impl Versions {
    /// Whether the holder of this identity key delivers: an exit in force, or one that may finish what it holds.
    fn have_exit(&self, key: &[u8; 32], now: u64) -> bool {
        let before = self.before.iter().filter(|(_, until)| now < *until);
        let mut heard = before.map(|(before, _)| before).chain([&self.current]);
        heard.any(|signed| {
            let exit = signed.directory.relay_of_layer_with_key(Layer::Exit, key);
            exit.is_some()
        })
    }

    /// The relay of this identity key, if anybody who has to be convinced knows it as a witness.
    fn witness(&self, key: &[u8; 32], now: u64) -> Option<&RelayEntry> {
        let waiting = self.waiting.iter().map(|(waiting, _)| waiting);
        let before = self.before.iter().filter(|(_, until)| now < *until);
        let before = before.map(|(before, _)| before);
        let mut heard = [&self.current].into_iter().chain(waiting).chain(before);
        heard.find_map(|signed| relay_with_key(&signed.directory, key))
    }
}

fn relay_with_key<'d>(directory: &'d Directory, key: &[u8; 32]) -> Option<&'d RelayEntry> {
    let mut relays = directory.relays.iter();
    relays.find(|relay| relay.key.to_bytes() == *key)
}

/// The desk or relay of this identity key.
fn author(directory: &Directory, key: &[u8; 32]) -> Option<NodeId> {
    let desk = directory.desk_with_key(key).map(|desk| desk.id);
    desk.or_else(|| relay_with_key(directory, key).map(|relay| relay.id))
}

fn told(cosigned: Cosigned) -> StatusCode {
    match cosigned {
        Cosigned::Kept(_) => StatusCode::ACCEPTED,
        Cosigned::NotNewest => StatusCode::CONFLICT,
        Cosigned::Refused => StatusCode::BAD_REQUEST,
    }
}

fn refusal(status: StatusCode, sentence: &impl ToString) -> Response {
    Response::text(status, sentence.to_string() + "\n")
}

fn note(note: Option<Bytes>) -> Response {
    note.map_or_else(
        || Response::empty(StatusCode::SERVICE_UNAVAILABLE),
        |note| Response::text(StatusCode::OK, note),
    )
}

fn binary(body: impl Into<Bytes>) -> Response {
    Response::bytes(StatusCode::OK, "application/octet-stream", body)
}

/// `after=N`, N in decimal digits.
fn after(query: &str) -> Option<u64> {
    number(query.strip_prefix("after=")?)
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// The longest directory that is handed in: 1 MiB.
const DIRECTORY: usize = 1 << 20;

#[cfg(test)]
mod tests;
