//! The command line of `brolly-keys`.

use std::io::{self, Write};
use std::path::{Path, PathBuf, absolute};

use brolly_protocol::directory::Purpose;
use brolly_shell::cli::{Failure, Manual};
use brolly_shell::passphrase::{self, PassphraseError};
use brolly_shell::{clock, process, random};
use clap::{Args, CommandFactory, Parser, Subcommand};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::directory::{self, Desk};
use crate::folder::{self, Entry, FolderError};
use crate::founding::{FoundError, Founding, found};
use crate::hands::{Join, Split};
use crate::holder::Holder;
use crate::inspect::{InspectError, harmless, inspect};
use crate::plan::{self, Plan, PlanError};
use crate::time::date;
use crate::{add, issuer, layout, officers};

/// Make a scheme, change its directory, and look into its files
#[derive(Debug, Parser)]
#[command(
    name = "brolly-keys",
    version,
    after_help = "Examples:\n  \
        brolly-keys plan > plan.toml                     write an example plan, then edit it\n  \
        brolly-keys new --plan plan.toml --out scheme    make the scheme\n  \
        brolly-keys inspect scheme/directory.note        say what a file is\n  \
        brolly-keys split --threshold 2 --shares 3 desk.key --out parts\n  \
        brolly-keys directory draft --from directory.note --out draft.toml    begin the next version\n\n\
        Exit codes: 0 done, 1 did not work, 2 command line, 3 plan or configuration, 5 refused."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print an example plan with an explanation of every key
    Plan,
    /// Make a scheme from nothing: every key, the signed directory, a configuration for each program
    #[command(after_help = "Examples:\n  \
        brolly-keys new --plan plan.toml --out scheme\n  \
        brolly-keys new --plan plan.toml --out scheme --passphrase-file passphrase --json\n\n\
        Either everything is made or nothing is left behind.")]
    New(New),
    /// Say in words what a file is; no passphrase is asked for and no secret shown
    #[command(after_help = "Examples:\n  \
        brolly-keys inspect scheme/relays/leeds/identity.key --directory scheme/directory.note\n  \
        brolly-keys inspect scheme/invitations/Leeds.txt --json")]
    Inspect(Inspect),
    /// Split the key file of a desk or an officer among several people, so that no one of them opens it alone
    #[command(after_help = "Examples:\n  \
        brolly-keys split --threshold 2 --shares 3 desk.key --out parts\n  \
        brolly-keys split --threshold 2 --shares 3 desk.key --out parts --holder Ada --holder Bea --holder Cat\n\n\
        Each holder types a passphrase of their own. The key file given is left as it is: destroy it afterwards.")]
    Split(Split),
    /// Put a key file in several hands back under one passphrase
    #[command(after_help = "Example:\n  \
        brolly-keys join --share parts/desk-share-1.key --share parts/desk-share-3.key parts/desk.key --out desk.key")]
    Join(Join),
    /// Draft, compare, sign, combine, verify and publish the next version of a directory
    #[command(subcommand)]
    Directory(directory::Command),
    /// Officers who come and go
    #[command(subcommand)]
    Officers(officers::Command),
    /// Make the keys of a newcomer to a scheme that exists
    #[command(subcommand)]
    Add(add::Command),
    /// The keys that sign admission tokens
    #[command(subcommand)]
    Issuer(issuer::Command),
    #[command(flatten)]
    Manual(Manual),
}

#[derive(Debug, Args)]
struct New {
    /// The plan: who is to hold keys (see `brolly-keys plan`)
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// The folder to make; it must not exist yet, or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seal every key file under the passphrase in this file (mode 0600) instead of asking each holder
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print one JSON object instead of words
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Inspect {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say whether a key file or an invitation agrees with this directory
    #[arg(long, value_name = "NOTE")]
    directory: Option<PathBuf>,
    /// Print one JSON object instead of words
    #[arg(long)]
    json: bool,
}

impl Cli {
    /// Does what the command line asks. Results go to `out`, progress to `progress`.
    ///
    /// # Errors
    /// [`Failure`], a sentence and an exit code.
    pub fn run(self, out: &mut dyn Write, progress: &mut dyn Write) -> Result<(), Failure> {
        let mut desk = Desk {
            out,
            progress,
            answers: &mut io::stdin().lock(),
            now: clock::now(),
        };
        self.at(&mut desk)
    }

