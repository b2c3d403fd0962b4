//! The directory in force and the time, asked of the inbox before anything else (SPEC §11.15).
//!
//! ```text
//! DATA/directory.note, at the first start the configured file ──▶ whose inbox is asked
//!      GET /v1/directory ── 200 ──▶ Current::verify ──▶ kept if it is newer; the time is the witnesses'
//!                        └─ 503 ──▶ nobody says so yet: what there is, while it lasts; the time is this machine's
//! ```

use std::path::{Path, PathBuf};

use brolly_keys::note::MAX_NOTE;
use brolly_keys::sign::Verified;
use brolly_protocol::directory::{Current, CurrentError, Directory, DirectoryError, Purpose};
use brolly_protocol::node::SchemeId;
use brolly_protocol::wire::DIRECTORY;
use brolly_shell::directory::{self, DirectoryFileError, SignedDirectory};
use brolly_shell::http::client::{LinkError, Reply};
use brolly_shell::http::{Bytes, StatusCode};
use brolly_shell::private::{self, PrivateError};
use brolly_shell::tls::Identity;

use crate::inbox::Inbox;

/// The directory in force, as far as this desk can know.
#[derive(Debug)]
#[non_exhaustive]
pub struct InForce {
    /// The directory.
    pub directory: Verified<Directory>,
    /// What time it is.
    pub time: Time,
    /// What the person at the desk should know of it, a sentence each.
    pub told: Vec<String>,
}

/// What time it is, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    now: u64,
    surely: u64,
}

/// Why a desk does not act: it does not know which directory is in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InForceError {
    /// The configured file, or what was taken up last.
    #[error(transparent)]
    File(#[from] DirectoryFileError),
    /// The inbox cannot be reached, or is not the one in the directory.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The inbox cannot answer.
    #[error("the inbox answered {} when asked which directory is in force: try again later", .0.as_u16())]
    Status(StatusCode),
    /// What it answered is not the directory in force.
    #[error(transparent)]
    Refused(#[from] CurrentError),
    /// Its officers signed two.
    #[error(
        "{reason}. The other one is kept in {}: show both to the officers and to the operators of the relays", evidence.display()
    )]
    Forked {
        /// What is wrong.
        reason: CurrentError,
        /// The file of the other one's note.
        evidence: PathBuf,
    },
    /// It has said nothing for too long.
    #[error(
        "for {days} days the inbox has not said which directory is in force: ask its operator, and see that this machine's clock is right"
    )]
    Silent {
        /// Whole days since it last did.
        days: u64,
    },
    /// It says nothing, and the directory has expired.
    #[error(
        "version {version} of the directory has expired by this machine's clock, and the inbox does not say which one is in force: see that the clock is right, and ask the officers for a newer one"
    )]
    Expired {
        /// The version.
        version: u32,
    },
    /// What it said, or when, cannot be written.
    #[error(transparent)]
    Write(#[from] PrivateError),
}

impl Time {
    /// The witnesses' time, which this machine's clock is at most a little ahead of.
    pub fn witnessed(now: u64) -> Self {
        Self { now, surely: now }
    }

    /// This machine's clock, which nobody confirms.
    pub fn unconfirmed(clock: u64) -> Self {
        Self {
            now: clock,
            surely: clock.saturating_sub(DOUBT),
        }
    }

    /// What keys and days are chosen by.
    pub fn now(self) -> u64 {
        self.now
    }

    /// What may be erased by: a clock that nobody confirms may be wrong by up to two days.
    pub fn surely(self) -> u64 {
        self.surely
    }
}

impl InForce {
    /// Asks the inbox which directory is in force, and keeps it in the folder `data`, which exists, if it is newer than
    /// the one there. `file` is the one to start with; `clock` is this machine's, in seconds since 1970.
    ///
    /// # Errors
    /// [`InForceError`]; what was kept is then as it was.
    pub async fn ask(
        file: &Path,
        data: &Path,
        scheme: SchemeId,
        identity: &Identity,
        clock: u64,
    ) -> Result<Self, InForceError> {
        // Its time may be over: that is enough to ask for the next one.
        let start = directory::open(file, data, scheme, 0)?;
        let known = start.current.directory;
        let inbox = Inbox::at(&known.inbox, identity);
        let reply = match inbox.ask(DIRECTORY, ANSWER).await {
            Err(error) if start.waiting.is_some() => moved(file, scheme, identity, error).await?,
            reply => reply?,
        };
        let (directory, time, mut told) = match reply.status {
            StatusCode::OK => take_up(&reply.body, known, data, clock)?,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::NOT_FOUND => go_on(known, data, clock)?,
            other => return Err(InForceError::Status(other)),
        };
        if let Some(version) = start.waiting.filter(|v| *v > directory.version) {
            told.push(format!(
                "version {version} of the directory, in {}, is not in force yet: this desk takes it up once the witnesses say that it is",
                file.display()
            ));
        }
        if let Some(error) = start.passed_over {
            told.push(format!(
                "warning: the configured directory is not used: {error}"
            ));
        }
        if directory.purpose == Purpose::Drill {
            told.push(
                "this scheme is a drill: nobody is anonymous in it, and nothing in it is a report"
                    .to_owned(),
            );
        }
        Ok(Self {
            directory,
            time,
            told,
        })
    }
}

impl InForceError {
    /// Whether it leaves open what day it is, so that nothing may be erased by this machine's clock.
    pub fn doubts_the_clock(&self) -> bool {
        matches!(
            self,
            Self::Refused(CurrentError::Stale { .. } | CurrentError::Clock { .. })
        )
    }
}

