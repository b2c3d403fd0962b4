//! The casebook: what the desk keeps, sealed, in one file that only grows (SPEC §11.4).
//!
//! ```text
//! header  "brolly/1 casebook" 17 | id 16
//! record  length 4 | its complement 4 | nonce 12 | ChaCha20Poly1305( record ) length      again and again
//!         associated data: header | the record's place, counted from 0, 8
//! ```
//!
//! A record opens in its own place of its own casebook alone. What the seal cannot show is that whole records are
//! missing from the end; the next sync fetches those again, for the mark that says how far it came is among them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use brolly_protocol::codec;
use brolly_shell::random;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use rand_core::Rng;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use zeroize::Zeroizing;

mod board;
mod content;
mod record;
#[cfg(test)]
pub(crate) mod sample;
mod seen;

pub use board::{OwnKeys, Standing};
pub use record::{Answer, Case, Day, Head, Page, Reason, Record, Refused};
pub use seen::Seen;

use content::Content;

/// An open casebook, all of it in memory. Only one program can have it open to write.
pub struct Casebook {
    path: PathBuf,
    /// None while there is nothing to read.
    file: Option<File>,
    key: Zeroizing<[u8; 32]>,
    header: [u8; HEADER],
    places: u64,
    end: u64,
    content: Content,
}

/// What a casebook is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a file is read or written")]
pub enum Access {
    /// Looking things up, others may do so at the same time; a missing casebook is empty.
    Read,
    /// Adding to it, with nobody else; a missing casebook is made.
    Write,
}

/// Why a casebook was not opened or not added to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CasebookError {
    /// Another program has it open.
    #[error("another brolly-desk is using {}: wait until it is done", .0.display())]
    Busy(PathBuf),
    /// The mode lets others read.
    #[error("{path} can be read by others than its owner: run `chmod 600 {path}`", path = .0.display())]
    Exposed(PathBuf),
    /// Something else.
    #[error("{} is not a casebook: move it away, or set `data` to another folder", .0.display())]
    NotACasebook(PathBuf),
    /// Not even the first record opens.
    #[error(
        "{} does not open with this desk's key: it belongs to another desk, or its beginning is damaged; nothing was changed", .0.display()
    )]
    OtherKey(PathBuf),
    /// A record does not open in its place.
    #[error(
        "{} is damaged at byte {at}: restore it from a back-up, or move it away and run `sync` to fetch what the inbox still has; nothing was changed",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the record begins.
        at: u64,
    },
    /// Over 2 GiB.
    #[error("{} is larger than 2 GiB: it is not the casebook that was meant", .0.display())]
    TooLarge(PathBuf),
    /// The system refused.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Opened to read.
    #[error("the casebook was opened to read alone")]
    ReadOnly,
    /// A record that cannot be encoded, or is over 64 KiB.
    #[error("a record is too large for the casebook; nothing was changed")]
    Record,
}

impl Casebook {
    /// Opens the casebook at `path` under the desk's 32-byte casebook key.
    ///
    /// A last record that a crash left incomplete is passed over, and cut off if it is opened to write.
    ///
    /// # Errors
    /// [`CasebookError`]; the file is then as it was.
    pub fn open(path: &Path, key: &[u8; 32], access: Access) -> Result<Self, CasebookError> {
        let mut this = Self {
            path: path.to_owned(),
            file: None,
            key: Zeroizing::new(*key),
            header: [0; HEADER],
            places: 0,
            end: 0,
            content: Content::default(),
        };
        let Some(mut file) = this.lock(access)? else {
            return Ok(this);
        };
        let bytes = this.read(&mut file)?;
        if bytes.len() < HEADER && MAGIC.starts_with(bytes.get(..MAGIC.len()).unwrap_or(&bytes)) {
            if access == Access::Write {
                this.begin(&mut file)?;
            }
        } else {
            this.load(&bytes)?;
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if access == Access::Write && this.end < length {
                file.set_len(this.end)
                    .and_then(|()| file.sync_all())
                    .map_err(|reason| this.io(reason))?;
            }
        }
        if access == Access::Write {
            this.file = Some(file);
        } else {
            // What was read is in memory: whoever wants to write need not wait for us.
            drop(file);
        }
        Ok(this)
    }

