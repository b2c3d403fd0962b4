//! The pool: a generalised mix (Díaz, Serjantov 2003) as a state machine (SPEC §8).
//!
//! Every tick each packet leaves with probability `p`, but never so many that fewer than `min_pool` stay behind;
//! what leaves is shuffled. Below the minimum nothing leaves at all. A pool that is guarded lets no more than three tenths
//! of itself go between two canaries of its relay ([`crate::canary`]): who keeps the others' packets out keeps the
//! canaries out, and a pool cannot be emptied around one packet.

use alloc::vec::Vec;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_core::CryptoRng;

/// How a pool behaves; from the directory, the same for every relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Milliseconds between releases; at least 1.
    pub tick_ms: u64,
    /// The probability of leaving at a tick, in millionths; 1 to 1,000,000.
    pub release_ppm: u32,
    /// Packets that always stay behind.
    pub min_pool: usize,
}

/// A pool of handles to packets; the packets themselves lie sealed on disk.
#[derive(Debug)]
pub struct Pool<T> {
    parameters: Parameters,
    held: Vec<T>,
    next_tick: u64,
    /// What shares of the pool left since the last canary, together, in millionths, where canaries are sent.
    since_canary: Option<usize>,
}

impl<T> Pool<T> {
    /// An empty pool whose first tick is one interval after `now` (milliseconds).
    pub fn new(parameters: Parameters, now: u64) -> Self {
        Self {
            parameters,
            held: Vec::new(),
            next_tick: now.saturating_add(parameters.tick_ms.max(1)),
            since_canary: None,
        }
    }

    /// Takes note of a canary of this relay that came in. The first one, or a call before any, begins to guard the pool.
    pub fn handle_canary(&mut self) {
        self.since_canary = Some(0);
    }

    /// Whether the pool holds back what the minimum would let go, because no canary came for too long.
    pub fn holds(&self) -> bool {
        self.held.len() > self.parameters.min_pool && self.allowance() == 0
    }

    /// Takes in a packet.
    pub fn insert(&mut self, packet: T) {
        self.held.push(packet);
    }

    /// Packets held.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// What it holds, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.held.iter()
    }

    /// When [`Pool::handle_timeout`] wants to be called next, in milliseconds.
    pub fn poll_timeout(&self) -> u64 {
        self.next_tick
    }

    /// Releases a shuffled batch if a tick is due; nothing before. A pool that slept through ticks makes up for none.
    pub fn handle_timeout(&mut self, now: u64, rng: &mut impl CryptoRng) -> Vec<T> {
        if now < self.next_tick {
            return Vec::new();
        }
        let tick = self.parameters.tick_ms.max(1);
        let missed = (now - self.next_tick) / tick;
        self.next_tick = self
            .next_tick
            .saturating_add((missed + 1).saturating_mul(tick));
        self.release(rng)
    }

    /// Follows a new directory, from the next tick on.
    pub fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    fn release(&mut self, rng: &mut impl CryptoRng) -> Vec<T> {
        let above = self.held.len().saturating_sub(self.parameters.min_pool);
        let may_leave = above.min(self.allowance());
        let leaving = (0..self.held.len())
            .filter(|_| rng.random_range(0..1_000_000) < self.parameters.release_ppm)
            .count()
            .min(may_leave);
        if let Some(since) = &mut self.since_canary {
            *since += (leaving * MILLION).div_ceil(self.held.len().max(1));
        }
        // After a shuffle the last `leaving` are an even choice in even order, whatever their age.
        self.held.shuffle(rng);
        self.held.split_off(self.held.len() - leaving)
    }

    /// Packets that may leave before the next canary.
    fn allowance(&self) -> usize {
        match self.since_canary {
            None => usize::MAX,
            // Of up to three packets three tenths are none, and they would never leave.
            Some(0) => (UNSEEN * self.held.len() / MILLION).max(1),
            Some(since) => UNSEEN.saturating_sub(since) * self.held.len() / MILLION,
        }
    }
}

