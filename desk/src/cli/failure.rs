//! Which exit code each error has.

use brolly_protocol::directory::CurrentError;
use brolly_shell::cli::Failure;
use brolly_shell::http::client::LinkError;

use crate::alert::PrepareError;
use crate::announce::AnnounceError;
use crate::board::BoardError;
use crate::casebook::CasebookError;
use crate::compose::ComposeError;
use crate::current::InForceError;
use crate::inbox::{PostError, SealedError};
use crate::invite::{CodeError, InviteError};
use crate::issuer::IssuerError;
use crate::log::LogError;
use crate::photo::PhotoError;
use crate::place::PlaceError;
use crate::reply::ReplyError;
use crate::sync::SyncError;
use crate::unlock::UnlockError;
use crate::watch::WatchError;

impl From<UnlockError> for Failure {
    fn from(error: UnlockError) -> Self {
        match error {
            UnlockError::File(error) => error.into(),
            UnlockError::Passphrase(error) => error.into(),
            UnlockError::Shares(error) => error.into(),
            UnlockError::InShares(_) => Self::refused(error),
            UnlockError::Kind { .. } | UnlockError::Incomplete { .. } => Self::configuration(error),
            UnlockError::Changed(_) => Self::failed(error),
            UnlockError::Tls(_) => Self::refused(error),
        }
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Keys(error) => error.into(),
            PlaceError::InForce(error) => error.into(),
            PlaceError::NotListed(_) => Self::configuration(error),
        }
    }
}

impl From<InForceError> for Failure {
    fn from(error: InForceError) -> Self {
        match error {
            InForceError::File(error) => error.into(),
            InForceError::Link(error) => error.into(),
            InForceError::Status(_) => Self::network(error),
            InForceError::Refused(CurrentError::Strangers { .. }) => Self::refused(error).hint(
                "if the officers confirm that nearly all relays changed, move DATA/directory.note away and set `directory` to the newest file they give you",
            ),
            InForceError::Forked { .. }
            | InForceError::Refused(_) | InForceError::Silent { .. } | InForceError::Expired { .. } => {
                Self::refused(error)
            }
            InForceError::Write(error) => error.into(),
        }
    }
}

impl From<CasebookError> for Failure {
    fn from(error: CasebookError) -> Self {
        match error {
            CasebookError::Exposed(_)
            | CasebookError::OtherKey(_)
            | CasebookError::Damaged { .. } => Self::refused(error),
            CasebookError::Busy(_)
            | CasebookError::NotACasebook(_)
            | CasebookError::TooLarge(_)
            | CasebookError::Io { .. }
            | CasebookError::ReadOnly
            | CasebookError::Record => Self::failed(error),
        }
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Keys(error) => error.into(),
            SyncError::Casebook(error) => error.into(),
            SyncError::WentBack(_) => Self::refused(error),
            SyncError::Inbox(error) => error.into(),
        }
    }
}

impl From<PhotoError> for Failure {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::Start(_) => Self::failed(error),
            PhotoError::TooLong(_)
            | PhotoError::NotAJpeg
            | PhotoError::TooLarge
            | PhotoError::Damaged
            | PhotoError::Died(_)
            | PhotoError::TimedOut(_)
            | PhotoError::NotAPicture => Self::refused(error),
        }
    }
}

impl From<SealedError> for Failure {
    fn from(error: SealedError) -> Self {
        match error {
            SealedError::NotADesk => Self::refused(error),
            SealedError::Link(error) => error.into(),
            SealedError::Status(_) | SealedError::Page(_) => Self::network(error),
        }
    }
}

impl From<PostError> for Failure {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Link(error) => error.into(),
            PostError::Refused | PostError::NotAllowed => Self::refused(error),
            PostError::TooMany | PostError::Full | PostError::Status(_) => Self::network(error),
        }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Link(error) => error.into(),
            LogError::Status(..) => Self::network(error),
            LogError::Missing(_)
            | LogError::Checkpoint(_)
            | LogError::Shrunk { .. }
            | LogError::Forked { .. }
            | LogError::Root(_)
            | LogError::Entry { .. } => Self::refused(error),
        }
    }
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Log(error) => error.into(),
            WatchError::Casebook(error) => error.into(),
            WatchError::Refused { .. } | WatchError::Evidence { .. } => Self::refused(error),
        }
    }
}

impl From<BoardError> for Failure {
    fn from(error: BoardError) -> Self {
        match error {
            BoardError::Log(error) => error.into(),
            BoardError::Entry(_) | BoardError::Indexes => Self::refused(error),
        }
    }
}

impl From<ReplyError> for Failure {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::Keys(error) => error.into(),
            ReplyError::Casebook(error) => error.into(),
            ReplyError::Post(PostError::Refused | PostError::NotAllowed) => Self::refused(error),
            ReplyError::Post(_) => Self::network(error),
            ReplyError::Answer(_) | ReplyError::NoKey => Self::failed(error),
        }
    }
}

impl From<ComposeError> for Failure {
    fn from(error: ComposeError) -> Self {
        match error {
            ComposeError::NoTerminal | ComposeError::Unasked => Self::usage(error),
            ComposeError::Declined
            | ComposeError::Read { .. }
            | ComposeError::TooLong(_)
            | ComposeError::NotText(_)
            | ComposeError::Empty
            | ComposeError::Character(_) => Self::failed(error),
        }
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::NotAllowed => Self::refused(error),
            PrepareError::Keys(error) => error.into(),
            PrepareError::Missing(_)
            | PrepareError::File(_)
            | PrepareError::Text(_)
            | PrepareError::Area
            | PrepareError::Days(_)
            | PrepareError::Identifier { .. }
            | PrepareError::Written { .. }
            | PrepareError::Pack(_)
            | PrepareError::Seal(_) => Self::failed(error),
        }
    }
}

impl From<AnnounceError> for Failure {
    fn from(error: AnnounceError) -> Self {
        match error {
            AnnounceError::Keys(error) => error.into(),
            AnnounceError::Board(error) => error.into(),
            AnnounceError::Casebook(error) => error.into(),
            AnnounceError::Post(PostError::Refused | PostError::NotAllowed) => Self::refused(error),
            AnnounceError::Post(_) => Self::network(error),
        }
    }
}

impl From<InviteError> for Failure {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::NotAProject => Self::refused(error),
            InviteError::There | InviteError::None | InviteError::TooLong => Self::failed(error),
            InviteError::Keys(error) => error.into(),
            InviteError::Issuer(error) => error.into(),
        }
    }
}

impl From<IssuerError> for Failure {
    fn from(error: IssuerError) -> Self {
        match error {
            IssuerError::Keys(error) => error.into(),
            IssuerError::Link(LinkError::WrongKey(_))
            | IssuerError::Nobody
            | IssuerError::NotAdmitted
            | IssuerError::Later => Self::refused(error),
            IssuerError::Link(_) | IssuerError::Status(_) => Self::network(error),
        }
    }
}

impl From<CodeError> for Failure {
    fn from(error: CodeError) -> Self {
        Self::failed(error)
    }
}
