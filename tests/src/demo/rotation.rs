//! What changes while reports are under way: the relays' packet keys, and the directory.

use std::io;
use std::ops::RangeInclusive;
use std::thread;
use std::time::Duration;

use brolly_keys::epoch::Epoch;
use brolly_shell::clock;

use super::Demo;
use crate::scheme::Scheme;

/// The shortest length of an epoch, in seconds, with which one ends about when a run that begins at `now` has its workers
/// together.
pub(super) fn length(now: u64) -> u64 {
    let ends = now + 34..now + 46;
    let fitting = |length: &u64| ends.clone().any(|end| end % length == 0);
    (SHORTEST..3_600).find(fitting).unwrap_or(SHORTEST)
}

/// Whether an epoch ended between the two times: 1 or 0.
pub(super) fn between(first: Option<u64>, last: u64, length: u64) -> u64 {
    let ended = first.is_some_and(|first| Epoch::at(first, length) < Epoch::at(last, length));
    u64::from(ended)
}

impl Demo<'_> {
    /// Waits until the end of an epoch is near, and there is time enough to send something before it.
    pub(super) fn await_rotation(&self, length: u64) -> io::Result<()> {
        (self.say)("waiting until the relays' packet keys are about to change");
        self.wait_for(|| NEAR.contains(&left(length)))
    }

    /// Waits until it is a matter of seconds, or over.
    pub(super) fn await_last_seconds(&self, length: u64) -> io::Result<()> {
        self.wait_for(|| left(length) <= 1 || left(length) > *NEAR.end())
    }

    fn wait_for(&self, done: impl Fn() -> bool) -> io::Result<()> {
        while !done() {
            self.go_on()?;
            thread::park_timeout(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Two of three officers sign the next version of the directory, and one hands it in.
    pub(super) fn hand_in(&self, scheme: &Scheme) -> io::Result<()> {
        let before = scheme.folder.join("scheme/directory.note");
        let change = |draft: &str| draft.replace("\"a charity\"", "\"a larger charity\"");
        scheme.next_version(&before, change, &["ada", "cat"])?;
        (self.say)("two of three officers signed version 2 of the directory and handed it in");
        Ok(())
    }

    /// Waits until everybody goes by the next version.
    pub(super) fn taken_up(&self, scheme: &Scheme) -> io::Result<u64> {
        scheme.await_version(2)?;
        (self.say)(
            "the witnesses say that version 2 is in force; every program took it up while running",
        );
        Ok(2)
    }
}

/// Seconds to the end of the epoch.
fn left(length: u64) -> u64 {
    length - clock::now() % length
}

const SHORTEST: u64 = 60;
/// Seconds before the end of an epoch at which the first report is sent; the last one goes out as it ends.
const NEAR: RangeInclusive<u64> = 12..=20;
