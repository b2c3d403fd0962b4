//! One exchange with a relay, the same for reporting, checking and cover (SPEC §12.4).
//!
//! ```text
//! GET directory ─▶ GET keys ─▶ GET window ─▶ GET alerts ─▶ POST tokens ─▶ POST one submission     all to one entry relay
//!      │ verified,   │ verified   │ verified    │ verified     │ sealed to     │ token 292 | a packet 32,768
//!      │ in force    │            │             │              │ the issuer    └ report or cover
//!      └ refused, or logs that shrank or forked: nothing further is sent
//! ```
//!
//! Who watches sees the same requests in the same order and of the same sizes whatever a session is for: only what
//! the relay answers can end one early. Everything is sealed in the session that sends it, so that its keys are those of
//! that hour.

use std::sync::Arc;
use std::time::Duration;

use brolly_keys::sign::Verified;
use brolly_keys::suite::SealError;
use brolly_protocol::board::Keys;
use brolly_protocol::cell::LetterError;
use brolly_protocol::directory::{Current, CurrentError, Directory, PathError};
use brolly_protocol::geometry::TOKEN_ANSWER;
use brolly_protocol::invite::Entrance;
use brolly_protocol::log::{Window, WindowError, window_limit};
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::replay::Tag;
use brolly_protocol::token::request::{AnswerError, RequestError};
use brolly_protocol::wire;
use rand_core::CryptoRng;

use self::way::{Submission, Way};
use crate::compose::Ready;
use crate::index::{IndexError, Kind};
use crate::state::State;

/// What a session's one packet carries.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Cargo {
    /// A report.
    Report(Arc<Ready>),
    /// Nothing: what everybody sends who looks something up.
    Cover,
    /// The same on a path that crosses this relay, which sends it and knows it again (SPEC §8.12).
    Canary(NodeId),
}

/// A request for the shell to send to [`Session::entrance`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transmit {
    /// `GET` or `POST`.
    pub method: Method,
    /// The path.
    pub path: &'static str,
    /// The body; empty for `GET`.
    pub body: Vec<u8>,
    /// The longest answer that is taken, in bytes.
    pub response_limit: usize,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Fetch.
    Get,
    /// Send.
    Post,
}

/// One exchange, as a state machine: [`poll_transmit`](Self::poll_transmit), send, [`handle_reply`](Self::handle_reply).
pub struct Session {
    state: State,
    entrance: Entrance,
    cargo: Cargo,
    next: Option<Step>,
    waiting: bool,
    known: Option<Known>,
    keys: Result<(), IndexError>,
    window: Result<Window, LogError>,
    alerts: Result<(), IndexError>,
    posted: bool,
    /// Why the report went out as nothing.
    unsealed: Option<LetterError>,
    canary: Option<Tag>,
    sent: Result<(), NotSent>,
}

/// What a session came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What to keep: with the newest directory, window and alerts that were accepted.
    pub state: State,
    /// The directory in force, if the relay gave a good one.
    pub directory: Option<Verified<Directory>>,
    /// Whether the newest keys are in the state.
    pub keys: Result<(), IndexError>,
    /// The ends of the public logs, checked.
    pub window: Result<Window, LogError>,
    /// Whether the newest alerts are in the state.
    pub alerts: Result<(), IndexError>,
    /// Whether the packet was handed out to be posted. Then the same cell must not be sent again at once, whatever the
    /// answer was or was said to be: two equal cells would show an entry relay and the inbox together who sent them.
    pub posted: bool,
    /// Whether the report was in it, as far as there was one: where it could not be sealed a cover cell went out instead.
    pub carried: bool,
    /// Whether the relay took the packet.
    pub sent: Result<(), NotSent>,
}

/// Why a session ends before anything is posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The relay has no directory to give.
    #[error("the relay gave no directory (it answered {0}): try again later")]
    NoDirectory(u16),
    /// The directory is refused.
    #[error("{0}; nothing was sent")]
    Directory(#[from] CurrentError),
    /// The directory does not have this relay as an entry.
    #[error(
        "this way in is no longer an entry of the scheme: ask for a new invitation; nothing was sent"
    )]
    NotAnEntry,
    /// A log is shorter than it was, or another one.
    #[error("{0}; nothing was sent")]
    Log(WindowError),
    /// The keys or alerts are of another board than was seen.
    #[error("{0}; nothing was sent")]
    Index(IndexError),
}

/// Why there is no checked window of the logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The session did not come so far.
    #[error("the logs were not fetched")]
    NotFetched,
    /// The relay has none yet.
    #[error(
        "the relay has no logs that witnesses cosigned yet (it answered {0}): try again in a minute"
    )]
    NotThere(u16),
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] WindowError),
}

