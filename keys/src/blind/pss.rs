//! EMSA-PSS-ENCODE (RFC 8017 §9.1.1) with SHA-384 and MGF1-SHA-384.

use alloc::vec::Vec;

use sha2::{Digest, Sha384};
use zeroize::Zeroizing;

/// Bytes of a SHA-384 digest, and of the salt of RSABSSA-SHA384-PSS-Deterministic.
pub(super) const SALT: usize = 48;

/// Encodes a message for a modulus of `bits` bits. `None` when the modulus is too small for this salt.
///
/// What is returned links a token to the request that it came from, so it is erased when dropped.
pub(super) fn encode(message: &[u8], salt: &[u8], bits: usize) -> Option<Zeroizing<Vec<u8>>> {
    let bits = bits.checked_sub(1)?;
    let length = bits.div_ceil(8);
    let padding = length.checked_sub(DIGEST + salt.len() + 2)?;
    let digest = Sha384::new()
        .chain_update([0; 8])
        .chain_update(Sha384::digest(message))
        .chain_update(salt)
        .finalize();

    let mut encoded = Zeroizing::new(Vec::with_capacity(length));
    encoded.resize(padding, 0);
    encoded.push(1);
    encoded.extend_from_slice(salt);
    mask(&mut encoded, &digest);
    if let Some(first) = encoded.first_mut() {
        *first &= 0xff >> (8 * length - bits);
    }
    encoded.extend_from_slice(&digest);
    encoded.push(0xbc);
    Some(encoded)
}

/// Xors MGF1 of `seed` over `bytes` (RFC 8017 §B.2.1).
fn mask(bytes: &mut [u8], seed: &[u8]) {
    for (counter, block) in (0u32..).zip(bytes.chunks_mut(DIGEST)) {
        let stream = Sha384::new()
            .chain_update(seed)
            .chain_update(counter.to_be_bytes())
            .finalize();
        for (byte, mask) in block.iter_mut().zip(stream) {
            *byte ^= mask;
        }
    }
}

const DIGEST: usize = 48;
