//! Who is there and what they do: the behaviour model of SPEC §17.2.

use brolly_protocol::geometry::LAYERS;
use brolly_protocol::schedule::{Event, Steady, Visit};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::world::Sent;
use super::{HOUR, MINUTE};

/// A crowd's cells in order of time, and whose each is.
#[derive(Debug, Default)]
pub struct Crowd {
    /// Cells as the relays get them.
    pub cells: Vec<Sent>,
    /// Of each cell: its session.
    pub session: Vec<u32>,
    /// Of each cell: its device, or its visit.
    pub owner: Vec<u32>,
    /// Of each cell: how likely it is, beside the others, that a report goes with it rather than with another, before
    /// anything is seen of the relays.
    pub prior: Vec<f64>,
    /// Of each session: how many cells it sent.
    pub in_session: Vec<u32>,
    /// Of each cell: whether whoever watches knows that no report is in it: a relay's canary, or a cell of his own.
    pub known: Vec<bool>,
    /// Whether the entry that a cell goes to tells the sender's area.
    pub by_area: bool,
    /// Of each owner: where she is.
    pub area: Vec<u16>,
    /// Reports under way: the cell, and when she pressed "send".
    pub reports: Vec<(u32, u64)>,
}

/// How people behave on the page. Lengths are medians of log-normal distributions, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behaviour {
    /// How long somebody who reads or looks up stays.
    pub reading: f64,
    /// How long somebody who reports takes until she presses "send".
    pub writing: f64,
    /// The share of those who then close the page at once.
    pub leaves_at_once: f64,
    /// How long the others stay, on average (exponential).
    pub lingering: f64,
    /// One visit in this many is a report's.
    pub one_in: u32,
}

/// The standard deviation of the logarithm of both lengths.
const SPREAD: f64 = 0.8;
/// Areas that everybody is spread over.
pub const AREAS: u16 = 40;

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            reading: 3.0 * MINUTE as f64,
            writing: 10.0 * MINUTE as f64,
            leaves_at_once: 0.5,
            lingering: 2.0 * MINUTE as f64,
            one_in: 100,
        }
    }
}

/// Sessions at random times, each of one cell, `rate(t)` an hour at the time `t`: what the page is by session.
pub fn sessions(rate: &dyn Fn(u64) -> f64, most: f64, until: u64, rng: &mut ChaCha8Rng) -> Crowd {
    let mut crowd = Crowd::default();
    let mut now = 0.0;
    loop {
        now += exponential(HOUR as f64 / most, rng);
        if now >= until as f64 {
            break;
        }
        if rng.random_range(0.0..most) < rate(now as u64) {
            let owner = crowd.area.len() as u32;
            crowd.area.push(rng.random_range(0..AREAS));
            crowd.push(now as u64, owner, owner, 1.0);
        }
    }
    crowd.everyone_reports();
    crowd
}

/// Sessions at random times that send two cells each within three minutes: two copies of everything.
pub fn pairs(rate: f64, until: u64, rng: &mut ChaCha8Rng) -> Crowd {
    let mut crowd = sessions(&|_| rate, rate, until, rng);
    let first = std::mem::take(&mut crowd.cells);
    let mut cells: Vec<(u64, u32)> = (0u32..)
        .zip(first)
        .flat_map(|(session, cell)| {
            let second = cell.at + rng.random_range(1..3 * MINUTE);
            [(cell.at, session), (second, session)]
        })
        .collect();
    cells.sort_unstable();
    let mut both = Crowd {
        area: crowd.area,
        ..Crowd::default()
    };
    for (at, session) in cells {
        both.push(at, session, session, 1.0);
    }
    both.everyone_reports();
    both
}

