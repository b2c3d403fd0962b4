//! What a worker says, as a record; its encoding is padded to one length before it is sealed (SPEC §5).
//!
//! The record holds no time of writing, no client version and no locale.

use alloc::string::String;
use alloc::vec::Vec;

use crate::geometry::SLOTS;
use serde::{Deserialize, Serialize};

mod pad;

pub use pad::PadError;
pub(crate) use pad::{pad_contact, unpad_contact};

/// A report. Empty texts and lists mean "not said".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Report {
    /// What happened, when and where.
    pub incident: Incident,
    /// Who did it.
    pub offenders: Vec<Offender>,
    /// What they came in.
    pub vehicles: Vec<Vehicle>,
    /// What it did.
    pub harm: Harm,
    /// Whether and how soon an answer is wanted.
    pub reply: ReplyWanted,
    /// Who may see it.
    pub consent: Consent,
    /// One photograph, a JPEG re-encoded from pixels; empty for none.
    pub photo: Vec<u8>,
}

/// What happened, when and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Incident {
    /// One or more kinds.
    pub kinds: Vec<Kind>,
    /// The day.
    pub date: Option<Date>,
    /// The part of the day.
    pub part_of_day: Option<PartOfDay>,
    /// An outward postcode ("LS2") or a named area.
    pub area: String,
    /// The setting.
    pub setting: Option<Setting>,
    /// Whose words these are.
    pub source: Source,
    /// The account itself.
    pub narrative: String,
}

/// A kind of incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each name says what it is")]
#[non_exhaustive]
pub enum Kind {
    Rape,
    SexualAssault,
    Assault,
    Robbery,
    Threats,
    Stalking,
    CondomRemoval,
    CovertFilming,
    NonPayment,
    Attempted,
    Suspicious,
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each name says what it is")]
#[non_exhaustive]
pub enum PartOfDay {
    Morning,
    Afternoon,
    Evening,
    Night,
}

/// Where people met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each name says what it is")]
#[non_exhaustive]
pub enum Setting {
    Street,
    Indoor,
    Outcall,
    Online,
}

/// Whose words a report is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// It happened to the writer.
    #[default]
    FirstHand,
    /// Somebody told the writer.
    Relayed,
    /// A support worker writes for the person it happened to.
    ForSomebodyElse,
}

/// A day, `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(String);

/// One offender.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(
    missing_docs,
    reason = "each name says what it is; free text, as the writer would say it"
)]
pub struct Offender {
    pub names: Vec<String>,
    pub sex: String,
    /// Youngest age it could be, in years.
    pub age_from: Option<u8>,
    /// Oldest age it could be, in years.
    pub age_to: Option<u8>,
    pub ethnicity: String,
    pub height: String,
    pub build: String,
    pub hair: String,
    pub eyes: String,
    pub marks: String,
    pub accent: String,
    pub clothing: String,
    pub behaviour: String,
    pub identifiers: Vec<Identifier>,
}

/// Something that points to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identifier {
    /// What it is.
    pub kind: IdentifierKind,
    /// As it was seen.
    pub value: String,
}

/// A kind of identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum IdentifierKind {
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A username, with its site.
    Username,
    /// An advertisement.
    Advert,
    /// A payment handle.
    Payment,
}

/// A vehicle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each name says what it is")]
pub struct Vehicle {
    /// As much of the plate as was seen.
    pub registration: String,
    pub make: String,
    pub model: String,
    pub colour: String,
    pub features: String,
    /// How many people were in it.
    pub occupants: Option<u8>,
}

/// What it did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each name says what it is")]
pub struct Harm {
    pub weapon: String,
    pub injuries: String,
    pub medical_help: String,
    pub evidence_kept: String,
}

/// Whether and how soon an answer is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReplyWanted {
    /// No answer.
    #[default]
    No,
    /// When there is time.
    Whenever,
    /// As soon as somebody can.
    Soon,
}

/// Who may see a report. Each is separate, and each is a key that is given or not (SPEC §5.3).
///
/// The scheme's caseworkers always may: a report goes to somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Consent {
    /// The scheme may warn members with what is said here.
    pub members_alert: bool,
    /// The police intelligence desk may read it, without contact details.
    pub police: bool,
    /// The police intelligence desk may read the contact details as well.
    pub police_contact: bool,
    /// The specialist team for the area may read it.
    pub specialist: bool,
    /// Her own project may read it, and knows that it came from one of its members.
    pub project: bool,
}

/// A desk's place in every cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Slot {
    /// The scheme's caseworkers.
    Scheme,
    /// Police intelligence.
    Police,
    /// The specialist team for the area.
    Specialist,
    /// The sender's own project.
    Project,
}

