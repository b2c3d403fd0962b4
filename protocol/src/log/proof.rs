//! Inclusion and consistency proofs of RFC 6962 §2.1, as RFC 9162 §2.1 checks them.

use alloc::vec::Vec;

use super::merkle::{Hash, node_hash};
use super::tile::{TILE, Tile};

/// Why a proof is refused, or cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The entry or the smaller tree lies outside the tree.
    #[error("the proof is about an entry or a size that the log does not have")]
    Outside,
    /// Not as many hashes as the place and the size ask for.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// It does not lead to the root.
    #[error("the proof does not lead to the root that was signed")]
    Root,
    /// A tile that the proof needs is missing or too short.
    #[error("a tile that the proof needs is missing")]
    Missing,
}

/// Makes the proof that entry `index` is in a tree of `size` entries; `tile` gives a tile's hashes.
///
/// # Errors
/// [`ProofError::Outside`], [`ProofError::Missing`].
pub fn inclusion(
    index: u64,
    size: u64,
    tile: &mut impl FnMut(Tile) -> Option<Vec<Hash>>,
) -> Result<Vec<Hash>, ProofError> {
    if index >= size {
        return Err(ProofError::Outside);
    }
    let mut nodes = Nodes { size, tile };
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + split(high - low);
        let (sibling, half) = if index < middle {
            ((middle, high), (low, middle))
        } else {
            ((low, middle), (middle, high))
        };
        proof.push(nodes.root(sibling.0, sibling.1)?);
        (low, high) = half;
    }
    proof.reverse();
    Ok(proof)
}

/// Makes the proof that the tree of `old` entries is the beginning of the one of `size`; `tile` gives a tile's hashes.
///
/// # Errors
/// [`ProofError::Outside`], [`ProofError::Missing`].
pub fn consistency(
    old: u64,
    size: u64,
    tile: &mut impl FnMut(Tile) -> Option<Vec<Hash>>,
) -> Result<Vec<Hash>, ProofError> {
    if old > size {
        return Err(ProofError::Outside);
    }
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    let mut nodes = Nodes { size, tile };
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, size);
    while old < high {
        let middle = low + split(high - low);
        if old <= middle {
            proof.push(nodes.root(middle, high)?);
            high = middle;
        } else {
            proof.push(nodes.root(low, middle)?);
            low = middle;
        }
    }
    // The verifier knows the old tree's root; it needs its last subtree when that is not all of it.
    if low > 0 {
        proof.push(nodes.root(low, high)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that `leaf` is entry `index` of the tree of `size` entries under `root`.
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Outside);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Checks that the tree of `old` entries under `old_root` is the beginning of the one of `size` under `root`.
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > size {
        return Err(ProofError::Outside);
    }
    if old == 0 || old == size {
        return match (proof.is_empty(), old == 0 || old_root == root) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
            (false, _) => Err(ProofError::Length),
        };
    }
    let mut rest = proof.iter();
    let first = if old.is_power_of_two() {
        old_root
    } else {
        rest.next().ok_or(ProofError::Length)?
    };
    let (mut at, mut last) = (old - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut before, mut after) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            before = node_hash(sibling, &before);
            after = node_hash(sibling, &after);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            after = node_hash(&after, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    match (last, before == *old_root && after == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

struct Nodes<'a, T> {
    size: u64,
    tile: &'a mut T,
}

impl<T: FnMut(Tile) -> Option<Vec<Hash>>> Nodes<'_, T> {
    /// The root over the entries `low` to `high`, where `low` is a multiple of the power of two that holds them.
    fn root(&mut self, low: u64, high: u64) -> Result<Hash, ProofError> {
        let count = high - low;
        if !count.is_power_of_two() {
            let middle = low + split(count);
            let left = self.root(low, middle)?;
            return Ok(node_hash(&left, &self.root(middle, high)?));
        }
        // The deepest level of tiles that knows this subtree as one hash or as a few.
        let height = count.trailing_zeros();
        let level = u8::try_from(height / 8).map_err(|_| ProofError::Outside)?;
        let width = 1_u64 << (height % 8);
        let place = low >> (u32::from(level) * 8);
        let tile = Tile::of(level, place / TILE, self.size).ok_or(ProofError::Missing)?;
        let hashes = (self.tile)(tile).ok_or(ProofError::Missing)?;
        let from = usize::try_from(place % TILE).map_err(|_| ProofError::Outside)?;
        let to = from.saturating_add(usize::try_from(width).map_err(|_| ProofError::Outside)?);
        let mut row = hashes.get(from..to).ok_or(ProofError::Missing)?.to_vec();
        while row.len() > 1 {
            row = row
                .as_chunks()
                .0
                .iter()
                .map(|[left, right]| node_hash(left, right))
                .collect();
        }
        row.first().copied().ok_or(ProofError::Missing)
    }
}

#[cfg(test)]
#[allow(clippy::as_conversions, reason = "small numbers of a test")]
mod tests {
    use std::collections::BTreeMap;

    use super::super::merkle::vectors::{ENTRIES, ROOTS, unhex};
    use super::super::merkle::{Frontier, leaf_hash};
    use super::super::tile::Edge;
    use super::*;

