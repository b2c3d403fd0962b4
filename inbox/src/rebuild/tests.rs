use std::sync::Arc;

use brolly_protocol::board::ReadMark;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use tempfile::TempDir;

use super::*;
use crate::audit::audit;
use crate::board::Poster;
use crate::cosign::{Cosigned, cosign};
use crate::sample::{
    NOW, Storage, WEEK, after, cell, cell_of, desk_key, directory, note, signed, token, with_token,
    witness_key,
};

const DAY: u32 = 20_416;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

/// 300 published cells of which two are pruned, two versions of the directory and an entry of the board, three cells that
/// wait. One of either has a token whose period is not over.
async fn sample() -> (TempDir, Storage) {
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path());
    let mut sequencer = storage.sequencer().await.unwrap();
    let old = [1_000, 1_001].map(|n| cell_of(n, [WEEK - 9; 4]));
    storage.admit_at(&old, NOW - 9 * 604_800).await;
    let all: Vec<_> = (2..299).map(cell).collect();
    storage.admit(&all).await;
    storage.admit(&[with_token(&cell(299), 299)]).await;
    let directory = directory();
    let directories = storage.directories().await;
    directories.begin(&signed(&directory), NOW).await.unwrap();
    let next = note(&after(&directory)).to_string().into();
    directories.hand_in(next, NOW).await.unwrap();
    let desk = &directory.desks[0];
    let poster = Poster::open(Arc::clone(&storage.ledger)).await.unwrap();
    let mark = ReadMark::new(desk.id, 1, DAY).to_entry(&desk_key(0));
    poster.post(&mark, desk.id, &directory, NOW).await.unwrap();
    sequencer.publish(&mut rng()).await.unwrap();
    sequencer.prune(NOW).await.unwrap();
    storage
        .admit(&[cell(300), cell(301), with_token(&cell(302), 302)])
        .await;
    (data, storage)
}

async fn log(storage: &Storage, log: LogName) -> Vec<Bytes> {
    let size = storage.ledger.head(log).await.unwrap().unwrap().size;
    let size = usize::try_from(size).unwrap();
    storage.ledger.entries(log, 0, size).await.unwrap()
}

async fn run(storage: &Storage) -> Result<Rebuilt> {
    let ledger = storage.ledger.as_ref();
    rebuild(
        ledger,
        &storage.objects,
        &directory(),
        NOW,
        &mut |_, _, _| (),
    )
    .await
}

fn lose_the_ledger(data: &TempDir, storage: Storage) -> Storage {
    drop(storage);
    std::fs::remove_dir_all(data.path().join("ledger")).unwrap();
    Storage::open(data.path())
}

#[tokio::test]
async fn spec_10_13_rebuild_gives_the_same_logs_knows_every_cell_and_keeps_what_waits() {
    let (data, storage) = sample().await;
    let before = [
        log(&storage, LogName::Reports).await,
        log(&storage, LogName::Board).await,
    ];
    let heads = [
        storage.ledger.head(LogName::Reports).await.unwrap(),
        storage.ledger.head(LogName::Board).await.unwrap(),
    ];
    let storage = lose_the_ledger(&data, storage);
    let rebuilt = run(&storage).await.unwrap();
    let numbers = (
        rebuilt.reports,
        rebuilt.board,
        rebuilt.waiting,
        rebuilt.pruned,
    );
    assert_eq!(numbers, (300, 3, 3, 2));
    drop(storage);
    let storage = Storage::open(data.path());
    let mut sequencer = storage.sequencer().await.unwrap();
    let after = [
        log(&storage, LogName::Reports).await,
        log(&storage, LogName::Board).await,
    ];
    assert_eq!(after, before);
    let again = [
        storage.ledger.head(LogName::Reports).await.unwrap(),
        storage.ledger.head(LogName::Board).await.unwrap(),
    ];
    assert_eq!(again, heads);
    let mut every: Vec<_> = (2..303).map(cell).collect();
    for n in [299, 302] {
        let paid = with_token(&cell(n), n);
        every[usize::try_from(n - 2).unwrap()] = paid;
    }
    assert_eq!(storage.admit(&every).await, 0);
    assert_eq!(storage.admit(&[cell_of(1_000, [WEEK - 9; 4])]).await, 0);
    let published = sequencer.publish(&mut rng()).await.unwrap();
    assert_eq!((published.reports, published.board), (3, 0));
    let (ledger, objects) = (storage.ledger.as_ref(), &storage.objects);
    let found = audit(ledger, objects, &directory(), &mut |_, _, _| ())
        .await
        .unwrap();
    assert_eq!(found.faults, Vec::<String>::new());
    assert_eq!((found.cells, found.pruned, found.spare), (301, 2, 0));
    // Pruning goes on where it was.
    assert_eq!(sequencer.prune(NOW + 9 * 604_800).await.unwrap(), 301);
}

