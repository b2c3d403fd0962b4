//! Which projects may have tokens: a file that the umbrella edits with `brolly-relay project` while the issuer runs.
//!
//! ```toml
//! [[project]]
//! name = "st pauli"        # as in its invitations
//! desk = "00…"             # who set the secret last, 32 hexadecimal digits, or empty
//! digest = "…"             # of the project's secret, base64, or empty: nobody gets tokens yet
//! quota = 20000            # tokens a day; a session takes two
//! serial = 3               # of the last change of the secret
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use brolly_protocol::geometry::PROJECT_SECRET;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::token::project::{ProjectId, secret_digest};
use brolly_shell::config::{self, ConfigError};
use brolly_shell::private::{self, PrivateError};
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::segment::private_folder;

/// A project as its issuer knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its name, as in its invitations and in the area of its desk.
    pub name: String,
    /// The desk that set the secret last; only another desk that takes its place in the directory may follow it.
    #[serde(default, with = "desk")]
    pub desk: Option<NodeId>,
    /// The digest of its secret.
    #[serde(default, with = "digest")]
    pub digest: Option<[u8; 32]>,
    /// Tokens a day; a session takes two.
    pub quota: u32,
    /// The serial of the last change of the secret.
    pub serial: u64,
}

/// Why the projects cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectsError {
    /// The file as such.
    #[error(transparent)]
    Read(#[from] ConfigError),
    /// Two projects would share quota and secret.
    #[error("{} names the project `{name}` twice: remove one", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The project.
        name: String,
    },
    /// No invitation could carry the name.
    #[error(
        "{} has a project without a proper name: 1 to {LONGEST} bytes, with no control characters and no space at either end", .0.display()
    )]
    Name(PathBuf),
    /// It was not stored.
    #[error(transparent)]
    Write(#[from] PrivateError),
    /// Written by another user, the issuer could not read it, and would go on with what it knew.
    #[error(
        "{folder} belongs to another user: run this as that one, for example with `sudo -u brolly-relay`", folder = .0.display()
    )]
    Owner(PathBuf),
    /// The lock beside it.
    #[error("{} cannot be locked: {reason}", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

/// The projects as a running issuer has them.
pub(crate) struct Register {
    path: PathBuf,
    scheme: SchemeId,
    bytes: Vec<u8>,
    projects: Vec<Project>,
}

impl Register {
    /// Reads the file.
    pub(crate) fn open(path: PathBuf, scheme: SchemeId) -> Result<Self, ProjectsError> {
        let projects = load(&path)?;
        Ok(Self {
            path,
            scheme,
            // Whatever was read: the first look compares again.
            bytes: Vec::new(),
            projects,
        })
    }

    /// Reads the file again if it is another than before. If it cannot be read, what was known stays.
    pub(crate) fn refresh(&mut self) -> Result<(), ProjectsError> {
        // Compared whole: a few kilobytes from memory, where a time or a size might be the same by chance.
        match bytes(&self.path) {
            Ok(bytes) if bytes == self.bytes => Ok(()),
            Ok(bytes) => {
                self.projects = load(&self.path)?;
                self.bytes = bytes;
                Ok(())
            }
            Err(_) => load(&self.path).map(|projects| self.projects = projects),
        }
    }

    /// The project with this secret. Takes the same time whichever it is, or none.
    pub(crate) fn find(
        &self,
        project: ProjectId,
        secret: &[u8; PROJECT_SECRET],
    ) -> Option<&Project> {
        let asked = secret_digest(self.scheme, project, secret);
        let mut found = u32::MAX;
        for (project, place) in self.projects.iter().zip(0..) {
            let known = project.digest.unwrap_or_default();
            let same = known.ct_eq(&asked);
            found.conditional_assign(&place, same);
        }
        self.projects.get(usize::try_from(found).ok()?)
    }
}

/// Reads and checks a file of projects.
///
/// # Errors
/// [`ProjectsError`].
pub fn load(path: &Path) -> Result<Vec<Project>, ProjectsError> {
    let Table { project } = config::load(path)?;
    for (n, one) in project.iter().enumerate() {
        if !is_name(&one.name) {
            return Err(ProjectsError::Name(path.to_owned()));
        }
        let mut others = project.iter().skip(n + 1);
        if others.any(|other| same_name(&other.name, &one.name)) {
            return Err(ProjectsError::Twice {
                path: path.to_owned(),
                name: one.name.clone(),
            });
        }
    }
    Ok(project)
}

