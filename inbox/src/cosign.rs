//! Cosignatures: what relays say of the newest checkpoint (SPEC §10, §13).

use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::Witness;
use brolly_protocol::directory::{Directory, RelayEntry};
use brolly_protocol::log::{LogName, Witnessed, witness_key};
use brolly_protocol::node::SchemeId;

use crate::store::ledger::{Head, Ledger, LedgerError};

/// What became of a cosignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each")]
pub enum Cosigned {
    /// It is kept. The number of witnesses, where that now is a majority and was none before.
    Kept(Option<usize>),
    /// It is over another checkpoint than the newest.
    NotNewest,
    /// No note, or without one good cosignature of this relay.
    Refused,
}

/// Takes the cosignature of `relay` from `note`, a whole checkpoint, and leaves all its other lines.
///
/// # Errors
/// [`LedgerError`].
pub async fn cosign(
    ledger: &impl Ledger,
    log: LogName,
    note: &[u8],
    relay: &RelayEntry,
    directory: &Directory,
) -> Result<Cosigned, LedgerError> {
    let Some(Line { witness, line, .. }) = Line::of(note, relay, directory.scheme) else {
        return Ok(Cosigned::Refused);
    };
    loop {
        let Some(head) = ledger.head(log).await? else {
            return Ok(Cosigned::NotNewest);
        };
        let mut kept = Note::parse(&head.note).map_err(|_| LedgerError::Malformed)?;
        let before = Witnessed::verify(&kept, log, directory).is_ok();
        kept.retain_signers(|name| name != witness.name());
        if kept.combine(&line).is_err() {
            return Ok(Cosigned::NotNewest);
        }
        let majority = Witnessed::verify(&kept, log, directory).map(|seen| seen.witnesses);
        let next = Head {
            size: head.size,
            note: kept.to_string().into(),
        };
        if ledger.cosign(log, &head, &next, majority.is_ok()).await? {
            return Ok(Cosigned::Kept(majority.ok().filter(|_| !before)));
        }
    }
}

/// The cosignature of one relay, alone under the text that it is over.
pub(crate) struct Line {
    pub(crate) witness: NamedKey<Witness>,
    pub(crate) line: Note,
    /// When the relay cosigned, in seconds since 1970.
    pub(crate) time: u64,
}

impl Line {
    /// Takes the line of `relay` from a note. `None` unless there is exactly one, and a good one: others under the same name
    /// would fill the note.
    pub(crate) fn of(note: &[u8], relay: &RelayEntry, scheme: SchemeId) -> Option<Self> {
        let keys = [witness_key(&scheme, relay)?];
        let [witness] = &keys;
        let mut line = Note::parse(note).ok()?;
        line.retain_signers(|name| name == witness.name());
        let time = match line.cosigned_by(&keys).ok()?.as_slice() {
            [(_, time)] if line.signers().count() == 1 => *time,
            _ => return None,
        };
        let [witness] = keys;
        Some(Self {
            witness,
            line,
            time,
        })
    }
}

#[cfg(test)]
mod tests;
