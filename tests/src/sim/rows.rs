//! The scenarios of the table that nothing has to be reached in.

use brolly_protocol::mix::Parameters;

use super::MINUTE;
use super::measure::Unit;
use super::people::{Behaviour, Wish};
use super::plot::Series;
use super::scenario::{CHOSEN, Mixing, People, Scenario};

/// Little traffic, nights and bursts, and other ways of having the client installed.
pub(super) fn quiet() -> Vec<Scenario> {
    let lasting = |hours, name, people| Scenario {
        hours,
        ..Scenario::new(name, people)
    };
    let installed = |name, asleep, wish| {
        Scenario::new(name, People::Installed(3_000, asleep, wish)).by(Unit::Owner)
    };
    let mut rows = vec![Scenario::new("42 an hour", People::Flat(42.0))];
    for row in [
        lasting(400, "4 an hour", People::Flat(4.0)),
        lasting(96, "700 at noon, 35 at midnight", People::Day(700.0)),
        Scenario::new(
            "350, and every third hour four times as many",
            People::Bursts(350.0),
        ),
        installed("installed, within a day", 0.0, Wish::WithinADay),
        installed(
            "installed, half of the devices sleep half of the time",
            0.5,
            Wish::Soon,
        ),
    ] {
        rows.extend(both(row));
    }
    rows
}

/// With all relays honest, and with one.
pub(super) fn both(scenario: Scenario) -> [Scenario; 2] {
    [scenario.clone(), scenario.one_honest()]
}

fn page(name: &str, behaves: Behaviour, believed: Behaviour) -> Scenario {
    Scenario {
        hours: 200,
        ..Scenario::new(name, People::Page(700.0, behaves, believed))
    }
    .by(Unit::Owner)
}

/// The page by visit, as behaviour is stated, with each assumption halved and doubled.
pub(super) fn by_visit() -> Vec<Scenario> {
    let stated = Behaviour::default();
    let mut rows = both(page("as stated", stated, stated)).to_vec();
    let mut vary = |name: &str, change: &dyn Fn(&mut Behaviour, f64)| {
        for (factor, word) in [(0.5, "halved"), (2.0, "doubled")] {
            let mut other = stated;
            change(&mut other, factor);
            rows.push(page(&format!("{name} {word}, and known"), other, other));
            rows.push(page(
                &format!("{name} {word}, and not known"),
                other,
                stated,
            ));
        }
    };
    vary("time to read", &|b, f| b.reading *= f);
    vary("time to write", &|b, f| b.writing *= f);
    vary("time after \"send\"", &|b, f| b.lingering *= f);
    vary("share that leaves at once", &|b, f| b.leaves_at_once *= f);
    rows.push(page("as stated, areas known", stated, stated).by(Unit::OwnerInArea));
    rows
}

/// What somebody can do about it.
pub(super) fn countermeasures() -> Vec<Scenario> {
    let stated = Behaviour::default();
    let as_a_reader = Behaviour {
        writing: stated.reading,
        ..stated
    };
    let stays = Behaviour {
        leaves_at_once: 0.0,
        lingering: 10.0 * MINUTE as f64,
        ..stated
    };
    vec![
        page("page as stated", stated, stated),
        page(
            "written beforehand: typed in as fast as others read",
            as_a_reader,
            as_a_reader,
        ),
        page("stays for some ten minutes after \"send\"", stays, stays),
        Scenario::new(
            "installed client instead of the page",
            People::Installed(3_000, 0.0, Wish::Soon),
        )
        .by(Unit::Owner),
        Scenario::new(
            "the same, areas known",
            People::Installed(3_000, 0.0, Wish::Soon),
        )
        .by(Unit::OwnerInArea),
    ]
}

