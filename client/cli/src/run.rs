//! `brolly run`.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use brolly_client::outbox::{Head, Posted, again};
use brolly_client::state::State;
use brolly_protocol::directory::Purpose;
use brolly_protocol::schedule::Steady;
use brolly_shell::cli::{Failure, REFUSED};
use brolly_shell::log::{self, Level};
use brolly_shell::{clock, process, random};

use crate::Device;
use crate::command::Run;
use crate::exchange::Exchange;
use crate::outbox::{self, Opened};
use crate::report::DRILL;
use crate::talk::Talk;

/// Keeps sessions on the steady schedule until SIGTERM: each carries the head of the outbox, or cover, and writes all that
/// is kept anew. What it logs is the same for both.
pub(crate) fn run(device: &Device, options: Run) -> Result<(), Failure> {
    let state = device.home.load()?;
    let mut talk = Talk::stdio();
    let drill = match state.kept_directory() {
        Ok(directory) => directory.purpose == Purpose::Drill,
        Err(_) => false,
    };
    let interval = match options.interval_seconds {
        Some(_) if !drill => return Err(Failure::usage(NO_DRILL)),
        Some(seconds) => seconds * 1_000,
        None => Steady::INTERVAL,
    };
    drop(state);
    let Some(_running) = outbox::running(&device.home)? else {
        return Err(
            Failure::failed("`brolly run` is running on this device already")
                .hint("two would be heard of twice as often as everybody else"),
        );
    };
    let outbox = Opened::or_chosen(&device.home, &options.passphrase)?;
    if drill {
        talk.say(DRILL);
    }
    drop(talk);
    let mut ending = pin!(process::terminated());
    // Signals are caught from here on: who reads that it runs may end it at once.
    if device.network.until(ending.as_mut(), async {}).is_none() {
        return Ok(());
    }
    log::event(Level::Info, "running", &[]);
    let unkept = Cell::new(false);
    let mut steady = Steady::new(interval, clock::running(), &mut random::system());
    while wait(device, &steady, ending.as_mut()).is_some() {
        if steady.handle_timeout(clock::running(), &mut random::system())
            && session(device, &outbox, ending.as_mut(), &unkept)?.is_none()
        {
            break;
        }
    }
    log::event(Level::Info, "ended", &[]);
    Ok(())
}

/// Waits until the schedule wants something; `None` when the program is to end.
fn wait(
    device: &Device,
    steady: &Steady,
    ending: Pin<&mut impl Future<Output = ()>>,
) -> Option<()> {
    let waiting = async {
        // A timer stands still while the machine sleeps: the clock is looked at again and again.
        while let Some(left @ 1..) = steady.poll_timeout().checked_sub(clock::running()) {
            tokio::time::sleep(Duration::from_millis(left.min(LOOK))).await;
        }
    };
    device.network.until(ending, waiting)
}

/// One session; `unkept` tells whether it was said that what one came to cannot be written. `None` when the program is to end.
fn session(
    device: &Device,
    outbox: &Opened<'_>,
    ending: Pin<&mut impl Future<Output = ()>>,
    unkept: &Cell<bool>,
) -> Result<Option<()>, Failure> {
    let state = device.home.load()?;
    let now = state.now(clock::now());
    let again = again(&state);
    let head = outbox.change(|outbox| Ok(outbox.begin(now, again, &mut random::system())))?;
    let posting = Cell::new(false);
    let work = device.network.sessions(&state, &head.cargo, &posting);
    let Some(exchange) = device.network.until(ending, work) else {
        if !posting.get() {
            // Nothing of it is out: it goes with the first session of the next start.
            outbox.change(|outbox| {
                outbox.settle(&head, NOTHING, now);
                Ok(())
            })?;
        }
        return Ok(None);
    };
    // What was written before it was posted stands, and is enough: the report counts as sent.
    let settled = settle(device, outbox, (&state, &head), &exchange);
    if settled.is_err() && !unkept.replace(true) {
        log::event(Level::Warning, "session-not-kept", &[]);
    }
    match (exchange.posted, exchange.sent) {
        // Whether the relay took it is not said: for a report that could not be sealed there would be another word.
        (true, _) => log::event(Level::Info, "session", &[]),
        (false, sent) => {
            log::event(Level::Warning, "session-not-held", &[]);
            if let Err(failure) = sent
                && failure.code == REFUSED
            {
                Talk::stdio().say(&failure.message);
            }
        }
    }
    Ok(Some(()))
}

/// Keeps what a session came to: state and outbox, each in one size.
fn settle(
    device: &Device,
    outbox: &Opened<'_>,
    (before, head): (&State, &Head),
    exchange: &Exchange,
) -> Result<(), Failure> {
    // What another command kept in the meantime, such as another invitation, is not undone.
    let kept = device.home.load()?;
    device.home.write(match kept == *before {
        true => &exchange.state,
        false => &kept,
    })?;
    let posted = Posted {
        posted: exchange.posted,
        carried: exchange.carried,
    };
    let now = exchange.state.now(clock::now());
    outbox.change(|outbox| {
        outbox.settle(head, posted, now);
        if let Ok(window) = &exchange.window {
            outbox.erase_arrived(window);
        }
        Ok(())
    })
}

const NOTHING: Posted = Posted {
    posted: false,
    carried: false,
};
const NO_DRILL: &str = "--interval-seconds is for drills alone: in this scheme everybody has one session in each four hours, and you \
     would stand out";
/// Milliseconds between two looks at the clock; under [`Steady::LATE`], so that a session is not late for that.
const LOOK: u64 = 30_000;
const _: () = assert!(LOOK < Steady::LATE);
