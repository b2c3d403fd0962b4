//! The running service and its outbox, as they look from outside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command};
use std::sync::mpsc;

use brolly_client::outbox::{Outbox, SIZE};
use brolly_keys::vault::{self, Vault};
use brolly_protocol::log::Entry;
use brolly_protocol::report::Slot;
use brolly_shell::{clock, private};

use crate::country::{Country, NARRATIVE, Ran, files, holds};
use crate::fake::Scheme;

/// `brolly run` in a drill, with a session in each second.
struct Service {
    child: Child,
    log: BufReader<ChildStderr>,
    lines: Vec<String>,
}

impl Service {
    fn start(country: &Country) -> Self {
        let args = ["run", "--interval-seconds", "1", "--passphrase-file"];
        let secret = country.path("passphrase");
        let mut child = country.spawn("home", &[&args[..], &[&secret]].concat());
        let log = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            log,
            lines: Vec::new(),
        }
    }

    /// Reads what it logs until `done`, which is asked after each session.
    fn until(&mut self, mut done: impl FnMut() -> bool) {
        let reached = (0..100).any(|_| {
            let mut line = String::new();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "it ended");
            let session = line == "info session\n";
            self.lines.push(line);
            session && done()
        });
        assert!(reached, "not in a hundred lines: {:?}", self.lines);
    }

    fn sessions(&mut self, mut count: usize) {
        self.until(|| {
            count -= 1;
            count == 0
        });
    }

    /// Asks it to end, and gives its exit code.
    fn end(mut self) -> i32 {
        let term = format!("kill -TERM {}", self.child.id());
        let asked = Command::new("sh").args(["-c", &term]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It is gone after `end`; a test that failed leaves none behind.
        let _ = self.child.kill();
    }
}

/// A drill that was joined, and a passphrase in a file.
fn drill() -> Country {
    let country = Country::of(Scheme::drill(clock::now()));
    let joined = country.run("home", &["join", "-", "--json"], &country.link());
    joined.json();
    country.world().asked.clear();
    country.world().delivered.clear();
    passphrase(&country, "passphrase", "umbrella");
    country
}

fn passphrase(country: &Country, name: &str, secret: &str) {
    private::create(Path::new(&country.path(name)), secret.as_bytes()).unwrap();
}

fn queue(country: &Country, passphrase: &str, more: &[&str]) -> Ran {
    let secret = country.path(passphrase);
    let args = ["--yes", "--queue", "--passphrase-file", &secret];
    country.report(&[&args[..], more].concat())
}

fn outbox(country: &Country) -> Outbox {
    let bytes = fs::read(country.path("home/outbox")).unwrap();
    let (_, text) = Vault::unlock(&bytes, b"umbrella").unwrap();
    Outbox::from_bytes(&text).unwrap()
}

/// The files and their sizes, without one that is being written.
fn sizes(country: &Country) -> Vec<(String, u64)> {
    let entries = fs::read_dir(country.path("home")).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry));
    let kept = named.filter(|(name, _)| !name.starts_with(".tmp"));
    let mut sizes: Vec<_> = kept
        .map(|(name, entry)| (name, entry.metadata().unwrap().len()))
        .collect();
    sizes.sort();
    sizes
}

#[test]
fn spec_16_4_everybody_who_joined_has_an_outbox_of_one_size_that_shows_nothing() {
    let country = Country::joined();
    let joined = fs::read(country.path("home/outbox")).unwrap();
    assert_eq!(joined.len(), SIZE);
    assert_eq!(vault::has_passphrase(&joined), Ok(false));
    country.report(&["--yes"]).json();
    // A report that is sent at once is no business of the outbox's.
    assert!(fs::read(country.path("home/outbox")).unwrap() == joined);
    let early = country.report(&["--yes", "--queue"]);
    assert_eq!(early.code, 3);
    assert!(early.err.contains("start `brolly run`"), "{}", early.err);
}

