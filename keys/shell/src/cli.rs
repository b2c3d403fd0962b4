//! What all command lines share: how they fail, and their manual.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap_complete::Shell;
use clap_mangen::Man;

use crate::config::ConfigError;
use crate::directory::DirectoryFileError;
use crate::http::client::LinkError;
use crate::http::server::ServeError;
use crate::keyfile::KeyFileError;
use crate::lock::LockError;
use crate::passphrase::PassphraseError;
use crate::private::PrivateError;
use crate::process::HardenError;
use crate::shares::SharesError;

/// Exit code: done.
pub const OK: u8 = 0;
/// Exit code: it did not work.
pub const FAILED: u8 = 1;
/// Exit code: the command line was not understood (clap's).
pub const USAGE: u8 = 2;
/// Exit code: the configuration has to be changed.
pub const CONFIGURATION: u8 = 3;
/// Exit code: a server could not be reached; trying again later may help.
pub const NETWORK: u8 = 4;
/// Exit code: refused, because of a key, a signature, a passphrase or a permission.
pub const REFUSED: u8 = 5;

/// How a command ends that did not work: a sentence, what to do, and an exit code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct Failure {
    /// What happened, in one sentence.
    pub message: String,
    /// What to do about it, where the sentence does not say so.
    pub hint: Option<String>,
    /// [`FAILED`], [`USAGE`], [`CONFIGURATION`], [`NETWORK`] or [`REFUSED`].
    pub code: u8,
}

/// The subcommands that explain a program. Flatten them into its own.
#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
#[non_exhaustive]
pub enum Manual {
    /// Print the completion script of a shell
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page, or write the pages of all subcommands into a directory
    Man {
        /// The directory
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

impl Failure {
    /// A failure with one of this module's exit codes.
    pub fn new(code: u8, message: impl fmt::Display) -> Self {
        Self {
            message: message.to_string(),
            hint: None,
            code,
        }
    }

    /// It did not work: [`FAILED`].
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(FAILED, message)
    }

    /// The command line was not understood: [`USAGE`].
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(USAGE, message)
    }

    /// The configuration has to be changed: [`CONFIGURATION`].
    pub fn configuration(message: impl fmt::Display) -> Self {
        Self::new(CONFIGURATION, message)
    }

    /// A server could not be reached: [`NETWORK`].
    pub fn network(message: impl fmt::Display) -> Self {
        Self::new(NETWORK, message)
    }

    /// A key, signature, passphrase or permission was refused: [`REFUSED`].
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(REFUSED, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Tells standard error, as `program: sentence` and `  hint: …`, and gives the exit code.
    pub fn report(self) -> ExitCode {
        // With nobody to read it the exit code still tells.
        let _ = io::stderr()
            .lock()
            .write_all(self.text(&program()).as_bytes());
        ExitCode::from(self.code)
    }

    fn text(&self, program: &str) -> String {
        match &self.hint {
            Some(hint) => format!("{program}: {}\n  hint: {hint}\n", self.message),
            None => format!("{program}: {}\n", self.message),
        }
    }
}

impl Manual {
    /// Prints or writes what was asked for about `command`, the whole program.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be written.
    pub fn run(self, command: clap::Command) -> Result<(), Failure> {
        match self {
            Self::Man {
                directory: Some(directory),
            } => pages(command, &directory),
            Self::Man { directory: None } => print(&page(command)?),
            Self::Completions { shell } => print(&script(command, shell)),
        }
    }
}

fn pages(command: clap::Command, directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(command, directory))
        .map_err(|error| {
            Failure::failed(format!(
                "cannot write manual pages to {}: {error}",
                directory.display()
            ))
        })
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(Failure::failed)?;
    Ok(page)
}

fn script(mut command: clap::Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
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

fn program() -> String {
    std::env::args_os()
        .next()
        .map(PathBuf::from)
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "brolly".to_owned())
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::configuration(error)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::configuration(error)
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::WrongKey(_) => Self::refused(error),
            LinkError::Address(_) => Self::configuration(error),
            LinkError::Unresolved { .. }
            | LinkError::Unreachable { .. }
            | LinkError::Proxy { .. }
            | LinkError::Protocol(_)
            | LinkError::TimedOut(_)
            | LinkError::TooLong { .. }
            | LinkError::BrokenOff(_) => Self::network(error),
        }
    }
}

