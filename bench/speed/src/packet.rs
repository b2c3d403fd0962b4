//! `brolly-bench packet`: one hop of an entry packet on one core, beside other packet formats, the reference, and the
//! three operations of aws-lc that it cannot do without.

use std::hint::black_box;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, ML_KEM_768};
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay;
use brolly_keys::suite::{ENC, TAG, reference};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::{ENTRY_PACKET, KEY_ID, LAYERS, TOKEN};
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::{self, Command, Hop, Layer, Step};
use brolly_protocol::replay::TagSet;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use crate::Outcome;
use crate::figure::{Figure, Sheet, number};
use crate::peers::{Oblivious, Outfox, Sphinx, fresh};
use crate::rounds::medians;

pub(crate) fn run(sheet: &mut Sheet, quick: bool) -> Outcome {
    let (count, rounds) = if quick { (8, 5) } else { (64, 41) };
    let [mut sealer, mut sender] = [Sender::new()?, Sender::new()?];
    let sample = Sample::new(&mut sender, count)?;
    let bare = Bare::new(count)?;
    let sphinx = Sphinx::new(count)?;
    let outfox = Outfox::new(count)?;
    let oblivious = Oblivious::new(count)?;
    let mut room = Vec::new();
    let [hop, raw, by_outfox, by_sphinx, by_ohttp, refer] = medians(
        rounds,
        [
            &mut || sample.open(&mut room),
            &mut || bare.open(),
            &mut || outfox.open(),
            &mut || sphinx.open(),
            &mut || oblivious.open(),
            &mut || sample.open_by_reference(),
        ],
    )?;
    let [sealing, wrapping] = medians(
        rounds,
        [
            &mut || sealer.seal().map(|cell| drop(black_box(cell))),
            &mut || sender.wrap().map(|packet| drop(black_box(packet))),
        ],
    )?;

    sheet.heading(&format!(
        "One hop of 32 KiB on one core, medians of {rounds} rounds of {count}"
    ))?;
    let rate = |name: &str, seconds: f64| Figure::new(name, number(count) / seconds, "/s");
    let hop = rate(
        "hops opened: parse, decapsulate, open, replay tag, check",
        hop,
    );
    sheet.put(&hop)?;
    for (peer, name, seconds) in [
        (
            "aws-lc's bare X25519, ML-KEM-768, ChaCha20-Poly1305",
            "a hop beside the bare sum",
            raw,
        ),
        (
            "nym-outfox 1.21.6, which gives no replay tag",
            "a hop beside nym-outfox",
            by_outfox,
        ),
        ("sphinx-packet 0.8", "a hop beside sphinx-packet", by_sphinx),
        (
            "ohttp 0.8 with X-Wing, which gives no replay tag",
            "a hop beside ohttp",
            by_ohttp,
        ),
        (
            "the reference: hpke 0.15",
            "a hop beside the reference",
            refer,
        ),
    ] {
        let other = rate(peer, seconds);
        sheet.put(&other)?;
        sheet.put(&hop.named(name).beside("as many", &other))?;
    }
    sheet.heading("Building one entry packet on one core")?;
    sheet.put(&Figure::time("a cell sealed to its desks", sealing))?;
    sheet.put(&Figure::time("the cell wrapped in three layers", wrapping))?;
    sheet.put(&Figure::time("both: one entry packet", sealing + wrapping))?;
    Ok(())
}

/// Whoever sends: a path, and a cell to send on it.
struct Sender {
    hops: [Hop; LAYERS],
    cell: SealedCell,
    rng: ChaCha20Rng,
}

impl Sender {
    fn new() -> Outcome<Self> {
        let hops = [1, 2, 3].map(|n| Hop {
            relay: NodeId([n; 16]),
            epoch: EPOCH,
            key: secret(n).public(),
        });
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        let cell = SealedCell::cover(SCHEME, WEEK, &[5; TOKEN], &mut rng)?;
        Ok(Self { hops, cell, rng })
    }

    /// Cover takes the steps of a report.
    fn seal(&mut self) -> Outcome<SealedCell> {
        Ok(SealedCell::cover(SCHEME, WEEK, &[5; TOKEN], &mut self.rng)?)
    }

    fn wrap(&mut self) -> Outcome<Box<[u8]>> {
        let command = Command::Deliver(NodeId([4; 16]), &self.cell);
        Ok(onion::wrap(SCHEME, &self.hops, command, &mut self.rng)?.packet)
    }
}

/// An entry relay, and packets for it.
struct Sample {
    ring: KeyRing<Relay>,
    packets: Vec<Box<[u8]>>,
}

impl Sample {
    fn new(sender: &mut Sender, count: usize) -> Outcome<Self> {
        let mut ring = KeyRing::new();
        ring.insert(EPOCH, secret(1));
        let packets = (0..count).map(|_| sender.wrap());
        Ok(Self {
            ring,
            packets: packets.collect::<Outcome<_>>()?,
        })
    }

