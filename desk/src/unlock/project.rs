//! A project's secret in its desk's key file, as the pending change it may be (SPEC §11.14).

use brolly_keys::file::Label;
use brolly_protocol::geometry::PROJECT_SECRET;
use brolly_shell::random;
use rand_core::Rng;
use zeroize::Zeroizing;

use super::{Keys, UnlockError};

/// A project's secret.
pub struct ProjectSecret {
    /// Above that of every secret before.
    pub serial: u32,
    /// The secret.
    pub secret: Zeroizing<[u8; PROJECT_SECRET]>,
    /// Whether the issuer is known to have it.
    pub told: bool,
}

impl Keys {
    /// The newest secret of the project whose desk this is.
    pub fn project_secret(&self) -> Option<ProjectSecret> {
        let serial = self.file.epochs(Label::Project).last().copied()?;
        let held = self.file.secret(Label::Project, serial)?;
        let (secret, rest) = held.split_first_chunk()?;
        Some(ProjectSecret {
            serial,
            secret: Zeroizing::new(*secret),
            told: rest.first() == Some(&1),
        })
    }

    /// Draws a secret, which the issuer does not know yet; the one before stays until it does. Durable when this returns.
    /// Its serial is `now`, in seconds since 1970, or one above the last: so a key file that was restored from a back-up
    /// does not give out a serial again.
    ///
    /// # Errors
    /// [`UnlockError::File`] if the file cannot be replaced: the issuer must not be told then.
    pub fn draw_project_secret(&mut self, now: u64) -> Result<(), UnlockError> {
        let last = self.project_secret().map_or(0, |last| last.serial);
        let now = u32::try_from(now).unwrap_or(u32::MAX);
        let mut held = Zeroizing::new([0; 32]);
        if let Some(secret) = held.first_chunk_mut::<PROJECT_SECRET>() {
            random::system().fill_bytes(secret);
        }
        let serial = now.max(last.saturating_add(1));
        self.file.insert(Label::Project, serial, &held);
        self.save()
    }

    /// Keeps that the issuer knows the secret, and erases those before.
    ///
    /// # Errors
    /// [`UnlockError::File`]; the issuer is told once more then, which changes nothing.
    pub fn told_project_secret(&mut self, secret: &ProjectSecret) -> Result<(), UnlockError> {
        let mut held = Zeroizing::new([0; 32]);
        let bytes = secret.secret.iter().chain(&[1]);
        for (to, from) in held.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.file.insert(Label::Project, secret.serial, &held);
        self.file.erase_before(Label::Project, secret.serial);
        self.save()
    }

    /// Erases all of the project's secrets: the issuer has a later one.
    ///
    /// # Errors
    /// [`UnlockError::File`]; they are held still.
    pub fn forget_project_secrets(&mut self) -> Result<(), UnlockError> {
        self.file.erase_before(Label::Project, u32::MAX);
        self.save()
    }
}
