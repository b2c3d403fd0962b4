//! The delivered cell: one report, sealed to the desks that were chosen (SPEC §5).
//!
//! ```text
//! receipt tag 16 │ token 292 │ commitments 2 × 32 │ stanza × 4 │ contact 512 │ body 23,469
//!                └── h ──────────────────────────────────────────┘└── t = SHA-256 ───┘   d = SHA-256( h │ t )
//! stanza = key week 4 │ enc 1,120 │ AEAD( body key 32 │ contact key 32 or zeros │ reply root 32 ) 16
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use brolly_keys::commit::{COMMITMENT, CommitError, OneTimeKey};
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::{PublicKey, SecretKey};
use brolly_keys::role::{Desk, Reply};
use brolly_keys::suite::{self, ENC, SealError};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::codec::{CodecError, Fields};
use crate::geometry::{
    BODY, CONTACT, CONTACT_AT, DELIVERED, RECEIPT_TAG, SLOTS, STANZA, STANZA_PLAIN, TOKEN,
};
use crate::node::{NodeId, SchemeId};
use crate::receipt::Receipt;
use crate::report::{self, PadError, Report, Slot};

/// A cell as the exit delivers it: 29,297 bytes, in memory of its own or in `B`, nothing about them known but their number.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCell<B = Box<[u8]>> {
    bytes: B,
    /// SHA-256 of contact and body, on which the digest and each stanza stand.
    tail: [u8; 32],
}

/// A desk as a sender sees it: who, and its key of the week.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The desk.
    pub desk: NodeId,
    /// Its key for the cell's week.
    pub key: PublicKey<Desk>,
}

/// What one cell carries and to whom.
pub struct Letter<'a> {
    /// The scheme, bound into every stanza.
    pub scheme: SchemeId,
    /// The week whose keys are used; the same in all four stanzas.
    pub week: Epoch,
    /// The token that the inbox takes it for, bound into every stanza.
    pub token: &'a [u8; TOKEN],
    /// The desk in each slot of [`Slot::ALL`], if the directory has one.
    pub desks: [Option<&'a Recipient>; SLOTS],
    /// What is said. Its consent decides who gets a key.
    pub report: &'a Report,
    /// The contact details, empty for none.
    pub contact: &'a str,
}

/// What a desk read.
pub struct Opened {
    /// The report.
    pub report: Report,
    /// The contact details, where this desk was given their key.
    pub contact: Option<Zeroizing<String>>,
    /// The key that an answer is sealed to.
    pub reply_key: PublicKey<Reply>,
    /// The root of the tags under which this desk answers.
    pub reply_root: Zeroizing<[u8; 32]>,
}

