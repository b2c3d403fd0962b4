//! C2SP signed notes (<https://c2sp.org/signed-note>) with Ed25519, read under k of n keys.
//!
//! ```text
//! any text, ending in a newline
//!                                            one empty line
//! — name base64( key id 4 | signature 64 )
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::role::Signer;
use crate::sign::{SIGNATURE, SigningKey, Statement, Verified, VerifyingKey};

mod cosignature;

/// A text and the signature lines below it; nothing is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A verifying key under the name it signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey<R: Signer> {
    name: String,
    key: VerifyingKey<R>,
}

impl<R: Signer> NamedKey<R> {
    /// Names a key. `None` for a name that a note cannot carry: empty, or with white space or a plus sign.
    pub fn new(name: &str, key: VerifyingKey<R>) -> Option<Self> {
        valid_name(name).then(|| Self {
            name: name.to_string(),
            key,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub fn key(&self) -> &VerifyingKey<R> {
        &self.key
    }

    /// The C2SP key id: the first 4 bytes of `SHA-256(name | 0x0A | 0x01 | key)`.
    pub fn id(&self) -> [u8; 4] {
        self.id_of(ED25519)
    }

    fn id_of(&self, algorithm: u8) -> [u8; 4] {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update([b'\n', algorithm]);
        hash.update(self.key.to_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, ..] = digest;
        [a, b, c, d]
    }
}

impl Note {
    /// A note nobody has signed.
    ///
    /// # Errors
    /// [`NoteError::Text`] for a text that is empty, does not end in a newline, or holds a control character.
    pub fn unsigned(text: String) -> Result<Self, NoteError> {
        let printable = text.chars().all(|c| c == '\n' || !c.is_control());
        if !text.ends_with('\n') || !printable {
            return Err(NoteError::Text);
        }
        Ok(Self {
            text,
            lines: Vec::new(),
        })
    }

    /// Reads a note of at most [`MAX_NOTE`] bytes with at most [`MAX_SIGNATURES`] signature lines.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLarge);
        }
        let whole = core::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        let (text, signatures) = match whole.rfind("\n\n— ") {
            Some(at) => whole.split_at_checked(at + 1).ok_or(NoteError::Text)?,
            None => (whole, ""),
        };
        let mut note = Self::unsigned(text.to_string())?;
        if signatures.is_empty() {
            return Ok(note);
        }
        let block = signatures.strip_prefix('\n').unwrap_or(signatures);
        let block = block.strip_suffix('\n').ok_or(NoteError::Signature)?;
        for line in block.split('\n') {
            if note.lines.len() == MAX_SIGNATURES {
                return Err(NoteError::TooLarge);
            }
            note.lines.push(Line::parse(line)?);
        }
        Ok(note)
    }

    /// The text, ending in a newline; not checked.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names on the signature lines; not checked.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.name.as_str())
    }

    /// The signature lines as they are written, without their newlines; not checked.
    pub fn signature_lines(&self) -> Vec<String> {
        self.lines.iter().map(Line::to_string).collect()
    }

    /// Adds a signature, in the place of any earlier one by the same name and key.
    ///
    /// # Errors
    /// [`NoteError::Signature`] for a name that a note cannot carry.
    pub fn sign<R: Signer>(&mut self, name: &str, key: &SigningKey<R>) -> Result<(), NoteError> {
        let named = NamedKey::new(name, key.verifying_key()).ok_or(NoteError::Signature)?;
        let id = named.id();
        self.lines.retain(|line| line.name != name || line.id != id);
        self.lines.push(Line {
            name: named.name,
            id,
            signature: key.sign(self.text.as_bytes()).to_vec(),
        });
        Ok(())
    }

    /// Leaves only the signature lines under one of `names`.
    pub fn retain_signers(&mut self, mut names: impl FnMut(&str) -> bool) {
        self.lines.retain(|line| names(&line.name));
    }

    /// Takes over the signature lines of another copy of the same text.
    ///
    /// # Errors
    /// [`NoteError::Text`] when the texts differ.
    pub fn combine(&mut self, other: &Self) -> Result<(), NoteError> {
        if self.text != other.text {
            return Err(NoteError::Text);
        }
        for line in &other.lines {
            if !self.lines.contains(line) {
                self.lines.push(line.clone());
            }
        }
        Ok(())
    }

