use brolly_keys::epoch::Epoch;
use brolly_keys::role;
use brolly_keys::sign::SigningKey;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{SUBMISSION, TOKEN_REQUEST};
use brolly_protocol::identifier::Identifier;
use brolly_protocol::log::{CheckpointError, Entry, LogName};
use brolly_protocol::node::NodeId;
use brolly_protocol::report::Slot;
use brolly_protocol::token::request::Refusal;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};

use super::*;
use crate::alerts::Alerts;
use crate::check::{Stage, check};
use crate::compose::{Composed, Known, compose};
use crate::draft::Draft;
use crate::fake::{NOW, PROJECT, Scheme};

/// A relay that answers from a scheme, and writes down what it was asked.
struct Relay<'a> {
    scheme: &'a Scheme,
    note: Vec<u8>,
    keys: Vec<u8>,
    window: Vec<u8>,
    alerts: Vec<u8>,
    log: u16,
    post: u16,
    clock: u64,
    asked: Vec<Transmit>,
}

impl<'a> Relay<'a> {
    fn new(scheme: &'a Scheme) -> Self {
        Self {
            scheme,
            note: scheme.in_force(),
            keys: scheme.keys(),
            window: scheme.window(),
            alerts: scheme.alerts(),
            log: 200,
            post: 202,
            clock: NOW,
            asked: Vec::new(),
        }
    }

    fn answer(&mut self, asked: &Transmit) -> (u16, Vec<u8>) {
        self.asked.push(asked.clone());
        match asked.path {
            wire::DIRECTORY => (200, self.note.clone()),
            wire::KEYS => (200, self.keys.clone()),
            wire::WINDOW => (self.log, self.window.clone()),
            wire::ALERTS => (self.log, self.alerts.clone()),
            wire::TOKENS => (200, self.scheme.tokens(&asked.body)),
            _ => (self.post, Vec::new()),
        }
    }

    fn serve(&mut self, mut session: Session, seed: u64) -> Result<Outcome, SessionError> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        while let Some(transmit) = session.poll_transmit() {
            assert_eq!(session.poll_transmit(), None, "one request at a time");
            let (status, body) = self.answer(&transmit);
            assert!(body.len() <= transmit.response_limit);
            session.handle_reply(self.clock, status, &body, &mut rng)?;
        }
        Ok(session.into_outcome())
    }

    fn shape(&self) -> Vec<(Method, &'static str, usize)> {
        let shape = |asked: &Transmit| (asked.method, asked.path, asked.body.len());
        self.asked.iter().map(shape).collect()
    }

    fn posted(&self) -> Option<&[u8]> {
        let is_post = |asked: &&Transmit| asked.path == wire::CELLS;
        self.asked.iter().find(is_post).map(|asked| &*asked.body)
    }
}

fn session(scheme: &Scheme, entrance: usize, cargo: Cargo) -> Session {
    let invitation = scheme.invitation();
    let entrance = invitation.entries[entrance].clone();
    Session::new(State::new(invitation), entrance, cargo)
}

fn report(scheme: &Scheme, narrative: &str) -> Composed {
    let toml = format!("[incident]\nnarrative = \"{narrative}\"\n[consent]\npolice = true");
    let draft = Draft::from_toml(&toml).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(77);
    let known = Known {
        directory: &scheme.directory,
        keys: &scheme.known_keys(),
        read: &|_| None,
    };
    compose(&draft, None, &known, PROJECT, NOW, &mut rng).unwrap()
}

/// What a session made of a letter: the cell that arrives.
fn sealed(scheme: &Scheme, composed: &Composed) -> SealedCell {
    let mut relay = Relay::new(scheme);
    let session = session(scheme, 0, Cargo::Report(composed.letter.clone()));
    let entrance = session.entrance().key;
    relay.serve(session, 8).unwrap();
    scheme.carry(entrance, relay.posted().unwrap()).unwrap()
}

