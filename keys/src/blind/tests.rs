use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::sync::OnceLock;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rsa::Pss;

use super::*;

/// A vector of the RFC: its values by name.
struct Vector(BTreeMap<String, String>);

impl Vector {
    fn all() -> Vec<Self> {
        let mut vectors = Vec::new();
        let mut last = String::new();
        for line in include_str!("rfc9474.txt").lines() {
            if let Some(more) = line.strip_prefix("  ") {
                let Self(values) = vectors.last_mut().unwrap();
                values.get_mut(&last).unwrap().push_str(more);
            } else if let Some((name, value)) = line.split_once(':') {
                if line.starts_with('#') {
                    continue;
                }
                if name == "variant" {
                    vectors.push(Self(BTreeMap::new()));
                }
                let Self(values) = vectors.last_mut().unwrap();
                values.insert(name.into(), value.trim().into());
                last = name.into();
            }
        }
        vectors
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        let digits = &self.0[name];
        (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect()
    }

    fn number(&self, name: &str, bits: u32) -> BoxedUint {
        BoxedUint::from_be_slice(&self.bytes(name), bits).unwrap()
    }
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn issuer() -> &'static IssuerSecret {
    static KEY: OnceLock<IssuerSecret> = OnceLock::new();
    KEY.get_or_init(|| IssuerSecret::generate(&mut rng(1)).unwrap())
}

fn other() -> &'static IssuerSecret {
    static KEY: OnceLock<IssuerSecret> = OnceLock::new();
    KEY.get_or_init(|| IssuerSecret::generate(&mut rng(2)).unwrap())
}

/// `n - 1` and `n`, and the largest number of this length.
fn edges(key: &IssuerKey) -> [[u8; MODULUS]; 3] {
    let mut below = *key.modulus();
    below[MODULUS - 1] -= 1;
    [below, *key.modulus(), [0xff; MODULUS]]
}

#[test]
fn spec_2_8_blinding_signing_and_unblinding_give_the_numbers_of_rfc_9474() {
    let vectors = Vector::all();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let variant = &vector.0["variant"];
        let (message, salt) = (vector.bytes("message"), vector.bytes("salt"));
        let primes = ["p", "q"].map(|name| vector.number(name, 2_048));
        let [p, q] = primes;
        let secret = PrivateKey::from_p_q(p, q, E.into()).unwrap();
        let key = secret.to_public_key();
        assert_eq!(key.n().to_be_bytes().to_vec(), vector.bytes("n"));

        let encoded = pss::encode(&message, &salt, 4_096).unwrap();
        if vector.0.contains_key("encoded") {
            assert_eq!(*encoded, vector.bytes("encoded"), "{variant}");
        }
        let inverse = vector.number("inverse", 4_096);
        let r = inverse.invert_mod(key.n()).unwrap();
        let blinded = blind_with(&key, &encoded, &r).unwrap();
        assert_eq!(blinded, vector.bytes("blinded"), "{variant}");
        let answer = sign(&secret, &blinded, &mut rng(3)).unwrap();
        assert_eq!(answer, vector.bytes("blind_signature"), "{variant}");
        let signature = finish(&key, &answer, &inverse).unwrap();
        assert_eq!(signature, vector.bytes("signature"), "{variant}");

        let scheme = Pss::<Sha384>::new_with_salt(salt.len());
        key.verify(scheme, &Sha384::digest(&message), &signature)
            .unwrap();
        // Tokens are of the variant with a salt, and a signature without one is none.
        let ours = key.pss_verify::<Sha384>(&message, &signature).is_ok();
        assert_eq!(ours, !variant.contains("PSSZERO"), "{variant}");
    }
}

