//! The keys of relays and desks that are on the board: an index that follows from its entries alone (SPEC §14.8).
//!
//! ```text
//! index = record × n, by kind, node and epoch:   the board's entry, 1,333        the newest 4 epochs of a relay, 6 of a desk
//! ```
//!
//! Its SHA-256 stands in the board's checkpoint, so whoever hands it on can neither leave out a key nor show an old one.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use brolly_keys::epoch::Epoch;
use brolly_keys::pair::PublicKey;
use brolly_keys::role::{Desk, Relay};
use sha2::{Digest, Sha256};

use super::{DESK_KEY_KIND, Entry, RELAY_KEY_KIND, Signers};
use crate::geometry::KEY_RECORD;
use crate::log::Hash;
use crate::node::NodeId;

/// The index, as the board grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyIndex {
    records: BTreeMap<(u8, NodeId), BTreeMap<Epoch, Vec<u8>>>,
}

/// The keys of an index, each checked under the identity key that the directory gives its relay or desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    relays: BTreeMap<(NodeId, Epoch), PublicKey<Relay>>,
    desks: BTreeMap<(NodeId, Epoch), PublicKey<Desk>>,
}

impl KeyIndex {
    /// Takes a key entry of the board: a later one takes the place of an earlier one for the same node and epoch.
    pub(super) fn take(&mut self, node: NodeId, epoch: Epoch, entry: &[u8]) {
        let Some(kind) = entry.first() else {
            return;
        };
        let epochs = self.records.entry((*kind, node)).or_default();
        epochs.insert(epoch, entry.to_vec());
        let most = if *kind == RELAY_KEY_KIND {
            RELAY_EPOCHS
        } else {
            DESK_EPOCHS
        };
        while epochs.len() > most {
            epochs.pop_first();
        }
    }

    /// The index: 1,333 bytes a record.
    pub fn index(&self) -> Vec<u8> {
        self.records
            .values()
            .flat_map(|epochs| epochs.values().flatten().copied())
            .collect()
    }

    /// What the board's checkpoint says of the index: its SHA-256.
    pub fn digest(&self) -> Hash {
        Sha256::digest(self.index()).into()
    }

    /// Whether exactly this entry is in it.
    pub fn holds(&self, entry: &[u8]) -> bool {
        self.records
            .values()
            .any(|epochs| epochs.values().any(|held| held == entry))
    }
}

impl Keys {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens an index whose digest was checked. Keys of nodes that are not among `signers` are passed over; they have left.
    /// `None` when it is not whole records.
    pub fn open(index: &[u8], signers: &impl Signers) -> Option<Self> {
        let (records, rest) = index.as_chunks::<KEY_RECORD>();
        let mut keys = Self::new();
        for record in records {
            match Entry::verify(record, signers) {
                Ok(Entry::RelayKey(notice)) => {
                    let at = (notice.node, notice.epoch);
                    keys.relays.insert(at, notice.key.clone());
                }
                Ok(Entry::DeskKey(notice)) => {
                    let at = (notice.node, notice.epoch);
                    keys.desks.insert(at, notice.key.clone());
                }
                _ => {}
            }
        }
        rest.is_empty().then_some(keys)
    }

    /// The packet key of a relay for an epoch.
    pub fn relay(&self, relay: NodeId, epoch: Epoch) -> Option<&PublicKey<Relay>> {
        self.relays.get(&(relay, epoch))
    }

