//! What is computed of a session, fixed before anything was measured (SPEC §17.5): from its trace and nothing else.

use super::trace::{Exchange, Trace};
use crate::tap::Way;

/// Requests of a session.
pub const EXCHANGES: usize = 6;
/// Numbers that a session becomes.
pub const FEATURES: usize =
    WHOLE.len() + OPENING.len() + EXCHANGES * EACH.len() + LARGEST.len() + 2 * PACE.len();

/// The numbers of SPEC 17.5 in its order. All are finite; what a trace does not have is 0.
pub fn features(trace: &Trace) -> Vec<f64> {
    let mut out = Vec::with_capacity(FEATURES);
    let ways = [Way::Inward, Way::Outward];
    let records = ways.map(|way| times(trace, way));
    out.extend(records.iter().map(|times| count(times.len())));
    let bytes = |way| {
        let of = trace.records().iter().filter(|record| record.way == way);
        of.map(|record| f64::from(record.bytes)).sum::<f64>()
    };
    out.extend(ways.map(bytes));
    let begun = trace.records().first().map_or(0, |record| record.at);
    let over = trace.records().last().map_or(0, |record| record.at);
    out.push(number(over - begun));

    let exchanges = trace.exchanges();
    let (opening, session) = exchanges.split_at(exchanges.len().saturating_sub(EXCHANGES));
    out.extend(summary(opening, begun));
    let mut before = opening.last().map_or(begun, |last| last.answered.ends);
    for place in 0..EXCHANGES {
        out.extend(session.get(place).map_or([0.; EACH.len()], |exchange| {
            let Exchange { asked, answered } = exchange;
            let wait = asked.begins.saturating_sub(before);
            before = answered.ends;
            [
                number(asked.bytes),
                number(answered.bytes),
                number(wait),
                number(answered.begins - asked.ends),
                number(answered.ends - asked.begins),
            ]
        }));
    }
    let upward = trace
        .bursts()
        .into_iter()
        .filter(|burst| burst.way == Way::Inward);
    let largest = upward
        .enumerate()
        .max_by_key(|(place, burst)| (burst.bytes, usize::MAX - place));
    out.extend(largest.map_or([0.; LARGEST.len()], |(place, burst)| {
        [
            count(place),
            number(burst.begins - begun),
            number(burst.bytes),
        ]
    }));
    out.extend(records.iter().flat_map(|times| pace(times)));
    out
}

/// What each of [`features`] is, for a reader.
pub fn names() -> Vec<String> {
    let mut out: Vec<String> = [WHOLE.as_slice(), &OPENING]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    for request in REQUESTS {
        out.extend(EACH.map(|what| format!("{request}: {what}")));
    }
    out.extend(LARGEST.map(str::to_owned));
    for way in ["up", "down"] {
        out.extend(PACE.map(|what| format!("between records {way}: {what}")));
    }
    out
}

/// Bytes up and down before the session's own exchanges, and how long they took.
fn summary(opening: &[Exchange], begun: u64) -> [f64; OPENING.len()] {
    let up = opening.iter().map(|exchange| exchange.asked.bytes).sum();
    let down = opening.iter().map(|exchange| exchange.answered.bytes).sum();
    let over = opening.last().map_or(begun, |last| last.answered.ends);
    [number(up), number(down), number(over - begun)]
}

fn times(trace: &Trace, way: Way) -> Vec<u64> {
    let of = trace.records().iter().filter(|record| record.way == way);
    of.map(|record| record.at).collect()
}

/// Mean, median (the upper of two), longest and standard deviation of the times between.
fn pace(times: &[u64]) -> [f64; PACE.len()] {
    let mut gaps: Vec<f64> = times
        .iter()
        .zip(times.iter().skip(1))
        .map(|(a, b)| number(b - a))
        .collect();
    gaps.sort_by(f64::total_cmp);
    let Some(longest) = gaps.last().copied() else {
        return [0.; PACE.len()];
    };
    let mean = gaps.iter().sum::<f64>() / count(gaps.len());
    let median = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    let square = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>();
    [mean, median, longest, (square / count(gaps.len())).sqrt()]
}

