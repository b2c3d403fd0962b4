//! Whose signature a log's head bears, and how a log is taken up where its head says that it ends.

use std::sync::Arc;

use brolly_keys::note::Note;
use brolly_keys::role::Log;
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::Live;
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{Checkpoint, CheckpointError, Edge, LogName, window_start};
use futures_util::stream::StreamExt;

use super::{Chain, Result, SequenceError};
use crate::store::ledger::{Head, Lease, Ledger, LedgerError};
use crate::store::objects::Objects;
use crate::walk::Walk;

/// Signs checkpoints under the directory in force.
pub(super) struct Signer {
    pub(super) directory: Directory,
    pub(super) key: Arc<SigningKey<Log>>,
}

impl Signer {
    pub(super) async fn resume(
        &self,
        log: LogName,
        ledger: &impl Ledger,
        objects: &Objects,
        lease: Lease,
    ) -> Result<Chain> {
        let Some(head) = ledger.head(log).await? else {
            return self.begin(log, ledger, objects, lease).await;
        };
        let checkpoint = self.read(log, &head.note)?;
        let kept = objects.checkpoint(log).await?;
        let seen = kept.as_ref().and_then(|note| self.read(log, note).ok());
        if let Some(seen) = &seen
            && seen.size > head.size
        {
            return Err(SequenceError::RolledBack {
                log,
                size: head.size,
                seen: seen.size,
            });
        }
        let other = seen.is_some_and(|seen| seen.size == head.size && seen != checkpoint);
        if checkpoint.size != head.size || other {
            return Err(LedgerError::OtherHead(log).into());
        }
        let admitted = match log {
            LogName::Reports => ledger.admitted().await?,
            LogName::Board => u64::MAX,
        };
        let assigned = ledger.assigned(log).await?;
        if assigned < head.size || admitted < assigned {
            return Err(LedgerError::Malformed.into());
        }
        let (edge, live) = self.reread(objects, &checkpoint).await?;
        Ok(Chain {
            edge,
            live,
            kept,
            unsure: None,
        })
    }

    /// Checks the end of a log in the objects, the whole board, against its checkpoint.
    async fn reread(
        &self,
        objects: &Objects,
        checkpoint: &Checkpoint,
    ) -> Result<(Edge, Option<Live>)> {
        let Checkpoint { log, size, .. } = *checkpoint;
        let damaged = |path: Option<&String>| SequenceError::Damaged {
            path: path.map_or_else(|| format!("{}/tile", log.as_str()), Clone::clone),
        };
        let mut walk = Walk::new(objects, log, size);
        let edge = walk.edge().await?;
        let edge = edge.filter(|edge| edge.root() == checkpoint.root);
        let edge = edge.ok_or_else(|| damaged(walk.damaged.first()))?;
        let mut live = (log == LogName::Board).then(Live::new);
        let from = match log {
            LogName::Reports => window_start(size, u64::from(self.directory.parameters.window)),
            LogName::Board => 0,
        };
        let mut known = true;
        walk.check(&edge, from, |position, entry| {
            if let Some(live) = &mut live {
                known &= live.recall(position, entry).is_ok();
            }
        })
        .await?;
        let indexes = live.as_ref().map(Live::digests);
        if !walk.damaged.is_empty() || !known || indexes != checkpoint.indexes {
            return Err(damaged(walk.damaged.first()));
        }
        Ok((edge, live))
    }

    /// Publishes that a log is empty.
    async fn begin(
        &self,
        log: LogName,
        ledger: &impl Ledger,
        objects: &Objects,
        lease: Lease,
    ) -> Result<Chain> {
        let lost = objects.has_log(log).await?
            || ledger.admitted().await? == 0 && objects.all_cells().next().await.is_some();
        if lost {
            return Err(SequenceError::LedgerLost);
        }
        let edge = Edge::new();
        let live = (log == LogName::Board).then(Live::new);
        let head = self.sign(log, &edge, live.as_ref())?;
        ledger.publish(lease, log, None, &head).await?;
        objects.put_checkpoint(log, head.note.clone()).await?;
        Ok(Chain {
            edge,
            live,
            kept: Some(head.note),
            unsure: None,
        })
    }

    pub(super) fn sign(&self, log: LogName, edge: &Edge, live: Option<&Live>) -> Result<Head> {
        let checkpoint = Checkpoint {
            scheme: self.directory.scheme,
            log,
            size: edge.size(),
            root: edge.root(),
            indexes: live.map(Live::digests),
        };
        let note = checkpoint.sign(&self.key);
        let note = note.map_err(|reason| SequenceError::Sign { log, reason })?;
        Ok(Head {
            size: edge.size(),
            note: note.to_string().into(),
        })
    }

    fn read(&self, log: LogName, note: &[u8]) -> Result<Checkpoint> {
        read(log, note, &self.directory).map_err(|reason| SequenceError::Head { log, reason })
    }
}

/// Reads a checkpoint of the inbox's own.
pub(crate) fn read(
    log: LogName,
    note: &[u8],
    directory: &Directory,
) -> std::result::Result<Checkpoint, CheckpointError> {
    let note = Note::parse(note).map_err(CheckpointError::Note)?;
    Checkpoint::verify(&note, log, directory).map(|checkpoint| Checkpoint::clone(&checkpoint))
}
