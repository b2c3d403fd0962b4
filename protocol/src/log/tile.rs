//! Tiles of C2SP tlog-tiles: which there are, what they are called, and how a growing tree fills them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::merkle::{Frontier, Hash};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE: u64 = 256;
/// `2^HEIGHT` is [`TILE`].
const HEIGHT: u32 = 8;
/// 256 to the 8th is more entries than a log can have.
const LEVELS: u8 = 8;

/// A tile of hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Tile {
    /// 0 for leaf hashes; a hash of level n is the root over a full tile of level n - 1.
    pub level: u8,
    /// Its place in its level.
    pub index: u64,
    /// Hashes in it, 1 to 256.
    pub width: u64,
}

/// A bundle of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Bundle {
    /// Its place.
    pub index: u64,
    /// Entries in it, 1 to 256.
    pub width: u64,
}

/// What a path below a log's address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "C2SP tlog-tiles has these two")]
pub enum Resource {
    /// Hashes.
    Tile(Tile),
    /// Entries.
    Bundle(Bundle),
}

impl Tile {
    /// The tile `index` of `level`, as wide as a log of `size` entries makes it; `None` when there is nothing in it.
    pub fn of(level: u8, index: u64, size: u64) -> Option<Self> {
        let below = size.checked_shr(u32::from(level) * HEIGHT).unwrap_or(0);
        let width = width(index, below)?;
        (level < LEVELS).then_some(Self {
            level,
            index,
            width,
        })
    }

    /// Every tile that a log of `size` entries has and that one of `before` entries lacks or has less wide, lowest level
    /// first.
    pub fn added(before: u64, size: u64) -> impl Iterator<Item = Self> {
        (0..LEVELS).flat_map(move |level| {
            let shift = u32::from(level) * HEIGHT;
            let (old, new) = (before >> shift, size >> shift);
            let first = if old < new {
                old / TILE
            } else {
                new.div_ceil(TILE)
            };
            (first..new.div_ceil(TILE)).filter_map(move |index| Self::of(level, index, size))
        })
    }

    /// `tile/<level>/<index>[.p/<width>]`.
    pub fn path(&self) -> String {
        path(&self.level.to_string(), self.index, self.width)
    }

    /// The tile's hashes from its bytes, 32 each; `None` for any other length than its width asks for.
    pub fn hashes(&self, bytes: &[u8]) -> Option<Vec<Hash>> {
        let (hashes, rest) = bytes.as_chunks();
        (rest.is_empty() && u64::try_from(hashes.len()) == Ok(self.width)).then(|| hashes.to_vec())
    }
}

impl Bundle {
    /// The bundle `index` of a log of `size` entries; `None` when there is nothing in it.
    pub fn of(index: u64, size: u64) -> Option<Self> {
        Some(Self {
            index,
            width: width(index, size)?,
        })
    }

    /// Every bundle that a log of `size` entries has and that one of `before` entries lacks or has less wide.
    pub fn added(before: u64, size: u64) -> impl Iterator<Item = Self> {
        let first = if before < size {
            before / TILE
        } else {
            size.div_ceil(TILE)
        };
        (first..size.div_ceil(TILE)).filter_map(move |index| Self::of(index, size))
    }

    /// `tile/entries/<index>[.p/<width>]`.
    pub fn path(&self) -> String {
        path("entries", self.index, self.width)
    }
}

impl Resource {
    /// Reads a path; only the one way of writing it is accepted.
    pub fn parse(text: &str) -> Option<Self> {
        let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok().filter(|n| *n < TILE)?),
            None => (rest, TILE),
        };
        let index = parse_index(index)?;
        let resource = match level {
            "entries" => Self::Bundle(Bundle { index, width }),
            level => Self::Tile(Tile {
                level: level.parse().ok().filter(|level| *level < LEVELS)?,
                index,
                width,
            }),
        };
        (width > 0 && resource.path() == text).then_some(resource)
    }

    /// The path.
    pub fn path(&self) -> String {
        match self {
            Self::Tile(tile) => tile.path(),
            Self::Bundle(bundle) => bundle.path(),
        }
    }

    /// Whether a log of `size` entries has it.
    pub fn exists(&self, size: u64) -> bool {
        let whole = match self {
            Self::Tile(tile) => Tile::of(tile.level, tile.index, size).map(|tile| tile.width),
            Self::Bundle(bundle) => Bundle::of(bundle.index, size).map(|bundle| bundle.width),
        };
        let width = match self {
            Self::Tile(tile) => tile.width,
            Self::Bundle(bundle) => bundle.width,
        };
        whole.is_some_and(|whole| width <= whole)
    }
}

