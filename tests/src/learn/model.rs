//! Two classifiers that learn to tell reporting from reading, and their scores on sessions they did not learn from.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::xgboost::{XGRegressor, XGRegressorParameters};

use super::auc::Auc;

/// Which classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Model {
    /// Logistic regression, with a small weight against large coefficients.
    Logistic,
    /// Gradient boosting of small regression trees.
    Boosting,
}

/// Why nothing could be learned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// There are fewer sessions of a kind than parts to hold out.
    #[error("{0} sessions of a kind are too few: {FOLDS} at the least")]
    TooFew(usize),
    /// The crate that learns did not.
    #[error("the classifier could not be trained: {0}")]
    Failed(#[from] Failed),
}

impl Model {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Logistic, Self::Boosting];

    /// How it tells `sought` from `others`, each session a row of features: every score comes from a model that was
    /// trained without that session, one of five.
    ///
    /// # Errors
    /// [`LearnError`].
    pub fn tell_apart(
        self,
        sought: &[Vec<f64>],
        others: &[Vec<f64>],
        seed: u64,
    ) -> Result<Auc, LearnError> {
        let fewest = sought.len().min(others.len());
        if fewest < FOLDS {
            return Err(LearnError::TooFew(fewest));
        }
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let parts = [sought, others].map(|kind| {
            let mut rows: Vec<&[f64]> = kind.iter().map(Vec::as_slice).collect();
            rows.shuffle(&mut rng);
            rows
        });
        let mut scores = [Vec::new(), Vec::new()];
        for fold in 0..FOLDS {
            let split = parts.each_ref().map(|rows| {
                let numbered = rows.iter().copied().enumerate();
                numbered.partition::<Vec<_>, _>(|(n, _)| n % FOLDS == fold)
            });
            let [held, kept] = [0, 1].map(|side| {
                split.each_ref().map(|both| {
                    let rows = if side == 0 { &both.0 } else { &both.1 };
                    rows.iter().map(|(_, row)| *row).collect::<Vec<_>>()
                })
            });
            let trained = self.train(&kept, seed)?;
            for (scores, rows) in scores.iter_mut().zip(&held) {
                scores.extend(trained.scores(rows)?);
            }
        }
        let [sought, others] = scores;
        Ok(Auc::of(&sought, &others))
    }

    fn train(self, kinds: &[Vec<&[f64]>; 2], seed: u64) -> Result<Trained, Failed> {
        let most = match self {
            Self::Logistic => usize::MAX,
            Self::Boosting => MOST_FOR_TREES,
        };
        let [sought, others] = kinds
            .each_ref()
            .map(|rows| rows.get(..most).unwrap_or(rows));
        let rows = [sought, others].concat();
        let scale = Scale::of(&rows);
        let labels = (0..rows.len()).map(|n| u32::from(n < sought.len()));
        let fitted = if scale.0.is_empty() {
            Fitted::Nothing
        } else {
            let x = scale.matrix(&rows)?;
            match self {
                Self::Logistic => {
                    let parameters = LogisticRegressionParameters::default().with_alpha(RIDGE);
                    let labels = labels.collect::<Vec<u32>>();
                    let fit = Line::fit(&x, &labels, parameters)?;
                    Fitted::Linear(weights(&fit))
                }
                Self::Boosting => {
                    let parameters = XGRegressorParameters::default()
                        .with_n_estimators(TREES)
                        .with_max_depth(DEPTH)
                        .with_learning_rate(RATE)
                        .with_subsample(0.5)
                        .with_min_child_weight(LEAF)
                        .with_seed(seed);
                    let labels: Vec<f64> = labels.map(f64::from).collect();
                    Fitted::Trees(Box::new(XGRegressor::fit(&x, &labels, parameters)?))
                }
            }
        };
        Ok(Trained { scale, fitted })
    }
}

fn weights(fit: &Line) -> Vec<f64> {
    // Only here: its `get` would hide that of slices.
    use smartcore::linalg::basic::arrays::Array;
    fit.coefficients().iterator(0).copied().collect()
}

type Line = LogisticRegression<f64, u32, DenseMatrix<f64>, Vec<u32>>;
type Trees = XGRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

struct Trained {
    scale: Scale,
    fitted: Fitted,
}

enum Fitted {
    /// Every feature had one value.
    Nothing,
    Linear(Vec<f64>),
    Trees(Box<Trees>),
}

