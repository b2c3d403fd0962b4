//! Identifiers in the index of live alerts: records of 29 bytes, the same for everybody, that say no more than they must.
//!
//! ```text
//! record 29 = item | item | … | zeros             item = head 1 (kind 3 bits, length 5 bits) | 1 to 28 bytes
//! kinds: 0 end, 1 area, 2 phone, 3 plate, 4 name, 5 handle
//! phone: two digits a byte, 0xf in the last half if there is none        others: UTF-8
//! a name or handle of more than 28 bytes: at most its first 27, then 0x00
//! ```
//!
//! An item lies in one record. The area comes first; then the longest first, each in the first record with room.

#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;

use super::{Identifier, Kind, PLATE, fold, handle, lookalikes, name, phone};

/// The bytes of one record of the index.
pub const PLAIN: usize = crate::board::alert::IDENTIFIERS;
/// The most records that one alert takes.
pub const RECORDS: usize = crate::geometry::ALERT_RECORDS;

/// An identifier as the index has it: a long name or handle is cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Indexed {
    kind: Kind,
    folded: String,
    cut: bool,
}

impl Indexed {
    /// What kind of thing it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is compared: see [`Identifier`].
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether more followed.
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

impl From<&Identifier> for Indexed {
    fn from(identifier: &Identifier) -> Self {
        let Identifier { kind, folded } = identifier;
        let cut = folded.len() > ITEM;
        let kept = if cut { beginning(folded) } else { folded };
        Self {
            kind: *kind,
            folded: kept.into(),
            cut,
        }
    }
}

/// Why an alert does not fit the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// An area of too many bytes.
    #[error(
        "the area has {0} bytes and the index has room for 28; write a shorter one, such as the first half of the postcode"
    )]
    Area(usize),
    /// Too many identifiers.
    #[error(
        "these identifiers take {0} records of the index and an alert has at most 8; leave out those that help least"
    )]
    Records(usize),
}

/// Why records are not those of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// More records than an alert has.
    #[error("an alert has at most 8 records in the index, not {0}")]
    Records(usize),
    /// A kind that does not exist, or a length that is none.
    #[error("a record of the index has an item of an unknown kind or of a wrong length")]
    Item,
    /// An identifier that was not folded.
    #[error("a record of the index has an identifier that is not written as it is compared")]
    Unfolded,
    /// The same items in another order, or in more records than they need.
    #[error("the records of the index are not arranged as they should be")]
    Arrangement,
}

/// Arranges identifiers and an area, "" for none, in records. Doubles are left out.
///
/// # Errors
/// [`PackError`].
pub fn pack(identifiers: &[Identifier], area: &str) -> Result<Vec<[u8; PLAIN]>, PackError> {
    let area = upper(area);
    if area.len() > ITEM {
        return Err(PackError::Area(area.len()));
    }
    let indexed = identifiers.iter().map(Indexed::from).collect();
    let records = arrange(&area, indexed);
    if records.len() > RECORDS {
        return Err(PackError::Records(records.len()));
    }
    Ok(records)
}

/// Reads the records of one alert: its area and its identifiers. What is accepted packs to the same bytes.
///
/// # Errors
/// [`UnpackError`].
pub fn unpack(records: &[[u8; PLAIN]]) -> Result<(Option<String>, Vec<Indexed>), UnpackError> {
    if records.len() > RECORDS {
        return Err(UnpackError::Records(records.len()));
    }
    let (mut area, mut indexed) = (None, Vec::new());
    for record in records {
        let mut rest = record.as_slice();
        while let Some((head, after)) = rest.split_first().filter(|(head, _)| **head != 0) {
            let length = usize::from(head & LENGTH);
            let (item, after) = after.split_at_checked(length).ok_or(UnpackError::Item)?;
            match KINDS.iter().find(|(_, number)| *number == head >> 5) {
                Some((kind, _)) => indexed.push(read(*kind, item)?),
                None if head >> 5 == AREA && area.is_none() => area = Some(read_area(item)?),
                None => return Err(UnpackError::Item),
            }
            rest = after;
        }
    }
    if arrange(area.as_deref().unwrap_or_default(), indexed.clone()) != records {
        return Err(UnpackError::Arrangement);
    }
    Ok((area, indexed))
}