    /// Which of `keys` signed this text.
    ///
    /// # Errors
    /// [`NoteError::Signature`] when a line claims one of `keys` and its signature is wrong. Lines of unknown keys
    /// are passed over, as C2SP asks.
    pub fn signed_by<'k, R: Signer>(
        &self,
        keys: &'k [NamedKey<R>],
    ) -> Result<Vec<&'k NamedKey<R>>, NoteError> {
        let mut good: Vec<&NamedKey<R>> = Vec::new();
        for line in &self.lines {
            let Some(named) = keys
                .iter()
                .find(|named| named.name == line.name && named.id() == line.id)
            else {
                continue;
            };
            let signature: &[u8; SIGNATURE] = line
                .signature
                .as_slice()
                .try_into()
                .map_err(|_| NoteError::Signature)?;
            if !named.key.accepts(self.text.as_bytes(), signature) {
                return Err(NoteError::Signature);
            }
            if !good.iter().any(|seen| seen.key == named.key) {
                good.push(named);
            }
        }
        Ok(good)
    }

    /// Reads the text as a `T` when at least `threshold` different `keys` signed it (SPEC §2.4).
    ///
    /// # Errors
    /// [`NoteError`], or the statement's own error.
    pub fn verify<T: Statement, R: Signer>(
        &self,
        keys: &[NamedKey<R>],
        threshold: usize,
    ) -> Result<Verified<T>, NoteVerifyError<T::Error>> {
        self.has_signed(keys, threshold)?;
        T::parse(self.text.as_bytes())
            .map(Verified::new)
            .map_err(NoteVerifyError::Statement)
    }

    /// Reads a text that itself names who must sign it: `signers` checks what it claims, and says which keys and how many
    /// of them. It is read once, as text is slow to read, and is nothing before the signatures hold.
    ///
    /// # Errors
    /// [`NoteError`], or the statement's own error.
    pub fn verify_by_its_own<T: Statement, R: Signer>(
        &self,
        signers: impl FnOnce(&T) -> Result<(&[NamedKey<R>], usize), T::Error>,
    ) -> Result<Verified<T>, NoteVerifyError<T::Error>> {
        let claimed = T::parse(self.text.as_bytes()).map_err(NoteVerifyError::Statement)?;
        let (keys, threshold) = signers(&claimed).map_err(NoteVerifyError::Statement)?;
        self.has_signed(keys, threshold)?;
        Ok(Verified::new(claimed))
    }

    fn has_signed<E, R: Signer>(
        &self,
        keys: &[NamedKey<R>],
        needed: usize,
    ) -> Result<(), NoteVerifyError<E>> {
        let good = self.signed_by(keys).map_err(NoteVerifyError::Note)?.len();
        if good < needed || needed == 0 {
            return Err(NoteVerifyError::TooFew { good, needed });
        }
        Ok(())
    }
}

impl core::fmt::Display for Note {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.text)?;
        if !self.lines.is_empty() {
            f.write_char('\n')?;
        }
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl core::fmt::Display for Line {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut blob = self.id.to_vec();
        blob.extend_from_slice(&self.signature);
        write!(f, "— {} {}", self.name, STANDARD.encode(blob))
    }
}

/// Why bytes are not a usable note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Larger than [`MAX_NOTE`] or more than [`MAX_SIGNATURES`] signature lines.
    #[error("the note is too large")]
    TooLarge,
    /// Not UTF-8 text that ends in a newline, or not the same text.
    #[error("the note's text is malformed, or not the text that was signed")]
    Text,
    /// A malformed signature line, or a known key's wrong signature.
    #[error("a signature under the note is malformed or wrong")]
    Signature,
}

/// Why a note was not accepted under k of n keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteVerifyError<E> {
    /// The note itself is wrong.
    #[error("{0}")]
    Note(NoteError),
    /// Fewer good signatures than needed.
    #[error("{good} good signatures where {needed} are needed")]
    TooFew {
        /// Different known keys that signed.
        good: usize,
        /// The threshold.
        needed: usize,
    },
    /// Enough signatures, but the text cannot be read.
    #[error("{0}")]
    Statement(E),
}

impl Line {
    fn parse(line: &str) -> Result<Self, NoteError> {
        let rest = line.strip_prefix("— ").ok_or(NoteError::Signature)?;
        let (name, blob) = rest.split_once(' ').ok_or(NoteError::Signature)?;
        let blob = STANDARD.decode(blob).map_err(|_| NoteError::Signature)?;
        let (id, signature) = blob.split_first_chunk().ok_or(NoteError::Signature)?;
        if !valid_name(name) || signature.is_empty() {
            return Err(NoteError::Signature);
        }
        Ok(Self {
            name: name.to_string(),
            id: *id,
            signature: signature.to_vec(),
        })
    }
}

