//! n−1 and trickle: everybody else's packets are kept out of a relay and its pool is filled with the attacker's own.
//!
//! ```text
//!  honest ─┐
//!  canaries┼─▶ entry's pool ──✂──▶ the relay's pool, guarded (SPEC §8.11)
//!  others' ┘                 hostile ──▲
//! ```
//! The relay's own canaries are those of `brolly_protocol::canary`; the two other relays send as many, which are no company:
//! whoever watches knows that relays sent them.

use brolly_protocol::canary::Canaries;
use brolly_protocol::mix::{Parameters, Pool};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;

use super::people::exponential;
use super::{HOUR, MINUTE};

/// How the attacker goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// Hostile packets at each tick of the relay.
    pub at_a_tick: u32,
    /// For how many minutes they come before everybody else is kept out.
    pub flooded_before: u64,
    /// Whether the relay sends canaries, and its pool is guarded by them.
    pub guarded: bool,
    /// Whether packets are let through whenever the pool holds, until a canary among them lets it go on.
    pub adapts: bool,
}

/// How often the pool held in time.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// Hostile packets at each tick.
    pub at_a_tick: u32,
    /// Minutes for which they came before everybody else was kept out.
    pub flooded_before: u64,
    /// Whether the pool was guarded.
    pub guarded: bool,
    /// Whether the attacker let packets through while it held.
    pub adapts: bool,
    /// Cells of clients an hour.
    pub cells_h: f64,
    /// Runs.
    pub runs: u32,
    /// The share in which honest occupancy never fell below half of the minimum.
    pub in_time: f64,
    /// The mean of the lowest honest occupancy.
    pub lowest: f64,
}

/// What canaries cost while nobody attacks.
#[derive(Debug, Clone, Serialize)]
pub struct Peace {
    /// Cells of clients an hour.
    pub cells_h: f64,
    /// Months of thirty days.
    pub months: f64,
    /// Alarms a month.
    pub alarms_a_month: f64,
    /// The share of the ticks at which the pool waited for a canary.
    pub waiting: f64,
    /// The share of packets that are canaries of any relay.
    pub canaries: f64,
    /// How much longer packets stayed than in a pool that does not wait for canaries, with the same traffic.
    pub longer: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Packet {
    Honest(u64),
    Own([u8; 16]),
    Others,
    Hostile,
}

struct Relay {
    parameters: Parameters,
    rate: f64,
    rng: ChaCha8Rng,
    before: Pool<Packet>,
    pool: Pool<Packet>,
    canaries: Canaries,
    others: [f64; 2],
    next_honest: f64,
    now: u64,
    taken: u64,
    own: u64,
    stayed: f64,
    honest_left: u64,
    guarded: bool,
}

impl Relay {
    fn new(parameters: Parameters, rate: f64, guarded: bool, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut pool = Pool::new(parameters, 7_000);
        if guarded {
            pool.handle_canary();
        }
        let mut relay = Self {
            parameters,
            rate,
            before: Pool::new(parameters, 0),
            pool,
            canaries: Canaries::new(86_400, 0),
            others: [0.0; 2],
            next_honest: exponential(HOUR as f64 / rate, &mut rng),
            rng,
            now: 0,
            taken: 0,
            own: 0,
            stayed: 0.0,
            honest_left: 0,
            guarded,
        };
        // Full from the beginning, as a relay is that has run for a day.
        for _ in 0..parameters.min_pool {
            relay.before.insert(Packet::Honest(0));
            relay.pool.insert(Packet::Honest(0));
        }
        relay.others = [1.0, 1.0].map(|mean| exponential(mean * MINUTE as f64, &mut relay.rng));
        relay
    }

    /// One tick of the relay. With `hostile`, nothing else comes in.
    fn tick(&mut self, hostile: Option<u32>, blocked: bool) {
        self.now += self.parameters.tick_ms;
        while self.next_honest < self.now as f64 {
            self.before.insert(Packet::Honest(self.next_honest as u64));
            self.next_honest += exponential(HOUR as f64 / self.rate, &mut self.rng);
        }
        self.send_canaries();
        for packet in self.before.handle_timeout(self.now, &mut self.rng) {
            if !blocked {
                self.take(packet);
            }
        }
        for _ in 0..hostile.unwrap_or_default() {
            self.take(Packet::Hostile);
        }
        for packet in self.pool.handle_timeout(self.now + 7_000, &mut self.rng) {
            if let Packet::Honest(since) = packet {
                self.honest_left += 1;
                self.stayed += (self.now - since) as f64;
            }
        }
    }

