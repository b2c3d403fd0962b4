//! The memory that holds every secret key of a relay beside its identity: a sealed memfd that the supervisor keeps.
//!
//! ```text
//! slot 0        "brolly-keys/1" 16 | capacity 4                                                   128 bytes a slot
//! slots 1 to 8  live 4 | epoch 4 | X-Wing seed 32                                                 packet keys
//! from slot 9   live 4 | index 4 | segment 8 | epoch 4 | next 16 | tag 16 | record key 32         packets that wait
//! ```
//!
//! kill -9 leaves it as it is; pulling the plug destroys it, and with it all that lies in the pool. It is read and
//! written like a file. No slot crosses a page, so a write of one is never seen in part, whenever the process dies.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use brolly_keys::epoch::Epoch;
use brolly_protocol::geometry::{NODE_ID, REPLAY_TAG};
use brolly_protocol::node::NodeId;
use brolly_protocol::replay::Tag;
use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use zeroize::Zeroizing;

/// The supervised memory.
#[derive(Debug)]
pub struct Memory {
    file: File,
    capacity: u32,
}

/// A secret key, 32 bytes, that stays in one place until it is erased: what is moved is a pointer, so that neither a
/// stack nor a vector that grew keeps a copy.
pub(crate) type Secret = Box<Zeroizing<[u8; KEY]>>;

/// A packet that waits in the pool.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) segment: u64,
    pub(crate) index: u32,
    pub(crate) epoch: Epoch,
    pub(crate) next: NodeId,
    pub(crate) tag: Tag,
    pub(crate) key: Secret,
}

/// The memory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The system gives none, or takes it away.
    #[error("the memory for the relay's keys cannot be used: {0}")]
    System(#[from] io::Error),
    /// What the supervisor handed back is something else.
    #[error(
        "the memory that the supervisor handed back was not made by this version of brolly-relay: stop the relay, so that the supervisor forgets it, and start it again"
    )]
    Foreign,
    /// All slots for packet keys are taken.
    #[error(
        "keys for {KEYS} epochs are held already: the clock has jumped; set it, and start the relay again"
    )]
    KeysFull,
}

