//! `brolly-inbox rebuild`: a ledger made anew from the objects.

use std::collections::BTreeSet;

use brolly_keys::epoch::Epoch;
use brolly_keys::note::Note;
use brolly_protocol::board::{Live, Logged};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{
    CheckpointError, Entry, LogName, Resource, TILE, Witnessed, decode_bundle,
};
use brolly_protocol::token::Token;
use bytes::Bytes;
use futures_util::stream::TryStreamExt;
use serde::Serialize;

use crate::admit::week;
use crate::audit::Progress;
use crate::directories::load;
use crate::sequence::read;
use crate::store::StoreError;
use crate::store::ledger::{Admission, Head, Lease, Ledger, LedgerError, Posted, Spent};
use crate::store::objects::{ObjectError, Objects, directory_path};
use crate::walk::Walk;

/// What the new ledger holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rebuilt {
    /// Published reports.
    pub reports: u64,
    /// Published entries of the board.
    pub board: u64,
    /// Cells that are not published yet.
    pub waiting: u64,
    /// Published reports without a body: it was pruned, or is lost.
    pub pruned: u64,
}

/// Why there is no new ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// The storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is one.
    #[error("the ledger is not empty: move it away first, and keep it until the new one is in use")]
    NotEmpty,
    /// Nothing to begin with.
    #[error("there is no {}/checkpoint among the objects: restore it, for example from a relay's mirror", .0.as_str())]
    NoCheckpoint(LogName),
    /// A checkpoint that this inbox did not sign.
    #[error("{}/checkpoint: {reason}", log.as_str())]
    Checkpoint {
        /// The log.
        log: LogName,
        /// What is wrong with it.
        reason: CheckpointError,
    },
    /// A log that is not whole.
    #[error(
        "{0} is missing or is not what was signed: restore it, for example from a relay's mirror"
    )]
    Damaged(String),
}

impl From<LedgerError> for RebuildError {
    fn from(error: LedgerError) -> Self {
        Self::Store(error.into())
    }
}

impl From<ObjectError> for RebuildError {
    fn from(error: ObjectError) -> Self {
        Self::Store(error.into())
    }
}

type Result<T> = std::result::Result<T, RebuildError>;

/// Fills the empty `ledger`: both logs as they were published, what was admitted and not published, and the tokens that
/// these spent, at `now` in seconds since 1970. Numbers are new: those of the log come first. Who cosigned which directory is
/// in force is not kept; relays say it again within an interval of publication.
///
/// # Errors
/// [`RebuildError`].
pub async fn rebuild(
    ledger: &impl Ledger,
    objects: &Objects,
    directory: &Directory,
    now: u64,
    progress: Progress<'_>,
) -> Result<Rebuilt> {
    for log in LogName::ALL {
        if ledger.head(log).await?.is_some() || ledger.assigned(log).await? > 0 {
            return Err(RebuildError::NotEmpty);
        }
    }
    if ledger.admitted().await? > 0 {
        return Err(RebuildError::NotEmpty);
    }
    let lease = ledger.lease().await?;
    let lease = lease.ok_or(LedgerError::Superseded)?;
    // Read both before anything is written.
    let reports = Old::read(LogName::Reports, objects, directory).await?;
    let board = Old::read(LogName::Board, objects, directory).await?;
    board.has_its_directories(objects, directory).await?;
    let bodies: BTreeSet<Entry> = objects.all_cells().try_collect().await?;
    let mut builder = Builder {
        ledger,
        objects,
        progress,
        directory,
        now,
    };

    let published = reports.as_reports(&bodies)?;
    let pruned = builder.admit_published(&published, &bodies).await?;
    let size = ledger.assign(lease, &mut |_| ()).await?;
    if usize::try_from(size) != Ok(published.len()) {
        return Err(RebuildError::Damaged("reports/tile/entries".to_owned()));
    }
    builder.post(&board).await?;
    let known: BTreeSet<Entry> = published.into_iter().collect();
    let waiting: Vec<Entry> = bodies.difference(&known).copied().collect();
    let waiting = builder.admit_waiting(&waiting).await?;
    // Last, so that a ledger with heads is a whole one.
    board.publish(ledger, lease, directory).await?;
    reports.publish(ledger, lease, directory).await?;
    Ok(Rebuilt {
        reports: reports.head.size,
        board: board.head.size,
        waiting: waiting.saturating_add(size.saturating_sub(reports.head.size)),
        pruned,
    })
}

