//! `sync`: what it does in which order, and what it says about it.

use brolly_keys::epoch::Epoch;
use brolly_shell::cli::Failure;
use brolly_shell::clock;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::{Desk, print, run_async};
use crate::announce::{AnnounceError, Announced, announce};
use crate::casebook::{Access, Casebook, Record};
use crate::compose::tell;
use crate::inbox::Inbox;
use crate::place::{Place, PlaceError};
use crate::reply;
use crate::sync::{Progress, Summary, sync};
use crate::unlock::{KEPT_WEEKS, Keys};
use crate::watch::{self, Gaps, WatchError, Watched};

/// What a script reads. Without a log that was compared, the last four are null.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    summary: Summary,
    log_size: Option<u64>,
    read_mark: Option<u64>,
    withheld: Option<u64>,
    unpublished: Option<usize>,
}

impl Desk {
    pub(super) fn sync(mut self, json: bool, again: bool, gaps: Gaps) -> Result<(), Failure> {
        let clock = clock::now();
        let place = self.ask_place(clock)?;
        let mut casebook = self.casebook(Access::Write)?;
        let place = place.map_err(|error| self.without_place(error, clock))?;
        if again {
            casebook.append(vec![Record::Again])?;
        }
        let bar = bar(json);
        let told = |progress: Progress| {
            bar.set_length(progress.announced.max(progress.done));
            bar.set_position(progress.done);
        };
        let inbox = Inbox::of(&place, &self.keys)?;
        let (summary, announced, read_mark, watched) = run_async(async {
            let summary = sync(&inbox, &place, &mut self.keys, &mut casebook, told).await;
            bar.finish_and_clear();
            let summary = summary?;
            let pruned = summary.pruned_last;
            let watched = watch::compare(&inbox, &place, &mut casebook, pruned, gaps).await;
            let Ok(compared) = &watched else {
                return Ok((summary, Ok(Announced::default()), None, watched));
            };
            let covered = compared.covered;
            let announced = announce(&inbox, &place, &mut self.keys, &mut casebook).await;
            let mark = match &announced {
                Err(error) if error.forked() => None,
                _ => speak(&inbox, &place, &self.keys, &mut casebook, covered).await,
            };
            Ok::<_, Failure>((summary, announced, mark, watched))
        })??;
        erased(summary.erased_keys);
        let compared = watched.as_ref().ok();
        if json {
            let line = Line {
                summary,
                log_size: compared.map(|watched| watched.size),
                read_mark,
                withheld: compared.map(|watched| watched.withheld),
                unpublished: compared.map(|watched| watched.unpublished.len()),
            };
            let object = serde_json::to_string(&line).map_err(Failure::failed)?;
            print(format!("{object}\n").as_bytes())?;
        } else {
            print(sentence(&summary, compared, read_mark).as_bytes())?;
        }
        let announced = heard(announced);
        conclude(watched)?;
        announced
    }

    /// Without a place nothing is fetched, but keys that are over by any clock are erased all the same.
    fn without_place(&mut self, error: PlaceError, clock: u64) -> Failure {
        if let Some((length, time)) = error.erase_by(&self.config, clock) {
            match self.keys.erase_expired(Epoch::at(time.surely(), length)) {
                Ok(keys) => erased(keys),
                Err(error) => tell(&format!("warning: no key was erased: {error}")),
            }
        }
        error.into()
    }
}

fn erased(keys: usize) {
    if keys > 0 {
        tell(&format!(
            "erased {keys} keys of weeks that ended more than {KEPT_WEEKS} weeks ago; what was sealed to them opens no more"
        ));
    }
}

