//! The index: sled, with the guard that its flush needs.
//!
//! ```text
//! 'c' | tag 16 | d 32  ─▶ number 8       an admitted cell
//! 'n' | number 8       ─▶ tag 16 | d 32  the same, in the order of admission, from 1
//! 'p' | position 8     ─▶ tag 16 | d 32  the public sequence, from 0; what lies above the head does not count
//! 'h'                  ─▶ size 8 | hash 32
//! ```

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use brolly_protocol::sequence::{Entry, Head};
use sled::{Batch, Db, IVec, Mode};

use super::{StoreError, make_directory, sync_directory};

pub(super) struct Index {
    tree: Db,
    /// sled's data file, opened a second time.
    file: File,
    /// The last number that is known to be on the disk. Nobody is shown more: a number that a power cut took back
    /// would be given again, to another cell.
    admitted: AtomicU64,
}

impl Index {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |reason: io::Error| StoreError::Directory {
            path: path.to_owned(),
            reason,
        };
        make_directory(path).map_err(failed)?;
        // sled begins by noting how far the file reads well; that must not say more than the disk holds.
        match File::open(path.join(DATA_FILE)) {
            Ok(file) => file.sync_all().map_err(StoreError::Sync)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let tree = sled::Config::new()
            .path(path)
            .mode(Mode::LowSpace)
            .cache_capacity(CACHE)
            // Every write is flushed by `commit`, which also tells of errors.
            .flush_every_ms(None)
            .open()?;
        let index = Self {
            file: File::open(path.join(DATA_FILE)).map_err(failed)?,
            tree,
            admitted: AtomicU64::new(0),
        };
        index.commit()?;
        sync_directory(path)?;
        let last = match index.tree.scan_prefix(NUMBER).next_back() {
            Some(pair) => number(&pair?.0)?,
            None => 0,
        };
        index.admitted.store(last, Ordering::Release);
        Ok(index)
    }

    pub(super) fn contains(&self, entry: Entry) -> Result<bool, StoreError> {
        Ok(self.tree.contains_key(cell_key(entry))?)
    }

    /// The number of the last admitted cell.
    pub(super) fn admitted(&self) -> u64 {
        self.admitted.load(Ordering::Acquire)
    }

    /// Gives new entries the next numbers.
    pub(super) fn admit(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let last = self.insert_admitted(entries)?;
        self.commit()?;
        self.admitted.store(last, Ordering::Release);
        Ok(())
    }

    pub(super) fn insert_admitted(&self, entries: &[Entry]) -> Result<u64, StoreError> {
        let mut last = self.admitted();
        for chunk in entries.chunks(BATCH) {
            let mut batch = Batch::default();
            for entry in chunk {
                last = last.saturating_add(1);
                batch.insert(cell_key(*entry), &last.to_be_bytes());
                batch.insert(key(NUMBER, last), entry.to_bytes().as_slice());
            }
            self.tree.apply_batch(batch)?;
        }
        Ok(last)
    }

    /// Numbers above `after` and their entries, ascending.
    pub(super) fn admitted_after(
        &self,
        after: u64,
    ) -> impl Iterator<Item = Result<(u64, Entry), StoreError>> + use<> {
        let last = self.admitted();
        let from = key(NUMBER, after.min(last).saturating_add(1));
        let to = key(NUMBER, last.saturating_add(1));
        self.tree.range(from..to).map(|pair| {
            let (key, value) = pair?;
            Ok((number(&key)?, entry(&value)?))
        })
    }

    /// The size and hash of the stored head.
    pub(super) fn head(&self) -> Result<Option<(u64, [u8; 32])>, StoreError> {
        let Some(stored) = self.tree.get(HEAD)? else {
            return Ok(None);
        };
        let (size, hash) = stored.split_first_chunk().ok_or(StoreError::Malformed)?;
        let hash = hash.try_into().map_err(|_| StoreError::Malformed)?;
        Ok(Some((u64::from_be_bytes(*size), hash)))
    }

    pub(super) fn set_head(&self, head: &Head) -> Result<(), StoreError> {
        let mut stored = head.size.to_be_bytes().to_vec();
        stored.extend_from_slice(&head.hash);
        self.tree.insert(HEAD, stored)?;
        self.commit()
    }

    /// The first `size` entries of the public sequence.
    pub(super) fn published(&self, size: u64) -> Result<Vec<Entry>, StoreError> {
        self.tree
            .range(key(POSITION, 0)..key(POSITION, size))
            .map(|pair| entry(&pair?.1))
            .collect()
    }

    /// Writes entries of the public sequence from position `first`, over what an interrupted publication left there.
    pub(super) fn append(&self, first: u64, entries: &[Entry]) -> Result<(), StoreError> {
        let mut position = first;
        for chunk in entries.chunks(BATCH) {
            let mut batch = Batch::default();
            for entry in chunk {
                batch.insert(key(POSITION, position), entry.to_bytes().as_slice());
                position = position.saturating_add(1);
            }
            self.tree.apply_batch(batch)?;
        }
        self.commit()
    }

    /// sled 0.34's flush ends with `sync_file_range`, which promises nothing on power loss: `fdatasync` follows it.
    fn commit(&self) -> Result<(), StoreError> {
        self.tree.flush().map_err(|error| match error {
            sled::Error::Io(error) => StoreError::Sync(error),
            other @ (sled::Error::CollectionNotFound(_)
            | sled::Error::Unsupported(_)
            | sled::Error::ReportableBug(_)
            | sled::Error::Corruption { .. }) => StoreError::Index(other),
        })?;
        self.file.sync_data().map_err(StoreError::Sync)
    }

    #[cfg(test)]
    pub(super) fn break_disk(&mut self) {
        // The system refuses to sync a device that has nothing to sync.
        self.file = File::open("/dev/null").unwrap();
    }
}

fn cell_key(entry: Entry) -> Vec<u8> {
    [CELL, &entry.to_bytes()].concat()
}

fn key(kind: &[u8], number: u64) -> Vec<u8> {
    [kind, &number.to_be_bytes()].concat()
}

fn number(key: &IVec) -> Result<u64, StoreError> {
    key.get(1..)
        .and_then(|number| number.try_into().ok())
        .map(u64::from_be_bytes)
        .ok_or(StoreError::Malformed)
}

fn entry(value: &IVec) -> Result<Entry, StoreError> {
    Entry::from_bytes(value).ok_or(StoreError::Malformed)
}

const CELL: &[u8] = b"c";
const NUMBER: &[u8] = b"n";
const POSITION: &[u8] = b"p";
const HEAD: &[u8] = b"h";
const DATA_FILE: &str = "db";
/// Entries in one batch of sled's: it holds a copy of every page that a batch touches.
const BATCH: usize = 256;
/// 64 MiB.
const CACHE: u64 = 64 << 20;