/// The right edge of a tree in tiles: for each level the hashes of the tile that is not full yet. Enough to go on from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// Of a tree without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up a tree of `size` entries from its tiles; `read` gives a tile's hashes.
    ///
    /// # Errors
    /// What `read` gives, or `None` for a tile of the wrong width. Whoever resumes compares [`Self::root`].
    pub fn resume<E>(
        size: u64,
        mut read: impl FnMut(Tile) -> Result<Vec<Hash>, E>,
    ) -> Result<Option<Self>, E> {
        let mut levels = Vec::new();
        let mut below = size;
        for level in 0..LEVELS {
            if below == 0 {
                break;
            }
            let hashes = match Tile::of(level, below / TILE, size) {
                Some(tile) => read(tile)?,
                None => Vec::new(),
            };
            if u64::try_from(hashes.len()) != Ok(below % TILE) {
                return Ok(None);
            }
            levels.push(hashes);
            below /= TILE;
        }
        Ok(Some(Self { size, levels }))
    }

    /// Entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry by its leaf hash; `full` is given each tile that it completes.
    pub fn push(&mut self, leaf: Hash, full: &mut impl FnMut(Tile, Vec<Hash>)) {
        let mut index = self.size / TILE;
        self.size = self.size.saturating_add(1);
        let mut hash = leaf;
        for level in 0..LEVELS {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(at) else {
                return;
            };
            hashes.push(hash);
            if u64::try_from(hashes.len()) != Ok(TILE) {
                return;
            }
            hash = perfect_root(hashes);
            let tile = Tile {
                level,
                index,
                width: TILE,
            };
            full(tile, core::mem::take(hashes));
            index /= TILE;
        }
    }

    /// The tiles that are not full, lowest level first.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        (0..LEVELS)
            .zip(&self.levels)
            .filter(|(_, hashes)| !hashes.is_empty())
            .filter_map(|(level, hashes)| {
                let index = self.size.checked_shr((u32::from(level) + 1) * HEIGHT);
                let tile = Tile::of(level, index.unwrap_or(0), self.size)?;
                Some((tile, hashes.as_slice()))
            })
    }

    /// The tree as its perfect subtrees.
    pub fn frontier(&self) -> Frontier {
        let mut tree = Frontier::new();
        for (level, hashes) in (0..u32::from(LEVELS)).zip(&self.levels).rev() {
            for hash in hashes {
                // Higher levels come first and lower ones are never full, so there is always a place.
                let _ = tree.push_subtree(level * HEIGHT, *hash);
            }
        }
        tree
    }

    /// The tree's root.
    pub fn root(&self) -> Hash {
        self.frontier().root()
    }
}

fn perfect_root(hashes: &[Hash]) -> Hash {
    let mut tree = Frontier::new();
    hashes.iter().for_each(|hash| tree.push(*hash));
    tree.root()
}

fn width(index: u64, count: u64) -> Option<u64> {
    let left = count.checked_sub(index.checked_mul(TILE)?)?;
    (left > 0).then_some(left.min(TILE))
}

fn path(level: &str, index: u64, width: u64) -> String {
    let mut parts = Vec::new();
    let mut rest = index;
    loop {
        parts.push(rest % 1000);
        rest /= 1000;
        if rest == 0 {
            break;
        }
    }
    let mut text = alloc::format!("tile/{level}");
    while let Some(part) = parts.pop() {
        let more = if parts.is_empty() { "" } else { "x" };
        text.push_str(&alloc::format!("/{more}{part:03}"));
    }
    if width < TILE {
        text.push_str(&alloc::format!(".p/{width}"));
    }
    text
}

