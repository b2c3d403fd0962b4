//! What a worker types to look somebody up: it may be several things, and a part of one.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Identifier, IdentifierError, Kind, LONGEST_TEXT, lookalikes, phone, plate};

/// One thing that a typed text may be.
///
/// It does not print itself: whom a worker asks about is nobody's business.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    kind: Kind,
    folded: String,
    typed: String,
    national: usize,
    whole: bool,
}

/// Why nothing can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// No letter and no digit.
    #[error(
        "there is nothing to look up in this; type a phone number, a number plate, a name or a handle"
    )]
    Nothing,
    /// A text, not an identifier.
    #[error("this is too long to look up; type one number, plate, name or handle")]
    TooLong,
}

impl Query {
    /// Says what a text may be, in a scheme whose country has this calling code.
    ///
    /// Digits are a phone number from 4 on, and a plate up to 7; with letters they are a plate up to 10 of both. Letters
    /// alone are a plate in capitals only. One word with an @, or with a dot and a /, is no name.
    ///
    /// # Errors
    /// [`QueryError`], never an empty list.
    pub fn guess(text: &str, calling_code: u16) -> Result<Vec<Self>, QueryError> {
        if text.chars().nth(LONGEST_TEXT).is_some() {
            return Err(QueryError::TooLong);
        }
        let handle = Identifier::handle(text);
        let is_address = !text.trim().contains(char::is_whitespace)
            && (text.contains('@') || (text.contains('/') && text.contains('.')));
        let name = Identifier::name(text).map(Self::from);
        // A chat's address of somebody ends in his number.
        let inner = handle.as_ref().map_or("", Identifier::folded);
        let phone = Self::phone(text, calling_code)
            .or_else(|| Self::phone(inner, calling_code).filter(|_| is_address));
        let too_long =
            [handle.as_ref().err(), name.as_ref().err()].contains(&Some(&IdentifierError::TooLong));
        let guesses: Vec<Self> = [
            phone,
            Self::plate(text),
            name.ok().filter(|_| !is_address),
            handle.ok().map(Self::from),
        ]
        .into_iter()
        .flatten()
        .collect();
        match guesses.is_empty() {
            false => Ok(guesses),
            true if too_long => Err(QueryError::TooLong),
            true => Err(QueryError::Nothing),
        }
    }

    /// What kind of thing it may be.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is compared: folded as an [`Identifier`] is. A part of a phone number is folded as if it were the beginning.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The digits of a phone number, or the letters and digits of a plate, as they were typed; otherwise as `folded`.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// A phone number without the country code that was put in front of it and the 0 that was typed in its place;
    /// otherwise as `folded`.
    pub fn national(&self) -> &str {
        self.folded.get(self.national..).unwrap_or_default()
    }

    /// Whether it is a phone number that can be dialled; true of everything else.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    fn phone(text: &str, calling_code: u16) -> Option<Self> {
        let number = phone::read(text, calling_code).ok()?;
        let digits = PART..=LONGEST_NUMBER;
        digits.contains(&number.typed.len()).then(|| Self {
            kind: Kind::Phone,
            whole: number.is_whole(),
            folded: number.folded,
            typed: number.typed,
            national: number.national,
        })
    }

    fn plate(text: &str) -> Option<Self> {
        let typed = plate(text).ok()?;
        let has_digit = typed.contains(|c: char| c.is_ascii_digit());
        let has_letter = typed.contains(|c: char| c.is_ascii_uppercase());
        let likely = match (has_letter, has_digit) {
            (true, true) => true,
            (true, false) => !text.contains(char::is_lowercase),
            (false, _) => typed.len() <= PLATE_DIGITS,
        };
        likely.then(|| Self {
            kind: Kind::Plate,
            folded: lookalikes(&typed),
            typed,
            national: 0,
            whole: true,
        })
    }
}

impl From<Identifier> for Query {
    fn from(Identifier { kind, folded }: Identifier) -> Self {
        Self {
            kind,
            typed: folded.clone(),
            folded,
            national: 0,
            whole: true,
        }
    }
}

/// The fewest digits that are a part of a number.
const PART: usize = 4;
/// A whole number, and what is dialled before it.
const LONGEST_NUMBER: usize = 15 + 4;
/// The most digits in a row on a plate.
const PLATE_DIGITS: usize = 7;
