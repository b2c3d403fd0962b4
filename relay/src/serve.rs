//! What a relay answers. Whatever becomes of a packet, here it is `202` and nothing else.

use std::sync::Arc;

use brolly_protocol::wire;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::http::{Method, StatusCode};

use crate::assignment::Assignment;
use crate::intake::{self, Intake};
use crate::keys::Keys;
use crate::mirror::{Mirror, Published};
use crate::writer::Answer;

/// A relay as others see it.
pub(crate) struct Relay {
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) mirror: Arc<Mirror>,
}

impl Service for Relay {
    fn body_limit(&self, method: &Method, path: &str) -> usize {
        if *method == Method::POST && path == wire::CELLS {
            intake::body_limit(self.assignment.layer)
        } else {
            0
        }
    }

    async fn call(&self, request: Request) -> Response {
        let public = [wire::DIRECTORY, wire::KEYS, wire::CHECKPOINT, wire::ENTRIES];
        match (&request.method, request.path.as_str()) {
            (&Method::POST, wire::CELLS) => self.cells(request.peer, request.body).await,
            (&Method::GET, wire::DIRECTORY) => {
                Response::text(StatusCode::OK, self.assignment.note.clone())
            }
            (&Method::GET, wire::KEYS) => {
                Response::bytes(StatusCode::OK, BINARY, self.keys.to_wire())
            }
            (&Method::GET, wire::CHECKPOINT) => {
                self.mirrored(|published| Response::text(StatusCode::OK, published.checkpoint))
            }
            (&Method::GET, wire::ENTRIES) => self
                .mirrored(|published| Response::bytes(StatusCode::OK, BINARY, published.entries)),
            (_, path) if path == wire::CELLS || public.contains(&path) => {
                Response::empty(StatusCode::METHOD_NOT_ALLOWED)
            }
            _ => Response::empty(StatusCode::NOT_FOUND),
        }
    }
}

impl Relay {
    async fn cells(&self, peer: Option<[u8; 32]>, body: Body) -> Response {
        if !self.assignment.takes_from(peer.as_ref()) {
            return Response::empty(StatusCode::FORBIDDEN);
        }
        Response::empty(match self.intake.take(body).await {
            Answer::Taken => StatusCode::ACCEPTED,
            Answer::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        })
    }

    fn mirrored(&self, found: impl FnOnce(Published) -> Response) -> Response {
        match self.mirror.published() {
            Some(published) => found(published),
            None => Response::empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

const BINARY: &str = "application/octet-stream";