/// Microseconds or bytes of one session: far less than 2³², and no more than that is told apart.
fn number(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

fn count(value: usize) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

const WHOLE: [&str; 5] = [
    "records up",
    "records down",
    "bytes up",
    "bytes down",
    "duration",
];
const OPENING: [&str; 3] = [
    "opening: bytes up",
    "opening: bytes down",
    "opening: duration",
];
const REQUESTS: [&str; EXCHANGES] = ["directory", "keys", "window", "alerts", "tokens", "cells"];
const EACH: [&str; 5] = [
    "bytes up",
    "bytes down",
    "wait before",
    "wait for the answer",
    "duration",
];
const LARGEST: [&str; 3] = [
    "largest burst up: place",
    "largest burst up: time",
    "largest burst up: bytes",
];
const PACE: [&str; 4] = ["mean", "median", "longest", "standard deviation"];

#[cfg(test)]
mod tests {
    use super::super::trace::Record;
    use super::*;

    #[test]
    fn spec_17_5_the_features_of_a_trace_written_by_hand() {
        let mut records = Vec::new();
        let mut pass = |at, way, bytes| records.push(Record { at, way, bytes });
        pass(0, Way::Inward, 1_500);
        pass(1_000, Way::Outward, 2_000);
        // Six exchanges of 10 ms each, 1 ms apart, of growing sizes; the last request in two records.
        for n in 0..6u32 {
            let begins = 2_000 + 11_000 * u64::from(n);
            pass(begins, Way::Inward, 100 * (n + 1));
            if n == 5 {
                pass(begins + 500, Way::Inward, 33_060 - 600);
            }
            pass(begins + 4_000, Way::Outward, 5_000);
            pass(begins + 4_001, Way::Inward, 31);
            pass(begins + 10_000, Way::Outward, 1_000);
        }
        let got = features(&Trace::new(records));
        let names = names();
        assert_eq!((got.len(), names.len()), (FEATURES, FEATURES));
        assert_eq!(FEATURES, 49);
        let one = |name: &str| got[names.iter().position(|known| known == name).unwrap()];
        let said = |what: &[(&str, f64)]| {
            for (name, value) in what {
                assert_eq!(one(name), *value, "{name}");
            }
        };
        said(&[
            ("records up", 14.),
            ("records down", 13.),
            ("bytes up", 1_500. + 1_500. + 33_060. + 6. * 31.),
            ("bytes down", 2_000. + 6. * 6_000.),
            ("duration", 67_000.),
            ("opening: bytes up", 1_500.),
            ("opening: bytes down", 2_000.),
            ("opening: duration", 1_000.),
            ("directory: bytes up", 100.),
            ("directory: bytes down", 6_000.),
            ("directory: wait before", 1_000.),
            ("directory: wait for the answer", 4_000.),
            ("directory: duration", 10_000.),
            ("tokens: bytes up", 500.),
            ("cells: bytes up", 33_060.),
            ("cells: wait before", 1_000.),
            ("cells: wait for the answer", 3_500.),
            ("cells: duration", 10_000.),
            ("largest burst up: place", 6.),
            ("largest burst up: time", 57_000.),
            ("largest burst up: bytes", 33_060.),
            ("between records down: longest", 6_000.),
            ("between records down: median", 6_000.),
            ("between records down: mean", 5_500.),
        ]);
    }

    #[test]
    fn spec_17_5_a_trace_that_breaks_off_has_the_same_features() {
        let short = |records: &[(u64, Way, u32)]| {
            let records = records.iter();
            let records = records.map(|&(at, way, bytes)| Record { at, way, bytes });
            features(&Trace::new(records.collect()))
        };
        let traces = [
            short(&[]),
            short(&[(5, Way::Outward, 10)]),
            short(&[(5, Way::Inward, 100)]),
            short(&[(5, Way::Inward, 100), (9, Way::Outward, 100)]),
        ];
        for got in traces {
            assert_eq!(got.len(), FEATURES);
            assert!(got.iter().all(|value| value.is_finite()));
        }
    }
}
