//! The questions of `brolly report`, one at a time; nothing is compulsory but what happened.

use std::path::PathBuf;

use brolly_client::draft::Draft;
use brolly_protocol::directory::Directory;
use brolly_protocol::report::{
    Consent, Date, Harm, Identifier, IdentifierKind, Kind, Offender, PartOfDay, ReplyWanted,
    Setting, Slot, Source, Vehicle,
};
use brolly_shell::cli::Failure;

use crate::talk::Talk;

/// Who is asked, and about what.
pub(crate) struct Subject<'a> {
    /// Whom a report can go to.
    pub(crate) directory: &'a Directory,
    /// The project of the writer.
    pub(crate) project: &'a str,
    /// A support worker writes.
    pub(crate) for_somebody_else: bool,
    /// There is a photograph already.
    pub(crate) has_photo: bool,
}

/// Asks for a report, and for the file of a photograph.
pub(crate) fn ask(
    talk: &mut Talk<'_>,
    subject: &Subject<'_>,
) -> Result<(Draft, Option<PathBuf>), Failure> {
    talk.say("Nothing is sent before you say so at the end. Press Enter to leave a question out; Ctrl-C forgets all.\n");
    let mut draft = Draft::default();
    incident(talk, subject, &mut draft)?;
    while talk.yes(if draft.offenders.is_empty() {
        "\nCan you say anything about who did it?"
    } else {
        "Was there another person?"
    })? {
        draft.offenders.push(offender(talk)?);
    }
    while talk.yes(if draft.vehicles.is_empty() {
        "Was there a vehicle?"
    } else {
        "Was there another vehicle?"
    })? {
        draft.vehicles.push(vehicle(talk)?);
    }
    if talk.yes("Was there a weapon, or was somebody hurt?")? {
        draft.harm = Harm {
            weapon: talk.ask("Weapon?")?,
            injuries: talk.ask("Injuries?")?,
            medical_help: talk.ask("Medical help?")?,
            evidence_kept: talk.ask("Anything kept as evidence?")?,
        };
    }
    let photo = match subject.has_photo {
        true => None,
        false => Some(talk.ask(
            "\nA photograph to send? Type its file name. Only what can be seen in it is sent.",
        )?)
        .filter(|name| !name.is_empty())
        .map(PathBuf::from),
    };
    consent(talk, subject, &mut draft)?;
    own(talk, &mut draft)?;
    Ok((draft, photo))
}

/// Asks what happened until something is said.
pub(crate) fn narrative(talk: &mut Talk<'_>) -> Result<String, Failure> {
    loop {
        let told = talk.ask_at_length(
            "What happened? Write as much or as little as you like, in your own words. An empty line ends it.",
        )?;
        if !told.trim().is_empty() {
            return Ok(told);
        }
        talk.say("This is the one thing that has to be said; a few words are enough.");
    }
}

fn incident(talk: &mut Talk<'_>, subject: &Subject<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let incident = &mut draft.incident;
    incident.narrative = narrative(talk)?;
    incident.source = if subject.for_somebody_else {
        Source::ForSomebodyElse
    } else if talk.yes("Did somebody else tell you this, so that it did not happen to you?")? {
        Source::Relayed
    } else {
        Source::FirstHand
    };
    incident.kinds = talk.choose("What was it? Type all the numbers that fit.", &KINDS)?;
    incident.date = talk.read("Which day? Year-month-day, such as 2026-11-20:", |text| {
        Date::try_from(text.to_owned())
    })?;
    incident.part_of_day = talk
        .choose("Which part of the day?", &PARTS)?
        .first()
        .copied();
    incident.area =
        talk.ask("Where? The first half of the postcode (LS2), or the name of the area:")?;
    incident.setting = talk.choose("In what setting?", &SETTINGS)?.first().copied();
    Ok(())
}

