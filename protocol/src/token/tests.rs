use std::sync::OnceLock;

use brolly_keys::blind::IssuerSecret;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

pub(super) const SCHEME: SchemeId = SchemeId([7; 32]);
pub(super) const ENTRY: NodeId = NodeId([0xe0; 16]);
pub(super) const INBOX: NodeId = NodeId([0xaa; 16]);

pub(super) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// An issuer's secret and its period: the one tests spend in, or another one that overlaps it.
pub(super) fn issuer(period: u32) -> (&'static IssuerSecret, IssuerPeriod) {
    static KEYS: OnceLock<[IssuerSecret; 2]> = OnceLock::new();
    let keys = KEYS.get_or_init(|| [1, 2].map(|n| IssuerSecret::generate(&mut rng(n)).unwrap()));
    let from = 1_000 * u64::from(period);
    let secret = &keys[usize::try_from(period % 2).unwrap()];
    let issuer = IssuerPeriod {
        period,
        from,
        until: from + 1_500,
        key: secret.public(),
    };
    (secret, issuer)
}

const PERIOD: u32 = 682;

fn token(place: NodeId, period: u32) -> Token {
    let (secret, issuer) = issuer(period);
    let mut rng = rng(3);
    let nonce = draw_nonce(&mut rng);
    let signed = message(SCHEME, place, period, &nonce);
    let (blinded, unblind) = issuer.key.blind(&signed, &mut rng).unwrap();
    let answer = secret.blind_sign(&blinded, &mut rng).unwrap();
    Token {
        key: issuer.key.id(),
        nonce,
        signature: issuer.key.finalize(&signed, &answer, unblind).unwrap(),
    }
}

#[test]
fn spec_5_4_a_token_is_good_at_its_own_place_scheme_and_period_alone() {
    let token = token(ENTRY, PERIOD);
    let (_, here) = issuer(PERIOD);
    let good = token.verify(SCHEME, ENTRY, &here).unwrap();
    assert_eq!(good.period(), PERIOD);

    let signature = Err(TokenError::Signature);
    assert_eq!(token.verify(SCHEME, INBOX, &here), signature);
    assert_eq!(token.verify(SchemeId([8; 32]), ENTRY, &here), signature);
    let (_, later) = issuer(PERIOD + 2);
    assert_eq!(later.key, here.key);
    assert_eq!(token.verify(SCHEME, ENTRY, &later), signature);
    let (_, other) = issuer(PERIOD + 1);
    assert_eq!(token.verify(SCHEME, ENTRY, &other), Err(TokenError::Key));
    let renamed = Token {
        key: other.key.id(),
        ..token
    };
    assert_eq!(renamed.verify(SCHEME, ENTRY, &other), signature);
    assert_eq!(renamed.verify(SCHEME, ENTRY, &here), Err(TokenError::Key));
}

#[test]
fn spec_5_4_forged_tokens_and_tokens_with_any_byte_changed_are_refused() {
    let good = token(ENTRY, PERIOD).to_bytes();
    let (_, here) = issuer(PERIOD);
    let verify = |bytes: &[u8; TOKEN]| Token::from_bytes(bytes).verify(SCHEME, ENTRY, &here);
    assert!(verify(&good).is_ok());
    for at in 0..TOKEN {
        let mut flipped = good;
        flipped[at] ^= 1 << (at % 8);
        let want = if at < KEY_ID {
            TokenError::Key
        } else {
            TokenError::Signature
        };
        assert_eq!(verify(&flipped), Err(want), "byte {at}");
    }
    for filler in [0, 0xff] {
        let mut forged = [filler; TOKEN];
        forged[..KEY_ID].copy_from_slice(&here.key.id());
        assert_eq!(verify(&forged), Err(TokenError::Signature));
    }
}

#[test]
fn spec_5_4_a_second_signature_over_the_same_nonce_is_the_same_token() {
    let (secret, here) = issuer(PERIOD);
    let first = token(ENTRY, PERIOD);
    let signed = message(SCHEME, ENTRY, PERIOD, &first.nonce);
    let (blinded, unblind) = here.key.blind(&signed, &mut rng(99)).unwrap();
    let answer = secret.blind_sign(&blinded, &mut rng(98)).unwrap();
    let second = Token {
        signature: here.key.finalize(&signed, &answer, unblind).unwrap(),
        ..first
    };
    assert_ne!(first, second);
    let tag = |token: Token| token.verify(SCHEME, ENTRY, &here).unwrap().tag();
    assert_eq!(tag(first), tag(second));
    assert_ne!(
        spent_tag(&first.key, &first.nonce),
        spent_tag(&first.key, &[0; TOKEN_NONCE])
    );
    assert_ne!(
        spent_tag(&first.key, &first.nonce),
        spent_tag(&[0; KEY_ID], &first.nonce)
    );
}

#[test]
fn spec_5_4_the_latest_period_is_asked_for_and_every_one_that_holds_is_accepted() {
    let periods = [682, 684, 683].map(|period| issuer(period).1);
    let current = |now| period::current(&periods, now).map(|issuer| issuer.period);
    assert_eq!(current(681_999), None);
    assert_eq!(current(682_000), Some(682));
    assert_eq!(current(682_999), Some(682));
    assert_eq!(current(683_000), Some(683));
    assert_eq!(current(685_499), Some(684));
    assert_eq!(current(685_500), None);

    let (first, second) = (periods[0].key.id(), periods[2].key.id());
    let accept = |now, id| period::accept(&periods, now, id).map(|issuer| issuer.period);
    assert_eq!(accept(682_500, first), Some(682));
    assert_eq!(accept(682_500, second), None);
    // Both in the overlap; then the earlier is over and its key's next period has not begun.
    assert_eq!(accept(683_499, first), Some(682));
    assert_eq!(accept(683_499, second), Some(683));
    assert_eq!(accept(683_500, first), None);
    assert_eq!(accept(683_500, [0; KEY_ID]), None);
}

proptest! {
    #[test]
    fn a_token_is_read_as_it_is_written(bytes in proptest::collection::vec(any::<u8>(), TOKEN)) {
        let bytes: [u8; TOKEN] = bytes.try_into().unwrap();
        let token = Token::from_bytes(&bytes);
        prop_assert_eq!(token.to_bytes(), bytes);
        prop_assert_eq!(token.key.as_slice(), &bytes[..4]);
        prop_assert_eq!(token.nonce.as_slice(), &bytes[4..36]);
        prop_assert_eq!(token.signature.as_slice(), &bytes[36..]);
    }
}
