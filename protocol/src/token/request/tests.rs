use std::vec;

use brolly_keys::pair::SecretKey;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;

use super::super::tests::{ENTRY, INBOX, SCHEME, issuer, rng};
use super::*;

const ISSUER: NodeId = NodeId([0x15; 16]);
const EPOCH: Epoch = Epoch::new(20_000);
const PERIOD: u32 = 682;
const SECRET: [u8; PROJECT_SECRET] = [0x5e; PROJECT_SECRET];

struct Office {
    ring: KeyRing<Relay>,
    hop: Hop,
    period: IssuerPeriod,
    rng: ChaCha20Rng,
}

impl Office {
    fn new() -> Self {
        let mut rng = rng(21);
        let key = SecretKey::generate(&mut rng);
        let hop = Hop {
            relay: ISSUER,
            epoch: EPOCH,
            key: key.public(),
        };
        let mut ring = KeyRing::new();
        ring.insert(EPOCH, key);
        Self {
            ring,
            hop,
            period: issuer(PERIOD).1,
            rng,
        }
    }

    /// The same request each time that an office is new.
    fn ask(&mut self) -> (Box<[u8]>, Pending) {
        TokenRequest {
            scheme: SCHEME,
            issuer: &self.hop,
            period: &self.period,
            project: ProjectId::of(SCHEME, "st pauli"),
            secret: &SECRET,
            places: [ENTRY, INBOX],
        }
        .seal(&mut self.rng)
        .unwrap()
    }

    fn open(&self, wire: &[u8]) -> Result<Asked, OpenError> {
        open(SCHEME, ISSUER, &self.ring, wire)
    }
}

fn sign(asked: &Asked, period: u32) -> [[u8; MODULUS]; TOKENS] {
    let (secret, _) = issuer(period);
    asked
        .blinded
        .map(|blinded| secret.blind_sign(&blinded, &mut rng(5)).unwrap())
}

/// A request, and the answer to it with two signatures.
fn exchange() -> (Pending, Vec<u8>) {
    let mut office = Office::new();
    let (wire, pending) = office.ask();
    let asked = office.open(&wire).unwrap();
    let signatures = sign(&asked, PERIOD);
    (pending, asked.answer(Ok(signatures), &mut rng(6)).unwrap())
}

#[test]
fn spec_9_10_a_request_gives_one_token_for_each_place() {
    let mut office = Office::new();
    let (wire, pending) = office.ask();
    assert_eq!(wire.len(), TOKEN_REQUEST);
    let asked = office.open(&wire).unwrap();
    assert_eq!(asked.epoch, EPOCH);
    assert_eq!(asked.project, ProjectId::of(SCHEME, "st pauli"));
    assert_eq!((*asked.secret, asked.period), (SECRET, PERIOD));
    let signatures = sign(&asked, PERIOD);
    let answer = asked.answer(Ok(signatures), &mut office.rng).unwrap();
    let [entry, inbox] = pending.finish(&answer).unwrap();

    let good = |token: &Token, place| token.verify(SCHEME, place, &office.period).is_ok();
    assert!(good(&entry, ENTRY) && good(&inbox, INBOX));
    assert!(!good(&entry, INBOX) && !good(&inbox, ENTRY));
    assert_ne!(entry.nonce, inbox.nonce);
}

#[test]
fn spec_9_10_nothing_that_the_issuer_saw_is_in_the_tokens() {
    let mut office = Office::new();
    let (wire, pending) = office.ask();
    let asked = office.open(&wire).unwrap();
    let signatures = sign(&asked, PERIOD);
    let mut seen = asked.blinded.as_flattened().to_vec();
    seen.extend_from_slice(signatures.as_flattened());
    let answer = asked.answer(Ok(signatures), &mut office.rng).unwrap();
    let runs: Vec<&[u8]> = seen.windows(8).chain(wire.windows(8)).collect();
    for token in pending.finish(&answer).unwrap() {
        let spent = [token.nonce.as_slice(), &token.signature].concat();
        assert!(spent.windows(8).all(|run| !runs.contains(&run)));
    }
}

