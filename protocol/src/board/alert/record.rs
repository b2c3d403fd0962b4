//! One record of the index of alerts, and the levels of CAP 1.2 in it.
//!
//! ```text
//! sent 2 (status in its upper two bits, days from 1 January 2020) | expires 2 | levels 1 | identifiers 29
//! ```

use serde::{Deserialize, Serialize};

use crate::codec::Fields;
use crate::geometry::ALERT_RECORD_PLAIN;

/// One record of the index: when, how grave, and 29 bytes of identifiers ([`crate::identifier`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The day it was sent, counted from 1 January 1970.
    pub day: u32,
    /// The last day on which it counts.
    pub expires: u32,
    /// How grave.
    pub levels: Levels,
    /// Packed identifiers.
    pub identifiers: [u8; IDENTIFIERS],
}

/// CAP's `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(
    clippy::exhaustive_enums,
    reason = "the three of CAP 1.2 that are used"
)]
pub enum Status {
    /// To be acted upon.
    Actual,
    /// For those who take part in an exercise.
    Exercise,
    /// To be disregarded.
    Test,
}

/// CAP's `urgency`: when to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "those of CAP 1.2")]
pub enum Urgency {
    /// At once.
    Immediate,
    /// Within the hour.
    Expected,
    /// In the near future.
    Future,
    /// No longer.
    Past,
    /// Not known.
    Unknown,
}

/// CAP's `severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "those of CAP 1.2")]
pub enum Severity {
    /// An extraordinary threat to life.
    Extreme,
    /// A significant threat to life.
    Severe,
    /// A possible threat to life.
    Moderate,
    /// Little threat to life.
    Minor,
    /// Not known.
    Unknown,
}

/// CAP's `certainty`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "those of CAP 1.2")]
pub enum Certainty {
    /// It happened.
    Observed,
    /// More likely than not.
    Likely,
    /// Possible.
    Possible,
    /// Unlikely.
    Unlikely,
    /// Not known.
    Unknown,
}

/// How grave an alert is, and whether it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "a desk builds it, CAP fixes it")]
pub struct Levels {
    /// Whether it is meant.
    pub status: Status,
    /// When to act.
    pub urgency: Urgency,
    /// How grave.
    pub severity: Severity,
    /// How sure.
    pub certainty: Certainty,
}

impl Record {
    /// `None` for days that do not fit: 2020 to 2064.
    pub(super) fn to_bytes(self) -> Option<[u8; ALERT_RECORD_PLAIN]> {
        let day = |day: u32| day.checked_sub(FIRST_DAY).filter(|day| *day < 1 << 14);
        let status = place(&STATUS, self.levels.status)?;
        let sent = u16::try_from(day(self.day)? | status << 14).ok()?;
        let expires = u16::try_from(day(self.expires)?).ok()?;
        let urgency = place(&URGENCY, self.levels.urgency)?;
        let severity = place(&SEVERITY, self.levels.severity)?;
        let certainty = place(&CERTAINTY, self.levels.certainty)?;
        let levels = u8::try_from(urgency * 25 + severity * 5 + certainty).ok()?;
        let bytes = [
            sent.to_be_bytes().as_slice(),
            &expires.to_be_bytes(),
            &[levels],
            &self.identifiers,
        ]
        .concat();
        bytes.try_into().ok()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let sent = u16::from_be_bytes(*fields.array().ok()?);
        let expires = u16::from_be_bytes(*fields.array().ok()?);
        let [levels] = *fields.array().ok()?;
        let levels = usize::from(levels);
        let record = Self {
            day: FIRST_DAY + u32::from(sent & 0x3fff),
            expires: FIRST_DAY + u32::from(expires),
            levels: Levels {
                status: *STATUS.get(usize::from(sent >> 14))?,
                urgency: *URGENCY.get(levels / 25)?,
                severity: *SEVERITY.get(levels / 5 % 5)?,
                certainty: *CERTAINTY.get(levels % 5)?,
            },
            identifiers: *fields.array().ok()?,
        };
        fields.rest().is_empty().then_some(record)
    }
}

fn place<T: PartialEq>(all: &[T], one: T) -> Option<u32> {
    let place = all.iter().position(|other| *other == one)?;
    u32::try_from(place).ok()
}

/// Bytes of identifiers in an index record.
pub const IDENTIFIERS: usize = ALERT_RECORD_PLAIN - 5;
const STATUS: [Status; 3] = [Status::Actual, Status::Exercise, Status::Test];
const URGENCY: [Urgency; 5] = [
    Urgency::Immediate,
    Urgency::Expected,
    Urgency::Future,
    Urgency::Past,
    Urgency::Unknown,
];
const SEVERITY: [Severity; 5] = [
    Severity::Extreme,
    Severity::Severe,
    Severity::Moderate,
    Severity::Minor,
    Severity::Unknown,
];
const CERTAINTY: [Certainty; 5] = [
    Certainty::Observed,
    Certainty::Likely,
    Certainty::Possible,
    Certainty::Unlikely,
    Certainty::Unknown,
];
/// 1 January 2020.
const FIRST_DAY: u32 = 18_262;
