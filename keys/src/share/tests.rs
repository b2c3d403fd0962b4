use std::vec;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

fn made(threshold: u8, shares: u8, seed: u64) -> (SharedKey, Vec<Share>) {
    split(threshold, shares, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap()
}

fn copy(share: &Share) -> Share {
    Share {
        number: share.number,
        value: Zeroizing::new(*share.value),
    }
}

fn some(shares: &[Share], numbers: &[u8]) -> Vec<Share> {
    let with = |n: &u8| copy(shares.iter().find(|share| share.number == *n).unwrap());
    numbers.iter().map(with).collect()
}

fn hex<const N: usize>(digits: &str) -> [u8; N] {
    let mut bytes = [0; N];
    assert_eq!(digits.len(), 2 * N);
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * n..2 * n + 2], 16).unwrap();
    }
    bytes
}

/// draft-mcgrew-tss-03 §9.
#[test]
fn spec_2_9_the_published_shares_of_the_internet_draft_make_its_secret() {
    let (one, two) = (hex("B9FA07E185"), hex("F5409B4511"));
    let secret = interpolate(&[(1, &one), (2, &two)]);
    assert_eq!(*secret, hex::<5>("7465737400"));
}

/// The test vector of Mysten Labs' Seal, made elsewhere: any two of three shares, at points far from 1, 2, 3.
#[test]
fn spec_2_9_shares_that_another_program_made_give_its_secret() {
    let shares = [
        (0x2d, "0bbad0cd0d222fe2fe7c17080198a95c186d66c523bbba"),
        (0x59, "94ed01a1e8e883b0110555e38cb50ca8014ffc8badd19a"),
        (0x3d, "16cad5ae8279f9e59fc3bb05817abc6370160cdd8e82f7"),
    ]
    .map(|(x, y)| (x, hex::<23>(y)));
    let points: Vec<_> = shares.iter().map(|(x, y)| (*x, y)).collect();
    let pairs = [[0, 1], [1, 2], [2, 0]].map(|at| at.map(|n| points[n]));
    for enough in pairs
        .iter()
        .map(|pair| pair.as_slice())
        .chain([&points[..]])
    {
        assert_eq!(*interpolate(enough), *b"My super secret message");
    }
    assert_ne!(*interpolate(&points[..1]), *b"My super secret message");
}

#[test]
fn spec_2_9_any_two_of_three_shares_make_the_key_and_one_fits_every_key() {
    let (key, shares) = made(2, 3, 1);
    for numbers in [[1, 2], [2, 1], [1, 3], [3, 2]] {
        let joined = key.set().join(&some(&shares, &numbers)).unwrap();
        assert_eq!(joined.expose(), key.expose(), "{numbers:?}");
        assert_eq!(joined.set(), key.set());
    }
    // For whatever the key's first byte is there is a second share that leads to it.
    let known = shares[2].value[0];
    let mut fits = vec![false; 256];
    for other in 0..=255 {
        let secret = interpolate(&[(3, &[known]), (1, &[other])]);
        fits[usize::from(secret[0])] = true;
    }
    assert!(fits.iter().all(|fits| *fits));
}

#[test]
fn spec_2_9_a_wrong_a_foreign_a_doubled_and_a_missing_share_are_told_by_number() {
    let (key, shares) = made(3, 5, 2);
    let join = |shares: &[Share]| key.set().join(shares).err();
    let mut wrong = some(&shares, &[1, 4, 5]);
    wrong[1].value[31] ^= 1;
    assert_eq!(join(&wrong), Some(JoinError::Wrong(4)));
    // One too many is no reason to pass over a wrong one.
    let mut spare = some(&shares, &[1, 2, 3, 4]);
    spare[3].value[0] ^= 0x80;
    assert_eq!(join(&spare), Some(JoinError::Wrong(4)));
    // A right value under another number.
    let mut renamed = some(&shares, &[1, 2, 3]);
    renamed[0].number = 4;
    assert_eq!(join(&renamed), Some(JoinError::Wrong(4)));
    let (_, foreign) = made(3, 5, 3);
    let mut mixed = some(&shares, &[1, 2]);
    mixed.extend(some(&foreign, &[3]));
    assert_eq!(join(&mixed), Some(JoinError::Wrong(3)));
    let twice = some(&shares, &[1, 2, 2]);
    assert_eq!(join(&twice), Some(JoinError::Twice(2)));
    for (numbers, missing) in [(&[][..], 3), (&[5], 2), (&[5, 1], 1)] {
        let few = some(&shares, numbers);
        assert_eq!(join(&few), Some(JoinError::TooFew { missing }));
    }
    for number in [0, 6, 255] {
        let mut none = some(&shares, &[1, 2, 3]);
        none[2].number = number;
        assert_eq!(join(&none), Some(JoinError::NoSuchShare(number)));
    }
}

#[test]
fn numbers_of_shares_that_make_no_sense_are_refused() {
    for (threshold, shares) in [(0, 3), (1, 3), (4, 3), (2, 1), (2, 17), (1, 1), (0, 0)] {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        assert!(split(threshold, shares, &mut rng).is_err());
        let commitments = vec![[0; COMMITMENT]; usize::from(shares)];
        assert!(Set::new([0; SET_ID], threshold, commitments).is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_as_many_as_are_needed_make_the_key(
        (threshold, order) in (2_u8..=16).prop_flat_map(|n| (2..=n, Just((1..=n).collect::<Vec<u8>>()).prop_shuffle())),
        seed in any::<u64>(),
    ) {
        let shares = u8::try_from(order.len()).unwrap();
        let (key, all) = made(threshold, shares, seed);
        let chosen = some(&all, &order[..usize::from(threshold)]);
        let joined = key.set().join(&chosen).unwrap();
        prop_assert_eq!(joined.expose(), key.expose());
        // Nothing of the key stands in a share.
        prop_assert!(all.iter().all(|share| share.value != key.key));
    }
}
