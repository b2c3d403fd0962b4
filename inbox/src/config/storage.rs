//! The `[storage]` table of `inbox.toml`.

use std::path::PathBuf;

use serde::Deserialize;

use crate::store::s3::Endpoint;

/// Where an inbox keeps what it must not lose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
#[non_exhaustive]
pub enum Storage {
    /// In the folder `data`.
    #[default]
    Embedded,
    /// In a database and an object store, which several inboxes share.
    Distributed(Box<Distributed>),
}

/// Where the database and the object store are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Distributed {
    /// The database.
    pub postgres: Postgres,
    /// The object store.
    pub s3: S3,
}

/// The `[storage.postgres]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Postgres {
    /// Where it listens.
    pub address: Address,
    /// The database, which is the scheme's alone.
    pub database: String,
    /// The user, who owns the database.
    pub user: String,
    /// The file with the user's password, mode 0600.
    pub password_file: PathBuf,
    /// The authority that signed the server's certificate.
    pub ca_file: PathBuf,
}

/// The `[storage.s3]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct S3 {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// The bucket, which is the scheme's alone.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The file with the access key and its secret, a line each, mode 0600.
    pub credentials_file: PathBuf,
    /// The authority that signed the server's certificate; only an `http` endpoint needs none.
    pub ca_file: Option<PathBuf>,
}

/// `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub struct Address {
    /// A name, or an address without brackets: what the server's certificate is for.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Why the table cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A table that the kind needs.
    #[error("`kind = \"distributed\"` needs the table `[storage.{0}]`")]
    Missing(&'static str),
    /// A table that the kind does not need.
    #[error(
        "`kind = \"embedded\"` has no `[storage.{0}]`: say `kind = \"distributed\"`, or take the table out"
    )]
    Needless(&'static str),
    /// TLS without an authority.
    #[error(
        "an https endpoint needs `ca-file`: the authority that signed the server's certificate"
    )]
    Authority,
    /// Something else than `host:port`.
    #[error("an address of a database is `host:port`")]
    Address,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    kind: Kind,
    postgres: Option<Postgres>,
    s3: Option<S3>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Embedded,
    Distributed,
}

impl Storage {
    /// The paths in it.
    pub(crate) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let (postgres, s3) = match self {
            Self::Embedded => (None, None),
            Self::Distributed(both) => (Some(&mut both.postgres), Some(&mut both.s3)),
        };
        let postgres = postgres.map(|table| [&mut table.password_file, &mut table.ca_file]);
        let s3 = s3.map(|table| {
            let authority = table.ca_file.iter_mut();
            authority.chain([&mut table.credentials_file])
        });
        postgres
            .into_iter()
            .flatten()
            .chain(s3.into_iter().flatten())
    }
}

impl TryFrom<Table> for Storage {
    type Error = StorageError;

    fn try_from(table: Table) -> Result<Self, StorageError> {
        match (table.kind, table.postgres, table.s3) {
            (Kind::Embedded, None, None) => Ok(Self::Embedded),
            (Kind::Embedded, Some(_), _) => Err(StorageError::Needless("postgres")),
            (Kind::Embedded, None, Some(_)) => Err(StorageError::Needless("s3")),
            (Kind::Distributed, Some(postgres), Some(s3)) => {
                if s3.ca_file.is_none() && !s3.endpoint.is_plain() {
                    return Err(StorageError::Authority);
                }
                Ok(Self::Distributed(Box::new(Distributed { postgres, s3 })))
            }
            (Kind::Distributed, None, _) => Err(StorageError::Missing("postgres")),
            (Kind::Distributed, Some(_), None) => Err(StorageError::Missing("s3")),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = StorageError;

    fn try_from(text: String) -> Result<Self, StorageError> {
        let (host, port) = text.rsplit_once(':').ok_or(StorageError::Address)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(StorageError::Address)?,
            None if host.contains(':') => return Err(StorageError::Address),
            None => host,
        };
        // A host that begins with `/` would be the folder of a socket.
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
        match port.parse() {
            Ok(port) if port != 0 && !host.is_empty() && host.bytes().all(good) => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(StorageError::Address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Storage, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.toml");
        std::fs::write(&path, text).unwrap();
        brolly_shell::config::load(&path).map_err(|error| {
            let prefix = format!("{}/", folder.path().display());
            error.to_string().replace(&prefix, "")
        })
    }

    const DISTRIBUTED: &str = "kind = \"distributed\"\n\
        [postgres]\naddress = \"[::1]:5432\"\ndatabase = \"brolly\"\nuser = \"inbox\"\n\
        password-file = \"password\"\nca-file = \"ca.pem\"\n\
        [s3]\nendpoint = \"https://s3.example.org\"\nbucket = \"brolly\"\nregion = \"garage\"\n\
        credentials-file = \"credentials\"\nca-file = \"/etc/ssl/ca.pem\"\n";

    #[test]
    fn both_kinds_are_read_and_all_their_paths_are_found() {
        assert_eq!(table("kind = \"embedded\"\n"), Ok(Storage::Embedded));
        let mut storage = table(DISTRIBUTED).unwrap();
        let paths: Vec<_> = storage.paths().map(|path| path.clone()).collect();
        let expected = ["password", "ca.pem", "/etc/ssl/ca.pem", "credentials"];
        assert_eq!(paths, expected.map(PathBuf::from));
        let Storage::Distributed(distributed) = storage else {
            panic!("it is distributed");
        };
        let Address { host, port } = distributed.postgres.address;
        assert_eq!((host.as_str(), port), ("::1", 5432));
        assert_eq!(
            distributed.s3.endpoint.to_string(),
            "https://s3.example.org"
        );
    }

    #[test]
    fn a_mistake_in_the_table_is_a_sentence_with_its_line() {
        let without = |from: &str, to: &str| {
            let (before, rest) = DISTRIBUTED.split_once(from).unwrap();
            let after = rest.find(to).map_or("", |at| &rest[at..]);
            table(&format!("{before}{after}")).unwrap_err()
        };
        let changed = |from: &str, to: &str| table(&DISTRIBUTED.replacen(from, to, 1)).unwrap_err();
        for (said, words) in [
            (
                without("[postgres]", "[s3]"),
                "needs the table `[storage.postgres]`",
            ),
            (without("[s3]", "no more"), "needs the table `[storage.s3]`"),
            (
                changed("distributed", "embedded"),
                "has no `[storage.postgres]`",
            ),
            (
                changed("ca-file = \"/etc", "# \"/etc"),
                "an https endpoint needs `ca-file`",
            ),
            (
                changed("https://", "http://"),
                "line 9: an endpoint without TLS must be on this machine",
            ),
            (
                changed("[::1]:5432", "/var/run:5432"),
                "line 3: an address of a database is `host:port`",
            ),
            (
                changed("[::1]:5432", "db.example.org"),
                "line 3: an address of a database is `host:port`",
            ),
            (
                changed("bucket", "buckt"),
                "line 10: unknown key `buckt`; did you mean `bucket`?",
            ),
            (
                changed("user = \"inbox\"\n", ""),
                "the key `user` is missing",
            ),
            (
                changed("distributed", "cloud"),
                "line 1: unknown variant `cloud`",
            ),
        ] {
            assert!(said.contains(words), "{said}");
        }
    }
}
