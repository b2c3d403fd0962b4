//! Directories, and which of their officers signed.

use brolly_keys::note::Note;
use brolly_keys::sign::Statement;
use brolly_protocol::directory::{
    DeskEntry, Directory, DirectoryError, Former, Parameters, Purpose,
};
use brolly_protocol::node::NodeId;
use brolly_protocol::report::Slot;
use brolly_protocol::token::IssuerPeriod;
use serde::Serialize;

use super::handover::signatures;
use super::row;
use crate::time::{date, moment, span};

/// A directory as a file claims it, and what a program would say to it.
pub(super) struct Claimed {
    pub(super) directory: Directory,
    note: Note,
    refused: Option<DirectoryError>,
}

/// A directory in words.
#[derive(Debug, Serialize)]
pub struct DirectoryFinding {
    /// The scheme's name.
    pub name: String,
    /// The scheme's id, 64 hex digits.
    pub scheme: String,
    /// Whether people rely on it.
    pub purpose: Purpose,
    /// The version.
    pub version: u32,
    /// SHA-256 of the text that is signed, 64 hex digits.
    pub digest: String,
    /// When it was drawn up, in seconds since 1970.
    pub issued: u64,
    /// When it stops being valid, in seconds since 1970.
    pub expires: u64,
    /// Officers that must sign.
    pub threshold: usize,
    /// The officers, and whether each has signed.
    pub signatures: Vec<Signature>,
    /// Names under it that are no officer's, or whose key is another.
    pub strangers: Vec<String>,
    /// Officers who were in office before, the founders first.
    pub former: Vec<FormerFinding>,
    /// Whether the programs of this scheme accept it now.
    pub accepted: bool,
    /// Why not.
    pub objection: Option<String>,
    /// The relays, by layer.
    pub relays: Vec<RelayFinding>,
    /// The inbox.
    pub inbox: InboxFinding,
    /// Who signs admission tokens.
    pub issuer: IssuerFinding,
    /// The desks.
    pub desks: Vec<DeskFinding>,
    /// The parameters, a sentence each.
    pub parameters: Vec<String>,
}

/// An officer's signature.
#[derive(Debug, Serialize)]
pub struct Signature {
    /// The officer.
    pub officer: String,
    /// The fingerprint of the officer's key, 32 hex digits.
    pub fingerprint: String,
    /// What stands under the directory.
    pub state: SignatureState,
}

/// What stands under a directory in an officer's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SignatureState {
    /// A signature that matches.
    Good,
    /// A signature that does not.
    Wrong,
    /// None.
    Missing,
}

/// Officers who handed over to others.
#[derive(Debug, Serialize)]
pub struct FormerFinding {
    /// How many of them had to sign.
    pub threshold: usize,
    /// Their names.
    pub officers: Vec<String>,
}

/// A relay.
#[derive(Debug, Serialize)]
pub struct RelayFinding {
    /// 0, 1 or 2.
    pub layer: u8,
    /// Its name.
    pub name: String,
    /// `host:port`.
    pub address: String,
    /// Who runs it.
    pub operator: String,
    /// What kind of organisation that is.
    pub kind: String,
    /// The fingerprint of its key, 32 hex digits.
    pub fingerprint: String,
    /// The fingerprint of the key it cosigns the logs with, 32 hex digits.
    pub witness: String,
}

/// The inbox.
#[derive(Debug, Serialize)]
pub struct InboxFinding {
    /// `host:port`.
    pub address: String,
    /// The fingerprint of its key, 32 hex digits.
    pub fingerprint: String,
}

/// The issuer of admission tokens.
#[derive(Debug, Serialize)]
pub struct IssuerFinding {
    /// The relay that has this role.
    pub relay: String,
    /// Its keys.
    pub keys: Vec<IssuerKeyFinding>,
}

/// One of the issuer's keys.
#[derive(Debug, Serialize)]
pub struct IssuerKeyFinding {
    /// The month, counted from January 1970.
    pub period: u32,
    /// When it begins, in seconds since 1970.
    pub from: u64,
    /// When it is over, in seconds since 1970.
    pub until: u64,
    /// The key's id, 8 hex digits.
    pub id: String,
}

/// A desk.
#[derive(Debug, Serialize)]
pub struct DeskFinding {
    /// Its name.
    pub name: String,
    /// Its place in every cell.
    pub slot: Slot,
    /// The area or project it is for, or nothing.
    pub area: String,
    /// Whether it may publish alerts to the members.
    pub alerts: bool,
    /// The fingerprint of its key, 32 hex digits.
    pub fingerprint: String,
}

