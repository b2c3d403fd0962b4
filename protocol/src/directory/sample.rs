//! A small scheme for tests: two of three officers, four relays, an inbox, three desks.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brolly_keys::blind::IssuerSecret;
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

/// The issuer's secret key; it takes long to draw one.
pub(crate) fn issuer() -> IssuerSecret {
    let hex = include_bytes!("../../../keys/vectors/issuer.hex");
    let digit = |n: usize| char::from(hex[n]).to_digit(16).unwrap();
    let byte = |n: usize| u8::try_from(16 * digit(2 * n) + digit(2 * n + 1)).unwrap();
    IssuerSecret::from_primes(&core::array::from_fn(byte)).unwrap()
}

/// The issuer's month from a time on.
pub(crate) fn issuer_period(from: u64) -> IssuerPeriod {
    IssuerPeriod {
        period: 671,
        from,
        until: from + 34 * 86_400,
        key: issuer().public(),
    }
}

/// The witness key of the relay at place `n` of the directory.
pub(crate) fn witness_key(n: usize) -> SigningKey<Witness> {
    SigningKey::from_seed(&[61 + u8::try_from(n).unwrap(); 32])
}

/// The identity key of the desk at place `n` of the directory.
pub(crate) fn desk_key(n: usize) -> SigningKey<Desk> {
    SigningKey::from_seed(&[31 + 10 * u8::try_from(n).unwrap(); 32])
}

/// The directory with the digest of its text.
pub(crate) fn written(mut directory: Directory) -> Directory {
    directory.digest = Sha256::digest(directory.to_text().unwrap()).into();
    directory
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
            }
        };
        let key = SigningKey::from_seed(&[21; 32]).verifying_key();
        let mut directory = Directory {
            scheme: SchemeId([0; 32]),
            name: "Sample".to_string(),
            weather: String::new(),
            purpose: Purpose::Real,
            version: 3,
            digest: [0; 32],
            issued: NOW - 86_400,
            expires: NOW + 86_400,
            threshold: 2,
            officers: self
                .officers
                .iter()
                .zip(officers)
                .filter_map(|(key, name)| NamedKey::new(name, key.verifying_key()))
                .collect(),
            former: Vec::new(),
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
            issuer: IssuerEntry {
                relay: NodeId::of(&self.relays[2].verifying_key()),
                keys: alloc::vec![issuer_period(NOW - 20 * 86_400)],
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
                effective_after: 172_800,
                publish_ms: 3_600_000,
                window: 4_096,
                calling_code: 44,
                cover_deliver_one_in: 64,
            },
        };
        directory.scheme = directory.founders();
        written(directory)
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
