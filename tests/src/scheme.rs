//! A whole scheme of real processes on loopback: made by the ceremony, run under a supervisor, tapped on every wire.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::Value;

use crate::binaries::Binaries;
use crate::port::Reserved;
use crate::socks;
use crate::supervisor::Supervised;
use crate::tap::{self, Traffic};

pub use plan::Plan;
use plan::plan_text;
pub use worker::Worker;

mod officers;
mod page;
mod plan;
mod public;
mod worker;

/// A party that runs a daemon, what it kept and what its wire carried.
pub struct Party {
    /// Its name.
    pub name: &'static str,
    /// Everything it has on disk: keys, data, log.
    pub folder: PathBuf,
    /// Its daemon.
    pub daemon: Supervised,
    /// What went over its wire.
    pub traffic: Arc<Traffic>,
    /// Where that is recorded.
    pub record: PathBuf,
    /// Where others reach it, through the tap.
    pub address: SocketAddr,
}

/// A scheme, running.
pub struct Scheme {
    /// The programs.
    pub binaries: Binaries,
    /// Everything it keeps.
    pub folder: PathBuf,
    /// Entry, middle, exit, inbox, in this order, and the inbox that stands by if there is one.
    pub parties: Vec<Party>,
    /// The hash of the public key that the page is served with, in base64, if there is one.
    pub page_key: Option<String>,
    /// Held for as long as the scheme runs.
    ports: Vec<Reserved>,
}

/// The relays and the inbox, in the order of the road.
pub const PARTIES: [&str; 4] = ["entry", "middle", "exit", "inbox"];
/// The desks.
pub const DESKS: [&str; 2] = ["scheme", "police"];
const PASSPHRASE: &str = "a passphrase for the demonstration";

impl Scheme {
    /// Runs the ceremony in `folder` and starts every daemon; returns when all are ready, the desks have announced their keys
    /// and the witnesses stand behind directory and keys.
    ///
    /// # Errors
    /// A sentence about what did not work.
    pub fn start(binaries: &Binaries, folder: &Path, plan: &Plan) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let passphrase = folder.join("passphrase");
        write_private(&passphrase, PASSPHRASE.as_bytes())?;
        let taps = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0"));
        let [entry, middle, exit, inbox] = taps;
        let taps = [entry?, middle?, exit?, inbox?];
        let ports = [
            Reserved::new()?,
            Reserved::new()?,
            Reserved::new()?,
            Reserved::new()?,
        ];
        let listens = ports.each_ref().map(Reserved::address);
        let plan_file = folder.join("plan.toml");
        fs::write(&plan_file, plan_text(plan, &taps, &listens)?)?;
        let made = folder.join("scheme");
        let ceremony = command(binaries.path("brolly-keys"))
            .args(["new", "--plan"])
            .arg(&plan_file)
            .arg("--out")
            .arg(&made)
            .arg("--passphrase-file")
            .arg(&passphrase)
            .stdin(Stdio::null())
            .output()?;
        succeeded("brolly-keys new", &ceremony)?;

