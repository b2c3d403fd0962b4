//! Which directory is in force and what time it is, as the desk hears it from the inbox.

use brolly_desk::casebook::Day;
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::Authority;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::Entry;
use brolly_protocol::report::Slot;
use brolly_shell::cli::{CONFIGURATION, NETWORK, REFUSED};
use brolly_shell::http::StatusCode;
use brolly_shell::private;

use crate::scheme::{Scheme, said};

const DAY: u64 = 86_400;

impl Scheme {
    /// What a sync that works tells beside its result.
    pub(crate) fn told(&self, slot: Slot, arguments: &[&str]) -> String {
        let output = self.run(slot, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        stderr
    }

    /// A sync is refused with these words, and leaves everything as it was.
    fn changes_nothing(&self, words: &str) {
        let casebook = std::fs::read(self.config(Slot::Police).casebook()).unwrap();
        let key = std::fs::read(self.config(Slot::Police).identity).unwrap();
        let asked = self.inbox.state().asked.len();
        let posts = self.inbox.state().posts.len();
        self.fails(Slot::Police, &["sync"], REFUSED, words);
        let text = self.path("text");
        std::fs::write(&text, "Thank you.").unwrap();
        let reports = self.json(Slot::Police, &["list", "--json"]);
        let id = reports["reports"][0]["id"].as_str().unwrap().to_owned();
        let text = text.to_str().unwrap();
        let reply = ["reply", &id, "--text-file", text, "--yes"];
        self.fails(Slot::Police, &reply, REFUSED, words);
        assert_eq!(self.inbox.state().posts.len(), posts, "nothing is posted");
        assert_eq!(self.inbox.state().asked.len(), asked, "nothing is fetched");
        let config = self.config(Slot::Police);
        assert_eq!(std::fs::read(config.casebook()).unwrap(), casebook);
        assert_eq!(std::fs::read(config.identity).unwrap(), key);
    }

    fn kept(&self) -> String {
        let data = self.config(Slot::Police).data;
        std::fs::read_to_string(data.join("directory.note")).unwrap()
    }

    /// An address where nobody is.
    fn nobody() -> String {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        nobody.local_addr().unwrap().to_string()
    }
}

#[test]
fn spec_11_15_a_newer_version_is_taken_up_kept_and_told() {
    let mut scheme = Scheme::new();
    let told = scheme.told(Slot::Police, &["sync"]);
    assert!(told.contains("this scheme is a drill"), "{told}");
    assert!(!told.contains("taken up"), "{told}");
    assert_eq!(scheme.kept(), scheme.sign());

    scheme.directory.version = 6;
    scheme.directory.parameters.calling_code = 49;
    scheme.enforce();
    let words = "version 6 of the directory is in force and taken up in the place of version 4: 3 of 3 witnesses say so";
    let told = scheme.told(Slot::Police, &["sync"]);
    assert!(told.contains(words), "{told}");
    assert_eq!(scheme.kept(), scheme.sign());
    assert!(!scheme.told(Slot::Police, &["sync"]).contains(words));

    // A file with the next version is a candidate, and no more than that.
    scheme.directory.version = 7;
    std::fs::write(scheme.path("directory.note"), scheme.sign()).unwrap();
    let told = scheme.told(Slot::Police, &["sync"]);
    let words = "is not in force yet";
    assert!(told.contains("version 7 of the directory, in "), "{told}");
    assert!(told.contains(words), "{told}");
    scheme.enforce();
    assert!(!scheme.told(Slot::Police, &["sync"]).contains(words));
    assert_eq!(scheme.kept(), scheme.sign());

    scheme.directory.desks.pop();
    scheme.directory.version = 8;
    scheme.enforce();
    let words = "version 8 of the directory has no desk with the key in this key file";
    scheme.fails(Slot::Police, &["sync"], CONFIGURATION, words);
}

#[test]
fn spec_11_15_what_is_not_in_force_is_refused_and_nothing_changes() {
    let mut scheme = Scheme::new();
    scheme.send(&said("one"));
    scheme.works(Slot::Police, &["sync"]);
    scheme.send(&said("two"));
    let good = scheme.directory.clone();

    scheme.directory.version = 3;
    scheme.enforce();
    scheme.changes_nothing("is version 3, but version 4 was seen before");

    scheme.directory.version = 4;
    scheme.directory.parameters.calling_code = 49;
    scheme.enforce();
    scheme.changes_nothing("is not the one that was seen before: its officers signed two");
    let evidence = scheme.config(Slot::Police).data;
    let evidence = evidence.join("evidence-directory-4.note");
    assert_eq!(std::fs::read_to_string(evidence).unwrap(), scheme.sign());

    scheme.directory.version = 5;
    for (n, relay) in (151..).zip(&mut scheme.directory.relays) {
        relay.witness = SigningKey::from_seed(&[n; 32]).verifying_key();
    }
    scheme.enforce();
    scheme.inbox.state().seed = 151;
    scheme.changes_nothing("only 0 of the 3 witnesses known so far say");
    scheme.inbox.state().seed = 111;

    scheme.directory = good.clone();
    scheme.directory.version = 5;
    scheme.enforce();
    scheme.inbox.state().sure = 1;
    scheme.changes_nothing("only 1 of 3 witnesses say that version 5");
    scheme.inbox.state().sure = 3;

    let mut note = Note::unsigned(scheme.directory.to_text().unwrap()).unwrap();
    let stranger = SigningKey::<Authority>::from_seed(&[99; 32]);
    note.sign("ada", &stranger).unwrap();
    scheme.inbox.state().signed = note.to_string();
    scheme.changes_nothing("signed by 0 officers");
    let stranger = NamedKey::new("ada", stranger.verifying_key());
    scheme.directory.officers = stranger.into_iter().collect();
    let mut note = Note::unsigned(scheme.directory.to_text().unwrap()).unwrap();
    note.sign("ada", &SigningKey::<Authority>::from_seed(&[99; 32]))
        .unwrap();
    scheme.inbox.state().signed = note.to_string();
    scheme.changes_nothing("belongs to another scheme");

    scheme.directory = good.clone();
    scheme.directory.version = 5;
    scheme.enforce();
    scheme.inbox.state().signed = {
        let current = scheme.directory.clone();
        scheme.directory.version = 6;
        let signed = scheme.sign();
        scheme.directory = current;
        signed
    };
    scheme.changes_nothing("is version 6, and version 5 is in force");

    scheme.directory = good;
    scheme.enforce();
    for (time, words) in [
        (scheme.now - 8 * DAY, "is 8 days old by this device's clock"),
        (scheme.now + 9 * DAY, "clock is 8 days behind"),
        (scheme.now + 2 * DAY, "the directory has expired"),
    ] {
        scheme.inbox.state().time = time;
        scheme.changes_nothing(words);
    }
    scheme.inbox.state().time = scheme.now;
    assert_eq!(scheme.json(Slot::Police, &["sync", "--json"])["opened"], 1);
}

#[test]
fn spec_11_15_before_anybody_says_so_a_desk_goes_on_with_what_it_has() {
    let mut scheme = Scheme::new();
    scheme.send(&said("one"));
    for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::NOT_FOUND] {
        scheme.inbox.state().silent = Some(status);
        let told = scheme.told(Slot::Police, &["sync"]);
        let words = "this desk goes on with version 4, and with this machine's clock";
        assert!(told.contains(words), "{told}");
        assert!(told.contains("this scheme is a drill"), "{told}");
    }
    assert_eq!(scheme.read(Slot::Police).cases().len(), 1);
    scheme.inbox.state().silent = Some(StatusCode::INTERNAL_SERVER_ERROR);
    let words = "the inbox answered 500 when asked which directory is in force";
    scheme.fails(Slot::Police, &["sync"], NETWORK, words);

