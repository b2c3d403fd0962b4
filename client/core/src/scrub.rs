//! Points at words in a narrative that may say who is writing it, so that she can take them out.
//!
//! These are guesses, made on her device and shown to her alone. A man's number or address belongs in a report,
//! so nothing is ever refused or changed. Time grows with the length of the text.

mod phone;
#[cfg(test)]
mod tests;

use core::fmt;
use core::ops::Range;

/// What the reporter told her own device about herself, to look for; any list may be empty.
#[derive(Clone, Default)]
pub struct Own {
    /// Names she goes by; each part of a name is looked for too.
    pub names: Vec<String>,
    /// Phone numbers, in any form.
    pub phones: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Postcodes, streets or other words of an address.
    pub addresses: Vec<String>,
}

/// What some words of a narrative look like. Displays as a sentence with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A full postcode, or a house number and street.
    Address,
    /// A name that the text gives as the writer's.
    Name,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "this looks like a phone number; if it is yours, take it out",
            Self::Email => "this looks like an e-mail address; if it is yours, take it out",
            Self::Address => "this looks like an address; if you live or work there, take it out",
            Self::Name => "this looks like a name; if it is yours, take it out",
        })
    }
}

/// Words of a narrative that may say who is writing it. Displays as a sentence with an offer.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What the words look like.
    pub kind: Kind,
    /// Where the words are: a range of bytes, on character boundaries.
    pub range: Range<usize>,
    /// The words.
    pub text: String,
    /// Whether the words are among those she gave as her own.
    pub own: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.own {
            return self.kind.fmt(f);
        }
        let what = match self.kind {
            Kind::Phone => "your phone number",
            Kind::Email => "your e-mail address",
            Kind::Address => "your address",
            Kind::Name => "your name",
        };
        write!(
            f,
            "this is {what}; take it out unless you want it to be read"
        )
    }
}

/// Finds what may be the reporter's own phone, e-mail, address or name: sorted by place, never overlapping.
pub fn findings(text: &str, own: &Own) -> Vec<Finding> {
    let words: Vec<Word<'_>> = runs(text, char::is_alphanumeric)
        .filter_map(|range| text.get(range.clone()).map(|text| Word { text, range }))
        .collect();
    let mut guesses = Vec::new();
    phone::phones(text, &own.phones, &mut guesses);
    emails(text, &mut guesses);
    postcodes(text, &words, &mut guesses);
    streets(text, &words, &mut guesses);
    names(text, &words, &mut guesses);
    owned(&words, own, &mut guesses);
    guesses.sort_by_key(|guess| (guess.range.start, guess.range.end));

    let mut merged: Vec<Guess> = Vec::new();
    for guess in guesses {
        match merged.last_mut() {
            Some(last) if guess.range.start < last.range.end => last.absorb(guess),
            _ => merged.push(guess),
        }
    }
    let finding = |Guess { kind, range, own }| {
        let text = text.get(range.clone())?.to_owned();
        Some(Finding {
            kind,
            range,
            text,
            own,
        })
    };
    merged.into_iter().filter_map(finding).collect()
}

struct Guess {
    kind: Kind,
    range: Range<usize>,
    own: bool,
}

impl Guess {
    fn new(kind: Kind, range: Range<usize>) -> Self {
        Self {
            kind,
            range,
            own: false,
        }
    }

    /// Covers both; the longer says what it is, and of two as long the one she gave.
    fn absorb(&mut self, other: Self) {
        if (other.range.len(), other.own) > (self.range.len(), self.own) {
            (self.kind, self.own) = (other.kind, other.own);
        }
        self.range.end = self.range.end.max(other.range.end);
    }
}

/// A run of letters and digits.
struct Word<'a> {
    text: &'a str,
    range: Range<usize>,
}

