//! Programs that are started for one session each.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::{Captured, Draft, LOOK, entry, failed, is_closed, trace};
use crate::binaries::Binaries;
use crate::learn::Kind;
use crate::learn::trace::Trace;
use crate::picture;
use crate::scheme::{Plan, Scheme, Worker};
use crate::tap::{Passage, Traffic};

/// Starts a scheme in `folder` and runs `brolly report`, and `brolly cover` or `brolly lookup`, `wanted` times each on one
/// device in a random order. `done` is told after each.
///
/// What they do before and beside their sessions is not the same, and is not meant to be.
///
/// # Errors
/// A sentence about what did not work.
pub fn processes(
    binaries: &Binaries,
    folder: &Path,
    wanted: usize,
    seed: u64,
    done: &dyn Fn(usize),
) -> io::Result<Captured> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut scheme = Scheme::start(binaries, folder, &Plan::default())?;
    let address = IpAddr::V4(Ipv4Addr::from(ADDRESS));
    let worker = scheme.worker("watched", address)?;
    let photo = folder.join("photograph.jpg");
    fs::write(&photo, picture::with_metadata()?.0)?;
    let mut kinds = [Kind::Reporting, Kind::Reading].repeat(wanted);
    kinds.shuffle(&mut rng);
    let entry = entry(&scheme)?;
    // The first of either also reads what no later one has to: directory, keys, programs.
    one(&worker, Kind::Reporting, &photo, &mut rng)?;
    one(&worker, Kind::Reading, &photo, &mut rng)?;
    entry.watch(&[address]);
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
            let arguments = Draft::draw(rng).arguments(photo);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            worker.run(&arguments, "")?
        }
        Kind::Reading if rng.random() => worker.run(&["cover", "--json"], "")?,
        Kind::Reading => worker.run(&["lookup", "--json"], "07700 900123")?,
    };
    match output.status.success() {
        true => Ok(()),
        false => Err(failed("a session failed", &output.stderr)),
    }
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
        if connections.len() == wanted && connections.values().all(|seen| is_closed(seen)) {
            return Ok(connections.into_values().map(|seen| trace(&seen)).collect());
        }
        thread::park_timeout(LOOK);
    }
    Err(io::Error::other(format!(
        "{wanted} sessions were made on {} connections: each must make one and close it",
        connections.len()
    )))
}

/// Nobody else's.
const ADDRESS: [u8; 4] = [127, 77, 3, 9];
const PATIENCE: Duration = Duration::from_secs(10);
