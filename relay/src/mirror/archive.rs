//! A log as files: what `brolly check --archive` reads.
//!
//! ```text
//! DATA/mirror/<log>/tile/…       bundles and tiles under their paths of C2SP tlog-tiles
//!                   alerts-<n>   the board's alone: the index of alerts of its first n entries
//!                   keys-<n>     the same: the index of keys
//!                   cosigned     what this relay cosigned last: it never signs less, nor anything else of that size
//!                   checkpoint   the newest that a majority of witnesses cosigned
//! ```
//!
//! Nothing is written that was not checked against a checkpoint that the log signed. A file comes in the place of an
//! earlier one at once, and counts when [`Dirs::sync`] returned.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brolly_protocol::geometry::{BOARD_ENTRY, LOG_ENTRY};
use brolly_protocol::log::{
    Bundle, Edge, Frontier, Hash, LogName, Resource, TILE, Tile, decode_bundle, leaf_hash,
};
use tokio::sync::mpsc;

use crate::segment::{WriteError, private_folder};
use crate::writer::Lock;

/// The folder of one log.
#[derive(Clone)]
pub(crate) struct Archive {
    log: LogName,
    folder: PathBuf,
    _held: Option<Held>,
}

/// What nobody else writes as long as this relay may, file work that goes on by itself included.
#[derive(Clone)]
pub(crate) struct Held {
    /// The data folder.
    pub(crate) _lock: Arc<Lock>,
    /// Closed once no file work is under way.
    pub(crate) _working: mpsc::Sender<Infallible>,
}

/// What tells how far a relay cosigned a log.
pub(super) struct Cosigned {
    /// What it cosigned last, as it was written.
    pub(super) cosigned: Option<Vec<u8>>,
    /// The newest that a majority cosigned, as it was written.
    pub(super) checkpoint: Option<Vec<u8>>,
    /// Whether anything of the log is here.
    pub(super) used: bool,
}

/// Folders in which names changed.
#[derive(Debug, Default)]
pub(super) struct Dirs(BTreeSet<PathBuf>);

impl Archive {
    /// Opens or makes the folder of `log` in a relay's data.
    pub(crate) fn open(data: &Path, log: LogName) -> io::Result<Self> {
        let folder = folder(data, log);
        private_folder(&folder)?;
        // What is cosigned must not lose its folder.
        for dir in folder.ancestors().take_while(|dir| dir.starts_with(data)) {
            File::open(dir)?.sync_all()?;
        }
        Ok(Self {
            log,
            folder,
            _held: None,
        })
    }

    /// The same, for the one who writes.
    pub(crate) fn held(&self, held: Held) -> Self {
        Self {
            _held: Some(held),
            ..self.clone()
        }
    }

    /// Which log.
    pub(crate) fn log(&self) -> LogName {
        self.log
    }

    /// Reads what a path names, cut from something wider where that is what is there. `None`: it is not there, or not as
    /// long as it should be.
    pub(crate) fn read(&self, resource: Resource) -> Option<Vec<u8>> {
        let (whole, width) = match resource {
            Resource::Tile(tile) => (
                Tile::of(tile.level, tile.index, u64::MAX)?.path(),
                tile.width,
            ),
            Resource::Bundle(bundle) => (Bundle::of(bundle.index, u64::MAX)?.path(), bundle.width),
        };
        let exact = self.bytes(&resource.path(), self.longest(resource));
        if let Some(bytes) = exact.and_then(|bytes| self.cut(resource, width, bytes)) {
            return Some(bytes);
        }
        let wider = self.widths(&whole).into_iter().filter(|w| *w > width);
        let paths = wider.map(|wider| format!("{whole}.p/{wider}"));
        std::iter::once(whole.clone())
            .chain(paths)
            .find_map(|path| {
                let bytes = self.bytes(&path, self.longest(resource))?;
                self.cut(resource, width, bytes)
            })
    }

    /// Reads a tile's hashes.
    pub(super) fn hashes(&self, tile: Tile) -> Option<Vec<Hash>> {
        tile.hashes(&self.read(Resource::Tile(tile))?)
    }

    /// Reads a bundle whose entries are known by the root over them.
    pub(super) fn bundle(&self, bundle: Bundle, root: &Hash) -> Option<Vec<u8>> {
        let bytes = self.read(Resource::Bundle(bundle))?;
        (root_of(&bytes, bundle)? == *root).then_some(bytes)
    }