/// Asks the inbox of the next directory where the one in force has gone already. What it answers has to be in force by the
/// witnesses that are known, all the same.
async fn moved(
    file: &Path,
    scheme: SchemeId,
    identity: &Identity,
    away: LinkError,
) -> Result<Reply, LinkError> {
    let next = std::fs::read(file).ok();
    let next = next.and_then(|note| Directory::verify(&note, scheme, 0, 0).ok());
    match next {
        Some(next) => {
            let inbox = Inbox::at(&next.inbox, identity);
            inbox.ask(DIRECTORY, ANSWER).await.map_err(|_| away)
        }
        None => Err(away),
    }
}

type Found = (Verified<Directory>, Time, Vec<String>);

fn take_up(
    answer: &Bytes,
    known: Verified<Directory>,
    data: &Path,
    clock: u64,
) -> Result<Found, InForceError> {
    let (_, note) = Current::split(answer).ok_or(CurrentError::Malformed)?;
    let current = match Current::verify(answer, known.scheme, clock, Some(&known)) {
        Err(reason @ CurrentError::Directory(DirectoryError::Forked { version })) => {
            let evidence = keep_fork(data, version, note)?;
            return Err(InForceError::Forked { reason, evidence });
        }
        current => current?,
    };
    let note = Bytes::copy_from_slice(note);
    let signed =
        SignedDirectory::verify(note, known.scheme, 0, 0).map_err(CurrentError::Directory)?;
    directory::keep(&signed, data, clock)?;
    heard(data, current.time)?;
    let mut told = Vec::new();
    let version = current.directory.version;
    if version > known.version {
        told.push(format!(
            "version {version} of the directory is in force and taken up in the place of version {}: {} of {} witnesses say so",
            known.version,
            current.witnesses,
            current.directory.relays.len()
        ));
    }
    let now = current.now(clock);
    if now.abs_diff(clock) > OFF {
        let (hours, way) = match now > clock {
            true => ((now - clock) / 3_600, "behind"),
            false => ((clock - now) / 3_600, "ahead of"),
        };
        told.push(format!(
            "warning: this machine's clock is {hours} hours {way} the witnesses' time, which this desk goes by: set it"
        ));
    }
    let time = Time::witnessed(now);
    Ok((current.directory, time, told))
}

/// Keeps another text that the officers signed under a version: beside the one that was taken up it shows that they did.
fn keep_fork(data: &Path, version: u32, note: &[u8]) -> Result<PathBuf, PrivateError> {
    let path = data.join(format!("evidence-directory-{version}.note"));
    match private::create(&path, note) {
        // The first one is proof enough.
        Ok(()) | Err(PrivateError::Exists(_)) => Ok(path),
        Err(error) => Err(error),
    }
}

/// In the first minutes of a scheme no majority has said anything. An inbox that stays silent after it spoke is believed
/// for as long as a freshness note is, no longer.
fn go_on(known: Verified<Directory>, data: &Path, clock: u64) -> Result<Found, InForceError> {
    let last = last_heard(data);
    let clock = clock.max(last.unwrap_or_default());
    if let Some(last) = last.filter(|last| clock - last > SILENT) {
        let days = (clock - last) / DAY;
        return Err(InForceError::Silent { days });
    }
    let version = known.version;
    if clock >= known.expires {
        return Err(InForceError::Expired { version });
    }
    let told = format!(
        "the inbox does not say yet which directory is in force: this desk goes on with version {version}, and with this machine's clock"
    );
    Ok((known, Time::unconfirmed(clock), vec![told]))
}

/// Notes the day on which the witnesses spoke last.
fn heard(data: &Path, time: u64) -> Result<(), PrivateError> {
    let day = time / DAY;
    if last_heard(data).is_some_and(|last| last / DAY >= day) {
        return Ok(());
    }
    private::replace(&last_word(data), format!("{day}\n").as_bytes())
}

/// When that day began. Without the file the inbox is believed as at the first start.
fn last_heard(data: &Path) -> Option<u64> {
    let text = private::read(&last_word(data), 16).ok()?;
    let day: u64 = std::str::from_utf8(&text).ok()?.trim_end().parse().ok()?;
    day.checked_mul(DAY)
}

fn last_word(data: &Path) -> PathBuf {
    data.join("directory.day")
}

const DAY: u64 = 86_400;
/// An hour.
const OFF: u64 = 3_600;
/// Two days.
const DOUBT: u64 = 2 * DAY;
/// Seven days and the one that had begun.
const SILENT: u64 = 8 * DAY;
/// The most bytes of an answer: two notes.
const ANSWER: usize = 4 + 2 * MAX_NOTE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_11_15_the_day_of_the_last_word_never_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(last_heard(folder.path()), None);
        for (said, kept) in [(9, 9), (8, 9), (11, 11)] {
            heard(folder.path(), said * DAY + 5).unwrap();
            assert_eq!(last_heard(folder.path()), Some(kept * DAY));
        }
        std::fs::write(last_word(folder.path()), "soon").unwrap();
        assert_eq!(last_heard(folder.path()), None);
    }

    #[test]
    fn spec_11_15_a_clock_that_nobody_confirms_erases_two_days_late() {
        let time = Time::unconfirmed(10 * DAY);
        assert_eq!((time.now(), time.surely()), (10 * DAY, 8 * DAY));
        let time = Time::witnessed(10 * DAY);
        assert_eq!((time.now(), time.surely()), (10 * DAY, 10 * DAY));
    }
}
