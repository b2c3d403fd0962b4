//! A log as Brolly writes it.

use brolly_interop::{Tiles, vkey};
use brolly_keys::note::Note;
use brolly_protocol::log::{
    Bundle, Edge, Hash, LogName, ProofError, Tile, consistency, encode_bundle, inclusion, leaf_hash,
};

use crate::scheme::Scheme;

pub(crate) struct Log {
    pub(crate) name: LogName,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) edge: Edge,
    pub(crate) tiles: Tiles,
    pub(crate) bundles: Tiles,
}

impl Log {
    pub(crate) fn new(name: LogName, size: u64) -> Self {
        let entries: Vec<Vec<u8>> = (0..size).map(|n| entry(name, n)).collect();
        let mut edge = Edge::new();
        let mut tiles = Tiles::default();
        let mut put = |tile: Tile, hashes: &[Hash]| {
            tiles.insert(tile.path(), hashes.as_flattened().to_vec());
        };
        for entry in &entries {
            edge.push(leaf_hash(entry), &mut |tile, hashes| put(tile, &hashes));
        }
        edge.partial().for_each(|(tile, hashes)| put(tile, hashes));
        let mut bundles = Tiles::default();
        for (bundle, entries) in Bundle::added(0, size).zip(entries.chunks(256)) {
            let mut bytes = Vec::new();
            encode_bundle(entries.iter().map(Vec::as_slice), &mut bytes).unwrap();
            bundles.insert(bundle.path(), bytes);
        }
        Self {
            name,
            entries,
            edge,
            tiles,
            bundles,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.edge.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.edge.root()
    }

    pub(crate) fn checkpoint(&self, scheme: &Scheme) -> Note {
        scheme
            .checkpoint(self.name, self.size(), self.root())
            .unwrap()
    }

    pub(crate) fn leaf(&self, index: u64) -> Hash {
        leaf_hash(&self.entries[usize::try_from(index).unwrap()])
    }

    /// Brolly's proof that entry `index` is in it.
    pub(crate) fn inclusion(&self, index: u64) -> Result<Vec<Hash>, ProofError> {
        inclusion(index, self.size(), &mut read(&self.tiles))
    }

    /// Brolly's proof that its first `old` entries are its beginning.
    pub(crate) fn consistency(&self, old: u64) -> Result<Vec<Hash>, ProofError> {
        consistency(old, self.size(), &mut read(&self.tiles))
    }
}

/// What Brolly makes of stored tiles.
pub(crate) fn read(tiles: &Tiles) -> impl FnMut(Tile) -> Option<Vec<Hash>> {
    |tile| tile.hashes(tiles.get(&tile.path())?)
}

/// The log's verifier key, then the witnesses'.
pub(crate) fn vkeys(scheme: &Scheme, log: LogName) -> (String, Vec<String>) {
    let mut keys = vkey::in_directory(&scheme.directory);
    let witnesses = keys.split_off(LogName::ALL.len());
    let place = LogName::ALL.iter().position(|name| *name == log).unwrap();
    (keys.swap_remove(place), witnesses)
}

/// Entries of 48 bytes for reports; for the board of any length, one of them empty.
fn entry(name: LogName, n: u64) -> Vec<u8> {
    let length = match name {
        LogName::Reports => 48,
        LogName::Board => usize::try_from(n * 7 % 300).unwrap(),
    };
    n.to_be_bytes().into_iter().cycle().take(length).collect()
}
