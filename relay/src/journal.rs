//! What the relay tells its operator: numbers alone, and never when a packet came or went.
//!
//! How many packets moved is told once an hour: a line a tick would be a record of traffic for whoever takes the disk.

use std::sync::{Mutex, PoisonError};

use brolly_protocol::directory::{CurrentError, DirectoryError};
use brolly_shell::log::{self, Field, Level};

/// Counts since they were last told.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    since: [u64; EVENTS.len()],
    hour: Option<u64>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            since: [0; EVENTS.len()],
            hour: None,
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Packets that were stored.
    Wrote,
    /// Packets that were discarded: replays, and what does not open.
    Discarded,
    /// Packets that left the pool, to be passed on or, cover at the exit, to end.
    Released,
    /// Packets that the next hop acknowledged.
    Forwarded,
    /// Attempts that a next hop did not take.
    Backoff,
    /// Packets whose record the disk had lost or changed.
    Unreadable,
    /// Packets that waited until the next relay had erased the key for them.
    Expired,
    /// Packets that were held before a restart and could not be found after it.
    Lost,
    /// Tokens that were signed.
    Issued,
    /// Signatures that did not survive being checked.
    SigningFailed,
    /// Keys of the issuer for a month to come, or of a version to come, that its key file has not.
    IssuerKeyMissing,
    /// Versions taken up that make this relay the issuer, without its keys or projects: it issues nothing.
    NotIssuing,
    /// Times that the file of projects could no longer be read: what was known holds.
    ProjectsUnreadable,
    /// Logs of spent tokens that were gone at the start: what they held may be spent once more.
    SpentMissing,
    /// Requests refused because the pool or the set of tags was full.
    PoolFull,
    /// Writes that the disk refused.
    DiskFull,
    /// Ticks after which the pool waited for a canary of this relay.
    Held,
    /// Canaries of which none came in, one after the other.
    CanariesMissing,
    /// Canaries that came in after that.
    CanariesBack,
    /// Packet keys made.
    KeysMade,
    /// Packet keys erased.
    KeysErased,
    /// Segment files without a packet, removed at the start.
    Swept,
    /// Entries of a public log that were checked and stored.
    Mirrored,
    /// Entries of a public log that are served since a majority cosigned them.
    Witnessed,
    /// Answers of the inbox that it did not sign, or that are wrong although it did.
    LogRefused,
    /// Checkpoints that contradict what the inbox signed before.
    LogForked,
    /// Checkpoints with fewer entries than the inbox signed before.
    LogShrunk,
    /// Files of evidence against the inbox: nothing is cosigned as long as they are there.
    EvidenceKept,
    /// Logs of which files were lost or changed, and are fetched again.
    MirrorDamaged,
    /// Logs of which it is not known what was cosigned: nothing is cosigned any more.
    CosignedUnknown,
    /// Own keys that the inbox did not take for the board.
    KeysRefused,
    /// Looks at which the clock was far from that of the witnesses.
    ClockOff,
    /// Directories of the same version with another text, or out of turn.
    DirectoryForked,
    /// Directories of an earlier version than the one that was taken up.
    DirectoryRolledBack,
    /// Directories whose time is over.
    DirectoryExpired,
    /// Directories that the board names and the inbox does not hand out.
    DirectoryMissing,
    /// Directories that are said to be in force before their time.
    DirectoryEarly,
    /// Directories of which it was said too long ago that they are in force, or by another clock.
    DirectoryStale,
    /// Directories of which too few witnesses say that they are in force.
    DirectoryUnwitnessed,
    /// Directories that too few officers signed.
    DirectoryUnsigned,
    /// Directories whose officers were not put in office by those before.
    DirectorySuccession,
    /// Directories that break a rule.
    DirectoryRules,
    /// Directories that are malformed, of another scheme, or not the one that is said to be in force.
    DirectoryRefused,
}

