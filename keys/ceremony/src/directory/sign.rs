//! An officer's signature, after everything it changes was shown in words.

use std::io::{BufRead, Read};
use std::path::PathBuf;

use brolly_keys::file::{Kind, Label, Lock};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::Authority;
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::{Directory, DirectoryError, Handover, Purpose};
use brolly_shell::cli::Failure;
use brolly_shell::passphrase::Source as Passphrase;
use brolly_shell::{keyfile, private, process, shares};
use clap::Args;

use super::change::{Difference, officers};
use super::{Desk, Handing, Source, free, groups, paragraph};
use crate::command::print;
use crate::inspect::{harmless, row};
use crate::time::moment;

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The draft, another officer's note of it, or a handover of officers
    #[arg(value_name = "FILE")]
    what: PathBuf,
    /// The version before, signed by enough officers
    #[arg(long, value_name = "NOTE")]
    from: PathBuf,
    /// The officer's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The note to write, with this officer's signature alone; a file that is there is not overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Sign without asking: for scripts, where nobody reads what changes
    #[arg(long)]
    yes: bool,
    /// A share of a key file that is in several hands; give as many as are needed
    #[arg(long = "share", value_name = "FILE")]
    shares: Vec<PathBuf>,
    /// Take the shares' passphrases from these files instead of asking the holders; give one for all, or one for each
    #[arg(long = "share-passphrase-file", value_name = "FILE")]
    share_passphrase_files: Vec<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SignError {
    /// It cannot come next.
    #[error("{0}: nothing was signed")]
    Follows(#[from] DirectoryError),
    /// Its time is over before anybody could use it.
    #[error(
        "the draft expired at {} by this machine's clock: set the clock, or draft it again",
        moment(*.0)
    )]
    Expired(u64),
    /// Its time is over before it could take effect.
    #[error(
        "the draft would expire at {}, before it can take effect: give it a later expiry",
        moment(*.0)
    )]
    Late(u64),
    /// The key is no officer's.
    #[error("{name} cannot sign this: the key of {name} is not that of an officer who may")]
    NotAnOfficer {
        /// The name in the key file.
        name: String,
    },
    /// Another kind of key file.
    #[error("this is the key file of a {0}, and officers alone sign")]
    Kind(Kind),
    /// The key file holds another key than it says.
    #[error(
        "the key file holds no key to sign with, or another than it says: restore it from a back-up"
    )]
    Empty,
    /// A handover of another scheme, or that does not come next.
    #[error("this handover does not come after the officers of {0}: propose it again")]
    Handover(String),
    /// A handover to nobody, or to too few.
    #[error(
        "this handover would leave {threshold} of {officers} officers to sign, and a directory needs {least} at least"
    )]
    Threshold {
        /// Signatures wanted.
        threshold: usize,
        /// Officers there would be.
        officers: usize,
        /// The fewest that do.
        least: usize,
    },
    /// The answer was not yes.
    #[error("nothing was signed, since the answer was not yes")]
    Declined,
}

