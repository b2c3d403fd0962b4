use brolly_client::session::Method;
use brolly_protocol::board::alert::AlertId;
use brolly_protocol::identifier::Identifier;
use brolly_protocol::log::Entry;
use brolly_protocol::token::request::Refusal;
use brolly_protocol::wire;

use super::*;
use crate::fake::{NOW, PROJECT, Scheme};

/// A page that is served by the first entry of a scheme, as JavaScript drives it.
struct Browser {
    scheme: Scheme,
    view: View,
    now: u32,
    cells: Vec<Vec<u8>>,
    asked: usize,
}

const HOST: &str = "127.0.0.1:1";

impl Browser {
    fn new() -> Self {
        Self::of(Scheme::new(NOW))
    }

    fn of(scheme: Scheme) -> Self {
        let link = scheme.invitation().to_link().unwrap();
        Self {
            view: View::open(&link, HOST, 0, &[7; 64]).unwrap(),
            scheme,
            now: 0,
            cells: Vec::new(),
            asked: 0,
        }
    }

    fn clock(&self) -> u32 {
        u32::try_from(NOW).unwrap() + self.now / 1_000
    }

    fn answer(&mut self, request: Request) {
        let transmit = request.transmit;
        let posts = [wire::TOKENS, wire::CELLS].contains(&transmit.path);
        assert_eq!(transmit.method == Method::Post, posts);
        let (status, body) = match transmit.path {
            wire::DIRECTORY => (200, self.scheme.in_force()),
            wire::KEYS => (200, self.scheme.keys()),
            wire::WINDOW => (200, self.scheme.window()),
            wire::ALERTS => (200, self.scheme.alerts()),
            wire::TOKENS => (200, self.scheme.tokens(&transmit.body)),
            _ => {
                self.cells.push(transmit.body);
                (202, Vec::new())
            }
        };
        self.asked += 1;
        let clock = self.clock();
        self.view.handle_reply(request.id, clock, status, &body);
    }

    fn run(&mut self, minutes: u32) {
        let until = self.now + minutes * 60_000;
        while let Some(due) = self.view.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let clock = self.clock();
            self.view.handle_timeout(self.now, clock);
            while let Some(request) = self.view.poll_transmit() {
                self.answer(request);
            }
        }
        self.now = until;
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.view.status(self.clock())).unwrap()
    }

    fn submit(&mut self, draft: &Value) -> Value {
        let clock = self.clock();
        let code = self.view.submit(&draft.to_string(), clock).unwrap();
        serde_json::from_str(&code).unwrap()
    }

    fn progress(&self) -> Value {
        serde_json::from_str(&self.view.progress()).unwrap()
    }

    /// Publishes the cell that the scheme's desk can read.
    fn publish(&mut self) {
        let key = self.scheme.invitation().entries[0].key;
        let slot = brolly_protocol::report::Slot::Scheme;
        let mut cells = self.cells.iter();
        let cell = cells.find_map(|cell| {
            let cell = self.scheme.carry(key, cell)?;
            self.scheme.open(&cell, slot).is_ok().then_some(cell)
        });
        self.scheme.publish(Entry::of(&cell.unwrap()));
    }
}

fn draft(narrative: &str) -> Value {
    json!({
        "incident": {"narrative": narrative, "area": "LS2 7AB", "kinds": ["robbery"], "date": null},
        "consent": {"police": true, "police-contact": true, "specialist": true},
        "contact": "after six",
    })
}

fn code(refused: Result<impl core::fmt::Debug, String>) -> String {
    let wrong: Value = serde_json::from_str(&refused.unwrap_err()).unwrap();
    assert!(wrong["args"].is_object(), "{wrong}");
    wrong["code"].as_str().unwrap().to_owned()
}

fn parsed(json: Result<String, String>) -> Value {
    serde_json::from_str(&json.unwrap()).unwrap()
}

