//! A whole scheme with real keys: three officers, nine relays that are witnesses, an inbox, two desks.
//!
//! The tests of `brolly-interop` share this file.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each of the two uses its own part"
)]

use brolly_keys::blind::IssuerKey;
use brolly_keys::note::{NamedKey, Note, NoteError};
use brolly_keys::role::{Authority, Desk, Log, Relay, Witness};
use brolly_keys::sign::{SigningKey, VerifyingKey};
use brolly_protocol::directory::{
    DeskEntry, Directory, DirectoryError, InboxEntry, IssuerEntry, Parameters, Purpose, RelayEntry,
};
use brolly_protocol::log::{Checkpoint, Digests, Hash, LogName, witness_key};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_protocol::token::IssuerPeriod;

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
        Self::with_relays(window, 9)
    }

    /// The same with so many relays.
    pub fn with_relays(window: u32, relays: u16) -> Self {
        let officers: Vec<SigningKey<Authority>> =
            [1, 2, 3].map(|n| SigningKey::from_seed(&[n; 32])).into();
        let inbox = inbox_key().verifying_key();
        let mut directory = Directory {
            scheme: SchemeId([0; 32]),
            name: "Sample".to_owned(),
            weather: String::new(),
            purpose: Purpose::Drill,
            version: 3,
            digest: [0; 32],
            former: Vec::new(),
            issued: NOW - 86_400,
            expires: NOW + 60 * 86_400,
            threshold: 2,
            officers: ["ada", "bea", "cat"]
                .into_iter()
                .zip(&officers)
                .filter_map(|(name, key)| NamedKey::new(name, key.verifying_key()))
                .collect(),
            relays: (0..relays)
                .zip(Layer::ALL.into_iter().cycle())
                .map(relay)
                .collect(),
            inbox: InboxEntry {
                id: NodeId::of(&inbox),
                address: "127.0.0.1:9".to_owned(),
                key: inbox,
                log_key: log_key().verifying_key(),
            },
            issuer: IssuerEntry {
                relay: NodeId::of(&relay_key(1)),
                // Any odd number of 2,048 bits will do where nothing is signed.
                keys: IssuerKey::from_modulus(&[0xff; 256])
                    .into_iter()
                    .map(|key| IssuerPeriod {
                        period: 671,
                        from: NOW - 86_400,
                        until: NOW + 33 * 86_400,
                        key,
                    })
                    .collect(),
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
                effective_after: 172_800,
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
            indexes: (log == LogName::Board).then_some(Digests {
                alerts: [8; 32],
                keys: [9; 32],
            }),
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

/// The key that relay `n` cosigns with.
pub fn witness(n: u16) -> SigningKey<Witness> {
    SigningKey::from_seed(&seed(61, n))
}

/// The identity key of relay `n`.
pub fn relay_secret(n: u16) -> SigningKey<Relay> {
    SigningKey::from_seed(&seed(101, n))
}

/// The identity key of the inbox.
pub fn inbox_key() -> SigningKey<Log> {
    SigningKey::from_seed(&[21; 32])
}

fn relay_key(n: u16) -> VerifyingKey<Relay> {
    relay_secret(n).verifying_key()
}

fn seed(of: u8, n: u16) -> [u8; 32] {
    let mut seed = [of; 32];
    if let Some(place) = seed.first_chunk_mut() {
        *place = n.to_be_bytes();
    }
    seed
}

fn relay((n, layer): (u16, Layer)) -> RelayEntry {
    let key = relay_key(n);
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
    DeskEntry {
        id: NodeId::of(&key),
        name: format!("desk {n}"),
        slot,
        area: String::new(),
        alerts: slot == Slot::Scheme,
        key,
    }
}

const WEEK: u64 = 604_800;
