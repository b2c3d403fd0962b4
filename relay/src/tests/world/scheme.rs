//! The scheme that the relay is in: its keys, its directory, the project that its issuer knows.

use std::net::SocketAddr;

use brolly_keys::file::{KeyFile, Kind};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::{Authority, Desk, Log, Relay as RelayRole, Witness};
use brolly_keys::sign::{SigningKey, Verified};
use brolly_protocol::directory::{
    DeskEntry, Directory, InboxEntry, IssuerEntry, Parameters, Purpose, RelayEntry,
};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_protocol::token::project::{ProjectId, secret_digest};
use brolly_shell::clock;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::Bytes;

use super::{PROJECT, SECRET, mint};
use crate::config::Config;
use crate::issuer::IssuerKeys;
use crate::issuer::projects::{self, Project, ProjectsError};

pub(crate) fn relay_key(layer: Layer) -> SigningKey<RelayRole> {
    SigningKey::from_seed(&[11 + layer.number(); 32])
}

/// The key that a relay cosigns with.
pub(crate) fn witness_key(layer: Layer) -> SigningKey<Witness> {
    SigningKey::from_seed(&[71 + layer.number(); 32])
}

pub(crate) fn inbox_key() -> SigningKey<Log> {
    SigningKey::from_seed(&[21; 32])
}

/// The identity key of the one desk.
pub(crate) fn desk_key() -> SigningKey<Desk> {
    SigningKey::from_seed(&[31; 32])
}

pub(crate) fn log_key() -> SigningKey<Log> {
    SigningKey::from_seed(&[22; 32])
}

pub(crate) fn directory(
    layer: Layer,
    next: SocketAddr,
    tweak: impl FnOnce(&mut Parameters),
) -> (Verified<Directory>, Bytes) {
    let officer = officer();
    let desk = desk_key().verifying_key();
    let inbox = inbox_key().verifying_key();
    // Nothing listens on port 1: a relay that is not part of the test.
    let address = |of: Option<Layer>| match layer.after() == of {
        true => next.to_string(),
        false => "127.0.0.1:1".to_owned(),
    };
    let now = clock::now();
    let mut parameters = Parameters {
        mix: mix(),
        packet_epoch: 86_400,
        desk_epoch: 604_800,
        effective_after: 3_600,
        publish_ms: 3_600_000,
        window: 256,
        calling_code: 44,
        cover_deliver_one_in: 64,
    };
    tweak(&mut parameters);
    let relays = Layer::ALL.map(|layer| RelayEntry {
        id: NodeId::of(&relay_key(layer).verifying_key()),
        name: format!("relay {}", layer.number()),
        address: address(Some(layer)),
        layer,
        operator: format!("operator {}", layer.number()),
        kind: format!("kind {}", layer.number()),
        key: relay_key(layer).verifying_key(),
        witness: witness_key(layer).verifying_key(),
    });
    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: "Sample".to_owned(),
        weather: String::new(),
        purpose: Purpose::Drill,
        version: 3,
        digest: [0; 32],
        issued: now - 60,
        expires: now + 86_400,
        threshold: 1,
        officers: vec![NamedKey::new("ada", officer.verifying_key()).unwrap()],
        former: Vec::new(),
        relays: relays.into(),
        inbox: InboxEntry {
            id: NodeId::of(&inbox),
            address: address(None),
            key: inbox,
            log_key: log_key().verifying_key(),
        },
        desks: vec![DeskEntry {
            id: NodeId::of(&desk),
            name: "desk".to_owned(),
            slot: Slot::Scheme,
            area: String::new(),
            alerts: true,
            key: desk,
        }],
        issuer: IssuerEntry {
            relay: NodeId::of(&relay_key(Layer::Middle).verifying_key()),
            keys: vec![mint::period(671, now - 60, now + 30 * 86_400)],
        },
        parameters,
    };
    directory.scheme = directory.founders();
    let signed = signed(&directory);
    (signed.directory, signed.note)
}

/// What the officer signs.
pub(crate) fn signed(directory: &Directory) -> SignedDirectory {
    let mut note = Note::unsigned(directory.to_text().unwrap()).unwrap();
    note.sign("ada", &officer()).unwrap();
    let note = Bytes::from(note.to_string());
    SignedDirectory::verify(note, directory.scheme, 0, 0).unwrap()
}

pub(crate) fn officer() -> SigningKey<Authority> {
    SigningKey::from_seed(&[1; 32])
}

/// The issuer's keys as its key file has them.
pub(crate) fn issuer_keys() -> IssuerKeys {
    let mut file = KeyFile::new(Kind::Relay, "issuer", [0; 32]);
    file.insert_issuer(671, &mint::secret().primes());
    IssuerKeys::of(&file).unwrap()
}

/// Admits [`PROJECT`] with [`SECRET`].
pub(crate) fn admit(config: &Config) {
    let id = ProjectId::of(config.scheme, PROJECT);
    projects::edit::<_, ProjectsError>(&config.projects(), |projects| {
        projects.push(Project {
            name: PROJECT.to_owned(),
            desk: None,
            digest: Some(secret_digest(config.scheme, id, &[SECRET; 16])),
            quota: 1_000,
            serial: 0,
        });
        Ok(())
    })
    .unwrap();
}

pub(crate) fn mix() -> mix::Parameters {
    mix::Parameters {
        tick_ms: 10,
        release_ppm: 1_000_000,
        min_pool: 0,
    }
}
