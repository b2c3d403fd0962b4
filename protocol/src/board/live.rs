//! Which alerts are live: a function of the board's entries alone, so that everybody who has them agrees (SPEC §14.5).
//!
//! ```text
//! index = record × n, in the order of the board:   id 10 | sealed record 50
//! ```
//!
//! Today is the latest day that any entry of the board names: an inbox takes no entry that names another day than its
//! own or the ones beside it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::alert::{Alert, AlertId, Members, Message, Record, SealedRecord};
use super::keys::KeyIndex;
use super::{Entry, EntryError, Logged, Said};
use crate::geometry::{ALERT_ID, ALERT_RECORD};
use crate::log::{Digests, Hash};
use crate::node::NodeId;

/// What is in force of a board, as it grows: live alerts, keys, directories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Live {
    today: u32,
    /// By position on the board.
    alerts: BTreeMap<u64, Kept>,
    positions: BTreeMap<AlertId, u64>,
    keys: KeyIndex,
    directories: BTreeMap<u32, Logged>,
    /// The day of each desk's newest read-mark.
    read: BTreeMap<NodeId, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    id: AlertId,
    desk: NodeId,
    expires: u32,
    records: Vec<SealedRecord>,
}

/// An alert of the index, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveAlert {
    /// Its id.
    pub id: AlertId,
    /// Its records, at least one, all with the same days and levels.
    pub records: Vec<Record>,
}

impl Live {
    /// Of an empty board.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the board's entry at `position`, its bytes and what was read from them; entries come in order.
    ///
    /// An update takes the place of the alert it refers to and a cancel ends it, if the same desk published that.
    pub fn apply(&mut self, position: u64, bytes: &[u8], entry: &Entry) {
        match entry {
            Entry::Alert(alert) => self.alert(position, alert),
            Entry::RelayKey(notice) => self.keys.take(notice.node, notice.epoch, bytes),
            Entry::DeskKey(notice) => self.keys.take(notice.node, notice.epoch, bytes),
            Entry::Directory(logged) => self.directory(*logged),
            Entry::ReadMark(mark) => self.mark(mark.desk, mark.day),
            Entry::Reply(_) | Entry::Notice(_) => self.day(entry.day()),
        }
    }

    /// Takes an entry as [`Self::apply`] does, from bytes that were verified before they came onto the board: whether
    /// its desk is still in the directory does not matter then. Gives the id of an alert.
    ///
    /// # Errors
    /// [`EntryError::Malformed`].
    pub fn recall(&mut self, position: u64, bytes: &[u8]) -> Result<Option<AlertId>, EntryError> {
        match Entry::recalled(bytes)? {
            Said::Alert(alert) => {
                self.alert(position, &alert);
                return Ok(Some(alert.id));
            }
            Said::Key(node, epoch) => self.keys.take(node, epoch, bytes),
            Said::Directory(logged) => self.directory(logged),
            Said::Read(desk, day) => self.mark(desk, day),
            Said::Other(day) => self.day(day),
        }
        Ok(None)
    }

    fn alert(&mut self, position: u64, alert: &Alert) {
        self.day(Some(alert.day));
        self.end(alert);
        let known = self.positions.contains_key(&alert.id);
        if alert.message == Message::Cancel || known || alert.expires < self.today {
            return;
        }
        self.positions.insert(alert.id, position);
        let kept = Kept {
            id: alert.id,
            desk: alert.desk,
            expires: alert.expires,
            records: alert.records.clone(),
        };
        self.alerts.insert(position, kept);
    }

    fn directory(&mut self, logged: Logged) {
        self.day(Some(logged.day()));
        // The first one stands: a second of the same version is a fork, which `contradicts` tells.
        self.directories.entry(logged.version).or_insert(logged);
    }

    fn mark(&mut self, desk: NodeId, day: u32) {
        let newest = self.read.entry(desk).or_default();
        *newest = day.max(*newest);
        self.day(Some(day));
    }

    fn day(&mut self, day: Option<u32>) {
        if let Some(later) = day.filter(|day| *day > self.today) {
            self.today = later;
            self.expire();
        }
    }

    fn expire(&mut self) {
        let (today, positions) = (self.today, &mut self.positions);
        self.alerts.retain(|_, alert| {
            let live = alert.expires >= today;
            if !live {
                positions.remove(&alert.id);
            }
            live
        });
    }

