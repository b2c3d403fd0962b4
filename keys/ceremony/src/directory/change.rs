//! What one directory changes against another, in words.

use brolly_keys::note::NamedKey;
use brolly_keys::role::Authority;
use brolly_protocol::directory::{DeskEntry, Directory, Purpose, RelayEntry};
use brolly_protocol::node::NodeId;
use brolly_protocol::token::IssuerPeriod;
use serde::Serialize;

use crate::inspect::{hex, row, whose};
use crate::time::{date, moment};

mod parameter;

/// How one directory differs from another.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The scheme's name.
    pub name: String,
    /// The scheme's id, 64 hex digits.
    pub scheme: String,
    /// Whether people rely on it.
    pub purpose: Purpose,
    /// The version it is compared with.
    pub from: Dated,
    /// The other.
    pub to: Dated,
    /// What changes besides version and time.
    pub changes: Vec<Change>,
}

/// A version and its time.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Dated {
    /// The version.
    pub version: u32,
    /// SHA-256 of its text, 64 hex digits.
    pub digest: String,
    /// When it was drawn up, in seconds since 1970.
    pub issued: u64,
    /// When it stops being valid, in seconds since 1970.
    pub expires: u64,
}

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Where in the directory.
    pub about: About,
    /// In words.
    pub sentence: String,
    /// Whether somebody is worse off for it, or could be: worth a question before signing.
    pub warning: bool,
}

/// A part of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum About {
    /// Name, purpose and id.
    Scheme,
    /// The officers.
    Officers,
    /// The relays.
    Relays,
    /// The inbox.
    Inbox,
    /// The issuer of tokens.
    Issuer,
    /// The desks and their rights.
    Desks,
    /// The parameters.
    Parameters,
}

/// Collects changes.
struct List(Vec<Change>);

impl Difference {
    /// Compares two directories.
    pub fn new(old: &Directory, new: &Directory) -> Self {
        let mut list = List(Vec::new());
        list.scheme(old, new);
        list.officers(old, new);
        list.relays(old, new);
        list.inbox(old, new);
        list.issuer(old, new);
        list.desks(old, new);
        let parameters = parameter::changes(&old.parameters, &new.parameters);
        list.0.extend(parameters);
        Self {
            name: new.name.clone(),
            scheme: new.scheme.to_string(),
            purpose: new.purpose,
            from: Dated::new(old),
            to: Dated::new(new),
            changes: list.0,
        }
    }

    /// The same in words, a line each.
    pub fn words(&self) -> Vec<String> {
        let drill = match self.purpose {
            Purpose::Real => "",
            Purpose::Drill => ", A DRILL",
        };
        let (from, to) = (&self.from, &self.to);
        let mut lines = vec![
            format!(
                "The scheme {}{drill}: version {} against version {}.",
                self.name, to.version, from.version
            ),
            row("scheme id", &self.scheme),
        ];
        if from.digest == to.digest {
            lines.push(row("", "nothing changes: both are the same text"));
            return lines;
        }
        let time = format!("issued {}", moment(to.issued));
        lines.push(row("time", &time));
        let before = if from.expires == to.expires {
            String::new()
        } else {
            format!(" instead of {}", moment(from.expires))
        };
        let time = format!("expires {}{before}", moment(to.expires));
        lines.push(row("", &time));
        if self.changes.is_empty() {
            let nothing = "nothing changes but the version and its time";
            lines.push(row("", nothing));
        }
        let mut last = None;
        for change in &self.changes {
            let title = match last.replace(change.about) {
                Some(about) if about == change.about => "",
                _ => change.about.title(),
            };
            let mark = if change.warning { "! " } else { "" };
            lines.push(row(title, &format!("{mark}{}", change.sentence)));
        }
        lines
    }
}

impl Dated {
    fn new(directory: &Directory) -> Self {
        Self {
            version: directory.version,
            digest: hex(&directory.digest),
            issued: directory.issued,
            expires: directory.expires,
        }
    }
}

impl About {
    fn title(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Officers => "officers",
            Self::Relays => "relays",
            Self::Inbox => "inbox",
            Self::Issuer => "issuer",
            Self::Desks => "desks",
            Self::Parameters => "parameters",
        }
    }
}

impl Change {
    fn new(about: About, sentence: String, warning: bool) -> Self {
        Self {
            about,
            sentence,
            warning,
        }
    }
}

impl List {
    fn say(&mut self, about: About, sentence: String) {
        self.0.push(Change::new(about, sentence, false));
    }

    fn warn(&mut self, about: About, sentence: String) {
        self.0.push(Change::new(about, sentence, true));
    }

