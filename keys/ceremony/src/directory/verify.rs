//! Whether every program of a scheme would accept a directory.

use std::path::PathBuf;

use brolly_keys::note::NamedKey;
use brolly_protocol::directory::Directory;
use brolly_protocol::node::SchemeId;
use brolly_shell::cli::Failure;
use clap::Args;
use serde::Serialize;

use super::change::Difference;
use super::sign::aloud;
use super::{Desk, Source, paragraph};
use crate::command::{json, print};
use crate::inspect::{harmless, hex, row};
use crate::time::moment;

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The directory's note
    #[arg(value_name = "NOTE")]
    note: PathBuf,
    /// The version before it: also say whether it comes next, and what it changes
    #[arg(long, value_name = "NOTE")]
    from: Option<PathBuf>,
    /// The scheme's id, as scheme.txt or an invitation has it; without it a directory vouches only for itself
    #[arg(long, value_name = "ID")]
    scheme: Option<SchemeId>,
    /// Print one JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// A directory that was found good.
#[derive(Serialize)]
struct Good {
    name: String,
    scheme: String,
    version: u32,
    digest: String,
    expires: u64,
    signed: Vec<String>,
    threshold: usize,
    difference: Option<Difference>,
}

impl Verify {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let from = self.from.as_deref().map(Source::signed).transpose()?;
        let given = Source::any(&self.note)?;
        let before = from.as_ref().map(|from| from.directory.scheme);
        let scheme = self.scheme.or(before).unwrap_or(given.directory.scheme);
        let refused =
            |error| Failure::refused(harmless(&format!("{}: {error}", self.note.display())));
        let bytes = given.note.to_string();
        let directory =
            Directory::verify(bytes.as_bytes(), scheme, desk.now, 0).map_err(refused)?;
        let difference = match &from {
            Some(from) => {
                directory.follows(&from.directory).map_err(refused)?;
                Some(Difference::new(&from.directory, &directory))
            }
            None => None,
        };
        let signed = given
            .note
            .signed_by(&directory.officers)
            .map_err(Failure::refused)?;
        let good = Good {
            name: directory.name.clone(),
            scheme: directory.scheme.to_string(),
            version: directory.version,
            digest: hex(&directory.digest),
            expires: directory.expires,
            signed: signed
                .into_iter()
                .map(NamedKey::name)
                .map(str::to_owned)
                .collect(),
            threshold: directory.threshold,
            difference,
        };
        if self.json {
            return print(desk.out, &json(&good)?);
        }
        let vouched = self.scheme.is_some() || before.is_some();
        let mut lines = good.words(vouched);
        lines.extend(aloud(&directory.digest));
        lines.extend(good.difference.iter().flat_map(Difference::words));
        print(desk.out, &paragraph(&lines))
    }
}

impl Good {
    fn words(&self, vouched: bool) -> Vec<String> {
        let mut lines = vec![
            format!(
                "Good: version {} of the directory of {}, until {}.",
                self.version,
                self.name,
                moment(self.expires)
            ),
            row("scheme id", &self.scheme),
        ];
        if !vouched {
            let compare =
                "compare it with the id you were given: a directory vouches only for itself";
            lines.push(row("", compare));
        }
        let signed = self.signed.join(", ");
        let sentence = format!("{signed}, and {} must", self.threshold);
        lines.push(row("signed by", &sentence));
        lines
    }
}
