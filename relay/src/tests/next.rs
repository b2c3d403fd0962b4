//! A next hop that remembers what it was given and answers as it is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::http::server::{Body, Limits, Request, Response, Server, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls::{self, Clients, Identity};
use tokio::sync::mpsc;

use super::world::{BOUND, inbox_key, relay_key};

/// The next hop: what it was given, and how it answers.
pub(super) struct Next {
    pub(super) address: SocketAddr,
    pub(super) status: Arc<AtomicU16>,
    refused: Arc<AtomicU64>,
    bodies: mpsc::UnboundedReceiver<Bytes>,
    given: mpsc::UnboundedSender<Bytes>,
    identity: Identity,
    path: &'static str,
    reserved: Option<Server>,
}

impl Next {
    pub(super) fn reserve(layer: Layer) -> Self {
        let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (seed, path) = match layer.after() {
            Some(after) => (relay_key(after).expose(), wire::CELLS),
            None => (inbox_key().expose(), wire::REPORTS),
        };
        let (given, bodies) = mpsc::unbounded_channel();
        Self {
            address: server.local_addr(),
            status: Arc::new(AtomicU16::new(202)),
            refused: Arc::new(AtomicU64::new(0)),
            bodies,
            given,
            identity: Identity::from_seed(&seed).unwrap(),
            path,
            reserved: Some(server),
        }
    }

    /// Answers from now on.
    pub(super) fn up(&mut self) {
        let server = self.reserved.take();
        let server = server.unwrap_or_else(|| Server::bind(self.address).unwrap());
        let service = Recorder {
            given: self.given.clone(),
            status: Arc::clone(&self.status),
            refused: Arc::clone(&self.refused),
            path: self.path,
        };
        let tls = tls::server(&self.identity, Clients::Optional);
        let never = std::future::pending::<()>();
        tokio::spawn(server.run(tls, Arc::new(service), Limits::default(), never));
    }

    /// Is this instead, from now on.
    pub(super) fn be(&mut self, service: Arc<impl Service>) {
        let server = self.reserved.take().unwrap();
        let tls = tls::server(&self.identity, Clients::Optional);
        let never = std::future::pending::<()>();
        tokio::spawn(server.run(tls, service, Limits::default(), never));
    }

    /// Refuses connections until it is [`Next::up`].
    pub(super) fn down(&mut self) {
        self.reserved = None;
    }

    pub(super) async fn body(&mut self) -> Bytes {
        let body = tokio::time::timeout(BOUND, self.bodies.recv()).await;
        body.unwrap().unwrap()
    }

    /// Waits until it has refused `count` attempts.
    pub(super) async fn refusals(&self, count: u64) {
        let refused = async {
            while self.refused.load(Ordering::SeqCst) < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(BOUND, refused).await.unwrap();
    }

    pub(super) fn nothing_more(&mut self) -> bool {
        self.bodies.try_recv().is_err()
    }
}

struct Recorder {
    given: mpsc::UnboundedSender<Bytes>,
    status: Arc<AtomicU16>,
    refused: Arc<AtomicU64>,
    path: &'static str,
}

impl Service for Recorder {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        1 << 22
    }

    async fn call(&self, request: Request) -> Response {
        if [wire::BOARD, wire::FRESHNESS].contains(&request.path.as_str()) {
            // An inbox that is nothing but a next hop.
            return Response::empty(StatusCode::NOT_FOUND);
        }
        let status = self.status.load(Ordering::SeqCst);
        if request.method == Method::POST {
            assert_eq!(request.path, self.path);
            let Body::Whole(body) = request.body else {
                panic!("a body over the limit");
            };
            match status {
                202 => self.given.send(body).unwrap(),
                _ => {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
        Response::empty(StatusCode::from_u16(status).unwrap())
    }
}
