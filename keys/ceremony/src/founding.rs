//! Making a scheme: every key is drawn, and the officers sign the first directory (SPEC §4.7).

use brolly_keys::epoch::Epoch;
use brolly_keys::file::{Cost, FileError, KeyFile, Kind, Label};
use brolly_keys::note::{NamedKey, Note, NoteError};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::{Authority, Desk, Log, Relay, Signer, Witness};
use brolly_keys::sign::{SigningKey, Verified};
use brolly_protocol::directory::{DeskEntry, Directory, DirectoryError, InboxEntry, RelayEntry};
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::plan::{self, Plan, PlanError};

/// A scheme that has just been made and is nowhere but in memory.
pub struct Founding {
    /// The directory, as its officers signed it.
    pub directory: Verified<Directory>,
    /// The signed note around it.
    pub note: Note,
    /// Everybody who gets a key file: officers, relays, the inbox, desks.
    pub holders: Vec<Holder>,
    /// One invitation a project.
    pub invitations: Vec<ProjectLink>,
}

/// The invitation of a project.
pub struct ProjectLink {
    /// The project.
    pub project: String,
    /// The link, with the project's secret in it.
    pub link: Zeroizing<String>,
}

/// Somebody who gets a key file.
pub struct Holder {
    keys: KeyFile,
    listen: Option<String>,
}

/// Why a scheme was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoundError {
    /// The plan contradicts itself.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No client would accept the directory that the plan describes.
    #[error("no scheme can be made from this plan: {0}")]
    Directory(#[from] DirectoryError),
    /// The directory cannot be signed.
    #[error("the directory cannot be signed: {0}")]
    Note(#[from] NoteError),
    /// More entry relays than an invitation names.
    #[error(
        "the invitation to {0} does not fit into a link: keep to 255 relays of layer 0, of at least one"
    )]
    Invitation(String),
}

/// Draws every key of a plan at `now` (seconds since 1970), lets all officers sign, and verifies the result as any
/// client would.
///
/// # Errors
/// [`FoundError`].
pub fn found(plan: &Plan, now: u64, rng: &mut impl CryptoRng) -> Result<Founding, FoundError> {
    let mut holders = Vec::new();
    let mut officers = Vec::new();
    let mut named = Vec::new();
    for officer in &plan.officers {
        let name = officer.name.as_str();
        let key = SigningKey::<Authority>::generate(rng);
        named.push(NamedKey::new(name, key.verifying_key()).ok_or(NoteError::Signature)?);
        holders.push(Holder::new(Kind::Officer, name, &key, None));
        officers.push((name, key));
    }
    let mut relays = Vec::new();
    for relay in &plan.relays {
        let (entry, holder) = draw_relay(relay, rng)?;
        relays.push(entry);
        holders.push(holder);
    }
    let (inbox, holder) = draw_inbox(&plan.inbox, rng)?;
    holders.push(holder);
    let parameters = plan.parameters.signed();
    let first = Epoch::at(now, parameters.desk_epoch);
    let mut members = Zeroizing::new([0; 32]);
    rng.fill_bytes(members.as_mut());
    let mut desks = Vec::new();
    for desk in &plan.desks {
        let (entry, holder) = draw_desk(desk, first, plan.weeks, &members, rng);
        desks.push(entry);
        holders.push(holder);
    }

    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: plan.name.as_str().to_owned(),
        version: 1,
        issued: now,
        expires: now.saturating_add(plan.valid_days * 86_400),
        threshold: plan.threshold,
        officers: named,
        relays,
        inbox,
        desks,
        parameters,
    };
    directory.scheme = directory.founders();
    let mut note = Note::unsigned(directory.to_text()?)?;
    for (name, key) in &officers {
        note.sign(name, key)?;
    }
    let directory = Directory::verify(note.to_string().as_bytes(), directory.scheme, now, 0)?;
    let invitations = plan
        .projects
        .iter()
        .map(|project| invite(&directory, project.as_str(), *members, rng))
        .collect::<Result<_, _>>()?;
    Ok(Founding {
        directory,
        note,
        holders,
        invitations,
    })
}

impl Holder {
    fn new<R: Signer>(
        kind: Kind,
        name: &str,
        identity: &SigningKey<R>,
        listen: Option<String>,
    ) -> Self {
        let mut keys = KeyFile::new(kind, name, identity.verifying_key().to_bytes());
        keys.insert(Label::Identity, 0, &identity.expose());
        Self { keys, listen }
    }

    /// Whose keys these are.
    pub fn kind(&self) -> Kind {
        self.keys.header().kind
    }

