//! `relay.toml`.

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use brolly_protocol::node::SchemeId;
use brolly_shell::config::{self, ConfigError};
use serde::Deserialize;

/// A relay's configuration, its paths made relative to the folder that the file is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder for what the relay keeps: it must be on a local disk.
    pub data: PathBuf,
    /// The key file with the relay's identity.
    pub identity: PathBuf,
    /// The file with the key file's passphrase; without it the relay asks on the terminal.
    pub passphrase_file: Option<PathBuf>,
    /// The credential of systemd's that is the passphrase, in the place of such a file.
    pub passphrase_credential: Option<String>,
    /// The signed directory.
    pub directory: PathBuf,
    /// The scheme's id: the directory must belong to it.
    pub scheme: SchemeId,
    /// The most packets that wait in the pool.
    #[serde(default = "pool_capacity")]
    pub pool_capacity: u32,
    /// The most tags of packets that were seen, 41 bytes of memory each.
    #[serde(default = "replay_capacity")]
    pub replay_capacity: usize,
    /// The most connections at the same time.
    #[serde(default = "connections")]
    pub connections: NonZeroU16,
    /// What the issuer of tokens needs besides; no other relay has it.
    pub issuer: Option<IssuerConfig>,
    /// How it sends canaries; without it there are none, and its pool is not guarded.
    pub canary: Option<CanaryConfig>,
    /// The worker's page that an entry serves; without it there is none.
    pub page: Option<PageConfig>,
}

/// The `[page]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PageConfig {
    /// The folder with a released bundle.
    pub folder: PathBuf,
    /// The PEM file of a certificate that browsers know, the relay's own first; without it a proxy in front has to have one.
    pub certificate: Option<PathBuf>,
    /// The PEM file of its key.
    pub key: Option<PathBuf>,
}

/// The `[canary]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CanaryConfig {
    /// The file with an invitation, mode 0600 or 0400.
    pub invitation: PathBuf,
    /// `host:port` of a SOCKS5 proxy, such as Tor's, that they are sent through.
    pub socks5: Option<String>,
}