#[tokio::test]
async fn spec_10_13_what_was_published_after_the_kept_checkpoint_keeps_its_place() {
    let (data, storage) = sample().await;
    let kept = storage.objects.checkpoint(LogName::Reports).await.unwrap();
    let mut sequencer = storage.sequencer().await.unwrap();
    storage
        .admit(&(400..500).map(cell).collect::<Vec<_>>())
        .await;
    sequencer.publish(&mut rng()).await.unwrap();
    let before = log(&storage, LogName::Reports).await;
    assert_eq!(before.len(), 403);
    // Killed before the checkpoint beside the tiles was renewed, and then the ledger is lost.
    let kept = kept.unwrap();
    storage
        .objects
        .put_checkpoint(LogName::Reports, kept)
        .await
        .unwrap();
    drop(sequencer);
    let storage = lose_the_ledger(&data, storage);
    let rebuilt = run(&storage).await.unwrap();
    assert_eq!((rebuilt.reports, rebuilt.waiting), (300, 103));
    let mut sequencer = storage.sequencer().await.unwrap();
    storage.admit(&[cell(600)]).await;
    sequencer.publish(&mut rng()).await.unwrap();
    let after = log(&storage, LogName::Reports).await;
    assert_eq!((after.len(), &after[..403]), (404, &before[..]));
}

#[tokio::test]
async fn spec_10_13_a_witnessed_checkpoint_is_witnessed_again() {
    let (data, storage) = sample().await;
    let directory = directory();
    let reports = LogName::Reports;
    for (n, relay) in (0..).zip(&directory.relays) {
        let head = storage.ledger.head(reports).await.unwrap().unwrap();
        let mut note = Note::parse(&head.note).unwrap();
        let named = brolly_protocol::log::witness_key(&directory.scheme, relay).unwrap();
        note.cosign(named.name(), &witness_key(n), 5).unwrap();
        let note = note.to_string();
        let ledger = storage.ledger.as_ref();
        let kept = cosign(ledger, reports, note.as_bytes(), relay, &directory).await;
        assert!(matches!(kept.unwrap(), Cosigned::Kept(_)));
    }
    let witnessed = storage.ledger.witnessed(reports).await.unwrap();
    assert!(witnessed.is_some());
    // The next publication renews the checkpoint beside the tiles.
    let mut sequencer = storage.sequencer().await.unwrap();
    let waits = storage.ledger.admitted().await.unwrap() - sequencer.size(reports);
    assert_eq!(waits, 3);
    storage.objects.fill_disk(true);
    assert!(sequencer.publish(&mut rng()).await.is_err());
    storage.objects.fill_disk(false);
    let head = storage.ledger.head(reports).await.unwrap().unwrap();
    assert_eq!(head.size, 300);
    storage
        .objects
        .put_checkpoint(reports, head.note)
        .await
        .unwrap();
    drop(sequencer);
    let storage = lose_the_ledger(&data, storage);
    run(&storage).await.unwrap();
    assert_eq!(storage.ledger.witnessed(reports).await.unwrap(), witnessed);
}

#[tokio::test]
async fn spec_10_13_a_ledger_that_is_there_is_not_replaced_and_a_damaged_log_not_rebuilt() {
    let (data, storage) = sample().await;
    let refused = run(&storage).await.unwrap_err();
    assert!(matches!(refused, RebuildError::NotEmpty));
    let storage = lose_the_ledger(&data, storage);
    let objects = data.path().join("objects");
    for path in ["reports/tile/entries/000", "board/tile/0/000.p/3"] {
        let good = std::fs::read(objects.join(path)).unwrap();
        let mut bad = good.clone();
        bad[9] ^= 1;
        std::fs::write(objects.join(path), bad).unwrap();
        let refused = run(&storage).await.unwrap_err();
        assert!(matches!(refused, RebuildError::Damaged(_)), "{refused}");
        std::fs::write(objects.join(path), good).unwrap();
    }
    let checkpoint = objects.join("board/checkpoint");
    let good = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, b"nothing").unwrap();
    let refused = run(&storage).await.unwrap_err();
    assert!(matches!(refused, RebuildError::Checkpoint { .. }));
    std::fs::remove_file(&checkpoint).unwrap();
    let refused = run(&storage).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("there is no board/checkpoint")
    );
    assert_eq!(storage.ledger.admitted().await.unwrap(), 0, "nothing begun");
    std::fs::write(&checkpoint, good).unwrap();
    run(&storage).await.unwrap();
}

#[tokio::test]
async fn spec_10_13_tokens_are_spent_again_where_their_period_is_not_over() {
    let (data, storage) = sample().await;
    let of = |n| {
        let directory = directory();
        let token = Token::from_bytes(&token(directory.inbox.id, n));
        let key = &directory.issuer.keys[0];
        let good = token.verify(directory.scheme, directory.inbox.id, key);
        Spent::from(good.unwrap())
    };
    let storage = lose_the_ledger(&data, storage);
    run(&storage).await.unwrap();
    let spent = storage.ledger.spent(&[of(299), of(302), of(303)]).await;
    assert_eq!(spent.unwrap(), [true, true, false]);
}

#[tokio::test]
async fn spec_10_13_without_a_directory_that_the_board_names_nothing_is_rebuilt() {
    let (data, storage) = sample().await;
    let next = after(&directory());
    let storage = lose_the_ledger(&data, storage);
    let path = directory_path(4, &next.digest).to_string();
    let file = data.path().join("objects").join(&path);
    let good = std::fs::read(&file).unwrap();
    for bad in [b"nothing".to_vec(), note(&directory()).to_string().into()] {
        std::fs::write(&file, bad).unwrap();
        let refused = run(&storage).await.unwrap_err();
        assert!(refused.to_string().starts_with(&path), "{refused}");
        assert_eq!(storage.ledger.admitted().await.unwrap(), 0, "nothing begun");
    }
    std::fs::write(&file, good).unwrap();
    run(&storage).await.unwrap();
    let versions = storage.directories().await.at(NOW).await.unwrap();
    let waiting = versions.waiting.unwrap().0;
    assert_eq!(*waiting.directory, next);
}
