//! The steps of a round that a test can end a relay after.

use crate::mirror::trouble::Trouble;

/// After which of its steps a test ends the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Entries and full tiles of one piece are durable.
    Piece,
    /// All tiles are.
    Tiles,
    /// And the index of alerts.
    Index,
    /// What will be posted is.
    Cosigned,
    /// It was posted.
    Posted,
    /// The majority's checkpoint is durable.
    Checkpoint,
    /// It is served.
    Served,
}

#[cfg(not(test))]
pub(super) fn reached(_: Option<Step>, _: Step) -> Result<(), Trouble> {
    Ok(())
}

#[cfg(test)]
pub(super) fn reached(kill: Option<Step>, step: Step) -> Result<(), Trouble> {
    if kill == Some(step) {
        Err(Trouble::Killed)
    } else {
        Ok(())
    }
}
