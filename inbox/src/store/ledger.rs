//! The ledger: what the inbox must not lose and what changes (SPEC §10).
//!
//! ```text
//! reports   (tag, d) ─ admit ─▶ number 1, 2, 3 …      for desks, in the order of admission
//!                     ─ assign ─▶ position 0, 1, 2 …   in the log, in random order
//! board     entry    ─ post ─▶ position 0, 1, 2 …      in the order of posting
//! each log  head: the newest signed checkpoint; witnessed: the newest that a majority cosigned
//! tokens    period, tag ─ admit ─▶ spent ─ forget ─▶    with the cell that they pay for, in one step
//! directory said: the newest freshness note, and the newest that enough witnesses cosigned
//! ```
//!
//! Numbers and positions have no gaps and never change. An assignment takes all that has a number, so when `n` entries
//! have a position, these are the ones numbered 1 to `n`, and what is numbered above waits.
//!
//! Whatever a call changed is durable when it returns `Ok`. After an error it may or may not have happened.

use std::future::Future;
use std::io;
use std::path::PathBuf;

use brolly_keys::epoch::Epoch;
use brolly_protocol::geometry::SPENT_TAG;
use brolly_protocol::log::{Entry, LogName};
use brolly_protocol::token::Spendable;
use bytes::Bytes;

