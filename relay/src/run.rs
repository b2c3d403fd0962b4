//! From a configuration to a relay that serves, and back to nothing on SIGTERM.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use brolly_keys::epoch::Epoch;
use brolly_protocol::log::LogName;
use brolly_protocol::onion::Layer;
use brolly_shell::http::server::{Limits, ServeError, Server};
use brolly_shell::log::{self, Field, Level};
use brolly_shell::tls::{self, Clients};
use brolly_shell::{clock, random};
use rand_core::Rng;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::assignment::{Assignment, AssignmentError};
use crate::config::Config;
use crate::forward::Forward;
use crate::intake::Intake;
use crate::journal::{Event, Journal};
use crate::keys::{Keys, RotateError};
use crate::mirror::{Follower, Held, Mirror, Trouble, follow_keys};
use crate::pool::Pool;
use crate::segment::{Segments, private_folder};
use crate::serve;
use crate::supervised::{Memory, MemoryError};
use crate::tags::{AppendError, Tags, TagsError};
use crate::writer::{Lock, Message, Stopped, Writer};

/// A relay that listens and has recovered what it held, but does not serve yet.
pub struct Relay {
    server: Server,
    assignment: Arc<Assignment>,
    pub(crate) writer: Writer,
    mirror: Arc<Mirror>,
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
    /// The supervised memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The disk failed under the copy of the logs.
    #[error(
        "the disk failed to make the mirror durable ({0}): nothing was cosigned that is not stored; check the disk before starting the relay again"
    )]
    Mirror(io::Error),
    /// It could not go on.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// No thread could be started.
    #[error("the relay cannot start its writer: {0}")]
    Thread(io::Error),
}

impl Relay {
    /// Begins to listen, and brings supervised memory and data folder together: packets whose key and record are both
    /// there wait again, everything else is removed. Makes the packet keys that are due.
    ///
    /// # Errors
    /// [`RunError`]; nothing is served.
    pub fn open(config: &Config, assignment: Assignment, memory: Memory) -> Result<Self, RunError> {
        let server = Server::bind(config.listen)?;
        let failed = |path: PathBuf| move |reason| RunError::Data { path, reason };
        let data = &config.data;
        private_folder(data).map_err(failed(data.clone()))?;
        let lock = Lock::take(data.join("lock"))
            .map_err(failed(data.join("lock")))?
            .ok_or_else(|| RunError::InUse(data.clone()))?;
        let lock = Arc::new(lock);
        assignment.remember_version(data)?;
        let mirrored = data.join("mirror");
        let mirror = Mirror::open(data, &assignment).map_err(failed(mirrored))?;

        let assignment = Arc::new(assignment);
        let memory = Arc::new(memory);
        let journal = Arc::new(Journal::default());
        let started = Instant::now();
        let keys = Arc::new(Keys::open(&memory, &assignment)?);
        let held: Vec<Epoch> = keys.ring().iter().map(|held| held.epoch).collect();
        let seed = random::system().next_u64();
        let mut tags = Tags::open(data.join("tags"), config.replay_capacity, seed, &held)?;
        let pool = data.join("pool");
        let segments =
            Segments::open(pool.clone(), assignment.layer).map_err(failed(pool.clone()))?;
        let files = segments.files().clone();
        let (pool, recovered) =
            Pool::recover(Arc::clone(&memory), files, &assignment, 0).map_err(failed(pool))?;
        journal.add(Event::Lost, recovered.lost);
        journal.add(Event::Swept, recovered.swept);
        rebuild(&mut tags, recovered.tags).map_err(failed(data.join("tags")))?;
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
                started,
                _lock: lock,
            },
            mirror: Arc::new(mirror),
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

