//! Where a report stands: a receipt code against the entries of both logs (SPEC §12.7).
//!
//! ```text
//! reports  tag computed anew for every d ─▶ her place ───────────┐
//! board    read-marks ─▶ the largest of each desk ─▶ covers it? ─┼─▶ not published │ in the log │ read │ answered
//!          replies ─▶ under her tags, open, signed ──────────────┘
//! ```

use std::collections::BTreeMap;

use brolly_keys::pair::SecretKey;
use brolly_keys::role::Reply;
use brolly_protocol::board::reply::{self, Opened};
use brolly_protocol::board::{self, SealedReply};
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::RECEIPT_TAG;
use brolly_protocol::log::{self, Window, Witnessed};
use brolly_protocol::node::NodeId;
use brolly_protocol::receipt::{DeriveError, Receipt, ReceiptCode, Tags};
use brolly_protocol::report::Slot;

/// Where a report stands, by what a majority of witnesses cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// Where exactly the bytes that were sent are in the log; `None` when they are not among the entries that were looked at.
    pub place: Option<Place>,
    /// Desks that say they have read everything that was for them up to there.
    pub read_by: Vec<NodeId>,
    /// Answers, slot by slot in their order; their signatures hold.
    pub replies: Vec<Opened>,
    /// Whether the scheme's desk, which every report is for, has read it, or somebody answered it.
    pub read: bool,
    /// Entries of the reports log that were looked at.
    pub entries: u64,
    /// Entries before those, which were not.
    pub before: u64,
    /// Witnesses that cosigned the reports log.
    pub witnesses: usize,
    /// When they did, in seconds since 1970.
    pub time: u64,
}

/// A place in the reports log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// From 1; the first, if it was sent more than once.
    pub position: u64,
    /// Entries that are this code's: more than one when a cell was sealed and sent again.
    pub matching: u64,
}

/// How far a report has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// No entry that was looked at is this code's.
    NotPublished,
    /// It is in the log.
    InLog,
    /// The scheme's desk has read it.
    Read,
    /// A desk has answered.
    Answered,
}

impl Standing {
    /// How far the report has come.
    pub fn stage(&self) -> Stage {
        if !self.replies.is_empty() {
            return Stage::Answered;
        }
        match (&self.place, self.read) {
            (None, _) => Stage::NotPublished,
            (Some(_), false) => Stage::InLog,
            (Some(_), true) => Stage::Read,
        }
    }
}

/// Looks for a code's report and its answers among all entries of a checked window.
///
/// A tag is computed anew for every digest, so her tag copied beside other bytes is not hers.
///
/// # Errors
/// [`DeriveError`] when the memory for the seed cannot be had.
pub fn check(
    code: &ReceiptCode,
    directory: &Directory,
    window: &Window,
) -> Result<Standing, DeriveError> {
    let receipt = code.receipt(&directory.scheme)?;
    Ok(look(&receipt, directory, window))
}

/// The same for a receipt whose seed is at hand, which takes no noticeable moment.
pub fn look(receipt: &Receipt, directory: &Directory, window: &Window) -> Standing {
    let receipt = Receipt::from_seed(receipt.expose());
    let mut search = Search::of(receipt, directory);
    for (position, entry) in (window.reports.start..).zip(&window.reports.entries) {
        search.report(position, entry);
    }
    for entry in &window.board.entries {
        search.board(entry);
    }
    search.finish(&window.reports.witnessed, window.reports.start)
}

/// A search through entries as they come: all of the reports log, then of the board, each in its order.
pub(crate) struct Search<'a> {
    directory: &'a Directory,
    receipt: Receipt,
    tags: Tags,
    key: SecretKey<Reply>,
    place: Option<Place>,
    entries: u64,
    marks: BTreeMap<NodeId, u64>,
    /// The tags under which the next answers are looked for, slot and number of each.
    wanted: BTreeMap<[u8; RECEIPT_TAG], (Slot, u32)>,
    /// For each slot, the first number whose tag is not among them.
    ahead: BTreeMap<u8, u32>,
    replies: BTreeMap<(u8, u32), Vec<Opened>>,
}

impl<'a> Search<'a> {
    /// Works out what to look for.
    pub(crate) fn of(receipt: Receipt, directory: &'a Directory) -> Self {
        let mut search = Self {
            directory,
            tags: receipt.tags(),
            key: receipt.reply_key(),
            receipt,
            place: None,
            entries: 0,
            marks: BTreeMap::new(),
            wanted: BTreeMap::new(),
            ahead: BTreeMap::new(),
            replies: BTreeMap::new(),
        };
        for slot in Slot::ALL {
            search.look_ahead(slot, AHEAD);
        }
        search
    }

    /// Takes the entry at `position`, from 0. Every entry costs the same, found or not: how long it takes says nothing
    /// about where.
    pub(crate) fn report(&mut self, position: u64, entry: &[u8]) {
        self.entries += 1;
        let Some(entry) = log::Entry::from_bytes(entry) else {
            return;
        };
        if self.tags.tag(&entry.digest) == entry.tag {
            let first = Place {
                position: position + 1,
                matching: 0,
            };
            self.place.get_or_insert(first).matching += 1;
        }
    }

    /// Takes an entry of the board. One that no reader accepts is passed over: it hides nothing else.
    pub(crate) fn board(&mut self, entry: &[u8]) {
        match board::Entry::verify(entry, self.directory) {
            Ok(board::Entry::Reply(sealed)) => self.reply(&sealed),
            Ok(board::Entry::ReadMark(mark)) => {
                let largest = self.marks.entry(mark.desk).or_default();
                *largest = mark.size.max(*largest);
            }
            _ => {}
        }
    }

    fn reply(&mut self, sealed: &SealedReply) {
        let Some((slot, number)) = self.wanted.get(&sealed.tag).copied() else {
            return;
        };
        self.look_ahead(slot, number.saturating_add(AHEAD + 1));
        // The tag alone is nothing: another desk that learnt it, or the inbox, could post under it.
        let opened = sealed.open(&self.key, self.directory, |desk| desk.slot == slot);
        if let Ok(opened) = opened {
            let replies = self.replies.entry((slot.place(), number)).or_default();
            if !replies.contains(&opened) {
                replies.push(opened);
            }
        }
    }

    fn look_ahead(&mut self, slot: Slot, to: u32) {
        let root = self.receipt.reply_root(slot);
        let ahead = self.ahead.entry(slot.place()).or_default();
        for number in *ahead..to {
            self.wanted
                .insert(reply::tag(&root, number), (slot, number));
        }
        *ahead = to.max(*ahead);
    }

    /// What it came to, under what was signed of the reports log, of which `before` entries were not looked at.
    pub(crate) fn finish(self, reports: &Witnessed, before: u64) -> Standing {
        let read_by = self.marks.into_iter();
        let place = self.place;
        let read_by: Vec<NodeId> = read_by
            .filter(|(_, size)| place.is_some_and(|place| place.position <= *size))
            .map(|(desk, _)| desk)
            .collect();
        let directory = self.directory;
        let always_chosen = |desk: &NodeId| {
            let desk = directory.desk(*desk);
            desk.is_some_and(|desk| desk.slot == Slot::Scheme)
        };
        Standing {
            place,
            read: !self.replies.is_empty() || read_by.iter().any(always_chosen),
            read_by,
            replies: self.replies.into_values().flatten().collect(),
            entries: self.entries,
            before,
            witnesses: reports.witnesses,
            time: reports.time,
        }
    }
}

/// Numbers of answers that may be missing in a row before the next.
const AHEAD: u32 = 16;

#[cfg(test)]
mod tests;
