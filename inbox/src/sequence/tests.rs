use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::LOG_ENTRY;
use brolly_protocol::sequence::Sequence;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::sample::{SCHEME, cell, killed, store};

fn key() -> SigningKey<Log> {
    SigningKey::from_seed(&[4; 32])
}

fn resume(store: Store) -> Sequencer {
    Sequencer::resume(Arc::new(store), SCHEME, key()).unwrap()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn cells(numbers: std::ops::Range<u64>) -> Vec<SealedCell> {
    numbers.map(cell).collect()
}

/// The entries, after anybody's check of them.
fn verified(published: &Published) -> Vec<Entry> {
    let key = key().verifying_key();
    let sequence = Sequence::verify(&published.note, &published.entries, SCHEME, key).unwrap();
    assert_eq!(
        sequence.entries().len() * LOG_ENTRY,
        published.entries.len()
    );
    assert_eq!(*sequence.head(), published.head);
    sequence.entries().to_vec()
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_unstable();
    entries
}

fn entries(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    numbers.map(|n| Entry::of(&cell(n))).collect()
}

#[test]
fn spec_10_6_a_new_inbox_publishes_the_signed_empty_head() {
    let data = tempfile::tempdir().unwrap();
    let published = resume(store(data.path())).published();
    assert_eq!(verified(&published), []);
    assert_eq!(published.head, Head::empty(SCHEME));
}

#[test]
fn spec_10_6_each_cell_is_published_once_and_nothing_new_publishes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let sequencer = resume(store(data.path()));
    sequencer.store.admit(&cells(0..40)).unwrap();
    assert_eq!(sequencer.publish(&mut rng(1)).unwrap(), 40);
    let first = sequencer.published();
    assert_eq!(sequencer.publish(&mut rng(2)).unwrap(), 0);
    assert_eq!(sequencer.published(), first);
    sequencer.store.admit(&cells(30..50)).unwrap();
    assert_eq!(sequencer.publish(&mut rng(3)).unwrap(), 10);

    let both = sequencer.published();
    assert!(both.entries.starts_with(&first.entries));
    assert_eq!(sorted(verified(&both)), sorted(entries(0..50)));
    drop(sequencer);
    let again = resume(store(data.path()));
    assert_eq!(again.published(), both);
    assert_eq!(again.publish(&mut rng(4)).unwrap(), 0);
}

#[test]
fn spec_10_6_the_order_of_publication_says_nothing_about_the_order_of_admission() {
    const CELLS: u64 = 8;
    const ROUNDS: u64 = 40;
    let data = tempfile::tempdir().unwrap();
    let sequencer = resume(store(data.path()));
    let mut firsts = [0; 8];
    let mut rng = rng(1);
    for round in 0..ROUNDS {
        let batch = round * CELLS..(round + 1) * CELLS;
        sequencer.store.admit(&cells(batch.clone())).unwrap();
        sequencer.publish(&mut rng).unwrap();
        let published = verified(&sequencer.published());
        let last = &published[published.len() - 8..];
        let admitted = entries(batch);
        assert_eq!(sorted(last.to_vec()), sorted(admitted.clone()));
        firsts[admitted.iter().position(|entry| *entry == last[0]).unwrap()] += 1;
    }
    // 40 draws of one in 8: each place 5 times, give or take; never 15 or more by chance, nor most places never.
    assert!(firsts.iter().all(|count| *count < 15), "{firsts:?}");
    assert!(
        firsts.iter().filter(|count| **count > 0).count() >= 6,
        "{firsts:?}"
    );
}

#[test]
fn spec_10_6_killed_at_any_step_of_a_publication_a_head_covers_what_is_stored_and_no_cell_is_twice()
{
    let data = tempfile::tempdir().unwrap();
    let sequencer = resume(store(data.path()));
    sequencer.store.admit(&cells(0..5)).unwrap();
    sequencer.publish(&mut rng(1)).unwrap();
    let first = sequencer.published();
    sequencer.store.admit(&cells(5..300)).unwrap();

    let before = killed(data.path());
    // Entries in another order than the next try will draw, and no head over them.
    let mut new = sequencer.store.pending(5).unwrap();
    new.reverse();
    sequencer.store.append_for_test(5, &new);
    let entries_only = killed(data.path());
    sequencer.publish(&mut rng(2)).unwrap();
    let after = killed(data.path());
    let done = sequencer.published();

    for (left, published) in [(before, &first), (entries_only, &first), (after, &done)] {
        let sequencer = resume(store(left.path()));
        assert_eq!(sequencer.published(), *published);
        sequencer.publish(&mut rng(3)).unwrap();
        let published = sequencer.published();
        assert!(published.entries.starts_with(&first.entries));
        assert_eq!(sorted(verified(&published)), sorted(entries(0..300)));
    }
}

#[test]
fn spec_10_8_stored_entries_that_do_not_hash_to_the_head_are_refused_at_start() {
    let data = tempfile::tempdir().unwrap();
    let sequencer = resume(store(data.path()));
    sequencer.store.admit(&cells(0..3)).unwrap();
    sequencer.publish(&mut rng(1)).unwrap();
    let mut swapped = verified(&sequencer.published());
    swapped.swap(0, 1);
    sequencer.store.append_for_test(0, &swapped);
    drop(sequencer);
    let refused = Sequencer::resume(Arc::new(store(data.path())), SCHEME, key());
    let error = refused.err().unwrap();
    assert!(matches!(error, SequenceError::Damaged(3)));
    assert!(error.to_string().contains("do not hash to its head"));
}

#[test]
fn spec_10_8_the_data_of_another_scheme_is_refused_at_start() {
    let data = tempfile::tempdir().unwrap();
    drop(resume(store(data.path())));
    let other = SchemeId([8; 32]);
    let refused = Sequencer::resume(Arc::new(store(data.path())), other, key());
    assert!(matches!(refused.err(), Some(SequenceError::Damaged(0))));
}

#[test]
fn the_timer_publishes_until_it_is_stopped() {
    let data = tempfile::tempdir().unwrap();
    let sequencer = Arc::new(resume(store(data.path())));
    sequencer.store.admit(&cells(0..3)).unwrap();
    let (stop, stopped) = std::sync::mpsc::channel();
    let mut seen = sequencer.published.subscribe();
    let worker = {
        let sequencer = Arc::clone(&sequencer);
        std::thread::spawn(move || work(&sequencer, Duration::from_millis(1), &stopped))
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(seen.wait_for(|published| published.head.size == 3))
        .unwrap();
    drop(stop);
    worker.join().unwrap().unwrap();
}
