//! Alerts: warnings to the members, with the fields of CAP 1.2 (SPEC §14.4).
//!
//! ```text
//! alert  = id 10 | desk 16 | message 1 | references 10 | day 4 | expires 4 | records 1 | records × 50 | text 2,048
//! id     = week 4 | random 6
//! record = sealed( sent 2 | expires 2 | levels 1 | identifiers 29 )      what the compact index is made of
//! key    = HKDF( HKDF( members' root, "brolly/1 members" | scheme | week ), "alert" | id )
//! nonce  = the record's number; for the text, all ones
//! ```
//!
//! A key that ten thousand people hold is nearly public: alerts are written on the assumption that abusers read them.

use alloc::string::String;
use alloc::vec::Vec;

use brolly_keys::epoch::Epoch;
use brolly_keys::role::Desk;
use brolly_keys::sign::{Signed, SigningKey, Statement};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::mark::entry;
use super::{ALERT_KIND, EntryError};
use crate::codec::{self, CodecError, Fields};
use crate::geometry::{ALERT_BODY, ALERT_ID, ALERT_RECORD_PLAIN, ALERT_RECORDS, NODE_ID};
use crate::node::{NodeId, SchemeId};

mod record;

pub use record::{Certainty, IDENTIFIERS, Levels, Record, Severity, Status, Urgency};

/// An alert's id: `week 4 | random 6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub [u8; ALERT_ID]);

/// CAP's `msgType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "the three of CAP 1.2 that are used"
)]
pub enum Message {
    /// A new warning.
    Alert,
    /// In the place of an earlier one.
    Update,
    /// The end of an earlier one.
    Cancel,
}

/// An alert as the board carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alert {
    /// Its id, drawn by its desk.
    pub id: AlertId,
    /// The desk that publishes it.
    pub desk: NodeId,
    /// What it is to earlier ones.
    pub message: Message,
    /// The alert that it updates or cancels.
    pub references: Option<AlertId>,
    /// The day it was sent, counted from 1 January 1970.
    pub day: u32,
    /// The last day on which it counts.
    pub expires: u32,
    /// Its part of the compact index, sealed: none for a cancel, otherwise 1 to 8.
    pub records: Vec<SealedRecord>,
    /// Its text, sealed: 2,048 bytes.
    pub body: Vec<u8>,
}

/// 34 bytes and a tag.
pub type SealedRecord = [u8; RECORD];

/// What members read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "a desk builds it, CAP fixes it")]
pub struct Text {
    /// CAP's `sender`: the desk's name.
    pub sender: String,
    /// How grave.
    pub levels: Levels,
    /// Where: an outward postcode or a name.
    pub area: String,
    /// What members should know and do.
    pub text: String,
    /// What he can be recognised by, as the desk wrote it: kind, then value.
    pub identifiers: Vec<(String, String)>,
}

/// An alert before it is sealed.
pub struct Draft<'a> {
    /// The desk that publishes it.
    pub desk: NodeId,
    /// What it is to earlier ones.
    pub message: Message,
    /// The alert that it updates or cancels.
    pub references: Option<AlertId>,
    /// The day, counted from 1 January 1970.
    pub day: u32,
    /// The last day on which it counts.
    pub expires: u32,
    /// What members read; for a cancel, why.
    pub text: &'a Text,
    /// Packed identifiers: at least one record, for a cancel none.
    pub identifiers: &'a [[u8; IDENTIFIERS]],
}

/// Why an alert cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlertError {
    /// The text does not fit.
    #[error("the alert is {0} bytes too long: shorten its text")]
    TooLong(usize),
    /// An update or cancel of nothing, a new alert that refers to one, or records that do not belong.
    #[error("an update or a cancel names the alert that it is about, and a new alert names none")]
    References,
    /// Days out of order or out of range.
    #[error("an alert counts for 1 to 400 days from the day it is sent")]
    Days,
    /// No identifier record, or more than 8.
    #[error("an alert has 1 to {ALERT_RECORDS} index records")]
    Records,
    /// The cipher refused.
    #[error("the alert cannot be sealed")]
    Seal,
}

