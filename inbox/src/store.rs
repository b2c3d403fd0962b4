//! What the inbox must not lose.
//!
//! ```text
//! DATA/lock        held by the one inbox that runs here
//! DATA/ledger/     sled: numbers, positions, posts, heads          embedded.rs
//! DATA/objects/    cells, tiles, bundles, checkpoints              objects.rs
//!
//! PostgreSQL       the same for several inboxes: the ledger        postgres.rs
//! S3               the objects                                     s3.rs
//! ```
//!
//! Admission: bodies durable, then the ledger durable, then the caller may say so. Publication: positions durable, then
//! bundles and tiles, then the head.

mod disk;
pub mod distributed;
pub mod embedded;
pub mod ledger;
pub mod objects;
pub mod postgres;
pub mod s3;
pub mod trust;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

use self::ledger::LedgerError;
use self::objects::ObjectError;

/// Why the storage cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The objects.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

impl StoreError {
    /// Whether the same call may succeed later; otherwise the process must stop.
    pub const fn passes(&self) -> bool {
        match self {
            Self::Ledger(error) => error.passes(),
            Self::Objects(error) => error.passes(),
        }
    }
}
