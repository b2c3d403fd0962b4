//! What a session comes to, and why it came to less.

use brolly_keys::sign::Verified;
use brolly_keys::suite::SealError;
use brolly_protocol::cell::LetterError;
use brolly_protocol::directory::{CurrentError, Directory, PathError};
use brolly_protocol::log::{Window, WindowError};
use brolly_protocol::token::request::{AnswerError, RequestError};

use crate::index::IndexError;
use crate::state::State;

/// What a session came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What to keep: with the newest directory, window and alerts that were accepted.
    pub state: State,
    /// The directory in force, if the relay gave a good one.
    pub directory: Option<Verified<Directory>>,
    /// Whether the newest keys are in the state.
    pub keys: Result<(), IndexError>,
    /// The ends of the public logs, checked.
    pub window: Result<Window, LogError>,
    /// Whether the newest alerts are in the state.
    pub alerts: Result<(), IndexError>,
    /// Whether the packet was handed out to be posted. Then the same cell must not be sent again at once, whatever the
    /// answer was or was said to be: two equal cells would show an entry relay and the inbox together who sent them.
    pub posted: bool,
    /// Whether the report was in it, as far as there was one: where it could not be sealed a cover cell went out instead.
    pub carried: bool,
    /// Whether the relay took the packet.
    pub sent: Result<(), NotSent>,
}

/// Why a session ends before anything is posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The relay has no directory to give.
    #[error("the relay gave no directory (it answered {0}): try again later")]
    NoDirectory(u16),
    /// The directory is refused.
    #[error("{0}; nothing was sent")]
    Directory(#[from] CurrentError),
    /// The directory does not have this relay as an entry.
    #[error(
        "this way in is no longer an entry of the scheme: ask for a new invitation; nothing was sent"
    )]
    NotAnEntry,
    /// A log is shorter than it was, or another one.
    #[error("{0}; nothing was sent")]
    Log(WindowError),
    /// The keys or alerts are of another board than was seen.
    #[error("{0}; nothing was sent")]
    Index(IndexError),
}

/// Why there is no checked window of the logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The session did not come so far.
    #[error("the logs were not fetched")]
    NotFetched,
    /// The relay has none yet.
    #[error(
        "the relay has no logs that witnesses cosigned yet (it answered {0}): try again in a minute"
    )]
    NotThere(u16),
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] WindowError),
}

/// Why a packet was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// The session did not come so far.
    #[error("the relay was not reached")]
    NotReached,
    /// The relay has no room, or is shutting down.
    #[error("the relay did not take it (it answered {0}): it may be full")]
    Refused(u16),
    /// The keys of the relays are not known.
    #[error(transparent)]
    NoKeys(#[from] IndexError),
    /// There is no way through.
    #[error(transparent)]
    NoPath(#[from] PathError),
    /// Nobody signs tokens now.
    #[error("the scheme has no key for admission tokens now: try again later, and tell the scheme")]
    NoIssuer,
    /// The request for tokens cannot be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The relay passed no answer of the issuer on.
    #[error("the relay brought no admission tokens (it answered {0}): try again later")]
    NoTokens(u16),
    /// The issuer gave none.
    #[error(transparent)]
    Tokens(#[from] AnswerError),
    /// The cell cannot be sealed.
    #[error(transparent)]
    Seal(#[from] LetterError),
    /// The packet cannot be wrapped.
    #[error(transparent)]
    Wrap(#[from] SealError),
}
