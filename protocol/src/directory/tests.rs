use std::string::ToString;

use brolly_keys::pair::SecretKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::sample::{NOW, Sample, scheme};
use super::*;
use crate::notice::{KeyNotice, PacketKeys};

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
            .map(|key| brolly_keys::sign::SigningKey::from_seed(&key.expose()))
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
    let directory = sample.directory();
    let mut lowered = directory.clone();
    lowered.threshold = 1;
    let note = sample.sign(&lowered, &[0]);
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
    let breaks: [(Break, &str); 17] = [
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
        (|d| d.parameters.calling_code = 0, "calling code"),
        (|d| d.desks[0].alerts = false, "publish alerts"),
        (|d| d.desks.remove(0).weeks.clear(), "one scheme desk"),
        (|d| d.desks[2].area.clear(), "name their area"),
        (|d| d.desks[0].weeks.reverse(), "order of their weeks"),
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
    let mut keys = PacketKeys::new();
    assert_eq!(
        directory.draw_path(&keys, NOW, &mut rng).err(),
        Some(PathError::NoKeys)
    );
    for (relay, identity) in directory.relays.iter().zip(&sample.relays) {
        for epoch in [20_416, 20_417] {
            let notice = KeyNotice {
                scheme: directory.scheme,
                relay: relay.id,
                epoch: Epoch::new(epoch),
                key: SecretKey::generate(&mut rng).public(),
            };
            assert_eq!(keys.read(&directory, &notice.sign(identity)), 1);
        }
    }
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
fn spec_7_6_an_entry_that_hands_over_few_keys_does_not_choose_the_path() {
    let sample = scheme();
    let mut directory = sample.directory();
    let (mut identities, mut rng) = (Vec::new(), ChaCha20Rng::seed_from_u64(7));
    let middle = directory.relays.remove(2);
    for n in 0..3u8 {
        let identity = brolly_keys::sign::SigningKey::from_seed(&[60 + n; 32]);
        let key = identity.verifying_key();
        directory.relays.push(RelayEntry {
            id: NodeId::of(&key),
            key,
            ..middle.clone()
        });
        identities.push(identity);
    }
    let mut keys = PacketKeys::new();
    let mut announce = |relay: &RelayEntry, identity: &brolly_keys::sign::SigningKey<Relay>| {
        for epoch in [20_416, 20_417] {
            let notice = KeyNotice {
                scheme: directory.scheme,
                relay: relay.id,
                epoch: Epoch::new(epoch),
                key: SecretKey::generate(&mut rng).public(),
            };
            keys.read(&directory, &notice.sign(identity));
        }
        directory
            .draw_path(&keys, NOW, &mut ChaCha20Rng::seed_from_u64(8))
            .is_ok()
    };
    for (relay, identity) in directory
        .relays
        .iter()
        .zip([0, 1, 3].map(|n| &sample.relays[n]))
    {
        announce(relay, identity);
    }
    let drawn: Vec<bool> = directory.relays[3..]
        .iter()
        .zip(&identities)
        .map(|(relay, identity)| announce(relay, identity))
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
