use std::sync::Arc;

use brolly_protocol::directory::CurrentError;
use brolly_protocol::log::witness_key as named;
use brolly_protocol::onion::Layer;

use super::*;
use crate::directories::{HandInError, HandedIn};
use crate::sample::{
    NOW, Storage, after, directory, log_key, note, relay_key, signed, witness_key, written,
};
use crate::store::embedded::Embedded;

struct World {
    data: tempfile::TempDir,
    storage: Storage,
    directories: Directories<Embedded>,
    offsets: Offsets,
}

impl World {
    async fn new() -> Self {
        Self::on(tempfile::tempdir().unwrap()).await
    }

    async fn on(data: tempfile::TempDir) -> Self {
        let storage = Storage::open(data.path());
        let directories = storage.directories().await;
        directories.begin(&signed(&directory()), NOW).await.unwrap();
        Self {
            data,
            storage,
            directories,
            offsets: Offsets::default(),
        }
    }

    async fn again(self) -> Self {
        let Self {
            data,
            storage,
            directories,
            ..
        } = self;
        drop((storage, directories));
        Self::on(data).await
    }

    async fn say(&self, directory: &Directory, now: u64) {
        let (ledger, steps) = (self.storage.ledger.as_ref(), Steps::default());
        say(ledger, directory, &log_key(), now, &steps)
            .await
            .unwrap();
    }

    async fn newest(&self) -> Note {
        let said = self.storage.ledger.said().await.unwrap();
        Note::parse(&said.newest.unwrap()).unwrap()
    }

    /// The newest note as relay `n` of the directory cosigns it.
    async fn cosigned(&self, directory: &Directory, n: usize, key: u8, time: u64) -> Note {
        let mut note = self.newest().await;
        let name = named(&directory.scheme, &directory.relays[n]).unwrap();
        note.cosign(name.name(), &witness_key(key), time).unwrap();
        note
    }

    async fn bring(&self, note: &Note, relay: &RelayEntry, now: u64) -> Cosigned {
        let note = note.to_string();
        cosign(
            &self.directories,
            note.as_bytes(),
            relay,
            now,
            &self.offsets,
        )
        .await
        .unwrap()
    }

    async fn cosign(&self, directory: &Directory, n: usize, key: u8, time: u64) -> Cosigned {
        let note = self.cosigned(directory, n, key, time).await;
        self.bring(&note, &directory.relays[n], time).await
    }

    /// What a client believes that kept `kept`.
    async fn believed(
        &self,
        kept: Option<&Directory>,
        clock: u64,
    ) -> Option<Result<Current, CurrentError>> {
        let answer = answer(&self.directories).await.unwrap()?;
        Some(Current::verify(&answer, directory().scheme, clock, kept))
    }
}

/// The next version, with another middle and another exit relay, whose keys are those of relays 8 and 9.
fn others() -> Directory {
    let mut next = after(&directory());
    for (n, layer, kind) in [
        (8, Layer::Middle, "charity"),
        (9, Layer::Exit, "university"),
    ] {
        let place = next.relays.iter().position(|relay| relay.layer == layer);
        let key = relay_key(n).verifying_key();
        let relay = &mut next.relays[place.unwrap()];
        relay.id = NodeId::of(&key);
        (relay.key, relay.kind) = (key, kind.to_owned());
        relay.witness = witness_key(n).verifying_key();
    }
    next.issuer.relay = next.relays[1].id;
    written(next)
}

const DAY: u64 = 86_400;
/// Two hours, as the sample says.
const WAIT: u64 = 7_200;

#[tokio::test]
async fn spec_10_17_what_a_majority_of_witnesses_says_is_served_and_each_ones_newest_word_counts() {
    let world = World::new().await;
    let directory = directory();
    world.say(&directory, NOW).await;
    let before = world.newest().await;
    world.say(&directory, NOW + 9).await;
    assert_eq!(world.newest().await, before, "once a day");
    assert_eq!(
        world.cosign(&directory, 0, 0, NOW).await,
        Cosigned::Kept(None)
    );
    assert!(world.believed(None, NOW).await.is_none());
    assert_eq!(
        world.cosign(&directory, 0, 0, NOW + 5).await,
        Cosigned::Kept(None)
    );
    assert_eq!(
        world.cosign(&directory, 2, 2, NOW + 9).await,
        Cosigned::Kept(Some(2))
    );
    let current = world.believed(None, NOW).await.unwrap().unwrap();
    assert_eq!((current.witnesses, current.time), (2, NOW + 5));
    assert_eq!(*current.directory, directory);
    // An earlier word of the same relay is passed over, a later one counts, and is no news.
    assert_eq!(
        world.cosign(&directory, 2, 2, NOW + 3).await,
        Cosigned::Kept(None)
    );
    assert_eq!(
        world.cosign(&directory, 0, 0, NOW + 20).await,
        Cosigned::Kept(None)
    );
    let current = world.believed(None, NOW).await.unwrap().unwrap();
    assert_eq!(current.time, NOW + 9, "the earlier of two");
    assert_eq!(world.newest().await.signers().count(), 3);
}

