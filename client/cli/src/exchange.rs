//! Sessions over the network: one entry relay after another until one takes the packet.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use brolly_client::index::{IndexError, Kind};
use brolly_client::session::{
    Cargo, LogError, Method, NotSent, Outcome, Session, SessionError, Transmit,
};
use brolly_client::state::State;
use brolly_keys::sign::Verified;
use brolly_protocol::directory::Directory;
use brolly_protocol::invite::Entrance;
use brolly_protocol::log::{Window, WindowError};
use brolly_protocol::wire;
use brolly_shell::cli::{Failure, NETWORK, REFUSED};
use brolly_shell::http::client::{Link, Reply, Socks5};
use brolly_shell::{clock, random, tls};
use bytes::Bytes;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::progress;

/// The way to the relays, and the runtime that goes it.
pub(crate) struct Network {
    runtime: Runtime,
    via: Option<Socks5>,
}

/// What one or more sessions came to.
pub(crate) struct Exchange {
    /// What to keep.
    pub(crate) state: State,
    /// The directory, if a relay gave a good one.
    pub(crate) directory: Option<Verified<Directory>>,
    /// The ends of the logs, checked.
    pub(crate) window: Result<Window, Failure>,
    /// Whether the newest alerts are in the state.
    pub(crate) alerts: Result<(), Failure>,
    /// Whether a packet was posted.
    pub(crate) posted: bool,
    /// Whether the report was in a packet that was posted, whatever was answered.
    pub(crate) carried: bool,
    /// Whether a relay took the packet.
    pub(crate) sent: Result<(), Failure>,
}

impl Network {
    /// Prepares the way, through a proxy if one is named.
    pub(crate) fn new(socks5: Option<String>) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
        let via = socks5.map(|proxy| Socks5 { proxy });
        Ok(Self { runtime, via })
    }

    /// Runs sessions until a packet is posted, three at the most: what `cargo` is makes no difference to how many, nor to
    /// what is asked. Nothing is posted twice, whatever the answer: who gives no answer on purpose and sees the same
    /// cell arrive twice knows whose it is.
    pub(crate) fn exchange(&self, state: &State, cargo: &Cargo) -> Exchange {
        let posting = Cell::new(false);
        self.runtime.block_on(self.sessions(state, cargo, &posting))
    }

    /// [`exchange`](Self::exchange), for who waits for something else too: `posting` tells whether a packet is out, also
    /// when this is not waited for to the end.
    pub(crate) async fn sessions(
        &self,
        state: &State,
        cargo: &Cargo,
        posting: &Cell<bool>,
    ) -> Exchange {
        let mut exchange = Exchange {
            state: state.clone(),
            directory: None,
            window: Err(Failure::network(LogError::NotFetched)),
            alerts: Err(Failure::network(IndexError::NotFetched(Kind::Alerts))),
            posted: false,
            carried: false,
            sent: Err(Failure::network(NotSent::NotReached)),
        };
        let entrances = state.entrances(&mut random::system());
        for entrance in entrances.into_iter().cycle().take(Session::TRIES) {
            let session = Session::new(exchange.state, entrance);
            let (outcome, failure) = self.session(session, cargo, posting).await;
            exchange.state = outcome.state;
            exchange.directory = outcome.directory.or(exchange.directory);
            let why = |failed: Failure| failure.clone().unwrap_or(failed);
            let window = outcome.window.map_err(|error| {
                if let LogError::Refused(error) = error {
                    return Failure::refused(error);
                }
                why(Failure::network(error))
            });
            exchange.window = exchange.window.or(window);
            let alerts = outcome.alerts.map_err(|error| {
                if matches!(error, IndexError::NotFetched(_)) {
                    return why(Failure::network(error));
                }
                let later = matches!(error, IndexError::NotThere(..) | IndexError::Older { .. });
                Failure::new(if later { NETWORK } else { REFUSED }, error)
            });
            exchange.alerts = exchange.alerts.or(alerts);
            exchange.sent = outcome.sent.map_err(|error| why(Failure::network(error)));
            exchange.posted = outcome.posted;
            exchange.carried = outcome.carried;
            if outcome.posted {
                break;
            }
        }
        exchange
    }

    /// Does `work` until it is done, or `ending` is; then `None`.
    pub(crate) fn until<T>(
        &self,
        ending: Pin<&mut impl Future<Output = ()>>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = ending => None,
                done = work => Some(done),
            }
        })
    }

    /// A link to whoever answers at an address, through the same proxy.
    pub(crate) fn unpinned(&self, address: String) -> Result<Link, Failure> {
        Ok(Link::unpinned(address, self.via.clone())?)
    }

    /// Waits for `work`, with a progress line.
    pub(crate) fn wait<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(progress::shown(what, work))
    }

    /// Does slow work off the runtime's thread, with a progress line.
    pub(crate) fn work<T: Send + 'static>(
        &self,
        what: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let work = async { tokio::task::spawn_blocking(work).await };
        self.runtime
            .block_on(progress::shown(what, work))
            .map_err(|_| Failure::failed("this did not work because of a mistake in this program"))
    }

    async fn session(
        &self,
        session: Session,
        cargo: &Cargo,
        posting: &Cell<bool>,
    ) -> (Outcome, Option<Failure>) {
        let Entrance { key, address } = session.entrance().clone();
        let link = Link::new(address, tls::client(&key, None), self.via.clone());
        let done = through(&link, session, cargo, posting).await;
        hang_up(link).await;
        done
    }
}

