//! A log as far as this relay has checked it.

use brolly_protocol::board::{self, Live, Roster};
use brolly_protocol::geometry::LOG_ENTRY;
use brolly_protocol::log::{
    Bundle, Checkpoint, Edge, Hash, LogName, Resource, TILE, Tile, decode_bundle, leaf_hash,
};

use super::archive::{Archive, Dirs};
use super::trouble::Trouble;

/// The tree's right edge and, of the board, what is in force of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) edge: Edge,
    pub(super) live: Live,
}

impl Tree {
    /// Takes up what the files hold of `checkpoint`. `None`: they do not hold it.
    pub(super) fn resume(
        archive: &Archive,
        signatories: &Roster,
        checkpoint: &Checkpoint,
    ) -> Result<Option<Self>, Trouble> {
        let mut tree = Self::default();
        let size = checkpoint.size;
        for bundle in Bundle::added(0, size) {
            let Some(bytes) = archive.read(Resource::Bundle(bundle)) else {
                return Ok(None);
            };
            let mut full = Vec::new();
            let grown = tree.append(archive.log(), signatories, bundle, &bytes, size, &mut full);
            match grown {
                Ok(()) => {}
                Err(Trouble::Refused) => return Ok(None),
                Err(trouble) => return Err(trouble),
            }
            // Tiles follow from the entries: damaged, they are made again. Whether the entries are those that were signed
            // is known at the end.
            if full
                .iter()
                .any(|(tile, hashes)| archive.hashes(*tile).as_ref() != Some(hashes))
            {
                return Ok(None);
            }
        }
        let partial =
            |(tile, hashes): (Tile, &[Hash])| archive.hashes(tile).as_deref() == Some(hashes);
        let whole = tree.edge.partial().all(partial) && tree.edge.root() == checkpoint.root;
        Ok(whole.then_some(tree))
    }

    /// Adds the entries of a bundle that are not in the tree yet. Those before position `judged` were checked when this
    /// relay cosigned them.
    pub(super) fn append(
        &mut self,
        log: LogName,
        signatories: &Roster,
        bundle: Bundle,
        bytes: &[u8],
        judged: u64,
        full: &mut Vec<(Tile, Vec<Hash>)>,
    ) -> Result<(), Trouble> {
        let entries = decode_bundle(bytes, bundle.width).map_err(|_| Trouble::Refused)?;
        let first = bundle.index * TILE;
        for (position, entry) in (first..).zip(entries) {
            if position < self.edge.size() {
                continue;
            }
            match log {
                LogName::Reports if entry.len() == LOG_ENTRY => {}
                LogName::Reports => return Err(Trouble::Refused),
                LogName::Board => match board::Entry::verify(entry, signatories) {
                    Ok(read) if self.live.contradicts(&read) => return Err(Trouble::Refused),
                    Ok(read) => self.live.apply(position, entry, &read),
                    // The version that names its signer may be damaged here; what was cosigned stays.
                    Err(_) if position < judged => {
                        let recalled = self.live.recall(position, entry);
                        recalled.map_err(|_| Trouble::Refused)?;
                    }
                    Err(_) => return Err(Trouble::Refused),
                },
            }
            let mut keep = |tile, hashes| full.push((tile, hashes));
            self.edge.push(leaf_hash(entry), &mut keep);
        }
        Ok(())
    }

    /// Writes the tiles that are not full.
    pub(super) fn put_edge(&self, archive: &Archive, dirs: &mut Dirs) -> Result<(), Trouble> {
        for (tile, hashes) in self.edge.partial() {
            archive.put(&tile.path(), hashes.as_flattened(), dirs)?;
        }
        Ok(())
    }

    /// Entries.
    pub(super) fn size(&self) -> u64 {
        self.edge.size()
    }
}
