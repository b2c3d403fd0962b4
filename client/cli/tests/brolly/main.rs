//! The program as its users run it, against relays in this process.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests of a shell: files and processes are their work, and every one may fail"
)]

mod alerts;
mod country;
#[path = "../../../core/src/fake.rs"]
mod fake;
mod joining;
mod page;
mod receipt;
mod run;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use brolly_client::outbox;
use brolly_client::state::{SIZE, State};
use brolly_protocol::geometry::{SUBMISSION, TOKEN_REQUEST};
use brolly_protocol::log::Entry;
use brolly_protocol::report::{Slot, Source};
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::Method;

use country::{Country, NARRATIVE, files, holds};
use fake::Scheme;

#[test]
fn a_report_is_sent_opened_by_its_desks_and_found_by_its_code() {
    let country = Country::joined();
    let sent = country.report(&["--yes", "--for-somebody-else"]);
    assert!(
        sent.err
            .contains("(Police desk) will see all of it but how to reach you"),
        "{}",
        sent.err
    );
    let sent = sent.json();
    assert_eq!(sent["accepted"], true);

    let check = |form: &str, ending: &str| {
        let code = sent[form].as_str().unwrap().to_owned() + ending;
        country.run("home", &["check", "--json"], &code).json()
    };
    assert_eq!(check("words", "\n")["state"], "not-published");
    {
        let mut world = country.world();
        let cell = world.delivered.remove(0);
        let opened = world.scheme.open(&cell, Slot::Police).unwrap();
        assert_eq!(opened.report.incident.narrative, NARRATIVE);
        assert_eq!(opened.report.incident.source, Source::ForSomebodyElse);
        assert!(world.scheme.open(&cell, Slot::Project).is_err());
        world.scheme.publish(Entry::of(&cell));
    }
    for (form, ending) in [("words", "\n"), ("digits", "")] {
        let found = check(form, ending);
        assert_eq!(
            (&found["state"], &found["entries"]),
            (&"in-log".into(), &1.into())
        );
        assert_eq!(found["position"], 1);
    }
    let words = country.run("home", &["check"], sent["words"].as_str().unwrap());
    assert!(words.out.contains("Your report arrived"), "{}", words.out);
}

#[test]
fn spec_12_4_on_the_wire_whatever_a_session_is_for_it_is_the_same_requests() {
    let country = Country::joined();
    let sent = country.report(&["--yes"]).json();
    let report = country.sessions();
    country
        .run(
            "home",
            &["check", "--json"],
            sent["words"].as_str().unwrap(),
        )
        .json();
    let check = country.sessions();
    assert_eq!(
        country.run("home", &["cover", "--json"], "").json()["accepted"],
        true
    );
    let cover = country.sessions();
    country
        .run("other", &["join", "-", "--json"], &country.link())
        .json();
    let join = country.sessions();
    country
        .run("home", &["alerts", "--area", "LS2", "--json"], "")
        .json();
    let alerts = country.sessions();
    country
        .run("home", &["lookup", "--json"], "07700 900123\n")
        .json();
    let lookup = country.sessions();
    assert_eq!(report.len(), 6);
    assert_eq!(
        report[4],
        (Method::POST, wire::TOKENS.to_owned(), TOKEN_REQUEST)
    );
    assert_eq!(
        report[5],
        (Method::POST, wire::CELLS.to_owned(), SUBMISSION)
    );
    assert_eq!(report, check);
    assert_eq!(report, cover);
    assert_eq!(report, join);
    assert_eq!(report, alerts);
    assert_eq!(report, lookup);
    for offline in [&["alerts", "--offline"][..], &["lookup", "--offline", "-"]] {
        assert_eq!(country.run("home", offline, "07700 900123\n").code, 0);
    }
    assert!(country.sessions().is_empty());
}

