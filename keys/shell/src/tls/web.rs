//! The certificate that browsers know, beside the identity that Brolly's programs know.
//!
//! Programs that pin a key offer Ed25519 and nothing else. Whoever offers more is a browser, and is shown the certificate of
//! the web: one port serves both.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, SignatureScheme};

use super::Identity;

/// A certificate chain and its key, read from PEM files, and read again when they were renewed.
pub struct WebCertificate {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

/// Why there is no certificate for browsers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebCertificateError {
    /// The chain.
    #[error("{} is not a PEM file with a certificate: name the full chain, the server's own first", .0.display())]
    Certificate(PathBuf),
    /// The key.
    #[error("{} is not a PEM file with a private key that can be used", .0.display())]
    Key(PathBuf),
    /// One is not the other's.
    #[error("the key in {} is not the key of the certificate in {}", key.display(), certificate.display())]
    NotItsKey {
        /// The chain's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
}

impl WebCertificate {
    /// Reads both files.
    ///
    /// # Errors
    /// [`WebCertificateError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, WebCertificateError> {
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(Arc::new(read(certificate, key)?)),
        })
    }

    /// Reads them again, for connections from now on. After an error the one before stays.
    ///
    /// # Errors
    /// [`WebCertificateError`].
    pub fn renew(&self) -> Result<(), WebCertificateError> {
        let read = Arc::new(read(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }
}

impl fmt::Debug for WebCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebCertificate").finish_non_exhaustive()
    }
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, WebCertificateError> {
    let no_chain = || WebCertificateError::Certificate(certificate.to_owned());
    let no_key = || WebCertificateError::Key(key.to_owned());
    let chain = CertificateDer::pem_file_iter(certificate).map_err(|_| no_chain())?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|_| no_chain())?;
    if chain.is_empty() {
        return Err(no_chain());
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|_| no_key())?;
    let signing = any_supported_type(&secret).map_err(|_| no_key())?;
    let certified = CertifiedKey::new(chain, signing);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InvalidCertificate(_)) => Err(no_chain()),
        Err(_) => Err(WebCertificateError::NotItsKey {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        }),
    }
}

/// Shows each caller the certificate that it can check.
#[derive(Debug)]
pub(super) struct Either {
    pub(super) identity: Identity,
    pub(super) web: Arc<WebCertificate>,
}

impl ResolvesServerCert for Either {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pinned = |scheme: &SignatureScheme| *scheme == SignatureScheme::ED25519;
        Some(match hello.signature_schemes().iter().all(pinned) {
            true => Arc::clone(&self.identity.key),
            false => self.web.current(),
        })
    }
}