    /// The day it is on the board, counted from 1 January 1970.
    pub fn today(&self) -> u32 {
        self.today
    }

    /// The day on which a desk said last that it reads, if it ever did, counted from 1 January 1970.
    pub fn read(&self, desk: NodeId) -> Option<u32> {
        self.read.get(&desk).copied()
    }

    /// Whether `desk` published the live alert `id`.
    pub fn is_by(&self, id: AlertId, desk: NodeId) -> bool {
        self.positions
            .get(&id)
            .and_then(|position| self.alerts.get(position))
            .is_some_and(|alert| alert.desk == desk)
    }

    /// The ids and positions of the live alerts, in the order of the board.
    pub fn ids(&self) -> impl Iterator<Item = (AlertId, u64)> {
        self.alerts
            .iter()
            .map(|(position, alert)| (alert.id, *position))
    }

    /// The compact index: 60 bytes a record.
    pub fn index(&self) -> Vec<u8> {
        let mut index = Vec::new();
        for alert in self.alerts.values() {
            for record in &alert.records {
                index.extend_from_slice(&alert.id.0);
                index.extend_from_slice(record);
            }
        }
        index
    }

    /// What the board's checkpoint says of the two indexes.
    pub fn digests(&self) -> Digests {
        Digests {
            alerts: self.digest(),
            keys: self.keys.digest(),
        }
    }

    /// The keys of relays and desks.
    pub fn keys(&self) -> &KeyIndex {
        &self.keys
    }

    /// What was logged of a version of the directory.
    pub fn logged(&self, version: u32) -> Option<&Logged> {
        self.directories.get(&version)
    }

    /// The highest version of the directory that was logged.
    pub fn newest(&self) -> Option<&Logged> {
        self.directories.last_key_value().map(|(_, logged)| logged)
    }

    /// Whether an entry logs another directory under a version that is taken, or one that does not come next: nobody may
    /// cosign a board with such an entry.
    pub fn contradicts(&self, entry: &Entry) -> bool {
        let Entry::Directory(logged) = entry else {
            return false;
        };
        match self.newest() {
            Some(newest) => {
                Some(logged.version) != newest.version.checked_add(1) || logged.time < newest.time
            }
            None => false,
        }
    }

    fn digest(&self) -> Hash {
        Sha256::digest(self.index()).into()
    }

    /// Opens an index whose digest was checked; an alert of which any record does not open is counted and left out.
    /// `None` when it is not whole records.
    pub fn open(index: &[u8], members: &Members) -> Option<(Vec<LiveAlert>, u64)> {
        let (records, rest) = index.as_chunks::<ALERT_RECORD>();
        let mut alerts = Vec::new();
        let mut damaged = 0;
        let id_of = |record: &[u8; ALERT_RECORD]| record.first_chunk::<ALERT_ID>().copied();
        for alert in records.chunk_by(|a, b| id_of(a) == id_of(b)) {
            let opened = (0..).zip(alert).map(|(number, record)| {
                let (id, sealed) = record.split_first_chunk()?;
                members.open_record(AlertId(*id), number, sealed.try_into().ok()?)
            });
            let id = alert.first().and_then(id_of).map(AlertId)?;
            match opened.collect::<Option<Vec<_>>>() {
                Some(records) => alerts.push(LiveAlert { id, records }),
                None => damaged += 1,
            }
        }
        rest.is_empty().then_some((alerts, damaged))
    }

