use std::vec::Vec;

use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::mix::{Parameters, Pool};

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600_000;
const MIX: Parameters = Parameters {
    tick_ms: 15_000,
    release_ppm: 45_455,
    min_pool: 80,
};

fn tag(n: u32) -> Tag {
    let mut tag = [0; 16];
    tag[..4].copy_from_slice(&n.to_be_bytes());
    tag
}

/// How many canaries are sent while a packet comes every `gap` milliseconds for `packets` packets.
fn sent(gap: u64, packets: u64, seed: u64) -> Vec<u64> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut canaries = Canaries::new(DAY, 0);
    let mut sent = Vec::new();
    for now in (0..packets).map(|n| n * gap) {
        while canaries.handle_timeout(now) {
            sent.push(now);
        }
        canaries.handle_packet(now, &mut rng);
    }
    sent
}

#[test]
fn spec_8_12_canaries_are_a_twelfth_of_the_packets_at_any_rate_up_to_the_pace() {
    for (seed, gap) in [5_000, 60_000, 900_000].into_iter().enumerate() {
        let sent = sent(gap, 24_000, u64::try_from(seed).unwrap()).len();
        // Binomial(24000, 1/12) has a standard deviation of 43; six either way, and at one packet in 5 s, where one
        // in 60 s is called for, a twentieth that the pace leaves out.
        assert!((1_740..2_260).contains(&sent), "{sent}, one in {gap} ms");
    }
}

#[test]
fn spec_8_12_a_flood_calls_for_no_more_than_the_pace() {
    for seed in 0..10 {
        let sent = sent(100, 864_000, seed);
        let most = 1 + BURST + DAY * 1_000 / Canaries::PACE;
        let count = u64::try_from(sent.len()).unwrap();
        assert!(count > most * 9 / 10 && count <= most, "{count} of {most}");
        // Within any hour no more either, but for what waited a minute.
        for (n, first) in sent.iter().enumerate() {
            let hour = sent[n..].iter().take_while(|at| **at < first + HOUR);
            let most = usize::try_from((HOUR + DELAY) / Canaries::PACE + BURST + 2).unwrap();
            assert!(hour.count() <= most, "seed {seed}");
        }
    }
}

#[test]
fn spec_8_12_one_is_due_at_the_start_and_then_within_a_minute_of_the_packet_that_called_for_it() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut canaries = Canaries::new(DAY, 7);
    assert_eq!(canaries.poll_timeout(), 7);
    assert!(!canaries.handle_timeout(6));
    assert!(canaries.handle_timeout(7) && !canaries.handle_timeout(7));
    assert_eq!(canaries.poll_timeout(), u64::MAX);
    let mut delays = Vec::new();
    for now in (1..10_000).map(|n| n * HOUR) {
        canaries.handle_packet(now, &mut rng);
        if canaries.poll_timeout() < u64::MAX {
            delays.push(canaries.poll_timeout() - now);
            assert!(canaries.handle_timeout(now + DELAY));
        }
    }
    assert!(delays.iter().all(|delay| *delay < DELAY));
    let late = delays.iter().filter(|delay| **delay >= DELAY / 2).count();
    // Binomial(about 833, 1/2): 14 a standard deviation, six either way.
    assert!(late.abs_diff(delays.len() / 2) < 90, "{late} of the delays");
}

#[test]
fn spec_8_12_a_canary_is_recognised_once_and_nothing_else_is() {
    let mut canaries = Canaries::new(DAY, 0);
    canaries.handle_sent(tag(1), 0);
    canaries.handle_sent(tag(2), 0);
    assert!(!canaries.handle_tag(&tag(3), 1));
    assert!(canaries.handle_tag(&tag(1), 1));
    assert!(!canaries.handle_tag(&tag(1), 1));
    assert!(canaries.handle_tag(&tag(2), 1));
}

