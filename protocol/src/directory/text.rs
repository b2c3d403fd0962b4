//! The directory's text: TOML out, and in what that writes of TOML.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::blind::IssuerKey;
use brolly_keys::note::NamedKey;
use brolly_keys::role::{Authority, Relay, Signer};
use brolly_keys::sign::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::{
    DeskEntry, Directory, DirectoryError, Former, InboxEntry, IssuerEntry, Parameters, Purpose,
    RelayEntry,
};
use crate::mix;
use crate::node::{NodeId, SchemeId};
use crate::onion::Layer;
use crate::report::Slot;
use crate::token::IssuerPeriod;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Text {
    format: String,
    scheme: String,
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    weather: String,
    purpose: Purpose,
    version: u32,
    issued: u64,
    expires: u64,
    threshold: u32,
    parameters: ParametersText,
    officers: Vec<OfficerText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<FormerText>,
    relays: Vec<RelayText>,
    inbox: InboxText,
    issuer: IssuerText,
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
    effective_after_seconds: u64,
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
struct FormerText {
    threshold: u32,
    handover: Vec<String>,
    officers: Vec<OfficerText>,
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
struct IssuerText {
    relay: String,
    keys: Vec<IssuerKeyText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerKeyText {
    period: u32,
    from: u64,
    until: u64,
    modulus: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskText {
    name: String,
    slot: Slot,
    area: String,
    alerts: bool,
    key: String,
}

pub(super) fn read(text: &str) -> Result<Directory, DirectoryError> {
    let text: Text = tree::read(text).map_err(DirectoryError::Text)?;
    if text.format != FORMAT {
        return Err(wrong("the format is not", FORMAT));
    }
    // Before anything is compared with anything else: whoever writes a text has not signed it yet.
    let most = [
        text.relays.len(),
        text.desks.len(),
        text.officers.len(),
        text.issuer.keys.len(),
        text.former.len(),
    ];
    if most.into_iter().any(|count| count > MOST) {
        return Err(DirectoryError::Rule(
            "there are at most 1,024 relays, desks, officers and issuer keys",
        ));
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
        desks.push(DeskEntry {
            id: NodeId::of(&key),
            name: desk.name,
            slot: desk.slot,
            area: desk.area,
            alerts: desk.alerts,
            key,
        });
    }
    let mut issuers = Vec::new();
    for held in text.issuer.keys {
        let key = IssuerKey::from_modulus(&decode(&held.modulus)?)
            .map_err(|_| wrong("this is not an issuer's modulus:", &held.modulus))?;
        issuers.push(IssuerPeriod {
            period: held.period,
            from: held.from,
            until: held.until,
            key,
        });
    }
    let officers = read_officers(text.officers)?;
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let mut former = Vec::new();
    for earlier in text.former {
        former.push(Former {
            threshold: size(earlier.threshold),
            officers: read_officers(earlier.officers)?,
            handover: earlier.handover,
        });
    }
    let key = verifying(&text.inbox.key)?;
    Ok(Directory {
        scheme: SchemeId(decode(&text.scheme)?),
        name: text.name,
        weather: text.weather,
        purpose: text.purpose,
        version: text.version,
        digest: [0; 32],
        expires: text.expires,
        issued: text.issued,
        threshold: size(text.threshold),
        officers,
        former,
        relays,
        inbox: InboxEntry {
            id: NodeId::of(&key),
            address: text.inbox.address,
            key,
            log_key: verifying(&text.inbox.log_key)?,
        },
        issuer: IssuerEntry {
            relay: NodeId::of::<Relay>(&verifying(&text.issuer.relay)?),
            keys: issuers,
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
            effective_after: text.parameters.effective_after_seconds,
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
        weather: directory.weather.clone(),
        purpose: directory.purpose,
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
            effective_after_seconds: parameters.effective_after,
            publish_ms: parameters.publish_ms,
            window_entries: parameters.window,
            calling_code: parameters.calling_code,
            cover_deliver_one_in: parameters.cover_deliver_one_in,
        },
        officers: write_officers(&directory.officers),
        former: directory
            .former
            .iter()
            .map(|former| {
                Ok(FormerText {
                    threshold: small(former.threshold)?,
                    handover: former.handover.clone(),
                    officers: write_officers(&former.officers),
                })
            })
            .collect::<Result<_, DirectoryError>>()?,
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
        issuer: IssuerText {
            relay: directory
                .relay(directory.issuer.relay)
                .map(|relay| base64(&relay.key))
                .ok_or(DirectoryError::Rule("the issuer is one of the relays"))?,
            keys: directory
                .issuer
                .keys
                .iter()
                .map(|held| IssuerKeyText {
                    period: held.period,
                    from: held.from,
                    until: held.until,
                    modulus: STANDARD.encode(held.key.modulus()),
                })
                .collect(),
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
            })
            .collect(),
    };
    toml::to_string(&text).map_err(|error| DirectoryError::Text(error.to_string()))
}

fn read_officers(officers: Vec<OfficerText>) -> Result<Vec<NamedKey<Authority>>, DirectoryError> {
    let read = |officer: OfficerText| {
        NamedKey::new(&officer.name, verifying(&officer.key)?)
            .ok_or_else(|| wrong("a note cannot carry the name", &officer.name))
    };
    officers.into_iter().map(read).collect()
}

fn write_officers(officers: &[NamedKey<Authority>]) -> Vec<OfficerText> {
    let write = |officer: &NamedKey<Authority>| OfficerText {
        name: officer.name().to_string(),
        key: base64(officer.key()),
    };
    officers.iter().map(write).collect()
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
    Ok(VerifyingKey::claimed(&decode(text)?))
}

fn wrong(what: &str, which: &str) -> DirectoryError {
    let which: String = which.chars().take(80).collect();
    DirectoryError::Text(alloc::format!("{what} {which}"))
}

const MOST: usize = 1_024;
const FORMAT: &str = "brolly/1 directory";

mod tree;
