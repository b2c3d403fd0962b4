//! The officers' command: makes a scheme from nothing, changes its directory, and says in words what its files are.
//!
//! ```text
//!  plan.toml ──▶ plan ──▶ founding ── draws every key, signs the directory, verifies it
//!                            │
//!                  passphrases, Argon2id
//!                            ▼
//!                         layout ── which file lies where, with which content ──▶ folder: all of it or nothing
//!
//!  key file ──▶ hands ── split among people, joined again ──▶ folder
//!  directory.note ──▶ directory ── drafted, read in words, signed by each officer, combined, handed in
//!                 ──▶ officers, add ── who comes into a scheme that exists
//!
//!  any file ──▶ inspect ──▶ words or JSON, never a secret
//! ```
//!
//! Everything slow and everything that can be refused happens before the first byte is written.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a shell: clocks, files and sockets are its work"
)]

mod add;
pub mod command;
pub mod directory;
pub mod folder;
pub mod founding;
pub mod hands;
pub mod holder;
pub mod inspect;
pub mod issuer;
pub mod layout;
mod officers;
pub mod plan;
pub mod time;
