//! Alerts and notices, and what is found among them: all of it on this device.

use brolly_client::alerts::{Alerts, Warning};
use brolly_client::lookup::{Found, Hit, Reason};
use brolly_protocol::board::Notice;
use brolly_protocol::directory::Directory;
use brolly_protocol::identifier::{Indexed, Kind};
use serde_json::{Value, json};

/// The alerts of an area, or all of them for none.
pub(crate) fn alerts(alerts: &Alerts, area: &str, directory: &Directory, now: u64) -> Value {
    let shown: Vec<&Warning> = match area.trim() {
        "" => alerts.live.iter().collect(),
        area => alerts.in_area(area).collect(),
    };
    let mut areas: Vec<&str> = alerts
        .live
        .iter()
        .filter_map(|warning| warning.area.as_deref())
        .collect();
    areas.sort_unstable();
    areas.dedup();
    let notice = |notice: &Notice| {
        let desk = directory.desk(notice.desk);
        json!({
            "desk": desk.map(|desk| &desk.name),
            "day": seconds(notice.day),
            "text": notice.text,
        })
    };
    json!({
        "alerts": shown.into_iter().map(alert).collect::<Vec<_>>(),
        "notices": alerts.notices.iter().map(notice).collect::<Vec<_>>(),
        "total": alerts.live.len(),
        "areas": areas,
        "as_of": alerts.time,
        "since": seconds(alerts.since()),
        "damaged": alerts.damaged,
        "old_days": now.saturating_sub(alerts.time) / DAY,
    })
}

/// What a look-up found.
pub(crate) fn found(alerts: &Alerts, found: &Found<'_, &Warning>) -> Value {
    let hit = |hit: &Hit<'_, &Warning>| {
        json!({
            "reason": reason(hit.reason),
            "exact": hit.reason.is_exact(),
            "kind": kind(hit.identifier.kind()),
            "value": value(hit.identifier),
            "alert": alert(hit.alert),
        })
    };
    json!({
        "found": found.total,
        "matches": found.hits.iter().map(hit).collect::<Vec<_>>(),
        "since": seconds(alerts.since()),
        "as_of": alerts.time,
        "damaged": alerts.damaged,
    })
}

fn alert(warning: &Warning) -> Value {
    let said = warning.text.as_ref();
    let as_written = said.filter(|said| !said.identifiers.is_empty());
    let identifiers: Vec<Value> = match as_written {
        Some(said) => said
            .identifiers
            .iter()
            .map(|(kind, value)| json!({"kind": kind, "value": value}))
            .collect(),
        None => warning
            .identifiers
            .iter()
            .map(|one| json!({"kind": kind(one.kind()), "value": value(one)}))
            .collect(),
    };
    json!({
        "id": warning.id.to_string(),
        "day": seconds(warning.day),
        "expires": seconds(warning.expires),
        "status": warning.levels.status,
        "urgency": warning.levels.urgency,
        "severity": warning.levels.severity,
        "certainty": warning.levels.certainty,
        "area": warning.area,
        "identifiers": identifiers,
        "sender": said.map(|said| &said.sender),
        "text": said.map(|said| &said.text),
    })
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Phone => "phone",
        Kind::Plate => "plate",
        Kind::Name => "name",
        Kind::Handle => "handle",
        _ => "other",
    }
}

fn value(identifier: &Indexed) -> String {
    let more = if identifier.is_cut() { "…" } else { "" };
    format!("{}{more}", identifier.folded())
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::SameNumber => "same-number",
        Reason::SamePlate => "same-plate",
        Reason::SamePlateLookalikes => "same-plate-lookalikes",
        Reason::SameHandle => "same-handle",
        Reason::SameName => "same-name",
        Reason::SameBeginning => "same-beginning",
        Reason::NumberEnds => "number-ends",
        Reason::NumberNearly => "number-nearly",
        Reason::NumberContains => "number-contains",
        Reason::PlateContains => "plate-contains",
        Reason::PlatePart => "plate-part",
        Reason::PlateNearly => "plate-nearly",
        Reason::NamePart => "name-part",
        Reason::NameNearly => "name-nearly",
        Reason::NameSounds => "name-sounds",
        Reason::NamePartAlike => "name-part-alike",
        Reason::HandleContains => "handle-contains",
        Reason::HandleNearly | _ => "handle-nearly",
    }
}

fn seconds(day: u32) -> u64 {
    u64::from(day) * DAY
}

const DAY: u64 = 86_400;