impl Claimed {
    /// Whether a text sets out to be a directory.
    pub(super) fn recognises(text: &str) -> bool {
        text.lines()
            .take(20)
            .any(|line| line.trim() == format!("format = \"{}\"", Directory::DOMAIN))
    }

    pub(super) fn read(bytes: &[u8], now: u64) -> Result<Self, DirectoryError> {
        let note = Note::parse(bytes).map_err(DirectoryError::Note)?;
        let directory = Directory::parse(note.text().as_bytes())?;
        let refused = Directory::verify(bytes, directory.scheme, now, 0).err();
        Ok(Self {
            directory,
            note,
            refused,
        })
    }

    /// Why the directory that something was compared with deserves no trust.
    pub(super) fn objection(&self) -> Option<String> {
        self.refused
            .as_ref()
            .map(|error| format!("no program accepts the directory it was compared with: {error}"))
    }
}

impl DirectoryFinding {
    pub(super) fn new(claimed: &Claimed) -> Self {
        let directory = &claimed.directory;
        let signatures = signatures(&claimed.note, &directory.officers);
        let signed = |name: &str| {
            let by_name = |s: &&Signature| s.officer == name && s.state != SignatureState::Missing;
            signatures.iter().find(by_name).is_some()
        };
        let mut relays: Vec<RelayFinding> = directory
            .relays
            .iter()
            .map(|relay| RelayFinding {
                layer: relay.layer.number(),
                name: relay.name.clone(),
                address: relay.address.clone(),
                operator: relay.operator.clone(),
                kind: relay.kind.clone(),
                fingerprint: relay.id.to_string(),
                witness: NodeId::of(&relay.witness).to_string(),
            })
            .collect();
        relays.sort_by_key(|relay| relay.layer);
        Self {
            name: directory.name.clone(),
            scheme: directory.scheme.to_string(),
            purpose: directory.purpose,
            version: directory.version,
            digest: hex(&directory.digest),
            issued: directory.issued,
            expires: directory.expires,
            threshold: directory.threshold,
            strangers: claimed
                .note
                .signers()
                .filter(|name| !signed(name))
                .map(str::to_owned)
                .collect(),
            former: directory.former.iter().map(FormerFinding::new).collect(),
            accepted: claimed.refused.is_none(),
            objection: claimed.refused.as_ref().map(ToString::to_string),
            relays,
            inbox: InboxFinding {
                address: directory.inbox.address.clone(),
                fingerprint: directory.inbox.id.to_string(),
            },
            issuer: IssuerFinding::new(directory),
            desks: directory.desks.iter().map(DeskFinding::new).collect(),
            parameters: sentences(&directory.parameters),
            signatures,
        }
    }

    pub(super) fn words(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "A directory: who the officers, relays, inbox and desks of the scheme {} are.",
                self.name
            ),
            row("scheme id", &self.scheme),
            row(
                "",
                "compare it with the id you were given: a directory vouches only for itself",
            ),
            row(
                "purpose",
                match self.purpose {
                    Purpose::Real => "real: people rely on it",
                    Purpose::Drill => "A DRILL: nobody is anonymous in it",
                },
            ),
            row("digest", &self.digest),
            row(
                "version",
                &format!(
                    "{}, issued {}, expires {}",
                    self.version,
                    moment(self.issued),
                    moment(self.expires)
                ),
            ),
            row(
                "accepted",
                &match &self.objection {
                    None => "yes, by every program of this scheme, now".to_owned(),
                    Some(objection) => format!("no: {objection}"),
                },
            ),
            row(
                "officers",
                &format!("{} of {} must sign", self.threshold, self.signatures.len()),
            ),
        ];
        lines.extend(self.signatures.iter().map(Signature::words));
        lines.extend(self.strangers.iter().map(|name| {
            row(
                "",
                &format!("{name}: signed, but with a key that is no officer's here"),
            )
        }));
        lines.extend(self.former.iter().enumerate().map(FormerFinding::words));
        lines.extend(self.relays.iter().map(RelayFinding::words));
        let inbox = format!("at {}, key {}", self.inbox.address, self.inbox.fingerprint);
        lines.push(row("inbox", &inbox));
        lines.extend(self.issuer.words());
        lines.extend(self.desks.iter().map(DeskFinding::words));
        let titles = ["parameters"].into_iter().chain(core::iter::repeat(""));
        lines.extend(
            titles
                .zip(&self.parameters)
                .map(|(title, text)| row(title, text)),
        );
        lines
    }
}

impl Signature {
    pub(super) fn words(&self) -> String {
        let state = match self.state {
            SignatureState::Good => "good signature",
            SignatureState::Wrong => "WRONG SIGNATURE",
            SignatureState::Missing => "has not signed",
        };
        row(
            "",
            &format!("{}: {state}, key {}", self.officer, self.fingerprint),
        )
    }
}

