//! A file of one size under a passphrase, which is written anew as often as its owner likes (SPEC §16.4, §16.8).
//!
//! ```text
//! "brolly/1 vault\n" 15 | Argon2id memory KiB 4 | passes 4 | lanes 4 | salt 16
//! nonce 12 | ChaCha20Poly1305( text ) | tag 16                 the nonce is drawn for each writing
//! SHA-256 of all that, first 8 bytes                           tells damage from a wrong passphrase
//! ```
//!
//! Before a passphrase was chosen the three numbers are 0 and what follows them is noise: the same bytes in number.

use alloc::vec::Vec;

use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, Payload};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::file::Cost;
use crate::file::bytes::{CHECKSUM, Reader, SALT, checksum, cipher, whole};

/// Bytes that a vault has beside its text.
pub const OVERHEAD: usize = HEAD + NONCE + TAG + CHECKSUM;

/// The key of one vault, which takes about a second to work out.
pub struct Vault {
    head: [u8; HEAD],
    cipher: ChaCha20Poly1305,
}

/// Why a vault does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Another kind of file, or a bit was flipped or the end is missing.
    #[error("the vault is damaged: restore it from a back-up, or remove it and lose what is in it")]
    Damaged,
    /// It is as it was made.
    #[error("no passphrase was chosen for the vault yet")]
    Unchosen,
    /// The checksum holds but the passphrase does not open it.
    #[error("wrong passphrase")]
    Passphrase,
    /// It was opened with its passphrase, and has another since.
    #[error("the vault was replaced in the meantime: start again")]
    Replaced,
}

impl Vault {
    /// Draws the key of a new vault. Takes about a second by intent.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] if the memory for it cannot be had.
    pub fn create(
        passphrase: &[u8],
        cost: Cost,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, VaultError> {
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        Self::derive(passphrase, cost, &salt)
    }

    /// Works out the key of a vault from its bytes, and gives its text too.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unlock(
        bytes: &[u8],
        passphrase: &[u8],
    ) -> Result<(Self, Zeroizing<Vec<u8>>), VaultError> {
        if !has_passphrase(bytes)? {
            return Err(VaultError::Unchosen);
        }
        let mut reader = Reader(bytes.get(MAGIC.len()..).ok_or(VaultError::Damaged)?);
        let cost = reader.cost().ok_or(VaultError::Damaged)?;
        let salt = reader.array().ok_or(VaultError::Damaged)?;
        let vault = Self::derive(passphrase, cost, salt)?;
        let text = vault.open(bytes)?;
        Ok((vault, text))
    }

    /// Gives the text of the same vault as it was written last.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open(&self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let covered = whole(bytes).ok_or(VaultError::Damaged)?;
        let mut reader = Reader(covered);
        let head: &[u8; HEAD] = reader.array().ok_or(VaultError::Damaged)?;
        if *head != self.head {
            return Err(VaultError::Replaced);
        }
        let nonce: &[u8; NONCE] = reader.array().ok_or(VaultError::Damaged)?;
        let sealed = Payload {
            msg: reader.0,
            aad: head,
        };
        let text = self.cipher.decrypt(&(*nonce).into(), sealed);
        text.map(Zeroizing::new).map_err(|_| VaultError::Passphrase)
    }

    /// The bytes of the vault with this text: [`OVERHEAD`] more, and none of them as before.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] for a text of 256 GiB and more.
    pub fn seal(&self, text: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let text = Payload {
            msg: text,
            aad: &self.head,
        };
        let sealed = self.cipher.encrypt(&nonce.into(), text);
        let sealed = sealed.map_err(|_| VaultError::Damaged)?;
        let mut bytes = Vec::with_capacity(HEAD + NONCE + sealed.len() + CHECKSUM);
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        bytes.extend_from_slice(&checksum(&bytes));
        Ok(bytes)
    }

    fn derive(passphrase: &[u8], cost: Cost, salt: &[u8; SALT]) -> Result<Self, VaultError> {
        let mut head = [0; HEAD];
        let parts = [MAGIC, &cost.to_bytes(), salt];
        for (to, from) in head.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        let cipher = cipher(passphrase, cost, salt).ok_or(VaultError::Damaged)?;
        Ok(Self { head, cipher })
    }
}