#[test]
fn spec_16_4_the_outbox_is_written_anew_in_every_session_although_nothing_waits() {
    let country = drill();
    let mut service = Service::start(&country);
    let mut seen = Vec::new();
    let file = country.path("home/outbox");
    service.until(|| {
        seen.push(fs::read(&file).unwrap());
        seen.len() == 3
    });
    assert_eq!(service.end(), 0);
    for pair in seen.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert_eq!(before.len(), after.len());
        // The passphrase's part stands; of the rest one byte in 256 falls on itself.
        let same = before
            .iter()
            .zip(after.iter())
            .filter(|(a, b)| a == b)
            .count();
        assert!(same < SIZE / 128, "{same} bytes stand where they stood");
    }
    assert!(outbox(&country).is_empty());
}

#[test]
fn spec_16_5_a_queued_report_goes_in_the_place_of_cover_and_nothing_else_differs() {
    let country = drill();
    let mut service = Service::start(&country);
    service.sessions(2);
    let before = sizes(&country);

    let queued = queue(&country, "passphrase", &[]);
    assert!(!queued.err.contains("is not running"), "{}", queued.err);
    let said = queued.json();
    assert_eq!(
        (&said["queued"], &said["accepted"]),
        (&true.into(), &false.into())
    );
    let cell = |country: &Country| {
        let world = country.world();
        let mut opened = world.delivered.iter().filter(|cell| {
            let opened = world.scheme.open(cell, Slot::Scheme);
            opened.is_ok_and(|opened| opened.report.incident.narrative == NARRATIVE)
        });
        opened.next().map(Entry::of)
    };
    let mut held = 2;
    service.until(|| {
        held += 1;
        cell(&country).is_some()
    });
    let sent = cell(&country).unwrap();
    let sessions = country.sessions();
    assert!(sessions.len() >= 18);
    // The next session may be under way when the line of one is read, but not every time.
    let mut over = sessions.len() - 6 * held;
    for session in sessions.chunks_exact(6) {
        assert_eq!(session, &sessions[..6]);
    }
    assert_eq!(outbox(&country).len(), 1, "it waits for its receipt");
    let file = fs::read(country.path("home/outbox")).unwrap();
    for canary in [NARRATIVE, "heron", said["words"].as_str().unwrap()] {
        assert!(!holds(&file, canary), "{canary}");
    }
    assert_eq!(sizes(&country), before);

    country.world().scheme.publish(sent);
    service.until(|| {
        held += 1;
        let asked = sessions.len() + country.world().asked.len();
        over = over.min(asked - 6 * held);
        outbox(&country).is_empty()
    });
    assert!(over < 6, "a session for the report alone");
    assert_eq!(sizes(&country), before);
    let mut lines = service.lines.clone();
    lines.retain(|line| line != "info session\n");
    assert_eq!(lines.len(), 2, "the drill, and that it runs: {lines:?}");
    assert_eq!(service.end(), 0);
    let code = said["words"].as_str().unwrap();
    let found = country.run("home", &["check", "--json"], code).json();
    assert_eq!(
        (&found["state"], &found["position"]),
        (&"in-log".into(), &1.into())
    );
}

#[test]
fn spec_16_6_what_was_not_posted_when_the_service_ended_goes_with_the_next_session() {
    let country = drill();
    let mut service = Service::start(&country);
    service.sessions(1);
    assert_eq!(service.end(), 0);
    queue(&country, "passphrase", &[]).json();
    let (silent, asked) = mpsc::channel();
    country.world().silent = Some(silent);
    let service = Service::start(&country);
    // Its first session is under way: the report counts as sent.
    asked.recv().unwrap();
    assert_eq!(service.end(), 0);
    country.world().silent = None;
    country.world().delivered.clear();

    let mut service = Service::start(&country);
    service.sessions(1);
    assert_eq!(service.end(), 0);
    let world = country.world();
    let opened = world.scheme.open(&world.delivered[0], Slot::Scheme);
    assert_eq!(opened.unwrap().report.incident.narrative, NARRATIVE);
}

