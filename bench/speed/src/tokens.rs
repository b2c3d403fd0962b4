//! `brolly-bench tokens`: admission on one core, beside the two RSA operations that it cannot do without.

use std::hint::black_box;

use brolly_keys::blind::{IssuerSecret, MODULUS};
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_protocol::geometry::TOKENS;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Hop;
use brolly_protocol::token::project::ProjectId;
use brolly_protocol::token::request::{self, Pending, TokenRequest};
use brolly_protocol::token::{IssuerPeriod, Token};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use rsa::sha2::Sha384;
use rsa::{BoxedUint, PrivateKey, PublicKey};

use crate::Outcome;
use crate::figure::{Figure, Sheet, grouped, number};
use crate::rounds::medians;

pub(crate) fn run(sheet: &mut Sheet, quick: bool) -> Outcome {
    let (sessions, rounds) = if quick { (10, 3) } else { (50, 9) };
    let sample = Sample::new(sessions)?;
    let raw = Raw::new(&sample.secret)?;
    let mut rngs = [5, 6, 7].map(ChaCha20Rng::seed_from_u64);
    let [private_rng, issue_rng, ask_rng] = &mut rngs;
    let [private, issuing, public, pss, verifying, asking] = medians(
        rounds,
        [
            &mut || raw.private(TOKENS * sessions, private_rng),
            &mut || {
                for wire in &sample.requests {
                    black_box(sample.issue(wire, issue_rng)?);
                }
                Ok(())
            },
            &mut || raw.public(VERIFIED),
            &mut || raw.verify(VERIFIED),
            &mut || sample.verify(VERIFIED),
            &mut || {
                black_box(sample.ask(ask_rng)?);
                Ok(())
            },
        ],
    )?;

    let n = grouped(TOKENS * sessions);
    sheet.heading(&format!(
        "Tokens on one core, medians of {rounds} rounds of {n} issued and {} verified",
        grouped(VERIFIED)
    ))?;
    let rate = |name: &str, count: usize, seconds| Figure::new(name, number(count) / seconds, "/s");
    let private = rate(
        "RSA-2048 private operation, blinded and checked",
        TOKENS * sessions,
        private,
    );
    sheet.put(&private)?;
    let issued = "tokens issued: request opened, signed, answer sealed";
    sheet
        .put(&rate(issued, TOKENS * sessions, issuing).beside("the private operation", &private))?;
    let public = rate("RSA-2048 public operation", VERIFIED, public);
    sheet.put(&public)?;
    let pss =
        rate("RSASSA-PSS verification", VERIFIED, pss).beside("the public operation", &public);
    sheet.put(&pss)?;
    sheet.put(
        &rate("tokens verified", VERIFIED, verifying).beside("RSASSA-PSS verification", &pss),
    )?;
    sheet.put(&Figure::time(
        format!("ask for {TOKENS} tokens: blind, seal"),
        asking,
    ))?;
    Ok(())
}

/// An issuer, its requests, and one good token.
struct Sample {
    secret: IssuerSecret,
    ring: KeyRing<Relay>,
    hop: Hop,
    period: IssuerPeriod,
    requests: Vec<Box<[u8]>>,
    token: Token,
}