/// Installed clients on the steady schedule. `share_asleep` of the devices sleep for half of the time, hours at a stretch.
pub fn installed(
    devices: u32,
    share_asleep: f64,
    until: u64,
    wish: Wish,
    rng: &mut ChaCha8Rng,
) -> Crowd {
    let mut crowd = Crowd::default();
    let mut cells = Vec::new();
    for device in 0..devices {
        crowd.area.push(rng.random_range(0..AREAS));
        let sleeps = rng.random_bool(share_asleep);
        let begun = rng.random_range(0..Steady::INTERVAL);
        let mut steady = Steady::new(Steady::INTERVAL, begun, rng);
        let mut wakes = begun;
        let mut dozes = begun + stretch(sleeps, rng);
        // Reports are as likely to be written at one time as at another: a session carries those since the one before it.
        let mut before = 0;
        let mut gaps = [0.0; Steady::SESSIONS_A_DAY as usize];
        loop {
            let due = steady.poll_timeout().max(wakes);
            if due >= until {
                break;
            }
            if due >= dozes {
                wakes = dozes + stretch(sleeps, rng);
                dozes = wakes + stretch(sleeps, rng);
                continue;
            }
            if steady.handle_timeout(due, rng) {
                gaps.rotate_right(1);
                gaps[0] = (due - before) as f64;
                before = due;
                let prior = match wish {
                    Wish::Soon => gaps[0],
                    Wish::WithinADay => gaps.iter().sum::<f64>() / gaps.len() as f64,
                };
                cells.push((due, device, prior));
            }
        }
    }
    cells.sort_by_key(|(at, ..)| *at);
    for (at, device, prior) in cells {
        let session = crowd.cells.len() as u32;
        crowd.push(at, session, device, prior);
    }
    crowd.reports_of_devices(wish, until, rng);
    crowd
}

/// When a report is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wish {
    /// With the next session.
    Soon,
    /// With one of the next six.
    WithinADay,
}

/// Visits to the page at random times, so many that there are `sessions_an_hour`. `believed` is what whoever watches takes
/// people's behaviour to be.
pub fn visits(
    sessions_an_hour: f64,
    behaviour: &Behaviour,
    believed: &Behaviour,
    until: u64,
    rng: &mut ChaCha8Rng,
) -> Crowd {
    let mut crowd = Crowd::default();
    let a_visit = sessions_a_visit(behaviour, rng);
    let mut cells = Vec::new();
    let mut reports = Vec::new();
    let (mut now, mut sessions) = (0.0, 0u32);
    loop {
        now += exponential(HOUR as f64 * a_visit / sessions_an_hour, rng);
        if now >= until as f64 {
            break;
        }
        let visit = crowd.area.len() as u32;
        crowd.area.push(rng.random_range(0..AREAS));
        let reports_now = rng.random_ratio(1, behaviour.one_in);
        let writes = log_normal(behaviour.writing, rng);
        let stays = match reports_now {
            false => log_normal(behaviour.reading, rng),
            true if rng.random_bool(behaviour.leaves_at_once) => writes,
            true => writes + exponential(behaviour.lingering, rng),
        };
        let opened = now as u64;
        let closed = opened + stays as u64;
        let (times, begun) = seen(opened, closed, rng);
        let priors = believed.of_cells(opened, &times);
        let pressed = opened + writes as u64;
        let carries = times.iter().position(|(at, _)| *at >= pressed);
        for (place, ((at, session), prior)) in times.iter().zip(priors).enumerate() {
            let carries = reports_now && carries == Some(place);
            cells.push((
                *at,
                sessions + session,
                visit,
                prior,
                carries.then_some(pressed),
            ));
        }
        sessions += begun;
    }
    cells.sort_by_key(|(at, ..)| *at);
    for (at, session, visit, prior, pressed) in cells {
        if let Some(pressed) = pressed {
            reports.push((crowd.cells.len() as u32, pressed));
        }
        crowd.push(at, session, visit, prior);
    }
    crowd.reports = reports;
    crowd
}

/// What a visit looks like from outside: its cells, each with the number of its session within the visit, and how many
/// sessions there were.
fn seen(opened: u64, closed: u64, rng: &mut ChaCha8Rng) -> (Vec<(u64, u32)>, u32) {
    let mut visit = Visit::new(opened);
    let (mut cells, mut begun) = (Vec::new(), 0u32);
    while visit.poll_timeout() < closed {
        let now = visit.poll_timeout();
        match visit.handle_timeout(now, rng) {
            Some(Event::Begin) => begun += 1,
            Some(_) => cells.push((now, begun.saturating_sub(1))),
            None => {}
        }
    }
    begun = begun.max(1);
    let _last: Event = visit.close();
    cells.push((closed, begun - 1));
    (cells, begun)
}

fn sessions_a_visit(behaviour: &Behaviour, rng: &mut ChaCha8Rng) -> f64 {
    let drawn = 4_000;
    let begun: u32 = (0..drawn)
        .map(|_| seen(0, log_normal(behaviour.reading, rng) as u64, rng).1)
        .sum();
    f64::from(begun) / f64::from(drawn)
}

