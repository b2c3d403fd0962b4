use brolly_keys::epoch::Epoch;
use brolly_protocol::board;
use brolly_protocol::onion::Layer;
use brolly_shell::http::StatusCode;
use brolly_shell::random;

use super::world::{World, holding, post, quick, relay_key};
use crate::keys::{Keys, Rotation};
use crate::run::parts::forwards;
use crate::tags::Tags;

const DAY: u64 = 86_400;

fn epochs(world: &World) -> Vec<u32> {
    let keys = world.memory.keys().unwrap();
    let mut epochs: Vec<u32> = keys.iter().map(|(epoch, _)| epoch.number()).collect();
    epochs.sort_unstable();
    epochs
}

fn logs(world: &World) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(world.config.data.join("tags"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn spec_8_9_a_key_dies_one_epoch_after_its_own_and_its_log_and_tags_with_it() {
    let world = World::new(Layer::Entry, quick);
    let assignment = world.assignment();
    let keys = Keys::open(&world.memory).unwrap();
    std::fs::create_dir(&world.config.data).unwrap();
    let mut tags = Tags::open(world.config.data.join("tags"), 100, 1, &[]).unwrap();
    let rotate = |tags: &mut Tags, now: u64| {
        let rng = &mut random::system();
        keys.rotate(now, &assignment, &world.memory, tags, rng)
            .unwrap()
    };
    let day = 1_000;
    let first = rotate(&mut tags, day * DAY);
    assert_eq!(first, Rotation { made: 3, erased: 0 });
    let epoch = Epoch::new(1_000);
    assert!(tags.remember(epoch, [1; 16]));
    tags.append(&[(epoch, [1; 16])]).unwrap();
    assert_eq!(rotate(&mut tags, day * DAY + DAY - 1), Rotation::default());

    assert_eq!(
        rotate(&mut tags, (day + 1) * DAY),
        Rotation { made: 1, erased: 0 }
    );
    assert_eq!(epochs(&world), [1000, 1001, 1002, 1003]);
    assert!(!tags.remember(epoch, [1; 16]));
    assert_eq!(tags.room(), 99);

    assert_eq!(
        rotate(&mut tags, (day + 2) * DAY),
        Rotation { made: 1, erased: 1 }
    );
    assert_eq!(epochs(&world), [1001, 1002, 1003, 1004]);
    assert_eq!(
        logs(&world),
        ["1001.log", "1002.log", "1003.log", "1004.log"]
    );
    assert_eq!(tags.room(), 100);
    assert!(keys.ring().by_epoch(epoch).is_none());
    assert!(!tags.remember(epoch, [1; 16]), "its time is over");

    // After a long sleep nothing of before is left.
    assert_eq!(
        rotate(&mut tags, (day + 50) * DAY),
        Rotation { made: 3, erased: 4 }
    );
    assert_eq!(epochs(&world), [1050, 1051, 1052]);
    assert_eq!(logs(&world).len(), 3);
    // Every one of them is an entry of the board; one that is over is not said again.
    let entries = |now| keys.entries(&assignment, now);
    assert_eq!(entries((day + 50) * DAY).len(), 3);
    assert_eq!(entries((day + 51) * DAY).len(), 2);
    for (epoch, entry) in entries((day + 50) * DAY) {
        let read = board::Entry::verify(&entry, &*assignment.directory).unwrap();
        let board::Entry::RelayKey(notice) = read else {
            panic!("no key");
        };
        assert_eq!((notice.node, notice.epoch), (assignment.id, epoch));
    }
}

#[test]
fn the_same_keys_are_announced_after_a_restart() {
    let world = World::new(Layer::Middle, quick);
    drop(world.open().unwrap());
    let before = epochs(&world);
    let assignment = world.assignment();
    let announced = || {
        let keys = Keys::open(&world.memory).unwrap();
        keys.entries(&assignment, brolly_shell::clock::now())
    };
    let first = announced();
    drop(world.open().unwrap());
    assert_eq!(epochs(&world), before);
    assert_eq!((before.len(), first.len()), (3, 3));
    assert_eq!(announced(), first);
}

#[tokio::test]
async fn a_packet_that_outlived_the_next_relays_key_is_erased_and_told_and_the_inbox_has_no_key_to_outlive()
 {
    for (layer, lost) in [(Layer::Middle, 3), (Layer::Exit, 0)] {
        let world = World::new(layer, holding);
        let relay = world.start();
        let before = layer.before().map(|before| *relay_key(before).expose());
        let packets = world.packets(3);
        let body: Vec<u8> = packets.into_iter().flat_map(|p| p.body).collect();
        assert_eq!(
            post(&relay.link(before), body).await.0,
            StatusCode::ACCEPTED
        );
        relay.stop().await.unwrap();

        let epoch = world.live()[0].epoch;
        let writer = world.open().unwrap().writer;
        let forward = forwards(&world.assignment(), &writer).remove(0);
        let slots: Vec<u32> = (0..world.memory.capacity())
            .filter(|slot| world.memory.packet(*slot).unwrap().is_some())
            .collect();
        let last = epoch.plus(2).start(DAY) - 1;
        let (kept, body) = forward.read(slots.clone(), last).unwrap();
        assert_eq!((kept.len(), body.len()), (3, 3 * layer.inner()));

        let (kept, body) = forward.read(slots, last + 1).unwrap();
        assert_eq!(
            (kept.len(), body.len()),
            (3 - lost, (3 - lost) * layer.inner())
        );
        assert_eq!(world.live().len(), 3 - lost);
        assert_eq!(world.segments().is_empty(), lost == 3);
        writer.journal.due(0);
        let told = writer.journal.due(1);
        let expired = told.iter().find(|(_, name, _)| *name == "expired");
        let count = expired.map_or(0, |(.., (_, count))| *count);
        assert_eq!(usize::try_from(count).unwrap(), lost);
    }
}
