//! The alerts on this device: the compact index as it came, opened with the members' root, and the texts that are known.
//!
//! ```text
//! index of /v1/alerts ── members' root, last day ──▶ Alerts ◀── texts: alerts of the window that are kept
//! ```

use brolly_protocol::board::alert::{AlertId, Levels, Members, Text};
use brolly_protocol::board::{Entry, Live, LiveAlert, Notice};
use brolly_protocol::identifier::{Indexed, PLAIN, unpack};

use crate::state::{NoDirectory, State};

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

impl Alerts {
    /// Opens what is kept: alerts that count at `now` (seconds), from this device alone.
    ///
    /// # Errors
    /// [`NoAlerts`].
    pub fn open(state: &State, now: u64) -> Result<Self, NoAlerts> {
        let index = state.alerts().ok_or(NoAlerts::Never)?;
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
            match Entry::verify(entry, &*directory) {
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

fn folded(area: &str) -> String {
    let words: Vec<&str> = area.split_whitespace().collect();
    words.join(" ").to_uppercase()
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests;
