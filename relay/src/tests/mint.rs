//! Tokens for tests, got as a client gets them.

use std::sync::OnceLock;

use brolly_keys::blind::IssuerSecret;
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_protocol::geometry::TOKEN;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Hop;
use brolly_protocol::token::project::ProjectId;
use brolly_protocol::token::request::{self, TokenRequest};
use brolly_protocol::token::{IssuerPeriod, Token};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Seconds.
pub(crate) const DAY: u64 = 86_400;

/// An issuer of which nobody asks whose project it is.
pub(crate) struct Mint {
    scheme: SchemeId,
    period: IssuerPeriod,
    key: SecretKey<Relay>,
    stock: Vec<(NodeId, Token)>,
    rng: ChaCha20Rng,
}

impl Mint {
    pub(crate) fn new(scheme: SchemeId, period: &IssuerPeriod) -> Self {
        Self {
            scheme,
            period: period.clone(),
            key: SecretKey::from_seed(&[3; 32]),
            stock: Vec::new(),
            rng: ChaCha20Rng::from_rng(&mut brolly_shell::random::system()),
        }
    }

    /// A token to be spent at `place`.
    pub(crate) fn token(&mut self, place: NodeId) -> [u8; TOKEN] {
        if self.stock.last().is_none_or(|(of, _)| *of != place) {
            let pair = self.pair([place, place]);
            self.stock = pair.map(|token| (place, token)).into();
        }
        let (_, token) = self.stock.pop().unwrap();
        token.to_bytes()
    }

    /// A token for each place.
    pub(crate) fn pair(&mut self, places: [NodeId; 2]) -> [Token; 2] {
        let (relay, epoch) = (NodeId([9; 16]), Epoch::new(1));
        let asked = TokenRequest {
            scheme: self.scheme,
            issuer: &Hop {
                relay,
                epoch,
                key: self.key.public(),
            },
            period: &self.period,
            project: ProjectId([0; 16]),
            secret: &[0; 16],
            places,
        };
        let rng = &mut self.rng;
        let (wire, pending) = asked.seal(rng).unwrap();
        let mut ring = KeyRing::new();
        ring.insert(epoch, SecretKey::from_seed(&self.key.expose()));
        let asked = request::open(self.scheme, relay, &ring, &wire).unwrap();
        let mut keys = [secret(), next_secret()].into_iter();
        let key = keys.find(|key| key.public() == self.period.key).unwrap();
        let signed = asked
            .blinded
            .map(|blinded| key.blind_sign(&blinded, rng).unwrap());
        pending
            .finish(&asked.answer(Ok(signed), rng).unwrap())
            .unwrap()
    }
}

/// A month of the key [`secret`].
pub(crate) fn period(period: u32, from: u64, until: u64) -> IssuerPeriod {
    let key = secret().public();
    IssuerPeriod {
        period,
        from,
        until,
        key,
    }
}

/// A month of the key [`next_secret`].
pub(crate) fn next_period(period: u32, from: u64, until: u64) -> IssuerPeriod {
    let key = next_secret().public();
    IssuerPeriod {
        period,
        from,
        until,
        key,
    }
}

/// The key that the protocol's tests have too: it takes long to draw one.
pub(crate) fn secret() -> &'static IssuerSecret {
    static SECRET: OnceLock<IssuerSecret> = OnceLock::new();
    SECRET.get_or_init(|| read(include_bytes!("../../../keys/vectors/issuer.hex")))
}

/// Another.
pub(crate) fn next_secret() -> &'static IssuerSecret {
    static SECRET: OnceLock<IssuerSecret> = OnceLock::new();
    SECRET.get_or_init(|| read(include_bytes!("next_issuer.hex")))
}

fn read(hex: &[u8]) -> IssuerSecret {
    let digit = |n: usize| u8::try_from(char::from(hex[n]).to_digit(16).unwrap()).unwrap();
    IssuerSecret::from_primes(&std::array::from_fn(|n| {
        16 * digit(2 * n) + digit(2 * n + 1)
    }))
    .unwrap()
}
