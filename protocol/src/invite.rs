//! An invitation: a link whose fragment says which scheme, where its entries are, and a project's secret (SPEC §4.6).
//!
//! ```text
//! https://ENTRY/#base64url( 1 | scheme 32 | project length 1 | project | secret 16 | members 32
//!                           | count 1 | count × ( key 32 | length 1 | host:port ) | SHA-256 of it, first 4 )
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::codec::{Fields, TooShort};
use crate::node::SchemeId;

/// What a worker is given once.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The scheme, by the fingerprint of its officers.
    pub scheme: SchemeId,
    /// The project that invites.
    pub project: String,
    /// The project's secret, shared by all whom it invites: its issuer gives tokens for it.
    pub secret: [u8; 16],
    /// The members' root, shared by every member of the scheme: alerts are sealed under what derives from it.
    pub members: [u8; 32],
    /// The relays that are shared by the whole country as the way in.
    pub entries: Vec<Entrance>,
}

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// The relay's identity key.
    pub key: [u8; 32],
    /// `host:port`.
    pub address: String,
}

/// Why a text is not an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// Not a link with a fragment.
    #[error(
        "an invitation is a link that begins with https:// and has a # in it: copy the whole of it"
    )]
    NotALink,
    /// The fragment was cut or changed.
    #[error(
        "the invitation was cut short or changed on the way: ask for it again, or scan the code"
    )]
    Damaged,
    /// Made for a later version.
    #[error("the invitation is for a newer Brolly: update this one")]
    Version,
}

impl From<TooShort> for InviteError {
    fn from(_: TooShort) -> Self {
        Self::Damaged
    }
}

impl Invitation {
    /// The link. `None` when a name or address is over 255 bytes, or there is no entry or more than 255.
    pub fn to_link(&self) -> Option<String> {
        let first = self.entries.first()?;
        let length = |text: &str| u8::try_from(text.len()).ok();
        let mut bytes = alloc::vec![VERSION];
        bytes.extend_from_slice(&self.scheme.0);
        bytes.push(length(&self.project)?);
        bytes.extend_from_slice(self.project.as_bytes());
        bytes.extend_from_slice(&self.secret);
        bytes.extend_from_slice(&self.members);
        bytes.push(u8::try_from(self.entries.len()).ok()?);
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.key);
            bytes.push(length(&entry.address)?);
            bytes.extend_from_slice(entry.address.as_bytes());
        }
        bytes.extend_from_slice(&checksum(&bytes));
        let fragment = URL_SAFE_NO_PAD.encode(bytes);
        Some(alloc::format!("https://{}/#{fragment}", first.address))
    }

    /// Reads a link.
    ///
    /// # Errors
    /// [`InviteError`].
    pub fn from_link(link: &str) -> Result<Self, InviteError> {
        let fragment = link
            .trim()
            .strip_prefix("https://")
            .and_then(|rest| rest.split_once('#'))
            .map(|(_, fragment)| fragment)
            .ok_or(InviteError::NotALink)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(fragment)
            .map_err(|_| InviteError::Damaged)?;
        let (covered, sum) = bytes
            .split_last_chunk::<CHECKSUM>()
            .ok_or(InviteError::Damaged)?;
        if checksum(covered) != *sum {
            return Err(InviteError::Damaged);
        }
        let mut fields = Fields::new(covered);
        if *fields.array()? != [VERSION] {
            return Err(InviteError::Version);
        }
        let scheme = SchemeId(*fields.array()?);
        let project = text(&mut fields)?;
        let secret = *fields.array()?;
        let members = *fields.array()?;
        let [count] = *fields.array()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(Entrance {
                key: *fields.array()?,
                address: text(&mut fields)?,
            });
        }
        if entries.is_empty() || !fields.rest().is_empty() {
            return Err(InviteError::Damaged);
        }
        Ok(Self {
            scheme,
            project,
            secret,
            members,
            entries,
        })
    }
}

impl core::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Invitation({})", self.scheme)
    }
}

fn text(fields: &mut Fields<'_>) -> Result<String, InviteError> {
    let [length] = *fields.array()?;
    let bytes = fields.take(usize::from(length))?;
    core::str::from_utf8(bytes)
        .map(ToString::to_string)
        .map_err(|_| InviteError::Damaged)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    digest.first_chunk().copied().unwrap_or_default()
}

const VERSION: u8 = 1;
const CHECKSUM: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            scheme: SchemeId([7; 32]),
            project: "Leeds".to_string(),
            secret: [3; 16],
            members: [4; 32],
            entries: alloc::vec![
                Entrance {
                    key: [1; 32],
                    address: "127.0.0.1:4433".to_string()
                },
                Entrance {
                    key: [2; 32],
                    address: "[::1]:4433".to_string()
                }
            ],
        }
    }

    #[test]
    fn spec_4_6_a_link_carries_the_whole_invitation_behind_its_hash() {
        let link = invitation().to_link().unwrap();
        assert!(link.starts_with("https://127.0.0.1:4433/#"));
        assert_eq!(Invitation::from_link(&link), Ok(invitation()));
        assert_eq!(Invitation::from_link(&(link + "\n")), Ok(invitation()));
    }

    #[test]
    fn a_cut_or_changed_link_is_refused_with_a_sentence() {
        let link = invitation().to_link().unwrap();
        let start = link.find('#').unwrap() + 1;
        for end in start..link.len() {
            assert_eq!(
                Invitation::from_link(&link[..end]),
                Err(InviteError::Damaged)
            );
        }
        for at in start..link.len() {
            let other = if link.as_bytes()[at] == b'A' {
                "B"
            } else {
                "A"
            };
            let changed = [&link[..at], other, &link[at + 1..]].concat();
            assert!(Invitation::from_link(&changed).is_err(), "{at}");
        }
        for not in ["", "https://example", "http://x/#AAAA", "hello"] {
            assert_eq!(Invitation::from_link(not), Err(InviteError::NotALink));
        }
    }
}
