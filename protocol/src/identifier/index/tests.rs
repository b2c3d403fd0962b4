use std::format;
use std::string::ToString;
use std::vec;

use proptest::collection;
use proptest::prelude::{any, prop_assert_eq, proptest};

use super::*;

const UK: u16 = 44;

fn phone(text: &str) -> Identifier {
    Identifier::phone(text, UK).unwrap()
}

fn name(text: &str) -> Identifier {
    Identifier::name(text).unwrap()
}

fn record(bytes: &[u8]) -> [u8; PLAIN] {
    core::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

fn indexed(identifiers: &[Identifier]) -> Vec<Indexed> {
    let mut all: Vec<Indexed> = identifiers.iter().map(Indexed::from).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn an_ordinary_alert_is_one_record() {
    let alert = [
        phone("07700 900123"),
        Identifier::plate("AB12 CDE").unwrap(),
    ];
    let records = pack(&alert, " ls2 ").unwrap();
    let expected = b"\x23LS2\x67AB12CDE\x46\x44\x77\x00\x90\x01\x23";
    assert_eq!(expected.len(), 19);
    assert_eq!(records, [record(expected)]);
    let (area, read) = unpack(&records).unwrap();
    assert_eq!(area.as_deref(), Some("LS2"));
    assert_eq!(
        read.iter()
            .map(|one| (one.kind(), one.folded(), one.is_cut()))
            .collect::<Vec<_>>(),
        [
            (Kind::Plate, "AB12CDE", false),
            (Kind::Phone, "447700900123", false)
        ]
    );
}

#[test]
fn an_odd_number_of_digits_ends_in_a_filler() {
    let records = pack(&[phone("+4912345678901")], "").unwrap();
    assert_eq!(records, [record(b"\x47\x49\x12\x34\x56\x78\x90\x1f")]);
    assert_eq!(unpack(&records).unwrap().1[0].folded(), "4912345678901");
}

#[test]
fn neither_order_nor_doubles_show() {
    let (a, b, c) = (phone("07700 900123"), name("Dave"), name("Big Dave"));
    let all = pack(&[a.clone(), b.clone(), c.clone()], "LS2").unwrap();
    assert_eq!(pack(&[c.clone(), c, b, a.clone(), a], "ls2").unwrap(), all);
    assert_eq!(pack(&[], "").unwrap(), Vec::<[u8; PLAIN]>::new());
    assert_eq!(unpack(&[]), Ok((None, vec![])));
}

#[test]
fn small_items_fill_the_room_that_large_ones_leave() {
    let ids = [
        name("abcdefghijklmnopqrst"),
        name("bcdefghijklmnopqrstu"),
        phone("07700 900123"),
        phone("07700 900124"),
    ];
    assert_eq!(pack(&ids, "").unwrap().len(), 2);
    assert_eq!(pack(&ids, "LS2").unwrap().len(), 3);
}

#[test]
fn a_long_name_is_cut_between_characters_and_says_so() {
    for (text, kept, cut) in [
        (
            "abcdefghijklmnopqrstuvwxyzab",
            "abcdefghijklmnopqrstuvwxyzab",
            false,
        ),
        (
            "abcdefghijklmnopqrstuvwxyzabc",
            "abcdefghijklmnopqrstuvwxyza",
            true,
        ),
        (
            "abcdefghijklmnopqrstuvwxyz abc",
            "abcdefghijklmnopqrstuvwxyz",
            true,
        ),
        ("дмитриидмитриид", "дмитриидмитри", true),
        (
            "abcdefghijklmnopqrstuvw 𠀀𠀀",
            "abcdefghijklmnopqrstuvw",
            true,
        ),
        ("王伟王伟王伟王伟王伟", "王伟王伟王伟王伟王", true),
    ] {
        let records = pack(&[name(text)], "").unwrap();
        let read = &unpack(&records).unwrap().1[0];
        assert_eq!((read.folded(), read.is_cut()), (kept, cut), "{text}");
        assert_eq!(*read, Indexed::from(&name(text)));
    }
    let digits = name("123456789012345678901234567890 a");
    assert!(unpack(&pack(&[digits], "").unwrap()).is_ok());
}

#[test]
fn what_does_not_fit_is_said() {
    let area = "Newcastle upon Tyne, city centre";
    assert_eq!(pack(&[], area), Err(PackError::Area(32)));
    assert_eq!(
        unpack(&pack(&[], "Newcastle\t upon  Tyne").unwrap())
            .unwrap()
            .0
            .as_deref(),
        Some("NEWCASTLE UPON TYNE")
    );
    let long = |n: usize| name(&format!("{n} {}", "a".repeat(26)));
    let most: Vec<Identifier> = (0..8).map(long).collect();
    assert_eq!(pack(&most, "").unwrap().len(), RECORDS);
    let error = pack(&most, "LS2").unwrap_err();
    assert_eq!(error, PackError::Records(9));
    assert!(error.to_string().contains("take 9 records"), "{error}");
}

#[test]
fn records_that_pack_would_not_write_are_refused() {
    let refused: [(&[&[u8]], UnpackError); 25] = [
        (&[b""], UnpackError::Arrangement),
        (&[b"", b"\x23LS2"], UnpackError::Arrangement),
        (&[b"\x23LS2", b""], UnpackError::Arrangement),
        (&[b"\x23LS2", b"\x64AB12"], UnpackError::Arrangement),
        (&[b"\x64AB12\x23LS2"], UnpackError::Arrangement),
        (&[b"\x64AB12\x64AB12"], UnpackError::Arrangement),
        (&[b"\x64AB13\x64AB12"], UnpackError::Arrangement),
        (&[b"\x64AB12\x00\x01"], UnpackError::Arrangement),
        (&[b"\x23LS2\x23LS3"], UnpackError::Item),
        (&[b"\xc1a"], UnpackError::Item),
        (&[b"\xe1a"], UnpackError::Item),
        (&[b"\x01a"], UnpackError::Item),
        (&[b"\x9d"], UnpackError::Item),
        (&[b"\x20"], UnpackError::Unfolded),
        (&[b"\x23ls2"], UnpackError::Unfolded),
        (&[b"\x40"], UnpackError::Unfolded),
        (&[b"\x43\x44\x77\x00"], UnpackError::Unfolded),
        (&[b"\x44\x04\x77\x00\x90"], UnpackError::Unfolded),
        (&[b"\x44\x44\xff\x00\x90"], UnpackError::Unfolded),
        (&[b"\x64AB1O"], UnpackError::Unfolded),
        (&[b"\x61A"], UnpackError::Unfolded),
        (&[b"\x84Dave"], UnpackError::Unfolded),
        (&[b"\x85dave\0"], UnpackError::Unfolded),
        (&[b"\xa5@dave"], UnpackError::Unfolded),
        (&[b"\xa3a b"], UnpackError::Unfolded),
    ];
    for (records, error) in refused {
        let bytes: Vec<[u8; PLAIN]> = records.iter().map(|bytes| record(bytes)).collect();
        assert_eq!(unpack(&bytes), Err(error), "{records:02x?}");
    }
    let nine = [record(b"\x64AB12"); 9];
    assert_eq!(unpack(&nine), Err(UnpackError::Records(9)));
    assert_eq!(
        unpack(&[record(b"\x82\xff\xff")]),
        Err(UnpackError::Unfolded)
    );
}

proptest! {
    #[test]
    fn what_is_packed_is_what_is_unpacked(
        texts in collection::vec(".{0,40}", 0..6),
        numbers in collection::vec("\\+[1-9][0-9]{8,14}", 0..4),
        handles in collection::vec("[a-z@._/-]{1,40}", 0..4),
        area in ".{0,12}",
    ) {
        let words = texts.iter().flat_map(|text| [
            Identifier::name(text), Identifier::handle(text), Identifier::plate(text), Identifier::phone(text, UK),
        ]);
        let numbers = numbers.iter().map(|text| Identifier::phone(text, UK));
        let handles = handles.iter().map(|text| Identifier::handle(text));
        let all: Vec<Identifier> = words.chain(numbers).chain(handles).flatten().collect();
        let Ok(records) = pack(&all, &area) else { return Ok(()) };
        let (read, mut found) = unpack(&records).unwrap();
        prop_assert_eq!(read.unwrap_or_default(), upper(&area));
        found.sort();
        prop_assert_eq!(found, indexed(&all));
    }

    #[test]
    fn accepted_records_pack_to_themselves(
        items in collection::vec((0..8u8, "[a-zA-Z0-9@ é]{0,9}"), 0..4),
        flips in collection::vec((0..PLAIN, any::<u8>()), 0..2),
        second in any::<bool>(),
    ) {
        let mut bytes = Vec::new();
        for (kind, text) in &items {
            bytes.push(kind << 5 | u8::try_from(text.len()).unwrap());
            bytes.extend(text.bytes());
        }
        let mut records = vec![record(&bytes)];
        if second {
            records.push(record(b"\x9babcdefghijklmnopqrstuvwxyza\0"));
        }
        for (at, byte) in flips {
            records[0][at] = byte;
        }
        if let Ok((area, found)) = unpack(&records) {
            prop_assert_eq!(arrange(area.as_deref().unwrap_or_default(), found), records);
        }
    }
}

#[test]
fn flipped_bits_are_refused_or_pack_to_themselves() {
    let all = [
        phone("07700 900123"),
        Identifier::plate("AB12 CDE").unwrap(),
        name("José Łukasz"),
        Identifier::handle("@big.dave").unwrap(),
    ];
    let good = pack(&all, "LS2").unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for (record, at, bit) in (0..good.len())
        .flat_map(|r| (0..PLAIN).flat_map(move |at| (0..8).map(move |bit| (r, at, bit))))
    {
        let mut bytes = good.clone();
        bytes[record][at] ^= 1 << bit;
        match unpack(&bytes) {
            Ok((area, found)) => {
                assert_eq!(arrange(area.as_deref().unwrap_or_default(), found), bytes);
                accepted += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(accepted > 50 && refused > 100, "{accepted} {refused}");
}
