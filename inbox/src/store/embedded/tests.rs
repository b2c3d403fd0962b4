use std::future::{Ready, ready};
use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::sample::killed;
use crate::store::conformance::{admission, conformance, entry};

conformance!(Folder::new());

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Ready<Embedded> {
        ready(open(self.0.path()))
    }
}

/// Opens a ledger, perhaps again: threads of sled's hold its file a moment longer than its owner.
fn open(data: &Path) -> Embedded {
    let begun = Instant::now();
    loop {
        match Embedded::open(data) {
            Err(LedgerError::Refused(_) | LedgerError::InUse(_))
                if begun.elapsed().as_secs() < 20 =>
            {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

fn admissions(numbers: std::ops::Range<u64>) -> Vec<Admission> {
    numbers.map(admission).collect()
}

#[tokio::test]
async fn spec_10_5_what_was_acknowledged_is_in_the_files_and_not_only_in_memory() {
    let data = tempfile::tempdir().unwrap();
    let ledger = open(data.path());
    for n in 0..20 {
        ledger.admit(&[admission(n)]).await.unwrap();
        ledger.post(n, &n.to_be_bytes()).await.unwrap();
        let left = killed(data.path());
        let again = open(left.path());
        assert_eq!(again.admitted().await.unwrap(), n + 1);
        assert_eq!(again.assigned(LogName::Board).await.unwrap(), n + 1);
    }
}

#[tokio::test]
async fn spec_10_5_a_number_is_shown_to_nobody_before_it_is_durable() {
    let data = tempfile::tempdir().unwrap();
    let ledger = open(data.path());
    ledger.admit(&admissions(0..2)).await.unwrap();
    ledger.inner.tree.admit(3, &admissions(2..4)).unwrap();
    assert_eq!(ledger.admitted_after(0, 9).await.unwrap().len(), 2);
    assert_eq!(ledger.unknown(&[entry(2)]).await.unwrap(), [true]);
    let lease = ledger.lease().await.unwrap().unwrap();
    assert_eq!(ledger.assign(lease, &mut |_| ()).await.unwrap(), 2);
    assert_eq!(ledger.expired(Epoch::new(9), 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn killed_in_the_middle_of_an_assignment_the_next_one_takes_all_anew() {
    let data = tempfile::tempdir().unwrap();
    let ledger = open(data.path());
    ledger.admit(&admissions(0..600)).await.unwrap();
    let entries: Vec<Entry> = (0..300).map(entry).collect();
    ledger.inner.tree.position(0, &entries).unwrap();
    ledger.inner.tree.commit().unwrap();
    let left = killed(data.path());
    let ledger = open(left.path());
    assert_eq!(ledger.assigned(LogName::Reports).await.unwrap(), 0);
    let lease = ledger.lease().await.unwrap().unwrap();
    let size = ledger.assign(lease, &mut |entries| entries.reverse()).await;
    assert_eq!(size.unwrap(), 600);
    let first = ledger.entries(LogName::Reports, 0, 1).await.unwrap();
    assert_eq!(first, [Bytes::copy_from_slice(&entry(599).to_bytes())]);
}

#[tokio::test]
async fn spec_10_5_on_a_full_disk_the_ledger_takes_nothing_and_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    let ledger = open(data.path());
    let lease = ledger.lease().await.unwrap().unwrap();
    ledger.admit(&admissions(0..2)).await.unwrap();
    ledger.fill_disk(true);
    let head = Head {
        size: 0,
        note: Bytes::new(),
    };
    let errors = [
        ledger.admit(&admissions(2..4)).await.err(),
        ledger.post(0, b"entry").await.err(),
        ledger.assign(lease, &mut |_| ()).await.err(),
        ledger
            .publish(lease, LogName::Board, None, &head)
            .await
            .err(),
        ledger.prune(&[1]).await.err(),
    ];
    for error in errors {
        let error = error.unwrap();
        assert!(matches!(error, LedgerError::Full) && error.passes());
    }
    assert_eq!(ledger.admitted().await.unwrap(), 2);
    assert_eq!(ledger.assigned(LogName::Board).await.unwrap(), 0);
    ledger.fill_disk(false);
    assert_eq!(ledger.admit(&admissions(1..4)).await.unwrap(), 2);
    assert_eq!(ledger.assign(lease, &mut |_| ()).await.unwrap(), 4);
}

#[tokio::test]
async fn spec_10_5_a_sync_that_fails_is_an_error_after_which_nothing_is_tried_again() {
    let data = tempfile::tempdir().unwrap();
    let mut ledger = open(data.path());
    ledger.break_disk();
    let error = ledger.admit(&admissions(0..1)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Sync(_)) && !error.passes());
    assert!(
        error
            .to_string()
            .contains("check it before the inbox is started again")
    );
    assert_eq!(ledger.admitted().await.unwrap(), 0);
    assert_eq!(ledger.unknown(&[entry(0)]).await.unwrap(), [true]);
}

#[tokio::test]
async fn spec_10_5_a_disk_that_says_yes_again_after_a_failed_sync_is_not_believed() {
    let data = tempfile::tempdir().unwrap();
    let mut ledger = open(data.path());
    ledger.break_disk();
    assert!(ledger.admit(&admissions(0..1)).await.is_err());
    assert!(ledger.post(0, b"entry").await.is_err());
    // As a system does: it reports a failure once.
    ledger.mend_disk(data.path());
    let lease = ledger.lease().await.unwrap().unwrap();
    for error in [
        // The same again is in the tree, and perhaps not on the disk.
        ledger.admit(&admissions(0..1)).await.map(drop),
        ledger.post(0, b"entry").await.map(drop),
        ledger.admit(&admissions(1..2)).await.map(drop),
        ledger.post(0, b"other").await.map(drop),
        ledger.prune(&[1]).await,
    ] {
        assert!(matches!(error.unwrap_err(), LedgerError::Sync(_)));
    }
    assert_eq!(ledger.admitted().await.unwrap(), 0);
    assert_eq!(ledger.assign(lease, &mut |_| ()).await.unwrap(), 0);
}

#[test]
fn spec_10_9_two_inboxes_on_one_data_directory_refuse_with_a_sentence() {
    let data = tempfile::tempdir().unwrap();
    let ledger = open(data.path());
    let error = Embedded::open(data.path()).err().unwrap();
    assert!(matches!(error, LedgerError::InUse(_)));
    assert!(
        error
            .to_string()
            .starts_with("another inbox is running on ")
    );
    drop(ledger);
    open(data.path());
}

#[test]
fn what_is_kept_is_open_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let outside = tempfile::tempdir().unwrap();
    let data = outside.path().join("data");
    open(&data);
    let mode = std::fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
