use std::collections::BTreeSet;

use brolly_keys::epoch::Epoch;
use brolly_keys::file::Cost;
use brolly_keys::vault::{self, Vault, VaultError};
use brolly_protocol::board::Keys;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{CONTACT_TEXT, REPORT, SUBMISSION};
use brolly_protocol::report::Slot;
use brolly_protocol::wire;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::compose::{Known, compose};
use crate::draft::Draft;
use crate::fake::{NOW, PROJECT, Scheme};
use crate::session::{Method, Session};
use crate::state::State;

const HOUR: u64 = 3_600;
const NARRATIVE: &str = "he drove a heron-blue van";
const CARRIED: Posted = Posted {
    posted: true,
    carried: true,
};

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn draft(narrative: &str) -> Draft {
    let mut draft = Draft::default();
    draft.incident.narrative = narrative.to_owned();
    draft
}

fn letter(scheme: &Scheme, draft: &Draft) -> Arc<Ready> {
    let keys = scheme.known_keys();
    let known = Known {
        directory: &scheme.directory,
        keys: &keys,
        read: &|_| Some(scheme.today()),
    };
    let seed = u64::try_from(draft.incident.narrative.len()).unwrap();
    let composed = compose(draft, None, &known, PROJECT, NOW, &mut rng(seed));
    composed.unwrap().letter
}

fn queued(scheme: &Scheme, wish: Wish, seed: u64) -> Outbox {
    let mut outbox = Outbox::new();
    let letter = letter(scheme, &draft(NARRATIVE));
    outbox.queue(letter, wish, &mut rng(seed)).unwrap();
    outbox
}

fn carries(head: &Head) -> bool {
    matches!(head.cargo, Cargo::Report(_))
}

/// One session with what the outbox gives: the requests, and the cell at the inbox.
fn session(scheme: &Scheme, head: &Head, seed: u64) -> (Vec<Request>, Option<SealedCell>) {
    let entrance = scheme.invitation().entries[0].clone();
    let state = State::new(scheme.invitation());
    let mut session = Session::new(state, entrance.clone());
    let (mut asked, mut cell) = (Vec::new(), None);
    let mut rng = rng(seed);
    while let Some(transmit) = session.poll_transmit() {
        let (status, body) = match transmit.path {
            wire::DIRECTORY => (200, scheme.in_force()),
            wire::KEYS => (200, scheme.keys()),
            wire::WINDOW => (200, scheme.window()),
            wire::ALERTS => (200, scheme.alerts()),
            wire::TOKENS => (200, scheme.tokens(&transmit.body)),
            _ => {
                cell = scheme.carry(entrance.key, &transmit.body);
                (202, Vec::new())
            }
        };
        asked.push((transmit.method, transmit.path, transmit.body.len()));
        session.handle_reply(NOW, status, &body, &mut rng).unwrap();
        session.load(&head.cargo, &mut rng);
    }
    let outcome = session.into_outcome();
    assert!(outcome.posted);
    assert!(outcome.carried);
    (asked, cell)
}

