//! The onion packet: three layers of HPKE, each 1,157 bytes, nothing but a key id in the clear (SPEC §7).
//!
//! ```text
//! packet = key_id 4 │ enc 1,120 │ AEAD( command 1 │ next 16 │ inner ) │ tag 16
//! inner  = the next layer's packet, or the delivered cell, or noise
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::PublicKey;
use brolly_keys::role::Relay;
use brolly_keys::suite::{self, ENC, SealError, TAG};
use rand_core::CryptoRng;

use crate::cell::SealedCell;
use crate::codec::Fields;
use crate::geometry::{
    DELIVERED, ENTRY_PACKET, EXIT_PACKET, KEY_ID, LAYERS, MIDDLE_PACKET, NODE_ID, REPLAY_TAG,
};
use crate::node::{NodeId, SchemeId};

/// A relay's place on the path. Topology is layered, so position is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Layer {
    /// The first: takes packets from anybody.
    Entry,
    /// The second.
    Middle,
    /// The last: delivers to the inbox.
    Exit,
}

/// One hop of a path as its sender sees it.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The relay.
    pub relay: NodeId,
    /// The epoch of the key.
    pub epoch: Epoch,
    /// The key.
    pub key: PublicKey<Relay>,
}

/// What the exit is told to do.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Command<'a> {
    /// Deliver this cell to this inbox.
    Deliver(NodeId, &'a SealedCell),
    /// Discard it: a cover cell.
    Drop,
}

/// A packet ready for the entry relay, and the tag by which each relay will know it again.
pub struct Wrapped {
    /// 32,768 bytes.
    pub packet: Box<[u8]>,
    /// Replay tags, entry first.
    pub tags: [[u8; REPLAY_TAG]; LAYERS],
}

/// What a relay found under its layer.
#[derive(Debug, PartialEq, Eq)]
pub struct Peeled {
    /// The epoch of the key that opened it.
    pub epoch: Epoch,
    /// The packet's tag under that key.
    pub tag: [u8; REPLAY_TAG],
    /// What to do.
    pub step: Step,
}

/// What a relay is to do with a packet.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Hold these bytes in the pool, then pass them on to `next`.
    Forward {
        /// A relay of the next layer, or the inbox when this is the exit.
        next: NodeId,
        /// A packet of the next layer's size, or a delivered cell.
        inner: Inner,
    },
    /// Forget it.
    Drop,
}

/// What a relay passes on, in the memory that it was opened in.
#[derive(Debug, PartialEq, Eq)]
pub struct Inner(Vec<u8>);

/// Why a packet is discarded. Its sender is never told which, or that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeelError {
    /// Not this layer's size.
    #[error("not this layer's size")]
    Length,
    /// No key of this id is held: another relay's, expired, or changed.
    #[error("no key of this id is held")]
    UnknownKey,
    /// It does not open: changed, or made for another relay, epoch or scheme.
    #[error("the layer does not open")]
    Refused,
    /// It opens and says something that this layer does not do.
    #[error("the command is not one of this layer")]
    Command,
}

impl Layer {
    /// The three, in the order of the path.
    pub const ALL: [Self; LAYERS] = [Self::Entry, Self::Middle, Self::Exit];

    /// The size of the packets that this layer takes, in bytes.
    pub const fn packet(self) -> usize {
        match self {
            Self::Entry => ENTRY_PACKET,
            Self::Middle => MIDDLE_PACKET,
            Self::Exit => EXIT_PACKET,
        }
    }

    /// The size of what this layer passes on, in bytes.
    pub const fn inner(self) -> usize {
        match self {
            Self::Entry => MIDDLE_PACKET,
            Self::Middle => EXIT_PACKET,
            Self::Exit => DELIVERED,
        }
    }

    /// Its number in the directory, from 0.
    pub const fn number(self) -> u8 {
        match self {
            Self::Entry => 0,
            Self::Middle => 1,
            Self::Exit => 2,
        }
    }

    /// The layer that sends to this one.
    pub const fn before(self) -> Option<Self> {
        match self {
            Self::Entry => None,
            Self::Middle => Some(Self::Entry),
            Self::Exit => Some(Self::Middle),
        }
    }

    /// The layer that this one sends to; after the exit comes the inbox.
    pub const fn after(self) -> Option<Self> {
        match self {
            Self::Entry => Some(Self::Middle),
            Self::Middle => Some(Self::Exit),
            Self::Exit => None,
        }
    }
}

