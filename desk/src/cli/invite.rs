//! `invite`: a project's secret, and the link and code that carry it.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use brolly_shell::cli::Failure;
use brolly_shell::private;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Desk, print, run_async, width};
use crate::casebook::Access;
use crate::compose::{confirm, tell};
use crate::invite::{self, Code, FIRST, ROTATION, Step, Wanted};

#[derive(Debug, Subcommand)]
pub(super) enum InviteCommand {
    /// Make this project's secret, tell the issuer, and show the invitation
    New {
        #[command(flatten)]
        shown: Shown,
    },
    /// Show the invitation again
    Show {
        #[command(flatten)]
        shown: Shown,
    },
    /// Make another secret: all invitations given out before stop working at once for sending
    Rotate {
        /// Do not ask before it is made
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        shown: Shown,
    },
}

#[derive(Debug, Args)]
pub(super) struct Shown {
    /// Write the QR code to this PNG file (mode 0600) as well
    #[arg(long, value_name = "FILE.png")]
    qr: Option<PathBuf>,
    /// Overwrite that file if it is there
    #[arg(long, requires = "qr")]
    replace: bool,
    /// Do not draw the QR code in the terminal
    #[arg(long)]
    no_terminal_qr: bool,
    /// Print an object for a script
    #[arg(long)]
    json: bool,
}

/// What a script reads.
#[derive(Serialize)]
struct Line<'a> {
    project: &'a str,
    link: &'a str,
}

impl Desk {
    pub(super) fn invite(mut self, command: InviteCommand) -> Result<(), Failure> {
        let (wanted, yes, shown) = match command {
            InviteCommand::New { shown } => (Wanted::New, true, shown),
            InviteCommand::Show { shown } => (Wanted::Show, true, shown),
            InviteCommand::Rotate { yes, shown } => (Wanted::Rotate, yes, shown),
        };
        let place = self.place()?;
        invite::may(&place)?;
        let step = invite::step(&self.keys, wanted)?;
        // All that could stand in the way is found out before a secret is drawn.
        self.keys.members()?;
        shown.possible(&invite::sample(&place)?)?;
        // Nobody else writes the key file as long as this is open.
        let alone = self.casebook(Access::Write)?;
        match step {
            Step::Show => {}
            Step::Draw if wanted == Wanted::Rotate => {
                tell(ROTATION);
                confirm(yes, "Make a new secret now?")?;
            }
            Step::Draw => tell(FIRST),
            Step::GoOn => tell(
                "a secret was made before and perhaps not told to the issuer: going on with it",
            ),
        }
        run_async(invite::settle(&place, &mut self.keys, step))??;
        drop(alone);
        let link = invite::link(&place, &self.keys)?;
        shown.show(&place.desk.area, &link)
    }
}

impl Shown {
    fn possible(&self, sample: &str) -> Result<(), Failure> {
        let Some(path) = &self.qr else {
            return Ok(());
        };
        Code::of(sample)?;
        match path.symlink_metadata() {
            Ok(_) if !self.replace => Err(there(path)),
            _ => Ok(()),
        }
    }

    fn show(&self, project: &str, link: &str) -> Result<(), Failure> {
        if self.json {
            let line = Line { project, link };
            let object = serde_json::to_string(&line).map_err(Failure::failed)?;
            print(format!("{object}\n").as_bytes())?;
        } else {
            print(format!("{link}\n").as_bytes())?;
            self.draw(link)?;
            tell(
                "This link is the right to send as a member of the project, and to read the warnings: hand it over in person, or by a way that you trust with that.",
            );
        }
        self.write(link)
    }

    fn draw(&self, link: &str) -> Result<(), Failure> {
        if self.no_terminal_qr || !io::stdout().is_terminal() {
            return Ok(());
        }
        match Code::of(link) {
            Ok(code) if code.width() > width() => tell(&format!(
                "the code needs a terminal of {} columns: make it wider, or write a picture with --qr",
                code.width()
            )),
            Ok(code) => print(code.terminal().as_bytes())?,
            Err(error) => tell(&error.to_string()),
        }
        Ok(())
    }

    fn write(&self, link: &str) -> Result<(), Failure> {
        let Some(path) = &self.qr else {
            return Ok(());
        };
        let png = Code::of(link)?.png()?;
        let written = match self.replace {
            true => private::replace(path, &png),
            false => private::create(path, &png),
        };
        written.map_err(|error| {
            Failure::from(error).hint(
                "the invitation itself is made: `brolly-desk invite show --qr` writes the picture",
            )
        })
    }
}

fn there(path: &Path) -> Failure {
    Failure::failed(format!(
        "{} is there already and is not overwritten: choose another name, or overwrite it with --replace",
        path.display()
    ))
}
