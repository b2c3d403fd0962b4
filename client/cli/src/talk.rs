//! Asking and being answered, one line at a time.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use brolly_shell::cli::Failure;
use zeroize::Zeroizing;

/// A conversation: lines come from standard input, words go to standard error.
pub(crate) struct Talk<'a> {
    input: Box<dyn BufRead + 'a>,
    output: Box<dyn Write + 'a>,
    /// Whether somebody is there to be asked.
    pub(crate) terminal: bool,
}

impl<'a> Talk<'a> {
    /// With whoever started the program.
    pub(crate) fn stdio() -> Self {
        Self {
            terminal: io::stdin().is_terminal(),
            input: Box::new(io::stdin().lock()),
            output: Box::new(io::stderr()),
        }
    }

    /// With a script, as if it were typed.
    #[cfg(test)]
    pub(crate) fn scripted(input: &'a str, output: &'a mut Vec<u8>) -> Self {
        Self {
            terminal: true,
            input: Box::new(input.as_bytes()),
            output: Box::new(output),
        }
    }

    /// Says something.
    pub(crate) fn say(&mut self, text: &str) {
        self.write(&format!("{text}\n"));
    }

    /// The next line, without what ends it. The question is put only to a terminal.
    pub(crate) fn line(&mut self, question: &str) -> Result<Zeroizing<String>, Failure> {
        if self.terminal {
            self.write(question);
        }
        // One buffer of full size: growing would leave copies behind.
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let mut read = self.input.by_ref().take(limit).read_until(b'\n', &mut line);
        while self.terminal && matches!(read, Ok(length) if length >= TERMINAL) {
            self.say("That line was longer than a terminal passes on, and its end is lost: write it again in shorter lines.");
            line.clear();
            read = self.input.by_ref().take(limit).read_until(b'\n', &mut line);
        }
        match read {
            Ok(0) => Err(Failure::failed(
                "the input ended before everything was answered",
            )),
            Ok(length) if length == LONGEST && !line.ends_with(b"\n") => Err(Failure::failed(
                "this line is too long: write it in several lines, or use --from",
            )),
            Ok(_) => match std::str::from_utf8(&line) {
                Ok(text) => Ok(Zeroizing::new(
                    text.trim_end_matches(['\r', '\n']).to_owned(),
                )),
                Err(_) => Err(Failure::failed("this is not UTF-8 text")),
            },
            Err(error) => Err(Failure::failed(format!("cannot read the answer: {error}"))),
        }
    }

    /// Asks for a few words; none is an answer too.
    pub(crate) fn ask(&mut self, question: &str) -> Result<String, Failure> {
        Ok(self.line(&format!("{question} "))?.trim().to_owned())
    }

    /// Asks for several lines, up to an empty one.
    pub(crate) fn ask_at_length(&mut self, question: &str) -> Result<String, Failure> {
        self.say(question);
        let mut lines = Vec::new();
        loop {
            let line = self.line("> ")?;
            if line.trim().is_empty() {
                return Ok(lines.join("\n"));
            }
            lines.push(line.trim_end().to_owned());
        }
    }

    /// Asks yes or no; anything but a yes is a no.
    pub(crate) fn yes(&mut self, question: &str) -> Result<bool, Failure> {
        loop {
            let answer = self.ask(&format!("{question} [y/N]"))?.to_lowercase();
            match answer.as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => return Ok(false),
                _ => self.say("Please type y or n, and press Enter."),
            }
        }
    }

    /// Asks until `read` understands; an empty answer leaves it open.
    pub(crate) fn read<T, E: std::fmt::Display>(
        &mut self,
        question: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Failure> {
        loop {
            let answer = self.ask(question)?;
            if answer.is_empty() {
                return Ok(None);
            }
            match read(&answer) {
                Ok(value) => return Ok(Some(value)),
                Err(error) => self.say(&format!(
                    "{error}. Try again, or press Enter to leave it out."
                )),
            }
        }
    }

    /// Asks for any number of a list.
    pub(crate) fn choose<T: Copy>(
        &mut self,
        question: &str,
        choices: &[(&str, T)],
    ) -> Result<Vec<T>, Failure> {
        self.say(question);
        for (number, (name, _)) in (1..).zip(choices) {
            self.say(&format!("  {number:>2}  {name}"));
        }
        let pick = |word: &str| {
            let number = word.parse::<usize>().ok()?.checked_sub(1)?;
            choices.get(number).map(|(_, choice)| *choice)
        };
        let picked = self.read("Numbers:", |answer| {
            answer
                .split([' ', ','])
                .filter(|word| !word.is_empty())
                .map(pick)
                .collect::<Option<Vec<T>>>()
                .ok_or_else(|| format!("Type numbers from 1 to {}", choices.len()))
        })?;
        Ok(picked.unwrap_or_default())
    }

    fn write(&mut self, text: &str) {
        // With nobody to read it, the answers will be missing too.
        let _ = self
            .output
            .write_all(text.as_bytes())
            .and_then(|()| self.output.flush());
    }
}

/// Bytes of a line that a terminal passes on; the rest of a longer one is dropped without a word (`N_TTY_BUF_SIZE`).
const TERMINAL: usize = 4095;
/// Bytes of a line.
const LONGEST: usize = 64 << 10;

/// Does something with a script, and gives what was shown as well.
#[cfg(test)]
pub(crate) fn with<T>(script: &str, talk: impl FnOnce(&mut Talk<'_>) -> T) -> (T, String) {
    let mut shown = Vec::new();
    let result = talk(&mut Talk::scripted(script, &mut shown));
    (result, String::from_utf8_lossy(&shown).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        let script = "perhaps\nYES\n\nn\n";
        let (answers, shown) = with(script, |talk| {
            [(); 3].map(|()| talk.yes("Send it?").unwrap())
        });
        assert_eq!(answers, [true, false, false]);
        assert!(shown.contains("Please type y or n"));
        assert!(with("", |talk| talk.yes("Send it?")).0.is_err());
    }

    #[test]
    fn choices_are_numbers_of_the_list() {
        let list = [("one", 'a'), ("two", 'b')];
        let choose = |script| with(script, |talk| talk.choose("Which?", &list).unwrap()).0;
        assert_eq!(choose("2, 1\n"), ['b', 'a']);
        assert_eq!(choose("0\n3\nb\n1\n"), ['a']);
        assert!(choose("\n").is_empty());
    }

    #[test]
    fn lines_end_at_an_empty_one_and_have_a_limit() {
        let (text, _) = with("one \r\ntwo\n\nrest\n", |talk| {
            talk.ask_at_length("?").unwrap()
        });
        assert_eq!(text, "one\ntwo");
        let cut = format!("{}\nshorter\n", "x".repeat(TERMINAL));
        let (line, shown) = with(&cut, |talk| talk.line("?").unwrap().to_string());
        assert_eq!(line, "shorter");
        assert!(shown.contains("its end is lost"), "{shown}");
    }
}
