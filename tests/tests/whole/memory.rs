//! What a relay's memory and disk hold, seen by root: no key that is over, and nothing once the power is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use brolly_tests::binaries::Binaries;
use brolly_tests::scheme::{Plan, Scheme};

use crate::reporting::{self, REPORT};

/// A program that does `first` and then becomes the relay.
fn relay_after(first: &str, binaries: &Binaries, folder: &Path) -> PathBuf {
    let script = folder.join("relay.sh");
    let relay = binaries.path("brolly-relay");
    let text = format!("#!/bin/sh\n{first} {} \"$@\"\n", relay.display());
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

fn locked(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmLck:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse().ok())
        .unwrap()
}

#[test]
fn a_relay_locks_its_memory_and_one_that_may_not_says_so_and_goes_on() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Root without its privilege to lock, and a limit that no relay keeps to.
    let bound = "ulimit -l 4096 && exec setpriv --bounding-set=-ipc_lock";
    let plan = Plan {
        entry_program: Some(relay_after(bound, &binaries, folder.path())),
        ..Plan::default()
    };
    let mut scheme = Scheme::start(&binaries, folder.path(), &plan).unwrap();
    let log = |n: usize| fs::read_to_string(scheme.parties[n].folder.join("log")).unwrap();
    assert!(
        log(0).contains("warning memory-not-locked bytes=4194304\n"),
        "{}",
        log(0)
    );
    assert_eq!(locked(scheme.parties[0].daemon.pid().unwrap()), 0);
    for n in 1..4 {
        assert!(!log(n).contains("memory-not-locked"), "{}", log(n));
        assert!(locked(scheme.parties[n].daemon.pid().unwrap()) > 1024);
    }
    // It does what it is there for, with allocations beyond that limit.
    let worker = reporting::worker(&scheme);
    let sent = worker.run_json(&REPORT, "").unwrap();
    assert_eq!(sent["accepted"], true);
    assert_eq!(scheme.stop(), Vec::<&str>::new());
}

#[cfg(feature = "slow")]
mod slow {
    use std::collections::{BTreeMap, BTreeSet};
    use std::os::unix::fs::FileExt;
    use std::time::{Duration, Instant};

    use brolly_tests::memory::{count, count_in};
    use brolly_tests::scheme::Party;
    use shake::Shake256;
    use shake::digest::{ExtendableOutput, Update, XofReader};

    use super::*;

    type Key = [u8; 32];

    /// Every secret key that was ever seen in a relay's supervised memory.
    #[derive(Default)]
    struct Learnt {
        packet_keys: BTreeMap<u32, Key>,
        pool_keys: BTreeSet<Key>,
    }

    /// What lies in the supervised memory, as root can read it at the supervisor.
    struct Supervised {
        bytes: Vec<u8>,
    }

    impl Supervised {
        fn of(party: &Party) -> Self {
            let [file] = party.daemon.memory().try_into().unwrap();
            let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
            file.read_exact_at(&mut bytes, 0).unwrap();
            Self { bytes }
        }

        /// The live slots: packet keys are in the first eight behind the header.
        fn slots(&self) -> impl Iterator<Item = (usize, &[u8])> {
            let slots = self.bytes.chunks_exact(128).enumerate().skip(1);
            slots.filter(|(_, slot)| slot[..4] == [0, 0, 0, 1])
        }

        fn packet_keys(&self) -> BTreeMap<u32, Key> {
            self.slots()
                .filter(|(n, _)| *n <= 8)
                .map(|(_, slot)| {
                    let epoch = u32::from_be_bytes(slot[4..8].try_into().unwrap());
                    (epoch, slot[8..40].try_into().unwrap())
                })
                .collect()
        }

        fn pool_keys(&self) -> BTreeSet<Key> {
            self.slots()
                .filter(|(n, _)| *n > 8)
                .map(|(_, slot)| slot[52..84].try_into().unwrap())
                .collect()
        }
    }

    impl Learnt {
        fn learn(&mut self, now: &Supervised) {
            self.packet_keys.extend(now.packet_keys());
            let is_key = |key: &Key| *key != NOISE;
            self.pool_keys
                .extend(now.pool_keys().into_iter().filter(is_key));
        }

        fn all(&self) -> Vec<Key> {
            let packet_keys = self.packet_keys.values().copied();
            packet_keys.chain(self.pool_keys.iter().copied()).collect()
        }
    }

    /// The seed, and what X-Wing expands it to: the two halves of ML-KEM's seed, and the X25519 key.
    fn forms(seed: &Key) -> [Key; 4] {
        let mut expanded = [0; 96];
        let mut hash = Shake256::default();
        hash.update(seed);
        hash.finalize_xof().read(&mut expanded);
        let part = |n: usize| expanded[32 * n..32 * (n + 1)].try_into().unwrap();
        [*seed, part(0), part(1), part(2)]
    }

