#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "every store but a few behaves the same in a place"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::*;
use crate::store::trust;

/// How a store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    Honest,
    Forgets,
    Flips,
    ShiftsParts,
    GivesAllForAPart,
    AppendsTheSecondTime,
    ListsNothing,
    ListsOtherSizes,
    KeepsTheDeleted,
    ListsTheDeleted,
    Invents,
    RefusesPuts,
    LetsNobodyIn,
    Redirects,
}

/// What a store holds and what it says that it holds.
#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Bytes>,
    listed: BTreeMap<String, usize>,
}

#[tokio::test]
async fn spec_10_15_an_object_store_that_lies_is_refused_at_start() {
    assert_eq!(tried(Store::Honest).await, Ok(()));
    for (store, words) in [
        (Store::Forgets, "does not give back what was just put"),
        (Store::Flips, "does not give back what was just put"),
        (Store::ShiftsParts, "does not give a part of an object"),
        (Store::GivesAllForAPart, "does not give a part of an object"),
        (
            Store::AppendsTheSecondTime,
            "changes an object when the same bytes are put again",
        ),
        (Store::ListsNothing, "does not list what it holds"),
        (Store::ListsOtherSizes, "does not list what it holds"),
        (Store::KeepsTheDeleted, "still gives what was deleted"),
        (Store::ListsTheDeleted, "still lists what was deleted"),
        (
            Store::Invents,
            "says that it has an object that was never put",
        ),
        (Store::RefusesPuts, "does not keep what is put"),
        (
            Store::LetsNobodyIn,
            "does not let this key read, write, list and delete",
        ),
        (
            Store::Redirects,
            "says that it has an object that was never put",
        ),
    ] {
        let refused = tried(store).await.unwrap_err();
        assert!(refused.contains(words), "{store:?}: {refused}");
        assert!(!refused.contains("a secret"), "{store:?}: {refused}");
    }
}

#[tokio::test]
async fn a_store_that_is_not_there_is_told_from_one_that_misbehaves() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let away = open(&settings(&endpoint)).await.unwrap_err();
    assert!(matches!(away, S3Error::Away(_)), "{away}");
}

#[test]
fn spec_10_15_an_endpoint_without_tls_is_on_this_machine_or_refused() {
    for good in [
        "https://s3.example.org",
        "https://s3.example.org:3900/",
        "http://127.0.0.1:3900",
        "http://[::1]:1",
    ] {
        let endpoint: Endpoint = good.parse().unwrap();
        assert_eq!(endpoint.to_string(), good.trim_end_matches('/'));
        assert_eq!(endpoint.is_plain(), good.starts_with("http:"));
    }
    for plain in [
        "http://s3.example.org",
        "http://10.0.0.1:3900",
        "http://127.0.0.1.example.org",
        "http://localhost",
    ] {
        assert_eq!(
            plain.parse::<Endpoint>(),
            Err(EndpointError::Plain),
            "{plain}"
        );
    }
    for bad in [
        "",
        "s3.example.org",
        "127.0.0.1:3900",
        "ftp://127.0.0.1",
        "https://",
        "https://h/bucket",
        "https://h?x",
        "https://key:secret@h",
        "http://a@127.0.0.1",
    ] {
        assert_eq!(
            bad.parse::<Endpoint>(),
            Err(EndpointError::Malformed),
            "{bad}"
        );
    }
}

