//! `brolly outbox`: what waits on this device, and taking it back.

use brolly_client::outbox::{Waiting, Wish};
use brolly_client::state::State;
use brolly_keys::epoch::Epoch;
use brolly_protocol::directory::Directory;
use brolly_protocol::node::NodeId;
use brolly_shell::cli::Failure;
use brolly_shell::{clock, date, text};
use serde_json::{Value, json};

use crate::command;
use crate::outbox::Opened;
use crate::talk::Talk;
use crate::{Device, print};

/// Lists the reports that were handed over and have not arrived, or withdraws one.
pub(crate) fn run(device: &Device, options: &command::Outbox) -> Result<(), Failure> {
    let state = device.home.load()?;
    let outbox = Opened::existing(&device.home, &options.passphrase)?;
    let waiting = outbox.look(brolly_client::outbox::Outbox::waiting)?;
    let Some(number) = options.withdraw else {
        let lines: Vec<Line> = waiting.iter().map(|one| Line::new(one, &state)).collect();
        let objects = lines.iter().map(Line::object);
        return print(&match options.json {
            true => text::json(&json!({"waiting": objects.collect::<Vec<_>>()}).to_string()),
            false => listed(&lines),
        });
    };
    let Some(one) = waiting.iter().find(|one| one.number == number) else {
        return Err(gone(number));
    };
    let line = Line::new(one, &state);
    if !options.yes {
        let mut talk = Talk::stdio();
        if !talk.terminal {
            return Err(Failure::failed(
                "there is nobody to ask whether to withdraw this; nothing was changed",
            )
            .hint("add --yes to withdraw it without asking"));
        }
        talk.say(&line.words());
        if !talk.yes("Withdraw it? It is erased from this device.")? {
            return Err(Failure::failed("nothing was changed"));
        }
    }
    // It may have been sent, or have arrived, while she was asked.
    match outbox.change(|outbox| Ok(outbox.withdraw(number)))? {
        true => print(&withdrawn(&line, options.json)),
        false => Err(gone(number)),
    }
}

/// One report as it is listed.
struct Line {
    number: u32,
    wish: Wish,
    sent: Option<u64>,
    date: Option<String>,
    area: String,
    desks: Vec<String>,
    /// Why it cannot be sealed now.
    obstacle: Option<String>,
}

impl Line {
    fn new(one: &Waiting, state: &State) -> Self {
        let directory = state.kept_directory().ok();
        let name = |desk: NodeId| match directory.as_deref().and_then(|known| known.desk(desk)) {
            Some(entry) => entry.name.clone(),
            None => "a desk that has left".to_owned(),
        };
        let incident = one.letter.incident();
        Self {
            number: one.number,
            wish: one.wish,
            sent: one.sent,
            date: incident.date.as_ref().map(|date| date.as_str().to_owned()),
            area: incident.area.clone(),
            desks: one.letter.desks().map(name).collect(),
            obstacle: directory
                .as_deref()
                .and_then(|directory| obstacle(one, state, directory)),
        }
    }

    fn words(&self) -> String {
        let what = match (&self.date, self.area.as_str()) {
            (Some(date), "") => format!("of {date}"),
            (Some(date), area) => format!("of {date}, {area}"),
            (None, "") => "without day and place".to_owned(),
            (None, area) => format!("of {area}"),
        };
        let state = match (&self.obstacle, self.sent, self.wish) {
            (Some(obstacle), ..) => format!("it cannot be sent: {obstacle}"),
            (None, Some(sent), _) => format!(
                "sent on {}; its receipt has not appeared in the log yet, and it goes again if it does not",
                date::words(date::of(sent))
            ),
            (None, None, Wish::Day) => "waits for one of the next six sessions".to_owned(),
            (None, None, _) => "waits for its turn, the next session at the earliest".to_owned(),
        };
        text::line(&format!(
            "{:>3}  {what}, for {}: {state}",
            self.number,
            self.desks.join(", ")
        ))
    }

    fn object(&self) -> Value {
        json!({
            "number": self.number,
            "date": self.date,
            "area": self.area,
            "desks": self.desks,
            "sent": self.sent.map(|sent| date::iso(date::of(sent))),
            "cannot_be_sent": self.obstacle,
        })
    }
}

/// Why it cannot be sealed with what this device knows now.
fn obstacle(one: &Waiting, state: &State, directory: &Directory) -> Option<String> {
    let week = Epoch::at(state.now(clock::now()), directory.parameters.desk_epoch);
    let keys = state.keys();
    let desk = one.letter.without_key(week, &keys).next()?;
    Some(match directory.desk(desk) {
        Some(entry) => format!(
            "{} has published no key for this week. It goes when there is one; or withdraw it, and report again without them",
            entry.name
        ),
        None => {
            "a desk that it is for has left the scheme: withdraw it, and report again".to_owned()
        }
    })
}

fn listed(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "Nothing waits in the outbox: what was handed over has arrived.".to_owned();
    }
    let mut said: Vec<String> = lines.iter().map(Line::words).collect();
    said.push("`brolly outbox --withdraw NUMBER` takes one back.".to_owned());
    said.join("\n")
}

fn withdrawn(line: &Line, json: bool) -> String {
    if json {
        return json!({"withdrawn": line.number, "was_sent": line.sent.is_some()}).to_string();
    }
    match line.sent {
        None => "It was never sent, and is erased.".to_owned(),
        Some(_) => "It is erased from this device and does not go again. It was sent before: that copy may still arrive, and its receipt code still works.".to_owned(),
    }
}

fn gone(number: u32) -> Failure {
    Failure::failed(format!(
        "no report of the number {number} waits in the outbox; nothing was changed"
    ))
    .hint("`brolly outbox` lists them: numbers change when a session ends")
}
