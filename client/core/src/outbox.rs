//! Reports that wait on an installed client until their turn, and until their receipts appear (SPEC §16.4 to §16.7).
//!
//! ```text
//! queue ─▶ waiting ──its turn──▶ sent ──its receipt is in the log──▶ erased
//!             ▲                   │
//!             └── after a while, no receipt: sealed afresh
//!
//! text = 8 × ( used 1 | turn 4 | wish 1 | sessions to let pass 1 | sent 8 | record )      the same for everybody who joined
//! ```
//!
//! A session begins with [`Outbox::begin`], which is written down before anything is posted: a device that dies in between
//! counts a report as sent and waits as long as after any other rather than post it twice.

use core::fmt;
use std::sync::Arc;

use brolly_keys::vault::OVERHEAD;
use brolly_protocol::codec::Fields;
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{Entry, Window};
use brolly_protocol::receipt::{Receipt, Tags};
use brolly_protocol::schedule::Steady;
use rand::RngExt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::letter::Ready;
use crate::letter::record::RECORD;
use crate::session::Cargo;
use crate::state::State;
use crate::wait::{Traffic, Wait};

/// Reports that an outbox has room for.
pub const PLACES: usize = 8;
/// Bytes of an outbox's text, whatever waits in it.
pub const TEXT: usize = PLACES * PLACE;
/// Bytes of its file: the text in a [`Vault`](brolly_keys::vault::Vault).
pub const SIZE: usize = TEXT + OVERHEAD;
/// Seconds after which a report whose receipt has not appeared is sealed and sent again, at the earliest.
pub const AGAIN: u64 = DAY;
/// The same where nobody knows how much is sent in a scheme.
pub const AGAIN_UNKNOWN: u64 = 6 * DAY;

/// What an installed client has still to send, or to see arrive.
#[derive(Default)]
pub struct Outbox {
    places: [Option<Place>; PLACES],
}

/// How soon a report is to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wish {
    /// With the next session.
    Soon,
    /// With one of the next six, evenly drawn.
    Day,
}

/// What a session carries, and what its outbox needs to know of it afterwards.
#[derive(Debug)]
#[non_exhaustive]
pub struct Head {
    /// For the session.
    pub cargo: Cargo,
    taken: Option<Taken>,
}

/// A report that is in an outbox, for her whose it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Waiting {
    /// By which it is withdrawn; another than that of every other report that is in it.
    pub number: u32,
    /// How soon it is to leave.
    pub wish: Wish,
    /// When it was sent last, in seconds since 1970, if it was.
    pub sent: Option<u64>,
    /// The report.
    pub letter: Arc<Ready>,
}

/// What became of a session's packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Posted {
    /// Whether it was posted.
    pub posted: bool,
    /// Whether the report was in it.
    pub carried: bool,
}

/// Why a report does not go into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// Every place is taken.
    #[error(
        "{PLACES} reports wait already, which is all there is room for: wait until the receipt of one has appeared, \
         or send this one now, without --queue"
    )]
    Full,
    /// The report is larger than a cell.
    #[error("the report is larger than what can be sent: shorten it")]
    TooLarge,
}

/// The bytes of a vault are no outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the outbox was written by another version of Brolly: use that one until it is empty")]
pub struct OutboxError;

struct Place {
    turn: u32,
    wish: Wish,
    /// Sessions to let pass once its time has come.
    pass: u8,
    /// When it was sent last, in seconds since 1970: 0 until it was.
    sent: u64,
    letter: Arc<Ready>,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    turn: u32,
    sent: u64,
}

/// Seconds after which a report may go again for who knows this: while the first copy may still be in a pool, another
/// would be one more sample for whoever matches times.
pub fn again(state: &State) -> u64 {
    match state.kept_directory() {
        Ok(directory) => again_by(&directory, state.traffic()),
        Err(_) => AGAIN_UNKNOWN,
    }
}

