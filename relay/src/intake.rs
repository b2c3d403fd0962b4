//! From a request to the writer: packets are cut out, opened on all cores, and wait for the next write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;

use brolly_protocol::geometry::{SUBMISSION, TOKEN};
use brolly_protocol::onion::{self, Layer, Step};
use brolly_protocol::wire::BATCH;
use brolly_shell::http::Bytes;
use brolly_shell::http::server::Body;
use tokio::sync::{Semaphore, oneshot};

use crate::assignment::Assignment;
use crate::keys::Keys;
use crate::writer::{Answer, EARLY, Fate, Message, Opened, Waiting};

/// Takes requests in.
pub(crate) struct Intake {
    assignment: Arc<Assignment>,
    keys: Arc<Keys>,
    writer: Sender<Message>,
    /// The waiting room, in packets. Whoever does not fit waits outside, its body unopened.
    room: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    closing: AtomicBool,
}

impl Intake {
    /// An intake that hands over to the writer behind `writer`.
    pub(crate) fn new(
        assignment: Arc<Assignment>,
        keys: Arc<Keys>,
        writer: Sender<Message>,
    ) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            assignment,
            keys,
            writer,
            room: Arc::new(Semaphore::new(2 * EARLY)),
            cores: Arc::new(Semaphore::new(cores)),
            closing: AtomicBool::new(false),
        }
    }

    /// Takes a request and returns when the write that it waited for is durable, whatever was in it.
    pub(crate) async fn take(&self, body: Body) -> Answer {
        if self.closing.load(Ordering::Acquire) {
            return Answer::Unavailable;
        }
        let packets = match body {
            Body::Whole(body) => split(&body, self.assignment.layer),
            Body::TooLong => Vec::new(),
        };
        // At most BATCH, and 1 for a request without a packet.
        let places = u32::try_from(packets.len().max(1)).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(&self.room).acquire_many_owned(places).await else {
            return Answer::Unavailable;
        };
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            packets: self.open(packets).await,
            answer,
            permit,
        };
        if self.writer.send(Message::Batch(waiting)).is_err() {
            return Answer::Unavailable;
        }
        answered.await.unwrap_or(Answer::Unavailable)
    }

    /// Takes nothing more, and has the writer write what waits.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.room.close();
        // A writer that ended already has answered everybody.
        let _ = self.writer.send(Message::Close);
    }

    async fn open(&self, packets: Vec<Option<Bytes>>) -> Vec<Option<Opened>> {
        let mut jobs = Vec::new();
        for chunk in packets.chunks(CHUNK) {
            let core = Arc::clone(&self.cores).acquire_owned().await;
            let (assignment, keys) = (Arc::clone(&self.assignment), Arc::clone(&self.keys));
            let chunk = chunk.to_vec();
            jobs.push(tokio::task::spawn_blocking(move || {
                let _core = core;
                let open = |packet: Option<Bytes>| open(&assignment, &keys, &packet?);
                chunk.into_iter().map(open).collect::<Vec<_>>()
            }));
        }
        let mut opened = Vec::with_capacity(packets.len());
        for job in jobs {
            opened.extend(job.await.unwrap_or_default());
        }
        // Nothing less than what came, so that it weighs the same.
        opened.resize_with(packets.len(), || None);
        opened
    }
}

/// The most bytes that a request to a relay of this layer may carry.
pub(crate) fn body_limit(layer: Layer) -> usize {
    BATCH * size(layer)
}

fn size(layer: Layer) -> usize {
    if layer == Layer::Entry {
        SUBMISSION
    } else {
        layer.packet()
    }
}

/// The packets of a body, `None` for one whose token is not all zeros; no packets if it has not the length of 1 to
/// [`BATCH`] of them.
fn split(body: &Bytes, layer: Layer) -> Vec<Option<Bytes>> {
    let size = size(layer);
    if !body.len().is_multiple_of(size) || body.len() > BATCH * size {
        return Vec::new();
    }
    let packet = |start: usize| {
        let whole = body.slice(start..start + size);
        if layer != Layer::Entry {
            return Some(whole);
        }
        let token = whole.get(..TOKEN)?;
        let empty = token.iter().all(|byte| *byte == 0);
        empty.then(|| whole.slice(TOKEN..))
    };
    (0..body.len()).step_by(size).map(packet).collect()
}

/// Removes this relay's layer. `None`: it is to be discarded.
fn open(assignment: &Assignment, keys: &Keys, packet: &[u8]) -> Option<Opened> {
    let scheme = assignment.directory.scheme;
    let (id, layer) = (assignment.id, assignment.layer);
    let peeled = onion::peel(scheme, id, layer, &keys.ring(), packet).ok()?;
    let fate = match peeled.step {
        Step::Forward { next, inner } => Fate::Forward(inner, assignment.hop(next)?),
        Step::Drop => Fate::End,
        _ => return None,
    };
    Some(Opened {
        epoch: peeled.epoch,
        tag: peeled.tag,
        fate,
    })
}

/// Packets that a core opens in one go: some milliseconds.
const CHUNK: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_into_packets_only_if_its_length_is_a_whole_number_of_them() {
        for layer in Layer::ALL {
            let size = size(layer);
            for count in [1, 2, BATCH] {
                let packets = split(&vec![0; count * size].into(), layer);
                assert_eq!(packets.len(), count);
                assert!(
                    packets
                        .iter()
                        .all(|p| p.as_ref().unwrap().len() == layer.packet())
                );
            }
            for length in [0, 1, size - 1, size + 1, 2 * size - 1, (BATCH + 1) * size] {
                assert_eq!(split(&vec![0; length].into(), layer), []);
            }
        }
    }

    #[test]
    fn spec_9_4_a_packet_behind_a_token_that_is_not_all_zeros_is_discarded() {
        for at in [0, 100, TOKEN - 1] {
            let mut body = vec![0; 2 * SUBMISSION];
            body[SUBMISSION + at] = 1;
            let packets = split(&body.into(), Layer::Entry);
            assert!(packets[0].is_some() && packets[1].is_none());
        }
    }
}