/// What members hold: alerts open with what derives from it. Erased when dropped.
pub struct Members {
    root: Zeroizing<[u8; 32]>,
    scheme: SchemeId,
}

impl AlertId {
    /// Draws an id in the epoch `week`.
    pub fn draw(week: Epoch, rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; ALERT_ID];
        rng.fill_bytes(&mut id);
        if let Some(place) = id.first_chunk_mut() {
            *place = week.number().to_be_bytes();
        }
        Self(id)
    }
}

impl core::fmt::Display for AlertId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::str::FromStr for AlertId {
    type Err = BadAlertId;

    fn from_str(text: &str) -> Result<Self, BadAlertId> {
        let mut id = [0; ALERT_ID];
        if text.len() != 2 * ALERT_ID || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadAlertId);
        }
        for (at, byte) in id.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(BadAlertId)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| BadAlertId)?;
        }
        Ok(Self(id))
    }
}

/// A text that is not an alert's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an alert's id is 20 hexadecimal digits: copy it from the list of alerts")]
pub struct BadAlertId;

impl Members {
    /// From the root that an invitation or a desk's key file holds.
    pub fn new(root: [u8; 32], scheme: SchemeId) -> Self {
        Self {
            root: Zeroizing::new(root),
            scheme,
        }
    }

    /// Opens one record of the index; `number` counts an alert's records from 0. `None` for one that does not open.
    pub fn open_record(&self, id: AlertId, number: u8, sealed: &SealedRecord) -> Option<Record> {
        let plain = self
            .cipher(id)
            .decrypt(&nonce(number), sealed.as_slice())
            .ok()?;
        Record::from_bytes(&plain)
    }

    /// Opens an alert's text. `None` for one that does not open.
    pub fn open_text(&self, alert: &Alert) -> Option<Text> {
        let cipher = self.cipher(alert.id);
        let plain = cipher
            .decrypt(&nonce(u8::MAX), alert.body.as_slice())
            .ok()?;
        let mut fields = Fields::new(&plain);
        let length = usize::from(u16::from_be_bytes(*fields.array().ok()?));
        let text = codec::decode::<_, ALERT_BODY>(fields.take(length).ok()?).ok()?;
        fields.rest().iter().all(|byte| *byte == 0).then_some(text)
    }

    fn cipher(&self, id: AlertId) -> ChaCha20Poly1305 {
        let [week @ .., _, _, _, _, _, _] = &id.0;
        let mut epoch = Zeroizing::new([0; 32]);
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are always within HKDF's limit, so the expansions cannot fail.
        let expanded = Hkdf::<Sha256>::new(None, self.root.as_ref())
            .expand_multi_info(&[b"brolly/1 members", &self.scheme.0, week], epoch.as_mut())
            .and_then(|()| {
                Hkdf::<Sha256>::new(None, epoch.as_ref())
                    .expand_multi_info(&[b"alert", &id.0], key.as_mut())
            });
        debug_assert!(expanded.is_ok());
        ChaCha20Poly1305::new(&Key::from(*key))
    }
}

impl Draft<'_> {
    /// Seals and signs: gives the alert's id and the board's entry.
    ///
    /// # Errors
    /// [`AlertError`].
    pub fn seal(
        &self,
        members: &Members,
        week: Epoch,
        key: &SigningKey<Desk>,
        rng: &mut impl CryptoRng,
    ) -> Result<(AlertId, Vec<u8>), AlertError> {
        let id = AlertId::draw(week, rng);
        let cipher = members.cipher(id);
        let seal = |number: u8, plain: &[u8]| {
            cipher
                .encrypt(&nonce(number), plain)
                .map_err(|_| AlertError::Seal)
        };
        let mut records = Vec::new();
        for (number, identifiers) in (0..).zip(self.identifiers) {
            let record = Record {
                day: self.day,
                expires: self.expires,
                levels: self.text.levels,
                identifiers: *identifiers,
            };
            let sealed = seal(number, &record.to_bytes().ok_or(AlertError::Days)?)?;
            records.push(sealed.try_into().map_err(|_| AlertError::Seal)?);
        }
        let encoded = codec::encode(self.text).map_err(|_| AlertError::Seal)?;
        let room = ALERT_BODY - TAG - 2;
        let long = AlertError::TooLong(encoded.len().saturating_sub(room));
        if encoded.len() > room {
            return Err(long);
        }
        let mut plain = u16::try_from(encoded.len())
            .map_err(|_| long)?
            .to_be_bytes()
            .to_vec();
        plain.extend_from_slice(&encoded);
        plain.resize(ALERT_BODY - TAG, 0);
        let alert = Alert {
            id,
            desk: self.desk,
            message: self.message,
            references: self.references,
            day: self.day,
            expires: self.expires,
            records,
            body: seal(u8::MAX, &plain)?,
        };
        alert.is_sound()?;
        Ok((id, alert.to_entry(key)))
    }
}

