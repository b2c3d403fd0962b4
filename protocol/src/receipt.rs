//! The receipt code and everything that derives from it (SPEC §6).
//!
//! ```text
//! code 88 bits = 80 random | 8 checksum        eight words, or eight groups of four digits
//!   └─Argon2id─▶ seed ┬─▶ receipt tag HMAC(HKDF(seed, "receipt"), d)      is what I sent in the log?
//!                     ├─▶ reply key   X-Wing secret HKDF(seed, "reply key")
//!                     └─▶ reply root  HKDF(seed, "reply root" | slot)     where that desk's answers are posted
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Reply;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::geometry::RECEIPT_TAG;
use crate::node::SchemeId;
use crate::report::Slot;

/// Words in a code, and groups of digits.
pub const WORDS: usize = 8;
const CODE: usize = 11;
const RANDOM: usize = 10;

/// What a sender keeps: 80 random bits and 8 of checksum. Erased when dropped; [`Display`](fmt::Display) shows the words.
pub struct ReceiptCode(Zeroizing<[u8; CODE]>);

/// The seed of a code, 32 bytes, erased when dropped.
pub struct Receipt(Zeroizing<[u8; 32]>);

/// The key of a code's receipt tags, erased when dropped.
pub struct Tags(Zeroizing<[u8; 32]>);

/// Why a text is not a receipt code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// Not eight words and not eight groups of digits.
    #[error("a receipt code has {WORDS} words, or {WORDS} groups of four digits; this has {0}")]
    Count(usize),
    /// A word that is not on the list.
    #[error("word {place} is not on the list; did you mean \u{201c}{nearest}\u{201d}?")]
    Word {
        /// Which word, from 1.
        place: usize,
        /// A word of the list that begins most alike.
        nearest: &'static str,
    },
    /// A group of digits over 2047.
    #[error("group {0} is not between 0000 and 2047")]
    Group(usize),
    /// Every word is on the list, but they do not belong together.
    #[error("one of the words is wrong: check them against what you wrote down")]
    Checksum,
}

impl ReceiptCode {
    /// Draws a code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut random = Zeroizing::new([0; RANDOM]);
        rng.fill_bytes(random.as_mut());
        Self::with_checksum(&random)
    }

    /// Reads eight words or eight groups of four digits, apart by spaces or hyphens, in any case.
    ///
    /// # Errors
    /// [`CodeError`]. One wrong word is noticed in 255 of 256 cases at the least.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let text = Zeroizing::new(text.to_lowercase());
        let parts: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || c == '-')
            .filter(|part| !part.is_empty())
            .collect();
        if parts.len() != WORDS {
            return Err(CodeError::Count(parts.len()));
        }
        let list = word_list();
        let mut bits = Bits::default();
        for (at, part) in parts.iter().enumerate() {
            let place = at + 1;
            let index = if part.bytes().all(|b| b.is_ascii_digit()) {
                part.parse()
                    .ok()
                    .filter(|n| usize::from(*n) < list.len())
                    .ok_or(CodeError::Group(place))?
            } else {
                index_of(&list, part).ok_or_else(|| CodeError::Word {
                    place,
                    nearest: nearest(&list, part),
                })?
            };
            bits.push(index);
        }
        let code = Self(Zeroizing::new(bits.bytes));
        let random = code.0.first_chunk().copied().unwrap_or_default();
        if *Self::with_checksum(&random).0 == *code.0 {
            Ok(code)
        } else {
            Err(CodeError::Checksum)
        }
    }

    /// The eight words, apart by spaces.
    pub fn words(&self) -> Zeroizing<String> {
        let list = word_list();
        let words: Vec<&str> = self
            .indices()
            .map(|index| list.get(usize::from(index)).copied().unwrap_or_default())
            .collect();
        Zeroizing::new(words.join(" "))
    }

    /// Eight groups of four digits, apart by hyphens: the same code without a language.
    pub fn digits(&self) -> Zeroizing<String> {
        let groups: Vec<String> = self
            .indices()
            .map(|index| alloc::format!("{index:04}"))
            .collect();
        Zeroizing::new(groups.join("-"))
    }

    /// All words that a code may have: BIP-39's English list.
    pub fn all_words() -> Vec<&'static str> {
        word_list()
    }

    /// Derives the seed: Argon2id(code, "brolly/1 receipt" | scheme, 19 MiB, 2 passes, 1 lane). Takes a noticeable moment.
    ///
    /// # Errors
    /// [`DeriveError`] when the memory cannot be had.
    pub fn receipt(&self, scheme: &SchemeId) -> Result<Receipt, DeriveError> {
        let mut salt = b"brolly/1 receipt".to_vec();
        salt.extend_from_slice(&scheme.0);
        let params = Params::new(19 * 1024, 2, 1, Some(32)).map_err(|_| DeriveError)?;
        let mut seed = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.0.as_ref(), &salt, seed.as_mut())
            .map_err(|_| DeriveError)?;
        Ok(Receipt(seed))
    }

    fn with_checksum(random: &[u8; RANDOM]) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"brolly/1 receipt checksum")
            .chain_update(random)
            .finalize()
            .into();
        let mut code = Zeroizing::new([0; CODE]);
        for (to, from) in code.iter_mut().zip(random.iter().chain(&digest)) {
            *to = *from;
        }
        Self(code)
    }

    fn indices(&self) -> impl Iterator<Item = u16> {
        let mut acc = 0u32;
        let mut held = 0;
        self.0.iter().filter_map(move |byte| {
            acc = (acc << 8 | u32::from(*byte)) & 0x7_ffff;
            held += 8;
            (held >= 11).then(|| {
                held -= 11;
                u16::try_from(acc >> held & 0x7ff).unwrap_or_default()
            })
        })
    }
}

