//! Packets that somebody on the way changes, sends again or cuts: real onions, real sets of tags.

use brolly_protocol::geometry::{ENTRY_PACKET, LAYERS, MIDDLE_PACKET};
use brolly_protocol::mix::Parameters;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::HOUR;
use super::carrier::{Meddle, Onions};
use super::scenario::{CHOSEN, Mixing};
use super::world::{self, Sent};

/// What became of them.
#[derive(Debug, Clone, Copy, Default, Serialize, PartialEq, Eq)]
pub struct Meddled {
    /// Packets that were changed, sent again or cut.
    pub sent: usize,
    /// Those that the first honest relay discarded.
    pub died: usize,
    /// Packets that nobody touched.
    pub untouched: usize,
    /// Those of them that a relay discarded.
    pub lost: usize,
}

/// Sends `each` packets of every kind, among as many that nobody touches.
pub fn run(seed: u64, each: u32) -> Meddled {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut onions = Onions::new(seed);
    let cells: Vec<Sent> = (0..u64::from(each * KINDS))
        .map(|n| Sent {
            at: n * 1_000,
            path: [0; LAYERS],
            canary: None,
        })
        .collect();
    let within = |size: usize, rng: &mut ChaCha8Rng| rng.random_range(0..size * 8);
    for good in (0..each * KINDS).step_by(KINDS as usize) {
        onions.meddle(good + 1, Meddle::Tag(within(ENTRY_PACKET, &mut rng)));
        onions.meddle(good + 2, Meddle::TagLater(within(MIDDLE_PACKET, &mut rng)));
        onions.meddle(good + 3, Meddle::Replay(good));
        onions.meddle(
            good + 4,
            Meddle::Truncate(rng.random_range(1..ENTRY_PACKET)),
        );
    }
    // Everything that lives arrives at the exit: pools that keep nothing back let it.
    let pool = Parameters {
        release_ppm: 500_000,
        min_pool: 0,
        ..CHOSEN
    };
    let relays = (0..LAYERS)
        .map(|_| vec![Mixing::Pool(pool).relay(&mut rng)])
        .collect();
    let until = u64::from(each * KINDS) * 1_000 + HOUR;
    let trace = world::run(&cells, relays, &mut onions, until, seed);
    let mut lives = vec![false; cells.len()];
    for cell in &trace.nodes[LAYERS - 1][0].arrivals {
        lives[*cell as usize] = true;
    }
    let of = |untouched: bool| {
        let all = lives.iter().enumerate();
        all.filter(move |(cell, _)| cell.is_multiple_of(KINDS as usize) == untouched)
    };
    Meddled {
        sent: of(false).count(),
        died: of(false).filter(|(_, lives)| !**lives).count(),
        untouched: of(true).count(),
        lost: of(true).filter(|(_, lives)| !**lives).count(),
    }
}

/// One that nobody touches, and each way of meddling.
const KINDS: u32 = 5;
