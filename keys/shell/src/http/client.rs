//! A kept-open HTTP/2 connection to one server, known by its key.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{Method, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use tokio_socks::tcp::Socks5Stream;

use super::body::{Body, collect};
pub use super::encodings::Encoding;
use crate::tls;

/// A way to one server. It connects when something is sent, and keeps the connection for what follows.
pub struct Link {
    address: String,
    tls: Arc<ClientConfig>,
    /// What the server is to be called, where that is said at all.
    name: ServerName<'static>,
    via: Option<Socks5>,
    kept: Mutex<Option<Sender>>,
}

/// A SOCKS5 proxy, such as Tor's. It also looks up the server's name, so nobody nearer learns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socks5 {
    /// `host:port` of the proxy.
    pub proxy: String,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body, as it came.
    pub body: Bytes,
    /// Its encoding.
    pub encoding: Encoding,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Not `host:port`, or a path that is none.
    #[error("{0} is not an address: write host:port")]
    Address(String),
    /// No address is known for the name.
    #[error("cannot find {address}: check the name and this machine's connection ({reason})")]
    Unresolved {
        /// `host:port`.
        address: String,
        /// What the system said.
        reason: io::Error,
    },
    /// Nothing answers there.
    #[error("cannot connect to {address}: {reason}")]
    Unreachable {
        /// `host:port`.
        address: String,
        /// What the system said.
        reason: io::Error,
    },
    /// The proxy is there but did not get through.
    #[error("the proxy {proxy} cannot connect to {address}: {reason}")]
    Proxy {
        /// `host:port` of the proxy.
        proxy: String,
        /// `host:port` of the server.
        address: String,
        /// What the proxy said.
        reason: tokio_socks::Error,
    },
    /// Another key than the pinned one: another machine, or somebody in between.
    #[error("the server at {0} is not the expected one: it does not hold the key in the directory")]
    WrongKey(String),
    /// Something answers that speaks no TLS 1.3, or no HTTP/2.
    #[error("what answers at {0} is not a Brolly server: check the address")]
    Protocol(String),
    /// The time was up.
    #[error("{0} did not answer in time: try again later")]
    TimedOut(String),
    /// More than the caller wanted.
    #[error("the answer of {address} is longer than {limit} bytes and was refused")]
    TooLong {
        /// `host:port`.
        address: String,
        /// The most that was wanted, in bytes.
        limit: usize,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {0} broke off before the answer was complete: try again")]
    BrokenOff(String),
}

impl Link {
    /// A link to `address` (`host:port`), not connected yet. `tls` says whose key is expected there.
    pub fn new(address: String, tls: Arc<ClientConfig>, via: Option<Socks5>) -> Self {
        // An address in the place of a name is never sent, and the verifier looks at the key alone.
        let nobody = ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Self {
            address,
            tls,
            name: nobody,
            via,
            kept: Mutex::new(None),
        }
    }

    /// A link to whoever answers at `address` (`host:port`), which is asked for by its name as browsers do.
    ///
    /// # Errors
    /// [`LinkError::Address`].
    pub fn unpinned(address: String, via: Option<Socks5>) -> Result<Self, LinkError> {
        let host = address.rsplit_once(':').map_or("", |(host, _)| host);
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        match ServerName::try_from(host) {
            Ok(name) => Ok(Self {
                name,
                ..Self::new(address, tls::unpinned(), via)
            }),
            Err(_) => Err(LinkError::Address(address)),
        }
    }

