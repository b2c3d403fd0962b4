use std::os::unix::fs::PermissionsExt;

use brolly_protocol::report::{Incident, Report, Slot};
use tempfile::TempDir;

use super::*;

const KEY: [u8; 32] = [7; 32];
const CANARY: &str = "CANARY-in-the-casebook";

struct Shelf {
    folder: TempDir,
}

impl Shelf {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("casebook")
    }

    fn write(&self) -> Result<Casebook, CasebookError> {
        self.open(Access::Write)
    }

    fn read(&self) -> Result<Casebook, CasebookError> {
        self.open(Access::Read)
    }

    /// A test beside this one that starts a process holds every lock for the moment between its fork and its exec.
    fn open(&self, access: Access) -> Result<Casebook, CasebookError> {
        let open = || Casebook::open(&self.path(), &KEY, access);
        (0..20_000)
            .map(|_| {
                std::thread::yield_now();
                open()
            })
            .find(|casebook| !matches!(casebook, Err(CasebookError::Busy(_))))
            .unwrap_or_else(open)
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    fn set(&self, bytes: &[u8]) {
        std::fs::write(self.path(), bytes).unwrap();
    }

    /// Three reports with a mark behind each, and where each record begins and the last ends.
    fn filled() -> (Self, Vec<usize>) {
        let shelf = Self::new();
        let mut casebook = shelf.write().unwrap();
        let mut edges = vec![HEADER];
        for n in 1..=3 {
            for record in [case(n), mark(n)] {
                casebook.append(vec![record]).unwrap();
                edges.push(usize::try_from(casebook.end).unwrap());
            }
        }
        (shelf, edges)
    }
}

fn case(n: u8) -> Record {
    Record::Case(Box::new(Case {
        number: n.into(),
        digest: [n; 32],
        received: Day(20_000),
        slot: Slot::Police,
        report: Report {
            incident: Incident {
                narrative: CANARY.repeat(usize::from(n)),
                ..Incident::default()
            },
            photo: vec![n; 20],
            ..Report::default()
        },
        contact: Some(CANARY.to_owned()),
        reply_key: vec![n; 1216],
        reply_root: [n; 32],
    }))
}

fn mark(n: u8) -> Record {
    Record::Page(Page::new(n.into(), vec![[n; 32]], 0))
}

fn refused(n: u8) -> Record {
    Record::Refused(Refused {
        number: n.into(),
        digest: [n; 32],
        received: Day(20_000),
        reason: Reason::TwoMeanings,
    })
}

/// Opening to read and to write both refuse, and neither changes a byte.
fn refuses(shelf: &Shelf, bytes: &[u8]) -> CasebookError {
    shelf.set(bytes);
    assert!(shelf.read().is_err());
    let error = shelf.write().err().unwrap();
    assert_eq!(shelf.bytes(), bytes, "nothing may be changed");
    error
}

#[test]
fn what_was_added_is_there_when_it_is_opened_again() {
    let shelf = Shelf::new();
    assert!(shelf.read().unwrap().cases().is_empty());
    assert!(!shelf.path().exists(), "reading makes no file");
    let mut casebook = shelf.write().unwrap();
    casebook
        .append(vec![case(1), refused(2), case(1), mark(2)])
        .unwrap();
    casebook.append(vec![case(3), mark(9)]).unwrap();
    drop(casebook);
    for casebook in [shelf.read().unwrap(), shelf.write().unwrap()] {
        let digests: Vec<_> = casebook.cases().iter().map(|c| c.digest[0]).collect();
        assert_eq!(digests, [1, 3], "what came twice is kept once");
        assert_eq!(casebook.cases()[0].contact.as_deref(), Some(CANARY));
        assert_eq!(casebook.refused().len(), 1);
        assert_eq!(casebook.mark(), 9);
        assert_eq!(casebook.last_read(), Some((9, [9; 32])));
        assert!(casebook.contains(&[2; 32]) && !casebook.contains(&[4; 32]));
    }
}

#[test]
fn spec_11_4_the_file_shows_nothing_of_a_report_and_only_its_owner_reads_it() {
    let (shelf, _) = Shelf::filled();
    let bytes = shelf.bytes();
    assert!(!bytes.windows(12).any(|w| w == &CANARY.as_bytes()[..12]));
    let mode = std::fs::metadata(shelf.path()).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o600);
    std::fs::set_permissions(shelf.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(shelf.read(), Err(CasebookError::Exposed(_))));
}

