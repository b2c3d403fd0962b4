//! What a program asks of the operating system for itself.

use std::future::pending;
use std::io::{self, Write};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::log::{self, Field, Level};

pub use memory::{LockError, lock_memory};

mod memory;

/// The system refused to keep this process's memory off the disk.
#[derive(Debug, thiserror::Error)]
#[error(
    "the system does not let this program turn core dumps off ({0}), so its keys could reach the disk"
)]
pub struct HardenError(Errno);

/// Turns core dumps off, and keeps other processes of the same user from reading this one's memory (on Linux).
///
/// # Errors
/// [`HardenError`]; a program that holds keys should not go on then.
pub fn harden() -> Result<(), HardenError> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).map_err(HardenError)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(HardenError)?;
    Ok(())
}

/// [`harden`] for a daemon, which tells its log when memory cannot be [locked](lock_memory), and goes on.
///
/// # Errors
/// [`HardenError`].
pub fn harden_daemon() -> Result<(), HardenError> {
    harden()?;
    match lock_memory() {
        Ok(()) => {}
        Err(LockError::Limit(bytes)) => {
            log::event(Level::Warning, NOT_LOCKED, &[(Field::Bytes, bytes)]);
        }
        Err(LockError::System(_)) => log::event(Level::Warning, NOT_LOCKED, &[]),
    }
    Ok(())
}

/// [`harden`] for a command that opens key files, which tells whoever typed it when memory cannot be
/// [locked](lock_memory), and goes on.
///
/// # Errors
/// [`HardenError`].
pub fn harden_command() -> Result<(), HardenError> {
    harden()?;
    if let Err(error) = lock_memory() {
        // With nobody to read it there is nobody to warn.
        let _ = writeln!(io::stderr(), "warning: {error}");
    }
    Ok(())
}

/// Returns when the process is asked to end: SIGTERM or SIGINT.
pub async fn terminated() {
    tokio::select! {
        () = received(SignalKind::terminate()) => {}
        () = received(SignalKind::interrupt()) => {}
    }
}

async fn received(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        // Without a handler the signal ends the process by itself.
        Err(_) => pending().await,
    }
}

const NOT_LOCKED: &str = "memory-not-locked";

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use rustix::process::{Signal, getpid, getrlimit, kill_process};

    use super::*;

    #[test]
    fn a_hardened_process_writes_no_core_and_cannot_be_read() {
        harden().unwrap();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        #[cfg(target_os = "linux")]
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            rustix::process::DumpableBehavior::NotDumpable
        );
    }

    #[tokio::test]
    async fn sigterm_is_a_request_to_end() {
        let mut end = pin!(terminated());
        // The first poll installs the handlers; without them the signal would end the test itself.
        assert!(
            end.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        kill_process(getpid(), Signal::TERM).unwrap();
        end.await;
    }
}
