use brolly_keys::epoch::Epoch;
use brolly_keys::role;
use brolly_keys::sign::SigningKey;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::PathError;
use brolly_protocol::geometry::{SUBMISSION, TOKEN_REQUEST};
use brolly_protocol::identifier::Identifier;
use brolly_protocol::log::{CheckpointError, Entry, LogName, WindowError};
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

    fn serve(&mut self, ordered: Ordered, seed: u64) -> Result<Outcome, SessionError> {
        let Ordered { mut session, cargo } = ordered;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        while let Some(transmit) = session.poll_transmit() {
            assert_eq!(session.poll_transmit(), None, "one request at a time");
            let (status, body) = self.answer(&transmit);
            assert!(body.len() <= transmit.response_limit);
            session.handle_reply(self.clock, status, &body, &mut rng)?;
            session.load(&cargo, &mut rng);
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

/// A session, and what it is loaded with once it is ready.
struct Ordered {
    session: Session,
    cargo: Cargo,
}

impl Ordered {
    fn entrance(&self) -> &Entrance {
        self.session.entrance()
    }
}

fn session(scheme: &Scheme, entrance: usize, cargo: Cargo) -> Ordered {
    let invitation = scheme.invitation();
    let entrance = invitation.entries[entrance].clone();
    Session::new(State::new(invitation), entrance).with(cargo)
}

impl Session {
    fn with(self, cargo: Cargo) -> Ordered {
        Ordered {
            session: self,
            cargo,
        }
    }
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
            let Ordered { mut session, cargo } = session(&scheme, 0, Cargo::Canary(id));
            let entrance = session.entrance().key;
            let mut tag = None;
            while let Some(asked) = session.poll_transmit() {
                tag = session.canary();
                assert_eq!(tag.is_some(), asked.path == wire::CELLS);
                let (status, body) = answers.answer(&asked);
                let taken = session.handle_reply(NOW, status, &body, &mut rng);
                taken.unwrap();
                session.load(&cargo, &mut rng);
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
        let session = Session::new(state, entrance).with(Cargo::Report(letter));
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
    let mut session = session(&scheme, 0, Cargo::Cover).session;
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

mod equal_work;
mod logs;
