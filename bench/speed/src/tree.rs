//! A whole log: sequenced as the inbox does it, and its root recomputed as an auditor does it.

use std::hint::black_box;

use brolly_protocol::geometry::LOG_ENTRY;
use brolly_protocol::log::{
    Bundle, Edge, Frontier, Hash, Tile, decode_bundle, encode_bundle, leaf_hash,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sha2::{Digest as _, Sha256};

use crate::Outcome;
use crate::figure::{Figure, Sheet, grouped};
use crate::rounds::medians;

/// What is hashed for an entry of the log of reports, and for a node above two others.
const LEAF: usize = 1 + LOG_ENTRY;
const NODE: usize = 1 + 2 * 32;

pub(crate) type Entry = [u8; LOG_ENTRY];

pub(crate) fn run(sheet: &mut Sheet, count: usize, rounds: usize) -> Outcome {
    let entries = entries(count);
    let sequenced = sequence(&entries)?;
    let (root, size) = (sequenced.root, sequenced.edge.size());
    let [stream, single, sequencing, verifying] = medians(
        rounds,
        [
            &mut || {
                one_stream(count);
                Ok(())
            },
            &mut || {
                one_by_one(count);
                Ok(())
            },
            &mut || same(root, sequence(&entries)?.root),
            &mut || same(root, verify(&sequenced.bundles, size)?),
        ],
    )?;
    let n = grouped(count);
    sheet.heading(&format!(
        "A log of {n} entries of {LOG_ENTRY} bytes, medians of {rounds} rounds"
    ))?;
    let name = format!("SHA-256 of all {n} × {LEAF} and as many × {NODE} bytes, at once");
    let stream = Figure::time(name, stream);
    let single = Figure::time("SHA-256 of the same, one leaf or node at a time", single);
    let (at_once, at_a_time) = ("SHA-256, at once", "SHA-256, one at a time");
    sheet.put(&stream)?;
    sheet.put(&single.clone().beside(at_once, &stream))?;
    for (name, time) in [
        (
            format!("sequence {n} entries: leaves, tiles, bundles, root"),
            sequencing,
        ),
        (
            format!("verify {n} entries: from bundles to the root"),
            verifying,
        ),
    ] {
        let figure = Figure::time(name, time);
        sheet.put(&figure.clone().beside(at_a_time, &single))?;
        sheet.put(&figure.beside(at_once, &stream))?;
    }
    let name = format!("tiles and bundles of {n} entries");
    sheet.put(&Figure::bytes(name, sequenced.bytes()))?;
    Ok(())
}

/// What an inbox has made of its entries.
pub(crate) struct Sequenced {
    pub(crate) edge: Edge,
    pub(crate) tiles: Vec<(Tile, Vec<Hash>)>,
    pub(crate) bundles: Vec<Vec<u8>>,
    pub(crate) root: Hash,
}

impl Sequenced {
    fn bytes(&self) -> usize {
        let tiles = self.tiles.iter().map(|(_, hashes)| hashes.len() * 32);
        tiles.chain(self.bundles.iter().map(Vec::len)).sum()
    }
}

pub(crate) fn sequence(entries: &[Entry]) -> Outcome<Sequenced> {
    let mut edge = Edge::new();
    let mut tiles = Vec::new();
    for entry in entries {
        edge.push(leaf_hash(entry), &mut |tile, hashes| {
            tiles.push((tile, hashes))
        });
    }
    tiles.extend(edge.partial().map(|(tile, hashes)| (tile, hashes.to_vec())));
    let mut bundles = Vec::new();
    for entries in entries.chunks(256) {
        let mut bundle = Vec::with_capacity(entries.len() * (2 + LOG_ENTRY));
        encode_bundle(entries.iter().map(Entry::as_slice), &mut bundle)?;
        bundles.push(bundle);
    }
    let root = edge.root();
    Ok(black_box(Sequenced {
        edge,
        tiles,
        bundles,
        root,
    }))
}

fn verify(bundles: &[Vec<u8>], size: u64) -> Outcome<Hash> {
    let mut tree = Frontier::new();
    for (bundle, bytes) in Bundle::added(0, size).zip(bundles) {
        for entry in decode_bundle(bytes, bundle.width)? {
            tree.push(leaf_hash(entry));
        }
    }
    Ok(tree.root())
}

/// As many bytes as a tree of `count` entries hashes, in one stream.
fn one_stream(count: usize) {
    let buffer = [7; 1 << 16];
    let mut left = count * LEAF + (count - 1) * NODE;
    let mut hash = Sha256::new();
    while left > 0 {
        let part = buffer.get(..left).unwrap_or(&buffer);
        hash.update(black_box(part));
        left -= part.len();
    }
    black_box(hash.finalize());
}

/// The same bytes as a tree hashes them: every leaf and every node a message of its own.
pub(crate) fn one_by_one(count: usize) {
    for _ in 0..count {
        black_box(Sha256::digest(black_box([7; LEAF])));
    }
    for _ in 1..count {
        black_box(Sha256::digest(black_box([7; NODE])));
    }
}

pub(crate) fn entries(count: usize) -> Vec<Entry> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    (0..count).map(|_| rng.random()).collect()
}

fn same(expected: Hash, root: Hash) -> Outcome {
    if expected == root {
        Ok(())
    } else {
        Err("the same entries gave two roots".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_verified_is_what_was_sequenced() {
        for count in [1, 256, 700] {
            let mut sequenced = sequence(&entries(count)).unwrap();
            let size = sequenced.edge.size();
            assert_eq!(verify(&sequenced.bundles, size).unwrap(), sequenced.root);
            assert_eq!(sequenced.tiles.len(), Tile::added(0, size).count());
            let above = count / 256;
            assert_eq!(sequenced.bytes(), (count + above) * 32 + count * 50);
            sequenced.bundles[0][9] ^= 1;
            let other = verify(&sequenced.bundles, size).unwrap();
            assert!(same(sequenced.root, other).is_err());
        }
    }
}
