//! The desk's key file: opened, used, and written anew when a key is made or erased.

use std::path::{Path, PathBuf};

use brolly_keys::file::{FileError, Header, KeyFile, Kind, Label, Lock};
use brolly_keys::role::Desk;
use brolly_keys::sign::SigningKey;
use brolly_shell::keyfile::{self, KeyFileError};
use brolly_shell::passphrase::PassphraseError;
use brolly_shell::private;
use brolly_shell::shares::{self, Opener, SharesError};
use brolly_shell::tls::{Identity, TlsError};
use zeroize::Zeroizing;

mod project;
mod weeks;

pub use project::ProjectSecret;
pub use weeks::{AHEAD, KEPT_WEEKS, announced};

/// A desk's opened key file.
pub struct Keys {
    path: PathBuf,
    opener: Opener,
    file: KeyFile,
    /// The file's bytes, as they were when it was read or written last.
    read: Vec<u8>,
}

/// The share files of a key file in several hands, and where their passphrases are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hands<'a> {
    /// The share files; none for a key file that one passphrase opens.
    pub shares: &'a [PathBuf],
    /// Their passphrases: one file for all, one for each, or none to be asked.
    pub passphrases: &'a [PathBuf],
}

/// Why a desk's keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// The file, or the passphrase is wrong.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// No passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// Several hands, and no share was given.
    #[error("{0}: name them with --share, or as `shares` in the configuration")]
    InShares(KeyFileError),
    /// A share that is wrong, or too few.
    #[error(transparent)]
    Shares(#[from] SharesError),
    /// Somebody else's keys.
    #[error(
        "{} holds the keys of {kind} \u{201c}{name}\u{201d}, not of a desk: set `identity` to the desk's key file",
        path.display()
    )]
    Kind {
        /// The file.
        path: PathBuf,
        /// Whose they are.
        kind: Kind,
        /// The holder's name.
        name: String,
    },
    /// A key is missing from it.
    #[error("{} holds no {what} key: it was not made for this version of Brolly", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// Which.
        what: &'static str,
    },
    /// Somebody else wrote it.
    #[error(
        "{} was changed by another program meanwhile, and is left as that wrote it: run the command again", .0.display()
    )]
    Changed(PathBuf),
    /// The identity key.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Keys {
    /// Opens the key file at `path`, with shares if there are any, asking for passphrases only once it is known to be a
    /// desk's.
    ///
    /// # Errors
    /// [`UnlockError`].
    pub fn unlock(
        path: &Path,
        hands: Hands<'_>,
        ask: impl FnOnce(&Header) -> Result<Zeroizing<Vec<u8>>, PassphraseError>,
    ) -> Result<Self, UnlockError> {
        let header = keyfile::header(path)?;
        if header.kind != Kind::Desk {
            return Err(UnlockError::Kind {
                path: path.to_owned(),
                kind: header.kind,
                name: header.name,
            });
        }
        // Read first: a change that comes between is noticed when the file is written.
        let read = private::read(path, LIMIT).map_err(KeyFileError::File)?;
        let (file, opener) = if hands.shares.is_empty() {
            if let Lock::Shares(set) = &header.lock {
                let (threshold, shares) = (set.threshold(), set.shares());
                return Err(UnlockError::InShares(KeyFileError::Content {
                    path: path.display().to_string(),
                    reason: FileError::InShares { threshold, shares },
                }));
            }
            let passphrase = ask(&header)?;
            let file = keyfile::read(path, &passphrase)?;
            (file, Opener::Passphrase(passphrase))
        } else {
            let (file, key) = shares::open(path, hands.shares, hands.passphrases)?;
            (file, Opener::Shares(key))
        };
        Ok(Self {
            path: path.to_owned(),
            opener,
            file,
            read: read.to_vec(),
        })
    }

    /// The desk's name.
    pub fn name(&self) -> &str {
        &self.file.header().name
    }

    /// The key that the casebook is sealed under, 32 bytes.
    ///
    /// # Errors
    /// [`UnlockError::Incomplete`].
    pub fn casebook(&self) -> Result<&[u8; 32], UnlockError> {
        self.secret(Label::Casebook, "casebook")
    }

    /// Who the desk is on TLS.
    ///
    /// # Errors
    /// [`UnlockError::Incomplete`] or [`UnlockError::Tls`].
    pub fn identity(&self) -> Result<Identity, UnlockError> {
        let seed = self.secret(Label::Identity, "identity")?;
        Ok(Identity::from_seed(seed)?)
    }

    /// What the desk signs with on the board: the same key.
    ///
    /// # Errors
    /// [`UnlockError::Incomplete`].
    pub fn signing(&self) -> Result<SigningKey<Desk>, UnlockError> {
        let seed = self.secret(Label::Identity, "identity")?;
        Ok(SigningKey::from_seed(seed))
    }

    /// The members' root, 32 bytes: alerts are sealed to those who hold it.
    ///
    /// # Errors
    /// [`UnlockError::Incomplete`].
    pub fn members(&self) -> Result<&[u8; 32], UnlockError> {
        self.secret(Label::Members, "members'")
    }

    /// Writes the key file anew, durably, unless another program did so since it was read.
    fn save(&mut self) -> Result<(), UnlockError> {
        if *private::read(&self.path, LIMIT).map_err(KeyFileError::File)? != self.read {
            return Err(UnlockError::Changed(self.path.clone()));
        }
        self.opener.replace(&self.path, &self.file)?;
        self.read = private::read(&self.path, LIMIT)
            .map_err(KeyFileError::File)?
            .to_vec();
        Ok(())
    }

    fn secret(&self, label: Label, what: &'static str) -> Result<&[u8; 32], UnlockError> {
        self.file
            .secret(label, 0)
            .ok_or_else(|| UnlockError::Incomplete {
                path: self.path.clone(),
                what,
            })
    }
}

