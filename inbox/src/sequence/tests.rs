use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use brolly_keys::note::Note;
use brolly_protocol::board::{Logged, ReadMark};
use brolly_protocol::directory::Current;
use brolly_protocol::log::{
    Hash, Tile, consistency, decode_bundle, inclusion, verify_consistency, verify_inclusion,
};
use brolly_protocol::node::SchemeId;
use futures_util::stream::StreamExt;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::*;
use crate::audit::audit;
use crate::board::Poster;
use crate::cosign::Cosigned;
use crate::directories::{Directories, HandedIn};
use crate::sample::{
    NOW, Storage, WEEK, after, cell, cell_of, desk_key, directory, killed, log_key, note, paid,
    signed, witness_key,
};
use crate::store::embedded::Embedded;

mod damage;

const DAY: u32 = 20_416;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn cells(numbers: std::ops::Range<u64>) -> Vec<brolly_protocol::cell::SealedCell> {
    numbers.map(cell).collect()
}

fn entries(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    numbers.map(|n| Entry::of(&cell(n))).collect()
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_unstable();
    entries
}

async fn new() -> (TempDir, Storage, Sequencer<Embedded>) {
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path());
    let sequencer = storage.sequencer().await.unwrap();
    (data, storage, sequencer)
}

async fn post(storage: &Storage, size: u64) {
    let directory = directory();
    let desk = &directory.desks[0];
    let poster = Poster::open(Arc::clone(&storage.ledger)).await.unwrap();
    let mark = ReadMark::new(desk.id, size, DAY).to_entry(&desk_key(0));
    poster.post(&mark, desk.id, &directory, NOW).await.unwrap();
}

/// The entries of a log, after anybody's check of them: each is included under the signed head.
async fn verified(storage: &Storage, log: LogName) -> Vec<Vec<u8>> {
    let head = storage.ledger.head(log).await.unwrap().unwrap();
    let checkpoint = read(log, &head.note, &directory()).unwrap();
    assert_eq!(checkpoint.size, head.size);
    let mut tiles: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
    for tile in Tile::added(0, head.size) {
        let bytes = storage.objects.tile(log, &Resource::Tile(tile)).await;
        let bytes = bytes.unwrap().unwrap();
        tiles.insert(tile, tile.hashes(&bytes).unwrap());
    }
    let mut entries = Vec::new();
    for bundle in Bundle::added(0, head.size) {
        let bytes = storage.objects.tile(log, &Resource::Bundle(bundle)).await;
        let bytes = bytes.unwrap().unwrap();
        let found = decode_bundle(&bytes, bundle.width).unwrap();
        entries.extend(found.into_iter().map(<[u8]>::to_vec));
    }
    for (index, entry) in (0..).zip(&entries) {
        let proof = inclusion(index, head.size, &mut |tile| tiles.get(&tile).cloned()).unwrap();
        let leaf = leaf_hash(entry);
        verify_inclusion(leaf, index, head.size, &checkpoint.root, &proof).unwrap();
    }
    assert_eq!(u64::try_from(entries.len()), Ok(head.size));
    entries
}

async fn reports(storage: &Storage) -> Vec<Entry> {
    let entries = verified(storage, LogName::Reports).await;
    entries
        .iter()
        .map(|entry| Entry::from_bytes(entry).unwrap())
        .collect()
}

#[tokio::test]
async fn spec_10_6_a_new_inbox_publishes_signed_empty_checkpoints_of_both_logs() {
    let (_data, storage, sequencer) = new().await;
    for log in LogName::ALL {
        assert_eq!(verified(&storage, log).await, Vec::<Vec<u8>>::new());
        assert_eq!(sequencer.size(log), 0);
        let head = storage.ledger.head(log).await.unwrap().unwrap();
        assert_eq!(
            storage.objects.checkpoint(log).await.unwrap(),
            Some(head.note.clone())
        );
        let indexes = read(log, &head.note, &directory()).unwrap().indexes;
        assert_eq!(indexes.is_some(), log == LogName::Board);
    }
}

