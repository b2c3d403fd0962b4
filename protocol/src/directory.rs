//! The directory: who the relays, the inbox and the desks are, signed by k of n officers (SPEC §4).
//!
//! Its text is TOML, readable by the people who sign it; the signatures are a C2SP signed note around it.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brolly_keys::epoch::Epoch;
use brolly_keys::note::{NamedKey, Note, NoteError, NoteVerifyError};
use brolly_keys::pair::PublicKey;
use brolly_keys::role::{Authority, Desk, Log, Relay, Witness};
use brolly_keys::sign::{Statement, Verified, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::mix;
use crate::node::{NodeId, SchemeId};
use crate::onion::Layer;
use crate::report::Slot;

mod path;
#[cfg(test)]
pub(crate) mod sample;
mod text;

pub use path::PathError;

/// A scheme's directory, as its officers signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The scheme: the fingerprint of its founding officers.
    pub scheme: SchemeId,
    /// The scheme's name for people.
    pub name: String,
    /// Counts up with every change.
    pub version: u32,
    /// When it stops being valid, in seconds since 1970; at most 90 days after `issued`.
    pub expires: u64,
    /// When it was drawn up, in seconds since 1970.
    pub issued: u64,
    /// How many officers must sign.
    pub threshold: usize,
    /// The officers.
    pub officers: Vec<NamedKey<Authority>>,
    /// The relays.
    pub relays: Vec<RelayEntry>,
    /// The inbox.
    pub inbox: InboxEntry,
    /// The desks.
    pub desks: Vec<DeskEntry>,
    /// How everything behaves.
    pub parameters: Parameters,
}

/// A relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayEntry {
    /// The id of its key.
    pub id: NodeId,
    /// Its name for people.
    pub name: String,
    /// `host:port`.
    pub address: String,
    /// Its place on every path.
    pub layer: Layer,
    /// Who runs it.
    pub operator: String,
    /// What kind of organisation that is; no path stays within one kind.
    pub kind: String,
    /// Its identity key.
    pub key: VerifyingKey<Relay>,
    /// The key it cosigns checkpoints with.
    pub witness: VerifyingKey<Witness>,
}

/// The inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// The id of its identity key.
    pub id: NodeId,
    /// `host:port`.
    pub address: String,
    /// The key it shows on TLS.
    pub key: VerifyingKey<Log>,
    /// The key it signs the logs' checkpoints with.
    pub log_key: VerifyingKey<Log>,
}

/// A desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskEntry {
    /// The id of its identity key.
    pub id: NodeId,
    /// Its name for people.
    pub name: String,
    /// Its place in every cell.
    pub slot: Slot,
    /// For a specialist team, the area it is for; for a project's desk, the project. Empty otherwise.
    pub area: String,
    /// Whether it may publish alerts to the members.
    pub alerts: bool,
    /// Its identity key.
    pub key: VerifyingKey<Desk>,
    /// Its keys by week, ascending.
    pub weeks: Vec<(Epoch, PublicKey<Desk>)>,
}

/// How everything behaves: the same for everybody, and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// The mix.
    pub mix: mix::Parameters,
    /// Seconds a relay's packet key is for.
    pub packet_epoch: u64,
    /// Seconds a desk's key is for.
    pub desk_epoch: u64,
    /// Milliseconds between publications of the logs.
    pub publish_ms: u64,
    /// Entries of each log, at least, that are in the window which every client fetches: seven days' worth.
    pub window: u32,
    /// The calling code of the scheme's country, for telephone numbers written without one.
    pub calling_code: u16,
    /// One cover cell in this many is delivered; the others end at the exit.
    pub cover_deliver_one_in: u32,
}

/// Why a directory is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The note around it is malformed.
    #[error("the directory is malformed: {0}")]
    Note(NoteError),
    /// The text cannot be read.
    #[error("the directory is malformed: {0}")]
    Text(String),
    /// Its officers are not those of the scheme.
    #[error("the directory belongs to another scheme")]
    OtherScheme,
    /// Fewer officers signed than must.
    #[error("the directory is signed by {good} officers, and {needed} must sign")]
    TooFew {
        /// Officers whose signatures are good.
        good: usize,
        /// Officers that must sign.
        needed: usize,
    },
    /// Its time is over.
    #[error("the directory has expired: fetch a newer one, and check the clock")]
    Expired,
    /// An earlier version than one already seen.
    #[error(
        "the directory is version {given}, but version {seen} was seen before: somebody may be rolling it back"
    )]
    RolledBack {
        /// The version given.
        given: u32,
        /// The version seen before.
        seen: u32,
    },
    /// It breaks a rule that every directory keeps.
    #[error("the directory breaks a rule: {0}")]
    Rule(&'static str),
}