    // It said so once, and then nothing for nine days.
    scheme.inbox.state().silent = None;
    scheme.works(Slot::Police, &["sync"]);
    scheme.inbox.state().silent = Some(StatusCode::SERVICE_UNAVAILABLE);
    scheme.works(Slot::Police, &["sync"]);
    let day = scheme.config(Slot::Police).data.join("directory.day");
    let today = scheme.now / DAY;
    let kept = std::fs::read_to_string(&day).unwrap();
    assert_eq!(kept, format!("{today}\n"));
    private::replace(&day, format!("{}\n", today - 9).as_bytes()).unwrap();
    scheme.changes_nothing("for 9 days the inbox has not said which directory is in force");

    let expired = Scheme::at(scheme.now, |directory| {
        directory.expires = directory.issued + 1
    });
    expired.inbox.state().silent = Some(StatusCode::SERVICE_UNAVAILABLE);
    let words = "version 4 of the directory has expired by this machine's clock";
    expired.fails(Slot::Police, &["sync"], REFUSED, words);
}

#[test]
fn spec_11_15_an_inbox_that_moved_is_found_by_the_next_directory() {
    let mut scheme = Scheme::new();
    let here = scheme.directory.inbox.address.clone();
    scheme.directory.inbox.address = Scheme::nobody();
    let data = scheme.config(Slot::Police).data;
    std::fs::create_dir(&data).unwrap();
    private::create(&data.join("directory.note"), scheme.sign().as_bytes()).unwrap();
    scheme.fails(Slot::Police, &["sync"], NETWORK, "cannot connect to");
    scheme.directory.inbox.address = here;
    scheme.directory.version = 5;
    scheme.publish();
    // That the officers signed it is not enough.
    scheme.inbox.state().sure = 1;
    scheme.fails(Slot::Police, &["sync"], REFUSED, "only 1 of 3 witnesses");
    scheme.inbox.state().sure = 3;
    let told = scheme.told(Slot::Police, &["sync"]);
    assert!(told.contains("version 5 of the directory is in force"));
}

