//! A log read back from its tiles and bundles, each checked against the hash above it.

use brolly_protocol::log::{
    Bundle, Edge, Frontier, Hash, LogName, Resource, TILE, Tile, decode_bundle, leaf_hash,
};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::store::objects::{ObjectError, Objects, READS};

/// A log of a known size in the objects.
pub(crate) struct Walk<'a> {
    objects: &'a Objects,
    log: LogName,
    size: u64,
    /// Paths of what is missing or is not what it should be.
    pub(crate) damaged: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(objects: &'a Objects, log: LogName, size: u64) -> Self {
        Self {
            objects,
            log,
            size,
            damaged: Vec::new(),
        }
    }

    /// The log's right edge; its root shows whether it is the one that was signed. `None`, and the path is noted, where a
    /// tile of it is missing or has another length.
    pub(crate) async fn edge(&mut self) -> Result<Option<Edge>, ObjectError> {
        let mut tiles = Vec::new();
        for level in 0..8 {
            let below = self.size >> (8 * u32::from(level));
            let Some(tile) = Tile::of(level, below / TILE, self.size) else {
                continue;
            };
            match self.tile(tile).await? {
                Some(hashes) => tiles.push((tile, hashes)),
                None => self.damaged.push(self.name(&Resource::Tile(tile))),
            }
        }
        let read = |tile| {
            let held = tiles.iter().find(|(held, _)| *held == tile);
            held.map(|(_, hashes)| hashes.clone()).ok_or(())
        };
        Ok(Edge::resume(self.size, read).ok().flatten())
    }

    /// Checks all tiles above the lowest level, and from position `from` on, the beginning of a tile, also these and the
    /// bundles, under `edge`; gives `each` every entry of a good bundle.
    pub(crate) async fn check(
        &mut self,
        edge: &Edge,
        from: u64,
        mut each: impl FnMut(u64, &[u8]),
    ) -> Result<(), ObjectError> {
        let edge: Vec<(Tile, Vec<Hash>)> = edge
            .partial()
            .map(|(tile, hashes)| (tile, hashes.to_vec()))
            .collect();
        let mut above: Vec<Option<Hash>> = Vec::new();
        for level in (1..8).rev() {
            let tiles = (0..).map_while(|index| Tile::of(level, index, self.size));
            let mut reads = stream::iter(tiles.map(|tile| self.read(tile))).buffered(READS);
            let (mut row, mut damaged) = (Vec::new(), Vec::new());
            while let Some((tile, hashes)) = reads.try_next().await? {
                match hashes.filter(|hashes| fits(tile, hashes, &edge, &above)) {
                    Some(hashes) => row.extend(hashes.into_iter().map(Some)),
                    None => {
                        damaged.push(self.name(&Resource::Tile(tile)));
                        row.extend((0..tile.width).map(|_| None));
                    }
                }
            }
            drop(reads);
            self.damaged.extend(damaged);
            above = row;
        }
        let tiles = (from / TILE..).map_while(|index| Tile::of(0, index, self.size));
        let pairs = tiles.map(async |tile| {
            let bytes = match Bundle::of(tile.index, self.size).map(Resource::Bundle) {
                Some(bundle) => self.objects.tile(self.log, &bundle).await?,
                None => None,
            };
            Ok::<_, ObjectError>((self.read(tile).await?, bytes))
        });
        let mut reads = stream::iter(pairs).buffered(READS);
        let mut damaged = Vec::new();
        while let Some(((tile, hashes), bytes)) = reads.try_next().await? {
            if !hashes.is_some_and(|hashes| fits(tile, &hashes, &edge, &above)) {
                damaged.push(self.name(&Resource::Tile(tile)));
            }
            let entries = bytes
                .as_deref()
                .map(|bytes| decode_bundle(bytes, tile.width));
            let good = match &entries {
                Some(Ok(entries)) => {
                    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
                    fits(tile, &leaves, &edge, &above)
                }
                Some(Err(_)) | None => false,
            };
            match entries {
                Some(Ok(entries)) if good => {
                    let positions = tile.index.saturating_mul(TILE)..;
                    positions
                        .zip(entries)
                        .for_each(|(position, entry)| each(position, entry));
                }
                _ => {
                    let bundle = Bundle::of(tile.index, self.size).map(Resource::Bundle);
                    damaged.extend(bundle.map(|bundle| self.name(&bundle)));
                }
            }
        }
        drop(reads);
        self.damaged.extend(damaged);
        Ok(())
    }

    async fn read(&self, tile: Tile) -> Result<(Tile, Option<Vec<Hash>>), ObjectError> {
        Ok((tile, self.tile(tile).await?))
    }

    async fn tile(&self, tile: Tile) -> Result<Option<Vec<Hash>>, ObjectError> {
        let bytes = self.objects.tile(self.log, &Resource::Tile(tile)).await?;
        Ok(bytes.and_then(|bytes| tile.hashes(&bytes)))
    }

    fn name(&self, resource: &Resource) -> String {
        format!("{}/{}", self.log.as_str(), resource.path())
    }
}

/// Whether hashes are those of a tile: for a full one its root stands in the row above, a partial one is in the edge.
/// Where the row above is damaged itself there is nothing to compare with.
fn fits(tile: Tile, hashes: &[Hash], edge: &[(Tile, Vec<Hash>)], above: &[Option<Hash>]) -> bool {
    if tile.width < TILE {
        return edge
            .iter()
            .any(|(held, expected)| *held == tile && expected == hashes);
    }
    let place = usize::try_from(tile.index).ok();
    match place.and_then(|place| above.get(place)) {
        Some(Some(expected)) => root(hashes) == *expected,
        Some(None) => true,
        None => false,
    }
}

fn root(hashes: &[Hash]) -> Hash {
    let mut tree = Frontier::new();
    hashes.iter().for_each(|hash| tree.push(*hash));
    tree.root()
}

/// The first `width` hashes or entries of a wider tile or bundle. `None` if it is not as wide as it should be.
pub(crate) fn cut(wide: &Resource, bytes: &Bytes, width: u64) -> Option<Bytes> {
    let width = usize::try_from(width).ok()?;
    match wide {
        Resource::Tile(tile) => {
            tile.hashes(bytes)?;
            let end = width.checked_mul(size_of::<Hash>())?;
            (end <= bytes.len()).then(|| bytes.slice(..end))
        }
        Resource::Bundle(bundle) => {
            let entries = decode_bundle(bytes, bundle.width).ok()?;
            let lengths = entries.get(..width)?.iter().map(|entry| entry.len() + 2);
            let end: usize = lengths.sum();
            Some(bytes.slice(..end))
        }
    }
}
