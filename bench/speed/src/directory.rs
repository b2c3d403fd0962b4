//! `brolly-bench directory`: what everybody does with a directory before anything else, for one much larger than any.

use std::hint::black_box;

use brolly_keys::note::Note;
use brolly_protocol::directory::Directory;
use sha2::{Digest, Sha256};

use crate::Outcome;
use crate::figure::{Figure, Sheet};
use crate::rounds::medians;
use crate::scheme::{NOW, Scheme};

pub(crate) fn run(sheet: &mut Sheet, quick: bool) -> Outcome {
    let (repeats, rounds) = if quick { (5, 3) } else { (20, 15) };
    let scheme = Scheme::with_relays(4_096, RELAYS);
    let note = scheme.note()?;
    let id = scheme.directory.scheme;
    let [verifying, reading, hashing] = medians(
        rounds,
        [
            &mut || {
                for _ in 0..repeats {
                    black_box(Directory::verify(black_box(&note), id, NOW, 0)?);
                }
                Ok(())
            },
            &mut || {
                for _ in 0..repeats {
                    black_box(Note::parse(black_box(&note))?);
                }
                Ok(())
            },
            &mut || {
                for _ in 0..repeats {
                    black_box(Sha256::digest(black_box(&note)));
                }
                Ok(())
            },
        ],
    )?;
    let each = |seconds: f64| seconds / f64::from(repeats);
    sheet.heading("A directory of 1,000 relays, medians")?;
    sheet.put(&Figure::bytes(
        "its note, signed by three officers",
        note.len(),
    ))?;
    let hashed = Figure::time("SHA-256 over its bytes", each(hashing));
    sheet.put(&hashed)?;
    let parsed = Figure::time("reading the note around it", each(reading));
    sheet.put(&parsed.beside("SHA-256", &hashed))?;
    let whole = Figure::time(
        "verifying it: officers, rules, every entry",
        each(verifying),
    );
    sheet.put(&whole.beside("SHA-256", &hashed))?;
    Ok(())
}

const RELAYS: u16 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_that_is_measured_is_a_good_one() {
        let scheme = Scheme::with_relays(4_096, RELAYS);
        let note = scheme.note().unwrap();
        let read = Directory::verify(&note, scheme.directory.scheme, NOW, 0).unwrap();
        assert_eq!(read.relays.len(), 1_000);
    }
}
