//! The desk: fetch sealed cells, open what is addressed to this desk, keep it sealed, show it, export it and answer it;
//! watch the inbox's public log; warn the members.
//!
//! ```text
//!   desk.toml ──▶ config        desk.key + passphrase ──▶ unlock        directory.note ──▶ place
//!                                                            │                              │
//!   inbox ══ GET /v1/sealed?after=N ══▶ sync ── opens its own slot, refuses two meanings ◀──┘
//!     ║  ╚══ GET public log, tiles ═══▶ watch ── compares by d: nothing withheld, nothing unpublished
//!     ╚═════ POST /v1/board ◀══ read-mark, reply, alert, notice ◀── compose: text, preview, "send it?"
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

pub mod alert;
pub mod board;
pub mod casebook;
pub mod cli;
pub mod compose;
pub mod config;
pub mod export;
pub mod fields;
pub mod inbox;
pub mod list;
pub mod log;
pub mod photo;
pub mod place;
pub mod reply;
pub mod show;
pub mod sync;
pub mod unlock;
pub mod watch;

pub use brolly_shell::text;
