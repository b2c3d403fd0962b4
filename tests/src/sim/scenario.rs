//! Scenarios: a crowd, a mix, and who is honest.

use brolly_protocol::mix::Parameters;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::HOUR;
use super::carrier::Sizes;
use super::measure::{Figures, Unit, measure};
use super::people::{self, Behaviour, Crowd, Wish};
use super::posterior::{ALL, Honest, ONE};
use super::rival::{StopAndGo, Threshold, phase};
use super::world::{self, Generalised, Mix, Trace};

/// The parameters that this measurement chose, which `brolly-keys new` writes into a directory.
pub const CHOSEN: Parameters = Parameters {
    tick_ms: 15_000,
    release_ppm: 45_455,
    min_pool: 80,
};

/// How packets are mixed at every relay.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Mixing {
    /// The pool that Brolly uses, guarded by canaries (SPEC §8.11).
    Guarded(Parameters),
    /// The same without canaries.
    Pool(Parameters),
    /// Each packet stays for an exponential time of this mean (milliseconds).
    StopAndGo(u64),
    /// Everything leaves at a threshold, or after a time (milliseconds).
    Threshold(usize, u64),
    /// Everything leaves at the end of each interval (milliseconds).
    Timed(u64),
}

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum People {
    /// Sessions an hour at random times.
    Flat(f64),
    /// The same with a night: so many an hour at noon, and a twentieth of it at midnight.
    Day(f64),
    /// So many an hour, and every third hour four times as many.
    Bursts(f64),
    /// So many an hour, and so many cells of whoever watches for each of theirs.
    Flooded(f64, f64),
    /// So many an hour at random times, each with two cells.
    Pairs(f64),
    /// Devices on the steady schedule, the share that sleeps half of the time, and when reports are to go.
    Installed(u32, f64, Wish),
    /// Visits to the page with so many sessions an hour: as they behave, and as they are believed to.
    Page(f64, Behaviour, Behaviour),
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// Who sends.
    pub people: People,
    /// How relays mix.
    pub mixing: Mixing,
    /// Which relays are honest.
    pub honest: Honest,
    /// Among whom the sender is looked for.
    pub unit: Unit,
    /// How many entries there are, and whether an area has one of its own.
    pub entries: (u8, bool),
    /// The share of sessions, visits or devices whose cells the entry throws away, whoever they are.
    pub dropped: f64,
    /// Hours that are looked at.
    pub hours: u64,
}

/// A row as scripts read it.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The scenario's name.
    pub scenario: String,
    /// Sessions an hour.
    pub sessions_h: f64,
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Why a scenario cannot be.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Impossible {
    /// Nobody sends, or more than anybody could.
    #[error("{0} sessions an hour cannot be measured: say between 0.1 and 100000")]
    Sessions(f64),
    /// No time passes between releases.
    #[error("a tick has to take from 1 second to an hour")]
    Tick,
    /// Packets would have to stay for less than a tick.
    #[error(
        "a mean stay of {stay} min is not longer than a tick of {tick} min: everything would leave at once"
    )]
    Stay {
        /// Minutes.
        stay: f64,
        /// Minutes.
        tick: f64,
    },
    /// It never fills.
    #[error(
        "at {rate} sessions an hour a pool of {pool} takes over a month to fill: nothing would arrive"
    )]
    Pool {
        /// Sessions an hour.
        rate: f64,
        /// Packets that always stay behind.
        pool: usize,
    },
}

impl Scenario {
    /// Sessions at random times through pools of this kind: ticks in seconds, the mean stay in minutes.
    ///
    /// # Errors
    /// [`Impossible`].
    pub fn of_sessions(
        rate: f64,
        min_pool: usize,
        tick: u64,
        stay: f64,
    ) -> Result<Self, Impossible> {
        if !(0.1..=100_000.0).contains(&rate) {
            return Err(Impossible::Sessions(rate));
        }
        if !(1..=3_600).contains(&tick) {
            return Err(Impossible::Tick);
        }
        let minutes = tick as f64 / 60.0;
        if stay.is_nan() || stay <= minutes {
            return Err(Impossible::Stay {
                stay,
                tick: minutes,
            });
        }
        if min_pool as f64 / rate > 720.0 {
            return Err(Impossible::Pool {
                rate,
                pool: min_pool,
            });
        }
        let mixing = Mixing::Guarded(Parameters {
            tick_ms: tick * 1_000,
            release_ppm: (minutes / stay * 1e6).round().max(1.0) as u32,
            min_pool,
        });
        let name = format!("pool of {min_pool}, ticks of {tick} s, mean stay {stay} min");
        Ok(Self {
            mixing,
            ..Self::new(&name, People::Flat(rate))
        })
    }

    /// All relays honest, one entry, by session: the usual case, from which others differ.
    pub fn new(name: &str, people: People) -> Self {
        Self {
            name: name.to_owned(),
            people,
            mixing: Mixing::Guarded(CHOSEN),
            honest: ALL,
            unit: Unit::Session,
            entries: (1, false),
            dropped: 0.0,
            hours: 24,
        }
    }

    /// With the middle relay honest alone.
    #[must_use]
    pub fn one_honest(self) -> Self {
        Self {
            honest: ONE,
            name: format!("{}, one honest hop", self.name),
            ..self
        }
    }

