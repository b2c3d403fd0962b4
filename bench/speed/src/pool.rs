//! `brolly-bench pool`: what a relay's pool makes durable, beside one file.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use brolly_keys::epoch::Epoch;
use brolly_keys::pair::SecretKey;
use brolly_protocol::geometry::EXIT_PACKET;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_relay::assignment::{Assignment, Secrets};
use brolly_relay::config::Config;
use brolly_relay::measure::{EARLY, Request, Store};
use brolly_shell::clock;

use crate::figure::{Figure, Sheet, grouped, number};
use crate::relay::place::{self, Peeling, Sender};
use crate::rounds::{median, medians};
use crate::{Outcome, folder, scheme};

pub(crate) fn run(sheet: &mut Sheet, folder: Option<&Path>, quick: bool) -> Outcome {
    let (writes, rounds) = if quick { (4, 3) } else { (16, 15) };
    let folder = folder::beside(folder)?;
    let folder = folder.path();
    let mut store = store(folder)?;
    let packets = packets()?;
    let mut times: [Vec<f64>; 2] = std::array::from_fn(|_| Vec::new());
    for round in 0..rounds {
        let mut requests = (0..writes)
            .map(|_| request(&store, &packets))
            .collect::<Outcome<Vec<_>>>()?;
        let path = folder.join(format!("file-{round}"));
        let mut file = File::create_new(&path)?;
        let seconds = medians(
            1,
            [&mut || append(&mut file, writes * EARLY), &mut || {
                for request in requests.drain(..) {
                    if !store.write(vec![request])? {
                        return Err("the pool is full".into());
                    }
                }
                Ok(())
            }],
        )?;
        let left = store.clear()?;
        if left != writes * EARLY {
            return Err(format!("{left} packets were in the pool").into());
        }
        fs::remove_file(path)?;
        for (times, seconds) in times.iter_mut().zip(seconds) {
            times.push(seconds);
        }
    }
    let count = writes * EARLY;
    sheet.heading(&format!(
        "A relay's pool, {} packets of {} bytes a round in writes of {EARLY}, medians of {rounds} rounds",
        grouped(count),
        grouped(EXIT_PACKET)
    ))?;
    let [file, pool] = times.map(median).map(|seconds| number(count) / seconds);
    let file = Figure::new(
        "one file: as many bytes, one fdatasync a write",
        file,
        PER_SECOND,
    );
    sheet.put(&file)?;
    let name = "packets made durable: sealed, synced, keys kept, tags logged";
    let pool = Figure::new(name, pool, PER_SECOND);
    sheet.put(&pool.beside("one file", &file))?;
    Ok(())
}

/// As many bytes as the relay makes durable, with one sync a write.
pub(crate) fn append(file: &mut File, packets: usize) -> Outcome {
    let write = vec![7; EARLY * RECORD];
    let mut left = packets * RECORD;
    while left > 0 {
        let some = write.get(..left).unwrap_or(&write);
        file.write_all(some)?;
        file.sync_data()?;
        left -= some.len();
    }
    Ok(())
}

/// The storage of the relay that the other measurement has a whole of.
fn store(folder: &Path) -> Outcome<Store> {
    let nobody = ([127, 0, 0, 1], 1).into();
    let config = place::configure(folder, &place::scheme([nobody; 2], nobody))?;
    let config = Config::load(&config)?;
    let (key, witness) = (
        scheme::relay_secret(place::MEASURED),
        scheme::witness(place::MEASURED),
    );
    let secrets = Arc::new(Secrets::new(key, witness));
    let assignment = Assignment::load(&config, secrets, clock::now())?;
    Ok(Store::open(&config, assignment)?)
}

/// As many packets as are written without waiting for the tick.
fn request(store: &Store, peeling: &Peeling) -> Outcome<Request> {
    Ok(store.request(peeling.opened()?)?)
}

/// Packets for the relay: they are opened again for every write.
fn packets() -> Outcome<Peeling> {
    let key = SecretKey::generate(&mut rand::rng()).public();
    let nobody = Sender {
        scheme: SchemeId([1; 32]),
        relay: NodeId([2; 16]),
        epoch: Epoch::new(3),
        key,
    };
    Peeling::new(&nobody, EARLY)
}

const RECORD: usize = EXIT_PACKET + 16;
const PER_SECOND: &str = "/s";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_stored_and_can_be_erased() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path()).unwrap();
        let pool = || fs::read_dir(folder.path().join("data/pool")).unwrap();
        let requests = vec![request(&store, &packets().unwrap()).unwrap()];
        assert!(store.write(requests).unwrap());
        let sizes = pool().map(|file| file.unwrap().metadata().unwrap().len());
        assert!(sizes.eq([u64::try_from(EARLY * RECORD).unwrap()]));
        assert_eq!(store.clear().unwrap(), EARLY);
        assert_eq!(pool().count(), 0);
    }

    #[test]
    fn the_file_has_as_many_bytes_as_the_pool() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = File::create_new(folder.path().join("file")).unwrap();
        append(&mut file, EARLY + 1).unwrap();
        let length = u64::try_from((EARLY + 1) * RECORD).unwrap();
        assert_eq!(file.metadata().unwrap().len(), length);
    }
}
