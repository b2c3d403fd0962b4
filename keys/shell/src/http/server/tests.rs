use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::client::Link;
use super::super::loopback::{LIMIT, Paths, Running, identity, link, post, start};
use super::*;

const SHORT: Duration = Duration::from_millis(1);

/// A TLS connection for HTTP/1.1 written by hand.
async fn raw(running: &Running) -> TlsStream<TcpStream> {
    shake(TcpStream::connect(running.address).await.unwrap()).await
}

async fn shake(socket: TcpStream) -> TlsStream<TcpStream> {
    let mut config = Arc::unwrap_or_clone(tls::client(&identity(1).public_key(), None));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from("any").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
        .unwrap()
}

async fn ask(running: &Running, request: &[u8]) -> String {
    let mut stream = raw(running).await;
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer).await {
        // A connection that never said anything is dropped without a farewell.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
        read => assert_eq!(read.unwrap(), answer.len()),
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn an_answer_over_http_1_names_no_server_and_no_date_and_is_not_stored() {
    let running = start(Limits::default());
    let answer = ask(
        &running,
        b"GET /query?after=5 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!(lines.remove(0), "HTTP/1.1 200 OK");
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "cache-control: no-store",
            "connection: close",
            "content-length: 7",
            "content-type: text/plain; charset=utf-8",
        ]
    );
    assert_eq!(body, "after=5");
}

