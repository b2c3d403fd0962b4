//! The issuer of admission tokens as a project's own desk asks it (SPEC §5.4, §11.14).

use std::time::Duration;

use brolly_protocol::token::project::{ProjectId, SecretChange, secret_digest};
use brolly_protocol::wire::PROJECTS;
use brolly_shell::http::client::{Link, LinkError};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls;

use crate::place::Place;
use crate::unlock::{Keys, ProjectSecret, UnlockError};

/// Why the issuer does not have a project's secret. It is kept, and the same command tells it again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// No relay is the issuer.
    #[error("the directory names an issuer that is none of its relays: ask an officer for another")]
    Nobody,
    /// It cannot be reached, or is not the one in the directory.
    #[error("{0}; the new secret is kept, and the same command goes on with it")]
    Link(LinkError),
    /// 403.
    #[error(
        "the issuer does not know this project by this desk: ask the umbrella organisation to admit it (`brolly-relay project admit`); the new secret is kept, and the same command goes on with it"
    )]
    NotAdmitted,
    /// 409.
    #[error(
        "the issuer has a later secret of this project, made with another copy of this desk's key file, and this one is given up: run `brolly-desk invite new` to make one that counts"
    )]
    Later,
    /// Any other status.
    #[error("the issuer answered {}: the new secret is kept, and the same command goes on with it", .0.as_u16())]
    Status(StatusCode),
}

/// Tells the issuer the digest of a project's secret. When this returns, that secret counts and no other; the same once
/// more changes nothing.
///
/// # Errors
/// [`IssuerError`].
pub async fn tell(place: &Place, keys: &Keys, secret: &ProjectSecret) -> Result<(), IssuerError> {
    let directory = &place.directory;
    let issuer = directory.relay(directory.issuer.relay);
    let issuer = issuer.ok_or(IssuerError::Nobody)?;
    let project = ProjectId::of(directory.scheme, &place.desk.area);
    let change = SecretChange {
        desk: place.desk.id,
        serial: secret.serial.into(),
        digest: secret_digest(directory.scheme, project, &secret.secret),
    };
    let body = Bytes::from(change.sign(&keys.signing()?));
    let tls = tls::client(&issuer.key.to_bytes(), Some(&keys.identity()?));
    let link = Link::new(issuer.address.clone(), tls, None);
    let reply = link
        .send(Method::POST, PROJECTS, body, ANSWER, TIMEOUT)
        .await
        .map_err(IssuerError::Link)?;
    match reply.status {
        StatusCode::ACCEPTED => Ok(()),
        StatusCode::FORBIDDEN => Err(IssuerError::NotAdmitted),
        StatusCode::CONFLICT => Err(IssuerError::Later),
        other => Err(IssuerError::Status(other)),
    }
}

/// The most bytes of an answer that is a status alone.
const ANSWER: usize = 4096;
const TIMEOUT: Duration = Duration::from_secs(60);
