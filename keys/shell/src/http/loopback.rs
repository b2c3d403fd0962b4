//! A server on the loopback interface, for the tests of both ends.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::client::Link;
use super::server::{Body, Limits, Request, Response, ServeError, Server, Service};
use crate::tls::{self, Clients, Identity};

/// Bytes that the test service takes.
pub(super) const LIMIT: usize = 1000;

/// Answers according to the path.
#[derive(Default)]
pub(super) struct Paths {
    pub(super) arrived: Notify,
    pub(super) release: Notify,
}

impl Service for Paths {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        LIMIT
    }

    async fn call(&self, request: Request) -> Response {
        let Body::Whole(body) = request.body else {
            return Response::empty(StatusCode::PAYLOAD_TOO_LARGE);
        };
        match request.path.as_str() {
            "/echo" => Response::bytes(StatusCode::OK, "application/octet-stream", body),
            "/peer" => Response::bytes(
                StatusCode::OK,
                "application/octet-stream",
                request.peer.map(|key| key.to_vec()).unwrap_or_default(),
            ),
            "/query" => Response::text(StatusCode::OK, request.query.unwrap_or_default()),
            "/long" => {
                Response::bytes(StatusCode::OK, "text/plain", vec![b'x'; 3_000_000]).cacheable()
            }
            "/panic" => panic!("a service that panics"),
            "/wait" => {
                self.arrived.notify_one();
                self.release.notified().await;
                Response::text(StatusCode::OK, "waited")
            }
            _ => Response::empty(StatusCode::NOT_FOUND),
        }
    }
}

/// A running server.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) service: Arc<Paths>,
    pub(super) stop: oneshot::Sender<()>,
    pub(super) ended: JoinHandle<Result<(), ServeError>>,
}

pub(super) fn identity(seed: u8) -> Identity {
    Identity::from_seed(&[seed; 32]).unwrap()
}

/// A server with the identity of seed 1.
pub(super) fn start(limits: Limits) -> Running {
    start_at("127.0.0.1:0".parse().unwrap(), limits)
}

pub(super) fn start_at(address: SocketAddr, limits: Limits) -> Running {
    let server = Server::bind(address).unwrap();
    let address = server.local_addr();
    let service = Arc::new(Paths::default());
    let (stop, stopped) = oneshot::channel();
    let tls = tls::server(&identity(1), Clients::Optional);
    let ended = tokio::spawn(server.run(tls, Arc::clone(&service), limits, stopped));
    Running {
        address,
        service,
        stop,
        ended,
    }
}

impl Running {
    pub(super) fn link(&self) -> Link {
        link(self.address)
    }

    /// Stops the server and waits until it has ended.
    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

/// A link that expects the identity of seed 1.
pub(super) fn link(address: SocketAddr) -> Link {
    let tls = tls::client(&identity(1).public_key(), None);
    Link::new(address.to_string(), tls, None)
}

/// Sends with bounds that a test never reaches.
pub(super) async fn post(
    link: &Link,
    path: &str,
    body: impl Into<Bytes>,
) -> Result<(StatusCode, Bytes), super::client::LinkError> {
    let bound = std::time::Duration::from_secs(60);
    let reply = link
        .send(Method::POST, path, body.into(), 4_000_000, bound)
        .await?;
    Ok((reply.status, reply.body))
}
