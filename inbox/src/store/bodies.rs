//! Sealed bodies as files, named by their content.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{DELIVERED, RECEIPT_TAG};
use brolly_protocol::sequence::Entry;

use super::{StoreError, make_directory, sync_directory};

/// A folder for each first byte of `d`, and one for files that are not whole yet.
pub(super) struct Bodies {
    root: PathBuf,
}

impl Bodies {
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        let bodies = Self { root };
        // What a killed inbox left unfinished was never acknowledged.
        match std::fs::remove_dir_all(bodies.incoming()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        make_directory(&bodies.incoming())?;
        for first in 0..=u8::MAX {
            make_directory(&bodies.shard(first))?;
        }
        File::open(&bodies.root)?.sync_all()?;
        Ok(bodies)
    }

    /// Makes the cells' bodies durable. One that is there already is replaced by its equal.
    pub(super) fn put(&self, cells: &[(Entry, &SealedCell)]) -> Result<(), StoreError> {
        // Under two tags a body is still one body.
        let bodies: BTreeMap<[u8; 32], &SealedCell> = cells
            .iter()
            .map(|(entry, cell)| (entry.digest, *cell))
            .collect();
        self.write(&bodies).inspect_err(|_| {
            // Part of a file must not hold the room that the next try needs.
            for digest in bodies.keys() {
                let _ = std::fs::remove_file(self.unfinished(digest));
            }
        })
    }

    /// The cell of an entry; `None` if its body is missing or is not the one that was admitted.
    pub(super) fn read(&self, entry: Entry) -> Option<SealedCell> {
        let mut bytes = entry.tag.to_vec();
        File::open(self.path(&entry.digest))
            .ok()?
            .take(u64::try_from(DELIVERED).ok()?)
            .read_to_end(&mut bytes)
            .ok()?;
        SealedCell::from_bytes(&bytes).filter(|cell| cell.digest() == entry.digest)
    }

    fn write(&self, bodies: &BTreeMap<[u8; 32], &SealedCell>) -> Result<(), StoreError> {
        for (digest, cell) in bodies {
            let body = cell.as_bytes().get(RECEIPT_TAG..).unwrap_or_default();
            let mut file = File::create(self.unfinished(digest)).map_err(refused)?;
            file.write_all(body).map_err(refused)?;
            file.sync_data().map_err(StoreError::Sync)?;
        }
        for digest in bodies.keys() {
            std::fs::rename(self.unfinished(digest), self.path(digest)).map_err(refused)?;
        }
        let shards: BTreeSet<u8> = bodies.keys().map(first).collect();
        shards
            .into_iter()
            .try_for_each(|shard| sync_directory(&self.shard(shard)))
    }

    pub(super) fn path(&self, digest: &[u8; 32]) -> PathBuf {
        self.shard(first(digest)).join(hex(digest))
    }

    pub(super) fn unfinished(&self, digest: &[u8; 32]) -> PathBuf {
        self.incoming().join(hex(digest))
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    fn shard(&self, first: u8) -> PathBuf {
        self.root.join(hex(&[first]))
    }
}

fn first(digest: &[u8; 32]) -> u8 {
    let [first, ..] = *digest;
    first
}

fn refused(error: io::Error) -> StoreError {
    if matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    ) {
        StoreError::Full
    } else {
        StoreError::Body(error)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
