//! Warning the members: an alert from a file, what it will look like, and the entry for the board (SPEC §11.12, §14.4).
//!
//! ```text
//!  alert.toml ─▶ File ─▶ Prepared ── text and packed identifiers; what was folded, cut or left out ─▶ preview
//!                           │ seal under the members' root, sign
//!                           ▼
//!                        id, entry ─▶ POST /v1/board
//! ```

use std::path::Path;

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::alert::{
    AlertError, AlertId, Certainty, Draft, IDENTIFIERS, Levels, Members, Message, Severity, Status,
    Text, Urgency,
};
use brolly_protocol::identifier::{self, Identifier, IdentifierError, Indexed, PackError};
use brolly_shell::config::{self, ConfigError};
use brolly_shell::random;
use serde::{Deserialize, Serialize};

use crate::casebook::Day;
use crate::compose::{self, ComposeError};
use crate::place::Place;
use crate::unlock::{Keys, UnlockError};

mod list;
mod preview;

pub use list::{json, table};

/// An alert as a desk writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct File {
    /// Where: an outward postcode or a name.
    pub area: String,
    /// How grave.
    pub severity: Severity,
    /// When to act.
    pub urgency: Urgency,
    /// How sure.
    pub certainty: Certainty,
    /// Whether it is meant.
    pub status: Status,
    /// For how many days it counts.
    pub expires_in_days: u32,
    /// What members should know and do.
    pub text: String,
    /// What he can be recognised by.
    #[serde(default)]
    pub identifiers: Vec<Sign>,
}

/// Something that somebody can be recognised by, as it was written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Sign {
    /// What it is.
    pub kind: Kind,
    /// It.
    pub value: String,
}

/// What can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "those of the index")]
pub enum Kind {
    /// A telephone number.
    Phone,
    /// A number plate, or the part of one that was seen.
    Plate,
    /// A name or nickname.
    Name,
    /// A username, or an e-mail address.
    Handle,
}

/// An alert that can be shown, sealed and posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    message: Message,
    references: Option<AlertId>,
    day: u32,
    expires: u32,
    text: Text,
    records: Vec<[u8; IDENTIFIERS]>,
    signs: Vec<Found>,
}

/// How one identifier will be found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    kind: Kind,
    written: String,
    folded: String,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Under all of it.
    Whole,
    /// Under its beginning.
    Beginning,
    /// It is there already.
    Double,
    /// It is in the text alone.
    NotAtAll,
}

/// Why there is no alert.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The directory does not let this desk.
    #[error(
        "the directory does not let this desk publish alerts and notices: ask an officer for a directory that does"
    )]
    NotAllowed,
    /// No file.
    #[error("there is no file {0}: make one with `brolly-desk alert template > alert.toml`")]
    Missing(String),
    /// The file.
    #[error(transparent)]
    File(ConfigError),
    /// The text.
    #[error("`text`: {0}")]
    Text(ComposeError),
    /// The area.
    #[error(
        "`area` is empty or holds something invisible: name a town or the first half of a postcode"
    )]
    Area,
    /// Too short or too long.
    #[error("`expires-in-days` is {0}: an alert counts for 1 to 400 days")]
    Days(u32),
    /// An identifier.
    #[error("identifier {number}: {reason}")]
    Identifier {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        reason: IdentifierError,
    },
    /// An identifier with something invisible in it.
    #[error("identifier {number}: {reason}")]
    Written {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        reason: ComposeError,
    },
    /// The area does not fit the index.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// It cannot be sealed.
    #[error(transparent)]
    Seal(#[from] AlertError),
    /// The key file.
    #[error(transparent)]
    Keys(#[from] UnlockError),
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// [`PrepareError::Missing`], [`PrepareError::File`].
    pub fn load(path: &Path) -> Result<Self, PrepareError> {
        config::load(path).map_err(|error| {
            if let ConfigError::Missing(path) = error {
                return PrepareError::Missing(path.display().to_string());
            }
            PrepareError::File(error)
        })
    }
}

impl Prepared {
    /// A new alert, or one in the place of `earlier`, today.
    ///
    /// # Errors
    /// [`PrepareError`].
    pub fn of(file: &File, earlier: Option<AlertId>, place: &Place) -> Result<Self, PrepareError> {
        may(place)?;
        let day = Day::at(place.time.now()).0;
        if !(1..=LONGEST).contains(&file.expires_in_days) {
            return Err(PrepareError::Days(file.expires_in_days));
        }
        let area = compose::clean(&file.area).ok();
        let area = area.filter(|area| !area.contains('\n'));
        let area = area.ok_or(PrepareError::Area)?;
        let (signs, records) = pack(file, &area, place.directory.parameters.calling_code)?;
        let identifiers = signs
            .iter()
            .map(|sign| (sign.kind.name().to_owned(), sign.written.clone()));
        let text = Text {
            sender: place.desk.name.clone(),
            levels: Levels {
                status: file.status,
                urgency: file.urgency,
                severity: file.severity,
                certainty: file.certainty,
            },
            area,
            text: compose::clean(&file.text).map_err(PrepareError::Text)?,
            identifiers: identifiers.collect(),
        };
        Ok(Self {
            message: match earlier {
                None => Message::Alert,
                Some(_) => Message::Update,
            },
            references: earlier,
            day,
            expires: day.saturating_add(file.expires_in_days),
            text,
            records,
            signs,
        })
    }

    /// The end of `earlier`, and why.
    ///
    /// # Errors
    /// [`PrepareError`].
    pub fn cancel(earlier: AlertId, reason: &str, place: &Place) -> Result<Self, PrepareError> {
        may(place)?;
        let day = Day::at(place.time.now()).0;
        let text = Text {
            sender: place.desk.name.clone(),
            levels: Levels {
                status: Status::Actual,
                urgency: Urgency::Past,
                severity: Severity::Unknown,
                certainty: Certainty::Unknown,
            },
            area: String::new(),
            text: compose::clean(reason).map_err(PrepareError::Text)?,
            identifiers: Vec::new(),
        };
        Ok(Self {
            message: Message::Cancel,
            references: Some(earlier),
            day,
            expires: day,
            text,
            records: Vec::new(),
            signs: Vec::new(),
        })
    }

    /// The alert that it updates or cancels.
    pub fn earlier(&self) -> Option<AlertId> {
        self.references
    }

    /// Seals and signs it: its id, and the entry for the board.
    ///
    /// # Errors
    /// [`PrepareError::Seal`] for one that does not fit, [`PrepareError::Keys`].
    pub fn seal(&self, place: &Place, keys: &Keys) -> Result<(AlertId, Vec<u8>), PrepareError> {
        let draft = Draft {
            desk: place.desk.id,
            message: self.message,
            references: self.references,
            day: self.day,
            expires: self.expires,
            text: &self.text,
            identifiers: &self.records,
        };
        let week = Epoch::at(place.time.now(), place.directory.parameters.desk_epoch);
        let members = members(place, keys)?;
        Ok(draft.seal(&members, week, &keys.signing()?, &mut random::system())?)
    }
}

/// What alerts of this scheme open with.
///
/// # Errors
/// [`UnlockError::Incomplete`].
pub fn members(place: &Place, keys: &Keys) -> Result<Members, UnlockError> {
    Ok(Members::new(*keys.members()?, place.directory.scheme))
}

/// Whether the directory lets this desk publish alerts and notices.
///
/// # Errors
/// [`PrepareError::NotAllowed`].
pub fn may(place: &Place) -> Result<(), PrepareError> {
    match place.desk.alerts {
        true => Ok(()),
        false => Err(PrepareError::NotAllowed),
    }
}

impl Kind {
    /// Its name in files and in the text of an alert.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Plate => "plate",
            Self::Name => "name",
            Self::Handle => "handle",
        }
    }

    fn folded(self) -> identifier::Kind {
        match self {
            Self::Phone => identifier::Kind::Phone,
            Self::Plate => identifier::Kind::Plate,
            Self::Name => identifier::Kind::Name,
            Self::Handle => identifier::Kind::Handle,
        }
    }
}

