//! What the inbox must not lose, in one directory.
//!
//! ```text
//! DATA/lock               held by the one inbox that runs here
//! DATA/index/             sled: numbers of admitted cells, published entries, head        store/index.rs
//! DATA/bodies/ab/abcd…    what is behind a cell's receipt tag, named by its SHA-256 `d`   store/bodies.rs
//! ```
//!
//! Admission: bodies durable, then the index durable, then the caller may say so. Publication: entries durable, then
//! the head. A cell's number is its place in the order of admission, from 1 and without gaps; publication takes every
//! cell there is, so a head of size n stands for the cells 1 to n, and those above n are the queue.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::LOG_ENTRY;
use brolly_protocol::node::SchemeId;
use brolly_protocol::sequence::{Entry, Head};
use rustix::fs::{FlockOperation, flock, statvfs};
use rustix::io::Errno;

use self::bodies::Bodies;
use self::index::Index;

mod bodies;
mod index;

/// The inbox's durable state. Two processes never hold the same one.
pub struct Store {
    bodies: Bodies,
    index: Index,
    data: PathBuf,
    admitting: Mutex<()>,
    /// Bytes that must stay free on the disk.
    reserve: u64,
    _lock: File,
}

/// A number and a cell each, for a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The cells, their numbers ascending. A number is missing where a body was damaged.
    pub cells: Vec<(u64, SealedCell)>,
    /// Bodies passed over because they are missing or do not hash to their `d`.
    pub damaged: u64,
}

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The data directory cannot be made or opened.
    #[error("the data directory {} cannot be used: {reason}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Another process holds it.
    #[error(
        "another inbox is running on {}: stop it first, or give this one a data directory of its own",
        .0.display()
    )]
    InUse(PathBuf),
    /// No room for more, for the moment.
    #[error("the disk is full: make room, reports are taken again as soon as there is some")]
    Full,
    /// A body cannot be written.
    #[error("a sealed body cannot be written ({0}): check the disk, then start the inbox again")]
    Body(io::Error),
    /// What was written may not be on the disk. Trying again could hide that, so the inbox stops.
    #[error(
        "the disk did not confirm what was written ({0}): check it before the inbox is started again; nothing unconfirmed was acknowledged"
    )]
    Sync(io::Error),
    /// The database refused.
    #[error(
        "the index cannot be read or written ({0}): check the disk; if the index is damaged, restore the whole data directory"
    )]
    Index(#[from] sled::Error),
    /// Something in the index that this program never writes.
    #[error("the index holds a record that makes no sense: restore the whole data directory")]
    Malformed,
    /// Bodies without an index: a new log would contradict what was published.
    #[error(
        "{} holds sealed bodies but no index: restore the whole data directory, a log is never begun anew over old reports",
        .0.display()
    )]
    IndexLost(PathBuf),
}

