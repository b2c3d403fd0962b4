//! Alerts: what goes onto the board, what is refused before it does, what is read from it.

use brolly_desk::alert::{File, Prepared, members};
use brolly_desk::board::{Board, BoardError, Until};
use brolly_desk::casebook::Day;
use brolly_desk::inbox::Inbox;
use brolly_desk::log::LogError;
use brolly_keys::epoch::Epoch;
use brolly_keys::role::Desk;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::alert::{
    AlertId, Certainty, Draft, Levels, Members, Message, Severity, Status, Text, Urgency,
};
use brolly_protocol::board::{Entry, ReadMark};
use brolly_protocol::identifier;
use brolly_protocol::report::Slot;
use brolly_shell::cli::{FAILED, REFUSED, USAGE};
use brolly_shell::http::StatusCode;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::scheme::{MEMBERS, Scheme, desk_id, identity};

const MAY: Slot = Slot::Scheme;
const MAY_NOT: Slot = Slot::Police;

impl Scheme {
    fn alert(&self, name: &str, change: impl Fn(String) -> String) -> String {
        let path = self.path(name);
        std::fs::write(&path, change(brolly_desk::alert::TEMPLATE.to_owned())).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Publishes an alert and the board, and gives its id.
    fn warn(&self, arguments: &[&str]) -> String {
        let told = self.json(MAY, &[arguments, &["--yes", "--json"]].concat());
        self.inbox.publish();
        told["id"].as_str().unwrap().to_owned()
    }

    fn listed(&self) -> Vec<serde_json::Value> {
        let object = self.json(MAY, &["alert", "list", "--json"]);
        object["alerts"].as_array().unwrap().clone()
    }

    /// An alert as the police's desk makes one, which the directory allows from now on.
    fn by_the_police(&mut self, text: &str) -> AlertId {
        self.directory.desks[1].alerts = true;
        self.directory.version += 1;
        self.publish();
        let day = Day::at(self.now).0;
        let text = Text {
            sender: "Police".to_owned(),
            levels: Levels {
                status: Status::Actual,
                urgency: Urgency::Unknown,
                severity: Severity::Minor,
                certainty: Certainty::Likely,
            },
            area: "LS1".to_owned(),
            text: text.to_owned(),
            identifiers: vec![("name".to_owned(), text.to_owned())],
        };
        let records = identifier::pack(&[], "LS1").unwrap();
        let draft = Draft {
            desk: desk_id(MAY_NOT),
            message: Message::Alert,
            references: None,
            day,
            expires: day + 9,
            text: &text,
            identifiers: &records,
        };
        let members = Members::new(MEMBERS, self.directory.scheme);
        let key = SigningKey::<Desk>::from_seed(&identity(MAY_NOT));
        let rng = &mut ChaCha20Rng::seed_from_u64(9);
        let (id, entry) = draft.seal(&members, Epoch::new(1), &key, rng).unwrap();
        self.inbox.state().board.push(entry);
        id
    }

    fn board(&self) -> Result<Board, BoardError> {
        let (place, keys) = (self.place(MAY), self.keys(MAY));
        let inbox = Inbox::of(&place, &keys).unwrap();
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(Board::read(&inbox, &place.directory, Until::Witnessed))
    }

    fn prepared(&self, file: &str) -> Prepared {
        let file = File::load(file.as_ref()).unwrap();
        Prepared::of(&file, None, &self.place(MAY)).unwrap()
    }
}

#[test]
fn spec_11_12_an_alert_is_published_updated_and_cancelled() {
    let scheme = Scheme::new();
    let file = scheme.alert("alert.toml", |text| text);
    let first = scheme.warn(&["alert", "publish", "--from", &file]);
    let listed = scheme.listed();
    assert_eq!(listed.len(), 1);
    let day = Day::at(scheme.now);
    assert_eq!(
        listed[0],
        serde_json::json!({
            "id": first, "ours": true, "sent": day.to_string(), "expires": Day(day.0 + 90).to_string(),
            "sender": "scheme", "area": "LS2",
            "status": "actual", "urgency": "expected", "severity": "severe", "certainty": "observed",
            "text": "White van, gives the name Dave. He asks to drive out of town. Do not get in.",
            "identifiers": [["phone", "07700 900123"], ["name", "Dave"]],
        })
    );
    // The index has what members look up.
    let entry = scheme.inbox.state().board[0].clone();
    let Ok(Entry::Alert(alert)) = Entry::verify(&entry, &scheme.directory) else {
        panic!("refused");
    };
    let keys = Members::new(MEMBERS, scheme.directory.scheme);
    let records = (0..).zip(&alert.records);
    let records = records.map(|(n, sealed)| keys.open_record(alert.id, n, sealed).unwrap());
    let packed: Vec<_> = records.map(|record| record.identifiers).collect();
    let (area, found) = identifier::unpack(&packed).unwrap();
    let mut found: Vec<_> = found.iter().map(|found| found.folded()).collect();
    found.sort_unstable();
    assert_eq!(
        (area.as_deref(), found),
        (Some("LS2"), vec!["447700900123", "dave"])
    );

    let file = scheme.alert("again.toml", |text| text.replace("White van", "Grey van"));
    let second = scheme.warn(&["alert", "update", &first, "--from", &file]);
    let listed = scheme.listed();
    assert_eq!(
        (listed.len(), &listed[0]["id"]),
        (1, &second.clone().into())
    );
    let table = scheme.works(MAY, &["alert", "list"]);
    for words in [&second, "by this desk", "Grey van", "phone 07700 900123"] {
        assert!(table.contains(words), "{words} in {table}");
    }
    scheme.warn(&["alert", "cancel", &second, "--reason", "He was arrested."]);
    assert_eq!(scheme.listed(), Vec::<serde_json::Value>::new());
    let cancel = scheme.inbox.state().board[2].clone();
    let Ok(Entry::Alert(alert)) = Entry::verify(&cancel, &scheme.directory) else {
        panic!("refused");
    };
    assert_eq!(keys.open_text(&alert).unwrap().text, "He was arrested.");
    for entry in &scheme.inbox.state().board {
        assert!(!entry.windows(3).any(|run| run == b"van"), "sealed");
    }
}

#[test]
fn spec_11_12_an_alert_posted_a_moment_ago_is_cancelled_before_it_is_public() {
    let scheme = Scheme::new();
    let file = scheme.alert("alert.toml", |text| text);
    let publish = ["alert", "publish", "--from", &file, "--yes", "--json"];
    let id = scheme.json(MAY, &publish)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let cancel = ["alert", "cancel", &id, "--reason", "A mistake.", "--yes"];
    let output = scheme.run(MAY, &cancel);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("if it was posted a moment ago, the inbox knows it"));
    scheme.inbox.publish();
    assert!(scheme.listed().is_empty());
}

