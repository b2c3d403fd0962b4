//! How well scores tell two kinds apart.

/// The chance that a score of one kind is above a score of the other, an equal pair counted as half; with its 95 %
/// interval by DeLong's variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    /// The area under the receiver's operating curve.
    pub value: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
}

impl Auc {
    /// Of the scores of the kind sought and of the other. Without two of either nothing is known: 0 to 1.
    pub fn of(sought: &[f64], others: &[f64]) -> Self {
        if sought.len() < 2 || others.len() < 2 {
            return Self {
                value: 0.5,
                low: 0.,
                high: 1.,
            };
        }
        let above = placements(sought, others);
        let below = placements(others, sought);
        let value = mean(&above);
        let variance =
            variance(&above) / count(above.len()) + variance(&below) / count(below.len());
        let reach = NORMAL_95 * variance.sqrt();
        Self {
            value,
            low: (value - reach).max(0.),
            high: (value + reach).min(1.),
        }
    }
}

/// For each of `these` the part of `those` that lie below it, an equal one counted as half.
fn placements(these: &[f64], those: &[f64]) -> Vec<f64> {
    let mut sorted = those.to_vec();
    sorted.sort_by(f64::total_cmp);
    let part = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        let up_to = sorted.partition_point(|other| other <= score);
        (count(below) + count(up_to)) / 2. / count(sorted.len())
    };
    these.iter().map(part).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares = values
        .iter()
        .map(|value| (value - middle).powi(2))
        .sum::<f64>();
    squares / count(values.len() - 1)
}

fn count(value: usize) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

const NORMAL_95: f64 = 1.959_963_984_540_054;

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn spec_17_6_the_area_of_known_scores_with_ties() {
        assert_eq!(Auc::of(&[3., 4.], &[1., 2.]).value, 1.);
        assert_eq!(Auc::of(&[1., 2.], &[3., 4.]).value, 0.);
        assert_eq!(Auc::of(&[1.; 9], &[1.; 5]).value, 0.5);
        // 2 above 1, level with 2, below 3; 3 above both, level with 3: (1 + 0.5 + 0 + 1 + 1 + 0.5) of 6.
        let level = Auc::of(&[2., 3.], &[1., 2., 3.]).value;
        assert!((level - 4. / 6.).abs() < 1e-12, "{level}");
        let unknown = Auc::of(&[1.], &[1., 2.]);
        assert_eq!((unknown.low, unknown.high), (0., 1.));
    }

    #[test]
    fn spec_17_6_the_interval_holds_the_truth_about_as_often_as_it_says() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut draw =
            |shift: f64| -> Vec<f64> { (0..60).map(|_| rng.random::<f64>() + shift).collect() };
        // Of two even draws of which one is 0.2 higher: 1 - 0.8² / 2.
        let truth = 0.68;
        let runs = 1_000;
        let hit = |_: &i32| {
            let auc = Auc::of(&draw(0.2), &draw(0.));
            auc.low <= truth && truth <= auc.high
        };
        let hits = (0..runs).filter(hit).count();
        assert!((920..=975).contains(&hits), "{hits} of {runs}");
    }
}