/// Other ways of mixing at about the same delay.
pub(super) fn mixes() -> Vec<Scenario> {
    let flat = |name: &str, mixing| Scenario {
        mixing,
        ..Scenario::new(name, People::Flat(700.0))
    };
    let pool = |min_pool, minutes: f64| {
        let release_ppm = (CHOSEN.tick_ms as f64 / (minutes * MINUTE as f64) * 1e6) as u32;
        Mixing::Guarded(Parameters {
            min_pool,
            release_ppm,
            ..CHOSEN
        })
    };
    let stay = 80.0 / 700.0 * 60.0 * MINUTE as f64;
    let mut rows = Vec::new();
    for row in [
        flat(
            "pool, at least 80, mean stay 5.5 min (chosen)",
            Mixing::Guarded(CHOSEN),
        ),
        flat("pool, at least 40, mean stay 5.5 min", pool(40, 5.5)),
        flat("pool, at least 160, mean stay 5.5 min", pool(160, 5.5)),
        flat("pool, no minimum, mean stay 6.9 min", pool(0, 6.86)),
        flat(
            "stop-and-go, mean stay 6.9 min",
            Mixing::StopAndGo(stay as u64),
        ),
        flat(
            "threshold 480 or 34 min",
            Mixing::Threshold(480, 34 * MINUTE),
        ),
        flat("timed, every 10 min", Mixing::Timed(10 * MINUTE)),
    ] {
        rows.extend(both(row));
    }
    // The same at night: without a minimum they promise the same delay and hide nobody.
    for row in [
        flat("pool (chosen), 42 an hour", Mixing::Guarded(CHOSEN)),
        flat("stop-and-go, 42 an hour", Mixing::StopAndGo(stay as u64)),
        flat(
            "threshold 480 or 34 min, 42 an hour",
            Mixing::Threshold(480, 34 * MINUTE),
        ),
    ] {
        let quiet = Scenario {
            people: People::Flat(42.0),
            ..row
        };
        rows.extend(both(quiet));
    }
    // A member who sends a hundred cells for each of the others': what batches are filled with is nobody's company.
    for row in [
        flat(
            "pool (chosen), flooded a hundredfold",
            Mixing::Guarded(CHOSEN),
        ),
        flat(
            "threshold 480 or 34 min, flooded a hundredfold",
            Mixing::Threshold(480, 34 * MINUTE),
        ),
    ] {
        let flooded = Scenario {
            people: People::Flooded(700.0, 100.0),
            hours: 3,
            ..row
        };
        let at_night = Scenario {
            people: People::Flooded(42.0, 100.0),
            name: format!("{}, 42 an hour", flooded.name),
            hours: 24,
            ..flooded.clone()
        };
        rows.extend(both(flooded));
        rows.extend(both(at_night));
    }
    rows
}

/// Each way of mixing at several delays, with one honest hop.
pub(super) fn frontier(seed: u64) -> Vec<Series> {
    let minutes = [2.0, 4.0, 6.0, 8.0, 12.0, 16.0];
    let ways: [(&str, &dyn Fn(f64) -> Mixing); 4] = [
        ("pool with a minimum", &|stay| {
            Mixing::Guarded(Parameters {
                min_pool: (700.0 / 60.0 * stay) as usize,
                ..CHOSEN
            })
        }),
        ("stop-and-go", &|stay| {
            Mixing::StopAndGo((stay * MINUTE as f64) as u64)
        }),
        ("threshold and timeout", &|stay| {
            let threshold = (700.0 / 60.0 * stay * 2.0) as usize;
            Mixing::Threshold(threshold, (stay * 2.5 * MINUTE as f64) as u64)
        }),
        ("timed", &|stay| {
            Mixing::Timed((stay * 2.0 * MINUTE as f64) as u64)
        }),
    ];
    ways.into_iter()
        .map(|(name, mixing)| {
            let points = minutes.map(|stay| {
                let scenario = Scenario {
                    mixing: mixing(stay),
                    ..Scenario::new(name, People::Flat(700.0)).one_honest()
                };
                let figures = scenario.run(seed, 1_000).figures;
                (figures.delay_p50_min, figures.entropy_bits)
            });
            (name.to_owned(), points.to_vec())
        })
        .collect()
}

/// An entry that has been taken over lets only one half of its callers through: a report that arrives is of that half.
pub(super) fn dropped() -> Vec<Scenario> {
    let entry_taken = [false, true, true];
    let stated = Behaviour::default();
    [
        Scenario::new("sessions", People::Flat(700.0)),
        Scenario {
            hours: 200,
            ..Scenario::new("page by visit", People::Page(700.0, stated, stated))
        }
        .by(Unit::Owner),
        Scenario {
            hours: 72,
            ..Scenario::new("devices", People::Installed(3_000, 0.0, Wish::Soon))
        }
        .by(Unit::Owner),
    ]
    .into_iter()
    .flat_map(|scenario| {
        let name = scenario.name.clone();
        let lets = |dropped, words: &str| Scenario {
            honest: entry_taken,
            name: format!("{name}, {words}"),
            dropped,
            ..scenario.clone()
        };
        [lets(0.0, "all let through"), lets(0.5, "half let through")]
    })
    .collect()
}

/// Entries that the whole country shares, and entries by area.
pub(super) fn entries() -> Vec<Scenario> {
    let with = |name: &str, entries, unit| Scenario {
        entries,
        unit,
        ..Scenario::new(name, People::Flat(700.0))
    };
    vec![
        with("one entry", (1, false), Unit::Session),
        with("three shared entries", (3, false), Unit::Session),
        with("ten entries by area", (10, true), Unit::Session),
        with(
            "three shared entries, areas of callers known",
            (3, false),
            Unit::OwnerInArea,
        ),
    ]
}
