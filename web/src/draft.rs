//! A report as the page has it: JSON in, what is sent and who sees it out.

use brolly_client::compose::Arranged;
use brolly_client::draft::Draft;
use brolly_client::photo::{Format, Look, Prepared, Removed};
use brolly_client::preview::{Picture, Silent, View};
use brolly_client::scrub::{self, Finding};
use brolly_client::wait::Wait;
use brolly_protocol::directory::Directory;
use brolly_protocol::report::Slot;
use serde_json::{Value, json};

use crate::error::Wrong;

/// Reads a draft.
pub(crate) fn read(draft: &str) -> Result<Draft, Wrong> {
    serde_json::from_str(draft)
        .map_err(|error| Wrong::with("draft-malformed", json!({"message": error.to_string()})))
}

/// Words that may say who is writing, in every field that is written freely.
pub(crate) fn findings(draft: &Draft) -> Value {
    let own = scrub::Own {
        names: draft.own.names.clone(),
        phones: draft.own.phones.clone(),
        emails: draft.own.emails.clone(),
        addresses: draft.own.addresses.clone(),
    };
    let mut fields: Vec<(String, &str)> = vec![
        ("incident.narrative".into(), &draft.incident.narrative),
        ("harm.weapon".into(), &draft.harm.weapon),
        ("harm.injuries".into(), &draft.harm.injuries),
        ("harm.medical-help".into(), &draft.harm.medical_help),
        ("harm.evidence-kept".into(), &draft.harm.evidence_kept),
    ];
    for (n, person) in draft.offenders.iter().enumerate() {
        fields.push((format!("offenders.{n}.marks"), &person.marks));
        fields.push((format!("offenders.{n}.clothing"), &person.clothing));
        fields.push((format!("offenders.{n}.behaviour"), &person.behaviour));
    }
    for (n, vehicle) in draft.vehicles.iter().enumerate() {
        fields.push((format!("vehicles.{n}.features"), &vehicle.features));
    }
    let all = fields.iter().flat_map(|(field, text)| {
        let found = scrub::findings(text, &own);
        found
            .into_iter()
            .map(move |finding| one(field, text, &finding))
    });
    all.collect()
}

fn one(field: &str, text: &str, finding: &Finding) -> Value {
    // JavaScript counts a text in units of UTF-16.
    let units = |to: usize| {
        let before = text.get(..to).unwrap_or_default();
        before.encode_utf16().count()
    };
    let kind = match finding.kind {
        scrub::Kind::Phone => "phone",
        scrub::Kind::Email => "email",
        scrub::Kind::Address => "address",
        scrub::Kind::Name | _ => "name",
    };
    json!({
        "field": field,
        "start": units(finding.range.start),
        "end": units(finding.range.end),
        "kind": kind,
        "text": finding.text,
        "own": finding.own,
    })
}

/// The desk of each slot.
pub(crate) fn desks(directory: Option<&Directory>, area: &str, project: &str) -> Value {
    let desk = |slot: Slot| {
        let desk = directory.and_then(|directory| directory.desk_for(slot, area, project));
        json!({"slot": slot, "name": desk.map(|desk| &desk.name)})
    };
    Slot::ALL.map(desk).into_iter().collect()
}

/// What is known of a file before it is decoded.
pub(crate) fn look(look: &Look) -> Value {
    let kind = match look.format {
        Format::Jpeg => "jpeg",
        Format::Png => "png",
        Format::WebP => "webp",
    };
    json!({
        "kind": kind,
        "width": look.width,
        "height": look.height,
        "removed": removed(&look.removed),
    })
}

/// A photograph as it would be sent.
pub(crate) fn photo(photo: &Prepared) -> Value {
    json!({
        "width": photo.width,
        "height": photo.height,
        "bytes": photo.jpeg.len(),
        "removed": removed(&photo.removed),
    })
}

/// What is sent, who will see it, and how long it takes.
pub(crate) fn preview(arranged: &Arranged, wait: Option<Wait>, room: i64) -> Value {
    let report = arranged.report();
    let preview = arranged.preview();
    let leaves = Wait::for_a_page();
    json!({
        "report": {
            "incident": report.incident,
            "offenders": report.offenders,
            "vehicles": report.vehicles,
            "harm": report.harm,
            "reply": report.reply,
            "consent": report.consent,
        },
        "contact": arranged.contact(),
        "desks": preview.desks.iter().map(view).collect::<Vec<_>>(),
        "members_alert": preview.members_alert,
        "photo": preview.photo.as_ref().map(picture),
        "room": room,
        "wait": wait.map(|wait| json!({"half": wait.half, "most": wait.most})),
        "leaves": {"half": leaves.half, "most": leaves.most},
        "ring": wait.is_none_or(|wait| wait.most > HOUR),
        "observer": {"visit_one_in": VISIT_ONE_IN, "linked": true},
    })
}

fn view(view: &View) -> Value {
    let silent = match view.silent {
        None => Value::Null,
        Some(Silent::Days(days)) => json!({"days": days}),
        Some(Silent::Window) => json!("window"),
    };
    json!({
        "slot": view.slot,
        "name": view.name,
        "report": view.report,
        "contact": view.contact,
        "silent": silent,
    })
}

fn picture(picture: &Picture) -> Value {
    json!({
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "removed": removed(&picture.removed),
    })
}

fn removed(all: &[Removed]) -> Vec<&'static str> {
    let code = |one: &Removed| match one {
        Removed::Position => "position",
        Removed::Time => "time",
        Removed::Camera => "camera",
        Removed::Caption => "caption",
        Removed::Thumbnail => "thumbnail",
        Removed::Xmp => "xmp",
        Removed::Comment => "comment",
        Removed::Text => "text",
        Removed::ColourProfile => "colour-profile",
        Removed::Trailer => "trailer",
        Removed::Other | _ => "other",
    };
    all.iter().map(code).collect()
}

const HOUR: u64 = 3_600;
/// In how many visits the first guess is right of whoever sees every connection and owns both ends (SPEC §17.2, decision 15).
const VISIT_ONE_IN: u32 = 7;
