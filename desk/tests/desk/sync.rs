//! What a sync fetches, opens, counts and refuses.

use brolly_desk::casebook::{Access, Casebook, CasebookError, Reason};
use brolly_desk::inbox::{Inbox, PageError, SealedError};
use brolly_desk::sync::{Progress, Summary, SyncError, sync};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry;
use brolly_protocol::report::{Report, Slot};
use brolly_shell::cli::REFUSED;
use brolly_shell::http::StatusCode;
use brolly_shell::http::client::LinkError;

use crate::inbox::sealed_page;
use crate::scheme::{Scheme, block_on, casebook_key, holds, said};

impl Scheme {
    pub(crate) fn sync(&self, slot: Slot) -> Result<Summary, SyncError> {
        self.sync_told(slot, |_| {})
    }

    fn sync_told(&self, slot: Slot, told: impl FnMut(Progress)) -> Result<Summary, SyncError> {
        let place = self.place(slot);
        let mut keys = self.keys(slot);
        let inbox = Inbox::of(&place, &keys)?;
        let mut casebook = self.casebook(slot, Access::Write)?;
        block_on(sync(&inbox, &place, &mut keys, &mut casebook, told))
    }

    pub(crate) fn casebook(&self, slot: Slot, access: Access) -> Result<Casebook, CasebookError> {
        let path = self.config(slot).casebook();
        Casebook::open(&path, &casebook_key(slot), access)
    }

    pub(crate) fn read(&self, slot: Slot) -> Casebook {
        self.casebook(slot, Access::Read).unwrap()
    }

    fn narratives(&self, slot: Slot) -> Vec<String> {
        let casebook = self.read(slot);
        let cases = casebook.cases().iter();
        cases.map(|c| c.report.incident.narrative.clone()).collect()
    }

    pub(crate) fn send(&mut self, report: &Report) -> SealedCell {
        let cell = self.seal(self.week(), report, "ring 07700 900123");
        self.inbox.admit([cell.clone()]);
        cell
    }
}

fn counts(summary: &Summary) -> [u64; 4] {
    [
        summary.new,
        summary.opened,
        summary.not_ours,
        summary.refused,
    ]
}

#[test]
fn spec_11_1_a_desk_keeps_what_is_addressed_to_it_and_counts_the_rest() {
    let mut scheme = Scheme::new();
    let mut with_contact = said("CANARY-both");
    with_contact.consent.police_contact = true;
    let mut for_scheme = said("CANARY-scheme");
    for_scheme.consent.police = false;
    let first = scheme.send(&with_contact);
    scheme.send(&for_scheme);
    let cover = scheme.cover();
    scheme.inbox.admit([cover]);

    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [3, 1, 2, 0]);
    assert_eq!(counts(&scheme.sync(Slot::Scheme).unwrap()), [3, 2, 1, 0]);
    assert_eq!(
        scheme.narratives(Slot::Scheme),
        ["CANARY-both", "CANARY-scheme"]
    );
    let police = scheme.read(Slot::Police);
    let [case] = police.cases() else {
        panic!("one case");
    };
    assert_eq!(case.report, with_contact);
    assert_eq!(case.contact.as_deref(), Some("ring 07700 900123"));
    assert_eq!(case.digest, first.digest());
    assert_eq!((case.number, case.slot), (1, Slot::Police));
    assert_eq!(scheme.read(Slot::Scheme).cases()[0].contact, None);
    for desk in ["police", "scheme"] {
        for canary in [&b"CANARY"[..], b"07700 900123"] {
            assert!(!holds(&scheme.path(desk), canary));
        }
    }
}

#[test]
fn spec_11_1_a_sync_goes_on_where_the_last_one_ended() {
    let mut scheme = Scheme::new();
    for n in 1..=5 {
        scheme.send(&said(&format!("report {n}")));
    }
    scheme.inbox.state().page = 2;
    scheme.inbox.state().instead = Some((2, StatusCode::SERVICE_UNAVAILABLE, Vec::new()));
    let mut told = Vec::new();
    let error = scheme.sync_told(Slot::Police, |progress| told.push(progress));
    let sentence = error.unwrap_err().to_string();
    assert_eq!(sentence, "the inbox answered 503: try again later");
    let told: Vec<_> = told.iter().map(|p| (p.done, p.announced)).collect();
    assert_eq!(told, [(1, 5), (2, 5), (3, 5), (4, 5)]);
    assert_eq!(scheme.narratives(Slot::Police).len(), 4);

    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [1, 1, 0, 0]);
    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [0, 0, 0, 0]);
    let order: Vec<_> = (1..=5).map(|n| format!("report {n}")).collect();
    assert_eq!(scheme.narratives(Slot::Police), order);
    let asked = scheme.inbox.state().asked.clone();
    assert_eq!(
        asked.join(" "),
        "after=0 after=2 after=4 after=3 after=4 after=5 after=4 after=5"
    );
}

