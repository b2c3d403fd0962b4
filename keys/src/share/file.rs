//! The bytes of a share file: one share of the key of a key file, sealed under its holder's own passphrase.
//!
//! ```text
//! "brolly/1 key share" 18 | kind 1 | name length 1 | name | public key 32      the key file it belongs to
//! set id 16 | threshold 1 | n 1 | number 1 | holder length 1 | holder          readable by anybody who has the file
//! Argon2id memory KiB 4 | passes 4 | lanes 4 | salt 16
//! ChaCha20Poly1305( share 32 ) | tag 16
//! SHA-256 of all that, first 8 bytes                                           tells damage from a wrong passphrase
//! ```
//!
//! What the share must be is in the key file, as a commitment: see [`Set::join`](super::Set::join).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use chacha20poly1305::Nonce;
use chacha20poly1305::aead::{Aead, Payload};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{KEY, SetId, Share, SharedKey, possible};
use crate::file::bytes::{Reader, SALT, checksum, cipher, whole};
use crate::file::{Cost, Header, Kind, Lock};

/// What anybody may know of a share file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareHeader {
    /// Whose keys the key file holds.
    pub kind: Kind,
    /// Whose keys, by name.
    pub name: String,
    /// The public half of the identity key in the key file.
    pub public: [u8; 32],
    /// The set that the share is of.
    pub set: SetId,
    /// How many shares are needed.
    pub threshold: u8,
    /// How many there are.
    pub shares: u8,
    /// Which one this is, from 1.
    pub number: u8,
    /// Who keeps it, at most 64 bytes; may be empty.
    pub holder: String,
}

/// Why a share file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareFileError {
    /// Another kind of file.
    #[error("this is not a share of a Brolly key file")]
    NotAShare,
    /// A bit was flipped or the end is missing.
    #[error(
        "the share is damaged: restore it from its holder's back-up, or take another holder's share"
    )]
    Damaged,
    /// The checksum holds but the passphrase does not open it.
    #[error("wrong passphrase: it is the one that the holder of this share chose")]
    Passphrase,
    /// A name over 64 bytes.
    #[error("the name of the holder has more than 64 bytes")]
    TooLarge,
}

impl ShareHeader {
    /// The header of `share` of the key file that `file` is the header of.
    pub fn new(file: &Header, key: &SharedKey, share: &Share, holder: &str) -> Self {
        Self {
            kind: file.kind,
            name: file.name.clone(),
            public: file.public,
            set: *key.set().id(),
            threshold: key.set().threshold(),
            shares: key.set().shares(),
            number: share.number(),
            holder: holder.to_string(),
        }
    }

    /// Reads what anybody may know from a share file's bytes, without a passphrase.
    ///
    /// # Errors
    /// [`ShareFileError::NotAShare`] or [`ShareFileError::Damaged`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ShareFileError> {
        Self::split(bytes).map(|(header, _)| header)
    }

    /// Whether it is a share of the key that seals the key file with this header.
    pub fn belongs_to(&self, file: &Header) -> bool {
        let Lock::Shares(set) = &file.lock else {
            return false;
        };
        *set.id() == self.set
            && set.threshold() == self.threshold
            && set.shares() == self.shares
            && file.kind == self.kind
            && file.name == self.name
            && file.public == self.public
    }

    fn split(bytes: &[u8]) -> Result<(Self, &[u8]), ShareFileError> {
        if !bytes.starts_with(MAGIC) {
            return Err(ShareFileError::NotAShare);
        }
        let rest = whole(bytes).and_then(|covered| covered.strip_prefix(MAGIC));
        let mut reader = Reader(rest.ok_or(ShareFileError::Damaged)?);
        let header = Self::read(&mut reader).ok_or(ShareFileError::Damaged)?;
        Ok((header, reader.0))
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let header = Self {
            kind: Kind::from_code(reader.byte()?)?,
            name: reader.text()?.to_string(),
            public: *reader.array()?,
            set: *reader.array()?,
            threshold: reader.byte()?,
            shares: reader.byte()?,
            number: reader.byte()?,
            holder: reader.text()?.to_string(),
        };
        let numbered = (1..=header.shares).contains(&header.number);
        (numbered && possible(header.threshold, header.shares)).then_some(header)
    }

    fn encode(&self) -> Option<Vec<u8>> {
        let length = |text: &str| u8::try_from(text.len()).ok().filter(|n| *n <= 64);
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&[self.kind.code(), length(&self.name)?]);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&self.public);
        out.extend_from_slice(&self.set);
        out.extend_from_slice(&[self.threshold, self.shares, self.number]);
        out.push(length(&self.holder)?);
        out.extend_from_slice(self.holder.as_bytes());
        Some(out)
    }
}

