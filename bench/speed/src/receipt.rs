//! One receipt in a window: what a worker's device does when she asks whether her report arrived.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use brolly_keys::note::Note;
use brolly_keys::sign::Statement as _;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::{LOG_ENTRY, REPLY};
use brolly_protocol::log::{Entry, Frontier, Hash, LogName, Part, Window, leaf_hash, window_start};
use brolly_protocol::receipt::{Receipt, ReceiptCode};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use crate::figure::{Figure, Sheet, grouped, number};
use crate::memory::Alone;
use crate::rounds::medians;
use crate::scheme::{NOW, Scheme};
use crate::{Outcome, tree};

pub(crate) fn run(sheet: &mut Sheet, count: u32, rounds: usize) -> Outcome {
    let sample = Sample::new(count)?;
    let bytes = sample.window();
    let directory = &sample.scheme.directory;
    let window = Window::verify(&bytes, directory)?;
    let entries = window.reports.entries.len();
    let receipt = sample.code.receipt(&directory.scheme)?;
    let [hashing, verifying, deriving, tagging] = medians(
        rounds,
        [
            &mut || {
                tree::one_by_one(entries);
                Ok(())
            },
            &mut || {
                black_box(Window::verify(black_box(&bytes), directory)?);
                Ok(())
            },
            &mut || {
                black_box(sample.code.receipt(&directory.scheme)?);
                Ok(())
            },
            &mut || find(&receipt, &window),
        ],
    )?;

    let n = grouped(entries);
    sheet.heading(&format!(
        "A receipt in a window of {n} entries, medians of {rounds} rounds"
    ))?;
    let hashing = Figure::time(
        format!("SHA-256 of {n} leaves and the nodes above them, one at a time"),
        hashing,
    );
    sheet.put(&hashing)?;
    let same = "SHA-256, one at a time";
    sheet.put(
        &Figure::time(format!("verify a window of {n} entries"), verifying).beside(same, &hashing),
    )?;
    sheet.put(&Figure::time("Argon2id of the code", deriving))?;
    sheet.put(
        &Figure::time(format!("a tag for each of {n} entries"), tagging).beside(same, &hashing),
    )?;
    sheet.put(&Figure::time(
        format!("check a receipt among {n} entries: the three together"),
        verifying + deriving + tagging,
    ))?;
    let each = number(sample.reports.len()) * 1_000.0 / number(entries);
    sheet.put(
        &Figure::new("window of reports, for each 1,000 entries", each, "bytes").at_most(65_536.0),
    )?;
    let answers = grouped(ANSWERS);
    let name = format!("both logs' window, with {answers} answers on the board");
    sheet.put(&Figure::bytes(name, bytes.len()))?;
    let name = "peak memory of a program that checks it once";
    sheet.put(&Figure::new(name, sample.peak(&bytes)?, "MiB").at_most(64.0))?;
    Ok(())
}

/// Does the check once, as a program of its own, from the files that [`Sample::peak`] wrote.
pub(crate) fn alone(folder: &Path) -> Outcome {
    let note = fs::read(folder.join(DIRECTORY))?;
    let claimed = Directory::parse(Note::parse(&note)?.text().as_bytes())?;
    let directory = Directory::verify(&note, claimed.scheme, NOW, 0)?;
    let bytes = fs::read(folder.join(WINDOW))?;
    let window = Window::verify(&bytes, &directory)?;
    let code = ReceiptCode::parse(&fs::read_to_string(folder.join(CODE))?)?;
    find(&code.receipt(&directory.scheme)?, &window)
}

/// Computes the tag of every entry of the window: exactly one is the receipt's.
fn find(receipt: &Receipt, window: &Window) -> Outcome {
    let mut found = 0;
    for bytes in &window.reports.entries {
        let entry = Entry::from_bytes(bytes).ok_or("an entry is not a tag and a digest")?;
        found += u32::from(receipt.tag(&entry.digest) == entry.tag);
    }
    match found {
        1 => Ok(()),
        _ => Err(format!("{found} entries instead of one are the receipt's").into()),
    }
}

/// A log ten times as long as its window, with a known report in the middle of that, and a board of answers.
struct Sample {
    scheme: Scheme,
    code: ReceiptCode,
    reports: Vec<u8>,
    board: Vec<u8>,
}

impl Sample {
    fn new(window: u32) -> Outcome<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let scheme = Scheme::new(window);
        let code = ReceiptCode::generate(&mut rng);
        let receipt = code.receipt(&scheme.directory.scheme)?;
        let size = 10 * u64::from(window);
        let start = window_start(size, window.into());
        // Nobody can tell the root over 256 entries from 32 random bytes.
        let spine: Vec<Hash> = (0..start / 256).map(|_| rng.random()).collect();
        let mut entries = Vec::new();
        for position in start..size {
            let mut entry: [u8; LOG_ENTRY] = rng.random();
            if position == size - u64::from(window) / 2 {
                let digest = rng.random();
                let tag = receipt.tag(&digest);
                entry = Entry { tag, digest }.to_bytes();
            }
            entries.push(entry.to_vec());
        }
        let answers: Vec<Vec<u8>> = (0..ANSWERS)
            .map(|_| rng.random::<[u8; REPLY]>().to_vec())
            .collect();
        Ok(Self {
            reports: part(&scheme, LogName::Reports, &spine, &entries)?,
            board: part(&scheme, LogName::Board, &[], &answers)?,
            scheme,
            code,
        })
    }

    fn window(&self) -> Vec<u8> {
        [self.reports.as_slice(), &self.board].concat()
    }

    fn peak(&self, window: &[u8]) -> Outcome<f64> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(DIRECTORY), self.scheme.note()?)?;
        fs::write(folder.path().join(WINDOW), window)?;
        fs::write(folder.path().join(CODE), self.code.words().as_bytes())?;
        Alone::Receipt.peak(folder.path())
    }
}

fn part(scheme: &Scheme, log: LogName, spine: &[Hash], entries: &[Vec<u8>]) -> Outcome<Vec<u8>> {
    let mut tree = Frontier::new();
    for root in spine {
        tree.push_subtree(8, *root);
    }
    entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    let note = scheme.checkpoint(log, tree.size(), tree.root())?;
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    let mut part = Vec::new();
    Part::encode(note.to_string().as_bytes(), spine, &entries, &mut part)?;
    Ok(part)
}

/// As many as desks may write in seven days; fewer than the smallest window, so the board's whole log is in it.
const ANSWERS: usize = 1_000;
const DIRECTORY: &str = "directory";
const WINDOW: &str = "window";
const CODE: &str = "code";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receipt_is_found_once_and_another_never() {
        let sample = Sample::new(2_000).unwrap();
        let directory = &sample.scheme.directory;
        let window = Window::verify(&sample.window(), directory).unwrap();
        assert!((2_000..2_256).contains(&window.reports.entries.len()));
        assert_eq!(window.board.entries.len(), ANSWERS);
        let receipt = |code: &ReceiptCode| code.receipt(&directory.scheme).unwrap();
        find(&receipt(&sample.code), &window).unwrap();
        let other = ReceiptCode::generate(&mut ChaCha20Rng::seed_from_u64(3));
        let error = find(&receipt(&other), &window).unwrap_err().to_string();
        assert_eq!(error, "0 entries instead of one are the receipt's");
    }
}
