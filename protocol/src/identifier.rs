//! What an alert says somebody can be recognised by, written so that two people who mean the same write the same bytes.
//!
//! ```text
//!  "+44 (0)7700-900123"         ─▶ phone  447700900123    country code and number, digits alone
//!  "ab12 ode"                   ─▶ plate  AB120DE         O counts as 0, and I as 1
//!  "José-Łukasz"                ─▶ name   jose lukasz     lower case, no accents, one space
//!  "https://www.site.tld/Dave/" ─▶ handle dave            lower case, no site in front
//!                                    │ pack
//!                                    ▼
//!                                  records of 29 bytes in the index of live alerts
//! ```
//!
//! A desk folds what it publishes, a worker's device what she types ([`Query`]), and nothing else is compared.

use alloc::string::String;

mod fold;
mod index;
mod phone;
mod query;
#[cfg(test)]
mod tests;

pub use index::{Indexed, PLAIN, PackError, RECORDS, UnpackError, pack, unpack};
pub use query::{Query, QueryError};

/// What kind of thing an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A telephone number.
    Phone,
    /// A number plate, or the part of one that was seen.
    Plate,
    /// A name or nickname.
    Name,
    /// A username on some site, or an e-mail address.
    Handle,
}

/// One thing that somebody can be recognised by, folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier {
    kind: Kind,
    folded: String,
}

/// Why a text cannot stand in an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifierError {
    /// A character that no phone number has, or a + inside it.
    #[error(
        "a phone number has digits, spaces, dashes, dots, brackets and a + in front; take out {0:?}"
    )]
    PhoneCharacter(char),
    /// Part of a number, or more than one.
    #[error(
        "a whole phone number has 7 to 15 digits with its country code and this has {0}; write one number, with its area code"
    )]
    PhoneLength(usize),
    /// A country code that begins with 0.
    #[error(
        "no country code begins with 0; write + and the country code, or the number as it is dialled at home"
    )]
    PhoneCountry,
    /// A character that no plate has.
    #[error(
        "a number plate has the letters A to Z and digits; take out {0:?}, or give only the part that was seen"
    )]
    PlateCharacter(char),
    /// Too little or too much for a plate.
    #[error("a number plate or a part of one has 2 to 10 letters and digits, and this has {0}")]
    PlateLength(usize),
    /// A name of signs and spaces alone.
    #[error("a name has at least one letter; write the name")]
    NameEmpty,
    /// A handle of signs and spaces alone.
    #[error("a handle has at least one letter or digit; write the username or e-mail address")]
    HandleEmpty,
    /// Several words.
    #[error("a handle is one word; write one username or e-mail address without spaces")]
    HandleWords,
    /// A text, not an identifier.
    #[error("this is too long for a number, plate, name or handle; write one of them alone")]
    TooLong,
}

