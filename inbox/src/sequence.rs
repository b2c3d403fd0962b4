//! Publication: what waits enters the logs under new signed checkpoints (SPEC §10).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use brolly_keys::epoch::Epoch;
use brolly_keys::note::NoteError;
use brolly_keys::role::Log;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::Live;
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{
    Bundle, BundleError, CheckpointError, Edge, Entry, LogName, Resource, TILE, encode_bundle,
    leaf_hash,
};
use bytes::Bytes;
use rand::CryptoRng;
use rand::seq::SliceRandom;

use crate::freshness::{self, SayError};
use crate::step::{Step, Steps};
use crate::store::StoreError;
use crate::store::ledger::{Head, Lease, Ledger, LedgerError};
use crate::store::objects::{ObjectError, Objects};

mod duty;
mod signer;
mod silence;

pub use duty::{stand_by, work};
use signer::Signer;
pub(crate) use signer::read;
pub use silence::Silent;

/// Who publishes. Only with the lease, so there is one for a ledger.
pub struct Sequencer<L> {
    ledger: Arc<L>,
    objects: Objects,
    signer: Signer,
    lease: Lease,
    desk_epoch: u64,
    reports: Chain,
    board: Chain,
    /// The issuer's period before which spent tokens are forgotten.
    forgotten: AtomicU32,
    /// The day on which it was told which desks are silent.
    told: u64,
    steps: Steps,
}

/// A log as far as it is published.
struct Chain {
    edge: Edge,
    /// The board's alone.
    live: Option<Live>,
    /// The checkpoint that lies beside the tiles.
    kept: Option<Bytes>,
    /// What was signed last, until it is known to be the head.
    unsure: Option<(Edge, Option<Live>, Head)>,
}

/// What a publication did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Published {
    /// New entries of the log of reports.
    pub reports: u64,
    /// New entries of the board.
    pub board: u64,
}

/// Why the logs cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SequenceError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The head is not one that this inbox signed.
    #[error(
        "the head of the {} log was not signed by this inbox for this scheme ({reason}): give it its own data", log.as_str()
    )]
    Head {
        /// The log.
        log: LogName,
        /// What is wrong with it.
        reason: CheckpointError,
    },
    /// What is stored of a log is not what was signed.
    #[error(
        "{path} is missing or is not what was signed: restore it, for example from a relay's mirror; a log is never mended by hand"
    )]
    Damaged {
        /// A path below the objects.
        path: String,
    },
    /// The ledger is older than the objects.
    #[error(
        "the ledger says that the {} log has {size} entries, but a checkpoint of {seen} was published: restore the newest ledger, or move it away and run `brolly-inbox rebuild`", log.as_str()
    )]
    RolledBack {
        /// The log.
        log: LogName,
        /// Entries by the ledger's head.
        size: u64,
        /// Entries by the checkpoint beside the tiles.
        seen: u64,
    },
    /// Objects without a ledger: a new log would contradict what was published.
    #[error(
        "there are reports or logs but no ledger: restore it, or run `brolly-inbox rebuild`; a log is never begun anew over old reports"
    )]
    LedgerLost,
    /// A checkpoint cannot be signed.
    #[error("the checkpoint of the {} log cannot be signed: {reason}", log.as_str())]
    Sign {
        /// The log.
        log: LogName,
        /// What is wrong with it.
        reason: NoteError,
    },
    /// Nor which directory is in force.
    #[error(transparent)]
    Say(NoteError),
    /// An entry that was never posted so.
    #[error(
        "the ledger holds an entry of the {} log that is none: restore it whole or run `brolly-inbox rebuild`", .0.as_str()
    )]
    Entry(LogName),
}

impl From<LedgerError> for SequenceError {
    fn from(error: LedgerError) -> Self {
        Self::Store(error.into())
    }
}

impl From<ObjectError> for SequenceError {
    fn from(error: ObjectError) -> Self {
        Self::Store(error.into())
    }
}

type Result<T> = std::result::Result<T, SequenceError>;

impl SequenceError {
    /// Whether a later try may succeed; otherwise the process must stop.
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Store(error) if error.passes())
    }
}