/// Why a letter cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LetterError {
    /// It does not fit.
    #[error("{0}")]
    Pad(#[from] PadError),
    /// Consent names a desk that the directory does not have for this week.
    #[error("the {0:?} desk that was chosen has no key for this week: leave it out, or send later")]
    NoDesk(Slot),
    /// The cipher refused.
    #[error("{0}")]
    Seal(#[from] SealError),
}

/// Why a cell is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Not addressed to this desk, or not a report at all: nobody but a chosen desk can tell.
    #[error("not addressed to this desk")]
    NotOurs,
    /// A key that does not match its commitment.
    #[error("{0}")]
    Commitment(#[from] CommitError),
    /// The body opened and is not one whole record.
    #[error("the sealed report cannot be read: {0}")]
    Body(#[from] CodecError),
    /// The reply key inside is no key.
    #[error("the sealed report holds a reply key that is not valid")]
    ReplyKey,
}

impl<B: AsRef<[u8]>> SealedCell<B> {
    /// Takes a cell of exactly 29,297 bytes, and hashes most of them.
    pub fn from_bytes(bytes: B) -> Option<Self> {
        let tail = tail(bytes.as_ref().try_into().ok()?);
        Some(Self { bytes, tail })
    }

    /// The cell's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The tag by which its sender finds it.
    pub fn receipt_tag(&self) -> [u8; RECEIPT_TAG] {
        let tag = self.as_bytes().first_chunk();
        tag.copied().unwrap_or([0; RECEIPT_TAG])
    }

    /// `d`, over everything behind the receipt tag (SPEC §6.3).
    pub fn digest(&self) -> [u8; 32] {
        let head = self.as_bytes().get(RECEIPT_TAG..CONTACT_AT);
        Sha256::new()
            .chain_update(head.unwrap_or_default())
            .chain_update(self.tail)
            .finalize()
            .into()
    }

    /// The admission token; not checked.
    pub fn token(&self) -> &[u8; TOKEN] {
        self.as_bytes()
            .get(RECEIPT_TAG..)
            .and_then(<[u8]>::first_chunk)
            .unwrap_or(&[0; TOKEN])
    }

    /// The latest of the weeks that its stanzas name: once every desk has erased that week's key nobody can open it. What a
    /// cell says of itself is not checked.
    pub fn last_week(&self) -> Epoch {
        let stanzas = self.as_bytes().get(CONTACT_AT - SLOTS * STANZA..CONTACT_AT);
        stanzas
            .unwrap_or_default()
            .chunks_exact(STANZA)
            .filter_map(|stanza| stanza.first_chunk())
            .map(|week| Epoch::new(u32::from_be_bytes(*week)))
            .max()
            .unwrap_or(Epoch::new(0))
    }

    /// Opens the stanza in `slot` with the week's key of `desk`, checks both commitments, reads the body.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::NotOurs`] is the ordinary case.
    pub fn open(
        &self,
        scheme: SchemeId,
        desk: NodeId,
        slot: Slot,
        ring: &KeyRing<Desk>,
    ) -> Result<Opened, OpenError> {
        let parts = Parts::of(self.as_bytes()).ok_or(OpenError::NotOurs)?;
        let stanza = parts.stanza(slot).ok_or(OpenError::NotOurs)?;
        let held = ring.by_epoch(stanza.week).ok_or(OpenError::NotOurs)?;
        let info = info(scheme, desk, slot, stanza.week);
        let mut keys = Zeroizing::new([0; STANZA_PLAIN]);
        suite::open(
            &held.secret,
            &info,
            &associated(parts.token, parts.commitments, &self.tail),
            stanza.enc,
            stanza.sealed,
            keys.as_mut(),
        )
        .map_err(|_| OpenError::NotOurs)?;

        let mut fields = Fields::new(keys.as_ref());
        let mut key = || {
            fields
                .array::<32>()
                .copied()
                .map_err(|_| OpenError::NotOurs)
        };
        let (body_key, contact_key, reply_root) = (key()?, key()?, Zeroizing::new(key()?));
        let body = OneTimeKey::from_bytes(body_key).open(
            BODY_PURPOSE,
            parts.body_commitment,
            parts.body,
        )?;
        let contact = if contact_key == [0; 32] {
            None
        } else {
            let plain = OneTimeKey::from_bytes(contact_key).open(
                CONTACT_PURPOSE,
                parts.contact_commitment,
                parts.contact,
            )?;
            Some(Zeroizing::new(report::unpad_contact(&plain)?))
        };
        let (reply_key, padded) = body.split_first_chunk().ok_or(CodecError::Malformed)?;
        Ok(Opened {
            report: Report::unpad(padded)?,
            contact,
            reply_key: PublicKey::from_bytes(reply_key).map_err(|_| OpenError::ReplyKey)?,
            reply_root,
        })
    }
}

impl<'a> From<&'a [u8; DELIVERED]> for SealedCell<&'a [u8]> {
    fn from(bytes: &'a [u8; DELIVERED]) -> Self {
        Self {
            bytes,
            tail: tail(bytes),
        }
    }
}

impl SealedCell {
    /// Seals a letter under a receipt. One 29,297-byte cell, whatever it says and whoever it is for.
    ///
    /// # Errors
    /// [`LetterError`].
    pub fn seal(
        letter: &Letter<'_>,
        receipt: &Receipt,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, LetterError> {
        let consent = letter.report.consent;
        Self::made(letter, receipt, |slot| consent.opens(slot), rng)
    }

    /// A cell that nobody can open and nobody but a desk can tell from a report (SPEC §7.4).
    ///
    /// # Errors
    /// [`LetterError::Seal`], which does not happen.
    pub fn cover(
        scheme: SchemeId,
        week: Epoch,
        token: &[u8; TOKEN],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, LetterError> {
        let letter = Letter {
            scheme,
            week,
            token,
            desks: [None; SLOTS],
            report: &Report::default(),
            contact: "",
        };
        Self::made(&letter, &Receipt::of_nobody(rng), |_| false, rng)
    }

    /// The steps of both, so that neither takes longer to seal.
    fn made(
        letter: &Letter<'_>,
        receipt: &Receipt,
        opens: impl Fn(Slot) -> bool,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, LetterError> {
        let plain = letter
            .report
            .pad(&receipt.reply_key().public().to_bytes())?;
        let contact = report::pad_contact(letter.contact)?;
        let body_key = OneTimeKey::generate(rng);
        let contact_key = OneTimeKey::generate(rng);
        let draft = Draft::new(letter.token, &body_key, &plain, &contact_key, &contact)?;

        let consent = letter.report.consent;
        let mut stanzas = Vec::with_capacity(SLOTS * STANZA);
        for (slot, desk) in Slot::ALL.into_iter().zip(letter.desks) {
            let reply_root = receipt.reply_root(slot);
            let mut keys = Zeroizing::new(Vec::with_capacity(STANZA_PLAIN));
            if opens(slot) {
                desk.ok_or(LetterError::NoDesk(slot))?;
                keys.extend_from_slice(body_key.expose());
                if consent.opens_contact(slot) && !letter.contact.is_empty() {
                    keys.extend_from_slice(contact_key.expose());
                } else {
                    keys.extend_from_slice(&[0; 32]);
                }
                keys.extend_from_slice(reply_root.as_ref());
            } else {
                keys.resize(STANZA_PLAIN, 0);
            }
            let to = desk.filter(|_| opens(slot));
            stanza(
                letter,
                slot,
                to,
                &draft.associated,
                &keys,
                rng,
                &mut stanzas,
            )?;
        }
        let mut cell = draft.assemble(&stanzas);
        let tag = receipt.tag(&cell.digest());
        cell.set_receipt_tag(&tag);
        Ok(cell)
    }

    fn set_receipt_tag(&mut self, tag: &[u8; RECEIPT_TAG]) {
        if let Some(place) = self.bytes.first_chunk_mut() {
            *place = *tag;
        }
    }
}

impl<B> core::fmt::Debug for SealedCell<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealedCell(29,297 bytes)")
    }
}

/// The parts of a cell that are the same for every desk.
struct Draft {
    token: [u8; TOKEN],
    commitments: [u8; 2 * COMMITMENT],
    contact: Vec<u8>,
    body: Vec<u8>,
    tail: [u8; 32],
    associated: Vec<u8>,
}

impl Draft {
    fn new(
        token: &[u8; TOKEN],
        body_key: &OneTimeKey,
        body: &[u8],
        contact_key: &OneTimeKey,
        contact: &[u8],
    ) -> Result<Self, LetterError> {
        let contact = contact_key
            .seal(CONTACT_PURPOSE, contact)
            .map_err(|_| SealError)?;
        let body = body_key.seal(BODY_PURPOSE, body).map_err(|_| SealError)?;
        let mut commitments = [0; 2 * COMMITMENT];
        let both = [body_key.commitment(), contact_key.commitment()];
        commitments.copy_from_slice(both.as_flattened());
        let tail = Sha256::new()
            .chain_update(&contact)
            .chain_update(&body)
            .finalize()
            .into();
        let associated = associated(token, &commitments, &tail);
        Ok(Self {
            token: *token,
            commitments,
            contact,
            body,
            tail,
            associated,
        })
    }

    fn assemble(&self, stanzas: &[u8]) -> SealedCell {
        let mut bytes = Vec::with_capacity(DELIVERED);
        bytes.extend_from_slice(&[0; RECEIPT_TAG]);
        bytes.extend_from_slice(&self.token);
        bytes.extend_from_slice(&self.commitments);
        bytes.extend_from_slice(stanzas);
        bytes.extend_from_slice(&self.contact);
        bytes.extend_from_slice(&self.body);
        debug_assert_eq!(bytes.len(), DELIVERED);
        SealedCell {
            bytes: bytes.into(),
            tail: self.tail,
        }
    }
}

/// Appends one stanza: to the desk, or to a key that nobody holds.
fn stanza(
    letter: &Letter<'_>,
    slot: Slot,
    to: Option<&Recipient>,
    associated: &[u8],
    keys: &[u8],
    rng: &mut impl CryptoRng,
    out: &mut Vec<u8>,
) -> Result<(), SealError> {
    // Drawn for every slot, so that the work is the same whoever was chosen.
    let nobody = Recipient {
        desk: NodeId([0; 16]),
        key: SecretKey::generate(rng).public(),
    };
    let to = to.unwrap_or(&nobody);
    let info = info(letter.scheme, to.desk, slot, letter.week);
    let sealed = suite::seal(&to.key, &info, associated, keys, rng)?;
    out.extend_from_slice(&letter.week.number().to_be_bytes());
    out.extend_from_slice(&sealed.enc);
    out.extend_from_slice(&sealed.ciphertext);
    Ok(())
}

/// `t`.
fn tail(cell: &[u8; DELIVERED]) -> [u8; 32] {
    Sha256::digest(cell.get(CONTACT_AT..).unwrap_or_default()).into()
}

struct Parts<'a> {
    token: &'a [u8],
    commitments: &'a [u8],
    body_commitment: &'a [u8; COMMITMENT],
    contact_commitment: &'a [u8; COMMITMENT],
    stanzas: &'a [u8],
    contact: &'a [u8],
    body: &'a [u8],
}

struct Stanza<'a> {
    week: Epoch,
    enc: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(cell: &'a [u8]) -> Option<Self> {
        let (head, tail) = cell.split_at_checked(CONTACT_AT)?;
        let mut fields = Fields::new(head);
        fields.take(RECEIPT_TAG).ok()?;
        let token = fields.take(TOKEN).ok()?;
        let commitments = fields.rest().get(..2 * COMMITMENT)?;
        let body_commitment = fields.array().ok()?;
        let contact_commitment = fields.array().ok()?;
        let (contact, body) = tail.split_at_checked(CONTACT)?;
        (body.len() == BODY).then_some(Self {
            token,
            commitments,
            body_commitment,
            contact_commitment,
            stanzas: fields.rest(),
            contact,
            body,
        })
    }

    fn stanza(&self, slot: Slot) -> Option<Stanza<'a>> {
        let bytes = self
            .stanzas
            .chunks_exact(STANZA)
            .nth(usize::from(slot.place()))?;
        let mut fields = Fields::new(bytes);
        Some(Stanza {
            week: Epoch::new(fields.number().ok()?),
            enc: fields.take(ENC).ok()?,
            sealed: fields.rest(),
        })
    }
}

/// A stanza's associated data: `token | commitments | SHA-256(contact | body)`.
fn associated(token: &[u8], commitments: &[u8], tail: &[u8; 32]) -> Vec<u8> {
    [token, commitments, tail].concat()
}

/// A stanza's binding: `"brolly/1 desk" | scheme | desk | slot | week`.
fn info(scheme: SchemeId, desk: NodeId, slot: Slot, week: Epoch) -> Vec<u8> {
    [
        b"brolly/1 desk".as_slice(),
        &scheme.0,
        &desk.0,
        &[slot.place()],
        &week.number().to_be_bytes(),
    ]
    .concat()
}

const BODY_PURPOSE: &[u8] = b"brolly/1 body";
const CONTACT_PURPOSE: &[u8] = b"brolly/1 contact";

#[cfg(test)]
mod tests;
