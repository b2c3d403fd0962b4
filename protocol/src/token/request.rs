//! Asking for tokens: sealed to the issuer, handed on by an entry that sees an address and no project, while the issuer
//! sees a project and no address (SPEC §9.10).
//!
//! ```text
//! request 1,688 = key id 4 │ enc 1,120 │ AEAD( project 16 │ secret 16 │ period 4 │ blinded 2 × 256 ) │ tag 16
//! answer    561 = nonce 32 │ AEAD( status 1 │ blind signatures 2 × 256 or zeros ) │ tag 16
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use brolly_keys::blind::{BlindError, MODULUS, Unblind};
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::role::Relay;
use brolly_keys::suite::answer::{self, AnswerKey};
use brolly_keys::suite::{ENC, SealError};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::project::ProjectId;
use super::{IssuerPeriod, Token, draw_nonce, message};
use crate::codec::{Fields, TooShort};
use crate::geometry::{
    KEY_ID, PROJECT_SECRET, REPLAY_TAG, TOKEN_ANSWER, TOKEN_ANSWER_PLAIN, TOKEN_NONCE,
    TOKEN_REQUEST, TOKEN_REQUEST_PLAIN, TOKENS,
};
use crate::node::{NodeId, SchemeId};
use crate::onion::Hop;

/// What a session asks an issuer for.
pub struct TokenRequest<'a> {
    /// The scheme.
    pub scheme: SchemeId,
    /// The relay that issues, and its packet key of the epoch.
    pub issuer: &'a Hop,
    /// The issuer's key that is to sign: [`super::period::current`].
    pub period: &'a IssuerPeriod,
    /// Whose quota the tokens come from.
    pub project: ProjectId,
    /// The project's secret.
    pub secret: &'a [u8; PROJECT_SECRET],
    /// Where each token is to be spent.
    pub places: [NodeId; TOKENS],
}

/// A request under way. Used once: its answer makes the tokens.
pub struct Pending {
    scheme: SchemeId,
    period: IssuerPeriod,
    answer: AnswerKey,
    tokens: [Blinded; TOKENS],
}

struct Blinded {
    place: NodeId,
    nonce: Zeroizing<[u8; TOKEN_NONCE]>,
    message: [u8; MODULUS],
    unblind: Unblind,
}

/// Why nothing can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The issuer's key or the generator does not serve.
    #[error("{0}")]
    Blind(#[from] BlindError),
    /// Does not happen for keys that were read.
    #[error("{0}")]
    Seal(#[from] SealError),
}

/// Why an answer gives no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Not 561 bytes.
    #[error("an answer to a request for tokens has {TOKEN_ANSWER} bytes")]
    Length,
    /// Changed on the way, or the answer to another request.
    #[error("the answer is not the issuer's to this request: ask again")]
    Sealed,
    /// The issuer's own, and not one of this version.
    #[error("the issuer answers in a way that this version does not know: update it")]
    Unknown,
    /// The issuer refuses.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The issuer signed with another key than the directory's, or not at all.
    #[error("{0}")]
    Blind(#[from] BlindError),
}

/// Why an issuer gives no tokens. Told to the asker alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No such project, a revoked one, or another secret: which of them is not told.
    #[error("this invitation is no longer good: ask your project for a new one")]
    Project,
    /// The project's tokens of today are used up.
    #[error("your project has used up what it may send today: try again tomorrow")]
    Quota,
    /// The issuer holds no key of this period.
    #[error("the issuer has no key for this month: fetch the directory again")]
    Period,
    /// The issuer cannot answer now.
    #[error("the issuer is busy: try again later")]
    Busy,
}

/// Why the issuer does not answer a request. Its sender is never told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Not 1,688 bytes.
    #[error("not a request's size")]
    Length,
    /// No key of this id is held: another relay's, expired, or changed.
    #[error("no key of this id is held")]
    UnknownKey,
    /// It does not open: changed, or made for another relay, epoch or scheme.
    #[error("the request does not open")]
    Refused,
}

/// An opened request.
pub struct Asked {
    /// The epoch of the packet key that opened it.
    pub epoch: Epoch,
    /// The request's tag under that key: the same again is a replay.
    pub tag: [u8; REPLAY_TAG],
    /// Whose quota it is about.
    pub project: ProjectId,
    /// The secret that is to be that project's.
    pub secret: Zeroizing<[u8; PROJECT_SECRET]>,
    /// The number of the issuer's key that is to sign.
    pub period: u32,
    /// What is to be signed.
    pub blinded: [[u8; MODULUS]; TOKENS],
    answer: AnswerKey,
}

impl TokenRequest<'_> {
    /// Blinds a message for each place and seals the request: its 1,688 bytes, and what makes tokens of the answer.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn seal(&self, rng: &mut impl CryptoRng) -> Result<(Box<[u8]>, Pending), RequestError> {
        let [first, second] = self.places;
        let tokens = [self.blind(first, rng)?, self.blind(second, rng)?];
        let mut plain = Zeroizing::new(Vec::with_capacity(TOKEN_REQUEST_PLAIN));
        plain.extend_from_slice(&self.project.0);
        plain.extend_from_slice(self.secret);
        plain.extend_from_slice(&self.period.period.to_be_bytes());
        for token in &tokens {
            plain.extend_from_slice(&token.message);
        }
        let Hop { relay, epoch, key } = self.issuer;
        let (info, id) = (info(self.scheme, *relay, *epoch), key.id());
        let (sealed, answer) = answer::ask(key, &info, &id, &plain, ANSWER, rng)?;
        let wire = [id.as_slice(), &sealed.enc, &sealed.ciphertext].concat();
        let pending = Pending {
            scheme: self.scheme,
            period: self.period.clone(),
            answer,
            tokens,
        };
        Ok((wire.into(), pending))
    }

    fn blind(&self, place: NodeId, rng: &mut impl CryptoRng) -> Result<Blinded, BlindError> {
        let nonce = Zeroizing::new(draw_nonce(rng));
        let signed = message(self.scheme, place, self.period.period, &nonce);
        let (message, unblind) = self.period.key.blind(&signed, rng)?;
        Ok(Blinded {
            place,
            nonce,
            message,
            unblind,
        })
    }
}

