//! What a file is, in words, and never a secret of it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use brolly_keys::file::{FileError, Header};
use brolly_keys::note::{MAX_NOTE, Note};
use brolly_keys::role::Relay;
use brolly_keys::share::file::{ShareFileError, ShareHeader};
use brolly_keys::sign::VerifyingKey;
use brolly_protocol::directory::{DirectoryError, Handover};
use brolly_protocol::invite::{Invitation, InviteError};
use brolly_protocol::node::NodeId;
use serde::Serialize;

mod configuration;
mod directory;
mod handover;
mod invitation;
mod key;
mod share;

pub use configuration::ConfigurationFinding;
pub use directory::{
    DeskFinding, DirectoryFinding, FormerFinding, InboxFinding, IssuerFinding, IssuerKeyFinding,
    RelayFinding, Signature, SignatureState,
};
pub use handover::HandoverFinding;
pub use invitation::{EntranceFinding, InvitationFinding};
pub use key::{Hands, KeyFinding};
pub use share::ShareFinding;

use directory::Claimed;
pub(crate) use directory::{hex, stay, whose};

/// What was found in a file. Its words and its JSON hold nothing secret.
#[derive(Debug, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Finding {
    /// A key file.
    KeyFile(KeyFinding),
    /// A share of a key file.
    Share(ShareFinding),
    /// A directory.
    Directory(Box<DirectoryFinding>),
    /// A handover of officers.
    Handover(HandoverFinding),
    /// An invitation.
    Invitation(InvitationFinding),
    /// The configuration of a program.
    Configuration(ConfigurationFinding),
    /// A scheme's id.
    SchemeId {
        /// 64 hex digits.
        scheme: String,
    },
    /// The projects that an issuer knows.
    Projects {
        /// Their names.
        projects: Vec<String>,
    },
    /// A plan for `brolly-keys new`.
    Plan,
    /// Nothing of Brolly's.
    Unknown,
}

/// Whether something stands in the directory it was compared with.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// Whether it does.
    pub stands: bool,
    /// The same in words.
    pub sentence: String,
}

/// Why a file cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The system refused.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// A key file, but not a whole one.
    #[error("{}: {reason}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: FileError,
    },
    /// A share, but not a whole one.
    #[error("{}: {reason}", path.display())]
    Share {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: ShareFileError,
    },
    /// A directory that cannot be read.
    #[error("{}: {reason}", path.display())]
    Directory {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: DirectoryError,
    },
    /// An invitation, but not a whole one.
    #[error("{}: {reason}", path.display())]
    Invitation {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: InviteError,
    },
    /// A public key in it is none.
    #[error("{} names a public key that is not valid: do not use it", .0.display())]
    BadKey(PathBuf),
    /// What was given to compare with is something else.
    #[error("{} is not a directory note: give --directory the file directory.note", .0.display())]
    NotADirectory(PathBuf),
}

/// Looks at a file at `now` (seconds since 1970), without a passphrase. A key file or invitation is compared with the
/// directory in the file `directory`, if given.
///
/// # Errors
/// [`InspectError`].
pub fn inspect(path: &Path, directory: Option<&Path>, now: u64) -> Result<Finding, InspectError> {
    let given = directory
        .map(|path| open_directory(path, now))
        .transpose()?;
    let (bytes, exposed) = read(path)?;
    match Header::parse(&bytes) {
        Ok(header) => {
            return KeyFinding::new(path, header, given.as_ref(), exposed)
                .map(Finding::KeyFile)
                .ok_or_else(|| InspectError::BadKey(path.to_owned()));
        }
        Err(FileError::NotAKeyFile) => {}
        Err(reason) => {
            return Err(InspectError::KeyFile {
                path: path.to_owned(),
                reason,
            });
        }
    }
    match ShareHeader::parse(&bytes) {
        Ok(header) => {
            return ShareFinding::new(path, header, exposed)
                .map(Finding::Share)
                .ok_or_else(|| InspectError::BadKey(path.to_owned()));
        }
        Err(ShareFileError::NotAShare) => {}
        Err(reason) => {
            return Err(InspectError::Share {
                path: path.to_owned(),
                reason,
            });
        }
    }
    let Ok(text) = str::from_utf8(&bytes) else {
        return Ok(Finding::Unknown);
    };
    if Claimed::recognises(text) {
        return match Claimed::read(&bytes, now) {
            Ok(claimed) => {
                let finding = DirectoryFinding::new(&claimed);
                Ok(Finding::Directory(Box::new(finding)))
            }
            Err(reason) => Err(InspectError::Directory {
                path: path.to_owned(),
                reason,
            }),
        };
    }
    let note = Note::parse(&bytes).ok();
    if let Some((note, handover)) =
        note.and_then(|note| Handover::from_text(note.text()).map(|handover| (note, handover)))
    {
        let finding = HandoverFinding::new(&note, &handover, given.as_ref());
        return Ok(Finding::Handover(finding));
    }
    match Invitation::from_link(text) {
        Ok(invitation) => InvitationFinding::new(path, invitation, given.as_ref(), exposed)
            .map(Finding::Invitation)
            .ok_or_else(|| InspectError::BadKey(path.to_owned())),
        Err(InviteError::NotALink) => Ok(configuration::recognise(text)),
        Err(reason) => Err(InspectError::Invitation {
            path: path.to_owned(),
            reason,
        }),
    }
}

