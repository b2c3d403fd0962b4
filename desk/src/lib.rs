//! The desk: fetch sealed cells, open what is addressed to this desk, keep it sealed, show it and export it.
//!
//! ```text
//!   desk.toml ──▶ config        desk.key + passphrase ──▶ unlock        directory.note ──▶ place
//!                                                            │                              │
//!   inbox ══ GET /v1/sealed?after=N ══▶ sync ── opens its own slot, refuses two meanings ◀──┘
//!                                        │
//!                                        ▼
//!                                     casebook   append-only records, sealed, bound to their places
//!                                        │
//!            ┌──────────────┬────────────┼──────────────────┐
//!            ▼              ▼            ▼                  ▼
//!          list           show        export       photo ══ pipe ══ render (a subprocess with limits)
//!            └── text ──────┘       JSON, CSV        JPEG in, PNG re-encoded from pixels out
//! ```
//!
//! Every word of a report is hostile to the terminal and the spreadsheet it is shown in: [`text`] disarms it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

pub mod casebook;
pub mod cli;
pub mod config;
pub mod export;
pub mod fields;
pub mod list;
pub mod photo;
pub mod place;
pub mod show;
pub mod sync;
pub mod text;
pub mod unlock;