fn arrange(area: &str, mut indexed: Vec<Indexed>) -> Vec<[u8; PLAIN]> {
    indexed.sort_unstable();
    indexed.dedup();
    let mut items: Vec<(u8, Vec<u8>)> = indexed
        .iter()
        .filter_map(|one| {
            let (_, number) = KINDS.iter().find(|(kind, _)| *kind == one.kind)?;
            Some((*number, write(one)))
        })
        .collect();
    items.sort_by_key(|(_, item)| core::cmp::Reverse(item.len()));
    if !area.is_empty() {
        items.insert(0, (AREA, area.into()));
    }
    let mut records: Vec<Vec<u8>> = Vec::new();
    for (number, item) in items {
        let head = u8::try_from(item.len()).unwrap_or(LENGTH) | (number << 5);
        let has_room = |record: &&mut Vec<u8>| record.len() + 1 + item.len() <= PLAIN;
        match records.iter_mut().find(has_room) {
            Some(record) => {
                record.push(head);
                record.extend(item);
            }
            None => records.push([[head].as_slice(), &item].concat()),
        }
    }
    let padded = |record: Vec<u8>| core::array::from_fn(|at| record.get(at).copied().unwrap_or(0));
    records.into_iter().map(padded).collect()
}

fn write(one: &Indexed) -> Vec<u8> {
    let bytes = one.folded.as_bytes();
    if one.kind == Kind::Phone {
        let half = |digit: &u8| digit.wrapping_sub(b'0') & FILLER;
        return bytes
            .chunks(2)
            .map(|pair| {
                let second = pair.get(1).map_or(FILLER, half);
                pair.first().map_or(FILLER, half) << 4 | second
            })
            .collect();
    }
    let mut item = bytes.to_vec();
    if one.cut {
        item.push(0);
    }
    item
}

fn read(kind: Kind, item: &[u8]) -> Result<Indexed, UnpackError> {
    let (text, cut) = match item {
        [text @ .., 0] if matches!(kind, Kind::Name | Kind::Handle) => (text, true),
        _ => (item, false),
    };
    let folded = if kind == Kind::Phone {
        digits(item)?
    } else {
        core::str::from_utf8(text)
            .map_err(|_| UnpackError::Unfolded)?
            .into()
    };
    let is_folded = !folded.is_empty()
        && match kind {
            Kind::Phone => phone::WHOLE.contains(&folded.len()) && !folded.starts_with('0'),
            Kind::Plate => {
                PLATE.contains(&folded.len())
                    && folded
                        .bytes()
                        .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
                    && lookalikes(&folded) == folded
            }
            Kind::Name => name(&folded) == folded,
            Kind::Handle => handle(&folded) == folded && !folded.contains(char::is_whitespace),
        };
    if !is_folded || (cut && folded.len() < SHORTEST_CUT) {
        return Err(UnpackError::Unfolded);
    }
    Ok(Indexed { kind, folded, cut })
}

fn digits(item: &[u8]) -> Result<String, UnpackError> {
    let mut halves: Vec<u8> = item
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .collect();
    if halves.last() == Some(&FILLER) {
        halves.pop();
    }
    halves
        .into_iter()
        .map(|half| char::from_digit(half.into(), 10).ok_or(UnpackError::Unfolded))
        .collect()
}

fn read_area(item: &[u8]) -> Result<String, UnpackError> {
    let area = core::str::from_utf8(item).map_err(|_| UnpackError::Unfolded)?;
    if area.is_empty() || upper(area) != area {
        return Err(UnpackError::Unfolded);
    }
    Ok(area.into())
}

fn upper(area: &str) -> String {
    let words: Vec<String> = area
        .split_whitespace()
        .map(|word| {
            word.chars()
                .filter(|c| !fold::is_unseen(*c))
                .flat_map(char::to_uppercase)
                .collect()
        })
        .filter(|word: &String| !word.is_empty())
        .collect();
    words.join(" ")
}

/// At most 27 bytes, on the boundary of a character, and not ending between two words.
fn beginning(folded: &str) -> &str {
    let kept = (0..ITEM).rev().find_map(|end| folded.get(..end));
    kept.unwrap_or(folded).trim_end()
}

/// The longest item.
const ITEM: usize = PLAIN - 1;
/// The bits of an item's head that are its length.
const LENGTH: u8 = 0b1_1111;
/// What stands for a missing digit.
const FILLER: u8 = 0xf;
/// A cut text with a character of 4 bytes at the cut, or a space before it.
const SHORTEST_CUT: usize = ITEM - 1 - 4;
const AREA: u8 = 1;
const KINDS: [(Kind, u8); 4] = [
    (Kind::Phone, 2),
    (Kind::Plate, 3),
    (Kind::Name, 4),
    (Kind::Handle, 5),
];
