//! A cosignature/v1 as `signed_note` can be taught to check it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_outside::{Signature, Verifier as _, VerifyingKey};
use signed_note::{Verifier, VerifierError, is_key_name_valid, key_id};

use crate::vkey::COSIGNATURE;

/// A witness: the algorithm number 4 of C2SP signed-note.
#[derive(Clone)]
pub struct Cosigner {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Cosigner {
    /// Reads `name+id+base64(0x04 | key)`.
    ///
    /// # Errors
    /// [`VerifierError`], of the same meaning as for plain keys.
    pub fn new(vkey: &str) -> Result<Self, VerifierError> {
        let malformed = || VerifierError::Format;
        let (name, rest) = vkey.split_once('+').ok_or_else(malformed)?;
        let (id, key) = rest.split_once('+').ok_or_else(malformed)?;
        let encoded = STANDARD.decode(key).map_err(|_| malformed())?;
        let expected = key_id(name, &encoded);
        if !is_key_name_valid(name) || id.len() != 8 {
            return Err(malformed());
        }
        if u32::from_str_radix(id, 16).map_err(|_| malformed())? != expected {
            return Err(VerifierError::Id);
        }
        let (algorithm, key) = encoded.split_first().ok_or_else(malformed)?;
        if *algorithm != COSIGNATURE {
            return Err(VerifierError::Alg);
        }
        let key = key.try_into().map_err(|_| malformed())?;
        Ok(Self {
            name: name.to_owned(),
            id: expected,
            key: VerifyingKey::from_bytes(key).map_err(|_| malformed())?,
        })
    }

    /// When a cosignature was made, in seconds since 1970: `None` for anything but `time 8 | signature 64`.
    pub fn time(signature: &[u8]) -> Option<u64> {
        split(signature).map(|(time, _)| time)
    }
}

impl Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = split(signature) else {
            return false;
        };
        let mut signed = format!("cosignature/v1\ntime {time}\n").into_bytes();
        signed.extend_from_slice(text);
        self.key.verify(&signed, &signature).is_ok()
    }
}

fn split(signature: &[u8]) -> Option<(u64, Signature)> {
    let (time, signature) = signature.split_first_chunk()?;
    let time = u64::from_be_bytes(*time);
    let signature = Signature::from_bytes(signature.try_into().ok()?);
    // C2SP: a time is at most 2^63 - 1.
    (time <= u64::MAX >> 1).then_some((time, signature))
}

#[cfg(test)]
mod tests {
    use brolly_keys::note::NamedKey;
    use brolly_keys::role::Witness;
    use brolly_keys::sign::VerifyingKey;

    use super::*;

    /// The key of a witness that others run, as the tests of transparency-dev/formats have it.
    const REMORA: &str = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

    #[test]
    fn the_id_of_a_published_witness_key_is_the_one_that_brolly_works_out() {
        let outside = Cosigner::new(REMORA).unwrap();
        assert_eq!(
            (outside.name(), outside.key_id()),
            ("remora.n621.de", 0xda77_ade7)
        );
        let key = STANDARD.decode(REMORA.rsplit_once('+').unwrap().1).unwrap();
        let key = VerifyingKey::<Witness>::from_bytes(key[1..].try_into().unwrap()).unwrap();
        let ours = NamedKey::new("remora.n621.de", key).unwrap();
        assert_eq!(ours.cosigner_id(), [0xda, 0x77, 0xad, 0xe7]);
    }

    #[test]
    fn a_witness_key_that_is_not_one_is_refused() {
        let plain = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert!(matches!(Cosigner::new(plain), Err(VerifierError::Alg)));
        let other_id = REMORA.replace("da77ade7", "da77ade8");
        assert!(matches!(Cosigner::new(&other_id), Err(VerifierError::Id)));
        for bad in ["", "a", "a+b", "a+00000000+", "a+00000000+!", &REMORA[..40]] {
            assert!(Cosigner::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cosignature_is_a_time_and_a_signature() {
        let mut line = [0; 72];
        line[7] = 5;
        assert_eq!(Cosigner::time(&line), Some(5));
        assert_eq!(Cosigner::time(&line[..71]), None);
        assert_eq!(Cosigner::time(&[0; 73]), None);
        line[0] = 0x80;
        assert_eq!(Cosigner::time(&line), None, "after 2^63 seconds");
    }
}
