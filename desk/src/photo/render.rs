//! The subprocess: one JPEG in, one PNG out, under limits it cannot lift. The only place where an image is decoded.

use std::io::{self, Cursor, Read, Write};
use std::process::ExitCode;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageDecoder, ImageError, Limits};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Limits itself, reads a JPEG from standard input, writes it as a PNG to standard output, and says the rest with its
/// exit code.
pub fn run() -> ExitCode {
    match limit_itself().and_then(|()| render(&read()?)) {
        Ok(png) => match io::stdout().lock().write_all(&png) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(code) => ExitCode::from(code),
    }
}

fn limit_itself() -> Result<(), u8> {
    for (resource, most) in LIMITS {
        // A limit that is lower already stays: it could not be raised.
        let most = getrlimit(resource)
            .maximum
            .map_or(most, |now| now.min(most));
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|_| NO_LIMITS)?;
    }
    Ok(())
}

fn read() -> Result<Vec<u8>, u8> {
    let mut jpeg = Vec::with_capacity(INPUT + 1);
    let most = u64::try_from(INPUT + 1).unwrap_or(u64::MAX);
    io::stdin()
        .lock()
        .take(most)
        .read_to_end(&mut jpeg)
        .map_err(|_| DAMAGED)?;
    if jpeg.len() > INPUT {
        return Err(TOO_LARGE);
    }
    Ok(jpeg)
}

fn render(jpeg: &[u8]) -> Result<Vec<u8>, u8> {
    if !jpeg.starts_with(&[0xff, 0xd8, 0xff]) {
        return Err(NOT_A_JPEG);
    }
    // The decoder would make up what is missing.
    if !jpeg.ends_with(&[0xff, 0xd9]) {
        return Err(DAMAGED);
    }
    let code = |error| {
        if matches!(error, ImageError::Limits(_)) {
            TOO_LARGE
        } else {
            DAMAGED
        }
    };
    let mut decoder = JpegDecoder::new(Cursor::new(jpeg)).map_err(code)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    decoder.set_limits(limits).map_err(code)?;
    let pixels = DynamicImage::from_decoder(decoder)
        .map_err(code)?
        .into_rgb8();
    let mut png = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive);
    pixels.write_with_encoder(encoder).map_err(|_| DAMAGED)?;
    Ok(png)
}

/// The most bytes of a JPEG.
pub const INPUT: usize = 64 << 10;
/// The most pixels of a photograph's side.
pub const SIDE: u32 = 4096;

/// Exit code: the bytes are no JPEG.
pub const NOT_A_JPEG: u8 = 10;
/// Exit code: too many pixels, or bytes.
pub const TOO_LARGE: u8 = 11;
/// Exit code: the JPEG is damaged or ends early.
pub const DAMAGED: u8 = 12;
const NO_LIMITS: u8 = 13;

/// Bytes of memory, seconds, open files, bytes in a file, bytes of a core dump, and processes.
const LIMITS: [(Resource, u64); 6] = [
    (Resource::As, 512 << 20),
    (Resource::Cpu, 10),
    (Resource::Nofile, 3),
    (Resource::Fsize, 0),
    (Resource::Core, 0),
    (Resource::Nproc, 0),
];

#[cfg(test)]
mod tests {
    use image::ImageEncoder;
    use image::codecs::jpeg::JpegEncoder;

    use super::*;

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let mut jpeg = Vec::new();
        let pixels: Vec<u8> = (0u8..=255)
            .cycle()
            .take(usize::try_from(width * height * 3).unwrap())
            .collect();
        JpegEncoder::new(&mut jpeg)
            .write_image(&pixels, width, height, image::ExtendedColorType::Rgb8)
            .unwrap();
        jpeg
    }

    #[test]
    fn a_jpeg_becomes_a_png_of_the_same_pixels() {
        let jpeg = jpeg(40, 30);
        let png = render(&jpeg).unwrap();
        let expected = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        assert_eq!(image::load_from_memory(&png).unwrap().into_rgb8(), expected);
    }

    #[test]
    fn what_is_not_a_whole_jpeg_of_permitted_size_has_its_exit_code() {
        let whole = jpeg(40, 30);
        assert_eq!(render(b"").err(), Some(NOT_A_JPEG));
        assert_eq!(render(b"\x89PNG\r\n\x1a\n").err(), Some(NOT_A_JPEG));
        for cut in [3, 20, 200, whole.len() - 1] {
            assert_eq!(render(&whole[..cut]).err(), Some(DAMAGED), "cut at {cut}");
        }
        let mut claims = whole.clone();
        let frame = claims.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        claims[frame + 5..frame + 9].copy_from_slice(&[0xfd, 0xe8, 0xfd, 0xe8]);
        assert_eq!(render(&claims).err(), Some(TOO_LARGE));
    }
}
