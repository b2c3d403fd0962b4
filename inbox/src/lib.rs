//! The inbox: takes sealed cells from the exits, loses none, shows everybody that they are there, hands them to desks.
//!
//! ```text
//!            POST /v1/reports                                  GET /v1/sealed?after=N
//!   exit ────────────▶ http ─▶ admit ─▶ store ◀──────────────────────── http ◀──── desk
//!     ◀──── 202 ────────────────────────┤ bodies by d, then
//!            once durable               │ (tag, d) ─▶ number
//!                                       ▼
//!                      sequence: every publish_ms all that waits, in random order,
//!                                entries durable, then the head
//!                                       │
//!   anybody ◀── GET /v1/reports/checkpoint, /v1/reports/entries, /v1/directory
//! ```
//!
//! Nothing here can open a report: it never holds a desk's key, and cannot read a desk's key file as its own.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

pub mod admit;
pub mod config;
mod http;
pub mod run;
#[cfg(test)]
mod sample;
pub mod sequence;
pub mod store;
