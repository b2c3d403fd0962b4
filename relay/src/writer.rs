//! The one thread that writes: what came in between two ticks is stored at once, in random order, then acknowledged.
//!
//! ```text
//! records durable ─▶ slots in supervised memory ─▶ tags and spent tokens appended ─▶ into the mix ─▶ every request answered
//! ```
//!
//! A cover packet that ends here leaves a record of noise and waits in the mix like any other. One that is discarded
//! leaves a record of noise as well. So neither the time of an answer nor a full disk tells a sender whether its packet
//! was kept, and no record tells whether it holds one. How many packets of a write were kept the disk does tell: the
//! logs grow by a tag for each, and a write in which nothing was kept is unlinked at once.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use brolly_keys::epoch::Epoch;
use brolly_protocol::onion::Inner;
use brolly_protocol::replay::Tag;
use brolly_shell::clock;
use brolly_shell::random;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand_core::CryptoRng;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::admission::{Admission, Spent};
use crate::assignment::Assignment;
use crate::canary::Watch;
use crate::journal::{Event, Journal};
use crate::keys::{Keys, RotateError};
use crate::pool::{NOWHERE, Pool};
use crate::segment::{Segments, WriteError};
use crate::supervised::{Memory, MemoryError, Packet};
use crate::tags::{self, AppendError, Tags};

/// What the writer is told.
pub(crate) enum Message {
    /// A request waits.
    Batch(Waiting),
    /// Write what waits, and end.
    Close,
}

/// A request that waits to be answered.
pub(crate) struct Waiting {
    /// Its packets; `None` for those that are to be discarded.
    pub(crate) packets: Vec<Option<Opened>>,
    /// The tokens that it spends.
    pub(crate) paid: Vec<Spent>,
    /// Where its answer goes.
    pub(crate) answer: oneshot::Sender<Answer>,
    /// Its share of the waiting room.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// A packet whose layer was removed.
pub(crate) struct Opened {
    pub(crate) epoch: Epoch,
    pub(crate) tag: Tag,
    pub(crate) fate: Fate,
}

/// What becomes of a packet once the mix lets it go.
pub(crate) enum Fate {
    /// These bytes are passed on to this next hop.
    Forward(Inner, usize),
    /// It ends here: cover, which is company for the others until then.
    End,
}

/// What a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// All that is good of it is stored.
    Taken,
    /// Nothing of it is stored: there is no room, or the relay is ending.
    Unavailable,
    /// Nothing of it is stored: no token in it is good.
    Unpaid,
}

/// Why the relay had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// Trying again would report success for what is not there.
    #[error(
        "the disk failed to make the pool durable ({0}): nothing was acknowledged that is not stored; check the disk before starting the relay again"
    )]
    Disk(io::Error),
    /// A log of tags may now hold tags of packets that were not stored.
    #[error(
        "the log of tags cannot be put right ({0}): check the disk before starting the relay again"
    )]
    Tags(io::Error),
    /// The supervised memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// The writer.
pub(crate) struct Writer {
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) segments: Segments,
    pub(crate) tags: Tags,
    /// At an entry, what was spent.
    pub(crate) admission: Option<Arc<Admission>>,
    /// What knows this relay's canaries, if it sends any.
    pub(crate) watch: Option<Arc<Watch>>,
    /// When milliseconds are counted from.
    pub(crate) started: Instant,
    /// Held as long as anything may be written.
    pub(crate) _lock: Arc<Lock>,
}

/// A data folder that no other relay uses.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: std::fs::File,
}

