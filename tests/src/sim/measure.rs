//! Figures: how little is learnt, how late a report arrives, and whether claimed probabilities are true.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use super::MINUTE;
use super::people::Crowd;
use super::posterior::{self, Honest};
use super::world::Trace;

/// Among whom a sender is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Sessions, each as likely before, and each of its cells.
    Session,
    /// Visits or devices with their whole histories, by how people behave.
    Owner,
    /// The same, where whoever watches also knows in which area each of them is, and the report names hers.
    OwnerInArea,
}

/// What somebody learns of one report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learnt {
    /// The probability that was given to who sent it.
    pub truth: f64,
    /// The highest given to anybody.
    pub top: f64,
    /// The chance that the first guess is right: 1 or 0, or between them where several are first.
    pub hit: f64,
    /// Shannon entropy, in bits.
    pub entropy: f64,
    /// The share of the others who were given a lower probability than who sent it, an equal one counted as half.
    pub below: f64,
}

/// The figures of one scenario.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Reports looked at.
    pub reports: usize,
    /// Reports that were written and did not arrive while anybody looked.
    pub missing: usize,
    /// Cells that all sent together.
    pub cells: usize,
    /// From "send" until it is delivered, in minutes: half of them, and all but one in a hundred.
    pub delay_p50_min: f64,
    /// The second.
    pub delay_p99_min: f64,
    /// The mean Shannon entropy of who sent it, in bits.
    pub entropy_bits: f64,
    /// Minus the logarithm of the mean highest probability, in bits.
    pub min_entropy_bits: f64,
    /// How often the first guess was right.
    pub top1: f64,
    /// How often it claimed to be.
    pub top1_claimed: f64,
    /// The mean entropy of the worst one in a hundred, in bits.
    pub worst_1pct_bits: f64,
    /// The area under the curve: how often the sender is given a higher probability than another who can have sent it, an
    /// equal one counted as half. 0.5 tells nothing.
    pub auc: f64,
    /// Where its 95 % interval begins and ends.
    pub auc_95: (f64, f64),
    /// That curve: of each report the share of the others who look at least as likely as its sender, in order.
    #[serde(skip)]
    pub roc: Vec<f64>,
    /// Claimed against true: for each span of claimed probabilities their mean, how often they were true, and how many.
    #[serde(skip)]
    pub calibration: Vec<Bin>,
}

/// Candidates that were given about the same probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// The mean probability that was claimed.
    pub claimed: f64,
    /// How often it was true.
    pub true_share: f64,
    /// How many candidates.
    pub count: f64,
}

/// Looks for the senders of up to `most` of the reports that the crowd wrote at a time that is `looked_at`.
pub fn measure(
    crowd: &Crowd,
    trace: &Trace,
    honest: Honest,
    unit: Unit,
    looked_at: Range<u64>,
    most: usize,
) -> Figures {
    let written = crowd.reports.iter();
    let written: Vec<&(u32, u64)> = written
        .filter(|(_, pressed)| looked_at.contains(pressed))
        .collect();
    let delivered: Vec<(u32, u64, u64)> = written
        .iter()
        .filter_map(|(cell, pressed)| Some((*cell, *pressed, trace.delivered(*cell)?)))
        .collect();
    let missing = written.len() - delivered.len();
    let every = delivered.len().div_ceil(most.max(1)).max(1);
    let mut delays = Vec::new();
    let mut learnt = Vec::new();
    let mut bins = Bins::default();
    for (cell, pressed, arrived) in delivered.into_iter().step_by(every) {
        delays.push((arrived - pressed) as f64 / MINUTE as f64);
        let (true_one, suspects) = suspects(crowd, trace, honest, unit, cell);
        bins.add(&suspects, true_one);
        learnt.push(Learnt::of(&suspects, true_one));
    }
    Figures {
        missing,
        ..Figures::of(crowd.cells.len(), delays, &learnt, bins)
    }
}

/// The sender, and everybody with their probabilities.
pub fn suspects(
    crowd: &Crowd,
    trace: &Trace,
    honest: Honest,
    unit: Unit,
    cell: u32,
) -> (u32, BTreeMap<u32, f64>) {
    let named = crowd.area[crowd.owner[cell as usize] as usize];
    let mut suspects: BTreeMap<u32, f64> = BTreeMap::new();
    let who = |cell: u32| match unit {
        Unit::Session => crowd.session[cell as usize],
        Unit::Owner | Unit::OwnerInArea => crowd.owner[cell as usize],
    };
    for (suspect, mass) in posterior::of(trace, cell, honest) {
        let owner = crowd.owner[suspect as usize] as usize;
        let entry = |cell: u32| crowd.cells[cell as usize].path[0];
        // The report names the area: an entry of its own says who did not write it.
        if crowd.by_area && entry(suspect) != entry(cell) || crowd.known[suspect as usize] {
            continue;
        }
        let weight = match unit {
            Unit::Session => 1.0 / f64::from(crowd.in_session[who(suspect) as usize]),
            Unit::OwnerInArea if crowd.area[owner] != named => continue,
            Unit::Owner | Unit::OwnerInArea => crowd.prior[suspect as usize],
        };
        *suspects.entry(who(suspect)).or_default() += mass * weight;
    }
    let whole: f64 = suspects.values().sum();
    suspects.values_mut().for_each(|mass| *mass /= whole);
    (who(cell), suspects)
}

