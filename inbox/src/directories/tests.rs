use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::Authority;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::Entry;
use brolly_protocol::directory::Purpose;
use brolly_protocol::log::LogName;

use super::*;
use crate::sample::{NOW, Storage, after, directory, note, signed, written};
use crate::store::embedded::Embedded;

struct World {
    data: tempfile::TempDir,
    storage: Storage,
    directories: Directories<Embedded>,
}

impl World {
    /// An inbox that began with version 3 an hour ago.
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::open(data.path());
        let directories = storage.directories().await;
        let first = signed(&directory());
        directories.begin(&first, NOW - 3_600).await.unwrap();
        Self {
            data,
            storage,
            directories,
        }
    }

    async fn again(self) -> Self {
        let Self {
            data,
            storage,
            directories,
        } = self;
        drop((storage, directories));
        let storage = Storage::open(data.path());
        Self {
            directories: storage.directories().await,
            data,
            storage,
        }
    }

    async fn hand_in(&self, next: &Directory) -> std::result::Result<HandedIn, HandInError> {
        let note = note(next).to_string().into();
        self.directories.hand_in(note, NOW).await
    }

    /// The versions on the board.
    async fn board(&self) -> Vec<Logged> {
        let entries = self.storage.ledger.entries(LogName::Board, 0, 99).await;
        let read = |entry: &Bytes| match Entry::verify(entry, &directory()) {
            Ok(Entry::Directory(logged)) => logged,
            other => panic!("{other:?}"),
        };
        entries.unwrap().iter().map(read).collect()
    }

    /// The versions before, in force and waiting at a time.
    async fn at(&self, now: u64) -> (Option<u32>, u32, Option<u32>) {
        let versions = self.directories.at(now).await.unwrap();
        let version = |(signed, _): (Arc<SignedDirectory>, u64)| signed.directory.version;
        (
            versions.before.map(version),
            versions.current.directory.version,
            versions.waiting.map(version),
        )
    }
}

/// Two hours, as the sample says.
const WAIT: u64 = 7_200;

#[tokio::test]
async fn spec_10_16_a_directory_handed_in_is_durable_with_its_entry_and_the_same_again_is_as_good()
{
    let world = World::new().await;
    let next = after(&directory());
    assert_eq!(world.hand_in(&next).await.unwrap(), HandedIn::New);
    for _ in 0..2 {
        assert_eq!(world.hand_in(&next).await.unwrap(), HandedIn::Known);
        assert_eq!(world.hand_in(&directory()).await.unwrap(), HandedIn::Known);
    }
    let world = world.again().await;
    assert_eq!(world.hand_in(&next).await.unwrap(), HandedIn::Known);
    let logged = [
        Logged::new(&directory(), NOW - 3_600),
        Logged::new(&next, NOW),
    ];
    assert_eq!(world.board().await, logged);
    let objects = &world.storage.objects;
    let kept = objects.directory(4, &next.digest).await.unwrap();
    assert_eq!(kept, Some(note(&next).to_string().into()));
    let again = world.directories.version(4).await.unwrap().unwrap();
    assert_eq!(*again.directory, next);
    assert!(world.directories.version(5).await.unwrap().is_none());
}

#[tokio::test]
async fn spec_10_16_another_text_of_a_logged_version_and_one_while_another_waits_are_refused() {
    let world = World::new().await;
    let next = after(&directory());
    world.hand_in(&next).await.unwrap();
    let renamed = |directory: &Directory| {
        let mut other = directory.clone();
        other.relays[0].name.push('!');
        written(other)
    };
    for taken in [renamed(&directory()), renamed(&next)] {
        let refused = world.hand_in(&taken).await.unwrap_err();
        assert!(matches!(refused, HandInError::Taken(version) if version == taken.version));
    }
    let early = world.hand_in(&after(&next)).await.unwrap_err();
    assert!(matches!(early, HandInError::Waiting(4)));
    let note = note(&after(&next)).to_string().into();
    let in_time = world.directories.hand_in(note, NOW + WAIT).await;
    assert_eq!(in_time.unwrap(), HandedIn::New);
    assert_eq!(world.board().await.len(), 3);
}