#[test]
fn spec_8_12_a_canary_is_forgotten_after_two_packet_epochs_and_no_more_are_known_than_are_sent_in_them()
 {
    let life = 2_000 * DAY;
    let mut canaries = Canaries::new(DAY, 0);
    canaries.handle_sent(tag(1), 0);
    canaries.handle_sent(tag(2), 0);
    assert!(canaries.handle_tag(&tag(1), life - 1));
    assert!(!canaries.handle_tag(&tag(2), life));
    canaries.handle_sent(tag(3), life);
    canaries.handle_sent(tag(4), 2 * life);
    assert_eq!(canaries.under_way.len(), 1);
    // At the fastest pace none is forgotten early.
    let mut canaries = Canaries::new(DAY, 0);
    let most = u32::try_from(life / Canaries::PACE + BURST + 1).unwrap();
    (0..most).for_each(|n| canaries.handle_sent(tag(n), 0));
    assert!((0..most).all(|n| canaries.handle_tag(&tag(n), 1)));
    (0..5_000).for_each(|n| canaries.handle_sent(tag(n), n.into()));
    assert_eq!(canaries.under_way.len(), UNDER_WAY);
    assert!(!canaries.handle_tag(&tag(0), 5_000) && canaries.handle_tag(&tag(4_999), 5_000));
}

#[test]
fn spec_8_12_canaries_that_stay_away_are_an_alarm_and_one_that_comes_in_ends_it() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut canaries = Canaries::new(DAY, 0);
    let mut now = 0;
    let mut send = |canaries: &mut Canaries, count: u32| {
        let before = canaries.missing();
        while canaries.missing() < before + count {
            now += 10_000;
            canaries.handle_packet(now, &mut rng);
            canaries.handle_timeout(now);
        }
        now
    };
    send(&mut canaries, 23);
    assert!(!canaries.alarm());
    let now = send(&mut canaries, 1);
    assert!(canaries.alarm(), "whether or not any of them could be sent");
    canaries.handle_sent(tag(1), now);
    assert!(canaries.alarm());
    assert!(canaries.handle_tag(&tag(1), now));
    assert!(!canaries.alarm() && canaries.missing() == 0);
}

/// A relay of a chain of three, of which each sends canaries through all of them.
struct Relay {
    pool: Pool<Option<(usize, Tag)>>,
    canaries: Canaries,
}

#[test]
fn spec_8_12_where_nobody_interferes_pools_that_wait_for_canaries_go_on_and_there_is_no_alarm() {
    // Sessions an hour, days, seed; the first day is that of empty pools.
    for (sessions, days, seed) in [(700, 3, 1), (42, 14, 2)] {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut relays = [0; 3].map(|_| Relay {
            pool: Pool::new(MIX, 0),
            canaries: Canaries::new(DAY, 0),
        });
        relays
            .iter_mut()
            .for_each(|relay| relay.pool.handle_canary());
        let (mut numbers, mut ticks, mut held, mut came, mut left) = (0, 0, 0, 0, 0);
        for now in (1..days * DAY / 15).map(|tick| tick * 15_000) {
            let mut batch = Vec::new();
            for (place, relay) in relays.iter_mut().enumerate() {
                while relay.canaries.handle_timeout(now) {
                    numbers += 1;
                    relay.canaries.handle_sent(tag(numbers), now);
                    batch.push(Some((place, tag(numbers))));
                }
            }
            let one_in = 3_600 / 15 * 1_000;
            batch.extend((0..10).filter_map(|_| {
                (rng.random_range(0..one_in * 10) < sessions * 1_000).then_some(None)
            }));
            came += batch.len();
            for (place, relay) in relays.iter_mut().enumerate() {
                for packet in batch {
                    relay.canaries.handle_packet(now, &mut rng);
                    if let Some((_, tag)) = packet.filter(|(of, _)| *of == place) {
                        assert!(relay.canaries.handle_tag(&tag, now));
                        relay.pool.handle_canary();
                    }
                    relay.pool.insert(packet);
                }
                assert!(
                    !relay.canaries.alarm(),
                    "{sessions}/h, relay {place}, {now}"
                );
                batch = relay.pool.handle_timeout(now, &mut rng);
                ticks += 1;
                held += u32::from(relay.pool.holds());
            }
            left += batch.len();
        }
        assert!(held < ticks / 4, "{sessions}/h: {held} of {ticks} ticks");
        let inside: usize = relays.iter().map(|relay| relay.pool.len()).sum();
        assert_eq!(came - left, inside);
        assert!(inside < 1_500, "{sessions}/h: {inside} wait");
    }
}
