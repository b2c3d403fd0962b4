//! Bounded HTTP over [`crate::tls`]: every size and every wait has a limit that the caller chose.

mod body;
pub mod client;
mod encodings;
#[cfg(test)]
mod loopback;
pub mod server;

pub use ::http::{HeaderName, HeaderValue, Method, StatusCode, header};
pub use bytes::Bytes;