#[test]
fn spec_11_12_a_desk_that_may_not_publish_sends_nothing() {
    let scheme = Scheme::new();
    let file = scheme.alert("alert.toml", |text| text);
    let id = "00000b8d0102030405ff";
    for arguments in [
        &["alert", "publish", "--from", &file, "--yes"][..],
        &["alert", "update", id, "--from", &file, "--yes"],
        &["alert", "cancel", id, "--reason", "x", "--yes"],
        &["notice", "publish", "hello", "--yes"],
    ] {
        let words = "does not let this desk publish alerts and notices";
        scheme.fails(MAY_NOT, arguments, REFUSED, words);
    }
    assert!(scheme.inbox.state().posts.is_empty());
}

#[test]
fn spec_11_12_another_desks_alert_and_one_that_is_not_there_are_not_ended() {
    let mut scheme = Scheme::new();
    let foreign = scheme.by_the_police("A man in a red car.").to_string();
    let file = scheme.alert("alert.toml", |text| text);
    for arguments in [
        &["alert", "cancel", &foreign, "--reason", "x", "--yes"][..],
        &["alert", "update", &foreign, "--from", &file, "--yes"],
    ] {
        let words = "is another desk's: only the desk that published it";
        scheme.fails(MAY, arguments, REFUSED, words);
    }
    assert!(scheme.inbox.state().posts.is_empty());
    let unknown = "00000b8d0102030405ff";
    let cancel = ["alert", "cancel", unknown, "--reason", "x", "--yes"];
    let words = "00000b8d0102030405ff is not a live alert of this desk";
    scheme.fails(MAY, &cancel, REFUSED, words);
    let malformed = ["alert", "cancel", "12", "--reason", "x", "--yes"];
    scheme.fails(MAY, &malformed, USAGE, "20 hexadecimal digits");
    assert_eq!(scheme.listed().len(), 1);
}

