//! `brolly verify-page`, against a server that is right, old or lying.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use brolly_shell::http::header::CONTENT_ENCODING;
use brolly_shell::http::server::{Encodings, Limits, Request, Response, Server, Service};
use brolly_shell::http::{HeaderValue, Method, StatusCode};
use brolly_shell::page::{Integrity, hash_of, notice};
use brolly_shell::tls;

use crate::country::{Country, Ran};

/// What it serves: plain, and to those who take it, compressed.
#[derive(Default)]
struct Host {
    plain: Mutex<BTreeMap<String, Vec<u8>>>,
    gzip: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Service for Host {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        0
    }

    async fn call(&self, request: Request) -> Response {
        let Encodings { gzip, .. } = request.encodings;
        let compressed = self.gzip.lock().unwrap().get(&request.path).cloned();
        if let Some(body) = compressed.filter(|_| gzip) {
            let answer = Response::bytes(StatusCode::OK, "text/plain", body);
            return answer.with_header(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        match self.plain.lock().unwrap().get(&request.path) {
            Some(body) => Response::bytes(StatusCode::OK, "text/plain", body.clone()),
            None => Response::empty(StatusCode::NOT_FOUND),
        }
    }
}

impl Host {
    fn put(&self, path: &str, bytes: &[u8]) {
        self.plain
            .lock()
            .unwrap()
            .insert(path.to_owned(), bytes.to_vec());
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        let compressed = encoder.finish().unwrap();
        self.gzip
            .lock()
            .unwrap()
            .insert(path.to_owned(), compressed);
    }
}

/// A page of three files, its list, and where it is.
fn page() -> (Arc<Host>, Vec<u8>, String) {
    let host = Arc::new(Host::default());
    let files = [
        ("index.html", &b"<!doctype html><title>Notes</title>"[..]),
        ("style.css", b"body { color: black }"),
        ("report/ask.js", b"export {}"),
    ];
    for (name, bytes) in files {
        host.put(&format!("/{name}"), bytes);
    }
    host.put("/", files[0].1);
    let hashes = files.map(|(name, bytes)| (name.to_owned(), hash_of(bytes)));
    let list = Integrity {
        files: hashes.into(),
    };
    let list = serde_json::to_vec(&list).unwrap();
    host.put("/integrity.json", &list);
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = server.local_addr();
    let service = Arc::clone(&host);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let identity = tls::Identity::from_seed(&[77; 32]).unwrap();
        let tls = tls::server(&identity, tls::Clients::Anyone);
        let run = server.run(tls, service, Limits::default(), pending::<()>());
        runtime.block_on(run).unwrap();
    });
    (host, list, format!("https://{address}/#whatever"))
}

fn refused(ran: &Ran, why: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (5, ""), "{}", ran.err);
    assert!(ran.err.contains(why), "{}", ran.err);
}

#[test]
fn spec_18_4_the_page_that_the_board_names_is_verified_and_another_is_not() {
    let country = Country::joined();
    let (host, list, url) = page();
    let verify = || country.run("home", &["verify-page", &url, "--json"], "");
    let none = verify();
    assert_eq!((none.code, none.out.as_str()), (1, ""), "{}", none.err);
    assert!(none.err.contains("--integrity"), "{}", none.err);
    let say = |text: &str| country.world().scheme.notice(text);
    say("We are closed on Monday.");
    say(&notice(b"a page of last year"));
    refused(&verify(), "serves another page than the right one");
    say(&notice(&list));
    let right = verify().json();
    assert_eq!(right["files"], 3);
    assert_eq!(right["hash"], hash_of(&list));
    assert!(
        right["named_by"]
            .as_str()
            .unwrap()
            .contains("the notice of")
    );

    host.put("/style.css", b"body { color: white }");
    refused(&verify(), "another file than its own list names: style.css");
}

#[test]
fn spec_18_4_what_browsers_alone_would_get_is_looked_at_too() {
    let country = Country::joined();
    let (host, list, url) = page();
    let file = country.write("integrity.json", &list);
    country.world().asked.clear();
    let verify = || country.run("home", &["verify-page", &url, "--integrity", &file], "");
    let right = verify();
    assert_eq!(right.code, 0, "{}", right.err);
    assert!(
        right.out.contains("serves the right page: 3 files"),
        "{}",
        right.out
    );
    assert!(country.sessions().is_empty(), "a file needs no session");

    let good = host.gzip.lock().unwrap()["/report/ask.js"].clone();
    let mut other = host.gzip.lock().unwrap()["/style.css"].clone();
    for lie in [other.clone(), vec![1, 2, 3], {
        other.truncate(9);
        other
    }] {
        host.gzip
            .lock()
            .unwrap()
            .insert("/report/ask.js".to_owned(), lie);
        refused(&verify(), "report/ask.js");
    }
    host.gzip
        .lock()
        .unwrap()
        .insert("/report/ask.js".to_owned(), good);
    host.put("/", b"<!doctype html><title>Changed</title>");
    refused(&verify(), "the front page");
    host.put("/integrity.json", b"{\"files\":{\"../relay.toml\":\"\"}}");
    refused(&verify(), "not the list of a page's files");
    host.plain.lock().unwrap().clear();
    host.gzip.lock().unwrap().clear();
    let gone = verify();
    assert_eq!(gone.code, 1, "{}", gone.err);
    assert!(gone.err.contains("answered 404"), "{}", gone.err);
}
