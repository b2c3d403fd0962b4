use brolly_protocol::identifier::{Identifier, pack, unpack};

use super::*;

const UK: u16 = 44;

/// An alert as it comes out of the index.
fn alert(identifiers: &[(Kind, &str)]) -> Vec<Indexed> {
    let folded: Vec<Identifier> = identifiers
        .iter()
        .map(|(kind, text)| Identifier::new(*kind, text, UK).unwrap())
        .collect();
    unpack(&pack(&folded, "LS2").unwrap()).unwrap().1
}

/// Why one alert with this identifier matches.
fn why(kind: Kind, said: &str, query: &str) -> Option<Reason> {
    let alert = alert(&[(kind, said)]);
    let found = search(query, UK, [(alert.as_slice(), ())]).unwrap();
    assert_eq!(found.total, found.hits.len());
    found.hits.first().map(|hit| hit.reason)
}

/// Every line is a query, and why it matches.
fn all(kind: Kind, said: &str, expected: &[(&str, Option<Reason>)]) {
    for (query, reason) in expected {
        assert_eq!(why(kind, said, query), *reason, "{query} against {said}");
    }
}

#[test]
fn a_number_is_found_however_it_is_written() {
    use Reason::{NumberContains, NumberEnds, NumberNearly, SameNumber};
    all(
        Kind::Phone,
        "07700 900123",
        &[
            ("07700900123", Some(SameNumber)),
            ("+44 (0)7700-900123", Some(SameNumber)),
            ("0044 7700 900 123", Some(SameNumber)),
            ("7700900123", Some(SameNumber)),
            ("447700900123", Some(SameNumber)),
            ("https://chat.tld/447700900123", Some(SameNumber)),
            ("0123", Some(NumberEnds)),
            ("900 123", Some(NumberEnds)),
            ("07700", Some(NumberContains)),
            ("0770 09", Some(NumberContains)),
            ("+44 7700", Some(NumberContains)),
            ("0900", Some(NumberContains)),
            ("07700 900124", Some(NumberNearly)),
            ("07700 900132", Some(NumberNearly)),
            ("07700 90123", Some(NumberNearly)),
            ("07700 9001123", Some(NumberNearly)),
            ("+33 7700 900123", None),
            ("07700 900321", None),
            ("07701 900124", None),
            ("123", None),
            ("5555", None),
            ("0012", Some(NumberContains)),
        ],
    );
}

#[test]
fn a_number_from_abroad_is_found_by_what_is_dialled_there() {
    use Reason::{NumberEnds, SameNumber};
    all(
        Kind::Phone,
        "+40 721 234 567",
        &[
            ("0040 721 234 567", Some(SameNumber)),
            ("+40 (0)721 234 567", Some(SameNumber)),
            ("40721234567", Some(SameNumber)),
            ("0721 234 567", Some(NumberEnds)),
            ("4567", Some(NumberEnds)),
        ],
    );
    all(
        Kind::Phone,
        "+33 6 12 34 56 78",
        &[
            ("06 12 34 56 78", Some(NumberEnds)),
            ("612345678", Some(NumberEnds)),
            ("0345 678", None),
        ],
    );
    assert_eq!(why(Kind::Phone, "+1 212 555 0100", "0012"), None);
}

#[test]
fn a_plate_is_found_whole_and_in_parts() {
    use Reason::{PlateContains, PlateNearly, PlatePart, SamePlate, SamePlateLookalikes};
    all(
        Kind::Plate,
        "AB12 ODE",
        &[
            ("ab12 ode", Some(SamePlateLookalikes)),
            ("AB12 0DE", Some(SamePlateLookalikes)),
            ("A-B-I-2-O-D-E", Some(SamePlateLookalikes)),
            ("AB12", Some(PlateContains)),
            ("ODE", Some(PlateContains)),
            ("12O", Some(PlateContains)),
            ("AB12 OBE", Some(PlateNearly)),
            ("AB21 ODE", Some(PlateNearly)),
            ("AB12 OD", Some(PlateContains)),
            ("AB12 ODEF", Some(PlatePart)),
            ("AB", None),
            ("12", None),
            ("BA21 ODE", None),
            ("ode", None),
        ],
    );
    assert_eq!(why(Kind::Plate, "CD34 EFG", "cd34efg"), Some(SamePlate));
    assert_eq!(why(Kind::Plate, "CD34", "CD34 EFG"), Some(PlatePart));
    assert_eq!(
        why(Kind::Plate, "CD34", "CD35"),
        None,
        "too little to be one slip away"
    );
    assert_eq!(
        why(Kind::Plate, "EF", "ef"),
        None,
        "letters alone are a plate in capitals only"
    );
    assert_eq!(why(Kind::Plate, "EF", "EF"), Some(SamePlate));
}

