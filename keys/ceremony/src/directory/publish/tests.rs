use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use brolly_keys::file::Label;
use brolly_shell::cli::{NETWORK, REFUSED};
use brolly_shell::http::server::{Body, Limits, Request, Response, Server, Service};
use brolly_shell::keyfile;
use brolly_shell::tls::{Clients, Identity};
use tokio::sync::oneshot;

use super::super::tests::Room;
use super::*;

/// An inbox that gives one answer after the other, and keeps what it was given.
struct Inbox {
    answers: Mutex<VecDeque<(StatusCode, &'static str)>>,
    given: Mutex<Vec<(Method, String, Bytes)>>,
}

impl Service for Inbox {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        1 << 20
    }

    async fn call(&self, request: Request) -> Response {
        let Body::Whole(body) = request.body else {
            return Response::empty(StatusCode::PAYLOAD_TOO_LARGE);
        };
        let mut given = self.given.lock().unwrap();
        given.push((request.method, request.path, body));
        let (status, text) = self.answers.lock().unwrap().pop_front().unwrap();
        Response::text(status, text)
    }
}

/// Serves with this identity until the sender is dropped.
fn serve(seed: &[u8; 32], inbox: Arc<Inbox>) -> (SocketAddr, oneshot::Sender<()>) {
    let identity = Identity::from_seed(seed).unwrap();
    let (told, address) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            told.send(server.local_addr()).unwrap();
            let tls = tls::server(&identity, Clients::Optional);
            server.run(tls, inbox, Limits::default(), stopped).await
        })
    });
    (address.recv().unwrap(), stop)
}

/// Version 2, which says that the inbox is at `address`, and version 3, to be handed in there.
fn third(room: &Room, address: SocketAddr) {
    room.draft(&[("127.0.0.1:4436", &address.to_string())]);
    for officer in ["ada", "bea"] {
        room.sign("draft.toml", officer).unwrap();
    }
    room.does("directory combine @ada.note @bea.note --from @1.note --out @2.note");
    room.does("directory draft --from @2.note --out @third.toml");
    for officer in ["ada", "cat"] {
        room.does(&format!(
            "directory sign @third.toml --from @2.note --key @{officer}.key --out @{officer}3.note --yes --passphrase-file @passphrase"
        ));
    }
    room.does("directory combine @ada3.note @cat3.note --from @2.note --out @3.note");
}

#[test]
fn spec_4_12_a_version_is_handed_in_at_the_inbox_and_its_own_sentence_is_told() {
    let room = Room::new();
    let keys = keyfile::read(&room.at("inbox.key"), b"four words or more").unwrap();
    let inbox = Arc::new(Inbox {
        answers: Mutex::default(),
        given: Mutex::default(),
    });
    let seed = keys.secret(Label::Identity, 0).unwrap();
    let (address, _stop) = serve(seed, Arc::clone(&inbox));

    third(&room, address);

    let publish = "directory publish @3.note --directory @2.note";
    let answer = |status, text| inbox.answers.lock().unwrap().push_back((status, text));
    answer(StatusCode::ACCEPTED, "");
    let told = room.does(publish);
    assert!(
        told.contains("took version 3") && told.contains("2 days after it was logged"),
        "{told}"
    );
    answer(StatusCode::ACCEPTED, "");
    let json = room.json(publish);
    assert_eq!(json["version"], 3);
    assert_eq!(json["inbox"], address.to_string());
    for (method, path, body) in inbox.given.lock().unwrap().iter() {
        assert_eq!((method, path.as_str()), (&Method::POST, "/v1/directory"));
        assert_eq!(*body, std::fs::read(room.at("3.note")).unwrap());
    }

    answer(
        StatusCode::CONFLICT,
        "another text of version 3 is logged\u{1b}[2J\n",
    );
    room.refuses(
        publish,
        REFUSED,
        "did not take it: another text of version 3 is logged\u{fffd}[2J",
    );
    answer(StatusCode::SERVICE_UNAVAILABLE, "");
    room.refuses(publish, NETWORK, "it answered 503");
    assert_eq!(inbox.given.lock().unwrap().len(), 4);
}

#[test]
fn spec_4_12_a_version_is_given_to_nobody_but_the_inbox() {
    let room = Room::new();
    let inbox = Arc::new(Inbox {
        answers: Mutex::default(),
        given: Mutex::default(),
    });
    let (address, _stop) = serve(&[7; 32], Arc::clone(&inbox));
    third(&room, address);
    let publish = "directory publish @3.note --directory @2.note";
    room.refuses(publish, REFUSED, "does not hold the key in the directory");
    assert!(inbox.given.lock().unwrap().is_empty());
}
