//! Letters and digits as they are compared: lower case and without accents, in whatever style they were written.

use alloc::string::String;

/// Lower-cases, strips accents from Latin, Greek and Cyrillic letters, writes other digits and styled letters as ASCII,
/// and drops what cannot be seen. Folding twice changes nothing more.
pub(super) fn letters(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(|c| ascii(c).to_lowercase()) {
        if is_unseen(c) {
            continue;
        }
        match accented(c) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(c),
        }
    }
    folded
}

/// What stands between the groups of a phone number or a plate.
pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace() || SEPARATORS.contains(c)
}

/// The Latin letter that a Cyrillic or Greek one on a plate is taken for, and made to be taken for.
pub(super) fn latin_twin(c: char) -> char {
    TWINS
        .iter()
        .find(|(_, twins)| twins.contains(c))
        .map_or(c, |(latin, _)| *latin)
}

/// A digit of another script, a full-width sign or a styled letter as ASCII; anything else as it is.
fn ascii(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let code = u32::from(c);
    let zeros = ZEROS.iter().map(|zero| (*zero, *zero + 9, '0', 10));
    STYLED
        .iter()
        .copied()
        .chain(zeros)
        .find(|(first, last, ..)| (*first..=*last).contains(&code))
        .and_then(|(first, _, base, period)| {
            char::from_u32(u32::from(base) + (code - first) % period)
        })
        .unwrap_or(c)
}

fn accented(c: char) -> Option<&'static str> {
    if c.is_ascii() {
        return None;
    }
    ACCENTED
        .iter()
        .find(|(_, list)| list.contains(c))
        .map(|(plain, _)| *plain)
}

pub(super) fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !c.is_whitespace();
    }
    let code = u32::from(c);
    (c.is_control() && !c.is_whitespace())
        || UNSEEN
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&code))
}

const SEPARATORS: &str = "-‐‑‒–—―−﹣./\\_·•()[]";

/// First, last, what the first is, and after how many it begins again.
const STYLED: [(u32, u32, char, u32); 7] = [
    (0xff01, 0xff5e, '!', 94),
    (0x24b6, 0x24e9, 'a', 26),
    (0x1d400, 0x1d6a3, 'a', 26),
    (0x1d7ce, 0x1d7ff, '0', 10),
    (0x1f130, 0x1f149, 'a', 26),
    (0x1f150, 0x1f169, 'a', 26),
    (0x1f170, 0x1f189, 'a', 26),
];

/// The zero of each script that counts in tens; its other digits follow it.
const ZEROS: [u32; 18] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810,
];

/// Marks on letters, which some keyboards write apart and some leave out, and signs without a shape.
const UNSEEN: [(u32, u32); 44] = [
    (0x00ad, 0x00ad),
    (0x0300, 0x036f),
    (0x0483, 0x0489),
    (0x0591, 0x05bd),
    (0x05bf, 0x05bf),
    (0x05c1, 0x05c2),
    (0x05c4, 0x05c5),
    (0x05c7, 0x05c7),
    (0x0610, 0x061a),
    (0x061c, 0x061c),
    (0x0640, 0x0640),
    (0x064b, 0x065f),
    (0x0670, 0x0670),
    (0x06d6, 0x06dc),
    (0x06df, 0x06e4),
    (0x06ea, 0x06ed),
    (0x093c, 0x093c),
    (0x094d, 0x094d),
    (0x09bc, 0x09bc),
    (0x09cd, 0x09cd),
    (0x0a3c, 0x0a3c),
    (0x0a4d, 0x0a4d),
    (0x0abc, 0x0abc),
    (0x0acd, 0x0acd),
    (0x0b3c, 0x0b3c),
    (0x0b4d, 0x0b4d),
    (0x0bcd, 0x0bcd),
    (0x0c4d, 0x0c4d),
    (0x0cbc, 0x0cbc),
    (0x0ccd, 0x0ccd),
    (0x0d4d, 0x0d4d),
    (0x0dca, 0x0dca),
    (0x0e47, 0x0e4e),
    (0x180b, 0x180e),
    (0x1ab0, 0x1aff),
    (0x1dc0, 0x1dff),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x20d0, 0x20ff),
    (0xfe00, 0xfe0f),
    (0xfe20, 0xfe2f),
    (0xfeff, 0xfeff),
    (0xe0000, 0xe0fff),
];

/// Letters that look alike on the plates of Europe.
const TWINS: [(char, &str); 16] = [
    ('a', "аα"),
    ('b', "вβ"),
    ('c', "с"),
    ('e', "еε"),
    ('h', "нη"),
    ('i', "іι"),
    ('k', "кκ"),
    ('m', "мμ"),
    ('n', "ν"),
    ('o', "оο"),
    ('p', "рρ"),
    ('t', "тτ"),
    ('x', "хχ"),
    ('y', "уυ"),
    ('z', "ζ"),
    ('j', "ј"),
];

/// What is written for each letter with an accent, a stroke or a flourish.
const ACCENTED: [(&str, &str); 52] = [
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧəḁẚạảấầẩẫậắằẳẵặ"),
    ("ae", "æǣǽ"),
    ("b", "ƀɓḃḅḇℬ"),
    ("c", "çćĉċčƈḉℂℭ"),
    ("d", "ďđðɖɗḋḍḏḑḓ"),
    ("dz", "ǆǳ"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệℯℰ"),
    ("f", "ƒḟℱ"),
    ("g", "ĝğġģǥǧǵɠḡℊ"),
    ("h", "ĥħȟḣḥḧḩḫẖℋℌℍℎℏ"),
    ("i", "ìíîïĩīĭįıǐȉȋɨḭḯỉịℐℑ"),
    ("ij", "ĳ"),
    ("j", "ĵǰ"),
    ("k", "ķĸƙǩḱḳḵ"),
    ("l", "ĺļľŀłƚḷḹḻḽℒ"),
    ("lj", "ǉ"),
    ("m", "ḿṁṃℳ"),
    ("n", "ñńņňŉŋǹɲṅṇṉṋℕ"),
    ("nj", "ǌ"),
    ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợℴ"),
    ("oe", "œ"),
    ("p", "ƥṕṗℙ"),
    ("q", "ℚ"),
    ("r", "ŕŗřȑȓṙṛṝṟℛℜℝ"),
    ("s", "śŝşšșſṡṣṥṧṩẛ"),
    ("ss", "ß"),
    ("t", "ţťŧƭțṫṭṯṱẗ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("v", "ʋṽṿ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷƴȳẏẙỳỵỷỹ"),
    ("z", "źżžƶẑẓẕℤℨ"),
    ("α", "ά"),
    ("ε", "έ"),
    ("η", "ή"),
    ("ι", "ίϊΐ"),
    ("ο", "ό"),
    ("υ", "ύϋΰ"),
    ("ω", "ώ"),
    ("σ", "ς"),
    ("г", "ѓґ"),
    ("е", "ёѐ"),
    ("и", "йѝ"),
    ("і", "ї"),
    ("к", "ќ"),
    ("у", "ў"),
    ("ff", "ﬀ"),
    ("fi", "ﬁ"),
    ("fl", "ﬂ"),
    ("st", "ﬆ"),
];
