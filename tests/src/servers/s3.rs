//! An object store: three nodes of Garage, or s3s-fs.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{find, finish, text, wait_for};
use crate::port::Reserved;

/// An object store with one empty bucket, `brolly`.
pub struct S3 {
    folder: TempDir,
    kind: Kind,
    ports: Vec<Reserved>,
    running: Vec<Child>,
    /// Of Garage: `id@address` of each node.
    nodes: Vec<String>,
}

#[derive(Clone)]
enum Kind {
    Garage(PathBuf),
    Folder(PathBuf),
}

impl S3 {
    /// Starts three nodes of Garage if it is installed, else s3s-fs.
    ///
    /// # Errors
    /// A sentence about what did not work, or what to install.
    pub fn start() -> io::Result<Self> {
        let kind = find("BROLLY_GARAGE", "garage")
            .map(Kind::Garage)
            .or_else(|| find("BROLLY_S3S_FS", "s3s-fs").map(Kind::Folder))
            .ok_or_else(|| {
                io::Error::other(
                    "there is no object store to test with: `cargo install garage` as .ci/run does, or s3s-fs",
                )
            })?;
        let ports = match kind {
            Kind::Garage(_) => 2 * NODES,
            Kind::Folder(_) => 1,
        };
        let mut server = Self {
            folder: tempfile::tempdir()?,
            kind,
            ports: (0..ports)
                .map(|_| Reserved::new())
                .collect::<io::Result<_>>()?,
            running: Vec::new(),
            nodes: Vec::new(),
        };
        match server.kind.clone() {
            Kind::Garage(program) => server.make_garage(&program)?,
            Kind::Folder(_) => {
                fs::create_dir_all(server.path("objects").join(BUCKET))?;
                let key = format!("{KEY}\n{SECRET}\n");
                write_private(&server.path("credentials"), &key)?;
                server.go_on()?;
            }
        }
        Ok(server)
    }

    /// Everything it keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it is reached.
    pub fn endpoint(&self) -> String {
        self.ports
            .first()
            .map(|port| format!("http://{}", port.address()))
            .unwrap_or_default()
    }

