//! Where on a disk is measured.

use std::env;
use std::path::Path;

use tempfile::TempDir;

use crate::Outcome;

/// A new folder inside the one that was asked for, or beside this program; it is removed when dropped.
pub(crate) fn beside(folder: Option<&Path>) -> Outcome<TempDir> {
    let program = env::current_exe()?;
    let parent = folder.or(program.parent()).unwrap_or(Path::new("."));
    let made = tempfile::Builder::new()
        .prefix("brolly-bench-")
        .tempdir_in(parent);
    made.map_err(|error| {
        let parent = parent.display();
        format!("{parent} cannot be written to ({error}): choose a folder with --folder").into()
    })
}
