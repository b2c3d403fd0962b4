//! An inbox in one process, and how it finds the servers.

use std::sync::Arc;
use std::time::Duration;

use brolly_inbox::admit::Admitter;
use brolly_inbox::audit;
use brolly_inbox::sample::{NOW, cell, directory, log_key, paid};
use brolly_inbox::sequence::{SequenceError, Sequencer};
use brolly_inbox::store::conformance::admission;
use brolly_inbox::store::ledger::{Head, Ledger};
use brolly_inbox::store::objects::Objects;
use brolly_inbox::store::postgres::{Postgres, Settings};
use brolly_inbox::store::{s3, trust};
use brolly_protocol::log::{Entry, LogName};
use brolly_tests::servers::{Database, S3, USER};
use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// The parts of an inbox, in one process.
pub(super) struct Inbox {
    pub(super) ledger: Arc<Postgres>,
    pub(super) objects: Objects,
    pub(super) admitter: Admitter<Postgres>,
    pub(super) sequencer: Sequencer<Postgres>,
}

impl Inbox {
    pub(super) async fn open(database: &Database, store: &S3) -> Self {
        let settings = Settings {
            lease: Duration::from_millis(1),
            ..settings(database)
        };
        let ledger = Postgres::open(&settings, directory().scheme).await.unwrap();
        let ledger = Arc::new(ledger);
        let objects = Objects::new(s3::open(&s3_settings(store)).await.unwrap());
        Self {
            admitter: Admitter::new(Arc::clone(&ledger), objects.clone(), &directory()),
            sequencer: resume(&ledger, &objects).await.unwrap(),
            ledger,
            objects,
        }
    }

    pub(super) async fn admit(&self, cells: std::ops::Range<u64>) -> Result<u64, String> {
        let cells: Vec<_> = cells.map(cell).collect();
        let admitted = self.admitter.admit(paid(&cells), NOW).await;
        admitted.map_err(|error| error.to_string())
    }

    pub(super) async fn publish(&mut self) -> Result<(), SequenceError> {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        self.sequencer.publish(&mut rng).await.map(drop)
    }

    pub(super) async fn head(&self, log: LogName) -> u64 {
        self.ledger.head(log).await.unwrap().unwrap().size
    }

    pub(super) async fn faults(&self) -> Vec<String> {
        let (ledger, objects) = (self.ledger.as_ref(), &self.objects);
        let audit = audit::audit(ledger, objects, &directory(), &mut |_, _, _| ()).await;
        audit.unwrap().faults
    }

    pub(super) async fn resumed(&self) -> Result<Sequencer<Postgres>, SequenceError> {
        resume(&self.ledger, &self.objects).await
    }
}

async fn resume(
    ledger: &Arc<Postgres>,
    objects: &Objects,
) -> Result<Sequencer<Postgres>, SequenceError> {
    let lease = loop {
        if let Some(lease) = ledger.lease().await.unwrap() {
            break lease;
        }
    };
    let ledger = Arc::clone(ledger);
    Sequencer::resume(ledger, objects.clone(), directory(), log_key(), lease).await
}

pub(super) fn admission_of(n: u64) -> brolly_inbox::store::ledger::Admission {
    brolly_inbox::store::ledger::Admission {
        entry: Entry::of(&cell(n)),
        ..admission(n)
    }
}

pub(super) fn head(size: u64, note: &'static str) -> Head {
    Head {
        size,
        note: Bytes::from_static(note.as_bytes()),
    }
}

pub(super) fn settings(database: &Database) -> Settings {
    let server = &database.server;
    Settings {
        host: server.address().ip().to_string(),
        port: server.address().port(),
        database: database.name.clone(),
        user: USER.to_owned(),
        password: std::fs::read(server.password_file()).unwrap().into(),
        tls: trust::client(&server.authority()).unwrap(),
        lease: Duration::from_secs(15),
    }
}

pub(super) fn s3_settings(store: &S3) -> s3::Settings {
    let credentials = std::fs::read(store.credentials_file()).unwrap();
    s3::Settings {
        endpoint: store.endpoint().parse().unwrap(),
        bucket: store.bucket().to_owned(),
        region: store.region().to_owned(),
        credentials: s3::Credentials::parse(&credentials).unwrap(),
        tls: trust::nobody().unwrap(),
    }
}