impl fmt::Display for ReceiptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

/// The memory for deriving a receipt's seed could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory to work out the receipt: 19 MiB are needed")]
pub struct DeriveError;

impl Receipt {
    /// The receipt of a seed that was [kept](Self::expose).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*seed))
    }

    /// The seed, for a device that seals the same report again.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A seed that no code gives, for a cell that nobody looks for.
    pub(crate) fn of_nobody(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self(seed)
    }

    /// The tag that stands beside digest `d` in the log if this code's holder sent it.
    pub fn tag(&self, digest: &[u8; 32]) -> [u8; RECEIPT_TAG] {
        self.tags().tag(digest)
    }

    /// What computes [`tag`](Self::tag) for many digests.
    pub fn tags(&self) -> Tags {
        Tags(self.derive(&[b"receipt"]))
    }

    /// The key that answers are sealed to; its public half travels in the body.
    pub fn reply_key(&self) -> SecretKey<Reply> {
        SecretKey::from_seed(&self.derive(&[b"reply key"]))
    }

    /// The root of the tags under which the desk in `slot` posts its answers.
    pub fn reply_root(&self, slot: Slot) -> Zeroizing<[u8; 32]> {
        self.derive(&[b"reply root", &[slot.place()]])
    }

    fn derive(&self, label: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        // 32 bytes are always within HKDF's limit, so the expansion cannot fail.
        let expanded =
            Hkdf::<Sha256>::new(None, self.0.as_ref()).expand_multi_info(label, out.as_mut());
        debug_assert!(expanded.is_ok());
        out
    }
}

impl Tags {
    /// The tag that stands beside digest `d` in the log if the code's holder sent it.
    pub fn tag(&self, digest: &[u8; 32]) -> [u8; RECEIPT_TAG] {
        // HMAC takes a key of any length, so there is no error to handle.
        let tag: [u8; 32] = Hmac::<Sha256>::new_from_slice(self.0.as_ref())
            .map(|mac| mac.chain_update(digest).finalize().into_bytes().into())
            .unwrap_or_default();
        tag.first_chunk().copied().unwrap_or_default()
    }
}

#[derive(Default)]
struct Bits {
    bytes: [u8; CODE],
    at: usize,
}

impl Bits {
    fn push(&mut self, index: u16) {
        for bit in (0..11).rev() {
            if index >> bit & 1 == 1
                && let Some(byte) = self.bytes.get_mut(self.at / 8)
            {
                *byte |= 0x80 >> (self.at % 8);
            }
            self.at += 1;
        }
    }
}

/// BIP-39's English list: 2,048 words, of which the first four letters tell each apart.
fn word_list() -> Vec<&'static str> {
    include_str!("words/english.txt").lines().collect()
}