/// A log as the objects tell it.
struct Old {
    log: LogName,
    /// The newest checkpoint that was kept.
    head: Head,
    /// The entries under it, and those that have got a position since: whoever saw a newer checkpoint saw them there.
    entries: Vec<Bytes>,
}

impl Old {
    async fn read(log: LogName, objects: &Objects, directory: &Directory) -> Result<Self> {
        let note = objects.checkpoint(log).await?;
        let note = note.ok_or(RebuildError::NoCheckpoint(log))?;
        let checkpoint = read(log, &note, directory)
            .map_err(|reason| RebuildError::Checkpoint { log, reason })?;
        let size = checkpoint.size;
        let mut walk = Walk::new(objects, log, size);
        let edge = walk.edge().await?;
        let edge = edge.filter(|edge| edge.root() == checkpoint.root);
        let mut entries = Vec::new();
        if let Some(edge) = &edge {
            let keep = |_, entry: &[u8]| entries.push(Bytes::copy_from_slice(entry));
            walk.check(edge, 0, keep).await?;
        }
        if edge.is_none() || !walk.damaged.is_empty() {
            let path = walk.damaged.first().cloned();
            let path = path.unwrap_or_else(|| format!("{}/tile", log.as_str()));
            return Err(RebuildError::Damaged(path));
        }
        let mut old = Self {
            log,
            head: Head { size, note },
            entries,
        };
        old.read_on(objects).await?;
        Ok(old)
    }

    /// Bundles are written before the checkpoint that covers them.
    async fn read_on(&mut self, objects: &Objects) -> Result<()> {
        loop {
            let size = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
            let index = size / TILE;
            let Some(bundle) = objects.widest_bundle(self.log, index).await? else {
                return Ok(());
            };
            let held = usize::try_from(size % TILE).unwrap_or_default();
            let bytes = objects.tile(self.log, &Resource::Bundle(bundle)).await?;
            let bytes = bytes.unwrap_or_default();
            let Ok(found) = decode_bundle(&bytes, bundle.width) else {
                return Ok(());
            };
            let Some((before, new)) = found.split_at_checked(held) else {
                return Ok(());
            };
            let begin = self.entries.len().saturating_sub(held);
            let same = self.entries.get(begin..).unwrap_or_default();
            if new.is_empty() || !before.iter().eq(same.iter()) || !self.are_entries(size, new) {
                return Ok(());
            }
            self.entries
                .extend(new.iter().map(|entry| Bytes::copy_from_slice(entry)));
        }
    }

    fn are_entries(&self, at: u64, entries: &[&[u8]]) -> bool {
        let mut live = Live::new();
        (at..).zip(entries).all(|(position, entry)| match self.log {
            LogName::Reports => Entry::from_bytes(entry).is_some(),
            LogName::Board => live.recall(position, entry).is_ok(),
        })
    }

    /// Every version that the board names lies beside it.
    async fn has_its_directories(&self, objects: &Objects, directory: &Directory) -> Result<()> {
        let mut live = Live::new();
        let mut seen = None;
        for (position, entry) in (0..).zip(&self.entries) {
            // What is no entry was refused when the log was read.
            let _ = live.recall(position, entry);
            let newest = live.newest().copied();
            if let Some(logged) = newest.filter(|_| newest != seen) {
                let Logged {
                    version, digest, ..
                } = logged;
                if load(objects, logged, directory.scheme).await?.is_none() {
                    let path = directory_path(version, &digest).to_string();
                    return Err(RebuildError::Damaged(path));
                }
            }
            seen = newest;
        }
        Ok(())
    }

    /// The entries under the checkpoint, and after them those that have a body.
    fn as_reports(&self, bodies: &BTreeSet<Entry>) -> Result<Vec<Entry>> {
        let size = usize::try_from(self.head.size).unwrap_or(usize::MAX);
        let mut reports = Vec::with_capacity(self.entries.len());
        for (position, bytes) in self.entries.iter().enumerate() {
            match Entry::from_bytes(bytes) {
                Some(entry) if position < size || bodies.contains(&entry) => reports.push(entry),
                None if position < size => {
                    let path = "reports/tile/entries".to_owned();
                    return Err(RebuildError::Damaged(path));
                }
                _ => break,
            }
        }
        Ok(reports)
    }

