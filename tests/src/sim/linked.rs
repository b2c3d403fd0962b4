//! Somebody who reports again: what is left of her when several reports are known to be one person's.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::HOUR;
use super::measure::{Learnt, Unit, suspects};
use super::people::Crowd;
use super::posterior::Honest;
use super::world::Trace;

/// What is learnt from so many reports together.
#[derive(Debug, Clone, Serialize)]
pub struct Linked {
    /// How many reports are known to be one person's.
    pub reports: usize,
    /// People looked at.
    pub people: usize,
    /// The mean Shannon entropy, in bits.
    pub entropy_bits: f64,
    /// How often the first guess was right.
    pub top1: f64,
}

impl Linked {
    fn of(reports: usize, learnt: &[Learnt]) -> Self {
        let people = learnt.len();
        let mean =
            |of: fn(&Learnt) -> f64| learnt.iter().map(of).sum::<f64>() / people.max(1) as f64;
        Self {
            reports,
            people,
            entropy_bits: mean(|one| one.entropy),
            top1: mean(|one| one.hit),
        }
    }
}

/// Whose each owner of a crowd is.
#[derive(Debug, Clone)]
pub struct People {
    whose: Vec<u32>,
    /// Whether an owner is one person's device, and not one of many visits.
    devices: bool,
}

impl People {
    /// Each owner is somebody's device.
    pub fn each(crowd: &Crowd) -> Self {
        Self {
            whose: (0..crowd.area.len() as u32).collect(),
            devices: true,
        }
    }

    /// Each owner is a visit by one of `members`, drawn evenly.
    pub fn among(crowd: &Crowd, members: u32, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let visits = crowd.area.iter();
        Self {
            whose: visits.map(|_| rng.random_range(0..members)).collect(),
            devices: false,
        }
    }
}

/// Takes series of `count` reports, at least `apart` hours from each other, for one person's; multiplies what is learnt of
/// each.
pub fn measure(
    crowd: &Crowd,
    trace: &Trace,
    honest: Honest,
    people: &People,
    count: usize,
    (from, apart, series): (u64, u64, usize),
    seed: u64,
) -> Linked {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let learnt: Vec<Learnt> = (0..series)
        .filter_map(|_| {
            let cells = draw(crowd, trace, people, count, from, apart, &mut rng)?;
            Some(learn(crowd, trace, honest, people, &cells))
        })
        .collect();
    Linked::of(count, &learnt)
}

/// One person's cells: the ones that carried her reports.
struct Series {
    cells: Vec<u32>,
    whose: u32,
    /// Visits of others that are taken to be hers.
    hers: BTreeMap<u32, u32>,
}

fn draw(
    crowd: &Crowd,
    trace: &Trace,
    people: &People,
    count: usize,
    from: u64,
    apart: u64,
    rng: &mut ChaCha8Rng,
) -> Option<Series> {
    let at = |cell: u32| crowd.cells[cell as usize].at;
    let good = |cell: &u32| at(*cell) >= from && trace.delivered(*cell).is_some();
    let (first, _) = crowd.reports[rng.random_range(0..crowd.reports.len())];
    let whose = people.whose[crowd.owner[first as usize] as usize];
    // Any cell of her device may have carried one; of visits, those of others that did are taken for hers.
    let mut pool: Vec<u32> = match people.devices {
        true => crowd.cells_of(crowd.owner[first as usize]),
        false => crowd.reports.iter().map(|(cell, _)| *cell).collect(),
    };
    pool.retain(good);
    // A device's report goes with a session as likely as it was written since the one before; a visit's is there.
    let key = |cell: &u32, rng: &mut ChaCha8Rng| {
        let weight = match people.devices {
            true => crowd.prior[*cell as usize].max(f64::MIN_POSITIVE),
            false => 1.0,
        };
        -(1.0 - rng.random_range(0.0..1.0f64)).ln() / weight
    };
    let mut drawn: Vec<(f64, u32)> = pool.iter().map(|cell| (key(cell, rng), *cell)).collect();
    drawn.sort_by(|one, other| one.0.total_cmp(&other.0));
    let pool = drawn.into_iter().map(|(_, cell)| cell);
    let mut cells: Vec<u32> = Vec::new();
    for cell in pool {
        let far = |other: &u32| at(*other).abs_diff(at(cell)) >= apart * HOUR;
        if cells.len() < count && cells.iter().all(far) {
            cells.push(cell);
        }
    }
    let hers = cells
        .iter()
        .map(|cell| (crowd.owner[*cell as usize], whose))
        .collect();
    (cells.len() == count).then_some(Series { cells, whose, hers })
}

