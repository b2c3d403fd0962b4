//! A project's desk changes the project's secret (SPEC §9.12).

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use brolly_keys::sign::Signed;
use brolly_protocol::directory::DeskEntry;
use brolly_protocol::report::Slot;
use brolly_protocol::token::project::SecretChange;
use brolly_shell::private::PrivateError;
use tokio::sync::Notify;

use crate::issuer::projects::{self, Project, ProjectsError};

/// The desks that may change something.
pub(crate) struct Desks {
    projects: PathBuf,
    desks: Vec<DeskEntry>,
    /// One change at a time, and one file to be made durable.
    turn: Mutex<()>,
    broken: OnceLock<io::Error>,
    broke: Notify,
}

/// Why a secret is not changed. The desk is told the sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ChangeError {
    /// Not a desk's key on TLS, or one of another kind.
    #[error("only the desk of a project changes its secret: use that desk's key")]
    NotAProjectsDesk,
    /// Not 120 bytes, a number too large, or not signed by that desk.
    #[error("this is not a change of a secret signed by the desk that sent it")]
    Malformed,
    /// The issuer does not know the project, or no longer.
    #[error(
        "the project is not admitted: ask the umbrella to admit it under the name in the directory"
    )]
    NotAdmitted,
    /// Somebody else's.
    #[error("another desk in the directory keeps the secret of this project")]
    OtherDesk,
    /// A change from before, or two at the same time.
    #[error("the secret was changed before under serial {0}: send the change with a higher one")]
    Stale(u64),
    /// Nothing was changed.
    #[error("the issuer cannot store the change: try again later")]
    Unavailable(#[source] ProjectsError),
}

impl From<ProjectsError> for ChangeError {
    fn from(error: ProjectsError) -> Self {
        Self::Unavailable(error)
    }
}

impl Desks {
    pub(super) fn new(projects: PathBuf, desks: Vec<DeskEntry>) -> Self {
        Self {
            projects,
            desks,
            turn: Mutex::new(()),
            broken: OnceLock::new(),
            broke: Notify::new(),
        }
    }

    /// Whether the holder of a key on TLS may change anything.
    pub(crate) fn knows(&self, peer: &[u8; 32]) -> bool {
        self.desk(peer).is_some()
    }