#[test]
fn spec_12_4_a_report_a_check_and_a_cover_session_look_the_same() {
    let mut scheme = Scheme::new(NOW);
    let short = report(&scheme, "short");
    let long = report(&scheme, &"long ".repeat(4_000));
    let published = Entry::of(&sealed(&scheme, &short));
    scheme.publish(published);
    let want = [
        (Method::Get, wire::DIRECTORY, 0),
        (Method::Get, wire::KEYS, 0),
        (Method::Get, wire::WINDOW, 0),
        (Method::Get, wire::ALERTS, 0),
        (Method::Post, wire::TOKENS, TOKEN_REQUEST),
        (Method::Post, wire::CELLS, SUBMISSION),
    ];
    let cargoes = [
        Cargo::Cover,
        Cargo::Canary(scheme.directory.relays[2].id),
        Cargo::Report(short.letter.clone()),
        Cargo::Report(long.letter.clone()),
    ];
    for seed in 0..4 {
        for (answers, log, post) in [("good", 200, 202), ("full", 200, 503), ("no log", 503, 202)] {
            for cargo in &cargoes {
                let mut relay = Relay::new(&scheme);
                (relay.log, relay.post) = (log, post);
                let session = session(&scheme, 0, cargo.clone());
                relay.serve(session, seed).unwrap();
                assert_eq!(relay.shape(), want, "{answers}");
            }
        }
    }
}

#[test]
fn spec_12_5_a_cover_cell_ends_at_the_exit_or_is_one_that_no_desk_opens() {
    let scheme = Scheme::new(NOW);
    let (mut dropped, mut delivered) = (0, 0);
    for seed in 0..40 {
        let mut relay = Relay::new(&scheme);
        let session = session(&scheme, 0, Cargo::Cover);
        let entrance = session.entrance().key;
        assert_eq!(relay.serve(session, seed).unwrap().sent, Ok(()));
        match scheme.carry(entrance, relay.posted().unwrap()) {
            None => dropped += 1,
            Some(cell) => {
                delivered += 1;
                assert!(
                    Slot::ALL
                        .iter()
                        .all(|slot| scheme.open(&cell, *slot).is_err())
                );
            }
        }
    }
    // One in two by this directory: either count is below 5 once in a million runs of 40 draws.
    assert!(dropped >= 5 && delivered >= 5, "{dropped} {delivered}");
}

#[test]
fn spec_8_12_a_canary_is_a_cover_cell_through_its_relay_which_knows_its_tag_before_it_is_posted() {
    let scheme = Scheme::new(NOW);
    for (relay, seeds) in [(0, 3), (2, 40), (3, 3)] {
        let id = scheme.directory.relays[relay].id;
        let (mut dropped, mut delivered) = (0, 0);
        for seed in 0..seeds {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let mut answers = Relay::new(&scheme);
            let mut session = session(&scheme, 0, Cargo::Canary(id));
            let entrance = session.entrance().key;
            let mut tag = None;
            while let Some(asked) = session.poll_transmit() {
                tag = session.canary();
                assert_eq!(tag.is_some(), asked.path == wire::CELLS);
                let (status, body) = answers.answer(&asked);
                let taken = session.handle_reply(NOW, status, &body, &mut rng);
                taken.unwrap();
            }
            assert_eq!(session.into_outcome().sent, Ok(()));
            let posted = answers.posted().unwrap();
            assert_eq!(scheme.tag_at(relay, entrance, posted), tag);
            match scheme.carry(entrance, posted) {
                None => dropped += 1,
                Some(cell) => {
                    delivered += 1;
                    let opens = |slot: &Slot| scheme.open(&cell, *slot).is_ok();
                    assert!(!Slot::ALL.iter().any(opens));
                }
            }
        }
        // As often as every other cover cell, one in two here.
        assert!(seeds < 40 || dropped >= 5 && delivered >= 5);
    }
    // Through another entry there is no such path, and nothing is posted.
    let mut relay = Relay::new(&scheme);
    let other = scheme.directory.relays[1].id;
    let session = session(&scheme, 0, Cargo::Canary(other));
    let outcome = relay.serve(session, 1).unwrap();
    assert_eq!(outcome.sent, Err(NotSent::NoPath(PathError::NoKeys)));
    assert_eq!(relay.posted(), None);
}

