//! What a relay answers. Whatever becomes of a packet, here it is `202` and nothing else.

use std::sync::Arc;

use brolly_protocol::log::{LogName, Resource};
use brolly_protocol::wire;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};

use crate::assignment::Assignment;
use crate::intake::{self, Intake};
use crate::keys::Keys;
use crate::mirror::{Found, Mirror};
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
        let path = request.path.as_str();
        if path == wire::CELLS {
            return match request.method {
                Method::POST => self.cells(request.peer, request.body).await,
                _ => Response::empty(StatusCode::METHOD_NOT_ALLOWED),
            };
        }
        let Some(public) = Public::at(path) else {
            return Response::empty(StatusCode::NOT_FOUND);
        };
        match request.method {
            Method::GET => self.answer(public).await,
            _ => Response::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }
}

/// What everybody may fetch.
enum Public {
    Directory,
    Keys,
    Window,
    Alerts,
    Checkpoint(LogName),
    Tile(LogName, Resource),
}

impl Public {
    fn at(path: &str) -> Option<Self> {
        match path {
            wire::DIRECTORY => return Some(Self::Directory),
            wire::KEYS => return Some(Self::Keys),
            wire::WINDOW => return Some(Self::Window),
            wire::ALERTS => return Some(Self::Alerts),
            _ => {}
        }
        LogName::ALL.into_iter().find_map(|log| {
            if path == wire::checkpoint(log) {
                return Some(Self::Checkpoint(log));
            }
            let resource = Resource::parse(path.strip_prefix(wire::tiles(log))?)?;
            Some(Self::Tile(log, resource))
        })
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

    async fn answer(&self, public: Public) -> Response {
        match public {
            Public::Directory => Response::text(StatusCode::OK, self.assignment.note.clone()),
            Public::Keys => Response::bytes(StatusCode::OK, BINARY, self.keys.to_wire()),
            Public::Window => binary(self.mirror.window()),
            Public::Alerts => binary(self.mirror.alerts()),
            Public::Checkpoint(log) => match self.mirror.checkpoint(log) {
                Some(note) => Response::text(StatusCode::OK, note),
                None => Response::empty(StatusCode::SERVICE_UNAVAILABLE),
            },
            Public::Tile(log, resource) => match self.mirror.tile(log, resource).await {
                Found::Bytes(bytes, true) => binary(Some(bytes)).cacheable(),
                Found::Bytes(bytes, false) => binary(Some(bytes)),
                Found::Nothing => Response::empty(StatusCode::NOT_FOUND),
                Found::Unavailable => Response::empty(StatusCode::SERVICE_UNAVAILABLE),
            },
        }
    }
}

fn binary(bytes: Option<Bytes>) -> Response {
    match bytes {
        Some(bytes) => Response::bytes(StatusCode::OK, BINARY, bytes),
        None => Response::empty(StatusCode::SERVICE_UNAVAILABLE),
    }
}

const BINARY: &str = "application/octet-stream";
