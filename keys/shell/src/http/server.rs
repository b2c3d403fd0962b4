//! An HTTP/1.1 and HTTP/2 server that keeps nothing about those who call it.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

pub use super::body::Body;
use super::body::collect;
pub use super::encodings::Encodings;
use crate::tls;

/// What answers requests.
pub trait Service: Send + Sync + 'static {
    /// The most bytes that a request to `path` may carry.
    fn body_limit(&self, method: &Method, path: &str) -> usize;

    /// Answers one request. A call that began runs to its end, even if its caller goes away.
    fn call(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// A request, without the address it came from, and of its headers nothing but the encodings that its caller takes.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: Method,
    /// The path as it was sent, percent encoding and all.
    pub path: String,
    /// What followed the question mark.
    pub query: Option<String>,
    /// The encodings that its answer may have.
    pub encodings: Encodings,
    /// The body.
    pub body: Body,
    /// The caller's Ed25519 key, if it proved one.
    pub peer: Option<[u8; 32]>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The media type, or nothing for an empty body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// Whether caches may keep it for ever.
    pub cacheable: bool,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// How much a server takes from strangers. A whole connection may hold `streams` bodies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time; more wait to be accepted.
    pub connections: u16,
    /// Requests at the same time on one connection.
    pub streams: u16,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the head of an HTTP/1.1 request.
    pub headers: Duration,
    /// For a whole body.
    pub body: Duration,
    /// Without a request under way and without progress of an answer, after which a connection is closed.
    pub idle: Duration,
    /// For requests under way when the connection or the server is to end.
    pub grace: Duration,
}

/// A socket that is listening.
#[derive(Debug)]
pub struct Server {
    listener: std::net::TcpListener,
    address: SocketAddr,
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Something else has the port.
    #[error(
        "port {port} is in use by another program: stop that program, or choose another port in the configuration"
    )]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// A port under 1024, without the right to it.
    #[error(
        "port {port} needs a right this program does not have: choose a port from 1024 up, or let systemd grant CAP_NET_BIND_SERVICE"
    )]
    NotAllowed {
        /// The port.
        port: u16,
    },
    /// The address is not this machine's, or the system refused.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address from the configuration.
        address: SocketAddr,
        /// What the system said.
        reason: io::Error,
    },
}