type Request = (Method, &'static str, usize);

fn window(scheme: &Scheme) -> Window {
    Window::verify(&scheme.window(), &scheme.directory).unwrap()
}

#[test]
fn spec_16_4_an_outbox_has_one_size_whatever_waits_in_it_and_shows_none_of_it() {
    let scheme = Scheme::new(NOW);
    let mut rng = rng(1);
    let mut full = draft("");
    full.consent.police_contact = true;
    full.contact = "c".repeat(CONTACT_TEXT);
    let base = full.report().encoded_len_without_photo();
    full.incident.narrative = NARRATIVE.repeat(2_000)[..REPORT - base].to_owned();

    let mut outbox = Outbox::new();
    let vault = Vault::create(b"umbrella", Cost::STANDARD, &mut rng).unwrap();
    let mut files = vec![vault::unchosen(TEXT, &mut rng)];
    files.push(vault.seal(&outbox.to_bytes(), &mut rng).unwrap());
    for letter in [letter(&scheme, &draft(NARRATIVE)), letter(&scheme, &full)] {
        let kept = letter.to_record().unwrap();
        outbox.queue(letter, Wish::Soon, &mut rng).unwrap();
        let text = outbox.to_bytes();
        let again = Outbox::from_bytes(&text).unwrap();
        assert!(again.to_bytes() == text, "it reads back as itself");
        let file = vault.seal(&text, &mut rng).unwrap();
        assert!(vault.open(&file).unwrap() == text);
        let runs: BTreeSet<&[u8]> = kept.windows(12).collect();
        assert!(!file.windows(12).any(|bytes| runs.contains(bytes)));
        files.push(file);
    }
    for file in &files {
        assert_eq!(file.len(), SIZE);
    }
    assert_eq!((SIZE, PLACE), (182_863, 22_848));
    assert_eq!(outbox.len(), 2);
}

#[test]
fn spec_16_5_the_head_of_the_outbox_goes_in_the_place_of_cover_and_nothing_else_differs() {
    let scheme = Scheme::new(NOW);
    let head = queued(&scheme, Wish::Soon, 1).begin(NOW, AGAIN, &mut rng(2));
    let nothing = Outbox::new().begin(NOW, AGAIN, &mut rng(2));
    assert!(carries(&head) && !carries(&nothing));
    let (report, cell) = session(&scheme, &head, 3);
    let (cover, _) = session(&scheme, &nothing, 3);
    assert_eq!(report, cover);
    assert_eq!(report.len(), 6);
    assert_eq!(report[5], (Method::Post, wire::CELLS, SUBMISSION));
    let opened = scheme.open(&cell.unwrap(), Slot::Scheme).unwrap();
    assert_eq!(opened.report.incident.narrative, NARRATIVE);
}

#[test]
fn spec_16_5_reports_go_one_a_session_in_the_order_in_which_they_were_queued() {
    let scheme = Scheme::new(NOW);
    let mut outbox = Outbox::new();
    let texts = ["one", "three", "seventeen"];
    for text in texts {
        let letter = letter(&scheme, &draft(text));
        outbox.queue(letter, Wish::Soon, &mut rng(1)).unwrap();
    }
    for (n, text) in (0..).zip(texts) {
        let head = outbox.begin(NOW + n * HOUR, AGAIN, &mut rng(n));
        let (_, cell) = session(&scheme, &head, n);
        let opened = scheme.open(&cell.unwrap(), Slot::Scheme).unwrap();
        assert_eq!(opened.report.incident.narrative, text);
        outbox.settle(&head, CARRIED, NOW + n * HOUR);
    }
    assert!(!carries(&outbox.begin(NOW + 4 * HOUR, AGAIN, &mut rng(9))));
    assert_eq!(outbox.len(), 3, "they wait for their receipts");
}

#[test]
fn spec_16_6_a_report_is_sent_again_a_day_later_sealed_afresh_and_only_without_its_receipt() {
    let mut scheme = Scheme::new(NOW);
    let mut outbox = queued(&scheme, Wish::Soon, 1);
    let head = outbox.begin(NOW, AGAIN, &mut rng(1));
    let (_, first) = session(&scheme, &head, 1);
    // The session took ten minutes.
    outbox.settle(&head, CARRIED, NOW + 600);
    outbox.erase_arrived(&window(&scheme));
    // What a device reads again after a crash or a night is the same.
    let mut outbox = Outbox::from_bytes(&outbox.to_bytes()).unwrap();
    for hours in [1, 4, 12, 24] {
        let head = outbox.begin(NOW + hours * HOUR, AGAIN, &mut rng(hours));
        assert!(!carries(&head), "{hours} h");
    }
    assert!(!carries(&outbox.begin(
        NOW + 600 + AGAIN - 1,
        AGAIN,
        &mut rng(2)
    )));
    let head = outbox.begin(NOW + 600 + AGAIN, AGAIN, &mut rng(2));
    let (_, second) = session(&scheme, &head, 2);
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(Entry::of(&first).digest != Entry::of(&second).digest);
    let opened = scheme.open(&second, Slot::Scheme).unwrap();
    assert_eq!(opened.report.incident.narrative, NARRATIVE);
    outbox.settle(&head, CARRIED, NOW + 2 * AGAIN);

    // Hers stands beside another's bytes, and then beside her own.
    let mut forged = Entry::of(&second);
    forged.digest = [9; 32];
    scheme.publish(forged);
    outbox.erase_arrived(&window(&scheme));
    assert_eq!(outbox.len(), 1);
    scheme.publish(Entry::of(&first));
    outbox.erase_arrived(&window(&scheme));
    assert!(outbox.is_empty());
    assert!(outbox.to_bytes().iter().all(|byte| *byte == 0));
    assert!(!carries(&outbox.begin(NOW + 9 * AGAIN, AGAIN, &mut rng(3))));
}

#[test]
fn spec_16_6_a_device_that_dies_in_a_session_waits_a_day_and_one_that_posted_nothing_does_not() {
    let scheme = Scheme::new(NOW);
    let mut outbox = queued(&scheme, Wish::Soon, 1);
    let head = outbox.begin(NOW, AGAIN, &mut rng(1));
    let mut died = Outbox::from_bytes(&outbox.to_bytes()).unwrap();
    assert!(!carries(&died.begin(NOW + AGAIN - 1, AGAIN, &mut rng(2))));
    assert!(carries(&died.begin(NOW + AGAIN, AGAIN, &mut rng(2))));
    let nothing = Posted {
        posted: false,
        carried: false,
    };
    outbox.settle(&head, nothing, NOW);
    assert!(carries(&outbox.begin(NOW + HOUR, AGAIN, &mut rng(2))));
}

#[test]
fn spec_16_6_a_report_does_not_go_again_while_the_first_copy_may_be_on_its_way() {
    let mut scheme = Scheme::new(NOW);
    // One relay a layer.
    scheme.directory.relays.remove(0);
    let parameters = &scheme.directory.parameters;
    assert_eq!(parameters.mix.min_pool, 80);
    let traffic = |sessions: u64| Traffic {
        entries: sessions * 24 / u64::from(parameters.cover_deliver_one_in),
        seconds: 24 * HOUR,
    };
    // 80 packets at four an hour: 24 hours a pool with what is held, 202 for 99 in 100 of what crosses three.
    let quiet = again_by(&scheme.directory, Some(traffic(4)));
    let most = Wait::on_the_way(&scheme.directory, traffic(4))
        .unwrap()
        .most;
    assert!(most > 160 * HOUR);
    assert_eq!(quiet, most + parameters.publish_ms / 1_000 + 8 * HOUR);
    let busy = again_by(&scheme.directory, Some(traffic(5_000)));
    assert_eq!(busy, AGAIN);
    let unknown = again_by(&scheme.directory, None);
    assert_eq!(unknown, again(&State::new(scheme.invitation())));
    assert_eq!(unknown, 6 * 24 * HOUR);

    let mut outbox = queued(&Scheme::new(NOW), Wish::Soon, 1);
    let head = outbox.begin(NOW, unknown, &mut rng(1));
    outbox.settle(&head, CARRIED, NOW);
    // What is known by now counts.
    for at in [AGAIN, unknown, quiet - 1] {
        assert!(!carries(&outbox.begin(NOW + at, quiet, &mut rng(1))));
    }
    assert!(carries(&outbox.begin(NOW + quiet, quiet, &mut rng(1))));
}

#[test]
fn spec_16_6_a_clock_that_was_ahead_does_not_keep_a_report_back() {
    let mut outbox = queued(&Scheme::new(NOW), Wish::Soon, 1);
    let ahead = NOW + 1_000 * AGAIN;
    let head = outbox.begin(ahead, AGAIN, &mut rng(1));
    // The session set it right, or the next one does.
    let mut later = Outbox::from_bytes(&outbox.to_bytes()).unwrap();
    outbox.settle(&head, CARRIED, NOW);
    later.settle(&head, CARRIED, ahead);
    for outbox in [&mut outbox, &mut later] {
        assert!(!carries(&outbox.begin(NOW, AGAIN, &mut rng(1))));
        assert!(!carries(&outbox.begin(NOW + AGAIN - 1, AGAIN, &mut rng(1))));
        assert!(carries(&outbox.begin(NOW + AGAIN, AGAIN, &mut rng(1))));
    }
}

#[test]
fn what_cannot_be_sealed_lets_the_others_go_first_and_is_not_lost() {
    let scheme = Scheme::new(NOW);
    let mut outbox = queued(&scheme, Wish::Soon, 1);
    let other = letter(&scheme, &draft("other"));
    outbox.queue(other, Wish::Soon, &mut rng(1)).unwrap();
    let head = outbox.begin(NOW, AGAIN, &mut rng(1));
    let unsealed = Posted {
        posted: true,
        carried: false,
    };
    outbox.settle(&head, unsealed, NOW);
    for (n, text) in (1..).zip(["other", NARRATIVE]) {
        let head = outbox.begin(NOW + n, AGAIN, &mut rng(n));
        let (_, cell) = session(&scheme, &head, n);
        let opened = scheme.open(&cell.unwrap(), Slot::Scheme).unwrap();
        assert_eq!(opened.report.incident.narrative, text);
        outbox.settle(&head, CARRIED, NOW + n);
    }
}

#[test]
fn spec_16_7_within_a_day_is_one_of_the_next_six_sessions_evenly_drawn() {
    let scheme = Scheme::new(NOW);
    let letter = letter(&scheme, &draft(NARRATIVE));
    let mut drawn = [0; 6];
    let mut rng = rng(5);
    for _ in 0..1_200 {
        let mut outbox = Outbox::new();
        let day = Wish::Day;
        outbox.queue(Arc::clone(&letter), day, &mut rng).unwrap();
        let mut passed = 0;
        while !carries(&outbox.begin(NOW + HOUR, AGAIN, &mut rng)) {
            passed += 1;
        }
        drawn[passed] += 1;
        let mut outbox = Outbox::new();
        let soon = Wish::Soon;
        outbox.queue(Arc::clone(&letter), soon, &mut rng).unwrap();
        assert!(carries(&outbox.begin(NOW + HOUR, AGAIN, &mut rng)));
    }
    // Binomial(1200, 1/6): 13 a standard deviation, five either way.
    let even = |n: &i32| (135..265).contains(n);
    assert!(drawn.iter().all(even), "{drawn:?}");
}

#[test]
fn a_full_outbox_says_what_to_do_and_keeps_what_it_has() {
    let scheme = Scheme::new(NOW);
    let letter = letter(&scheme, &draft(NARRATIVE));
    let mut outbox = Outbox::new();
    for _ in 0..PLACES {
        outbox.has_room().unwrap();
        outbox
            .queue(Arc::clone(&letter), Wish::Day, &mut rng(1))
            .unwrap();
    }
    let before = outbox.to_bytes();
    let refused = outbox.queue(letter, Wish::Soon, &mut rng(1)).unwrap_err();
    assert_eq!(outbox.has_room(), Err(refused));
    assert!(refused.to_string().contains("without --queue"), "{refused}");
    assert!(outbox.to_bytes() == before);
}

#[test]
fn spec_16_8_a_wrong_passphrase_opens_nothing() {
    let mut rng = rng(1);
    let scheme = Scheme::new(NOW);
    let vault = Vault::create(b"umbrella", Cost::STANDARD, &mut rng).unwrap();
    let text = queued(&scheme, Wish::Soon, 1).to_bytes();
    let file = vault.seal(&text, &mut rng).unwrap();
    let wrong = Vault::unlock(&file, b"umbrela").map(|_| ());
    assert_eq!(wrong, Err(VaultError::Passphrase));
    let (_, opened) = Vault::unlock(&file, b"umbrella").unwrap();
    assert!(opened == text);
}

#[test]
fn a_text_that_is_no_outbox_is_refused() {
    let scheme = Scheme::new(NOW);
    let good = queued(&scheme, Wish::Day, 1).to_bytes();
    let refused = |bytes: &[u8]| assert!(Outbox::from_bytes(bytes).is_err());
    refused(&good[1..]);
    refused(&[]);
    // Used, wish, a desk that is chosen or not, and what fills a place up.
    for at in [0, 5, 15 + 32, PLACE - 1, PLACE, PLACE + 9] {
        let mut changed = good.to_vec();
        changed[at] = 2;
        refused(&changed);
    }
}

#[test]
fn spec_16_15_what_waits_is_listed_and_one_that_is_withdrawn_never_goes() {
    let scheme = Scheme::new(NOW);
    let mut outbox = Outbox::new();
    for narrative in ["one", "another"] {
        let letter = letter(&scheme, &draft(narrative));
        outbox.queue(letter, Wish::Soon, &mut rng(1)).unwrap();
    }
    let numbers = |outbox: &Outbox| {
        let waiting = outbox.waiting();
        waiting
            .iter()
            .map(|one| (one.number, one.sent))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&outbox), [(1, None), (2, None)]);
    assert!(!outbox.withdraw(3));
    assert!(outbox.withdraw(1));
    assert!(!outbox.withdraw(1));
    assert_eq!(numbers(&outbox), [(2, None)]);
    let head = outbox.begin(NOW, AGAIN, &mut rng(2));
    outbox.settle(&head, CARRIED, NOW);
    assert_eq!(numbers(&outbox), [(2, Some(NOW))]);
    let (_, cell) = session(&scheme, &head, 3);
    let opened = scheme.open(&cell.unwrap(), Slot::Scheme).unwrap();
    assert_eq!(opened.report.incident.narrative, "another");
    assert!(outbox.withdraw(2));
    let head = outbox.begin(NOW + 30 * DAY, AGAIN, &mut rng(4));
    assert!(!carries(&head));
    let kept = Outbox::from_bytes(&outbox.to_bytes()).unwrap();
    assert!(kept.is_empty());
}

#[test]
fn spec_16_15_a_report_whose_desk_has_no_key_says_so() {
    let scheme = Scheme::new(NOW);
    let ready = letter(&scheme, &draft(NARRATIVE));
    let week = Epoch::at(NOW, scheme.directory.parameters.desk_epoch);
    assert_eq!(ready.without_key(week, &scheme.known_keys()).count(), 0);
    let none = ready.without_key(week, &Keys::new()).count();
    assert_eq!(none, ready.desks().count());
    assert!(none > 0);
}
