//! `brolly lookup`.

use brolly_client::alerts::{Alerts, Warning};
use brolly_client::lookup::{Found, Hit, search};
use brolly_client::state::State;
use brolly_protocol::identifier::Query;
use brolly_shell::cli::Failure;
use brolly_shell::{clock, date, text};
use serde_json::json;
use zeroize::Zeroizing;

use crate::Device;
use crate::alerts::{ending, finish, kind, renewed, shown, to_json, value};
use crate::command::Lookup;
use crate::talk::Talk;

/// Looks for a number, plate, name or handle among the alerts on this device. What is looked for never leaves it.
pub(crate) fn run(device: &Device, options: Lookup) -> Result<(), Failure> {
    let calling_code = device
        .home
        .load()?
        .kept_directory()
        .map_err(Failure::configuration)?
        .parameters
        .calling_code;
    let wanted = wanted(&mut Talk::stdio(), options.text, calling_code)?;
    let (state, renewed) = renewed(device, options.offline)?;
    let (json, now) = (options.json, state.now(clock::now()));
    let found = device.network.work("looking through the alerts", move || {
        answer(&state, &wanted, json, now)
    })?;
    finish(found, renewed)
}

/// What to look for; on a terminal a slip can be mended, twice.
fn wanted(
    talk: &mut Talk<'_>,
    given: Vec<String>,
    calling_code: u16,
) -> Result<Zeroizing<String>, Failure> {
    let given = Zeroizing::new(given.join(" "));
    let is_sound = |text: &str| Query::guess(text, calling_code).map(drop);
    if !given.is_empty() && *given != "-" {
        talk.say(
            "What you look for now stands in your shell's history; `brolly lookup` alone asks for it instead.",
        );
        is_sound(&given).map_err(Failure::failed)?;
        return Ok(given);
    }
    let mut tries = if talk.terminal { 3 } else { 1 };
    loop {
        let line = talk.line("A phone number, number plate, name or handle: ")?;
        match is_sound(&line) {
            Ok(()) => return Ok(line),
            Err(error) => {
                tries -= 1;
                if tries == 0 {
                    return Err(Failure::failed(error));
                }
                talk.say(&format!("{error}."));
            }
        }
    }
}

fn answer(state: &State, wanted: &str, json: bool, now: u64) -> Result<String, Failure> {
    let alerts = Alerts::open(state, now).map_err(Failure::failed)?;
    let directory = state.kept_directory().map_err(Failure::failed)?;
    let warned = alerts.live.iter();
    let warned = warned.map(|warning| (warning.identifiers.as_slice(), warning));
    let found =
        search(wanted, directory.parameters.calling_code, warned).map_err(Failure::failed)?;
    Ok(match json {
        true => object(&alerts, &found),
        false => words(&alerts, &found, now),
    })
}

fn object(alerts: &Alerts, found: &Found<'_, &Warning>) -> String {
    let hit = |hit: &Hit<'_, &Warning>| {
        json!({
            "why": hit.reason.to_string(),
            "exact": hit.reason.is_exact(),
            "kind": kind(hit.identifier.kind()),
            "value": value(hit.identifier),
            "alert": to_json(hit.alert),
        })
    };
    let object = json!({
        "found": found.total,
        "matches": found.hits.iter().map(hit).collect::<Vec<_>>(),
        "since": date::iso(alerts.since()),
        "as_of": date::iso(date::of(alerts.time)),
        "unreadable": alerts.damaged,
    });
    text::json(&object.to_string())
}

fn words(alerts: &Alerts, found: &Found<'_, &Warning>, now: u64) -> String {
    let mut lines = Vec::new();
    for hit in &found.hits {
        let (kind, value) = (kind(hit.identifier.kind()), value(hit.identifier));
        lines.push(format!("{kind} {}: {}.", text::line(&value), hit.reason));
        lines.extend(shown(hit.alert).into_iter().map(|line| format!("  {line}")));
        lines.push(String::new());
    }
    lines.push(match found.total {
        0 => format!(
            "Nothing found since {}; this does not mean safe.",
            date::words(alerts.since())
        ),
        _ => format!("{found}."),
    });
    lines.extend(ending(alerts, now));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_a_slip_can_be_mended_and_an_argument_is_told_to_stay_in_the_history() {
        let ask = |script: &str, given: &[&str]| {
            let mut said = Vec::new();
            let mut talk = Talk::scripted(script, &mut said);
            let given = given.iter().map(|word| (*word).to_owned()).collect();
            let wanted = wanted(&mut talk, given, 44).map(|text| text.to_string());
            drop(talk);
            (wanted, String::from_utf8(said).unwrap())
        };
        let (wanted, said) = ask("...\n07700 900123\n", &[]);
        assert_eq!(wanted.unwrap(), "07700 900123");
        assert!(said.contains("nothing to look up"), "{said}");
        assert_eq!(ask("Dave\n", &["-"]).0.unwrap(), "Dave");
        let (wanted, said) = ask("", &["07700", "900123"]);
        assert_eq!(wanted.unwrap(), "07700 900123");
        assert!(said.contains("shell's history"), "{said}");
        assert_eq!(ask("", &["..."]).0.unwrap_err().code, 1);
        assert!(ask(".\n.\n.\nDave\n", &[]).0.is_err());
    }
}
