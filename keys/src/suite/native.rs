//! Opening by aws-lc: X-Wing decapsulation with a key that was expanded before, and ChaCha20Poly1305.
//!
//! ```text
//! seed 32 ─SHAKE256─▶ d | z 64 ─ML-KEM-768─▶ decapsulation key 2,400
//!                └──▶ X25519 key 32 ────────▶ its public key 32
//! ```
//!
//! It opens alone: aws-lc's `encapsulate` takes no RNG. What aws-lc allocates, keys and contexts among it, it overwrites
//! before it gives it back, and so does its ML-KEM with what it had on the stack; shared secrets come back in memory that
//! `aws-lc-rs` overwrites. Its X25519 and ChaCha20-Poly1305 are assembly that leaves its frames as they are. SHAKE256,
//! SHA3-256, HKDF and the expansion are RustCrypto's, as in the reference: what they return is overwritten here, what they
//! leave on the stack is not.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, ML_KEM_768};
use ml_kem::MlKem768;
#[allow(
    deprecated,
    reason = "the 2,400 bytes are the one form of a decapsulation key that aws-lc-rs takes"
)]
use ml_kem::{ExpandedKeyEncoding as _, FromSeed as _, Seed};
use sha3::{Digest as _, Sha3_256};
use shake::Shake256;
use shake::digest::{ExtendableOutput as _, Update as _, XofReader as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::schedule::Context;
use super::{ENC, EXPORT, EXPORT_LABEL, Export, OpenError, Received, SECRET_KEY};

/// An X-Wing secret key as aws-lc takes it.
pub(crate) struct Key {
    ml_kem: DecapsulationKey,
    x25519: PrivateKey,
    x25519_public: [u8; 32],
}

impl Key {
    /// Expands a seed. `None`: there is no memory for it.
    pub(crate) fn expand(seed: &[u8; SECRET_KEY]) -> Option<Self> {
        let mut hash = Shake256::default();
        hash.update(seed);
        let mut expanded = hash.finalize_xof();
        let mut dz = Zeroizing::new([0; 64]);
        expanded.read(dz.as_mut());
        let mut x25519 = Zeroizing::new([0; 32]);
        expanded.read(x25519.as_mut());
        let x25519 = PrivateKey::from_private_key(&X25519, x25519.as_ref()).ok()?;
        let public = x25519.compute_public_key().ok()?;
        Some(Self {
            ml_kem: ml_kem(&dz)?,
            x25519_public: public.as_ref().try_into().ok()?,
            x25519,
        })
    }

    /// `Decapsulate` of draft-connolly-cfrg-xwing-kem, whose names these are.
    fn decapsulate(&self, enc: &[u8; ENC]) -> Result<Zeroizing<[u8; 32]>, OpenError> {
        let (ct_m, ct_x) = enc
            .split_last_chunk::<32>()
            .ok_or(OpenError::Encapsulation)?;
        let ss_m = self
            .ml_kem
            .decapsulate(Ciphertext::from(ct_m))
            .map_err(|_| OpenError::Encapsulation)?;
        let peer = UnparsedPublicKey::new(&X25519, ct_x);
        // A share that contributes nothing would be refused here as well.
        agreement::agree(&self.x25519, peer, OpenError::Encapsulation, |ss_x| {
            let mut ss = Zeroizing::new([0; 32]);
            Sha3_256::new()
                .chain_update(ss_m.as_ref())
                .chain_update(ss_x)
                .chain_update(ct_x)
                .chain_update(self.x25519_public)
                .chain_update(X_WING_LABEL)
                .finalize_into((&mut *ss).into());
            Ok(ss)
        })
    }
}

#[allow(
    deprecated,
    reason = "the 2,400 bytes are the one form of a decapsulation key that aws-lc-rs takes"
)]
fn ml_kem(dz: &[u8; 64]) -> Option<DecapsulationKey> {
    let mut seed = Seed::from(*dz);
    let (expanded, _) = MlKem768::from_seed(&seed);
    seed.zeroize();
    let mut bytes = expanded.to_expanded_bytes();
    let key = DecapsulationKey::new(&ML_KEM_768, &bytes).ok();
    bytes.zeroize();
    key
}

pub(super) fn open(
    with: &Key,
    received: &Received<'_>,
    plain: &mut [u8],
    second: Option<Export<'_>>,
) -> Result<[u8; EXPORT], OpenError> {
    let shared_secret = with.decapsulate(received.enc)?;
    let context = Context::key_schedule(&shared_secret, received.info);
    let key = UnboundKey::new(&CHACHA20_POLY1305, context.key.as_ref());
    let key = LessSafeKey::new(key.map_err(|_| OpenError::Refused)?);
    // One seal a context: the first nonce is the only one.
    let nonce = Nonce::assume_unique_for_key(context.base_nonce);
    let aad = Aad::from(received.aad);
    key.open_separate_gather(nonce, aad, received.body, received.tag, plain)
        .map_err(|_| OpenError::Refused)?;
    let exporter = context.exporter();
    if let Some(Export { label, secret }) = second {
        exporter.export(label, secret);
    }
    let mut tag = [0; EXPORT];
    exporter.export(EXPORT_LABEL, &mut tag);
    Ok(tag)
}

const X_WING_LABEL: &[u8] = br"\.//^\";

#[cfg(test)]
mod tests;