#[test]
fn a_report_crosses_three_relays_and_its_desks_read_it() {
    let scheme = Scheme::new(NOW);
    for entrance in [0, 1] {
        let composed = report(&scheme, "he had a van");
        let mut relay = Relay::new(&scheme);
        let session = session(&scheme, entrance, Cargo::Report(composed.letter));
        let key = session.entrance().key;
        assert_eq!(relay.serve(session, 5).unwrap().sent, Ok(()));
        let cell = scheme.carry(key, relay.posted().unwrap()).unwrap();
        for slot in [Slot::Scheme, Slot::Police] {
            let opened = scheme.open(&cell, slot).unwrap();
            assert_eq!(opened.report.incident.narrative, "he had a van");
        }
        assert!(scheme.open(&cell, Slot::Project).is_err());
    }
}

#[test]
fn a_report_is_found_in_the_log_that_any_session_fetches() {
    let mut scheme = Scheme::new(NOW);
    let composed = report(&scheme, "words");
    scheme.publish(Entry {
        tag: [1; 16],
        digest: [1; 32],
    });
    let published = Entry::of(&sealed(&scheme, &composed));
    scheme.publish(published);
    let outcome = Relay::new(&scheme)
        .serve(session(&scheme, 0, Cargo::Cover), 1)
        .unwrap();
    let window = outcome.window.unwrap();
    let standing = check(&composed.code, &outcome.directory.unwrap(), &window).unwrap();
    assert_eq!(standing.stage(), Stage::InLog);
    let place = standing.place.unwrap();
    assert_eq!(
        (place.position, place.matching, standing.entries),
        (2, 1, 2)
    );
    assert_eq!((standing.witnesses, standing.time), (3, NOW));
}

#[test]
fn spec_12_3_a_wrong_directory_is_refused_and_nothing_is_sent() {
    let scheme = Scheme::new(NOW);
    let refused = |note: Vec<u8>, seen: u32| {
        let mut state = State::new(scheme.invitation());
        if seen > 0 {
            let mut newer = Scheme::new(NOW);
            newer.directory.version = seen;
            state.accept(&newer.in_force(), NOW).unwrap();
        }
        let entrance = scheme.invitation().entries[0].clone();
        let letter = report(&scheme, "words").letter;
        let mut relay = Relay::new(&scheme);
        relay.note = note;
        let session = Session::new(state, entrance, Cargo::Report(letter));
        let error = relay.serve(session, 1).unwrap_err();
        assert_eq!(relay.shape(), [(Method::Get, wire::DIRECTORY, 0)]);
        error.to_string()
    };
    let other = Scheme::founded_by(NOW, [4, 5, 6]);
    assert!(refused(other.in_force(), 0).contains("another scheme"));
    assert!(refused(scheme.in_force_signed_by(1), 0).contains("signed by 1 officers, and 2 must"));
    let old = Scheme::new(NOW - 70 * 86_400);
    assert!(refused(old.in_force(), 0).contains("70 days old"));
    let mut ended = Scheme::new(NOW);
    ended.directory.expires = NOW;
    assert!(refused(ended.in_force(), 0).contains("expired"));
    assert!(refused(scheme.in_force(), 4).contains("version 3, but version 4 was seen"));
    let mut flipped = scheme.in_force();
    flipped[100] ^= 1;
    assert!(refused(flipped, 0).ends_with("nothing was sent"));

    let mut moved = Scheme::new(NOW);
    let stranger = SigningKey::<role::Relay>::from_seed(&[77; 32]).verifying_key();
    moved.directory.relays[0].id = NodeId::of(&stranger);
    moved.directory.relays[0].key = stranger;
    assert!(refused(moved.in_force(), 0).contains("no longer an entry"));
}

#[test]
fn without_packet_keys_nothing_is_posted_and_a_sentence_says_why() {
    let scheme = Scheme::new(NOW);
    let letter = report(&scheme, "words").letter;
    let unannounced = scheme.without_keys();
    for cargo in [Cargo::Cover, Cargo::Report(letter)] {
        let mut relay = Relay::new(&scheme);
        relay.keys = unannounced.keys();
        let outcome = relay.serve(session(&scheme, 0, cargo), 1).unwrap();
        assert_eq!(outcome.sent, Err(NotSent::NoPath(PathError::NoKeys)));
        assert!(outcome.window.is_ok() && outcome.alerts.is_ok());
        assert_eq!(relay.posted(), None);
        assert_eq!(relay.asked.len(), 4);
    }
}