#[tokio::test]
async fn spec_10_17_a_wrong_word_or_one_an_hour_off_or_of_yesterday_is_refused() {
    let world = World::new().await;
    let directory = directory();
    let relays = &directory.relays;
    let ledger = world.storage.ledger.as_ref();
    let steps = Steps::default();
    let mut early = before_anything(&directory);
    let told = world.bring(&early, &relays[0], NOW).await;
    assert_eq!(told, Cosigned::NotNewest, "nothing is said yet");
    world.say(&directory, NOW).await;
    let good = world.cosigned(&directory, 0, 0, NOW).await;
    assert_eq!(world.bring(&good, &relays[1], NOW).await, Cosigned::Refused);
    for now in [NOW - 3_601, NOW + 3_601] {
        assert_eq!(world.bring(&good, &relays[0], now).await, Cosigned::Refused);
    }
    let forged = world.cosigned(&directory, 0, 1, NOW).await;
    assert_eq!(
        world.bring(&forged, &relays[0], NOW).await,
        Cosigned::Refused
    );
    let mut both = good.clone();
    let name = named(&directory.scheme, &relays[0]).unwrap();
    both.cosign(name.name(), &witness_key(1), NOW).unwrap();
    assert_eq!(world.bring(&both, &relays[0], NOW).await, Cosigned::Refused);
    let plain = world.newest().await;
    assert_eq!(
        world.bring(&plain, &relays[0], NOW).await,
        Cosigned::Refused
    );
    early = plain;
    // What others say in the same note is left out.
    let mut more = good.clone();
    let name = named(&directory.scheme, &relays[1]).unwrap();
    more.cosign(name.name(), &witness_key(1), NOW).unwrap();
    assert_eq!(
        world.bring(&more, &relays[0], NOW + 3_600).await,
        Cosigned::Kept(None)
    );
    assert_eq!(world.newest().await.signers().count(), 2);
    say(ledger, &directory, &log_key(), NOW + DAY, &steps)
        .await
        .unwrap();
    assert_ne!(world.newest().await.text(), early.text());
    let told = world.bring(&good, &relays[0], NOW).await;
    assert_eq!(told, Cosigned::NotNewest);
}

fn before_anything(directory: &Directory) -> Note {
    let mut note = Freshness::of(directory, 1).sign(&log_key()).unwrap();
    let name = named(&directory.scheme, &directory.relays[0]).unwrap();
    note.cosign(name.name(), &witness_key(0), NOW).unwrap();
    note
}

#[tokio::test]
async fn spec_10_17_until_the_new_day_has_its_witnesses_the_last_answer_is_served_after_a_restart_too()
 {
    let world = World::new().await;
    let directory = directory();
    world.say(&directory, NOW).await;
    for n in [0, 1] {
        world
            .cosign(&directory, n, u8::try_from(n).unwrap(), NOW)
            .await;
    }
    let yesterday = answer(&world.directories).await.unwrap().unwrap();
    let tomorrow = NOW + DAY;
    world.say(&directory, tomorrow).await;
    world.cosign(&directory, 2, 2, tomorrow).await;
    let world = world.again().await;
    let served = answer(&world.directories).await.unwrap().unwrap();
    assert_eq!(served, yesterday);
    assert_eq!(world.newest().await.signers().count(), 2);
    assert_eq!(
        world.cosign(&directory, 0, 0, tomorrow).await,
        Cosigned::Kept(Some(2))
    );
    let current = world.believed(None, tomorrow).await.unwrap().unwrap();
    assert_eq!(u64::from(current.day), tomorrow / DAY);
}

