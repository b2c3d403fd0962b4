//! A member with a good invitation sends a hundred times what everybody else sends together: the real pools, under virtual
//! time (SPEC §8.10).

use brolly_protocol::mix::{Parameters, Pool};
use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

#[cfg(feature = "slow")]
mod processes;

const PARAMETERS: Parameters = Parameters {
    tick_ms: 15_000,
    release_ppm: 45_455,
    min_pool: 80,
};
/// What `brolly-relay` holds where its configuration says nothing else.
const CAPACITY: usize = 100_000;
const HOUR: u64 = 3_600_000;

/// When each honest packet was sent and arrived, in milliseconds, and how many packets a pool held at most.
struct Run {
    delays: Vec<u64>,
    lost: usize,
    fullest: usize,
}

/// Three relays, `honest` and `hostile` sessions an hour at random times. Measured are the honest ones of hours 2 to 5.
fn run(honest: u64, hostile: u64, seed: u64) -> Run {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut pools: Vec<Pool<Option<usize>>> = [0, 5_000, 11_000]
        .map(|phase| Pool::new(PARAMETERS, phase))
        .into();
    let mut sent = Vec::new();
    let mut arrived: Vec<Option<u64>> = Vec::new();
    let mut fullest = 0;
    for now in (0..10 * HOUR).step_by(250) {
        let sending = now < 6 * HOUR;
        for (rate, is_honest) in [(honest, true), (hostile, false)] {
            // Several in a quarter of a second are as good as one after another.
            let expected = rate * 250 * 1_000 / HOUR;
            let more = rng.random_range(0..1_000) < expected % 1_000;
            let count = if sending {
                expected / 1_000 + u64::from(more)
            } else {
                0
            };
            for _ in 0..count {
                let packet = (is_honest && (2 * HOUR..5 * HOUR).contains(&now)).then(|| {
                    sent.push(now);
                    arrived.push(None);
                    sent.len() - 1
                });
                assert!(pools[0].len() < CAPACITY, "the entry would refuse");
                pools[0].insert(packet);
            }
        }
        for layer in 0..pools.len() {
            for packet in pools[layer].handle_timeout(now, &mut rng) {
                match pools.get_mut(layer + 1) {
                    Some(next) => next.insert(packet),
                    None => {
                        if let Some(number) = packet {
                            arrived[number] = Some(now);
                        }
                    }
                }
            }
            fullest = fullest.max(pools[layer].len());
        }
    }
    let lost = arrived.iter().filter(|at| at.is_none()).count();
    let both = sent.iter().zip(&arrived);
    let mut delays: Vec<u64> = both.filter_map(|(sent, at)| Some((*at)? - sent)).collect();
    delays.sort_unstable();
    Run {
        delays,
        lost,
        fullest,
    }
}

#[test]
fn spec_8_10_under_a_hundredfold_flood_every_honest_packet_arrives_within_twice_the_time() {
    for seed in 0..3 {
        // What the last packets of a day wait in a pool that nobody fills any more is not a delay but the pool's minimum.
        let quiet = run(700, 0, seed);
        let flooded = run(700, 70_000, seed);
        assert!(quiet.delays.len() > 1_500 && flooded.delays.len() > 1_500);
        assert_eq!(flooded.lost, 0, "seed {seed}");
        for (share, name) in [(50, "half"), (99, "all but one in a hundred")] {
            let at = |run: &Run| run.delays[run.delays.len() * share / 100];
            let (before, under) = (at(&quiet), at(&flooded));
            assert!(
                under <= 2 * before,
                "seed {seed}, {name}: {before} and {under} ms"
            );
        }
        let longest = |run: &Run| *run.delays.last().unwrap();
        assert!(longest(&flooded) <= 2 * longest(&quiet), "seed {seed}");
        assert!(flooded.fullest < CAPACITY, "{}", flooded.fullest);
    }
}
