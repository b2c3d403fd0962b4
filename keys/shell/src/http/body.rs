//! Reading a body that may be longer than it should.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use hyper::body::Incoming;

/// What came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a service must say what it does with each"
)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// It was over the limit, and none of it was kept.
    TooLong,
}

/// Reads a body of at most `limit` bytes. Of a longer one no more than `discard` bytes are read, and none kept.
pub(super) async fn collect(
    mut body: Incoming,
    limit: usize,
    discard: usize,
) -> Result<Body, hyper::Error> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut too_long = announced > limit;
    let mut kept = BytesMut::new();
    let mut length = 0_usize;
    while !(too_long && length >= discard) {
        let Some(frame) = body.frame().await else {
            break;
        };
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        length = length.saturating_add(data.len());
        too_long |= length > limit;
        if too_long {
            kept = BytesMut::new();
        } else {
            if kept.is_empty() {
                // What was announced and is within the limit: it is not copied while it grows.
                kept.reserve(announced.max(data.len()));
            }
            kept.extend_from_slice(&data);
        }
    }
    Ok(match too_long {
        true => Body::TooLong,
        false => Body::Whole(kept.freeze()),
    })
}
