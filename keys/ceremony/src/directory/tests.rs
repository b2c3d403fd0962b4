//! The ceremony of the next version, by the commands that three officers type.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use brolly_shell::cli::{CONFIGURATION, FAILED, REFUSED, USAGE};
use brolly_shell::{clock, private};
use clap::Parser;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::command::Cli;
use crate::plan::EXAMPLE;

pub(super) use self::room::{Room, founded};

mod handover;
mod issuer;
mod room;

#[test]
fn spec_4_12_a_draft_is_the_next_version_and_says_what_may_be_edited() {
    let room = Room::new();
    let told = room.does("directory draft --from @1.note --out @draft.toml --days 30");
    assert!(
        told.contains("version 2 of the directory of Example"),
        "{told}"
    );
    let text = room.text("draft.toml");
    let directory = Source::any(&room.at("draft.toml")).unwrap().directory;
    assert_eq!((directory.version, directory.issued), (2, room.now));
    assert_eq!(directory.expires, room.now + 30 * 86_400);
    for part in [
        "# Relays may be edited",
        "# Officers are not edited here",
        "min-pool = 80  # this many always stay behind",
        "version = 2  # one more than the version before: leave it",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(text.matches("# Relays may").count(), 1);
    // Comments are not signed.
    let source = Source::any(&room.at("draft.toml")).unwrap();
    assert!(!source.note.text().contains('#'));
    assert_eq!(source.note.text(), directory.to_text().unwrap());

    let again = "directory draft --from @1.note --out @draft.toml";
    room.refuses(again, FAILED, "is not overwritten");
    let long = "directory draft --from @1.note --out @b.toml --days 91";
    assert_eq!(room.run(long).unwrap_err().code, USAGE);
}

#[test]
fn spec_4_12_a_difference_is_told_in_words_and_what_makes_it_worse_is_marked() {
    let room = Room::new();
    room.draft(&[
        ("\"127.0.0.1:4433\"", "\"leeds.example:443\""),
        ("\"Hull Charity\"", "\"Hull Police\""),
        ("release-ppm = 45455", "release-ppm = 50000"),
        ("min-pool = 80", "min-pool = 120"),
        ("name = \"police\"", "name = \"officers\""),
        ("alerts = false", "alerts = true"),
        ("calling-code = 44", "calling-code = 49"),
    ]);
    let words = room.does("directory diff @1.note @draft.toml");
    for part in [
        "The scheme Example: version 2 against version 1.",
        "leeds: address 127.0.0.1:4433 → leeds.example:443",
        "! hull: run by Hull Charity → Hull Police",
        "! packets stay in a relay on average about 5.5 minutes → 5 minutes: LESS anonymity",
        "packets that always stay behind in a relay 80 → 120: more anonymity",
        "officers: name police → officers",
        "! officers: MAY PUBLISH ALERTS to all members from now on",
        "of +44 → +49",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    assert!(!words.contains("cannot come directly after"), "{words}");
    let json = room.json("directory diff @1.note @draft.toml");
    let changes = json["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 7, "{json}");
    let marked = changes.iter().filter(|change| change["warning"] == true);
    assert_eq!(marked.count(), 4);
    assert_eq!(json["objection"], Value::Null);
    // The other way round it is a rollback.
    let back = room.does("directory diff @draft.toml @1.note");
    assert!(back.contains("80: LESS anonymity"), "{back}");
    assert!(
        back.contains("it cannot come directly after the other"),
        "{back}"
    );
}

#[test]
fn spec_4_12_who_comes_leaves_and_changes_a_key_is_told() {
    let room = Room::new();
    let relay = "add relay halifax --layer 1 --address 127.0.0.1:4440 --operator Halifax --kind charity --from @1.note --out @halifax --passphrase-file @passphrase";
    let block = room.does(relay);
    let desk = "add desk leeds-desk --slot project --area Leeds --invitation @Leeds.txt --from @1.note --out @leeds-desk --passphrase-file @passphrase";
    let desk = room.does(desk);
    room.draft(&[]);
    let text = room.text("draft.toml");
    // Bath leaves, Leeds gets the newcomer's keys.
    let bath = text.find("[[relays]]\nname = \"bath\"").unwrap();
    let york = text.find("[[relays]]\nname = \"york\"").unwrap();
    let mut text = [&text[..bath], &text[york..]].concat();
    text += &block;
    text += &block
        .replace("halifax", "bradford")
        .replace("layer = 1", "layer = 0")
        .replace(":4440", ":4441");
    text += &desk;
    fs::write(room.at("draft.toml"), &text).unwrap();
    room.refuses(
        "directory diff @1.note @draft.toml",
        CONFIGURATION,
        "no key appears twice",
    );

    let other = room.does(
        &relay
            .replace("halifax", "bradford")
            .replace("--layer 1", "--layer 0"),
    );
    let first = text.rfind("# Made the keys of the relay bradford").unwrap();
    let last = text.rfind("# Made the keys of the desk").unwrap();
    let whole = [&text[..first], &other, &text[last..]].concat();
    fs::write(room.at("draft.toml"), &whole).unwrap();
    let words = room.does("directory diff @1.note @draft.toml");
    for part in [
        "! bath LEAVES: layer 0 at 127.0.0.1:4437, run by Bath Outreach (charity), key ",
        "halifax COMES: layer 1 at 127.0.0.1:4440, run by Halifax (charity), key ",
        "bradford COMES: layer 0",
        "! leeds-desk COMES and will read reports: for the project Leeds, may not publish alerts, key ",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    let replaced = whole.replacen("name = \"bradford\"", "name = \"bath\"", 1);
    fs::write(room.at("draft.toml"), &replaced).unwrap();
    let words = room.does("directory diff @1.note @draft.toml");
    assert!(words.contains("! bath: ANOTHER KEY "), "{words}");
    assert!(words.contains("bath: address 127.0.0.1:4437 → 127.0.0.1:4440"));
    assert!(!words.contains("bath COMES") && !words.contains("bath LEAVES"));

    let config = room.text("halifax/relay.toml");
    assert!(config.contains("listen = \"127.0.0.1:4440\""), "{config}");
    room.refuses(relay, FAILED, "is there already and is not empty");
    let taken = relay.replace("halifax", "york").replace("@york", "@other");
    room.refuses(&taken, USAGE, "a relay called york already");
    let key = "add desk x --slot project --area X --invitation @1.note --from @1.note --out @x --passphrase-file @passphrase";
    room.refuses(key, REFUSED, "is no invitation to this scheme");
}

#[test]
fn spec_4_12_nothing_changed_says_so() {
    let room = Room::new();
    let same = room.does("directory diff @1.note @1.note");
    assert!(
        same.contains("nothing changes: both are the same text"),
        "{same}"
    );
    room.draft(&[]);
    let renewed = room.does("directory diff @1.note @draft.toml");
    assert!(renewed.contains("nothing changes but the version and its time"));
}

#[test]
fn spec_4_12_two_of_three_sign_and_every_program_accepts_the_next_version() {
    let room = Room::new();
    room.draft(&[(":4433", ":5433")]);
    let shown = room.sign("draft.toml", "ada").unwrap();
    let diff = room.does("directory diff @1.note @draft.toml");
    assert!(
        shown.contains(&diff),
        "what changes is shown first\n{shown}"
    );
    let digest = Source::any(&room.at("draft.toml"))
        .unwrap()
        .directory
        .digest;
    let [first, second] = groups(&digest);
    assert_eq!((first.len(), first.split(' ').count()), (39, 8));
    assert!(shown.contains(&first) && shown.contains(&second), "{shown}");

    let alone = "directory combine @ada.note --from @1.note --out @2.note";
    room.refuses(
        alone,
        REFUSED,
        "1 of the officers signed, and 2 must: get 1 more of bea, cat",
    );
    assert!(!room.at("2.note").exists(), "nothing was written");
    room.refuses(
        "directory verify @ada.note --from @1.note",
        REFUSED,
        "signed by 1 officers",
    );

    // Bea signs what Ada handed her.
    room.sign("ada.note", "bea").unwrap();
    let both = "directory combine @ada.note @bea.note --from @1.note --out @2.note";
    let combined = room.json(both);
    assert_eq!(combined["signed"], serde_json::json!(["ada", "bea"]));
    assert_eq!(combined["version"], 2);
    room.refuses(both, FAILED, "is not overwritten");
    let good = room.does("directory verify @2.note --from @1.note");
    assert!(good.contains("Good: version 2"), "{good}");
    assert!(good.contains("leeds: address 127.0.0.1:4433 → 127.0.0.1:5433"));
    let scheme = room.json("directory verify @2.note")["scheme"].to_string();
    let scheme = scheme.trim_matches('"');
    room.does(&format!("directory verify @2.note --scheme {scheme}"));
    let other = scheme.replace(
        &scheme[..1],
        if scheme.starts_with('0') { "1" } else { "0" },
    );
    let line = format!("directory verify @2.note --scheme {other}");
    room.refuses(&line, REFUSED, "belongs to another scheme");
    // A version back, or one left out, is no next version.
    room.refuses(
        "directory verify @1.note --from @2.note",
        REFUSED,
        "rolling it back",
    );
    let line = "directory draft --from @2.note --out @third.toml";
    room.does(line);
    let skipped = "directory sign @third.toml --from @1.note --key @ada.key --out @x.note --yes --passphrase-file @passphrase";
    room.refuses(
        skipped,
        REFUSED,
        "version 3 of the directory cannot follow version 1",
    );
}

#[test]
fn spec_4_12_nothing_is_signed_without_a_yes() {
    let room = Room::new();
    room.draft(&[]);
    let line = "directory sign @draft.toml --from @1.note --key @ada.key --out @ada.note --passphrase-file @passphrase";
    for answer in ["", "\n", "y\n", "no\n", "yes please\n"] {
        let failure = room.answering(line, answer).unwrap_err();
        assert!(
            failure.message.contains("the answer was not yes"),
            "{failure}"
        );
        assert_eq!(failure.code, REFUSED);
        assert!(!room.at("ada.note").exists());
    }
    room.answering(line, "yes\n").unwrap();
    assert!(room.at("ada.note").exists());
}

#[test]
fn spec_4_12_a_draft_that_breaks_a_rule_is_refused_with_the_place() {
    let room = Room::new();
    for (from, to, sentence) in [
        (
            "release-ppm = 45455",
            "release-ppm = 100000",
            "keeps packets for 5 minutes on average",
        ),
        (
            "operator = \"Leeds Project\"",
            "operater = \"Leeds Project\"",
            "unknown field `operater`",
        ),
        (
            "\"127.0.0.1:4433\"",
            "\"127.0.0.1\"",
            "the address \"127.0.0.1\" of the relay leeds does not do",
        ),
        (
            "name = \"police\"",
            "name = \"po lice\"",
            "the name \"po lice\" of the desk",
        ),
        ("[inbox]", "[inbox", "line "),
    ] {
        let _ = fs::remove_file(room.at("draft.toml"));
        room.draft(&[(from, to)]);
        for line in [
            "directory diff @1.note @draft.toml",
            "directory sign @draft.toml --from @1.note --key @ada.key --out @ada.note --yes --passphrase-file @passphrase",
        ] {
            room.refuses(line, CONFIGURATION, sentence);
        }
    }
    let place = room.at("draft.toml");
    let _ = fs::remove_file(&place);
    room.draft(&[(
        "operator = \"Leeds Project\"",
        "operater = \"Leeds Project\"",
    )]);
    let line = room.text("draft.toml");
    let line = line
        .lines()
        .position(|line| line.starts_with("operater"))
        .unwrap()
        + 1;
    let told = format!("line {line}: the directory is malformed");
    room.refuses("directory diff @1.note @draft.toml", CONFIGURATION, &told);
}

#[test]
fn spec_4_12_edits_that_no_officer_may_make_are_not_signed() {
    let room = Room::new();
    for (from, to, sentence) in [
        (
            "version = 2 ",
            "version = 1 ",
            "signed two, and somebody shows different people",
        ),
        ("version = 2 ", "version = 3 ", "cannot follow version 1"),
        ("threshold = 2 ", "threshold = 3 ", "were not put in office"),
        (
            "purpose = \"real\"",
            "purpose = \"drill\"",
            "belongs to another scheme",
        ),
        (
            "name = \"Example\"",
            "name = \"Other\"",
            "belongs to another scheme",
        ),
    ] {
        let _ = fs::remove_file(room.at("draft.toml"));
        room.draft(&[(from, to)]);
        let failure = room.sign("draft.toml", "ada").unwrap_err();
        assert!(failure.message.contains(sentence), "{failure}");
        assert_eq!(failure.code, REFUSED);
    }
    let _ = fs::remove_file(room.at("draft.toml"));
    room.does("directory draft --from @1.note --out @draft.toml --days 2");
    let failure = room.sign("draft.toml", "ada").unwrap_err();
    assert!(
        failure.message.contains("before it can take effect"),
        "{failure}"
    );
    fs::remove_file(room.at("draft.toml")).unwrap();
    room.draft(&[]);
    let later = Room {
        now: room.now + 91 * 86_400,
        ..room
    };
    let failure = later.sign("draft.toml", "ada").unwrap_err();
    assert!(
        failure.message.contains("the draft expired at"),
        "{failure}"
    );
    // The version in force has expired as well by then, and its officers still make the next.
    fs::remove_file(later.at("draft.toml")).unwrap();
    later.draft(&[]);
    later.sign("draft.toml", "ada").unwrap();
}

#[test]
fn spec_4_12_an_officer_whose_key_is_in_several_hands_signs_with_enough_shares() {
    let room = Room::new();
    room.draft(&[]);
    room.does(
        "split --threshold 2 --shares 3 @ada.key --out @hands --passphrase-file @passphrase --share-passphrase-file @passphrase",
    );
    let line = "directory sign @draft.toml --from @1.note --key @hands/ada.key --out @ada.note --yes --share-passphrase-file @passphrase";
    room.refuses(line, REFUSED, "give 2 more with --share");
    let one = format!("{line} --share @hands/ada-share-1.key");
    room.refuses(&one, REFUSED, "give 1 more with --share");
    assert!(!room.at("ada.note").exists());
    room.does(&format!("{one} --share @hands/ada-share-3.key"));
    room.sign("draft.toml", "bea").unwrap();
    room.does("directory combine @ada.note @bea.note --from @1.note --out @2.note");
}

#[test]
fn spec_4_12_a_wrong_officer_a_wrong_signature_and_another_text_are_each_named() {
    let room = Room::new();
    let other = Room::new();
    room.does("officers new zoe --out @zoe.key --passphrase-file @passphrase");
    room.draft(&[]);
    let failure = room.sign("draft.toml", "zoe").unwrap_err();
    assert!(
        failure.message.contains("zoe cannot sign this"),
        "{failure}"
    );
    let failure = room.sign("draft.toml", "york").unwrap_err();
    assert!(
        failure.message.contains("the key file of a relay"),
        "{failure}"
    );
    room.sign("draft.toml", "ada").unwrap();
    let wrong = "directory sign @draft.toml --from @1.note --key @bea.key --out @b.note --yes --passphrase-file @Leeds.txt";
    room.refuses(wrong, REFUSED, "bea.key: wrong passphrase");

    // Somebody signs with a key of their own, in Bea's name.
    let stranger =
        brolly_keys::sign::SigningKey::<brolly_keys::role::Authority>::from_seed(&[9; 32]);
    let mut note = brolly_keys::note::Note::parse(room.text("ada.note").as_bytes()).unwrap();
    note.retain_signers(|_| false);
    note.sign("bea", &stranger).unwrap();
    private::create(&room.at("forged.note"), note.to_string().as_bytes()).unwrap();
    let line = "directory combine @ada.note @forged.note --from @1.note --out @2.note";
    room.refuses(line, REFUSED, "nobody who signed");
    let flipped = room.text("ada.note");
    let at = flipped.len() - 12;
    let letter = if flipped.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    let flipped = [&flipped[..at], letter, &flipped[at + 1..]].concat();
    private::create(&room.at("flipped.note"), flipped.as_bytes()).unwrap();
    let line = "directory combine @flipped.note --from @1.note --out @2.note";
    room.refuses(line, REFUSED, "flipped.note is wrong");

    other.draft(&[("min-pool = 80", "min-pool = 81")]);
    other.sign("draft.toml", "bea").unwrap();
    private::create(&room.at("bea.note"), other.text("bea.note").as_bytes()).unwrap();
    let line = "directory combine @ada.note @bea.note --from @1.note --out @2.note";
    room.refuses(line, REFUSED, "bea.note is signed over another text than");
    assert!(!room.at("2.note").exists());
}

#[test]
fn publishing_what_does_not_come_next_is_refused_before_anybody_is_asked() {
    let room = Room::new();
    room.second();
    let line = "directory publish @1.note --directory @2.note";
    room.refuses(line, REFUSED, "rolling it back");
    room.refuses(
        "directory publish @ada.note --directory @1.note",
        REFUSED,
        "signed by 1 officers",
    );
    let late = Room {
        now: room.now + 200 * 86_400,
        ..room
    };
    late.refuses(
        "directory publish @2.note --directory @1.note",
        REFUSED,
        "has expired",
    );
}