impl Learnt {
    /// From a distribution that sums to 1.
    pub fn of(suspects: &BTreeMap<u32, f64>, true_one: u32) -> Self {
        let truth = suspects.get(&true_one).copied().unwrap_or_default();
        let top = suspects.values().copied().fold(0.0, f64::max);
        let first = suspects.values().filter(|p| **p >= top - TIED).count();
        let entropy = suspects
            .values()
            .filter(|p| **p > 0.0)
            .map(|p| -p * p.log2())
            .sum();
        let hit = if truth >= top - TIED {
            1.0 / first.max(1) as f64
        } else {
            0.0
        };
        let others = suspects.iter().filter(|(who, _)| **who != true_one);
        let below = mean(others.map(|(_, p)| match p - truth {
            more if more > TIED => 0.0,
            less if less < -TIED => 1.0,
            _ => 0.5,
        }));
        Self {
            truth,
            top,
            hit,
            entropy,
            below: if suspects.len() > 1 { below } else { 1.0 },
        }
    }
}

impl Figures {
    fn of(cells: usize, mut delays: Vec<f64>, learnt: &[Learnt], bins: Bins) -> Self {
        if learnt.is_empty() {
            return Self {
                cells,
                ..Self::default()
            };
        }
        delays.sort_by(f64::total_cmp);
        let mut entropies: Vec<f64> = learnt.iter().map(|one| one.entropy).collect();
        entropies.sort_by(f64::total_cmp);
        let worst = &entropies[..entropies.len().div_ceil(100)];
        let tops = mean(learnt.iter().map(|one| one.top));
        let mut roc: Vec<f64> = learnt.iter().map(|one| 1.0 - one.below).collect();
        roc.sort_by(f64::total_cmp);
        let auc = mean(learnt.iter().map(|one| one.below));
        let squares = mean(learnt.iter().map(|one| (one.below - auc).powi(2)));
        let reach = NORMAL_95 * (squares / learnt.len() as f64).sqrt();
        Self {
            reports: learnt.len(),
            missing: 0,
            cells,
            delay_p50_min: delays[delays.len() / 2],
            delay_p99_min: delays[delays.len() * 99 / 100],
            entropy_bits: mean(entropies.iter().copied()),
            min_entropy_bits: -tops.log2(),
            top1: mean(learnt.iter().map(|one| one.hit)),
            top1_claimed: tops,
            worst_1pct_bits: mean(worst.iter().copied()),
            auc,
            auc_95: ((auc - reach).max(0.0), (auc + reach).min(1.0)),
            roc,
            calibration: bins.finish(),
        }
    }

    /// By how many standard deviations the first guesses are right more or less often than they claim.
    pub fn first_guesses_off(&self) -> f64 {
        let claimed = self.top1_claimed;
        let deviation = (claimed * (1.0 - claimed) / self.reports.max(1) as f64).sqrt();
        (self.top1 - claimed).abs() / deviation.max(f64::MIN_POSITIVE)
    }

    /// The greatest difference between claimed and true, in standard deviations, over spans with enough in them.
    pub fn miscalibration(&self) -> f64 {
        self.calibration
            .iter()
            .filter(|bin| bin.claimed * bin.count >= 10.0)
            .map(|bin| {
                let deviation = (bin.claimed * (1.0 - bin.claimed) / bin.count).sqrt();
                (bin.true_share - bin.claimed).abs() / deviation
            })
            .fold(0.0, f64::max)
    }
}

/// Spans of claimed probabilities, four to each factor of ten.
#[derive(Default)]
struct Bins(BTreeMap<i32, (f64, f64, f64)>);

impl Bins {
    fn add(&mut self, suspects: &BTreeMap<u32, f64>, true_one: u32) {
        for (suspect, claimed) in suspects.iter().filter(|(_, p)| **p > 0.0) {
            let bin = self
                .0
                .entry((claimed.log10() * 4.0).floor() as i32)
                .or_default();
            bin.0 += claimed;
            bin.1 += f64::from(u8::from(*suspect == true_one));
            bin.2 += 1.0;
        }
    }

    fn finish(self) -> Vec<Bin> {
        let bins = self.0.into_values();
        bins.map(|(claimed, found, count)| Bin {
            claimed: claimed / count,
            true_share: found / count,
            count,
        })
        .collect()
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

/// Probabilities that differ by less are the same.
const TIED: f64 = 1e-12;
const NORMAL_95: f64 = 1.959_963_984_540_054;