#[tokio::test]
async fn a_cacheable_answer_says_so_and_a_long_one_arrives_whole() {
    let running = start(Limits::default());
    let answer = ask(
        &running,
        b"GET /long HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("cache-control: public, max-age=31536000, immutable"));
    assert_eq!(body.len(), 3_000_000);
    let (_, body) = post(&running.link(), "/long", "").await.unwrap();
    assert_eq!(body.len(), 3_000_000);
}

#[tokio::test]
async fn a_body_at_the_limit_is_whole_and_one_over_it_is_too_long() {
    let running = start(Limits::default());
    let link = running.link();
    let (status, body) = post(&link, "/echo", vec![b'x'; LIMIT]).await.unwrap();
    assert_eq!((status, body.len()), (StatusCode::OK, LIMIT));
    let (status, _) = post(&link, "/echo", vec![b'x'; LIMIT + 1]).await.unwrap();
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, _) = post(&link, "/echo", vec![b'x'; 5_000_000]).await.unwrap();
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    // That connection was closed after the answer; the link makes another.
    let (status, _) = post(&link, "/echo", "again").await.unwrap();
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn of_an_endless_body_twice_the_limit_is_read_then_the_connection_is_closed() {
    let running = start(Limits::default());
    let mut request =
        b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n".to_vec();
    request.extend_from_slice(&vec![b'x'; 2 * LIMIT]);
    request.extend_from_slice(b"\r\n");
    // The terminating chunk never comes, and yet there is an answer and an end.
    let answer = ask(&running, &request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let limits = Limits {
        body: SHORT,
        ..Limits::default()
    };
    let running = start(limits);
    let half = b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf";
    let answer = ask(&running, half).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_silent_connection_is_closed_before_and_after_the_handshake() {
    let handshake = Limits {
        handshake: SHORT,
        ..Limits::default()
    };
    let running = start(handshake);
    let mut socket = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(socket.read(&mut [0]).await.unwrap(), 0);

    let idle = Limits {
        idle: SHORT,
        ..Limits::default()
    };
    assert_eq!(ask(&start(idle), b"").await, "");

    let headers = Limits {
        headers: SHORT,
        ..Limits::default()
    };
    let answer = ask(&start(headers), b"GET /echo HTTP/1.1\r\n").await;
    assert!(!answer.contains("200"), "{answer}");
}

#[tokio::test]
async fn a_call_may_take_longer_than_a_connection_may_be_idle() {
    let limits = Limits {
        idle: Duration::from_millis(300),
        ..Limits::default()
    };
    let running = start(limits);
    let service = Arc::clone(&running.service);
    let link = running.link();
    let release = async {
        service.arrived.notified().await;
        // Another connection's idle time passes meanwhile: that one is closed, ours is not.
        assert_eq!(ask(&running, b"").await, "");
        service.release.notify_one();
    };
    let (reply, ()) = tokio::join!(post(&link, "/wait", ""), release);
    assert_eq!(reply.unwrap().1, "waited");
}

#[tokio::test]
async fn a_caller_who_does_not_read_the_answer_loses_the_connection() {
    let limits = Limits {
        connections: 1,
        idle: Duration::from_millis(300),
        grace: SHORT,
        ..Limits::default()
    };
    let running = start(limits);
    let mut unread = raw(&running).await;
    for _ in 0..20 {
        let request = b"GET /long HTTP/1.1\r\nhost: x\r\n\r\n";
        unread.write_all(request).await.unwrap();
    }
    // There is one place only, and it becomes free.
    let (status, _) = post(&running.link(), "/echo", "").await.unwrap();
    assert_eq!(status, StatusCode::OK);
    drop(unread);
}

#[tokio::test]
async fn a_panic_in_a_service_is_an_answer_and_nothing_else() {
    let running = start(Limits::default());
    let link = running.link();
    let (status, body) = post(&link, "/panic", "").await.unwrap();
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body.is_empty());
    assert_eq!(post(&link, "/echo", "still").await.unwrap().1, "still");
}

#[tokio::test]
async fn a_service_learns_the_key_of_its_caller_and_none_from_who_has_none() {
    let running = start(Limits::default());
    let caller = identity(2);
    let tls = tls::client(&identity(1).public_key(), Some(&caller));
    let known = Link::new(running.address.to_string(), tls, None);
    let (_, key) = post(&known, "/peer", "").await.unwrap();
    assert_eq!(key, caller.public_key().as_slice());
    let (_, key) = post(&running.link(), "/peer", "").await.unwrap();
    assert!(key.is_empty());
}

#[tokio::test]
async fn a_stopped_server_finishes_what_is_under_way_and_accepts_nobody() {
    let running = start(Limits::default());
    let address = running.address;
    let link = running.link();
    let asked = tokio::spawn(async move { post(&link, "/wait", "").await });
    running.service.arrived.notified().await;
    running.stop.send(()).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.ended.is_finished());
    running.service.release.notify_one();
    assert_eq!(asked.await.unwrap().unwrap().1, "waited");
    running.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_is_being_let_in_when_a_server_stops_is_answered() {
    let running = start(Limits::default());
    let address = running.address;
    let greeted = link(address);
    let silent = TcpStream::connect(address).await.unwrap();
    let mut shaken = raw(&running).await;
    // Connections are accepted one after another: with the last, the two before it are.
    post(&greeted, "/echo", "").await.unwrap();
    running.stop.send(()).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let request = b"GET /query?x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    shaken.write_all(request).await.unwrap();
    let mut silent = shake(silent).await;
    silent.write_all(request).await.unwrap();
    for stream in [&mut shaken, &mut silent] {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    running.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_connects_between_two_lives_of_a_server_waits_and_is_answered_by_the_next() {
    let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = server.local_addr();
    let life = |shutdown: Pin<Box<dyn Future<Output = ()> + Send>>| {
        let tls = tls::server(&identity(1), tls::Clients::Optional);
        let server = server.try_clone().unwrap();
        server.run(tls, Arc::new(Paths::default()), Limits::default(), shutdown)
    };
    life(Box::pin(std::future::ready(()))).await.unwrap();
    let asking = tokio::spawn(async move { post(&link(address), "/echo", "x").await });
    // Nobody answers, and nobody refuses.
    let socket = TcpStream::connect(address).await.unwrap();
    drop(socket);
    assert!(!asking.is_finished());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let second = tokio::spawn(life(Box::pin(async {
        let _ = stopped.await;
    })));
    assert_eq!(asking.await.unwrap().unwrap().0, StatusCode::OK);
    stop.send(()).unwrap();
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stopped_server_waits_no_longer_than_its_grace() {
    let limits = Limits {
        grace: SHORT,
        ..Limits::default()
    };
    let running = start(limits);
    let link = running.link();
    let asked = tokio::spawn(async move { post(&link, "/wait", "").await });
    running.service.arrived.notified().await;
    running.stop().await;
    assert!(asked.await.unwrap().is_err());
}

#[tokio::test]
async fn a_connection_over_the_limit_waits_for_a_place() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let running = start(limits);
    let first = running.link();
    post(&first, "/echo", "").await.unwrap();
    let second = link(running.address);
    let waiting = tokio::spawn(async move { post(&second, "/echo", "second").await });
    for _ in 0..20 {
        post(&first, "/echo", "").await.unwrap();
    }
    assert!(!waiting.is_finished());
    drop(first);
    assert_eq!(waiting.await.unwrap().unwrap().1, "second");
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let first = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = first.local_addr().port();
    let error = Server::bind(first.local_addr()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "port {port} is in use by another program: stop that program, or choose another port in the configuration"
        )
    );
}