impl Outbox {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports in it.
    pub fn len(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether another report fits.
    ///
    /// # Errors
    /// [`QueueError::Full`].
    pub fn has_room(&self) -> Result<(), QueueError> {
        match self.len() < PLACES {
            true => Ok(()),
            false => Err(QueueError::Full),
        }
    }

    /// Puts a report in; when its turn is, is drawn now.
    ///
    /// # Errors
    /// [`QueueError`]; the outbox is then as it was.
    pub fn queue(
        &mut self,
        letter: Arc<Ready>,
        wish: Wish,
        rng: &mut impl CryptoRng,
    ) -> Result<(), QueueError> {
        letter.to_record().ok_or(QueueError::TooLarge)?;
        let turn = self.next_turn();
        let free = self.places.iter_mut().find(|place| place.is_none());
        *free.ok_or(QueueError::Full)? = Some(Place {
            turn,
            wish,
            pass: wish.draw(rng),
            sent: 0,
            letter,
        });
        Ok(())
    }

    /// What is in it, the next one first.
    pub fn waiting(&self) -> Vec<Waiting> {
        let mut places: Vec<&Place> = self.places.iter().flatten().collect();
        places.sort_by_key(|place| (place.pass, place.turn));
        let waiting = places.into_iter().map(|place| Waiting {
            number: place.turn.saturating_add(1),
            wish: place.wish,
            sent: Some(place.sent).filter(|sent| *sent > 0),
            letter: Arc::clone(&place.letter),
        });
        waiting.collect()
    }

    /// Erases the report of this number; whether there was one. What was sent of it stays sent.
    pub fn withdraw(&mut self, number: u32) -> bool {
        let found = |place: &&mut Option<Place>| {
            let turn = place.as_ref().map(|place| place.turn.saturating_add(1));
            turn == Some(number)
        };
        let place = self.places.iter_mut().find(found);
        place.and_then(Option::take).is_some()
    }

    /// Takes what the session that begins at `now` (seconds since 1970) carries: the report whose turn it is, or cover. It
    /// counts as sent from here, and goes no earlier than `again` seconds after it was sent last.
    pub fn begin(&mut self, now: u64, again: u64, rng: &mut impl CryptoRng) -> Head {
        for place in self.places.iter_mut().flatten() {
            // Sent by a clock that was ahead: it would wait for that time to come.
            place.sent = place.sent.min(now);
        }
        let due = self.places.iter_mut().flatten();
        let mut due: Vec<&mut Place> = due.filter(|place| place.is_due(now, again)).collect();
        due.sort_by_key(|place| (place.pass, place.turn));
        let mut due = due.into_iter();
        let head = due.next().filter(|place| place.pass == 0);
        let taken = head.map(|place| {
            let taken = Taken {
                turn: place.turn,
                sent: place.sent,
            };
            place.sent = now;
            place.pass = place.wish.draw(rng);
            (taken, Cargo::Report(Arc::clone(&place.letter)))
        });
        for place in self.places.iter_mut().flatten() {
            let passed = place.is_due(now, again);
            place.pass = place.pass.saturating_sub(passed.into());
        }
        match taken {
            Some((taken, cargo)) => Head {
                cargo,
                taken: Some(taken),
            },
            None => Head {
                cargo: Cargo::Cover,
                taken: None,
            },
        }
    }

    /// Takes note of how the session ended, at `now`. A report that was not in its packet waits for the next; one that
    /// could not be sealed then lets the others go first.
    pub fn settle(&mut self, head: &Head, posted: Posted, now: u64) {
        let back = self.next_turn();
        let Some(taken) = head.taken else {
            return;
        };
        let mut places = self.places.iter_mut().flatten();
        let Some(place) = places.find(|place| place.turn == taken.turn) else {
            return;
        };
        if posted.carried {
            place.sent = now;
        } else {
            place.sent = taken.sent;
            place.pass = 0;
            if posted.posted {
                place.turn = back;
            }
        }
    }

    /// Erases every report whose receipt stands in a checked window. It takes as long whether or not there is any.
    pub fn erase_arrived(&mut self, window: &Window) {
        let entries: Vec<Entry> = window
            .reports
            .entries
            .iter()
            .filter_map(|entry| Entry::from_bytes(entry))
            .collect();
        for place in &mut self.places {
            let tags = place
                .as_ref()
                .map_or_else(nobody, |place| place.letter.receipt().tags());
            // Every entry is looked at: where hers stands must not show in the time.
            let found = entries
                .iter()
                .filter(|entry| tags.tag(&entry.digest) == entry.tag);
            if found.count() > 0 {
                *place = None;
            }
        }
    }

    /// The [`TEXT`] bytes.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(TEXT));
        for (at, place) in (1..).zip(&self.places) {
            if let Some(place) = place {
                bytes.push(1);
                bytes.extend_from_slice(&place.turn.to_be_bytes());
                bytes.push(place.wish.code());
                bytes.push(place.pass);
                bytes.extend_from_slice(&place.sent.to_be_bytes());
                // `queue` and `from_bytes` let nothing in that has no record.
                let record = place.letter.to_record().unwrap_or_default();
                bytes.extend_from_slice(&record);
            }
            bytes.resize(at * PLACE, 0);
        }
        bytes
    }