#[test]
fn spec_11_1_a_sync_that_was_cut_off_anywhere_goes_on_and_keeps_each_report_once() {
    let mut scheme = Scheme::new();
    for n in 1..=7 {
        scheme.send(&said(&format!("report {n}")));
        let cover = scheme.cover();
        scheme.inbox.admit([cover]);
    }
    scheme.inbox.state().page = 5;
    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [14, 7, 7, 0]);
    let path = scheme.config(Slot::Police).casebook();
    let whole = std::fs::read(&path).unwrap();
    let order: Vec<_> = (1..=7).map(|n| format!("report {n}")).collect();
    let place = scheme.place(Slot::Police);
    let mut keys = scheme.keys(Slot::Police);
    let inbox = Inbox::of(&place, &keys).unwrap();
    let mut went_on = 0;
    // Ctrl-C or a crash leaves some first part of what is written.
    for end in (whole.len() / 16..whole.len()).step_by(whole.len() / 16) {
        std::fs::write(&path, &whole[..end]).unwrap();
        scheme.inbox.state().asked.clear();
        let mut casebook = scheme.casebook(Slot::Police, Access::Write).unwrap();
        block_on(sync(&inbox, &place, &mut keys, &mut casebook, |_| {})).unwrap();
        let cases = casebook.cases().iter();
        let said: Vec<_> = cases
            .map(|c| c.report.incident.narrative.as_str())
            .collect();
        assert_eq!(said, order, "cut at {end}");
        assert_eq!(casebook.mark(), 14, "cut at {end}");
        went_on += usize::from(!scheme.inbox.state().asked.contains(&"after=0".to_owned()));
    }
    assert!(went_on > 5, "{went_on}");
}

#[test]
fn spec_11_1_what_comes_twice_is_kept_once() {
    let mut scheme = Scheme::new();
    let cell = scheme.send(&said("once"));
    // The tag is not covered by d: the same report under another tag is the same report.
    let mut bytes = cell.as_bytes().to_vec();
    bytes[0] ^= 1;
    let again = SealedCell::from_bytes(bytes.into()).unwrap();
    scheme.inbox.admit([cell.clone(), again]);
    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [1, 1, 0, 0]);
    scheme.inbox.admit([cell]);
    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [0, 0, 0, 0]);
    assert_eq!(scheme.narratives(Slot::Police), ["once"]);
    assert_eq!(scheme.read(Slot::Police).mark(), 4);
}

#[test]
fn spec_11_2_a_body_made_to_read_differently_at_two_desks_is_refused_and_listed() {
    let mut scheme = Scheme::new();
    let body = scheme.body(&said("words"), 0);
    let honest = scheme.forge(None, &body);
    let two_meanings = scheme.forge(Some([23; 32]), &body);
    let digest = two_meanings.digest();
    scheme.inbox.admit([honest, two_meanings]);
    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [2, 1, 0, 1]);
    let casebook = scheme.read(Slot::Police);
    assert_eq!(casebook.cases().len(), 1, "what is built so is read");
    let [refused] = casebook.refused() else {
        panic!("one refused");
    };
    assert_eq!(
        (refused.reason, refused.digest),
        (Reason::TwoMeanings, digest)
    );
    let [warning] = &brolly_desk::list::warnings(&casebook)[..] else {
        panic!("one warning");
    };
    assert!(warning.contains("read differently at different desks"));
}

