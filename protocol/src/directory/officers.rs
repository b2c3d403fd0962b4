//! Officers and their succession (SPEC §4.8).
//!
//! ```text
//! founders ── hash ──▶ scheme id
//!    │ handover: k of them and k of the next sign "brolly/1 officers": scheme, generation, threshold, names, keys
//!    ▼
//! officers of generation 1 ── … ──▶ officers of today, k of whom sign this directory
//! ```
//!
//! Every directory carries the whole chain, so that whoever knows the scheme's id alone can check it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_keys::note::{NamedKey, Note, NoteError};
use brolly_keys::role::Authority;
use brolly_keys::sign::VerifyingKey;
use sha2::{Digest, Sha256};

use super::{Directory, DirectoryError};
use crate::node::SchemeId;

/// Officers who were in office, and the signatures by which they handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// How many of them had to sign.
    pub threshold: usize,
    /// Who they were.
    pub officers: Vec<NamedKey<Authority>>,
    /// The signature lines under the [`Handover`] to those who came after them, of both.
    pub handover: Vec<String>,
}

/// "These are the officers from now on": a note that enough of the old and of the new officers sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The scheme.
    pub scheme: SchemeId,
    /// Which officers; the founders are 0.
    pub generation: usize,
    /// How many of the new officers must sign.
    pub threshold: usize,
    /// The new officers.
    pub officers: Vec<NamedKey<Authority>>,
}

impl Handover {
    /// The note's text.
    pub fn to_text(&self) -> String {
        let mut text = alloc::format!(
            "{FORMAT}\nscheme {}\ngeneration {}\nthreshold {}\n",
            self.scheme,
            self.generation,
            self.threshold
        );
        for officer in &self.officers {
            let key = STANDARD.encode(officer.key().to_bytes());
            text.push_str(&alloc::format!("officer {key} {}\n", officer.name()));
        }
        text
    }

    /// Reads a text that nobody's signature was checked of: to show it, and to learn whose signatures to ask for.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut after = |words: &str| {
            let line = lines.next()?;
            line.strip_prefix(words).map(ToString::to_string)
        };
        after(FORMAT)?;
        let scheme = after("scheme ")?.parse().ok()?;
        let generation = after("generation ")?.parse().ok()?;
        let threshold = after("threshold ")?.parse().ok()?;
        let officer = |line: &str| {
            let (key, name) = line.strip_prefix("officer ")?.split_once(' ')?;
            let key: [u8; 32] = STANDARD.decode(key).ok()?.try_into().ok()?;
            NamedKey::new(name, VerifyingKey::from_bytes(&key).ok()?)
        };
        let handover = Self {
            scheme,
            generation,
            threshold,
            officers: lines.map(officer).collect::<Option<_>>()?,
        };
        // One way of writing it.
        (handover.to_text() == text).then_some(handover)
    }

    /// How many of `officers` signed `note`, which must be over this text.
    fn signatures(
        &self,
        note: &Note,
        officers: &[NamedKey<Authority>],
    ) -> Result<usize, DirectoryError> {
        if note.text() != self.to_text() {
            return Err(DirectoryError::Note(NoteError::Text));
        }
        let good = note.signed_by(officers).map_err(DirectoryError::Note)?;
        Ok(good.len())
    }
}

impl Directory {
    /// The id that the founders make: SHA-256 of name, purpose, threshold, and the officers' names and keys in order.
    pub fn founders(&self) -> SchemeId {
        let (threshold, officers) = match self.former.first() {
            Some(founders) => (founders.threshold, &founders.officers),
            None => (self.threshold, &self.officers),
        };
        let mut hash = Sha256::new_with_prefix(b"brolly/1 scheme\0");
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
        hash.update(count(self.name.len()));
        hash.update(self.name.as_bytes());
        hash.update([u8::from(self.purpose == super::Purpose::Drill)]);
        hash.update(count(threshold));
        for officer in officers {
            hash.update(count(officer.name().len()));
            hash.update(officer.name().as_bytes());
            hash.update(officer.key().to_bytes());
        }
        SchemeId(hash.finalize().into())
    }

