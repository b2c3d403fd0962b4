//! Blind signatures: RFC 9474, variant RSABSSA-SHA384-PSS-Deterministic, RSA-2048, e = 65537 (SPEC §2.8).
//!
//! ```text
//!  asker                                            issuer
//!  message ─PSS, salt 48─▶ m ─ m·r^e ─▶ blinded 256 ──▶ blind_sign ─ (m·r^e)^d ─┐
//!  signature 256 ◀─ verified ◀─ ·r⁻¹ ◀──────────────── blind signature 256 ◀────┘
//! ```
//!
//! For every signature and every blinding there is one r that joins them, so that the issuer cannot tell which of its
//! answers became which token.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, PrivateKey, PublicKey};
use sha2::{Digest, Sha256, Sha384};
use zeroize::Zeroizing;

mod pss;

/// Bytes of a modulus, a blinded message, a blind signature and a signature.
pub const MODULUS: usize = 256;
/// Bytes of an issuer's secret: its two primes, 128 each.
pub const PRIMES: usize = MODULUS;

/// An issuer's RSA secret key.
///
/// RUSTSEC-2023-0071 ("Marvin") is about private operations whose time tells of a number that the attacker chose. Here
/// every private operation on somebody else's number gets fresh blinding of the base, of both exponents and of both
/// CRT moduli from the caller's generator, and there is no padding of a decryption that an answer could tell about.
///
/// The key is erased when dropped, as far as the `rsa` crate goes: what it computes on the way (the primes' Montgomery
/// parameters, its working copies while a key is read) it leaves to the allocator. Who images the memory of a running
/// issuer has its key of the month in any case, and with it can forge tokens, but links none that were issued.
pub struct IssuerSecret(PrivateKey);

/// An issuer's public key: a modulus of 2,048 bits.
#[derive(Clone)]
pub struct IssuerKey {
    key: PublicKey,
    modulus: [u8; MODULUS],
    id: [u8; 4],
}

/// What undoes one blinding. Used once, erased when dropped: it links a signature to the request it came from.
pub struct Unblind(Zeroizing<BoxedUint>);

/// Why there is no key or no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlindError {
    /// An even modulus, or one whose top bit is not set.
    #[error("an issuer's key is an odd number of exactly 2,048 bits")]
    Modulus,
    /// Not two different primes of 1,024 bits whose product has 2,048, each usable with e = 65537.
    #[error("these bytes are not the two primes of an issuer's key: restore it from a back-up")]
    Primes,
    /// A number that is not below the modulus.
    #[error("the blinded message or signature is too large for this issuer's key")]
    Range,
    /// The message shares a factor with the modulus: the key was made to tell askers apart.
    #[error("this issuer's key must not be used: its factors show")]
    Factor,
    /// The generator repeats itself or gives only what cannot be used.
    #[error("the source of randomness is broken")]
    Random,
    /// The signature that came back is not the issuer's over this message.
    #[error("the issuer's answer is not a signature of its key")]
    Signature,
    /// The private operation did not survive being checked: a fault of the machine.
    #[error("signing went wrong: check the machine's memory and processor")]
    Fault,
}

impl IssuerSecret {
    /// Draws a new key. Takes a second or so.
    ///
    /// # Errors
    /// [`BlindError::Primes`], which does not happen with a generator that works.
    pub fn generate(rng: &mut impl CryptoRng) -> Result<Self, BlindError> {
        let key = PrivateKey::new(rng, 8 * MODULUS).map_err(|_| BlindError::Primes)?;
        Self::checked(key)
    }

    /// The key of two primes, `p 128 | q 128`.
    ///
    /// # Errors
    /// [`BlindError::Primes`].
    pub fn from_primes(primes: &[u8; PRIMES]) -> Result<Self, BlindError> {
        let (p, q) = primes.split_at(PRIMES / 2);
        let prime = |half| BoxedUint::from_be_slice(half, BITS / 2).map_err(|_| BlindError::Primes);
        PrivateKey::from_p_q(prime(p)?, prime(q)?, E.into())
            .map_err(|_| BlindError::Primes)
            .and_then(Self::checked)
    }

