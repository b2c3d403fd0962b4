//! `cargo run --release -p brolly-tests --bin distinguish`: can reporting be told from reading by a session's packets?
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program"
)]

use std::error::Error;
use std::io;
use std::process::ExitCode;

use brolly_tests::binaries::Binaries;
use brolly_tests::learn::Kind;
use brolly_tests::learn::auc::Auc;
use brolly_tests::learn::captured::{Captured, processes, sessions};
use brolly_tests::learn::measured::{Measured, measure};
use brolly_tests::learn::scenario::{Bound, Scenario};
use brolly_tests::learn::simulated::{Leak, traces};
use brolly_tests::learn::trace::Trace;
use clap::Parser;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Lets two classifiers learn to tell sessions that report from sessions that do not, simulated and captured, and three
/// clients that leak. Exit code 1 when one is not as it must be.
#[derive(Parser)]
struct Arguments {
    /// Simulated sessions of each kind; 0 for none.
    #[arg(long, default_value_t = 50_000)]
    sessions: usize,
    /// Sessions of `brolly run` of each kind captured on loopback; 0 for none.
    #[arg(long, default_value_t = 1_000)]
    captured: usize,
    /// Runs of `brolly report`, and of `brolly cover` and `brolly lookup`; 0 for none.
    #[arg(long, default_value_t = 300)]
    processes: usize,
    /// Real sessions of each kind that the simulated ones take sizes and work from.
    #[arg(long, default_value_t = 400)]
    measured: usize,
    /// What every draw begins from. Times of real programs differ all the same.
    #[arg(long, default_value_t = 20_261_126)]
    seed: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("distinguish: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    eprintln!("seed {}", arguments.seed);
    let mut scenarios = Vec::new();
    if arguments.sessions > 0 {
        let measured = measure(arguments.measured, arguments.seed)?;
        show_work(&measured);
        scenarios.push(simulated(arguments, &measured, None)?);
        for leak in Leak::ALL {
            scenarios.push(simulated(arguments, &measured, Some(leak))?);
        }
    }
    if arguments.captured > 0 {
        scenarios.extend(captured(arguments)?);
    }
    if arguments.processes > 0 {
        scenarios.push(started(arguments)?);
    }
    if arguments.json {
        println!(
            "{}",
            json!({"seed": arguments.seed, "scenarios": scenarios.iter().map(object).collect::<Vec<_>>()})
        );
    } else {
        println!(
            "{:<44} {:>6}  {:<25} {:<25} {:<27} holds",
            "reporting against reading", "n + n", "AUC, logistic", "AUC, boosting", "must be"
        );
        scenarios.iter().for_each(|scenario| println!("{scenario}"));
    }
    Ok(scenarios.iter().all(Scenario::holds))
}

fn simulated(
    arguments: &Arguments,
    measured: &Measured,
    leak: Option<Leak>,
) -> Result<Scenario, Box<dyn Error>> {
    let (name, bound) = match leak {
        None => ("simulated", Bound::Chance),
        Some(Leak::SecondCell) => ("leaky: a second cell", Bound::Caught),
        Some(Leak::Slow) => ("leaky: 20 ms more to seal", Bound::Caught),
        Some(_) => ("leaky: 64 bytes more", Bound::Caught),
    };
    eprintln!(
        "{name}: {} + {} sessions…",
        arguments.sessions, arguments.sessions
    );
    let mut rng = ChaCha20Rng::seed_from_u64(arguments.seed);
    let [reporting, reading] = [Kind::Reporting, Kind::Reading]
        .map(|kind| traces(measured, kind, leak, arguments.sessions, &mut rng));
    Ok(Scenario::learn(
        name,
        &reporting,
        &reading,
        bound,
        arguments.seed,
    )?)
}

/// Sessions of one program, and those without a report split by lot, which nobody can tell apart.
fn captured(arguments: &Arguments) -> Result<[Scenario; 2], Box<dyn Error>> {
    let folder = folder()?;
    let wanted = arguments.captured;
    let done = |n: usize| eprintln!("captured: {n} of {wanted} sessions of each kind");
    let binaries = build()?;
    let Captured {
        reporting,
        mut reading,
    } = sessions(&binaries, folder.path(), wanted, arguments.seed, &done)?;
    show_telling(&reporting, &reading);
    let learn = |name, these: &[_], those: &[_], bound| {
        Scenario::learn(name, these, those, bound, arguments.seed)
    };
    let hidden = learn("captured: brolly run", &reporting, &reading, Bound::Hidden)?;
    reading.shuffle(&mut ChaCha20Rng::seed_from_u64(arguments.seed));
    let (these, those) = reading.split_at(reading.len() / 2);
    let control = learn("captured: cover split by lot", these, those, Bound::Chance)?;
    Ok([hidden, control])
}

/// Programs that are started for one session each.
fn started(arguments: &Arguments) -> Result<Scenario, Box<dyn Error>> {
    let folder = folder()?;
    let all = 2 * arguments.processes;
    let done = |n: usize| {
        if n.is_multiple_of(50) {
            eprintln!("processes: {n} of {all}");
        }
    };
    let binaries = build()?;
    let Captured { reporting, reading } = processes(
        &binaries,
        folder.path(),
        arguments.processes,
        arguments.seed,
        &done,
    )?;
    show_telling(&reporting, &reading);
    Ok(Scenario::learn(
        "processes, not sessions: report, cover",
        &reporting,
        &reading,
        Bound::Printed,
        arguments.seed,
    )?)
}

fn build() -> io::Result<Binaries> {
    eprintln!("building the programs…");
    Binaries::build()
}

fn folder() -> io::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("brolly-distinguish-")
        .tempdir()
}

fn show_telling(reporting: &[Trace], reading: &[Trace]) {
    for (name, auc) in Scenario::telling(reporting, reading) {
        eprintln!("{name}: {:.3} [{:.3}, {:.3}]", auc.value, auc.low, auc.high);
    }
}

/// Median microseconds of the session's own work before each request, for whoever looks for a difference.
fn show_work(measured: &Measured) {
    for (kind, pool) in [
        ("reporting", &measured.reporting),
        ("reading", &measured.reading),
    ] {
        let medians = (0..measured.requests.len()).map(|place| {
            let mut times: Vec<u64> = pool
                .iter()
                .filter_map(|work| work.get(place).copied())
                .collect();
            times.sort_unstable();
            times.get(times.len() / 2).copied().unwrap_or_default() / 1_000
        });
        eprintln!(
            "{kind}: work before each request, µs: {:?}",
            medians.collect::<Vec<_>>()
        );
    }
}

fn object(scenario: &Scenario) -> Value {
    let auc = |auc: Auc| json!({"auc": auc.value, "low": auc.low, "high": auc.high});
    json!({
        "name": scenario.name,
        "sessions": scenario.sessions,
        "logistic": auc(scenario.logistic),
        "boosting": auc(scenario.boosting),
        "must": scenario.must(),
        "holds": scenario.holds(),
    })
}
