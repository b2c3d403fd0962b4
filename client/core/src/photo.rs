//! Makes a photograph fit to send: whatever came in, pixels alone go out.
//!
//! The file's kind is read from its bytes, never from its name. Its pixels are decoded under limits, turned the
//! right way up, laid on white and encoded afresh, so nothing else of the original can travel.

mod container;
mod fit;
#[cfg(test)]
mod fixtures;
mod kind;
mod metadata;
#[cfg(test)]
mod tests;

use core::fmt;
use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult, Limits, Rgb, RgbImage, Rgba};

use container::{Container, Format};
pub use kind::Kind;
pub use metadata::Removed;

/// Decodes a JPEG, PNG or still WebP and encodes its pixels as a fresh baseline JPEG of at most `limit` bytes.
///
/// Takes the largest picture, up to 1,280 pixels a side, that stays above a readable quality. The same bytes and
/// limit always give the same JPEG.
///
/// # Errors
/// Each [`PhotoError`] is one plain sentence that says what to do.
pub fn prepare(bytes: &[u8], limit: usize) -> Result<Prepared, PhotoError> {
    let container = Container::read(bytes).map_err(PhotoError::NotAPhotograph)?;
    if let Some((width, height)) = container.size
        && (width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS)
    {
        return Err(PhotoError::TooLarge { width, height });
    }
    if !container.complete {
        return Err(PhotoError::Damaged);
    }
    let pixels = decode(bytes, container.format).map_err(|_| PhotoError::Damaged)?;
    let (jpeg, width, height) =
        fit::encode(&pixels, limit).ok_or(PhotoError::CannotFit { limit })?;
    Ok(Prepared {
        jpeg,
        width,
        height,
        removed: container.removed.into_iter().collect(),
    })
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

fn decode(bytes: &[u8], format: Format) -> ImageResult<DynamicImage> {
    let file = Cursor::new(bytes);
    match format {
        Format::Jpeg => upright(JpegDecoder::new(file)?),
        Format::Png => upright(PngDecoder::with_limits(file, Limits::default())?),
        Format::WebP => upright(WebPDecoder::new(file)?),
    }
}

/// Shrinks before turning, so that a large picture is held once.
fn upright(mut decoder: impl ImageDecoder) -> ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_PIXELS * MAX_BYTES_A_PIXEL);
    limits.clone().reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let pixels = on_white(DynamicImage::from_decoder(decoder)?);
    let mut image = fit::shrink(DynamicImage::ImageRgb8(pixels));
    image.apply_orientation(orientation);
    Ok(image)
}

fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let Rgba([r, g, b, alpha]) = *rgba.get_pixel(x, y);
        let over = |value: u8| {
            let sum = u32::from(value) * u32::from(alpha) + 255 * u32::from(255 - alpha);
            u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
        };
        Rgb([over(r), over(g), over(b)])
    })
}

const MAX_SIDE: u32 = 12_000;
const MAX_PIXELS: u64 = 50_000_000;
/// Four channels of 16 bits, the widest pixel the decoders give.
const MAX_BYTES_A_PIXEL: u64 = 8;
