//! The mix network under virtual time, and what somebody who sees every link learns from it (SPEC §17).
//!
//! ```text
//!  people ──cells──▶ world: 3 layers of the real pools ──trace──▶ posterior ──▶ measure ──▶ table, picture
//!  schedule, visits      carrier: real onions, or         exact: who sent the
//!  (protocol)            their sizes alone                delivery that is the report
//! ```
#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a model that computes with counts; what it gets wrong must stop it"
)]

pub mod carrier;
mod goals;
pub mod linked;
pub mod measure;
pub mod meddled;
pub mod people;
pub mod plot;
pub mod posterior;
pub mod report;
pub mod rival;
mod rows;
pub mod scenario;
pub mod siege;
pub mod table;
pub mod world;

/// Milliseconds.
pub const MINUTE: u64 = 60_000;
/// Milliseconds.
pub const HOUR: u64 = 60 * MINUTE;

#[cfg(test)]
mod tests;
