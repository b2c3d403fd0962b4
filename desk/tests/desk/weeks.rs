//! A desk's weekly keys on the board.

use brolly_desk::announce::{AnnounceError, Announced, announce};
use brolly_desk::casebook::Access;
use brolly_desk::current::Time;
use brolly_desk::inbox::Inbox;
use brolly_desk::unlock::UnlockError;
use brolly_keys::epoch::Epoch;
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Desk;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::{Entry, Keys, Live};
use brolly_protocol::notice::KeyNotice;
use brolly_protocol::report::Slot;
use brolly_shell::cli::REFUSED;
use brolly_shell::http::StatusCode;
use brolly_shell::private;

use crate::scheme::{Scheme, bare_key_file, block_on, desk_id, holds, identity, said};

const DESK: Slot = Slot::Police;
const DAY: u64 = 86_400;

impl Scheme {
    /// A desk's key file without any week.
    fn without_weeks(&self) {
        private::replace(&self.config(DESK).identity, &bare_key_file(DESK)).unwrap();
    }

    fn announce(&self, later: u64) -> Result<Announced, AnnounceError> {
        let (mut place, mut keys) = (self.place(DESK), self.keys(DESK));
        place.time = Time::witnessed(self.now + later);
        let inbox = Inbox::of(&place, &keys).unwrap();
        let mut casebook = self.casebook(DESK, Access::Write).unwrap();
        block_on(announce(&inbox, &place, &mut keys, &mut casebook))
    }

    /// The keys that senders find.
    fn found(&self) -> Keys {
        let mut live = Live::new();
        for (position, entry) in (0..).zip(&self.inbox.state().board) {
            live.recall(position, entry).unwrap();
        }
        Keys::open(&live.keys().index(), &self.directory).unwrap()
    }

    /// Whether senders find this week's key and the next four, and the desk holds them.
    fn all_found(&self) -> bool {
        let (found, held) = (self.found(), self.keys(DESK).weeks());
        (0..=4).all(|later| {
            let week = self.week().plus(later);
            let held = held.by_epoch(week).map(|held| held.secret.public());
            held.is_some() && found.desk(desk_id(DESK), week) == held.as_ref()
        })
    }

    /// Another copy of the key file announces a key for a week.
    fn other_copy(&self, week: Epoch) {
        let notice = KeyNotice {
            scheme: self.directory.scheme,
            node: desk_id(DESK),
            epoch: week,
            key: SecretKey::<Desk>::from_seed(&[77; 32]).public(),
        };
        let entry = notice.to_entry(&SigningKey::from_seed(&identity(DESK)));
        self.inbox.state().board.push(entry);
    }
}

#[test]
fn spec_11_13_keys_are_made_for_this_week_and_four_ahead_and_announced_once() {
    let scheme = Scheme::new();
    scheme.without_weeks();
    let told = scheme.told(DESK, &["sync"]);
    assert!(
        told.contains("5 weekly keys of this desk are announced"),
        "{told}"
    );
    let week = scheme.week();
    let posted = scheme.inbox.posted(6);
    let epochs: Vec<_> = posted
        .iter()
        .map(|entry| match Entry::verify(entry, &scheme.directory) {
            Ok(Entry::DeskKey(notice)) => notice.epoch,
            _ => panic!("another entry"),
        })
        .collect();
    let expected: Vec<_> = (0..=4).map(|later| week.plus(later)).collect();
    assert_eq!(epochs, expected);
    // Not published yet, published, published and read.
    for publish in [false, true, false] {
        if publish {
            scheme.inbox.publish();
            assert!(scheme.all_found());
        }
        assert!(!scheme.told(DESK, &["sync"]).contains("announced"));
    }
    assert_eq!(scheme.inbox.posted(6).len(), 5);
    // What opens reports is on the disk nowhere but sealed.
    for held in scheme.keys(DESK).weeks().iter() {
        assert!(!holds(
            &scheme.path("police"),
            held.secret.expose().as_slice()
        ));
    }
    // A week later one more is due.
    let later = scheme.announce(7 * DAY).unwrap();
    assert_eq!((later.made, later.posted), (1, 1));
}