#[test]
fn a_name_is_found_by_spelling_and_by_sound() {
    use Reason::{NameNearly, NamePart, NamePartAlike, NameSounds, SameName};
    for (said, query, reason) in [
        ("José", "jose", Some(SameName)),
        ("Łukasz", "LUKASZ", Some(SameName)),
        ("Lukasz", "Łukasz!", Some(SameName)),
        ("Дмитрий", "дмитрий", Some(SameName)),
        ("王伟", "王伟", Some(SameName)),
        ("John", "Jon", Some(NameNearly)),
        ("John", "Jhon", Some(NameNearly)),
        ("Stephen", "Steven", Some(NameNearly)),
        ("Mohammed", "Muhammad", Some(NameNearly)),
        ("Дмитрий", "Димитрий", Some(NameNearly)),
        ("O'Neill", "Oneill", Some(NameNearly)),
        ("Mary Jane", "maryjane", Some(NameNearly)),
        ("Philip", "Filip", Some(NameSounds)),
        ("Geoff", "Jeff", Some(NameSounds)),
        ("Catherine", "Kathryn", Some(NameSounds)),
        ("Rhys", "Reece", Some(NameSounds)),
        ("John", "John Smith", Some(NamePart)),
        ("John Smith", "smith", Some(NamePart)),
        ("John Smith", "Smith, John", Some(NamePart)),
        ("Big Dave", "dave from leeds big", Some(NamePart)),
        ("Jon Smyth", "John Smith", Some(NameNearly)),
        ("Geoff Reece", "Jeff Rhys", Some(NameSounds)),
        ("Stephen Brown", "Steven", Some(NamePartAlike)),
        ("Jeff", "Geoff Brown", Some(NamePartAlike)),
        ("Jo", "jo", Some(SameName)),
        ("John Smith", "John Baker", None),
        ("Jane", "John", None),
        ("Dave", "Steve", None),
        ("Al", "Bo", None),
        ("Alan", "Al", None),
        ("Al Jones", "al", None),
        ("王小伟", "王伟", None),
    ] {
        assert_eq!(
            why(Kind::Name, said, query),
            reason,
            "{query} against {said}"
        );
    }
}

#[test]
fn a_handle_is_found_with_and_without_its_site() {
    use Reason::{HandleContains, HandleNearly, SameHandle};
    all(
        Kind::Handle,
        "@BigDave_69",
        &[
            ("bigdave_69", Some(SameHandle)),
            ("@BIGDAVE_69", Some(SameHandle)),
            ("https://www.site.tld/bigdave_69/", Some(SameHandle)),
            ("dave", Some(HandleContains)),
            ("bigdave_69@mail.example", Some(HandleContains)),
            ("bigdave69", Some(HandleNearly)),
            ("big.dave_69", Some(HandleNearly)),
            ("bigdvae-69", Some(HandleNearly)),
            ("da", None),
            ("smalldave", None),
        ],
    );
    let mail = |query| why(Kind::Handle, "Dave.Smith@Mail.Example", query);
    assert_eq!(mail("dave.smith@mail.example"), Some(SameHandle));
    assert_eq!(mail("mailto:DAVE.SMITH@mail.example"), Some(SameHandle));
    assert_eq!(mail("dave.smith@mial.example"), Some(HandleNearly));
    assert_eq!(mail("@dave.smith"), Some(HandleContains));
    assert_eq!(why(Kind::Handle, "dav", "davethebaker"), None);
}

#[test]
fn a_long_name_or_handle_is_found_by_its_beginning() {
    let long = "Bartholomew Featherstonehaugh the Elder";
    let name = |query| why(Kind::Name, long, query);
    assert_eq!(name(long), Some(Reason::SameBeginning));
    assert_eq!(
        name("bartholomew featherstonehaugh"),
        Some(Reason::SameBeginning)
    );
    assert_eq!(
        name("Barthlomew Featherstonehaugh the Elder"),
        Some(Reason::NameNearly)
    );
    assert_eq!(name("Bartholomew"), Some(Reason::NamePart));
    assert_eq!(name("Featherstonehaugh"), None);
    let long = "dave.with.a.very.long.name.indeed@mail.example";
    let handle = |query| why(Kind::Handle, long, query);
    assert_eq!(handle(long), Some(Reason::SameBeginning));
    assert_eq!(
        handle("dave.wiht.a.very.long.name.indeed@mail.example"),
        Some(Reason::HandleNearly)
    );
    assert_eq!(handle("very.long"), Some(Reason::HandleContains));
    assert_eq!(handle("dave.with.a.very.long.nose"), None);
}