impl Finding {
    /// The finding in words, a line each. What came from the file cannot steer a terminal.
    pub fn words(&self) -> Vec<String> {
        let lines = match self {
            Self::KeyFile(key) => key.words(),
            Self::Share(share) => share.words(),
            Self::Directory(directory) => directory.words(),
            Self::Handover(handover) => handover.words(),
            Self::Invitation(invitation) => invitation.words(),
            Self::Configuration(configuration) => configuration.words(),
            Self::SchemeId { scheme } => vec![
                "The id of a scheme: a directory belongs to it if it names the same one.".to_owned(),
                row("scheme id", scheme),
            ],
            Self::Projects { projects } => vec![
                "The projects that the issuer gives tokens to: a digest of each one's secret, never the secret."
                    .to_owned(),
                row("projects", &projects.join(", ")),
            ],
            Self::Plan => vec![
                "A plan for `brolly-keys new`: it says who is to hold keys, and holds none itself."
                    .to_owned(),
            ],
            Self::Unknown => vec![
                "This is not a file that Brolly makes: no key file, share, directory, invitation, configuration or plan."
                    .to_owned(),
            ],
        };
        lines.iter().map(|line| harmless(line)).collect()
    }
}

fn open_directory(path: &Path, now: u64) -> Result<Claimed, InspectError> {
    let (bytes, _) = read(path)?;
    if !str::from_utf8(&bytes).is_ok_and(Claimed::recognises) {
        return Err(InspectError::NotADirectory(path.to_owned()));
    }
    Claimed::read(&bytes, now).map_err(|reason| InspectError::Directory {
        path: path.to_owned(),
        reason,
    })
}

/// The first 4 MiB and a byte of a file, and whether others than its owner can use it.
pub(crate) fn read(path: &Path) -> Result<(Vec<u8>, bool), InspectError> {
    let failed = |reason| InspectError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    // Asked before opening: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(InspectError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_NOTE).unwrap_or(u64::MAX);
    File::open(path)
        .map_err(failed)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok((bytes, metadata.mode() & 0o077 != 0))
}

/// The first 16 bytes of SHA-256 of an identity key, as hex: how the directory's ids are made, whatever the role.
fn fingerprint(key: &[u8; 32]) -> Option<String> {
    let key = VerifyingKey::<Relay>::from_bytes(key).ok()?;
    Some(NodeId::of(&key).to_string())
}

pub(crate) fn row(title: &str, text: &str) -> String {
    format!("  {title:<11} {text}")
}

fn warnings(rows: &[String]) -> impl Iterator<Item = String> {
    rows.iter().map(|warning| row("warning", warning))
}

/// What others can read should be closed to them: the sentence that says how.
fn exposure(path: &Path, what: &str) -> String {
    format!(
        "others than its owner can use this file, and {what}: run `chmod 600 {}`",
        path.display()
    )
}

/// Takes out what moves a cursor or turns the direction of writing.
pub(crate) fn harmless(line: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    line.replace(steers, "\u{fffd}")
}

#[cfg(test)]
mod tests;
