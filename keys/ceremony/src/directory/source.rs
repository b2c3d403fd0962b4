//! The files that officers work with: a directory as it was signed, a draft of the next, a handover.

use std::path::{Path, PathBuf};

use brolly_keys::note::Note;
use brolly_keys::sign::Statement;
use brolly_protocol::directory::{Directory, DirectoryError, Handover};
use brolly_shell::cli::Failure;
use brolly_shell::config::{self, ConfigError};
use sha2::{Digest, Sha256};

use crate::inspect::{InspectError, harmless, hex, read};
use crate::plan::{fits_a_connection, fits_a_folder, fits_a_line};

/// A directory in a file, signed by enough officers or not.
#[derive(Debug)]
pub(crate) struct Source {
    /// What it says, with the digest of the text that is signed.
    pub(crate) directory: Directory,
    /// That text, and the signatures that are there.
    pub(crate) note: Note,
}

/// A handover of officers in a file.
#[derive(Debug)]
pub(crate) struct Handing {
    pub(crate) handover: Handover,
    pub(crate) note: Note,
}

/// Why a file is not the directory that was wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SourceError {
    /// The file itself.
    #[error(transparent)]
    File(#[from] InspectError),
    /// A draft that is not TOML.
    #[error(transparent)]
    Toml(#[from] ConfigError),
    /// A note, or what it says.
    #[error("{}: {reason}", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: DirectoryError,
    },
    /// What a draft says.
    #[error("{}{}: {reason}", path.display(), place(*line))]
    Draft {
        /// The file.
        path: PathBuf,
        /// Where, from 1, if that is known.
        line: Option<usize>,
        /// Why.
        reason: DirectoryError,
    },
    /// A name or an address that no program can use.
    #[error("{}: the {what} {text:?} of {whose} does not do: {advice}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Name, address and so on.
        what: &'static str,
        /// The text.
        text: String,
        /// Whose it is.
        whose: String,
        /// What does.
        advice: &'static str,
    },
    /// A handover where a directory is wanted, or neither.
    #[error("{} is not a handover of officers", .0.display())]
    NotAHandover(PathBuf),
    /// A handover's text alone.
    #[error("nobody signed {}: give the note that `brolly-keys directory combine` made of it", .0.display())]
    Unsigned(PathBuf),
}

impl Source {
    /// Reads a directory that enough officers signed. Its time may be over: its officers make the next one all the same.
    pub(crate) fn signed(path: &Path) -> Result<Self, SourceError> {
        let (bytes, _) = read(path)?;
        let refused = |reason| SourceError::Note {
            path: path.to_owned(),
            reason,
        };
        let note = Note::parse(&bytes)
            .map_err(DirectoryError::Note)
            .map_err(refused)?;
        let claimed = Directory::parse(note.text().as_bytes()).map_err(refused)?;
        let directory = Directory::verify(&bytes, claimed.scheme, 0, 0).map_err(refused)?;
        Ok(Self {
            directory: (*directory).clone(),
            note,
        })
    }

    /// Reads a directory in a note with any signatures, or in a draft with none. A draft's comments and order go.
    pub(crate) fn any(path: &Path) -> Result<Self, SourceError> {
        let (bytes, _) = read(path)?;
        if bytes.windows(MARK.len()).any(|part| part == MARK) {
            let refused = |reason| SourceError::Note {
                path: path.to_owned(),
                reason,
            };
            let note = Note::parse(&bytes)
                .map_err(DirectoryError::Note)
                .map_err(refused)?;
            let directory = Directory::parse(note.text().as_bytes()).map_err(refused)?;
            return Ok(Self { directory, note });
        }
        config::load::<toml::Table>(path)?;
        let refused = |reason| SourceError::Draft {
            path: path.to_owned(),
            line: line_of(&bytes, &reason),
            reason,
        };
        let edited = Directory::parse(&bytes).map_err(refused)?;
        fits(path, &edited)?;
        let text = edited.to_text().map_err(refused)?;
        let directory = Directory::parse(text.as_bytes()).map_err(refused)?;
        let note = Note::unsigned(text)
            .map_err(DirectoryError::Note)
            .map_err(refused)?;
        Ok(Self { directory, note })
    }

