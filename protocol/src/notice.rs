//! Packet keys: announced by each relay under its identity key, drawn by senders (SPEC §4.4).

use alloc::vec::Vec;

use brolly_keys::epoch::Epoch;
use brolly_keys::pair::{BadPublicKey, PublicKey};
use brolly_keys::role::Relay;
use brolly_keys::sign::{Signed, SigningKey, Statement, Verified};
use brolly_keys::suite;
use rand::RngExt;
use rand_core::CryptoRng;

use crate::codec::{Fields, TooShort};
use crate::directory::Directory;
use crate::geometry::KEY_NOTICE;
use crate::node::{NodeId, SchemeId};

/// A relay's key for one epoch: `scheme 32 | relay 16 | epoch 4 | key 1,216`, then its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNotice {
    /// The scheme.
    pub scheme: SchemeId,
    /// The relay.
    pub relay: NodeId,
    /// The epoch the key is for.
    pub epoch: Epoch,
    /// The key.
    pub key: PublicKey<Relay>,
}

/// Why signed bytes are not a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadNotice {
    /// Another length.
    #[error("a key notice has {KEY_NOTICE} bytes")]
    Length,
    /// The key is no key.
    #[error("{0}")]
    Key(#[from] BadPublicKey),
}

impl From<TooShort> for BadNotice {
    fn from(_: TooShort) -> Self {
        Self::Length
    }
}

impl KeyNotice {
    /// The notice's 1,332 bytes, signed by the relay's identity key.
    pub fn sign(&self, identity: &SigningKey<Relay>) -> Vec<u8> {
        let bytes = [
            self.scheme.0.as_slice(),
            &self.relay.0,
            &self.epoch.number().to_be_bytes(),
            &self.key.to_bytes(),
        ]
        .concat();
        Signed::<Self>::sign(identity, bytes).to_wire()
    }
}

impl Statement for KeyNotice {
    const DOMAIN: &'static str = "brolly/1 key notice";
    type Error = BadNotice;

    fn parse(bytes: &[u8]) -> Result<Self, BadNotice> {
        let mut fields = Fields::new(bytes);
        let notice = Self {
            scheme: SchemeId(*fields.array()?),
            relay: NodeId(*fields.array()?),
            epoch: Epoch::new(fields.number()?),
            key: PublicKey::from_bytes(fields.array::<{ suite::PUBLIC_KEY }>()?)?,
        };
        if fields.rest().is_empty() {
            Ok(notice)
        } else {
            Err(BadNotice::Length)
        }
    }
}

/// The packet keys a sender knows, each checked under the identity key that the directory gives its relay.
#[derive(Debug, Default)]
pub struct PacketKeys {
    notices: Vec<(Verified<KeyNotice>, Vec<u8>)>,
}

impl PacketKeys {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in every good notice of `wire` (1,332 bytes each) and says how many there were. A later notice takes the
    /// place of an earlier one for the same relay and epoch. Notices of unknown relays, other schemes or wrong
    /// signatures are passed over: whoever hands them on can leave notices out, and so gains nothing by breaking one.
    pub fn read(&mut self, directory: &Directory, wire: &[u8]) -> usize {
        let before = self.notices.len();
        let mut replaced = 0;
        for bytes in wire.chunks_exact(KEY_NOTICE) {
            let Some(notice) = check(directory, bytes) else {
                continue;
            };
            let same = |held: &KeyNotice| held.relay == notice.relay && held.epoch == notice.epoch;
            let count = self.notices.len();
            self.notices.retain(|(held, _)| !same(held));
            replaced += count - self.notices.len();
            self.notices.push((notice, bytes.to_vec()));
        }
        self.notices.len() + replaced - before
    }

    /// The key of a relay for an epoch.
    pub fn key(&self, relay: NodeId, epoch: Epoch) -> Option<&PublicKey<Relay>> {
        self.notices
            .iter()
            .find(|(notice, _)| notice.relay == relay && notice.epoch == epoch)
            .map(|(notice, _)| &notice.key)
    }

    /// Every notice as it was received, to hand on.
    pub fn to_wire(&self) -> Vec<u8> {
        self.notices
            .iter()
            .flat_map(|(_, wire)| wire.clone())
            .collect()
    }

    /// Forgets notices for epochs before `first`.
    pub fn erase_before(&mut self, first: Epoch) {
        self.notices.retain(|(notice, _)| notice.epoch >= first);
    }
}

