//! What every [`Ledger`] does, whatever it is made of.
//!
//! Each function is given `open`, which opens the same ledger, empty at first, as often as it is called; the one opened
//! before has been dropped. [`conformance`] makes a test of each for one implementation.
#![allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, whose names are sentences"
)]

use brolly_keys::epoch::Epoch;
use brolly_protocol::log::{Entry, LogName};
use bytes::Bytes;

use super::ledger::{Admission, Head, Lease, Ledger, LedgerError, Posted, Said, Spent};

/// Tests an implementation: `conformance!(fixture().await)`, where the fixture is an empty ledger of its own for each
/// test and has `async fn open(&self) -> impl Ledger`.
#[macro_export]
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::store::conformance::conformance! { $fixture =>
            an_entry_is_admitted_once
            entries_that_come_at_the_same_time_get_one_number_each
            numbers_and_positions_have_no_gaps
            a_page_has_as_many_entries_as_asked_for
            an_assignment_takes_all_that_waits_and_is_never_undone
            what_is_posted_is_posted_once_and_where_its_checker_looked
            of_two_who_post_at_one_position_one_is_told_that_it_moved
            a_lease_that_is_not_the_newest_gives_no_right
            a_head_follows_the_one_before_and_covers_what_has_a_position
            cosignatures_are_kept_for_the_newest_checkpoint_alone
            bodies_go_by_their_weeks_and_entries_stay
            a_token_pays_for_one_entry_until_its_period_is_forgotten
            what_is_said_is_replaced_where_its_reader_looked
        }
    };
    ($fixture:expr => $($test:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let fixture = $fixture;
            $crate::store::conformance::$test(&async || fixture.open().await).await;
        }
    )+};
}
pub use conformance;

pub fn entry(n: u64) -> Entry {
    let mut tag = [0; 16];
    tag[..8].copy_from_slice(&n.to_be_bytes());
    let mut digest = [7; 32];
    digest[24..].copy_from_slice(&n.to_be_bytes());
    Entry { tag, digest }
}

/// Entry `n`, of week `n / 10`.
pub fn admission(n: u64) -> Admission {
    Admission {
        entry: entry(n),
        week: Epoch::new(u32::try_from(n / 10).unwrap()),
        token: Some(token(n)),
    }
}

/// Token `n`, of period `n / 10`.
pub fn token(n: u64) -> Spent {
    let mut tag = [3; 16];
    tag[8..].copy_from_slice(&n.to_be_bytes());
    Spent {
        period: u32::try_from(n / 10).unwrap(),
        tag,
    }
}

pub async fn an_entry_is_admitted_once<L: Ledger>(open: &impl AsyncFn() -> L) {
    let ledger = open().await;
    assert_eq!(ledger.admit(&admissions([1, 2, 1])).await.unwrap(), 2);
    assert_eq!(ledger.admit(&admissions([2, 3])).await.unwrap(), 1);
    let asked = [entry(1), entry(4), entry(3)];
    assert_eq!(ledger.unknown(&asked).await.unwrap(), [false, true, false]);
    drop(ledger);
    let ledger = open().await;
    assert_eq!(ledger.unknown(&asked).await.unwrap(), [false, true, false]);
    assert_eq!(ledger.admit(&admissions(1..5)).await.unwrap(), 1);
    assert_eq!(ledger.admit(&[]).await.unwrap(), 0);
    assert_eq!(
        ledger.admitted_after(0, 9).await.unwrap(),
        [(1, entry(1)), (2, entry(2)), (3, entry(3)), (4, entry(4))]
    );
    // Another tag over the same bytes, and the other way round, are other entries.
    let mut cousins = admissions([1, 1]);
    cousins[0].entry.tag = [9; 16];
    cousins[1].entry.digest = [9; 32];
    cousins[0].token = Some(token(8));
    cousins[1].token = None;
    assert_eq!(ledger.admit(&cousins).await.unwrap(), 2);
}

