use brolly_keys::pair::SecretKey;
use brolly_keys::role;
use brolly_protocol::board::alert::{
    Certainty, Draft, IDENTIFIERS, Levels, Members, Message, Severity, Status, Text, Urgency,
};
use brolly_protocol::board::{Notice, ReadMark};
use brolly_protocol::geometry::REPLY;
use brolly_protocol::notice::KeyNotice;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::sample::{NOW, Storage, WEEK, desk_key, directory, relay_key};
use crate::store::embedded::Embedded;

const DAY: u32 = 20_416;

struct World {
    _data: tempfile::TempDir,
    storage: Storage,
    poster: Poster<Embedded>,
    directory: Directory,
}

impl World {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::open(data.path());
        let poster = Poster::open(Arc::clone(&storage.ledger)).await.unwrap();
        let mut directory = directory();
        directory.desks[1].alerts = true;
        Self {
            _data: data,
            storage,
            poster,
            directory,
        }
    }

    /// What desk `by` is told when it brings `entry` on day [`DAY`].
    async fn post(&self, entry: &[u8], by: usize) -> Result<(), PostError> {
        let desk = &self.directory.desks[by];
        self.poster.post(entry, desk.id, &self.directory, NOW).await
    }

    async fn board(&self) -> Vec<Bytes> {
        let entries = self.storage.ledger.entries(LogName::Board, 0, 99).await;
        entries.unwrap()
    }

    fn alert(
        &self,
        by: u8,
        message: Message,
        about: Option<AlertId>,
        seed: u64,
    ) -> (AlertId, Vec<u8>) {
        let text = Text {
            sender: "desk".to_owned(),
            levels: Levels {
                status: Status::Actual,
                urgency: Urgency::Immediate,
                severity: Severity::Severe,
                certainty: Certainty::Likely,
            },
            area: "LS2".to_owned(),
            text: format!("said {seed}"),
            identifiers: Vec::new(),
        };
        let identifiers: &[[u8; IDENTIFIERS]] = match message {
            Message::Cancel => &[],
            Message::Alert | Message::Update => &[[1; IDENTIFIERS]],
        };
        let draft = Draft {
            desk: self.directory.desks[usize::from(by)].id,
            message,
            references: about,
            day: DAY,
            expires: DAY + 9,
            text: &text,
            identifiers,
        };
        let members = Members::new([5; 32], self.directory.scheme);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        draft
            .seal(&members, Epoch::new(9), &desk_key(by), &mut rng)
            .unwrap()
    }
}

fn reply(n: u8) -> Vec<u8> {
    let mut reply = vec![n; REPLY];
    reply[0] = 1;
    reply
}

#[tokio::test]
async fn spec_10_10_what_is_posted_is_on_the_board_once_in_the_order_of_posting() {
    let world = World::new().await;
    let mark =
        |size, day| ReadMark::new(world.directory.desks[1].id, size, day).to_entry(&desk_key(1));
    let notice = Notice::new(world.directory.desks[0].id, DAY, "closed today").unwrap();
    let (_, alert) = world.alert(0, Message::Alert, None, 1);
    let entries = [
        (mark(1, DAY), 1),
        (notice.to_entry(&desk_key(0)), 0),
        (reply(1), 1),
        (alert, 0),
        (mark(2, DAY - 1), 1),
        (mark(3, DAY + 1), 1),
    ];
    for (entry, by) in &entries {
        world.post(entry, *by).await.unwrap();
    }
    for (entry, by) in &entries {
        world.post(entry, *by).await.unwrap();
    }
    assert_eq!(
        world.board().await,
        entries.map(|(entry, _)| Bytes::from(entry))
    );
    // And by a process that did not see any of it.
    let again = Poster::open(Arc::clone(&world.storage.ledger))
        .await
        .unwrap();
    let desk = &world.directory.desks[1];
    again
        .post(&reply(1), desk.id, &world.directory, NOW)
        .await
        .unwrap();
    assert_eq!(world.board().await.len(), 6);
}

#[tokio::test]
async fn spec_10_10_what_is_no_entry_or_wrongly_signed_is_refused() {
    let world = World::new().await;
    let desk = world.directory.desks[0].id;
    let good = ReadMark::new(desk, 1, DAY).to_entry(&desk_key(0));
    let mut bad = vec![
        Vec::new(),
        vec![9; 100],
        reply(1)[1..].to_vec(),
        [reply(1), vec![0]].concat(),
        good[..good.len() - 1].to_vec(),
        ReadMark::new(desk, 1, DAY).to_entry(&desk_key(1)),
    ];
    for at in [17, 25, good.len() - 1] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        bad.push(flipped);
    }
    for entry in bad {
        let refused = world.post(&entry, 0).await.unwrap_err();
        assert!(
            matches!(
                refused,
                PostError::Entry(EntryError::Malformed | EntryError::Signature)
            ),
            "{refused}"
        );
    }
    assert_eq!(world.board().await.len(), 0);
    world.post(&good, 0).await.unwrap();
}

