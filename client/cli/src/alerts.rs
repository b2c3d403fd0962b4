//! `brolly alerts`, and how a warning is shown.

use brolly_client::alerts::{Alerts, Warning};
use brolly_client::session::Cargo;
use brolly_client::state::State;
use brolly_protocol::board::Notice;
use brolly_protocol::board::alert::{Certainty, Severity, Status, Urgency};
use brolly_protocol::directory::Directory;
use brolly_protocol::identifier::{Indexed, Kind};
use brolly_shell::cli::Failure;
use brolly_shell::{clock, date, text};
use serde_json::{Value, json};

use crate::current::current;
use crate::{Device, command, print};

/// Lists the alerts that count today and the notices of the last days.
pub(crate) fn run(device: &Device, options: &command::Alerts) -> Result<(), Failure> {
    let (state, renewed) = renewed(device, options.offline)?;
    let (area, json, now) = (options.area.clone(), options.json, state.now(clock::now()));
    let shown = device.network.work("reading the alerts", move || {
        let alerts = Alerts::open(&state, now).map_err(Failure::failed)?;
        let directory = state.kept_directory().map_err(Failure::failed)?;
        let chosen: Vec<&Warning> = match &area {
            Some(area) => alerts.in_area(area).collect(),
            None => alerts.live.iter().collect(),
        };
        Ok(if json {
            object(&alerts, &chosen, &directory)
        } else {
            words(&alerts, &chosen, &directory, now)
        })
    })?;
    finish(shown, renewed)
}

/// What is on this device, renewed by a session like every other unless that is not wanted; and how renewing went.
pub(crate) fn renewed(
    device: &Device,
    offline: bool,
) -> Result<(State, Result<(), Failure>), Failure> {
    if offline {
        return Ok((device.home.load()?, Ok(())));
    }
    let state = match current(device) {
        Ok((state, _)) => state,
        // What is on the device may be old and still save somebody.
        Err(failure) => return Ok((device.home.load()?, Err(failure))),
    };
    let exchange = device.network.exchange(&state, &Cargo::Cover);
    device.home.keep(Some(&state), &exchange.state)?;
    Ok((exchange.state, exchange.alerts))
}

/// Prints what was found on the device, and then says if it could not be renewed.
pub(crate) fn finish(
    shown: Result<String, Failure>,
    renewed: Result<(), Failure>,
) -> Result<(), Failure> {
    match (shown, renewed) {
        (Ok(shown), Ok(())) => print(&shown),
        (Ok(shown), Err(mut failure)) => {
            print(&shown)?;
            failure.message = format!(
                "the alerts on this device could not be renewed: {}",
                failure.message
            );
            Err(failure)
        }
        (Err(_), Err(failure)) | (Err(failure), Ok(())) => Err(failure),
    }
}

/// What is said after every answer: how old it is, and what could not be read.
pub(crate) fn ending(alerts: &Alerts, now: u64) -> Vec<String> {
    let mut lines = Vec::new();
    let days = now.saturating_sub(alerts.time) / DAY;
    if days > 0 {
        let (day, s) = (date::words(date::of(alerts.time)), plural(days));
        lines.push(format!(
            "The alerts on this device are of {day}, {days} day{s} ago: later ones are not among them."
        ));
    }
    if alerts.damaged > 0 {
        let s = plural(alerts.damaged);
        lines.push(format!(
            "{} alert{s} could not be read with your invitation: ask your project for a new one.",
            alerts.damaged
        ));
    }
    lines
}

/// A warning in lines for a terminal.
pub(crate) fn shown(warning: &Warning) -> Vec<String> {
    let area = warning.area.as_deref().unwrap_or("no area given");
    let (sent, until) = (date::words(warning.day), date::words(warning.expires));
    let mut lines = vec![format!(
        "{}{}, {sent}: {}",
        meant(warning.levels.status),
        text::line(area),
        grave(warning)
    )];
    match &warning.text {
        Some(said) => {
            let indented = text::lines(&said.text);
            lines.extend(indented.iter().map(|line| format!("  {line}")));
        }
        None => lines.push(
            "  Its text is older than what is fetched; your project can tell you more.".to_owned(),
        ),
    }
    let identifiers: Vec<String> = identifiers(warning)
        .iter()
        .map(|(kind, value)| format!("{} {}", text::line(kind), text::line(value)))
        .collect();
    if !identifiers.is_empty() {
        lines.push(format!("  {}", identifiers.join(", ")));
    }
    lines.push(format!("  Counts until {until}. Alert {}", warning.id));
    lines
}