    /// The root over the first `size` entries, by the tiles that are here.
    pub(super) fn root_at(&self, size: u64) -> Option<Hash> {
        let edge = Edge::resume(size, |tile| self.hashes(tile).ok_or(()));
        Some(edge.ok()??.root())
    }

    /// Writes what a path names, unless that is what is there.
    pub(super) fn put(&self, path: &str, bytes: &[u8], dirs: &mut Dirs) -> Result<(), WriteError> {
        put(&self.folder, path, bytes, dirs)
    }

    /// Writes one file durably.
    pub(super) fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        replace(&self.folder, path, bytes)
    }

    /// Reads a file of at most `limit` bytes. `None`: there is none, or it is longer.
    pub(super) fn bytes(&self, path: &str, limit: usize) -> Option<Vec<u8>> {
        read(&self.folder.join(path), limit).ok().flatten()
    }

    /// What tells how far this relay cosigned.
    pub(super) fn cosigned(&self) -> io::Result<Cosigned> {
        Cosigned::read(&self.folder)
    }

    /// Removes what only a log of `before` entries asked for and one of `size` does not.
    pub(super) fn prune(&self, before: u64, size: u64) {
        let bundle = Bundle::of(before / TILE, before).map(Resource::Bundle);
        let tiles = (0..8_u32).filter_map(|level| {
            let index = before.checked_shr(8 * (level + 1)).unwrap_or(0);
            Tile::of(u8::try_from(level).ok()?, index, before).map(Resource::Tile)
        });
        for resource in bundle.into_iter().chain(tiles) {
            if !kept(resource, size) {
                self.remove(&resource.path());
            }
        }
        if self.log == LogName::Board && before != size {
            self.remove(&alerts(before));
            self.remove(&keys(before));
        }
    }

    /// Removes every part of what is full in a log of `size` entries, and every index of another size that is not in
    /// `sizes`.
    pub(super) fn sweep(&self, size: u64, sizes: &[u64]) {
        for level in 0..8_u32 {
            let whole = size.checked_shr(8 * (level + 1)).unwrap_or(0);
            for index in 0..whole {
                if let Some(tile) = u8::try_from(level)
                    .ok()
                    .and_then(|l| Tile::of(l, index, size))
                {
                    let _ = fs::remove_dir_all(self.folder.join(format!("{}.p", tile.path())));
                }
                if let Some(bundle) = Bundle::of(index, size).filter(|_| level == 0) {
                    let _ = fs::remove_dir_all(self.folder.join(format!("{}.p", bundle.path())));
                }
            }
        }
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let of = |index| name.to_str().and_then(|name| name.strip_prefix(index));
            let of = of(ALERTS).or_else(|| of(KEYS));
            if of.is_some_and(|of| !sizes.iter().any(|size| size.to_string() == of)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The longest that what a path names may be here, in bytes: as wide as it gets.
    fn longest(&self, resource: Resource) -> usize {
        longest(self.log, resource, TILE)
    }

    fn cut(&self, resource: Resource, width: u64, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let end = match resource {
            Resource::Tile(_) => usize::try_from(width)
                .ok()?
                .checked_mul(size_of::<Hash>())?,
            Resource::Bundle(_) => {
                let mut end = 0_usize;
                for _ in 0..width {
                    let length = bytes.get(end..)?.first_chunk()?;
                    end = end.checked_add(2 + usize::from(u16::from_be_bytes(*length)))?;
                }
                end
            }
        };
        (bytes.len() >= end).then(|| {
            bytes.truncate(end);
            bytes
        })
    }

    /// The widths of a tile that are here besides all of it, narrowest first.
    fn widths(&self, whole: &str) -> BTreeSet<u64> {
        let entries = fs::read_dir(self.folder.join(format!("{whole}.p")));
        let names = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.file_name());
        names
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect()
    }

    fn remove(&self, path: &str) {
        // What stays behind takes room and harms nobody; the next start tries again.
        let path = self.folder.join(path);
        let _ = fs::remove_file(&path);
        if let Some(parent) = path
            .parent()
            .filter(|p| p.extension().is_some_and(|e| e == "p"))
        {
            let _ = fs::remove_dir(parent);
        }
    }
}

impl Cosigned {
    /// Reads it from the folder of a log. An error is one of reading: something is there.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let checkpoint = read(&folder.join(CHECKPOINT), NOTE)?;
        Ok(Self {
            cosigned: read(&folder.join(COSIGNED), NOTE)?,
            used: checkpoint.is_some() || folder.join("tile").try_exists()?,
            checkpoint,
        })
    }
}

