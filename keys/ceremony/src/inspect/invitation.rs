//! Invitations, without the project's secret and the members' root.

use std::path::Path;

use brolly_protocol::directory::Directory;
use brolly_protocol::invite::Invitation;
use brolly_protocol::onion::Layer;
use serde::Serialize;

use super::directory::Claimed;
use super::{Standing, exposure, fingerprint, row, warnings};

/// What may be said of an invitation: everything but the project's secret and the members' root.
#[derive(Debug, Serialize)]
pub struct InvitationFinding {
    /// The project that invites.
    pub project: String,
    /// The scheme's id.
    pub scheme: String,
    /// The ways in.
    pub entries: Vec<EntranceFinding>,
    /// Whether scheme and entries are those of the directory given.
    pub directory: Option<Standing>,
    /// What should be put right.
    pub warnings: Vec<String>,
}

/// A way in.
#[derive(Debug, Serialize)]
pub struct EntranceFinding {
    /// `host:port`.
    pub address: String,
    /// The fingerprint of the relay's key, 32 hex digits.
    pub fingerprint: String,
}

impl InvitationFinding {
    pub(super) fn new(
        path: &Path,
        invitation: Invitation,
        given: Option<&Claimed>,
        exposed: bool,
    ) -> Option<Self> {
        let mut warnings = Vec::new();
        if exposed {
            warnings.push(exposure(
                path,
                "the project's secret and the members' root, which opens alerts, are in it",
            ));
        }
        warnings.extend(given.and_then(Claimed::objection));
        Some(Self {
            scheme: invitation.scheme.to_string(),
            directory: given.map(|given| standing(&invitation, &given.directory)),
            entries: invitation
                .entries
                .into_iter()
                .map(|entry| {
                    Some(EntranceFinding {
                        fingerprint: fingerprint(&entry.key)?,
                        address: entry.address,
                    })
                })
                .collect::<Option<_>>()?,
            project: invitation.project,
            warnings,
        })
    }

    pub(super) fn words(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "An invitation of the project {}: hand it only to those whom the project knows.",
                self.project
            ),
            row("scheme id", &self.scheme),
        ];
        lines.extend(self.entries.iter().map(|entry| {
            row(
                "entry",
                &format!("{}, key {}", entry.address, entry.fingerprint),
            )
        }));
        lines.push(row(
            "secret",
            "the project's; it is in the file and not shown",
        ));
        lines.push(row(
            "members",
            "the root that opens alerts, the same for all members; it is in the file and not shown",
        ));
        if let Some(standing) = &self.directory {
            lines.push(row("directory", &standing.sentence));
        }
        lines.extend(warnings(&self.warnings));
        lines
    }
}

fn standing(invitation: &Invitation, directory: &Directory) -> Standing {
    let whose = format!(
        "the directory of {}, version {}",
        directory.name, directory.version
    );
    let stranger = invitation.entries.iter().find(|entry| {
        directory
            .relay_of_layer_with_key(Layer::Entry, &entry.key)
            .is_none_or(|relay| relay.address != entry.address)
    });
    let (stands, sentence) = match stranger {
        _ if invitation.scheme != directory.scheme => {
            (false, format!("it is for another scheme than {whose}"))
        }
        Some(entry) => (
            false,
            format!(
                "{} is no entry in {whose}, or has another key there",
                entry.address
            ),
        ),
        None => (true, format!("its scheme and entries are those of {whose}")),
    };
    Standing { stands, sentence }
}