impl Directory {
    /// Checks and reads a directory: it is of `scheme`, k of its n founding officers signed it, it is valid at `now`
    /// (seconds since 1970), and it is no older than version `seen`.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn verify(
        note: &[u8],
        scheme: SchemeId,
        now: u64,
        seen: u32,
    ) -> Result<Verified<Self>, DirectoryError> {
        let note = Note::parse(note).map_err(DirectoryError::Note)?;
        // Read once without trust, to learn whose signatures to ask for: the scheme's id is the hash of those officers.
        let claimed = Self::parse(note.text().as_bytes())?;
        if claimed.scheme != scheme || claimed.founders() != scheme {
            return Err(DirectoryError::OtherScheme);
        }
        let directory = note
            .verify::<Self, Authority>(&claimed.officers, claimed.threshold)
            .map_err(|error| match error {
                NoteVerifyError::TooFew { good, needed } => DirectoryError::TooFew { good, needed },
                NoteVerifyError::Statement(error) => error,
                NoteVerifyError::Note(error) => DirectoryError::Note(error),
                _ => DirectoryError::OtherScheme,
            })?;
        if now >= directory.expires {
            return Err(DirectoryError::Expired);
        }
        if directory.version < seen {
            return Err(DirectoryError::RolledBack {
                given: directory.version,
                seen,
            });
        }
        Ok(directory)
    }

    /// The note's text: TOML.
    ///
    /// # Errors
    /// [`DirectoryError::Rule`] for a directory that no client would accept.
    pub fn to_text(&self) -> Result<String, DirectoryError> {
        let text = text::write(self)?;
        // What is written must read back as itself, or officers would sign something nobody can use.
        match Self::parse(text.as_bytes()) {
            Ok(again) if again == *self => Ok(text),
            Ok(_) => Err(DirectoryError::Rule(
                "it does not survive being written down",
            )),
            Err(error) => Err(error),
        }
    }

    /// The id that these officers and this threshold found: SHA-256 of the name, the threshold and the keys in order.
    pub fn founders(&self) -> SchemeId {
        let mut hash = Sha256::new_with_prefix(b"brolly/1 scheme\0");
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
        hash.update(count(self.name.len()));
        hash.update(self.name.as_bytes());
        hash.update(count(self.threshold));
        for officer in &self.officers {
            hash.update(count(officer.name().len()));
            hash.update(officer.name().as_bytes());
            hash.update(officer.key().to_bytes());
        }
        SchemeId(hash.finalize().into())
    }

    /// The relay of this id.
    pub fn relay(&self, id: NodeId) -> Option<&RelayEntry> {
        self.relays.iter().find(|relay| relay.id == id)
    }

    /// The relays of a layer.
    pub fn layer(&self, layer: Layer) -> impl Iterator<Item = &RelayEntry> {
        self.relays.iter().filter(move |relay| relay.layer == layer)
    }

    /// The relay of `layer` that shows this identity key on TLS.
    pub fn relay_of_layer_with_key(&self, layer: Layer, key: &[u8; 32]) -> Option<&RelayEntry> {
        self.layer(layer).find(|relay| relay.key.to_bytes() == *key)
    }

    /// The desk that shows this identity key on TLS.
    pub fn desk_with_key(&self, key: &[u8; 32]) -> Option<&DeskEntry> {
        self.desks.iter().find(|desk| desk.key.to_bytes() == *key)
    }

    /// The desk of this id.
    pub fn desk(&self, id: NodeId) -> Option<&DeskEntry> {
        self.desks.iter().find(|desk| desk.id == id)
    }

    /// The desk that a cell's `slot` is for: for a specialist team the one for `area`, for a project's desk the one of `project`.
    pub fn desk_for(&self, slot: Slot, area: &str, project: &str) -> Option<&DeskEntry> {
        let wanted = match slot {
            Slot::Scheme | Slot::Police => "",
            Slot::Specialist => area,
            Slot::Project => project,
        };
        self.desks
            .iter()
            .find(|desk| desk.slot == slot && desk.area.eq_ignore_ascii_case(wanted))
    }
}

