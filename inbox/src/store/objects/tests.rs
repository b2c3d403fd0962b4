use brolly_protocol::log::Tile;

use super::*;
use crate::sample::{cell, retagged};

fn new() -> (tempfile::TempDir, Objects) {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::open(&folder.path().join("objects")).unwrap();
    (folder, objects)
}

fn pair(cell: &SealedCell) -> (Entry, SealedCell) {
    (Entry::of(cell), cell.clone())
}

fn file(folder: &tempfile::TempDir, path: &Path) -> PathBuf {
    folder.path().join("objects").join(path.as_ref())
}

async fn all(objects: &Objects) -> Vec<Entry> {
    let mut all: Vec<Entry> = objects.all_cells().try_collect().await.unwrap();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn a_cell_is_kept_whole_once_and_found_again() {
    let (folder, objects) = new();
    let cells: Vec<SealedCell> = (0..40).map(cell).collect();
    let other = retagged(&cells[0], 9);
    let pairs: Vec<_> = cells.iter().chain([&other]).map(pair).collect();
    objects.put_cells(pairs.clone()).await.unwrap();
    objects.put_cells(pairs[3..9].to_vec()).await.unwrap();
    let mut entries: Vec<Entry> = pairs.iter().map(|(entry, _)| *entry).collect();
    let found = objects.cells(&entries).await.unwrap();
    assert_eq!(found.len(), 41);
    for ((_, cell), found) in pairs.iter().zip(found) {
        assert_eq!(found.as_ref(), Some(cell));
    }
    entries.sort_unstable();
    assert_eq!(all(&objects).await, entries);
    drop(objects);
    let objects = Objects::open(&folder.path().join("objects")).unwrap();
    assert_eq!(all(&objects).await, entries);
    assert_eq!(objects.cell(Entry::of(&cell(99))).await.unwrap(), None);
}

#[tokio::test]
async fn spec_10_8_a_cell_cut_short_flipped_longer_or_swapped_is_as_good_as_none() {
    let (folder, objects) = new();
    let entry = Entry::of(&cell(1));
    objects.put_cells(vec![pair(&cell(1))]).await.unwrap();
    let path = file(&folder, &cell_path(entry));
    let good = std::fs::read(&path).unwrap();
    assert_eq!(good, cell(1).as_bytes());
    let mut bad: Vec<Vec<u8>> = [0, 15, 16, 307, 308, DELIVERED - 1]
        .iter()
        .map(|at| {
            let mut bytes = good.clone();
            bytes[*at] ^= 1;
            bytes
        })
        .collect();
    bad.push(good[..DELIVERED - 1].to_vec());
    bad.push([good.as_slice(), &[0]].concat());
    bad.push(cell(2).as_bytes().to_vec());
    bad.push(Vec::new());
    for bytes in bad {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(objects.cell(entry).await.unwrap(), None);
    }
    std::fs::write(&path, good).unwrap();
    assert_eq!(objects.cell(entry).await.unwrap(), Some(cell(1)));
}

#[tokio::test]
async fn what_a_killed_inbox_left_unfinished_goes_and_is_no_object() {
    let (folder, objects) = new();
    objects.put_cells(vec![pair(&cell(1))]).await.unwrap();
    let path = file(&folder, &cell_path(Entry::of(&cell(2))));
    let half = path.with_file_name(format!("{}#1", path.file_name().unwrap().to_str().unwrap()));
    std::fs::write(&half, b"half").unwrap();
    assert_eq!(all(&objects).await, [Entry::of(&cell(1))]);
    Objects::open(&folder.path().join("objects")).unwrap();
    assert!(!half.exists());
    assert_eq!(all(&objects).await, [Entry::of(&cell(1))]);
}

#[tokio::test]
async fn a_cell_that_is_removed_is_gone_and_may_be_removed_again() {
    let (_folder, objects) = new();
    let entries: Vec<Entry> = (0..5).map(|n| Entry::of(&cell(n))).collect();
    objects
        .put_cells((0..5).map(|n| pair(&cell(n))).collect())
        .await
        .unwrap();
    objects.remove_cells(&entries[1..3]).await.unwrap();
    objects.remove_cells(&entries[..3]).await.unwrap();
    let mut left = entries[3..].to_vec();
    left.sort_unstable();
    assert_eq!(all(&objects).await, left);
}

#[tokio::test]
async fn spec_10_5_on_a_full_disk_no_object_is_written() {
    let (_folder, objects) = new();
    objects.fill_disk(true);
    let full = objects.put_cells(vec![pair(&cell(1))]).await.unwrap_err();
    assert!(matches!(full, ObjectError::Full) && full.passes());
    assert_eq!(all(&objects).await, []);
    let note = Bytes::from("note");
    assert!(
        objects
            .put_checkpoint(LogName::Board, note.clone())
            .await
            .is_err()
    );
    objects.fill_disk(false);
    objects
        .put_checkpoint(LogName::Board, note.clone())
        .await
        .unwrap();
    let kept = objects.checkpoint(LogName::Board).await.unwrap();
    assert_eq!(kept, Some(note));
    assert_eq!(objects.checkpoint(LogName::Reports).await.unwrap(), None);
}

#[tokio::test]
async fn a_folder_that_refuses_stops_the_inbox() {
    let (folder, objects) = new();
    let path = cell_path(Entry::of(&cell(1)));
    // A folder has the name that the cell's file should get.
    std::fs::create_dir(file(&folder, &path)).unwrap();
    let refused = objects.put_cells(vec![pair(&cell(1))]).await.unwrap_err();
    assert!(matches!(refused, ObjectError::Refused(_)) && !refused.passes());
}

#[tokio::test]
async fn tiles_lie_under_the_paths_by_which_everybody_fetches_them() {
    let (folder, objects) = new();
    let tile = Resource::Tile(Tile::of(0, 0, 3).unwrap());
    let bundle = Resource::Bundle(Bundle::of(1067, 1067 * 256 + 300).unwrap());
    assert!(!objects.has_log(LogName::Reports).await.unwrap());
    let tiles = [(tile, Bytes::from("hashes")), (bundle, Bytes::from("all"))];
    objects
        .put_tiles(LogName::Reports, tiles.to_vec())
        .await
        .unwrap();
    let root = folder.path().join("objects/reports/tile");
    assert_eq!(std::fs::read(root.join("0/000.p/3")).unwrap(), b"hashes");
    assert_eq!(
        std::fs::read(root.join("entries/x001/067")).unwrap(),
        b"all"
    );
    for (resource, bytes) in tiles {
        let found = objects.tile(LogName::Reports, &resource).await.unwrap();
        assert_eq!(found, Some(bytes));
        let other = objects.tile(LogName::Board, &resource).await.unwrap();
        assert_eq!(other, None);
    }
    assert!(objects.has_log(LogName::Reports).await.unwrap());
    assert!(!objects.has_log(LogName::Board).await.unwrap());
}
