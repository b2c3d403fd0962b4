//! The window: the end of both logs, the same for everybody, with what proves that it is their end (SPEC §13.6).
//!
//! ```text
//! window = reports part | board part
//! part   = note length 4 | checkpoint note | spine count 4 | spine × 32 | entry count 4 | bundle length 4 | bundle
//! spine  = the roots over the full tiles before the window, 32 for each 256 entries
//! ```
//!
//! Spine and entries hash to the root that a majority of witnesses cosigned. That is an inclusion proof for every entry
//! of the window at once, and shows whoever saw an earlier tree that it is the beginning of this one.

use alloc::vec::Vec;

use brolly_keys::note::{Note, NoteError};

use super::bundle::{BundleError, decode_bundle, encode_bundle};
use super::checkpoint::{CheckpointError, Witnessed};
use super::merkle::{Frontier, Hash, leaf_hash};
use super::tile::TILE;
use super::{LogName, MAX_ENTRY};
use crate::codec::{Fields, TooShort};
use crate::directory::Directory;

/// The position of a window's first entry in a log of `size` entries: at least the last `window` entries, from the
/// beginning of a tile on.
pub const fn window_start(size: u64, window: u64) -> u64 {
    size.saturating_sub(window) / TILE * TILE
}

/// Both logs' ends, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// Of the log of reports.
    pub reports: Part,
    /// Of the board.
    pub board: Part,
}

/// The end of one log, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// What the log and a majority of witnesses signed.
    pub witnessed: Witnessed,
    /// The position of the first entry.
    pub start: u64,
    /// The entries from there to the end.
    pub entries: Vec<Vec<u8>>,
    spine: Vec<Hash>,
}

/// How far somebody has seen a log: enough to notice a log that later is shorter or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The root over as many of them as fill whole tiles.
    pub tiled: Hash,
}

/// Why a window is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// Cut short, or something after its end.
    #[error("the window of the logs was cut short or is malformed")]
    Malformed,
    /// The note around a checkpoint.
    #[error("the checkpoint is malformed: {0}")]
    Note(NoteError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Not as much of the log as the directory says.
    #[error("the relay shows less of the {} log than the directory asks for", .0.as_str())]
    Short(LogName),
    /// The entries are not those that were signed.
    #[error("the entries of the {} log are not those that were signed", .0.as_str())]
    Root(LogName),
    /// Shorter than seen before.
    #[error(
        "the {} log has {size} entries, but {seen} were seen before: somebody may be hiding entries", log.as_str()
    )]
    Shrunk {
        /// The log.
        log: LogName,
        /// Entries now.
        size: u64,
        /// Entries seen before.
        seen: u64,
    },
    /// Not a continuation of what was seen before.
    #[error(
        "the {} log is not the one that was seen before: the inbox shows different people different logs", .0.as_str()
    )]
    Forked(LogName),
}

impl From<TooShort> for WindowError {
    fn from(_: TooShort) -> Self {
        Self::Malformed
    }
}

impl From<BundleError> for WindowError {
    fn from(_: BundleError) -> Self {
        Self::Malformed
    }
}

impl Window {
    /// Checks and reads a window: both checkpoints under the log's key and a majority of witnesses, both parts as long
    /// as the directory says and hashing to their roots.
    ///
    /// # Errors
    /// [`WindowError`].
    pub fn verify(bytes: &[u8], directory: &Directory) -> Result<Self, WindowError> {
        let mut fields = Fields::new(bytes);
        let window = Self {
            reports: Part::read(&mut fields, LogName::Reports, directory)?,
            board: Part::read(&mut fields, LogName::Board, directory)?,
        };
        match fields.rest() {
            [] => Ok(window),
            _ => Err(WindowError::Malformed),
        }
    }
}