/// What changes. Several processes may admit and post to one ledger at once; one at a time holds the lease.
pub trait Ledger: Send + Sync + 'static {
    /// Which of `entries` are not admitted yet, in the order of `entries`.
    fn unknown(
        &self,
        entries: &[Entry],
    ) -> impl Future<Output = Result<Vec<bool>, LedgerError>> + Send;

    /// Which of `tokens` are spent, in the order of `tokens`.
    fn spent(
        &self,
        tokens: &[Spent],
    ) -> impl Future<Output = Result<Vec<bool>, LedgerError>> + Send;

    /// Gives each entry that is not admitted yet and whose token is not spent the next number, in the order of `cells`,
    /// spends the token, and says how many those were. An entry that comes twice, in one call or in two at the same time,
    /// gets one number; a token pays for one entry. Their bodies are durable.
    fn admit(&self, cells: &[Admission]) -> impl Future<Output = Result<u64, LedgerError>> + Send;

    /// Up to `limit` numbered entries above `after`, ascending, those left out whose bodies are pruned: every number
    /// that is missing between two others, or after `after`, is one of these. Never a number that an admission still
    /// under way could precede or that is not durable.
    fn admitted_after(
        &self,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(u64, Entry)>, LedgerError>> + Send;

    /// How many entries are admitted: the last number.
    fn admitted(&self) -> impl Future<Output = Result<u64, LedgerError>> + Send;

    /// Gives `entry` position `at` on the board, if exactly `at` entries are there and it is none of them. Whoever wants
    /// to check an entry against all before it reads these, and tries again with the next position when somebody else
    /// was faster.
    fn post(
        &self,
        at: u64,
        entry: &[u8],
    ) -> impl Future<Output = Result<Posted, LedgerError>> + Send;

    /// Takes the lease or renews it; `None` while another process holds it. Call it again within [`LEASE_RENEWAL`]
    /// seconds of the last time.
    fn lease(&self) -> impl Future<Output = Result<Option<Lease>, LedgerError>> + Send;

    /// Gives every admitted entry that has none a position in the log of reports, from the first free one on, all at
    /// once, and says how many entries have one then. `shuffle` is given those entries in the order of their numbers and
    /// leaves them in the order of their positions.
    fn assign(
        &self,
        lease: Lease,
        shuffle: &mut (dyn FnMut(&mut [Entry]) + Send),
    ) -> impl Future<Output = Result<u64, LedgerError>> + Send;

    /// How many entries have a position in `log`.
    fn assigned(&self, log: LogName) -> impl Future<Output = Result<u64, LedgerError>> + Send;

    /// Up to `limit` entries of `log` from position `from` on, in order: 48 bytes each in the log of reports.
    fn entries(
        &self,
        log: LogName,
        from: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Bytes>, LedgerError>> + Send;

    /// The newest signed checkpoint of `log`, with the cosignatures kept so far. `None` in a new ledger.
    fn head(&self, log: LogName) -> impl Future<Output = Result<Option<Head>, LedgerError>> + Send;

    /// Makes `head` the head of `log`, in the place of one of size `before` (`None`: of none). If exactly `head` is the
    /// head already, that is as good: a call whose answer was lost is made again.
    fn publish(
        &self,
        lease: Lease,
        log: LogName,
        before: Option<u64>,
        head: &Head,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Puts `to`, the same checkpoint with more cosignatures, in the place of `from`; false, and nothing changed, if the
    /// head is not exactly `from`. With `majority` it is also the newest witnessed checkpoint.
    fn cosign(
        &self,
        log: LogName,
        from: &Head,
        to: &Head,
        majority: bool,
    ) -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// The newest checkpoint of `log` that a majority of witnesses cosigned.
    fn witnessed(
        &self,
        log: LogName,
    ) -> impl Future<Output = Result<Option<Head>, LedgerError>> + Send;

    /// Up to `limit` admitted entries of a week before `before` whose pruning is not finished, in any order.
    fn expired(
        &self,
        before: Epoch,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(u64, Entry)>, LedgerError>> + Send;

    /// Notes that the bodies of these numbers are about to be pruned: from here on [`Self::admitted_after`] passes them
    /// over.
    fn prune(&self, numbers: &[u64]) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Forgets the spent tokens of periods before `period`: these are over, and no place takes their tokens any more.
    fn forget(&self, period: u32) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// What was said last of which directory is in force.
    fn said(&self) -> impl Future<Output = Result<Said, LedgerError>> + Send;

    /// Puts the freshness note `to` in the place of `from` (`None`: of none); false, and nothing changed, if the newest is
    /// not exactly `from`. With `complete` it is also the newest that enough witnesses cosigned.
    fn say(
        &self,
        from: Option<&Bytes>,
        to: &Bytes,
        complete: bool,
    ) -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// Notes that the bodies of these numbers, all of them given to [`Self::prune`] before, are gone: from here on
    /// [`Self::expired`] passes them over too.
    fn pruned(&self, numbers: &[u64]) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

/// A cell to be admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Admission {
    /// What the log will show of it.
    pub entry: Entry,
    /// The last desk week whose keys can open it.
    pub week: Epoch,
    /// The token that it spends. None where a cell is admitted anew whose token's period is over.
    pub token: Option<Spent>,
}

/// A token, as the place where it was spent knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Spent {
    /// The issuer's period.
    pub period: u32,
    /// [`Spendable::tag`].
    pub tag: [u8; SPENT_TAG],
}

impl From<Spendable> for Spent {
    fn from(token: Spendable) -> Self {
        Self {
            period: token.period(),
            tag: token.tag(),
        }
    }
}

/// Freshness notes, with the cosignatures kept so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "ledgers make it")]
pub struct Said {
    /// The newest.
    pub newest: Option<Bytes>,
    /// The newest that enough witnesses cosigned.
    pub complete: Option<Bytes>,
}

/// What became of a posted entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each")]
pub enum Posted {
    /// It has the position.
    New,
    /// The same bytes are on the board already.
    Known,
    /// The board does not have as many entries as the caller thought.
    Moved,
}

/// The right to assign and to publish: one process has it at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(u64);

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Head {
    /// Entries it stands for.
    pub size: u64,
    /// The note.
    pub note: Bytes,
}

/// Why the ledger did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The data directory cannot be made or opened.
    #[error("the data directory {} cannot be used: {reason}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Another process holds it.
    #[error(
        "another inbox is running on {}: stop it first, or give this one a data directory of its own",
        .0.display()
    )]
    InUse(PathBuf),
    /// No room for more, for the moment.
    #[error("the disk is full: make room, reports are taken again as soon as there is some")]
    Full,
    /// Not to be reached, for the moment.
    #[error("the ledger's database cannot be reached ({0}): it is tried again")]
    Away(Cause),
    /// What was written may not be on the disk. Trying again could hide that, so the inbox stops.
    #[error(
        "the disk did not confirm what was written ({0}): check it before the inbox is started again; nothing unconfirmed was acknowledged"
    )]
    Sync(io::Error),
    /// Somebody else has taken the lease.
    #[error(
        "another inbox has taken over publication: this one stops; start it again as a standby"
    )]
    Superseded,
    /// Another head than the one that should be replaced, or one that goes beyond what has a position.
    #[error(
        "the head of the {} log is not the one that this inbox published last: restore the whole ledger, or run `brolly-inbox rebuild`",
        .0.as_str()
    )]
    OtherHead(LogName),
    /// A database that cannot be relied on, or that belongs to something else.
    #[error("the database cannot serve as the ledger: {0}")]
    Unfit(Cause),
    /// The database refused.
    #[error(
        "the ledger cannot be read or written ({0}): check the disk; if it is damaged, restore it whole or run `brolly-inbox rebuild`"
    )]
    Refused(Cause),
    /// Something in it that this program never writes.
    #[error(
        "the ledger holds a record that makes no sense: restore it whole or run `brolly-inbox rebuild`"
    )]
    Malformed,
}

/// What a database said.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Lease {
    /// A lease of this fencing number: each time that the lease changes hands the number is higher.
    pub const fn new(fence: u64) -> Self {
        Self(fence)
    }

    /// The fencing number.
    pub const fn fence(self) -> u64 {
        self.0
    }
}

impl LedgerError {
    /// Whether the same call may succeed later; otherwise the process must stop.
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Full | Self::Away(_))
    }
}

/// Seconds after which a lease has to be renewed. A database should let it live three times as long.
pub const LEASE_RENEWAL: u64 = 5;
