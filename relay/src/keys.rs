//! Packet keys: this relay's own by epoch, and what the other relays announced.
//!
//! ```text
//! epoch      now-1       now        now+1       now+2
//!          if held     in use     announced   announced        before that: key erased, then its tags
//! ```

use std::io;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_protocol::geometry::KEY_NOTICE;
use brolly_protocol::node::NodeId;
use brolly_protocol::notice::{KeyNotice, PacketKeys};
use rand_core::CryptoRng;

use crate::assignment::Assignment;
use crate::supervised::{Memory, MemoryError};
use crate::tags::Tags;

/// The keys that open packets here, and the notices that are handed out.
pub(crate) struct Keys {
    ring: RwLock<KeyRing<Relay>>,
    notices: Mutex<PacketKeys>,
}

/// What a rotation did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rotation {
    pub(crate) made: usize,
    pub(crate) erased: usize,
}

/// Why keys were not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RotateError {
    /// The log of their tags could not be made; later it may.
    #[error(transparent)]
    Log(io::Error),
    /// The supervised memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

impl Keys {
    /// The keys that the supervised memory holds.
    pub(crate) fn open(memory: &Memory, assignment: &Assignment) -> Result<Self, MemoryError> {
        let keys = Self {
            ring: RwLock::new(KeyRing::new()),
            notices: Mutex::new(PacketKeys::new()),
        };
        for (epoch, seed) in memory.keys()? {
            keys.insert(epoch, SecretKey::from_seed(&seed), assignment);
        }
        Ok(keys)
    }

    /// Erases what is over at `now` (seconds since 1970) and makes what is due, two epochs ahead.
    pub(crate) fn rotate(
        &self,
        now: u64,
        assignment: &Assignment,
        memory: &Memory,
        tags: &mut Tags,
        rng: &mut impl CryptoRng,
    ) -> Result<Rotation, RotateError> {
        let length = assignment.directory.parameters.packet_epoch;
        let current = Epoch::at(now, length);
        let first = oldest(now, length);
        let erased = self
            .ring
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .erase_before(first);
        if erased > 0 {
            // The key first: a log without a key is rubbish, a key without its log could be replayed to.
            memory
                .erase_keys_before(first)
                .map_err(MemoryError::System)?;
            tags.end_before(first);
            self.notices().erase_before(first);
        }
        let mut made = 0;
        for epoch in [current, current.plus(1), current.plus(2)] {
            if self.ring().by_epoch(epoch).is_none() {
                let secret = SecretKey::generate(rng);
                tags.begin(epoch).map_err(RotateError::Log)?;
                memory.put_key(epoch, &secret.expose())?;
                self.insert(epoch, secret, assignment);
                made += 1;
            }
        }
        Ok(Rotation { made, erased })
    }

    /// The keys, to open packets with.
    pub(crate) fn ring(&self) -> RwLockReadGuard<'_, KeyRing<Relay>> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every notice known, this relay's own among them.
    pub(crate) fn to_wire(&self) -> Vec<u8> {
        self.notices().to_wire()
    }

    /// Takes in what the relay `from` announces for itself for epochs near `now`. What it says of others is passed
    /// over: they say it themselves, and newer.
    pub(crate) fn accept(&self, assignment: &Assignment, from: NodeId, wire: &[u8], now: u64) {
        let current = Epoch::at(now, assignment.directory.parameters.packet_epoch);
        let near = current.minus(1)..=current.plus(3);
        let own: Vec<u8> = wire
            .chunks_exact(KEY_NOTICE)
            .filter(|notice| names(notice).is_some_and(|(id, e)| id == from && near.contains(&e)))
            .flatten()
            .copied()
            .collect();
        self.notices().read(&assignment.directory, &own);
    }

    /// Whether the keys of `relay` for the epochs of `now` and after are known.
    pub(crate) fn knows(&self, assignment: &Assignment, relay: NodeId, now: u64) -> bool {
        let current = Epoch::at(now, assignment.directory.parameters.packet_epoch);
        let notices = self.notices();
        [current, current.plus(1)]
            .into_iter()
            .all(|epoch| notices.key(relay, epoch).is_some())
    }

    fn insert(&self, epoch: Epoch, secret: SecretKey<Relay>, assignment: &Assignment) {
        let notice = KeyNotice {
            scheme: assignment.directory.scheme,
            relay: assignment.id,
            epoch,
            key: secret.public(),
        };
        let wire = notice.sign(&assignment.key);
        self.notices().read(&assignment.directory, &wire);
        self.ring
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(epoch, secret);
    }

    fn notices(&self) -> std::sync::MutexGuard<'_, PacketKeys> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The oldest epoch whose key a relay holds at `now` (seconds since 1970), for epochs of `length` seconds.
pub(crate) fn oldest(now: u64, length: u64) -> Epoch {
    Epoch::at(now, length).minus(1)
}

/// The relay and the epoch that a notice is about; not checked.
fn names(notice: &[u8]) -> Option<(NodeId, Epoch)> {
    let (id, rest) = notice.get(32..)?.split_first_chunk()?;
    let epoch = u32::from_be_bytes(*rest.first_chunk()?);
    Some((NodeId(*id), Epoch::new(epoch)))
}
