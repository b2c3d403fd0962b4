//! The storage of an inbox of several processes: a database and an object store.

use std::path::{Path, PathBuf};

use brolly_protocol::node::SchemeId;
use brolly_shell::cli::Failure;
use brolly_shell::private::{self, PrivateError};

use super::disk;
use super::ledger::LedgerError;
use super::objects::Objects;
use super::postgres::{self, Postgres};
use super::s3::{self, Credentials, CredentialsError, S3Error};
use super::trust::{self, TrustError};
use crate::config::Distributed;

/// Why the storage cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistributedError {
    /// A file with a password or credentials.
    #[error(transparent)]
    Private(#[from] PrivateError),
    /// The credentials.
    #[error("{}: {reason}", path.display())]
    Credentials {
        /// Their file.
        path: PathBuf,
        /// What is wrong.
        reason: CredentialsError,
    },
    /// An authority.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The database.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The object store.
    #[error(transparent)]
    S3(#[from] S3Error),
}

/// Connects to both, makes the tables if need be, and tries the object store out. The folder `data`, which is made if
/// need be, is for the little that each process keeps to itself.
///
/// # Errors
/// [`DistributedError`].
pub async fn open(
    config: &Distributed,
    data: &Path,
    scheme: SchemeId,
) -> Result<(Postgres, Objects), DistributedError> {
    disk::make_directory(data).map_err(|reason| LedgerError::Directory {
        path: data.to_owned(),
        reason,
    })?;
    let (database, store) = (postgres(config)?, s3(config)?);
    let ledger = Postgres::open(&database, scheme).await?;
    let objects = s3::open(&store).await?;
    Ok((ledger, Objects::new(objects)))
}

fn postgres(config: &Distributed) -> Result<postgres::Settings, DistributedError> {
    let table = &config.postgres;
    let mut password = private::read(&table.password_file, LIMIT)?;
    if password.ends_with(b"\n") {
        password.pop();
    }
    Ok(postgres::Settings {
        host: table.address.host.clone(),
        port: table.address.port,
        database: table.database.clone(),
        user: table.user.clone(),
        password,
        tls: trust::client(&table.ca_file)?,
        lease: postgres::LEASE,
    })
}

fn s3(config: &Distributed) -> Result<s3::Settings, DistributedError> {
    let table = &config.s3;
    let credentials = private::read(&table.credentials_file, LIMIT)?;
    let credentials =
        Credentials::parse(&credentials).map_err(|reason| DistributedError::Credentials {
            path: table.credentials_file.clone(),
            reason,
        })?;
    Ok(s3::Settings {
        endpoint: table.endpoint.clone(),
        bucket: table.bucket.clone(),
        region: table.region.clone(),
        credentials,
        tls: match &table.ca_file {
            Some(file) => trust::client(file)?,
            None => trust::nobody()?,
        },
    })
}

impl From<DistributedError> for Failure {
    fn from(error: DistributedError) -> Self {
        match error {
            DistributedError::Private(error) => error.into(),
            DistributedError::Credentials { .. } | DistributedError::Trust(_) => {
                Self::configuration(error)
            }
            DistributedError::Ledger(LedgerError::Away(_))
            | DistributedError::S3(S3Error::Away(_)) => Self::network(error),
            DistributedError::S3(S3Error::NotAllowed) => Self::refused(error),
            DistributedError::Ledger(_) | DistributedError::S3(_) => Self::failed(error),
        }
    }
}

/// 4 KiB.
const LIMIT: usize = 4096;
