//! What never changes once written, and the newest checkpoints: objects in a folder or behind an S3 API.
//!
//! ```text
//! reports/tile/…  board/tile/…                  tiles and bundles of the logs, as everybody fetches them
//! reports/checkpoint  board/checkpoint          for `rebuild`: the ledger's head is the one that counts
//! cells/<d[0]>/<d>.<tag>                        29,297 bytes: an admitted cell, and what would be admitted again
//! directory/<version>.<digest>                  a signed directory that was handed in; the board says which counts
//! ```

use std::fs::File;
use std::io;
use std::path::{Path as Folder, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brolly_keys::note::MAX_NOTE;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{BOARD_ENTRY, DELIVERED};
use brolly_protocol::log::{Bundle, Entry, Hash, LogName, Resource, TILE};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::task::spawn_blocking;

use super::disk;
use crate::step::{Step, Steps};

/// The objects of an inbox.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    local: Option<Arc<Local>>,
    steps: Steps,
}

/// A folder of this machine.
struct Local {
    root: PathBuf,
    /// Bytes that must stay free on the disk.
    reserve: AtomicU64,
}

/// Why an object was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The folder cannot be made or opened.
    #[error("the folder {} cannot be used: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// No room for more, for the moment.
    #[error("the disk is full: make room, reports are taken again as soon as there is some")]
    Full,
    /// Not to be reached, for the moment.
    #[error("the object store cannot be reached ({0}): it is tried again")]
    Away(object_store::Error),
    /// It was not written, or perhaps not durably. Trying again could hide that, so the inbox stops.
    #[error(
        "an object cannot be written or read ({0}): check the disk, then start the inbox again"
    )]
    Refused(object_store::Error),
    /// A folder's names may not be durable.
    #[error(
        "the disk did not confirm what was written ({0}): check it before the inbox is started again; nothing unconfirmed was acknowledged"
    )]
    Sync(io::Error),
}

type Result<T> = std::result::Result<T, ObjectError>;

impl ObjectError {
    /// Whether the same call may succeed later; otherwise the process must stop.
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Full | Self::Away(_))
    }
}

