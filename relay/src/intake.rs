//! From a request to the writer: packets are cut out, paid for at an entry, opened on all cores, and wait for the next
//! write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;

use brolly_protocol::geometry::{SUBMISSION, TOKEN};
use brolly_protocol::onion::{self, Layer, Step};
use brolly_protocol::wire::BATCH;
use brolly_shell::clock;
use brolly_shell::http::Bytes;
use brolly_shell::http::server::Body;
use tokio::sync::{Semaphore, oneshot};

use crate::admission::{Admission, Full, Spent};
use crate::assignment::Assignment;
use crate::keys::Keys;
use crate::writer::{Answer, EARLY, Fate, Message, Opened, Waiting};

/// Takes requests in.
pub(crate) struct Intake {
    assignment: Arc<Assignment>,
    keys: Arc<Keys>,
    /// At an entry, what its packets are paid with.
    admission: Option<Arc<Admission>>,
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
        admission: Option<Arc<Admission>>,
        writer: Sender<Message>,
    ) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            assignment,
            keys,
            admission,
            writer,
            room: Arc::new(Semaphore::new(2 * EARLY)),
            cores: Arc::new(Semaphore::new(cores)),
            closing: AtomicBool::new(false),
        }
    }

    /// Takes a request and returns when the write that it waited for is durable, whatever was in it. At an entry one in
    /// which no token is good is refused before that.
    pub(crate) async fn take(&self, body: Body) -> Answer {
        if self.closing.load(Ordering::Acquire) {
            return Answer::Unavailable;
        }
        let body = match body {
            Body::Whole(body) => body,
            Body::TooLong => Bytes::new(),
        };
        let bodies = split(&body, size(self.assignment.layer));
        let (packets, paid) = match &self.admission {
            None => (bodies, Vec::new()),
            Some(admission) => match self.admit(admission, bodies).await {
                Ok((packets, _)) if packets.is_empty() => return Answer::Unpaid,
                Ok(admitted) => admitted,
                Err(Full) => return Answer::Unavailable,
            },
        };
        match self.store(packets, paid.clone()).await {
            Some(answer) => answer,
            None => {
                if let Some(admission) = &self.admission {
                    admission.release(&paid);
                }
                Answer::Unavailable
            }
        }
    }

    /// `None`: the writer never had it.
    async fn store(&self, packets: Vec<Bytes>, paid: Vec<Spent>) -> Option<Answer> {
        // At most BATCH, and 1 for a request without a packet.
        let places = u32::try_from(packets.len().max(1)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room);
        let permit = room.acquire_many_owned(places).await.ok()?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            packets: self.open(packets).await,
            paid,
            answer,
            permit,
        };
        self.writer.send(Message::Batch(waiting)).ok()?;
        Some(answered.await.unwrap_or(Answer::Unavailable))
    }

    /// Spends the tokens in front of packets, and leaves the packets behind good ones. What is not paid for takes no
    /// room: floods are as large as the quotas of projects and no larger.
    async fn admit(
        &self,
        admission: &Arc<Admission>,
        submissions: Vec<Bytes>,
    ) -> Result<(Vec<Bytes>, Vec<Spent>), Full> {
        let now = clock::now();
        let check = {
            let admission = Arc::clone(admission);
            move |submission: Bytes| {
                let good = admission.check(submission.first_chunk()?, now)?;
                Some((submission.slice(TOKEN..), good))
            }
        };
        let checked = self.on_cores(submissions, check).await;
        let (packets, good): (Vec<_>, Vec<_>) = checked.into_iter().flatten().unzip();
        let fresh = admission.spend(&good)?;
        let admitted = packets.into_iter().zip(good).zip(fresh);
        Ok(admitted
            .filter_map(|(packet, fresh)| fresh.then_some(packet))
            .unzip())
    }

    /// Takes nothing more, and has the writer write what waits.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.room.close();
        // A writer that ended already has answered everybody.
        let _ = self.writer.send(Message::Close);
    }

    async fn open(&self, packets: Vec<Bytes>) -> Vec<Option<Opened>> {
        let (assignment, keys) = (Arc::clone(&self.assignment), Arc::clone(&self.keys));
        let open = move |packet: Bytes| open(&assignment, &keys, &packet);
        self.on_cores(packets, open).await
    }

    /// Does the same work on each of `items`, on as many cores as there are.
    async fn on_cores<T: Send + 'static>(
        &self,
        items: Vec<Bytes>,
        work: impl Fn(Bytes) -> Option<T> + Clone + Send + 'static,
    ) -> Vec<Option<T>> {
        let mut jobs = Vec::new();
        for chunk in items.chunks(CHUNK) {
            let core = Arc::clone(&self.cores).acquire_owned().await;
            let (chunk, work) = (chunk.to_vec(), work.clone());
            jobs.push(tokio::task::spawn_blocking(move || {
                let _core = core;
                chunk.into_iter().map(work).collect::<Vec<_>>()
            }));
        }
        let mut done = Vec::with_capacity(items.len());
        for job in jobs {
            done.extend(job.await.unwrap_or_default());
        }
        // Nothing less than what came, so that it weighs the same.
        done.resize_with(items.len(), || None);
        done
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

/// What a body is made of; nothing if it has not the length of 1 to [`BATCH`] times `size`.
fn split(body: &Bytes, size: usize) -> Vec<Bytes> {
    if !body.len().is_multiple_of(size) || body.len() > BATCH * size {
        return Vec::new();
    }
    let starts = (0..body.len()).step_by(size);
    starts.map(|at| body.slice(at..at + size)).collect()
}

/// Removes this relay's layer. `None`: it is to be discarded.
fn open(assignment: &Assignment, keys: &Keys, packet: &[u8]) -> Option<Opened> {
    let scheme = assignment.directory.scheme;
    let (id, layer) = (assignment.id, assignment.layer);
    let ring = keys.ring();
    let peeled = onion::peel(scheme, id, layer, &ring, packet, &mut Vec::new()).ok()?;
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
        for size in Layer::ALL.map(size) {
            for count in [1, 2, BATCH] {
                let packets = split(&vec![0; count * size].into(), size);
                assert_eq!(packets.len(), count);
                assert!(packets.iter().all(|packet| packet.len() == size));
            }
            for length in [0, 1, size - 1, size + 1, 2 * size - 1, (BATCH + 1) * size] {
                assert!(split(&vec![0; length].into(), size).is_empty());
            }
        }
    }
}
