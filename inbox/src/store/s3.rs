//! Objects in a store that speaks the S3 API.
//!
//! ```text
//! object_store::AmazonS3 ─▶ Hyper ─▶ https with the authority of a file, or http to this machine alone
//! ```
//!
//! Objects never change once they are there, so the same bytes may be put twice, and nothing here asks for a conditional
//! put: some stores take the condition and overwrite. One sequencer at a time is what the ledger's lease is for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ::http::Uri;
use object_store::aws::AmazonS3Builder;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use rustls::ClientConfig;
use serde::Deserialize;
use zeroize::Zeroizing;

use self::http::Hyper;
use super::ledger::Cause;

pub use self::probe::probe;

mod http;
mod probe;

/// Where an object store is and who is allowed in.
#[derive(Clone)]
#[allow(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Settings {
    /// Its address.
    pub endpoint: Endpoint,
    /// The bucket, which is the scheme's alone.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The access key and its secret.
    pub credentials: Credentials,
    /// Whom to trust that it is the store.
    pub tls: ClientConfig,
}

/// `https://host[:port]`, or `http://` to this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint(Uri);

/// An access key and its secret. Neither is ever shown.
#[derive(Clone)]
pub struct Credentials {
    access_key: String,
    secret: Zeroizing<String>,
}

/// Why an address of an object store is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not `https://host:port`.
    #[error("an endpoint is `https://host:port`, with nothing behind it")]
    Malformed,
    /// Everybody between here and there could read and change what goes over it.
    #[error(
        "an endpoint without TLS must be on this machine: use https, or an address like http://127.0.0.1:3900"
    )]
    Plain,
}

/// Something else than an access key and a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file of credentials has two lines: the access key, and its secret")]
pub struct CredentialsError;

/// Why an object store is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum S3Error {
    /// Something in the settings that makes no sense.
    #[error("the object store cannot be set up: {0}")]
    Settings(object_store::Error),
    /// Not to be reached, for the moment.
    #[error("the object store cannot be reached ({0}): it is tried again")]
    Away(Cause),
    /// It does not let the key in.
    #[error(
        "the object store does not let this key read, write, list and delete in the bucket: check its permissions and `credentials-file`"
    )]
    NotAllowed,
    /// It refuses what an object store must do.
    #[error("the object store {what} ({cause}): check `bucket` and `region`, or use another store")]
    Refuses {
        /// What it does not do.
        what: &'static str,
        /// What it said.
        cause: object_store::Error,
    },
    /// It says that it does what it does not do.
    #[error("the object store {0}: cells would not be safe in it, use another")]
    Misbehaves(&'static str),
}

/// Opens an object store and tries it out.
///
/// # Errors
/// [`S3Error`].
pub async fn open(settings: &Settings) -> Result<Arc<dyn ObjectStore>, S3Error> {
    let store = AmazonS3Builder::new()
        .with_endpoint(settings.endpoint.to_string())
        .with_allow_http(settings.endpoint.is_plain())
        .with_virtual_hosted_style_request(false)
        .with_region(&settings.region)
        .with_bucket_name(&settings.bucket)
        .with_access_key_id(&settings.credentials.access_key)
        .with_secret_access_key(settings.credentials.secret.as_str())
        // Some stores have no request that deletes many.
        .with_disable_bulk_delete(true)
        .with_retry(retry())
        .with_http_connector(Hyper::new(settings.tls.clone()))
        .build()
        .map_err(S3Error::Settings)?;
    probe(&store).await?;
    Ok(Arc::new(store))
}

impl Endpoint {
    /// Whether it is without TLS, and so on this machine.
    pub fn is_plain(&self) -> bool {
        self.0.scheme_str() == Some("http")
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.parse().map_err(|_| EndpointError::Malformed)?;
        let authority = uri.authority().ok_or(EndpointError::Malformed)?;
        let host = authority.host().trim_matches(['[', ']']);
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(EndpointError::Malformed);
        }
        if host.is_empty() || authority.as_str().contains('@') {
            return Err(EndpointError::Malformed);
        }
        let here = host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => Ok(Self(uri)),
            Some("http") if here => Ok(Self(uri)),
            Some("http") => Err(EndpointError::Plain),
            _ => Err(EndpointError::Malformed),
        }
    }
}

impl TryFrom<String> for Endpoint {
    type Error = EndpointError;

    fn try_from(text: String) -> Result<Self, EndpointError> {
        text.parse()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.trim_end_matches('/'))
    }
}

impl Credentials {
    /// Reads two lines: the access key and its secret.
    ///
    /// # Errors
    /// [`CredentialsError`].
    pub fn parse(text: &[u8]) -> Result<Self, CredentialsError> {
        let text = std::str::from_utf8(text).map_err(|_| CredentialsError)?;
        let mut lines = text.lines().map(str::trim);
        match (lines.next(), lines.next(), lines.next()) {
            (Some(access_key), Some(secret), None) if is_word(access_key) && is_word(secret) => {
                Ok(Self {
                    access_key: access_key.to_owned(),
                    secret: Zeroizing::new(secret.to_owned()),
                })
            }
            _ => Err(CredentialsError),
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        },
        max_retries: 3,
        retry_timeout: Duration::from_secs(15),
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