impl Slot {
    /// The four, in the order of the cell.
    pub const ALL: [Self; SLOTS] = [Self::Scheme, Self::Police, Self::Specialist, Self::Project];

    /// Its place in the cell, from 0, as one byte.
    pub const fn place(self) -> u8 {
        match self {
            Self::Scheme => 0,
            Self::Police => 1,
            Self::Specialist => 2,
            Self::Project => 3,
        }
    }
}

impl Consent {
    /// Whether the desk in this slot gets the report's key.
    pub const fn opens(self, slot: Slot) -> bool {
        match slot {
            Slot::Scheme => true,
            Slot::Police => self.police || self.police_contact,
            Slot::Specialist => self.specialist,
            Slot::Project => self.project,
        }
    }

    /// Whether the desk in this slot gets the key of the contact details.
    pub const fn opens_contact(self, slot: Slot) -> bool {
        matches!(slot, Slot::Police) && self.police_contact
    }
}

/// A text that is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date is written year-month-day, for example 2026-11-20")]
pub struct BadDate;

impl TryFrom<String> for Date {
    type Error = BadDate;

    fn try_from(text: String) -> Result<Self, BadDate> {
        let mut parts = text.split('-');
        let mut part = |length: usize, most: u16| {
            parts
                .next()
                .filter(|p| p.len() == length && p.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|p| p.parse::<u16>().ok())
                .filter(|n| (1..=most).contains(n))
        };
        let (year, month, day) = (part(4, 9999), part(2, 12), part(2, 31));
        let days = match (year, month) {
            (Some(y), Some(2)) if y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) => 29,
            (Some(_), Some(2)) => 28,
            (Some(_), Some(4 | 6 | 9 | 11)) => 30,
            _ => 31,
        };
        let good = year.is_some() && month.is_some() && day.is_some_and(|d| d <= days);
        if good && parts.next().is_none() {
            Ok(Self(text))
        } else {
            Err(BadDate)
        }
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.0
    }
}

impl Date {
    /// The day as `YYYY-MM-DD`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec;

    use proptest::prelude::{any, prop_assert_eq, proptest};
    use rand::RngExt;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::codec;
    use crate::geometry::REPORT;

    pub(super) fn report(narrative: &str) -> Report {
        Report {
            incident: Incident {
                kinds: vec![Kind::Robbery],
                date: Date::try_from("2026-11-20".to_string()).ok(),
                narrative: narrative.to_string(),
                ..Incident::default()
            },
            ..Report::default()
        }
    }

    #[test]
    fn only_days_are_dates() {
        for good in ["2026-11-20", "2024-02-29", "2000-02-29"] {
            assert!(Date::try_from(good.to_string()).is_ok(), "{good}");
        }
        for bad in [
            "2026-2-1",
            "2026-13-01",
            "2026-00-10",
            "2026-11-31",
            "2023-02-29",
            "1900-02-29",
            "2026-11-20-1",
            "today",
            "",
            "+026-11-20",
        ] {
            assert!(Date::try_from(bad.to_string()).is_err(), "{bad}");
        }
    }

    #[test]
    fn spec_5_3_contact_goes_to_the_police_alone_and_only_when_said() {
        let consent = Consent {
            police_contact: true,
            project: true,
            ..Consent::default()
        };
        let opens = Slot::ALL.map(|slot| (consent.opens(slot), consent.opens_contact(slot)));
        assert_eq!(
            opens,
            [(true, false), (true, true), (false, false), (true, false)]
        );
    }

    #[test]
    fn spec_3_2_accepted_bytes_encode_to_themselves() {
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        let mut said = report(&"he had a van ".repeat(100));
        said.vehicles.push(Vehicle::default());
        said.offenders.push(Offender {
            age_from: Some(30),
            ..Offender::default()
        });
        let good = codec::encode(&said).unwrap();
        let (mut accepted, mut refused) = (0, 0);
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..rng.random_range(1..4) {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random_range(0..160);
            }
            match codec::decode::<Report, REPORT>(&bytes) {
                Ok(report) => {
                    assert_eq!(codec::encode(&report).unwrap(), bytes);
                    accepted += 1;
                }
                Err(_) => refused += 1,
            }
        }
        assert!(accepted > 1_000 && refused > 1_000, "{accepted} {refused}");
    }

    proptest! {
        #[test]
        fn what_is_said_is_what_is_read(narrative in ".{0,300}", plate in ".{0,12}", police in any::<bool>()) {
            let mut said = report(&narrative);
            said.vehicles.push(Vehicle { registration: plate, occupants: Some(2), ..Vehicle::default() });
            said.consent.police = police;
            let bytes = codec::encode(&said).unwrap();
            prop_assert_eq!(codec::decode::<Report, REPORT>(&bytes), Ok(said));
        }
    }
}
