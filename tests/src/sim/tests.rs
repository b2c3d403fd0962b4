use std::collections::BTreeMap;

use brolly_protocol::mix::Parameters;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::carrier::{Carrier, Onions, Peel, Sizes};
use super::measure::{Learnt, Unit, measure, suspects};
use super::meddled::{self, Meddled};
use super::people::{self, Behaviour, Wish};
use super::posterior::{self, ALL, ONE};
use super::report::{self, Size};
use super::scenario::{CHOSEN, Mixing, People, Scenario};
use super::siege::{self, Attack};
use super::world::{self, Mix, Sent, Trace};
use super::{HOUR, MINUTE};

fn cells(count: u64, apart: u64) -> Vec<Sent> {
    (0..count)
        .map(|n| Sent {
            at: n * apart,
            path: [0; 3],
            canary: None,
        })
        .collect()
}

fn through(cells: &[Sent], pool: Parameters, carrier: &mut dyn Carrier, seed: u64) -> Trace {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let relays = (0..3)
        .map(|_| vec![Mixing::Pool(pool).relay(&mut rng)])
        .collect();
    world::run(cells, relays, carrier, 3 * HOUR, seed)
}

#[test]
fn spec_17_1_onions_and_their_sizes_alone_give_the_same_schedule() {
    let pool = Parameters {
        min_pool: 20,
        ..CHOSEN
    };
    let cells = cells(150, 20_000);
    for seed in 0..2 {
        let onions = through(&cells, pool, &mut Onions::new(seed), seed);
        let sizes = through(&cells, pool, &mut Sizes::default(), seed);
        assert!(onions.hops == sizes.hops, "seed {seed}");
        assert_eq!((onions.refused, sizes.refused), (0, 0), "seed {seed}");
        let arrived = (0..150).filter(|cell| sizes.delivered(*cell).is_some());
        assert!(arrived.count() > 60, "seed {seed}");
    }
}

#[test]
fn spec_17_4_changed_replayed_and_cut_packets_die_at_the_first_honest_relay_and_no_others() {
    let Meddled {
        sent,
        died,
        untouched,
        lost,
    } = meddled::run(3, 25);
    assert_eq!((sent, died), (100, 100));
    assert_eq!((untouched, lost), (25, 0));
}

