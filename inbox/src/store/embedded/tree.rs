//! The records of the embedded ledger: sled, with the guard that its flush needs.
//!
//! ```text
//! 'c' | tag 16 | d 32      ─▶ number 8                        an admitted cell
//! 'n' | number 8           ─▶ tag 16 | d 32 | week 4 | 0, 1   the same by number, from 1; 1 for a body being pruned
//! 'w' | week 4 | number 8  ─▶                                 the same by week, until the body is gone
//! 'p' | position 8         ─▶ tag 16 | d 32                   the log of reports, from 0
//! 'b' | position 8         ─▶ entry                           the board, from 0
//! 'k' | SHA-256 of entry   ─▶ position 8                      the same by content
//! 's'                      ─▶ size 8                          what lies above in 'p' does not count
//! 'h', 'v' | log           ─▶ size 8 | note                   head, witnessed
//! 'f'                      ─▶ fence 8
//! 't' | period 4 | tag 16  ─▶                                 a spent token
//! 'd', 'e'                 ─▶ note                            freshness: the newest, the newest that is complete
//! ```

use std::fs::File;
use std::io;
use std::path::Path;

use brolly_keys::epoch::Epoch;
use brolly_protocol::geometry::LOG_ENTRY;
use brolly_protocol::log::{Entry, Hash, LogName};
use bytes::Bytes;
use sled::{Batch, Db, IVec, Mode};

use crate::store::disk;
use crate::store::ledger::{Admission, Head, LedgerError, Said, Spent};

pub(super) struct Tree {
    tree: Db,
    /// sled's data file, opened a second time.
    file: File,
}

/// An entry by its number.
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) entry: Entry,
    pub(super) week: Epoch,
    pub(super) pruning: bool,
}

type Result<T> = std::result::Result<T, LedgerError>;

impl Tree {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |reason: io::Error| LedgerError::Directory {
            path: path.to_owned(),
            reason,
        };
        disk::make_directory(path).map_err(failed)?;
        // sled begins by noting how far the file reads well; that must not say more than the disk holds.
        match File::open(path.join(DATA_FILE)) {
            Ok(file) => file.sync_all().map_err(LedgerError::Sync)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let tree = sled::Config::new()
            .path(path)
            .mode(Mode::LowSpace)
            .cache_capacity(CACHE)
            // Every write is flushed by `commit`, which also tells of errors.
            .flush_every_ms(None)
            .open()
            .map_err(refused)?;
        let tree = Self {
            file: File::open(path.join(DATA_FILE)).map_err(failed)?,
            tree,
        };
        tree.commit()?;
        disk::sync_directory(path).map_err(LedgerError::Sync)?;
        Ok(tree)
    }

    /// Makes all that was written durable. sled 0.34's flush ends with `sync_file_range`, which promises nothing on
    /// power loss: `fdatasync` follows it.
    pub(super) fn commit(&self) -> Result<()> {
        self.tree.flush().map_err(|error| match error {
            sled::Error::Io(error) => LedgerError::Sync(error),
            other @ (sled::Error::CollectionNotFound(_)
            | sled::Error::Unsupported(_)
            | sled::Error::ReportableBug(_)
            | sled::Error::Corruption { .. }) => refused(other),
        })?;
        self.file.sync_data().map_err(LedgerError::Sync)
    }

    pub(super) fn number_of(&self, entry: Entry) -> Result<Option<u64>> {
        let found = self.tree.get(cell_key(entry)).map_err(refused)?;
        found.as_deref().map(read_u64).transpose()
    }

    /// Numbers new cells from `first` on.
    pub(super) fn admit(&self, first: u64, cells: &[Admission]) -> Result<()> {
        let mut number = first;
        for chunk in cells.chunks(BATCH) {
            let mut batch = Batch::default();
            for cell in chunk {
                let numbered = Numbered {
                    number,
                    entry: cell.entry,
                    week: cell.week,
                    pruning: false,
                };
                batch.insert(cell_key(cell.entry), &number.to_be_bytes());
                batch.insert(key(NUMBER, number), numbered.to_bytes());
                batch.insert(week_key(cell.week, number), &[]);
                if let Some(token) = cell.token {
                    batch.insert(token_key(token), &[]);
                }
                number = number.saturating_add(1);
            }
            self.tree.apply_batch(batch).map_err(refused)?;
        }
        Ok(())
    }

    /// The entries numbered `from` up to and without `to`, ascending.
    pub(super) fn numbered(
        &self,
        from: u64,
        to: u64,
    ) -> impl Iterator<Item = Result<Numbered>> + use<> {
        let range = key(NUMBER, from)..key(NUMBER, to.max(from));
        self.tree.range(range).map(|pair| {
            let (key, value) = pair.map_err(refused)?;
            Numbered::read(read_u64(key.get(1..).unwrap_or_default())?, &value)
        })
    }

    pub(super) fn last_number(&self) -> Result<u64> {
        self.last(NUMBER).map(|last| last.unwrap_or(0))
    }

