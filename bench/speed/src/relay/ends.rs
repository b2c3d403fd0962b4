//! Both ends of the measured relay: entries that hand packets in, exits that take them, and an inbox that takes its keys.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brolly_keys::role::Relay;
use brolly_keys::sign::Verified;
use brolly_protocol::board::Entry;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::EXIT_PACKET;
use brolly_protocol::notice::KeyNotice;
use brolly_protocol::wire::{self, BATCH};
use brolly_shell::http::client::Link;
use brolly_shell::http::server::{Body, Limits, Request, Response, Server, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls::{self, Clients, Identity};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::place::{ENTRY, EXITS, MEASURED};
use crate::Outcome;
use crate::scheme;

/// The sockets of the exits and of the inbox, before there is a directory that names them.
pub(super) struct Sockets {
    exits: [Server; 2],
    inbox: Server,
}

impl Sockets {
    pub(super) fn bind() -> Outcome<Self> {
        let one = || Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)));
        Ok(Self {
            exits: [one()?, one()?],
            inbox: one()?,
        })
    }

    pub(super) fn exits(&self) -> [SocketAddr; 2] {
        self.exits.each_ref().map(Server::local_addr)
    }

    pub(super) fn inbox(&self) -> SocketAddr {
        self.inbox.local_addr()
    }
}

/// Both ends.
pub(super) struct Ends {
    arrived: Arc<Arrived>,
    notices: Mutex<mpsc::UnboundedReceiver<Bytes>>,
}

#[derive(Default)]
struct Arrived {
    count: AtomicUsize,
    more: Notify,
}

impl Ends {
    /// Answers at the sockets from now on.
    pub(super) fn open(runtime: &Runtime, sockets: Sockets) -> Outcome<Self> {
        let arrived = Arc::<Arrived>::default();
        let (notice, notices) = mpsc::unbounded_channel();
        for (server, exit) in sockets.exits.into_iter().zip(EXITS) {
            let key = scheme::relay_secret(exit).expose();
            let tls = tls::server(&Identity::from_seed(&key)?, Clients::Optional);
            let exit = Arc::new(Exit(Arc::clone(&arrived)));
            runtime.spawn(server.run(tls, exit, Limits::default(), std::future::pending::<()>()));
        }
        let key = scheme::inbox_key().expose();
        let tls = tls::server(&Identity::from_seed(&key)?, Clients::Optional);
        let inbox = Arc::new(Inbox(notice));
        let never = std::future::pending::<()>();
        runtime.spawn(sockets.inbox.run(tls, inbox, Limits::default(), never));
        Ok(Self {
            arrived,
            notices: Mutex::new(notices),
        })
    }

    /// The packet key that the relay announced first: of now.
    pub(super) fn key(
        &self,
        runtime: &Runtime,
        directory: &Directory,
    ) -> Outcome<Verified<KeyNotice<Relay>>> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let notice = runtime.block_on(async { timeout(PATIENCE, notices.recv()).await })?;
        let entry = Entry::verify(&notice.ok_or("the inbox is gone")?, directory)?;
        let Entry::RelayKey(notice) = entry else {
            return Err("the relay announced something else than a key".into());
        };
        Ok(notice)
    }

    /// Hands in what comes from `bodies`, and waits until all of it, `count` packets, has come out again.
    pub(super) async fn pass(
        &self,
        links: &[Arc<Link>],
        bodies: mpsc::Receiver<Bytes>,
        count: usize,
    ) -> Outcome {
        let goal = self.arrived.count.load(Ordering::SeqCst) + count;
        let bodies = Arc::new(tokio::sync::Mutex::new(bodies));
        let mut posting = JoinSet::new();
        for link in links.iter().cycle().take(links.len() * AT_ONCE) {
            let (link, bodies) = (Arc::clone(link), Arc::clone(&bodies));
            posting.spawn(async move {
                loop {
                    let body = bodies.lock().await.recv().await;
                    let Some(body) = body else {
                        return Ok(());
                    };
                    let reply = link
                        .send(Method::POST, wire::CELLS, body, 0, PATIENCE)
                        .await
                        .map_err(|error| error.to_string())?;
                    if reply.status != StatusCode::ACCEPTED {
                        return Err(format!("the relay answered {}", reply.status));
                    }
                }
            });
        }
        while let Some(posted) = posting.join_next().await {
            posted??;
        }
        timeout(PATIENCE, self.arrived.at_least(goal)).await?;
        Ok(())
    }
}

impl Arrived {
    async fn at_least(&self, goal: usize) {
        loop {
            let more = self.more.notified();
            if self.count.load(Ordering::SeqCst) >= goal {
                return;
            }
            more.await;
        }
    }
}

/// Connections to the relay, as from several entries.
pub(crate) fn links(address: &str) -> Outcome<Vec<Arc<Link>>> {
    let entry = Identity::from_seed(&scheme::relay_secret(ENTRY).expose())?;
    let relay = scheme::relay_secret(MEASURED).verifying_key().to_bytes();
    let link = |_| {
        let tls = tls::client(&relay, Some(&entry));
        Arc::new(Link::new(address.to_owned(), tls, None))
    };
    Ok((0..LINKS).map(link).collect())
}

/// Packets as they are posted together.
pub(super) fn bodies(packets: &[Vec<u8>]) -> Vec<Bytes> {
    packets
        .chunks(BATCH)
        .map(|batch| batch.concat().into())
        .collect()
}

struct Exit(Arc<Arrived>);

impl Service for Exit {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        BATCH * EXIT_PACKET
    }

    async fn call(&self, request: Request) -> Response {
        let Body::Whole(body) = request.body else {
            return Response::empty(StatusCode::PAYLOAD_TOO_LARGE);
        };
        let count = body.len() / EXIT_PACKET;
        self.0.count.fetch_add(count, Ordering::SeqCst);
        self.0.more.notify_one();
        Response::empty(StatusCode::ACCEPTED)
    }
}

struct Inbox(mpsc::UnboundedSender<Bytes>);

impl Service for Inbox {
    fn body_limit(&self, _: &Method, path: &str) -> usize {
        if path == wire::BOARD { 1 << 16 } else { 0 }
    }

    async fn call(&self, request: Request) -> Response {
        match request.body {
            Body::Whole(entry) if request.path == wire::BOARD => {
                // Nobody listens any more once the first is known.
                let _ = self.0.send(entry);
                Response::empty(StatusCode::ACCEPTED)
            }
            // There are no logs here.
            Body::Whole(_) | Body::TooLong => Response::empty(StatusCode::NOT_FOUND),
        }
    }
}

/// How many entries.
const LINKS: usize = 4;
/// Batches that an entry has on their way at the same time, as relays do.
const AT_ONCE: usize = 4;
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
