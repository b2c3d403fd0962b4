//! Announcing this desk's weekly keys on the board, ahead of time (SPEC §11.13).
//!
//! ```text
//!  key file: this week and four ahead, durable ──▶ notices ──▶ not on the board? POST /v1/board
//!                 ▲                                                 │
//!                 └── drawn anew: another copy of the file ◀────────┘ a later notice has taken its place
//!                     has announced a key after this one
//! ```

use brolly_keys::epoch::Epoch;
use brolly_keys::role::Desk;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::Entry;
use brolly_protocol::log::{LogName, leaf_hash};
use brolly_protocol::notice::KeyNotice;

use crate::casebook::{Casebook, CasebookError, Day, Head, Record, Standing};
use crate::inbox::{Inbox, PostError};
use crate::log::Log;
use crate::place::Place;
use crate::unlock::{Keys, UnlockError, announced};
use crate::watch::{self, WatchError};

/// What became of this desk's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Announced {
    /// Weeks for which a key was made.
    pub made: usize,
    /// Keys that the inbox took for the board.
    pub posted: usize,
    /// Weeks for which the board had another key than this key file: what was sealed to that opens with the other alone.
    pub other: Vec<u32>,
}

/// Why keys were not made or not announced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnounceError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// The board.
    #[error(transparent)]
    Board(#[from] WatchError),
    /// The casebook.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
    /// The inbox did not take a key.
    #[error("the key of a week was not announced, the next sync tries again: {0}")]
    Post(PostError),
}

/// Makes the keys of this week and those ahead, durably; then posts those that the board does not have. A key that the
/// inbox took today is not posted again today.
///
/// # Errors
/// [`AnnounceError`]. A board that forked changes nothing, and nothing is posted.
pub async fn announce(
    inbox: &Inbox,
    place: &Place,
    keys: &mut Keys,
    casebook: &mut Casebook,
) -> Result<Announced, AnnounceError> {
    let current = Epoch::at(place.time.now(), place.directory.parameters.desk_epoch);
    let today = Day::at(place.time.now());
    let mut done = Announced {
        made: keys.make_weeks(current)?,
        ..Announced::default()
    };
    read(inbox, place, casebook).await?;
    let superseded: Vec<_> = notices(place, keys, current)?
        .into_iter()
        .filter(|(week, entry)| {
            casebook.board().standing(week.number(), &leaf_hash(entry)) == Standing::Superseded
        })
        .map(|(week, _)| week)
        .collect();
    keys.draw_weeks(&superseded)?;
    for (week, entry) in notices(place, keys, current)? {
        let hash = leaf_hash(&entry);
        let standing = casebook.board().standing(week.number(), &hash);
        if standing == Standing::InForce || casebook.board().posted_on(&hash) == Some(today) {
            continue;
        }
        inbox.post(entry).await.map_err(AnnounceError::Post)?;
        casebook.append(vec![Record::KeyPosted {
            entry: hash,
            day: today,
        }])?;
        done.posted += 1;
        if standing == Standing::Other {
            done.other.push(week.number());
        }
    }
    Ok(done)
}

/// The entries for the board: the same bytes whenever they are made.
fn notices(
    place: &Place,
    keys: &Keys,
    current: Epoch,
) -> Result<Vec<(Epoch, Vec<u8>)>, UnlockError> {
    let identity: SigningKey<Desk> = keys.signing()?;
    let ring = keys.weeks();
    let held = announced(current).filter_map(|week| ring.by_epoch(week));
    let notice = held.map(|held| {
        let notice = KeyNotice {
            scheme: place.directory.scheme,
            node: place.desk.id,
            epoch: held.epoch,
            key: held.secret.public(),
        };
        (held.epoch, notice.to_entry(&identity))
    });
    Ok(notice.collect())
}

/// Reads the board on from where it was read last, for this desk's keys alone.
async fn read(inbox: &Inbox, place: &Place, casebook: &mut Casebook) -> Result<(), WatchError> {
    let log = Log {
        inbox,
        directory: &place.directory,
        name: LogName::Board,
    };
    let first = casebook.board().head().is_none();
    let seen = casebook.board().head().cloned().unwrap_or_default();
    let head = watch::next(&log, &seen, casebook).await?;
    if !first && head.checkpoint.size == seen.size {
        return Ok(());
    }
    let mut keys = Vec::new();
    let own = |bytes: &[u8]| match Entry::verify(bytes, &*place.directory) {
        Ok(Entry::DeskKey(notice)) if notice.node == place.desk.id => Some(notice.epoch),
        _ => None,
    };
    let each = |_, bytes: &[u8]| {
        if let Some(week) = own(bytes) {
            keys.push((week.number(), leaf_hash(bytes)));
        }
    };
    log.entries(seen.size, &seen.root, &head.checkpoint, each)
        .await?;
    let head = Head::new(
        head.checkpoint.size,
        head.checkpoint.root,
        head.note.to_string(),
    );
    Ok(casebook.append(vec![Record::Board { keys, head }])?)
}

impl AnnounceError {
    /// Whether the board is another than it was: then nothing is to be posted at all.
    pub fn forked(&self) -> bool {
        matches!(
            self,
            Self::Board(WatchError::Refused { .. } | WatchError::Evidence { .. })
        )
    }
}