#[test]
fn spec_4_11_a_clock_a_day_off_erases_nothing_early_and_marks_nothing_wrong() {
    let clock = brolly_shell::clock::now();
    for day in [clock / DAY - 1, clock / DAY + 1] {
        // Keys for a day each, so that a day is as wrong as can be.
        let now = day * DAY + 40_000;
        let mut scheme = Scheme::at(now, |directory| directory.parameters.desk_epoch = DAY);
        let today = Day(u32::try_from(day).unwrap());
        scheme.send(&said("one"));
        let told = scheme.told(Slot::Police, &["sync"]);
        assert!(told.contains("warning: this machine's clock is"), "{told}");
        let weeks = scheme.keys(Slot::Police).weeks();
        let mut weeks: Vec<_> = weeks.iter().map(|held| held.epoch.number()).collect();
        weeks.sort_unstable();
        let expected: Vec<_> = (today.0 - 2..=today.0 + 4).collect();
        assert_eq!(weeks, expected);
        let [mark] = &scheme.inbox.posted(2)[..] else {
            panic!("one mark");
        };
        let Ok(Entry::ReadMark(mark)) = Entry::verify(mark, &scheme.directory) else {
            panic!("refused");
        };
        assert_eq!(mark.day, today.0);
        assert_eq!(scheme.read(Slot::Police).cases()[0].received, today);
    }
}

#[test]
fn spec_11_3_without_a_word_on_the_time_keys_are_erased_two_days_late_or_not_at_all() {
    let mut scheme = Scheme::at(brolly_shell::clock::now(), |directory| {
        directory.parameters.desk_epoch = DAY;
    });
    let oldest = |scheme: &Scheme| {
        let weeks = scheme.keys(Slot::Police).weeks();
        weeks.iter().map(|held| held.epoch).min().unwrap()
    };
    let week = scheme.week();
    let old = [week.minus(6), week.minus(5)];
    scheme.keys(Slot::Police).draw_weeks(&old).unwrap();
    // The clock may be wrong by weeks.
    scheme.inbox.state().time = scheme.now - 30 * DAY;
    scheme.fails(Slot::Police, &["sync"], REFUSED, "days old");
    assert_eq!(oldest(&scheme), week.minus(6));
    // The inbox is gone: what is 4 days old may be 2 days old.
    scheme.directory.inbox.address = Scheme::nobody();
    scheme.publish();
    scheme.fails(Slot::Police, &["sync"], NETWORK, "cannot connect to");
    assert_eq!(oldest(&scheme), week.minus(4));
}