impl Inner {
    /// The memory, for another packet to be opened in.
    pub fn into_room(self) -> Vec<u8> {
        self.0
    }
}

impl AsRef<[u8]> for Inner {
    fn as_ref(&self) -> &[u8] {
        self.0.get(HEAD..).unwrap_or_default()
    }
}

/// Wraps a command along a path, entry first.
///
/// # Errors
/// [`SealError`], which does not happen for keys that were read.
pub fn wrap(
    scheme: SchemeId,
    path: &[Hop; LAYERS],
    command: Command<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Wrapped, SealError> {
    let mut tags = [[0; REPLAY_TAG]; LAYERS];
    let (code, mut next, mut inner) = match command {
        Command::Deliver(inbox, cell) => (DELIVER, inbox, cell.as_bytes().to_vec()),
        Command::Drop => {
            let mut noise = alloc::vec![0; DELIVERED];
            rng.fill_bytes(&mut noise);
            (DROP, NodeId([0; NODE_ID]), noise)
        }
    };
    let mut code = code;
    for (hop, tag) in path.iter().zip(&mut tags).rev() {
        let mut plain = Vec::with_capacity(HEAD + inner.len());
        plain.push(code);
        plain.extend_from_slice(&next.0);
        plain.extend_from_slice(&inner);
        let id = hop.key.id();
        let info = info(scheme, hop.relay, hop.epoch);
        let sealed = suite::seal(&hop.key, &info, &id, &plain, rng)?;
        *tag = sealed.tag;
        inner = [id.as_slice(), &sealed.enc, &sealed.ciphertext].concat();
        (code, next) = (FORWARD, hop.relay);
    }
    Ok(Wrapped {
        packet: inner.into(),
        tags,
    })
}

/// Removes this relay's layer. The packet is opened in `room`, whose memory goes into [`Inner`] if there is one. That is
/// the one allocation, beside what the cipher's library takes for itself, and there is none when `room` has held a packet
/// of this layer before.
///
/// # Errors
/// [`PeelError`], for the relay's own counters alone.
pub fn peel(
    scheme: SchemeId,
    relay: NodeId,
    layer: Layer,
    ring: &KeyRing<Relay>,
    packet: &[u8],
    room: &mut Vec<u8>,
) -> Result<Peeled, PeelError> {
    if packet.len() != layer.packet() {
        return Err(PeelError::Length);
    }
    let mut fields = Fields::new(packet);
    let id = *fields.array::<KEY_ID>().map_err(|_| PeelError::Length)?;
    let enc = fields.take(ENC).map_err(|_| PeelError::Length)?;
    let mut known = ring.by_id(id).peekable();
    known.peek().ok_or(PeelError::UnknownKey)?;
    let sealed = fields.rest();
    room.resize(sealed.len().saturating_sub(TAG), 0);
    let (epoch, tag) = known
        .find_map(|held| {
            let info = info(scheme, relay, held.epoch);
            let tag = suite::open(&held.secret, &info, &id, enc, sealed, room).ok()?;
            Some((held.epoch, tag))
        })
        .ok_or(PeelError::Refused)?;

    let mut plain = Fields::new(room);
    let [code] = *plain.array::<1>().map_err(|_| PeelError::Command)?;
    let next = NodeId(*plain.array().map_err(|_| PeelError::Command)?);
    let step = match (code, layer.after()) {
        (FORWARD, Some(_)) | (DELIVER, None) => Step::Forward {
            next,
            inner: Inner(mem::take(room)),
        },
        (DROP, _) => Step::Drop,
        _ => return Err(PeelError::Command),
    };
    Ok(Peeled { epoch, tag, step })
}

/// A hop's binding: `"brolly/1 hop" | scheme | relay | epoch`.
fn info(scheme: SchemeId, relay: NodeId, epoch: Epoch) -> [u8; INFO] {
    let epoch = epoch.number().to_be_bytes();
    let parts = [LABEL, &scheme.0, &relay.0, &epoch];
    let mut info = [0; INFO];
    for (to, from) in info.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    info
}

const LABEL: &[u8] = b"brolly/1 hop";
const INFO: usize = 12 + 32 + NODE_ID + 4;
/// What stands before the inner packet: command, next.
const HEAD: usize = 1 + NODE_ID;
const FORWARD: u8 = 1;
const DELIVER: u8 = 2;
const DROP: u8 = 3;

#[cfg(test)]
mod tests;
