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
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use brolly_protocol::cell::Opened;
    use brolly_protocol::geometry::TOKEN;

    use super::*;
    use crate::fake::{NOW, PROJECT, Scheme};

    fn draft(narrative: &str) -> Draft {
        let mut draft = Draft::default();
        draft.incident.narrative = narrative.to_owned();
        draft
    }

    const CANARIES: [&[u8]; 3] = [b"CANARY-GPS", b"CANARY-COMMENT", b"CANARY-TRAILER"];

    /// A JPEG with a position in its Exif block, a comment, and something behind its end.
    fn laden_jpeg() -> Vec<u8> {
        let mut plain = Vec::new();
        let pixels =
            image::RgbImage::from_fn(48, 32, |x, _| image::Rgb([u8::try_from(x).unwrap(); 3]));
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 90);
        encoder
            .encode(&pixels, 48, 32, image::ExtendedColorType::Rgb8)
            .unwrap();
        let directory = |tag: [u8; 2], kind: u8, count: u8, value: u8| {
            [
                &[0, 1],
                &tag[..],
                &[0, kind, 0, 0, 0, count, 0, 0, 0, value, 0, 0, 0, 0],
            ]
            .concat()
        };
        let gps = directory([0x88, 0x25], 4, 1, 26);
        let position = directory([0, 0x1d], 2, 11, 44);
        let exif = [
            b"Exif\0\0MM\0\x2a\0\0\0\x08",
            &gps[..],
            &position,
            b"CANARY-GPS\0",
        ]
        .concat();
        let segment = |marker: u8, bytes: &[u8]| {
            let length = u16::try_from(bytes.len() + 2).unwrap().to_be_bytes();
            [&[0xff, marker], &length[..], bytes].concat()
        };
        let (start, rest) = plain.split_at(2);
        let added = [segment(0xe1, &exif), segment(0xfe, b"CANARY-COMMENT")].concat();
        [start, &added, rest, b"CANARY-TRAILER"].concat()
    }

    fn made(
        scheme: &Scheme,
        draft: &Draft,
        photo: Option<&[u8]>,
    ) -> Result<Composed, ComposeError> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let known = Known {
            directory: &scheme.directory,
            keys: &scheme.known_keys(),
            read: &|_| Some(scheme.today()),
        };
        let photo = photo.map(Original::File);
        compose(draft, photo, &known, PROJECT, NOW, &mut rng)
    }

    fn opened(scheme: &Scheme, composed: &Composed, slot: Slot) -> Opened {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (id, week) = (scheme.directory.scheme, Epoch::at(NOW, 604_800));
        let keys = scheme.known_keys();
        let cell = composed.letter.seal(id, week, &[5; TOKEN], &keys, &mut rng);
        scheme.open(&cell.unwrap(), slot).unwrap()
    }

    fn refused(draft: &Draft, photo: Option<&[u8]>) -> String {
        made(&Scheme::new(NOW), draft, photo)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn spec_12_1_a_photograph_travels_as_pixels_and_nothing_of_its_file_does() {
        let scheme = Scheme::new(NOW);
        let jpeg = laden_jpeg();
        let composed = made(&scheme, &draft("he had a van"), Some(&jpeg)).unwrap();
        let opened = opened(&scheme, &composed, Slot::Scheme);
        assert_eq!(opened.report.incident.narrative, "he had a van");
        let sent = &opened.report.photo;
        assert!(!sent.is_empty());
        for canary in CANARIES {
            let has = |bytes: &[u8]| bytes.windows(canary.len()).any(|w| w == canary);
            assert!(has(&jpeg) && !has(sent), "{}", canary.escape_ascii());
        }
        let shown = composed.preview.to_string();
        assert!(shown.contains("where it was taken (GPS)"), "{shown}");
        assert!(shown.contains("48 by 32"), "{shown}");
    }

    #[test]
    fn a_report_larger_than_a_cell_says_by_how_much_and_what_to_shorten() {
        let base = draft("").report().encoded_len_without_photo();
        let full = draft(&"x".repeat(REPORT - base));
        assert!(made(&Scheme::new(NOW), &full, None).is_ok());
        let said = refused(&draft(&"x".repeat(REPORT - base + 7)), None);
        assert!(said.contains("7 bytes too long"), "{said}");
        assert!(said.contains("shorten what happened"), "{said}");

        let mut people = draft("short");
        people.offenders = vec![Default::default(); 300];
        let said = refused(&people, None);
        assert!(said.contains("what you say about the people"), "{said}");

        let mut contact = draft("short");
        contact.contact = "x".repeat(CONTACT_TEXT + 3);
        assert!(made(&Scheme::new(NOW), &contact, None).is_ok());
        contact.consent.police_contact = true;
        let said = refused(&contact, None);
        assert!(said.contains("3 bytes too long"), "{said}");
    }

    #[test]
    fn words_that_leave_too_little_for_a_photograph_say_what_to_shorten() {
        let base = draft("").report().encoded_len_without_photo();
        let long = draft(&"x".repeat(REPORT - base - PHOTO_FLOOR + 10));
        let said = refused(&long, Some(&laden_jpeg()));
        assert!(said.contains("shorten what happened by 10"), "{said}");
        assert!(made(&Scheme::new(NOW), &long, None).is_ok());
    }

    #[test]
    fn a_file_that_is_no_photograph_says_what_to_do() {
        let said = refused(&draft("words"), Some(b"%PDF-1.7"));
        assert!(said.contains("screenshot"), "{said}");
        let jpeg = laden_jpeg();
        let said = refused(&draft("words"), Some(&jpeg[..jpeg.len() / 2]));
        assert!(said.contains("damaged"), "{said}");
    }

    #[test]
    fn somebody_chosen_who_is_not_in_the_directory_is_said_so() {
        let mut elsewhere = draft("words");
        elsewhere.consent.specialist = true;
        elsewhere.incident.area = "M1".to_owned();
        assert!(refused(&elsewhere, None).contains("no specialist team for this area"));
        elsewhere.incident.area = "LS2 7AB".to_owned();
        assert!(made(&Scheme::new(NOW), &elsewhere, None).is_ok());
        assert!(refused(&draft(" \n"), None).contains("what happened"));

        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let later = NOW + 20 * 604_800;
        let scheme = Scheme::new(NOW);
        let known = Known {
            directory: &scheme.directory,
            keys: &scheme.known_keys(),
            read: &|_| None,
        };
        let late = compose(&draft("words"), None, &known, PROJECT, later, &mut rng);
        assert!(matches!(late, Err(ComposeError::NoKey(_))));
    }

    #[test]
    fn spec_12_14_a_desk_that_was_chosen_and_has_not_read_for_five_days_is_told_of() {
        let scheme = Scheme::new(NOW);
        let mut said = draft("words");
        said.consent.police = true;
        let police = scheme.directory.desks[1].id;
        let shown = |days: Option<u32>, said: &Draft| {
            let known = Known {
                directory: &scheme.directory,
                keys: &scheme.known_keys(),
                read: &|desk| match desk == police {
                    true => Some(scheme.today() - days?),
                    false => Some(scheme.today()),
                },
            };
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let made = compose(said, None, &known, PROJECT, NOW, &mut rng);
            made.unwrap().preview.to_string()
        };
        assert!(!shown(Some(4), &said).contains("has not said"));
        assert!(shown(Some(5), &said).contains("has not said for 5 days that it reads"));
        assert!(shown(None, &said).contains("has not said in the last days that it reads"));
        said.consent.police = false;
        assert!(!shown(None, &said).contains("has not said"));
    }

    #[test]
    fn contact_details_that_nobody_may_read_stay_on_the_device() {
        let scheme = Scheme::new(NOW);
        let mut said = draft("words");
        said.contact = "after six".to_owned();
        said.consent.police = true;
        let composed = made(&scheme, &said, None).unwrap();
        let police = opened(&scheme, &composed, Slot::Police);
        assert!(police.contact.is_none());
        said.consent.police_contact = true;
        let composed = made(&scheme, &said, None).unwrap();
        let opened = |slot| opened(&scheme, &composed, slot);
        assert_eq!(
            **opened(Slot::Police).contact.as_ref().unwrap(),
            *"after six"
        );
        assert!(opened(Slot::Scheme).contact.is_none());
    }
}
