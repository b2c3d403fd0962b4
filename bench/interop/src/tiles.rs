//! Tiles, and the hashes of a whole tree, as `tlog_tiles` reads them.

use std::collections::BTreeMap;

use tlog_tiles::tlog::Error;
use tlog_tiles::{
    Checkpoint, EMPTY_HASH, Hash, HashReader, Tile, TileHashReader, TileReader, stored_hash_index,
    stored_hashes, tree_hash,
};

/// Tiles by the path under which a log serves them: `tile/0/000.p/7`.
#[derive(Debug, Clone, Default)]
pub struct Tiles(BTreeMap<String, Vec<u8>>);

impl Tiles {
    /// Takes a tile up.
    pub fn insert(&mut self, path: String, bytes: Vec<u8>) {
        self.0.insert(path, bytes);
    }

    /// The bytes of a tile.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// The tiles' paths.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl TileReader for Tiles {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile| self.get(&path_of(tile)).map(<[u8]>::to_vec);
        tiles
            .iter()
            .map(|tile| read(tile).ok_or(Error::InvalidTile))
            .collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// Every hash of a tree in the order in which `tlog_tiles` stores them.
#[derive(Debug, Clone, Default)]
pub struct Stored(Vec<Hash>);

impl Stored {
    /// The tree of these entries.
    ///
    /// # Errors
    /// [`Error`], which does not happen.
    pub fn of(entries: &[Vec<u8>]) -> Result<Self, Error> {
        let mut stored = Self::default();
        for (number, entry) in (0..).zip(entries) {
            let new = stored_hashes(number, entry, &stored)?;
            stored.0.extend(new);
        }
        Ok(stored)
    }

    /// The root of its first `size` entries.
    ///
    /// # Errors
    /// [`Error`] when it has fewer.
    pub fn root(&self, size: u64) -> Result<Hash, Error> {
        tree_hash(size, self)
    }

    /// The tiles of its first `size` entries.
    ///
    /// # Errors
    /// [`Error`] when it has fewer.
    pub fn tiles(&self, size: u64) -> Result<Tiles, Error> {
        let mut tiles = Tiles::default();
        for tile in Tile::new_tiles(HEIGHT, 0, size) {
            tiles.insert(path_of(&tile), tile.read_data(self)?);
        }
        Ok(tiles)
    }
}

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| self.0.get(usize::try_from(*index).ok()?).copied();
        indexes
            .iter()
            .map(|index| read(index).ok_or(Error::IndexesNotInTree))
            .collect()
    }
}

/// Why the only tile of a small log does not prove its root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TileError {
    /// More than one tile holds.
    #[error(
        "the log has {0} entries and one tile shows at most 256 of them: try it on a smaller log"
    )]
    Large(u64),
    /// Not that many hashes.
    #[error("the tile has {got} bytes, and that of a log of {size} entries has {}", size * 32)]
    Length {
        /// Bytes given.
        got: usize,
        /// Entries of the log.
        size: u64,
    },
    /// An empty log whose root is not the empty tree's.
    #[error("the log is empty and its root is not the empty tree's")]
    Empty,
    /// The hashes lead elsewhere.
    #[error("tlog_tiles refuses the tile: {0}")]
    Root(#[from] Error),
}

/// Checks that `bytes` are the only level-0 tile of the log of this checkpoint, and lead to its root.
///
/// # Errors
/// [`TileError`].
pub fn check_only_tile(checkpoint: &Checkpoint, bytes: &[u8]) -> Result<(), TileError> {
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    if size > 256 {
        return Err(TileError::Large(size));
    }
    let got = bytes.len();
    if u64::try_from(got) != Ok(size * 32) {
        return Err(TileError::Length { got, size });
    }
    if size == 0 {
        return (root == EMPTY_HASH).then_some(()).ok_or(TileError::Empty);
    }
    let mut tiles = Tiles::default();
    let width = u32::try_from(size).map_err(|_| TileError::Large(size))?;
    tiles.insert(
        path_of(&Tile::new(HEIGHT, 0, 0, width, false)),
        bytes.to_vec(),
    );
    if size == 256 {
        // The one tile above holds one hash, and that must be the root.
        tiles.insert(path_of(&Tile::new(HEIGHT, 1, 0, 1, false)), root.0.to_vec());
    }
    let leaves: Vec<u64> = (0..size).map(|leaf| stored_hash_index(0, leaf)).collect();
    TileHashReader::new(size, root, &tiles).read_hashes(&leaves)?;
    Ok(())
}

/// The path of C2SP tlog-tiles, where all tiles are 8 high: the checksum database's path without its height.
pub fn path_of(tile: &Tile) -> String {
    let path = tile.path();
    path.strip_prefix("tile/8/")
        .map_or_else(|| path.clone(), |rest| format!("tile/{rest}"))
}

/// A tile has two to the 8th hashes.
const HEIGHT: u8 = 8;