pub async fn entries_that_come_at_the_same_time_get_one_number_each<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let ledger = open().await;
    let batches = [admissions(0..40), admissions(20..60), admissions(10..50)];
    let (a, b, c) = tokio::join!(
        ledger.admit(&batches[0]),
        ledger.admit(&batches[1]),
        ledger.admit(&batches[2])
    );
    assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 60);
    let numbered = ledger.admitted_after(0, 100).await.unwrap();
    let numbers: Vec<u64> = numbered.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
    let mut held: Vec<Entry> = numbered.into_iter().map(|(_, entry)| entry).collect();
    held.sort_unstable();
    assert_eq!(held, (0..60).map(entry).collect::<Vec<_>>());
}

pub async fn numbers_and_positions_have_no_gaps<L: Ledger>(open: &impl AsyncFn() -> L) {
    let ledger = open().await;
    let lease = lease(&ledger).await;
    assert_eq!(ledger.assign(lease, &mut reverse).await.unwrap(), 0);
    ledger.admit(&admissions(0..3)).await.unwrap();
    assert_eq!(ledger.assign(lease, &mut reverse).await.unwrap(), 3);
    ledger.admit(&admissions(3..5)).await.unwrap();
    assert_eq!(ledger.assigned(LogName::Reports).await.unwrap(), 3);
    assert_eq!(ledger.assign(lease, &mut reverse).await.unwrap(), 5);
    drop(ledger);
    let ledger = open().await;
    assert_eq!(reports(&ledger, 1, 3).await, [1, 0, 4].map(entry));
    assert_eq!(reports(&ledger, 4, 9).await, [entry(3)]);
    assert_eq!(reports(&ledger, 5, 9).await, []);
    let numbered = ledger.admitted_after(3, 1).await.unwrap();
    assert_eq!(numbered, [(4, entry(3))]);
    assert_eq!(ledger.admitted().await.unwrap(), 5);
}

pub async fn a_page_has_as_many_entries_as_asked_for<L: Ledger>(open: &impl AsyncFn() -> L) {
    let ledger = open().await;
    ledger.admit(&admissions(0..700)).await.unwrap();
    let (mut after, mut sizes, mut all) = (0, Vec::new(), Vec::new());
    loop {
        let page = ledger.admitted_after(after, 256).await.unwrap();
        sizes.push(page.len());
        let Some((last, _)) = page.last() else { break };
        after = *last;
        all.extend(page);
    }
    assert_eq!(sizes, [256, 256, 188, 0]);
    assert_eq!(all, (1..).zip((0..700).map(entry)).collect::<Vec<_>>());
    assert_eq!(ledger.admitted_after(u64::MAX, 9).await.unwrap(), []);
}

pub async fn an_assignment_takes_all_that_waits_and_is_never_undone<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let ledger = open().await;
    ledger.admit(&admissions(0..600)).await.unwrap();
    let mut given = Vec::new();
    let mut shuffle = |entries: &mut [Entry]| {
        given = entries.to_vec();
        entries.reverse();
    };
    let size = ledger.assign(lease(&ledger).await, &mut shuffle).await;
    assert_eq!(size.unwrap(), 600);
    assert_eq!(given, (0..600).map(entry).collect::<Vec<_>>());
    drop(ledger);
    let ledger = open().await;
    let size = ledger.assign(lease(&ledger).await, &mut reverse).await;
    assert_eq!(size.unwrap(), 600);
    let expected: Vec<Entry> = (0..600).rev().map(entry).collect();
    assert_eq!(reports(&ledger, 0, 1000).await, expected);
}

pub async fn what_is_posted_is_posted_once_and_where_its_checker_looked<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let ledger = open().await;
    let long = vec![7; 4096];
    assert_eq!(ledger.post(1, b"early").await.unwrap(), Posted::Moved);
    assert_eq!(ledger.post(0, b"first").await.unwrap(), Posted::New);
    assert_eq!(ledger.post(0, b"late").await.unwrap(), Posted::Moved);
    assert_eq!(ledger.post(1, &long).await.unwrap(), Posted::New);
    for at in [0, 1, 2] {
        assert_eq!(ledger.post(at, b"first").await.unwrap(), Posted::Known);
    }
    drop(ledger);
    let ledger = open().await;
    assert_eq!(ledger.post(2, &long).await.unwrap(), Posted::Known);
    assert_eq!(ledger.assigned(LogName::Board).await.unwrap(), 2);
    let board = ledger.entries(LogName::Board, 0, 9).await.unwrap();
    assert_eq!(board, [Bytes::from("first"), Bytes::from(long)]);
    let board = ledger.entries(LogName::Board, 0, 1).await.unwrap();
    assert_eq!(board, [Bytes::from("first")]);
    assert_eq!(ledger.assigned(LogName::Reports).await.unwrap(), 0);
}

