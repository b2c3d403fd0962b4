//! What the directory says about this relay: its layer, who may send to it, whom it sends to.

use std::path::{Path, PathBuf};

use brolly_keys::file::{Kind, Label};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::{Relay, Signer, Witness};
use brolly_keys::sign::{SigningKey, Verified, VerifyingKey};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::witness_key;
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::directory::{self, DirectoryFileError};
use brolly_shell::http::Bytes;
use brolly_shell::http::client::Link;
use brolly_shell::keyfile::{self, KeyFileError};
use brolly_shell::tls::{self, Identity, TlsError};

use crate::config::Config;

/// A relay's place in its scheme, and the key that proves it is its own.
pub struct Assignment {
    pub(crate) directory: Verified<Directory>,
    pub(crate) note: Bytes,
    pub(crate) id: NodeId,
    pub(crate) layer: Layer,
    pub(crate) hops: Vec<Hop>,
    pub(crate) key: SigningKey<Relay>,
    /// The key that this relay cosigns with, under its name.
    pub(crate) witness: NamedKey<Witness>,
    pub(crate) tls: Identity,
    witness_key: SigningKey<Witness>,
    name: String,
}

/// Whom this relay passes packets on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) id: NodeId,
    pub(crate) address: String,
    pub(crate) key: [u8; 32],
    pub(crate) path: &'static str,
}

/// Why a relay does not know its place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssignmentError {
    /// The key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// It opens, but holds other keys.
    #[error("{} is not a relay's key file: `identity` must name this relay's identity.key", .0.display())]
    NotARelayKey(PathBuf),
    /// The identity key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryFileError),
    /// The directory does not list the key.
    #[error(
        "this relay's key is not in the directory: ask the officers to add it, or name the right `identity` and `directory`"
    )]
    NotListed,
    /// The directory lists another witness key.
    #[error(
        "this relay's witness key is not the one in the directory, so nobody would count what it cosigns: ask the officers to correct the directory, or use the key file that they have the key of"
    )]
    NotTheWitness,
}

impl Assignment {
    /// Opens the key file, checks the directory at `now` (seconds since 1970), and finds the one in the other.
    /// Nothing is written.
    ///
    /// # Errors
    /// [`AssignmentError`].
    pub fn load(config: &Config, passphrase: &[u8], now: u64) -> Result<Self, AssignmentError> {
        let file = keyfile::read(&config.identity, passphrase)?;
        let seed = file
            .secret(Label::Identity, 0)
            .filter(|_| file.header().kind == Kind::Relay)
            .ok_or_else(|| AssignmentError::NotARelayKey(config.identity.clone()))?;
        let key = SigningKey::from_seed(seed);
        let witness = file
            .secret(Label::Witness, 0)
            .ok_or_else(|| AssignmentError::NotARelayKey(config.identity.clone()))?;
        let witness = SigningKey::from_seed(witness);
        let signed = directory::read(&config.directory, &config.data, config.scheme, now)?;
        Self::new(signed.directory, signed.note, key, witness)
    }

    /// The place of the holder of `key`, who cosigns with `witness`, in a directory, which came in `note`.
    ///
    /// # Errors
    /// [`AssignmentError::NotListed`], [`AssignmentError::NotTheWitness`], [`AssignmentError::Tls`].
    pub fn new(
        directory: Verified<Directory>,
        note: Bytes,
        key: SigningKey<Relay>,
        witness: SigningKey<Witness>,
    ) -> Result<Self, AssignmentError> {
        let id = NodeId::of(&key.verifying_key());
        let entry = directory.relay(id).ok_or(AssignmentError::NotListed)?;
        let named = witness_key(&directory.scheme, entry)
            .filter(|named| *named.key() == witness.verifying_key())
            .ok_or(AssignmentError::NotTheWitness)?;
        let hops = match entry.layer.after() {
            Some(layer) => directory
                .layer(layer)
                .map(|relay| Hop::new(relay.id, &relay.address, &relay.key, wire::CELLS))
                .collect(),
            None => {
                let inbox = &directory.inbox;
                vec![Hop::new(
                    inbox.id,
                    &inbox.address,
                    &inbox.key,
                    wire::REPORTS,
                )]
            }
        };
        Ok(Self {
            id,
            layer: entry.layer,
            name: entry.name.clone(),
            hops,
            tls: Identity::from_seed(&key.expose())?,
            key,
            witness: named,
            witness_key: witness,
            directory,
            note,
        })
    }

    /// The relay's name in the directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The relay's layer in the directory, from 0.
    pub fn layer(&self) -> u8 {
        self.layer.number()
    }

    /// The directory's version.
    pub fn version(&self) -> u32 {
        self.directory.version
    }

    /// Keeps the directory's version, so that no earlier one is taken from now on.
    pub(crate) fn remember_version(&self, data: &Path) -> Result<(), AssignmentError> {
        Ok(directory::remember(&self.directory, data)?)
    }

    /// Cosigns a checkpoint at `now`, in seconds since 1970.
    pub(crate) fn cosign(&self, note: &mut Note, now: u64) {
        // The name was taken from a key that carries it, so a note can.
        let _ = note.cosign(self.witness.name(), &self.witness_key, now);
    }

    /// Whether this relay cosigned a note.
    pub(crate) fn cosigned(&self, note: &Note) -> bool {
        let own = std::slice::from_ref(&self.witness);
        note.cosigned_by(own).is_ok_and(|good| !good.is_empty())
    }

    /// Whether a peer may hand packets to this relay.
    pub(crate) fn takes_from(&self, peer: Option<&[u8; 32]>) -> bool {
        match (self.layer.before(), peer) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(before), Some(key)) => self
                .directory
                .relay_of_layer_with_key(before, key)
                .is_some(),
        }
    }

    /// The place of a next hop among [`Assignment::hops`].
    pub(crate) fn hop(&self, next: NodeId) -> Option<usize> {
        self.hops.iter().position(|hop| hop.id == next)
    }

    /// A link to the holder of `key`, on which this relay proves who it is.
    pub(crate) fn link(&self, address: &str, key: &[u8; 32]) -> Link {
        let tls = tls::client(key, Some(&self.tls));
        Link::new(address.to_owned(), tls, None)
    }
}

impl Hop {
    fn new<R: Signer>(
        id: NodeId,
        address: &str,
        key: &VerifyingKey<R>,
        path: &'static str,
    ) -> Self {
        Self {
            id,
            address: address.to_owned(),
            key: key.to_bytes(),
            path,
        }
    }
}