#[test]
fn spec_2_8_a_signature_verifies_under_its_own_key_and_message_and_no_others() {
    let (secret, key) = (issuer(), issuer().public());
    let (blinded, unblind) = key.blind(b"a nonce", &mut rng(4)).unwrap();
    let answer = secret.blind_sign(&blinded, &mut rng(5)).unwrap();
    let signature = key.finalize(b"a nonce", &answer, unblind).unwrap();
    assert!(key.verify(b"a nonce", &signature));
    assert!(!key.verify(b"another", &signature));
    assert!(!key.verify(b"a nonce", &answer));
    assert!(!other().public().verify(b"a nonce", &signature));
    for bit in (0..8 * MODULUS).step_by(7) {
        let mut flipped = signature;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!key.verify(b"a nonce", &flipped), "bit {bit}");
    }
}

#[test]
fn spec_2_8_an_answer_that_is_not_the_issuers_signature_gives_no_token() {
    let key = issuer().public();
    let blinding = || key.blind(b"a nonce", &mut rng(4)).unwrap();
    let (blinded, _) = blinding();
    let good = issuer().blind_sign(&blinded, &mut rng(5)).unwrap();
    let mut flipped = good;
    flipped[MODULUS - 1] ^= 1;
    let wrong_key = other().blind_sign(&[1; MODULUS], &mut rng(5)).unwrap();
    for answer in [flipped, wrong_key, [0; MODULUS], blinded] {
        let got = key.finalize(b"a nonce", &answer, blinding().1);
        assert!(
            matches!(got, Err(BlindError::Signature | BlindError::Range)),
            "{got:?}"
        );
    }
    let got = key.finalize(b"another", &good, blinding().1);
    assert_eq!(got, Err(BlindError::Signature));
    let (_, elsewhere) = key.blind(b"a nonce", &mut rng(6)).unwrap();
    assert_eq!(
        key.finalize(b"a nonce", &good, elsewhere),
        Err(BlindError::Signature)
    );
}

#[test]
fn spec_2_8_every_signature_could_have_come_from_every_blinding() {
    let (secret, key) = (issuer(), issuer().public());
    let n = key.key.n();
    let run = |message: &[u8], seed| {
        let (blinded, unblind) = key.blind(message, &mut rng(seed)).unwrap();
        let answer = secret.blind_sign(&blinded, &mut rng(9)).unwrap();
        let signature = key.finalize(message, &answer, unblind).unwrap();
        (blinded, signature)
    };
    let runs = [run(b"one", 10), run(b"one", 11), run(b"two", 12)];
    assert_ne!(runs[0].0, runs[1].0);
    // For each pair of what the issuer saw and what was spent there is an r: blinded = m · r^e with m = signature^e.
    for (blinded, _) in &runs {
        for (_, signature) in &runs {
            let blinded = number(&key.key, blinded).unwrap();
            let signature = number(&key.key, signature).unwrap();
            let m = rsa_encrypt(&key.key, &signature).unwrap();
            let masked = blinded.mul_mod(&m.invert_mod(n).unwrap(), n);
            let r = secret
                .blind_sign(
                    &masked.to_be_bytes().into_vec().try_into().unwrap(),
                    &mut rng(13),
                )
                .unwrap();
            let r = number(&key.key, &r).unwrap();
            let again = rsa_encrypt(&key.key, &r).unwrap().mul_mod(&m, n);
            assert_eq!(again, blinded);
        }
    }
}

#[test]
fn numbers_at_the_edges_are_signed_or_refused_and_never_a_panic() {
    let (secret, key) = (issuer(), issuer().public());
    let sign = |blinded: &[u8; MODULUS]| secret.blind_sign(blinded, &mut rng(14));
    let mut one = [0; MODULUS];
    one[MODULUS - 1] = 1;
    let [below, n, largest] = edges(&key);
    // x^d of 0, 1 and -1 is x: nothing of the key is in it.
    for own in [[0; MODULUS], one, below] {
        assert_eq!(sign(&own), Ok(own));
    }
    assert_eq!(sign(&n), Err(BlindError::Range));
    assert_eq!(sign(&largest), Err(BlindError::Range));
    for signature in [[0; MODULUS], one, below, n, largest] {
        assert!(!key.verify(b"a nonce", &signature));
    }
    for answer in [n, largest] {
        let (_, unblind) = key.blind(b"a nonce", &mut rng(15)).unwrap();
        assert_eq!(
            key.finalize(b"a nonce", &answer, unblind),
            Err(BlindError::Range)
        );
    }
}

