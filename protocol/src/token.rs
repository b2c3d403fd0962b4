//! Admission tokens: the right to post once, signed blind, so that who gives it cannot know it again (SPEC §5.4).
//!
//! ```text
//! token  = issuer key id 4 │ nonce 32 │ signature 256
//! signed = "brolly/1 token" │ scheme 32 │ place 16 │ period 4 │ nonce 32
//! ```
//!
//! The place is the entry relay or the inbox where it is to be spent, the period the number of the issuer key's month.

use alloc::vec::Vec;

use brolly_keys::blind::MODULUS;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::geometry::{KEY_ID, SPENT_TAG, TOKEN, TOKEN_NONCE};
use crate::node::{NodeId, SchemeId};

pub mod period;
pub mod project;
pub mod request;

pub use period::IssuerPeriod;

/// A token as it is spent: 292 bytes, not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// [`brolly_keys::blind::IssuerKey::id`] of the key it claims to be under.
    pub key: [u8; KEY_ID],
    /// Drawn by whoever asked for it.
    pub nonce: [u8; TOKEN_NONCE],
    /// The issuer's signature.
    pub signature: [u8; MODULUS],
}

/// A token that is good here and now, unless it was spent before. Only [`Token::verify`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spendable {
    tag: [u8; SPENT_TAG],
    period: u32,
}

/// Why a token pays for nothing. Its sender is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It names another issuer key.
    #[error("the token is under another issuer key")]
    Key,
    /// Forged, changed, or for another scheme, place or period.
    #[error("the token is not signed for this scheme, place and period")]
    Signature,
}

impl Token {
    /// Splits the 292 bytes; nothing is checked yet.
    pub fn from_bytes(bytes: &[u8; TOKEN]) -> Self {
        let mut token = Self {
            key: [0; KEY_ID],
            nonce: [0; TOKEN_NONCE],
            signature: [0; MODULUS],
        };
        let parts = token.key.iter_mut().chain(&mut token.nonce);
        for (to, from) in parts.chain(&mut token.signature).zip(bytes) {
            *to = *from;
        }
        token
    }

    /// The 292 bytes.
    pub fn to_bytes(&self) -> [u8; TOKEN] {
        let mut bytes = [0; TOKEN];
        let parts = self.key.iter().chain(&self.nonce).chain(&self.signature);
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = *from;
        }
        bytes
    }

    /// What its place would remember of it if it were good, to be looked up before the signature is checked.
    pub fn tag(&self) -> [u8; SPENT_TAG] {
        spent_tag(&self.key, &self.nonce)
    }

    /// Checks that the issuer signed this token for `place` and its period. Whether it was spent, and whether the period
    /// is one of now ([`period::accept`]), the caller asks.
    ///
    /// # Errors
    /// [`TokenError`], for counters alone.
    pub fn verify(
        &self,
        scheme: SchemeId,
        place: NodeId,
        issuer: &IssuerPeriod,
    ) -> Result<Spendable, TokenError> {
        if self.key != issuer.key.id() {
            return Err(TokenError::Key);
        }
        let message = message(scheme, place, issuer.period, &self.nonce);
        if !issuer.key.verify(&message, &self.signature) {
            return Err(TokenError::Signature);
        }
        Ok(Spendable {
            tag: self.tag(),
            period: issuer.period,
        })
    }
}

impl Spendable {
    /// What the place of spending remembers: 16 bytes of SHA-256 of `"brolly/1 spent" | key id | nonce`. One signature
    /// more over the same message is the same token.
    pub fn tag(&self) -> [u8; SPENT_TAG] {
        self.tag
    }

    /// The period after whose end the tag may be forgotten.
    pub fn period(&self) -> u32 {
        self.period
    }
}

fn spent_tag(key: &[u8; KEY_ID], nonce: &[u8; TOKEN_NONCE]) -> [u8; SPENT_TAG] {
    cut(Sha256::new()
        .chain_update(b"brolly/1 spent")
        .chain_update(key)
        .chain_update(nonce))
}

/// What the issuer signs without seeing it.
fn message(scheme: SchemeId, place: NodeId, period: u32, nonce: &[u8; TOKEN_NONCE]) -> Vec<u8> {
    [
        b"brolly/1 token".as_slice(),
        &scheme.0,
        &place.0,
        &period.to_be_bytes(),
        nonce,
    ]
    .concat()
}

fn draw_nonce(rng: &mut impl CryptoRng) -> [u8; TOKEN_NONCE] {
    let mut nonce = [0; TOKEN_NONCE];
    rng.fill_bytes(&mut nonce);
    nonce
}

/// The first bytes of a digest.
fn cut<const N: usize>(digest: Sha256) -> [u8; N] {
    let digest: [u8; 32] = digest.finalize().into();
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(digest) {
        *to = from;
    }
    first
}

#[cfg(test)]
mod tests;
