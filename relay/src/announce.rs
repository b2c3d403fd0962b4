//! This relay's packet keys, onto the board: posted to the inbox until the witnessed board has them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use brolly_keys::epoch::Epoch;
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::StatusCode;

use crate::assignment::Assignment;
use crate::journal::{Event, Journal};
use crate::keys::Keys;
use crate::mirror::{Mirror, RETRY, SHORTEST, Source};

/// What a relay does so that senders find its keys.
pub(crate) struct Announce<S> {
    assignment: Arc<Assignment>,
    journal: Arc<Journal>,
    keys: Arc<Keys>,
    mirror: Arc<Mirror>,
    source: Arc<S>,
    /// Entries that the inbox took, and when.
    taken: BTreeMap<Epoch, (Vec<u8>, u64)>,
}

/// Whether senders find this relay's key of `now` (seconds since 1970): the board that it serves has it, or it serves none.
pub(crate) fn announced(keys: &Keys, assignment: &Assignment, mirror: &Mirror, now: u64) -> bool {
    let entries = keys.entries(assignment, now).into_iter();
    let current = entries.min_by_key(|(epoch, _)| *epoch);
    mirror.keys().is_none() || current.is_some_and(|(_, entry)| mirror.has_key(&entry))
}

impl<S: Source> Announce<S> {
    pub(crate) fn new(
        assignment: Arc<Assignment>,
        journal: Arc<Journal>,
        keys: Arc<Keys>,
        mirror: Arc<Mirror>,
        source: Arc<S>,
    ) -> Self {
        Self {
            assignment,
            journal,
            keys,
            mirror,
            source,
            taken: BTreeMap::new(),
        }
    }

    /// Goes on for as long as the relay runs: there always is a next key.
    pub(crate) async fn run(mut self) {
        let parameters = &self.assignment.directory.parameters;
        let pause = parameters.publish_ms.clamp(SHORTEST, RETRY);
        loop {
            self.round(clock::now()).await;
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// Posts what the witnessed board lacks at `now` (seconds since 1970), and says how many that were.
    pub(crate) async fn round(&mut self, now: u64) -> usize {
        let interval = self.assignment.directory.parameters.publish_ms / 1_000;
        let again = interval.saturating_mul(3).saturating_add(AGAIN);
        let entries = self.keys.entries(&self.assignment, now);
        self.taken
            .retain(|epoch, _| entries.iter().any(|(due, _)| due == epoch));
        let mut missing = 0;
        for (epoch, entry) in entries {
            if self.mirror.has_key(&entry) {
                continue;
            }
            missing += 1;
            let taken = self.taken.get(&epoch);
            if taken.is_some_and(|(same, at)| *same == entry && now < at.saturating_add(again)) {
                continue;
            }
            let posted = self.source.post(wire::BOARD, entry.clone().into()).await;
            match posted {
                Some(StatusCode::ACCEPTED) => {
                    self.taken.insert(epoch, (entry, now));
                }
                Some(_) => self.journal.add(Event::KeysRefused, 1),
                None => {}
            }
        }
        missing
    }
}

/// Seconds after which an entry is posted again that was taken and is not on the board, beside three publications.
const AGAIN: u64 = 300;