fn offender(talk: &mut Talk<'_>) -> Result<Offender, Failure> {
    let age = |text: &str| {
        text.parse::<u8>()
            .map_err(|_| "An age is a number of years")
    };
    let mut person = Offender {
        names: list(&talk.ask("Names they used, apart by commas?")?),
        sex: talk.ask("Man, woman, ...?")?,
        age_from: talk.read("At least how old?", age)?,
        age_to: talk.read("At most how old?", age)?,
        ethnicity: talk.ask("Ethnicity?")?,
        height: talk.ask("Height?")?,
        build: talk.ask("Build?")?,
        hair: talk.ask("Hair?")?,
        eyes: talk.ask("Eyes?")?,
        marks: talk.ask("Tattoos, scars, anything to know them by?")?,
        accent: talk.ask("Accent or language?")?,
        clothing: talk.ask("Clothing?")?,
        behaviour: talk.ask("How did they behave?")?,
        identifiers: Vec::new(),
    };
    for (question, kind) in IDENTIFIERS {
        let values = list(&talk.ask(question)?);
        let identifiers = values.into_iter().map(|value| Identifier { kind, value });
        person.identifiers.extend(identifiers);
    }
    Ok(person)
}

fn vehicle(talk: &mut Talk<'_>) -> Result<Vehicle, Failure> {
    Ok(Vehicle {
        registration: talk.ask("Number plate, as much as was seen?")?,
        make: talk.ask("Make?")?,
        model: talk.ask("Model?")?,
        colour: talk.ask("Colour?")?,
        features: talk.ask("Anything to know it by?")?,
        occupants: talk.read("How many people were in it?", |text| {
            text.parse::<u8>().map_err(|_| "Type a number")
        })?,
    })
}

fn consent(talk: &mut Talk<'_>, subject: &Subject<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let area = draft.report().incident.area;
    let desk = |slot| {
        let desk = subject.directory.desk_for(slot, &area, subject.project);
        desk.map(|desk| desk.name.clone())
    };
    talk.say("\nWho may see it? The scheme's caseworkers always do. Each of the others only if you say so.");
    let mut consent = Consent {
        members_alert: talk.yes("May the scheme warn other members with what you said?")?,
        ..Consent::default()
    };
    if let Some(name) = desk(Slot::Police) {
        consent.police = talk.yes(&format!(
            "May the police intelligence desk ({name}) read it, without knowing who you are?"
        ))?;
        if consent.police {
            consent.police_contact = talk.yes("May the police also know how to reach you?")?;
        }
    }
    if let Some(name) = desk(Slot::Specialist) {
        consent.specialist = talk.yes(&format!(
            "May the specialist team for the area ({name}) read it?"
        ))?;
    }
    if desk(Slot::Project).is_some() {
        consent.project = talk.yes(&format!(
            "May your project ({}) read it? It will know that this came from one of its members.",
            subject.project
        ))?;
    }
    if consent.police_contact {
        draft.contact = talk.ask("How can the police reach you? Only they will read this.")?;
        consent.police_contact = !draft.contact.is_empty();
    }
    draft.reply = talk
        .choose("Would you like an answer?", &REPLIES)?
        .first()
        .copied()
        .unwrap_or_default();
    draft.consent = consent;
    Ok(())
}

