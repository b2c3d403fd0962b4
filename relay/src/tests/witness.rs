//! What a relay does not cosign, and what it keeps of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use brolly_keys::note::Note;
use brolly_keys::role::Log;
use brolly_keys::sign::SigningKey;
use brolly_protocol::log::LogName;
use brolly_protocol::node::SchemeId;
use brolly_protocol::onion::Layer;

use super::inbox::{Inbox, Published, cosign, entry};
use super::mirror::{Life, inbox, start, tree};
use super::world::{World, log_key, quick, relay_key, witness_key};
use crate::assignment::{Assignment, AssignmentError, Secrets};
use crate::mirror::{Round, Trouble};
use crate::{Obstacle, obstacles};

/// A log of 300 entries, cosigned and served.
async fn settled(log: LogName) -> (World, Arc<Inbox>, Life) {
    let world = World::new(Layer::Entry, quick);
    let inbox = inbox(&world, log);
    inbox.change(|now| now.grow(300));
    let mut life = start(&world, &inbox).await;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    (world, inbox, life)
}

/// Another log than `now`, with other entries from position `same` on.
fn other(now: &Published, same: usize, size: u64) -> Published {
    let mut other = Published::new(&now.directory, now.log);
    let begin = now.entries.iter().take(same).cloned();
    let end = (0..size - u64::try_from(same).unwrap())
        .map(|n| entry(&now.directory, now.log, 50_000 + n));
    other.publish(begin.chain(end));
    other
}

