//! Other ways of mixing, to compare with.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::people::exponential;
use super::world::Mix;

/// Stop-and-go (Kesdogan 1998; Loopix calls it Poisson mixing): each packet stays for an exponential time of its own.
pub struct StopAndGo {
    mean: u64,
    held: Vec<(u64, u32)>,
}

/// Threshold and timeout (CoverDrop): everything leaves when enough has come, or when the time is up.
pub struct Threshold {
    threshold: usize,
    timeout: u64,
    ends: u64,
    held: Vec<u32>,
    full: Option<u64>,
}

impl StopAndGo {
    /// A mix in which packets stay `mean` milliseconds on average.
    pub fn new(mean: u64) -> Self {
        Self {
            mean,
            held: Vec::new(),
        }
    }
}

impl Mix for StopAndGo {
    fn insert(&mut self, packet: u32, now: u64, rng: &mut ChaCha8Rng) {
        let leaves = now + exponential(self.mean as f64, rng) as u64 + 1;
        self.held.push((leaves, packet));
    }

    fn poll_timeout(&self) -> u64 {
        self.held
            .iter()
            .map(|(at, _)| *at)
            .min()
            .unwrap_or(u64::MAX)
    }

    fn handle_timeout(&mut self, now: u64, _: &mut ChaCha8Rng) -> Vec<u32> {
        let next = self.held.iter().enumerate().min_by_key(|(_, held)| **held);
        match next {
            Some((place, (at, packet))) if *at <= now => {
                let packet = *packet;
                self.held.swap_remove(place);
                vec![packet]
            }
            _ => Vec::new(),
        }
    }

    fn held(&self) -> usize {
        self.held.len()
    }
}

impl Threshold {
    /// A mix that sends everything on when it holds `threshold`, or `timeout` milliseconds after it last did.
    pub fn new(threshold: usize, timeout: u64, phase: u64) -> Self {
        Self {
            threshold,
            timeout,
            ends: phase + timeout,
            held: Vec::new(),
            full: None,
        }
    }

    /// A timed mix: everything leaves at each end of an interval (milliseconds).
    pub fn timed(interval: u64, phase: u64) -> Self {
        Self::new(usize::MAX, interval, phase)
    }
}

impl Mix for Threshold {
    fn insert(&mut self, packet: u32, now: u64, _: &mut ChaCha8Rng) {
        self.held.push(packet);
        if self.held.len() >= self.threshold {
            self.full = Some(now);
        }
    }

    fn poll_timeout(&self) -> u64 {
        self.full.unwrap_or(self.ends)
    }

    fn handle_timeout(&mut self, now: u64, rng: &mut ChaCha8Rng) -> Vec<u32> {
        if self.poll_timeout() > now {
            return Vec::new();
        }
        self.full = None;
        self.ends = now + self.timeout;
        self.held.shuffle(rng);
        std::mem::take(&mut self.held)
    }

    fn held(&self) -> usize {
        self.held.len()
    }
}

/// A relay's first tick falls anywhere within an interval.
pub fn phase(interval: u64, rng: &mut ChaCha8Rng) -> u64 {
    rng.random_range(0..interval.max(1))
}
