//! Handovers of officers.

use std::slice;

use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::Authority;
use brolly_protocol::directory::Handover;
use brolly_protocol::node::NodeId;
use serde::Serialize;

use super::directory::Claimed;
use super::{Signature, SignatureState, row};

/// A handover in words.
#[derive(Debug, Serialize)]
pub struct HandoverFinding {
    /// The scheme's id, 64 hex digits.
    pub scheme: String,
    /// Which officers it puts in office; the founders are 0.
    pub generation: usize,
    /// How many of them must sign a directory.
    pub threshold: usize,
    /// Who they are, and whether each has signed.
    pub officers: Vec<Signature>,
    /// The officers of the directory given, and whether each has signed.
    pub current: Vec<Signature>,
    /// Whether it comes after the officers of the directory given, and enough of both signed.
    pub complete: Option<bool>,
}

impl HandoverFinding {
    pub(super) fn new(note: &Note, handover: &Handover, given: Option<&Claimed>) -> Self {
        let current = given.map(|given| &given.directory);
        let today = current.map_or(&[][..], |directory| &directory.officers);
        Self {
            scheme: handover.scheme.to_string(),
            generation: handover.generation,
            threshold: handover.threshold,
            officers: signatures(note, &handover.officers),
            current: signatures(note, today),
            complete: current.map(|directory| {
                let next = directory.handover(handover.threshold, handover.officers.clone());
                next == *handover && directory.handed_over(note).is_ok()
            }),
        }
    }

    pub(super) fn words(&self) -> Vec<String> {
        let (threshold, count) = (self.threshold, self.officers.len());
        let mut lines = vec![
            "A handover: who the officers of a scheme are from now on, once enough of them and of those before them signed."
                .to_owned(),
            row("scheme id", &self.scheme),
            row("generation", &format!("{}, after the founders", self.generation)),
            row("officers", &format!("{threshold} of {count} must sign")),
        ];
        lines.extend(self.officers.iter().map(Signature::words));
        if let Some(complete) = self.complete {
            lines.push(row("today's", "the officers of the directory given"));
            lines.extend(self.current.iter().map(Signature::words));
            let sentence = match complete {
                true => "yes: enough of both signed it",
                false => "no: it does not come after that directory, or too few signed",
            };
            lines.push(row("complete", sentence));
        }
        lines
    }
}

/// What stands under a note in the name of each officer.
pub(super) fn signatures(note: &Note, officers: &[NamedKey<Authority>]) -> Vec<Signature> {
    let signature = |officer: &NamedKey<Authority>| Signature {
        officer: officer.name().to_owned(),
        fingerprint: NodeId::of(officer.key()).to_string(),
        state: match note.signed_by(slice::from_ref(officer)) {
            Ok(good) if good.is_empty() => SignatureState::Missing,
            Ok(_) => SignatureState::Good,
            Err(_) => SignatureState::Wrong,
        },
    };
    officers.iter().map(signature).collect()
}
