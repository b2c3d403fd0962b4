//! The next version of a directory: drafted, read in words, signed by enough officers, handed in (SPEC §4.12).
//!
//! ```text
//! directory-1.note ── draft ──▶ draft.toml ── edit, diff ──▶ sign, each officer ──▶ ada.note  bea.note
//!                                                                                       │ combine
//!                         inbox ◀── publish ── verify ◀── directory-2.note ◀────────────┘
//! ```
//!
//! Everything but `publish` works without a network: files go round on a stick.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use brolly_shell::cli::Failure;
use clap::Subcommand;

pub mod change;
mod combine;
mod diff;
mod draft;
mod publish;
mod sign;
mod source;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use diff::paragraph;
pub(crate) use sign::{handover_words, in_order};
pub(crate) use source::{Handing, Source, groups};

/// What officers do with a directory.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the next version's text, for editing
    #[command(after_help = "Examples:\n  \
        brolly-keys directory draft --from directory-1.note --out draft.toml\n  \
        brolly-keys directory draft --from directory-1.note --handover handover.note --out draft.toml")]
    Draft(draft::Draft),
    /// Say in words what one version changes against another; each may be a signed note or a draft
    #[command(after_help = "Examples:\n  \
        brolly-keys directory diff directory-1.note draft.toml\n  \
        brolly-keys directory diff directory-1.note directory-2.note --json")]
    Diff(diff::Diff),
    /// Sign a draft, or a handover of officers, after showing in words what it changes
    #[command(after_help = "Examples:\n  \
        brolly-keys directory sign draft.toml --from directory-1.note --key ada.key --out ada.note\n  \
        brolly-keys directory sign handover.txt --from directory-1.note --key dot.key --out dot.note\n\n\
        Every officer reads the digest aloud before typing yes: all must have the same.")]
    Sign(sign::Sign),
    /// Put the officers' signatures together; writes nothing unless they are enough
    #[command(after_help = "Examples:\n  \
        brolly-keys directory combine ada.note bea.note --from directory-1.note --out directory-2.note")]
    Combine(combine::Combine),
    /// Say whether every program of the scheme would accept a directory
    #[command(after_help = "Examples:\n  \
        brolly-keys directory verify directory-2.note --from directory-1.note\n  \
        brolly-keys directory verify directory-1.note --scheme 5f0c…")]
    Verify(verify::Verify),
    /// Hand the next version in at the inbox: the one command here that needs a network
    #[command(after_help = "Examples:\n  \
        brolly-keys directory publish directory-2.note --directory directory-1.note")]
    Publish(publish::Publish),
}

/// What a command has besides its arguments.
pub(crate) struct Desk<'a> {
    /// Where results go.
    pub(crate) out: &'a mut dyn Write,
    /// Where questions and progress go.
    pub(crate) progress: &'a mut dyn Write,
    /// Where answers come from.
    pub(crate) answers: &'a mut dyn BufRead,
    /// The time in seconds since 1970.
    pub(crate) now: u64,
}

impl Command {
    pub(crate) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        match self {
            Self::Draft(draft) => draft.run(desk),
            Self::Diff(diff) => diff.run(desk),
            Self::Sign(sign) => sign.run(desk),
            Self::Combine(combine) => combine.run(desk),
            Self::Verify(verify) => verify.run(desk),
            Self::Publish(publish) => publish.run(desk),
        }
    }
}

/// Refuses a file that is there before any work is done for it.
pub(crate) fn free(path: &PathBuf) -> Result<(), Failure> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Err(brolly_shell::private::PrivateError::Exists(path.clone()).into()),
        Err(_) => Ok(()),
    }
}