#[test]
fn spec_9_10_every_byte_of_a_request_is_bound() {
    let mut office = Office::new();
    let (wire, _) = office.ask();
    for at in 0..wire.len() {
        let mut flipped = wire.clone();
        flipped[at] ^= 1;
        let want = if at < KEY_ID {
            OpenError::UnknownKey
        } else {
            OpenError::Refused
        };
        assert_eq!(office.open(&flipped).err(), Some(want), "byte {at}");
    }
    for length in [0, 3, KEY_ID + ENC, TOKEN_REQUEST - 1] {
        assert_eq!(office.open(&wire[..length]).err(), Some(OpenError::Length));
    }
    let long = [&wire, [0].as_slice()].concat();
    assert_eq!(office.open(&long).err(), Some(OpenError::Length));
}

#[test]
fn spec_9_10_a_request_for_another_scheme_issuer_epoch_or_purpose_does_not_open() {
    let mut office = Office::new();
    let (wire, _) = office.ask();
    let refused = |got: Result<Asked, OpenError>, want| assert_eq!(got.err(), Some(want));
    let elsewhere = SchemeId([8; 32]);
    refused(
        open(elsewhere, ISSUER, &office.ring, &wire),
        OpenError::Refused,
    );
    refused(open(SCHEME, ENTRY, &office.ring, &wire), OpenError::Refused);
    refused(
        open(SCHEME, ISSUER, &KeyRing::new(), &wire),
        OpenError::UnknownKey,
    );
    let mut moved = KeyRing::new();
    let held = office.ring.by_epoch(EPOCH).unwrap();
    moved.insert(EPOCH.plus(1), SecretKey::from_seed(&held.secret.expose()));
    refused(open(SCHEME, ISSUER, &moved, &wire), OpenError::Refused);
    // A layer of a packet of the same size, under the same key, is no request.
    let info = [
        b"brolly/1 hop".as_slice(),
        &SCHEME.0,
        &ISSUER.0,
        &EPOCH.number().to_be_bytes(),
    ]
    .concat();
    let (key, id) = (&office.hop.key, office.hop.key.id());
    let plain = [0; TOKEN_REQUEST_PLAIN];
    let sealed = brolly_keys::suite::seal(key, &info, &id, &plain, &mut rng(7)).unwrap();
    let layer = [id.as_slice(), &sealed.enc, &sealed.ciphertext].concat();
    assert_eq!(layer.len(), TOKEN_REQUEST);
    refused(office.open(&layer), OpenError::Refused);
}

#[test]
fn spec_9_10_a_replayed_request_has_the_same_tag_and_another_request_has_not() {
    let mut office = Office::new();
    let (first, second) = (office.ask().0, office.ask().0);
    let tag = |wire: &[u8]| office.open(wire).unwrap().tag;
    assert_eq!(tag(&first), tag(&first));
    assert_ne!(tag(&first), tag(&second));
}

#[test]
fn spec_9_10_every_byte_of_an_answer_is_bound_to_its_request() {
    let (pending, answer) = exchange();
    assert_eq!(answer.len(), TOKEN_ANSWER);
    assert!(pending.finish(&answer).is_ok());
    for at in (0..TOKEN_ANSWER).step_by(5) {
        let (pending, mut answer) = exchange();
        answer[at] ^= 1;
        assert_eq!(
            pending.finish(&answer).err(),
            Some(AnswerError::Sealed),
            "byte {at}"
        );
    }
    for length in [0, 1, TOKEN_ANSWER - 1] {
        let (pending, answer) = exchange();
        let got = pending.finish(&answer[..length]);
        assert_eq!(got.err(), Some(AnswerError::Length));
    }
    let (_, answer) = exchange();
    let mut office = Office::new();
    let (_, _) = office.ask();
    let (_, other) = office.ask();
    assert_eq!(other.finish(&answer).err(), Some(AnswerError::Sealed));
}