impl From<PrivateError> for Failure {
    fn from(error: PrivateError) -> Self {
        match error {
            PrivateError::Exposed(_) => Self::refused(error),
            PrivateError::Missing(_)
            | PrivateError::Exists(_)
            | PrivateError::NotAFile(_)
            | PrivateError::TooLong { .. }
            | PrivateError::Read { .. }
            | PrivateError::Write { .. } => Self::failed(error),
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        Self::configuration(error)
    }
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::File(error) => error.into(),
            KeyFileError::Content { .. } => Self::refused(error),
        }
    }
}

impl From<PassphraseError> for Failure {
    fn from(error: PassphraseError) -> Self {
        match error {
            PassphraseError::File(error) => error.into(),
            PassphraseError::NoTerminal
            | PassphraseError::NoCredentials(_)
            | PassphraseError::BadCredential(_) => Self::configuration(error),
            PassphraseError::Empty | PassphraseError::Differ => Self::refused(error),
        }
    }
}

impl From<SharesError> for Failure {
    fn from(error: SharesError) -> Self {
        match error {
            SharesError::KeyFile(error) => error.into(),
            SharesError::File(error) => error.into(),
            SharesError::Passphrase(error) => error.into(),
            SharesError::PassphraseFiles { .. } => Self::usage(error),
            SharesError::Share { .. }
            | SharesError::NotInShares(_)
            | SharesError::Foreign { .. }
            | SharesError::Twice { .. }
            | SharesError::Wrong { .. }
            | SharesError::TooFew { .. } => Self::refused(error),
        }
    }
}

impl From<DirectoryFileError> for Failure {
    fn from(error: DirectoryFileError) -> Self {
        match error {
            DirectoryFileError::Refused { .. } => Self::refused(error),
            DirectoryFileError::Unreadable { .. } => Self::configuration(error),
            DirectoryFileError::Kept(error) => error.into(),
            DirectoryFileError::BadKept { .. } => Self::failed(error),
        }
    }
}

impl From<HardenError> for Failure {
    fn from(error: HardenError) -> Self {
        Self::refused(error)
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    /// An example
    #[derive(Debug, Parser)]
    #[command(name = "brolly-example")]
    struct Program {
        #[command(subcommand)]
        command: Command,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Command {
        /// Runs
        Run,
        #[command(flatten)]
        Manual(Manual),
    }

    #[test]
    fn a_failure_is_a_sentence_a_hint_and_a_code() {
        let failure = Failure::refused("the key is wrong").hint("ask an officer");
        assert_eq!(
            failure.text("brolly-x"),
            "brolly-x: the key is wrong\n  hint: ask an officer\n"
        );
        assert_eq!(failure.code, REFUSED);
        let failure: Failure = ServeError::PortInUse { port: 443 }.into();
        assert_eq!(failure.code, CONFIGURATION);
        assert!(failure.text("x").starts_with("x: port 443 is in use"));
    }

    #[test]
    fn the_manual_has_a_page_for_every_subcommand() {
        let directory = tempfile::tempdir().unwrap();
        let wanted = directory.path().join("man1");
        let line = ["brolly-example", "man", wanted.to_str().unwrap()];
        let Command::Manual(manual) = Program::parse_from(line).command else {
            panic!("man is a subcommand");
        };
        manual.run(Program::command()).unwrap();
        for name in ["", "-run", "-man", "-completions"] {
            let page = wanted.join(format!("brolly-example{name}.1"));
            assert!(std::fs::read_to_string(page).unwrap().contains(".TH"));
        }
        let main = String::from_utf8(page(Program::command()).unwrap()).unwrap();
        assert!(main.contains("An example"));
    }

    #[test]
    fn every_shell_gets_a_completion_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = String::from_utf8(script(Program::command(), shell)).unwrap();
            assert!(script.contains("completions"), "{shell}");
        }
    }
}