    /// Entries of a week before `before` whose bodies are not known to be gone.
    pub(super) fn of_weeks_before(&self, before: Epoch) -> impl Iterator<Item = Result<Numbered>> {
        let to = week_key(before, 0);
        self.tree.range(WEEK.to_vec()..to).map(|pair| {
            let (key, _) = pair.map_err(refused)?;
            let number = read_u64(key.get(5..).unwrap_or_default())?;
            self.by_number(number)
        })
    }

    pub(super) fn set_pruning(&self, numbers: &[u64]) -> Result<()> {
        self.change(numbers, |batch, mut numbered| {
            numbered.pruning = true;
            batch.insert(key(NUMBER, numbered.number), numbered.to_bytes());
        })
    }

    pub(super) fn forget_week(&self, numbers: &[u64]) -> Result<()> {
        self.change(numbers, |batch, numbered| {
            batch.remove(week_key(numbered.week, numbered.number));
        })
    }

    /// Writes positions from `first` on, over what an interrupted assignment left there.
    pub(super) fn position(&self, first: u64, entries: &[Entry]) -> Result<()> {
        let mut position = first;
        for chunk in entries.chunks(BATCH) {
            let mut batch = Batch::default();
            for entry in chunk {
                batch.insert(key(POSITION, position), entry.to_bytes().as_slice());
                position = position.saturating_add(1);
            }
            self.tree.apply_batch(batch).map_err(refused)?;
        }
        Ok(())
    }

    pub(super) fn assigned(&self) -> Result<u64> {
        self.counter(ASSIGNED)
    }

    pub(super) fn set_assigned(&self, size: u64) -> Result<()> {
        self.set_counter(ASSIGNED, size)
    }

    pub(super) fn fence(&self) -> Result<u64> {
        self.counter(FENCE)
    }

    pub(super) fn set_fence(&self, fence: u64) -> Result<()> {
        self.set_counter(FENCE, fence)
    }

    /// The entries at the positions `from` up to and without `to`.
    pub(super) fn entries(&self, log: LogName, from: u64, to: u64) -> Result<Vec<Bytes>> {
        let (kind, length) = match log {
            LogName::Reports => (POSITION, Some(LOG_ENTRY)),
            LogName::Board => (BOARD, None),
        };
        let range = key(kind, from)..key(kind, to.max(from));
        let mut next = from;
        self.tree
            .range(range)
            .map(|pair| {
                let (key, value) = pair.map_err(refused)?;
                let position = read_u64(key.get(1..).unwrap_or_default())?;
                if position != next || length.is_some_and(|length| length != value.len()) {
                    return Err(LedgerError::Malformed);
                }
                next = next.saturating_add(1);
                Ok(Bytes::copy_from_slice(&value))
            })
            .collect()
    }

    pub(super) fn posts(&self) -> Result<u64> {
        let last = self.last(BOARD)?;
        Ok(last.map_or(0, |last| last.saturating_add(1)))
    }

    pub(super) fn is_posted(&self, digest: &Hash) -> Result<bool> {
        self.tree
            .contains_key([KNOWN, digest].concat())
            .map_err(refused)
    }

    pub(super) fn post(&self, at: u64, digest: &Hash, entry: &[u8]) -> Result<()> {
        let mut batch = Batch::default();
        batch.insert(key(BOARD, at), entry);
        batch.insert([KNOWN, digest].concat(), &at.to_be_bytes());
        self.tree.apply_batch(batch).map_err(refused)
    }

    pub(super) fn head(&self, log: LogName) -> Result<Option<Head>> {
        self.note(HEAD, log)
    }

    pub(super) fn witnessed(&self, log: LogName) -> Result<Option<Head>> {
        self.note(WITNESSED, log)
    }

    /// Writes the head, and the same as witnessed.
    pub(super) fn set_head(&self, log: LogName, head: &Head, witnessed: bool) -> Result<()> {
        let value = [head.size.to_be_bytes().as_slice(), &head.note].concat();
        let mut batch = Batch::default();
        batch.insert(log_key(HEAD, log), value.as_slice());
        if witnessed {
            batch.insert(log_key(WITNESSED, log), value);
        }
        self.tree.apply_batch(batch).map_err(refused)
    }

    pub(super) fn is_spent(&self, token: Spent) -> Result<bool> {
        self.tree.contains_key(token_key(token)).map_err(refused)
    }

    pub(super) fn forget(&self, period: u32) -> Result<()> {
        let to = [TOKEN, &period.to_be_bytes()].concat();
        let mut over = self.tree.range(TOKEN.to_vec()..to).keys().peekable();
        while over.peek().is_some() {
            let mut batch = Batch::default();
            for key in over.by_ref().take(BATCH) {
                batch.remove(key.map_err(refused)?);
            }
            self.tree.apply_batch(batch).map_err(refused)?;
        }
        Ok(())
    }

    pub(super) fn said(&self) -> Result<Said> {
        let note = |key| {
            let stored = self.tree.get(key).map_err(refused)?;
            Ok::<_, LedgerError>(stored.map(|note| Bytes::copy_from_slice(&note)))
        };
        Ok(Said {
            newest: note(NEWEST)?,
            complete: note(COMPLETE)?,
        })
    }

