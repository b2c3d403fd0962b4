//! `brolly-bench`: how fast Brolly is, and how much memory it takes.
//!
//! ```text
//! logs  ─┬─ tree     sequence and verify a million entries      beside SHA-256 over the same bytes
//!        ├─ receipt  check one receipt in a window              its bytes, its parts, its memory
//!        ├─ alerts   the compact index of live alerts           its bytes, opening it
//!        └─ lookup   somebody among all that alerts warn of     its time by kind, its memory
//! inbox ─┬─ admitting   cells durable in small and large ledgers     beside one file and as few syncs
//!        └─ sequencing  what waits, to a signed checkpoint           beside SHA-256 over the same bytes
//! relay ─┬─ rate      TLS in, opened, durable, shuffled, TLS out      beside opening alone, and one file
//!        └─ memory    resident after ten thousand packets and more
//! pool      packets made durable                                beside one file and as few syncs
//! replay    tags that were seen: checked, read again, their memory
//! cold      relay, inbox and desk begin with a long log behind them
//! directory  verified, with a thousand relays                        beside SHA-256 over its bytes
//! tokens   issued, verified, asked for                               beside RSA alone
//! packet   one hop opened, one packet built                          beside other formats and aws-lc alone
//! sweep    a desk's cells, addressed to it and not                   beside hpke, gpg and age
//! ```
//!
//! A figure that has something to be compared with is measured in turn with it, round by round, and medians are
//! compared: a busy machine is busy for both. Nothing depends on how long anything took; sizes and memory have limits.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "a command that takes the time: clocks, files and the terminal are its work"
)]

mod alerts;
mod cold;
mod directory;
mod figure;
mod folder;
mod inbox;
mod logs;
mod lookup;
mod memory;
mod packet;
mod peers;
mod people;
mod pool;
mod receipt;
mod relay;
mod replay;
mod rounds;
mod scheme;
mod sweep;
mod tokens;
mod tree;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use figure::Sheet;

