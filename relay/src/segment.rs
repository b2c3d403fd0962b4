//! The pool's files: what one write stored, each record under a key of its own that is not here.
//!
//! ```text
//! DATA/pool/NNNNNNNN.seg = record 0 | record 1 | …
//!
//! make the file ─┬─ its name durable ──────────────────────┬─ sync the file ─▶ durable
//!                └─ on all cores: seal records, write them ┘
//! ```
//!
//! A file is written once, in random order, and unlinked when its last packet is gone.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, FileTimes, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::UNIX_EPOCH;

use brolly_protocol::onion::Layer;
use rand_core::CryptoRng;
use rustix::fs::{Advice, fadvise};

use crate::record::{self, TAG};
use crate::supervised::Secret;

/// Writes segments.
pub(crate) struct Segments {
    files: Files,
    handle: File,
    next: u64,
    room: Arc<AtomicU64>,
    /// The records of a write, in memory that the next one uses again.
    bytes: Vec<u8>,
    cores: usize,
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
            bytes: Vec::new(),
            cores: thread::available_parallelism().map_or(1, usize::from),
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
        let mut keys = Vec::with_capacity(records.len());
        for _ in records {
            let mut key = Secret::default();
            rng.fill_bytes(key.as_mut_slice());
            keys.push(key);
        }
        self.bytes.resize(records.len() * self.files.record, 0);
        let file = self.create(segment).map_err(WriteError::Refused)?;
        let mut bytes = std::mem::take(&mut self.bytes);
        let (named, filled) = thread::scope(|scope| {
            // A file that nobody finds after a crash is none; the disk works on its name while the cores seal.
            let sync = || self.handle.sync_all();
            let naming = thread::Builder::new().spawn_scoped(scope, sync);
            let filled = self.fill(&file, segment, records, &keys, &mut bytes);
            let named = match naming {
                Ok(naming) => naming.join().unwrap_or_else(|_| Err(panicked())),
                Err(_) => sync(),
            };
            (named, filled)
        });
        self.bytes = bytes;
        // A sync that failed is told first: it stops the relay, and a full disk does not.
        named.map_err(WriteError::Sync)?;
        if let Err(error) = filled {
            self.files.unlink(segment);
            return Err(WriteError::Refused(error));
        }
        file.sync_all().map_err(WriteError::Sync)?;
        // Whose record is noise has no key from here on.
        let kept = |(key, record): (Secret, &Option<_>)| record.is_some().then_some(key);
        let keys = keys.into_iter().zip(records).map(kept).collect();
        Ok(Written { segment, keys })
    }

    fn create(&self, segment: u64) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.files.path(segment))
    }

    /// Seals the records into `bytes` and writes them, part by part on all cores.
    fn fill(
        &self,
        file: &File,
        segment: u64,
        records: &[Option<&[u8]>],
        keys: &[Secret],
        bytes: &mut [u8],
    ) -> io::Result<()> {
        let length = bytes.len();
        let room = usize::try_from(self.room.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let parts = records.chunks(PART).zip(keys.chunks(PART));
        let parts = parts.zip(bytes.chunks_mut(PART * self.files.record));
        let parts = Mutex::new(parts.zip((0..).step_by(PART)));
        let work = || {
            loop {
                let part = parts.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((((records, keys), bytes), first)) = part else {
                    return Ok(());
                };
                self.seal(segment, first, records, keys, bytes)?;
                let start = self.files.offset(first);
                let fits = room.saturating_sub(usize::try_from(start).unwrap_or(usize::MAX));
                let fits = bytes.get(..fits).unwrap_or(bytes);
                file.write_all_at(fits, start)?;
                // Upon this, Linux begins to write them out while the next part is sealed. Elsewhere the sync does it all.
                let length = u64::try_from(fits.len()).ok().and_then(NonZeroU64::new);
                let _ = fadvise(file, start, length, Advice::DontNeed);
            }
        };
        let helpers = records
            .len()
            .div_ceil(PART)
            .min(self.cores)
            .saturating_sub(1);
        thread::scope(|scope| {
            let helping: Vec<_> = (0..helpers)
                // Without a helper the rest takes longer.
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let done = work();
            let helped = helping
                .into_iter()
                .map(|helper| helper.join().unwrap_or_else(|_| Err(panicked())));
            helped.fold(done, |done, helped| done.and(helped))
        })?;
        if length > room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // When it was written is nobody's business; the time of the last change to the inode cannot be set.
        let never = FileTimes::new()
            .set_modified(UNIX_EPOCH)
            .set_accessed(UNIX_EPOCH);
        file.set_times(never)
    }

    fn seal(
        &self,
        segment: u64,
        first: u32,
        records: &[Option<&[u8]>],
        keys: &[Secret],
        bytes: &mut [u8],
    ) -> io::Result<()> {
        let places = bytes.chunks_mut(self.files.record).zip(first..);
        for ((packet, key), (bytes, index)) in records.iter().zip(keys).zip(places) {
            // Noise is as many zeros under a key that is erased.
            record::seal(key, segment, index, *packet, bytes).ok_or(io::ErrorKind::InvalidInput)?;
        }
        Ok(())
    }
}

/// The files that records are read from one after the other, each opened once.
pub(crate) struct Reader<'a> {
    files: &'a Files,
    open: BTreeMap<u64, Option<File>>,
    sealed: Vec<u8>,
}

impl Reader<'_> {
    /// Reads a record and appends what it holds to `packets`. `false`: the disk no longer has what was written.
    pub(crate) fn read(
        &mut self,
        segment: u64,
        index: u32,
        key: &[u8; 32],
        packets: &mut Vec<u8>,
    ) -> bool {
        let open = || File::open(self.files.path(segment)).ok();
        let file = self.open.entry(segment).or_insert_with(open);
        let Some(file) = file else {
            return false;
        };
        if file
            .read_exact_at(&mut self.sealed, self.files.offset(index))
            .is_err()
        {
            return false;
        }
        let start = packets.len();
        packets.resize(start + self.sealed.len() - TAG, 0);
        let room = packets.get_mut(start..).unwrap_or_default();
        let opened = record::open(key, segment, index, &self.sealed, room).is_some();
        if !opened {
            packets.truncate(start);
        }
        opened
    }
}

impl Files {
    /// To read several records.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            files: self,
            open: BTreeMap::new(),
            sealed: vec![0; self.record],
        }
    }

    /// Reads and opens a record. `None`: the disk no longer has what was written.
    #[cfg(test)]
    pub(crate) fn read(&self, segment: u64, index: u32, key: &[u8; 32]) -> Option<Vec<u8>> {
        let mut packet = Vec::new();
        let read = self.reader().read(segment, index, key, &mut packet);
        read.then_some(packet)
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

    /// The bytes of a packet in a record.
    pub(crate) fn packet(&self) -> usize {
        self.record - TAG
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

fn panicked() -> io::Error {
    io::Error::other("a thread of the writer's panicked")
}

/// Records that a core seals and writes in one go: a megabyte.
const PART: usize = 32;

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
