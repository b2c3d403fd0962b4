//! Sessions of `brolly run`, which carry the head of the outbox or cover.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Captured, Draft, LOOK, entry, failed, is_closed, trace};
use crate::binaries::Binaries;
use crate::learn::Kind;
use crate::learn::trace::Trace;
use crate::picture;
use crate::scheme::{Plan, Scheme, Worker};
use crate::tap::{Passage, Traffic};

/// Starts a scheme in `folder` and watches rounds of four devices until there are `wanted` sessions of each kind. `done` is
/// told after each round how many of a kind there are.
///
/// Every device of a round joins anew, starts `brolly run` once to choose a passphrase, and is handed eight reports, as many as an outbox
/// holds. Then two of them, drawn by lot, get back the outbox that they had before: nothing waits there. Only then all four
/// start `brolly run`, and of each the first eight sessions are taken, so that a report is in every session of the one kind and
/// in none of the other.
///
/// # Errors
/// A sentence about what did not work; that a desk opened another number of reports than was watched, too.
pub fn sessions(
    binaries: &Binaries,
    folder: &Path,
    wanted: usize,
    seed: u64,
    done: &dyn Fn(usize),
) -> io::Result<Captured> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut scheme = Scheme::start(binaries, folder, &Plan::default())?;
    let shared = Shared::write(folder, scheme.invitation()?)?;
    let addresses = ADDRESSES.map(|address| IpAddr::V4(Ipv4Addr::from(address)));
    let worker = |address: &IpAddr| scheme.worker(&address.to_string(), *address);
    let workers: Vec<Worker> = addresses.iter().map(worker).collect::<io::Result<_>>()?;
    let entry = entry(&scheme)?;
    entry.watch(&addresses);
    let mut kinds = [
        Kind::Reporting,
        Kind::Reporting,
        Kind::Reading,
        Kind::Reading,
    ];
    let mut captured = Captured::default();
    let mut handed_over = 0;
    while captured.reading.len() < wanted {
        kinds.shuffle(&mut rng);
        prepare(&shared, &workers, &kinds, &mut rng)?;
        let before = entry.connections.load(Ordering::Relaxed);
        let start = |worker| Running::start(worker, &shared, "1");
        let running: Vec<Running> = workers.iter().map(start).collect::<io::Result<_>>()?;
        let seen = first(&entry, before, &addresses)?;
        for one in running {
            one.stop()?;
        }
        for (kind, traces) in kinds.iter().zip(seen) {
            match kind {
                Kind::Reporting => {
                    handed_over += traces.len();
                    captured.reporting.extend(traces);
                }
                Kind::Reading => captured.reading.extend(traces),
            }
        }
        done(captured.reading.len());
    }
    let opened = opened(&scheme, handed_over)?;
    scheme.stop();
    if opened != handed_over {
        return Err(io::Error::other(format!(
            "the desk opened {opened} reports of {handed_over} that were watched: the sessions are not what they are taken for"
        )));
    }
    captured.reporting.truncate(wanted);
    captured.reading.truncate(wanted);
    Ok(captured)
}

/// What every device is given.
struct Shared {
    invitation: String,
    photo: PathBuf,
    passphrase: String,
}

impl Shared {
    fn write(folder: &Path, invitation: String) -> io::Result<Self> {
        let photo = folder.join("photograph.jpg");
        fs::write(&photo, picture::with_metadata()?.0)?;
        let passphrase = folder.join("outbox-passphrase");
        fs::write(&passphrase, "a passphrase for what waits")?;
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            invitation,
            photo,
            passphrase: passphrase.to_string_lossy().into_owned(),
        })
    }
}

/// `brolly run`; killed where it is not stopped.
struct Running(Option<Child>);

impl Running {
    fn start(worker: &Worker, shared: &Shared, seconds: &str) -> io::Result<Self> {
        let arguments = [
            "run",
            "--interval-seconds",
            seconds,
            "--passphrase-file",
            &shared.passphrase,
        ];
        Ok(Self(Some(worker.start(&arguments)?)))
    }

    /// Reads what it says until it says that it runs.
    fn ready(&mut self) -> io::Result<()> {
        let stderr = self.0.as_mut().and_then(|child| child.stderr.as_mut());
        let said = stderr.map(BufReader::new).into_iter();
        for line in said.flat_map(BufRead::lines) {
            if line?.contains("running") {
                return Ok(());
            }
        }
        Err(io::Error::other("`brolly run` ended before it ran"))
    }

