//! Its two public logs: what is published, and what a relay answers of it.

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::alert::{
    AlertId, Certainty, Draft, Levels, Members, Message, Severity, Status, Text, Urgency,
};
use brolly_protocol::board::reply::{self, Answer};
use brolly_protocol::board::{self, Live, Notice, ReadMark};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::identifier::{Identifier, pack};
use brolly_protocol::log::{
    Bundle, Checkpoint, Entry, Frontier, Hash, LogName, Part, encode_bundle, leaf_hash,
    window_start,
};
use brolly_protocol::report::Slot;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{DAY, MEMBERS, Scheme, WEEK};

impl Scheme {
    /// Publishes an entry of the reports log.
    pub fn publish(&mut self, entry: Entry) {
        self.reports.push(entry.to_bytes().to_vec());
    }

    /// Posts the answer `number` of the desk at place `by`, to what the desk in `slot` opened.
    pub fn reply(&mut self, by: usize, slot: Slot, cell: &SealedCell, number: u32, text: &str) {
        let opened = self.open(cell, slot).unwrap();
        let answer = Answer {
            scheme: self.directory.scheme,
            desk: self.directory.desks[by].id,
            to: &opened.reply_key,
            tag: reply::tag(&opened.reply_root, number),
            text,
        };
        let mut rng = ChaCha20Rng::seed_from_u64(number.into());
        let sealed = answer.seal(&Self::desk_key(by), &mut rng).unwrap();
        self.board.push(sealed.to_entry());
    }

    /// Posts that the desk at place `by` has read `size` entries.
    pub fn mark(&mut self, by: usize, size: u64) {
        let mark = ReadMark::new(self.directory.desks[by].id, size, self.today());
        self.board.push(mark.to_entry(&Self::desk_key(by)));
    }

    /// Posts a notice of the scheme's desk.
    pub fn notice(&mut self, text: &str) {
        let notice = Notice::new(self.directory.desks[0].id, self.today(), text).unwrap();
        self.board.push(notice.to_entry(&Self::desk_key(0)));
    }

    /// Posts an alert of the scheme's desk for 90 days.
    pub fn alert(&mut self, area: &str, text: &str, identifiers: &[Identifier]) -> AlertId {
        self.warn(Message::Alert, None, 90, area, text, identifiers)
    }

    /// Posts the end of an alert.
    pub fn cancel(&mut self, id: AlertId) {
        self.warn(Message::Cancel, Some(id), 0, "", "it was a mistake", &[]);
    }

    /// Posts an alert of the scheme's desk.
    pub fn warn(
        &mut self,
        message: Message,
        references: Option<AlertId>,
        days: u32,
        area: &str,
        text: &str,
        identifiers: &[Identifier],
    ) -> AlertId {
        let text = Text {
            sender: "Scheme desk".to_owned(),
            levels: Levels {
                status: Status::Actual,
                urgency: Urgency::Expected,
                severity: Severity::Severe,
                certainty: Certainty::Observed,
            },
            area: area.to_owned(),
            text: text.to_owned(),
            identifiers: Vec::new(),
        };
        let records = pack(identifiers, area).unwrap();
        let draft = Draft {
            desk: self.directory.desks[0].id,
            message,
            references,
            day: self.today(),
            expires: self.today() + days,
            text: &text,
            identifiers: &records,
        };
        let members = Members::new(MEMBERS, self.directory.scheme);
        let mut rng = ChaCha20Rng::seed_from_u64(u64::try_from(self.board.len()).unwrap());
        let week = Epoch::at(self.now, WEEK);
        let (id, entry) = draft
            .seal(&members, week, &Self::desk_key(0), &mut rng)
            .unwrap();
        self.board.push(entry);
        id
    }

    /// The day it is, counted from 1 January 1970.
    pub fn today(&self) -> u32 {
        u32::try_from(self.now / DAY).unwrap()
    }

    /// A log's checkpoint with its cosignatures.
    pub fn checkpoint(&self, log: LogName) -> Vec<u8> {
        self.cosigned(log, self.log_witnesses)
    }

    pub(super) fn cosigned(&self, log: LogName, witnesses: usize) -> Vec<u8> {
        let mut tree = Frontier::new();
        for entry in self.entries(log) {
            tree.push(leaf_hash(entry));
        }
        let checkpoint = Checkpoint {
            scheme: self.directory.scheme,
            log,
            size: tree.size(),
            root: tree.root(),
            indexes: (log == LogName::Board).then(|| self.live().digests()),
        };
        let mut note = checkpoint.sign(&self.log).unwrap();
        self.cosign(&mut note, witnesses);
        note.to_string().into_bytes()
    }

    /// What a relay answers to `/v1/window`.
    pub fn window(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for log in LogName::ALL {
            let entries = self.entries(log);
            let size = u64::try_from(entries.len()).unwrap();
            let start = window_start(size, self.directory.parameters.window.into());
            let (before, shown) = entries.split_at(usize::try_from(start).unwrap());
            let spine: Vec<Hash> = before
                .chunks(256)
                .map(|tile| {
                    let mut tree = Frontier::new();
                    tile.iter().for_each(|entry| tree.push(leaf_hash(entry)));
                    tree.root()
                })
                .collect();
            let shown: Vec<&[u8]> = shown.iter().map(Vec::as_slice).collect();
            Part::encode(&self.checkpoint(log), &spine, &shown, &mut out).unwrap();
        }
        out
    }

    /// What a relay answers to `/v1/alerts`.
    pub fn alerts(&self) -> Vec<u8> {
        self.indexed(&self.live().index(), self.log_witnesses)
    }

    pub(super) fn indexed(&self, records: &[u8], witnesses: usize) -> Vec<u8> {
        let note = self.cosigned(LogName::Board, witnesses);
        let length = u32::try_from(note.len()).unwrap().to_be_bytes();
        [length.as_slice(), &note, records].concat()
    }

    /// The files of a relay's mirror that an archive is read from: paths and contents.
    pub fn archive(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for log in LogName::ALL {
            let folder = log.as_str();
            files.push((format!("{folder}/checkpoint"), self.checkpoint(log)));
            let entries = self.entries(log);
            for bundle in Bundle::added(0, u64::try_from(entries.len()).unwrap()) {
                let first = usize::try_from(bundle.index * 256).unwrap();
                let last = first + usize::try_from(bundle.width).unwrap();
                let mut bytes = Vec::new();
                let bundled = entries[first..last].iter().map(Vec::as_slice);
                encode_bundle(bundled, &mut bytes).unwrap();
                files.push((format!("{folder}/{}", bundle.path()), bytes));
            }
        }
        files
    }

    pub(super) fn entries(&self, log: LogName) -> &[Vec<u8>] {
        match log {
            LogName::Reports => &self.reports,
            LogName::Board => &self.board,
        }
    }

    pub(super) fn live(&self) -> Live {
        let mut live = Live::new();
        let announced = self.announced.iter().map(|entry| (0, entry));
        for (position, entry) in announced.chain((0..).zip(&self.board)) {
            let read = board::Entry::verify(entry, &self.directory);
            // A relay that left the directory has left its keys behind.
            if let Ok(read) = read {
                live.apply(position, entry, &read);
            }
        }
        live
    }
}
