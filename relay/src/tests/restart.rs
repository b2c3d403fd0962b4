use std::sync::{Arc, mpsc};

use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::http::server::Body;
use brolly_shell::http::{Method, StatusCode};

use super::world::{BOUND, Out, World, files, frozen, get, holding, post, quick};
use crate::intake::Intake;
use crate::run::RunError;
use crate::supervised::Memory;
use crate::writer::Answer;

/// The same scheme in a later life, in which everything leaves at the next tick.
fn lively(mut world: World) -> World {
    world.revive();
    world
}

fn sorted(mut outs: Vec<Out>) -> Vec<Out> {
    outs.sort();
    outs
}

#[tokio::test]
async fn spec_8_4_what_was_answered_202_survives_a_crash_and_is_passed_on_once() {
    let world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let packets = world.packets(10);
    let body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
    assert_eq!(
        post(&relay.link(None), body.clone()).await.0,
        StatusCode::ACCEPTED
    );
    relay.kill();

    let mut world = lively(world);
    let relay = world.start();
    // The sender, who may not have heard the answer, sends again, with the same tokens and then with others.
    let link = relay.link(None);
    let other = world.pay_again(&body);
    assert_eq!(post(&link, body).await.0, StatusCode::FORBIDDEN);
    assert_eq!(post(&link, other).await.0, StatusCode::ACCEPTED);
    let last = world.packets(1).remove(0);
    post(&link, last.body).await;
    let mut wanted: Vec<Out> = packets.into_iter().map(|packet| packet.out).collect();
    wanted.push(last.out);
    assert_eq!(sorted(world.arrivals(11).await), sorted(wanted));
    world.until_empty().await;
    assert!(world.next.nothing_more());
}

#[tokio::test]
async fn a_packet_passed_on_before_a_crash_is_a_replay_after_it() {
    let mut world = World::new(Layer::Entry, quick);
    world.next.up();
    let relay = world.start();
    let packet = world.packets(1).remove(0);
    post(&relay.link(None), packet.body.clone()).await;
    assert_eq!(world.arrivals(1).await, [packet.out]);
    world.until_empty().await;
    relay.kill();
    let relay = world.start();
    let link = relay.link(None);
    post(&link, world.pay_again(&packet.body)).await;
    let last = world.packets(1).remove(0);
    post(&link, last.body).await;
    assert_eq!(world.arrivals(1).await, [last.out]);
    assert!(world.next.nothing_more());
}

#[tokio::test]
async fn a_tag_lost_between_pool_and_log_is_rebuilt_and_stays_known_after_the_packet_left() {
    let world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let packet = world.packets(1).remove(0);
    post(&relay.link(None), packet.body.clone()).await;
    relay.kill();
    // As if the process had died before it came to the log.
    let log = format!("tags/{}.log", world.epoch().number());
    std::fs::write(world.config.data.join(&log), b"").unwrap();

    let mut world = lively(world);
    let relay = world.start();
    assert_eq!(world.arrivals(1).await, [packet.out]);
    world.until_empty().await;
    relay.kill();
    let relay = world.start();
    let link = relay.link(None);
    post(&link, world.pay_again(&packet.body)).await;
    let last = world.packets(1).remove(0);
    post(&link, last.body).await;
    assert_eq!(world.arrivals(1).await, [last.out]);
}

#[tokio::test]
async fn a_packet_whose_answer_was_never_given_may_be_lost_and_is_then_taken_again() {
    let world = World::new(Layer::Entry, frozen);
    let relay = world.start();
    let packet = world.packets(1).remove(0);
    let link = relay.link(None);
    let body = packet.body.clone();
    let asked = tokio::spawn(async move {
        link.send(Method::POST, wire::CELLS, body.into(), 0, BOUND)
            .await
            .is_ok()
    });
    relay.kill();
    assert!(!asked.await.unwrap());
    let mut world = lively(world);
    let relay = world.start();
    post(&relay.link(None), packet.body).await;
    assert_eq!(world.arrivals(1).await, [packet.out]);
    world.until_empty().await;
}

