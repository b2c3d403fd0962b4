//! A relay's canaries: cover cells that it sends like any client, on paths through itself (SPEC §8.12).
//!
//! ```text
//! packet taken in ──one in twelve──▶ called for ──0 to 60 s──▶ due ──▶ sent, its tag under way ──▶ came in: the pool goes on
//!                                                                            └ 24 in a row did not: alarm
//! ```
//!
//! They are called for by what the pool takes in and by nothing else, so they are the same share of the traffic at any
//! rate: who keeps others' packets out of a pool and fills it with their own keeps its canaries out too.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rand::RngExt;
use rand_core::CryptoRng;

use crate::replay::Tag;

/// When to send a canary, which are under way, and whether too many stayed away. All times are milliseconds of a clock that
/// nobody sets.
#[derive(Debug)]
pub struct Canaries {
    /// How long a tag is known.
    life: u64,
    /// When those that were called for are due.
    due: Vec<u64>,
    /// Until when the pace is used up.
    paced: u64,
    /// When each that is under way was sent.
    under_way: BTreeMap<Tag, u64>,
    missing: u32,
}

impl Canaries {
    /// Milliseconds between two canaries, on average at least: 2,009 a day.
    pub const PACE: u64 = 43_000;

    /// Canaries that are tried one after the other without any that comes in, before there is an alarm.
    ///
    /// While nobody interferes, the number that come in is a Poisson process as fast as the number that are sent, whatever
    /// the pools before this one delay them by. That the next of both is a sending has then the probability 1/2, and after one
    /// came in, that 24 are sent before another comes in, 2⁻²⁴ = 6.0 · 10⁻⁸. At the fastest pace 60,300 come in a month of
    /// 30 days: 0.004 false alarms a month. With 16 it would be 0.9. Time is no measure: how long a pool holds by chance
    /// depends on how much traffic there is, and at 42 packets an hour several holds a month last over an hour.
    pub const MISSING: u32 = 24;

    /// Begins at `now`, when one is due at once. Tags are known for two packet epochs of `packet_epoch` seconds, as long as
    /// the keys that open them.
    pub fn new(packet_epoch: u64, now: u64) -> Self {
        Self {
            life: packet_epoch.saturating_mul(2_000),
            due: alloc::vec![now],
            paced: now.saturating_add(Self::PACE),
            under_way: BTreeMap::new(),
            missing: 0,
        }
    }

    /// Takes note of a packet that the pool took in: it may call for a canary.
    pub fn handle_packet(&mut self, now: u64, rng: &mut impl CryptoRng) {
        if rng.random_range(0..ONE_IN) != 0 || self.due.len() >= WAITING {
            return;
        }
        let paced = self.paced.max(now);
        if paced - now > BURST * Self::PACE {
            return;
        }
        self.paced = paced.saturating_add(Self::PACE);
        self.due
            .push(now.saturating_add(rng.random_range(0..DELAY)));
    }

    /// When [`Canaries::handle_timeout`] wants to be called next; `u64::MAX` while none is called for.
    pub fn poll_timeout(&self) -> u64 {
        self.due.iter().copied().min().unwrap_or(u64::MAX)
    }

    /// Whether a canary is to be sent now. From now on it is missing until one comes in, whether or not it can be sent: who
    /// blocks a relay's sessions blocks its canaries.
    pub fn handle_timeout(&mut self, now: u64) -> bool {
        let next = self.poll_timeout();
        let Some(place) = (self.due.iter()).position(|due| *due == next && next <= now) else {
            return false;
        };
        self.due.swap_remove(place);
        self.missing = self.missing.saturating_add(1);
        true
    }

    /// Remembers the tag by which a canary will be known, just before it is posted.
    pub fn handle_sent(&mut self, tag: Tag, now: u64) {
        self.under_way
            .retain(|_, sent| now.saturating_sub(*sent) < self.life);
        if self.under_way.len() >= UNDER_WAY {
            let oldest = self.under_way.iter().min_by_key(|(_, sent)| **sent);
            if let Some(oldest) = oldest.map(|(tag, _)| *tag) {
                self.under_way.remove(&oldest);
            }
        }
        self.under_way.insert(tag, now);
    }

    /// Whether a packet that was never seen before, and that the pool takes in, is a canary of this relay.
    pub fn handle_tag(&mut self, tag: &Tag, now: u64) -> bool {
        let sent = self.under_way.remove(tag);
        let came = sent.is_some_and(|sent| now.saturating_sub(sent) < self.life);
        if came {
            self.missing = 0;
        }
        came
    }

    /// Canaries that were due since one came in.
    pub fn missing(&self) -> u32 {
        self.missing
    }

    /// Whether so many stayed away that somebody keeps them out, or nothing gets through to this relay.
    pub fn alarm(&self) -> bool {
        self.missing >= Self::MISSING
    }
}

/// One packet in this many calls for a canary.
const ONE_IN: u32 = 12;
/// Milliseconds within which one that was called for is due.
const DELAY: u64 = 60_000;
/// Canaries that may be called for ahead of the pace.
const BURST: u64 = 3;
/// Canaries that are called for and wait, at most: a relay that cannot keep up makes up for no more.
const WAITING: usize = 8;
/// Tags that are known, at most: as many as are sent in two epochs of a day.
const UNDER_WAY: usize = 4_096;

#[cfg(test)]
mod tests;
