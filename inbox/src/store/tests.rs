use std::os::unix::fs::symlink;

use brolly_protocol::geometry::DELIVERED;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::admit::{self, Delivery};
use crate::sample::{SCHEME, cell, killed, retagged, store};

fn new() -> (TempDir, Store) {
    let data = tempfile::tempdir().unwrap();
    let store = store(data.path());
    (data, store)
}

fn cells(numbers: std::ops::Range<u64>) -> Vec<SealedCell> {
    numbers.map(cell).collect()
}

fn admitted(store: &Store) -> Vec<SealedCell> {
    let page = store.page(0, usize::MAX).unwrap();
    assert_eq!(page.damaged, 0);
    let numbers: Vec<u64> = page.cells.iter().map(|(number, _)| *number).collect();
    let expected: Vec<u64> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
    page.cells.into_iter().map(|(_, cell)| cell).collect()
}

#[test]
fn spec_10_2_a_cell_is_admitted_once_in_a_batch_in_the_next_and_after_a_restart() {
    let (data, inbox) = new();
    assert_eq!(inbox.admit(&[cell(1), cell(2), cell(1)]).unwrap(), 2);
    assert_eq!(inbox.admit(&[cell(2), cell(3)]).unwrap(), 1);
    drop(inbox);
    let inbox = store(data.path());
    assert_eq!(inbox.admit(&cells(1..5)).unwrap(), 1);
    assert_eq!(admitted(&inbox), cells(1..5));
}

#[test]
fn spec_10_2_the_same_body_under_another_tag_is_another_cell() {
    let (data, inbox) = new();
    let (one, other) = (cell(1), retagged(&cell(1), 9));
    assert_eq!(one.digest(), other.digest());
    assert_eq!(inbox.admit(&[one.clone(), other.clone()]).unwrap(), 2);
    let third = retagged(&one, 10);
    assert_eq!(inbox.admit(std::slice::from_ref(&third)).unwrap(), 1);
    assert_eq!(admitted(&inbox), [one, other, third]);
    let files: usize = std::fs::read_dir(data.path().join("bodies"))
        .unwrap()
        .map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(files, 1);
}

#[test]
fn spec_10_5_killed_at_any_step_of_an_admission_nothing_acknowledged_is_lost_and_nothing_is_twice()
{
    let (data, inbox) = new();
    inbox.admit(&cells(0..3)).unwrap();
    let batch = cells(2..6);
    let entries: Vec<Entry> = batch.iter().map(Entry::of).collect();
    let new: Vec<_> = entries[1..].iter().copied().zip(&batch[1..]).collect();

    let acknowledged = killed(data.path());
    // Half a body, then all of them, then the index, each as a kill at that moment leaves it.
    let half = inbox.bodies.unfinished(&entries[3].digest);
    std::fs::write(half, b"half").unwrap();
    let unfinished = killed(data.path());
    inbox.bodies.put(&new).unwrap();
    let bodies = killed(data.path());
    inbox.index.insert_admitted(&entries[1..]).unwrap();
    let unconfirmed = killed(data.path());

    for left in [acknowledged, unfinished, bodies, unconfirmed] {
        let inbox = store(left.path());
        let held = admitted(&inbox);
        assert!(held == cells(0..3) || held == cells(0..6));
        // The exit heard nothing and sends it all again.
        inbox.admit(&batch).unwrap();
        assert_eq!(admitted(&inbox), cells(0..6));
        let incoming = left.path().join("bodies/incoming");
        assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
    }
}

#[test]
fn spec_10_5_what_was_acknowledged_is_in_the_files_and_not_only_in_memory() {
    let (data, inbox) = new();
    for n in 0..20 {
        inbox.admit(&[cell(n)]).unwrap();
        let left = killed(data.path());
        assert_eq!(admitted(&store(left.path())), cells(0..n + 1));
    }
}

#[test]
fn spec_10_5_a_number_is_shown_to_nobody_before_it_is_durable() {
    let (_data, inbox) = new();
    inbox.admit(&cells(0..2)).unwrap();
    let entries: Vec<Entry> = cells(2..4).iter().map(Entry::of).collect();
    inbox.index.insert_admitted(&entries).unwrap();
    assert_eq!(admitted(&inbox).len(), 2);
    assert_eq!(inbox.pending(0).unwrap().len(), 2);
    inbox.admit(&cells(4..5)).unwrap();
    assert_eq!(admitted(&inbox).len(), 3);
}