async fn through(
    link: &Link,
    mut session: Session,
    cargo: &Cargo,
    posting: &Cell<bool>,
) -> (Outcome, Option<Failure>) {
    let mut rng = random::system();
    while let Some(transmit) = session.poll_transmit() {
        let what = match transmit.method == Method::Post {
            true => "sending",
            false => "fetching what everybody fetches",
        };
        posting.set(posting.get() || transmit.path == wire::CELLS);
        let reply = match progress::shown(what, send(link, transmit)).await {
            Ok(reply) => reply,
            Err(failure) => return (session.into_outcome(), Some(failure)),
        };
        let status = reply.status.as_u16();
        let taken = session.handle_reply(clock::now(), status, &reply.body, &mut rng);
        if let Err(error) = taken {
            return (session.into_outcome(), Some(ended(&error)));
        }
        session.load(cargo, &mut rng);
    }
    (session.into_outcome(), None)
}

/// Ends the connection now: left open it would last as long as what a command does next, and that is not the same for all.
async fn hang_up(link: Link) {
    drop(link);
    let open = Handle::current().metrics();
    let ended = async {
        while open.num_alive_tasks() > 0 {
            yield_now().await;
        }
    };
    // A connection that cannot be ended in good order ends with the process.
    let _ = timeout(HANG_UP, ended).await;
}

async fn send(link: &Link, transmit: Transmit) -> Result<Reply, Failure> {
    let method = match transmit.method == Method::Post {
        true => http::Method::POST,
        false => http::Method::GET,
    };
    let body = Bytes::from(transmit.body);
    let reply = link.send(
        method,
        transmit.path,
        body,
        transmit.response_limit,
        Session::PATIENCE,
    );
    Ok(reply.await?)
}

fn ended(error: &SessionError) -> Failure {
    if matches!(error, SessionError::NoDirectory(_)) {
        return Failure::network(error);
    }
    let failure = Failure::refused(error);
    if matches!(error, SessionError::Log(WindowError::Shrunk { .. })) {
        failure.hint(
            "a relay that is a few minutes behind looks the same: try again then, and tell the scheme if it stays so",
        )
    } else if matches!(error, SessionError::Log(_) | SessionError::Index(_)) {
        failure.hint("tell the scheme at once, by another way than this")
    } else {
        failure
    }
}

const HANG_UP: Duration = Duration::from_secs(1);
