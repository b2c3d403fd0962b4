//! A version of the directory, as the board tells of it.

use alloc::vec::Vec;

use super::{DIRECTORY_KIND, EntryError};
use crate::codec::Fields;
use crate::directory::Directory;
use crate::log::Hash;

/// "This version was handed in at this time." It is the officers' signatures under the directory itself that count; this
/// entry makes the whole world see it before it takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// The version.
    pub version: u32,
    /// SHA-256 of the directory's text.
    pub digest: Hash,
    /// When the inbox took it, in seconds since 1970.
    pub time: u64,
}

impl Logged {
    /// What is logged of a directory at `time`.
    pub fn new(directory: &Directory, time: u64) -> Self {
        Self {
            version: directory.version,
            digest: directory.digest,
            time,
        }
    }

    /// Whether it is about this directory.
    pub fn is_of(&self, directory: &Directory) -> bool {
        (self.version, self.digest) == (directory.version, directory.digest)
    }

    /// The day, counted from 1 January 1970.
    pub fn day(&self) -> u32 {
        u32::try_from(self.time / 86_400).unwrap_or(u32::MAX)
    }

    /// The board's entry: 45 bytes.
    pub fn to_entry(&self) -> Vec<u8> {
        [
            &[DIRECTORY_KIND],
            self.version.to_be_bytes().as_slice(),
            &self.digest,
            &self.time.to_be_bytes(),
        ]
        .concat()
    }

    pub(super) fn from_wire(wire: &[u8]) -> Result<Self, EntryError> {
        let mut fields = Fields::new(wire);
        let logged = Self {
            version: fields.number()?,
            digest: *fields.array()?,
            time: u64::from_be_bytes(*fields.array()?),
        };
        match fields.rest() {
            [] => Ok(logged),
            _ => Err(EntryError::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Entry;
    use super::*;
    use crate::directory::sample;

    #[test]
    fn spec_14_7_a_version_of_the_directory_is_45_bytes_of_the_board() {
        let directory = sample::directory();
        let logged = Logged::new(&directory, 1_764_000_001);
        let bytes = logged.to_entry();
        assert_eq!(bytes.len(), 45);
        assert_eq!(
            Entry::verify(&bytes, &directory),
            Ok(Entry::Directory(logged))
        );
        assert!(logged.is_of(&directory));
        assert_eq!(logged.day(), 20_416);
        for bad in [&bytes[..44], &[bytes.as_slice(), &[0]].concat()] {
            assert_eq!(Entry::verify(bad, &directory), Err(EntryError::Malformed));
        }
        let mut other = bytes;
        other[9] ^= 1;
        let Ok(Entry::Directory(other)) = Entry::verify(&other, &directory) else {
            panic!("refused");
        };
        assert!(!other.is_of(&directory));
    }
}