impl Memory {
    /// Makes new memory for the keys of `capacity` waiting packets, 128 bytes each, all of it allocated now.
    ///
    /// # Errors
    /// [`MemoryError::System`].
    pub fn create(capacity: u32) -> Result<Self, MemoryError> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(rustix::fs::memfd_create(NAME, flags).map_err(io::Error::from)?);
        rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, length(capacity))
            .map_err(io::Error::from)?;
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals).map_err(io::Error::from)?;
        let memory = Self { file, capacity };
        let mut header = Slot::empty();
        header.put(MAGIC);
        header.put(&capacity.to_be_bytes());
        memory.write(0, &header)?;
        Ok(memory)
    }

    /// Opens memory that exists: `/proc/self/fd/N` of a descriptor that the supervisor handed back.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn recover(path: &Path) -> Result<Self, MemoryError> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut memory = Self { file, capacity: 0 };
        let size = memory.file.metadata()?.len();
        if size < SLOT {
            return Err(MemoryError::Foreign);
        }
        let header = memory.read(0)?;
        let mut fields = header.fields();
        if fields.take::<16>() != *MAGIC {
            return Err(MemoryError::Foreign);
        }
        memory.capacity = u32::from_be_bytes(fields.take());
        if length(memory.capacity) != size {
            return Err(MemoryError::Foreign);
        }
        Ok(memory)
    }

    /// The most packets whose keys fit.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The packet keys held.
    pub(crate) fn keys(&self) -> io::Result<Vec<(Epoch, Secret)>> {
        let mut keys = Vec::new();
        for at in 1..=KEYS {
            let slot = self.read(at)?;
            let mut fields = slot.fields();
            if u32::from_be_bytes(fields.take()) == LIVE {
                let epoch = Epoch::new(u32::from_be_bytes(fields.take()));
                keys.push((epoch, fields.secret()));
            }
        }
        Ok(keys)
    }

    /// Keeps the packet key of an epoch of which none is held.
    pub(crate) fn put_key(&self, epoch: Epoch, seed: &[u8; KEY]) -> Result<(), MemoryError> {
        for at in 1..=KEYS {
            if u32::from_be_bytes(self.read(at)?.fields().take()) != LIVE {
                let mut slot = Slot::empty();
                slot.put(&LIVE.to_be_bytes());
                slot.put(&epoch.number().to_be_bytes());
                slot.put(seed);
                return Ok(self.write(at, &slot)?);
            }
        }
        Err(MemoryError::KeysFull)
    }

    /// Erases the packet keys of epochs before `first`.
    pub(crate) fn erase_keys_before(&self, first: Epoch) -> io::Result<()> {
        for at in 1..=KEYS {
            let slot = self.read(at)?;
            let mut fields = slot.fields();
            let live = u32::from_be_bytes(fields.take()) == LIVE;
            if live && Epoch::new(u32::from_be_bytes(fields.take())) < first {
                self.write(at, &Slot::empty())?;
            }
        }
        Ok(())
    }

    /// The packet in a slot, if there is one.
    pub(crate) fn packet(&self, slot: u32) -> io::Result<Option<Packet>> {
        let slot = self.read(FIRST_PACKET + u64::from(slot))?;
        Ok(slot.fields().packet())
    }

    /// Shows every slot, and the packet in it if there is one. Many are read at once: nearly all are empty.
    pub(crate) fn each_packet(
        &self,
        mut show: impl FnMut(u32, Option<Packet>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Zeroizing::new(vec![0; AT_ONCE * SLOT_BYTES]);
        let mut slots = 0..self.capacity;
        while !slots.is_empty() {
            let first = FIRST_PACKET + u64::from(slots.start);
            let some = slots.len().min(AT_ONCE) * SLOT_BYTES;
            let some = bytes.get_mut(..some).unwrap_or_default();
            self.file.read_exact_at(some, first.saturating_mul(SLOT))?;
            for (bytes, slot) in some.chunks(SLOT_BYTES).zip(&mut slots) {
                show(slot, Fields(bytes).packet())?;
            }
        }
        Ok(())
    }

    /// Keeps a packet's place and key in a slot.
    pub(crate) fn put(&self, slot: u32, packet: &Packet) -> io::Result<()> {
        let mut bytes = Slot::empty();
        bytes.put(&LIVE.to_be_bytes());
        bytes.put(&packet.index.to_be_bytes());
        bytes.put(&packet.segment.to_be_bytes());
        bytes.put(&packet.epoch.number().to_be_bytes());
        bytes.put(&packet.next.0);
        bytes.put(&packet.tag);
        bytes.put(packet.key.as_slice());
        self.write(FIRST_PACKET + u64::from(slot), &bytes)
    }

    /// Erases a slot: nobody can open its packet any more.
    pub(crate) fn erase(&self, slot: u32) -> io::Result<()> {
        self.write(FIRST_PACKET + u64::from(slot), &Slot::empty())
    }

    fn read(&self, slot: u64) -> io::Result<Slot> {
        let mut bytes = Slot::empty();
        self.file
            .read_exact_at(bytes.bytes.as_mut_slice(), slot.saturating_mul(SLOT))?;
        Ok(bytes)
    }

    fn write(&self, slot: u64, bytes: &Slot) -> io::Result<()> {
        self.file
            .write_all_at(bytes.bytes.as_slice(), slot.saturating_mul(SLOT))
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The bytes of a slot, erased when dropped.
struct Slot {
    bytes: Box<Zeroizing<[u8; SLOT_BYTES]>>,
    used: usize,
}

impl Slot {
    fn empty() -> Self {
        Self {
            bytes: Box::new(Zeroizing::new([0; SLOT_BYTES])),
            used: 0,
        }
    }

    fn put(&mut self, field: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(self.used).zip(field) {
            *to = *from;
        }
        self.used += field.len();
    }

    fn fields(&self) -> Fields<'_> {
        Fields(self.bytes.as_slice())
    }
}

/// The fields of a slot, which is longer than all of them together.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, tail) = self.0.split_first_chunk().unwrap_or((&[0; N], &[]));
        self.0 = tail;
        *head
    }

    fn packet(mut self) -> Option<Packet> {
        if u32::from_be_bytes(self.take()) != LIVE {
            return None;
        }
        let index = u32::from_be_bytes(self.take());
        Some(Packet {
            index,
            segment: u64::from_be_bytes(self.take()),
            epoch: Epoch::new(u32::from_be_bytes(self.take())),
            next: NodeId(self.take::<NODE_ID>()),
            tag: self.take::<REPLAY_TAG>(),
            key: self.secret(),
        })
    }

    fn secret(&mut self) -> Secret {
        let (head, tail) = self.0.split_first_chunk().unwrap_or((&[0; KEY], &[]));
        self.0 = tail;
        let mut secret = Secret::default();
        secret.copy_from_slice(head);
        secret
    }
}

