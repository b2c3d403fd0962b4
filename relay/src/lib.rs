//! A project's relay: it peels, mixes and passes on what it cannot read.
//!
//! ```text
//!  POST /v1/cells ─▶ serve ─▶ intake ──peel──▶ writer ──▶ segment   DATA/pool: sealed records
//!                     │       (all cores)        │ ├────▶ tags      DATA/tags: what was seen
//!                    202 ◀──── durable ──────────┘ └────▶ supervised: every key, kept by the supervisor
//!                                                 │
//!                                    pool ──tick, shuffle──▶ forward ──▶ the next layer, or the inbox
//!                                                              │ 202: key erased, then the file
//!  GET … ─▶ serve ◀─ mirror ◀── both logs of the inbox, cosigned and stored: DATA/mirror; the other relays' keys
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

pub mod assignment;
pub mod config;
pub mod run;
pub mod supervised;
pub mod supervisor;

mod failure;
mod forward;
mod intake;
mod journal;
mod keys;
mod mirror;
mod pool;
mod segment;
mod serve;
mod tags;
mod writer;

pub use mirror::{Obstacle, obstacles};
pub use tags::TagsError;
pub use writer::Stopped;

#[cfg(test)]
mod tests;
