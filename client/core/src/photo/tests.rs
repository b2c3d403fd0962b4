//! What must hold for every photograph, whole or damaged.

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, Luma, Rgba};

use super::fixtures::*;
use super::*;

#[test]
fn nothing_but_pixels_travels_from_a_jpeg() {
    let prepared = prepare(&laden_jpeg(), 18_000).unwrap();
    for canary in CANARIES {
        assert!(
            contains(&laden_jpeg(), canary),
            "the fixture lacks {canary:?}"
        );
        assert!(!contains(&prepared.jpeg, canary), "{canary:?} travelled");
    }
    assert_only_pixels(&prepared.jpeg);
    use Removed::*;
    assert_eq!(
        prepared.removed,
        [
            Position,
            Time,
            Camera,
            Caption,
            Thumbnail,
            Xmp,
            Comment,
            ColourProfile,
            Trailer
        ]
    );
    assert_eq!(Position.to_string(), "where it was taken (GPS)");
}

#[test]
fn nothing_but_pixels_travels_from_a_png() {
    let mut chunks = png_chunk(b"tEXt", b"Author\0CANARY-MODEL");
    chunks.extend(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0CANARY-XMP"));
    chunks.extend(png_chunk(b"eXIf", &tiff(6)));
    chunks.extend(png_chunk(b"tIME", &[7, 232, 1, 1, 1, 1, 1]));
    let prepared = prepare(&png_with(&chunks), 18_000).unwrap();
    use Removed::*;
    assert_eq!(
        prepared.removed,
        [Position, Time, Camera, Caption, Thumbnail, Xmp, Text]
    );
    assert_eq!(
        (prepared.width, prepared.height),
        (32, 48),
        "eXIf's orientation is applied"
    );
    assert_only_pixels(&prepared.jpeg);
    assert!(!contains(&prepared.jpeg, b"CANARY"));
}

#[test]
fn nothing_but_pixels_travels_from_a_webp() {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut file);
    encoder.set_exif_metadata(tiff(6)).unwrap();
    encoder.set_icc_profile(b"CANARY-ICC".to_vec()).unwrap();
    encoder
        .write_image(&quadrants(), 48, 32, ExtendedColorType::Rgb8)
        .unwrap();
    let prepared = prepare(&file, 18_000).unwrap();
    use Removed::*;
    assert_eq!(
        prepared.removed,
        [Position, Time, Camera, Caption, Thumbnail, ColourProfile]
    );
    assert_eq!((prepared.width, prepared.height), (32, 48));
    assert_only_pixels(&prepared.jpeg);
    assert!(contains(&file, b"CANARY") && !contains(&prepared.jpeg, b"CANARY"));
}

#[test]
fn every_orientation_is_applied() {
    // Where red (top left), green (top right), blue (bottom left) and white (bottom right) go.
    let expected = [
        (1, "rgbw"),
        (2, "grwb"),
        (3, "wbgr"),
        (4, "bwrg"),
        (5, "rbgw"),
        (6, "brwg"),
        (7, "wgbr"),
        (8, "gwrb"),
    ];
    for (orientation, corners) in expected {
        let file = with_segments(
            &jpeg(&quadrants()),
            &segment(0xe1, &[EXIF, &tiff(orientation)].concat()),
        );
        let out = image::load_from_memory(&prepare(&file, 18_000).unwrap().jpeg)
            .unwrap()
            .into_rgb8();
        let (w, h) = out.dimensions();
        assert_eq!((w, h), if orientation < 5 { (48, 32) } else { (32, 48) });
        let seen: String = [(2, 2), (w - 3, 2), (2, h - 3), (w - 3, h - 3)]
            .map(|(x, y)| colour(out.get_pixel(x, y)))
            .into_iter()
            .collect();
        assert_eq!(seen, corners, "orientation {orientation}");
    }
}

#[test]
fn transparency_becomes_white() {
    let clear = RgbaImage::from_pixel(16, 16, Rgba([0, 0, 0, 0]));
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(&clear, 16, 16, ExtendedColorType::Rgba8)
        .unwrap();
    let out = image::load_from_memory(&prepare(&file, 18_000).unwrap().jpeg)
        .unwrap()
        .into_rgb8();
    assert!(
        out.pixels()
            .all(|pixel| pixel.0.iter().all(|value| *value > 250))
    );
}

#[test]
fn a_grey_16_bit_png_is_read() {
    let grey = image::ImageBuffer::<Luma<u16>, _>::from_fn(40, 20, |x, _| {
        Luma([u16::try_from(x).unwrap() * 1600])
    });
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageLuma16(grey)
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    let prepared = prepare(file.get_ref(), 18_000).unwrap();
    assert_eq!((prepared.width, prepared.height), (40, 20));
}

