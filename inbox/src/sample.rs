//! Cells, a scheme and a storage for tests.
#![allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::exhaustive_structs,
    reason = "for tests"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use brolly_keys::note::NamedKey;
use brolly_keys::role;
use brolly_keys::sign::{SigningKey, VerifyingKey};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::{DeskEntry, Directory, InboxEntry, Parameters, RelayEntry};
use brolly_protocol::geometry::{CONTACT_AT, DELIVERED, RECEIPT_TAG, SLOTS, STANZA, TOKEN};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;

use crate::admit::Admitter;
use crate::sequence::{SequenceError, Sequencer};
use crate::store::embedded::Embedded;
use crate::store::ledger::{Ledger, LedgerError};
use crate::store::objects::Objects;

/// A day in the desk week [`WEEK`], in seconds since 1970.
pub const NOW: u64 = 1_764_000_000;
pub const WEEK: u32 = 2916;

/// A cell of [`WEEK`] with an empty token whose other bytes follow from `n`.
pub fn cell(n: u64) -> SealedCell {
    cell_of(n, [WEEK; SLOTS])
}

/// The same with its stanzas of these weeks.
pub fn cell_of(n: u64, weeks: [u32; SLOTS]) -> SealedCell {
    let mut bytes = vec![0; DELIVERED];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    for (at, byte) in bytes.iter_mut().enumerate().skip(RECEIPT_TAG + TOKEN) {
        *byte = n.to_be_bytes()[at % 8] ^ u8::try_from(at % 251).unwrap();
    }
    for (slot, week) in weeks.into_iter().enumerate() {
        let at = CONTACT_AT - (SLOTS - slot) * STANZA;
        bytes[at..at + 4].copy_from_slice(&week.to_be_bytes());
    }
    SealedCell::from_bytes(&bytes).unwrap()
}

/// The same body under another tag.
pub fn retagged(cell: &SealedCell, tag: u8) -> SealedCell {
    let mut bytes = cell.as_bytes().to_vec();
    bytes[..RECEIPT_TAG].fill(tag);
    SealedCell::from_bytes(&bytes).unwrap()
}

pub fn log_key() -> SigningKey<role::Log> {
    SigningKey::from_seed(&[22; 32])
}

pub fn desk_key(n: u8) -> SigningKey<role::Desk> {
    SigningKey::from_seed(&[31 + n; 32])
}

pub fn witness_key(n: u8) -> SigningKey<role::Witness> {
    SigningKey::from_seed(&[111 + n; 32])
}

/// Three relays, of whom two are a majority, and two desks: the first one may publish alerts.
pub fn directory() -> Directory {
    let relay = |n: u8, layer, kind: &str| RelayEntry {
        id: NodeId::of(&public::<role::Relay>(11 + n)),
        name: format!("relay {n}"),
        address: format!("127.0.0.1:{n}"),
        layer,
        operator: kind.to_owned(),
        kind: kind.to_owned(),
        key: public(11 + n),
        witness: witness_key(n).verifying_key(),
    };
    let desk = |n: u8, slot| DeskEntry {
        id: NodeId::of(&desk_key(n).verifying_key()),
        name: format!("desk {n}"),
        slot,
        area: String::new(),
        alerts: slot == Slot::Scheme,
        key: desk_key(n).verifying_key(),
        weeks: Vec::new(),
    };
    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: "Sample".to_owned(),
        version: 3,
        issued: NOW - 60,
        expires: NOW + 86_400,
        threshold: 1,
        officers: vec![NamedKey::new("ada", public(1)).unwrap()],
        relays: vec![
            relay(0, Layer::Entry, "project"),
            relay(1, Layer::Middle, "charity"),
            relay(2, Layer::Exit, "university"),
        ],
        inbox: InboxEntry {
            id: NodeId::of(&public::<role::Log>(21)),
            address: "127.0.0.1:9".to_owned(),
            key: public(21),
            log_key: log_key().verifying_key(),
        },
        desks: vec![desk(0, Slot::Scheme), desk(1, Slot::Police)],
        parameters: Parameters {
            mix: mix::Parameters {
                tick_ms: 15_000,
                release_ppm: 45_455,
                min_pool: 80,
            },
            packet_epoch: 86_400,
            desk_epoch: 604_800,
            publish_ms: 3_600_000,
            window: 256,
            calling_code: 44,
            cover_deliver_one_in: 64,
        },
    };
    directory.scheme = directory.founders();
    directory
}

/// What an inbox keeps in a folder.
pub struct Storage {
    pub ledger: Arc<Embedded>,
    pub objects: Objects,
}

impl Storage {
    /// Opens it, perhaps again: threads of sled's hold its file a moment longer than its owner.
    pub fn open(data: &Path) -> Self {
        let begun = Instant::now();
        let ledger = loop {
            match Embedded::open(data) {
                Err(LedgerError::Refused(_) | LedgerError::InUse(_))
                    if begun.elapsed().as_secs() < 20 =>
                {
                    std::thread::yield_now();
                }
                opened => break Arc::new(opened.unwrap()),
            }
        };
        let objects = Objects::open(&data.join("objects")).unwrap();
        Self { ledger, objects }
    }

    pub fn admitter(&self) -> Admitter<Embedded> {
        Admitter::new(Arc::clone(&self.ledger), self.objects.clone(), &directory())
    }

    pub async fn admit(&self, cells: &[SealedCell]) -> u64 {
        self.admit_at(cells, NOW).await
    }

    pub async fn admit_at(&self, cells: &[SealedCell], now: u64) -> u64 {
        self.admitter().admit(cells.to_vec(), now).await.unwrap()
    }

    pub async fn sequencer(&self) -> Result<Sequencer<Embedded>, SequenceError> {
        let lease = self.ledger.lease().await.unwrap().unwrap();
        Sequencer::resume(
            Arc::clone(&self.ledger),
            self.objects.clone(),
            directory(),
            log_key(),
            lease,
        )
        .await
    }
}

/// What a process killed at this moment leaves behind: the files as they are, and nothing of its memory.
#[cfg(test)]
pub fn killed(data: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_all(data, copy.path());
    copy
}

pub fn copy_all(from: &Path, to: &Path) {
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

fn public<R: role::Signer>(seed: u8) -> VerifyingKey<R> {
    SigningKey::from_seed(&[seed; 32]).verifying_key()
}