#[test]
fn an_invitation_is_taken_as_a_link_or_as_what_stands_behind_its_hash() {
    let link = Scheme::new(NOW).invitation().to_link().unwrap();
    let (_, fragment) = link.split_once('#').unwrap();
    for given in [
        &link,
        fragment,
        &format!("#{fragment}"),
        &format!(" {link}\n"),
    ] {
        assert!(View::open(given, HOST, 0, &[1; 64]).is_ok(), "{given}");
    }
    let open = |link: &str, host: &str| View::open(link, host, 0, &[1; 64]).map(drop);
    assert_eq!(code(open("", HOST)), "invitation-damaged");
    assert_eq!(
        code(open(&link[..link.len() - 1], HOST)),
        "invitation-damaged"
    );
    assert_eq!(code(open("http://x/#abc", HOST)), "invitation-not-a-link");
    let elsewhere = open(&link, "example.org").unwrap_err();
    let elsewhere: Value = serde_json::from_str(&elsewhere).unwrap();
    assert_eq!(elsewhere["code"], "invitation-elsewhere");
    assert_eq!(elsewhere["args"], json!({"first": HOST, "link": link}));
}

#[test]
fn nothing_is_known_before_a_session_and_everything_after_it() {
    let mut browser = Browser::new();
    let status = browser.status();
    assert_eq!(
        (&status["ready"], &status["scheme"]),
        (&json!(false), &Value::Null)
    );
    assert!(status["exit_url"].is_null(), "the scheme chose none");
    assert_eq!(status["project"], PROJECT);
    let clock = browser.clock();
    assert_eq!(code(browser.view.alerts("", clock)), "alerts-none");
    assert_eq!(code(browser.view.preview("{}", clock)), "not-ready");
    let some = "0000-0000-0000-0000-0000-0000-0000-0000";
    assert!(["code-checksum", "logs-none"].contains(&&*code(browser.view.check(some))));

    browser.run(1);
    let status = browser.status();
    assert_eq!(status["ready"], true);
    assert_eq!(
        (&status["problem"], &status["away"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(status["updated"], NOW);
    assert_eq!(status["emergency"], "999");
    assert_eq!(
        status["desks"][2],
        json!({"slot": "specialist", "name": "LS2 desk", "area": "LS2"})
    );
    assert_eq!(status["entries"][1]["here"], false);
    let here = status["entries"][0]["link"].as_str().unwrap();
    assert!(here.starts_with("https://127.0.0.1:1/#"));

    let mut scheme = Scheme::new(NOW);
    scheme.directory.weather = "https://weather.example/leeds".to_owned();
    scheme.directory.digest = scheme.digest();
    let mut browser = Browser::of(scheme);
    browser.run(1);
    assert_eq!(
        browser.status()["exit_url"],
        "https://weather.example/leeds"
    );
}

#[test]
fn alerts_are_filtered_and_looked_up_on_the_device_without_a_request() {
    let mut scheme = Scheme::new(NOW);
    let plate = Identifier::plate("AB34 CDE").unwrap();
    let id: AlertId = scheme.alert("LS2", "White <b>van</b>.", &[plate]);
    scheme.alert("Bradford", "Dave.", &[Identifier::name("Dave").unwrap()]);
    let mut browser = Browser::of(scheme);
    browser.run(1);
    let (asked, clock) = (browser.asked, browser.clock());
    let all = parsed(browser.view.alerts("", clock));
    assert_eq!(
        (&all["total"], &all["areas"]),
        (&json!(2), &json!(["BRADFORD", "LS2"]))
    );
    let here = parsed(browser.view.alerts(" ls2 ", clock));
    assert_eq!(here["alerts"].as_array().unwrap().len(), 1);
    let alert = &here["alerts"][0];
    assert_eq!(alert["id"], id.to_string());
    assert_eq!(alert["text"], "White <b>van</b>.");
    assert_eq!(alert["severity"], "severe");
    assert_eq!(alert["day"].as_u64().unwrap() % 86_400, 0);

    let found = parsed(browser.view.lookup("ab34cde", clock));
    assert_eq!(found["matches"][0]["reason"], "same-plate");
    assert_eq!(found["matches"][0]["alert"]["id"], id.to_string());
    assert_eq!(
        parsed(browser.view.lookup("07700 900999", clock))["found"],
        0
    );
    assert_eq!(code(browser.view.lookup(" . ", clock)), "lookup-nothing");
    assert_eq!(
        code(browser.view.lookup(&"x".repeat(5_000), clock)),
        "lookup-too-long"
    );
    assert_eq!(browser.asked, asked);
}

#[test]
fn findings_have_the_places_that_javascript_counts() {
    let browser = Browser::new();
    let draft = json!({
        "incident": {"narrative": "😀 é ring 07700 900123 Ana"},
        "offenders": [{"behaviour": "he wrote to ana@example.org"}],
        "own": {"names": ["Ana"]},
    });
    let found = parsed(browser.view.findings(&draft.to_string()));
    let place = |n: usize| {
        let one = &found[n];
        (
            one["field"].as_str().unwrap(),
            one["start"].as_u64().unwrap(),
            one["end"].as_u64().unwrap(),
        )
    };
    assert_eq!(place(0), ("incident.narrative", 10, 22));
    assert_eq!(place(1), ("incident.narrative", 23, 26));
    assert_eq!(found[1]["own"], true);
    assert_eq!(place(2), ("offenders.0.behaviour", 12, 27));
    assert_eq!(
        code(browser.view.findings("{\"narative\":1}")),
        "draft-malformed"
    );
}

#[test]
fn spec_12_2_the_page_gets_all_that_is_sent_and_every_desk_with_what_it_will_see() {
    let mut browser = Browser::new();
    browser.run(1);
    let clock = browser.clock();
    let shown = parsed(
        browser
            .view
            .preview(&draft("he had a van").to_string(), clock),
    );
    assert_eq!(shown["report"]["incident"]["narrative"], "he had a van");
    assert_eq!(
        shown["report"]["incident"]["area"], "LS2",
        "cut to its first half"
    );
    assert!(shown["report"].get("own").is_none());
    assert_eq!(shown["contact"], "after six");
    let desks = shown["desks"].as_array().unwrap();
    let seen: Vec<(&str, bool, bool)> = desks
        .iter()
        .map(|desk| {
            let sees = |what: &str| desk[what].as_bool().unwrap();
            (
                desk["slot"].as_str().unwrap(),
                sees("report"),
                sees("contact"),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("scheme", true, false),
            ("police", true, true),
            ("specialist", true, false),
            ("project", false, false)
        ]
    );
    assert_eq!(desks[0]["silent"], "window");
    assert_eq!(
        (&shown["wait"], &shown["ring"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(shown["observer"]["visit_one_in"], 7);
    let desks: Value = serde_json::from_str(&browser.view.desks("Nowhere")).unwrap();
    assert_eq!(
        (&desks[1]["name"], &desks[2]["name"]),
        (&json!("Police desk"), &Value::Null)
    );
}

#[test]
fn what_cannot_be_sent_is_a_code_that_says_what_to_do() {
    let mut browser = Browser::new();
    browser.run(1);
    let clock = browser.clock();
    let mut refused = |change: &dyn Fn(&mut Value)| {
        let mut draft = draft("words");
        change(&mut draft);
        let wrong = browser.view.preview(&draft.to_string(), clock).unwrap_err();
        let wrong: Value = serde_json::from_str(&wrong).unwrap();
        (
            wrong["code"].as_str().unwrap().to_owned(),
            wrong["args"].clone(),
        )
    };
    assert_eq!(
        refused(&|draft| draft["incident"]["narrative"] = json!(" ")).0,
        "silent"
    );
    let (long, args) =
        refused(&|draft| draft["incident"]["narrative"] = json!("x".repeat(100_000)));
    assert_eq!((&*long, &args["part"]), ("too-long", &json!("narrative")));
    assert!(args["over"].as_u64().unwrap() > 70_000);
    assert_eq!(
        refused(&|draft| draft["contact"] = json!("x".repeat(5_000))).0,
        "contact-too-long"
    );
    let (nobody, args) = refused(&|draft| draft["incident"]["area"] = json!("Nowhere"));
    assert_eq!((&*nobody, args), ("no-desk", json!({"slot": "specialist"})));
    assert_eq!(
        refused(&|draft| draft["incident"]["date"] = json!("yesterday")).0,
        "draft-malformed"
    );
}

#[test]
fn a_photograph_fits_beside_the_words_and_is_shown_as_it_is_sent() {
    let mut browser = Browser::new();
    browser.run(1);
    let clock = browser.clock();
    let rgba: Vec<u8> = (0..640 * 480u32)
        .flat_map(|n| [n, n >> 3, n >> 7, 255].map(|value| value.to_le_bytes()[0]))
        .collect();
    let (short, long) = (
        draft("short").to_string(),
        draft(&"long ".repeat(3_000)).to_string(),
    );
    let photograph = |view: &mut View, rgba: Vec<u8>| {
        view.photograph(rgba, (640, 480), b"\xff\xd8\xffno", &short)
    };
    assert_eq!(
        code(photograph(&mut browser.view, vec![0; 4])),
        "photo-pixels"
    );
    let chosen = parsed(photograph(&mut browser.view, rgba));
    let jpeg = browser.view.photograph_jpeg().unwrap();
    assert_eq!(chosen["bytes"], jpeg.len());
    let shown = parsed(browser.view.preview(&long, clock));
    let smaller = browser.view.photograph_jpeg().unwrap();
    assert!(smaller.len() < jpeg.len());
    assert_eq!(shown["photo"]["bytes"], smaller.len());
    assert!(shown["room"].as_i64().unwrap() >= 0);

    browser.submit(&draft(&"long ".repeat(3_000)));
    assert_eq!(browser.view.photograph_jpeg(), None, "forgotten");
    browser.run(4);
    browser.publish();
    let key = browser.scheme.invitation().entries[0].key;
    let slot = brolly_protocol::report::Slot::Police;
    let read = browser.cells.iter().find_map(|cell| {
        let cell = browser.scheme.carry(key, cell)?;
        browser.scheme.open(&cell, slot).ok()
    });
    assert_eq!(read.unwrap().report.photo, smaller);
    assert_eq!(code(browser.view.inspect(b"....ftypheic")), "photo-heic");
    assert_eq!(code(browser.view.inspect(b"%PDF-1.7")), "photo-pdf");
    assert_eq!(
        code(browser.view.inspect(b"\xff\xd8\xffno")),
        "photo-damaged"
    );
}

#[test]
fn a_report_goes_from_waiting_to_answered_and_its_code_finds_it_on_another_page() {
    let mut browser = Browser::new();
    browser.run(1);
    let receipt = browser.submit(&draft("he had a van"));
    assert_eq!(
        (
            receipt["words"].as_array().unwrap().len(),
            &receipt["number"]
        ),
        (8, &json!(0))
    );
    assert_eq!(receipt["digits"].as_array().unwrap().len(), 8);
    assert!(browser.view.unsent());
    assert_eq!(browser.progress()[0]["stage"], "waiting");
    browser.run(4);
    assert!(!browser.view.unsent());
    assert_eq!(browser.progress()[0]["stage"], "sent");
    browser.publish();
    browser.run(4);
    let progress = browser.progress();
    assert_eq!(progress[0]["stage"], "logged");
    assert_eq!(progress[0]["standing"]["witnesses"], 3);
    browser.scheme.mark(0, 1);
    browser.run(4);
    assert_eq!(browser.progress()[0]["stage"], "read");
    assert_eq!(
        browser.progress()[0]["standing"]["read_by"],
        json!(["Scheme desk"])
    );

    let Browser { scheme, .. } = browser;
    let mut another = Browser::of(scheme);
    another.run(1);
    let typed: Vec<&str> = receipt["words"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let standing = parsed(another.view.check(&typed.join(" ")));
    assert_eq!(
        (&standing["stage"], &standing["position"]),
        (&json!("read"), &json!(1))
    );
    assert_eq!(code(another.view.check("one two")), "code-count");
    assert_eq!(
        code(another.view.check("abandn 1 2 3 4 5 6 7")),
        "code-word"
    );
}

#[test]
fn why_nothing_goes_out_is_a_code() {
    let mut browser = Browser::new();
    for (refusal, said) in [
        (Refusal::Project, "invitation-revoked"),
        (Refusal::Quota, "quota"),
        (Refusal::Busy, "issuer-busy"),
    ] {
        browser.scheme.refusal = Some(refusal);
        browser.run(4);
        assert_eq!(browser.status()["problem"]["code"], said);
    }
    assert!(browser.cells.is_empty());
    browser.scheme.refusal = None;
    browser.run(4);
    assert_eq!(browser.status()["problem"], Value::Null);
    assert!(!browser.cells.is_empty());
}

#[test]
fn what_is_typed_in_a_code_can_be_completed() {
    let words: Vec<String> = serde_json::from_str(&words()).unwrap();
    assert_eq!((words.len(), &*words[0]), (2_048, "abandon"));
}