    /// The holder's name in the scheme; the inbox is called `inbox`.
    pub fn name(&self) -> &str {
        &self.keys.header().name
    }

    /// The holder in a sentence: `relay leeds`, or just `inbox`.
    pub fn title(&self) -> String {
        if self.kind() == Kind::Inbox {
            return self.kind().to_string();
        }
        format!("{} {}", self.kind(), self.name())
    }

    /// Where the holder's program listens, if it does.
    pub fn listen(&self) -> Option<&str> {
        self.listen.as_deref()
    }

    /// The bytes of the holder's key file under a passphrase. Takes a moment by intent.
    ///
    /// # Errors
    /// [`FileError::TooLarge`].
    pub fn seal(&self, passphrase: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, FileError> {
        self.keys.encrypt(passphrase, Cost::STANDARD, rng)
    }
}

fn draw_relay(
    plan: &plan::Relay,
    rng: &mut impl CryptoRng,
) -> Result<(RelayEntry, Holder), PlanError> {
    let identity = SigningKey::<Relay>::generate(rng);
    let key = identity.verifying_key();
    let name = plan.name.as_str();
    let listen = plan.listen()?.to_string();
    let mut holder = Holder::new(Kind::Relay, name, &identity, Some(listen));
    let witness = SigningKey::<Witness>::generate(rng);
    holder.keys.insert(Label::Witness, 0, &witness.expose());
    let entry = RelayEntry {
        id: NodeId::of(&key),
        name: name.to_owned(),
        address: plan.address.as_str().to_owned(),
        layer: plan.layer.0,
        operator: plan.operator.as_str().to_owned(),
        kind: plan.kind.as_str().to_owned(),
        key,
        witness: witness.verifying_key(),
    };
    Ok((entry, holder))
}

fn draw_inbox(
    plan: &plan::Inbox,
    rng: &mut impl CryptoRng,
) -> Result<(InboxEntry, Holder), PlanError> {
    let identity = SigningKey::<Log>::generate(rng);
    let log = SigningKey::<Log>::generate(rng);
    let key = identity.verifying_key();
    let listen = plan.listen()?.to_string();
    let mut holder = Holder::new(Kind::Inbox, "inbox", &identity, Some(listen));
    holder.keys.insert(Label::Log, 0, &log.expose());
    let entry = InboxEntry {
        id: NodeId::of(&key),
        address: plan.address.as_str().to_owned(),
        key,
        log_key: log.verifying_key(),
    };
    Ok((entry, holder))
}

fn draw_desk(
    plan: &plan::Desk,
    first: Epoch,
    weeks: u32,
    members: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> (DeskEntry, Holder) {
    let identity = SigningKey::<Desk>::generate(rng);
    let key = identity.verifying_key();
    let name = plan.name.as_str();
    let mut holder = Holder::new(Kind::Desk, name, &identity, None);
    let mut public = Vec::new();
    for week in 0..weeks {
        let (epoch, secret) = (first.plus(week), SecretKey::<Desk>::generate(rng));
        public.push((epoch, secret.public()));
        let seed = secret.expose();
        holder.keys.insert(Label::Week, epoch.number(), &seed);
    }
    let mut casebook = Zeroizing::new([0; 32]);
    rng.fill_bytes(casebook.as_mut());
    holder.keys.insert(Label::Casebook, 0, &casebook);
    holder.keys.insert(Label::Members, 0, members);
    let area = plan.area.as_ref().map(|area| area.as_str().to_owned());
    let entry = DeskEntry {
        id: NodeId::of(&key),
        name: name.to_owned(),
        slot: plan.slot,
        area: area.unwrap_or_default(),
        alerts: plan.alerts.unwrap_or(plan.slot == Slot::Scheme),
        key,
        weeks: public,
    };
    (entry, holder)
}

fn invite(
    directory: &Directory,
    project: &str,
    members: [u8; 32],
    rng: &mut impl CryptoRng,
) -> Result<ProjectLink, FoundError> {
    let mut secret = [0; 16];
    rng.fill_bytes(&mut secret);
    let invitation = Invitation {
        scheme: directory.scheme,
        project: project.to_owned(),
        secret,
        members,
        entries: directory
            .layer(Layer::Entry)
            .map(|relay| Entrance {
                key: relay.key.to_bytes(),
                address: relay.address.clone(),
            })
            .collect(),
    };
    let project = project.to_owned();
    match invitation.to_link().map(Zeroizing::new) {
        Some(link) => Ok(ProjectLink { project, link }),
        None => Err(FoundError::Invitation(project)),
    }
}
