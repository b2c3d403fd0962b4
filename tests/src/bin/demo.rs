//! `cargo demo`: the whole road on one machine.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a command line program with a thread that waits for Ctrl-C"
)]

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{io, thread};

use brolly_tests::binaries::Binaries;
use brolly_tests::canary;
use brolly_tests::demo::Demo;
use brolly_tests::scheme::{DESKS, PARTIES, Plan, Scheme};
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

/// Runs a whole Brolly scheme on this machine: the ceremony, three relays, the inbox, two desks and three workers'
/// reports, each a real program, joined by TLS on loopback. Then searches everything the relays and the inbox kept.
#[derive(Parser)]
#[command(after_help = "Examples:
  cargo demo                    tell the story
  cargo demo -- --json          print one object; exit code 0 only if every figure is as it must be
  cargo demo -- --json --kill   the same, with every relay and the inbox killed once on the way
  cargo demo -- --json --storage distributed   the same on PostgreSQL and an object store, which must be installed
  cargo demo -- --keep /tmp/b   keep every file, to look at
  cargo demo -- --serve         build the worker's page, leave the scheme running, print page and invitation
  cargo demo -- --serve --json  the same, as one object in one line once everything runs")]
struct Arguments {
    /// Print one JSON object instead of the story.
    #[arg(long)]
    json: bool,
    /// Kill every relay and the inbox with SIGKILL once during the run and start them again.
    #[arg(long)]
    kill: bool,
    /// Leave the scheme running with the worker's page, and print its addresses and an invitation, until Ctrl-C. Readers
    /// send a cover cell every two seconds, so that reports get through.
    #[arg(long, conflicts_with_all = ["kill", "storage"])]
    serve: bool,
    /// With --serve: serve the page in this folder instead of building it.
    #[arg(long, value_name = "DIR", requires = "serve")]
    page: Option<PathBuf>,
    /// Where the inbox keeps what it must not lose: `distributed` starts a PostgreSQL and an object store (`garage` or
    /// `s3s-fs`), runs two inboxes on them and kills the one that publishes.
    #[arg(long, value_enum, default_value_t = Storage::Embedded)]
    storage: Storage,
    /// Keep every file in this folder, which must not exist yet or be empty.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Storage {
    Embedded,
    Distributed,
}

