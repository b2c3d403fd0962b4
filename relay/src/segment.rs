//! The pool's files: what one write stored, each record under a key of its own that is not here.
//!
//! ```text
//! DATA/pool/NNNNNNNN.seg = record 0 | record 1 | …      record = ChaCha20Poly1305( packet for the next hop ) | tag 16
//! ```
//!
//! A file is written once, in random order, and unlinked when its last packet is gone.

use std::fs::{self, DirBuilder, File, FileTimes, OpenOptions};
use std::hint::black_box;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use brolly_protocol::onion::Layer;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use rand_core::CryptoRng;

use crate::supervised::Secret;

/// Writes segments.
pub(crate) struct Segments {
    files: Files,
    handle: File,
    next: u64,
    room: Arc<AtomicU64>,
}

/// The folder of segment files.
#[derive(Clone)]
pub(crate) struct Files {
    folder: PathBuf,
    record: usize,
}

/// A segment that was written, and the key of each record that is not noise.
pub(crate) struct Written {
    pub(crate) segment: u64,
    pub(crate) keys: Vec<Option<Secret>>,
}

/// Why a batch was not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// Nothing was kept of it, and a later one may fit: the disk is full, most likely.
    #[error(transparent)]
    Refused(io::Error),
    /// The disk may have lost what it was given. Trying again would report success for what is not there.
    #[error(transparent)]
    Sync(io::Error),
}

impl Segments {
    /// Opens or makes the folder for what `layer` passes on.
    pub(crate) fn open(folder: PathBuf, layer: Layer) -> io::Result<Self> {
        private_folder(&folder)?;
        let files = Files {
            record: layer.inner() + TAG,
            folder,
        };
        let last = files.numbers()?.into_iter().max().unwrap_or(0);
        Ok(Self {
            handle: File::open(&files.folder)?,
            files,
            next: last.saturating_add(1),
            room: Arc::new(AtomicU64::new(u64::MAX)),
        })
    }

    /// The folder, for those who read.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The longest segment that is written, in bytes, before the disk counts as full.
    pub(crate) fn room(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.room)
    }

    /// Stores the records of one write durably, in the order given; `None` stores noise, which nobody can tell from a
    /// packet and nobody has a key for.
    pub(crate) fn write(
        &mut self,
        records: &[Option<&[u8]>],
        rng: &mut impl CryptoRng,
    ) -> Result<Written, WriteError> {
        let segment = self.next;
        // Not used again whatever becomes of it: keys are bound to it.
        self.next += 1;
        let mut bytes = Vec::with_capacity(records.len() * self.files.record);
        let mut keys = Vec::with_capacity(records.len());
        for (record, index) in records.iter().zip(0..) {
            let start = bytes.len();
            if let Some(packet) = record {
                let mut key = Secret::default();
                rng.fill_bytes(key.as_mut_slice());
                let sealed = seal(&key, segment, index, packet);
                overwrite_stack();
                bytes.extend(sealed.map_err(WriteError::Refused)?);
                keys.push(Some(key));
            } else {
                bytes.resize(start + self.files.record, 0);
                rng.fill_bytes(bytes.get_mut(start..).unwrap_or_default());
                keys.push(None);
            }
        }
        let file = self.fill(segment, &bytes).map_err(|error| {
            self.files.unlink(segment);
            WriteError::Refused(error)
        })?;
        file.sync_all()
            .and_then(|()| self.handle.sync_all())
            .map_err(WriteError::Sync)?;
        Ok(Written { segment, keys })
    }

    fn fill(&self, segment: u64, bytes: &[u8]) -> io::Result<File> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.files.path(segment))?;
        let room = usize::try_from(self.room.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        if let Some((fits, _)) = bytes.split_at_checked(room)
            && fits.len() < bytes.len()
        {
            file.write_all(fits)?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.write_all(bytes)?;
        // When it was written is nobody's business; the time of the last change to the inode cannot be set.
        let never = FileTimes::new()
            .set_modified(UNIX_EPOCH)
            .set_accessed(UNIX_EPOCH);
        file.set_times(never)?;
        Ok(file)
    }
}

impl Files {
    /// Reads and opens a record. `None`: the disk no longer has what was written.
    pub(crate) fn read(&self, segment: u64, index: u32, key: &[u8; 32]) -> Option<Vec<u8>> {
        let mut sealed = vec![0; self.record];
        File::open(self.path(segment))
            .ok()?
            .read_exact_at(&mut sealed, self.offset(index))
            .ok()?;
        let opened = open(key, segment, index, &sealed);
        overwrite_stack();
        opened
    }

    /// Whether a record is there.
    pub(crate) fn has(&self, segment: u64, index: u32) -> bool {
        let end = self.offset(index.saturating_add(1));
        fs::metadata(self.path(segment)).is_ok_and(|file| file.len() >= end)
    }

