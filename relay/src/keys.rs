//! This relay's packet keys by epoch, and what it says of them on the board.
//!
//! ```text
//! epoch      now-1       now        now+1       now+2
//!          if held     in use      posted      posted          before that: key erased, then its tags
//! ```

use std::io;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_protocol::notice::KeyNotice;
use rand_core::CryptoRng;

use crate::assignment::Assignment;
use crate::supervised::{Memory, MemoryError};
use crate::tags::Tags;

/// The keys that open packets here.
pub(crate) struct Keys {
    ring: RwLock<KeyRing<Relay>>,
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
    pub(crate) fn open(memory: &Memory) -> Result<Self, MemoryError> {
        let mut ring = KeyRing::new();
        for (epoch, seed) in memory.keys()? {
            ring.insert(epoch, SecretKey::from_seed(&seed));
        }
        let ring = RwLock::new(ring);
        Ok(Self { ring })
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
        }
        let mut made = 0;
        for epoch in [current, current.plus(1), current.plus(2)] {
            if self.ring().by_epoch(epoch).is_none() {
                let secret = SecretKey::generate(rng);
                tags.begin(epoch).map_err(RotateError::Log)?;
                memory.put_key(epoch, &secret.expose())?;
                self.ring
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(epoch, secret);
                made += 1;
            }
        }
        Ok(Rotation { made, erased })
    }

    /// The keys, to open packets with.
    pub(crate) fn ring(&self) -> RwLockReadGuard<'_, KeyRing<Relay>> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the board should have of the keys for `now` (seconds since 1970) and later, signed: the same bytes whenever
    /// they are asked for.
    pub(crate) fn entries(&self, assignment: &Assignment, now: u64) -> Vec<(Epoch, Vec<u8>)> {
        let current = Epoch::at(now, assignment.directory.parameters.packet_epoch);
        let ring = self.ring();
        let due = ring.iter().filter(|held| held.epoch >= current);
        due.map(|held| {
            let notice = KeyNotice::<Relay> {
                scheme: assignment.directory.scheme,
                node: assignment.id,
                epoch: held.epoch,
                key: held.secret.public(),
            };
            (held.epoch, notice.to_entry(&assignment.secrets.key))
        })
        .collect()
    }
}

/// The oldest epoch whose key a relay holds at `now` (seconds since 1970), for epochs of `length` seconds.
pub(crate) fn oldest(now: u64, length: u64) -> Epoch {
    Epoch::at(now, length).minus(1)
}
