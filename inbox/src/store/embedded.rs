//! The ledger of an inbox that is one process on one machine.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use brolly_keys::epoch::Epoch;
use brolly_protocol::log::{Entry, LogName};
use bytes::Bytes;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::task::spawn_blocking;

use self::tree::Tree;
use super::disk;
use super::ledger::{Admission, Head, Lease, Ledger, LedgerError, Posted, Said, Spent};

mod inner;
mod tree;

/// A ledger in a folder. Two processes never hold the same one: whoever has the folder has the lease.
#[derive(Clone)]
pub struct Embedded {
    inner: Arc<Inner>,
}

struct Inner {
    tree: Tree,
    data: PathBuf,
    /// One write after the other. What it guards is on the disk, and whole at every moment.
    writing: Mutex<()>,
    /// What follows is known to be on the disk. Nobody is shown more: what a power cut takes back would be given again,
    /// to another.
    admitted: AtomicU64,
    assigned: AtomicU64,
    posted: AtomicU64,
    heads: RwLock<Heads>,
    said: RwLock<Said>,
    lease: Lease,
    /// Bytes that must stay free on the disk.
    reserve: AtomicU64,
    /// A commit failed. What it wrote may be read and not be on the disk, and a system reports a failed sync once: the
    /// next would succeed over it.
    broken: AtomicBool,
    _lock: File,
}

#[derive(Default)]
struct Heads {
    reports: Notes,
    board: Notes,
}

#[derive(Default)]
struct Notes {
    head: Option<Head>,
    witnessed: Option<Head>,
}

type Result<T> = std::result::Result<T, LedgerError>;

impl Embedded {
    /// Opens the ledger in the folder `data`, which is made if need be.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn open(data: &Path) -> Result<Self> {
        disk::make_directory(data).map_err(|reason| LedgerError::Directory {
            path: data.to_owned(),
            reason,
        })?;
        let lock = lock(data)?;
        let tree = Tree::open(&data.join("ledger"))?;
        disk::sync_directory(data).map_err(LedgerError::Sync)?;
        let lease = Lease::new(tree.fence()?.saturating_add(1));
        let heads = |log| {
            Ok::<_, LedgerError>(Notes {
                head: tree.head(log)?,
                witnessed: tree.witnessed(log)?,
            })
        };
        let inner = Inner {
            writing: Mutex::new(()),
            admitted: AtomicU64::new(tree.last_number()?),
            assigned: AtomicU64::new(tree.assigned()?),
            posted: AtomicU64::new(tree.posts()?),
            heads: RwLock::new(Heads {
                reports: heads(LogName::Reports)?,
                board: heads(LogName::Board)?,
            }),
            said: RwLock::new(tree.said()?),
            lease,
            reserve: AtomicU64::new(disk::RESERVE),
            broken: AtomicBool::new(false),
            data: data.to_owned(),
            tree,
            _lock: lock,
        };
        inner.tree.set_fence(lease.fence())?;
        inner.tree.commit()?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Disks block, and callers must not.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        match spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(broken) => Err(LedgerError::Refused(broken.into())),
        }
    }

    #[cfg(test)]
    pub(crate) fn fill_disk(&self, full: bool) {
        let reserve = if full { u64::MAX } else { disk::RESERVE };
        self.inner.reserve.store(reserve, Ordering::Release);
    }

    #[cfg(test)]
    pub(crate) fn break_disk(&mut self) {
        Arc::get_mut(&mut self.inner).unwrap().tree.break_disk();
    }

    #[cfg(test)]
    pub(crate) fn mend_disk(&mut self, data: &Path) {
        Arc::get_mut(&mut self.inner)
            .unwrap()
            .tree
            .mend_disk(&data.join("ledger"));
    }

    /// Writes another head without asking anything, as damage would.
    #[cfg(test)]
    pub(crate) fn overwrite_head(&self, log: LogName, head: &Head) {
        self.inner.tree.set_head(log, head, false).unwrap();
        self.inner.tree.commit().unwrap();
        self.inner
            .change_notes(log, |notes| notes.head = Some(head.clone()));
    }
}

impl Ledger for Embedded {
    async fn unknown(&self, entries: &[Entry]) -> Result<Vec<bool>> {
        let entries = entries.to_vec();
        self.blocking(move |inner| {
            let known = |entry: &Entry| inner.is_admitted(*entry).map(|known| !known);
            entries.iter().map(known).collect()
        })
        .await
    }

    async fn spent(&self, tokens: &[Spent]) -> Result<Vec<bool>> {
        let tokens = tokens.to_vec();
        self.blocking(move |inner| {
            let spent = |token: &Spent| inner.tree.is_spent(*token);
            tokens.iter().map(spent).collect()
        })
        .await
    }

    async fn admit(&self, cells: &[Admission]) -> Result<u64> {
        let cells = cells.to_vec();
        self.blocking(move |inner| inner.admit(cells)).await
    }

