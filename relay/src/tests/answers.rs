use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};

use brolly_keys::epoch::Epoch;
use brolly_protocol::geometry::{SUBMISSION, TOKEN};
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::http::server::Body;
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls::{self, Identity};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::world::{BOUND, Running, World, frozen, get, holding, post, quick, relay_key};
use crate::intake::Intake;
use crate::writer::{Answer, Message};

/// Every byte of the answer to a `POST` over HTTP/1.1.
async fn bytes_of_answer(relay: &Running, seed: Option<[u8; 32]>, body: &[u8]) -> Vec<u8> {
    let identity = seed.map(|seed| Identity::from_seed(&seed).unwrap());
    let mut config = (*tls::client(&relay.key, identity.as_ref())).clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let socket = tokio::net::TcpStream::connect(relay.address).await.unwrap();
    let name = ServerName::from(relay.address.ip());
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
        .unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        wire::CELLS,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    // How the connection is torn down is TLS's affair; the answer came before.
    let _ = tokio::time::timeout(BOUND, read).await.unwrap();
    answer
}

#[tokio::test]
async fn spec_9_1_truncated_oversized_flipped_replayed_wrong_epoch_and_wrong_layer_packets_get_the_answer_of_a_good_one_and_go_nowhere()
 {
    let mut world = World::new(Layer::Entry, quick);
    let relay = world.start();
    world.next.up();
    let good = world.packets(1).remove(0);
    let wanted = bytes_of_answer(&relay, None, &good.body).await;
    let text = String::from_utf8(wanted.clone()).unwrap();
    assert!(text.starts_with("HTTP/1.1 202 "), "{text}");
    assert!(text.ends_with("content-length: 0\r\n\r\n"), "{text}");
    assert_eq!(world.arrivals(1).await, [good.out]);

    let flipped = |byte: usize| {
        let mut body = world.packet(|_| {}).body;
        body[byte] ^= 1;
        body
    };
    let mut padded = vec![0; SUBMISSION - TOKEN];
    let middle = World::new(Layer::Middle, quick);
    let at_middle = middle.start();
    let wrong_layer = middle.packet(|_| {}).body;
    padded[SUBMISSION - TOKEN - wrong_layer.len()..].copy_from_slice(&wrong_layer);
    let bad = [
        ("key id flipped", flipped(292)),
        ("encapsulation flipped", flipped(300)),
        ("body flipped", flipped(20_000)),
        ("tag flipped", flipped(SUBMISSION - 1)),
        ("replayed", world.pay_again(&good.body)),
        (
            "wrong epoch",
            world.packet(|hops| hops[0].epoch = Epoch::new(7)).body,
        ),
        (
            "wrong relay",
            world.packet(|hops| hops[0].relay = NodeId([9; 16])).body,
        ),
        (
            "next hop unknown",
            world.packet(|hops| hops[1].relay = NodeId([9; 16])).body,
        ),
        (
            "next hop skips a layer",
            world.packet(|hops| hops[1].relay = hops[2].relay).body,
        ),
        ("wrong layer, padded", world.pay(&padded)),
    ];
    for (what, body) in bad {
        let answer = bytes_of_answer(&relay, None, &body).await;
        assert_eq!(answer, wanted, "{what}");
    }
    // Behind the entry there are no tokens, and the length tells nothing either.
    let entry = Some(*relay_key(Layer::Entry).expose());
    let bad = [
        ("empty", Vec::new()),
        ("truncated", wrong_layer[1..].to_vec()),
        ("oversized", [&wrong_layer[..], &[0]].concat()),
        ("wrong layer", vec![0; SUBMISSION]),
    ];
    for (what, body) in bad {
        let answer = bytes_of_answer(&at_middle, entry, &body).await;
        assert_eq!(answer, wanted, "{what}");
    }
    // More than a relay would ever read: the same answer, after which the connection is closed.
    let huge = vec![0; 65 * wrong_layer.len()];
    assert_eq!(
        post(&at_middle.link(entry), huge).await,
        (StatusCode::ACCEPTED, Bytes::new())
    );
    assert!(middle.live().is_empty());

    // Whatever had been kept of them would have left with this one or before it.
    let last = world.packets(1).remove(0);
    post(&relay.link(None), last.body).await;
    assert_eq!(world.arrivals(1).await, [last.out]);
    assert!(world.next.nothing_more());
    world.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_9_2_a_request_without_a_good_packet_waits_for_the_write_like_any_other() {
    let rubbish = World::new(Layer::Entry, frozen).pay(&[0; SUBMISSION - TOKEN]);
    let bodies = [
        (Layer::Middle, Body::TooLong),
        (Layer::Middle, Body::Whole(Bytes::from_static(b"short"))),
        (
            Layer::Middle,
            Body::Whole(vec![0; Layer::Middle.packet()].into()),
        ),
        (Layer::Entry, Body::Whole(rubbish.into())),
    ];
    for (layer, body) in bodies {
        let world = World::new(layer, frozen);
        let opened = world.open().unwrap().writer;
        let (writer, messages) = mpsc::channel();
        let intake = Intake::new(
            Arc::clone(&opened.assignment),
            Arc::clone(&opened.keys),
            opened.admission.clone(),
            writer,
        );
        let asked = tokio::spawn(async move { intake.take(body).await });
        let receive = || messages.recv_timeout(BOUND);
        let Ok(Message::Batch(waiting)) = tokio::task::block_in_place(receive) else {
            panic!("nothing reached the writer");
        };
        assert!(waiting.packets.iter().all(Option::is_none));
        assert!(!asked.is_finished());
        waiting.answer.send(Answer::Taken).unwrap();
        assert_eq!(asked.await.unwrap(), Answer::Taken);
    }
}

#[tokio::test]
async fn spec_9_3_one_bad_packet_in_a_batch_does_not_touch_the_others() {
    let mut world = World::new(Layer::Entry, quick);
    let relay = world.start();
    world.next.up();
    let packets = world.packets(20);
    let mut body = Vec::new();
    let mut wanted = Vec::new();
    for (n, packet) in packets.into_iter().enumerate() {
        let mut submission = packet.body;
        match n {
            3 => submission[5_000] ^= 1,
            7 => submission[17] = 1,
            _ => wanted.push(packet.out),
        }
        body.extend(submission);
    }
    let answer = post(&relay.link(None), body).await;
    assert_eq!(answer, (StatusCode::ACCEPTED, Bytes::new()));
    let mut arrived = world.arrivals(18).await;
    arrived.sort();
    wanted.sort();
    assert_eq!(arrived, wanted);
}

#[tokio::test]
async fn a_packet_replayed_in_the_same_request_or_a_later_one_is_passed_on_once() {
    let mut world = World::new(Layer::Entry, quick);
    let relay = world.start();
    world.next.up();
    let link = relay.link(None);
    let packet = world.packets(1).remove(0);
    let again = || world.pay_again(&packet.body);
    post(&link, [packet.body.clone(), again()].concat()).await;
    post(&link, again()).await;
    let last = world.packets(1).remove(0);
    post(&link, last.body).await;
    let mut arrived = world.arrivals(2).await;
    let mut wanted = [packet.out, last.out];
    arrived.sort();
    wanted.sort();
    assert_eq!(arrived, wanted);
    assert!(world.next.nothing_more());
}

#[tokio::test]
async fn spec_9_5_only_relays_of_the_layer_before_may_hand_packets_to_a_middle_relay() {
    let mut world = World::new(Layer::Middle, quick);
    let relay = world.start();
    world.next.up();
    let packet = world.packets(1).remove(0);
    let seed = |layer| Some(*relay_key(layer).expose());
    for stranger in [None, Some([99; 32]), seed(Layer::Exit), seed(Layer::Middle)] {
        let answer = post(&relay.link(stranger), packet.body.clone()).await;
        assert_eq!(answer, (StatusCode::FORBIDDEN, Bytes::new()));
    }
    let answer = post(&relay.link(seed(Layer::Entry)), packet.body).await;
    assert_eq!(answer.0, StatusCode::ACCEPTED);
    assert_eq!(world.arrivals(1).await, [packet.out]);
    assert!(world.next.nothing_more());
}

#[tokio::test]
async fn spec_9_6_a_full_pool_answers_503_to_good_and_bad_alike_and_keeps_what_it_has() {
    let mut world = World::new(Layer::Entry, holding);
    world.config.pool_capacity = 2;
    world.memory = crate::supervised::Memory::create(2).unwrap();
    let relay = world.start();
    let link = relay.link(None);
    let packets = world.packets(3);
    for packet in &packets[..2] {
        assert_eq!(
            post(&link, packet.body.clone()).await.0,
            StatusCode::ACCEPTED
        );
    }
    let replayed = world.pay_again(&packets[0].body);
    let rubbish = world.pay(&[0; SUBMISSION - TOKEN]);
    for body in [&packets[2].body, &replayed, &rubbish] {
        let answer = post(&link, body.clone()).await;
        assert_eq!(answer, (StatusCode::SERVICE_UNAVAILABLE, Bytes::new()));
    }
    assert_eq!(world.live().len(), 2);
}

#[tokio::test]
async fn a_full_set_of_tags_answers_503_and_the_packet_may_come_again() {
    let mut world = World::new(Layer::Entry, quick);
    world.next.up();
    world.config.replay_capacity = 1;
    let relay = world.start();
    let link = relay.link(None);
    let packets = world.packets(2);
    assert_eq!(
        post(&link, packets[0].body.clone()).await.0,
        StatusCode::ACCEPTED
    );
    let answer = post(&link, packets[1].body.clone()).await;
    assert_eq!(answer.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.arrivals(1).await, [packets[0].out.clone()]);
    relay.stop().await.unwrap();
    world.config.replay_capacity = 10;
    let relay = world.start();
    post(&relay.link(None), packets[1].body.clone()).await;
    assert_eq!(world.arrivals(1).await, [packets[1].out.clone()]);
}

#[tokio::test]
async fn spec_9_6_a_full_disk_answers_503_to_good_and_bad_alike_loses_nothing_and_recovers() {
    let mut world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let link = relay.link(None);
    let packets = world.packets(3);
    post(&link, packets[0].body.clone()).await;
    relay.room.store(1_000, Ordering::SeqCst);
    let replayed = world.pay_again(&packets[0].body);
    let rubbish = world.pay(&[0; SUBMISSION - TOKEN]);
    for body in [&packets[1].body, &replayed, &rubbish] {
        let answer = post(&link, body.clone()).await;
        assert_eq!(answer, (StatusCode::SERVICE_UNAVAILABLE, Bytes::new()));
    }
    assert_eq!((world.live().len(), world.segments().len()), (1, 1));
    relay.room.store(u64::MAX, Ordering::SeqCst);
    for packet in &packets[1..] {
        assert_eq!(
            post(&link, packet.body.clone()).await.0,
            StatusCode::ACCEPTED
        );
    }
    relay.stop().await.unwrap();
    // The pool lets go of everything in the next life.
    world.revive();
    let _relay = world.start();
    let mut arrived = world.arrivals(3).await;
    let mut wanted: Vec<_> = packets.into_iter().map(|packet| packet.out).collect();
    arrived.sort();
    wanted.sort();
    assert_eq!(arrived, wanted);
}

#[tokio::test]
async fn what_is_public_is_answered_and_nothing_else() {
    let world = World::new(Layer::Exit, quick);
    let relay = world.start();
    let link = relay.link(None);
    let (status, note) = get(&link, "/v1/directory/3").await;
    assert_eq!((status, &note), (StatusCode::OK, &world.assignment().note));
    let nothing_yet = [
        wire::DIRECTORY,
        wire::KEYS,
        wire::WINDOW,
        wire::ALERTS,
        "/v1/reports/checkpoint",
        "/v1/board/checkpoint",
        "/v1/reports/tile/0/000",
        "/v1/board/tile/entries/000.p/1",
    ];
    for path in nothing_yet {
        assert_eq!(get(&link, path).await.0, StatusCode::SERVICE_UNAVAILABLE);
        let posted = link.send(Method::POST, path, Bytes::new(), 0, BOUND).await;
        assert_eq!(posted.unwrap().status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(
        get(&link, wire::CELLS).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let nowhere = [
        "/v1/other",
        "/v1/reports",
        "/v1/reports/entries",
        "/v1/reports/witnessed",
        "/v1/board/tile/0/0",
        "/v1/board/tile/0/../../cosigned",
        "/v1/board/cosigned",
        wire::FRESHNESS,
        "/v1/directory/",
        "/v1/directory/4",
        "/v1/directory/03",
    ];
    for path in nowhere {
        assert_eq!(get(&link, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
