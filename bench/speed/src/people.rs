//! People who do not exist, whom alerts warn of, and what somebody would type to look them up.

use brolly_protocol::board::alert::IDENTIFIERS;
use brolly_protocol::identifier::{Identifier, Kind, pack};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha20Rng;

use crate::Outcome;

/// What everybody here has one of, and what it is called.
pub(crate) const KINDS: [(Kind, &str); 4] = [
    (Kind::Phone, "a phone number"),
    (Kind::Plate, "a plate"),
    (Kind::Name, "a name"),
    (Kind::Handle, "a handle"),
];
/// The calling code of where they live.
pub(crate) const CALLING_CODE: u16 = 44;

/// Somebody, by a text of each kind.
pub(crate) struct Person([String; KINDS.len()]);

/// Something that is typed.
pub(crate) struct Question {
    pub(crate) text: String,
    /// Whether it is the whole text that an alert has.
    pub(crate) whole: bool,
}

impl Person {
    pub(crate) fn draw(rng: &mut ChaCha20Rng) -> Self {
        let phone = format!("07{:09}", rng.random_range(0..1_000_000_000));
        let letters = |rng: &mut ChaCha20Rng, count: usize| -> String {
            let draw = |_| char::from(rng.random_range(b'A'..=b'Z'));
            (0..count).map(draw).collect()
        };
        let (area, rest) = (letters(rng, 2), letters(rng, 3));
        let plate = format!("{area}{:02} {rest}", rng.random_range(2..75));
        let given = one(&GIVEN, rng);
        let family = format!(
            "{}{}{}",
            one(&SYLLABLES, rng),
            one(&SYLLABLES, rng),
            one(&ENDINGS, rng)
        );
        let handle = format!(
            "{given}{}{}",
            one(&SYLLABLES, rng),
            rng.random_range(1..2_000)
        );
        Self([phone, plate, format!("{given} {family}"), handle])
    }

    /// Their records in the index.
    pub(crate) fn records(&self) -> Outcome<Vec<[u8; IDENTIFIERS]>> {
        let identifiers = KINDS
            .into_iter()
            .zip(&self.0)
            .map(|((kind, _), text)| Identifier::new(kind, text, CALLING_CODE))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(pack(&identifiers, "LS2")?)
    }
}

/// So many questions of each kind, the kinds in turn: a third as published, a third with two characters swapped, a
/// third in part.
pub(crate) fn questions(people: &[Person], each: usize, rng: &mut ChaCha20Rng) -> Vec<Question> {
    let mut questions = Vec::new();
    for number in 0..each {
        for place in 0..KINDS.len() {
            let person = people.choose(rng);
            let text = person.and_then(|person| person.0.get(place));
            let text = text.map_or("", String::as_str);
            questions.push(Question {
                text: match number % 3 {
                    0 => text.to_owned(),
                    1 => swapped(text),
                    _ => part(text),
                },
                whole: number % 3 == 0,
            });
        }
    }
    questions
}

/// With the two characters in the middle swapped.
fn swapped(text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let middle = characters.len() / 2;
    if middle > 0 && middle < characters.len() {
        characters.swap(middle - 1, middle);
    }
    characters.into_iter().collect()
}

/// The first word of several; of one, the last six characters.
fn part(text: &str) -> String {
    match text.split_once(' ') {
        Some((first, _)) => first.to_owned(),
        None => text
            .chars()
            .skip(text.chars().count().saturating_sub(6))
            .collect(),
    }
}

fn one(list: &[&'static str], rng: &mut ChaCha20Rng) -> &'static str {
    list.choose(rng).copied().unwrap_or_default()
}

const GIVEN: [&str; 24] = [
    "adam", "ahmed", "alan", "andrzej", "ben", "callum", "chris", "dave", "diego", "gary", "hans",
    "ivan", "jack", "james", "john", "kevin", "lee", "liam", "mark", "mohammed", "paul", "pete",
    "rob", "steve",
];
const SYLLABLES: [&str; 24] = [
    "ash", "bar", "black", "brad", "cal", "dun", "ed", "far", "glen", "har", "kel", "lang", "mac",
    "nor", "old", "pem", "quin", "rad", "stan", "thorn", "ul", "ver", "wood", "york",
];
const ENDINGS: [&str; 12] = [
    "by", "er", "field", "ford", "ham", "ley", "man", "more", "son", "ton", "well", "worth",
];
