//! Timestamped cosignatures, cosignature/v1 of C2SP tlog-cosignature (<https://c2sp.org/tlog-cosignature>).
//!
//! ```text
//! line    = — name base64( key id 4 | time 8 | signature 64 )
//! signed  = "cosignature/v1\n" "time " seconds since 1970 "\n" the note's text
//! ```

use alloc::vec::Vec;

use super::{Line, NamedKey, Note, NoteError};
use crate::role::Witness;
use crate::sign::SigningKey;

impl NamedKey<Witness> {
    /// The id of its cosignatures: the first 4 bytes of `SHA-256(name | 0x0A | 0x04 | key)`.
    pub fn cosigner_id(&self) -> [u8; 4] {
        self.id_of(COSIGNATURE)
    }
}

impl Note {
    /// Adds a cosignature/v1 (C2SP tlog-cosignature) of time `time`, in seconds since 1970, in the place of any earlier
    /// one by the same name and key.
    ///
    /// # Errors
    /// [`NoteError::Signature`] for a name that a note cannot carry.
    pub fn cosign(
        &mut self,
        name: &str,
        key: &SigningKey<Witness>,
        time: u64,
    ) -> Result<(), NoteError> {
        let named = NamedKey::new(name, key.verifying_key()).ok_or(NoteError::Signature)?;
        let id = named.cosigner_id();
        self.lines.retain(|line| line.name != name || line.id != id);
        let mut signature = time.to_be_bytes().to_vec();
        signature.extend_from_slice(&key.sign(&cosigned(&self.text, time)));
        self.lines.push(Line {
            name: named.name,
            id,
            signature,
        });
        Ok(())
    }

    /// Which of `keys` cosigned this text, and when, in seconds since 1970.
    ///
    /// # Errors
    /// [`NoteError::Signature`] when a line claims one of `keys` and its cosignature is wrong. Lines of unknown keys are
    /// passed over.
    pub fn cosigned_by<'k>(
        &self,
        keys: &'k [NamedKey<Witness>],
    ) -> Result<Vec<(&'k NamedKey<Witness>, u64)>, NoteError> {
        let mut good: Vec<(&NamedKey<Witness>, u64)> = Vec::new();
        for line in &self.lines {
            let Some(named) = keys
                .iter()
                .find(|named| named.name == line.name && named.cosigner_id() == line.id)
            else {
                continue;
            };
            let (time, signature) = line
                .signature
                .split_first_chunk()
                .ok_or(NoteError::Signature)?;
            let signature = signature.try_into().map_err(|_| NoteError::Signature)?;
            let time = u64::from_be_bytes(*time);
            // C2SP: at most 2^63 - 1.
            if time >> 63 != 0 || !named.key.accepts(&cosigned(&self.text, time), signature) {
                return Err(NoteError::Signature);
            }
            if !good.iter().any(|(seen, _)| seen.key == named.key) {
                good.push((named, time));
            }
        }
        Ok(good)
    }
}

fn cosigned(text: &str, time: u64) -> Vec<u8> {
    alloc::format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

const COSIGNATURE: u8 = 0x04;

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn witness(n: u8) -> (SigningKey<Witness>, NamedKey<Witness>) {
        let key = SigningKey::from_seed(&[n; 32]);
        let named = NamedKey::new(&format!("witness-{n}"), key.verifying_key()).unwrap();
        (key, named)
    }

    #[test]
    fn spec_13_5_a_cosignature_is_over_the_text_and_its_time() {
        let (key, named) = witness(1);
        let (_, stranger) = witness(2);
        let mut note = Note::unsigned("a log\n7\nroot\n".into()).unwrap();
        note.cosign("witness-1", &key, 1_700_000_000).unwrap();
        let bytes = format!("{note}").into_bytes();
        let read = Note::parse(&bytes).unwrap();
        let keys = [stranger, named];
        let good = read.cosigned_by(&keys).unwrap();
        assert_eq!(good, [(&keys[1], 1_700_000_000)]);
        assert_eq!(
            read.signed_by(&keys),
            Ok(Vec::new()),
            "it is no plain signature"
        );
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            let accepted = Note::parse(&flipped)
                .ok()
                .and_then(|note| note.cosigned_by(&keys).ok().map(|good| good.len()));
            assert_ne!(accepted, Some(1), "byte {at}");
        }
    }

    #[test]
    fn a_witness_counts_once_and_its_newest_time_stays() {
        let (key, named) = witness(1);
        let mut note = Note::unsigned("text\n".into()).unwrap();
        note.cosign("witness-1", &key, 5).unwrap();
        note.cosign("witness-1", &key, 6).unwrap();
        let keys = [named];
        assert_eq!(note.cosigned_by(&keys).unwrap(), [(&keys[0], 6)]);
        assert!(note.cosign("two words", &key, 7).is_err());
        note.cosign("witness-1", &key, 1 << 63).unwrap();
        assert_eq!(note.cosigned_by(&keys), Err(NoteError::Signature));
    }
}
