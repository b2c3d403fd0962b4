//! Posting: what a desk or a relay may put on the board, and what the inbox puts there itself (SPEC §10, §14).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::alert::AlertId;
use brolly_protocol::board::{Entry, EntryError, Live, Logged};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{Hash, LogName};
use brolly_protocol::node::NodeId;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::step::{Step, Steps};
use crate::store::ledger::{Ledger, LedgerError, Posted};

/// Who takes entries for the board.
pub struct Poster<L> {
    ledger: Arc<L>,
    seen: Mutex<Seen>,
    steps: Steps,
}

/// The board as far as it was read, published or not.
#[derive(Default)]
struct Seen {
    size: u64,
    live: Live,
    /// Of every alert that ever was.
    ids: BTreeSet<AlertId>,
    digests: BTreeSet<Hash>,
    /// The day on which each relay and desk announced a key last, and how many that day.
    announced: BTreeMap<NodeId, (u64, u8)>,
}

/// Why an entry is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// Not an entry, wrongly signed, or of a desk that may not say such a thing.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It names another desk or relay than the one that brings it.
    #[error("the entry names another desk or relay than the one that brings it")]
    OtherAuthor,
    /// Of a kind that whoever brings it does not post.
    #[error(
        "relays post their keys and nothing else, and a directory is handed in at /v1/directory"
    )]
    OtherKind,
    /// Its day is more than one off.
    #[error("the entry is of another day than today: check the clock")]
    Day,
    /// A key for an epoch too far away.
    #[error("the key is for an epoch that is long over or far ahead: check the clock")]
    Epoch,
    /// Too many keys for one day.
    #[error("16 keys were announced today: go on tomorrow")]
    TooMany,
    /// An id is used once.
    #[error("there is another alert of this id: draw a new one")]
    AlertId,
    /// Nothing to update or cancel.
    #[error("the alert that this one is about is over, or is not this desk's")]
    Reference,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl<L: Ledger> Poster<L> {
    /// Reads the board in `ledger`.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn open(ledger: Arc<L>) -> Result<Self, LedgerError> {
        let mut seen = Seen::default();
        seen.catch_up(ledger.as_ref()).await?;
        Ok(Self {
            ledger,
            seen: Mutex::new(seen),
            steps: Steps::default(),
        })
    }

    /// Takes an entry that the desk or relay `by` of the directory brings at `now`, in seconds since 1970. It is durable
    /// when this returns. The same bytes again are as good.
    ///
    /// # Errors
    /// [`PostError`].
    pub async fn post(
        &self,
        bytes: &[u8],
        by: NodeId,
        directory: &Directory,
        now: u64,
    ) -> Result<(), PostError> {
        let entry = match Entry::verify(bytes, directory) {
            Err(EntryError::Stranger) => return Err(PostError::OtherAuthor),
            entry => entry?,
        };
        let is_desk = directory.desk(by).is_some();
        match (&entry, entry.author()) {
            (Entry::Directory(_), _) => return Err(PostError::OtherKind),
            (_, Some(author)) if author != by => return Err(PostError::OtherAuthor),
            (_, None) if !is_desk => return Err(PostError::OtherKind),
            _ => {}
        }
        let mut seen = self.seen.lock().await;
        loop {
            seen.catch_up(self.ledger.as_ref()).await?;
            if seen.digests.contains(&digest(bytes)) {
                return Ok(());
            }
            seen.check(&entry, by, directory, now)?;
            self.steps.reached(Step::Checked);
            match self.ledger.post(seen.size, bytes).await? {
                Posted::New => {
                    self.steps.reached(Step::Posted);
                    seen.count(&entry, now);
                    return Ok(());
                }
                Posted::Known => return Ok(()),
                Posted::Moved => {}
            }
        }
    }

    /// Puts a version of the directory on the board, unless it does not come next any more; says whether it was put. It is
    /// durable when this returns.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(crate) async fn log(&self, logged: Logged) -> Result<bool, LedgerError> {
        let (entry, bytes) = (Entry::Directory(logged), logged.to_entry());
        let mut seen = self.seen.lock().await;
        loop {
            seen.catch_up(self.ledger.as_ref()).await?;
            if seen.live.contradicts(&entry) {
                return Ok(false);
            }
            match self.ledger.post(seen.size, &bytes).await? {
                Posted::New => {
                    self.steps.reached(Step::VersionLogged);
                    return Ok(true);
                }
                Posted::Known | Posted::Moved => {}
            }
        }
    }

    /// What was logged of a version of the directory, published or not.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(crate) async fn logged(&self, version: u32) -> Result<Option<Logged>, LedgerError> {
        let mut seen = self.seen.lock().await;
        seen.catch_up(self.ledger.as_ref()).await?;
        Ok(seen.live.logged(version).copied())
    }

    /// The last three versions of the directory that were logged, or as many as there are, ascending.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(crate) async fn newest(&self) -> Result<Vec<Logged>, LedgerError> {
        let mut seen = self.seen.lock().await;
        seen.catch_up(self.ledger.as_ref()).await?;
        let newest = seen.live.newest().map_or(0, |newest| newest.version);
        let versions = newest.saturating_sub(2)..=newest;
        let logged = versions.filter_map(|version| seen.live.logged(version).copied());
        Ok(logged.collect())
    }

    #[cfg(test)]
    pub(crate) fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }
}