impl Seen {
    /// `size 8 | root 32 | tiled 32`.
    pub fn to_bytes(&self) -> [u8; SEEN] {
        let mut bytes = [0; SEEN];
        let size = self.size.to_be_bytes();
        let fields = size.iter().chain(&self.root).chain(&self.tiled);
        for (to, from) in bytes.iter_mut().zip(fields) {
            *to = *from;
        }
        bytes
    }

    /// Reads the 72 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let seen = Self {
            size: u64::from_be_bytes(*fields.array().ok()?),
            root: *fields.array().ok()?,
            tiled: *fields.array().ok()?,
        };
        fields.rest().is_empty().then_some(seen)
    }
}

impl Part {
    /// Appends a part: `spine` are the roots over the full tiles before `entries`.
    ///
    /// # Errors
    /// [`WindowError::Malformed`] for an entry longer than 65,535 bytes or a part longer than 4 GiB.
    pub fn encode(
        note: &[u8],
        spine: &[Hash],
        entries: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<(), WindowError> {
        out.extend_from_slice(&count(note.len())?);
        out.extend_from_slice(note);
        out.extend_from_slice(&count(spine.len())?);
        out.extend_from_slice(spine.as_flattened());
        out.extend_from_slice(&count(entries.len())?);
        let mut bundle = Vec::new();
        encode_bundle(entries.iter().copied(), &mut bundle)?;
        out.extend_from_slice(&count(bundle.len())?);
        out.extend_from_slice(&bundle);
        Ok(())
    }

    /// Entries of the log.
    pub fn size(&self) -> u64 {
        self.witnessed.checkpoint.size
    }

    /// What to keep, to notice later that the log shrank or forked.
    pub fn seen(&self) -> Seen {
        let size = self.size();
        Seen {
            size,
            root: self.witnessed.checkpoint.root,
            // A window begins where a tile does, so its end's tile is never before it.
            tiled: self.root_at(size / TILE * TILE).unwrap_or_default(),
        }
    }

    /// Checks that the log is a continuation of what was seen: of all of it when that ends in this window, otherwise of
    /// its whole tiles.
    ///
    /// # Errors
    /// [`WindowError::Shrunk`], [`WindowError::Forked`].
    pub fn continues(&self, seen: &Seen) -> Result<(), WindowError> {
        let log = self.witnessed.checkpoint.log;
        let size = self.size();
        if size < seen.size {
            let seen = seen.size;
            return Err(WindowError::Shrunk { log, size, seen });
        }
        let whole = self.root_at(seen.size).is_none_or(|root| root == seen.root);
        let tiled = self.root_at(seen.size / TILE * TILE) == Some(seen.tiled);
        if whole && tiled {
            Ok(())
        } else {
            Err(WindowError::Forked(log))
        }
    }

    /// The root of the tree of the first `size` entries, where the part can tell: for whole tiles, and inside the window.
    fn root_at(&self, size: u64) -> Option<Hash> {
        let mut tree = Frontier::new();
        let tiles = usize::try_from(size.min(self.start) / TILE).ok()?;
        for root in self.spine.get(..tiles)? {
            tree.push_subtree(TILE.trailing_zeros(), *root);
        }
        let rest = usize::try_from(size.checked_sub(tree.size())?).ok()?;
        if size < self.start && rest > 0 {
            return None;
        }
        for entry in self.entries.get(..rest)? {
            tree.push(leaf_hash(entry));
        }
        Some(tree.root())
    }

    fn read(
        fields: &mut Fields<'_>,
        log: LogName,
        directory: &Directory,
    ) -> Result<Self, WindowError> {
        let note = sized(fields)?;
        let note = Note::parse(note).map_err(WindowError::Note)?;
        let witnessed = Witnessed::verify(&note, log, directory)?;
        let size = witnessed.checkpoint.size;
        let spine_bytes = number(fields)?
            .checked_mul(size_of::<Hash>())
            .ok_or(WindowError::Malformed)?;
        let spine = fields.take(spine_bytes)?.as_chunks().0.to_vec();
        let entries = fields.number()?;
        let bundle = sized(fields)?;
        // Before a list of that many is made.
        let start = u64::try_from(spine.len()).map_or(u64::MAX, |n| n.saturating_mul(TILE));
        if start != window_start(size, u64::from(directory.parameters.window))
            || start.checked_add(u64::from(entries)) != Some(size)
        {
            return Err(WindowError::Short(log));
        }
        let entries = decode_bundle(bundle, u64::from(entries))?;
        let part = Self {
            witnessed,
            start,
            entries: entries.into_iter().map(<[u8]>::to_vec).collect(),
            spine,
        };
        if part.root_at(size) == Some(part.witnessed.checkpoint.root) {
            Ok(part)
        } else {
            Err(WindowError::Root(log))
        }
    }
}

/// The longest window of `directory`, in bytes, with a spine of `2^20` tiles a log.
pub fn window_limit(window: u32) -> usize {
    let entries = usize::try_from(window)
        .unwrap_or(usize::MAX)
        .saturating_add(256);
    let reports = entries.saturating_mul(2 + crate::geometry::LOG_ENTRY);
    let board = entries.saturating_mul(2 + crate::geometry::BOARD_ENTRY.min(MAX_ENTRY));
    reports.saturating_add(board).saturating_add(80 << 20)
}

fn number(fields: &mut Fields<'_>) -> Result<usize, WindowError> {
    usize::try_from(fields.number()?).map_err(|_| WindowError::Malformed)
}

fn sized<'a>(fields: &mut Fields<'a>) -> Result<&'a [u8], WindowError> {
    let length = number(fields)?;
    Ok(fields.take(length)?)
}