#[test]
fn spec_11_2_a_body_with_bytes_left_over_or_without_a_report_is_refused() {
    let mut scheme = Scheme::new();
    let left_over = scheme.body(&said("words"), 1);
    let mut padding = scheme.body(&said("words"), 0);
    *padding.last_mut().unwrap() = 1;
    let mut no_key = scheme.body(&said("words"), 0);
    no_key[..1216].fill(0xff);
    let unreadable = scheme.body(&said("words"), 22_000);
    let long = scheme.body(&said("words"), usize::from(u16::MAX));
    let bodies = [left_over, padding, no_key, unreadable, long];
    for body in &bodies {
        let cell = scheme.forge(None, body);
        scheme.inbox.admit([cell]);
    }
    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [5, 0, 0, 5]);
    let casebook = scheme.read(Slot::Police);
    let reasons: Vec<_> = casebook.refused().iter().map(|r| r.reason).collect();
    let expected = [
        Reason::LeftOver,
        Reason::LeftOver,
        Reason::ReplyKey,
        Reason::LeftOver,
        Reason::Unreadable,
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn spec_11_2_a_page_that_is_wrong_anywhere_leaves_nothing_behind() {
    let mut scheme = Scheme::new();
    let cell = scheme.send(&said("words"));
    let page = |numbers: &[u64]| -> Vec<u8> {
        let cells: Vec<_> = numbers.iter().map(|n| (*n, cell.clone())).collect();
        sealed_page(0, &cells)
    };
    let mut cut = page(&[1, 2]);
    cut.pop();
    for (body, expected) in [
        (cut.clone(), PageError::Length(cut.len())),
        (
            page(&[2, 1]),
            PageError::Order {
                before: 2,
                given: 1,
            },
        ),
        (
            page(&[0]),
            PageError::Order {
                before: 0,
                given: 0,
            },
        ),
    ] {
        scheme.inbox.state().instead = Some((0, StatusCode::OK, body));
        let error = scheme.sync(Slot::Police).unwrap_err();
        assert!(
            matches!(&error, SyncError::Inbox(SealedError::Page(page)) if *page == expected),
            "{error}"
        );
        let casebook = scheme.read(Slot::Police);
        assert!(casebook.cases().is_empty());
        assert_eq!(casebook.mark(), 0);
    }
    let oversized = vec![0; 4 + 257 * geometry::NUMBERED_CELL];
    scheme.inbox.state().instead = Some((0, StatusCode::OK, oversized));
    let error = scheme.sync(Slot::Police).unwrap_err();
    assert!(matches!(
        error,
        SyncError::Inbox(SealedError::Link(LinkError::TooLong { .. }))
    ));
    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [1, 1, 0, 0]);
}

#[test]
fn spec_11_3_a_sync_erases_the_keys_of_past_weeks_even_if_the_inbox_is_away() {
    let mut scheme = Scheme::new();
    let week = scheme.week();
    let expired = scheme.seal(week.minus(3), &said("three weeks ago"), "");
    let late = scheme.seal(week.minus(2), &said("two weeks ago"), "");
    scheme.inbox.admit([expired, late]);
    scheme.inbox.state().instead = Some((0, StatusCode::SERVICE_UNAVAILABLE, Vec::new()));
    assert!(scheme.sync(Slot::Police).is_err());
    let held = scheme.keys(Slot::Police).weeks();
    let oldest = held.iter().map(|held| held.epoch).min();
    assert_eq!(oldest, Some(week.minus(2)), "the file no longer holds them");

    assert_eq!(counts(&scheme.sync(Slot::Police).unwrap()), [2, 1, 1, 0]);
    assert_eq!(scheme.narratives(Slot::Police), ["two weeks ago"]);
    let first = scheme.sync(Slot::Scheme).unwrap();
    assert_eq!(first.erased_keys, 2);
}

#[test]
fn spec_11_3_a_desk_that_was_away_opens_what_it_can_before_it_erases() {
    let mut scheme = Scheme::new();
    let week = scheme.week();
    let old = scheme.seal(week.minus(3), &said("three weeks ago"), "");
    scheme.inbox.admit([old]);
    let summary = scheme.sync(Slot::Police).unwrap();
    assert_eq!((summary.opened, summary.erased_keys), (1, 2));
    assert_eq!(scheme.narratives(Slot::Police), ["three weeks ago"]);
}

#[test]
fn spec_11_2_an_inbox_that_went_back_is_refused() {
    let mut scheme = Scheme::new();
    let week = scheme.week();
    let cells = ["one", "two"].map(|words| scheme.seal(week, &said(words), ""));
    scheme.inbox.admit(cells);
    assert_eq!(scheme.sync(Slot::Police).unwrap().opened, 2);
    scheme.inbox.state().cells.pop();
    let refused = scheme.sync(Slot::Police).unwrap_err();
    assert!(matches!(refused, SyncError::WentBack(2)), "{refused}");
    // The numbers it lost are given out again: there is a cell 2, and a cell 3, but not the cell 2 that was read.
    scheme.send(&said("another two"));
    scheme.send(&said("three"));
    let refused = scheme.sync(Slot::Police).unwrap_err();
    assert!(matches!(refused, SyncError::WentBack(2)), "{refused}");
    assert_eq!(scheme.narratives(Slot::Police), ["one", "two"]);
    assert_eq!(scheme.read(Slot::Police).mark(), 2);
}

