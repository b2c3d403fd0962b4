//! Shares of key files.

use std::path::Path;

use brolly_keys::share::file::ShareHeader;
use serde::Serialize;

use super::key::Hands;
use super::{exposure, fingerprint, row, warnings};

/// What anybody may know of a share file.
#[derive(Debug, Serialize)]
pub struct ShareFinding {
    /// Whose keys the key file holds: officer or desk.
    pub kind: String,
    /// Whose, by name.
    pub name: String,
    /// The fingerprint of the identity key in the key file.
    pub fingerprint: String,
    /// The set that the share is of.
    pub hands: Hands,
    /// Which share it is, from 1.
    pub number: u8,
    /// Who keeps it; may be empty.
    pub holder: String,
    /// What should be put right.
    pub warnings: Vec<String>,
}

impl ShareFinding {
    pub(super) fn new(path: &Path, header: ShareHeader, exposed: bool) -> Option<Self> {
        Some(Self {
            kind: header.kind.to_string(),
            fingerprint: fingerprint(&header.public)?,
            hands: Hands::new(&header.set, header.threshold, header.shares),
            number: header.number,
            name: header.name,
            holder: header.holder,
            warnings: exposed
                .then(|| exposure(path, "Brolly's programs refuse it"))
                .into_iter()
                .collect(),
        })
    }

    pub(super) fn words(&self) -> Vec<String> {
        let Hands {
            set,
            threshold,
            shares,
        } = &self.hands;
        let mut lines = vec![
            format!(
                "Share {} of {shares} of the key file of the {} {}, sealed under its holder's passphrase: {threshold} shares open that file, this one alone tells nothing.",
                self.number, self.kind, self.name
            ),
            row("fingerprint", &self.fingerprint),
            row("set", set),
        ];
        if !self.holder.is_empty() {
            lines.push(row("kept by", &self.holder));
        }
        lines.extend(warnings(&self.warnings));
        lines
    }
}
