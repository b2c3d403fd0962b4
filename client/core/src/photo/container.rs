//! Walks the outer structure of a photograph's file: is it whole, how large does it say it is, what else is in it.
//!
//! The decoders are lenient with files that end early; this walk is not. It reads each byte at most twice,
//! allocates nothing and decodes nothing.

use std::collections::BTreeSet;

use super::kind::Kind;
use super::metadata::{self, Removed};

/// A format of photographs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "these are read, and no others")]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
}

/// What the outer structure of a photograph says.
pub(super) struct Container {
    pub(super) format: Format,
    /// The largest width and height that any header claims, in pixels.
    pub(super) size: Option<(u32, u32)>,
    /// Whether the file has all its parts up to the one that ends it.
    pub(super) complete: bool,
    pub(super) removed: BTreeSet<Removed>,
    /// Whether it is shown on its side: width and height change places.
    pub(super) turned: bool,
}

impl Container {
    /// Reads the structure of a JPEG, PNG or still WebP; anything else is an error that names it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Kind> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Ok(Self::jpeg(bytes)),
            [
                0x89,
                b'P',
                b'N',
                b'G',
                b'\r',
                b'\n',
                0x1a,
                b'\n',
                chunks @ ..,
            ] => Self::png(chunks),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                a,
                b,
                c,
                d,
                b'W',
                b'E',
                b'B',
                b'P',
                chunks @ ..,
            ] => Self::webp(u32::from_le_bytes([*a, *b, *c, *d]), chunks),
            _ => Err(Kind::of(bytes)),
        }
    }

    fn new(format: Format) -> Self {
        Self {
            format,
            size: None,
            complete: false,
            removed: BTreeSet::new(),
            turned: false,
        }
    }

    fn jpeg(bytes: &[u8]) -> Self {
        let mut this = Self::new(Format::Jpeg);
        let mut rest = bytes;
        let mut scanned = false;
        while let Some((marker, after)) = next_marker(rest) {
            rest = after;
            match marker {
                // Start of image, restarts and TEM have no length.
                0xd8 | 0xd0..=0xd7 | 0x01 => continue,
                0xd9 => {
                    this.complete = scanned && this.size.is_some();
                    this.trailer(rest);
                    break;
                }
                _ => {}
            }
            let Some((length, _)) = rest.split_first_chunk() else {
                break;
            };
            let Some((segment, after)) = rest.split_at_checked(u16::from_be_bytes(*length).into())
            else {
                break;
            };
            let Some(data) = segment.get(2..) else { break };
            rest = after;
            match (marker, data) {
                (0xc0..=0xcf, [_, a, b, c, d, ..]) if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                    this.claim(
                        u16::from_be_bytes([*c, *d]).into(),
                        u16::from_be_bytes([*a, *b]).into(),
                    );
                }
                (0xda, _) => scanned = true,
                (0xe0..=0xef | 0xfe, _) => this.segment(marker, data),
                _ => {}
            }
        }
        this
    }

    /// Notes an application segment or comment of a JPEG.
    fn segment(&mut self, marker: u8, data: &[u8]) {
        if let (0xe1, Some(tiff)) = (marker, data.strip_prefix(EXIF)) {
            return self.exif(tiff);
        }
        let found = &mut self.removed;
        if marker == 0xe1 && data.starts_with(b"http://ns.adobe.com/x") {
            return metadata::xmp(data, found);
        }
        found.extend(match (marker, data) {
            (0xfe, _) => Some(Removed::Comment),
            // The two bytes after density are the size of JFIF's thumbnail.
            (0xe0, [b'J', b'F', b'I', b'F', 0, _, _, _, _, _, _, _, x, y, ..]) => {
                (*x != 0 && *y != 0).then_some(Removed::Thumbnail)
            }
            (0xe0, [b'J', b'F', b'X', b'X', ..]) => Some(Removed::Thumbnail),
            (0xe2, _) if data.starts_with(b"ICC_PROFILE\0") => Some(Removed::ColourProfile),
            (0xed, _) => Some(Removed::Caption),
            // Adobe's note on colour channels.
            (0xee, [b'A', b'd', b'o', b'b', b'e', ..]) => None,
            _ => Some(Removed::Other),
        });
    }

    fn png(mut rest: &[u8]) -> Result<Self, Kind> {
        let mut this = Self::new(Format::Png);
        let mut pixels = false;
        while let Some((length, after)) = rest.split_first_chunk()
            && let Some((name, after)) = after.split_first_chunk::<4>()
            && let Some((data, after)) = split(after, u32::from_be_bytes(*length))
            && let Some((_crc, after)) = after.split_first_chunk::<4>()
        {
            rest = after;
            match (name, data) {
                (b"IHDR", [a, b, c, d, e, f, g, h, ..]) => {
                    this.claim(
                        u32::from_be_bytes([*a, *b, *c, *d]),
                        u32::from_be_bytes([*e, *f, *g, *h]),
                    );
                }
                (b"acTL", [a, b, c, d, ..]) if u32::from_be_bytes([*a, *b, *c, *d]) > 1 => {
                    return Err(Kind::AnimatedPng);
                }
                (b"IDAT", _) => pixels = true,
                (b"IEND", _) => {
                    this.complete = pixels && this.size.is_some();
                    this.trailer(rest);
                    break;
                }
                (b"eXIf", _) => this.exif(data),
                (b"iTXt", _) if data.starts_with(b"XML:com.adobe.xmp") => {
                    metadata::xmp(data, &mut this.removed)
                }
                (b"tEXt" | b"zTXt" | b"iTXt", _) => _ = this.removed.insert(Removed::Text),
                (b"iCCP", _) => _ = this.removed.insert(Removed::ColourProfile),
                (b"tIME", _) => _ = this.removed.insert(Removed::Time),
                _ if PNG_PIXEL_CHUNKS.contains(&name) => {}
                _ => _ = this.removed.insert(Removed::Other),
            }
        }
        Ok(this)
    }

    fn webp(length: u32, chunks: &[u8]) -> Result<Self, Kind> {
        let mut this = Self::new(Format::WebP);
        // RIFF's length counts the four bytes "WEBP".
        let whole = split(chunks, length.saturating_sub(4));
        let (mut rest, trailer) = whole.unwrap_or((chunks, &[]));
        this.trailer(trailer);
        let mut pixels = false;
        while let Some((name, after)) = rest.split_first_chunk::<4>()
            && let Some((length, after)) = after.split_first_chunk()
            && let Some((data, after)) = split(after, u32::from_le_bytes(*length))
        {
            // Chunks start at even offsets.
            rest = if data.len() % 2 == 1 {
                after.get(1..).unwrap_or_default()
            } else {
                after
            };
            match (name, data) {
                (b"ANIM" | b"ANMF", _) => return Err(Kind::AnimatedWebP),
                (b"VP8X", [flags, _, _, _, a, b, c, d, e, f, ..]) => {
                    if flags & 2 != 0 {
                        return Err(Kind::AnimatedWebP);
                    }
                    let side = |a, b, c| u32::from_le_bytes([a, b, c, 0]) + 1;
                    this.claim(side(*a, *b, *c), side(*d, *e, *f));
                }
                (b"VP8 ", [_, _, _, _, _, _, a, b, c, d, ..]) => {
                    pixels = true;
                    let side = |a, b| u32::from(u16::from_le_bytes([a, b]) & 0x3fff);
                    this.claim(side(*a, *b), side(*c, *d));
                }
                (b"VP8L", [_, a, b, c, d, ..]) => {
                    pixels = true;
                    let bits = u32::from_le_bytes([*a, *b, *c, *d]);
                    this.claim((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
                }
                (b"ALPH", _) => {}
                (b"EXIF", _) => this.exif(data.strip_prefix(EXIF).unwrap_or(data)),
                (b"XMP ", _) => metadata::xmp(data, &mut this.removed),
                (b"ICCP", _) => _ = this.removed.insert(Removed::ColourProfile),
                _ => _ = this.removed.insert(Removed::Other),
            }
        }
        this.complete = whole.is_some() && pixels && rest.is_empty();
        Ok(this)
    }

    fn exif(&mut self, tiff: &[u8]) {
        self.turned |= metadata::is_turned(tiff);
        metadata::exif(tiff, &mut self.removed);
    }

    fn claim(&mut self, width: u32, height: u32) {
        let (w, h) = self.size.unwrap_or_default();
        self.size = Some((w.max(width), h.max(height)));
    }

    /// Notes bytes after the picture's end, other than padding.
    fn trailer(&mut self, rest: &[u8]) {
        if rest.iter().any(|byte| *byte != 0) {
            self.removed.insert(Removed::Trailer);
        }
    }
}

/// Finds a JPEG's next marker, past compressed data and stray bytes, with what follows it.
fn next_marker(mut rest: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = rest.iter().position(|byte| *byte == 0xff)?;
        let (marker, after) = rest.get(at + 1..)?.split_first()?;
        match marker {
            // A second 0xff is padding, and may itself start a marker.
            0xff => rest = rest.get(at + 1..)?,
            // 0xff in compressed data is written with a zero after it.
            0 => rest = after,
            _ => return Some((*marker, after)),
        }
    }
}

fn split(bytes: &[u8], at: u32) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(usize::try_from(at).ok()?)
}

const EXIF: &[u8] = b"Exif\0\0";
/// Chunks that say how to draw the pixels, and no more.
const PNG_PIXEL_CHUNKS: [&[u8; 4]; 17] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"sBIT", b"sRGB", b"cICP",
    b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];
