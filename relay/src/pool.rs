//! The pool: packets that wait, as numbers of slots in the supervised memory, until the mix releases them.
//!
//! ```text
//! writer ──store──▶ slot, segment ──admit──▶ mix ──tick──▶ a queue for each next hop ──take──▶ forward ──done──▶ erased
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brolly_keys::epoch::Epoch;
use brolly_protocol::mix;
use brolly_protocol::node::NodeId;
use brolly_protocol::replay::Tag;
use rand_core::CryptoRng;
use tokio::sync::Notify;

use crate::assignment::Assignment;
use crate::segment::{Files, Reader};
use crate::supervised::{Memory, Packet};

/// What waits.
pub(crate) struct Pool {
    memory: Arc<Memory>,
    files: Files,
    state: Mutex<State>,
    wake: Vec<Notify>,
}

struct State {
    mix: mix::Pool<Held>,
    /// A queue for each next hop of the assignment.
    queues: Vec<VecDeque<u32>>,
    free: Vec<u32>,
    /// Packets that wait, by segment.
    segments: BTreeMap<u64, u32>,
}

/// A packet in a slot, and which next hop it is for, unless it ends here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    slot: u32,
    hop: Option<usize>,
}

/// The next hop of a packet that ends here.
pub(crate) const NOWHERE: NodeId = NodeId([0; 16]);

/// What was found at a start.
pub(crate) struct Recovered {
    /// Tags of the packets that wait.
    pub(crate) tags: Vec<(Epoch, Tag)>,
    /// Packets whose record is gone, or whose next hop is no longer in the directory.
    pub(crate) lost: usize,
    /// Segments in which nothing waits, now unlinked.
    pub(crate) swept: usize,
}

/// What is in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A packet, which was read.
    Packet,
    /// One whose epoch is over.
    Over,
    /// One that the disk no longer has.
    Unreadable,
}

impl Pool {
    /// Puts what the supervised memory holds back into a pool, and removes what nobody has a key for.
    /// `now` is in milliseconds.
    pub(crate) fn recover(
        memory: Arc<Memory>,
        files: Files,
        assignment: &Assignment,
        now: u64,
    ) -> io::Result<(Self, Recovered)> {
        let hops = assignment.hops.len();
        let mut state = State {
            mix: mix::Pool::new(assignment.mix(), now),
            queues: vec![VecDeque::new(); hops],
            free: Vec::new(),
            segments: BTreeMap::new(),
        };
        let mut recovered = Recovered {
            tags: Vec::new(),
            lost: 0,
            swept: 0,
        };
        memory.each_packet(|slot, packet| {
            let Some(packet) = packet else {
                state.free.push(slot);
                return Ok(());
            };
            recovered.tags.push((packet.epoch, packet.tag));
            let hop = match packet.next {
                NOWHERE => Some(None),
                next => assignment.hop(next).map(Some),
            };
            match hop {
                Some(hop) if files.has(packet.segment, packet.index) => {
                    *state.segments.entry(packet.segment).or_default() += 1;
                    state.mix.insert(Held { slot, hop });
                }
                _ => {
                    memory.erase(slot)?;
                    state.free.push(slot);
                    recovered.lost += 1;
                }
            }
            Ok(())
        })?;
        // The last is taken first.
        state.free.reverse();
        for segment in files.numbers()? {
            if !state.segments.contains_key(&segment) {
                files.unlink(segment);
                recovered.swept += 1;
            }
        }
        let pool = Self {
            memory,
            files,
            state: Mutex::new(state),
            wake: (0..hops).map(|_| Notify::new()).collect(),
        };
        Ok((pool, recovered))
    }

    /// How many more packets fit.
    pub(crate) fn room(&self) -> usize {
        self.state().free.len()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().segments.is_empty()
    }

    /// Keeps the places and keys of packets that were written; none of them is released yet.
    pub(crate) fn store(&self, packets: Vec<(Packet, Option<usize>)>) -> io::Result<Vec<Held>> {
        let mut held = Vec::with_capacity(packets.len());
        for (packet, hop) in packets {
            let slot = {
                let mut state = self.state();
                let slot = state.free.pop().ok_or(io::ErrorKind::StorageFull)?;
                *state.segments.entry(packet.segment).or_default() += 1;
                slot
            };
            self.memory.put(slot, &packet)?;
            held.push(Held { slot, hop });
        }
        Ok(held)
    }

