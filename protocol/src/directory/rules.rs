//! What every directory keeps to (SPEC §4.2), and what one that people rely on must not fall below (SPEC §4.9).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Directory, DirectoryError, Parameters, Purpose};
use crate::node::NodeId;
use crate::onion::Layer;
use crate::report::Slot;

impl Directory {
    /// Rules of SPEC §4.2.
    pub(super) fn obeys_the_rules(&self) -> Result<(), DirectoryError> {
        let mix = &self.parameters.mix;
        let mut ids: Vec<NodeId> = self
            .relays
            .iter()
            .map(|relay| relay.id)
            .chain(self.desks.iter().map(|desk| desk.id))
            .chain([self.inbox.id])
            .collect();
        ids.sort_unstable();
        let distinct = ids.windows(2).all(|pair| pair.first() != pair.last());
        let witnesses: BTreeSet<[u8; 32]> = self
            .relays
            .iter()
            .map(|relay| relay.witness.to_bytes())
            .collect();
        let named =
            |area: &str, slot| matches!(slot, Slot::Scheme | Slot::Police) == area.is_empty();
        let slots = |slot| self.desks.iter().filter(|desk| desk.slot == slot).count();
        let rules = [
            (
                self.threshold >= 1 && self.threshold <= self.officers.len(),
                "the threshold is between one and the number of officers",
            ),
            (self.expires > self.issued, "it expires after it is issued"),
            (
                is_address(&self.weather),
                "the weather site is an https address of at most 200 plain characters",
            ),
            (
                self.expires - self.issued.min(self.expires) <= 90 * 86_400,
                "it expires within 90 days",
            ),
            (
                distinct && witnesses.len() == self.relays.len(),
                "no key appears twice",
            ),
            (mix.tick_ms >= 1, "the tick is at least a millisecond"),
            (
                (1..=1_000_000).contains(&mix.release_ppm),
                "the probability of release is above 0 and at most 1",
            ),
            (
                self.parameters.packet_epoch >= 60 && self.parameters.desk_epoch >= 60,
                "keys live for at least a minute",
            ),
            (
                self.parameters.publish_ms >= 1,
                "the logs are published at intervals of at least a millisecond",
            ),
            (
                (256..=1 << 20).contains(&self.parameters.window),
                "the window is between 256 and 1,048,576 entries",
            ),
            (
                (1..=999).contains(&self.parameters.calling_code),
                "a calling code is between 1 and 999",
            ),
            (
                self.parameters.cover_deliver_one_in >= 1,
                "cover is delivered at most every time",
            ),
            (
                slots(Slot::Scheme) == 1 && slots(Slot::Police) <= 1,
                "there is one scheme desk and at most one police desk",
            ),
            (
                self.desks.iter().any(|desk| desk.alerts),
                "at least one desk may publish alerts",
            ),
            (
                self.desks.iter().all(|desk| named(&desk.area, desk.slot)),
                "specialist and project desks name their area or project, others do not",
            ),
            (
                self.relay(self.issuer.relay)
                    .is_some_and(|relay| relay.layer != Layer::Entry),
                "the issuer is one of the relays, and no entry",
            ),
            (
                self.issuer_keys_overlap(),
                "there is an issuer key, each is for a time, and the next begins before it is over",
            ),
            (
                self.has_a_path(),
                "there is a path through three layers and two kinds of operator",
            ),
            (
                self.former.len() <= MOST_HANDOVERS && self.version >= 1,
                "versions begin at 1, and officers change at most 64 times",
            ),
        ];
        let goal = match self.purpose {
            Purpose::Real => self.anonymity_goal(),
            Purpose::Drill => Vec::new(),
        };
        rules
            .into_iter()
            .chain(goal)
            .find(|(kept, _)| !kept)
            .map_or(Ok(()), |(_, rule)| Err(DirectoryError::Rule(rule)))
    }

    fn issuer_keys_overlap(&self) -> bool {
        let keys = &self.issuer.keys;
        let chained =
            keys.is_sorted_by(|a, b| a.period < b.period && b.from < a.until && a.until < b.until);
        let ids: BTreeSet<_> = keys.iter().map(|held| held.key.id()).collect();
        let timed = keys.iter().all(|held| held.from < held.until);
        !keys.is_empty() && chained && timed && ids.len() == keys.len()
    }

    /// What a scheme that people rely on must not fall below, whoever signs (SPEC §4.9).
    fn anonymity_goal(&self) -> Vec<(bool, &'static str)> {
        let Parameters {
            mix,
            packet_epoch,
            desk_epoch,
            effective_after,
            publish_ms,
            cover_deliver_one_in,
            ..
        } = &self.parameters;
        let stay_ms = mix.tick_ms.saturating_mul(1_000_000) / u64::from(mix.release_ppm.max(1));
        alloc::vec![
            (
                self.threshold >= 2,
                "at least two officers sign for a scheme that people rely on",
            ),
            (
                self.layer(Layer::Entry).nth(1).is_some(),
                "a scheme that people rely on has at least two entry relays",
            ),
            (
                (5_000..=60_000).contains(&mix.tick_ms),
                "a scheme that people rely on has a tick of 5 to 60 seconds",
            ),
            (
                (300_000..=86_400_000).contains(&stay_ms),
                "a scheme that people rely on keeps packets for 5 minutes on average, at least",
            ),
            (
                (80..=10_000).contains(&mix.min_pool),
                "a scheme that people rely on leaves 80 to 10,000 packets in a pool",
            ),
            (
                (DAY..=2 * DAY).contains(packet_epoch),
                "a scheme that people rely on has packet keys for 1 to 2 days",
            ),
            (
                (DAY..=7 * DAY).contains(desk_epoch),
                "a scheme that people rely on has desk keys for 1 to 7 days",
            ),
            (
                (2 * DAY..=14 * DAY).contains(effective_after),
                "a scheme that people rely on announces a directory 48 hours to 14 days before it takes effect",
            ),
            (
                (3_600_000..=86_400_000).contains(publish_ms),
                "a scheme that people rely on publishes its logs every 1 to 24 hours",
            ),
            (
                (self.issuer.keys.iter())
                    .all(|held| held.until.saturating_sub(held.from) <= 40 * DAY),
                "a scheme that people rely on has issuer keys for at most 40 days",
            ),
            (
                *cover_deliver_one_in <= 256,
                "a scheme that people rely on delivers at least one cover cell in 256",
            ),
        ]
    }
}

const DAY: u64 = 86_400;
const MOST_HANDOVERS: usize = 64;

/// Whether a page may be sent there: an https address, or none.
fn is_address(site: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"\"'<>\\".contains(c);
    let host = site.strip_prefix("https://").unwrap_or_default();
    let named = host.starts_with(|c: char| c.is_ascii_alphanumeric());
    site.is_empty() || (named && site.len() <= 200 && site.chars().all(plain))
}
