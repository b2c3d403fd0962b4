use super::*;
use crate::sample::{
    NOW, Storage, WEEK, cell, cell_of, directory, paid, retagged, token, with_token,
};

fn body(cells: &[SealedCell]) -> Vec<u8> {
    cells
        .iter()
        .flat_map(|cell| cell.as_bytes().to_vec())
        .collect()
}

fn cells(numbers: std::ops::Range<u64>) -> Vec<SealedCell> {
    numbers.map(cell).collect()
}

async fn admitted(storage: &Storage) -> Vec<SealedCell> {
    let numbered = storage.ledger.admitted_after(0, 9999).await.unwrap();
    let numbers: Vec<u64> = numbered.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<u64>>());
    let entries: Vec<Entry> = numbered.into_iter().map(|(_, entry)| entry).collect();
    let cells = storage.objects.cells(&entries).await.unwrap();
    cells.into_iter().map(Option::unwrap).collect()
}

fn parsed(cells: &[SealedCell], now: u64) -> Vec<SealedCell> {
    let paid = parse(&body(cells), &directory(), now).unwrap();
    paid.into_iter().map(|paid| paid.cell).collect()
}

#[test]
fn spec_10_4_one_bad_token_does_not_touch_the_other_cells() {
    let good = [1, 3].map(|n| with_token(&cell(n), n));
    // Key id, nonce, both ends of the signature.
    for at in [16, 20, 52, 307] {
        let mut bad = with_token(&cell(2), 2).as_bytes().to_vec();
        bad[at] ^= 1;
        let bad = SealedCell::from_bytes(bad.into()).unwrap();
        let batch = [good[0].clone(), bad.clone(), good[1].clone()];
        assert_eq!(parsed(&batch, NOW), good, "{at}");
        assert_eq!(parsed(&[bad], NOW), []);
    }
}

#[test]
fn spec_10_4_a_token_is_good_at_the_inbox_while_its_period_holds_and_nowhere_else() {
    let good = with_token(&cell(1), 1);
    let alone = std::slice::from_ref(&good);
    assert_eq!(parsed(alone, NOW), alone);
    let mut elsewhere = good.as_bytes().to_vec();
    let entry = directory().relays[0].id;
    elsewhere[16..308].copy_from_slice(&token(entry, 1));
    let elsewhere = SealedCell::from_bytes(elsewhere.into()).unwrap();
    assert_eq!(parsed(&[elsewhere, cell(2)], NOW), []);
    let mut directory = directory();
    let issuer = &mut directory.issuer.keys[0];
    (issuer.from, issuer.until) = (NOW, NOW + 10);
    let body = body(&[good]);
    let day = 86_400;
    for (now, taken) in [
        (NOW - 1, 0),
        (NOW, 1),
        (NOW + 9, 1),
        (NOW + 9 + day, 1),
        (NOW + 10 + day, 0),
    ] {
        assert_eq!(parse(&body, &directory, now).unwrap().len(), taken, "{now}");
    }
}

#[test]
fn spec_10_4_a_body_that_is_not_1_to_64_whole_cells_is_refused() {
    let whole = body(&cells(0..64));
    let parse = |body: &[u8]| parse(body, &directory(), NOW);
    assert_eq!(parse(&whole), Ok(Vec::new()));
    for length in [0, 1, DELIVERED - 1, DELIVERED + 1, 64 * DELIVERED - 1] {
        assert_eq!(parse(&whole[..length]), Err(WrongSize), "{length}");
    }
    let longer = [whole.as_slice(), cell(64).as_bytes()].concat();
    assert_eq!(parse(&longer), Err(WrongSize));
}

#[tokio::test]
async fn spec_10_4_a_token_pays_for_one_cell_in_a_batch_in_the_next_and_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let inbox = Storage::open(data.path());
    let [one, two, three] = [1, 2, 3].map(|n| paid(&[cell(n)]).remove(0));
    let with = |paid: &Paid, token| Paid {
        token,
        ..paid.clone()
    };
    let spends = |inbox: &Storage, cells: Vec<Paid>| {
        let admitter = inbox.admitter();
        async move { admitter.admit(cells, NOW).await.unwrap() }
    };
    let batch = vec![one.clone(), with(&two, one.token), three.clone()];
    assert_eq!(spends(&inbox, batch).await, 2);
    // What an exit brings again has spent its token by itself, and takes its place from nobody.
    assert_eq!(spends(&inbox, vec![one.clone(), three.clone()]).await, 0);
    drop(inbox);
    let inbox = Storage::open(data.path());
    assert_eq!(spends(&inbox, vec![with(&two, three.token)]).await, 0);
    assert_eq!(admitted(&inbox).await, [cell(1), cell(3)]);
    // Nothing of it is on the disk either, so that `rebuild` does not find it.
    let bodies = inbox.objects.all_cells();
    assert_eq!(futures_util::StreamExt::count(bodies).await, 2);
    assert_eq!(spends(&inbox, vec![two]).await, 1);
}

