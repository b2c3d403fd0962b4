//! Who may ask for what, and what they are told (SPEC §9, §10).

use std::sync::Arc;

use brolly_protocol::board::EntryError;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{BOARD_ENTRY, DELIVERED, NUMBERED_CELL};
use brolly_protocol::log::{Bundle, LogName, Resource, TILE, Tile};
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::log::{Field, Level, event};
use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::sync::{Semaphore, mpsc};

use crate::admit::{self, Delivery, Outcome};
use crate::board::{PostError, Poster};
use crate::cosign::{Cosigned, cosign};
use crate::store::StoreError;
use crate::store::ledger::Ledger;
use crate::store::objects::{NOTE, Objects};
use crate::walk::cut;

/// The inbox as others see it.
pub(crate) struct Answers<L> {
    pub(crate) signed: SignedDirectory,
    pub(crate) ledger: Arc<L>,
    pub(crate) objects: Objects,
    pub(crate) poster: Poster<L>,
    /// Weak, so that connections which linger do not keep a stopping inbox from finishing.
    pub(crate) queue: mpsc::WeakSender<Delivery>,
    /// Told of what the process must stop for.
    pub(crate) broken: mpsc::Sender<StoreError>,
    /// A page is 7.5 MB: so many are read at the same time.
    pub(crate) pages: Semaphore,
}

/// What is asked for.
enum Call {
    Deliver,
    Sealed,
    Directory,
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
            (&Method::POST, Some(Call::Cosign(_))) => NOTE,
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
        } = request;
        let Some(call) = Call::read(&path) else {
            return Response::empty(StatusCode::NOT_FOUND);
        };
        let answer = match (method, call) {
            (Method::POST, Call::Deliver) => Ok(self.deliver(peer, body).await),
            (Method::POST, Call::Post) => self.post(peer, body).await,
            (Method::POST, Call::Cosign(log)) => self.cosign(log, peer, body).await,
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
                Ok(Response::text(StatusCode::OK, self.signed.note.clone()))
            }
            _ => Ok(Response::empty(StatusCode::METHOD_NOT_ALLOWED)),
        };
        answer.unwrap_or_else(|error| self.unavailable(error))
    }
}

impl<L: Ledger> Answers<L> {
    async fn deliver(&self, peer: Option<[u8; 32]>, body: Body) -> Response {
        let exit = |key| {
            self.signed
                .directory
                .relay_of_layer_with_key(Layer::Exit, &key)
        };
        if peer.and_then(exit).is_none() {
            return Response::empty(StatusCode::FORBIDDEN);
        }
        let parsed = match body {
            Body::Whole(body) => admit::parse(&body),
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

    async fn post(&self, peer: Option<[u8; 32]>, body: Body) -> Result<Response, StoreError> {
        let directory = &self.signed.directory;
        let Some(desk) = peer.and_then(|key| directory.desk_with_key(&key)) else {
            return Ok(Response::empty(StatusCode::FORBIDDEN));
        };
        let Body::Whole(entry) = body else {
            return Ok(Response::empty(StatusCode::BAD_REQUEST));
        };
        let today = u32::try_from(clock::now() / 86_400).unwrap_or(u32::MAX);
        let posted = self.poster.post(&entry, desk, directory, today).await;
        Ok(Response::empty(match posted {
            Ok(()) => StatusCode::ACCEPTED,
            Err(PostError::OtherDesk | PostError::Entry(EntryError::NotAllowed)) => {
                StatusCode::FORBIDDEN
            }
            Err(PostError::Ledger(error)) => return Err(error.into()),
            Err(
                PostError::Entry(_) | PostError::Day | PostError::AlertId | PostError::Reference,
            ) => StatusCode::BAD_REQUEST,
        }))
    }

    async fn cosign(
        &self,
        log: LogName,
        peer: Option<[u8; 32]>,
        body: Body,
    ) -> Result<Response, StoreError> {
        let directory = &self.signed.directory;
        let relay = |key| {
            let mut relays = directory.relays.iter();
            relays.find(|relay| relay.key.to_bytes() == key)
        };
        let Some(relay) = peer.and_then(relay) else {
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
        Ok(Response::empty(match cosigned {
            Cosigned::Kept(_) => StatusCode::ACCEPTED,
            Cosigned::NotNewest => StatusCode::CONFLICT,
            Cosigned::Refused => StatusCode::BAD_REQUEST,
        }))
    }

    /// A tile or bundle of any width that the log has: what is asked for is cut from the newest.
    async fn tile(&self, log: LogName, asked: &Resource) -> Result<Response, StoreError> {
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
    ) -> Result<Response, StoreError> {
        let desk = |key| self.signed.directory.desk_with_key(&key);
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

    fn unavailable(&self, error: StoreError) -> Response {
        if error.passes() {
            event(Level::Error, "storage full or away", &[]);
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
            wire::BOARD => return Some(Self::Post),
            _ => {}
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
    let number = query.strip_prefix("after=")?;
    let digits = number.bytes().all(|digit| digit.is_ascii_digit());
    number.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests;
