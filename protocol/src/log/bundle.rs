//! Entry bundles of C2SP tlog-tiles: each entry behind its length of two bytes.

use alloc::vec::Vec;

use crate::codec::Fields;

/// The longest entry, in bytes.
pub const MAX_ENTRY: usize = 65_535;

/// Why bytes are not a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It ends inside an entry, or has other than the expected number of them.
    #[error("the bundle does not hold the {0} whole entries that it should")]
    Count(u64),
    /// An entry that no bundle can hold.
    #[error("an entry of {0} bytes is longer than {MAX_ENTRY}")]
    TooLong(usize),
}

/// Appends entries, each behind its length.
///
/// # Errors
/// [`BundleError::TooLong`]; `out` then holds the entries before.
pub fn encode_bundle<'a>(
    entries: impl IntoIterator<Item = &'a [u8]>,
    out: &mut Vec<u8>,
) -> Result<(), BundleError> {
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::TooLong(entry.len()))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(entry);
    }
    Ok(())
}

/// Reads exactly `count` entries that fill `bytes`.
///
/// # Errors
/// [`BundleError::Count`].
pub fn decode_bundle(bytes: &[u8], count: u64) -> Result<Vec<&[u8]>, BundleError> {
    let wrong = BundleError::Count(count);
    let mut fields = Fields::new(bytes);
    let mut entries = Vec::new();
    while !fields.rest().is_empty() {
        let length = fields.array().map_err(|_| wrong)?;
        let length = usize::from(u16::from_be_bytes(*length));
        entries.push(fields.take(length).map_err(|_| wrong)?);
    }
    match u64::try_from(entries.len()) {
        Ok(found) if found == count => Ok(entries),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_13_2_a_bundle_is_its_entries_behind_their_lengths() {
        let mut bytes = Vec::new();
        encode_bundle([b"ab".as_slice(), b"", b"c"], &mut bytes).unwrap();
        assert_eq!(bytes, b"\x00\x02ab\x00\x00\x00\x01c");
        assert_eq!(
            decode_bundle(&bytes, 3).unwrap(),
            [b"ab".as_slice(), b"", b"c"]
        );
        for count in [0, 2, 4] {
            assert_eq!(decode_bundle(&bytes, count), Err(BundleError::Count(count)));
        }
        for end in 0..bytes.len() {
            assert!(decode_bundle(&bytes[..end], 3).is_err(), "{end}");
        }
        let long = alloc::vec![0; MAX_ENTRY + 1];
        assert_eq!(
            encode_bundle([long.as_slice()], &mut bytes),
            Err(BundleError::TooLong(MAX_ENTRY + 1))
        );
    }
}
