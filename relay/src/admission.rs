//! Admission at an entry: a token in front of each packet, good here and now, spent once (SPEC §9.4).
//!
//! ```text
//! token ─▶ key of now? ─▶ spent? ─▶ signature, on a core ─▶ remembered ─▶ its packet goes on as if there were no tokens
//!                                                               └─ in DATA/spent with the replay tag, before 202
//! ```
//!
//! What comes first costs least. A signature costs some 30 µs, less than it takes to send the packet behind it.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use brolly_keys::epoch::Epoch;
use brolly_protocol::geometry::TOKEN;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::replay::Tag;
use brolly_protocol::token::{IssuerPeriod, Token, period};

use crate::tags::{Tags, TagsError};

/// Which tokens are good at an entry.
pub(crate) struct Admission {
    scheme: SchemeId,
    place: NodeId,
    periods: Vec<IssuerPeriod>,
    spent: Mutex<Tags>,
}

/// A token as it is remembered: its period, and its tag.
pub(crate) type Spent = (Epoch, Tag);

/// No more tokens can be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Admission {
    /// Reads what was spent at the entry `place` in those of the issuer's `periods` that are not over at `now` (seconds
    /// since 1970), and says how many logs of periods under way are gone: what they held may be spent once more.
    /// `seed` is random.
    pub(crate) fn open(
        folder: PathBuf,
        capacity: usize,
        seed: u64,
        scheme: SchemeId,
        place: NodeId,
        periods: &[IssuerPeriod],
        now: u64,
    ) -> Result<(Self, usize), TagsError> {
        let known = folder.exists();
        let to_come = periods.iter().filter(|issuer| issuer.until > now);
        let periods: Vec<IssuerPeriod> = to_come.cloned().collect();
        let wanted: Vec<Epoch> = periods.iter().map(epoch).collect();
        let (spent, missing) = Tags::open_or_begin(folder, capacity, seed, &wanted)?;
        let lost = |issuer: &&IssuerPeriod| issuer.holds(now) && missing.contains(&epoch(issuer));
        // Before the first start nothing was spent.
        let lost = if known {
            periods.iter().filter(lost).count()
        } else {
            0
        };
        let admission = Self {
            scheme,
            place,
            periods,
            spent: Mutex::new(spent),
        };
        Ok((admission, lost))
    }

    /// What is to be remembered of a token, if it is good at `now` (seconds since 1970) and was not spent.
    pub(crate) fn check(&self, token: &[u8; TOKEN], now: u64) -> Option<Spent> {
        let token = Token::from_bytes(token);
        let issuer = period::accept(&self.periods, now, token.key)?;
        if self.spent().contains(epoch(issuer), &token.tag()) {
            return None;
        }
        let good = token.verify(self.scheme, self.place, issuer).ok()?;
        Some((Epoch::new(good.period()), good.tag()))
    }

    /// Spends tokens that were checked, in memory; `false` for one that somebody else spent meanwhile.
    pub(crate) fn spend(&self, good: &[Spent]) -> Result<Vec<bool>, Full> {
        let mut spent = self.spent();
        if spent.room() < good.len() {
            return Err(Full);
        }
        let fresh = good.iter().map(|(epoch, tag)| spent.remember(*epoch, *tag));
        Ok(fresh.collect())
    }

    /// Takes back tokens whose packets could not be stored: they may come again.
    pub(crate) fn release(&self, spent: &[Spent]) {
        self.spent().forget(spent);
    }

    /// Forgets the tokens of periods that are over at `now` (seconds since 1970).
    pub(crate) fn forget_over(&self, now: u64) {
        let over = self.periods.iter().filter(|issuer| issuer.until <= now);
        if let Some(last) = over.map(epoch).max() {
            let mut spent = self.spent();
            if spent.oldest().is_some_and(|oldest| oldest <= last) {
                spent.end_before(last.plus(1));
            }
        }
    }

    /// What was spent, for whoever writes it down.
    pub(crate) fn spent(&self) -> MutexGuard<'_, Tags> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn epoch(issuer: &IssuerPeriod) -> Epoch {
    Epoch::new(issuer.period)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::tags;
    use crate::tests::mint::{self, DAY, Mint};

    const NOW: u64 = 20_000 * DAY;
    const SCHEME: SchemeId = SchemeId([7; 32]);
    const HERE: NodeId = NodeId([1; 16]);

    /// This month, and the next, which begins before this one is over.
    fn months() -> [IssuerPeriod; 2] {
        [
            mint::period(671, NOW - 30 * DAY, NOW + 3 * DAY),
            mint::next_period(672, NOW - DAY, NOW + 30 * DAY),
        ]
    }

    fn open_at(folder: &Path, now: u64) -> (Admission, usize) {
        let folder = folder.join("spent");
        Admission::open(folder, 3, 1, SCHEME, HERE, &months(), now).unwrap()
    }

    fn open(folder: &Path) -> Admission {
        open_at(folder, NOW).0
    }

    fn write(admission: &Admission, spent: &[Spent]) {
        tags::append([(&mut admission.spent(), spent)]).unwrap();
    }

    #[test]
    fn spec_9_4_a_token_is_good_in_its_scheme_place_and_months_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let admission = open(folder.path());
        let [month, next] = months();
        let token = |scheme, place, month| Mint::new(scheme, month).token(place);
        for month in [&month, &next] {
            let token = token(SCHEME, HERE, month);
            assert!(admission.check(&token, NOW).is_some());
            for at in [0, 3, 4, 35, 36, 200, TOKEN - 1] {
                let mut changed = token;
                changed[at] ^= 1;
                assert_eq!(admission.check(&changed, NOW), None, "byte {at}");
            }
        }
        let others = [670, 672].map(|n| mint::period(n, month.from, month.until));
        let bad = [
            token(SchemeId([8; 32]), HERE, &month),
            token(SCHEME, NodeId([2; 16]), &month),
            token(SCHEME, HERE, &others[0]),
            token(SCHEME, HERE, &others[1]),
            [0; TOKEN],
            [255; TOKEN],
        ];
        for token in bad {
            assert_eq!(admission.check(&token, NOW), None);
        }
        let early = token(SCHEME, HERE, &next);
        assert_eq!(admission.check(&early, next.from - 1), None);
        let late = token(SCHEME, HERE, &month);
        assert!(admission.check(&late, month.until - 1).is_some());
        assert_eq!(admission.check(&late, month.until), None);
    }

    #[test]
    fn spec_9_4_a_token_is_spent_once_also_within_one_request_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let admission = open(folder.path());
        let mut mint = Mint::new(SCHEME, &months()[0]);
        let (one, other) = (mint.token(HERE), mint.token(HERE));
        let good = [one, other, one].map(|token| admission.check(&token, NOW).unwrap());
        assert_eq!(admission.spend(&good), Ok(vec![true, true, false]));
        for token in [&one, &other] {
            assert_eq!(admission.check(token, NOW), None);
        }
        // Two requests at the same time may both have checked it.
        assert_eq!(admission.spend(&good[..1]), Ok(vec![false]));
        write(&admission, &good[..1]);
        drop(admission);
        let admission = open(folder.path());
        assert_eq!(admission.check(&one, NOW), None);
        assert!(admission.check(&other, NOW).is_some(), "never acknowledged");
    }

    #[test]
    fn a_token_whose_packet_could_not_be_stored_may_come_again() {
        let folder = tempfile::tempdir().unwrap();
        let admission = open(folder.path());
        let token = Mint::new(SCHEME, &months()[0]).token(HERE);
        let good = [admission.check(&token, NOW).unwrap()];
        admission.spend(&good).unwrap();
        admission.release(&good);
        assert!(admission.check(&token, NOW).is_some());
    }

    #[test]
    fn no_more_tokens_are_taken_than_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let admission = open(folder.path());
        let tag = |n| (Epoch::new(671), [n; 16]);
        admission.spend(&[tag(1), tag(2)]).unwrap();
        assert_eq!(admission.spend(&[tag(3), tag(4)]), Err(Full));
        assert_eq!(admission.spend(&[tag(3)]), Ok(vec![true]));
        assert_eq!(admission.spend(&[tag(3)]), Err(Full));
    }

    #[test]
    fn the_tokens_of_a_month_that_is_over_are_forgotten_and_its_log_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let admission = open(folder.path());
        let both = [671, 672].map(|month| (Epoch::new(month), [1; 16]));
        admission.spend(&both).unwrap();
        write(&admission, &both);
        let logs =
            || [671, 672].map(|month| folder.path().join(format!("spent/{month}.log")).exists());
        let over = months()[0].until;
        admission.forget_over(over - 1);
        assert_eq!((logs(), admission.spent().room()), ([true, true], 1));
        admission.forget_over(over);
        assert_eq!((logs(), admission.spent().room()), ([false, true], 2));
        drop(admission);
        // A month that ended while the relay was down.
        let (admission, _) = open_at(folder.path(), months()[1].until);
        assert_eq!((logs(), admission.spent().room()), ([false, false], 3));
    }

    #[test]
    fn a_log_of_a_month_under_way_that_is_gone_is_told_and_a_first_start_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let before = months()[1].from - 1;
        assert_eq!(open_at(folder.path(), before).1, 0);
        assert_eq!(open_at(folder.path(), NOW).1, 0);
        let log = |month| folder.path().join(format!("spent/{month}.log"));
        fs::remove_file(log(671)).unwrap();
        fs::remove_file(log(672)).unwrap();
        assert_eq!(
            open_at(folder.path(), before).1,
            1,
            "the next month has not begun"
        );
        assert_eq!(open_at(folder.path(), NOW).1, 0);
        fs::remove_file(log(671)).unwrap();
        fs::remove_file(log(672)).unwrap();
        assert_eq!(open_at(folder.path(), NOW).1, 2);
    }
}