/// Tells what became of the weekly keys. That the inbox did not take one is no reason to lose the sync.
fn heard(announced: Result<Announced, AnnounceError>) -> Result<(), Failure> {
    match announced {
        Ok(Announced { posted, other, .. }) => {
            match posted {
                0 => {}
                1 => tell(
                    "1 weekly key of this desk is announced: senders find it with the board's next checkpoint",
                ),
                _ => tell(&format!(
                    "{posted} weekly keys of this desk are announced: senders find them with the board's next checkpoint"
                )),
            }
            for week in other {
                tell(&format!(
                    "warning: another copy of this desk's key file had announced another key for week {week}: what was sealed to that one does not open here, so use one copy alone"
                ));
            }
            Ok(())
        }
        Err(AnnounceError::Post(error)) => {
            tell(&format!(
                "warning: a weekly key was not announced, the next sync tries again: {error}"
            ));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Posts what this desk has to say. That it cannot be posted is no reason to lose the sync: the next one tries again.
async fn speak(
    inbox: &Inbox,
    place: &Place,
    keys: &Keys,
    casebook: &mut Casebook,
    covered: u64,
) -> Option<u64> {
    match reply::post_waiting(inbox, casebook).await {
        Ok(0) => {}
        Ok(1) => tell("1 answer that was waiting is posted"),
        Ok(posted) => tell(&format!("{posted} answers that were waiting are posted")),
        Err(error) => tell(&format!("warning: an answer was not posted: {error}")),
    }
    match watch::mark(inbox, place, keys, casebook, covered).await {
        Ok(mark) => mark,
        Err(error) => {
            tell(&format!(
                "warning: the read-mark was not posted, the next sync tries again: {error}"
            ));
            None
        }
    }
}

/// Tells last what somebody has to act upon, in the exit code as well.
fn conclude(watched: Result<Watched, WatchError>) -> Result<(), Failure> {
    let watched = watched?;
    let alarms = watched.alarms();
    if alarms.is_empty() {
        let gaps = watched.not_handed.len();
        if gaps > 0 && watched.covered < watched.size {
            let covered = watched.covered;
            tell(&format!(
                "the read-marks of this desk end at entry {covered} of the log: the inbox pruned {gaps} cells before this desk fetched them; `sync --pass-pruned` lets later marks go past those, and tells their senders that they were read"
            ));
        }
        return Ok(());
    }
    watched.list().iter().for_each(|line| tell(line));
    let hint = "tell the inbox's operator and the officers; everything else of this sync was done";
    Err(Failure::refused(alarms.join("; ")).hint(hint))
}

fn sentence(summary: &Summary, watched: Option<&Watched>, read_mark: Option<u64>) -> String {
    let Summary {
        new,
        opened,
        not_ours,
        refused,
        missing,
        pruned,
        ..
    } = summary;
    let mut text = format!("{new} new: {opened} opened, {not_ours} not addressed to this desk");
    if *refused > 0 {
        text.push_str(&format!(", {refused} refused (`list` says why)"));
    }
    match missing {
        0 => {}
        1 => text.push_str("; 1 cell could not be had from the inbox because its stored bytes are damaged"),
        _ => text.push_str(&format!(
            "; {missing} cells could not be had from the inbox because their stored bytes are damaged"
        )),
    }
    match pruned {
        0 => {}
        1 => text.push_str("; 1 cell was pruned by the inbox before this desk fetched it, because no desk key should open it any more"),
        _ => text.push_str(&format!(
            "; {pruned} cells were pruned by the inbox before this desk fetched them, because no desk key should open them any more"
        )),
    }
    text.push('\n');
    if let Some(Watched { size, .. }) = watched {
        text.push_str(&format!("the public log has {size} entries"));
        if let Some(mark) = read_mark {
            text.push_str(&format!(", marked as read up to entry {mark}"));
        }
        text.push('\n');
    }
    text
}

/// On standard error, and only if that is a terminal.
fn bar(hidden: bool) -> ProgressBar {
    let target = match hidden {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    match ProgressStyle::with_template(TEMPLATE) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

const TEMPLATE: &str = "{bar:40} {pos} of {len} cells, about {eta} left";
