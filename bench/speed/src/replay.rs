//! `brolly-bench replay`: the tags of packets that were seen.

use std::hint::black_box;
use std::path::Path;

use brolly_protocol::replay::Tag;
use brolly_relay::measure::Seen;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use crate::figure::{Figure, Sheet, grouped, number};
use crate::memory::{self, Alone};
use crate::rounds::medians;
use crate::{Outcome, folder};

pub(crate) fn run(sheet: &mut Sheet, folder: Option<&Path>, quick: bool) -> Outcome {
    let (count, rounds) = if quick {
        (1_000_000, 3)
    } else {
        (10_000_000, 7)
    };
    let folder = folder::beside(folder)?;
    let log = folder.path().join("tags");
    let known = fill(&log, count)?;
    let grown = Alone::Replay.peak(folder.path())?;
    let mut seen = Seen::open(log.clone(), count)?;
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    // Known and new in turn, as no branch predictor knows them beforehand.
    let asked: Vec<(Tag, bool)> = (0..CHECKS)
        .map(|_| match known.get(rng.random_range(0..2 * known.len())) {
            Some(tag) => (*tag, true),
            None => (rng.random(), false),
        })
        .collect();
    let [checking, rebuilding] = medians(
        rounds,
        [
            &mut || {
                let right = |(tag, known): &(Tag, bool)| seen.contains(black_box(tag)) == *known;
                let all = asked.iter().all(right);
                all.then_some(())
                    .ok_or("a tag was taken for another".into())
            },
            &mut || {
                black_box(Seen::open(log.clone(), count)?);
                Ok(())
            },
        ],
    )?;
    let fresh: Vec<Tag> = (0..256).map(|_| rng.random()).collect();
    if seen.keep(&fresh)? != 0 {
        return Err("more tags were taken than there is room for".into());
    }
    sheet.heading(&format!(
        "{} tags of packets that were seen, medians of {rounds} rounds",
        grouped(count)
    ))?;
    let name = "checks, half of them of tags that were seen";
    let checks = Figure::new(name, number(CHECKS) / checking, "/s");
    sheet.put(&checks.beside("the target", &Figure::new("", 5_000_000.0, "/s")))?;
    let each = (grown - memory::bare()?) * 1_024.0 * 1_024.0 / number(count);
    let name = "memory a tag, at its peak while they are read";
    sheet.put(&Figure::new(name, each, "bytes").at_most(48.0))?;
    let name = "reading them again from the disk";
    let reading = Figure::time(name, rebuilding);
    sheet.put(&reading.beside("the target", &Figure::time("", 5.0)))?;
    Ok(())
}

/// Reads them again, and does nothing more.
pub(crate) fn alone(folder: &Path) -> Outcome {
    black_box(Seen::open(folder.join("tags"), 0)?);
    Ok(())
}

/// So many tags, remembered and logged; one in some of them comes back.
fn fill(log: &Path, count: usize) -> Outcome<Vec<Tag>> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut seen = Seen::begin(log.to_owned(), count)?;
    let mut known = Vec::new();
    let mut left = count;
    while left > 0 {
        let tags: Vec<Tag> = (0..left.min(WRITE)).map(|_| rng.random()).collect();
        if seen.keep(&tags)? != tags.len() {
            return Err("a tag was taken for another".into());
        }
        left -= tags.len();
        known.extend(tags.into_iter().step_by(5));
    }
    Ok(known)
}

const CHECKS: usize = 2_000_000;
const WRITE: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_logged_is_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("tags");
        let known = fill(&log, 1_000).unwrap();
        assert_eq!(known.len(), 200);
        let seen = Seen::open(log, 1_000).unwrap();
        assert!(known.iter().all(|tag| seen.contains(tag)));
        assert!(!seen.contains(&[0; 16]));
    }
}