impl Pending {
    /// Makes the tokens, in the order of the places, each verified.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn finish(self, answer: &[u8]) -> Result<[Token; TOKENS], AnswerError> {
        if answer.len() != TOKEN_ANSWER {
            return Err(AnswerError::Length);
        }
        let plain = self.answer.open(answer).map_err(|_| AnswerError::Sealed)?;
        let [first, second] = read_answer(&plain)?;
        let [one, two] = self.tokens;
        Ok([
            one.finish(self.scheme, &self.period, &first)?,
            two.finish(self.scheme, &self.period, &second)?,
        ])
    }
}

impl Blinded {
    fn finish(
        self,
        scheme: SchemeId,
        issuer: &IssuerPeriod,
        answer: &[u8; MODULUS],
    ) -> Result<Token, BlindError> {
        let signed = message(scheme, self.place, issuer.period, &self.nonce);
        Ok(Token {
            key: issuer.key.id(),
            nonce: *self.nonce,
            signature: issuer.key.finalize(&signed, answer, self.unblind)?,
        })
    }
}

/// Opens a request at the relay `issuer`.
///
/// # Errors
/// [`OpenError`], for the issuer's own counters alone.
pub fn open(
    scheme: SchemeId,
    issuer: NodeId,
    ring: &KeyRing<Relay>,
    wire: &[u8],
) -> Result<Asked, OpenError> {
    if wire.len() != TOKEN_REQUEST {
        return Err(OpenError::Length);
    }
    let mut fields = Fields::new(wire);
    let id = *fields.array::<KEY_ID>().map_err(|_| OpenError::Length)?;
    let enc = fields.array::<ENC>().map_err(|_| OpenError::Length)?;
    let mut known = ring.by_id(id).peekable();
    known.peek().ok_or(OpenError::UnknownKey)?;
    let sealed = fields.rest();
    let mut plain = Zeroizing::new([0; TOKEN_REQUEST_PLAIN]);
    let (epoch, (tag, answer)) = known
        .find_map(|held| {
            let info = info(scheme, issuer, held.epoch);
            let plain = plain.as_mut();
            answer::take(&held.secret, &info, &id, enc, sealed, ANSWER, plain)
                .ok()
                .map(|taken| (held.epoch, taken))
        })
        .ok_or(OpenError::Refused)?;
    let plain = read_request(plain.as_ref()).map_err(|_| OpenError::Refused)?;
    let (project, secret, period, blinded) = plain;
    Ok(Asked {
        epoch,
        tag,
        project,
        secret,
        period,
        blinded,
        answer,
    })
}

impl Asked {
    /// The 561 bytes that go back: the blind signatures in the order of what was asked, or why there are none. From
    /// outside both look the same.
    ///
    /// # Errors
    /// [`SealError`], which does not happen.
    pub fn answer(
        self,
        outcome: Result<[[u8; MODULUS]; TOKENS], Refusal>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        let (status, signatures) = match outcome {
            Ok(signatures) => (ISSUED, signatures),
            Err(refusal) => (refusal.code(), [[0; MODULUS]; TOKENS]),
        };
        let mut plain = Zeroizing::new(Vec::with_capacity(TOKEN_ANSWER_PLAIN));
        plain.push(status);
        plain.extend_from_slice(signatures.as_flattened());
        self.answer.seal(&plain, rng)
    }
}

impl Refusal {
    const ALL: [Self; 4] = [Self::Project, Self::Quota, Self::Period, Self::Busy];

    fn code(self) -> u8 {
        match self {
            Self::Project => 1,
            Self::Quota => 2,
            Self::Period => 3,
            Self::Busy => 4,
        }
    }
}

type Plain = (
    ProjectId,
    Zeroizing<[u8; PROJECT_SECRET]>,
    u32,
    [[u8; MODULUS]; TOKENS],
);

fn read_request(plain: &[u8]) -> Result<Plain, TooShort> {
    let mut fields = Fields::new(plain);
    Ok((
        ProjectId(*fields.array()?),
        Zeroizing::new(*fields.array()?),
        fields.number()?,
        [*fields.array()?, *fields.array()?],
    ))
}

fn read_answer(plain: &[u8]) -> Result<[[u8; MODULUS]; TOKENS], AnswerError> {
    let (status, signatures) = plain.split_first().ok_or(AnswerError::Unknown)?;
    let (signatures, []) = signatures.as_chunks::<MODULUS>() else {
        return Err(AnswerError::Unknown);
    };
    if *status == ISSUED {
        return signatures.try_into().map_err(|_| AnswerError::Unknown);
    }
    let mut known = Refusal::ALL.into_iter();
    match known.find(|refusal| refusal.code() == *status) {
        Some(refusal) => Err(AnswerError::Refused(refusal)),
        None => Err(AnswerError::Unknown),
    }
}

/// A request's binding: `"brolly/1 token request" | scheme | issuer | epoch`.
fn info(scheme: SchemeId, issuer: NodeId, epoch: Epoch) -> Vec<u8> {
    [
        b"brolly/1 token request".as_slice(),
        &scheme.0,
        &issuer.0,
        &epoch.number().to_be_bytes(),
    ]
    .concat()
}

const ISSUED: u8 = 0;
const ANSWER: &[u8] = b"brolly/1 token answer";

#[cfg(test)]
mod tests;