#[test]
fn spec_12_6_nothing_on_the_device_tells_a_reporter_from_a_reader() {
    let country = Country::joined();
    country
        .run("reader", &["join", "-", "--json"], &country.link())
        .json();
    let sent = country.report(&["--yes"]).json();
    country
        .run(
            "home",
            &["check", "--json"],
            sent["words"].as_str().unwrap(),
        )
        .json();
    country
        .run("home", &["lookup", "--json"], "07700 900123\n")
        .json();
    assert_eq!(country.run("reader", &["cover"], "").code, 0);

    let [reporter, reader] = ["home", "reader"].map(|home| {
        let mut files = files(Path::new(&country.path(home)));
        files.sort_by_key(|(name, bytes)| (bytes.len() < SIZE, name.clone()));
        files
    });
    let shape = |files: &[(String, Vec<u8>)]| -> Vec<(String, usize)> {
        let shape = files
            .iter()
            .map(|(name, bytes)| (name.clone(), bytes.len()));
        shape.collect()
    };
    assert_eq!(
        shape(&reporter),
        [
            ("state".to_owned(), SIZE),
            ("outbox".to_owned(), outbox::SIZE)
        ]
    );
    assert_eq!(shape(&reporter), shape(&reader));
    assert!(reporter[0] == reader[0], "the two devices differ");
    let canaries = [
        NARRATIVE,
        "heron",
        sent["words"].as_str().unwrap(),
        sent["digits"].as_str().unwrap(),
        "900123",
    ];
    for canary in canaries {
        for (_, bytes) in &reporter {
            assert!(!holds(bytes, canary), "{canary}");
        }
    }
    let mode = |path: &str| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&country.path("home")), 0o700);
    assert_eq!(mode(&country.path("home/state")), 0o600);
}

#[test]
fn a_receipt_code_with_one_wrong_word_is_answered_with_a_sentence() {
    let country = Country::joined();
    let sent = country.report(&["--yes"]).json();
    let words: Vec<&str> = sent["words"].as_str().unwrap().split(' ').collect();
    let check = |words: &[&str]| country.run("home", &["check"], &words.join(" "));
    let mut slip = words.clone();
    slip[4] = "umbrela";
    let answer = check(&slip);
    assert_eq!(answer.code, 1);
    assert!(
        answer
            .err
            .contains("word 5 is not on the list; did you mean “umbrella”?"),
        "{}",
        answer.err
    );
    // Another word of the list passes the checksum once in 256 times; all three never do.
    let wrong = ["abandon", "zoo", "mouse"].iter().any(|other| {
        let mut slip = words.clone();
        slip[2] = other;
        slip != words && check(&slip).err.contains("one of the words is wrong")
    });
    assert!(wrong);
    assert!(
        country
            .run("home", &["check"], "")
            .err
            .contains("input ended")
    );
}

#[test]
fn a_receipt_code_on_the_command_line_is_refused_and_not_repeated() {
    let country = Country::joined();
    for typed in [
        &["check", "abandon", "zoo"][..],
        &["check", "--json", "abandon"],
        &["abandon", "zoo"],
        &["report", "abandon"],
        &["cover", "abandon"],
    ] {
        let refused = country.run("home", typed, "");
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{typed:?}");
        assert!(refused.err.contains("`brolly check`"), "{}", refused.err);
        assert!(!refused.err.contains("abandon"), "{}", refused.err);
    }
    let mistaken = country.run("home", &["report", "--yess"], "");
    assert_eq!(mistaken.code, 2);
    assert!(mistaken.err.contains("--yess"), "{}", mistaken.err);
}

