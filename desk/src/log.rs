//! Reading a public log from the inbox: its checkpoint, and its entries as far as they hash to that (SPEC §11.7).
//!
//! ```text
//! witnessed, else checkpoint ──▶ Head          signed by the log, cosigned by a majority where there is one
//! tiles ─▶ consistency proof ──▶ a tree seen before is the beginning of the new one, or the log forked
//! tiles ─▶ Frontier of the old tree ─┐
//! bundles ─▶ leaf hashes ────────────┴▶ root, which must be the head's
//! ```

use std::collections::BTreeMap;

use brolly_keys::note::{Note, NoteError};
use brolly_keys::sign::Statement;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::{BOARD_ENTRY, LOG_ENTRY};
use brolly_protocol::log::{
    Bundle, Checkpoint, CheckpointError, Edge, Frontier, Hash, LogName, ProofError, TILE, Tile,
    Witnessed, consistency, decode_bundle, leaf_hash, verify_consistency,
};
use brolly_protocol::wire;
use brolly_shell::http::client::LinkError;
use brolly_shell::http::{Bytes, StatusCode};

use crate::inbox::Inbox;

/// One log of the inbox.
pub(crate) struct Log<'a> {
    pub(crate) inbox: &'a Inbox,
    pub(crate) directory: &'a Directory,
    pub(crate) name: LogName,
}

/// A checkpoint that the log signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// Size and root.
    pub checkpoint: Checkpoint,
    /// It, as it was served.
    pub note: Note,
    /// How many relays cosigned it, where that is a majority.
    pub witnesses: Option<usize>,
}

/// Why a log is not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The inbox cannot be reached, or is not the one in the directory.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The inbox cannot answer.
    #[error("the inbox answered {} when asked for its {} log: try again later", .0.as_u16(), .1.as_str())]
    Status(StatusCode, LogName),
    /// The inbox lacks a part of what it signed.
    #[error(
        "the inbox does not have {0} of its log, which its checkpoint says it has: ask its operator to run `brolly-inbox verify`"
    )]
    Missing(String),
    /// A checkpoint that is none, or not this log's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Shorter than it was.
    #[error(
        "the {} log has {size} entries now, and this desk has verified {seen}: a log never shrinks, so the inbox was set back or hides entries", .log.as_str()
    )]
    Shrunk {
        /// The log.
        log: LogName,
        /// Entries now.
        size: u64,
        /// Entries before.
        seen: u64,
    },
    /// Another log than before.
    #[error(
        "the {} log of {size} entries does not begin with the {seen} that this desk has verified: the inbox shows different people different logs, has rewritten it, or its tiles are damaged", .log.as_str()
    )]
    Forked {
        /// The log.
        log: LogName,
        /// Entries now.
        size: u64,
        /// Entries before.
        seen: u64,
    },
    /// Tiles or entries are not those that were signed.
    #[error(
        "what the inbox hands out as its {} log is not what it signed: it is damaged or was changed, so ask its operator to run `brolly-inbox verify`", .0.as_str()
    )]
    Root(LogName),
    /// An entry that the log cannot have.
    #[error("entry {position} of the {} log is none: nothing of it was used", .log.as_str())]
    Entry {
        /// The log.
        log: LogName,
        /// Which.
        position: u64,
    },
}

impl From<NoteError> for LogError {
    fn from(error: NoteError) -> Self {
        Self::Checkpoint(CheckpointError::Note(error))
    }
}

/// How many entries the inbox has published: for the progress bar alone, so neither checked nor needed.
pub(crate) async fn announced(inbox: &Inbox) -> u64 {
    let reply = inbox.ask(wire::checkpoint(LogName::Reports), NOTE);
    let note = reply.await.ok().and_then(|r| Note::parse(&r.body).ok());
    note.and_then(|note| Checkpoint::parse(note.text().as_bytes()).ok())
        .map_or(0, |checkpoint| checkpoint.size)
}