#[test]
fn a_noisy_photograph_fits_every_limit_and_always_gives_the_same_bytes() {
    let file = jpeg(&noise(900, 600));
    let mut largest = 0;
    for limit in [1_000, 4_000, 18_000, 60_000] {
        let prepared = prepare(&file, limit).unwrap();
        assert!(prepared.jpeg.len() <= limit);
        assert!(prepared.width > largest, "more room gives a larger picture");
        largest = prepared.width;
        assert_eq!(prepared, prepare(&file, limit).unwrap());
        let out = image::load_from_memory(&prepared.jpeg).unwrap();
        assert_eq!(
            (out.width(), out.height()),
            (prepared.width, prepared.height)
        );
    }
}

#[test]
fn a_plain_photograph_keeps_its_shape_at_1280_pixels() {
    let prepared = prepare(
        &jpeg(&RgbImage::from_pixel(2600, 1300, Rgb([90, 120, 150]))),
        60_000,
    )
    .unwrap();
    assert_eq!((prepared.width, prepared.height), (1280, 640));
    let thin = prepare(
        &jpeg(&RgbImage::from_pixel(5000, 1, Rgb([90, 120, 150]))),
        18_000,
    )
    .unwrap();
    assert_eq!((thin.width, thin.height), (1280, 1));
}

#[test]
fn a_limit_below_any_picture_is_refused() {
    let error = prepare(&jpeg(&noise(300, 300)), 300).unwrap_err();
    assert_eq!(error, PhotoError::CannotFit { limit: 300 });
    assert!(error.to_string().contains("300 bytes"));
}

#[test]
fn a_photograph_truncated_anywhere_is_refused() {
    for file in [
        laden_jpeg_without_trailer(),
        png_with(&[]),
        webp(&quadrants()),
    ] {
        prepare(&file, 18_000).unwrap();
        for length in 0..file.len() {
            let error = prepare(&file[..length], 18_000).unwrap_err();
            let expected = if length < 12 {
                matches!(error, PhotoError::NotAPhotograph(_) | PhotoError::Damaged)
            } else {
                error == PhotoError::Damaged
            };
            assert!(expected, "{length} of {} bytes: {error:?}", file.len());
        }
    }
}

#[test]
fn a_png_with_half_its_pixels_but_an_end_is_refused() {
    let mut raw = Vec::new();
    PngEncoder::new(&mut raw)
        .write_image(&noise(48, 16), 48, 16, ExtendedColorType::Rgb8)
        .unwrap();
    // The height, and the checksum of the header.
    let mut header = raw[16..29].to_vec();
    header[7] = 32;
    let end = raw.split_off(33);
    raw.truncate(8);
    raw.extend(png_chunk(b"IHDR", &header));
    raw.extend(end);
    assert_eq!(prepare(&raw, 18_000).unwrap_err(), PhotoError::Damaged);
}

