//! Admission: a body becomes cells, cells of many callers become one durable write (SPEC §10).

use std::collections::BTreeMap;
use std::sync::Arc;

use brolly_keys::epoch::Epoch;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::DELIVERED;
use brolly_protocol::log::Entry;
use brolly_protocol::wire::BATCH;
use brolly_shell::clock;
use brolly_shell::log::{Level, event};
use tokio::sync::{mpsc, oneshot};

use crate::step::{Step, Steps};
use crate::store::StoreError;
use crate::store::ledger::{Admission, Ledger};
use crate::store::objects::Objects;

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
    /// All that was to be kept is durable.
    Durable,
    /// The storage is full or away. Nothing of the delivery is admitted.
    Later,
}

/// A body that is not 1 to 64 cells of 29,297 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delivery is 1 to 64 cells of 29,297 bytes each")]
pub struct WrongSize;

/// Who admits cells.
pub struct Admitter<L> {
    ledger: Arc<L>,
    objects: Objects,
    /// The last week that any desk has a key for.
    last_week: Epoch,
    desk_epoch: u64,
    steps: Steps,
}

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

impl<L: Ledger> Admitter<L> {
    /// Admits into `ledger` and `objects`.
    pub fn new(ledger: Arc<L>, objects: Objects, directory: &Directory) -> Self {
        Self {
            ledger,
            objects,
            last_week: last_week(directory),
            desk_epoch: directory.parameters.desk_epoch,
            steps: Steps::default(),
        }
    }

    /// Admits those cells whose `(tag, d)` is new, each once, and says how many; `now` is in seconds since 1970. They are
    /// durable when this returns.
    ///
    /// # Errors
    /// [`StoreError`]. One that passes leaves nothing admitted; after any other the process must stop.
    pub async fn admit(&self, cells: Vec<SealedCell>, now: u64) -> Result<u64, StoreError> {
        let mut order = Vec::new();
        let mut by_entry = BTreeMap::new();
        for cell in cells {
            let entry = Entry::of(&cell);
            if by_entry.insert(entry, cell).is_none() {
                order.push(entry);
            }
        }
        let unknown = self.ledger.unknown(&order).await?;
        let new = order.into_iter().zip(unknown).filter(|(_, new)| *new);
        let new: Vec<(Entry, SealedCell)> = new
            .filter_map(|(entry, _)| Some((entry, by_entry.remove(&entry)?)))
            .collect();
        self.steps.reached(Step::Sorted);
        if new.is_empty() {
            return Ok(0);
        }
        let admissions: Vec<Admission> = new
            .iter()
            .map(|(entry, cell)| self.admission(*entry, cell, now))
            .collect();
        self.objects.put_cells(new).await?;
        self.steps.reached(Step::BodiesPut);
        let count = self.ledger.admit(&admissions).await?;
        self.steps.reached(Step::Admitted);
        Ok(count)
    }

    fn admission(&self, entry: Entry, cell: &SealedCell, now: u64) -> Admission {
        Admission {
            entry,
            week: week(cell, self.last_week, now, self.desk_epoch),
        }
    }

    #[cfg(test)]
    pub(crate) fn with_steps(mut self, steps: Steps) -> Self {
        self.objects = self.objects.with_steps(steps.clone());
        self.steps = steps;
        self
    }
}

/// Admits deliveries until nobody can send any more. What waits at the same time shares one durable write.
///
/// # Errors
/// [`StoreError`]: the process must stop, and whoever waits hears nothing.
pub async fn work<L: Ledger>(
    admitter: &Admitter<L>,
    mut queue: mpsc::Receiver<Delivery>,
) -> Result<(), StoreError> {
    let mut refusing = false;
    while let Some(first) = queue.recv().await {
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
        let outcome = match admitter.admit(cells, clock::now()).await {
            Ok(_) => Outcome::Durable,
            Err(error) if error.passes() => Outcome::Later,
            Err(error) => return Err(error),
        };
        if refusing != (outcome == Outcome::Later) {
            refusing = !refusing;
            match refusing {
                true => event(Level::Error, "storage full or away", &[]),
                false => event(Level::Info, "storage takes reports again", &[]),
            }
        }
        for answer in answers {
            // A caller who left learns by trying again: the cell is then a duplicate.
            let _ = answer.send(outcome);
        }
    }
    Ok(())
}

/// The last week that any desk of the directory has a key for.
pub(crate) fn last_week(directory: &Directory) -> Epoch {
    let weeks = directory.desks.iter().filter_map(|desk| desk.weeks.last());
    weeks.map(|(week, _)| *week).max().unwrap_or(Epoch::new(0))
}

/// The last week whose keys can open a cell. Weeks that no desk has a key for are not believed; but a sender may have a
/// newer directory than this inbox, or a clock that is ahead. Nor is one that has been: a cell that is pruned before
/// desks could fetch it leaves a gap that holds back their read-marks.
pub(crate) fn week(cell: &SealedCell, last: Epoch, now: u64, desk_epoch: u64) -> Epoch {
    let this = Epoch::at(now, desk_epoch);
    cell.last_week().min(last.max(this.plus(1))).max(this)
}

/// Cells from which on no further delivery joins a write.
const GROUP: usize = 256;

#[cfg(test)]
mod tests;