    /// What has to be signed to put other officers in office.
    pub fn handover(&self, threshold: usize, officers: Vec<NamedKey<Authority>>) -> Handover {
        Handover {
            scheme: self.scheme,
            generation: self.former.len() + 1,
            threshold,
            officers,
        }
    }

    /// The same directory with the officers that a signed handover puts in office.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn handed_over(&self, note: &Note) -> Result<Self, DirectoryError> {
        let handover = Handover::from_text(note.text())
            .ok_or_else(|| DirectoryError::Text("it is not a handover of officers".to_string()))?;
        if handover.scheme != self.scheme {
            return Err(DirectoryError::OtherScheme);
        }
        let lines = note.signature_lines();
        let mut next = self.clone();
        next.former.push(Former {
            threshold: self.threshold,
            officers: self.officers.clone(),
            handover: lines,
        });
        next.threshold = handover.threshold;
        next.officers = handover.officers;
        next.officers_are_in_office()?;
        Ok(next)
    }

    /// Checks every handover from the founders to those in office.
    pub(super) fn officers_are_in_office(&self) -> Result<(), DirectoryError> {
        for (n, former) in self.former.iter().enumerate() {
            let (threshold, officers) = match self.former.get(n + 1) {
                Some(next) => (next.threshold, &next.officers),
                None => (self.threshold, &self.officers),
            };
            let handover = Handover {
                scheme: self.scheme,
                generation: n + 1,
                threshold,
                officers: officers.clone(),
            };
            let mut whole = handover.to_text();
            whole.push('\n');
            for line in &former.handover {
                whole.push_str(line);
                whole.push('\n');
            }
            let note = Note::parse(whole.as_bytes()).map_err(DirectoryError::Note)?;
            for (officers, needed) in [(&former.officers, former.threshold), (officers, threshold)]
            {
                let good = handover.signatures(&note, officers)?;
                if good < needed || needed == 0 {
                    return Err(DirectoryError::Succession {
                        generation: n + 1,
                        good,
                        needed,
                    });
                }
            }
        }
        Ok(())
    }

    /// Whether the officers are those of `current`, or were put in office by them.
    pub(super) fn officers_descend_from(&self, current: &Self) -> Result<(), DirectoryError> {
        let known = current.former.iter().zip(&self.former);
        let same =
            |(a, b): (&Former, &Former)| (a.threshold, &a.officers) == (b.threshold, &b.officers);
        let generation = current.former.len();
        let then = match self.former.get(generation) {
            Some(former) => (former.threshold, &former.officers),
            None => (self.threshold, &self.officers),
        };
        let descend = self.former.len() >= generation
            && known.into_iter().all(same)
            && then == (current.threshold, &current.officers);
        if descend {
            Ok(())
        } else {
            Err(DirectoryError::Succession {
                generation,
                good: 0,
                needed: current.threshold,
            })
        }
    }
}

const FORMAT: &str = "brolly/1 officers";

#[cfg(test)]
mod tests {
    use brolly_keys::sign::SigningKey;

    use super::super::sample::{NOW, scheme};
    use super::*;

    fn named(n: u8) -> (SigningKey<Authority>, NamedKey<Authority>) {
        let key = SigningKey::from_seed(&[n; 32]);
        let named = NamedKey::new(&alloc::format!("officer-{n}"), key.verifying_key()).unwrap();
        (key, named)
    }

