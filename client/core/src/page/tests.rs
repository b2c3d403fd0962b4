use brolly_protocol::cell::Opened;
use brolly_protocol::log::Entry;
use brolly_protocol::report::Slot;
use brolly_protocol::schedule::Visit;
use brolly_protocol::token::request::Refusal;
use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::check::Stage;
use crate::compose::{Composed, Known, compose};
use crate::draft::Draft;
use crate::fake::{NOW, PROJECT, Scheme};
use crate::session::Method;
use crate::wait::Wait;

/// A page and the relay that serves it, under virtual time.
struct World {
    scheme: Scheme,
    page: Page<ChaCha20Rng>,
    rng: ChaCha20Rng,
    now: u64,
    latency: u64,
    status: u16,
    /// Whether the network is away.
    away: bool,
    flight: Option<(u64, Request)>,
    wire: Vec<Sent>,
    cells: Vec<Vec<u8>>,
}

/// When, what, and how many bytes.
type Sent = (u64, Method, &'static str, usize);

impl World {
    fn new(seed: u64) -> Self {
        let scheme = Scheme::new(NOW);
        let schedule = ChaCha20Rng::seed_from_u64(seed);
        let page = Page::open(scheme.invitation(), "127.0.0.1:1", 0, schedule).unwrap();
        Self {
            scheme,
            page,
            rng: ChaCha20Rng::seed_from_u64(seed + 1_000),
            now: 0,
            latency: 200,
            status: 202,
            away: false,
            flight: None,
            wire: Vec::new(),
            cells: Vec::new(),
        }
    }

    fn clock(&self) -> u64 {
        NOW + self.now / 1_000
    }

    fn send(&mut self, request: Request) {
        let Transmit {
            method, path, body, ..
        } = &request.transmit;
        self.wire.push((self.now, *method, path, body.len()));
        assert_eq!(request.outlives, *path == wire::CELLS);
        if request.outlives {
            self.cells.push(body.clone());
        }
        self.flight = Some((self.now + self.latency, request));
    }

    fn poll(&mut self) {
        if let Some(request) = self.page.poll_transmit() {
            assert!(self.page.poll_transmit().is_none(), "one at a time");
            self.send(request);
        }
    }

    fn run(&mut self, until: u64) {
        loop {
            self.poll();
            let answer = self.flight.as_ref().map(|(due, _)| *due);
            let due = self.page.poll_timeout();
            let Some(next) = [answer, due].into_iter().flatten().min() else {
                break;
            };
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            if answer == Some(next) {
                self.answer();
            } else {
                let (now, clock) = (self.now, self.clock());
                self.page.handle_timeout(now, clock, &mut self.rng);
            }
        }
        self.now = until;
    }

    fn answer(&mut self) {
        let (_, Request { id, transmit, .. }) = self.flight.take().unwrap();
        let clock = self.clock();
        if self.away {
            return self.page.handle_failure(id, clock, &mut self.rng);
        }
        let (status, body) = match transmit.path {
            wire::DIRECTORY => (200, self.scheme.in_force()),
            wire::KEYS => (200, self.scheme.keys()),
            wire::WINDOW => (200, self.scheme.window()),
            wire::ALERTS => (200, self.scheme.alerts()),
            wire::TOKENS => (200, self.scheme.tokens(&transmit.body)),
            _ => (self.status, Vec::new()),
        };
        let rng = &mut self.rng;
        self.page.handle_reply(id, clock, status, &body, rng);
    }

    /// Hides or closes it: whether a last cell went at once.
    fn close(&mut self) -> bool {
        let (clock, rng) = (self.clock(), &mut self.rng);
        let last = self.page.close(clock, rng);
        if let Some(request) = last {
            self.send(request);
            return true;
        }
        false
    }

    fn submit(&mut self, narrative: &str) -> Composed {
        let composed = composed(&self.scheme, narrative);
        let letter = composed.letter.clone();
        self.page.submit(letter, &mut self.rng).unwrap();
        composed
    }

    /// What the scheme's desk reads in a cell.
    fn read(&self, cell: usize) -> Option<Opened> {
        let entrance = self.page.entrance().key;
        let cell = self.scheme.carry(entrance, self.cells.get(cell)?)?;
        self.scheme.open(&cell, Slot::Scheme).ok()
    }

    /// The cells that carry a report.
    fn carrying(&self) -> Vec<usize> {
        let carries = |cell: &usize| self.read(*cell).is_some();
        (0..self.cells.len()).filter(carries).collect()
    }

    fn fates(&self) -> Vec<Fate> {
        self.page.progress().iter().map(|one| one.fate).collect()
    }

    fn paths(&self) -> Vec<&'static str> {
        self.wire.iter().map(|(_, _, path, _)| *path).collect()
    }
}