impl Identifier {
    /// Folds a text of a kind; `calling_code` is that of the scheme's country.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn new(kind: Kind, text: &str, calling_code: u16) -> Result<Self, IdentifierError> {
        match kind {
            Kind::Phone => Self::phone(text, calling_code),
            Kind::Plate => Self::plate(text),
            Kind::Name => Self::name(text),
            Kind::Handle => Self::handle(text),
        }
    }

    /// Folds a whole phone number to country code and number, 7 to 15 digits. One that is written as it is dialled at
    /// home gets `calling_code`.
    ///
    /// # Errors
    /// [`IdentifierError`]: a part of a number is refused.
    pub fn phone(text: &str, calling_code: u16) -> Result<Self, IdentifierError> {
        let number = phone::read(bounded(text)?, calling_code)?;
        if number.folded.starts_with('0') {
            return Err(IdentifierError::PhoneCountry);
        }
        if !number.is_whole() {
            return Err(IdentifierError::PhoneLength(number.folded.len()));
        }
        Ok(Self {
            kind: Kind::Phone,
            folded: number.folded,
        })
    }

    /// Folds a number plate, or a part of one, to 2 to 10 of A to Z and 0 to 9 without O and I, which become 0 and 1.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn plate(text: &str) -> Result<Self, IdentifierError> {
        let folded = lookalikes(&plate(bounded(text)?)?);
        Ok(Self {
            kind: Kind::Plate,
            folded,
        })
    }

    /// Folds a name to letters and digits in lower case without accents, its words apart by one space.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn name(text: &str) -> Result<Self, IdentifierError> {
        let folded = short(name(bounded(text)?))?;
        if !folded.contains(char::is_alphabetic) {
            return Err(IdentifierError::NameEmpty);
        }
        Ok(Self {
            kind: Kind::Name,
            folded,
        })
    }

    /// Folds a handle to lower case without accents: of an address of a page the last part, an e-mail address whole.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn handle(text: &str) -> Result<Self, IdentifierError> {
        let text = bounded(text)?.trim();
        if text.contains(char::is_whitespace) {
            return Err(IdentifierError::HandleWords);
        }
        let folded = short(handle(text))?;
        if !folded.contains(char::is_alphanumeric) {
            return Err(IdentifierError::HandleEmpty);
        }
        Ok(Self {
            kind: Kind::Handle,
            folded,
        })
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is compared.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

fn bounded(text: &str) -> Result<&str, IdentifierError> {
    match text.chars().nth(LONGEST_TEXT) {
        None => Ok(text),
        Some(_) => Err(IdentifierError::TooLong),
    }
}

fn short(folded: String) -> Result<String, IdentifierError> {
    if folded.len() <= LONGEST {
        Ok(folded)
    } else {
        Err(IdentifierError::TooLong)
    }
}

/// The letters and digits of a plate, with O and I as they were written.
fn plate(text: &str) -> Result<String, IdentifierError> {
    let mut plate = String::new();
    for c in fold::letters(text).chars() {
        let c = fold::latin_twin(c).to_ascii_uppercase();
        if c.is_ascii_alphanumeric() {
            plate.push(c);
        } else if !fold::is_separator(c) {
            return Err(IdentifierError::PlateCharacter(c));
        }
    }
    if PLATE.contains(&plate.len()) {
        Ok(plate)
    } else {
        Err(IdentifierError::PlateLength(plate.len()))
    }
}

fn lookalikes(plate: &str) -> String {
    plate.replace('O', "0").replace('I', "1")
}

fn name(text: &str) -> String {
    let folded = fold::letters(text);
    let mut name = String::with_capacity(folded.len());
    for word in folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    name
}

fn handle(text: &str) -> String {
    let folded = fold::letters(text);
    let mut handle = folded.trim();
    // What is left may be an address again. Every turn but the last makes it shorter.
    loop {
        let inner = without_site(handle).trim();
        if inner == handle {
            return handle.into();
        }
        handle = inner;
    }
}

/// What follows the site in an address of a page, or the host if nothing does; other texts without @ in front.
fn without_site(text: &str) -> &str {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let bare = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or(text);
    let host = bare.strip_prefix("www.").unwrap_or(bare);
    if host.len() == text.len() && !text.contains('/') {
        return text.trim_start_matches('@');
    }
    let (path, asked) = match host.split_once(['?', '#']) {
        Some((path, asked)) => (path, Some(asked)),
        None => (host, None),
    };
    let last = path.trim_end_matches('/').rsplit('/').next();
    let last = last.unwrap_or_default();
    // `profile.php?id=123`: the page is everybody's, what is asked of it is his.
    match asked.and_then(|asked| asked.split(['&', '#']).next()?.split_once('=')) {
        Some((_, value)) if path.contains('/') && last.contains('.') => value,
        _ => last,
    }
}

/// Letters and digits of a plate.
const PLATE: core::ops::RangeInclusive<usize> = 2..=10;
/// The longest text that is looked at, in characters: an address of a page with all that trackers add.
const LONGEST_TEXT: usize = 1_000;
/// The longest name or handle, in bytes: the longest e-mail address.
const LONGEST: usize = 254;
