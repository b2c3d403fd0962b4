//! A PostgreSQL server with TLS and SCRAM.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use super::{certificate, finish, text};
use crate::port::Reserved;

/// A server with a cluster of its own.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: Reserved,
    /// When this is root: PostgreSQL refuses to be.
    user: Option<(u32, u32)>,
}

/// An empty database on a server.
pub struct Database {
    /// The server.
    pub server: Arc<Postgres>,
    /// Its name.
    pub name: String,
}

impl Postgres {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// A sentence about what did not work.
    pub fn start() -> io::Result<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir()?;
        let user = match rustix::process::geteuid().is_root() {
            true => Some(postgres_user()?),
            false => None,
        };
        let server = Self {
            folder,
            programs,
            port: Reserved::new()?,
            user,
        };
        let made = certificate::make()?;
        server.own(server.folder.path())?;
        for (name, content) in [
            ("authority.pem", made.authority.as_str()),
            ("certificate.pem", &made.certificate),
            ("key.pem", &made.key),
            ("password", PASSWORD),
        ] {
            let path = server.path(name);
            fs::write(&path, content)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            server.own(&path)?;
        }
        let data = server.path("data");
        finish(
            server
                .program("initdb")
                .args(["--username", USER, "--auth", "scram-sha-256"])
                .args(["--encoding", "UTF8", "--no-sync", "--pgdata"])
                .arg(&data)
                .arg("--pwfile")
                .arg(server.path("password")),
        )?;
        let hosts = "hostssl all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), hosts)?;
        let folder = text(server.folder.path())?;
        let settings = format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\nssl = on\n\
             ssl_cert_file = '{folder}/certificate.pem'\nssl_key_file = '{folder}/key.pem'\n",
            server.address().port()
        );
        let file = data.join("postgresql.conf");
        let all = fs::read_to_string(&file)? + &settings;
        fs::write(&file, all)?;
        server.control(&["start", "--wait", "--log"], Some("log"))?;
        Ok(server)
    }

    /// A server that all who ask for it at the same time share.
    ///
    /// # Errors
    /// See [`Self::start`].
    pub fn shared() -> io::Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Ok(server)
    }

    /// Everything it keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The authority that signed its certificate, in PEM.
    pub fn authority(&self) -> PathBuf {
        self.path("authority.pem")
    }

    /// A file with the password of [`USER`].
    pub fn password_file(&self) -> PathBuf {
        self.path("password")
    }

    /// Ends it without letting it finish anything, as a crash does, and starts it again.
    ///
    /// # Errors
    /// It does not start.
    pub fn crash(&self) -> io::Result<()> {
        self.stop()?;
        self.go_on()
    }

    /// Ends it without letting it finish anything.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop(&self) -> io::Result<()> {
        self.control(&["stop", "--wait", "--mode", "immediate"], None)
    }

    /// Starts it again.
    ///
    /// # Errors
    /// It does not start.
    pub fn go_on(&self) -> io::Result<()> {
        self.control(&["start", "--wait", "--log"], Some("log"))
    }

    /// Runs a statement as its owner, in the database `name`; gives the rows, a line each.
    ///
    /// # Errors
    /// What the server said.
    pub fn sql(&self, name: &str, statement: &str) -> io::Result<String> {
        let port = self.address().port().to_string();
        let output = finish(
            Command::new(self.programs.join("psql"))
                .args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet"])
                .args(["--host", "127.0.0.1", "--port", &port, "--username", USER])
                .args(["--dbname", name, "--command", statement])
                .env("PGPASSWORD", PASSWORD)
                .env("PGSSLMODE", "verify-ca")
                .env("PGSSLROOTCERT", self.authority()),
        )?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn control(&self, arguments: &[&str], log: Option<&str>) -> io::Result<()> {
        let mut command = self.program("pg_ctl");
        command.args(arguments);
        if let Some(log) = log {
            command.arg(self.path(log));
        }
        command.arg("--pgdata").arg(self.path("data"));
        // The server inherits them: a pipe would stay open as long as it runs.
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(Stdio::null()).status()?;
        if status.success() {
            return Ok(());
        }
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        Err(io::Error::other(format!(
            "pg_ctl {arguments:?} failed; the server's log: {log}"
        )))
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match self.user {
            None => Command::new(program),
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .arg(format!("--regid={group}"))
                    .arg("--clear-groups")
                    .arg(program);
                command
            }
        };
        command.current_dir(self.folder.path());
        command
    }

    fn own(&self, path: &Path) -> io::Result<()> {
        match self.user {
            Some((user, group)) => chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // One that was stopped before cannot be stopped again.
        let _ = self.stop();
    }
}

impl Database {
    /// Makes an empty database on the shared server.
    ///
    /// # Errors
    /// A sentence about what did not work.
    pub fn shared() -> io::Result<Self> {
        Self::on(Postgres::shared()?)
    }

    /// Makes an empty database on `server`.
    ///
    /// # Errors
    /// What the server said.
    pub fn on(server: Arc<Postgres>) -> io::Result<Self> {
        static COUNT: Mutex<u32> = Mutex::new(0);
        let name = {
            let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
            *count += 1;
            format!("scheme_{count}")
        };
        server.sql("postgres", &format!("create database {name}"))?;
        Ok(Self { server, name })
    }

    /// Runs a statement in it; gives the rows, a line each.
    ///
    /// # Errors
    /// What the server said.
    pub fn sql(&self, statement: &str) -> io::Result<String> {
        self.server.sql(&self.name, statement)
    }
}

/// The newest version that is installed.
fn programs() -> io::Result<PathBuf> {
    let missing = || io::Error::other("PostgreSQL is not installed: apt-get install postgresql");
    let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| missing())?;
    versions
        .filter_map(|version| {
            let version = version.ok()?;
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let programs = version.path().join("bin");
            programs
                .join("initdb")
                .is_file()
                .then_some((number, programs))
        })
        .max()
        .map(|(_, programs)| programs)
        .ok_or_else(missing)
}

/// Whoever owns the home of PostgreSQL on Debian.
fn postgres_user() -> io::Result<(u32, u32)> {
    let home = fs::metadata("/var/lib/postgresql")?;
    Ok((home.uid(), home.gid()))
}

/// The user that owns every database.
pub const USER: &str = "brolly";
const PASSWORD: &str = "a password for loopback";
