//! What the public log says about what a desk was handed.

use std::os::unix::fs::PermissionsExt;

use brolly_desk::casebook::Access;
use brolly_desk::current::Time;
use brolly_desk::inbox::Inbox;
use brolly_desk::log::LogError;
use brolly_desk::sync::sync;
use brolly_desk::watch::{self, Gaps, MarkError, WatchError, Watched};
use brolly_keys::note::Note;
use brolly_protocol::board::{Entry, ReadMark};
use brolly_protocol::report::Slot;
use brolly_shell::cli::{NETWORK, REFUSED};
use brolly_shell::http::StatusCode;

use crate::scheme::{Scheme, block_on, said};

impl Scheme {
    /// A sync and the comparison behind it.
    fn watch(&self, gaps: Gaps) -> Result<Watched, WatchError> {
        let (place, mut keys) = (self.place(Slot::Police), self.keys(Slot::Police));
        let inbox = Inbox::of(&place, &keys).unwrap();
        let mut casebook = self.casebook(Slot::Police, Access::Write).unwrap();
        block_on(async {
            let fetched = sync(&inbox, &place, &mut keys, &mut casebook, |_| {}).await;
            let last = fetched.unwrap().pruned_last;
            watch::compare(&inbox, &place, &mut casebook, last, gaps).await
        })
    }

    fn compared(&self) -> Watched {
        self.watch(Gaps::Stop).unwrap()
    }

    fn mark(&self, covered: u64, now: u64) -> Result<Option<u64>, MarkError> {
        let (mut place, keys) = (self.place(Slot::Police), self.keys(Slot::Police));
        place.time = Time::witnessed(now);
        let inbox = Inbox::of(&place, &keys).unwrap();
        let mut casebook = self.casebook(Slot::Police, Access::Write).unwrap();
        block_on(watch::mark(&inbox, &place, &keys, &mut casebook, covered))
    }

    fn covers(&mut self, count: usize) {
        let covers: Vec<_> = (0..count).map(|_| self.cover()).collect();
        self.inbox.admit(covers);
    }

    fn evidence(&self) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(self.config(Slot::Police).data).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.to_str().unwrap().contains("evidence"))
            .collect()
    }
}

#[test]
fn spec_11_7_what_stands_in_the_log_and_was_not_handed_over_is_an_alarm_after_all_else() {
    let mut scheme = Scheme::new();
    scheme.send(&said("one"));
    let withheld = scheme.seal(scheme.week(), &said("two"), "");
    scheme.inbox.list(&withheld);
    scheme.send(&said("three"));

    let output = scheme.run(Slot::Police, &["sync", "--json"]);
    assert_eq!(output.status.code(), Some(REFUSED.into()));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        line,
        serde_json::json!({
            "new": 2, "opened": 2, "not_ours": 0, "refused": 0,
            "log_size": 3, "read_mark": 1, "withheld": 1, "unpublished": 0,
        })
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    for words in [
        "1 entry stands in the public log that the inbox never handed to this desk",
        "not handed over: entry 1 of the log, digest ",
    ] {
        assert!(stderr.contains(words), "{words:?} in {stderr}");
    }
    assert_eq!(scheme.read(Slot::Police).cases().len(), 2);
    assert_eq!(
        scheme.compared().withheld,
        1,
        "it does not go away by itself"
    );

    scheme.inbox.hand_over(withheld);
    let watched = scheme.compared();
    assert_eq!((watched.withheld, watched.covered), (0, 3));
    assert!(watched.alarms().is_empty());
}

#[test]
fn spec_11_7_what_was_handed_over_and_is_not_in_the_log_in_time_is_an_alarm() {
    let mut scheme = Scheme::new();
    scheme.covers(1);
    scheme.compared();
    let unlisted = scheme.cover();
    scheme.inbox.hand_over(unlisted.clone());
    for _ in 0..2 {
        scheme.covers(1);
        assert!(
            scheme.compared().alarms().is_empty(),
            "it may be on its way"
        );
    }
    scheme.covers(1);
    let watched = scheme.compared();
    assert_eq!(watched.unpublished, [unlisted.digest()]);
    let sentence =
        "1 cell that the inbox handed to this desk is not in the public log after two publications";
    assert_eq!(watched.alarms(), [sentence]);
    assert!(watched.list()[0].starts_with("  not in the log: digest "));
    scheme.inbox.list(&unlisted);
    assert!(scheme.compared().alarms().is_empty());
}

