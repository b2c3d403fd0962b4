//! An inbox that keeps everything in a folder: admitting cells, and putting what waits in sequence.
//!
//! ```text
//! DIR/brolly-bench-…/ ─┬─ file        what is admitted, appended and synced by group: what the disk can do
//!                      ├─ 0, 10000 …  an inbox with so many entries in its ledger
//!                      └─ waiting-…   an inbox whose entries all wait for a position
//! ```

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brolly_inbox::admit::{self, Admitter, Delivery};
use brolly_inbox::sample;
use brolly_inbox::sequence::Sequencer;
use brolly_inbox::store::embedded::Embedded;
use brolly_inbox::store::ledger::{Admission, Ledger as _, Spent};
use brolly_inbox::store::objects::Objects;
use brolly_keys::epoch::Epoch;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::DELIVERED;
use brolly_protocol::log::Entry;
use brolly_protocol::wire::BATCH;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::figure::{Figure, Sheet, grouped, number};
use crate::rounds::medians;
use crate::tree::one_by_one;
use crate::{Outcome, folder};

pub(crate) fn run(sheet: &mut Sheet, folder: Option<&Path>, quick: bool) -> Outcome {
    let (part, rounds) = if quick { (10, 5) } else { (1, 9) };
    let folder = folder::beside(folder)?;
    let bench = Bench {
        folder: folder.path(),
        runtime: Runtime::new()?,
    };
    let before = [0, 10_000, 100_000, 1_000_000].map(|count| count / part);
    bench.admitting(sheet, before, rounds)?;
    // Each round has a ledger of its own to fill.
    bench.sequencing(sheet, 100_000 / part, 3)
}

/// Makes an inbox's data in `folder`, with so many entries that are published.
pub(crate) fn publish(folder: &Path, count: usize) -> Outcome {
    let bench = Bench {
        folder,
        runtime: Runtime::new()?,
    };
    let inbox = bench.inbox("", count)?;
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut sequencer = inbox.sequencer()?;
    let published = bench.runtime.block_on(sequencer.publish(&mut rng))?;
    whole(count, published.reports)
}

struct Bench<'a> {
    folder: &'a Path,
    runtime: Runtime,
}

