use brolly_keys::sign::SigningKey;
use brolly_protocol::board::ReadMark;

use super::*;
use crate::sample::{NOW, Storage, cell, cell_of, desk_key, directory, signed, with_token};
use crate::store::embedded::Embedded;

const EXIT: u8 = 13;

struct World {
    answers: Answers<Embedded>,
    deliveries: mpsc::Sender<Delivery>,
    breaks: mpsc::Receiver<DirectoriesError>,
}

impl World {
    async fn new(storage: &Storage) -> (Self, mpsc::Receiver<Delivery>) {
        let (deliveries, queue) = mpsc::channel(1);
        let (broken, breaks) = mpsc::channel(1);
        let directories = Arc::new(storage.directories().await);
        let answers = Answers {
            versions: Versions {
                current: Arc::new(signed(&directory())),
                before: None,
                waiting: None,
            },
            directories,
            offsets: Arc::default(),
            ledger: Arc::clone(&storage.ledger),
            objects: storage.objects.clone(),
            poster: Arc::new(storage.poster().await),
            queue: deliveries.downgrade(),
            broken,
            pages: Semaphore::new(1),
        };
        let world = Self {
            answers,
            deliveries,
            breaks,
        };
        (world, queue)
    }

    async fn post(&self, path: &str, peer: [u8; 32], body: Vec<u8>) -> StatusCode {
        let request = Request {
            method: Method::POST,
            path: path.to_owned(),
            query: None,
            encodings: brolly_shell::http::server::Encodings::default(),
            body: Body::Whole(body.into()),
            peer: Some(peer),
        };
        self.answers.call(request).await.status
    }
}

fn mark() -> Vec<u8> {
    let today = u32::try_from(clock::now() / 86_400).unwrap();
    ReadMark::new(directory().desks[0].id, 1, today).to_entry(&desk_key(0))
}

#[tokio::test]
async fn spec_10_5_a_full_disk_is_answered_503_and_what_came_is_taken_once_there_is_room() {
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path());
    let (world, queue) = World::new(&storage).await;
    let exit = SigningKey::<brolly_keys::role::Relay>::from_seed(&[EXIT; 32]);
    let exit = exit.verifying_key().to_bytes();
    let desk = desk_key(0).verifying_key().to_bytes();
    let admitter = storage.admitter();
    let asking = async {
        for full in [true, false] {
            storage.ledger.fill_disk(full);
            let expected = match full {
                true => StatusCode::SERVICE_UNAVAILABLE,
                false => StatusCode::ACCEPTED,
            };
            let batch = [1, 2]
                .map(|n| with_token(&cell(n), n).as_bytes().to_vec())
                .concat();
            assert_eq!(world.post(wire::REPORTS, exit, batch).await, expected);
            assert_eq!(world.post(wire::BOARD, desk, mark()).await, expected);
            let admitted = storage.ledger.admitted().await.unwrap();
            assert_eq!(admitted, if full { 0 } else { 2 });
        }
        assert!(world.breaks.is_empty());
        drop(world.deliveries);
    };
    let (admitted, ()) = tokio::join!(admit::work(&admitter, queue), asking);
    admitted.unwrap();
}

#[tokio::test]
async fn spec_10_5_a_sync_that_fails_while_an_entry_is_posted_stops_the_inbox() {
    let data = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(data.path());
    Arc::get_mut(&mut storage.ledger).unwrap().break_disk();
    let (mut world, _queue) = World::new(&storage).await;
    let desk = desk_key(0).verifying_key().to_bytes();
    let answer = world.post(wire::BOARD, desk, mark()).await;
    assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE);
    let broken = world.breaks.try_recv().unwrap();
    assert!(broken.to_string().starts_with("the disk did not confirm"));
}

#[tokio::test]
async fn spec_10_12_pruned_numbers_after_the_last_cell_are_accounted_for() {
    let data = tempfile::tempdir().unwrap();
    let storage = Storage::open(data.path());
    let week = u32::try_from(NOW / directory().parameters.desk_epoch).unwrap();
    let cells = [[week; 4], [0; 4], [0; 4]];
    let cells: Vec<SealedCell> = (1..)
        .zip(cells)
        .map(|(n, weeks)| cell_of(n, weeks))
        .collect();
    storage.admit(&cells[..1]).await;
    storage.admit_at(&cells[1..], NOW - 9 * 604_800).await;
    let sequencer = storage.sequencer().await.unwrap();
    assert_eq!(sequencer.prune(NOW).await.unwrap(), 2);
    let (world, _queue) = World::new(&storage).await;
    let desk = desk_key(0).verifying_key().to_bytes();
    let page = world.answers.sealed(Some(desk), Some("after=0".to_owned()));
    let page = page.await.unwrap();
    let told: [u8; 12] = [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(page.body[..12], told, "two were pruned, then number 1");
    // A desk that has read the last cell asks for it again before it goes on: it must learn why it is gone.
    for (after, handed, pruned) in [(0, 1, 2), (1, 0, 2), (2, 0, 1), (3, 0, 0), (9, 0, 0)] {
        let page = Page::read(storage.ledger.as_ref(), &storage.objects, after)
            .await
            .unwrap();
        assert_eq!(
            (page.cells.len(), page.pruned),
            (handed, pruned),
            "after {after}"
        );
    }
}

#[test]
fn a_page_is_asked_for_with_one_decimal_number() {
    assert_eq!(after("after=0"), Some(0));
    assert_eq!(after("after=18446744073709551615"), Some(u64::MAX));
    for bad in [
        "",
        "after=",
        "after=-1",
        "after=+1",
        "after=1&x",
        "x=1",
        "after=18446744073709551616",
    ] {
        assert_eq!(after(bad), None, "{bad}");
    }
}
