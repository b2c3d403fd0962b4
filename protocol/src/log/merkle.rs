//! Merkle tree hashes of RFC 6962 §2.1, and the tree as its perfect subtrees.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// A node of the tree, 32 bytes.
pub type Hash = [u8; 32];

/// The root of a tree without entries.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The hash of an entry: `SHA-256(0x00 | entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix([0])
        .chain_update(entry)
        .finalize()
        .into()
}

/// The hash of an inner node: `SHA-256(0x01 | left | right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// A tree that can grow, as the roots of its perfect subtrees: at most 64 of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Largest subtree first.
    roots: Vec<Hash>,
}

impl Frontier {
    /// A tree without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry by its leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        // A single leaf always fits.
        let _ = self.push_subtree(0, leaf);
    }

    /// Adds a perfect subtree of `2^height` entries. False, and nothing added, where the tree has no place for one: its
    /// size is not a multiple of that, or would pass 2^63.
    pub fn push_subtree(&mut self, height: u32, root: Hash) -> bool {
        let Some(width) = 1_u64.checked_shl(height) else {
            return false;
        };
        let size = match self.size.checked_add(width) {
            Some(size) if self.size.is_multiple_of(width) && size <= 1 << 63 => size,
            _ => return false,
        };
        let mut root = root;
        for _ in 0..(self.size / width).trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.roots.push(root);
        self.size = size;
        true
    }

    /// The tree's root.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.roots.iter().rev();
        let Some(smallest) = subtrees.next() else {
            return empty_root();
        };
        subtrees.fold(*smallest, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
pub(super) mod vectors {
    //! The eight-entry tree that implementations of RFC 6962 have tested themselves on since 2013.

    use std::string::String;
    use std::vec::Vec;

    use super::Hash;

    pub(in crate::log) const ENTRIES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    /// Roots of the trees of 1 to 8 of them.
    pub(in crate::log) const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    pub(in crate::log) fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| std::format!("{byte:02x}")).collect()
    }

    pub(in crate::log) fn unhex(text: &str) -> Hash {
        let bytes: Vec<u8> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::vectors::{ENTRIES, ROOTS, hex};
    use super::*;

    #[test]
    fn spec_13_1_roots_are_those_of_rfc_6962() {
        let mut tree = Frontier::new();
        assert_eq!(
            hex(&tree.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (entry, root) in ENTRIES.iter().zip(ROOTS) {
            tree.push(leaf_hash(entry));
            assert_eq!(hex(&tree.root()), root);
        }
    }

    #[test]
    fn a_perfect_subtree_stands_for_its_entries() {
        let leaves: Vec<Hash> = (0..19_u8).map(|n| leaf_hash(&[n])).collect();
        let mut one_by_one = Frontier::new();
        leaves.iter().for_each(|leaf| one_by_one.push(*leaf));
        let mut by_fours = Frontier::new();
        for four in leaves.chunks(4) {
            let mut small = Frontier::new();
            four.iter().for_each(|leaf| small.push(*leaf));
            if four.len() == 4 {
                assert!(by_fours.push_subtree(2, small.root()));
            } else {
                four.iter().for_each(|leaf| by_fours.push(*leaf));
            }
        }
        assert_eq!(by_fours, one_by_one);
        assert!(!by_fours.push_subtree(2, [0; 32]), "19 is no multiple of 4");
        assert!(!by_fours.push_subtree(64, [0; 32]));
        assert!(!Frontier::new().push_subtree(64, [0; 32]));
    }
}
