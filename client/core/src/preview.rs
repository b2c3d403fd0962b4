//! What each desk will see, in plain words, before anything is sent (SPEC §12.2).

use core::fmt;

use brolly_protocol::directory::DeskEntry;
use brolly_protocol::geometry::SLOTS;
use brolly_protocol::node::NodeId;
use brolly_protocol::report::{IdentifierKind, ReplyWanted, Report, Slot, Source};
use serde::Serialize;

use crate::photo::{Prepared, Removed};

/// What each desk will see. Displays as plain sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// Everything that is said: what it is about, and the words.
    pub said: Vec<(&'static str, String)>,
    /// The desk of each slot, those who see nothing too.
    pub desks: [View; SLOTS],
    /// Whether members may be warned with what is said.
    pub members_alert: bool,
    /// The photograph.
    pub photo: Option<Picture>,
}

/// One desk, and what it will see.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct View {
    /// Its slot.
    pub slot: Slot,
    /// Its name; `None` when the directory has nobody there.
    pub name: Option<String>,
    /// Whether it reads the report.
    pub report: bool,
    /// Whether it reads how to reach the sender.
    pub contact: bool,
    /// That it was chosen and has not said for five days that it reads.
    pub silent: Option<Silent>,
}

/// For how long a desk has not said that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum Silent {
    /// Days since its newest read-mark.
    Days(u32),
    /// There is none among the public entries of the last days.
    Window,
}

/// A photograph as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Its length, in bytes.
    pub bytes: usize,
    /// What was taken out.
    pub removed: Vec<Removed>,
}

impl Preview {
    pub(crate) fn new(
        report: &Report,
        contact: &str,
        desks: &[Option<&DeskEntry>; SLOTS],
        project: &str,
        photo: Option<&Prepared>,
        silent: impl Fn(NodeId) -> Option<Silent>,
    ) -> Self {
        let consent = report.consent;
        let view = |slot, desk: Option<&DeskEntry>| View {
            slot,
            name: desk.map(|desk| match slot == Slot::Project {
                true => project.to_owned(),
                false => desk.name.clone(),
            }),
            report: consent.opens(slot),
            contact: consent.opens_contact(slot) && !contact.is_empty(),
            silent: desk
                .filter(|_| consent.opens(slot))
                .and_then(|desk| silent(desk.id)),
        };
        let mut desks = desks.iter();
        Self {
            said: said(report, contact),
            desks: Slot::ALL.map(|slot| view(slot, desks.next().copied().flatten())),
            members_alert: consent.members_alert,
            photo: photo.map(|photo| Picture {
                width: photo.width,
                height: photo.height,
                bytes: photo.jpeg.len(),
                removed: photo.removed.clone(),
            }),
        }
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "This is all that is sent:")?;
        for (what, words) in &self.said {
            writeln!(f, "  {what}: {}", words.trim().replace('\n', "\n    "))?;
        }
        if let Some(photo) = &self.photo {
            writeln!(f, "  {photo}")?;
        }
        writeln!(f, "\nWho will see it:")?;
        for desk in &self.desks {
            writeln!(f, "  - {desk}")?;
        }
        writeln!(
            f,
            "  - The relays and the inbox see nothing of it, nor whether there was a report at all."
        )?;
        if self.members_alert {
            writeln!(f, "The scheme may warn members with what is said here.")?;
        } else {
            writeln!(f, "The scheme may not warn members with what is said here.")?;
        }
        write!(
            f,
            "You will get a receipt code. It shows you whether the report arrived. Whoever holds it can show that its \
             holder wrote this report, so keep it to yourself."
        )
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.slot, &self.name) {
            (Slot::Police, _) => f.write_str("The police intelligence desk")?,
            (Slot::Specialist, _) => f.write_str("The specialist team for the area")?,
            (Slot::Project, _) => f.write_str("Your project")?,
            _ => f.write_str("The scheme's caseworkers")?,
        }
        let Some(name) = &self.name else {
            return f.write_str(": there is none here.");
        };
        write!(f, " ({name}) will see ")?;
        match (self.report, self.contact) {
            (false, _) => f.write_str("nothing, and cannot tell it from cover.")?,
            (true, true) => f.write_str("all of it, and how to reach you.")?,
            (true, false) => f.write_str("all of it but how to reach you.")?,
        }
        if self.slot == Slot::Project && self.report {
            f.write_str(" Your project will know that this came from one of its members.")?;
        }
        match self.silent {
            Some(Silent::Days(days)) => write!(
                f,
                " It has not said for {days} days that it reads: if it is urgent, reach it another way too."
            ),
            Some(Silent::Window) => f.write_str(
                " It has not said in the last days that it reads: if it is urgent, reach it another way too.",
            ),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            width,
            height,
            bytes,
            removed,
        } = self;
        write!(
            f,
            "A photograph: {width} by {height} pixels, {bytes} bytes, made anew from what can be seen in it. Its name is not sent."
        )?;
        if !removed.is_empty() {
            let removed: Vec<String> = removed.iter().map(ToString::to_string).collect();
            write!(f, " Taken out: {}.", removed.join("; "))?;
        }
        Ok(())
    }
}