impl Word<'_> {
    fn is_one_of(&self, words: &[&str]) -> bool {
        words
            .iter()
            .any(|word| self.text.eq_ignore_ascii_case(word))
    }

    fn is_capitalised(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

/// Returns the longest runs of characters of which `is` holds.
fn runs(text: &str, is: fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    text.split_inclusive(move |c| !is(c))
        .filter_map(move |piece| {
            let start = end;
            end += piece.len();
            let run = piece.trim_end_matches(|c| !is(c)).len();
            (run > 0).then_some(start..start + run)
        })
}

/// Returns whether at most three characters, all of `gap`, stand between two runs.
fn near(text: &str, left: &Range<usize>, right: &Range<usize>, gap: &str) -> bool {
    let between = text.get(left.end..right.start).unwrap_or("\n");
    between.chars().nth(3).is_none() && between.chars().all(|c| gap.contains(c))
}

fn emails(text: &str, guesses: &mut Vec<Guess>) {
    for run in runs(text, |c| c.is_alphanumeric() || "._%+-@".contains(c)) {
        let mut start = run.start;
        let mut pieces = text.get(run).unwrap_or_default().split('@').peekable();
        while let (Some(local), Some(domain)) = (pieces.next(), pieces.peek()) {
            let at = start + local.len();
            let local = local.trim_start_matches(['.', '-']);
            let domain = domain.trim_end_matches(|c: char| !c.is_alphanumeric());
            let is_domain = domain
                .rsplit_once('.')
                .is_some_and(|(site, top)| !site.is_empty() && top.len() >= 2);
            if !local.is_empty() && is_domain {
                let range = at - local.len()..at + 1 + domain.len();
                guesses.push(Guess::new(Kind::Email, range));
            }
            start = at + 1;
        }
    }
}

fn postcodes(text: &str, words: &[Word<'_>], guesses: &mut Vec<Guess>) {
    for (index, word) in words.iter().enumerate() {
        let middle = word.text.len().saturating_sub(3);
        let halves = word.text.split_at_checked(middle);
        let next = words.get(index + 1);
        let next = next.filter(|next| near(text, &word.range, &next.range, " \u{a0}"));
        let is_code = |(a, b): &(&str, &str)| is_outward(a) && is_inward(b);
        let spaced = next.filter(|next| is_code(&(word.text, next.text)));
        if let Some(last) = halves.filter(is_code).map(|_| word).or(spaced) {
            guesses.push(Guess::new(Kind::Address, word.range.start..last.range.end));
        }
    }
}

fn is_outward(text: &str) -> bool {
    let district = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    matches!(text.len() - district.len(), 1 | 2)
        && matches!(district.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'])
}

fn is_inward(text: &str) -> bool {
    // The letters of "CIKMOV" are never used here, which also keeps "3pm" out.
    let is_letter =
        |c: &u8| c.is_ascii_alphabetic() && !b"CIKMOV".contains(&c.to_ascii_uppercase());
    matches!(text.as_bytes(), [b'0'..=b'9', a, b] if is_letter(a) && is_letter(b))
}

fn streets(text: &str, words: &[Word<'_>], guesses: &mut Vec<Guess>) {
    for (index, number) in words.iter().enumerate() {
        let letters = number.text.trim_start_matches(|c: char| c.is_ascii_digit());
        let lengths = (number.text.len() - letters.len(), letters.len());
        if !matches!(lengths, (1..=4, 0 | 1)) {
            continue;
        }
        let mut last = number;
        for (place, word) in words.iter().skip(index + 1).take(5).enumerate() {
            if !near(text, &last.range, &word.range, " ,.-'’") || word.is_one_of(NOT_A_STREET) {
                break;
            }
            last = word;
            let proper = word.is_capitalised() && word.is_one_of(PROPER_STREETS);
            if place > 0 && (proper || word.is_one_of(STREETS)) {
                guesses.push(Guess::new(
                    Kind::Address,
                    number.range.start..word.range.end,
                ));
                break;
            }
        }
    }
}

fn names(text: &str, words: &[Word<'_>], guesses: &mut Vec<Guess>) {
    let follows =
        |pair: &[Word<'_>]| matches!(pair, [a, b] if near(text, &a.range, &b.range, " '’:\"-"));
    for index in 0..words.len() {
        let rest = words.get(index..).unwrap_or_default();
        let Some((phrase, any_case)) = INTRODUCTIONS.iter().find(|(phrase, _)| {
            let pairs = rest.iter().zip(*phrase);
            rest.len() > phrase.len() && { pairs }.all(|(word, said)| word.is_one_of(&[said]))
        }) else {
            continue;
        };
        let mut pairs = rest.windows(2);
        let follows_on = pairs.by_ref().take(phrase.len()).all(follows);
        let Some(name) = rest.get(phrase.len()).filter(|_| follows_on) else {
            continue;
        };
        let proper = name.is_capitalised() && name.text.contains(char::is_lowercase);
        let of_a_people = name.text.ends_with("ish") || name.text.ends_with("ese");
        if name.is_one_of(NOT_A_NAME) || !(*any_case || proper && !of_a_people) {
            continue;
        }
        let is_surname =
            |pair: &&[Word<'_>]| follows(pair) && pair.last().is_some_and(Word::is_capitalised);
        let last = pairs
            .take(3)
            .take_while(is_surname)
            .last()
            .and_then(<[_]>::last)
            .unwrap_or(name);
        guesses.push(Guess::new(Kind::Name, name.range.start..last.range.end));
    }
}

/// Looks for her own words, whatever their case and whatever stands between their letters and digits.
fn owned(words: &[Word<'_>], own: &Own, guesses: &mut Vec<Guess>) {
    let squeeze = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let mut all = String::new();
    let mut spans = Vec::with_capacity(words.len());
    for word in words {
        let start = all.len();
        all.push_str(&squeeze(word.text));
        spans.push(start..all.len());
    }
    let parts = own.names.iter().flat_map(|name| name.split_whitespace());
    let names = own
        .names
        .iter()
        .map(String::as_str)
        .chain(parts)
        .map(|name| (Kind::Name, name));
    let emails = own.emails.iter().map(|email| (Kind::Email, &**email));
    let addresses = own
        .addresses
        .iter()
        .map(|address| (Kind::Address, &**address));
    for (kind, phrase) in names.chain(emails).chain(addresses) {
        let wanted = squeeze(phrase);
        // "Ian" is not looked for in "I an...", but "O'Brien" is in "o brien".
        let one_word = kind == Kind::Name && phrase.chars().all(char::is_alphanumeric);
        for (word, span) in words.iter().zip(&spans) {
            let end = span.start + wanted.len();
            let starts = all
                .get(span.start..)
                .is_some_and(|rest| rest.starts_with(&wanted));
            if wanted.len() < 2 || !starts || (one_word && end != span.end) {
                continue;
            }
            let last = spans.binary_search_by_key(&end, |span| span.end).ok();
            if let Some(last) = last.and_then(|at| words.get(at)) {
                let range = word.range.start..last.range.end;
                guesses.push(Guess {
                    kind,
                    range,
                    own: true,
                });
            }
        }
    }
}

/// Each with whether what follows is a name in lower case too.
const INTRODUCTIONS: [(&[&str], bool); 7] = [
    (&["my", "name", "is"], true),
    (&["my", "name", "s"], true),
    (&["i", "am", "called"], true),
    (&["i", "m", "called"], true),
    (&["i", "am"], false),
    (&["i", "m"], false),
    (&["im"], false),
];
const NOT_A_NAME: &[&str] = &[
    "a", "african", "also", "american", "asian", "black", "european", "in", "italian", "known",
    "muslim", "not", "now", "ok", "okay", "on", "romanian", "russian", "so", "sorry", "still",
    "the", "trans", "welsh", "white",
];
const STREETS: &[&str] = &[
    "avenue", "ave", "crescent", "gardens", "grove", "lane", "mews", "rd", "road", "street",
    "terrace",
];
/// Everyday words too, so streets only with a capital.
const PROPER_STREETS: &[&str] = &[
    "close", "court", "drive", "green", "hill", "house", "park", "place", "rise", "row", "square",
    "st", "view", "walk", "way", "yard",
];
const NOT_A_STREET: &[&str] = &[
    "a", "along", "and", "at", "away", "by", "cars", "down", "from", "girls", "guys", "he", "her",
    "his", "hours", "i", "in", "into", "men", "miles", "minutes", "mins", "my", "near", "of",
    "off", "on", "other", "over", "people", "she", "that", "the", "their", "they", "this", "times",
    "to", "up", "we", "with", "women", "years",
];
