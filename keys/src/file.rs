//! The bytes of an encrypted key file. A shell reads and writes the file itself, with mode 0600.
//!
//! ```text
//! "brolly/1 key file" 17 | kind 1 | name length 1 | name | public key 32      readable by anybody who has the file
//! Argon2id memory KiB 4 | passes 4 | lanes 4 | salt 16
//! ChaCha20Poly1305( count 2 | count × (label 1 | epoch 4 | secret 32, an issuer's 256) ) | tag 16
//! SHA-256 of all that, first 8 bytes                                          tells damage from a wrong passphrase
//! ```
//!
//! A file in several hands has 128 added to its kind, and behind the public key, in the place of Argon2id's line:
//!
//! ```text
//! set id 16 | threshold 1 | n 1 | n × commitment to a share 32                   readable as well
//! salt 16 | HKDF(key of the set, salt, "commit") 32                                each file has a key of its own
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::share::{COMMITMENT, Set, SharedKey};

use bytes::{Reader, SALT, checksum, cipher, whole};

pub use kind::{Kind, Label};

pub(crate) mod bytes;
mod issuer;
mod kind;

/// An opened key file: everything secret in it is erased when dropped.
pub struct KeyFile {
    header: Header,
    secrets: Vec<Secret>,
}

/// What anybody may know about a key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whose keys.
    pub kind: Kind,
    /// The holder's name in the scheme, at most 64 bytes.
    pub name: String,
    /// The public half of the identity key.
    pub public: [u8; 32],
    /// What opens the file.
    pub lock: Lock,
}

/// What opens a key file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lock {
    /// One passphrase.
    Passphrase,
    /// Shares in several hands.
    Shares(Set),
}

/// How much work a guess at the passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

struct Secret {
    label: Label,
    epoch: u32,
    bytes: Zeroizing<Vec<u8>>,
}

/// Why a key file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another kind of file.
    #[error("this is not a Brolly key file")]
    NotAKeyFile,
    /// A bit was flipped or the end is missing.
    #[error("the key file is damaged: restore it from a back-up")]
    Damaged,
    /// The checksum holds but the passphrase does not open it.
    #[error("wrong passphrase")]
    Passphrase,
    /// It is in several hands.
    #[error(
        "it is unlocked with shares, not with a passphrase: {threshold} of its {shares} share files are needed"
    )]
    InShares {
        /// How many are needed.
        threshold: u8,
        /// How many there are.
        shares: u8,
    },
    /// Shares of another key file, or of this one as it was split another time.
    #[error("these shares belong to another key file, or to this one as it was split another time")]
    OtherShares,
    /// A name over 64 bytes, or more than 65,535 secrets.
    #[error("the key file would be too large")]
    TooLarge,
    /// 32 bytes were put in under [`Label::Issuer`].
    #[error("an issuer's key has 256 bytes: put it in as one")]
    Issuer,
}

impl Cost {
    /// 64 MiB, 3 passes (RFC 9106 §4, second recommendation, on one lane).
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };

    #[cfg(test)]
    pub(crate) const CHEAP: Self = Self {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
}

impl KeyFile {
    /// A file without secrets yet.
    pub fn new(kind: Kind, name: &str, public: [u8; 32]) -> Self {
        Self {
            header: Header {
                kind,
                name: name.to_string(),
                public,
                lock: Lock::Passphrase,
            },
            secrets: Vec::new(),
        }
    }

    /// What anybody may know of it.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Puts a 32-byte secret in, in the place of one with the same label and epoch (0 for those without).
    pub fn insert(&mut self, label: Label, epoch: u32, seed: &[u8; 32]) {
        self.put(label, epoch, seed);
    }

    /// The secret under this label and epoch.
    pub fn secret(&self, label: Label, epoch: u32) -> Option<&[u8; 32]> {
        self.bytes(label, epoch)?.try_into().ok()
    }

    /// The epochs for which a secret under this label is held, ascending.
    pub fn epochs(&self, label: Label) -> Vec<u32> {
        let mut epochs: Vec<u32> = self
            .secrets
            .iter()
            .filter(|s| s.label == label)
            .map(|s| s.epoch)
            .collect();
        epochs.sort_unstable();
        epochs
    }

    /// Erases the secrets under this label of epochs before `first` and says how many went.
    pub fn erase_before(&mut self, label: Label, first: u32) -> usize {
        let before = self.secrets.len();
        self.secrets
            .retain(|s| s.label != label || s.epoch >= first);
        before - self.secrets.len()
    }

