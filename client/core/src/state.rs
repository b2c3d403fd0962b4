//! What a device keeps between sessions: the same bytes in number and kind for everybody who joined (SPEC §12.6).
//!
//! ```text
//! "brolly/3 member\n" | length 4 | SHA-256 of record 32 | record | zeros                       4,194,304 bytes
//! record = link | directory | logs | keys | alerts | read | board         each behind its length of 4
//!   directory  nothing, or: time by the witnesses 8 | seconds the clock is ahead of them 8 | the note of the version in force
//!   logs       nothing, or: time 8 | seen 72 of reports | seen 72 of the board | nothing, or: an earlier time 8 | its entries 8
//!   keys       nothing, or: time 8 | size 8 | the newest answer of `/v1/keys`, as it came
//!   alerts     nothing, or: the same of `/v1/alerts`
//!   read       desk 16 | day 4 of its newest read-mark in the last window, for each desk that has one
//!   board      alerts and notices of the last window, newest first, as many as fit: length 2 | entry
//! ```
//!
//! Nothing about any report is ever in it, and nothing of what was looked up.

use std::collections::BTreeMap;

use brolly_keys::sign::Verified;
use brolly_protocol::board::alert::Message;
use brolly_protocol::board::{Entry, Keys};
use brolly_protocol::codec::{Fields, TooShort};
use brolly_protocol::directory::{Current, CurrentError, Directory, DirectoryError};
use brolly_protocol::geometry::NODE_ID;
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::log::{Part, Window, WindowError, encode_bundle};
use brolly_protocol::node::NodeId;
use rand::seq::SliceRandom;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::logs::{Earlier, Logs};
use crate::index::{Index, IndexError, Kind};
use crate::wait::Traffic;

/// The bytes of every state file.
pub const SIZE: usize = 4 << 20;

/// Who somebody is with: an invitation, the newest directory of its scheme, and the public data of the last session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    invitation: Invitation,
    directory: Option<Kept>,
    logs: Option<Logs>,
    keys: Option<Index>,
    alerts: Option<Index>,
    read: BTreeMap<NodeId, u32>,
    board: Vec<Vec<u8>>,
}

/// The directory that was in force, when the witnesses said so, in seconds since 1970, and by how much this device's clock
/// was ahead of what they can mean: 0 for one that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    time: u64,
    ahead: i64,
    note: Vec<u8>,
}

/// Why a state cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Not a state file, or changed.
    #[error("this is not what `brolly join` keeps, or it was damaged: join again with --replace")]
    Malformed,
    /// Kept by an earlier version.
    #[error("an earlier Brolly kept this, in another form: join again with --replace")]
    Earlier,
    /// The directory does not fit.
    #[error("the scheme's directory is too large for this device to keep: tell the scheme")]
    TooLarge,
}

/// Why no directory is at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoDirectory {
    /// None was fetched yet.
    #[error("no directory was fetched yet")]
    Never,
    /// The one that is kept is refused now.
    #[error(transparent)]
    Refused(#[from] DirectoryError),
}

impl State {
    /// Somebody who was invited and has not fetched a directory.
    pub fn new(invitation: Invitation) -> Self {
        Self {
            invitation,
            directory: None,
            logs: None,
            keys: None,
            alerts: None,
            read: BTreeMap::new(),
            board: Vec::new(),
        }
    }

    /// The same with a new invitation. To the same scheme, what was seen of it stays known.
    #[must_use]
    pub fn invited(self, invitation: Invitation) -> Self {
        if invitation.scheme == self.invitation.scheme {
            Self { invitation, ..self }
        } else {
            Self::new(invitation)
        }
    }

    /// The invitation.
    pub fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// How far the logs were seen.
    pub fn logs(&self) -> Option<&Logs> {
        self.logs.as_ref()
    }

    /// What came into the reports log between two sessions an hour apart or more, with 16 entries or more between them;
    /// `None` while there are no such.
    pub fn traffic(&self) -> Option<Traffic> {
        self.logs.as_ref()?.traffic()
    }

    /// The index of live alerts that was accepted last.
    pub fn alerts(&self) -> Option<&Index> {
        self.alerts.as_ref()
    }

    /// The keys of relays and desks that were accepted last.
    pub fn keys(&self) -> Keys {
        let opened = self.keys.as_ref().zip(self.kept_directory().ok());
        opened
            .and_then(|(index, directory)| Keys::open(index.records(), &*directory))
            .unwrap_or_default()
    }