#[test]
fn a_full_relay_and_a_log_that_is_not_there_yet_are_said() {
    let scheme = Scheme::new(NOW);
    let mut relay = Relay::new(&scheme);
    (relay.log, relay.post) = (503, 503);
    let outcome = relay.serve(session(&scheme, 0, Cargo::Cover), 1).unwrap();
    assert_eq!(outcome.sent, Err(NotSent::Refused(503)));
    assert_eq!(outcome.window, Err(LogError::NotThere(503)));
    assert_eq!(outcome.alerts, Err(IndexError::NotThere(Kind::Alerts, 503)));
    let kept = outcome.state.kept_directory().unwrap();
    assert_eq!(kept.version, 3, "the directory is kept all the same");
}

/// A session of somebody who was there at `before`, on what `relay` shows.
fn again(before: &Scheme, relay: &mut Relay) -> Result<Outcome, SessionError> {
    let first = Relay::new(before)
        .serve(session(before, 0, Cargo::Cover), 1)
        .unwrap();
    let entrance = before.invitation().entries[0].clone();
    let letter = report(before, "words").letter;
    let session = Session::new(first.state, entrance, Cargo::Report(letter));
    relay.serve(session, 2)
}

fn entry(n: u16) -> Entry {
    let mut digest = [7; 32];
    digest[..2].copy_from_slice(&n.to_be_bytes());
    Entry {
        tag: [1; 16],
        digest,
    }
}

fn grown(reports: u16, marks: u64) -> Scheme {
    let mut scheme = Scheme::new(NOW);
    scheme.directory.parameters.window = 256;
    (0..reports).for_each(|n| scheme.publish(entry(n)));
    (0..marks).for_each(|n| scheme.mark(1, n));
    scheme
}

#[test]
fn spec_12_3_logs_that_shrank_or_forked_end_a_session_and_nothing_further_is_sent() {
    let before = grown(600, 3);
    let refused = |after: &Scheme| {
        let mut relay = Relay::new(after);
        let error = again(&before, &mut relay).unwrap_err();
        let asked: Vec<_> = relay.asked.iter().map(|asked| asked.path).collect();
        let order = [wire::DIRECTORY, wire::KEYS, wire::WINDOW];
        assert!(asked.len() >= 2 && order.starts_with(&asked), "{asked:?}");
        let said = error.to_string();
        assert!(said.ends_with("nothing was sent"), "{said}");
        said
    };
    assert!(refused(&grown(599, 3)).contains("599 entries, but 600 were seen"));
    assert!(refused(&grown(600, 2)).contains("the board log has 2 entries"));
    // In the last visit's window, before it, and in a log that has long gone on.
    for (at, size) in [(599, 600), (10, 600), (10, 1_400)] {
        let mut other = grown(size, 3);
        other.reports[at] = entry(9_999).to_bytes().to_vec();
        assert!(refused(&other).contains("the reports log is not the one that was seen"));
    }
    let mut other = grown(600, 2);
    other.mark(2, 2);
    // The keys are those of a board, so that one is noticed first.
    assert!(refused(&other).contains("the keys are those of another board than was seen"));

    for (reports, marks) in [(600, 3), (601, 3), (1_400, 900)] {
        let outcome = again(&before, &mut Relay::new(&grown(reports, marks))).unwrap();
        assert_eq!(outcome.window.unwrap().reports.size(), u64::from(reports));
        assert_eq!(outcome.sent, Ok(()));
    }
}

