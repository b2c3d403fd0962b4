//! What has to be reached (SPEC §17.2).

use super::measure::{Figures, Unit};
use super::people::{Behaviour, Wish};
use super::report::Size;
use super::rows::both;
use super::scenario::{People, Row, Scenario};

/// What a row has to reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal {
    /// Minutes; none where a delay is told and no more.
    delays: Option<(f64, f64)>,
    /// As a share.
    top1: f64,
    bits: f64,
}

/// Scenarios, each with what it has to reach.
pub(super) fn wanted(size: Size) -> Vec<(Scenario, Goal)> {
    let stated = Behaviour::default();
    let hours = if size == Size::Full { 400 } else { 60 };
    let installed = Scenario {
        hours: 72,
        ..Scenario::new(
            "installed, 3,000 devices, by device",
            People::Installed(3_000, 0.0, Wish::Soon),
        )
    }
    .by(Unit::Owner);
    let page = Scenario {
        hours,
        ..Scenario::new("page, by session", People::Page(700.0, stated, stated))
    };
    let goal = |delays, top1, bits| Goal { delays, top1, bits };
    let told = Some((20.0, 60.0));
    let sessions = Scenario::new("sessions at random times", People::Flat(42.0));
    let with = |scenario, all, one| both(scenario).into_iter().zip([all, one]);
    [
        with(installed, goal(None, 0.01, 8.0), goal(None, 0.025, 7.0)),
        with(page, goal(told, 0.01, 7.5), goal(told, 0.025, 6.5)),
        with(sessions, goal(None, 0.01, 7.5), goal(None, 0.025, 6.5)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Goal {
    /// What a row did not reach, in words.
    pub(super) fn missed(&self, row: &Row) -> Vec<String> {
        let Figures {
            reports,
            delay_p50_min,
            delay_p99_min,
            entropy_bits,
            top1,
            top1_claimed,
            missing,
            ..
        } = row.figures;
        let mut missed = Vec::new();
        let mut want = |holds: bool, what: String| {
            if !holds {
                missed.push(format!("{}: {what}", row.scenario));
            }
        };
        want(reports > 100, format!("{reports} reports are too few"));
        if let Some((half, most)) = self.delays {
            want(
                delay_p50_min <= half,
                format!("half take {delay_p50_min:.1} min, and {half} at most are wanted"),
            );
            want(
                delay_p99_min <= most,
                format!("99 in 100 take {delay_p99_min:.1} min, and {most} at most are wanted"),
            );
        }
        want(
            top1_claimed <= self.top1,
            format!(
                "the first guess claims to be right in {:.2} %, and {:.2} % at most are wanted",
                top1_claimed * 100.0,
                self.top1 * 100.0
            ),
        );
        let chance = 3.0 * (self.top1 / reports.max(1) as f64).sqrt();
        want(
            top1 <= self.top1 + chance,
            format!(
                "the first guess was right in {:.2} %, and {:.2} % at most are wanted",
                top1 * 100.0,
                self.top1 * 100.0
            ),
        );
        want(missing == 0, format!("{missing} reports did not arrive"));
        want(
            entropy_bits >= self.bits,
            format!(
                "{entropy_bits:.2} bits, and {} at least are wanted",
                self.bits
            ),
        );
        missed
    }
}