    /// The day of a desk's newest read-mark in the last window, counted from 1 January 1970.
    pub fn read(&self, desk: NodeId) -> Option<u32> {
        self.read.get(&desk).copied()
    }

    /// What time it is when this device's clock says `clock`, in seconds since 1970: corrected by what the witnesses said in
    /// the last session, and never before that.
    pub fn now(&self, clock: u64) -> u64 {
        match &self.directory {
            Some(kept) => clock
                .saturating_add_signed(kept.ahead.saturating_neg())
                .max(kept.time),
            None => clock,
        }
    }

    /// The alerts and notices of the last window, newest first, as many as fit.
    pub fn board(&self) -> impl Iterator<Item = &[u8]> {
        self.board.iter().map(Vec::as_slice)
    }

    /// The newest directory, checked afresh at `now` (seconds).
    ///
    /// # Errors
    /// [`NoDirectory`].
    pub fn directory(&self, now: u64) -> Result<Verified<Directory>, NoDirectory> {
        let kept = self.directory.as_ref().ok_or(NoDirectory::Never)?;
        let scheme = self.invitation.scheme;
        Ok(Directory::verify(&kept.note, scheme, now, 0)?)
    }

    /// The newest directory, expired or not: for reading what is on this device, never for sending anything.
    ///
    /// # Errors
    /// [`NoDirectory`].
    pub fn kept_directory(&self) -> Result<Verified<Directory>, NoDirectory> {
        self.directory(0)
    }

    /// The ways in, in an order drawn evenly.
    pub fn entrances(&self, rng: &mut impl CryptoRng) -> Vec<Entrance> {
        let mut entrances = self.invitation.entries.clone();
        entrances.shuffle(rng);
        entrances
    }

    /// Checks an answer of `/v1/directory` on a device whose clock says `clock`, and keeps the directory.
    ///
    /// # Errors
    /// [`CurrentError`]; the earlier one is then kept.
    pub fn accept(&mut self, wire: &[u8], clock: u64) -> Result<Current, CurrentError> {
        let kept = match self.kept_directory() {
            Ok(kept) => Some(kept),
            Err(NoDirectory::Never) => None,
            // What it guarded against it still does.
            Err(NoDirectory::Refused(error)) => return Err(error.into()),
        };
        let scheme = self.invitation.scheme;
        let current = Current::verify(wire, scheme, clock, kept.as_deref())?;
        let (_, note) = Current::split(wire).ok_or(CurrentError::Malformed)?;
        // An entry that hands out an old word does not move the time back: her packet would be dated by it.
        let known = self.directory.as_ref().map(|_| self.now(clock));
        let now = current.now(clock).max(known.unwrap_or_default());
        let before = self.directory.as_ref().map_or(0, |kept| kept.time);
        self.directory = Some(Kept {
            time: current.time.max(before),
            ahead: i64::try_from(i128::from(clock) - i128::from(now)).unwrap_or(0),
            note: note.to_vec(),
        });
        Ok(current)
    }

    /// Checks that both logs of a window continue what was seen, and keeps how far they go and what members read of them.
    ///
    /// # Errors
    /// [`WindowError::Shrunk`], [`WindowError::Forked`]; what was seen before is then kept.
    pub fn accept_window(
        &mut self,
        window: &Window,
        directory: &Directory,
    ) -> Result<(), WindowError> {
        if let Some(logs) = &self.logs {
            window.reports.continues(&logs.reports)?;
            window.board.continues(&logs.board)?;
        }
        self.logs = Some(Logs::seen(window, self.logs.as_ref()));
        self.read = read_marks(&window.board, directory);
        self.board = readable(&window.board, directory);
        Ok(())
    }

    /// Checks an answer of `/v1/alerts` and keeps it.
    ///
    /// # Errors
    /// [`IndexError`]; the earlier one is then kept.
    pub fn accept_alerts(&mut self, wire: &[u8], directory: &Directory) -> Result<(), IndexError> {
        self.alerts = Some(self.index(Kind::Alerts, wire, directory, self.alerts.as_ref())?);
        Ok(())
    }

    /// Checks an answer of `/v1/keys` and keeps it.
    ///
    /// # Errors
    /// [`IndexError`]; the earlier one is then kept.
    pub fn accept_keys(&mut self, wire: &[u8], directory: &Directory) -> Result<(), IndexError> {
        self.keys = Some(self.index(Kind::Keys, wire, directory, self.keys.as_ref())?);
        Ok(())
    }

