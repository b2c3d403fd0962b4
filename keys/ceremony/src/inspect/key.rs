//! Key files.

use std::path::Path;

use brolly_keys::file::{Header, Kind, Lock};
use brolly_protocol::directory::Directory;
use serde::Serialize;

use super::directory::Claimed;
use super::{Standing, exposure, fingerprint, row, warnings};

/// What anybody may know of a key file.
#[derive(Debug, Serialize)]
pub struct KeyFinding {
    /// Whose keys: officer, relay, inbox or desk.
    pub kind: String,
    /// The holder's name.
    pub name: String,
    /// The fingerprint of the identity key's public half, 32 hex digits.
    pub fingerprint: String,
    /// How many shares open it, of how many, if it is in several hands.
    pub hands: Option<Hands>,
    /// What secrets a file of this kind holds, in words. Which of them this one does cannot be seen without its passphrase.
    pub holds: &'static str,
    /// Whether that key stands in the directory given.
    pub directory: Option<Standing>,
    /// What should be put right.
    pub warnings: Vec<String>,
}

/// A set of shares.
#[derive(Debug, Serialize)]
pub struct Hands {
    /// The set's name, 32 hex digits: the same in the key file and in each of its shares.
    pub set: String,
    /// How many are needed.
    pub threshold: u8,
    /// How many there are.
    pub shares: u8,
}

impl KeyFinding {
    pub(super) fn new(
        path: &Path,
        header: Header,
        given: Option<&Claimed>,
        exposed: bool,
    ) -> Option<Self> {
        let mut warnings = Vec::new();
        if exposed {
            warnings.push(exposure(path, "Brolly's programs refuse it"));
        }
        warnings.extend(given.and_then(Claimed::objection));
        Some(Self {
            kind: header.kind.to_string(),
            fingerprint: fingerprint(&header.public)?,
            hands: match &header.lock {
                Lock::Shares(set) => Some(Hands::new(set.id(), set.threshold(), set.shares())),
                Lock::Passphrase | _ => None,
            },
            holds: holds(header.kind),
            directory: given.map(|given| standing(&header, &given.directory)),
            name: header.name,
            warnings,
        })
    }

    pub(super) fn words(&self) -> Vec<String> {
        let holder = match self.kind.as_str() {
            "inbox" => "inbox".to_owned(),
            kind => format!("{kind} {}", self.name),
        };
        let sealed = match &self.hands {
            Some(hands) => format!(
                "in several hands: {} of its {} shares open it, and no passphrase does",
                hands.threshold, hands.shares
            ),
            None => "sealed under a passphrase".to_owned(),
        };
        let mut lines = vec![
            format!("A key file: it holds the secret keys of the {holder}, {sealed}."),
            row("fingerprint", &self.fingerprint),
        ];
        lines.extend(self.hands.iter().map(|hands| row("set", &hands.set)));
        lines.push(row("holds", self.holds));
        if let Some(standing) = &self.directory {
            lines.push(row("directory", &standing.sentence));
        }
        lines.extend(warnings(&self.warnings));
        lines
    }
}

impl Hands {
    pub(super) fn new(set: &[u8], threshold: u8, shares: u8) -> Self {
        Self {
            set: set.iter().map(|byte| format!("{byte:02x}")).collect(),
            threshold,
            shares,
        }
    }
}

fn holds(kind: Kind) -> &'static str {
    match kind {
        Kind::Officer => "the identity key, which signs directories",
        Kind::Relay => {
            "the identity key, the witness key, which cosigns the logs, and at the issuer the keys of the months"
        }
        Kind::Inbox => "the identity key, and the log key, which signs both logs",
        Kind::Desk => {
            "the identity key, the weekly keys that the desk made itself, the casebook key, and the members' root, which seals and opens alerts"
        }
        _ => "keys of a kind that this program does not know",
    }
}

fn standing(header: &Header, directory: &Directory) -> Standing {
    let public = &header.public;
    let found = match header.kind {
        Kind::Officer => directory
            .officers
            .iter()
            .find(|officer| officer.key().to_bytes() == *public)
            .map(|officer| officer.name()),
        Kind::Relay => directory
            .relays
            .iter()
            .find(|relay| relay.key.to_bytes() == *public)
            .map(|relay| relay.name.as_str()),
        Kind::Inbox => (directory.inbox.key.to_bytes() == *public).then_some("inbox"),
        Kind::Desk => directory
            .desk_with_key(public)
            .map(|desk| desk.name.as_str()),
        _ => None,
    };
    let whose = format!(
        "the directory of {}, version {}",
        directory.name, directory.version
    );
    let sentence = match found {
        Some(name) if name == header.name => {
            format!("this key stands in {whose}{}", may(header, directory))
        }
        Some(name) => format!("this key stands in {whose}, but under the name {name}"),
        None => format!("this key does not stand in {whose}"),
    };
    Standing {
        stands: found.is_some(),
        sentence,
    }
}

/// What the directory lets a desk do beyond reading and answering.
fn may(header: &Header, directory: &Directory) -> &'static str {
    let desk = directory.desk_with_key(&header.public);
    match desk.filter(|_| header.kind == Kind::Desk) {
        Some(desk) if desk.alerts => ", and may publish alerts there",
        Some(_) => ", and may not publish alerts there",
        None => "",
    }
}