#[tokio::test]
async fn spec_10_10_an_entry_of_another_desk_or_day_or_of_one_that_may_not_is_refused() {
    let mut world = World::new().await;
    let mark = |n: usize, day| {
        let key = desk_key(u8::try_from(n).unwrap());
        ReadMark::new(world.directory.desks[n].id, 1, day).to_entry(&key)
    };
    let stranger = NodeId([7; 16]);
    let unknown = ReadMark::new(stranger, 1, DAY).to_entry(&desk_key(9));
    for entry in [mark(0, DAY), unknown] {
        let refused = world.post(&entry, 1).await;
        assert!(matches!(refused, Err(PostError::OtherAuthor)));
    }
    for day in [DAY - 2, DAY + 2, 0, u32::MAX] {
        let refused = world.post(&mark(1, day), 1).await;
        assert!(matches!(refused, Err(PostError::Day)), "{day}");
    }
    let (_, alert) = world.alert(1, Message::Alert, None, 1);
    let notice = Notice::new(world.directory.desks[1].id, DAY, "hello").unwrap();
    world.directory.desks[1].alerts = false;
    for entry in [alert, notice.to_entry(&desk_key(1))] {
        let refused = world.post(&entry, 1).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, PostError::Entry(EntryError::NotAllowed)));
    }
    assert_eq!(world.board().await.len(), 0);
}

#[tokio::test]
async fn spec_10_10_an_alerts_id_is_used_once_and_only_its_desk_updates_or_ends_it_while_it_lives()
{
    let world = World::new().await;
    let (first, alert) = world.alert(0, Message::Alert, None, 1);
    let reference = async |by: u8, message, about, seed| {
        let (_, entry) = world.alert(by, message, Some(about), seed);
        world.post(&entry, usize::from(by)).await
    };
    let early = reference(0, Message::Cancel, first, 2).await;
    assert!(matches!(early, Err(PostError::Reference)));
    world.post(&alert, 0).await.unwrap();
    // Its id again, with other bytes: the same seed draws it.
    let (again, other) = world.alert(1, Message::Alert, None, 1);
    assert_eq!(again, first);
    let taken = world.post(&other, 1).await;
    assert!(matches!(taken, Err(PostError::AlertId)));
    let foreign = reference(1, Message::Cancel, first, 3).await;
    assert!(matches!(foreign, Err(PostError::Reference)));
    let (second, update) = world.alert(0, Message::Update, Some(first), 4);
    world.post(&update, 0).await.unwrap();
    let over = reference(0, Message::Update, first, 5).await;
    assert!(matches!(over, Err(PostError::Reference)));
    world.post(&update, 0).await.unwrap();
    reference(0, Message::Cancel, second, 6).await.unwrap();
    let over = reference(0, Message::Cancel, second, 7).await;
    assert!(over.unwrap_err().to_string().contains("is over"));
    // The id of an alert that is over is still its own.
    let taken = world.post(&other, 1).await;
    assert!(matches!(taken, Err(PostError::AlertId)));
    assert_eq!(world.board().await.len(), 3);
}

#[tokio::test]
async fn of_two_processes_that_post_at_once_both_keep_the_rules() {
    let world = World::new().await;
    let other = Poster::open(Arc::clone(&world.storage.ledger))
        .await
        .unwrap();
    let (id, alert) = world.alert(0, Message::Alert, None, 1);
    world.post(&alert, 0).await.unwrap();
    let (_, one) = world.alert(0, Message::Update, Some(id), 2);
    let (_, two) = world.alert(0, Message::Update, Some(id), 3);
    let desk = &world.directory.desks[0];
    let (a, b) = tokio::join!(
        world.post(&one, 0),
        other.post(&two, desk.id, &world.directory, NOW)
    );
    assert!(a.is_ok() != b.is_ok(), "one of them came too late");
    assert_eq!(world.board().await.len(), 2);
}

#[tokio::test]
async fn spec_10_10_a_full_disk_takes_no_entry_and_passes() {
    let world = World::new().await;
    world.storage.ledger.fill_disk(true);
    let full = world.post(&reply(1), 0).await;
    assert!(matches!(full, Err(PostError::Ledger(error)) if error.passes()));
    world.storage.ledger.fill_disk(false);
    world.post(&reply(1), 0).await.unwrap();
    assert_eq!(world.board().await.len(), 1);
}