#[tokio::test]
async fn spec_10_17_at_a_change_majorities_of_both_versions_have_to_say_so() {
    let world = World::new().await;
    let (old, new) = (directory(), others());
    world.say(&old, NOW).await;
    for n in [0, 1] {
        world.cosign(&old, n, u8::try_from(n).unwrap(), NOW).await;
    }
    let bytes = note(&new).to_string().into();
    world.directories.hand_in(bytes, NOW).await.unwrap();
    // A relay of the version that waits may cosign already.
    assert_eq!(
        world.cosign(&new, 1, 8, NOW + 9).await,
        Cosigned::Kept(None)
    );
    let now = NOW + WAIT;
    world.say(&new, now).await;
    world.say(&old, now).await;
    let said = Freshness::from_text(world.newest().await.text()).unwrap();
    assert_eq!(said.version, 4, "never over a later version");
    assert_eq!(world.cosign(&new, 0, 0, now).await, Cosigned::Kept(None));
    assert_eq!(world.cosign(&new, 1, 8, now).await, Cosigned::Kept(None));
    assert_eq!(world.cosign(&new, 2, 9, now).await, Cosigned::Kept(None));
    let current = world.believed(Some(&old), now).await.unwrap().unwrap();
    assert_eq!(
        current.directory.version, 3,
        "all of the new ones, and one of the old"
    );
    assert_eq!(world.cosign(&old, 1, 1, now).await, Cosigned::Kept(Some(3)));
    for kept in [None, Some(&old), Some(&new)] {
        let current = world.believed(kept, now).await.unwrap().unwrap();
        assert_eq!(*current.directory, new);
    }
    // From then on the new ones are enough.
    let tomorrow = now + DAY;
    world.say(&new, tomorrow).await;
    world.cosign(&new, 1, 8, tomorrow).await;
    assert_eq!(
        world.cosign(&new, 2, 9, tomorrow).await,
        Cosigned::Kept(Some(2))
    );
    let current = world.believed(Some(&new), tomorrow).await.unwrap().unwrap();
    assert_eq!(u64::from(current.day), tomorrow / DAY);
}

#[tokio::test]
async fn spec_10_16_with_a_clock_that_is_not_the_witnesses_nothing_is_logged() {
    let world = World::new().await;
    let directory = directory();
    world.say(&directory, NOW).await;
    for n in 0..directory.relays.len() {
        let key = u8::try_from(n).unwrap();
        let note = world.cosigned(&directory, n, key, NOW).await;
        world.bring(&note, &directory.relays[n], NOW).await;
    }
    let mut next = after(&directory);
    next.expires = NOW + 80 * 86_400;
    let next: Bytes = note(&written(next)).to_string().into();
    for wrong in [NOW - 86_400, NOW + 86_400, NOW + 40 * 86_400] {
        let refused = world.directories.hand_in(next.clone(), wrong).await;
        assert!(matches!(refused, Err(HandInError::Clock(_))), "{refused:?}");
    }
    assert!(world.directories.version(4).await.unwrap().is_none());
    let taken = world.directories.hand_in(next, NOW + 60).await.unwrap();
    assert_eq!(taken, HandedIn::New);
}

#[tokio::test]
async fn spec_10_17_several_processes_collect_and_serve_together() {
    let world = World::new().await;
    let directory = directory();
    world.say(&directory, NOW).await;
    let other = world.storage.directories().await;
    let lines = [0, 1, 2].map(|n| world.cosigned(&directory, n, u8::try_from(n).unwrap(), NOW));
    let [a, b, c] = lines;
    let [a, b, c] = [a.await, b.await, c.await].map(|note| note.to_string());
    let relays = &directory.relays;
    let (one, two) = (&world.directories, &other);
    let (offsets, elsewhere) = (Offsets::default(), Offsets::default());
    let (a, b, c) = tokio::join!(
        cosign(one, a.as_bytes(), &relays[0], NOW, &offsets),
        cosign(two, b.as_bytes(), &relays[1], NOW, &elsewhere),
        cosign(one, c.as_bytes(), &relays[2], NOW, &offsets)
    );
    let told = [a.unwrap(), b.unwrap(), c.unwrap()];
    let news = told.iter().filter(|told| **told != Cosigned::Kept(None));
    assert_eq!(news.collect::<Vec<_>>(), [&Cosigned::Kept(Some(2))]);
    assert_eq!(world.newest().await.signers().count(), 4);
    let [here, there] = [answer(one).await, answer(two).await].map(Result::unwrap);
    assert_eq!(here, there);
    let current = Current::verify(&here.unwrap(), directory.scheme, NOW, None).unwrap();
    assert_eq!(current.witnesses, 3);
    assert!(Arc::strong_count(&world.storage.ledger) > 1);
}

#[test]
fn a_clock_that_most_witnesses_contradict_is_told_once() {
    let directory = directory();
    let offsets = Offsets::default();
    let note = |n: usize, time| offsets.note(directory.relays[n].id, time, NOW);
    note(0, NOW - 9_000);
    assert_eq!(offsets.begin_to_differ(&directory), None, "one of three");
    note(1, NOW - 1_000);
    note(2, NOW);
    assert_eq!(offsets.begin_to_differ(&directory), Some(1_000));
    assert_eq!(offsets.begin_to_differ(&directory), None, "told");
    note(1, NOW - 600);
    assert_eq!(offsets.begin_to_differ(&directory), None);
    note(0, NOW + 700);
    note(1, NOW + 800);
    assert_eq!(offsets.begin_to_differ(&directory), Some(700));
}
