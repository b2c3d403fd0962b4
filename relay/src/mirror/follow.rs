//! Following one log: what the inbox publishes is checked, stored, cosigned and, once a majority did so, served.
//!
//! ```text
//! checkpoint ─▶ tree from its root down ─▶ begins with what was cosigned? ─▶ bundles, directories, tiles ─▶ indexes as
//!                                                  │ no: evidence, and an end                 it says? all durable │
//!   served ◀─ checkpoint durable ◀─ majority? ◀─ cosignature posted ◀─ `cosigned` durable ◀────────┘
//! ```

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brolly_protocol::log::{Bundle, Hash, LogName, Resource, Witnessed};
use brolly_protocol::wire;
use brolly_shell::clock;
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method, StatusCode};
use tokio::task::{JoinSet, spawn_blocking};

use super::archive::{self, Archive, COSIGNED, Dirs, NOTE, alerts, keys};
use super::floor::{Floor, Shown};
use super::tree::Tree;
use super::trouble::{Contradiction, Kind, Trouble};
use super::trunk::{Trunk, fetch};
use super::{Mirror, PATIENCE, RETRY, SHORTEST, evidence};
use crate::assignment::Assignment;
use crate::journal::{Event, Journal};

pub(crate) use self::step::Step;
use self::step::reached;

mod learn;
mod step;

/// Where a log comes from.
pub(crate) trait Source: Send + Sync + 'static {
    /// Fetches what is at `path`, of at most `limit` bytes.
    fn get(&self, path: &str, limit: usize) -> impl Future<Output = Option<Bytes>> + Send;

    /// Posts, and says what came of it.
    fn post(&self, path: &str, body: Bytes) -> impl Future<Output = Option<StatusCode>> + Send;
}

/// A relay's work on one log.
pub(crate) struct Follower<S> {
    assignment: Arc<Assignment>,
    journal: Arc<Journal>,
    mirror: Arc<Mirror>,
    source: Arc<S>,
    data: PathBuf,
    archive: Archive,
    floor: Floor,
    /// At most what was cosigned; less when files are damaged.
    tree: Tree,
    /// Sizes that files were written for, of which only the last are asked for.
    sizes: Vec<u64>,
    /// Evidence that could not be written yet.
    unsaved: Option<Contradiction>,
    #[cfg(test)]
    pub(crate) kill: Option<Step>,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// There is nothing to wait for but the next publication.
    Settled,
    /// A majority has not cosigned yet.
    Waiting,
    /// The inbox has published something newer meanwhile.
    Again,
    /// This relay does not cosign this log.
    Stopped,
}

impl Source for Link {
    async fn get(&self, path: &str, limit: usize) -> Option<Bytes> {
        super::get(self, path, limit).await
    }

    async fn post(&self, path: &str, body: Bytes) -> Option<StatusCode> {
        let reply = self.send(Method::POST, path, body, NOTE, PATIENCE).await;
        reply.ok().map(|reply| reply.status)
    }
}

impl<S: Source> Follower<S> {
    /// Takes up a log where its files end: all of them are read and checked. What was served before stays served
    /// meanwhile.
    pub(crate) async fn open(
        assignment: Arc<Assignment>,
        journal: Arc<Journal>,
        mirror: Arc<Mirror>,
        source: Arc<S>,
        data: PathBuf,
        archive: Archive,
    ) -> Result<Self, Trouble> {
        let (files, directory) = (archive.clone(), Arc::clone(&assignment));
        let served = mirror.size(archive.log());
        let signatories = mirror.directories().signatories();
        let work = spawn_blocking(move || {
            let floor = Floor::load(&files, &directory)?;
            let mut tree = Tree::default();
            if let Floor::Signed(last) = &floor {
                let found = Tree::resume(&files, &signatories, &last.checkpoint)?;
                let damaged = found.is_none();
                tree = found.unwrap_or_default();
                files.sweep(
                    served.unwrap_or(0),
                    &[served.unwrap_or(0), last.checkpoint.size],
                );
                return Ok((floor, tree, damaged));
            }
            Ok::<_, Trouble>((floor, tree, false))
        });
        let (floor, tree, damaged) = work.await??;
        let kept = evidence::list(&data, archive.log()).map_or(1, |files| files.len());
        journal.add(Event::EvidenceKept, kept);
        journal.add(Event::MirrorDamaged, usize::from(damaged));
        journal.add(
            Event::CosignedUnknown,
            usize::from(matches!(floor, Floor::Unknown)),
        );
        let sizes = served.into_iter().chain(floor.size()).collect();
        if archive.log() == LogName::Board {
            mirror.directories().follow(&tree.live);
        }
        Ok(Self {
            assignment,
            journal,
            mirror,
            source,
            data,
            archive,
            floor,
            tree,
            sizes,
            unsaved: None,
            #[cfg(test)]
            kill: None,
        })
    }

