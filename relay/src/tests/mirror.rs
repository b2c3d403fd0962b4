//! What is mirrored, cosigned and served of an inbox that is honest, or fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use brolly_keys::epoch::Epoch;
use brolly_keys::note::Note;
use brolly_keys::pair::SecretKey;
use brolly_keys::role::{Desk, Relay};
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::{Keys, Live, ReadMark};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{Bundle, LogName, Resource, Tile, Window, Witnessed};
use brolly_protocol::node::NodeId;
use brolly_protocol::notice::KeyNotice;
use brolly_protocol::onion::Layer;
use brolly_shell::http::StatusCode;
use sha2::{Digest, Sha256};

use super::inbox::{Inbox, Published, alert, members};
use super::world::{World, quick, relay_key};
use crate::journal::Journal;
use crate::mirror::{Follower, Found, Held, Mirror, Round, Step, Trouble};
use crate::writer::Lock;

/// A relay's work on one log, without the relay.
pub(super) struct Life {
    pub(super) follower: Follower<Inbox>,
    pub(super) mirror: Arc<Mirror>,
    pub(super) journal: Arc<Journal>,
    /// What is served before the inbox is asked for anything.
    pub(super) at_once: Option<Vec<u8>>,
}

pub(super) fn inbox(world: &World, log: LogName) -> Arc<Inbox> {
    let folder = world.config.data.join("mirror").join(log.as_str());
    Arc::new(Inbox::new(Published::new(&world.directory, log), folder))
}

/// Starts, as after whatever happened before.
pub(super) async fn start(world: &World, inbox: &Arc<Inbox>) -> Life {
    let mirror = mirror(world);
    follow(world, inbox, &mirror).await
}

fn mirror(world: &World) -> Arc<Mirror> {
    let data = &world.config.data;
    fs::create_dir_all(data).unwrap();
    Arc::new(Mirror::open(data, &world.assignment()).unwrap())
}

async fn follow(world: &World, inbox: &Arc<Inbox>, mirror: &Arc<Mirror>) -> Life {
    let log = inbox.log();
    let at_once = mirror.checkpoint(log).map(|note| note.to_vec());
    let journal = Arc::new(Journal::default());
    // Nothing of an earlier life writes any more.
    let lock = world.config.data.join(format!("lock-{}", log.as_str()));
    let held = Held {
        _lock: Arc::new(Lock::take(lock).unwrap().unwrap()),
        _working: tokio::sync::mpsc::channel(1).0,
    };
    let follower = Follower::open(
        Arc::new(world.assignment()),
        Arc::clone(&journal),
        Arc::clone(mirror),
        Arc::clone(inbox),
        world.config.data.clone(),
        mirror.archive(log).held(held),
    );
    Life {
        follower: follower.await.unwrap(),
        mirror: Arc::clone(mirror),
        journal,
        at_once,
    }
}

impl Life {
    pub(super) async fn round(&mut self) -> Result<Round, Trouble> {
        self.follower.round().await
    }

    pub(super) fn served(&self, inbox: &Inbox) -> Option<u64> {
        let note = self.mirror.checkpoint(inbox.log())?;
        let note = Note::parse(&note).unwrap();
        let directory = inbox.now.lock().unwrap().directory.clone();
        let read = Witnessed::verify(&note, inbox.log(), &directory).unwrap();
        Some(read.checkpoint.size)
    }

    /// The names of what was told the operator.
    pub(super) fn told(&self) -> Vec<&'static str> {
        let due = self.journal.due(0);
        due.into_iter().map(|(_, name, _)| name).collect()
    }

    /// Whether everything of the inbox's log is served, and nothing more.
    async fn serves_all(&self, inbox: &Inbox) {
        let now = inbox.now.lock().unwrap().clone();
        let size = now.size();
        let bundles = Bundle::added(0, size).map(Resource::Bundle);
        for resource in Tile::added(0, size).map(Resource::Tile).chain(bundles) {
            let wanted = &now.files[&resource.path()];
            match self.mirror.tile(now.log, resource).await {
                Found::Bytes(bytes, _) => assert_eq!(bytes, wanted, "{}", resource.path()),
                Found::Nothing | Found::Unavailable => panic!("{}", resource.path()),
            }
        }
        let beyond = Resource::Bundle(Bundle::of(size / 256, size + 1).unwrap());
        assert_eq!(self.mirror.tile(now.log, beyond).await, Found::Nothing);
    }
}

