//! An inbox that says what a test tells it to, to the two desks.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use brolly_keys::note::Note;
use brolly_keys::role::{Log, Witness};
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::{self, Live};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::{Current, Directory, Freshness};
use brolly_protocol::geometry;
use brolly_protocol::log::{
    Checkpoint, Digests, Entry, Frontier, Hash, LogName, Resource, TILE, encode_bundle, leaf_hash,
    witness_key,
};
use brolly_protocol::report::Slot;
use brolly_protocol::wire;
use brolly_shell::http::server::{Body, Limits, Request, Response, Server, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls::{self, Clients, Identity};
use tokio::runtime::Runtime;

use crate::scheme::{INBOX, LOG, public};

pub(crate) struct FakeInbox {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

pub(crate) struct State {
    /// What it has, under the numbers it gives it.
    pub(crate) cells: Vec<(u64, SealedCell)>,
    /// Numbers whose cells it has pruned.
    pub(crate) pruned: BTreeSet<u64>,
    /// Cells in one answer.
    pub(crate) page: usize,
    /// Said once, in the place of the answer to the question for cells that many later.
    pub(crate) instead: Option<(usize, StatusCode, Vec<u8>)>,
    /// Every `after` it was asked for.
    pub(crate) asked: Vec<String>,
    /// Every tile and bundle it was asked for.
    pub(crate) parts: Vec<String>,
    /// The entries of both logs; those waiting to be published are not among them.
    pub(crate) reports: Vec<Vec<u8>>,
    pub(crate) board: Vec<Vec<u8>>,
    /// Board entries that are durable and not published.
    pub(crate) waiting: Vec<Vec<u8>>,
    /// Every entry that came for the board, taken or not.
    pub(crate) posts: Vec<Vec<u8>>,
    /// Said in the place of taking an entry.
    pub(crate) refuse: Option<StatusCode>,
    /// How many relays cosign.
    pub(crate) witnesses: usize,
    /// The sizes that the witnesses have seen, if they lag behind.
    pub(crate) witnessed: Option<usize>,
    /// Paths that are not there.
    pub(crate) lost: BTreeSet<String>,
    /// Paths whose bytes are damaged.
    pub(crate) damaged: BTreeSet<String>,
    /// The digests that the board's checkpoint names, if they are to be others.
    pub(crate) indexes: Option<Digests>,
    /// The directory's note.
    pub(crate) signed: String,
    /// When the witnesses say that it is in force.
    pub(crate) time: u64,
    /// The first of the seeds that the relays say so with.
    pub(crate) seed: u8,
    /// How many relays say so.
    pub(crate) sure: usize,
    /// Said in the place of the directory in force.
    pub(crate) silent: Option<StatusCode>,
    pub(crate) directory: Option<Directory>,
    peers: Vec<[u8; 32]>,
}

impl FakeInbox {
    pub(crate) fn start() -> Self {
        let peers = [Slot::Scheme, Slot::Police].map(public);
        let state = Arc::new(Mutex::new(State {
            cells: Vec::new(),
            pruned: BTreeSet::new(),
            page: wire::SEALED_PAGE,
            instead: None,
            asked: Vec::new(),
            parts: Vec::new(),
            reports: Vec::new(),
            board: Vec::new(),
            waiting: Vec::new(),
            posts: Vec::new(),
            refuse: None,
            witnesses: 3,
            witnessed: None,
            lost: BTreeSet::new(),
            damaged: BTreeSet::new(),
            indexes: None,
            signed: String::new(),
            time: 0,
            seed: 111,
            sure: 3,
            silent: None,
            directory: None,
            peers: peers.to_vec(),
        }));
        let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = server.local_addr();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let tls = tls::server(&Identity::from_seed(&INBOX).unwrap(), Clients::Optional);
        let service = Arc::new(Answers(Arc::clone(&state)));
        runtime.spawn(async move {
            let never = std::future::pending::<()>();
            server.run(tls, service, Limits::default(), never).await
        });
        Self {
            address,
            state,
            _runtime: runtime,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Admits cells under the next numbers and publishes them.
    pub(crate) fn admit(&self, cells: impl IntoIterator<Item = SealedCell>) {
        for cell in cells {
            self.list(&cell);
            self.hand_over(cell);
        }
    }

    /// Publishes a cell without handing it to anybody.
    pub(crate) fn list(&self, cell: &SealedCell) {
        let entry = Entry::of(cell).to_bytes().to_vec();
        self.state().reports.push(entry);
    }

    /// Hands a cell to the desks without publishing it.
    pub(crate) fn hand_over(&self, cell: SealedCell) {
        let mut state = self.state();
        let number = state.cells.last().map_or(1, |(last, _)| last + 1);
        state.cells.push((number, cell));
    }

    /// Publishes the board entries that wait.
    pub(crate) fn publish(&self) {
        let mut state = self.state();
        let waiting = std::mem::take(&mut state.waiting);
        state.board.extend(waiting);
    }

    /// The entries of one kind that came for the board.
    pub(crate) fn posted(&self, kind: u8) -> Vec<Vec<u8>> {
        let posts = self.state().posts.clone();
        posts
            .into_iter()
            .filter(|p| p.first() == Some(&kind))
            .collect()
    }

    /// Forgets who the desks are.
    pub(crate) fn forget_desks(&self) {
        self.state().peers.clear();
    }
}

struct Answers(Arc<Mutex<State>>);

impl Service for Answers {
    fn body_limit(&self, _: &Method, path: &str) -> usize {
        if path == wire::BOARD {
            geometry::BOARD_ENTRY
        } else {
            0
        }
    }

    fn call(&self, request: Request) -> impl Future<Output = Response> + Send {
        let response = self.0.lock().unwrap().answer(&request);
        std::future::ready(response)
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Response {
        if self.lost.contains(&request.path) {
            return Response::empty(StatusCode::NOT_FOUND);
        }
        if request.path == wire::DIRECTORY {
            return match self.silent {
                Some(status) => Response::empty(status),
                None => bytes_of(self.in_force()),
            };
        }
        for log in LogName::ALL {
            let path = request.path.as_str();
            if path == wire::checkpoint(log) {
                let size = self.entries(log).len();
                return text(self.note(log, size, self.witnesses));
            }
            if path == wire::witnessed(log) {
                let size = self.witnessed.unwrap_or(usize::MAX);
                let size = size.min(self.entries(log).len());
                return match self.witnesses {
                    0 | 1 => Response::empty(StatusCode::SERVICE_UNAVAILABLE),
                    cosigned => text(self.note(log, size, cosigned)),
                };
            }
            if let Some(part) = path.strip_prefix(wire::tiles(log)) {
                self.parts.push(path.to_owned());
                let part = Resource::parse(part);
                return match part.and_then(|part| self.part(log, part)) {
                    Some(mut bytes) => {
                        if self.damaged.contains(path) {
                            *bytes.last_mut().unwrap() ^= 1;
                        }
                        bytes_of(bytes)
                    }
                    None => Response::empty(StatusCode::NOT_FOUND),
                };
            }
        }
        let Some(slot) = [Slot::Scheme, Slot::Police]
            .into_iter()
            .find(|slot| request.peer == Some(public(*slot)))
            .filter(|slot| self.peers.contains(&public(*slot)))
        else {
            return Response::empty(StatusCode::FORBIDDEN);
        };
        match (&request.method, request.path.as_str()) {
            (&Method::POST, wire::BOARD) => match &request.body {
                Body::Whole(bytes) => Response::empty(self.post(slot, bytes)),
                Body::TooLong => Response::empty(StatusCode::BAD_REQUEST),
            },
            (&Method::GET, wire::SEALED) => self.sealed(request),
            _ => Response::empty(StatusCode::NOT_FOUND),
        }
    }

    fn sealed(&mut self, request: &Request) -> Response {
        let query = request.query.clone().unwrap_or_default();
        let after: u64 = query.strip_prefix("after=").unwrap().parse().unwrap();
        self.asked.push(query);
        match &mut self.instead {
            Some((0, status, body)) => {
                let response = Response::bytes(*status, "", Bytes::from(body.clone()));
                self.instead = None;
                return response;
            }
            Some((later, _, _)) => *later -= 1,
            None => {}
        }
        let there = |number: &u64| *number > after && !self.pruned.contains(number);
        let page: Vec<_> = self.cells.iter().filter(|(n, _)| there(n)).collect();
        let page = &page[..page.len().min(self.page)];
        let last = page.last().map_or(u64::MAX, |(number, _)| *number);
        let pruned = self
            .pruned
            .iter()
            .filter(|n| (after..last).contains(*n) && **n > after);
        let pruned = u32::try_from(pruned.count()).unwrap();
        bytes_of(sealed_page(pruned, page.iter().copied()))
    }

    /// As DESIGN says: 202, 400, 403.
    fn post(&mut self, slot: Slot, bytes: &[u8]) -> StatusCode {
        self.posts.push(bytes.to_vec());
        if let Some(status) = self.refuse {
            return status;
        }
        let known = self.board.iter().chain(&self.waiting);
        if known.clone().any(|entry| entry == bytes) {
            return StatusCode::ACCEPTED;
        }
        let directory = self.directory.as_ref().unwrap();
        let entry = match board::Entry::verify(bytes, directory) {
            Ok(entry) => entry,
            Err(board::EntryError::NotAllowed) => return StatusCode::FORBIDDEN,
            Err(_) => return StatusCode::BAD_REQUEST,
        };
        let desk = directory.desk_with_key(&public(slot)).unwrap().id;
        if entry.author().is_some_and(|named| named != desk) {
            return StatusCode::FORBIDDEN;
        }
        let mut live = Live::new();
        for (position, entry) in (0..).zip(known) {
            live.recall(position, entry).unwrap();
        }
        if let board::Entry::Alert(alert) = &entry
            && alert.references.is_some_and(|id| !live.is_by(id, desk))
        {
            return StatusCode::BAD_REQUEST;
        }
        self.waiting.push(bytes.to_vec());
        StatusCode::ACCEPTED
    }

    fn entries(&self, log: LogName) -> &[Vec<u8>] {
        match log {
            LogName::Reports => &self.reports,
            LogName::Board => &self.board,
        }
    }

    fn note(&self, log: LogName, size: usize, cosigned: usize) -> String {
        let directory = self.directory.as_ref().unwrap();
        let entries = &self.entries(log)[..size];
        let mut tree = Frontier::new();
        entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
        let mut live = Live::new();
        let indexes = (log == LogName::Board).then(|| {
            for (position, entry) in (0..).zip(entries) {
                // A test may put something there that is no entry.
                let _ = live.recall(position, entry);
            }
            self.indexes.unwrap_or_else(|| live.digests())
        });
        let checkpoint = Checkpoint {
            scheme: directory.scheme,
            log,
            size: u64::try_from(size).unwrap(),
            root: tree.root(),
            indexes,
        };
        let mut note = checkpoint
            .sign(&SigningKey::<Log>::from_seed(&LOG))
            .unwrap();
        cosign(&mut note, directory, 111, cosigned, directory.issued);
        note.to_string()
    }

    /// The directory in force, and who says so.
    pub(crate) fn in_force(&self) -> Vec<u8> {
        let directory = self.directory.as_ref().unwrap();
        let day = u32::try_from(self.time / 86_400).unwrap();
        let freshness = Freshness::of(directory, day);
        let mut note = freshness.sign(&SigningKey::<Log>::from_seed(&LOG)).unwrap();
        cosign(&mut note, directory, self.seed, self.sure, self.time);
        Current::wire(&note, self.signed.as_bytes())
    }

    fn part(&self, log: LogName, part: Resource) -> Option<Vec<u8>> {
        let entries = self.entries(log);
        if !part.exists(u64::try_from(entries.len()).unwrap()) {
            return None;
        }
        let range = |index: u64, width: u64| {
            let from = usize::try_from(index * TILE).unwrap();
            from..from + usize::try_from(width).unwrap()
        };
        let mut bytes = Vec::new();
        match part {
            Resource::Bundle(bundle) => {
                let entries = &entries[range(bundle.index, bundle.width)];
                encode_bundle(entries.iter().map(Vec::as_slice), &mut bytes).unwrap();
            }
            Resource::Tile(tile) => {
                let mut row: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
                for _ in 0..tile.level {
                    let full = row.chunks_exact(256).map(|tile| {
                        let mut tree = Frontier::new();
                        tile.iter().for_each(|hash| tree.push(*hash));
                        tree.root()
                    });
                    row = full.collect();
                }
                bytes.extend(row[range(tile.index, tile.width)].as_flattened());
            }
        }
        Some(bytes)
    }
}

fn cosign(note: &mut Note, directory: &Directory, seed: u8, cosigned: usize, time: u64) {
    for (n, relay) in (seed..).zip(&directory.relays).take(cosigned) {
        let name = witness_key(&directory.scheme, relay).unwrap();
        let key = SigningKey::<Witness>::from_seed(&[n; 32]);
        note.cosign(name.name(), &key, time).unwrap();
    }
}

fn text(note: String) -> Response {
    Response::text(StatusCode::OK, note)
}

fn bytes_of(bytes: Vec<u8>) -> Response {
    Response::bytes(StatusCode::OK, "application/octet-stream", bytes)
}

/// `pruned 4 | numbered cells`.
pub(crate) fn sealed_page<'a>(
    pruned: u32,
    cells: impl IntoIterator<Item = &'a (u64, SealedCell)>,
) -> Vec<u8> {
    let mut page = pruned.to_be_bytes().to_vec();
    for (number, cell) in cells {
        page.extend(number.to_be_bytes());
        page.extend(cell.as_bytes());
    }
    page
}
