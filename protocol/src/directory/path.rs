//! Choosing a path (SPEC §7.6).

use alloc::vec::Vec;

use brolly_keys::epoch::Epoch;
use rand::seq::IndexedRandom;
use rand_core::CryptoRng;

use super::{Directory, RelayEntry};
use crate::board::Keys;
use crate::geometry::LAYERS;
use crate::node::NodeId;
use crate::notice::draw_epochs;
use crate::onion::{Hop, Layer};

/// Why no path can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Too few relays of some layer have announced a key for now, or only in combinations that stay within one kind of
    /// operator. An inbox that took the keys of its friends alone would choose the path.
    #[error("too few relays have announced their keys yet: try again in a minute")]
    NoKeys,
}

impl Directory {
    /// Draws a path at `now` (seconds): one relay a layer, evenly over all paths that cross two kinds of operator and
    /// whose relays have announced the keys that were drawn. Never by project or place. At least two thirds of the middle
    /// relays, and of the exits, must have announced theirs. Near a boundary of epochs, and where a path of the drawn epoch
    /// cannot be had, it is drawn of the epoch across the boundary.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn draw_path(
        &self,
        keys: &Keys,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<[Hop; LAYERS], PathError> {
        self.draw_path_through(&[], keys, now, rng)
    }

    /// The same among those paths that have each of the relays `through`.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn draw_path_through(
        &self,
        through: &[NodeId],
        keys: &Keys,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<[Hop; LAYERS], PathError> {
        draw_epochs(now, self.parameters.packet_epoch, rng)
            .into_iter()
            .find_map(|epoch| self.draw_path_of(epoch, through, keys, rng))
            .ok_or(PathError::NoKeys)
    }

    fn draw_path_of(
        &self,
        epoch: Epoch,
        through: &[NodeId],
        keys: &Keys,
        rng: &mut impl CryptoRng,
    ) -> Option<[Hop; LAYERS]> {
        let enough = |layer| {
            let known = |relay: &&RelayEntry| keys.relay(relay.id, epoch).is_some();
            3 * self.layer(layer).filter(known).count() >= 2 * self.layer(layer).count()
        };
        if !enough(Layer::Middle) || !enough(Layer::Exit) {
            return None;
        }
        let hop = |relay: &RelayEntry| {
            keys.relay(relay.id, epoch).map(|key| Hop {
                relay: relay.id,
                epoch,
                key: key.clone(),
            })
        };
        let paths: Vec<[Hop; LAYERS]> = self
            .paths()
            .filter(|path| (through.iter()).all(|id| path.iter().any(|relay| relay.id == *id)))
            .filter_map(|[a, b, c]| Some([hop(a)?, hop(b)?, hop(c)?]))
            .collect();
        paths.choose(rng).cloned()
    }

    /// Whether any path crosses two kinds of operator: then two relays of different layers are of different ones.
    pub(super) fn has_a_path(&self) -> bool {
        let differ = |(a, b): (&RelayEntry, &RelayEntry)| {
            a.layer != b.layer && a.operator != b.operator && a.kind != b.kind
        };
        let mut pairs = (self.relays.iter()).flat_map(|a| self.relays.iter().map(move |b| (a, b)));
        Layer::ALL
            .into_iter()
            .all(|layer| self.layer(layer).next().is_some())
            && pairs.any(differ)
    }

    fn paths(&self) -> impl Iterator<Item = [&RelayEntry; LAYERS]> {
        self.layer(Layer::Entry).flat_map(move |a| {
            self.layer(Layer::Middle).flat_map(move |b| {
                self.layer(Layer::Exit)
                    .map(move |c| [a, b, c])
                    .filter(two_kinds)
            })
        })
    }
}

/// At least two different operators, of different kinds.
fn two_kinds(path: &[&RelayEntry; LAYERS]) -> bool {
    let [a, b, c] = path;
    [(a, b), (b, c), (a, c)]
        .iter()
        .any(|(x, y)| x.operator != y.operator && x.kind != y.kind)
}