#[tokio::test]
async fn spec_8_5_without_the_supervised_memory_nothing_opens_and_nothing_is_left() {
    let world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let before = world.packets(4);
    let body: Vec<u8> = before.iter().flat_map(|p| p.body.clone()).collect();
    post(&relay.link(None), body.clone()).await;
    relay.kill();
    assert_eq!(world.segments().len(), 1);

    // The plug was pulled.
    let mut world = lively(world);
    world.memory = Memory::create(world.config.pool_capacity).unwrap();
    let relay = world.start();
    assert!(world.segments().is_empty());
    let tags = files(&world.config.data.join("tags"));
    assert!(tags.iter().all(Vec::is_empty));
    // Its packet keys went too: what was wrapped to them does not open.
    let link = relay.link(None);
    post(&link, world.pay_again(&body)).await;
    let fresh = world.packets(1).remove(0);
    post(&link, fresh.body).await;
    assert_eq!(world.arrivals(1).await, [fresh.out]);
    assert!(world.next.nothing_more());
}

#[tokio::test]
async fn spec_8_8_a_relay_whose_log_of_tags_is_missing_while_its_key_is_held_refuses_to_start() {
    let world = World::new(Layer::Entry, quick);
    world.start().kill();
    let log = format!("tags/{}.log", world.epoch().number());
    std::fs::remove_file(world.config.data.join(&log)).unwrap();
    let error = world.open().err().unwrap();
    assert!(matches!(error, RunError::Tags(_)));
    assert!(error.to_string().contains(&log), "{error}");
    assert!(error.to_string().contains("replayed"), "{error}");
}

#[tokio::test]
async fn a_packet_whose_segment_is_gone_is_erased_and_the_relay_starts() {
    let world = World::new(Layer::Entry, holding);
    let relay = world.start();
    for packet in world.packets(2) {
        post(&relay.link(None), packet.body).await;
    }
    relay.kill();
    assert_eq!(world.live().len(), 2);
    std::fs::remove_file(world.config.data.join("pool/00000001.seg")).unwrap();
    let relay = world.open().unwrap();
    assert_eq!(world.live().len(), 1);
    drop(relay);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_told_to_end_what_waits_is_written_and_answered_first() {
    let world = World::new(Layer::Entry, frozen);
    let writer = world.open().unwrap().writer;
    let (sender, messages) = mpsc::channel();
    let keys = Arc::clone(&writer.keys);
    let intake = Arc::new(Intake::new(
        Arc::new(world.assignment()),
        keys,
        writer.admission.clone(),
        sender,
    ));
    let taking = Arc::clone(&intake);
    let body = Body::Whole(world.packet(|_| {}).body.into());
    let asked = tokio::spawn(async move { taking.take(body).await });
    let receive = || messages.recv_timeout(BOUND).unwrap();
    let waiting = tokio::task::block_in_place(receive);
    assert!(world.live().is_empty() && !asked.is_finished());

    intake.close();
    let late = Body::Whole(world.packet(|_| {}).body.into());
    assert_eq!(intake.take(late).await, Answer::Unavailable);
    let (again, rest) = mpsc::channel();
    again.send(waiting).unwrap();
    again.send(messages.recv().unwrap()).unwrap();
    tokio::task::block_in_place(|| writer.run(&rest)).unwrap();
    assert_eq!(asked.await.unwrap(), Answer::Taken);
    assert_eq!(world.live().len(), 1);
}

#[tokio::test]
async fn a_relay_that_is_told_to_end_ends_well() {
    let world = World::new(Layer::Entry, frozen);
    let relay = world.start();
    let (status, _) = get(&relay.link(None), "/v1/directory/3").await;
    assert_eq!(status, StatusCode::OK);
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn two_relays_on_one_data_folder_and_two_on_one_port_are_refused_with_a_sentence() {
    let mut world = World::new(Layer::Entry, quick);
    let relay = world.start();
    let error = world.open().err().unwrap();
    assert!(matches!(error, RunError::InUse(_)));
    assert!(error.to_string().starts_with("another relay is using "));
    world.config.listen = relay.address;
    let error = world.open().err().unwrap();
    let port = format!("port {} is in use", relay.address.port());
    assert!(error.to_string().contains(&port), "{error}");
}