    /// Fetches `path` as [`send`](Self::send) does; with `compressed`, in an encoding that browsers take.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn get(
        &self,
        path: &str,
        compressed: bool,
        response_limit: usize,
        timeout: Duration,
    ) -> Result<Reply, LinkError> {
        let taken = compressed.then_some(COMPRESSED);
        let request = self.request(Method::GET, path, Bytes::new(), taken)?;
        self.within(request, response_limit, timeout).await
    }

    /// The server's `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request and reads an answer of at most `response_limit` bytes, all within `timeout`.
    ///
    /// # Errors
    /// [`LinkError`]. After [`LinkError::TimedOut`] and [`LinkError::BrokenOff`] the server may have acted all the same.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        response_limit: usize,
        timeout: Duration,
    ) -> Result<Reply, LinkError> {
        let request = self.request(method, path, body, None)?;
        self.within(request, response_limit, timeout).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        taken: Option<&'static str>,
    ) -> Result<http::Request<Full<Bytes>>, LinkError> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.address));
        if let Some(taken) = taken {
            request = request.header(ACCEPT_ENCODING, taken);
        }
        let request = request.body(Full::new(body));
        request.map_err(|_| LinkError::Address(self.address.clone()))
    }

    async fn within(
        &self,
        request: http::Request<Full<Bytes>>,
        limit: usize,
        timeout: Duration,
    ) -> Result<Reply, LinkError> {
        let exchange = self.exchange(request, limit);
        let reply = match tokio::time::timeout(timeout, exchange).await {
            Ok(reply) => reply,
            Err(_) => Err(LinkError::TimedOut(self.address.clone())),
        };
        if matches!(reply, Err(LinkError::TimedOut(_) | LinkError::BrokenOff(_))) {
            self.forget();
        }
        reply
    }

    async fn exchange(
        &self,
        request: http::Request<Full<Bytes>>,
        limit: usize,
    ) -> Result<Reply, LinkError> {
        let broken = || LinkError::BrokenOff(self.address.clone());
        let response = match self.sender().await?.try_send_request(request).await {
            Ok(response) => response,
            Err(mut error) => {
                // Handed back, the request never left: the kept connection had ended meanwhile.
                let unsent = error.take_message().ok_or_else(broken)?;
                self.forget();
                let again = self.sender().await?.try_send_request(unsent).await;
                again.map_err(|_| broken())?
            }
        };
        let status = response.status();
        let encoding = Encoding::of(response.headers());
        match collect(response.into_body(), limit, 0).await {
            Ok(Body::Whole(body)) => Ok(Reply {
                status,
                body,
                encoding,
            }),
            Ok(Body::TooLong) => Err(LinkError::TooLong {
                address: self.address.clone(),
                limit,
            }),
            Err(_) => Err(broken()),
        }
    }

    async fn sender(&self) -> Result<Sender, LinkError> {
        let mut kept = self.kept.lock().await;
        match &*kept {
            Some(sender) if !sender.is_closed() => Ok(sender.clone()),
            _ => {
                let sender = self.connect().await?;
                Ok(kept.insert(sender).clone())
            }
        }
    }

    fn forget(&self) {
        // Whoever holds the lock is connecting anew already.
        if let Ok(mut kept) = self.kept.try_lock() {
            *kept = None;
        }
    }

    async fn connect(&self) -> Result<Sender, LinkError> {
        let socket = match &self.via {
            None => dial(&self.address).await?,
            Some(Socks5 { proxy }) => {
                let failed = |reason| LinkError::Proxy {
                    proxy: proxy.clone(),
                    address: self.address.clone(),
                    reason,
                };
                let socket = dial(proxy).await?;
                Socks5Stream::connect_with_socket(socket, self.address.as_str())
                    .await
                    .map_err(failed)?
                    .into_inner()
            }
        };
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(self.name.clone(), socket)
            .await
            .map_err(|error| self.refusal(&error))?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(LinkError::Protocol(self.address.clone()));
        }
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .map_err(|_| LinkError::BrokenOff(self.address.clone()))?;
        // It ends by itself when the server closes it or the last sender is dropped; senders then say so.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn refusal(&self, error: &io::Error) -> LinkError {
        let address = self.address.clone();
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidCertificate(_)) => LinkError::WrongKey(address),
            Some(_) => LinkError::Protocol(address),
            None => LinkError::BrokenOff(address),
        }
    }
}

async fn dial(address: &str) -> Result<TcpStream, LinkError> {
    let well_formed = address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if !well_formed {
        return Err(LinkError::Address(address.to_owned()));
    }
    let found: Vec<_> = lookup_host(address)
        .await
        .map_err(|reason| LinkError::Unresolved {
            address: address.to_owned(),
            reason,
        })?
        .collect();
    let unreachable = |reason| LinkError::Unreachable {
        address: address.to_owned(),
        reason,
    };
    let socket = TcpStream::connect(found.as_slice())
        .await
        .map_err(unreachable)?;
    socket.set_nodelay(true).map_err(unreachable)?;
    Ok(socket)
}

/// As browsers write it.
const COMPRESSED: &str = "gzip, deflate, br, zstd";

type Sender = SendRequest<Full<Bytes>>;

#[cfg(test)]
mod tests;
