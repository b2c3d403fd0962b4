//! `anonymity`: measures what somebody who sees every link learns of who reports.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use brolly_tests::sim::goals::{self, Size};
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
  cargo run --release -p brolly-tests --bin anonymity -- --plot plots  pictures as well")]
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
    /// Begin from another seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let size = if arguments.short {
        Size::Short
    } else {
        Size::Full
    };
    let report = goals::measure(size, arguments.seed, &|what| eprintln!("  {what}"));
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

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("anonymity: {error}");
    ExitCode::FAILURE
}
