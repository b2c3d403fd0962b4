use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use rcgen::KeyPair;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::Signer;
use rustls::{ClientConnection, HandshakeKind, NamedGroup, ServerConnection};

use super::*;

type Ends = (
    Result<ClientConnection, Error>,
    Result<ServerConnection, Error>,
);

fn identity(seed: u8) -> Identity {
    Identity::from_seed(&[seed; 32]).unwrap()
}

fn nobody() -> ServerName<'static> {
    ServerName::try_from("inbox.example").unwrap()
}

/// Carries bytes between the two until neither has more to say or one gives up.
fn handshake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Ends {
    let mut client = ClientConnection::new(client, nobody()).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    loop {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        if let Err(error) = feed(&mut server, &wire) {
            return (Ok(client), Err(error));
        }
        let mut back = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut back).unwrap();
        }
        if let Err(error) = feed(&mut client, &back) {
            return (Err(error), Ok(server));
        }
        if wire.is_empty() && back.is_empty() {
            return (Ok(client), Ok(server));
        }
    }
}

fn feed<D>(end: &mut rustls::ConnectionCommon<D>, mut wire: &[u8]) -> Result<(), Error>
where
    D: rustls::SideData,
{
    while !wire.is_empty() {
        end.read_tls(&mut wire).unwrap();
        end.process_new_packets()?;
    }
    Ok(())
}

fn established(ends: Ends) -> (ClientConnection, ServerConnection) {
    let (client, server) = (ends.0.unwrap(), ends.1.unwrap());
    assert!(!client.is_handshaking() && !server.is_handshaking());
    (client, server)
}

#[test]
fn the_certificate_of_a_seed_is_always_the_same_and_holds_its_public_key() {
    let (one, other) = (identity(1), identity(1));
    assert_eq!(one.key.cert, other.key.cert);
    // RFC 8032 §7.1, test 1.
    let seed = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c,
        0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,
        0x7f, 0x60,
    ];
    let identity = Identity::from_seed(&seed).unwrap();
    let public = identity.public_key();
    assert_eq!(public[..4], [0xd7, 0x5a, 0x98, 0x01]);
    assert_eq!(certificate_key(&identity.key.cert[0]).unwrap(), public);
}

#[test]
fn the_key_exchange_is_x25519mlkem768_without_resumption_or_a_server_name() {
    let config = client(&identity(1).public_key(), None);
    let server = server(&identity(1), Clients::Anyone);
    for _ in 0..2 {
        let (client, server) = established(handshake(Arc::clone(&config), Arc::clone(&server)));
        for (kind, group) in [
            (
                client.handshake_kind(),
                client.negotiated_key_exchange_group(),
            ),
            (
                server.handshake_kind(),
                server.negotiated_key_exchange_group(),
            ),
        ] {
            assert_eq!(kind, Some(HandshakeKind::Full));
            assert_eq!(group.unwrap().name(), NamedGroup::X25519MLKEM768);
        }
        assert_eq!(client.tls13_tickets_received(), 0);
        assert_eq!(client.alpn_protocol(), Some(b"h2".as_slice()));
        assert_eq!(server.server_name(), None);
    }
}

#[test]
fn a_server_with_another_key_is_refused() {
    let client = client(&identity(1).public_key(), None);
    let (client, _) = handshake(client, server(&identity(2), Clients::Anyone));
    assert_eq!(
        client.err(),
        Some(CertificateError::ApplicationVerificationFailure.into())
    );
}

#[test]
fn a_server_that_shows_the_right_certificate_without_its_key_is_refused() {
    let (real, fake) = (identity(1), identity(2));
    let copied = CertifiedKey::new(real.key.cert.clone(), Arc::clone(&fake.key.key));
    let impostor = Identity {
        key: Arc::new(copied),
        public: real.public,
    };
    let client = client(&real.public_key(), None);
    let (client, _) = handshake(client, server(&impostor, Clients::Anyone));
    assert_eq!(client.err(), Some(CertificateError::BadSignature.into()));
}

#[test]
fn a_client_is_reported_by_its_key_and_one_without_by_none() {
    let server = server(&identity(1), Clients::Optional);
    for shown in [Some(identity(2)), None] {
        let client = client(&identity(1).public_key(), shown.as_ref());
        let (client, server) = established(handshake(client, Arc::clone(&server)));
        assert_eq!(
            peer_key(&server),
            shown.map(|identity| identity.public_key())
        );
        assert_eq!(peer_key(&client), Some(identity(1).public_key()));
    }
}

#[test]
fn a_server_for_anyone_does_not_ask_for_a_certificate() {
    let client = client(&identity(1).public_key(), Some(&identity(2)));
    let (_, server) = established(handshake(client, server(&identity(1), Clients::Anyone)));
    assert_eq!(server.peer_certificates(), None);
    assert_eq!(peer_key(&server), None);
}

/// A certificate of the web for a name, in two PEM files.
fn of_the_web(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let files = (folder.join("chain.pem"), folder.join("key.pem"));
    fs::write(&files.0, pem("CERTIFICATE", certificate.der())).unwrap();
    fs::write(&files.1, pem("PRIVATE KEY", &key.serialize_der())).unwrap();
    files
}

fn pem(what: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n")
}

fn shown(client: &ClientConnection) -> CertificateDer<'static> {
    client.peer_certificates().unwrap()[0].clone().into_owned()
}