impl Behaviour {
    /// For each cell of a visit (the last one is that of its end): the likelihood that she who reports looks so and that the
    /// report is in this cell, beside the likelihood of anybody looking so.
    pub fn of_cells(&self, opened: u64, cells: &[(u64, u32)]) -> Vec<f64> {
        let Some((closed, _)) = cells.last() else {
            return Vec::new();
        };
        let stay = (closed - opened) as f64;
        let report = 1.0 / f64::from(self.one_in);
        let mut before = 0.0;
        let mut likelihoods = Vec::with_capacity(cells.len());
        for (at, _) in cells {
            let at = (at - opened) as f64;
            // Written in between, then lingered until the end.
            let steps = 8;
            let step = (at - before) / f64::from(steps);
            let lingered: f64 = (0..steps)
                .map(|n| before + (f64::from(n) + 0.5) * step)
                .map(|pressed| {
                    density(pressed, self.writing)
                        * self.density_of_lingering(stay - pressed)
                        * step
                })
                .sum();
            likelihoods.push((1.0 - self.leaves_at_once) * lingered);
            before = at;
        }
        if let Some(last) = likelihoods.last_mut() {
            *last += self.leaves_at_once * density(stay, self.writing);
        }
        let reporter: f64 = likelihoods.iter().sum();
        let anybody = (1.0 - report) * density(stay, self.reading) + report * reporter;
        likelihoods
            .into_iter()
            .map(|likelihood| likelihood / anybody.max(f64::MIN_POSITIVE))
            .collect()
    }

    fn density_of_lingering(&self, after: f64) -> f64 {
        (-after / self.lingering).exp() / self.lingering
    }
}

impl Crowd {
    fn push(&mut self, at: u64, session: u32, owner: u32, prior: f64) {
        self.cells.push(Sent {
            at,
            path: [0; LAYERS],
            canary: None,
        });
        self.session.push(session);
        let sessions = self.in_session.len().max(session as usize + 1);
        self.in_session.resize(sessions, 0);
        self.in_session[session as usize] += 1;
        self.owner.push(owner);
        self.prior.push(prior);
        self.known.push(false);
    }

    /// Adds the canaries of three relays: each sends one for every twelve packets that come in, 84 an hour at most (SPEC §8.12).
    #[must_use]
    pub fn with_canaries(self, until: u64, rng: &mut ChaCha8Rng) -> Self {
        let hours = until as f64 / HOUR as f64;
        // What the attacker sends calls for canaries as well.
        let canaries = f64::min(self.cells.len() as f64 / 3.0, 3.0 * 84.0 * hours);
        let others = self.known.iter().filter(|known| !**known).count();
        self.with_known(canaries / others.max(1) as f64, true, rng)
    }

    /// Adds so many cells for each that is there, within a minute of it, that everybody knows hold no report:
    /// canaries of a relay of any layer, or the attacker's own.
    #[must_use]
    pub fn with_known(self, for_each: f64, canaries: bool, rng: &mut ChaCha8Rng) -> Self {
        let mut order: Vec<(u64, Option<usize>)> = Vec::new();
        for (place, cell) in self.cells.iter().enumerate() {
            order.push((cell.at, Some(place)));
            if self.known[place] {
                continue;
            }
            let more = u32::from(rng.random_bool(for_each.fract()));
            for _ in 0..for_each.trunc() as u32 + more {
                order.push((cell.at + rng.random_range(0..MINUTE), None));
            }
        }
        order.sort_by_key(|(at, _)| *at);
        let mut moved = vec![0; self.cells.len()];
        let mut all = Self {
            area: self.area,
            in_session: self.in_session,
            ..Self::default()
        };
        for (at, place) in order {
            let number = all.cells.len();
            all.cells.push(Sent {
                at,
                path: [0; LAYERS],
                canary: match place {
                    Some(place) => self.cells[place].canary,
                    None => canaries.then(|| rng.random_range(0..LAYERS as u8)),
                },
            });
            let of = |list: &[u32]| place.map_or(0, |place| list[place]);
            all.session.push(of(&self.session));
            all.owner.push(of(&self.owner));
            all.prior.push(place.map_or(0.0, |place| self.prior[place]));
            all.known.push(place.is_none_or(|place| self.known[place]));
            if let Some(place) = place {
                moved[place] = number as u32;
            }
        }
        let reports = self.reports.into_iter();
        all.reports = reports
            .map(|(cell, pressed)| (moved[cell as usize], pressed))
            .collect();
        all
    }

