//! Casebooks in memory for the tests of what is shown.

use brolly_protocol::report::{Incident, Kind, Report};

use super::*;

/// A casebook of cases by the first digits of their digests and their narratives.
pub(crate) fn casebook(cases: &[(&str, &str)]) -> Casebook {
    let mut casebook = Casebook {
        path: PathBuf::new(),
        file: None,
        key: Zeroizing::new([0; 32]),
        header: [0; HEADER],
        places: 0,
        end: 0,
        content: Content::default(),
    };
    for (digits, narrative) in cases {
        let case = case(digest(digits), narrative);
        add(&mut casebook, Record::Case(Box::new(case)));
    }
    casebook
}

pub(crate) fn add(casebook: &mut Casebook, record: Record) {
    casebook.content.take_in(record);
}

pub(crate) fn refuse(casebook: &mut Casebook, digits: &str, reason: Reason) {
    let refused = Refused {
        number: 1,
        digest: digest(digits),
        received: Day(20_000),
        reason,
    };
    add(casebook, Record::Refused(refused));
}

pub(crate) fn case(digest: [u8; 32], narrative: &str) -> Case {
    Case {
        digest,
        received: Day(20_000),
        report: Report {
            incident: Incident {
                kinds: vec![Kind::Robbery, Kind::Threats],
                area: "LS2".to_owned(),
                narrative: narrative.to_owned(),
                ..Incident::default()
            },
            ..Report::default()
        },
        ..Case::blank()
    }
}

fn digest(digits: &str) -> [u8; 32] {
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    }
    digest
}
