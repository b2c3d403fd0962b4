//! Keys as outside readers want them: `name+hex(key id)+base64(algorithm | key)`, the verifier keys of C2SP signed-note.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::note::NamedKey;
use brolly_keys::role::{Signer, Witness};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{LogName, witness_key};

/// The verifier key of a log, or of whoever else signs a note's bare text.
pub fn of_signer<R: Signer>(key: &NamedKey<R>) -> String {
    write(key, ED25519, key.id())
}

/// The verifier key of a witness, who signs the time too.
pub fn of_witness(key: &NamedKey<Witness>) -> String {
    write(key, COSIGNATURE, key.cosigner_id())
}

/// The verifier keys that a directory names: of both logs, then of its witnesses.
pub fn in_directory(directory: &Directory) -> Vec<String> {
    let logs = LogName::ALL
        .into_iter()
        .filter_map(|log| NamedKey::new(&log.origin(&directory.scheme), directory.inbox.log_key));
    let witnesses = directory
        .relays
        .iter()
        .filter_map(|relay| witness_key(&directory.scheme, relay));
    logs.map(|key| of_signer(&key))
        .chain(witnesses.map(|key| of_witness(&key)))
        .collect()
}

fn write<R: Signer>(key: &NamedKey<R>, algorithm: u8, id: [u8; 4]) -> String {
    let mut encoded = vec![algorithm];
    encoded.extend_from_slice(&key.key().to_bytes());
    let id = u32::from_be_bytes(id);
    format!("{}+{id:08x}+{}", key.name(), STANDARD.encode(encoded))
}

const ED25519: u8 = 1;
pub(crate) const COSIGNATURE: u8 = 4;