#[test]
fn spec_12_3_a_refused_window_leaves_what_was_seen_and_still_guards_against_it() {
    let before = grown(600, 3);
    let first = Relay::new(&before).serve(session(&before, 0, Cargo::Cover), 1);
    let mut state = first.unwrap().state;
    for _ in 0..2 {
        let entrance = before.invitation().entries[0].clone();
        let mut session = Session::new(state.clone(), entrance, Cargo::Cover);
        let shrunk = grown(300, 3);
        let mut relay = Relay::new(&shrunk);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let ended = loop {
            let transmit = session.poll_transmit().unwrap();
            let (status, body) = relay.answer(&transmit);
            if let Err(error) = session.handle_reply(NOW, status, &body, &mut rng) {
                break error;
            }
        };
        assert!(matches!(
            ended,
            SessionError::Log(WindowError::Shrunk { .. })
        ));
        assert_eq!(session.poll_transmit(), None);
        let outcome = session.into_outcome();
        assert!(!outcome.posted);
        assert_eq!(outcome.state, state);
        state = outcome.state;
    }
}

#[test]
fn a_window_that_is_changed_short_or_not_enough_witnessed_is_refused_and_the_cell_is_sent_all_the_same()
 {
    let scheme = grown(600, 3);
    let refused = |window: Vec<u8>| {
        let mut relay = Relay::new(&scheme);
        relay.window = window;
        let outcome = relay.serve(session(&scheme, 0, Cargo::Cover), 1).unwrap();
        assert_eq!(outcome.sent, Ok(()));
        assert_eq!(relay.asked.len(), 6);
        assert_eq!(outcome.state.logs(), None);
        let LogError::Refused(error) = outcome.window.unwrap_err() else {
            panic!("not refused");
        };
        error
    };
    let good = scheme.window();
    let mut changed = good.clone();
    let last_report = scheme.reports[599].as_slice();
    let at = good.windows(48).position(|run| run == last_report).unwrap();
    changed[at] ^= 1;
    assert_eq!(refused(changed), WindowError::Root(LogName::Reports));
    assert_eq!(
        refused(good[..good.len() - 1].to_vec()),
        WindowError::Malformed
    );

    let mut longer = grown(900, 3);
    longer.directory.parameters.window = 600;
    let narrow = grown(900, 3);
    let mut short = Relay::new(&longer);
    short.window = narrow.window();
    let outcome = short.serve(session(&longer, 0, Cargo::Cover), 1).unwrap();
    let expected = LogError::Refused(WindowError::Short(LogName::Reports));
    assert_eq!((outcome.window, outcome.sent), (Err(expected), Ok(())));

    let mut few = grown(600, 3);
    few.log_witnesses = 2;
    let error = refused(few.window());
    assert!(
        error.to_string().contains("only 2 of 4 witnesses"),
        "{error}"
    );
    assert!(matches!(
        error,
        WindowError::Checkpoint(CheckpointError::TooFew { .. })
    ));
}

#[test]
fn spec_12_9_alerts_that_the_witnesses_do_not_stand_behind_are_refused_and_the_earlier_ones_stay() {
    let mut scheme = grown(1, 3);
    scheme.alert(
        "LS2",
        "White van.",
        &[Identifier::plate("AB12 CDE").unwrap()],
    );
    let first = Relay::new(&scheme).serve(session(&scheme, 0, Cargo::Cover), 1);
    let state = first.unwrap().state;
    let refused = |alerts: Vec<u8>| {
        let mut relay = Relay::new(&scheme);
        relay.alerts = alerts;
        let entrance = scheme.invitation().entries[0].clone();
        let session = Session::new(state.clone(), entrance, Cargo::Cover);
        let outcome = relay.serve(session, 2).unwrap();
        assert_eq!((outcome.sent, relay.asked.len()), (Ok(()), 6));
        assert_eq!(outcome.state.alerts(), state.alerts());
        outcome.alerts.unwrap_err()
    };
    let good = scheme.alerts();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refused(changed), IndexError::Digest(Kind::Alerts));
    assert_eq!(
        refused(good[..good.len() - 60].to_vec()),
        IndexError::Digest(Kind::Alerts)
    );
    assert_eq!(
        refused(good[..3].to_vec()),
        IndexError::Malformed(Kind::Alerts)
    );
    assert_eq!(refused(Vec::new()), IndexError::Malformed(Kind::Alerts));
    let older = grown(1, 3).alerts();
    assert_eq!(
        refused(older),
        IndexError::Older {
            kind: Kind::Alerts,
            size: 3,
            seen: 4
        }
    );
    let mut few = grown(1, 3);
    few.alert(
        "LS2",
        "White van.",
        &[Identifier::plate("AB12 CDE").unwrap()],
    );
    few.log_witnesses = 2;
    assert!(refused(few.alerts()).to_string().contains("only 2 of 4"));

    // Newer than the window is what comes of two requests.
    let mut newer = Relay::new(&scheme);
    let mut later = grown(1, 3);
    later.alert(
        "LS2",
        "White van.",
        &[Identifier::plate("AB12 CDE").unwrap()],
    );
    later.alert("LS6", "Grey car.", &[Identifier::name("Dave").unwrap()]);
    newer.alerts = later.alerts();
    let outcome = newer.serve(session(&scheme, 0, Cargo::Cover), 1).unwrap();
    assert_eq!(outcome.alerts, Ok(()));
    assert_eq!(Alerts::open(&outcome.state, NOW).unwrap().live.len(), 2);
}

