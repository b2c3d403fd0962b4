//! Brolly on the command line.
//!
//! ```text
//!   join LINK ──┐                                   HOME/state: 4 MiB, 0600, the same for everybody who joined
//!               │                                   HOME/outbox: of one size too, under a passphrase
//!   report ─────┤   interview ─▶ warnings ─▶ preview ─▶ "send it?"
//!     --queue ──┼─▶ outbox ─┐
//!   outbox ─────┼──  look, withdraw
//!   run ────────┤ ◀─────────┘ a session in each four hours, with a report or without
//!   check ──────┤
//!   alerts ─────┼──▶ exchange: brolly_client::session over pinned TLS (or SOCKS5) ──▶ one entry relay
//!   lookup ─────┤          the same requests whatever it is for
//!   cover ──────┤
//!   verify-page ┘ and then every file of a page, from whoever answers
//!   check --archive DIR, alerts --offline, lookup --offline: this device alone
//! ```
//!
//! Results go to standard output; questions, warnings and the preview go to standard error. Nothing of what is looked up
//! is ever written to a file, and nothing of a report but what she hands to the outbox. What desks wrote is disarmed before a terminal sees it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

mod alerts;
mod archive;
mod check;
mod command;
mod cover;
mod current;
mod exchange;
#[cfg(test)]
#[path = "../../core/src/fake.rs"]
mod fake;
mod home;
mod interview;
mod join;
mod lookup;
mod outbox;
mod progress;
mod queue;
mod receipt;
mod report;
mod run;
mod talk;
mod verify;
mod wait;
mod waiting;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use brolly_shell::cli::Failure;
use brolly_shell::process;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use command::{Brolly, Command};
use exchange::Network;
use home::Home;

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    match parse().and_then(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// What was typed may be a receipt code: a word that has no place here is not repeated on the screen.
fn parse() -> Result<Brolly, Failure> {
    Brolly::try_parse().map_err(|error| {
        let word = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(argument)) => !argument.starts_with('-'),
            _ => false,
        };
        let command = error.kind() == ErrorKind::InvalidSubcommand;
        if command || (word && error.kind() == ErrorKind::UnknownArgument) {
            return Failure::usage(OUT_OF_PLACE);
        }
        error.exit()
    })
}

fn command(brolly: Brolly) -> Result<(), Failure> {
    let device = || device(brolly.home, brolly.socks5);
    match brolly.command {
        Command::Join(options) => join::run(&device()?, &options),
        Command::Report(options) => report::run(&device()?, &options),
        Command::Check(options) if options.code.is_empty() => check::run(&device()?, &options),
        Command::Check(_) => Err(Failure::usage(check::NOT_AN_ARGUMENT)),
        Command::Alerts(options) => alerts::run(&device()?, &options),
        Command::Lookup(options) => lookup::run(&device()?, options),
        Command::Cover { json } => cover::run(&device()?, json),
        Command::VerifyPage(options) => verify::run(&device()?, &options),
        Command::Run(options) => run::run(&device()?, options),
        Command::Outbox(options) => waiting::run(&device()?, &options),
        Command::Manual(manual) => manual.run(Brolly::command()),
    }
}

/// What a command works with: the one folder, and the way to the relays.
struct Device {
    home: Home,
    network: Network,
}

fn device(home: Option<PathBuf>, socks5: Option<String>) -> Result<Device, Failure> {
    // What she types stays out of core dumps.
    process::harden()?;
    Ok(Device {
        home: Home::open(home)?,
        network: Network::new(socks5)?,
    })
}

/// Prints a result.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

const OUT_OF_PLACE: &str = "a word here is not a command: `brolly --help` lists them; a receipt code is asked for by `brolly check`";
