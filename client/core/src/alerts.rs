//! The alerts on this device: the compact index as it came, opened with the members' root, and the texts that are known.
//!
//! ```text
//! answer of /v1/alerts = note length 4 | the board's checkpoint | index      SHA-256(index) is in the checkpoint
//!                          │ log, majority of witnesses       │
//!                          ▼                                  ▼ members' root, last day
//!                        Index ───────────────────────────▶ Alerts ◀── texts: alerts of the window that are kept
//! ```

use brolly_keys::note::{Note, NoteError};
use brolly_keys::sign::Statement;
use brolly_protocol::board::alert::{AlertId, Levels, Members, Text};
use brolly_protocol::board::{Entry, Live, LiveAlert, Notice};
use brolly_protocol::codec::{Fields, TooShort};
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::ALERT_RECORD;
use brolly_protocol::identifier::{Indexed, PLAIN, unpack};
use brolly_protocol::log::{Checkpoint, CheckpointError, LogName, Seen, Witnessed};
use sha2::{Digest, Sha256};

use crate::state::{NoDirectory, State};

/// The longest answer of `/v1/alerts` that is taken, in bytes: more than 30,000 records.
pub const ALERTS_LIMIT: usize = 2 << 20;

/// An answer of `/v1/alerts`, checked, and kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    time: u64,
    size: u64,
    wire: Vec<u8>,
    records_at: usize,
}

/// Why an answer of `/v1/alerts` is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlertsError {
    /// The session did not come so far.
    #[error("the alerts were not fetched")]
    NotFetched,
    /// The relay has none yet.
    #[error("the relay has no alerts yet (it answered {0}): try again in a minute")]
    NotThere(u16),
    /// Cut short, or not whole records.
    #[error("the alerts were cut short or are malformed")]
    Malformed,
    /// The note around the checkpoint.
    #[error("the alerts' checkpoint is malformed: {0}")]
    Note(NoteError),
    /// The checkpoint.
    #[error("the alerts were refused: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Not the index that the witnesses stand behind.
    #[error(
        "the alerts are not those that the witnesses signed: the relay changed them or left some out"
    )]
    Digest,
    /// Of an earlier board than one already seen.
    #[error(
        "the alerts are those of a board of {size} entries, but {seen} were seen before: the relay is behind, or hides warnings"
    )]
    Older {
        /// Entries now.
        size: u64,
        /// Entries seen before.
        seen: u64,
    },
    /// Of another board than one already seen.
    #[error(
        "the alerts are those of another board than was seen before: the inbox shows different people different logs"
    )]
    Forked,
}

/// Why there are no alerts to look in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAlerts {
    /// None were ever fetched.
    #[error("no alerts are on this device yet: they come with any session, so leave out --offline")]
    Never,
    /// The directory that is kept cannot be read.
    #[error(transparent)]
    Directory(#[from] NoDirectory),
    /// What is kept is damaged.
    #[error("the alerts on this device are damaged: leave out --offline to fetch them again")]
    Damaged,
}

/// All alerts that are live on a day, newest first, and the notices of the last window.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alerts {
    /// When the witnesses saw the board so, in seconds since 1970.
    pub time: u64,
    /// The alerts.
    pub live: Vec<Warning>,
    /// Alerts that do not open with this invitation's root, or open to nonsense.
    pub damaged: u64,
    /// Notices, newest first.
    pub notices: Vec<Notice>,
}

/// A live alert.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Its id.
    pub id: AlertId,
    /// The day it was sent, counted from 1 January 1970.
    pub day: u32,
    /// The last day on which it counts.
    pub expires: u32,
    /// How grave, and whether it is meant.
    pub levels: Levels,
    /// Where.
    pub area: Option<String>,
    /// What he can be recognised by, folded.
    pub identifiers: Vec<Indexed>,
    /// What members read, where the last window had it.
    pub text: Option<Text>,
}

impl Index {
    /// Checks an answer: the checkpoint under the log's key and a majority of witnesses, the index under its digest, and
    /// that it is of no earlier and no other board than was `seen` and than an `earlier` index was of.
    ///
    /// # Errors
    /// [`AlertsError`].
    pub fn verify(
        wire: &[u8],
        directory: &Directory,
        seen: Option<&Seen>,
        earlier: Option<&Self>,
    ) -> Result<Self, AlertsError> {
        let (note, records) = split(wire)?;
        let witnessed = Witnessed::verify(&note, LogName::Board, directory)?;
        let Checkpoint {
            size, root, alerts, ..
        } = witnessed.checkpoint;
        if alerts != Some(Sha256::digest(records).into()) {
            return Err(AlertsError::Digest);
        }
        if !records.len().is_multiple_of(ALERT_RECORD) {
            return Err(AlertsError::Malformed);
        }
        let before = [seen.map(|seen| seen.size), earlier.map(|index| index.size)];
        let before = before.into_iter().flatten().max().unwrap_or_default();
        if size < before {
            return Err(AlertsError::Older { size, seen: before });
        }
        let other_root = seen.is_some_and(|seen| seen.size == size && seen.root != root);
        let other_alerts =
            earlier.is_some_and(|index| index.size == size && index.records() != records);
        if other_root || other_alerts {
            return Err(AlertsError::Forked);
        }
        Ok(Self {
            time: witnessed.time,
            size,
            records_at: wire.len() - records.len(),
            wire: wire.to_vec(),
        })
    }

