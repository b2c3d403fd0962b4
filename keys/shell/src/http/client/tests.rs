use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::super::loopback::{identity, link, post, start, start_at};
use super::super::server::Limits;
use super::*;
use crate::tls;

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Passes connections on to `to` and counts them.
async fn counted(to: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let (listener, address) = listen().await;
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await.unwrap();
                copy_bidirectional(&mut near, &mut far).await
            });
        }
    });
    (address, count)
}

/// A SOCKS5 proxy that tells which host and port it was asked for and connects to `to` whatever they are.
async fn proxy(to: SocketAddr) -> (Socks5, mpsc::UnboundedReceiver<(String, u16)>) {
    let (listener, address) = listen().await;
    let (tell, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 3];
        near.read_exact(&mut greeting).await.unwrap();
        assert_eq!(greeting, [5, 1, 0]);
        near.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 5];
        near.read_exact(&mut request).await.unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3], "connect, to a name");
        let mut host = vec![0; usize::from(request[4])];
        near.read_exact(&mut host).await.unwrap();
        let port = near.read_u16().await.unwrap();
        tell.send((String::from_utf8(host).unwrap(), port)).unwrap();
        near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .unwrap();
        let mut far = TcpStream::connect(to).await.unwrap();
        copy_bidirectional(&mut near, &mut far).await
    });
    let proxy = address.to_string();
    (Socks5 { proxy }, asked)
}

#[tokio::test]
async fn a_pinned_server_is_reached_over_one_kept_connection() {
    let running = start(Limits::default());
    let (address, count) = counted(running.address).await;
    let link = link(address);
    for word in ["one", "two", "three"] {
        let (status, body) = post(&link, "/echo", word).await.unwrap();
        assert_eq!((status, body), (StatusCode::OK, Bytes::from(word)));
    }
    let (one, other) = tokio::join!(post(&link, "/echo", "a"), post(&link, "/echo", "b"));
    assert_eq!((one.unwrap().1, other.unwrap().1), ("a".into(), "b".into()));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_link_connects_again_after_the_server_was_restarted() {
    let running = start(Limits::default());
    let (through, count) = counted(running.address).await;
    let address = running.address;
    let link = link(through);
    post(&link, "/echo", "before").await.unwrap();
    running.stop().await;
    let _again = start_at(address, Limits::default());
    assert_eq!(post(&link, "/echo", "after").await.unwrap().1, "after");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_server_with_another_key_is_refused_and_named() {
    let running = start(Limits::default());
    let tls = tls::client(&identity(9).public_key(), None);
    let link = Link::new(running.address.to_string(), tls, None);
    let error = post(&link, "/echo", "secret").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the server at {} is not the expected one: it does not hold the key in the directory",
            running.address
        )
    );
}

#[tokio::test]
async fn a_proxy_is_given_the_name_and_not_an_address() {
    let running = start(Limits::default());
    let (via, mut asked) = proxy(running.address).await;
    let tls = tls::client(&identity(1).public_key(), None);
    let link = Link::new("inbox.invalid:8443".into(), tls, Some(via));
    let (_, body) = post(&link, "/echo", "through").await.unwrap();
    assert_eq!(body, "through");
    assert_eq!(asked.recv().await.unwrap(), ("inbox.invalid".into(), 8443));
}

#[tokio::test]
async fn a_proxy_that_does_not_get_through_is_named_with_its_reason() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        near.read_exact(&mut [0; 3]).await.unwrap();
        near.write_all(&[5, 0]).await.unwrap();
        near.read_exact(&mut [0; 20]).await.unwrap();
        near.write_all(&[5, 4, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .unwrap();
    });
    let proxy = address.to_string();
    let tls = tls::client(&identity(1).public_key(), None);
    let link = Link::new("inbox.invalid:8443".into(), tls, Some(Socks5 { proxy }));
    let error = post(&link, "/echo", "").await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("the proxy {address} cannot connect to inbox.invalid:8443: Host unreachable")
    );
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused() {
    let running = start(Limits::default());
    let link = running.link();
    let bound = Duration::from_secs(60);
    for (limit, fits) in [(5, true), (4, false)] {
        let sent = link.send(Method::POST, "/echo", "words".into(), limit, bound);
        match sent.await {
            Ok(reply) => assert!(fits && reply.body == "words"),
            Err(error) => assert!(!fits && matches!(error, LinkError::TooLong { limit: 4, .. })),
        }
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_an_error() {
    let running = start(Limits::default());
    let link = running.link();
    post(&link, "/echo", "").await.unwrap();
    let bound = Duration::from_millis(1);
    let sent = link.send(Method::POST, "/wait", Bytes::new(), 10, bound);
    assert!(matches!(sent.await, Err(LinkError::TimedOut(_))));
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_told_apart() {
    let (listener, closed) = listen().await;
    drop(listener);
    let error = post(&link(closed), "/echo", "").await.unwrap_err();
    assert!(matches!(error, LinkError::Unreachable { .. }), "{error}");

    let tls = tls::client(&identity(1).public_key(), None);
    for wrong in ["inbox.example", "inbox.example:", ":443", "a b:443"] {
        let link = Link::new(wrong.into(), Arc::clone(&tls), None);
        let error = post(&link, "/echo", "").await.unwrap_err();
        assert!(matches!(error, LinkError::Address(_)), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn something_else_than_a_brolly_server_and_a_broken_connection_are_told_apart() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        first
            .write_all(b"SSH-2.0-OpenSSH_9.2 and more of it\r\n")
            .await
            .unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        // Take the hello, so that closing is an end and not a reset.
        second.read_exact(&mut [0; 5]).await.unwrap();
        drop(second);
        drop(first);
    });
    let link = link(address);
    let error = post(&link, "/echo", "").await.unwrap_err();
    assert!(matches!(error, LinkError::Protocol(_)), "{error}");
    let error = post(&link, "/echo", "").await.unwrap_err();
    assert!(matches!(error, LinkError::BrokenOff(_)), "{error}");
}
