//! Names what a photograph's file holds besides pixels.
//!
//! This is only for telling her what does not travel: nothing is stripped by it, and it may miss things. Every
//! read is bounded by the bytes at hand; at most four directories of an Exif block are looked at, each once.

use core::fmt;
use std::collections::BTreeSet;

/// Something found in the original file that does not travel. Displays in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Removed {
    /// A GPS position.
    Position,
    /// When it was taken or saved.
    Time,
    /// The camera's or phone's make, model, serial number or private notes.
    Camera,
    /// A name, caption or copyright line.
    Caption,
    /// A small copy of the picture, which may show what was cropped away.
    Thumbnail,
    /// An XMP packet, as editing programs write.
    Xmp,
    /// A free comment.
    Comment,
    /// Text chunks of a PNG.
    Text,
    /// A colour profile, which can name a device.
    ColourProfile,
    /// Something appended after the picture.
    Trailer,
    /// Blocks of no kind known here.
    Other,
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Position => "where it was taken (GPS)",
            Self::Time => "when it was taken or saved",
            Self::Camera => "which camera or phone took it",
            Self::Caption => "a name, caption or copyright line",
            Self::Thumbnail => "a small copy of the picture from before any cropping",
            Self::Xmp => "notes by the program that edited it (XMP)",
            Self::Comment => "a comment",
            Self::Text => "text stored in the file",
            Self::ColourProfile => "a colour profile",
            Self::Trailer => {
                "something hidden after the picture, such as a short film or a second picture"
            }
            Self::Other => "other data that a camera or program put in the file",
        })
    }
}

/// Notes what an Exif block, from its TIFF header on, holds.
pub(super) fn exif(tiff: &[u8], found: &mut BTreeSet<Removed>) {
    let Some(tiff) = Tiff::new(tiff) else {
        found.insert(Removed::Other);
        return;
    };
    let main = tiff.u32(4).map(|at| tiff.directory(at)).unwrap_or_default();
    for (tag, value) in &main.entries {
        match tag {
            // An unreadable pointer still means that a position was meant to be there.
            0x8825 => {
                let gps = tiff.directory(*value);
                if gps.entries.is_empty() || gps.entries.iter().any(|(tag, _)| *tag != GPS_VERSION)
                {
                    found.insert(Removed::Position);
                }
            }
            0x8769 => found.extend(
                tiff.directory(*value)
                    .entries
                    .iter()
                    .filter_map(|(tag, _)| meaning(*tag)),
            ),
            tag => found.extend(meaning(*tag)),
        }
    }
    if !tiff.directory(main.next).entries.is_empty() {
        found.insert(Removed::Thumbnail);
    }
}

/// Whether an Exif block says that the picture lies on its side.
pub(super) fn is_turned(tiff: &[u8]) -> bool {
    let Some(tiff) = Tiff::new(tiff) else {
        return false;
    };
    let main = tiff.u32(4).map(|at| tiff.directory(at)).unwrap_or_default();
    let mut entries = main.entries.iter();
    let orientation = entries.find(|(tag, _)| *tag == ORIENTATION);
    // A number of two bytes stands in the first two of four.
    let value = orientation.map(|(_, value)| match tiff.big_endian {
        true => value >> 16,
        false => value & 0xffff,
    });
    value.is_some_and(|value| (5..=8).contains(&value))
}

/// Notes an XMP packet and the position in it.
pub(super) fn xmp(packet: &[u8], found: &mut BTreeSet<Removed>) {
    found.insert(Removed::Xmp);
    let holds = |name: &[u8]| packet.windows(name.len()).any(|window| window == name);
    if holds(b"GPSLatitude") {
        found.insert(Removed::Position);
    }
    if holds(b"CreateDate") {
        found.insert(Removed::Time);
    }
}

fn meaning(tag: u16) -> Option<Removed> {
    Some(match tag {
        // Make, Model, MakerNote, serial numbers and lens.
        0x010f | 0x0110 | 0x927c | 0xa431..=0xa435 => Removed::Camera,
        // DateTime, DateTimeOriginal, DateTimeDigitized.
        0x0132 | 0x9003 | 0x9004 => Removed::Time,
        // ImageDescription, Artist, Copyright, IPTC, Windows' title to subject, CameraOwnerName.
        0x010e | 0x013b | 0x8298 | 0x83bb | 0x9c9b..=0x9c9f | 0xa430 => Removed::Caption,
        0x02bc => Removed::Xmp,
        0x8773 => Removed::ColourProfile,
        0x9286 => Removed::Comment,
        _ => return None,
    })
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

#[derive(Default)]
struct Directory {
    /// Tag, and value or offset.
    entries: Vec<(u16, u32)>,
    /// Offset of the next directory, or 0.
    next: u32,
}

impl<'a> Tiff<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        match bytes {
            [b'I', b'I', 42, 0, ..] => Some(Self {
                bytes,
                big_endian: false,
            }),
            [b'M', b'M', 0, 42, ..] => Some(Self {
                bytes,
                big_endian: true,
            }),
            _ => None,
        }
    }

    /// Reads as much of the directory at `at` as is there; offset 0 is none.
    fn directory(&self, at: u32) -> Directory {
        let mut directory = Directory::default();
        let Some(start) = usize::try_from(at).ok().filter(|at| *at != 0) else {
            return directory;
        };
        let Some(count) = self.u16(start) else {
            return directory;
        };
        let mut at = start.saturating_add(2);
        for _ in 0..count {
            let (Some(tag), Some(value)) = (self.u16(at), self.u32(at.saturating_add(8))) else {
                return directory;
            };
            directory.entries.push((tag, value));
            at = at.saturating_add(12);
        }
        directory.next = self.u32(at).unwrap_or(0);
        directory
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let (bytes, _) = self.bytes.get(at..)?.split_first_chunk()?;
        Some(if self.big_endian {
            u16::from_be_bytes(*bytes)
        } else {
            u16::from_le_bytes(*bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let (bytes, _) = self.bytes.get(at..)?.split_first_chunk()?;
        Some(if self.big_endian {
            u32::from_be_bytes(*bytes)
        } else {
            u32::from_le_bytes(*bytes)
        })
    }
}

const GPS_VERSION: u16 = 0;
const ORIENTATION: u16 = 0x0112;
