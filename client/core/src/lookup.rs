//! Whether somebody is among those that live alerts warn of: a number, plate, name or handle, on her own device.
//!
//! ```text
//!  what she types ─▶ Query: what it may be ─┐
//!                                           ├─▶ search ─▶ the best 50 alerts, each with why it matches, and how many
//!  the index of live alerts, unpacked ──────┘
//! ```
//!
//! What is exactly the same comes first. After that more is shown rather than less: she decides, and a match that was
//! left out would read as "nobody has warned of him".

mod alike;
mod name;
mod sound;
#[cfg(test)]
mod tests;

use core::fmt;

use brolly_protocol::identifier::{Indexed, Kind, Query, QueryError};

use alike::Spelling;
use name::Name;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found<'a, T> {
    /// The best alerts, at most [`SHOWN`]: best first, and of equally good ones those that were given first.
    pub hits: Vec<Hit<'a, T>>,
    /// How many alerts matched.
    pub total: usize,
}

/// An alert that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hit<'a, T> {
    /// What was given with its identifiers.
    pub alert: T,
    /// Which of its identifiers matches best.
    pub identifier: &'a Indexed,
    /// Why.
    pub reason: Reason,
}

/// Why an alert matches: better reasons are less. Displays as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The same phone number.
    SameNumber,
    /// The same number plate.
    SamePlate,
    /// The same number plate, with a letter or digit that counts as another.
    SamePlateLookalikes,
    /// The same handle.
    SameHandle,
    /// The same name.
    SameName,
    /// A long name or handle that is the same as far as the index holds it.
    SameBeginning,
    /// The phone number ends in what was typed.
    NumberEnds,
    /// One slip apart from the phone number.
    NumberNearly,
    /// The phone number begins with what was typed, or has it inside.
    NumberContains,
    /// The plate has inside what was typed.
    PlateContains,
    /// The alert has part of a plate, and it is inside the one typed.
    PlatePart,
    /// One slip apart from the plate.
    PlateNearly,
    /// All words of one name are words of the other.
    NamePart,
    /// The name is spelt nearly so.
    NameNearly,
    /// The name sounds so.
    NameSounds,
    /// All words of one name are spelt or sound like words of the other.
    NamePartAlike,
    /// One handle has the other inside.
    HandleContains,
    /// The handle is spelt nearly so.
    HandleNearly,
}

impl Reason {
    /// Whether this is what was looked for, and not only like it.
    pub fn is_exact(self) -> bool {
        self < Self::SameBeginning
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SameNumber => "the same number",
            Self::SamePlate => "the same plate",
            Self::SamePlateLookalikes => {
                "the same plate; O counts as 0 and I as 1, which are hard to tell apart on one"
            }
            Self::SameHandle => "the same handle",
            Self::SameName => "the same name",
            Self::SameBeginning => {
                "long, and the same as far as it is known here; read the alert for the rest"
            }
            Self::NumberEnds => "the number ends in what you typed",
            Self::NumberNearly => {
                "the number is one slip away: a digit is different, missing or too many, or two are swapped"
            }
            Self::NumberContains => "what you typed is the beginning or another part of the number",
            Self::PlateContains => "what you typed is part of the plate",
            Self::PlatePart => "the alert has part of a plate, and the plate you typed contains it",
            Self::PlateNearly => {
                "the plate is one slip away: one character is different, or two are swapped"
            }
            Self::NamePart => "all words of one name are in the other",
            Self::NameNearly => "the name is spelt nearly the same",
            Self::NameSounds => "the name sounds nearly the same",
            Self::NamePartAlike => "part of the name is spelt or sounds nearly the same",
            Self::HandleContains => "one handle contains the other",
            Self::HandleNearly => "the handle is spelt nearly the same",
        })
    }
}

impl<T> fmt::Display for Found<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.total, self.hits.len()) {
            (0, _) => f.write_str(
                "no live alert matches; that nobody has warned of him does not make him safe",
            ),
            (1, _) => f.write_str("1 live alert matches"),
            (total, shown) if total > shown => write!(
                f,
                "{total} live alerts match and these are the best {shown}; type more to see fewer"
            ),
            (total, _) => write!(f, "{total} live alerts match"),
        }
    }
}