/// The epoch whose key a sender uses at `now` (seconds), for epochs of `length` seconds.
///
/// Within an eighth of an epoch of a boundary either side's key is drawn, the later one with a probability that rises
/// evenly, so that no packet dates its wrapping.
pub fn draw_epoch(now: u64, length: u64, rng: &mut impl CryptoRng) -> Epoch {
    let ramp = length / 8;
    let early = Epoch::at(now.saturating_sub(ramp), length);
    let late = Epoch::at(now.saturating_add(ramp), length);
    if early == late {
        return early;
    }
    let gone = now.saturating_add(ramp).saturating_sub(late.start(length));
    if rng.random_range(0..(2 * ramp).max(1)) < gone {
        late
    } else {
        early
    }
}

fn check(directory: &Directory, bytes: &[u8]) -> Option<Verified<KeyNotice>> {
    let signed = Signed::<KeyNotice>::from_wire(bytes)?;
    // Which relay to ask for its key is read before the check, and compared after it.
    let claimed = NodeId(*bytes.get(32..)?.first_chunk()?);
    let relay = directory.relay(claimed)?;
    let notice = signed.verify(&relay.key).ok()?;
    (notice.scheme == directory.scheme && notice.relay == claimed).then_some(notice)
}

#[cfg(test)]
mod tests {
    use brolly_keys::pair::SecretKey;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::directory::sample;

    fn notice(directory: &Directory, relay: NodeId, seed: u8) -> KeyNotice {
        KeyNotice {
            scheme: directory.scheme,
            relay,
            epoch: Epoch::new(9),
            key: SecretKey::from_seed(&[seed; 32]).public(),
        }
    }

    #[test]
    fn spec_4_4_only_a_relays_own_signature_announces_its_key() {
        let sample = sample::scheme();
        let directory = sample.directory();
        let relay = directory.relays[0].id;
        let good = notice(&directory, relay, 1).sign(&sample.relays[0]);
        let forged = notice(&directory, relay, 2).sign(&sample.relays[1]);
        let mut elsewhere = notice(&directory, relay, 3);
        elsewhere.scheme = SchemeId([0; 32]);
        let elsewhere = elsewhere.sign(&sample.relays[0]);

        let mut keys = PacketKeys::new();
        let wire = [good.as_slice(), &forged, &elsewhere, &[0; 100]].concat();
        assert_eq!(keys.read(&directory, &wire), 1);
        let key = keys.key(relay, Epoch::new(9)).unwrap();
        assert_eq!(*key, notice(&directory, relay, 1).key);
        assert_eq!(keys.to_wire(), good);
        for at in (0..KEY_NOTICE).step_by(13) {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            assert_eq!(PacketKeys::new().read(&directory, &flipped), 0, "byte {at}");
        }
    }

    #[test]
    fn a_later_notice_takes_the_place_of_an_earlier_one_and_old_epochs_go() {
        let sample = sample::scheme();
        let directory = sample.directory();
        let relay = directory.relays[0].id;
        let mut keys = PacketKeys::new();
        for seed in [1, 2] {
            let wire = notice(&directory, relay, seed).sign(&sample.relays[0]);
            assert_eq!(keys.read(&directory, &wire), 1);
        }
        assert_eq!(keys.to_wire().len(), KEY_NOTICE);
        let key = keys.key(relay, Epoch::new(9)).unwrap();
        assert_eq!(*key, notice(&directory, relay, 2).key);
        keys.erase_before(Epoch::new(10));
        assert!(keys.key(relay, Epoch::new(9)).is_none());
    }

    #[test]
    fn spec_4_5_around_a_boundary_either_key_is_drawn_and_elsewhere_the_current_one() {
        const DAY: u64 = 86_400;
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let boundary = 100 * DAY;
        let mut later = |now: u64| {
            (0..2_000)
                .filter(|_| draw_epoch(now, DAY, &mut rng) == Epoch::new(100))
                .count()
        };
        assert_eq!(later(boundary - 3 * 3_600 - 1), 0);
        assert_eq!(later(boundary + 3 * 3_600), 2_000);
        // Binomial(2000, p): a standard deviation of at most 22, six either way.
        for (hours, middle) in [(-2i64, 333), (0, 1_000), (2, 1_667)] {
            let now = boundary.saturating_add_signed(hours * 3_600);
            let count = later(now);
            assert!(count.abs_diff(middle) < 132, "{hours}: {count}");
        }
    }
}
