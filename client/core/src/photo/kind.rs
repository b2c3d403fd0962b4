//! Recognises, from a file's bytes alone, what it is when it is not a photograph that can be sent.

use core::fmt;

/// What a file is, when it is not a photograph that can be sent. Displays as a sentence that says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A PDF.
    Pdf,
    /// A HEIC, HEIF or AVIF picture.
    Heic,
    /// A film: MP4, QuickTime, WebM, Matroska or AVI.
    Video,
    /// A GIF with more than one frame.
    AnimatedGif,
    /// A GIF with one frame.
    StillGif,
    /// A WebP that moves.
    AnimatedWebP,
    /// A PNG that moves.
    AnimatedPng,
    /// A ZIP archive or an Office document.
    Document,
    /// None of these.
    Unknown,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pdf => "this is a PDF, not a photograph: open it, take a screenshot of the page and send that",
            Self::Heic => {
                "this is a HEIC or AVIF picture, which cannot be read here: \
                 save it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible) or send a screenshot of it"
            }
            Self::Video => "this is a video, not a photograph: pause it where it matters, take a screenshot and send that",
            Self::AnimatedGif => "this is an animated GIF, not a photograph: take a screenshot of the moment that matters",
            Self::StillGif => "this is a GIF: save it as JPEG or PNG and send that",
            Self::AnimatedWebP => "this is an animated WebP, not a photograph: take a screenshot of the moment that matters",
            Self::AnimatedPng => "this is an animated PNG, not a photograph: take a screenshot of the moment that matters",
            Self::Document => {
                "this is a ZIP archive or an Office document, not a photograph: \
                 open it, take a screenshot of what matters and send that"
            }
            Self::Unknown => "this is not a photograph that can be read here: send a JPEG, PNG or WebP, or a screenshot",
        })
    }
}

impl Kind {
    /// Names a file that starts like no photograph.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [b'%', b'P', b'D', b'F', ..] => Self::Pdf,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', rest @ ..] => {
                if frames(rest).unwrap_or(0) > 1 {
                    Self::AnimatedGif
                } else {
                    Self::StillGif
                }
            }
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand {
                [b'h', b'e', b'i' | b'v', ..]
                | [b'm', b'i' | b's', b'f', b'1', ..]
                | [b'a', b'v', b'i', b'f' | b's', ..] => Self::Heic,
                _ => Self::Video,
            },
            [_, _, _, _, atom @ ..]
                if [b"moov", b"mdat", b"wide", b"free", b"skip"]
                    .iter()
                    .any(|name| atom.starts_with(*name)) =>
            {
                Self::Video
            }
            [0x1a, 0x45, 0xdf, 0xa3, ..]
            | [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'A',
                b'V',
                b'I',
                b' ',
                ..,
            ] => Self::Video,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => {
                Self::Document
            }
            // Readers of PDF allow a little of anything before its mark.
            _ if bytes.windows(5).take(1024).any(|window| window == b"%PDF-") => Self::Pdf,
            _ => Self::Unknown,
        }
    }
}

/// Counts a GIF's frames, up to two, from what follows its signature; `None` when it ends before its screen does.
fn frames(rest: &[u8]) -> Option<u8> {
    let (screen, mut rest) = rest.split_first_chunk::<7>()?;
    let [.., flags, _, _] = *screen;
    rest = rest.get(table(flags)..)?;
    let mut count = 0;
    while count < 2 {
        let Some(next) = block(rest, &mut count) else {
            break;
        };
        rest = next;
    }
    Some(count)
}

/// Skips one extension or frame, counting a frame; `None` at the end.
fn block<'a>(rest: &'a [u8], count: &mut u8) -> Option<&'a [u8]> {
    let mut rest = match rest {
        [0x21, _label, rest @ ..] => rest,
        [0x2c, rest @ ..] => {
            *count += 1;
            let (descriptor, rest) = rest.split_first_chunk::<9>()?;
            let [.., flags] = *descriptor;
            // The byte after the colour table is the code size.
            rest.get(table(flags) + 1..)?
        }
        _ => return None,
    };
    loop {
        let (length, after) = rest.split_first()?;
        rest = after.get(usize::from(*length)..)?;
        if *length == 0 {
            return Some(rest);
        }
    }
}

/// Returns the length in bytes of the colour table that these flags announce.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}
