//! The desk: fetch sealed cells, open what is addressed to this desk, keep it sealed, show it, export it and answer it;
//! watch the inbox's public log; warn the members, and invite them.
//!
//! ```text
//!   desk.toml ──▶ config      desk.key + passphrase ──▶ unlock ── weekly keys, a project's secret
//!
//!   inbox ══ GET /v1/directory ═══▶ current ── which is in force, what time it is ──▶ place
//!     ║  ╠══ GET /v1/sealed?after=N ══▶ sync ── opens its own slot, refuses two meanings
//!     ║  ╚══ GET public logs, tiles ══▶ watch ── compares by d: nothing withheld, nothing unpublished
//!     ╠═════ POST /v1/board ◀══ announce ── this week's key and the next four, if the board lacks them
//!     ╚═════ POST /v1/board ◀══ read-mark, reply, alert, notice ◀── compose: text, preview, "send it?"
//!   issuer ═ POST /v1/projects ◀══ invite ── a project's secret ──▶ link, QR code
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
pub mod announce;
pub mod board;
pub mod casebook;
pub mod cli;
pub mod compose;
pub mod config;
pub mod current;
pub mod export;
pub mod fields;
pub mod inbox;
pub mod invite;
pub mod issuer;
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
