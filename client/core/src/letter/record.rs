//! A report that waits, as bytes: what is needed to seal it again, always as many.
//!
//! ```text
//! receipt seed 32 | desks 4 × ( chosen 1 | id 16 ) | contact length 2 | contact | report length 4 | report | zeros
//! ```

use brolly_keys::suite::SECRET_KEY;
use brolly_protocol::codec::{self, Fields};
use brolly_protocol::geometry::{CONTACT_TEXT, NODE_ID, REPORT, SLOTS};
use brolly_protocol::node::NodeId;
use brolly_protocol::receipt::Receipt;
use zeroize::Zeroizing;

use super::Ready;

/// Bytes of a record, whatever the report says.
pub(crate) const RECORD: usize = SECRET_KEY + SLOTS * (1 + NODE_ID) + 2 + CONTACT_TEXT + 4 + REPORT;

impl Ready {
    /// The record; `None` for a report that would not fit a cell either, which `compose` never makes.
    pub(crate) fn to_record(&self) -> Option<Zeroizing<Vec<u8>>> {
        // One buffer of full size: growing would leave copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(RECORD));
        bytes.extend_from_slice(self.receipt.expose());
        for desk in &self.desks {
            bytes.push(desk.is_some().into());
            bytes.extend_from_slice(&desk.unwrap_or(NodeId([0; NODE_ID])).0);
        }
        let contact = u16::try_from(self.contact.len()).ok()?;
        bytes.extend_from_slice(&contact.to_be_bytes());
        bytes.extend_from_slice(self.contact.as_bytes());
        let report = Zeroizing::new(codec::encode(&self.report).ok()?);
        let length = u32::try_from(report.len()).ok()?;
        bytes.extend_from_slice(&length.to_be_bytes());
        if bytes.len() + report.len() > RECORD {
            return None;
        }
        bytes.extend_from_slice(&report);
        bytes.resize(RECORD, 0);
        Some(bytes)
    }

    /// Reads the bytes of a record.
    pub(crate) fn from_record(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let receipt = Receipt::from_seed(fields.array().ok()?);
        let mut desks = [None; SLOTS];
        for desk in &mut desks {
            let [chosen] = fields.array().ok()?;
            let id = NodeId(*fields.array().ok()?);
            *desk = match chosen {
                0 if id.0 == [0; NODE_ID] => None,
                1 => Some(id),
                _ => return None,
            };
        }
        let length = usize::from(u16::from_be_bytes(*fields.array().ok()?));
        let contact = core::str::from_utf8(fields.take(length).ok()?).ok()?;
        let length = usize::try_from(fields.number().ok()?).ok()?;
        let report = codec::decode::<_, REPORT>(fields.take(length).ok()?).ok()?;
        let zeros = fields.rest().iter().all(|byte| *byte == 0);
        (bytes.len() == RECORD && zeros).then(|| Self {
            report,
            contact: Zeroizing::new(contact.to_owned()),
            desks,
            receipt,
        })
    }

    /// The receipt that shows that it arrived.
    pub(crate) fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}
