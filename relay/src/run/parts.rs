//! What a relay is made of, from its assignment and configuration.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brolly_keys::epoch::Epoch;
use brolly_protocol::log::LogName;
use brolly_protocol::onion::Layer;
use brolly_shell::http::client::Link;
use brolly_shell::http::server::Limits;
use brolly_shell::tls::{Clients, WebCertificate};
use brolly_shell::{clock, random};
use rand_core::Rng;
use tokio::task::JoinSet;

use crate::admission::Admission;
use crate::assignment::Assignment;
use crate::config::Config;
use crate::forward::Forward;
use crate::journal::{Event, Journal};
use crate::mirror::{Follower, Held, Mirror, SHORTEST, Trouble};
use crate::pool::Pool;
use crate::supervised::MemoryError;
use crate::tags::{AppendError, Tags, TagsError};
use crate::tokens::Tokens;
use crate::writer::Writer;

/// Remembers the tags of packets that were stored just before a crash, and whose logs it did not reach.
pub(super) fn rebuild(tags: &mut Tags, held: Vec<(Epoch, [u8; 16])>) -> io::Result<()> {
    let mut missing = held;
    missing.retain(|(epoch, tag)| tags.remember(*epoch, *tag));
    tags.append(&missing).map_err(|error| match error {
        AppendError::Refused(reason) | AppendError::Broken(reason) => reason,
    })
}

/// What was spent at an entry.
pub(super) fn admission(
    config: &Config,
    assignment: &Assignment,
    journal: &Journal,
) -> Result<Option<Arc<Admission>>, TagsError> {
    if assignment.layer != Layer::Entry {
        return Ok(None);
    }
    let (admission, missing) = Admission::open(
        config.data.join("spent"),
        config.replay_capacity,
        random::system().next_u64(),
        assignment.directory.scheme,
        assignment.id,
        &assignment.directory.issuer.keys,
        clock::now(),
    )?;
    journal.add(Event::SpentMissing, missing);
    Ok(Some(Arc::new(admission)))
}

/// An entry's way to the issuer.
pub(super) fn tokens(assignment: &Assignment) -> Option<Tokens> {
    let directory = &assignment.directory;
    let issuer = directory.relay(directory.issuer.relay)?;
    let link = || assignment.link(&issuer.address, &issuer.key.to_bytes());
    (assignment.layer == Layer::Entry).then(|| Tokens::new(link()))
}

pub(super) fn forwarding(
    assignment: &Assignment,
    writer: &Writer,
    held: &Held,
) -> JoinSet<Result<(), MemoryError>> {
    let mut tasks = JoinSet::new();
    for forward in forwards(assignment, writer) {
        let forward = Forward {
            _held: Some(held.clone()),
            ..forward
        };
        tasks.spawn(Arc::new(forward).run());
    }
    tasks
}

/// The way to each next hop.
pub(crate) fn forwards(assignment: &Assignment, writer: &Writer) -> Vec<Forward> {
    let parameters = &assignment.directory.parameters;
    let hops = assignment.hops.iter().enumerate();
    hops.map(|(hop, next)| Forward {
        pool: Arc::clone(&writer.pool),
        journal: Arc::clone(&writer.journal),
        link: assignment.link(&next.address, &next.key),
        hop,
        path: next.path,
        epoch: assignment.layer.after().map(|_| parameters.packet_epoch),
        tick: Duration::from_millis(parameters.mix.tick_ms),
        _held: None,
    })
    .collect()
}

/// Resolves when what a relay does while it leaves is over: taking part, and then passing on what it holds.
pub(super) async fn leaving(assignment: Arc<Assignment>, pool: Arc<Pool>) {
    let Some(leaving) = &assignment.leaving else {
        return std::future::pending().await;
    };
    let epoch = assignment.directory.parameters.packet_epoch;
    let tick = assignment.directory.parameters.mix.tick_ms.max(SHORTEST);
    while !(leaving.is_over(epoch, clock::now()) || leaving.closed && pool.is_empty()) {
        tokio::time::sleep(Duration::from_millis(tick)).await;
    }
}

pub(super) fn mirroring(
    assignment: &Arc<Assignment>,
    mirror: &Arc<Mirror>,
    journal: &Arc<Journal>,
    link: &Arc<Link>,
    data: &Path,
    held: Held,
) -> JoinSet<io::Error> {
    let mut tasks = JoinSet::new();
    for log in LogName::ALL {
        let opening = Follower::open(
            Arc::clone(assignment),
            Arc::clone(journal),
            Arc::clone(mirror),
            Arc::clone(link),
            data.to_owned(),
            mirror.archive(log).held(held.clone()),
        );
        tasks.spawn(async move {
            match opening.await {
                Ok(follower) => follower.run().await,
                Err(Trouble::Sync(reason) | Trouble::Full(reason)) => reason,
                Err(trouble) => io::Error::other(trouble),
            }
        });
    }
    tasks
}

pub(super) fn clients(layer: Layer, certificate: Option<Arc<WebCertificate>>) -> Clients {
    match (layer, certificate) {
        (Layer::Entry, Some(certificate)) => Clients::Browsers(certificate),
        (Layer::Entry, None) => Clients::Anyone,
        _ => Clients::Optional,
    }
}

pub(super) fn limits(layer: Layer, connections: u16) -> Limits {
    // Each may hold a body in memory, and at the entry anybody may ask.
    let streams = if layer == Layer::Entry { 4 } else { 64 };
    Limits {
        connections,
        streams,
        ..Limits::default()
    }
}