impl Objects {
    /// Takes any store whose puts are durable and all or nothing.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            local: None,
            steps: Steps::default(),
        }
    }

    /// Opens the objects in the folder `root`, which is made if need be. What a killed inbox left unfinished is removed.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub fn open(root: &Folder) -> Result<Self> {
        let failed = |reason| ObjectError::Folder {
            path: root.to_owned(),
            reason,
        };
        disk::make_directory(root).map_err(failed)?;
        for first in 0..=u8::MAX {
            disk::make_directory(&root.join(CELLS).join(hex(&[first]))).map_err(failed)?;
        }
        disk::make_directory(&root.join(DIRECTORIES)).map_err(failed)?;
        settle(root).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(root)
            .map_err(ObjectError::Refused)?
            .with_fsync(true);
        let local = Local {
            root: root.to_owned(),
            reserve: AtomicU64::new(disk::RESERVE),
        };
        Ok(Self {
            store: Arc::new(store),
            local: Some(Arc::new(local)),
            steps: Steps::default(),
        })
    }

    /// Makes cells durable. One that is there already is replaced by its equal.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn put_cells(&self, cells: Vec<(Entry, SealedCell)>) -> Result<()> {
        self.room_for(cells.len().saturating_mul(OBJECT + DELIVERED))?;
        stream::iter(cells.into_iter().map(Ok))
            .try_for_each_concurrent(WRITES, async |(entry, cell)| {
                let bytes = Bytes::copy_from_slice(cell.as_bytes());
                self.put(&cell_path(entry), bytes).await?;
                self.steps.reached(Step::BodyPut);
                Ok(())
            })
            .await
    }

    /// The cell of an entry; `None` if it is missing or is not the one that was admitted.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn cell(&self, entry: Entry) -> Result<Option<SealedCell>> {
        let bytes = self.get(&cell_path(entry), DELIVERED).await?;
        Ok(bytes
            .and_then(|bytes| SealedCell::from_bytes(Vec::from(bytes).into()))
            .filter(|cell| Entry::of(cell) == entry))
    }

    /// The cells of `entries`, each as [`Self::cell`] gives it.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn cells(&self, entries: &[Entry]) -> Result<Vec<Option<SealedCell>>> {
        stream::iter(entries.iter().copied().map(|entry| self.cell(entry)))
            .buffered(READS)
            .try_collect()
            .await
    }

    /// Removes cells, those that are not there too, and makes sure that they stay away.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn remove_cells(&self, entries: &[Entry]) -> Result<()> {
        stream::iter(entries.iter().copied().map(Ok))
            .try_for_each_concurrent(WRITES, async |entry| {
                match self.store.delete(&cell_path(entry)).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(self.failed(error)),
                }
            })
            .await?;
        let Some(local) = self.local.clone() else {
            return Ok(());
        };
        let mut shards: Vec<_> = entries.iter().map(|entry| shard(*entry)).collect();
        shards.sort_unstable();
        shards.dedup();
        let sync = move || {
            let sync = |shard| disk::sync_directory(&local.root.join(CELLS).join(shard));
            shards.iter().try_for_each(sync)
        };
        match spawn_blocking(sync).await {
            Ok(done) => done.map_err(ObjectError::Sync),
            Err(broken) => Err(ObjectError::Sync(io::Error::other(broken))),
        }
    }

    /// The entries of all cells that are there, whole or not, in any order.
    pub fn all_cells(&self) -> BoxStream<'static, Result<Entry>> {
        let objects = self.clone();
        self.store
            .list(Some(&Path::from(CELLS)))
            .map_err(move |error| objects.failed(error))
            .try_filter_map(async |found| Ok(read_cell_path(&found.location)))
            .boxed()
    }

    /// Makes tiles and bundles of a log durable.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn put_tiles(&self, log: LogName, tiles: Vec<(Resource, Bytes)>) -> Result<()> {
        let bytes = tiles.iter().map(|(_, bytes)| bytes.len() + OBJECT).sum();
        self.room_for(bytes)?;
        stream::iter(tiles.into_iter().map(Ok))
            .try_for_each_concurrent(WRITES, async |(resource, bytes)| {
                self.put(&log_path(log, &resource.path()), bytes).await?;
                self.steps.reached(Step::TilePut);
                Ok(())
            })
            .await
    }

    /// A tile or bundle of a log, as it is.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn tile(&self, log: LogName, resource: &Resource) -> Result<Option<Bytes>> {
        let limit = match resource {
            Resource::Tile(_) => HASHES,
            Resource::Bundle(_) => BUNDLE,
        };
        self.get(&log_path(log, &resource.path()), limit).await
    }

    /// Whether anything of a log is there.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn has_log(&self, log: LogName) -> Result<bool> {
        let mut all = self.store.list(Some(&Path::from(log.as_str())));
        match all.next().await {
            Some(Err(error)) => Err(self.failed(error)),
            found => Ok(found.is_some()),
        }
    }

    /// The widest bundle of this number that is there.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn widest_bundle(&self, log: LogName, index: u64) -> Result<Option<Bundle>> {
        let end = index.saturating_add(1).saturating_mul(TILE);
        let Some(full) = Bundle::of(index, end) else {
            return Ok(None);
        };
        let path = log_path(log, &full.path());
        match self.store.head(&path).await {
            Ok(_) => return Ok(Some(full)),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(self.failed(error)),
        }
        let partial = self.store.list(Some(&Path::from(format!("{path}.p"))));
        let widths: Vec<u64> = partial
            .map_err(|error| self.failed(error))
            .try_filter_map(async |found| {
                Ok(found
                    .location
                    .filename()
                    .and_then(|name| name.parse::<u64>().ok()))
            })
            .try_collect()
            .await?;
        let widest = widths.into_iter().filter(|width| *width < TILE).max();
        Ok(widest.and_then(|width| Bundle::of(index, end - TILE + width)))
    }

    /// Keeps a log's newest checkpoint beside its tiles.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn put_checkpoint(&self, log: LogName, note: Bytes) -> Result<()> {
        self.room_for(note.len() + OBJECT)?;
        self.put(&log_path(log, CHECKPOINT), note).await
    }

    /// What [`Self::put_checkpoint`] kept last.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn checkpoint(&self, log: LogName) -> Result<Option<Bytes>> {
        self.get(&log_path(log, CHECKPOINT), NOTE).await
    }

    /// Makes the note of a directory that was handed in durable. Another text of the same version has another place, so
    /// that of two processes which are given two at the same time neither overwrites what the other one logs.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn put_directory(&self, version: u32, digest: &Hash, note: Bytes) -> Result<()> {
        self.room_for(note.len() + OBJECT)?;
        self.put(&directory_path(version, digest), note).await
    }

    /// The note of a directory; nothing in it is checked.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn directory(&self, version: u32, digest: &Hash) -> Result<Option<Bytes>> {
        self.get(&directory_path(version, digest), MAX_NOTE).await
    }

    #[cfg(test)]
    pub(crate) fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }

    #[cfg(test)]
    pub(crate) fn fill_disk(&self, full: bool) {
        let reserve = if full { u64::MAX } else { disk::RESERVE };
        let local = self.local.as_ref().unwrap();
        local.reserve.store(reserve, Ordering::Release);
    }

    async fn put(&self, path: &Path, bytes: Bytes) -> Result<()> {
        let put = self.store.put(path, bytes.into()).await;
        put.map(|_| ()).map_err(|error| self.failed(error))
    }

    /// An object of at most `limit` bytes; a longer one is as good as none.
    async fn get(&self, path: &Path, limit: usize) -> Result<Option<Bytes>> {
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        };
        if usize::try_from(found.meta.size).is_ok_and(|size| size <= limit) {
            let bytes = found.bytes().await.map_err(|error| self.failed(error))?;
            return Ok(Some(bytes));
        }
        Ok(None)
    }

    fn room_for(&self, bytes: usize) -> Result<()> {
        let Some(local) = &self.local else {
            return Ok(());
        };
        let reserve = local.reserve.load(Ordering::Acquire);
        match disk::has_room(&local.root, bytes, reserve) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ObjectError::Full),
            Err(reason) => Err(ObjectError::Folder {
                path: local.root.clone(),
                reason,
            }),
        }
    }

    fn failed(&self, error: object_store::Error) -> ObjectError {
        match self.local {
            Some(_) if is_full(&error) => ObjectError::Full,
            Some(_) => ObjectError::Refused(error),
            None => ObjectError::Away(error),
        }
    }
}

