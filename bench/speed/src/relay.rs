//! `brolly-bench relay`: a whole relay, in a process of its own, between entries and exits that this program is.
//!
//! ```text
//!  entries ──TLS──▶ peel ─▶ durable ─▶ shuffle ─▶ read again ──TLS──▶ exits       all of it on the same cores
//! ```
//!
//! It is held against the slower of two things that it cannot do without: opening the packets on all cores, and appending
//! as many bytes to one file with a sync a batch.

use std::fs::{self, File};
use std::path::Path;
use std::thread;

use brolly_protocol::wire::BATCH;
use brolly_shell::http::Bytes;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::figure::{Figure, Sheet, grouped, number};
use crate::pool::append;
use crate::rounds::{median, medians};
use crate::{Outcome, folder, memory};

use ends::{Ends, Sockets, bodies, links};
use place::{Peeling, Process, Sender, cores};

pub(crate) mod ends;
pub(crate) mod place;

pub(crate) fn run(
    sheet: &mut Sheet,
    folder: Option<&Path>,
    packets: usize,
    quick: bool,
) -> Outcome {
    let (count, rounds) = if quick { (2_048, 3) } else { (8_192, 7) };
    let folder = folder::beside(folder)?;
    let [rate, memory] = ["rate", "memory"].map(|name| folder.path().join(name));
    fs::create_dir(&rate)?;
    fs::create_dir(&memory)?;
    Load::begin(&rate)?.rate(sheet, count, rounds)?;
    Load::begin(&memory)?.memory(sheet, packets)
}

/// A relay under load.
struct Load<'a> {
    folder: &'a Path,
    runtime: Runtime,
    ends: Ends,
    process: Process,
    sender: Sender,
    passed: usize,
    /// Seconds on a core that the relay, and its senders and takers, took for what passed that was made beforehand.
    worked: [f64; 2],
}

impl<'a> Load<'a> {
    fn begin(folder: &'a Path) -> Outcome<Self> {
        let runtime = Runtime::new()?;
        let sockets = runtime.block_on(async { Sockets::bind() })?;
        let scheme = place::scheme(sockets.exits(), sockets.inbox());
        let ends = Ends::open(&runtime, sockets)?;
        let process = Process::start(folder, &scheme)?;
        let notice = ends.key(&runtime, &scheme.directory)?;
        let sender = Sender {
            scheme: scheme.directory.scheme,
            relay: notice.node,
            epoch: notice.epoch,
            key: notice.key.clone(),
        };
        Ok(Self {
            folder,
            runtime,
            ends,
            process,
            sender,
            passed: 0,
            worked: [0.0; 2],
        })
    }

    /// Has packets that were made beforehand pass.
    fn pass(&mut self, bodies: Vec<Bytes>, count: usize) -> Outcome {
        let (send, receive) = mpsc::channel(bodies.len().max(1));
        for body in bodies {
            send.try_send(body)?;
        }
        drop(send);
        let links = links(&self.process.address)?;
        let before = self.clocks()?;
        self.runtime
            .block_on(self.ends.pass(&links, receive, count))?;
        let after = self.clocks()?;
        for ((worked, before), after) in self.worked.iter_mut().zip(before).zip(after) {
            *worked += after - before;
        }
        self.passed += count;
        Ok(())
    }

    /// How long the relay and this program were on a core so far, in seconds.
    fn clocks(&self) -> Outcome<[f64; 2]> {
        Ok([self.process.worked()?, memory::worked(std::process::id())?])
    }

    /// Has packets pass as they are made, at whatever pace that is.
    fn stream(&mut self, count: usize) -> Outcome {
        let cores = cores();
        let (send, receive) = mpsc::channel::<Bytes>(2 * cores);
        let links = links(&self.process.address)?;
        thread::scope(|scope| {
            for core in 0..cores {
                let (send, sender) = (send.clone(), &self.sender);
                let mut left = count / cores + usize::from(core < count % cores);
                scope.spawn(move || {
                    while left > 0 {
                        let some = sender.some(left.min(BATCH))?;
                        left -= some.len();
                        // Whoever took them has failed, and says so.
                        if send.blocking_send(some.concat().into()).is_err() {
                            break;
                        }
                    }
                    Ok::<_, brolly_keys::suite::SealError>(())
                });
            }
            drop(send);
            self.runtime
                .block_on(self.ends.pass(&links, receive, count))
        })?;
        self.passed += count;
        Ok(())
    }