/// Every file below a folder.
pub(super) fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(tree(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn spec_15_1_a_growing_log_is_mirrored_cosigned_and_served_and_a_restart_serves_it_at_once() {
    for (log, sizes) in [
        (
            LogName::Reports,
            &[0, 1, 2, 255, 256, 257, 700, 65_536, 66_600][..],
        ),
        (LogName::Board, &[0, 3, 256, 300]),
    ] {
        let world = World::new(Layer::Entry, quick);
        let inbox = inbox(&world, log);
        let mut posts = 0;
        for (n, size) in sizes.iter().enumerate() {
            inbox.change(|now| now.grow(*size));
            let mut life = start(&world, &inbox).await;
            let before = n.checked_sub(1).map(|n| sizes[n]);
            assert_eq!(life.at_once.is_some(), before.is_some());
            assert_eq!(life.served(&inbox), before);
            assert_eq!(
                life.round().await.unwrap(),
                Round::Settled,
                "{log:?} {size}"
            );
            posts += 1;
            assert_eq!((inbox.posts(), life.served(&inbox)), (posts, Some(*size)));
            life.serves_all(&inbox).await;
            // Nothing new: nothing is cosigned again.
            assert_eq!(life.round().await.unwrap(), Round::Settled);
            assert_eq!(inbox.posts(), posts);
            let told = life.told();
            assert_eq!(told.contains(&"mirrored"), *size > 0);
            assert_eq!(told.contains(&"witnessed"), *size > 0);
            assert!(
                told.iter()
                    .all(|name| ["mirrored", "witnessed"].contains(name))
            );
        }
        assert!(inbox.most.load(Ordering::SeqCst) <= 8, "bundles at a time");
        // No width is kept that no checkpoint asks for.
        let size = *sizes.last().unwrap();
        let parts = tree(&inbox.folder).into_iter();
        let parts = parts.filter(|path| path.to_str().unwrap().contains(".p/"));
        let bundles = Bundle::added(0, size).filter(|bundle| bundle.width < 256);
        let tiles = Tile::added(0, size).filter(|tile| tile.width < 256);
        assert_eq!(parts.count(), bundles.count() + tiles.count());
    }
}

#[tokio::test]
async fn spec_15_5_what_is_served_is_the_newest_that_a_majority_cosigned() {
    let world = World::new(Layer::Entry, quick);
    let inbox = inbox(&world, LogName::Reports);
    inbox.change(|now| now.grow(5));
    let mut life = start(&world, &inbox).await;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    // Now this relay is the only one to cosign.
    inbox.change(|now| {
        now.grow(300);
        now.note = now.checkpoint().sign(&super::world::log_key()).unwrap();
    });
    for _ in 0..2 {
        assert_eq!(life.round().await.unwrap(), Round::Waiting);
        assert_eq!((inbox.posts(), life.served(&inbox)), (2, Some(5)));
    }
    let part = Resource::parse("tile/0/000.p/5").unwrap();
    let narrower = Resource::parse("tile/entries/000.p/3").unwrap();
    for resource in [part, narrower] {
        let found = life.mirror.tile(LogName::Reports, resource).await;
        assert!(matches!(found, Found::Bytes(_, false)), "{found:?}");
    }
    let not_yet = Resource::parse("tile/0/000").unwrap();
    assert_eq!(
        life.mirror.tile(LogName::Reports, not_yet).await,
        Found::Nothing
    );
    drop(life);
    let mut life = start(&world, &inbox).await;
    assert_eq!(life.served(&inbox), Some(5));
    assert_eq!(life.round().await.unwrap(), Round::Waiting);
    inbox.change(|now| {
        let directory = now.directory.clone();
        super::inbox::cosign(&directory, &mut now.note, Layer::Exit);
        now.witnessed = Some(now.note.clone());
    });
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!((inbox.posts(), life.served(&inbox)), (2, Some(300)));
    life.serves_all(&inbox).await;
}

#[tokio::test]
async fn answers_that_nobody_reads_to_the_end_do_not_fill_the_memory() {
    let world = World::new(Layer::Entry, quick);
    let inbox = inbox(&world, LogName::Reports);
    inbox.change(|now| now.grow(5));
    let mut life = start(&world, &inbox).await;
    life.round().await.unwrap();
    let tile = Resource::parse("tile/0/000.p/5").unwrap();
    let ask = || life.mirror.tile(LogName::Reports, tile);
    let mut unread = Vec::new();
    while let found @ Found::Bytes(..) = ask().await {
        unread.push(found);
    }
    assert_eq!(unread.len(), 64);
    assert_eq!(ask().await, Found::Unavailable);
    unread.pop();
    assert!(matches!(ask().await, Found::Bytes(..)));
}

#[tokio::test]
async fn spec_15_6_window_and_alerts_are_those_of_the_witnessed_checkpoints_and_verify() {
    let world = World::new(Layer::Entry, quick);
    let directory = &*world.directory;
    let [reports, board] = LogName::ALL.map(|log| inbox(&world, log));
    let (id, warning) = alert(directory, None);
    let mirror = mirror(&world);
    let mut of_reports = follow(&world, &reports, &mirror).await;
    let mut of_board = follow(&world, &board, &mirror).await;
    reports.change(|now| now.grow(900));
    of_reports.round().await.unwrap();
    assert_eq!((mirror.window(), mirror.alerts()), (None, None));
    assert_eq!(mirror.keys(), None);
    let relay = directory.relays[0].id;
    let key = SecretKey::from_seed(&[9; 32]).public();
    let notice = KeyNotice::<Relay> {
        scheme: directory.scheme,
        node: relay,
        epoch: Epoch::new(20_700),
        key: key.clone(),
    };
    board.change(|now| {
        now.grow(289);
        now.publish([notice.to_entry(&relay_key(Layer::Entry)), warning]);
    });
    of_board.round().await.unwrap();

    let read = || {
        let window = Window::verify(&mirror.window().unwrap(), directory).unwrap();
        let alerts = mirror.alerts().unwrap();
        let (length, rest) = alerts.split_first_chunk().unwrap();
        let (note, index) = rest.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
        let keys = mirror.keys().unwrap();
        let keys = keys.strip_prefix(&alerts[..4 + note.len()]).unwrap();
        let note = Note::parse(note).unwrap();
        let witnessed = Witnessed::verify(&note, LogName::Board, directory).unwrap();
        let digest: [u8; 32] = Sha256::digest(index).into();
        let signed = witnessed.checkpoint.indexes.unwrap();
        assert_eq!(signed.alerts, digest);
        assert_eq!(signed.keys, <[u8; 32]>::from(Sha256::digest(keys)));
        let keys = Keys::open(keys, directory).unwrap();
        assert_eq!(keys.relay(relay, Epoch::new(20_700)), Some(&key));
        let (live, damaged) = Live::open(index, &members(directory)).unwrap();
        assert_eq!(damaged, 0);
        (window, live)
    };
    let (window, live) = read();
    assert_eq!((window.reports.start, window.reports.size()), (512, 900));
    assert_eq!((window.board.start, window.board.size()), (0, 291));
    assert_eq!(
        window.reports.entries,
        reports.now.lock().unwrap().entries[512..]
    );
    assert_eq!(live.iter().map(|alert| alert.id).collect::<Vec<_>>(), [id]);

    let (_, end) = alert(directory, Some(id));
    board.change(|now| now.publish([end]));
    of_board.round().await.unwrap();
    reports.change(|now| now.grow(70_000));
    of_reports.round().await.unwrap();
    let (after, live) = read();
    assert_eq!((after.reports.size(), after.board.size()), (70_000, 292));
    assert_eq!(after.reports.continues(&window.reports.seen()), Ok(()));
    assert!(live.is_empty());
    assert!(board.now.lock().unwrap().live().index().is_empty());

    let before = (mirror.window(), mirror.alerts(), mirror.keys());
    drop((of_reports, of_board, mirror));
    let mirror = self::mirror(&world);
    assert_eq!((mirror.window(), mirror.alerts(), mirror.keys()), before);
}

#[tokio::test]
async fn alerts_of_a_desk_that_left_the_directory_stay_and_the_board_goes_on() {
    let mut world = World::new(Layer::Entry, quick);
    let board = inbox(&world, LogName::Board);
    let (_, warning) = alert(&world.directory, None);
    board.change(|now| now.publish([warning]));
    let mut life = start(&world, &board).await;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    drop(life);

    let desk = SigningKey::<Desk>::from_seed(&[23; 32]);
    world.redirect(|directory| {
        directory.desks[0].key = desk.verifying_key();
        directory.desks[0].id = NodeId::of(&desk.verifying_key());
    });
    let mut life = start(&world, &board).await;
    board.change(|now| {
        now.directory = Directory::clone(&world.directory);
        let day = now.live().today();
        let mark = ReadMark::new(world.directory.desks[0].id, 1, day);
        now.publish([mark.to_entry(&desk)]);
    });
    assert!(!board.now.lock().unwrap().live().index().is_empty());
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(life.served(&board), Some(2));
}

#[tokio::test]
async fn spec_15_3_what_is_posted_is_on_the_disk_and_a_newer_checkpoint_is_fetched_again() {
    let world = World::new(Layer::Entry, quick);
    let inbox = inbox(&world, LogName::Board);
    let mut life = start(&world, &inbox).await;
    for (status, round) in [
        (StatusCode::CONFLICT, Some(Round::Again)),
        (StatusCode::SERVICE_UNAVAILABLE, None),
        (StatusCode::FORBIDDEN, None),
    ] {
        inbox.change(|now| now.grow(now.size() + 100));
        *inbox.status.lock().unwrap() = Some(status);
        // The inbox looks at what was cosigned before it answers.
        assert_eq!(life.round().await.ok(), round, "{status}");
        assert_eq!(inbox.posts(), 0);
        assert_eq!(life.served(&inbox), None);
    }
    *inbox.status.lock().unwrap() = None;
    // It also looks whether every tile and bundle is there.
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!((inbox.posts(), life.served(&inbox)), (1, Some(300)));
}

#[tokio::test]
async fn spec_15_4_whenever_the_relay_is_killed_it_never_cosigns_two_trees_of_one_size() {
    let steps = [
        Step::Piece,
        Step::Tiles,
        Step::Index,
        Step::Cosigned,
        Step::Posted,
        Step::Checkpoint,
        Step::Served,
    ];
    for log in LogName::ALL {
        for step in steps {
            for honest in [true, false] {
                let world = World::new(Layer::Entry, quick);
                let inbox = inbox(&world, log);
                inbox.change(|now| now.grow(250));
                let mut life = start(&world, &inbox).await;
                life.round().await.unwrap();
                let old = inbox.now.lock().unwrap().clone();
                inbox.change(|now| now.grow(600));
                life.follower.kill = Some(step);
                assert!(
                    matches!(life.round().await, Err(Trouble::Killed)),
                    "{step:?}"
                );
                drop(life);
                fs::write(inbox.folder.join("new"), "half of a fi").unwrap();

                let mut life = start(&world, &inbox).await;
                let late = [Step::Checkpoint, Step::Served].contains(&step);
                assert_eq!(life.served(&inbox), Some(if late { 600 } else { 250 }));
                if !honest {
                    let directory = old.directory.clone();
                    inbox.change(|now| {
                        *now = old;
                        let others =
                            (0..350).map(|n| super::inbox::entry(&directory, log, 9_000 + n));
                        now.publish(others);
                    });
                }
                let round = life.round().await;
                let cosigned = ![Step::Piece, Step::Tiles, Step::Index].contains(&step);
                match (honest, cosigned) {
                    (false, true) => assert!(matches!(round, Err(Trouble::Contradiction(_)))),
                    _ => {
                        assert_eq!(round.unwrap(), Round::Settled);
                        assert_eq!(life.served(&inbox), Some(600));
                        life.serves_all(&inbox).await;
                    }
                }
                let posted = inbox.posted.lock().unwrap();
                let mut texts: Vec<&str> = posted.iter().map(Note::text).collect();
                texts.dedup();
                let sizes: Vec<_> = texts.iter().map(|text| text.lines().nth(1)).collect();
                let unposted = !honest && step == Step::Cosigned;
                let wanted = [Some("250"), Some("600")];
                assert_eq!(
                    sizes,
                    wanted[..2 - usize::from(unposted)],
                    "{log:?} {step:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_log_far_ahead_is_mirrored_in_pieces_and_goes_on_where_it_was_killed() {
    let world = World::new(Layer::Entry, quick);
    let inbox = inbox(&world, LogName::Reports);
    inbox.change(|now| now.grow(70_000));
    let mut life = start(&world, &inbox).await;
    life.follower.kill = Some(Step::Piece);
    for pieces in 1..=3 {
        assert!(matches!(life.round().await, Err(Trouble::Killed)));
        assert_eq!(inbox.bundles(), 8 * usize::from(pieces == 1));
        drop(life);
        life = start(&world, &inbox).await;
        life.follower.kill = Some(Step::Piece);
    }
    life.follower.kill = None;
    assert_eq!(life.round().await.unwrap(), Round::Settled);
    assert_eq!(inbox.bundles(), 70_000_usize.div_ceil(256) - 8);
    life.serves_all(&inbox).await;
}

#[tokio::test]
async fn spec_15_8_files_lost_or_changed_are_fetched_again_and_nothing_else_is_cosigned() {
    for log in LogName::ALL {
        let world = World::new(Layer::Entry, quick);
        let inbox = inbox(&world, log);
        inbox.change(|now| now.grow(600));
        start(&world, &inbox).await.round().await.unwrap();
        let good: Vec<_> = tree(&inbox.folder.join("tile"))
            .into_iter()
            .map(|path| (fs::read(&path).unwrap(), path))
            .collect();
        assert_eq!(good.len(), 7);
        for (bytes, path) in &good {
            let mut flipped = bytes.clone();
            *flipped.last_mut().unwrap() ^= 1;
            let cut = bytes[..bytes.len() - 1].to_vec();
            for bad in [Some(flipped), Some(cut), Some(Vec::new()), None] {
                match &bad {
                    Some(bad) => fs::write(path, bad).unwrap(),
                    None => fs::remove_file(path).unwrap(),
                }
                let mut life = start(&world, &inbox).await;
                assert!(life.told().contains(&"mirror-damaged"), "{path:?}");
                assert_eq!(life.round().await.unwrap(), Round::Settled, "{path:?}");
                assert_eq!(&fs::read(path).unwrap(), bytes);
                assert_eq!((inbox.posts(), life.served(&inbox)), (1, Some(600)));
                life.serves_all(&inbox).await;
            }
        }
        fs::remove_dir_all(inbox.folder.join("tile")).unwrap();
        let mut life = start(&world, &inbox).await;
        // A smaller log than before is refused all the same.
        let now = inbox.now.lock().unwrap().clone();
        inbox.change(|now| {
            *now = Published::new(&world.directory, log);
            now.grow(300);
        });
        assert!(matches!(life.round().await, Err(Trouble::Contradiction(_))));
        inbox.change(|other| *other = now);
        fs::remove_dir_all(world.config.data.join("evidence")).unwrap();
        assert_eq!(life.round().await.unwrap(), Round::Settled);
        assert_eq!(inbox.posts(), 1);
        life.serves_all(&inbox).await;
    }
}
