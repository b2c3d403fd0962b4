//! What a device keeps between sessions: the same bytes in number and kind for everybody who joined (SPEC §12.6).
//!
//! ```text
//! "brolly/1 member" | length 4 | record: link, version seen, newest directory | zeros        1,048,576 bytes
//! ```
//!
//! Nothing about any report is ever in it.

use brolly_keys::sign::Verified;
use brolly_protocol::codec::{self, Fields};
use brolly_protocol::directory::{Directory, DirectoryError};
use brolly_protocol::invite::{Entrance, Invitation};
use rand::seq::SliceRandom;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The bytes of every state file.
pub const SIZE: usize = 1 << 20;

/// Who somebody is with: an invitation, and the newest directory of its scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    invitation: Invitation,
    seen: u32,
    note: Vec<u8>,
}

/// Why a state cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Not a state file, or changed.
    #[error("this is not what `brolly join` keeps, or it was damaged: join again with --replace")]
    Malformed,
    /// The directory does not fit.
    #[error("the scheme's directory is too large for this device to keep: tell the scheme")]
    TooLarge,
}

/// Why no directory is at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoDirectory {
    /// None was fetched yet.
    #[error("no directory was fetched yet")]
    Never,
    /// The one that is kept is refused now.
    #[error(transparent)]
    Refused(#[from] DirectoryError),
}

#[derive(Serialize, Deserialize)]
struct Record {
    link: String,
    seen: u32,
    note: Vec<u8>,
}

impl State {
    /// Somebody who was invited and has not fetched a directory.
    pub fn new(invitation: Invitation) -> Self {
        Self {
            invitation,
            seen: 0,
            note: Vec::new(),
        }
    }

    /// The same with a new invitation. To the same scheme, what was seen of it stays known.
    #[must_use]
    pub fn invited(self, invitation: Invitation) -> Self {
        if invitation.scheme == self.invitation.scheme {
            Self { invitation, ..self }
        } else {
            Self::new(invitation)
        }
    }

    /// The invitation.
    pub fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// The highest version of the directory that was accepted; 0 before the first.
    pub fn seen(&self) -> u32 {
        self.seen
    }

    /// The newest directory, checked afresh at `now` (seconds).
    ///
    /// # Errors
    /// [`NoDirectory`].
    pub fn directory(&self, now: u64) -> Result<Verified<Directory>, NoDirectory> {
        if self.note.is_empty() {
            return Err(NoDirectory::Never);
        }
        Ok(Directory::verify(
            &self.note,
            self.invitation.scheme,
            now,
            self.seen,
        )?)
    }

    /// The ways in, in an order drawn evenly.
    pub fn entrances(&self, rng: &mut impl CryptoRng) -> Vec<Entrance> {
        let mut entrances = self.invitation.entries.clone();
        entrances.shuffle(rng);
        entrances
    }

    /// Checks a directory at `now` and keeps it.
    ///
    /// # Errors
    /// [`DirectoryError`]; the earlier one is then kept.
    pub fn accept(&mut self, note: &[u8], now: u64) -> Result<Verified<Directory>, DirectoryError> {
        let directory = Directory::verify(note, self.invitation.scheme, now, self.seen)?;
        self.seen = directory.version;
        self.note = note.to_vec();
        Ok(directory)
    }