    /// Tiles of a tree, cut to any width that is asked for.
    fn tiles(leaves: &[Hash]) -> impl FnMut(Tile) -> Option<Vec<Hash>> {
        let mut edge = Edge::new();
        let mut stored: BTreeMap<(u8, u64), Vec<Hash>> = BTreeMap::new();
        for leaf in leaves {
            edge.push(*leaf, &mut |tile, hashes| {
                stored.insert((tile.level, tile.index), hashes);
            });
        }
        for (tile, hashes) in edge.partial() {
            stored.insert((tile.level, tile.index), hashes.to_vec());
        }
        move |tile| {
            let hashes = stored.get(&(tile.level, tile.index))?;
            hashes.get(..tile.width as usize).map(<[_]>::to_vec)
        }
    }

    fn root(leaves: &[Hash]) -> Hash {
        let mut tree = Frontier::new();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree.root()
    }

    #[test]
    fn spec_13_3_published_proofs_are_made_and_verified() {
        // The cases of the reference implementation: (index, size, proof) and (old, new, proof).
        let leaves: Vec<Hash> = ENTRIES.iter().map(|entry| leaf_hash(entry)).collect();
        let mut tile = tiles(&leaves);
        let inclusions: [(u64, u64, &[&str]); 4] = [
            (0, 1, &[]),
            (
                0,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                5,
                8,
                &[
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (
                2,
                3,
                &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
            ),
        ];
        for (index, size, proof) in inclusions {
            let proof: Vec<Hash> = proof.iter().map(|hash| unhex(hash)).collect();
            assert_eq!(inclusion(index, size, &mut tile), Ok(proof.clone()));
            let leaf = leaves[index as usize];
            let root = unhex(ROOTS[size as usize - 1]);
            assert_eq!(verify_inclusion(leaf, index, size, &root, &proof), Ok(()));
        }
        let consistencies: [(u64, u64, &[&str]); 3] = [
            (1, 1, &[]),
            (
                1,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                6,
                8,
                &[
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
        ];
        for (old, size, proof) in consistencies {
            let proof: Vec<Hash> = proof.iter().map(|hash| unhex(hash)).collect();
            assert_eq!(consistency(old, size, &mut tile), Ok(proof.clone()));
            let (before, after) = (
                unhex(ROOTS[old as usize - 1]),
                unhex(ROOTS[size as usize - 1]),
            );
            assert_eq!(
                verify_consistency(old, &before, size, &after, &proof),
                Ok(())
            );
        }
    }

    #[test]
    fn spec_13_3_every_proof_holds_and_no_altered_one_does() {
        let leaves: Vec<Hash> = (0..70_u8).map(|n| leaf_hash(&[n])).collect();
        for size in [1, 2, 3, 7, 8, 64, 70] {
            let tree = &leaves[..size];
            let (mut tile, top) = (tiles(tree), root(tree));
            let size = size as u64;
            for index in 0..size {
                let proof = inclusion(index, size, &mut tile).unwrap();
                let check = |at, proof: &[Hash]| {
                    verify_inclusion(leaves[index as usize], at, size, &top, proof)
                };
                assert_eq!(check(index, &proof), Ok(()));
                assert!(check(index + 1, &proof).is_err());
                assert!(check(index, &[proof.as_slice(), &[[0; 32]]].concat()).is_err());
                for at in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[at][7] ^= 1;
                    assert_eq!(check(index, &bad), Err(ProofError::Root));
                    bad.truncate(at);
                    assert_eq!(check(index, &bad), Err(ProofError::Length));
                }
            }
            for old in 0..=size {
                let proof = consistency(old, size, &mut tile).unwrap();
                let before = root(&tree[..old as usize]);
                let check =
                    |old, proof: &[Hash]| verify_consistency(old, &before, size, &top, proof);
                assert_eq!(check(old, &proof), Ok(()));
                assert!(check(old, &[proof.as_slice(), &[[0; 32]]].concat()).is_err());
                for at in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[at][7] ^= 1;
                    assert_eq!(check(old, &bad), Err(ProofError::Root));
                }
                if old > 0 && old < size {
                    let fork = root(&leaves[1..=old as usize]);
                    assert!(verify_consistency(old, &fork, size, &top, &proof).is_err());
                }
            }
        }
    }

    #[test]
    fn proofs_over_many_tiles() {
        let leaves: Vec<Hash> = (0..66_000_u32)
            .map(|n| leaf_hash(&n.to_be_bytes()))
            .collect();
        let (mut tile, top) = (tiles(&leaves), root(&leaves));
        let size = 66_000;
        for index in [0, 255, 256, 65_535, 65_536, 65_999] {
            let proof = inclusion(index, size, &mut tile).unwrap();
            let leaf = leaves[index as usize];
            assert_eq!(verify_inclusion(leaf, index, size, &top, &proof), Ok(()));
        }
        for old in [1, 255, 256, 300, 65_536, 65_537, 65_999] {
            let proof = consistency(old, size, &mut tile).unwrap();
            let before = root(&leaves[..old as usize]);
            assert_eq!(verify_consistency(old, &before, size, &top, &proof), Ok(()));
        }
        assert_eq!(inclusion(size, size, &mut tile), Err(ProofError::Outside));
        assert_eq!(
            consistency(size + 1, size, &mut tile),
            Err(ProofError::Outside)
        );
        let mut none = |_| None;
        assert_eq!(inclusion(0, 2, &mut none), Err(ProofError::Missing));
    }
}
