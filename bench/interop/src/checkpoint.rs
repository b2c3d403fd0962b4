//! A signed checkpoint, as outside readers take it.

use signed_note::{Note, NoteError, StandardVerifier, Verifier as _, VerifierError, VerifierList};
use tlog_tiles::Checkpoint;

use crate::Cosigner;

/// What outside readers say about a checkpoint that they accept.
#[derive(Debug)]
#[non_exhaustive]
pub struct Accepted {
    /// Origin, size, root, extension lines.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned it, of those asked for, and when, in seconds since 1970.
    pub cosigned: Vec<(String, u64)>,
    /// Signature lines of keys that nobody asked for.
    pub others: usize,
}

/// Why an outside reader does not accept a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The text of a key.
    #[error("{0} is not a verifier key, which is NAME+HEX+BASE64: {1}")]
    Key(String, VerifierError),
    /// Not a note, or wrongly signed by a key that was asked for.
    #[error("signed_note refuses the checkpoint: {0}")]
    Note(#[from] NoteError),
    /// Witnesses signed it, the log did not.
    #[error("signed_note finds no signature of {0} under the checkpoint")]
    Unsigned(String),
    /// The text of the note.
    #[error(
        "tlog_tiles refuses the checkpoint's text: it is not origin, size, root and extension lines"
    )]
    Text,
    /// The key of another log.
    #[error(
        "the checkpoint is of {origin}, but the key is of {name}: a log signs under its own origin"
    )]
    Origin {
        /// The checkpoint's first line.
        origin: String,
        /// The key's name.
        name: String,
    },
}

/// Reads a checkpoint that the holder of `log` must have signed; of `witnesses`, tells who cosigned it.
///
/// # Errors
/// [`Refused`]; also when a witness's line is there and wrong.
pub fn read_checkpoint(bytes: &[u8], log: &str, witnesses: &[String]) -> Result<Accepted, Refused> {
    let key = |vkey: &str, error| Refused::Key(vkey.to_owned(), error);
    let log = StandardVerifier::new(log).map_err(|error| key(log, error))?;
    let (name, id) = (log.name().to_owned(), log.key_id());
    let mut keys: Vec<Box<dyn signed_note::Verifier>> = vec![Box::new(log)];
    for vkey in witnesses {
        let witness = Cosigner::new(vkey).map_err(|error| key(vkey, error))?;
        keys.push(Box::new(witness));
    }
    let note = Note::from_bytes(bytes)?;
    let (good, others) = note.verify(&VerifierList::new(keys))?;
    if !good
        .iter()
        .any(|line| line.name() == name && line.id() == id)
    {
        return Err(Refused::Unsigned(name));
    }
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_| Refused::Text)?;
    if checkpoint.origin() != name {
        let origin = checkpoint.origin().to_owned();
        return Err(Refused::Origin { origin, name });
    }
    let cosigned = good
        .iter()
        .filter(|line| line.name() != name || line.id() != id)
        .filter_map(|line| Some((line.name().to_owned(), Cosigner::time(line.signature())?)));
    Ok(Accepted {
        checkpoint,
        cosigned: cosigned.collect(),
        others: others.len(),
    })
}
