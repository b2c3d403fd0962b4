//! Cosignatures: what relays say of the newest checkpoint (SPEC §10, §13).

use brolly_keys::note::Note;
use brolly_protocol::directory::{Directory, RelayEntry};
use brolly_protocol::log::{LogName, Witnessed, witness_key};

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
    let Some(witness) = witness_key(&directory.scheme, relay) else {
        return Ok(Cosigned::Refused);
    };
    let Ok(mut line) = Note::parse(note) else {
        return Ok(Cosigned::Refused);
    };
    line.retain_signers(|name| name == witness.name());
    // One line, and a good one: others under the same name would fill the note.
    let keys = [witness];
    let good = line.cosigned_by(&keys).is_ok_and(|good| good.len() == 1);
    if !good || line.signers().count() != 1 {
        return Ok(Cosigned::Refused);
    }
    let [witness] = keys;
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

#[cfg(test)]
mod tests;
