use brolly_keys::pair::SecretKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;

const SCHEME: SchemeId = SchemeId([7; 32]);
const INBOX: NodeId = NodeId([0xaa; 16]);
const EPOCH: Epoch = Epoch::new(20_000);

pub(crate) struct Path {
    rings: [KeyRing<Relay>; LAYERS],
    hops: [Hop; LAYERS],
    rng: ChaCha20Rng,
}

impl Path {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        let secrets = [(); LAYERS].map(|()| SecretKey::generate(&mut rng));
        let mut n = 0;
        let hops = secrets.each_ref().map(|secret| {
            n += 1;
            Hop {
                relay: NodeId([n; 16]),
                epoch: EPOCH,
                key: secret.public(),
            }
        });
        let rings = secrets.map(|secret| {
            let mut ring = KeyRing::new();
            ring.insert(EPOCH, secret);
            ring
        });
        Self { rings, hops, rng }
    }

    fn cell(&mut self) -> SealedCell {
        let mut bytes = [0; DELIVERED];
        self.rng.fill_bytes(&mut bytes);
        SealedCell::from_bytes(bytes.into()).unwrap()
    }

    fn wrapped(&mut self) -> (Wrapped, SealedCell) {
        let cell = self.cell();
        let command = Command::Deliver(INBOX, &cell);
        let wrapped = wrap(SCHEME, &self.hops, command, &mut self.rng).unwrap();
        (wrapped, cell)
    }

    fn peel(&self, layer: Layer, packet: &[u8]) -> Result<Peeled, PeelError> {
        let n = usize::from(layer.number());
        let (relay, ring, room) = (self.hops[n].relay, &self.rings[n], &mut Vec::new());
        peel(SCHEME, relay, layer, ring, packet, room)
    }
}

fn forwarded(peeled: Peeled) -> (NodeId, Vec<u8>) {
    match peeled.step {
        Step::Forward { next, inner } => (next, inner.as_ref().to_vec()),
        Step::Drop => panic!("dropped"),
    }
}

#[test]
fn spec_7_1_three_relays_peel_a_report_and_each_sees_only_its_own_size() {
    let mut path = Path::new();
    let (wrapped, cell) = path.wrapped();
    let mut bytes = wrapped.packet.to_vec();
    let nexts = [path.hops[1].relay, path.hops[2].relay, INBOX];
    for ((layer, want), tag) in Layer::ALL.into_iter().zip(nexts).zip(wrapped.tags) {
        assert_eq!(bytes.len(), layer.packet());
        let peeled = path.peel(layer, &bytes).unwrap();
        assert_eq!((peeled.epoch, peeled.tag), (EPOCH, tag));
        let (next, inner) = forwarded(peeled);
        assert_eq!(next, want);
        assert_eq!(inner.len(), layer.inner());
        bytes = inner;
    }
    assert_eq!(bytes, cell.as_bytes());
}

#[test]
fn spec_7_4_a_drop_looks_like_a_report_until_the_exit() {
    let mut path = Path::new();
    let wrapped = wrap(SCHEME, &path.hops, Command::Drop, &mut path.rng).unwrap();
    let (_, middle) = forwarded(path.peel(Layer::Entry, &wrapped.packet).unwrap());
    let (_, exit) = forwarded(path.peel(Layer::Middle, &middle).unwrap());
    assert_eq!(path.peel(Layer::Exit, &exit).unwrap().step, Step::Drop);
}

#[test]
fn spec_7_2_every_header_bit_and_one_bit_of_each_body_byte_is_bound() {
    const HEADER: usize = KEY_ID + ENC;
    const WORKERS: usize = 4;
    let mut path = Path::new();
    let (wrapped, _) = path.wrapped();
    let good = wrapped.packet.to_vec();
    assert!(path.peel(Layer::Entry, &good).is_ok());
    // Every bit of the body as well takes minutes: `.ci/run` does it.
    let body = (HEADER..ENTRY_PACKET).map(|byte| byte * 8 + byte % 8);
    let bits: Vec<usize> = (0..HEADER * 8).chain(body).collect();
    std::thread::scope(|scope| {
        for share in bits.chunks(bits.len().div_ceil(WORKERS)) {
            let (path, mut packet) = (&path, good.clone());
            scope.spawn(move || {
                for bit in share {
                    packet[bit / 8] ^= 1 << (bit % 8);
                    let refused = path.peel(Layer::Entry, &packet).unwrap_err();
                    let want = if *bit < KEY_ID * 8 {
                        PeelError::UnknownKey
                    } else {
                        PeelError::Refused
                    };
                    assert_eq!(refused, want, "bit {bit}");
                    packet[bit / 8] ^= 1 << (bit % 8);
                }
            });
        }
    });
}

