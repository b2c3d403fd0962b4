//! A tree that a log signed, from its root down: every tile that was fetched is checked against one above it.
//!
//! ```text
//!             root, signed
//!           ╱              ╲
//!     full tile ── hash of it ──▶ tile not full       the right edge, which gives the root, comes first
//!       ╱   ╲
//!  full tile …                                        fetched when asked for, one of each level is kept
//! ```
//!
//! So nothing that the inbox sends is used, let alone stored, before it is known to be what it signed, and a tree of any
//! size is walked in little memory.

use std::collections::BTreeMap;

use brolly_protocol::log::{
    Bundle, Checkpoint, Edge, Frontier, Hash, LogName, Resource, TILE, Tile,
};
use brolly_protocol::wire;
use brolly_shell::http::Bytes;

use super::archive::longest;
use super::follow::Source;
use super::trouble::Trouble;

/// The tree of a checkpoint.
pub(super) struct Trunk<'a, S> {
    source: &'a S,
    log: LogName,
    size: u64,
    /// By level and index; those that are not full.
    edge: BTreeMap<(u8, u64), Vec<Hash>>,
    /// By level, the full one asked for last.
    full: BTreeMap<u8, (u64, Vec<Hash>)>,
}

impl<'a, S: Source> Trunk<'a, S> {
    /// Fetches the right edge of a tree and checks it against the root.
    pub(super) async fn open(source: &'a S, checkpoint: &Checkpoint) -> Result<Self, Trouble> {
        let (log, size) = (checkpoint.log, checkpoint.size);
        let mut tiles: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
        let edge = loop {
            match Edge::resume(size, |tile| tiles.get(&tile).cloned().ok_or(tile)) {
                Ok(edge) => break edge.ok_or(Trouble::Refused)?,
                Err(tile) => tiles.insert(tile, hashes(source, log, tile).await?),
            };
        };
        if edge.root() != checkpoint.root {
            return Err(Trouble::Refused);
        }
        Ok(Self {
            source,
            log,
            size,
            edge: tiles
                .into_iter()
                .map(|(tile, hashes)| ((tile.level, tile.index), hashes))
                .collect(),
            full: BTreeMap::new(),
        })
    }

    /// The root over the first `size` entries, of which there are enough.
    pub(super) async fn root_at(&mut self, size: u64) -> Result<Hash, Trouble> {
        let mut tiles: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
        loop {
            let tile = match Edge::resume(size, |tile| tiles.get(&tile).cloned().ok_or(tile)) {
                Ok(edge) => return Ok(edge.ok_or(Trouble::Refused)?.root()),
                Err(tile) => tile,
            };
            let wider = self.tile(tile.level, tile.index).await?;
            let width = usize::try_from(tile.width).map_err(|_| Trouble::Refused)?;
            let cut = wider.get(..width).ok_or(Trouble::Refused)?.to_vec();
            tiles.insert(tile, cut);
        }
    }

    /// The root over a bundle of this tree.
    pub(super) async fn over(&mut self, bundle: Bundle) -> Result<Hash, Trouble> {
        if bundle.width < TILE {
            let leaves = self.edge.get(&(0, bundle.index));
            return leaves.map(|leaves| root(leaves)).ok_or(Trouble::Refused);
        }
        let above = self.tile(1, bundle.index / TILE).await?;
        at(above, bundle.index)
    }

    async fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], Trouble> {
        let (mut top, mut over) = (level, index);
        let mut missing = Vec::new();
        while self.known(top, over).is_none() {
            missing.push(Tile::of(top, over, self.size).ok_or(Trouble::Refused)?);
            top = top.checked_add(1).ok_or(Trouble::Refused)?;
            over /= TILE;
        }
        while let Some(tile) = missing.pop() {
            let above = self.known(tile.level + 1, tile.index / TILE);
            let wanted = at(above.ok_or(Trouble::Refused)?, tile.index)?;
            let hashes = hashes(self.source, self.log, tile).await?;
            if root(&hashes) != wanted {
                return Err(Trouble::Refused);
            }
            self.full.insert(tile.level, (tile.index, hashes));
        }
        self.known(level, index).ok_or(Trouble::Refused)
    }

    fn known(&self, level: u8, index: u64) -> Option<&[Hash]> {
        let full = self.full.get(&level).filter(|(at, _)| *at == index);
        let full = full.map(|(_, hashes)| hashes);
        full.or_else(|| self.edge.get(&(level, index)))
            .map(Vec::as_slice)
    }
}

/// Fetches what a path names, of no more bytes than it can have.
pub(super) async fn fetch(
    source: &impl Source,
    log: LogName,
    resource: Resource,
) -> Result<Bytes, Trouble> {
    let width = match resource {
        Resource::Tile(tile) => tile.width,
        Resource::Bundle(bundle) => bundle.width,
    };
    let path = [wire::tiles(log), &resource.path()].concat();
    let bytes = source.get(&path, longest(log, resource, width)).await;
    bytes.ok_or(Trouble::Unanswered)
}

async fn hashes(source: &impl Source, log: LogName, tile: Tile) -> Result<Vec<Hash>, Trouble> {
    let bytes = fetch(source, log, Resource::Tile(tile)).await?;
    tile.hashes(&bytes).ok_or(Trouble::Refused)
}

fn at(hashes: &[Hash], index: u64) -> Result<Hash, Trouble> {
    let place = usize::try_from(index % TILE).map_err(|_| Trouble::Refused)?;
    hashes.get(place).copied().ok_or(Trouble::Refused)
}

fn root(hashes: &[Hash]) -> Hash {
    let mut tree = Frontier::new();
    hashes.iter().for_each(|hash| tree.push(*hash));
    tree.root()
}
