//! Sessions of the real programs on loopback, as a tap before the entry relay sees them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::Kind;
use super::trace::{Record, Trace};
use crate::binaries::Binaries;
use crate::picture;
use crate::scheme::{Plan, Scheme, Worker};
use crate::tap::{Passage, Traffic, Way};

/// What was seen of each kind.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// Of `brolly report`.
    pub reporting: Vec<Trace>,
    /// Of `brolly cover` and `brolly lookup`.
    pub reading: Vec<Trace>,
}

/// Starts a scheme in `folder` and runs `sessions` of each kind on one device in a random order. `done` is told after each.
///
/// # Errors
/// A sentence about what did not work.
pub fn capture(
    binaries: &Binaries,
    folder: &Path,
    sessions: usize,
    seed: u64,
    done: &dyn Fn(usize),
) -> io::Result<Captured> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut scheme = Scheme::start(binaries, folder, &Plan::default())?;
    let address = IpAddr::V4(Ipv4Addr::from(ADDRESS));
    let worker = scheme.worker("watched", address)?;
    let photo = folder.join("photograph.jpg");
    fs::write(&photo, picture::with_metadata()?.0)?;
    let mut kinds = [Kind::Reporting, Kind::Reading].repeat(sessions);
    kinds.shuffle(&mut rng);
    let entry = scheme.parties.first().map(|entry| entry.traffic.clone());
    let entry = entry.ok_or_else(|| io::Error::other("the scheme has no entry relay"))?;
    // The first of either also reads what no later one has to: directory, keys, programs.
    one(&worker, Kind::Reporting, &photo, &mut rng)?;
    one(&worker, Kind::Reading, &photo, &mut rng)?;
    entry.watch(address);
    for (n, kind) in kinds.iter().enumerate() {
        one(&worker, *kind, &photo, &mut rng)?;
        done(n + 1);
    }
    let connections = closed(&entry, kinds.len())?;
    scheme.stop();
    let mut captured = Captured::default();
    for (kind, trace) in kinds.iter().zip(connections) {
        match kind {
            Kind::Reporting => captured.reporting.push(trace),
            Kind::Reading => captured.reading.push(trace),
        }
    }
    Ok(captured)
}

fn one(worker: &Worker, kind: Kind, photo: &Path, rng: &mut ChaCha20Rng) -> io::Result<()> {
    let output = match kind {
        Kind::Reporting => {
            let draft = REPORTS.choose(rng).copied().unwrap_or_default();
            let draft: PathBuf = [env!("CARGO_MANIFEST_DIR"), "reports", draft]
                .iter()
                .collect();
            let (draft, photo) = (draft.to_string_lossy(), photo.to_string_lossy());
            let mut arguments = vec!["report", "--from", &draft, "--yes", "--json"];
            if rng.random_range(0..3) == 0 {
                arguments.extend(["--photo", &photo]);
            }
            worker.run(&arguments, "")?
        }
        Kind::Reading if rng.random() => worker.run(&["cover", "--json"], "")?,
        Kind::Reading => worker.run(&["lookup", "--json"], "07700 900123")?,
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!(
        "a session failed: {}",
        said.trim()
    )))
}

/// The watched connections in the order in which they began, when the device has closed the last of them.
fn closed(entry: &Traffic, wanted: usize) -> io::Result<Vec<Trace>> {
    let mut connections: BTreeMap<u64, Vec<Passage>> = BTreeMap::new();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        for passage in entry.watched() {
            connections
                .entry(passage.connection)
                .or_default()
                .push(passage);
        }
        let is_closed = |seen: &Vec<Passage>| {
            seen.iter()
                .any(|one| one.way == Way::Inward && one.bytes == 0)
        };
        if connections.len() == wanted && connections.values().all(is_closed) {
            return Ok(connections.into_values().map(|seen| trace(&seen)).collect());
        }
        thread::park_timeout(Duration::from_millis(20));
    }
    Err(io::Error::other(format!(
        "{wanted} sessions were made on {} connections: each must make one and close it",
        connections.len()
    )))
}

/// What the device sent and got, and when it hung up: the relay's own hanging up is left out.
fn trace(seen: &[Passage]) -> Trace {
    let begun = seen.first().map(|first| first.at);
    let visible = seen
        .iter()
        .filter(|one| one.way == Way::Inward || one.bytes > 0);
    let record = |one: &Passage| Record {
        at: begun.map_or(0, |begun| micros(one.at.saturating_duration_since(begun))),
        way: one.way,
        bytes: u32::try_from(one.bytes).unwrap_or(u32::MAX),
    };
    Trace::new(visible.map(record).collect())
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

const REPORTS: [&str; 3] = ["a.toml", "b.toml", "c.toml"];
/// Nobody else's.
const ADDRESS: [u8; 4] = [127, 77, 3, 9];
const PATIENCE: Duration = Duration::from_secs(10);
