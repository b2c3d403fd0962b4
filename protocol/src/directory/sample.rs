//! A small scheme for tests: two of three officers, four relays, an inbox, three desks.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brolly_keys::pair::SecretKey;
use brolly_keys::sign::SigningKey;

use super::*;

pub(crate) const NOW: u64 = 1_764_000_000;

pub(crate) struct Sample {
    pub(crate) officers: Vec<SigningKey<Authority>>,
    pub(crate) relays: Vec<SigningKey<Relay>>,
}

pub(crate) fn scheme() -> Sample {
    Sample {
        officers: (1..=3).map(|n| SigningKey::from_seed(&[n; 32])).collect(),
        relays: (11..=14).map(|n| SigningKey::from_seed(&[n; 32])).collect(),
    }
}

/// The directory of [`scheme`].
pub(crate) fn directory() -> Directory {
    scheme().directory()
}

/// The key of the inbox's logs.
pub(crate) fn log_key() -> SigningKey<Log> {
    SigningKey::from_seed(&[22; 32])
}

/// The witness key of the relay at place `n` of the directory.
pub(crate) fn witness_key(n: usize) -> SigningKey<Witness> {
    SigningKey::from_seed(&[61 + u8::try_from(n).unwrap(); 32])
}

/// The identity key of the desk at place `n` of the directory.
pub(crate) fn desk_key(n: usize) -> SigningKey<Desk> {
    SigningKey::from_seed(&[31 + 10 * u8::try_from(n).unwrap(); 32])
}

impl Sample {
    pub(crate) fn directory(&self) -> Directory {
        let officers = ["ada", "bea", "cat"];
        let places = [Layer::Entry, Layer::Entry, Layer::Middle, Layer::Exit];
        let kinds = ["project", "charity", "university", "charity"];
        let relays = self.relays.iter().zip(places).zip(kinds).enumerate();
        let desk = |n: u8, slot, area: &str| {
            let key = SigningKey::from_seed(&[n; 32]).verifying_key();
            DeskEntry {
                id: NodeId::of(&key),
                name: "desk ".to_string() + area,
                slot,
                area: area.to_string(),
                alerts: slot == Slot::Scheme,
                key,
                weeks: (0..2)
                    .map(|w| {
                        (
                            Epoch::new(2916 + u32::from(w)),
                            SecretKey::from_seed(&[n + w; 32]).public(),
                        )
                    })
                    .collect(),
            }
        };
        let key = SigningKey::from_seed(&[21; 32]).verifying_key();
        let mut directory = Directory {
            scheme: SchemeId([0; 32]),
            name: "Sample".to_string(),
            version: 3,
            issued: NOW - 86_400,
            expires: NOW + 86_400,
            threshold: 2,
            officers: self
                .officers
                .iter()
                .zip(officers)
                .filter_map(|(key, name)| NamedKey::new(name, key.verifying_key()))
                .collect(),
            relays: relays
                .map(|(n, ((key, layer), kind))| RelayEntry {
                    id: NodeId::of(&key.verifying_key()),
                    name: alloc::format!("relay {n}"),
                    address: alloc::format!("127.0.0.1:{n}"),
                    layer,
                    operator: alloc::format!("operator {n}"),
                    kind: String::from(kind),
                    key: key.verifying_key(),
                    witness: witness_key(n).verifying_key(),
                })
                .collect(),
            inbox: InboxEntry {
                id: NodeId::of(&key),
                address: "127.0.0.1:9".to_string(),
                key,
                log_key: log_key().verifying_key(),
            },
            desks: alloc::vec![
                desk(31, Slot::Scheme, ""),
                desk(41, Slot::Police, ""),
                desk(51, Slot::Specialist, "LS2")
            ],
            parameters: Parameters {
                mix: mix::Parameters {
                    tick_ms: 15_000,
                    release_ppm: 45_455,
                    min_pool: 80,
                },
                packet_epoch: 86_400,
                desk_epoch: 604_800,
                publish_ms: 3_600_000,
                window: 4_096,
                calling_code: 44,
                cover_deliver_one_in: 64,
            },
        };
        directory.scheme = directory.founders();
        directory
    }

    pub(crate) fn sign(&self, directory: &Directory, officers: &[usize]) -> Note {
        let mut note = Note::unsigned(directory.to_text().unwrap()).unwrap();
        for n in officers {
            note.sign(directory.officers[*n].name(), &self.officers[*n])
                .unwrap();
        }
        note
    }
}
