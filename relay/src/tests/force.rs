//! Which directory is in force: what a relay says of it, serves and refuses.

use std::sync::Arc;

use brolly_keys::note::Note;
use brolly_keys::role::{Log, Witness};
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::Logged;
use brolly_protocol::directory::{Current, Directory, Freshness};
use brolly_protocol::log::{LogName, witness_key as named};
use brolly_protocol::onion::Layer;
use brolly_shell::clock;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::{Bytes, StatusCode};
use brolly_shell::log::{Field, Level};

use super::inbox::Inbox;
use super::mirror::{Life, inbox, start};
use super::office::{DAY, Office, fresh};
use super::world::{World, log_key, quick, signed};
use crate::journal::Journal;
use crate::mirror::{Fresh, Mirror, Round, TakeUp};

const ALL: [Layer; 3] = Layer::ALL;

/// A relay that has mirrored the board, and whom it asks.
struct Asking {
    world: World,
    board: Arc<Inbox>,
    life: Life,
    office: Arc<Office>,
    journal: Arc<Journal>,
    fresh: Fresh<Office>,
}

impl Asking {
    /// The board says that version 3 is in force since `time`.
    async fn new(time: u64) -> Self {
        Self::at(Layer::Entry, time).await
    }

    async fn at(layer: Layer, time: u64) -> Self {
        let world = World::new(layer, |parameters| parameters.publish_ms = 3_600_000);
        let board = inbox(&world, LogName::Board);
        board.change(|now| {
            now.directories.insert(3, world.note.clone());
            now.publish([Logged::new(&world.directory, time).to_entry()]);
        });
        let mut life = start(&world, &board).await;
        assert_eq!(life.round().await.unwrap(), Round::Settled);
        let office = Arc::new(Office::default());
        let (journal, fresh) = asking(&world, &life.mirror, &office);
        Self {
            world,
            board,
            life,
            office,
            journal,
            fresh,
        }
    }

    async fn log(&mut self, next: &SignedDirectory, time: u64) {
        self.board.change(|now| {
            now.directories
                .insert(next.directory.version, next.note.clone());
            now.publish([Logged::new(&next.directory, time).to_entry()]);
        });
        assert_eq!(self.life.round().await.unwrap(), Round::Settled);
    }

    async fn round(&mut self, now: u64) -> Option<TakeUp> {
        self.fresh.round(now).await.unwrap()
    }

    fn told(&self) -> Vec<&'static str> {
        let due = self.journal.due(0);
        due.into_iter().map(|(_, name, _)| name).collect()
    }

    fn served(&self) -> Option<Bytes> {
        self.life.mirror.directory()
    }
}

fn asking(
    world: &World,
    mirror: &Arc<Mirror>,
    office: &Arc<Office>,
) -> (Arc<Journal>, Fresh<Office>) {
    let journal = Arc::new(Journal::default());
    let fresh = Fresh::new(
        Arc::new(world.assignment()),
        Arc::clone(&journal),
        Arc::clone(mirror),
        Arc::clone(office),
        world.config.data.clone(),
        None,
    );
    (journal, fresh)
}

/// When a relay of `directory` cosigned.
fn times(note: &Note, directory: &Directory, layer: Layer) -> Vec<u64> {
    let relay = directory.layer(layer).next().unwrap();
    let named = [named(&directory.scheme, relay).unwrap()];
    let good = note.cosigned_by(&named).unwrap();
    good.into_iter().map(|(_, time)| time).collect()
}