    fn rate(mut self, sheet: &mut Sheet, count: usize, rounds: usize) -> Outcome {
        let peeling = Peeling::new(&self.sender, count / 4)?;
        // The first time connections are made and memory is taken.
        let warm = self.sender.packets(count / 4)?;
        self.pass(bodies(&warm), warm.len())?;
        let mut times: [Vec<f64>; 3] = std::array::from_fn(|_| Vec::new());
        for round in 0..rounds {
            let made = self.sender.packets(count)?;
            let mut handed = Some(bodies(&made));
            drop(made);
            let path = self.folder.join(format!("file-{round}"));
            let mut file = File::create_new(&path)?;
            let seconds = medians(
                1,
                [
                    &mut || peeling.all(),
                    &mut || append(&mut file, count),
                    &mut || self.pass(handed.take().ok_or("handed in already")?, count),
                ],
            )?;
            fs::remove_file(path)?;
            for (times, seconds) in times.iter_mut().zip(seconds) {
                times.push(seconds);
            }
        }
        let [peel, file, relay] = times.map(median);
        let rate = |name: &str, count: usize, seconds| {
            Figure::new(name, number(count) / seconds, PER_SECOND)
        };
        sheet.heading(&format!(
            "A whole relay on {} cores, {} packets of {} bytes a round, medians of {rounds} rounds",
            cores(),
            grouped(count),
            grouped(place::PACKET)
        ))?;
        let peel = rate("packets opened, on all cores", count / 4, peel);
        let file = rate(
            "one file: as many bytes appended, synced by 256",
            count,
            file,
        );
        let slower = if peel.value() < file.value() {
            &peel
        } else {
            &file
        };
        sheet.put(&peel)?;
        sheet.put(&file)?;
        let relay = rate(
            "packets passed by a relay, its senders and takers beside it",
            count,
            relay,
        );
        sheet.put(&relay.beside("the slower of the two", slower))?;
        for (whose, seconds) in ["the relay", "its senders and takers"]
            .iter()
            .zip(self.worked)
        {
            let each = seconds / number(self.passed);
            sheet.put(&Figure::time(
                format!("of it on a core, in {whose}, a packet"),
                each,
            ))?;
        }
        self.process.stop()?;
        Ok(())
    }

    fn memory(mut self, sheet: &mut Sheet, packets: usize) -> Outcome {
        sheet.heading("Its memory, packets made while they pass")?;
        let mut first = None;
        let mut marks = vec![FIRST, 10 * FIRST, 100 * FIRST, packets];
        marks.retain(|mark| *mark <= packets);
        marks.dedup();
        for mark in marks {
            self.stream(mark.saturating_sub(self.passed))?;
            let name = format!("resident after {} packets", grouped(self.passed));
            let figure = mebibytes(name, self.process.resident()?);
            match &first {
                None => {
                    sheet.put(&figure)?;
                    first = Some(figure);
                }
                Some(first) => sheet.put(&figure.beside("the first", first))?,
            }
        }
        sheet.put(&mebibytes("its peak".to_owned(), self.process.stop()?))?;
        Ok(())
    }
}

fn mebibytes(name: String, kib: u32) -> Figure {
    Figure::new(name, f64::from(kib) / 1_024.0, "MiB")
}

/// Packets after which memory is looked at first.
const FIRST: usize = 10_000;
const PER_SECOND: &str = "/s";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use brolly_keys::epoch::Epoch;
    use brolly_keys::pair::SecretKey;
    use brolly_protocol::node::{NodeId, SchemeId};

    use super::*;

    fn sender() -> Sender {
        Sender {
            scheme: SchemeId([1; 32]),
            relay: NodeId([2; 16]),
            epoch: Epoch::new(3),
            key: SecretKey::generate(&mut rand::rng()).public(),
        }
    }

    #[test]
    fn packets_open_and_no_two_are_the_same() {
        let packets = sender().packets(7).unwrap();
        assert!(packets.iter().all(|packet| packet.len() == place::PACKET));
        assert_eq!(packets.iter().collect::<BTreeSet<_>>().len(), 7);
        Peeling::new(&sender(), 5).unwrap().all().unwrap();
    }

    #[test]
    fn a_packet_that_does_not_open_is_no_figure() {
        let mut peeling = Peeling::new(&sender(), 5).unwrap();
        peeling.spoil();
        assert!(peeling.all().is_err());
    }
}
