//! Tags of the packets that were seen and of the tokens that were spent: an exact set in memory, and a log an epoch to
//! rebuild it from.
//!
//! `DATA/tags/EPOCH.log` holds 16 bytes a tag. It is not synced: what survives kill -9 is the page cache and the
//! supervised memory, and what loses the one (power) destroys the other, and with it every key these tags are for.
//! `DATA/spent/PERIOD.log` is the same for tokens. What power loss takes of it may be spent once more, and no more
//! often: it is there against floods, and nobody's report hangs on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use brolly_keys::epoch::Epoch;
use brolly_protocol::geometry::REPLAY_TAG;
use brolly_protocol::replay::{Seen, Tag, TagSet};

use crate::segment::private_folder;

/// The tags seen under each key that is held, or the tokens spent in each period.
pub(crate) struct Tags {
    folder: PathBuf,
    set: TagSet,
    capacity: usize,
    logs: BTreeMap<Epoch, Log>,
}

struct Log {
    file: File,
    length: u64,
}

/// Why the tags cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TagsError {
    /// Without it, packets that were seen would be taken again.
    #[error(
        "{} is missing, but the key that it belongs to is still held: with it gone, packets could be replayed. Put it back, or stop the relay, so that its supervisor forgets its keys, and start it again", .0.display()
    )]
    Missing(PathBuf),
    /// The system refused.
    #[error("{} cannot be used: {reason}", path.display())]
    System {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

/// Why tags were not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// The logs are as they were.
    #[error(transparent)]
    Refused(io::Error),
    /// A log could not be put back to what it was.
    #[error(transparent)]
    Broken(io::Error),
}

