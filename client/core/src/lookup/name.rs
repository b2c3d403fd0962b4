//! Names against names: each word, as it is spelt and as it sounds.

use super::alike::{self, Spelling};
use super::{Reason, is_short, sound};

/// A name that is looked for.
pub(super) struct Name {
    whole: Spelling,
    short: bool,
    words: Vec<Word>,
}

struct Word {
    spelling: Spelling,
    sounds: Vec<u8>,
}

/// How a word is like another; the better is less.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Same,
    Spelling,
    Sound,
}

impl Name {
    pub(super) fn new(folded: &str) -> Self {
        let word = |text: &str| Word {
            spelling: Spelling::new(text),
            sounds: sound::of(text).collect(),
        };
        Self {
            whole: Spelling::new(folded),
            short: is_short(folded),
            words: folded.split(' ').map(word).collect(),
        }
    }

    pub(super) fn compare(&self, name: &str, cut: bool) -> Option<Reason> {
        let folded = self.whole.word();
        if cut && folded.starts_with(name) {
            return Some(Reason::SameBeginning);
        }
        if !cut && name == folded {
            return Some(Reason::SameName);
        }
        if self.short {
            return None;
        }
        let count = 1 + name.bytes().filter(|byte| *byte == b' ').count();
        // The last word of a cut name may be the beginning of one.
        let by_word = self.words_alike(name, count - usize::from(cut));
        // Spaces can be in other places too, or missing.
        let nearly = if cut {
            alike::nearly_begins(folded, name)
        } else {
            self.words.len() + count > 2 && self.whole.nearly(name)
        };
        let nearly = nearly.then_some(Reason::NameNearly);
        by_word.into_iter().chain(nearly).min()
    }

    /// Whether every word of the shorter name, this or the first words of the other, has one like it in the longer.
    fn words_alike(&self, name: &str, count: usize) -> Option<Reason> {
        let words = name.split_ascii_whitespace().take(count);
        let worst = if self.words.len() < count {
            let best = |mine: &Word| words.clone().filter_map(|word| mine.likeness(word)).min();
            worst(self.words.iter().map(best))
        } else {
            let best = |word| {
                let mine = self.words.iter();
                mine.filter_map(|mine| mine.likeness(word)).min()
            };
            worst(words.map(best))
        };
        Some(match worst? {
            Likeness::Same => Reason::NamePart,
            _ if count != self.words.len() => Reason::NamePartAlike,
            Likeness::Spelling => Reason::NameNearly,
            Likeness::Sound => Reason::NameSounds,
        })
    }
}

impl Word {
    fn likeness(&self, word: &str) -> Option<Likeness> {
        if word == self.spelling.word() {
            Some(Likeness::Same)
        } else if self.spelling.nearly(word) {
            Some(Likeness::Spelling)
        } else {
            let mine = self.sounds.iter().copied();
            let sounds = self.sounds.len() >= SOUNDS && sound::of(word).eq(mine);
            sounds.then_some(Likeness::Sound)
        }
    }
}

/// The worst of all, or none if any is none or there are none.
fn worst(mut all: impl Iterator<Item = Option<Likeness>>) -> Option<Likeness> {
    let first = all.next()??;
    all.try_fold(first, |worst, one| Some(worst.max(one?)))
}

/// The fewest sounds by which a word can be known.
const SOUNDS: usize = 2;
