//! Folders of one's own, and the room left in them.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::statvfs;

/// Mode 0700, with its parents.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A name is durable only once its directory is.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Whether `bytes` can be written below `path` and `reserve` bytes stay free.
pub(super) fn has_room(path: &Path, bytes: usize, reserve: u64) -> io::Result<bool> {
    let disk = statvfs(path)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let wanted = u64::try_from(bytes).unwrap_or(u64::MAX);
    Ok(free >= reserve.saturating_add(wanted))
}

/// 16 MiB: more than sled writes between two looks at the disk, by far.
pub(super) const RESERVE: u64 = 16 << 20;
