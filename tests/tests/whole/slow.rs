//! Suites of minutes: every bit of a packet, a pool of 50,000, killing at any moment.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_keys::suite;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::{ENTRY_PACKET, MIDDLE_PACKET};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::{self, Layer};
use brolly_protocol::token::{Token, period};
use brolly_protocol::wire;
use brolly_shell::http::Method;
use brolly_shell::http::client::Link;
use brolly_shell::tls;
use brolly_tests::binaries::Binaries;
use brolly_tests::scheme::{PARTIES, Plan, Scheme};
use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::reporting::{self, REPORT};

/// A packet for `relay` that asks for noise to be forwarded to `next`.
fn packet(
    scheme: SchemeId,
    relay: NodeId,
    next: NodeId,
    epoch: Epoch,
    key: &brolly_keys::pair::PublicKey<Relay>,
    rng: &mut ChaCha20Rng,
) -> Vec<u8> {
    let mut inner = vec![0; MIDDLE_PACKET];
    rng.fill_bytes(&mut inner);
    let plain = [&[1], next.0.as_slice(), &inner].concat();
    let epoch = epoch.number().to_be_bytes();
    let info = [b"brolly/1 hop".as_slice(), &scheme.0, &relay.0, &epoch].concat();
    let sealed = suite::seal(key, &info, &key.id(), &plain, rng).unwrap();
    [key.id().as_slice(), &sealed.enc, &sealed.ciphertext].concat()
}

#[test]
fn every_bit_of_a_packet_is_bound() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (scheme, relay, epoch) = (SchemeId([7; 32]), NodeId([1; 16]), Epoch::new(20_000));
    let secret = SecretKey::<Relay>::generate(&mut rng);
    let good = packet(
        scheme,
        relay,
        NodeId([2; 16]),
        epoch,
        &secret.public(),
        &mut rng,
    );
    let mut ring = KeyRing::new();
    ring.insert(epoch, secret);
    let peel = |packet: &[u8], room: &mut Vec<u8>| {
        onion::peel(scheme, relay, Layer::Entry, &ring, packet, room).is_ok()
    };
    assert!(peel(&good, &mut Vec::new()));
    let opened = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (peel, opened, mut packet) = (&peel, &opened, good.clone());
            scope.spawn(move || {
                let mut room = Vec::new();
                for bit in (half..ENTRY_PACKET * 8).step_by(2) {
                    packet[bit / 8] ^= 1 << (bit % 8);
                    let opens = peel(&packet, &mut room);
                    opened.fetch_add(usize::from(opens), Ordering::Relaxed);
                    packet[bit / 8] ^= 1 << (bit % 8);
                }
            });
        }
    });
    assert_eq!(opened.into_inner(), 0);
}

#[test]
fn fifty_thousand_entry_packets_wait_in_at_most_256_mib() {
    const WAITING: usize = 50_000;
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let plan = Plan {
        tick_ms: 100,
        min_pool: 1_000_000,
        ..Plan::default()
    };
    let mut scheme = Scheme::start(&binaries, folder.path(), &plan).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let directory = scheme.founding().unwrap();
    let entry = directory.layer(Layer::Entry).next().unwrap();
    let next = directory.layer(Layer::Middle).next().unwrap().id;
    let link = Link::new(
        entry.address.clone(),
        tls::client(&entry.key.to_bytes(), None),
        None,
    );
    let patience = Duration::from_secs(60);

    let now = brolly_shell::clock::now();
    let epoch = Epoch::at(now, directory.parameters.packet_epoch);
    let keys = scheme.keys().unwrap();
    let key = keys.relay(entry.id, epoch).unwrap().clone();
    let tokens = tokens(&scheme, &directory, entry.id, WAITING);

    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut sent = 0;
    for batch in tokens.chunks(wire::BATCH) {
        let mut body = Vec::new();
        for token in batch {
            body.extend_from_slice(&token.to_bytes());
            body.extend(packet(
                directory.scheme,
                entry.id,
                next,
                epoch,
                &key,
                &mut rng,
            ));
            sent += 1;
        }
        let reply = runtime
            .block_on(link.send(Method::POST, wire::CELLS, body.into(), 1024, patience))
            .unwrap();
        assert_eq!(reply.status.as_u16(), 202);
    }
    let party = &scheme.parties[0];
    assert_eq!(party.name, PARTIES[0]);
    let status =
        fs::read_to_string(format!("/proc/{}/status", party.daemon.pid().unwrap())).unwrap();
    let peak: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse().ok())
        .unwrap();
    println!(
        "peak resident with {sent} packets waiting: {} MiB",
        peak / 1024
    );
    assert!(peak <= 256 * 1024, "{peak} KiB");
    scheme.stop();
}

#[test]
fn killing_any_party_at_any_moment_loses_nothing_and_repeats_nothing() {
    let seed = 20_261_123;
    println!("seed {seed}");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut scheme = Scheme::start(&binaries, folder.path(), &Plan::default()).unwrap();
    let worker = reporting::worker(&scheme);
    let mut codes = Vec::new();
    for round in 0..12 {
        let sent = worker.run_json(&REPORT, "").unwrap();
        codes.push(sent["words"].as_str().unwrap().to_string());
        // A moment that is anywhere in the life of what was just accepted.
        std::thread::park_timeout(Duration::from_millis(rng.random_range(0..1_500)));
        let victim = rng.random_range(0..scheme.parties.len());
        let party = &mut scheme.parties[victim];
        party.daemon.kill();
        party
            .daemon
            .start()
            .unwrap_or_else(|error| panic!("round {round}: {error}"));
    }
    let mut opened = 0;
    for _ in 0..300 {
        // A relay that has just come back may not have its mirror yet.
        let _ = worker.run(&["cover", "--json"], "").unwrap();
        opened += scheme.desk("scheme", &["sync", "--json"]).unwrap()["opened"]
            .as_u64()
            .unwrap();
        if opened >= 12 {
            break;
        }
    }
    assert_eq!(opened, 12);
    for code in codes {
        let mut state = serde_json::Value::Null;
        for _ in 0..100 {
            state = worker.run_json(&["check", "--json"], &code).unwrap();
            if state["position"].is_u64() {
                break;
            }
        }
        assert!(state["witnesses"].as_u64() > Some(1), "{state}");
        assert_eq!(state["matching"], 1, "{state}");
    }
    scheme.stop();
}

/// Good tokens for a place, signed with the issuer's own key: asking for each would take half an hour.
fn tokens(scheme: &Scheme, directory: &Directory, place: NodeId, count: usize) -> Vec<Token> {
    let issuer = scheme.issuer().unwrap();
    let period = period::current(&directory.issuer.keys, brolly_shell::clock::now()).unwrap();
    let half = |seed: u64| {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let draw = |_| {
            let mut nonce = [0; 32];
            rng.fill_bytes(&mut nonce);
            let scheme = &directory.scheme.0;
            let number = period.period.to_be_bytes();
            let parts = [
                b"brolly/1 token".as_slice(),
                scheme,
                &place.0,
                &number,
                &nonce,
            ];
            let message = parts.concat();
            let (blinded, unblind) = period.key.blind(&message, &mut rng).unwrap();
            let signed = issuer.blind_sign(&blinded, &mut rng).unwrap();
            Token {
                key: period.key.id(),
                nonce,
                signature: period.key.finalize(&message, &signed, unblind).unwrap(),
            }
        };
        (0..count / 2).map(draw).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(12));
        let mut all = half(11);
        all.extend(other.join().unwrap());
        all
    })
}
