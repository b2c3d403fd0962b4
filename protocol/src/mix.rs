//! The pool: a generalised mix (Díaz, Serjantov 2003) as a state machine (SPEC §8).
//!
//! Every tick each packet leaves with probability `p`, but never so many that fewer than `min_pool` stay behind;
//! what leaves is shuffled. Below the minimum nothing leaves at all.

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
}

impl<T> Pool<T> {
    /// An empty pool whose first tick is one interval after `now` (milliseconds).
    pub fn new(parameters: Parameters, now: u64) -> Self {
        Self {
            parameters,
            held: Vec::new(),
            next_tick: now.saturating_add(parameters.tick_ms.max(1)),
        }
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
        let may_leave = self.held.len().saturating_sub(self.parameters.min_pool);
        let leaving = (0..self.held.len())
            .filter(|_| rng.random_range(0..1_000_000) < self.parameters.release_ppm)
            .count()
            .min(may_leave);
        // After a shuffle the last `leaving` are an even choice in even order, whatever their age.
        self.held.shuffle(rng);
        self.held.split_off(self.held.len() - leaving)
    }
}

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
