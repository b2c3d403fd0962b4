//! The inbox as this desk asks it, known by its key and knowing the desk by its own.

use std::fmt;
use std::time::Duration;

use brolly_protocol::directory::InboxEntry;
use brolly_protocol::geometry;
use brolly_protocol::wire::{BOARD, SEALED, SEALED_PAGE};
use brolly_shell::http::client::{Link, LinkError, Reply};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls::{self, Identity};

use crate::place::Place;
use crate::unlock::{Keys, UnlockError};

/// A way to the inbox. It connects when something is asked.
pub struct Inbox {
    link: Link,
}

/// A page of sealed cells.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealedPage {
    /// Numbers that it passes over because their cells were pruned on schedule.
    pub pruned: u64,
    body: Bytes,
}

/// Why a page of sealed cells is refused. Nothing of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// Not a count and a whole number of cells.
    #[error(
        "the inbox sent {0} bytes, which is no count and a whole number of cells: nothing of it was kept, try again"
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

/// Why there is no page of sealed cells.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealedError {
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
}

/// Why the inbox did not take an entry for the board.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// It cannot be reached, or is not the one in the directory.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// 400.
    #[error(
        "the inbox refuses this entry of the board: see that this machine's clock is right, and that what it is about is a live alert of this desk"
    )]
    Refused,
    /// 403.
    #[error(
        "the inbox does not let this desk say that: its directory does not list the desk, or does not let it publish, so ask its operator to install the newest one"
    )]
    NotAllowed,
    /// 429.
    #[error("the inbox takes no more from this desk today: try again tomorrow")]
    TooMany,
    /// 503.
    #[error(
        "the inbox takes nothing at the moment, because its disk is full or it is being stopped: try again later"
    )]
    Full,
    /// Any other status.
    #[error("the inbox answered {}: try again later", .0.as_u16())]
    Status(StatusCode),
}

impl Inbox {
    /// The inbox of this desk's directory.
    ///
    /// # Errors
    /// [`UnlockError`] without a key to show on TLS.
    pub fn of(place: &Place, keys: &Keys) -> Result<Self, UnlockError> {
        Ok(Self::at(&place.directory.inbox, &keys.identity()?))
    }

    /// This inbox, for a desk that shows `identity` on TLS.
    pub fn at(inbox: &InboxEntry, identity: &Identity) -> Self {
        let tls = tls::client(&inbox.key.to_bytes(), Some(identity));
        Self {
            link: Link::new(inbox.address.clone(), tls, None),
        }
    }

    /// A page of the sealed cells after number `after`.
    ///
    /// # Errors
    /// [`SealedError`].
    pub async fn sealed(&self, after: u64) -> Result<SealedPage, SealedError> {
        let reply = self.ask(&format!("{SEALED}?after={after}"), PAGE).await?;
        match reply.status {
            StatusCode::OK => Ok(SealedPage::read(reply.body, after)?),
            StatusCode::FORBIDDEN => Err(SealedError::NotADesk),
            other => Err(SealedError::Status(other)),
        }
    }

    /// What a `GET` answers, if that has at most `limit` bytes.
    pub(crate) async fn ask(&self, path: &str, limit: usize) -> Result<Reply, LinkError> {
        let nothing = Bytes::new();
        self.link
            .send(Method::GET, path, nothing, limit, TIMEOUT)
            .await
    }

    /// Puts one entry on the board. When this returns the inbox has it for good; the same bytes again add nothing.
    ///
    /// # Errors
    /// [`PostError`]. After [`PostError::Link`] the inbox may have it all the same.
    pub async fn post(&self, entry: Vec<u8>) -> Result<(), PostError> {
        let entry = Bytes::from(entry);
        let reply = self
            .link
            .send(Method::POST, BOARD, entry, ANSWER, TIMEOUT)
            .await?;
        match reply.status {
            StatusCode::ACCEPTED => Ok(()),
            StatusCode::BAD_REQUEST => Err(PostError::Refused),
            StatusCode::FORBIDDEN => Err(PostError::NotAllowed),
            StatusCode::TOO_MANY_REQUESTS => Err(PostError::TooMany),
            StatusCode::SERVICE_UNAVAILABLE => Err(PostError::Full),
            other => Err(PostError::Status(other)),
        }
    }
}

