//! An inbox from its configuration to its end.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brolly_keys::file::{Header, KeyFile, Kind, Label};
use brolly_keys::role::Log;
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::Directory;
use brolly_protocol::log::LogName;
use brolly_shell::directory::{self, DirectoryFileError, SignedDirectory};
use brolly_shell::http::server::{Limits, ServeError, Server};
use brolly_shell::keyfile::{self, KeyFileError};
use brolly_shell::log::{Field, Level, event};
use brolly_shell::passphrase::{PassphraseError, Place};
use brolly_shell::tls::{self, Clients, Identity, TlsError};
use brolly_shell::{cli, clock};
use sd_notify::NotifyState;
use tokio::spawn;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle};

use crate::admit::{self, Admitter};
use crate::audit::{Audit, Progress, audit};
use crate::board::Poster;
use crate::config::{self, Config};
use crate::http::Answers;
use crate::rebuild::{RebuildError, Rebuilt, rebuild};
use crate::sequence::{self, SequenceError, Sequencer};
use crate::store::StoreError;
use crate::store::distributed::{self, DistributedError};
use crate::store::embedded::Embedded;
use crate::store::ledger::{Ledger, LedgerError};
use crate::store::objects::{ObjectError, Objects};
use crate::store::postgres::Postgres;

/// An inbox that is open and listening, but does not answer yet.
pub struct Inbox(Opened);

enum Opened {
    Embedded(Parts<Embedded>),
    Distributed(Parts<Postgres>),
}

struct Parts<L> {
    signed: SignedDirectory,
    ledger: Arc<L>,
    objects: Objects,
    poster: Poster<L>,
    role: Role<L>,
    identity: Identity,
    server: Server,
    limits: Limits,
}

/// What this process does about publication.
enum Role<L> {
    Sequencer(Box<Sequencer<L>>),
    /// Another process has the lease; this one waits for it.
    Standby(Box<SigningKey<Log>>),
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
    let signed = directory::read(&config.directory, &config.data, config.scheme, clock::now())?;
    belongs(
        config,
        &signed.directory,
        &keyfile::header(&config.identity)?,
    )
}

