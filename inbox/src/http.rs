//! Who may ask for what, and what they are told (SPEC §9, §10).

use std::sync::Arc;

use brolly_protocol::geometry::{DELIVERED, NUMBERED_CELL};
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::directory::SignedDirectory;
use brolly_shell::http::server::{Body, Request, Response, Service};
use brolly_shell::log::{Field, Level, event};
use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;

use crate::admit::{self, Delivery, Outcome};
use crate::sequence::Sequencer;
use crate::store::{Page, Store};

/// The inbox as others see it.
pub(crate) struct Answers {
    pub(crate) signed: SignedDirectory,
    pub(crate) store: Arc<Store>,
    pub(crate) sequencer: Arc<Sequencer>,
    /// Weak, so that connections which linger do not keep a stopping inbox from finishing.
    pub(crate) queue: mpsc::WeakSender<Delivery>,
    /// A page is 7.5 MB: so many are read at the same time.
    pub(crate) pages: Semaphore,
}

impl Service for Answers {
    fn body_limit(&self, method: &Method, path: &str) -> usize {
        match (method, path) {
            (&Method::POST, wire::REPORTS) => wire::BATCH * DELIVERED,
            _ => 0,
        }
    }

    async fn call(&self, request: Request) -> Response {
        match (request.method, request.path.as_str()) {
            (Method::POST, wire::REPORTS) => self.deliver(request.peer, request.body).await,
            (Method::GET, wire::SEALED) => self.sealed(request.peer, request.query).await,
            (Method::GET, wire::CHECKPOINT) => {
                Response::text(StatusCode::OK, self.sequencer.published().note)
            }
            (Method::GET, wire::ENTRIES) => binary(self.sequencer.published().entries),
            (Method::GET, wire::DIRECTORY) => {
                Response::text(StatusCode::OK, self.signed.note.clone())
            }
            (
                _,
                wire::REPORTS | wire::SEALED | wire::CHECKPOINT | wire::ENTRIES | wire::DIRECTORY,
            ) => Response::empty(StatusCode::METHOD_NOT_ALLOWED),
            _ => Response::empty(StatusCode::NOT_FOUND),
        }
    }
}

impl Answers {
    async fn deliver(&self, peer: Option<[u8; 32]>, body: Body) -> Response {
        let exit = |key| {
            self.signed
                .directory
                .relay_of_layer_with_key(Layer::Exit, &key)
        };
        if peer.and_then(exit).is_none() {
            return Response::empty(StatusCode::FORBIDDEN);
        }
        let parsed = match body {
            Body::Whole(body) => admit::parse(&body),
            Body::TooLong => Err(admit::WrongSize),
        };
        // Exits are ours: one that sends anything else has a bug, which should be seen.
        let Ok(cells) = parsed else {
            return Response::empty(StatusCode::BAD_REQUEST);
        };
        // Without a queue, or if the answer never comes, the inbox is stopping and has promised nothing.
        let (delivery, outcome) = Delivery::new(cells);
        if let Some(queue) = self.queue.upgrade()
            && queue.send(delivery).await.is_ok()
        {
            drop(queue);
            if let Ok(Outcome::Durable) = outcome.await {
                return Response::empty(StatusCode::ACCEPTED);
            }
        }
        Response::empty(StatusCode::SERVICE_UNAVAILABLE)
    }

    async fn sealed(&self, peer: Option<[u8; 32]>, query: Option<String>) -> Response {
        let desk = |key| self.signed.directory.desk_with_key(&key);
        if peer.and_then(desk).is_none() {
            return Response::empty(StatusCode::FORBIDDEN);
        }
        let Some(after) = query.as_deref().and_then(after) else {
            return Response::empty(StatusCode::BAD_REQUEST);
        };
        let _turn = self.pages.acquire().await;
        let store = Arc::clone(&self.store);
        match spawn_blocking(move || store.page(after, wire::SEALED_PAGE)).await {
            Ok(Ok(page)) => {
                if page.damaged > 0 {
                    event(
                        Level::Error,
                        "sealed bodies damaged",
                        &[(Field::Files, page.damaged)],
                    );
                }
                binary(encode(&page))
            }
            Ok(Err(_)) | Err(_) => {
                event(Level::Error, "index unreadable", &[]);
                Response::empty(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }
}

fn binary(body: impl Into<Bytes>) -> Response {
    Response::bytes(StatusCode::OK, "application/octet-stream", body)
}

/// `after=N`, N in decimal digits.
fn after(query: &str) -> Option<u64> {
    let number = query.strip_prefix("after=")?;
    let digits = number.bytes().all(|digit| digit.is_ascii_digit());
    number.parse().ok().filter(|_| digits)
}

fn encode(page: &Page) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(page.cells.len() * NUMBERED_CELL);
    for (number, cell) in &page.cells {
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(cell.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_with_one_decimal_number() {
        assert_eq!(after("after=0"), Some(0));
        assert_eq!(after("after=18446744073709551615"), Some(u64::MAX));
        for bad in [
            "",
            "after=",
            "after=-1",
            "after=+1",
            "after=1&x",
            "x=1",
            "after=18446744073709551616",
        ] {
            assert_eq!(after(bad), None, "{bad}");
        }
    }
}