/// Every way in which a pool can let packets go, counted out: which of those that came is the one that left last?
#[test]
fn spec_17_3_the_posterior_is_what_counting_gives() {
    // All leave with probability a half, none has to stay: three packets, one a tick, through one relay.
    let pool = Parameters {
        tick_ms: 1_000,
        release_ppm: 500_000,
        min_pool: 0,
    };
    let cells = cells(6, 1_000);
    let mut counted: BTreeMap<Vec<(u32, u32)>, BTreeMap<u32, f64>> = BTreeMap::new();
    let mut claimed: BTreeMap<Vec<(u32, u32)>, BTreeMap<u32, f64>> = BTreeMap::new();
    for seed in 0..30_000 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let relays: Vec<Vec<Box<dyn Mix>>> = (0..3)
            .map(|layer| {
                let mixing = match layer {
                    1 => Mixing::Pool(pool),
                    _ => Mixing::StopAndGo(1),
                };
                vec![mixing.relay(&mut rng)]
            })
            .collect();
        let trace = world::run(&cells, relays, &mut Sizes::default(), MINUTE, seed);
        // The last to leave; what is seen from outside are the releases' times and how many left.
        let node = &trace.nodes[1][0];
        let seen: Vec<(u32, u32)> = node
            .releases
            .iter()
            .map(|release| ((release.at / 1_000) as u32, release.left))
            .collect();
        let last = (node.releases.len() - 1) as u32;
        let all = 0..cells.len() as u32;
        let Some(cell) = all
            .clone()
            .find(|cell| trace.hops[*cell as usize][1].release == last)
        else {
            continue;
        };
        if node.releases[last as usize].left != 1 {
            continue;
        }
        *counted
            .entry(seen.clone())
            .or_default()
            .entry(cell)
            .or_default() += 1.0;
        claimed
            .entry(seen)
            .or_insert_with(|| posterior::of(&trace, cell, ONE).into_iter().collect());
    }
    let mut compared = 0;
    for (seen, found) in counted {
        let count: f64 = found.values().sum();
        for (cell, claim) in claimed[&seen].iter().filter(|_| count > 150.0) {
            let share = found.get(cell).copied().unwrap_or_default() / count;
            let deviation = (claim * (1.0 - claim) / count).sqrt().max(1e-9);
            assert!(
                (share - claim).abs() < 5.0 * deviation + 1e-6,
                "{seen:?}: cell {cell} {share} found and {claim} claimed"
            );
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn spec_17_3_claimed_probabilities_come_true_as_often_as_claimed() {
    let stated = Behaviour::default();
    let frequent = Behaviour {
        one_in: 10,
        ..stated
    };
    for scenario in [
        Scenario::new("sessions", People::Flat(300.0)),
        Scenario::new("devices", People::Installed(600, 0.5, Wish::Soon)).by(Unit::Owner),
        Scenario::new("visits", People::Page(300.0, frequent, frequent)).by(Unit::Owner),
    ] {
        for scenario in [scenario.clone(), scenario.one_honest()] {
            let figures = scenario.run(5, 1_000).figures;
            assert!(figures.reports > 150, "{}", scenario.name);
            let off = figures.miscalibration();
            let bins = &figures.calibration;
            assert!(
                off < 5.0,
                "{}: {off} standard deviations, {bins:?}",
                scenario.name
            );
        }
    }
}

#[test]
fn spec_17_3_an_attacker_who_believes_in_other_people_is_wrong_and_it_shows() {
    let stated = Behaviour {
        one_in: 10,
        ..Behaviour::default()
    };
    let other = Behaviour {
        writing: stated.writing * 4.0,
        ..stated
    };
    let scenario = Scenario {
        hours: 96,
        ..Scenario::new("visits", People::Page(300.0, stated, other))
    }
    .by(Unit::Owner);
    let figures = scenario.run(5, 2_000).figures;
    assert!(
        figures.miscalibration() > 5.0,
        "{}",
        figures.miscalibration()
    );
}

#[test]
fn whoever_knows_the_area_finds_fewer_and_whoever_sees_one_entry_of_many_too() {
    let bits = |scenario: Scenario| scenario.run(2, 300).figures.entropy_bits;
    let flat = Scenario::new("flat", People::Flat(400.0));
    let all = bits(flat.clone());
    let in_area = bits(flat.clone().by(Unit::OwnerInArea));
    assert!(in_area < all - 4.0, "{all} and {in_area}");
    let by_area = bits(Scenario {
        entries: (10, true),
        ..flat
    });
    let shared = bits(Scenario {
        entries: (10, false),
        ..Scenario::new("flat", People::Flat(400.0))
    });
    assert!(by_area < shared - 1.5, "{shared} and {by_area}");
}

#[test]
fn a_relay_that_was_taken_over_hides_nobody() {
    let scenario = Scenario::new("flat", People::Flat(400.0));
    let (crowd, trace, from) = scenario.play(1);
    let figures = measure(
        &crowd,
        &trace,
        [false; 3],
        Unit::Session,
        from..from + HOUR,
        100,
    );
    assert_eq!((figures.top1, figures.entropy_bits), (1.0, 0.0));
    let cell = crowd
        .reports
        .iter()
        .map(|(cell, _)| *cell)
        .find(|cell| trace.delivered(*cell).is_some_and(|at| at > from));
    let (true_one, all) = suspects(&crowd, &trace, ALL, Unit::Session, cell.unwrap());
    assert!((all.values().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(all[&true_one] > 0.0);
}

#[test]
fn the_first_guess_counts_by_halves_where_two_are_first() {
    let shares = BTreeMap::from([(1, 0.4), (2, 0.4), (3, 0.2)]);
    let Learnt {
        truth,
        top,
        hit,
        entropy,
        below,
    } = Learnt::of(&shares, 2);
    assert_eq!((truth, top, hit, below), (0.4, 0.4, 0.5, 0.75));
    assert!((entropy - 1.521_928).abs() < 1e-5);
    assert_eq!(Learnt::of(&shares, 3).hit, 0.0);
    assert_eq!(Learnt::of(&shares, 9).truth, 0.0);
}

#[test]
fn spec_17_9_the_area_under_the_curve_of_known_distributions() {
    let below = |shares: &[f64], whose| {
        let shares: BTreeMap<u32, f64> = (0..).zip(shares.iter().copied()).collect();
        Learnt::of(&shares, whose).below
    };
    assert_eq!(below(&[0.25; 4], 2), 0.5);
    assert_eq!(below(&[0.1, 0.2, 0.3, 0.4], 3), 1.0);
    assert_eq!(below(&[0.1, 0.2, 0.3, 0.4], 0), 0.0);
    assert_eq!(below(&[0.1, 0.2, 0.3, 0.4], 1), 1.0 / 3.0);
    assert_eq!(below(&[1.0], 0), 1.0, "alone she is known");
}

#[test]
fn spec_17_9_an_entry_that_throws_half_away_learns_no_more_than_which_half() {
    let play = |dropped| Scenario {
        dropped,
        hours: 12,
        honest: [false, true, true],
        ..Scenario::new("", People::Flat(700.0))
    };
    let [all, half] = [0.0, 0.5].map(|dropped| play(dropped).run(5, usize::MAX).figures);
    let share = half.reports as f64 / all.reports as f64;
    assert!((0.45..0.55).contains(&share), "{share}");
    assert_eq!(half.missing, 0, "what is let through arrives");
    let lost = all.entropy_bits - half.entropy_bits;
    assert!((0.5..1.1).contains(&lost), "{lost}");
    let off = half.miscalibration().max(half.first_guesses_off());
    assert!(off < 5.0, "{off}");
    let (from, to) = half.auc_95;
    assert!(from < half.auc && half.auc < to, "{from} {to}");
    assert_eq!(half.roc.len(), half.reports);
}

#[test]
fn a_device_that_reports_and_one_that_does_not_have_the_same_sessions() {
    let crowd = |wish| {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        people::installed(50, 0.5, 100 * HOUR, wish, &mut rng).cells
    };
    assert_eq!(crowd(Wish::Soon), crowd(Wish::WithinADay));
}

#[test]
fn spec_17_2_the_figures_that_are_promised_are_reached() {
    let report = report::measure(Size::Short, 1, &|_| {});
    assert!(report.missed.is_empty(), "seed 1: {:?}", report.missed);
}

#[test]
fn spec_17_7_a_guarded_pool_holds_in_time_and_one_that_is_not_is_emptied() {
    let way = |guarded| Attack {
        at_a_tick: 20,
        flooded_before: 20,
        guarded,
        adapts: false,
    };
    let held = siege::attack(CHOSEN, 900.0, way(true), 100, 3);
    assert!(held.in_time >= 0.99, "{held:?}");
    let emptied = siege::attack(CHOSEN, 900.0, way(false), 10, 3);
    assert_eq!(emptied.in_time, 0.0, "{emptied:?}");
}

#[test]
fn scenarios_that_cannot_be_are_refused_with_a_sentence() {
    let refused = |rate, pool, tick, stay| {
        let scenario = Scenario::of_sessions(rate, pool, tick, stay);
        scenario.map(|_| ()).unwrap_err().to_string()
    };
    for (sentence, said) in [
        ("0 sessions an hour", refused(0.0, 80, 15, 5.5)),
        ("NaN sessions an hour", refused(f64::NAN, 80, 15, 5.5)),
        ("a tick has to take", refused(700.0, 80, 0, 5.5)),
        (
            "everything would leave at once",
            refused(700.0, 80, 15, 0.25),
        ),
        ("takes over a month to fill", refused(1.0, 10_000, 15, 5.5)),
    ] {
        assert!(said.contains(sentence), "{said}");
    }
    let chosen = Scenario::of_sessions(700.0, 80, 15, 5.5).unwrap();
    assert_eq!(chosen.mixing, Mixing::Guarded(CHOSEN));
}

#[test]
fn a_packet_that_is_not_known_dies() {
    assert_eq!(Sizes::default().pass(7, 1), Peel::Dead);
    assert_eq!(Onions::new(1).pass(7, 1), Peel::Dead);
}