    /// The files of a relay that hold any of these keys.
    fn on_disk(party: &Party, keys: &[Key]) -> Vec<PathBuf> {
        let mut holding = Vec::new();
        let mut folders = vec![party.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = fs::read(&path)
                    && count_in(&bytes, keys).iter().any(|n| *n > 0)
                {
                    holding.push(path);
                }
            }
        }
        holding
    }

    fn epoch() -> u32 {
        u32::try_from(brolly_shell::clock::now() / EPOCH).unwrap()
    }

    #[test]
    fn a_live_relays_memory_and_disk_hold_no_key_that_is_over_and_without_power_no_key_at_all() {
        let binaries = Binaries::build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        // In the relay's environment, and so in its memory for as long as it lives.
        let planted = *b"planted-32-bytes-for-the-search.";
        let plant = format!("PLANTED={} exec", std::str::from_utf8(&planted).unwrap());
        let plan = Plan {
            tick_ms: 200,
            packet_epoch: EPOCH,
            entry_program: Some(relay_after(&plant, &binaries, folder.path())),
            ..Plan::default()
        };
        let mut scheme = Scheme::start(&binaries, folder.path(), &plan).unwrap();
        let worker = reporting::worker(&scheme);
        let mut learnt = [(); 3].map(|()| Learnt::default());
        let mut learn = |scheme: &Scheme| {
            let relays = scheme.parties.iter().zip(&mut learnt);
            relays.for_each(|(party, learnt)| learnt.learn(&Supervised::of(party)));
        };
        learn(&scheme);
        let sent = worker.run_json(&REPORT, "");
        assert_eq!(sent.unwrap()["accepted"], true);
        // Near a boundary a sender uses the next epoch's key already.
        let used = epoch() + 1;
        let deadline = Instant::now() + Duration::from_secs(6 * EPOCH);
        loop {
            // Traffic for every key, until those that the report used are gone.
            let _ = worker.run(&["cover", "--json"], "").unwrap();
            learn(&scheme);
            let held = |party: &Party| Supervised::of(party).packet_keys();
            let over = |party| held(party).keys().all(|epoch| *epoch > used);
            if scheme.parties[..3].iter().all(over) {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "keys of epoch {used} are still held"
            );
        }
        let opened = scheme.desk("scheme", &["sync", "--json"]).unwrap()["opened"].clone();
        assert_eq!(opened, 1, "the keys were used for a report that arrived");

        for (party, learnt) in scheme.parties.iter().zip(&learnt) {
            let memory = Supervised::of(party);
            let is_over = |(epoch, _): &(&u32, &Key)| **epoch <= used;
            let packet_keys = learnt.packet_keys.iter().filter(is_over);
            let over: Vec<Key> = packet_keys.flat_map(|(_, seed)| forms(seed)).collect();
            assert!(over.len() >= 4 * 2, "{}", party.name);
            let waiting = memory.pool_keys();
            let gone: Vec<Key> = learnt.pool_keys.difference(&waiting).copied().collect();
            assert!(!gone.is_empty());
            // Those of the epochs to come: the search has to find them.
            let announced = memory
                .packet_keys()
                .into_iter()
                .filter(|(e, _)| *e > epoch());
            let held: Vec<Key> = announced.map(|(_, seed)| seed).collect();
            assert!(!held.is_empty());

            let pid = party.daemon.pid().unwrap();
            let found = count(pid, &held).unwrap();
            assert!(found.iter().all(|n| *n > 0), "{}: {found:?}", party.name);
            let found = count(pid, &[planted]).unwrap()[0];
            assert_eq!(found > 0, party.name == "entry");
            let found = count(pid, &over).unwrap();
            assert!(found.iter().all(|n| *n == 0), "{}: {found:?}", party.name);
            // A packet may be between the pool and the next hop's answer; nothing is for long.
            let here = || {
                count(pid, &gone)
                    .unwrap()
                    .iter()
                    .filter(|n| **n > 0)
                    .count()
            };
            let left = (0..60).find_map(|_| match here() {
                0 => Some(()),
                _ => worker.run(&["cover", "--json"], "").ok().and(None),
            });
            assert!(
                left.is_some(),
                "{}: {} pool keys stay in memory",
                party.name,
                here()
            );

            let found = count_in(&memory.bytes, &held);
            assert!(found.iter().all(|n| *n == 1), "{}: {found:?}", party.name);
            let found = count_in(&memory.bytes, &over);
            assert!(found.iter().all(|n| *n == 0), "{}: {found:?}", party.name);
            assert_eq!(on_disk(party, &learnt.all()), Vec::<PathBuf>::new());
            assert_ne!(on_disk(party, &[public_key(party)]), Vec::<PathBuf>::new());
        }

        // A power cut: all processes gone, and what the supervisor held.
        for party in &mut scheme.parties {
            party.daemon.kill();
        }
        for (party, learnt) in scheme.parties.iter_mut().zip(&mut learnt) {
            let memory = Supervised::of(party);
            learnt.learn(&memory);
            assert!(
                !memory.pool_keys().is_empty(),
                "packets wait in {}",
                party.name
            );
            party.daemon.lose_memory();
            drop(memory);
            let pool = fs::read_dir(party.folder.join("data/pool")).unwrap();
            let lengths = pool.map(|file| file.unwrap().metadata().unwrap().len());
            assert!(lengths.sum::<u64>() > 0, "their records are on the disk");
            assert!(learnt.packet_keys.len() >= 4 && !learnt.pool_keys.is_empty());
            assert_eq!(on_disk(party, &learnt.all()), Vec::<PathBuf>::new());
        }
    }

    /// The public half of a relay's identity, which its key file has in clear: the search of the disk has to find it.
    fn public_key(party: &Party) -> Key {
        brolly_shell::keyfile::header(&party.folder.join("identity.key"))
            .unwrap()
            .public
    }

    const EPOCH: u64 = 60;
    /// In place of the key where a record is noise: cover that ends at the exit.
    const NOISE: Key = [0; 32];
}
