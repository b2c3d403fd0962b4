//! One exchange with a relay, the same for reporting, checking and cover (SPEC §12.4).
//!
//! ```text
//! GET directory ─▶ GET keys ─▶ GET window ─▶ GET alerts ─▶ POST tokens ─▶ POST one submission     all to one entry relay
//!      │ verified,   │ verified   │ verified    │ verified     │ sealed to   ▲ │ token 292 | a packet 32,768
//!      │ in force    │            │             │              │ the issuer  │ └ report or cover
//!      └ refused, or logs that shrank or forked: nothing       └ a page's    └ load: what it carries is said here, and
//!        further is sent                                         first asks    nothing before depends on it
//!                                                                twice
//! ```
//!
//! Who watches sees the same requests in the same order and of the same sizes whatever a session is for: only what
//! the relay answers can end one early. Everything is sealed in the session that sends it, so that its keys are those of
//! that hour.

use std::sync::Arc;
use std::time::Duration;

use brolly_keys::sign::Verified;
use brolly_protocol::board::Keys;
use brolly_protocol::cell::LetterError;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::TOKEN_ANSWER;
use brolly_protocol::invite::Entrance;
use brolly_protocol::log::{Window, window_limit};
use brolly_protocol::node::NodeId;
use brolly_protocol::replay::Tag;
use brolly_protocol::token::request::Pending;
use brolly_protocol::wire;
use rand_core::CryptoRng;

pub use self::outcome::{LogError, NotSent, Outcome, SessionError};
use self::way::Payment;
use crate::index::{IndexError, Kind};
use crate::letter::Ready;
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

/// One exchange, as a state machine: [`poll_transmit`](Self::poll_transmit), send, [`handle_reply`](Self::handle_reply); once it
/// [`is_ready`](Self::is_ready), [`load`](Self::load).
pub struct Session {
    state: State,
    entrance: Entrance,
    next: Option<Step>,
    waiting: bool,
    known: Option<Known>,
    /// What the session before it in the same visit knew, for a last cell before this one knows as much.
    earlier: Option<Known>,
    /// The body of the next `POST`.
    body: Vec<u8>,
    asked: Option<Pending>,
    /// Requests for tokens that are still to be made.
    asks: usize,
    purse: Vec<Payment>,
    keys: Result<(), IndexError>,
    window: Result<Window, LogError>,
    alerts: Result<(), IndexError>,
    posted: bool,
    /// Why the report went out as nothing.
    unsealed: Option<LetterError>,
    canary: Option<Tag>,
    sent: Result<(), NotSent>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Directory,
    Keys,
    Window,
    Alerts,
    Tokens,
    /// Everything is there but what the cell carries.
    Ready,
    Cells,
}

/// What a session learnt so far.
struct Known {
    directory: Verified<Directory>,
    /// By the witnesses' time, in seconds since 1970.
    now: u64,
    keys: Keys,
}

impl Session {
    /// Sessions for one purpose, at the most, whatever the purpose is.
    pub const TRIES: usize = 3;
    /// For one request and its answer; Tor can be slow.
    pub const PATIENCE: Duration = Duration::from_secs(120);

    /// Begins an exchange with one way in.
    pub fn new(state: State, entrance: Entrance) -> Self {
        Self {
            state,
            entrance,
            next: Some(Step::Directory),
            waiting: false,
            known: None,
            earlier: None,
            body: Vec::new(),
            asked: None,
            asks: 1,
            purse: Vec::new(),
            keys: Err(IndexError::NotFetched(Kind::Keys)),
            window: Err(LogError::NotFetched),
            alerts: Err(IndexError::NotFetched(Kind::Alerts)),
            posted: false,
            unsealed: None,
            canary: None,
            sent: Err(NotSent::NotReached),
        }
    }

    /// Begins the first exchange of a visit: it asks for tokens twice, so that a [last cell](Self::last_cell) can be paid for at
    /// any time.
    pub fn of_visit(state: State, entrance: Entrance) -> Self {
        Self {
            asks: 2,
            ..Self::new(state, entrance)
        }
    }

    /// Begins the next exchange of the same visit, which keeps what is left of its tokens. Gives the window that the one before
    /// brought.
    ///
    /// # Errors
    /// [`LogError`], where it brought none.
    pub fn follow(&mut self) -> Result<Window, LogError> {
        self.asks = match self.purse.is_empty() {
            true => 2,
            false => 1,
        };
        self.begin()
    }