    /// Asks the inbox for as long as the relay runs; ends when the disk fails.
    pub(crate) async fn run(mut self) -> io::Error {
        let longest = self.assignment.directory.parameters.publish_ms.min(RETRY);
        loop {
            let pause = match self.round().await {
                Ok(Round::Settled | Round::Stopped) => longest,
                Ok(Round::Waiting) => longest.min(MAJORITY),
                Ok(Round::Again) => SHORTEST,
                Err(Trouble::Sync(reason)) => return reason,
                Err(_) => longest,
            };
            tokio::time::sleep(Duration::from_millis(pause.max(SHORTEST))).await;
        }
    }

    /// Takes one look at the inbox, and tells the operator what came of it.
    pub(crate) async fn round(&mut self) -> Result<Round, Trouble> {
        let round = self.look().await;
        let event = match &round {
            Err(Trouble::Refused) => Event::LogRefused,
            Err(Trouble::Full(_)) => Event::DiskFull,
            Err(Trouble::Directory(error)) => Event::of_directory(error),
            Err(Trouble::Contradiction(found)) => {
                let event = match found.kind {
                    Kind::Forked => Event::LogForked,
                    Kind::Shrunk => Event::LogShrunk,
                    Kind::Directory => Event::DirectoryForked,
                };
                self.journal.add(event, 1);
                self.unsaved = Some(found.clone());
                self.save().await?;
                return round;
            }
            Ok(_) | Err(_) => return round,
        };
        self.journal.add(event, 1);
        round
    }

    async fn look(&mut self) -> Result<Round, Trouble> {
        if matches!(self.floor, Floor::Unknown) || self.contradicted().await? {
            return Ok(Round::Stopped);
        }
        self.complete().await?;
        let path = wire::checkpoint(self.archive.log());
        let shown = self.source.get(path, NOTE).await;
        let shown = self.read(&shown.ok_or(Trouble::Unanswered)?)?;
        self.floor.compare(&shown)?;
        if self
            .floor
            .signed()
            .is_none_or(|last| last.checkpoint != shown.checkpoint)
            || self.tree.size() < shown.checkpoint.size
        {
            self.take(&shown).await?;
        }
        let newest = self.post(&shown).await?;
        self.reached(Step::Posted)?;
        self.majority().await?;
        Ok(match newest {
            false => Round::Again,
            true if self.served() == Some(shown.checkpoint.size) => Round::Settled,
            true => Round::Waiting,
        })
    }

    /// Whether there is evidence against this log.
    async fn contradicted(&mut self) -> Result<bool, Trouble> {
        self.save().await?;
        let (data, log) = (self.data.clone(), self.archive.log());
        // Where nobody can tell, there is.
        let found = spawn_blocking(move || evidence::list(&data, log)).await?;
        Ok(found.map_or(true, |files| !files.is_empty()))
    }

    async fn save(&mut self) -> Result<(), Trouble> {
        if let Some(found) = self.unsaved.clone() {
            let (data, log) = (self.data.clone(), self.archive.log());
            let kept = spawn_blocking(move || evidence::keep(&data, log, &found)).await?;
            kept.map_err(Trouble::Full)?;
            self.unsaved = None;
            self.journal.add(Event::EvidenceKept, 1);
        }
        Ok(())
    }

    fn read(&self, bytes: &[u8]) -> Result<Shown, Trouble> {
        let directory = &self.assignment.directory;
        Shown::verify(bytes, self.archive.log(), directory).ok_or(Trouble::Refused)
    }

