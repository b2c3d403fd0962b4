//! `brolly report --queue`: a report goes to `brolly run` instead of a session of its own.

use std::sync::Arc;

use brolly_client::compose::Ready;
use brolly_client::outbox::Wish;
use brolly_client::state::State;
use brolly_keys::epoch::Epoch;
use brolly_keys::sign::Verified;
use brolly_protocol::directory::Directory;
use brolly_protocol::report::Slot;
use brolly_shell::cli::Failure;
use brolly_shell::{clock, random};

use crate::Device;
use crate::command::{Report, When};
use crate::outbox::{self, Opened};
use crate::talk::Talk;

/// The outbox, with room for a report.
pub(crate) struct Queue<'a> {
    outbox: Opened<'a>,
    pub(crate) wish: Wish,
}

impl<'a> Queue<'a> {
    /// Opens the outbox before anything is asked: nothing that she tells is to be lost for want of a place.
    pub(crate) fn open(
        device: &'a Device,
        options: &Report,
        talk: &mut Talk<'_>,
    ) -> Result<Self, Failure> {
        device.home.load()?;
        let outbox = Opened::existing(&device.home, &options.passphrase)?;
        let room = outbox.look(|outbox| outbox.has_room())?;
        room.map_err(Failure::failed)?;
        if outbox::running(&device.home)?.is_some() {
            talk.say(
                "`brolly run` is not running on this device now: the report waits until it is.",
            );
        }
        let wish = match options.wish {
            When::Soon => Wish::Soon,
            When::Day => Wish::Day,
        };
        Ok(Self { outbox, wish })
    }

    /// Puts a report in, durably.
    pub(crate) fn put(&self, letter: Arc<Ready>) -> Result<(), Failure> {
        self.outbox.change(|outbox| {
            let queued = outbox.queue(letter, self.wish, &mut random::system());
            queued.map_err(Failure::failed)
        })
    }
}

/// The directory that `brolly run` brought last. No session is made here: one for each report would be seen.
pub(crate) fn known(device: &Device) -> Result<(State, Verified<Directory>), Failure> {
    let state = device.home.load()?;
    let now = state.now(clock::now());
    let known = state.directory(now).ok().filter(|directory| {
        let week = Epoch::at(now, directory.parameters.desk_epoch);
        let desk = directory.desk_for(Slot::Scheme, "", "");
        desk.is_some_and(|desk| state.keys().desk(desk.id, week).is_some())
    });
    match known {
        Some(directory) => Ok((state, directory)),
        None => Err(Failure::failed(
            "what this device knows of the scheme is too old to write a report by; nothing was queued",
        )
        .hint("wait for the next session of `brolly run`, or send the report without --queue")),
    }
}