    /// Looked for among others than sessions.
    #[must_use]
    pub fn by(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    /// Runs it, and looks for the senders of up to `most` reports.
    pub fn run(&self, seed: u64, most: usize) -> Row {
        let (crowd, trace, warm) = self.play(seed);
        let looked_at = warm..warm + self.hours * HOUR;
        let figures = measure(&crowd, &trace, self.honest, self.unit, looked_at, most);
        Row {
            scenario: self.name.clone(),
            sessions_h: self.people.sessions_an_hour(),
            figures,
        }
    }

    /// Who was there and what happened, and the time from which the pools were full.
    pub fn play(&self, seed: u64) -> (Crowd, Trace, u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let warm = self.warm_up();
        // What was written at the end still has to be sent and to come out, in company.
        let until = warm + self.hours * HOUR + warm * 3 / 2 + self.people.waits();
        let crowd = self.people.crowd(until, &mut rng);
        let mut crowd = crowd.with_canaries(until, &mut rng);
        if self.dropped > 0.0 {
            crowd = crowd.without(self.dropped, &mut rng);
        }
        let (entries, by_area) = self.entries;
        crowd.spread(entries, by_area, &mut rng);
        let layers = [entries, 1, 1];
        let relays = layers.map(|count| (0..count).map(|_| self.mixing.relay(&mut rng)).collect());
        let trace = world::run(
            &crowd.cells,
            relays.into(),
            &mut Sizes::default(),
            until,
            seed,
        );
        (crowd, trace, warm)
    }

    /// Milliseconds until pools have settled: several times as long as three of them hold a packet.
    fn warm_up(&self) -> u64 {
        let a_stay = match self.mixing {
            Mixing::Guarded(pool) | Mixing::Pool(pool) => {
                let filling = pool.min_pool as f64 / self.people.sessions_an_hour();
                let mean = pool.tick_ms as f64 * 1e6 / f64::from(pool.release_ppm) / HOUR as f64;
                f64::max(filling * f64::from(self.entries.0), mean)
            }
            Mixing::StopAndGo(mean) => mean as f64 / HOUR as f64,
            Mixing::Threshold(_, time) | Mixing::Timed(time) => time as f64 / HOUR as f64,
        };
        ((a_stay * 12.0 + 2.0) * HOUR as f64) as u64
    }
}

impl Mixing {
    /// A relay that mixes so.
    pub fn relay(&self, rng: &mut ChaCha8Rng) -> Box<dyn Mix> {
        match *self {
            Self::Guarded(pool) => Box::new(Generalised::new(pool, true, phase(pool.tick_ms, rng))),
            Self::Pool(pool) => Box::new(Generalised::new(pool, false, phase(pool.tick_ms, rng))),
            Self::StopAndGo(mean) => Box::new(StopAndGo::new(mean)),
            Self::Threshold(count, timeout) => {
                Box::new(Threshold::new(count, timeout, phase(timeout, rng)))
            }
            Self::Timed(interval) => Box::new(Threshold::timed(interval, phase(interval, rng))),
        }
    }
}

impl People {
    /// Sessions an hour, on average.
    pub fn sessions_an_hour(&self) -> f64 {
        match *self {
            Self::Flat(rate)
            | Self::Page(rate, ..)
            | Self::Pairs(rate)
            | Self::Flooded(rate, _) => rate,
            Self::Day(rate) => rate * 0.525,
            Self::Bursts(rate) => rate * 2.0,
            Self::Installed(devices, asleep, _) => f64::from(devices) / 4.0 * (1.0 - asleep / 2.0),
        }
    }

    /// Milliseconds after which a report has been sent by a device that is there.
    fn waits(&self) -> u64 {
        match self {
            Self::Installed(_, asleep, _) if *asleep > 0.0 => 80 * HOUR,
            Self::Installed(..) => 30 * HOUR,
            Self::Page(..) => 3 * HOUR,
            Self::Flat(_) | Self::Day(_) | Self::Bursts(_) | Self::Flooded(..) | Self::Pairs(_) => {
                0
            }
        }
    }

    fn crowd(&self, until: u64, rng: &mut ChaCha8Rng) -> Crowd {
        match self {
            Self::Flat(rate) => people::sessions(&|_| *rate, *rate, until, rng),
            Self::Flooded(rate, factor) => {
                people::sessions(&|_| *rate, *rate, until, rng).with_known(*factor, false, rng)
            }
            Self::Pairs(rate) => people::pairs(*rate, until, rng),
            Self::Day(noon) => {
                let rate = |at: u64| {
                    let turn = std::f64::consts::TAU * at as f64 / (24 * HOUR) as f64;
                    noon * (0.525 - 0.475 * turn.cos())
                };
                people::sessions(&rate, *noon, until, rng)
            }
            Self::Bursts(quiet) => {
                let rate = |at: u64| {
                    if (at / HOUR).is_multiple_of(3) {
                        quiet * 4.0
                    } else {
                        *quiet
                    }
                };
                people::sessions(&rate, quiet * 4.0, until, rng)
            }
            Self::Installed(devices, asleep, wish) => {
                people::installed(*devices, *asleep, until, *wish, rng)
            }
            Self::Page(rate, behaviour, believed) => {
                people::visits(*rate, behaviour, believed, until, rng)
            }
        }
    }
}