/// Whether a file found no room while it was written, before anything was asked to be durable. What `object_store` did is
/// in its sentence alone; should it change, a full disk stops the inbox.
fn is_full(error: &object_store::Error) -> bool {
    let object_store::Error::Generic { source, .. } = error else {
        return false;
    };
    let said = source.to_string();
    let writing = ["Unable to copy data", "Unable to open", "Unable to create"];
    let full = source
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>())
        .is_some_and(|cause| {
            matches!(
                cause.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            )
        });
    full && writing.iter().any(|begins| said.starts_with(begins))
}

/// Removes unfinished files and makes every folder durable: one made by a killed inbox may not be yet.
fn settle(folder: &Folder) -> io::Result<()> {
    for found in std::fs::read_dir(folder)? {
        let found = found?;
        if found.file_type()?.is_dir() {
            settle(&found.path())?;
        } else if found.file_name().as_encoded_bytes().contains(&b'#') {
            std::fs::remove_file(found.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

fn log_path(log: LogName, rest: &str) -> Path {
    Path::from(format!("{}/{rest}", log.as_str()))
}

fn cell_path(entry: Entry) -> Path {
    Path::from(format!(
        "{CELLS}/{}/{}.{}",
        shard(entry),
        hex(&entry.digest),
        hex(&entry.tag)
    ))
}

/// Where the note of a directory lies.
pub(crate) fn directory_path(version: u32, digest: &Hash) -> Path {
    Path::from(format!("{DIRECTORIES}/{version}.{}", hex(digest)))
}

fn read_cell_path(path: &Path) -> Option<Entry> {
    let (digest, tag) = path.filename()?.split_once('.')?;
    let entry = Entry {
        tag: unhex(tag)?,
        digest: unhex(digest)?,
    };
    (cell_path(entry) == *path).then_some(entry)
}

fn shard(entry: Entry) -> String {
    let [first, ..] = entry.digest;
    hex(&[first])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

const CELLS: &str = "cells";
const CHECKPOINT: &str = "checkpoint";
const DIRECTORIES: &str = "directory";
/// Objects written at the same time.
const WRITES: usize = 32;
/// Objects read at the same time.
pub(crate) const READS: usize = 16;
/// What an object takes besides its bytes.
const OBJECT: usize = 4096;
/// The longest tile of hashes.
const HASHES: usize = 256 * 32;
/// The longest bundle.
const BUNDLE: usize = 256 * (2 + BOARD_ENTRY);
/// The longest checkpoint that is read, with all its cosignatures.
pub(crate) const NOTE: usize = 1 << 16;
const _: () = assert!(TILE == 256);

#[cfg(test)]
mod tests;