#[tokio::test]
async fn spec_10_16_a_directory_that_may_not_follow_is_refused_with_a_sentence_and_leaves_nothing()
{
    let world = World::new().await;
    let next = after(&directory());
    let with = |change: &dyn Fn(&mut Directory)| {
        let mut other = next.clone();
        change(&mut other);
        note(&written(other)).to_string()
    };
    let good = note(&next).to_string();
    let mut strange = next.clone();
    strange.name = "Other".to_owned();
    strange.scheme = strange.founders();
    let key = SigningKey::<Authority>::from_seed(&[9; 32]).verifying_key();
    let usurper = with(&|next| next.officers = vec![NamedKey::new("ada", key).unwrap()]);
    let real = with(&|next| {
        next.purpose = Purpose::Drill;
        next.issued = directory().issued - 1;
    });
    for (bytes, sentence) in [
        (String::new(), "the directory is malformed"),
        ("\u{7}".to_owned(), "the directory is malformed"),
        (
            good.replace("publish-ms", "publish-m"),
            "the directory is malformed",
        ),
        (
            next.to_text().unwrap(),
            "is signed by 0 officers, and 1 must",
        ),
        (
            good.replacen("tick-ms = 15000", "tick-ms = 15001", 1),
            "the directory is malformed",
        ),
        (
            good.replacen("tick-ms = 15000", "tick-ms = 0", 1),
            "breaks a rule: the tick",
        ),
        (
            note(&written(strange)).to_string(),
            "belongs to another scheme",
        ),
        (usurper, "belongs to another scheme"),
        (with(&|next| next.expires = NOW), "has expired"),
        (
            with(&|next| next.expires = NOW + WAIT),
            "will have expired before",
        ),
        (
            with(&|next| next.version = 5),
            "version 5 of the directory cannot follow version 3",
        ),
        (with(&|next| next.version = 2), "may be rolling it back"),
        (real, "issued no earlier"),
        (
            with(&|next| next.inbox.log_key = next.inbox.key),
            "gives the logs another key",
        ),
    ] {
        let bytes = Bytes::from(bytes);
        let refused = world.directories.hand_in(bytes, NOW).await.unwrap_err();
        let said = refused.to_string();
        assert!(
            said.contains(sentence) && !said.contains('\n'),
            "{sentence}: {said}"
        );
    }
    assert_eq!(world.board().await.len(), 1);
    let objects = std::fs::read_dir(world.data.path().join("objects/directory"));
    assert_eq!(objects.unwrap().count(), 1);
    assert_eq!(world.hand_in(&next).await.unwrap(), HandedIn::New);
}

#[tokio::test]
async fn spec_10_16_of_two_processes_that_are_given_two_directories_one_logs_and_one_refuses() {
    let world = World::new().await;
    let other = world.storage.directories().await;
    let one = after(&directory());
    let mut two = one.clone();
    two.desks[0].name.push('!');
    let two = written(two);
    let bytes = |next: &Directory| Bytes::from(note(next).to_string());
    let (a, b) = tokio::join!(
        world.directories.hand_in(bytes(&one), NOW),
        other.hand_in(bytes(&two), NOW)
    );
    let logged = match (a, b) {
        (Ok(HandedIn::New), Err(HandInError::Taken(4))) => one,
        (Err(HandInError::Taken(4)), Ok(HandedIn::New)) => two,
        both => panic!("{both:?}"),
    };
    // Both have written a note; the one that counts is there.
    for directories in [&world.directories, &other] {
        let held = directories.version(4).await.unwrap().unwrap();
        assert_eq!(*held.directory, logged);
    }
    let (a, b) = tokio::join!(
        world.directories.hand_in(bytes(&logged), NOW),
        other.hand_in(bytes(&logged), NOW)
    );
    assert_eq!((a.unwrap(), b.unwrap()), (HandedIn::Known, HandedIn::Known));
}

#[tokio::test]
async fn spec_10_16_on_a_full_disk_no_directory_is_taken_and_it_is_once_there_is_room() {
    let world = World::new().await;
    let next = after(&directory());
    let storage = &world.storage;
    for objects_too in [true, false] {
        storage.objects.fill_disk(objects_too);
        storage.ledger.fill_disk(!objects_too);
        let full = world.hand_in(&next).await.unwrap_err();
        assert!(matches!(full, HandInError::Directories(error) if error.passes()));
        assert_eq!(world.board().await.len(), 1);
    }
    storage.objects.fill_disk(false);
    storage.ledger.fill_disk(false);
    assert_eq!(world.hand_in(&next).await.unwrap(), HandedIn::New);
}

