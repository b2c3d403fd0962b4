//! Connections to the database: checked before they are used, made anew when they break.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Client, Config, Error, Row, Statement};

use super::tls::Tls;
use super::{Result, Settings, Unfit};
use crate::store::ledger::LedgerError;

/// Connections that wait for work, and what new ones are made with.
pub(super) struct Pool {
    config: Config,
    tls: Tls,
    idle: Mutex<Vec<Session>>,
    places: Semaphore,
}

/// One connection. Dropping it breaks it off, and the server undoes a transaction that was under way.
pub(super) struct Session {
    client: Client,
    prepared: BTreeMap<&'static str, Statement>,
    wire: AbortHandle,
    /// The work may have been done already: a connection broke before it was known.
    pub(super) again: bool,
}

/// One piece of work, in one connection after the other until the database answers: for [`PATIENCE`] in all.
pub(super) struct Turn<'p> {
    pool: &'p Pool,
    _place: Option<SemaphorePermit<'p>>,
    session: Option<Session>,
    begun: Instant,
    pause: Duration,
    again: bool,
}

pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Pool {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut config = Config::new();
        config
            .host(&settings.host)
            .port(settings.port)
            .dbname(&settings.database)
            .user(&settings.user)
            .password(settings.password.as_slice())
            .ssl_mode(SslMode::Require)
            .connect_timeout(CONNECT)
            .tcp_user_timeout(STATEMENT)
            .keepalives_idle(CONNECT);
        Self {
            config,
            tls: Tls::new(settings.tls.clone()),
            idle: Mutex::default(),
            places: Semaphore::new(PLACES),
        }
    }

    /// Waits until a connection may be used.
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn {
            pool: self,
            // Nobody closes it; without a place the database still keeps count.
            _place: self.places.acquire().await.ok(),
            session: None,
            begun: Instant::now(),
            pause: FIRST_PAUSE,
            again: false,
        }
    }

    async fn connect(&self) -> Result<Session> {
        let connecting = timeout(STATEMENT, self.config.connect(self.tls.clone())).await;
        let (client, connection) = connecting.map_err(late)?.map_err(not_connected)?;
        let wire = tokio::spawn(async move {
            // Whoever waits for an answer is told of the error too.
            let _ = connection.await;
        });
        let mut session = Session {
            client,
            prepared: BTreeMap::new(),
            wire: wire.abort_handle(),
            again: false,
        };
        session.run(SESSION).await?;
        session.check().await?;
        Ok(session)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// A connection to do the work in.
    pub(super) async fn session(&mut self) -> Result<&mut Session> {
        let waiting = self.pool.idle().pop();
        let mut session = match waiting.filter(|session| !session.client.is_closed()) {
            Some(session) => session,
            None => self.pool.connect().await?,
        };
        session.again = self.again;
        Ok(self.session.insert(session))
    }

    /// Takes what became of the work. `Continue`, after a pause, if the database went away and the work is to be done
    /// again.
    pub(super) async fn end<T>(&mut self, done: Result<T>) -> ControlFlow<Result<T>> {
        // Only what ended well is used again: nothing of an unfinished transaction can be left in it.
        let session = self.session.take().filter(|_| done.is_ok());
        self.pool.idle().extend(session);
        let Err(LedgerError::Away(_)) = done else {
            return ControlFlow::Break(done);
        };
        self.pool.idle().clear();
        if self.begun.elapsed() + self.pause > PATIENCE {
            return ControlFlow::Break(done);
        }
        sleep(self.pause).await;
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
        self.again = true;
        ControlFlow::Continue(())
    }
}

impl Session {
    /// Runs statements that take no values and give none.
    pub(super) async fn run(&mut self, statements: &str) -> Result<()> {
        let running = timeout(STATEMENT, self.client.batch_execute(statements)).await;
        running.map_err(late)?.map_err(told)
    }