#[test]
fn spec_11_10_a_log_that_forked_or_shrank_is_refused_with_both_notes_kept_and_nothing_posted() {
    let mut scheme = Scheme::new();
    scheme.covers(3);
    assert_eq!(scheme.compared().size, 3);
    let honest = scheme.inbox.state().reports.clone();
    let mut other = honest.clone();
    other[1][20] ^= 1;
    let mut longer = other.clone();
    longer.push(honest[0].clone());
    for (n, (log, words)) in (1..).zip([
        (
            other,
            "does not begin with the 3 that this desk has verified",
        ),
        (longer, "of 4 entries does not begin with the 3"),
        (
            honest[..2].to_vec(),
            "has 2 entries now, and this desk has verified 3",
        ),
        (
            Vec::new(),
            "has 0 entries now, and this desk has verified 3",
        ),
    ]) {
        scheme.inbox.state().reports = log;
        let before = scheme.inbox.state().posts.len();
        for _ in 0..2 {
            let refused = scheme.watch(Gaps::Stop).unwrap_err();
            let sentence = refused.to_string();
            assert!(sentence.contains(words), "{sentence}");
            let WatchError::Refused { evidence, .. } = refused else {
                panic!("{sentence}");
            };
            let mode = std::fs::metadata(&evidence).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let kept = std::fs::read_to_string(&evidence).unwrap();
            let (seen, now) = kept.split_once("\n\n\n").unwrap();
            assert!(seen.contains("\n3\n"), "{seen}");
            for note in [format!("{seen}\n"), now.to_owned()] {
                let signed = Note::parse(note.as_bytes()).unwrap();
                assert!(signed.signers().count() > 0);
            }
            assert_eq!(scheme.evidence().len(), n, "once for each");
        }
        let output = scheme.run(Slot::Police, &["sync", "--json"]);
        assert_eq!(output.status.code(), Some(REFUSED.into()));
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(line["log_size"].is_null() && line["read_mark"].is_null());
        assert_eq!(scheme.inbox.state().posts.len(), before);
        assert_eq!(scheme.read(Slot::Police).seen().head().unwrap().size, 3);
    }
    scheme.inbox.state().reports = honest;
    assert_eq!(scheme.compared().covered, 3);
}

#[test]
fn spec_11_10_tiles_and_entries_that_were_not_signed_change_nothing() {
    let mut scheme = Scheme::new();
    scheme.inbox.state().reports = entries(300);
    scheme.compared();
    scheme.inbox.state().reports = entries(600);
    scheme.covers(1);
    for path in [
        "/v1/reports/tile/entries/001",
        "/v1/reports/tile/entries/002.p/89",
        "/v1/reports/tile/0/001.p/44",
    ] {
        let wrong = scheme.inbox.state().damaged.insert(path.to_owned());
        let refused = scheme.watch(Gaps::Stop).unwrap_err();
        let damaged = matches!(refused, WatchError::Log(LogError::Root(_)));
        assert!(wrong && damaged, "{path}: {refused}");
        scheme.inbox.state().damaged.clear();
        scheme.inbox.state().lost.insert(path.to_owned());
        let refused = scheme.watch(Gaps::Stop).unwrap_err().to_string();
        assert!(
            refused.contains("/001") || refused.contains("/002"),
            "{refused}"
        );
        scheme.inbox.state().lost.clear();
        assert_eq!(scheme.read(Slot::Police).seen().head().unwrap().size, 300);
    }
    scheme.inbox.state().reports.push(vec![1; 47]);
    let refused = scheme.watch(Gaps::Stop).unwrap_err();
    let none = matches!(
        refused,
        WatchError::Log(LogError::Entry { position: 601, .. })
    );
    assert!(none, "{refused}");
    scheme.inbox.state().reports.pop();
    assert!(scheme.evidence().is_empty());
    assert_eq!(scheme.compared().withheld, 600);
}

#[test]
fn only_the_new_entries_and_the_tiles_of_a_proof_are_fetched() {
    let scheme = Scheme::new();
    scheme.inbox.state().reports = entries(70_000);
    scheme.compared();
    scheme.inbox.state().reports = entries(70_300);
    scheme.inbox.state().parts.clear();
    assert_eq!(scheme.compared().size, 70_300);
    let parts = scheme.inbox.state().parts.clone();
    let bundles: Vec<_> = parts.iter().filter(|p| p.contains("entries")).collect();
    let new = [
        "/v1/reports/tile/entries/273",
        "/v1/reports/tile/entries/274.p/156",
    ];
    assert_eq!(bundles, new);
    assert!(parts.len() <= 10, "{parts:?}");
    scheme.inbox.state().parts.clear();
    scheme.compared();
    assert!(scheme.inbox.state().parts.is_empty(), "nothing new");
}

