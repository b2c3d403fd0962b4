//! Where a passphrase comes from: a private file, a credential of systemd's, or the terminal.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::private::{self, PrivateError};

/// The options of a command that needs a passphrase.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Source {
    /// Take the passphrase from this file (mode 0600) instead of asking for it
    #[arg(long = "passphrase-file", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Where a configuration says that the passphrase is. Without either, the terminal is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Nowhere.
    #[default]
    Terminal,
    /// In a private file.
    File(PathBuf),
    /// In a credential of this name, which systemd passes to the service.
    Credential(String),
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// The passphrase file: missing, readable by others, over 4 KiB.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// Nothing was typed, or the file holds nothing.
    #[error("the passphrase is empty: nothing would be protected")]
    Empty,
    /// The two entries of a new passphrase differ.
    #[error("the two passphrases differ: nothing was changed, try again")]
    Differ,
    /// No service of systemd's, or one without credentials.
    #[error(
        "the configuration says that credential {0} is the passphrase, but systemd passed none to this program: add `LoadCredentialEncrypted={0}:…` or `LoadCredential={0}:…` to the unit, or give --passphrase-file on the command line"
    )]
    NoCredentials(String),
    /// A name that leads elsewhere.
    #[error(
        "{0:?} cannot be the name of a credential: it is one word, the one before the colon of LoadCredential="
    )]
    BadCredential(String),
    /// Nobody to ask.
    #[error(
        "there is no terminal to ask for the passphrase: put it into a file of mode 0600 and name that file with --passphrase-file, or as `passphrase-file` in the configuration"
    )]
    NoTerminal,
}

impl Place {
    /// The place that a configuration names by `passphrase-file` or `passphrase-credential`, of which it has one at most.
    pub fn configured(file: Option<PathBuf>, credential: Option<String>) -> Self {
        match (file, credential) {
            (Some(file), _) => Self::File(file),
            (None, Some(name)) => Self::Credential(name),
            (None, None) => Self::Terminal,
        }
    }

    /// Reads the passphrase of something that exists.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn read(&self, prompt: &str) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
        match self {
            Self::Terminal => read(None, prompt),
            Self::File(path) => read(Some(path), prompt),
            Self::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
                credential(name, folder.as_deref())
            }
        }
    }
}

impl Source {
    /// Reads the passphrase of something that exists.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn read(&self, prompt: &str) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
        read(self.file.as_deref(), prompt)
    }

    /// Reads the passphrase of something new; on a terminal it asks twice.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn choose(&self, prompt: &str) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
        match &self.file {
            Some(path) => read(Some(path), prompt),
            None => choose(prompt),
        }
    }
}

/// Reads a passphrase from `file`, without one newline at its end; without a file it asks on the terminal.
///
/// # Errors
/// [`PassphraseError`].
pub fn read(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
    let Some(path) = file else {
        return present(terminal(prompt)?);
    };
    present(line(private::read(path, LIMIT)?))
}

/// The credential `name` in `folder`, which systemd names to the service.
fn credential(name: &str, folder: Option<&OsStr>) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
    if name.is_empty() || name.starts_with('.') || name.contains('/') {
        return Err(PassphraseError::BadCredential(name.to_owned()));
    }
    let folder = folder.ok_or_else(|| PassphraseError::NoCredentials(name.to_owned()))?;
    let path = Path::new(folder).join(name);
    present(line(private::read_credential(&path, LIMIT)?))
}

/// Without one newline at the end.
fn line(mut bytes: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if bytes.ends_with(b"\n") {
        bytes.pop();
    }
    bytes
}

/// Asks on the terminal for a new passphrase, twice.
///
/// # Errors
/// [`PassphraseError`].
pub fn choose(prompt: &str) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
    twice(prompt, terminal)
}

fn twice(
    prompt: &str,
    mut ask: impl FnMut(&str) -> Result<Zeroizing<Vec<u8>>, PassphraseError>,
) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
    let first = present(ask(prompt)?)?;
    let second = ask("The same again: ")?;
    if first == second {
        Ok(first)
    } else {
        Err(PassphraseError::Differ)
    }
}

fn present(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
    if bytes.is_empty() {
        return Err(PassphraseError::Empty);
    }
    Ok(bytes)
}

fn terminal(prompt: &str) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
    match rpassword::prompt_password(prompt) {
        Ok(text) => Ok(Zeroizing::new(text.into_bytes())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(PassphraseError::Empty),
        Err(_) => Err(PassphraseError::NoTerminal),
    }
}

/// 4 KiB.
const LIMIT: usize = 4096;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn from_file(content: &[u8]) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        private::create(&path, content).unwrap();
        read(Some(&path), "unused")
    }

    #[test]
    fn one_newline_at_the_end_is_not_part_of_a_passphrase() {
        assert_eq!(from_file(b"umbrella\n").unwrap().as_slice(), b"umbrella");
        assert_eq!(from_file(b"umbrella").unwrap().as_slice(), b"umbrella");
        assert_eq!(from_file(b" two \n\n").unwrap().as_slice(), b" two \n");
    }

    #[test]
    fn a_credential_is_read_from_the_folder_that_systemd_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay");
        private::create(&path, b"umbrella\n").unwrap();
        let read = |name: &str| credential(name, Some(folder.path().as_os_str()));
        // 0440 is how an access control list for the service's user looks.
        for mode in [0o400, 0o440, 0o600] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, mode).unwrap();
            assert_eq!(read("relay").unwrap().as_slice(), b"umbrella");
        }
        for mode in [0o404, 0o460, 0o450] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, mode).unwrap();
            assert!(read("relay").is_err());
        }
        for name in ["", ".", "..", "../relay", "/etc/passwd", "a/b"] {
            let refused = read(name);
            assert!(matches!(refused, Err(PassphraseError::BadCredential(_))));
        }
        let missing = read("inbox").unwrap_err().to_string();
        assert!(missing.contains("there is no file"), "{missing}");
    }

    #[test]
    fn without_systemd_the_sentence_says_what_to_put_into_the_unit() {
        let error = credential("relay", None).unwrap_err().to_string();
        assert!(
            error.contains("`LoadCredentialEncrypted=relay:…`"),
            "{error}"
        );
        let place = Place::configured(None, Some("relay".to_owned()));
        assert_eq!(place, Place::Credential("relay".to_owned()));
        assert_eq!(Place::configured(None, None), Place::Terminal);
    }

    #[test]
    fn an_empty_passphrase_is_refused() {
        for content in [b"".as_slice(), b"\n"] {
            let got = from_file(content);
            assert!(matches!(got, Err(PassphraseError::Empty)));
        }
        let typed = twice("New: ", |_| Ok(Zeroizing::default()));
        assert!(matches!(typed, Err(PassphraseError::Empty)));
    }

    #[test]
    fn a_passphrase_file_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        std::fs::write(&path, b"umbrella").unwrap();
        let open = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&path, open).unwrap();
        let error = read(Some(&path), "unused").unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_new_passphrase_is_asked_for_twice_and_must_be_the_same() {
        let mut answers = ["umbrella", "umbrella", "umbrella", "parasol"].into_iter();
        let mut ask = |_: &str| Ok(Zeroizing::new(answers.next().unwrap().into()));
        assert_eq!(twice("New: ", &mut ask).unwrap().as_slice(), b"umbrella");
        assert!(matches!(
            twice("New: ", &mut ask),
            Err(PassphraseError::Differ)
        ));
    }
}
