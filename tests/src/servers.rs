//! Real servers on loopback for the suites that need them: PostgreSQL with TLS, and an object store.
//!
//! ```text
//! initdb, pg_ctl ─▶ Postgres ── a cluster in a folder of its own, as user `postgres` when this is root
//! garage ×3, or s3s-fs ─▶ S3 ── three nodes that each hold every object, or one folder
//! ```
//!
//! Dropping one stops its processes, each by its number, and removes its folder.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

mod certificate;
mod postgres;
mod s3;

pub use postgres::{Database, Postgres, USER};
pub use s3::S3;

/// The storage of several inboxes: a database, and a bucket.
pub struct Storage {
    /// The database.
    pub database: Database,
    /// The object store.
    pub store: S3,
}

impl Storage {
    /// Starts a PostgreSQL and an object store.
    ///
    /// # Errors
    /// A sentence about what did not work, or what to install.
    pub fn start() -> io::Result<Self> {
        Ok(Self {
            database: Database::shared()?,
            store: S3::start()?,
        })
    }

    /// The `[storage]` table of an inbox's configuration.
    ///
    /// # Errors
    /// A temporary folder has a name that is not UTF-8.
    pub fn table(&self) -> io::Result<toml::Value> {
        let (server, store) = (&self.database.server, &self.store);
        let file = |path: PathBuf| text(&path).map(toml::Value::from);
        let postgres = toml::Table::from_iter([
            ("address".to_owned(), server.address().to_string().into()),
            ("database".to_owned(), self.database.name.clone().into()),
            ("user".to_owned(), USER.into()),
            ("password-file".to_owned(), file(server.password_file())?),
            ("ca-file".to_owned(), file(server.authority())?),
        ]);
        let s3 = toml::Table::from_iter([
            ("endpoint".to_owned(), store.endpoint().into()),
            ("bucket".to_owned(), store.bucket().into()),
            ("region".to_owned(), store.region().into()),
            (
                "credentials-file".to_owned(),
                file(store.credentials_file())?,
            ),
        ]);
        Ok(toml::Value::from(toml::Table::from_iter([
            ("kind".to_owned(), "distributed".into()),
            ("postgres".to_owned(), postgres.into()),
            ("s3".to_owned(), s3.into()),
        ])))
    }

    /// Every folder that it keeps something in.
    pub fn folders(&self) -> [&Path; 2] {
        [self.database.server.folder(), self.store.folder()]
    }
}

/// Runs `command` to its end; the error is what it said.
fn finish(command: &mut Command) -> io::Result<Output> {
    let output = command.output().map_err(|error| {
        let program = command.get_program().display().to_string();
        io::Error::new(error.kind(), format!("{program} cannot be run: {error}"))
    })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(io::Error::other(format!(
        "{} failed: {} {}",
        command.get_program().display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )))
}

/// Waits until `ready` says so, for a minute.
fn wait_for(what: &str, mut ready: impl FnMut() -> bool) -> io::Result<()> {
    for _ in 0..1200 {
        if ready() {
            return Ok(());
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    Err(io::Error::other(format!("{what} did not become ready")))
}

/// The path of `program`, from the environment variable `variable` or the search path.
fn find(variable: &str, program: &str) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

fn text(path: &Path) -> io::Result<&str> {
    path.to_str()
        .ok_or_else(|| io::Error::other("a temporary folder has a name that is not UTF-8"))
}