impl DeskEntry {
    /// The desk's key for a week.
    pub fn key_of(&self, week: Epoch) -> Option<&PublicKey<Desk>> {
        self.weeks
            .iter()
            .find(|(epoch, _)| *epoch == week)
            .map(|(_, key)| key)
    }
}

impl Statement for Directory {
    const DOMAIN: &'static str = "brolly/1 directory";
    type Error = DirectoryError;

    fn parse(bytes: &[u8]) -> Result<Self, DirectoryError> {
        let text = core::str::from_utf8(bytes)
            .map_err(|_| DirectoryError::Text("it is not text".to_string()))?;
        let directory = text::read(text)?;
        directory.obeys_the_rules()?;
        Ok(directory)
    }
}

impl Directory {
    /// Rules of SPEC §4.2.
    fn obeys_the_rules(&self) -> Result<(), DirectoryError> {
        let mix = &self.parameters.mix;
        let mut ids: Vec<NodeId> = self
            .relays
            .iter()
            .map(|relay| relay.id)
            .chain(self.desks.iter().map(|desk| desk.id))
            .chain([self.inbox.id])
            .collect();
        ids.sort_unstable();
        let distinct = ids.windows(2).all(|pair| pair.first() != pair.last());
        let witnesses: BTreeSet<[u8; 32]> = self
            .relays
            .iter()
            .map(|relay| relay.witness.to_bytes())
            .collect();
        let named =
            |area: &str, slot| matches!(slot, Slot::Scheme | Slot::Police) == area.is_empty();
        let slots = |slot| self.desks.iter().filter(|desk| desk.slot == slot).count();
        let ascending = |desk: &DeskEntry| desk.weeks.is_sorted_by(|a, b| a.0 < b.0);
        let rules = [
            (
                self.threshold >= 1 && self.threshold <= self.officers.len(),
                "the threshold is between one and the number of officers",
            ),
            (self.expires > self.issued, "it expires after it is issued"),
            (
                self.expires - self.issued.min(self.expires) <= 90 * 86_400,
                "it expires within 90 days",
            ),
            (
                distinct && witnesses.len() == self.relays.len(),
                "no key appears twice",
            ),
            (mix.tick_ms >= 1, "the tick is at least a millisecond"),
            (
                (1..=1_000_000).contains(&mix.release_ppm),
                "the probability of release is above 0 and at most 1",
            ),
            (
                self.parameters.packet_epoch >= 60 && self.parameters.desk_epoch >= 60,
                "keys live for at least a minute",
            ),
            (
                self.parameters.publish_ms >= 1,
                "the logs are published at intervals of at least a millisecond",
            ),
            (
                (256..=1 << 20).contains(&self.parameters.window),
                "the window is between 256 and 1,048,576 entries",
            ),
            (
                (1..=999).contains(&self.parameters.calling_code),
                "a calling code is between 1 and 999",
            ),
            (
                self.parameters.cover_deliver_one_in >= 1,
                "cover is delivered at most every time",
            ),
            (
                slots(Slot::Scheme) == 1 && slots(Slot::Police) <= 1,
                "there is one scheme desk and at most one police desk",
            ),
            (
                self.desks.iter().any(|desk| desk.alerts),
                "at least one desk may publish alerts",
            ),
            (
                self.desks.iter().all(|desk| named(&desk.area, desk.slot)),
                "specialist and project desks name their area or project, others do not",
            ),
            (
                self.desks.iter().all(ascending),
                "a desk's keys are in the order of their weeks",
            ),
            (
                self.has_a_path(),
                "there is a path through three layers and two kinds of operator",
            ),
        ];
        rules
            .into_iter()
            .find(|(kept, _)| !kept)
            .map_or(Ok(()), |(_, rule)| Err(DirectoryError::Rule(rule)))
    }
}

#[cfg(test)]
mod tests;
