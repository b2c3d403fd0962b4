//! Fetching what the inbox has, opening what is this desk's, keeping that (SPEC §11.1 to §11.3).

use std::collections::BTreeSet;
use std::time::Duration;

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::note::Note;
use brolly_keys::role::Desk;
use brolly_keys::sign::Statement;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry;
use brolly_protocol::sequence::Head;
use brolly_protocol::wire::{CHECKPOINT, SEALED, SEALED_PAGE};
use brolly_shell::http::client::{Link, LinkError};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls;

use serde::Serialize;

use crate::casebook::{Case, Casebook, CasebookError, Day, Reason, Record, Refused};
use crate::place::Place;
use crate::unlock::{Keys, UnlockError};

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
    /// Cells that the inbox's newest published head announces beyond those fetched before; there may be more.
    pub announced: u64,
}

/// Why a sync ended early. What it had reported before is kept, and the next one goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// The inbox cannot be reached, or is not the one in the directory.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The inbox does not take this desk for one.
    #[error(
        "the inbox refuses this desk: the directory it uses does not list the desk, so ask its operator to install the newest one"
    )]
    NotADesk,
    /// The inbox cannot answer.
    #[error("the inbox answered {}: try again later", .0.as_u16())]
    Status(StatusCode),
    /// The inbox's answer.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The inbox does not have what it had, or has another cell in its place.
    #[error(
        "the inbox does not have cell {0} that this desk has read, or has another under that number: it was restored from an old copy or its disk is damaged, so ask its operator before relying on it"
    )]
    WentBack(u64),
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
}

/// Why a page of sealed cells is refused. Nothing of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// Not a whole number of cells.
    #[error(
        "the inbox sent {0} bytes, which is no whole number of cells: nothing of it was kept, try again"
    )]
    Length(usize),
    /// More than a page.
    #[error("the inbox sent {0} cells at once, more than there may be: nothing of it was kept")]
    TooMany(usize),
    /// A number that does not come after the one before it.
    #[error(
        "the inbox sent cell {given} after cell {before}: its numbers must go up, so nothing of it was kept"
    )]
    Order {
        /// The number of the cell before, or where the desk asked from.
        before: u64,
        /// The number given.
        given: u64,
    },
}

/// Fetches and opens page after page until the inbox has no more, each page being durable before the next is asked for.
/// Then erases expired keys, whether or not that went well: fetching comes first so that a desk that was away still
/// opens what it can, and an inbox that does not answer cannot keep old keys alive.
/// `now` is in seconds since 1970; `progress` is told of every cell.
///
/// # Errors
/// [`SyncError`].
pub async fn sync(
    place: &Place,
    keys: &mut Keys,
    casebook: &mut Casebook,
    now: u64,
    progress: impl FnMut(Progress),
) -> Result<Summary, SyncError> {
    let week = Epoch::at(now, place.directory.parameters.desk_epoch);
    let fetched = fetch_all(place, keys, casebook, now, progress).await;
    let erased_keys = keys.erase_expired(week)?;
    Ok(Summary {
        erased_keys,
        ..fetched?
    })
}

async fn fetch_all(
    place: &Place,
    keys: &Keys,
    casebook: &mut Casebook,
    now: u64,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, SyncError> {
    let mut summary = Summary::default();
    let reader = Reader {
        place,
        ring: keys.weeks(),
        today: Day::at(now),
    };
    let inbox = &place.directory.inbox;
    let identity = keys.identity()?;
    let link = Link::new(
        inbox.address.clone(),
        tls::client(&inbox.key.to_bytes(), Some(&identity)),
        None,
    );
    let mut told = Progress {
        done: 0,
        announced: announced(&link).await.saturating_sub(casebook.mark()),
    };
    if let Some((number, digest)) = casebook.last_read() {
        still_has(&link, number, &digest).await?;
    }
    loop {
        let page = fetch(&link, casebook.mark()).await?;
        let cells = cells(&page, casebook.mark())?;
        let Some((last, cell)) = cells.last() else {
            return Ok(summary);
        };
        let mark = Record::Mark {
            number: *last,
            digest: cell.digest(),
        };
        let mut before = casebook.mark();
        let mut records = Vec::new();
        let mut digests = BTreeSet::new();
        for (number, cell) in cells {
            summary.missing += number - before - 1;
            before = number;
            told.done += 1;
            progress(told);
            let digest = cell.digest();
            if casebook.contains(&digest) || !digests.insert(digest) {
                continue;
            }
            summary.new += 1;
            match reader.read(number, digest, &cell) {
                Some(record) => {
                    match record {
                        Record::Refused(_) => summary.refused += 1,
                        Record::Case(_) | Record::Mark { .. } => summary.opened += 1,
                    }
                    records.push(record);
                }
                None => summary.not_ours += 1,
            }
        }
        records.push(mark);
        casebook.append(records)?;
    }
}

/// What this desk opens cells with.
struct Reader<'a> {
    place: &'a Place,
    ring: KeyRing<Desk>,
    today: Day,
}

