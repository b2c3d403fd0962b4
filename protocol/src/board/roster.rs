//! Whose word counts on the board.

use alloc::collections::BTreeMap;

use brolly_keys::role::{Desk, Relay};
use brolly_keys::sign::VerifyingKey;

use crate::directory::Directory;
use crate::node::{NodeId, SchemeId};

/// Desks and relays whose signatures are accepted: those of a directory, or of all versions there were.
pub trait Signers {
    /// The scheme.
    fn scheme(&self) -> SchemeId;
    /// The desk of this id.
    fn desk(&self, id: NodeId) -> Option<KnownDesk>;
    /// The identity key of the relay of this id.
    fn relay(&self, id: NodeId) -> Option<VerifyingKey<Relay>>;
}

/// A desk, as far as the board cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownDesk {
    /// Its identity key.
    pub key: VerifyingKey<Desk>,
    /// Whether it may publish alerts and notices.
    pub alerts: bool,
}

/// All desks and relays there ever were, for reading a board from its beginning.
#[derive(Debug, Clone)]
pub struct Roster {
    scheme: SchemeId,
    desks: BTreeMap<NodeId, KnownDesk>,
    relays: BTreeMap<NodeId, VerifyingKey<Relay>>,
}

impl Roster {
    /// Nobody of a scheme yet.
    pub fn new(scheme: SchemeId) -> Self {
        Self {
            scheme,
            desks: BTreeMap::new(),
            relays: BTreeMap::new(),
        }
    }

    /// Adds those of a version. A desk may say what any of the versions lets it say: one that takes a right away is known
    /// before it counts.
    pub fn take(&mut self, directory: &Directory) {
        for desk in &directory.desks {
            let known = self.desks.entry(desk.id).or_insert(KnownDesk::from(desk));
            // An id is its key's, so nothing but this can differ.
            known.alerts |= desk.alerts;
        }
        for relay in &directory.relays {
            self.relays.insert(relay.id, relay.key);
        }
    }
}

impl Signers for Roster {
    fn scheme(&self) -> SchemeId {
        self.scheme
    }

    fn desk(&self, id: NodeId) -> Option<KnownDesk> {
        self.desks.get(&id).copied()
    }

    fn relay(&self, id: NodeId) -> Option<VerifyingKey<Relay>> {
        self.relays.get(&id).copied()
    }
}

impl Signers for Directory {
    fn scheme(&self) -> SchemeId {
        self.scheme
    }

    fn desk(&self, id: NodeId) -> Option<KnownDesk> {
        Self::desk(self, id).map(KnownDesk::from)
    }

    fn relay(&self, id: NodeId) -> Option<VerifyingKey<Relay>> {
        Self::relay(self, id).map(|relay| relay.key)
    }
}

impl From<&crate::directory::DeskEntry> for KnownDesk {
    fn from(desk: &crate::directory::DeskEntry) -> Self {
        Self {
            key: desk.key,
            alerts: desk.alerts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Entry, EntryError, ReadMark};
    use super::*;
    use crate::directory::sample;

    #[test]
    fn spec_14_6_a_board_is_read_whole_although_desks_have_left() {
        let before = sample::directory();
        let mut after = before.clone();
        let left = after.desks.pop().unwrap();
        after.desks[0].alerts = false;
        let mark = ReadMark::new(left.id, 5, 20_700).to_entry(&sample::desk_key(2));
        assert_eq!(Entry::verify(&mark, &after), Err(EntryError::Stranger));
        let mut roster = Roster::new(before.scheme);
        assert_eq!(Entry::verify(&mark, &roster), Err(EntryError::Stranger));
        roster.take(&before);
        roster.take(&after);
        assert!(Entry::verify(&mark, &roster).is_ok());
        let first = roster.desk(after.desks[0].id).unwrap();
        assert!(first.alerts, "the next version may not be in force yet");
        assert!(roster.relay(before.relays[0].id).is_some());
        assert!(roster.relay(left.id).is_none());
    }
}
