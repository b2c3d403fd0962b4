//! An inbox from its configuration to its end.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use brolly_keys::file::{Header, KeyFile, Kind, Label};
use brolly_keys::role::Log;
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::Directory;
use brolly_shell::directory::{self, DirectoryFileError, InForce, SignedDirectory};
use brolly_shell::http::server::{Limits, ServeError, Server};
use brolly_shell::keyfile::{self, KeyFileError};
use brolly_shell::log::{Field, Level, event};
use brolly_shell::passphrase::{PassphraseError, Place};
use brolly_shell::tls::{Identity, TlsError};
use brolly_shell::{cli, clock};
use tokio::task::JoinError;

use crate::audit::{Audit, Progress, audit};
use crate::board::Poster;
use crate::config::{self, Config};
use crate::directories::{Directories, DirectoriesError, Versions};
use crate::rebuild::{RebuildError, Rebuilt, rebuild};
use crate::sequence::{SequenceError, Sequencer};
use crate::store::StoreError;
use crate::store::distributed::{self, DistributedError};
use crate::store::embedded::Embedded;
use crate::store::ledger::{Ledger, LedgerError};
use crate::store::objects::{ObjectError, Objects};
use crate::store::postgres::Postgres;

mod serve;

/// An inbox that is open and listening, but does not answer yet.
pub struct Inbox(Opened);

enum Opened {
    Embedded(Parts<Embedded>),
    Distributed(Parts<Postgres>),
}

struct Parts<L> {
    data: PathBuf,
    versions: Versions,
    ledger: Arc<L>,
    objects: Objects,
    poster: Arc<Poster<L>>,
    directories: Arc<Directories<L>>,
    role: Role<L>,
    identity: Identity,
    server: Server,
    limits: Limits,
}

/// What this process does about publication.
enum Role<L> {
    Sequencer(Box<Sequencer<L>>),
    /// Another process has the lease; this one waits for it.
    Standby(Arc<SigningKey<Log>>),
}

/// What an inbox knows of its directory before it has read its board.
struct Start {
    /// What it took up last; at its very first start, what the configuration names.
    signed: SignedDirectory,
    kept: bool,
    /// A higher version that the configuration names.
    waiting: Option<u32>,
}

/// How `verify` and `rebuild` find the storage.
pub struct Storage {
    directory: Directory,
    ledger: Either,
    objects: Objects,
}

enum Either {
    Embedded(Embedded),
    Postgres(Postgres),
}

/// Why an inbox does not start, or had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryFileError),
    /// The passphrase of the key file.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A key file of somebody else, or one the directory has replaced.
    #[error(
        "{} is not the key file of the inbox in the directory: take the one that was made with it",
        .0.display()
    )]
    OtherKey(PathBuf),
    /// TLS does not take the key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What is stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The storage that several inboxes share.
    #[error(transparent)]
    Distributed(#[from] DistributedError),
    /// The versions of the directory on the board.
    #[error(transparent)]
    Directories(DirectoriesError),
    /// The storage is older than what this inbox has done.
    #[error(
        "version {kept} of the directory was in force here, but the board knows no later one than {newest}: restore the newest storage"
    )]
    RolledBack {
        /// The version that this process took up last.
        kept: u32,
        /// The newest on the board.
        newest: u32,
    },
    /// Two texts under one version.
    #[error(
        "version {0} of the directory on the board is not the one that this inbox has: tell the officers; one of the two was never published"
    )]
    OtherDirectory(u32),
    /// The officers have put another inbox in its place.
    #[error(
        "version {0} of the directory names another inbox, or gives this one another key: this one has finished what it had begun and stops"
    )]
    Removed(u32),
    /// The logs.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// A new ledger.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The port.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A mistake in this program.
    #[error(
        "a part of the inbox broke down ({0}): nothing acknowledged is lost; start it again, and report this"
    )]
    Panic(#[from] JoinError),
}

impl From<DirectoriesError> for RunError {
    fn from(error: DirectoriesError) -> Self {
        match error {
            DirectoriesError::Store(reason) => Self::Store(reason),
            DirectoriesError::Lost(_) | DirectoriesError::None => Self::Directories(error),
        }
    }
}

impl From<LedgerError> for RunError {
    fn from(error: LedgerError) -> Self {
        Self::Store(error.into())
    }
}

impl From<ObjectError> for RunError {
    fn from(error: ObjectError) -> Self {
        Self::Store(error.into())
    }
}

/// Runs an inbox until `shutdown` resolves.
///
/// # Errors
/// [`RunError`].
pub async fn run(config: &Config, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    Inbox::open(config).await?.serve(shutdown).await
}

