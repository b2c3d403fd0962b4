//! `brolly-inbox verify`: everything that is stored, checked against everything else.

use std::collections::BTreeMap;

use brolly_keys::note::Note;
use brolly_protocol::board::{Live, Logged};
use brolly_protocol::directory::{CurrentError, Directory, Freshness};
use brolly_protocol::log::{
    CheckpointError, Entry, Hash, LogName, Witnessed, leaf_hash, witness_key,
};
use brolly_shell::directory::SignedDirectory;
use futures_util::stream::TryStreamExt;
use serde::Serialize;

use crate::directories::load;
use crate::sequence::read;
use crate::store::StoreError;
use crate::store::ledger::Ledger;
use crate::store::objects::{Objects, directory_path};
use crate::walk::Walk;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Audit {
    /// The log of reports.
    pub reports: Log,
    /// The board.
    pub board: Log,
    /// Versions of the directory on the board, each of which is there as it was logged.
    pub directories: u64,
    /// Entries with a number.
    pub admitted: u64,
    /// Those that are not published yet.
    pub waiting: u64,
    /// Bodies that are there and whole.
    pub cells: u64,
    /// Entries whose bodies were pruned.
    pub pruned: u64,
    /// Bodies that nobody was told about, or that are about to go.
    pub spare: u64,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}

/// What was found of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Log {
    /// Entries, by the signed head.
    pub size: u64,
    /// Relays that cosigned the head.
    pub cosignatures: usize,
    /// Entries of the newest checkpoint that a majority cosigned; 0 while there is none.
    pub witnessed: u64,
}

