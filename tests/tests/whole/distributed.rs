//! Storage in a real PostgreSQL and a real object store: several parties, and each of the two going away.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use brolly_inbox::sample::cell;
use brolly_inbox::store::conformance::{admission, entry};
use brolly_inbox::store::ledger::{Lease, Ledger, LedgerError};
use brolly_inbox::store::postgres::{Postgres, Settings};
use brolly_inbox::store::{s3, trust};
use brolly_protocol::log::{Entry, LogName};
use brolly_protocol::node::SchemeId;
use brolly_tests::binaries::Binaries;
use brolly_tests::port::Reserved;
use brolly_tests::scheme::{Plan, Scheme, change_config};
use brolly_tests::servers::{self, Database, S3, Storage};
use brolly_tests::supervisor::Supervised;

mod parts;

use parts::{Inbox, admission_of, head, s3_settings, settings};

/// Does it again as long as the storage is away, as the inbox does.
macro_rules! until_back {
    ($work:expr) => {
        loop {
            match $work.await {
                Err(error) if error.passes() => {}
                done => break done.unwrap(),
            }
        }
    };
}

const SCHEME: SchemeId = SchemeId([7; 32]);

struct Fixture(Database);

impl Fixture {
    fn new() -> Self {
        Self(Database::shared().unwrap())
    }

    /// A party whose lease is over at once when it is not renewed, so that the next one need not wait.
    async fn open(&self) -> Postgres {
        self.party(Duration::from_millis(1)).await
    }

    async fn party(&self, lease: Duration) -> Postgres {
        let settings = Settings {
            lease,
            ..settings(&self.0)
        };
        Postgres::open(&settings, SCHEME).await.unwrap()
    }
}

mod conforms {
    use super::Fixture;

