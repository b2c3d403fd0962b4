//! What daemons and desks open with and the reference make the same of the same bytes.

use std::thread;

use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_keys::suite::{self, ENC, EXPORT, OpenError, TAG, reference};
use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Seals that are tried, whole and broken.
const SEALS: u64 = if cfg!(feature = "slow") {
    100_000
} else {
    2_000
};
const THREADS: u64 = 2;

#[derive(Debug, Default)]
struct Seen {
    opened: u64,
    refused: u64,
    malformed: u64,
}

#[test]
fn spec_2_12_random_seals_whole_and_broken_open_alike() {
    let seen = thread::scope(|scope| {
        let threads = [0, 1].map(|seed| scope.spawn(move || compare(seed, SEALS / THREADS)));
        threads.map(|thread| thread.join().unwrap())
    });
    for seen in seen {
        let least = SEALS / THREADS / 10;
        let Seen {
            opened,
            refused,
            malformed,
        } = seen;
        assert_eq!(opened + refused + malformed, SEALS / THREADS);
        assert!(
            opened > least && refused > least && malformed > least,
            "{seen:?}"
        );
    }
}

fn compare(seed: u64, count: u64) -> Seen {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let keys = [(); 3].map(|()| SecretKey::<Relay>::generate(&mut rng));
    let publics = keys.each_ref().map(SecretKey::public);
    let mut seen = Seen::default();
    for n in 0..count {
        let key = rng.random_range(0..keys.len());
        // Every hundredth is as large as packets are.
        let longest = if n % 100 == 0 { 32_768 } else { 200 };
        let [info, aad, plain] = [100, 100, longest].map(|most| bytes(most, &mut rng));
        let sealed = suite::seal(&publics[key], &info, &aad, &plain, &mut rng).unwrap();
        let mut came = Came {
            key,
            info,
            aad,
            enc: sealed.enc.to_vec(),
            ciphertext: sealed.ciphertext.clone(),
            room: plain.len(),
        };
        let whole = came.breaks(&mut rng);
        let [(native, one), (other, two)] = [false, true].map(|refer| came.open(&keys, refer));
        assert_eq!(native, other, "seed {seed}, seal {n}");
        assert_eq!(one, two, "seed {seed}, seal {n}");
        if whole {
            assert_eq!((native, one), (Ok(sealed.tag), plain));
        } else {
            assert!(one.iter().all(|byte| *byte == 0));
        }
        match native {
            Ok(_) => seen.opened += 1,
            Err(OpenError::Encapsulation) => seen.malformed += 1,
            Err(_) => seen.refused += 1,
        }
        assert_eq!(native.is_ok(), whole, "seed {seed}, seal {n}");
    }
    seen
}

struct Came {
    key: usize,
    info: Vec<u8>,
    aad: Vec<u8>,
    enc: Vec<u8>,
    ciphertext: Vec<u8>,
    room: usize,
}

impl Came {
    fn open(
        &self,
        keys: &[SecretKey<Relay>],
        refer: bool,
    ) -> (Result<[u8; EXPORT], OpenError>, Vec<u8>) {
        let Self {
            info,
            aad,
            enc,
            ciphertext,
            ..
        } = self;
        let mut plain = vec![0xaa; self.room];
        let key = &keys[self.key];
        let opened = if refer {
            reference::open(key, info, aad, enc, ciphertext, &mut plain)
        } else {
            suite::open(key, info, aad, enc, ciphertext, &mut plain)
        };
        (opened, plain)
    }

    /// Breaks it in one way, or leaves it whole and says so.
    fn breaks(&mut self, rng: &mut ChaCha20Rng) -> bool {
        match rng.random_range(0..16) {
            0..=3 => return true,
            4 => flip(&mut self.enc[..ENC - 32], rng),
            5 => flip(&mut self.enc[ENC - 32..], rng),
            6 => flip(&mut self.ciphertext, rng),
            7 => self.info.push(0),
            8 => self.aad.push(0),
            9 => self.key = (self.key + 1) % 3,
            10 => {
                let length = rng.random_range(0..self.ciphertext.len());
                self.ciphertext.truncate(length);
                self.room = length.saturating_sub(TAG);
            }
            11 => self.room += 1,
            12 => rng.fill_bytes(&mut self.enc),
            13 => {
                let length = rng.random_range(0..ENC);
                self.enc.truncate(length);
            }
            14 => self.enc.push(0),
            _ => {
                // Shares of small order, one of them not canonical, with either top bit.
                let share = &mut self.enc[ENC - 32..];
                share.fill([0, 0xff][rng.random_range(0..2)]);
                if share[0] == 0 {
                    share[0] = rng.random_range(0..2);
                } else {
                    share[0] = rng.random_range(0xec..0xef);
                    share[31] = 0x7f;
                }
                share[31] |= [0, 0x80][rng.random_range(0..2)];
            }
        }
        false
    }
}

fn flip(bytes: &mut [u8], rng: &mut ChaCha20Rng) {
    let bit = rng.random_range(0..bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

fn bytes(most: usize, rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut bytes = vec![0; rng.random_range(0..=most)];
    rng.fill_bytes(&mut bytes);
    bytes
}