    fn send_canaries(&mut self) {
        while self.canaries.handle_timeout(self.now) {
            let mut tag = [0; 16];
            self.rng.fill_bytes(&mut tag);
            self.canaries.handle_sent(tag, self.now);
            self.before.insert(Packet::Own(tag));
        }
        // As many as this relay sends, which depends on what it takes in.
        let share = self.own.max(1) as f64 / self.now.max(1) as f64;
        for other in &mut self.others {
            while *other < self.now as f64 {
                self.before.insert(Packet::Others);
                *other += exponential(1.0 / share, &mut self.rng).min(HOUR as f64);
            }
        }
    }

    fn take(&mut self, packet: Packet) {
        self.taken += 1;
        if let Packet::Own(tag) = packet
            && self.canaries.handle_tag(&tag, self.now)
        {
            self.own += 1;
            if self.guarded {
                self.pool.handle_canary();
            }
        }
        self.canaries.handle_packet(self.now, &mut self.rng);
        self.pool.insert(packet);
    }

    /// How long an honest packet was in both pools, on average.
    fn stay(&self) -> f64 {
        self.stayed / self.honest_left.max(1) as f64
    }

    fn honest(&self) -> usize {
        self.pool
            .iter()
            .filter(|one| matches!(one, Packet::Honest(_)))
            .count()
    }
}

/// Runs the attack `runs` times against a relay through which clients send `rate` cells an hour.
pub fn attack(parameters: Parameters, rate: f64, attack: Attack, runs: u32, seed: u64) -> Held {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut in_time, mut lowest_of_all) = (0u32, 0.0);
    for _ in 0..runs {
        let mut relay = Relay::new(parameters, rate, attack.guarded, rng.next_u64());
        let a_minute = MINUTE / parameters.tick_ms.max(1);
        // Canaries have been coming and going for several times as long as pools hold a packet.
        let a_stay = (parameters.min_pool as f64 / rate * 60.0).max(6.0) as u64;
        for _ in 0..(10 * a_stay + rng.random_range(0..a_stay)) * a_minute {
            relay.tick(None, false);
        }
        for _ in 0..attack.flooded_before * a_minute {
            relay.tick(Some(attack.at_a_tick), false);
        }
        let mut lowest = relay.honest();
        for _ in 0..60 * a_minute {
            let blocked = !attack.adapts || !relay.pool.holds();
            relay.tick(Some(attack.at_a_tick), blocked);
            lowest = lowest.min(relay.honest());
        }
        in_time += u32::from(2 * lowest >= parameters.min_pool);
        lowest_of_all += lowest as f64;
    }
    Held {
        at_a_tick: attack.at_a_tick,
        flooded_before: attack.flooded_before,
        guarded: attack.guarded,
        adapts: attack.adapts,
        cells_h: rate,
        runs,
        in_time: f64::from(in_time) / f64::from(runs),
        lowest: lowest_of_all / f64::from(runs),
    }
}

/// Lets `days` pass in peace.
pub fn peace(parameters: Parameters, rate: f64, days: u64, seed: u64) -> Peace {
    let stay = |guarded: bool| {
        let mut relay = Relay::new(parameters, rate, guarded, seed);
        let (mut waiting, mut ticks, mut alarms, mut alarmed) = (0u64, 0u64, 0u64, false);
        while relay.now < days * 24 * HOUR {
            relay.tick(None, false);
            ticks += 1;
            waiting += u64::from(relay.pool.holds());
            alarms += u64::from(relay.canaries.alarm() && !alarmed);
            alarmed = relay.canaries.alarm();
        }
        (relay, waiting as f64 / ticks as f64, alarms)
    };
    let (without, ..) = stay(false);
    let (relay, waiting, alarms) = stay(true);
    let months = days as f64 / 30.0;
    let expected = rate * relay.now as f64 / HOUR as f64;
    Peace {
        cells_h: rate,
        months,
        alarms_a_month: alarms as f64 / months,
        waiting,
        canaries: 1.0 - expected / relay.taken as f64,
        longer: relay.stay() / without.stay(),
    }
}
