use std::string::ToString;
use std::vec::Vec;

use super::super::sample::{self, NOW, scheme, witness_key as secret, written};
use super::*;

const DAY_OF_NOW: u32 = 20_416;

fn name(directory: &Directory, n: usize) -> String {
    witness_key(&directory.scheme, &directory.relays[n])
        .unwrap()
        .name()
        .to_string()
}

/// What the relays of `witnesses`, by their place in the sample directory, say of `directory` at `time`.
fn fresh(directory: &Directory, witnesses: &[usize], time: u64) -> Note {
    let said = Freshness::of(directory, u32::try_from(time / DAY).unwrap());
    let mut note = said.sign(&sample::log_key()).unwrap();
    for n in witnesses {
        let name = name(&sample::directory(), *n);
        note.cosign(&name, &secret(*n), time + u64::try_from(*n).unwrap())
            .unwrap();
    }
    note
}

fn answer(directory: &Directory, freshness: &Note) -> Vec<u8> {
    let note = scheme().sign(directory, &[0, 1]);
    Current::wire(freshness, note.to_string().as_bytes())
}

fn verify(wire: &[u8], clock: u64, kept: Option<&Directory>) -> Result<Current, CurrentError> {
    Current::verify(wire, sample::directory().scheme, clock, kept)
}

#[test]
fn spec_4_10_a_directory_is_in_force_when_the_log_and_a_majority_say_so() {
    let directory = sample::directory();
    let good = answer(&directory, &fresh(&directory, &[0, 1, 3], NOW));
    let current = verify(&good, NOW, None).unwrap();
    assert_eq!(*current.directory, directory);
    assert_eq!(
        (current.day, current.witnesses, current.time),
        (DAY_OF_NOW, 3, NOW + 1)
    );
    let two = answer(&directory, &fresh(&directory, &[0, 1], NOW));
    let refused = verify(&two, NOW, None);
    let too_few = CurrentError::TooFew {
        good: 2,
        witnesses: 4,
        version: 3,
    };
    assert_eq!(refused, Err(too_few));
    let mut unsigned = fresh(&directory, &[0, 1, 3], NOW);
    unsigned.retain_signers(|name| name.contains("witness"));
    let refused = verify(&answer(&directory, &unsigned), NOW, None);
    assert_eq!(refused, Err(CurrentError::Unsigned));
    for at in (0..good.len()).step_by(11) {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        assert!(verify(&flipped, NOW, None).is_err(), "byte {at}");
    }
    for end in [0, 3, 4, 100] {
        assert!(verify(&good[..end], NOW, None).is_err(), "{end}");
    }
}

#[test]
fn spec_4_10_another_version_or_text_than_the_one_in_force_is_refused() {
    let directory = sample::directory();
    let mut next = directory.clone();
    next.version = 4;
    let next = written(next);
    let wire = answer(&next, &fresh(&directory, &[0, 1, 2], NOW));
    let not_in_force = CurrentError::NotInForce {
        given: 4,
        current: 3,
    };
    assert_eq!(verify(&wire, NOW, None), Err(not_in_force));
    let mut twin = directory.clone();
    twin.relays[0].name = "another".into();
    let twin = written(twin);
    let wire = answer(&twin, &fresh(&twin, &[0, 1, 2], NOW));
    assert!(
        verify(&wire, NOW, None).is_ok(),
        "whoever saw none cannot tell"
    );
    let forked = CurrentError::Directory(DirectoryError::Forked { version: 3 });
    assert_eq!(verify(&wire, NOW, Some(&directory)), Err(forked));
    let rolled = DirectoryError::RolledBack { given: 3, seen: 4 };
    let wire = answer(&directory, &fresh(&directory, &[0, 1, 2], NOW));
    assert_eq!(verify(&wire, NOW, Some(&next)), Err(rolled.into()));
}

#[test]
fn spec_4_10_relays_that_nobody_knew_cannot_put_a_directory_in_force_alone() {
    let known = sample::directory();
    let mut forged = known.clone();
    forged.version = 4;
    // The officers were made to sign one in which three relays are somebody else's.
    for n in 1..4 {
        forged.relays[n].witness = secret(n + 10).verifying_key();
    }
    let forged = written(forged);
    let mut note = Freshness::of(&forged, DAY_OF_NOW)
        .sign(&sample::log_key())
        .unwrap();
    for n in 0..4 {
        let key = if n == 0 { secret(0) } else { secret(n + 10) };
        note.cosign(&name(&forged, n), &key, NOW).unwrap();
    }
    let wire = answer(&forged, &note);
    assert!(verify(&wire, NOW, None).is_ok());
    let refused = verify(&wire, NOW, Some(&known)).unwrap_err();
    // Under a name that is known stands another key: to those who know the old one it is an unknown signer.
    assert_eq!(
        refused,
        CurrentError::Strangers {
            good: 1,
            witnesses: 4,
            version: 4
        }
    );
    // One relay that changes its key is no stranger's directory.
    let mut honest = known.clone();
    honest.version = 4;
    honest.relays[3].witness = secret(13).verifying_key();
    let honest = written(honest);
    let wire = answer(&honest, &fresh(&honest, &[0, 1, 2], NOW));
    assert!(verify(&wire, NOW, Some(&known)).is_ok());
}

#[test]
fn spec_4_10_a_word_older_than_seven_days_is_refused_and_a_clock_that_is_behind_is_told() {
    let mut directory = sample::directory();
    directory.expires = NOW + 60 * DAY;
    let directory = written(directory);
    let wire = answer(&directory, &fresh(&directory, &[0, 1, 2], NOW));
    let at = |clock| verify(&wire, clock, None).map(|_| ());
    assert_eq!(at(NOW + 7 * DAY), Ok(()));
    assert_eq!(at(NOW + 7 * DAY + 2), Err(CurrentError::Stale { days: 7 }));
    assert_eq!(at(NOW - 7 * DAY + 1), Ok(()));
    assert_eq!(at(NOW - 9 * DAY), Err(CurrentError::Clock { days: 9 }));
}

#[test]
fn spec_4_11_a_clock_a_day_off_changes_nothing_but_the_lateness_of_witnesses() {
    let directory = sample::directory();
    let wire = answer(&directory, &fresh(&directory, &[0, 1, 2], NOW));
    let at = |clock| verify(&wire, clock, None).unwrap().now(clock);
    let said = NOW + 1;
    assert_eq!(at(NOW - DAY), said);
    assert_eq!(at(said + 30), said + 30);
    assert_eq!(at(NOW + DAY), said + 2 * 3_600 + 60);
    // Expiry is judged by the witnesses' time too.
    let mut ending = sample::directory();
    ending.expires = NOW + 3 * 3_600;
    let ending = written(ending);
    let wire = answer(&ending, &fresh(&ending, &[0, 1, 2], NOW));
    assert!(verify(&wire, NOW + DAY, None).is_ok());
    let late = answer(&ending, &fresh(&ending, &[0, 1, 2], NOW + 3 * 3_600));
    let expired = CurrentError::Directory(DirectoryError::Expired);
    assert_eq!(verify(&late, NOW - DAY, None), Err(expired));
}

#[test]
fn a_freshness_note_has_one_text() {
    let said = Freshness::of(&sample::directory(), DAY_OF_NOW);
    let text = said.to_text();
    assert_eq!(Freshness::from_text(&text), Some(said));
    for bad in [
        text.replace("day 2", "day 02"),
        text.clone() + "\n",
        text.replace('/', "-"),
    ] {
        assert_eq!(Freshness::from_text(&bad), None, "{bad}");
    }
}
