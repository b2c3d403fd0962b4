//! The worker's page at the entry relay, with a certificate that one browser can be told to believe.

use std::fs;
use std::io;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use sha2::{Digest, Sha256};

/// Makes a key and a certificate for 127.0.0.1 in `folder`, and the `[page]` table of a relay that serves `bundle` with
/// it. The other is the hash of its public key, as Chromium's `--ignore-certificate-errors-spki-list` takes it.
pub(super) fn table(bundle: &Path, folder: &Path) -> io::Result<(toml::Value, String)> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names).and_then(|params| params.self_signed(&key));
    let certificate = certificate.map_err(io::Error::other)?;
    let files = ["page-chain.pem", "page-key.pem"].map(|name| folder.join(name));
    let [chain, secret] = &files;
    fs::write(chain, pem("CERTIFICATE", certificate.der()))?;
    super::write_private(secret, pem("PRIVATE KEY", &key.serialize_der()).as_bytes())?;
    let spki = BASE64_STANDARD.encode(Sha256::digest(key.subject_public_key_info()));
    let table = [
        ("folder", bundle),
        ("certificate", chain.as_path()),
        ("key", secret.as_path()),
    ];
    let table = table.map(|(name, path)| {
        let path = path.to_string_lossy().into_owned();
        (name.to_owned(), toml::Value::from(path))
    });
    Ok((toml::Value::Table(table.into_iter().collect()), spki))
}

fn pem(what: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n")
}
