//! The part of an inbox that says which directory is in force, and takes keys for the board.

use std::sync::{Arc, Mutex};

use brolly_keys::note::Note;
use brolly_protocol::directory::{Current, Directory, Freshness};
use brolly_protocol::log::witness_key as named;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};
use tokio::sync::mpsc;

use super::inbox::Both;
use super::world::{log_key, witness_key};
use crate::mirror::Source;

pub(super) const DAY: u64 = 86_400;

#[derive(Default)]
pub(super) struct Office {
    /// The newest freshness note.
    pub(super) fresh: Mutex<Option<Note>>,
    /// The answer of `/v1/directory`.
    pub(super) answer: Mutex<Option<Bytes>>,
    /// Path and body of everything posted.
    pub(super) posted: Mutex<Vec<(String, Bytes)>>,
    /// In the place of `202`.
    pub(super) status: Mutex<Option<StatusCode>>,
}

impl Office {
    /// Says of a directory that it is in force, and that these witnesses said so at these times.
    pub(super) fn say(&self, signed: &SignedDirectory, time: u64, witnesses: &[Layer]) {
        let note = fresh(&signed.directory, time, witnesses);
        *self.answer.lock().unwrap() = Some(Current::wire(&note, &signed.note).into());
        *self.fresh.lock().unwrap() = Some(note);
    }

    /// The freshness notes that were posted since the last time.
    pub(super) fn lines(&self) -> Vec<Note> {
        let posted = std::mem::take(&mut *self.posted.lock().unwrap());
        let fresh = posted.iter().filter(|(path, _)| path == wire::FRESHNESS);
        fresh.map(|(_, body)| Note::parse(body).unwrap()).collect()
    }

    fn look(&self, path: &str) -> Option<Bytes> {
        match path {
            wire::FRESHNESS => {
                let fresh = self.fresh.lock().unwrap();
                fresh.as_ref().map(|note| note.to_string().into())
            }
            wire::DIRECTORY => self.answer.lock().unwrap().clone(),
            _ => None,
        }
    }

    fn take(&self, path: &str, body: Bytes) -> StatusCode {
        if let Some(status) = *self.status.lock().unwrap() {
            return status;
        }
        if path == wire::FRESHNESS
            && let Some(fresh) = &mut *self.fresh.lock().unwrap()
        {
            fresh.combine(&Note::parse(&body).unwrap()).unwrap();
        }
        self.posted.lock().unwrap().push((path.to_owned(), body));
        StatusCode::ACCEPTED
    }
}

impl Source for Office {
    async fn get(&self, path: &str, limit: usize) -> Option<Bytes> {
        self.look(path).filter(|bytes| bytes.len() <= limit)
    }

    async fn post(&self, path: &str, body: Bytes) -> Option<StatusCode> {
        Some(self.take(path, body))
    }
}

/// What these witnesses say at a time, each a second after the one before it.
pub(super) fn fresh(directory: &Directory, time: u64, witnesses: &[Layer]) -> Note {
    let day = u32::try_from(time / DAY).unwrap();
    let mut note = Freshness::of(directory, day).sign(&log_key()).unwrap();
    for (time, layer) in (time..).zip(witnesses) {
        let relay = directory.layer(*layer).next().unwrap();
        let named = named(&directory.scheme, relay).unwrap();
        // A relay that nobody holds the keys of says nothing.
        let mut keys = Layer::ALL.into_iter().map(witness_key);
        if let Some(key) = keys.find(|key| key.verifying_key() == relay.witness) {
            note.cosign(named.name(), &key, time).unwrap();
        }
    }
    note
}

/// All of an inbox, over TLS, that also remembers what was delivered.
pub(super) struct Whole {
    pub(super) office: Arc<Office>,
    pub(super) logs: Both,
    pub(super) delivered: mpsc::UnboundedSender<Bytes>,
}

impl Service for Whole {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        1 << 22
    }

    async fn call(&self, request: Request) -> Response {
        let path = request.path.clone();
        let Body::Whole(body) = request.body.clone() else {
            panic!("a body over the limit");
        };
        if request.method == Method::POST && path == wire::REPORTS {
            self.delivered.send(body).unwrap();
            return Response::empty(StatusCode::ACCEPTED);
        }
        if request.method == Method::POST && [wire::BOARD, wire::FRESHNESS].contains(&&*path) {
            return Response::empty(self.office.take(&path, body));
        }
        let version = path.starts_with("/v1/directory/");
        let note = || self.logs.0.iter().find_map(|log| log.look(&path));
        if let Some(bytes) = (self.office.look(&path)).or_else(|| version.then(note)?) {
            return Response::bytes(StatusCode::OK, "", bytes);
        }
        self.logs.call(request).await
    }
}