#[tokio::test]
async fn spec_15_11_what_is_in_force_is_cosigned_at_every_publication_and_the_word_served() {
    let now = clock::now();
    let mut asking = Asking::new(now - 100).await;
    let own = asking.world.signed();
    asking.office.say(&own, now, &[]);
    assert!(asking.round(now).await.is_none());
    let lines = asking.office.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].signers().count(), 1, "the relay's line alone");
    assert_eq!(times(&lines[0], &own.directory, Layer::Entry), [now]);
    assert_eq!(asking.told(), ["directory-unwitnessed"]);
    assert_eq!(asking.served(), None);

    // Not before the logs are published again, but then afresh, and at once where the inbox lost it or has another day's.
    asking.round(now + 3_599).await;
    assert_eq!(asking.office.lines().len(), 0);
    asking.round(now + 3_600).await;
    let lines = asking.office.lines();
    assert_eq!(
        times(&lines[0], &own.directory, Layer::Entry),
        [now + 3_600]
    );
    asking.office.say(&own, now, &[Layer::Middle]);
    asking.round(now + 3_601).await;
    assert_eq!(asking.office.lines().len(), 1);
    asking.office.say(&own, now + DAY, &[Layer::Middle]);
    asking.round(now + 3_602).await;
    assert_eq!(asking.office.lines().len(), 1);

    // What was not taken is posted again.
    *asking.office.status.lock().unwrap() = Some(StatusCode::CONFLICT);
    asking.office.say(&own, now, &[Layer::Middle]);
    asking.round(now + 3_603).await;
    *asking.office.status.lock().unwrap() = None;
    asking.round(now + 3_604).await;
    assert_eq!(asking.office.lines().len(), 1);

    // With a majority it is served, after a restart at once.
    let _ = asking.told();
    asking.office.say(&own, now, &[Layer::Middle, Layer::Exit]);
    asking.round(now).await;
    assert_eq!(asking.told(), [""; 0]);
    let served = asking.served();
    assert_eq!(served, *asking.office.answer.lock().unwrap());
    drop((asking.life, asking.fresh));
    let life = start(&asking.world, &asking.board).await;
    assert_eq!(life.mirror.directory(), served);
}

#[tokio::test]
async fn spec_15_11_a_freshness_note_that_is_not_so_is_not_cosigned() {
    let now = clock::now();
    let mut asking = Asking::new(now - 2 * DAY).await;
    let own = asking.world.signed();
    let next = asking.world.next_directory(|_| {});
    let twin = asking.world.next_directory(|next| {
        next.version = 3;
        next.relays[0].name = "another".to_owned();
    });
    let said = |directory: &Directory, time| fresh(directory, time, &[]);
    let stranger = SigningKey::<Log>::from_seed(&[77; 32]);
    let day = u32::try_from(now / DAY).unwrap();
    let of = |d: &Directory| Freshness::of(d, day);
    let mut unsigned = said(&own.directory, now);
    unsigned.retain_signers(|_| false);
    let mut elsewhere = of(&own.directory);
    elsewhere.scheme.0[0] ^= 1;
    let elsewhere = elsewhere.sign(&log_key()).unwrap();
    let cases = [
        ("unsigned", unsigned, "directory-refused"),
        (
            "by a stranger",
            of(&own.directory).sign(&stranger).unwrap(),
            "directory-refused",
        ),
        ("of another scheme", elsewhere, "directory-refused"),
        (
            "not on the board",
            said(&next.directory, now),
            "directory-early",
        ),
        (
            "another text",
            said(&twin.directory, now),
            "directory-forked",
        ),
        (
            "of a day ago and more",
            said(&own.directory, now - 2 * DAY),
            "directory-stale",
        ),
        (
            "of the day after tomorrow",
            said(&own.directory, now + 2 * DAY),
            "directory-stale",
        ),
    ];
    for (what, note, event) in cases {
        *asking.office.fresh.lock().unwrap() = Some(note);
        asking.round(now).await;
        assert_eq!(asking.told(), [event], "{what}");
        assert!(asking.office.lines().is_empty(), "{what}");
    }
    for good in [now - DAY, now, now + DAY] {
        *asking.office.fresh.lock().unwrap() = Some(said(&own.directory, good));
        asking.round(now).await;
        assert_eq!((asking.told().len(), asking.office.lines().len()), (0, 1));
    }

    // Logged, the next one waits until its time has come, and then the one before it is over.
    asking.log(&next, now).await;
    let effective = now + 3_600;
    for (version, time, event) in [
        (&next, effective - 61, Some("directory-early")),
        (&own, effective - 61, None),
        (&next, effective - 60, None),
        (&own, effective - 60, Some("directory-rolled-back")),
    ] {
        *asking.office.fresh.lock().unwrap() = Some(said(&version.directory, time));
        asking.round(time).await;
        assert_eq!(asking.told(), Vec::from_iter(event));
        assert_eq!(asking.office.lines().len(), usize::from(event.is_none()));
    }
}