fn valid_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control())
}

/// The largest note that is read, in bytes.
pub const MAX_NOTE: usize = 4 << 20;
/// The most signature lines that are read.
pub const MAX_SIGNATURES: usize = 1_024;

const ED25519: u8 = 0x01;

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use super::*;
    use crate::role::Authority;

    #[derive(Debug, PartialEq, Eq)]
    struct Text(String);

    impl Statement for Text {
        const DOMAIN: &'static str = "text";
        type Error = core::convert::Infallible;
        fn parse(bytes: &[u8]) -> Result<Self, Self::Error> {
            Ok(Self(String::from_utf8_lossy(bytes).into_owned()))
        }
    }

    fn officers() -> Vec<(SigningKey<Authority>, NamedKey<Authority>)> {
        (1..=3u8)
            .map(|n| {
                let key = SigningKey::from_seed(&[n; 32]);
                let named = NamedKey::new(&format!("officer-{n}"), key.verifying_key()).unwrap();
                (key, named)
            })
            .collect()
    }

    fn keys() -> Vec<NamedKey<Authority>> {
        officers().into_iter().map(|(_, named)| named).collect()
    }

    #[test]
    fn spec_2_4_k_different_officers_must_have_signed() {
        let mut note = Note::unsigned("one\n\ntwo\n".into()).unwrap();
        for (count, (key, named)) in officers().iter().enumerate() {
            let got = note.verify::<Text, _>(&keys(), 2);
            assert_eq!(got.is_ok(), count >= 2, "{count} signatures");
            note.sign(named.name(), key).unwrap();
            note.sign(named.name(), key).unwrap();
        }
        let again = Note::parse(format!("{note}").as_bytes()).unwrap();
        assert_eq!(again, note);
        assert_eq!(
            again.verify::<Text, _>(&keys(), 3).unwrap().0,
            "one\n\ntwo\n"
        );
    }

    #[test]
    fn one_officer_under_two_names_counts_once() {
        let key = SigningKey::<Authority>::from_seed(&[1; 32]);
        let twice: Vec<_> = ["a", "b"]
            .iter()
            .map(|name| NamedKey::new(name, key.verifying_key()).unwrap())
            .collect();
        let mut note = Note::unsigned("text\n".into()).unwrap();
        note.sign("a", &key).unwrap();
        note.sign("b", &key).unwrap();
        assert_eq!(
            note.verify::<Text, _>(&twice, 2),
            Err(NoteVerifyError::TooFew { good: 1, needed: 2 })
        );
    }

    #[test]
    fn a_threshold_of_nobody_accepts_nothing() {
        let note = Note::unsigned("text\n".into()).unwrap();
        assert!(note.verify::<Text, Authority>(&keys(), 0).is_err());
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let mut note = Note::unsigned("version 7\n".into()).unwrap();
        for (key, named) in officers() {
            note.sign(named.name(), &key).unwrap();
        }
        let bytes = format!("{note}").into_bytes();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            let accepted = Note::parse(&flipped)
                .ok()
                .and_then(|n| n.verify::<Text, _>(&keys(), 3).ok());
            assert_eq!(accepted, None, "byte {at}");
        }
    }

    #[test]
    fn copies_signed_apart_are_combined_and_other_texts_are_not() {
        let mut copies: Vec<Note> = officers()
            .iter()
            .map(|(key, named)| {
                let mut copy = Note::unsigned("same\n".into()).unwrap();
                copy.sign(named.name(), key).unwrap();
                copy
            })
            .collect();
        let mut all = copies.pop().unwrap();
        for copy in &copies {
            all.combine(copy).unwrap();
        }
        assert_eq!(all.signed_by(&keys()).unwrap().len(), 3);
        let other = Note::unsigned("other\n".into()).unwrap();
        assert_eq!(all.combine(&other), Err(NoteError::Text));
    }

    #[test]
    fn the_published_example_of_golangs_note_package_verifies() {
        let vkey = STANDARD
            .decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
            .unwrap();
        let key = VerifyingKey::from_bytes(vkey[1..].try_into().unwrap()).unwrap();
        let named = NamedKey::<Authority>::new("PeterNeumann", key).unwrap();
        assert_eq!(named.id(), [0xc7, 0x4f, 0x20, 0xa3]);
        let text = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\
            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note = Note::parse(text.as_bytes()).unwrap();
        assert!(note.verify::<Text, _>(&[named], 1).is_ok());
    }
}
