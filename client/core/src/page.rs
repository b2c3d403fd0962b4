//! A page in a browser: its visits, and what is sent in them (SPEC §16.3, §16.10 to §16.14).
//!
//! ```text
//!           Begin                        Slot                 Begin                            hidden or closed
//!  open ──▶ directory · keys · window ·  one cell ──────────▶ directory · … · tokens ──▶ … ──▶ one last cell
//!           alerts · tokens · tokens       ▲                                                     ▲
//!                        └ one pays for the slot, the other is kept for the last cell ───────────┘
//!
//!  submit ──▶ outbox: takes the place of cover in the next of these cells, and makes no request by itself
//! ```
//!
//! When something is sent, and how long it is, depends on the clock, on the relay's answers, and on a generator that draws
//! nothing else. What is typed, submitted or looked up comes in nowhere but in what the cells carry.

use std::sync::Arc;

use brolly_keys::sign::Verified;
use brolly_protocol::board::Keys;
use brolly_protocol::directory::Directory;
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::log::Window;
use brolly_protocol::receipt::Receipt;
use brolly_protocol::schedule::{Event, Visit};
use brolly_protocol::wire;
use rand_core::CryptoRng;

use crate::check::{Standing, look};
use crate::index::IndexError;
use crate::letter::Ready;
use crate::outbox::{AGAIN_UNKNOWN, Head, Outbox, Posted, QueueError, Wish, again_by};
use crate::session::{Cargo, LogError, NotSent, Session, SessionError, Transmit};
use crate::state::State;

/// A page and everything that it knows: gone when it is dropped.
pub struct Page<S> {
    /// Draws when something is sent, and nothing else.
    schedule: S,
    /// While the page is in view.
    visit: Option<Visit>,
    /// Whether the next session is a visit's first.
    fresh: bool,
    session: Session,
    requests: u32,
    under_way: Option<UnderWay>,
    /// A slot whose cell has not been made: it goes as soon as there are tokens.
    slot: bool,
    /// A last cell is owed: the page was closed while another was on its way.
    owed: bool,
    /// What the cell carries that was made last, until its answer is there.
    head: Option<Head>,
    outbox: Outbox,
    submitted: Vec<Submitted>,
    window: Option<Window>,
    problem: Option<Problem>,
    away: u32,
}

/// A request for the page to send.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Tells answers apart.
    pub id: u32,
    /// What is sent.
    pub transmit: Transmit,
    /// Whether it goes on after the page is closed, as cells do.
    pub outlives: bool,
}

/// Why the last session brought less than it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "whoever shows it must handle each")]
pub enum Problem {
    /// The relay did not answer.
    Away,
    /// It answered what is refused, and nothing further is sent in this session.
    Refused(SessionError),
    /// There are no newer logs.
    Logs(LogError),
    /// There are no newer alerts.
    Alerts(IndexError),
    /// There was no cell, or nobody took it.
    NotSent(NotSent),
}

/// How far something that was submitted came from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "whoever shows it must handle each")]
pub enum Fate {
    /// It waits for a cell.
    Waiting,
    /// Its cell is on its way to the relay.
    Sending,
    /// The relay said that it took the cell.
    Taken,
    /// The cell was handed out and no such answer came.
    Unsure,
}

/// Where something that was submitted stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How far it came from here.
    pub fate: Fate,
    /// Where it stands in the logs that the last session brought, if one did.
    pub standing: Option<Standing>,
}

/// The invitation does not name the relay that serves the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this invitation is for other relays than this one: open the link that you were given")]
pub struct Elsewhere;

struct Submitted {
    receipt: Receipt,
    fate: Fate,
}

#[derive(Clone, Copy)]
struct UnderWay {
    id: u32,
    cell: bool,
}

impl<S: CryptoRng> Page<S> {
    /// Milliseconds after which a request that was not answered has failed.
    pub const PATIENCE: u32 = 60_000;