#[test]
fn spec_11_12_what_is_wrong_with_an_alert_is_said_before_anything_is_sent() {
    let scheme = Scheme::new();
    let cases: [(&str, &str, &str); 12] = [
        (
            "White van",
            &"x".repeat(2_100),
            "bytes too long: shorten its text",
        ),
        (
            "expires-in-days = 90",
            "expires-in-days = 0",
            "counts for 1 to 400 days",
        ),
        (
            "expires-in-days = 90",
            "expires-in-days = 401",
            "`expires-in-days` is 401",
        ),
        ("area = \"LS2\"", "area = \" \"", "`area` is empty"),
        (
            "area = \"LS2\"",
            &format!("area = \"{}\"", "x".repeat(40)),
            "the area has 40 bytes",
        ),
        (
            "severity =",
            "severty =",
            "unknown key `severty`; did you mean `severity`?",
        ),
        ("\"severe\"", "\"terrible\"", "unknown variant `terrible`"),
        ("status = \"actual\"", "", "the key `status` is missing"),
        (
            "07700 900123",
            "0770",
            "identifier 1: a whole phone number has 7 to 15 digits",
        ),
        (
            "\"Dave\"",
            "\"!!\"",
            "identifier 2: a name has at least one letter",
        ),
        (
            "\"Dave\"",
            "\"Da\\u001bve\"",
            "identifier 2: the text holds the invisible character U+001B",
        ),
        (
            "White van",
            "\\u0007",
            "`text`: the text holds the invisible character U+0007",
        ),
    ];
    for (from, to, words) in cases {
        let file = scheme.alert("alert.toml", |text| {
            assert!(text.contains(from));
            text.replace(from, to)
        });
        let publish = ["alert", "publish", "--from", &file, "--yes"];
        scheme.fails(MAY, &publish, FAILED, words);
    }
    let file = scheme.alert("alert.toml", |text| text);
    let unasked = ["alert", "publish", "--from", &file];
    scheme.fails(MAY, &unasked, USAGE, "then add --yes");
    let missing = ["alert", "publish", "--from", "missing.toml", "--yes"];
    scheme.fails(
        MAY,
        &missing,
        FAILED,
        "`brolly-desk alert template > alert.toml`",
    );
    assert!(scheme.inbox.state().posts.is_empty());
    for (status, words) in [
        (
            StatusCode::FORBIDDEN,
            "the inbox does not let this desk say that",
        ),
        (StatusCode::BAD_REQUEST, "the inbox refuses this entry"),
    ] {
        scheme.inbox.state().refuse = Some(status);
        let publish = ["alert", "publish", "--from", &file, "--yes"];
        scheme.fails(MAY, &publish, REFUSED, words);
    }
}

#[test]
fn spec_11_12_a_preview_says_who_reads_it_and_how_each_identifier_is_found() {
    let scheme = Scheme::new();
    let long = "Maximilian Alexander Montgomery Featherstone";
    let more: String = (0..40)
        .map(|n| {
            format!("\n[[identifiers]]\nkind = \"handle\"\nvalue = \"user{n}withalongname\"\n")
        })
        .collect();
    let file = scheme.alert("alert.toml", |text| {
        let text = text.replace("\"Dave\"", &format!("\"{long}\""));
        let double = "\n[[identifiers]]\nkind = \"phone\"\nvalue = \"+44 7700 900123\"\n";
        format!("{text}{double}{more}").replace("White van", "White\u{202e} van")
    });
    let preview = scheme.prepared(&file).preview();
    for words in [
        "A new alert:\n  White<U+202E> van",
        "from scheme, area LS2, severe, urgency expected, certainty observed, status actual",
        "phone 07700 900123: found as 447700900123\n",
        &format!("name {long}: found by its beginning alone, maximilian alexander montgo\n"),
        "phone +44 7700 900123: the same as one before it, 447700900123",
        "handle user39withalongname: NOT found by a look-up, the index has no room left",
        "Assume that the man it is\nabout reads it too.",
    ] {
        assert!(preview.contains(words), "{words:?} in {preview}");
    }
    let none = scheme.alert("none.toml", |text| {
        text[..text.find("[[identifiers]]").unwrap()].to_owned()
    });
    let preview = scheme.prepared(&none).preview();
    assert!(
        preview.contains("no identifiers: no look-up will find it"),
        "{preview}"
    );
}

