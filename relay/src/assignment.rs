//! What the directory says about this relay: its layer, who may send to it, whom it sends to.

use std::path::PathBuf;
use std::sync::Arc;

use brolly_keys::file::{Kind, Label};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::{Relay, Signer, Witness};
use brolly_keys::sign::{SigningKey, Verified, VerifyingKey};
use brolly_protocol::directory::{Directory, DirectoryError, Purpose};
use brolly_protocol::log::witness_key;
use brolly_protocol::mix;
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::directory::{self, Before, DirectoryFileError, SignedDirectory};
use brolly_shell::http::Bytes;
use brolly_shell::http::client::Link;
use brolly_shell::keyfile::{self, KeyFileError};
use brolly_shell::tls::{self, Identity, TlsError};

use crate::config::Config;
use crate::issuer::{IssuerError, IssuerKeys};

/// A relay's place in its scheme, and the key that proves it is its own.
pub struct Assignment {
    pub(crate) directory: Verified<Directory>,
    pub(crate) note: Bytes,
    pub(crate) before: Option<Before>,
    pub(crate) id: NodeId,
    pub(crate) layer: Layer,
    /// Those of the directory, then those of the one before it alone.
    pub(crate) hops: Vec<Hop>,
    pub(crate) secrets: Arc<Secrets>,
    /// The key that this relay cosigns with, under its name.
    pub(crate) witness: NamedKey<Witness>,
    pub(crate) tls: Identity,
    pub(crate) leaving: Option<Leaving>,
    /// A later version that lies ready, and is not in force by that.
    pub(crate) waiting: Option<u32>,
    /// Whether the file that the configuration names is of no use.
    pub(crate) passed_over: bool,
    /// Whether this is not the relay's first life: then it goes on, whatever it lacks as an issuer.
    pub(crate) running: bool,
    name: String,
}

/// The keys that make a relay the one that the directory names.
pub struct Secrets {
    pub(crate) key: SigningKey<Relay>,
    /// Of the issuer of tokens; any other relay holds none.
    pub(crate) issuer: IssuerKeys,
    witness: SigningKey<Witness>,
}

/// The end of a relay that the next directory does not have, or has in another layer.
#[derive(Debug, Clone)]
pub(crate) struct Leaving {
    /// The next directory.
    pub(crate) next: SignedDirectory,
    /// When it took effect, in seconds since 1970.
    pub(crate) since: u64,
    /// Nothing is taken in any more, and the mix lets go of everything at once.
    pub(crate) closed: bool,
}

/// Whom this relay passes packets on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) id: NodeId,
    pub(crate) address: String,
    pub(crate) key: [u8; 32],
    pub(crate) path: &'static str,
    /// Whether the one before this directory alone has it.
    pub(crate) left: bool,
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
    /// It should be the issuer of tokens, or thinks that it should.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

impl AssignmentError {
    /// Whether it is the directory's time that is over.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(
            self,
            Self::Directory(DirectoryFileError::Refused {
                reason: DirectoryError::Expired,
                ..
            })
        )
    }
}

impl Leaving {
    /// Whether this part of it is over at `now` (seconds since 1970). For half an epoch of packet keys the relay takes part
    /// as before, since others still send what was wrapped for it; then it passes on what it holds, as long as it is heard.
    pub(crate) fn is_over(&self, epoch: u64, now: u64) -> bool {
        let gone = now.saturating_sub(self.since);
        gone >= if self.closed { epoch } else { epoch / 2 }
    }
}

impl Secrets {
    /// Opens the key file.
    ///
    /// # Errors
    /// [`AssignmentError::KeyFile`], [`AssignmentError::NotARelayKey`], [`AssignmentError::Issuer`].
    pub fn load(config: &Config, passphrase: &[u8]) -> Result<Self, AssignmentError> {
        let file = keyfile::read(&config.identity, passphrase)?;
        let secret = |label| {
            file.secret(label, 0)
                .filter(|_| file.header().kind == Kind::Relay)
                .ok_or_else(|| AssignmentError::NotARelayKey(config.identity.clone()))
        };
        let secrets = Self::new(
            SigningKey::from_seed(secret(Label::Identity)?),
            SigningKey::from_seed(secret(Label::Witness)?),
        );
        Ok(secrets.with_issuer(IssuerKeys::of(&file)?))
    }

    /// Those of a relay with this identity key and this witness key.
    pub fn new(key: SigningKey<Relay>, witness: SigningKey<Witness>) -> Self {
        Self {
            key,
            issuer: IssuerKeys::default(),
            witness,
        }
    }

    /// The same with an issuer's keys.
    #[must_use]
    pub fn with_issuer(self, issuer: IssuerKeys) -> Self {
        Self { issuer, ..self }
    }
}