impl Bench<'_> {
    /// Ledgers of every size in turn: what slows the disk down slows all of them.
    fn admitting(&self, sheet: &mut Sheet, before: [usize; 4], rounds: usize) -> Outcome {
        let groups: Vec<Vec<SealedCell>> = (0..rounds).map(group).collect::<Outcome<_>>()?;
        let mut file = File::create_new(self.folder.join("file"))?;
        let inbox = |count: usize| self.inbox(&count.to_string(), count);
        let [empty, small, middle, large] = before.map(inbox);
        let (empty, small, middle, large) = (empty?, small?, middle?, large?);
        let mut turns: [_; 5] = std::array::from_fn(|_| groups.iter());
        let [raw, on_empty, on_small, on_middle, on_large] = &mut turns;
        let times = medians(
            rounds,
            [
                &mut || append(&mut file, raw.next().ok_or(NO_GROUP)?),
                &mut || empty.admit(on_empty.next().ok_or(NO_GROUP)?),
                &mut || small.admit(on_small.next().ok_or(NO_GROUP)?),
                &mut || middle.admit(on_middle.next().ok_or(NO_GROUP)?),
                &mut || large.admit(on_large.next().ok_or(NO_GROUP)?),
            ],
        )?;
        let [raw, times @ ..] = times;
        sheet.heading(&format!(
            "An inbox on one disk: groups of {GROUP} cells of {} bytes, medians of {rounds} rounds",
            grouped(DELIVERED)
        ))?;
        let name = "cells appended to one file, fdatasync once a group";
        let raw = rate(name.to_owned(), GROUP, raw);
        sheet.put(&raw)?;
        let figures = before.into_iter().zip(times).map(|(count, time)| {
            let n = grouped(count);
            rate(format!("cells admitted, {n} in the ledger"), GROUP, time)
        });
        let figures: Vec<Figure> = figures.collect();
        for figure in &figures {
            sheet.put(&figure.clone().beside("one file", &raw))?;
        }
        if let [first, .., last] = figures.as_slice() {
            let target = Figure::new("", TARGET, PER_SECOND);
            sheet.put(&first.clone().beside("the target", &target))?;
            sheet.put(&last.clone().beside("an empty ledger", first))?;
        }
        let [.., last] = before;
        let entries = last + rounds * GROUP;
        let name = format!("ledger of {} entries", grouped(entries));
        let size = Figure::bytes(name, large.ledger_bytes()?);
        sheet.put(&size.at_most(number(entries) * RECORD))?;
        Ok(())
    }

    fn sequencing(&self, sheet: &mut Sheet, count: usize, rounds: usize) -> Outcome {
        let fill = |round| self.inbox(&format!("waiting-{round}"), count);
        let inboxes = (0..rounds).map(fill).collect::<Outcome<Vec<_>>>()?;
        let sequencers = inboxes.iter().map(Inbox::sequencer);
        let mut sequencers = sequencers.collect::<Outcome<Vec<_>>>()?.into_iter();
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let [hashing, sequencing] = medians(
            rounds,
            [
                &mut || {
                    one_by_one(count);
                    Ok(())
                },
                &mut || {
                    let mut sequencer = sequencers.next().ok_or(NO_GROUP)?;
                    let published = self.runtime.block_on(sequencer.publish(&mut rng))?;
                    whole(count, published.reports)
                },
            ],
        )?;
        let n = grouped(count);
        sheet.heading(&format!(
            "{n} entries that wait, in one publication, medians of {rounds} rounds"
        ))?;
        let name = "entries hashed: SHA-256 of the same, one leaf or node at a time";
        let hashing = rate(name.to_owned(), count, hashing);
        let name = "entries sequenced: positions, bundles, tiles, checkpoint";
        let sequencing = rate(name.to_owned(), count, sequencing);
        sheet.put(&hashing)?;
        sheet.put(&sequencing.beside("SHA-256, one at a time", &hashing))?;
        Ok(())
    }

    /// A new inbox, with so many entries in its ledger and no bodies.
    fn inbox(&self, name: &str, count: usize) -> Outcome<Inbox<'_>> {
        let data = self.folder.join(name);
        let ledger = Arc::new(Embedded::open(&data)?);
        let objects = Objects::open(&data.join("objects"))?;
        let inbox = Inbox {
            runtime: &self.runtime,
            admitter: Admitter::new(Arc::clone(&ledger), objects.clone(), &sample::directory()),
            ledger,
            objects,
            data,
        };
        inbox.fill(count)?;
        Ok(inbox)
    }
}

/// An inbox's storage, and those who work on it.
struct Inbox<'a> {
    runtime: &'a Runtime,
    ledger: Arc<Embedded>,
    objects: Objects,
    admitter: Admitter<Embedded>,
    data: PathBuf,
}

impl Inbox<'_> {
    fn fill(&self, count: usize) -> Outcome {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut left = count;
        while left > 0 {
            let draw = |_| Admission {
                entry: Entry {
                    tag: rng.random(),
                    digest: rng.random(),
                },
                week: Epoch::new(sample::WEEK),
                token: Some(Spent {
                    period: sample::PERIOD,
                    tag: rng.random(),
                }),
            };
            let some: Vec<Admission> = (0..left.min(FILLED_AT_ONCE)).map(draw).collect();
            let admitted = self.runtime.block_on(self.ledger.admit(&some))?;
            whole(some.len(), admitted)?;
            left -= some.len();
        }
        Ok(())
    }

    /// Admits a group as an inbox does that is busy: full deliveries wait for the one who admits, and all are answered.
    fn admit(&self, group: &[SealedCell]) -> Outcome {
        let deliveries = group.chunks(BATCH);
        self.runtime.block_on(async {
            let (send, queue) = mpsc::channel(deliveries.len());
            let mut waiting = Vec::new();
            for cells in deliveries {
                let (delivery, answer) = Delivery::new(sample::paid(cells));
                send.send(delivery).await?;
                waiting.push(answer);
            }
            drop(send);
            admit::work(&self.admitter, queue).await?;
            for answer in waiting {
                if answer.await? != admit::Outcome::Durable {
                    return Err("the disk is full: choose another with --folder".into());
                }
            }
            Ok(())
        })
    }

    fn sequencer(&self) -> Outcome<Sequencer<Embedded>> {
        self.runtime.block_on(async {
            let lease = self.ledger.lease().await?.ok_or("the ledger is leased")?;
            let (ledger, objects) = (Arc::clone(&self.ledger), self.objects.clone());
            let (directory, key) = (sample::directory(), sample::log_key());
            Ok(Sequencer::resume(ledger, objects, directory, key, lease).await?)
        })
    }

    fn ledger_bytes(&self) -> Outcome<usize> {
        Ok(usize::try_from(size(&self.data.join("ledger"))?)?)
    }
}