    /// The same with the time and the answers given.
    pub(crate) fn at(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        self.command.run(desk)
    }
}

impl Command {
    fn run(self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        match self {
            Self::Plan => print(desk.out, plan::EXAMPLE),
            Self::New(new) => {
                process::harden_command()?;
                let made = new.run(desk.progress)?;
                print(desk.out, &made.text(new.json)?)
            }
            Self::Inspect(given) => {
                // An invitation is a secret in clear.
                process::harden()?;
                let directory = given.directory.as_deref();
                let finding = inspect(&given.file, directory, desk.now)?;
                if given.json {
                    print(desk.out, &json(&finding)?)
                } else {
                    print(desk.out, &(finding.words().join("\n") + "\n"))
                }
            }
            Self::Split(split) => {
                process::harden_command()?;
                print(desk.out, &split.run(desk.progress)?)
            }
            Self::Join(join) => {
                process::harden_command()?;
                print(desk.out, &join.run(desk.progress)?)
            }
            Self::Directory(command) => command.run(desk),
            Self::Officers(command) => command.run(desk),
            Self::Add(command) => command.run(desk),
            Self::Issuer(command) => command.run(desk),
            Self::Manual(manual) => manual.run(Cli::command()),
        }
    }
}

impl New {
    fn run(&self, progress: &mut dyn Write) -> Result<Made, Failure> {
        let plan = Plan::load(&self.plan)?;
        folder::check(&self.out)?;
        // With nobody to read it the scheme is made all the same.
        let mut told = |step: &str| drop(writeln!(progress, "{step}"));
        let founding = found(&plan, clock::now(), &mut random::system(), &mut told)?;
        let passphrases = self.passphrases(&founding.holders, progress)?;
        let file = self.passphrase_file.as_deref().map(full).transpose()?;
        let mut files = layout::plain_files(&founding, file.as_deref()).map_err(Failure::failed)?;
        let count = founding.holders.len();
        for (n, (holder, passphrase)) in founding.holders.iter().zip(&passphrases).enumerate() {
            let path = layout::key_path(holder);
            let _ = writeln!(
                progress,
                "sealing {} ({} of {count})",
                path.display(),
                n + 1
            );
            let sealed = holder
                .seal(passphrase, &mut random::system())
                .map_err(Failure::failed)?;
            files.push(Entry::new(path, &sealed));
        }
        folder::create(&self.out, &files)?;
        Ok(Made::new(&founding, &self.out, &files))
    }

    fn passphrases(
        &self,
        holders: &[Holder],
        progress: &mut dyn Write,
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, Failure> {
        if self.passphrase_file.is_some() {
            let one = passphrase::read(self.passphrase_file.as_deref(), "")?;
            return Ok(vec![one; holders.len()]);
        }
        let asked = holders.iter().map(|holder| {
            let prompt = format!("Passphrase for the {}: ", holder.title());
            Ok(patiently(|| passphrase::choose(&prompt), progress)?)
        });
        asked.collect()
    }
}

/// Asks again after a slip of the hand, which must not end a ceremony; the third one does.
pub(crate) fn patiently<T>(
    mut ask: impl FnMut() -> Result<T, PassphraseError>,
    progress: &mut dyn Write,
) -> Result<T, PassphraseError> {
    for _ in 0..2 {
        match ask() {
            Err(slip @ (PassphraseError::Differ | PassphraseError::Empty)) => {
                let _ = writeln!(progress, "{slip}");
            }
            done => return done,
        }
    }
    ask()
}

/// What was made.
#[derive(Serialize)]
struct Made {
    name: String,
    scheme: String,
    out: PathBuf,
    version: u32,
    threshold: usize,
    expires: u64,
    purpose: Purpose,
    files: Vec<PathBuf>,
}

impl Made {
    fn new(founding: &Founding, out: &Path, files: &[Entry]) -> Self {
        let directory = &founding.directory;
        Self {
            name: directory.name.clone(),
            scheme: directory.scheme.to_string(),
            out: out.to_owned(),
            version: directory.version,
            threshold: directory.threshold,
            expires: directory.expires,
            purpose: directory.purpose,
            files: files.iter().map(|file| file.path().to_owned()).collect(),
        }
    }

    fn text(&self, as_json: bool) -> Result<String, Failure> {
        if as_json {
            return json(self);
        }
        let drill = match self.purpose {
            Purpose::Real => "",
            Purpose::Drill => {
                "  A DRILL     nobody is anonymous in it: for tests and training alone
"
            }
        };
        Ok(format!(
            "Made the scheme {} in {}.\n  \
             scheme id   {}\n  \
             directory   version {}, valid until {}\n{drill}\n\
             Next:\n  \
             - compare the scheme id aloud: everybody who sets up a program or joins needs it\n  \
             - give each officer their file of officers/, and keep none here\n  \
             - move each folder of relays/, inbox/ and desks/ to its machine: the *.toml inside works as it stands\n  \
             - give each project its file of invitations/: it holds the project's secret\n",
            self.name,
            self.out.display(),
            self.scheme,
            self.version,
            date(self.expires),
        ))
    }
}

pub(crate) fn full(path: &Path) -> Result<String, Failure> {
    let path = absolute(path).map_err(Failure::failed)?;
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::configuration(format!(
            "the name of {} is not UTF-8 text, so no configuration can name it: move the file",
            path.display()
        ))
    })
}

pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string(value).map_err(Failure::failed)?;
    text.push('\n');
    Ok(text)
}

pub(crate) fn print(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Self::configuration(error)
    }
}

impl From<FoundError> for Failure {
    fn from(error: FoundError) -> Self {
        Self::configuration(error)
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        if let FolderError::File(error) = error {
            return error.into();
        }
        Self::failed(error)
    }
}

impl From<InspectError> for Failure {
    fn from(error: InspectError) -> Self {
        // The sentence may quote a hostile file.
        let sentence = harmless(&error.to_string());
        match error {
            InspectError::Unreadable { .. }
            | InspectError::NotAFile(_)
            | InspectError::NotADirectory(_) => Self::failed(sentence),
            InspectError::KeyFile { .. }
            | InspectError::Share { .. }
            | InspectError::Directory { .. }
            | InspectError::Invitation { .. }
            | InspectError::BadKey(_) => Self::refused(sentence),
        }
    }
}

#[cfg(test)]
mod tests;
