//! Making a scheme: every key is drawn, and the officers sign the first directory (SPEC §4.7).

use brolly_keys::blind::BlindError;
use brolly_keys::note::{Note, NoteError};
use brolly_keys::sign::Verified;
use brolly_protocol::directory::{Directory, DirectoryError, IssuerEntry};
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::holder::{Holder, draw_desk, draw_inbox, draw_officer, draw_relay};
use crate::issuer::{Projects, draw_months, month};
use crate::plan::{Plan, PlanError};

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
    /// What the issuer knows of the projects.
    pub projects: Projects,
}

/// The invitation of a project.
pub struct ProjectLink {
    /// The project.
    pub project: String,
    /// The link, with the project's secret in it.
    pub link: Zeroizing<String>,
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
    /// A key of the issuer.
    #[error("the issuer's key cannot be made: {0}")]
    Issuer(#[from] BlindError),
    /// More entry relays than an invitation names.
    #[error(
        "the invitation to {0} does not fit into a link: keep to 255 relays of layer 0, of at least one"
    )]
    Invitation(String),
}

/// Draws every key of a plan at `now` (seconds since 1970), lets all officers sign, and verifies the result as any
/// client would. `told` hears of what takes long.
///
/// # Errors
/// [`FoundError`].
pub fn found(
    plan: &Plan,
    now: u64,
    rng: &mut impl CryptoRng,
    told: &mut dyn FnMut(&str),
) -> Result<Founding, FoundError> {
    let mut holders = Vec::new();
    let mut keys = Vec::new();
    let mut named = Vec::new();
    for officer in &plan.officers {
        let (name, key, holder) = draw_officer(officer.name.as_str(), rng)?;
        named.push(name);
        holders.push(holder);
        keys.push(key);
    }
    let mut relays = Vec::new();
    let mut issuer = IssuerEntry {
        relay: NodeId([0; 16]),
        keys: Vec::new(),
    };
    for relay in &plan.relays {
        let (entry, mut holder) = draw_relay(relay, rng)?;
        if relay.name == plan.issuer.relay {
            issuer.relay = entry.id;
            let months = plan.issuer.months;
            issuer.keys = draw_months(&mut holder.keys, month(now), months, rng, told)?;
        }
        relays.push(entry);
        holders.push(holder);
    }
    let (inbox, holder) = draw_inbox(&plan.inbox, rng)?;
    holders.push(holder);
    let mut members = Zeroizing::new([0; 32]);
    rng.fill_bytes(members.as_mut());
    let mut desks = Vec::new();
    for desk in &plan.desks {
        let (entry, holder) = draw_desk(desk, &members, rng);
        desks.push(entry);
        holders.push(holder);
    }

    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: plan.name.as_str().to_owned(),
        weather: plan.weather.clone(),
        purpose: plan.purpose,
        version: 1,
        digest: [0; 32],
        issued: now,
        expires: now.saturating_add(plan.valid_days * 86_400),
        threshold: plan.threshold,
        officers: named,
        former: Vec::new(),
        relays,
        inbox,
        issuer,
        desks,
        parameters: plan.parameters.signed(),
    };
    directory.scheme = directory.founders();
    let mut note = Note::unsigned(directory.to_text()?)?;
    for (officer, key) in directory.officers.iter().zip(&keys) {
        note.sign(officer.name(), key)?;
    }
    let directory = Directory::verify(note.to_string().as_bytes(), directory.scheme, now, 0)?;
    let mut projects = Projects::new();
    let mut invitations = Vec::new();
    for project in &plan.projects {
        let name = project.as_str();
        let mut secret = Zeroizing::new([0; 16]);
        rng.fill_bytes(secret.as_mut());
        projects.add(directory.scheme, name, &secret, plan.issuer.quota);
        invitations.push(invite(&directory, name, *secret, *members)?);
    }
    Ok(Founding {
        directory,
        note,
        holders,
        invitations,
        projects,
    })
}

fn invite(
    directory: &Directory,
    project: &str,
    secret: [u8; 16],
    members: [u8; 32],
) -> Result<ProjectLink, FoundError> {
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
