//! Sealing cover is the work of sealing a report.

use super::*;

/// Counts the bytes that are drawn.
struct Counted {
    rng: ChaCha20Rng,
    drawn: usize,
}

impl TryRng for Counted {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.drawn += 4;
        Ok(self.rng.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.drawn += 8;
        Ok(self.rng.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.drawn += bytes.len();
        self.rng.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Counted {}

#[test]
fn spec_17_6_cover_draws_as_much_as_a_report() {
    const SEED_OF_NOBODY: usize = 32;
    let scheme = Scheme::new(NOW);
    let letter = report(&scheme, "words").letter;
    let unsealed = scheme.without_desk_keys();
    let drawn = |cargo: Cargo, seed, keys: &Scheme| {
        let mut relay = Relay::new(&scheme);
        relay.keys = keys.keys();
        let mut rng = Counted {
            rng: ChaCha20Rng::seed_from_u64(seed),
            drawn: 0,
        };
        let Ordered { mut session, cargo } = session(&scheme, 0, cargo);
        let entrance = session.entrance().key;
        while let Some(transmit) = session.poll_transmit() {
            let (status, body) = relay.answer(&transmit);
            session.handle_reply(NOW, status, &body, &mut rng).unwrap();
            session.load(&cargo, &mut rng);
        }
        let carried = scheme.carry(entrance, relay.posted().unwrap());
        (rng.drawn, carried.is_some())
    };
    let mut delivered = 0;
    for seed in 0..12 {
        let (reported, _) = drawn(Cargo::Report(letter.clone()), seed, &scheme);
        let (covered, is_delivered) = drawn(Cargo::Cover, seed, &scheme);
        assert_eq!(covered, reported + SEED_OF_NOBODY, "seed {seed}");
        delivered += usize::from(is_delivered);
    }
    assert!(
        (1..12).contains(&delivered),
        "both kinds of cover: {delivered}"
    );
    let (reported, _) = drawn(Cargo::Report(letter.clone()), 1, &unsealed);
    let (covered, _) = drawn(Cargo::Cover, 1, &unsealed);
    assert!(reported.abs_diff(covered) <= 512, "{reported} {covered}");
}
