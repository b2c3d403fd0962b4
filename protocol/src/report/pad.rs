//! Every report and every contact at one length: what says nothing cannot be told from what says much (SPEC §5.1).

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::Report;
use crate::codec::{self, CodecError};
use crate::geometry::{BODY_PLAIN, CONTACT_PLAIN, CONTACT_TEXT, REPORT};

/// A report that does not fit a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PadError {
    /// The report with its photograph is over [`REPORT`] bytes.
    #[error(
        "the report is {over} bytes too long: shorten what happened, or send a smaller photograph or none"
    )]
    Report {
        /// By how many bytes.
        over: usize,
    },
    /// The contact details are over [`CONTACT_TEXT`] bytes.
    #[error("the contact details are {over} bytes too long")]
    Contact {
        /// By how many bytes.
        over: usize,
    },
    /// The record cannot be encoded.
    #[error("the report cannot be encoded")]
    Encoding(#[from] CodecError),
}

impl Report {
    /// The bytes it takes without its photograph, to know how large that may be.
    pub fn encoded_len_without_photo(&self) -> usize {
        codec::encode(self)
            .map_or(usize::MAX, |bytes| bytes.len())
            .saturating_sub(self.photo.len())
    }

    /// Encodes and pads to [`BODY_PLAIN`] bytes behind the reply key: `reply key 1,216 | length 4 | record | zeros`.
    ///
    /// # Errors
    /// [`PadError::Report`].
    pub(crate) fn pad(&self, reply_key: &[u8]) -> Result<Zeroizing<Vec<u8>>, PadError> {
        let record = Zeroizing::new(codec::encode(self)?);
        let over = |bytes: usize| bytes.saturating_sub(REPORT);
        if over(record.len()) > 0 {
            return Err(PadError::Report {
                over: over(record.len()),
            });
        }
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
        let mut plain = Zeroizing::new(Vec::with_capacity(BODY_PLAIN));
        plain.extend_from_slice(reply_key);
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(&record);
        plain.resize(BODY_PLAIN, 0);
        Ok(plain)
    }

    /// Reads `length 4 | record | zeros`: what follows the reply key in a body.
    ///
    /// # Errors
    /// [`CodecError`]; padding that is not zeros is left over.
    pub(crate) fn unpad(padded: &[u8]) -> Result<Self, CodecError> {
        let (length, rest) = padded.split_first_chunk().ok_or(CodecError::Malformed)?;
        let length =
            usize::try_from(u32::from_be_bytes(*length)).map_err(|_| CodecError::Malformed)?;
        let (record, padding) = rest.split_at_checked(length).ok_or(CodecError::Malformed)?;
        match padding.iter().filter(|byte| **byte != 0).count() {
            0 => codec::decode::<Self, REPORT>(record),
            left => Err(CodecError::LeftOver(left)),
        }
    }
}

/// Pads contact details to [`CONTACT_PLAIN`] bytes: `length 2 | text | zeros`.
///
/// # Errors
/// [`PadError::Contact`].
pub(crate) fn pad_contact(text: &str) -> Result<Zeroizing<Vec<u8>>, PadError> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    if text.len() > CONTACT_TEXT {
        return Err(PadError::Contact {
            over: text.len() - CONTACT_TEXT,
        });
    }
    let mut plain = Zeroizing::new(Vec::with_capacity(CONTACT_PLAIN));
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(text.as_bytes());
    plain.resize(CONTACT_PLAIN, 0);
    Ok(plain)
}

/// Reads contact details.
///
/// # Errors
/// [`CodecError`].
pub(crate) fn unpad_contact(padded: &[u8]) -> Result<String, CodecError> {
    let (length, rest) = padded.split_first_chunk().ok_or(CodecError::Malformed)?;
    let (text, padding) = rest
        .split_at_checked(usize::from(u16::from_be_bytes(*length)))
        .ok_or(CodecError::Malformed)?;
    match padding.iter().filter(|byte| **byte != 0).count() {
        0 => String::from_utf8(text.to_vec()).map_err(|_| CodecError::Malformed),
        left => Err(CodecError::LeftOver(left)),
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use brolly_keys::suite;

    use super::super::tests::report;
    use super::*;

    #[test]
    fn spec_5_1_every_report_pads_to_one_length_and_comes_back() {
        for length in [0, 1, 10_000, 22_000] {
            let said = report(&"x".repeat(length));
            let plain = said.pad(&[0; suite::PUBLIC_KEY]).unwrap();
            assert_eq!(plain.len(), BODY_PLAIN);
            assert_eq!(Report::unpad(&plain[suite::PUBLIC_KEY..]), Ok(said));
        }
    }

    #[test]
    fn a_report_larger_than_a_cell_says_by_how_much() {
        let base = report("").encoded_len_without_photo();
        let fits = report(&"x".repeat(REPORT - base));
        assert!(fits.pad(&[0; suite::PUBLIC_KEY]).is_ok());
        let long = report(&"x".repeat(REPORT - base + 7));
        let refused = long.pad(&[0; suite::PUBLIC_KEY]).unwrap_err();
        assert_eq!(refused, PadError::Report { over: 7 });
        assert!(refused.to_string().contains("7 bytes too long: shorten"));
        let contact = "x".repeat(CONTACT_TEXT + 3);
        assert_eq!(
            pad_contact(&contact).unwrap_err(),
            PadError::Contact { over: 3 }
        );
    }

    #[test]
    fn spec_5_1_padding_that_is_not_zeros_is_refused() {
        let mut plain = report("words").pad(&[0; suite::PUBLIC_KEY]).unwrap();
        *plain.last_mut().unwrap() = 1;
        assert_eq!(
            Report::unpad(&plain[suite::PUBLIC_KEY..]),
            Err(CodecError::LeftOver(1))
        );
    }

    #[test]
    fn a_body_that_decodes_with_bytes_left_over_is_refused() {
        let record = codec::encode(&report("words")).unwrap();
        let mut padded = u32::try_from(record.len() + 1)
            .unwrap()
            .to_be_bytes()
            .to_vec();
        padded.extend_from_slice(&record);
        padded.resize(BODY_PLAIN - suite::PUBLIC_KEY, 0);
        assert_eq!(Report::unpad(&padded), Err(CodecError::LeftOver(1)));
    }
}
