//! Versions of the directory as the board tells of them.

use std::fs;
use std::sync::Arc;

use brolly_keys::note::Note;
use brolly_keys::role::{Authority, Desk};
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::{Logged, ReadMark};
use brolly_protocol::directory::{Directory, DirectoryError};
use brolly_protocol::log::LogName;
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_shell::clock;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::Bytes;

use super::inbox::Inbox;
use super::mirror::{Life, inbox, start, tree};
use super::world::{World, quick, signed};
use crate::mirror::{Round, Trouble};
use crate::obstacles;

/// Has the inbox log a version and hand out its note.
fn log(inbox: &Inbox, signed: &SignedDirectory, time: u64) {
    inbox.change(|now| {
        let (version, note) = (signed.directory.version, signed.note.clone());
        now.directories.insert(version, note);
        now.publish([Logged::new(&signed.directory, time).to_entry()]);
    });
}

/// A board that names the directory in force, cosigned and served.
async fn begun() -> (World, Arc<Inbox>, Life) {
    begun_at(clock::now() - 60).await
}

async fn begun_at(time: u64) -> (World, Arc<Inbox>, Life) {
    let world = World::new(Layer::Entry, quick);
    let inbox = inbox(&world, LogName::Board);
    log(&inbox, &world.signed(), time);
    let mut life = start(&world, &inbox).await;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    let _ = life.told();
    (world, inbox, life)
}

#[tokio::test]
async fn spec_15_10_a_version_on_the_board_is_checked_and_kept_before_the_board_is_cosigned() {
    let (world, inbox, mut life) = begun().await;
    let next = world.next_directory(|_| {});
    log(&inbox, &next, clock::now());
    inbox.change(|now| now.grow(300));
    let note = inbox.now.lock().unwrap().directories.remove(&4).unwrap();
    assert!(matches!(life.round().await, Err(Trouble::Unanswered)));
    assert_eq!(life.told(), ["directory-missing"]);
    assert_eq!((inbox.posts(), life.served(&inbox)), (1, Some(1)));
    inbox.change(|now| drop(now.directories.insert(4, note.clone())));
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!((inbox.posts(), life.served(&inbox)), (2, Some(300)));
    let kept = |version: u32| {
        world
            .config
            .data
            .join(format!("directories/{version}.note"))
    };
    assert_eq!(fs::read(kept(4)).unwrap(), note);
    assert_eq!(fs::read(kept(3)).unwrap(), world.note);
    let directories = life.mirror.directories();
    assert_eq!(directories.version(4).unwrap().note, note);
    // Logged a moment ago, it takes effect when the one in force says.
    let logged = directories.logged(4).unwrap().time;
    assert_eq!(directories.effective(4), Some(logged + 3_600));
    let due = |now| directories.due(now).map(|due| due.version);
    assert_eq!(due(logged), Some(3));
    assert_eq!(due(logged + 3_600 - 61), Some(3));
    assert_eq!(due(logged + 3_600 - 60), Some(4));
    assert_eq!(due(logged - 3_600), None);

    // Lost or damaged, it is fetched again.
    for damaged in [None, Some(&note[..note.len() / 2]), Some(&world.note[..])] {
        drop(life);
        match damaged {
            None => fs::remove_file(kept(4)).unwrap(),
            Some(bytes) => fs::write(kept(4), bytes).unwrap(),
        }
        life = start(&world, &inbox).await;
        assert!(life.mirror.directories().version(4).is_none());
        assert_eq!(life.round().await.unwrap(), Round::Settled);
        assert_eq!(fs::read(kept(4)).unwrap(), note);
    }
    assert_eq!(inbox.posts(), 2);
}

/// A note over another text than any directory can have.
fn forged(directory: &Directory, from: &str, to: &str) -> (Bytes, [u8; 32]) {
    use sha2::Digest;
    let text = directory.to_text().unwrap();
    assert!(text.contains(from), "{from}");
    let text = text.replacen(from, to, 1);
    let digest = sha2::Sha256::digest(&text).into();
    let mut note = Note::unsigned(text).unwrap();
    let officer = SigningKey::<Authority>::from_seed(&[1; 32]);
    note.sign("ada", &officer).unwrap();
    (note.to_string().into(), digest)
}