#[test]
fn spec_12_3_alerts_of_another_board_end_a_session_and_nothing_further_is_sent() {
    let scheme = grown(1, 4);
    let mut other = grown(1, 3);
    other.mark(2, 3);
    let mut relay = Relay::new(&scheme);
    relay.alerts = other.alerts();
    let session = session(&scheme, 0, Cargo::Cover);
    let error = relay.serve(session, 1).unwrap_err();
    assert_eq!(error, SessionError::Index(IndexError::Forked(Kind::Alerts)));
    assert!(error.to_string().contains("another board"), "{error}");
    assert_eq!((relay.asked.len(), relay.posted()), (4, None));
}

#[test]
fn spec_12_6_what_is_kept_is_the_same_after_a_report_and_after_a_look() {
    let scheme = Scheme::new(NOW);
    let composed = report(&scheme, "he had a van");
    let kept = [Cargo::Report(composed.letter), Cargo::Cover].map(|cargo| {
        let outcome = Relay::new(&scheme).serve(session(&scheme, 0, cargo), 3);
        outcome.unwrap().state.to_bytes().unwrap()
    });
    assert!(kept[0] == kept[1], "a report left something behind");
}

#[test]
fn a_reply_that_was_not_asked_for_changes_nothing() {
    let scheme = Scheme::new(NOW);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut session = session(&scheme, 0, Cargo::Cover);
    session.handle_reply(NOW, 202, &[], &mut rng).unwrap();
    let first = session.poll_transmit().unwrap();
    assert_eq!(first.path, wire::DIRECTORY);
    assert_eq!(session.into_outcome().sent, Err(NotSent::NotReached));
}

#[test]
fn spec_4_11_a_report_arrives_although_the_devices_clock_is_a_day_off() {
    let scheme = Scheme::new(NOW);
    for clock in [NOW - 86_400, NOW, NOW + 86_400] {
        let composed = report(&scheme, "he had a van");
        let mut relay = Relay::new(&scheme);
        relay.clock = clock;
        let session = session(&scheme, 0, Cargo::Report(composed.letter));
        let entrance = session.entrance().key;
        assert_eq!(relay.serve(session, 5).unwrap().sent, Ok(()));
        let cell = scheme.carry(entrance, relay.posted().unwrap()).unwrap();
        assert_eq!(cell.last_week(), Epoch::at(NOW, 604_800));
        assert!(scheme.open(&cell, Slot::Scheme).is_ok());
    }
    for (clock, words) in [
        (NOW + 8 * 86_400, "8 days old by this device's clock"),
        (NOW - 8 * 86_400, "8 days behind"),
    ] {
        let mut relay = Relay::new(&scheme);
        relay.clock = clock;
        let error = relay
            .serve(session(&scheme, 0, Cargo::Cover), 5)
            .unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(relay.asked.len(), 1);
    }
}

#[test]
fn spec_12_13_without_tokens_nothing_is_posted_and_a_sentence_says_why() {
    let mut scheme = Scheme::new(NOW);
    for (refusal, words) in [
        (Refusal::Project, "no longer good: ask your project"),
        (Refusal::Quota, "try again tomorrow"),
        (Refusal::Busy, "try again later"),
    ] {
        scheme.refusal = Some(refusal);
        let mut relay = Relay::new(&scheme);
        let cargo = Cargo::Report(report(&scheme, "words").letter);
        let outcome = relay.serve(session(&scheme, 0, cargo), 1).unwrap();
        let said = outcome.sent.unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
        assert!(!outcome.posted && relay.posted().is_none());
        assert!(outcome.window.is_ok() && outcome.alerts.is_ok());
    }
}