impl Alert {
    fn to_entry(&self, key: &SigningKey<Desk>) -> Vec<u8> {
        let references = self.references.unwrap_or(AlertId([0; ALERT_ID]));
        let count = u8::try_from(self.records.len()).unwrap_or(u8::MAX);
        let bytes = [
            self.id.0.as_slice(),
            &self.desk.0,
            &[self.message.number()],
            &references.0,
            &self.day.to_be_bytes(),
            &self.expires.to_be_bytes(),
            &[count],
            self.records.as_flattened(),
            &self.body,
        ]
        .concat();
        entry(ALERT_KIND, &Signed::<Self>::sign(key, bytes))
    }

    fn is_sound(&self) -> Result<(), AlertError> {
        let cancel = self.message == Message::Cancel;
        if (self.message == Message::Alert) != self.references.is_none() {
            return Err(AlertError::References);
        }
        if self.expires < self.day || self.expires - self.day > LONGEST {
            return Err(AlertError::Days);
        }
        if self.records.len() > ALERT_RECORDS || self.records.is_empty() != cancel {
            return Err(AlertError::Records);
        }
        Ok(())
    }
}

impl Statement for Alert {
    const DOMAIN: &'static str = "brolly/1 alert";
    type Error = EntryError;

    fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut fields = Fields::new(bytes);
        let id = AlertId(*fields.array()?);
        let desk: &[u8; NODE_ID] = fields.array()?;
        let [message] = *fields.array()?;
        let references = AlertId(*fields.array()?);
        let day = fields.number()?;
        let expires = fields.number()?;
        let [count] = *fields.array()?;
        let mut records = Vec::new();
        for _ in 0..count {
            records.push(*fields.array()?);
        }
        let body = fields.rest();
        let alert = Self {
            id,
            desk: NodeId(*desk),
            message: Message::of(message).ok_or(EntryError::Malformed)?,
            references: (references.0 != [0; ALERT_ID]).then_some(references),
            day,
            expires,
            records,
            body: body.to_vec(),
        };
        let sound = alert.is_sound().is_ok() && body.len() == ALERT_BODY;
        sound.then_some(alert).ok_or(EntryError::Malformed)
    }
}

impl Message {
    const ALL: [Self; 3] = [Self::Alert, Self::Update, Self::Cancel];

    fn number(self) -> u8 {
        match self {
            Self::Alert => 1,
            Self::Update => 2,
            Self::Cancel => 3,
        }
    }

    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

fn nonce(number: u8) -> Nonce {
    let mut nonce = [0; 12];
    match (number, nonce.last_mut()) {
        (u8::MAX, _) => nonce = [0xff; 12],
        (number, Some(last)) => *last = number,
        (_, None) => {}
    }
    Nonce::from(nonce)
}

impl From<CodecError> for AlertError {
    fn from(_: CodecError) -> Self {
        Self::Seal
    }
}

const TAG: usize = brolly_keys::commit::TAG;
const RECORD: usize = ALERT_RECORD_PLAIN + TAG;
/// Days that an alert may count for.
const LONGEST: u32 = 400;

#[cfg(test)]
pub(crate) mod tests;