fn parse_index(text: &str) -> Option<u64> {
    let mut index = 0_u64;
    for part in text.split('/') {
        let digits = part.strip_prefix('x').unwrap_or(part);
        let number: u64 = digits.parse().ok().filter(|_| digits.len() == 3)?;
        index = index.checked_mul(1000)?.checked_add(number)?;
    }
    Some(index)
}

#[cfg(test)]
#[allow(clippy::as_conversions, reason = "small numbers of a test")]
mod tests {
    use std::collections::BTreeMap;

    use super::super::merkle::leaf_hash;
    use super::*;

    fn leaf(n: u64) -> Hash {
        leaf_hash(&n.to_be_bytes())
    }

    #[test]
    fn spec_13_2_paths_are_those_of_tlog_tiles() {
        for (level, index, width, path) in [
            (0, 0, 256, "tile/0/000"),
            (0, 273, 112, "tile/0/273.p/112"),
            (1, 1_234_067, 256, "tile/1/x001/x234/067"),
            (2, 1000, 1, "tile/2/x001/000.p/1"),
        ] {
            let tile = Tile {
                level,
                index,
                width,
            };
            assert_eq!(tile.path(), path);
            assert_eq!(Resource::parse(path), Some(Resource::Tile(tile)));
        }
        let bundle = Bundle {
            index: 1067,
            width: 3,
        };
        assert_eq!(bundle.path(), "tile/entries/x001/067.p/3");
        assert_eq!(
            Resource::parse(&bundle.path()),
            Some(Resource::Bundle(bundle))
        );
        for bad in [
            "",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/00/001",
            "tile/8/001",
            "tile/-1/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/07",
            "tile/0/+01",
            "tile/entries/../001",
            "tile/0/001/",
        ] {
            assert_eq!(Resource::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn spec_13_2_a_growing_tree_fills_exactly_the_tiles_that_its_size_says() {
        let mut edge = Edge::new();
        let mut tree = Frontier::new();
        let mut stored: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
        let sizes = [1, 2, 255, 256, 257, 511, 700, 65_536, 65_537, 66_049];
        for size in sizes {
            let before = edge.size();
            let mut new: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
            for n in before..size {
                edge.push(leaf(n), &mut |tile, hashes| {
                    new.insert(tile, hashes);
                });
                tree.push(leaf(n));
            }
            for (tile, hashes) in edge.partial() {
                new.insert(tile, hashes.to_vec());
            }
            // What did not grow is there already.
            new.retain(|tile, hashes| stored.get(tile) != Some(hashes));
            let mut named: Vec<Tile> = Tile::added(before, size).collect();
            named.sort_unstable();
            assert_eq!(named, new.keys().copied().collect::<Vec<_>>(), "{size}");
            assert!(new.iter().all(|(tile, h)| h.len() as u64 == tile.width));
            stored.extend(new);
            assert_eq!(edge.frontier(), tree, "{size}");
            let resumed = Edge::resume(size, |tile| stored.get(&tile).cloned().ok_or(tile));
            assert_eq!(resumed, Ok(Some(edge.clone())), "{size}");
        }
        assert_eq!(Tile::added(700, 700).count(), 0);
        assert_eq!(Bundle::added(700, 700).count(), 0);
        let bundles: Vec<_> = Bundle::added(255, 513)
            .map(|b| (b.index, b.width))
            .collect();
        assert_eq!(bundles, [(0, 256), (1, 256), (2, 1)]);
        assert_eq!(Edge::resume(3, |_| Ok::<_, ()>(Vec::new())), Ok(None));
    }

    #[test]
    fn what_a_log_has_it_has_in_every_lesser_width_too() {
        let has = |path: &str, size| Resource::parse(path).unwrap().exists(size);
        assert!(has("tile/0/001.p/3", 300) && has("tile/0/001.p/44", 300));
        assert!(!has("tile/0/001.p/45", 300) && !has("tile/0/001", 300));
        assert!(has("tile/1/000.p/1", 300) && !has("tile/1/000.p/2", 300));
        assert!(has("tile/entries/001.p/44", 300) && !has("tile/entries/002.p/1", 300));
        assert!(!has("tile/0/000.p/1", 0));
    }
}
