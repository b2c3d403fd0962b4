//! Key files in several hands: share files on disk, and what opens a key file.

use std::path::{Path, PathBuf};

use brolly_keys::file::{FileError, Header, KeyFile, Lock};
use brolly_keys::share::file::{ShareFileError, ShareHeader};
use brolly_keys::share::{JoinError, Share, SharedKey};
use zeroize::Zeroizing;

use crate::keyfile::{self, KeyFileError};
use crate::passphrase::{self, PassphraseError};
use crate::private::{self, PrivateError};

/// What opened a key file, and seals it again.
#[non_exhaustive]
pub enum Opener {
    /// One passphrase.
    Passphrase(Zeroizing<Vec<u8>>),
    /// The key that shares made.
    Shares(SharedKey),
}

impl Opener {
    /// Writes the key file anew in the place of the earlier one, at once; what opened it opens it again.
    ///
    /// # Errors
    /// [`KeyFileError`]; the earlier file is then as it was.
    pub fn replace(&self, path: &Path, file: &KeyFile) -> Result<(), KeyFileError> {
        match self {
            Self::Passphrase(passphrase) => keyfile::replace(path, file, passphrase),
            Self::Shares(key) => keyfile::replace_shared(path, file, key),
        }
    }
}

/// Why shares do not open a key file. Nothing is written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharesError {
    /// The key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A share file: missing, readable by others.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// A passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// No share file, damaged, or another passphrase.
    #[error("{}: {reason}", path.display())]
    Share {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: ShareFileError,
    },
    /// A key file that one passphrase opens.
    #[error("{} is sealed under one passphrase: no share opens it, leave the shares out", .0.display())]
    NotInShares(PathBuf),
    /// A share of something else.
    #[error(
        "{} is share {number} of the {kind} {name}, but of another set than the one that opens {}: take the share that was made together with that file",
        path.display(), key_file.display()
    )]
    Foreign {
        /// The share file.
        path: PathBuf,
        /// Its number.
        number: u8,
        /// Whose keys its key file holds.
        kind: String,
        /// The holder of those keys.
        name: String,
        /// The key file.
        key_file: PathBuf,
    },
    /// The same share again.
    #[error(
        "{} and {} are both share {number}: each must come from another holder",
        first.display(), second.display()
    )]
    Twice {
        /// The first file.
        first: PathBuf,
        /// The second.
        second: PathBuf,
        /// The number of both.
        number: u8,
    },
    /// Not what was handed out.
    #[error(
        "{} is a wrong share: it says that it is share {number}, but holds something else than share {number} did when the key was split; ask its holder for the original, or take another holder's share",
        path.display()
    )]
    Wrong {
        /// The share file.
        path: PathBuf,
        /// Its number.
        number: u8,
    },
    /// Under the threshold.
    #[error(
        "{given} of the {shares} shares of {} are given and {threshold} are needed: give {missing} more with --share",
        path.display()
    )]
    TooFew {
        /// The key file.
        path: PathBuf,
        /// How many were given.
        given: usize,
        /// How many are needed.
        threshold: u8,
        /// How many there are.
        shares: u8,
        /// How many are missing.
        missing: usize,
    },
    /// Passphrase files that cannot be matched to the shares.
    #[error(
        "{files} passphrase files for {shares} shares: give one for all of them, or one for each in the same order"
    )]
    PassphraseFiles {
        /// How many passphrase files.
        files: usize,
        /// How many shares.
        shares: usize,
    },
}

