//! What a desk says: `reply`, `alert`, `notice`.

use std::fs;
use std::path::{Path, PathBuf};

use brolly_protocol::board::Notice;
use brolly_protocol::board::alert::AlertId;
use brolly_protocol::geometry::NOTICE_TEXT;
use brolly_shell::cli::Failure;
use brolly_shell::page::{self, Integrity};
use clap::{Args, Subcommand};

use super::{Desk, print, run_async};
use crate::alert::{self, File, Prepared};
use crate::board::{Board, Until};
use crate::casebook::{Access, Day};
use crate::compose::{confirm, tell};
use crate::inbox::{Inbox, PostError};
use crate::place::Place;
use crate::{compose, list, reply, text};

/// Where a text comes from, and whether to ask before it is sent.
#[derive(Debug, Args)]
pub(super) struct Said {
    /// Take the text from this file, `-` for standard input, instead of asking for it
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, Args)]
pub(super) struct Sure {
    /// Do not ask before it is sent
    #[arg(long)]
    yes: bool,
    /// Print an object for a script
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum AlertCommand {
    /// Print an example of an alert's file, with comments
    Template,
    /// Publish a new alert
    Publish {
        /// The alert, as `alert template` shows
        #[arg(long, value_name = "FILE.toml")]
        from: PathBuf,
        #[command(flatten)]
        sure: Sure,
    },
    /// Publish an alert in the place of an earlier one of this desk
    Update {
        /// The earlier one, as `alert list` shows it
        id: AlertId,
        /// The alert, as `alert template` shows
        #[arg(long, value_name = "FILE.toml")]
        from: PathBuf,
        #[command(flatten)]
        sure: Sure,
    },
    /// End an alert of this desk
    Cancel {
        /// It, as `alert list` shows it
        id: AlertId,
        /// What members will read
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        sure: Sure,
    },
    /// List the live alerts of all desks
    List {
        /// Print an object for a script
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum NoticeCommand {
    /// Publish a notice
    Publish {
        /// What it says
        #[arg(value_name = "TEXT", conflicts_with = "text_file")]
        text: Option<String>,
        /// Say that the right page is the one with this integrity.json: `brolly verify-page` looks for it
        #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "text_file"])]
        page: Option<PathBuf>,
        #[command(flatten)]
        said: Said,
    },
}

/// The notice that names a page, by the list of its files.
fn page_notice(list: &Path) -> Result<String, Failure> {
    let failed = |reason: String| Failure::configuration(format!("{}: {reason}", list.display()));
    let bytes = fs::read(list).map_err(|error| failed(error.to_string()))?;
    Integrity::parse(&bytes).map_err(|error| failed(error.to_string()))?;
    Ok(page::notice(&bytes))
}

impl Desk {
    pub(super) fn reply(self, id: &str, said: &Said) -> Result<(), Failure> {
        let place = self.place()?;
        let mut casebook = self.casebook(Access::Write)?;
        let case = list::find(&casebook, id).map_err(Failure::failed)?.clone();
        let id = list::id(&casebook, &case.digest);
        let inbox = Inbox::of(&place, &self.keys)?;
        let prompt = format!("Your answer to report {id}.");
        let words = compose::text(said.text_file.as_deref(), &prompt)?;
        reply::fits(&words)?;
        // What a crash or an inbox that was away left behind goes out before anything new does.
        let waiting: Vec<_> = casebook
            .waiting()
            .filter(|answer| answer.digest == case.digest)
            .map(|answer| (answer.number, answer.text.clone()))
            .collect();
        if let Some((number, _)) = waiting.iter().find(|(_, text)| *text == words) {
            run_async(reply::post_waiting(&inbox, &mut casebook))??;
            return answered(said.sure.json, &id, *number);
        }
        let number = reply::next(&casebook, &case);
        tell(&reply::preview(&id, &case, number, &words));
        confirm(said.sure.yes, "Send this answer?")?;
        let number = reply::keep(&place, &self.keys, &mut casebook, &case, &words)?;
        run_async(reply::post_waiting(&inbox, &mut casebook))??;
        answered(said.sure.json, &id, number)
    }

    pub(super) fn alert(self, command: AlertCommand) -> Result<(), Failure> {
        let place = self.place()?;
        match command {
            AlertCommand::Template => print(alert::TEMPLATE.as_bytes()),
            AlertCommand::List { json } => self.alerts(&place, json),
            AlertCommand::Publish { from, sure } => {
                alert::may(&place)?;
                let prepared = Prepared::of(&File::load(&from)?, None, &place)?;
                self.publish(&place, &prepared, &sure)
            }
            AlertCommand::Update { id, from, sure } => {
                alert::may(&place)?;
                let prepared = Prepared::of(&File::load(&from)?, Some(id), &place)?;
                self.earlier(&place, id)?;
                self.publish(&place, &prepared, &sure)
            }
            AlertCommand::Cancel { id, reason, sure } => {
                let prepared = Prepared::cancel(id, &reason, &place)?;
                self.earlier(&place, id)?;
                self.publish(&place, &prepared, &sure)
            }
        }
    }

    pub(super) fn notice(self, command: NoticeCommand) -> Result<(), Failure> {
        let NoticeCommand::Publish { text, page, said } = command;
        let place = self.place()?;
        alert::may(&place)?;
        let words = match (text, page) {
            (Some(words), _) => compose::clean(&words)?,
            (None, Some(list)) => page_notice(&list)?,
            (None, None) => compose::text(said.text_file.as_deref(), "Your notice.")?,
        };
        let long = words.len().saturating_sub(NOTICE_TEXT);
        let notice =
            Notice::new(place.desk.id, Day::at(place.time.now()).0, &words).ok_or_else(|| {
                Failure::failed(format!(
                    "the notice is {long} bytes too long: a notice has at most {NOTICE_TEXT} bytes"
                ))
            })?;
        let mut shown = "A notice to everybody, in clear and for good:\n".to_owned();
        for line in text::lines(&words) {
            shown.push_str(&format!("  {line}\n"));
        }
        tell(&shown);
        confirm(said.sure.yes, "Publish this notice?")?;
        let inbox = Inbox::of(&place, &self.keys)?;
        let entry = notice.to_entry(&self.keys.signing()?);
        run_async(inbox.post(entry))??;
        match said.sure.json {
            true => print(b"{\"posted\":true}\n"),
            false => {
                print(b"the notice is posted; it is public with the board's next checkpoint\n")
            }
        }
    }

    fn alerts(&self, place: &Place, json: bool) -> Result<(), Failure> {
        let members = alert::members(place, &self.keys)?;
        let inbox = Inbox::of(place, &self.keys)?;
        let read = Board::read(&inbox, &place.directory, Until::Witnessed);
        let board = run_async(read)??;
        let alerts = board.live(&members);
        if json {
            let object = alert::json(&board, &alerts, place).map_err(Failure::failed)?;
            return print(object.as_bytes());
        }
        if board.head.witnesses.is_none() {
            tell("warning: no majority of the relays has cosigned this board yet");
        }
        if alerts.is_empty() {
            tell("no live alerts");
        }
        print(alert::table(&alerts, place).as_bytes())
    }

    /// Shows the alert that is to be updated or cancelled, and refuses another desk's. The inbox may know a newer one
    /// than the board that it has published, and has the last word.
    fn earlier(&self, place: &Place, id: AlertId) -> Result<(), Failure> {
        let members = alert::members(place, &self.keys)?;
        let inbox = Inbox::of(place, &self.keys)?;
        let read = Board::read(&inbox, &place.directory, Until::Newest);
        let board = run_async(read)??;
        match board.find(id, &members) {
            Some(alert) if alert.desk != Some(place.desk.id) => Err(Failure::refused(format!(
                "alert {id} is another desk's: only the desk that published it can update or cancel it"
            ))),
            Some(alert) => {
                tell(&format!("Until now:\n{}", alert::table(&[alert], place)));
                Ok(())
            }
            None => {
                tell(&format!(
                    "{id} is not among the live alerts of the published board; if it was posted a moment ago, the inbox knows it"
                ));
                Ok(())
            }
        }
    }

    fn publish(&self, place: &Place, prepared: &Prepared, sure: &Sure) -> Result<(), Failure> {
        let (id, entry) = prepared.seal(place, &self.keys)?;
        tell(&prepared.preview());
        confirm(sure.yes, "Publish this?")?;
        let inbox = Inbox::of(place, &self.keys)?;
        run_async(inbox.post(entry))?.map_err(|error| match (error, prepared.earlier()) {
            (PostError::Refused, Some(earlier)) => Failure::refused(format!(
                "the inbox refuses it: {earlier} is not a live alert of this desk, so copy the id from `alert list`, or this machine\u{2019}s clock is wrong"
            )),
            (error, _) => error.into(),
        })?;
        match sure.json {
            true => print(format!("{{\"id\":\"{id}\"}}\n").as_bytes()),
            false => print(
                format!("{id} is posted; members find it with the board's next checkpoint\n")
                    .as_bytes(),
            ),
        }
    }
}

fn answered(json: bool, id: &str, number: u32) -> Result<(), Failure> {
    let number = number.saturating_add(1);
    match json {
        true => print(format!("{{\"id\":\"{id}\",\"answer\":{number}}}\n").as_bytes()),
        false => print(
            format!("answer {number} to report {id} is posted; it is public with the board's next checkpoint\n")
                .as_bytes(),
        ),
    }
}