#[test]
fn spec_9_10_a_refusal_has_the_size_of_an_answer_with_tokens_and_says_why_to_the_asker() {
    let (_, good) = exchange();
    for refusal in Refusal::ALL {
        let mut office = Office::new();
        let (wire, pending) = office.ask();
        let asked = office.open(&wire).unwrap();
        let answer = asked.answer(Err(refusal), &mut office.rng).unwrap();
        assert_eq!(answer.len(), good.len());
        assert_eq!(
            pending.finish(&answer).err(),
            Some(AnswerError::Refused(refusal))
        );
    }
}

#[test]
fn spec_9_10_signatures_under_another_key_or_of_other_messages_are_no_tokens() {
    let finish = |outcome: fn(&Asked) -> [[u8; MODULUS]; TOKENS]| {
        let mut office = Office::new();
        let (wire, pending) = office.ask();
        let asked = office.open(&wire).unwrap();
        let signatures = outcome(&asked);
        let answer = asked.answer(Ok(signatures), &mut office.rng).unwrap();
        pending.finish(&answer).err()
    };
    assert_eq!(finish(|asked| sign(asked, PERIOD)), None);
    let swapped = finish(|asked| {
        let [first, second] = sign(asked, PERIOD);
        [second, first]
    });
    assert_eq!(swapped, Some(AnswerError::Blind(BlindError::Signature)));
    let none = finish(|_| [[0; MODULUS]; TOKENS]);
    assert_eq!(none, Some(AnswerError::Blind(BlindError::Signature)));
    let large = finish(|_| [[0xff; MODULUS]; TOKENS]);
    assert_eq!(large, Some(AnswerError::Blind(BlindError::Range)));
    let wrong_key = finish(|asked| {
        let (secret, _) = issuer(PERIOD + 1);
        // Some of what was blinded for one key is no number under another.
        let sign = |blinded: &[u8; MODULUS]| secret.blind_sign(blinded, &mut rng(5));
        let signed = |n: usize| sign(&asked.blinded[n]).unwrap_or([1; MODULUS]);
        [signed(0), signed(1)]
    });
    assert!(
        matches!(
            wrong_key,
            Some(AnswerError::Blind(
                BlindError::Signature | BlindError::Range
            ))
        ),
        "{wrong_key:?}"
    );
}

#[test]
fn an_answer_of_a_later_version_asks_for_an_update() {
    let mut plain = vec![0; TOKEN_ANSWER_PLAIN];
    assert!(read_answer(&plain).is_ok());
    for status in 5..=255 {
        plain[0] = status;
        assert_eq!(read_answer(&plain), Err(AnswerError::Unknown));
    }
    for length in [0, 1, MODULUS, TOKEN_ANSWER_PLAIN - 1] {
        plain[0] = ISSUED;
        assert_eq!(read_answer(&plain[..length]), Err(AnswerError::Unknown));
    }
}

proptest! {
    #[test]
    fn what_a_request_says_is_read_where_it_stands(
        plain in proptest::collection::vec(any::<u8>(), TOKEN_REQUEST_PLAIN),
    ) {
        let (project, secret, period, blinded) = read_request(&plain).unwrap();
        let again = [
            project.0.as_slice(),
            secret.as_ref(),
            &period.to_be_bytes(),
            blinded.as_flattened(),
        ]
        .concat();
        prop_assert_eq!(again, plain);
    }

    #[test]
    fn hostile_bytes_behind_a_key_id_that_is_held_open_nothing(
        mut wire in proptest::collection::vec(any::<u8>(), TOKEN_REQUEST),
    ) {
        let office = Office::new();
        wire[..KEY_ID].copy_from_slice(&office.hop.key.id());
        prop_assert_eq!(office.open(&wire).err(), Some(OpenError::Refused));
    }
}