fn composed(scheme: &Scheme, narrative: &str) -> Composed {
    let mut draft = Draft::default();
    draft.incident.narrative = narrative.to_owned();
    let known = Known {
        directory: &scheme.directory,
        keys: &scheme.known_keys(),
        read: &|_| None,
    };
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    compose(&draft, None, &known, PROJECT, NOW, &mut rng).unwrap()
}

const MINUTE: u64 = 60_000;
const FIRST: [&str; 7] = [
    wire::DIRECTORY,
    wire::KEYS,
    wire::WINDOW,
    wire::ALERTS,
    wire::TOKENS,
    wire::TOKENS,
    wire::CELLS,
];

#[test]
fn spec_16_10_reporting_and_reading_visits_make_the_same_requests_of_the_same_sizes_at_the_same_times()
 {
    for seed in 0..3 {
        let traces = [None, Some("short"), Some(&*"long ".repeat(4_000))].map(|narrative| {
            let mut world = World::new(seed);
            // Whatever is drawn for what a cell carries changes nothing either.
            world.rng = ChaCha20Rng::seed_from_u64(rand_seed(narrative));
            world.run(2 * MINUTE);
            if let Some(narrative) = narrative {
                world.submit(narrative);
                world.submit("another");
            }
            world.run(6 * MINUTE + seed * 7_000);
            world.close();
            world.run(8 * MINUTE);
            world.page.shown(world.now);
            world.run(10 * MINUTE);
            let reports = match narrative {
                Some(_) => 2,
                None => 0,
            };
            assert_eq!(world.carrying().len(), reports, "seed {seed}");
            world.wire
        });
        let [reading, reporting, at_length] = traces;
        assert!(reading.len() > 25, "{}", reading.len());
        assert_eq!(reading, reporting, "seed {seed}");
        assert_eq!(reading, at_length, "seed {seed}");
    }
}

fn rand_seed(narrative: Option<&str>) -> u64 {
    narrative.map_or(7, |words| u64::try_from(words.len()).unwrap())
}

#[test]
fn spec_16_11_a_visits_first_session_asks_for_tokens_twice_and_the_others_once() {
    let mut world = World::new(4);
    world.run(10 * MINUTE);
    let paths = world.paths();
    let rest = paths.strip_prefix(&FIRST).unwrap();
    assert!(rest.len() > 12);
    for session in rest.chunks(6) {
        let mut other = FIRST.to_vec();
        other.remove(4);
        assert!(other.starts_with(session), "{session:?}");
    }
}