#[tokio::test]
async fn spec_15_2_a_forked_or_shrunken_log_is_refused_and_both_checkpoints_are_kept() {
    let first: fn(&Published) -> Published = |now| other(now, 299, 300);
    let cases = [
        ("same size", first, "log-forked"),
        (
            "forked in the last entry",
            |now| other(now, 299, 700),
            "log-forked",
        ),
        (
            "forked in a full tile",
            |now| other(now, 100, 700),
            "log-forked",
        ),
        (
            "forked from the beginning",
            |now| other(now, 0, 66_000),
            "log-forked",
        ),
        ("shrunk", |now| other(now, 290, 290), "log-shrunk"),
        ("empty", |now| other(now, 0, 0), "log-shrunk"),
    ];
    for (what, fork, event) in cases {
        let (world, inbox, mut life) = settled(LogName::Reports).await;
        let honest = inbox.now.lock().unwrap().clone();
        let served = life.mirror.checkpoint(LogName::Reports);
        let forked = fork(&honest);
        inbox.change(|now| *now = forked.clone());
        let _ = life.told();
        let round = life.round().await;
        assert!(
            matches!(round, Err(Trouble::Contradiction(_))),
            "{what}: {round:?}"
        );
        let told = life.told();
        assert!(
            told.contains(&event) && told.contains(&"evidence-kept"),
            "{what}: {told:?}"
        );
        // Neither now nor after a restart, and whatever the inbox says then.
        for published in [forked.clone(), honest.clone()] {
            inbox.change(|now| *now = published);
            assert_eq!(life.round().await.unwrap(), Round::Stopped);
            drop(life);
            life = start(&world, &inbox).await;
            assert!(life.told().contains(&"evidence-kept"));
            assert_eq!(life.round().await.unwrap(), Round::Stopped);
        }
        assert_eq!(inbox.posts(), 1);
        assert_eq!(life.mirror.checkpoint(LogName::Reports), served, "{what}");

        let files = tree(&world.config.data.join("evidence"));
        let name = format!("reports-{}-1.txt", forked.size());
        assert_eq!(files.len(), 1);
        assert!(files[0].ends_with(&name));
        assert_eq!(
            fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let text = fs::read_to_string(&files[0]).unwrap();
        assert!(text.contains(&forked.note.to_string()), "{what}");
        let cosigned = fs::read_to_string(inbox.folder.join("cosigned")).unwrap();
        assert!(text.contains(&cosigned) && cosigned.contains("\n300\n"));
        let found = obstacles(&world.config.data, &world.assignment()).unwrap();
        let path = files[0].clone();
        let log = LogName::Reports;
        assert_eq!(found, [Obstacle::Evidence { log, path }]);
        let sentence = found[0].to_string();
        assert!(
            sentence.contains(&name)
                && sentence.contains("contradicted itself about the reports log")
        );

        // Until somebody who knows why removes it.
        fs::remove_file(&files[0]).unwrap();
        inbox.change(|now| {
            *now = honest;
            now.grow(301);
        });
        assert_eq!(life.round().await.unwrap(), Round::Settled);
        assert_eq!(life.served(&inbox), Some(301));
    }
}

#[tokio::test]
async fn spec_15_2_a_majority_that_cosigned_another_tree_is_a_fork() {
    let (world, inbox, mut life) = settled(LogName::Reports).await;
    inbox.change(|now| {
        now.grow(400);
        let mut note = other(now, 399, 400).checkpoint().sign(&log_key()).unwrap();
        for layer in [Layer::Middle, Layer::Exit] {
            cosign(&now.directory, &mut note, layer);
        }
        now.witnessed = Some(note);
    });
    // An inbox that keeps this relay's cosignature to itself.
    *inbox.status.lock().unwrap() = Some(brolly_shell::http::StatusCode::CONFLICT);
    assert!(matches!(life.round().await, Err(Trouble::Contradiction(_))));
    assert_eq!(life.round().await.unwrap(), Round::Stopped);
    assert_eq!(life.served(&inbox), Some(300));
    assert_eq!(tree(&world.config.data.join("evidence")).len(), 1);
}

#[tokio::test]
async fn evidence_that_cannot_be_written_yet_stops_the_relay_all_the_same() {
    let (world, inbox, mut life) = settled(LogName::Reports).await;
    let honest = inbox.now.lock().unwrap().clone();
    let folder = world.config.data.join("evidence");
    // No folder can be made in its place.
    std::os::unix::fs::symlink("nowhere/at/all", &folder).unwrap();
    inbox.change(|now| *now = other(now, 10, 700));
    assert!(matches!(life.round().await, Err(Trouble::Full(_))));
    inbox.change(|now| {
        *now = honest;
        now.grow(301);
    });
    assert!(matches!(life.round().await, Err(Trouble::Full(_))));
    fs::remove_file(&folder).unwrap();
    assert_eq!(life.round().await.unwrap(), Round::Stopped);
    assert_eq!((inbox.posts(), tree(&folder).len()), (1, 1));
}

/// That nothing came of a round, and that all is well when the inbox tells the truth.
async fn refused(what: &str, world: &World, inbox: &Inbox, life: &mut Life) {
    let round = life.round().await;
    assert!(
        matches!(round, Err(Trouble::Refused | Trouble::Unanswered)),
        "{what}: {round:?}"
    );
    assert_eq!(
        (inbox.posts(), life.served(inbox)),
        (1, Some(300)),
        "{what}"
    );
    let cosigned = fs::read_to_string(inbox.folder.join("cosigned")).unwrap();
    assert_eq!(cosigned.lines().nth(1), Some("300"), "{what}");
    assert!(!world.config.data.join("evidence").exists(), "{what}");
}

#[tokio::test]
async fn spec_15_1_a_checkpoint_that_is_not_the_logs_own_is_refused() {
    for log in LogName::ALL {
        let (world, inbox, mut life) = settled(log).await;
        inbox.change(|now| now.grow(800));
        let now = inbox.now.lock().unwrap().clone();
        let good = now.checkpoint();
        let sign = |change: fn(&mut brolly_protocol::log::Checkpoint)| {
            let mut checkpoint = good.clone();
            change(&mut checkpoint);
            checkpoint.sign(&log_key()).unwrap()
        };
        let mut unsigned = now.note.clone();
        unsigned.retain_signers(|name| name.contains("witness"));
        let stranger = SigningKey::<Log>::from_seed(&[77; 32]);
        let elsewhere = LogName::ALL
            .into_iter()
            .find(|other| *other != log)
            .unwrap();
        let mut other_log = Published::new(&now.directory, elsewhere);
        other_log.grow(800);
        let mut bad: Vec<(&str, Note)> = vec![
            ("unsigned", unsigned),
            ("signed by a stranger", good.sign(&stranger).unwrap()),
            ("another scheme", sign(|c| c.scheme = SchemeId([3; 32]))),
            ("another log", other_log.note),
            ("another root", sign(|c| c.root = [1; 32])),
            ("more than there is", sign(|c| c.size = 801)),
            ("less than the root says", sign(|c| c.size = 799)),
            ("more than anybody has", sign(|c| c.size = u64::MAX)),
        ];
        if log == LogName::Board {
            let wrong_alerts = sign(|c| c.indexes.as_mut().unwrap().alerts = [9; 32]);
            let wrong_keys = sign(|c| c.indexes.as_mut().unwrap().keys = [9; 32]);
            bad.push(("wrong alerts", wrong_alerts));
            bad.push(("wrong keys", wrong_keys));
        }
        for (what, note) in bad {
            inbox.lie("checkpoint", Some(note.to_string().into()));
            refused(what, &world, &inbox, &mut life).await;
        }
        let text = now.note.to_string();
        let flipped = text.replace("\n800\n", "\n801\n");
        for bad in [
            "",
            "no note",
            &text[..text.len() - 9],
            &flipped,
            &"x".repeat(1 << 17),
        ] {
            inbox.lie("checkpoint", Some(bad.into()));
            refused("garbage", &world, &inbox, &mut life).await;
        }
        inbox.lie("checkpoint", None);
        refused("no answer", &world, &inbox, &mut life).await;
        inbox.repent();
        assert_eq!(life.round().await.unwrap(), Round::Settled);
        assert_eq!(life.served(&inbox), Some(800));
    }
}

#[tokio::test]
async fn spec_15_1_tiles_and_entries_that_are_not_those_signed_are_refused() {
    for log in LogName::ALL {
        let (world, inbox, mut life) = settled(log).await;
        inbox.change(|now| now.grow(800));
        let files = inbox.now.lock().unwrap().files.clone();
        let asked = [
            "tile/0/001",
            "tile/0/003.p/32",
            "tile/1/000.p/3",
            "tile/entries/001",
            "tile/entries/002",
            "tile/entries/003.p/32",
        ];
        for path in asked {
            let good = &files[path];
            let mut flipped = good.clone();
            flipped[good.len() / 2] ^= 1;
            let mut swapped = good.clone();
            let middle = good.len() / 2;
            swapped.rotate_left(middle);
            let longer = [&good[..], &good[good.len() - 32..]].concat();
            let bad = [
                ("flipped", Some(flipped)),
                ("swapped", Some(swapped)),
                ("truncated", Some(good[..good.len() - 1].to_vec())),
                ("longer", Some(longer)),
                ("another one", Some(files["tile/0/000"].clone())),
                ("empty", Some(Vec::new())),
                ("not there", None),
            ];
            for (what, bad) in bad {
                inbox.lie(path, bad);
                refused(&format!("{path} {what}"), &world, &inbox, &mut life).await;
                // Nothing of it is on the disk either.
                let stored = fs::read(inbox.folder.join(path));
                assert!(stored.is_err() || stored.unwrap() == *good, "{path} {what}");
                inbox.repent();
            }
        }
        assert_eq!(life.round().await.unwrap(), Round::Settled);
        assert_eq!(life.served(&inbox), Some(800));
    }
}

#[tokio::test]
async fn spec_15_1_entries_that_do_not_belong_into_the_log_are_refused_although_they_are_signed() {
    for log in LogName::ALL {
        let (world, inbox, mut life) = settled(log).await;
        let good = inbox.now.lock().unwrap().clone();
        let mut flipped = entry(&good.directory, LogName::Board, 7);
        flipped[40] ^= 1;
        let bad = match log {
            LogName::Reports => vec![vec![1; 47], vec![1; 49], Vec::new()],
            LogName::Board => vec![flipped, vec![1; 4_096 - 1], vec![2; 93], Vec::new()],
        };
        for bad in bad {
            inbox.change(|now| {
                *now = good.clone();
                now.publish([entry(&good.directory, log, 300), bad]);
            });
            refused("a bad entry", &world, &inbox, &mut life).await;
            drop(life);
            life = start(&world, &inbox).await;
            refused("a bad entry, again", &world, &inbox, &mut life).await;
        }
        // Whoever published it may still think better of it: nothing of that size was cosigned.
        inbox.change(|now| {
            *now = good.clone();
            now.grow(302);
        });
        assert_eq!(life.round().await.unwrap(), Round::Settled);
        assert_eq!(life.served(&inbox), Some(302));
    }
}

#[tokio::test]
async fn spec_15_4_a_relay_that_cannot_know_what_it_cosigned_cosigns_nothing_and_says_so() {
    let older = {
        let world = World::new(Layer::Entry, quick);
        let inbox = inbox(&world, LogName::Reports);
        inbox.change(|now| now.grow(250));
        start(&world, &inbox).await.round().await.unwrap();
        fs::read(inbox.folder.join("cosigned")).unwrap()
    };
    let (world, inbox, life) = settled(LogName::Reports).await;
    let served = life.mirror.checkpoint(LogName::Reports);
    drop(life);
    let path = inbox.folder.join("cosigned");
    let good = fs::read(&path).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let mut bad = vec![
        None,
        Some(older),
        Some(Vec::new()),
        Some(b"nothing cosigned yet\n".to_vec()),
        Some(good[..good.len() / 2].to_vec()),
        Some(text.replace("\n300\n", "\n200\n").into_bytes()),
        Some(vec![b'x'; 1 << 17]),
    ];
    let other = World::new(Layer::Middle, quick);
    let own = other.assignment();
    let forged = Note::unsigned(text[..=text.find("\n\n").unwrap()].replace("300", "200"));
    let mut forged = forged.unwrap();
    own.cosign(&mut forged, 5);
    bad.push(Some(forged.to_string().into_bytes()));
    for bad in bad {
        match &bad {
            Some(bad) => fs::write(&path, bad).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let found = obstacles(&world.config.data, &world.assignment()).unwrap();
        let log = LogName::Reports;
        assert_eq!(
            found,
            [Obstacle::Cosigned {
                log,
                path: path.clone()
            }]
        );
        assert!(found[0].to_string().contains("is damaged or missing"));
        let mut life = start(&world, &inbox).await;
        assert!(life.told().contains(&"cosigned-unknown"));
        inbox.change(|now| now.grow(now.size() + 1));
        for _ in 0..2 {
            assert_eq!(life.round().await.unwrap(), Round::Stopped);
        }
        assert_eq!(inbox.posts(), 1);
        assert_eq!(life.mirror.checkpoint(LogName::Reports), served);
        assert_eq!(fs::read(&path).ok(), bad, "it is left as it is");
    }
    fs::write(&path, good).unwrap();
    assert_eq!(
        obstacles(&world.config.data, &world.assignment()).unwrap(),
        []
    );
    let mut life = start(&world, &inbox).await;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(inbox.posts(), 2);
}

#[test]
fn spec_15_9_a_witness_key_that_the_directory_does_not_have_is_told_before_the_relay_runs() {
    let world = World::new(Layer::Entry, quick);
    let with = |witness| {
        let key = relay_key(Layer::Entry);
        Assignment::new(world.signed(), None, Arc::new(Secrets::new(key, witness)))
    };
    assert!(with(witness_key(Layer::Entry)).is_ok());
    let error = with(witness_key(Layer::Exit)).map(|_| ()).unwrap_err();
    assert!(matches!(error, AssignmentError::NotTheWitness));
    assert!(
        error
            .to_string()
            .contains("witness key is not the one in the directory")
    );
}