    /// The key of a desk for a week.
    pub fn desk(&self, desk: NodeId, week: Epoch) -> Option<&PublicKey<Desk>> {
        self.desks.get(&(desk, week))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.relays.len() + self.desks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The one before the current epoch, the current one, and two ahead.
const RELAY_EPOCHS: usize = 4;
/// The one before the current week, the current one, and four ahead.
const DESK_EPOCHS: usize = 6;

const _: () = assert!(RELAY_KEY_KIND < DESK_KEY_KIND);

#[cfg(test)]
mod tests {
    use brolly_keys::pair::SecretKey;

    use super::super::Live;
    use super::*;
    use crate::directory::{Directory, sample};
    use crate::notice::KeyNotice;

    fn relay_key(directory: &Directory, n: usize, epoch: u32, seed: u8) -> Vec<u8> {
        KeyNotice {
            scheme: directory.scheme,
            node: directory.relays[n].id,
            epoch: Epoch::new(epoch),
            key: SecretKey::<Relay>::from_seed(&[seed; 32]).public(),
        }
        .to_entry(&sample::scheme().relays[n])
    }

    fn desk_key(directory: &Directory, n: usize, week: u32) -> Vec<u8> {
        KeyNotice {
            scheme: directory.scheme,
            node: directory.desks[n].id,
            epoch: Epoch::new(week),
            key: SecretKey::<Desk>::from_seed(&[90; 32]).public(),
        }
        .to_entry(&sample::desk_key(n))
    }

    fn live(entries: &[Vec<u8>], directory: &Directory) -> Live {
        let mut live = Live::new();
        for (position, entry) in (0..).zip(entries) {
            let mut recalled = live.clone();
            live.apply(position, entry, &Entry::verify(entry, directory).unwrap());
            recalled.recall(position, entry).unwrap();
            assert_eq!(recalled, live);
        }
        live
    }

    #[test]
    fn spec_14_8_the_index_holds_the_newest_keys_of_every_relay_and_desk_in_one_order() {
        let directory = sample::directory();
        let mut entries: Vec<_> = (9..15).map(|e| relay_key(&directory, 0, e, 1)).collect();
        entries.extend((2_916..2_923).map(|week| desk_key(&directory, 0, week)));
        entries.push(relay_key(&directory, 1, 9, 2));
        entries.push(relay_key(&directory, 0, 13, 3));
        let live = live(&entries, &directory);
        let index = live.keys().index();
        assert_eq!(index.len(), (4 + 6 + 1) * KEY_RECORD);
        let digest: [u8; 32] = Sha256::digest(&index).into();
        assert_eq!(live.digests().keys, digest);
        let keys = Keys::open(&index, &directory).unwrap();
        let key = |n: usize, epoch| keys.relay(directory.relays[n].id, Epoch::new(epoch));
        assert!(key(0, 10).is_none() && key(0, 11).is_some() && key(0, 14).is_some());
        let replaced = SecretKey::<Relay>::from_seed(&[3; 32]).public();
        assert_eq!(key(0, 13), Some(&replaced), "the later one counts");
        let week = |week| keys.desk(directory.desks[0].id, Epoch::new(week));
        assert!(week(2_916).is_none() && week(2_917).is_some() && week(2_922).is_some());
        assert!(live.keys().holds(&entries[13]) && !live.keys().holds(&entries[4]));
        assert_eq!(Keys::open(&index[1..], &directory), None);
        let mut fewer = directory.clone();
        fewer.relays.remove(0);
        assert_eq!(Keys::open(&index, &fewer).unwrap().len(), 7);
    }

    #[test]
    fn spec_4_4_only_its_own_signature_announces_a_key() {
        let directory = sample::directory();
        let good = relay_key(&directory, 0, 9, 1);
        assert!(matches!(
            Entry::verify(&good, &directory),
            Ok(Entry::RelayKey(_))
        ));
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            assert!(Entry::verify(&flipped, &directory).is_err(), "byte {at}");
        }
        let mut elsewhere = directory.clone();
        elsewhere.scheme = crate::node::SchemeId([0; 32]);
        let other = relay_key(&elsewhere, 0, 9, 1);
        let refused = Entry::verify(&other, &directory);
        assert_eq!(refused, Err(super::super::EntryError::OtherScheme));
        let mut forged = directory.clone();
        forged.relays.swap(0, 1);
        let by_another = relay_key(&forged, 1, 9, 1);
        let refused = Entry::verify(&by_another, &directory);
        assert_eq!(refused, Err(super::super::EntryError::Signature));
        // A relay's signature under a desk's key is none.
        let mut as_desk = good;
        as_desk[0] = DESK_KEY_KIND;
        assert!(Entry::verify(&as_desk, &directory).is_err());
    }
}