const MILLION: usize = 1_000_000;
/// The share of the pool that may leave between two canaries, in millionths.
const UNSEEN: usize = 300_000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::vec;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const PARAMETERS: Parameters = Parameters {
        tick_ms: 15_000,
        release_ppm: 45_455,
        min_pool: 80,
    };

    fn filled(parameters: Parameters, packets: u32) -> Pool<u32> {
        let mut pool = Pool::new(parameters, 0);
        (0..packets).for_each(|n| pool.insert(n));
        pool
    }

    #[test]
    fn spec_8_1_nothing_leaves_before_the_tick() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let all = Parameters {
            release_ppm: 1_000_000,
            min_pool: 0,
            ..PARAMETERS
        };
        let mut pool = filled(all, 10);
        assert_eq!(pool.poll_timeout(), 15_000);
        assert!(pool.handle_timeout(14_999, &mut rng).is_empty());
        assert_eq!(pool.handle_timeout(15_000, &mut rng).len(), 10);
        assert_eq!(pool.poll_timeout(), 30_000);
    }

    #[test]
    fn spec_8_2_the_minimum_always_stays_behind() {
        for seed in 0..50 {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let mut pool = filled(PARAMETERS, 79);
            assert!(pool.handle_timeout(15_000, &mut rng).is_empty());
            (79..200).for_each(|n| pool.insert(n));
            let mut now = 30_000;
            while now < 30_000_000 {
                pool.handle_timeout(now, &mut rng);
                assert!(pool.len() >= 80, "seed {seed}");
                now += 15_000;
            }
            assert_eq!(pool.len(), 80, "seed {seed}: the rest has left");
        }
    }

    #[test]
    fn spec_8_1_each_packet_leaves_with_the_stated_probability_whatever_its_age() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let half = Parameters {
            release_ppm: 500_000,
            min_pool: 0,
            ..PARAMETERS
        };
        let mut left: BTreeMap<u32, u32> = BTreeMap::new();
        for _ in 0..4_000 {
            let mut pool = filled(half, 10);
            for n in pool.handle_timeout(15_000, &mut rng) {
                *left.entry(n).or_default() += 1;
            }
        }
        // Binomial(4000, 1/2) has a standard deviation of 32; six of them either way.
        assert_eq!(left.len(), 10);
        assert!(
            left.values().all(|n| (1_810..2_190).contains(n)),
            "{left:?}"
        );
    }

    #[test]
    fn spec_8_3_the_order_of_arrival_does_not_survive() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let all = Parameters {
            release_ppm: 1_000_000,
            min_pool: 0,
            ..PARAMETERS
        };
        let mut first: BTreeMap<(usize, u32), u32> = BTreeMap::new();
        for _ in 0..4_000 {
            let batch = filled(all, 4).handle_timeout(15_000, &mut rng);
            for (place, n) in batch.into_iter().enumerate() {
                *first.entry((place, n)).or_default() += 1;
            }
        }
        // Each of 16 (place, packet) pairs is Binomial(4000, 1/4): 27 a standard deviation, six either way.
        assert_eq!(first.len(), 16);
        assert!(
            first.values().all(|n| (836..1_164).contains(n)),
            "{first:?}"
        );
    }

    #[test]
    fn spec_8_11_no_more_than_three_tenths_leave_between_two_canaries() {
        for seed in 0..50 {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let all = Parameters {
                release_ppm: 1_000_000,
                ..PARAMETERS
            };
            let mut pool = filled(all, 200);
            pool.handle_canary();
            assert_eq!(
                pool.handle_timeout(15_000, &mut rng).len(),
                60,
                "seed {seed}"
            );
            assert!(pool.holds());
            assert!(pool.handle_timeout(30_000, &mut rng).is_empty());
            pool.handle_canary();
            assert_eq!(
                pool.handle_timeout(45_000, &mut rng).len(),
                42,
                "three tenths of what is left"
            );
        }
    }

    #[test]
    fn spec_8_11_whoever_keeps_others_out_does_not_empty_a_pool_by_filling_it() {
        for (seed, flood) in (0..40).zip([1, 20, 400].into_iter().cycle()) {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let mut pool = filled(PARAMETERS, 80);
            pool.handle_canary();
            for tick in 1..400 {
                if pool.holds() {
                    break;
                }
                (0..flood).for_each(|n| pool.insert(1_000 + n));
                pool.handle_timeout(tick * 15_000, &mut rng);
            }
            let honest = pool.held.iter().filter(|n| **n < 80).count();
            assert!(
                honest >= 40,
                "seed {seed}, {flood} a tick: {honest} are left"
            );
            assert!(pool.holds(), "seed {seed}, {flood} a tick");
        }
    }

    #[test]
    fn a_guarded_pool_of_one_packet_lets_it_go_after_a_canary_and_an_empty_one_does_not_hold() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let all = Parameters {
            release_ppm: 1_000_000,
            min_pool: 0,
            ..PARAMETERS
        };
        let mut pool = filled(all, 1);
        pool.handle_canary();
        assert_eq!(pool.handle_timeout(15_000, &mut rng), vec![0]);
        assert!(!pool.holds());
        pool.insert(1);
        assert!(pool.holds());
        assert_eq!(pool.handle_timeout(30_000, &mut rng), vec![]);
    }

    #[test]
    fn a_relay_that_slept_does_not_catch_up_in_a_burst() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let mut pool = filled(
            Parameters {
                min_pool: 0,
                ..PARAMETERS
            },
            1_000,
        );
        let batch = pool.handle_timeout(10_000_000, &mut rng);
        assert!(batch.len() < 120, "{}", batch.len());
        assert!(pool.poll_timeout() > 10_000_000);
        assert_eq!(pool.handle_timeout(10_000_000, &mut rng), vec![]);
    }
}