    /// Mirrors all of a checkpoint's tree, and cosigns it when all of it is durable.
    async fn take(&mut self, shown: &Shown) -> Result<(), Trouble> {
        let before = self.tree.size();
        let tree = self.grow(shown).await?;
        let size = tree.size();
        if let Some(indexes) = shown.checkpoint.indexes
            && tree.live.digests() != indexes
        {
            return Err(Trouble::Refused);
        }
        let (files, edge) = (self.archive.clone(), tree.clone());
        let kill = self.kill();
        let written = spawn_blocking(move || {
            let mut dirs = Dirs::default();
            edge.put_edge(&files, &mut dirs)?;
            dirs.sync()?;
            reached(kill, Step::Tiles)?;
            if files.log() == LogName::Board {
                files.replace(&alerts(size), &edge.live.index())?;
                files.replace(&keys(size), &edge.live.keys().index())?;
            }
            reached(kill, Step::Index)
        });
        written.await??;
        if self
            .floor
            .signed()
            .is_none_or(|last| last.checkpoint != shown.checkpoint)
        {
            self.cosign(shown).await?;
        }
        self.tree = tree;
        if self.archive.log() == LogName::Board {
            self.mirror.directories().follow(&self.tree.live);
        }
        self.sizes.push(size);
        let more = size.saturating_sub(before);
        self.journal
            .add(Event::Mirrored, usize::try_from(more).unwrap_or(usize::MAX));
        self.reached(Step::Cosigned)
    }

    /// Fetches and stores what is missing of a checkpoint's tree.
    async fn grow(&self, shown: &Shown) -> Result<Tree, Trouble> {
        let (log, size) = (self.archive.log(), shown.checkpoint.size);
        let mut trunk = Trunk::open(&*self.source, &shown.checkpoint).await?;
        let mut judged = 0;
        if let Some(last) = self.floor.signed() {
            judged = last.checkpoint.size;
            if trunk.root_at(judged).await? != last.checkpoint.root {
                return Err(last.contradicts(Kind::Forked, shown));
            }
        }
        let mut tree = self.tree.clone();
        let mut bundles = Bundle::added(tree.size(), size);
        loop {
            let mut piece = Vec::new();
            for bundle in bundles.by_ref().take(PIECE) {
                piece.push((bundle, trunk.over(bundle).await?));
            }
            if piece.is_empty() {
                break;
            }
            let piece = self.piece(log, piece).await?;
            if log == LogName::Board {
                self.learn(shown, &tree, &piece, judged).await?;
            }
            let signatories = self.mirror.directories().signatories();
            let files = self.archive.clone();
            let stored = spawn_blocking(move || {
                let mut dirs = Dirs::default();
                for (bundle, bytes) in piece {
                    let mut full = Vec::new();
                    tree.append(log, &signatories, bundle, &bytes, judged, &mut full)?;
                    files.put(&bundle.path(), &bytes, &mut dirs)?;
                    for (tile, hashes) in full {
                        files.put(&tile.path(), hashes.as_flattened(), &mut dirs)?;
                    }
                }
                dirs.sync()?;
                Ok::<_, Trouble>(tree)
            });
            tree = stored.await??;
            self.reached(Step::Piece)?;
        }
        // Each part was checked; this is what is signed.
        if tree.edge.root() == shown.checkpoint.root {
            Ok(tree)
        } else {
            Err(Trouble::Refused)
        }
    }

    /// The bundles whose entries have these roots: from the files, or from the inbox.
    async fn piece(
        &self,
        log: LogName,
        wanted: Vec<(Bundle, Hash)>,
    ) -> Result<Vec<(Bundle, Bytes)>, Trouble> {
        let files = self.archive.clone();
        let mut piece: Vec<(Bundle, Hash, Option<Bytes>)> = spawn_blocking(move || {
            let here = |(bundle, root): (Bundle, Hash)| {
                (bundle, root, files.bundle(bundle, &root).map(Bytes::from))
            };
            wanted.into_iter().map(here).collect()
        })
        .await?;
        let mut fetching = JoinSet::new();
        for (place, (bundle, root, _)) in piece.iter().enumerate().filter(|(_, p)| p.2.is_none()) {
            let (source, bundle, root) = (Arc::clone(&self.source), *bundle, *root);
            fetching.spawn(async move {
                let bytes = fetch(&*source, log, Resource::Bundle(bundle)).await?;
                let good = archive::root_of(&bytes, bundle) == Some(root);
                good.then_some((place, bytes)).ok_or(Trouble::Refused)
            });
        }
        while let Some(fetched) = fetching.join_next().await {
            let (place, bytes) = fetched??;
            if let Some(missing) = piece.get_mut(place) {
                missing.2 = Some(bytes);
            }
        }
        let whole = piece
            .into_iter()
            .map(|(bundle, _, bytes)| Some((bundle, bytes?)));
        whole.collect::<Option<_>>().ok_or(Trouble::Unanswered)
    }