/// The bytes of a vault for a text of `length` bytes, before anybody chose its passphrase.
pub fn unchosen(length: usize, rng: &mut impl CryptoRng) -> Vec<u8> {
    let mut bytes = [MAGIC, &NO_COST].concat();
    let cost = bytes.len();
    bytes.resize(length + OVERHEAD - CHECKSUM, 0);
    if let Some(rest) = bytes.get_mut(cost..) {
        rng.fill_bytes(rest);
    }
    bytes.extend_from_slice(&checksum(&bytes));
    bytes
}

/// Whether a passphrase was chosen for the vault with these bytes.
///
/// # Errors
/// [`VaultError::Damaged`].
pub fn has_passphrase(bytes: &[u8]) -> Result<bool, VaultError> {
    let covered = whole(bytes).ok_or(VaultError::Damaged)?;
    let rest = covered.strip_prefix(MAGIC).ok_or(VaultError::Damaged)?;
    let cost = rest.get(..COST).ok_or(VaultError::Damaged)?;
    Ok(cost != NO_COST)
}

const MAGIC: &[u8] = b"brolly/1 vault\n";
const COST: usize = 12;
const NO_COST: [u8; COST] = [0; COST];
const HEAD: usize = MAGIC.len() + COST + SALT;
const NONCE: usize = 12;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const TEXT: &[u8] = b"what she wrote, and where it goes";

    fn made() -> (Vault, Vec<u8>, ChaCha20Rng) {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let vault = Vault::create(b"umbrella", Cost::CHEAP, &mut rng).unwrap();
        let bytes = vault.seal(TEXT, &mut rng).unwrap();
        (vault, bytes, rng)
    }

    #[test]
    fn a_vault_opens_with_its_passphrase_and_with_no_other() {
        let (vault, bytes, _) = made();
        assert_eq!(bytes.len(), TEXT.len() + OVERHEAD);
        assert_eq!(vault.open(&bytes).unwrap().as_slice(), TEXT);
        let (_, text) = Vault::unlock(&bytes, b"umbrella").unwrap();
        assert_eq!(text.as_slice(), TEXT);
        let wrong = Vault::unlock(&bytes, b"parasol").map(|_| ());
        assert_eq!(wrong, Err(VaultError::Passphrase));
    }

    #[test]
    fn every_writing_has_a_nonce_of_its_own_and_the_same_length() {
        let (vault, first, mut rng) = made();
        let second = vault.seal(TEXT, &mut rng).unwrap();
        assert_eq!(first.len(), second.len());
        assert_eq!(first[..HEAD], second[..HEAD]);
        let same = first[HEAD..].iter().zip(&second[HEAD..]);
        let same = same.filter(|(a, b)| a == b).count();
        assert!(same < 8, "{same} bytes stand where they stood");
        assert_eq!(vault.open(&second).unwrap().as_slice(), TEXT);
    }

    #[test]
    fn a_vault_without_a_passphrase_has_the_size_of_one_with_and_opens_with_none() {
        let (_, bytes, mut rng) = made();
        let empty = unchosen(TEXT.len(), &mut rng);
        assert_eq!(empty.len(), bytes.len());
        assert_eq!(has_passphrase(&empty), Ok(false));
        assert_eq!(has_passphrase(&bytes), Ok(true));
        let refused = Vault::unlock(&empty, b"").map(|_| ());
        assert_eq!(refused, Err(VaultError::Unchosen));
    }

    #[test]
    fn a_vault_that_was_changed_cut_or_exchanged_is_told_from_a_wrong_passphrase() {
        let (vault, bytes, mut rng) = made();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let refused = Vault::unlock(&changed, b"umbrella").map(|_| ());
            assert_eq!(refused, Err(VaultError::Damaged), "byte {at}");
            let cut = Vault::unlock(&bytes[..at], b"umbrella").map(|_| ());
            assert_eq!(cut, Err(VaultError::Damaged), "{at} bytes");
        }
        let other = Vault::create(b"umbrella", Cost::CHEAP, &mut rng).unwrap();
        let other = other.seal(TEXT, &mut rng).unwrap();
        assert_eq!(vault.open(&other).map(|_| ()), Err(VaultError::Replaced));
    }
}