/// Everything that a report says, in the order in which it is asked.
fn said(report: &Report, contact: &str) -> Vec<(&'static str, String)> {
    let incident = &report.incident;
    let source = match incident.source {
        Source::Relayed => "Somebody told me this.",
        Source::ForSomebodyElse => "A support worker writes this for somebody else.",
        Source::FirstHand | _ => "",
    };
    let reply = match report.reply {
        ReplyWanted::Whenever => "yes, when there is time",
        ReplyWanted::Soon => "yes, as soon as somebody can",
        ReplyWanted::No | _ => "no",
    };
    let kinds: Vec<String> = incident.kinds.iter().map(word).collect();
    let day = incident.date.as_ref().map(|date| date.as_str().to_owned());
    let mut all = vec![
        ("What happened", incident.narrative.clone()),
        ("Whose words", source.to_owned()),
        ("Kind", kinds.join(", ")),
        ("Day", day.unwrap_or_default()),
        ("Part of the day", option(incident.part_of_day.as_ref())),
        ("Area", incident.area.clone()),
        ("Setting", option(incident.setting.as_ref())),
    ];
    for person in &report.offenders {
        let ages = match (person.age_from, person.age_to) {
            (Some(from), Some(to)) => format!("{from} to {to}"),
            (Some(from), None) => format!("from {from}"),
            (None, Some(to)) => format!("up to {to}"),
            (None, None) => String::new(),
        };
        let identifiers: Vec<String> = person
            .identifiers
            .iter()
            .map(|identifier| format!("{} {}", identifier_kind(identifier.kind), identifier.value))
            .collect();
        let parts = [
            ("names", person.names.join(", ")),
            ("sex", person.sex.clone()),
            ("age", ages),
            ("ethnicity", person.ethnicity.clone()),
            ("height", person.height.clone()),
            ("build", person.build.clone()),
            ("hair", person.hair.clone()),
            ("eyes", person.eyes.clone()),
            ("marks", person.marks.clone()),
            ("accent", person.accent.clone()),
            ("clothing", person.clothing.clone()),
            ("behaviour", person.behaviour.clone()),
            ("", identifiers.join(", ")),
        ];
        all.push(("Who did it", listed(&parts)));
    }
    for vehicle in &report.vehicles {
        let occupants = vehicle.occupants.map(|count| count.to_string());
        let parts = [
            ("registration", vehicle.registration.clone()),
            ("make", vehicle.make.clone()),
            ("model", vehicle.model.clone()),
            ("colour", vehicle.colour.clone()),
            ("", vehicle.features.clone()),
            ("people in it", occupants.unwrap_or_default()),
        ];
        all.push(("Vehicle", listed(&parts)));
    }
    let harm = &report.harm;
    all.extend([
        ("Weapon", harm.weapon.clone()),
        ("Injuries", harm.injuries.clone()),
        ("Medical help", harm.medical_help.clone()),
        ("Evidence kept", harm.evidence_kept.clone()),
        ("How to reach you", contact.to_owned()),
        ("Answer wanted", reply.to_owned()),
    ]);
    all.retain(|(_, words)| !words.trim().is_empty());
    all
}

fn listed(parts: &[(&str, String)]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, words)| !words.trim().is_empty())
        .map(|(what, words)| format!("{what} {words}").trim().to_owned())
        .collect();
    parts.join("; ")
}

fn identifier_kind(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Phone => "telephone",
        IdentifierKind::Email => "e-mail",
        IdentifierKind::Username => "username",
        IdentifierKind::Advert => "advert",
        IdentifierKind::Payment => "payment to",
        _ => "",
    }
}