impl FormerFinding {
    fn new(former: &Former) -> Self {
        let names = former.officers.iter().map(|officer| officer.name());
        Self {
            threshold: former.threshold,
            officers: names.map(str::to_owned).collect(),
        }
    }

    fn words((generation, former): (usize, &Self)) -> String {
        let whose = match generation {
            0 => "the founders".to_owned(),
            _ => format!("generation {generation}"),
        };
        let (threshold, names) = (former.threshold, former.officers.join(", "));
        let count = former.officers.len();
        row(
            "",
            &format!("before them {whose}, {threshold} of {count} signing: {names}"),
        )
    }
}

impl RelayFinding {
    fn words(&self) -> String {
        row(
            &format!("layer {}", self.layer),
            &format!(
                "{} at {}, run by {} ({}), key {}, cosigns the logs with key {}",
                self.name, self.address, self.operator, self.kind, self.fingerprint, self.witness
            ),
        )
    }
}

impl IssuerFinding {
    fn new(directory: &Directory) -> Self {
        let issuer = &directory.issuer;
        let relay = directory.relay(issuer.relay);
        Self {
            relay: relay.map(|relay| relay.name.clone()).unwrap_or_default(),
            keys: issuer.keys.iter().map(IssuerKeyFinding::new).collect(),
        }
    }

    fn words(&self) -> Vec<String> {
        let mut lines = vec![row(
            "issuer",
            &format!(
                "the relay {} signs the tokens that posting takes",
                self.relay
            ),
        )];
        lines.extend(self.keys.iter().map(|key| {
            let (from, until) = (date(key.from), date(key.until));
            row(
                "",
                &format!("from {from} until {until} with key {}", key.id),
            )
        }));
        lines
    }
}

impl IssuerKeyFinding {
    fn new(held: &IssuerPeriod) -> Self {
        Self {
            period: held.period,
            from: held.from,
            until: held.until,
            id: hex(&held.key.id()),
        }
    }
}

impl DeskFinding {
    fn new(desk: &DeskEntry) -> Self {
        Self {
            name: desk.name.clone(),
            slot: desk.slot,
            area: desk.area.clone(),
            alerts: desk.alerts,
            fingerprint: desk.id.to_string(),
        }
    }

    fn words(&self) -> String {
        let whose = whose(self.slot, &self.area);
        let alerts = if self.alerts {
            "may publish alerts"
        } else {
            "may not publish alerts"
        };
        let text = format!(
            "{}, for {whose}: {alerts}, key {}",
            self.name, self.fingerprint
        );
        row("desk", &text)
    }
}

/// Whom a desk reads for.
pub(crate) fn whose(slot: Slot, area: &str) -> String {
    match slot {
        Slot::Scheme => "the scheme's caseworkers".to_owned(),
        Slot::Police => "police intelligence".to_owned(),
        Slot::Specialist => format!("the specialist team for {area}"),
        Slot::Project => format!("the project {area}"),
        _ => area.to_owned(),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sentences(parameters: &Parameters) -> Vec<String> {
    let mix = &parameters.mix;
    let (percent, rest) = (mix.release_ppm / 10_000, mix.release_ppm % 10_000);
    vec![
        format!(
            "every {} each waiting packet leaves a relay with a probability of {percent}.{rest:04} %, so it stays {} on average",
            span(mix.tick_ms.into()),
            span(stay(parameters))
        ),
        format!("{} packets always stay behind in a relay", mix.min_pool),
        format!(
            "a relay's packet key lasts {}, a desk's key {}",
            span(u128::from(parameters.packet_epoch) * 1_000),
            span(u128::from(parameters.desk_epoch) * 1_000)
        ),
        format!(
            "the next directory takes effect {} after it was logged",
            span(u128::from(parameters.effective_after) * 1_000)
        ),
        format!(
            "the inbox publishes what it admitted at intervals of {}",
            span(parameters.publish_ms.into())
        ),
        format!(
            "clients fetch the last {} entries of each log, and read a telephone number without a country as one of +{}",
            parameters.window, parameters.calling_code
        ),
        format!(
            "one cover cell in {} is delivered, the others end at the last relay",
            parameters.cover_deliver_one_in
        ),
    ]
}

/// How long a packet stays in a relay on average, in milliseconds.
pub(crate) fn stay(parameters: &Parameters) -> u128 {
    let mix = &parameters.mix;
    u128::from(mix.tick_ms) * 1_000_000 / u128::from(mix.release_ppm.max(1))
}
