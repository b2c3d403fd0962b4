//! Cells and a store for unit tests.

use std::path::Path;
use std::time::Instant;

use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{DELIVERED, RECEIPT_TAG, TOKEN};
use brolly_protocol::node::SchemeId;

use crate::store::{Store, StoreError};

pub(crate) const SCHEME: SchemeId = SchemeId([7; 32]);

/// A cell with an empty token whose other bytes follow from `n`.
pub(crate) fn cell(n: u64) -> SealedCell {
    let mut bytes = vec![0; DELIVERED];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    for (at, byte) in bytes.iter_mut().enumerate().skip(RECEIPT_TAG + TOKEN) {
        *byte = n.to_be_bytes()[at % 8] ^ u8::try_from(at % 251).unwrap();
    }
    SealedCell::from_bytes(&bytes).unwrap()
}

/// The same body under another tag.
pub(crate) fn retagged(cell: &SealedCell, tag: u8) -> SealedCell {
    let mut bytes = cell.as_bytes().to_vec();
    bytes[..RECEIPT_TAG].fill(tag);
    SealedCell::from_bytes(&bytes).unwrap()
}

/// Opens a store, perhaps again: threads of sled's hold its file a moment longer than its owner.
pub(crate) fn store(data: &Path) -> Store {
    let begun = Instant::now();
    loop {
        match Store::open(data, SCHEME) {
            Err(StoreError::Index(sled::Error::Io(_))) if begun.elapsed().as_secs() < 20 => {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

/// What a process killed at this moment leaves behind: the files as they are, and nothing of its memory.
pub(crate) fn killed(data: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_all(data, copy.path());
    copy
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_all(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
