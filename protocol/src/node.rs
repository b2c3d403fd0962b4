//! Names of things: a scheme, a relay, a desk.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use brolly_keys::role::Signer;
use brolly_keys::sign::VerifyingKey;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::geometry::NODE_ID;

/// A scheme: the fingerprint of its founding officers (SPEC §4.1), 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct SchemeId(pub [u8; 32]);

/// A relay, an inbox or a desk: the first 16 bytes of SHA-256 of its identity key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub [u8; NODE_ID]);

impl NodeId {
    /// The id of whoever holds this identity key.
    pub fn of<R: Signer>(key: &VerifyingKey<R>) -> Self {
        let digest: [u8; 32] = Sha256::digest(key.to_bytes()).into();
        let mut id = [0; NODE_ID];
        id.copy_from_slice(digest.first_chunk::<NODE_ID>().unwrap_or(&[0; NODE_ID]));
        Self(id)
    }
}

/// A text that is not a scheme's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scheme's id is 64 hexadecimal digits: copy them from scheme.txt")]
pub struct BadSchemeId;

impl FromStr for SchemeId {
    type Err = BadSchemeId;

    fn from_str(text: &str) -> Result<Self, BadSchemeId> {
        let mut id = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadSchemeId);
        }
        for (at, byte) in id.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(BadSchemeId)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| BadSchemeId)?;
        }
        Ok(Self(id))
    }
}

impl TryFrom<String> for SchemeId {
    type Error = BadSchemeId;

    fn try_from(text: String) -> Result<Self, BadSchemeId> {
        text.parse()
    }
}

impl fmt::Display for SchemeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl fmt::Debug for SchemeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_scheme_id_is_read_as_it_is_written_and_nothing_else_is() {
        let id = SchemeId(core::array::from_fn(|n| u8::try_from(n * 7).unwrap()));
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        for bad in [
            "",
            "00",
            &text[1..],
            &format!("+{}", &text[1..]),
            &"ä".repeat(32),
        ] {
            assert_eq!(bad.parse::<SchemeId>(), Err(BadSchemeId), "{bad}");
        }
    }
}
