//! `interop`: whether outside readers accept what a relay served.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "a command: it reads files and prints what it found"
)]

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_interop::{Accepted, check_only_tile, read_checkpoint, vkey};
use brolly_keys::note::{MAX_NOTE, Note};
use brolly_keys::sign::Statement as _;
use brolly_protocol::directory::Directory;
use clap::Parser;

/// Has the crates signed_note and tlog_tiles read a checkpoint and the tile below it, as curl fetched them from a relay.
///
/// Exits with 0 when both are accepted, with 1 when one is not or cannot be read, and with 2 for a wrong command line.
#[derive(Debug, Parser)]
#[command(name = "interop", version, after_help = EXAMPLES)]
struct Interop {
    /// What /v1/reports/checkpoint or /v1/board/checkpoint answered
    #[arg(required_unless_present = "vkeys")]
    checkpoint: Option<PathBuf>,
    /// What …/tile/0/000 answered, or …/tile/0/000.p/W for a log of W entries
    #[arg(required_unless_present = "vkeys")]
    tile: Option<PathBuf>,
    /// The log's key
    #[arg(
        long,
        value_name = "NAME+HEX+BASE64",
        required_unless_present = "vkeys"
    )]
    vkey: Option<String>,
    /// A witness's key; it must have cosigned the checkpoint. Give it again for more
    #[arg(long, value_name = "NAME+HEX+BASE64")]
    witness: Vec<String>,
    /// Print the keys that a directory names, which nobody has checked, and stop
    #[arg(long, value_name = "DIRECTORY", exclusive = true)]
    vkeys: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples, with RELAY for https://… of a relay and W for the number in the checkpoint's second line:
  curl -sk $RELAY/v1/directory >directory; interop --vkeys directory
  curl -sk $RELAY/v1/reports/checkpoint >checkpoint
  curl -sk $RELAY/v1/reports/tile/0/000.p/$W >tile
  interop checkpoint tile --vkey \"$VKEY\" --witness \"$WITNESS\"";

fn main() -> ExitCode {
    let done = match Interop::parse() {
        Interop {
            vkeys: Some(directory),
            ..
        } => print_vkeys(&directory),
        Interop {
            checkpoint: Some(checkpoint),
            tile: Some(tile),
            vkey: Some(vkey),
            witness,
            ..
        } => check(&checkpoint, &tile, &vkey, &witness),
        Interop { .. } => {
            Err("give a checkpoint, a tile and --vkey; see interop --help".to_owned())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("interop: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn check(checkpoint: &Path, tile: &Path, vkey: &str, witnesses: &[String]) -> Result<(), String> {
    let note = read(checkpoint, MAX_CHECKPOINT)?;
    let tile = read(tile, MAX_TILE)?;
    let accepted = read_checkpoint(&note, vkey, witnesses).map_err(|error| error.to_string())?;
    describe(&accepted)?;
    for witness in witnesses {
        let name = witness.split('+').next().unwrap_or_default();
        let time = accepted
            .cosigned
            .iter()
            .find(|(cosigner, _)| cosigner == name)
            .map(|(_, time)| time)
            .ok_or_else(|| format!("{name} did not cosign the checkpoint"))?;
        say(&format!("checkpoint: {name} cosigned it at {time}"))?;
    }
    check_only_tile(&accepted.checkpoint, &tile).map_err(|error| error.to_string())?;
    say(&format!(
        "tile: tlog_tiles accepts its {} hashes as the whole log under that root",
        accepted.checkpoint.size()
    ))
}

fn describe(accepted: &Accepted) -> Result<(), String> {
    let checkpoint = &accepted.checkpoint;
    say(&format!(
        "checkpoint: signed_note accepts the signature of {}",
        checkpoint.origin()
    ))?;
    say(&format!(
        "checkpoint: tlog_tiles reads {} entries under the root {}, and {} extension lines",
        checkpoint.size(),
        STANDARD.encode(checkpoint.hash().0),
        checkpoint.extension().lines().count()
    ))?;
    match accepted.others {
        0 => Ok(()),
        others => say(&format!(
            "checkpoint: {others} more signature lines are of keys that were not given"
        )),
    }
}

fn print_vkeys(path: &Path) -> Result<(), String> {
    let bytes = read(path, MAX_NOTE)?;
    let unreadable = |why: String| format!("{} is not a directory: {why}", path.display());
    let note = Note::parse(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let directory =
        Directory::parse(note.text().as_bytes()).map_err(|error| unreadable(error.to_string()))?;
    vkey::in_directory(&directory)
        .iter()
        .try_for_each(|vkey| say(vkey))
}

fn say(line: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{line}").map_err(|error| format!("nobody reads this: {error}"))
}

fn read(path: &Path, limit: usize) -> Result<Vec<u8>, String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let bound = u64::try_from(limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
        File::open(path)?.take(bound).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.len() > limit => Err(format!(
            "{} has more than {limit} bytes, which none of these files has",
            path.display()
        )),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

/// What `signed_note` and `tlog_tiles` read at most.
const MAX_CHECKPOINT: usize = 1_000_000;
/// 256 hashes.
const MAX_TILE: usize = 8_192;