#[test]
fn spec_12_4_a_report_that_can_no_longer_be_sealed_looks_like_every_other_session() {
    let scheme = Scheme::new(NOW);
    let letter = report(&scheme, "words").letter;
    let replaced = scheme.without_desk_keys();
    let mut shapes = Vec::new();
    for cargo in [Cargo::Cover, Cargo::Report(letter)] {
        let is_report = matches!(cargo, Cargo::Report(_));
        let mut relay = Relay::new(&replaced);
        let session = session(&replaced, 0, cargo);
        let entrance = session.entrance().key;
        let outcome = relay.serve(session, 3).unwrap();
        assert_eq!((outcome.posted, outcome.carried), (true, !is_report));
        assert_eq!(outcome.sent.is_ok(), !is_report);
        if is_report {
            let error = LetterError::NoDesk(Slot::Scheme);
            assert_eq!(outcome.sent, Err(NotSent::Seal(error)));
            assert_eq!(replaced.carry(entrance, relay.posted().unwrap()), None);
        }
        shapes.push(relay.shape());
    }
    assert_eq!(shapes[0], shapes[1]);
}

#[test]
fn spec_12_13_keys_that_the_witnesses_do_not_stand_behind_are_not_used() {
    let scheme = Scheme::new(NOW);
    let good = scheme.keys();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    let shorter = good[..good.len() - 1_333].to_vec();
    for keys in [changed, shorter] {
        let mut relay = Relay::new(&scheme);
        relay.keys = keys;
        let outcome = relay.serve(session(&scheme, 0, Cargo::Cover), 1).unwrap();
        let error = IndexError::Digest(Kind::Keys);
        assert_eq!(outcome.keys, Err(error));
        assert_eq!(outcome.sent, Err(NotSent::NoKeys(error)));
        assert!(relay.posted().is_none());
    }
}

/// Counts the bytes that are drawn.
struct Counted {
    rng: ChaCha20Rng,
    drawn: usize,
}

impl TryRng for Counted {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.drawn += 4;
        Ok(self.rng.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.drawn += 8;
        Ok(self.rng.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.drawn += bytes.len();
        self.rng.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Counted {}

#[test]
fn spec_17_6_cover_draws_as_much_as_a_report() {
    const SEED_OF_NOBODY: usize = 32;
    let scheme = Scheme::new(NOW);
    let letter = report(&scheme, "words").letter;
    let unsealed = scheme.without_desk_keys();
    let drawn = |cargo: Cargo, seed, keys: &Scheme| {
        let mut relay = Relay::new(&scheme);
        relay.keys = keys.keys();
        let mut rng = Counted {
            rng: ChaCha20Rng::seed_from_u64(seed),
            drawn: 0,
        };
        let mut session = session(&scheme, 0, cargo);
        let entrance = session.entrance().key;
        while let Some(transmit) = session.poll_transmit() {
            let (status, body) = relay.answer(&transmit);
            session.handle_reply(NOW, status, &body, &mut rng).unwrap();
        }
        let carried = scheme.carry(entrance, relay.posted().unwrap());
        (rng.drawn, carried.is_some())
    };
    let mut delivered = 0;
    for seed in 0..12 {
        let (reported, _) = drawn(Cargo::Report(letter.clone()), seed, &scheme);
        let (covered, is_delivered) = drawn(Cargo::Cover, seed, &scheme);
        assert_eq!(covered, reported + SEED_OF_NOBODY, "seed {seed}");
        delivered += usize::from(is_delivered);
    }
    assert!(
        (1..12).contains(&delivered),
        "both kinds of cover: {delivered}"
    );
    let (reported, _) = drawn(Cargo::Report(letter.clone()), 1, &unsealed);
    let (covered, _) = drawn(Cargo::Cover, 1, &unsealed);
    assert!(reported.abs_diff(covered) <= 512, "{reported} {covered}");
}
