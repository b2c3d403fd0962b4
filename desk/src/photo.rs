//! A photograph from a report, rendered to pixels by a subprocess (SPEC §11.5).
//!
//! ```text
//!  this process, which holds keys and reports         brolly-desk render-photo: no keys, no environment
//!   JPEG, at most 64 KiB ──────── stdin ────────────▶ limits on memory, time, files ─▶ decode
//!   PNG, at most 64 MiB, ◀─────── stdout ──────────── encode ◀─ pixels ◀──────────────────┘
//!   signature and header checked, never decoded
//! ```
//!
//! Nothing in this process decodes an image. Whatever the subprocess does, it ends within 30 s.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub mod render;

/// A program that turns a JPEG on its standard input into a PNG on its standard output.
#[derive(Debug, Clone)]
pub struct Renderer {
    program: PathBuf,
    patience: Duration,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoError {
    /// Over 64 KiB: no report has room for that.
    #[error("the photograph has {0} bytes, more than a report has room for: it is not opened")]
    TooLong(usize),
    /// Bytes of something else.
    #[error("what was sent as a photograph is not a JPEG: it is not opened")]
    NotAJpeg,
    /// Its size.
    #[error(
        "the photograph claims to be larger than {side} by {side} pixels, which no Brolly client sends: it is not opened",
        side = render::SIDE
    )]
    TooLarge,
    /// Its content.
    #[error("the photograph is damaged or incomplete and cannot be shown")]
    Damaged,
    /// The system ended the subprocess, or it ended itself without an answer.
    #[error(
        "the subprocess that opens the photograph ended without a picture ({0}): the photograph may be made to do harm, so open it on no other machine"
    )]
    Died(String),
    /// Its time was over.
    #[error(
        "the photograph took longer than {} s to open and was given up: it may be made to do harm, so open it on no other machine", .0.as_secs()
    )]
    TimedOut(Duration),
    /// The subprocess answered something else.
    #[error(
        "the subprocess that opens the photograph answered with something else than a picture: the photograph may be made to do harm, so open it on no other machine"
    )]
    NotAPicture,
    /// The subprocess cannot be started.
    #[error("the subprocess that opens photographs cannot be started: {0}")]
    Start(io::Error),
}

impl Renderer {
    /// This program, run again with its hidden subcommand.
    ///
    /// # Errors
    /// [`PhotoError::Start`] if the system does not say where this program is.
    pub fn this_program() -> Result<Self, PhotoError> {
        std::env::current_exe()
            .map(Self::at)
            .map_err(PhotoError::Start)
    }

    /// The program `program`, called with the argument `render-photo`.
    pub fn at(program: PathBuf) -> Self {
        Self {
            program,
            patience: PATIENCE,
        }
    }