    /// Begins the first exchange of another visit.
    ///
    /// # Errors
    /// As [`follow`](Self::follow).
    pub fn visit_again(&mut self) -> Result<Window, LogError> {
        self.purse.clear();
        self.asks = 2;
        self.begin()
    }

    fn begin(&mut self) -> Result<Window, LogError> {
        self.next = Some(Step::Directory);
        self.waiting = false;
        self.earlier = self.known.take().or(self.earlier.take());
        self.body.clear();
        self.asked = None;
        self.keys = Err(IndexError::NotFetched(Kind::Keys));
        self.alerts = Err(IndexError::NotFetched(Kind::Alerts));
        self.posted = false;
        self.unsealed = None;
        self.sent = Err(NotSent::NotReached);
        core::mem::replace(&mut self.window, Err(LogError::NotFetched))
    }

    /// The relay that everything goes to.
    pub fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    /// What is kept, with what this exchange brought so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The directory in force, once the relay gave a good one in this exchange or the one before it.
    pub fn directory(&self) -> Option<&Verified<Directory>> {
        let known = self.known.as_ref().or(self.earlier.as_ref());
        known.map(|known| &known.directory)
    }

    /// The keys of relays and desks, as [`directory`](Self::directory).
    pub fn keys(&self) -> Option<&Keys> {
        let whole = |known: &&Known| known.keys != Keys::new();
        let known = self.known.as_ref().filter(whole);
        known.or(self.earlier.as_ref()).map(|known| &known.keys)
    }

    /// The ends of the public logs, checked.
    ///
    /// # Errors
    /// [`LogError`], also while they are still to be fetched.
    pub fn window(&self) -> Result<&Window, &LogError> {
        self.window.as_ref()
    }

    /// Whether the newest alerts are in the state.
    ///
    /// # Errors
    /// [`IndexError`], also while they are still to be fetched.
    pub fn alerts(&self) -> Result<(), IndexError> {
        self.alerts
    }

    /// Whether the relay took the packet.
    ///
    /// # Errors
    /// [`NotSent`].
    pub fn sent(&self) -> Result<(), &NotSent> {
        self.sent.as_ref().copied()
    }

    /// Whether what it was loaded with is in the packet that was handed out.
    pub fn carried(&self) -> bool {
        self.posted && self.unsealed.is_none()
    }

    /// Whether everything is there but what its cell carries.
    pub fn is_ready(&self) -> bool {
        self.next == Some(Step::Ready)
    }

    /// Whether there is nothing more to send or to wait for.
    pub fn is_over(&self) -> bool {
        self.next.is_none()
    }

    /// Ends it where it is: no answer came, and nothing further is sent but perhaps a [last cell](Self::last_cell).
    pub fn give_up(&mut self) {
        self.next = None;
        self.waiting = false;
    }

    /// Makes the cell, which [`poll_transmit`](Self::poll_transmit) then gives. Nothing happens unless the session
    /// [`is_ready`](Self::is_ready).
    pub fn load(&mut self, cargo: &Cargo, rng: &mut impl CryptoRng) {
        if self.is_ready() {
            self.next = self.made(cargo, rng).then_some(Step::Cells);
        }
    }

    /// Gives up whatever is under way and makes one more cell of what is at hand, for a page that is hidden or closed when the
    /// device's clock says `clock`. `false`, and there is none, before the first tokens came and once they are spent.
    pub fn last_cell(&mut self, cargo: &Cargo, clock: u64, rng: &mut impl CryptoRng) -> bool {
        let whole = |known: &Known| known.keys != Keys::new();
        self.known = self.known.take().filter(whole).or(self.earlier.take());
        if let Some(known) = &mut self.known {
            known.now = self.state.now(clock);
        }
        self.waiting = false;
        self.posted = false;
        let made = self.made(cargo, rng);
        self.next = made.then_some(Step::Cells);
        made
    }

    fn made(&mut self, cargo: &Cargo, rng: &mut impl CryptoRng) -> bool {
        let known = self.known.as_ref();
        let paid = known.and_then(|known| Some((known, self.purse.pop()?)));
        let made = paid
            .ok_or(NotSent::NotReached)
            .and_then(|(known, payment)| payment.submission(known, &self.entrance, cargo, rng));
        match made {
            Ok(submission) => {
                self.body = submission.body;
                self.unsealed = submission.unsealed;
                self.canary = submission.canary;
                true
            }
            Err(error) => {
                self.sent = Err(error);
                false
            }
        }
    }

