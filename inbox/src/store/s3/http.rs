//! HTTP for `object_store`, over hyper and rustls: whole answers only, of bounded size and within a bounded time.

use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpService,
};
use rustls::ClientConfig;
use tokio::time::timeout;

/// A client that keeps connections open. It follows no redirection.
#[derive(Debug, Clone)]
pub(super) struct Hyper(Client<HttpsConnector<Tcp>, HttpRequestBody>);

impl Hyper {
    pub(super) fn new(tls: ClientConfig) -> Self {
        let mut tcp = Tcp::new();
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self(client)
    }

    async fn whole(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.0.request(request).await.map_err(|error| {
            let kind = match error.is_connect() {
                true => HttpErrorKind::Connect,
                false => HttpErrorKind::Request,
            };
            HttpError::new(kind, error)
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LIMIT).collect().await.map_err(|error| {
            HttpError::new(HttpErrorKind::Interrupted, Broken(error.to_string()))
        })?;
        Ok(HttpResponse::from_parts(head, body.to_bytes().into()))
    }
}

impl HttpConnector for Hyper {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Hyper {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        match timeout(WHOLE, self.whole(request)).await {
            Ok(answered) => answered,
            Err(late) => Err(HttpError::new(HttpErrorKind::Timeout, late)),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the answer broke off: {0}")]
struct Broken(String);

const CONNECT: Duration = Duration::from_secs(3);
/// For a request and all of its answer.
const WHOLE: Duration = Duration::from_secs(10);
/// Shorter than servers keep a connection open.
const IDLE: Duration = Duration::from_secs(15);
/// The largest answer is a full bundle of the board, 1.1 MB.
const LIMIT: usize = 4 << 20;