    /// Without the cells and reports of a share of the owners, drawn by lot. Relays' canaries stay: who throws them away is
    /// noticed.
    #[must_use]
    pub fn without(self, share: f64, rng: &mut ChaCha8Rng) -> Self {
        let gone: Vec<bool> = self.area.iter().map(|_| rng.random_bool(share)).collect();
        let stays = |place: usize| self.known[place] || !gone[self.owner[place] as usize];
        let places: Vec<usize> = (0..self.cells.len())
            .filter(|place| stays(*place))
            .collect();
        let mut moved = vec![None; self.cells.len()];
        for (number, place) in (0u32..).zip(&places) {
            moved[*place] = Some(number);
        }
        let of = |list: &[u32]| places.iter().map(|place| list[*place]).collect();
        Self {
            cells: places.iter().map(|place| self.cells[*place]).collect(),
            session: of(&self.session),
            owner: of(&self.owner),
            prior: places.iter().map(|place| self.prior[*place]).collect(),
            known: places.iter().map(|place| self.known[*place]).collect(),
            reports: self
                .reports
                .iter()
                .filter_map(|(cell, pressed)| Some((moved[*cell as usize]?, *pressed)))
                .collect(),
            ..self
        }
    }

    /// Spreads the cells over `entries` entries: evenly, or by area.
    pub fn spread(&mut self, entries: u8, by_area: bool, rng: &mut ChaCha8Rng) {
        self.by_area = by_area;
        let cells = self.cells.iter_mut().zip(&self.owner).zip(&self.known);
        for ((cell, owner), known) in cells {
            cell.path[0] = match by_area && !known {
                true => (self.area[*owner as usize] % u16::from(entries)) as u8,
                false => rng.random_range(0..entries),
            };
        }
    }

    /// The cells of a device or visit, in order of time.
    pub fn cells_of(&self, owner: u32) -> Vec<u32> {
        let cells = (0u32..).zip(&self.owner);
        cells
            .filter(|(cell, whose)| **whose == owner && !self.known[*cell as usize])
            .map(|(cell, _)| cell)
            .collect()
    }

    /// What any cell carries cannot be seen, so each may stand for a report.
    fn everyone_reports(&mut self) {
        let cells = (0u32..).zip(&self.cells);
        self.reports = cells.map(|(id, cell)| (id, cell.at)).collect();
    }

    /// Every device reports four times, each at a random time before `until`.
    fn reports_of_devices(&mut self, wish: Wish, until: u64, rng: &mut ChaCha8Rng) {
        let mut of: Vec<Vec<u32>> = vec![Vec::new(); self.area.len()];
        for (id, owner) in (0u32..).zip(&self.owner) {
            of[*owner as usize].push(id);
        }
        for cells in of.iter().flat_map(|cells| [cells; 4]) {
            let pressed = rng.random_range(0..until);
            let skip = match wish {
                Wish::Soon => 0,
                Wish::WithinADay => rng.random_range(0..Steady::SESSIONS_A_DAY) as usize,
            };
            let at = |id: &&u32| self.cells[**id as usize].at >= pressed;
            let next = cells.iter().filter(at).nth(skip);
            self.reports.extend(next.map(|id| (*id, pressed)));
        }
    }
}

/// How long a device is awake, or asleep.
fn stretch(sleeps: bool, rng: &mut ChaCha8Rng) -> u64 {
    match sleeps {
        true => exponential(6.0 * HOUR as f64, rng) as u64 + 1,
        false => u64::MAX / 4,
    }
}

/// An exponential time.
pub fn exponential(mean: f64, rng: &mut ChaCha8Rng) -> f64 {
    -mean * (1.0 - rng.random_range(0.0..1.0f64)).ln()
}

fn log_normal(median: f64, rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random_range(0.0..1.0f64)).ln()).sqrt();
    let normal = radius * (std::f64::consts::TAU * rng.random_range(0.0..1.0f64)).cos();
    median * (SPREAD * normal).exp()
}

fn density(length: f64, median: f64) -> f64 {
    if length <= 0.0 {
        return 0.0;
    }
    let z = (length / median).ln() / SPREAD;
    (-z * z / 2.0).exp() / (length * SPREAD * std::f64::consts::TAU.sqrt())
}
