//! What the records of a casebook come to.

use std::collections::{BTreeMap, BTreeSet};

use super::board::OwnKeys;
use super::seen::Seen;
use super::{Answer, Case, Record, Refused};

/// All records, taken in by their order.
#[derive(Default)]
pub(super) struct Content {
    pub(super) cases: Vec<Case>,
    pub(super) refused: Vec<Refused>,
    pub(super) digests: BTreeSet<[u8; 32]>,
    pub(super) seen: Seen,
    pub(super) board: OwnKeys,
    answers: Vec<Answer>,
    /// By case and number, where it is among the answers.
    answered: BTreeMap<([u8; 32], u32), usize>,
    posted: BTreeSet<([u8; 32], u32)>,
}

impl Content {
    pub(super) fn take_in(&mut self, record: Record) {
        match record {
            Record::Case(case) => {
                if self.digests.insert(case.digest) {
                    self.cases.push(*case);
                }
            }
            Record::Refused(refused) => {
                if self.digests.insert(refused.digest) {
                    self.refused.push(refused);
                }
            }
            Record::Answer(answer) => {
                let key = (answer.digest, answer.number);
                self.answered.entry(key).or_insert(self.answers.len());
                self.answers.push(*answer);
            }
            Record::Posted { digest, number } => {
                self.posted.insert((digest, number));
            }
            Record::Page(page) => self.seen.page(&page),
            Record::Again => {
                self.seen.again();
                self.board.again();
            }
            Record::Entries { from, digests } => self.seen.entries(from, &digests),
            Record::Log(head) => self.seen.log(head),
            Record::Passed { before } => self.seen.passed(before),
            Record::ReadMark { size, day } => self.seen.marked(size, day),
            Record::Board { keys, head } => self.board.read(keys, head),
            Record::KeyPosted { entry, day } => self.board.posted(entry, day),
        }
    }

    pub(super) fn answers_to(&self, digest: &[u8; 32]) -> impl Iterator<Item = (&Answer, bool)> {
        let all = self.answered.range((*digest, 0)..=(*digest, u32::MAX));
        all.filter_map(|(key, at)| Some((self.answers.get(*at)?, self.posted.contains(key))))
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &Answer> {
        let posted = |answer: &&Answer| self.posted.contains(&(answer.digest, answer.number));
        self.answers.iter().filter(move |answer| !posted(answer))
    }
}
