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
fn before_joining_everything_says_how_to_join() {
    let country = Country::new();
    for args in [
        &["report"][..],
        &["check"],
        &["cover"],
        &["alerts", "--offline"],
        &["lookup"],
        &["run"],
        &["report", "--queue"],
    ] {
        let refused = country.run("home", args, "");
        assert_eq!(refused.code, 3);
        assert!(refused.err.contains("brolly join -"), "{}", refused.err);
    }
    let cut = country.link();
    let cut = country.run("home", &["join", "-"], &cut[..cut.len() - 9]);
    assert!(cut.err.contains("cut short or changed"), "{}", cut.err);
    let shown = country.run("home", &["join", &country.link()], "");
    assert_eq!(shown.code, 0);
    assert!(shown.err.contains("shell's history"), "{}", shown.err);
    assert!(
        shown.out.contains("You have joined Sample, through Leeds"),
        "{}",
        shown.out
    );
}

#[test]
fn another_scheme_is_joined_only_when_told_to_replace_the_first() {
    let country = Country::joined();
    let other = Country::of(Scheme::founded_by(clock::now(), [4, 5, 6]));
    let link = other.link();
    let refused = country.run("home", &["join", "-"], &link);
    assert_eq!(refused.code, 5);
    assert!(refused.err.contains("--replace"), "{}", refused.err);
    let before = files(Path::new(&country.path("home")));
    let joined = country
        .run("home", &["join", "-", "--replace", "--json"], &link)
        .json();
    assert_eq!(
        joined["scheme"],
        other.world().scheme.directory.scheme.to_string()
    );
    assert!(files(Path::new(&country.path("home"))) != before);
}

#[test]
fn a_directory_that_is_of_another_scheme_or_rolled_back_is_refused_and_nothing_is_kept_or_sent() {
    let country = Country::joined();
    country.world().scheme.directory.version = 2;
    let refused = country.report(&["--yes"]);
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("version 2, but version 3 was seen"),
        "{}",
        refused.err
    );
    assert!(
        country
            .sessions()
            .iter()
            .all(|(method, ..)| *method == Method::GET)
    );

    let stranger = Country::of(Scheme::founded_by(clock::now(), [4, 5, 6]));
    let mut invitation = stranger
        .world()
        .scheme
        .invitation_to(stranger.addresses.clone());
    invitation.scheme = country.world().scheme.directory.scheme;
    let refused = stranger.run("home", &["join", "-"], &invitation.to_link().unwrap());
    assert_eq!(refused.code, 5);
    assert!(refused.err.contains("another scheme"), "{}", refused.err);
    assert!(files(Path::new(&stranger.path("home"))).is_empty());
}

#[test]
fn a_relay_with_another_key_than_the_invitation_says_is_not_talked_to() {
    let country = Country::new();
    let mut invitation = country
        .world()
        .scheme
        .invitation_to(country.addresses.clone());
    for entrance in &mut invitation.entries {
        entrance.key = [9; 32];
    }
    let refused = country.run("home", &["join", "-"], &invitation.to_link().unwrap());
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("not the expected one"),
        "{}",
        refused.err
    );
    assert!(country.sessions().is_empty());
}

#[test]
fn spec_4_9_that_a_scheme_is_a_drill_is_said_before_anything_is_sent() {
    let country = Country::of(Scheme::drill(clock::now()));
    let join = country.run("home", &["join", "-", "--json"], &country.link());
    assert_eq!(join.json()["drill"], true);
    let sent = country.report(&["--yes"]);
    assert_eq!(sent.json()["accepted"], true);
    let said = sent.err.find("THIS SCHEME IS A DRILL").unwrap();
    assert!(said < sent.err.find("This is all that is sent").unwrap());
    let real = Country::joined();
    assert!(!real.report(&["--yes"]).err.contains("DRILL"));
}

#[test]
fn with_a_proxy_nothing_goes_past_it() {
    let country = Country::joined();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = closed.local_addr().unwrap().to_string();
    drop(closed);
    let refused = country.run("home", &["--socks5", &proxy, "cover"], "");
    assert_eq!(refused.code, 4);
    assert!(country.sessions().is_empty());
}

#[test]
fn a_directory_that_expired_on_the_device_is_renewed_by_a_look_up_like_any_other() {
    let mut scheme = Scheme::new(clock::now());
    scheme.directory.version += 1;
    let country = Country::of(scheme);
    let then = clock::now() - 70 * 86_400;
    let mut state = State::new(
        country
            .world()
            .scheme
            .invitation_to(country.addresses.clone()),
    );
    state.accept(&Scheme::new(then).in_force(), then).unwrap();
    fs::create_dir(country.path("home")).unwrap();
    let file = country.write("home/state", &state.to_bytes().unwrap());
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    let kept = fs::read(country.path("home/state")).unwrap();
    let mut code = String::new();
    for what in ["report", "cover", "check", "alerts", "lookup"] {
        fs::write(country.path("home/state"), &kept).unwrap();
        country.world().asked.clear();
        match what {
            "report" => {
                let sent = country.report(&["--yes"]).json();
                code = sent["words"].as_str().unwrap().to_owned();
            }
            "cover" | "alerts" => assert_eq!(country.run("home", &[what], "").code, 0),
            "lookup" => assert_eq!(country.run("home", &[what], "Dave").code, 0),
            _ => assert_eq!(country.run("home", &["check"], &code).code, 0),
        }
        let sessions = country.sessions();
        assert_eq!(sessions.len(), 12, "{what}");
        assert_eq!(sessions[..6], sessions[6..], "{what}");
    }
}

#[test]
fn a_state_file_that_was_damaged_or_is_open_to_others_is_refused() {
    let country = Country::joined();
    let file = country.path("home/state");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let open = country.run("home", &["cover"], "");
    assert!(
        open.code == 5 && open.err.contains("chmod 600"),
        "{}",
        open.err
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() = 1;
    fs::write(&file, bytes).unwrap();
    let damaged = country.run("home", &["cover"], "");
    assert!(
        damaged.code == 5 && damaged.err.contains("--replace"),
        "{}",
        damaged.err
    );
    country
        .run(
            "home",
            &["join", "-", "--replace", "--json"],
            &country.link(),
        )
        .json();
    assert_eq!(country.run("home", &["cover"], "").code, 0);
}

#[test]
fn what_an_earlier_version_kept_is_told_to_be_joined_again() {
    let country = Country::joined();
    let file = country.path("home/state");
    let mut earlier = b"brolly/1 member\n".to_vec();
    earlier.resize(1 << 20, 0);
    fs::write(&file, earlier).unwrap();
    let refused = country.run("home", &["cover"], "");
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("an earlier Brolly") && refused.err.contains("join again"),
        "{}",
        refused.err
    );
    country
        .run(
            "home",
            &["join", "-", "--replace", "--json"],
            &country.link(),
        )
        .json();
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
