use std::collections::BTreeMap;

use brolly_protocol::log::Entry;
use brolly_protocol::log::Window;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::check::Stage;
use crate::fake::{NOW, Scheme};
use crate::state::State;

type Files = BTreeMap<String, Vec<u8>>;

fn code() -> ReceiptCode {
    ReceiptCode::generate(&mut ChaCha20Rng::seed_from_u64(1))
}

/// 600 entries, the third of them hers, and a board on which the scheme's desk read them all.
fn scheme() -> Scheme {
    let mut scheme = Scheme::new(NOW);
    let receipt = code().receipt(&scheme.directory.scheme).unwrap();
    for n in 0..600_u16 {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&n.to_be_bytes());
        let tag = if n == 2 {
            receipt.tag(&digest)
        } else {
            [0; 16]
        };
        scheme.publish(Entry { tag, digest });
    }
    (1..=300).for_each(|n| scheme.mark(0, 2 * n));
    scheme
}

fn run(
    scheme: &Scheme,
    files: &Files,
    seen: Option<&Logs>,
) -> Result<Standing, Option<ArchiveError>> {
    let file = |path: &str| files.get(path).ok_or(None);
    let (reports, board) = (file("reports/checkpoint")?, file("board/checkpoint")?);
    let mut archive = Archive::new(&code(), &scheme.directory, reports, board, seen)?;
    while let Some((log, bundle)) = archive.poll_bundle() {
        let path = format!("{}/{}", log.as_str(), bundle.path());
        archive.handle_bundle(file(&path)?)?;
    }
    Ok(archive.into_standing()?)
}

fn seen_by(scheme: &Scheme) -> State {
    let mut state = State::new(scheme.invitation());
    let window = Window::verify(&scheme.window(), &scheme.directory).unwrap();
    state.accept_window(&window, &scheme.directory).unwrap();
    state
}

#[test]
fn spec_12_11_an_archive_is_read_whole_up_to_the_witnessed_roots() {
    let scheme = scheme();
    let files: Files = scheme.archive().into_iter().collect();
    assert_eq!(files.len(), 2 + 3 + 2);
    let standing = run(&scheme, &files, None).unwrap();
    assert_eq!(standing.stage(), Stage::Read);
    assert_eq!(standing.place.unwrap().position, 3);
    assert_eq!((standing.entries, standing.before), (600, 0));
    let empty = Scheme::new(NOW);
    let standing = run(&empty, &empty.archive().into_iter().collect(), None).unwrap();
    assert_eq!(
        (standing.stage(), standing.entries),
        (Stage::NotPublished, 0)
    );
}

#[test]
fn spec_12_11_an_archive_with_a_file_missing_cut_or_flipped_says_nothing_about_a_report() {
    let scheme = scheme();
    let good: Files = scheme.archive().into_iter().collect();
    for path in good.keys() {
        let mut missing = good.clone();
        missing.remove(path);
        assert_eq!(run(&scheme, &missing, None), Err(None), "{path}");

        let bytes = &good[path];
        let step = bytes.len() / 20 + 1;
        for at in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            let mut flipped = good.clone();
            flipped.get_mut(path).unwrap()[at] ^= 1;
            let read = run(&scheme, &flipped, None);
            // A line that then names no known witness leaves a majority of two others, or three.
            let harmless = path.ends_with("checkpoint")
                && read.as_ref().is_ok_and(|standing| standing.witnesses == 3);
            assert!(read.is_err() || harmless, "{path} {at}: {read:?}");
        }
        let mut cut = good.clone();
        cut.get_mut(path).unwrap().pop();
        assert!(run(&scheme, &cut, None).is_err(), "{path}");
    }
    let mut flipped = good.clone();
    flipped.get_mut("reports/tile/entries/001").unwrap()[60] ^= 1;
    let error = run(&scheme, &flipped, None).unwrap_err().unwrap();
    assert_eq!(error, ArchiveError::Root(LogName::Reports));
    let mut cut = good.clone();
    cut.get_mut("board/tile/entries/000").unwrap().pop();
    let error = run(&scheme, &cut, None).unwrap_err().unwrap();
    assert!(
        error
            .to_string()
            .contains("tile/entries/000 of the board log")
    );
    let mut swapped = good.clone();
    let other = good["reports/tile/entries/000"].clone();
    swapped.insert("reports/tile/entries/001".to_owned(), other);
    let error = run(&scheme, &swapped, None).unwrap_err().unwrap();
    assert_eq!(error, ArchiveError::Root(LogName::Reports));
    let mut crossed = good.clone();
    crossed.insert(
        "board/checkpoint".to_owned(),
        good["reports/checkpoint"].clone(),
    );
    let error = run(&scheme, &crossed, None).unwrap_err().unwrap();
    assert!(matches!(
        error,
        ArchiveError::Checkpoint {
            log: LogName::Board,
            ..
        }
    ));
}

#[test]
fn an_archive_that_is_left_early_proves_nothing() {
    let scheme = scheme();
    let files: Files = scheme.archive().into_iter().collect();
    let (reports, board) = (&files["reports/checkpoint"], &files["board/checkpoint"]);
    let archive = Archive::new(&code(), &scheme.directory, reports, board, None).unwrap();
    let missing = ArchiveError::Missing(LogName::Reports);
    assert_eq!(archive.into_standing().unwrap_err(), missing);
}

#[test]
fn a_mirror_that_has_grown_since_its_checkpoint_is_read_up_to_the_checkpoint() {
    let scheme = scheme();
    let mut files: Files = scheme.archive().into_iter().collect();
    let mut later = self::scheme();
    (600..650_u16).for_each(|n| {
        later.publish(Entry {
            tag: [0; 16],
            digest: [n.to_be_bytes()[1]; 32],
        });
    });
    let wider: Files = later.archive().into_iter().collect();
    let wider = wider["reports/tile/entries/002.p/138"].clone();
    files.insert("reports/tile/entries/002.p/88".to_owned(), wider);
    assert_eq!(run(&scheme, &files, None).unwrap().entries, 600);
}

#[test]
fn spec_12_11_an_archive_of_another_log_than_was_seen_is_refused_and_an_older_one_is_not() {
    let scheme = scheme();
    let files: Files = scheme.archive().into_iter().collect();
    let mut later = self::scheme();
    later.mark(1, 600);
    assert!(run(&scheme, &files, seen_by(&scheme).logs()).is_ok());
    assert!(
        run(&scheme, &files, seen_by(&later).logs()).is_ok(),
        "older"
    );
    let mut other = self::scheme();
    other.reports.truncate(500);
    other.reports[400] = vec![1; 48];
    let forked = run(&scheme, &files, seen_by(&other).logs());
    assert_eq!(
        forked.unwrap_err(),
        Some(ArchiveError::Forked(LogName::Reports))
    );
}