impl Seen {
    async fn catch_up(&mut self, ledger: &impl Ledger) -> Result<(), LedgerError> {
        loop {
            let entries = ledger.entries(LogName::Board, self.size, PAGE).await?;
            if entries.is_empty() {
                return Ok(());
            }
            entries.iter().try_for_each(|entry| self.take(entry))?;
        }
    }

    fn take(&mut self, entry: &Bytes) -> Result<(), LedgerError> {
        let alert = self
            .live
            .recall(self.size, entry)
            .map_err(|_| LedgerError::Malformed)?;
        self.ids.extend(alert);
        self.digests.insert(digest(entry));
        self.size = self.size.saturating_add(1);
        Ok(())
    }

    fn check(
        &self,
        entry: &Entry,
        by: NodeId,
        directory: &Directory,
        now: u64,
    ) -> Result<(), PostError> {
        let parameters = &directory.parameters;
        let today = u32::try_from(day(now)).unwrap_or(u32::MAX);
        if entry.day().is_some_and(|day| day.abs_diff(today) > 1) {
            return Err(PostError::Day);
        }
        match entry {
            Entry::RelayKey(notice) => {
                let epoch = Epoch::at(now, parameters.packet_epoch);
                self.check_key(by, notice.epoch, epoch, RELAY_AHEAD, now)?;
            }
            Entry::DeskKey(notice) => {
                let week = Epoch::at(now, parameters.desk_epoch);
                self.check_key(by, notice.epoch, week, DESK_AHEAD, now)?;
            }
            Entry::Alert(alert) => {
                if self.ids.contains(&alert.id) {
                    return Err(PostError::AlertId);
                }
                if alert.references.is_some_and(|id| !self.live.is_by(id, by)) {
                    return Err(PostError::Reference);
                }
            }
            Entry::Reply(_) | Entry::ReadMark(_) | Entry::Notice(_) | Entry::Directory(_) | _ => {}
        }
        Ok(())
    }

    fn check_key(
        &self,
        by: NodeId,
        epoch: Epoch,
        now_is: Epoch,
        ahead: u32,
        now: u64,
    ) -> Result<(), PostError> {
        let first = now_is.number().saturating_sub(1);
        if !(first..=now_is.number().saturating_add(ahead)).contains(&epoch.number()) {
            return Err(PostError::Epoch);
        }
        match self.announced.get(&by) {
            Some((when, count)) if *when == day(now) && *count >= A_DAY => Err(PostError::TooMany),
            _ => Ok(()),
        }
    }

    fn count(&mut self, entry: &Entry, now: u64) {
        if let (Entry::RelayKey(_) | Entry::DeskKey(_), Some(by)) = (entry, entry.author()) {
            let (when, count) = self.announced.entry(by).or_default();
            *count = match *when == day(now) {
                true => count.saturating_add(1),
                false => 1,
            };
            *when = day(now);
        }
    }
}

fn day(now: u64) -> u64 {
    now / 86_400
}

fn digest(entry: &[u8]) -> Hash {
    Sha256::digest(entry).into()
}

/// Entries read at a time.
const PAGE: usize = 1024;
/// Relays make keys for two epochs ahead, desks for four weeks; a clock may be a little ahead too.
const RELAY_AHEAD: u32 = 3;
const DESK_AHEAD: u32 = 5;
/// Keys that one relay or desk announces in a day: twice what it needs when it starts anew again and again.
const A_DAY: u8 = 16;

#[cfg(test)]
mod tests;