pub async fn of_two_who_post_at_one_position_one_is_told_that_it_moved<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let ledger = open().await;
    for at in 0..10_u64 {
        let (mine, yours) = ([at.to_be_bytes(), [1; 8]], [at.to_be_bytes(), [2; 8]]);
        let (one, other) = tokio::join!(
            ledger.post(at, mine.as_flattened()),
            ledger.post(at, yours.as_flattened())
        );
        let mut both = [one.unwrap(), other.unwrap()];
        both.sort_unstable_by_key(|posted| *posted == Posted::Moved);
        assert_eq!(both, [Posted::New, Posted::Moved]);
    }
    assert_eq!(ledger.assigned(LogName::Board).await.unwrap(), 10);
}

pub async fn a_lease_that_is_not_the_newest_gives_no_right<L: Ledger>(open: &impl AsyncFn() -> L) {
    let ledger = open().await;
    let old = lease(&ledger).await;
    assert_eq!(lease(&ledger).await, old, "renewed");
    drop(ledger);
    let ledger = open().await;
    ledger.admit(&admissions(0..2)).await.unwrap();
    let new = lease(&ledger).await;
    let mut stale = vec![Lease::new(new.fence() + 1), Lease::new(new.fence() - 1)];
    stale.extend((old != new).then_some(old));
    for stale in stale {
        let assigned = ledger.assign(stale, &mut reverse).await;
        assert!(matches!(assigned, Err(LedgerError::Superseded)));
        let published = ledger
            .publish(stale, LogName::Board, None, &head(0, "empty"))
            .await;
        assert!(matches!(published, Err(LedgerError::Superseded)));
    }
    assert_eq!(ledger.head(LogName::Board).await.unwrap(), None);
    assert_eq!(ledger.assign(new, &mut reverse).await.unwrap(), 2);
}

pub async fn a_head_follows_the_one_before_and_covers_what_has_a_position<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let ledger = open().await;
    let lease = lease(&ledger).await;
    for log in LogName::ALL {
        assert_eq!(ledger.head(log).await.unwrap(), None);
        assert_eq!(ledger.witnessed(log).await.unwrap(), None);
        let none = head(0, "none");
        ledger.publish(lease, log, None, &none).await.unwrap();
        assert_eq!(ledger.head(log).await.unwrap(), Some(none));
    }
    ledger.admit(&admissions(0..3)).await.unwrap();
    ledger.post(0, b"one").await.unwrap();
    let publish = async |log, before, size| {
        let refused = ledger
            .publish(lease, log, before, &head(size, "next"))
            .await;
        match refused {
            Ok(()) => true,
            Err(LedgerError::OtherHead(of)) if of == log => false,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(!publish(LogName::Reports, Some(0), 3).await, "no positions");
    ledger.assign(lease, &mut reverse).await.unwrap();
    for (before, size) in [(None, 3), (Some(1), 3), (Some(0), 4)] {
        assert!(!publish(LogName::Reports, before, size).await, "{before:?}");
    }
    assert!(publish(LogName::Reports, Some(0), 3).await);
    assert!(
        publish(LogName::Reports, Some(0), 3).await,
        "the same again"
    );
    assert!(!publish(LogName::Reports, Some(3), 2).await, "smaller");
    assert!(!publish(LogName::Board, Some(0), 2).await);
    assert!(publish(LogName::Board, Some(0), 1).await);
    drop(ledger);
    let ledger = open().await;
    let heads = [LogName::Reports, LogName::Board].map(|log| ledger.head(log));
    let [reports, board] = heads;
    assert_eq!(reports.await.unwrap(), Some(head(3, "next")));
    assert_eq!(board.await.unwrap(), Some(head(1, "next")));
}

pub async fn cosignatures_are_kept_for_the_newest_checkpoint_alone<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let log = LogName::Reports;
    let ledger = open().await;
    let lease = lease(&ledger).await;
    let signed = head(0, "signed");
    assert!(!ledger.cosign(log, &signed, &signed, true).await.unwrap());
    ledger.publish(lease, log, None, &signed).await.unwrap();
    let one = head(0, "signed, one");
    assert!(ledger.cosign(log, &signed, &one, false).await.unwrap());
    assert_eq!(ledger.head(log).await.unwrap(), Some(one.clone()));
    assert_eq!(ledger.witnessed(log).await.unwrap(), None);
    let two = head(0, "signed, one, two");
    assert!(
        !ledger.cosign(log, &signed, &two, true).await.unwrap(),
        "somebody else's came between"
    );
    assert!(ledger.cosign(log, &one, &two, true).await.unwrap());
    assert_eq!(ledger.witnessed(log).await.unwrap(), Some(two.clone()));
    assert_eq!(ledger.head(LogName::Board).await.unwrap(), None);

    ledger.admit(&admissions(0..1)).await.unwrap();
    ledger.assign(lease, &mut reverse).await.unwrap();
    let next = head(1, "next");
    ledger.publish(lease, log, Some(0), &next).await.unwrap();
    let three = head(0, "signed, one, two, three");
    assert!(!ledger.cosign(log, &two, &three, true).await.unwrap());
    drop(ledger);
    let ledger = open().await;
    assert_eq!(ledger.witnessed(log).await.unwrap(), Some(two));
    assert_eq!(ledger.head(log).await.unwrap(), Some(next));
}

