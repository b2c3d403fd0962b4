//! Versions of the directory that the board names: each is fetched, checked and kept before the board is cosigned.

use std::sync::Arc;

use brolly_keys::note::MAX_NOTE;
use brolly_protocol::board::{self, Live, Logged};
use brolly_protocol::log::{Bundle, LogName, TILE, decode_bundle};
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::Bytes;
use tokio::task::spawn_blocking;

use super::super::floor::Shown;
use super::super::tree::Tree;
use super::super::trouble::{Contradiction, Kind, Trouble};
use super::{Follower, Source};
use crate::journal::Event;

impl<S: Source> Follower<S> {
    /// Checks and keeps every version of the directory that entries of the board name which are not in `tree` yet.
    pub(super) async fn learn(
        &self,
        shown: &Shown,
        tree: &Tree,
        piece: &[(Bundle, Bytes)],
        judged: u64,
    ) -> Result<(), Trouble> {
        let mut live = Live::new();
        if let Some(newest) = tree.live.newest() {
            live.apply(0, &[], &board::Entry::Directory(*newest));
        }
        for (bundle, bytes) in piece {
            let entries = decode_bundle(bytes, bundle.width).map_err(|_| Trouble::Refused)?;
            for (position, bytes) in (bundle.index * TILE..).zip(entries) {
                let directory = &*self.assignment.directory;
                let Ok(entry @ board::Entry::Directory(logged)) =
                    board::Entry::verify(bytes, directory)
                else {
                    continue;
                };
                if position < tree.size() {
                    continue;
                }
                if live.contradicts(&entry) {
                    return Err(self.out_of_turn(shown, live.newest(), &logged));
                }
                if position >= judged && !self.timely(&logged) {
                    return Err(Trouble::Refused);
                }
                self.admit(shown, &logged, live.newest()).await?;
                live.apply(position, bytes, &entry);
            }
        }
        Ok(())
    }

    /// Fetches again what is missing of the versions that this relay vouches for.
    pub(super) async fn complete(&self) -> Result<(), Trouble> {
        let (directories, live) = (self.mirror.directories(), &self.tree.live);
        let (Some(last), Some(newest)) = (self.floor.signed(), live.newest()) else {
            return Ok(());
        };
        let logged = (0..=newest.version)
            .rev()
            .map_while(|version| live.logged(version));
        let logged: Vec<Logged> = logged.copied().collect();
        let mut before = None;
        for logged in logged.into_iter().rev() {
            if directories.version(logged.version).is_none() {
                self.admit(last, &logged, before.as_ref()).await?;
            }
            before = Some(logged);
        }
        Ok(())
    }

    /// Has the note of a version, checked and durable.
    async fn admit(
        &self,
        shown: &Shown,
        logged: &Logged,
        before: Option<&Logged>,
    ) -> Result<(), Trouble> {
        let directories = Arc::clone(self.mirror.directories());
        let note = match directories.version(logged.version) {
            Some(known) if !logged.is_of(&known.directory) => {
                let known = Logged::new(&known.directory, known.directory.issued);
                return Err(self.out_of_turn(shown, Some(&known), logged));
            }
            Some(known) => known.note,
            None => {
                let path = format!("{}/{}", wire::DIRECTORY, logged.version);
                let note = self.source.get(&path, MAX_NOTE).await;
                note.ok_or_else(|| {
                    self.journal.add(Event::DirectoryMissing, 1);
                    Trouble::Unanswered
                })?
            }
        };
        let (logged, before) = (*logged, before.map(|before| before.version));
        spawn_blocking(move || directories.admit(&logged, before, note)).await?
    }

    /// Whether a version can have been logged when the board says, after its checkpoint that the witnesses saw last.
    fn timely(&self, logged: &Logged) -> bool {
        let slack = self.assignment.directory.parameters.publish_ms / 1_000 + HOUR;
        let seen = self.mirror.time(LogName::Board).unwrap_or(0);
        logged.time <= clock::now().saturating_add(HOUR)
            && logged.time.saturating_add(slack) >= seen
    }

    /// That the board names a directory that cannot be, beside `known`.
    fn out_of_turn(&self, shown: &Shown, known: Option<&Logged>, logged: &Logged) -> Trouble {
        let line = |logged: &Logged| {
            let digest: String = logged.digest.iter().map(|b| format!("{b:02x}")).collect();
            format!("version {}, SHA-256 {digest}\n", logged.version)
        };
        let known = known.map_or_else(String::new, line);
        let held = self.floor.signed().map(|last| last.note.to_string());
        Trouble::Contradiction(Contradiction {
            kind: Kind::Directory,
            held: format!(
                "{known}on the board: {}\n{}",
                line(logged),
                held.unwrap_or_default()
            ),
            shown: shown.note.to_string(),
            size: shown.checkpoint.size,
        })
    }
}

/// Seconds.
const HOUR: u64 = 3_600;