#[tokio::test]
async fn spec_10_18_a_version_is_in_force_from_its_time_on_and_the_one_before_it_counts_a_while() {
    let world = World::new().await;
    assert_eq!(world.at(0).await, (None, 3, None), "the first at once");
    let mut next = after(&directory());
    next.parameters.effective_after = 0;
    let next = written(next);
    world.hand_in(&next).await.unwrap();
    assert_eq!(world.at(NOW).await, (None, 3, Some(4)));
    assert_eq!(world.at(NOW + WAIT - 1).await, (None, 3, Some(4)));
    assert_eq!(world.at(NOW + WAIT).await, (Some(3), 4, None));
    let versions = world.directories.at(NOW + WAIT).await.unwrap();
    let (_, until) = versions.before.unwrap();
    assert_eq!(until, NOW + WAIT + 86_400);
    // What the version in force says of waiting counts, not what the next one says.
    let third = note(&after(&next)).to_string().into();
    let handed_in = world.directories.hand_in(third, NOW + WAIT).await;
    assert_eq!(handed_in.unwrap(), HandedIn::New);
    assert_eq!(world.at(NOW + WAIT).await, (Some(4), 5, None));
}

#[tokio::test]
async fn spec_10_18_what_was_in_force_once_stays_when_a_clock_goes_back() {
    let world = World::new().await;
    let next = after(&directory());
    world.hand_in(&next).await.unwrap();
    let key = crate::sample::log_key();
    let ledger = world.storage.ledger.as_ref();
    let steps = Steps::default();
    let say = crate::freshness::say(ledger, &next, &key, NOW + WAIT, &steps);
    say.await.unwrap();
    assert_eq!(world.at(NOW).await, (Some(3), 4, None));
    let world = world.again().await;
    assert_eq!(world.at(NOW).await, (Some(3), 4, None));

    let world = World::new().await;
    world.hand_in(&next).await.unwrap();
    world.directories.keep(4);
    assert_eq!(world.at(NOW).await, (Some(3), 4, None));
}

#[tokio::test]
async fn spec_10_18_whoever_waits_is_told_when_another_version_is_in_force() {
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path());
    let directories = storage.directories().await;
    let mut first = directory();
    first.parameters.effective_after = 0;
    let first = written(first);
    directories.begin(&signed(&first), NOW).await.unwrap();
    let next = note(&after(&first)).to_string().into();
    let (later, handed_in) = tokio::join!(
        biased;
        directories.later_than(3),
        directories.hand_in(next, NOW)
    );
    assert_eq!(handed_in.unwrap(), HandedIn::New);
    let later = later.unwrap();
    assert_eq!(later.current.directory.version, 4);
    assert_eq!(later.before.unwrap().0.directory.version, 3);
}

#[tokio::test]
async fn spec_10_18_a_version_whose_note_is_lost_or_is_another_is_not_used() {
    let world = World::new().await;
    let next = after(&directory());
    world.hand_in(&next).await.unwrap();
    let path = directory_path(4, &next.digest).to_string();
    let file = world.data.path().join("objects").join(&path);
    let good = std::fs::read(&file).unwrap();
    let unsigned = Note::unsigned(next.to_text().unwrap()).unwrap().to_string();
    let other = note(&directory()).to_string();
    let mut world = world;
    for bad in [
        Vec::new(),
        unsigned.into(),
        other.into(),
        good[..99].to_vec(),
    ] {
        std::fs::write(&file, bad).unwrap();
        world = world.again().await;
        let lost = world.directories.at(NOW).await.unwrap_err();
        assert!(
            !lost.passes() && lost.to_string().starts_with(&path),
            "{lost}"
        );
    }
    std::fs::remove_file(&file).unwrap();
    let lost = world.directories.version(4).await.unwrap_err();
    assert!(
        lost.to_string()
            .contains("restore it, for example from a relay")
    );
    std::fs::write(&file, good).unwrap();
    assert_eq!(world.at(NOW).await, (None, 3, Some(4)));
}
