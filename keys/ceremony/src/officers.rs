//! Officers who come and go: a newcomer's key, and the handover that both sign (SPEC §4.8).

use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::note::NamedKey;
use brolly_keys::role::Authority;
use brolly_keys::sign::VerifyingKey;
use brolly_protocol::directory::{Directory, Handover};
use brolly_protocol::node::NodeId;
use brolly_shell::cli::Failure;
use brolly_shell::passphrase::Source as Passphrase;
use brolly_shell::{private, process, random};
use clap::{Args, Subcommand};

use crate::command::{patiently, print};
use crate::directory::{Desk, Source, free, handover_words, in_order, paragraph};
use crate::holder::draw_officer;
use crate::inspect::row;
use crate::plan::Name;

/// What officers do about themselves.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the key of a new officer, and print the line that the others need
    #[command(after_help = "Examples:\n  \
        brolly-keys officers new dot --out dot.key")]
    New(New),
    /// Write the handover to other officers, for the old and the new ones to sign
    #[command(after_help = "Examples:\n  \
        brolly-keys officers propose --from directory-1.note --officer ada --officer bea \\\n    \
        --officer dot=u4mX… --threshold 2 --out handover.txt\n\n\
        Name every officer that there is to be. A name alone is an officer of today who stays.")]
    Propose(Propose),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The officer's name: letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: Name,
    /// The key file to write; a file that is there is not overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

#[derive(Debug, Args)]
pub(crate) struct Propose {
    /// The version before, signed by enough officers
    #[arg(long, value_name = "NOTE")]
    from: PathBuf,
    /// An officer that there is to be: NAME for one of today, NAME=KEY for a newcomer
    #[arg(long = "officer", value_name = "NAME[=KEY]", required = true)]
    officers: Vec<Proposed>,
    /// How many of them must sign
    #[arg(long, value_name = "K")]
    threshold: usize,
    /// The handover's text to write; a file that is there is not overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// An officer on the command line.
#[derive(Debug, Clone)]
struct Proposed {
    name: Name,
    key: Option<VerifyingKey<Authority>>,
}

/// Why a handover is not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ProposeError {
    /// A name alone, of nobody who is in office.
    #[error(
        "{0} is no officer today: write --officer {0}=KEY with the key that `brolly-keys officers new` printed"
    )]
    Unknown(String),
    /// A name or key given twice.
    #[error("{0} is named twice, or has a key that another has: each officer needs their own")]
    Twice(String),
    /// Nobody comes or goes.
    #[error("nothing would change: these are the officers of today, and as many of them must sign")]
    Same,
}

/// A text that names no officer.
#[derive(Debug, thiserror::Error)]
#[error(
    "write NAME for an officer of today, or NAME=KEY with the 44 characters that `brolly-keys officers new` printed"
)]
pub(crate) struct BadOfficer;

impl Command {
    pub(crate) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        match self {
            Self::New(new) => new.run(desk),
            Self::Propose(propose) => propose.run(desk),
        }
    }
}

impl New {
    fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        process::harden_command()?;
        free(&self.out)?;
        let name = self.name.as_str();
        let prompt = format!("Passphrase for the officer {name}: ");
        let passphrase = patiently(|| self.passphrase.choose(&prompt), desk.progress)?;
        let (officer, _, holder) =
            draw_officer(name, &mut random::system()).map_err(Failure::failed)?;
        let sealed = holder
            .seal(&passphrase, &mut random::system())
            .map_err(Failure::failed)?;
        private::create(&self.out, &sealed)?;
        let key = STANDARD.encode(officer.key().to_bytes());
        let lines = [
            format!("Made the key of the officer {name}: {}", self.out.display()),
            row("fingerprint", &NodeId::of(officer.key()).to_string()),
            format!("The others propose {name} with:"),
            format!("  --officer {name}={key}"),
        ];
        print(desk.out, &paragraph(&lines))
    }
}

impl Propose {
    fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        free(&self.out)?;
        let from = Source::signed(&self.from)?;
        let handover = self.handover(&from.directory)?;
        in_order(&handover, &from.directory)?;
        private::create(&self.out, handover.to_text().as_bytes())?;
        let mut lines = handover_words(&handover, &from.directory);
        let (out, from) = (self.out.display(), self.from.display());
        lines.push("Next, each officer of today and each newcomer:".to_owned());
        lines.push(format!(
            "  brolly-keys directory sign {out} --from {from} --key YOUR.key --out YOU.note"
        ));
        print(desk.out, &paragraph(&lines))
    }

    fn handover(&self, current: &Directory) -> Result<Handover, ProposeError> {
        let mut officers: Vec<NamedKey<Authority>> = Vec::new();
        for proposed in &self.officers {
            let name = proposed.name.as_str();
            let unknown = || ProposeError::Unknown(name.to_owned());
            let officer = match proposed.key {
                Some(key) => NamedKey::new(name, key),
                None => {
                    let mut today = current.officers.iter();
                    today.find(|officer| officer.name() == name).cloned()
                }
            };
            let officer = officer.ok_or_else(unknown)?;
            let same = |other: &NamedKey<Authority>| {
                other.name().eq_ignore_ascii_case(name) || other.key() == officer.key()
            };
            if officers.iter().any(same) {
                return Err(ProposeError::Twice(name.to_owned()));
            }
            officers.push(officer);
        }
        if (self.threshold, &officers) == (current.threshold, &current.officers) {
            return Err(ProposeError::Same);
        }
        Ok(current.handover(self.threshold, officers))
    }
}

impl FromStr for Proposed {
    type Err = BadOfficer;

    fn from_str(text: &str) -> Result<Self, BadOfficer> {
        let (name, key) = match text.split_once('=') {
            Some((name, key)) => (name, Some(key)),
            None => (text, None),
        };
        let key = key.map(|key| {
            let bytes: [u8; 32] = STANDARD
                .decode(key)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(BadOfficer)?;
            VerifyingKey::from_bytes(&bytes).map_err(|_| BadOfficer)
        });
        Ok(Self {
            name: name.parse().map_err(|_| BadOfficer)?,
            key: key.transpose()?,
        })
    }
}

impl From<ProposeError> for Failure {
    fn from(error: ProposeError) -> Self {
        Self::usage(error)
    }
}