impl Store {
    /// Opens the state in `data`, which is made if need be; a new one holds the empty head of `scheme`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(data: &Path, scheme: SchemeId) -> Result<Self, StoreError> {
        let failed = |reason| StoreError::Directory {
            path: data.to_owned(),
            reason,
        };
        make_directory(data).map_err(failed)?;
        let lock = lock(data)?;
        let index = Index::open(&data.join("index"))?;
        let bodies = data.join("bodies");
        if index.head()?.is_none() {
            if bodies.exists() {
                return Err(StoreError::IndexLost(data.to_owned()));
            }
            index.set_head(&Head::empty(scheme))?;
        }
        sync_directory(data)?;
        Ok(Self {
            bodies: Bodies::open(bodies).map_err(failed)?,
            index,
            data: data.to_owned(),
            admitting: Mutex::new(()),
            reserve: RESERVE,
            _lock: lock,
        })
    }

    /// Admits those cells whose `(tag, d)` is new, each once, and says how many. They are durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Full`] leaves everything as it was and may be tried again; after any other the process must stop.
    pub fn admit(&self, cells: &[SealedCell]) -> Result<usize, StoreError> {
        // What it guards is on the disk, and whole at every moment.
        let _one_at_a_time = self
            .admitting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut seen = BTreeSet::new();
        let mut new = Vec::new();
        for cell in cells {
            let entry = Entry::of(cell);
            if seen.insert(entry) && !self.index.contains(entry)? {
                new.push((entry, cell));
            }
        }
        self.room_for(new.iter().map(|(_, cell)| cell.as_bytes().len()).sum())?;
        self.bodies.put(&new)?;
        let entries: Vec<Entry> = new.iter().map(|(entry, _)| *entry).collect();
        self.index.admit(&entries)?;
        Ok(entries.len())
    }

    /// Up to `limit` cells numbered above `after`, published or not, each of them hashing to its `d`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(&self, after: u64, limit: usize) -> Result<Page, StoreError> {
        let mut page = Page {
            cells: Vec::new(),
            damaged: 0,
        };
        for admitted in self.index.admitted_after(after) {
            let (number, entry) = admitted?;
            match self.bodies.read(entry) {
                Some(cell) => page.cells.push((number, cell)),
                None => page.damaged += 1,
            }
            if page.cells.len() >= limit {
                break;
            }
        }
        Ok(page)
    }

    /// The entries above number `published`, in the order of admission.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pending(&self, published: u64) -> Result<Vec<Entry>, StoreError> {
        self.index
            .admitted_after(published)
            .map(|admitted| admitted.map(|(_, entry)| entry))
            .collect()
    }

    /// The size and hash of the last published head, and the entries it stands for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn published(&self) -> Result<(u64, [u8; 32], Vec<Entry>), StoreError> {
        let (size, hash) = self.index.head()?.ok_or(StoreError::Malformed)?;
        if size > self.index.admitted() {
            return Err(StoreError::Malformed);
        }
        Ok((size, hash, self.index.published(size)?))
    }

    /// Stores `entries` as those from position `first`, then the head that ends with them. Both are durable when this
    /// returns, and the head never before the entries.
    ///
    /// # Errors
    /// [`StoreError::Full`] leaves the last head as it was and may be tried again; after any other the process must stop.
    pub fn publish(&self, first: u64, entries: &[Entry], head: &Head) -> Result<(), StoreError> {
        self.room_for(entries.len().saturating_mul(INDEXED_ENTRY))?;
        self.index.append(first, entries)?;
        self.index.set_head(head)
    }

    /// Half a publication: entries without their head.
    #[cfg(test)]
    pub(crate) fn append_for_test(&self, first: u64, entries: &[Entry]) {
        self.index.append(first, entries).unwrap();
    }

    /// sled cannot go on after a failed write, so room is made sure of before it is needed.
    fn room_for(&self, bytes: usize) -> Result<(), StoreError> {
        let disk = statvfs(&self.data).map_err(|errno| StoreError::Directory {
            path: self.data.clone(),
            reason: errno.into(),
        })?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let wanted = u64::try_from(bytes).unwrap_or(u64::MAX);
        if free < self.reserve.saturating_add(wanted) {
            return Err(StoreError::Full);
        }
        Ok(())
    }
}

fn lock(data: &Path) -> Result<File, StoreError> {
    let path = data.join("lock");
    let failed = |reason| StoreError::Directory {
        path: data.to_owned(),
        reason,
    };
    let file = File::create(path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(StoreError::InUse(data.to_owned())),
        Err(errno) => Err(failed(errno.into())),
    }
}

/// Mode 0700, with its parents.
fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A name is durable only once its directory is.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(StoreError::Sync)
}

/// 16 MiB: more than sled writes between two looks at the disk, by far.
const RESERVE: u64 = 16 << 20;
/// What an entry takes in the index, in bytes, pages rewritten included.
const INDEXED_ENTRY: usize = 8 * LOG_ENTRY;

#[cfg(test)]
mod tests;
