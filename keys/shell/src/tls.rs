//! TLS 1.3 between programs that know each other by an Ed25519 key and nothing else.
//!
//! A certificate is only the envelope that TLS wants a key in: names, dates, issuers and its own signature
//! are never looked at. What counts is the key in it and the handshake's signature by that key.

use std::fmt;
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_ED25519, SerialNumber};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::{self, sign::any_eddsa_type};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, CommonState, DigitallySignedStruct,
    DistinguishedName as Issuer, Error, PeerIncompatible, ServerConfig, SignatureScheme,
};
use zeroize::Zeroizing;

use self::web::Either;
pub use self::web::{WebCertificate, WebCertificateError};

/// An Ed25519 key that can prove itself in a handshake.
#[derive(Clone)]
pub struct Identity {
    key: Arc<CertifiedKey>,
    public: [u8; 32],
}

/// What a server asks of those who connect.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Clients {
    /// Nothing: no certificate is requested, so a browser shows no dialogue.
    Anyone,
    /// The same; and browsers, which know no Ed25519 keys, are shown this certificate.
    Browsers(Arc<WebCertificate>),
    /// A certificate if they have one; it must hold an Ed25519 key, which [`peer_key`] then reports.
    Optional,
}

/// A seed that no TLS identity can be made from.
#[derive(Debug, thiserror::Error)]
#[error("the identity key cannot be used for TLS")]
pub struct TlsError;

impl Identity {
    /// The identity of a 32-byte Ed25519 seed. The same seed always gives the same certificate.
    ///
    /// # Errors
    /// [`TlsError`] if the TLS library refuses the key.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, TlsError> {
        let pkcs8 = Zeroizing::new([PKCS8_PREFIX, seed].concat());
        let key =
            any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice())).map_err(|_| TlsError)?;
        let public = key.public_key().ok_or(TlsError)?;
        let public = ed25519_key(public.as_ref()).ok_or(TlsError)?;
        let certificate = certificate(&CertificateKey {
            key: &*key,
            public: &public,
        })
        .map_err(|_| TlsError)?;
        Ok(Self {
            key: Arc::new(CertifiedKey::new(vec![certificate], key)),
            public,
        })
    }

    /// The public key, 32 bytes: what the other end pins.
    pub fn public_key(&self) -> [u8; 32] {
        self.public
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// The configuration of a server: TLS 1.3, X25519MLKEM768 first, no resumption, HTTP/2 or 1.1.
pub fn server(identity: &Identity, clients: Clients) -> Arc<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(AnyEd25519(Arc::clone(&provider)));
    #[allow(
        clippy::expect_used,
        reason = "the provider is the one named above, and it has TLS 1.3; every test of this file would fail"
    )]
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .expect("aws-lc-rs has TLS 1.3");
    let builder = match &clients {
        Clients::Anyone | Clients::Browsers(_) => builder.with_no_client_auth(),
        Clients::Optional => builder.with_client_cert_verifier(verifier),
    };
    let resolver: Arc<dyn ResolvesServerCert> = match clients {
        Clients::Browsers(web) => Arc::new(Either {
            identity: identity.clone(),
            web,
        }),
        Clients::Anyone | Clients::Optional => {
            Arc::new(SingleCertAndKey::from(Arc::clone(&identity.key)))
        }
    };
    let mut config = builder.with_cert_resolver(resolver);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = protocols();
    Arc::new(config)
}

/// The configuration of a client that talks to the holder of `expected` (an Ed25519 public key) and nobody else.
///
/// It sends no server name: an address is all that whoever watches the line learns.
pub fn client(expected: &[u8; 32], identity: Option<&Identity>) -> Arc<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned {
        expected: *expected,
        provider: Arc::clone(&provider),
    });
    #[allow(
        clippy::expect_used,
        reason = "the provider is the one named above, and it has TLS 1.3; every test of this file would fail"
    )]
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .expect("aws-lc-rs has TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(identity) => {
            let resolver = SingleCertAndKey::from(Arc::clone(&identity.key));
            builder.with_client_cert_resolver(Arc::new(resolver))
        }
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    config.alpn_protocols = protocols();
    Arc::new(config)
}

/// The configuration of a client that talks to whoever answers, as a browser would be shown it: for what is checked by its
/// hash. It names the server that it wants.
pub fn unpinned() -> Arc<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Whoever(Arc::clone(&provider)));
    #[allow(
        clippy::expect_used,
        reason = "the provider is the one named above, and it has TLS 1.3; every test of this file would fail"
    )]
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .expect("aws-lc-rs has TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = builder.with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = protocols();
    Arc::new(config)
}

/// The Ed25519 key that the other end of a finished handshake proved to hold, if it showed one.
pub fn peer_key(connection: &CommonState) -> Option<[u8; 32]> {
    if connection.is_handshaking() {
        return None;
    }
    certificate_key(connection.peer_certificates()?.first()?).ok()
}

fn protocols() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

/// Accepts the holder of one key.
#[derive(Debug)]
struct Pinned {
    expected: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if certificate_key(end_entity)? == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// Accepts every certificate whose key signed the handshake.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Accepts the holder of any Ed25519 key, and those who show none.
#[derive(Debug)]
struct AnyEd25519(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyEd25519 {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[Issuer] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        certificate_key(end_entity).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// The key in a certificate, read by the parser that the handshake's signature is checked with.
fn certificate_key(certificate: &CertificateDer<'_>) -> Result<[u8; 32], Error> {
    let spki = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    ed25519_key(spki.as_ref()).ok_or(CertificateError::ApplicationVerificationFailure.into())
}

/// The key of a SubjectPublicKeyInfo, which for Ed25519 has exactly one encoding (RFC 8410 §4).
fn ed25519_key(spki: &[u8]) -> Option<[u8; 32]> {
    spki.strip_prefix(SPKI_PREFIX)?.try_into().ok()
}

fn certificate(key: &CertificateKey<'_>) -> Result<CertificateDer<'static>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(1975, 1, 1);
    params.not_after = rcgen::date_time_ymd(4096, 1, 1);
    params.serial_number = Some(SerialNumber::from(1));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "brolly");
    Ok(params.self_signed(key)?.into())
}

/// Signs the certificate with the key that TLS will use, so that the seed is held once.
struct CertificateKey<'a> {
    key: &'a dyn SigningKey,
    public: &'a [u8; 32],
}

impl rcgen::PublicKeyData for CertificateKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_ED25519
    }
}

impl rcgen::SigningKey for CertificateKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key
            .choose_scheme(&[SignatureScheme::ED25519])
            .and_then(|signer| signer.sign(message).ok())
            .ok_or(rcgen::Error::RemoteKeyError)
    }
}

/// PrivateKeyInfo up to the seed (RFC 8410 §7).
const PKCS8_PREFIX: &[u8] = &[
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// SubjectPublicKeyInfo up to the key (RFC 8410 §4).
const SPKI_PREFIX: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

mod web;

#[cfg(test)]
mod tests;