impl Share {
    /// The bytes of its share file under the holder's passphrase. Takes about a second by intent.
    ///
    /// # Errors
    /// [`ShareFileError::TooLarge`].
    pub fn encrypt(
        &self,
        header: &ShareHeader,
        passphrase: &[u8],
        cost: Cost,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, ShareFileError> {
        let mut out = header.encode().ok_or(ShareFileError::TooLarge)?;
        out.extend_from_slice(&cost.to_bytes());
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        out.extend_from_slice(&salt);
        // The salt is fresh, so the key is, so one fixed nonce is used once.
        let sealed = cipher(passphrase, cost, &salt)
            .ok_or(ShareFileError::Damaged)?
            .encrypt(
                &Nonce::default(),
                Payload {
                    msg: self.value.as_ref(),
                    aad: &out,
                },
            )
            .map_err(|_| ShareFileError::TooLarge)?;
        out.extend_from_slice(&sealed);
        let sum = checksum(&out);
        out.extend_from_slice(&sum);
        Ok(out)
    }

    /// Opens the bytes of a share file.
    ///
    /// # Errors
    /// [`ShareFileError`].
    pub fn decrypt(bytes: &[u8], passphrase: &[u8]) -> Result<Self, ShareFileError> {
        let (header, rest) = ShareHeader::split(bytes)?;
        let mut reader = Reader(rest);
        let cost = reader.cost().ok_or(ShareFileError::Damaged)?;
        let salt = reader.array().ok_or(ShareFileError::Damaged)?;
        let sealed = reader.0;
        let associated = whole(bytes)
            .and_then(|covered| covered.strip_suffix(sealed))
            .ok_or(ShareFileError::Damaged)?;
        let plain = cipher(passphrase, cost, salt)
            .ok_or(ShareFileError::Damaged)?
            .decrypt(
                &Nonce::default(),
                Payload {
                    msg: sealed,
                    aad: associated,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| ShareFileError::Passphrase)?;
        let value: &[u8; KEY] = plain
            .as_slice()
            .try_into()
            .map_err(|_| ShareFileError::Damaged)?;
        Ok(Self {
            number: header.number,
            value: Zeroizing::new(*value),
        })
    }
}

const MAGIC: &[u8] = b"brolly/1 key share";

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::file::KeyFile;
    use crate::share::split;

    const CHEAP: Cost = Cost::CHEAP;

    struct Made {
        file: Header,
        header: ShareHeader,
        share: Share,
        bytes: Vec<u8>,
    }

    fn made() -> Made {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (key, shares) = split(2, 3, &mut rng).unwrap();
        let file = KeyFile::new(Kind::Desk, "police", [5; 32]);
        let bytes = file.encrypt_shared(&key, &mut rng).unwrap();
        let file = Header::parse(&bytes).unwrap();
        let share = shares.into_iter().nth(1).unwrap();
        let header = ShareHeader::new(&file, &key, &share, "Ada");
        let bytes = share
            .encrypt(&header, b"umbrella", CHEAP, &mut rng)
            .unwrap();
        Made {
            file,
            header,
            share,
            bytes,
        }
    }

    #[test]
    fn spec_2_9_a_share_opens_with_its_holders_passphrase_and_no_other() {
        let made = made();
        let opened = Share::decrypt(&made.bytes, b"umbrella").unwrap();
        assert_eq!(opened.value, made.share.value);
        assert_eq!(opened.number(), 2);
        let wrong = Share::decrypt(&made.bytes, b"parasol").err();
        assert_eq!(wrong, Some(ShareFileError::Passphrase));
    }

    #[test]
    fn spec_2_9_the_header_says_whose_share_of_what_it_is_and_no_byte_of_the_share() {
        let made = made();
        let header = ShareHeader::parse(&made.bytes).unwrap();
        assert_eq!(header, made.header);
        assert_eq!((header.number, header.holder.as_str()), (2, "Ada"));
        assert!(header.belongs_to(&made.file));
        let value = made.share.value.as_slice();
        assert!(
            !made
                .bytes
                .windows(8)
                .any(|run| value.windows(8).any(|v| v == run))
        );
        let others = [
            ShareHeader {
                set: [0; 16],
                ..header.clone()
            },
            ShareHeader {
                threshold: 3,
                ..header.clone()
            },
            ShareHeader {
                shares: 4,
                ..header.clone()
            },
            ShareHeader {
                name: "scheme".to_string(),
                ..header.clone()
            },
            ShareHeader {
                kind: Kind::Officer,
                ..header.clone()
            },
            ShareHeader {
                public: [6; 32],
                ..header
            },
        ];
        assert!(others.iter().all(|other| !other.belongs_to(&made.file)));
    }

    #[test]
    fn spec_2_9_a_flipped_byte_or_a_missing_end_of_a_share_is_damage() {
        let good = made().bytes;
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 0x20;
            let want = match at < MAGIC.len() {
                true => ShareFileError::NotAShare,
                false => ShareFileError::Damaged,
            };
            assert_eq!(Share::decrypt(&flipped, b"umbrella").err(), Some(want));
            let want = match at < MAGIC.len() {
                true => ShareFileError::NotAShare,
                false => ShareFileError::Damaged,
            };
            assert_eq!(ShareHeader::parse(&good[..at]).err(), Some(want));
        }
    }

    #[test]
    fn a_header_that_was_changed_with_its_checksum_opens_nothing() {
        let good = made().bytes;
        let at = MAGIC.len() + 2 + "police".len() + 32 + 16 + 2;
        let mut bad = good[..good.len() - 8].to_vec();
        assert_eq!(bad[at], 2);
        bad[at] = 3;
        let sum = checksum(&bad);
        bad.extend_from_slice(&sum);
        assert_eq!(ShareHeader::parse(&bad).unwrap().number, 3);
        let refused = Share::decrypt(&bad, b"umbrella").err();
        assert_eq!(refused, Some(ShareFileError::Passphrase));
    }

    #[test]
    fn a_holder_with_too_long_a_name_is_refused() {
        let made = made();
        let header = ShareHeader {
            holder: "a".repeat(65),
            ..made.header
        };
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let refused = made.share.encrypt(&header, b"umbrella", CHEAP, &mut rng);
        assert_eq!(refused.err(), Some(ShareFileError::TooLarge));
    }
}
