//! Watching the inbox: what it puts into the public log it must have handed to this desk, and the other way round
//! (SPEC §11.7, §11.8, §11.10).

use std::path::PathBuf;

use brolly_keys::note::Note;
use brolly_protocol::board::ReadMark;
use brolly_protocol::log::{Entry, LogName};
use brolly_shell::private::{self, PrivateError};

use crate::casebook::{Casebook, CasebookError, Day, Head, Record};
use crate::inbox::{Inbox, PostError};
use crate::list::hex;
use crate::log::{self, Log, LogError};
use crate::place::Place;
use crate::unlock::{Keys, UnlockError};

/// What the public log says about what this desk was handed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watched {
    /// Entries of the public log, all of them verified.
    pub size: u64,
    /// How many entries this desk has been handed from the first on without a gap.
    pub covered: u64,
    /// Entries that were never handed over: position and `d`. Some of them may be those that were pruned.
    pub not_handed: Vec<(u64, [u8; 32])>,
    /// How many of those the inbox does not account for by saying that it pruned them on schedule.
    pub withheld: u64,
    /// What was handed over and is not in the log although two publications came after it.
    pub unpublished: Vec<[u8; 32]>,
}

/// Why the public log was not compared, or is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// It could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It is not the log that it was.
    #[error(
        "{reason}. Nothing was posted; both signed checkpoints are in {}: show that file to the officers and to the operators of the relays", evidence.display()
    )]
    Refused {
        /// What is wrong.
        reason: LogError,
        /// The file of both signed notes.
        evidence: PathBuf,
    },
    /// The file of evidence.
    #[error("{reason}, and the proof of it was not kept: {file}")]
    Evidence {
        /// What is wrong.
        reason: LogError,
        /// Why there is no file.
        file: PrivateError,
    },
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
}

/// Why no read-mark was posted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarkError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// The inbox.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
}

/// Whether gaps that the inbox accounts for by pruning hold back this desk's read-marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "they do or they do not")]
pub enum Gaps {
    /// They do, unless they lie before the time of this desk.
    Stop,
    /// They do no longer.
    Pass,
}

/// Verifies the log of reports as far as the inbox shows it, keeps how far that is, and compares it with what this desk
/// was handed. `pruned_last` are the pruned numbers after the last cell of the inbox ([`crate::sync::Summary`]).
///
/// # Errors
/// [`WatchError`]. A log that shrank or forked changes nothing in the casebook.
pub async fn compare(
    inbox: &Inbox,
    place: &Place,
    casebook: &mut Casebook,
    pruned_last: u64,
    gaps: Gaps,
) -> Result<Watched, WatchError> {
    let log = Log {
        inbox,
        directory: &place.directory,
        name: LogName::Reports,
    };
    let first = casebook.seen().head().is_none();
    let seen = casebook.seen().head().cloned().unwrap_or_default();
    let head = next(&log, &seen, casebook).await?;
    if first || head.checkpoint.size > seen.size {
        casebook.append(read(&log, &seen, &head).await?)?;
    }
    let pruned = casebook.seen().pruned().saturating_add(pruned_last);
    let missing = u64::try_from(casebook.seen().not_handed().count()).unwrap_or(u64::MAX);
    // What a new desk was never handed lies before its time.
    if (first || gaps == Gaps::Pass) && (1..=pruned).contains(&missing) {
        let last = casebook.seen().not_handed().last();
        let before = last.map_or(0, |(position, _)| position + 1);
        if before > casebook.seen().covered() {
            casebook.append(vec![Record::Passed { before }])?;
        }
    }
    let seen = casebook.seen();
    Ok(Watched {
        size: head.checkpoint.size,
        covered: seen.covered(),
        not_handed: seen.not_handed().map(|(n, digest)| (n, *digest)).collect(),
        withheld: missing.saturating_sub(pruned),
        unpublished: seen.unpublished(),
    })
}

/// The log's head, which continues what was `seen` of it; where it does not, both signed notes are kept beside the
/// casebook.
pub(crate) async fn next(
    log: &Log<'_>,
    seen: &Head,
    casebook: &Casebook,
) -> Result<log::Head, WatchError> {
    let head = log.head(seen.size).await?;
    match log.continues(seen.size, &seen.root, &head.checkpoint).await {
        Ok(()) => Ok(head),
        Err(reason @ (LogError::Shrunk { .. } | LogError::Forked { .. })) => {
            Err(refuse(log.name, reason, casebook, seen, &head.note))
        }
        Err(error) => Err(error.into()),
    }
}

