//! `anonymity`: measures what somebody who sees every link learns of who reports.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use brolly_tests::sim::report::{self, Size};
use brolly_tests::sim::scenario::{CHOSEN, Impossible, Scenario};
use brolly_tests::sim::{plot, table};
use clap::Parser;

/// Measures how well senders are hidden: the real schedules, pools and packets under virtual time, against somebody who sees
/// the times and sizes on all links, owns the inbox and the desk, and knows how many packets each relay holds.
///
/// Ends with exit code 1 when a figure that has to be reached is not.
#[derive(Parser)]
#[command(after_help = "Examples:
  cargo run --release -p brolly-tests --bin anonymity                  the whole table; takes some minutes
  cargo run --release -p brolly-tests --bin anonymity -- --short       what has to be reached, on fewer reports
  cargo run --release -p brolly-tests --bin anonymity -- --json        the same for scripts
  cargo run --release -p brolly-tests --bin anonymity -- --plot plots  pictures as well
  cargo run --release -p brolly-tests --bin anonymity -- --sessions 120 --min-pool 60   what other parameters would give")]
struct Arguments {
    /// Measure only what has to be reached, on fewer reports
    #[arg(long)]
    short: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write SVG pictures into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "short")]
    plot: Option<PathBuf>,
    /// Measure this one alone: so many sessions an hour at random times
    #[arg(long, value_name = "AN HOUR", conflicts_with_all = ["short", "plot"])]
    sessions: Option<f64>,
    /// With --sessions: packets that always stay behind in a pool
    #[arg(long, default_value_t = CHOSEN.min_pool, requires = "sessions")]
    min_pool: usize,
    /// With --sessions: seconds between releases
    #[arg(long, default_value_t = 15, requires = "sessions")]
    tick: u64,
    /// With --sessions: minutes that a packet stays in a pool on average
    #[arg(long, default_value_t = 5.5, requires = "sessions")]
    stay: f64,
    /// Begin from another seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(rate) = arguments.sessions {
        return match one(&arguments, rate) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        };
    }
    let size = if arguments.short {
        Size::Short
    } else {
        Size::Full
    };
    let report = report::measure(size, arguments.seed, &|what| eprintln!("  {what}"));
    if arguments.json {
        match serde_json::to_string(&report) {
            Ok(json) => println!("{json}"),
            Err(error) => return failed(&error),
        }
    } else {
        println!("{}", table::text(&report));
    }
    if let Some(folder) = &arguments.plot
        && let Err(error) = plot::write(folder, &report)
    {
        return failed(&error);
    }
    match report.missed.is_empty() {
        true => ExitCode::SUCCESS,
        false => {
            eprintln!(
                "anonymity: {} figures were not reached; --seed {} gives them again",
                report.missed.len(),
                report.seed
            );
            ExitCode::FAILURE
        }
    }
}

fn one(arguments: &Arguments, rate: f64) -> Result<(), Impossible> {
    let Arguments {
        min_pool,
        tick,
        stay,
        seed,
        json,
        ..
    } = *arguments;
    let scenario = Scenario::of_sessions(rate, min_pool, tick, stay)?;
    let rows = [scenario.clone(), scenario.one_honest()].map(|scenario| scenario.run(seed, 4_000));
    match json {
        true => println!("{}", serde_json::json!(rows)),
        false => println!("{}", table::rows(&rows)),
    }
    Ok(())
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("anonymity: {error}");
    ExitCode::FAILURE
}
