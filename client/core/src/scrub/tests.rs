use super::*;

#[test]
fn each_kind_is_found_as_it_is_written() {
    let phones = "07700 900123|07700900123|(0161) 496 0000|020-7946-0958|+44 7700 900123|0044 7700 900123\
        |+44 (0)7700 900 123|447700900123|7700 900123|+40 721 234 567|0033 6 12 34 56 78|07700.900.123";
    let emails = "jane@example.org|j.o-e+x@mail.example.co.uk|zoë@exämple.com";
    let addresses = "M1 1AE|m11ae|SW1A 2AA|EC1A 1BB|12 Something Road|12a St. Mary's Street|7 King's Close|221b baker street";
    let kinds = [
        (Kind::Phone, phones),
        (Kind::Email, emails),
        (Kind::Address, addresses),
    ];
    for (kind, examples) in kinds {
        for example in examples.split('|') {
            let text = format!("Ünï: {example}, he wrote.");
            let found = findings(&text, &Own::default());
            let [finding] = &found[..] else {
                panic!("{} findings in {text}", found.len())
            };
            assert_eq!((finding.kind, finding.own), (kind, false), "{example}");
            assert_eq!(finding.text, example.trim_start_matches('('), "{example}");
            assert_eq!(finding.text, text[finding.range.clone()]);
        }
    }
    for (text, name) in [
        ("Hi, my name is jane.", "jane"),
        ("My name’s Jane Mary O'Neill and", "Jane Mary O'Neill"),
        ("i am called Zoë", "Zoë"),
        ("I'm Jane Doe from", "Jane Doe"),
    ] {
        assert_eq!(found(text), [(Kind::Name, name)]);
    }
    let sentence = Kind::Email.to_string();
    assert!(sentence.starts_with("this looks like an e-mail address; if it is yours"));
}

#[test]
fn ordinary_words_dates_and_prices_are_left_alone() {
    let text = "On 01/02/2024 10:30, 01-02-2024 10, 2024-01-02 0930 and 3.04.2024 1200 he offered £150 or £0770090012 \
        and 1,200.50. I'm Scottish, I'm not sure, I am OK. Who I am. Then 2 men in the street, 2 in a row, at 4 3pm, \
        20 minutes down the road, M4, AB12 CDE, @home, a@b, 12345678901234567890. His name is Bob. My name is not known.";
    assert_eq!(found(text), []);
}

#[test]
fn what_she_gave_as_hers_is_found_in_any_form() {
    let strings = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let own = Own {
        names: strings(&["Jane Doe", "Ian", "İ", ""]),
        phones: strings(&["+44 7700 900123", "0612 345", "1"]),
        emails: strings(&["Jane.Doe@Example.org"]),
        addresses: strings(&["M1 1AE", "Rose Cottage"]),
    };
    let text = "JANE'S friend doe: jane doe, I an, iAN; 07700-900123 0044 7700900123, 0612-345, jane.doe@example.org, \
        m11ae, m1-1ae, rose cottage, 07700 900999";
    let found = findings(text, &own);
    let own: Vec<&str> = found
        .iter()
        .filter(|finding| finding.own)
        .map(|finding| &*finding.text)
        .collect();
    let expected = "JANE|doe|jane doe|iAN|07700-900123|0044 7700900123|0612-345|jane.doe@example.org|m11ae|m1-1ae|rose cottage";
    assert_eq!(own.join("|"), expected);
    assert_eq!(
        found.last().map(|last| (last.own, &*last.text)),
        Some((false, "07700 900999"))
    );
    assert_eq!(
        found[0].to_string(),
        "this is your name; take it out unless you want it to be read"
    );
}

#[test]
fn any_text_gives_sorted_ranges_on_character_boundaries_in_linear_time() {
    let pieces = "+44|0|7700| |@|.|é|İ|👩‍👧|my name is |I'm |Jane|12 Rose |Road|M1|1AE|-|(|\n|£|\u{301}|ß|1/2/2024";
    let pieces: Vec<&str> = pieces.split('|').collect();
    let own = Own {
        names: vec!["Jane İ".into(), "👩".into()],
        phones: vec!["07700".into(), "+447700".into()],
        emails: vec!["@".into()],
        addresses: vec!["é".into()],
    };
    let mut state = 3_u64;
    let mut piece = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        pieces[usize::try_from(state >> 33).unwrap() % pieces.len()]
    };
    let mut texts: Vec<String> = (0..2_000)
        .map(|length| (0..length % 40).map(|_| piece()).collect())
        .collect();
    texts.extend(
        pieces
            .iter()
            .map(|piece| piece.repeat(100_000 / piece.chars().count())),
    );
    texts.push("a@b.cc@".repeat(15_000));
    for text in texts {
        let mut end = 0;
        for finding in findings(&text, &own) {
            assert!(end <= finding.range.start && !finding.range.is_empty());
            assert_eq!(text.get(finding.range.clone()), Some(&*finding.text));
            end = finding.range.end;
        }
    }
}

fn found(text: &str) -> Vec<(Kind, &str)> {
    findings(text, &Own::default())
        .into_iter()
        .map(|finding| (finding.kind, &text[finding.range]))
        .collect()
}