impl Trained {
    fn scores(&self, rows: &[&[f64]]) -> Result<Vec<f64>, Failed> {
        Ok(match &self.fitted {
            Fitted::Nothing => vec![0.; rows.len()],
            Fitted::Linear(weights) => {
                let score = |row: &&[f64]| {
                    let values = self.scale.apply(row);
                    values
                        .zip(weights)
                        .map(|(value, weight)| value * weight)
                        .sum()
                };
                rows.iter().map(score).collect()
            }
            Fitted::Trees(trees) => trees.predict(&self.scale.matrix(rows)?)?,
        })
    }
}

/// The features that differ at all: place, mean and standard deviation among those that are learned from.
struct Scale(Vec<(usize, f64, f64)>);

impl Scale {
    fn of(rows: &[&[f64]]) -> Self {
        let count = f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let width = rows.first().map_or(0, |row| row.len());
        let column = |place: usize| rows.iter().filter_map(move |row| row.get(place).copied());
        let one = |place: usize| {
            let mean = column(place).sum::<f64>() / count;
            let square = column(place)
                .map(|value| (value - mean).powi(2))
                .sum::<f64>();
            let deviation = (square / count).sqrt();
            (deviation > mean.abs() * 1e-12).then_some((place, mean, deviation))
        };
        Self((0..width).filter_map(one).collect())
    }

    fn apply<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let value = |place: usize| row.get(place).copied().unwrap_or_default();
        self.0
            .iter()
            .map(move |(place, mean, deviation)| (value(*place) - mean) / deviation)
    }

    fn matrix(&self, rows: &[&[f64]]) -> Result<DenseMatrix<f64>, Failed> {
        let values = rows.iter().flat_map(|row| self.apply(row)).collect();
        DenseMatrix::new(rows.len(), self.0.len(), values, false)
    }
}

const FOLDS: usize = 5;
/// Weight of the squared coefficients: little, so that kinds that a line parts do not make them grow without end.
const RIDGE: f64 = 1.;
const TREES: usize = 40;
const DEPTH: u16 = 3;
const RATE: f64 = 0.15;
/// Sessions in the smallest leaf.
const LEAF: usize = 5;
/// Sessions of a kind that trees learn from; they are scored on all.
const MOST_FOR_TREES: usize = 10_000;

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    fn noise(rng: &mut ChaCha20Rng, rows: usize) -> Vec<Vec<f64>> {
        let row = |_| (0..6).map(|_| rng.random::<f64>()).collect();
        (0..rows).map(row).collect()
    }

    #[test]
    fn spec_17_6_where_nothing_differs_both_models_are_at_chance() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (a, b) = (noise(&mut rng, 400), noise(&mut rng, 400));
        for model in Model::ALL {
            let auc = model.tell_apart(&a, &b, 1).unwrap();
            assert!((0.42..0.58).contains(&auc.value), "{model:?} {auc:?}");
        }
        let same = vec![vec![7.; 6]; 20];
        for model in Model::ALL {
            assert_eq!(model.tell_apart(&same, &same, 1).unwrap().value, 0.5);
        }
    }

    #[test]
    fn spec_17_6_a_shift_is_learned_by_both_and_a_spread_by_the_trees() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let (mut a, b) = (noise(&mut rng, 300), noise(&mut rng, 300));
        a.iter_mut().for_each(|row| row[3] += 0.5);
        for model in Model::ALL {
            let auc = model.tell_apart(&a, &b, 1).unwrap();
            assert!(auc.low > 0.75, "{model:?} {auc:?}");
        }
        // The same mean, but at the edges: no line parts them.
        let mut a = noise(&mut rng, 300);
        a.iter_mut().for_each(|row| row[3] = row[3].round());
        let auc = Model::Boosting.tell_apart(&a, &b, 1).unwrap();
        assert!(auc.low > 0.9, "{auc:?}");
    }

    #[test]
    fn spec_17_6_what_is_held_out_is_not_learned() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        // A number of its own for every session: whoever scored what it learned from would know them all.
        let (a, b) = (noise(&mut rng, 60), noise(&mut rng, 60));
        let auc = Model::Boosting.tell_apart(&a, &b, 1).unwrap();
        assert!(auc.value < 0.7, "{auc:?}");
    }

    #[test]
    fn too_few_sessions_to_hold_any_out_are_refused() {
        let few = vec![vec![1.]; 4];
        let refused = Model::Logistic.tell_apart(&few, &few, 1).unwrap_err();
        assert!(refused.to_string().contains("4 sessions of a kind"));
    }
}