    /// Asks it to end. Every session that it had must have been held.
    fn stop(mut self) -> io::Result<()> {
        let Some(child) = self.0.take() else {
            return Ok(());
        };
        kill_process(Pid::from_child(&child), Signal::TERM)?;
        let output = child.wait_with_output()?;
        let held = !String::from_utf8_lossy(&output.stderr).contains("not-held");
        match output.status.success() && held {
            true => Ok(()),
            false => Err(failed("`brolly run` did not do well", &output.stderr)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // Gone already is as good as killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Makes all devices ready, at once.
fn prepare(
    shared: &Shared,
    workers: &[Worker],
    kinds: &[Kind],
    rng: &mut ChaCha20Rng,
) -> io::Result<()> {
    thread::scope(|scope| {
        let begin = |(worker, kind): (_, &Kind)| {
            let drafts: [Draft; SESSIONS] = std::array::from_fn(|_| Draft::draw(rng));
            let kind = *kind;
            scope.spawn(move || one(shared, worker, kind, &drafts))
        };
        let all: Vec<_> = workers.iter().zip(kinds).map(begin).collect();
        all.into_iter().try_for_each(|one| {
            let died = |_| Err(io::Error::other("a device could not be made ready"));
            one.join().unwrap_or_else(died)
        })
    })
}

fn one(shared: &Shared, worker: &Worker, kind: Kind, drafts: &[Draft]) -> io::Result<()> {
    worker.join(&shared.invitation)?;
    // The passphrase is chosen by the first run. No session falls into so short a part of four hours, or it is one of cover.
    let mut first = Running::start(worker, shared, "14400")?;
    first.ready()?;
    drop(first);
    let outbox = worker.home.join("outbox");
    let before = fs::read(&outbox)?;
    for draft in drafts {
        let mut arguments = draft.arguments(&shared.photo);
        arguments.extend(["--queue", "--passphrase-file", &shared.passphrase].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = worker.run(&arguments, "")?;
        if !output.status.success() {
            return Err(failed("a report was not queued", &output.stderr));
        }
    }
    // Both kinds write the file once more; what differs is what it holds.
    let holds = match kind {
        Kind::Reporting => fs::read(&outbox)?,
        Kind::Reading => before,
    };
    fs::write(&outbox, holds)
}

/// Of each device the first sessions on connections after `before`, when it has closed the last of them.
fn first(entry: &Traffic, before: u64, addresses: &[IpAddr]) -> io::Result<Vec<Vec<Trace>>> {
    let mut devices: BTreeMap<IpAddr, BTreeMap<u64, Vec<Passage>>> = BTreeMap::new();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        for passage in entry.watched() {
            if passage.connection > before {
                let device = devices.entry(passage.client).or_default();
                device.entry(passage.connection).or_default().push(passage);
            }
        }
        let of = |address: &IpAddr| -> Option<Vec<Trace>> {
            let all = devices.get(address)?.values().take(SESSIONS);
            let ended = all.filter(|seen| is_closed(seen));
            let traces: Vec<Trace> = ended.map(|seen| trace(seen)).collect();
            (traces.len() == SESSIONS).then_some(traces)
        };
        if let Some(all) = addresses.iter().map(of).collect() {
            return Ok(all);
        }
        thread::park_timeout(LOOK);
    }
    Err(io::Error::other(format!(
        "`brolly run` did not have {SESSIONS} sessions in {} seconds",
        PATIENCE.as_secs()
    )))
}

/// How many reports the desk opened, once it opened `wanted` or long enough has gone by. Cover pushes the last of them out of
/// the pools.
fn opened(scheme: &Scheme, wanted: usize) -> io::Result<usize> {
    let pusher = scheme.worker("pusher", IpAddr::V4(Ipv4Addr::from(PUSHER)))?;
    let begun = Instant::now();
    let mut opened = 0;
    let mut more = MORE;
    while more > 0 && begun.elapsed() < PATIENCE {
        for _ in 0..MORE {
            pusher.run_json(&["cover", "--json"], "")?;
        }
        let synced = scheme.desk("scheme", &["sync", "--json"])?;
        let new = synced.get("opened").and_then(Value::as_u64);
        opened += usize::try_from(new.unwrap_or(0)).unwrap_or(usize::MAX);
        // There must be none after the last either.
        more -= usize::from(opened >= wanted);
    }
    Ok(opened)
}

/// Of a device in a round: as many as an outbox has places.
const SESSIONS: usize = brolly_client::outbox::PLACES;
/// Nobody else's.
const ADDRESSES: [[u8; 4]; 4] = [
    [127, 77, 4, 1],
    [127, 77, 4, 2],
    [127, 77, 4, 3],
    [127, 77, 4, 4],
];
const PUSHER: [u8; 4] = [127, 77, 4, 9];
/// Cover cells, and looks at the desk after the last report.
const MORE: usize = 4;
const PATIENCE: Duration = Duration::from_secs(180);
