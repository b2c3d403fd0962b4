//! A certificate for a server on loopback, from an authority made for it.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, IsCa, KeyPair,
};

/// PEM texts.
pub(super) struct Made {
    pub(super) authority: String,
    pub(super) certificate: String,
    pub(super) key: String,
}

pub(super) fn make() -> io::Result<Made> {
    made().map_err(io::Error::other)
}

fn made() -> Result<Made, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut certificate = CertificateParams::new(vec!["127.0.0.1".into()])?;
    // OpenSSL takes two of one name for the same.
    certificate.distinguished_name = DistinguishedName::new();
    let certificate = certificate.signed_by(&key, &authority)?;
    Ok(Made {
        authority: pem("CERTIFICATE", authority.der()),
        certificate: pem("CERTIFICATE", certificate.der()),
        key: pem("PRIVATE KEY", &key.serialize_der()),
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text += line;
        text += "\n";
        rest = more;
    }
    text + &format!("-----END {label}-----\n")
}
