//! Admission: a body becomes cells, cells of many callers become one durable write (SPEC §10).
//!
//! ```text
//! body ─ parse ─▶ cells whose token is good here and now ─▶ unknown? unspent? ─▶ bodies durable ─▶ ledger
//!                 the others go nowhere                     the same: go nowhere
//! ```
//!
//! Whatever becomes of its cells, a delivery gets the answer of a good one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use brolly_keys::epoch::Epoch;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::DELIVERED;
use brolly_protocol::log::Entry;
use brolly_protocol::token::{Token, period};
use brolly_protocol::wire::BATCH;
use brolly_shell::clock;
use brolly_shell::log::{Level, event};
use tokio::sync::{mpsc, oneshot};

use crate::step::{Step, Steps};
use crate::store::StoreError;
use crate::store::ledger::{Admission, Ledger, Spent};
use crate::store::objects::Objects;

/// What one exit delivered, and where its answer goes.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// The cells that are paid for.
    pub cells: Vec<Paid>,
    /// Dropped without a word if the inbox has to stop.
    pub answer: oneshot::Sender<Outcome>,
}

/// A cell with a token that is good here and now, unless it was spent before. Only checking makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    pub(crate) cell: SealedCell,
    pub(crate) token: Spent,
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
    desk_epoch: u64,
    steps: Steps,
}

/// Reads the cells of a delivery, and silently leaves out those whose token is not good at the directory's inbox at
/// `now`, in seconds since 1970.
///
/// # Errors
/// [`WrongSize`].
pub fn parse(body: &[u8], directory: &Directory, now: u64) -> Result<Vec<Paid>, WrongSize> {
    let cells = body.chunks_exact(DELIVERED);
    if !cells.remainder().is_empty() || !(1..=BATCH).contains(&cells.len()) {
        return Err(WrongSize);
    }
    Ok(cells
        .filter_map(|cell| SealedCell::from_bytes(cell.into()))
        .filter_map(|cell| Paid::check(cell, directory, now))
        .collect())
}

impl Paid {
    fn check(cell: SealedCell, directory: &Directory, now: u64) -> Option<Self> {
        let token = Token::from_bytes(cell.token());
        let keys = &directory.issuer.keys;
        // What was taken at an entry on a period's last day may be in the pools for hours yet.
        let issuer = period::accept(keys, now, token.key)
            .or_else(|| period::accept(keys, now.saturating_sub(GRACE), token.key))?;
        let good = token.verify(directory.scheme, directory.inbox.id, issuer);
        let token = good.ok()?.into();
        Some(Self { cell, token })
    }
}

impl Delivery {
    /// A delivery, and where its outcome will be told.
    pub fn new(cells: Vec<Paid>) -> (Self, oneshot::Receiver<Outcome>) {
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
            desk_epoch: directory.parameters.desk_epoch,
            steps: Steps::default(),
        }
    }

    /// Admits those cells whose `(tag, d)` is new and whose token is not spent, each once, and says how many; `now` is in
    /// seconds since 1970. They are durable when this returns.
    ///
    /// # Errors
    /// [`StoreError`]. One that passes leaves nothing admitted; after any other the process must stop.
    pub async fn admit(&self, cells: Vec<Paid>, now: u64) -> Result<u64, StoreError> {
        let mut order = Vec::new();
        let mut by_entry = BTreeMap::new();
        for Paid { cell, token } in cells {
            let entry = Entry::of(&cell);
            if by_entry.insert(entry, cell).is_none() {
                order.push((entry, token));
            }
        }
        let new = self.new_and_unspent(&order).await?;
        self.steps.reached(Step::Sorted);
        if new.is_empty() {
            return Ok(0);
        }
        let mut admissions = Vec::with_capacity(new.len());
        let mut bodies = Vec::with_capacity(new.len());
        for (entry, token) in new {
            if let Some(cell) = by_entry.remove(&entry) {
                admissions.push(Admission {
                    entry,
                    week: week(&cell, now, self.desk_epoch),
                    token: Some(token),
                });
                bodies.push((entry, cell));
            }
        }
        self.objects.put_cells(bodies).await?;
        self.steps.reached(Step::BodiesPut);
        let count = self.ledger.admit(&admissions).await?;
        self.steps.reached(Step::Admitted);
        Ok(count)
    }

    /// The cells to be admitted, in their order. Asked before any body is written, so that a token which is spent again and
    /// again fills no disk; the ledger asks once more.
    async fn new_and_unspent(
        &self,
        cells: &[(Entry, Spent)],
    ) -> Result<Vec<(Entry, Spent)>, StoreError> {
        let entries: Vec<Entry> = cells.iter().map(|(entry, _)| *entry).collect();
        let unknown = self.ledger.unknown(&entries).await?;
        let new = cells.iter().zip(unknown).filter(|(_, unknown)| *unknown);
        // What is known has spent its token by itself, so it is sorted out first.
        let new: Vec<(Entry, Spent)> = new.map(|(cell, _)| *cell).collect();
        let tokens: Vec<Spent> = new.iter().map(|(_, token)| *token).collect();
        let spent = self.ledger.spent(&tokens).await?;
        let mut paid = BTreeSet::new();
        let unspent = new.into_iter().zip(spent).filter(|(_, spent)| !spent);
        let unspent = unspent.map(|(cell, _)| cell);
        Ok(unspent.filter(|(_, token)| paid.insert(*token)).collect())
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

/// The last week whose keys can open a cell. One later than desks make keys for is not believed. Nor is one that has been:
/// a cell that is pruned before desks could fetch it leaves a gap that holds back their read-marks.
pub(crate) fn week(cell: &SealedCell, now: u64, desk_epoch: u64) -> Epoch {
    let this = Epoch::at(now, desk_epoch);
    cell.last_week().min(this.plus(KEYS_AHEAD)).max(this)
}

/// Cells from which on no further delivery joins a write.
const GROUP: usize = 256;
/// Seconds after its period for which a token is still good here.
const GRACE: u64 = 86_400;
/// Weeks for which desks make keys ahead.
const KEYS_AHEAD: u32 = 4;

#[cfg(test)]
mod tests;