/// Told how far an audit or a rebuild is: what is being read, how much of it, of how much.
pub type Progress<'a> = &'a mut (dyn FnMut(&'static str, u64, u64) + Send);

/// Checks every tile, bundle, checkpoint, directory, number and body.
///
/// # Errors
/// [`StoreError`] where the storage cannot be read; what it holds wrongly is among the faults.
pub async fn audit(
    ledger: &impl Ledger,
    objects: &Objects,
    directory: &Directory,
    progress: Progress<'_>,
) -> Result<Audit, StoreError> {
    let mut auditor = Auditor {
        ledger,
        objects,
        directory,
        progress,
        audit: Audit::default(),
        published: Vec::new(),
        logged: Vec::new(),
    };
    auditor.audit.reports = auditor.log(LogName::Reports).await?;
    auditor.audit.board = auditor.log(LogName::Board).await?;
    auditor.directories().await?;
    auditor.said().await?;
    auditor.bodies().await?;
    Ok(auditor.audit)
}

struct Auditor<'a, L> {
    ledger: &'a L,
    objects: &'a Objects,
    directory: &'a Directory,
    progress: Progress<'a>,
    audit: Audit,
    /// The log of reports, sorted.
    published: Vec<Entry>,
    /// The versions of the directory that the board names.
    logged: Vec<Logged>,
}

impl<L: Ledger> Auditor<'_, L> {
    async fn log(&mut self, log: LogName) -> Result<Log, StoreError> {
        let name = log.as_str();
        let Some(head) = self.ledger.head(log).await? else {
            self.fault(format!("the ledger has no head of the {name} log"));
            return Ok(Log::default());
        };
        let checkpoint = match read(log, &head.note, self.directory) {
            Ok(checkpoint) if checkpoint.size == head.size => checkpoint,
            Ok(_) => {
                self.fault(format!("the head of the {name} log is of another size"));
                return Ok(Log::default());
            }
            Err(error) => {
                self.fault(format!("the head of the {name} log: {error}"));
                return Ok(Log::default());
            }
        };
        let (read, found) = match log {
            LogName::Reports => ("reading the log of reports", &mut self.published),
            LogName::Board => ("reading the board", &mut Vec::new()),
        };
        (self.progress)(read, 0, head.size);
        let mut walk = Walk::new(self.objects, log, head.size);
        let mut leaves: BTreeMap<u64, Hash> = BTreeMap::new();
        let mut live = (log == LogName::Board).then(Live::new);
        let mut strange = Vec::new();
        let logged = &mut self.logged;
        match walk.edge().await? {
            Some(edge) if edge.root() == checkpoint.root => {
                walk.check(&edge, 0, |position, entry| {
                    leaves.insert(position, leaf_hash(entry));
                    let known = match &mut live {
                        Some(live) => {
                            let known = live.recall(position, entry).is_ok();
                            let newest = live.newest().filter(|new| logged.last() != Some(*new));
                            logged.extend(newest.copied());
                            known
                        }
                        None => Entry::from_bytes(entry)
                            .map(|entry| found.push(entry))
                            .is_some(),
                    };
                    if !known {
                        strange.push(position);
                    }
                })
                .await?;
            }
            _ => strange_root(&mut walk, name),
        }
        let damaged = walk.damaged;
        for path in &damaged {
            self.fault(format!("{path} is missing or is not what was signed"));
        }
        for position in strange {
            self.fault(format!("entry {position} of the {name} log is none"));
        }
        if damaged.is_empty() && live.as_ref().map(Live::digests) != checkpoint.indexes {
            self.fault(
                "the board's checkpoint names other alerts or keys than its entries do".to_owned(),
            );
        }
        self.positions(log, head.size, &leaves).await?;
        self.kept(log, head.size, &checkpoint).await?;
        let cosignatures = self.cosignatures(log, &head.note);
        let witnessed = self.witnessed(log, head.size).await?;
        (self.progress)(read, head.size, head.size);
        Ok(Log {
            size: head.size,
            cosignatures,
            witnessed,
        })
    }

    /// Every version that the board names is there as it was logged, and follows the one before it.
    async fn directories(&mut self) -> Result<(), StoreError> {
        let mut before: Option<(Logged, SignedDirectory)> = None;
        for logged in std::mem::take(&mut self.logged) {
            let found = load(self.objects, logged, self.directory.scheme).await?;
            let Some(found) = found else {
                let path = directory_path(logged.version, &logged.digest);
                self.fault(format!("{path} is missing or is not what was logged"));
                before = None;
                continue;
            };
            if let Some((earlier, known)) = &before {
                if let Err(error) = found.directory.follows(&known.directory) {
                    self.fault(format!("the board's directories: {error}"));
                }
                if logged.time < earlier.time {
                    let version = logged.version;
                    self.fault(format!(
                        "version {version} of the directory is logged before the one before it"
                    ));
                }
            }
            self.audit.directories = self.audit.directories.saturating_add(1);
            before = Some((logged, found));
        }
        Ok(())
    }

    /// What was said of the directory in force was said by this inbox.
    async fn said(&mut self) -> Result<(), StoreError> {
        let said = self.ledger.said().await?;
        for note in [said.newest, said.complete].into_iter().flatten() {
            let read = Note::parse(&note).map_err(CurrentError::Note);
            let read = read.and_then(|note| Freshness::verify(&note, self.directory));
            if let Err(error) = read {
                self.fault(format!("the ledger: {error}"));
            }
        }
        Ok(())
    }

    /// The ledger's positions say what the bundles say.
    async fn positions(
        &mut self,
        log: LogName,
        size: u64,
        leaves: &BTreeMap<u64, Hash>,
    ) -> Result<(), StoreError> {
        let name = log.as_str();
        let assigned = self.ledger.assigned(log).await?;
        if assigned < size {
            self.fault(format!(
                "{size} entries of the {name} log are published, but {assigned} have a position"
            ));
        }
        let mut at = 0;
        while at < size.min(assigned) {
            let entries = self.ledger.entries(log, at, PAGE).await?;
            if entries.is_empty() {
                break;
            }
            for (position, entry) in (at..size).zip(&entries) {
                if leaves
                    .get(&position)
                    .is_some_and(|leaf| *leaf != leaf_hash(entry))
                {
                    self.fault(format!(
                        "entry {position} of the {name} log in the ledger is not the one that was published"
                    ));
                }
            }
            at = at.saturating_add(u64::try_from(entries.len()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// The checkpoint beside the tiles is no newer and no other than the head.
    async fn kept(
        &mut self,
        log: LogName,
        size: u64,
        head: &brolly_protocol::log::Checkpoint,
    ) -> Result<(), StoreError> {
        let name = log.as_str();
        let Some(note) = self.objects.checkpoint(log).await? else {
            return Ok(());
        };
        match read(log, &note, self.directory) {
            Ok(kept) if kept.size > size => self.fault(format!(
                "a checkpoint of {} entries of the {name} log was published, but the ledger's head has {size}: the ledger was rolled back",
                kept.size
            )),
            Ok(kept) if kept.size == size && kept != *head => self.fault(format!(
                "two checkpoints of {size} entries of the {name} log are signed"
            )),
            Ok(_) => {}
            Err(error) => self.fault(format!("{name}/checkpoint: {error}")),
        }
        Ok(())
    }

    fn cosignatures(&mut self, log: LogName, note: &[u8]) -> usize {
        let relays = self.directory.relays.iter();
        let keys: Vec<_> = relays
            .filter_map(|relay| witness_key(&self.directory.scheme, relay))
            .collect();
        let good = Note::parse(note).and_then(|note| Ok(note.cosigned_by(&keys)?.len()));
        good.unwrap_or_else(|error| {
            self.fault(format!("the head of the {} log: {error}", log.as_str()));
            0
        })
    }

    async fn witnessed(&mut self, log: LogName, size: u64) -> Result<u64, StoreError> {
        let Some(witnessed) = self.ledger.witnessed(log).await? else {
            return Ok(0);
        };
        let checked = Note::parse(&witnessed.note)
            .map_err(CheckpointError::Note)
            .and_then(|note| Witnessed::verify(&note, log, self.directory));
        match checked {
            Ok(seen) if seen.checkpoint.size <= size => return Ok(seen.checkpoint.size),
            Ok(seen) => self.fault(format!(
                "witnesses have seen {} entries of the {} log, but its head has {size}: the ledger was rolled back",
                seen.checkpoint.size,
                log.as_str()
            )),
            // Relays that have left the directory since do not count any more.
            Err(CheckpointError::TooFew { .. }) => {}
            Err(error) => self.fault(format!(
                "the witnessed checkpoint of the {} log: {error}",
                log.as_str()
            )),
        }
        Ok(0)
    }

    /// Every published entry is admitted and published once, every body that is not pruned is there and whole.
    async fn bodies(&mut self) -> Result<(), StoreError> {
        let total = self.ledger.admitted().await?;
        let size = self.audit.reports.size;
        self.audit.admitted = total;
        self.audit.waiting = total.saturating_sub(size);
        self.published.sort_unstable();
        let published = std::mem::take(&mut self.published);
        if published.windows(2).any(|pair| pair.first() == pair.last()) {
            self.fault("an entry is published twice".to_owned());
        }
        for entries in published.chunks(PAGE) {
            if self.ledger.unknown(entries).await?.contains(&true) {
                self.fault("an entry is published that was not admitted".to_owned());
            }
        }
        let mut held = Vec::new();
        let mut last = 0;
        loop {
            (self.progress)("reading bodies", last, total);
            let page = self.ledger.admitted_after(last, PAGE).await?;
            let Some((number, _)) = page.last() else {
                break;
            };
            last = *number;
            let entries: Vec<Entry> = page.iter().map(|(_, entry)| *entry).collect();
            let cells = self.objects.cells(&entries).await?;
            for ((number, entry), cell) in page.into_iter().zip(cells) {
                if cell.is_some() {
                    self.audit.cells = self.audit.cells.saturating_add(1);
                } else {
                    self.fault(format!(
                        "the body of cell {number} is missing or is not the one that was admitted"
                    ));
                }
                if number > size && published.binary_search(&entry).is_ok() {
                    self.fault(format!("cell {number} waits, but it is published"));
                }
                held.push(entry);
            }
        }
        (self.progress)("reading bodies", total, total);
        let held_count = u64::try_from(held.len()).unwrap_or(u64::MAX);
        self.audit.pruned = total.saturating_sub(held_count);
        held.sort_unstable();
        let mut all = self.objects.all_cells();
        while let Some(entry) = all.try_next().await? {
            if held.binary_search(&entry).is_err() {
                self.audit.spare = self.audit.spare.saturating_add(1);
            }
        }
        Ok(())
    }

    fn fault(&mut self, sentence: String) {
        self.audit.faults.push(sentence);
    }
}

fn strange_root(walk: &mut Walk<'_>, name: &str) {
    if walk.damaged.is_empty() {
        walk.damaged.push(format!("{name}/tile"));
    }
}

/// Entries read at a time.
const PAGE: usize = 1024;

#[cfg(test)]
mod tests;
