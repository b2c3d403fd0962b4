//! The other files of a scheme: configurations, the scheme's id, an issuer's projects, a plan.

use serde::Serialize;
use toml::{Table, Value};

use super::{Finding, row};

/// The configuration of a relay, an inbox or a desk.
#[derive(Debug, Serialize)]
pub struct ConfigurationFinding {
    /// The scheme's id.
    pub scheme: String,
    /// Where it listens; a desk does not.
    pub listen: Option<String>,
    /// Its key file.
    pub identity: String,
    /// Its directory.
    pub directory: String,
    /// The file its passphrase is read from, if any.
    pub passphrase_file: Option<String>,
    /// The credential of systemd's that is the passphrase.
    pub passphrase_credential: Option<String>,
}

/// Tells the texts that are neither a directory nor an invitation.
pub(super) fn recognise(text: &str) -> Finding {
    let first = text.lines().next().unwrap_or_default();
    if first.len() == 64 && first.chars().all(|c| c.is_ascii_hexdigit()) {
        return Finding::SchemeId {
            scheme: first.to_owned(),
        };
    }
    let Ok(table) = toml::from_str::<Table>(text) else {
        return Finding::Unknown;
    };
    if let Some(found) = configuration(&table) {
        return Finding::Configuration(found);
    }
    if let Some(projects) = projects(&table) {
        return Finding::Projects { projects };
    }
    let plan = ["threshold", "officers", "relays", "inbox", "desks"];
    if plan.iter().all(|key| table.contains_key(*key)) {
        return Finding::Plan;
    }
    Finding::Unknown
}

/// The names in an issuer's list of projects.
fn projects(table: &Table) -> Option<Vec<String>> {
    let projects = table.get("project")?.as_array()?.iter();
    let names = projects.map(|project| {
        project.get("digest")?;
        project.get("name")?.as_str().map(str::to_owned)
    });
    names.collect()
}

fn configuration(table: &Table) -> Option<ConfigurationFinding> {
    let value = |key| table.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(ConfigurationFinding {
        scheme: value("scheme")?,
        listen: value("listen"),
        identity: value("identity")?,
        directory: value("directory")?,
        passphrase_file: value("passphrase-file"),
        passphrase_credential: value("passphrase-credential"),
    })
}

impl ConfigurationFinding {
    pub(super) fn words(&self) -> Vec<String> {
        let what = match self.listen {
            Some(_) => "The configuration of a relay or an inbox.",
            None => "The configuration of a desk.",
        };
        let mut lines = vec![what.to_owned(), row("scheme id", &self.scheme)];
        lines.extend(self.listen.iter().map(|listen| row("listens on", listen)));
        lines.push(row("key file", &self.identity));
        lines.push(row("directory", &self.directory));
        lines.push(row(
            "passphrase",
            &match (&self.passphrase_file, &self.passphrase_credential) {
                (Some(file), _) => format!("read from {file}"),
                (None, Some(name)) => format!("systemd's credential {name}"),
                (None, None) => "asked for when the program starts".to_owned(),
            },
        ));
        lines
    }
}