    /// The [`SIZE`] bytes of the file.
    ///
    /// # Errors
    /// [`StateError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, StateError> {
        let record = Record {
            link: self.invitation.to_link().ok_or(StateError::Malformed)?,
            seen: self.seen,
            note: self.note.clone(),
        };
        let record = Zeroizing::new(codec::encode(&record).map_err(|_| StateError::Malformed)?);
        let length = u32::try_from(record.len()).map_err(|_| StateError::TooLarge)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SIZE));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&length.to_be_bytes());
        if record.len() > SIZE - bytes.len() {
            return Err(StateError::TooLarge);
        }
        bytes.extend_from_slice(&record);
        bytes.resize(SIZE, 0);
        Ok(bytes)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`StateError::Malformed`], also for bytes that are left over.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let malformed = StateError::Malformed;
        let mut fields = Fields::new(bytes);
        let magic = fields.take(MAGIC.len()).map_err(|_| malformed)?;
        let length = fields.number().map_err(|_| malformed)?;
        let length = usize::try_from(length).map_err(|_| malformed)?;
        let record = fields.take(length).map_err(|_| malformed)?;
        let zeros = fields.rest().iter().all(|byte| *byte == 0);
        if bytes.len() != SIZE || magic != MAGIC || !zeros {
            return Err(malformed);
        }
        let record = codec::decode::<Record, SIZE>(record).map_err(|_| malformed)?;
        Ok(Self {
            invitation: Invitation::from_link(&record.link).map_err(|_| malformed)?,
            seen: record.seen,
            note: record.note,
        })
    }
}

const MAGIC: &[u8] = b"brolly/1 member\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{NOW, Scheme};

    #[test]
    fn spec_12_6_a_state_has_one_size_and_reads_back_as_itself() {
        let scheme = Scheme::new(NOW);
        let joined = State::new(scheme.invitation());
        let mut later = joined.clone();
        later.accept(&scheme.note(), NOW).unwrap();
        for state in [&joined, &later] {
            let bytes = state.to_bytes().unwrap();
            assert_eq!(bytes.len(), SIZE);
            assert_eq!(State::from_bytes(&bytes).as_ref(), Ok(state));
        }
        assert_eq!(later.seen(), scheme.directory.version);
        assert_eq!(*later.directory(NOW).unwrap(), scheme.directory);
        assert_eq!(joined.directory(NOW), Err(NoDirectory::Never));
    }

    #[test]
    fn a_state_that_is_cut_longer_or_has_bytes_left_over_is_refused() {
        let state = State::new(Scheme::new(NOW).invitation());
        let good = state.to_bytes().unwrap();
        let refused =
            |bytes: &[u8]| assert_eq!(State::from_bytes(bytes), Err(StateError::Malformed));
        refused(&good[..SIZE - 1]);
        refused(&[]);
        refused(&[&good[..], &[0]].concat());
        let mut tail = good.to_vec();
        tail[SIZE - 1] = 1;
        refused(&tail);
        let mut inner = good.to_vec();
        // One byte more in the record than it needs.
        let at = MAGIC.len() + 3;
        inner[at] = inner[at].wrapping_add(1);
        refused(&inner);
        let mut magic = good.to_vec();
        magic[0] ^= 1;
        refused(&magic);
    }

    #[test]
    fn a_directory_that_does_not_fit_is_not_kept() {
        let mut state = State::new(Scheme::new(NOW).invitation());
        state.note = vec![b'x'; SIZE];
        assert_eq!(state.to_bytes().err(), Some(StateError::TooLarge));
    }

    #[test]
    fn a_new_invitation_to_the_same_scheme_does_not_forget_the_version_seen() {
        let scheme = Scheme::new(NOW);
        let mut state = State::new(scheme.invitation());
        state.accept(&scheme.note(), NOW).unwrap();
        let mut again = scheme.invitation();
        again.project = "Hull".to_owned();
        let state = state.invited(again);
        assert_eq!(state.seen(), 3);
        assert_eq!(state.invitation().project, "Hull");
        let elsewhere = Scheme::founded_by(NOW, [4, 5, 6]).invitation();
        assert_eq!(state.invited(elsewhere).seen(), 0);
    }

    #[test]
    fn a_kept_directory_is_checked_afresh_each_time() {
        let scheme = Scheme::new(NOW);
        let mut state = State::new(scheme.invitation());
        state.accept(&scheme.note(), NOW).unwrap();
        let expired = state.directory(scheme.directory.expires);
        assert_eq!(expired, Err(NoDirectory::Refused(DirectoryError::Expired)));
    }
}