    fn index(
        &self,
        kind: Kind,
        wire: &[u8],
        directory: &Directory,
        earlier: Option<&Index>,
    ) -> Result<Index, IndexError> {
        let board = self.logs.as_ref().map(|logs| &logs.board);
        Index::verify(kind, wire, directory, board, earlier)
    }

    /// The [`SIZE`] bytes of the file. Of the board's entries the oldest are left out if not all fit.
    ///
    /// # Errors
    /// [`StateError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, StateError> {
        // The beginning is filled in at the end; one buffer of full size leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(SIZE));
        bytes.resize(HEADER, 0);
        let link = self.invitation.to_link().ok_or(StateError::Malformed)?;
        block(&mut bytes, &[link.as_bytes()])?;
        match &self.directory {
            Some(kept) => block(
                &mut bytes,
                &[
                    &kept.time.to_be_bytes(),
                    &kept.ahead.to_be_bytes(),
                    &kept.note,
                ],
            )?,
            None => block(&mut bytes, &[])?,
        }
        match &self.logs {
            Some(logs) => block(&mut bytes, &[&logs.to_bytes()])?,
            None => block(&mut bytes, &[])?,
        }
        for index in [&self.keys, &self.alerts] {
            match index {
                Some(index) => block(
                    &mut bytes,
                    &[
                        &index.time().to_be_bytes(),
                        &index.size().to_be_bytes(),
                        index.wire(),
                    ],
                )?,
                None => block(&mut bytes, &[])?,
            }
        }
        let read = self.read.iter();
        let read: Vec<u8> = read
            .flat_map(|(desk, day)| [desk.0.as_slice(), &day.to_be_bytes()].concat())
            .collect();
        block(&mut bytes, &[&read])?;
        let room = SIZE.saturating_sub(bytes.len() + LENGTH);
        let entries = fitting(self.board.iter().map(Vec::as_slice), room);
        let mut board = Vec::new();
        encode_bundle(entries, &mut board).map_err(|_| StateError::Malformed)?;
        block(&mut bytes, &[&board])?;

        let record = bytes.get(HEADER..).unwrap_or_default();
        let length = u32::try_from(record.len()).map_err(|_| StateError::TooLarge)?;
        let digest: [u8; 32] = Sha256::digest(record).into();
        let header = [MAGIC, &length.to_be_bytes(), &digest].concat();
        for (to, from) in bytes.iter_mut().zip(header) {
            *to = from;
        }
        bytes.resize(SIZE, 0);
        Ok(bytes)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`StateError::Malformed`], also for bytes that are left over; [`StateError::Earlier`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        if EARLIER.iter().any(|magic| bytes.starts_with(magic)) {
            return Err(StateError::Earlier);
        }
        let record = record(bytes).ok_or(StateError::Malformed)?;
        read(record).ok_or(StateError::Malformed)
    }
}

/// The day of each desk's newest read-mark.
fn read_marks(board: &Part, directory: &Directory) -> BTreeMap<NodeId, u32> {
    let mut read = BTreeMap::new();
    for entry in &board.entries {
        if let Ok(Entry::ReadMark(mark)) = Entry::verify(entry, directory) {
            let newest = read.entry(mark.desk).or_default();
            *newest = mark.day.max(*newest);
        }
    }
    read
}

/// What members read of a board: its alerts and notices, newest first, as many as there is room for.
fn readable(board: &Part, directory: &Directory) -> Vec<Vec<u8>> {
    let newest = board.entries.iter().rev().map(Vec::as_slice);
    let readable = newest.filter(|entry| match Entry::verify(entry, directory) {
        Ok(Entry::Alert(alert)) => alert.message != Message::Cancel,
        Ok(Entry::Notice(_)) => true,
        _ => false,
    });
    fitting(readable, BOARD_ROOM).map(<[u8]>::to_vec).collect()
}

fn fitting<'a>(
    entries: impl Iterator<Item = &'a [u8]>,
    room: usize,
) -> impl Iterator<Item = &'a [u8]> {
    entries.scan(room, |room, entry| {
        *room = room.checked_sub(ENTRY_LENGTH + entry.len())?;
        Some(entry)
    })
}

