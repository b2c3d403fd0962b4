//! What was measured, and what it must be.

use std::fmt;

use serde::Serialize;

use super::auc::Auc;
use super::features::{features, names};
use super::model::{LearnError, Model};
use super::trace::Trace;

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What was told apart.
    pub name: String,
    /// Sessions of either kind.
    pub sessions: usize,
    /// By logistic regression.
    pub logistic: Auc,
    /// By gradient boosting.
    pub boosting: Auc,
    /// What must be so.
    pub bound: Bound,
}

/// What an area must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Bound {
    /// Both models at 0.50 ± 0.01, or within three standard errors where there are too few sessions for that.
    Chance,
    /// The better model at 0.7 or more.
    Caught,
    /// Both intervals end at 0.56 or below. A model at chance has a standard error of `√(1 / 6n)`, so that with 600 sessions of
    /// a kind it does so with a probability of 95 %, and with 1,000 of 99.6 %. With under 600: neither interval begins above 0.52.
    Hidden,
    /// Whatever it is: it is printed.
    Printed,
}

impl Scenario {
    /// Lets both models learn.
    ///
    /// # Errors
    /// [`LearnError`].
    pub fn learn(
        name: &str,
        reporting: &[Trace],
        reading: &[Trace],
        bound: Bound,
        seed: u64,
    ) -> Result<Self, LearnError> {
        let rows = |traces: &[Trace]| traces.iter().map(features).collect::<Vec<_>>();
        let (reporting, reading) = (rows(reporting), rows(reading));
        Ok(Self {
            name: name.to_owned(),
            sessions: reporting.len().min(reading.len()),
            logistic: Model::Logistic.tell_apart(&reporting, &reading, seed)?,
            boosting: Model::Boosting.tell_apart(&reporting, &reading, seed)?,
            bound,
        })
    }

    /// The five features that tell most by themselves, for whoever looks for a leak: their names, and the area of each.
    pub fn telling(reporting: &[Trace], reading: &[Trace]) -> Vec<(String, Auc)> {
        let rows = |traces: &[Trace]| traces.iter().map(features).collect::<Vec<_>>();
        let (reporting, reading) = (rows(reporting), rows(reading));
        let column = |rows: &[Vec<f64>], place: usize| -> Vec<f64> {
            rows.iter()
                .filter_map(|row| row.get(place).copied())
                .collect()
        };
        let area = |place| Auc::of(&column(&reporting, place), &column(&reading, place));
        let mut all: Vec<_> = names()
            .into_iter()
            .enumerate()
            .map(|(place, name)| (name, area(place)))
            .collect();
        all.sort_by(|(_, a), (_, b)| (b.value - 0.5).abs().total_cmp(&(a.value - 0.5).abs()));
        all.truncate(5);
        all
    }

    /// Whether it is as it must be.
    pub fn holds(&self) -> bool {
        let both = [self.logistic, self.boosting];
        match self.bound {
            Bound::Chance => both.iter().all(|auc| {
                let errors = THREE_ERRORS * (auc.high - auc.low);
                (auc.value - 0.5).abs() <= errors.max(0.01)
            }),
            Bound::Caught => both.iter().any(|auc| auc.value >= 0.7),
            Bound::Hidden if self.sessions < ENOUGH => both.iter().all(|auc| auc.low <= 0.52),
            Bound::Hidden => both.iter().all(|auc| auc.high <= 0.56),
            Bound::Printed => true,
        }
    }

    /// In words what it must be.
    pub fn must(&self) -> &'static str {
        match self.bound {
            Bound::Chance => "0.50 ± 0.01, or ± 3 errors",
            Bound::Caught => "one of them >= 0.70",
            Bound::Hidden if self.sessions < ENOUGH => "both begin <= 0.52",
            Bound::Hidden => "both end <= 0.56",
            Bound::Printed => "printed",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |auc: Auc| format!("{:.4} [{:.4}, {:.4}]", auc.value, auc.low, auc.high);
        write!(
            f,
            "{:<44} {:>6}  {:<25} {:<25} {:<27} {}",
            self.name,
            self.sessions,
            show(self.logistic),
            show(self.boosting),
            self.must(),
            if self.holds() { "yes" } else { "NO" }
        )
    }
}

/// Of a 95 % interval, whose width is 3.92 standard errors.
const THREE_ERRORS: f64 = 3. / 3.92;
/// Sessions of a kind from which the interval of what is at chance ends at 0.56: `3.6 √(1 / 6n) <= 0.06`.
const ENOUGH: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(value: f64, reach: f64, sessions: usize, bound: Bound) -> bool {
        let auc = Auc {
            value,
            low: value - reach,
            high: value + reach,
        };
        let made = Scenario {
            name: String::new(),
            sessions,
            logistic: auc,
            boosting: Auc {
                value: 0.5,
                low: 0.49,
                high: 0.51,
            },
            bound,
        };
        made.holds()
    }

    #[test]
    fn spec_17_6_a_bound_holds_up_to_its_figure_and_not_beyond() {
        for (value, reach, sessions, bound, holds) in [
            (0.509, 0.002, 50_000, Bound::Chance, true),
            (0.511, 0.002, 50_000, Bound::Chance, false),
            (0.489, 0.002, 50_000, Bound::Chance, false),
            (0.55, 0.04, 300, Bound::Chance, true),
            (0.57, 0.04, 300, Bound::Chance, false),
            (0.7, 0.1, 300, Bound::Caught, true),
            (0.69, 0.1, 300, Bound::Caught, false),
            (0.51, 0.05, 600, Bound::Hidden, true),
            (0.52, 0.05, 600, Bound::Hidden, false),
            (0.6, 0.09, 40, Bound::Hidden, true),
            (0.6, 0.07, 40, Bound::Hidden, false),
            (0.95, 0.02, 300, Bound::Printed, true),
        ] {
            let said = scenario(value, reach, sessions, bound);
            assert_eq!(said, holds, "{value} ± {reach} of {sessions} {bound:?}");
        }
    }
}