    /// The reports, in the order in which they were fetched.
    pub fn cases(&self) -> &[Case] {
        &self.content.cases
    }

    /// What was addressed to this desk and refused.
    pub fn refused(&self) -> &[Refused] {
        &self.content.refused
    }

    /// This desk's answers to the case of this digest, by number, and whether the inbox took each.
    pub fn answers(&self, digest: &[u8; 32]) -> impl Iterator<Item = (&Answer, bool)> {
        self.content.answers_to(digest)
    }

    /// The answers that the inbox has not taken yet, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &Answer> {
        self.content.waiting()
    }

    /// What this desk was handed, beside what the public log says.
    pub fn seen(&self) -> &Seen {
        &self.content.seen
    }

    /// This desk's keys on the board.
    pub fn board(&self) -> &OwnKeys {
        &self.content.board
    }

    /// The number in the inbox up to which everything was fetched.
    pub fn mark(&self) -> u64 {
        self.content
            .seen
            .last_read()
            .map_or(0, |(number, _)| number)
    }

    /// The number and the digest of the last cell that was fetched.
    pub fn last_read(&self) -> Option<(u64, [u8; 32])> {
        self.content.seen.last_read()
    }

    /// Whether the cell of this digest is in it, kept or refused.
    pub fn contains(&self, digest: &[u8; 32]) -> bool {
        self.content.digests.contains(digest)
    }

    /// The path of a file of this name in the casebook's folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// Adds records, durably: when this returns they survive a crash of the machine.
    ///
    /// # Errors
    /// [`CasebookError`]; the casebook then holds none of them.
    pub fn append(&mut self, records: Vec<Record>) -> Result<(), CasebookError> {
        let mut bytes = Vec::new();
        for (place, record) in (self.places..).zip(&records) {
            self.seal(place, record, &mut bytes)?;
        }
        let end = self.end;
        let file = self.file.as_mut().ok_or(CasebookError::ReadOnly)?;
        let written = file
            .seek(SeekFrom::Start(end))
            .and_then(|_| file.write_all(&bytes))
            .and_then(|()| file.sync_all());
        if let Err(reason) = written {
            // Should this fail as well, the next start cuts the incomplete record off.
            let _ = file.set_len(end);
            return Err(self.io(reason));
        }
        self.end += u64::try_from(bytes.len()).unwrap_or_default();
        self.places += u64::try_from(records.len()).unwrap_or_default();
        records
            .into_iter()
            .for_each(|record| self.content.take_in(record));
        Ok(())
    }

    fn lock(&self, access: Access) -> Result<Option<File>, CasebookError> {
        let (flags, operation) = match access {
            Access::Read => (OFlags::RDONLY, FlockOperation::NonBlockingLockShared),
            Access::Write => (
                OFlags::RDWR | OFlags::CREATE,
                FlockOperation::NonBlockingLockExclusive,
            ),
        };
        let flags = flags | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&self.path, flags, Mode::RUSR | Mode::WUSR) {
            Ok(descriptor) => File::from(descriptor),
            Err(rustix::io::Errno::NOENT) if access == Access::Read => return Ok(None),
            Err(errno) => return Err(self.io(errno.into())),
        };
        let metadata = file.metadata().map_err(|reason| self.io(reason))?;
        if !metadata.is_file() {
            return Err(CasebookError::NotACasebook(self.path.clone()));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(CasebookError::Exposed(self.path.clone()));
        }
        match flock(&file, operation) {
            Ok(()) => Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(CasebookError::Busy(self.path.clone())),
            Err(errno) => Err(self.io(errno.into())),
        }
    }

    fn read(&self, file: &mut File) -> Result<Vec<u8>, CasebookError> {
        let mut bytes = Vec::new();
        let length = file
            .take(LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(|reason| self.io(reason))?;
        if u64::try_from(length).is_ok_and(|length| length <= LIMIT) {
            Ok(bytes)
        } else {
            Err(CasebookError::TooLarge(self.path.clone()))
        }
    }

    fn begin(&mut self, file: &mut File) -> Result<(), CasebookError> {
        let mut id = [0; ID];
        random::system().fill_bytes(&mut id);
        for (to, from) in self.header.iter_mut().zip(MAGIC.iter().chain(&id)) {
            *to = *from;
        }
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(&self.header))
            .and_then(|()| file.sync_all())
            // The name is durable only once its folder is.
            .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all())
            .map_err(|reason| self.io(reason))?;
        self.end = HEADER_U64;
        Ok(())
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), CasebookError> {
        let (header, mut rest) = bytes
            .split_first_chunk::<HEADER>()
            .filter(|(header, _)| header.starts_with(MAGIC))
            .ok_or_else(|| CasebookError::NotACasebook(self.path.clone()))?;
        self.header = *header;
        self.end = HEADER_U64;
        loop {
            let damaged = || match self.places {
                0 => CasebookError::OtherKey(self.path.clone()),
                _ => CasebookError::Damaged {
                    path: self.path.clone(),
                    at: self.end,
                },
            };
            let (frame, after) = match Frame::split(rest) {
                Split::Whole(frame, after) => (frame, after),
                Split::Torn => return Ok(()),
                Split::Damaged => return Err(damaged()),
            };
            let record = self.unseal(self.places, &frame).ok_or_else(damaged)?;
            self.content.take_in(record);
            self.places += 1;
            self.end += u64::try_from(rest.len() - after.len()).unwrap_or_default();
            rest = after;
        }
    }

    fn seal(&self, place: u64, record: &Record, out: &mut Vec<u8>) -> Result<(), CasebookError> {
        let plain = codec::encode(record).map_err(|_| CasebookError::Record)?;
        let plain = Zeroizing::new(plain);
        let mut nonce = [0; NONCE];
        random::system().fill_bytes(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: &plain,
                    aad: &self.associated(place),
                },
            )
            .map_err(|_| CasebookError::Record)?;
        let length = u32::try_from(sealed.len()).map_err(|_| CasebookError::Record)?;
        if plain.len() > RECORD {
            return Err(CasebookError::Record);
        }
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&(!length).to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(())
    }

    fn unseal(&self, place: u64, frame: &Frame<'_>) -> Option<Record> {
        let plain = self
            .cipher()
            .decrypt(
                &Nonce::from(*frame.nonce),
                Payload {
                    msg: frame.sealed,
                    aad: &self.associated(place),
                },
            )
            .map(Zeroizing::new)
            .ok()?;
        codec::decode::<Record, RECORD>(&plain).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(*self.key))
    }

    fn associated(&self, place: u64) -> Vec<u8> {
        [self.header.as_slice(), &place.to_be_bytes()].concat()
    }

    fn io(&self, reason: io::Error) -> CasebookError {
        CasebookError::Io {
            path: self.path.clone(),
            reason,
        }
    }
}

