//! Whether two words are spelt nearly the same: Damerau and Levenshtein's distance, asked only where it may be small.

/// A word that others are compared with.
pub(super) struct Spelling {
    word: String,
    letters: usize,
    which: u64,
}

impl Spelling {
    pub(super) fn new(word: &str) -> Self {
        Self {
            letters: letters(word),
            which: which(word),
            word: word.to_owned(),
        }
    }

    pub(super) fn word(&self) -> &str {
        &self.word
    }

    /// Whether a word is one slip from this, or two if both have more than 5 letters; with less than 3, none.
    ///
    /// A slip is a letter that is different, missing or too many, or two neighbours that are swapped.
    pub(super) fn nearly(&self, other: &str) -> bool {
        let length = letters(other);
        let most: u8 = match self.letters.min(length) {
            0..=2 => return self.word == other,
            3..=5 => 1,
            _ => 2,
        };
        if self.letters.abs_diff(length) > most.into() {
            return false;
        }
        // A slip takes away the last of one letter and brings the first of another, at most.
        let different = (self.which ^ which(other)).count_ones();
        if different > u32::from(most) * 2 {
            return false;
        }
        let (a, b) = middles(&self.word, other);
        a.is_empty() || b.is_empty() || strsim::osa_distance(a, b) <= most.into()
    }

    /// Whether one word is inside the other. A word that is shorter than this counts from `shortest` bytes on.
    pub(super) fn inside(&self, other: &str, shortest: usize) -> bool {
        if other.len() < shortest.min(self.word.len()) {
            return false;
        }
        let which = which(other);
        if other.len() < self.word.len() {
            which & !self.which == 0 && self.word.contains(other)
        } else {
            self.which & !which == 0 && other.contains(&self.word)
        }
    }
}

/// Whether the beginning of a text is nearly this, in as many letters.
pub(super) fn nearly_begins(text: &str, beginning: &str) -> bool {
    let end = text.char_indices().nth(letters(beginning));
    let same_length = end.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
    Spelling::new(beginning).nearly(same_length)
}

/// Whether two different texts of ASCII are one slip apart.
pub(super) fn one_slip(a: &str, b: &str) -> bool {
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let (a, b) = middles(a, b);
    match (a.as_bytes(), b.as_bytes()) {
        ([_], [_] | []) | ([], [_]) => true,
        ([first, second], [left, right]) => first == right && second == left,
        _ => false,
    }
}

fn letters(word: &str) -> usize {
    word.chars().count()
}

/// Which letters a word has: each sets one of 64 bits.
fn which(word: &str) -> u64 {
    let bits = |all, code: u32| all | 1u64 << (code % u64::BITS);
    if word.is_ascii() {
        word.bytes().map(u32::from).fold(0, bits)
    } else {
        word.chars().map(u32::from).fold(0, bits)
    }
}

/// Two texts without their common beginning and end.
fn middles<'a, 'b>(a: &'a str, b: &'b str) -> (&'a str, &'b str) {
    let same = |(a, b): &(char, char)| a == b;
    let length = |(c, _): (char, char)| c.len_utf8();
    let begin: usize = a.chars().zip(b.chars()).take_while(same).map(length).sum();
    let (a, b) = (rest(a, begin), rest(b, begin));
    let backwards = a.chars().rev().zip(b.chars().rev());
    let end: usize = backwards.take_while(same).map(length).sum();
    (but(a, end), but(b, end))
}

fn rest(text: &str, begin: usize) -> &str {
    text.get(begin..).unwrap_or_default()
}

fn but(text: &str, end: usize) -> &str {
    let kept = text.len().saturating_sub(end);
    text.get(..kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_nearly(a: &str, b: &str) -> bool {
        Spelling::new(a).nearly(b)
    }

    #[test]
    fn what_is_quickly_refused_is_far_apart() {
        let words = [
            "jo",
            "jon",
            "john",
            "jhon",
            "joan",
            "josef",
            "joseph",
            "steven",
            "stephen",
            "stefan",
            "mohammed",
            "muhammad",
            "mohamed",
            "дмитрии",
            "димитрии",
            "王伟",
            "王小伟",
            "anna",
            "hannah",
            "",
        ];
        for a in words {
            for b in words {
                let shortest = a.chars().count().min(b.chars().count());
                let most = [0, 0, 0, 1, 1, 1].get(shortest).copied().unwrap_or(2);
                let expected = strsim::osa_distance(a, b) <= most;
                assert_eq!(are_nearly(a, b), expected, "{a} {b}");
            }
        }
    }

    #[test]
    fn one_slip_is_a_digit_or_a_swap_and_no_more() {
        for other in [
            "1245", "1334", "234", "134", "124", "12345", "11234", "2134", "1243",
        ] {
            assert_eq!(one_slip("1234", other), other != "1245", "{other}");
            assert_eq!(one_slip(other, "1234"), other != "1245", "{other}");
        }
        for other in ["", "12", "2143", "4321", "123456", "3412"] {
            assert!(!one_slip("1234", other), "{other}");
        }
    }

    #[test]
    fn a_beginning_is_compared_with_as_much() {
        assert!(nearly_begins("bartholomew smith", "barthlomew"));
        assert!(nearly_begins("bart", "bart"));
        assert!(!nearly_begins("bartholomew smith", "smith"));
    }
}
