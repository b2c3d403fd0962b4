//! From a configuration to a relay that serves, and back to nothing on SIGTERM.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Instant;

use brolly_keys::epoch::Epoch;
use brolly_protocol::directory::Purpose;
use brolly_protocol::onion::Layer;
use brolly_shell::directory::{self, DirectoryFileError};
use brolly_shell::http::server::{ServeError, Server};
use brolly_shell::log::{self, Field, Level};
use brolly_shell::tls;
use brolly_shell::{clock, random};
use rand_core::Rng;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::announce::Announce;
use crate::assignment::{Assignment, AssignmentError};
use crate::canary::{CanaryError, Sender};
use crate::config::Config;
use crate::intake::Intake;
use crate::issuer::{self, Issuer};
use crate::journal::{Event, Journal};
use crate::keys::{Keys, RotateError};
use crate::mirror::{Fresh, Held, Mirror, TakeUp};
use crate::page::{self, PageError, Site};
use crate::pool::Pool;
use crate::segment::{Segments, private_folder};
use crate::serve;
use crate::supervised::{Memory, MemoryError};
use crate::tags::{Tags, TagsError};
use crate::writer::{Lock, Message, Stopped, Writer};

pub(crate) mod parts;

/// A relay that listens and has recovered what it held, but does not serve yet.
pub struct Relay {
    server: Server,
    assignment: Arc<Assignment>,
    pub(crate) writer: Writer,
    mirror: Arc<Mirror>,
    issuer: Option<Arc<Issuer>>,
    /// What sends canaries, unless it is leaving.
    canary: Option<Sender>,
    site: Option<Arc<Site>>,
    /// Whether it is to send any.
    guarded: bool,
    data: PathBuf,
    connections: u16,
}

/// Why a relay does not start, or had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Its place in the scheme.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// The port.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Another relay works on the same data.
    #[error("another relay is using {}: stop it, or name another `data` folder", .0.display())]
    InUse(PathBuf),
    /// A folder or file of the data.
    #[error("{} cannot be used: {reason}", path.display())]
    Data {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The tags of packets that were seen.
    #[error(transparent)]
    Tags(#[from] TagsError),
    /// What canaries are sent with.
    #[error(transparent)]
    Canary(#[from] CanaryError),
    /// The worker's page.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The supervised memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The disk failed under the copy of the logs.
    #[error(
        "the disk failed to make the mirror durable ({0}): nothing was cosigned that is not stored; check the disk before starting the relay again"
    )]
    Mirror(io::Error),
    /// The disk failed under the issuer's projects.
    #[error(
        "the disk failed to make the change of a project's secret durable ({0}): it was not acknowledged; check the disk before starting the relay again"
    )]
    Projects(io::Error),
    /// It could not go on.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// No thread could be started.
    #[error("the relay cannot start its writer: {0}")]
    Thread(io::Error),
    /// The next directory does not have it.
    #[error(
        "version {0} of the directory is in force and does not have this relay any more: what it held was passed on, as far as others took it, and it has nothing left to do"
    )]
    Left(u32),
}

/// A line of the log: its level, its name, its numbers.
pub(crate) type Line = (Level, &'static str, Vec<(Field, u64)>);

/// Why a relay stopped serving.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It was asked to.
    Asked,
    /// Another version of the directory is in force.
    TakeUp(Box<TakeUp>),
    /// It is leaving, and this part of it is over.
    Leaving,
}

