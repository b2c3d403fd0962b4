//! A classifier that learns to tell who reports from who reads, by what a session's packets show (SPEC §17.5, §17.6).
//!
//! ```text
//!  simulated: the real session against a scheme in memory, a stated network ─┐
//!                                                                            ├▶ trace ▶ features ▶ model ▶ held-out scores ▶ AUC
//!  captured:  the real programs on loopback, a tap before the entry relay ───┘
//! ```

pub mod auc;
pub mod captured;
#[allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a scheme for tests, shared with the client's"
)]
#[path = "../../client/core/src/fake.rs"]
mod fake;
pub mod features;
pub mod measured;
pub mod model;
pub mod scenario;
pub mod simulated;
pub mod trace;

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A report is sent.
    Reporting,
    /// None is: cover, a look-up, a check.
    Reading,
}