impl Lock {
    /// Takes the folder. `None`: another relay has it.
    pub(crate) fn take(path: PathBuf) -> io::Result<Option<Self>> {
        let file = std::fs::File::create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Writer {
    /// Writes at each tick, and as soon as [`EARLY`] packets wait, until it is told to end or nobody is left to tell it.
    pub(crate) fn run(mut self, messages: &Receiver<Message>) -> Result<(), Stopped> {
        let mut batch = Vec::new();
        let mut packets = 0;
        loop {
            let due = self.pool.next_tick();
            let wait = due.saturating_sub(self.milliseconds());
            match messages.recv_timeout(Duration::from_millis(wait)) {
                Ok(Message::Batch(waiting)) => {
                    packets += waiting.weight();
                    batch.push(waiting);
                    // However late the tick is, those who came before it are in its write.
                    if packets < EARLY {
                        continue;
                    }
                }
                Ok(Message::Close) => return self.write(batch),
                Err(RecvTimeoutError::Timeout) => {}
                // Everybody who waited is gone.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.write(std::mem::take(&mut batch))?;
            packets = 0;
            let now = self.milliseconds();
            if now >= due {
                self.tick(now, clock::now())?;
            }
        }
    }

    /// Stores what is good of a batch and answers all of it.
    pub(crate) fn write(&mut self, batch: Vec<Waiting>) -> Result<(), Stopped> {
        let (batch, refused) = self.split(batch);
        if !refused.is_empty() {
            self.journal.add(Event::PoolFull, refused.len());
        }
        for request in &refused {
            self.release(&request.paid);
        }
        answer(refused, Answer::Unavailable);
        if batch.is_empty() {
            return Ok(());
        }
        let mut requests = Vec::with_capacity(batch.len());
        let mut seen = Vec::new();
        let mut spent = Vec::new();
        let mut records = Vec::new();
        for Waiting {
            packets,
            paid,
            answer,
            permit,
        } in batch
        {
            requests.push((answer, permit));
            spent.extend(paid);
            for opened in packets {
                records.push(self.fresh(opened, &mut seen));
            }
        }
        if records.is_empty() {
            // Not a packet in it: its sender waits for a write all the same.
            records.push(None);
        }
        records.shuffle(&mut passing());
        // Tags in the order of arrival would undo it.
        seen.shuffle(&mut passing());
        spent.shuffle(&mut passing());
        let answer = match self.store(&records, &seen, &spent) {
            Ok(kept) => {
                self.journal.add(Event::Wrote, kept);
                self.journal.add(Event::Discarded, records.len() - kept);
                Answer::Taken
            }
            Err(StoreError::Refused) => {
                self.tags.forget(&seen);
                self.release(&spent);
                self.journal.add(Event::DiskFull, 1);
                Answer::Unavailable
            }
            Err(StoreError::Stopped(stopped)) => return Err(stopped),
        };
        for (request, _permit) in requests {
            // Whoever asked may have gone.
            let _ = request.send(answer);
        }
        Ok(())
    }

    /// What is due at a tick: `now` in milliseconds since the start, `clock` in seconds since 1970.
    pub(crate) fn tick(&mut self, now: u64, clock: u64) -> Result<(), Stopped> {
        self.step(now, clock)?;
        self.journal.tick(clock);
        Ok(())
    }

    /// The same without telling it.
    pub(crate) fn step(&mut self, now: u64, clock: u64) -> Result<(), Stopped> {
        let rng = &mut random::system();
        let rotated = self
            .keys
            .rotate(clock, &self.assignment, &self.memory, &mut self.tags, rng);
        match rotated {
            Ok(rotation) => {
                self.journal.add(Event::KeysMade, rotation.made);
                self.journal.add(Event::KeysErased, rotation.erased);
            }
            // Keys are made two epochs ahead: there is time until the disk has room.
            Err(RotateError::Log(_)) => self.journal.add(Event::DiskFull, 1),
            Err(RotateError::Memory(error)) => return Err(error.into()),
        }
        if let Some(admission) = &self.admission {
            admission.forget_over(clock);
        }
        let released = self
            .pool
            .tick(now, &mut passing())
            .map_err(MemoryError::System)?;
        self.journal.add(Event::Released, released);
        // By the hour and without a size: when a pool goes on, to the tick, says which packet was the canary.
        self.journal
            .add(Event::Held, usize::from(self.pool.holds()));
        if let Some(watch) = &self.watch {
            watch.tell();
        }
        Ok(())
    }

    /// Those for whose packets there is room, whether or not the packets are good, and the others.
    fn split(&self, batch: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
        let mut room = self.pool.room().min(self.tags.room());
        batch.into_iter().partition(|waiting| {
            let fits = waiting.weight() <= room;
            if fits {
                room -= waiting.weight();
            }
            fits
        })
    }

    /// What is to be kept of a packet: nothing if it was seen before.
    fn fresh(&mut self, opened: Option<Opened>, seen: &mut Vec<(Epoch, Tag)>) -> Option<Kept> {
        let Opened { epoch, tag, fate } = opened?;
        if !self.tags.remember(epoch, tag) {
            return None;
        }
        seen.push((epoch, tag));
        Some(Kept { epoch, tag, fate })
    }

    fn store(
        &mut self,
        records: &[Option<Kept>],
        seen: &[(Epoch, Tag)],
        spent: &[Spent],
    ) -> Result<usize, StoreError> {
        let bytes: Vec<Option<&[u8]>> = records
            .iter()
            .map(|record| match &record.as_ref()?.fate {
                Fate::Forward(inner, _) => Some(inner.as_ref()),
                Fate::End => None,
            })
            .collect();
        let written = self.segments.write(&bytes, &mut random::system())?;
        let mut packets = Vec::new();
        for ((record, key), index) in records.iter().zip(written.keys).zip(0..) {
            let Some(Kept { epoch, tag, fate }) = record else {
                continue;
            };
            let (next, hop) = match fate {
                Fate::Forward(_, hop) => match self.assignment.hops.get(*hop) {
                    Some(next) => (next.id, Some(*hop)),
                    None => continue,
                },
                Fate::End => (NOWHERE, None),
            };
            let packet = Packet {
                segment: written.segment,
                index,
                epoch: *epoch,
                next,
                tag: *tag,
                // Noise has no key, and nobody will open it.
                key: key.unwrap_or_default(),
            };
            packets.push((packet, hop));
        }
        let kept = packets.len();
        if kept == 0 {
            self.segments.files().unlink(written.segment);
        }
        let tags: Vec<Tag> = packets.iter().map(|(packet, _)| packet.tag).collect();
        let held = self.pool.store(packets).map_err(MemoryError::System)?;
        match self.append(seen, spent) {
            Ok(()) => {
                if let Some(watch) = &self.watch
                    && watch.took(&tags, &mut passing())
                {
                    self.pool.handle_canary();
                }
                self.pool.admit(held);
            }
            Err(AppendError::Refused(_)) => {
                self.pool.withdraw(&held).map_err(MemoryError::System)?;
                return Err(StoreError::Refused);
            }
            Err(AppendError::Broken(error)) => {
                return Err(StoreError::Stopped(Stopped::Tags(error)));
            }
        }
        Ok(kept)
    }

    fn append(&mut self, seen: &[(Epoch, Tag)], spent: &[Spent]) -> Result<(), AppendError> {
        match &self.admission {
            None => self.tags.append(seen),
            Some(admission) => {
                tags::append([(&mut self.tags, seen), (&mut admission.spent(), spent)])
            }
        }
    }

    fn release(&self, spent: &[Spent]) {
        if let Some(admission) = &self.admission {
            admission.release(spent);
        }
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Waiting {
    /// Its share of the waiting room: a request without a packet takes a place too.
    fn weight(&self) -> usize {
        self.packets.len().max(1)
    }
}

/// A generator for one shuffle: thousands of draws without a system call each, and nothing that outlives it from which
/// the shuffle could be computed again.
fn passing() -> impl CryptoRng {
    StdRng::from_rng(&mut random::system())
}

fn answer(requests: Vec<Waiting>, answer: Answer) {
    for request in requests {
        let _ = request.answer.send(answer);
    }
}

struct Kept {
    epoch: Epoch,
    tag: Tag,
    fate: Fate,
}

enum StoreError {
    Refused,
    Stopped(Stopped),
}

impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(_) => Self::Refused,
            WriteError::Sync(error) => Self::Stopped(Stopped::Disk(error)),
        }
    }
}

impl From<MemoryError> for StoreError {
    fn from(error: MemoryError) -> Self {
        Self::Stopped(Stopped::Memory(error))
    }
}

/// Packets that are written without waiting for the tick.
pub(crate) const EARLY: usize = 256;
