//! A link as a QR code: squares for a terminal, a picture for paper.

use std::io::Cursor;

use fast_qr::{ECL, QRBuilder};
use image::{GrayImage, ImageFormat, Luma};
use zeroize::Zeroizing;

/// A QR code, with the light margin that it needs.
pub struct Code {
    width: usize,
    dark: Vec<bool>,
}

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// Over 2,953 bytes.
    #[error(
        "the invitation has {0} characters and no QR code holds more than 2,953, because the directory has so many entries: give it out as a link"
    )]
    TooLong(usize),
    /// The picture.
    #[error("the picture of the code cannot be written: {0}")]
    Picture(#[from] image::ImageError),
}

impl Code {
    /// The code of a link, as robust against dirt as its length allows.
    ///
    /// # Errors
    /// [`CodeError::TooLong`].
    pub fn of(link: &str) -> Result<Self, CodeError> {
        let built = [ECL::M, ECL::L]
            .into_iter()
            .find_map(|level| QRBuilder::new(link).ecl(level).build().ok());
        let code = built.ok_or(CodeError::TooLong(link.len()))?;
        let width = code.size + 2 * MARGIN;
        let dark = |at: usize| {
            let (y, x) = (at / width, at % width);
            let (y, x) = (y.checked_sub(MARGIN)?, x.checked_sub(MARGIN)?);
            let row = (y < code.size).then(|| &code[y])?;
            row.get(x).map(|module| module.value())
        };
        Ok(Self {
            width,
            dark: (0..width * width)
                .map(|at| dark(at).unwrap_or(false))
                .collect(),
        })
    }

    /// How many columns of a terminal it takes.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Two rows of squares a line, black on white whatever the terminal's colours are.
    pub fn terminal(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::new());
        let rows: Vec<&[bool]> = self.dark.chunks(self.width).collect();
        for pair in rows.chunks(2) {
            let (upper, lower) = (pair.first(), pair.get(1));
            out.push_str(COLOURS);
            for x in 0..self.width {
                let dark = |row: Option<&&[bool]>| row.and_then(|row| row.get(x)) == Some(&true);
                out.push(match (dark(upper), dark(lower)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            out.push_str(RESET);
            out.push('\n');
        }
        out
    }

    /// A PNG file.
    ///
    /// # Errors
    /// [`CodeError::Picture`].
    pub fn png(&self) -> Result<Zeroizing<Vec<u8>>, CodeError> {
        let side = u32::try_from(self.width).unwrap_or(u32::MAX);
        let side = side.saturating_mul(SQUARE);
        let dark = |x: u32, y: u32| {
            let at = |pixel: u32| usize::try_from(pixel / SQUARE).ok();
            let place = at(y)? * self.width + at(x)?;
            self.dark.get(place).copied()
        };
        let picture = GrayImage::from_fn(side, side, |x, y| {
            Luma([if dark(x, y) == Some(true) { 0 } else { 255 }])
        });
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, ImageFormat::Png)?;
        Ok(Zeroizing::new(png.into_inner()))
    }
}

/// Light squares on each side.
const MARGIN: usize = 4;
/// Pixels on each side of a square.
const SQUARE: u32 = 8;
const COLOURS: &str = "\u{1b}[38;5;16;48;5;231m";
const RESET: &str = "\u{1b}[0m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_11_14_a_terminal_shows_the_squares_of_the_code() {
        let code = Code::of("https://127.0.0.1:4433/#AQcHBwcHBwcHBwcHBwcHBwcHBwcH").unwrap();
        let shown = code.terminal();
        let mut dark = Vec::new();
        for line in shown.lines() {
            let line = line.strip_prefix(COLOURS).unwrap();
            let squares: Vec<_> = line.strip_suffix(RESET).unwrap().chars().collect();
            assert_eq!(squares.len(), code.width());
            for half in [['█', '▀'], ['█', '▄']] {
                dark.extend(squares.iter().map(|square| half.contains(square)));
            }
        }
        // The last line has a row more than the code where that is odd.
        dark.truncate(code.dark.len());
        assert_eq!(dark, code.dark);
        assert!(dark.iter().any(|dark| *dark));
        let margin = &code.dark[..MARGIN * code.width()];
        assert!(margin.iter().all(|dark| !dark));
    }
}
