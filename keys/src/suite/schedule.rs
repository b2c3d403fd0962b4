//! RFC 9180 §4 and §5.1, for the one suite in base mode: from a shared secret to keys. The names are the RFC's.

use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What both ends of a seal have: RFC 9180's context at sequence number 0.
pub(super) struct Context {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) base_nonce: [u8; 12],
    secret: Hkdf<Sha256>,
    key_schedule_context: [u8; 1 + 2 * 32],
}

impl Context {
    /// `KeySchedule(mode_base, shared_secret, info, "", "")`.
    pub(super) fn key_schedule(shared_secret: &[u8; 32], info: &[u8]) -> Self {
        let (info_hash, _) = labeled_extract(b"", b"info_hash", info);
        let mut key_schedule_context = [MODE_BASE; 1 + 2 * 32];
        for (to, from) in key_schedule_context
            .iter_mut()
            .skip(1)
            .zip(PSK_ID_HASH.iter().chain(info_hash.iter()))
        {
            *to = *from;
        }
        let (_, secret) = labeled_extract(shared_secret, b"secret", b"");
        let mut key = Zeroizing::new([0; 32]);
        let mut base_nonce = [0; 12];
        labeled_expand(&secret, b"key", &key_schedule_context, key.as_mut());
        labeled_expand(
            &secret,
            b"base_nonce",
            &key_schedule_context,
            &mut base_nonce,
        );
        Self {
            key,
            base_nonce,
            secret,
            key_schedule_context,
        }
    }

    /// The `exporter_secret`, which is not needed of what does not open.
    pub(super) fn exporter(&self) -> Exporter {
        let mut secret = Zeroizing::new([0; 32]);
        labeled_expand(
            &self.secret,
            b"exp",
            &self.key_schedule_context,
            secret.as_mut(),
        );
        Exporter(secret)
    }
}

/// What secrets are exported from.
pub(super) struct Exporter(Zeroizing<[u8; 32]>);

impl Exporter {
    /// `Context.Export(exporter_context, L)`, L being the length of `out`.
    pub(super) fn export(&self, exporter_context: &[u8], out: &mut [u8]) {
        if let Ok(exporter) = Hkdf::from_prk(self.0.as_ref()) {
            labeled_expand(&exporter, b"sec", exporter_context, out);
        }
    }
}

fn labeled_extract(salt: &[u8], label: &[u8], ikm: &[u8]) -> (Zeroizing<[u8; 32]>, Hkdf<Sha256>) {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [VERSION, &SUITE_ID, label, ikm] {
        extract.input_ikm(part);
    }
    let (prk, hkdf) = extract.finalize();
    (Zeroizing::new(prk.into()), hkdf)
}

/// Fills `out`, at most 48 bytes here of the 8,160 that there could be.
fn labeled_expand(prk: &Hkdf<Sha256>, label: &[u8], info: &[u8], out: &mut [u8]) {
    let length = u16::try_from(out.len()).unwrap_or_default().to_be_bytes();
    let labeled_info = [length.as_slice(), VERSION, &SUITE_ID, label, info];
    // It fails above 8,160 bytes alone.
    let _ = prk.expand_multi_info(&labeled_info, out);
}

const VERSION: &[u8] = b"HPKE-v1";
const MODE_BASE: u8 = 0;
/// `"HPKE" | kem_id | kdf_id | aead_id`: X-Wing, HKDF-SHA256, ChaCha20Poly1305.
const SUITE_ID: [u8; 10] = *b"HPKE\x64\x7a\x00\x01\x00\x03";
/// `LabeledExtract("", "psk_id_hash", "")`: the same for all that are made without a shared key.
const PSK_ID_HASH: [u8; 32] = [
    0x36, 0xb5, 0xff, 0x55, 0x87, 0xa0, 0x30, 0x0f, 0xc5, 0x55, 0x73, 0x47, 0xee, 0x59, 0x90, 0x66,
    0xaf, 0x3e, 0xd8, 0x97, 0x74, 0x5f, 0x8c, 0xa8, 0xca, 0x19, 0xb4, 0x5f, 0x13, 0xab, 0xd9, 0x77,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_no_identifier_is_what_the_rfc_says() {
        let (psk_id_hash, _) = labeled_extract(b"", b"psk_id_hash", b"");
        assert_eq!(*psk_id_hash, PSK_ID_HASH);
    }
}
