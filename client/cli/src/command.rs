//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use brolly_shell::cli::Manual;
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

/// Report, and check that it arrived, without anybody on the way learning who you are
#[derive(Debug, Parser)]
#[command(name = "brolly", version, after_help = EXAMPLES)]
pub(crate) struct Brolly {
    /// Where to keep what `join` fetches [default: $BROLLY_HOME, or brolly under $XDG_DATA_HOME or ~/.local/share]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Reach the relays through this proxy, such as Tor's 127.0.0.1:9050
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) socks5: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Accept a project's invitation
    Join(Join),
    /// Tell what happened: asks in plain words, shows who will see what, and sends only when you say so
    Report(Report),
    /// Look whether a report arrived, was read and was answered; asks for its receipt code
    Check(Check),
    /// List the warnings that count today
    Alerts(Alerts),
    /// Look whether anybody is warned of: a phone number, number plate, name or handle, on this device alone
    Lookup(Lookup),
    /// Send what every look-up sends: some of it makes everybody's reports harder to pick out
    Cover {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Look whether a relay serves browsers the right page
    VerifyPage(VerifyPage),
    /// Keep one session in each four hours, day and night, and send what was queued in the place of cover
    Run(Run),
    /// List the reports that were handed to `brolly run` and have not arrived, or take one back
    Outbox(Outbox),
    #[command(flatten)]
    Manual(Manual),
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The invitation, or - to read it from standard input (a link on a command line stays in the shell's history)
    #[arg(value_name = "LINK")]
    pub(crate) link: String,
    /// Leave the scheme joined before
    #[arg(long)]
    pub(crate) replace: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Take the report from this file instead of asking
    #[arg(long, value_name = "REPORT.TOML")]
    pub(crate) from: Option<PathBuf>,
    /// Send this photograph: a JPEG, PNG or WebP; only what can be seen in it is sent
    #[arg(long, value_name = "FILE")]
    pub(crate) photo: Option<PathBuf>,
    /// You write for the person it happened to
    #[arg(long)]
    pub(crate) for_somebody_else: bool,
    /// Send without asking, whatever was warned about
    #[arg(long)]
    pub(crate) yes: bool,
    /// Hand it to `brolly run` on this device, which sends it at a time that has nothing to do with you
    #[arg(long)]
    pub(crate) queue: bool,
    /// How soon that is
    #[arg(long, value_enum, value_name = "WHEN", default_value = "soon")]
    pub(crate) wish: When,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Report {
    /// Whether it was told something that only a queued report has use for.
    pub(crate) fn for_queue(&self) -> bool {
        let Passphrase { file, credential } = &self.passphrase;
        self.wish != When::Soon || file.is_some() || credential.is_some()
    }
}

/// How soon a report that is queued leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// With the next session: most likely within four hours
    Soon,
    /// With one of the next six sessions, drawn by lot: within about a day, and harder to tie to today
    Day,
}

/// Where the passphrase of the outbox comes from. Without either it is asked for.
#[derive(Debug, Default, Args)]
pub(crate) struct Passphrase {
    /// Take the outbox's passphrase from this file (mode 0600) instead of asking for it
    #[arg(long = "passphrase-file", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Take it from the credential of this name, which systemd passes to the service
    #[arg(
        long = "passphrase-credential",
        value_name = "NAME",
        conflicts_with = "file"
    )]
    pub(crate) credential: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// In a drill alone: the seconds of each interval
    #[arg(long, hide = true, value_name = "SECONDS", value_parser = value_parser!(u64).range(1..=14_400))]
    pub(crate) interval_seconds: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyPage {
    /// The page's address; what stands behind a # is left out
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Compare with this list of a released page instead of what the board says
    #[arg(long, value_name = "integrity.json")]
    pub(crate) integrity: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = OUTBOX_EXAMPLES)]
pub(crate) struct Outbox {
    /// Erase the report of this number from the outbox
    #[arg(long, value_name = "NUMBER")]
    pub(crate) withdraw: Option<u32>,
    /// Withdraw it without asking
    #[arg(long, requires = "withdraw")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// Look in this copy of a relay's mirror instead of asking a relay: all entries, not only those of the last days
    #[arg(long, value_name = "DIR")]
    pub(crate) archive: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Taken so that a code typed here is refused without being shown again
    #[arg(hide = true, trailing_var_arg = true)]
    pub(crate) code: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(after_help = ALERTS_EXAMPLES)]