fn block(bytes: &mut Vec<u8>, parts: &[&[u8]]) -> Result<(), StateError> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let number = u32::try_from(length).map_err(|_| StateError::TooLarge)?;
    if bytes.len() + LENGTH + length > SIZE {
        return Err(StateError::TooLarge);
    }
    bytes.extend_from_slice(&number.to_be_bytes());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    Ok(())
}

fn record(bytes: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields::new(bytes);
    let magic = fields.take(MAGIC.len()).ok()?;
    let length = usize::try_from(fields.number().ok()?).ok()?;
    let digest: &[u8; 32] = fields.array().ok()?;
    let record = fields.take(length).ok()?;
    let zeros = fields.rest().iter().all(|byte| *byte == 0);
    let whole: [u8; 32] = Sha256::digest(record).into();
    (bytes.len() == SIZE && magic == MAGIC && zeros && whole == *digest).then_some(record)
}

fn read(record: &[u8]) -> Option<State> {
    let mut blocks = Fields::new(record);
    let link = core::str::from_utf8(sized(&mut blocks).ok()?).ok()?;
    let [directory, logs, keys, alerts, read, board] = [
        sized(&mut blocks).ok()?,
        sized(&mut blocks).ok()?,
        sized(&mut blocks).ok()?,
        sized(&mut blocks).ok()?,
        sized(&mut blocks).ok()?,
        sized(&mut blocks).ok()?,
    ];
    Some(State {
        invitation: Invitation::from_link(link).ok()?,
        directory: some(directory, read_kept)?,
        logs: some(logs, Logs::from_bytes)?,
        keys: some(keys, |bytes| read_index(Kind::Keys, bytes))?,
        alerts: some(alerts, |bytes| read_index(Kind::Alerts, bytes))?,
        read: read_days(read)?,
        board: entries(board).ok()?,
    })
    .filter(|_| blocks.rest().is_empty())
}

/// Reads a block that may be empty; the outer `None` is damage.
fn some<T>(bytes: &[u8], read: impl FnOnce(&[u8]) -> Option<T>) -> Option<Option<T>> {
    match bytes {
        [] => Some(None),
        bytes => read(bytes).map(Some),
    }
}

fn read_kept(bytes: &[u8]) -> Option<Kept> {
    let mut fields = Fields::new(bytes);
    Some(Kept {
        time: u64::from_be_bytes(*fields.array().ok()?),
        ahead: i64::from_be_bytes(*fields.array().ok()?),
        note: fields.rest().to_vec(),
    })
}

fn read_days(bytes: &[u8]) -> Option<BTreeMap<NodeId, u32>> {
    let mut fields = Fields::new(bytes);
    let mut days = BTreeMap::new();
    while !fields.rest().is_empty() {
        let desk = NodeId(*fields.array::<NODE_ID>().ok()?);
        days.insert(desk, fields.number().ok()?);
    }
    Some(days)
}

fn read_index(kind: Kind, bytes: &[u8]) -> Option<Index> {
    let mut fields = Fields::new(bytes);
    let time = u64::from_be_bytes(*fields.array().ok()?);
    let size = u64::from_be_bytes(*fields.array().ok()?);
    Index::kept(kind, time, size, fields.rest())
}

fn entries(bundle: &[u8]) -> Result<Vec<Vec<u8>>, TooShort> {
    let mut fields = Fields::new(bundle);
    let mut entries = Vec::new();
    while !fields.rest().is_empty() {
        let length = usize::from(u16::from_be_bytes(*fields.array()?));
        entries.push(fields.take(length)?.to_vec());
    }
    Ok(entries)
}

fn sized<'a>(fields: &mut Fields<'a>) -> Result<&'a [u8], TooShort> {
    let length = usize::try_from(fields.number()?).map_err(|_| TooShort)?;
    fields.take(length)
}

const MAGIC: &[u8] = b"brolly/3 member\n";
/// What files of earlier versions began with.
const EARLIER: [&[u8]; 2] = [b"brolly/1 member\n", b"brolly/2 member\n"];
const LENGTH: usize = 4;
const HEADER: usize = MAGIC.len() + LENGTH + 32;
const ENTRY_LENGTH: usize = 2;
/// Bytes of alerts and notices that are kept in memory; in the file they get what the others leave.
const BOARD_ROOM: usize = SIZE / 2;

mod logs;

#[cfg(test)]
mod tests;
