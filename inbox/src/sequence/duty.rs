//! When a process publishes: while it holds the lease, once an interval; otherwise it waits for it.

use std::sync::Arc;
use std::time::Duration;

use brolly_protocol::log::LogName;
use brolly_shell::log::{Field, Level, event};
use brolly_shell::{clock, random};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Result, SequenceError, Sequencer};
use crate::store::ledger::{LEASE_RENEWAL, Lease, Ledger, LedgerError};

/// Waits for the lease; `None` once the other end of `stop` is dropped.
///
/// # Errors
/// [`SequenceError`]: the process must stop.
pub async fn stand_by(
    ledger: &impl Ledger,
    stop: &mut oneshot::Receiver<()>,
) -> Result<Option<Lease>> {
    loop {
        tokio::select! {
            biased;
            _ = &mut *stop => return Ok(None),
            () = sleep(Duration::from_secs(LEASE_RENEWAL)) => {}
        }
        match ledger.lease().await {
            Ok(None) => {}
            Err(error) if error.passes() => {}
            taken => return Ok(taken?),
        }
    }
}

/// Publishes once an `interval`, in between renews the lease and says each day which directory is in force, until the other
/// end of `stop` is dropped.
///
/// # Errors
/// [`SequenceError`]: the process must stop.
pub async fn work<L: Ledger>(
    sequencer: &mut Sequencer<L>,
    interval: Duration,
    mut stop: oneshot::Receiver<()>,
) -> Result<()> {
    let mut next = Instant::now() + interval;
    let renewal = Duration::from_secs(LEASE_RENEWAL);
    loop {
        match sequencer.say(clock::now()).await {
            Err(error) if !error.passes() => return Err(error),
            _ => {}
        }
        tokio::select! {
            biased;
            _ = &mut stop => return Ok(()),
            () = sleep_until(next.min(Instant::now() + renewal)) => {}
        }
        let due = Instant::now() >= next;
        let done = match sequencer.renew().await {
            Ok(()) if due => {
                let (ledger, lease) = (Arc::clone(&sequencer.ledger), sequencer.lease);
                tokio::select! {
                    done = turn(sequencer) => done,
                    lost = keep(ledger.as_ref(), lease) => Err(lost),
                }
            }
            renewed => renewed,
        };
        match done {
            Ok(()) => {}
            Err(error) if error.passes() => event(Level::Error, "nothing published", &[]),
            Err(error) => return Err(error),
        }
        if due {
            next = Instant::now() + interval;
        }
    }
}

/// Renews the lease while a publication takes its time, until it is lost.
async fn keep(ledger: &impl Ledger, lease: Lease) -> SequenceError {
    loop {
        sleep(Duration::from_secs(LEASE_RENEWAL)).await;
        match ledger.lease().await {
            Ok(Some(renewed)) if renewed == lease => {}
            Err(error) if error.passes() => {}
            Ok(_) => return LedgerError::Superseded.into(),
            Err(error) => return error.into(),
        }
    }
}

async fn turn<L: Ledger>(sequencer: &mut Sequencer<L>) -> Result<()> {
    let published = sequencer.publish(&mut random::system()).await?;
    for (log, name, new) in [
        (LogName::Reports, "published", published.reports),
        (LogName::Board, "board published", published.board),
    ] {
        if new > 0 {
            let size = sequencer.size(log);
            event(
                Level::Info,
                name,
                &[(Field::Entries, new), (Field::Size, size)],
            );
        }
    }
    for silent in sequencer.silent_desks(clock::now()) {
        let fields = [
            (Field::Desk, silent.desk),
            (Field::Seconds, silent.days.saturating_mul(DAY)),
        ];
        event(Level::Warning, "desk silent", &fields);
    }
    sequencer.forget_tokens(clock::now()).await?;
    match sequencer.prune(clock::now()).await? {
        0 => {}
        gone => event(Level::Info, "bodies pruned", &[(Field::Entries, gone)]),
    }
    Ok(())
}

const DAY: u64 = 86_400;