        let wires = folder.join("wires");
        let sockets = folder.join("sockets");
        fs::create_dir_all(&wires)?;
        fs::create_dir_all(&sockets)?;
        let mut scheme = Self {
            binaries: binaries.clone(),
            folder: folder.to_path_buf(),
            parties: Vec::new(),
            page_key: None,
            ports: ports.into(),
        };
        for ((name, tap), listen) in PARTIES.into_iter().zip(taps).zip(listens) {
            let party = scheme.party(name, tap, listen, plan, &wires, &sockets)?;
            scheme.parties.push(party);
        }
        // The inbox first, then the relays, so that nobody waits for a mirror longer than it must.
        for party in scheme.parties.iter_mut().rev() {
            party.daemon.start()?;
        }
        if plan.storage.is_some() {
            let mut standby = scheme.standby(&wires, &sockets)?;
            standby.daemon.start()?;
            scheme.parties.push(standby);
        }
        scheme.settle()?;
        Ok(scheme)
    }

    /// Kills the inbox with SIGKILL, and sends what goes to it to the one that stands by.
    ///
    /// # Errors
    /// None stands by.
    pub fn fail_over(&mut self) -> io::Result<()> {
        let [_, _, _, inbox, standby] = self.parties.as_mut_slice() else {
            return Err(io::Error::other("no inbox stands by"));
        };
        inbox.daemon.kill();
        inbox.traffic.redirect(standby.address);
        Ok(())
    }

    /// The invitation of the project, as its desk hands it out.
    ///
    /// # Errors
    /// The ceremony did not write it.
    pub fn invitation(&self) -> io::Result<String> {
        let text = fs::read_to_string(self.folder.join("scheme/invitations/Leeds.txt"))?;
        text.split_whitespace()
            .find(|word| word.starts_with("https://"))
            .map(str::to_string)
            .ok_or_else(|| io::Error::other("the invitation file holds no link"))
    }

    /// A worker at an address of her own, who has joined.
    ///
    /// # Errors
    /// She could not join.
    pub fn worker(&self, name: &str, address: IpAddr) -> io::Result<Worker> {
        let worker = Worker {
            home: self.folder.join("workers").join(name),
            proxy: socks::start(address)?,
            program: self.binaries.path("brolly"),
        };
        worker.join(&self.invitation()?)?;
        Ok(worker)
    }

    /// Runs a desk's program and reads its JSON.
    ///
    /// # Errors
    /// It fails or prints no JSON.
    pub fn desk(&self, name: &str, arguments: &[&str]) -> io::Result<Value> {
        let output = command(self.binaries.path("brolly-desk"))
            .arg("--config")
            .arg(
                self.folder
                    .join("scheme/desks")
                    .join(name)
                    .join("desk.toml"),
            )
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        succeeded("brolly-desk", &output)?;
        json(&output)
    }

    /// Kills every relay and the inbox with SIGKILL, then starts them again with what the supervisor kept.
    ///
    /// # Errors
    /// One does not come back.
    pub fn kill_and_restart(&mut self) -> io::Result<()> {
        for party in &mut self.parties {
            party.daemon.kill();
        }
        for party in self.parties.iter_mut().rev() {
            party.daemon.start()?;
        }
        Ok(())
    }

    /// Stops every daemon in good order and says which did not end with code 0.
    pub fn stop(&mut self) -> Vec<&'static str> {
        self.parties
            .iter_mut()
            .filter(|party| party.daemon.pid().is_some())
            .filter_map(|party| (party.daemon.terminate() != Some(0)).then_some(party.name))
            .collect()
    }

    fn party(
        &mut self,
        name: &'static str,
        tap: TcpListener,
        listen: SocketAddr,
        plan: &Plan,
        wires: &Path,
        sockets: &Path,
    ) -> io::Result<Party> {
        let (folder, config, program) = if name == "inbox" {
            let folder = self.folder.join("scheme/inbox");
            (folder.clone(), folder.join("inbox.toml"), "brolly-inbox")
        } else {
            let folder = self.folder.join("scheme/relays").join(name);
            (folder.clone(), folder.join("relay.toml"), "brolly-relay")
        };
        let mut changes = Vec::new();
        if let Some(capacity) = plan.pool_capacity.filter(|_| name != "inbox") {
            changes.push(("pool-capacity", toml::Value::from(capacity)));
        }
        if let Some(storage) = plan.storage.as_ref().filter(|_| name == "inbox") {
            changes.push(("storage", storage.clone()));
        }
        let entry = name == PARTIES[0];
        if let Some(bundle) = plan.page.as_ref().filter(|_| entry) {
            let (table, key) = page::table(bundle, &folder)?;
            changes.push(("page", table));
            self.page_key = Some(key);
        }
        let data = match name {
            "inbox" => plan.inbox_data.as_ref(),
            _ => plan.entry_data.as_ref().filter(|_| entry),
        };
        if let Some(data) = data {
            let data = data.to_string_lossy().into_owned();
            changes.push(("data", toml::Value::from(data)));
        }
        change_config(&config, changes)?;
        let program = match &plan.entry_program {
            Some(program) if entry => program.clone(),
            _ => self.binaries.path(program),
        };
        let arguments = [
            "run".to_string(),
            "--config".to_string(),
            config.to_string_lossy().into_owned(),
        ];
        let daemon = Supervised::new(name, &program, &arguments, &folder.join("log"), sockets)?;
        let record = wires.join(format!("{name}.bytes"));
        let address = tap.local_addr()?;
        let traffic = tap::start(tap, listen, &record)?;
        Ok(Party {
            name,
            folder,
            daemon,
            traffic,
            record,
            address,
        })
    }
}

impl Scheme {
    /// A second inbox with the first one's keys and storage.
    fn standby(&mut self, wires: &Path, sockets: &Path) -> io::Result<Party> {
        let first = self.folder.join("scheme/inbox");
        let folder = self.folder.join("scheme/inbox-standby");
        fs::create_dir_all(&folder)?;
        let config = first.join("standby.toml");
        fs::copy(first.join("inbox.toml"), &config)?;
        let port = Reserved::new()?;
        let listen = port.address();
        self.ports.push(port);
        let data = folder.join("data").to_string_lossy().into_owned();
        change_config(
            &config,
            vec![
                ("listen", toml::Value::from(listen.to_string())),
                ("data", toml::Value::from(data)),
            ],
        )?;
        let arguments = ["run", "--config", &config.to_string_lossy()].map(str::to_owned);
        let program = self.binaries.path("brolly-inbox");
        let log = folder.join("log");
        let daemon = Supervised::new("standby", &program, &arguments, &log, sockets)?;
        let tap = TcpListener::bind("127.0.0.1:0")?;
        let record = wires.join("standby.bytes");
        let address = tap.local_addr()?;
        let traffic = tap::start(tap, listen, &record)?;
        Ok(Party {
            name: "standby",
            folder,
            daemon,
            traffic,
            record,
            address,
        })
    }
}

/// Changes or adds top-level keys of a configuration file.
///
/// # Errors
/// It cannot be read or written.
pub fn change_config(file: &Path, changes: Vec<(&str, toml::Value)>) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let mut table: toml::Table = text.parse().map_err(io::Error::other)?;
    for (key, value) in changes {
        table.insert(key.to_string(), value);
    }
    fs::write(file, table.to_string())
}

/// A program that Ctrl-C on the terminal does not reach: it ends its step, and nothing it wrote is left half done.
fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.process_group(0);
    command
}

fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?
        .write_all(bytes)
}

fn succeeded(what: &str, output: &Output) -> io::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{what} failed: {}", said.trim())))
}

fn json(output: &Output) -> io::Result<Value> {
    serde_json::from_slice(&output.stdout).map_err(io::Error::other)
}
