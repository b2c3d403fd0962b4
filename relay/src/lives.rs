//! From one directory to the next without losing a packet or refusing a connection.
//!
//! ```text
//!           ┌──────────── the same memory, data folder and listening socket ────────────┐
//!  open ─▶ serve ─▶ another version is in force ─▶ kept durably ─▶ open ─▶ serve ─▶ …
//!                        │ not in it, or in another layer
//!                        ▼
//!                  takes part for half an epoch ─▶ passes on what it holds ─▶ kept; an end, or another layer
//! ```
//!
//! Each life begins as after a crash, which loses nothing.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use brolly_protocol::directory::{Current, DirectoryError};
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::directory::{self, DirectoryFileError, SignedDirectory};
use brolly_shell::http::client::Link;
use brolly_shell::http::server::Server;
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::log::{self, Field, Level};
use brolly_shell::tls;

use crate::assignment::{Assignment, AssignmentError, Leaving, Secrets};
use crate::config::Config;
use crate::mirror::{TakeUp, current_limit};
use crate::run::{Ended, Relay, RunError};
use crate::supervised::Memory;

/// Runs a relay until `shutdown` resolves, from version to version of its directory. `begun` is called when it listens for
/// the first time.
///
/// # Errors
/// [`RunError`] if it has no place, cannot start, had to stop, or has left.
pub async fn run(
    config: &Config,
    secrets: Arc<Secrets>,
    memory: Arc<Memory>,
    server: &Server,
    begun: impl FnOnce(&Relay),
    shutdown: impl Future,
) -> Result<(), RunError> {
    let mut shutdown = pin!(shutdown);
    let mut begun = Some(begun);
    let mut assignment = first(config, &secrets).await?;
    loop {
        let version = assignment.version();
        let leaving = assignment.leaving.clone();
        let relay = Relay::open(config, assignment, Arc::clone(&memory), server.try_clone()?)?;
        if let Some(begun) = begun.take() {
            begun(&relay);
        }
        assignment = match (relay.serve(&mut shutdown).await?, leaving) {
            (Ended::Asked, _) => return Ok(()),
            (Ended::TakeUp(take_up), _) => after(config, &secrets, *take_up)?,
            (Ended::Leaving, Some(leaving)) if leaving.closed => {
                directory::keep(&leaving.next, &config.data, clock::now())
                    .map_err(AssignmentError::from)?;
                let next = leaving.next.directory.version;
                match Assignment::load(config, Arc::clone(&secrets), clock::now()) {
                    Err(AssignmentError::NotListed) => return Err(RunError::Left(next)),
                    loaded => told(loaded?),
                }
            }
            (Ended::Leaving, leaving) => {
                let mut same = Assignment::load(config, Arc::clone(&secrets), 0)?;
                same.leaving = leaving.map(|leaving| Leaving {
                    closed: true,
                    ..leaving
                });
                let fields = [(Field::Version, u64::from(version))];
                log::event(Level::Warning, "draining", &fields);
                same
            }
        };
        assignment.running = true;
    }
}

/// The place in the directory that was taken up last. When its time is over, the relay was away: the inbox has the next.
async fn first(config: &Config, secrets: &Arc<Secrets>) -> Result<Assignment, RunError> {
    let now = clock::now();
    let refused = match Assignment::load(config, Arc::clone(secrets), now) {
        Ok(assignment) => return Ok(assignment),
        Err(error) if error.is_expired() => error,
        Err(error) => return Err(error.into()),
    };
    let kept = directory::kept(&config.data, config.scheme).map_err(AssignmentError::from)?;
    let kept = kept.map(|kept| kept.directory).ok_or(refused)?;
    let expired = || DirectoryFileError::Refused {
        path: config.directory.clone(),
        reason: DirectoryError::Expired,
    };
    let inbox = &kept.inbox;
    let link = Link::new(
        inbox.address.clone(),
        tls::client(&inbox.key.to_bytes(), None),
        None,
    );
    let limit = current_limit();
    let reply = link.send(Method::GET, wire::DIRECTORY, Bytes::new(), limit, PATIENCE);
    let reply = reply.await.ok();
    let reply = reply.filter(|reply| reply.status == StatusCode::OK);
    let wire = reply
        .ok_or_else(expired)
        .map_err(AssignmentError::from)?
        .body;
    let next = Current::verify(&wire, config.scheme, now, Some(&kept))
        .ok()
        .and_then(|_| signed(&wire, config, now))
        .ok_or_else(expired)
        .map_err(AssignmentError::from)?;
    after(config, secrets, TakeUp { next, since: now })
}

/// The relay's place in the next directory.
fn after(config: &Config, secrets: &Arc<Secrets>, take_up: TakeUp) -> Result<Assignment, RunError> {
    let TakeUp { next, since } = take_up;
    let now = clock::now();
    let mut same = Assignment::load(config, Arc::clone(secrets), 0)?;
    let place = Assignment::new(next.clone(), None, Arc::clone(secrets));
    if place.is_ok_and(|place| place.layer == same.layer) {
        directory::keep(&next, &config.data, now).map_err(AssignmentError::from)?;
        return Ok(told(Assignment::load(config, Arc::clone(secrets), now)?));
    }
    let version = u64::from(next.directory.version);
    log::event(Level::Warning, "leaving", &[(Field::Version, version)]);
    same.leaving = Some(Leaving {
        next,
        since,
        closed: false,
    });
    Ok(same)
}

/// Says which version was taken up.
fn told(assignment: Assignment) -> Assignment {
    let version = u64::from(assignment.version());
    log::event(
        Level::Info,
        "directory-taken-up",
        &[(Field::Version, version)],
    );
    assignment
}

fn signed(wire: &Bytes, config: &Config, now: u64) -> Option<SignedDirectory> {
    let (_, note) = Current::split(wire)?;
    SignedDirectory::verify(wire.slice_ref(note), config.scheme, now, 0).ok()
}

const PATIENCE: Duration = Duration::from_secs(60);