impl Sign {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        process::harden_command()?;
        free(&self.out)?;
        let from = Source::signed(&self.from)?;
        let (lines, signers, text, digest) = match Handing::any(&self.what)? {
            Some(handing) => {
                in_order(&handing.handover, &from.directory)?;
                let lines = handover_words(&handing.handover, &from.directory);
                let signers = both(&handing.handover, &from.directory);
                let digest = handing.digest();
                (lines, signers, handing.note.text().to_owned(), digest)
            }
            None => {
                let draft = Source::any(&self.what)?;
                draft
                    .may_follow(&from.directory)
                    .map_err(SignError::Follows)?;
                if desk.now >= draft.directory.expires {
                    return Err(SignError::Expired(draft.directory.expires).into());
                }
                let wait = from.directory.parameters.effective_after;
                if desk.now.saturating_add(wait) >= draft.directory.expires {
                    return Err(SignError::Late(draft.directory.expires).into());
                }
                let lines = Difference::new(&from.directory, &draft.directory).words();
                let digest = draft.directory.digest;
                let signers = draft.directory.officers;
                (lines, signers, draft.note.text().to_owned(), digest)
            }
        };
        let header = keyfile::header(&self.key)?;
        if header.kind != Kind::Officer {
            return Err(SignError::Kind(header.kind).into());
        }
        let officer = signers
            .iter()
            .find(|officer| officer.key().to_bytes() == header.public)
            .ok_or(SignError::NotAnOfficer { name: header.name })?;
        print(desk.out, &paragraph(&lines))?;
        print(desk.out, &paragraph(&aloud(&digest)))?;
        if !self.yes && !agreed(officer.name(), desk)? {
            return Err(SignError::Declined.into());
        }
        let in_hands = !matches!(header.lock, Lock::Passphrase) || !self.shares.is_empty();
        let keys = if in_hands {
            shares::open(&self.key, &self.shares, &self.share_passphrase_files)?.0
        } else {
            let prompt = format!("Passphrase of {}: ", officer.name());
            keyfile::read(&self.key, &self.passphrase.read(&prompt)?)?
        };
        let seed = keys.secret(Label::Identity, 0).ok_or(SignError::Empty)?;
        let key = SigningKey::<Authority>::from_seed(seed);
        if key.verifying_key() != *officer.key() {
            return Err(SignError::Empty.into());
        }
        let mut note = Note::unsigned(text).map_err(Failure::failed)?;
        note.sign(officer.name(), &key).map_err(Failure::failed)?;
        private::create(&self.out, note.to_string().as_bytes())?;
        let (name, out) = (officer.name(), self.out.display());
        print(desk.out, &format!("Signed by {name}: {out}\n"))
    }
}

/// The digest, as everybody in the room reads it aloud.
pub(super) fn aloud(digest: &[u8; 32]) -> Vec<String> {
    let [first, second] = groups(digest);
    vec![row("digest", &first), row("", &second)]
}

/// Asks whether to sign. No answer at all is none.
fn agreed(name: &str, desk: &mut Desk<'_>) -> Result<bool, Failure> {
    let _ = write!(
        desk.progress,
        "Has everybody in the room the same digest? To sign as {name}, type yes: "
    );
    let _ = desk.progress.flush();
    let mut answer = String::new();
    let mut answers = Read::take(&mut desk.answers, 64);
    answers.read_line(&mut answer).map_err(Failure::failed)?;
    Ok(answer.trim() == "yes")
}

/// Whether a handover comes after the officers of `current`, to enough others.
pub(crate) fn in_order(handover: &Handover, current: &Directory) -> Result<(), SignError> {
    let next = current.handover(handover.threshold, handover.officers.clone());
    if *handover != next {
        return Err(SignError::Handover(format!(
            "version {} of the directory of {}",
            current.version, current.name
        )));
    }
    let least = match current.purpose {
        Purpose::Real => 2,
        Purpose::Drill => 1,
    };
    let (threshold, officers) = (handover.threshold, handover.officers.len());
    if !(least..=officers).contains(&threshold) {
        return Err(SignError::Threshold {
            threshold,
            officers,
            least,
        });
    }
    Ok(())
}

/// A handover in words.
pub(crate) fn handover_words(handover: &Handover, current: &Directory) -> Vec<String> {
    let drill = match current.purpose {
        Purpose::Real => "",
        Purpose::Drill => ", A DRILL",
    };
    let mut lines = vec![
        format!(
            "A handover of the scheme {}{drill}: these officers sign its directories from now on.",
            current.name
        ),
        row("scheme id", &handover.scheme.to_string()),
    ];
    let (threshold, count) = (handover.threshold, handover.officers.len());
    let names: Vec<&str> = handover.officers.iter().map(NamedKey::name).collect();
    let sentence = format!("{threshold} of {count} must sign: {}", names.join(", "));
    lines.push(row("officers", &sentence));
    let changes = officers(
        (current.threshold, &current.officers),
        (threshold, &handover.officers),
    );
    if changes.is_empty() {
        lines.push(row("", "nothing changes: the officers are the same"));
    }
    lines.extend(changes.iter().map(|change| row("", &format!("! {change}"))));
    let old = format!(
        "{} of today's officers and {threshold} of these sign it",
        current.threshold
    );
    lines.push(row("in force", &format!("once {old}")));
    lines
}

/// Today's officers and those who come: either may sign a handover.
fn both(handover: &Handover, current: &Directory) -> Vec<NamedKey<Authority>> {
    let mut all = current.officers.clone();
    all.extend(handover.officers.iter().cloned());
    all
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Self::refused(harmless(&error.to_string()))
    }
}