/// The most bytes of a key file.
const LIMIT: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use brolly_keys::epoch::Epoch;

    use super::*;

    fn desk_key(folder: &Path, kind: Kind, weeks: &[u32]) -> PathBuf {
        let path = folder.join("desk.key");
        let mut file = KeyFile::new(kind, "police", [7; 32]);
        file.insert(Label::Identity, 0, &[1; 32]);
        file.insert(Label::Casebook, 0, &[2; 32]);
        for week in weeks {
            file.insert(Label::Week, *week, &[3; 32]);
        }
        keyfile::create(&path, &file, b"umbrella").unwrap();
        path
    }

    fn unlock(path: &Path) -> Result<Keys, UnlockError> {
        Keys::unlock(path, Hands::default(), |_| {
            Ok(Zeroizing::new(b"umbrella".to_vec()))
        })
    }

    #[test]
    fn spec_11_3_keys_of_weeks_two_weeks_over_are_erased_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = desk_key(folder.path(), Kind::Desk, &[7, 8, 9, 10, 11, 14]);
        let mut keys = unlock(&path).unwrap();
        // Week 11 has just begun: week 8 ended 14 days ago, week 9 seven.
        assert_eq!(keys.erase_expired(Epoch::new(11)).unwrap(), 2);
        let again = unlock(&path).unwrap();
        for held in [&keys, &again] {
            let weeks: Vec<_> = held.weeks().iter().map(|k| k.epoch.number()).collect();
            assert_eq!(weeks, [9, 10, 11, 14]);
            assert_eq!(held.casebook().unwrap(), &[2; 32]);
        }
        assert_eq!(keys.erase_expired(Epoch::new(11)).unwrap(), 0);
    }

    #[test]
    fn a_key_file_of_another_kind_is_named_before_a_passphrase_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = desk_key(folder.path(), Kind::Relay, &[]);
        let error = Keys::unlock(&path, Hands::default(), |_| panic!("nobody may be asked")).err();
        let sentence = error.unwrap().to_string();
        assert!(
            sentence.contains("holds the keys of relay \u{201c}police\u{201d}, not of a desk"),
            "{sentence}"
        );
    }
}