#[test]
fn spec_11_2_a_cell_damaged_at_the_inbox_after_it_was_read_does_not_stop_the_desk() {
    let mut scheme = Scheme::new();
    scheme.send(&said("one"));
    scheme.send(&said("two"));
    assert_eq!(scheme.sync(Slot::Police).unwrap().opened, 2);
    scheme.send(&said("three"));
    scheme.inbox.state().cells.remove(1);
    let summary = scheme.sync(Slot::Police).unwrap();
    assert_eq!(counts(&summary), [1, 1, 0, 0]);
    assert_eq!(summary.missing, 0, "the desk has what was damaged since");
    assert_eq!(scheme.narratives(Slot::Police), ["one", "two", "three"]);
    assert_eq!(scheme.read(Slot::Police).mark(), 3);
}

#[test]
fn spec_11_2_cells_damaged_at_the_inbox_before_they_were_read_are_counted() {
    let mut scheme = Scheme::new();
    for n in 1..=6 {
        scheme.send(&said(&format!("report {n}")));
    }
    scheme.inbox.state().page = 2;
    let damaged = [1, 4, 5];
    let there = |number: &u64| !damaged.contains(number);
    scheme.inbox.state().cells.retain(|(n, _)| there(n));
    let summary = scheme.sync(Slot::Police).unwrap();
    assert_eq!(counts(&summary), [3, 3, 0, 0]);
    assert_eq!(summary.missing, 3);
    assert_eq!(scheme.sync(Slot::Police).unwrap().missing, 0);
}

#[test]
fn spec_11_11_pruned_numbers_are_not_damage() {
    let mut scheme = Scheme::new();
    for n in 1..=6 {
        scheme.send(&said(&format!("report {n}")));
    }
    scheme.inbox.state().page = 2;
    scheme.inbox.state().pruned.extend([1, 4]);
    // The fifth is damaged as well.
    scheme
        .inbox
        .state()
        .cells
        .retain(|(number, _)| *number != 5);
    let summary = scheme.sync(Slot::Police).unwrap();
    assert_eq!(counts(&summary), [3, 3, 0, 0]);
    assert_eq!((summary.pruned, summary.missing), (2, 1));
    assert_eq!(scheme.read(Slot::Police).seen().pruned(), 2);
    // All that the desk has read goes, and a cell that it has not.
    scheme.send(&said("report 7"));
    scheme.inbox.state().pruned.extend(1..=7);
    let summary = scheme.sync(Slot::Police).unwrap();
    assert_eq!(
        (summary.pruned, summary.pruned_last, summary.missing),
        (1, 1, 0)
    );
    assert_eq!(scheme.read(Slot::Police).mark(), 6);
    scheme.send(&said("report 8"));
    let summary = scheme.sync(Slot::Police).unwrap();
    assert_eq!(
        (summary.opened, summary.pruned, summary.pruned_last),
        (1, 1, 0)
    );
    assert_eq!(scheme.read(Slot::Police).seen().pruned(), 3);
}

#[test]
fn spec_11_11_after_a_rebuild_all_is_read_again_and_kept_once() {
    let mut scheme = Scheme::new();
    for words in ["one", "two", "three"] {
        scheme.send(&said(words));
    }
    assert_eq!(scheme.sync(Slot::Police).unwrap().opened, 3);
    scheme.send(&said("four"));
    {
        let mut state = scheme.inbox.state();
        state.cells.reverse();
        for (number, cell) in (1..).zip(&mut state.cells) {
            cell.0 = number;
        }
    }
    let refused = scheme.sync(Slot::Police).unwrap_err();
    assert!(matches!(refused, SyncError::WentBack(3)));
    assert!(refused.to_string().contains("`brolly-desk sync --again`"));
    let refused = scheme.run(Slot::Police, &["sync"]);
    assert_eq!(refused.status.code(), Some(REFUSED.into()));
    let line = scheme.json(Slot::Police, &["sync", "--again", "--json"]);
    assert_eq!((&line["new"], &line["opened"]), (&1.into(), &1.into()));
    let told = scheme.narratives(Slot::Police);
    assert_eq!(told, ["one", "two", "three", "four"]);
    assert_eq!(scheme.read(Slot::Police).mark(), 4);
}
