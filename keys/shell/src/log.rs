//! The log of a daemon: a level, a name, and counts.
//!
//! Names are in the source and values are numbers, so no address, key, path or text of a peer can be logged.

use std::fmt;
use std::io::{self, Write};

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// Somebody has to act.
    Error,
    /// Something went wrong that is tried again.
    Warning,
    /// As it should be.
    Info,
}

/// What a number in the log counts. There is none for anything about a person, a peer or one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// Tries of the same thing.
    Attempts,
    /// Sizes.
    Bytes,
    /// A relay's own cover cells, which it sends through itself.
    Canaries,
    /// The place of a desk in the directory, from 1: which desk reads is on the board for everybody.
    Desk,
    /// Entries of a public log.
    Entries,
    /// The number of a key epoch.
    Epoch,
    /// Things that failed.
    Failures,
    /// Files.
    Files,
    /// Keys.
    Keys,
    /// A relay's layer in the directory.
    Layer,
    /// Packets.
    Packets,
    /// The port listened on.
    Port,
    /// Relays.
    Relays,
    /// Spans of time.
    Seconds,
    /// The size of a public log's tree.
    Size,
    /// Ticks of a pool.
    Ticks,
    /// Tokens.
    Tokens,
    /// The version of a directory.
    Version,
    /// Witnesses.
    Witnesses,
}

/// Writes one line, `level name key=value key=value`, to standard error. It has no time of its own.
pub fn event(level: Level, name: &'static str, fields: &[(Field, u64)]) {
    // With nobody to read the log there is nobody to tell.
    let _ = io::stderr()
        .lock()
        .write_all(line(level, name, fields).as_bytes());
}

fn line(level: Level, name: &'static str, fields: &[(Field, u64)]) -> String {
    let mut line = format!("{level} {name}");
    for (field, value) in fields {
        line.push_str(&format!(" {field}={value}"));
    }
    line.push('\n');
    line
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempts => "attempts",
            Self::Bytes => "bytes",
            Self::Canaries => "canaries",
            Self::Desk => "desk",
            Self::Entries => "entries",
            Self::Epoch => "epoch",
            Self::Failures => "failures",
            Self::Files => "files",
            Self::Keys => "keys",
            Self::Layer => "layer",
            Self::Packets => "packets",
            Self::Port => "port",
            Self::Relays => "relays",
            Self::Seconds => "seconds",
            Self::Size => "size",
            Self::Ticks => "ticks",
            Self::Tokens => "tokens",
            Self::Version => "version",
            Self::Witnesses => "witnesses",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_level_a_name_and_numbers() {
        let fields = [(Field::Packets, 12), (Field::Epoch, 20_000)];
        assert_eq!(
            line(Level::Info, "batch sent", &fields),
            "info batch sent packets=12 epoch=20000\n"
        );
        assert_eq!(line(Level::Error, "disk full", &[]), "error disk full\n");
    }
}
