//! What goes wrong, as a code and values: the page has the words.

use brolly_client::alerts::NoAlerts;
use brolly_client::compose::ComposeError;
use brolly_client::index::IndexError;
use brolly_client::outbox::{PLACES, QueueError};
use brolly_client::page::{Elsewhere, Problem};
use brolly_client::photo::{Kind, MAX_PIXELS, MAX_SIDE, PhotoError};
use brolly_client::session::{LogError, NotSent, SessionError};
use brolly_protocol::cell::LetterError;
use brolly_protocol::directory::CurrentError;
use brolly_protocol::geometry::{CONTACT_TEXT, REPORT};
use brolly_protocol::identifier::QueryError;
use brolly_protocol::invite::InviteError;
use brolly_protocol::log::WindowError;
use brolly_protocol::receipt::{CodeError, DeriveError};
use brolly_protocol::report::Slot;
use brolly_protocol::token::request::{AnswerError, Refusal};
use serde_json::{Value, json};

/// A code, and what its sentence needs to know.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wrong {
    code: &'static str,
    args: Value,
}

impl Wrong {
    pub(crate) fn new(code: &'static str) -> Self {
        Self::with(code, json!({}))
    }

    pub(crate) fn with(code: &'static str, args: Value) -> Self {
        Self { code, args }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({"code": self.code, "args": self.args})
    }
}

impl From<Wrong> for String {
    fn from(wrong: Wrong) -> Self {
        wrong.to_json().to_string()
    }
}

impl From<InviteError> for Wrong {
    fn from(error: InviteError) -> Self {
        Self::new(match error {
            InviteError::NotALink => "invitation-not-a-link",
            InviteError::Version => "invitation-version",
            InviteError::Damaged | _ => "invitation-damaged",
        })
    }
}

impl From<Elsewhere> for Wrong {
    fn from(_: Elsewhere) -> Self {
        Self::new("invitation-elsewhere")
    }
}

impl From<QueryError> for Wrong {
    fn from(error: QueryError) -> Self {
        Self::new(match error {
            QueryError::TooLong => "lookup-too-long",
            QueryError::Nothing | _ => "lookup-nothing",
        })
    }
}

impl From<NoAlerts> for Wrong {
    fn from(error: NoAlerts) -> Self {
        Self::new(match error {
            NoAlerts::Never | NoAlerts::Directory(_) => "alerts-none",
            NoAlerts::Damaged | _ => "alerts-damaged",
        })
    }
}

impl From<DeriveError> for Wrong {
    fn from(_: DeriveError) -> Self {
        Self::new("memory")
    }
}

impl From<QueueError> for Wrong {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Full => Self::with("outbox-full", json!({"places": PLACES})),
            // What was composed fits.
            QueueError::TooLarge | _ => Self::new("broken"),
        }
    }
}

impl From<CodeError> for Wrong {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Count(count) => Self::with("code-count", json!({"count": count})),
            CodeError::Word { place, nearest } => {
                Self::with("code-word", json!({"place": place, "nearest": nearest}))
            }
            CodeError::Group(place) => Self::with("code-group", json!({"place": place})),
            CodeError::Checksum | _ => Self::new("code-checksum"),
        }
    }
}

impl From<PhotoError> for Wrong {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::NotAPhotograph(kind) => Self::new(match kind {
                Kind::Pdf => "photo-pdf",
                Kind::Heic => "photo-heic",
                Kind::Video => "photo-video",
                Kind::AnimatedGif => "photo-gif-moving",
                Kind::StillGif => "photo-gif",
                Kind::AnimatedWebP => "photo-webp-moving",
                Kind::AnimatedPng => "photo-png-moving",
                Kind::Document => "photo-document",
                Kind::Unknown | _ => "photo-unknown",
            }),
            PhotoError::TooLarge { width, height } => Self::with(
                "photo-too-large",
                json!({"width": width, "height": height, "side": MAX_SIDE, "megapixels": MAX_PIXELS / 1_000_000}),
            ),
            PhotoError::CannotFit { limit } => {
                Self::with("photo-does-not-fit", json!({"limit": limit}))
            }
            PhotoError::Damaged | _ => Self::new("photo-damaged"),
        }
    }
}

