//! The inbox: takes sealed cells from the exits, loses none, shows everybody that they are there, hands them to desks.
//!
//! ```text
//!            POST /v1/reports                                  GET /v1/sealed?after=N
//!   exit ────────────▶ http ─▶ admit ─▶ store ◀──────────────────────── http ◀──── desk
//!     ◀──── 202 ────────────────────────┤ objects: bodies, then
//!            once durable               │ ledger: (tag, d) ─▶ number
//!                       board ─▶────────┤ ◀────────── POST /v1/board ◀───────────── desk
//!                                       ▼
//!                      sequence: every publish_ms, with the lease, all that waits gets positions,
//!                                then bundles and tiles are durable, then the signed head
//!                                       │             ▲
//!   relays ◀── GET /v1/…/checkpoint, tile/…           └ cosign ◀── POST /v1/…/cosignature ◀── relays
//!
//!   off line: audit (verify), rebuild
//! ```
//!
//! Nothing here can open a report: it never holds a desk's key, and cannot read a desk's key file as its own.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

pub mod admit;
pub mod audit;
pub mod board;
pub mod config;
pub mod cosign;
pub mod directories;
pub mod freshness;
mod http;
pub mod rebuild;
pub mod run;
#[cfg(any(test, feature = "conformance"))]
pub mod sample;
pub mod sequence;
mod step;
pub mod store;
mod walk;