/// Lines of each log that a failed run prints.
const LOG_END: usize = 12;
/// Set when it is to end.
static STOP: AtomicBool = AtomicBool::new(false);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whatever went wrong then: a program that was just being started may have got the signal as well.
        Err(_) if STOP.load(Ordering::Relaxed) => {
            eprintln!("demo: stopped; everything it started is stopped too");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<bool> {
    heed_signals()?;
    eprintln!("building the programs (the first time takes a few minutes)…");
    let binaries = Binaries::build()?;
    let scratch = tempfile::Builder::new().prefix("brolly-demo-").tempdir()?;
    let folder = match &arguments.keep {
        Some(folder) => empty_folder(folder)?,
        None => scratch.path().to_path_buf(),
    };
    let say = |line: &str| {
        if arguments.json {
            eprintln!("  {line}");
        } else {
            println!("  {line}");
        }
    };
    let demo = Demo {
        folder: &folder,
        kill: arguments.kill,
        distributed: arguments.storage == Storage::Distributed,
        say: &say,
        stop: &STOP,
    };
    if arguments.serve {
        return serve(&demo, &binaries, arguments);
    }
    let outcome = demo.run(&binaries).inspect_err(|_| show_logs(&folder))?;
    let json = serde_json::to_string(&outcome).map_err(io::Error::other)?;
    if arguments.json {
        println!("{json}");
    } else {
        println!(
            "\n{} of 3 reports arrived, {} receipts verified, {} canaries found outside the desks, in {} s.",
            outcome.opened.scheme,
            outcome.receipts_verified,
            outcome.canaries_found,
            outcome.seconds
        );
        if let Some(folder) = &arguments.keep {
            println!("Every file is in {}.", folder.display());
        }
    }
    if !outcome.is_good() {
        show_logs(&folder);
        eprintln!("demo: not every figure is as it must be: {json}");
    }
    Ok(outcome.is_good())
}

/// Prints how the log of each daemon ends.
fn show_logs(folder: &Path) {
    let files = canary::files(folder).unwrap_or_default();
    for file in files.iter().filter(|file| file.ends_with("log")) {
        let log = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        eprintln!("{}:", file.display());
        for line in lines.iter().skip(lines.len().saturating_sub(LOG_END)) {
            eprintln!("  {line}");
        }
    }
}

fn serve(demo: &Demo<'_>, binaries: &Binaries, arguments: &Arguments) -> io::Result<bool> {
    let page = match &arguments.page {
        Some(folder) => Ok(folder.canonicalize()?),
        None => {
            eprintln!("building the worker's page (the first time takes a few minutes)…");
            let folder = demo.folder.join("page");
            binaries.page(&folder).map(|()| folder)
        }
    };
    let plan = Plan {
        page: page.as_ref().ok().cloned(),
        ..Plan::default()
    };
    let mut scheme = demo.start(binaries, "main", &plan)?;
    let reader = scheme.worker("reader", IpAddr::from([127, 60, 8, 30]))?;
    if arguments.json {
        println!("{}", served(&scheme)?);
    } else {
        tell(&scheme, page.as_ref().err())?;
    }
    let mut ticks = 0u32;
    while !STOP.load(Ordering::Relaxed) {
        thread::park_timeout(Duration::from_millis(200));
        ticks = ticks.wrapping_add(1);
        if ticks.is_multiple_of(10) {
            // A session that did not work is followed by another.
            let _ = reader.run(&["cover"], "");
        }
        for party in &mut scheme.parties {
            if party.daemon.has_ended() {
                return Err(io::Error::other(format!("{} ended by itself", party.name)));
            }
        }
    }
    let unclean = scheme.stop();
    if !arguments.json {
        println!("stopped");
    }
    Ok(unclean.is_empty())
}

/// What is served, for a script.
fn served(scheme: &Scheme) -> io::Result<Value> {
    let address = |n: usize| {
        scheme
            .parties
            .get(n)
            .map(|party| format!("https://{}/", party.address))
    };
    let desk = |name: &str| {
        scheme
            .folder
            .join("scheme/desks")
            .join(name)
            .join("desk.toml")
    };
    let desks = DESKS.map(|name| (name.to_owned(), json!(desk(name))));
    let programs = ["brolly", "brolly-desk"];
    let programs = programs.map(|name| (name.to_owned(), json!(scheme.binaries.path(name))));
    Ok(json!({
        "page": address(0).filter(|_| scheme.page_key.is_some()),
        "spki": scheme.page_key,
        "invitation": scheme.invitation()?,
        "relays": [address(0), address(1), address(2)],
        "desks": Value::Object(desks.into_iter().collect()),
        "programs": Value::Object(programs.into_iter().collect()),
        "folder": scheme.folder,
    }))
}

fn tell(scheme: &Scheme, without_page: Option<&io::Error>) -> io::Result<()> {
    println!();
    for (name, party) in PARTIES.iter().zip(&scheme.parties) {
        println!("{name:8} https://{}", party.address);
    }
    let invitation = scheme.invitation()?;
    println!("\nThe project's invitation:\n{invitation}");
    match (without_page, &scheme.page_key) {
        (Some(reason), _) => println!("\nThere is no page for browsers: {reason}"),
        (None, Some(key)) => println!(
            "\nIn a browser of this machine, which will warn of the certificate, open that link: it is the worker's page. Without the warning:\n  \
             chromium --user-data-dir=/tmp/brolly-browser --ignore-certificate-errors-spki-list={key} '{invitation}'"
        ),
        (None, None) => {}
    }
    let program = |name| scheme.binaries.path(name).display().to_string();
    let desk = scheme.folder.join("scheme/desks/police/desk.toml");
    println!("\nIn another terminal:");
    println!(
        "  {} --home /tmp/worker join -      (paste the invitation)",
        program("brolly")
    );
    println!("  {} --home /tmp/worker report", program("brolly"));
    println!(
        "  {} --config {} sync",
        program("brolly-desk"),
        desk.display()
    );
    println!("\nCtrl-C stops it.");
    Ok(())
}

/// Lets Ctrl-C, SIGTERM and a closed terminal set [`STOP`], so that everything started is stopped in good order.
fn heed_signals() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut hangup = {
        let _inside = runtime.enter();
        signal(SignalKind::hangup())?
    };
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                () = brolly_shell::process::terminated() => {}
                _ = hangup.recv() => {}
            }
        });
        STOP.store(true, Ordering::Relaxed);
    });
    Ok(())
}

fn empty_folder(folder: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        let message = format!("{} is not empty: name a folder that is", folder.display());
        return Err(io::Error::other(message));
    }
    folder.canonicalize()
}
