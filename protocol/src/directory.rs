//! The directory: who the relays, the inbox and the desks are, signed by k of n officers (SPEC §4).
//!
//! Its text is TOML, readable by the people who sign it; the signatures are a C2SP signed note around it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brolly_keys::note::{NamedKey, Note, NoteError, NoteVerifyError};
use brolly_keys::role::{Authority, Desk, Log, Relay, Witness};
use brolly_keys::sign::{Statement, Verified, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::log::Hash;
use crate::mix;
use crate::node::{NodeId, SchemeId};
use crate::onion::Layer;
use crate::report::Slot;
use crate::token::IssuerPeriod;

mod current;
mod officers;
mod path;
mod rules;
#[cfg(test)]
pub(crate) mod sample;
mod text;

pub use current::{Current, CurrentError, Freshness};
pub use officers::{Former, Handover};
pub use path::PathError;

/// A scheme's directory, as its officers signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The scheme: the fingerprint of its founding officers.
    pub scheme: SchemeId,
    /// The scheme's name for people.
    pub name: String,
    /// The page that a worker's browser turns to when she leaves hers at once: a weather site, by its https address. Empty for
    /// the one that the page knows.
    pub weather: String,
    /// Whether people rely on it.
    pub purpose: Purpose,
    /// Counts up by one with every change.
    pub version: u32,
    /// SHA-256 of the text that the officers signed; zeros in one that was never written.
    pub digest: Hash,
    /// When it stops being valid, in seconds since 1970; at most 90 days after `issued`.
    pub expires: u64,
    /// When it was drawn up, in seconds since 1970.
    pub issued: u64,
    /// How many officers must sign.
    pub threshold: usize,
    /// The officers.
    pub officers: Vec<NamedKey<Authority>>,
    /// The officers before them, the founders first; empty while the founders are in office.
    pub former: Vec<Former>,
    /// The relays.
    pub relays: Vec<RelayEntry>,
    /// The inbox.
    pub inbox: InboxEntry,
    /// Who signs admission tokens.
    pub issuer: IssuerEntry,
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

/// The issuer of admission tokens: a role of one of the relays, which is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerEntry {
    /// The relay.
    pub relay: NodeId,
    /// Its signing keys, ascending; each begins before the one before it is over.
    pub keys: Vec<IssuerPeriod>,
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
}

/// Whether people rely on a scheme. Part of its id, so that no vote of its officers can change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(
    clippy::exhaustive_enums,
    reason = "whoever shows a directory must handle each"
)]
pub enum Purpose {
    /// For people: its parameters keep the anonymity goal.
    Real,
    /// For demonstrations, tests and training: its parameters may be anything, and nobody is anonymous in it.
    Drill,
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
    /// Seconds after it was logged at which the next version of the directory takes effect.
    pub effective_after: u64,
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
    /// Officers were changed without those before them, or without themselves.
    #[error(
        "the officers of generation {generation} were not put in office by enough of those before them and of themselves: {good} signed, and {needed} must"
    )]
    Succession {
        /// Which officers; the founders are 0.
        generation: usize,
        /// Signatures that are good.
        good: usize,
        /// Signatures that are needed.
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
    /// Another text under a version that was seen before.
    #[error(
        "this version {version} of the directory is not the one that was seen before: its officers signed two, and somebody shows different people different ones"
    )]
    Forked {
        /// The version.
        version: u32,
    },
    /// It does not come next.
    #[error("version {given} of the directory cannot follow version {current}")]
    NotNext {
        /// The version given.
        given: u32,
        /// The version in force.
        current: u32,
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
        // Without trust it says whose signatures to ask for: the scheme's id is the hash of its founders.
        let in_office = |claimed: &Self| {
            if claimed.scheme != scheme || claimed.founders() != scheme {
                return Err(DirectoryError::OtherScheme);
            }
            claimed.officers_are_in_office()
        };
        let directory = note
            .verify_by_its_own::<Self, Authority>(|claimed| {
                in_office(claimed)?;
                Ok((&claimed.officers, claimed.threshold))
            })
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

    /// Checks that this directory, itself verified, may come directly after `current`: of the same scheme, the next
    /// version, its officers the same or put in office by those of `current`, its time not before.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn follows(&self, current: &Self) -> Result<(), DirectoryError> {
        if self.scheme != current.scheme {
            return Err(DirectoryError::OtherScheme);
        }
        if self.version <= current.version {
            return Err(match self.version == current.version {
                true if self.digest != current.digest => DirectoryError::Forked {
                    version: self.version,
                },
                _ => DirectoryError::RolledBack {
                    given: self.version,
                    seen: current.version,
                },
            });
        }
        if Some(self.version) != current.version.checked_add(1) {
            return Err(DirectoryError::NotNext {
                given: self.version,
                current: current.version,
            });
        }
        if self.issued < current.issued {
            return Err(DirectoryError::Rule(
                "it is issued no earlier than the version before it",
            ));
        }
        // Numbered anew, keys that are to be erased would be held for decades.
        if (self.parameters.packet_epoch, self.parameters.desk_epoch)
            != (
                current.parameters.packet_epoch,
                current.parameters.desk_epoch,
            )
        {
            return Err(DirectoryError::Rule(
                "the epochs of keys are as long as in the version before it",
            ));
        }
        self.officers_descend_from(current)
    }

    /// The note's text: TOML.
    ///
    /// # Errors
    /// [`DirectoryError::Rule`] for a directory that no client would accept.
    pub fn to_text(&self) -> Result<String, DirectoryError> {
        let text = text::write(self)?;
        // What is written must read back as itself, or officers would sign something nobody can use.
        match Self::parse(text.as_bytes()) {
            Ok(again)
                if again
                    == (Self {
                        digest: again.digest,
                        ..self.clone()
                    }) =>
            {
                Ok(text)
            }
            Ok(_) => Err(DirectoryError::Rule(
                "it does not survive being written down",
            )),
            Err(error) => Err(error),
        }
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

impl Statement for Directory {
    const DOMAIN: &'static str = "brolly/1 directory";
    type Error = DirectoryError;

    fn parse(bytes: &[u8]) -> Result<Self, DirectoryError> {
        let text = core::str::from_utf8(bytes)
            .map_err(|_| DirectoryError::Text("it is not text".to_string()))?;
        let mut directory = text::read(text)?;
        directory.digest = Sha256::digest(bytes).into();
        directory.obeys_the_rules()?;
        Ok(directory)
    }
}

#[cfg(test)]
mod tests;
