use std::format;
use std::string::ToString;

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::*;

const UK: u16 = 44;
const CODES: [u16; 10] = [44, 1, 7, 33, 36, 39, 47, 61, 91, 353];

fn phone(text: &str, calling_code: u16) -> String {
    match Identifier::phone(text, calling_code) {
        Ok(number) => number.folded,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn said(result: Result<Identifier, IdentifierError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    for text in [
        "07700 900123",
        "07700900123",
        "7700900123",
        "+447700900123",
        "+44 (0)7700-900123",
        "+44 07700 900 123",
        "(+44) 7700.900.123",
        "0044 7700 900123",
        "0044 (0) 7700 900123",
        "+0044 7700 900123",
        "447700900123",
        "44 07700 900123",
        "tel:+44-7700-900123",
        "\t07700\u{a0}900\u{2009}123\n",
        "07700–900—123",
        "07700\u{200b}\u{2060}900123",
        "\u{202a}+44 7700 900123\u{202c}",
        "０７７００　９００１２３",
        "＋４４７７００９００１２３",
        "٠٧٧٠٠ ٩٠٠١٢٣",
        "०७७०० ९००१२३",
        "𝟎𝟳𝟕𝟎𝟎 𝟗𝟎𝟎𝟏𝟐𝟑",
        "0\u{fe0f}\u{20e3}7\u{fe0f}\u{20e3}7\u{fe0f}\u{20e3}00 900123",
    ] {
        assert_eq!(phone(text, UK), "447700900123", "{text}");
    }
    assert_eq!(phone("(020) 7946 0958", UK), "442079460958");
    assert_eq!(phone("0161 496 0000", UK), "441614960000");
    assert_eq!(phone("01204 55555", UK), "44120455555");
}

#[test]
fn numbers_of_other_countries_keep_their_code_and_lose_what_is_dialled_at_home() {
    for (text, here, folded) in [
        ("+40 721 234 567", UK, "40721234567"),
        ("0040 (0)721 234 567", UK, "40721234567"),
        ("+48 600 123 456", UK, "48600123456"),
        ("+1 (212) 555-0100", UK, "12125550100"),
        ("+353 (0)85 012 3456", UK, "353850123456"),
        ("+39 06 1234 5678", UK, "390612345678"),
        ("+7 812 123-45-67", UK, "78121234567"),
        ("+36 06 30 123 4567", UK, "36301234567"),
        ("085 012 3456", 353, "353850123456"),
        ("06 1234 5678", 39, "390612345678"),
        ("612 345 678", 34, "34612345678"),
        ("(212) 555-0100", 1, "12125550100"),
        ("1-212-555-0100", 1, "12125550100"),
        ("011 44 7700 900123", 1, "447700900123"),
        ("8 (912) 345-67-89", 7, "79123456789"),
        ("812 123-45-67", 7, "78121234567"),
        ("+81 090 1234 5678", 7, "819012345678"),
        ("06 30 123 4567", 36, "36301234567"),
        ("9123456789", 91, "919123456789"),
        ("91 91234 56789", 91, "919123456789"),
        ("0011 44 7700 900123", 61, "447700900123"),
        ("91 23 45 67", 47, "4791234567"),
        ("4791234567", 47, "4791234567"),
        ("0532 123 45 67", 90, "905321234567"),
    ] {
        assert_eq!(phone(text, here), folded, "{text} in {here}");
    }
}

#[test]
fn what_is_wrong_with_a_number_is_said() {
    let said = |text| said(Identifier::phone(text, UK));
    for (text, count) in [
        ("", "2"),
        ("900123", "8"),
        ("07700 9001", "10"),
        ("+1", "1"),
    ] {
        let sentence = said(text);
        assert!(
            sentence.contains(&format!("this has {count};")),
            "{text}: {sentence}"
        );
        assert!(sentence.contains("7 to 15 digits"), "{sentence}");
    }
    assert!(said("07700 900123 07700 900124").contains("this has 23; write one number"));
    assert!(said("07700 900123 or so").contains("take out 'o'"));
    assert!(said("07700 900+123").contains("take out '+'"));
    assert!(said("07700 900123 😀").contains("take out '😀'"));
    assert!(said("+044 7700 900123").starts_with("no country code begins with 0"));
    assert!(said(&"7".repeat(10_000)).starts_with("this is too long"));
}

#[test]
fn a_plate_is_letters_and_digits_and_takes_o_for_0_and_i_for_1() {
    let plate = |text: &str| Identifier::plate(text).map(|plate| plate.folded);
    for text in [
        "AB12 ODE",
        "ab120de",
        "AB-12-0DE",
        "AB12·0DE",
        " aB1２ ode ",
        "АВ12 ОDЕ",
        "ΑΒ12 ΟDΕ",
        "AB\u{200b}12ODE",
        "ÁB12 ÖDE",
        "ABI2 0DE",
    ] {
        assert_eq!(plate(text).unwrap(), "AB120DE", "{text}");
    }
    assert_eq!(plate("B 101").unwrap(), "B101");
    assert_eq!(plate("LL").unwrap(), "LL", "L is no 1");
    assert_eq!(plate("A"), Err(IdentifierError::PlateLength(1)));
    assert_eq!(plate("AB12CDE4567"), Err(IdentifierError::PlateLength(11)));
    assert_eq!(plate("--"), Err(IdentifierError::PlateLength(0)));
    for (text, c) in [("AB1? CDE", '?'), ("AB12😀", '😀'), ("京A12345", '京')] {
        assert_eq!(plate(text), Err(IdentifierError::PlateCharacter(c)));
    }
    assert_eq!(
        IdentifierError::PlateCharacter('?').to_string(),
        "a number plate has the letters A to Z and digits; take out '?', or give only the part that was seen"
    );
}

#[test]
fn a_name_is_plain_letters_in_lower_case() {
    let name = |text: &str| Identifier::name(text).map(|name| name.folded);
    for (text, folded) in [
        ("José", "jose"),
        ("Jose\u{301}", "jose"),
        ("ŁUKASZ Świętosław", "lukasz swietoslaw"),
        ("Ștefan Țîrlea, Şerban Ţigan", "stefan tirlea serban tigan"),
        ("Llŷr Gŵyn", "llyr gwyn"),
        ("João Conceição", "joao conceicao"),
        ("Íñigo Núñez", "inigo nunez"),
        ("İbrahim Işık Çağrı", "ibrahim isik cagri"),
        ("Ærøskøbing Straße Þór", "aeroskobing strasse thor"),
        ("Nguyễn Văn Đức", "nguyen van duc"),
        ("O’Neill, Mary--Jane", "o neill mary jane"),
        ("  Big\t\tDave\n", "big dave"),
        ("\"Dave\" (tall)", "dave tall"),
        ("Dave 2", "dave 2"),
        ("Ｄａｖｅ 𝓓𝓪𝓿𝓮 Ⓓⓐⓥⓔ", "dave dave dave"),
        ("D\u{200d}a\u{ad}v\u{0}e", "dave"),
        ("\u{202e}Dave😀Leeds", "dave leeds"),
        ("Дмитрий Ёлкин", "дмитрии елкин"),
        ("Γιώργος", "γιωργοσ"),
        ("مُحَمَّد", "محمد"),
        ("王伟", "王伟"),
    ] {
        assert_eq!(name(text).unwrap(), folded, "{text}");
    }
    for text in ["", "  ", "😀", "123", "\u{202e}", "--"] {
        assert_eq!(name(text), Err(IdentifierError::NameEmpty), "{text}");
    }
    assert_eq!(name(&"é".repeat(254)).unwrap().len(), 254);
    assert_eq!(name(&"e".repeat(255)), Err(IdentifierError::TooLong));
}

#[test]
fn a_handle_is_what_follows_the_site() {
    let handle = |text: &str| Identifier::handle(text).map(|handle| handle.folded);
    for text in [
        "BigDave_69",
        "@BigDave_69",
        " @bigdave_69 ",
        "@＠bigdave_69",
        "https://www.site.tld/bigdave_69/",
        "HTTPS://Site.TLD/@BigDave_69?lang=en#top",
        "www.site.tld/users/bigdave_69",
        "site.tld/bigdave_69",
        "u/bigdave_69",
        "http://site.tld/profile.php?id=BigDave_69&ref=1",
        "𝓫𝓲𝓰𝓭𝓪𝓿𝓮_69",
    ] {
        assert_eq!(handle(text).unwrap(), "bigdave_69", "{text}");
    }
    for (text, folded) in [
        ("Dave.Smith+x@Mail.Example", "dave.smith+x@mail.example"),
        ("mailto:dave@mail.example", "dave@mail.example"),
        ("@dave@social.example", "dave@social.example"),
        ("https://dave.site.tld/", "dave.site.tld"),
        ("https://a.tld/www.b.tld", "b.tld"),
        ("José", "jose"),
        ("why?", "why?"),
    ] {
        assert_eq!(handle(text).unwrap(), folded, "{text}");
    }
    for text in [
        "",
        "@",
        "https://",
        "www.",
        "😀",
        "/",
        "???",
        "https://site.tld/?q=",
    ] {
        assert_eq!(handle(text), Err(IdentifierError::HandleEmpty), "{text}");
    }
    for text in ["big dave", "dave / @steve", "https://site.tld/big dave"] {
        assert_eq!(handle(text), Err(IdentifierError::HandleWords), "{text}");
    }
    assert_eq!(handle(&"a".repeat(255)), Err(IdentifierError::TooLong));
    assert_eq!(handle(&"a".repeat(1_001)), Err(IdentifierError::TooLong));
}

#[test]
fn a_typed_text_is_taken_for_all_that_it_may_be() {
    use Kind::{Handle, Name, Phone, Plate};
    let kinds = |text: &str| match Query::guess(text, UK) {
        Ok(guesses) => guesses.iter().map(Query::kind).collect(),
        Err(error) => panic!("{text}: {error}"),
    };
    let guessed: [(&str, &[Kind]); 19] = [
        ("07700 900123", &[Phone]),
        ("07700900123", &[Phone, Handle]),
        ("0123", &[Phone, Plate, Handle]),
        ("900 123", &[Phone, Plate]),
        ("123", &[Plate, Handle]),
        ("+4477", &[Phone, Handle]),
        ("AB12 CDE", &[Plate, Name]),
        ("ab12cde", &[Plate, Name, Handle]),
        ("CDE", &[Plate, Name, Handle]),
        ("dave", &[Name, Handle]),
        ("Big Dave", &[Name]),
        ("BIG DAVE FROM LEEDS", &[Name]),
        ("Dave / Steve @ Leeds", &[Name]),
        ("Dave/Steve", &[Name, Handle]),
        ("@dave", &[Handle]),
        ("dave@mail.example", &[Handle]),
        ("https://site.tld/dave", &[Handle]),
        ("https://chat.tld/447700900123", &[Phone, Handle]),
        ("王伟", &[Name, Handle]),
    ];
    for (text, expected) in guessed {
        let found: alloc::vec::Vec<Kind> = kinds(text);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_part_of_a_number_is_kept_as_it_was_typed() {
    let number = |text: &str| Query::guess(text, UK).ok().unwrap().remove(0);
    let whole = number("07700 900123");
    assert!(whole.is_whole());
    assert_eq!(whole.folded(), "447700900123");
    assert_eq!(whole.typed(), "07700900123");
    assert_eq!(whole.national(), "7700900123");
    let part = number("0770");
    assert!(!part.is_whole());
    assert_eq!(
        (part.folded(), part.typed(), part.national()),
        ("44770", "0770", "770")
    );
    let abroad = number("+40 721");
    assert!(!abroad.is_whole());
    assert_eq!((abroad.folded(), abroad.national()), ("40721", "40721"));
    let plate = number("AB1O");
    assert_eq!((plate.folded(), plate.typed()), ("AB10", "AB1O"));
}

#[test]
fn a_text_with_nothing_to_look_up_is_answered_with_a_sentence() {
    let said = |text: &str| Query::guess(text, UK).err().map(|e| e.to_string());
    for text in [
        "",
        " ",
        "😀😀",
        "\u{0}\u{7}\u{1b}",
        "\u{202e}\u{200f}",
        "???",
        "@",
        "+",
    ] {
        let sentence = said(text).unwrap_or_else(|| panic!("{text:?}"));
        assert!(
            sentence.starts_with("there is nothing to look up"),
            "{text:?}"
        );
    }
    for text in [
        "a".repeat(10_000),
        "a".repeat(300),
        "1 ".repeat(5_000),
        "a ".repeat(200),
    ] {
        let sentence = said(&text).unwrap();
        assert!(
            sentence.starts_with("this is too long to look up"),
            "{sentence}"
        );
    }
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing_more(text in ".{0,60}", code in 1..1000u16) {
        for kind in [Kind::Phone, Kind::Plate, Kind::Name, Kind::Handle] {
            let Ok(first) = Identifier::new(kind, &text, code) else { continue };
            prop_assert_eq!(first.kind(), kind);
            let again = match kind {
                Kind::Phone => Identifier::phone(&format!("+{}", first.folded()), code),
                Kind::Plate | Kind::Name | Kind::Handle => Identifier::new(kind, first.folded(), code),
            };
            prop_assert_eq!(again, Ok(first));
        }
    }

    #[test]
    fn a_folded_number_is_the_number(digits in "0{0,2}[0-9]{4,15}", plus in any::<bool>(), here in 0..CODES.len()) {
        let text = format!("{}{digits}", if plus { "+" } else { "" });
        let Ok(first) = Identifier::phone(&text, CODES[here]) else { return Ok(()) };
        let written = format!("+{}", first.folded());
        for code in CODES {
            prop_assert_eq!(&Identifier::phone(&written, code), &Ok(first.clone()));
        }
    }

    #[test]
    fn any_text_is_taken_for_something_or_refused(text in any::<String>(), code in any::<u16>()) {
        match Query::guess(&text, code) {
            Ok(guesses) => prop_assert!(!guesses.is_empty()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn a_british_number_is_one_number(number in "7[0-9]{9}", at in 1..9usize, dash in "[ .–-]") {
        let (a, b) = number.split_at(at);
        let e164 = format!("44{number}");
        for text in [
            format!("0{a}{dash}{b}"), format!("+44{dash}{a}{b}"), format!("+44 (0){a} {b}"),
            format!("0044{number}"), format!("{a} {b}"), e164.clone(),
        ] {
            prop_assert_eq!(phone(&text, UK), e164.as_str());
        }
    }
}