#[test]
fn spec_16_12_a_page_that_is_hidden_or_closed_at_any_time_sends_one_last_cell_with_what_waits() {
    let mut none = 0;
    for at in (0..5 * MINUTE).step_by(13_700) {
        for hands_in in [true, false] {
            let mut world = World::new(9);
            world.run(at);
            let tokens = world.flight.is_none() || world.paths().len() > 5;
            let before = world.cells.len();
            let on_its_way = world.page.under_way.is_some_and(|asked| asked.cell);
            if hands_in {
                world.submit("straight after send");
            }
            let sent = world.close();
            assert_eq!(sent, tokens && at > 0 && !on_its_way, "at {at}");
            world.run(at + 20 * MINUTE);
            match tokens && at > 0 {
                true => {
                    assert_eq!(world.cells.len(), before + 1, "at {at}");
                    let carrying = world.carrying();
                    assert_eq!(carrying, Vec::from_iter(hands_in.then_some(before)));
                    assert_eq!(
                        world.fates(),
                        Vec::from_iter(hands_in.then_some(Fate::Taken))
                    );
                }
                false => {
                    none += 1;
                    assert_eq!(world.cells.len(), 0);
                    assert_eq!(world.page.is_unsent(), hands_in);
                }
            }
        }
    }
    assert_eq!(none, 2, "only before the first tokens");
}

#[test]
fn spec_16_12_a_page_that_is_closed_while_a_cell_is_on_its_way_sends_the_last_one_after_it() {
    let mut world = World::new(2);
    while world.cells.is_empty() {
        world.run(world.now + 100);
    }
    world.submit("words");
    assert!(!world.close());
    assert!(!world.close(), "once");
    world.run(world.now + MINUTE);
    assert_eq!((world.cells.len(), world.carrying()), (2, vec![1]));
    // And nothing after it, until it is shown.
    world.run(world.now + 60 * MINUTE);
    assert_eq!(world.cells.len(), 2);
    world.page.shown(world.now);
    world.run(world.now + MINUTE);
    let paths = world.paths();
    assert_eq!(
        paths
            .iter()
            .rev()
            .take(7)
            .rev()
            .copied()
            .collect::<Vec<_>>(),
        FIRST
    );
}

#[test]
fn spec_16_13_what_was_handed_out_is_not_sent_again_whatever_is_answered() {
    for (away, status) in [(true, 202), (false, 503)] {
        let mut world = World::new(3);
        world.run(10_000);
        while world.cells.is_empty() {
            world.run(world.now + 1_000);
        }
        world.submit("words");
        world.status = status;
        let before = world.cells.len();
        while world.cells.len() == before {
            world.run(world.now + 100);
        }
        assert_eq!(world.fates(), [Fate::Sending]);
        world.away = away;
        world.run(world.now + 1_000);
        assert_eq!(world.fates(), [Fate::Unsure]);
        assert!(world.page.problem().is_some() && !world.page.is_unsent());
        (world.away, world.status) = (false, 202);
        world.run(world.now + 20 * MINUTE);
        world.close();
        assert!(world.cells.len() > before + 5);
        assert_eq!(world.carrying(), [before]);
    }
}

#[test]
fn spec_16_13_what_could_not_be_handed_out_waits_for_a_later_cell() {
    let mut world = World::new(6);
    world.scheme.refusal = Some(Refusal::Busy);
    world.run(MINUTE);
    world.submit("words");
    world.run(4 * MINUTE);
    assert!(world.cells.is_empty() && world.page.is_unsent());
    assert!(matches!(
        world.page.problem(),
        Some(Problem::NotSent(NotSent::Tokens(_)))
    ));
    world.away = true;
    world.run(8 * MINUTE);
    assert_eq!(world.page.problem(), Some(&Problem::Away));
    assert!(world.page.away() > 0 && world.page.is_unsent());
    world.scheme.refusal = None;
    world.away = false;
    world.run(14 * MINUTE);
    assert_eq!(world.carrying(), [0]);
    assert_eq!((world.page.problem(), world.page.away()), (None, 0));
    assert_eq!(world.fates(), [Fate::Taken]);
}

