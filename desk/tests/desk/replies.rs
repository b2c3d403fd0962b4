//! Answers: kept before they are posted, the same bytes whenever they are.

use std::process::{Command, Stdio};

use brolly_desk::casebook::Access;
use brolly_desk::inbox::Inbox;
use brolly_desk::reply::{self, ReplyError};
use brolly_protocol::board::{Entry, reply::tag};
use brolly_protocol::receipt::ReceiptCode;
use brolly_protocol::report::{ReplyWanted, Slot};
use brolly_shell::cli::{FAILED, NETWORK, REFUSED, USAGE};
use brolly_shell::http::StatusCode;

use crate::scheme::{Scheme, desk_id, holds, said};

impl Scheme {
    /// A report of the holder of a code, which both desks have fetched, and its id.
    fn reported(&mut self, words: &str) -> (ReceiptCode, String) {
        let code = self.code();
        let mut report = said(words);
        report.reply = ReplyWanted::Soon;
        let cell = self.seal_with(&code, self.week(), &report, "");
        self.inbox.admit([cell]);
        self.works(Slot::Police, &["sync"]);
        let listed = self.json(Slot::Police, &["list", "--json"]);
        let reports = listed["reports"].as_array().unwrap();
        let last = reports.last().unwrap()["id"].as_str().unwrap();
        (code, last.to_owned())
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The answers that came for the board, whoever took them.
    fn answers(&self) -> Vec<Vec<u8>> {
        let posts = self.inbox.state().posts.clone();
        posts.into_iter().filter(|post| post[0] == 1).collect()
    }

    /// Answer `number` as the holder of the code reads it.
    fn opened(&self, code: &ReceiptCode, number: u32) -> Option<String> {
        let receipt = code.receipt(&self.directory.scheme).unwrap();
        let tag = tag(&receipt.reply_root(Slot::Police), number);
        let state = self.inbox.state();
        let board = state.board.iter().chain(&state.waiting);
        let mut found = board.filter_map(|entry| match Entry::verify(entry, &self.directory) {
            Ok(Entry::Reply(reply)) if reply.tag == tag => Some(reply),
            _ => None,
        });
        let reply = found.next()?;
        assert!(found.next().is_none(), "each stands there once");
        let police = |desk: &brolly_protocol::directory::DeskEntry| desk.slot == Slot::Police;
        let opened = reply.open(&receipt.reply_key(), &self.directory, police);
        let opened = opened.unwrap();
        assert_eq!(opened.desk, desk_id(Slot::Police));
        Some(opened.text.to_string())
    }
}

#[test]
fn spec_11_9_several_answers_reach_the_one_who_reported() {
    let mut scheme = Scheme::new();
    let (code, id) = scheme.reported("he had a van");
    let first = scheme.file("first", "We believe you.\r\nCall us.\n");
    let answer = ["reply", &id, "--text-file", &first, "--yes", "--json"];
    let told = scheme.json(Slot::Police, &answer);
    assert_eq!(told, serde_json::json!({"id": id, "answer": 1}));
    let second = scheme.file("second", "He was arrested.");
    let answer = ["reply", &id, "--text-file", &second, "--yes"];
    let told = scheme.works(Slot::Police, &answer);
    assert!(told.starts_with(&format!("answer 2 to report {id} is posted")));
    scheme.inbox.publish();
    assert_eq!(
        scheme.opened(&code, 0).unwrap(),
        "We believe you.\nCall us."
    );
    assert_eq!(scheme.opened(&code, 1).unwrap(), "He was arrested.");
    assert_eq!(scheme.opened(&code, 2), None);

    let shown = scheme.works(Slot::Police, &["show", &id]);
    assert!(shown.contains("Answer 2") && shown.contains("He was arrested."));
    let listed = scheme.json(Slot::Police, &["list", "--json"]);
    assert_eq!(listed["reports"][0]["answers"], 2);
    let exported = scheme.json(Slot::Police, &["export", "--json"]);
    assert_eq!(exported[0]["answers"][1]["text"], "He was arrested.");
    assert_eq!(exported[0]["answers"][1]["posted"], true);
    let rows = scheme.works(Slot::Police, &["export", "--csv"]);
    assert!(
        rows.contains("We believe you. Call us. | He was arrested."),
        "{rows}"
    );
    assert!(!holds(&scheme.path("police"), b"He was arrested."));
}

#[test]
fn spec_11_9_a_report_that_was_sent_twice_gets_no_two_answers_under_one_tag() {
    let mut scheme = Scheme::new();
    let (code, first) = scheme.reported("he had a van");
    let mut report = said("he had a van");
    report.reply = ReplyWanted::Soon;
    let again = scheme.seal_with(&code, scheme.week(), &report, "");
    scheme.inbox.admit([again]);
    scheme.works(Slot::Police, &["sync"]);
    let listed = scheme.json(Slot::Police, &["list", "--json"]);
    let ids = listed["reports"].as_array().unwrap();
    let ids: Vec<_> = ids.iter().map(|one| one["id"].as_str().unwrap()).collect();
    let second = *ids.iter().find(|id| **id != first).unwrap();
    for (id, words) in [(first.as_str(), "Call us."), (second, "He was arrested.")] {
        let text = scheme.file("text", words);
        scheme.works(Slot::Police, &["reply", id, "--text-file", &text, "--yes"]);
    }
    scheme.inbox.publish();
    assert_eq!(scheme.opened(&code, 0).unwrap(), "Call us.");
    assert_eq!(scheme.opened(&code, 1).unwrap(), "He was arrested.");
}

#[test]
fn spec_11_9_an_answer_the_inbox_did_not_take_goes_out_with_the_next_sync_the_same_bytes() {
    let mut scheme = Scheme::new();
    let (code, id) = scheme.reported("he had a van");
    let text = scheme.file("text", "We believe you.");
    let answer = ["reply", &id, "--text-file", &text, "--yes"];
    for (status, exit, words) in [
        (
            StatusCode::SERVICE_UNAVAILABLE,
            NETWORK,
            "the inbox takes nothing at the moment",
        ),
        (
            StatusCode::FORBIDDEN,
            REFUSED,
            "the inbox does not let this desk say that",
        ),
        (
            StatusCode::BAD_REQUEST,
            REFUSED,
            "the inbox refuses this entry",
        ),
        (StatusCode::IM_A_TEAPOT, NETWORK, "the inbox answered 418"),
    ] {
        scheme.inbox.state().refuse = Some(status);
        scheme.fails(Slot::Police, &answer, exit, words);
        scheme.fails(
            Slot::Police,
            &answer,
            exit,
            "goes out with the next `brolly-desk sync`",
        );
    }
    let shown = scheme.works(Slot::Police, &["show", &id]);
    assert!(
        shown.contains("waiting: it goes out with the next sync"),
        "{shown}"
    );
    scheme.inbox.state().refuse = None;
    let output = scheme.run(Slot::Police, &["sync"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success());
    assert!(
        stderr.contains("1 answer that was waiting is posted"),
        "{stderr}"
    );
    let sent = scheme.answers();
    assert_eq!(sent.len(), 9);
    assert!(sent.iter().all(|entry| *entry == sent[0]));
    assert_eq!(scheme.opened(&code, 0).unwrap(), "We believe you.");
    assert_eq!(scheme.opened(&code, 1), None);
    let shown = scheme.works(Slot::Police, &["show", &id]);
    assert!(shown.contains("the inbox has it"), "{shown}");
    scheme.works(Slot::Police, &["sync"]);
    assert_eq!(scheme.answers().len(), 9, "once it is there it stays there");
}

#[test]
fn spec_11_9_killed_between_keeping_and_posting_nothing_is_lost_and_nothing_is_sealed_anew() {
    let mut scheme = Scheme::new();
    let (code, id) = scheme.reported("he had a van");
    let (place, keys) = (scheme.place(Slot::Police), scheme.keys(Slot::Police));
    let inbox = Inbox::of(&place, &keys).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // Killed before it was posted.
    let mut casebook = scheme.casebook(Slot::Police, Access::Write).unwrap();
    let case = casebook.cases()[0].clone();
    let number = reply::keep(&place, &keys, &mut casebook, &case, "One.").unwrap();
    assert_eq!(number, 0);
    let kept = casebook.waiting().next().unwrap().entry.clone();
    drop(casebook);
    assert!(scheme.answers().is_empty());
    // Killed after that, before it was noted.
    let casebook = scheme.casebook(Slot::Police, Access::Write).unwrap();
    let waiting = casebook.waiting().next().unwrap().entry.clone();
    assert_eq!(waiting, kept);
    runtime.block_on(inbox.post(waiting)).unwrap();
    drop(casebook);
    // The next answer comes behind it.
    let text = scheme.file("text", "Two.");
    scheme.works(Slot::Police, &["reply", &id, "--text-file", &text, "--yes"]);
    let sent = scheme.answers();
    assert_eq!(sent.len(), 3);
    assert_eq!((&sent[0], &sent[1]), (&kept, &kept));
    assert_eq!(scheme.opened(&code, 0).unwrap(), "One.");
    assert_eq!(scheme.opened(&code, 1).unwrap(), "Two.");
    let casebook = scheme.read(Slot::Police);
    assert_eq!(casebook.waiting().count(), 0);
}

#[test]
fn spec_11_9_one_answer_that_is_refused_does_not_hold_up_the_others() {
    let mut scheme = Scheme::new();
    scheme.reported("he had a van");
    let (place, keys) = (scheme.place(Slot::Police), scheme.keys(Slot::Police));
    let inbox = Inbox::of(&place, &keys).unwrap();
    let mut casebook = scheme.casebook(Slot::Police, Access::Write).unwrap();
    let case = casebook.cases()[0].clone();
    for words in ["One.", "Two."] {
        reply::keep(&place, &keys, &mut casebook, &case, words).unwrap();
    }
    scheme.inbox.state().refuse = Some(StatusCode::BAD_REQUEST);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let refused = runtime.block_on(reply::post_waiting(&inbox, &mut casebook));
    assert!(matches!(refused, Err(ReplyError::Post(_))));
    assert_eq!(scheme.answers().len(), 2, "both were tried");
    assert_eq!(casebook.waiting().count(), 2);
    scheme.inbox.state().refuse = None;
    let posted = runtime.block_on(reply::post_waiting(&inbox, &mut casebook));
    assert_eq!(posted.unwrap(), 2);
}

#[test]
fn an_answer_that_cannot_be_sent_costs_nothing_and_is_explained() {
    let mut scheme = Scheme::new();
    let (_, id) = scheme.reported("he had a van");
    let long = scheme.file("long", &"x".repeat(2_861 + 12));
    let hostile = scheme.file("hostile", "come\u{1b}[2J");
    let (empty, fine) = (scheme.file("empty", " \n"), scheme.file("fine", "Words."));
    let missing = scheme.path("missing").to_str().unwrap().to_owned();
    for (id, file, exit, words) in [
        (
            id.as_str(),
            &long,
            FAILED,
            "the answer is 12 bytes too long",
        ),
        (&id, &hostile, FAILED, "the invisible character U+001B"),
        (&id, &empty, FAILED, "the text is empty"),
        (&id, &missing, FAILED, "cannot be read"),
        (
            "ffffffff",
            &fine,
            FAILED,
            "no report has an id that begins with ffffffff",
        ),
        ("x", &fine, FAILED, "an id is made of the digits"),
    ] {
        let arguments = ["reply", id, "--text-file", file, "--yes"];
        scheme.fails(Slot::Police, &arguments, exit, words);
    }
    let unasked = ["reply", &id, "--text-file", &fine];
    scheme.fails(Slot::Police, &unasked, USAGE, "then add --yes");
    let nobody = ["reply", &id, "--yes"];
    scheme.fails(
        Slot::Police,
        &nobody,
        USAGE,
        "no terminal to write the text on",
    );
    assert!(scheme.answers().is_empty());
    assert_eq!(scheme.read(Slot::Police).waiting().count(), 0);

    scheme.directory.inbox.address = "127.0.0.1:1".to_owned();
    scheme.directory.version += 1;
    scheme.publish();
    let away = ["reply", &id, "--text-file", &fine, "--yes"];
    scheme.fails(Slot::Police, &away, NETWORK, "cannot connect to");
    assert_eq!(scheme.read(Slot::Police).waiting().count(), 1);
}

#[test]
fn an_answer_comes_from_standard_input_as_well() {
    let mut scheme = Scheme::new();
    let (code, id) = scheme.reported("he had a van");
    let mut child = Command::new(env!("CARGO_BIN_EXE_brolly-desk"))
        .args([
            "--config",
            scheme.path("police/desk.toml").to_str().unwrap(),
        ])
        .args(["reply", &id, "--text-file", "-", "--yes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, b"Words.\n").unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(scheme.opened(&code, 0).unwrap(), "Words.");
}

#[test]
fn spec_11_6_a_preview_shows_to_whom_what_goes_and_nothing_hostile() {
    let mut scheme = Scheme::new();
    let code = scheme.code();
    let mut report = said("words");
    report.incident.area = "LS2\u{1b}[2J".to_owned();
    let cell = scheme.seal_with(&code, scheme.week(), &report, "");
    scheme.inbox.admit([cell]);
    scheme.sync(Slot::Police).unwrap();
    let casebook = scheme.read(Slot::Police);
    let preview = reply::preview("3f9a02c1", &casebook.cases()[0], 1, "Go\u{202e} home");
    for words in [
        "To whoever sent report 3f9a02c1, fetched ",
        ": LS2<U+001B>[2J: answer 2\n",
        "does not ask for an answer",
        "  Go<U+202E> home\n",
    ] {
        assert!(preview.contains(words), "{words:?} in {preview}");
    }
}