/// Compares what was typed with the identifiers of every alert, each given with whatever names the alert.
///
/// What is typed is compared as everything that it may be. Less than 3 letters, or characters of a plate, match
/// themselves alone; of a phone number 4 digits are enough.
///
/// # Errors
/// [`QueryError`] when there is nothing to look up in what was typed.
pub fn search<'a, T>(
    query: &str,
    calling_code: u16,
    warned: impl IntoIterator<Item = (&'a [Indexed], T)>,
) -> Result<Found<'a, T>, QueryError> {
    let guesses = Query::guess(query, calling_code)?;
    let wanted: Vec<Wanted> = guesses.into_iter().filter_map(Wanted::new).collect();
    let mut found = Found {
        hits: Vec::new(),
        total: 0,
    };
    for (identifiers, alert) in warned {
        let reasons = identifiers.iter().filter_map(|identifier| {
            let reason = wanted
                .iter()
                .filter_map(|one| one.compare(identifier))
                .min();
            reason.map(|reason| (reason, identifier))
        });
        if let Some((reason, identifier)) = reasons.min_by_key(|(reason, _)| *reason) {
            found.total += 1;
            found.hits.push(Hit {
                alert,
                identifier,
                reason,
            });
        }
        // Now and then, so that no query holds all alerts.
        if found.hits.len() == 2 * SHOWN {
            keep_best(&mut found.hits);
        }
    }
    keep_best(&mut found.hits);
    Ok(found)
}

/// The most alerts that a search shows.
pub const SHOWN: usize = 50;

fn keep_best<T>(hits: &mut Vec<Hit<'_, T>>) {
    hits.sort_by_key(|hit| hit.reason);
    hits.truncate(SHOWN);
}

/// What is looked for, with what can be worked out once.
enum Wanted {
    Phone(Query),
    Plate(Query),
    Name(Name),
    Handle(Handle),
}

impl Wanted {
    fn new(query: Query) -> Option<Self> {
        match query.kind() {
            Kind::Phone => Some(Self::Phone(query)),
            Kind::Plate => Some(Self::Plate(query)),
            Kind::Name => Some(Self::Name(Name::new(query.folded()))),
            Kind::Handle => Some(Self::Handle(Handle::new(query.folded()))),
            _ => None,
        }
    }

    fn compare(&self, identifier: &Indexed) -> Option<Reason> {
        let (text, cut) = (identifier.folded(), identifier.is_cut());
        match (self, identifier.kind()) {
            (Self::Phone(query), Kind::Phone) => number(query, text),
            (Self::Plate(query), Kind::Plate) => plate(query, text),
            (Self::Name(name), Kind::Name) => name.compare(text, cut),
            (Self::Handle(handle), Kind::Handle) => handle.compare(text, cut),
            _ => None,
        }
    }
}

fn number(query: &Query, number: &str) -> Option<Reason> {
    let (folded, typed, national) = (query.folded(), query.typed(), query.national());
    if number == folded || number == typed {
        return Some(Reason::SameNumber);
    }
    if number.ends_with(typed) || (national.len() >= LOCAL && number.ends_with(national)) {
        return Some(Reason::NumberEnds);
    }
    if query.is_whole() && alike::one_slip(folded, number) {
        return Some(Reason::NumberNearly);
    }
    let begins = folded.len() >= PART && number.starts_with(folded);
    (begins || number.contains(typed)).then_some(Reason::NumberContains)
}

fn plate(query: &Query, plate: &str) -> Option<Reason> {
    let folded = query.folded();
    if plate == folded {
        return Some(if query.typed().contains(['O', '0', 'I', '1']) {
            Reason::SamePlateLookalikes
        } else {
            Reason::SamePlate
        });
    }
    if folded.len() < SHORT {
        None
    } else if plate.contains(folded) {
        Some(Reason::PlateContains)
    } else if folded.contains(plate) {
        Some(Reason::PlatePart)
    } else {
        let nearly = plate.len() == folded.len()
            && plate.len() >= WHOLE_PLATE
            && alike::one_slip(folded, plate);
        nearly.then_some(Reason::PlateNearly)
    }
}

/// A handle that is looked for.
struct Handle {
    spelling: Spelling,
    short: bool,
}

impl Handle {
    fn new(folded: &str) -> Self {
        Self {
            spelling: Spelling::new(folded),
            short: is_short(folded),
        }
    }

    fn compare(&self, handle: &str, cut: bool) -> Option<Reason> {
        let folded = self.spelling.word();
        if cut && folded.starts_with(handle) {
            return Some(Reason::SameBeginning);
        }
        if !cut && handle == folded {
            return Some(Reason::SameHandle);
        }
        if self.short {
            return None;
        }
        if self.spelling.inside(handle, PART) {
            return Some(Reason::HandleContains);
        }
        let nearly = if cut {
            alike::nearly_begins(folded, handle)
        } else {
            self.spelling.nearly(handle)
        };
        nearly.then_some(Reason::HandleNearly)
    }
}

/// Whether a text has too few letters to be compared with anything but itself.
fn is_short(folded: &str) -> bool {
    folded.chars().filter(|c| c.is_alphanumeric()).count() < SHORT
}

const SHORT: usize = 3;
/// The fewest digits of a part of a number, and letters of a handle inside what was typed.
const PART: usize = 4;
/// The fewest digits of a number without its country code that point to one person in another country.
const LOCAL: usize = 7;
/// The fewest characters of a plate of which one may be wrong.
const WHOLE_PLATE: usize = 5;
