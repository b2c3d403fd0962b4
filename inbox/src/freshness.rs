//! Which version of the directory is in force, said anew every day (SPEC §10.17).
//!
//! ```text
//!  today ─ make ─▶ newest ◀── cosign ◀── POST /v1/directory/freshness ◀── relays
//!                    │  enough: majorities of the version's witnesses and of those of the version said before
//!                    ▼
//!                  complete ─▶ GET /v1/directory
//! ```
//!
//! Both notes are in the ledger and are changed there in one step, so that every process of an inbox collects and serves,
//! and a restart serves at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use brolly_keys::note::{MAX_SIGNATURES, Note, NoteError};
use brolly_keys::role::Log;
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::{Current, Directory, Freshness, RelayEntry};
use brolly_protocol::node::NodeId;
use bytes::Bytes;

use crate::cosign::{Cosigned, Line};
use crate::directories::{Directories, DirectoriesError, version_of};
use crate::step::{Step, Steps};
use crate::store::ledger::{Ledger, LedgerError};

/// By how much the inbox's clock and those of the witnesses differ.
#[derive(Debug, Default)]
pub struct Offsets(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    /// Seconds by which each witness was ahead when it cosigned last.
    ahead: BTreeMap<NodeId, i64>,
    off: bool,
}

/// Why nothing could be said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SayError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The note cannot be signed.
    #[error("the note that says which directory is in force cannot be signed: {0}")]
    Sign(#[from] NoteError),
}

/// Makes the note that `directory` is in force on the day of `now`, in seconds since 1970; not if it is there, and not
/// over a later version.
///
/// # Errors
/// [`SayError`].
pub(crate) async fn say(
    ledger: &impl Ledger,
    directory: &Directory,
    key: &SigningKey<Log>,
    now: u64,
    steps: &Steps,
) -> Result<(), SayError> {
    let today = u32::try_from(now / 86_400).unwrap_or(u32::MAX);
    let today = Freshness::of(directory, today);
    let said = ledger.said().await?.newest;
    if let Some(newest) = &said {
        let newest = Note::parse(newest).map_err(|_| LedgerError::Malformed)?;
        let newest = Freshness::from_text(newest.text()).ok_or(LedgerError::Malformed)?;
        if newest == today || newest.version > today.version {
            return Ok(());
        }
    }
    let note = today.sign(key)?.to_string().into();
    // Who comes too late finds somebody else's, which says the same.
    if ledger.say(said.as_ref(), &note, false).await? {
        steps.reached(Step::Said);
    }
    Ok(())
}

/// Takes the cosignature of `relay` from `note`, the newest freshness note, at `now` in seconds since 1970. One of a later
/// time takes the place of an earlier one.
///
/// # Errors
/// [`DirectoriesError`].
pub async fn cosign<L: Ledger>(
    directories: &Directories<L>,
    note: &[u8],
    relay: &RelayEntry,
    now: u64,
    offsets: &Offsets,
) -> Result<Cosigned, DirectoriesError> {
    let scheme = directories.scheme();
    let Some(Line {
        witness,
        line,
        time,
    }) = Line::of(note, relay, scheme)
    else {
        return Ok(Cosigned::Refused);
    };
    offsets.note(relay.id, time, now);
    if time.abs_diff(now) > APART {
        return Ok(Cosigned::Refused);
    }
    let keys = [witness];
    let [witness] = &keys;
    loop {
        let said = directories.ledger.said().await?;
        let Some(newest) = said.newest else {
            return Ok(Cosigned::NotNewest);
        };
        let mut kept = Note::parse(&newest).map_err(|_| LedgerError::Malformed)?;
        let earlier = kept
            .cosigned_by(&keys)
            .map_err(|_| LedgerError::Malformed)?;
        let is_later = earlier.iter().all(|(_, earlier)| *earlier < time);
        kept.retain_signers(|name| name != witness.name());
        if kept.combine(&line).is_err() || kept.signers().count() > MAX_SIGNATURES {
            return Ok(Cosigned::NotNewest);
        }
        if !is_later {
            return Ok(Cosigned::Kept(None));
        }
        let next: Bytes = kept.to_string().into();
        let witnesses = enough(directories, &kept, said.complete.as_deref(), now).await?;
        let complete = witnesses.is_some();
        if directories
            .ledger
            .say(Some(&newest), &next, complete)
            .await?
        {
            directories.steps.reached(Step::Cosigned);
            let text = |note: &[u8]| Note::parse(note).is_ok_and(|old| old.text() == kept.text());
            let known = said.complete.as_deref().is_some_and(text);
            return Ok(Cosigned::Kept(witnesses.filter(|_| !known)));
        }
    }
}

/// How many witnesses have cosigned, if everybody who knows the version that was said to be in force before will believe
/// it: asked as a client would ask.
async fn enough<L: Ledger>(
    directories: &Directories<L>,
    note: &Note,
    complete: Option<&[u8]>,
    now: u64,
) -> Result<Option<usize>, DirectoriesError> {
    let said = Freshness::from_text(note.text()).ok_or(LedgerError::Malformed)?;
    let Some(signed) = directories.version(said.version).await? else {
        return Ok(None);
    };
    let before = match complete.map(version_of) {
        Some(version) => {
            let version = version.ok_or(LedgerError::Malformed)?;
            directories.version(version).await?
        }
        None => None,
    };
    let kept = before.as_deref().map(|before| &*before.directory);
    let wire = Current::wire(note, &signed.note);
    let current = Current::verify(&wire, directories.scheme(), now, kept);
    Ok(current.ok().map(|current| current.witnesses))
}

/// The answer of `GET /v1/directory`: the newest that everybody will believe. `None` before the first.
///
/// # Errors
/// [`DirectoriesError`].
pub async fn answer<L: Ledger>(
    directories: &Directories<L>,
) -> Result<Option<Vec<u8>>, DirectoriesError> {
    let Some(complete) = directories.ledger.said().await?.complete else {
        return Ok(None);
    };
    let note = Note::parse(&complete).map_err(|_| LedgerError::Malformed)?;
    let version = version_of(&complete).ok_or(LedgerError::Malformed)?;
    let signed = directories.version(version).await?;
    Ok(signed.map(|signed| Current::wire(&note, &signed.note)))
}

impl Offsets {
    fn note(&self, relay: NodeId, time: u64, now: u64) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let signed = |time| i64::try_from(time).unwrap_or(i64::MAX);
        let ahead = signed(time).saturating_sub(signed(now));
        noted.ahead.insert(relay, ahead);
    }

    /// By how many seconds this clock is off, where it has begun to be since this was asked last: more than ten minutes
    /// from the median of the witnesses of `directory`, of whom a majority has been heard.
    pub fn begin_to_differ(&self, directory: &Directory) -> Option<u64> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let relays = directory.relays.iter();
        let mut ahead: Vec<i64> = relays
            .filter_map(|relay| noted.ahead.get(&relay.id).copied())
            .collect();
        if ahead.len() * 2 <= directory.relays.len() {
            return None;
        }
        ahead.sort_unstable();
        let median = ahead.get(ahead.len() / 2)?.unsigned_abs();
        let was_off = std::mem::replace(&mut noted.off, median > OFF);
        (median > OFF && !was_off).then_some(median)
    }
}

/// Seconds by which a witness's time may differ from the inbox's.
const APART: u64 = 3_600;
/// Ten minutes.
const OFF: u64 = 600;

#[cfg(test)]
mod tests;
