//! An inbox whose files are damaged, lost, rolled back or somebody else's does not start.

use super::*;

#[tokio::test]
async fn spec_10_8_a_tile_or_bundle_cut_short_flipped_or_swapped_keeps_the_inbox_from_starting() {
    let (data, storage, mut sequencer) = new().await;
    storage.admit(&cells(0..600)).await;
    post(&storage, 1).await;
    sequencer.publish(&mut rng(1)).await.unwrap();
    drop((storage, sequencer));
    let objects = data.path().join("objects");
    let swap = |one: &str, other: &str| {
        let (one, other) = (objects.join(one), objects.join(other));
        let bytes = std::fs::read(&one).unwrap();
        std::fs::copy(&other, &one).unwrap();
        std::fs::write(&other, bytes).unwrap();
    };
    for path in [
        "reports/tile/0/002.p/88",
        "reports/tile/0/001",
        "reports/tile/1/000.p/2",
        "reports/tile/entries/002.p/88",
        "reports/tile/entries/001",
        "board/tile/0/000.p/1",
        "board/tile/entries/000.p/1",
    ] {
        let file = objects.join(path);
        let good = std::fs::read(&file).unwrap();
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let longer = [good.as_slice(), &[0]].concat();
        for bad in [&good[..good.len() - 1], &[], &flipped, &longer] {
            std::fs::write(&file, bad).unwrap();
            let storage = Storage::open(data.path());
            let refused = storage.sequencer().await.err().unwrap();
            assert!(matches!(refused, SequenceError::Damaged { .. }), "{path}");
        }
        std::fs::remove_file(&file).unwrap();
        let refused = Storage::open(data.path()).sequencer().await.err().unwrap();
        let sentence = refused.to_string();
        assert!(
            sentence.starts_with(path) || sentence.contains("/tile is"),
            "{sentence}"
        );
        std::fs::write(&file, good).unwrap();
    }
    let (one, other) = ("reports/tile/entries/001", "reports/tile/entries/000");
    swap(one, other);
    let refused = Storage::open(data.path()).sequencer().await.err().unwrap();
    assert!(matches!(refused, SequenceError::Damaged { .. }));
    swap(one, other);
    assert!(Storage::open(data.path()).sequencer().await.is_ok());
}

#[tokio::test]
async fn spec_10_8_a_ledger_rolled_back_or_lost_keeps_the_inbox_from_starting() {
    let (data, storage, mut sequencer) = new().await;
    storage.admit(&cells(0..3)).await;
    sequencer.publish(&mut rng(1)).await.unwrap();
    let head = storage
        .ledger
        .head(LogName::Reports)
        .await
        .unwrap()
        .unwrap();
    storage.admit(&cells(3..5)).await;
    sequencer.publish(&mut rng(1)).await.unwrap();
    storage.ledger.overwrite_head(LogName::Reports, &head);
    let refused = storage.sequencer().await.err().unwrap();
    assert!(matches!(
        refused,
        SequenceError::RolledBack {
            size: 3,
            seen: 5,
            ..
        }
    ));
    assert!(refused.to_string().contains("restore the newest ledger"));
    drop((storage, sequencer));
    std::fs::remove_dir_all(data.path().join("ledger")).unwrap();
    let refused = Storage::open(data.path()).sequencer().await.err().unwrap();
    assert!(matches!(refused, SequenceError::LedgerLost));
    // Also when only bodies are left.
    for log in LogName::ALL {
        std::fs::remove_dir_all(data.path().join("objects").join(log.as_str())).unwrap();
    }
    let refused = Storage::open(data.path()).sequencer().await.err().unwrap();
    assert!(refused.to_string().contains("brolly-inbox rebuild"));
}

#[tokio::test]
async fn spec_10_8_the_data_of_another_scheme_or_key_is_refused_at_start() {
    let (_data, storage, sequencer) = new().await;
    let resume = async |directory, key| {
        let lease = storage.ledger.lease().await.unwrap().unwrap();
        let (ledger, objects) = (Arc::clone(&storage.ledger), storage.objects.clone());
        Sequencer::resume(ledger, objects, directory, key, lease).await
    };
    let mut other = directory();
    other.scheme = SchemeId([8; 32]);
    let refused = resume(other, log_key()).await.err().unwrap();
    assert!(matches!(refused, SequenceError::Head { .. }));
    let mut other = directory();
    other.inbox.log_key = SigningKey::<Log>::from_seed(&[9; 32]).verifying_key();
    let refused = resume(other, log_key()).await.err().unwrap();
    assert!(refused.to_string().contains("was not signed by this inbox"));
    drop(sequencer);
}
