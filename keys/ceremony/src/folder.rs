//! A folder that comes to be with all its files or not at all.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use brolly_shell::private::{self, PrivateError};
use zeroize::Zeroizing;

/// A file to be: its path inside the folder, and its content.
pub struct Entry {
    path: PathBuf,
    content: Zeroizing<Vec<u8>>,
}

/// Why a folder was not made. Nothing is left of it then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It would hide what is there.
    #[error("{} is there already and is not empty: name a folder that does not exist yet", .0.display())]
    NotEmpty(PathBuf),
    /// A file, a link or a device has the name.
    #[error("{} is there already and is not a folder: choose another name", .0.display())]
    NotAFolder(PathBuf),
    /// Nothing to make it in, or `.` and `..`, which cannot be put in place whole.
    #[error("{} cannot be made: name a new folder inside one that exists", .0.display())]
    Nowhere(PathBuf),
    /// A file in it.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// The system refused.
    #[error("{} cannot be made: {reason}", path.display())]
    System {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

impl Entry {
    /// A file; `path` is relative and has no `..` in it.
    pub fn new(path: impl Into<PathBuf>, content: &[u8]) -> Self {
        Self {
            path: path.into(),
            content: Zeroizing::new(content.to_vec()),
        }
    }

    /// Where it lies inside the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it.
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}

/// Checks that a folder can be made here: the name is free, or an empty folder's.
///
/// # Errors
/// [`FolderError`].
pub fn check(folder: &Path) -> Result<(), FolderError> {
    let system = |reason| FolderError::System {
        path: folder.to_owned(),
        reason,
    };
    parent(folder)?;
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(system(error)),
        Ok(metadata) if !metadata.is_dir() => Err(FolderError::NotAFolder(folder.to_owned())),
        Ok(_) => match fs::read_dir(folder).map_err(system)?.next() {
            None => Ok(()),
            Some(_) => Err(FolderError::NotEmpty(folder.to_owned())),
        },
    }
}

/// Makes the folder with these files: built beside it under another name, then renamed. Folders have mode 0700, files
/// 0600.
///
/// # Errors
/// [`FolderError`]; nothing is left then.
pub fn create(folder: &Path, files: &[Entry]) -> Result<(), FolderError> {
    check(folder)?;
    let system = |reason: io::Error| {
        let path = folder.to_owned();
        if reason.kind() == io::ErrorKind::DirectoryNotEmpty {
            return FolderError::NotEmpty(path);
        }
        FolderError::System { path, reason }
    };
    let parent = parent(folder)?;
    // Removed with all that is in it unless it is kept below.
    let building = tempfile::Builder::new()
        .prefix(".brolly-keys-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .map_err(system)?;
    for file in files {
        let path = building.path().join(&file.path);
        if let Some(inner) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(inner)
                .map_err(system)?;
        }
        private::create(&path, &file.content)?;
    }
    fs::rename(building.path(), folder).map_err(system)?;
    let _ = building.keep();
    File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(system)
}

fn parent(folder: &Path) -> Result<&Path, FolderError> {
    let nowhere = || FolderError::Nowhere(folder.to_owned());
    folder.file_name().ok_or_else(nowhere)?;
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if parent.is_dir() {
        Ok(parent)
    } else {
        Err(nowhere())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_appears_with_all_its_files_and_private_modes() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("scheme");
        let files = [Entry::new("a", b"1"), Entry::new("b/c/d", b"2")];
        create(&folder, &files).unwrap();
        assert_eq!(names(outer.path()), ["scheme"]);
        assert_eq!(fs::read(folder.join("b/c/d")).unwrap(), b"2");
        let mode = |path: &str| {
            let metadata = fs::metadata(folder.join(path)).unwrap();
            metadata.permissions().mode() & 0o7777
        };
        for (path, want) in [("", 0o700), ("b", 0o700), ("b/c", 0o700), ("a", 0o600)] {
            assert_eq!(mode(path), want, "{path}");
        }
    }

    #[test]
    fn an_empty_folder_is_taken_and_a_full_one_a_file_or_a_link_is_not() {
        let outer = tempfile::tempdir().unwrap();
        let at = |name: &str| outer.path().join(name);
        fs::create_dir(at("empty")).unwrap();
        fs::create_dir(at("full")).unwrap();
        fs::write(at("full/letter"), "dear").unwrap();
        std::os::unix::fs::symlink(at("empty"), at("link")).unwrap();
        let files = [Entry::new("a", b"1")];
        let full = create(&at("full"), &files);
        assert!(matches!(full, Err(FolderError::NotEmpty(_))));
        for name in ["full/letter", "link"] {
            let got = create(&at(name), &files);
            assert!(matches!(got, Err(FolderError::NotAFolder(_))));
        }
        create(&at("empty"), &files).unwrap();
        assert_eq!(names(outer.path()), ["empty", "full", "link"]);
        assert_eq!(names(&at("full")), ["letter"]);
    }

    #[test]
    fn a_failure_half_way_leaves_nothing_behind() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("scheme");
        // The second file cannot lie below the first.
        let files = [Entry::new("a", b"1"), Entry::new("a/b", b"2")];
        assert!(create(&folder, &files).is_err());
        let twice = [Entry::new("a", b"1"), Entry::new("a", b"2")];
        assert!(matches!(create(&folder, &twice), Err(FolderError::File(_))));
        assert!(names(outer.path()).is_empty());
    }

    #[test]
    fn a_folder_in_no_folder_is_refused() {
        for path in ["/", "..", "/nonexistent/scheme"] {
            let got = create(Path::new(path), &[]);
            assert!(matches!(got, Err(FolderError::Nowhere(_))), "{path}");
        }
    }
}