/// Checks a configuration with its directory and key file, without a passphrase, and leaves everything as it is.
///
/// # Errors
/// [`RunError`].
pub fn check(config: &Config) -> Result<(), RunError> {
    let found = directory::open(&config.directory, &config.data, config.scheme, clock::now())?;
    let header = keyfile::header(&config.identity)?;
    belongs(config, &found.current.directory, &header)
}

impl Inbox {
    /// Reads keys and directory, verifies what is stored, and begins to listen.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn open(config: &Config) -> Result<Self, RunError> {
        let start = Start::read(config)?;
        let opened = match &config.storage {
            config::Storage::Embedded => {
                let (ledger, objects) = embedded(config)?;
                Opened::Embedded(Parts::open(config, start, ledger, objects).await?)
            }
            config::Storage::Distributed(storage) => {
                let (ledger, objects) =
                    distributed::open(storage, &config.data, config.scheme).await?;
                Opened::Distributed(Parts::open(config, start, ledger, objects).await?)
            }
        };
        Ok(Self(opened))
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        match &self.0 {
            Opened::Embedded(parts) => parts.server.local_addr(),
            Opened::Distributed(parts) => parts.server.local_addr(),
        }
    }

    /// Answers until `shutdown` resolves, under each version of the directory from when it takes effect, then finishes what
    /// it has begun.
    ///
    /// # Errors
    /// [`RunError`], as soon as the storage cannot be relied on.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
        match self.0 {
            Opened::Embedded(parts) => parts.serve(shutdown).await,
            Opened::Distributed(parts) => parts.serve(shutdown).await,
        }
    }
}

impl Storage {
    /// Opens what no running inbox holds.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn open(config: &Config) -> Result<Self, RunError> {
        let start = Start::read(config)?;
        let (ledger, objects) = match &config.storage {
            config::Storage::Embedded => {
                let (ledger, objects) = embedded(config)?;
                (Either::Embedded(ledger), objects)
            }
            config::Storage::Distributed(storage) => {
                let (ledger, objects) =
                    distributed::open(storage, &config.data, config.scheme).await?;
                (Either::Postgres(ledger), objects)
            }
        };
        Ok(Self {
            directory: Directory::clone(&start.signed.directory),
            ledger,
            objects,
        })
    }

    /// Checks everything against everything else.
    ///
    /// # Errors
    /// [`RunError`] where the storage cannot be read.
    pub async fn verify(&self, progress: Progress<'_>) -> Result<Audit, RunError> {
        let (objects, directory) = (&self.objects, &self.directory);
        Ok(match &self.ledger {
            Either::Embedded(ledger) => audit(ledger, objects, directory, progress).await?,
            Either::Postgres(ledger) => audit(ledger, objects, directory, progress).await?,
        })
    }

    /// Makes the ledger anew from the objects.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn rebuild(&self, progress: Progress<'_>) -> Result<Rebuilt, RunError> {
        let (objects, directory, now) = (&self.objects, &self.directory, clock::now());
        Ok(match &self.ledger {
            Either::Embedded(ledger) => rebuild(ledger, objects, directory, now, progress).await?,
            Either::Postgres(ledger) => rebuild(ledger, objects, directory, now, progress).await?,
        })
    }
}

impl<L: Ledger> Parts<L> {
    async fn open(
        config: &Config,
        start: Start,
        ledger: L,
        objects: Objects,
    ) -> Result<Self, RunError> {
        let ledger = Arc::new(ledger);
        let poster = Arc::new(Poster::open(Arc::clone(&ledger)).await?);
        let directories = Directories::new(
            Arc::clone(&ledger),
            objects.clone(),
            Arc::clone(&poster),
            config.scheme,
        );
        let versions = start.in_force(&directories, clock::now()).await?;
        let directory = &versions.current.directory;
        let (identity, log_key) = keys(config, directory)?;
        let role = match ledger.lease().await? {
            Some(lease) => {
                let (ledger, objects) = (Arc::clone(&ledger), objects.clone());
                let directory = Directory::clone(directory);
                let resumed = Sequencer::resume(ledger, objects, directory, log_key, lease);
                let mut sequencer = Box::new(resumed.await?);
                directories.begin(&versions.current, clock::now()).await?;
                sequencer.begin_board().await?;
                sequencer.say(clock::now()).await?;
                Role::Sequencer(sequencer)
            }
            None => Role::Standby(Arc::new(log_key)),
        };
        directory::keep(&versions.current, &config.data, clock::now())?;
        directories.keep(directory.version);
        Ok(Self {
            data: config.data.clone(),
            versions,
            ledger,
            objects,
            poster,
            directories: Arc::new(directories),
            role,
            identity,
            server: Server::bind(config.listen)?,
            limits: Limits {
                connections: config.connections.get(),
                // An exit and a desk have one request under way each; a body is up to 1.9 MB.
                streams: 8,
                ..Limits::default()
            },
        })
    }
}

