//! Read-marks and notices.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brolly_keys::role::Desk;
use brolly_keys::sign::{Signed, SigningKey, Statement};

use super::{EntryError, MARK_KIND, NOTICE_KIND};
use crate::codec::Fields;
use crate::geometry::NOTICE_TEXT;
use crate::node::NodeId;

/// "I have opened all that was mine among the first `size` entries of the reports log."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadMark {
    /// Who says so.
    pub desk: NodeId,
    /// Entries of the reports log.
    pub size: u64,
    /// The day, counted from 1 January 1970.
    pub day: u32,
}

/// A text for everybody, in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// Who says so.
    pub desk: NodeId,
    /// The day, counted from 1 January 1970.
    pub day: u32,
    /// At most 2,048 bytes.
    pub text: String,
}

impl ReadMark {
    /// A mark.
    pub fn new(desk: NodeId, size: u64, day: u32) -> Self {
        Self { desk, size, day }
    }

    /// The board's entry: 93 bytes.
    pub fn to_entry(&self, key: &SigningKey<Desk>) -> Vec<u8> {
        let bytes = [
            self.desk.0.as_slice(),
            &self.size.to_be_bytes(),
            &self.day.to_be_bytes(),
        ]
        .concat();
        entry(MARK_KIND, &Signed::<Self>::sign(key, bytes))
    }
}

impl Statement for ReadMark {
    const DOMAIN: &'static str = "brolly/1 read-mark";
    type Error = EntryError;

    fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut fields = Fields::new(bytes);
        let mark = Self {
            desk: NodeId(*fields.array()?),
            size: u64::from_be_bytes(*fields.array()?),
            day: fields.number()?,
        };
        match fields.rest() {
            [] => Ok(mark),
            _ => Err(EntryError::Malformed),
        }
    }
}

impl Notice {
    /// A notice; `None` for a text that is empty, longer than 2,048 bytes, or not for a screen.
    pub fn new(desk: NodeId, day: u32, text: &str) -> Option<Self> {
        let shown = text.chars().all(|c| c == '\n' || !c.is_control());
        let fits = (1..=NOTICE_TEXT).contains(&text.len());
        (fits && shown).then(|| Self {
            desk,
            day,
            text: text.to_string(),
        })
    }

    /// The board's entry.
    pub fn to_entry(&self, key: &SigningKey<Desk>) -> Vec<u8> {
        let day = self.day.to_be_bytes();
        let bytes = [self.desk.0.as_slice(), &day, self.text.as_bytes()].concat();
        entry(NOTICE_KIND, &Signed::<Self>::sign(key, bytes))
    }
}

impl Statement for Notice {
    const DOMAIN: &'static str = "brolly/1 notice";
    type Error = EntryError;

    fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut fields = Fields::new(bytes);
        let desk = NodeId(*fields.array()?);
        let day = fields.number()?;
        let text = core::str::from_utf8(fields.rest()).map_err(|_| EntryError::Malformed)?;
        Self::new(desk, day, text).ok_or(EntryError::Malformed)
    }
}

pub(super) fn entry<T: Statement>(kind: u8, signed: &Signed<T>) -> Vec<u8> {
    let mut bytes = alloc::vec![kind];
    bytes.extend_from_slice(&signed.to_wire());
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::Entry;
    use super::*;
    use crate::directory::sample;

    #[test]
    fn spec_14_2_a_read_mark_is_93_bytes_signed_by_the_desk_it_names() {
        let directory = sample::directory();
        for n in 0..3 {
            let mark = ReadMark::new(directory.desks[n].id, 1_234, 20_700);
            let bytes = mark.to_entry(&sample::desk_key(n));
            assert_eq!(bytes.len(), 93);
            let read = Entry::verify(&bytes, &directory).unwrap();
            assert!(matches!(&read, Entry::ReadMark(read) if **read == mark));
            assert_eq!((read.author(), read.day()), (Some(mark.desk), Some(20_700)));
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 1;
                assert!(Entry::verify(&bad, &directory).is_err(), "{at}");
            }
            assert!(Entry::verify(&bytes[..92], &directory).is_err());
        }
        let mark = ReadMark::new(directory.desks[0].id, 1, 1);
        let by_another = mark.to_entry(&sample::desk_key(1));
        let refused = Entry::verify(&by_another, &directory);
        assert_eq!(refused, Err(EntryError::Signature));
        let stranger = ReadMark::new(NodeId([9; 16]), 1, 1).to_entry(&sample::desk_key(1));
        assert_eq!(
            Entry::verify(&stranger, &directory),
            Err(EntryError::Stranger)
        );
    }

    #[test]
    fn spec_14_3_a_notice_is_text_from_a_desk_that_may() {
        let directory = sample::directory();
        let notice = Notice::new(
            directory.desks[0].id,
            20_700,
            "The line is closed on Friday.",
        );
        let bytes = notice.clone().unwrap().to_entry(&sample::desk_key(0));
        let read = Entry::verify(&bytes, &directory).unwrap();
        assert!(matches!(read, Entry::Notice(read) if Some(&*read) == notice.as_ref()));
        let by_police = Notice::new(directory.desks[1].id, 1, "hello").unwrap();
        let refused = Entry::verify(&by_police.to_entry(&sample::desk_key(1)), &directory);
        assert_eq!(refused, Err(EntryError::NotAllowed));
        let long = "x".repeat(NOTICE_TEXT + 1);
        for bad in ["", "a\u{1b}[2J", long.as_str()] {
            assert!(Notice::new(directory.desks[0].id, 1, bad).is_none());
        }
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        let directory = sample::directory();
        let zeros = alloc::vec![0; BOARD];
        for bad in [
            &[][..],
            &[0],
            &[1],
            &[8; 100],
            &[1; 4_095],
            &[1; 4_097],
            &zeros,
        ] {
            let read = Entry::verify(bad, &directory);
            assert_eq!(read, Err(EntryError::Malformed));
        }
    }

    const BOARD: usize = crate::geometry::BOARD_ENTRY + 1;
}
