//! Outside readers of Brolly's logs: the crates `signed_note` and `tlog_tiles`, which share no line with Brolly.
//!
//! ```text
//! checkpoint ─ signed_note ─▶ text that the log signed and witnesses cosigned ─ tlog_tiles ─▶ origin, size, root
//! tiles ────── tlog_tiles ──▶ hashes that lead to that root ─▶ inclusion and consistency proofs
//! ```
//!
//! `signed_note` knows plain Ed25519 signatures alone; [`Cosigner`] teaches it cosignature/v1 from the text of C2SP
//! tlog-cosignature, with the Ed25519 that `signed_note` itself uses.

mod checkpoint;
mod cosigner;
mod tiles;
pub mod vkey;

pub use checkpoint::{Accepted, Refused, read_checkpoint};
pub use cosigner::Cosigner;
pub use tiles::{Stored, TileError, Tiles, check_only_tile, path_of};
