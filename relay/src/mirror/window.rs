//! What clients fetch, made once for each witnessed checkpoint.

use brolly_protocol::log::{
    Bundle, Checkpoint, Frontier, Hash, Part, Resource, TILE, Tile, decode_bundle, leaf_hash,
    window_start,
};
use brolly_shell::http::Bytes;
use sha2::{Digest, Sha256};

use super::archive::{self, Archive, INDEX};

/// A log's part of `/v1/window`, from the files. `None`: they are not all there, or not those of the checkpoint.
pub(super) fn part(
    archive: &Archive,
    note: &[u8],
    checkpoint: &Checkpoint,
    window: u32,
) -> Option<Bytes> {
    let size = checkpoint.size;
    let start = window_start(size, u64::from(window));
    let mut tree = Frontier::new();
    let mut spine: Vec<Hash> = Vec::new();
    let tiles = start / TILE;
    for index in 0..tiles.div_ceil(TILE) {
        let hashes = archive.hashes(Tile::of(1, index, size)?)?;
        let left = usize::try_from(tiles - index * TILE).ok()?;
        spine.extend(hashes.iter().take(left));
    }
    for root in &spine {
        tree.push_subtree(TILE.trailing_zeros(), *root);
    }
    let bundles: Vec<Bundle> = (tiles..size.div_ceil(TILE))
        .filter_map(|index| Bundle::of(index, size))
        .collect();
    let bytes = bundles
        .iter()
        .map(|bundle| archive.read(Resource::Bundle(*bundle)));
    let bytes = bytes.collect::<Option<Vec<_>>>()?;
    let mut entries = Vec::new();
    for (bundle, bytes) in bundles.iter().zip(&bytes) {
        entries.extend(decode_bundle(bytes, bundle.width).ok()?);
    }
    entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    if tree.root() != checkpoint.root {
        return None;
    }
    let mut part = Vec::new();
    Part::encode(note, &spine, &entries, &mut part).ok()?;
    Some(part.into())
}

/// What `/v1/alerts` and `/v1/keys` answer for a board's checkpoint. `None`: its indexes are not here.
pub(super) fn indexes(
    archive: &Archive,
    note: &[u8],
    checkpoint: &Checkpoint,
) -> Option<(Bytes, Bytes)> {
    let signed = checkpoint.indexes?;
    let answer = |path: String, signed: Hash| {
        let index = archive.bytes(&path, INDEX)?;
        let digest: Hash = Sha256::digest(&index).into();
        let length = u32::try_from(note.len()).ok()?.to_be_bytes();
        let answer = [&length, note, &index].concat();
        (signed == digest).then(|| Bytes::from(answer))
    };
    let alerts = answer(archive::alerts(checkpoint.size), signed.alerts)?;
    Some((alerts, answer(archive::keys(checkpoint.size), signed.keys)?))
}
