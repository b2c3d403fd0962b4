use std::string::ToString;

use brolly_keys::epoch::Epoch;
use brolly_keys::pair::SecretKey;
use brolly_keys::sign::SigningKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::sample::{NOW, Sample, scheme};
use super::*;
use crate::board::{Entry, Keys, Live};
use crate::notice::KeyNotice;

/// Puts the keys of both epochs that can be drawn at [`NOW`] on a board.
fn announce(board: &mut Live, directory: &Directory, relay: &RelayEntry, by: &SigningKey<Relay>) {
    for epoch in [20_416, 20_417] {
        let entry = KeyNotice {
            scheme: directory.scheme,
            node: relay.id,
            epoch: Epoch::new(epoch),
            key: SecretKey::<Relay>::from_seed(&[7; 32]).public(),
        }
        .to_entry(by);
        let read = Entry::verify(&entry, directory).unwrap();
        board.apply(0, &entry, &read);
    }
}

fn verify(note: &Note, scheme: SchemeId) -> Result<Verified<Directory>, DirectoryError> {
    Directory::verify(note.to_string().as_bytes(), scheme, NOW, 0)
}

#[test]
fn spec_4_1_two_of_three_officers_make_a_directory_and_one_does_not() {
    let sample = scheme();
    let directory = sample.directory();
    let good = verify(&sample.sign(&directory, &[0, 2]), directory.scheme).unwrap();
    assert_eq!(*good, directory);
    for officers in [&[][..], &[1]] {
        let refused = verify(&sample.sign(&directory, officers), directory.scheme);
        assert_eq!(
            refused,
            Err(DirectoryError::TooFew {
                good: officers.len(),
                needed: 2
            })
        );
    }
}

#[test]
fn spec_4_1_a_directory_of_another_scheme_is_refused() {
    let sample = scheme();
    let directory = sample.directory();
    let note = sample.sign(&directory, &[0, 1]);
    assert_eq!(
        verify(&note, SchemeId([1; 32])),
        Err(DirectoryError::OtherScheme)
    );
    // Other officers who claim the scheme's id.
    let impostors = Sample {
        officers: scheme()
            .relays
            .iter()
            .map(|key| SigningKey::from_seed(&key.expose()))
            .collect(),
        relays: scheme().relays,
    };
    let mut forged = impostors.directory();
    forged.scheme = directory.scheme;
    let note = impostors.sign(&forged, &[0, 1, 2]);
    assert_eq!(
        verify(&note, directory.scheme),
        Err(DirectoryError::OtherScheme)
    );
}

#[test]
fn spec_4_1_a_lower_threshold_is_another_scheme() {
    let sample = scheme();
    let mut directory = sample.directory();
    directory.threshold = 3;
    directory.scheme = directory.founders();
    let mut lowered = directory.clone();
    lowered.threshold = 2;
    let note = sample.sign(&lowered, &[0, 1]);
    assert_eq!(
        verify(&note, directory.scheme),
        Err(DirectoryError::OtherScheme)
    );
}

#[test]
fn spec_4_3_an_expired_or_rolled_back_directory_is_refused() {
    let sample = scheme();
    let directory = sample.directory();
    let bytes = sample.sign(&directory, &[0, 1]).to_string().into_bytes();
    let at = |now, seen| Directory::verify(&bytes, directory.scheme, now, seen);
    assert!(at(directory.expires - 1, 3).is_ok());
    assert_eq!(at(directory.expires, 3), Err(DirectoryError::Expired));
    assert_eq!(
        at(NOW, 4),
        Err(DirectoryError::RolledBack { given: 3, seen: 4 })
    );
}

#[test]
fn any_flipped_bit_of_a_directory_is_refused() {
    let sample = scheme();
    let directory = sample.directory();
    let bytes = sample.sign(&directory, &[0, 1]).to_string().into_bytes();
    for at in (0..bytes.len()).step_by(37) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let refused = Directory::verify(&flipped, directory.scheme, NOW, 0);
        assert!(refused.is_err(), "byte {at}");
    }
}

