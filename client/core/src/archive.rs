//! A check without a relay: the whole of both logs, from a mirror's folder (SPEC §12.7).
//!
//! ```text
//! DIR/reports/checkpoint  DIR/reports/tile/entries/…     every bundle, in order ─▶ leaf hashes ─▶ the witnessed root
//! DIR/board/checkpoint    DIR/board/tile/entries/…                             └─▶ the search of `check`
//! ```
//!
//! Nothing that the search found is told before the roots agree.

use brolly_keys::note::{Note, NoteError};
use brolly_protocol::codec::{Fields, TooShort};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{
    Bundle, CheckpointError, Frontier, LogName, Seen, TILE, Witnessed, leaf_hash,
};
use brolly_protocol::receipt::{DeriveError, ReceiptCode};

use crate::check::{Search, Standing};
use crate::state::Logs;

/// A check of a whole archive: [`poll_bundle`](Self::poll_bundle), read, [`handle_bundle`](Self::handle_bundle), then
/// [`into_standing`](Self::into_standing).
pub struct Archive<'a> {
    search: Search<'a>,
    reports: Tree,
    board: Tree,
}

/// Why an archive proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The note around a checkpoint.
    #[error("the checkpoint of the {} log in the archive is malformed: {error}", log.as_str())]
    Note {
        /// The log.
        log: LogName,
        /// What is wrong.
        error: NoteError,
    },
    /// A checkpoint.
    #[error("the archive's {} log is refused: {error}", log.as_str())]
    Checkpoint {
        /// The log.
        log: LogName,
        /// What is wrong.
        error: CheckpointError,
    },
    /// A bundle that is cut short or has something after its end.
    #[error("{path} of the {} log in the archive is cut short or malformed: copy it again", log.as_str())]
    Bundle {
        /// The log.
        log: LogName,
        /// The file.
        path: String,
    },
    /// Not all bundles were read.
    #[error("entries of the {} log are missing in the archive: copy it again", .0.as_str())]
    Missing(LogName),
    /// The entries are not those that were signed.
    #[error(
        "the entries of the {} log in the archive are not those that were signed: a file was changed; copy it again",
        .0.as_str()
    )]
    Root(LogName),
    /// Not a continuation of what was seen before.
    #[error(
        "the archive's {} log is not the one that was seen before: the inbox shows different people different logs",
        .0.as_str()
    )]
    Forked(LogName),
    /// The receipt.
    #[error(transparent)]
    Derive(#[from] DeriveError),
}

struct Tree {
    log: LogName,
    witnessed: Witnessed,
    tree: Frontier,
    seen: Option<Seen>,
    forked: bool,
}

impl<'a> Archive<'a> {
    /// Begins with both checkpoints; `seen` is how far this device saw the logs. An archive may be older than that, but
    /// what both have must be the same.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn new(
        code: &ReceiptCode,
        directory: &'a Directory,
        reports: &[u8],
        board: &[u8],
        seen: Option<&Logs>,
    ) -> Result<Self, ArchiveError> {
        let tree = |log, note, seen| Tree::new(log, note, directory, seen);
        Ok(Self {
            reports: tree(LogName::Reports, reports, seen.map(|seen| seen.reports))?,
            board: tree(LogName::Board, board, seen.map(|seen| seen.board))?,
            search: Search::of(code.receipt(&directory.scheme)?, directory),
        })
    }

    /// The bundle to read next; one that holds more entries may be given in its place.
    pub fn poll_bundle(&self) -> Option<(LogName, Bundle)> {
        let wanted = |tree: &Tree| Some((tree.log, tree.next()?));
        wanted(&self.reports).or_else(|| wanted(&self.board))
    }

    /// Takes the bundle that was asked for.
    ///
    /// # Errors
    /// [`ArchiveError::Bundle`].
    pub fn handle_bundle(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let search = &mut self.search;
        if let Some(bundle) = self.reports.next() {
            let mut position = self.reports.tree.size();
            return self.reports.take(bundle, bytes, |entry| {
                search.report(position, entry);
                position += 1;
            });
        }
        match self.board.next() {
            Some(bundle) => self.board.take(bundle, bytes, |entry| search.board(entry)),
            None => Ok(()),
        }
    }

    /// Where the report stands, if both logs are those that were signed.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn into_standing(self) -> Result<Standing, ArchiveError> {
        self.reports.finish()?;
        self.board.finish()?;
        Ok(self.search.finish(&self.reports.witnessed, 0))
    }
}

impl Tree {
    fn new(
        log: LogName,
        note: &[u8],
        directory: &Directory,
        seen: Option<Seen>,
    ) -> Result<Self, ArchiveError> {
        let note = Note::parse(note).map_err(|error| ArchiveError::Note { log, error })?;
        let witnessed = Witnessed::verify(&note, log, directory)
            .map_err(|error| ArchiveError::Checkpoint { log, error })?;
        Ok(Self {
            log,
            witnessed,
            tree: Frontier::new(),
            seen,
            forked: false,
        })
    }

    fn next(&self) -> Option<Bundle> {
        let read = self.tree.size();
        // Where a bundle is whole, the next is of the next index; only the last is not.
        let left = self.witnessed.checkpoint.size.checked_sub(read)?;
        (left > 0)
            .then(|| Bundle::of(read / TILE, self.witnessed.checkpoint.size))
            .flatten()
    }

    fn take(
        &mut self,
        bundle: Bundle,
        bytes: &[u8],
        mut entry: impl FnMut(&[u8]),
    ) -> Result<(), ArchiveError> {
        let malformed = |_: TooShort| ArchiveError::Bundle {
            log: self.log,
            path: bundle.path(),
        };
        let mut fields = Fields::new(bytes);
        for _ in 0..bundle.width {
            let length = fields.array().map_err(malformed)?;
            let length = usize::from(u16::from_be_bytes(*length));
            let bytes = fields.take(length).map_err(malformed)?;
            self.tree.push(leaf_hash(bytes));
            if let Some(seen) = self.seen.filter(|seen| seen.size == self.tree.size()) {
                self.forked |= seen.root != self.tree.root();
            }
            entry(bytes);
        }
        match fields.rest() {
            [] => Ok(()),
            _ if bundle.width < TILE => Ok(()),
            _ => Err(malformed(TooShort)),
        }
    }

    fn finish(&self) -> Result<(), ArchiveError> {
        let checkpoint = &self.witnessed.checkpoint;
        if self.tree.size() != checkpoint.size {
            return Err(ArchiveError::Missing(self.log));
        }
        if self.tree.root() != checkpoint.root {
            return Err(ArchiveError::Root(self.log));
        }
        if self.forked {
            return Err(ArchiveError::Forked(self.log));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
