//! An entry passes requests for tokens on to the issuer, which does not learn from whom they are (SPEC §9.10).

use std::time::Duration;

use brolly_protocol::geometry::{TOKEN_ANSWER, TOKEN_REQUEST};
use brolly_protocol::wire;
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The way to the issuer.
pub(crate) struct Tokens {
    link: Link,
    turns: Semaphore,
    patience: Duration,
}

/// What becomes of a request for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The issuer's 561 bytes.
    Answered(Bytes),
    /// Not 1,688 bytes: the issuer was not asked.
    Malformed,
    /// The issuer does not answer, or too many ask.
    Unavailable,
}

impl Tokens {
    /// A way to the issuer behind `link`.
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            turns: Semaphore::new(AT_ONCE),
            patience: PATIENCE,
        }
    }

    /// Asks the issuer, with the same bytes.
    pub(crate) async fn ask(&self, request: Bytes) -> Asked {
        if request.len() != TOKEN_REQUEST {
            return Asked::Malformed;
        }
        let Ok(Ok(_turn)) = timeout(self.patience, self.turns.acquire()).await else {
            return Asked::Unavailable;
        };
        let reply = self
            .link
            .send(
                Method::POST,
                wire::TOKENS,
                request,
                TOKEN_ANSWER,
                self.patience,
            )
            .await;
        match reply {
            Ok(reply) if reply.status == StatusCode::OK && reply.body.len() == TOKEN_ANSWER => {
                Asked::Answered(reply.body)
            }
            _ => Asked::Unavailable,
        }
    }
}

/// Requests on their way at the same time: half of what the issuer takes from one entry.
const AT_ONCE: usize = 32;
/// For a turn, and again for the answer.
const PATIENCE: Duration = Duration::from_secs(10);
