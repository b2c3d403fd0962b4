//! What a person writes to be sent: from the terminal or a file, looked at once more before it goes.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};

/// Why there is no text to send.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// Nobody to write one.
    #[error(
        "there is no terminal to write the text on: name a file of it with --text-file, or `-` for standard input"
    )]
    NoTerminal,
    /// Nobody to ask.
    #[error("there is no terminal to ask whether this is to be sent: look at it, then add --yes")]
    Unasked,
    /// The answer was no.
    #[error("nothing was sent")]
    Declined,
    /// The system refused.
    #[error("{} cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Over 64 KiB.
    #[error("{} has more than 64 KiB: it is not the text that was meant", .0.display())]
    TooLong(PathBuf),
    /// Not text.
    #[error("{} is not UTF-8 text: save it as plain text", .0.display())]
    NotText(PathBuf),
    /// Nothing in it.
    #[error("the text is empty: write something")]
    Empty,
    /// Something that a screen obeys instead of showing it.
    #[error("the text holds the invisible character U+{0:04X}: take it out")]
    Character(u32),
}

/// Reads a text from `file`, `-` being standard input; without one, lines from a person at the terminal.
///
/// # Errors
/// [`ComposeError`].
pub fn text(file: Option<&Path>, prompt: &str) -> Result<String, ComposeError> {
    let said = match file {
        Some(path) if path == Path::new("-") => read(io::stdin().lock(), path)?,
        Some(path) => {
            let file = File::open(path).map_err(|reason| failed(path, reason))?;
            read(file, path)?
        }
        None if !is_terminal() => return Err(ComposeError::NoTerminal),
        None => {
            tell(&format!("{prompt} An empty line ends it."));
            lines(io::stdin().lock())?
        }
    };
    clean(&said)
}

/// A text as it is sent: line ends are `\n`, none at the end, and no other control character in it.
///
/// # Errors
/// [`ComposeError::Empty`], [`ComposeError::Character`].
pub fn clean(said: &str) -> Result<String, ComposeError> {
    let text = said.replace("\r\n", "\n");
    let text = text.trim();
    match text.chars().find(|c| c.is_control() && *c != '\n') {
        Some(c) => Err(ComposeError::Character(c.into())),
        None if text.is_empty() => Err(ComposeError::Empty),
        None => Ok(text.to_owned()),
    }
}

/// Asks whether to send what was shown, unless `yes` says so.
///
/// # Errors
/// [`ComposeError::Unasked`], [`ComposeError::Declined`].
pub fn confirm(yes: bool, question: &str) -> Result<(), ComposeError> {
    if yes {
        return Ok(());
    }
    if !is_terminal() {
        return Err(ComposeError::Unasked);
    }
    let _ = write!(io::stderr().lock(), "{question} [y/N] ");
    agreed(io::stdin().lock())
}

/// Says something to the person at the terminal, apart from the result on standard output.
pub fn tell(sentence: &str) {
    // With nobody to read it there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{sentence}");
}

fn agreed(mut from: impl BufRead) -> Result<(), ComposeError> {
    let mut line = String::new();
    let read = from.read_line(&mut line);
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" if read.is_ok() => Ok(()),
        _ => Err(ComposeError::Declined),
    }
}

fn lines(from: impl BufRead) -> Result<String, ComposeError> {
    let mut text = String::new();
    for line in from.take(LIMIT).lines() {
        let line = line.map_err(|reason| failed(Path::new("the terminal"), reason))?;
        if line.trim().is_empty() {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn read(from: impl Read, path: &Path) -> Result<String, ComposeError> {
    let mut bytes = Vec::new();
    let length = from
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|reason| failed(path, reason))?;
    if u64::try_from(length).is_ok_and(|length| length > LIMIT) {
        return Err(ComposeError::TooLong(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| ComposeError::NotText(path.to_owned()))
}

fn failed(path: &Path, reason: io::Error) -> ComposeError {
    let path = path.to_owned();
    ComposeError::Read { path, reason }
}

fn is_terminal() -> bool {
    io::IsTerminal::is_terminal(&io::stdin())
}

/// 64 KiB.
const LIMIT: u64 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_or_the_end_ends_what_is_typed() {
        for typed in ["one\ntwo\n\nthree\n", "one\ntwo", "one\r\ntwo\r\n \nthree"] {
            let text = lines(typed.as_bytes()).unwrap();
            assert_eq!(clean(&text).unwrap(), "one\ntwo");
        }
        let nothing = clean(&lines(&b"\nlate"[..]).unwrap());
        assert!(matches!(nothing, Err(ComposeError::Empty)));
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "Yes\n", " YES"] {
            assert!(agreed(yes.as_bytes()).is_ok());
        }
        for no in ["", "\n", "n\n", "yesterday\n"] {
            let answer = agreed(no.as_bytes());
            assert!(matches!(answer, Err(ComposeError::Declined)), "{no:?}");
        }
        assert!(agreed(&b"y\xff\n"[..]).is_err());
    }

    #[test]
    fn a_text_that_a_screen_would_obey_is_refused() {
        assert_eq!(clean(" a\r\nb\n\n").unwrap(), "a\nb");
        for bad in ["a\u{1b}[2Jb", "a\tb", "a\u{9b}b", "a\u{7}b"] {
            let refused = clean(bad).unwrap_err().to_string();
            assert!(refused.contains("U+00"), "{refused}");
        }
    }

    #[test]
    fn a_file_that_is_no_text_or_too_long_is_refused() {
        let path = Path::new("answer.txt");
        let long = vec![b'x'; (1 << 16) + 1];
        for (bytes, words) in [
            (&b"\xff\xfe"[..], "is not UTF-8"),
            (&long, "more than 64 KiB"),
        ] {
            let refused = read(bytes, path).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
        assert_eq!(read(&b"words"[..], path).unwrap(), "words");
    }
}