impl Log<'_> {
    /// The newest checkpoint that a majority of the witnesses cosigned, or the newest of all if there is none that has
    /// at least `seen` entries.
    pub(crate) async fn head(&self, seen: u64) -> Result<Head, LogError> {
        let witnessed = self.note(wire::witnessed(self.name)).await?;
        if let Some(note) = witnessed {
            match Witnessed::verify(&note, self.name, self.directory) {
                Ok(witnessed) if witnessed.checkpoint.size >= seen => {
                    return Ok(Head {
                        checkpoint: witnessed.checkpoint,
                        note,
                        witnesses: Some(witnessed.witnesses),
                    });
                }
                // It may have been cosigned by the relays of an earlier directory.
                Ok(_) | Err(CheckpointError::TooFew { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.newest().await
    }

    /// The newest checkpoint, whoever cosigned it.
    pub(crate) async fn newest(&self) -> Result<Head, LogError> {
        let note = self.note(wire::checkpoint(self.name)).await?;
        let unavailable = LogError::Status(StatusCode::SERVICE_UNAVAILABLE, self.name);
        let note = note.ok_or(unavailable)?;
        let checkpoint = Checkpoint::verify(&note, self.name, self.directory)?;
        Ok(Head {
            checkpoint: (*checkpoint).clone(),
            note,
            witnesses: None,
        })
    }

    /// Proves that the tree of `size` entries under `root` is the beginning of the one of `head`.
    pub(crate) async fn continues(
        &self,
        size: u64,
        root: &Hash,
        head: &Checkpoint,
    ) -> Result<(), LogError> {
        let log = self.name;
        if head.size < size {
            let (size, seen) = (head.size, size);
            return Err(LogError::Shrunk { log, size, seen });
        }
        let proof = self
            .with_tiles(|tile| consistency(size, head.size, &mut &mut *tile))
            .await?;
        let proven =
            proof.and_then(|proof| verify_consistency(size, root, head.size, &head.root, &proof));
        match proven {
            Ok(()) => Ok(()),
            Err(ProofError::Root) => Err(LogError::Forked {
                log,
                size: head.size,
                seen: size,
            }),
            Err(_) => Err(LogError::Root(log)),
        }
    }

    /// Gives `each` the entries of `head` from the one on that follows a tree of `size` entries under `root`, and checks
    /// that they lead to the head's root. What `each` was given counts only when this returns well.
    pub(crate) async fn entries(
        &self,
        size: u64,
        root: &Hash,
        head: &Checkpoint,
        mut each: impl FnMut(u64, &[u8]),
    ) -> Result<(), LogError> {
        let damaged = || LogError::Root(self.name);
        let resumed = self
            .with_tiles(|tile| Edge::resume(size, |wanted| tile(wanted).ok_or(())))
            .await?;
        let mut tree = match resumed {
            Ok(Some(edge)) => edge.frontier(),
            Ok(None) | Err(()) => return Err(damaged()),
        };
        if size > 0 && tree.root() != *root {
            return Err(damaged());
        }
        for bundle in Bundle::added(size, head.size) {
            let bytes = self.part(&bundle.path(), self.longest_bundle()).await?;
            let entries = decode_bundle(&bytes, bundle.width).map_err(|_| damaged())?;
            for (position, entry) in (bundle.index * TILE..).zip(entries) {
                if position >= size {
                    tree.push(leaf_hash(entry));
                    each(position, entry);
                }
            }
        }
        self.is_whole(&tree, head)
    }

    fn is_whole(&self, tree: &Frontier, head: &Checkpoint) -> Result<(), LogError> {
        if tree.size() == head.size && tree.root() == head.root {
            Ok(())
        } else {
            Err(LogError::Root(self.name))
        }
    }

    /// A note, or none if the inbox has none yet.
    async fn note(&self, path: &str) -> Result<Option<Note>, LogError> {
        let reply = self.inbox.ask(path, NOTE).await?;
        match reply.status {
            StatusCode::OK => Ok(Some(Note::parse(&reply.body)?)),
            StatusCode::SERVICE_UNAVAILABLE => Ok(None),
            other => Err(LogError::Status(other, self.name)),
        }
    }

    /// Calls `make` until it has been given every tile that it asks for: it asks for a few dozen at the most.
    async fn with_tiles<T>(
        &self,
        make: impl Fn(&mut dyn FnMut(Tile) -> Option<Vec<Hash>>) -> T,
    ) -> Result<T, LogError> {
        let mut have: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
        loop {
            let mut wanted = None;
            let made = make(&mut |tile| {
                let found = have.get(&tile).cloned();
                if found.is_none() {
                    wanted.get_or_insert(tile);
                }
                found
            });
            let Some(tile) = wanted else {
                return Ok(made);
            };
            let bytes = self.part(&tile.path(), TILE_BYTES).await?;
            let hashes = tile.hashes(&bytes).ok_or(LogError::Root(self.name))?;
            have.insert(tile, hashes);
        }
    }

    async fn part(&self, path: &str, limit: usize) -> Result<Bytes, LogError> {
        let whole = format!("{}{path}", wire::tiles(self.name));
        let reply = self.inbox.ask(&whole, limit).await?;
        match reply.status {
            StatusCode::OK => Ok(reply.body),
            StatusCode::NOT_FOUND => Err(LogError::Missing(path.to_owned())),
            other => Err(LogError::Status(other, self.name)),
        }
    }

    fn longest_bundle(&self) -> usize {
        let entry = match self.name {
            LogName::Reports => LOG_ENTRY,
            LogName::Board => BOARD_ENTRY,
        };
        ENTRIES * (2 + entry)
    }
}

/// The most bytes of a note: dozens of witnesses, and still a record of the casebook.
const NOTE: usize = 32 * 1024;
/// Entries of a bundle and hashes of a tile, at the most.
const ENTRIES: usize = 256;
const TILE_BYTES: usize = ENTRIES * 32;
