//! Fetching what the inbox has, opening what is this desk's, keeping that (SPEC §11.1 to §11.3).

use std::collections::BTreeSet;

use brolly_keys::epoch::Epoch;
use brolly_protocol::cell::SealedCell;
use serde::Serialize;
use sweep::{Found, Reader};

use crate::casebook::{Casebook, CasebookError, Day, Page, Record};
use crate::inbox::{Inbox, SealedError};
use crate::log;
use crate::place::Place;
use crate::unlock::{Keys, UnlockError};

mod sweep;

/// What a sync did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Cells fetched that were not in the casebook.
    pub new: u64,
    /// Reports among them, now in the casebook.
    pub opened: u64,
    /// Cells among them that are not addressed to this desk, or no report at all; nothing of them is kept.
    pub not_ours: u64,
    /// Cells among them that are addressed to this desk and refused.
    pub refused: u64,
    /// Numbers the inbox passed over: it hands out no cell whose stored bytes are damaged.
    #[serde(skip)]
    pub missing: u64,
    /// Numbers the inbox passed over because it had pruned their cells on schedule.
    #[serde(skip)]
    pub pruned: u64,
    /// Those among them that come after the last cell there is: the next sync is told of them once more.
    #[serde(skip)]
    pub pruned_last: u64,
    /// Keys of past weeks that were erased from the key file.
    #[serde(skip)]
    pub erased_keys: usize,
}

/// How far a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Cells looked at.
    pub done: u64,
    /// Cells that the inbox's newest checkpoint announces beyond those fetched before; there may be more.
    pub announced: u64,
}

/// Why a sync ended early. What it had reported before is kept, and the next one goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// The inbox, or its answer.
    #[error(transparent)]
    Inbox(#[from] SealedError),
    /// The inbox does not have what it had, or has another cell in its place.
    #[error(
        "the inbox does not have cell {0} that this desk has read, or has another under that number: it was restored from an old copy or its disk is damaged, so ask its operator; if its index was rebuilt, run `brolly-desk sync --again`, which reads from the first number on and keeps each report once"
    )]
    WentBack(u64),
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
}

/// Fetches and opens page after page until the inbox has no more, each page being durable before the next is asked for.
/// Then erases expired keys, whether or not that went well: fetching comes first so that a desk that was away still
/// opens what it can, and an inbox that does not answer cannot keep old keys alive.
/// `progress` is told of every cell.
///
/// # Errors
/// [`SyncError`].
pub async fn sync(
    inbox: &Inbox,
    place: &Place,
    keys: &mut Keys,
    casebook: &mut Casebook,
    progress: impl FnMut(Progress),
) -> Result<Summary, SyncError> {
    let length = place.directory.parameters.desk_epoch;
    let reader = Reader {
        place,
        ring: keys.weeks(),
        today: Day::at(place.time.now()),
    };
    let fetched = fetch_all(inbox, &reader, casebook, progress).await;
    let erased_keys = keys.erase_expired(Epoch::at(place.time.surely(), length))?;
    Ok(Summary {
        erased_keys,
        ..fetched?
    })
}

async fn fetch_all(
    inbox: &Inbox,
    reader: &Reader<'_>,
    casebook: &mut Casebook,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, SyncError> {
    let mut summary = Summary::default();
    let mut told = Progress {
        done: 0,
        announced: log::announced(inbox).await.saturating_sub(casebook.mark()),
    };
    if let Some((number, digest)) = casebook.last_read() {
        still_has(inbox, number, &digest).await?;
    }
    loop {
        let mut before = casebook.mark();
        let page = inbox.sealed(before).await?;
        let Some((last, _)) = page.cells().next_back() else {
            summary.pruned += page.pruned;
            summary.pruned_last = page.pruned;
            return Ok(summary);
        };
        let mut passed_over = 0;
        let mut records = Vec::new();
        let mut digests = Vec::new();
        let mut once = BTreeSet::new();
        let known =
            |digest: &[u8; 32]| casebook.contains(digest) || casebook.seen().was_handed(digest);
        for looked in reader.sweep(&page, known) {
            passed_over += looked.number - before - 1;
            before = looked.number;
            told.done += 1;
            progress(told);
            digests.push(looked.digest);
            if matches!(looked.found, Found::Known) || !once.insert(looked.digest) {
                continue;
            }
            summary.new += 1;
            match looked.found {
                Found::Case(case) => {
                    summary.opened += 1;
                    records.push(Record::Case(case));
                }
                Found::Refused(refused) => {
                    summary.refused += 1;
                    records.push(Record::Refused(refused));
                }
                Found::NotOurs | Found::Known => summary.not_ours += 1,
            }
        }
        // An inbox may count pruned numbers behind the last cell as well: those come again with the next page.
        let pruned = page.pruned.min(passed_over);
        summary.pruned += pruned;
        summary.missing += passed_over - pruned;
        records.push(Record::Page(Page::new(last, digests, pruned)));
        casebook.append(records)?;
    }
}

/// Asks for the last cell that was read. An inbox restored from an old copy gives out numbers again that this desk
/// believes it has read, and the reports under them would be missed.
async fn still_has(inbox: &Inbox, mark: u64, digest: &[u8; 32]) -> Result<(), SyncError> {
    let page = inbox.sealed(mark.saturating_sub(1)).await?;
    match page.cells().next() {
        Some((number, cell)) if number == mark && SealedCell::from(cell).digest() == *digest => {
            Ok(())
        }
        // Its bytes are damaged or pruned there and were passed over. That must not keep the later ones from this desk
        // for ever.
        Some((number, _)) if number > mark => Ok(()),
        None if page.pruned > 0 => Ok(()),
        _ => Err(SyncError::WentBack(mark)),
    }
}
