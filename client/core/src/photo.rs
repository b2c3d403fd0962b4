//! Makes a photograph fit to send: whatever came in, pixels alone go out.
//!
//! ```text
//! file ──decode──┐
//!                ├─▶ Pixels, upright, at most 1,280 a side ──fit──▶ a fresh JPEG that is short enough
//! a browser's ───┘
//! ```
//!
//! The file's kind is read from its bytes, never from its name. Its pixels are decoded under limits, turned the
//! right way up, laid on white and encoded afresh, so nothing else of the original can travel.

mod container;
#[cfg(feature = "decode")]
mod decode;
mod fit;
#[cfg(test)]
mod fixtures;
mod kind;
mod metadata;
#[cfg(test)]
mod tests;

use core::fmt;

use image::{Rgb, RgbImage, RgbaImage};

use container::Container;
pub use container::Format;
pub use kind::Kind;
pub use metadata::Removed;

/// Decodes a JPEG, PNG or still WebP and encodes its pixels as a fresh baseline JPEG of at most `limit` bytes.
///
/// Takes the largest picture, up to 1,280 pixels a side, that stays above a readable quality. The same bytes and
/// limit always give the same JPEG.
///
/// # Errors
/// Each [`PhotoError`] is one plain sentence that says what to do.
#[cfg(feature = "decode")]
pub fn prepare(bytes: &[u8], limit: usize) -> Result<Prepared, PhotoError> {
    Pixels::decode(bytes)?.fit(limit)
}

/// What a file says of itself before anything is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// What kind of photograph it is.
    pub format: Format,
    /// Its width in pixels, as it is shown.
    pub width: u32,
    /// Its height in pixels, as it is shown.
    pub height: u32,
    /// What it holds besides pixels, and does not travel: sorted, each at most once.
    pub removed: Vec<Removed>,
}

impl Look {
    /// Looks at a file.
    ///
    /// # Errors
    /// [`PhotoError`]: it is no photograph that can be sent.
    pub fn at(bytes: &[u8]) -> Result<Self, PhotoError> {
        let container = Container::read(bytes).map_err(PhotoError::NotAPhotograph)?;
        if let Some((width, height)) = container.size
            && (width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS)
        {
            return Err(PhotoError::TooLarge { width, height });
        }
        let size = container.size.filter(|_| container.complete);
        let (width, height) = match (size.ok_or(PhotoError::Damaged)?, container.turned) {
            (size, false) => size,
            ((width, height), true) => (height, width),
        };
        Ok(Self {
            format: container.format,
            width,
            height,
            removed: container.removed.into_iter().collect(),
        })
    }
}

/// A photograph's pixels, upright and on white, at most 1,280 a side.
#[derive(Clone)]
pub struct Pixels {
    image: RgbImage,
    removed: Vec<Removed>,
}

impl Pixels {
    /// Takes pixels that a browser decoded: red, green, blue and alpha. Of the `original` file only what does not travel is read.
    ///
    /// # Errors
    /// [`PhotoError::Damaged`] when they are not `width` times `height` pixels; [`PhotoError::TooLarge`].
    pub fn of_rgba(
        rgba: Vec<u8>,
        width: u32,
        height: u32,
        original: &[u8],
    ) -> Result<Self, PhotoError> {
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(PhotoError::TooLarge { width, height });
        }
        let image = RgbaImage::from_raw(width, height, rgba)
            .filter(|image| !image.is_empty())
            .ok_or(PhotoError::Damaged)?;
        // What a browser can read and is not known here may hold anything.
        let removed = match Container::read(original) {
            Ok(container) => container.removed.into_iter().collect(),
            Err(_) => vec![Removed::Other],
        };
        Ok(Self {
            image: fit::shrink(on_white(&image)),
            removed,
        })
    }

    /// Encodes as a fresh baseline JPEG of at most `limit` bytes: the largest picture that stays above a readable quality. The
    /// same pixels and limit always give the same JPEG.
    ///
    /// # Errors
    /// [`PhotoError::CannotFit`].
    pub fn fit(&self, limit: usize) -> Result<Prepared, PhotoError> {
        let fitted = fit::encode(&self.image, limit);
        let (jpeg, width, height) = fitted.ok_or(PhotoError::CannotFit { limit })?;
        Ok(Prepared {
            jpeg,
            width,
            height,
            removed: self.removed.clone(),
        })
    }
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pixels")
            .field("width", &self.image.width())
            .field("height", &self.image.height())
            .field("removed", &self.removed)
            .finish_non_exhaustive()
    }
}

/// A photograph ready to send.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prepared {
    /// A baseline JPEG that carries pixels and nothing else.
    pub jpeg: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What the original also held, and does not travel: sorted, each at most once. For showing only.
    pub removed: Vec<Removed>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("bytes", &self.jpeg.len())
            .field("width", &self.width)
            .field("height", &self.height)
            .field("removed", &self.removed)
            .finish_non_exhaustive()
    }
}

/// Why a file cannot be sent as a photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoError {
    /// The bytes are of another kind of file.
    #[error("{0}")]
    NotAPhotograph(Kind),
    /// The file ends early, or its contents contradict each other.
    #[error(
        "this photograph is damaged or incomplete: copy it from where you have it once more, \
         or open it, take a screenshot and send that"
    )]
    Damaged,
    /// The file's header claims more pixels than are decoded.
    #[error(
        "this photograph is too large, {width} by {height} pixels: \
         make it at most {MAX_SIDE} pixels a side and 50 megapixels in all, or send a screenshot of it"
    )]
    TooLarge {
        /// Claimed width in pixels.
        width: u32,
        /// Claimed height in pixels.
        height: u32,
    },
    /// Even the smallest readable version is longer than the limit.
    #[error(
        "this photograph cannot be made to fit in {limit} bytes: shorten the words of the report, or leave it out"
    )]
    CannotFit {
        /// The limit, in bytes.
        limit: usize,
    },
}

fn on_white(rgba: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let image::Rgba([r, g, b, alpha]) = *rgba.get_pixel(x, y);
        let over = |value: u8| {
            let sum = u32::from(value) * u32::from(alpha) + 255 * u32::from(255 - alpha);
            u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
        };
        Rgb([over(r), over(g), over(b)])
    })
}

/// The longest side that is decoded, in pixels.
pub const MAX_SIDE: u32 = 12_000;
/// The most pixels that are.
pub const MAX_PIXELS: u64 = 50_000_000;