    /// Says that a text became another.
    fn moved(&mut self, about: About, whose: &str, what: &str, old: &str, new: &str) {
        if old != new {
            self.say(about, format!("{whose}: {what} {old} → {new}"));
        }
    }

    fn scheme(&mut self, old: &Directory, new: &Directory) {
        if old.scheme != new.scheme {
            self.warn(
                About::Scheme,
                format!("ANOTHER SCHEME: its id was {}", old.scheme),
            );
        }
        self.moved(About::Scheme, "the scheme", "name", &old.name, &new.name);
        let weather = [&old.weather, &new.weather].map(|site| match site.as_str() {
            "" => "of the page's own choice",
            site => site,
        });
        let [was, is] = weather;
        self.moved(About::Scheme, "the scheme", "weather site", was, is);
        match (old.purpose, new.purpose) {
            (Purpose::Real, Purpose::Drill) => self.warn(
                About::Scheme,
                "it becomes A DRILL, in which nobody is anonymous".to_owned(),
            ),
            (Purpose::Drill, Purpose::Real) => {
                self.say(About::Scheme, "it is no longer a drill".to_owned());
            }
            (Purpose::Real, Purpose::Real) | (Purpose::Drill, Purpose::Drill) => {}
        }
    }

    fn officers(&mut self, old: &Directory, new: &Directory) {
        for sentence in officers(
            (old.threshold, &old.officers),
            (new.threshold, &new.officers),
        ) {
            self.warn(About::Officers, sentence);
        }
        let (before, after) = (old.former.len(), new.former.len());
        if before != after {
            let sentence = format!("put in office by {} handovers, and {before} before", after);
            self.say(About::Officers, sentence);
        }
    }

    fn relays(&mut self, old: &Directory, new: &Directory) {
        let about = About::Relays;
        let newcomer = |name: &str| {
            let fits = |relay: &&RelayEntry| relay.name == name && old.relay(relay.id).is_none();
            new.relays.iter().find(fits)
        };
        for was in &old.relays {
            match (new.relay(was.id), newcomer(&was.name)) {
                (Some(is), _) => self.relay(was, is),
                (None, Some(is)) => {
                    let sentence = format!("{}: ANOTHER KEY {} → {}", was.name, was.id, is.id);
                    self.warn(about, sentence);
                    self.relay(was, is);
                }
                (None, None) => {
                    self.warn(about, format!("{} LEAVES: {}", was.name, relay(was)));
                }
            }
        }
        for is in &new.relays {
            let known = |was: &RelayEntry| {
                was.id == is.id || (was.name == is.name && new.relay(was.id).is_none())
            };
            if !old.relays.iter().any(known) {
                self.say(about, format!("{} COMES: {}", is.name, relay(is)));
            }
        }
    }

    fn relay(&mut self, was: &RelayEntry, is: &RelayEntry) {
        let about = About::Relays;
        let name = is.name.as_str();
        self.moved(about, name, "name", &was.name, name);
        if was.layer != is.layer {
            let (from, to) = (was.layer.number(), is.layer.number());
            self.say(
                about,
                format!("{name}: MOVES from layer {from} to layer {to}"),
            );
        }
        self.moved(about, name, "address", &was.address, &is.address);
        if was.operator != is.operator {
            let (from, to) = (&was.operator, &is.operator);
            self.warn(about, format!("{name}: run by {from} → {to}"));
        }
        if was.kind != is.kind {
            let (from, to) = (&was.kind, &is.kind);
            self.warn(about, format!("{name}: kind of operator {from} → {to}"));
        }
        if was.witness != is.witness {
            let [from, to] = [&was.witness, &is.witness].map(NodeId::of);
            self.warn(
                about,
                format!("{name}: cosigns with ANOTHER KEY {from} → {to}"),
            );
        }
    }

    fn inbox(&mut self, old: &Directory, new: &Directory) {
        let (was, is) = (&old.inbox, &new.inbox);
        self.moved(
            About::Inbox,
            "the inbox",
            "address",
            &was.address,
            &is.address,
        );
        if was.id != is.id {
            let (from, to) = (was.id, is.id);
            self.warn(About::Inbox, format!("ANOTHER KEY {from} → {to}"));
        }
        if was.log_key != is.log_key {
            let [from, to] = [&was.log_key, &is.log_key].map(NodeId::of);
            self.warn(
                About::Inbox,
                format!("signs the logs with ANOTHER KEY {from} → {to}, and the inbox will not take that"),
            );
        }
    }

