//! Key files on disk. What is in them is [`brolly_keys::file`]'s affair.

use std::path::Path;

use brolly_keys::file::{Cost, FileError, Header, KeyFile};
use brolly_keys::share::SharedKey;

use crate::private::{self, PrivateError};
use crate::random;

/// Why a key file was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file itself: missing, readable by others, there already.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// Its content: damaged, or another passphrase.
    #[error("{path}: {reason}")]
    Content {
        /// The file, as it was named.
        path: String,
        /// What is wrong.
        reason: FileError,
    },
}

/// Opens a key file. Takes about a second by intent.
///
/// # Errors
/// [`KeyFileError`]; a file that group or others can read is refused.
pub fn read(path: &Path, passphrase: &[u8]) -> Result<KeyFile, KeyFileError> {
    let bytes = private::read(path, LIMIT)?;
    KeyFile::decrypt(&bytes, passphrase).map_err(|reason| content(path, reason))
}

/// Opens a key file that is in several hands.
///
/// # Errors
/// [`KeyFileError`]; a file that group or others can read is refused.
pub fn read_shared(path: &Path, key: &SharedKey) -> Result<KeyFile, KeyFileError> {
    let bytes = private::read(path, LIMIT)?;
    KeyFile::decrypt_shared(&bytes, key).map_err(|reason| content(path, reason))
}

/// Reads what anybody may know of a key file, without a passphrase.
///
/// # Errors
/// [`KeyFileError`]; a file that group or others can read is refused.
pub fn header(path: &Path) -> Result<Header, KeyFileError> {
    let bytes = private::read(path, LIMIT)?;
    Header::parse(&bytes).map_err(|reason| content(path, reason))
}

/// Writes a new key file of mode 0600; it never overwrites. Takes about a second by intent.
///
/// # Errors
/// [`KeyFileError`].
pub fn create(path: &Path, file: &KeyFile, passphrase: &[u8]) -> Result<(), KeyFileError> {
    Ok(private::create(path, &encrypt(path, file, passphrase)?)?)
}

/// Writes a key file in the place of an earlier one, at once. Takes about a second by intent.
///
/// # Errors
/// [`KeyFileError`]; the earlier file is then as it was.
pub fn replace(path: &Path, file: &KeyFile, passphrase: &[u8]) -> Result<(), KeyFileError> {
    Ok(private::replace(path, &encrypt(path, file, passphrase)?)?)
}

/// Writes a key file that is in several hands in the place of an earlier one, at once, under the same key: its shares
/// stay as they are.
///
/// # Errors
/// [`KeyFileError`]; the earlier file is then as it was.
pub fn replace_shared(path: &Path, file: &KeyFile, key: &SharedKey) -> Result<(), KeyFileError> {
    let bytes = file
        .encrypt_shared(key, &mut random::system())
        .map_err(|reason| content(path, reason))?;
    Ok(private::replace(path, &bytes)?)
}

fn encrypt(path: &Path, file: &KeyFile, passphrase: &[u8]) -> Result<Vec<u8>, KeyFileError> {
    file.encrypt(passphrase, Cost::STANDARD, &mut random::system())
        .map_err(|reason| content(path, reason))
}

fn content(path: &Path, reason: FileError) -> KeyFileError {
    KeyFileError::Content {
        path: path.display().to_string(),
        reason,
    }
}

/// 1 MiB.
const LIMIT: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use brolly_keys::file::{Kind, Label};

    use super::*;

    #[test]
    fn a_key_file_is_created_once_replaced_whole_and_opened_with_its_passphrase() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("relay.key");
        let mut file = KeyFile::new(Kind::Relay, "north", [7; 32]);
        file.insert(Label::Identity, 0, &[1; 32]);
        create(&path, &file, b"umbrella").unwrap();

        assert_eq!(&header(&path).unwrap(), file.header());
        let wrong = read(&path, b"parasol").err().unwrap().to_string();
        assert!(wrong.ends_with("relay.key: wrong passphrase"), "{wrong}");
        let again = create(&path, &file, b"umbrella").unwrap_err();
        assert!(matches!(again, KeyFileError::File(PrivateError::Exists(_))));

        file.insert(Label::Witness, 0, &[2; 32]);
        replace(&path, &file, b"umbrella").unwrap();
        let opened = read(&path, b"umbrella").unwrap();
        assert_eq!(opened.secret(Label::Witness, 0), Some(&[2; 32]));
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("relay.key");
        std::fs::write(&path, b"brolly/1 key file").unwrap();
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, open).unwrap();
        for error in [read(&path, b"x").err().unwrap(), header(&path).unwrap_err()] {
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn something_else_than_a_key_file_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notes");
        private::create(&path, b"shopping").unwrap();
        let error = header(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("notes: this is not a Brolly key file"),
            "{error}"
        );
    }
}