fn learn(crowd: &Crowd, trace: &Trace, honest: Honest, people: &People, series: &Series) -> Learnt {
    let mut left: Option<BTreeMap<u32, f64>> = None;
    for cell in &series.cells {
        let (_, owners) = suspects(crowd, trace, honest, Unit::Owner, *cell);
        let mut here: BTreeMap<u32, f64> = BTreeMap::new();
        for (owner, mass) in owners {
            let person = series
                .hers
                .get(&owner)
                .copied()
                .unwrap_or(people.whose[owner as usize]);
            *here.entry(person).or_default() += mass;
        }
        left = Some(match left {
            None => here,
            Some(before) => before
                .into_iter()
                .filter_map(|(person, mass)| Some((person, mass * here.get(&person)?)))
                .collect(),
        });
        if let Some(left) = &mut left {
            let whole: f64 = left.values().sum();
            left.values_mut().for_each(|mass| *mass /= whole);
        }
    }
    Learnt::of(&left.unwrap_or_default(), series.whose)
}

/// Two copies of each report, in two cells of one session: whoever watches multiplies what both deliveries say.
pub fn two_copies(crowd: &Crowd, trace: &Trace, honest: Honest, from: u64, most: usize) -> Linked {
    let mut of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (cell, session) in (0u32..).zip(&crowd.session) {
        if crowd.known[cell as usize] {
            continue;
        }
        of.entry(*session).or_default().push(cell);
    }
    let people = People::each(crowd);
    let good =
        |cell: &u32| crowd.cells[*cell as usize].at >= from && trace.delivered(*cell).is_some();
    let pairs: Vec<Vec<u32>> = of
        .into_values()
        .filter(|cells| cells.len() == 2 && cells.iter().all(good))
        .collect();
    let every = pairs.len().div_ceil(most.max(1)).max(1);
    let learnt: Vec<Learnt> = pairs
        .into_iter()
        .step_by(every)
        .map(|cells| {
            let whose = crowd.owner[cells[0] as usize];
            let hers = BTreeMap::new();
            learn(
                crowd,
                trace,
                honest,
                &people,
                &Series { cells, whose, hers },
            )
        })
        .collect();
    Linked::of(2, &learnt)
}

/// The predecessor attack: an entry that was taken over, one of those that all share, adds up over so many linked reports
/// how likely each of its callers was; gives how often the highest sum was hers. Sums are no probabilities: their entropy
/// is not given.
pub fn predecessor(
    crowd: &Crowd,
    trace: &Trace,
    entry: u8,
    counts: &[usize],
    (from, apart, series): (u64, u64, usize),
    seed: u64,
) -> Vec<Linked> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let people = People::each(crowd);
    let most = counts.iter().copied().max().unwrap_or(1);
    let drawn: Vec<Series> = (0..series)
        .filter_map(|_| draw(crowd, trace, &people, most, from, apart, &mut rng))
        .collect();
    let mut sums: Vec<BTreeMap<u32, f64>> = vec![BTreeMap::new(); drawn.len()];
    let mut rows = Vec::new();
    for n in 0..most {
        for (series, sum) in drawn.iter().zip(&mut sums) {
            let honest = |layer: usize, node: u8| layer > 0 || node != entry;
            // Of its own callers it knows which packet was whose; who calls another entry is nobody to it.
            for (cell, mass) in super::posterior::of_relays(trace, series.cells[n], &honest) {
                if crowd.cells[cell as usize].path[0] == entry && !crowd.known[cell as usize] {
                    let weight = crowd.prior[cell as usize];
                    *sum.entry(crowd.owner[cell as usize]).or_default() += mass * weight;
                }
            }
        }
        if counts.contains(&(n + 1)) {
            let learnt: Vec<Learnt> = drawn
                .iter()
                .zip(&sums)
                .map(|(series, sum)| {
                    let whole: f64 = sum.values().sum();
                    let shares = sum.iter().map(|(who, mass)| (*who, mass / whole)).collect();
                    Learnt::of(&shares, series.whose)
                })
                .collect();
            rows.push(Linked {
                entropy_bits: f64::NAN,
                ..Linked::of(n + 1, &learnt)
            });
        }
    }
    rows
}
