//! What is public: the inbox's sequence, checked before it is handed on, and the other relays' packet keys.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use brolly_protocol::geometry::{KEY_NOTICE, LOG_ENTRY};
use brolly_protocol::sequence::Sequence;
use brolly_protocol::{directory::RelayEntry, wire};
use brolly_shell::clock;
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method, StatusCode};

use crate::assignment::Assignment;
use crate::journal::{Event, Journal};
use crate::keys::Keys;

/// The newest part of the inbox's sequence that was checked.
#[derive(Default)]
pub(crate) struct Mirror {
    held: RwLock<Option<Published>>,
}

/// A signed head and exactly the entries that it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Published {
    pub(crate) checkpoint: Bytes,
    pub(crate) entries: Bytes,
}

/// What came of a sequence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// It is handed on from now on.
    Taken,
    /// Not newer than the one held.
    NotNewer,
    /// Not what the inbox signed.
    Refused,
    /// Signed, and not a continuation of the one held: the inbox shows different people different logs.
    Forked,
}

impl Mirror {
    /// The sequence to hand on, once there is one.
    pub(crate) fn published(&self) -> Option<Published> {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Checks a sequence, and holds it if it continues the one held.
    pub(crate) fn offer(
        &self,
        assignment: &Assignment,
        checkpoint: Bytes,
        entries: Bytes,
    ) -> Offer {
        let directory = &assignment.directory;
        let key = directory.inbox.log_key;
        let Ok(sequence) = Sequence::verify(&checkpoint, &entries, directory.scheme, key) else {
            return Offer::Refused;
        };
        let length = sequence.entries().len() * LOG_ENTRY;
        let entries = entries.slice(..length);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = &*held {
            let common = old.entries.len().min(length);
            if old.entries.get(..common) != entries.get(..common) {
                return Offer::Forked;
            }
            if old.entries.len() >= length {
                return Offer::NotNewer;
            }
        }
        *held = Some(Published {
            checkpoint,
            entries,
        });
        Offer::Taken
    }

    /// Fetches the sequence whenever the inbox publishes.
    pub(crate) async fn follow(&self, assignment: &Assignment, journal: &Journal) {
        let inbox = &assignment.directory.inbox;
        let link = assignment.link(&inbox.address, &inbox.key.to_bytes());
        let publish = assignment.directory.parameters.publish_ms;
        loop {
            let offer = match self.fetch(&link).await {
                Some((checkpoint, entries)) => self.offer(assignment, checkpoint, entries),
                None => Offer::Refused,
            };
            if offer == Offer::Forked {
                journal.add(Event::LogForked, 1);
            }
            let longest = if offer == Offer::Refused {
                RETRY
            } else {
                publish
            };
            let pause = publish.min(longest).max(SHORTEST);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// The head first: entries that are fetched later hold all that it stands for.
    async fn fetch(&self, link: &Link) -> Option<(Bytes, Bytes)> {
        let checkpoint = get(link, wire::CHECKPOINT, CHECKPOINT).await?;
        let entries = get(link, wire::ENTRIES, ENTRIES).await?;
        Some((checkpoint, entries))
    }
}

/// Fetches what another relay announces: at each tick until its keys for this epoch and the next are known, then now and
/// then.
pub(crate) async fn follow_keys(assignment: &Assignment, keys: &Keys, relay: &RelayEntry) {
    let link = assignment.link(&relay.address, &relay.key.to_bytes());
    let tick = assignment.directory.parameters.mix.tick_ms.max(SHORTEST);
    let limit = assignment.directory.relays.len() * NOTICES * KEY_NOTICE;
    for tick_number in 0_u64.. {
        let known = keys.knows(assignment, relay.id, clock::now());
        if (!known || tick_number % 40 == 0)
            && let Some(notices) = get(&link, wire::KEYS, limit).await
        {
            keys.accept(assignment, relay.id, &notices, clock::now());
        }
        tokio::time::sleep(Duration::from_millis(tick)).await;
    }
}

async fn get(link: &Link, path: &str, limit: usize) -> Option<Bytes> {
    let reply = link
        .send(Method::GET, path, Bytes::new(), limit, PATIENCE)
        .await
        .ok()?;
    (reply.status == StatusCode::OK).then_some(reply.body)
}

/// Milliseconds between two requests to the same server, at least.
const SHORTEST: u64 = 200;
/// Milliseconds, at most, until an inbox that did not answer well is asked again.
const RETRY: u64 = 60_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest checkpoint, in bytes.
const CHECKPOINT: usize = 1 << 16;
/// The longest sequence, in bytes: some 700,000 entries, until the log comes in tiles.
const ENTRIES: usize = 32 << 20;
/// The most notices of one relay that another hands on: those of eight epochs.
const NOTICES: usize = 8;
