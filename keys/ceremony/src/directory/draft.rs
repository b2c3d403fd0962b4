//! The next version's text, with comments that say what may be edited.

use std::path::{Path, PathBuf};

use brolly_protocol::directory::{Directory, DirectoryError};
use brolly_shell::cli::Failure;
use brolly_shell::private;
use clap::Args;
use clap::value_parser;

use super::source::SourceError;
use super::{Desk, Handing, Source, free};
use crate::command::print;
use crate::time::{date, moment};

#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// The version before, signed by enough officers
    #[arg(long, value_name = "NOTE")]
    from: PathBuf,
    /// The draft to write; a file that is there is not overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// For how many days it holds
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = value_parser!(u64).range(1..=90))]
    days: u64,
    /// A handover signed by enough of today's officers and of their successors: these sign from now on
    #[arg(long, value_name = "NOTE")]
    handover: Option<PathBuf>,
}

impl Draft {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        free(&self.out)?;
        let from = Source::signed(&self.from)?;
        let mut next = match &self.handover {
            Some(path) => from.handed_over(path)?,
            None => from.directory.clone(),
        };
        next.version = next.version.saturating_add(1);
        next.issued = desk.now.max(next.issued);
        next.expires = next.issued.saturating_add(self.days * 86_400);
        let text = next.to_text().map_err(Failure::refused)?;
        private::create(&self.out, explained(&next, &text, &self).as_bytes())?;
        print(desk.out, &self.told(&next, desk.now))
    }

    fn told(&self, next: &Directory, now: u64) -> String {
        let out = self.out.display();
        let mut text = format!(
            "Drafted version {} of the directory of {}, valid until {}: {out}\n",
            next.version,
            next.name,
            date(next.expires)
        );
        if next.issued > now {
            text += &format!(
                "  warning     the version before was issued at {}, later than now by this machine's clock: set the clock\n",
                moment(next.issued)
            );
        }
        let last = next.issuer.keys.last().map_or(0, |held| held.until);
        if last < next.expires {
            text += &format!(
                "  warning     the issuer's keys end on {}, before the directory does: `brolly-keys issuer extend` makes more\n",
                date(last)
            );
        }
        text + &format!(
            "Next: edit it, then\n  brolly-keys directory diff {} {out}\n",
            self.from.display()
        )
    }
}

impl Source {
    /// The same directory under the officers that the signed handover in `path` puts in office.
    fn handed_over(&self, path: &Path) -> Result<Directory, SourceError> {
        let handing =
            Handing::any(path)?.ok_or_else(|| SourceError::NotAHandover(path.to_owned()))?;
        if handing.note.signers().next().is_none() {
            return Err(SourceError::Unsigned(path.to_owned()));
        }
        let refused = |reason: DirectoryError| SourceError::Note {
            path: path.to_owned(),
            reason,
        };
        self.directory.handed_over(&handing.note).map_err(refused)
    }
}

/// The text with comments before its parts and behind its numbers.
fn explained(next: &Directory, text: &str, draft: &Draft) -> String {
    let (from, out) = (draft.from.display(), draft.out.display());
    let mut lines = vec![
        format!(
            "# A draft of version {} of the directory of {}.",
            next.version, next.name
        ),
        "# What may be edited says so. Comments are not signed. When it is done, each officer:"
            .to_owned(),
        format!("#   brolly-keys directory diff {from} {out}"),
        format!("#   brolly-keys directory sign {out} --from {from} --key YOUR.key --out YOU.note"),
        String::new(),
    ];
    let mut told: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some((head, comments)) = PARTS.iter().find(|(head, _)| *head == line)
            && !told.contains(head)
        {
            told.push(head);
            lines.extend(comments.iter().map(|comment| format!("# {comment}")));
        }
        lines.push(match behind(line) {
            Some(comment) => format!("{line}  # {comment}"),
            None => line.to_owned(),
        });
    }
    lines.join("\n") + "\n"
}

/// What stands behind a number.
fn behind(line: &str) -> Option<String> {
    let (key, value) = line.split_once(" = ")?;
    let time = || value.parse().ok().map(moment);
    Some(match key {
        "scheme" | "purpose" => "never changes".to_owned(),
        "weather" => "where a worker's page turns when she leaves it at once".to_owned(),
        "version" => "one more than the version before: leave it".to_owned(),
        "issued" => format!("{}; leave it", time()?),
        "expires" => format!("{}; at most 90 days after `issued`", time()?),
        "threshold" => "changed by a handover alone".to_owned(),
        "from" | "until" => time()?,
        "tick-ms" => "a relay considers sending this often".to_owned(),
        "release-ppm" => {
            "each waiting packet then leaves with this probability, in millionths".to_owned()
        }
        "min-pool" => "this many always stay behind".to_owned(),
        "packet-epoch-seconds" => "a relay's packet key lasts this long".to_owned(),
        "desk-epoch-seconds" => "a desk's key lasts this long".to_owned(),
        "effective-after-seconds" => {
            "the next version takes effect this long after it was logged".to_owned()
        }
        "publish-ms" => "the logs are published this often".to_owned(),
        "window-entries" => "every client fetches this many entries of each log".to_owned(),
        "calling-code" => "a telephone number without a country is one of this country".to_owned(),
        "cover-deliver-one-in" => "one cover cell in this many is delivered".to_owned(),
        _ => return None,
    })
}

/// What stands before a part, the first time it comes.
const PARTS: [(&str, &[&str]); 7] = [
    (
        "[parameters]",
        &[
            "Parameters may be edited, the same for everybody. For a scheme that people rely on, values that would break",
            "their anonymity are refused.",
        ],
    ),
    (
        "[[officers]]",
        &["Officers are not edited here: `brolly-keys officers propose` begins a handover."],
    ),
    (
        "[[former]]",
        &["Officers who handed over, back to the founders. Leave them as they are."],
    ),
    (
        "[[relays]]",
        &[
            "Relays may be edited: name, layer (0 entry, 1 middle, 2 exit), address, operator, kind. To take one out, delete",
            "its block. To take one in, paste the block that `brolly-keys add relay` prints. Keys are never edited by hand.",
        ],
    ),
    (
        "[inbox]",
        &["The inbox: its address may be edited. Its keys stay."],
    ),
    (
        "[issuer]",
        &["The issuer: `relay` is the key of a relay of layer 1 or 2."],
    ),
    (
        "[[desks]]",
        &[
            "Desks may be edited: name, slot, area, alerts. `brolly-keys add desk` prints the block of a new one.",
        ],
    ),
];