    pub(super) fn say(&self, note: &Bytes, complete: bool) -> Result<()> {
        let mut batch = Batch::default();
        batch.insert(NEWEST, note.as_ref());
        if complete {
            batch.insert(COMPLETE, note.as_ref());
        }
        self.tree.apply_batch(batch).map_err(refused)
    }

    fn by_number(&self, number: u64) -> Result<Numbered> {
        let value = self.tree.get(key(NUMBER, number)).map_err(refused)?;
        Numbered::read(number, &value.ok_or(LedgerError::Malformed)?)
    }

    fn change(&self, numbers: &[u64], each: impl Fn(&mut Batch, Numbered)) -> Result<()> {
        for chunk in numbers.chunks(BATCH) {
            let mut batch = Batch::default();
            for number in chunk {
                each(&mut batch, self.by_number(*number)?);
            }
            self.tree.apply_batch(batch).map_err(refused)?;
        }
        Ok(())
    }

    fn last(&self, kind: &[u8]) -> Result<Option<u64>> {
        let last = self.tree.scan_prefix(kind).next_back().transpose();
        last.map_err(refused)?
            .map(|(key, _)| read_u64(key.get(1..).unwrap_or_default()))
            .transpose()
    }

    fn counter(&self, key: &[u8]) -> Result<u64> {
        let value = self.tree.get(key).map_err(refused)?;
        value.as_deref().map_or(Ok(0), read_u64)
    }

    fn set_counter(&self, key: &[u8], value: u64) -> Result<()> {
        self.tree
            .insert(key, value.to_be_bytes().as_slice())
            .map(|_| ())
            .map_err(refused)
    }

    fn note(&self, kind: &[u8], log: LogName) -> Result<Option<Head>> {
        let Some(stored) = self.tree.get(log_key(kind, log)).map_err(refused)? else {
            return Ok(None);
        };
        let (size, note) = stored.split_first_chunk().ok_or(LedgerError::Malformed)?;
        Ok(Some(Head {
            size: u64::from_be_bytes(*size),
            note: Bytes::copy_from_slice(note),
        }))
    }

    #[cfg(test)]
    pub(super) fn break_disk(&mut self) {
        // The system refuses to sync a device that has nothing to sync.
        self.file = File::open("/dev/null").unwrap();
    }

    #[cfg(test)]
    pub(super) fn mend_disk(&mut self, path: &Path) {
        self.file = File::open(path.join(DATA_FILE)).unwrap();
    }
}

impl Numbered {
    fn to_bytes(&self) -> Vec<u8> {
        [
            self.entry.to_bytes().as_slice(),
            &self.week.number().to_be_bytes(),
            &[u8::from(self.pruning)],
        ]
        .concat()
    }

    fn read(number: u64, value: &IVec) -> Result<Self> {
        let parse = || {
            let (entry, rest) = value.split_at_checked(LOG_ENTRY)?;
            let (week, flag) = rest.split_first_chunk()?;
            let pruning = match flag {
                [0] => false,
                [1] => true,
                _ => return None,
            };
            Some(Self {
                number,
                entry: Entry::from_bytes(entry)?,
                week: Epoch::new(u32::from_be_bytes(*week)),
                pruning,
            })
        };
        parse().ok_or(LedgerError::Malformed)
    }
}

fn refused(error: sled::Error) -> LedgerError {
    LedgerError::Refused(error.into())
}

fn cell_key(entry: Entry) -> Vec<u8> {
    [CELL, &entry.to_bytes()].concat()
}

fn week_key(week: Epoch, number: u64) -> Vec<u8> {
    [WEEK, &week.number().to_be_bytes(), &number.to_be_bytes()].concat()
}

fn token_key(token: Spent) -> Vec<u8> {
    [TOKEN, &token.period.to_be_bytes(), &token.tag].concat()
}

fn log_key(kind: &[u8], log: LogName) -> Vec<u8> {
    [kind, log.as_str().as_bytes()].concat()
}

fn key(kind: &[u8], number: u64) -> Vec<u8> {
    [kind, &number.to_be_bytes()].concat()
}

fn read_u64(bytes: &[u8]) -> Result<u64> {
    bytes
        .try_into()
        .map(u64::from_be_bytes)
        .map_err(|_| LedgerError::Malformed)
}

const CELL: &[u8] = b"c";
const NUMBER: &[u8] = b"n";
const WEEK: &[u8] = b"w";
const POSITION: &[u8] = b"p";
const BOARD: &[u8] = b"b";
const KNOWN: &[u8] = b"k";
const ASSIGNED: &[u8] = b"s";
const HEAD: &[u8] = b"h";
const WITNESSED: &[u8] = b"v";
const FENCE: &[u8] = b"f";
const TOKEN: &[u8] = b"t";
const NEWEST: &[u8] = b"d";
const COMPLETE: &[u8] = b"e";
const DATA_FILE: &str = "db";
/// Entries in one batch of sled's: it holds a copy of every page that a batch touches.
const BATCH: usize = 256;
/// 64 MiB.
const CACHE: u64 = 64 << 20;