    /// Changes what the desk with the key `peer` may change. Durable when it returns.
    pub(crate) fn change(&self, peer: &[u8; 32], wire: &[u8]) -> Result<(), ChangeError> {
        let desk = self.desk(peer).ok_or(ChangeError::NotAProjectsDesk)?;
        let signed = Signed::<SecretChange>::from_wire(wire).ok_or(ChangeError::Malformed)?;
        let change = signed
            .verify(&desk.key)
            .map_err(|_| ChangeError::Malformed)?;
        if change.desk != desk.id || change.serial > LAST_SERIAL {
            return Err(ChangeError::Malformed);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let done = projects::edit(&self.projects, |projects| {
            self.apply(projects, desk, &change)
        });
        done.inspect_err(|error| self.notice(error))
    }

    /// Resolves when the disk failed to make a change durable.
    pub(crate) async fn broke(&self) -> io::Error {
        self.broke.notified().await;
        let reason = self.broken.get().map(ToString::to_string);
        io::Error::other(reason.unwrap_or_default())
    }

    /// Stops the issuer if the disk may have lost something.
    fn notice(&self, error: &ChangeError) {
        if let ChangeError::Unavailable(ProjectsError::Write(PrivateError::Write {
            reason, ..
        })) = error
            && !is_want_of_room(reason)
        {
            let reason = io::Error::new(reason.kind(), reason.to_string());
            let _ = self.broken.set(reason);
            self.broke.notify_one();
        }
    }

    fn apply(
        &self,
        projects: &mut [Project],
        desk: &DeskEntry,
        change: &SecretChange,
    ) -> Result<(), ChangeError> {
        let project = projects
            .iter_mut()
            .find(|project| projects::same_name(&project.name, &desk.area))
            .ok_or(ChangeError::NotAdmitted)?;
        let keeper = project.desk.filter(|keeper| *keeper != desk.id);
        if keeper.is_some_and(|keeper| self.desks.iter().any(|desk| desk.id == keeper)) {
            return Err(ChangeError::OtherDesk);
        }
        let again = change.serial == project.serial && project.digest == Some(change.digest);
        // The same change again is stored again: its desk may not have heard that it was.
        if change.serial <= project.serial && !again {
            return Err(ChangeError::Stale(project.serial));
        }
        project.desk = Some(desk.id);
        project.serial = change.serial;
        project.digest = Some(change.digest);
        Ok(())
    }

    fn desk(&self, peer: &[u8; 32]) -> Option<&DeskEntry> {
        let mut desks = self.desks.iter().filter(|desk| desk.slot == Slot::Project);
        desks.find(|desk| desk.key.to_bytes() == *peer)
    }
}

/// Whether a file was refused for want of room or of a right, so that there is nothing that may have been lost.
fn is_want_of_room(reason: &io::Error) -> bool {
    use io::ErrorKind::{
        NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    [
        StorageFull,
        QuotaExceeded,
        ReadOnlyFilesystem,
        PermissionDenied,
        NotFound,
    ]
    .contains(&reason.kind())
}

/// The largest number that TOML has.
const LAST_SERIAL: u64 = u64::MAX >> 1;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use brolly_keys::role::Desk;
    use brolly_keys::sign::SigningKey;
    use brolly_protocol::geometry::SECRET_CHANGE;
    use brolly_protocol::node::NodeId;
    use tempfile::TempDir;

    use super::*;

    fn key(n: u8) -> SigningKey<Desk> {
        SigningKey::from_seed(&[n; 32])
    }

    fn public(n: u8) -> [u8; 32] {
        key(n).verifying_key().to_bytes()
    }

    fn desk(n: u8, slot: Slot, area: &str) -> DeskEntry {
        let key = key(n).verifying_key();
        DeskEntry {
            id: NodeId::of(&key),
            name: format!("desk {n}"),
            slot,
            area: area.to_owned(),
            alerts: false,
            key,
        }
    }

    fn change(n: u8, serial: u64, digest: u8) -> Vec<u8> {
        let change = SecretChange {
            desk: NodeId::of(&key(n).verifying_key()),
            serial,
            digest: [digest; 32],
        };
        change.sign(&key(n))
    }

    /// Desks 1 and 2 of the projects `a` and `b`, desk 3 of `c`, which is not admitted, and the police.
    fn desks() -> (TempDir, Desks) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projects.toml");
        projects::edit::<_, ProjectsError>(&path, |projects| {
            *projects = ["a", "b"].map(project).into();
            Ok(())
        })
        .unwrap();
        let known = vec![
            desk(1, Slot::Project, "A"),
            desk(2, Slot::Project, "b"),
            desk(3, Slot::Project, "c"),
            desk(4, Slot::Police, ""),
        ];
        (folder, Desks::new(path, known))
    }

    fn project(name: &str) -> Project {
        Project {
            name: name.to_owned(),
            desk: None,
            digest: None,
            quota: 1,
            serial: 0,
        }
    }

    fn digests(desks: &Desks) -> Vec<Option<u8>> {
        let projects = projects::load(&desks.projects).unwrap();
        let digest = |project: &Project| project.digest.map(|digest| digest[0]);
        projects.iter().map(digest).collect()
    }

    #[test]
    fn spec_9_12_a_projects_own_desk_changes_its_secret_and_no_other_desk_does() {
        let (_folder, desks) = desks();
        desks.change(&public(1), &change(1, 1, 10)).unwrap();
        assert_eq!(digests(&desks), [Some(10), None]);
        desks.change(&public(2), &change(2, 7, 20)).unwrap();
        assert_eq!(digests(&desks), [Some(10), Some(20)]);
        let id = NodeId::of(&key(1).verifying_key());
        assert_eq!(projects::load(&desks.projects).unwrap()[0].desk, Some(id));
        for n in [4, 9] {
            let error = desks.change(&public(n), &change(n, 9, 30)).unwrap_err();
            assert!(matches!(error, ChangeError::NotAProjectsDesk), "{error}");
            assert!(!desks.knows(&public(n)));
        }
        assert!(desks.knows(&public(1)));
        let error = desks.change(&public(3), &change(3, 9, 30)).unwrap_err();
        assert!(matches!(error, ChangeError::NotAdmitted), "{error}");
        assert_eq!(digests(&desks), [Some(10), Some(20)]);
    }