fn count(n: usize) -> Result<[u8; 4], WindowError> {
    u32::try_from(n)
        .map(u32::to_be_bytes)
        .map_err(|_| WindowError::Malformed)
}

/// Bytes of a [`Seen`].
const SEEN: usize = 8 + 2 * size_of::<Hash>();

#[cfg(test)]
#[allow(clippy::as_conversions, reason = "small numbers of a test")]
mod tests {
    use alloc::string::ToString;
    use std::vec;

    use super::super::checkpoint::{Checkpoint, witness_key};
    use super::*;
    use crate::directory::sample;

    /// A log as a relay holds it.
    struct Held {
        log: LogName,
        entries: Vec<Vec<u8>>,
    }

    impl Held {
        fn new(log: LogName, size: u16) -> Self {
            let entry = |n: u16| [n.to_be_bytes().as_slice(), &[7; 46]].concat();
            Self {
                log,
                entries: (0..size).map(entry).collect(),
            }
        }

        fn part(&self, directory: &Directory) -> Vec<u8> {
            let mut tree = Frontier::new();
            self.entries.iter().for_each(|e| tree.push(leaf_hash(e)));
            let checkpoint = Checkpoint {
                scheme: directory.scheme,
                log: self.log,
                size: tree.size(),
                root: tree.root(),
                indexes: (self.log == LogName::Board).then_some(crate::log::Digests {
                    alerts: [1; 32],
                    keys: [2; 32],
                }),
            };
            let mut note = checkpoint.sign(&sample::log_key()).unwrap();
            for (n, relay) in directory.relays.iter().enumerate() {
                let named = witness_key(&directory.scheme, relay).unwrap();
                note.cosign(named.name(), &sample::witness_key(n), 5)
                    .unwrap();
            }
            let start = window_start(tree.size(), u64::from(directory.parameters.window)) as usize;
            let spine: Vec<Hash> = self.entries[..start]
                .chunks(256)
                .map(|tile| {
                    let mut tree = Frontier::new();
                    tile.iter().for_each(|e| tree.push(leaf_hash(e)));
                    tree.root()
                })
                .collect();
            let entries: Vec<&[u8]> = self.entries[start..].iter().map(Vec::as_slice).collect();
            let mut out = Vec::new();
            Part::encode(note.to_string().as_bytes(), &spine, &entries, &mut out).unwrap();
            out
        }
    }