fn length(capacity: u32) -> u64 {
    (FIRST_PACKET + u64::from(capacity)) * SLOT
}

/// The name of the memory, here and at the supervisor.
pub(crate) const NAME: &str = "brolly-keys";

const MAGIC: &[u8; 16] = b"brolly-keys/1\0\0\0";
const SLOT: u64 = 128;
const SLOT_BYTES: usize = 128;
/// Slots that are read at once.
const AT_ONCE: usize = 512;
const KEYS: u64 = 8;
const FIRST_PACKET: u64 = 1 + KEYS;
const KEY: usize = 32;
const LIVE: u32 = 1;

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;

    use super::*;

    fn again(memory: &Memory) -> Result<Memory, MemoryError> {
        let path = PathBuf::from(format!("/proc/self/fd/{}", memory.file.as_raw_fd()));
        Memory::recover(&path)
    }

    fn packet(n: u8) -> Packet {
        Packet {
            segment: u64::from(n) << 40,
            index: 7,
            epoch: Epoch::new(20_000),
            next: NodeId([n; 16]),
            tag: [n + 1; 16],
            key: Box::new(Zeroizing::new([n + 2; 32])),
        }
    }

    #[test]
    fn what_was_put_is_there_after_the_memory_is_opened_again() {
        let memory = Memory::create(3).unwrap();
        memory.put(0, &packet(1)).unwrap();
        memory.put(2, &packet(2)).unwrap();
        memory.put_key(Epoch::new(9), &[5; 32]).unwrap();
        let again = again(&memory).unwrap();
        drop(memory);
        assert_eq!(again.capacity(), 3);
        assert!(again.packet(0).unwrap() == Some(packet(1)));
        assert!(again.packet(1).unwrap().is_none());
        assert!(again.packet(2).unwrap() == Some(packet(2)));
        let keys = again.keys().unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].0, **keys[0].1), (Epoch::new(9), [5; 32]));
    }

    #[test]
    fn every_slot_is_shown_once_and_in_order() {
        // More than are read at once, and not a multiple of it.
        let memory = Memory::create(1_100).unwrap();
        for slot in [0, 511, 512, 1_099] {
            memory
                .put(slot, &packet(u8::try_from(slot % 250).unwrap()))
                .unwrap();
        }
        let mut shown = Vec::new();
        let mut live = Vec::new();
        let show = |slot, found: Option<Packet>| {
            shown.push(slot);
            live.extend(found.map(|found| (slot, found.next.0[0])));
            Ok(())
        };
        memory.each_packet(show).unwrap();
        assert!(shown.into_iter().eq(0..1_100));
        assert_eq!(live, [(0, 0), (511, 11), (512, 12), (1_099, 99)]);
    }

    #[test]
    fn erasing_leaves_no_byte_of_a_key_or_packet() {
        let memory = Memory::create(1).unwrap();
        memory.put(0, &packet(1)).unwrap();
        memory.put_key(Epoch::new(9), &[5; 32]).unwrap();
        memory.put_key(Epoch::new(10), &[6; 32]).unwrap();
        memory.erase(0).unwrap();
        memory.erase_keys_before(Epoch::new(10)).unwrap();
        let mut all = vec![0; usize::try_from(length(1)).unwrap()];
        memory.file.read_exact_at(&mut all, 0).unwrap();
        assert!(all.iter().filter(|byte| **byte == 6).count() == 32);
        assert!(!all.contains(&5) && !all.contains(&3) && !all.contains(&2));
        assert_eq!(memory.keys().unwrap().len(), 1);
    }

    #[test]
    fn the_memory_can_neither_shrink_nor_grow() {
        let memory = Memory::create(1).unwrap();
        memory.file.set_len(0).unwrap_err();
        memory.file.set_len(1 << 20).unwrap_err();
        memory.put(1, &packet(1)).unwrap_err();
    }

    #[test]
    fn eight_keys_fit_and_the_ninth_is_refused() {
        let memory = Memory::create(0).unwrap();
        for epoch in 0..8 {
            memory.put_key(Epoch::new(epoch), &[1; 32]).unwrap();
        }
        let full = memory.put_key(Epoch::new(8), &[1; 32]);
        assert!(matches!(full, Err(MemoryError::KeysFull)));
    }

    #[test]
    fn a_file_that_is_not_this_memory_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fd");
        for bytes in [&b""[..], &[0; 2000], MAGIC] {
            std::fs::write(&path, bytes).unwrap();
            assert!(matches!(Memory::recover(&path), Err(MemoryError::Foreign)));
        }
    }
}