impl Tags {
    /// Reads the logs of the epochs whose keys are held, and removes all others. `seed` is random.
    pub(crate) fn open(
        folder: PathBuf,
        capacity: usize,
        seed: u64,
        held: &[Epoch],
    ) -> Result<Self, TagsError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |reason| TagsError::System { path, reason }
        };
        private_folder(&folder).map_err(failed(&folder))?;
        let mut logs = BTreeMap::new();
        let mut count = 0;
        for epoch in held {
            let path = path(&folder, *epoch);
            let log = Log::open(&path).map_err(|reason| {
                if reason.kind() == ErrorKind::NotFound {
                    TagsError::Missing(path.clone())
                } else {
                    failed(&path)(reason)
                }
            })?;
            count += log.tags();
            logs.insert(*epoch, log);
        }
        // A capacity that was made smaller must not make the relay forget.
        let capacity = capacity.max(count);
        let mut set = TagSet::new(seed, capacity);
        for (epoch, log) in &logs {
            set.reserve(*epoch, log.tags());
            log.read_into(&mut set, *epoch)
                .map_err(failed(&path(&folder, *epoch)))?;
        }
        let tags = Self {
            folder,
            set,
            capacity,
            logs,
        };
        tags.sweep().map_err(failed(&tags.folder))?;
        Ok(tags)
    }

    /// Reads the logs of these epochs, makes those that are missing, and says which they were.
    pub(crate) fn open_or_begin(
        folder: PathBuf,
        capacity: usize,
        seed: u64,
        wanted: &[Epoch],
    ) -> Result<(Self, BTreeSet<Epoch>), TagsError> {
        let (there, missing) = wanted
            .iter()
            .partition::<Vec<Epoch>, _>(|epoch| path(&folder, **epoch).exists());
        let mut tags = Self::open(folder, capacity, seed, &there)?;
        for epoch in &missing {
            tags.begin(*epoch).map_err(|reason| TagsError::System {
                path: path(&tags.folder, *epoch),
                reason,
            })?;
        }
        Ok((tags, missing.into_iter().collect()))
    }

    /// Makes the log of an epoch whose key is about to be made: never a key without its log.
    pub(crate) fn begin(&mut self, epoch: Epoch) -> io::Result<()> {
        let file = OpenOptions::new()
            .create_new(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(path(&self.folder, epoch))?;
        self.logs.insert(epoch, Log { file, length: 0 });
        Ok(())
    }

    /// Forgets the epochs before `first`, whose keys are erased.
    pub(crate) fn end_before(&mut self, first: Epoch) {
        self.set.erase_before(first);
        self.logs.retain(|epoch, _| *epoch >= first);
        // A log that stays behind is removed with the next one, or at the next start.
        let _ = self.sweep();
    }

    /// How many more tags fit.
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.set.len())
    }

    /// The first epoch that has a log.
    pub(crate) fn oldest(&self) -> Option<Epoch> {
        self.logs.keys().next().copied()
    }

    /// Whether a tag is remembered.
    pub(crate) fn contains(&self, epoch: Epoch, tag: &Tag) -> bool {
        self.set.contains(epoch, tag)
    }

    /// Remembers a tag in memory. `false`: it was seen before, its epoch is over, or there is no room.
    pub(crate) fn remember(&mut self, epoch: Epoch, tag: Tag) -> bool {
        self.logs.contains_key(&epoch) && self.set.insert(epoch, tag) == Seen::Fresh
    }

    /// Forgets tags whose packets could not be stored.
    pub(crate) fn forget(&mut self, tags: &[(Epoch, Tag)]) {
        for (epoch, tag) in tags {
            self.set.forget(*epoch, tag);
        }
    }

    /// Appends remembered tags to their logs: all of them, or none.
    pub(crate) fn append(&mut self, tags: &[(Epoch, Tag)]) -> Result<(), AppendError> {
        append([(self, tags)])
    }

    fn write(&mut self, tags: &[(Epoch, Tag)]) -> io::Result<()> {
        for (epoch, log) in &mut self.logs {
            let bytes: Vec<u8> = tags
                .iter()
                .filter(|(e, _)| e == epoch)
                .flat_map(|(_, tag)| *tag)
                .collect();
            log.file.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Removes the logs of epochs whose keys are not held.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
            if let Some(epoch) = number.and_then(|number| number.parse().ok())
                && !self.logs.contains_key(&Epoch::new(epoch))
            {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }
}

/// Appends remembered tags to the logs of several sets: all of them, or none.
pub(crate) fn append<const N: usize>(
    sets: [(&mut Tags, &[(Epoch, Tag)]); N],
) -> Result<(), AppendError> {
    let mut result = Ok(());
    let mut touched = Vec::with_capacity(N);
    for (tags, new) in sets {
        result = result.and_then(|()| tags.write(new));
        touched.push(tags);
    }
    for log in touched.into_iter().flat_map(|tags| tags.logs.values_mut()) {
        log.settle(result.is_ok()).map_err(AppendError::Broken)?;
    }
    result.map_err(AppendError::Refused)
}

impl Log {
    /// Opens a log, and cuts off a tag that was written in part.
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        let length = file.metadata()?.len() / SIZE * SIZE;
        file.set_len(length)?;
        Ok(Self { file, length })
    }

    fn tags(&self) -> usize {
        usize::try_from(self.length / SIZE).unwrap_or(usize::MAX)
    }

    fn read_into(&self, set: &mut TagSet, epoch: Epoch) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(READ, &self.file);
        let mut tag = [0; REPLAY_TAG];
        for _ in 0..self.tags() {
            reader.read_exact(&mut tag)?;
            set.insert(epoch, tag);
        }
        Ok(())
    }

    /// Takes what was appended for good, or cuts it off.
    fn settle(&mut self, good: bool) -> io::Result<()> {
        if good {
            self.length = self.file.metadata()?.len();
            return Ok(());
        }
        self.file.set_len(self.length)
    }
}

fn path(folder: &Path, epoch: Epoch) -> PathBuf {
    folder.join(format!("{}.log", epoch.number()))
}

const SIZE: u64 = 16;
/// Bytes that are read at once.
const READ: usize = 1 << 18;

#[cfg(test)]
mod tests {
    use super::*;

    const A: Epoch = Epoch::new(5);
    const B: Epoch = Epoch::new(6);

    fn open(folder: &Path, capacity: usize, held: &[Epoch]) -> Result<Tags, TagsError> {
        Tags::open(folder.join("tags"), capacity, 1, held)
    }

    fn two(folder: &Path) -> Tags {
        let mut tags = open(folder, 100, &[]).unwrap();
        tags.begin(A).unwrap();
        tags.begin(B).unwrap();
        let seen = [(A, [1; 16]), (B, [2; 16]), (A, [3; 16])];
        assert!(seen.iter().all(|(epoch, tag)| tags.remember(*epoch, *tag)));
        tags.append(&seen).unwrap();
        tags
    }

