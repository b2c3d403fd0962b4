use std::sync::atomic::Ordering;

use brolly_protocol::geometry::{REPLAY_TAG, SUBMISSION, TOKEN};
use brolly_protocol::onion::Layer;
use brolly_protocol::token::Token;
use brolly_shell::http::StatusCode;

use super::world::{Out, World, files, holding, post, quick, relay_key};
use crate::segment::Segments;

fn sorted(mut outs: Vec<Out>) -> Vec<Out> {
    outs.sort();
    outs
}

#[tokio::test]
async fn every_layer_passes_a_good_packet_on_exactly_once_and_keeps_nothing_of_it() {
    for layer in Layer::ALL {
        let mut world = World::new(layer, quick);
        let relay = world.start();
        world.next.up();
        let before = layer.before().map(|before| *relay_key(before).expose());
        let packets = world.packets(3);
        let body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
        let (status, _) = post(&relay.link(before), body).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        let arrived = world.arrivals(3).await;
        let wanted = packets.into_iter().map(|packet| packet.out).collect();
        assert_eq!(sorted(arrived), sorted(wanted));
        world.until_empty().await;
        assert!(world.next.nothing_more());
        relay.stop().await.unwrap();
    }
}

#[tokio::test]
async fn spec_8_7_while_the_next_hop_is_away_nothing_is_lost_and_then_it_comes_in_another_order() {
    let mut world = World::new(Layer::Entry, quick);
    world.next.down();
    let relay = world.start();
    let packets = world.packets(40);
    let body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
    assert_eq!(post(&relay.link(None), body).await.0, StatusCode::ACCEPTED);
    assert_eq!(world.live().len(), 40);
    world.next.status.store(503, Ordering::SeqCst);
    world.next.up();
    // Unwell first, well later: a refusal keeps everything as silence does.
    world.next.refusals(3).await;
    assert_eq!(world.live().len(), 40);
    world.next.status.store(202, Ordering::SeqCst);
    let arrived = world.arrivals(40).await;
    let wanted: Vec<Out> = packets.into_iter().map(|packet| packet.out).collect();
    // The odds that a fair shuffle leaves 40 packets in order are 1 in 10 to the 47.
    assert_ne!(arrived, wanted);
    assert_eq!(sorted(arrived), sorted(wanted));
    world.until_empty().await;
}

#[tokio::test]
async fn more_than_one_batch_for_a_hop_is_passed_on_in_batches() {
    let mut world = World::new(Layer::Exit, quick);
    let middle = Some(*relay_key(Layer::Middle).expose());
    let relay = world.start();
    let link = relay.link(middle);
    let mut wanted = Vec::new();
    for _ in 0..3 {
        let packets = world.packets(50);
        let body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
        assert_eq!(post(&link, body).await.0, StatusCode::ACCEPTED);
        wanted.extend(packets.into_iter().map(|packet| packet.out));
    }
    world.next.up();
    assert_eq!(sorted(world.arrivals(150).await), sorted(wanted));
    world.until_empty().await;
}

#[tokio::test]
async fn spec_8_6_a_batch_is_written_in_another_order_than_it_came_and_what_is_discarded_leaves_noise()
 {
    let world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let packets = world.packets(40);
    let mut body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
    body.extend(world.pay_again(&packets[0].body));
    body.extend(world.pay(&[0; SUBMISSION - TOKEN]));
    let paid: Vec<Out> = body
        .chunks(SUBMISSION)
        .map(|one| Token::from_bytes(one.first_chunk().unwrap()).tag().to_vec())
        .collect();
    post(&relay.link(None), body).await;
    relay.stop().await.unwrap();

    let mut live = world.live();
    live.sort_by_key(|packet| packet.index);
    assert_eq!(live.len(), 40);
    let segments = world.segments();
    assert_eq!(segments.len(), 1);
    assert_eq!(segments[0].len(), 42 * (Layer::Entry.inner() + 16));
    let opened = Segments::open(world.config.data.join("pool"), Layer::Entry).unwrap();
    let written: Vec<Out> = live
        .iter()
        .map(|packet| {
            opened
                .files()
                .read(packet.segment, packet.index, &packet.key)
                .unwrap()
        })
        .flat_map(|packet| world.known(&packet))
        .collect();
    let tags: Vec<Out> = packets.iter().map(|packet| packet.tag.to_vec()).collect();
    let came: Vec<Out> = packets.into_iter().map(|packet| packet.out).collect();
    assert_ne!(written, came);
    assert_eq!(sorted(written), sorted(came));

    let spent = files(&world.config.data.join("spent")).concat();
    let spent: Vec<Out> = spent.chunks(REPLAY_TAG).map(<[u8]>::to_vec).collect();
    assert_ne!(spent, paid);
    assert_eq!(sorted(spent), sorted(paid));

    // The logs of the other epochs are empty.
    let logs = files(&world.config.data.join("tags")).concat();
    let logged: Vec<Out> = logs.chunks(REPLAY_TAG).map(<[u8]>::to_vec).collect();
    assert_ne!(logged, tags);
    assert_eq!(sorted(logged), sorted(tags));
}

#[tokio::test]
async fn spec_8_2_cover_at_the_exit_is_company_until_the_mix_lets_it_go_and_then_ends() {
    let mut world = World::new(Layer::Exit, holding);
    let middle = Some(*relay_key(Layer::Middle).expose());
    let relay = world.start();
    let packet = world.packets(1).remove(0);
    let mut body = packet.body;
    (0..3).for_each(|_| body.extend(world.cover()));
    assert_eq!(
        post(&relay.link(middle), body).await.0,
        StatusCode::ACCEPTED
    );
    assert_eq!(world.live().len(), 4);
    relay.stop().await.unwrap();

    world.revive();
    let _relay = world.start();
    assert_eq!(world.arrivals(1).await, [packet.out]);
    world.until_empty().await;
    assert!(world.next.nothing_more());
}

#[tokio::test]
async fn a_record_that_the_disk_changed_is_erased_and_the_others_go_on() {
    let mut world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let packets = world.packets(5);
    let body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
    post(&relay.link(None), body).await;
    relay.stop().await.unwrap();
    let path = world.config.data.join("pool/00000001.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    world.revive();
    let _relay = world.start();
    let arrived = world.arrivals(4).await;
    let all: Vec<Out> = packets.into_iter().map(|packet| packet.out).collect();
    assert!(arrived.iter().all(|out| all.contains(out)));
    world.until_empty().await;
    assert!(world.next.nothing_more());
}
