//! Brolly's protocol: formats and state machines. Bytes, a clock value and randomness come in; effects come out.
//!
//! ```text
//!  report ──pad──▶ cell ──seal to desks──▶ onion::wrap ──▶ packet 32,768
//!                   │ receipt                                 │
//!                   ▼                                         ▼  at each of three relays
//!             receipt code ◀── tag in ─── log         onion::peel ─▶ replay ─▶ mix::Pool ─▶ next
//!                                          ▲                                                  │
//!                                          └────────────── inbox ◀── delivered 29,297 ◀───────┘
//!  token: what an entry and the inbox are paid with, signed blind by an issuer that sees no address
//!  directory, notice, invite: who everybody is            geometry, codec, wire: sizes, bytes, paths
//! ```
//!
//! No clock, socket, file, thread or global randomness: `now` and an RNG are arguments everywhere.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod board;
pub mod canary;
pub mod cell;
pub mod codec;
pub mod directory;
pub mod geometry;
pub mod identifier;
pub mod invite;
pub mod log;
pub mod mix;
pub mod node;
pub mod notice;
pub mod onion;
pub mod receipt;
pub mod replay;
pub mod report;
pub mod schedule;
pub mod token;
pub mod wire;