    /// The same, with another time after which it is ended.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Renders a JPEG of at most 64 KiB into a PNG of at most 64 MiB.
    ///
    /// # Errors
    /// [`PhotoError`].
    pub fn render(&self, jpeg: &[u8]) -> Result<Vec<u8>, PhotoError> {
        if jpeg.len() > render::INPUT {
            return Err(PhotoError::TooLong(jpeg.len()));
        }
        let mut child = Command::new(&self.program)
            .arg(COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What it might say could hold what the photograph made it say.
            .stderr(Stdio::null())
            .spawn()
            .map_err(PhotoError::Start)?;
        let answer = self.exchange(&mut child, jpeg.to_vec());
        // Whether it is done or not: nothing of it may stay behind.
        let _ = child.kill();
        let status = child.wait().map_err(PhotoError::Start)?;
        let png = answer.ok_or(PhotoError::TimedOut(self.patience))?;
        check(status, png)
    }

    /// What the child answers, or nothing if it takes too long. Reading stops one byte over the limit.
    fn exchange(&self, child: &mut Child, jpeg: Vec<u8>) -> Option<Vec<u8>> {
        let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
        thread::spawn(move || {
            // A child that reads no further says why with its exit code.
            let _ = stdin.write_all(&jpeg);
        });
        let (done, answer) = mpsc::channel();
        thread::spawn(move || {
            let mut png = Vec::new();
            let read = stdout.take(OUTPUT_U64 + 1).read_to_end(&mut png);
            // If nobody waits any more, the time was over.
            let _ = done.send(read.map(|_| png));
        });
        let png = answer.recv_timeout(self.patience).ok()?.unwrap_or_default();
        // It closed its end, or said too much. Only the first leaves an exit code worth waiting for.
        if png.len() <= OUTPUT {
            self.await_end(child)?;
        }
        Some(png)
    }

    /// Waits until the child has ended. It has closed its output, so that is at once, unless it is hostile.
    fn await_end(&self, child: &mut Child) -> Option<()> {
        let pauses = self.patience.as_millis() / PAUSE.as_millis();
        for _ in 0..=pauses {
            if child.try_wait().ok()?.is_some() {
                return Some(());
            }
            thread::sleep(PAUSE);
        }
        None
    }
}

fn check(status: ExitStatus, png: Vec<u8>) -> Result<Vec<u8>, PhotoError> {
    if png.len() > OUTPUT {
        return Err(PhotoError::NotAPicture);
    }
    match status.code() {
        Some(0) if is_png(&png) => Ok(png),
        Some(0) => Err(PhotoError::NotAPicture),
        Some(code) if code == i32::from(render::NOT_A_JPEG) => Err(PhotoError::NotAJpeg),
        Some(code) if code == i32::from(render::TOO_LARGE) => Err(PhotoError::TooLarge),
        Some(code) if code == i32::from(render::DAMAGED) => Err(PhotoError::Damaged),
        // "signal: 24 (SIGXCPU)" or "exit status: 101", in the system's words.
        _ => Err(PhotoError::Died(status.to_string())),
    }
}

/// Whether this is a PNG as our encoder begins and ends one, of a size that a photograph may have.
fn is_png(png: &[u8]) -> bool {
    let Some(rest) = png.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR") else {
        return false;
    };
    let side = |bytes: [u8; 4]| (1..=render::SIDE).contains(&u32::from_be_bytes(bytes));
    match rest {
        // Width, height, 8 bits, RGB, deflate, the five filters, not interlaced.
        [a, b, c, d, e, f, g, h, 8, 2, 0, 0, 0, ..] => {
            side([*a, *b, *c, *d])
                && side([*e, *f, *g, *h])
                && png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82")
        }
        _ => false,
    }
}

/// The hidden subcommand.
pub const COMMAND: &str = "render-photo";
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(2);
/// The most bytes of a PNG: room for every picture of the permitted size.
const OUTPUT: usize = 64 << 20;
const OUTPUT_U64: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        png.extend(width.to_be_bytes());
        png.extend(height.to_be_bytes());
        png.extend([8, 2, 0, 0, 0]);
        png.extend(b"crc, data\0\0\0\0IEND\xae\x42\x60\x82");
        png
    }

    #[test]
    fn spec_11_5_an_answer_is_a_png_of_a_permitted_size_or_nothing() {
        assert!(is_png(&png(1, 4096)));
        for (width, height) in [(0, 1), (1, 0), (4097, 1), (1, u32::MAX)] {
            assert!(!is_png(&png(width, height)), "{width} by {height}");
        }
        let good = png(10, 10);
        for at in (0..16).chain(24..29).chain(good.len() - 8..good.len()) {
            let mut bad = good.clone();
            bad[at] ^= 0x11;
            assert!(!is_png(&bad), "byte {at}");
        }
        for cut in 0..good.len() {
            assert!(!is_png(&good[..cut]), "cut at {cut}");
        }
    }

    #[test]
    fn a_photograph_that_no_report_has_room_for_starts_no_subprocess() {
        let renderer = Renderer::at("/nonexistent".into());
        let long = renderer.render(&vec![0; render::INPUT + 1]);
        assert!(matches!(long, Err(PhotoError::TooLong(65_537))));
        let none = renderer.render(&[0; 10]);
        assert!(matches!(none, Err(PhotoError::Start(_))));
    }
}
