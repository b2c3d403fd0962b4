//! Which of this desk's weekly keys stand on the board, as far as it was read (SPEC §11.13).

use std::collections::BTreeMap;

use super::{Day, Head};

/// The keys that the board has under this desk's name.
#[derive(Debug, Default)]
pub struct OwnKeys {
    head: Option<Head>,
    /// By week, in the order of the board: the last one is in force.
    keys: BTreeMap<u32, Vec<[u8; 32]>>,
    posted: BTreeMap<[u8; 32], Day>,
}

/// How a key of this desk stands on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "whoever announces handles each")]
pub enum Standing {
    /// Senders find it.
    InForce,
    /// Nothing stands there for its week.
    Missing,
    /// Another key stands there, and this one never did.
    Other,
    /// Another key came after it. The board takes no entry twice, so this one does not come back.
    Superseded,
}

impl OwnKeys {
    /// How far the board was read.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// How the entry of this leaf hash stands for its week.
    pub fn standing(&self, week: u32, entry: &[u8; 32]) -> Standing {
        let there = self.keys.get(&week).map_or(&[][..], Vec::as_slice);
        match there.last() {
            None => Standing::Missing,
            Some(last) if last == entry => Standing::InForce,
            Some(_) if there.contains(entry) => Standing::Superseded,
            Some(_) => Standing::Other,
        }
    }

    /// The day on which the inbox took this entry last.
    pub fn posted_on(&self, entry: &[u8; 32]) -> Option<Day> {
        self.posted.get(entry).copied()
    }

    pub(super) fn read(&mut self, keys: Vec<(u32, [u8; 32])>, head: Head) {
        for (week, entry) in keys {
            self.keys.entry(week).or_default().push(entry);
        }
        self.head = Some(head);
    }

    /// An inbox that was rebuilt may have lost what it took and had not published.
    pub(super) fn again(&mut self) {
        self.posted.clear();
    }

    pub(super) fn posted(&mut self, entry: [u8; 32], day: Day) {
        self.posted.insert(entry, day);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_11_13_the_last_key_of_a_week_on_the_board_is_in_force() {
        let mut board = OwnKeys::default();
        let (old, new, other) = ([1; 32], [2; 32], [3; 32]);
        assert_eq!(board.standing(7, &old), Standing::Missing);
        board.read(vec![(7, old), (8, other)], Head::default());
        assert_eq!(board.standing(7, &old), Standing::InForce);
        assert_eq!(board.standing(7, &new), Standing::Other);
        board.read(vec![(7, new)], Head::default());
        assert_eq!(board.standing(7, &old), Standing::Superseded);
        assert_eq!(board.standing(7, &new), Standing::InForce);
        assert_eq!(board.standing(8, &other), Standing::InForce);
    }
}