#[test]
fn spec_16_14_half_of_what_is_sent_has_left_a_page_that_stays_open_within_a_minute() {
    let mut waits: Vec<u64> = (0..20_000)
        .map(|seed| {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let mut visit = Visit::new(0);
            // She presses "send" at a time that has nothing to do with the schedule.
            let send = rng.random_range(5 * MINUTE..30 * MINUTE);
            loop {
                let now = visit.poll_timeout();
                let event = visit.handle_timeout(now, &mut rng);
                if now >= send && event == Some(Event::Slot) {
                    return now - send;
                }
            }
        })
        .collect();
    waits.sort_unstable();
    // The cell is on its way for a second or two: 32 KiB.
    let told = Wait::for_a_page();
    for (told, found) in [(told.half, waits[10_000]), (told.most, waits[19_800])] {
        assert!(told.abs_diff(found / 1_000) <= 2, "{told}, {found}");
    }
    assert!(told.half <= 58, "{told:?}");
}

#[test]
fn spec_16_14_a_report_leaves_with_the_next_cell() {
    for seed in 0..4 {
        let mut world = World::new(seed);
        world.run(2 * MINUTE + seed * 11_000);
        let before = world.cells.len();
        world.submit("words");
        world.run(world.now + 4 * MINUTE);
        assert_eq!(world.carrying(), [before], "seed {seed}");
    }
}

#[test]
fn spec_12_3_after_logs_that_forked_a_page_sends_nothing_not_even_a_last_cell() {
    let mut world = World::new(5);
    world.scheme.publish(Entry {
        tag: [1; 16],
        digest: [1; 32],
    });
    world.run(MINUTE);
    let seen = world.wire.len();
    world.scheme.reports.clear();
    world.submit("words");
    world.run(4 * MINUTE);
    assert!(matches!(
        world.page.problem(),
        Some(Problem::Refused(SessionError::Log(_)))
    ));
    let cells = world.cells.len();
    assert!(world.wire.len() > seen);
    assert!(!world.close());
    assert_eq!(world.cells.len(), cells);
    assert!(world.carrying().is_empty() && world.page.is_unsent());
}

#[test]
fn what_was_submitted_is_followed_until_it_is_in_the_log_and_then_its_words_are_gone() {
    let mut world = World::new(8);
    world.run(MINUTE);
    world.submit("words");
    assert_eq!(world.fates(), [Fate::Waiting]);
    world.run(5 * MINUTE);
    let cell = world.carrying()[0];
    let entrance = world.page.entrance().key;
    let cell = world.scheme.carry(entrance, &world.cells[cell]).unwrap();
    let standing = |world: &World| world.page.progress().remove(0).standing.unwrap();
    assert_eq!(standing(&world).stage(), Stage::NotPublished);
    assert_eq!(world.page.outbox.len(), 1);
    world.scheme.publish(Entry::of(&cell));
    world.run(9 * MINUTE);
    assert_eq!(standing(&world).stage(), Stage::InLog);
    assert_eq!(world.page.outbox.len(), 0);
}

#[test]
fn an_answer_that_is_no_longer_waited_for_changes_nothing() {
    let mut world = World::new(1);
    world.run(50);
    let (_, request) = world.flight.take().unwrap();
    world.close();
    let clock = world.clock();
    let (note, rng) = (world.scheme.in_force(), &mut world.rng);
    world.page.handle_reply(request.id, clock, 200, &note, rng);
    assert!(world.page.directory().is_none());
    assert_eq!(world.page.poll_transmit(), None);
    assert_eq!(world.page.poll_timeout(), None);
    world.page.handle_failure(request.id, clock, rng);
    assert_eq!(world.page.away(), 0);
}

#[test]
fn a_page_knows_its_relay_by_the_invitation() {
    let invitation = Scheme::new(NOW).invitation_to(vec!["Entry.example:443".to_owned()]);
    let open = |host: &str| {
        let rng = ChaCha20Rng::seed_from_u64(1);
        Page::open(invitation.clone(), host, 0, rng).map(drop)
    };
    for host in ["entry.example", "entry.example:443"] {
        assert_eq!(open(host), Ok(()));
    }
    for host in ["entry.example:4433", "other.example", ""] {
        assert_eq!(open(host), Err(Elsewhere));
    }
}
