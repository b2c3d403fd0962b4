//! Exact encoding: bounded, one encoding a value, no byte left over (SPEC §3.2).
//!
//! Everything on the wire stands at fixed offsets and is read with [`Fields`]. bincode (its `legacy` configuration) is
//! for the padded record inside a sealed body and for records at rest.

use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why bytes are not the record they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Not a record of this type, or larger than its limit.
    #[error("the record is malformed or too large")]
    Malformed,
    /// A record, and bytes after it.
    #[error("the record has {0} bytes left over")]
    LeftOver(usize),
}

/// Encodes a record.
///
/// # Errors
/// [`CodecError::Malformed`] for a type that bincode cannot carry.
pub fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, CodecError> {
    bincode::serde::encode_to_vec(record, bincode::config::legacy())
        .map_err(|_| CodecError::Malformed)
}

/// Decodes a record of at most `LIMIT` bytes that fills `bytes` exactly.
///
/// # Errors
/// [`CodecError`].
pub fn decode<T: DeserializeOwned, const LIMIT: usize>(bytes: &[u8]) -> Result<T, CodecError> {
    let config = bincode::config::legacy().with_limit::<LIMIT>();
    let (record, used) =
        bincode::serde::decode_from_slice(bytes, config).map_err(|_| CodecError::Malformed)?;
    match bytes.len().saturating_sub(used) {
        0 => Ok(record),
        left => Err(CodecError::LeftOver(left)),
    }
}

/// Reads fields of fixed length from the front of a message.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(&'a [u8]);

/// A message shorter than its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is too short")]
pub struct TooShort;

impl<'a> Fields<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`TooShort`].
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], TooShort> {
        let (head, tail) = self.0.split_first_chunk().ok_or(TooShort)?;
        self.0 = tail;
        Ok(head)
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// [`TooShort`].
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], TooShort> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(TooShort)?;
        self.0 = tail;
        Ok(head)
    }

    /// A big-endian number of 4 bytes.
    ///
    /// # Errors
    /// [`TooShort`].
    pub fn number(&mut self) -> Result<u32, TooShort> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// What is left.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec;

    use super::*;

    #[test]
    fn spec_3_2_bytes_left_over_are_refused() {
        let mut bytes = encode(&(7u32, String::from("words"))).unwrap();
        assert_eq!(
            decode::<(u32, String), 64>(&bytes),
            Ok((7, String::from("words")))
        );
        bytes.push(0);
        assert_eq!(
            decode::<(u32, String), 64>(&bytes),
            Err(CodecError::LeftOver(1))
        );
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        let mut bytes = vec![0xff; 8];
        bytes.extend_from_slice(b"short");
        assert_eq!(decode::<String, 64>(&bytes), Err(CodecError::Malformed));
        let long = encode(&String::from_utf8(vec![b'a'; 100]).unwrap()).unwrap();
        assert_eq!(decode::<String, 64>(&long), Err(CodecError::Malformed));
    }
}
