//! Those who get a key file: their keys are drawn, and sealed under a passphrase.

use brolly_keys::file::{Cost, FileError, KeyFile, Kind, Label};
use brolly_keys::note::{NamedKey, NoteError};
use brolly_keys::role::{Authority, Desk, Log, Relay, Signer, Witness};
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::{DeskEntry, InboxEntry, RelayEntry};
use brolly_protocol::node::NodeId;
use brolly_protocol::report::Slot;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::plan::{self, PlanError};

/// Somebody who gets a key file.
pub struct Holder {
    pub(crate) keys: KeyFile,
    listen: Option<String>,
}

impl Holder {
    fn new<R: Signer>(
        kind: Kind,
        name: &str,
        identity: &SigningKey<R>,
        listen: Option<String>,
    ) -> Self {
        let mut keys = KeyFile::new(kind, name, identity.verifying_key().to_bytes());
        keys.insert(Label::Identity, 0, &identity.expose());
        Self { keys, listen }
    }

    /// Whose keys these are.
    pub fn kind(&self) -> Kind {
        self.keys.header().kind
    }

    /// The holder's name in the scheme; the inbox is called `inbox`.
    pub fn name(&self) -> &str {
        &self.keys.header().name
    }

    /// The holder in a sentence: `relay leeds`, or just `inbox`.
    pub fn title(&self) -> String {
        if self.kind() == Kind::Inbox {
            return self.kind().to_string();
        }
        format!("{} {}", self.kind(), self.name())
    }

    /// Whether it has the keys that sign tokens.
    pub fn is_issuer(&self) -> bool {
        !self.keys.epochs(Label::Issuer).is_empty()
    }

    /// Where the holder's program listens, if it does.
    pub fn listen(&self) -> Option<&str> {
        self.listen.as_deref()
    }

    /// The bytes of the holder's key file under a passphrase. Takes a moment by intent.
    ///
    /// # Errors
    /// [`FileError::TooLarge`].
    pub fn seal(&self, passphrase: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, FileError> {
        self.keys.encrypt(passphrase, Cost::STANDARD, rng)
    }
}

/// Draws an officer's key.
pub(crate) fn draw_officer(
    name: &str,
    rng: &mut impl CryptoRng,
) -> Result<(NamedKey<Authority>, SigningKey<Authority>, Holder), NoteError> {
    let key = SigningKey::<Authority>::generate(rng);
    let named = NamedKey::new(name, key.verifying_key()).ok_or(NoteError::Signature)?;
    let holder = Holder::new(Kind::Officer, name, &key, None);
    Ok((named, key, holder))
}

/// Draws a relay's keys.
pub(crate) fn draw_relay(
    plan: &plan::Relay,
    rng: &mut impl CryptoRng,
) -> Result<(RelayEntry, Holder), PlanError> {
    let identity = SigningKey::<Relay>::generate(rng);
    let key = identity.verifying_key();
    let name = plan.name.as_str();
    let listen = plan.listen()?.to_string();
    let mut holder = Holder::new(Kind::Relay, name, &identity, Some(listen));
    let witness = SigningKey::<Witness>::generate(rng);
    holder.keys.insert(Label::Witness, 0, &witness.expose());
    let entry = RelayEntry {
        id: NodeId::of(&key),
        name: name.to_owned(),
        address: plan.address.as_str().to_owned(),
        layer: plan.layer.0,
        operator: plan.operator.as_str().to_owned(),
        kind: plan.kind.as_str().to_owned(),
        key,
        witness: witness.verifying_key(),
    };
    Ok((entry, holder))
}

/// Draws the inbox's keys.
pub(crate) fn draw_inbox(
    plan: &plan::Inbox,
    rng: &mut impl CryptoRng,
) -> Result<(InboxEntry, Holder), PlanError> {
    let identity = SigningKey::<Log>::generate(rng);
    let log = SigningKey::<Log>::generate(rng);
    let key = identity.verifying_key();
    let listen = plan.listen()?.to_string();
    let mut holder = Holder::new(Kind::Inbox, "inbox", &identity, Some(listen));
    holder.keys.insert(Label::Log, 0, &log.expose());
    let entry = InboxEntry {
        id: NodeId::of(&key),
        address: plan.address.as_str().to_owned(),
        key,
        log_key: log.verifying_key(),
    };
    Ok((entry, holder))
}

/// Draws a desk's keys; `members` is the root that opens alerts, the same for all.
pub(crate) fn draw_desk(
    plan: &plan::Desk,
    members: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> (DeskEntry, Holder) {
    let identity = SigningKey::<Desk>::generate(rng);
    let key = identity.verifying_key();
    let name = plan.name.as_str();
    let mut holder = Holder::new(Kind::Desk, name, &identity, None);
    let mut casebook = Zeroizing::new([0; 32]);
    rng.fill_bytes(casebook.as_mut());
    holder.keys.insert(Label::Casebook, 0, &casebook);
    holder.keys.insert(Label::Members, 0, members);
    let area = plan.area.as_ref().map(|area| area.as_str().to_owned());
    let entry = DeskEntry {
        id: NodeId::of(&key),
        name: name.to_owned(),
        slot: plan.slot,
        area: area.unwrap_or_default(),
        alerts: plan.alerts.unwrap_or(plan.slot == Slot::Scheme),
        key,
    };
    (entry, holder)
}