#[tokio::test]
async fn spec_15_10_a_version_that_is_no_directory_is_refused_and_its_board_not_cosigned() {
    let (world, inbox, mut life) = begun().await;
    let honest = inbox.now.lock().unwrap().clone();
    let next = world.next_directory(|_| {});
    let good = Logged::new(&next.directory, clock::now());
    let unsigned = Bytes::from(next.directory.to_text().unwrap());
    let mut eve = Note::unsigned(next.directory.to_text().unwrap()).unwrap();
    let stranger = SigningKey::<Authority>::from_seed(&[2; 32]);
    eve.sign("ada", &stranger).unwrap();

    // Officers who put themselves in office.
    let mut usurped = Directory::clone(&next.directory);
    let officers = vec![brolly_keys::note::NamedKey::new("eve", stranger.verifying_key()).unwrap()];
    let handover = usurped.handover(1, officers.clone());
    let mut lines = Note::unsigned(handover.to_text()).unwrap();
    lines.sign("eve", &stranger).unwrap();
    usurped.former.push(brolly_protocol::directory::Former {
        threshold: 1,
        officers: usurped.officers.clone(),
        handover: lines.signature_lines(),
    });
    usurped.officers = officers;
    let mut usurpers = Note::unsigned(usurped.to_text().unwrap()).unwrap();
    usurpers.sign("eve", &stranger).unwrap();

    let shorter = world.next_directory(|next| next.parameters.packet_epoch = 3_600);
    let backdated = world.next_directory(|next| next.issued -= 3_600);
    let narrow = forged(
        &next.directory,
        "window-entries = 256",
        "window-entries = 255",
    );
    let elsewhere = World::new(Layer::Entry, |p| p.publish_ms = 7);
    let mut foreign = Directory::clone(&elsewhere.directory);
    foreign.version = 4;
    foreign.name = "Other".to_owned();
    foreign.scheme = foreign.founders();
    let foreign = signed(&foreign);
    let of = |signed: &SignedDirectory| Logged::new(&signed.directory, clock::now());
    let with = |digest| {
        let mut logged = good;
        logged.digest = digest;
        logged
    };
    let mut tomorrow = good;
    tomorrow.time += 3_700;
    let cases = [
        ("no signature", good, unsigned, "directory-unsigned"),
        (
            "wrong officers",
            good,
            eve.to_string().into(),
            "directory-unsigned",
        ),
        (
            "no handover",
            with([1; 32]),
            usurpers.to_string().into(),
            "directory-succession",
        ),
        (
            "a rule of all directories",
            with(narrow.1),
            narrow.0,
            "directory-rules",
        ),
        (
            "a rule of the next",
            of(&shorter),
            shorter.note,
            "directory-rules",
        ),
        (
            "issued before",
            of(&backdated),
            backdated.note,
            "directory-rules",
        ),
        (
            "another scheme",
            of(&foreign),
            foreign.note,
            "directory-refused",
        ),
        (
            "another text",
            with([9; 32]),
            next.note.clone(),
            "log-refused",
        ),
        (
            "cut short",
            good,
            next.note.slice(..next.note.len() / 2),
            "directory-refused",
        ),
        (
            "no note",
            good,
            Bytes::from_static(b"x"),
            "directory-refused",
        ),
        (
            "logged tomorrow",
            tomorrow,
            next.note.clone(),
            "log-refused",
        ),
    ];
    for (what, logged, note, event) in cases {
        inbox.change(|now| {
            *now = honest.clone();
            now.directories.insert(4, note);
            now.publish([logged.to_entry()]);
        });
        let refused = life.round().await;
        assert!(
            matches!(refused, Err(Trouble::Directory(_) | Trouble::Refused)),
            "{what}: {refused:?}"
        );
        assert_eq!(life.told(), [event], "{what}");
        assert_eq!((inbox.posts(), life.served(&inbox)), (1, Some(1)), "{what}");
        assert!(life.mirror.directories().version(4).is_none(), "{what}");
        assert!(
            !world.config.data.join("directories/4.note").exists(),
            "{what}"
        );
        assert!(!world.config.data.join("evidence").exists(), "{what}");
    }
    inbox.change(|now| *now = honest);
    log(&inbox, &next, clock::now());
    assert_eq!(life.round().await.unwrap(), Round::Settled);
}

#[tokio::test]
async fn spec_15_10_a_version_logged_before_the_witnesses_saw_the_board_without_it_is_refused() {
    let now = clock::now();
    let (world, inbox, mut life) = begun_at(now - 100_000).await;
    let honest = inbox.now.lock().unwrap().clone();
    let next = world.next_directory(|_| {});
    let publish = world.directory.parameters.publish_ms / 1_000;
    log(&inbox, &next, now - publish - 3_700);
    assert!(matches!(life.round().await, Err(Trouble::Refused)));
    assert_eq!((life.told(), inbox.posts()), (vec!["log-refused"], 1));
    // What came in after the last publication may be as old as that.
    inbox.change(|now| *now = honest);
    log(&inbox, &next, now - publish - 3_500);
    assert_eq!(life.round().await.unwrap(), Round::Settled);
}