#[tokio::test]
async fn spec_10_2_a_cell_is_admitted_once_in_a_batch_in_the_next_and_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let inbox = Storage::open(data.path());
    assert_eq!(inbox.admit(&[cell(1), cell(2), cell(1)]).await, 2);
    assert_eq!(inbox.admit(&[cell(2), cell(3)]).await, 1);
    drop(inbox);
    let inbox = Storage::open(data.path());
    assert_eq!(inbox.admit(&cells(1..5)).await, 1);
    assert_eq!(admitted(&inbox).await, cells(1..5));
}

#[tokio::test]
async fn spec_10_2_the_same_body_under_another_tag_is_another_cell_and_its_token_is_spent() {
    let data = tempfile::tempdir().unwrap();
    let inbox = Storage::open(data.path());
    let (one, other) = (cell(1), retagged(&cell(1), 9));
    assert_eq!(one.digest(), other.digest());
    assert_eq!(inbox.admit(&[one.clone(), other.clone()]).await, 1);
    let unknown = [Entry::of(&one), Entry::of(&other)];
    let unknown = inbox.ledger.unknown(&unknown).await.unwrap();
    assert_eq!(unknown, [false, true]);
    assert_eq!(inbox.admit(&[other]).await, 0);
    assert_eq!(admitted(&inbox).await, [one]);
}

#[tokio::test]
async fn deliveries_that_wait_together_are_admitted_together_and_all_answered() {
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path());
    let (send, queue) = mpsc::channel(8);
    let mut waiting = Vec::new();
    for n in 0..8_u64 {
        // The last two bring the same cell.
        let (delivery, outcome) = Delivery::new(paid(&[cell(n.min(6))]));
        send.send(delivery).await.unwrap();
        waiting.push(outcome);
    }
    drop(send);
    let groups = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&groups);
    let admitter = storage.admitter().with_steps(Steps::new(move |step| {
        let admitted = usize::from(step == Step::Admitted);
        counted.fetch_add(admitted, std::sync::atomic::Ordering::Relaxed);
    }));
    work(&admitter, queue).await.unwrap();
    for outcome in waiting {
        assert_eq!(outcome.await, Ok(Outcome::Durable));
    }
    assert_eq!(storage.ledger.admitted().await.unwrap(), 7);
    assert_eq!(groups.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn spec_10_5_on_a_full_disk_nothing_is_taken_nothing_is_lost_and_it_goes_on_when_there_is_room()
 {
    let data = tempfile::tempdir().unwrap();
    let inbox = Storage::open(data.path());
    inbox.admit(&cells(0..2)).await;
    for objects_too in [true, false] {
        inbox.objects.fill_disk(objects_too);
        inbox.ledger.fill_disk(!objects_too);
        let (send, queue) = mpsc::channel(1);
        let (delivery, outcome) = Delivery::new(paid(&cells(1..4)));
        send.send(delivery).await.unwrap();
        drop(send);
        work(&inbox.admitter(), queue).await.unwrap();
        assert_eq!(outcome.await, Ok(Outcome::Later));
        assert_eq!(admitted(&inbox).await, cells(0..2));
    }
    inbox.objects.fill_disk(false);
    inbox.ledger.fill_disk(false);
    assert_eq!(inbox.admit(&cells(1..4)).await, 2);
    assert_eq!(admitted(&inbox).await, cells(0..4));
}

#[tokio::test]
async fn spec_10_5_a_sync_that_fails_stops_the_inbox_and_acknowledges_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut inbox = Storage::open(data.path());
    Arc::get_mut(&mut inbox.ledger).unwrap().break_disk();
    let (send, queue) = mpsc::channel(1);
    let (delivery, outcome) = Delivery::new(paid(&cells(0..1)));
    send.send(delivery).await.unwrap();
    drop(send);
    let error = work(&inbox.admitter(), queue).await.unwrap_err();
    assert!(!error.passes());
    assert!(
        error
            .to_string()
            .contains("check it before the inbox is started again")
    );
    assert!(outcome.await.is_err());
    assert_eq!(inbox.ledger.admitted().await.unwrap(), 0);
}

#[test]
fn spec_10_12_a_week_that_no_desk_has_a_key_for_is_not_believed() {
    let length = directory().parameters.desk_epoch;
    let of = |weeks| week(&cell_of(1, weeks), NOW, length).number();
    assert_eq!(of([WEEK, WEEK - 1, 0, WEEK - 2]), WEEK);
    assert_eq!(of([WEEK + 1; 4]), WEEK + 1);
    assert_eq!(of([WEEK + 4; 4]), WEEK + 4);
    assert_eq!(of([WEEK + 5; 4]), WEEK + 4);
    assert_eq!(of([0, 0, 0, u32::MAX]), WEEK + 4);
    assert_eq!(of([0; 4]), WEEK, "desks have time to fetch it");
}
