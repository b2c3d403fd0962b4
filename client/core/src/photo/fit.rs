//! Shrinks and compresses pixels until they fit.

use std::io;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, ImageResult, RgbImage};

/// Returns the picture with a long side of at most 1,280.
pub(super) fn shrink(image: RgbImage) -> RgbImage {
    let [largest, ..] = SIDES;
    let long = image.width().max(image.height());
    if long <= largest {
        return image;
    }
    // The averaging of `thumbnail` is fast but aliases near 1:1, so a finer filter makes the last step.
    if long > 2 * largest {
        let (width, height) = scaled(&image, 2 * largest);
        return resized(&imageops::thumbnail(&image, width, height), largest);
    }
    resized(&image, largest)
}

/// Encodes as a baseline JPEG of at most `limit` bytes, with its width and height in pixels.
///
/// Finds the largest size that fits at the lowest quality, then spends what is left on quality: at most five
/// encodings for size and seven for quality. `None` when the smallest size is still too long.
pub(super) fn encode(image: &RgbImage, limit: usize) -> Option<(Vec<u8>, u32, u32)> {
    let long = image.width().max(image.height());
    let smaller = SIDES.into_iter().filter(|side| *side < long);
    let sides: Vec<u32> = core::iter::once(long).chain(smaller).collect();
    let (mut best, mut rest) = (None, sides.as_slice());
    while let Some((larger, [side, smaller @ ..])) = rest.split_at_checked(rest.len() / 2) {
        let image = resized(image, *side);
        if let Ok(jpeg) = jpeg(&image, LOWEST_QUALITY, limit) {
            (best, rest) = (Some((image, jpeg)), larger);
        } else {
            rest = smaller;
        }
    }
    let (image, jpeg) = best?;
    let jpeg = best_quality(&image, jpeg, limit);
    Some((jpeg, image.width(), image.height()))
}

fn best_quality(image: &RgbImage, mut best: Vec<u8>, limit: usize) -> Vec<u8> {
    let (mut low, mut high) = (LOWEST_QUALITY, HIGHEST_QUALITY);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if let Ok(jpeg) = jpeg(image, middle, limit) {
            (best, low) = (jpeg, middle);
        } else {
            high = middle - 1;
        }
    }
    best
}

fn jpeg(image: &RgbImage, quality: u8, limit: usize) -> ImageResult<Vec<u8>> {
    let mut out = Bounded {
        bytes: Vec::new(),
        limit,
    };
    let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
    encoder.encode(
        image,
        image.width(),
        image.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(out.bytes)
}

/// Ends an encoding as soon as it is too long.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit.saturating_sub(self.bytes.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn resized(image: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = scaled(image, side);
    imageops::resize(image, width, height, FilterType::CatmullRom)
}

/// Returns the width and height that make the long side `side` and keep the shape.
fn scaled(image: &RgbImage, side: u32) -> (u32, u32) {
    let (width, height) = (image.width(), image.height());
    let long = u64::from(width.max(height)).max(1);
    let scale = |length: u32| {
        let length = (u64::from(length) * u64::from(side) + long / 2) / long;
        u32::try_from(length).unwrap_or(side).max(1)
    };
    (scale(width), scale(height))
}

/// Long sides in pixels, about a seventh apart.
const SIDES: [u32; 20] = [
    1280, 1120, 960, 840, 720, 640, 560, 480, 420, 360, 320, 280, 240, 200, 160, 128, 96, 64, 48,
    32,
];
/// Below this, faces and number plates dissolve into blocks; a smaller picture shows more.
const LOWEST_QUALITY: u8 = 45;
const HIGHEST_QUALITY: u8 = 90;
