//! `alert list`: the live alerts, in words or as JSON.

use brolly_protocol::board::alert::Levels;
use serde::Serialize;

use crate::board::{Board, Listed};
use crate::casebook::Day;
use crate::fields::words;
use crate::place::Place;
use crate::text;

/// The live alerts in words, oldest first.
pub fn table(alerts: &[Listed], place: &Place) -> String {
    let mut out = String::new();
    for alert in alerts {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&alert.id.to_string());
        if let Some((day, expires)) = alert.days {
            out.push_str(&format!("  {} to {}", Day(day), Day(expires)));
        }
        if alert.desk == Some(place.desk.id) {
            out.push_str("  by this desk");
        }
        out.push('\n');
        let Some(said) = &alert.text else {
            out.push_str(match alert.desk {
                None => "  by a desk that has left the directory\n",
                Some(_) => "  does not open with this desk's key\n",
            });
            continue;
        };
        out.push_str(&format!(
            "  {}, {}, {}, {}, {}\n",
            text::line(&said.sender),
            text::line(&said.area),
            words(&said.levels.severity),
            words(&said.levels.certainty),
            words(&said.levels.status),
        ));
        for line in text::lines(&said.text) {
            out.push_str(&format!("  {line}\n"));
        }
        for (kind, value) in &said.identifiers {
            out.push_str(&format!("  {} {}\n", text::line(kind), text::line(value)));
        }
    }
    out
}

/// `{"size": …, "witnesses": …, "alerts": […]}`.
///
/// # Errors
/// An error of the encoder, which does not happen.
pub fn json(board: &Board, alerts: &[Listed], place: &Place) -> serde_json::Result<String> {
    let alerts = alerts.iter().map(|alert| {
        let said = alert.text.as_ref();
        One {
            id: alert.id.to_string(),
            ours: alert.desk == Some(place.desk.id),
            sent: alert.days.map(|(day, _)| Day(day).to_string()),
            expires: alert.days.map(|(_, day)| Day(day).to_string()),
            sender: said.map(|said| said.sender.as_str()),
            area: said.map(|said| said.area.as_str()),
            levels: said.map(|said| said.levels),
            text: said.map(|said| said.text.as_str()),
            identifiers: said.map_or(&[], |said| said.identifiers.as_slice()),
        }
    });
    let all = All {
        size: board.head.checkpoint.size,
        witnesses: board.head.witnesses.unwrap_or(0),
        alerts: alerts.collect(),
    };
    Ok(text::json(&serde_json::to_string_pretty(&all)?) + "\n")
}

#[derive(Serialize)]
struct All<'a> {
    size: u64,
    witnesses: usize,
    alerts: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    id: String,
    ours: bool,
    sent: Option<String>,
    expires: Option<String>,
    sender: Option<&'a str>,
    area: Option<&'a str>,
    #[serde(flatten)]
    levels: Option<Levels>,
    text: Option<&'a str>,
    identifiers: &'a [(String, String)],
}
