//! Tiles, roots and proofs.

use brolly_interop::{Stored, Tiles, path_of};
use brolly_protocol::log::{
    Edge, Hash, LogName, Resource, Tile, decode_bundle, inclusion, leaf_hash, verify_consistency,
    verify_inclusion,
};
use tlog_tiles::{
    HashReader as _, TileHashReader, check_record, check_tree, prove_record, prove_tree,
    record_hash, stored_hash_index,
};

use crate::SIZES;
use crate::log::{Log, read};

fn outside(hash: Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash)
}

fn hashes(proof: &[tlog_tiles::Hash]) -> Vec<Hash> {
    proof.iter().map(|hash| hash.0).collect()
}

/// A few places in a log, at the edges of tiles and between them.
fn places(size: u64) -> impl Iterator<Item = u64> {
    let edges = [
        0, 1, 127, 254, 255, 256, 257, 511, 699, 65_535, 65_536, 65_792,
    ];
    let last = [size / 2, size.saturating_sub(1)];
    edges.into_iter().chain(last).filter(move |n| *n < size)
}

#[test]
fn outside_readers_take_every_leaf_of_our_tiles_and_every_entry_of_our_bundles() {
    for size in SIZES {
        let log = Log::new(LogName::Reports, size);
        let reader = TileHashReader::new(size, outside(log.root()), &log.tiles);
        let leaves: Vec<u64> = (0..size).map(|n| stored_hash_index(0, n)).collect();
        let proven = reader.read_hashes(&leaves).unwrap();
        let mut bundled = Vec::new();
        for path in log.bundles.paths() {
            let Some(Resource::Bundle(bundle)) = Resource::parse(path) else {
                panic!("{path}");
            };
            let entries = decode_bundle(log.bundles.get(path).unwrap(), bundle.width).unwrap();
            bundled.extend(entries.into_iter().map(record_hash));
        }
        assert!(proven == bundled, "{size}");
    }
}

#[test]
fn outside_readers_make_the_tiles_and_the_root_that_we_make() {
    for (name, size) in [
        (LogName::Reports, 1),
        (LogName::Reports, 255),
        (LogName::Board, 256),
        (LogName::Board, 257),
        (LogName::Board, 700),
        (LogName::Reports, 66_000),
    ] {
        let log = Log::new(name, size);
        let stored = Stored::of(&log.entries).unwrap();
        assert_eq!(stored.root(size).unwrap().0, log.root(), "{size}");
        let tiles = stored.tiles(size).unwrap();
        assert!(tiles.paths().eq(log.tiles.paths()), "{size}");
        assert!(
            tiles
                .paths()
                .all(|path| tiles.get(path) == log.tiles.get(path)),
            "{size}"
        );
        // And ours goes on from theirs.
        let resumed = Edge::resume(size, |tile| read(&tiles)(tile).ok_or(tile));
        assert_eq!(resumed, Ok(Some(log.edge.clone())), "{size}");
    }
}

#[test]
fn a_growing_log_has_the_same_new_tiles_to_both() {
    let sizes = [
        0, 1, 2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 66_000, 70_000, 16_777_216,
    ];
    for (before, size) in sizes
        .iter()
        .flat_map(|before| sizes.map(|size| (*before, size)))
    {
        if before > size {
            continue;
        }
        let mut ours: Vec<String> = Tile::added(before, size).map(|tile| tile.path()).collect();
        let mut theirs: Vec<String> = tlog_tiles::Tile::new_tiles(8, before, size)
            .iter()
            .map(path_of)
            .collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert!(ours == theirs, "{before} {size}");
    }
}

#[test]
fn proofs_of_inclusion_are_the_same_and_each_verifies_the_others() {
    for size in SIZES {
        let log = Log::new(LogName::Reports, size);
        let (root, top) = (log.root(), outside(log.root()));
        let reader = TileHashReader::new(size, top, &log.tiles);
        for index in places(size) {
            let ours = log.inclusion(index).unwrap();
            let theirs = prove_record(size, index, &reader).unwrap();
            assert_eq!(hashes(&theirs), ours, "{index} of {size}");
            let leaf = log.leaf(index);
            let entry = &log.entries[usize::try_from(index).unwrap()];
            assert_eq!(record_hash(entry).0, leaf);
            check_record(&theirs, size, top, index, outside(leaf)).unwrap();
            assert_eq!(verify_inclusion(leaf, index, size, &root, &ours), Ok(()));

            for at in 0..ours.len() {
                let mut bad = ours.clone();
                bad[at][at % 32] ^= 1;
                let theirs = bad.iter().copied().map(outside).collect();
                assert!(check_record(&theirs, size, top, index, outside(leaf)).is_err());
                assert!(verify_inclusion(leaf, index, size, &root, &bad).is_err());
            }
            let other = leaf_hash(b"another entry");
            assert!(check_record(&theirs, size, top, index, outside(other)).is_err());
            assert!(verify_inclusion(other, index, size, &root, &ours).is_err());
        }
    }
}