impl Start {
    fn read(config: &Config) -> Result<Self, RunError> {
        let (file, data, scheme) = (&config.directory, &config.data, config.scheme);
        let found = directory::open(file, data, scheme, clock::now());
        // The next one may be on the board already, or has to be handed in: over an expired one too.
        let signed = match directory::kept(data, scheme)? {
            Some(kept) => {
                if let Ok(InForce {
                    passed_over: Some(_),
                    ..
                }) = &found
                {
                    event(Level::Warning, "directory file passed over", &[]);
                }
                return Ok(Self {
                    kept: true,
                    waiting: found.ok().and_then(|found| found.waiting),
                    signed: kept,
                });
            }
            None => found?.current,
        };
        Ok(Self {
            kept: false,
            waiting: None,
            signed,
        })
    }

    /// The versions that count at `now`: the board says which. Before it has any, the one to start with.
    async fn in_force<L: Ledger>(
        self,
        directories: &Directories<L>,
        now: u64,
    ) -> Result<Versions, RunError> {
        let Self {
            signed,
            kept,
            waiting,
        } = self;
        let version = signed.directory.version;
        let board = match directories.at(now).await {
            Err(DirectoriesError::None) => {
                return Ok(Versions {
                    current: Arc::new(signed),
                    before: None,
                    waiting: None,
                });
            }
            board => board?,
        };
        let logged = directories.version(version).await?;
        let newest = board
            .waiting
            .as_ref()
            .map_or(&board.current, |(next, _)| next);
        let newest = newest.directory.version;
        match logged {
            Some(logged) if logged.directory.digest != signed.directory.digest => {
                return Err(RunError::OtherDirectory(version));
            }
            // It was in force here: it is, whatever the clock says.
            Some(_) if kept => directories.keep(version),
            None if kept && newest < version => {
                return Err(RunError::RolledBack {
                    kept: version,
                    newest,
                });
            }
            _ => {}
        }
        let named = waiting.or(Some(version).filter(|_| !kept));
        if let Some(named) = named.filter(|named| *named > newest) {
            let fields = [(Field::Version, u64::from(named))];
            event(Level::Warning, "directory not handed in", &fields);
        }
        let versions = directories.at(now).await?;
        let current = &versions.current.directory;
        if current.expires <= now {
            let fields = [(Field::Version, u64::from(current.version))];
            event(Level::Error, "directory expired", &fields);
        }
        Ok(versions)
    }
}

fn embedded(config: &Config) -> Result<(Embedded, Objects), RunError> {
    let ledger = Embedded::open(&config.data)?;
    let objects = Objects::open(&config.data.join("objects"))?;
    Ok((ledger, objects))
}

fn keys(config: &Config, directory: &Directory) -> Result<(Identity, SigningKey<Log>), RunError> {
    // Before the passphrase is asked for: it would be asked in vain.
    belongs(config, directory, &keyfile::header(&config.identity)?)?;
    let (file, credential) = (&config.passphrase_file, &config.passphrase_credential);
    let passphrase = Place::configured(file.clone(), credential.clone())
        .read("Passphrase of the inbox's key file: ")?;
    let file: KeyFile = keyfile::read(&config.identity, &passphrase)?;
    let other = || RunError::OtherKey(config.identity.clone());
    let identity = Identity::from_seed(file.secret(Label::Identity, 0).ok_or_else(other)?)?;
    let log_key = SigningKey::from_seed(file.secret(Label::Log, 0).ok_or_else(other)?);
    if identity.public_key() != directory.inbox.key.to_bytes()
        || log_key.verifying_key() != directory.inbox.log_key
    {
        return Err(other());
    }
    Ok((identity, log_key))
}

fn belongs(config: &Config, directory: &Directory, header: &Header) -> Result<(), RunError> {
    if header.kind == Kind::Inbox && header.public == directory.inbox.key.to_bytes() {
        Ok(())
    } else {
        Err(RunError::OtherKey(config.identity.clone()))
    }
}

impl From<RunError> for cli::Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Passphrase(error) => error.into(),
            RunError::KeyFile(error) => error.into(),
            RunError::Serve(error) => error.into(),
            RunError::Directory(error) => error.into(),
            RunError::Distributed(error) => error.into(),
            RunError::OtherKey(_) | RunError::OtherDirectory(_) | RunError::Removed(_) => {
                Self::refused(error)
            }
            RunError::Directories(_)
            | RunError::RolledBack { .. }
            | RunError::Tls(_)
            | RunError::Store(_)
            | RunError::Sequence(_)
            | RunError::Rebuild(_)
            | RunError::Panic(_) => Self::failed(error),
        }
    }
}