#[test]
fn spec_11_8_a_read_mark_is_posted_when_more_is_covered_or_another_day_has_begun() {
    let mut scheme = Scheme::new();
    scheme.compared();
    assert_eq!(scheme.mark(0, scheme.now).unwrap(), None, "nothing to mark");
    scheme.covers(2);
    for (covered, now, expected, posts) in [
        (2, scheme.now, Some(2), 1),
        (2, scheme.now, Some(2), 1),
        (3, scheme.now, Some(3), 2),
        (2, scheme.now, Some(3), 2),
        (3, scheme.now + 86_400, Some(3), 3),
        (2, scheme.now + 2 * 86_400, Some(3), 3),
    ] {
        assert_eq!(scheme.mark(covered, now).unwrap(), expected);
        assert_eq!(scheme.inbox.state().posts.len(), posts);
    }
    let day = u32::try_from(scheme.now / 86_400).unwrap();
    let desk = scheme.place(Slot::Police).desk.id;
    let last = scheme.inbox.state().posts[2].clone();
    let entry = Entry::verify(&last, &scheme.directory).unwrap();
    let expected = ReadMark::new(desk, 3, day + 1);
    assert!(matches!(entry, Entry::ReadMark(mark) if *mark == expected));
}

#[test]
fn spec_11_8_a_mark_that_cannot_be_posted_is_a_warning_and_the_next_sync_posts_it() {
    let mut scheme = Scheme::new();
    scheme.send(&said("one"));
    scheme.inbox.state().refuse = Some(StatusCode::SERVICE_UNAVAILABLE);
    let output = scheme.run(Slot::Police, &["sync", "--json"]);
    assert!(output.status.success());
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["opened"], &line["log_size"]), (&1.into(), &1.into()));
    assert!(line["read_mark"].is_null());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("warning: the read-mark was not posted"),
        "{stderr}"
    );
    assert!(
        stderr.contains("the inbox takes nothing at the moment"),
        "{stderr}"
    );
    scheme.inbox.state().refuse = None;
    let line = scheme.json(Slot::Police, &["sync", "--json"]);
    assert_eq!(
        (&line["opened"], &line["read_mark"]),
        (&0.into(), &1.into())
    );
    let marks = scheme.inbox.posted(2);
    assert_eq!(marks.len(), 2);
    assert_eq!(marks[0], marks[1], "signed anew, it is the same");
}

#[test]
fn spec_11_11_what_was_pruned_before_its_time_does_not_hold_back_a_new_desk() {
    let mut scheme = Scheme::new();
    scheme.covers(4);
    scheme.inbox.state().pruned.extend(1..=2);
    let watched = scheme.compared();
    assert_eq!((watched.covered, watched.withheld), (4, 0));
    assert_eq!(watched.not_handed.len(), 2);
    // What goes later, while it was away, does.
    scheme.covers(2);
    scheme.inbox.state().pruned.insert(5);
    let watched = scheme.compared();
    assert_eq!((watched.size, watched.covered, watched.withheld), (6, 4, 0));
    let output = scheme.run(Slot::Police, &["sync"]);
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("end at entry 4 of the log"), "{stderr}");
    assert!(stderr.contains("`sync --pass-pruned`"), "{stderr}");
    let told = scheme.works(Slot::Police, &["sync", "--pass-pruned"]);
    assert!(told.contains("marked as read up to entry 6"), "{told}");
    assert_eq!(scheme.compared().covered, 6);
    // One more than it says that it pruned.
    let cell = scheme.cover();
    scheme.inbox.list(&cell);
    let watched = scheme.watch(Gaps::Pass).unwrap();
    assert_eq!((watched.withheld, watched.covered), (1, 6));
}

#[test]
fn spec_11_10_without_witnesses_the_newest_checkpoint_is_read_and_an_older_one_is_no_shrinking() {
    let mut scheme = Scheme::new();
    scheme.covers(3);
    scheme.inbox.state().witnesses = 1;
    assert_eq!(scheme.compared().size, 3);
    scheme.inbox.state().witnesses = 2;
    scheme.inbox.state().witnessed = Some(2);
    assert_eq!(scheme.compared().size, 3);
    scheme.covers(2);
    assert_eq!(
        scheme.compared().size,
        5,
        "the witnesses are behind what was verified"
    );
    scheme.covers(2);
    scheme.inbox.state().witnessed = Some(6);
    assert_eq!(scheme.compared().size, 6, "what they have seen is enough");
    let note = scheme
        .read(Slot::Police)
        .seen()
        .head()
        .unwrap()
        .note
        .clone();
    assert_eq!(note.matches("/witness/").count(), 2);
}

#[test]
fn a_log_that_is_away_does_not_lose_the_sync() {
    let mut scheme = Scheme::new();
    scheme.send(&said("one"));
    let path = "/v1/reports/witnessed".to_owned();
    scheme.inbox.state().lost.insert(path);
    let output = scheme.run(Slot::Police, &["sync", "--json"]);
    assert_eq!(output.status.code(), Some(NETWORK.into()));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["opened"], 1);
    assert!(line["withheld"].is_null());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("answered 404 when asked for its reports log"),
        "{stderr}"
    );
    assert_eq!(scheme.read(Slot::Police).cases().len(), 1);
}

/// Entries of cells that this desk is never handed.
fn entries(count: u32) -> Vec<Vec<u8>> {
    let entry = |n: u32| n.to_be_bytes().repeat(12);
    (0..count).map(entry).collect()
}
