//! Admission: a body becomes cells, cells of many callers become one durable write (SPEC §10).

use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::DELIVERED;
use brolly_protocol::wire::BATCH;
use brolly_shell::log::{Level, event};
use tokio::sync::{mpsc, oneshot};

use crate::store::{Store, StoreError};

/// What one exit delivered, and where its answer goes.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// The cells, all with an empty token.
    pub cells: Vec<SealedCell>,
    /// Dropped without a word if the inbox has to stop.
    pub answer: oneshot::Sender<Outcome>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "an exit must be told one or the other"
)]
pub enum Outcome {
    /// All that was to be kept is on the disk.
    Durable,
    /// There was no room, and nothing was kept.
    Full,
}

/// A body that is not 1 to 64 cells of 29,297 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delivery is 1 to 64 cells of 29,297 bytes each")]
pub struct WrongSize;

/// Reads the cells of a delivery, and silently leaves out those whose token is not empty.
///
/// # Errors
/// [`WrongSize`].
pub fn parse(body: &[u8]) -> Result<Vec<SealedCell>, WrongSize> {
    let cells = body.chunks_exact(DELIVERED);
    if !cells.remainder().is_empty() || !(1..=BATCH).contains(&cells.len()) {
        return Err(WrongSize);
    }
    Ok(cells
        .filter_map(SealedCell::from_bytes)
        .filter(SealedCell::token_is_empty)
        .collect())
}

impl Delivery {
    /// A delivery, and where its outcome will be told.
    pub fn new(cells: Vec<SealedCell>) -> (Self, oneshot::Receiver<Outcome>) {
        let (answer, outcome) = oneshot::channel();
        (Self { cells, answer }, outcome)
    }
}

/// Admits deliveries until nobody can send any more. What waits at the same time shares one durable write.
///
/// # Errors
/// [`StoreError`]: the process must stop, and whoever waits hears nothing.
pub fn work(store: &Store, mut queue: mpsc::Receiver<Delivery>) -> Result<(), StoreError> {
    let mut full = false;
    while let Some(first) = queue.blocking_recv() {
        let mut cells = Vec::new();
        let mut answers = Vec::new();
        let mut next = Some(first);
        while let Some(delivery) = next {
            cells.extend(delivery.cells);
            answers.push(delivery.answer);
            next = match cells.len() {
                0..GROUP => queue.try_recv().ok(),
                _ => None,
            };
        }
        let outcome = match store.admit(&cells) {
            Ok(_) => Outcome::Durable,
            Err(StoreError::Full) => Outcome::Full,
            Err(error) => return Err(error),
        };
        if full != (outcome == Outcome::Full) {
            full = !full;
            match full {
                true => event(Level::Error, "disk full", &[]),
                false => event(Level::Info, "disk has room again", &[]),
            }
        }
        for answer in answers {
            // A caller who left learns by trying again: the cell is then a duplicate.
            let _ = answer.send(outcome);
        }
    }
    Ok(())
}

/// Cells from which on no further delivery joins a write.
const GROUP: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::cell;

    fn body(cells: &[SealedCell]) -> Vec<u8> {
        cells
            .iter()
            .flat_map(|cell| cell.as_bytes().to_vec())
            .collect()
    }

    #[test]
    fn spec_10_4_one_bad_token_does_not_touch_the_other_cells() {
        let good = [cell(1), cell(3)];
        for at in [16, 307] {
            let mut bad = cell(2).as_bytes().to_vec();
            bad[at] = 1;
            let bad = SealedCell::from_bytes(&bad).unwrap();
            let batch = [good[0].clone(), bad.clone(), good[1].clone()];
            assert_eq!(parse(&body(&batch)).unwrap(), good);
            assert_eq!(parse(&body(&[bad])).unwrap(), []);
        }
    }

    #[test]
    fn spec_10_4_a_body_that_is_not_1_to_64_whole_cells_is_refused() {
        let whole = body(&(0..64).map(cell).collect::<Vec<_>>());
        assert_eq!(parse(&whole).unwrap().len(), 64);
        for length in [0, 1, DELIVERED - 1, DELIVERED + 1, 64 * DELIVERED - 1] {
            assert_eq!(parse(&whole[..length]), Err(WrongSize), "{length}");
        }
        let longer = [whole.as_slice(), cell(64).as_bytes()].concat();
        assert_eq!(parse(&longer), Err(WrongSize));
    }

    #[test]
    fn deliveries_that_wait_together_are_admitted_together_and_all_answered() {
        let directory = tempfile::tempdir().unwrap();
        let store = crate::sample::store(directory.path());
        let (send, queue) = mpsc::channel(8);
        let waiting: Vec<_> = (0..8)
            .map(|n| {
                // The last two bring the same cell.
                let (delivery, outcome) = Delivery::new(vec![cell(n.min(6))]);
                send.blocking_send(delivery).unwrap();
                outcome
            })
            .collect();
        drop(send);
        work(&store, queue).unwrap();
        for outcome in waiting {
            assert_eq!(outcome.blocking_recv(), Ok(Outcome::Durable));
        }
        assert_eq!(store.pending(0).unwrap().len(), 7);
    }
}
