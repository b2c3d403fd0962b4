//! The ledger of an inbox of several processes: PostgreSQL.
//!
//! ```text
//! sizes      admitted, reports, board: the row is locked by whoever gives the next numbers or positions
//! cells      number ─▶ (tag, d), week, body          unique (tag, d)
//! positions  position ─▶ number                      the log of reports
//! board      position ─▶ entry                       unique SHA-256
//! heads      head and witnessed checkpoint of each log
//! lease      holder, fence, expiry by the server's clock
//! spent      period, tag of each token                   unique
//! said       freshness note: newest, complete
//! ```
//!
//! A row that is locked until the commit makes numbers visible in their order. Every call can be repeated, so one whose
//! outcome was lost with its connection is repeated.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use brolly_keys::epoch::Epoch;
use brolly_protocol::log::{Entry, LogName};
use brolly_protocol::node::SchemeId;
use brolly_shell::random;
use bytes::Bytes;
use rand::Rng;
use rustls::ClientConfig;
use zeroize::Zeroizing;

use self::session::{Pool, Session, field};
use super::ledger::{
    Admission, Head, LEASE_RENEWAL, Lease, Ledger, LedgerError, Posted, Said, Spent,
};

mod heads;
mod reports;
mod schema;
mod session;
mod tls;

/// Where the database is and who is allowed in.
#[derive(Clone)]
#[allow(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Settings {
    /// Its name or address, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database, which is the scheme's alone.
    pub database: String,
    /// The user, who owns the database.
    pub user: String,
    /// The user's password.
    pub password: Zeroizing<Vec<u8>>,
    /// Whom to trust that it is the server.
    pub tls: ClientConfig,
    /// How long a lease lives: [`LEASE`].
    pub lease: Duration,
}

/// A ledger in a PostgreSQL database. Each one that is opened is a party of its own for the lease.
#[derive(Clone)]
pub struct Postgres {
    pool: Arc<Pool>,
    holder: [u8; 16],
    lease: Duration,
}

/// Why a database is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// A setting with which it may lose what it acknowledged.
    #[error(
        "its setting `{name}` is not `{wanted}`, so that it may lose what it has acknowledged: change postgresql.conf and restart it"
    )]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
    /// The ledger of another scheme.
    #[error("it holds the ledger of another scheme: give this one a database of its own")]
    OtherScheme,
    /// Made by a later version of this program.
    #[error("a newer brolly-inbox has changed it: run that version everywhere")]
    Newer,
    /// It does not let the user in.
    #[error("it does not let the user in ({0}): check `user`, `password-file` and `database`")]
    Login(String),
    /// The user may not do what has to be done.
    #[error("the user may not do it ({0}): make the user the owner of the database")]
    NotAllowed(String),
    /// No TLS, or not with a server that the authority vouches for.
    #[error("no safe connection to it can be made ({0}): check `address` and `ca-file`")]
    Tls(String),
}

/// Does `work` in a session of `ledger`, again in others if the database goes away meanwhile.
macro_rules! in_session {
    ($ledger:ident, $session:ident => $work:expr) => {{
        let mut turn = $ledger.pool.turn().await;
        loop {
            let done = match turn.session().await {
                Ok($session) => $work.await,
                Err(error) => Err(error),
            };
            if let ControlFlow::Break(done) = turn.end(done).await {
                break done;
            }
        }
    }};
}

type Result<T> = std::result::Result<T, LedgerError>;

impl Postgres {
    /// Connects to the database of `scheme` and makes its tables if need be.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn open(settings: &Settings, scheme: SchemeId) -> Result<Self> {
        let mut holder = [0; 16];
        random::system().fill_bytes(&mut holder);
        let ledger = Self {
            pool: Arc::new(Pool::new(settings)),
            holder,
            lease: settings.lease,
        };
        in_session!(ledger, session => schema::prepare(session, scheme))?;
        Ok(ledger)
    }
}

impl Ledger for Postgres {
    async fn unknown(&self, entries: &[Entry]) -> Result<Vec<bool>> {
        let known = in_session!(self, session => reports::known(session, entries))?;
        Ok(entries.iter().map(|entry| !known.contains(entry)).collect())
    }

    async fn spent(&self, tokens: &[Spent]) -> Result<Vec<bool>> {
        let spent = in_session!(self, session => reports::spent(session, tokens))?;
        Ok(tokens.iter().map(|token| spent.contains(token)).collect())
    }

