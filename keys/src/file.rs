//! The bytes of an encrypted key file. A shell reads and writes the file itself, with mode 0600.
//!
//! ```text
//! "brolly/1 key file" 17 | kind 1 | name length 1 | name | public key 32      readable by anybody who has the file
//! Argon2id memory KiB 4 | passes 4 | lanes 4 | salt 16
//! ChaCha20Poly1305( count 2 | count × (label 1 | epoch 4 | secret 32, an issuer's 256) ) | tag 16
//! SHA-256 of all that, first 8 bytes                                          tells damage from a wrong passphrase
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::blind::PRIMES;

mod issuer;

/// Whose keys a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An officer of the umbrella organisation.
    Officer,
    /// A relay.
    Relay,
    /// The inbox.
    Inbox,
    /// A desk.
    Desk,
}

/// What a secret in a key file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label {
    /// Ed25519: who the holder is in the directory and on TLS.
    Identity,
    /// Ed25519: the inbox signs its logs' checkpoints with it.
    Log,
    /// Ed25519: a relay cosigns checkpoints with it.
    Witness,
    /// X-Wing: a desk's key of the week that `epoch` names.
    Week,
    /// ChaCha20Poly1305: a desk's casebook is sealed under it.
    Casebook,
    /// The members' root: what alerts are sealed under derives from it.
    Members,
    /// RSA: an issuer's two primes for the period that `epoch` names. 256 bytes, see [`KeyFile::insert_issuer`].
    Issuer,
}

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
}

impl KeyFile {
    /// A file without secrets yet.
    pub fn new(kind: Kind, name: &str, public: [u8; 32]) -> Self {
        Self {
            header: Header {
                kind,
                name: name.to_string(),
                public,
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
        let mut out = self.header.encode().ok_or(FileError::TooLarge)?;
        for number in [cost.memory_kib, cost.passes, cost.lanes] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        out.extend_from_slice(&salt);

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
        let sealed = cipher(passphrase, cost, &salt)?
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

    /// Opens the bytes of a key file.
    ///
    /// # Errors
    /// [`FileError`]; nothing is returned in part.
    pub fn decrypt(bytes: &[u8], passphrase: &[u8]) -> Result<Self, FileError> {
        let (header, rest) = Header::split(bytes)?;
        let mut reader = Reader(rest);
        let cost = Cost {
            memory_kib: reader.number()?,
            passes: reader.number()?,
            lanes: reader.number()?,
        };
        let salt: &[u8; SALT] = reader.array()?;
        let sealed = reader.0;
        let associated = bytes
            .get(..bytes.len() - CHECKSUM - sealed.len())
            .ok_or(FileError::Damaged)?;
        let plain = cipher(passphrase, cost, salt)?
            .decrypt(
                &Nonce::default(),
                Payload {
                    msg: sealed,
                    aad: associated,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| FileError::Passphrase)?;

        let mut reader = Reader(&plain);
        let mut file = Self {
            header,
            secrets: Vec::new(),
        };
        let count: &[u8; 2] = reader.array()?;
        for _ in 0..u16::from_be_bytes(*count) {
            let [code] = *reader.array()?;
            let label = Label::from_code(code).ok_or(FileError::Damaged)?;
            let epoch = reader.number()?;
            file.put(label, epoch, reader.take(label.length())?);
        }
        if !reader.0.is_empty() {
            return Err(FileError::Damaged);
        }
        Ok(file)
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
        let rest = bytes.strip_prefix(MAGIC).ok_or(FileError::NotAKeyFile)?;
        let (covered, sum) = bytes
            .split_last_chunk::<CHECKSUM>()
            .ok_or(FileError::Damaged)?;
        if checksum(covered) != *sum || rest.len() < CHECKSUM {
            return Err(FileError::Damaged);
        }
        let mut reader = Reader(rest.get(..rest.len() - CHECKSUM).unwrap_or_default());
        let [code] = *reader.array()?;
        let kind = Kind::from_code(code).ok_or(FileError::Damaged)?;
        let [length] = *reader.array()?;
        let name = reader.take(usize::from(length))?;
        let name = core::str::from_utf8(name).map_err(|_| FileError::Damaged)?;
        let header = Self {
            kind,
            name: name.to_string(),
            public: *reader.array()?,
        };
        Ok((header, reader.0))
    }

    fn encode(&self) -> Option<Vec<u8>> {
        let length = u8::try_from(self.name.len()).ok().filter(|n| *n <= 64)?;
        let mut out = MAGIC.to_vec();
        out.push(self.kind.code());
        out.push(length);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&self.public);
        Some(out)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Officer => "officer",
            Self::Relay => "relay",
            Self::Inbox => "inbox",
            Self::Desk => "desk",
        })
    }
}

impl Kind {
    const ALL: [Self; 4] = [Self::Officer, Self::Relay, Self::Inbox, Self::Desk];