#[test]
fn spec_10_5_on_a_full_disk_nothing_is_taken_nothing_is_lost_and_it_goes_on_when_there_is_room() {
    let (data, mut inbox) = new();
    inbox.admit(&cells(0..2)).unwrap();
    let head = |inbox: &Store| inbox.published().unwrap();
    let before = head(&inbox);
    inbox.reserve = u64::MAX;
    assert!(matches!(inbox.admit(&cells(2..4)), Err(StoreError::Full)));
    let entries = inbox.pending(0).unwrap();
    let full = entries
        .iter()
        .fold(Head::empty(SCHEME), |head, entry| head.push(*entry));
    assert!(matches!(
        inbox.publish(0, &entries, &full),
        Err(StoreError::Full)
    ));
    assert_eq!(head(&inbox), before);

    // And should another program take the last of the room in between: the system's own answer, on its own device.
    inbox.reserve = RESERVE;
    let digest = cell(3).digest();
    let unfinished = inbox.bodies.unfinished(&digest);
    symlink("/dev/full", &unfinished).unwrap();
    assert!(matches!(inbox.admit(&cells(2..5)), Err(StoreError::Full)));
    assert_eq!(admitted(&inbox), cells(0..2));
    let incoming = data.path().join("bodies/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);

    assert_eq!(inbox.admit(&cells(1..4)).unwrap(), 2);
    assert_eq!(admitted(&inbox), cells(0..4));
    drop(inbox);
    assert_eq!(admitted(&store(data.path())), cells(0..4));
}

#[test]
fn spec_10_5_a_sync_that_fails_stops_the_inbox_and_acknowledges_nothing() {
    let (_data, mut inbox) = new();
    inbox.index.break_disk();
    let (send, queue) = mpsc::channel(1);
    let (delivery, outcome) = Delivery::new(cells(0..1));
    send.blocking_send(delivery).unwrap();
    drop(send);
    let error = admit::work(&inbox, queue).unwrap_err();
    assert!(matches!(error, StoreError::Sync(_)));
    assert!(
        error
            .to_string()
            .contains("check it before the inbox is started again")
    );
    assert!(outcome.blocking_recv().is_err());
    assert!(admitted(&inbox).is_empty());
}

#[test]
fn spec_10_7_pages_follow_each_other_without_a_gap() {
    let (_data, inbox) = new();
    inbox.admit(&cells(0..300)).unwrap();
    let mut after = 0;
    let mut sizes = Vec::new();
    let mut all = Vec::new();
    loop {
        let page = inbox.page(after, 256).unwrap();
        sizes.push(page.cells.len());
        let Some((last, _)) = page.cells.last() else {
            break;
        };
        assert_eq!(page.cells[0].0, after + 1);
        after = *last;
        all.extend(page.cells.into_iter().map(|(_, cell)| cell));
    }
    assert_eq!(sizes, [256, 44, 0]);
    assert_eq!(all, cells(0..300));
    assert!(inbox.page(u64::MAX, 256).unwrap().cells.is_empty());
}

#[test]
fn spec_10_8_a_damaged_body_is_never_handed_out_and_hides_no_other() {
    let (_data, inbox) = new();
    inbox.admit(&cells(0..5)).unwrap();
    let path = |n| inbox.bodies.path(&cell(n).digest());
    let mut body = std::fs::read(path(0)).unwrap();
    for at in [0, 291, 292, body.len() - 1] {
        body[at] ^= 1;
        std::fs::write(path(0), &body).unwrap();
        body[at] ^= 1;
        let page = inbox.page(0, 2).unwrap();
        assert_eq!((page.cells[0].0, page.damaged), (2, 1));
    }
    std::fs::write(path(1), &body[1..]).unwrap();
    std::fs::remove_file(path(2)).unwrap();
    body.push(0);
    std::fs::write(path(3), &body).unwrap();
    let page = inbox.page(0, 2).unwrap();
    assert_eq!((page.cells, page.damaged), (vec![(5, cell(4))], 4));
    // Brought again under another tag, a body is whole again for both.
    inbox.admit(&[retagged(&cell(0), 9)]).unwrap();
    let numbers: Vec<u64> = inbox
        .page(0, 9)
        .unwrap()
        .cells
        .iter()
        .map(|(n, _)| *n)
        .collect();
    assert_eq!(numbers, [1, 5, 6]);
}

#[test]
fn spec_10_8_bodies_without_an_index_never_begin_a_new_log() {
    let (data, inbox) = new();
    inbox.admit(&cells(0..1)).unwrap();
    drop(inbox);
    std::fs::remove_dir_all(data.path().join("index")).unwrap();
    let error = Store::open(data.path(), SCHEME).err().unwrap();
    assert!(matches!(error, StoreError::IndexLost(_)));
    assert!(
        error
            .to_string()
            .contains("restore the whole data directory")
    );
}

#[test]
fn two_inboxes_on_one_data_directory_refuse_with_a_sentence() {
    let (data, inbox) = new();
    let error = Store::open(data.path(), SCHEME).err().unwrap();
    assert!(matches!(error, StoreError::InUse(_)));
    assert!(
        error
            .to_string()
            .starts_with("another inbox is running on ")
    );
    drop(inbox);
    store(data.path());
}

#[test]
fn what_is_kept_is_open_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let outside = tempfile::tempdir().unwrap();
    let data = outside.path().join("data");
    let inbox = store(&data);
    inbox.admit(&cells(0..1)).unwrap();
    let mode = std::fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(cell(0).as_bytes().len(), DELIVERED);
}
