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
use brolly_shell::directory::{self, DirectoryFileError, SignedDirectory};
use brolly_shell::http::server::{Limits, ServeError, Server};
use brolly_shell::keyfile::{self, KeyFileError};
use brolly_shell::log::{Field, Level, event};
use brolly_shell::passphrase::{self, PassphraseError};
use brolly_shell::tls::{self, Clients, Identity, TlsError};
use brolly_shell::{cli, clock};
use sd_notify::NotifyState;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use crate::admit;
use crate::config::Config;
use crate::http::Answers;
use crate::sequence::{self, SequenceError, Sequencer};
use crate::store::{Store, StoreError};

/// An inbox that is open and listening, but does not answer yet.
pub struct Inbox {
    signed: SignedDirectory,
    store: Arc<Store>,
    sequencer: Arc<Sequencer>,
    identity: Identity,
    server: Server,
    limits: Limits,
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
    /// What is on the disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The public sequence.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The port.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A mistake in this program.
    #[error(
        "a part of the inbox broke down ({0}): nothing acknowledged is lost; start it again, and report this"
    )]
    Panic(#[from] JoinError),
}

/// Runs an inbox until `shutdown` resolves.
///
/// # Errors
/// [`RunError`].
pub async fn run(config: &Config, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    Inbox::open(config)?.serve(shutdown).await
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
    /// Reads keys and directory, verifies what is on the disk, and begins to listen.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn open(config: &Config) -> Result<Self, RunError> {
        let signed = directory::read(&config.directory, &config.data, config.scheme, clock::now())?;
        let (identity, log_key) = keys(config, &signed.directory)?;
        let store = Arc::new(Store::open(&config.data, config.scheme)?);
        directory::remember(&signed.directory, &config.data)?;
        let sequencer = Sequencer::resume(Arc::clone(&store), config.scheme, log_key)?;
        Ok(Self {
            signed,
            store,
            sequencer: Arc::new(sequencer),
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

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Answers until `shutdown` resolves, then finishes what it has begun.
    ///
    /// # Errors
    /// [`RunError`], as soon as the disk cannot be relied on.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
        let (deliveries, queue) = mpsc::channel(QUEUE);
        let (stop, stopped) = std::sync::mpsc::channel();
        let interval = Duration::from_millis(self.signed.directory.parameters.publish_ms);
        let (store, sequencer) = (Arc::clone(&self.store), Arc::clone(&self.sequencer));
        let mut admitting = spawn_blocking(move || admit::work(&store, queue));
        let mut sequencing = spawn_blocking(move || sequence::work(&sequencer, interval, &stopped));
        let port = self.local_addr().port();
        let size = self.sequencer.published().head.size;
        let version = self.signed.directory.version;
        let ready = [
            (Field::Port, u64::from(port)),
            (Field::Version, u64::from(version)),
            (Field::Size, size),
        ];

        let tls = tls::server(&self.identity, Clients::Optional);
        let answers = Arc::new(Answers {
            signed: self.signed,
            store: self.store,
            sequencer: self.sequencer,
            queue: deliveries.downgrade(),
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
    let passphrase = passphrase::read(
        config.passphrase_file.as_deref(),
        "Passphrase of the inbox's key file: ",
    )?;
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
            RunError::OtherKey(_) => Self::refused(error),
            RunError::Tls(_) | RunError::Store(_) | RunError::Sequence(_) | RunError::Panic(_) => {
                Self::failed(error)
            }
        }
    }
}

/// Deliveries that wait for their write; more wait in HTTP.
const QUEUE: usize = 16;
const PAGES: usize = 4;
