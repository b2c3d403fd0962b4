//! Passing on: a task for each next hop, which keeps everything until the hop has acknowledged it.

use std::sync::Arc;
use std::time::Duration;

use brolly_keys::epoch::Epoch;
use brolly_protocol::wire::BATCH;
use brolly_shell::clock;
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method, StatusCode};
use tokio::task::{JoinError, JoinSet};

use crate::journal::{Event, Journal};
use crate::keys::oldest;
use crate::mirror::Held;
use crate::pool::{Found, Pool};
use crate::supervised::MemoryError;

/// The way to one next hop.
pub(crate) struct Forward {
    pub(crate) pool: Arc<Pool>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) link: Link,
    /// The hop's place in the assignment.
    pub(crate) hop: usize,
    /// The path to post to.
    pub(crate) path: &'static str,
    /// The seconds in an epoch of the hop's packet keys; the inbox has none.
    pub(crate) epoch: Option<u64>,
    /// How long the hop waits for its next write, like every relay.
    pub(crate) tick: Duration,
    /// Whoever takes the data over waits for what is under way.
    pub(crate) _held: Option<Held>,
}

impl Forward {
    /// Passes on what the mix releases. It ends only when the supervised memory fails.
    pub(crate) async fn run(self: Arc<Self>) -> Result<(), MemoryError> {
        let mut pause = self.tick;
        loop {
            // A hop answers at its tick, or as soon as enough wait to be written.
            let slots = self.pool.take(self.hop, AT_ONCE * BATCH).await;
            let mut posts = JoinSet::new();
            for slots in slots.chunks(BATCH) {
                posts.spawn(Arc::clone(&self).pass_on(slots.to_vec()));
            }
            let mut failed = Vec::new();
            while let Some(post) = posts.join_next().await {
                failed.extend(post.map_err(ended)??);
            }
            if failed.is_empty() {
                pause = self.tick;
                continue;
            }
            self.pool.give_back(self.hop, &failed);
            self.journal.add(Event::Backoff, 1);
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST.max(self.tick));
        }
    }

    /// Posts a batch and erases it when it was acknowledged; gives back what is still to be passed on.
    async fn pass_on(self: Arc<Self>, slots: Vec<u32>) -> Result<Vec<u32>, MemoryError> {
        let this = Arc::clone(&self);
        let (slots, body) = blocking(move || this.read(slots, clock::now())).await?;
        if slots.is_empty() {
            return Ok(slots);
        }
        let timeout = self.tick.saturating_mul(2).saturating_add(PATIENCE);
        let reply = self
            .link
            .send(Method::POST, self.path, body, 0, timeout)
            .await;
        if !reply.is_ok_and(|reply| reply.status == StatusCode::ACCEPTED) {
            return Ok(slots);
        }
        self.journal.add(Event::Forwarded, slots.len());
        blocking(move || {
            let done = slots.iter().try_for_each(|slot| self.pool.done(*slot));
            done.map_err(MemoryError::System)
        })
        .await?;
        Ok(Vec::new())
    }

    /// The packets in `slots`, one after the other, as the hop takes them at `now` (seconds since 1970). What the disk
    /// lost and what the hop can no longer open is erased and counted, and stops nothing.
    pub(crate) fn read(&self, slots: Vec<u32>, now: u64) -> Result<(Vec<u32>, Bytes), MemoryError> {
        let mut body = Vec::with_capacity(slots.len() * self.pool.packet());
        let mut good = Vec::with_capacity(slots.len());
        let mut reader = self.pool.reader();
        for slot in slots {
            let over = |epoch| self.expired(epoch, now);
            let found = self.pool.read(slot, &mut reader, over, &mut body);
            let gone = match found.map_err(MemoryError::System)? {
                Found::Packet => {
                    good.push(slot);
                    continue;
                }
                Found::Over => Event::Expired,
                Found::Unreadable => Event::Unreadable,
            };
            self.pool.done(slot).map_err(MemoryError::System)?;
            self.journal.add(gone, 1);
        }
        Ok((good, body.into()))
    }

    /// Whether the hop has erased its key of `epoch` at `now`: it would acknowledge the packet and discard it unseen.
    fn expired(&self, epoch: Epoch, now: u64) -> bool {
        self.epoch.is_some_and(|length| epoch < oldest(now, length))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MemoryError> + Send + 'static,
) -> Result<T, MemoryError> {
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

fn ended(error: JoinError) -> MemoryError {
    MemoryError::System(error.into())
}

/// Batches on their way to a hop at the same time.
const AT_ONCE: usize = 4;
const LONGEST: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(30);