impl Event {
    /// Why a directory is no directory.
    pub(crate) fn of_directory(error: &DirectoryError) -> Self {
        match error {
            DirectoryError::TooFew { .. } => Self::DirectoryUnsigned,
            DirectoryError::Succession { .. } => Self::DirectorySuccession,
            DirectoryError::Expired => Self::DirectoryExpired,
            DirectoryError::RolledBack { .. } => Self::DirectoryRolledBack,
            DirectoryError::Forked { .. } | DirectoryError::NotNext { .. } => Self::DirectoryForked,
            DirectoryError::Rule(_) => Self::DirectoryRules,
            DirectoryError::Note(_) | DirectoryError::Text(_) | DirectoryError::OtherScheme | _ => {
                Self::DirectoryRefused
            }
        }
    }

    /// Why a directory is not in force.
    pub(crate) fn of_current(error: &CurrentError) -> Self {
        match error {
            CurrentError::Directory(error) => Self::of_directory(error),
            CurrentError::TooFew { .. } | CurrentError::Strangers { .. } => {
                Self::DirectoryUnwitnessed
            }
            CurrentError::Stale { .. } | CurrentError::Clock { .. } => Self::DirectoryStale,
            CurrentError::Malformed
            | CurrentError::Note(_)
            | CurrentError::Unsigned
            | CurrentError::NotInForce { .. }
            | _ => Self::DirectoryRefused,
        }
    }
}

impl Journal {
    /// Counts.
    pub(crate) fn add(&self, event: Event, count: usize) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let place = EVENTS.iter().position(|(e, ..)| *e == event);
        if let Some(since) = place.and_then(|at| counts.since.get_mut(at)) {
            *since = since.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }

    /// Tells what is due at `now` (seconds since 1970).
    pub(crate) fn tick(&self, now: u64) {
        for (level, name, field) in self.due(now / 3600) {
            log::event(level, name, &[field]);
        }
    }

    /// What is due in an hour since 1970.
    pub(crate) fn due(&self, hour: u64) -> Vec<(Level, &'static str, (Field, u64))> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let hourly = *counts.hour.get_or_insert(hour) != hour;
        counts.hour = Some(hour);
        EVENTS
            .iter()
            .zip(&mut counts.since)
            .filter(|((.., traffic), since)| **since > 0 && (hourly || !traffic))
            .map(|((_, level, name, field, _), since)| {
                (*level, *name, (*field, std::mem::take(since)))
            })
            .collect()
    }
}