    /// The region that it wants requests to be signed for.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// The bucket.
    pub fn bucket(&self) -> &'static str {
        BUCKET
    }

    /// A file with the access key and its secret.
    pub fn credentials_file(&self) -> PathBuf {
        self.path("credentials")
    }

    /// Ends every process of it without letting it finish anything.
    pub fn stop(&mut self) {
        for child in &self.running {
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            if let Some(pid) = pid {
                // One that has ended by itself is waited for below all the same.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        for mut child in self.running.drain(..) {
            let _ = child.wait();
        }
    }

    /// Starts it again.
    ///
    /// # Errors
    /// It does not start.
    pub fn go_on(&mut self) -> io::Result<()> {
        match self.kind.clone() {
            Kind::Garage(program) => {
                for node in 0..NODES {
                    let mut command = Command::new(&program);
                    command.arg("-c").arg(self.node(node)).arg("server");
                    self.spawn(command, node)?;
                }
            }
            Kind::Folder(program) => {
                let mut command = Command::new(program);
                let port = self.port(0)?.to_string();
                command
                    .args(["--host", "127.0.0.1", "--port", &port])
                    .args(["--access-key", KEY, "--secret-key", SECRET])
                    .arg(self.path("objects"));
                self.spawn(command, 0)?;
            }
        }
        let listening = self.running.len();
        wait_for("the object store", || {
            let mut addresses = self.ports.iter().take(listening).map(Reserved::address);
            addresses.all(|address| TcpStream::connect(address).is_ok())
        })?;
        match &self.kind {
            Kind::Garage(program) if !self.nodes.is_empty() => {
                wait_for("Garage", || self.ask(program, 0, &["status"]).is_ok())?;
                self.connect(program)
            }
            Kind::Garage(_) | Kind::Folder(_) => Ok(()),
        }
    }

    fn make_garage(&mut self, program: &Path) -> io::Result<()> {
        for node in 0..NODES {
            let folder = text(self.folder.path())?;
            let (api, rpc) = (self.port(node)?, self.port(NODES + node)?);
            let config = format!(
                "metadata_dir = \"{folder}/{node}/meta\"\ndata_dir = \"{folder}/{node}/data\"\n\
                 db_engine = \"sqlite\"\nmetadata_fsync = true\ndata_fsync = true\n\
                 replication_factor = 3\nrpc_secret = \"{}\"\n\
                 rpc_bind_addr = \"127.0.0.1:{rpc}\"\nrpc_public_addr = \"127.0.0.1:{rpc}\"\n\
                 [s3_api]\napi_bind_addr = \"127.0.0.1:{api}\"\ns3_region = \"{REGION}\"\n",
                "5e".repeat(32)
            );
            write_private(&self.node(node), &config)?;
        }
        self.go_on()?;
        for node in 0..NODES {
            let mut said = String::new();
            wait_for("a node of Garage", || {
                said = self
                    .ask(program, node, &["node", "id", "-q"])
                    .unwrap_or_default();
                said.contains('@')
            })?;
            self.nodes.push(said.trim().to_owned());
        }
        wait_for("Garage", || self.ask(program, 0, &["status"]).is_ok())?;
        self.connect(program)?;
        for (zone, node) in self.nodes.iter().enumerate() {
            let zone = format!("zone{zone}");
            let (id, _) = node.split_once('@').unwrap_or((node, ""));
            let assign = ["layout", "assign", "-z", &zone, "-c", "1G", id];
            self.ask(program, 0, &assign)?;
        }
        self.ask(program, 0, &["layout", "apply", "--version", "1"])?;
        self.ask(program, 0, &["bucket", "create", BUCKET])?;
        let key = self.ask(program, 0, &["key", "create", "brolly"])?;
        let rights = ["--read", "--write", BUCKET, "--key", "brolly"];
        self.ask(
            program,
            0,
            &[&["bucket", "allow"], rights.as_slice()].concat(),
        )?;
        let value = |name: &str| {
            key.lines()
                .find_map(|line| line.trim().strip_prefix(name))
                .map(str::trim)
                .ok_or_else(|| io::Error::other("`garage key create` prints no key"))
        };
        let lines = format!("{}\n{}\n", value("Key ID:")?, value("Secret key:")?);
        write_private(&self.path("credentials"), &lines)
    }

    /// Makes the nodes known to each other, and waits until they are.
    fn connect(&self, program: &Path) -> io::Result<()> {
        wait_for("Garage", || {
            let others = self.nodes.iter().skip(1);
            let mut connected = others.map(|node| self.ask(program, 0, &["node", "connect", node]));
            connected.all(|connected| connected.is_ok())
                && (0..NODES).all(|node| {
                    let status = self.ask(program, node, &["status"]).unwrap_or_default();
                    let (healthy, _) = status.split_once("FAILED").unwrap_or((&status, ""));
                    healthy.matches("127.0.0.1:").count() >= NODES
                })
        })
    }

    fn ask(&self, program: &Path, node: usize, arguments: &[&str]) -> io::Result<String> {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.node(node)).args(arguments);
        let output = finish(command.stdin(Stdio::null()))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn spawn(&mut self, mut command: Command, node: usize) -> io::Result<()> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path(&format!("{node}.log")))?;
        command.stdin(Stdio::null()).stdout(Stdio::null());
        // Ctrl-C is for whoever started it.
        command.process_group(0);
        self.running.push(command.stderr(log).spawn()?);
        Ok(())
    }

    fn port(&self, number: usize) -> io::Result<u16> {
        let port = self.ports.get(number);
        port.map(|port| port.address().port())
            .ok_or_else(|| io::Error::other("a server without a port"))
    }

    fn node(&self, node: usize) -> PathBuf {
        self.path(&format!("{node}.toml"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.stop();
    }
}

fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    io::Write::write_all(&mut file, content.as_bytes())
}

const NODES: usize = 3;
const REGION: &str = "garage";
const BUCKET: &str = "brolly";
/// Of s3s-fs; Garage draws its own.
const KEY: &str = "loopback";
const SECRET: &str = "a-secret-for-loopback";
