use std::future::Future;

use ::http::{Method, StatusCode};
use brolly_inbox::config::Config;
use brolly_inbox::run::{Inbox, RunError};
use brolly_inbox::store::StoreError;
use brolly_inbox::store::ledger::LedgerError;
use brolly_keys::note::Note;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::ReadMark;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{DELIVERED, RECEIPT_TAG, REPLY, TOKEN};
use brolly_protocol::log::{Entry, LogName, Witnessed};
use brolly_protocol::wire;
use brolly_shell::http::server::ServeError;
use tokio::sync::oneshot;

use crate::scheme::{
    CASEWORKERS, Caller, ENTRY, EXIT, MIDDLE, NEVER, POLICE, STRANGER, Scheme, body, cell,
    cell_file, token,
};

/// Runs an inbox for as long as `with` takes, and wants a clean end.
pub(crate) async fn serving<F: Future>(scheme: &Scheme, with: impl FnOnce(u16) -> F) -> F::Output {
    let inbox = open(scheme).await.unwrap();
    let port = inbox.local_addr().port();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(inbox.serve(async {
        let _ = stopped.await;
    }));
    let output = with(port).await;
    drop(stop);
    serving.await.unwrap().unwrap();
    output
}

pub(crate) async fn open(scheme: &Scheme) -> Result<Inbox, RunError> {
    Inbox::open(&Config::load(&scheme.path("inbox.toml")).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_3_only_exits_deliver() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let others = [ENTRY, MIDDLE, POLICE, CASEWORKERS, STRANGER].map(Some);
        for caller in others.into_iter().chain([None]) {
            let answer = Caller::new(port, caller).deliver(&[cell(1)]).await;
            assert_eq!(answer, Some(StatusCode::FORBIDDEN), "{caller:?}");
        }
        let desk = Caller::new(port, Some(POLICE));
        assert!(desk.fetch(0).await.0.is_empty());
        let exit = Caller::new(port, Some(EXIT));
        assert_eq!(exit.deliver(&[cell(1)]).await, Some(StatusCode::ACCEPTED));
        assert_eq!(desk.fetch(0).await.0, [(1, cell(1))]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_3_only_desks_fetch_sealed_cells() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        assert_eq!(exit.deliver(&[cell(1)]).await, Some(StatusCode::ACCEPTED));
        for caller in [None, Some(STRANGER), Some(ENTRY), Some(EXIT)] {
            let reply = Caller::new(port, caller).get("/v1/sealed?after=0").await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{caller:?}");
            assert!(reply.body.is_empty());
        }
        for desk in [POLICE, CASEWORKERS] {
            let desk = Caller::new(port, Some(desk));
            assert_eq!(desk.fetch(0).await.0.len(), 1);
            let unclear = desk.get("/v1/sealed").await;
            assert_eq!(unclear.status, StatusCode::BAD_REQUEST);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_3_anybody_may_read_what_is_public_and_nothing_else_is_there() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        for caller in [None, Some(STRANGER), Some(EXIT), Some(POLICE)] {
            let caller = Caller::new(port, caller);
            for log in LogName::ALL {
                // The directory that the inbox began with is there from the first moment on.
                let size = usize::from(log == LogName::Board);
                let (checkpoint, entries) = scheme.log(&caller, log).await;
                assert_eq!(
                    (checkpoint.size, entries.len()),
                    (u64::from(log == LogName::Board), size)
                );
                let none = caller.get(wire::witnessed(log)).await.status;
                assert_eq!(none, StatusCode::SERVICE_UNAVAILABLE);
            }
            let directory = caller.get("/v1/directory/3").await.body;
            let file = std::fs::read(scheme.path("directory.note")).unwrap();
            assert_eq!(directory, file);
            let said = caller.get(wire::FRESHNESS).await;
            assert_eq!(said.status, StatusCode::OK);
            let none = caller.get(wire::DIRECTORY).await.status;
            assert_eq!(none, StatusCode::SERVICE_UNAVAILABLE);
        }
        let caller = Caller::new(port, Some(EXIT));
        for path in [
            "/",
            "/v1/cells",
            "/v1/reports/",
            "/v1/reports/entries",
            "/v1/reports/tile/0/000.p/1",
            "/v1/board/tile/entries/001",
            "/v1/directory/",
            "/v1/directory/2",
            "/v1/directory/+3",
            "/v1/directory/99999999999",
            "/v1/directory3",
            "/v1/board/tile/0/../checkpoint",
        ] {
            assert_eq!(caller.get(path).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(
            caller.get(wire::REPORTS).await.status,
            StatusCode::METHOD_NOT_ALLOWED
        );
        let put = caller.ask(Method::PUT, wire::BOARD, Vec::new()).await;
        assert_eq!(put.unwrap().status, StatusCode::METHOD_NOT_ALLOWED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_4_a_bad_or_spent_token_is_answered_like_a_good_one_and_kept_nowhere() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let with = |n: u64, token: [u8; TOKEN]| {
            let mut bytes = cell(n).as_bytes().to_vec();
            bytes[RECEIPT_TAG..][..TOKEN].copy_from_slice(&token);
            SealedCell::from_bytes(bytes.into()).unwrap()
        };
        let mut forged = token(2);
        forged[100] ^= 1;
        let (empty, forged, second) = (with(2, [0; TOKEN]), with(2, forged), with(2, token(1)));
        let discarded = [&empty, &forged, &second];
        for bad in [&empty, &forged] {
            let answer = exit.deliver(std::slice::from_ref(bad)).await;
            assert_eq!(answer, Some(StatusCode::ACCEPTED));
        }
        let batch = [cell(1), empty.clone(), second.clone(), cell(3), cell(1)];
        assert_eq!(exit.deliver(&batch).await, Some(StatusCode::ACCEPTED));
        let answer = exit.deliver(std::slice::from_ref(&second)).await;
        assert_eq!(answer, Some(StatusCode::ACCEPTED), "spent");
        // An exit that heard nothing brings the whole batch again.
        assert_eq!(exit.deliver(&batch).await, Some(StatusCode::ACCEPTED));
        let desk = Caller::new(port, Some(POLICE));
        assert_eq!(desk.fetch(0).await.0, [(1, cell(1)), (2, cell(3))]);
        assert!(cell_file(&scheme.path("data"), &cell(1)).exists());
        for bad in discarded {
            assert!(!cell_file(&scheme.path("data"), bad).exists());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_4_a_truncated_or_oversized_delivery_is_refused_whole() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let most: Vec<SealedCell> = (0..64).map(cell).collect();
        let mut over = body(&most);
        over.extend_from_slice(cell(64).as_bytes());
        let two = body(&most[..2]);
        for wrong in [
            Vec::new(),
            two[..DELIVERED - 1].to_vec(),
            two[..DELIVERED + 1].to_vec(),
            over,
        ] {
            assert_eq!(exit.post(wrong).await, Some(StatusCode::BAD_REQUEST));
        }
        let desk = Caller::new(port, Some(POLICE));
        assert!(desk.fetch(0).await.0.is_empty());
        assert_eq!(exit.deliver(&most).await, Some(StatusCode::ACCEPTED));
        assert_eq!(desk.fetch(0).await.0.len(), 64);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_6_everybody_can_verify_that_what_was_delivered_is_published_once() {
    let scheme = Scheme::new(5);
    let first: Vec<Entry> = serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let cells: Vec<SealedCell> = (0..64).map(cell).collect();
        assert_eq!(exit.deliver(&cells).await, Some(StatusCode::ACCEPTED));
        let published = scheme.published(&exit, 64).await;
        let delivered: std::collections::BTreeSet<Entry> = cells.iter().map(Entry::of).collect();
        assert_eq!(published.len(), 64);
        assert_eq!(
            published
                .iter()
                .copied()
                .collect::<std::collections::BTreeSet<_>>(),
            delivered
        );
        published
    })
    .await;
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let cells: Vec<SealedCell> = (60..70).map(cell).collect();
        assert_eq!(exit.deliver(&cells).await, Some(StatusCode::ACCEPTED));
        let published = scheme.published(&exit, 70).await;
        assert_eq!((published.len(), &published[..64]), (70, &first[..]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_7_a_desk_sees_every_cell_at_once_in_pages_before_anything_is_published() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let desk = Caller::new(port, Some(POLICE));
        let cells: Vec<SealedCell> = (0..300).map(cell).collect();
        for batch in cells.chunks(64) {
            assert_eq!(exit.deliver(batch).await, Some(StatusCode::ACCEPTED));
        }
        let (all, sizes) = desk.fetch(0).await;
        assert_eq!(sizes, [256, 44, 0]);
        assert_eq!(all, (1..).zip(cells).collect::<Vec<_>>());
        assert_eq!(desk.fetch(298).await.0, all[298..]);
        assert!(scheme.published(&desk, 0).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_6_tiles_and_bundles_are_given_in_every_width_that_the_checkpoint_has() {
    let scheme = Scheme::new(5);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let cells: Vec<SealedCell> = (0..300).map(cell).collect();
        for batch in cells.chunks(64) {
            assert_eq!(exit.deliver(batch).await, Some(StatusCode::ACCEPTED));
        }
        let entries = scheme.published(&exit, 300).await;
        for (path, length) in [
            ("tile/0/000", 256 * 32),
            ("tile/0/000.p/255", 255 * 32),
            ("tile/0/001.p/1", 32),
            ("tile/0/001.p/44", 44 * 32),
            ("tile/1/000.p/1", 32),
            ("tile/entries/000", 256 * 50),
            ("tile/entries/000.p/3", 3 * 50),
            ("tile/entries/001.p/44", 44 * 50),
            ("tile/entries/001.p/7", 7 * 50),
        ] {
            let path = wire::tiles(LogName::Reports).to_owned() + path;
            let reply = exit.get(&path).await;
            assert_eq!(
                (reply.status, reply.body.len()),
                (StatusCode::OK, length),
                "{path}"
            );
        }
        let three = exit.get("/v1/reports/tile/entries/000.p/3").await.body;
        assert_eq!(three[102..150], entries[2].to_bytes());
        for path in [
            "tile/0/001.p/45",
            "tile/0/001",
            "tile/1/000.p/2",
            "tile/entries/002.p/1",
        ] {
            let path = wire::tiles(LogName::Reports).to_owned() + path;
            assert_eq!(
                exit.get(&path).await.status,
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_10_desks_post_to_the_board_and_everybody_can_verify_it() {
    let scheme = Scheme::new(5);
    serving(&scheme, async |port| {
        let police = Caller::new(port, Some(POLICE));
        let today = u32::try_from(brolly_shell::clock::now() / 86_400).unwrap();
        let mark = |seed: u8, day| {
            let desks = &scheme.directory().desks;
            let key = SigningKey::from_seed(&[seed; 32]);
            let desk = desks
                .iter()
                .find(|desk| desk.key == key.verifying_key())
                .unwrap();
            ReadMark::new(desk.id, 7, day).to_entry(&key)
        };
        let mut reply = vec![7; REPLY];
        reply[0] = 1;
        let mut forged = mark(POLICE, today);
        forged[30] ^= 1;
        let too_long = vec![1; REPLY + 1];
        let answers = [
            (mark(POLICE, today), StatusCode::ACCEPTED),
            (mark(POLICE, today), StatusCode::ACCEPTED),
            (reply.clone(), StatusCode::ACCEPTED),
            (mark(CASEWORKERS, today), StatusCode::FORBIDDEN),
            (mark(POLICE, today - 3), StatusCode::BAD_REQUEST),
            (forged, StatusCode::BAD_REQUEST),
            (too_long, StatusCode::BAD_REQUEST),
            (Vec::new(), StatusCode::BAD_REQUEST),
        ];
        for (entry, expected) in answers {
            assert_eq!(police.post_to(wire::BOARD, entry).await, Some(expected));
        }
        for caller in [None, Some(STRANGER), Some(EXIT)] {
            // A relay posts its keys alone.
            let answer = Caller::new(port, caller)
                .post_to(wire::BOARD, reply.clone())
                .await;
            assert_eq!(answer, Some(StatusCode::FORBIDDEN), "{caller:?}");
        }
        let public = Caller::new(port, None);
        let (checkpoint, entries) = loop {
            let (checkpoint, entries) = scheme.log(&public, LogName::Board).await;
            if checkpoint.size >= 3 {
                break (checkpoint, entries);
            }
        };
        assert!(checkpoint.indexes.is_some());
        assert_eq!(entries[1..], [mark(POLICE, today), reply]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_11_relays_cosign_the_newest_checkpoint_until_a_majority_has() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let public = Caller::new(port, None);
        let log = LogName::Board;
        let cosign = async |caller: Option<u8>, note: Vec<u8>| {
            let answer = Caller::new(port, caller)
                .post_to(wire::cosignature(log), note)
                .await;
            answer.unwrap()
        };
        let by = async |seed| scheme.cosigned(&public, log, seed).await;
        for caller in [None, Some(STRANGER), Some(POLICE)] {
            assert_eq!(cosign(caller, by(ENTRY).await).await, StatusCode::FORBIDDEN);
        }
        let other = scheme.cosigned(&public, LogName::Reports, ENTRY).await;
        assert_eq!(cosign(Some(ENTRY), other).await, StatusCode::CONFLICT);
        assert_eq!(
            cosign(Some(ENTRY), by(MIDDLE).await).await,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            cosign(Some(ENTRY), vec![b'x'; 70_000]).await,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            cosign(Some(ENTRY), by(ENTRY).await).await,
            StatusCode::ACCEPTED
        );
        let witnessed = public.get(wire::witnessed(log)).await;
        assert_eq!(witnessed.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            cosign(Some(EXIT), by(EXIT).await).await,
            StatusCode::ACCEPTED
        );
        let witnessed = public.get(wire::witnessed(log)).await;
        assert_eq!(witnessed.status, StatusCode::OK);
        let note = Note::parse(&witnessed.body).unwrap();
        let seen = Witnessed::verify(&note, log, scheme.directory()).unwrap();
        assert_eq!((seen.witnesses, seen.checkpoint.size), (2, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_8_a_damaged_body_is_never_handed_out_and_hides_no_other() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let cells: Vec<SealedCell> = (1..5).map(cell).collect();
        assert_eq!(exit.deliver(&cells).await, Some(StatusCode::ACCEPTED));
        let data = scheme.path("data");
        std::fs::write(cell_file(&data, &cells[0]), cells[1].as_bytes()).unwrap();
        std::fs::remove_file(cell_file(&data, &cells[2])).unwrap();
        // Missing, and not because it was pruned: `fetch` wants none of those.
        let (left, _) = Caller::new(port, Some(POLICE)).fetch(0).await;
        assert_eq!(left, [(2, cells[1].clone()), (4, cells[3].clone())]);
    })
    .await;
}

#[tokio::test]
async fn a_port_in_use_a_data_directory_in_use_and_another_partys_key_are_named() {
    let scheme = Scheme::new(NEVER);
    let inbox = open(&scheme).await.unwrap();
    let again = open(&scheme).await.err().unwrap();
    assert!(matches!(
        again,
        RunError::Store(StoreError::Ledger(LedgerError::InUse(_)))
    ));

    let other = Scheme::new(NEVER);
    let port = inbox.local_addr().port();
    other.configure(&format!("127.0.0.1:{port}"), "");
    let taken = open(&other).await.err().unwrap();
    assert!(matches!(
        taken,
        RunError::Serve(ServeError::PortInUse { .. })
    ));
    assert!(
        taken
            .to_string()
            .contains(&format!("port {port} is in use"))
    );

    use brolly_keys::file::{KeyFile, Kind};
    let relay = KeyFile::new(Kind::Relay, "north", [9; 32]);
    std::fs::remove_file(other.path("identity.key")).unwrap();
    brolly_shell::keyfile::create(&other.path("identity.key"), &relay, b"umbrella").unwrap();
    assert!(matches!(
        open(&other).await.err(),
        Some(RunError::OtherKey(_))
    ));
}
