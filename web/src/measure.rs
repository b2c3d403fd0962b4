//! What times the building of a packet, natively and in WebAssembly: the work of a page between two requests.

use brolly_keys::epoch::Epoch;
use brolly_keys::pair::SecretKey;
use brolly_keys::suite::SealError;
use brolly_protocol::cell::{LetterError, SealedCell};
use brolly_protocol::geometry::{LAYERS, TOKEN};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::{self, Command, Hop};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use wasm_bindgen::prelude::wasm_bindgen;

/// A path, and a generator.
#[wasm_bindgen]
pub struct Packets {
    path: [Hop; LAYERS],
    rng: ChaCha20Rng,
}

#[wasm_bindgen]
impl Packets {
    /// Draws the keys of a path.
    pub fn prepare(seed: u32) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed.into());
        let path = [1, 2, 3].map(|n| Hop {
            relay: NodeId([n; 16]),
            epoch: Epoch::new(20_000),
            key: SecretKey::generate(&mut rng).public(),
        });
        Self { path, rng }
    }

    /// Seals a cell and wraps it: one entry packet. Gives its length, or 0 if that failed.
    pub fn build(&mut self) -> u32 {
        self.packet()
            .map_or(0, |length| u32::try_from(length).unwrap_or(0))
    }
}

impl Packets {
    fn packet(&mut self) -> Result<usize, LetterError> {
        let scheme = SchemeId([9; 32]);
        let week = Epoch::new(2_900);
        let cell = SealedCell::cover(scheme, week, &[7; TOKEN], &mut self.rng)?;
        let command = Command::Deliver(NodeId([4; 16]), &cell);
        let wrapped = onion::wrap(scheme, &self.path, command, &mut self.rng);
        let wrapped = wrapped.map_err(|error: SealError| LetterError::Seal(error))?;
        Ok(wrapped.packet.len())
    }
}

#[cfg(test)]
mod tests {
    use brolly_protocol::geometry::ENTRY_PACKET;

    use super::*;

    #[test]
    fn what_is_timed_is_one_whole_packet() {
        let length = u32::try_from(ENTRY_PACKET).unwrap();
        assert_eq!(Packets::prepare(1).build(), length);
    }
}
