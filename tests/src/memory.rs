//! Searches the memory of a running process, as root, for bytes that must not be there.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

/// Says of each needle, of 32 bytes, how often it stands in what the process could read at this moment.
///
/// # Errors
/// The process is gone, or its memory may not be read.
pub fn count(pid: u32, needles: &[[u8; 32]]) -> io::Result<Vec<usize>> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut counts = Counts::new(needles);
    for line in maps.lines() {
        let Some((from, to)) = readable(line) else {
            continue;
        };
        counts.region(&memory, from, to)?;
    }
    Ok(counts.found)
}

/// The same of some bytes.
pub fn count_in(bytes: &[u8], needles: &[[u8; 32]]) -> Vec<usize> {
    let mut counts = Counts::new(needles);
    counts.add(bytes);
    counts.found
}

/// The first and the last address of a mapping that can be read and is memory.
fn readable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let readable = words.next()?.starts_with('r');
    // The kernel's clock page and the like: no memory of the process.
    let kernel =
        line.ends_with("[vvar]") || line.ends_with("[vvar_vclock]") || line.ends_with("[vsyscall]");
    let address = |digits| u64::from_str_radix(digits, 16).ok();
    (readable && !kernel).then_some((address(from)?, address(to)?))
}

struct Counts {
    /// The needles by their first bytes.
    begin: HashMap<[u8; 8], Vec<(usize, [u8; 32])>>,
    found: Vec<usize>,
}

impl Counts {
    fn new(needles: &[[u8; 32]]) -> Self {
        let mut begin: HashMap<[u8; 8], Vec<_>> = HashMap::new();
        for (number, needle) in needles.iter().enumerate() {
            let [a, b, c, d, e, f, g, h, ..] = *needle;
            let list = begin.entry([a, b, c, d, e, f, g, h]).or_default();
            list.push((number, *needle));
        }
        Self {
            begin,
            found: vec![0; needles.len()],
        }
    }

    fn region(&mut self, memory: &File, from: u64, to: u64) -> io::Result<()> {
        let mut at = from;
        let mut bytes = vec![0; PIECE];
        while at < to {
            let left = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
            let Some(piece) = bytes.get_mut(..left) else {
                break;
            };
            match memory.read_exact_at(piece, at) {
                Ok(()) => self.add(piece),
                // The process gave the mapping back meanwhile.
                Err(error) if error.raw_os_error() == Some(EIO) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
            if left < PIECE {
                break;
            }
            // Pieces overlap, so that a needle across their border is seen.
            at += STEP;
        }
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) {
        for window in bytes.windows(32) {
            let Some(list) = window.first_chunk().and_then(|key| self.begin.get(key)) else {
                continue;
            };
            for (number, needle) in list {
                if let Some(found) = self.found.get_mut(*number).filter(|_| window == needle) {
                    *found += 1;
                }
            }
        }
    }
}

const PIECE: usize = 1 << 20;
const STEP: u64 = (1 << 20) - 31;
const EIO: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_needle_is_counted_where_it_stands_whole() {
        let needle: [u8; 32] = std::array::from_fn(|n| u8::try_from(200 - n).unwrap());
        let bytes = [&[9; 40][..], &needle, &needle[..31], &needle].concat();
        assert_eq!(count_in(&bytes, &[needle, [7; 32]]), [2, 0]);
        assert_eq!(count_in(&bytes[..71], &[needle]), [0]);
    }

    #[test]
    fn only_mappings_that_are_memory_and_can_be_read_are_searched() {
        let heap = "55d0-55f0 rw-p 00000000 00:00 0   [heap]";
        assert_eq!(readable(heap), Some((0x55d0, 0x55f0)));
        assert_eq!(readable("7f00-7f10 ---p 00000000 00:00 0"), None);
        assert_eq!(readable("7f00-7f10 r--p 00000000 00:00 0  [vvar]"), None);
    }
}
