//! How far a device saw the logs, and how much came between two sessions (SPEC §12.6, §16.9).

use brolly_protocol::codec::Fields;
use brolly_protocol::log::{Seen, Window};

use super::some;
use crate::wait::Traffic;

/// How far the logs were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logs {
    /// When the witnesses saw the reports log so, in seconds since 1970.
    pub time: u64,
    /// The log of reports.
    pub reports: Seen,
    /// The board.
    pub board: Seen,
    /// What was seen of the reports log before, up to seven days and a session earlier, for telling how much comes.
    pub earlier: Option<Earlier>,
}

/// The reports log as it was seen in an earlier session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Earlier {
    /// When the witnesses saw it so, in seconds since 1970.
    pub time: u64,
    /// Its entries.
    pub size: u64,
}

impl Logs {
    /// What a window shows, after what was seen `before`.
    pub(super) fn seen(window: &Window, before: Option<&Self>) -> Self {
        let time = window.reports.witnessed.time;
        let reports = window.reports.seen();
        Self {
            time,
            reports,
            board: window.board.seen(),
            earlier: before.and_then(|logs| logs.earlier_at(time, reports.size)),
        }
    }

    /// What came into the reports log between the two sessions, where that is enough to go by.
    pub(super) fn traffic(&self) -> Option<Traffic> {
        let earlier = self.earlier?;
        let traffic = Traffic {
            entries: self.reports.size.checked_sub(earlier.size)?,
            seconds: self.time.checked_sub(earlier.time)?,
        };
        traffic.tells().then_some(traffic)
    }

    /// What is kept as the earlier when the log is seen again at `time`, with `size` entries: for a day the same, or the
    /// difference would tell of a few minutes alone, and then until what came since the last session tells enough.
    fn earlier_at(&self, time: u64, size: u64) -> Option<Earlier> {
        let since = Traffic {
            entries: size.saturating_sub(self.reports.size),
            seconds: time.saturating_sub(self.time),
        };
        let kept_for = match since.tells() {
            true => DAY,
            false => WEEK,
        };
        let stands = |earlier: &Earlier| time.saturating_sub(earlier.time) < kept_for;
        if time <= self.time || self.earlier.as_ref().is_some_and(stands) {
            return self.earlier;
        }
        Some(Earlier {
            time: self.time,
            size: self.reports.size,
        })
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let earlier = self.earlier.map_or_else(Vec::new, Earlier::to_bytes);
        [
            &self.time.to_be_bytes()[..],
            &self.reports.to_bytes(),
            &self.board.to_bytes(),
            &earlier,
        ]
        .concat()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        Some(Self {
            time: u64::from_be_bytes(*fields.array().ok()?),
            reports: Seen::from_bytes(fields.take(SEEN).ok()?)?,
            board: Seen::from_bytes(fields.take(SEEN).ok()?)?,
            earlier: some(fields.rest(), Earlier::from_bytes)?,
        })
    }
}

impl Earlier {
    fn to_bytes(self) -> Vec<u8> {
        [self.time.to_be_bytes(), self.size.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let earlier = Self {
            time: u64::from_be_bytes(*fields.array().ok()?),
            size: u64::from_be_bytes(*fields.array().ok()?),
        };
        fields.rest().is_empty().then_some(earlier)
    }
}

impl Traffic {
    /// Whether it is enough to go by: a handful of entries may be chance.
    fn tells(&self) -> bool {
        self.seconds >= TELLING && self.entries >= ENOUGH
    }
}

const SEEN: usize = 72;
const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;
/// Seconds between two sessions from which on they tell how much comes.
const TELLING: u64 = 3_600;
/// Entries between them from which on they do.
const ENOUGH: u64 = 16;
