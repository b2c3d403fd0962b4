//! An issuer's primes in a key file.

use crate::blind::PRIMES;

use super::{KeyFile, Label};

impl KeyFile {
    /// Puts an issuer's two primes for a period in, in the place of those that were there for it.
    pub fn insert_issuer(&mut self, period: u32, primes: &[u8; PRIMES]) {
        self.put(Label::Issuer, period, primes);
    }

    /// An issuer's two primes for a period.
    pub fn issuer(&self, period: u32) -> Option<&[u8; PRIMES]> {
        self.bytes(Label::Issuer, period)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::{Cost, FileError, Kind};
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    #[test]
    fn spec_2_6_an_issuers_primes_lie_among_the_other_secrets() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut file = KeyFile::new(Kind::Relay, "issuer", [5; 32]);
        file.insert(Label::Identity, 0, &[1; 32]);
        for period in [683, 682] {
            file.insert_issuer(period, &[2; PRIMES]);
        }
        file.insert_issuer(683, &[3; PRIMES]);
        file.insert(Label::Witness, 0, &[4; 32]);
        let bytes = file.encrypt(b"umbrella", CHEAP, &mut rng).unwrap();

        let mut opened = KeyFile::decrypt(&bytes, b"umbrella").unwrap();
        assert_eq!(opened.epochs(Label::Issuer), vec![682, 683]);
        assert_eq!(opened.issuer(682), Some(&[2; PRIMES]));
        assert_eq!(opened.issuer(683), Some(&[3; PRIMES]));
        assert_eq!(opened.secret(Label::Identity, 0), Some(&[1; 32]));
        assert_eq!(opened.secret(Label::Witness, 0), Some(&[4; 32]));
        assert_eq!(opened.secret(Label::Issuer, 683), None);
        assert_eq!(opened.erase_before(Label::Issuer, 683), 1);
        assert_eq!(opened.issuer(682), None);
    }

    #[test]
    fn thirty_two_bytes_are_no_issuers_key_and_are_not_written_as_one() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut file = KeyFile::new(Kind::Relay, "issuer", [5; 32]);
        file.insert(Label::Issuer, 682, &[1; 32]);
        assert_eq!(file.issuer(682), None);
        let got = file.encrypt(b"umbrella", CHEAP, &mut rng);
        assert_eq!(got.err(), Some(FileError::Issuer));
    }

    #[test]
    fn a_file_written_before_there_were_issuers_still_opens() {
        let bytes = hex(include_str!("before_issuers.hex"));
        let file = KeyFile::decrypt(&bytes, b"umbrella").unwrap();
        assert_eq!(file.header().name, "police");
        assert_eq!(file.epochs(Label::Week), vec![2900, 2901]);
        assert_eq!(file.secret(Label::Week, 2901), Some(&[3; 32]));
        assert!(file.epochs(Label::Issuer).is_empty());
    }

    fn hex(text: &str) -> vec::Vec<u8> {
        let digits: std::string::String = text.split_whitespace().collect();
        (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect()
    }
}