/// Measures Brolly. Run it as a release build, on a machine that does little else.
///
/// Exits with 0, with 1 when a size or a peak of memory is over its limit or a measurement cannot be made, and with 2
/// for a wrong command line.
#[derive(Debug, Parser)]
#[command(name = "brolly-bench", version, after_help = EXAMPLES)]
struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Everything, one after the other; takes half an hour
    #[command(after_help = ALL_EXAMPLES)]
    All {
        #[command(flatten)]
        options: Options,
        /// A folder on the disk to measure, not in memory; what is made in it is removed. By default this program's own
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        /// How many packets pass a relay before its memory is looked at last
        #[arg(long, value_name = "NUMBER", default_value_t = PACKETS)]
        packets: usize,
    },
    /// The logs: sequencing, verifying, checking a receipt, the index of alerts, looking somebody up
    #[command(after_help = EXAMPLES)]
    Logs(Options),
    /// An inbox's storage on a disk: admitting cells durably, sequencing what waits
    #[command(after_help = INBOX_EXAMPLES)]
    Inbox {
        #[command(flatten)]
        options: Options,
        /// A folder on the disk to measure, not in memory; what is made in it is removed. By default this program's own
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// A relay's pool: packets made durable, beside one file
    #[command(after_help = POOL_EXAMPLES)]
    Pool {
        #[command(flatten)]
        options: Options,
        /// A folder on the disk to measure, not in memory; what is made in it is removed. By default this program's own
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// A relay's tags of packets that were seen: checking, their memory, reading them again
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay {
        #[command(flatten)]
        options: Options,
        /// A folder on the disk to measure, not in memory; what is made in it is removed. By default this program's own
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// How long a relay, an inbox and a desk take to begin with a long log behind them
    #[command(after_help = COLD_EXAMPLES)]
    Cold {
        #[command(flatten)]
        options: Options,
        /// A folder on the disk to measure, not in memory; what is made in it is removed. By default this program's own
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// A whole relay under load: TLS in, opened, durable, shuffled, TLS out; and its memory
    #[command(after_help = RELAY_EXAMPLES)]
    Relay {
        #[command(flatten)]
        options: Options,
        /// A folder on the disk to measure, not in memory; what is made in it is removed. By default this program's own
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        /// How many packets pass before its memory is looked at last; a million take some minutes
        #[arg(long, value_name = "NUMBER", default_value_t = PACKETS)]
        packets: usize,
    },
    /// A directory of a thousand relays, verified
    #[command(after_help = DIRECTORY_EXAMPLES)]
    Directory(Options),
    /// Admission tokens: issuing and verifying them on one core, and what asking for them costs a device
    #[command(after_help = TOKENS_EXAMPLES)]
    Tokens(Options),
    /// One hop of a packet, and building one, on one core: beside sphinx-packet, nym-outfox, ohttp, hpke and aws-lc alone
    #[command(after_help = PACKET_EXAMPLES)]
    Packet(Options),
    /// A desk's sweep over cells, on one core: beside hpke, and age and gpg as whole processes where they are installed
    #[command(after_help = SWEEP_EXAMPLES)]
    Sweep(Options),
    /// What this program starts itself, to learn how much memory one thing takes
    #[command(hide = true)]
    Alone {
        /// The thing
        #[arg(value_enum)]
        what: memory::Alone,
        /// Where its input is
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Options {
    /// Print one JSON object a figure: name, value, unit, ratio_to, ratio
    #[arg(long)]
    json: bool,
    /// A tenth of everything and fewer rounds: to see that it works
    #[arg(long)]
    quick: bool,
}

const EXAMPLES: &str = "Examples:
  brolly-bench logs
  brolly-bench logs --json >figures
  brolly-bench logs --quick
  brolly-bench inbox --folder /srv";
const INBOX_EXAMPLES: &str = "Examples:
  brolly-bench inbox
  brolly-bench inbox --folder /srv
  brolly-bench inbox --json --quick >figures";
const ALL_EXAMPLES: &str = "Examples:
  brolly-bench all --folder /srv
  brolly-bench all --quick
  brolly-bench all --json >figures";
const COLD_EXAMPLES: &str = "Examples:
  brolly-bench cold
  brolly-bench cold --json --quick >figures";
const POOL_EXAMPLES: &str = "Examples:
  brolly-bench pool
  brolly-bench pool --folder /srv
  brolly-bench pool --json --quick >figures";
const REPLAY_EXAMPLES: &str = "Examples:
  brolly-bench replay
  brolly-bench replay --json --quick >figures";
const RELAY_EXAMPLES: &str = "Examples:
  brolly-bench relay --folder /srv
  brolly-bench relay --packets 1000000
  brolly-bench relay --json --quick >figures";
const DIRECTORY_EXAMPLES: &str = "Examples:
  brolly-bench directory
  brolly-bench directory --json >figures";
const TOKENS_EXAMPLES: &str = "Examples:
  brolly-bench tokens
  brolly-bench tokens --json --quick >figures";

const PACKET_EXAMPLES: &str = "Examples:
  brolly-bench packet
  brolly-bench packet --json >figures
  brolly-bench packet --quick";
const SWEEP_EXAMPLES: &str = "Examples:
  brolly-bench sweep
  brolly-bench sweep --json --quick >figures";

/// Why a measurement cannot be made.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let done = match Bench::parse().what {
        What::Logs(options) => {
            let mut sheet = Sheet::new(options.json);
            logs::run(&mut sheet, options.quick).and_then(|()| Ok(sheet.close()?))
        }
        What::Inbox { options, folder } => {
            let mut sheet = Sheet::new(options.json);
            inbox::run(&mut sheet, folder.as_deref(), options.quick)
                .and_then(|()| Ok(sheet.close()?))
        }
        What::Pool { options, folder } => {
            let mut sheet = Sheet::new(options.json);
            pool::run(&mut sheet, folder.as_deref(), options.quick)
                .and_then(|()| Ok(sheet.close()?))
        }
        What::Replay { options, folder } => {
            let mut sheet = Sheet::new(options.json);
            replay::run(&mut sheet, folder.as_deref(), options.quick)
                .and_then(|()| Ok(sheet.close()?))
        }
        What::Cold { options, folder } => {
            let mut sheet = Sheet::new(options.json);
            cold::run(&mut sheet, folder.as_deref(), options.quick)
                .and_then(|()| Ok(sheet.close()?))
        }
        What::All {
            options,
            folder,
            packets,
        } => {
            let mut sheet = Sheet::new(options.json);
            all(&mut sheet, folder.as_deref(), packets, options.quick)
                .and_then(|()| Ok(sheet.close()?))
        }
        What::Relay {
            options,
            folder,
            packets,
        } => {
            let mut sheet = Sheet::new(options.json);
            relay::run(&mut sheet, folder.as_deref(), packets, options.quick)
                .and_then(|()| Ok(sheet.close()?))
        }
        What::Directory(options) => {
            let mut sheet = Sheet::new(options.json);
            directory::run(&mut sheet, options.quick).and_then(|()| Ok(sheet.close()?))
        }
        What::Tokens(options) => {
            let mut sheet = Sheet::new(options.json);
            tokens::run(&mut sheet, options.quick).and_then(|()| Ok(sheet.close()?))
        }
        What::Packet(options) => {
            let mut sheet = Sheet::new(options.json);
            packet::run(&mut sheet, options.quick).and_then(|()| Ok(sheet.close()?))
        }
        What::Sweep(options) => {
            let mut sheet = Sheet::new(options.json);
            sweep::run(&mut sheet, options.quick).and_then(|()| Ok(sheet.close()?))
        }
        What::Alone { what, folder } => what.run(&folder),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("brolly-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all(sheet: &mut Sheet, folder: Option<&Path>, packets: usize, quick: bool) -> Outcome {
    packet::run(sheet, quick)?;
    sweep::run(sheet, quick)?;
    relay::run(sheet, folder, packets, quick)?;
    pool::run(sheet, folder, quick)?;
    replay::run(sheet, folder, quick)?;
    cold::run(sheet, folder, quick)?;
    inbox::run(sheet, folder, quick)?;
    logs::run(sheet, quick)?;
    directory::run(sheet, quick)?;
    tokens::run(sheet, quick)?;
    Ok(sheet.table()?)
}

/// Packets that pass a relay before its memory is looked at last, unless somebody asks for more.
const PACKETS: usize = 100_000;