    /// Takes up what was checked when it came and then kept. `None` where index and checkpoint no longer belong together.
    pub(crate) fn kept(time: u64, size: u64, wire: &[u8]) -> Option<Self> {
        let (note, records) = split(wire).ok()?;
        let checkpoint = Checkpoint::parse(note.text().as_bytes()).ok()?;
        let digest: [u8; 32] = Sha256::digest(records).into();
        let whole = checkpoint.size == size && checkpoint.alerts == Some(digest);
        whole.then(|| Self {
            time,
            size,
            records_at: wire.len() - records.len(),
            wire: wire.to_vec(),
        })
    }

    /// When the witnesses saw the board so, in seconds since 1970.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Entries of the board that it is of.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The answer as it came.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// The index: 60 bytes a record.
    pub fn records(&self) -> &[u8] {
        self.wire.get(self.records_at..).unwrap_or_default()
    }
}

impl Alerts {
    /// Opens what is kept: alerts that count at `now` (seconds), from this device alone.
    ///
    /// # Errors
    /// [`NoAlerts`].
    pub fn open(state: &State, now: u64) -> Result<Self, NoAlerts> {
        let index = state.index().ok_or(NoAlerts::Never)?;
        let directory = state.kept_directory()?;
        let members = Members::new(state.invitation().members, directory.scheme);
        let (alerts, mut damaged) =
            Live::open(index.records(), &members).ok_or(NoAlerts::Damaged)?;
        let today = u32::try_from(now / DAY).unwrap_or(u32::MAX);
        let mut live = Vec::new();
        for alert in alerts.into_iter().rev() {
            match Warning::of(&alert) {
                Some(warning) if warning.expires >= today => live.push(warning),
                Some(_) => {}
                None => damaged += 1,
            }
        }
        let mut notices = Vec::new();
        for entry in state.board() {
            match Entry::verify(entry, &directory) {
                Ok(Entry::Alert(alert)) => {
                    if let Some(warning) = live.iter_mut().find(|warning| warning.id == alert.id) {
                        warning.text = members.open_text(&alert);
                    }
                }
                Ok(Entry::Notice(notice)) => notices.push(Notice::clone(&notice)),
                _ => {}
            }
        }
        Ok(Self {
            time: index.time(),
            live,
            damaged,
            notices,
        })
    }

    /// The live alerts for an area, written in any case.
    pub fn in_area<'a>(&'a self, area: &str) -> impl Iterator<Item = &'a Warning> {
        let wanted = folded(area);
        let is_there = move |warning: &&Warning| match &warning.area {
            Some(area) => folded(area) == wanted,
            None => false,
        };
        self.live.iter().filter(is_there)
    }

    /// The day that the oldest live alert was sent on; of none, the day of the index. Counted from 1 January 1970.
    pub fn since(&self) -> u32 {
        let of_index = || u32::try_from(self.time / DAY).unwrap_or(u32::MAX);
        let oldest = self.live.iter().map(|warning| warning.day).min();
        oldest.unwrap_or_else(of_index)
    }
}

impl Warning {
    fn of(alert: &LiveAlert) -> Option<Self> {
        let first = alert.records.first()?;
        let records: Vec<[u8; PLAIN]> = alert.records.iter().map(|one| one.identifiers).collect();
        let (area, identifiers) = unpack(&records).ok()?;
        Some(Self {
            id: alert.id,
            day: first.day,
            expires: first.expires,
            levels: first.levels,
            area,
            identifiers,
            text: None,
        })
    }
}

impl From<TooShort> for AlertsError {
    fn from(_: TooShort) -> Self {
        Self::Malformed
    }
}

fn split(wire: &[u8]) -> Result<(Note, &[u8]), AlertsError> {
    let mut fields = Fields::new(wire);
    let length = usize::try_from(fields.number()?).map_err(|_| AlertsError::Malformed)?;
    let note = Note::parse(fields.take(length)?).map_err(AlertsError::Note)?;
    Ok((note, fields.rest()))
}

fn folded(area: &str) -> String {
    let words: Vec<&str> = area.split_whitespace().collect();
    words.join(" ").to_uppercase()
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests;
