//! Telephone numbers, however they are written.

use core::ops::Range;

use super::{Guess, Kind, near, runs};

/// Finds what may be telephone numbers, British or with a country code, and those of `own` in any form.
pub(super) fn phones(text: &str, own: &[String], guesses: &mut Vec<Guess>) {
    let own: Vec<String> = own
        .iter()
        .map(|phone| national(phone))
        .filter(|own| own.len() >= 6)
        .collect();
    let groups: Vec<Range<usize>> = runs(text, |c| c.is_ascii_digit()).collect();
    let mut rest = groups.as_slice();
    while let Some(first) = rest.first() {
        let before = text.get(..first.start).unwrap_or_default();
        let date = is_date(text, rest) && !before.ends_with('+');
        let mut used = if date { 3 } else { 1 };
        if !date && !before.ends_with(['£', '$', '€']) {
            let start = first.start - usize::from(before.ends_with('+'));
            let ends = (1..=MAX_DIGITS).map_while(|count| joined(text, rest.get(..count)?));
            let numbers = ends.zip(1..).filter_map(|(end, count)| {
                let written = text.get(start..end)?;
                let own = own.contains(&national(written));
                (own || is_phone(written)).then_some((own, count, end))
            });
            if let Some((own, count, end)) = numbers.max() {
                guesses.push(Guess {
                    kind: Kind::Phone,
                    range: start..end,
                    own,
                });
                used = count;
            }
        }
        rest = rest.get(used..).unwrap_or_default();
    }
}

/// Returns where groups of digits end, if they may be one number.
fn joined(text: &str, groups: &[Range<usize>]) -> Option<usize> {
    let is_near = |pair: &[Range<usize>]| matches!(pair, [a, b] if near(text, a, b, IN_A_PHONE));
    let digits: usize = groups.iter().map(ExactSizeIterator::len).sum();
    let end = groups.last()?.end;
    (digits <= MAX_DIGITS && groups.windows(2).all(is_near)).then_some(end)
}

fn is_date(text: &str, groups: &[Range<usize>]) -> bool {
    let [a, b, c, ..] = groups else { return false };
    let digits = |group: &Range<usize>| text.get(group.clone()).unwrap_or_default();
    let is_year = |g: &Range<usize>| g.len() == 4 && digits(g).starts_with(['1', '2']);
    near(text, a, b, IN_A_DATE)
        && near(text, b, c, IN_A_DATE)
        && b.len() <= 2
        && ((a.len() <= 2 && is_year(c)) || (is_year(a) && c.len() <= 2))
}

fn is_phone(written: &str) -> bool {
    let (digits, national) = (digits(written), national(written));
    let british = matches!(national.len(), 9 | 10) && !national.starts_with('0');
    let abroad = if written.starts_with('+') {
        Some(&*digits)
    } else {
        digits.strip_prefix("00")
    };
    match abroad {
        Some(number) if !number.starts_with("44") => number.len() >= 8,
        Some(_) => british,
        None => {
            british
                && (digits.starts_with('0') || (national.len() == 10 && national.starts_with('7')))
        }
    }
}

/// Reduces a British number, however written, to the digits after 0 or +44; of others, keeps what is there.
fn national(written: &str) -> String {
    let digits = digits(written);
    let bare = digits.strip_prefix("00").unwrap_or(&digits);
    let bare = bare
        .strip_prefix("44")
        .filter(|rest| rest.len() >= 9)
        .unwrap_or(bare);
    bare.strip_prefix('0').unwrap_or(bare).to_owned()
}

fn digits(written: &str) -> String {
    written.chars().filter(char::is_ascii_digit).collect()
}

/// The longest number that the world's numbering plan allows.
const MAX_DIGITS: usize = 15;
const IN_A_PHONE: &str = " \u{a0}-–‑.()";
const IN_A_DATE: &str = " -./";