#[tokio::test]
async fn spec_15_11_before_it_knows_what_the_board_says_a_relay_cosigns_nothing() {
    let world = World::new(Layer::Entry, quick);
    let board = inbox(&world, LogName::Board);
    let life = start(&world, &board).await;
    let office = Arc::new(Office::default());
    let (_, mut fresh) = asking(&world, &life.mirror, &office);
    let now = clock::now();
    office.say(&world.signed(), now, &ALL);
    assert!(fresh.round(now).await.unwrap().is_none());
    assert!(office.lines().is_empty());
    assert!(life.mirror.directory().is_some(), "others say so");
}

#[tokio::test]
async fn spec_15_12_a_directory_that_is_not_in_force_is_refused_and_why_is_told() {
    let now = clock::now();
    let mut asking = Asking::new(now - 30 * DAY).await;
    let (world, own) = (&asking.world, asking.world.signed());
    let next = world.next_directory(|_| {});
    let twin = world.next_directory(|next| next.relays[0].name = "another".to_owned());
    let older = world.next_directory(|next| next.version = 2);
    let ending = world.next_directory(|next| next.expires = now + 100);
    // The officers were made to sign one in which two relays are somebody else's.
    let mut strange = Directory::clone(&next.directory);
    let foreign = |n| SigningKey::<Witness>::from_seed(&[n; 32]);
    for n in [1, 2] {
        strange.relays[n].witness = foreign(200 + u8::try_from(n).unwrap()).verifying_key();
    }
    let strange = signed(&strange);
    let mut strangers = fresh(&strange.directory, now, &[Layer::Entry]);
    for n in [1, 2] {
        let named = named(&strange.directory.scheme, &strange.directory.relays[n]).unwrap();
        let key = foreign(200 + u8::try_from(n).unwrap());
        strangers.cosign(named.name(), &key, now).unwrap();
    }
    let answer = |signed: &SignedDirectory, time, witnesses: &[Layer]| {
        Bytes::from(Current::wire(
            &fresh(&signed.directory, time, witnesses),
            &signed.note,
        ))
    };
    let unsigned = |signed: &SignedDirectory| {
        let text = signed.directory.to_text().unwrap();
        Current::wire(&fresh(&signed.directory, now, &ALL), text.as_bytes()).into()
    };
    let not_the_one = Current::wire(&fresh(&own.directory, now, &ALL), &next.note);
    let good = answer(&next, now, &ALL);
    let cases = [
        (
            "rolled back",
            answer(&older, now, &ALL),
            "directory-rolled-back",
        ),
        (
            "expired",
            answer(&ending, now + 101, &ALL),
            "directory-expired",
        ),
        (
            "stale",
            answer(&next, now - 8 * DAY, &ALL),
            "directory-stale",
        ),
        (
            "another clock",
            answer(&next, now + 8 * DAY, &ALL),
            "directory-stale",
        ),
        (
            "too few witnesses",
            answer(&next, now, &[Layer::Exit]),
            "directory-unwitnessed",
        ),
        (
            "strangers",
            Current::wire(&strangers, &strange.note).into(),
            "directory-unwitnessed",
        ),
        ("too few officers", unsigned(&next), "directory-unsigned"),
        (
            "another than is said",
            not_the_one.into(),
            "directory-refused",
        ),
        (
            "cut short",
            good.slice(..good.len() - 9),
            "directory-refused",
        ),
        ("nothing", Bytes::new(), "directory-refused"),
    ];
    *asking.office.fresh.lock().unwrap() = None;
    for (what, answer, event) in cases {
        *asking.office.answer.lock().unwrap() = Some(answer);
        assert!(asking.round(now).await.is_none(), "{what}");
        assert_eq!(asking.told(), [event], "{what}");
        assert_eq!(asking.served(), None, "{what}");
    }
    // The board has another text of it: whoever signed this.
    asking.log(&next, now - 3_600).await;
    *asking.office.answer.lock().unwrap() = Some(answer(&twin, now, &ALL));
    assert!(asking.round(now).await.is_none());
    assert_eq!(asking.told(), ["directory-forked"]);
    *asking.office.answer.lock().unwrap() = Some(good);
    let TakeUp { next: taken, since } = asking.round(now).await.unwrap();
    assert_eq!((taken.note, since), (next.note, now));
}