/// Packs as many identifiers as the index has room for, in the order in which they are written.
fn pack(
    file: &File,
    area: &str,
    calling_code: u16,
) -> Result<(Vec<Found>, Vec<[u8; IDENTIFIERS]>), PrepareError> {
    let mut packed: Vec<Identifier> = Vec::new();
    let mut records = identifier::pack(&packed, area)?;
    let mut signs = Vec::new();
    for (number, sign) in (1..).zip(&file.identifiers) {
        let written = compose::clean(&sign.value);
        let written = written.map_err(|reason| PrepareError::Written { number, reason })?;
        let one = Identifier::new(sign.kind.folded(), &written, calling_code);
        let one = one.map_err(|reason| PrepareError::Identifier { number, reason })?;
        let indexed = Indexed::from(&one);
        let folded = indexed.folded().to_owned();
        let with = [packed.as_slice(), std::slice::from_ref(&one)].concat();
        let how = if packed.contains(&one) {
            How::Double
        } else if let Ok(more) = identifier::pack(&with, area) {
            records = more;
            packed = with;
            match indexed.is_cut() {
                true => How::Beginning,
                false => How::Whole,
            }
        } else {
            How::NotAtAll
        };
        signs.push(Found {
            kind: sign.kind,
            written,
            folded,
            how,
        });
    }
    Ok((signs, records))
}

/// What `alert template` prints.
pub const TEMPLATE: &str = "\
# An alert for the members. Fill it in, then: brolly-desk alert publish --from alert.toml
# Write on the assumption that the man it is about will read it: nothing that says who told you, when exactly, or where
# she works.

# Where: a town, or the first half of a postcode. At most 28 bytes.
area = \"LS2\"

# extreme, severe, moderate, minor or unknown
severity = \"severe\"
# immediate, expected (within the hour), future, past or unknown
urgency = \"expected\"
# observed, likely, possible, unlikely or unknown
certainty = \"observed\"
# actual, exercise or test
status = \"actual\"

# 1 to 400
expires-in-days = 90

# What members should know and do, in plain words.
text = \"\"\"
White van, gives the name Dave. He asks to drive out of town. Do not get in.
\"\"\"

# What he can be found by when somebody looks him up; as many as you have, the most telling first.
# kind: phone, plate (or the part that was seen), name, or handle (a username or an e-mail address)
[[identifiers]]
kind = \"phone\"
value = \"07700 900123\"

[[identifiers]]
kind = \"name\"
value = \"Dave\"
";
/// Days that an alert may count for.
const LONGEST: u32 = 400;
