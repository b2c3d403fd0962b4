//! The whole board as the inbox shows it, checked: which alerts are live and what they say.

use std::collections::BTreeMap;

use brolly_keys::sign::Verified;
use brolly_protocol::board::alert::{Alert, AlertId, Members, Text};
use brolly_protocol::board::{Entry, Live};
use brolly_protocol::directory::Directory;
use brolly_protocol::log::{LogName, empty_root};
use brolly_protocol::node::NodeId;

use crate::inbox::Inbox;
use crate::log::{Head, Log, LogError};

/// A board that hashes to a checkpoint of the log, and whose live alerts and keys are those that the checkpoint names.
pub struct Board {
    /// The checkpoint.
    pub head: Head,
    live: Live,
    alerts: BTreeMap<AlertId, Verified<Alert>>,
}

/// Which checkpoint to read a board by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum Until {
    /// The newest that a majority of the witnesses cosigned, if there is one.
    Witnessed,
    /// The newest that the log signed.
    Newest,
}

/// Why a board is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An entry that no board can have.
    #[error(
        "entry {0} of the board is none: the inbox is damaged or somebody changed it, and nothing of it was used"
    )]
    Entry(u64),
    /// Other alerts or keys than the checkpoint says.
    #[error(
        "the live alerts and keys are not those that the checkpoint of the board names: the inbox or its checkpoint is wrong, and nothing of it was used"
    )]
    Indexes,
}

/// A live alert, as the board has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// Its id.
    pub id: AlertId,
    /// The desk that published it; none for one that has left the directory since.
    pub desk: Option<NodeId>,
    /// The day it was sent and the last day on which it counts, from 1 January 1970.
    pub days: Option<(u32, u32)>,
    /// What it says; none if it does not open, or its desk has left the directory.
    pub text: Option<Text>,
}

impl Board {
    /// Reads the board from its first entry on.
    ///
    /// # Errors
    /// [`BoardError`].
    pub async fn read(
        inbox: &Inbox,
        directory: &Directory,
        until: Until,
    ) -> Result<Self, BoardError> {
        let name = LogName::Board;
        let log = Log {
            inbox,
            directory,
            name,
        };
        let head = match until {
            Until::Witnessed => log.head(0).await?,
            Until::Newest => log.newest().await?,
        };
        let mut live = Live::new();
        let mut alerts = BTreeMap::new();
        let mut bad = None;
        let each = |position, bytes: &[u8]| {
            // A desk that has left the directory since still said it when it was in there.
            if live.recall(position, bytes).is_err() {
                bad = bad.or(Some(position));
            }
            if let Ok(Entry::Alert(alert)) = Entry::verify(bytes, directory) {
                alerts.entry(alert.id).or_insert(alert);
            }
        };
        log.entries(0, &empty_root(), &head.checkpoint, each)
            .await?;
        if let Some(position) = bad {
            return Err(BoardError::Entry(position));
        }
        if head.checkpoint.indexes != Some(live.digests()) {
            return Err(BoardError::Indexes);
        }
        Ok(Self { head, live, alerts })
    }

    /// The live alerts, oldest first.
    pub fn live(&self, members: &Members) -> Vec<Listed> {
        let ids = self.live.ids();
        ids.map(|(id, _)| self.listed(id, members)).collect()
    }

    /// The live alert of this id.
    pub fn find(&self, id: AlertId, members: &Members) -> Option<Listed> {
        let there = self.live.ids().any(|(live, _)| live == id);
        there.then(|| self.listed(id, members))
    }

    fn listed(&self, id: AlertId, members: &Members) -> Listed {
        let alert = self.alerts.get(&id);
        Listed {
            id,
            desk: alert.map(|alert| alert.desk),
            days: alert.map(|alert| (alert.day, alert.expires)),
            text: alert.and_then(|alert| members.open_text(alert)),
        }
    }
}