fn index_of(list: &[&str], word: &str) -> Option<u16> {
    list.binary_search(&word)
        .ok()
        .and_then(|index| u16::try_from(index).ok())
}

fn nearest(list: &[&'static str], word: &str) -> &'static str {
    list.iter()
        .min_by_key(|candidate| distance(candidate, word))
        .copied()
        .unwrap_or_default()
}

/// Levenshtein's distance; a word longer than 24 letters counts as its first 24.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(24).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = *cell;
            left = substituted.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

impl fmt::Debug for ReceiptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReceiptCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn code(seed: u64) -> ReceiptCode {
        ReceiptCode::generate(&mut ChaCha20Rng::seed_from_u64(seed))
    }

    #[test]
    fn spec_6_1_words_and_digits_both_name_the_code() {
        for seed in 0..200 {
            let code = code(seed);
            for text in [code.words(), code.digits()] {
                assert_eq!(*ReceiptCode::parse(&text).unwrap().0, *code.0);
            }
            let shouted = code.words().to_uppercase().replace(' ', " - ");
            assert_eq!(*ReceiptCode::parse(&shouted).unwrap().0, *code.0);
        }
    }

    #[test]
    fn spec_6_1_a_receipt_code_with_one_wrong_word_is_noticed() {
        let list = word_list();
        let good = code(1);
        let words: Vec<String> = good.words().split(' ').map(String::from).collect();
        let mut tried = 0;
        let mut unnoticed = 0;
        for place in 0..WORDS {
            for other in list.iter().step_by(7).filter(|w| **w != words[place]) {
                let mut wrong = words.clone();
                wrong[place] = (*other).to_string();
                tried += 1;
                unnoticed += usize::from(ReceiptCode::parse(&wrong.join(" ")).is_ok());
            }
        }
        assert!(unnoticed * 128 < tried, "{unnoticed} of {tried}");
        let mut wrong = words.clone();
        wrong[2] = if wrong[2] == "zoo" { "abandon" } else { "zoo" }.to_string();
        assert_eq!(
            ReceiptCode::parse(&wrong.join(" ")).unwrap_err(),
            CodeError::Checksum
        );
    }

    #[test]
    fn a_slip_of_the_pen_is_answered_with_the_nearest_word() {
        let text = code(1).words();
        let mut words: Vec<&str> = text.split(' ').collect();
        words[4] = "umbrela";
        assert_eq!(
            ReceiptCode::parse(&words.join(" ")).unwrap_err(),
            CodeError::Word {
                place: 5,
                nearest: "umbrella"
            }
        );
        assert_eq!(
            ReceiptCode::parse("one two").unwrap_err(),
            CodeError::Count(2)
        );
        let group = "0000 0000 0000 0000 0000 0000 0000 2048";
        assert_eq!(ReceiptCode::parse(group).unwrap_err(), CodeError::Group(8));
    }

    #[test]
    fn spec_6_2_tags_keys_and_roots_depend_on_code_scheme_and_purpose() {
        let scheme = SchemeId([1; 32]);
        let receipt = code(1).receipt(&scheme).unwrap();
        let again = ReceiptCode::parse(&code(1).words())
            .unwrap()
            .receipt(&scheme)
            .unwrap();
        assert_eq!(receipt.tag(&[7; 32]), again.tag(&[7; 32]));
        assert_eq!(receipt.reply_key().public(), again.reply_key().public());

        let elsewhere = code(1).receipt(&SchemeId([2; 32])).unwrap();
        let other = code(2).receipt(&scheme).unwrap();
        assert_ne!(receipt.tag(&[7; 32]), receipt.tag(&[8; 32]));
        assert_ne!(receipt.tag(&[7; 32]), elsewhere.tag(&[7; 32]));
        assert_ne!(receipt.tag(&[7; 32]), other.tag(&[7; 32]));
        assert_ne!(
            receipt.reply_root(Slot::Scheme),
            receipt.reply_root(Slot::Police)
        );
    }

    #[test]
    fn the_list_is_bip_39s() {
        let digest: [u8; 32] = Sha256::digest(include_str!("words/english.txt")).into();
        let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
        );
        assert!(word_list().is_sorted());
    }

    #[test]
    fn a_code_is_not_printed_by_accident() {
        assert_eq!(format!("{:?}", code(1)), "ReceiptCode(…)");
    }
}
