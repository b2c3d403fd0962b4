//! `show`: everything about one report, in plain words or as JSON.

use brolly_protocol::report::{
    Consent, Harm, Incident, Offender, ReplyWanted, Report, Slot, Vehicle,
};
use serde::Serialize;

use crate::casebook::{Answer, Case, Casebook};
use crate::fields::{self, Row, words, yes_no};
use crate::list::{self, hex};
use crate::text;

/// What a script reads of a report: all of it but the photograph's bytes and the keys for answering.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct View<'a> {
    /// By which people name it.
    pub id: String,
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
    /// What this desk answered.
    pub answers: Vec<AnswerView<'a>>,
}

/// What a script reads of an answer.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AnswerView<'a> {
    /// Its number among this desk's answers to the report, from 1.
    pub number: u32,
    /// The day it was written.
    pub day: String,
    /// Whether the inbox has it.
    pub posted: bool,
    /// What it says.
    pub text: &'a str,
}

impl<'a> AnswerView<'a> {
    fn of((answer, posted): (&'a Answer, bool)) -> Self {
        Self {
            number: answer.number.saturating_add(1),
            day: answer.day.to_string(),
            posted,
            text: &answer.text,
        }
    }
}

impl<'a> View<'a> {
    /// The view of a case of `casebook`.
    pub fn of(casebook: &'a Casebook, case: &'a Case) -> Self {
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
            id: list::id(casebook, &case.digest),
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
            answers: casebook.answers(&case.digest).map(AnswerView::of).collect(),
        }
    }
}

/// A report as an object.
///
/// # Errors
/// An error of the encoder, which does not happen.
pub fn json(casebook: &Casebook, case: &Case) -> serde_json::Result<String> {
    let view = serde_json::to_string_pretty(&View::of(casebook, case))?;
    Ok(text::json(&view) + "\n")
}

/// A report in plain words, what was not said left out.
pub fn words_of(casebook: &Casebook, case: &Case) -> String {
    let report = &case.report;
    let id = list::id(casebook, &case.digest);
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
    for (answer, posted) in casebook.answers(&case.digest) {
        let title = format!("Answer {}", answer.number.saturating_add(1));
        let state = match posted {
            true => "the inbox has it",
            false => "waiting: it goes out with the next sync",
        };
        let rows = vec![
            ("written", answer.day.to_string()),
            ("state", state.to_owned()),
            ("text", answer.text.clone()),
        ];
        section(&mut out, &title, rows);
    }
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

    use crate::casebook::{Day, Record, sample};

    use super::*;

    /// A casebook of this one case.
    fn of(case: &Case) -> Casebook {
        let mut casebook = sample::casebook(&[]);
        sample::add(&mut casebook, Record::Case(Box::new(case.clone())));
        casebook
    }

    fn answer(number: u32, text: &str) -> Record {
        Record::Answer(Box::new(Answer {
            digest: [0x11; 32],
            number,
            day: Day(20_001),
            text: text.to_owned(),
            entry: vec![0xab; 4096],
        }))
    }

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
        let shown = words_of(&of(&case()), &case());
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
        let silent = words_of(&of(&case()), &sample::case([0x11; 32], ""));
        assert!(silent.contains("not given to this desk"));
    }

    #[test]
    fn spec_11_6_what_is_shown_holds_no_control_character() {
        let case = case();
        let mut casebook = of(&case);
        sample::add(&mut casebook, answer(0, "yes\u{1b}]0;x\u{7}\u{202e}"));
        let shown = [words_of(&casebook, &case), json(&casebook, &case).unwrap()];
        for shown in shown {
            let hostile = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!shown.contains(hostile), "{shown}");
        }
    }

    #[test]
    fn json_is_the_whole_report_without_the_photographs_bytes_and_the_keys() {
        let mut case = case();
        case.reply_root = [0xab; 32];
        let json = json(&of(&case), &case).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["photo"], true);
        assert_eq!(value["contact"], "ring 07700 900123\u{7}");
        assert_eq!(value["incident"]["kinds"][1], "threats");
        assert_eq!(value["offenders"][1]["names"][0], "Dee\u{9b}31m");
        assert_eq!(value["consent"]["police-contact"], true);
        assert!(!json.contains("171") && !json.contains("255") && !json.contains("abab"));
    }

    #[test]
    fn every_answer_is_shown_and_whether_the_inbox_has_it() {
        let case = case();
        let mut casebook = of(&case);
        sample::add(&mut casebook, answer(0, "We believe you.\nCall us."));
        sample::add(&mut casebook, answer(1, "He was arrested."));
        let (digest, number) = (case.digest, 0);
        sample::add(&mut casebook, Record::Posted { digest, number });
        let shown = words_of(&casebook, &case);
        for line in [
            "Answer 1",
            "  written                     2024-10-05",
            "  state                       the inbox has it",
            "  text                        We believe you.",
            "                              Call us.",
            "Answer 2",
            "  state                       waiting: it goes out with the next sync",
        ] {
            assert!(shown.lines().any(|l| l == line), "{line:?} in\n{shown}");
        }
        let json = json(&casebook, &case).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            value["answers"],
            serde_json::json!([
                {"number": 1, "day": "2024-10-05", "posted": true, "text": "We believe you.\nCall us."},
                {"number": 2, "day": "2024-10-05", "posted": false, "text": "He was arrested."},
            ])
        );
        assert!(!json.contains("abab") && !json.contains("171"));
    }
}
