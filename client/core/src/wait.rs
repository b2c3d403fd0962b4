//! How long a report is on its way, told before it is sent (SPEC §16.9).
//!
//! A packet stays in each of three pools as long as the mix keeps it, or, where little comes, until enough company came
//! to push it out. The stays are drawn independently, each from an exponential distribution, and their means are unequal where
//! one layer has more relays than another: their sum is hypoexponential, Erlang's of order three where they are equal.

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
        let mut stays = [0; LAYERS];
        for (mean, layer) in stays.iter_mut().zip(Layer::ALL) {
            // The traffic is shared by the relays of a layer.
            let relays = u128::try_from(directory.layer(layer).count()).ok()?;
            let needed = minimum
                .saturating_mul(relays)
                .saturating_mul(u128::from(traffic.seconds) * 1_000);
            let held = stay.max(needed.checked_div(cells)?);
            // A guarded pool holds between two canaries about a fifth of the time (SPEC §8.11).
            *mean = held.saturating_mul(12) / 10;
        }
        Some(Self::of_stays(stays))
    }

    /// Of the sum of three exponential stays with these means, in milliseconds.
    fn of_stays(mut stays: [u128; LAYERS]) -> Self {
        stays.sort_unstable();
        let [.., longest] = stays;
        let longest = longest.max(1);
        let shares = stays.map(|stay| {
            let share = u32::try_from(stay.saturating_mul(MILLION) / longest);
            f64::from(share.unwrap_or(PPM).max(1)) / f64::from(PPM)
        });
        let quantile = |part: f64| {
            let (mut low, mut high) = (0, LONGEST);
            while high - low > 1 {
                let middle = low.midpoint(high);
                match arrived(shares, f64::from(middle) / f64::from(PPM)) < part {
                    true => low = middle,
                    false => high = middle,
                }
            }
            let seconds = longest
                .saturating_mul(u128::from(high))
                .div_ceil(MILLION * 1_000);
            u64::try_from(seconds).unwrap_or(u64::MAX)
        };
        Self {
            half: quantile(0.5),
            most: quantile(0.99),
        }
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

    /// The time until what was sent has left a page that stays open (SPEC §16.14).
    pub const fn for_a_page() -> Self {
        PAGE
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

/// The part of the sums of three exponential times with these means, in ascending order, that are `time` at the most.
fn arrived([short, middle, long]: [f64; LAYERS], time: f64) -> f64 {
    // The formula divides by the differences.
    let middle = middle.max(short * APART);
    let long = long.max(middle * APART);
    let left = |mean: f64, one: f64, other: f64| {
        mean / (mean - one) * (mean / (mean - other)) * (-time / mean).exp()
    };
    1.0 - left(short, middle, long) - left(middle, short, long) - left(long, short, middle)
}

/// Who is rung in an emergency, in the country with this calling code.
pub const fn emergency(calling_code: u16) -> &'static str {
    match calling_code {
        44 => "999",
        _ => "112",
    }
}

/// How much longer the longer of two means is taken to be at least: a thousandth part of what is told.
const APART: f64 = 1.0005;
const PPM: u32 = 1_000_000;
/// Millionths of the longest mean that 99 in 100 sums surely stay under: with three alike it is 8.4 of it.
const LONGEST: u32 = 16 * PPM;
/// Half and 99 in 100 of the time to the next session, and to an evenly drawn one of the next six, in thousandths of an interval.
const SOON: (u64, u64) = (523, 1_609);
const DAY: (u64, u64) = (3_000, 6_290);
/// Half and 99 in 100 of the time to a page's next cell, in seconds.
const PAGE: Wait = Wait {
    half: 55,
    most: 167,
};
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

    /// Within half a percent.
    fn near(told: Wait, (half, most): (u64, u64)) {
        for (told, right) in [(told.half, half), (told.most, most)] {
            assert!(told.abs_diff(right) * 200 <= right, "{told}, not {right}");
        }
    }

    #[test]
    fn spec_16_9_the_wait_is_that_of_a_sum_of_unequal_stays() {
        const MINUTE: u128 = 60_000;
        // Erlang: 0.891 and 2.802 of the sum.
        let alike = Wait::of_stays([1_000_000; LAYERS]);
        near(alike, (2_674, 8_406));
        // One alone is exponential.
        let one = Wait::of_stays([0, 1_000_000_000, 0]);
        near(one, (693_147, 4_605_170));
        // Three relays share 933 packets an hour in one layer, and the others are as quick as the mix.
        let quick = 11 * MINUTE / 2;
        let shared = Wait::of_stays([80 * 3 * 60 * MINUTE / 933, quick, quick]);
        let told = shared.most / 60;
        assert!((80..=98).contains(&told), "{told} minutes");
        // Erlang's 2.802 of the sum are 74 minutes.
        assert!(shared.most > 74 * 60 * 105 / 100);

        // Against draws: the sum of three of -ln u times a mean.
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let means = [100.0, 700.0, 3_000.0];
        let mut drawn: Vec<f64> = (0..40_000)
            .map(|_| {
                let stays = means.map(|mean| -mean * (1.0 - rng.random::<f64>()).ln());
                stays.iter().sum()
            })
            .collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let told = Wait::of_stays([100_000, 700_000, 3_000_000]);
        let told = [told.half, told.most].map(|seconds| f64::from(u32::try_from(seconds).unwrap()));
        for (told, found) in told.into_iter().zip([drawn[20_000], drawn[39_600]]) {
            assert!((told / found - 1.0).abs() < 0.04, "{told}, {found}");
        }
    }

    #[test]
    fn spec_16_9_the_wait_is_that_of_three_pools_and_grows_when_little_comes() {
        let mut directory = Scheme::new(NOW).directory;
        // One relay a layer: 15 s at one in 22 are five and a half minutes a pool.
        directory.relays.remove(0);
        let busy = Wait::on_the_way(&directory, traffic(5_000)).unwrap();
        near(busy, (883 * 12 / 10, 2_774 * 12 / 10));
        // 80 packets at 100 an hour take 48 minutes to push one out.
        let quiet = Wait::on_the_way(&directory, traffic(100)).unwrap();
        near(quiet, (7_701 * 12 / 10, 24_210 * 12 / 10));
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