#[test]
fn spec_11_13_a_key_that_is_not_durable_is_not_announced() {
    let scheme = Scheme::new();
    scheme.without_weeks();
    let (place, mut stale) = (scheme.place(DESK), scheme.keys(DESK));
    let inbox = Inbox::of(&place, &stale).unwrap();
    // Another program writes the file after this one read it.
    let mut other = scheme.keys(DESK);
    other.make_weeks(scheme.week()).unwrap();
    let file = std::fs::read(scheme.config(DESK).identity).unwrap();
    let mut casebook = scheme.casebook(DESK, Access::Write).unwrap();
    let refused = block_on(announce(&inbox, &place, &mut stale, &mut casebook));
    assert!(matches!(
        refused,
        Err(AnnounceError::Keys(UnlockError::Changed(_)))
    ));
    assert!(scheme.inbox.state().posts.is_empty());
    let after = std::fs::read(scheme.config(DESK).identity).unwrap();
    assert_eq!(after, file, "the other program's keys are still there");
}

#[test]
fn spec_11_13_a_key_that_the_inbox_lost_or_refused_is_announced_again() {
    let scheme = Scheme::new();
    scheme.inbox.state().refuse = Some(StatusCode::TOO_MANY_REQUESTS);
    let told = scheme.told(DESK, &["sync"]);
    let words = "warning: a weekly key was not announced, the next sync tries again: the inbox takes no more from this desk today";
    assert!(told.contains(words), "{told}");
    scheme.inbox.state().refuse = None;
    assert_eq!(scheme.announce(0).unwrap().posted, 5);
    // Taken, and gone before it was published: the next day it is not there.
    scheme.inbox.state().waiting.clear();
    assert_eq!(scheme.announce(0).unwrap().posted, 0);
    assert_eq!(scheme.announce(DAY).unwrap().posted, 5);
    // The same, and the inbox's operator says that it was rebuilt: not a day passes.
    scheme.inbox.state().waiting.clear();
    assert_eq!(scheme.announce(DAY).unwrap().posted, 0);
    scheme.works(DESK, &["sync", "--again"]);
    scheme.inbox.publish();
    assert!(scheme.all_found());
}

#[test]
fn spec_11_13_a_key_file_from_a_back_up_announces_keys_of_its_own() {
    let scheme = Scheme::new();
    scheme.without_weeks();
    scheme.works(DESK, &["sync"]);
    scheme.inbox.publish();
    assert!(scheme.all_found());
    scheme.without_weeks();
    let told = scheme.told(DESK, &["sync"]);
    let week = scheme.week().number();
    let words = format!(
        "had announced another key for week {week}: what was sealed to that one does not open here"
    );
    assert!(told.contains(&words), "{told}");
    scheme.inbox.publish();
    assert!(scheme.all_found());
}

#[test]
fn spec_11_13_a_key_whose_place_was_taken_is_drawn_anew() {
    let scheme = Scheme::new();
    scheme.works(DESK, &["sync"]);
    scheme.inbox.publish();
    let taken = scheme.week().plus(1);
    let key = |week| {
        let held = scheme.keys(DESK).weeks();
        held.by_epoch(week).unwrap().secret.public()
    };
    let (before, kept) = (key(taken), key(scheme.week()));
    scheme.other_copy(taken);
    assert!(!scheme.all_found());
    let told = scheme.told(DESK, &["sync"]);
    assert!(
        told.contains("1 weekly key of this desk is announced"),
        "{told}"
    );
    assert!(told.contains(&format!("another key for week {}", taken.number())));
    scheme.inbox.publish();
    assert!(scheme.all_found());
    assert_ne!(key(taken), before);
    assert_eq!(key(scheme.week()), kept);
}

#[test]
fn spec_11_10_a_board_that_forked_is_refused_with_both_notes_kept_and_nothing_posted() {
    let mut scheme = Scheme::new();
    scheme.works(DESK, &["sync"]);
    scheme.inbox.publish();
    scheme.works(DESK, &["sync"]);
    // A read-mark would be due.
    scheme.send(&said("one"));
    let posts = scheme.inbox.state().posts.len();
    scheme.inbox.state().board.swap(0, 1);
    scheme.fails_after(DESK, "the board log of 5 entries does not begin with the 5");
    scheme.inbox.state().board.pop();
    scheme.fails_after(
        DESK,
        "the board log has 4 entries now, and this desk has verified 5",
    );
    assert_eq!(scheme.inbox.state().posts.len(), posts, "nothing is posted");
    let data = std::fs::read_dir(scheme.config(DESK).data).unwrap();
    let names = data.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let evidence = names.filter(|name| name.starts_with("evidence-board-5-"));
    assert_eq!(evidence.count(), 2);
}

impl Scheme {
    /// A sync that did all else and then fails with these words.
    fn fails_after(&self, slot: Slot, words: &str) {
        let output = self.run(slot, &["sync"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(REFUSED.into()), "{stderr}");
        assert!(stderr.contains(words), "{words:?} in {stderr}");
    }
}
