//! A key in several hands: any `threshold` of its shares make it again, fewer tell nothing of it (Shamir 1979).
//!
//! ```text
//!  split ──▶ SharedKey  K 32, drawn at random ──▶ seals the key file
//!    │         └── Set  id 16 | threshold | SHA-256("brolly/1 key share" | id | x | y) of every share, in the clear
//!    └─────▶ Share x=1 … Share x=n   y 32 each ──▶ share files, one for each holder
//!
//!  Set::join(shares) ──▶ SharedKey, or the number of the share that is wrong
//! ```
//!
//! Byte by byte: a random polynomial of degree `threshold - 1` over GF(2^8) is K at 0 and a share at 1, 2, … n.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

mod field;
pub mod file;

/// What anybody may know of a set of shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    id: SetId,
    threshold: u8,
    commitments: Vec<[u8; COMMITMENT]>,
}

/// The key that the shares of a set make, 32 bytes; erased when dropped.
pub struct SharedKey {
    set: Set,
    key: Zeroizing<[u8; KEY]>,
}

/// One share of a key, 32 bytes; erased when dropped.
pub struct Share {
    number: u8,
    value: Zeroizing<[u8; KEY]>,
}

/// The name of a set: 16 random bytes.
pub type SetId = [u8; SET_ID];

/// A number of shares that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "there can be 2 to {MAX_SHARES} shares, and at least 2 of them and at most all must be needed"
)]
pub struct SplitError;

/// Why shares do not make their key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// A number over that of the shares there are.
    #[error("there is no share {0} in this set")]
    NoSuchShare(u8),
    /// The same share again.
    #[error("share {0} was given twice")]
    Twice(u8),
    /// Not what was handed out under this number.
    #[error("share {0} is not the one that was made when the key was split")]
    Wrong(u8),
    /// Under the threshold.
    #[error("{missing} more of the shares are needed")]
    TooFew {
        /// How many.
        missing: u8,
    },
}

/// Draws a key and `shares` shares of it, of which any `threshold` make it again.
///
/// # Errors
/// [`SplitError`] unless 2 ≤ `threshold` ≤ `shares` ≤ [`MAX_SHARES`].
pub fn split(
    threshold: u8,
    shares: u8,
    rng: &mut impl CryptoRng,
) -> Result<(SharedKey, Vec<Share>), SplitError> {
    if !possible(threshold, shares) {
        return Err(SplitError);
    }
    let mut id = [0; SET_ID];
    rng.fill_bytes(&mut id);
    // Coefficients of x^0, the key, to x^(threshold - 1).
    let coefficients: Vec<Zeroizing<[u8; KEY]>> = (0..threshold)
        .map(|_| {
            let mut drawn = Zeroizing::new([0; KEY]);
            rng.fill_bytes(drawn.as_mut());
            drawn
        })
        .collect();
    let made: Vec<Share> = (1..=shares)
        .map(|number| Share {
            number,
            value: evaluate(&coefficients, number),
        })
        .collect();
    let set = Set {
        id,
        threshold,
        commitments: made.iter().map(|share| share.commitment(&id)).collect(),
    };
    let key = coefficients.into_iter().next().ok_or(SplitError)?;
    Ok((SharedKey { set, key }, made))
}

impl Set {
    /// A set as it stands in a key file; `None` if there can be none like it.
    pub(crate) fn new(
        id: SetId,
        threshold: u8,
        commitments: Vec<[u8; COMMITMENT]>,
    ) -> Option<Self> {
        let shares = u8::try_from(commitments.len()).ok()?;
        possible(threshold, shares).then_some(Self {
            id,
            threshold,
            commitments,
        })
    }

    /// Its name.
    pub fn id(&self) -> &SetId {
        &self.id
    }

    /// How many shares are needed.
    pub fn threshold(&self) -> u8 {
        self.threshold
    }

    /// How many shares there are.
    pub fn shares(&self) -> u8 {
        // There are at most 16 by construction.
        u8::try_from(self.commitments.len()).unwrap_or(u8::MAX)
    }

    pub(crate) fn commitments(&self) -> &[[u8; COMMITMENT]] {
        &self.commitments
    }

    /// Makes the key from at least as many shares as are needed; more are checked as well.
    ///
    /// # Errors
    /// [`JoinError`], which names the share that is wrong.
    pub fn join(&self, shares: &[Share]) -> Result<SharedKey, JoinError> {
        let mut seen: Vec<u8> = Vec::new();
        for share in shares {
            let number = share.number;
            let commitment = usize::from(number)
                .checked_sub(1)
                .and_then(|at| self.commitments.get(at))
                .ok_or(JoinError::NoSuchShare(number))?;
            if seen.contains(&number) {
                return Err(JoinError::Twice(number));
            }
            if share.commitment(&self.id) != *commitment {
                return Err(JoinError::Wrong(number));
            }
            seen.push(number);
        }
        let needed = usize::from(self.threshold);
        let Some(enough) = shares.get(..needed) else {
            let missing = needed.saturating_sub(shares.len());
            let missing = u8::try_from(missing).unwrap_or(u8::MAX);
            return Err(JoinError::TooFew { missing });
        };
        let points: Vec<(u8, &[u8; KEY])> = enough
            .iter()
            .map(|share| (share.number, &*share.value))
            .collect();
        Ok(SharedKey {
            set: self.clone(),
            key: interpolate(&points),
        })
    }
}

impl SharedKey {
    /// The set whose shares make it.
    pub fn set(&self) -> &Set {
        &self.set
    }

    pub(crate) fn expose(&self) -> &[u8; KEY] {
        &self.key
    }
}

impl Share {
    /// Its number, from 1.
    pub fn number(&self) -> u8 {
        self.number
    }

    fn commitment(&self, set: &SetId) -> [u8; COMMITMENT] {
        let mut hash = Sha256::new();
        hash.update(b"brolly/1 key share");
        hash.update(set);
        hash.update([self.number]);
        hash.update(self.value.as_ref());
        hash.finalize().into()
    }
}

pub(crate) fn possible(threshold: u8, shares: u8) -> bool {
    (2..=MAX_SHARES).contains(&shares) && (2..=shares).contains(&threshold)
}

/// The polynomial with these coefficients at `x`, byte by byte.
fn evaluate(coefficients: &[Zeroizing<[u8; KEY]>], x: u8) -> Zeroizing<[u8; KEY]> {
    let mut value = Zeroizing::new([0; KEY]);
    for coefficient in coefficients.iter().rev() {
        for (to, add) in value.iter_mut().zip(coefficient.iter()) {
            *to = field::multiply(*to, x) ^ add;
        }
    }
    value
}

/// The value at 0 of the one polynomial of least degree through these points, whose x are different and not 0.
fn interpolate<const N: usize>(points: &[(u8, &[u8; N])]) -> Zeroizing<[u8; N]> {
    let mut value = Zeroizing::new([0; N]);
    for (x, y) in points {
        let weight = points
            .iter()
            .filter(|(other, _)| other != x)
            .fold(1, |weight, (other, _)| {
                let fraction = field::multiply(*other, field::invert(other ^ x));
                field::multiply(weight, fraction)
            });
        for (to, y) in value.iter_mut().zip(y.iter()) {
            *to ^= field::multiply(*y, weight);
        }
    }
    value
}

/// The most shares of one key.
pub const MAX_SHARES: u8 = 16;
pub(crate) const SET_ID: usize = 16;
pub(crate) const COMMITMENT: usize = 32;
const KEY: usize = 32;

#[cfg(test)]
mod tests;
