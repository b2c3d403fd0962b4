//! What anybody can fetch from the entry relay, and waiting until a scheme has come to life.

use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::Keys;
use brolly_protocol::directory::{Current, Directory};
use brolly_protocol::node::SchemeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method};
use brolly_shell::{clock, tls};

use super::{DESKS, Scheme};

impl Scheme {
    /// The scheme's id, as the ceremony wrote it down.
    ///
    /// # Errors
    /// It did not.
    pub fn id(&self) -> io::Result<SchemeId> {
        let text = fs::read_to_string(self.folder.join("scheme/scheme.txt"))?;
        let hex = text.split_whitespace().next().unwrap_or_default();
        hex.parse().map_err(io::Error::other)
    }

    /// The first version of the directory.
    ///
    /// # Errors
    /// The ceremony did not write it.
    pub fn founding(&self) -> io::Result<Directory> {
        let note = fs::read(self.folder.join("scheme/directory.note"))?;
        let verified = Directory::verify(&note, self.id()?, 0, 0).map_err(io::Error::other)?;
        Ok(Directory::clone(&verified))
    }

    /// The directory in force, once the entry relay has one that a majority of witnesses stands behind.
    ///
    /// # Errors
    /// It gives another answer.
    pub fn in_force(&self) -> io::Result<Option<Current>> {
        let Some(wire) = self.fetch(wire::DIRECTORY)? else {
            return Ok(None);
        };
        let current = Current::verify(&wire, self.id()?, clock::now(), None);
        current.map(Some).map_err(io::Error::other)
    }

    /// The keys on the witnessed board, as the entry relay hands them out.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn keys(&self) -> io::Result<Keys> {
        let answer = self.fetch(wire::KEYS)?.unwrap_or_default();
        let index = answer.split_first_chunk().and_then(|(length, rest)| {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            rest.get(length..)
        });
        Ok(index
            .and_then(|index| Keys::open(index, &self.founding().ok()?))
            .unwrap_or_default())
    }

    /// Waits until the witnesses say which directory is in force, and every relay and desk has a key on the board.
    pub(super) fn settle(&self) -> io::Result<()> {
        let directory = self.founding()?;
        for desk in DESKS {
            self.desk(desk, &["sync", "--json"])?;
        }
        let length = directory.parameters.packet_epoch;
        for _ in 0..SETTLING {
            let (keys, now) = (self.keys()?, clock::now());
            let epoch = Epoch::at(now, length);
            let mut relays = directory.relays.iter();
            let week = Epoch::at(now, directory.parameters.desk_epoch);
            let mut desks = directory.desks.iter();
            let announced = relays.all(|relay| keys.relay(relay.id, epoch).is_some())
                && desks.all(|desk| keys.desk(desk.id, week).is_some());
            if announced && self.in_force()?.is_some() {
                return Ok(());
            }
            thread::park_timeout(Duration::from_millis(100));
        }
        Err(io::Error::other(
            "the witnesses did not say in time which directory and keys hold",
        ))
    }

    /// Waits until the witnesses say that `version` of the directory is in force.
    ///
    /// # Errors
    /// They do not within a minute.
    pub fn await_version(&self, version: u32) -> io::Result<()> {
        for _ in 0..SETTLING {
            // A relay that takes it up at this moment may answer late.
            let current = self.in_force().ok().flatten();
            if current.is_some_and(|current| current.directory.version == version) {
                return Ok(());
            }
            thread::park_timeout(Duration::from_millis(100));
        }
        let message = format!("version {version} of the directory did not come into force in time");
        Err(io::Error::other(message))
    }

    fn fetch(&self, path: &str) -> io::Result<Option<Bytes>> {
        let directory = self.founding()?;
        let entry = directory
            .layer(Layer::Entry)
            .next()
            .ok_or_else(|| io::Error::other("there is no entry relay"))?;
        let tls = tls::client(&entry.key.to_bytes(), None);
        let link = Link::new(entry.address.clone(), tls, None);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let reply = runtime
            .block_on(link.send(Method::GET, path, Bytes::new(), LIMIT, PATIENCE))
            .map_err(io::Error::other)?;
        Ok((reply.status.as_u16() == 200).then_some(reply.body))
    }
}

/// Tries, ten a second.
const SETTLING: usize = 600;
const LIMIT: usize = 8 << 20;
const PATIENCE: Duration = Duration::from_secs(20);
