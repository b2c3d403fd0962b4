//! `show`: everything about one report, in plain words or as JSON.

use brolly_protocol::report::{
    Consent, Harm, Incident, Offender, ReplyWanted, Report, Slot, Vehicle,
};
use serde::Serialize;

use crate::casebook::Case;
use crate::fields::{self, Row, words, yes_no};
use crate::list::hex;
use crate::text;

/// What a script reads of a report: all of it but the photograph's bytes and the keys for answering.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct View<'a> {
    /// By which people name it.
    pub id: &'a str,
    /// `d`, 64 hex digits.
    pub digest: String,
    /// The day it was fetched.
    pub fetched: String,
    /// The place of this desk in the cell.
    pub slot: Slot,
    /// The contact details, where this desk was given them.
    pub contact: Option<&'a str>,
    /// Whether a photograph came with it.
    pub photo: bool,
    /// What happened, when and where.
    pub incident: &'a Incident,
    /// Who did it.
    pub offenders: &'a [Offender],
    /// What they came in.
    pub vehicles: &'a [Vehicle],
    /// What it did.
    pub harm: &'a Harm,
    /// Whether and how soon an answer is wanted.
    pub reply: ReplyWanted,
    /// Who may see it.
    pub consent: Consent,
}

impl<'a> View<'a> {
    /// The view of a case under its `id`.
    pub fn of(id: &'a str, case: &'a Case) -> Self {
        let Report {
            incident,
            offenders,
            vehicles,
            harm,
            reply,
            consent,
            photo,
        } = &case.report;
        Self {
            id,
            digest: hex(&case.digest),
            fetched: case.received.to_string(),
            slot: case.slot,
            contact: case.contact.as_deref(),
            photo: !photo.is_empty(),
            incident,
            offenders,
            vehicles,
            harm,
            reply: *reply,
            consent: *consent,
        }
    }
}

/// A report as an object.
///
/// # Errors
/// An error of the encoder, which does not happen.
pub fn json(id: &str, case: &Case) -> serde_json::Result<String> {
    let view = serde_json::to_string_pretty(&View::of(id, case))?;
    Ok(text::json(&view) + "\n")
}

/// A report in plain words, what was not said left out.
pub fn words_of(id: &str, case: &Case) -> String {
    let report = &case.report;
    let mut out = String::new();
    let head = vec![
        ("digest", hex(&case.digest)),
        ("fetched", case.received.to_string()),
        ("addressed to", format!("{} desk", words(&case.slot))),
        ("contact", contact(case)),
        ("photograph", yes_no(!report.photo.is_empty())),
    ];
    section(&mut out, &format!("Report {id}"), head);
    section(
        &mut out,
        "What happened",
        fields::incident(&report.incident),
    );
    let offenders = report.offenders.iter().map(fields::offender);
    several(&mut out, "Offender", offenders.collect());
    let vehicles = report.vehicles.iter().map(fields::vehicle);
    several(&mut out, "Vehicle", vehicles.collect());
    section(&mut out, "Harm", fields::harm(&report.harm));
    section(&mut out, "Wishes", fields::wishes(report));
    out
}

fn contact(case: &Case) -> String {
    let none = "not given to this desk".to_owned();
    case.contact.clone().unwrap_or(none)
}

fn several(out: &mut String, title: &str, all: Vec<Vec<Row>>) {
    let count = all.len();
    for (n, rows) in (1..).zip(all) {
        match count {
            1 => section(out, title, rows),
            _ => section(out, &format!("{title} {n} of {count}"), rows),
        }
    }
}

fn section(out: &mut String, title: &str, rows: Vec<Row>) {
    let said: Vec<_> = rows.iter().filter(|(_, said)| !said.is_empty()).collect();
    if said.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(title);
    out.push('\n');
    for (label, said) in said {
        let mut label = *label;
        for line in text::lines(said) {
            out.push_str(format!("  {} {line}", text::pad(label, LABEL)).trim_end());
            out.push('\n');
            label = "";
        }
    }
}

/// Columns of a label.
const LABEL: usize = 27;

#[cfg(test)]
mod tests {
    use brolly_protocol::report::{Identifier, IdentifierKind};

    use crate::casebook::sample;

    use super::*;

    fn case() -> Case {
        let mut case = sample::case([0x11; 32], "He had a van.\n\u{1b}[2JHe ran.");
        let offender = |name: &str| Offender {
            names: vec![name.to_owned()],
            age_from: Some(30),
            identifiers: vec![Identifier {
                kind: IdentifierKind::Advert,
                value: "\u{202e}txt".to_owned(),
            }],
            ..Offender::default()
        };
        case.report.offenders = vec![offender("Dave"), offender("Dee\u{9b}31m")];
        case.report.consent.police_contact = true;
        case.contact = Some("ring 07700 900123\u{7}".to_owned());
        case.report.photo = vec![0xff; 100];
        case
    }

    #[test]
    fn everything_said_is_shown_in_plain_words_and_nothing_else() {
        let shown = words_of("11111111", &case());
        for line in [
            "Report 11111111",
            "  addressed to                scheme desk",
            "  contact                     ring 07700 900123<U+0007>",
            "  photograph                  yes",
            "  kinds                       robbery, threats",
            "  told                        first hand",
            "  narrative                   He had a van.",
            "                              <U+001B>[2JHe ran.",
            "Offender 1 of 2",
            "  identifiers                 advert: <U+202E>txt",
            "Offender 2 of 2",
            "  names used                  Dee<U+009B>31m",
            "  police may make contact     yes",
            "  own project may read it     no",
        ] {
            assert!(shown.lines().any(|l| l == line), "{line:?} in\n{shown}");
        }
        for absent in ["Vehicle", "Harm", "setting", "hair"] {
            assert!(!shown.contains(absent), "{absent}");
        }
        let silent = words_of("11111111", &sample::case([0x11; 32], ""));
        assert!(silent.contains("not given to this desk"));
    }

    #[test]
    fn spec_11_6_what_is_shown_holds_no_control_character() {
        let case = case();
        for shown in [words_of("11", &case), json("11", &case).unwrap()] {
            let hostile = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!shown.contains(hostile), "{shown}");
        }
    }

    #[test]
    fn json_is_the_whole_report_without_the_photographs_bytes_and_the_keys() {
        let mut case = case();
        case.reply_root = [0xab; 32];
        let json = json("11", &case).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["photo"], true);
        assert_eq!(value["contact"], "ring 07700 900123\u{7}");
        assert_eq!(value["incident"]["kinds"][1], "threats");
        assert_eq!(value["offenders"][1]["names"][0], "Dee\u{9b}31m");
        assert_eq!(value["consent"]["police-contact"], true);
        assert!(!json.contains("171") && !json.contains("255") && !json.contains("abab"));
    }
}