    fn code(self) -> u8 {
        match self {
            Self::Officer => 1,
            Self::Relay => 2,
            Self::Inbox => 3,
            Self::Desk => 4,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Label {
    const ALL: [Self; 7] = [
        Self::Identity,
        Self::Log,
        Self::Witness,
        Self::Week,
        Self::Casebook,
        Self::Members,
        Self::Issuer,
    ];

    fn code(self) -> u8 {
        match self {
            Self::Identity => 1,
            Self::Log => 2,
            Self::Witness => 3,
            Self::Week => 4,
            Self::Casebook => 5,
            Self::Members => 6,
            Self::Issuer => 7,
        }
    }

    fn length(self) -> usize {
        if self == Self::Issuer { PRIMES } else { 32 }
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.code() == code)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], FileError> {
        let (head, tail) = self.0.split_first_chunk().ok_or(FileError::Damaged)?;
        self.0 = tail;
        Ok(head)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], FileError> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(FileError::Damaged)?;
        self.0 = tail;
        Ok(head)
    }

    fn number(&mut self) -> Result<u32, FileError> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }
}

fn cipher(passphrase: &[u8], cost: Cost, salt: &[u8; SALT]) -> Result<ChaCha20Poly1305, FileError> {
    if cost.memory_kib > MAX_MEMORY_KIB || cost.passes > MAX_PASSES || cost.lanes > MAX_LANES {
        return Err(FileError::Damaged);
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| FileError::Damaged)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, key.as_mut())
        .map_err(|_| FileError::Damaged)?;
    Ok(ChaCha20Poly1305::new(&Key::from(*key)))
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    digest.first_chunk().copied().unwrap_or_default()
}

const MAGIC: &[u8] = b"brolly/1 key file";
const SALT: usize = 16;
const HEAD: usize = 5;
const CHECKSUM: usize = 8;
// A file from elsewhere must not be able to take all memory before it is refused.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;
    use std::vec;

    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    fn file() -> KeyFile {
        let mut file = KeyFile::new(Kind::Desk, "police", [5; 32]);
        file.insert(Label::Identity, 0, &[1; 32]);
        file.insert(Label::Week, 2900, &[2; 32]);
        file.insert(Label::Week, 2901, &[3; 32]);
        file
    }

    fn bytes() -> Vec<u8> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        file().encrypt(b"umbrella", CHEAP, &mut rng).unwrap()
    }

    #[test]
    fn spec_2_6_a_key_file_opens_with_its_passphrase_and_no_other() {
        let opened = KeyFile::decrypt(&bytes(), b"umbrella").unwrap();
        assert_eq!(opened.header(), file().header());
        assert_eq!(opened.secret(Label::Week, 2901), Some(&[3; 32]));
        assert_eq!(opened.epochs(Label::Week), vec![2900, 2901]);
        let wrong = KeyFile::decrypt(&bytes(), b"parasol");
        assert_eq!(wrong.err(), Some(FileError::Passphrase));
    }

    #[test]
    fn spec_2_6_a_flipped_byte_or_a_missing_end_is_damage_and_is_refused() {
        let good = bytes();
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 0x20;
            let want = if at < MAGIC.len() {
                FileError::NotAKeyFile
            } else {
                FileError::Damaged
            };
            assert_eq!(KeyFile::decrypt(&flipped, b"umbrella").err(), Some(want));
            let cut = KeyFile::decrypt(&good[..at], b"umbrella");
            assert!(matches!(
                cut.err(),
                Some(FileError::Damaged | FileError::NotAKeyFile)
            ));
        }
    }

    #[test]
    fn the_header_is_read_without_a_passphrase_and_holds_no_secret() {
        let bytes = bytes();
        let header = Header::parse(&bytes).unwrap();
        assert_eq!((header.kind, header.name.as_str()), (Kind::Desk, "police"));
        for secret in [[1u8; 32], [2; 32], [3; 32]] {
            assert!(!bytes.windows(32).any(|w| w == secret));
        }
    }

    #[test]
    fn a_cost_that_would_take_all_memory_is_refused_before_it_is_paid() {
        let greedy = Cost {
            memory_kib: MAX_MEMORY_KIB + 1,
            ..CHEAP
        };
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let got = file().encrypt(b"umbrella", greedy, &mut rng);
        assert_eq!(got.err(), Some(FileError::Damaged));
    }

    #[test]
    fn expired_weeks_are_gone_from_the_file() {
        let mut file = file();
        assert_eq!(file.erase_before(Label::Week, 2901), 1);
        assert_eq!(file.secret(Label::Week, 2900), None);
        assert!(file.secret(Label::Identity, 0).is_some());
    }
}