    fn directory() -> Directory {
        let mut directory = sample::directory();
        directory.parameters.window = 300;
        directory
    }

    fn window(reports: &Held, board: &Held) -> Vec<u8> {
        [reports.part(&directory()), board.part(&directory())].concat()
    }

    #[test]
    fn spec_13_6_a_window_proves_every_entry_of_it_at_once() {
        let directory = directory();
        for size in [0, 1, 255, 256, 300, 301, 556, 557, 900] {
            let bytes = window(
                &Held::new(LogName::Reports, size),
                &Held::new(LogName::Board, 3),
            );
            let window = Window::verify(&bytes, &directory).unwrap();
            assert_eq!(window.reports.size(), u64::from(size));
            assert_eq!(window.reports.start, window_start(u64::from(size), 300));
            let tail = &Held::new(LogName::Reports, size).entries[window.reports.start as usize..];
            assert_eq!(window.reports.entries, tail);
        }
        assert_eq!(
            (window_start(556, 300), window_start(555, 300)),
            (256, 0),
            "from the beginning of a tile on"
        );
    }

    #[test]
    fn spec_13_6_a_window_with_anything_changed_left_out_or_added_is_refused() {
        let directory = directory();
        let good = window(
            &Held::new(LogName::Reports, 600),
            &Held::new(LogName::Board, 2),
        );
        for at in (0..good.len()).step_by(61).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            if let Ok(window) = Window::verify(&bad, &directory) {
                // A changed byte in a witness's line that then names nobody leaves a majority of others.
                assert_eq!(
                    window.reports.witnessed.witnesses + window.board.witnessed.witnesses,
                    7
                );
            }
        }
        for end in [0, 3, 100, good.len() / 2, good.len() - 1] {
            assert!(Window::verify(&good[..end], &directory).is_err());
        }
        let longer = [good.as_slice(), &[0]].concat();
        assert_eq!(
            Window::verify(&longer, &directory),
            Err(WindowError::Malformed)
        );
        // A relay that hides the older half of the window.
        let mut narrow = directory.clone();
        narrow.parameters.window = 256;
        let reports = Held::new(LogName::Reports, 800).part(&narrow);
        let board = Held::new(LogName::Board, 2).part(&narrow);
        assert_eq!(
            Window::verify(&[reports, board].concat(), &directory),
            Err(WindowError::Short(LogName::Reports))
        );
    }

    #[test]
    fn spec_13_7_a_log_that_shrank_or_forked_is_noticed() {
        let directory = directory();
        let part = |held: &Held| {
            let bytes = window(held, &Held::new(LogName::Board, 1));
            Window::verify(&bytes, &directory).unwrap().reports
        };
        let first = part(&Held::new(LogName::Reports, 290)).seen();
        let kept = first.to_bytes();
        assert_eq!(Seen::from_bytes(&kept), Some(first));
        assert_eq!(Seen::from_bytes(&kept[..71]), None);
        assert_eq!(Seen::from_bytes(&[&kept[..], &[0]].concat()), None);
        for size in [290, 291, 512, 700, 1200] {
            assert_eq!(
                part(&Held::new(LogName::Reports, size)).continues(&first),
                Ok(())
            );
        }
        let shrunk = part(&Held::new(LogName::Reports, 289)).continues(&first);
        assert!(matches!(
            shrunk,
            Err(WindowError::Shrunk {
                size: 289,
                seen: 290,
                ..
            })
        ));
        for (at, size) in [(3, 300), (3, 1200), (280, 300)] {
            let mut other = Held::new(LogName::Reports, size);
            other.entries[at] = vec![1, 2, 3];
            let forked = part(&other).continues(&first);
            assert_eq!(
                forked,
                Err(WindowError::Forked(LogName::Reports)),
                "{at} {size}"
            );
        }
    }
}
