//! Reading it character by character: a header, a key, a value.

use alloc::string::String;
use alloc::vec::Vec;
use core::iter::Peekable;
use core::str::CharIndices;

use super::{Value, Wrong};

pub(super) struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            chars: text.char_indices().peekable(),
        }
    }

    pub(super) fn at(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    pub(super) fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn next(&mut self) -> Option<char> {
        self.chars.next().map(|(_, c)| c)
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.chars.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn needs(&mut self, wanted: char, what: &'static str) -> Result<(), Wrong> {
        let at = self.at();
        match self.takes(wanted) {
            true => Ok(()),
            false => Err((at, what)),
        }
    }

    pub(super) fn blank(&mut self) {
        while self.takes(' ') || self.takes('\t') {}
    }

    pub(super) fn end_of_line(&mut self) -> Result<(), Wrong> {
        self.comment()?;
        let at = self.at();
        match self.next() {
            None | Some('\n') => Ok(()),
            Some(_) => Err((at, "a line has one thing in it")),
        }
    }

    fn comment(&mut self) -> Result<(), Wrong> {
        self.blank();
        if self.takes('#') {
            while let Some(c) = self.peek().filter(|c| *c != '\n') {
                if is_control(c) {
                    return Err((self.at(), "a control character"));
                }
                self.next();
            }
        }
        Ok(())
    }

    pub(super) fn header(&mut self) -> Result<(Vec<String>, bool), Wrong> {
        self.next();
        let several = self.takes('[');
        let mut path = Vec::new();
        loop {
            self.blank();
            path.push(self.key()?);
            self.blank();
            if !self.takes('.') {
                break;
            }
        }
        self.needs(']', "a table's name ends with ]")?;
        if several {
            self.needs(']', "a table's name that began with [[ ends with ]]")?;
        }
        Ok((path, several))
    }

    pub(super) fn pair(&mut self) -> Result<(String, Value), Wrong> {
        let key = self.key()?;
        self.blank();
        self.needs('=', "a key has a = and a value behind it")?;
        self.blank();
        Ok((key, self.value()?))
    }

    fn key(&mut self) -> Result<String, Wrong> {
        let at = self.at();
        let key = self.word();
        match key.is_empty() {
            true => Err((at, "a key has letters, digits, - and _ alone")),
            false => Ok(key),
        }
    }

    fn word(&mut self) -> String {
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        core::iter::from_fn(|| self.chars.next_if(|(_, c)| plain(c)))
            .map(|(_, c)| c)
            .collect()
    }

    fn value(&mut self) -> Result<Value, Wrong> {
        let at = self.at();
        match self.peek() {
            Some('"' | '\'') => Ok(Value::Text(self.quoted()?)),
            Some('[') => self.list(),
            _ => {
                let word = self.word();
                match word.as_str() {
                    "true" => Ok(Value::Truth(true)),
                    "false" => Ok(Value::Truth(false)),
                    word => number(word).map(Value::Number).ok_or((at, VALUE)),
                }
            }
        }
    }

    fn list(&mut self) -> Result<Value, Wrong> {
        self.next();
        let mut all = Vec::new();
        loop {
            self.lines()?;
            if self.takes(']') {
                return Ok(Value::List(all));
            }
            all.push(Value::Text(self.quoted()?));
            self.lines()?;
            if !self.takes(',') {
                self.needs(
                    ']',
                    "texts in a list have a comma between them, and a ] ends it",
                )?;
                return Ok(Value::List(all));
            }
        }
    }

    fn lines(&mut self) -> Result<(), Wrong> {
        self.comment()?;
        while self.takes('\n') {
            self.comment()?;
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<String, Wrong> {
        let at = self.at();
        let quote = self.next().filter(|c| "\"'".contains(*c));
        let quote = quote.ok_or((at, "a list has texts in it, each in quotes"))?;
        if !self.takes(quote) {
            return self.text(at, quote, false);
        }
        match self.takes(quote) {
            true => {
                self.takes('\n');
                self.text(at, quote, true)
            }
            false => Ok(String::new()),
        }
    }

    /// A text from behind its opening quotes on: one that began with three of them may have several lines.
    fn text(&mut self, begun: usize, quote: char, lines: bool) -> Result<String, Wrong> {
        let mut text = String::new();
        loop {
            let at = self.at();
            match self.next() {
                Some(c) if c == quote && !lines => return Ok(text),
                Some(c) if c == quote => {
                    let more = core::iter::from_fn(|| self.takes(quote).then_some(quote));
                    let count = 1 + more.count();
                    // The last three end it.
                    text.extend(core::iter::repeat_n(
                        quote,
                        count.checked_sub(3).unwrap_or(count),
                    ));
                    match count {
                        ..3 => {}
                        3..=5 => return Ok(text),
                        _ => return Err((at, "too many quotes")),
                    }
                }
                Some('\\') if quote == '"' => text.push(self.escaped(at)?),
                Some('\n') if lines => text.push('\n'),
                Some(c) if !is_control(c) => text.push(c),
                _ => return Err((begun, "this text does not end, or has a control character")),
            }
        }
    }

    fn escaped(&mut self, at: usize) -> Result<char, Wrong> {
        let wrong = (at, "nothing is written so");
        Ok(match self.next().ok_or(wrong)? {
            '"' => '"',
            '\\' => '\\',
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            'u' => self.code(4).ok_or(wrong)?,
            'U' => self.code(8).ok_or(wrong)?,
            _ => return Err(wrong),
        })
    }

    fn code(&mut self, digits: usize) -> Option<char> {
        let mut code = 0u32;
        for _ in 0..digits {
            code = code.checked_mul(16)? + self.next()?.to_digit(16)?;
        }
        char::from_u32(code)
    }
}

fn number(word: &str) -> Option<u64> {
    let digits = word.bytes().all(|b| b.is_ascii_digit());
    let plain = digits && (word == "0" || !word.starts_with('0'));
    let number = word.parse().ok().filter(|_| plain)?;
    (number <= LARGEST).then_some(number)
}

fn is_control(c: char) -> bool {
    c.is_ascii_control() && c != '\t'
}

const VALUE: &str =
    "a value is a text in quotes, a whole number, true, false, or a list of texts in [ ]";
/// TOML's own.
const LARGEST: u64 = i64::MAX.unsigned_abs();