/// A warning in JSON.
pub(crate) fn to_json(warning: &Warning) -> Value {
    let identifiers: Vec<Value> = identifiers(warning)
        .into_iter()
        .map(|(kind, value)| json!({"kind": kind, "value": value}))
        .collect();
    let said = warning.text.as_ref();
    json!({
        "id": warning.id.to_string(),
        "sent": date::iso(warning.day),
        "expires": date::iso(warning.expires),
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

/// What an identifier is called.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Phone => "phone",
        Kind::Plate => "plate",
        Kind::Name => "name",
        Kind::Handle => "handle",
        _ => "other",
    }
}

/// An identifier as the index has it.
pub(crate) fn value(identifier: &Indexed) -> String {
    let more = if identifier.is_cut() { "…" } else { "" };
    format!("{}{more}", identifier.folded())
}

/// As the desk wrote them where that is known, otherwise as the index has them.
fn identifiers(warning: &Warning) -> Vec<(String, String)> {
    match &warning.text {
        Some(said) if !said.identifiers.is_empty() => said.identifiers.clone(),
        _ => warning
            .identifiers
            .iter()
            .map(|one| (kind(one.kind()).to_owned(), value(one)))
            .collect(),
    }
}

fn object(alerts: &Alerts, chosen: &[&Warning], directory: &Directory) -> String {
    let notice = |notice: &Notice| {
        json!({
            "desk": desk(notice, directory),
            "day": date::iso(notice.day),
            "text": notice.text,
        })
    };
    let object = json!({
        "alerts": chosen.iter().map(|one| to_json(one)).collect::<Vec<_>>(),
        "notices": alerts.notices.iter().map(notice).collect::<Vec<_>>(),
        "as_of": date::iso(date::of(alerts.time)),
        "unreadable": alerts.damaged,
    });
    text::json(&object.to_string())
}

fn words(alerts: &Alerts, chosen: &[&Warning], directory: &Directory, now: u64) -> String {
    let mut lines = Vec::new();
    for warning in chosen {
        lines.extend(shown(warning));
        lines.push(String::new());
    }
    for notice in &alerts.notices {
        let desk = text::line(&desk(notice, directory));
        lines.push(format!("Notice of {desk}, {}:", date::words(notice.day)));
        let said = text::lines(&notice.text);
        lines.extend(said.into_iter().map(|line| format!("  {line}")));
        lines.push(String::new());
    }
    lines.push(match chosen.len() {
        0 => "No alert counts today; this does not mean safe.".to_owned(),
        1 => "1 alert counts today.".to_owned(),
        n => format!("{n} alerts count today."),
    });
    lines.extend(ending(alerts, now));
    lines.join("\n")
}

fn desk(notice: &Notice, directory: &Directory) -> String {
    let desk = directory.desk(notice.desk);
    desk.map_or_else(|| "a desk".to_owned(), |desk| desk.name.clone())
}

fn meant(status: Status) -> &'static str {
    match status {
        Status::Actual => "",
        Status::Exercise => "AN EXERCISE, not a warning: ",
        Status::Test => "A TEST, to be disregarded: ",
    }
}

fn grave(warning: &Warning) -> String {
    let severity = match warning.levels.severity {
        Severity::Extreme => "extreme danger",
        Severity::Severe => "severe danger",
        Severity::Moderate => "some danger",
        Severity::Minor => "little danger",
        Severity::Unknown => "how dangerous is not known",
    };
    let certainty = match warning.levels.certainty {
        Certainty::Observed => "it happened",
        Certainty::Likely => "likely",
        Certainty::Possible => "possible",
        Certainty::Unlikely => "unlikely",
        Certainty::Unknown => "how sure is not known",
    };
    let urgency = match warning.levels.urgency {
        Urgency::Immediate => ", act at once",
        Urgency::Expected => ", act within the hour",
        Urgency::Future => ", act soon",
        Urgency::Past => ", over",
        Urgency::Unknown => "",
    };
    format!("{severity}, {certainty}{urgency}")
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use brolly_protocol::identifier::Identifier;
    use brolly_protocol::log::Window;

    use super::*;
    use crate::fake::{NOW, Scheme};

    fn kept(scheme: &Scheme) -> Alerts {
        let directory = &scheme.directory;
        let mut state = State::new(scheme.invitation());
        state.accept(&scheme.in_force(), NOW).unwrap();
        let window = Window::verify(&scheme.window(), directory).unwrap();
        state.accept_window(&window, directory).unwrap();
        state.accept_alerts(&scheme.alerts(), directory).unwrap();
        Alerts::open(&state, NOW).unwrap()
    }

    fn all(alerts: &Alerts) -> Vec<&Warning> {
        alerts.live.iter().collect()
    }

    #[test]
    fn spec_12_12_what_a_desk_wrote_cannot_command_a_terminal() {
        let mut scheme = Scheme::new(NOW);
        let name = Identifier::name("Dave").unwrap();
        scheme.alert("LS2", "\u{1b}]0;owned\u{7}\nturn \u{202e}back", &[name]);
        let alerts = kept(&scheme);
        let shown = words(&alerts, &all(&alerts), &scheme.directory, NOW);
        assert!(shown.contains("<U+001B>]0;owned<U+0007>\n"), "{shown}");
        assert!(shown.contains("turn <U+202E>back"), "{shown}");
        let json = object(&alerts, &all(&alerts), &scheme.directory);
        for hostile in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(!shown.contains(hostile) && !json.contains(hostile));
        }
        let read: Value = serde_json::from_str(&json).unwrap();
        let said = &read["alerts"][0]["text"];
        assert_eq!(said, "\u{1b}]0;owned\u{7}\nturn \u{202e}back");
    }

    #[test]
    fn a_warning_says_where_when_how_grave_and_until_when() {
        let mut scheme = Scheme::new(NOW);
        let plate = Identifier::plate("AB12 CDE").unwrap();
        let id = scheme.alert("LS2", "White van.", &[plate]);
        let alerts = kept(&scheme);
        let shown = words(&alerts, &all(&alerts), &scheme.directory, NOW);
        for part in [
            "LS2, 24 November 2025: severe danger, it happened",
            "  White van.",
            "plate AB12CDE",
            "Counts until 22 February 2026.",
            &id.to_string(),
            "1 alert counts today.",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("ago"), "{shown}");
        let later = words(&alerts, &[], &scheme.directory, NOW + 3 * DAY);
        assert!(later.contains("24 November 2025, 3 days ago"), "{later}");
        assert!(later.contains("does not mean safe"), "{later}");
    }
}