impl Dirs {
    /// Makes the names durable.
    pub(super) fn sync(&mut self) -> Result<(), WriteError> {
        for dir in std::mem::take(&mut self.0) {
            let handle = File::open(dir).map_err(WriteError::Sync)?;
            handle.sync_all().map_err(WriteError::Sync)?;
        }
        Ok(())
    }

    fn add(&mut self, folder: &Path, path: impl AsRef<Path>) {
        let path = folder.join(path);
        let above = path.ancestors().skip(1);
        let inside = above.take_while(|dir| dir.starts_with(folder));
        self.0.extend(inside.map(Path::to_owned));
    }
}

/// Writes one file of a folder durably, unless that is what is there.
pub(super) fn replace(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
    let mut dirs = Dirs::default();
    put(folder, path, bytes, &mut dirs)?;
    dirs.sync()
}

fn put(folder: &Path, path: &str, bytes: &[u8], dirs: &mut Dirs) -> Result<(), WriteError> {
    let there = read(&folder.join(path), bytes.len()).ok().flatten();
    if there.is_some_and(|there| there == bytes) {
        // Somebody wrote it who may have been killed before it was durable.
        let file = File::open(folder.join(path)).map_err(WriteError::Refused)?;
        file.sync_all().map_err(WriteError::Sync)?;
        dirs.add(folder, path);
        return Ok(());
    }
    let (path, new) = (folder.join(path), folder.join(NEW));
    if let Some(parent) = path.parent() {
        private_folder(parent).map_err(WriteError::Refused)?;
    }
    let mut file = File::create(&new).map_err(WriteError::Refused)?;
    file.write_all(bytes).map_err(WriteError::Refused)?;
    file.sync_all().map_err(WriteError::Sync)?;
    fs::rename(&new, &path).map_err(WriteError::Refused)?;
    dirs.add(folder, &path);
    Ok(())
}

/// The longest that what a path names may be with `width` entries, in bytes.
pub(super) fn longest(log: LogName, resource: Resource, width: u64) -> usize {
    let each = match (resource, log) {
        (Resource::Tile(_), _) => size_of::<Hash>(),
        (Resource::Bundle(_), LogName::Reports) => 2 + LOG_ENTRY,
        (Resource::Bundle(_), LogName::Board) => 2 + BOARD_ENTRY,
    };
    usize::try_from(width)
        .unwrap_or(usize::MAX)
        .saturating_mul(each)
}

/// The root over a bundle's entries; `None` when it does not hold as many as it should.
pub(super) fn root_of(bytes: &[u8], bundle: Bundle) -> Option<Hash> {
    let entries = decode_bundle(bytes, bundle.width).ok()?;
    let mut tree = Frontier::new();
    entries
        .into_iter()
        .for_each(|entry| tree.push(leaf_hash(entry)));
    Some(tree.root())
}

/// Where a relay's copy of a log is.
pub(super) fn folder(data: &Path, log: LogName) -> PathBuf {
    data.join("mirror").join(log.as_str())
}

/// The file with the index of alerts of the board's first `size` entries.
pub(super) fn alerts(size: u64) -> String {
    format!("{ALERTS}{size}")
}

/// The file with the index of keys of the board's first `size` entries.
pub(super) fn keys(size: u64) -> String {
    format!("{KEYS}{size}")
}

fn kept(resource: Resource, size: u64) -> bool {
    let there = match resource {
        Resource::Tile(tile) => Tile::of(tile.level, tile.index, size).map(Resource::Tile),
        Resource::Bundle(bundle) => Bundle::of(bundle.index, size).map(Resource::Bundle),
    };
    there == Some(resource)
}

/// Reads a file of at most `limit` bytes, if there is one.
pub(super) fn read(path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(bytes))
}

/// What this relay cosigned last.
pub(super) const COSIGNED: &str = "cosigned";
/// The newest checkpoint that a majority cosigned.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The longest checkpoint with its signatures, in bytes.
pub(super) const NOTE: usize = 1 << 16;
/// The largest index that is read back, in bytes.
pub(super) const INDEX: usize = 64 << 20;
const ALERTS: &str = "alerts-";
const KEYS: &str = "keys-";
/// Becomes the file that it is written for.
const NEW: &str = "new";