#[test]
fn spec_11_12_a_board_that_is_not_what_was_signed_is_not_used() {
    let scheme = Scheme::new();
    let file = scheme.alert("alert.toml", |text| text);
    scheme.warn(&["alert", "publish", "--from", &file]);
    scheme.inbox.state().witnesses = 1;
    let board = scheme.board().unwrap();
    assert_eq!(
        (board.head.checkpoint.size, board.head.witnesses),
        (1, None)
    );
    let output = scheme.run(MAY, &["alert", "list"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("no majority of the relays has cosigned"),
        "{stderr}"
    );
    scheme.inbox.state().witnesses = 3;

    let path = "/v1/board/tile/entries/000.p/1".to_owned();
    scheme.inbox.state().damaged.insert(path.clone());
    let refused = scheme.board().err().unwrap();
    assert!(
        matches!(refused, BoardError::Log(LogError::Root(_))),
        "{refused}"
    );
    scheme.inbox.state().damaged.clear();
    scheme.inbox.state().lost.insert(path);
    let words = "does not have tile/entries/000.p/1 of its log";
    scheme.fails(MAY, &["alert", "list"], REFUSED, words);
    scheme.inbox.state().lost.clear();
    let honest = scheme.board().unwrap().head.checkpoint.indexes.unwrap();
    let (mut alerts, mut keys) = (honest, honest);
    alerts.alerts = [7; 32];
    keys.keys = [7; 32];
    for wrong in [alerts, keys] {
        scheme.inbox.state().indexes = Some(wrong);
        let refused = scheme.board().err().unwrap();
        assert!(matches!(refused, BoardError::Indexes), "{refused}");
    }
    scheme.inbox.state().indexes = None;
    scheme.inbox.state().board.push(vec![9; 100]);
    let refused = scheme.board().err().unwrap();
    assert!(matches!(refused, BoardError::Entry(1)), "{refused}");
}

#[test]
fn spec_11_12_an_alert_stays_listed_when_its_desk_has_left_the_directory() {
    let mut scheme = Scheme::new();
    let id = scheme.by_the_police("A man in a red car.");
    let key = SigningKey::<Desk>::from_seed(&identity(MAY_NOT));
    let mark = ReadMark::new(desk_id(MAY_NOT), 1, Day::at(scheme.now).0).to_entry(&key);
    scheme.inbox.state().board.push(mark);
    assert_eq!(scheme.listed()[0]["text"], "A man in a red car.");
    scheme.directory.desks.pop();
    scheme.directory.version += 1;
    scheme.publish();
    let place = scheme.place(MAY);
    let keys = members(&place, &scheme.keys(MAY)).unwrap();
    let board = scheme.board().unwrap();
    let [alert] = &board.live(&keys)[..] else {
        panic!("one");
    };
    assert_eq!((alert.id, alert.desk, &alert.text), (id, None, &None));
    let table = scheme.works(MAY, &["alert", "list"]);
    assert!(
        table.contains("by a desk that has left the directory"),
        "{table}"
    );
}

#[test]
fn spec_11_6_what_another_desk_wrote_is_disarmed() {
    let mut scheme = Scheme::new();
    scheme.by_the_police("\u{1b}]0;owned\u{7}\u{202e}red");
    let table = scheme.works(MAY, &["alert", "list"]);
    assert!(
        table.contains("<U+001B>]0;owned<U+0007><U+202E>red"),
        "{table}"
    );
    let json = scheme.works(MAY, &["alert", "list", "--json"]);
    for shown in [table, json] {
        let hostile = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!shown.contains(hostile), "{shown}");
    }
}

#[test]
fn the_template_needs_no_configuration_and_is_an_alert() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_brolly-desk"))
        .args(["--config", "nowhere.toml", "alert", "template"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, brolly_desk::alert::TEMPLATE);
    assert!(text.contains("the man it is about will read it"));
}