    async fn admit(&self, cells: &[Admission]) -> Result<u64> {
        in_session!(self, session => reports::admit(session, cells))
    }

    async fn admitted_after(&self, after: u64, limit: usize) -> Result<Vec<(u64, Entry)>> {
        in_session!(self, session => reports::after(session, after, limit))
    }

    async fn admitted(&self) -> Result<u64> {
        let admitted = "select size from sizes where name = 'admitted'";
        in_session!(self, session => size(session, admitted))
    }

    async fn post(&self, at: u64, entry: &[u8]) -> Result<Posted> {
        in_session!(self, session => heads::post(session, at, entry))
    }

    async fn lease(&self) -> Result<Option<Lease>> {
        in_session!(self, session => heads::lease(session, &self.holder, self.lease))
    }

    async fn assign(
        &self,
        lease: Lease,
        shuffle: &mut (dyn FnMut(&mut [Entry]) + Send),
    ) -> Result<u64> {
        in_session!(self, session => reports::assign(session, lease, shuffle))
    }

    async fn assigned(&self, log: LogName) -> Result<u64> {
        in_session!(self, session => heads::assigned(session, log))
    }

    async fn entries(&self, log: LogName, from: u64, limit: usize) -> Result<Vec<Bytes>> {
        in_session!(self, session => heads::entries(session, log, from, limit))
    }

    async fn head(&self, log: LogName) -> Result<Option<Head>> {
        in_session!(self, session => heads::head(session, log))
    }

    async fn publish(
        &self,
        lease: Lease,
        log: LogName,
        before: Option<u64>,
        head: &Head,
    ) -> Result<()> {
        in_session!(self, session => heads::publish(session, lease, log, before, head))
    }

    async fn cosign(&self, log: LogName, from: &Head, to: &Head, majority: bool) -> Result<bool> {
        in_session!(self, session => heads::cosign(session, log, from, to, majority))
    }

    async fn witnessed(&self, log: LogName) -> Result<Option<Head>> {
        in_session!(self, session => heads::witnessed(session, log))
    }

    async fn expired(&self, before: Epoch, limit: usize) -> Result<Vec<(u64, Entry)>> {
        in_session!(self, session => reports::expired(session, before, limit))
    }

    async fn prune(&self, numbers: &[u64]) -> Result<()> {
        let numbers: Vec<i64> = numbers.iter().copied().map(integer).collect();
        let prune = "update cells set body = 1 where number = any($1) and body = 0";
        in_session!(self, session => session.execute(prune, &[&numbers])).map(drop)
    }

    async fn pruned(&self, numbers: &[u64]) -> Result<()> {
        let numbers: Vec<i64> = numbers.iter().copied().map(integer).collect();
        let pruned = "update cells set body = 2 where number = any($1) and body < 2";
        in_session!(self, session => session.execute(pruned, &[&numbers])).map(drop)
    }

    async fn forget(&self, period: u32) -> Result<()> {
        let forget = "delete from spent where period < $1";
        let period = i64::from(period);
        in_session!(self, session => session.execute(forget, &[&period])).map(drop)
    }

    async fn said(&self) -> Result<Said> {
        in_session!(self, session => heads::said(session))
    }

    async fn say(&self, from: Option<&Bytes>, to: &Bytes, complete: bool) -> Result<bool> {
        in_session!(self, session => heads::say(session, from, to, complete))
    }
}

/// Makes sure, to the end of the transaction, that `lease` is the newest: nobody takes it over meanwhile.
async fn fenced(session: &mut Session, lease: Lease) -> Result<()> {
    let row = session
        .one("select fence from lease for share", &[])
        .await?;
    let newest = natural(field(&row, 0)?)? == lease.fence();
    newest.then_some(()).ok_or(LedgerError::Superseded)
}

async fn size(session: &mut Session, sql: &'static str) -> Result<u64> {
    natural(field(&session.one(sql, &[]).await?, 0)?)
}

fn natural(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| LedgerError::Malformed)
}

/// No number that the tables hold is as high as the highest.
fn integer(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

impl From<Unfit> for LedgerError {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit.into())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

/// Three times as long as a holder waits until it renews its lease.
pub const LEASE: Duration = Duration::from_secs(3 * LEASE_RENEWAL);
