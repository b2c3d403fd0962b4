//! Whom the inbox trusts to be its database and its object store: the authorities of a file, by TLS 1.3.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};

/// Why a file of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The system refused.
    #[error("the certificates in {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// No certificate in it, or something else.
    #[error(
        "{} is not a file of certificates: `ca-file` names the authority that signed the server's, in PEM",
        .0.display()
    )]
    NoCertificates(PathBuf),
    /// The TLS library does not work.
    #[error("TLS does not work here: {0}")]
    Library(rustls::Error),
}

/// A client that trusts the authorities in `file` and nobody else. The file is PEM, at most 1 MiB.
///
/// # Errors
/// [`TrustError`].
pub fn client(file: &Path) -> Result<ClientConfig, TrustError> {
    let unreadable = |reason| TrustError::Unreadable {
        path: file.to_owned(),
        reason,
    };
    let mut pem = Vec::new();
    File::open(file)
        .map_err(unreadable)?
        .take(LIMIT)
        .read_to_end(&mut pem)
        .map_err(unreadable)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        certificate
            .ok()
            .and_then(|certificate| roots.add(certificate).ok())
            .ok_or_else(|| TrustError::NoCertificates(file.to_owned()))?;
    }
    if roots.is_empty() {
        return Err(TrustError::NoCertificates(file.to_owned()));
    }
    Ok(builder()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// A client that trusts nobody: for connections without TLS.
///
/// # Errors
/// [`TrustError::Library`].
pub fn nobody() -> Result<ClientConfig, TrustError> {
    Ok(builder()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, TrustError> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .map_err(TrustError::Library)
}

const LIMIT: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(matches!(client(&path), Err(TrustError::Unreadable { .. })));
        for text in [
            "",
            "not PEM",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(client(&path), Err(TrustError::NoCertificates(_))));
        }
    }
}
