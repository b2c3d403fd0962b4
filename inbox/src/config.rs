//! `inbox.toml`.

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use brolly_protocol::node::SchemeId;
use brolly_shell::config::{self, ConfigError};
use serde::Deserialize;

pub use self::storage::{Address, Distributed, Postgres, S3, Storage, StorageError};

mod storage;

/// How an inbox is set up. Paths are as they will be opened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where it listens, `address:port`.
    pub listen: SocketAddr,
    /// The folder of everything it keeps.
    pub data: PathBuf,
    /// Its key file.
    pub identity: PathBuf,
    /// The file with the key file's passphrase; without it the terminal is asked.
    pub passphrase_file: Option<PathBuf>,
    /// The credential of systemd's that is the passphrase, in the place of such a file.
    pub passphrase_credential: Option<String>,
    /// The scheme's signed directory.
    pub directory: PathBuf,
    /// The scheme: 64 hex digits.
    pub scheme: SchemeId,
    /// Connections at the same time.
    #[serde(default = "connections")]
    pub connections: NonZeroU16,
    /// Where it keeps it.
    #[serde(default)]
    pub storage: Storage,
}

impl Config {
    /// Reads the file; relative paths in it are relative to its folder.
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
        config::beside(path, paths.chain(config.storage.paths()));
        Ok(config)
    }
}

fn connections() -> NonZeroU16 {
    CONNECTIONS
}

const CONNECTIONS: NonZeroU16 = NonZeroU16::new(1024).unwrap();

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.toml");
        std::fs::write(&path, text).unwrap();
        let name = format!("{}/", folder.path().display());
        let mut config =
            Config::load(&path).map_err(|error| error.to_string().replace(&name, ""))?;
        for path in [
            &mut config.data,
            &mut config.identity,
            &mut config.directory,
        ] {
            *path = path.strip_prefix(folder.path()).unwrap_or(path).to_owned();
        }
        Ok(config)
    }

    fn sample() -> String {
        let scheme = "0a".repeat(32);
        format!(
            "listen = \"127.0.0.1:4433\"\ndata = \"data\"\nidentity = \"/keys/identity.key\"\n\
             directory = \"directory.note\"\nscheme = \"{scheme}\"\n"
        )
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = load(&sample()).unwrap();
        assert_eq!(config.data, Path::new("data"));
        assert_eq!(config.identity, Path::new("/keys/identity.key"));
        assert_eq!(config.passphrase_file, None);
        assert_eq!(config.scheme, SchemeId([10; 32]));
        assert_eq!(config.connections, CONNECTIONS);
        assert_eq!(config.storage, Storage::Embedded);
        let named = load(&(sample() + "[storage]\nkind = \"embedded\"\n")).unwrap();
        assert_eq!(named, config);
        let other = load(&(sample() + "[storage]\nkind = \"cloud\"\n")).unwrap_err();
        assert!(other.contains("unknown variant `cloud`"), "{other}");
    }

    #[test]
    fn two_places_for_the_passphrase_are_a_mistake() {
        let credential = sample() + "passphrase-credential = \"inbox\"\n";
        let config = load(&credential).unwrap();
        assert_eq!(config.passphrase_credential.as_deref(), Some("inbox"));
        let both = load(&(credential + "passphrase-file = \"p\"\n")).unwrap_err();
        assert!(both.contains("keep one of them"), "{both}");
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_known_one() {
        assert_eq!(
            load(&(sample() + "passphrase-fil = \"p\"\n")).unwrap_err(),
            "inbox.toml line 6: unknown key `passphrase-fil`; did you mean `passphrase-file`?"
        );
    }

    #[test]
    fn a_scheme_an_address_and_a_number_are_checked_where_they_stand() {
        for (from, to, line) in [
            ("0a0a", "0a0", "line 5: a scheme's id is 64 hex"),
            ("0a0a", "0a+a", "line 5: a scheme's id is 64 hex"),
            (
                "127.0.0.1:4433",
                "127.0.0.1",
                "line 1: invalid socket address",
            ),
        ] {
            let error = load(&sample().replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(line), "{error}");
        }
        let none = load(&(sample() + "connections = 0\n")).unwrap_err();
        assert!(none.contains("line 6: "), "{none}");
    }
}
