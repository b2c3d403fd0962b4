use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::vec;

use super::bytes::MAX_MEMORY_KIB;
use super::*;
use crate::share::{self, SharedKey};

const CHEAP: Cost = Cost::CHEAP;

fn file() -> KeyFile {
    let mut file = KeyFile::new(Kind::Desk, "police", [5; 32]);
    file.insert(Label::Identity, 0, &[1; 32]);
    file.insert(Label::Week, 2900, &[2; 32]);
    file.insert(Label::Week, 2901, &[3; 32]);
    file
}

fn bytes() -> Vec<u8> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    file().encrypt(b"umbrella", CHEAP, &mut rng).unwrap()
}

#[test]
fn spec_2_6_a_key_file_opens_with_its_passphrase_and_no_other() {
    let opened = KeyFile::decrypt(&bytes(), b"umbrella").unwrap();
    assert_eq!(opened.header(), file().header());
    assert_eq!(opened.secret(Label::Week, 2901), Some(&[3; 32]));
    assert_eq!(opened.epochs(Label::Week), vec![2900, 2901]);
    let wrong = KeyFile::decrypt(&bytes(), b"parasol");
    assert_eq!(wrong.err(), Some(FileError::Passphrase));
}

#[test]
fn spec_2_6_a_flipped_byte_or_a_missing_end_is_damage_and_is_refused() {
    let good = bytes();
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 0x20;
        let want = if at < MAGIC.len() {
            FileError::NotAKeyFile
        } else {
            FileError::Damaged
        };
        assert_eq!(KeyFile::decrypt(&flipped, b"umbrella").err(), Some(want));
        let cut = KeyFile::decrypt(&good[..at], b"umbrella");
        assert!(matches!(
            cut.err(),
            Some(FileError::Damaged | FileError::NotAKeyFile)
        ));
    }
}

#[test]
fn the_header_is_read_without_a_passphrase_and_holds_no_secret() {
    let bytes = bytes();
    let header = Header::parse(&bytes).unwrap();
    assert_eq!((header.kind, header.name.as_str()), (Kind::Desk, "police"));
    for secret in [[1u8; 32], [2; 32], [3; 32]] {
        assert!(!bytes.windows(32).any(|w| w == secret));
    }
}

#[test]
fn a_cost_that_would_take_all_memory_is_refused_before_it_is_paid() {
    let greedy = Cost {
        memory_kib: MAX_MEMORY_KIB + 1,
        ..CHEAP
    };
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let got = file().encrypt(b"umbrella", greedy, &mut rng);
    assert_eq!(got.err(), Some(FileError::Damaged));
}

#[test]
fn expired_weeks_are_gone_from_the_file() {
    let mut file = file();
    assert_eq!(file.erase_before(Label::Week, 2901), 1);
    assert_eq!(file.secret(Label::Week, 2900), None);
    assert!(file.secret(Label::Identity, 0).is_some());
}

fn in_hands(seed: u64) -> (SharedKey, Vec<u8>) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let (key, _) = share::split(2, 3, &mut rng).unwrap();
    let bytes = file().encrypt_shared(&key, &mut rng).unwrap();
    (key, bytes)
}

#[test]
fn spec_2_9_a_file_in_several_hands_opens_under_the_key_of_its_own_shares_alone() {
    let (key, bytes) = in_hands(1);
    let opened = KeyFile::decrypt_shared(&bytes, &key).unwrap();
    assert_eq!(opened.secret(Label::Week, 2900), Some(&[2; 32]));
    assert_eq!(opened.header().lock, Lock::Shares(key.set().clone()));
    let (foreign, _) = in_hands(2);
    let refused = KeyFile::decrypt_shared(&bytes, &foreign).err();
    assert_eq!(refused, Some(FileError::OtherShares));
    let plain = KeyFile::decrypt_shared(&self::bytes(), &key).err();
    assert_eq!(plain, Some(FileError::OtherShares));
}

#[test]
fn spec_2_9_a_file_in_several_hands_says_that_no_passphrase_opens_it() {
    let (_, bytes) = in_hands(1);
    let error = KeyFile::decrypt(&bytes, b"umbrella").err().unwrap();
    assert_eq!(
        error.to_string(),
        "it is unlocked with shares, not with a passphrase: 2 of its 3 share files are needed"
    );
}

#[test]
fn spec_2_9_each_writing_of_a_file_in_several_hands_has_a_cipher_of_its_own() {
    let (key, first) = in_hands(1);
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let second = file().encrypt_shared(&key, &mut rng).unwrap();
    let header = file()
        .header()
        .encode(&Lock::Shares(key.set().clone()))
        .unwrap()
        .len();
    assert_eq!(first[..header], second[..header]);
    // Same secrets, no byte run in common behind the header.
    assert!(
        first[header..]
            .chunks_exact(8)
            .all(|run| !second[header..].windows(8).any(|w| w == run))
    );
    assert!(KeyFile::decrypt_shared(&second, &key).is_ok());
}

#[test]
fn every_byte_of_a_file_in_several_hands_is_bound() {
    let (key, good) = in_hands(1);
    for at in MAGIC.len()..good.len() - 8 {
        let mut bad = good[..good.len() - 8].to_vec();
        bad[at] ^= 1;
        let sum = checksum(&bad);
        bad.extend_from_slice(&sum);
        assert!(KeyFile::decrypt_shared(&bad, &key).is_err(), "byte {at}");
        assert_eq!(Header::parse(&good[..at]).err(), Some(FileError::Damaged));
    }
}

#[test]
fn a_shared_file_comes_back_under_a_passphrase() {
    let (key, bytes) = in_hands(1);
    let opened = KeyFile::decrypt_shared(&bytes, &key).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let bytes = opened.encrypt(b"umbrella", CHEAP, &mut rng).unwrap();
    let back = KeyFile::decrypt(&bytes, b"umbrella").unwrap();
    assert_eq!(back.header(), file().header());
    assert_eq!(back.secret(Label::Week, 2901), Some(&[3; 32]));
}