impl Sample {
    fn new(sessions: usize) -> Outcome<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let secret = IssuerSecret::generate(&mut rng)?;
        let packet = SecretKey::generate(&mut rng);
        let hop = Hop {
            relay: ISSUER,
            epoch: EPOCH,
            key: packet.public(),
        };
        let mut ring = KeyRing::new();
        ring.insert(EPOCH, packet);
        let period = IssuerPeriod {
            period: 682,
            from: 0,
            until: u64::MAX,
            key: secret.public(),
        };
        let mut sample = Self {
            secret,
            ring,
            hop,
            period,
            requests: Vec::with_capacity(sessions),
            token: Token::from_bytes(&[0; 292]),
        };
        let (wire, pending) = sample.ask(&mut rng)?;
        let answer = sample.issue(&wire, &mut rng)?;
        [sample.token, _] = pending.finish(&answer)?;
        for _ in 0..sessions {
            let (wire, _) = sample.ask(&mut rng)?;
            sample.requests.push(wire);
        }
        Ok(sample)
    }

    fn ask(&self, rng: &mut ChaCha20Rng) -> Outcome<(Box<[u8]>, Pending)> {
        let request = TokenRequest {
            scheme: SCHEME,
            issuer: &self.hop,
            period: &self.period,
            project: ProjectId([1; 16]),
            secret: &[2; 16],
            places: [ENTRY, INBOX],
        };
        Ok(request.seal(rng)?)
    }

    fn issue(&self, wire: &[u8], rng: &mut ChaCha20Rng) -> Outcome<Vec<u8>> {
        let asked = request::open(SCHEME, ISSUER, &self.ring, wire)?;
        let [first, second] = &asked.blinded;
        let signatures = [
            self.secret.blind_sign(first, rng)?,
            self.secret.blind_sign(second, rng)?,
        ];
        Ok(asked.answer(Ok(signatures), rng)?)
    }

    fn verify(&self, count: usize) -> Outcome {
        for _ in 0..count {
            black_box(black_box(&self.token).verify(SCHEME, ENTRY, &self.period)?);
        }
        Ok(())
    }
}

/// The same key as the `rsa` crate has it, a number below its modulus, and a signature over as much as a token signs.
struct Raw {
    secret: PrivateKey,
    public: PublicKey,
    number: BoxedUint,
    signature: Vec<u8>,
}

impl Raw {
    fn new(secret: &IssuerSecret) -> Outcome<Self> {
        let primes = secret.primes();
        let (p, q) = primes.split_at(MODULUS / 2);
        let [p, q] = [p, q].map(|prime| BoxedUint::from_be_slice(prime, 1_024));
        let mut rng = ChaCha20Rng::seed_from_u64(8);
        let secret = PrivateKey::from_p_q(p?, q?, 65_537u64.into())?;
        Ok(Self {
            public: secret.to_public_key(),
            signature: secret.pss_sign_with_rng::<Sha384, _>(&mut rng, &MESSAGE)?,
            secret,
            number: BoxedUint::from_be_slice(&[0x5a; MODULUS - 1], 2_048)?,
        })
    }

    fn private(&self, count: usize, rng: &mut ChaCha20Rng) -> Outcome {
        for _ in 0..count {
            let number = black_box(&self.number);
            black_box(rsa_decrypt_and_check(
                &self.secret,
                Some(&mut *rng),
                number,
            )?);
        }
        Ok(())
    }

    fn verify(&self, count: usize) -> Outcome {
        for _ in 0..count {
            let signature = black_box(&self.signature);
            self.public.pss_verify::<Sha384>(&MESSAGE, signature)?;
        }
        Ok(())
    }

    fn public(&self, count: usize) -> Outcome {
        for _ in 0..count {
            black_box(rsa_encrypt(&self.public, black_box(&self.number))?);
        }
        Ok(())
    }
}

const VERIFIED: usize = 2_000;
const MESSAGE: [u8; 98] = [0x33; 98];
const SCHEME: SchemeId = SchemeId([7; 32]);
const ISSUER: NodeId = NodeId([1; 16]);
const ENTRY: NodeId = NodeId([2; 16]);
const INBOX: NodeId = NodeId([3; 16]);
const EPOCH: Epoch = Epoch::new(20_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_a_good_token_and_the_same_signature() {
        let sample = Sample::new(1).unwrap();
        sample.verify(1).unwrap();
        let elsewhere = sample.token.verify(SCHEME, INBOX, &sample.period);
        assert!(elsewhere.is_err());
        let raw = Raw::new(&sample.secret).unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let number: [u8; MODULUS] = (*raw.number.to_be_bytes()).try_into().unwrap();
        let ours = sample.secret.blind_sign(&number, &mut rng).unwrap();
        let theirs = rsa_decrypt_and_check(&raw.secret, Some(&mut rng), &raw.number).unwrap();
        assert_eq!(theirs.to_be_bytes().as_ref(), ours);
    }
}
