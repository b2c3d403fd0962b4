//! Exact sets of the tags a relay has seen, one a key epoch (SPEC §7.5).
//!
//! Not a Bloom filter: a false positive would silently lose somebody's report.

use alloc::collections::BTreeMap;

use brolly_keys::epoch::Epoch;
use foldhash::quality::FixedState;
use hashbrown::HashSet;

use crate::geometry::REPLAY_TAG;

/// A packet's tag.
pub type Tag = [u8; REPLAY_TAG];

/// The tags seen under each key that is still held.
pub struct TagSet {
    epochs: BTreeMap<Epoch, Tags>,
    seed: u64,
    capacity: usize,
    held: usize,
}

/// What came of asking to remember a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// Never before; it is remembered now.
    Fresh,
    /// A replay.
    Before,
    /// There is no room: take no more packets rather than forget one.
    Full,
}

impl TagSet {
    /// An empty set of at most `capacity` tags. `seed` is random, so that nobody can make tags that collide in the table.
    pub fn new(seed: u64, capacity: usize) -> Self {
        Self {
            epochs: BTreeMap::new(),
            seed,
            capacity,
            held: 0,
        }
    }

    /// Whether a tag was seen under the key of this epoch.
    pub fn contains(&self, epoch: Epoch, tag: &Tag) -> bool {
        let tags = self.epochs.get(&epoch);
        tags.is_some_and(|tags| tags.contains(tag))
    }

    /// Makes room in memory for so many more tags of an epoch at once: a table that grows is copied.
    pub fn reserve(&mut self, epoch: Epoch, additional: usize) {
        self.tags(epoch).reserve(additional);
    }

    /// Remembers a tag.
    pub fn insert(&mut self, epoch: Epoch, tag: Tag) -> Seen {
        if self.is_full() {
            return match self.contains(epoch, &tag) {
                true => Seen::Before,
                false => Seen::Full,
            };
        }
        if !self.tags(epoch).insert(tag) {
            return Seen::Before;
        }
        self.held += 1;
        Seen::Fresh
    }

    /// Forgets a tag that was remembered for a packet which could not be stored after all.
    pub fn forget(&mut self, epoch: Epoch, tag: &Tag) {
        if let Some(tags) = self.epochs.get_mut(&epoch) {
            self.held -= usize::from(tags.remove(tag));
        }
    }

    /// Forgets the tags of epochs before `first`, whose keys are destroyed.
    pub fn erase_before(&mut self, first: Epoch) {
        self.epochs = self.epochs.split_off(&first);
        self.held = self.epochs.values().map(Tags::len).sum();
    }

    /// Tags held.
    pub fn len(&self) -> usize {
        self.held
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Whether the next tag would be refused.
    pub fn is_full(&self) -> bool {
        self.held >= self.capacity
    }

    fn tags(&mut self, epoch: Epoch) -> &mut Tags {
        let empty = || Tags::with_hasher(FixedState::with_seed(self.seed));
        self.epochs.entry(epoch).or_insert_with(empty)
    }
}

type Tags = HashSet<Tag, FixedState>;

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Epoch = Epoch::new(20_000);

    #[test]
    fn spec_7_5_a_tag_is_fresh_once_an_epoch() {
        let mut set = TagSet::new(1, 100);
        assert_eq!(set.insert(DAY, [1; 16]), Seen::Fresh);
        assert_eq!(set.insert(DAY, [1; 16]), Seen::Before);
        assert_eq!(set.insert(DAY.plus(1), [1; 16]), Seen::Fresh);
        assert_eq!(set.len(), 2);
    }

    #[test]
    fn spec_7_5_a_full_set_refuses_before_it_forgets_anything() {
        let mut set = TagSet::new(1, 1_000);
        for n in 0..1_000u32 {
            assert_eq!(set.insert(DAY, tag(n)), Seen::Fresh);
        }
        assert_eq!(set.insert(DAY, tag(1_000)), Seen::Full);
        assert!(set.is_full());
        assert!((0..1_000).all(|n| set.insert(DAY, tag(n)) == Seen::Before));
    }

    #[test]
    fn the_tags_of_a_destroyed_key_are_forgotten_and_make_room() {
        let mut set = TagSet::new(1, 2);
        set.insert(DAY, [1; 16]);
        set.insert(DAY.plus(1), [2; 16]);
        set.erase_before(DAY.plus(1));
        assert_eq!(set.len(), 1);
        assert!(set.contains(DAY.plus(1), &[2; 16]));
        assert_eq!(set.insert(DAY.plus(1), [3; 16]), Seen::Fresh);
    }

    #[test]
    fn a_tag_that_could_not_be_stored_may_come_again() {
        let mut set = TagSet::new(1, 2);
        set.insert(DAY, [1; 16]);
        set.forget(DAY, &[1; 16]);
        assert!(set.is_empty());
        assert_eq!(set.insert(DAY, [1; 16]), Seen::Fresh);
    }

    fn tag(n: u32) -> Tag {
        let mut tag = [0; 16];
        tag[..4].copy_from_slice(&n.to_be_bytes());
        tag
    }
}
