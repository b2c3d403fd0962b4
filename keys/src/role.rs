//! Who holds a key. A key for one role cannot be passed where another's is wanted.

mod sealed {
    #[allow(
        unnameable_types,
        reason = "nobody else may name it: that is what seals the roles"
    )]
    pub trait Sealed {}
}

/// A party that holds keys. Sealed: the roles are those of this module.
pub trait Role: sealed::Sealed + 'static {
    /// The role's name in key files and messages to people.
    const NAME: &'static str;
}

/// A role that others encrypt to with X-Wing (SPEC §2.1).
pub trait Recipient: Role {}

/// A role that signs with Ed25519 (SPEC §2.3).
pub trait Signer: Role {}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $text:literal: $($cap:ident),+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name;
        impl sealed::Sealed for $name {}
        impl Role for $name {
            const NAME: &'static str = $text;
        }
        $(impl $cap for $name {})+
    )+};
}

roles! {
    /// A relay: packet keys open one layer, the identity key is what the directory pins.
    Relay = "relay": Recipient, Signer;
    /// A desk: weekly keys open stanzas, the identity key is what the directory pins.
    Desk = "desk": Recipient, Signer;
    /// The reply key inside a report, whose secret comes from the receipt code.
    Reply = "reply": Recipient;
    /// An officer of the umbrella organisation, who signs directories.
    Authority = "officer": Signer;
    /// The inbox: it signs the logs' checkpoints, and the directory pins it.
    Log = "inbox": Signer;
    /// A relay's other hat: it cosigns checkpoints.
    Witness = "witness": Signer;
}