    /// The rows of a statement.
    pub(super) async fn query(
        &mut self,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<Vec<Row>> {
        let statement = self.statement(sql).await?;
        let running = timeout(STATEMENT, self.client.query(&statement, values)).await;
        running.map_err(late)?.map_err(told)
    }

    /// The only row of a statement.
    pub(super) async fn one(&mut self, sql: &'static str, values: Values<'_>) -> Result<Row> {
        let mut rows = self.query(sql, values).await?;
        match (rows.pop(), rows.pop()) {
            (Some(row), None) => Ok(row),
            _ => Err(LedgerError::Malformed),
        }
    }

    /// How many rows a statement changed.
    pub(super) async fn execute(&mut self, sql: &'static str, values: Values<'_>) -> Result<u64> {
        let statement = self.statement(sql).await?;
        let running = timeout(STATEMENT, self.client.execute(&statement, values)).await;
        running.map_err(late)?.map_err(told)
    }

    async fn statement(&mut self, sql: &'static str) -> Result<Statement> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let preparing = timeout(STATEMENT, self.client.prepare(sql)).await;
        let statement = preparing.map_err(late)?.map_err(told)?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }

    /// A server that may lose what it acknowledged is not used. It can have been started anew, so each connection asks.
    async fn check(&mut self) -> Result<()> {
        for (name, wanted) in SETTINGS {
            let found = self.one("select current_setting($1)", &[&name]).await?;
            if field::<&str>(&found, 0)? != wanted {
                return Err(Unfit::Setting { name, wanted }.into());
            }
        }
        let replica = self.one("select pg_is_in_recovery()", &[]).await?;
        if field(&replica, 0)? {
            return Err(LedgerError::Away(
                "it is a replica that takes no writes".into(),
            ));
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A server that answers no more would keep it for ever.
        self.wire.abort();
    }
}

/// A column of a row.
pub(super) fn field<'r, T: FromSql<'r>>(row: &'r Row, at: usize) -> Result<T> {
    row.try_get(at).map_err(|_| LedgerError::Malformed)
}

fn late(_: tokio::time::error::Elapsed) -> LedgerError {
    LedgerError::Away("it does not answer in time".into())
}

fn not_connected(error: Error) -> LedgerError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return Unfit::Tls(tls.to_string()).into();
        }
        // An `io::Error` shows what is in it, and gives the cause of that as its own.
        cause = match inner.downcast_ref::<std::io::Error>() {
            Some(io) => match io.get_ref() {
                Some(inner) => Some(inner),
                None => None,
            },
            None => inner.source(),
        };
    }
    match error.code().map(SqlState::code) {
        Some(code) if code.starts_with("28") || code == "3D000" => {
            Unfit::Login(words(&error)).into()
        }
        None if !is_wire(&error) => Unfit::Tls(words(&error)).into(),
        _ => told(error),
    }
}

/// Whether the connection broke, rather than that something was wrong with what went over it.
fn is_wire(error: &Error) -> bool {
    let io = |cause: &(dyn std::error::Error + 'static)| cause.is::<std::io::Error>();
    error.is_closed() || error.source().is_some_and(io)
}

/// What the server or the connection to it said, without the values that a server may add.
fn told(error: Error) -> LedgerError {
    let Some(code) = error.code().map(SqlState::code) else {
        let cause = words(&error).into();
        return match is_wire(&error) {
            true => LedgerError::Away(cause),
            false => LedgerError::Refused(cause),
        };
    };
    match (code.get(..2), code) {
        (_, "53100") => LedgerError::Full,
        (_, "42501") => Unfit::NotAllowed(words(&error)).into(),
        // Connections, resources, shutdown and start, locks, a primary that became a replica.
        (Some("08" | "53" | "57" | "40"), _) | (_, "55P03" | "25006" | "25P03" | "25P04") => {
            LedgerError::Away(words(&error).into())
        }
        _ => LedgerError::Refused(words(&error).into()),
    }
}

fn words(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => db.message().to_owned(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// Settings with which PostgreSQL keeps what it acknowledged.
const SETTINGS: [(&str, &str); 3] = [
    ("fsync", "on"),
    ("full_page_writes", "on"),
    // With `on`, a sync that failed would be tried again, and would succeed without anything on the disk.
    ("data_sync_retry", "off"),
];

/// The server gives up what a process that is gone has begun, so that its standby need not wait for long.
const SESSION: &str = "
    set synchronous_commit = on;
    set default_transaction_isolation = 'read committed';
    set search_path = brolly;
    set statement_timeout = '20s';
    set lock_timeout = '10s';
    set idle_in_transaction_session_timeout = '10s';
    set client_min_messages = warning";

/// Longer than the server's own limits.
const STATEMENT: Duration = Duration::from_secs(25);
const CONNECT: Duration = Duration::from_secs(5);
/// A restart of the server takes less, mostly.
const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);
/// Connections at the same time.
const PLACES: usize = 8;