impl SealedPage {
    /// Takes `pruned 4 | numbered cells`, whose numbers all come after `after`. What the cells hold is not looked at.
    ///
    /// # Errors
    /// [`PageError`].
    pub fn read(body: Bytes, after: u64) -> Result<Self, PageError> {
        let length = PageError::Length(body.len());
        let (pruned, cells) = body.split_first_chunk().ok_or(length)?;
        if !cells.len().is_multiple_of(geometry::NUMBERED_CELL) {
            return Err(length);
        }
        let page = Self {
            pruned: u32::from_be_bytes(*pruned).into(),
            body,
        };
        let mut before = after;
        let mut count = 0;
        for (given, _) in page.cells() {
            if given <= before {
                return Err(PageError::Order { before, given });
            }
            before = given;
            count += 1;
        }
        match count {
            ..=SEALED_PAGE => Ok(page),
            _ => Err(PageError::TooMany(count)),
        }
    }

    /// The cells under their numbers, which go up.
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = (u64, &[u8; geometry::DELIVERED])> {
        let cells = self.body.get(size_of::<u32>()..).unwrap_or_default();
        let (cells, _) = cells.as_chunks::<{ geometry::NUMBERED_CELL }>();
        cells.iter().filter_map(|numbered| {
            let (number, cell) = numbered.split_first_chunk()?;
            Some((u64::from_be_bytes(*number), cell.try_into().ok()?))
        })
    }
}

impl fmt::Debug for SealedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedPage({} cells)", self.cells().count())
    }
}

/// Every numbered cell is a number and a cell, and none is passed over for its length.
const _: () = assert!(geometry::NUMBERED_CELL == size_of::<u64>() + geometry::DELIVERED);

/// The most bytes of a page.
const PAGE: usize = 4 + SEALED_PAGE * geometry::NUMBERED_CELL;
/// The most bytes of an answer that is a status alone.
const ANSWER: usize = 4096;
/// For one page of 7.5 MB over a slow line.
const TIMEOUT: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    fn page(numbers: &[u64]) -> Bytes {
        let cell = [0; geometry::DELIVERED];
        let numbered = |n: &u64| [n.to_be_bytes().as_slice(), &cell].concat();
        let mut page = vec![0, 0, 0, 7];
        page.extend(numbers.iter().flat_map(numbered));
        page.into()
    }

    #[test]
    fn spec_11_2_a_page_is_whole_cells_in_ascending_order_or_nothing() {
        let good = SealedPage::read(page(&[3, 4, 9]), 2).unwrap();
        let numbers: Vec<_> = good.cells().map(|(number, _)| number).collect();
        assert_eq!((numbers, good.pruned), (vec![3, 4, 9], 7));
        assert_eq!(format!("{good:?}"), "SealedPage(3 cells)");
        let none = SealedPage::read(page(&[]), 2).unwrap();
        assert_eq!(none.cells().count(), 0);
        let whole = page(&[3, 4]);
        for cut in [0, 3, 5, whole.len() - 1] {
            let read = SealedPage::read(whole.slice(..cut), 2);
            assert_eq!(read, Err(PageError::Length(cut)));
        }
        for (numbers, before, given) in [
            (&[2, 3][..], 2, 2),
            (&[3, 3], 3, 3),
            (&[4, 3], 4, 3),
            (&[u64::MAX, 0], u64::MAX, 0),
        ] {
            let refused = Err(PageError::Order { before, given });
            assert_eq!(SealedPage::read(page(numbers), 2), refused);
        }
        let numbers: Vec<u64> = (1..=257).collect();
        let read = SealedPage::read(page(&numbers), 0);
        assert_eq!(read, Err(PageError::TooMany(257)));
    }
}