    /// The tag by which the relay of a [`Cargo::Canary`] knows it again: there before the packet is handed out, since an entry
    /// may have the packet before it has the answer.
    pub fn canary(&self) -> Option<Tag> {
        self.canary
    }

    /// The next request; `None` while an answer is outstanding, while it has to be [loaded](Self::load), and when it is over.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let ready = |step: &Step| !self.waiting && *step != Step::Ready;
        let step = self.next.filter(ready)?;
        let window = |known: &Known| window_limit(known.directory.parameters.window);
        let window = self.known.as_ref().map_or(0, window);
        self.posted |= step == Step::Cells;
        self.waiting = true;
        let (method, path, response_limit) = match step {
            Step::Directory => (Method::Get, wire::DIRECTORY, DIRECTORY_LIMIT),
            Step::Keys => (Method::Get, wire::KEYS, Kind::LIMIT),
            Step::Window => (Method::Get, wire::WINDOW, window),
            Step::Alerts => (Method::Get, wire::ALERTS, Kind::LIMIT),
            Step::Tokens => (Method::Post, wire::TOKENS, TOKEN_ANSWER),
            Step::Ready | Step::Cells => (Method::Post, wire::CELLS, ACKNOWLEDGEMENT_LIMIT),
        };
        Some(Transmit {
            method,
            path,
            body: core::mem::take(&mut self.body),
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
        let taken = self.take_reply(step, clock, status, body, rng);
        if taken
            .as_ref()
            .is_err_and(|error| !matches!(error, SessionError::NoDirectory(_)))
        {
            // Nothing further is sent, no last cell either.
            self.purse.clear();
        }
        taken
    }

    fn take_reply(
        &mut self,
        step: Step,
        clock: u64,
        status: u16,
        body: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(), SessionError> {
        let Some(mut known) = self.known.take() else {
            self.known = Some(self.directory_of(clock, status, body)?);
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
                self.keys = self.keys_of(known, status, body)?;
                Some(Step::Window)
            }
            Step::Window => {
                self.window = self.window_of(&known.directory, status, body)?;
                Some(Step::Alerts)
            }
            Step::Alerts => {
                self.alerts = self.alerts_of(&known.directory, status, body)?;
                self.ask(known, rng)
            }
            Step::Tokens => {
                if let Err(error) = self.pay(status, body) {
                    self.sent = Err(error);
                    self.asks = 0;
                }
                self.ask(known, rng)
            }
            Step::Ready => Some(Step::Ready),
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

    /// What follows once everything was fetched: a request for tokens, as long as there are any to make, and then the cell, if it
    /// can be paid for.
    fn ask(&mut self, known: &Known, rng: &mut impl CryptoRng) -> Option<Step> {
        if self.asks > 0 {
            self.asks -= 1;
            let invitation = self.state.invitation();
            let request = match self.keys {
                Ok(()) => Payment::ask(known, &self.entrance, invitation, rng),
                Err(error) => Err(error.into()),
            };
            match request {
                Ok((pending, request)) => {
                    self.asked = Some(pending);
                    self.body = request.into();
                    return Some(Step::Tokens);
                }
                Err(error) => {
                    self.sent = Err(error);
                    return None;
                }
            }
        }
        (!self.purse.is_empty()).then_some(Step::Ready)
    }

    fn pay(&mut self, status: u16, answer: &[u8]) -> Result<(), NotSent> {
        let pending = self.asked.take().ok_or(NotSent::NotReached)?;
        if status != OK {
            return Err(NotSent::NoTokens(status));
        }
        self.purse.push(Payment::of(pending, answer)?);
        Ok(())
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
}

const OK: u16 = 200;
const ACCEPTED: u16 = 202;
/// A directory, and the freshness note with its cosignatures before it.
const DIRECTORY_LIMIT: usize = brolly_keys::note::MAX_NOTE + (256 << 10);
const ACKNOWLEDGEMENT_LIMIT: usize = 1 << 10;

mod fetched;
mod outcome;
mod way;

#[cfg(test)]
mod tests;
