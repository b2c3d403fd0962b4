//! The relay's disk by itself, for those who measure it (feature `measure`): what one write does, and what was seen.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use brolly_keys::epoch::Epoch;
use brolly_protocol::onion::Inner;
use brolly_protocol::replay::Tag;
use brolly_shell::http::server::Server;
use brolly_shell::random;
use rand::RngExt;
use tokio::sync::{Semaphore, oneshot};

use crate::assignment::Assignment;
use crate::config::Config;
use crate::run::{Relay, RunError};
use crate::supervised::Memory;
use crate::tags::{Tags, TagsError};
use crate::writer::{Answer, Fate, Opened, Stopped, Waiting, Writer};

/// Packets that are written without waiting for the tick.
pub const EARLY: usize = crate::writer::EARLY;

/// A relay that nobody can reach: its pool and all that goes with it.
pub struct Store {
    writer: Writer,
    room: Arc<Semaphore>,
}

/// Packets without their layer that wait to be written, as from one request.
pub struct Request(Waiting, oneshot::Receiver<Answer>);

/// What was seen under the key of one epoch.
pub struct Seen(Tags);

impl Store {
    /// Opens a relay's data as a start does.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn open(config: &Config, assignment: Assignment) -> Result<Self, RunError> {
        let memory = Arc::new(Memory::create(config.pool_capacity)?);
        let server = Server::bind(config.listen)?;
        Ok(Self {
            writer: Relay::open(config, assignment, memory, server)?.writer,
            room: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        })
    }

    /// A request with these packets, which were opened.
    ///
    /// # Errors
    /// When the relay has no key or no next hop.
    pub fn request(&self, packets: Vec<Inner>) -> io::Result<Request> {
        let epoch = self.writer.keys.ring().iter().map(|held| held.epoch).min();
        let epoch = epoch.ok_or(io::ErrorKind::NotFound)?;
        let hops = self.writer.assignment.hops.len();
        let mut rng = random::system();
        let opened = |(hop, inner): (usize, Inner)| Opened {
            epoch,
            tag: rng.random(),
            fate: Fate::Forward(inner, hop),
        };
        let packets = (0..hops).cycle().zip(packets).map(opened).map(Some);
        let packets: Vec<_> = packets.collect();
        let (answer, answered) = oneshot::channel();
        let permit = Arc::clone(&self.room).try_acquire_owned();
        let waiting = Waiting {
            packets,
            paid: Vec::new(),
            answer,
            permit: permit.map_err(io::Error::other)?,
        };
        Ok(Request(waiting, answered))
    }

    /// Writes requests as at one tick, and says whether all of them are durable.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn write(&mut self, requests: Vec<Request>) -> Result<bool, Stopped> {
        let (waiting, answers): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .map(|Request(waiting, answered)| (waiting, answered))
            .unzip();
        self.writer.write(waiting)?;
        let mut answers = answers.into_iter();
        Ok(answers.all(|mut answer| answer.try_recv() == Ok(Answer::Taken)))
    }

    /// Erases all that the mix lets go of at its next tick, as if the next hops had taken it, and says how much that was.
    ///
    /// # Errors
    /// When the supervised memory fails.
    pub fn clear(&self) -> io::Result<usize> {
        let pool = &self.writer.pool;
        let released = pool.tick(pool.next_tick(), &mut random::system())?;
        for hop in 0..self.writer.assignment.hops.len() {
            for slot in pool.queued(hop) {
                pool.done(slot)?;
            }
        }
        Ok(released)
    }
}

impl Seen {
    /// Begins a log of what is seen from now on.
    ///
    /// # Errors
    /// [`TagsError`].
    pub fn begin(folder: PathBuf, capacity: usize) -> Result<Self, TagsError> {
        let seed = random::system().random();
        Tags::open_or_begin(folder, capacity, seed, &[EPOCH]).map(|(tags, _)| Self(tags))
    }

    /// Reads the log again.
    ///
    /// # Errors
    /// [`TagsError`].
    pub fn open(folder: PathBuf, capacity: usize) -> Result<Self, TagsError> {
        let seed = random::system().random();
        Tags::open(folder, capacity, seed, &[EPOCH]).map(Self)
    }

    /// Whether a tag was seen.
    pub fn contains(&self, tag: &Tag) -> bool {
        self.0.contains(EPOCH, tag)
    }

    /// Remembers tags and appends them to the log; says how many were new.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn keep(&mut self, tags: &[Tag]) -> io::Result<usize> {
        let fresh: Vec<_> = tags
            .iter()
            .map(|tag| (EPOCH, *tag))
            .filter(|(epoch, tag)| self.0.remember(*epoch, *tag))
            .collect();
        self.0.append(&fresh).map_err(io::Error::other)?;
        Ok(fresh.len())
    }
}

const EPOCH: Epoch = Epoch::new(20_000);
