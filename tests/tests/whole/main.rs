//! The whole scheme, as real processes on loopback.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests with real clocks, files and sockets, which fail by panicking"
)]

mod agreement;
mod ceremony;
mod demonstration;
#[cfg(feature = "servers")]
mod distributed;
mod flood;
mod interrupted;
mod programs;
mod reporting;
#[cfg(feature = "slow")]
mod slow;

#[cfg(feature = "root")]
mod full_disk;
#[cfg(feature = "root")]
mod memory;
