//! What this desk was handed, beside what the public log says that there is (SPEC §11.7).
//!
//! ```text
//!  /v1/sealed ─▶ pages ──▶ handed:  d ─▶ how often the log had grown by then
//!                                      ╲
//!                                       compared by d ──▶ withheld, unpublished, covered
//!                                      ╱
//!  public log ─▶ entries ─▶ d by position, as far as a head that was verified
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::{Day, Head, Page};

/// The two of them.
#[derive(Debug, Default)]
pub struct Seen {
    last_read: Option<(u64, [u8; 32])>,
    handed: BTreeMap<[u8; 32], u64>,
    pruned: u64,
    entries: Vec<[u8; 32]>,
    head: Option<Head>,
    growths: u64,
    passed: u64,
    read_mark: Option<(u64, Day)>,
}

impl Seen {
    /// The number and the digest of the last cell that was fetched.
    pub fn last_read(&self) -> Option<(u64, [u8; 32])> {
        self.last_read
    }

    /// Whether the cell of this digest was handed over.
    pub fn was_handed(&self, digest: &[u8; 32]) -> bool {
        self.handed.contains_key(digest)
    }

    /// How many cells the inbox says that it pruned before this desk asked for them.
    pub fn pruned(&self) -> u64 {
        self.pruned
    }

    /// How far the public log was verified.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The positions and digests of the log's entries that were never handed over.
    pub fn not_handed(&self) -> impl Iterator<Item = (u64, &[u8; 32])> {
        let size = self.head.as_ref().map_or(0, |head| head.size);
        (0..size)
            .zip(&self.entries)
            .filter(|(_, digest)| !self.was_handed(digest))
    }

    /// What was handed over and is not in the log, although two publications came after it.
    pub fn unpublished(&self) -> Vec<[u8; 32]> {
        let late = |at: &u64| at.saturating_add(GROWTHS) <= self.growths;
        let late = self.handed.iter().filter(|(_, at)| late(at));
        let size = self.head.as_ref().map_or(0, |head| head.size);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let logged: BTreeSet<_> = self.entries.iter().take(size).collect();
        late.map(|(digest, _)| *digest)
            .filter(|digest| !logged.contains(digest))
            .collect()
    }

    /// How many entries of the log, from the first on, this desk has been handed without a gap.
    pub fn covered(&self) -> u64 {
        let size = self.head.as_ref().map_or(0, |head| head.size);
        self.not_handed()
            .map(|(position, _)| position)
            .find(|position| *position >= self.passed)
            .unwrap_or(size)
    }

    /// The last read-mark that the inbox took: entries, day.
    pub fn read_mark(&self) -> Option<(u64, Day)> {
        self.read_mark
    }

    pub(super) fn page(&mut self, page: &Page) {
        for digest in &page.digests {
            self.handed.entry(*digest).or_insert(self.growths);
        }
        if let Some(last) = page.digests.last() {
            self.last_read = Some((page.number, *last));
        }
        self.pruned = self.pruned.saturating_add(page.pruned);
    }

    pub(super) fn again(&mut self) {
        self.last_read = None;
        // All that was ever pruned is passed over and counted once more.
        self.pruned = 0;
    }

    pub(super) fn entries(&mut self, from: u64, digests: &[[u8; 32]]) {
        // A crash may have come between earlier ones from there on and the head that would have made them count.
        self.entries
            .truncate(usize::try_from(from).unwrap_or(usize::MAX));
        self.entries.extend_from_slice(digests);
    }

    pub(super) fn log(&mut self, head: Head) {
        if self.head.as_ref().is_some_and(|old| old.size < head.size) {
            self.growths += 1;
        }
        self.head = Some(head);
    }

    pub(super) fn passed(&mut self, before: u64) {
        self.passed = self.passed.max(before);
    }

    pub(super) fn marked(&mut self, size: u64, day: Day) {
        self.read_mark = Some((size, day));
    }
}

/// How often this desk must have seen the log grow: once for what had been published before the cell came and is
/// verified in the same sync, once for a publication that witnesses were still cosigning, once for one with the cell.
const GROWTHS: u64 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: u64, digests: &[u8]) -> Page {
        Page::new(number, digests.iter().map(|n| [*n; 32]).collect(), 0)
    }

    fn grow(seen: &mut Seen, digests: &[u8]) {
        let from = seen.head().map_or(0, |head| head.size);
        let more: Vec<_> = digests.iter().map(|n| [*n; 32]).collect();
        seen.entries(from, &more);
        let size = from + u64::try_from(more.len()).unwrap();
        seen.log(Head::new(size, [0; 32], String::new()));
    }

    #[test]
    fn spec_11_8_what_is_covered_ends_at_the_first_gap() {
        let mut seen = Seen::default();
        assert_eq!(seen.covered(), 0);
        seen.page(&page(3, &[1, 2, 3]));
        grow(&mut seen, &[2, 1]);
        assert_eq!(seen.covered(), 2);
        grow(&mut seen, &[4, 3]);
        assert_eq!(seen.covered(), 2, "4 was not handed over");
        let withheld: Vec<_> = seen.not_handed().collect();
        assert_eq!(withheld, [(2, &[4; 32])]);
        seen.page(&page(4, &[4]));
        assert_eq!((seen.covered(), seen.not_handed().count()), (4, 0));
        grow(&mut seen, &[5, 6]);
        seen.page(&page(6, &[6]));
        assert_eq!(seen.covered(), 4);
        seen.passed(5);
        assert_eq!(seen.covered(), 6, "5 is passed over");
        assert_eq!(seen.not_handed().count(), 1, "and stays missing");
    }

    #[test]
    fn spec_11_7_a_cell_must_be_in_the_log_after_two_publications() {
        let mut seen = Seen::default();
        grow(&mut seen, &[]);
        seen.page(&page(1, &[1]));
        grow(&mut seen, &[6]);
        assert!(seen.unpublished().is_empty(), "it came before the cell");
        grow(&mut seen, &[7]);
        assert!(seen.unpublished().is_empty(), "it was under way");
        grow(&mut seen, &[]);
        assert!(seen.unpublished().is_empty(), "the same size is no news");
        grow(&mut seen, &[8]);
        assert_eq!(seen.unpublished(), [[1; 32]]);
        grow(&mut seen, &[1]);
        assert!(seen.unpublished().is_empty());
    }

    #[test]
    fn entries_that_a_crash_left_without_a_head_do_not_count() {
        let mut seen = Seen::default();
        grow(&mut seen, &[1, 2]);
        seen.entries(2, &[[3; 32], [4; 32]]);
        assert_eq!(seen.not_handed().count(), 2);
        grow(&mut seen, &[5]);
        let missing: Vec<_> = seen.not_handed().map(|(_, digest)| digest[0]).collect();
        assert_eq!(missing, [1, 2, 5]);
    }
}
