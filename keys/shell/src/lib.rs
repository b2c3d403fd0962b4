//! What every Brolly program does outside pure code.
//!
//! ```text
//!   command line ──▶ cli          config ◀── program.toml         keyfile, shares, passphrase ◀── files of mode 0600
//!                     │
//!                  process ── no core dump, SIGTERM               random, clock ──▶ arguments of the pure crates
//!                     │
//!   other program ═══ tls ═══ http::server ──▶ Service::call(Request) ──▶ Response
//!   TLS 1.3, each end known      http::client ◀── Link::send
//!   by its Ed25519 key alone         │
//!                                    └── directly, or via SOCKS5          log ──▶ stderr: a name and numbers
//!
//!   words of a stranger ──▶ text ──▶ a terminal, JSON, a spreadsheet: nothing in them is obeyed
//! ```
//!
//! Nothing here decides anything about reports, and nothing here keeps or prints an address.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

pub mod cli;
pub mod clock;
pub mod config;
pub mod date;
pub mod directory;
pub mod http;
pub mod keyfile;
pub mod lock;
pub mod log;
pub mod page;
pub mod passphrase;
pub mod private;
pub mod process;
pub mod random;
pub mod shares;
pub mod text;
pub mod tls;
