//! `list`: one line a report, and what was refused.

use serde::Serialize;

use crate::casebook::{Case, Casebook, Reason};
use crate::fields::words;
use crate::text;

/// Why an id names no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Not hex digits.
    #[error("an id is made of the digits 0 to 9 and a to f: copy it from `list`")]
    Malformed,
    /// No report.
    #[error("no report has an id that begins with {0}: see `list`")]
    Unknown(String),
    /// Several.
    #[error("several reports have an id that begins with {given}: give more digits, of {}", ids.join(" or "))]
    Ambiguous {
        /// What was given.
        given: String,
        /// The ids it may mean.
        ids: Vec<String>,
    },
}

/// The digits by which people name a report: the first 8 of its digest, more where two begin alike.
pub fn id(casebook: &Casebook, digest: &[u8; 32]) -> String {
    let others = digests(casebook).filter(|other| *other != digest);
    let shared = others.map(|other| common(digest, other)).max();
    let mut id = hex(digest);
    id.truncate(shared.map_or(ID, |shared| ID.max(shared + 1)));
    id
}

/// The report whose digest begins with these hex digits.
///
/// # Errors
/// [`IdError`].
pub fn find<'a>(casebook: &'a Casebook, given: &str) -> Result<&'a Case, IdError> {
    let given = given.to_ascii_lowercase();
    if given.is_empty() || !given.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(IdError::Malformed);
    }
    let mut found = casebook
        .cases()
        .iter()
        .filter(|case| hex(&case.digest).starts_with(&given));
    match (found.next(), found.next()) {
        (None, _) => Err(IdError::Unknown(given)),
        (Some(case), None) => Ok(case),
        (Some(first), Some(second)) => {
            let all = [first, second].into_iter().chain(found);
            let ids = all.map(|case| id(casebook, &case.digest)).collect();
            Err(IdError::Ambiguous { given, ids })
        }
    }
}

/// A table of the reports in `width` columns.
pub fn table(casebook: &Casebook, width: usize) -> String {
    let rows: Vec<[String; 8]> = casebook
        .cases()
        .iter()
        .map(|case| {
            let incident = &case.report.incident;
            let kinds: Vec<_> = incident.kinds.iter().map(words).collect();
            [
                id(casebook, &case.digest),
                case.received.to_string(),
                kinds.join(", "),
                text::line(&incident.area),
                mark(case.contact.is_some()),
                mark(!case.report.photo.is_empty()),
                answers(casebook, case),
                text::line(&incident.narrative),
            ]
        })
        .collect();
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| text::columns(cell)).max().unwrap_or(0)
    };
    let heading = HEADING.map(str::to_owned);
    let mut left = width;
    let widths: [usize; 8] = std::array::from_fn(|column| {
        let name = HEADING.get(column).map_or(0, |name| name.len());
        let most = MOST.get(column).copied().unwrap_or(usize::MAX);
        let wanted = widest(column).min(most).max(name).min(left);
        left = left.saturating_sub(wanted + GAP.len());
        wanted
    });
    let mut out = String::new();
    for row in std::iter::once(&heading).chain(&rows) {
        let cells = row.iter().zip(widths).filter(|(_, width)| *width > 0);
        let cells: Vec<_> = cells.map(|(cell, width)| text::pad(cell, width)).collect();
        out.push_str(cells.join(GAP).trim_end());
        out.push('\n');
    }
    out
}

/// A sentence for each refused cell.
pub fn warnings(casebook: &Casebook) -> Vec<String> {
    let refused = casebook.refused().iter();
    refused
        .map(|refused| {
            format!(
                "warning: {}, fetched {}, was refused: {}",
                id(casebook, &refused.digest),
                refused.received,
                refused.reason.meaning()
            )
        })
        .collect()
}

/// `{"reports": […], "refused": […]}`, one short object for each.
///
/// # Errors
/// An error of the encoder, which does not happen.
pub fn json(casebook: &Casebook) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Listed<'a> {
        id: String,
        received: String,
        kinds: &'a [brolly_protocol::report::Kind],
        area: &'a str,
        contact: bool,
        photo: bool,
        answers: usize,
        narrative: &'a str,
    }
    #[derive(Serialize)]
    struct Refusal {
        id: String,
        received: String,
        reason: Reason,
        meaning: &'static str,
    }
    #[derive(Serialize)]
    struct Lists<'a> {
        reports: Vec<Listed<'a>>,
        refused: Vec<Refusal>,
    }
    let reports = casebook.cases().iter().map(|case| Listed {
        id: id(casebook, &case.digest),
        received: case.received.to_string(),
        kinds: &case.report.incident.kinds,
        area: &case.report.incident.area,
        contact: case.contact.is_some(),
        photo: !case.report.photo.is_empty(),
        answers: casebook.answers(&case.digest).count(),
        narrative: &case.report.incident.narrative,
    });
    let refused = casebook.refused().iter().map(|refused| Refusal {
        id: id(casebook, &refused.digest),
        received: refused.received.to_string(),
        reason: refused.reason,
        meaning: refused.reason.meaning(),
    });
    let lists = Lists {
        reports: reports.collect(),
        refused: refused.collect(),
    };
    Ok(text::json(&serde_json::to_string_pretty(&lists)?) + "\n")
}

