//! What a packet is in the simulation: a real onion, or something of its sizes.

use std::collections::BTreeMap;

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_protocol::geometry::LAYERS;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::{self, Command, Hop, Layer, Step};
use brolly_protocol::replay::{Seen, TagSet};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What becomes of packets at relays.
pub trait Carrier {
    /// A client hands a packet to an entry.
    fn enter(&mut self, cell: u32) -> Peel;
    /// It arrives at a relay of this layer, from 1.
    fn pass(&mut self, cell: u32, layer: usize) -> Peel;
    /// It has left the last relay.
    fn leave(&mut self, cell: u32);
}

/// Whether a relay keeps a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peel {
    /// In its pool.
    Kept,
    /// Discarded.
    Dead,
}

/// Packets that are their sizes.
#[derive(Debug, Default)]
pub struct Sizes {
    under_way: BTreeMap<u32, usize>,
}

/// Packets that are wrapped, opened and looked up in sets of tags, one relay a layer.
pub struct Onions {
    rng: ChaCha20Rng,
    hops: [Hop; LAYERS],
    rings: [KeyRing<Relay>; LAYERS],
    tags: [TagSet; LAYERS],
    under_way: BTreeMap<u32, Vec<u8>>,
    meddle: BTreeMap<u32, Meddle>,
    /// What is to be sent once more.
    sent: BTreeMap<u32, Vec<u8>>,
}

/// What a hostile client or the entry does to a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meddle {
    /// Changes a bit on the way to the entry.
    Tag(usize),
    /// Changes a bit on the way to the middle relay.
    TagLater(usize),
    /// Sends the packet of another cell once more.
    Replay(u32),
    /// Cuts bytes off its end.
    Truncate(usize),
}

impl Carrier for Sizes {
    fn enter(&mut self, cell: u32) -> Peel {
        self.under_way.insert(cell, Layer::Entry.packet());
        self.open(cell, Layer::Entry)
    }

    fn pass(&mut self, cell: u32, layer: usize) -> Peel {
        self.open(cell, Layer::ALL[layer])
    }

    fn leave(&mut self, cell: u32) {
        self.under_way.remove(&cell);
    }
}

impl Sizes {
    fn open(&mut self, cell: u32, layer: Layer) -> Peel {
        match self.under_way.get_mut(&cell) {
            Some(size) if *size == layer.packet() => {
                *size = layer.inner();
                Peel::Kept
            }
            _ => Peel::Dead,
        }
    }
}

impl Onions {
    /// Three relays with fresh keys.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let secrets = [(); LAYERS].map(|()| SecretKey::generate(&mut rng));
        let mut number = 0;
        let hops = secrets.each_ref().map(|secret| {
            number += 1;
            Hop {
                relay: NodeId([number; 16]),
                epoch: EPOCH,
                key: secret.public(),
            }
        });
        let rings = secrets.map(|secret| {
            let mut ring = KeyRing::new();
            ring.insert(EPOCH, secret);
            ring
        });
        Self {
            tags: [(); LAYERS].map(|()| TagSet::new(rng.next_u64(), CAPACITY)),
            rng,
            hops,
            rings,
            under_way: BTreeMap::new(),
            meddle: BTreeMap::new(),
            sent: BTreeMap::new(),
        }
    }

    /// Does this to a cell before the first honest relay has it.
    pub fn meddle(&mut self, cell: u32, how: Meddle) {
        self.meddle.insert(cell, how);
    }

    fn open(&mut self, cell: u32, layer: Layer, packet: &[u8]) -> Peel {
        let at = usize::from(layer.number());
        let relay = self.hops[at].relay;
        let (ring, room) = (&self.rings[at], &mut Vec::new());
        let Ok(peeled) = onion::peel(SCHEME, relay, layer, ring, packet, room) else {
            return Peel::Dead;
        };
        if self.tags[at].insert(EPOCH, peeled.tag) != Seen::Fresh {
            return Peel::Dead;
        }
        // A cover cell that ends at the exit stays in its pool until it is let go.
        if let Step::Forward { inner, .. } = peeled.step {
            self.under_way.insert(cell, inner.as_ref().to_vec());
        }
        Peel::Kept
    }
}

impl Carrier for Onions {
    fn enter(&mut self, cell: u32) -> Peel {
        let wrapped = onion::wrap(SCHEME, &self.hops, Command::Drop, &mut self.rng);
        let mut packet = match wrapped {
            Ok(wrapped) => wrapped.packet.into_vec(),
            Err(_) => return Peel::Dead,
        };
        match self.meddle.get(&cell) {
            Some(Meddle::Tag(bit)) => packet[bit / 8] ^= 1 << (bit % 8),
            Some(Meddle::Truncate(bytes)) => packet.truncate(packet.len() - bytes),
            Some(Meddle::Replay(_) | Meddle::TagLater(_)) | None => {}
        }
        if let Some(Meddle::Replay(other)) = self.meddle.get(&cell) {
            packet = self.sent.get(other).cloned().unwrap_or_default();
        }
        if self.meddle.values().any(|how| *how == Meddle::Replay(cell)) {
            self.sent.insert(cell, packet.clone());
        }
        self.open(cell, Layer::Entry, &packet)
    }

    fn pass(&mut self, cell: u32, layer: usize) -> Peel {
        match self.under_way.remove(&cell) {
            Some(mut packet) => {
                if let (1, Some(Meddle::TagLater(bit))) = (layer, self.meddle.get(&cell)) {
                    packet[bit / 8] ^= 1 << (bit % 8);
                }
                self.open(cell, Layer::ALL[layer], &packet)
            }
            None => Peel::Dead,
        }
    }

    fn leave(&mut self, cell: u32) {
        self.under_way.remove(&cell);
    }
}

const SCHEME: SchemeId = SchemeId([17; 32]);
const EPOCH: Epoch = Epoch::new(20_000);
const CAPACITY: usize = 1_000_000;