    /// Unlinks a segment in which nothing waits.
    pub(crate) fn unlink(&self, segment: u64) {
        // Nothing in it has a key; if it stays behind, the next start removes it.
        let _ = fs::remove_file(self.path(segment));
    }

    /// The numbers of all segments.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".seg"));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        Ok(numbers)
    }

    fn offset(&self, index: u32) -> u64 {
        let record = u64::try_from(self.record).unwrap_or(u64::MAX);
        u64::from(index).saturating_mul(record)
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.folder.join(format!("{segment:08}.seg"))
    }
}

/// Makes a folder that only its owner may enter.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[inline(never)]
fn open(key: &[u8; 32], segment: u64, index: u32, sealed: &[u8]) -> Option<Vec<u8>> {
    let payload = Payload {
        msg: sealed,
        aad: &associated(segment, index),
    };
    cipher(key).decrypt(&Nonce::default(), payload).ok()
}

#[inline(never)]
fn seal(key: &[u8; 32], segment: u64, index: u32, packet: &[u8]) -> io::Result<Vec<u8>> {
    let payload = Payload {
        msg: packet,
        aad: &associated(segment, index),
    };
    // The key is fresh and seals this record alone, so one fixed nonce is used once.
    cipher(key)
        .encrypt(&Nonce::default(), payload)
        .map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// Overwrites what [`open`] and [`seal`] left where their frames were: the cipher's state begins with the key, and a thread
/// that does nothing more keeps its stack as it is.
#[inline(never)]
fn overwrite_stack() {
    black_box(&mut [0_u8; 16 * 1024]);
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

fn associated(segment: u64, index: u32) -> [u8; 12] {
    let mut bytes = [0; 12];
    let fields = segment.to_be_bytes().into_iter().chain(index.to_be_bytes());
    for (to, from) in bytes.iter_mut().zip(fields) {
        *to = from;
    }
    bytes
}

const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn segments(folder: &Path) -> Segments {
        Segments::open(folder.join("pool"), Layer::Exit).unwrap()
    }

    fn packet(n: u8) -> Vec<u8> {
        vec![n; Layer::Exit.inner()]
    }

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    #[test]
    fn a_record_opens_with_its_key_in_its_place_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut segments = segments(folder.path());
        let (a, b) = (packet(1), packet(2));
        let written = segments
            .write(&[Some(&a), None, Some(&b)], &mut rng())
            .unwrap();
        let files = segments.files();
        let keys: Vec<_> = written.keys.iter().flatten().collect();
        assert!(written.keys[1].is_none());
        assert_eq!(files.read(written.segment, 0, keys[0]), Some(a));
        assert_eq!(files.read(written.segment, 2, keys[1]), Some(b));
        assert!(files.has(written.segment, 2) && !files.has(written.segment, 3));
        for (segment, index) in [(1, 0), (1, 1), (1, 3), (2, 2)] {
            assert_eq!(files.read(segment, index, keys[1]), None);
        }
    }

    #[test]
    fn spec_8_5_a_segment_holds_no_byte_run_of_a_packet_in_clear() {
        let folder = tempfile::tempdir().unwrap();
        let mut segments = segments(folder.path());
        let mut packet = packet(0);
        rng().fill_bytes(&mut packet);
        segments.write(&[Some(&packet)], &mut rng()).unwrap();
        let file = fs::read(folder.path().join("pool/00000001.seg")).unwrap();
        assert_eq!(file.len(), packet.len() + TAG);
        let mut runs: Vec<&[u8]> = packet.windows(8).collect();
        runs.sort_unstable();
        assert!(file.windows(8).all(|run| runs.binary_search(&run).is_err()));
    }

    #[test]
    fn a_full_disk_leaves_no_file_behind_and_writing_goes_on_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut segments = segments(folder.path());
        let p = packet(1);
        segments.room().store(10_000, Ordering::Relaxed);
        let full = segments.write(&[Some(&p)], &mut rng()).map(|_| ());
        assert!(
            matches!(&full, Err(WriteError::Refused(e)) if e.kind() == io::ErrorKind::StorageFull)
        );
        assert!(segments.files().numbers().unwrap().is_empty());
        segments.room().store(u64::MAX, Ordering::Relaxed);
        segments.write(&[Some(&p)], &mut rng()).unwrap();
        assert_eq!(segments.files().numbers().unwrap(), [2]);
    }

    #[test]
    fn a_segment_does_not_say_when_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        segments(folder.path()).write(&[None], &mut rng()).unwrap();
        let file = fs::metadata(folder.path().join("pool/00000001.seg")).unwrap();
        assert_eq!(file.modified().unwrap(), UNIX_EPOCH);
        assert_eq!(file.accessed().unwrap(), UNIX_EPOCH);
    }

    #[test]
    fn numbers_go_on_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let p = packet(1);
        segments(folder.path())
            .write(&[Some(&p)], &mut rng())
            .unwrap();
        let mut after = segments(folder.path());
        assert_eq!(after.write(&[None], &mut rng()).unwrap().segment, 2);
    }
}
