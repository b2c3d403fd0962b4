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
    let pixels = image::RgbImage::from_fn(48, 32, |x, _| image::Rgb([u8::try_from(x).unwrap(); 3]));
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

fn made(scheme: &Scheme, draft: &Draft, photo: Option<&[u8]>) -> Result<Composed, ComposeError> {
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