/// Posts a read-mark over `covered` entries if that is more than the last one says or another day has begun, and gives
/// the entries that the newest mark on the board covers. Without an entry there is nothing to mark.
///
/// # Errors
/// [`MarkError`].
pub async fn mark(
    inbox: &Inbox,
    place: &Place,
    keys: &Keys,
    casebook: &mut Casebook,
    covered: u64,
) -> Result<Option<u64>, MarkError> {
    let day = Day::at(place.time.now());
    let last = casebook.seen().read_mark();
    let stands =
        last.is_some_and(|(size, marked)| covered < size || (covered, day) == (size, marked));
    if stands || covered == 0 {
        return Ok(last.map(|(size, _)| size));
    }
    let mark = ReadMark::new(place.desk.id, covered, day.0);
    inbox.post(mark.to_entry(&keys.signing()?)).await?;
    casebook.append(vec![Record::ReadMark { size: covered, day }])?;
    Ok(Some(covered))
}

/// The new entries, and the head behind them.
async fn read(log: &Log<'_>, seen: &Head, head: &log::Head) -> Result<Vec<Record>, LogError> {
    let mut digests = Vec::new();
    let mut bad = None;
    let each = |position, entry: &[u8]| match Entry::from_bytes(entry) {
        Some(entry) => digests.push(entry.digest),
        None => bad = bad.or(Some(position)),
    };
    log.entries(seen.size, &seen.root, &head.checkpoint, each)
        .await?;
    if let Some(position) = bad {
        let log = log.name;
        return Err(LogError::Entry { log, position });
    }
    let mut from = seen.size;
    let mut records = Vec::new();
    for digests in digests.chunks(CHUNK) {
        let digests = digests.to_vec();
        let next = from + u64::try_from(digests.len()).unwrap_or_default();
        records.push(Record::Entries { from, digests });
        from = next;
    }
    let checkpoint = &head.checkpoint;
    records.push(Record::Log(Head::new(
        checkpoint.size,
        checkpoint.root,
        head.note.to_string(),
    )));
    Ok(records)
}

/// Keeps both signed notes beside the casebook.
fn refuse(
    log: LogName,
    reason: LogError,
    casebook: &Casebook,
    seen: &Head,
    note: &Note,
) -> WatchError {
    let text = format!("{}\n\n{note}", seen.note);
    match keep(log, casebook, seen.size, text.as_bytes()) {
        Ok(evidence) => WatchError::Refused { reason, evidence },
        Err(file) => WatchError::Evidence { reason, file },
    }
}

fn keep(
    log: LogName,
    casebook: &Casebook,
    size: u64,
    text: &[u8],
) -> Result<PathBuf, PrivateError> {
    let mut n = 1;
    loop {
        let path = casebook.beside(&format!("evidence-{}-{size}-{n}.txt", log.as_str()));
        match private::read(&path, text.len()) {
            Ok(kept) if *kept == *text => return Ok(path),
            Err(PrivateError::Missing(_)) => return private::create(&path, text).map(|()| path),
            // Another one; or one that somebody has made larger or readable, which stays as it is.
            Ok(_) | Err(_) if n < MOST => n += 1,
            Ok(_) => return Err(PrivateError::Exists(path)),
            Err(error) => return Err(error),
        }
    }
}

impl Watched {
    /// A sentence for each thing that is not as it should be.
    pub fn alarms(&self) -> Vec<String> {
        let mut alarms = Vec::new();
        if self.withheld > 0 {
            let n = self.withheld;
            alarms.push(match n {
                1 => "1 entry stands in the public log that the inbox never handed to this desk"
                    .to_owned(),
                _ => format!(
                    "{n} entries stand in the public log that the inbox never handed to this desk"
                ),
            });
        }
        match self.unpublished.len() {
            0 => {}
            1 => alarms.push("1 cell that the inbox handed to this desk is not in the public log after two publications".to_owned()),
            n => alarms.push(format!("{n} cells that the inbox handed to this desk are not in the public log after two publications")),
        }
        alarms
    }

    /// A line for each entry and cell that the alarms are about, as many as a screen has room for.
    pub fn list(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.withheld > 0 {
            let entries = self.not_handed.iter().take(LISTED);
            lines.extend(entries.map(|(position, digest)| {
                format!(
                    "  not handed over: entry {position} of the log, digest {}",
                    hex(digest)
                )
            }));
            lines.extend(more(self.not_handed.len()));
        }
        let cells = self.unpublished.iter().take(LISTED);
        lines.extend(cells.map(|digest| format!("  not in the log: digest {}", hex(digest))));
        lines.extend(more(self.unpublished.len()));
        lines
    }
}

fn more(count: usize) -> Option<String> {
    let left = count.checked_sub(LISTED).filter(|left| *left > 0)?;
    Some(format!("  and {left} more"))
}

/// Digests in one record of the casebook: 32 KiB.
const CHUNK: usize = 1_024;
/// Files of evidence about one size.
const MOST: u32 = 100;
/// Lines of a list of alarms.
const LISTED: usize = 20;
