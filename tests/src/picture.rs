//! A photograph as a telephone makes it: pixels, and everything that a telephone says about them.

use std::io::{self, Cursor};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, Rgb, RgbImage};

use crate::canary::Canary;

/// A JPEG whose metadata names a place, a camera, an owner and an editor, and those words as canaries.
///
/// # Errors
/// The picture cannot be encoded.
pub fn with_metadata() -> io::Result<(Vec<u8>, Vec<Canary>)> {
    let pixels = RgbImage::from_fn(1600, 1200, |x, y| {
        let shade = |n: u32| u8::try_from(n % 256).unwrap_or(0);
        Rgb([
            shade(x / 8 + y / 5),
            shade(x / 3),
            shade(y / 7 + (x * y) / 9000),
        ])
    });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(Cursor::new(&mut jpeg), 90)
        .write_image(&pixels, 1600, 1200, image::ExtendedColorType::Rgb8)
        .map_err(io::Error::other)?;

    let gps = [53, 1, 48, 1, 5703, 100].map(u32::to_be_bytes).concat();
    let exif = [b"Exif\0\0".as_slice(), &exif(&gps)].concat();
    let xmp = [
        XMP_NAME,
        b"<x:xmpmeta><dc:creator>Xenia Metadata</dc:creator></x:xmpmeta>",
    ]
    .concat();
    let mut out = jpeg.get(..2).unwrap_or_default().to_vec();
    for (marker, payload) in [
        (0xe1, exif),
        (0xe1, xmp),
        (0xfe, b"edited by Comment Canary".to_vec()),
    ] {
        let length = u16::try_from(payload.len() + 2).map_err(io::Error::other)?;
        out.extend_from_slice(&[0xff, marker]);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&payload);
    }
    out.extend_from_slice(jpeg.get(2..).unwrap_or_default());
    let canaries = vec![
        Canary::new("GPS position", gps),
        Canary::new("camera", *CAMERA),
        Canary::new("thumbnail", *THUMBNAIL),
        Canary::new("XMP creator", *b"Xenia Metadata"),
        Canary::new("JPEG comment", *b"Comment Canary"),
    ];
    Ok((out, canaries))
}

const XMP_NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const CAMERA: &[u8; 20] = b"Canary Phone 77 Plus";
const THUMBNAIL: &[u8; 24] = b"thumbnail canary picture";

/// A big-endian TIFF: IFD0 with a camera and a GPS directory, IFD1 with a thumbnail.
fn exif(gps: &[u8]) -> Vec<u8> {
    const IFD0: u32 = 8;
    const GPS_IFD: u32 = IFD0 + 2 + 2 * 12 + 4;
    const IFD1: u32 = GPS_IFD + 2 + 2 * 12 + 4;
    const DATA: u32 = IFD1 + 2 + 2 * 12 + 4;
    const CAMERA_AT: u32 = DATA + 24;
    const THUMBNAIL_AT: u32 = CAMERA_AT + 20;
    let mut tiff = Tiff(b"MM\0*\0\0\0\x08".to_vec());
    tiff.directory(
        &[(0x0110, ASCII, 20, CAMERA_AT), (0x8825, LONG, 1, GPS_IFD)],
        IFD1,
    );
    tiff.directory(
        &[(1, ASCII, 2, u32::from(b'N') << 24), (2, RATIONAL, 3, DATA)],
        0,
    );
    tiff.directory(&[(0x0201, LONG, 1, THUMBNAIL_AT), (0x0202, LONG, 1, 24)], 0);
    tiff.0.extend_from_slice(gps);
    tiff.0.extend_from_slice(CAMERA);
    tiff.0.extend_from_slice(THUMBNAIL);
    tiff.0
}

const ASCII: u16 = 2;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

struct Tiff(Vec<u8>);

impl Tiff {
    fn directory(&mut self, entries: &[(u16, u16, u32, u32)], next: u32) {
        let count = u16::try_from(entries.len()).unwrap_or(0);
        self.0.extend_from_slice(&count.to_be_bytes());
        for (tag, kind, length, value) in entries {
            self.0.extend_from_slice(&tag.to_be_bytes());
            self.0.extend_from_slice(&kind.to_be_bytes());
            self.0.extend_from_slice(&length.to_be_bytes());
            self.0.extend_from_slice(&value.to_be_bytes());
        }
        self.0.extend_from_slice(&next.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_holds_every_canary_and_a_decoder_reads_its_position() {
        let (jpeg, canaries) = with_metadata().unwrap();
        let found = crate::canary::search_bytes(&jpeg, &canaries).count();
        assert_eq!(found, canaries.len());
        let image = image::load_from_memory(&jpeg).unwrap();
        assert_eq!((image.width(), image.height()), (1600, 1200));
        let prepared = brolly_client::photo::prepare(&jpeg, 18_000).unwrap();
        assert!(
            prepared
                .removed
                .contains(&brolly_client::photo::Removed::Position)
        );
        assert!(
            prepared
                .removed
                .contains(&brolly_client::photo::Removed::Thumbnail)
        );
    }
}
