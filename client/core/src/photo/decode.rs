//! Decodes a photograph under limits, and turns it the right way up.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult, Limits, RgbImage};

use super::{Format, Look, MAX_PIXELS, MAX_SIDE, PhotoError, Pixels, fit};

impl Pixels {
    /// Decodes a JPEG, PNG or still WebP.
    ///
    /// # Errors
    /// [`PhotoError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, PhotoError> {
        let Look {
            format, removed, ..
        } = Look::at(bytes)?;
        let image = decode(bytes, format).map_err(|_| PhotoError::Damaged)?;
        Ok(Self { image, removed })
    }
}

fn decode(bytes: &[u8], format: Format) -> ImageResult<RgbImage> {
    let file = Cursor::new(bytes);
    match format {
        Format::Jpeg => upright(JpegDecoder::new(file)?),
        Format::Png => upright(PngDecoder::with_limits(file, Limits::default())?),
        Format::WebP => upright(WebPDecoder::new(file)?),
    }
}

/// Shrinks before turning, so that a large picture is held once.
fn upright(mut decoder: impl ImageDecoder) -> ImageResult<RgbImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_PIXELS * MAX_BYTES_A_PIXEL);
    limits.clone().reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let pixels = on_white(DynamicImage::from_decoder(decoder)?);
    let mut image = DynamicImage::ImageRgb8(fit::shrink(pixels));
    image.apply_orientation(orientation);
    Ok(image.into_rgb8())
}

fn on_white(image: DynamicImage) -> RgbImage {
    match image.color().has_alpha() {
        true => super::on_white(&image.into_rgba8()),
        false => image.into_rgb8(),
    }
}

/// Four channels of 16 bits, the widest pixel the decoders give.
const MAX_BYTES_A_PIXEL: u64 = 8;
