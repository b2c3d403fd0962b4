//! An entry of the `reports` log.

use crate::cell::SealedCell;
use crate::codec::Fields;
use crate::geometry::{LOG_ENTRY, RECEIPT_TAG};

/// What the public sees of one cell: 48 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The tag that only the sender can compute.
    pub tag: [u8; RECEIPT_TAG],
    /// The cell's digest.
    pub digest: [u8; 32],
}

impl Entry {
    /// The entry of a cell.
    pub fn of(cell: &SealedCell) -> Self {
        Self {
            tag: cell.receipt_tag(),
            digest: cell.digest(),
        }
    }

    /// `tag 16 | d 32`.
    pub fn to_bytes(self) -> [u8; LOG_ENTRY] {
        let mut bytes = [0; LOG_ENTRY];
        for (to, from) in bytes.iter_mut().zip(self.tag.iter().chain(&self.digest)) {
            *to = *from;
        }
        bytes
    }

    /// Reads an entry from its 48 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let entry = Self {
            tag: *fields.array().ok()?,
            digest: *fields.array().ok()?,
        };
        fields.rest().is_empty().then_some(entry)
    }
}
