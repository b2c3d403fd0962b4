//! How a name sounds, roughly and to an English ear: Stephen as Steven, Geoff as Jeff, Mohammed as Muhammad.
//!
//! What Philips's Metaphone does, in less: consonants that are easily taken for each other are one, silent and doubled
//! ones are left out, and of the vowels only the first counts, as one of three. Unlike there, the first consonant keeps
//! its voice, so that Dan is not Tan. Only words in Latin letters, in lower case and without accents, have a sound.

use core::slice::Iter;

/// The sounds of a word, one after the other: it stops being read where it is no longer compared.
pub(super) struct Sounds<'a> {
    rest: &'a [u8],
    before: u8,
    had_vowel: bool,
    said: u8,
    next: Iter<'static, u8>,
}

/// Begins to read a word.
pub(super) fn of(word: &str) -> Sounds<'_> {
    Sounds {
        rest: word.as_bytes(),
        before: START,
        had_vowel: false,
        said: START,
        next: [].iter(),
    }
}

impl Iterator for Sounds<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            if let Some(sound) = self.next.next() {
                return Some(*sound);
            }
            let first = *self.rest.first()?;
            let (sounds, used) = if first == self.before {
                (b"".as_slice(), 1)
            } else {
                sounds(self.before, self.rest)
            };
            let (read, rest) = self.rest.split_at_checked(used)?;
            self.before = read.last().copied().unwrap_or(first);
            self.rest = rest;
            let Some(sound) = sounds.first() else {
                continue;
            };
            let is_vowel = sound.is_ascii_lowercase();
            // "Schmidt": two consonants that sound alike are one.
            if (is_vowel && !self.had_vowel) || (!is_vowel && *sound != self.said) {
                self.next = sounds.iter();
            }
            self.had_vowel |= is_vowel;
            self.said = *sound;
        }
    }
}

/// What the letters in front sound like, and how many they are.
fn sounds(before: u8, rest: &[u8]) -> (&'static [u8], usize) {
    let start = before == START;
    match rest {
        [b'a', ..] => (b"a", 1),
        [b'y', next, ..] if start && is_vowel(*next) => (b"Y", 1),
        [b'e' | b'i' | b'y', ..] => (b"e", 1),
        [b'o' | b'u', ..] => (b"o", 1),
        [b'k' | b'g' | b'p', b'n', ..] if start => (b"N", 2),
        [b'w', b'r', ..] if start => (b"R", 2),
        [b'w', b'h', ..] if start => (b"W", 2),
        [b'b', ..] if start => (b"B", 1),
        [b'b', ..] => (b"P", 1),
        [b'c', b'h', b'l' | b'r', ..] | [b'c', b'h', b'a', b'e', ..] => (b"K", 2),
        [b'c', b'h', b'o', ..] if !start => (b"K", 2),
        [b'c', b'h' | b'z', ..] => (b"X", 2),
        [b'c', b'k', ..] => (b"K", 2),
        [b'c', b'e' | b'i' | b'y', ..] => (b"S", 1),
        [b'd', b'g', b'e' | b'i' | b'y', ..] | [b'd', b'j', ..] => (b"J", 2),
        [b'd', ..] if start => (b"D", 1),
        [b'd', ..] => (b"T", 1),
        [b'g', b'h', ..] if start => (b"G", 2),
        [b'g', b'h', ..] => (b"", 2),
        [b'g', b'e' | b'i' | b'y', ..] => (b"J", 1),
        [b'g', ..] if start => (b"G", 1),
        [b'h', next, ..] if is_vowel(*next) && (start || is_vowel(before)) => (b"H", 1),
        [b'p', b'h', ..] => (b"F", 2),
        [b's', b'c', b'h', ..] | [b't', b'c', b'h', ..] => (b"X", 3),
        [b's', b'c', b'e' | b'i' | b'y', ..] | [b's', b'z', ..] => (b"S", 2),
        [b's' | b'z', b'h', ..] => (b"X", 2),
        [b't', b'h', ..] => (b"T", 2),
        [b't', b'z', ..] => (b"S", 2),
        [b'v', ..] if start => (b"V", 1),
        [b'w', next, ..] if start && is_vowel(*next) => (b"W", 1),
        [b'x' | b'z', ..] if start => (b"Z", 1),
        [b'x', ..] => (b"KS", 1),
        [b'c' | b'g' | b'k' | b'q', ..] => (b"K", 1),
        [b'f' | b'v', ..] => (b"F", 1),
        [b'j', ..] => (b"J", 1),
        [b'l', ..] => (b"L", 1),
        [b'm', ..] => (b"M", 1),
        [b'n', ..] => (b"N", 1),
        [b'p', ..] => (b"P", 1),
        [b'r', ..] => (b"R", 1),
        [b's' | b'z', ..] => (b"S", 1),
        [b't', ..] => (b"T", 1),
        _ => (b"", 1),
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// No letter.
const START: u8 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> bool {
        of(a).eq(of(b))
    }

    #[test]
    fn names_that_are_said_alike_sound_alike() {
        for same in [
            "stephen steven stefan",
            "jon john jonn",
            "geoff jeff",
            "geoffrey jeffrey jeffery",
            "mohammed muhammad mohamed mohamad muhammed mohammad",
            "catherine kathryn katharine",
            "philip phillip filip",
            "christopher kristofer",
            "nicholas nikolas nicolas",
            "michael mikael",
            "mitchell mitchel",
            "shaun shawn",
            "rhys reece rees",
            "lee leigh li",
            "vaughan vaun",
            "schmidt schmitt schmit",
            "xander zander",
            "ahmed ahmad ahmet",
            "hussein husain hossain",
            "tomasz tomas thomas",
            "bryan brian",
            "knight nite",
            "matthew mathew",
            "lukasz lucas",
            "yusuf youssef",
            "dexter deckster",
        ] {
            let mut words = same.split(' ');
            let first = words.next().unwrap();
            for word in words {
                assert!(alike(first, word), "{first} {word}");
            }
        }
    }

    #[test]
    fn names_that_are_said_otherwise_do_not() {
        for (a, b) in [
            ("dan", "tan"),
            ("ben", "pen"),
            ("jane", "john"),
            ("jane", "jean"),
            ("mark", "mike"),
            ("ahmed", "hamed"),
            ("anna", "hannah"),
            ("steven", "steve"),
            ("gary", "kerry"),
            ("dave", "danny"),
            ("zoe", "sue"),
            ("marta", "marek"),
            ("jordan", "jon"),
        ] {
            assert!(!alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn other_scripts_and_signs_have_no_sound() {
        for word in ["дмитрии", "王伟", "123", ""] {
            assert_eq!(of(word).count(), 0, "{word}");
        }
        assert_eq!(of("john").collect::<Vec<_>>(), b"JoN");
        assert_eq!(of("alexander").collect::<Vec<_>>(), b"aLKSNTR");
    }
}