/// Opens a key file with the share files at `paths`. Every share is known to belong to it before anybody is asked for a
/// passphrase. Those are read from `passphrases`: one file for all shares, or one for each in the same order; without
/// any, the terminal asks.
///
/// # Errors
/// [`SharesError`], which names the file that is wrong.
pub fn open(
    key_file: &Path,
    paths: &[PathBuf],
    passphrases: &[PathBuf],
) -> Result<(KeyFile, SharedKey), SharesError> {
    let header = keyfile::header(key_file)?;
    let Lock::Shares(set) = &header.lock else {
        return Err(SharesError::NotInShares(key_file.to_owned()));
    };
    let found = paths
        .iter()
        .map(|path| Found::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    check(key_file, &header, &found)?;
    let needed = usize::from(set.threshold());
    if found.len() < needed {
        return Err(SharesError::TooFew {
            path: key_file.to_owned(),
            given: found.len(),
            threshold: set.threshold(),
            shares: set.shares(),
            missing: needed - found.len(),
        });
    }
    matched(passphrases, found.len())?;
    let mut shares = Vec::with_capacity(found.len());
    for (at, found) in found.iter().enumerate() {
        let file = passphrases.get(at).or(passphrases.first());
        let prompt = format!(
            "Passphrase of {} ({}): ",
            found.path.display(),
            title(&found.header)
        );
        let passphrase = passphrase::read(file.map(PathBuf::as_path), &prompt)?;
        let share = Share::decrypt(&found.bytes, &passphrase).map_err(|r| found.reason(r))?;
        shares.push(share);
    }
    let key = set.join(&shares).map_err(|error| {
        let (JoinError::Wrong(number) | JoinError::NoSuchShare(number) | JoinError::Twice(number)) =
            error
        else {
            return KeyFileError::Content {
                path: key_file.display().to_string(),
                reason: FileError::OtherShares,
            }
            .into();
        };
        let wrong = found.iter().find(|found| found.header.number == number);
        SharesError::Wrong {
            path: wrong.map_or(key_file, |found| found.path).to_owned(),
            number,
        }
    })?;
    Ok((keyfile::read_shared(key_file, &key)?, key))
}

/// Checks that as many passphrase files were given as there are shares, or one for all, or none.
///
/// # Errors
/// [`SharesError::PassphraseFiles`].
pub fn matched(files: &[PathBuf], shares: usize) -> Result<(), SharesError> {
    if files.len() > 1 && files.len() != shares {
        return Err(SharesError::PassphraseFiles {
            files: files.len(),
            shares,
        });
    }
    Ok(())
}

/// A share in a few words: `share 2 of 3, kept by Ada`.
pub fn title(header: &ShareHeader) -> String {
    let mut title = format!("share {} of {}", header.number, header.shares);
    if !header.holder.is_empty() {
        title.push_str(", kept by ");
        title.push_str(&crate::text::line(&header.holder));
    }
    title
}

struct Found<'a> {
    path: &'a Path,
    bytes: Zeroizing<Vec<u8>>,
    header: ShareHeader,
}

impl<'a> Found<'a> {
    fn read(path: &'a Path) -> Result<Self, SharesError> {
        let bytes = private::read(path, LIMIT)?;
        let header = ShareHeader::parse(&bytes).map_err(|reason| SharesError::Share {
            path: path.to_owned(),
            reason,
        })?;
        Ok(Self {
            path,
            bytes,
            header,
        })
    }

    fn reason(&self, reason: ShareFileError) -> SharesError {
        SharesError::Share {
            path: self.path.to_owned(),
            reason,
        }
    }
}

/// Whether all are shares of this key file, and all different.
fn check(key_file: &Path, header: &Header, found: &[Found<'_>]) -> Result<(), SharesError> {
    for (at, share) in found.iter().enumerate() {
        let (path, number) = (share.path.to_owned(), share.header.number);
        if !share.header.belongs_to(header) {
            return Err(SharesError::Foreign {
                path,
                number,
                kind: share.header.kind.to_string(),
                name: crate::text::line(&share.header.name),
                key_file: key_file.to_owned(),
            });
        }
        let earlier = found.iter().take(at);
        if let Some(first) = earlier.into_iter().find(|e| e.header.number == number) {
            return Err(SharesError::Twice {
                first: first.path.to_owned(),
                second: path,
                number,
            });
        }
    }
    Ok(())
}

/// 4 KiB.
const LIMIT: usize = 4096;
