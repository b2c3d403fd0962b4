//! Which desks have not said for days that they read (SPEC §10.19).

use super::Sequencer;

/// A desk that is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Silent {
    /// Its place in the directory, from 1.
    pub desk: u64,
    /// For how many days.
    pub days: u64,
}

impl<L> Sequencer<L> {
    /// The desks of the directory in force that have not said on the published board for five days at `now`, in seconds since
    /// 1970, that they read. One that never did is counted from the day on which that directory was logged. Asked again on the
    /// same day, none.
    pub fn silent_desks(&mut self, now: u64) -> Vec<Silent> {
        let (today, directory) = (now / DAY, &self.signer.directory);
        let Some(live) = self.board.live.as_ref().filter(|_| self.told != today) else {
            return Vec::new();
        };
        self.told = today;
        let logged = live.logged(directory.version).map(|logged| logged.day());
        let days = |desk| {
            let last = live.read(desk).or(logged)?;
            Some(today.saturating_sub(last.into())).filter(|days| *days >= SILENT)
        };
        let desks = (1..).zip(&directory.desks);
        desks
            .filter_map(|(place, desk)| Some((place, days(desk.id)?)))
            .map(|(desk, days)| Silent { desk, days })
            .collect()
    }
}

/// As many as when members are warned before they write to a desk.
const SILENT: u64 = 5;
const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use brolly_protocol::board::{Logged, ReadMark};
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::board::Poster;
    use crate::sample::{NOW, Storage, desk_key, directory};
    use crate::store::embedded::Embedded;

    struct Board {
        storage: Storage,
        poster: Poster<Embedded>,
        sequencer: Sequencer<Embedded>,
        _data: tempfile::TempDir,
    }

    impl Board {
        /// The directory was logged at [`NOW`].
        async fn new() -> Self {
            let data = tempfile::tempdir().unwrap();
            let storage = Storage::open(data.path());
            let poster = Poster::open(Arc::clone(&storage.ledger)).await.unwrap();
            poster.log(Logged::new(&directory(), NOW)).await.unwrap();
            let sequencer = storage.sequencer().await.unwrap();
            let mut board = Self {
                storage,
                poster,
                sequencer,
                _data: data,
            };
            board.publish().await;
            board
        }

        async fn publish(&mut self) {
            let rng = &mut ChaCha20Rng::seed_from_u64(1);
            self.sequencer.publish(rng).await.unwrap();
        }

        /// The desk says at `now` that it reads; not published yet.
        async fn read(&self, desk: u8, now: u64) {
            let directory = directory();
            let id = directory.desks[usize::from(desk)].id;
            let day = u32::try_from(now / DAY).unwrap();
            let mark = ReadMark::new(id, 0, day).to_entry(&desk_key(desk));
            self.poster.post(&mark, id, &directory, now).await.unwrap();
        }

        fn told(&mut self, now: u64) -> Vec<(u64, u64)> {
            let silent = self.sequencer.silent_desks(now).into_iter();
            silent.map(|silent| (silent.desk, silent.days)).collect()
        }
    }

    #[tokio::test]
    async fn spec_10_19_a_desk_that_has_not_read_for_five_days_is_told_once_a_day_by_its_place() {
        let mut board = Board::new().await;
        assert_eq!(board.told(NOW + 4 * DAY), []);
        board.read(0, NOW + 4 * DAY).await;
        assert_eq!(board.told(NOW + 5 * DAY), [(1, 5), (2, 5)], "not published");
        board.publish().await;
        assert_eq!(board.told(NOW + 5 * DAY), [], "told today");
        assert_eq!(board.told(NOW + 6 * DAY), [(2, 6)]);
        board.read(1, NOW + 8 * DAY).await;
        board.publish().await;
        // Its clock was behind: what is newest counts, not what came last.
        board.read(1, NOW + 7 * DAY).await;
        board.publish().await;
        assert_eq!(board.told(NOW + 8 * DAY), []);
        assert_eq!(board.told(NOW + 12 * DAY), [(1, 8)]);
        assert_eq!(board.told(NOW + 13 * DAY), [(1, 9), (2, 5)]);

        // Whoever publishes next knows it from the board; a desk that has left is not missed.
        board.sequencer = board.storage.sequencer().await.unwrap();
        assert_eq!(board.told(NOW + 13 * DAY), [(1, 9), (2, 5)]);
        let mut next = directory();
        next.desks.remove(0);
        board.sequencer.take_up(next);
        assert_eq!(board.told(NOW + 14 * DAY), [(1, 6)]);
    }

    #[tokio::test]
    async fn spec_10_19_before_the_board_says_since_when_a_directory_counts_no_desk_is_missed() {
        let mut board = Board::new().await;
        let mut next = directory();
        next.version += 1;
        board.sequencer.take_up(next);
        assert_eq!(board.told(NOW + 9 * DAY), []);
    }
}
