//! The files of an archive: a copy of a relay's mirror.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use brolly_client::archive::{Archive, ArchiveError};
use brolly_client::check::Standing;
use brolly_client::state::Logs;
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{Bundle, LogName, TILE};
use brolly_protocol::receipt::ReceiptCode;
use brolly_shell::cli::Failure;

/// Looks for a code's report in all entries of the archive in `folder`.
pub(crate) fn check(
    folder: &Path,
    code: &ReceiptCode,
    directory: &Directory,
    seen: Option<&Logs>,
) -> Result<Standing, Failure> {
    let checkpoint = |log: LogName| {
        let path = folder.join(log.as_str()).join("checkpoint");
        read(&path, NOTE_LIMIT).map_err(|error| unreadable(&path, &error))
    };
    let (reports, board) = (checkpoint(LogName::Reports)?, checkpoint(LogName::Board)?);
    let mut archive = Archive::new(code, directory, &reports, &board, seen).map_err(refused)?;
    while let Some((log, bundle)) = archive.poll_bundle() {
        let bytes = entries(&folder.join(log.as_str()), bundle)?;
        archive.handle_bundle(&bytes).map_err(refused)?;
    }
    archive.into_standing().map_err(refused)
}

/// The file of a bundle, or of a wider one: a mirror goes on growing, and may have no more the width of its checkpoint.
fn entries(log: &Path, bundle: Bundle) -> Result<Vec<u8>, Failure> {
    for width in bundle.width..=TILE {
        let first = bundle.index.saturating_mul(TILE);
        let Some(wider) = Bundle::of(bundle.index, first.saturating_add(width)) else {
            break;
        };
        let path = log.join(wider.path());
        match read(&path, BUNDLE_LIMIT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&path, &error)),
            Ok(bytes) => return Ok(bytes),
        }
    }
    let path = log.join(bundle.path());
    Err(unreadable(&path, &io::ErrorKind::NotFound.into()))
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::configuration(format!("cannot read {}: {error}", path.display())).hint(
        "an archive is a whole copy of the folder `mirror` of a relay, with `reports` and `board` in it",
    )
}

fn refused(error: ArchiveError) -> Failure {
    if let ArchiveError::Derive(error) = error {
        return Failure::failed(error);
    }
    Failure::refused(error)
}

const NOTE_LIMIT: u64 = 64 << 10;
/// More than 256 entries of the board.
const BUNDLE_LIMIT: u64 = 2 << 20;