fn append(file: &mut File, group: &[SealedCell]) -> Outcome {
    for cell in group {
        file.write_all(cell.as_bytes())?;
    }
    Ok(file.sync_data()?)
}

/// Cells that no other group has.
fn group(index: usize) -> Outcome<Vec<SealedCell>> {
    let first = u64::try_from(index * GROUP)?;
    Ok((first..).take(GROUP).map(sample::cell).collect())
}

fn size(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for found in fs::read_dir(folder)? {
        let found = found?;
        sum += match found.file_type()?.is_dir() {
            true => size(&found.path())?,
            false => found.metadata()?.len(),
        };
    }
    Ok(sum)
}

fn rate(name: String, count: usize, seconds: f64) -> Figure {
    Figure::new(name, number(count) / seconds, PER_SECOND)
}

fn whole(expected: usize, done: u64) -> Outcome {
    if u64::try_from(expected) == Ok(done) {
        Ok(())
    } else {
        Err(format!("{expected} entries went in and {done} came out").into())
    }
}

/// Cells that an inbox makes durable together when enough wait.
const GROUP: usize = 4 * BATCH;
/// Entries of the ledger that are made durable together while it is filled.
const FILLED_AT_ONCE: usize = 8_192;
/// Cells a second that one inbox is to admit.
const TARGET: f64 = 2_000.0;
/// Bytes that the inbox reckons with for a record of its ledger when it looks whether the disk has room.
const RECORD: f64 = 2_048.0;
const PER_SECOND: &str = "/s";
const NO_GROUP: &str = "there are fewer groups than rounds";

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(folder: &Path) -> Bench<'_> {
        let runtime = Runtime::new().unwrap();
        Bench { folder, runtime }
    }

    #[test]
    fn what_is_measured_is_admitted_kept_and_published() {
        let folder = tempfile::tempdir().unwrap();
        let bench = bench(folder.path());
        let inbox = bench.inbox("one", 300).unwrap();
        let group = group(1).unwrap();
        assert_eq!(group.len(), 256);
        inbox.admit(&group).unwrap();
        let (ledger, objects) = (&inbox.ledger, &inbox.objects);
        let last = group.last().unwrap();
        let body = bench.runtime.block_on(objects.cell(Entry::of(last)));
        assert_eq!(body.unwrap().as_ref(), Some(last));
        let admitted = || bench.runtime.block_on(ledger.admitted()).unwrap();
        assert_eq!(admitted(), 556);
        // Known already: a group must be new to be measured.
        inbox.admit(&group).unwrap();
        assert_eq!(admitted(), 556);
        assert!(inbox.fill(300).is_err());
        let mut sequencer = inbox.sequencer().unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let published = bench.runtime.block_on(sequencer.publish(&mut rng));
        assert_eq!(published.unwrap().reports, 556);
        assert!(inbox.ledger_bytes().unwrap() > 556 * 2 * 48);
    }

    #[test]
    fn no_two_groups_share_a_cell_and_the_file_has_their_bytes() {
        let groups = [group(0).unwrap(), group(1).unwrap()];
        let mut entries: Vec<Entry> = groups.iter().flatten().map(Entry::of).collect();
        entries.sort_unstable();
        entries.dedup();
        assert_eq!(entries.len(), 512);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut file = File::create_new(&path).unwrap();
        for group in &groups {
            append(&mut file, group).unwrap();
        }
        assert_eq!(size(folder.path()).unwrap(), 512 * 29_297);
    }

    #[test]
    fn every_figure_is_printed_and_within_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let bench = bench(folder.path());
        let mut sheet = Sheet::new(true);
        bench.admitting(&mut sheet, [0, 1, 2, 9_000], 1).unwrap();
        bench.sequencing(&mut sheet, 700, 2).unwrap();
        sheet.close().unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let mut sheet = Sheet::new(true);
        let error = run(&mut sheet, Some(Path::new("/not/there")), true).unwrap_err();
        assert!(error.to_string().starts_with("/not/there cannot be "));
        assert!(whole(2, 1).is_err());
    }
}
