//! When a client is heard of: nothing here depends on what it learns or on what anybody types (SPEC §16).
//!
//! ```text
//! installed  |   ·       |       ·   |·          |     ·     |      one session in each interval of four hours, at a random time
//! page       open · slot   · slot      · slot  close · last     a session at once, the next 30 s to 3 min after it, one last cell
//! ```

use rand::RngExt;
use rand_core::CryptoRng;

/// The installed client's schedule: a session at a random time of each interval, for as long as it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steady {
    interval: u64,
    ends: u64,
    due: u64,
}

impl Steady {
    /// Milliseconds: six sessions a day.
    pub const INTERVAL: u64 = 4 * 3_600_000;
    /// Sessions among which one is drawn for a report that may take a day.
    pub const SESSIONS_A_DAY: u32 = 6;
    /// Milliseconds after which a session that did not begin is left out.
    pub const LATE: u64 = 120_000;

    /// Begins at `now`; both in milliseconds, by a clock that nobody sets.
    pub fn new(interval: u64, now: u64, rng: &mut impl CryptoRng) -> Self {
        let interval = interval.max(1);
        Self {
            interval,
            ends: now.saturating_add(interval),
            due: now.saturating_add(rng.random_range(0..interval)),
        }
    }

    /// When [`Steady::handle_timeout`] wants to be called next.
    pub fn poll_timeout(&self) -> u64 {
        self.due
    }

    /// Whether a session begins now. Who slept through one begins anew: nothing is made up for.
    pub fn handle_timeout(&mut self, now: u64, rng: &mut impl CryptoRng) -> bool {
        if now < self.due {
            return false;
        }
        if now - self.due > Self::LATE {
            *self = Self::new(self.interval, now, rng);
            return false;
        }
        self.due = self.ends.saturating_add(rng.random_range(0..self.interval));
        self.ends = self.ends.saturating_add(self.interval);
        true
    }
}

/// One visit to a page: from when it comes into view until it is hidden or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    next: Event,
    due: u64,
    begins: u64,
}

/// What a page does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A session begins: everything but its cell.
    Begin,
    /// Its cell: the head of the outbox, or cover.
    Slot,
}

impl Visit {
    /// Milliseconds from a session's beginning within which its cell is sent.
    pub const SLOT: u64 = 30_000;
    /// Milliseconds from the beginning of one session to that of the next, at least.
    pub const SOONEST: u64 = 30_000;
    /// The same at most.
    pub const LATEST: u64 = 180_000;

    /// The page comes into view at `now` (milliseconds), and a session is due.
    pub fn new(now: u64) -> Self {
        Self {
            next: Event::Begin,
            due: now,
            begins: now,
        }
    }

    /// When [`Visit::handle_timeout`] wants to be called next.
    pub fn poll_timeout(&self) -> u64 {
        self.due
    }

    /// What is due then.
    pub fn poll_event(&self) -> Event {
        self.next
    }

    /// What is due now, if anything. A page that was asleep does what is due once.
    pub fn handle_timeout(&mut self, now: u64, rng: &mut impl CryptoRng) -> Option<Event> {
        if now < self.due {
            return None;
        }
        let event = self.next;
        match event {
            Event::Begin => {
                self.next = Event::Slot;
                self.due = now.saturating_add(rng.random_range(0..Self::SLOT));
                let gap = rng.random_range(Self::SOONEST..=Self::LATEST);
                self.begins = now.saturating_add(gap);
            }
            Event::Slot => {
                self.next = Event::Begin;
                self.due = self.begins.max(now);
            }
        }
        Some(event)
    }

    /// The page is hidden or closed: one last cell goes out, whatever went before.
    #[must_use = "the last cell has to be sent"]
    pub fn close(self) -> Event {
        Event::Slot
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const HOUR: u64 = 3_600_000;

    fn steady(seed: u64, until: u64) -> Vec<u64> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut steady = Steady::new(Steady::INTERVAL, 0, &mut rng);
        let mut sessions = Vec::new();
        while steady.poll_timeout() < until {
            let now = steady.poll_timeout();
            assert!(!steady.handle_timeout(now - 1, &mut rng));
            assert!(steady.handle_timeout(now, &mut rng));
            sessions.push(now);
        }
        sessions
    }

    #[test]
    fn spec_16_1_an_installed_client_has_one_session_in_each_interval_at_a_random_time() {
        let mut hours = [0u32; 4];
        for seed in 0..200 {
            let sessions = steady(seed, 240 * HOUR);
            assert_eq!(sessions.len(), 60, "seed {seed}: six a day");
            for (n, at) in (0..).zip(&sessions) {
                assert_eq!(at / Steady::INTERVAL, n, "seed {seed}");
                hours[usize::try_from(at / HOUR % 4).unwrap()] += 1;
            }
        }
        // Binomial(12000, 1/4): 47 a standard deviation, six either way.
        assert!(
            hours.iter().all(|n| (2_718..3_282).contains(n)),
            "{hours:?}"
        );
    }

    #[test]
    fn spec_16_2_who_slept_makes_up_for_nothing() {
        for seed in 0..100 {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let mut steady = Steady::new(Steady::INTERVAL, 0, &mut rng);
            let woken = 50 * HOUR;
            assert!(!steady.handle_timeout(woken, &mut rng), "seed {seed}");
            assert!(steady.poll_timeout() >= woken);
            assert!(steady.poll_timeout() < woken + Steady::INTERVAL);
        }
    }

    #[test]
    fn spec_16_3_a_page_has_a_session_at_once_and_then_others_as_long_as_it_is_in_view() {
        for seed in 0..200 {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let mut visit = Visit::new(1_000);
            let (mut begun, mut slots) = (Vec::new(), Vec::new());
            while visit.poll_timeout() < HOUR {
                let now = visit.poll_timeout();
                assert_eq!(visit.handle_timeout(now.wrapping_sub(1), &mut rng), None);
                let due = visit.poll_event();
                assert_eq!(visit.handle_timeout(now, &mut rng), Some(due));
                match due {
                    Event::Begin => begun.push(now),
                    Event::Slot => slots.push(now),
                }
            }
            assert_eq!(begun[0], 1_000);
            for (begin, slot) in begun.iter().zip(&slots) {
                assert!((*begin..begin + Visit::SLOT).contains(slot), "seed {seed}");
            }
            for pair in begun.windows(2) {
                let gap = pair[1] - pair[0];
                assert!((Visit::SOONEST..=Visit::LATEST).contains(&gap), "{gap}");
            }
            assert_eq!(visit.close(), Event::Slot);
        }
    }

    #[test]
    fn spec_16_3_a_page_that_slept_does_what_is_due_once() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut visit = Visit::new(0);
        assert_eq!(visit.handle_timeout(0, &mut rng), Some(Event::Begin));
        let late = 10 * HOUR;
        assert_eq!(visit.handle_timeout(late, &mut rng), Some(Event::Slot));
        assert_eq!(visit.handle_timeout(late, &mut rng), Some(Event::Begin));
        // The next is the cell of the session that has begun, half a minute later at most.
        assert!((late..late + Visit::SLOT).contains(&visit.poll_timeout()));
    }
}
