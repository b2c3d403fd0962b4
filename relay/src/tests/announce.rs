//! A relay's own keys on the board.

use std::sync::Arc;

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::Entry;
use brolly_protocol::log::LogName;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::StatusCode;

use super::mirror::{inbox, start};
use super::office::Office;
use super::world::{World, quick};
use crate::announce::{Announce, announced};
use crate::journal::Journal;
use crate::keys::Keys;
use crate::mirror::{Mirror, Round};
use crate::supervised::Memory;

fn announce(
    world: &World,
    mirror: &Arc<Mirror>,
    office: &Arc<Office>,
) -> (Arc<Journal>, Announce<Office>) {
    // Makes the keys that are due.
    drop(world.open().unwrap());
    let journal = Arc::new(Journal::default());
    let announce = Announce::new(
        Arc::new(world.assignment()),
        Arc::clone(&journal),
        Arc::new(Keys::open(&world.memory).unwrap()),
        Arc::clone(mirror),
        Arc::clone(office),
    );
    (journal, announce)
}

/// What was posted since the last time, as entries of the board.
fn posted(office: &Office) -> Vec<Vec<u8>> {
    let posted = std::mem::take(&mut *office.posted.lock().unwrap());
    posted
        .into_iter()
        .map(|(path, body)| {
            assert_eq!(path, wire::BOARD);
            body.to_vec()
        })
        .collect()
}

fn epochs(world: &World, entries: &[Vec<u8>]) -> Vec<Epoch> {
    let key = |entry: &Vec<u8>| {
        let Ok(Entry::RelayKey(notice)) = Entry::verify(entry, &*world.directory) else {
            panic!("no key of a relay");
        };
        assert_eq!(notice.node, world.assignment().id);
        notice.epoch
    };
    entries.iter().map(key).collect()
}

#[tokio::test]
async fn spec_15_13_its_keys_are_posted_until_the_witnessed_board_has_them() {
    let world = World::new(Layer::Exit, |parameters| parameters.publish_ms = 60_000);
    let board = inbox(&world, LogName::Board);
    let mut life = start(&world, &board).await;
    let office = Arc::new(Office::default());
    let (journal, mut announce) = announce(&world, &life.mirror, &office);
    let (now, today) = (clock::now(), world.epoch());

    // Refused first, then taken.
    *office.status.lock().unwrap() = Some(StatusCode::FORBIDDEN);
    assert_eq!(announce.round(now).await, 3);
    assert_eq!(journal.due(0)[0].1, "keys-refused");
    *office.status.lock().unwrap() = None;
    assert_eq!(announce.round(now).await, 3);
    let entries = posted(&office);
    assert_eq!(
        epochs(&world, &entries),
        [today, today.plus(1), today.plus(2)]
    );
    // The inbox took them: they come with a publication or the next ones. If not, it lost them.
    assert_eq!(announce.round(now + 479).await, 3);
    assert!(posted(&office).is_empty());
    assert_eq!(announce.round(now + 480).await, 3);
    assert_eq!(posted(&office), entries);

    board.change(|now| now.publish(entries[..2].to_vec()));
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(announce.round(now + 960).await, 1);
    assert_eq!(posted(&office), entries[2..]);
    board.change(|now| now.publish(entries[2..].to_vec()));
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(announce.round(now + 10_000).await, 0);
    assert!(posted(&office).is_empty());
    // What is over is not missed; that the next one is not made yet is the writer's affair.
    assert_eq!(announce.round(now + 86_400).await, 0);
}

#[tokio::test]
async fn spec_9_10_an_entry_whose_key_is_not_on_the_board_lets_nobody_begin() {
    let mut world = World::new(Layer::Entry, quick);
    let board = inbox(&world, LogName::Board);
    let mut life = start(&world, &board).await;
    let office = Arc::new(Office::default());
    let now = clock::now();
    let (_, mut first) = announce(&world, &life.mirror, &office);
    let found = |world: &World, life: &Mirror| {
        let keys = Keys::open(&world.memory).unwrap();
        announced(&keys, &world.assignment(), life, now)
    };
    first.round(now).await;
    board.change(|board| board.publish(posted(&office)));
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert!(found(&world, &life.mirror));
    // A power cut: there are new keys, and everybody still finds the old ones.
    world.memory = Memory::create(world.config.pool_capacity).unwrap();
    let (_, mut second) = announce(&world, &life.mirror, &office);
    assert!(!found(&world, &life.mirror));
    second.round(now).await;
    board.change(|board| board.publish(posted(&office)));
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert!(found(&world, &life.mirror));
}

#[tokio::test]
async fn spec_15_13_keys_made_after_the_memory_was_lost_are_posted_in_the_place_of_the_old_ones() {
    let mut world = World::new(Layer::Entry, quick);
    let board = inbox(&world, LogName::Board);
    let mut life = start(&world, &board).await;
    let office = Arc::new(Office::default());
    let now = clock::now();
    let (_, mut first) = announce(&world, &life.mirror, &office);
    first.round(now).await;
    let before = posted(&office);
    board.change(|now| now.publish(before.clone()));
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(first.round(now).await, 0);

    world.memory = Memory::create(world.config.pool_capacity).unwrap();
    let (_, mut second) = announce(&world, &life.mirror, &office);
    assert_eq!(second.round(now).await, 3);
    let after = posted(&office);
    assert_eq!(epochs(&world, &after), epochs(&world, &before));
    assert!(after.iter().all(|entry| !before.contains(entry)));
    board.change(|now| now.publish(after.clone()));
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(second.round(now).await, 0);
    assert_eq!(
        first.round(now).await,
        3,
        "the old ones are no longer there"
    );
}
