//! What a relay answers. Whatever becomes of a packet that is paid for, here it is `202` and nothing else.

use std::sync::Arc;

use brolly_protocol::geometry::{SECRET_CHANGE, TOKEN_REQUEST};
use brolly_protocol::log::{LogName, Resource};
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};

use crate::announce::announced;
use crate::assignment::Assignment;
use crate::intake::{self, Intake};
use crate::issuer::Issuer;
use crate::issuer::change::ChangeError;
use crate::keys::Keys;
use crate::mirror::{Found, Mirror};
use crate::page::Site;
use crate::tokens::{Asked, Tokens};
use crate::writer::Answer;

/// A relay as others see it.
pub(crate) struct Relay {
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) intake: Arc<Intake>,
    /// At an entry, the way to the issuer.
    pub(crate) tokens: Option<Tokens>,
    /// At the issuer, what it does as such.
    pub(crate) issuer: Option<Arc<Issuer>>,
    pub(crate) mirror: Arc<Mirror>,
    /// At an entry, the worker's page.
    pub(crate) site: Option<Arc<Site>>,
}

impl Service for Relay {
    fn body_limit(&self, method: &Method, path: &str) -> usize {
        match path {
            _ if *method != Method::POST => 0,
            wire::CELLS => intake::body_limit(self.assignment.layer),
            wire::TOKENS => TOKEN_REQUEST,
            wire::PROJECTS => SECRET_CHANGE,
            _ => 0,
        }
    }

    async fn call(&self, request: Request) -> Response {
        let path = request.path.as_str();
        if let Some(post) = self.post(path) {
            return match (request.method, post) {
                (Method::POST, Post::Cells) => self.cells(request.peer, request.body).await,
                // Whoever cannot open what is sealed to the key that everybody finds lets nobody begin.
                (Method::POST, Post::PassOn(_))
                    if !announced(&self.keys, &self.assignment, &self.mirror, clock::now()) =>
                {
                    binary(None)
                }
                (Method::POST, Post::PassOn(tokens)) => pass_on(tokens, request.body).await,
                (Method::POST, Post::Tokens(issuer)) => {
                    self.issue(issuer, request.peer, request.body).await
                }
                (Method::POST, Post::Secret(issuer)) => {
                    change(issuer, request.peer, request.body).await
                }
                _ => Response::empty(StatusCode::METHOD_NOT_ALLOWED),
            };
        }
        let Some(public) = Public::at(path) else {
            let site = self.site.as_ref().filter(|_| request.method == Method::GET);
            let page = site.and_then(|site| site.page.answer(path, request.encodings));
            return page.unwrap_or_else(|| Response::empty(StatusCode::NOT_FOUND));
        };
        match request.method {
            Method::GET => self.answer(public).await,
            _ => Response::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }
}

/// What is posted here.
enum Post<'a> {
    /// Packets.
    Cells,
    /// A request for tokens, to be passed on.
    PassOn(&'a Tokens),
    /// A request for tokens, to be answered.
    Tokens(&'a Arc<Issuer>),
    /// A project's new secret.
    Secret(&'a Arc<Issuer>),
}

/// What everybody may fetch.
enum Public {
    Directory,
    /// A version's note.
    Version(u32),
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
        if let Some(version) = path.strip_prefix(wire::DIRECTORY) {
            let version: u32 = version.strip_prefix('/')?.parse().ok()?;
            // One way of writing it.
            let same = path == format!("{}/{version}", wire::DIRECTORY);
            return same.then_some(Self::Version(version));
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
    fn post(&self, path: &str) -> Option<Post<'_>> {
        let issuer = self.issuer.as_ref();
        match path {
            wire::CELLS => Some(Post::Cells),
            wire::TOKENS => {
                let tokens = self.tokens.as_ref().map(Post::PassOn);
                tokens.or(issuer.map(Post::Tokens))
            }
            wire::PROJECTS => issuer.map(Post::Secret),
            _ => None,
        }
    }

    async fn cells(&self, peer: Option<[u8; 32]>, body: Body) -> Response {
        if !self.assignment.takes_from(peer.as_ref()) {
            return Response::empty(StatusCode::FORBIDDEN);
        }
        if self.assignment.closed() {
            return Response::empty(StatusCode::SERVICE_UNAVAILABLE);
        }
        Response::empty(match self.intake.take(body).await {
            Answer::Taken => StatusCode::ACCEPTED,
            Answer::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Answer::Unpaid => StatusCode::FORBIDDEN,
        })
    }

    async fn issue(&self, issuer: &Arc<Issuer>, peer: Option<[u8; 32]>, body: Body) -> Response {
        let Some(entry) = self.assignment.entry(peer.as_ref()) else {
            return Response::empty(StatusCode::FORBIDDEN);
        };
        match body {
            Body::Whole(request) if request.len() == TOKEN_REQUEST => binary(
                issuer
                    .answer(&self.keys, entry, request)
                    .await
                    .map(Bytes::from),
            ),
            Body::Whole(_) | Body::TooLong => Response::empty(StatusCode::BAD_REQUEST),
        }
    }

    async fn answer(&self, public: Public) -> Response {
        match public {
            Public::Directory => binary(self.mirror.directory()),
            Public::Version(version) => match self.mirror.directories().version(version) {
                Some(signed) => Response::text(StatusCode::OK, signed.note),
                None => Response::empty(StatusCode::NOT_FOUND),
            },
            Public::Keys => binary(self.mirror.keys()),
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

async fn pass_on(tokens: &Tokens, body: Body) -> Response {
    let asked = match body {
        Body::Whole(request) => tokens.ask(request).await,
        Body::TooLong => Asked::Malformed,
    };
    match asked {
        Asked::Answered(answer) => binary(Some(answer)),
        Asked::Malformed => Response::empty(StatusCode::BAD_REQUEST),
        Asked::Unavailable => binary(None),
    }
}

async fn change(issuer: &Arc<Issuer>, peer: Option<[u8; 32]>, body: Body) -> Response {
    let issuer = Arc::clone(issuer);
    let changed = match (peer.filter(|peer| issuer.desks().knows(peer)), body) {
        (None, _) => Err(ChangeError::NotAProjectsDesk),
        (_, Body::TooLong) => Err(ChangeError::Malformed),
        (Some(peer), Body::Whole(wire)) => {
            let change = move || issuer.desks().change(&peer, &wire);
            match tokio::task::spawn_blocking(change).await {
                Ok(changed) => changed,
                Err(_) => return Response::empty(StatusCode::INTERNAL_SERVER_ERROR),
            }
        }
    };
    let Err(error) = changed else {
        return Response::empty(StatusCode::ACCEPTED);
    };
    let status = match &error {
        ChangeError::Malformed => StatusCode::BAD_REQUEST,
        ChangeError::NotAProjectsDesk | ChangeError::NotAdmitted | ChangeError::OtherDesk => {
            StatusCode::FORBIDDEN
        }
        ChangeError::Stale(_) => StatusCode::CONFLICT,
        ChangeError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Response::text(status, error.to_string())
}

fn binary(bytes: Option<Bytes>) -> Response {
    match bytes {
        Some(bytes) => Response::bytes(StatusCode::OK, BINARY, bytes),
        None => Response::empty(StatusCode::SERVICE_UNAVAILABLE),
    }
}

const BINARY: &str = "application/octet-stream";
