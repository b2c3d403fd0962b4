//! The directory's text: TOML in, TOML out.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::epoch::Epoch;
use brolly_keys::note::NamedKey;
use brolly_keys::pair::PublicKey;
use brolly_keys::role::Signer;
use brolly_keys::sign::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::{DeskEntry, Directory, DirectoryError, InboxEntry, Parameters, RelayEntry};
use crate::mix;
use crate::node::{NodeId, SchemeId};
use crate::onion::Layer;
use crate::report::Slot;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Text {
    format: String,
    scheme: String,
    name: String,
    version: u32,
    issued: u64,
    expires: u64,
    threshold: u32,
    parameters: ParametersText,
    officers: Vec<OfficerText>,
    relays: Vec<RelayText>,
    inbox: InboxText,
    desks: Vec<DeskText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ParametersText {
    tick_ms: u64,
    release_ppm: u32,
    min_pool: u32,
    packet_epoch_seconds: u64,
    desk_epoch_seconds: u64,
    publish_ms: u64,
    window_entries: u32,
    calling_code: u16,
    cover_deliver_one_in: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficerText {
    name: String,
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelayText {
    name: String,
    layer: u8,
    address: String,
    operator: String,
    kind: String,
    key: String,
    witness: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct InboxText {
    address: String,
    key: String,
    log_key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskText {
    name: String,
    slot: Slot,
    area: String,
    alerts: bool,
    key: String,
    weeks: Vec<WeekText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeekText {
    week: u32,
    key: String,
}

pub(super) fn read(text: &str) -> Result<Directory, DirectoryError> {
    let text: Text =
        toml::from_str(text).map_err(|error| DirectoryError::Text(error.message().to_string()))?;
    if text.format != FORMAT {
        return Err(wrong("the format is not", FORMAT));
    }
    let mut relays = Vec::new();
    for relay in text.relays {
        let key = verifying(&relay.key)?;
        relays.push(RelayEntry {
            id: NodeId::of(&key),
            name: relay.name,
            address: relay.address,
            layer: Layer::ALL
                .into_iter()
                .find(|layer| layer.number() == relay.layer)
                .ok_or_else(|| wrong("a relay's layer is", "0, 1 or 2"))?,
            operator: relay.operator,
            kind: relay.kind,
            key,
            witness: verifying(&relay.witness)?,
        });
    }
    let mut desks = Vec::new();
    for desk in text.desks {
        let key = verifying(&desk.key)?;
        let mut weeks = Vec::new();
        for week in desk.weeks {
            let bytes = decode(&week.key)?;
            let public = PublicKey::from_bytes(&bytes)
                .map_err(|_| wrong("a desk has a key that is not valid:", &desk.name))?;
            weeks.push((Epoch::new(week.week), public));
        }
        desks.push(DeskEntry {
            id: NodeId::of(&key),
            name: desk.name,
            slot: desk.slot,
            area: desk.area,
            alerts: desk.alerts,
            key,
            weeks,
        });
    }
    let mut officers = Vec::new();
    for officer in text.officers {
        let named = NamedKey::new(&officer.name, verifying(&officer.key)?);
        officers.push(named.ok_or_else(|| wrong("a note cannot carry the name", &officer.name))?);
    }
    let key = verifying(&text.inbox.key)?;
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    Ok(Directory {
        scheme: SchemeId(decode(&text.scheme)?),
        name: text.name,
        version: text.version,
        expires: text.expires,
        issued: text.issued,
        threshold: size(text.threshold),
        officers,
        relays,
        inbox: InboxEntry {
            id: NodeId::of(&key),
            address: text.inbox.address,
            key,
            log_key: verifying(&text.inbox.log_key)?,
        },
        desks,
        parameters: Parameters {
            mix: mix::Parameters {
                tick_ms: text.parameters.tick_ms,
                release_ppm: text.parameters.release_ppm,
                min_pool: size(text.parameters.min_pool),
            },
            packet_epoch: text.parameters.packet_epoch_seconds,
            desk_epoch: text.parameters.desk_epoch_seconds,
            publish_ms: text.parameters.publish_ms,
            window: text.parameters.window_entries,
            calling_code: text.parameters.calling_code,
            cover_deliver_one_in: text.parameters.cover_deliver_one_in,
        },
    })
}

pub(super) fn write(directory: &Directory) -> Result<String, DirectoryError> {
    let small = |n: usize| {
        u32::try_from(n).map_err(|_| DirectoryError::Rule("numbers are below 2 to the 32"))
    };
    let parameters = &directory.parameters;
    let text = Text {
        format: FORMAT.to_string(),
        scheme: STANDARD.encode(directory.scheme.0),
        name: directory.name.clone(),
        version: directory.version,
        issued: directory.issued,
        expires: directory.expires,
        threshold: small(directory.threshold)?,
        parameters: ParametersText {
            tick_ms: parameters.mix.tick_ms,
            release_ppm: parameters.mix.release_ppm,
            min_pool: small(parameters.mix.min_pool)?,
            packet_epoch_seconds: parameters.packet_epoch,
            desk_epoch_seconds: parameters.desk_epoch,
            publish_ms: parameters.publish_ms,
            window_entries: parameters.window,
            calling_code: parameters.calling_code,
            cover_deliver_one_in: parameters.cover_deliver_one_in,
        },
        officers: directory
            .officers
            .iter()
            .map(|officer| OfficerText {
                name: officer.name().to_string(),
                key: base64(officer.key()),
            })
            .collect(),
        relays: directory
            .relays
            .iter()
            .map(|relay| RelayText {
                name: relay.name.clone(),
                layer: relay.layer.number(),
                address: relay.address.clone(),
                operator: relay.operator.clone(),
                kind: relay.kind.clone(),
                key: base64(&relay.key),
                witness: base64(&relay.witness),
            })
            .collect(),
        inbox: InboxText {
            address: directory.inbox.address.clone(),
            key: base64(&directory.inbox.key),
            log_key: base64(&directory.inbox.log_key),
        },
        desks: directory
            .desks
            .iter()
            .map(|desk| DeskText {
                name: desk.name.clone(),
                slot: desk.slot,
                area: desk.area.clone(),
                alerts: desk.alerts,
                key: base64(&desk.key),
                weeks: desk
                    .weeks
                    .iter()
                    .map(|(week, key)| WeekText {
                        week: week.number(),
                        key: STANDARD.encode(key.to_bytes()),
                    })
                    .collect(),
            })
            .collect(),
    };
    toml::to_string(&text).map_err(|error| DirectoryError::Text(error.to_string()))
}

fn base64<R: Signer>(key: &VerifyingKey<R>) -> String {
    STANDARD.encode(key.to_bytes())
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], DirectoryError> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            wrong(
                "this is not a key or fingerprint of the right length:",
                text,
            )
        })
}

fn verifying<R: Signer>(text: &str) -> Result<VerifyingKey<R>, DirectoryError> {
    VerifyingKey::from_bytes(&decode(text)?).map_err(|_| wrong("this is not a valid key:", text))
}

fn wrong(what: &str, which: &str) -> DirectoryError {
    let which: String = which.chars().take(80).collect();
    DirectoryError::Text(alloc::format!("{what} {which}"))
}

const FORMAT: &str = "brolly/1 directory";