    /// Reads the text of a vault.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OutboxError> {
        if bytes.len() != TEXT {
            return Err(OutboxError);
        }
        let mut outbox = Self::new();
        for (place, bytes) in outbox.places.iter_mut().zip(bytes.chunks_exact(PLACE)) {
            *place = read(bytes).ok_or(OutboxError)?;
        }
        Ok(outbox)
    }

    /// A number after all that were given.
    fn next_turn(&self) -> u32 {
        let turns = self.places.iter().flatten().map(|place| place.turn);
        turns.max().map_or(0, |last| last.saturating_add(1))
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbox")
    }
}

impl Wish {
    /// How many sessions to let pass.
    fn draw(self, rng: &mut impl CryptoRng) -> u8 {
        match self {
            Self::Soon => 0,
            Self::Day => rng.random_range(0..SESSIONS),
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Soon => 0,
            Self::Day => 1,
        }
    }
}

impl Place {
    fn is_due(&self, now: u64, again: u64) -> bool {
        self.sent == 0 || self.sent.saturating_add(again) <= now
    }
}

/// [`again`], by how long nearly everything takes, until it is published, and until two sessions could have seen it.
pub(crate) fn again_by(directory: &Directory, traffic: Option<Traffic>) -> u64 {
    let road = traffic.and_then(|traffic| Wait::on_the_way(directory, traffic));
    let Some(road) = road else {
        return AGAIN_UNKNOWN;
    };
    let published = directory.parameters.publish_ms.div_ceil(1_000);
    let seen = 2 * Steady::INTERVAL / 1_000;
    AGAIN.max(road.most.saturating_add(published).saturating_add(seen))
}

/// Reads a place; the outer `None` is damage.
fn read(bytes: &[u8]) -> Option<Option<Place>> {
    let mut fields = Fields::new(bytes);
    match fields.array().ok()? {
        [0] => {
            let empty = fields.rest().iter().all(|byte| *byte == 0);
            return empty.then_some(None);
        }
        [1] => {}
        _ => return None,
    }
    let turn = fields.number().ok()?;
    let wish = match fields.array().ok()? {
        [0] => Wish::Soon,
        [1] => Wish::Day,
        _ => return None,
    };
    let [pass] = *fields.array().ok()?;
    Some(Some(Place {
        turn,
        wish,
        pass,
        sent: u64::from_be_bytes(*fields.array().ok()?),
        letter: Arc::new(Ready::from_record(fields.rest())?),
    }))
}

/// The tags of a place that is free.
fn nobody() -> Tags {
    Receipt::from_seed(&[0; 32]).tags()
}

const DAY: u64 = 86_400;
const PLACE: usize = 1 + 4 + 1 + 1 + 8 + RECORD;
/// [`Steady::SESSIONS_A_DAY`] as a byte.
const SESSIONS: u8 = 6;
const _: () = assert!(Steady::SESSIONS_A_DAY == 6);

#[cfg(test)]
mod tests;