    brolly_inbox::conformance!(Fixture::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_9_of_many_that_want_the_lease_one_gets_it() {
    let fixture = Fixture::new();
    let hour = Duration::from_secs(3600);
    let mut parties = Vec::new();
    for _ in 0..6 {
        let party = fixture.party(hour).await;
        parties.push(tokio::spawn(async move {
            let lease = party.lease().await.unwrap();
            (party, lease)
        }));
    }
    let mut leases = Vec::new();
    for party in parties {
        let (party, lease) = party.await.unwrap();
        assert_eq!(party.lease().await.unwrap(), lease, "renewed, or as before");
        leases.extend(lease);
    }
    assert_eq!(leases, [Lease::new(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_9_a_standby_takes_an_expired_lease_and_the_loser_can_do_nothing_more() {
    let fixture = Fixture::new();
    let first = fixture.party(Duration::from_millis(400)).await;
    let second = fixture.party(Duration::from_secs(3600)).await;
    let old = first.lease().await.unwrap().unwrap();
    assert_eq!(second.lease().await.unwrap(), None);
    first
        .publish(old, LogName::Board, None, &head(0, "first"))
        .await
        .unwrap();
    first.admit(&[admission(1)]).await.unwrap();

    let new = loop {
        // Each asks the server's clock.
        if let Some(lease) = second.lease().await.unwrap() {
            break lease;
        }
    };
    assert!(new.fence() > old.fence());
    assert_eq!(first.lease().await.unwrap(), None);
    let assigned = first.assign(old, &mut |_| ()).await;
    assert!(matches!(assigned, Err(LedgerError::Superseded)));
    let next = head(0, "second");
    let published = first.publish(old, LogName::Board, Some(0), &next).await;
    let error = published.unwrap_err();
    assert!(!error.passes());
    assert!(
        error.to_string().contains("another inbox has taken over"),
        "{error}"
    );
    assert_eq!(second.assigned(LogName::Reports).await.unwrap(), 0);

    second
        .publish(new, LogName::Board, Some(0), &next)
        .await
        .unwrap();
    assert_eq!(first.head(LogName::Board).await.unwrap(), Some(next));
    // Whoever lost publication still admits.
    assert_eq!(first.admit(&[admission(2)]).await.unwrap(), 1);
    assert_eq!(second.assign(new, &mut |_| ()).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_14_parties_that_admit_at_the_same_time_leave_no_gap_and_repeat_nothing() {
    let fixture = Fixture::new();
    let mut parties = Vec::new();
    for party in 0..3_u64 {
        let ledger = fixture.open().await;
        parties.push(tokio::spawn(async move {
            let mut new = 0;
            for batch in 0..20 {
                let from = batch * 7 + party * 3;
                let cells: Vec<_> = (from..from + 10).map(admission).collect();
                new += ledger.admit(&cells).await.unwrap();
                // A number that is seen has all before it.
                let seen = ledger.admitted_after(0, 1000).await.unwrap();
                let numbers: Vec<u64> = seen.iter().map(|(number, _)| *number).collect();
                assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<_>>());
            }
            new
        }));
    }
    let mut new = 0;
    for party in parties {
        new += party.await.unwrap();
    }
    assert_eq!(new, 149);
    let ledger = fixture.open().await;
    let mut all: Vec<Entry> = ledger
        .admitted_after(0, 1000)
        .await
        .unwrap()
        .into_iter()
        .map(|(_, entry)| entry)
        .collect();
    all.sort_unstable();
    assert_eq!(all, (0..149).map(entry).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_may_lose_what_it_acknowledged_is_refused() {
    let server = Arc::new(servers::Postgres::start().unwrap());
    let database = Database::on(Arc::clone(&server)).unwrap();
    let fixture = Fixture(database);
    let ledger = fixture.open().await;
    for (setting, bad, good) in [
        ("fsync", "off", "on"),
        ("full_page_writes", "off", "on"),
        ("data_sync_retry", "on", "off"),
    ] {
        let alter =
            |value| server.sql("postgres", &format!("alter system set {setting} = {value}"));
        alter(bad).unwrap();
        server.crash().unwrap();
        // One that is running notices it too.
        for refused in [
            ledger.admit(&[admission(1)]).await.map(drop),
            Postgres::open(&settings(&fixture.0), SCHEME)
                .await
                .map(drop),
        ] {
            let error = refused.unwrap_err();
            assert!(!error.passes());
            let words = format!("its setting `{setting}` is not `{good}`");
            assert!(error.to_string().contains(&words), "{error}");
        }
        alter(good).unwrap();
        server.crash().unwrap();
    }
    assert_eq!(ledger.admit(&[admission(1)]).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_the_scheme_s_own_gets_a_sentence() {
    let fixture = Fixture::new();
    drop(fixture.open().await);
    let good = settings(&fixture.0);
    let refused = async |settings: Settings, scheme| {
        let error = Postgres::open(&settings, scheme)
            .await
            .map(drop)
            .unwrap_err();
        assert!(!error.passes());
        error.to_string()
    };
    let other = refused(good.clone(), SchemeId([8; 32])).await;
    assert!(other.contains("the ledger of another scheme"), "{other}");

    let mut wrong = good.clone();
    wrong.password = b"wrong".to_vec().into();
    let wrong = refused(wrong, SCHEME).await;
    assert!(wrong.contains("does not let the user in"), "{wrong}");
    let mut missing = good.clone();
    missing.database = "nowhere".into();
    let missing = refused(missing, SCHEME).await;
    assert!(missing.contains("does not let the user in"), "{missing}");

    let another = servers::Postgres::start().unwrap();
    let mut stranger = good.clone();
    stranger.tls = trust::client(&another.authority()).unwrap();
    let stranger = refused(stranger, SCHEME).await;
    assert!(stranger.contains("no safe connection"), "{stranger}");

    fixture
        .0
        .sql("update brolly.ledger set version = 1000")
        .unwrap();
    let newer = refused(good, SCHEME).await;
    assert!(newer.contains("a newer brolly-inbox"), "{newer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_14_a_database_that_crashes_in_mid_sequence_loses_nothing_and_repeats_nothing() {
    let server = Arc::new(servers::Postgres::start().unwrap());
    let fixture = Fixture(Database::on(Arc::clone(&server)).unwrap());
    let sequencer = fixture.party(Duration::from_secs(3600)).await;
    let lease = sequencer.lease().await.unwrap().unwrap();
    let none = head(0, "none");
    sequencer
        .publish(lease, LogName::Reports, None, &none)
        .await
        .unwrap();

    let admitting: Vec<_> = (0..3_u64)
        .map(|party| {
            let ledger = sequencer.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0..150 {
                    let n = n * 3 + party;
                    until_back!(ledger.admit(&[admission(n)]));
                    acknowledged.push(entry(n));
                }
                acknowledged
            })
        })
        .collect();
    let crashing = tokio::task::spawn_blocking(move || {
        for _ in 0..3 {
            server.crash().unwrap();
        }
    });
    let mut size = 0;
    while !(crashing.is_finished() && admitting.iter().all(|party| party.is_finished())) {
        size = publish_next(&sequencer, lease, size).await;
    }
    crashing.await.unwrap();
    let mut acknowledged = Vec::new();
    for party in admitting {
        acknowledged.extend(party.await.unwrap());
    }
    assert_eq!(publish_next(&sequencer, lease, size).await, 450);
    acknowledged.sort_unstable();
    assert_eq!(acknowledged.len(), 450);

    let fresh = fixture.open().await;
    assert_eq!(fresh.admitted().await.unwrap(), 450);
    let positions = fresh.entries(LogName::Reports, 0, 1000).await.unwrap();
    let mut published: Vec<Entry> = positions
        .iter()
        .map(|bytes| Entry::from_bytes(bytes).unwrap())
        .collect();
    published.sort_unstable();
    assert_eq!(published, acknowledged);
    let newest = fresh.head(LogName::Reports).await.unwrap().unwrap();
    assert_eq!(newest.size, 450);
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_14_an_object_store_that_goes_away_in_mid_sequence_loses_nothing_and_repeats_nothing()
 {
    let mut store = S3::start().unwrap();
    let database = Database::shared().unwrap();
    let mut inbox = Inbox::open(&database, &store).await;
    inbox.admit(0..5).await.unwrap();
    inbox.publish().await.unwrap();

    store.stop();
    let error = inbox.admit(5..8).await.unwrap_err();
    assert!(
        error.contains("the object store cannot be reached"),
        "{error}"
    );
    // These were in the ledger before; their tiles could not be written.
    let unpublished = admission_of(9);
    inbox.ledger.admit(&[unpublished]).await.unwrap();
    let error = inbox.publish().await.unwrap_err();
    assert!(error.passes(), "{error}");
    assert_eq!(inbox.head(LogName::Reports).await, 5);

    store.go_on().unwrap();
    inbox
        .objects
        .put_cells(vec![(unpublished.entry, cell(9))])
        .await
        .unwrap();
    inbox.admit(5..8).await.unwrap();
    inbox.admit(0..8).await.unwrap();
    inbox.publish().await.unwrap();
    assert_eq!(inbox.head(LogName::Reports).await, 9);
    assert_eq!(inbox.ledger.admitted().await.unwrap(), 9);
    assert_eq!(inbox.faults().await, Vec::<String>::new());

    // And a successor takes up what is there.
    let successor = Inbox::open(&database, &store).await;
    assert_eq!(successor.sequencer.size(LogName::Reports), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_10_8_a_cell_or_tile_that_changes_in_the_object_store_is_noticed() {
    let store = S3::start().unwrap();
    let database = Database::shared().unwrap();
    let mut inbox = Inbox::open(&database, &store).await;
    inbox.admit(0..5).await.unwrap();
    inbox.publish().await.unwrap();
    assert_eq!(inbox.faults().await, Vec::<String>::new());

    let raw = s3::open(&s3_settings(&store)).await.unwrap();
    let flip = async |path: &str| {
        use object_store::ObjectStoreExt;
        let path = object_store::path::Path::from(path);
        let good = raw.get(&path).await.unwrap().bytes().await.unwrap();
        let mut bad = good.to_vec();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        raw.put(&path, bad.into()).await.unwrap();
        good
    };
    let entry = Entry::of(&cell(3));
    let name = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let path = format!(
        "cells/{}/{}.{}",
        name(&entry.digest[..1]),
        name(&entry.digest),
        name(&entry.tag)
    );
    flip(&path).await;
    assert!(inbox.objects.cell(entry).await.unwrap().is_none());
    assert_eq!(inbox.faults().await.len(), 1);

    flip("reports/tile/0/000.p/5").await;
    assert_eq!(inbox.faults().await.len(), 2);
    let resumed = inbox.resumed().await;
    let error = resumed.map(drop).unwrap_err().to_string();
    assert!(
        error.contains("reports/tile is missing or is not what was signed"),
        "{error}"
    );
}

/// Two real processes on one storage.
#[test]
fn spec_10_9_a_standby_takes_over_from_an_inbox_that_was_killed() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut scheme = Scheme::start(&binaries, folder.path(), &Plan::default()).unwrap();
    scheme.stop();
    let storage = Storage::start().unwrap();
    let program = binaries.path("brolly-inbox");
    let made = folder.path().join("scheme/inbox/inbox.toml");
    let ports = [(); 2].map(|()| Reserved::new().unwrap());
    let mut inboxes: Vec<(Supervised, PathBuf)> = ["one", "other"]
        .into_iter()
        .zip(&ports)
        .map(|(name, port)| {
            let config = made.with_file_name(format!("{name}.toml"));
            std::fs::copy(&made, &config).unwrap();
            let changes = vec![
                ("listen", port.address().to_string().into()),
                ("data", format!("data-{name}").into()),
                ("storage", storage.table().unwrap()),
            ];
            change_config(&config, changes).unwrap();
            let arguments = ["run", "--config", config.to_str().unwrap()];
            let log = folder.path().join(name).with_extension("log");
            let inbox = Supervised::new(
                name,
                &program,
                &arguments.map(str::to_owned),
                &log,
                folder.path(),
            );
            (inbox.unwrap(), log)
        })
        .collect();
    for (inbox, _) in &mut inboxes {
        inbox.start().unwrap();
    }
    let log = |(_, log): &(Supervised, PathBuf)| std::fs::read_to_string(log).unwrap();
    let says = |inbox: &(Supervised, PathBuf), line: &str| {
        (0..600).any(|_| {
            std::thread::park_timeout(Duration::from_millis(100));
            log(inbox).contains(line)
        })
    };
    assert!(says(&inboxes[1], "info standing by\n"));
    assert!(!log(&inboxes[0]).contains("standing by"));

    inboxes[0].0.kill();
    let taken = says(&inboxes[1], "info publication taken over\n");
    assert!(taken, "{}", log(&inboxes[1]));
    // The one that comes back is the standby now.
    inboxes[0].0.start().unwrap();
    assert!(says(&inboxes[0], "info standing by\n"));
    for (inbox, _) in &mut inboxes {
        assert_eq!(inbox.terminate(), Some(0));
    }

    let config = made.with_file_name("one.toml");
    let verified = Command::new(&program)
        .args(["verify", "--json", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{said}");
    assert!(said.contains("\"faults\":[]"), "{said}");
    for (_, log) in &inboxes {
        let log = std::fs::read_to_string(log).unwrap();
        let secret = std::fs::read_to_string(storage.store.credentials_file()).unwrap();
        assert!(!secret.lines().any(|line| log.contains(line)), "{log}");
    }
}

/// Publishes all that waits over the head of `size`.
async fn publish_next(ledger: &Postgres, lease: Lease, size: u64) -> u64 {
    let next = until_back!(ledger.assign(lease, &mut |_| ()));
    let head = head(next, "next");
    until_back!(ledger.publish(lease, LogName::Reports, Some(size), &head));
    next
}
