//! Telephone numbers as ITU-T E.164 writes them: country code and national number, digits alone.

use alloc::format;
use alloc::string::{String, ToString};

use super::{IdentifierError, fold};

/// A number or a part of one.
pub(super) struct Number {
    /// The digits that were written.
    pub(super) typed: String,
    /// The same with its country code in front and without what is dialled to get there.
    pub(super) folded: String,
    /// Where the national number begins in `folded`; 0 if the country code was written.
    pub(super) national: usize,
    /// The fewest digits after the country code.
    shortest: usize,
    /// How many digits the country code has.
    code: usize,
}

impl Number {
    /// Whether it can be dialled: neither a part nor two numbers.
    pub(super) fn is_whole(&self) -> bool {
        let after = self.folded.len().saturating_sub(self.code);
        WHOLE.contains(&self.folded.len()) && after >= self.shortest
    }
}

/// Reads digits that may be a number in a country with this code.
pub(super) fn read(text: &str, calling_code: u16) -> Result<Number, IdentifierError> {
    let (typed, plus) = digits(text)?;
    let here = plan(calling_code);
    let code = calling_code.to_string();
    let abroad = match typed.strip_prefix(here.abroad) {
        Some(rest) if !plus => Some(rest),
        _ => typed.strip_prefix("00").or(plus.then_some(&typed)),
    };
    let dialled = match typed.strip_prefix(here.trunk) {
        _ if here.trunk.starts_with('0') => typed.trim_start_matches(here.trunk),
        // Another trunk prefix may be the first digit of a number too.
        Some(rest) if rest.len() >= here.shortest => rest,
        _ => &typed,
    };
    let is_number = |rest: &str| rest.len() >= here.shortest.max(OWN_CODE);
    let has_code = dialled.len() == typed.len() && typed.strip_prefix(&code).is_some_and(is_number);
    if let Some(international) = abroad.or(has_code.then_some(&typed)) {
        return Ok(from_abroad(&typed, international));
    }
    Ok(Number {
        folded: format!("{code}{dialled}"),
        national: code.len(),
        shortest: here.shortest,
        code: code.len(),
        typed,
    })
}

/// Drops the 0 that is dialled at home and often left after the country code: `+44 (0)7700`.
fn from_abroad(typed: &str, international: &str) -> Number {
    let (code, rest) = international
        .split_at_checked(code_digits(international))
        .unwrap_or((international, ""));
    let there = plan(code.parse().unwrap_or_default());
    let rest = if there.trunk.starts_with('0') {
        rest.trim_start_matches(there.trunk)
    } else {
        rest
    };
    Number {
        typed: typed.into(),
        folded: format!("{code}{rest}"),
        national: 0,
        shortest: there.shortest,
        code: code.len(),
    }
}

/// The digits, and whether a + stands before them.
fn digits(text: &str) -> Result<(String, bool), IdentifierError> {
    let folded = fold::letters(text);
    let folded = folded.trim();
    let mut digits = String::new();
    let mut plus = false;
    for c in folded.strip_prefix("tel:").unwrap_or(folded).chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else if c == '+' && !plus && digits.is_empty() {
            plus = true;
        } else if !fold::is_separator(c) {
            return Err(IdentifierError::PhoneCharacter(c));
        }
    }
    Ok((digits, plus))
}

/// How a country dials.
struct Plan {
    /// Before the code of another country.
    abroad: &'static str,
    /// Before a number of its own, at home.
    trunk: &'static str,
    /// The fewest digits of a number, without country code and trunk prefix.
    shortest: usize,
}

fn plan(calling_code: u16) -> Plan {
    let (abroad, trunk, shortest) = match calling_code {
        1 => ("011", "1", 10),
        7 => ("810", "8", 10),
        27 | 31 | 33 | 34 | 40 | 41 | 44 | 48 | 351 | 380 => ("00", "0", 9),
        32 | 45 | 47 | 65 => ("00", "0", 8),
        36 => ("00", "06", 8),
        // Here a 0 in front is part of the number.
        39 | 225 | 242 | 378 => ("00", "", 6),
        52 | 55 | 90 | 91 => ("00", "0", 10),
        61 => ("0011", "0", 9),
        _ => ("00", "0", 5),
    };
    Plan {
        abroad,
        trunk,
        shortest,
    }
}

/// How many digits the country code in front has: E.164's zones say.
fn code_digits(number: &str) -> usize {
    match number.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

/// Digits of a number with its country code.
pub(super) const WHOLE: core::ops::RangeInclusive<usize> = 7..=15;
/// A number with at least so many digits after the country's own code is taken to begin with that code.
const OWN_CODE: usize = 8;
