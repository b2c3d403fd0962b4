//! A whole scheme with real keys: three officers, nine relays that are witnesses, an inbox, two desks.
//!
//! The tests of `brolly-interop` share this file.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each of the two uses its own part"
)]

use brolly_keys::epoch::Epoch;
use brolly_keys::note::{NamedKey, Note, NoteError};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::{Authority, Desk, Log, Relay, Witness};
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::{
    DeskEntry, Directory, DirectoryError, InboxEntry, Parameters, RelayEntry,
};
use brolly_protocol::log::{Checkpoint, Hash, LogName, witness_key};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;

/// Seconds since 1970 at which everything happens.
pub const NOW: u64 = 1_764_000_000;

/// The directory, and the keys of those in it.
pub struct Scheme {
    /// Who is who.
    pub directory: Directory,
    officers: Vec<SigningKey<Authority>>,
}

impl Scheme {
    /// A scheme whose logs have a window of `window` entries.
    pub fn new(window: u32) -> Self {
        let officers: Vec<SigningKey<Authority>> =
            [1, 2, 3].map(|n| SigningKey::from_seed(&[n; 32])).into();
        let inbox = SigningKey::from_seed(&[21; 32]).verifying_key();
        let mut directory = Directory {
            scheme: SchemeId([0; 32]),
            name: "Sample".to_owned(),
            version: 3,
            issued: NOW - 86_400,
            expires: NOW + 60 * 86_400,
            threshold: 2,
            officers: ["ada", "bea", "cat"]
                .into_iter()
                .zip(&officers)
                .filter_map(|(name, key)| NamedKey::new(name, key.verifying_key()))
                .collect(),
            relays: (0..9)
                .zip(Layer::ALL.into_iter().cycle())
                .map(relay)
                .collect(),
            inbox: InboxEntry {
                id: NodeId::of(&inbox),
                address: "127.0.0.1:9".to_owned(),
                key: inbox,
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
                desk_epoch: WEEK,
                publish_ms: 3_600_000,
                window,
                calling_code: 44,
                cover_deliver_one_in: 64,
            },
        };
        directory.scheme = directory.founders();
        Self {
            directory,
            officers,
        }
    }

    /// The directory as its officers signed it.
    pub fn note(&self) -> Result<Vec<u8>, DirectoryError> {
        let mut note = Note::unsigned(self.directory.to_text()?).map_err(DirectoryError::Note)?;
        for (named, key) in self.directory.officers.iter().zip(&self.officers) {
            note.sign(named.name(), key).map_err(DirectoryError::Note)?;
        }
        Ok(note.to_string().into_bytes())
    }

    /// A log's checkpoint that every witness cosigned.
    pub fn checkpoint(&self, log: LogName, size: u64, root: Hash) -> Result<Note, NoteError> {
        let checkpoint = Checkpoint {
            scheme: self.directory.scheme,
            log,
            size,
            root,
            alerts: (log == LogName::Board).then_some([8; 32]),
        };
        let mut note = checkpoint.sign(&log_key())?;
        for (n, relay) in (0..).zip(&self.directory.relays) {
            let named = witness_key(&self.directory.scheme, relay).ok_or(NoteError::Signature)?;
            note.cosign(named.name(), &witness(n), NOW + u64::from(n))?;
        }
        Ok(note)
    }
}

/// The key of the inbox's logs.
pub fn log_key() -> SigningKey<Log> {
    SigningKey::from_seed(&[22; 32])
}

/// The identity key of the desk that may publish alerts.
pub fn desk_key() -> SigningKey<Desk> {
    SigningKey::from_seed(&[31; 32])
}

fn witness(n: u8) -> SigningKey<Witness> {
    SigningKey::from_seed(&[61 + n; 32])
}

fn relay((n, layer): (u8, Layer)) -> RelayEntry {
    let key = SigningKey::<Relay>::from_seed(&[101 + n; 32]).verifying_key();
    let kinds = ["project", "charity", "university"];
    RelayEntry {
        id: NodeId::of(&key),
        name: format!("relay {n}"),
        address: format!("127.0.0.1:{n}"),
        layer,
        operator: format!("operator {n}"),
        kind: kinds
            .get(usize::from(n % 3))
            .copied()
            .unwrap_or_default()
            .to_owned(),
        key,
        witness: witness(n).verifying_key(),
    }
}

fn desk(n: u8, slot: Slot) -> DeskEntry {
    let key = SigningKey::<Desk>::from_seed(&[31 + n; 32]).verifying_key();
    let first = Epoch::at(NOW, WEEK);
    DeskEntry {
        id: NodeId::of(&key),
        name: format!("desk {n}"),
        slot,
        area: String::new(),
        alerts: slot == Slot::Scheme,
        key,
        weeks: (0..8)
            .map(|week: u8| {
                let secret = SecretKey::from_seed(&[131 + 8 * n + week; 32]);
                (first.plus(week.into()), secret.public())
            })
            .collect(),
    }
}

const WEEK: u64 = 604_800;
