use std::path::Path;

use brolly_protocol::board::ReadMark;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use tempfile::TempDir;

use super::*;
use crate::board::Poster;
use crate::sample::{
    NOW, Storage, WEEK, after, cell, cell_of, desk_key, directory, note, signed, written,
};

/// 600 published cells of which one is pruned, two that wait, two versions of the directory and an entry of the board.
async fn sample() -> (TempDir, Storage) {
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path());
    let mut sequencer = storage.sequencer().await.unwrap();
    let old = cell_of(9_999, [WEEK - 9; 4]);
    storage.admit_at(&[old], NOW - 9 * 604_800).await;
    let all: Vec<_> = (1..600).map(cell).collect();
    storage.admit(&all).await;
    let directory = directory();
    let directories = storage.directories().await;
    directories.begin(&signed(&directory), NOW).await.unwrap();
    let next = note(&after(&directory)).to_string().into();
    directories.hand_in(next, NOW).await.unwrap();
    sequencer.say(NOW).await.unwrap();
    let desk = &directory.desks[0];
    let poster = Poster::open(std::sync::Arc::clone(&storage.ledger))
        .await
        .unwrap();
    let mark = ReadMark::new(desk.id, 1, 20_416).to_entry(&desk_key(0));
    poster.post(&mark, desk.id, &directory, NOW).await.unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    sequencer.publish(&mut rng).await.unwrap();
    sequencer.prune(NOW).await.unwrap();
    storage.admit(&[cell(600), cell(601)]).await;
    (data, storage)
}

async fn run(storage: &Storage) -> Audit {
    audit(
        storage.ledger.as_ref(),
        &storage.objects,
        &directory(),
        &mut |_, _, _| (),
    )
    .await
    .unwrap()
}

fn bodies(data: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for shard in std::fs::read_dir(data.join("objects/cells")).unwrap() {
        let files_in = std::fs::read_dir(shard.unwrap().path()).unwrap();
        files.extend(files_in.map(|file| file.unwrap().path()));
    }
    files.sort();
    files
}

#[tokio::test]
async fn spec_10_13_verify_counts_what_it_proved() {
    let (_data, storage) = sample().await;
    let found = run(&storage).await;
    assert_eq!(found.faults, Vec::<String>::new());
    assert_eq!((found.reports.size, found.board.size), (600, 3));
    assert_eq!(found.directories, 2);
    let numbers = (
        found.admitted,
        found.waiting,
        found.cells,
        found.pruned,
        found.spare,
    );
    assert_eq!(numbers, (602, 2, 601, 1, 0));
}