#[test]
fn proofs_of_consistency_are_the_same_and_each_verifies_the_others() {
    for size in SIZES {
        let log = Log::new(LogName::Reports, size);
        let (root, top) = (log.root(), outside(log.root()));
        let stored = Stored::of(&log.entries).unwrap();
        let reader = TileHashReader::new(size, top, &log.tiles);
        for old in places(size + 1).filter(|old| *old > 0) {
            let before = stored.root(old).unwrap();
            let ours = log.consistency(old).unwrap();
            let theirs = prove_tree(size, old, &reader).unwrap();
            assert_eq!(hashes(&theirs), ours, "{old} of {size}");
            check_tree(&theirs, size, top, old, before).unwrap();
            assert_eq!(
                verify_consistency(old, &before.0, size, &root, &ours),
                Ok(())
            );

            for at in 0..ours.len() {
                let mut bad = ours.clone();
                bad[at][at % 32] ^= 1;
                let theirs = bad.iter().copied().map(outside).collect();
                assert!(check_tree(&theirs, size, top, old, before).is_err());
                assert!(verify_consistency(old, &before.0, size, &root, &bad).is_err());
            }
            let mut fork = before;
            fork.0[0] ^= 1;
            assert!(check_tree(&theirs, size, top, old, fork).is_err());
            assert!(verify_consistency(old, &fork.0, size, &root, &ours).is_err());
        }
    }
}

#[test]
fn a_flipped_byte_of_a_tile_is_refused_by_both() {
    for size in [1, 255, 256, 257, 700, 66_000] {
        let log = Log::new(LogName::Reports, size);
        // Of hundreds of full tiles, the first and the last.
        let paths: Vec<&str> = log.tiles.paths().collect();
        let some = paths.iter().take(3).chain(paths.iter().rev().take(3));
        for path in some {
            let mut bad = log.tiles.clone();
            let mut bytes = bad.get(path).unwrap().to_vec();
            bytes[5] ^= 1;
            bad.insert((*path).to_owned(), bytes);
            let Some(Resource::Tile(tile)) = Resource::parse(path) else {
                panic!("{path}");
            };
            assert!(!theirs_accept(&log, &bad, tile), "{path} of {size}");
            assert!(!we_accept(&log, &bad, tile), "{path} of {size}");
            assert!(theirs_accept(&log, &log.tiles, tile), "{path} of {size}");
            assert!(we_accept(&log, &log.tiles, tile), "{path} of {size}");
        }
    }
}

/// Reads a hash of a tile at the tree's edge. A full tile counts by the proof of what is below its second hash, which
/// has the first in it: `tlog_tiles` 0.2.0 does not compare every full tile that it reads with the one above.
fn theirs_accept(log: &Log, tiles: &Tiles, tile: Tile) -> bool {
    let (size, top) = (log.size(), outside(log.root()));
    let reader = TileHashReader::new(size, top, tiles);
    if tile.width < 256 {
        let first = stored_hash_index(tile.level * 8, tile.index * 256);
        return reader.read_hashes(&[first]).is_ok();
    }
    let index = below_second(tile);
    let leaf = outside(log.leaf(index));
    prove_record(size, index, &reader)
        .and_then(|proof| check_record(&proof, size, top, index, leaf))
        .is_ok()
}

fn we_accept(log: &Log, tiles: &Tiles, tile: Tile) -> bool {
    let (size, root) = (log.size(), log.root());
    if tile.width < 256 {
        let resumed = Edge::resume(size, |tile| read(tiles)(tile).ok_or(tile));
        return resumed.is_ok_and(|edge| edge.is_some_and(|edge| edge.root() == root));
    }
    let index = below_second(tile);
    let proof = inclusion(index, size, &mut read(tiles)).unwrap();
    verify_inclusion(log.leaf(index), index, size, &root, &proof).is_ok()
}

/// The first entry below the second hash of a tile.
fn below_second(tile: Tile) -> u64 {
    (tile.index * 256 + 1) << (8 * u32::from(tile.level))
}