/// Bytes as hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digests(casebook: &Casebook) -> impl Iterator<Item = &[u8; 32]> {
    let refused = casebook.refused().iter().map(|refused| &refused.digest);
    casebook
        .cases()
        .iter()
        .map(|case| &case.digest)
        .chain(refused)
}

/// How many hex digits two digests have in common from the left.
fn common(one: &[u8; 32], other: &[u8; 32]) -> usize {
    let differences = one.iter().zip(other).map(|(one, other)| one ^ other);
    match differences.enumerate().find(|(_, d)| *d != 0) {
        Some((at, difference)) => 2 * at + usize::from(difference < 0x10),
        None => 64,
    }
}

fn answers(casebook: &Casebook, case: &Case) -> String {
    match casebook.answers(&case.digest).count() {
        0 => "-".to_owned(),
        count => count.to_string(),
    }
}

fn mark(value: bool) -> String {
    if value { "yes" } else { "-" }.to_owned()
}

/// Hex digits of an id that is not ambiguous.
const ID: usize = 8;
const GAP: &str = "  ";
const HEADING: [&str; 8] = [
    "ID", "FETCHED", "KINDS", "AREA", "CONTACT", "PHOTO", "ANSWERS", "WORDS",
];
/// The most columns that each may take.
const MOST: [usize; 8] = [64, 10, 24, 12, 7, 5, 7, usize::MAX];

#[cfg(test)]
mod tests {
    use crate::casebook::sample;

    use super::*;

    #[test]
    fn an_id_has_eight_digits_and_more_where_two_begin_alike() {
        let casebook = sample::casebook(&[("1111111122", ""), ("1111111133", ""), ("22", "")]);
        let ids: Vec<_> = casebook
            .cases()
            .iter()
            .map(|c| id(&casebook, &c.digest))
            .collect();
        assert_eq!(ids, ["111111112", "111111113", "22000000"]);
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(find(&casebook, id).unwrap(), &casebook.cases()[n]);
        }
        assert_eq!(find(&casebook, "2").unwrap().digest[0], 0x22);
        let ambiguous = find(&casebook, "11111111").unwrap_err().to_string();
        assert!(
            ambiguous.ends_with("give more digits, of 111111112 or 111111113"),
            "{ambiguous}"
        );
        assert_eq!(
            find(&casebook, "33"),
            Err(IdError::Unknown("33".to_owned()))
        );
        for bad in ["", "xy", "../1"] {
            assert_eq!(find(&casebook, bad), Err(IdError::Malformed));
        }
    }

    #[test]
    fn spec_11_6_the_table_fits_the_terminal_and_holds_no_control_character() {
        let casebook = sample::casebook(&[
            (
                "11",
                "\u{1b}[2J\u{1b}]52;c;aGE=\u{7} he had a van and a dog and a very long story",
            ),
            ("22", "\u{202e}evil\nsecond line\u{9b}31m"),
        ]);
        for width in [0, 10, 40, 80, 200] {
            let table = table(&casebook, width);
            assert_eq!(table.lines().count(), 3);
            for line in table.lines() {
                assert!(text::columns(line) <= width, "{width}: {line}");
                assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'));
            }
        }
        let wide = table(&casebook, 200);
        assert!(
            wide.contains("<U+202E>evil second line<U+009B>31m"),
            "{wide}"
        );
    }

    #[test]
    fn what_was_refused_is_listed_with_what_it_means() {
        let mut casebook = sample::casebook(&[("11", "words")]);
        sample::refuse(&mut casebook, "33", Reason::TwoMeanings);
        let warnings = warnings(&casebook);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with("warning: 33000000, fetched 2024-10-04, was refused: "));
        assert!(warnings[0].contains("read differently at different desks"));
        let json: serde_json::Value = serde_json::from_str(&json(&casebook).unwrap()).unwrap();
        assert_eq!(json["refused"][0]["reason"], "two-meanings");
        assert_eq!(json["reports"][0]["narrative"], "words");
    }
}