#[tokio::test]
async fn spec_10_13_verify_finds_every_tile_bundle_and_cell_that_is_cut_short_flipped_or_swapped() {
    let (data, storage) = sample().await;
    let objects = data.path().join("objects");
    let cells = bodies(data.path());
    let version = directory_path(4, &after(&directory()).digest).to_string();
    let mut files: Vec<_> = [
        &version,
        "reports/tile/0/000",
        "reports/tile/0/001",
        "reports/tile/0/002.p/88",
        "reports/tile/1/000.p/2",
        "reports/tile/entries/000",
        "reports/tile/entries/002.p/88",
        "reports/checkpoint",
        "board/tile/0/000.p/3",
        "board/tile/entries/000.p/3",
        "board/checkpoint",
    ]
    .map(|path| objects.join(path))
    .to_vec();
    files.push(cells[0].clone());
    for file in files {
        let good = std::fs::read(&file).unwrap();
        let mut flipped = good.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        for bad in [&good[..good.len() - 1], &flipped] {
            std::fs::write(&file, bad).unwrap();
            assert_ne!(
                run(&storage).await.faults,
                Vec::<String>::new(),
                "{}",
                file.display()
            );
        }
        std::fs::write(&file, good).unwrap();
    }
    for (one, other) in [
        (
            objects.join("reports/tile/0/000"),
            objects.join("reports/tile/0/001"),
        ),
        (
            objects.join("reports/tile/entries/000"),
            objects.join("reports/tile/entries/001"),
        ),
        (cells[0].clone(), cells[1].clone()),
    ] {
        let (first, second) = (std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
        std::fs::write(&one, &second).unwrap();
        std::fs::write(&other, &first).unwrap();
        assert_eq!(run(&storage).await.faults.len(), 2, "{}", one.display());
        std::fs::write(&one, &first).unwrap();
        std::fs::write(&other, &second).unwrap();
    }
    std::fs::remove_file(&cells[5]).unwrap();
    let found = run(&storage).await;
    assert_eq!(found.faults.len(), 1);
    assert!(found.faults[0].contains("is missing"));
}

#[tokio::test]
async fn spec_10_13_verify_finds_a_ledger_that_was_rolled_back_or_has_another_head() {
    let (_data, storage) = sample().await;
    let good = storage
        .ledger
        .head(LogName::Reports)
        .await
        .unwrap()
        .unwrap();
    let mut sequencer = storage.sequencer().await.unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    sequencer.publish(&mut rng).await.unwrap();
    assert!(run(&storage).await.faults.is_empty());
    storage.ledger.overwrite_head(LogName::Reports, &good);
    let faults = run(&storage).await.faults;
    assert!(
        faults.iter().any(|fault| fault.contains("rolled back")),
        "{faults:?}"
    );
    let mut other = good.clone();
    other.note = bytes::Bytes::from(
        String::from_utf8(good.note.to_vec())
            .unwrap()
            .replace("600", "601"),
    );
    storage.ledger.overwrite_head(LogName::Reports, &other);
    let faults = run(&storage).await.faults;
    assert!(
        faults[0].starts_with("the head of the reports log"),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_body_that_nobody_was_told_about_is_counted_and_is_no_fault() {
    let (_data, storage) = sample().await;
    let spare = cell(5_000);
    storage
        .objects
        .put_cells(vec![(Entry::of(&spare), spare)])
        .await
        .unwrap();
    let found = run(&storage).await;
    assert_eq!((found.spare, found.faults.len()), (1, 0));
}

#[tokio::test]
async fn spec_10_13_verify_finds_a_directory_that_is_lost_or_that_another_was_put_in_the_place_of()
{
    let (data, storage) = sample().await;
    let (first, next) = (directory(), after(&directory()));
    let file = |version: &Directory| {
        let path = directory_path(version.version, &version.digest);
        data.path().join("objects").join(path.to_string())
    };
    let mut other = next.clone();
    other.desks[0].name.push('!');
    for (place, bytes) in [
        (&next, note(&written(other)).to_string()),
        (&next, note(&first).to_string()),
        (&first, first.to_text().unwrap()),
    ] {
        let good = std::fs::read(file(place)).unwrap();
        std::fs::write(file(place), bytes).unwrap();
        let found = run(&storage).await;
        assert_eq!((found.faults.len(), found.directories), (1, 1));
        assert!(found.faults[0].ends_with("is missing or is not what was logged"));
        std::fs::write(file(place), good).unwrap();
    }
    std::fs::remove_file(file(&next)).unwrap();
    assert_eq!(run(&storage).await.faults.len(), 1);
}

#[tokio::test]
async fn spec_10_13_verify_finds_a_word_on_the_directory_in_force_that_is_not_this_inboxs() {
    let (_data, storage) = sample().await;
    assert!(run(&storage).await.faults.is_empty());
    let said = storage.ledger.said().await.unwrap().newest.unwrap();
    let key = brolly_keys::sign::SigningKey::from_seed(&[77; 32]);
    let forged = Freshness::of(&directory(), 9).sign(&key).unwrap();
    let forged = forged.to_string().into();
    assert!(
        storage
            .ledger
            .say(Some(&said), &forged, true)
            .await
            .unwrap()
    );
    let faults = run(&storage).await.faults;
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[0].contains("is not signed by the inbox"),
        "{faults:?}"
    );
}
