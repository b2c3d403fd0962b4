//! The command line of the inbox.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use brolly_inbox::audit::Audit;
use brolly_inbox::config::Config;
use brolly_inbox::run::{self, Storage};
use brolly_shell::cli::{Failure, Manual};
use brolly_shell::process;
use clap::{Args, CommandFactory, Parser, Subcommand};
use serde::Serialize;
use tokio::runtime::Runtime;

/// The inbox of a Brolly scheme: keeps sealed reports, publishes that they are there, hands them to desks
///
/// It takes sealed reports from the last relays, loses none that it acknowledged, and cannot open any.
#[derive(Debug, Parser)]
#[command(name = "brolly-inbox", version, after_help = EXAMPLES)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the inbox in the foreground until SIGTERM or Ctrl-C
    Run(Settings),
    /// Check the configuration, the directory and the key file, and change nothing
    Check(Settings),
    /// Check all that a stopped inbox has stored: logs, signatures, numbers, every sealed report
    Verify(Offline),
    /// Make a lost ledger anew from the stored objects, with the inbox stopped
    Rebuild(Offline),
    #[command(flatten)]
    Manual(Manual),
}

#[derive(Debug, Args)]
struct Settings {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "inbox.toml")]
    config: PathBuf,
    /// Take the passphrase from this file (mode 0600) instead of the one that the configuration names
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Offline {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "inbox.toml")]
    config: PathBuf,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match command(Program::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn command(command: Command) -> Result<(), Failure> {
    match command {
        Command::Run(settings) => {
            process::harden_daemon()?;
            let config = settings.load()?;
            let runtime = Runtime::new().map_err(Failure::failed)?;
            Ok(runtime.block_on(run::run(&config, process::terminated()))?)
        }
        Command::Check(settings) => {
            process::harden()?;
            run::check(&settings.load()?)?;
            print(&format!("{} can be used\n", settings.config.display()))
        }
        Command::Verify(offline) => {
            let (storage, runtime) = offline.open()?;
            let audit = runtime.block_on(storage.verify(&mut progress))?;
            print(&offline.text(&audit, || sentences(&audit))?)?;
            match audit.faults.len() {
                0 => Ok(()),
                faults => Err(Failure::failed(format!(
                    "faults in what is stored: {faults}"
                ))),
            }
        }
        Command::Rebuild(offline) => {
            let (storage, runtime) = offline.open()?;
            let rebuilt = runtime.block_on(storage.rebuild(&mut progress))?;
            print(&offline.text(&rebuilt, || {
                format!(
                    "the new ledger has {} published reports, {} without a body, and {} entries of the board; {} reports wait\n\
                     numbers are new: run `brolly-desk sync --again` at every desk\n",
                    rebuilt.reports, rebuilt.pruned, rebuilt.board, rebuilt.waiting
                )
            })?)
        }
        Command::Manual(manual) => manual.run(Program::command()),
    }
}

impl Settings {
    fn load(&self) -> Result<Config, Failure> {
        let mut config = Config::load(&self.config)?;
        if self.passphrase_file.is_some() {
            config.passphrase_file.clone_from(&self.passphrase_file);
            config.passphrase_credential = None;
        }
        Ok(config)
    }
}

impl Offline {
    fn open(&self) -> Result<(Storage, Runtime), Failure> {
        // The storage's own passwords.
        process::harden()?;
        let runtime = Runtime::new().map_err(Failure::failed)?;
        let storage = runtime.block_on(Storage::open(&Config::load(&self.config)?))?;
        Ok((storage, runtime))
    }

    fn text(
        &self,
        found: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<String, Failure> {
        if self.json {
            let line = serde_json::to_string(found).map_err(Failure::failed)?;
            return Ok(line + "\n");
        }
        Ok(text())
    }
}

fn sentences(audit: &Audit) -> String {
    let mut text = String::new();
    for (name, log) in [("reports", &audit.reports), ("board", &audit.board)] {
        text.push_str(&format!(
            "{name}: {} entries, signed, cosigned by {} relays; a majority has seen {}\n",
            log.size, log.cosignatures, log.witnessed
        ));
    }
    text.push_str(&format!(
        "directory: {} versions on the board, each as it was logged\n",
        audit.directories
    ));
    text.push_str(&format!(
        "cells: {} admitted, {} waiting, {} whole, {} pruned, {} spare\n",
        audit.admitted, audit.waiting, audit.cells, audit.pruned, audit.spare
    ));
    for fault in &audit.faults {
        text.push_str(&format!("fault: {fault}\n"));
    }
    text
}

/// A line each time that another tenth is done.
fn progress(what: &'static str, done: u64, total: u64) {
    let tenths = done.saturating_mul(10).checked_div(total).unwrap_or(10);
    static TOLD: Mutex<Option<(&str, u64)>> = Mutex::new(None);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if *told != Some((what, tenths)) {
        *told = Some((what, tenths));
        // With nobody to read it there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{what}: {done} of {total}");
    }
}

fn print(text: &str) -> Result<(), Failure> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(Failure::failed)
}

const EXAMPLES: &str = "Examples:
  brolly-inbox check --config /etc/brolly/inbox.toml
  brolly-inbox run --config /etc/brolly/inbox.toml
  brolly-inbox run --config inbox.toml --passphrase-file /run/credentials/inbox
  brolly-inbox verify --config /etc/brolly/inbox.toml

Exit codes: 0 done, 1 it did not work, 2 usage, 3 configuration, 5 a key, signature or permission was refused.";
