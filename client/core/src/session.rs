//! One exchange with a relay, the same for reporting, checking and cover (SPEC §12.4).
//!
//! ```text
//! GET directory ─▶ GET keys ─▶ GET window ─▶ GET alerts ─▶ POST one submission           all to one entry relay
//!      │ verified                 │ verified    │ verified    │ zeros 292 | a packet 32,768: report or cover
//!      │                          │             └─▶ kept, for whoever looks something up
//!      │                          └─▶ the ends of both logs, for whoever looks whether a report arrived
//!      └ refused, or logs that shrank or forked: nothing further is sent
//! ```
//!
//! Who watches sees the same requests in the same order and of the same sizes whatever a session is for: only what
//! the relay answers can end one early.

use brolly_keys::epoch::Epoch;
use brolly_keys::sign::Verified;
use brolly_keys::suite::SealError;
use brolly_protocol::cell::{LetterError, SealedCell};
use brolly_protocol::directory::{Directory, DirectoryError, PathError};
use brolly_protocol::geometry::{ENTRY_PACKET, KEY_NOTICE, LAYERS, SUBMISSION, TOKEN};
use brolly_protocol::invite::Entrance;
use brolly_protocol::log::{Window, WindowError, window_limit};
use brolly_protocol::notice::PacketKeys;
use brolly_protocol::onion::{self, Command, Hop, Layer};
use brolly_protocol::wire;
use rand::RngExt;
use rand_core::CryptoRng;

use crate::alerts::{ALERTS_LIMIT, AlertsError};
use crate::state::State;

/// What a session's one packet carries.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Cargo {
    /// A report.
    Report(SealedCell),
    /// Nothing: what everybody sends who looks something up.
    Cover,
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
    window: Result<Window, LogError>,
    alerts: Result<(), AlertsError>,
    posted: bool,
    sent: Result<(), NotSent>,
}

