//! A relay that does its work and writes down who came: what the demonstration's search must catch.
//!
//! It is the real relay behind a front door that keeps an access log, as a careless reverse proxy does.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use brolly_relay::assignment::Secrets;
use brolly_relay::config::Config;
use brolly_relay::lives;
use brolly_relay::supervisor::Supervisor;
use brolly_shell::http::server::Server;
use brolly_shell::{passphrase, process};
use brolly_tests::tap;
use clap::Parser;

/// Runs a relay that leaks: a control for the demonstration, and for nothing else.
#[derive(Parser)]
struct Arguments {
    /// As for `brolly-relay`.
    #[arg(value_parser = ["run"])]
    command: String,
    /// The relay's configuration.
    #[arg(long)]
    config: PathBuf,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let config = Config::load(&arguments.config).map_err(io::Error::other)?;
    let supervisor = Supervisor::from_env();
    let (memory, _) = supervisor
        .memory(config.pool_capacity)
        .map_err(io::Error::other)?;
    let secret = passphrase::read(config.passphrase_file.as_deref(), "Passphrase: ")
        .map_err(io::Error::other)?;
    let secrets = Secrets::load(&config, &secret).map_err(io::Error::other)?;

    let front = TcpListener::bind(config.listen)?;
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(io::Error::other)?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data)?;
    leak(front, server.local_addr(), &config.data.join("access.log"))?;
    let run = lives::run(
        &config,
        Arc::new(secrets),
        Arc::new(memory),
        &server,
        |_| supervisor.ready(),
        process::terminated(),
    );
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run)
        .map_err(io::Error::other)
}

fn leak(front: TcpListener, relay: SocketAddr, log: &Path) -> io::Result<()> {
    let mut log = OpenOptions::new().create(true).append(true).open(log)?;
    thread::spawn(move || {
        for client in front.incoming().flatten() {
            let who = client.peer_addr().map(|peer| peer.ip());
            if let Ok(who) = who
                && writeln!(log, "{who} connected").is_err()
            {
                return;
            }
            thread::spawn(move || tap::pass(client, relay, |_, _| Ok(())));
        }
    });
    Ok(())
}