impl Inbox {
    /// Reads keys and directory, verifies what is stored, and begins to listen.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn open(config: &Config) -> Result<Self, RunError> {
        let signed = directory::read(&config.directory, &config.data, config.scheme, clock::now())?;
        let (identity, log_key) = keys(config, &signed.directory)?;
        let opened = match &config.storage {
            config::Storage::Embedded => {
                let (ledger, objects) = embedded(config)?;
                let parts = Parts::open(config, signed, ledger, objects, identity, log_key);
                Opened::Embedded(parts.await?)
            }
            config::Storage::Distributed(storage) => {
                let (ledger, objects) =
                    distributed::open(storage, &config.data, config.scheme).await?;
                let parts = Parts::open(config, signed, ledger, objects, identity, log_key);
                Opened::Distributed(parts.await?)
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

    /// Answers until `shutdown` resolves, then finishes what it has begun.
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
        let signed = directory::read(&config.directory, &config.data, config.scheme, clock::now())?;
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
            directory: Directory::clone(&signed.directory),
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
        signed: SignedDirectory,
        ledger: L,
        objects: Objects,
        identity: Identity,
        log_key: SigningKey<Log>,
    ) -> Result<Self, RunError> {
        let ledger = Arc::new(ledger);
        directory::remember(&signed.directory, &config.data)?;
        let role = match ledger.lease().await? {
            Some(lease) => {
                let directory = Directory::clone(&signed.directory);
                let (ledger, objects) = (Arc::clone(&ledger), objects.clone());
                let resumed = Sequencer::resume(ledger, objects, directory, log_key, lease);
                Role::Sequencer(Box::new(resumed.await?))
            }
            None => Role::Standby(Box::new(log_key)),
        };
        Ok(Self {
            poster: Poster::open(Arc::clone(&ledger)).await?,
            signed,
            ledger,
            objects,
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

    async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
        let (deliveries, queue) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let (broken, mut breaks) = mpsc::channel(1);
        let head = self.ledger.head(LogName::Reports).await?;
        let ready = [
            (Field::Port, u64::from(self.server.local_addr().port())),
            (Field::Version, u64::from(self.signed.directory.version)),
            (Field::Size, head.map_or(0, |head| head.size)),
        ];
        let directory = Directory::clone(&self.signed.directory);
        let (ledger, objects) = (Arc::clone(&self.ledger), self.objects.clone());
        let admitter = Admitter::new(Arc::clone(&ledger), objects.clone(), &directory);
        let mut admitting = spawn(async move { admit::work(&admitter, queue).await });
        let mut sequencing = spawn(self.role.work(ledger, objects, directory, stopped));

        let tls = tls::server(&self.identity, Clients::Optional);
        let answers = Arc::new(Answers {
            signed: self.signed,
            ledger: self.ledger,
            objects: self.objects,
            poster: self.poster,
            queue: deliveries.downgrade(),
            broken,
            pages: Semaphore::new(PAGES),
        });
        let mut ended = None;
        let end = async {
            ended = tokio::select! {
                // In this order: who hears that it is ready may ask it to end at once, and by then it has to listen.
                biased;
                () = shutdown => None,
                // Neither part ends by itself but on an error.
                admitted = joined(&mut admitting) => Some(admitted),
                sequenced = joined(&mut sequencing) => Some(sequenced),
                Some(error) = breaks.recv() => Some(Err(error.into())),
                never = announce(&ready) => match never {},
            };
        };
        let served = self.server.run(tls, answers, self.limits, end).await;
        drop((deliveries, stop));
        match ended {
            Some(result) => return result,
            None => {
                joined(&mut admitting).await?;
                joined(&mut sequencing).await?;
            }
        }
        Ok(served?)
    }
}

impl<L: Ledger> Role<L> {
    async fn work(
        self,
        ledger: Arc<L>,
        objects: Objects,
        directory: Directory,
        mut stop: oneshot::Receiver<()>,
    ) -> Result<(), SequenceError> {
        let interval = Duration::from_millis(directory.parameters.publish_ms);
        let mut sequencer = match self {
            Self::Sequencer(sequencer) => sequencer,
            Self::Standby(key) => {
                event(Level::Info, "standing by", &[]);
                let key = Arc::<SigningKey<Log>>::from(key);
                loop {
                    let Some(lease) = sequence::stand_by(ledger.as_ref(), &mut stop).await? else {
                        return Ok(());
                    };
                    let (ledger, objects) = (Arc::clone(&ledger), objects.clone());
                    let (directory, key) = (directory.clone(), Arc::clone(&key));
                    match Sequencer::resume(ledger, objects, directory, key, lease).await {
                        Err(error) if error.passes() => {
                            event(Level::Warning, "publication not taken over yet", &[]);
                        }
                        resumed => {
                            let resumed = Box::new(resumed?);
                            event(Level::Info, "publication taken over", &[]);
                            break resumed;
                        }
                    }
                }
            }
        };
        sequence::work(&mut sequencer, interval, stop).await
    }
}

fn embedded(config: &Config) -> Result<(Embedded, Objects), RunError> {
    let ledger = Embedded::open(&config.data)?;
    let objects = Objects::open(&config.data.join("objects"))?;
    Ok((ledger, objects))
}

/// Tells the log and the supervisor, and then waits for ever.
async fn announce(ready: &[(Field, u64)]) -> Infallible {
    event(Level::Info, "ready", ready);
    if sd_notify::notify(&[NotifyState::Ready]).is_err() {
        event(Level::Warning, "supervisor not told", &[]);
    }
    pending().await
}

async fn joined<E>(part: &mut JoinHandle<Result<(), E>>) -> Result<(), RunError>
where
    RunError: From<E>,
{
    Ok(part.await??)
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
            RunError::OtherKey(_) => Self::refused(error),
            RunError::Tls(_)
            | RunError::Store(_)
            | RunError::Sequence(_)
            | RunError::Rebuild(_)
            | RunError::Panic(_) => Self::failed(error),
        }
    }
}

/// Deliveries that wait for their write; more wait in HTTP.
const QUEUE: usize = 16;
const PAGES: usize = 4;