pub async fn bodies_go_by_their_weeks_and_entries_stay<L: Ledger>(open: &impl AsyncFn() -> L) {
    let ledger = open().await;
    ledger.admit(&admissions(0..40)).await.unwrap();
    let expired = async |ledger: &L, week, limit| {
        let mut found = ledger.expired(Epoch::new(week), limit).await.unwrap();
        found.sort_unstable();
        found
    };
    let of = |numbers: std::ops::RangeInclusive<u64>| {
        numbers.map(|n| (n, entry(n - 1))).collect::<Vec<_>>()
    };
    assert_eq!(expired(&ledger, 0, 99).await, []);
    assert_eq!(expired(&ledger, 2, 99).await, of(1..=20));
    assert_eq!(expired(&ledger, 2, 7).await.len(), 7);

    let going: Vec<u64> = (11..=20).chain([40]).collect();
    ledger.prune(&going).await.unwrap();
    drop(ledger);
    let ledger = open().await;
    let left = ledger.admitted_after(9, 3).await.unwrap();
    assert_eq!(left, [(10, entry(9)), (21, entry(20)), (22, entry(21))]);
    assert_eq!(ledger.admitted_after(39, 3).await.unwrap(), []);
    assert_eq!(expired(&ledger, 2, 99).await, of(1..=20), "not gone yet");
    ledger.pruned(&going).await.unwrap();
    // What was interrupted is done again.
    ledger.prune(&going).await.unwrap();
    ledger.pruned(&going).await.unwrap();
    drop(ledger);
    let ledger = open().await;
    assert_eq!(expired(&ledger, 2, 99).await, of(1..=10));
    assert_eq!(expired(&ledger, 9, 99).await.len(), 29);
    assert_eq!(ledger.unknown(&[entry(15)]).await.unwrap(), [false]);
    assert_eq!(ledger.admit(&admissions([15])).await.unwrap(), 0);
    let size = ledger.assign(lease(&ledger).await, &mut reverse).await;
    assert_eq!(size.unwrap(), 40);
    assert_eq!(ledger.admitted().await.unwrap(), 40);
}