    async fn admitted_after(&self, after: u64, limit: usize) -> Result<Vec<(u64, Entry)>> {
        self.blocking(move |inner| {
            let last = inner.admitted.load(Ordering::Acquire);
            inner
                .tree
                .numbered(after.saturating_add(1), last.saturating_add(1))
                .filter_map(|numbered| match numbered {
                    Ok(numbered) if numbered.pruning => None,
                    Ok(numbered) => Some(Ok((numbered.number, numbered.entry))),
                    Err(error) => Some(Err(error)),
                })
                .take(limit)
                .collect()
        })
        .await
    }

    async fn admitted(&self) -> Result<u64> {
        Ok(self.inner.admitted.load(Ordering::Acquire))
    }

    async fn post(&self, at: u64, entry: &[u8]) -> Result<Posted> {
        let entry = entry.to_vec();
        self.blocking(move |inner| inner.post(at, &entry)).await
    }

    async fn lease(&self) -> Result<Option<Lease>> {
        Ok(Some(self.inner.lease))
    }

    async fn assign(
        &self,
        lease: Lease,
        shuffle: &mut (dyn FnMut(&mut [Entry]) + Send),
    ) -> Result<u64> {
        let (size, mut waiting) = self.blocking(move |inner| inner.waiting(lease)).await?;
        if waiting.is_empty() {
            return Ok(size);
        }
        shuffle(&mut waiting);
        self.blocking(move |inner| inner.assign(lease, size, &waiting))
            .await
    }

    async fn assigned(&self, log: LogName) -> Result<u64> {
        Ok(self.inner.assigned_of(log))
    }

    async fn entries(&self, log: LogName, from: u64, limit: usize) -> Result<Vec<Bytes>> {
        self.blocking(move |inner| {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            let to = inner.assigned_of(log).min(from.saturating_add(limit));
            let entries = inner.tree.entries(log, from, to)?;
            let whole = u64::try_from(entries.len()) == Ok(to.saturating_sub(from));
            whole.then_some(entries).ok_or(LedgerError::Malformed)
        })
        .await
    }

    async fn head(&self, log: LogName) -> Result<Option<Head>> {
        Ok(self.inner.notes(log, |notes| notes.head.clone()))
    }

    async fn publish(
        &self,
        lease: Lease,
        log: LogName,
        before: Option<u64>,
        head: &Head,
    ) -> Result<()> {
        let head = head.clone();
        self.blocking(move |inner| inner.publish(lease, log, before, head))
            .await
    }

    async fn cosign(&self, log: LogName, from: &Head, to: &Head, majority: bool) -> Result<bool> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |inner| inner.cosign(log, &from, to, majority))
            .await
    }

    async fn witnessed(&self, log: LogName) -> Result<Option<Head>> {
        Ok(self.inner.notes(log, |notes| notes.witnessed.clone()))
    }

    async fn expired(&self, before: Epoch, limit: usize) -> Result<Vec<(u64, Entry)>> {
        self.blocking(move |inner| {
            let last = inner.admitted.load(Ordering::Acquire);
            inner
                .tree
                .of_weeks_before(before)
                .map(|numbered| numbered.map(|one| (one.number, one.entry)))
                .filter(|numbered| !matches!(numbered, Ok((number, _)) if *number > last))
                .take(limit)
                .collect()
        })
        .await
    }

    async fn prune(&self, numbers: &[u64]) -> Result<()> {
        let numbers = numbers.to_vec();
        self.blocking(move |inner| {
            let _turn = inner.turn(numbers.len())?;
            inner.tree.set_pruning(&numbers)?;
            inner.commit()
        })
        .await
    }

    async fn pruned(&self, numbers: &[u64]) -> Result<()> {
        let numbers = numbers.to_vec();
        self.blocking(move |inner| {
            let _turn = inner.turn(numbers.len())?;
            inner.tree.forget_week(&numbers)?;
            inner.commit()
        })
        .await
    }

    async fn forget(&self, period: u32) -> Result<()> {
        self.blocking(move |inner| {
            let _turn = inner.turn(1)?;
            inner.tree.forget(period)?;
            inner.commit()
        })
        .await
    }

    async fn said(&self) -> Result<Said> {
        Ok(self.inner.said())
    }

    async fn say(&self, from: Option<&Bytes>, to: &Bytes, complete: bool) -> Result<bool> {
        let (from, to) = (from.cloned(), to.clone());
        self.blocking(move |inner| inner.say(from.as_ref(), &to, complete))
            .await
    }
}

fn lock(data: &Path) -> Result<File> {
    let failed = |reason| LedgerError::Directory {
        path: data.to_owned(),
        reason,
    };
    let file = File::create(data.join("lock")).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(LedgerError::InUse(data.to_owned())),
        Err(errno) => Err(failed(errno.into())),
    }
}

#[cfg(test)]
mod tests;
