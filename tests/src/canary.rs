//! Searches everything a party kept for things that must not be there.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Something planted in a report or a connection that must turn up nowhere but at a desk.
#[derive(Debug, Clone)]
pub struct Canary {
    /// What it is, for a person.
    pub what: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A canary that turned up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub what: &'static str,
    /// The file it was in, or whose name it was in.
    pub file: PathBuf,
}

impl Canary {
    /// A canary of these bytes.
    pub fn new(what: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            what,
            bytes: bytes.into(),
        }
    }

    /// The bytes themselves, and as a careless program might write them: hexadecimal in both cases, base64 at each
    /// alignment, UTF-16.
    fn disguises(&self) -> Vec<Vec<u8>> {
        let hex: String = self.bytes.iter().map(|b| format!("{b:02x}")).collect();
        let wide = self.bytes.iter().flat_map(|b| [*b, 0]).collect();
        let mut all = vec![
            self.bytes.clone(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
            wide,
        ];
        all.extend((0..3).map(|shift| base64_core(&self.bytes, shift)));
        all
    }
}

/// Searches every file under `folder`, its name and its bytes, for every canary.
///
/// # Errors
/// A file that cannot be read: what was not searched cannot be called clean.
pub fn search(folder: &Path, canaries: &[Canary]) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for file in files(folder)? {
        let mut bytes = Vec::new();
        fs::File::open(&file)?.read_to_end(&mut bytes)?;
        bytes.extend_from_slice(file.to_string_lossy().as_bytes());
        found.extend(search_bytes(&bytes, canaries).map(|what| Found {
            what,
            file: file.clone(),
        }));
    }
    Ok(found)
}

/// Which canaries these bytes hold.
pub fn search_bytes<'a>(
    bytes: &'a [u8],
    canaries: &'a [Canary],
) -> impl Iterator<Item = &'static str> + 'a {
    canaries
        .iter()
        .filter(|canary| canary.disguises().iter().any(|d| contains(bytes, d)))
        .map(|canary| canary.what)
}

/// Every regular file under a folder.
///
/// # Errors
/// A folder that cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                all.push(entry.path());
            }
        }
    }
    all.sort();
    Ok(all)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else {
        return false;
    };
    let mut from = haystack;
    while let Some(at) = from.iter().position(|byte| byte == first) {
        from = from.get(at + 1..).unwrap_or_default();
        if from.starts_with(rest) {
            return true;
        }
    }
    false
}

/// The base64 digits that depend on these bytes alone when `shift` unknown bytes stand before them.
fn base64_core(bytes: &[u8], shift: usize) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = std::iter::repeat_n(0, shift)
        .chain(bytes.iter().copied())
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let whole = bits.chunks_exact(6).map(|six| {
        let index = six
            .iter()
            .fold(0, |value, bit| value << 1 | usize::from(*bit));
        DIGITS.get(index).copied().unwrap_or_default()
    });
    let unknown = (shift * 8).div_ceil(6);
    whole.skip(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(text: &[u8]) -> Vec<&'static str> {
        search_bytes(text, &[Canary::new("plate", *b"BROLLY 1")]).collect()
    }

    #[test]
    fn a_canary_is_found_however_it_is_written() {
        for text in [
            "… BROLLY 1 …",
            "424f4c 42524f4c4c592031 00",
            "QlJPTExZIDE=",
            "eEJST0xMWSAx",
            "eHhCUk9MTFkgMQ==",
        ] {
            assert_eq!(hits(text.as_bytes()), ["plate"], "{text}");
        }
        let wide: Vec<u8> = b"BROLLY 1".iter().flat_map(|b| [*b, 0]).collect();
        assert_eq!(hits(&wide), ["plate"]);
        assert!(hits(b"brolly 1 BROLLY  BROLLY").is_empty());
    }

    #[test]
    fn names_of_files_are_searched_too() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/BROLLY 1.txt"), b"").unwrap();
        let canaries = [Canary::new("plate", *b"BROLLY 1")];
        assert_eq!(search(folder.path(), &canaries).unwrap().len(), 1);
    }
}
