//! Publication: what waits enters the public sequence, in random order, under a new signed head (SPEC §10).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use brolly_keys::note::NoteError;
use brolly_keys::role::Log;
use brolly_keys::sign::SigningKey;
use brolly_protocol::node::SchemeId;
use brolly_protocol::sequence::{Entry, Head};
use brolly_shell::log::{Field, Level, event};
use brolly_shell::random;
use bytes::Bytes;
use rand::CryptoRng;
use rand::seq::SliceRandom;
use tokio::sync::watch;

use crate::store::{Store, StoreError};

/// Puts admitted cells in sequence. There is one for a store.
pub struct Sequencer {
    store: Arc<Store>,
    key: SigningKey<Log>,
    published: watch::Sender<Published>,
}

/// What everybody may fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The last published head.
    pub head: Head,
    /// The same, signed: a C2SP note.
    pub note: Bytes,
    /// Exactly the entries it stands for, 48 bytes each.
    pub entries: Bytes,
}

/// Why the sequence cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SequenceError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored entries are not those of the stored head.
    #[error(
        "the stored report log is damaged: its {0} entries do not hash to its head; restore the whole data directory, the log is never mended by hand"
    )]
    Damaged(u64),
    /// The head cannot be signed.
    #[error("the head of the report log cannot be signed: {0}")]
    Sign(NoteError),
}

impl Sequencer {
    /// Takes up the sequence in `store` after checking that its entries hash to its head.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub fn resume(
        store: Arc<Store>,
        scheme: SchemeId,
        key: SigningKey<Log>,
    ) -> Result<Self, SequenceError> {
        let (size, hash, entries) = store.published()?;
        let stored = Head { scheme, size, hash };
        let head = extend(Head::empty(scheme), &entries);
        if head != stored {
            return Err(SequenceError::Damaged(size));
        }
        let published = Published::new(head, &key, Bytes::from(encode(&entries)))?;
        Ok(Self {
            store,
            key,
            published: watch::Sender::new(published),
        })
    }

    /// What is published now.
    pub fn published(&self) -> Published {
        self.published.borrow().clone()
    }

    /// Publishes all that is admitted and not published yet, in an order drawn from `rng`; returns how many cells that
    /// were. It is durable before anybody can fetch it. Without anything new the head stays as it is.
    ///
    /// # Errors
    /// [`SequenceError`]; with [`StoreError::Full`] inside, what was published is as it was, and a later try may succeed.
    pub fn publish(&self, rng: &mut impl CryptoRng) -> Result<usize, SequenceError> {
        let last = self.published();
        let mut new = self.store.pending(last.head.size)?;
        if new.is_empty() {
            return Ok(0);
        }
        new.shuffle(rng);
        let head = extend(last.head, &new);
        self.store.publish(last.head.size, &new, &head)?;
        let entries = [last.entries.as_ref(), &encode(&new)].concat();
        self.published
            .send_replace(Published::new(head, &self.key, Bytes::from(entries))?);
        Ok(new.len())
    }
}

impl Published {
    fn new(head: Head, key: &SigningKey<Log>, entries: Bytes) -> Result<Self, SequenceError> {
        let note = head.sign(key).map_err(SequenceError::Sign)?;
        Ok(Self {
            head,
            note: Bytes::from(note.to_string()),
            entries,
        })
    }
}

/// Publishes once an `interval` until the other end of `stop` is dropped.
///
/// # Errors
/// [`SequenceError`]: the process must stop.
pub fn work(
    sequencer: &Sequencer,
    interval: Duration,
    stop: &Receiver<Infallible>,
) -> Result<(), SequenceError> {
    while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(interval) {
        match sequencer.publish(&mut random::system()) {
            Ok(0) => {}
            Ok(new) => {
                let size = sequencer.published().head.size;
                let new = u64::try_from(new).unwrap_or(u64::MAX);
                let counts = [(Field::Entries, new), (Field::Size, size)];
                event(Level::Info, "published", &counts);
            }
            Err(SequenceError::Store(StoreError::Full)) => {
                event(Level::Error, "disk full, nothing published", &[]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn extend(head: Head, entries: &[Entry]) -> Head {
    entries.iter().fold(head, |head, entry| head.push(*entry))
}

fn encode(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(|entry| entry.to_bytes()).collect()
}

#[cfg(test)]
mod tests;