pub async fn a_token_pays_for_one_entry_until_its_period_is_forgotten<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let ledger = open().await;
    let paying = |n, with| Admission {
        token: Some(token(with)),
        ..admission(n)
    };
    // Two entries with one token, in one call: the first one has it.
    let both = [paying(1, 5), paying(2, 5), paying(3, 13)];
    assert_eq!(ledger.admit(&both).await.unwrap(), 2);
    let known = ledger.unknown(&[entry(1), entry(2), entry(3)]).await;
    assert_eq!(known.unwrap(), [false, true, false]);
    drop(ledger);
    let ledger = open().await;
    let asked = [token(13), token(6), token(5)];
    assert_eq!(ledger.spent(&asked).await.unwrap(), [true, false, true]);
    assert_eq!(ledger.spent(&[]).await.unwrap(), Vec::<bool>::new());
    // The next calls: what is known is no spending, and takes the token of no other.
    let again = [paying(1, 5), paying(4, 5), paying(2, 6)];
    assert_eq!(ledger.admit(&again).await.unwrap(), 1);
    let numbered = ledger.admitted_after(0, 9).await.unwrap();
    let expected = [1, 3, 2].map(entry);
    assert_eq!(numbered, (1..).zip(expected).collect::<Vec<_>>());
    // Two processes, one token.
    let (a, b) = ([paying(8, 9)], [paying(9, 9)]);
    let (a, b) = tokio::join!(ledger.admit(&a), ledger.admit(&b));
    assert_eq!(a.unwrap() + b.unwrap(), 1);
    // The same tag of another period is another token.
    let mut other = paying(7, 5);
    other.token = Some(Spent {
        period: 3,
        ..token(5)
    });
    assert_eq!(ledger.admit(&[other]).await.unwrap(), 1);

    ledger.forget(1).await.unwrap();
    ledger.forget(1).await.unwrap();
    let asked = [token(5), token(9), token(13), other.token.unwrap()];
    let left = [false, false, true, true];
    assert_eq!(ledger.spent(&asked).await.unwrap(), left);
    drop(ledger);
    let ledger = open().await;
    assert_eq!(ledger.spent(&asked).await.unwrap(), left);
    assert_eq!(ledger.admit(&[paying(1, 5)]).await.unwrap(), 0);
}

pub async fn what_is_said_is_replaced_where_its_reader_looked<L: Ledger>(
    open: &impl AsyncFn() -> L,
) {
    let [one, two, three] = ["one", "two", "three"].map(|text| Bytes::from_static(text.as_bytes()));
    let ledger = open().await;
    assert_eq!(ledger.said().await.unwrap(), Said::default());
    assert!(!ledger.say(Some(&one), &two, true).await.unwrap(), "none");
    assert!(ledger.say(None, &one, false).await.unwrap());
    assert!(!ledger.say(None, &two, true).await.unwrap());
    let said = |newest: &Bytes, complete: Option<&Bytes>| Said {
        newest: Some(newest.clone()),
        complete: complete.cloned(),
    };
    assert_eq!(ledger.said().await.unwrap(), said(&one, None));
    assert!(ledger.say(Some(&one), &two, true).await.unwrap());
    assert!(!ledger.say(Some(&one), &three, true).await.unwrap());
    drop(ledger);
    let ledger = open().await;
    assert_eq!(ledger.said().await.unwrap(), said(&two, Some(&two)));
    // Of two who saw the same, one is told to look again.
    let (a, b) = (Bytes::from("a"), Bytes::from("b"));
    let (first, second) = tokio::join!(
        ledger.say(Some(&two), &a, false),
        ledger.say(Some(&two), &b, false)
    );
    assert!(first.unwrap() != second.unwrap());
    assert!(
        ledger.say(Some(&a), &three, false).await.unwrap()
            || ledger.say(Some(&b), &three, false).await.unwrap()
    );
    assert_eq!(ledger.said().await.unwrap(), said(&three, Some(&two)));
}

fn admissions(numbers: impl IntoIterator<Item = u64>) -> Vec<Admission> {
    numbers.into_iter().map(admission).collect()
}

fn reverse(entries: &mut [Entry]) {
    entries.reverse();
}

fn head(size: u64, note: &'static str) -> Head {
    Head {
        size,
        note: Bytes::from_static(note.as_bytes()),
    }
}

/// An implementation may take a while to see that the last holder is gone.
async fn lease(ledger: &impl Ledger) -> Lease {
    loop {
        match ledger.lease().await.unwrap() {
            Some(lease) => return lease,
            None => tokio::task::yield_now().await,
        }
    }
}

async fn reports(ledger: &impl Ledger, from: u64, limit: usize) -> Vec<Entry> {
    let entries = ledger.entries(LogName::Reports, from, limit).await.unwrap();
    let entry = |bytes: &Bytes| Entry::from_bytes(bytes).unwrap();
    entries.iter().map(entry).collect()
}