#[tokio::test]
async fn a_relay_whose_own_version_is_not_in_force_yet_waits_and_complains_of_nothing() {
    let now = clock::now();
    let mut early = World::new(Layer::Entry, quick);
    let first = early.signed();
    early.redirect(|_| {});
    let own = early.signed();
    let board = inbox(&early, LogName::Board);
    let log = |signed: &SignedDirectory, time| {
        board.change(|now| {
            now.directories
                .insert(signed.directory.version, signed.note.clone());
            now.publish([Logged::new(&signed.directory, time).to_entry()]);
        });
    };
    log(&first, now - DAY);
    let mut life = start(&early, &board).await;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    let office = Arc::new(Office::default());
    let (journal, mut waiting) = asking(&early, &life.mirror, &office);
    office.say(&first, now, &ALL);
    waiting.round(now).await.unwrap();
    log(&own, now);
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    waiting.round(now).await.unwrap();
    assert!(journal.due(0).is_empty() && office.lines().is_empty());
    // When it should be in force, an inbox that goes on with the other is told of: by its note, and by its answer.
    waiting.round(now + 3_600).await.unwrap();
    let told = (Level::Error, "directory-rolled-back", (Field::Failures, 2));
    assert_eq!(journal.due(0), [told]);
    assert!(office.lines().is_empty());
}

#[tokio::test]
async fn a_clock_that_is_far_from_the_witnesses_is_told() {
    let now = clock::now();
    let mut asking = Asking::new(now - DAY).await;
    let own = asking.world.signed();
    // They cosign once an hour, so their word may be two hours old and a minute.
    for (said, off) in [
        (now + 601, true),
        (now + 599, false),
        (now - 7_800, false),
        (now - 7_862, true),
    ] {
        asking.office.say(&own, said - 1, &ALL);
        asking.round(now).await;
        assert_eq!(asking.told().contains(&"clock-off"), off, "{said}");
    }
}

#[tokio::test]
async fn spec_9_11_a_relay_that_a_version_to_come_makes_the_issuer_tells_once_how_many_keys_it_lacks()
 {
    let now = clock::now();
    let mut asking = Asking::at(Layer::Exit, now - DAY).await;
    asking.office.say(&asking.world.signed(), now, &ALL);
    let other = asking.world.next_directory(|_| {});
    asking.log(&other, now).await;
    asking.round(now + 1).await;
    assert_eq!(asking.told(), [""; 0], "another one issues");
    let next = asking.world.next_directory(|next| {
        next.version += 1;
        next.issuer.relay = next.relays[2].id;
    });
    asking.log(&next, now).await;
    asking.round(now + 2).await;
    assert_eq!(asking.told(), ["issuer-key-missing"]);
    asking.round(now + 3).await;
    assert_eq!(asking.told(), [""; 0], "once");
}