fn option<T: Serialize>(choice: Option<&T>) -> String {
    choice.map(word).unwrap_or_default()
}

/// A choice as people read it: the word of the report file, without its hyphens.
fn word<T: Serialize>(choice: &T) -> String {
    struct Written<'a, T>(&'a T);
    impl<T: Serialize> fmt::Display for Written<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }
    Written(choice).to_string().replace('-', " ")
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use crate::compose::{Known, compose};
    use crate::draft::Draft;
    use crate::fake::{NOW, PROJECT, Scheme};

    use super::*;

    fn shown(toml: &str) -> Preview {
        let scheme = Scheme::new(NOW);
        let draft = Draft::from_toml(toml).unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let known = Known {
            directory: &scheme.directory,
            keys: &scheme.known_keys(),
            read: &|_| Some(scheme.today()),
        };
        let made = compose(&draft, None, &known, PROJECT, NOW, &mut rng);
        made.unwrap().preview
    }

    #[test]
    fn spec_12_2_every_desk_is_named_with_what_it_will_see() {
        let preview = shown(
            "contact = \"after six\"\n[incident]\nnarrative = \"words\"\narea = \"LS2\"\n\
             [consent]\npolice-contact = true\nproject = true",
        );
        let text = preview.to_string();
        for line in [
            "The scheme's caseworkers (Scheme desk) will see all of it but how to reach you.",
            "The police intelligence desk (Police desk) will see all of it, and how to reach you.",
            "The specialist team for the area (LS2 desk) will see nothing",
            "Your project (Leeds) will see all of it but how to reach you. \
             Your project will know that this came from one of its members.",
            "How to reach you: after six",
            "may not warn members",
            "holder wrote this report",
        ] {
            assert!(text.contains(line), "{line}\n---\n{text}");
        }
        let sees = preview
            .desks
            .each_ref()
            .map(|desk| (desk.report, desk.contact));
        assert_eq!(
            sees,
            [(true, false), (true, true), (false, false), (true, false)]
        );
    }

    #[test]
    fn a_contact_that_nobody_may_read_is_not_among_what_is_sent() {
        let text = shown("contact = \"after six\"\n[incident]\nnarrative = \"words\"").to_string();
        assert!(!text.contains("after six"), "{text}");
        assert!(text.contains("The specialist team for the area: there is none here."));
    }

    #[test]
    fn spec_12_2_all_that_is_said_is_shown() {
        let text = shown(
            r#"
            reply = "soon"
            [incident]
            kinds = ["condom-removal"]
            date = "2026-11-14"
            part-of-day = "night"
            area = "LS2 7AB"
            setting = "outcall"
            source = "relayed"
            narrative = "NARRATIVE"
            [[offenders]]
            names = ["NAME"]
            sex = "SEX"
            age-from = 31
            age-to = 47
            ethnicity = "ETHNICITY"
            height = "HEIGHT"
            build = "BUILD"
            hair = "HAIR"
            eyes = "EYES"
            marks = "MARKS"
            accent = "ACCENT"
            clothing = "CLOTHING"
            behaviour = "BEHAVIOUR"
            identifiers = [{ kind = "payment", value = "HANDLE" }]
            [[vehicles]]
            registration = "PLATE"
            make = "MAKE"
            model = "MODEL"
            colour = "COLOUR"
            features = "FEATURES"
            occupants = 3
            [harm]
            weapon = "WEAPON"
            injuries = "INJURIES"
            medical-help = "HELP"
            evidence-kept = "EVIDENCE"
            [consent]
            members-alert = true
            "#,
        )
        .to_string();
        for word in [
            "as soon as",
            "condom removal",
            "2026-11-14",
            "night",
            "Area: LS2\n",
            "outcall",
            "told me",
            "NARRATIVE",
            "NAME",
            "SEX",
            "31 to 47",
            "ETHNICITY",
            "HEIGHT",
            "BUILD",
            "HAIR",
            "EYES",
            "MARKS",
            "ACCENT",
            "CLOTHING",
            "BEHAVIOUR",
            "payment to HANDLE",
            "PLATE",
            "MAKE",
            "MODEL",
            "COLOUR",
            "FEATURES",
            "people in it 3",
            "WEAPON",
            "INJURIES",
            "HELP",
            "EVIDENCE",
            "may warn members",
        ] {
            assert!(text.contains(word), "{word}\n---\n{text}");
        }
    }
}