    fn issuer(&mut self, old: &Directory, new: &Directory) {
        let about = About::Issuer;
        if old.issuer.relay != new.issuer.relay {
            let name = |of: &Directory| {
                let relay = of.relay(of.issuer.relay);
                relay.map(|relay| relay.name.clone()).unwrap_or_default()
            };
            let (from, to) = (name(old), name(new));
            self.warn(
                about,
                format!("tokens are signed by the relay {to} instead of {from}"),
            );
        }
        let same = |a: &IssuerPeriod, b: &IssuerPeriod| a.period == b.period && a.key == b.key;
        for was in &old.issuer.keys {
            let held = new.issuer.keys.iter().find(|is| same(was, is));
            match held {
                None if was.until <= new.issued => {
                    self.say(
                        about,
                        format!("the key {} goes, its time is over", month(was)),
                    );
                }
                None => self.warn(
                    about,
                    format!(
                        "the key {} GOES before its time: tokens under it are worth nothing",
                        month(was)
                    ),
                ),
                Some(is) if (was.from, was.until) != (is.from, is.until) => {
                    self.warn(about, format!("the key {} → {}", month(was), month(is)))
                }
                Some(_) => {}
            }
        }
        for is in &new.issuer.keys {
            if !old.issuer.keys.iter().any(|was| same(was, is)) {
                self.say(about, format!("the key {} comes", month(is)));
            }
        }
    }

    fn desks(&mut self, old: &Directory, new: &Directory) {
        let about = About::Desks;
        let newcomer = |name: &str| {
            let fits = |desk: &&DeskEntry| desk.name == name && old.desk(desk.id).is_none();
            new.desks.iter().find(fits)
        };
        for was in &old.desks {
            match (new.desk(was.id), newcomer(&was.name)) {
                (Some(is), _) => self.desk(was, is),
                (None, Some(is)) => {
                    let sentence = format!("{}: ANOTHER KEY {} → {}", was.name, was.id, is.id);
                    self.warn(about, sentence);
                    self.desk(was, is);
                }
                (None, None) => {
                    self.warn(about, format!("{} LEAVES: {}", was.name, desk(was)));
                }
            }
        }
        for is in &new.desks {
            let known = |was: &DeskEntry| {
                was.id == is.id || (was.name == is.name && new.desk(was.id).is_none())
            };
            if !old.desks.iter().any(known) {
                let sentence = format!("{} COMES and will read reports: {}", is.name, desk(is));
                self.warn(about, sentence);
            }
        }
    }

    fn desk(&mut self, was: &DeskEntry, is: &DeskEntry) {
        let about = About::Desks;
        let name = is.name.as_str();
        self.moved(about, name, "name", &was.name, name);
        let [from, to] = [was, is].map(|desk| whose(desk.slot, &desk.area));
        if from != to {
            self.warn(about, format!("{name}: reads for {to} instead of {from}"));
        }
        match (was.alerts, is.alerts) {
            (false, true) => {
                self.warn(
                    about,
                    format!("{name}: MAY PUBLISH ALERTS to all members from now on"),
                );
            }
            (true, false) => self.say(about, format!("{name}: may no longer publish alerts")),
            _ => {}
        }
    }
}

/// What changes between two sets of officers, a sentence each.
pub(super) fn officers(
    old: (usize, &[NamedKey<Authority>]),
    new: (usize, &[NamedKey<Authority>]),
) -> Vec<String> {
    let print = |officer: &NamedKey<Authority>| NodeId::of(officer.key());
    let goes = old.1.iter().filter(|officer| !new.1.contains(officer));
    let goes = goes.map(|officer| format!("{} LEAVES, key {}", officer.name(), print(officer)));
    let comes = new.1.iter().filter(|officer| !old.1.contains(officer));
    let comes = comes.map(|officer| format!("{} COMES, key {}", officer.name(), print(officer)));
    let mut sentences: Vec<String> = goes.chain(comes).collect();
    let counts = [(old.0, old.1.len()), (new.0, new.1.len())];
    let [from, to] = counts.map(|(threshold, count)| format!("{threshold} of {count}"));
    if from != to {
        sentences.push(format!("{to} must sign instead of {from}"));
    }
    sentences
}

fn relay(relay: &RelayEntry) -> String {
    format!(
        "layer {} at {}, run by {} ({}), key {}",
        relay.layer.number(),
        relay.address,
        relay.operator,
        relay.kind,
        relay.id
    )
}

fn desk(desk: &DeskEntry) -> String {
    let alerts = if desk.alerts { "may" } else { "may not" };
    let whose = whose(desk.slot, &desk.area);
    format!("for {whose}, {alerts} publish alerts, key {}", desk.id)
}

fn month(held: &IssuerPeriod) -> String {
    let (from, until) = (date(held.from), date(held.until));
    format!("{} of {from} to {until}", hex(&held.key.id()))
}

#[cfg(test)]
mod tests;
