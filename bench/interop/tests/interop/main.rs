//! Outside readers on Brolly's logs, Brolly on theirs, and the command.
#![allow(
    clippy::disallowed_methods,
    reason = "the command is checked on real files"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

#[path = "../../../speed/src/scheme.rs"]
mod scheme;

mod command;
mod log;
mod notes;
mod trees;

/// Nothing is special about them but the places where tiles begin and end: one above, one below, none, two levels.
const SIZES: [u64; 6] = [1, 255, 256, 257, 700, 66_000];
