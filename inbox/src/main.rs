//! The command line of the inbox.

use std::path::PathBuf;
use std::process::ExitCode;

use brolly_inbox::config::Config;
use brolly_inbox::run;
use brolly_shell::cli::{Failure, Manual};
use brolly_shell::process;
use clap::{Args, CommandFactory, Parser, Subcommand};

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

fn main() -> ExitCode {
    match command(Program::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn command(command: Command) -> Result<(), Failure> {
    match command {
        Command::Run(settings) => {
            process::harden()?;
            let config = settings.load()?;
            let runtime = tokio::runtime::Runtime::new().map_err(Failure::failed)?;
            Ok(runtime.block_on(run::run(&config, process::terminated()))?)
        }
        Command::Check(settings) => {
            run::check(&settings.load()?)?;
            print(&format!("{} can be used\n", settings.config.display()))
        }
        Command::Manual(manual) => manual.run(Program::command()),
    }
}

impl Settings {
    fn load(&self) -> Result<Config, Failure> {
        let mut config = Config::load(&self.config)?;
        if self.passphrase_file.is_some() {
            config.passphrase_file.clone_from(&self.passphrase_file);
        }
        Ok(config)
    }
}

fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(Failure::failed)
}

const EXAMPLES: &str = "Examples:
  brolly-inbox check --config /etc/brolly/inbox.toml
  brolly-inbox run --config /etc/brolly/inbox.toml
  brolly-inbox run --config inbox.toml --passphrase-file /run/credentials/inbox

Exit codes: 0 done, 1 it did not work, 2 usage, 3 configuration, 5 a key, signature or permission was refused.";