impl Relay {
    /// Brings supervised memory and data folder together: packets whose key and record are both there wait again,
    /// everything else is removed. Makes the packet keys that are due, and keeps the directory as the one in force.
    ///
    /// # Errors
    /// [`RunError`]; nothing is served.
    pub fn open(
        config: &Config,
        assignment: Assignment,
        memory: Arc<Memory>,
        server: Server,
    ) -> Result<Self, RunError> {
        let failed = |path: PathBuf| move |reason| RunError::Data { path, reason };
        let data = &config.data;
        private_folder(data).map_err(failed(data.clone()))?;
        let lock = Lock::take(data.join("lock"))
            .map_err(failed(data.join("lock")))?
            .ok_or_else(|| RunError::InUse(data.clone()))?;
        let lock = Arc::new(lock);
        let signed = assignment
            .signed()
            .map_err(|reason| DirectoryFileError::Refused {
                path: config.directory.clone(),
                reason,
            })
            .map_err(AssignmentError::from)?;
        directory::keep(&signed, data, clock::now()).map_err(AssignmentError::from)?;
        let mirrored = data.join("mirror");
        let mirror = Mirror::open(data, &assignment).map_err(failed(mirrored))?;

        let assignment = Arc::new(assignment);
        let journal = Arc::new(Journal::default());
        let started = Instant::now();
        let keys = Arc::new(Keys::open(&memory)?);
        let held: Vec<Epoch> = keys.ring().iter().map(|held| held.epoch).collect();
        let seed = random::system().next_u64();
        let mut tags = Tags::open(data.join("tags"), config.replay_capacity, seed, &held)?;
        let admission = parts::admission(config, &assignment, &journal)?;
        let issuer = Issuer::open(config, &assignment, &journal, clock::now())
            .map_err(AssignmentError::from)?;
        let site = match assignment.layer == Layer::Entry {
            true => Site::open(config)?.map(Arc::new),
            false => None,
        };
        let mut canary = Sender::open(config, &assignment, &journal, started)?;
        let guarded = canary.is_some();
        if assignment.leaving.is_some() {
            // No path crosses it any more, so none would come in.
            canary = None;
        }
        let pool = data.join("pool");
        let segments =
            Segments::open(pool.clone(), assignment.layer).map_err(failed(pool.clone()))?;
        let files = segments.files().clone();
        let (pool, recovered) =
            Pool::recover(Arc::clone(&memory), files, &assignment, 0).map_err(failed(pool))?;
        if canary.is_some() {
            pool.handle_canary();
        }
        journal.add(Event::Lost, recovered.lost);
        journal.add(Event::Swept, recovered.swept);
        parts::rebuild(&mut tags, recovered.tags).map_err(failed(data.join("tags")))?;
        let rotation = keys
            .rotate(
                clock::now(),
                &assignment,
                &memory,
                &mut tags,
                &mut random::system(),
            )
            .map_err(|error| match error {
                RotateError::Log(reason) => failed(data.join("tags"))(reason),
                RotateError::Memory(error) => error.into(),
            })?;
        journal.add(Event::KeysMade, rotation.made);
        journal.add(Event::KeysErased, rotation.erased);
        Ok(Self {
            server,
            assignment: Arc::clone(&assignment),
            writer: Writer {
                assignment,
                memory,
                keys,
                pool: Arc::new(pool),
                journal,
                segments,
                tags,
                admission,
                watch: canary.as_ref().map(Sender::watch),
                started,
                _lock: lock,
            },
            mirror: Arc::new(mirror),
            issuer: issuer.map(Arc::new),
            canary,
            site,
            guarded,
            data: data.clone(),
            connections: config.connections.get(),
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The longest segment file that the disk is taken to have room for, in bytes: lower it, and the
    /// disk is full.
    pub fn room(&self) -> Arc<AtomicU64> {
        self.writer.segments.room()
    }

    /// Serves until `shutdown` resolves or its directory is not the one in force any more; then writes and answers what
    /// waits, and returns. Nothing of it is under way then. Dropped before that, it stops as a crash would stop it.
    ///
    /// # Errors
    /// [`RunError`] if it had to stop by itself.
    pub(crate) async fn serve(self, shutdown: impl Future) -> Result<Ended, RunError> {
        let Self {
            server,
            assignment,
            writer,
            mirror,
            issuer,
            canary,
            site,
            data,
            connections,
            ..
        } = self;
        let (messages, received) = mpsc::channel::<Message>();
        let keys = Arc::clone(&writer.keys);
        let intake = Arc::new(Intake::new(
            Arc::clone(&assignment),
            Arc::clone(&keys),
            writer.admission.clone(),
            messages,
        ));
        let service = Arc::new(serve::Relay {
            assignment: Arc::clone(&assignment),
            keys: Arc::clone(&keys),
            intake: Arc::clone(&intake),
            tokens: parts::tokens(&assignment),
            issuer: issuer.clone(),
            mirror: Arc::clone(&mirror),
            site: site.clone(),
        });
        let inbox = &assignment.directory.inbox;
        let inbox = Arc::new(assignment.link(&inbox.address, &inbox.key.to_bytes()));
        let (working, mut worked) = tokio::sync::mpsc::channel(1);
        let held = Held {
            _lock: Arc::clone(&writer._lock),
            _working: working,
        };
        // Dropped with this future, they end at once: what was not acknowledged is still held.
        let mut forwarding = parts::forwarding(&assignment, &writer, &held);
        let working = Some(held.clone());
        let mut mirroring =
            parts::mirroring(&assignment, &mirror, &writer.journal, &inbox, &data, held);
        let mut announcing = JoinSet::new();
        let (journal, source) = (Arc::clone(&writer.journal), Arc::clone(&inbox));
        let announce = Announce::new(
            Arc::clone(&assignment),
            Arc::clone(&journal),
            Arc::clone(&keys),
            Arc::clone(&mirror),
            source,
        );
        announcing.spawn(announce.run());
        let fresh = Fresh::new(
            Arc::clone(&assignment),
            journal,
            Arc::clone(&mirror),
            inbox,
            data,
            working,
        );
        let mut deciding = JoinSet::new();
        deciding.spawn(fresh.run());
        let mut sending = JoinSet::new();
        if let Some(canary) = canary {
            sending.spawn(canary.run());
        }
        let certificate = site.and_then(|site| site.certificate.clone());
        if let Some(certificate) = &certificate {
            sending.spawn(page::renew(Arc::clone(certificate)));
        }
        let leaving = parts::leaving(Arc::clone(&assignment), Arc::clone(&writer.pool));

        let (ended, mut ending) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                let result = writer.run(&received);
                let _ = ended.send(());
                result
            })
            .map_err(RunError::Thread)?;

        let limits = parts::limits(assignment.layer, connections);
        let identity = tls::server(
            &assignment.tls,
            parts::clients(assignment.layer, certificate),
        );
        let why = OnceLock::<Result<Ended, RunError>>::new();
        let stop = async {
            let ended = tokio::select! {
                _ = shutdown => Ok(Ended::Asked),
                _ = &mut ending => Ok(Ended::Asked),
                Some(ended) = forwarding.join_next() => {
                    // A forwarder never ends well.
                    let ended = ended.map_err(io::Error::from).map_err(MemoryError::from);
                    ended.and_then(|ended| ended).map(|()| Ended::Asked).map_err(RunError::from)
                }
                Some(ended) = mirroring.join_next() => {
                    Err(RunError::Mirror(ended.unwrap_or_else(io::Error::from)))
                }
                Some(ended) = deciding.join_next() => {
                    let ended = ended.map_err(io::Error::from).and_then(|ended| ended);
                    ended.map(|next| Ended::TakeUp(Box::new(next))).map_err(RunError::Mirror)
                }
                reason = issuer::broke(issuer.as_ref()) => Err(RunError::Projects(reason)),
                () = leaving => Ok(Ended::Leaving),
            };
            let _ = why.set(ended);
            intake.close();
        };
        server.run(identity, service, limits, stop).await?;
        mirroring.shutdown().await;
        forwarding.shutdown().await;
        deciding.shutdown().await;
        announcing.shutdown().await;
        sending.shutdown().await;
        // What was under way on the disk and in the memory still is.
        let _ = worked.recv().await;
        let written = tokio::task::spawn_blocking(move || thread.join())
            .await
            .map_err(|error| RunError::Thread(error.into()))?;
        match written {
            Ok(result) => result?,
            Err(_) => return Err(RunError::Thread(io::Error::other("it panicked"))),
        }
        why.into_inner().unwrap_or(Ok(Ended::Asked))
    }

    /// Logs that the relay is ready.
    pub fn announce(&self) {
        for (level, name, fields) in self.announced() {
            log::event(level, name, &fields);
        }
    }

    /// What is logged once, at the start.
    pub(crate) fn announced(&self) -> Vec<Line> {
        let memory = &self.writer.memory;
        let fields = vec![
            (Field::Layer, u64::from(self.assignment.layer())),
            (Field::Port, u64::from(self.local_addr().port())),
            (Field::Version, u64::from(self.assignment.version())),
            (Field::Packets, u64::from(memory.capacity())),
        ];
        let mut lines = vec![(Level::Info, "ready", fields)];
        if self.assignment.directory.purpose == Purpose::Drill {
            lines.push((Level::Warning, "drill", Vec::new()));
        }
        if !self.guarded {
            lines.push((Level::Warning, "canaries-off", Vec::new()));
        }
        if let Some(version) = self.assignment.waiting {
            let fields = vec![(Field::Version, u64::from(version))];
            lines.push((Level::Info, "directory-waiting", fields));
        }
        if self.assignment.passed_over {
            lines.push((Level::Warning, "directory-file-refused", Vec::new()));
        }
        lines
    }
}
