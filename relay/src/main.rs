//! `brolly-relay`: the project's daemon.
#![allow(
    clippy::print_stdout,
    reason = "the command line front end answers on standard output"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use brolly_protocol::directory::Purpose;
use brolly_relay::assignment::{Assignment, Secrets};
use brolly_relay::canary;
use brolly_relay::config::Config;
use brolly_relay::issuer;
use brolly_relay::issuer::command::ProjectCommand;
use brolly_relay::lives;
use brolly_relay::page;
use brolly_relay::run::Relay;
use brolly_relay::supervisor::Supervisor;
use brolly_shell::cli::{Failure, Manual};
use brolly_shell::http::server::Server;
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
    /// At the issuer of tokens: list, admit and revoke projects, while it runs
    #[command(
        after_help = "Examples:\n  brolly-relay project list\n  brolly-relay project admit \"st pauli\" --quota 2000\n  brolly-relay project revoke \"st pauli\""
    )]
    Project {
        /// The relay's configuration
        #[arg(
            long,
            global = true,
            value_name = "FILE",
            default_value = "/etc/brolly/relay.toml"
        )]
        config: PathBuf,
        #[command(subcommand)]
        command: ProjectCommand,
    },
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
        Command::Project { config, command } => project(&config, command),
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
    let secrets = secrets(&config, place)?;
    let server = Server::bind(config.listen)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?
        .block_on(async {
            let begun = |relay: &Relay| {
                relay.announce();
                supervisor.ready();
            };
            let stopping = async {
                process::terminated().await;
                supervisor.stopping();
            };
            lives::run(&config, secrets, Arc::new(memory), &server, begun, stopping).await
        })?;
    log::event(Level::Info, "stopped", &[]);
    Ok(())
}

fn check(place: &Place) -> Result<(), Failure> {
    let config = Config::load(&place.config)?;
    process::harden_command()?;
    let assignment = Assignment::load(&config, secrets(&config, place)?, clock::now())?;
    let issues = issuer::check(&config, &assignment, clock::now())?;
    let guarded = canary::check(&config)?;
    let page = page::check(&config)?;
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
    if issues {
        println!("It is the issuer of tokens.");
    }
    if page {
        println!(
            "{}",
            match assignment.layer() {
                0 => "It serves the worker's page.",
                _ => "It has a worker's page, which it does not serve: only an entry does.",
            }
        );
    }
    if !guarded {
        println!(
            "It sends no canaries: it would not notice if somebody kept others' packets out ([canary] in relay.toml)."
        );
    }
    if assignment.purpose() == Purpose::Drill {
        println!("This scheme is a drill: nobody is anonymous in it.");
    }
    if let Some(version) = assignment.waiting() {
        println!(
            "Version {version} lies ready; it is taken up once the witnesses say that it is in force."
        );
    }
    Ok(())
}

fn project(config: &Path, command: ProjectCommand) -> Result<(), Failure> {
    print!("{}", command.run(&Config::load(config)?, clock::now())?);
    Ok(())
}

fn secrets(config: &Config, place: &Place) -> Result<Arc<Secrets>, Failure> {
    let given = place.passphrase_file.clone().map(Where::File);
    let place = given.unwrap_or_else(|| {
        let (file, credential) = (&config.passphrase_file, &config.passphrase_credential);
        Where::configured(file.clone(), credential.clone())
    });
    let passphrase = place.read(&format!("Passphrase of {}: ", config.identity.display()))?;
    Ok(Arc::new(Secrets::load(config, &passphrase)?))
}

const EXAMPLES: &str = "Examples:
  brolly-relay check --config relay.toml     before the first start, and after a new directory
  brolly-relay run --config relay.toml       in the foreground; systemd starts it this way
  brolly-relay project list                  whom the issuer of tokens issues to
  brolly-relay completions bash              a completion script for the shell
  brolly-relay man                           the manual page

Exit codes: 0 done, 1 failed, 2 usage, 3 configuration, 4 network, 5 refused.";
