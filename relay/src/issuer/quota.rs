//! How many tokens the members of each project got today, and of no other day.
//!
//! `DATA/issuer/today` holds `day N`, then a line `PROJECT COUNT` for each. It is overwritten at once and not synced: what
//! power loss takes of it a project may have once more that day, which is all that a quota is about.

use std::collections::BTreeMap;
use std::fs::{self, FileTimes, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use brolly_protocol::geometry::TOKENS;
use brolly_protocol::token::project::ProjectId;

/// Today's counts.
pub(crate) struct Quota {
    path: PathBuf,
    day: u64,
    used: BTreeMap<ProjectId, u32>,
}

impl Quota {
    /// What the file says was used on the day of `now` (seconds since 1970): nothing if it is of another day, missing or
    /// not to be read.
    pub(crate) fn open(path: PathBuf, now: u64) -> Self {
        let day = now / DAY;
        Self {
            used: used(&path, day).unwrap_or_default(),
            day,
            path,
        }
    }

    /// Counts the tokens of one more session of a project at `now`. `false`: they are more than its `quota` of today.
    pub(crate) fn take(&mut self, project: ProjectId, quota: u32, now: u64) -> bool {
        if self.day != now / DAY {
            self.day = now / DAY;
            self.used.clear();
        }
        let used = self.used.entry(project).or_default();
        let with_it = used.saturating_add(A_SESSION);
        if with_it > quota {
            return false;
        }
        *used = with_it;
        true
    }

    /// Writes the counts down.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let mut text = format!("day {}\n", self.day);
        for (project, count) in &self.used {
            text.push_str(&format!("{} {count}\n", hex(*project)));
        }
        let new = self.path.with_extension("new");
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        // When the last session was is nobody's business.
        file.set_times(FileTimes::new().set_modified(UNIX_EPOCH))?;
        fs::rename(new, &self.path)
    }
}

/// What was used on a day (days since 1970), as the file of an issuer says.
pub(super) fn used(path: &Path, day: u64) -> Option<BTreeMap<ProjectId, u32>> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines();
    let known = lines.next()?.strip_prefix("day ")?.parse::<u64>().ok()?;
    if known != day {
        return None;
    }
    lines
        .map(|line| {
            let (project, count) = line.split_once(' ')?;
            let project = u128::from_str_radix(project, 16).ok()?;
            Some((ProjectId(project.to_be_bytes()), count.parse().ok()?))
        })
        .collect()
}

fn hex(project: ProjectId) -> String {
    format!("{:032x}", u128::from_be_bytes(project.0))
}

/// Tokens that a session asks for.
const A_SESSION: u32 = 2;
const _: () = assert!(TOKENS == 2);
/// Seconds.
pub(super) const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 20_000 * DAY + 5;
    const A: ProjectId = ProjectId([1; 16]);
    const B: ProjectId = ProjectId([2; 16]);

    fn open(folder: &Path, now: u64) -> Quota {
        Quota::open(folder.join("today"), now)
    }

    #[test]
    fn a_project_gets_its_quota_a_day_and_touches_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let mut quota = open(folder.path(), NOW);
        assert!(quota.take(A, 5, NOW) && quota.take(A, 5, NOW));
        assert!(!quota.take(A, 5, NOW) && quota.take(B, 2, NOW));
        let next = NOW + DAY;
        assert!(!quota.take(A, 1, next), "one token is no session");
        assert!(quota.take(A, 5, next) && quota.take(B, 2, next));
        assert!(quota.take(A, 5, next) && !quota.take(A, 5, next));
    }

    #[test]
    fn what_was_used_today_is_known_after_a_restart_and_yesterdays_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut quota = open(folder.path(), NOW);
        assert!(quota.take(A, 4, NOW) && quota.take(B, 4, NOW) && quota.take(A, 4, NOW));
        quota.keep().unwrap();
        quota.keep().unwrap();
        assert!(!open(folder.path(), NOW + 10).take(A, 4, NOW + 10));
        assert!(open(folder.path(), NOW + 10).take(B, 4, NOW + 10));
        assert!(open(folder.path(), NOW + DAY).take(A, 2, NOW + DAY));
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside it");
    }

    #[test]
    fn a_damaged_file_counts_from_zero() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "day", "day x\n", "day 20000\nzz 3\n", "day 20000\n01"] {
            fs::write(folder.path().join("today"), text).unwrap();
            assert!(open(folder.path(), NOW).take(A, 2, NOW), "{text}");
        }
    }
}