fn relay_notice(directory: &Directory, n: u8, epoch: u32, seed: u8) -> Vec<u8> {
    KeyNotice {
        scheme: directory.scheme,
        node: directory.relays[usize::from(n)].id,
        epoch: Epoch::new(epoch),
        key: SecretKey::<role::Relay>::from_seed(&[seed; 32]).public(),
    }
    .to_entry(&relay_key(n))
}

fn desk_notice(directory: &Directory, n: u8, week: u32, seed: u8) -> Vec<u8> {
    KeyNotice {
        scheme: directory.scheme,
        node: directory.desks[usize::from(n)].id,
        epoch: Epoch::new(week),
        key: SecretKey::<role::Desk>::from_seed(&[seed; 32]).public(),
    }
    .to_entry(&desk_key(n))
}

impl World {
    async fn post_by(&self, entry: &[u8], by: NodeId, now: u64) -> Result<(), PostError> {
        self.poster.post(entry, by, &self.directory, now).await
    }
}

#[tokio::test]
async fn spec_10_10_relays_and_desks_announce_their_own_keys_for_epochs_near_now() {
    let world = World::new().await;
    let directory = &world.directory;
    let (relay, desk) = (directory.relays[1].id, directory.desks[1].id);
    let mut taken = Vec::new();
    // Epochs are days in the sample, and today is day DAY.
    for (ahead, good) in [(-2, false), (-1, true), (0, true), (3, true), (4, false)] {
        let entry = relay_notice(directory, 1, DAY.saturating_add_signed(ahead), 1);
        let told = world.post_by(&entry, relay, NOW).await;
        assert_eq!(told.is_ok(), good, "{ahead}");
        assert!(good || matches!(told, Err(PostError::Epoch)));
        taken.extend(good.then_some(entry));
    }
    for (ahead, good) in [(-2, false), (-1, true), (5, true), (6, false)] {
        let entry = desk_notice(directory, 1, WEEK.saturating_add_signed(ahead), 1);
        let told = world.post_by(&entry, desk, NOW).await;
        assert_eq!(told.is_ok(), good, "{ahead}");
        taken.extend(good.then_some(entry));
    }
    let others = [
        (relay_notice(directory, 0, DAY, 1), relay),
        (desk_notice(directory, 0, WEEK, 1), desk),
        (desk_notice(directory, 1, WEEK, 1), relay),
        (relay_notice(directory, 1, DAY, 1), desk),
    ];
    for (entry, by) in others {
        let told = world.post_by(&entry, by, NOW).await;
        assert!(matches!(told, Err(PostError::OtherAuthor)));
    }
    // Another key for the same epoch: the relay has lost the first one.
    let again = relay_notice(directory, 1, DAY, 2);
    world.post_by(&again, relay, NOW).await.unwrap();
    taken.push(again);
    assert_eq!(world.board().await, taken);
}

#[tokio::test]
async fn spec_10_10_a_relay_posts_nothing_but_its_keys_and_nobody_posts_a_directory() {
    let world = World::new().await;
    let directory = &world.directory;
    let relay = directory.relays[0].id;
    let mark = ReadMark::new(directory.desks[0].id, 1, DAY).to_entry(&desk_key(0));
    assert!(matches!(
        world.post_by(&mark, relay, NOW).await,
        Err(PostError::OtherAuthor)
    ));
    let told = world.post_by(&reply(1), relay, NOW).await;
    assert!(matches!(told, Err(PostError::OtherKind)));
    let logged = Logged::new(directory, NOW).to_entry();
    for by in [relay, directory.desks[0].id] {
        let told = world.post_by(&logged, by, NOW).await;
        assert!(matches!(told, Err(PostError::OtherKind)));
    }
    assert_eq!(world.board().await.len(), 0);
}

#[tokio::test]
async fn spec_10_10_sixteen_keys_a_day_are_enough_and_the_same_again_is_none() {
    let world = World::new().await;
    let directory = &world.directory;
    let (relay, other) = (directory.relays[0].id, directory.relays[1].id);
    for seed in 0..16 {
        let entry = relay_notice(directory, 0, DAY, seed);
        for _ in 0..2 {
            world.post_by(&entry, relay, NOW).await.unwrap();
        }
    }
    let one_more = relay_notice(directory, 0, DAY + 1, 99);
    let told = world.post_by(&one_more, relay, NOW).await;
    assert!(matches!(told, Err(PostError::TooMany)));
    let known = relay_notice(directory, 0, DAY, 3);
    world.post_by(&known, relay, NOW).await.unwrap();
    let others = relay_notice(directory, 1, DAY, 1);
    world.post_by(&others, other, NOW).await.unwrap();
    let tomorrow = NOW + 86_400;
    world.post_by(&one_more, relay, tomorrow).await.unwrap();
    assert_eq!(world.board().await.len(), 18);
}
