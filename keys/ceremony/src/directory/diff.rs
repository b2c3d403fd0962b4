//! Saying in words what changes.

use std::path::PathBuf;

use brolly_shell::cli::Failure;
use clap::Args;
use serde::Serialize;

use super::change::Difference;
use super::{Desk, Source};
use crate::command::{json, print};
use crate::inspect::{harmless, row};

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The version before: a signed note, or a draft
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The version after: a signed note, or a draft
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Print one JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// A difference, and whether the second may come directly after the first.
#[derive(Serialize)]
struct Compared {
    #[serde(flatten)]
    difference: Difference,
    objection: Option<String>,
}

impl Diff {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let (old, new) = (Source::any(&self.old)?, Source::any(&self.new)?);
        let same = old.directory.digest == new.directory.digest;
        let objection = new.may_follow(&old.directory).err();
        let compared = Compared {
            difference: Difference::new(&old.directory, &new.directory),
            objection: objection.filter(|_| !same).map(|error| error.to_string()),
        };
        if self.json {
            return print(desk.out, &json(&compared)?);
        }
        let mut lines = compared.difference.words();
        lines.extend(compared.objection.map(|objection| {
            let sentence = format!("it cannot come directly after the other: {objection}");
            row("refused", &sentence)
        }));
        print(desk.out, &paragraph(&lines))
    }
}

/// Lines for a terminal; what came from a file cannot steer it.
pub(crate) fn paragraph(lines: &[String]) -> String {
    lines.iter().map(|line| harmless(line) + "\n").collect()
}