/// Why a packet was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// The session did not come so far.
    #[error("the relay was not reached")]
    NotReached,
    /// The relay has no room, or is shutting down.
    #[error("the relay did not take it (it answered {0}): it may be full")]
    Refused(u16),
    /// The keys of the relays are not known.
    #[error(transparent)]
    NoKeys(#[from] IndexError),
    /// There is no way through.
    #[error(transparent)]
    NoPath(#[from] PathError),
    /// Nobody signs tokens now.
    #[error("the scheme has no key for admission tokens now: try again later, and tell the scheme")]
    NoIssuer,
    /// The request for tokens cannot be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The relay passed no answer of the issuer on.
    #[error("the relay brought no admission tokens (it answered {0}): try again later")]
    NoTokens(u16),
    /// The issuer gave none.
    #[error(transparent)]
    Tokens(#[from] AnswerError),
    /// The cell cannot be sealed.
    #[error(transparent)]
    Seal(#[from] LetterError),
    /// The packet cannot be wrapped.
    #[error(transparent)]
    Wrap(#[from] SealError),
}

#[derive(Clone, Copy)]
enum Step {
    Directory,
    Keys,
    Window,
    Alerts,
    Tokens,
    Cells,
}

/// What a session learnt so far.
struct Known {
    directory: Verified<Directory>,
    /// By the witnesses' time, in seconds since 1970.
    now: u64,
    keys: Keys,
    way: Option<Way>,
    /// The body of the next `POST`.
    body: Vec<u8>,
}

impl Session {
    /// Sessions for one purpose, at the most, whatever the purpose is.
    pub const TRIES: usize = 3;
    /// For one request and its answer; Tor can be slow.
    pub const PATIENCE: Duration = Duration::from_secs(120);

    /// Begins an exchange with one way in.
    pub fn new(state: State, entrance: Entrance, cargo: Cargo) -> Self {
        Self {
            state,
            entrance,
            cargo,
            next: Some(Step::Directory),
            waiting: false,
            known: None,
            keys: Err(IndexError::NotFetched(Kind::Keys)),
            window: Err(LogError::NotFetched),
            alerts: Err(IndexError::NotFetched(Kind::Alerts)),
            posted: false,
            unsealed: None,
            canary: None,
            sent: Err(NotSent::NotReached),
        }
    }

    /// The relay that everything goes to.
    pub fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    /// The tag by which the relay of a [`Cargo::Canary`] knows it again: there before the packet is handed out, since an entry
    /// may have the packet before it has the answer.
    pub fn canary(&self) -> Option<Tag> {
        self.canary
    }

    /// The next request; `None` while an answer is outstanding and when the session is over.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let step = self.next.filter(|_| !self.waiting)?;
        let window = |known: &Known| window_limit(known.directory.parameters.window);
        let window = self.known.as_ref().map_or(0, window);
        self.posted |= matches!(step, Step::Cells);
        let body = match (step, &mut self.known) {
            (Step::Tokens | Step::Cells, Some(known)) => core::mem::take(&mut known.body),
            _ => Vec::new(),
        };
        self.waiting = true;
        let (method, path, response_limit) = match step {
            Step::Directory => (Method::Get, wire::DIRECTORY, DIRECTORY_LIMIT),
            Step::Keys => (Method::Get, wire::KEYS, Kind::LIMIT),
            Step::Window => (Method::Get, wire::WINDOW, window),
            Step::Alerts => (Method::Get, wire::ALERTS, Kind::LIMIT),
            Step::Tokens => (Method::Post, wire::TOKENS, TOKEN_ANSWER),
            Step::Cells => (Method::Post, wire::CELLS, ACKNOWLEDGEMENT_LIMIT),
        };
        Some(Transmit {
            method,
            path,
            body,
            response_limit,
        })
    }

    /// Takes the answer to the last request on a device whose clock says `clock` (seconds since 1970).
    ///
    /// # Errors
    /// [`SessionError`]; the session is then over and nothing was posted.
    pub fn handle_reply(
        &mut self,
        clock: u64,
        status: u16,
        body: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(), SessionError> {
        if !self.waiting {
            return Ok(());
        }
        self.waiting = false;
        let Some(step) = self.next.take() else {
            return Ok(());
        };
        let Some(mut known) = self.known.take() else {
            self.known = Some(self.directory(clock, status, body)?);
            self.next = Some(Step::Keys);
            return Ok(());
        };
        let next = self.step(step, &mut known, status, body, rng)?;
        self.known = Some(known);
        self.next = next;
        Ok(())
    }

    fn step(
        &mut self,
        step: Step,
        known: &mut Known,
        status: u16,
        body: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Step>, SessionError> {
        Ok(match step {
            Step::Directory => Some(Step::Keys),
            Step::Keys => {
                self.keys = self.keys(known, status, body)?;
                // Without keys the logs are fetched all the same: a session ends alike for every purpose.
                match self.way(known, rng) {
                    Ok((way, request)) => {
                        known.body = request.into();
                        known.way = Some(way);
                    }
                    Err(error) => self.sent = Err(error),
                }
                Some(Step::Window)
            }
            Step::Window => {
                self.window = self.window(&known.directory, status, body)?;
                Some(Step::Alerts)
            }
            Step::Alerts => {
                self.alerts = self.alerts(&known.directory, status, body)?;
                known.way.is_some().then_some(Step::Tokens)
            }
            Step::Tokens => match self.submission(known, status, body, rng) {
                Ok(submission) => {
                    known.body = submission.body;
                    self.unsealed = submission.unsealed;
                    self.canary = submission.canary;
                    Some(Step::Cells)
                }
                Err(error) => {
                    self.sent = Err(error);
                    None
                }
            },
            Step::Cells => {
                self.sent = match (self.unsealed, status) {
                    (Some(error), _) => Err(error.into()),
                    (None, ACCEPTED) => Ok(()),
                    (None, other) => Err(NotSent::Refused(other)),
                };
                None
            }
        })
    }

    /// What it came to; at any time, for a relay may go away in the middle.
    pub fn into_outcome(self) -> Outcome {
        Outcome {
            state: self.state,
            directory: self.known.map(|known| known.directory),
            keys: self.keys,
            window: self.window,
            alerts: self.alerts,
            posted: self.posted,
            carried: self.posted && self.unsealed.is_none(),
            sent: self.sent,
        }
    }

    fn directory(&mut self, clock: u64, status: u16, body: &[u8]) -> Result<Known, SessionError> {
        if status != OK {
            return Err(SessionError::NoDirectory(status));
        }
        let Current { directory, .. } = self.state.accept(body, clock)?;
        let now = self.state.now(clock);
        directory
            .relay_of_layer_with_key(Layer::Entry, &self.entrance.key)
            .ok_or(SessionError::NotAnEntry)?;
        Ok(Known {
            directory,
            now,
            keys: Keys::new(),
            way: None,
            body: Vec::new(),
        })
    }

    fn keys(
        &mut self,
        known: &mut Known,
        status: u16,
        body: &[u8],
    ) -> Result<Result<(), IndexError>, SessionError> {
        if status != OK {
            return Ok(Err(IndexError::NotThere(Kind::Keys, status)));
        }
        match self.state.accept_keys(body, &known.directory) {
            Err(error @ IndexError::Forked(_)) => Err(SessionError::Index(error)),
            Err(error) => Ok(Err(error)),
            Ok(()) => {
                known.keys = self.state.keys();
                Ok(Ok(()))
            }
        }
    }

    /// A window that is missing or wrong is the relay's fault, and the session goes on without. One that the witnesses
    /// signed and that does not continue what was seen is not.
    fn window(
        &mut self,
        directory: &Directory,
        status: u16,
        body: &[u8],
    ) -> Result<Result<Window, LogError>, SessionError> {
        if status != OK {
            return Ok(Err(LogError::NotThere(status)));
        }
        let window = match Window::verify(body, directory) {
            Ok(window) => window,
            Err(error) => return Ok(Err(error.into())),
        };
        self.state
            .accept_window(&window, directory)
            .map_err(SessionError::Log)?;
        Ok(Ok(window))
    }

    fn alerts(
        &mut self,
        directory: &Directory,
        status: u16,
        body: &[u8],
    ) -> Result<Result<(), IndexError>, SessionError> {
        if status != OK {
            return Ok(Err(IndexError::NotThere(Kind::Alerts, status)));
        }
        match self.state.accept_alerts(body, directory) {
            Err(error @ IndexError::Forked(_)) => Err(SessionError::Index(error)),
            taken => Ok(taken),
        }
    }

    fn way(&self, known: &Known, rng: &mut impl CryptoRng) -> Result<(Way, Box<[u8]>), NotSent> {
        self.keys?;
        let invitation = self.state.invitation();
        Way::draw(known, &self.entrance, invitation, &self.cargo, rng)
    }

    fn submission(
        &self,
        known: &mut Known,
        status: u16,
        answer: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Submission, NotSent> {
        let way = known.way.take().ok_or(NotSent::NotReached)?;
        if status != OK {
            return Err(NotSent::NoTokens(status));
        }
        way.submission(known, answer, &self.cargo, rng)
    }
}

const OK: u16 = 200;
const ACCEPTED: u16 = 202;
/// A directory, and the freshness note with its cosignatures before it.
const DIRECTORY_LIMIT: usize = brolly_keys::note::MAX_NOTE + (256 << 10);
const ACKNOWLEDGEMENT_LIMIT: usize = 1 << 10;

mod way;

#[cfg(test)]
mod tests;