impl<L: Ledger> Sequencer<L> {
    /// Takes up both logs after checking that their ends in the objects are what was signed; in a new ledger publishes
    /// that they are empty.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub async fn resume(
        ledger: Arc<L>,
        objects: Objects,
        directory: Directory,
        key: impl Into<Arc<SigningKey<Log>>>,
        lease: Lease,
    ) -> Result<Self> {
        let key = key.into();
        let signer = Signer { directory, key };
        let chain = async |log| signer.resume(log, ledger.as_ref(), &objects, lease).await;
        let (reports, board) = (chain(LogName::Reports).await?, chain(LogName::Board).await?);
        Ok(Self {
            desk_epoch: signer.directory.parameters.desk_epoch,
            reports,
            board,
            ledger,
            objects,
            signer,
            lease,
            forgotten: AtomicU32::new(0),
            told: 0,
            steps: Steps::default(),
        })
    }

    /// Goes on under another version of the directory, of the same log key.
    pub fn take_up(&mut self, directory: Directory) {
        self.desk_epoch = directory.parameters.desk_epoch;
        self.signer.directory = directory;
    }

    /// Publishes the first entry of a board: without the directory that is there nobody could begin.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub async fn begin_board(&mut self) -> Result<()> {
        if self.board.edge.size() > 0 {
            return Ok(());
        }
        let size = self.ledger.assigned(LogName::Board).await?;
        self.extend(LogName::Board, size).await
    }

    /// Says which directory is in force at `now`, in seconds since 1970, if that was not said today.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub async fn say(&self, now: u64) -> Result<()> {
        let Signer { directory, key } = &self.signer;
        let said = freshness::say(self.ledger.as_ref(), directory, key, now, &self.steps).await;
        said.map_err(|error| match error {
            SayError::Ledger(error) => error.into(),
            SayError::Sign(reason) => SequenceError::Say(reason),
        })
    }

    /// Forgets the tokens that were spent in periods of the issuer that have been over for two days at `now`, in seconds since
    /// 1970: by no process's clock are any taken then.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub async fn forget_tokens(&self, now: u64) -> Result<()> {
        let keys = &self.signer.directory.issuer.keys;
        let mut live = keys
            .iter()
            .filter(|key| key.until.saturating_add(2 * DAY) > now);
        let Some(period) = live.next().map(|first| first.period) else {
            return Ok(());
        };
        if self.forgotten.load(Ordering::Acquire) != period {
            self.ledger.forget(period).await?;
            self.forgotten.store(period, Ordering::Release);
        }
        Ok(())
    }

    /// Entries that are published of `log`.
    pub fn size(&self, log: LogName) -> u64 {
        match log {
            LogName::Reports => self.reports.edge.size(),
            LogName::Board => self.board.edge.size(),
        }
    }

    /// Publishes all that is admitted or posted and not published yet, reports in an order drawn from `rng`. Each step is
    /// durable before the next. A log without anything new stays as it is.
    ///
    /// # Errors
    /// [`SequenceError`]; where it passes, what was published is as it was, and a later try goes on.
    pub async fn publish(&mut self, rng: &mut (impl CryptoRng + Send)) -> Result<Published> {
        let ledger = Arc::clone(&self.ledger);
        let mut shuffle = |entries: &mut [Entry]| entries.shuffle(rng);
        let reports = ledger.assign(self.lease, &mut shuffle).await?;
        let board = ledger.assigned(LogName::Board).await?;
        self.steps.reached(Step::Assigned);
        let before = self.size(LogName::Reports);
        self.extend(LogName::Reports, reports).await?;
        let published = Published {
            reports: reports.saturating_sub(before),
            board: board.saturating_sub(self.size(LogName::Board)),
        };
        self.extend(LogName::Board, board).await?;
        Ok(published)
    }

    /// Removes bodies that no desk has a key for any more at `now`, in seconds since 1970: those of weeks that ended two
    /// desk weeks ago or earlier. A bounded number at once; says how many.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub async fn prune(&self, now: u64) -> Result<u64> {
        let before = Epoch::at(now, self.desk_epoch).minus(ERASED_AFTER);
        let found = self.ledger.expired(before, PRUNED_AT_ONCE).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let (numbers, entries): (Vec<u64>, Vec<Entry>) = found.into_iter().unzip();
        self.ledger.prune(&numbers).await?;
        self.steps.reached(Step::PruneBegun);
        self.objects.remove_cells(&entries).await?;
        self.steps.reached(Step::BodiesGone);
        self.ledger.pruned(&numbers).await?;
        self.steps.reached(Step::Pruned);
        Ok(u64::try_from(numbers.len()).unwrap_or(u64::MAX))
    }

    /// Renews the lease.
    async fn renew(&self) -> Result<()> {
        match self.ledger.lease().await? {
            Some(lease) if lease == self.lease => Ok(()),
            _ => Err(LedgerError::Superseded.into()),
        }
    }

    /// Publishes the entries of `log` up to `size`, all of which have their positions.
    async fn extend(&mut self, log: LogName, size: u64) -> Result<()> {
        let chain = match log {
            LogName::Reports => &mut self.reports,
            LogName::Board => &mut self.board,
        };
        let ledger = self.ledger.as_ref();
        if let Some((edge, live, head)) = chain.unsure.clone() {
            // Its answer was lost: it may be the head, so nothing else can follow before it.
            let before = Some(chain.edge.size());
            ledger.publish(self.lease, log, before, &head).await?;
            (chain.edge, chain.live, chain.unsure) = (edge, live, None);
        }
        let before = chain.edge.size();
        if size > before {
            let (mut edge, mut live) = (chain.edge.clone(), chain.live.clone());
            let mut at = before / TILE * TILE;
            while at < size {
                let count = CHUNK.min(size - at);
                let limit = usize::try_from(count).unwrap_or(usize::MAX);
                let entries = ledger.entries(log, at, limit).await?;
                if u64::try_from(entries.len()) != Ok(count) {
                    return Err(LedgerError::Malformed.into());
                }
                let mut tiles =
                    bundles(at / TILE, &entries).map_err(|_| SequenceError::Entry(log))?;
                for (position, entry) in (at..).zip(&entries).filter(|(at, _)| *at >= before) {
                    edge.push(leaf_hash(entry), &mut |tile, hashes| {
                        tiles.push((Resource::Tile(tile), hashes.into_flattened().into()));
                    });
                    if let Some(live) = &mut live {
                        live.recall(position, entry)
                            .map_err(|_| SequenceError::Entry(log))?;
                    }
                }
                at = at.saturating_add(count);
                if at == size {
                    tiles.extend(edge.partial().map(|(tile, hashes)| {
                        let bytes = Bytes::copy_from_slice(hashes.as_flattened());
                        (Resource::Tile(tile), bytes)
                    }));
                }
                self.objects.put_tiles(log, tiles).await?;
            }
            self.steps.reached(Step::TilesPut);
            let head = self.signer.sign(log, &edge, live.as_ref())?;
            let unsure = (edge.clone(), live.clone(), head.clone());
            chain.unsure = Some(unsure);
            ledger.publish(self.lease, log, Some(before), &head).await?;
            self.steps.reached(Step::Published);
            (chain.edge, chain.live, chain.unsure) = (edge, live, None);
        }
        // The newest, with the cosignatures that came since.
        if let Some(head) = ledger.head(log).await?
            && chain.kept.as_ref() != Some(&head.note)
        {
            self.objects.put_checkpoint(log, head.note.clone()).await?;
            chain.kept = Some(head.note);
            self.steps.reached(Step::CheckpointPut);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn with_steps(mut self, steps: Steps) -> Self {
        self.objects = self.objects.with_steps(steps.clone());
        self.steps = steps;
        self
    }
}

/// The bundles from number `first` on that hold `entries`.
fn bundles(
    first: u64,
    entries: &[Bytes],
) -> std::result::Result<Vec<(Resource, Bytes)>, BundleError> {
    let full = usize::try_from(TILE).unwrap_or(usize::MAX);
    (first..)
        .zip(entries.chunks(full))
        .map(|(index, entries)| {
            let mut bytes = Vec::new();
            encode_bundle(entries.iter().map(|entry| &**entry), &mut bytes)?;
            let width = u64::try_from(entries.len()).unwrap_or(u64::MAX);
            let size = index.saturating_mul(TILE).saturating_add(width);
            Ok(Bundle::of(index, size).map(|bundle| (Resource::Bundle(bundle), bytes.into())))
        })
        .filter_map(std::result::Result::transpose)
        .collect()
}

/// Entries that are read and written at a time: 16 bundles.
const CHUNK: u64 = 16 * TILE;
/// A desk erases the key of a week once that has been over for two weeks: with the third week after it.
const ERASED_AFTER: u32 = 2;
const DAY: u64 = 86_400;
/// Bodies pruned in one turn.
const PRUNED_AT_ONCE: usize = 1024;

#[cfg(test)]
mod tests;