    /// Lets the mix have packets that were stored.
    pub(crate) fn admit(&self, held: Vec<Held>) {
        let mut state = self.state();
        for held in held {
            state.mix.insert(held);
        }
    }

    /// Lets the mix know that a canary of this relay came in, or, at a start, that canaries are sent: it is guarded from
    /// then on.
    pub(crate) fn handle_canary(&self) {
        self.state().mix.handle_canary();
    }

    /// Whether the mix holds because no canary came in.
    pub(crate) fn holds(&self) -> bool {
        self.state().mix.holds()
    }

    /// Takes all slots that wait for a next hop.
    #[cfg(feature = "measure")]
    pub(crate) fn queued(&self, hop: usize) -> Vec<u32> {
        let mut state = self.state();
        let queue = state.queues.get_mut(hop).map(std::mem::take);
        queue.unwrap_or_default().into()
    }

    /// How many packets the mix has.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.state().mix.len()
    }

    /// Forgets packets that were stored and cannot be admitted.
    pub(crate) fn withdraw(&self, held: &[Held]) -> io::Result<()> {
        held.iter().try_for_each(|held| self.done(held.slot))
    }

    /// When the next tick is due, in milliseconds.
    pub(crate) fn next_tick(&self) -> u64 {
        self.state().mix.poll_timeout()
    }

    /// Releases what the mix lets go at `now` (milliseconds) to the next hops' queues, erases what ends here, and says
    /// how many there were.
    pub(crate) fn tick(&self, now: u64, rng: &mut impl CryptoRng) -> io::Result<usize> {
        let mut state = self.state();
        let released = state.mix.handle_timeout(now, rng);
        let mut ended = Vec::new();
        for held in &released {
            match held.hop.map(|hop| state.queues.get_mut(hop)) {
                Some(Some(queue)) => queue.push_back(held.slot),
                Some(None) | None => ended.push(held.slot),
            }
        }
        drop(state);
        self.wake.iter().for_each(Notify::notify_one);
        ended.into_iter().try_for_each(|slot| self.done(slot))?;
        Ok(released.len())
    }

    /// Takes up to `count` slots from a next hop's queue, once there are any.
    pub(crate) async fn take(&self, hop: usize, count: usize) -> Vec<u32> {
        loop {
            if let Some(queue) = self.state().queues.get_mut(hop)
                && !queue.is_empty()
            {
                let count = count.min(queue.len());
                return queue.drain(..count).collect();
            }
            match self.wake.get(hop) {
                Some(wake) => wake.notified().await,
                None => std::future::pending().await,
            }
        }
    }

    /// Gives back slots that could not be passed on, in their order.
    pub(crate) fn give_back(&self, hop: usize, slots: &[u32]) {
        if let Some(queue) = self.state().queues.get_mut(hop) {
            for slot in slots.iter().rev() {
                queue.push_front(*slot);
            }
        }
    }

    /// Appends the packet in a slot to what a reader has read, unless its `epoch` is one that is `over`.
    pub(crate) fn read(
        &self,
        slot: u32,
        reader: &mut Reader<'_>,
        over: impl Fn(Epoch) -> bool,
        packets: &mut Vec<u8>,
    ) -> io::Result<Found> {
        let Some(packet) = self.memory.packet(slot)? else {
            return Ok(Found::Unreadable);
        };
        if over(packet.epoch) {
            return Ok(Found::Over);
        }
        let read = reader.read(packet.segment, packet.index, &packet.key, packets);
        Ok(if read {
            Found::Packet
        } else {
            Found::Unreadable
        })
    }

    /// To read several packets.
    pub(crate) fn reader(&self) -> Reader<'_> {
        self.files.reader()
    }

    /// The bytes of a packet that is passed on.
    pub(crate) fn packet(&self) -> usize {
        self.files.packet()
    }

    /// Erases a packet: first its key, then, with the last packet in it, its file.
    pub(crate) fn done(&self, slot: u32) -> io::Result<()> {
        let Some(packet) = self.memory.packet(slot)? else {
            return Ok(());
        };
        self.memory.erase(slot)?;
        let mut state = self.state();
        state.free.push(slot);
        if let Some(count) = state.segments.get_mut(&packet.segment) {
            *count -= 1;
            if *count == 0 {
                state.segments.remove(&packet.segment);
                self.files.unlink(packet.segment);
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
