//! From a draft to a letter: desks from the directory, a photograph that fits what the words leave. It is sealed when it is
//! sent, around a token and to the keys of that hour.

use std::sync::Arc;

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::Keys;
use brolly_protocol::codec;
use brolly_protocol::directory::{DeskEntry, Directory};
use brolly_protocol::geometry::{CONTACT_TEXT, REPORT, SLOTS};
use brolly_protocol::node::NodeId;
use brolly_protocol::receipt::{DeriveError, ReceiptCode};
use brolly_protocol::report::{Report, Slot};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::draft::Draft;
pub use crate::letter::Ready;
use crate::photo::{PhotoError, Pixels, Prepared};
use crate::preview::{Preview, Silent};

/// A report ready to be sent, and what its sender is to know first.
#[derive(Debug)]
#[non_exhaustive]
pub struct Composed {
    /// What is sent.
    pub letter: Arc<Ready>,
    /// What its sender keeps.
    pub code: ReceiptCode,
    /// What each desk will see.
    pub preview: Preview,
}

/// A photograph as it is handed in.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_enums, reason = "callers make it")]
pub enum Original<'a> {
    /// A file.
    #[cfg(feature = "decode")]
    File(&'a [u8]),
    /// Pixels.
    Pixels(&'a Pixels),
}

/// A report for the desks that were chosen, without a receipt yet.
#[derive(Debug)]
pub struct Arranged {
    report: Report,
    contact: Zeroizing<String>,
    desks: [Option<NodeId>; SLOTS],
    preview: Preview,
}

/// What a device knows of a scheme before it asks anybody.
#[allow(clippy::exhaustive_structs, reason = "callers make it")]
pub struct Known<'a> {
    /// The directory.
    pub directory: &'a Directory,
    /// The keys of its desks.
    pub keys: &'a Keys,
    /// The day on which a desk last said that it reads, counted from 1 January 1970.
    pub read: &'a dyn Fn(NodeId) -> Option<u32>,
}

/// Why a draft cannot be sent. Each is a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// Nothing is told.
    #[error("the report does not say what happened: write that, everything else may be left out")]
    Silent,
    /// The words alone are larger than a cell.
    #[error(
        "the report is {over} bytes too long (a plain letter is one byte): shorten {what}, \
         which takes {takes} of the {REPORT} there are"
    )]
    TooLong {
        /// By how many bytes.
        over: usize,
        /// The longest part.
        what: &'static str,
        /// Its bytes.
        takes: usize,
    },
    /// The contact details are too long.
    #[error(
        "how to reach you is {over} bytes too long (a plain letter is one byte): shorten it to {CONTACT_TEXT}"
    )]
    Contact {
        /// By how many bytes.
        over: usize,
    },
    /// The words leave too little for a photograph.
    #[error(
        "the words leave {left} bytes for the photograph, and it needs {PHOTO_FLOOR}: shorten {what} by {over} \
         (a plain letter is one byte), or leave the photograph out"
    )]
    NoRoomForPhoto {
        /// What is left, in bytes.
        left: usize,
        /// The longest part.
        what: &'static str,
        /// By how many bytes it is to be shortened.
        over: usize,
    },
    /// The file is no photograph that can be sent.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// Somebody was chosen whom the directory does not have.
    #[error("{}", nobody(*.0))]
    NoDesk(Slot),
    /// Somebody was chosen who has no key for this week.
    #[error("{0} has published no key for this week: send later, or without choosing them")]
    NoKey(String),
    /// The memory for the receipt cannot be had.
    #[error(transparent)]
    Receipt(#[from] DeriveError),
}

/// Prepares a draft for the desks that its consent names, for a member of `project`. Whether those have keys for the week
/// of `now` (seconds) is asked of the `keys` that are known.
///
/// # Errors
/// [`ComposeError`].
pub fn compose(
    draft: &Draft,
    photo: Option<Original<'_>>,
    known: &Known<'_>,
    project: &str,
    now: u64,
    rng: &mut impl CryptoRng,
) -> Result<Composed, ComposeError> {
    Ok(arrange(draft, photo, known, project, now)?.sealable(known.directory, rng)?)
}

/// The same without a receipt code, which takes a noticeable moment.
///
/// # Errors
/// [`ComposeError`].
pub fn arrange(
    draft: &Draft,
    photo: Option<Original<'_>>,
    known: &Known<'_>,
    project: &str,
    now: u64,
) -> Result<Arranged, ComposeError> {
    let mut report = draft.report();
    let contact = if report.consent.police_contact {
        draft.contact.trim()
    } else {
        ""
    };
    let left = room(&report, contact)?;
    let Known {
        directory,
        keys,
        read,
    } = known;
    let week = Epoch::at(now, directory.parameters.desk_epoch);
    let desks = Slot::ALL.map(|slot| directory.desk_for(slot, &report.incident.area, project));
    let chosen = chosen(&report, &desks, |desk| keys.desk(desk, week).is_some())?;
    let photo = match photo {
        Some(photo) => Some(prepare(photo, left, &report)?),
        None => None,
    };
    if let Some(photo) = &photo {
        report.photo.clone_from(&photo.jpeg);
    }
    let today = u32::try_from(now / DAY).unwrap_or(u32::MAX);
    let silent = |desk| match read(desk) {
        None => Some(Silent::Window),
        Some(day) => Some(today.saturating_sub(day))
            .filter(|days| *days >= SILENT)
            .map(Silent::Days),
    };
    let preview = Preview::new(&report, contact, &desks, project, photo.as_ref(), silent);
    Ok(Arranged {
        contact: Zeroizing::new(contact.to_owned()),
        report,
        desks: chosen,
        preview,
    })
}

