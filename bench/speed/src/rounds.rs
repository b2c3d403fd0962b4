//! Rounds: every task once, in turn, and again.

use std::time::Instant;

use crate::Outcome;

/// Runs `tasks` in turn for so many rounds, and gives the median time of each in seconds.
pub(crate) fn medians<const N: usize>(
    rounds: usize,
    mut tasks: [&mut dyn FnMut() -> Outcome; N],
) -> Outcome<[f64; N]> {
    let mut times: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for _ in 0..rounds {
        for (task, times) in tasks.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            task()?;
            times.push(begun.elapsed().as_secs_f64());
        }
    }
    Ok(times.map(median))
}

/// The middle one; the upper of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn tasks_take_turns_and_the_first_failure_ends_it() {
        let order = RefCell::new(Vec::new());
        let mut one = || {
            order.borrow_mut().push(1);
            Ok(())
        };
        let mut two = || {
            order.borrow_mut().push(2);
            Ok(())
        };
        medians(3, [&mut one, &mut two]).unwrap();
        assert_eq!(*order.borrow(), [1, 2, 1, 2, 1, 2]);
        let mut bad = || Err("no".into());
        assert!(medians(2, [&mut bad, &mut two]).is_err());
        assert_eq!(order.borrow().len(), 6);
    }

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }
}