    /// The two primes, `p 128 | q 128`, for a key file; erased when dropped.
    pub fn primes(&self) -> Zeroizing<[u8; PRIMES]> {
        let mut primes = Zeroizing::new([0; PRIMES]);
        for (half, prime) in primes
            .chunks_exact_mut(PRIMES / 2)
            .zip(PrivateKeyParts::primes(&self.0))
        {
            let bytes = Zeroizing::new(prime.to_be_bytes());
            for (to, from) in half.iter_mut().rev().zip(bytes.iter().rev()) {
                *to = *from;
            }
        }
        primes
    }

    /// The public half.
    pub fn public(&self) -> IssuerKey {
        // A key of this type was checked to have a modulus of this length.
        let modulus = array(&self.0.n().to_be_bytes()).unwrap_or([0; MODULUS]);
        IssuerKey::of(self.0.to_public_key(), modulus)
    }

    /// Signs a blinded message, whatever it hides, and checks the result before it leaves (a fault in half of the
    /// computation would give away the key).
    ///
    /// # Errors
    /// [`BlindError::Range`] or [`BlindError::Fault`].
    pub fn blind_sign(
        &self,
        blinded: &[u8; MODULUS],
        rng: &mut impl CryptoRng,
    ) -> Result<[u8; MODULUS], BlindError> {
        array(&sign(&self.0, blinded, rng)?).ok_or(BlindError::Fault)
    }

    /// Refuses what is no key of this size, or does not sign. The file that primes come from is authenticated, so what
    /// this has to notice is a wrong number, not a chosen one: for a composite, x^(de) = x fails but for base-2
    /// pseudoprimes.
    fn checked(key: PrivateKey) -> Result<Self, BlindError> {
        if key.n().bit_width() != BITS {
            return Err(BlindError::Primes);
        }
        let two = BoxedUint::from_be_slice(&[2], BITS).map_err(|_| BlindError::Primes)?;
        rsa_decrypt_and_check(&key, None::<&mut dyn CryptoRng>, &two)
            .map(|_| Self(key))
            .map_err(|_| BlindError::Primes)
    }
}

impl IssuerKey {
    /// Reads a key from its modulus.
    ///
    /// # Errors
    /// [`BlindError::Modulus`].
    pub fn from_modulus(modulus: &[u8; MODULUS]) -> Result<Self, BlindError> {
        let n = BoxedUint::from_be_slice(modulus, BITS).map_err(|_| BlindError::Modulus)?;
        if n.bit_width() != BITS {
            return Err(BlindError::Modulus);
        }
        PublicKey::new(n, E.into())
            .map(|key| Self::of(key, *modulus))
            .map_err(|_| BlindError::Modulus)
    }

    /// The modulus, 256 bytes.
    pub fn modulus(&self) -> &[u8; MODULUS] {
        &self.modulus
    }

    /// The first 4 bytes of SHA-256 of `"brolly/1 issuer key" | modulus`: how a token names the key that it is under.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// Blinds a message for the issuer. The message must hold something that nobody can guess.
    ///
    /// # Errors
    /// [`BlindError::Factor`] for a key that was made to tell askers apart, or [`BlindError::Random`].
    pub fn blind(
        &self,
        message: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<([u8; MODULUS], Unblind), BlindError> {
        let mut salt = Zeroizing::new([0; pss::SALT]);
        rng.fill_bytes(salt.as_mut());
        let encoded =
            pss::encode(message, salt.as_ref(), 8 * MODULUS).ok_or(BlindError::Modulus)?;
        let (blinded, inverse) = blind(&self.key, &encoded, rng)?;
        Ok((array(&blinded).ok_or(BlindError::Range)?, Unblind(inverse)))
    }

    /// Makes the signature over `message` from what the issuer answered, and verifies it.
    ///
    /// # Errors
    /// [`BlindError::Range`] or [`BlindError::Signature`].
    pub fn finalize(
        &self,
        message: &[u8],
        blind_signature: &[u8; MODULUS],
        unblind: Unblind,
    ) -> Result<[u8; MODULUS], BlindError> {
        let signature = finish(&self.key, blind_signature, &unblind.0)?;
        array(&signature)
            .filter(|signature| self.verify(message, signature))
            .ok_or(BlindError::Signature)
    }

    /// Whether this is the issuer's signature over `message`: RSASSA-PSS with SHA-384 and a salt of 48.
    pub fn verify(&self, message: &[u8], signature: &[u8; MODULUS]) -> bool {
        self.key.pss_verify::<Sha384>(message, signature).is_ok()
    }

    fn of(key: PublicKey, modulus: [u8; MODULUS]) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"brolly/1 issuer key")
            .chain_update(modulus)
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        Self {
            key,
            modulus,
            id: [a, b, c, d],
        }
    }
}