impl Reader<'_> {
    /// The record of a cell, or nothing for one that is not this desk's.
    fn read(&self, number: u64, digest: [u8; 32], cell: &SealedCell) -> Option<Record> {
        let desk = &self.place.desk;
        match cell.open(self.place.directory.scheme, desk.id, desk.slot, &self.ring) {
            Ok(opened) => {
                let case = Case::new(number, digest, self.today, desk.slot, opened);
                Some(Record::Case(Box::new(case)))
            }
            Err(error) => Some(Record::Refused(Refused {
                number,
                digest,
                received: self.today,
                reason: Reason::of(error)?,
            })),
        }
    }
}

async fn fetch(link: &Link, after: u64) -> Result<Bytes, SyncError> {
    let path = format!("{SEALED}?after={after}");
    let reply = link
        .send(Method::GET, &path, Bytes::new(), PAGE, TIMEOUT)
        .await?;
    match reply.status {
        StatusCode::OK => Ok(reply.body),
        StatusCode::FORBIDDEN => Err(SyncError::NotADesk),
        other => Err(SyncError::Status(other)),
    }
}

/// Asks for the last cell that was read. An inbox restored from an old copy gives out numbers again that this desk
/// believes it has read, and the reports under them would be missed.
async fn still_has(link: &Link, mark: u64, digest: &[u8; 32]) -> Result<(), SyncError> {
    let before = mark.saturating_sub(1);
    let page = fetch(link, before).await?;
    match cells(&page, before)?.first() {
        Some((number, cell)) if *number == mark && cell.digest() == *digest => Ok(()),
        // Its bytes are damaged there and were passed over. That must not keep the later ones from this desk for ever.
        Some((number, _)) if *number > mark => Ok(()),
        _ => Err(SyncError::WentBack(mark)),
    }
}

/// How many entries the inbox has published: for the progress bar alone, so neither checked nor needed.
async fn announced(link: &Link) -> u64 {
    let reply = link.send(Method::GET, CHECKPOINT, Bytes::new(), HEAD, TIMEOUT);
    reply
        .await
        .ok()
        .and_then(|reply| Note::parse(&reply.body).ok())
        .and_then(|note| Head::parse(note.text().as_bytes()).ok())
        .map_or(0, |head| head.size)
}

/// The cells of a page, whose numbers all come after `after`.
fn cells(page: &[u8], after: u64) -> Result<Vec<(u64, SealedCell)>, PageError> {
    let count = page.len() / geometry::NUMBERED_CELL;
    if !page.len().is_multiple_of(geometry::NUMBERED_CELL) {
        return Err(PageError::Length(page.len()));
    }
    if count > SEALED_PAGE {
        return Err(PageError::TooMany(count));
    }
    let mut before = after;
    let mut cells = Vec::with_capacity(count);
    for numbered in page.chunks_exact(geometry::NUMBERED_CELL) {
        let (number, cell) = numbered
            .split_first_chunk()
            .and_then(|(number, cell)| Some((number, SealedCell::from_bytes(cell)?)))
            .ok_or(PageError::Length(page.len()))?;
        let given = u64::from_be_bytes(*number);
        if given <= before {
            return Err(PageError::Order { before, given });
        }
        before = given;
        cells.push((given, cell));
    }
    Ok(cells)
}

/// The most bytes of a page.
const PAGE: usize = SEALED_PAGE * geometry::NUMBERED_CELL;
/// The most bytes of a signed head.
const HEAD: usize = 4096;
/// For one page of 7.5 MB over a slow line.
const TIMEOUT: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    fn page(numbers: &[u64]) -> Vec<u8> {
        let cell = [0; geometry::DELIVERED];
        let numbered = |n: &u64| [n.to_be_bytes().as_slice(), &cell].concat();
        numbers.iter().flat_map(numbered).collect()
    }

    #[test]
    fn spec_11_2_a_page_is_whole_cells_in_ascending_order_or_nothing() {
        let good = cells(&page(&[3, 4, 9]), 2).unwrap();
        let numbers: Vec<_> = good.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [3, 4, 9]);
        assert!(cells(&[], 2).unwrap().is_empty());
        let mut short = page(&[3, 4]);
        short.pop();
        assert_eq!(cells(&short, 2), Err(PageError::Length(short.len())));
        for (numbers, before, given) in [
            (&[2, 3][..], 2, 2),
            (&[3, 3], 3, 3),
            (&[4, 3], 4, 3),
            (&[u64::MAX, 0], u64::MAX, 0),
        ] {
            let refused = Err(PageError::Order { before, given });
            assert_eq!(cells(&page(numbers), 2), refused);
        }
        let numbers: Vec<u64> = (1..=257).collect();
        assert_eq!(cells(&page(&numbers), 0), Err(PageError::TooMany(257)));
    }
}