    async fn publish(
        &self,
        ledger: &impl Ledger,
        lease: Lease,
        directory: &Directory,
    ) -> Result<()> {
        ledger.publish(lease, self.log, None, &self.head).await?;
        let note = Note::parse(&self.head.note);
        if note.is_ok_and(|note| Witnessed::verify(&note, self.log, directory).is_ok()) {
            ledger
                .cosign(self.log, &self.head, &self.head, true)
                .await?;
        }
        Ok(())
    }
}

struct Builder<'a, L> {
    ledger: &'a L,
    objects: &'a Objects,
    progress: Progress<'a>,
    directory: &'a Directory,
    now: u64,
}

impl<L: Ledger> Builder<'_, L> {
    /// Admits the log in its order; says how many entries have no body.
    async fn admit_published(
        &mut self,
        entries: &[Entry],
        bodies: &BTreeSet<Entry>,
    ) -> Result<u64> {
        let mut gone = 0;
        let mut number = 0_u64;
        for chunk in entries.chunks(PAGE) {
            (self.progress)("admitting published reports", number, count(entries.len()));
            let admissions = self.admissions(chunk, true).await?;
            if self.ledger.admit(&admissions).await? != count(chunk.len()) {
                return Err(RebuildError::Damaged("reports/tile/entries".to_owned()));
            }
            let mut pruned = Vec::new();
            for entry in chunk {
                number = number.saturating_add(1);
                if !bodies.contains(entry) {
                    pruned.push(number);
                }
            }
            if !pruned.is_empty() {
                self.ledger.prune(&pruned).await?;
                self.ledger.pruned(&pruned).await?;
                gone += count(pruned.len());
            }
        }
        Ok(gone)
    }

    async fn admit_waiting(&mut self, entries: &[Entry]) -> Result<u64> {
        let mut admitted = 0_u64;
        for chunk in entries.chunks(PAGE) {
            (self.progress)("admitting waiting reports", admitted, count(entries.len()));
            let admissions = self.admissions(chunk, false).await?;
            admitted = admitted.saturating_add(self.ledger.admit(&admissions).await?);
        }
        Ok(admitted)
    }

    /// With `all`, also those that have no whole body.
    async fn admissions(&self, entries: &[Entry], all: bool) -> Result<Vec<Admission>> {
        let cells = self.objects.cells(entries).await?;
        let desk_epoch = self.directory.parameters.desk_epoch;
        let current = Epoch::at(self.now, desk_epoch);
        let pairs = entries.iter().zip(cells);
        Ok(pairs
            .filter(|(_, cell)| all || cell.is_some())
            .map(|(entry, cell)| Admission {
                entry: *entry,
                week: cell
                    .as_ref()
                    .map_or(current, |cell| week(cell, self.now, desk_epoch)),
                token: cell.as_ref().and_then(|cell| self.spent(cell)),
            })
            .collect())
    }

    /// What a cell that was admitted once spent, unless its period is over so long that the directory has forgotten it.
    fn spent(&self, cell: &SealedCell) -> Option<Spent> {
        let Directory {
            scheme,
            inbox,
            issuer,
            ..
        } = self.directory;
        let token = Token::from_bytes(cell.token());
        let mut keys = issuer.keys.iter();
        let key = keys.find(|issuer| issuer.key.id() == token.key)?;
        token.verify(*scheme, inbox.id, key).ok().map(Spent::from)
    }

    async fn post(&mut self, board: &Old) -> Result<()> {
        for (position, entry) in (0..).zip(&board.entries) {
            if position % TILE == 0 {
                (self.progress)("posting the board", position, count(board.entries.len()));
            }
            if self.ledger.post(position, entry).await? != Posted::New {
                return Err(RebuildError::Damaged("board/tile/entries".to_owned()));
            }
        }
        Ok(())
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Entries admitted at a time.
const PAGE: usize = 1024;

#[cfg(test)]
mod tests;