impl PartialEq for IssuerKey {
    fn eq(&self, other: &Self) -> bool {
        self.modulus == other.modulus
    }
}

impl Eq for IssuerKey {}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.id;
        write!(f, "IssuerKey({a:02x}{b:02x}{c:02x}{d:02x})")
    }
}

// The three operations of RFC 9474 §4, for a modulus of any size: the RFC's own numbers have 4,096 bits.

/// `m · r^e` and `r⁻¹`, with r drawn here (RFC 9474 §4.2).
fn blind(
    key: &PublicKey,
    encoded: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<(Vec<u8>, Zeroizing<BoxedUint>), BlindError> {
    let mut bytes = Zeroizing::new(alloc::vec![0; key.size()]);
    for _ in 0..DRAWS {
        rng.fill_bytes(&mut bytes);
        let Ok(r) = number(key, &bytes).map(Zeroizing::new) else {
            continue;
        };
        if let Some(inverse) = r.invert_mod(key.n()).into_option().map(Zeroizing::new) {
            return Ok((blind_with(key, encoded, &r)?, inverse));
        }
    }
    Err(BlindError::Random)
}

fn blind_with(key: &PublicKey, encoded: &[u8], r: &BoxedUint) -> Result<Vec<u8>, BlindError> {
    let m = Zeroizing::new(number(key, encoded)?);
    // A factor in common with n would show in the blinded message and again in the token.
    if m.invert_mod(key.n()).is_none().to_bool() {
        return Err(BlindError::Factor);
    }
    let mask = rsa_encrypt(key, r)
        .map(Zeroizing::new)
        .map_err(|_| BlindError::Range)?;
    Ok(m.mul_mod(&mask, key.n()).to_be_bytes().into_vec())
}

/// RFC 9474 §4.3, with the check that it asks for.
fn sign(key: &PrivateKey, blinded: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, BlindError> {
    let blinded = number(key, blinded)?;
    rsa_decrypt_and_check(key, Some(rng), &blinded)
        .map(|signature| signature.to_be_bytes().into_vec())
        .map_err(|_| BlindError::Fault)
}

/// RFC 9474 §4.4 without its verification, which the caller does.
fn finish(
    key: &PublicKey,
    blind_signature: &[u8],
    inverse: &BoxedUint,
) -> Result<Vec<u8>, BlindError> {
    let z = number(key, blind_signature)?;
    Ok(z.mul_mod(inverse, key.n()).to_be_bytes().into_vec())
}

/// A number below the modulus, in the modulus's width.
fn number(key: &impl PublicKeyParts, bytes: &[u8]) -> Result<BoxedUint, BlindError> {
    BoxedUint::from_be_slice(bytes, key.n_bits_precision())
        .ok()
        .filter(|number| number < key.n().as_ref())
        .ok_or(BlindError::Range)
}

fn array(bytes: &[u8]) -> Option<[u8; MODULUS]> {
    bytes.try_into().ok()
}

const E: u64 = 65_537;
/// Bits of a modulus.
const BITS: u32 = 2_048;
/// Each draw is below the modulus with a chance of a half at least.
const DRAWS: usize = 128;

#[cfg(test)]
mod tests;