#[tokio::test]
async fn spec_10_6_each_cell_is_published_once_and_nothing_new_publishes_nothing() {
    let (data, storage, mut sequencer) = new().await;
    storage.admit(&cells(0..300)).await;
    post(&storage, 1).await;
    let done = sequencer.publish(&mut rng(1)).await.unwrap();
    assert_eq!((done.reports, done.board), (300, 1));
    let first = reports(&storage).await;
    let head = storage.ledger.head(LogName::Reports).await.unwrap();
    let done = sequencer.publish(&mut rng(2)).await.unwrap();
    assert_eq!(done, Published::default());
    assert_eq!(storage.ledger.head(LogName::Reports).await.unwrap(), head);
    storage.admit(&cells(290..310)).await;
    let done = sequencer.publish(&mut rng(3)).await.unwrap();
    assert_eq!((done.reports, done.board), (10, 0));

    let both = reports(&storage).await;
    assert!(both.starts_with(&first));
    assert_eq!(sorted(both.clone()), sorted(entries(0..310)));
    drop((sequencer, storage));
    let storage = Storage::open(data.path());
    let mut again = storage.sequencer().await.unwrap();
    assert_eq!(
        again.publish(&mut rng(4)).await.unwrap(),
        Published::default()
    );
    assert_eq!(reports(&storage).await, both);
}

#[tokio::test]
async fn spec_10_6_every_checkpoint_continues_the_one_before() {
    let (_data, storage, mut sequencer) = new().await;
    let mut roots = vec![(0, brolly_protocol::log::empty_root())];
    for size in [1, 2, 255, 256, 257, 600] {
        let (before, _) = roots[roots.len() - 1];
        storage.admit(&cells(before..size)).await;
        sequencer.publish(&mut rng(size)).await.unwrap();
        let head = storage
            .ledger
            .head(LogName::Reports)
            .await
            .unwrap()
            .unwrap();
        let checkpoint = read(LogName::Reports, &head.note, &directory()).unwrap();
        let mut tiles: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
        for tile in Tile::added(0, size) {
            let resource = Resource::Tile(tile);
            let bytes = storage.objects.tile(LogName::Reports, &resource).await;
            tiles.insert(tile, tile.hashes(&bytes.unwrap().unwrap()).unwrap());
        }
        for (old, root) in &roots {
            let mut get = |tile| tiles.get(&tile).cloned();
            let proof = consistency(*old, size, &mut get).unwrap();
            verify_consistency(*old, root, size, &checkpoint.root, &proof).unwrap();
        }
        roots.push((size, checkpoint.root));
    }
}

#[tokio::test]
async fn spec_10_6_the_order_of_publication_says_nothing_about_the_order_of_admission() {
    const CELLS: u64 = 8;
    const ROUNDS: u64 = 40;
    let (_data, storage, mut sequencer) = new().await;
    let mut firsts = [0; 8];
    let mut rng = rng(1);
    for round in 0..ROUNDS {
        let batch = round * CELLS..(round + 1) * CELLS;
        storage.admit(&cells(batch.clone())).await;
        sequencer.publish(&mut rng).await.unwrap();
        let log = storage.ledger.entries(LogName::Reports, round * CELLS, 8);
        let last: Vec<Entry> = log
            .await
            .unwrap()
            .iter()
            .map(|entry| Entry::from_bytes(entry).unwrap())
            .collect();
        let admitted = entries(batch);
        assert_eq!(sorted(last.clone()), sorted(admitted.clone()));
        firsts[admitted.iter().position(|entry| *entry == last[0]).unwrap()] += 1;
    }
    // 40 draws of one in 8: each place 5 times, give or take; never 15 or more by chance, nor most places never.
    assert!(firsts.iter().all(|count| *count < 15), "{firsts:?}");
    assert!(
        firsts.iter().filter(|count| **count > 0).count() >= 6,
        "{firsts:?}"
    );
}