    /// Whether it may come directly after `current`, whoever signs it.
    pub(crate) fn may_follow(&self, current: &Directory) -> Result<(), DirectoryError> {
        self.directory.follows(current)?;
        let bare = Note::unsigned(self.note.text().to_owned()).map_err(DirectoryError::Note)?;
        // Without a signature everything else has to be right for only the signatures to be missing.
        match Directory::verify(bare.to_string().as_bytes(), current.scheme, 0, 0) {
            Ok(_) | Err(DirectoryError::TooFew { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Handing {
    /// Whether a text sets out to be a handover.
    pub(crate) fn recognises(text: &[u8]) -> bool {
        text.starts_with(b"brolly/1 officers\n")
    }

    /// Reads a handover with any signatures; `None` for what does not set out to be one.
    pub(crate) fn any(path: &Path) -> Result<Option<Self>, SourceError> {
        let (bytes, _) = read(path)?;
        if !Self::recognises(&bytes) {
            return Ok(None);
        }
        let note = Note::parse(&bytes).map_err(|error| SourceError::Note {
            path: path.to_owned(),
            reason: DirectoryError::Note(error),
        })?;
        let handover = Handover::from_text(note.text())
            .ok_or_else(|| SourceError::NotAHandover(path.to_owned()))?;
        Ok(Some(Self { handover, note }))
    }

    /// The digest that officers read aloud.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.note.text()).into()
    }
}

/// A digest in groups of four, to be read aloud: two lines of eight.
pub(crate) fn groups(digest: &[u8; 32]) -> [String; 2] {
    let line = |half: &[u8]| {
        let pairs = half.chunks(2).map(hex);
        pairs.collect::<Vec<_>>().join(" ")
    };
    let (first, second) = digest.split_at(16);
    [line(first), line(second)]
}

/// What a text is, the text, whether it fits, and what would.
type Asked<'a> = (&'static str, &'a str, fn(&str) -> bool, &'static str);

/// What the ceremony asks of names and addresses in a plan, asked of a draft as well.
fn fits(path: &Path, directory: &Directory) -> Result<(), SourceError> {
    let check = |(what, text, fits, advice): Asked<'_>, whose: String| {
        if fits(text) {
            return Ok(());
        }
        Err(SourceError::Unfit {
            path: path.to_owned(),
            what,
            text: text.to_owned(),
            whose,
            advice,
        })
    };
    for relay in &directory.relays {
        let asked: [Asked<'_>; 4] = [
            ("name", &relay.name, fits_a_folder, NAME),
            ("address", &relay.address, fits_a_connection, ADDRESS),
            ("operator", &relay.operator, fits_a_line, LINE),
            ("kind", &relay.kind, fits_a_line, LINE),
        ];
        for asked in asked {
            check(asked, format!("the relay {}", relay.name))?;
        }
    }
    for desk in &directory.desks {
        check(
            ("name", &desk.name, fits_a_folder, NAME),
            format!("the desk {}", desk.name),
        )?;
    }
    let inbox = directory.inbox.address.as_str();
    check(
        ("address", inbox, fits_a_connection, ADDRESS),
        "the inbox".to_owned(),
    )
}

/// The line of the key that serde complains of.
fn line_of(bytes: &[u8], reason: &DirectoryError) -> Option<usize> {
    let DirectoryError::Text(message) = reason else {
        return None;
    };
    let key = message.split('`').nth(1)?;
    let text = str::from_utf8(bytes).ok()?;
    let begins = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(begins).map(|line| line + 1)
}

fn place(line: Option<usize>) -> String {
    line.map(|line| format!(" line {line}")).unwrap_or_default()
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::File(error) => error.into(),
            SourceError::Toml(error) => error.into(),
            SourceError::Draft { .. } | SourceError::Unfit { .. } => {
                Self::configuration(harmless(&error.to_string()))
            }
            SourceError::Note { .. } | SourceError::NotAHandover(_) | SourceError::Unsigned(_) => {
                Self::refused(harmless(&error.to_string()))
            }
        }
    }
}

/// What stands before the first signature of a note, and in no TOML.
const MARK: &[u8] = "\n\n— ".as_bytes();
const NAME: &str = "use 1 to 40 letters a to z, digits and hyphens";
const ADDRESS: &str = "write host:port, such as relay.example:443";
const LINE: &str = "use 1 to 80 characters on one line";