#[test]
fn spec_18_1_browsers_are_shown_the_certificate_of_the_web_and_pinned_clients_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = of_the_web(folder.path(), "entry.example");
    let web = Arc::new(WebCertificate::load(&chain, &key).unwrap());
    let server = server(&identity(1), Clients::Browsers(Arc::clone(&web)));
    let browser = || established(handshake(unpinned(), Arc::clone(&server))).0;
    let pinned = || {
        let client = client(&identity(1).public_key(), None);
        established(handshake(client, Arc::clone(&server))).0
    };
    let written = |file: &Path| CertificateDer::from_pem_file(file).unwrap();
    assert_eq!(shown(&browser()), written(&chain));
    assert_eq!(peer_key(&pinned()), Some(identity(1).public_key()));

    of_the_web(folder.path(), "entry.example");
    assert_ne!(shown(&browser()), written(&chain));
    web.renew().unwrap();
    assert_eq!(shown(&browser()), written(&chain));
    let current = written(&chain);
    fs::write(&chain, "half of a certif").unwrap();
    let error = web.renew().unwrap_err().to_string();
    assert!(error.contains("chain.pem is not a PEM file"), "{error}");
    assert_eq!(shown(&browser()), current, "the one before stays");
    assert_eq!(peer_key(&pinned()), Some(identity(1).public_key()));
}

#[test]
fn a_certificate_of_the_web_with_anothers_key_or_none_is_refused() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (chain, _) = of_the_web(one.path(), "entry.example");
    let (_, key) = of_the_web(other.path(), "entry.example");
    let refused =
        |chain: &Path, key: &Path| WebCertificate::load(chain, key).unwrap_err().to_string();
    assert!(refused(&chain, &key).contains("is not the key of the certificate"));
    assert!(refused(&chain, &chain).contains("is not a PEM file with a private key"));
    assert!(refused(&key, &key).contains("is not a PEM file with a certificate"));
    assert!(refused(Path::new("/nowhere"), &key).contains("/nowhere"));
}

#[test]
fn a_client_that_shows_a_certificate_without_its_key_is_refused() {
    let (real, fake) = (identity(2), identity(3));
    let copied = CertifiedKey::new(real.key.cert.clone(), Arc::clone(&fake.key.key));
    let impostor = Identity {
        key: Arc::new(copied),
        public: real.public,
    };
    let client = client(&identity(1).public_key(), Some(&impostor));
    let (_, server) = handshake(client, server(&identity(1), Clients::Optional));
    assert_eq!(server.err(), Some(CertificateError::BadSignature.into()));
}

/// Signs with ECDSA although only Ed25519 was asked for, as no rustls client would.
#[derive(Debug)]
struct Stubborn(Arc<dyn SigningKey>);

impl SigningKey for Stubborn {
    fn choose_scheme(&self, _offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.0
            .choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256])
    }

    fn algorithm(&self) -> rustls::SignatureAlgorithm {
        self.0.algorithm()
    }
}

#[test]
fn a_client_certificate_of_another_key_type_is_refused() {
    let pair = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().self_signed(&pair).unwrap();
    let der = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
    let key = Stubborn(any_supported_type(&der).unwrap());
    let ecdsa = Identity {
        key: Arc::new(CertifiedKey::new(vec![certificate.into()], Arc::new(key))),
        public: [0; 32],
    };
    let client = client(&identity(1).public_key(), Some(&ecdsa));
    let (_, server) = handshake(client, server(&identity(1), Clients::Optional));
    assert_eq!(
        server.err(),
        Some(CertificateError::ApplicationVerificationFailure.into())
    );
}

#[test]
fn tls_1_2_is_refused_by_the_server() {
    let mut body = vec![0x03, 0x03];
    body.extend_from_slice(&[7; 32]);
    // No session, ECDHE-ECDSA-AES128-GCM-SHA256, no compression, then groups and signature schemes.
    body.extend_from_slice(&[0, 0, 2, 0xc0, 0x2b, 1, 0, 0, 16]);
    body.extend_from_slice(&[0, 10, 0, 4, 0, 2, 0, 29, 0, 13, 0, 4, 0, 2, 8, 7]);
    let mut server = ServerConnection::new(server(&identity(1), Clients::Anyone)).unwrap();
    let error = feed(&mut server, &record(1, &body)).unwrap_err();
    assert!(matches!(error, Error::PeerIncompatible(_)), "{error}");
    let mut alert = Vec::new();
    server.write_tls(&mut alert).unwrap();
    assert_eq!(alert, [21, 3, 3, 0, 2, 2, 70], "fatal, protocol_version");
}

#[test]
fn tls_1_2_is_refused_by_the_client() {
    let config = client(&identity(1).public_key(), None);
    let mut client = ClientConnection::new(config, nobody()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    let mut body = vec![0x03, 0x03];
    body.extend_from_slice(&[7; 32]);
    body.extend_from_slice(&[0, 0xc0, 0x2b, 0]);
    let error = feed(&mut client, &record(2, &body)).unwrap_err();
    assert!(matches!(error, Error::PeerIncompatible(_)), "{error}");
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len()).unwrap();
    let mut record = vec![22, 3, 3, 0, length + 4, kind, 0, 0, length];
    record.extend_from_slice(body);
    record
}

#[test]
fn a_key_is_read_only_from_its_one_encoding() {
    let mut spki = SPKI_PREFIX.to_vec();
    spki.extend_from_slice(&[9; 32]);
    assert_eq!(ed25519_key(&spki), Some([9; 32]));
    assert_eq!(ed25519_key(&spki[..43]), None);
    spki.push(0);
    assert_eq!(ed25519_key(&spki), None);
    for at in 0..SPKI_PREFIX.len() {
        let mut changed = spki[..44].to_vec();
        changed[at] ^= 1;
        assert_eq!(ed25519_key(&changed), None);
    }
}
