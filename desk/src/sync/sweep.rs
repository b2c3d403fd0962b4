//! Opening a page of cells on all cores.

use std::panic::resume_unwind;
use std::thread;

use brolly_keys::epoch::KeyRing;
use brolly_keys::role::Desk;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::DELIVERED;

use crate::casebook::{Case, Day, Reason, Refused};
use crate::inbox::SealedPage;
use crate::place::Place;

/// What this desk opens cells with.
pub(super) struct Reader<'a> {
    pub(super) place: &'a Place,
    pub(super) ring: KeyRing<Desk>,
    pub(super) today: Day,
}

/// A cell that was looked at.
pub(super) struct Looked {
    pub(super) number: u64,
    /// `d`.
    pub(super) digest: [u8; 32],
    pub(super) found: Found,
}

/// What a cell is to this desk.
pub(super) enum Found {
    /// In the casebook already, and not opened again.
    Known,
    /// A report.
    Case(Box<Case>),
    /// Addressed to this desk and refused.
    Refused(Refused),
    /// Not addressed to this desk, or no report at all.
    NotOurs,
}

impl Reader<'_> {
    /// Looks at all cells of a page and opens those that are not `known`, each core an equal share of them. What was
    /// found is in the order of the page.
    pub(super) fn sweep(
        &self,
        page: &SealedPage,
        known: impl Fn(&[u8; 32]) -> bool + Sync,
    ) -> Vec<Looked> {
        let cells: Vec<_> = page.cells().collect();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let share = cells.len().div_ceil(cores).max(1);
        let look = |(number, cell): &(u64, &[u8; DELIVERED])| self.look(*number, cell, &known);
        let mut looked = Vec::with_capacity(cells.len());
        thread::scope(|scope| {
            let shares = cells.chunks(share);
            let threads: Vec<_> = shares
                .map(|cells| scope.spawn(move || cells.iter().map(look).collect::<Vec<_>>()))
                .collect();
            for thread in threads {
                looked.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
        });
        looked
    }

    fn look(
        &self,
        number: u64,
        cell: &[u8; DELIVERED],
        known: &impl Fn(&[u8; 32]) -> bool,
    ) -> Looked {
        let cell = SealedCell::from(cell);
        let digest = cell.digest();
        let found = match known(&digest) {
            true => Found::Known,
            false => self.open(number, digest, &cell),
        };
        Looked {
            number,
            digest,
            found,
        }
    }

    fn open(&self, number: u64, digest: [u8; 32], cell: &SealedCell<&[u8]>) -> Found {
        let desk = &self.place.desk;
        match cell.open(self.place.directory.scheme, desk.id, desk.slot, &self.ring) {
            Ok(opened) => {
                let case = Case::new(number, digest, self.today, desk.slot, opened);
                Found::Case(Box::new(case))
            }
            Err(error) => match Reason::of(error) {
                Some(reason) => Found::Refused(Refused {
                    number,
                    digest,
                    received: self.today,
                    reason,
                }),
                None => Found::NotOurs,
            },
        }
    }
}
