//! The command line of `brolly-desk`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use brolly_shell::cli::{Failure, Manual};
use brolly_shell::passphrase::Place as Where;
use brolly_shell::{clock, private, process};
use clap::{CommandFactory, Parser, Subcommand};

use crate::casebook::{Access, Casebook};
use crate::compose::tell;
use crate::config::Config;
use crate::photo::{Renderer, render};
use crate::place::{Place, PlaceError};
use crate::unlock::{Hands, Keys};
use crate::watch::Gaps;
use crate::{alert, export, list, show};

mod failure;
mod invite;
mod speak;
mod sync;

use invite::InviteCommand;
use speak::{AlertCommand, NoticeCommand, Said};

/// Open the reports addressed to this desk, keep them sealed, show, export and answer them; warn the members
#[derive(Debug, Parser)]
#[command(name = "brolly-desk", version, after_help = EXAMPLES)]
struct Cli {
    /// The desk's configuration
    #[arg(long, global = true, value_name = "FILE", default_value = "desk.toml")]
    config: PathBuf,
    /// Take the passphrase from this file (mode 0600) instead of asking for it; with shares, give one for all or one for each
    #[arg(long = "passphrase-file", global = true, value_name = "FILE")]
    passphrase_files: Vec<PathBuf>,
    /// Open a key file in several hands with this share of it; give as many as are needed
    #[arg(long = "share", global = true, value_name = "FILE")]
    shares: Vec<PathBuf>,
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
    /// Fetch what the inbox has, open what is addressed to this desk, compare it with the public log, say how far it is read
    Sync {
        /// Print one object for a script, and no progress bar
        #[arg(long)]
        json: bool,
        /// Read from the inbox's first number on: after its operator has rebuilt its index
        #[arg(long)]
        again: bool,
        /// Let read-marks go past what the inbox pruned before this desk fetched it; its senders will be told it was read
        #[arg(long)]
        pass_pruned: bool,
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
    /// Answer whoever sent a report
    Reply {
        /// The first digits of its id, as `list` shows it
        id: String,
        #[command(flatten)]
        said: Said,
    },
    /// Warn the members, update or cancel a warning
    Alert {
        #[command(subcommand)]
        command: AlertCommand,
    },
    /// Invite the members of a project, from its own desk
    Invite {
        #[command(subcommand)]
        command: InviteCommand,
    },
    /// Tell everybody something, in clear
    Notice {
        #[command(subcommand)]
        command: NoticeCommand,
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
        Command::Casebook(CasebookCommand::Alert {
            command: AlertCommand::Template,
        }) => print(alert::TEMPLATE.as_bytes()),
        Command::Casebook(command) => process::harden_command()
            .map_err(Failure::from)
            .and_then(|()| Desk::open(&cli.config, cli.shares, cli.passphrase_files))
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
    fn open(
        config: &Path,
        shares: Vec<PathBuf>,
        mut passphrases: Vec<PathBuf>,
    ) -> Result<Self, Failure> {
        let mut config = Config::load(config)?;
        let place = match passphrases.first() {
            Some(given) => Where::File(given.clone()),
            None => {
                let (file, credential) = (&config.passphrase_file, &config.passphrase_credential);
                passphrases.extend(file.clone());
                Where::configured(file.clone(), credential.clone())
            }
        };
        if !shares.is_empty() {
            config.shares = shares;
        }
        if config.shares.is_empty() && passphrases.len() > 1 {
            return Err(Failure::usage(
                "several passphrase files are for several shares: give one, or name the shares with --share",
            ));
        }
        let hands = Hands {
            shares: &config.shares,
            passphrases: &passphrases,
        };
        let keys = Keys::unlock(&config.identity, hands, |header| {
            let prompt = format!("Passphrase of desk {}: ", header.name);
            place.read(&prompt)
        })?;
        Ok(Self { config, keys })
    }

    fn run(self, command: CasebookCommand) -> Result<(), Failure> {
        match command {
            CasebookCommand::Sync {
                json,
                again,
                pass_pruned,
            } => {
                let gaps = if pass_pruned { Gaps::Pass } else { Gaps::Stop };
                self.sync(json, again, gaps)
            }
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
            CasebookCommand::Reply { id, said } => self.reply(&id, &said),
            CasebookCommand::Alert { command } => self.alert(command),
            CasebookCommand::Invite { command } => self.invite(command),
            CasebookCommand::Notice { command } => self.notice(command),
        }
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
        let shown = match json {
            true => show::json(&casebook, case).map_err(Failure::failed)?,
            false => show::words_of(&casebook, case),
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

    /// The desk's place in the scheme, with a data folder to keep the directory in force in.
    fn place(&self) -> Result<Place, Failure> {
        Ok(self.ask_place(clock::now())??)
    }

    fn ask_place(&self, clock: u64) -> Result<Result<Place, PlaceError>, Failure> {
        self.config.make_data().map_err(|reason| {
            let data = self.config.data.display();
            Failure::configuration(format!("cannot make the folder {data}: {reason}"))
        })?;
        let place = run_async(Place::ask(&self.config, &self.keys, clock))?;
        if let Ok(place) = &place {
            place.told.iter().for_each(|line| tell(line));
        }
        Ok(place)
    }

    fn casebook(&self, access: Access) -> Result<Casebook, Failure> {
        let key = self.keys.casebook()?;
        Ok(Casebook::open(&self.config.casebook(), key, access)?)
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

/// Runs what waits for the network.
fn run_async<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    Ok(runtime.block_on(work))
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

const EXAMPLES: &str = "\
Examples:
  brolly-desk --config desk.toml sync
  brolly-desk sync --share /media/ada/desk-share-1.key --share /media/bea/desk-share-2.key
  brolly-desk list
  brolly-desk show 3f9a02c1 --photo van.png
  brolly-desk reply 3f9a02c1
  brolly-desk alert template > alert.toml
  brolly-desk alert publish --from alert.toml
  brolly-desk alert cancel 00000b8d0102030405ff --reason \"He was arrested.\"
  brolly-desk invite new --qr invitation.png
  brolly-desk export --csv --out reports.csv
  brolly-desk export --json | jq '.[].incident.area'

Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 the configuration has to be changed, 4 the inbox could not be reached,
5 refused because of a key, a signature, a passphrase, a permission or damage, because nothing shows which directory is in
force, or because what the inbox handed over and the public log differ.";
