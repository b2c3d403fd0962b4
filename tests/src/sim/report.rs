//! Everything that one run measures.

use serde::Serialize;

use super::goals;
use super::linked::{self, Linked, People as Persons};
use super::measure::{Bin, Unit};
use super::meddled::{self, Meddled};
use super::people::{Behaviour, Wish};
use super::plot::Series;
use super::posterior::{ALL, ONE};
use super::rows;
use super::scenario::{CHOSEN, People, Row, Scenario};
use super::siege::{self, Attack, Held, Peace};

/// Everything that one run of the command measured.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The seed that gives the same again.
    pub seed: u64,
    /// Cells that were sent through the relays in all scenarios together.
    pub cells: usize,
    /// Rows under a title each.
    pub groups: Vec<Group>,
    /// Reports that are known to be one person's.
    pub linked: Vec<(String, Vec<Linked>)>,
    /// n−1 and trickle.
    pub sieges: Vec<Held>,
    /// The same pools while nobody attacks.
    pub peace: Vec<Peace>,
    /// Packets that somebody changed.
    pub meddled: Meddled,
    /// What was not reached, in words.
    pub missed: Vec<String>,
    /// Claimed against true probabilities of some rows.
    pub calibration: Vec<(String, Vec<Bin>)>,
    /// For each way of mixing: minutes until half have arrived, and bits with one honest hop.
    pub frontier: Vec<Series>,
}

/// Rows that belong together.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// What they are about.
    pub title: String,
    /// The rows.
    pub rows: Vec<Row>,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Size {
    /// What continuous integration runs: the goals, on fewer reports.
    Short,
    /// Everything.
    Full,
}

/// Hourly cells of the pool's own figures: 700 sessions and the last cells of their visits.
const CELLS: f64 = 900.0;
/// Reports that are looked at in each row.
const REPORTS: usize = 4_000;
/// The title of the rows that have to reach something.
pub(super) const WANTED: &str = "what has to be reached";
/// A claim may be off by so many standard deviations.
const CALIBRATED: f64 = 5.0;

/// Measures. `say` is told what is being done.
pub fn measure(size: Size, seed: u64, say: &dyn Fn(&str)) -> Report {
    let mut report = Report {
        seed,
        cells: 0,
        groups: Vec::new(),
        linked: Vec::new(),
        sieges: Vec::new(),
        peace: Vec::new(),
        meddled: Meddled::default(),
        missed: Vec::new(),
        calibration: Vec::new(),
        frontier: Vec::new(),
    };
    reach(&mut report, size, say);
    say("packets that were changed, sent again or cut");
    report.meddled = meddled::run(seed, if size == Size::Full { 1_000 } else { 60 });
    report.check_meddled();
    say("n-1 and trickle");
    report.besiege(size);
    if size == Size::Full {
        report.groups.push(group(
            "quiet hours, nights and bursts, by session",
            rows::quiet(),
            seed,
            say,
        ));
        report.groups.push(group(
            "the page by visit: the stated behaviour, and each assumption halved and doubled",
            rows::by_visit(),
            seed,
            say,
        ));
        report.groups.push(group(
            "what countermeasures buy",
            rows::countermeasures(),
            seed,
            say,
        ));
        report.groups.push(group(
            "other mixes at the same delay, 700 sessions/h",
            rows::mixes(),
            seed,
            say,
        ));
        report.groups.push(group(
            "shared entries against entries by area",
            rows::entries(),
            seed,
            say,
        ));
        report.groups.push(group(
            "drop and watch: an entry throws away what half of them send, and looks at what arrives all the same",
            rows::dropped(),
            seed,
            say,
        ));
        say("each way of mixing at several delays");
        report.frontier = rows::frontier(seed);
        say("linked reports");
        report.link(seed);
    }
    let rows = report.groups.iter().flat_map(|group| &group.rows);
    report.cells += rows.map(|row| row.figures.cells).sum::<usize>();
    report
}

fn reach(report: &mut Report, size: Size, say: &dyn Fn(&str)) {
    let mut rows = Vec::new();
    let most = if size == Size::Full {
        3 * REPORTS
    } else {
        2_000
    };
    for (scenario, goal) in goals::wanted(size) {
        say(&scenario.name);
        let row = scenario.run(report.seed, most);
        report.missed.extend(goal.missed(&row));
        // Whoever goes by sessions alone leaves out what visits show, and claims no more than that.
        if scenario.unit == Unit::Owner {
            report.check_calibration(&row);
        }
        report
            .calibration
            .push((row.scenario.clone(), row.figures.calibration.clone()));
        rows.push(row);
    }
    report.groups.push(Group {
        title: WANTED.to_owned(),
        rows,
    });
}

impl Report {
    fn check_calibration(&mut self, row: &Row) {
        let off = f64::max(
            row.figures.miscalibration(),
            row.figures.first_guesses_off(),
        );
        if off > CALIBRATED {
            self.missed.push(format!(
                "{}: claimed and true probabilities are {off:.1} standard deviations apart",
                row.scenario
            ));
        }
    }