    /// The file's bytes under a passphrase. Takes about a second by intent.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] or [`FileError::Issuer`].
    pub fn encrypt(
        &self,
        passphrase: &[u8],
        cost: Cost,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, FileError> {
        let mut out = self.header.encode(&Lock::Passphrase)?;
        out.extend_from_slice(&cost.to_bytes());
        let salt = salt(&mut out, rng);
        let cipher = cipher(passphrase, cost, &salt).ok_or(FileError::Damaged)?;
        self.seal(out, &cipher)
    }

    /// The file's bytes under the key that the shares of a set make.
    ///
    /// # Errors
    /// [`FileError::TooLarge`].
    pub fn encrypt_shared(
        &self,
        key: &SharedKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, FileError> {
        let mut out = self.header.encode(&Lock::Shares(key.set().clone()))?;
        let salt = salt(&mut out, rng);
        let (cipher, commitment) = shared(key, &salt);
        out.extend_from_slice(&commitment);
        self.seal(out, &cipher)
    }

    /// Opens the bytes of a key file that is sealed under a passphrase.
    ///
    /// # Errors
    /// [`FileError`]; nothing is returned in part.
    pub fn decrypt(bytes: &[u8], passphrase: &[u8]) -> Result<Self, FileError> {
        let (header, rest) = Header::split(bytes)?;
        if let Lock::Shares(set) = &header.lock {
            return Err(FileError::InShares {
                threshold: set.threshold(),
                shares: set.shares(),
            });
        }
        let mut reader = Reader(rest);
        let cost = reader.cost().ok_or(FileError::Damaged)?;
        let salt = reader.array().ok_or(FileError::Damaged)?;
        let cipher = cipher(passphrase, cost, salt).ok_or(FileError::Damaged)?;
        Self::unseal(bytes, header, reader.0, &cipher)?.ok_or(FileError::Passphrase)
    }

    /// Opens the bytes of a key file that is in several hands.
    ///
    /// # Errors
    /// [`FileError`]; nothing is returned in part.
    pub fn decrypt_shared(bytes: &[u8], key: &SharedKey) -> Result<Self, FileError> {
        let (header, rest) = Header::split(bytes)?;
        if header.lock != Lock::Shares(key.set().clone()) {
            return Err(FileError::OtherShares);
        }
        let mut reader = Reader(rest);
        let salt = reader.array().ok_or(FileError::Damaged)?;
        let claimed: &[u8; COMMITMENT] = reader.array().ok_or(FileError::Damaged)?;
        let (cipher, commitment) = shared(key, salt);
        if !bool::from(commitment.ct_eq(claimed)) {
            return Err(FileError::OtherShares);
        }
        Self::unseal(bytes, header, reader.0, &cipher)?.ok_or(FileError::Damaged)
    }

    /// Seals the secrets behind what is there already, which they are bound to.
    fn seal(&self, mut out: Vec<u8>, cipher: &ChaCha20Poly1305) -> Result<Vec<u8>, FileError> {
        let count = u16::try_from(self.secrets.len()).map_err(|_| FileError::TooLarge)?;
        // All of it at once: a vector that grows leaves copies behind.
        let secrets = self.secrets.iter();
        let length = secrets.map(|s| HEAD + s.bytes.len()).sum::<usize>();
        let mut plain = Zeroizing::new(Vec::with_capacity(2 + length));
        plain.extend_from_slice(&count.to_be_bytes());
        for secret in &self.secrets {
            if secret.bytes.len() != secret.label.length() {
                return Err(FileError::Issuer);
            }
            plain.push(secret.label.code());
            plain.extend_from_slice(&secret.epoch.to_be_bytes());
            plain.extend_from_slice(&secret.bytes);
        }
        // The salt is fresh, so the key is, so one fixed nonce is used once.
        let sealed = cipher
            .encrypt(
                &Nonce::default(),
                Payload {
                    msg: &plain,
                    aad: &out,
                },
            )
            .map_err(|_| FileError::TooLarge)?;
        out.extend_from_slice(&sealed);
        let sum = checksum(&out);
        out.extend_from_slice(&sum);
        Ok(out)
    }

    /// Opens `sealed`, the end of what the checksum covers; `None` if the cipher does not open it.
    fn unseal(
        bytes: &[u8],
        header: Header,
        sealed: &[u8],
        cipher: &ChaCha20Poly1305,
    ) -> Result<Option<Self>, FileError> {
        let associated = whole(bytes)
            .and_then(|covered| covered.strip_suffix(sealed))
            .ok_or(FileError::Damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: associated,
        };
        let Ok(plain) = cipher.decrypt(&Nonce::default(), payload) else {
            return Ok(None);
        };
        let plain = Zeroizing::new(plain);
        let mut file = Self {
            header,
            secrets: Vec::new(),
        };
        let mut reader = Reader(&plain);
        file.read(&mut reader).ok_or(FileError::Damaged)?;
        if !reader.0.is_empty() {
            return Err(FileError::Damaged);
        }
        Ok(Some(file))
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        for _ in 0..u16::from_be_bytes(*reader.array()?) {
            let label = Label::from_code(reader.byte()?)?;
            let epoch = reader.number()?;
            self.put(label, epoch, reader.take(label.length())?);
        }
        Some(())
    }

    fn put(&mut self, label: Label, epoch: u32, bytes: &[u8]) {
        self.secrets
            .retain(|s| s.label != label || s.epoch != epoch);
        self.secrets.push(Secret {
            label,
            epoch,
            bytes: Zeroizing::new(bytes.to_vec()),
        });
    }

    fn bytes(&self, label: Label, epoch: u32) -> Option<&[u8]> {
        self.secrets
            .iter()
            .find(|s| s.label == label && s.epoch == epoch)
            .map(|s| s.bytes.as_slice())
    }
}

impl Header {
    /// Reads what anybody may know from a key file's bytes, without a passphrase.
    ///
    /// # Errors
    /// [`FileError::NotAKeyFile`] or [`FileError::Damaged`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        Self::split(bytes).map(|(header, _)| header)
    }

    fn split(bytes: &[u8]) -> Result<(Self, &[u8]), FileError> {
        if !bytes.starts_with(MAGIC) {
            return Err(FileError::NotAKeyFile);
        }
        let covered = whole(bytes).ok_or(FileError::Damaged)?;
        let mut reader = Reader(covered.strip_prefix(MAGIC).ok_or(FileError::Damaged)?);
        let header = Self::read(&mut reader).ok_or(FileError::Damaged)?;
        Ok((header, reader.0))
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let code = reader.byte()?;
        let kind = Kind::from_code(code & !IN_SHARES)?;
        let name = reader.text()?.to_string();
        let public = *reader.array()?;
        let mut lock = Lock::Passphrase;
        if code & IN_SHARES != 0 {
            let id = *reader.array()?;
            let (threshold, shares) = (reader.byte()?, reader.byte()?);
            let commitments = (0..shares).map(|_| reader.array().copied());
            lock = Lock::Shares(Set::new(
                id,
                threshold,
                commitments.collect::<Option<_>>()?,
            )?);
        }
        Some(Self {
            kind,
            name,
            public,
            lock,
        })
    }

    fn encode(&self, lock: &Lock) -> Result<Vec<u8>, FileError> {
        let length = u8::try_from(self.name.len())
            .ok()
            .filter(|n| *n <= 64)
            .ok_or(FileError::TooLarge)?;
        let mut out = MAGIC.to_vec();
        out.push(match lock {
            Lock::Passphrase => self.kind.code(),
            Lock::Shares(_) => self.kind.code() | IN_SHARES,
        });
        out.push(length);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&self.public);
        if let Lock::Shares(set) = lock {
            out.extend_from_slice(set.id());
            out.extend_from_slice(&[set.threshold(), set.shares()]);
            out.extend_from_slice(set.commitments().as_flattened());
        }
        Ok(out)
    }
}

