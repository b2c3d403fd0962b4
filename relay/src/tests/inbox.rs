//! An inbox as a relay's mirror sees it: it publishes what a test says, honestly or not.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use brolly_keys::epoch::Epoch;
use brolly_keys::note::Note;
use brolly_protocol::board::alert::{AlertId, Certainty, Severity, Status, Urgency};
use brolly_protocol::board::alert::{Draft, IDENTIFIERS, Levels, Members, Message, Text};
use brolly_protocol::board::{self, Live, ReadMark};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{
    Bundle, Checkpoint, Edge, Hash, LogName, Resource, Tile, encode_bundle, leaf_hash, witness_key,
};
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::random;

use super::world::{desk_key, log_key};
use crate::mirror::Source;

pub(super) const DAY: u32 = 20_700;

/// A log and its newest checkpoint.
#[derive(Clone)]
pub(super) struct Published {
    pub(super) directory: Directory,
    pub(super) log: LogName,
    pub(super) entries: Vec<Vec<u8>>,
    /// By path.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) note: Note,
    pub(super) witnessed: Option<Note>,
    /// The officers' notes, by version.
    pub(super) directories: BTreeMap<u32, Bytes>,
    edge: Edge,
    live: Live,
}

/// Answers a relay's questions about one log.
pub(super) struct Inbox {
    pub(super) now: Mutex<Published>,
    /// In the place of what it would answer, by path; nothing for no answer.
    pub(super) instead: Mutex<BTreeMap<String, Option<Bytes>>>,
    /// What was posted.
    pub(super) posted: Mutex<Vec<Note>>,
    /// In the place of `202`.
    pub(super) status: Mutex<Option<StatusCode>>,
    /// What was asked for.
    pub(super) asked: Mutex<Vec<String>>,
    /// Where the relay's files must be when it posts.
    pub(super) folder: PathBuf,
    under_way: AtomicUsize,
    pub(super) most: AtomicUsize,
}

impl Published {
    pub(super) fn new(directory: &Directory, log: LogName) -> Self {
        let mut published = Self {
            directory: directory.clone(),
            log,
            entries: Vec::new(),
            files: BTreeMap::new(),
            note: Note::unsigned("none\n".to_owned()).unwrap(),
            witnessed: None,
            directories: BTreeMap::new(),
            edge: Edge::new(),
            live: Live::new(),
        };
        published.sign();
        published
    }

    /// Publishes more.
    pub(super) fn publish(&mut self, entries: impl IntoIterator<Item = Vec<u8>>) {
        self.add(entries);
        self.sign();
    }

    /// Publishes as many entries that it makes up itself.
    pub(super) fn grow(&mut self, to: u64) {
        let from = self.edge.size();
        let log = self.log;
        let directory = self.directory.clone();
        self.publish((from..to).map(|n| entry(&directory, log, n)));
    }

    /// Adds entries without a checkpoint.
    pub(super) fn add(&mut self, entries: impl IntoIterator<Item = Vec<u8>>) {
        let before = self.edge.size();
        let mut files = std::mem::take(&mut self.files);
        let mut put = |tile: Tile, hashes: Vec<Hash>| {
            files.insert(tile.path(), hashes.as_flattened().to_vec());
        };
        for entry in entries {
            if self.log == LogName::Board
                && let Ok(read) = board::Entry::verify(&entry, &self.directory)
            {
                self.live.apply(self.edge.size(), &entry, &read);
            }
            self.edge.push(leaf_hash(&entry), &mut put);
            self.entries.push(entry);
        }
        for (tile, hashes) in self.edge.partial() {
            put(tile, hashes.to_vec());
        }
        for bundle in Bundle::added(before, self.edge.size()) {
            let from = usize::try_from(bundle.index * 256).unwrap();
            let to = from + usize::try_from(bundle.width).unwrap();
            let mut bytes = Vec::new();
            let entries = self.entries[from..to].iter().map(Vec::as_slice);
            encode_bundle(entries, &mut bytes).unwrap();
            files.insert(bundle.path(), bytes);
        }
        self.files = files;
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            scheme: self.directory.scheme,
            log: self.log,
            size: self.edge.size(),
            root: self.edge.root(),
            indexes: (self.log == LogName::Board).then(|| self.live.digests()),
        }
    }

    /// Signs what there is; the middle relay cosigns at once.
    pub(super) fn sign(&mut self) {
        self.note = self.checkpoint().sign(&log_key()).unwrap();
        cosign(&self.directory, &mut self.note, Layer::Middle);
    }

    pub(super) fn size(&self) -> u64 {
        self.edge.size()
    }

    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    fn answer(&self, path: &str) -> Option<Bytes> {
        if path == wire::checkpoint(self.log) {
            return Some(self.note.to_string().into());
        }
        if path == wire::witnessed(self.log) {
            return Some(self.witnessed.as_ref()?.to_string().into());
        }
        if let Some(version) = path.strip_prefix("/v1/directory/") {
            return self.directories.get(&version.parse().ok()?).cloned();
        }
        let path = path.strip_prefix(wire::tiles(self.log))?;
        Some(self.files.get(path)?.clone().into())
    }
}

impl Inbox {
    pub(super) fn new(published: Published, folder: PathBuf) -> Self {
        Self {
            now: Mutex::new(published),
            instead: Mutex::default(),
            posted: Mutex::default(),
            status: Mutex::default(),
            asked: Mutex::default(),
            folder,
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }

    pub(super) fn log(&self) -> LogName {
        self.now.lock().unwrap().log
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Published)) {
        change(&mut self.now.lock().unwrap());
    }

