//! The command line of `brolly-desk`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use brolly_shell::cli::{Failure, Manual};
use brolly_shell::{clock, passphrase, private, process};
use clap::{CommandFactory, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::casebook::{Access, Casebook, CasebookError};
use crate::config::Config;
use crate::photo::{PhotoError, Renderer, render};
use crate::place::{Place, PlaceError};
use crate::sync::{Progress, Summary, SyncError, sync};
use crate::unlock::{KEPT_WEEKS, Keys, UnlockError};
use crate::{export, list, show};

/// Open the reports addressed to this desk, keep them sealed, show and export them
#[derive(Debug, Parser)]
#[command(name = "brolly-desk", version, after_help = EXAMPLES)]
struct Cli {
    /// The desk's configuration
    #[arg(long, global = true, value_name = "FILE", default_value = "desk.toml")]
    config: PathBuf,
    /// Take the passphrase from this file (mode 0600) instead of asking for it
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Casebook(CasebookCommand),
    #[command(flatten)]
    Manual(Manual),
    /// What `show --photo` runs to open a photograph
    #[command(hide = true)]
    RenderPhoto,
}

#[derive(Debug, Subcommand)]
enum CasebookCommand {
    /// Fetch what the inbox has and open what is addressed to this desk
    Sync {
        /// Print one object for a script, and no progress bar
        #[arg(long)]
        json: bool,
    },
    /// List the reports that were opened
    List {
        /// Print an object for a script
        #[arg(long)]
        json: bool,
    },
    /// Show everything about one report
    Show {
        /// The first digits of its id, as `list` shows it
        id: String,
        /// Print an object for a script
        #[arg(long)]
        json: bool,
        /// Write its photograph, rendered anew from pixels, to this PNG file
        #[arg(long, value_name = "OUT.png")]
        photo: Option<PathBuf>,
        /// Overwrite that file if it is there
        #[arg(long, requires = "photo")]
        force: bool,
    },
    /// Export all reports
    Export {
        #[command(flatten)]
        format: Format,
        /// Write to this file (mode 0600) instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Overwrite that file if it is there
        #[arg(long, requires = "out")]
        force: bool,
    },
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Format {
    /// As an array of objects
    #[arg(long)]
    json: bool,
    /// As a spreadsheet, one row a report
    #[arg(long)]
    csv: bool,
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::RenderPhoto => return render::run(),
        Command::Manual(manual) => manual.run(Cli::command()),
        Command::Casebook(command) => process::harden()
            .map_err(Failure::from)
            .and_then(|()| Desk::open(&cli.config, cli.passphrase_file))
            .and_then(|desk| desk.run(command)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

struct Desk {
    config: Config,
    keys: Keys,
}

impl Desk {
    fn open(config: &Path, passphrase_file: Option<PathBuf>) -> Result<Self, Failure> {
        let config = Config::load(config)?;
        let file = passphrase_file.or_else(|| config.passphrase_file.clone());
        let keys = Keys::unlock(&config.identity, |header| {
            let prompt = format!("Passphrase of desk {}: ", header.name);
            passphrase::read(file.as_deref(), &prompt)
        })?;
        Ok(Self { config, keys })
    }

    fn run(self, command: CasebookCommand) -> Result<(), Failure> {
        match command {
            CasebookCommand::Sync { json } => self.sync(json),
            CasebookCommand::List { json } => self.list(json),
            CasebookCommand::Show {
                id,
                json,
                photo,
                force,
            } => self.show(&id, json, photo.as_deref(), force),
            CasebookCommand::Export { format, out, force } => {
                self.export(format.json, out.as_deref(), force)
            }
        }
    }

    fn sync(mut self, json: bool) -> Result<(), Failure> {
        self.config.make_data().map_err(|reason| {
            let data = self.config.data.display();
            Failure::configuration(format!("cannot make the folder {data}: {reason}"))
        })?;
        let now = clock::now();
        let public = self.keys.identity()?.public_key();
        let place = Place::find(&self.config, &public, now)?;
        let mut casebook = self.casebook(Access::Write)?;
        let bar = bar(json);
        let told = |progress: Progress| {
            bar.set_length(progress.announced.max(progress.done));
            bar.set_position(progress.done);
        };
        let summary = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::failed)?
            .block_on(sync(&place, &mut self.keys, &mut casebook, now, told));
        bar.finish_and_clear();
        let summary = summary?;
        if summary.erased_keys > 0 {
            let (keys, weeks) = (summary.erased_keys, KEPT_WEEKS);
            tell(&format!(
                "erased {keys} keys of weeks that ended more than {weeks} weeks ago; what was sealed to them opens no more"
            ));
        }
        if json {
            let object = serde_json::to_string(&summary).map_err(Failure::failed)?;
            return print(format!("{object}\n").as_bytes());
        }
        print(sentence(&summary).as_bytes())
    }

    fn list(self, json: bool) -> Result<(), Failure> {
        let casebook = self.casebook(Access::Read)?;
        if json {
            let lists = list::json(&casebook).map_err(Failure::failed)?;
            return print(lists.as_bytes());
        }
        for warning in list::warnings(&casebook) {
            tell(&warning);
        }
        if casebook.cases().is_empty() {
            tell("no reports yet: run `brolly-desk sync`");
            return Ok(());
        }
        print(list::table(&casebook, width()).as_bytes())
    }

    fn show(self, id: &str, json: bool, photo: Option<&Path>, force: bool) -> Result<(), Failure> {
        let casebook = self.casebook(Access::Read)?;
        let case = list::find(&casebook, id).map_err(Failure::failed)?;
        if let Some(path) = photo {
            if case.report.photo.is_empty() {
                return Err(Failure::failed("this report has no photograph"));
            }
            let png = Renderer::this_program()?.render(&case.report.photo)?;
            write(path, &png, force)?;
        }
        let id = list::id(&casebook, &case.digest);
        let shown = match json {
            true => show::json(&id, case).map_err(Failure::failed)?,
            false => show::words_of(&id, case),
        };
        print(shown.as_bytes())
    }

    fn export(self, json: bool, out: Option<&Path>, force: bool) -> Result<(), Failure> {
        let casebook = self.casebook(Access::Read)?;
        let bytes = match json {
            true => export::json(&casebook)
                .map_err(Failure::failed)?
                .into_bytes(),
            false => export::csv(&casebook).map_err(Failure::failed)?,
        };
        match out {
            Some(path) => write(path, &bytes, force),
            None => print(&bytes),
        }
    }

    fn casebook(&self, access: Access) -> Result<Casebook, Failure> {
        let key = self.keys.casebook()?;
        Ok(Casebook::open(&self.config.casebook(), key, access)?)
    }
}

fn sentence(summary: &Summary) -> String {
    let Summary {
        new,
        opened,
        not_ours,
        refused,
        missing,
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
    text.push('\n');
    text
}

/// On standard error, and only if that is a terminal.
fn bar(hidden: bool) -> ProgressBar {
    let target = match hidden {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    match ProgressStyle::with_template("{bar:40} {pos} of {len} cells") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The columns of the terminal; without one nothing is cut off.
fn width() -> usize {
    if !io::stdout().is_terminal() {
        return usize::MAX;
    }
    rustix::termios::tcgetwinsize(io::stdout())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(80)
}

fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    if force {
        return Ok(private::replace(path, bytes)?);
    }
    // Asked here for the hint's sake; `create` would refuse as well.
    let there = fs::symlink_metadata(path).is_ok();
    private::create(path, bytes).map_err(|error| match there {
        true => Failure::from(error).hint("or overwrite it with --force"),
        false => error.into(),
    })
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

fn tell(sentence: &str) {
    // With nobody to read it there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{sentence}");
}

impl From<UnlockError> for Failure {
    fn from(error: UnlockError) -> Self {
        match error {
            UnlockError::File(error) => error.into(),
            UnlockError::Passphrase(error) => error.into(),
            UnlockError::Kind { .. } | UnlockError::Incomplete { .. } => Self::configuration(error),
            UnlockError::Tls(_) => Self::refused(error),
        }
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Directory(error) => error.into(),
            PlaceError::NotListed(_) => Self::configuration(error),
        }
    }
}

impl From<CasebookError> for Failure {
    fn from(error: CasebookError) -> Self {
        match error {
            CasebookError::Exposed(_)
            | CasebookError::OtherKey(_)
            | CasebookError::Damaged { .. } => Self::refused(error),
            CasebookError::Busy(_)
            | CasebookError::NotACasebook(_)
            | CasebookError::TooLarge(_)
            | CasebookError::Io { .. }
            | CasebookError::ReadOnly
            | CasebookError::Record => Self::failed(error),
        }
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Keys(error) => error.into(),
            SyncError::Casebook(error) => error.into(),
            SyncError::NotADesk | SyncError::WentBack(_) => Self::refused(error),
            SyncError::Link(error) => error.into(),
            SyncError::Status(_) | SyncError::Page(_) => Self::network(error),
        }
    }
}

impl From<PhotoError> for Failure {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::Start(_) => Self::failed(error),
            PhotoError::TooLong(_)
            | PhotoError::NotAJpeg
            | PhotoError::TooLarge
            | PhotoError::Damaged
            | PhotoError::Died(_)
            | PhotoError::TimedOut(_)
            | PhotoError::NotAPicture => Self::refused(error),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  brolly-desk --config desk.toml sync
  brolly-desk list
  brolly-desk show 3f9a02c1 --photo van.png
  brolly-desk export --csv --out reports.csv
  brolly-desk export --json | jq '.[].incident.area'

Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 the configuration has to be changed, 4 the inbox could not be reached,
5 refused because of a key, a signature, a passphrase or damage.";