#[test]
fn spec_16_8_a_wrong_passphrase_opens_nothing_and_changes_nothing() {
    let country = drill();
    passphrase(&country, "wrong", "parasol");
    let mut service = Service::start(&country);
    service.sessions(1);
    assert_eq!(service.end(), 0);
    queue(&country, "passphrase", &["--wish", "day"]).json();
    country.world().asked.clear();
    let kept = files(Path::new(&country.path("home")));
    let wrong = country.path("wrong");
    let run = country.run("home", &["run", "--passphrase-file", &wrong], "");
    for refused in [run, queue(&country, "wrong", &[])] {
        assert_eq!((refused.code, refused.out.as_str()), (5, ""));
        assert!(refused.err.contains("wrong passphrase"), "{}", refused.err);
    }
    assert!(files(Path::new(&country.path("home"))) == kept);
    assert!(country.sessions().is_empty());
    assert_eq!(outbox(&country).len(), 1);
}

#[test]
fn a_report_is_queued_without_a_word_on_the_wire_and_a_full_outbox_says_so_first() {
    let country = drill();
    let mut service = Service::start(&country);
    service.sessions(1);
    assert_eq!(service.end(), 0);
    country.world().asked.clear();
    for _ in 0..8 {
        let queued = queue(&country, "passphrase", &[]);
        assert!(
            queued.err.contains("`brolly run` is not running"),
            "{}",
            queued.err
        );
        queued.json();
    }
    let full = queue(&country, "passphrase", &[]);
    assert_eq!((full.code, full.out.as_str()), (1, ""));
    assert!(full.err.contains("without --queue"), "{}", full.err);
    assert!(!full.err.contains("This is all that is sent"));
    assert_eq!(outbox(&country).len(), 8);
    assert!(country.sessions().is_empty());
}

#[test]
fn what_run_refuses_it_says_before_anything_is_sent() {
    let country = Country::joined();
    passphrase(&country, "passphrase", "umbrella");
    let secret = country.path("passphrase");
    let drill_alone = [
        "run",
        "--interval-seconds",
        "1",
        "--passphrase-file",
        &secret,
    ];
    let refused = country.run("home", &drill_alone, "");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("for drills alone"), "{}", refused.err);
    for unqueued in [["--wish", "day"], ["--passphrase-file", &secret]] {
        let refused = country.report(&[&["--yes"], &unqueued[..]].concat());
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains("go with --queue"), "{}", refused.err);
    }
    assert!(country.sessions().is_empty());

    let country = drill();
    let mut service = Service::start(&country);
    service.sessions(1);
    let second = country.run("home", &drill_alone, "");
    assert_eq!(second.code, 1);
    assert!(
        second.err.contains("running on this device already"),
        "{}",
        second.err
    );
    assert_eq!(service.end(), 0);
}

#[test]
fn another_scheme_finds_an_outbox_without_a_passphrase() {
    let country = drill();
    let mut service = Service::start(&country);
    service.sessions(1);
    assert_eq!(service.end(), 0);
    let other = Country::of(Scheme::founded_by(clock::now(), [4, 5, 6]));
    let refused = country.run("home", &["join", "-"], &other.link());
    assert!(
        refused.err.contains("in the outbox is erased"),
        "{}",
        refused.err
    );
    let has = |country: &Country| {
        vault::has_passphrase(&fs::read(country.path("home/outbox")).unwrap()).unwrap()
    };
    assert!(has(&country));
    let again = ["join", "-", "--json"];
    country.run("home", &again, &country.link()).json();
    assert!(has(&country));
    let replace = ["join", "-", "--replace", "--json"];
    country.run("home", &replace, &other.link()).json();
    assert!(!has(&country));
}

