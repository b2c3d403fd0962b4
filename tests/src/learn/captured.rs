//! Sessions of the real programs on loopback, as a tap before the entry relay sees them.
//!
//! ```text
//!  sessions   brolly run, its outbox full ──┐ at once, one session   ┌ the k-th session carries the k-th report
//!             brolly run, its outbox empty ─┘ in each second of both └ cover: what a report must not be told from
//!  processes  brolly report against brolly cover and lookup: other programs, whose other work shows in the times
//! ```

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::trace::{Record, Trace};
use crate::scheme::Scheme;
use crate::tap::{Passage, Traffic, Way};

mod processes;
mod sessions;

pub use processes::processes;
pub use sessions::sessions;

/// What was seen of each kind.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// Of who reported.
    pub reporting: Vec<Trace>,
    /// Of who did not.
    pub reading: Vec<Trace>,
}

/// A report to write.
struct Draft {
    file: PathBuf,
    with_photo: bool,
}

impl Draft {
    /// One of three, with the photograph in one of three.
    fn draw(rng: &mut impl Rng) -> Self {
        let name = REPORTS.choose(rng).copied().unwrap_or_default();
        Self {
            file: [env!("CARGO_MANIFEST_DIR"), "reports", name]
                .iter()
                .collect(),
            with_photo: rng.random_range(0..3) == 0,
        }
    }

    /// The arguments of `brolly report`.
    fn arguments(&self, photo: &Path) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut arguments = ["report", "--yes", "--json", "--from"]
            .map(str::to_owned)
            .to_vec();
        arguments.push(text(&self.file));
        if self.with_photo {
            arguments.extend(["--photo".to_owned(), text(photo)]);
        }
        arguments
    }
}

fn entry(scheme: &Scheme) -> io::Result<Arc<Traffic>> {
    let entry = scheme.parties.first().map(|entry| entry.traffic.clone());
    entry.ok_or_else(|| io::Error::other("the scheme has no entry relay"))
}

fn is_closed(seen: &[Passage]) -> bool {
    seen.iter()
        .any(|one| one.way == Way::Inward && one.bytes == 0)
}

/// What the device sent and got, and when it hung up: the relay's own hanging up is left out.
fn trace(seen: &[Passage]) -> Trace {
    let begun = seen.first().map(|first| first.at);
    let visible = seen
        .iter()
        .filter(|one| one.way == Way::Inward || one.bytes > 0);
    let record = |one: &Passage| Record {
        at: begun.map_or(0, |begun| micros(begun, one.at)),
        way: one.way,
        bytes: u32::try_from(one.bytes).unwrap_or(u32::MAX),
    };
    Trace::new(visible.map(record).collect())
}

fn micros(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u64::MAX)
}

fn failed(what: &str, said: &[u8]) -> io::Error {
    io::Error::other(format!("{what}: {}", String::from_utf8_lossy(said).trim()))
}

const REPORTS: [&str; 3] = ["a.toml", "b.toml", "c.toml"];
/// Between two looks at what was watched.
const LOOK: Duration = Duration::from_millis(20);
