//! A report as rows of plain words, for `show` and for the columns of a CSV file.

use brolly_protocol::report::{Consent, Harm, Identifier, Incident, Offender, Report, Vehicle};
use serde::Serialize;

/// A label in plain words, and what was said; empty for "not said". What was said is as it came: disarm it with
/// [`crate::text`] before showing it.
pub type Row = (&'static str, String);

/// What happened, when and where.
pub fn incident(incident: &Incident) -> Vec<Row> {
    let kinds: Vec<_> = incident.kinds.iter().map(words).collect();
    let date = incident.date.as_ref().map(|date| date.as_str().to_owned());
    vec![
        ("kinds", kinds.join(", ")),
        ("date", date.unwrap_or_default()),
        ("part of day", words(&incident.part_of_day)),
        ("area", incident.area.clone()),
        ("setting", words(&incident.setting)),
        ("told", words(&incident.source)),
        ("narrative", incident.narrative.clone()),
    ]
}

/// One offender.
pub fn offender(offender: &Offender) -> Vec<Row> {
    let identifiers = offender
        .identifiers
        .iter()
        .map(|Identifier { kind, value }| format!("{}: {value}", words(kind)));
    vec![
        ("names used", offender.names.join(", ")),
        ("sex", offender.sex.clone()),
        ("age from", number(offender.age_from)),
        ("age to", number(offender.age_to)),
        ("ethnicity", offender.ethnicity.clone()),
        ("height", offender.height.clone()),
        ("build", offender.build.clone()),
        ("hair", offender.hair.clone()),
        ("eyes", offender.eyes.clone()),
        ("marks", offender.marks.clone()),
        ("accent", offender.accent.clone()),
        ("clothing", offender.clothing.clone()),
        ("behaviour", offender.behaviour.clone()),
        ("identifiers", identifiers.collect::<Vec<_>>().join(", ")),
    ]
}

/// One vehicle.
pub fn vehicle(vehicle: &Vehicle) -> Vec<Row> {
    vec![
        ("registration", vehicle.registration.clone()),
        ("make", vehicle.make.clone()),
        ("model", vehicle.model.clone()),
        ("colour", vehicle.colour.clone()),
        ("features", vehicle.features.clone()),
        ("occupants", number(vehicle.occupants)),
    ]
}

/// What it did.
pub fn harm(harm: &Harm) -> Vec<Row> {
    vec![
        ("weapon", harm.weapon.clone()),
        ("injuries", harm.injuries.clone()),
        ("medical help", harm.medical_help.clone()),
        ("evidence kept", harm.evidence_kept.clone()),
    ]
}

/// Who may see it, and whether an answer is wanted.
pub fn wishes(report: &Report) -> Vec<Row> {
    let Consent {
        members_alert,
        police,
        police_contact,
        specialist,
        project,
    } = report.consent;
    vec![
        ("answer wanted", words(&report.reply)),
        ("may warn members", yes_no(members_alert)),
        ("police may read it", yes_no(police || police_contact)),
        ("police may make contact", yes_no(police_contact)),
        ("specialist team may read it", yes_no(specialist)),
        ("own project may read it", yes_no(project)),
    ]
}

/// A value of one of the report's lists of choices, in words.
pub fn words<T: Serialize>(choice: &T) -> String {
    // Their names in the record are words with hyphens.
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(name)) => name.replace('-', " "),
        _ => String::new(),
    }
}

/// "yes" or "no".
pub fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn number(value: Option<u8>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use brolly_protocol::report::{IdentifierKind, Kind, PartOfDay};

    use super::*;

    #[test]
    fn choices_are_words_and_what_was_not_said_is_empty() {
        assert_eq!(words(&Kind::SexualAssault), "sexual assault");
        assert_eq!(words(&Some(PartOfDay::Night)), "night");
        assert_eq!(words(&None::<PartOfDay>), "");
        let silent = Report::default();
        let rows = [
            offender(&Offender::default()),
            vehicle(&Vehicle::default()),
            harm(&silent.harm),
        ];
        assert!(rows.iter().flatten().all(|(_, said)| said.is_empty()));
        assert_eq!(wishes(&silent)[0], ("answer wanted", "no".to_owned()));
    }

    #[test]
    fn every_identifier_says_what_it_is() {
        let phone = Identifier {
            kind: IdentifierKind::Phone,
            value: "07700 900123".to_owned(),
        };
        let email = Identifier {
            kind: IdentifierKind::Email,
            value: "a@example.org".to_owned(),
        };
        let rows = offender(&Offender {
            identifiers: vec![phone, email],
            ..Offender::default()
        });
        let said = "phone: 07700 900123, email: a@example.org".to_owned();
        assert!(rows.contains(&("identifiers", said)));
    }
}