    pub(super) fn posts(&self) -> usize {
        self.posted.lock().unwrap().len()
    }

    /// The answer to `path` of a tile, bundle or checkpoint is this from now on.
    pub(super) fn lie(&self, path: &str, answer: Option<Vec<u8>>) {
        let path = format!("{}{path}", wire::tiles(self.log()));
        let answer = answer.map(Bytes::from);
        self.instead.lock().unwrap().insert(path, answer);
    }

    /// Answers truthfully again.
    pub(super) fn repent(&self) {
        self.instead.lock().unwrap().clear();
    }

    /// Bundles that were asked for since the last time.
    pub(super) fn bundles(&self) -> usize {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked
            .iter()
            .filter(|path| path.contains("/entries/"))
            .count()
    }

    pub(super) fn look(&self, path: &str) -> Option<Bytes> {
        self.asked.lock().unwrap().push(path.to_owned());
        match self.instead.lock().unwrap().get(path) {
            Some(answer) => answer.clone(),
            None => self.now.lock().unwrap().answer(path),
        }
    }

    /// What an honest inbox does, and before it: is everything that the relay vouches for on its disk?
    fn take(&self, path: &str, body: &[u8]) -> StatusCode {
        let note = Note::parse(body).unwrap();
        let mut now = self.now.lock().unwrap();
        assert_eq!(path, wire::cosignature(now.log));
        let kept = std::fs::read(self.folder.join("cosigned")).unwrap();
        let kept = Note::parse(&kept).unwrap();
        assert_eq!(kept.text(), note.text());
        assert_eq!(note.signers().count(), 1);
        if let Some(status) = *self.status.lock().unwrap() {
            return status;
        }
        if note.text() != now.note.text() {
            return StatusCode::CONFLICT;
        }
        let size = now.size();
        let bundles = Bundle::added(0, size).map(Resource::Bundle);
        for resource in Tile::added(0, size).map(Resource::Tile).chain(bundles) {
            let stored = std::fs::read(self.folder.join(resource.path())).unwrap();
            assert_eq!(stored, now.files[&resource.path()], "{}", resource.path());
        }
        now.note.combine(&note).unwrap();
        if now.note.signers().count() > 2 {
            now.witnessed = Some(now.note.clone());
        }
        self.posted.lock().unwrap().push(note);
        StatusCode::ACCEPTED
    }
}

impl Source for Inbox {
    async fn get(&self, path: &str, limit: usize) -> Option<Bytes> {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        self.look(path).filter(|bytes| bytes.len() <= limit)
    }

    async fn post(&self, path: &str, body: Bytes) -> Option<StatusCode> {
        Some(self.take(path, &body))
    }
}

/// Both logs of an inbox, over TLS.
pub(super) struct Both(pub(super) [std::sync::Arc<Inbox>; 2]);

impl Service for Both {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        1 << 16
    }

    async fn call(&self, request: Request) -> Response {
        let mut inboxes = self.0.iter();
        let path = request.path.as_str();
        let Some(inbox) = inboxes.find(|inbox| path.starts_with(wire::tiles(inbox.log()))) else {
            return Response::empty(StatusCode::NOT_FOUND);
        };
        match request.body {
            Body::Whole(body) if request.method == Method::POST => {
                Response::empty(inbox.take(path, &body))
            }
            Body::Whole(_) | Body::TooLong => match inbox.look(path) {
                Some(bytes) => Response::bytes(StatusCode::OK, "", bytes),
                None => Response::empty(StatusCode::NOT_FOUND),
            },
        }
    }
}

pub(super) fn cosign(directory: &Directory, note: &mut Note, layer: Layer) {
    let relay = directory.layer(layer).next().unwrap();
    let named = witness_key(&directory.scheme, relay).unwrap();
    note.cosign(
        named.name(),
        &super::world::witness_key(layer),
        clock::now(),
    )
    .unwrap();
}

/// An entry that differs from all others.
pub(super) fn entry(directory: &Directory, log: LogName, n: u64) -> Vec<u8> {
    match log {
        LogName::Reports => [&n.to_be_bytes()[..], &[7; 40]].concat(),
        LogName::Board => ReadMark::new(directory.desks[0].id, n, DAY).to_entry(&desk_key()),
    }
}

pub(super) fn members(directory: &Directory) -> Members {
    Members::new([4; 32], directory.scheme)
}

/// An alert of two records, or the end of one.
pub(super) fn alert(directory: &Directory, ends: Option<AlertId>) -> (AlertId, Vec<u8>) {
    let levels = Levels {
        status: Status::Actual,
        urgency: Urgency::Expected,
        severity: Severity::Severe,
        certainty: Certainty::Observed,
    };
    let text = Text {
        sender: "desk".to_owned(),
        levels,
        area: "LS2".to_owned(),
        text: "White van.".to_owned(),
        identifiers: Vec::new(),
    };
    let two = [[1; IDENTIFIERS], [2; IDENTIFIERS]];
    let draft = Draft {
        desk: directory.desks[0].id,
        message: if ends.is_some() {
            Message::Cancel
        } else {
            Message::Alert
        },
        references: ends,
        day: DAY,
        expires: DAY + 9,
        text: &text,
        identifiers: if ends.is_some() { &[] } else { &two },
    };
    let rng = &mut random::system();
    draft
        .seal(&members(directory), Epoch::new(2_957), &desk_key(), rng)
        .unwrap()
}