    /// Cosigns, and writes down what, before anybody hears of it.
    async fn cosign(&mut self, shown: &Shown) -> Result<(), Trouble> {
        let mut signed = shown.clone();
        let log = self.archive.log().origin(&self.assignment.directory.scheme);
        signed.note.retain_signers(|name| name == log);
        self.assignment.cosign(&mut signed.note, clock::now());
        let (files, note) = (self.archive.clone(), signed.note.to_string());
        spawn_blocking(move || files.replace(COSIGNED, note.as_bytes())).await??;
        self.floor = Floor::Signed(signed);
        Ok(())
    }

    /// Gives the inbox this relay's cosignature if it lacks it. False: the inbox has something newer.
    async fn post(&self, shown: &Shown) -> Result<bool, Trouble> {
        let Some(last) = self.floor.signed() else {
            return Ok(true);
        };
        if self.assignment.cosigned(&shown.note).is_some() {
            return Ok(true);
        }
        let mut note = last.note.clone();
        if self.assignment.cosigned(&note).is_none() {
            self.assignment.cosign(&mut note, clock::now());
        }
        note.retain_signers(|name| name == self.assignment.witness.name());
        let path = wire::cosignature(self.archive.log());
        match self.source.post(path, note.to_string().into()).await {
            Some(StatusCode::ACCEPTED) => Ok(true),
            Some(StatusCode::CONFLICT) => Ok(false),
            Some(StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN) => Err(Trouble::Refused),
            Some(_) | None => Err(Trouble::Unanswered),
        }
    }

    /// Serves the newest checkpoint that a majority cosigned, if all of it is here.
    async fn majority(&mut self) -> Result<(), Trouble> {
        let Some(last) = self.floor.signed() else {
            return Ok(());
        };
        if self.served() == Some(last.checkpoint.size) {
            return Ok(());
        }
        let path = wire::witnessed(self.archive.log());
        let Some(bytes) = self.source.get(path, NOTE).await else {
            return Ok(());
        };
        let shown = self.read(&bytes)?;
        let (log, directory) = (self.archive.log(), &self.assignment.directory);
        Witnessed::verify(&shown.note, log, directory).map_err(|_| Trouble::Refused)?;
        let size = shown.checkpoint.size;
        if size > self.tree.size() {
            return Ok(());
        }
        if size == last.checkpoint.size {
            self.floor.compare(&shown)?;
        }
        let files = self.archive.clone();
        let same = spawn_blocking(move || files.root_at(size)).await?;
        match same {
            Some(root) if root != shown.checkpoint.root => {
                return Err(last.contradicts(Kind::Forked, &shown));
            }
            Some(_) => {}
            // Its tiles were never written at this size, or are damaged: there will be a newer one.
            None => return Ok(()),
        }
        let before = self.served();
        if before.is_some_and(|before| before >= size) {
            return Ok(());
        }
        let (mirror, files) = (Arc::clone(&self.mirror), self.archive.clone());
        let assignment = Arc::clone(&self.assignment);
        let kill = self.kill();
        let sizes = std::mem::take(&mut self.sizes);
        let serving = spawn_blocking(move || {
            let note = Bytes::from(shown.note.to_string());
            let directory = &assignment.directory;
            let Some(ready) = super::ready(&files, note.clone(), &shown.note, directory) else {
                return Ok((false, sizes));
            };
            files.replace(archive::CHECKPOINT, &note)?;
            reached(kill, Step::Checkpoint)?;
            mirror.serve(files.log(), ready);
            reached(kill, Step::Served)?;
            let (old, kept): (Vec<u64>, Vec<u64>) = sizes.into_iter().partition(|s| *s < size);
            old.into_iter().for_each(|old| files.prune(old, size));
            Ok::<_, Trouble>((true, kept))
        });
        let (served, sizes) = serving.await??;
        self.sizes = sizes;
        if served {
            let more = size - before.unwrap_or(0);
            self.journal.add(
                Event::Witnessed,
                usize::try_from(more).unwrap_or(usize::MAX),
            );
        }
        Ok(())
    }

    fn served(&self) -> Option<u64> {
        self.mirror.size(self.archive.log())
    }

    fn reached(&self, step: Step) -> Result<(), Trouble> {
        reached(self.kill(), step)
    }

    #[cfg(not(test))]
    fn kill(&self) -> Option<Step> {
        None
    }

    #[cfg(test)]
    fn kill(&self) -> Option<Step> {
        self.kill
    }
}

/// Milliseconds, at most, while a majority is missing.
const MAJORITY: u64 = 5_000;
/// Bundles that are fetched at the same time, and held until they are stored.
const PIECE: usize = 8;
