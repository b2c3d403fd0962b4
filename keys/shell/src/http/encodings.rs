//! In which encodings a caller takes an answer, and which one it got: all that is read of anybody's headers.

use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};

/// Encodings beside the plain one that a caller says it takes (RFC 9110 §12.5.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "tests make requests")]
pub struct Encodings {
    /// `br`.
    pub brotli: bool,
    /// `gzip`.
    pub gzip: bool,
}

/// The encoding of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// None.
    Plain,
    /// `gzip`.
    Gzip,
    /// `br`.
    Brotli,
    /// Another, or several.
    Other,
}

impl Encoding {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut named = headers.get_all(CONTENT_ENCODING).iter();
        match (named.next().map(|value| value.as_bytes()), named.next()) {
            (None | Some(b"identity"), None) => Self::Plain,
            (Some(b"gzip"), None) => Self::Gzip,
            (Some(b"br"), None) => Self::Brotli,
            _ => Self::Other,
        }
    }
}

impl Encodings {
    /// What the headers say; what is not understood there is not taken.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut taken = Self::default();
        let values = headers.get_all(ACCEPT_ENCODING).iter();
        for coding in values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
        {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let weight = weight.trim().strip_prefix("q=");
            let wanted = weight.and_then(|weight| weight.parse::<f32>().ok());
            let wanted = wanted.is_some_and(|weight| weight > 0.0);
            match name.trim().to_ascii_lowercase().as_str() {
                "br" => taken.brotli = wanted,
                "gzip" => taken.gzip = wanted,
                _ => {}
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn encodings_are_those_that_are_named_and_not_refused() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            let Encodings { brotli, gzip } = Encodings::of(&headers);
            (brotli, gzip)
        };
        assert_eq!(of("gzip, deflate, br, zstd"), (true, true));
        assert_eq!(of("br;q=0, GZIP ; q=0.5"), (false, true));
        assert_eq!(of("identity"), (false, false));
        assert_eq!(of("br;level=9"), (false, false));
        assert_eq!(of("*"), (false, false));
        assert_eq!(Encodings::of(&HeaderMap::new()), Encodings::default());
    }
}
