use std::future::Future;
use std::os::unix::fs::symlink;

use ::http::{Method, StatusCode};
use brolly_inbox::config::Config;
use brolly_inbox::run::{self, Inbox, RunError};
use brolly_inbox::store::StoreError;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::DELIVERED;
use brolly_protocol::sequence::Entry;
use brolly_protocol::wire;
use brolly_shell::directory::DirectoryFileError;
use brolly_shell::http::server::ServeError;
use tokio::sync::oneshot;

use crate::scheme::{
    CASEWORKERS, Caller, ENTRY, EXIT, MIDDLE, NEVER, POLICE, STRANGER, Scheme, body, body_file,
    cell,
};

/// Runs an inbox for as long as `with` takes, and wants a clean end.
async fn serving<F: Future>(scheme: &Scheme, with: impl FnOnce(u16) -> F) -> F::Output {
    let inbox = open(scheme).unwrap();
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

fn open(scheme: &Scheme) -> Result<Inbox, RunError> {
    Inbox::open(&Config::load(&scheme.path("inbox.toml")).unwrap())
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
            let note = caller.get(wire::CHECKPOINT).await.body;
            let entries = caller.get(wire::ENTRIES).await.body;
            assert_eq!(scheme.verify(&note, &entries), []);
            let directory = caller.get(wire::DIRECTORY).await.body;
            let file = std::fs::read(scheme.path("directory.note")).unwrap();
            assert_eq!(directory, file);
        }
        let caller = Caller::new(port, Some(EXIT));
        for path in ["/", "/v1/cells", "/v1/reports/", "/v1/reports/entries/0"] {
            assert_eq!(caller.get(path).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(
            caller.get(wire::REPORTS).await.status,
            StatusCode::METHOD_NOT_ALLOWED
        );
        let put = caller.ask(Method::PUT, wire::ENTRIES, Vec::new()).await;
        assert_eq!(put.unwrap().status, StatusCode::METHOD_NOT_ALLOWED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_4_a_nonempty_token_is_answered_like_a_good_one_and_kept_nowhere() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let mut bad = cell(2).as_bytes().to_vec();
        bad[100] = 1;
        let bad = SealedCell::from_bytes(&bad).unwrap();
        assert_eq!(
            exit.deliver(std::slice::from_ref(&bad)).await,
            Some(StatusCode::ACCEPTED)
        );
        let batch = [cell(1), bad.clone(), cell(3), cell(1)];
        assert_eq!(exit.deliver(&batch).await, Some(StatusCode::ACCEPTED));
        let desk = Caller::new(port, Some(POLICE));
        assert_eq!(desk.fetch(0).await.0, [(1, cell(1)), (2, cell(3))]);
        assert!(!body_file(&scheme.path("data"), None, &bad).exists());
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
async fn spec_10_5_a_full_disk_is_answered_503_and_what_came_is_taken_once_there_is_room() {
    let scheme = Scheme::new(NEVER);
    serving(&scheme, async |port| {
        let exit = Caller::new(port, Some(EXIT));
        let batch = [cell(1), cell(2)];
        // The device on which no byte finds room stands in for the file of the second body.
        let data = scheme.path("data");
        symlink("/dev/full", body_file(&data, Some("incoming"), &cell(2))).unwrap();
        assert_eq!(
            exit.deliver(&batch).await,
            Some(StatusCode::SERVICE_UNAVAILABLE)
        );
        let desk = Caller::new(port, Some(POLICE));
        assert!(desk.fetch(0).await.0.is_empty());
        assert_eq!(exit.deliver(&batch).await, Some(StatusCode::ACCEPTED));
        assert_eq!(desk.fetch(0).await.0.len(), 2);
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
async fn an_older_directory_than_one_already_seen_is_refused() {
    let scheme = Scheme::new(NEVER);
    scheme.set_version(5);
    serving(&scheme, async |_| ()).await;
    scheme.set_version(4);
    let error = open(&scheme).err().unwrap();
    assert!(matches!(
        error,
        RunError::Directory(DirectoryFileError::Refused { .. })
    ));
    assert!(
        error
            .to_string()
            .contains("version 4, but version 5 was seen before")
    );
    let config = Config::load(&scheme.path("inbox.toml")).unwrap();
    assert!(run::check(&config).is_err());
    scheme.set_version(6);
    run::check(&config).unwrap();
    serving(&scheme, async |_| ()).await;
}

#[tokio::test]
async fn a_port_in_use_a_data_directory_in_use_and_another_partys_key_are_named() {
    let scheme = Scheme::new(NEVER);
    let inbox = open(&scheme).unwrap();
    let again = open(&scheme).err().unwrap();
    assert!(matches!(again, RunError::Store(StoreError::InUse(_))));

    let other = Scheme::new(NEVER);
    let port = inbox.local_addr().port();
    other.configure(&format!("127.0.0.1:{port}"), "");
    let taken = open(&other).err().unwrap();
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
    assert!(matches!(open(&other).err(), Some(RunError::OtherKey(_))));
}