fn own(talk: &mut Talk<'_>, draft: &mut Draft) -> Result<(), Failure> {
    talk.say(
        "\nThis program can look whether your words give you away. For that only, and never sent or kept:",
    );
    draft.own.names = list(&talk.ask("Names people know you by, apart by commas?")?);
    draft.own.phones = list(&talk.ask("Your telephone numbers?")?);
    draft.own.emails = list(&talk.ask("Your e-mail addresses?")?);
    draft.own.addresses = list(&talk.ask("Your street or postcode?")?);
    Ok(())
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

const KINDS: [(&str, Kind); 11] = [
    ("rape", Kind::Rape),
    ("sexual assault", Kind::SexualAssault),
    ("assault", Kind::Assault),
    ("robbery", Kind::Robbery),
    ("threats", Kind::Threats),
    ("stalking", Kind::Stalking),
    ("taking the condom off", Kind::CondomRemoval),
    ("filming in secret", Kind::CovertFilming),
    ("not paying", Kind::NonPayment),
    ("an attempt", Kind::Attempted),
    ("something suspicious", Kind::Suspicious),
];
const PARTS: [(&str, PartOfDay); 4] = [
    ("morning", PartOfDay::Morning),
    ("afternoon", PartOfDay::Afternoon),
    ("evening", PartOfDay::Evening),
    ("night", PartOfDay::Night),
];
const SETTINGS: [(&str, Setting); 4] = [
    ("on the street", Setting::Street),
    ("indoors", Setting::Indoor),
    ("on an outcall", Setting::Outcall),
    ("online", Setting::Online),
];
const REPLIES: [(&str, ReplyWanted); 3] = [
    ("no", ReplyWanted::No),
    ("yes, when there is time", ReplyWanted::Whenever),
    ("yes, as soon as somebody can", ReplyWanted::Soon),
];
const IDENTIFIERS: [(&str, IdentifierKind); 5] = [
    ("Their telephone number?", IdentifierKind::Phone),
    ("Their e-mail address?", IdentifierKind::Email),
    ("A username, and on which site?", IdentifierKind::Username),
    ("An advertisement?", IdentifierKind::Advert),
    ("How they paid, or to whom?", IdentifierKind::Payment),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{NOW, PROJECT, Scheme};

    fn interview(script: &str, for_somebody_else: bool) -> (Draft, Option<PathBuf>, String) {
        let scheme = Scheme::new(NOW);
        let mut shown = Vec::new();
        let subject = Subject {
            directory: &scheme.directory,
            project: PROJECT,
            for_somebody_else,
            has_photo: false,
        };
        let (draft, photo) = ask(&mut Talk::scripted(script, &mut shown), &subject).unwrap();
        (draft, photo, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn nothing_is_compulsory_but_what_happened() {
        let script = format!("\nhe shouted\n\n{}", "\n".repeat(30));
        let (draft, photo, shown) = interview(&script, false);
        let mut wanted = Draft::default();
        wanted.incident.narrative = "he shouted".to_owned();
        assert_eq!((draft, photo), (wanted, None));
        assert!(shown.contains("the one thing that has to be said"));
    }

    #[test]
    fn every_answer_finds_its_place() {
        let script = "\
            he had a van\nand a dog\n\n3, 4\nyesterday\n2026-11-14\n4\nLS2 7AB\n3\n\
            y\nDean, Deano\nman\n25\nold\n30\nwhite\ntall\nslim\nshaved\nblue\nburn\nlocal\ncoat\nquiet\n\
            07700 900461\n\n\n\n\nn\n\
            y\nYK19\nFord\nTransit\nwhite\ndented\n2\nn\n\
            y\nknife\ncut\nstitches\ncoat\n\
            van.jpg\n\
            y\ny\ny\ny\ny\nafter six\n3\nAna, Anna\n07700 900123\n\nLS2 7AB\n";
        let (draft, photo, shown) = interview(script, true);
        let person = r#"
            names = ["Dean", "Deano"]
            sex = "man"
            age-from = 25
            age-to = 30
            ethnicity = "white"
            height = "tall"
            build = "slim"
            hair = "shaved"
            eyes = "blue"
            marks = "burn"
            accent = "local"
            clothing = "coat"
            behaviour = "quiet"
            identifiers = [{ kind = "phone", value = "07700 900461" }]
        "#;
        let wanted = Draft::from_toml(&format!(
            r#"
            contact = "after six"
            reply = "soon"
            [incident]
            kinds = ["assault", "robbery"]
            date = "2026-11-14"
            part-of-day = "night"
            area = "LS2 7AB"
            setting = "outcall"
            source = "for-somebody-else"
            narrative = "he had a van\nand a dog"
            [[offenders]]
            {person}
            [[vehicles]]
            registration = "YK19"
            make = "Ford"
            model = "Transit"
            colour = "white"
            features = "dented"
            occupants = 2
            [harm]
            weapon = "knife"
            injuries = "cut"
            medical-help = "stitches"
            evidence-kept = "coat"
            [consent]
            members-alert = true
            police = true
            police-contact = true
            specialist = true
            project = true
            [own]
            names = ["Ana", "Anna"]
            phones = ["07700 900123"]
            addresses = ["LS2 7AB"]
            "#
        ))
        .unwrap();
        assert_eq!(draft, wanted);
        assert_eq!(photo, Some(PathBuf::from("van.jpg")));
        assert!(shown.contains("one of its members"), "{shown}");
    }
}