/// Draws a salt and appends it.
fn salt(out: &mut Vec<u8>, rng: &mut impl CryptoRng) -> [u8; SALT] {
    let mut salt = [0; SALT];
    rng.fill_bytes(&mut salt);
    out.extend_from_slice(&salt);
    salt
}

/// The cipher of one file under a set's key, and what commits to that key. The key lives longer than the file, which is
/// written anew each week, so each writing has a cipher of its own.
fn shared(key: &SharedKey, salt: &[u8; SALT]) -> (ChaCha20Poly1305, [u8; COMMITMENT]) {
    let hkdf = Hkdf::<Sha256>::new(Some(salt), key.expose());
    let derive = |info: &[u8]| {
        let mut out = Zeroizing::new([0; 32]);
        // 32 bytes are never too many for HKDF.
        let _ = hkdf.expand(info, out.as_mut());
        out
    };
    let cipher = ChaCha20Poly1305::new(&Key::from(*derive(b"brolly/1 shared key file aead")));
    (cipher, *derive(b"brolly/1 shared key file commit"))
}

const MAGIC: &[u8] = b"brolly/1 key file";
const HEAD: usize = 5;
/// Added to the kind of a file that shares open.
const IN_SHARES: u8 = 0x80;

#[cfg(test)]
mod tests;
