//! Sessions as wire traces: sizes and work of the real session, a network as below.
//!
//! Who watches sits in the access network, between the device and the relay. Drawn once a session: the way from the device
//! to the watcher and back (log-normal, median 20 ms, σ 0.5), on to the relay and back (the same, median 50 ms), and the rate
//! (log-normal, median 10 Mbit/s, σ 0.7). Added to every passage: an exponential of mean 2 ms, and once in fifty one of
//! mean 80 ms, as a lost packet makes. A relay answers after an exponential of mean 1 ms; tokens cost the way to the issuer
//! (30 ms) and a submission a write to disk (5 ms) besides.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha20Rng;

use super::Kind;
use super::features::EXCHANGES;
use super::measured::{Measured, Work};
use super::trace::{Record, Trace};
use crate::tap::Way;

/// How a client gives its reports away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leak {
    /// It sends a second packet when it reports.
    SecondCell,
    /// It takes 20 ms longer to seal a report.
    Slow,
    /// The packet of a report is 64 bytes longer.
    Longer,
}

impl Leak {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SecondCell, Self::Slow, Self::Longer];
}

/// Draws `sessions` of a kind.
pub fn traces(
    measured: &Measured,
    kind: Kind,
    leak: Option<Leak>,
    sessions: usize,
    rng: &mut ChaCha20Rng,
) -> Vec<Trace> {
    let pool = match kind {
        Kind::Reporting => &measured.reporting,
        Kind::Reading => &measured.reading,
    };
    let leak = leak.filter(|_| kind == Kind::Reporting);
    let mut draw = || {
        let place = rng.random_range(0..pool.len().max(1));
        let work = pool.get(place).copied().unwrap_or_default();
        let mut wire = Wire::draw(rng);
        wire.session(measured, &work, leak);
        Trace::new(wire.records)
    };
    (0..sessions).map(|_| draw()).collect()
}

/// One connection.
struct Wire<'a> {
    rng: &'a mut ChaCha20Rng,
    /// To the device and back.
    near: f64,
    /// To the relay and back.
    far: f64,
    /// Seconds for a byte.
    byte: f64,
    now: Duration,
    records: Vec<Record>,
}

impl<'a> Wire<'a> {
    fn draw(rng: &'a mut ChaCha20Rng) -> Self {
        let near = log_normal(0.02, 0.5, rng);
        let far = log_normal(0.05, 0.5, rng);
        let byte = 8. / log_normal(10e6, 0.7, rng);
        Self {
            rng,
            near,
            far,
            byte,
            now: Duration::ZERO,
            records: Vec::new(),
        }
    }

    fn session(&mut self, measured: &Measured, work: &Work, leak: Option<Leak>) {
        self.pass(Way::Inward, CLIENT_HELLO);
        self.relay(0.);
        self.pass(Way::Outward, SERVER_HELLO);
        let sizes = measured.requests.iter().zip(&measured.answers);
        for (place, ((asked, answered), work)) in sizes.zip(work).enumerate() {
            let last = place + 1 == EXCHANGES;
            let leak = leak.filter(|_| last);
            let slower = if leak == Some(Leak::Slow) {
                SLOWER
            } else {
                Duration::ZERO
            };
            let longer = if leak == Some(Leak::Longer) {
                LONGER
            } else {
                0
            };
            let times = if leak == Some(Leak::SecondCell) { 2 } else { 1 };
            let besides = match place + 2 {
                EXCHANGES => 0.03,
                _ if last => 0.005,
                _ => 0.,
            };
            for _ in 0..times {
                self.wait(self.near);
                self.now += Duration::from_nanos(*work) + slower;
                self.pass(Way::Inward, HEAD + asked + longer);
                self.relay(besides);
                self.pass(Way::Outward, HEAD + answered);
            }
        }
    }

    /// A message in TLS records.
    fn pass(&mut self, way: Way, bytes: usize) {
        let mut left = bytes;
        while left > 0 {
            let sealed = u32::try_from(left.min(RECORD)).unwrap_or(u32::MAX);
            left -= left.min(RECORD);
            let bytes = sealed + RECORD_HEAD;
            self.now += Duration::from_secs_f64(self.byte * f64::from(bytes));
            let at = u64::try_from(self.now.as_micros()).unwrap_or(u64::MAX);
            self.records.push(Record { at, way, bytes });
        }
    }

    fn relay(&mut self, besides: f64) {
        let work = exponential(0.001, self.rng);
        self.wait(self.far + besides + work);
    }

    fn wait(&mut self, seconds: f64) {
        let late = match self.rng.random_range(0..50) {
            0 => exponential(0.08, self.rng),
            _ => 0.,
        };
        let jitter = exponential(0.002, self.rng);
        self.now += Duration::from_secs_f64(seconds + jitter + late);
    }
}

fn exponential(mean: f64, rng: &mut ChaCha20Rng) -> f64 {
    -mean * (1. - rng.random::<f64>()).ln()
}

fn log_normal(median: f64, sigma: f64, rng: &mut ChaCha20Rng) -> f64 {
    let radius = (-2. * (1. - rng.random::<f64>()).ln()).sqrt();
    let normal = radius * (TAU * rng.random::<f64>()).cos();
    median * (sigma * normal).exp()
}

/// Bytes of the hellos, with X25519MLKEM768.
const CLIENT_HELLO: usize = 1_500;
const SERVER_HELLO: usize = 2_000;
/// Bytes of a head in HTTP/2, about.
const HEAD: usize = 40;
/// Bytes in a TLS record and around it.
const RECORD: usize = 16_384;
const RECORD_HEAD: u32 = 22;
const SLOWER: Duration = Duration::from_millis(20);
const LONGER: usize = 64;

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::super::features::features;
    use super::super::model::Model;
    use super::*;

    /// Both kinds alike, with work that varies.
    fn measured() -> Measured {
        let work: Vec<Work> = (1..9).map(|n| [n * 300_000; EXCHANGES]).collect();
        Measured {
            requests: [13, 8, 10, 10, 1_600, 33_069],
            answers: [6_000, 12_000, 70_000, 20_000, 700, 0],
            reporting: work.clone(),
            reading: work,
        }
    }

    fn best(leak: Option<Leak>, seed: u64) -> f64 {
        let measured = measured();
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut rows = |kind| -> Vec<Vec<f64>> {
            let traces = traces(&measured, kind, leak, 400, &mut rng);
            traces.iter().map(features).collect()
        };
        let (reporting, reading) = (rows(Kind::Reporting), rows(Kind::Reading));
        let aucs =
            Model::ALL.map(|model| model.tell_apart(&reporting, &reading, seed).unwrap().value);
        aucs[0].max(aucs[1])
    }

    #[test]
    fn spec_17_6_a_client_that_does_the_same_for_both_is_at_chance() {
        let auc = best(None, 11);
        assert!(auc < 0.57, "{auc}");
    }

    #[test]
    fn spec_17_6_a_client_that_leaks_is_caught() {
        for leak in Leak::ALL {
            let auc = best(Some(leak), 12);
            assert!(auc >= 0.7, "{leak:?} {auc}");
        }
    }

    #[test]
    fn a_session_on_the_wire_has_six_exchanges_behind_its_opening() {
        let mut rng = ChaCha20Rng::seed_from_u64(13);
        let traces = traces(&measured(), Kind::Reporting, None, 3, &mut rng);
        for trace in traces {
            assert_eq!(trace.exchanges().len(), EXCHANGES + 1);
        }
    }
}