/// Copies the folder at the first time that a step is reached.
fn copy_at(data: &Path, wanted: Step) -> (Steps, Arc<Mutex<Option<TempDir>>>) {
    let copy = Arc::new(Mutex::new(None));
    let (held, data) = (Arc::clone(&copy), data.to_owned());
    let steps = Steps::new(move |step| {
        let mut copy = held.lock().unwrap();
        if step == wanted && copy.is_none() {
            *copy = Some(killed(&data));
        }
    });
    (steps, copy)
}

/// Two of three relays cosign which directory is in force.
async fn say_so(directories: &Directories<Embedded>) {
    for n in [0, 1] {
        let newest = directories.ledger.said().await.unwrap().newest.unwrap();
        let mut note = Note::parse(&newest).unwrap();
        let relay = &directory().relays[usize::from(n)];
        let named = brolly_protocol::log::witness_key(&directory().scheme, relay).unwrap();
        note.cosign(named.name(), &witness_key(n), NOW).unwrap();
        let (note, offsets) = (note.to_string(), freshness::Offsets::default());
        let told = freshness::cosign(directories, note.as_bytes(), relay, NOW, &offsets);
        assert!(matches!(told.await.unwrap(), Cosigned::Kept(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_6_killed_at_any_step_nothing_acknowledged_is_lost_nothing_is_twice_and_no_log_forks()
 {
    let directory = directory();
    let desk = &directory.desks[0];
    let mark = |size| ReadMark::new(desk.id, size, DAY).to_entry(&desk_key(0));
    let next = after(&directory);
    let logged = |version: &Directory| Logged::new(version, NOW).to_entry();
    let old: Vec<_> = (0..5).map(|n| cell_of(n, [WEEK - 9; 4])).collect();
    let batch: Vec<_> = old[3..].iter().cloned().chain(cells(5..300)).collect();
    for step in Step::ALL {
        let (data, storage, mut sequencer) = new().await;
        storage.admit_at(&old, NOW - 9 * 604_800).await;
        let directories = storage.directories().await;
        directories.begin(&signed(&directory), NOW).await.unwrap();
        post(&storage, 0).await;
        sequencer.publish(&mut rng(1)).await.unwrap();
        let first = reports(&storage).await;

        let (steps, copy) = copy_at(data.path(), step);
        let admitter = storage.admitter().with_steps(steps.clone());
        let poster = Poster::open(Arc::clone(&storage.ledger)).await.unwrap();
        let poster = poster.with_steps(steps.clone());
        let directories = storage.directories_with(steps.clone()).await;
        let mut sequencer = sequencer.with_steps(steps);
        admitter.admit(paid(&batch), NOW).await.unwrap();
        poster
            .post(&mark(7), desk.id, &directory, NOW)
            .await
            .unwrap();
        sequencer.publish(&mut rng(2)).await.unwrap();
        assert_eq!(sequencer.prune(NOW).await.unwrap(), 5);
        let bytes: Bytes = note(&next).to_string().into();
        directories.hand_in(bytes.clone(), NOW).await.unwrap();
        sequencer.say(NOW).await.unwrap();
        say_so(&directories).await;
        // What the dead process may have shown before it died: anything up to here.
        let shown = reports(&storage).await;
        let published = step >= Step::Published;

        let left = copy.lock().unwrap().take();
        let left = left.unwrap_or_else(|| panic!("{step:?} was never reached"));
        let storage = Storage::open(left.path());
        let mut sequencer = storage.sequencer().await.unwrap();
        let now = reports(&storage).await;
        assert!(now == first || now == shown, "{step:?}");
        if published {
            assert_eq!(now, shown, "{step:?}");
        }
        // Nobody answered the exit, the desk, the officer and the relays: all of them send again.
        storage.admit(&batch).await;
        let poster = Poster::open(Arc::clone(&storage.ledger)).await.unwrap();
        poster
            .post(&mark(7), desk.id, &directory, NOW)
            .await
            .unwrap();
        let directories = storage.directories().await;
        let handed_in = directories.hand_in(bytes, NOW).await.unwrap();
        assert_eq!(handed_in == HandedIn::Known, step >= Step::VersionLogged);
        sequencer.say(NOW).await.unwrap();
        say_so(&directories).await;
        let answer = freshness::answer(&directories).await.unwrap().unwrap();
        let current = Current::verify(&answer, directory.scheme, NOW, None).unwrap();
        assert_eq!((current.directory.version, current.witnesses), (3, 2));
        sequencer.publish(&mut rng(3)).await.unwrap();
        let all = reports(&storage).await;
        if step >= Step::Assigned {
            assert_eq!(all, shown, "what a witness may have seen: {step:?}");
        }
        let mut expected: Vec<Entry> = old.iter().map(Entry::of).collect();
        expected.extend(entries(5..300));
        assert_eq!(sorted(all), sorted(expected), "{step:?}");
        let board = verified(&storage, LogName::Board).await;
        let expected = [logged(&directory), mark(0), mark(7), logged(&next)];
        assert_eq!(board, expected, "{step:?}");
        let numbered = storage.ledger.admitted_after(0, 999).await.unwrap();
        for (_, entry) in &numbered {
            assert!(storage.objects.cell(*entry).await.unwrap().is_some());
        }
        sequencer.prune(NOW).await.unwrap();
        let left: Vec<Entry> = storage
            .objects
            .all_cells()
            .map(|entry| entry.unwrap())
            .collect()
            .await;
        assert_eq!(sorted(left), sorted(entries(5..300)), "{step:?}");
        let (ledger, objects) = (storage.ledger.as_ref(), &storage.objects);
        let audit = audit(ledger, objects, &directory, &mut |_, _, _| ())
            .await
            .unwrap();
        assert_eq!(audit.faults, Vec::<String>::new(), "{step:?}");
        assert_eq!((audit.cells, audit.pruned, audit.spare), (295, 5, 0));
        assert_eq!(audit.directories, 2);
    }
}

#[tokio::test]
async fn spec_10_5_on_a_full_disk_nothing_is_published_and_it_goes_on_when_there_is_room() {
    let (_data, storage, mut sequencer) = new().await;
    storage.admit(&cells(0..5)).await;
    for tiles_too in [true, false] {
        storage.objects.fill_disk(tiles_too);
        storage.ledger.fill_disk(!tiles_too);
        let full = sequencer.publish(&mut rng(1)).await.unwrap_err();
        assert!(full.passes());
        assert_eq!(reports(&storage).await, []);
    }
    storage.objects.fill_disk(false);
    storage.ledger.fill_disk(false);
    assert_eq!(sequencer.publish(&mut rng(1)).await.unwrap().reports, 5);
    assert_eq!(sorted(reports(&storage).await), sorted(entries(0..5)));
}

#[tokio::test]
async fn spec_10_9_who_has_lost_the_lease_publishes_nothing_and_stops() {
    let (_data, storage, sequencer) = new().await;
    storage.admit(&cells(0..3)).await;
    let (ledger, objects) = (Arc::clone(&storage.ledger), storage.objects.clone());
    let stale = Lease::new(sequencer.lease.fence() - 1);
    let loser = Sequencer::resume(ledger, objects, directory(), log_key(), stale).await;
    let mut loser = loser.unwrap();
    let lost = loser.publish(&mut rng(1)).await.unwrap_err();
    assert!(!lost.passes());
    assert!(lost.to_string().starts_with("another inbox has taken over"));
    let (_stop, stopped) = oneshot::channel();
    let ended = work(&mut loser, Duration::from_millis(1), stopped).await;
    assert!(ended.is_err());
    assert_eq!(reports(&storage).await, []);
}

#[tokio::test]
async fn spec_10_12_a_body_goes_when_no_desk_has_a_key_for_it_any_more_and_its_entry_stays() {
    let (_data, storage, mut sequencer) = new().await;
    let [sooner, later] = [WEEK - 3, WEEK - 2];
    let mixed = [sooner, later, sooner - 9, 0];
    let weeks = [[sooner; 4], [later; 4], mixed, [u32::MAX; 4], [0; 4]];
    let all: Vec<_> = (0..)
        .zip(weeks)
        .map(|(n, weeks)| cell_of(n, weeks))
        .collect();
    let week = 604_800;
    for (cells, came) in [(0..3, 3), (3..4, 0), (4..5, 12)] {
        storage.admit_at(&all[cells], NOW - came * week).await;
    }
    sequencer.publish(&mut rng(1)).await.unwrap();
    let held = async || {
        let numbered = storage.ledger.admitted_after(0, 99).await.unwrap();
        let numbers = numbered.iter().map(|(number, _)| *number);
        numbers.collect::<Vec<u64>>()
    };
    assert_eq!(sequencer.prune(NOW - week).await.unwrap(), 1, "week 0");
    assert_eq!(held().await, [1, 2, 3, 4]);
    // A desk erases a week's key two desk weeks after its end: with the third week after it.
    assert_eq!(sequencer.prune(NOW).await.unwrap(), 1);
    assert_eq!(held().await, [2, 3, 4]);
    assert_eq!(sequencer.prune(NOW).await.unwrap(), 0);
    assert_eq!(sequencer.prune(NOW + week).await.unwrap(), 2);
    // The one whose weeks nobody has keys for lasts as long as any that came with it could.
    assert_eq!(held().await, [4]);
    assert_eq!(sequencer.prune(NOW + 6 * week).await.unwrap(), 0);
    assert_eq!(sequencer.prune(NOW + 7 * week).await.unwrap(), 1);
    assert_eq!(storage.objects.all_cells().count().await, 0);
    assert_eq!(reports(&storage).await.len(), 5);
    assert_eq!(storage.admit(&all).await, 0, "known for ever");
}

#[tokio::test]
async fn the_timer_publishes_until_it_is_stopped() {
    let (_data, storage, mut sequencer) = new().await;
    storage.admit(&cells(0..3)).await;
    let (stop, stopped) = oneshot::channel();
    let ledger = Arc::clone(&storage.ledger);
    let watch = async move {
        while ledger.head(LogName::Reports).await.unwrap().unwrap().size < 3 {
            tokio::task::yield_now().await;
        }
        drop(stop);
    };
    let interval = Duration::from_millis(1);
    let (done, ()) = tokio::join!(work(&mut sequencer, interval, stopped), watch);
    done.unwrap();
    assert_eq!(sorted(reports(&storage).await), sorted(entries(0..3)));
}

#[tokio::test]
async fn spec_10_4_spent_tokens_are_forgotten_two_days_after_their_period() {
    let (_data, storage, mut sequencer) = new().await;
    let mut directory = directory();
    let issuer = &mut directory.issuer.keys;
    issuer[0].until = NOW + 10;
    let mut later = issuer[0].clone();
    (later.period, later.until) = (later.period + 1, NOW + 99 * 86_400);
    issuer.push(later);
    sequencer.take_up(directory);
    storage.admit(&cells(0..2)).await;
    let spent: Vec<_> = paid(&cells(0..2)).iter().map(|paid| paid.token).collect();
    for (now, held) in [(NOW, true), (NOW + 172_809, true), (NOW + 172_810, false)] {
        sequencer.forget_tokens(now).await.unwrap();
        let known = storage.ledger.spent(&spent).await.unwrap();
        assert_eq!(known, [held; 2], "{now}");
    }
    assert_eq!(storage.admit(&cells(0..2)).await, 0, "known for ever");
}
