//! Inviting a project's members: one secret for all of them, as a link and as a code (SPEC §11.14).
//!
//! ```text
//!  new, rotate ──▶ secret and serial ──▶ key file, durable ──▶ POST /v1/projects at the issuer ──▶ key file: told
//!                                                                      └── killed here: the next command goes on
//!  told ──▶ link: scheme, project, secret, members' root, entries ──▶ terminal, PNG
//! ```
//!
//! Who was given a link is written down nowhere.

use brolly_protocol::geometry::PROJECT_SECRET;
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use zeroize::Zeroizing;

use crate::issuer::{self, IssuerError};
use crate::place::Place;
use crate::unlock::{Keys, ProjectSecret, UnlockError};

mod code;

pub use code::{Code, CodeError};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are three")]
pub enum Wanted {
    /// The project's first secret.
    New,
    /// The secret that there is.
    Show,
    /// Another in its place.
    Rotate,
}

/// What is to be done before there is something to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "whoever does it handles each")]
pub enum Step {
    /// Nothing: the issuer knows the secret.
    Show,
    /// A secret is to be drawn, and told.
    Draw,
    /// One was drawn and perhaps not told: the same is told.
    GoOn,
}

/// Why there is no invitation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// Not a project's own desk.
    #[error(
        "only a project\u{2019}s own desk invites, and the directory lists this one as another"
    )]
    NotAProject,
    /// There is one.
    #[error(
        "this project has a secret already: `brolly-desk invite show` shows its invitation, and `brolly-desk invite rotate` makes another, which ends this one"
    )]
    There,
    /// There is none.
    #[error("this project has no secret yet: make one with `brolly-desk invite new`")]
    None,
    /// A name or address over 255 bytes, or more than 255 entries.
    #[error(
        "no invitation has room for this: the project's name and each entry's address must have at most 255 bytes, and there may be 255 entries"
    )]
    TooLong,
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// The issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

/// Refuses to invite for a desk that is not a project's own.
///
/// # Errors
/// [`InviteError::NotAProject`].
pub fn may(place: &Place) -> Result<(), InviteError> {
    if place.desk.slot == Slot::Project {
        Ok(())
    } else {
        Err(InviteError::NotAProject)
    }
}

/// What has to be done first.
///
/// # Errors
/// [`InviteError::There`], [`InviteError::None`].
pub fn step(keys: &Keys, wanted: Wanted) -> Result<Step, InviteError> {
    match (keys.project_secret(), wanted) {
        (Some(ProjectSecret { told: false, .. }), _) => Ok(Step::GoOn),
        (Some(_), Wanted::New) => Err(InviteError::There),
        (Some(_), Wanted::Show) => Ok(Step::Show),
        (Some(_), Wanted::Rotate) | (None, Wanted::New) => Ok(Step::Draw),
        (None, Wanted::Show | Wanted::Rotate) => Err(InviteError::None),
    }
}

/// Does it; afterwards the issuer knows the project's newest secret. Whoever calls this keeps other programs away from the
/// key file.
///
/// # Errors
/// [`InviteError`]; a secret that was drawn is kept, and [`Step::GoOn`] is next.
pub async fn settle(place: &Place, keys: &mut Keys, step: Step) -> Result<(), InviteError> {
    if step == Step::Draw {
        keys.draw_project_secret(place.time.now())?;
    }
    let secret = keys.project_secret().ok_or(InviteError::None)?;
    if secret.told {
        return Ok(());
    }
    match issuer::tell(place, keys, &secret).await {
        Ok(()) => Ok(keys.told_project_secret(&secret)?),
        Err(IssuerError::Later) => {
            keys.forget_project_secrets()?;
            Err(IssuerError::Later.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The link of the project's newest secret.
///
/// # Errors
/// [`InviteError`].
pub fn link(place: &Place, keys: &Keys) -> Result<Zeroizing<String>, InviteError> {
    let secret = keys.project_secret().ok_or(InviteError::None)?;
    write(place, *keys.members()?, *secret.secret)
}

/// A link of the same length, whose secrets are zeros: whether it fits is known before a secret is drawn.
///
/// # Errors
/// [`InviteError::TooLong`].
pub fn sample(place: &Place) -> Result<Zeroizing<String>, InviteError> {
    write(place, [0; 32], [0; PROJECT_SECRET])
}

fn write(
    place: &Place,
    members: [u8; 32],
    secret: [u8; PROJECT_SECRET],
) -> Result<Zeroizing<String>, InviteError> {
    let entries = place.directory.layer(Layer::Entry);
    let invitation = Invitation {
        scheme: place.directory.scheme,
        project: place.desk.area.clone(),
        secret,
        members,
        entries: entries
            .map(|relay| Entrance {
                key: relay.key.to_bytes(),
                address: relay.address.clone(),
            })
            .collect(),
    };
    let link = invitation.to_link().ok_or(InviteError::TooLong)?;
    Ok(Zeroizing::new(link))
}

/// What the first secret means, in words.
pub const FIRST: &str = "\
The first secret that this desk makes for its project. An invitation from the ceremony, if one was given out, stops working for sending:
everybody who has it needs the new one.";
/// What [`Wanted::Rotate`] means, in words.
pub const ROTATION: &str = "\
A new secret for this project:
  All invitations that were given out before stop working at once for sending. Every member needs the new one.
  What was sent stays, and answers to it can still be read.
  Warnings can still be read with an old invitation: they are sealed to the members of the whole scheme.
  Nobody is told, because nobody knows who was invited: give the new invitation to your members yourselves.
";