    /// A page comes into view at `now` (milliseconds by a clock that nobody sets), served by the relay at `host`: `name:port`, or
    /// the name alone for port 443. `schedule` is used for nothing but when something is sent.
    ///
    /// # Errors
    /// [`Elsewhere`].
    pub fn open(
        invitation: Invitation,
        host: &str,
        now: u64,
        schedule: S,
    ) -> Result<Self, Elsewhere> {
        let served = |entrance: &&Entrance| is_at(&entrance.address, host);
        let entrance = invitation.entries.iter().find(served);
        let entrance = entrance.ok_or(Elsewhere)?.clone();
        let mut session = Session::new(State::new(invitation), entrance);
        // Until the visit's schedule says so.
        session.give_up();
        Ok(Self {
            schedule,
            visit: Some(Visit::new(now)),
            fresh: true,
            session,
            requests: 0,
            under_way: None,
            slot: false,
            owed: false,
            head: None,
            outbox: Outbox::new(),
            submitted: Vec::new(),
            window: None,
            problem: None,
            away: 0,
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None` while the page is closed, and while nothing can
    /// happen before an answer comes.
    pub fn poll_timeout(&self) -> Option<u64> {
        let visit = self.visit.as_ref()?;
        let busy = self.under_way.is_some() || !self.session.is_over();
        let waits = visit.poll_event() == Event::Begin && busy;
        (!waits).then(|| visit.poll_timeout())
    }

    /// Does what is due at `now`, on a device whose clock says `clock` (seconds since 1970).
    pub fn handle_timeout(&mut self, now: u64, clock: u64, rng: &mut impl CryptoRng) {
        if self.poll_timeout().is_none_or(|due| now < due) {
            return;
        }
        let visit = self.visit.as_mut();
        match visit.and_then(|visit| visit.handle_timeout(now, &mut self.schedule)) {
            Some(Event::Begin) => self.begin(),
            Some(Event::Slot) => {
                self.slot = !self.session.is_over();
                self.fill(clock, rng);
            }
            _ => {}
        }
    }

    /// The next request; `None` while an answer is outstanding.
    pub fn poll_transmit(&mut self) -> Option<Request> {
        if self.under_way.is_some() {
            return None;
        }
        let transmit = self.session.poll_transmit()?;
        let (id, cell) = (self.requests, transmit.path == wire::CELLS);
        self.requests = id.wrapping_add(1);
        self.under_way = Some(UnderWay { id, cell });
        Some(Request {
            id,
            transmit,
            outlives: cell,
        })
    }

    /// Takes the answer to a request; one that is not waited for any more changes nothing.
    pub fn handle_reply(
        &mut self,
        id: u32,
        clock: u64,
        status: u16,
        body: &[u8],
        rng: &mut impl CryptoRng,
    ) {
        let Some(answered) = self.under_way.take_if(|asked| asked.id == id) else {
            return;
        };
        self.away = 0;
        let taken = self.session.handle_reply(clock, status, body, rng);
        if answered.cell {
            return self.settle(clock, rng);
        }
        if let Err(error) = taken {
            self.slot = false;
            self.problem = Some(Problem::Refused(error));
        } else if self.session.is_ready() || self.session.is_over() {
            self.arrived();
            self.fill(clock, rng);
        }
    }

    /// A request was not answered: the network failed, or it took longer than [`PATIENCE`](Self::PATIENCE).
    pub fn handle_failure(&mut self, id: u32, clock: u64, rng: &mut impl CryptoRng) {
        let Some(failed) = self.under_way.take_if(|asked| asked.id == id) else {
            return;
        };
        self.away = self.away.saturating_add(1);
        self.session.give_up();
        self.slot = false;
        if failed.cell {
            self.settle(clock, rng);
        }
        self.problem = Some(Problem::Away);
    }

    /// The page is hidden or closed: gives its last cell, which carries what waits. `None` where there are no tokens yet, and
    /// while another cell is on its way: if the page lives on, the last one follows that one's answer.
    pub fn close(&mut self, clock: u64, rng: &mut impl CryptoRng) -> Option<Request> {
        let Event::Slot = self.visit.take()?.close() else {
            return None;
        };
        self.slot = false;
        if self.under_way.is_some_and(|asked| asked.cell) {
            self.owed = true;
            return None;
        }
        self.under_way = None;
        // One that was made this moment and not handed out is the last one.
        if self.head.is_none() {
            self.make_last(clock, rng);
        }
        self.poll_transmit()
    }

    /// The page is in view again: another visit begins at `now`.
    pub fn shown(&mut self, now: u64) {
        if self.visit.is_none() {
            self.visit = Some(Visit::new(now));
            self.fresh = true;
        }
    }

    /// Hands in what is to be sent with the next cell. Gives its number, from 0.
    ///
    /// # Errors
    /// [`QueueError`].
    pub fn submit(
        &mut self,
        letter: Arc<Ready>,
        rng: &mut impl CryptoRng,
    ) -> Result<usize, QueueError> {
        let receipt = Receipt::from_seed(letter.receipt().expose());
        self.outbox.queue(letter, Wish::Soon, rng)?;
        self.submitted.push(Submitted {
            receipt,
            fate: Fate::Waiting,
        });
        Ok(self.submitted.len() - 1)
    }

    /// Whether something that was submitted is still here.
    pub fn is_unsent(&self) -> bool {
        let here = |one: &Submitted| matches!(one.fate, Fate::Waiting | Fate::Sending);
        self.submitted.iter().any(here)
    }

    /// Where everything stands that was submitted, in that order.
    pub fn progress(&self) -> Vec<Progress> {
        let known = self.directory().zip(self.window());
        let progress = |one: &Submitted| Progress {
            fate: one.fate,
            standing: known.map(|(directory, window)| look(&one.receipt, directory, window)),
        };
        self.submitted.iter().map(progress).collect()
    }

    /// What is known of the scheme.
    pub fn state(&self) -> &State {
        self.session.state()
    }

    /// The directory that was in force in the last session.
    pub fn directory(&self) -> Option<&Verified<Directory>> {
        self.session.directory()
    }

    /// The keys of relays and desks that a session brought last.
    pub fn keys(&self) -> Option<&Keys> {
        self.session.keys()
    }

    /// The ends of the logs that a session brought last.
    pub fn window(&self) -> Option<&Window> {
        self.session.window().ok().or(self.window.as_ref())
    }

    /// The relay that serves the page.
    pub fn entrance(&self) -> &Entrance {
        self.session.entrance()
    }

    /// Why the last session brought less than it should have.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// How many requests in a row were not answered.
    pub fn away(&self) -> u32 {
        self.away
    }

    fn begin(&mut self) {
        let before = match self.fresh {
            true => self.session.visit_again(),
            false => self.session.follow(),
        };
        self.fresh = false;
        if let Ok(window) = before {
            self.window = Some(window);
        }
    }

    /// Everything was fetched that a session fetches.
    fn arrived(&mut self) {
        let (window, alerts) = (self.session.window(), self.session.alerts());
        self.problem = match (window, alerts, self.session.is_over()) {
            (_, _, true) => self.session.sent().err().cloned().map(Problem::NotSent),
            (Err(error), ..) => Some(Problem::Logs(error.clone())),
            (_, Err(error), _) => Some(Problem::Alerts(error)),
            (Ok(_), Ok(()), false) => None,
        };
        if let Ok(window) = window {
            self.outbox.erase_arrived(window);
        }
    }

    /// Makes the slot's cell, if its time has come and it can be paid for.
    fn fill(&mut self, clock: u64, rng: &mut impl CryptoRng) {
        self.slot &= !self.session.is_over();
        if self.slot && self.session.is_ready() {
            self.slot = false;
            let head = self.take_head(clock, rng);
            self.session.load(&head.cargo, rng);
            self.made(head, clock);
        }
    }

    fn make_last(&mut self, clock: u64, rng: &mut impl CryptoRng) {
        let head = self.take_head(clock, rng);
        self.session.last_cell(&head.cargo, clock, rng);
        self.made(head, clock);
    }

    fn take_head(&mut self, clock: u64, rng: &mut impl CryptoRng) -> Head {
        let state = self.session.state();
        let again = self.directory().map_or(AGAIN_UNKNOWN, |directory| {
            again_by(directory, state.traffic())
        });
        self.outbox.begin(state.now(clock), again, rng)
    }

    fn made(&mut self, head: Head, clock: u64) {
        if self.session.is_over() {
            let nothing = Posted {
                posted: false,
                carried: false,
            };
            self.outbox
                .settle(&head, nothing, self.session.state().now(clock));
            self.problem = self.session.sent().err().cloned().map(Problem::NotSent);
            return;
        }
        self.mark(&head, Fate::Sending);
        self.head = Some(head);
    }

    /// A cell was answered, or no answer came: it was handed out either way, and what it carried is not sent again at once.
    fn settle(&mut self, clock: u64, rng: &mut impl CryptoRng) {
        if let Some(head) = self.head.take() {
            let posted = Posted {
                posted: true,
                carried: self.session.carried(),
            };
            self.outbox
                .settle(&head, posted, self.session.state().now(clock));
            let sent = self.session.sent();
            let fate = match (posted.carried, sent) {
                (false, _) => Fate::Waiting,
                (true, Ok(())) => Fate::Taken,
                (true, Err(_)) => Fate::Unsure,
            };
            if let Err(error) = sent {
                self.problem = Some(Problem::NotSent(error.clone()));
            }
            self.mark(&head, fate);
        }
        if core::mem::take(&mut self.owed) {
            self.make_last(clock, rng);
        }
    }

    fn mark(&mut self, head: &Head, fate: Fate) {
        if let Cargo::Report(letter) = &head.cargo {
            let seed = letter.receipt().expose();
            let mut submitted = self.submitted.iter_mut();
            if let Some(one) = submitted.find(|one| one.receipt.expose() == seed) {
                one.fate = fate;
            }
        }
    }
}

/// Whether a relay's `address` is that of a page whose host is `host`.
fn is_at(address: &str, host: &str) -> bool {
    let with_port = |text: &str| match text.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => text.to_ascii_lowercase(),
        _ => format!("{}:443", text.to_ascii_lowercase()),
    };
    with_port(address) == with_port(host)
}

#[cfg(test)]
mod tests;