#[test]
fn spec_4_2_a_directory_that_breaks_a_rule_is_neither_written_nor_read() {
    type Break = fn(&mut Directory);
    let breaks: [(Break, &str); 25] = [
        (|d| d.threshold = 4, "threshold"),
        (|d| d.threshold = 0, "threshold"),
        (|d| d.expires = d.issued, "expires after"),
        (|d| d.expires = d.issued + 91 * 86_400, "90 days"),
        (|d| d.relays[1] = d.relays[0].clone(), "twice"),
        (|d| d.parameters.mix.tick_ms = 0, "tick"),
        (|d| d.parameters.mix.release_ppm = 0, "probability"),
        (|d| d.parameters.packet_epoch = 59, "minute"),
        (|d| d.relays[1].witness = d.relays[0].witness, "twice"),
        (|d| d.parameters.window = 255, "window"),
        (|d| d.parameters.window = (1 << 20) + 1, "window"),
        (
            |d| d.weather = "http://weather.example".to_string(),
            "https",
        ),
        (|d| d.weather = "javascript:alert(1)".to_string(), "https"),
        (|d| d.weather = "https://".to_string(), "https"),
        (|d| d.weather = "https://a b".to_string(), "https"),
        (|d| d.parameters.calling_code = 0, "calling code"),
        (|d| d.desks[0].alerts = false, "publish alerts"),
        (|d| drop(d.desks.remove(0)), "one scheme desk"),
        (|d| d.desks[2].area.clear(), "name their area"),
        (|d| d.version = 0, "begin at 1"),
        (|d| d.issuer.relay = d.relays[0].id, "no entry"),
        (|d| d.issuer.relay = d.inbox.id, "one of the relays"),
        (|d| d.issuer.keys.clear(), "issuer key"),
        (
            |d| d.issuer.keys.push(d.issuer.keys[0].clone()),
            "issuer key",
        ),
        (
            |d| {
                d.relays
                    .iter_mut()
                    .for_each(|r| r.kind = "charity".to_string())
            },
            "two kinds",
        ),
    ];
    for (break_it, words) in breaks {
        let mut directory = scheme().directory();
        break_it(&mut directory);
        let error = directory.to_text().unwrap_err().to_string();
        assert!(error.contains(words), "{error} / {words}");
    }
}

#[test]
fn spec_4_9_no_officers_can_sign_away_the_anonymity_of_a_scheme_that_people_rely_on() {
    type Break = fn(&mut Directory);
    let breaks: [(Break, &str); 14] = [
        (
            |d| d.parameters.mix.min_pool = 10_001,
            "80 to 10,000 packets",
        ),
        (
            |d| d.parameters.effective_after = 14 * 86_400 + 1,
            "48 hours to 14 days",
        ),
        (|d| drop(d.relays.remove(1)), "two entry relays"),
        (|d| d.parameters.mix.tick_ms = 4_999, "5 to 60 seconds"),
        (|d| d.parameters.mix.tick_ms = 60_001, "5 to 60 seconds"),
        (|d| d.parameters.mix.release_ppm = 50_001, "5 minutes"),
        (|d| d.parameters.mix.min_pool = 79, "80 to 10,000 packets"),
        (|d| d.parameters.packet_epoch = 172_801, "1 to 2 days"),
        (|d| d.parameters.desk_epoch = 604_801, "1 to 7 days"),
        (|d| d.parameters.effective_after = 172_799, "48 hours"),
        (
            |d| d.parameters.publish_ms = 3_599_999,
            "every 1 to 24 hours",
        ),
        (
            |d| d.parameters.cover_deliver_one_in = 257,
            "one cover cell in 256",
        ),
        (|d| d.threshold = 1, "two officers"),
        (|d| d.issuer.keys[0].until += 7 * 86_400, "40 days"),
    ];
    for (break_it, words) in breaks {
        let mut directory = scheme().directory();
        break_it(&mut directory);
        let error = directory.to_text().unwrap_err().to_string();
        assert!(error.contains(words), "{error} / {words}");
        // A drill may be anything, and is another scheme.
        directory.purpose = Purpose::Drill;
        assert!(directory.to_text().is_ok(), "{words}");
        assert_ne!(directory.founders(), scheme().directory().scheme);
    }
}

