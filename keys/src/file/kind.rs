//! Whose keys a key file holds, and what each is for.

use core::fmt;

use crate::blind::PRIMES;

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
    /// RSA: an issuer's two primes for the period that `epoch` names. 256 bytes, see
    /// [`KeyFile::insert_issuer`](super::KeyFile::insert_issuer).
    Issuer,
    /// A project's secret under its serial as `epoch`: 16 bytes, then 1 once the issuer knows it, then zeros.
    Project,
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

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Officer => 1,
            Self::Relay => 2,
            Self::Inbox => 3,
            Self::Desk => 4,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Label {
    const ALL: [Self; 8] = [
        Self::Identity,
        Self::Log,
        Self::Witness,
        Self::Week,
        Self::Casebook,
        Self::Members,
        Self::Issuer,
        Self::Project,
    ];

    pub(super) fn code(self) -> u8 {
        match self {
            Self::Identity => 1,
            Self::Log => 2,
            Self::Witness => 3,
            Self::Week => 4,
            Self::Casebook => 5,
            Self::Members => 6,
            Self::Issuer => 7,
            Self::Project => 8,
        }
    }

    pub(super) fn length(self) -> usize {
        if self == Self::Issuer { PRIMES } else { 32 }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.code() == code)
    }
}
