//! Projects as an issuer knows them: an id, the digest of a secret, and the desk that may change it (SPEC §5.4).

use alloc::vec::Vec;

use brolly_keys::role::Desk;
use brolly_keys::sign::{Signed, SigningKey, Statement};
use sha2::{Digest, Sha256};

use super::cut;
use crate::codec::{Fields, TooShort};
use crate::geometry::{PROJECT, PROJECT_SECRET, SECRET_CHANGE};
use crate::node::{NodeId, SchemeId};

/// A project: 16 bytes of SHA-256 of its name in its scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(pub [u8; PROJECT]);

impl ProjectId {
    /// The project of this name, in whatever case its letters are: SHA-256 of `"brolly/1 project" | scheme | name`, with A to Z in
    /// lower case.
    pub fn of(scheme: SchemeId, name: &str) -> Self {
        Self(cut(Sha256::new()
            .chain_update(b"brolly/1 project")
            .chain_update(scheme.0)
            .chain_update(name.to_ascii_lowercase())))
    }
}

/// What an issuer stores instead of a project's secret.
pub fn secret_digest(
    scheme: SchemeId,
    project: ProjectId,
    secret: &[u8; PROJECT_SECRET],
) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"brolly/1 project secret")
        .chain_update(scheme.0)
        .chain_update(project.0)
        .chain_update(secret)
        .finalize()
        .into()
}

/// "From now on this is the digest of my project's secret": `desk 16 | serial 8 | digest 32`, then the desk's signature.
///
/// The issuer takes it from the desk that it knows for the project, and only with a serial above the last one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretChange {
    /// The project's own desk.
    pub desk: NodeId,
    /// Above that of every change before.
    pub serial: u64,
    /// [`secret_digest`] of the new secret.
    pub digest: [u8; 32],
}

/// Signed bytes that are not a change of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a change of a project's secret has {SECRET_CHANGE} bytes")]
pub struct BadChange;

impl From<TooShort> for BadChange {
    fn from(_: TooShort) -> Self {
        Self
    }
}

impl SecretChange {
    /// The change's 120 bytes, signed by the desk's identity key.
    pub fn sign(&self, identity: &SigningKey<Desk>) -> Vec<u8> {
        let serial = self.serial.to_be_bytes();
        let bytes = [self.desk.0.as_slice(), &serial, &self.digest].concat();
        Signed::<Self>::sign(identity, bytes).to_wire()
    }
}

impl Statement for SecretChange {
    const DOMAIN: &'static str = "brolly/1 secret change";
    type Error = BadChange;

    fn parse(bytes: &[u8]) -> Result<Self, BadChange> {
        let mut fields = Fields::new(bytes);
        let change = Self {
            desk: NodeId(*fields.array()?),
            serial: u64::from_be_bytes(*fields.array()?),
            digest: *fields.array()?,
        };
        match fields.rest() {
            [] => Ok(change),
            _ => Err(BadChange),
        }
    }
}

#[cfg(test)]
mod tests {
    use brolly_keys::sign::VerifyError;
    use proptest::prelude::*;

    use super::*;

    const SCHEME: SchemeId = SchemeId([7; 32]);

    #[test]
    fn spec_5_4_what_an_issuer_stores_depends_on_scheme_project_and_secret() {
        let project = ProjectId::of(SCHEME, "st pauli");
        let digest = secret_digest(SCHEME, project, &[1; 16]);
        let elsewhere = SchemeId([8; 32]);
        assert_ne!(project, ProjectId::of(SCHEME, "st georg"));
        assert_eq!(project, ProjectId::of(SCHEME, "St Pauli"));
        assert_ne!(project, ProjectId::of(elsewhere, "st pauli"));
        assert_ne!(digest, secret_digest(SCHEME, project, &[2; 16]));
        assert_ne!(digest, secret_digest(elsewhere, project, &[1; 16]));
        let other = ProjectId::of(SCHEME, "st georg");
        assert_ne!(digest, secret_digest(SCHEME, other, &[1; 16]));
    }

    #[test]
    fn spec_5_4_a_projects_secret_is_changed_under_its_desks_signature_alone() {
        let desk = SigningKey::<Desk>::from_seed(&[1; 32]);
        let change = SecretChange {
            desk: NodeId::of(&desk.verifying_key()),
            serial: 3,
            digest: [9; 32],
        };
        let wire = change.sign(&desk);
        assert_eq!(wire.len(), SECRET_CHANGE);
        let signed = Signed::<SecretChange>::from_wire(&wire).unwrap();
        assert_eq!(*signed.verify(&desk.verifying_key()).unwrap(), change);
        let other = SigningKey::<Desk>::from_seed(&[2; 32]).verifying_key();
        assert_eq!(signed.verify(&other), Err(VerifyError::Signature));
        for at in 0..wire.len() {
            let mut flipped = wire.clone();
            flipped[at] ^= 1;
            let signed = Signed::<SecretChange>::from_wire(&flipped).unwrap();
            assert!(signed.verify(&desk.verifying_key()).is_err(), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn a_change_is_read_as_it_is_written_and_in_no_other_length(
            desk: [u8; 16], serial: u64, digest: [u8; 32], more in 1usize..40,
        ) {
            let change = SecretChange { desk: NodeId(desk), serial, digest };
            let key = SigningKey::from_seed(&[1; 32]);
            let wire = change.sign(&key);
            let bytes = &wire[..wire.len() - 64];
            prop_assert_eq!(SecretChange::parse(bytes), Ok(change));
            prop_assert_eq!(SecretChange::parse(&bytes[..bytes.len() - more]), Err(BadChange));
            prop_assert_eq!(SecretChange::parse(&wire[..bytes.len() + more]), Err(BadChange));
        }
    }
}