/// Changes a file of projects: nobody else changes it meanwhile, and a reader sees all of the change or nothing. Durable
/// when it returns. A file that is not there is made; if `change` fails, nothing is.
///
/// # Errors
/// What `change` gives, and [`ProjectsError`].
pub fn edit<T, E: From<ProjectsError>>(
    path: &Path,
    change: impl FnOnce(&mut Vec<Project>) -> Result<T, E>,
) -> Result<T, E> {
    let _lock = lock(path)?;
    let mut projects = match load(path) {
        Err(ProjectsError::Read(ConfigError::Missing(_))) => Vec::new(),
        projects => projects?,
    };
    let done = change(&mut projects)?;
    let text = toml::to_string(&Table { project: projects }).map_err(io::Error::other);
    let text = text.map_err(|reason| PrivateError::Write {
        path: path.to_owned(),
        reason,
    });
    let text = text.map_err(ProjectsError::from)?;
    private::replace(path, [HEADER, &text].concat().as_bytes()).map_err(ProjectsError::from)?;
    Ok(done)
}

/// Whether a project may be called this.
pub fn is_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && name.trim() == name
        && !name.chars().any(char::is_control)
}

/// Whether two names are of one project: the directory does not tell capital letters apart either.
pub fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn lock(path: &Path) -> Result<File, ProjectsError> {
    let lock = path.with_extension("lock");
    let folder = path.parent().unwrap_or(Path::new("/"));
    let there = folder.ancestors().find(|folder| folder.exists());
    if let Some(folder) = there
        && folder
            .metadata()
            .is_ok_and(|it| it.uid() != geteuid().as_raw())
    {
        return Err(ProjectsError::Owner(folder.to_owned()));
    }
    private_folder(folder)
        .and_then(|()| {
            let mut options = OpenOptions::new();
            options.create(true).append(true).mode(0o600).open(&lock)
        })
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|reason| ProjectsError::Lock { path: lock, reason })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    project: Vec<Project>,
}

mod desk {
    use brolly_protocol::node::NodeId;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(
        desk: &Option<NodeId>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match desk {
            Some(desk) => serializer.collect_str(desk),
            None => serializer.serialize_str(""),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<NodeId>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(None);
        }
        id(&text).map(Some).ok_or_else(|| {
            D::Error::custom("a desk is the 32 hexadecimal digits of its id, or empty")
        })
    }

    fn id(text: &str) -> Option<NodeId> {
        if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let number = u128::from_str_radix(text, 16).ok()?;
        Some(NodeId(number.to_be_bytes()))
    }
}

mod digest {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(
        digest: &Option<[u8; 32]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = digest.map(|digest| STANDARD.encode(digest));
        serializer.serialize_str(&text.unwrap_or_default())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<[u8; 32]>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(None);
        }
        let bytes = STANDARD.decode(&text).ok();
        let digest = bytes.and_then(|bytes| bytes.try_into().ok());
        digest
            .map(Some)
            .ok_or_else(|| D::Error::custom("a digest is 32 bytes in base64, or empty"))
    }
}