    /// Cat leaves and two others come: two of four. Signed by the old officers of these numbers and so many new ones.
    fn handover(old: &[usize], new: usize) -> Result<Directory, DirectoryError> {
        let sample = scheme();
        let directory = sample.directory();
        let (dot, eve) = (named(71), named(72));
        let mut officers = directory.officers[..2].to_vec();
        officers.extend([dot.1.clone(), eve.1.clone()]);
        let handover = directory.handover(2, officers);
        let mut note = Note::unsigned(handover.to_text()).unwrap();
        for n in old {
            note.sign(directory.officers[*n].name(), &sample.officers[*n])
                .unwrap();
        }
        for (key, named) in [dot, eve].iter().take(new) {
            note.sign(named.name(), key).unwrap();
        }
        let mut next = directory.handed_over(&note)?;
        next.version += 1;
        Ok(next)
    }

    fn signed(directory: &Directory, officers: &[u8]) -> Note {
        let mut note = Note::unsigned(directory.to_text().unwrap()).unwrap();
        for n in officers {
            let (key, named) = named(*n);
            note.sign(named.name(), &key).unwrap();
        }
        note
    }

    fn verify(note: &Note) -> Result<brolly_keys::sign::Verified<Directory>, DirectoryError> {
        let scheme = scheme().directory().scheme;
        Directory::verify(note.to_string().as_bytes(), scheme, NOW, 3)
    }

    #[test]
    fn spec_4_8_officers_come_into_office_by_the_old_and_by_the_new_threshold() {
        let next = handover(&[1, 2], 1).unwrap();
        assert_eq!(next.founders(), next.scheme, "the scheme stays the same");
        let read = verify(&signed(&next, &[71, 72])).unwrap();
        assert_eq!(read.former.len(), 1);
        read.follows(&scheme().directory()).unwrap();
        // The old officers alone no longer make a directory.
        let sample = scheme();
        let mut note = Note::unsigned(next.to_text().unwrap()).unwrap();
        for n in [0, 2] {
            let name = sample.directory().officers[n].name().to_string();
            note.sign(&name, &sample.officers[n]).unwrap();
        }
        let refused = verify(&note).unwrap_err();
        assert_eq!(refused, DirectoryError::TooFew { good: 1, needed: 2 });
        for (old, new, good) in [(&[1][..], 1, 1), (&[], 2, 0), (&[2], 2, 1), (&[0, 2], 0, 1)] {
            let refused = handover(old, new).unwrap_err();
            let expected = DirectoryError::Succession {
                generation: 1,
                good,
                needed: 2,
            };
            assert_eq!(refused, expected, "{old:?} {new}");
        }
    }

    #[test]
    fn spec_4_8_officers_who_were_not_handed_over_to_make_no_directory() {
        let mut forged = handover(&[0, 1], 2).unwrap();
        forged.officers[1] = named(73).1;
        let refused = verify(&signed(&forged, &[71, 72, 73]));
        assert!(refused.is_err(), "the handover names others");
        let mut shortened = handover(&[0, 1], 2).unwrap();
        shortened.former.clear();
        let refused = verify(&signed(&shortened, &[71, 72]));
        assert_eq!(refused, Err(DirectoryError::OtherScheme));
        let mut cut = handover(&[0, 1], 2).unwrap();
        cut.former[0].handover.truncate(1);
        assert!(matches!(
            verify(&signed(&cut, &[71, 72])),
            Err(DirectoryError::Succession { generation: 1, .. })
        ));
    }

    #[test]
    fn spec_4_8_a_successor_cannot_take_back_a_handover() {
        let next = handover(&[0, 1], 2).unwrap();
        let mut back = scheme().directory();
        back.version = next.version + 1;
        assert!(matches!(
            back.follows(&next),
            Err(DirectoryError::Succession { generation: 1, .. })
        ));
    }

    #[test]
    fn a_handover_reads_back_and_has_one_text() {
        let directory = scheme().directory();
        let handover = directory.handover(1, alloc::vec![named(71).1]);
        let text = handover.to_text();
        assert_eq!(Handover::from_text(&text), Some(handover));
        for bad in [
            text.replace("threshold 1", "threshold 01"),
            text + "x\n",
            String::new(),
        ] {
            assert_eq!(Handover::from_text(&bad), None, "{bad}");
        }
    }
}
