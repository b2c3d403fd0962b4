//! The whole scheme in real processes: the demonstration, and what the suites under `tests/` are made of.
//!
//! ```text
//!  worker ─ socks ─▶ tap ─▶ entry ─ tap ─▶ middle ─ tap ─▶ exit ─ tap ─▶ inbox ◀─ desk
//!   own address      │        └── supervisor keeps its keys' memory ──┘
//!                    ▼
//!               canary: searches every file and every wire afterwards
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

pub mod binaries;
pub mod canary;
pub mod clauses;
pub mod demo;
pub mod dial;
pub mod learn;
pub mod memory;
pub mod picture;
pub mod port;
pub mod scheme;
pub mod servers;
pub mod sim;
pub mod socks;
pub mod supervisor;
pub mod tap;
