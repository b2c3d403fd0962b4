//! The worker's page, as browsers and clients find it.

use std::fs;

use base64::prelude::{BASE64_STANDARD, Engine};
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls;

use super::world::{BOUND, Running, World, quick};
use crate::config::PageConfig;
use crate::page::PageError;
use crate::page::tests::{FILES, folder};
use crate::run::RunError;

fn browser(relay: &Running) -> Link {
    Link::new(relay.address.to_string(), tls::unpinned(), None)
}

async fn get(link: &Link, path: &str) -> (StatusCode, Bytes) {
    let reply = link
        .send(Method::GET, path, Bytes::new(), 1 << 20, BOUND)
        .await;
    let reply = reply.unwrap();
    (reply.status, reply.body)
}

fn pem(what: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n")
}

/// With a certificate that browsers could know, beside the bundle.
fn page(bundle: &tempfile::TempDir, beside: &tempfile::TempDir) -> PageConfig {
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["entry.example".to_owned()];
    let made = rcgen::CertificateParams::new(names)
        .unwrap()
        .self_signed(&key);
    let files = ["chain.pem", "key.pem"].map(|name| beside.path().join(name));
    fs::write(&files[0], pem("CERTIFICATE", made.unwrap().der())).unwrap();
    fs::write(&files[1], pem("PRIVATE KEY", &key.serialize_der())).unwrap();
    let [certificate, key] = files.map(Some);
    PageConfig {
        folder: bundle.path().to_owned(),
        certificate,
        key,
    }
}

#[tokio::test]
async fn spec_18_1_an_entry_serves_the_page_to_browsers_and_everything_else_to_both() {
    let (bundle, beside) = (folder(), tempfile::tempdir().unwrap());
    let mut world = World::new(Layer::Entry, quick);
    world.config.page = Some(page(&bundle, &beside));
    let relay = world.start();
    for link in [browser(&relay), relay.link(None)] {
        assert_eq!(get(&link, "/").await, (StatusCode::OK, FILES[0].1.into()));
        assert_eq!(get(&link, "/report/ask.js").await.0, StatusCode::OK);
        assert_eq!(get(&link, "/nothing.js").await.0, StatusCode::NOT_FOUND);
        assert_eq!(get(&link, "/v1/directory/3").await.0, StatusCode::OK);
        assert_eq!(
            get(&link, wire::CELLS).await.0,
            StatusCode::METHOD_NOT_ALLOWED
        );
        let posted = link.send(Method::POST, "/", Bytes::new(), 0, BOUND).await;
        assert_eq!(posted.unwrap().status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn spec_18_2_other_relays_serve_no_page_and_one_that_was_changed_is_served_by_none() {
    let (bundle, beside) = (folder(), tempfile::tempdir().unwrap());
    let mut exit = World::new(Layer::Exit, quick);
    exit.config.page = Some(page(&bundle, &beside));
    let relay = exit.start();
    assert_eq!(get(&relay.link(None), "/").await.0, StatusCode::NOT_FOUND);

    let mut entry = World::new(Layer::Entry, quick);
    entry.config.page = exit.config.page.clone();
    fs::write(
        bundle.path().join("main.js"),
        "fetch('//elsewhere.example')",
    )
    .unwrap();
    let refused = entry.open().err();
    assert!(
        matches!(refused, Some(RunError::Page(PageError::Changed(_)))),
        "{refused:?}"
    );
    let without = PageConfig {
        key: None,
        ..entry.config.page.unwrap()
    };
    entry.config.page = Some(without);
    let refused = entry.open().err();
    assert!(
        matches!(refused, Some(RunError::Page(PageError::Half))),
        "{refused:?}"
    );
}
