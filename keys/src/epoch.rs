//! Numbered spans of time, and the keys that live for one each.

use alloc::vec::Vec;

use crate::pair::SecretKey;
use crate::role::Recipient;

/// A span of time of fixed length: day numbers for relays, week numbers for desks, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch of this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The epoch that `now` (seconds since 1970) falls in, for epochs of `length` seconds (at least 1).
    pub fn at(now: u64, length: u64) -> Self {
        let number = now / length.max(1);
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// When the epoch begins, in seconds since 1970.
    pub fn start(self, length: u64) -> u64 {
        u64::from(self.0).saturating_mul(length)
    }

    /// The epoch `count` later.
    #[must_use]
    pub const fn plus(self, count: u32) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// The epoch `count` earlier, or the first.
    #[must_use]
    pub const fn minus(self, count: u32) -> Self {
        Self(self.0.saturating_sub(count))
    }
}

/// Secret keys by epoch. Expired ones are erased, not archived.
pub struct KeyRing<R> {
    keys: Vec<Held<R>>,
}

/// One key of a ring.
pub struct Held<R> {
    /// The span the key was made for.
    pub epoch: Epoch,
    /// [`crate::pair::PublicKey::id`] of its public half.
    pub id: [u8; 4],
    /// The key.
    pub secret: SecretKey<R>,
}

impl<R: Recipient> KeyRing<R> {
    /// A ring without keys.
    pub const fn new() -> Self {
        Self { keys: Vec::new() }
    }

    /// Adds the key of an epoch, in the place of an earlier one for the same epoch, which is erased.
    pub fn insert(&mut self, epoch: Epoch, secret: SecretKey<R>) {
        self.keys.retain(|held| held.epoch != epoch);
        let id = secret.public().id();
        self.keys.push(Held { epoch, id, secret });
    }

    /// The key of an epoch.
    pub fn by_epoch(&self, epoch: Epoch) -> Option<&Held<R>> {
        self.keys.iter().find(|held| held.epoch == epoch)
    }

    /// The keys whose id is `id`; ids have 4 bytes and may coincide.
    pub fn by_id(&self, id: [u8; 4]) -> impl Iterator<Item = &Held<R>> {
        self.keys.iter().filter(move |held| held.id == id)
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = &Held<R>> {
        self.keys.iter()
    }

    /// Erases every key of an epoch before `first` and says how many went.
    pub fn erase_before(&mut self, first: Epoch) -> usize {
        let before = self.keys.len();
        self.keys.retain(|held| held.epoch >= first);
        before - self.keys.len()
    }
}

impl<R: Recipient> Default for KeyRing<R> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Relay;

    #[test]
    fn epochs_tile_time() {
        assert_eq!(Epoch::at(86_399, 86_400), Epoch::new(0));
        assert_eq!(Epoch::at(86_400, 86_400), Epoch::new(1));
        assert_eq!(Epoch::new(3).start(100), 300);
        assert_eq!(Epoch::at(u64::MAX, 0), Epoch::new(u32::MAX));
    }

    #[test]
    fn an_expired_key_is_gone_and_the_others_stay() {
        let mut ring = KeyRing::<Relay>::new();
        for n in 1..=3u8 {
            ring.insert(Epoch::new(n.into()), SecretKey::from_seed(&[n; 32]));
        }
        let id = ring.by_epoch(Epoch::new(1)).map(|held| held.id).unwrap();
        assert_eq!(ring.by_id(id).count(), 1);
        assert_eq!(ring.erase_before(Epoch::new(2)), 1);
        assert_eq!(ring.by_id(id).count(), 0);
        assert!(ring.by_epoch(Epoch::new(2)).is_some());
    }
}
