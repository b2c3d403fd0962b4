//! `brolly-relay`: the project's daemon.
#![allow(
    clippy::print_stdout,
    reason = "the command line front end answers on standard output"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use brolly_relay::assignment::Assignment;
use brolly_relay::config::Config;
use brolly_relay::run::Relay;
use brolly_relay::supervisor::Supervisor;
use brolly_shell::cli::{Failure, Manual};
use brolly_shell::log::{self, Level};
use brolly_shell::passphrase::Place as Where;
use brolly_shell::{clock, process};
use clap::{CommandFactory, Parser, Subcommand};

#[derive(Parser)]
#[command(name = "brolly-relay", version, about, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take packets, mix them and pass them on, until SIGTERM
    #[command(after_help = "Example:\n  brolly-relay run --config /etc/brolly/relay.toml")]
    Run(Place),
    /// Check the configuration, the key file and the directory, and whether the inbox contradicted itself; change nothing
    #[command(after_help = "Example:\n  brolly-relay check --config /etc/brolly/relay.toml")]
    Check(Place),
    #[command(flatten)]
    Manual(Manual),
}

#[derive(clap::Args)]
struct Place {
    /// The relay's configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/brolly/relay.toml")]
    config: PathBuf,
    /// Take the key file's passphrase from this file (mode 0600), whatever the configuration says
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(place) => run(&place),
        Command::Check(place) => check(&place),
        Command::Manual(manual) => manual.run(Arguments::command()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(place: &Place) -> Result<(), Failure> {
    let config = Config::load(&place.config)?;
    let supervisor = Supervisor::from_env();
    // Before hardening, after which the kernel lets nobody open this process's descriptors by path.
    let (memory, kept) = supervisor.memory(config.pool_capacity)?;
    process::harden_daemon()?;
    if !kept {
        log::event(Level::Warning, "unsupervised", &[]);
    }
    if memory.capacity() != config.pool_capacity {
        log::event(Level::Warning, "pool-capacity-unchanged", &[]);
    }
    let assignment = assign(&config, place)?;
    let relay = Relay::open(&config, assignment, memory)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?
        .block_on(async {
            relay.announce();
            supervisor.ready();
            let stopping = async {
                process::terminated().await;
                supervisor.stopping();
            };
            relay.serve(stopping).await
        })?;
    log::event(Level::Info, "stopped", &[]);
    Ok(())
}

fn check(place: &Place) -> Result<(), Failure> {
    let config = Config::load(&place.config)?;
    process::harden_command()?;
    let assignment = assign(&config, place)?;
    let obstacles = brolly_relay::obstacles(&config.data, &assignment).map_err(Failure::failed)?;
    if !obstacles.is_empty() {
        let sentences = obstacles.iter().map(ToString::to_string);
        return Err(Failure::refused(sentences.collect::<Vec<_>>().join("\n")));
    }
    println!(
        "{} is ready to run as layer {} of directory version {}, listening on {}.",
        assignment.name(),
        assignment.layer(),
        assignment.version(),
        config.listen
    );
    Ok(())
}

fn assign(config: &Config, place: &Place) -> Result<Assignment, Failure> {
    let given = place.passphrase_file.clone().map(Where::File);
    let place = given.unwrap_or_else(|| {
        let (file, credential) = (&config.passphrase_file, &config.passphrase_credential);
        Where::configured(file.clone(), credential.clone())
    });
    let passphrase = place.read(&format!("Passphrase of {}: ", config.identity.display()))?;
    Ok(Assignment::load(config, &passphrase, clock::now())?)
}

const EXAMPLES: &str = "Examples:
  brolly-relay check --config relay.toml     before the first start, and after a new directory
  brolly-relay run --config relay.toml       in the foreground; systemd starts it this way
  brolly-relay completions bash              a completion script for the shell
  brolly-relay man                           the manual page

Exit codes: 0 done, 1 failed, 2 usage, 3 configuration, 4 network, 5 refused.";