#[tokio::test]
async fn spec_15_10_a_forked_version_or_one_out_of_turn_is_refused_with_evidence() {
    type Fork = fn(&World) -> (SignedDirectory, u64);
    let cases: [(&str, Fork); 4] = [
        ("the same version twice", |world| (world.signed(), 0)),
        ("another text", |world| {
            let twin = world.next_directory(|next| {
                next.version = 3;
                next.relays[0].name = "another".to_owned();
            });
            (twin, 0)
        }),
        ("a gap", |world| {
            (world.next_directory(|next| next.version = 5), 0)
        }),
        ("back in time", |world| (world.next_directory(|_| {}), 100)),
    ];
    for (what, fork) in cases {
        let (world, inbox, mut life) = begun().await;
        let (other, earlier) = fork(&world);
        log(&inbox, &other, clock::now() - 1 - earlier);
        let refused = life.round().await;
        assert!(
            matches!(refused, Err(Trouble::Contradiction(_))),
            "{what}: {refused:?}"
        );
        let told = life.told();
        assert!(
            told.contains(&"directory-forked") && told.contains(&"evidence-kept"),
            "{what}: {told:?}"
        );
        assert_eq!(life.round().await.unwrap(), Round::Stopped);
        drop(life);
        let mut life = start(&world, &inbox).await;
        assert_eq!(life.round().await.unwrap(), Round::Stopped);
        assert_eq!((inbox.posts(), life.served(&inbox)), (1, Some(1)), "{what}");
        let files = tree(&world.config.data.join("evidence"));
        assert_eq!(files.len(), 1, "{what}");
        let text = fs::read_to_string(&files[0]).unwrap();
        let shown = inbox.now.lock().unwrap().note.to_string();
        let cosigned = fs::read_to_string(inbox.folder.join("cosigned")).unwrap();
        assert!(text.contains(&shown) && text.contains(&cosigned), "{what}");
        let hex: String = other
            .directory
            .digest
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert!(text.contains(&hex), "{what}");
        assert_eq!(
            obstacles(&world.config.data, &world.assignment())
                .unwrap()
                .len(),
            1
        );
    }
}

#[tokio::test]
async fn spec_15_10_another_text_of_the_version_that_this_relay_has_is_a_fork_at_first_sight() {
    let world = World::new(Layer::Entry, quick);
    let inbox = inbox(&world, LogName::Board);
    let twin = world.next_directory(|next| {
        next.version = 3;
        next.relays[0].name = "another".to_owned();
    });
    log(&inbox, &twin, clock::now());
    let mut life = start(&world, &inbox).await;
    assert!(matches!(life.round().await, Err(Trouble::Contradiction(_))));
    assert_eq!((inbox.posts(), life.served(&inbox)), (0, None));
    let text = fs::read_to_string(&tree(&world.config.data.join("evidence"))[0]).unwrap();
    for directory in [&twin.directory, &world.directory] {
        let hex: String = directory
            .digest
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert!(text.contains(&hex));
    }
}

#[tokio::test]
async fn spec_15_10_a_new_relay_mirrors_what_was_said_by_those_who_have_left() {
    let old = World::new(Layer::Entry, quick);
    let desk = SigningKey::<Desk>::from_seed(&[23; 32]);
    let mut new = World::new(Layer::Entry, quick);
    (new.directory, new.note) = (old.directory.clone(), old.note.clone());
    new.redirect(|next| {
        next.desks[0].key = desk.verifying_key();
        next.desks[0].id = NodeId::of(&desk.verifying_key());
    });
    let board = inbox(&new, LogName::Board);
    log(&board, &old.signed(), clock::now() - 60);
    board.change(|now| {
        now.directory = Directory::clone(&old.directory);
        now.grow(20);
        let warning = super::inbox::alert(&old.directory, None).1;
        now.publish([warning]);
        now.directory = Directory::clone(&new.directory);
    });
    log(&board, &new.signed(), clock::now());
    board.change(|now| {
        let mark = ReadMark::new(new.directory.desks[0].id, 1, now.live().today());
        now.publish([mark.to_entry(&desk)]);
    });
    let mut life = start(&new, &board).await;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(life.served(&board), Some(23));
    // Who was never in any of them stays a stranger.
    let stranger = SigningKey::<Desk>::from_seed(&[99; 32]);
    let mark = ReadMark::new(NodeId::of(&stranger.verifying_key()), 1, 20_700);
    board.change(|now| now.publish([mark.to_entry(&stranger)]));
    assert!(matches!(life.round().await, Err(Trouble::Refused)));
    assert_eq!(
        old.next_directory(|_| {}).directory.follows(&new.directory),
        Err(DirectoryError::Forked { version: 4 })
    );
}