    #[test]
    fn tags_are_known_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        drop(two(folder.path()));
        let mut tags = open(folder.path(), 100, &[A, B]).unwrap();
        assert!(!tags.remember(A, [1; 16]) && !tags.remember(A, [3; 16]));
        assert!(!tags.remember(B, [2; 16]));
        assert!(tags.remember(B, [1; 16]), "the same tag of another epoch");
        assert_eq!(tags.room(), 96);
    }

    #[test]
    fn a_tag_written_in_part_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        drop(two(folder.path()));
        let path = folder.path().join("tags/5.log");
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend([9; 7]);
        fs::write(&path, bytes).unwrap();
        let mut tags = open(folder.path(), 100, &[A, B]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 32);
        assert!(tags.remember(A, [4; 16]));
        tags.append(&[(A, [4; 16])]).unwrap();
        drop(tags);
        let mut tags = open(folder.path(), 100, &[A, B]).unwrap();
        assert!(!tags.remember(A, [4; 16]) && !tags.remember(A, [1; 16]));
    }

    #[test]
    fn a_missing_log_of_a_key_that_is_held_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(two(folder.path()));
        fs::remove_file(folder.path().join("tags/6.log")).unwrap();
        let error = open(folder.path(), 100, &[A, B]).err().unwrap();
        assert!(error.to_string().contains("6.log is missing"), "{error}");
    }

    #[test]
    fn logs_of_keys_that_are_not_held_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        drop(two(folder.path()));
        let mut tags = open(folder.path(), 100, &[B]).unwrap();
        assert!(!folder.path().join("tags/5.log").exists());
        assert!(!tags.remember(A, [7; 16]), "its epoch is over");
        tags.end_before(B.plus(1));
        assert!(!folder.path().join("tags/6.log").exists());
        assert_eq!(tags.room(), 100);
    }

    #[test]
    fn a_smaller_capacity_takes_nothing_new_and_forgets_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(two(folder.path()));
        let mut tags = open(folder.path(), 1, &[A, B]).unwrap();
        assert_eq!(tags.room(), 0);
        assert!(!tags.remember(A, [1; 16]) && !tags.remember(A, [8; 16]));
    }

    #[test]
    fn a_log_that_cannot_be_appended_to_keeps_what_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let mut tags = two(folder.path());
        // A descriptor that cannot be written stands for a full disk; B comes after A, which was written already.
        let path = folder.path().join("tags/6.log");
        let whole = tags.logs.get_mut(&B).unwrap();
        let good = std::mem::replace(&mut whole.file, File::open(&path).unwrap());
        let more = [(A, [5; 16]), (B, [6; 16])];
        assert!(more.iter().all(|(epoch, tag)| tags.remember(*epoch, *tag)));
        // Nor can it be cut: that is the error which stops the relay.
        assert!(matches!(tags.append(&more), Err(AppendError::Broken(_))));
        assert_eq!(
            fs::metadata(folder.path().join("tags/5.log"))
                .unwrap()
                .len(),
            32
        );
        tags.logs.get_mut(&B).unwrap().file = good;
        tags.forget(&more);
        assert!(tags.remember(A, [5; 16]) && tags.remember(B, [6; 16]));
        tags.append(&more).unwrap();
    }

    #[test]
    fn a_log_of_spent_tokens_that_is_missing_is_made_and_named() {
        let folder = tempfile::tempdir().unwrap();
        drop(two(folder.path()));
        fs::remove_file(folder.path().join("tags/6.log")).unwrap();
        let tags = folder.path().join("tags");
        let (mut tags, missing) = Tags::open_or_begin(tags, 100, 1, &[A, B]).unwrap();
        assert_eq!(missing, BTreeSet::from([B]));
        assert!(!tags.remember(A, [1; 16]), "what is there is known");
        assert!(tags.remember(B, [2; 16]), "what is gone is not");
        tags.append(&[(B, [2; 16])]).unwrap();
        drop(tags);
        let mut tags = open(folder.path(), 100, &[A, B]).unwrap();
        assert!(!tags.remember(B, [2; 16]));
    }

    #[test]
    fn two_sets_are_appended_to_both_or_neither() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mut seen, mut spent) = (two(one.path()), two(other.path()));
        let (new, paid) = ([(A, [5; 16])], [(B, [6; 16])]);
        let path = other.path().join("tags/6.log");
        let log = spent.logs.get_mut(&B).unwrap();
        let good = std::mem::replace(&mut log.file, File::open(&path).unwrap());
        let length = |folder: &Path, name| fs::metadata(folder.join(name)).unwrap().len();
        assert!(append([(&mut seen, &new), (&mut spent, &paid)]).is_err());
        assert_eq!(length(one.path(), "tags/5.log"), 32);
        spent.logs.get_mut(&B).unwrap().file = good;
        append([(&mut seen, &new), (&mut spent, &paid)]).unwrap();
        assert_eq!(length(one.path(), "tags/5.log"), 48);
        assert_eq!(length(other.path(), "tags/6.log"), 32);
    }
}