#[test]
fn spec_12_8_if_nothing_could_be_sent_there_is_no_code_and_nothing_is_kept() {
    let country = Country::joined();
    country.world().closed = true;
    let before = files(Path::new(&country.path("home")));
    let refused = country.report(&["--yes"]);
    assert_eq!((refused.code, refused.out.as_str()), (4, ""));
    for words in ["no relay accepted the report", "Nothing of it was kept"] {
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    assert!(files(Path::new(&country.path("home"))) == before);
    assert_eq!(
        country.world().asked.len(),
        3,
        "another way in is tried while nothing was posted"
    );
}

#[test]
fn spec_12_8_what_was_posted_is_never_posted_again_and_its_code_says_that_nobody_knows() {
    let country = Country::joined();
    country.world().post = [503; 2];
    let before = files(Path::new(&country.path("home")));
    let refused = country.report(&["--yes"]);
    assert_eq!(refused.code, 4);
    let object: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(object["accepted"], false);
    assert!(object["words"].is_string());
    assert!(
        refused
            .err
            .contains("it is not certain that a relay took the report"),
        "{}",
        refused.err
    );
    assert!(files(Path::new(&country.path("home"))) == before);
    let posts = |country: &Country| {
        let world = country.world();
        world
            .asked
            .iter()
            .filter(|asked| asked.2 == wire::CELLS)
            .count()
    };
    assert_eq!(
        posts(&country),
        1,
        "an entry that refuses on purpose sees one cell once"
    );

    country.world().post = [202; 2];
    assert_eq!(country.report(&["--yes"]).json()["accepted"], true);
}

#[test]
fn words_that_may_give_her_away_stop_a_report_from_a_file_until_she_says_yes() {
    let country = Country::joined();
    let text = "[incident]\nnarrative = \"ring me on 07700 900123\"\n";
    let file = country.write("own.toml", text.as_bytes());
    let stopped = country.run("home", &["report", "--from", &file], "");
    assert_eq!(stopped.code, 1);
    assert!(
        stopped
            .err
            .contains("“07700 900123”: this looks like a phone number"),
        "{}",
        stopped.err
    );
    assert!(country.sessions().is_empty());
    let sent = country.run("home", &["report", "--from", &file, "--yes", "--json"], "");
    assert!(sent.err.contains("phone number"), "{}", sent.err);
    assert_eq!(sent.json()["accepted"], true);
}

#[test]
fn without_a_terminal_nothing_is_sent_unless_yes_is_said() {
    let country = Country::joined();
    let stopped = country.report(&[]);
    assert_eq!(stopped.code, 1);
    assert!(
        stopped.err.contains("--yes") && stopped.err.contains("nothing was sent"),
        "{}",
        stopped.err
    );
    let nobody = country.run("home", &["report"], "");
    assert!(
        nobody.err.contains("no terminal") && nobody.err.contains("--from"),
        "{}",
        nobody.err
    );
    assert!(country.sessions().is_empty());
}

#[test]
fn files_that_cannot_be_sent_are_explained_and_nothing_is_sent() {
    let country = Country::joined();
    let with = |name: &str, content: &[u8]| {
        let photo = country.write(name, content);
        let refused = country.report(&["--yes", "--photo", &photo]);
        assert_ne!(refused.code, 0);
        refused.err
    };
    assert!(with("van.jpg", b"%PDF-1.7 renamed").contains("this is a PDF"));
    assert!(with("van.gif", b"GIF89a").contains("GIF"));
    let missing = country.report(&["--yes", "--photo", "/nonexistent/van.jpg"]);
    assert_eq!(missing.code, 3);
    assert!(
        missing.err.contains("cannot read /nonexistent/van.jpg"),
        "{}",
        missing.err
    );

    let from = |text: &str| {
        let file = country.write("draft.toml", text.as_bytes());
        country
            .run("home", &["report", "--from", &file, "--yes"], "")
            .err
    };
    let mistyped = from("[incident]\nnarative = \"x\"");
    assert!(
        mistyped.contains("draft.toml: line 2: there is no `narative`; did you mean `narrative`?"),
        "{mistyped}"
    );
    let long = from(&format!(
        "[incident]\nnarrative = \"{}\"",
        "x".repeat(30_000)
    ));
    assert!(
        long.contains("bytes too long") && long.contains("shorten what happened"),
        "{long}"
    );
    let huge = from(&"#".repeat((1 << 20) + 1));
    assert!(huge.contains("more than 1 MiB"), "{huge}");
    assert!(country.sessions().is_empty());
}

#[test]
fn the_manual_and_completions_are_printed() {
    let country = Country::new();
    let man = country.run("home", &["man"], "");
    assert!(man.out.contains(".TH brolly"), "{}", man.out);
    let script = country.run("home", &["completions", "bash"], "");
    assert!(script.out.contains("for-somebody-else"));
    assert!(!Path::new(&country.path("home")).exists());
}
