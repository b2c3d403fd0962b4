//! What each call does, one write after the other, on a thread that may wait for the disk.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use brolly_protocol::log::{Entry, LogName};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Inner, Notes, Result, disk};
use crate::store::ledger::{Admission, Head, Lease, LedgerError, Posted, Said};

impl Inner {
    /// Waits for one's turn to write so many records, and makes sure of the room: sled cannot go on after a failed
    /// write.
    pub(super) fn turn(&self, records: usize) -> Result<MutexGuard<'_, ()>> {
        let turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.broken.load(Ordering::Acquire) {
            let reason = "an earlier write was not confirmed";
            return Err(LedgerError::Sync(io::Error::other(reason)));
        }
        let bytes = records.saturating_mul(RECORD);
        let reserve = self.reserve.load(Ordering::Acquire);
        match disk::has_room(&self.data, bytes, reserve) {
            Ok(true) => Ok(turn),
            Ok(false) => Err(LedgerError::Full),
            Err(reason) => Err(LedgerError::Directory {
                path: self.data.clone(),
                reason,
            }),
        }
    }

    /// Makes what was written in this turn durable. After one failure nobody gets a turn any more.
    pub(super) fn commit(&self) -> Result<()> {
        let done = self.tree.commit();
        if done.is_err() {
            self.broken.store(true, Ordering::Release);
        }
        done
    }

    pub(super) fn is_admitted(&self, entry: Entry) -> Result<bool> {
        let last = self.admitted.load(Ordering::Acquire);
        let number = self.tree.number_of(entry)?;
        Ok(number.is_some_and(|number| number <= last))
    }

    pub(super) fn admit(&self, mut cells: Vec<Admission>) -> Result<u64> {
        let _turn = self.turn(cells.len())?;
        let mut new = Vec::with_capacity(cells.len());
        let (mut seen, mut paid) = (BTreeSet::new(), BTreeSet::new());
        for cell in cells.drain(..) {
            if !seen.insert(cell.entry) || self.tree.number_of(cell.entry)?.is_some() {
                continue;
            }
            let spent = match cell.token {
                Some(token) => !paid.insert(token) || self.tree.is_spent(token)?,
                None => false,
            };
            if !spent {
                new.push(cell);
            }
        }
        if new.is_empty() {
            return Ok(0);
        }
        let count = u64::try_from(new.len()).map_err(|_| LedgerError::Malformed)?;
        let last = self.admitted.load(Ordering::Acquire);
        self.tree.admit(last.saturating_add(1), &new)?;
        self.commit()?;
        self.admitted
            .store(last.saturating_add(count), Ordering::Release);
        Ok(count)
    }

    pub(super) fn post(&self, at: u64, entry: &[u8]) -> Result<Posted> {
        let _turn = self.turn(entry.len().div_ceil(RECORD).saturating_add(1))?;
        let digest = Sha256::digest(entry).into();
        if self.tree.is_posted(&digest)? {
            return Ok(Posted::Known);
        }
        if self.posted.load(Ordering::Acquire) != at {
            return Ok(Posted::Moved);
        }
        self.tree.post(at, &digest, entry)?;
        self.commit()?;
        self.posted.store(at.saturating_add(1), Ordering::Release);
        Ok(Posted::New)
    }

    /// The size of the log of reports and the entries that wait for a position.
    pub(super) fn waiting(&self, lease: Lease) -> Result<(u64, Vec<Entry>)> {
        self.holds(lease)?;
        let size = self.assigned.load(Ordering::Acquire);
        let last = self.admitted.load(Ordering::Acquire);
        let waiting = self
            .tree
            .numbered(size.saturating_add(1), last.saturating_add(1))
            .map(|numbered| numbered.map(|numbered| numbered.entry))
            .collect::<Result<_>>()?;
        Ok((size, waiting))
    }

    pub(super) fn assign(&self, lease: Lease, from: u64, entries: &[Entry]) -> Result<u64> {
        let _turn = self.turn(entries.len())?;
        self.holds(lease)?;
        if self.assigned.load(Ordering::Acquire) != from {
            return Err(LedgerError::Superseded);
        }
        let count = u64::try_from(entries.len()).map_err(|_| LedgerError::Malformed)?;
        let size = from.saturating_add(count);
        self.tree.position(from, entries)?;
        self.commit()?;
        self.tree.set_assigned(size)?;
        self.commit()?;
        self.assigned.store(size, Ordering::Release);
        Ok(size)
    }

    pub(super) fn publish(
        &self,
        lease: Lease,
        log: LogName,
        before: Option<u64>,
        head: Head,
    ) -> Result<()> {
        let _turn = self.turn(head.note.len().div_ceil(RECORD))?;
        self.holds(lease)?;
        if self.notes(log, |notes| notes.head.as_ref() == Some(&head)) {
            return Ok(());
        }
        let now = self.notes(log, |notes| notes.head.as_ref().map(|head| head.size));
        if now != before || head.size > self.assigned_of(log) || before > Some(head.size) {
            return Err(LedgerError::OtherHead(log));
        }
        self.tree.set_head(log, &head, false)?;
        self.commit()?;
        self.change_notes(log, |notes| notes.head = Some(head));
        Ok(())
    }

    pub(super) fn cosign(
        &self,
        log: LogName,
        from: &Head,
        to: Head,
        majority: bool,
    ) -> Result<bool> {
        let _turn = self.turn(to.note.len().div_ceil(RECORD).saturating_mul(2))?;
        let same = self.notes(log, |notes| notes.head.as_ref() == Some(from));
        if !same || to.size != from.size {
            return Ok(false);
        }
        self.tree.set_head(log, &to, majority)?;
        self.commit()?;
        self.change_notes(log, |notes| {
            notes.head = Some(to.clone());
            if majority {
                notes.witnessed = Some(to);
            }
        });
        Ok(true)
    }

    pub(super) fn said(&self) -> Said {
        let said = self.said.read().unwrap_or_else(PoisonError::into_inner);
        said.clone()
    }

    pub(super) fn say(&self, from: Option<&Bytes>, to: &Bytes, complete: bool) -> Result<bool> {
        let _turn = self.turn(to.len().div_ceil(RECORD).saturating_mul(2))?;
        let before = self.said();
        if before.newest.as_ref() != from {
            return Ok(false);
        }
        self.tree.say(to, complete)?;
        self.commit()?;
        let mut said = self.said.write().unwrap_or_else(PoisonError::into_inner);
        *said = Said {
            newest: Some(to.clone()),
            complete: if complete {
                Some(to.clone())
            } else {
                before.complete
            },
        };
        Ok(true)
    }

    pub(super) fn holds(&self, lease: Lease) -> Result<()> {
        (lease == self.lease)
            .then_some(())
            .ok_or(LedgerError::Superseded)
    }

    pub(super) fn assigned_of(&self, log: LogName) -> u64 {
        match log {
            LogName::Reports => self.assigned.load(Ordering::Acquire),
            LogName::Board => self.posted.load(Ordering::Acquire),
        }
    }

    pub(super) fn notes<T>(&self, log: LogName, read: impl FnOnce(&Notes) -> T) -> T {
        let heads = self.heads.read().unwrap_or_else(PoisonError::into_inner);
        match log {
            LogName::Reports => read(&heads.reports),
            LogName::Board => read(&heads.board),
        }
    }

    pub(super) fn change_notes(&self, log: LogName, change: impl FnOnce(&mut Notes)) {
        let mut heads = self.heads.write().unwrap_or_else(PoisonError::into_inner);
        match log {
            LogName::Reports => change(&mut heads.reports),
            LogName::Board => change(&mut heads.board),
        }
    }
}

/// What a record takes in the tree, in bytes, pages rewritten included.
const RECORD: usize = 2048;