/// What a session came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What to keep: with the newest directory, window and alerts that were accepted.
    pub state: State,
    /// The directory, if the relay gave a good one.
    pub directory: Option<Verified<Directory>>,
    /// The ends of the public logs, checked.
    pub window: Result<Window, LogError>,
    /// Whether the newest alerts are in the state.
    pub alerts: Result<(), AlertsError>,
    /// Whether the packet was handed out to be posted. Then the same cell must not be sent again at once, whatever the
    /// answer was or was said to be: two equal cells would show an entry relay and the inbox together who sent them.
    pub posted: bool,
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
    Directory(#[from] DirectoryError),
    /// The directory does not have this relay as an entry.
    #[error(
        "this way in is no longer an entry of the scheme: ask for a new invitation; nothing was sent"
    )]
    NotAnEntry,
    /// A log is shorter than it was, or another one.
    #[error("{0}; nothing was sent")]
    Log(WindowError),
    /// The alerts are of another board than was seen.
    #[error("{0}; nothing was sent")]
    Alerts(AlertsError),
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
    /// There is no way through.
    #[error(transparent)]
    NoPath(#[from] PathError),
    /// A cover cell cannot be sealed.
    #[error(transparent)]
    Cover(#[from] LetterError),
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
    Cells,
}

/// What a session learnt so far.
struct Known {
    directory: Verified<Directory>,
    submission: Vec<u8>,
}

impl Session {
    /// Begins an exchange with one way in.
    pub fn new(state: State, entrance: Entrance, cargo: Cargo) -> Self {
        Self {
            state,
            entrance,
            cargo,
            next: Some(Step::Directory),
            waiting: false,
            known: None,
            window: Err(LogError::NotFetched),
            alerts: Err(AlertsError::NotFetched),
            posted: false,
            sent: Err(NotSent::NotReached),
        }
    }

    /// The relay that everything goes to.
    pub fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    /// The next request; `None` while an answer is outstanding and when the session is over.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let step = self.next.filter(|_| !self.waiting)?;
        let window = |known: &Known| window_limit(known.directory.parameters.window);
        let window = self.known.as_ref().map_or(0, window);
        let body = match (step, &mut self.known) {
            (Step::Cells, Some(known)) => {
                self.posted = true;
                core::mem::take(&mut known.submission)
            }
            _ => Vec::new(),
        };
        self.waiting = true;
        let (method, path, response_limit) = match step {
            Step::Directory => (Method::Get, wire::DIRECTORY, DIRECTORY_LIMIT),
            Step::Keys => (Method::Get, wire::KEYS, KEYS_LIMIT),
            Step::Window => (Method::Get, wire::WINDOW, window),
            Step::Alerts => (Method::Get, wire::ALERTS, ALERTS_LIMIT),
            Step::Cells => (Method::Post, wire::CELLS, ACKNOWLEDGEMENT_LIMIT),
        };
        Some(Transmit {
            method,
            path,
            body,
            response_limit,
        })
    }

    /// Takes the answer to the last request at `now` (seconds).
    ///
    /// # Errors
    /// [`SessionError`]; the session is then over and nothing was posted.
    pub fn handle_reply(
        &mut self,
        now: u64,
        status: u16,
        body: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(), SessionError> {
        if !self.waiting {
            return Ok(());
        }
        self.waiting = false;
        self.next = match (self.next.take(), self.known.take()) {
            (Some(Step::Directory), _) => {
                self.known = Some(self.directory(now, status, body)?);
                Some(Step::Keys)
            }
            (Some(Step::Keys), Some(mut known)) => {
                // Without keys the logs are fetched all the same: a session ends alike for every purpose.
                match self.submission(&known.directory, now, body, rng) {
                    Ok(submission) => known.submission = submission,
                    Err(error) => self.sent = Err(error),
                }
                self.known = Some(known);
                Some(Step::Window)
            }
            (Some(Step::Window), Some(known)) => {
                self.window = self.window(&known.directory, status, body)?;
                self.known = Some(known);
                Some(Step::Alerts)
            }
            (Some(Step::Alerts), Some(known)) => {
                self.alerts = self.alerts(&known.directory, status, body)?;
                let ready = !known.submission.is_empty();
                self.known = Some(known);
                ready.then_some(Step::Cells)
            }
            (Some(Step::Cells), known) => {
                self.known = known;
                self.sent = match status {
                    ACCEPTED => Ok(()),
                    other => Err(NotSent::Refused(other)),
                };
                None
            }
            _ => None,
        };
        Ok(())
    }

    /// What it came to; at any time, for a relay may go away in the middle.
    pub fn into_outcome(self) -> Outcome {
        Outcome {
            state: self.state,
            directory: self.known.map(|known| known.directory),
            window: self.window,
            alerts: self.alerts,
            posted: self.posted,
            sent: self.sent,
        }
    }

    fn directory(&mut self, now: u64, status: u16, body: &[u8]) -> Result<Known, SessionError> {
        if status != OK {
            return Err(SessionError::NoDirectory(status));
        }
        let directory = self.state.accept(body, now)?;
        directory
            .relay_of_layer_with_key(Layer::Entry, &self.entrance.key)
            .ok_or(SessionError::NotAnEntry)?;
        Ok(Known {
            directory,
            submission: Vec::new(),
        })
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
    ) -> Result<Result<(), AlertsError>, SessionError> {
        if status != OK {
            return Ok(Err(AlertsError::NotThere(status)));
        }
        match self.state.accept_alerts(body, directory) {
            Err(error) if error == AlertsError::Forked => Err(SessionError::Alerts(error)),
            taken => Ok(taken),
        }
    }

    /// `zeros 292 | packet 32,768`. A cover cell is made every time, so that both cost the same.
    fn submission(
        &self,
        directory: &Directory,
        now: u64,
        notices: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, NotSent> {
        let path = draw_path(directory, &self.entrance, notices, now, rng)?;
        let week = Epoch::at(now, directory.parameters.desk_epoch);
        let cover = SealedCell::cover(directory.scheme, week, rng)?;
        let delivered = rng.random_range(0..directory.parameters.cover_deliver_one_in.max(1)) == 0;
        let command = match &self.cargo {
            Cargo::Report(cell) => Command::Deliver(directory.inbox.id, cell),
            Cargo::Cover if delivered => Command::Deliver(directory.inbox.id, &cover),
            Cargo::Cover => Command::Drop,
        };
        let wrapped = onion::wrap(directory.scheme, &path, command, rng)?;
        let mut submission = Vec::with_capacity(SUBMISSION);
        submission.resize(TOKEN, 0);
        submission.extend_from_slice(&wrapped.packet);
        debug_assert_eq!(wrapped.packet.len(), ENTRY_PACKET);
        Ok(submission)
    }
}

/// Draws evenly among the paths that begin at this entrance.
fn draw_path(
    directory: &Directory,
    entrance: &Entrance,
    notices: &[u8],
    now: u64,
    rng: &mut impl CryptoRng,
) -> Result<[Hop; LAYERS], PathError> {
    let mut keys = PacketKeys::new();
    keys.read(directory, notices);
    let mut through = directory.clone();
    through
        .relays
        .retain(|relay| relay.layer != Layer::Entry || relay.key.to_bytes() == entrance.key);
    // Around a boundary the draw may fall on an epoch whose keys are not there: on the next it may not.
    (1..DRAWS)
        .find_map(|_| through.draw_path(&keys, now, rng).ok())
        .map_or_else(|| through.draw_path(&keys, now, rng), Ok)
}

const OK: u16 = 200;
const ACCEPTED: u16 = 202;
const DRAWS: usize = 16;
const DIRECTORY_LIMIT: usize = brolly_keys::note::MAX_NOTE;
/// 3,000 notices.
const KEYS_LIMIT: usize = 3_000 * KEY_NOTICE;
const ACKNOWLEDGEMENT_LIMIT: usize = 1 << 10;

#[cfg(test)]
mod tests;
