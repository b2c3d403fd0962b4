//! The desk against an inbox in this process and cells sealed as clients, and as enemies, seal them.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "files and sockets are its work"
)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

mod alerts;
mod commands;
mod current;
mod hands;
mod inbox;
mod invite;
mod notices;
mod photo;
mod replies;
mod scheme;
mod sync;
mod watch;
mod weeks;