impl From<ComposeError> for Wrong {
    fn from(error: ComposeError) -> Self {
        match error {
            ComposeError::Silent => Self::new("silent"),
            ComposeError::TooLong { over, what, takes } => Self::with(
                "too-long",
                json!({"over": over, "part": part(what), "takes": takes, "room": REPORT}),
            ),
            ComposeError::Contact { over } => Self::with(
                "contact-too-long",
                json!({"over": over, "room": CONTACT_TEXT}),
            ),
            ComposeError::NoRoomForPhoto { left, what, over } => Self::with(
                "no-room-for-photo",
                json!({"left": left, "needs": left + over, "over": over, "part": part(what)}),
            ),
            ComposeError::Photo(error) => error.into(),
            ComposeError::NoDesk(slot) => Self::with("no-desk", json!({"slot": slot})),
            ComposeError::NoKey(desk) => Self::with("no-key", json!({"desk": desk})),
            ComposeError::Receipt(error) => error.into(),
            _ => Self::new("broken"),
        }
    }
}

/// The part of the draft that takes most room.
fn part(what: &str) -> &'static str {
    match what {
        "what you say about the people" => "offenders",
        "what you say about vehicles" => "vehicles",
        "what it did to you" => "harm",
        _ => "narrative",
    }
}

impl From<&Problem> for Wrong {
    fn from(problem: &Problem) -> Self {
        match problem {
            Problem::Away => Self::new("relay-away"),
            Problem::Refused(error) => error.into(),
            Problem::Logs(LogError::Refused(error)) => error.into(),
            Problem::Logs(_) => Self::new("logs-missing"),
            Problem::Alerts(error) => index(error, "alerts-missing"),
            Problem::NotSent(error) => error.into(),
        }
    }
}

impl From<&SessionError> for Wrong {
    fn from(error: &SessionError) -> Self {
        match error {
            SessionError::NoDirectory(status) => {
                Self::with("no-directory", json!({"status": status}))
            }
            SessionError::Directory(CurrentError::Clock { days }) => {
                Self::with("clock-behind", json!({"days": days}))
            }
            SessionError::Directory(CurrentError::Stale { days }) => {
                Self::with("directory-stale", json!({"days": days}))
            }
            SessionError::NotAnEntry => Self::new("not-an-entry"),
            SessionError::Log(error) => error.into(),
            SessionError::Index(error) => index(error, "alerts-missing"),
            SessionError::Directory(_) | _ => Self::new("directory-refused"),
        }
    }
}

impl From<&WindowError> for Wrong {
    fn from(error: &WindowError) -> Self {
        Self::new(match error {
            WindowError::Shrunk { .. } => "log-shrunk",
            WindowError::Forked(_) => "log-forked",
            WindowError::Malformed
            | WindowError::Note(_)
            | WindowError::Checkpoint(_)
            | WindowError::Short(_)
            | WindowError::Root(_)
            | _ => "logs-missing",
        })
    }
}

fn index(error: &IndexError, missing: &'static str) -> Wrong {
    Wrong::new(match error {
        IndexError::Forked(_) => "index-forked",
        IndexError::NotFetched(_)
        | IndexError::NotThere(..)
        | IndexError::Malformed(_)
        | IndexError::Note(..)
        | IndexError::Checkpoint(..)
        | IndexError::Digest(_)
        | IndexError::Older { .. }
        | _ => missing,
    })
}

impl From<&NotSent> for Wrong {
    fn from(error: &NotSent) -> Self {
        match error {
            NotSent::NotReached => Self::new("relay-away"),
            NotSent::Refused(503) => Self::with("relay-full", json!({"status": 503})),
            NotSent::Refused(status) => Self::with("relay-refused", json!({"status": status})),
            NotSent::NoKeys(error) => index(error, "no-keys"),
            NotSent::NoPath(_) => Self::new("no-path"),
            NotSent::NoIssuer => Self::new("no-issuer"),
            NotSent::NoTokens(status) => Self::with("no-tokens", json!({"status": status})),
            NotSent::Tokens(AnswerError::Refused(refusal)) => Self::new(match refusal {
                Refusal::Project => "invitation-revoked",
                Refusal::Quota => "quota",
                Refusal::Period | Refusal::Busy | _ => "issuer-busy",
            }),
            NotSent::Tokens(_) | NotSent::Request(_) => Self::new("tokens-wrong"),
            NotSent::Seal(LetterError::NoDesk(slot)) => seal(*slot),
            NotSent::Seal(_) | NotSent::Wrap(_) | _ => Self::new("broken"),
        }
    }
}

fn seal(slot: Slot) -> Wrong {
    Wrong::with("seal", json!({"slot": slot}))
}
