//! `brolly-bench cold`: from the start of a process to its first answer, with a long log behind it.
//!
//! ```text
//! relay   a mirror of the log             process ─▶ it serves the log's checkpoint
//! inbox   a ledger, and the log's tiles   process ─▶ its sequencer has resumed
//! desk    a casebook that has read it all process ─▶ the casebook is open
//! ```
//!
//! What the system read of the files before is still in its memory, and no key file is opened: that takes the same time
//! whatever is behind it, on purpose.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use brolly_desk::casebook::{Access, Casebook, Head, Page, Record};
use brolly_inbox::sample::Storage;
use brolly_protocol::log::{Bundle, LogName, TILE};
use brolly_protocol::wire;
use brolly_shell::http::{Bytes, Method, StatusCode};
use tokio::runtime::Runtime;

use crate::figure::{Figure, Sheet, grouped};
use crate::memory::Alone;
use crate::relay::ends;
use crate::relay::place::{self, Process};
use crate::rounds::{median, medians};
use crate::scheme::Scheme;
use crate::{Outcome, folder, inbox, tree};

pub(crate) fn run(sheet: &mut Sheet, folder: Option<&Path>, quick: bool) -> Outcome {
    let (count, rounds) = if quick { (100_000, 3) } else { (1_000_000, 5) };
    let folder = folder::beside(folder)?;
    let [relay, inbox, desk] = ["relay", "inbox", "desk"].map(|name| folder.path().join(name));
    for folder in [&relay, &inbox, &desk] {
        fs::create_dir(folder)?;
    }
    let runtime = Runtime::new()?;
    let scheme = mirror(&relay, count)?;
    inbox::publish(&inbox, count)?;
    casebook(&desk, count)?;
    let mut worked: [Vec<f64>; 3] = std::array::from_fn(|_| Vec::new());
    let [by_relay, by_inbox, by_desk] = &mut worked;
    let times = medians(
        rounds,
        [
            &mut || {
                by_relay.push(serves(&runtime, &relay, &scheme)?);
                Ok(())
            },
            &mut || {
                by_inbox.push(Alone::Inbox.start(&inbox)?);
                Ok(())
            },
            &mut || {
                by_desk.push(Alone::Desk.start(&desk)?);
                Ok(())
            },
        ],
    )?;
    sheet.heading(&format!(
        "A start with {} entries behind it, medians of {rounds} rounds",
        grouped(count)
    ))?;
    let target = Figure::time("", 2.0);
    let names = [
        "relay: from the process to the log's checkpoint served",
        "inbox: from the process to the ledger and the sequencer",
        "desk: from the process to the casebook",
    ];
    for ((name, seconds), worked) in names.into_iter().zip(times).zip(worked) {
        let figure = Figure::time(name, seconds);
        sheet.put(&figure.clone().beside("the target", &target))?;
        // Where others have the cores as well, that is what can be compared.
        let worked = Figure::time("  of it on a core", median(worked));
        sheet.put(&worked.beside("all of it", &figure))?;
    }
    Ok(())
}

/// Starts the relay and asks it for what it mirrors; gives the time that it had on a core in seconds.
fn serves(runtime: &Runtime, folder: &Path, scheme: &Scheme) -> Outcome<f64> {
    let process = Process::start(folder, scheme)?;
    let links = ends::links(&process.address)?;
    let link = links.first().ok_or("there is no link")?;
    let path = wire::checkpoint(LogName::Reports);
    let (limit, patience) = (1 << 16, ends::PATIENCE);
    let reply = link.send(Method::GET, path, Bytes::new(), limit, patience);
    let reply = runtime.block_on(reply)?;
    if reply.status != StatusCode::OK {
        return Err(format!("the relay does not serve its mirror: {}", reply.status).into());
    }
    process.worked()
}

/// A relay's data with so many reports in its mirror, cosigned by all.
fn mirror(folder: &Path, count: usize) -> Outcome<Scheme> {
    let nobody = ([127, 0, 0, 1], 1).into();
    let scheme = place::scheme([nobody; 2], nobody);
    let log = folder.join("data/mirror/reports");
    let put = |path: &str, bytes: &[u8]| {
        let path = log.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, bytes)
    };
    let sequenced = tree::sequence(&tree::entries(count))?;
    let size = sequenced.edge.size();
    for (bundle, bytes) in Bundle::added(0, size).zip(&sequenced.bundles) {
        put(&bundle.path(), bytes)?;
    }
    for (tile, hashes) in &sequenced.tiles {
        put(&tile.path(), &hashes.concat())?;
    }
    let note = scheme.checkpoint(LogName::Reports, size, sequenced.root)?;
    for name in ["cosigned", "checkpoint"] {
        put(name, note.to_string().as_bytes())?;
    }
    Ok(scheme)
}

/// A casebook that was handed all of a log, and has checked it.
fn casebook(folder: &Path, count: usize) -> Outcome {
    let mut casebook = Casebook::open(&folder.join(CASEBOOK), &KEY, Access::Write)?;
    let digests: Vec<[u8; 32]> = tree::entries(count)
        .iter()
        .filter_map(|entry| entry.last_chunk().copied())
        .collect();
    let page = usize::try_from(TILE)?;
    let mut read = 0;
    for digests in digests.chunks(page * PAGES) {
        let mut records = Vec::new();
        for digests in digests.chunks(page) {
            let from = read;
            read += u64::try_from(digests.len())?;
            records.push(Record::Page(Page::new(read, digests.to_vec(), 0)));
            records.push(Record::Entries {
                from,
                digests: digests.to_vec(),
            });
        }
        casebook.append(records)?;
    }
    casebook.append(vec![Record::Log(Head::new(read, [0; 32], String::new()))])?;
    Ok(())
}

/// Is an inbox that begins.
pub(crate) fn inbox_alone(folder: &Path) -> Outcome {
    Runtime::new()?.block_on(async {
        let storage = Storage::open(folder);
        let _poster = storage.poster().await;
        let _sequencer = storage.sequencer().await?;
        Ok(writeln!(io::stdout(), "ready")?)
    })
}

/// Is a desk that begins.
pub(crate) fn desk_alone(folder: &Path) -> Outcome {
    let casebook = Casebook::open(&folder.join(CASEBOOK), &KEY, Access::Read)?;
    if casebook.mark() == 0 {
        return Err("the casebook is empty".into());
    }
    Ok(writeln!(io::stdout(), "ready")?)
}

const CASEBOOK: &str = "casebook";
const KEY: [u8; 32] = [8; 32];
/// Pages that are made durable together.
const PAGES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_casebook_knows_how_far_it_has_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(desk_alone(folder.path()).is_err());
        casebook(folder.path(), 700).unwrap();
        desk_alone(folder.path()).unwrap();
        let path = folder.path().join(CASEBOOK);
        let casebook = Casebook::open(&path, &KEY, Access::Read).unwrap();
        assert_eq!(casebook.mark(), 700);
        assert_eq!(casebook.seen().not_handed().count(), 0);
    }

    #[test]
    fn a_mirror_has_every_entry() {
        let folder = tempfile::tempdir().unwrap();
        mirror(folder.path(), 700).unwrap();
        let log = folder.path().join("data/mirror/reports");
        let length = |path: &str| fs::metadata(log.join(path)).unwrap().len();
        assert_eq!(length("tile/entries/001"), 256 * 50);
        assert_eq!(length("tile/entries/002.p/188"), 188 * 50);
        assert_eq!(length("tile/0/001"), 256 * 32);
    }
}
