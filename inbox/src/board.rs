//! Posting: what a desk may put on the board (SPEC §10, §14).

use std::collections::BTreeSet;
use std::sync::Arc;

use brolly_protocol::board::alert::AlertId;
use brolly_protocol::board::{Entry, EntryError, Live};
use brolly_protocol::directory::{DeskEntry, Directory};
use brolly_protocol::log::{Hash, LogName};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::step::{Step, Steps};
use crate::store::ledger::{Ledger, LedgerError, Posted};

/// Who takes entries for the board.
pub struct Poster<L> {
    ledger: Arc<L>,
    seen: Mutex<Seen>,
    steps: Steps,
}

/// The board as far as it was read, published or not.
#[derive(Default)]
struct Seen {
    size: u64,
    live: Live,
    /// Of every alert that ever was.
    ids: BTreeSet<AlertId>,
    digests: BTreeSet<Hash>,
}

/// Why an entry is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// Not an entry, wrongly signed, or of a desk that may not say such a thing.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It names another desk than the one that brings it.
    #[error("the entry names another desk than the one that brings it")]
    OtherDesk,
    /// Its day is more than one off.
    #[error("the entry is of another day than today: check the clock")]
    Day,
    /// An id is used once.
    #[error("there is another alert of this id: draw a new one")]
    AlertId,
    /// Nothing to update or cancel.
    #[error("the alert that this one is about is over, or is not this desk's")]
    Reference,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl<L: Ledger> Poster<L> {
    /// Reads the board in `ledger`.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn open(ledger: Arc<L>) -> Result<Self, LedgerError> {
        let mut seen = Seen::default();
        seen.catch_up(ledger.as_ref()).await?;
        Ok(Self {
            ledger,
            seen: Mutex::new(seen),
            steps: Steps::default(),
        })
    }

    /// Takes an entry that `desk` brings on `today`, counted in days from 1 January 1970. It is durable when this returns.
    /// The same bytes again are as good.
    ///
    /// # Errors
    /// [`PostError`].
    pub async fn post(
        &self,
        bytes: &[u8],
        desk: &DeskEntry,
        directory: &Directory,
        today: u32,
    ) -> Result<(), PostError> {
        let entry = match Entry::verify(bytes, directory) {
            Err(EntryError::NoDesk) => return Err(PostError::OtherDesk),
            entry => entry?,
        };
        if entry.desk().is_some_and(|named| named != desk.id) {
            return Err(PostError::OtherDesk);
        }
        let mut seen = self.seen.lock().await;
        loop {
            seen.catch_up(self.ledger.as_ref()).await?;
            if seen.digests.contains(&digest(bytes)) {
                return Ok(());
            }
            seen.check(&entry, desk, today)?;
            self.steps.reached(Step::Checked);
            match self.ledger.post(seen.size, bytes).await? {
                Posted::New => {
                    self.steps.reached(Step::Posted);
                    return Ok(());
                }
                Posted::Known => return Ok(()),
                Posted::Moved => {}
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }
}

impl Seen {
    async fn catch_up(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        loop {
            let entries = ledger.entries(LogName::Board, self.size, PAGE).await?;
            if entries.is_empty() {
                return Ok(());
            }
            entries.iter().try_for_each(|entry| self.take(entry))?;
        }
    }

    fn take(&mut self, entry: &Bytes) -> Result<(), LedgerError> {
        let alert = self
            .live
            .recall(self.size, entry)
            .map_err(|_| LedgerError::Malformed)?;
        self.ids.extend(alert);
        self.digests.insert(digest(entry));
        self.size = self.size.saturating_add(1);
        Ok(())
    }

    fn check(&self, entry: &Entry, desk: &DeskEntry, today: u32) -> Result<(), PostError> {
        if entry.day().is_some_and(|day| day.abs_diff(today) > 1) {
            return Err(PostError::Day);
        }
        let Entry::Alert(alert) = entry else {
            return Ok(());
        };
        if self.ids.contains(&alert.id) {
            return Err(PostError::AlertId);
        }
        match alert.references {
            Some(id) if !self.live.is_by(id, desk.id) => Err(PostError::Reference),
            _ => Ok(()),
        }
    }
}

fn digest(entry: &[u8]) -> Hash {
    Sha256::digest(entry).into()
}

/// Entries read at a time.
const PAGE: usize = 1024;

#[cfg(test)]
mod tests;