    fn open(&self, room: &mut Vec<u8>) -> Outcome {
        let mut seen = TagSet::new(1, self.packets.len());
        for packet in &self.packets {
            let peeled = onion::peel(SCHEME, ENTRY, Layer::Entry, &self.ring, packet, room)?;
            fresh(seen.insert(peeled.epoch, peeled.tag))?;
            let Step::Forward { inner, .. } = peeled.step else {
                return Err("an entry relay was told to drop a packet".into());
            };
            *room = black_box(inner).into_room();
        }
        Ok(())
    }

    /// The same by the `hpke` crate.
    fn open_by_reference(&self) -> Outcome {
        let mut seen = TagSet::new(1, self.packets.len());
        let mut plain = vec![0; ENTRY_PACKET - KEY_ID - ENC - TAG];
        let epoch = EPOCH.number().to_be_bytes();
        let info = [b"brolly/1 hop".as_slice(), &SCHEME.0, &ENTRY.0, &epoch].concat();
        for packet in &self.packets {
            let (id, rest) = packet.split_first_chunk::<KEY_ID>().ok_or("no key id")?;
            let (enc, sealed) = rest.split_first_chunk::<ENC>().ok_or("no encapsulation")?;
            let held = self.ring.by_id(*id).next().ok_or("no key")?;
            let tag = reference::open(&held.secret, &info, id, enc, sealed, &mut plain)?;
            fresh(seen.insert(EPOCH, tag))?;
            black_box(&plain);
        }
        Ok(())
    }
}

/// What a hop cannot do without, and nothing else, on as many bytes.
struct Bare {
    x25519: PrivateKey,
    ml_kem: DecapsulationKey,
    packets: Vec<BarePacket>,
}

struct BarePacket {
    share: Vec<u8>,
    encapsulated: Vec<u8>,
    sealed: Vec<u8>,
}

impl Bare {
    fn new(count: usize) -> Outcome<Self> {
        let x25519 = PrivateKey::generate(&X25519)?;
        let ml_kem = DecapsulationKey::generate(&ML_KEM_768)?;
        let public = ml_kem.encapsulation_key()?;
        let packets = (0..count).map(|_| {
            let share = PrivateKey::generate(&X25519)?.compute_public_key()?;
            let (encapsulated, _) = public.encapsulate()?;
            let mut sealed = vec![5; ENTRY_PACKET - KEY_ID - ENC - TAG];
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            cipher()?.seal_in_place_append_tag(nonce, Aad::from([0; KEY_ID]), &mut sealed)?;
            Ok(BarePacket {
                share: share.as_ref().to_vec(),
                encapsulated: encapsulated.as_ref().to_vec(),
                sealed,
            })
        });
        Ok(Self {
            packets: packets.collect::<Outcome<_>>()?,
            x25519,
            ml_kem,
        })
    }

    fn open(&self) -> Outcome {
        let mut plain = vec![0; ENTRY_PACKET - KEY_ID - ENC - TAG];
        for packet in &self.packets {
            let peer = UnparsedPublicKey::new(&X25519, &packet.share);
            agreement::agree(&self.x25519, peer, "refused", |shared| {
                black_box(shared);
                Ok(())
            })?;
            let ciphertext = Ciphertext::from(packet.encapsulated.as_slice());
            black_box(self.ml_kem.decapsulate(ciphertext)?);
            let (body, tag) = packet.sealed.split_last_chunk::<TAG>().ok_or("no tag")?;
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            let aad = Aad::from([0; KEY_ID]);
            cipher()?.open_separate_gather(nonce, aad, body, tag, &mut plain)?;
            black_box(&plain);
        }
        Ok(())
    }
}

fn cipher() -> Outcome<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, black_box(&[7; 32]))?;
    Ok(LessSafeKey::new(key))
}

fn secret(n: u8) -> SecretKey<Relay> {
    SecretKey::from_seed(&[n; 32])
}

const SCHEME: SchemeId = SchemeId([7; 32]);
const ENTRY: NodeId = NodeId([1; 16]);
const EPOCH: Epoch = Epoch::new(20_000);
const WEEK: Epoch = Epoch::new(2_900);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_opens_either_way_and_only_whole() {
        let mut sender = Sender::new().unwrap();
        let mut sample = Sample::new(&mut sender, 2).unwrap();
        sample.open(&mut Vec::new()).unwrap();
        sample.open_by_reference().unwrap();
        sample.packets[1][ENTRY_PACKET - 1] ^= 1;
        assert!(sample.open(&mut Vec::new()).is_err());
        assert!(sample.open_by_reference().is_err());
        let mut bare = Bare::new(1).unwrap();
        bare.open().unwrap();
        bare.packets[0].sealed[0] ^= 1;
        assert!(bare.open().is_err());
    }
}