const HEADER: &str = "# Changed with `brolly-relay project`, and by the projects' desks. The issuer notices at once.\n\n";
/// What an invitation has room for.
const LONGEST: usize = 255;
/// More than [`config::load`] reads.
const LIMIT: u64 = (1 << 20) + 1;

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    const SCHEME: SchemeId = SchemeId([7; 32]);

    fn project(name: &str, secret: Option<[u8; 16]>) -> Project {
        let id = ProjectId::of(SCHEME, name);
        Project {
            name: name.to_owned(),
            desk: None,
            digest: secret.map(|secret| secret_digest(SCHEME, id, &secret)),
            quota: 5,
            serial: 0,
        }
    }

    fn write(path: &Path, projects: &[Project]) {
        edit::<_, ProjectsError>(path, |list| {
            *list = projects.to_vec();
            Ok(())
        })
        .unwrap();
    }

    fn sentence(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projects.toml");
        fs::write(&path, text).unwrap();
        let error = load(&path).unwrap_err().to_string();
        error.replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn the_file_is_as_founding_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projects.toml");
        let text = "[[project]]\nname = \"st pauli\"\ndesk = \"\"\ndigest = \"\"\nquota = 300\nserial = 0\n\n\
            [[project]]\nname = \"Leeds\"\ndesk = \"00112233445566778899aabbccddeeff\"\n\
            digest = \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"\nquota = 7\nserial = 2\n";
        fs::write(&path, text).unwrap();
        let projects = load(&path).unwrap();
        assert_eq!((projects[0].desk, projects[0].digest), (None, None));
        assert_eq!(projects[1].digest, Some([1; 32]));
        let desk = projects[1].desk.unwrap().to_string();
        assert_eq!(desk, "00112233445566778899aabbccddeeff");
        // What the desk and the digest leave out is empty.
        let short = "[[project]]\nname = \"x\"\nquota = 1\nserial = 0\n";
        fs::write(&path, short).unwrap();
        let bare = load(&path).unwrap().remove(0);
        assert_eq!((bare.desk, bare.digest, bare.quota), (None, None, 1));
        write(&path, &projects);
        let written = fs::read_to_string(&path).unwrap();
        assert_eq!(written, format!("{HEADER}{text}"));
    }

    #[test]
    fn a_project_is_found_by_its_secret_under_its_own_name_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projects.toml");
        let projects = [
            project("a", Some([1; 16])),
            project("b", Some([2; 16])),
            project("c", None),
        ];
        write(&path, &projects);
        let register = Register::open(path, SCHEME).unwrap();
        let find = |name, secret| {
            let found = register.find(ProjectId::of(SCHEME, name), &[secret; 16]);
            found.map(|project| project.name.as_str())
        };
        assert_eq!((find("a", 1), find("b", 2)), (Some("a"), Some("b")));
        assert_eq!((find("a", 2), find("b", 1)), (None, None));
        assert_eq!((find("c", 0), find("d", 1)), (None, None));
    }

    #[test]
    fn a_change_is_noticed_and_a_broken_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projects.toml");
        write(&path, &[project("a", Some([1; 16]))]);
        let mut register = Register::open(path.clone(), SCHEME).unwrap();
        let a = ProjectId::of(SCHEME, "a");
        register.refresh().unwrap();
        fs::write(&path, "[[project]]\nname = 3").unwrap();
        assert!(register.refresh().is_err());
        assert!(register.find(a, &[1; 16]).is_some());
        fs::remove_file(&path).unwrap();
        assert!(register.refresh().is_err());
        assert!(register.find(a, &[1; 16]).is_some());
        write(&path, &[project("a", Some([2; 16]))]);
        register.refresh().unwrap();
        assert!(register.find(a, &[1; 16]).is_none());
        assert!(register.find(a, &[2; 16]).is_some());
    }

    #[test]
    fn a_change_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projects.toml");
        write(&path, &[project("a", None)]);
        let before = fs::read(&path).unwrap();
        let failed = edit(&path, |projects| {
            projects.clear();
            Err::<(), _>(ProjectsError::Name(PathBuf::new()))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn somebody_elses_projects_are_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer/projects.toml");
        write(&path, &[project("a", None)]);
        let before = fs::read(&path).unwrap();
        let other = match std::os::unix::fs::chown(path.parent().unwrap(), Some(1), None) {
            Ok(()) => path.clone(),
            // Who is not root cannot give a folder away, but does not own this one.
            Err(_) => PathBuf::from("/proc/projects.toml"),
        };
        let error = edit::<_, ProjectsError>(&other, |projects| {
            projects.clear();
            Ok(())
        });
        let error = error.unwrap_err();
        assert!(matches!(error, ProjectsError::Owner(_)), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn wrong_projects_are_one_plain_sentence() {
        let one = |name: &str| {
            format!(
                "[[project]]\nname = \"{name}\"\ndesk = \"\"\ndigest = \"\"\nquota = 1\nserial = 0\n"
            )
        };
        assert_eq!(
            sentence(&format!("{}{}", one("Leeds"), one("leeds"))),
            "projects.toml names the project `Leeds` twice: remove one"
        );
        for name in ["", " a", "a\\n", &"a".repeat(256)] {
            let error = sentence(&one(name));
            assert!(error.contains("without a proper name"), "{error}");
        }
        let error = sentence(&one("a").replace("desk = \"\"", "desk = \"12\""));
        assert!(error.contains("line 3: a desk is the 32"), "{error}");
        let error = sentence(&one("a").replace("digest = \"\"", "digest = \"AQE=\""));
        assert!(error.contains("line 4: a digest is 32 bytes"), "{error}");
        let error = sentence(&one("a").replace("quota", "quotta"));
        assert!(error.contains("did you mean `quota`?"), "{error}");
    }

    proptest! {
        #[test]
        fn projects_are_read_as_they_are_written(
            name in "[^\\p{C}\\s]{1,30}", desk: Option<[u8; 16]>, digest: Option<[u8; 32]>, quota: u32, serial in 0..=u64::MAX >> 1,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("issuer/projects.toml");
            let project = Project { name, desk: desk.map(NodeId), digest, quota, serial };
            write(&path, std::slice::from_ref(&project));
            prop_assert_eq!(load(&path).unwrap(), [project]);
        }
    }
}
