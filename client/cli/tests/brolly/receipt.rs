//! `brolly check`: read, answered, forked, and from an archive.

use std::fs;
use std::path::Path;

use brolly_protocol::log::Entry;
use brolly_protocol::report::Slot;
use brolly_shell::http::Method;
use serde_json::json;

use crate::country::Country;

fn filler(n: u16) -> Entry {
    let mut digest = [9; 32];
    digest[..2].copy_from_slice(&n.to_be_bytes());
    let tag = [7; 16];
    Entry { tag, digest }
}

#[test]
fn spec_12_10_a_check_says_who_has_read_and_shows_the_answers() {
    let country = Country::joined();
    let (cell, code) = country.published();
    let check = || country.run("home", &["check", "--json"], &code).json();
    let first = check();
    assert_eq!(first["state"], "in-log");
    assert_eq!(
        (&first["read_by"], &first["replies"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(first["witnesses"], 3);

    country.world().scheme.mark(0, 1);
    let read = check();
    assert_eq!(read["state"], "read");
    assert_eq!(read["read_by"], json!(["Scheme desk"]));

    let said = "Thank you.\n\u{1b}[31mWe \u{202e}will write again.";
    country
        .world()
        .scheme
        .reply(1, Slot::Police, &cell, 0, said);
    // Another desk, in the place of the scheme's.
    country
        .world()
        .scheme
        .reply(1, Slot::Scheme, &cell, 0, "come alone");
    let answered = check();
    assert_eq!(answered["state"], "answered");
    assert_eq!(
        answered["replies"],
        json!([{"desk": "Police desk", "text": said}])
    );
    let shown = country.run("home", &["check"], &code);
    for part in [
        "Answer from Police desk:\n  Thank you.\n  <U+001B>[31mWe <U+202E>will write again.",
        "Whoever holds your receipt code can read these answers too.",
        "everything that was for them up to yours: Scheme desk.",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    let json = country.run("home", &["check", "--json"], &code).out;
    for hostile in ['\u{1b}', '\u{202e}'] {
        assert!(!shown.out.contains(hostile) && !json.contains(hostile));
    }
    // From another device with only the code.
    country
        .run("other", &["join", "-", "--json"], &country.link())
        .json();
    let elsewhere = country.run("other", &["check", "--json"], &code).json();
    assert_eq!(elsewhere["state"], "answered");
}

#[test]
fn spec_12_3_a_log_that_forked_or_shrank_ends_everything_and_nothing_is_posted() {
    let country = Country::joined();
    let (_, code) = country.published();
    let kept = fs::read(country.path("home/state")).unwrap();
    country.run("home", &["check", "--json"], &code).json();
    assert!(kept != fs::read(country.path("home/state")).unwrap());
    let honest = country.world().scheme.reports.clone();
    for (forged, words, hint) in [
        (
            vec![],
            "0 entries, but 1 were seen before",
            "a few minutes behind",
        ),
        (
            vec![filler(1).to_bytes().to_vec()],
            "is not the one that was seen before",
            "tell the scheme at once",
        ),
    ] {
        country.world().scheme.reports = forged;
        country.sessions();
        for args in [&["check"][..], &["cover"], &["report"], &["lookup"]] {
            let file = country.write("own.toml", b"[incident]\nnarrative = \"van\"\n");
            let (args, input) = match args {
                ["report"] => (vec!["report", "--from", &file, "--yes"], ""),
                ["check"] => (args.to_vec(), code.as_str()),
                _ => (args.to_vec(), "Dave"),
            };
            let refused = country.run("home", &args, input);
            assert_eq!(refused.code, 5, "{args:?}");
            for part in [words, hint, "nothing was sent"] {
                assert!(refused.err.contains(part), "{part}: {}", refused.err);
            }
            let sessions = country.sessions();
            assert!(sessions.iter().all(|(method, ..)| *method == Method::GET));
            assert!(!sessions.iter().any(|(_, path, _)| path.contains("alerts")));
        }
    }
    country.world().scheme.reports = honest;
    let found = country.run("home", &["check", "--json"], &code).json();
    assert_eq!(found["state"], "in-log");
}

#[test]
fn logs_that_too_few_cosigned_are_said_and_a_report_is_sent_all_the_same() {
    let country = Country::joined();
    country.world().scheme.log_witnesses = 2;
    let sent = country.report(&["--yes"]).json();
    assert_eq!(sent["accepted"], true);
    let refused = country.run("home", &["check"], sent["words"].as_str().unwrap());
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("only 2 of 4 witnesses"),
        "{}",
        refused.err
    );
    assert_eq!(country.run("home", &["cover"], "").code, 0);
}

#[test]
fn spec_12_11_off_line_a_mirror_proves_it_and_a_damaged_one_proves_nothing() {
    let country = Country::joined();
    (0..300).for_each(|n| country.world().scheme.publish(filler(n)));
    let (cell, code) = country.published();
    country
        .world()
        .scheme
        .reply(0, Slot::Scheme, &cell, 0, "thank you");
    let folder = country.mirror("mirror");
    country.sessions();
    let check =
        |folder: &str| country.run("home", &["check", "--archive", folder, "--json"], &code);
    let found = check(&folder).json();
    assert_eq!(found["state"], "answered");
    assert_eq!(
        (&found["position"], &found["entries"]),
        (&json!(301), &json!(301))
    );
    assert!(country.sessions().is_empty(), "nothing is asked of anybody");

    // A mirror that went on growing has only the wider bundle.
    let last = |width| format!("{folder}/reports/tile/entries/001.p/{width}");
    let mut wider = fs::read(last(45)).unwrap();
    wider.extend_from_slice(&[0, 3, 1, 2, 3]);
    fs::remove_file(last(45)).unwrap();
    fs::write(last(46), wider).unwrap();
    assert_eq!(check(&folder).json()["position"], 301);

    let bundle = format!("{folder}/reports/tile/entries/000");
    let good = fs::read(&bundle).unwrap();
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    fs::write(&bundle, flipped).unwrap();
    let refused = check(&folder);
    assert_eq!((refused.code, refused.out.as_str()), (5, ""));
    assert!(
        refused.err.contains("not those that were signed"),
        "{}",
        refused.err
    );
    fs::write(&bundle, &good[..good.len() - 1]).unwrap();
    let refused = check(&folder);
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("tile/entries/000 of the reports log"),
        "{}",
        refused.err
    );
    fs::remove_file(&bundle).unwrap();
    let refused = check(&folder);
    assert_eq!(refused.code, 3);
    for part in ["reports/tile/entries/000", "whole copy"] {
        assert!(refused.err.contains(part), "{}", refused.err);
    }
    let nothing = check(Path::new(&folder).parent().unwrap().to_str().unwrap());
    assert_eq!(nothing.code, 3);
    assert!(
        nothing.err.contains("reports/checkpoint"),
        "{}",
        nothing.err
    );
}

#[test]
fn a_check_of_a_full_window_takes_little_memory() {
    let country = Country::joined();
    let (cell, code) = country.published();
    {
        let scheme = &mut country.world().scheme;
        (0..4_300).for_each(|n| scheme.publish(filler(n)));
        scheme.reply(0, Slot::Scheme, &cell, 0, "thank you");
        let reply = scheme.board[0].clone();
        // Answers to others: as long, under other tags.
        for n in 0..4_200_u16 {
            let mut other = reply.clone();
            other[1..3].copy_from_slice(&n.to_be_bytes());
            scheme.board.push(other);
        }
    }
    let found = country
        .run_within(LITTLE, "home", &["check", "--json"], &code)
        .json();
    assert_eq!(found["entries"], 4_301);
}

/// 64 MiB.
const LITTLE: u32 = 64 << 10;