    #[test]
    fn spec_9_12_a_serial_that_is_not_above_the_last_is_refused_and_named() {
        let (_folder, desks) = desks();
        let peer = public(1);
        let stale = |serial, digest, last| {
            let error = desks.change(&peer, &change(1, serial, digest)).unwrap_err();
            assert!(
                matches!(error, ChangeError::Stale(n) if n == last),
                "{error}"
            );
        };
        stale(0, 10, 0);
        desks.change(&peer, &change(1, 5, 10)).unwrap();
        stale(5, 11, 5);
        stale(4, 11, 5);
        stale(4, 10, 5);
        assert_eq!(digests(&desks), [Some(10), None]);
        // The answer may have been lost.
        desks.change(&peer, &change(1, 5, 10)).unwrap();
        desks.change(&peer, &change(1, 6, 11)).unwrap();
        assert_eq!(digests(&desks), [Some(11), None]);
    }

    #[test]
    fn what_is_no_change_signed_by_the_desk_that_sends_it_is_refused() {
        let (_folder, desks) = desks();
        let good = change(1, 1, 10);
        let mut bad: Vec<Vec<u8>> = (0..SECRET_CHANGE)
            .map(|at| {
                let mut flipped = good.clone();
                flipped[at] ^= 1;
                flipped
            })
            .collect();
        bad.push(Vec::new());
        bad.push(good[1..].to_vec());
        bad.push([&good[..], &[0]].concat());
        bad.push(change(2, 1, 10));
        bad.push(change(1, u64::MAX, 10));
        for wire in bad {
            let error = desks.change(&public(1), &wire).unwrap_err();
            assert!(matches!(error, ChangeError::Malformed), "{error}");
        }
        assert_eq!(digests(&desks), [None, None]);
        desks
            .change(&public(1), &change(1, LAST_SERIAL, 10))
            .unwrap();
    }

    #[test]
    fn a_desk_follows_on_another_only_when_that_one_has_left_the_directory() {
        let (_folder, mut desks) = desks();
        desks.change(&public(1), &change(1, 5, 10)).unwrap();
        desks.desks.push(desk(8, Slot::Project, "a"));
        let error = desks.change(&public(8), &change(8, 6, 11)).unwrap_err();
        assert!(matches!(error, ChangeError::OtherDesk), "{error}");
        desks.desks.remove(0);
        let error = desks.change(&public(8), &change(8, 5, 11)).unwrap_err();
        assert!(matches!(error, ChangeError::Stale(5)), "{error}");
        desks.change(&public(8), &change(8, 6, 11)).unwrap();
        assert_eq!(digests(&desks), [Some(11), None]);
        let error = desks.change(&public(1), &change(1, 7, 12)).unwrap_err();
        assert!(matches!(error, ChangeError::NotAProjectsDesk), "{error}");
    }

    #[tokio::test]
    async fn a_disk_that_fails_stops_the_issuer_and_one_that_is_full_does_not() {
        let (_folder, desks) = desks();
        let failed = |kind: io::ErrorKind| {
            ChangeError::Unavailable(ProjectsError::Write(PrivateError::Write {
                path: PathBuf::new(),
                reason: kind.into(),
            }))
        };
        desks.notice(&failed(io::ErrorKind::StorageFull));
        assert!(desks.broken.get().is_none());
        desks.notice(&failed(io::ErrorKind::Other));
        let reason = desks.broke().await;
        assert_eq!(reason.kind(), io::ErrorKind::Other);
    }

    #[test]
    fn a_change_that_cannot_be_stored_is_not_made() {
        let (folder, desks) = desks();
        // A folder in the place of the lock, which root could not open either.
        let lock = folder.path().join("projects.lock");
        fs::remove_file(&lock).unwrap();
        fs::create_dir(&lock).unwrap();
        fs::set_permissions(&lock, fs::Permissions::from_mode(0o500)).unwrap();
        let error = desks.change(&public(1), &change(1, 1, 10)).unwrap_err();
        assert!(matches!(error, ChangeError::Unavailable(_)), "{error}");
        assert_eq!(digests(&desks), [None, None]);
        fs::remove_dir(&lock).unwrap();
        desks.change(&public(1), &change(1, 1, 10)).unwrap();
    }
}