#[test]
fn truncated_and_oversized_packets_are_not_this_layers_size() {
    let mut path = Path::new();
    let (wrapped, _) = path.wrapped();
    for length in [0, 1, KEY_ID, KEY_ID + ENC, MIDDLE_PACKET, ENTRY_PACKET - 1] {
        let got = path.peel(Layer::Entry, &wrapped.packet[..length]);
        assert_eq!(got, Err(PeelError::Length));
    }
    let long = [&wrapped.packet, [0].as_slice()].concat();
    assert_eq!(path.peel(Layer::Entry, &long), Err(PeelError::Length));
}

#[test]
fn a_packet_of_another_epoch_scheme_relay_or_layer_does_not_open() {
    let mut path = Path::new();
    let (wrapped, _) = path.wrapped();
    let (relay, ring) = (path.hops[0].relay, &path.rings[0]);
    let refused = |scheme, relay, ring: &KeyRing<Relay>| {
        let room = &mut Vec::new();
        peel(scheme, relay, Layer::Entry, ring, &wrapped.packet, room).unwrap_err()
    };
    let (scheme, other) = (SchemeId([8; 32]), NodeId([9; 16]));
    assert_eq!(
        refused(SCHEME, relay, &KeyRing::new()),
        PeelError::UnknownKey
    );
    assert_eq!(refused(scheme, relay, ring), PeelError::Refused);
    assert_eq!(refused(SCHEME, other, ring), PeelError::Refused);
    let (_, middle) = forwarded(path.peel(Layer::Entry, &wrapped.packet).unwrap());
    assert_eq!(path.peel(Layer::Exit, &middle), Err(PeelError::Length));
    let mut padded = middle.clone();
    padded.truncate(EXIT_PACKET);
    assert_eq!(path.peel(Layer::Exit, &padded), Err(PeelError::UnknownKey));
}

#[test]
fn spec_7_3_a_layer_obeys_only_its_own_commands() {
    let mut path = Path::new();
    let cell = path.cell();
    for (layer, code) in [
        (Layer::Entry, DELIVER),
        (Layer::Middle, DELIVER),
        (Layer::Exit, FORWARD),
        (Layer::Entry, 0),
        (Layer::Exit, 255),
    ] {
        let n = usize::from(layer.number());
        let hop = path.hops[n].clone();
        let mut plain = alloc::vec![code];
        plain.extend_from_slice(&INBOX.0);
        plain.extend_from_slice(cell.as_bytes());
        plain.resize(1 + NODE_ID + layer.inner(), 0);
        let info = info(SCHEME, hop.relay, hop.epoch);
        let sealed = suite::seal(&hop.key, &info, &hop.key.id(), &plain, &mut path.rng).unwrap();
        let packet = [hop.key.id().as_slice(), &sealed.enc, &sealed.ciphertext].concat();
        assert_eq!(path.peel(layer, &packet), Err(PeelError::Command));
    }
}

#[test]
fn spec_7_2_no_run_of_bytes_is_shared_between_what_came_in_and_what_went_out() {
    let mut path = Path::new();
    let (wrapped, _) = path.wrapped();
    let mut came = wrapped.packet.to_vec();
    for layer in Layer::ALL {
        let (_, went) = forwarded(path.peel(layer, &came).unwrap());
        let mut runs: Vec<&[u8]> = came.windows(8).collect();
        runs.sort_unstable();
        assert!(went.windows(8).all(|run| runs.binary_search(&run).is_err()));
        came = went;
    }
}

#[test]
fn packets_are_opened_in_one_room_one_after_another() {
    let mut path = Path::new();
    let (wrapped, _) = path.wrapped();
    let mut broken = wrapped.packet.clone();
    broken[ENTRY_PACKET - 1] ^= 1;
    let (relay, ring) = (path.hops[0].relay, &path.rings[0]);
    let open =
        |packet: &[u8], room: &mut Vec<u8>| peel(SCHEME, relay, Layer::Entry, ring, packet, room);
    let mut room = Vec::new();
    let first = forwarded(open(&wrapped.packet, &mut room).unwrap());
    assert_eq!(room.capacity(), 0, "the memory goes with what is passed on");

    room = alloc::vec![7; ENTRY_PACKET];
    let memory = room.as_ptr();
    assert_eq!(open(&broken, &mut room), Err(PeelError::Refused));
    assert!(room.iter().all(|byte| *byte == 0));
    let Step::Forward { next, inner } = open(&wrapped.packet, &mut room).unwrap().step else {
        panic!("dropped");
    };
    assert_eq!((next, inner.as_ref().to_vec()), first);
    let room = inner.into_room();
    assert_eq!(room.as_ptr(), memory);
}