#[test]
fn spec_11_4_a_torn_tail_is_cut_off_and_what_came_before_it_stays() {
    let (shelf, edges) = Shelf::filled();
    let whole = shelf.bytes();
    let (last, end) = (edges[edges.len() - 2], edges[edges.len() - 1]);
    assert_eq!(end, whole.len());
    for cut in last..end {
        shelf.set(&whole[..cut]);
        assert_eq!(shelf.read().unwrap().mark(), 2);
        assert_eq!(shelf.bytes().len(), cut, "reading changes nothing");
        assert_eq!(shelf.write().unwrap().cases().len(), 3);
        assert_eq!(shelf.bytes(), &whole[..last]);
    }
    // A length that reached the disk before its bytes.
    shelf.set(&[&whole[..last], &[0; 100]].concat());
    let mut casebook = shelf.write().unwrap();
    casebook.append(vec![mark(7)]).unwrap();
    drop(casebook);
    assert_eq!(shelf.read().unwrap().mark(), 7);
    // A crash while the file was being made.
    for cut in 0..HEADER {
        shelf.set(&whole[..cut]);
        assert!(shelf.write().unwrap().cases().is_empty());
        assert_eq!(shelf.bytes().len(), HEADER);
    }
}

#[test]
fn spec_11_4_a_flipped_byte_anywhere_is_refused_and_nothing_is_changed() {
    let (shelf, edges) = Shelf::filled();
    let whole = shelf.bytes();
    let frames = edges.iter().flat_map(|edge| *edge..edge + 24);
    let sample = (0..HEADER)
        .chain(frames)
        .chain((HEADER..whole.len()).step_by(37))
        .filter(|at| *at < whole.len());
    for at in sample {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let error = refuses(&shelf, &bytes).to_string();
        if at >= edges[1] {
            assert!(error.contains("is damaged at byte"), "byte {at}: {error}");
            assert!(error.contains("back-up"), "byte {at}: {error}");
        }
    }
}

#[test]
fn spec_11_4_records_swapped_dropped_or_brought_from_elsewhere_are_refused() {
    let (shelf, edges) = Shelf::filled();
    let whole = shelf.bytes();
    let record = |n: usize| &whole[edges[n]..edges[n + 1]];
    let head = &whole[..HEADER];
    let join = |order: &[usize]| {
        let records = order.iter().flat_map(|n| record(*n).to_vec());
        [head.to_vec(), records.collect()].concat()
    };
    assert_eq!(join(&[0, 1, 2, 3, 4, 5]), whole);
    for order in [
        &[0, 2, 1, 3, 4, 5][..],
        &[0, 1, 2, 3, 5, 4],
        &[0, 1, 3, 4, 5],
        &[0, 0, 1, 2, 3, 4, 5],
        &[1, 0],
    ] {
        refuses(&shelf, &join(order));
    }
    let (other, places) = Shelf::filled();
    let stranger = &other.bytes()[places[5]..places[6]];
    refuses(&shelf, &[&whole[..edges[5]], stranger].concat());
}

#[test]
fn another_desks_casebook_and_another_file_are_told_apart() {
    let (shelf, _) = Shelf::filled();
    for access in [Access::Read, Access::Write] {
        let other = Casebook::open(&shelf.path(), &[8; 32], access).err();
        assert!(matches!(other, Some(CasebookError::OtherKey(_))));
    }
    for text in [&b"shopping list: a new umbrella, and a parasol"[..], b"x"] {
        let error = refuses(&shelf, text);
        assert!(matches!(error, CasebookError::NotACasebook(_)), "{error}");
    }
}

#[test]
fn two_programs_cannot_write_at_once() {
    let shelf = Shelf::new();
    let first = shelf.write().unwrap();
    for second in [shelf.write(), shelf.read()] {
        let error = second.err().unwrap().to_string();
        assert!(error.starts_with("another brolly-desk is using"), "{error}");
    }
    drop(first);
    let reader = shelf.read().unwrap();
    let mut writer = shelf.write().unwrap();
    writer.append(vec![mark(1)]).unwrap();
    assert_eq!(reader.mark(), 0);
    let mut reader = reader;
    assert!(matches!(
        reader.append(vec![mark(2)]),
        Err(CasebookError::ReadOnly)
    ));
}

#[test]
fn a_record_that_is_too_large_leaves_the_casebook_as_it_was() {
    let (shelf, _) = Shelf::filled();
    let whole = shelf.bytes();
    let mut casebook = shelf.write().unwrap();
    let Record::Case(mut large) = case(9) else {
        panic!("a case")
    };
    large.report.photo = vec![0; RECORD];
    let large = vec![mark(8), Record::Case(large)];
    assert!(matches!(casebook.append(large), Err(CasebookError::Record)));
    assert_eq!(casebook.mark(), 3);
    assert_eq!(shelf.bytes(), whole);
}
