//! Photographs built by code, with a canary in every place where metadata can hide.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};

pub(super) const CANARIES: [&[u8]; 9] = [
    b"CANARY-MAKE",
    b"CANARY-MODEL",
    b"CANARY-ARTIST",
    b"CANARY-GPS",
    b"CANARY-THUMB",
    b"CANARY-XMP",
    b"CANARY-COM",
    b"CANARY-ICC",
    b"CANARY-TRAILER",
];
pub(super) const EXIF: &[u8] = b"Exif\0\0";
pub(super) const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(super) fn laden_jpeg() -> Vec<u8> {
    [laden_jpeg_without_trailer(), b"CANARY-TRAILER".to_vec()].concat()
}

pub(super) fn laden_jpeg_without_trailer() -> Vec<u8> {
    let mut segments = segment(0xe1, &[EXIF, &tiff(6)].concat());
    segments.extend(segment(
        0xe1,
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>CANARY-XMP</x:xmpmeta>",
    ));
    segments.extend(segment(0xe2, b"ICC_PROFILE\0\x01\x01CANARY-ICC"));
    segments.extend(segment(0xed, b"Photoshop 3.0\0CANARY-IPTC"));
    segments.extend(segment(0xfe, b"CANARY-COM"));
    with_segments(&jpeg(&quadrants()), &segments)
}

/// Builds a big-endian Exif block: main directory, GPS directory, thumbnail directory.
pub(super) fn tiff(orientation: u8) -> Vec<u8> {
    let strings: [&[u8]; 5] = [
        b"CANARY-MAKE\0",
        b"CANARY-MODEL\0",
        b"CANARY-ARTIST\0",
        b"2024:01:02 03:04:05\0",
        b"CANARY-GPS\0",
    ];
    let thumbnail = b"\xff\xd8CANARY-THUMB\xff\xd9";
    let (main, gps, second) = (8_u32, 8 + 2 + 6 * 12 + 4, 8 + 2 + 6 * 12 + 4 + 2 + 12 + 4);
    let mut data_at = second + 2 + 2 * 12 + 4;
    let mut data = Vec::new();
    let mut ascii = |tag: u16, text: &[u8]| {
        let entry = entry(tag, 2, u32::try_from(text.len()).unwrap(), data_at);
        data.extend_from_slice(text);
        data_at += u32::try_from(text.len()).unwrap();
        entry
    };
    let [make, model, artist, time, position] = strings;
    let mut out = b"MM\0\x2a".to_vec();
    out.extend(main.to_be_bytes());
    out.extend([0, 6]);
    out.extend(ascii(0x010f, make));
    out.extend(ascii(0x0110, model));
    out.extend(entry(0x0112, 3, 1, u32::from(orientation) << 16));
    out.extend(ascii(0x0132, time));
    out.extend(ascii(0x013b, artist));
    out.extend(entry(0x8825, 4, 1, gps));
    out.extend(second.to_be_bytes());
    out.extend([0, 1]);
    out.extend(ascii(0x001d, position));
    out.extend([0; 4]);
    out.extend([0, 2]);
    let at = ascii(0x0201, thumbnail);
    out.extend(entry(
        0x0201,
        4,
        1,
        u32::from_be_bytes(at[8..].try_into().unwrap()),
    ));
    out.extend(entry(0x0202, 4, 1, u32::try_from(thumbnail.len()).unwrap()));
    out.extend([0; 4]);
    out.extend(data);
    out
}

pub(super) fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    [
        &tag.to_be_bytes()[..],
        &kind.to_be_bytes(),
        &count.to_be_bytes(),
        &value.to_be_bytes(),
    ]
    .concat()
}

/// A 48 by 32 picture: red and green above, blue and white below.
pub(super) fn quadrants() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| match (x < 24, y < 16) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    })
}

pub(super) fn colour(pixel: &Rgb<u8>) -> char {
    match pixel.0.map(|value| value > 127) {
        [true, false, false] => 'r',
        [false, true, false] => 'g',
        [false, false, true] => 'b',
        [true, true, true] => 'w',
        _ => '?',
    }
}

pub(super) fn noise(width: u32, height: u32) -> RgbImage {
    let mut random = Random(1);
    RgbImage::from_fn(width, height, |_, _| {
        Rgb([random.byte(), random.byte(), random.byte()])
    })
}

pub(super) fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 90)
        .encode_image(image)
        .unwrap();
    out
}

pub(super) fn webp(image: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    WebPEncoder::new_lossless(&mut out)
        .write_image(image, 48, 32, ExtendedColorType::Rgb8)
        .unwrap();
    out
}

pub(super) fn png_with(chunks: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    PngEncoder::new(&mut out)
        .write_image(&quadrants(), 48, 32, ExtendedColorType::Rgb8)
        .unwrap();
    out.splice(33..33, chunks.iter().copied());
    out
}

pub(super) fn with_segments(jpeg: &[u8], segments: &[u8]) -> Vec<u8> {
    [&jpeg[..2], segments, &jpeg[2..]].concat()
}

pub(super) fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    [
        &[0xff, marker][..],
        &u16::try_from(data.len() + 2).unwrap().to_be_bytes(),
        data,
    ]
    .concat()
}

pub(super) fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let crc = !name.iter().chain(data).fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    });
    [
        &u32::try_from(data.len()).unwrap().to_be_bytes()[..],
        name,
        data,
        &crc.to_be_bytes(),
    ]
    .concat()
}

pub(super) fn gif(frames: usize) -> Vec<u8> {
    let mut out = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    out.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
    for _ in 0..frames {
        out.extend(b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    out.push(0x3b);
    out
}

/// Checks, marker by marker, that a JPEG has nothing but what its pixels need.
pub(super) fn assert_only_pixels(jpeg: &[u8]) {
    assert_eq!(jpeg[..2], [0xff, 0xd8]);
    let mut at = 2;
    loop {
        assert_eq!(jpeg[at], 0xff);
        let (marker, length) = (
            jpeg[at + 1],
            usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])),
        );
        match marker {
            0xe0 => assert_eq!((&jpeg[at + 4..at + 9], length), (&b"JFIF\0"[..], 16)),
            0xdb | 0xc0 | 0xc4 => {}
            0xda => {
                at += 2 + length;
                break;
            }
            other => panic!("segment {other:02x}"),
        }
        at += 2 + length;
    }
    let end = jpeg[at..]
        .windows(2)
        .position(|pair| pair[0] == 0xff && pair[1] != 0)
        .unwrap();
    assert_eq!(jpeg[at + end..], [0xff, 0xd9]);
}

pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn byte(&mut self) -> u8 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0.to_be_bytes()[0]
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % bound
    }
}