#[test]
fn a_modulus_that_is_even_or_short_is_refused() {
    let good = *issuer().public().modulus();
    let read = |change: fn(&mut [u8; MODULUS])| {
        let mut modulus = good;
        change(&mut modulus);
        IssuerKey::from_modulus(&modulus).err()
    };
    assert_eq!(read(|_| ()), None);
    assert_eq!(read(|n| n[MODULUS - 1] &= 0xfe), Some(BlindError::Modulus));
    assert_eq!(read(|n| n[0] &= 0x7f), Some(BlindError::Modulus));
    assert_eq!(read(|n| *n = [0; MODULUS]), Some(BlindError::Modulus));
}

#[test]
fn spec_2_8_a_modulus_whose_small_factors_would_mark_messages_is_not_used() {
    // 2^2048 - 1 has every Fermat number up to F10 in it, 3, 5 and 17 among them: half of all messages share a factor.
    let marked = IssuerKey::from_modulus(&[0xff; MODULUS]).unwrap();
    let errors: Vec<_> = (0..32u8)
        .filter_map(|n| marked.blind(&[n], &mut rng(n.into())).err())
        .collect();
    assert!(errors.contains(&BlindError::Factor));
}

#[test]
fn a_generator_that_repeats_itself_is_noticed() {
    struct Stuck;
    impl rand_core::TryRng for Stuck {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(u32::MAX)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(u64::MAX)
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(0xff);
            Ok(())
        }
    }
    impl rand_core::TryCryptoRng for Stuck {}
    let got = issuer().public().blind(b"a nonce", &mut Stuck);
    assert_eq!(got.err(), Some(BlindError::Random));
}

#[test]
fn a_key_survives_its_primes_and_its_modulus() {
    let again = IssuerSecret::from_primes(&issuer().primes()).unwrap();
    assert_eq!(again.public(), issuer().public());
    assert_eq!(again.primes(), issuer().primes());
    let key = IssuerKey::from_modulus(again.public().modulus()).unwrap();
    assert_eq!((&key, key.id()), (&again.public(), again.public().id()));
    assert_ne!(key, other().public());
    assert_ne!(key.id(), other().public().id());
    assert_eq!(format!("{key:?}").len(), "IssuerKey(00000000)".len());
}

#[test]
fn bytes_that_are_not_two_primes_are_refused() {
    let good = issuer().primes();
    let refused = |change: &dyn Fn(&mut [u8; PRIMES])| {
        let mut primes = good.clone();
        change(&mut primes);
        assert_eq!(
            IssuerSecret::from_primes(&primes).err(),
            Some(BlindError::Primes)
        );
    };
    refused(&|bytes| bytes.fill(0));
    refused(&|bytes| bytes.fill(0xff));
    refused(&|bytes| bytes[127] ^= 1);
    // Odd, of the right size, and composite all but certainly.
    refused(&|bytes| bytes[127] ^= 2);
    refused(&|bytes| bytes[200] ^= 0x10);
    // One prime twice; one prime and 1; a product of 2,047 bits.
    refused(&|bytes| bytes.copy_within(..128, 128));
    refused(&|bytes| {
        bytes[128..].fill(0);
        bytes[255] = 1;
    });
    refused(&|bytes| bytes[0] &= 0x7f);
    let mut noise = [0; PRIMES];
    for seed in 0..8 {
        rng(seed).fill_bytes(&mut noise);
        assert!(IssuerSecret::from_primes(&noise).is_err());
    }
}