struct Frame<'a> {
    nonce: &'a [u8; NONCE],
    sealed: &'a [u8],
}

enum Split<'a> {
    Whole(Frame<'a>, &'a [u8]),
    /// A crash came before its last byte, or the file system had its length but not its bytes yet.
    Torn,
    Damaged,
}

impl<'a> Frame<'a> {
    fn split(bytes: &'a [u8]) -> Split<'a> {
        if bytes.iter().all(|byte| *byte == 0) {
            return Split::Torn;
        }
        let Some((length, rest)) = bytes.split_first_chunk() else {
            return Split::Torn;
        };
        let Some((complement, rest)) = rest.split_first_chunk() else {
            return Split::Torn;
        };
        let length = u32::from_be_bytes(*length);
        // Without this a flipped bit in a length would pass for a torn end, and cut off everything behind it.
        if length != !u32::from_be_bytes(*complement) {
            return Split::Damaged;
        }
        let Some((nonce, rest)) = rest.split_first_chunk() else {
            return Split::Torn;
        };
        match usize::try_from(length)
            .ok()
            .map(|n| rest.split_at_checked(n))
        {
            Some(Some((sealed, after))) => Split::Whole(Self { nonce, sealed }, after),
            _ => Split::Torn,
        }
    }
}

const MAGIC: &[u8] = b"brolly/1 casebook";
const ID: usize = 16;
const HEADER: usize = 17 + ID;
const HEADER_U64: u64 = 17 + 16;
const NONCE: usize = 12;
/// The most bytes of one record.
const RECORD: usize = 1 << 16;
/// The most bytes of a casebook: a national year of reports is about 1 % of it.
const LIMIT: u64 = 1 << 31;

#[cfg(test)]
mod tests;