/// The `[issuer]` table: the directory must name this relay as the issuer of tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IssuerConfig {
    /// The file of projects; `issuer/projects.toml` in the `data` folder if it is not given.
    pub projects: Option<PathBuf>,
    /// Tokens a day of a project that is admitted without saying how many.
    pub quota_default: Option<u32>,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ConfigError`], which names an unknown key and the nearest known one.
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
        let issuer = config.issuer.as_mut();
        let canary = config.canary.as_mut();
        let paths = paths.into_iter().chain(&mut config.passphrase_file);
        let paths = paths.chain(canary.map(|canary| &mut canary.invitation));
        let page = config.page.iter_mut();
        let paths = paths.chain(page.flat_map(|page| {
            let files = page.certificate.iter_mut().chain(&mut page.key);
            files.chain([&mut page.folder])
        }));
        config::beside(
            path,
            paths.chain(issuer.and_then(|issuer| issuer.projects.as_mut())),
        );
        Ok(config)
    }

    /// Where the issuer's projects are.
    pub fn projects(&self) -> PathBuf {
        let named = self
            .issuer
            .as_ref()
            .and_then(|issuer| issuer.projects.clone());
        named.unwrap_or_else(|| self.data.join("issuer").join("projects.toml"))
    }

    /// Tokens a day of a project that is admitted without saying how many.
    pub fn quota_default(&self) -> u32 {
        let named = self.issuer.as_ref().and_then(|issuer| issuer.quota_default);
        named.unwrap_or(QUOTA)
    }
}

fn pool_capacity() -> u32 {
    100_000
}

fn replay_capacity() -> usize {
    10_000_000
}

fn connections() -> NonZeroU16 {
    CONNECTIONS
}

const QUOTA: u32 = 20_000;
const CONNECTIONS: NonZeroU16 = NonZeroU16::new(1024).unwrap();

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = "listen = \"127.0.0.1:4433\"\ndata = \"data\"\nidentity = \"identity.key\"\n\
        directory = \"/etc/brolly/directory.note\"\n\
        scheme = \"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\"\n";

    fn load(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.toml");
        fs::write(&path, text).unwrap();
        let mut config = Config::load(&path).map_err(|error| error.to_string())?;
        config.data = config.data.strip_prefix(folder.path()).unwrap().to_owned();
        Ok(config)
    }

    #[test]
    fn a_minimal_configuration_gets_the_defaults_and_paths_beside_the_file() {
        let config = load(GOOD).unwrap();
        assert_eq!(config.data, Path::new("data"));
        assert_eq!(config.directory, Path::new("/etc/brolly/directory.note"));
        assert_eq!(config.scheme.0.first_chunk(), Some(&[0x00, 0x11, 0x22]));
        assert_eq!(
            (config.pool_capacity, config.replay_capacity),
            (100_000, 10_000_000)
        );
        assert_eq!(config.connections.get(), 1024);
        assert_eq!(config.passphrase_file, None);
    }

    #[test]
    fn an_issuers_projects_lie_in_its_data_unless_it_says_otherwise() {
        let config = load(GOOD).unwrap();
        assert_eq!(config.issuer, None);
        assert_eq!(config.projects(), Path::new("data/issuer/projects.toml"));
        let config = load(&format!("{GOOD}[issuer]\n")).unwrap();
        assert_eq!(config.projects(), Path::new("data/issuer/projects.toml"));
        assert_eq!(config.quota_default(), 20_000);
        let more = "[issuer]\nprojects = \"who.toml\"\nquota-default = 3\n";
        let config = load(&format!("{GOOD}{more}")).unwrap();
        assert!(config.projects().is_absolute() && config.projects().ends_with("who.toml"));
        assert_eq!(config.quota_default(), 3);
        let error = load(&format!("{GOOD}[issuer]\nquota-defalt = 3\n")).unwrap_err();
        assert!(error.contains("did you mean `quota-default`?"), "{error}");
    }

    #[test]
    fn a_page_names_a_folder_and_a_certificate_with_its_key() {
        assert_eq!(load(GOOD).unwrap().page, None);
        let more =
            "[page]\nfolder = \"page\"\ncertificate = \"/etc/chain.pem\"\nkey = \"key.pem\"\n";
        let page = load(&format!("{GOOD}{more}")).unwrap().page.unwrap();
        assert!(page.folder.is_absolute() && page.folder.ends_with("page"));
        assert_eq!(page.certificate.unwrap(), Path::new("/etc/chain.pem"));
        assert!(page.key.unwrap().is_absolute());
    }

    #[test]
    fn canaries_are_off_unless_there_is_a_table_that_names_an_invitation() {
        assert_eq!(load(GOOD).unwrap().canary, None);
        let more = "[canary]\ninvitation = \"relays.txt\"\nsocks5 = \"127.0.0.1:9050\"\n";
        let canary = load(&format!("{GOOD}{more}")).unwrap().canary.unwrap();
        assert!(canary.invitation.is_absolute() && canary.invitation.ends_with("relays.txt"));
        assert_eq!(canary.socks5.as_deref(), Some("127.0.0.1:9050"));
        let error = load(&format!("{GOOD}[canary]\n")).unwrap_err();
        assert!(error.contains("invitation"), "{error}");
        let error = load(&format!("{GOOD}{more}sock5 = \"a:1\"\n")).unwrap_err();
        assert!(error.contains("did you mean `socks5`?"), "{error}");
    }

    #[test]
    fn a_relay_that_would_take_no_connection_is_refused_where_it_says_so() {
        let error = load(&format!("{GOOD}connections = 0\n")).unwrap_err();
        assert!(error.contains("line 6: "), "{error}");
        let one = load(&format!("{GOOD}connections = 1\n")).unwrap();
        assert_eq!(one.connections.get(), 1);
    }

    #[test]
    fn two_places_for_the_passphrase_are_a_mistake_and_one_of_either_is_not() {
        let (file, credential) = (
            "passphrase-file = \"p\"\n",
            "passphrase-credential = \"relay\"\n",
        );
        let error = load(&format!("{GOOD}{file}{credential}")).unwrap_err();
        assert!(
            error.ends_with(
                "both `passphrase-file` and `passphrase-credential` are given: keep one of them"
            ),
            "{error}"
        );
        let config = load(&format!("{GOOD}{credential}")).unwrap();
        assert_eq!(config.passphrase_credential.as_deref(), Some("relay"));
        assert_eq!(config.passphrase_file, None);
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_known_one() {
        let error = load(&format!("{GOOD}pool-capacitiy = 3\n")).unwrap_err();
        assert!(error.contains("unknown key `pool-capacitiy`"), "{error}");
        assert!(error.contains("did you mean `pool-capacity`?"), "{error}");
    }

    #[test]
    fn a_scheme_that_is_not_64_digits_is_refused_with_what_it_should_be() {
        for scheme in ["", "00", &"g".repeat(64), &"ä".repeat(32)] {
            let error = load(&GOOD.replace(
                "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF",
                scheme,
            ))
            .unwrap_err();
            assert!(error.contains("64 hexadecimal digits"), "{error}");
        }
    }
}
