//! How long a report is on its way, told before it is sent (SPEC §16.9).
//!
//! A packet stays in each of three pools as long as the mix keeps it, or, where little comes, until enough company came
//! to push it out. The stays are alike and drawn independently, so their sum follows Erlang's distribution of order three.

use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::LAYERS;
use brolly_protocol::onion::Layer;
use brolly_protocol::schedule::Steady;

use crate::outbox::Wish;

/// Seconds after which half of the reports, and 99 in 100, have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a pair of numbers")]
pub struct Wait {
    /// Half.
    pub half: u64,
    /// Nearly all.
    pub most: u64,
}

/// Entries by which the reports log grew, and in how many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a pair of numbers")]
pub struct Traffic {
    /// Entries: reports, and the cover that is delivered.
    pub entries: u64,
    /// Seconds.
    pub seconds: u64,
}

impl Wait {
    /// The time in the pools, by the mix of a directory and by what its log shows of the traffic. `None` when nothing came:
    /// then nobody can say.
    pub fn on_the_way(directory: &Directory, traffic: Traffic) -> Option<Self> {
        let parameters = &directory.parameters;
        let cells = u128::from(traffic.entries) * u128::from(parameters.cover_deliver_one_in);
        let stay = u128::from(parameters.mix.tick_ms) * MILLION
            / u128::from(parameters.mix.release_ppm.max(1));
        let minimum = u128::try_from(parameters.mix.min_pool).ok()?;
        let mut sum: u128 = 0;
        for layer in Layer::ALL {
            // The traffic is shared by the relays of a layer.
            let relays = u128::try_from(directory.layer(layer).count()).ok()?;
            let needed = minimum
                .saturating_mul(relays)
                .saturating_mul(u128::from(traffic.seconds) * 1_000);
            sum = sum.saturating_add(stay.max(needed.checked_div(cells)?));
        }
        let quantile = |thousandths: u128| {
            let seconds = sum
                .saturating_mul(thousandths)
                .div_ceil(POOLS * 1_000 * 1_000);
            u64::try_from(seconds).unwrap_or(u64::MAX)
        };
        Some(Self {
            half: quantile(ERLANG_HALF),
            most: quantile(ERLANG_MOST),
        })
    }

    /// The time until the session of an installed client that takes a report with this wish.
    pub const fn for_a_session(wish: Wish) -> Self {
        let (half, most) = match wish {
            Wish::Soon => SOON,
            Wish::Day => DAY,
        };
        Self {
            half: Steady::INTERVAL * half / 1_000_000,
            most: Steady::INTERVAL * most / 1_000_000,
        }
    }

    /// One after the other. Nearly all is then an upper bound.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            half: self.half.saturating_add(next.half),
            most: self.most.saturating_add(next.most),
        }
    }
}

/// Who is rung in an emergency, in the country with this calling code.
pub const fn emergency(calling_code: u16) -> &'static str {
    match calling_code {
        44 => "999",
        _ => "112",
    }
}

/// Quantiles of Erlang's distribution of order three, in thousandths of the mean of one stay.
const ERLANG_HALF: u128 = 2_674;
const ERLANG_MOST: u128 = 8_406;
/// The same of the time to the next session, and to an evenly drawn one of the next six, in thousandths of an interval.
const SOON: (u64, u64) = (523, 1_609);
const DAY: (u64, u64) = (3_000, 6_290);
const POOLS: u128 = 3;
const _: () = assert!(LAYERS == 3);
const MILLION: u128 = 1_000_000;

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::fake::{NOW, Scheme};

    const HOUR: u64 = 3_600;

    fn traffic(cells_an_hour: u64) -> Traffic {
        // The scheme of the tests delivers one cover cell in two.
        Traffic {
            entries: cells_an_hour * 12,
            seconds: 24 * HOUR,
        }
    }

    #[test]
    fn spec_16_9_the_wait_is_that_of_three_pools_and_grows_when_little_comes() {
        let mut directory = Scheme::new(NOW).directory;
        // One relay a layer: 15 s at one in 22 are five and a half minutes a pool.
        directory.relays.remove(0);
        let busy = Wait::on_the_way(&directory, traffic(5_000)).unwrap();
        assert_eq!((busy.half, busy.most), (883, 2_774));
        // 80 packets at 100 an hour take 48 minutes to push one out.
        let quiet = Wait::on_the_way(&directory, traffic(100)).unwrap();
        assert_eq!(
            (quiet.half, quiet.most),
            (2_674 * 2_880 / 1_000 + 1, 24_210)
        );
        assert_eq!(Wait::on_the_way(&directory, traffic(0)), None);
        // Two entries share what comes.
        let shared = Scheme::new(NOW).directory;
        assert!(Wait::on_the_way(&shared, traffic(100)).unwrap().half > quiet.half);
    }

    #[test]
    fn a_mix_that_nothing_leaves_takes_as_long_as_can_be_said() {
        let mut directory = Scheme::new(NOW).directory;
        directory.parameters.mix.min_pool = usize::MAX;
        directory.parameters.mix.tick_ms = u64::MAX;
        directory.parameters.mix.release_ppm = 1;
        let traffic = Traffic {
            entries: 1,
            seconds: u64::MAX,
        };
        let wait = Wait::on_the_way(&directory, traffic).unwrap();
        assert_eq!(wait.most, u64::MAX);
        assert_eq!(wait.then(wait).half, u64::MAX);
    }

    #[test]
    fn spec_16_9_the_wait_for_a_session_is_that_of_the_schedule() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for wish in [Wish::Soon, Wish::Day] {
            let mut waits: Vec<u64> = (0..20_000)
                .map(|_| {
                    let mut steady = Steady::new(Steady::INTERVAL, 0, &mut rng);
                    // She queues at a time that has nothing to do with the schedule.
                    let at = Steady::INTERVAL * 5 + rng.random_range(0..Steady::INTERVAL);
                    let pass = match wish {
                        Wish::Soon => 0,
                        Wish::Day => rng.random_range(0..Steady::SESSIONS_A_DAY),
                    };
                    let mut left = pass;
                    loop {
                        let now = steady.poll_timeout();
                        steady.handle_timeout(now, &mut rng);
                        match (now >= at, left) {
                            (true, 0) => return (now - at) / 1_000,
                            (true, _) => left -= 1,
                            (false, _) => {}
                        }
                    }
                })
                .collect();
            waits.sort_unstable();
            let told = Wait::for_a_session(wish);
            let near = |told: u64, found: u64| told.abs_diff(found) * 100 < told * 4;
            let (half, most) = (waits[10_000], waits[19_800]);
            assert!(near(told.half, half), "{wish:?}: {half}, {told:?}");
            assert!(near(told.most, most), "{wish:?}: {most}, {told:?}");
        }
    }

    #[test]
    fn spec_16_9_the_emergency_service_is_the_countrys() {
        assert_eq!((emergency(44), emergency(49)), ("999", "112"));
    }
}
