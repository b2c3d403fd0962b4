use brolly_protocol::geometry::{SUBMISSION, TOKEN};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_shell::clock;
use brolly_shell::http::{Bytes, StatusCode};

use super::mint::{self, DAY, Mint};
use super::world::{World, frozen, holding, post, quick};

const TAKEN: (StatusCode, Bytes) = (StatusCode::ACCEPTED, Bytes::new());
const UNPAID: (StatusCode, Bytes) = (StatusCode::FORBIDDEN, Bytes::new());

/// The tokens in the log, all months together.
fn spent(world: &World) -> usize {
    let logs = super::world::files(&world.config.data.join("spent"));
    logs.iter().map(|log| log.len() / 16).sum()
}

#[tokio::test]
async fn spec_9_4_a_request_without_a_good_token_is_refused_at_once_and_nothing_of_it_is_kept() {
    // Its first tick never comes: whoever waited for a write would wait for ever.
    let world = World::new(Layer::Entry, frozen);
    let relay = world.start();
    let link = relay.link(None);
    let packet = world.packet(|_| {}).body.split_off(TOKEN);
    let (scheme, here) = (world.directory.scheme, world.id());
    let month = &world.directory.issuer.keys[0];
    let with = |token: [u8; TOKEN]| [&token[..], &packet].concat();
    let minted = |scheme, month, place| with(Mint::new(scheme, month).token(place));
    let flipped = |at: usize| {
        let mut body = minted(scheme, month, here);
        body[at] ^= 1;
        body
    };
    let now = clock::now();
    let other_month = mint::period(month.period + 1, month.from, month.until);
    let other_key = mint::next_period(month.period, now - DAY, now + DAY);
    let bad = [
        ("zeros", with([0; TOKEN])),
        ("key id changed", flipped(0)),
        ("nonce changed", flipped(10)),
        ("signature changed", flipped(100)),
        ("forged", minted(scheme, &other_key, here)),
        ("another month's", minted(scheme, &other_month, here)),
        (
            "for the inbox",
            minted(scheme, month, world.directory.inbox.id),
        ),
        ("for another entry", minted(scheme, month, NodeId([9; 16]))),
        ("of another scheme", minted(SchemeId([9; 32]), month, here)),
        ("two bad ones", with([0; TOKEN]).repeat(2)),
        ("nothing", Vec::new()),
        (
            "a submission cut short",
            minted(scheme, month, here)[..SUBMISSION - 1].to_vec(),
        ),
        (
            "a submission and a byte",
            [minted(scheme, month, here), vec![0]].concat(),
        ),
        ("more than a request may carry", vec![0; 65 * SUBMISSION]),
    ];
    for (what, body) in bad {
        let link = relay.link(None);
        assert_eq!(post(&link, body).await, UNPAID, "{what}");
    }
    assert_eq!((world.segments().len(), spent(&world)), (0, 0));
    drop(link);
}

#[tokio::test]
async fn spec_9_4_packets_behind_good_tokens_go_on_and_the_others_do_not() {
    let mut world = World::new(Layer::Entry, quick);
    let relay = world.start();
    world.next.up();
    let packets = world.packets(5);
    let mut bodies: Vec<Vec<u8>> = packets.iter().map(|packet| packet.body.clone()).collect();
    // The second is forged, the fourth comes behind the token of the third, and the fifth is spent later.
    bodies[1][200] ^= 1;
    let third = bodies[2][..TOKEN].to_vec();
    bodies[3][..TOKEN].copy_from_slice(&third);
    let link = relay.link(None);
    assert_eq!(post(&link, bodies[..4].concat()).await, TAKEN);
    let mut arrived = world.arrivals(2).await;
    let mut wanted = [packets[0].out.clone(), packets[2].out.clone()];
    arrived.sort();
    wanted.sort();
    assert_eq!(arrived, wanted);
    // One that is spent does not keep one that is not from going on.
    let again = [&bodies[0][..], &bodies[4]].concat();
    assert_eq!(post(&link, again).await, TAKEN);
    assert_eq!(world.arrivals(1).await, [packets[4].out.clone()]);
    // The forged one was not spent: its token was another's.
    assert_eq!(post(&link, packets[1].body.clone()).await, TAKEN);
    assert_eq!(world.arrivals(1).await, [packets[1].out.clone()]);
    assert!(world.next.nothing_more());
    assert_eq!(spent(&world), 4);
}

#[tokio::test]
async fn spec_9_4_what_is_behind_a_bad_token_takes_no_room() {
    let mut world = World::new(Layer::Entry, holding);
    world.config.pool_capacity = 1;
    world.memory = crate::supervised::Memory::create(1).unwrap();
    let relay = world.start();
    let mut body = world.packet(|_| {}).body;
    body.extend(vec![7; 63 * SUBMISSION]);
    assert_eq!(post(&relay.link(None), body).await, TAKEN);
    let records: Vec<usize> = world.segments().iter().map(Vec::len).collect();
    assert_eq!(records.len(), 1);
    assert!(records[0] < 2 * SUBMISSION, "{records:?}");
}

#[tokio::test]
async fn spec_9_4_a_token_is_spent_once_across_a_restart_and_a_crash() {
    let mut world = World::new(Layer::Entry, quick);
    world.next.up();
    let relay = world.start();
    let packet = world.packet(|_| {});
    let body = packet.body;
    assert_eq!(post(&relay.link(None), body.clone()).await, TAKEN);
    assert_eq!(world.arrivals(1).await, [packet.out]);
    let other = [&body[..TOKEN], &world.packet(|_| {}).body[TOKEN..]].concat();
    for body in [&body, &other] {
        assert_eq!(post(&relay.link(None), body.clone()).await, UNPAID);
    }
    relay.kill();
    let relay = world.start();
    for body in [&body, &other] {
        assert_eq!(post(&relay.link(None), body.clone()).await, UNPAID);
    }
    relay.stop().await.unwrap();
    let relay = world.start();
    assert_eq!(post(&relay.link(None), other).await, UNPAID);
    assert!(world.next.nothing_more());
    assert_eq!(spent(&world), 1);
}

#[tokio::test]
async fn spec_9_4_a_token_is_spent_whatever_is_behind_it() {
    let world = World::new(Layer::Entry, quick);
    let relay = world.start();
    let link = relay.link(None);
    let rubbish = world.pay(&vec![0; SUBMISSION - TOKEN]);
    assert_eq!(post(&link, rubbish.clone()).await, TAKEN);
    assert_eq!(post(&link, rubbish).await, UNPAID);
    assert_eq!((spent(&world), world.live().len()), (1, 0));
}

#[tokio::test]
async fn a_request_that_was_put_off_may_come_again_with_the_same_token() {
    let mut world = World::new(Layer::Entry, holding);
    world.config.pool_capacity = 1;
    world.memory = crate::supervised::Memory::create(1).unwrap();
    let relay = world.start();
    let link = relay.link(None);
    let packets = world.packets(2);
    assert_eq!(post(&link, packets[0].body.clone()).await, TAKEN);
    for _ in 0..2 {
        let (status, _) = post(&link, packets[1].body.clone()).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(spent(&world), 1);
}