#[test]
fn a_photograph_30000_pixels_wide_is_refused_by_its_header() {
    let mut wide = jpeg(&quadrants());
    let frame = wide
        .windows(2)
        .position(|window| window == [0xff, 0xc0])
        .unwrap();
    wide[frame + 5..frame + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    let mut header = 30_000_u32.to_be_bytes().repeat(2);
    header.extend([8, 2, 0, 0, 0]);
    let png = [PNG_SIGNATURE, &png_chunk(b"IHDR", &header)].concat();
    for file in [wide, png] {
        let error = prepare(&file, 18_000).unwrap_err();
        assert_eq!(
            error,
            PhotoError::TooLarge {
                width: 30_000,
                height: 30_000
            }
        );
        assert!(
            error.to_string().contains("30000 by 30000") && error.to_string().contains("12000")
        );
    }
}

#[test]
fn more_than_50_megapixels_or_12000_a_side_are_refused() {
    for (width, height) in [(8_000_u32, 8_000_u32), (12_001, 1), (1, 12_001)] {
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([8, 2, 0, 0, 0]);
        let file = [PNG_SIGNATURE, &png_chunk(b"IHDR", &header)].concat();
        let error = prepare(&file, 18_000).unwrap_err();
        assert_eq!(error, PhotoError::TooLarge { width, height });
    }
    // 16,000 by 16 pixels: WebP writes one less.
    let webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x3e\0\x0f\0\0";
    let error = prepare(webp, 18_000).unwrap_err();
    assert_eq!(
        error,
        PhotoError::TooLarge {
            width: 16_000,
            height: 16
        }
    );
}

#[test]
fn another_kind_of_file_is_refused_by_what_it_is() {
    let moving_png = png_with(&png_chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
    let cases: [(&[u8], Kind, &str); 15] = [
        (b"%PDF-1.7\n%...", Kind::Pdf, "PDF"),
        (b"\n\n%PDF-1.4", Kind::Pdf, "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Kind::Heic, "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", Kind::Heic, "AVIF"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", Kind::Video, "video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", Kind::Video, "video"),
        (b"\x1a\x45\xdf\xa3webm", Kind::Video, "video"),
        (&gif(2), Kind::AnimatedGif, "animated GIF"),
        (&gif(1), Kind::StillGif, "save it as JPEG or PNG"),
        (b"GIF89a", Kind::StillGif, "GIF"),
        (
            b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x0f\0\0\x0f\0\0",
            Kind::AnimatedWebP,
            "animated WebP",
        ),
        (&moving_png, Kind::AnimatedPng, "animated PNG"),
        (b"PK\x03\x04\x14\0", Kind::Document, "Office"),
        (b"hello", Kind::Unknown, "JPEG, PNG or WebP"),
        (b"", Kind::Unknown, "JPEG, PNG or WebP"),
    ];
    for (file, kind, words) in cases {
        let error = prepare(file, 18_000).unwrap_err();
        assert_eq!(error, PhotoError::NotAPhotograph(kind));
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn damage_and_garbage_never_panic() {
    let mut random = Random(7);
    for file in [laden_jpeg(), png_with(&[]), webp(&quadrants()), gif(2)] {
        for _ in 0..300 {
            let mut file = file.clone();
            for _ in 0..=random.below(8) {
                let at = random.below(file.len());
                file[at] = random.byte();
            }
            drop(prepare(&file, 18_000));
            // Garbage behind a good signature.
            let keep = random.below(60);
            let garbage: Vec<u8> = file
                .iter()
                .take(keep)
                .copied()
                .chain((0..200).map(|_| random.byte()))
                .collect();
            drop(prepare(&garbage, 18_000));
        }
    }
}

#[test]
fn an_exif_block_that_points_at_itself_ends() {
    let mut looped = b"II*\0\x08\0\0\0".to_vec();
    looped.extend([2, 0]);
    for tag in [0x8825_u16, 0x8769] {
        looped.extend(tag.to_le_bytes());
        looped.extend([4, 0, 1, 0, 0, 0, 8, 0, 0, 0]);
    }
    looped.extend([8, 0, 0, 0]);
    let file = with_segments(
        &jpeg(&quadrants()),
        &segment(0xe1, &[EXIF, &looped].concat()),
    );
    assert_eq!(
        prepare(&file, 18_000).unwrap().removed,
        [Removed::Position, Removed::Thumbnail]
    );
}

#[test]
fn pixels_of_a_browser_give_the_jpeg_that_their_file_gives_and_name_what_does_not_travel() {
    let file = png_with(&png_chunk(b"eXIf", &tiff(1)));
    let rgba = image::load_from_memory(&file).unwrap().into_rgba8();
    let (width, height) = rgba.dimensions();
    let pixels = Pixels::of_rgba(rgba.into_raw(), width, height, &file).unwrap();
    let prepared = pixels.fit(18_000).unwrap();
    assert_eq!(prepared, prepare(&file, 18_000).unwrap());
    assert!(prepared.removed.contains(&Removed::Position));
    // What only a browser reads may hold anything.
    let unknown = Pixels::of_rgba(vec![9; 4 * 64], 8, 8, b"....ftypheic").unwrap();
    assert_eq!(unknown.fit(18_000).unwrap().removed, [Removed::Other]);
    for (bytes, width, height) in [(255, 8, 8), (0, 0, 0), (256, 8, 9)] {
        let wrong = Pixels::of_rgba(vec![9; bytes], width, height, &file);
        assert_eq!(wrong.unwrap_err(), PhotoError::Damaged);
    }
    let huge = Pixels::of_rgba(Vec::new(), 10_000, 5_001, &file).unwrap_err();
    assert!(matches!(huge, PhotoError::TooLarge { .. }));
}

#[test]
fn a_look_says_how_large_it_is_when_it_is_the_right_way_up() {
    for (orientation, size) in [(1, (48, 32)), (3, (48, 32)), (6, (32, 48)), (8, (32, 48))] {
        let file = png_with(&png_chunk(b"eXIf", &tiff(orientation)));
        let look = Look::at(&file).unwrap();
        assert_eq!(
            (look.format, look.width, look.height),
            (Format::Png, size.0, size.1)
        );
        let prepared = prepare(&file, 18_000).unwrap();
        assert_eq!((prepared.width, prepared.height), size, "{orientation}");
        assert_eq!(prepared.removed, look.removed);
    }
    assert_eq!(Look::at(&png_with(&[])[..40]), Err(PhotoError::Damaged));
}