#[test]
fn spec_4_3_a_version_follows_the_one_before_it_and_no_other() {
    let current = scheme().directory();
    let next = |version: u32| {
        let mut next = current.clone();
        next.version = version;
        sample::written(next)
    };
    assert_eq!(next(4).follows(&current), Ok(()));
    let error = |directory: &Directory| directory.follows(&current).unwrap_err();
    assert_eq!(
        error(&next(5)),
        DirectoryError::NotNext {
            given: 5,
            current: 3
        }
    );
    assert_eq!(
        error(&next(2)),
        DirectoryError::RolledBack { given: 2, seen: 3 }
    );
    let mut twin = next(3);
    twin.relays[0].name = "other".into();
    let twin = sample::written(twin);
    assert_eq!(error(&twin), DirectoryError::Forked { version: 3 });
    let mut early = next(4);
    early.issued -= 1;
    assert!(matches!(error(&early), DirectoryError::Rule(_)));
    let lengths: [fn(&mut Parameters); 2] = [|p| p.packet_epoch += 1, |p| p.desk_epoch += 1];
    for length in lengths {
        let mut renumbered = next(4);
        length(&mut renumbered.parameters);
        assert!(matches!(error(&renumbered), DirectoryError::Rule(_)));
    }
    let mut usurped = next(4);
    usurped.officers.pop();
    assert!(matches!(error(&usurped), DirectoryError::Succession { .. }));
}

#[test]
fn a_directory_of_thousands_is_refused_before_its_entries_are_compared() {
    let mut directory = scheme().directory();
    directory.purpose = Purpose::Drill;
    let relay = directory.relays[0].clone();
    directory.relays.extend((0..2_000).map(|_| relay.clone()));
    let error = directory.to_text().unwrap_err();
    assert!(error.to_string().contains("at most 1,024"), "{error}");
}

#[test]
fn an_unknown_key_in_a_directory_is_refused() {
    let text = scheme().directory().to_text().unwrap();
    let error = Directory::parse(("extra = 1\n".to_string() + &text).as_bytes()).unwrap_err();
    assert!(matches!(error, DirectoryError::Text(words) if words.contains("extra")));
}

#[test]
fn spec_7_6_paths_are_even_over_the_entries_and_cross_two_kinds_of_operator() {
    let sample = scheme();
    let directory = sample.directory();
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let none = directory.draw_path(&Keys::new(), NOW, &mut rng);
    assert_eq!(none.err(), Some(PathError::NoKeys));
    let mut board = Live::new();
    for (relay, identity) in directory.relays.iter().zip(&sample.relays) {
        announce(&mut board, &directory, relay, identity);
    }
    let keys = Keys::open(&board.keys().index(), &directory).unwrap();
    let mut first = 0;
    for _ in 0..1_000 {
        let path = directory.draw_path(&keys, NOW, &mut rng).unwrap();
        let relays = path.map(|hop| directory.relay(hop.relay).unwrap().clone());
        assert_eq!(relays.each_ref().map(|relay| relay.layer), Layer::ALL);
        assert!(relays.iter().any(|relay| relay.kind != relays[0].kind));
        first += u32::from(relays[0].id == directory.relays[0].id);
    }
    assert!((400..600).contains(&first), "{first} of 1000");
}

#[test]
fn spec_7_6_where_relays_have_no_key_of_the_drawn_epoch_the_path_is_of_the_one_across_the_boundary()
{
    let sample = scheme();
    let directory = sample.directory();
    let mut board = Live::new();
    for (relay, identity) in directory.relays.iter().zip(&sample.relays) {
        announce(&mut board, &directory, relay, identity);
    }
    let keys = Keys::open(&board.keys().index(), &directory).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let length = directory.parameters.packet_epoch;
    let (first, last) = (Epoch::new(20_416), Epoch::new(20_417));
    for (now, expected) in [
        (first.start(length), first),
        (last.start(length) + length - 1, last),
    ] {
        for _ in 0..40 {
            let path = directory.draw_path(&keys, now, &mut rng).unwrap();
            assert!(path.iter().all(|hop| hop.epoch == expected));
        }
    }
}

