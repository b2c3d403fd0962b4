//! Keys that live for an epoch: announced by each relay and desk under its identity key (SPEC §4.4).

use alloc::vec::Vec;

use brolly_keys::epoch::Epoch;
use brolly_keys::pair::{BadPublicKey, PublicKey};
use brolly_keys::role::{Desk, Recipient, Relay, Signer};
use brolly_keys::sign::{Signed, SigningKey, Statement};
use brolly_keys::suite;
use rand::RngExt;
use rand_core::CryptoRng;

use crate::board::{DESK_KEY_KIND, RELAY_KEY_KIND};
use crate::codec::{Fields, TooShort};
use crate::geometry::KEY_NOTICE;
use crate::node::{NodeId, SchemeId};

/// A relay's or a desk's key for one epoch: `scheme 32 | node 16 | epoch 4 | key 1,216`, then its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "whoever announces a key makes it"
)]
pub struct KeyNotice<R: Recipient> {
    /// The scheme.
    pub scheme: SchemeId,
    /// The relay or desk.
    pub node: NodeId,
    /// The epoch the key is for.
    pub epoch: Epoch,
    /// The key.
    pub key: PublicKey<R>,
}

/// A role whose keys are announced on the board.
pub trait Announcer: Recipient + Signer {
    /// Separates its notices from those of others.
    const DOMAIN: &'static str;
    /// The kind of the board's entry.
    const KIND: u8;
}

impl Announcer for Relay {
    const DOMAIN: &'static str = "brolly/1 relay key";
    const KIND: u8 = RELAY_KEY_KIND;
}

impl Announcer for Desk {
    const DOMAIN: &'static str = "brolly/1 desk key";
    const KIND: u8 = DESK_KEY_KIND;
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

impl<R: Announcer> KeyNotice<R> {
    /// The board's entry: 1,333 bytes, signed by the identity key.
    pub fn to_entry(&self, identity: &SigningKey<R>) -> Vec<u8> {
        let bytes = [
            self.scheme.0.as_slice(),
            &self.node.0,
            &self.epoch.number().to_be_bytes(),
            &self.key.to_bytes(),
        ]
        .concat();
        let mut entry = alloc::vec![R::KIND];
        entry.extend_from_slice(&Signed::<Self>::sign(identity, bytes).to_wire());
        entry
    }
}

impl<R: Announcer> Statement for KeyNotice<R> {
    const DOMAIN: &'static str = R::DOMAIN;
    type Error = BadNotice;

    fn parse(bytes: &[u8]) -> Result<Self, BadNotice> {
        let mut fields = Fields::new(bytes);
        let notice = Self {
            scheme: SchemeId(*fields.array()?),
            node: NodeId(*fields.array()?),
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

/// The epoch whose key a sender uses at `now` (seconds), for epochs of `length` seconds; then the one across the boundary,
/// for when the first one's keys cannot be had (the same one where no boundary is near).
///
/// Within an eighth of an epoch of a boundary either side's key is drawn, the later one with a probability that rises
/// evenly, so that no packet dates its wrapping.
pub(crate) fn draw_epochs(now: u64, length: u64, rng: &mut impl CryptoRng) -> [Epoch; 2] {
    let ramp = length / 8;
    let early = Epoch::at(now.saturating_sub(ramp), length);
    let late = Epoch::at(now.saturating_add(ramp), length);
    if early == late {
        return [early, early];
    }
    let gone = now.saturating_add(ramp).saturating_sub(late.start(length));
    if rng.random_range(0..(2 * ramp).max(1)) < gone {
        [late, early]
    } else {
        [early, late]
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn spec_4_5_around_a_boundary_either_key_is_drawn_and_elsewhere_the_current_one() {
        const DAY: u64 = 86_400;
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let boundary = 100 * DAY;
        let mut later = |now: u64| {
            (0..2_000)
                .filter(|_| draw_epochs(now, DAY, &mut rng)[0] == Epoch::new(100))
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
