//! Signatures of several officers put together, checked as every program will.

use std::path::{Path, PathBuf};

use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::Authority;
use brolly_protocol::directory::{Directory, DirectoryError};
use brolly_shell::cli::Failure;
use brolly_shell::private;
use clap::Args;
use serde::Serialize;

use super::sign::in_order;
use super::source::SourceError;
use super::{Desk, Handing, Source, free};
use crate::command::{json, print};
use crate::inspect::{harmless, hex};

#[derive(Debug, Args)]
pub(crate) struct Combine {
    /// The notes that officers signed, of one directory or of one handover
    #[arg(value_name = "NOTE", required = true)]
    notes: Vec<PathBuf>,
    /// The version before, signed by enough officers
    #[arg(long, value_name = "NOTE")]
    from: PathBuf,
    /// The note to write; a file that is there is not overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print one JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// Why signatures are not put together. Nothing is written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CombineError {
    /// Two texts.
    #[error(
        "{} is signed over another text than {}: each officer compares the digest, and the one who differs signs again",
        other.display(),
        first.display()
    )]
    Differ {
        /// The first file.
        first: PathBuf,
        /// The one that differs.
        other: PathBuf,
    },
    /// A bad signature.
    #[error("a signature in {} is wrong: its officer signs again", .0.display())]
    Wrong(PathBuf),
    /// Nobody who counts.
    #[error("nobody who signed {} is an officer here{}", path.display(), names(signers))]
    Stranger {
        /// The file.
        path: PathBuf,
        /// Who signed it.
        signers: Vec<String>,
    },
    /// Not enough yet.
    #[error(
        "{good} of {whose} signed, and {needed} must: get {more} more of {}, and combine all notes again",
        missing.join(", ")
    )]
    TooFew {
        /// Whose signatures.
        whose: &'static str,
        /// Good ones.
        good: usize,
        /// Needed ones.
        needed: usize,
        /// How many are missing.
        more: usize,
        /// Who has not signed.
        missing: Vec<String>,
    },
    /// Enough signed, and it is refused all the same.
    #[error("no program would accept it: {0}")]
    Refused(#[from] DirectoryError),
}

/// What was made.
#[derive(Serialize)]
struct Combined {
    what: &'static str,
    version: Option<u32>,
    digest: String,
    signed: Vec<String>,
    out: PathBuf,
}

impl Combine {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        free(&self.out)?;
        let from = Source::signed(&self.from)?;
        let current = &from.directory;
        let first = self.notes.first().map(PathBuf::as_path);
        let first = first.unwrap_or(Path::new(""));
        let made = match Handing::any(first)? {
            Some(handing) => {
                in_order(&handing.handover, current)?;
                let mut all = current.officers.clone();
                all.extend(handing.handover.officers.iter().cloned());
                let note = self.together(&all)?;
                let (threshold, next) = (handing.handover.threshold, &handing.handover.officers);
                enough(
                    "today's officers",
                    &note,
                    &current.officers,
                    current.threshold,
                )?;
                enough("the officers to come", &note, next, threshold)?;
                current.handed_over(&note).map_err(CombineError::Refused)?;
                (note, all, "handover", None, handing.digest())
            }
            None => {
                let draft = Source::any(first)?;
                let officers = draft.directory.officers.clone();
                let note = self.together(&officers)?;
                draft.may_follow(current).map_err(CombineError::Refused)?;
                enough("the officers", &note, &officers, draft.directory.threshold)?;
                let bytes = note.to_string();
                Directory::verify(bytes.as_bytes(), current.scheme, desk.now, current.version)
                    .map_err(CombineError::Refused)?;
                let version = Some(draft.directory.version);
                (note, officers, "directory", version, draft.directory.digest)
            }
        };
        let (note, officers, what, version, digest) = made;
        private::create(&self.out, note.to_string().as_bytes())?;
        let signed = signed(&note, &officers)?;
        let combined = Combined {
            what,
            version,
            digest: hex(&digest),
            signed: signed
                .iter()
                .map(|officer| officer.name().to_owned())
                .collect(),
            out: self.out,
        };
        print(desk.out, &combined.text(self.json)?)
    }

    /// One note with the signatures of all that are officers'.
    fn together(&self, officers: &[NamedKey<Authority>]) -> Result<Note, Failure> {
        let mut whole: Option<(&PathBuf, Note)> = None;
        for path in &self.notes {
            let mut note = note(path)?;
            let good = note
                .signed_by(officers)
                .map_err(|_| CombineError::Wrong(path.clone()))?;
            if good.is_empty() {
                return Err(CombineError::Stranger {
                    path: path.clone(),
                    signers: note.signers().map(harmless).collect(),
                }
                .into());
            }
            note.retain_signers(|name| officers.iter().any(|officer| officer.name() == name));
            match &mut whole {
                None => whole = Some((path, note)),
                Some((first, all)) => {
                    all.combine(&note).map_err(|_| CombineError::Differ {
                        first: first.clone(),
                        other: path.clone(),
                    })?;
                }
            }
        }
        whole
            .map(|(_, note)| note)
            .ok_or_else(|| Failure::usage("no note was given"))
    }
}

impl Combined {
    fn text(&self, as_json: bool) -> Result<String, Failure> {
        if as_json {
            return json(self);
        }
        let what = match self.version {
            Some(version) => format!("version {version} of the directory"),
            None => "the handover".to_owned(),
        };
        let next = match self.version {
            Some(_) => "brolly-keys directory publish FILE --directory NOTE-IN-FORCE",
            None => "brolly-keys directory draft --from NOTE --handover FILE --out draft.toml",
        };
        let (out, signed) = (self.out.display(), self.signed.join(", "));
        let next = next.replace("FILE", &out.to_string());
        Ok(format!(
            "Combined {what}, signed by {signed}, which is enough: {out}\nNext: {next}\n"
        ))
    }
}

fn note(path: &Path) -> Result<Note, Failure> {
    let (bytes, _) = crate::inspect::read(path)?;
    let note = Note::parse(&bytes).map_err(|error| SourceError::Note {
        path: path.to_owned(),
        reason: DirectoryError::Note(error),
    })?;
    Ok(note)
}

fn signed<'k>(
    note: &Note,
    officers: &'k [NamedKey<Authority>],
) -> Result<Vec<&'k NamedKey<Authority>>, Failure> {
    note.signed_by(officers)
        .map_err(|error| CombineError::Refused(DirectoryError::Note(error)).into())
}

fn enough(
    whose: &'static str,
    note: &Note,
    officers: &[NamedKey<Authority>],
    needed: usize,
) -> Result<(), Failure> {
    let good = signed(note, officers)?;
    if good.len() >= needed {
        return Ok(());
    }
    let missing = officers.iter().filter(|officer| !good.contains(officer));
    Err(CombineError::TooFew {
        whose,
        good: good.len(),
        needed,
        more: needed - good.len(),
        missing: missing.map(|officer| officer.name().to_owned()).collect(),
    }
    .into())
}

fn names(signers: &[String]) -> String {
    match signers {
        [] => ": it has no signature".to_owned(),
        names => format!(": it has {}", names.join(", ")),
    }
}

impl From<CombineError> for Failure {
    fn from(error: CombineError) -> Self {
        Self::refused(harmless(&error.to_string()))
    }
}