#[test]
fn a_path_through_a_relay_is_drawn_evenly_among_those_that_cross_it() {
    let sample = scheme();
    let mut directory = sample.directory();
    let identity = SigningKey::from_seed(&[60; 32]);
    let key = identity.verifying_key();
    let second = RelayEntry {
        id: NodeId::of(&key),
        key,
        ..directory.relays[2].clone()
    };
    directory.relays.push(second);
    let mut board = Live::new();
    let identities = sample.relays.iter().chain([&identity]);
    for (relay, identity) in directory.relays.iter().zip(identities) {
        announce(&mut board, &directory, relay, identity);
    }
    let keys = Keys::open(&board.keys().index(), &directory).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    let ids: Vec<NodeId> = directory.relays.iter().map(|relay| relay.id).collect();
    for through in [ids[1], ids[2], ids[3], ids[4]] {
        let mut crossed = [0; 5];
        for _ in 0..400 {
            let path = directory.draw_path_through(&[through], &keys, NOW, &mut rng);
            for hop in path.unwrap() {
                crossed[ids.iter().position(|id| *id == hop.relay).unwrap()] += 1;
            }
        }
        for (id, crossed) in ids.iter().zip(crossed) {
            // Binomial(400, 1/2): 10 a standard deviation, six either way.
            let whole = *id == through || *id == ids[3];
            let excluded = (*id == ids[0] && through == ids[1])
                || (*id == ids[4] && through == ids[2])
                || (*id == ids[2] && through == ids[4]);
            match (whole, excluded) {
                (true, _) => assert_eq!(crossed, 400),
                (_, true) => assert_eq!(crossed, 0),
                _ => assert!((140..260).contains(&crossed), "{crossed}"),
            }
        }
    }
    for through in [&[NodeId([9; 16])][..], &ids[..2]] {
        let none = directory.draw_path_through(through, &keys, NOW, &mut rng);
        assert_eq!(none.err(), Some(PathError::NoKeys));
    }
}

#[test]
fn spec_7_6_an_entry_that_hands_over_few_keys_does_not_choose_the_path() {
    let sample = scheme();
    let mut directory = sample.directory();
    let (mut identities, mut rng) = (Vec::new(), ChaCha20Rng::seed_from_u64(7));
    let middle = directory.relays.remove(2);
    for n in 0..3u8 {
        let identity = SigningKey::from_seed(&[60 + n; 32]);
        let key = identity.verifying_key();
        directory.relays.push(RelayEntry {
            id: NodeId::of(&key),
            key,
            ..middle.clone()
        });
        identities.push(identity);
    }
    let mut board = Live::new();
    let mut drawable = |relay: &RelayEntry, identity: &SigningKey<Relay>| {
        announce(&mut board, &directory, relay, identity);
        let keys = Keys::open(&board.keys().index(), &directory).unwrap();
        directory.draw_path(&keys, NOW, &mut rng).is_ok()
    };
    for (relay, identity) in directory
        .relays
        .iter()
        .zip([0, 1, 3].map(|n| &sample.relays[n]))
    {
        drawable(relay, identity);
    }
    let drawn: Vec<bool> = directory.relays[3..]
        .iter()
        .zip(&identities)
        .map(|(relay, identity)| drawable(relay, identity))
        .collect();
    assert_eq!(
        drawn,
        [false, true, true],
        "one of three middles is too few"
    );
}

#[test]
fn a_specialist_desk_is_found_by_area_and_the_others_without() {
    let directory = scheme().directory();
    let found = |slot, area| directory.desk_for(slot, area, "").map(|desk| desk.slot);
    assert_eq!(found(Slot::Police, "LS2"), Some(Slot::Police));
    assert_eq!(found(Slot::Specialist, "ls2"), Some(Slot::Specialist));
    assert_eq!(found(Slot::Specialist, "M1"), None);
    assert_eq!(found(Slot::Project, ""), None);
}