/// Event, level, name, what is counted, whether it is traffic and told by the hour.
const EVENTS: [(Event, Level, &str, Field, bool); 43] = [
    (Event::Wrote, Level::Info, "wrote", Field::Packets, true),
    (
        Event::Discarded,
        Level::Info,
        "discarded",
        Field::Packets,
        true,
    ),
    (
        Event::Released,
        Level::Info,
        "released",
        Field::Packets,
        true,
    ),
    (
        Event::Forwarded,
        Level::Info,
        "forwarded",
        Field::Packets,
        true,
    ),
    (
        Event::Backoff,
        Level::Warning,
        "backoff",
        Field::Attempts,
        false,
    ),
    (
        Event::Unreadable,
        Level::Error,
        "unreadable",
        Field::Packets,
        false,
    ),
    (
        Event::Expired,
        Level::Error,
        "expired",
        Field::Packets,
        true,
    ),
    (Event::Lost, Level::Error, "lost", Field::Packets, false),
    (Event::Issued, Level::Info, "issued", Field::Tokens, true),
    (
        Event::SigningFailed,
        Level::Error,
        "signing-failed",
        Field::Failures,
        true,
    ),
    (
        Event::IssuerKeyMissing,
        Level::Warning,
        "issuer-key-missing",
        Field::Keys,
        false,
    ),
    (
        Event::NotIssuing,
        Level::Error,
        "not-issuing",
        Field::Failures,
        false,
    ),
    (
        Event::ProjectsUnreadable,
        Level::Error,
        "projects-unreadable",
        Field::Failures,
        false,
    ),
    (
        Event::SpentMissing,
        Level::Warning,
        "spent-missing",
        Field::Files,
        false,
    ),
    (
        Event::PoolFull,
        Level::Warning,
        "pool-full",
        Field::Failures,
        false,
    ),
    (
        Event::DiskFull,
        Level::Error,
        "disk-full",
        Field::Failures,
        false,
    ),
    (Event::Held, Level::Info, "held", Field::Ticks, true),
    (
        Event::CanariesMissing,
        Level::Error,
        "canaries-missing",
        Field::Canaries,
        false,
    ),
    (
        Event::CanariesBack,
        Level::Info,
        "canaries-back",
        Field::Canaries,
        false,
    ),
    (
        Event::KeysMade,
        Level::Info,
        "keys-made",
        Field::Keys,
        false,
    ),
    (
        Event::KeysErased,
        Level::Info,
        "keys-erased",
        Field::Keys,
        false,
    ),
    (Event::Swept, Level::Info, "swept", Field::Files, false),
    (
        Event::Mirrored,
        Level::Info,
        "mirrored",
        Field::Entries,
        false,
    ),
    (
        Event::Witnessed,
        Level::Info,
        "witnessed",
        Field::Entries,
        false,
    ),
    (
        Event::LogRefused,
        Level::Warning,
        "log-refused",
        Field::Failures,
        false,
    ),
    (
        Event::LogForked,
        Level::Error,
        "log-forked",
        Field::Failures,
        false,
    ),
    (
        Event::LogShrunk,
        Level::Error,
        "log-shrunk",
        Field::Failures,
        false,
    ),
    (
        Event::EvidenceKept,
        Level::Error,
        "evidence-kept",
        Field::Files,
        false,
    ),
    (
        Event::MirrorDamaged,
        Level::Error,
        "mirror-damaged",
        Field::Failures,
        false,
    ),
    (
        Event::CosignedUnknown,
        Level::Error,
        "cosigned-unknown",
        Field::Failures,
        false,
    ),
    (
        Event::KeysRefused,
        Level::Warning,
        "keys-refused",
        Field::Failures,
        false,
    ),
    (
        Event::ClockOff,
        Level::Warning,
        "clock-off",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryForked,
        Level::Error,
        "directory-forked",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryRolledBack,
        Level::Error,
        "directory-rolled-back",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryExpired,
        Level::Error,
        "directory-expired",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryMissing,
        Level::Warning,
        "directory-missing",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryEarly,
        Level::Warning,
        "directory-early",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryStale,
        Level::Error,
        "directory-stale",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryUnwitnessed,
        Level::Warning,
        "directory-unwitnessed",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryUnsigned,
        Level::Error,
        "directory-unsigned",
        Field::Failures,
        false,
    ),
    (
        Event::DirectorySuccession,
        Level::Error,
        "directory-succession",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryRules,
        Level::Error,
        "directory-rules",
        Field::Failures,
        false,
    ),
    (
        Event::DirectoryRefused,
        Level::Error,
        "directory-refused",
        Field::Failures,
        false,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_told_by_the_hour_and_trouble_at_the_next_tick() {
        let journal = Journal::default();
        journal.add(Event::Wrote, 3);
        journal.add(Event::Backoff, 1);
        journal.add(Event::Backoff, 1);
        let backoff = (Level::Warning, "backoff", (Field::Attempts, 2));
        assert_eq!(journal.due(7), [backoff]);
        journal.add(Event::Wrote, 4);
        assert_eq!(journal.due(7), []);
        let wrote = (Level::Info, "wrote", (Field::Packets, 7));
        assert_eq!(journal.due(8), [wrote]);
        assert_eq!(journal.due(9), []);
    }

    #[test]
    fn every_event_has_its_place() {
        let journal = Journal::default();
        for (event, ..) in EVENTS {
            journal.add(event, 1);
        }
        assert_eq!(journal.due(0).len(), EVENTS.iter().filter(|e| !e.4).count());
        assert_eq!(journal.due(1).len(), EVENTS.iter().filter(|e| e.4).count());
    }
}
