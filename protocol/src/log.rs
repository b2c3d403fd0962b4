//! The two public logs: Merkle trees in tiles, signed and cosigned checkpoints (SPEC §13).
//!
//! ```text
//!  entries ─▶ bundle  (256 entries)          C2SP tlog-tiles: what everybody may fetch
//!     │ leaf hash (RFC 6962)
//!     ▼
//!  tile level 0 ─▶ tile level 1 ─▶ …        Edge: the tiles that are not full yet
//!     ▼
//!  Frontier ─▶ root ─▶ Checkpoint            a signed note: origin, size, root
//!                         │ cosigned by relays
//!                         ▼
//!                      Witnessed             a majority of the directory's witnesses saw it
//! ```

use alloc::string::String;

use crate::node::SchemeId;

mod bundle;
mod checkpoint;
mod entry;
mod merkle;
mod proof;
mod tile;
mod window;

pub use bundle::{BundleError, MAX_ENTRY, decode_bundle, encode_bundle};
pub(crate) use checkpoint::median;
pub use checkpoint::{Checkpoint, CheckpointError, Digests, Witnessed, witness_key};
pub use entry::Entry;
pub use merkle::{Frontier, Hash, empty_root, leaf_hash, node_hash};
pub use proof::{ProofError, consistency, inclusion, verify_consistency, verify_inclusion};
pub use tile::{Bundle, Edge, Resource, TILE, Tile};
pub use window::{Part, Seen, Window, WindowError, window_limit, window_start};

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum LogName {
    /// The tag and digest of every sealed cell.
    Reports,
    /// Answers, read-marks, alerts, notices, keys and directories.
    Board,
}

impl LogName {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Reports, Self::Board];

    /// The name in paths and origins.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::Board => "board",
        }
    }

    /// The C2SP origin of a scheme's log, which is also the name that its key signs under: `brolly-<scheme>/<name>`.
    pub fn origin(self, scheme: &SchemeId) -> String {
        alloc::format!("brolly-{scheme}/{}", self.as_str())
    }
}
