//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use brolly_shell::cli::Manual;
use clap::{Args, Parser, Subcommand};

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
    /// Look whether a report arrived; asks for its receipt code
    Check {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Taken so that a code typed here is refused without being shown again
        #[arg(hide = true, trailing_var_arg = true)]
        code: Vec<OsString>,
    },
    /// Send what every look-up sends: some of it makes everybody's reports harder to pick out
    Cover {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
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
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "\
Examples:
  brolly join -                      then paste the invitation and press Enter
  brolly report                      asks, shows, and sends when you say so
  brolly report --from report.toml --photo van.jpg
  brolly --socks5 127.0.0.1:9050 report
  brolly check                       then type the receipt code, words or digits

Exit codes: 0 done, 1 it did not work, 2 the command line was not understood, 3 not joined, or a file or address to \
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
    }
}