#[test]
fn kinds_are_compared_with_their_own_alone() {
    assert_eq!(why(Kind::Handle, "07700900123", "07700 900123"), None);
    assert_eq!(why(Kind::Name, "dave", "@dave"), None);
    assert_eq!(why(Kind::Plate, "DAVE", "dave"), None);
}

#[test]
fn the_best_of_an_alerts_identifiers_says_why() {
    let first = alert(&[(Kind::Name, "Jon"), (Kind::Handle, "john")]);
    let found = search("John", UK, [(first.as_slice(), 7)]).unwrap();
    let [hit] = found.hits.as_slice() else {
        panic!("{} hits", found.hits.len())
    };
    assert_eq!((hit.alert, hit.reason), (7, Reason::SameHandle));
    assert_eq!(hit.identifier.folded(), "john");
}

#[test]
fn what_is_exactly_the_same_comes_first_and_nothing_is_left_out_in_silence() {
    let nearly = alert(&[(Kind::Name, "Jon")]);
    let exact = alert(&[(Kind::Name, "John")]);
    let other = alert(&[(Kind::Name, "Kevin")]);
    let mut warned = vec![(nearly.as_slice(), 0); 300];
    warned.extend((1..=40).map(|n| (exact.as_slice(), n)));
    warned.push((other.as_slice(), 999));
    let found = search("john", UK, warned).unwrap();
    assert_eq!((found.total, found.hits.len()), (340, SHOWN));
    let order: Vec<i32> = found.hits.iter().map(|hit| hit.alert).collect();
    let expected: Vec<i32> = (1..=40).chain([0; 10]).collect();
    assert_eq!(order, expected);
    assert_eq!(
        found.to_string(),
        "340 live alerts match and these are the best 50; type more to see fewer"
    );
    let said = |count| {
        let warned = vec![(exact.as_slice(), ()); count];
        search("john", UK, warned).unwrap().to_string()
    };
    assert!(said(0).starts_with("no live alert matches; "));
    assert_eq!(said(1), "1 live alert matches");
    assert_eq!(said(50), "50 live alerts match");
}

#[test]
fn reasons_are_sentences_and_the_exact_ones_come_before_the_others() {
    let exact = [
        Reason::SameNumber,
        Reason::SamePlate,
        Reason::SamePlateLookalikes,
        Reason::SameHandle,
        Reason::SameName,
    ];
    let others = [
        Reason::SameBeginning,
        Reason::NumberEnds,
        Reason::NumberNearly,
        Reason::NumberContains,
        Reason::PlateContains,
        Reason::PlatePart,
        Reason::PlateNearly,
        Reason::NamePart,
        Reason::NameNearly,
        Reason::NameSounds,
        Reason::NamePartAlike,
        Reason::HandleContains,
        Reason::HandleNearly,
    ];
    assert!(exact.iter().all(|reason| reason.is_exact()));
    assert!(others.iter().all(|reason| !reason.is_exact()));
    assert!(exact.iter().max() < others.iter().min());
    let mut sentences: Vec<String> = exact
        .iter()
        .chain(&others)
        .map(ToString::to_string)
        .collect();
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), exact.len() + others.len());
}

#[test]
fn hostile_texts_get_a_sentence_or_an_answer() {
    let warned = [
        alert(&[(Kind::Name, "José Łukasz"), (Kind::Phone, "07700 900123")]),
        alert(&[(Kind::Plate, "AB12 CDE"), (Kind::Handle, "王伟.дмитрий")]),
        alert(&[(Kind::Name, &"é 王".repeat(20))]),
    ];
    let ask = |query: &str| search(query, UK, warned.iter().map(|alert| (alert.as_slice(), ())));
    for nothing in [
        "",
        " \t\n",
        "\u{0}\u{1}\u{1b}[",
        "😀👍🏽",
        "\u{202e}\u{2066}",
        "?!",
        "\u{301}",
    ] {
        assert_eq!(ask(nothing).err(), Some(QueryError::Nothing), "{nothing:?}");
    }
    for long in [
        "a".repeat(10_000),
        "7".repeat(10_000),
        "é ".repeat(5_000),
        "@".repeat(10_000),
    ] {
        assert_eq!(ask(&long).err(), Some(QueryError::TooLong));
    }
    for (text, total) in [
        ("\u{202e}jose lukasz", 1),
        ("jo\u{0}se luka\u{200d}sz 😀", 1),
        ("ＡＢ１２ ＣＤＥ", 1),
        ("٠٧٧٠٠٩٠٠١٢٣", 1),
        ("@王伟.Дмитрий", 1),
        (&"é 王".repeat(20), 1),
        (&"a b ".repeat(60), 0),
        (&"0".repeat(250), 0),
        ("مُحَمَّد", 0),
        ("שלום", 0),
    ] {
        assert_eq!(ask(text).unwrap().total, total, "{text}");
    }
}