#[test]
fn spec_17_8_what_several_reports_by_one_person_cost_is_said_before_anything_is_sent() {
    let country = Country::of(Scheme::new(clock::now()));
    let join = ["join", "-", "--json"];
    country.run("home", &join, &country.link()).json();
    country.world().delivered.clear();
    let unasked = country.report(&[]);
    let (_, told) = unasked.err.split_once("This is all that is sent").unwrap();
    assert!(
        told.contains("each of them makes you easier to find"),
        "{told}"
    );
    assert!(told.contains("sees when; `--queue` hides that"), "{told}");
    assert!(country.world().delivered.is_empty());
}

#[test]
fn spec_16_9_the_wait_is_told_before_sending_and_whom_to_ring_where_it_is_long() {
    let ring = "ring: 999 in an emergency; your project, Leeds, or the help line of Sample";
    // What is told stands behind what is sent, and before anybody is asked.
    let told = |ran: &Ran| {
        let (_, told) = ran.err.split_once("This is all that is sent").unwrap();
        told.to_owned()
    };
    let country = Country::of(Scheme::new(clock::now() - 7_200));
    let join = ["join", "-", "--json"];
    country.run("home", &join, &country.link()).json();
    country.world().delivered.clear();
    let unasked = country.report(&[]);
    let said = told(&unasked);
    assert!(
        said.contains("is not known") && said.contains(ring),
        "{said}"
    );
    assert!(country.world().delivered.is_empty());
    let unknown = country.report(&["--yes"]).json();
    assert!(unknown["wait_half_s"].is_null() && unknown["wait_most_s"].is_null());

    // 2,000 entries in two hours, and one cover cell in two is delivered.
    {
        let mut world = country.world();
        for n in 0..2_000_u16 {
            let [high, low] = n.to_be_bytes();
            let mut digest = [high; 32];
            digest[0] = low;
            let tag = [low; 16];
            world.scheme.publish(Entry { tag, digest });
        }
        world.scheme.now += 7_200;
    }
    assert_eq!(country.run("home", &["cover"], "").code, 0);
    let sent = country.report(&["--yes"]);
    let said = told(&sent);
    assert!(
        said.contains("arrives within about 20 minutes, nearly everything within about an hour"),
        "{said}"
    );
    assert!(!said.contains("999"), "{said}");
    let sent = sent.json();
    assert_eq!(
        (&sent["wait_half_s"], &sent["wait_most_s"]),
        (&1_060.into(), &3_331.into())
    );
}

#[test]
fn spec_16_15_the_outbox_is_listed_and_a_report_taken_back_without_a_word_on_the_wire() {
    let country = drill();
    let mut service = Service::start(&country);
    service.sessions(1);
    assert_eq!(service.end(), 0);
    queue(&country, "passphrase", &[]).json();
    country.world().asked.clear();
    let secret = country.path("passphrase");
    let outbox_of = |more: &[&str]| {
        let args = ["outbox", "--passphrase-file", &secret];
        country.run("home", &[&args[..], more].concat(), "")
    };
    let listed = outbox_of(&["--json"]).json();
    let one = &listed["waiting"][0];
    assert_eq!(one["number"], 1);
    assert!(one["sent"].is_null() && one["cannot_be_sent"].is_null());
    assert!(outbox_of(&[]).out.contains("waits for its turn"));
    let unasked = outbox_of(&["--withdraw", "1"]);
    assert_eq!((unasked.code, unasked.out.as_str()), (1, ""));
    assert!(unasked.err.contains("nobody to ask"), "{}", unasked.err);
    let other = outbox_of(&["--withdraw", "2", "--yes"]);
    assert_eq!(other.code, 1);
    assert!(other.err.contains("number 2"), "{}", other.err);
    assert_eq!(outbox(&country).len(), 1);
    assert!(
        outbox_of(&["--withdraw", "1", "--yes"])
            .out
            .contains("never sent")
    );
    assert!(outbox(&country).is_empty());
    assert!(outbox_of(&[]).out.contains("Nothing waits"));
    assert!(country.sessions().is_empty());
}