    fn check_meddled(&mut self) {
        let Meddled { sent, died, .. } = self.meddled;
        if died != sent {
            self.missed.push(format!(
                "{} of {sent} packets that were changed, sent again or cut lived",
                sent - died
            ));
        }
    }

    fn besiege(&mut self, size: Size) {
        let (runs, days) = match size {
            Size::Full => (1_000, 300),
            Size::Short => (100, 10),
        };
        let ways = [(1, 0), (20, 0), (200, 0), (1, 20), (20, 20), (200, 20)];
        for (at_a_tick, flooded_before) in ways {
            let way = Attack {
                at_a_tick,
                flooded_before,
                guarded: true,
                adapts: false,
            };
            let held = siege::attack(CHOSEN, CELLS, way, runs, self.seed);
            if held.in_time < 0.99 {
                self.missed.push(format!(
                    "{at_a_tick} hostile packets a tick: the pool held in time in {:.1} % of the runs",
                    held.in_time * 100.0
                ));
            }
            self.sieges.push(held);
        }
        if size == Size::Full {
            // Nothing is promised of these.
            for (cells, guarded, adapts) in [
                (CELLS, false, false),
                (CELLS, true, true),
                (400.0, true, false),
                (100.0, true, false),
                (42.0, true, false),
            ] {
                for flooded_before in [0, 20] {
                    let way = Attack {
                        at_a_tick: 20,
                        flooded_before,
                        guarded,
                        adapts,
                    };
                    let held = siege::attack(CHOSEN, cells, way, runs / 5, self.seed);
                    self.sieges.push(held);
                }
            }
        }
        for rate in [CELLS, 42.0] {
            let peace = siege::peace(CHOSEN, rate, days, self.seed);
            if peace.alarms_a_month >= 1.0 {
                self.missed.push(format!(
                    "{:.1} false alarms a month at {rate} cells an hour",
                    peace.alarms_a_month
                ));
            }
            self.peace.push(peace);
        }
    }

    fn link(&mut self, seed: u64) {
        let stated = Behaviour::default();
        let devices = Scenario {
            hours: 24 * 10,
            ..Scenario::new("installed", People::Installed(3_000, 0.0, Wish::Soon))
        };
        let (crowd, trace, from) = devices.play(seed);
        self.cells += crowd.cells.len();
        let persons = Persons::each(&crowd);
        let how = (from, 20, 300);
        let counted = |honest| {
            [1, 2, 3]
                .map(|count| linked::measure(&crowd, &trace, honest, &persons, count, how, seed))
                .to_vec()
        };
        self.linked.push((
            "installed, 3,000 devices, all hops honest".to_owned(),
            counted(ALL),
        ));
        self.linked.push((
            "installed, 3,000 devices, one honest hop".to_owned(),
            counted(ONE),
        ));
        let three = Scenario {
            entries: (3, false),
            hours: 24 * 30,
            ..devices
        };
        let (crowd, trace, from) = three.play(seed);
        self.cells += crowd.cells.len();
        let how = (from, 20, 300);
        let rows = linked::predecessor(&crowd, &trace, 0, &[1, 3, 10, 20], how, seed);
        self.linked.push((
            "one of three entries taken over, every link seen".to_owned(),
            rows,
        ));
        let visits = Scenario {
            hours: 24 * 14,
            ..Scenario::new("page", People::Page(700.0, stated, stated))
        };
        let (crowd, trace, from) = visits.play(seed);
        self.cells += crowd.cells.len();
        let how = (from, 20, 300);
        let persons = Persons::among(&crowd, 10_000, seed);
        let rows = [1, 2, 3]
            .map(|count| linked::measure(&crowd, &trace, ALL, &persons, count, how, seed))
            .to_vec();
        self.linked
            .push(("page by visit, 10,000 members".to_owned(), rows));
        let copies = Scenario {
            hours: 48,
            ..Scenario::new("two copies", People::Pairs(350.0))
        };
        let (crowd, trace, from) = copies.play(seed);
        for (name, honest) in [("all hops honest", ALL), ("one honest hop", ONE)] {
            let row = linked::two_copies(&crowd, &trace, honest, from, 2_000);
            self.linked.push((
                format!("350 sessions/h, two copies of each report, {name}"),
                vec![row],
            ));
        }
        let single = Scenario::new("one copy", People::Flat(700.0))
            .run(seed, 2_000)
            .figures;
        let one = Linked {
            reports: 1,
            people: single.reports,
            entropy_bits: single.entropy_bits,
            top1: single.top1,
        };
        self.linked.push((
            "the same cells as 700 sessions/h with one each, all hops honest".to_owned(),
            vec![one],
        ));
    }
}

fn group(title: &str, scenarios: Vec<Scenario>, seed: u64, say: &dyn Fn(&str)) -> Group {
    let rows = scenarios
        .into_iter()
        .map(|scenario| {
            say(&scenario.name);
            scenario.run(seed, REPORTS)
        })
        .collect();
    Group {
        title: title.to_owned(),
        rows,
    }
}