    fn end(&mut self, alert: &Alert) {
        if let Some(earlier) = alert.references
            && self.is_by(earlier, alert.desk)
            && let Some(position) = self.positions.remove(&earlier)
        {
            self.alerts.remove(&position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ReadMark;
    use super::super::alert::tests::{DAY, entry_of, members};
    use super::*;
    use crate::directory::sample;

    fn apply(live: &mut Live, position: u64, bytes: &[u8]) {
        let entry = Entry::verify(bytes, &sample::directory()).unwrap();
        let mut recalled = live.clone();
        live.apply(position, bytes, &entry);
        let id = recalled.recall(position, bytes).unwrap();
        assert_eq!(recalled, *live, "with or without its desk's key");
        assert_eq!(id.is_some(), matches!(entry, Entry::Alert(_)));
    }

    fn ids(live: &Live) -> Vec<AlertId> {
        live.ids().map(|(id, _)| id).collect()
    }

    #[test]
    fn spec_14_5_the_index_is_what_the_board_says_and_members_open_it() {
        let mut live = Live::new();
        assert_eq!(live.index(), []);
        let (first, bytes) = entry_of(Message::Alert, None, DAY + 9, 1);
        apply(&mut live, 0, &bytes);
        let (second, bytes) = entry_of(Message::Alert, None, DAY + 9, 2);
        apply(&mut live, 1, &bytes);
        assert_eq!(ids(&live), [first, second]);
        assert_eq!(live.index().len(), 4 * ALERT_RECORD, "two records each");
        let (opened, damaged) = Live::open(&live.index(), &members()).unwrap();
        assert_eq!(damaged, 0);
        let opened: Vec<_> = opened
            .iter()
            .map(|alert| (alert.id, alert.records.len()))
            .collect();
        assert_eq!(opened, [(first, 2), (second, 2)]);
        let mut bad = live.index();
        bad[70] ^= 1;
        let (opened, damaged) = Live::open(&bad, &members()).unwrap();
        assert_eq!((opened.len(), damaged), (1, 1));
        assert_eq!(Live::open(&bad[..100], &members()), None);

        let (third, bytes) = entry_of(Message::Update, Some(first), DAY + 9, 3);
        apply(&mut live, 2, &bytes);
        assert_eq!(ids(&live), [second, third]);
        let (_, bytes) = entry_of(Message::Cancel, Some(second), DAY, 4);
        let before = live.digest();
        apply(&mut live, 3, &bytes);
        assert_eq!(ids(&live), [third]);
        assert_ne!(live.digest(), before);
    }

    #[test]
    fn spec_14_5_an_alert_ends_after_its_last_day() {
        let directory = sample::directory();
        let mut live = Live::new();
        let (id, bytes) = entry_of(Message::Alert, None, DAY + 3, 1);
        apply(&mut live, 0, &bytes);
        for (day, alive) in [(DAY + 3, true), (DAY + 4, false), (DAY, false)] {
            let mark = ReadMark::new(directory.desks[1].id, 0, day).to_entry(&sample::desk_key(1));
            apply(&mut live, u64::from(day), &mark);
            assert_eq!(ids(&live) == [id], alive, "{day}");
        }
    }

    #[test]
    fn spec_14_7_a_version_is_logged_once_and_in_its_turn() {
        let mut directory = sample::directory();
        let mut live = Live::new();
        let log = |directory: &crate::directory::Directory, time| {
            Entry::Directory(Logged::new(directory, time))
        };
        let first = log(&directory, 1_764_000_000);
        assert!(!live.contradicts(&first), "a board may begin with any");
        live.apply(
            0,
            &Logged::new(&directory, 1_764_000_000).to_entry(),
            &first,
        );
        assert_eq!(live.newest().map(|logged| logged.version), Some(3));
        assert_eq!(live.today(), 20_416);
        assert!(live.contradicts(&first), "once");
        let mut other = directory.clone();
        other.digest = [1; 32];
        assert!(live.contradicts(&log(&other, 1_764_000_001)), "a fork");
        directory.version = 5;
        assert!(live.contradicts(&log(&directory, 1_764_000_001)), "a gap");
        directory.version = 4;
        assert!(
            live.contradicts(&log(&directory, 1_763_999_999)),
            "back in time"
        );
        assert!(!live.contradicts(&log(&directory, 1_764_000_001)));
        assert!(live.logged(3).is_some() && live.logged(4).is_none());
    }

    #[test]
    fn spec_14_5_another_desk_ends_nothing() {
        let mut directory = sample::directory();
        directory.desks[1].alerts = true;
        let (id, bytes) = entry_of(Message::Alert, None, DAY + 3, 1);
        let mut live = Live::new();
        live.apply(0, &bytes, &Entry::verify(&bytes, &directory).unwrap());
        assert!(live.is_by(id, directory.desks[0].id) && !live.is_by(id, directory.desks[1].id));
        let (_, bytes) = entry_of(Message::Cancel, Some(id), DAY, 2);
        let Ok(Entry::Alert(cancel)) = Entry::verify(&bytes, &directory) else {
            panic!("refused");
        };
        let mut foreign = Alert::clone(&cancel);
        foreign.desk = directory.desks[1].id;
        live.end(&foreign);
        assert_eq!(ids(&live), [id]);
        live.end(&cancel);
        assert_eq!(ids(&live), []);
    }
}