impl Arranged {
    /// What is sent, but for its padding and keys.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// How to reach the sender, as far as somebody may read it.
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// What each desk will see.
    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// Draws its receipt code, which takes a noticeable moment, and 19 MiB during it.
    ///
    /// # Errors
    /// [`DeriveError`] when that memory cannot be had.
    pub fn sealable(
        self,
        directory: &Directory,
        rng: &mut impl CryptoRng,
    ) -> Result<Composed, DeriveError> {
        let code = ReceiptCode::generate(rng);
        let letter = Ready {
            report: self.report,
            contact: self.contact,
            desks: self.desks,
            receipt: code.receipt(&directory.scheme)?,
        };
        Ok(Composed {
            letter: Arc::new(letter),
            code,
            preview: self.preview,
        })
    }
}

/// The bytes that the words of a draft leave in a cell; less than nothing when they are too long.
pub fn left(draft: &Draft) -> i64 {
    let words = draft.report().encoded_len_without_photo();
    let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    signed(REPORT).saturating_sub(signed(words))
}

/// The bytes that the words leave for a photograph.
fn room(report: &Report, contact: &str) -> Result<usize, ComposeError> {
    if report.incident.narrative.trim().is_empty() {
        return Err(ComposeError::Silent);
    }
    if let Some(over) = contact.len().checked_sub(CONTACT_TEXT + 1) {
        return Err(ComposeError::Contact { over: over + 1 });
    }
    let words = report.encoded_len_without_photo();
    REPORT.checked_sub(words).ok_or_else(|| {
        let (what, takes) = longest(report);
        ComposeError::TooLong {
            over: words.saturating_sub(REPORT),
            what,
            takes,
        }
    })
}

fn prepare(photo: Original<'_>, left: usize, report: &Report) -> Result<Prepared, ComposeError> {
    if left < PHOTO_FLOOR {
        return Err(ComposeError::NoRoomForPhoto {
            left,
            what: longest(report).0,
            over: PHOTO_FLOOR - left,
        });
    }
    Ok(match photo {
        #[cfg(feature = "decode")]
        Original::File(bytes) => crate::photo::prepare(bytes, left)?,
        Original::Pixels(pixels) => pixels.fit(left)?,
    })
}

/// The part that takes most room, and how much.
fn longest(report: &Report) -> (&'static str, usize) {
    let length = |bytes: Result<Vec<u8>, _>| bytes.map_or(0, |bytes: Vec<u8>| bytes.len());
    [
        ("what happened", report.incident.narrative.len()),
        (
            "what you say about the people",
            length(codec::encode(&report.offenders)),
        ),
        (
            "what you say about vehicles",
            length(codec::encode(&report.vehicles)),
        ),
        ("what it did to you", length(codec::encode(&report.harm))),
    ]
    .into_iter()
    .max_by_key(|(_, bytes)| *bytes)
    .unwrap_or_default()
}

fn chosen(
    report: &Report,
    desks: &[Option<&DeskEntry>; SLOTS],
    has_key: impl Fn(NodeId) -> bool,
) -> Result<[Option<NodeId>; SLOTS], ComposeError> {
    let mut all = [None; SLOTS];
    let slots = Slot::ALL.into_iter().zip(desks).zip(&mut all);
    for ((slot, desk), chosen) in slots.filter(|((slot, _), _)| report.consent.opens(*slot)) {
        let desk = desk.ok_or(ComposeError::NoDesk(slot))?;
        if !has_key(desk.id) {
            return Err(ComposeError::NoKey(desk.name.clone()));
        }
        *chosen = Some(desk.id);
    }
    Ok(all)
}

fn nobody(slot: Slot) -> &'static str {
    match slot {
        Slot::Specialist => {
            "there is no specialist team for this area: check the area, or do not choose the specialist team"
        }
        Slot::Project => "your project has no desk of its own in this scheme: do not choose it",
        Slot::Scheme | Slot::Police | _ => "this scheme has no such desk: do not choose it",
    }
}

/// Under this many bytes a photograph shows too little to be worth sending.
pub const PHOTO_FLOOR: usize = 4_096;
/// Days after which a desk that does not say that it reads is told of.
const SILENT: u32 = 5;
const DAY: u64 = 86_400;

#[cfg(test)]
mod tests;