pub(crate) struct Alerts {
    /// Only those for this area, such as LS2
    #[arg(long, value_name = "AREA")]
    pub(crate) area: Option<String>,
    /// Read what is on this device without fetching anything
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = LOOKUP_EXAMPLES)]
pub(crate) struct Lookup {
    /// What to look up; left out, or -, to be asked for it (what is typed here stays in the shell's history)
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// Look in what is on this device without fetching anything
    #[arg(long)]
    pub(crate) offline: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

const RUN_HELP: &str = "\
It stays in the foreground, for a service manager; SIGTERM or Ctrl-C ends it. Who watches the line sees six sessions a day at random \
times, all alike, whether or not you ever report. A device that slept makes up for nothing.

The first time, it asks you for a new passphrase. What `brolly report --queue` hands over lies in the outbox, a file of one size that \
everybody has who joined, encrypted under that passphrase until the report's receipt is in the public log. Who takes the device while \
`brolly run` is not running, and does not know the passphrase, learns nothing from what is in it, not even whether there is a report; until the next session writes \
it anew, its date shows that something was handed over. It does not protect against who knows the passphrase or can guess it, who can read the memory of the device while `brolly run` is running, or who \
reads a passphrase file or credential that lies beside the outbox. Of earlier forms of the file a disk may keep copies; the same \
passphrase opens them. If it is forgotten, nobody can open the outbox: remove the file, and what waits in it is lost.

Examples:
  brolly run
  brolly run --passphrase-file ~/.config/brolly/passphrase
  brolly report --queue --wish day";

const VERIFY_EXAMPLES: &str = "\
Every file is fetched twice, plain and compressed, and held against the list that the page brings; the list is held against the newest \
notice of a desk on the board, or against --integrity. Whatever answers, its certificate is not looked at: the hashes are. A relay that means harm can \
serve this program one page and a browser another.

Examples:
  brolly verify-page https://relay.example/
  brolly --socks5 127.0.0.1:9050 verify-page https://relay.example/
  brolly verify-page https://relay.example/ --integrity integrity.json --json";

const OUTBOX_EXAMPLES: &str = "\
Nothing is fetched or sent for it. What a session has sent already stays sent.

Examples:
  brolly outbox
  brolly outbox --withdraw 2
  brolly outbox --json --passphrase-file ~/.config/brolly/passphrase";

const CHECK_EXAMPLES: &str = "\
Examples:
  brolly check                       then type the receipt code, words or digits
  brolly check --archive mirror      off line, in a copy of a relay's mirror
  brolly check --json < code.txt";

const ALERTS_EXAMPLES: &str = "\
Examples:
  brolly alerts
  brolly alerts --area LS2
  brolly alerts --offline --json";

const LOOKUP_EXAMPLES: &str = "\
Examples:
  brolly lookup                      then type a number, plate, name or handle
  brolly lookup --offline
  brolly lookup 07700 900123         found by its last digits and with one slip too
  brolly lookup --json - < number.txt";

const EXAMPLES: &str = "\
Examples:
  brolly join -                      then paste the invitation and press Enter
  brolly report                      asks, shows, and sends when you say so
  brolly report --from report.toml --photo van.jpg
  brolly --socks5 127.0.0.1:9050 report
  brolly report --queue              hands it to `brolly run`, which sends it at its own time
  brolly check                       then type the receipt code, words or digits
  brolly alerts --area LS2
  brolly lookup                      then type a number, plate, name or handle

Exit codes: 0 done (found or not), 1 it did not work, 2 the command line was not understood, 3 not joined, or a file or address to \
correct, 4 no relay could be reached or none accepted, 5 refused: a key, a signature or a permission is wrong.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Brolly::command().debug_assert();
        let help = Brolly::command().render_help().to_string();
        assert!(help.contains("Examples:") && help.contains("Exit codes:"));
        for name in ["check", "alerts", "lookup", "run"] {
            let mut command = Brolly::command();
            let command = command.find_subcommand_mut(name).unwrap();
            let help = command.render_help().to_string();
            assert!(help.contains(&format!("\n  brolly {name}")), "{help}");
        }
    }
}
