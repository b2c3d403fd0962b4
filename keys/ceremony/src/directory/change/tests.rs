use brolly_keys::sign::SigningKey;
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;

use super::super::tests::founded;
use super::super::{Handing, Source};
use super::*;

fn first() -> Directory {
    Source::signed(&founded().join("1.note")).unwrap().directory
}

/// The one thing that an edit changes.
#[track_caller]
fn one(edit: impl FnOnce(&mut Directory)) -> Change {
    let old = first();
    let mut new = old.clone();
    edit(&mut new);
    let [change] = Difference::new(&old, &new).changes.try_into().unwrap();
    change
}

#[test]
fn spec_4_12_every_parameter_says_what_another_value_means() {
    type Edit = fn(&mut Directory);
    let edits: [(Edit, bool, &str); 12] = [
        (
            |d| d.parameters.mix.min_pool = 79,
            true,
            "80 → 79: LESS anonymity",
        ),
        (
            |d| d.parameters.mix.min_pool = 81,
            false,
            "80 → 81: more anonymity",
        ),
        (
            |d| d.parameters.mix.release_ppm = 20_000,
            false,
            "→ 12.5 minutes: more anonymity",
        ),
        (
            |d| d.parameters.mix.release_ppm = 100_000,
            true,
            "→ 2.5 minutes: LESS anonymity",
        ),
        (
            |d| d.parameters.packet_epoch *= 2,
            true,
            "1 day → 2 days: a seized relay opens MORE",
        ),
        (
            |d| d.parameters.desk_epoch -= 86_400,
            false,
            "7 days → 6 days: a stolen desk's key opens fewer",
        ),
        (
            |d| d.parameters.effective_after = 3_600,
            true,
            "2 days → 1 hour: LESS time to notice",
        ),
        (
            |d| d.parameters.publish_ms *= 3,
            false,
            "1 hour → 3 hours: more anonymity",
        ),
        (
            |d| d.parameters.publish_ms /= 2,
            true,
            "1 hour → 30 minutes: LESS anonymity",
        ),
        (
            |d| d.parameters.window = 256,
            true,
            "4096 → 256: who looks seldom MAY MISS",
        ),
        (|d| d.parameters.calling_code = 1, true, "+44 → +1: "),
        (
            |d| d.parameters.cover_deliver_one_in = 65,
            true,
            "64 → 65: LESS cover",
        ),
    ];
    for (edit, warning, words) in edits {
        let change = one(edit);
        assert_eq!(change.about, About::Parameters);
        assert!(change.sentence.contains(words), "{}", change.sentence);
        assert_eq!(change.warning, warning, "{}", change.sentence);
    }
    // The same mean stay in other steps is neither more nor less.
    let steps = one(|d| {
        d.parameters.mix.tick_ms *= 2;
        d.parameters.mix.release_ppm *= 2;
    });
    assert!(steps.sentence.contains("15 seconds → 30 seconds"));
    assert!(!steps.warning);
}

#[test]
fn spec_4_12_keys_and_rights_that_change_are_marked() {
    type Edit = fn(&mut Directory);
    let edits: [(Edit, About, &str); 8] = [
        (
            |d| d.relays[0].witness = SigningKey::from_seed(&[1; 32]).verifying_key(),
            About::Relays,
            "leeds: cosigns with ANOTHER KEY",
        ),
        (
            |d| d.relays[0].kind = "police".to_owned(),
            About::Relays,
            "leeds: kind of operator project → police",
        ),
        (
            |d| d.inbox.log_key = SigningKey::from_seed(&[1; 32]).verifying_key(),
            About::Inbox,
            "signs the logs with ANOTHER KEY",
        ),
        (
            |d| d.issuer.relay = d.relays[3].id,
            About::Issuer,
            "by the relay hull instead of york",
        ),
        (
            |d| drop(d.issuer.keys.pop()),
            About::Issuer,
            "GOES before its time",
        ),
        (|d| d.issuer.keys[0].until += 60, About::Issuer, "the key "),
        (
            |d| d.desks[1].slot = Slot::Scheme,
            About::Desks,
            "police: reads for the scheme's caseworkers instead of police intelligence",
        ),
        (
            |d| d.threshold = 3,
            About::Officers,
            "3 of 3 must sign instead of 2 of 3",
        ),
    ];
    for (edit, about, words) in edits {
        let change = one(edit);
        assert_eq!(change.about, about);
        assert!(change.sentence.contains(words), "{}", change.sentence);
        assert!(change.warning, "{}", change.sentence);
    }
    let moves = one(|d| d.relays[2].layer = Layer::Exit);
    assert_eq!(moves.sentence, "york: MOVES from layer 1 to layer 2");
    let over = one(|d| {
        d.issued += 200 * 86_400;
        d.issuer.keys.remove(0);
    });
    assert!(over.sentence.ends_with("goes, its time is over") && !over.warning);
}

#[test]
fn spec_4_12_another_scheme_and_a_drill_are_told_first() {
    let old = first();
    let mut new = old.clone();
    new.purpose = Purpose::Drill;
    new.scheme = new.founders();
    new.digest = [0; 32];
    let difference = Difference::new(&old, &new);
    let words = difference.words();
    assert!(words[0].starts_with("The scheme Example, A DRILL:"));
    assert!(words.iter().any(|line| line.contains("! ANOTHER SCHEME")));
    assert!(
        words
            .iter()
            .any(|line| line.contains("! it becomes A DRILL"))
    );
}

#[test]
fn a_handover_is_told_from_a_directory_by_its_first_line() {
    assert!(Handing::recognises(b"brolly/1 officers\nscheme 00\n"));
    assert!(!Handing::recognises(b"brolly/1 officers of old\n"));
    assert!(!Handing::recognises(first().to_text().unwrap().as_bytes()));
}

#[test]
fn another_weather_site_is_told() {
    let chosen = one(|d| d.weather = "https://weather.example".to_owned());
    assert_eq!(chosen.about, About::Scheme);
    let words = "weather site of the page's own choice → https://weather.example";
    assert!(chosen.sentence.contains(words), "{}", chosen.sentence);
}
