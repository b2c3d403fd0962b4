//! `brolly-keys`: the officers' command.

use std::io;
use std::process::ExitCode;

use brolly_ceremony::command::Cli;
use clap::Parser;

fn main() -> ExitCode {
    match Cli::parse().run(&mut io::stdout().lock(), &mut io::stderr().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
