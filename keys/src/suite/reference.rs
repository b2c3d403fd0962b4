//! Opening by the `hpke` crate, and what it stands on: what a browser runs, and what any other way is compared with.

use chacha20poly1305::aead::inout::InOutBuf;
use hpke::aead::AeadTag;
use hpke::{Deserializable, OpModeR, setup_receiver};

use super::{Aead, EXPORT, EXPORT_LABEL, Export, Kdf, Kem, OpenError, Received};
use crate::pair::SecretKey;
use crate::role::Recipient;

/// Opens like [`super::open`], whatever features there are.
///
/// # Errors
/// [`OpenError`].
pub fn open<R: Recipient>(
    with: &SecretKey<R>,
    info: &[u8],
    aad: &[u8],
    enc: &[u8],
    ciphertext: &[u8],
    plain: &mut [u8],
) -> Result<[u8; EXPORT], OpenError> {
    let opened = Received::new(info, aad, enc, ciphertext, plain.len())
        .and_then(|received| open_received(with, &received, plain, None));
    if opened.is_err() {
        plain.fill(0);
    }
    opened
}

pub(super) fn open_received<R: Recipient>(
    with: &SecretKey<R>,
    received: &Received<'_>,
    plain: &mut [u8],
    second: Option<Export<'_>>,
) -> Result<[u8; EXPORT], OpenError> {
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(received.enc)
        .map_err(|_| OpenError::Encapsulation)?;
    let mode = OpModeR::Base;
    let mut context = setup_receiver::<Aead, Kdf, Kem>(&mode, with.kem(), &enc, received.info)
        .map_err(|_| OpenError::Encapsulation)?;
    let tag = AeadTag::from_bytes(received.tag).map_err(|_| OpenError::Refused)?;
    let body = InOutBuf::new(received.body, plain).map_err(|_| OpenError::Refused)?;
    context
        .open_inout_detached(body, received.aad, &tag)
        .map_err(|_| OpenError::Refused)?;
    let export = |label: &[u8], out: &mut [u8]| {
        let exported = context.export(label, out);
        exported.map_err(|_| OpenError::Refused)
    };
    if let Some(Export { label, secret }) = second {
        export(label, secret)?;
    }
    let mut tag = [0; EXPORT];
    export(EXPORT_LABEL, &mut tag)?;
    Ok(tag)
}
