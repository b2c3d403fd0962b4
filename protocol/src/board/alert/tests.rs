use alloc::string::ToString;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::Entry;
use super::*;
use crate::directory::sample;

pub(crate) const DAY: u32 = 20_700;

fn levels() -> Levels {
    Levels {
        status: Status::Actual,
        urgency: Urgency::Expected,
        severity: Severity::Severe,
        certainty: Certainty::Observed,
    }
}

fn text() -> Text {
    Text {
        sender: "Scheme desk".to_string(),
        levels: levels(),
        area: "LS2".to_string(),
        text: "White van, gives the name Dave. Do not get in.".to_string(),
        identifiers: alloc::vec![("phone".to_string(), "07700 900123".to_string())],
    }
}

pub(crate) fn members() -> Members {
    Members::new([4; 32], sample::directory().scheme)
}

pub(crate) fn entry_of(
    message: Message,
    references: Option<AlertId>,
    expires: u32,
    seed: u64,
) -> (AlertId, Vec<u8>) {
    let directory = sample::directory();
    let records: &[[u8; IDENTIFIERS]] = match message {
        Message::Cancel => &[],
        Message::Alert | Message::Update => &[[1; IDENTIFIERS], [2; IDENTIFIERS]],
    };
    let draft = Draft {
        desk: directory.desks[0].id,
        message,
        references,
        day: DAY,
        expires,
        text: &text(),
        identifiers: records,
    };
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let key = sample::desk_key(0);
    draft
        .seal(&members(), Epoch::new(2_957), &key, &mut rng)
        .unwrap()
}

#[test]
fn spec_14_4_members_open_an_alert_and_its_records_and_others_do_not() {
    let directory = sample::directory();
    let (id, bytes) = entry_of(Message::Alert, None, DAY + 90, 1);
    let Ok(Entry::Alert(alert)) = Entry::verify(&bytes, &directory) else {
        panic!("refused");
    };
    assert_eq!((alert.id, alert.day, alert.expires), (id, DAY, DAY + 90));
    assert_eq!(members().open_text(&alert), Some(text()));
    for number in 0..2 {
        let record = members()
            .open_record(id, number, &alert.records[usize::from(number)])
            .unwrap();
        assert_eq!((record.day, record.expires), (DAY, DAY + 90));
        assert_eq!(record.levels, levels());
        assert_eq!(record.identifiers, [number + 1; IDENTIFIERS]);
        let misplaced = members().open_record(id, 1 - number, &alert.records[usize::from(number)]);
        assert_eq!(misplaced, None);
    }
    let elsewhere = Members::new([4; 32], SchemeId([1; 32]));
    let outsider = Members::new([5; 32], directory.scheme);
    for others in [elsewhere, outsider] {
        assert_eq!(others.open_text(&alert), None);
        assert_eq!(others.open_record(id, 0, &alert.records[0]), None);
    }
    let needle = b"Dave";
    assert!(!bytes.windows(needle.len()).any(|run| run == needle));
}

#[test]
fn spec_14_4_only_a_desk_that_may_publishes_and_nothing_of_it_can_be_changed() {
    let directory = sample::directory();
    let (_, good) = entry_of(Message::Alert, None, DAY + 1, 1);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(Entry::verify(&bad, &directory).is_err(), "{at}");
    }
    let mut silenced = directory.clone();
    silenced.desks[0].alerts = false;
    let refused = Entry::verify(&good, &silenced);
    assert_eq!(refused, Err(EntryError::NotAllowed));
}

#[test]
fn spec_14_4_references_days_and_records_belong_together() {
    let directory = sample::directory();
    let some = Some(AlertId([7; ALERT_ID]));
    let one = [[0; IDENTIFIERS]];
    let nine = [[0; IDENTIFIERS]; 9];
    let long = Text {
        text: "x".repeat(2_100),
        ..text()
    };
    let plain = text();
    type Case<'a> = (
        Message,
        Option<AlertId>,
        u32,
        &'a Text,
        &'a [[u8; IDENTIFIERS]],
        AlertError,
    );
    let cases: [Case<'_>; 8] = [
        (
            Message::Alert,
            some,
            DAY,
            &plain,
            &one,
            AlertError::References,
        ),
        (
            Message::Update,
            None,
            DAY,
            &plain,
            &one,
            AlertError::References,
        ),
        (
            Message::Cancel,
            None,
            DAY,
            &plain,
            &[],
            AlertError::References,
        ),
        (
            Message::Alert,
            None,
            DAY - 1,
            &plain,
            &one,
            AlertError::Days,
        ),
        (
            Message::Alert,
            None,
            DAY + 401,
            &plain,
            &one,
            AlertError::Days,
        ),
        (
            Message::Alert,
            None,
            DAY,
            &plain,
            &nine,
            AlertError::Records,
        ),
        (
            Message::Cancel,
            some,
            DAY,
            &plain,
            &one,
            AlertError::Records,
        ),
        (
            Message::Alert,
            None,
            DAY,
            &long,
            &one,
            AlertError::TooLong(195),
        ),
    ];
    for (message, references, expires, text, identifiers, error) in cases {
        let draft = Draft {
            desk: directory.desks[0].id,
            message,
            references,
            day: DAY,
            expires,
            text,
            identifiers,
        };
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let key = sample::desk_key(0);
        let sealed = draft.seal(&members(), Epoch::new(1), &key, &mut rng);
        match (sealed, error) {
            (Err(AlertError::TooLong(_)), AlertError::TooLong(_)) => {}
            (sealed, error) => assert_eq!(sealed.unwrap_err(), error),
        }
    }
}

#[test]
fn ids_are_read_back_as_written() {
    let id = AlertId([0, 0, 11, 141, 1, 2, 3, 4, 5, 255]);
    assert_eq!(id.to_string().parse(), Ok(id));
    for bad in ["", "00", "zz000b8d0102030405ff", "000b8d0102030405ff0"] {
        assert_eq!(bad.parse::<AlertId>(), Err(BadAlertId));
    }
}