impl Assignment {
    /// The place that the directory in force at `now` (seconds since 1970) gives the holder of `secrets`. Nothing is
    /// written.
    ///
    /// # Errors
    /// [`AssignmentError`].
    pub fn load(config: &Config, secrets: Arc<Secrets>, now: u64) -> Result<Self, AssignmentError> {
        let in_force = directory::open(&config.directory, &config.data, config.scheme, now)?;
        let assignment = Self::new(in_force.current, in_force.before, secrets)?;
        Ok(Self {
            waiting: in_force.waiting,
            passed_over: in_force.passed_over.is_some(),
            ..assignment
        })
    }

    /// The place of the holder of `secrets` in a directory, which followed on the one `before`.
    ///
    /// # Errors
    /// [`AssignmentError::NotListed`], [`AssignmentError::NotTheWitness`], [`AssignmentError::Tls`].
    pub fn new(
        signed: SignedDirectory,
        before: Option<Before>,
        secrets: Arc<Secrets>,
    ) -> Result<Self, AssignmentError> {
        let SignedDirectory {
            directory, note, ..
        } = signed;
        let id = NodeId::of(&secrets.key.verifying_key());
        let entry = directory.relay(id).ok_or(AssignmentError::NotListed)?;
        let named = witness_key(&directory.scheme, entry)
            .filter(|named| *named.key() == secrets.witness.verifying_key())
            .ok_or(AssignmentError::NotTheWitness)?;
        let mut hops = hops(&directory, entry.layer);
        if let Some(before) = &before {
            // What already waits for a relay that has left since goes to it all the same.
            let mut left = self::hops(&before.directory, entry.layer);
            left.retain(|hop| hops.iter().all(|known| known.id != hop.id));
            left.iter_mut().for_each(|hop| hop.left = true);
            hops.extend(left);
        }
        Ok(Self {
            id,
            layer: entry.layer,
            name: entry.name.clone(),
            hops,
            tls: Identity::from_seed(&secrets.key.expose())?,
            secrets,
            witness: named,
            directory,
            note,
            before,
            leaving: None,
            waiting: None,
            passed_over: false,
            running: false,
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

    /// Whether people rely on its scheme.
    pub fn purpose(&self) -> Purpose {
        self.directory.purpose
    }

    /// A later version that the configuration names: it waits until it is in force.
    pub fn waiting(&self) -> Option<u32> {
        self.waiting
    }

    /// The directory with its note.
    pub(crate) fn signed(&self) -> Result<SignedDirectory, DirectoryError> {
        SignedDirectory::verify(self.note.clone(), self.directory.scheme, 0, 0)
    }

    /// How its pool mixes.
    pub(crate) fn mix(&self) -> mix::Parameters {
        let mut mix = self.directory.parameters.mix;
        if self.closed() {
            // One shuffle of all there is: it hides each among them all, and nothing more will come.
            mix.release_ppm = 1_000_000;
            mix.min_pool = 0;
        }
        mix
    }

    /// Whether it takes nothing in any more.
    pub(crate) fn closed(&self) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| leaving.closed)
    }

    /// Cosigns a checkpoint at `now`, in seconds since 1970.
    pub(crate) fn cosign(&self, note: &mut Note, now: u64) {
        // The name was taken from a key that carries it, so a note can.
        let _ = note.cosign(self.witness.name(), &self.secrets.witness, now);
    }

    /// When this relay cosigned a note, in seconds since 1970, if it did.
    pub(crate) fn cosigned(&self, note: &Note) -> Option<u64> {
        let own = std::slice::from_ref(&self.witness);
        let good = note.cosigned_by(own).ok()?;
        good.first().map(|(_, time)| *time)
    }

    /// Whether a peer may hand packets to this relay.
    pub(crate) fn takes_from(&self, peer: Option<&[u8; 32]>) -> bool {
        match (self.layer.before(), peer) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(layer), Some(key)) => {
                let has =
                    |directory: &Directory| directory.relay_of_layer_with_key(layer, key).is_some();
                has(&self.directory) || self.heard().is_some_and(|before| has(&before.directory))
            }
        }
    }

    /// The entry relay that a peer is.
    pub(crate) fn entry(&self, peer: Option<&[u8; 32]>) -> Option<NodeId> {
        let entry = |directory: &Directory| {
            let entry = directory.relay_of_layer_with_key(Layer::Entry, peer?)?;
            Some(entry.id)
        };
        let before = || entry(&self.heard()?.directory);
        entry(&self.directory).or_else(before)
    }

    /// The place of a next hop among [`Assignment::hops`].
    pub(crate) fn hop(&self, next: NodeId) -> Option<usize> {
        let heard = self.heard().is_some();
        self.hops
            .iter()
            .position(|hop| hop.id == next && (heard || !hop.left))
    }

    /// The directory before this one, as long as its relays are heard.
    fn heard(&self) -> Option<&Before> {
        let before = self.before.as_ref();
        before.filter(|before| before.counts(clock::now()))
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
            left: false,
        }
    }
}

/// Whom a relay of `layer` passes on to.
fn hops(directory: &Directory, layer: Layer) -> Vec<Hop> {
    match layer.after() {
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
    }
}