#[test]
fn credentials_are_two_lines_and_are_never_shown() {
    let read = Credentials::parse(b"GK31c2\na/secret+\n").unwrap();
    assert_eq!(read.access_key, "GK31c2");
    assert_eq!(read.secret.as_str(), "a/secret+");
    assert_eq!(format!("{read:?}"), "Credentials { .. }");
    for bad in [
        "",
        "GK31c2",
        "GK31c2\n\n",
        "a\nb\nc",
        "a b\nc",
        "\na\nb",
        "a\n\u{e9}",
    ] {
        assert!(Credentials::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(Credentials::parse(&[b'a', b'\n', 0xff]).is_err());
}

async fn tried(store: Store) -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Kept::default()));
    let serving = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let kept = kept.clone();
            let service = service_fn(move |request| {
                let kept = kept.clone();
                async move { Ok::<_, Infallible>(answer(store, &kept, request).await) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    let opened = open(&settings(&endpoint)).await;
    serving.abort();
    opened.map(drop).map_err(|error| error.to_string())
}

fn settings(endpoint: &str) -> Settings {
    Settings {
        endpoint: endpoint.parse().unwrap(),
        bucket: "brolly".into(),
        region: "garage".into(),
        credentials: Credentials::parse(b"key\na-secret\n").unwrap(),
        tls: trust::nobody().unwrap(),
    }
}

async fn answer(
    store: Store,
    kept: &Mutex<Kept>,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    match store {
        Store::LetsNobodyIn => return said(StatusCode::FORBIDDEN, ""),
        Store::Redirects => {
            let mut elsewhere = said(StatusCode::TEMPORARY_REDIRECT, "");
            let address = "http://192.0.2.1/".parse().unwrap();
            elsewhere.headers_mut().insert("location", address);
            return elsewhere;
        }
        _ => {}
    }
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut kept = kept.lock().unwrap();
    let key = head
        .uri
        .path()
        .strip_prefix("/brolly")
        .unwrap()
        .trim_start_matches('/')
        .to_owned();
    match head.method {
        Method::PUT => {
            assert!(head.headers.get("if-none-match").is_none());
            let before = kept.objects.get(&key).cloned().unwrap_or_default();
            let object = match store {
                Store::RefusesPuts => {
                    return said(
                        StatusCode::NOT_FOUND,
                        "<Error><Code>NoSuchBucket</Code></Error>",
                    );
                }
                Store::Forgets => None,
                Store::AppendsTheSecondTime => Some([before, body].concat().into()),
                _ => Some(body),
            };
            if let Some(object) = object {
                kept.listed.insert(key.clone(), object.len());
                kept.objects.insert(key, object);
            }
            said(StatusCode::OK, "")
        }
        Method::DELETE => {
            if store != Store::KeepsTheDeleted {
                kept.objects.remove(&key);
            }
            if store != Store::ListsTheDeleted {
                kept.listed.remove(&key);
            }
            said(StatusCode::NO_CONTENT, "")
        }
        _ if key.is_empty() => said(StatusCode::OK, listing(store, &kept)),
        _ => match kept.objects.get(&key) {
            Some(object) => object_of(store, object, head.headers.get("range").is_some()),
            None if store == Store::Invents => said(StatusCode::OK, "invented"),
            None => said(StatusCode::NOT_FOUND, ""),
        },
    }
}

fn object_of(store: Store, object: &Bytes, part: bool) -> Response<Full<Bytes>> {
    if part && store != Store::GivesAllForAPart {
        let (from, to) = (1000, 1300);
        let bytes = match store {
            Store::ShiftsParts => object.slice(from + 1..=to),
            _ => object.slice(from..to),
        };
        let mut answer = said(StatusCode::PARTIAL_CONTENT, bytes);
        let range = format!("bytes {from}-{}/{}", to - 1, object.len());
        answer
            .headers_mut()
            .insert("content-range", range.parse().unwrap());
        return answer;
    }
    let mut bytes = object.to_vec();
    if store == Store::Flips {
        bytes[20_000] ^= 1;
    }
    said(StatusCode::OK, bytes)
}

fn listing(store: Store, kept: &Kept) -> String {
    let mut objects = String::new();
    for (key, length) in &kept.listed {
        let length = match store {
            Store::ListsNothing => continue,
            Store::ListsOtherSizes => length - 1,
            _ => *length,
        };
        objects += &format!(
            "<Contents><Key>{key}</Key><LastModified>2026-11-26T00:00:00.000Z</LastModified>\
             <ETag>\"e\"</ETag><Size>{length}</Size></Contents>"
        );
    }
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult><Name>brolly</Name><IsTruncated>false</IsTruncated>\
         {objects}</ListBucketResult>"
    )
}

fn said(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert("etag", "\"e\"".parse().unwrap());
    headers.insert(
        "last-modified",
        "Thu, 26 Nov 2026 00:00:00 GMT".parse().unwrap(),
    );
    answer
}
