//! `desk.toml`.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use brolly_protocol::node::SchemeId;
use brolly_shell::config::{self, ConfigError};
use serde::Deserialize;

/// A desk's configuration. Paths in the file are relative to its folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// The folder of the casebook.
    pub data: PathBuf,
    /// The desk's key file.
    pub identity: PathBuf,
    /// Where the key file's passphrase is, if not to be asked for.
    pub passphrase_file: Option<PathBuf>,
    /// The credential of systemd's that is the passphrase, in the place of such a file.
    pub passphrase_credential: Option<String>,
    /// The share files that open the key file, if it is in several hands.
    #[serde(default)]
    pub shares: Vec<PathBuf>,
    /// The scheme's signed directory to start with; a later one is taken up once it is in force.
    pub directory: PathBuf,
    /// The scheme's id: who may sign that directory.
    pub scheme: SchemeId,
}

impl Config {
    /// Reads a configuration and makes its paths absolute or relative to the working directory.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = config::load(path)?;
        config::one_passphrase(
            path,
            config.passphrase_file.as_ref(),
            config.passphrase_credential.as_ref(),
        )?;
        let paths = [
            &mut config.data,
            &mut config.identity,
            &mut config.directory,
        ];
        let paths = paths.into_iter().chain(&mut config.passphrase_file);
        config::beside(path, paths.chain(&mut config.shares));
        Ok(config)
    }

    /// Where the casebook is.
    pub fn casebook(&self) -> PathBuf {
        self.data.join("casebook")
    }

    /// Makes the data folder, of mode 0700, unless it is there.
    ///
    /// # Errors
    /// What the system said.
    pub fn make_data(&self) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(scheme: &str, more: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desk.toml");
        let text = format!(
            "data = \"data\"\nidentity = \"desk.key\"\ndirectory = \"/d/directory.note\"\nscheme = \"{scheme}\"\n{more}"
        );
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path)?;
        assert_eq!(config.data, folder.path().join("data"));
        Ok(config)
    }

    #[test]
    fn paths_are_relative_to_the_folder_of_the_file() {
        let more = "passphrase-file = \"pass\"\nshares = [\"a.key\", \"/stick/b.key\"]\n";
        let config = load(&"0a".repeat(32), more).unwrap();
        let beside = config.identity.with_file_name("a.key");
        assert_eq!(config.shares, [beside, PathBuf::from("/stick/b.key")]);
        assert_eq!(config.scheme, SchemeId([10; 32]));
        assert_eq!(config.directory, Path::new("/d/directory.note"));
        assert_eq!(
            config.passphrase_file.unwrap().parent(),
            config.identity.parent()
        );
    }

    #[test]
    fn two_places_for_the_passphrase_are_a_mistake() {
        let credential = "passphrase-credential = \"desk\"\n";
        let config = load(&"0a".repeat(32), credential).unwrap();
        assert_eq!(config.passphrase_credential.as_deref(), Some("desk"));
        let both = format!("{credential}passphrase-file = \"p\"\n");
        let error = load(&"0a".repeat(32), &both).unwrap_err().to_string();
        assert!(error.contains("keep one of them"), "{error}");
    }

    #[test]
    fn an_unknown_key_and_a_scheme_id_that_is_none_are_explained() {
        let unknown = load(&"0a".repeat(32), "identiy = \"x\"\n").unwrap_err();
        assert!(unknown.to_string().contains("did you mean `identity`?"));
        for bad in ["0a".repeat(31), "é".repeat(32), "+a".repeat(32)] {
            let error = load(&bad, "").unwrap_err().to_string();
            assert!(error.contains("line 4: a scheme's id is 64 hex"), "{error}");
        }
    }
}
