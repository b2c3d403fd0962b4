//! A project's relay: it peels, mixes and passes on what it cannot read.
//!
//! ```text
//!  POST /v1/cells ─▶ serve ─▶ intake ──peel──▶ writer ──▶ segment   DATA/pool: sealed records
//!                     │   admission, all cores   │ ├────▶ tags      DATA/tags: what was seen; DATA/spent: tokens
//!                    202 ◀──── durable ──────────┘ └────▶ supervised: every key, kept by the supervisor
//!                                                 │
//!                                    pool ──tick, shuffle──▶ forward ──▶ the next layer, or the inbox
//!                                                              │ 202: key erased, then the file
//!  GET … ─▶ serve ◀─ mirror ◀── both logs of the inbox and every directory, cosigned and stored: DATA/mirror, …
//!                     ▲   └──▶ announce: this relay's own keys for the board
//!  POST /v1/tokens ─▶ serve ─▶ tokens, at an entry ─▶ issuer, at one of the others   DATA/issuer: projects, today's counts
//!  canary: cover through itself, like any client's ─▶ an entry; when none comes in, the pool holds
//!                  lives: one after the other, each under the next directory
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

pub mod assignment;
pub mod canary;
pub mod config;
pub mod issuer;
pub mod lives;
#[cfg(feature = "measure")]
pub mod measure;
pub mod page;
pub mod run;
pub mod supervised;
pub mod supervisor;

mod admission;
mod announce;
mod failure;
mod forward;
mod intake;
mod journal;
mod keys;
mod mirror;
mod pool;
mod record;
mod segment;
mod serve;
mod tags;
mod tokens;
mod writer;

pub use mirror::{Obstacle, obstacles};
pub use tags::TagsError;
pub use writer::Stopped;

#[cfg(test)]
mod tests;