impl Response {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self::bytes(status, "", Bytes::new())
    }

    /// An answer of any media type.
    pub fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            cacheable: false,
            headers: Vec::new(),
        }
    }

    /// A sentence for people.
    pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self::bytes(status, "text/plain; charset=utf-8", text)
    }

    /// Lets caches keep the answer for ever: only for what never changes, like a full tile of a log.
    #[must_use]
    pub fn cacheable(mut self) -> Self {
        self.cacheable = true;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn into_hyper(self, active: watch::Sender<usize>) -> hyper::Response<Chunks> {
        let mut response = hyper::Response::new(Chunks {
            rest: self.body,
            active,
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.extend(self.headers);
        let caching = match self.cacheable {
            true => "public, max-age=31536000, immutable",
            false => "no-store",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        if let (false, Ok(value)) = (
            self.content_type.is_empty(),
            HeaderValue::from_str(self.content_type),
        ) {
            headers.insert(CONTENT_TYPE, value);
        }
        response
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            streams: 64,
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(10),
            body: Duration::from_secs(60),
            idle: Duration::from_secs(120),
            grace: Duration::from_secs(10),
        }
    }
}

impl Server {
    /// Begins to listen. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn bind(address: SocketAddr) -> Result<Self, ServeError> {
        let port = address.port();
        let failed = |reason: io::Error| {
            if reason.kind() == io::ErrorKind::AddrInUse {
                ServeError::PortInUse { port }
            } else if reason.kind() == io::ErrorKind::PermissionDenied {
                ServeError::NotAllowed { port }
            } else {
                ServeError::Listen { address, reason }
            }
        };
        let listener = std::net::TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Another hold on the same socket: as long as there is one, whoever connects while nobody answers waits and is not
    /// refused.
    ///
    /// # Errors
    /// [`ServeError::Listen`] if the system has no descriptor left.
    pub fn try_clone(&self) -> Result<Self, ServeError> {
        let address = self.address;
        let listener = self.listener.try_clone();
        let listener = listener.map_err(|reason| ServeError::Listen { address, reason })?;
        Ok(Self { listener, address })
    }

    /// Answers until `shutdown` resolves; then accepts nobody, lets requests under way and the first of each connection
    /// finish, and returns.
    ///
    /// # Errors
    /// [`ServeError::Listen`] if the runtime cannot take the socket.
    pub async fn run(
        self,
        tls: Arc<ServerConfig>,
        service: Arc<impl Service>,
        limits: Limits,
        shutdown: impl Future,
    ) -> Result<(), ServeError> {
        let address = self.address;
        let listener = TcpListener::from_std(self.listener)
            .map_err(|reason| ServeError::Listen { address, reason })?;
        let tls = TlsAcceptor::from(tls);
        let slots = Arc::new(Semaphore::new(usize::from(limits.connections)));
        let (open, closing) = watch::channel(());
        let mut shutdown = pin!(shutdown);
        loop {
            let (socket, slot) = tokio::select! {
                biased;
                _ = &mut shutdown => break,
                accepted = accept(&listener, &slots) => accepted,
            };
            let (tls, service, closing) = (tls.clone(), Arc::clone(&service), closing.clone());
            tokio::spawn(serve(socket, slot, tls, service, limits, closing));
        }
        drop(listener);
        drop(open);
        // Every connection and every call holds its slot: all slots free means that all is done.
        let all = slots.acquire_many(u32::from(limits.connections));
        let _ = timeout(limits.grace, all).await;
        Ok(())
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there always is a slot to wait for.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return (socket, slot),
            // Out of file descriptors, most likely: some connection has to end first.
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn serve<S: Service>(
    socket: TcpStream,
    slot: Option<OwnedSemaphorePermit>,
    tls: TlsAcceptor,
    service: Arc<S>,
    limits: Limits,
    mut closing: watch::Receiver<()>,
) {
    // Without it answers only come later.
    let _ = socket.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(limits.handshake, tls.accept(socket)).await else {
        return;
    };
    let connection = Arc::new(Connection {
        service,
        limits,
        peer: tls::peer_key(stream.get_ref().1),
        calls: Arc::new(Semaphore::new(usize::from(limits.streams))),
        active: watch::Sender::new(0),
        close: Notify::new(),
        _slot: slot,
    });
    let mut begun = connection.active.subscribe();
    let builder = builder(&limits);
    let answer = service_fn(|request| Arc::clone(&connection).answer(request));
    let mut http = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let end = async {
        tokio::select! {
            _ = closing.changed() => {
                // The first request of a connection may be on its way, and closing now would cut it off.
                let _ = timeout(limits.grace, begun.changed()).await;
            }
            () = connection.idle() => {}
            () = connection.close.notified() => {}
        }
    };
    tokio::select! {
        _ = http.as_mut() => return,
        () = end => {}
    }
    http.as_mut().graceful_shutdown();
    let _ = timeout(limits.grace, http).await;
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .header_read_timeout(limits.headers);
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_concurrent_streams(u32::from(limits.streams));
    builder
}

struct Connection<S> {
    service: Arc<S>,
    limits: Limits,
    peer: Option<[u8; 32]>,
    /// A stream that was reset frees its place in HTTP/2, but not its call's here.
    calls: Arc<Semaphore>,
    /// How many requests are under way. It is also touched whenever a piece of an answer leaves.
    active: watch::Sender<usize>,
    close: Notify,
    _slot: Option<OwnedSemaphorePermit>,
}

impl<S: Service> Connection<S> {
    async fn answer(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<Chunks>, Infallible> {
        let _under_way = UnderWay::begin(self.active.clone());
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let limit = self.service.body_limit(&head.method, path);
        let body = collect(body, limit, limit.saturating_mul(2));
        let response = match timeout(self.limits.body, body).await {
            Ok(Ok(body)) => {
                if body == Body::TooLong {
                    self.close.notify_one();
                }
                let request = Request {
                    path: path.to_owned(),
                    query: head.uri.query().map(str::to_owned),
                    encodings: Encodings::of(&head.headers),
                    method: head.method,
                    body,
                    peer: self.peer,
                };
                Arc::clone(&self).call(request).await
            }
            Ok(Err(_)) => {
                self.close.notify_one();
                Response::empty(StatusCode::BAD_REQUEST)
            }
            Err(_) => {
                self.close.notify_one();
                Response::empty(StatusCode::REQUEST_TIMEOUT)
            }
        };
        Ok(response.into_hyper(self.active.clone()))
    }

    async fn call(self: Arc<Self>, request: Request) -> Response {
        let turn = Arc::clone(&self.calls).acquire_owned().await;
        // A task of its own: its panic ends nothing else, and a caller who leaves interrupts nothing half done.
        let call = tokio::spawn(async move {
            let _turn = turn;
            self.service.call(request).await
        });
        call.await
            .unwrap_or_else(|_| Response::empty(StatusCode::INTERNAL_SERVER_ERROR))
    }

    async fn idle(&self) {
        let mut active = self.active.subscribe();
        loop {
            let quiet = timeout(self.limits.idle, active.changed()).await.is_err();
            if quiet && *active.borrow() == 0 {
                return;
            }
        }
    }
}

struct UnderWay(watch::Sender<usize>);

impl UnderWay {
    fn begin(active: watch::Sender<usize>) -> Self {
        active.send_modify(|count| *count += 1);
        Self(active)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// The body of an answer, in pieces, so that one which nobody reads can be told from one on its way.
struct Chunks {
    rest: Bytes,
    active: watch::Sender<usize>,
}

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        self.active.send_modify(|_| {});
        let length = self.rest.len().min(CHUNK);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or(u64::MAX))
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bytes that a peer may send ahead of being read, for each connection.
const WINDOW: u32 = 1 << 18;
/// Bytes.
const CHUNK: usize = 1 << 14;

#[cfg(test)]
mod tests;