    /// Serves until `shutdown` resolves; then writes and answers what waits, and returns. Dropped before that, it stops
    /// as a crash would stop it.
    ///
    /// # Errors
    /// [`RunError`] if it had to stop by itself.
    pub async fn serve(self, shutdown: impl Future) -> Result<(), RunError> {
        let Self {
            server,
            assignment,
            writer,
            mirror,
            data,
            connections,
        } = self;
        let (messages, received) = mpsc::channel::<Message>();
        let keys = Arc::clone(&writer.keys);
        let intake = Arc::new(Intake::new(
            Arc::clone(&assignment),
            Arc::clone(&keys),
            messages,
        ));
        let service = Arc::new(serve::Relay {
            assignment: Arc::clone(&assignment),
            keys: Arc::clone(&keys),
            intake: Arc::clone(&intake),
            mirror: Arc::clone(&mirror),
        });
        // Dropped with this future, they end at once: what was not acknowledged is still held.
        let mut forwarding = forwarding(&assignment, &writer);
        let _following = following(&assignment, &keys);
        let (working, mut worked) = tokio::sync::mpsc::channel(1);
        let held = Held {
            _lock: Arc::clone(&writer._lock),
            _working: working,
        };
        let mut mirroring = mirroring(&assignment, &mirror, &writer.journal, &data, held);

        let (ended, mut ending) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                let result = writer.run(&received);
                let _ = ended.send(());
                result
            })
            .map_err(RunError::Thread)?;

        let limits = limits(assignment.layer, connections);
        let identity = tls::server(&assignment.tls, clients(assignment.layer));
        let failed = OnceLock::<RunError>::new();
        let stop = async {
            tokio::select! {
                _ = shutdown => {}
                _ = &mut ending => {}
                Some(ended) = forwarding.join_next() => {
                    // A forwarder never ends well.
                    let error = ended.map_err(io::Error::from).map_err(MemoryError::from);
                    if let Err(error) = error.and_then(|ended| ended) {
                        let _ = failed.set(error.into());
                    }
                }
                Some(ended) = mirroring.join_next() => {
                    let reason = ended.unwrap_or_else(io::Error::from);
                    let _ = failed.set(RunError::Mirror(reason));
                }
            }
            intake.close();
        };
        server.run(identity, service, limits, stop).await?;
        mirroring.shutdown().await;
        // What was under way on the disk still is.
        let _ = worked.recv().await;
        let written = tokio::task::spawn_blocking(move || thread.join())
            .await
            .map_err(|error| RunError::Thread(error.into()))?;
        match written {
            Ok(result) => result?,
            Err(_) => return Err(RunError::Thread(io::Error::other("it panicked"))),
        }
        match failed.into_inner() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Logs that the relay is ready.
    pub fn announce(&self) {
        let memory = &self.writer.memory;
        let fields = [
            (Field::Layer, u64::from(self.assignment.layer())),
            (Field::Port, u64::from(self.local_addr().port())),
            (Field::Version, u64::from(self.assignment.version())),
            (Field::Packets, u64::from(memory.capacity())),
        ];
        log::event(Level::Info, "ready", &fields);
    }
}

/// Remembers the tags of packets that were stored just before a crash, and whose logs it did not reach.
fn rebuild(tags: &mut Tags, held: Vec<(Epoch, [u8; 16])>) -> io::Result<()> {
    let mut missing = held;
    missing.retain(|(epoch, tag)| tags.remember(*epoch, *tag));
    tags.append(&missing).map_err(|error| match error {
        AppendError::Refused(reason) | AppendError::Broken(reason) => reason,
    })
}

fn forwarding(assignment: &Assignment, writer: &Writer) -> JoinSet<Result<(), MemoryError>> {
    let mut tasks = JoinSet::new();
    for forward in forwards(assignment, writer) {
        tasks.spawn(Arc::new(forward).run());
    }
    tasks
}

/// The way to each next hop.
pub(crate) fn forwards(assignment: &Assignment, writer: &Writer) -> Vec<Forward> {
    let parameters = &assignment.directory.parameters;
    let hops = assignment.hops.iter().enumerate();
    hops.map(|(hop, next)| Forward {
        pool: Arc::clone(&writer.pool),
        journal: Arc::clone(&writer.journal),
        link: assignment.link(&next.address, &next.key),
        hop,
        path: next.path,
        epoch: assignment.layer.after().map(|_| parameters.packet_epoch),
        tick: Duration::from_millis(parameters.mix.tick_ms),
    })
    .collect()
}

fn following(assignment: &Arc<Assignment>, keys: &Arc<Keys>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for relay in &assignment.directory.relays {
        if relay.id != assignment.id {
            let (mine, keys, relay) = (Arc::clone(assignment), Arc::clone(keys), relay.clone());
            tasks.spawn(async move { follow_keys(&mine, &keys, &relay).await });
        }
    }
    tasks
}

fn mirroring(
    assignment: &Arc<Assignment>,
    mirror: &Arc<Mirror>,
    journal: &Arc<Journal>,
    data: &Path,
    held: Held,
) -> JoinSet<io::Error> {
    let inbox = &assignment.directory.inbox;
    let link = Arc::new(assignment.link(&inbox.address, &inbox.key.to_bytes()));
    let mut tasks = JoinSet::new();
    for log in LogName::ALL {
        let opening = Follower::open(
            Arc::clone(assignment),
            Arc::clone(journal),
            Arc::clone(mirror),
            Arc::clone(&link),
            data.to_owned(),
            mirror.archive(log).held(held.clone()),
        );
        tasks.spawn(async move {
            match opening.await {
                Ok(follower) => follower.run().await,
                Err(Trouble::Sync(reason) | Trouble::Full(reason)) => reason,
                Err(trouble) => io::Error::other(trouble),
            }
        });
    }
    tasks
}

fn clients(layer: Layer) -> Clients {
    if layer == Layer::Entry {
        Clients::Anyone
    } else {
        Clients::Optional
    }
}

fn limits(layer: Layer, connections: u16) -> Limits {
    // Each may hold a body in memory, and at the entry anybody may ask.
    let streams = if layer == Layer::Entry { 4 } else { 64 };
    Limits {
        connections,
        streams,
        ..Limits::default()
    }
}
