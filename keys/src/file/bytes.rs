//! What key files and share files have in common: fields one after another, Argon2id, and a checksum at the end.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::KeyInit;
use chacha20poly1305::{ChaCha20Poly1305, Key};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Cost;

/// Takes fields off the front; `None` is the end of the bytes.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| *byte)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// Text of at most 255 bytes behind its length.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.byte()?;
        core::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    pub(crate) fn cost(&mut self) -> Option<Cost> {
        Some(Cost {
            memory_kib: self.number()?,
            passes: self.number()?,
            lanes: self.number()?,
        })
    }
}

impl Cost {
    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let numbers = [self.memory_kib, self.passes, self.lanes];
        for (to, number) in bytes.chunks_exact_mut(4).zip(numbers) {
            to.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }
}

/// The cipher under a passphrase; `None` if the cost is none that would be paid.
pub(crate) fn cipher(passphrase: &[u8], cost: Cost, salt: &[u8; SALT]) -> Option<ChaCha20Poly1305> {
    if cost.memory_kib > MAX_MEMORY_KIB || cost.passes > MAX_PASSES || cost.lanes > MAX_LANES {
        return None;
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, key.as_mut())
        .ok()?;
    Some(ChaCha20Poly1305::new(&Key::from(*key)))
}

pub(crate) fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// What stands before a checksum that holds.
pub(crate) fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let (covered, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
    (checksum(covered) == *sum).then_some(covered)
}

pub(crate) const SALT: usize = 16;
pub(crate) const CHECKSUM: usize = 8;
// A file from elsewhere must not be able to take all memory before it is refused.
pub(crate) const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;
