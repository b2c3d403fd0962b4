//! Packet formats and seals that others run, with 32 KiB in each: one hop of one of them is one packet opened.

use std::hint::black_box;

use brolly_keys::epoch::Epoch;
use brolly_protocol::replay::{Seen, TagSet};
use nym_outfox::packet::OutfoxPacket;
use ohttp::hpke::{Aead, Kdf, Kem};
use ohttp::{ClientRequest, KeyConfig, Server, SymmetricSuite};
use sphinx_packet::header::delays::Delay;
use sphinx_packet::packet::builder::SphinxPacketBuilder;
use sphinx_packet::{SphinxPacket, route};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::Outcome;

/// Bytes that a peer's packet carries.
pub(crate) const PAYLOAD: usize = 32_768;

/// `sphinx-packet`: parse, agree, check the header, decrypt the payload, replay tag, check.
pub(crate) struct Sphinx {
    secret: StaticSecret,
    packets: Vec<Vec<u8>>,
}

impl Sphinx {
    pub(crate) fn new(count: usize) -> Outcome<Self> {
        let secrets = [1, 2, 3].map(|n| StaticSecret::from([n; 32]));
        let path = secrets.each_ref().map(|secret| {
            let address = route::NodeAddressBytes::from_bytes([7; 32]);
            route::Node::new(address, PublicKey::from(secret))
        });
        let address = route::DestinationAddressBytes::from_bytes([8; 32]);
        let destination = route::Destination::new(address, [9; 16]);
        let delays = [Delay::new_from_nanos(1_000_000); 3];
        let message = vec![5; PAYLOAD - sphinx_packet::payload::PAYLOAD_OVERHEAD_SIZE];
        let packets = (0..count).map(|_| {
            let packet = SphinxPacketBuilder::new()
                .with_payload_size(PAYLOAD)
                .build_packet(&message, &path, &destination, &delays)?;
            Ok(packet.to_bytes())
        });
        let [secret, ..] = secrets;
        Ok(Self {
            packets: packets.collect::<Outcome<_>>()?,
            secret,
        })
    }

    pub(crate) fn open(&self) -> Outcome {
        let mut seen = TagSet::new(1, self.packets.len());
        for packet in &self.packets {
            let packet = SphinxPacket::from_bytes(packet)?;
            let secret = packet.header.compute_expanded_shared_secret(&self.secret);
            let tag = secret
                .replay_tag()
                .first_chunk()
                .copied()
                .unwrap_or_default();
            black_box(packet.process_with_expanded_secret(&secret)?);
            fresh(seen.insert(Epoch::new(1), tag))?;
        }
        Ok(())
    }
}

/// `nym-outfox`: parse, agree, open the header, decrypt the payload. It gives no replay tag.
pub(crate) struct Outfox {
    secret: sphinx_outfox::crypto::PrivateKey,
    packets: Vec<Vec<u8>>,
}

impl Outfox {
    pub(crate) fn new(count: usize) -> Outcome<Self> {
        use sphinx_outfox::crypto::{PrivateKey, PublicKey};
        use sphinx_outfox::route::{Destination, DestinationAddressBytes, Node, NodeAddressBytes};
        let secrets = [1, 2, 3, 4].map(|n| PrivateKey::from([n; 32]));
        let path = secrets.each_ref().map(|secret| {
            let address = NodeAddressBytes::from_bytes([7; 32]);
            Node::new(address, PublicKey::from(secret))
        });
        let address = DestinationAddressBytes::from_bytes([8; 32]);
        let destination = Destination::new(address, [9; 16]);
        let packets = (0..count).map(|_| {
            let message = vec![5; PAYLOAD];
            let packet = OutfoxPacket::build(message, &path, &destination, Some(PAYLOAD))?;
            Ok(packet.to_bytes()?)
        });
        let [secret, ..] = secrets;
        Ok(Self {
            packets: packets.collect::<Outcome<_>>()?,
            secret,
        })
    }

    pub(crate) fn open(&self) -> Outcome {
        for packet in &self.packets {
            let mut packet = OutfoxPacket::try_from(packet.as_slice())?;
            black_box(packet.decode_next_layer(&self.secret)?);
            black_box(packet);
        }
        Ok(())
    }
}

/// `ohttp` with the suite that Brolly has: X-Wing, HKDF-SHA256, ChaCha20Poly1305. It gives no replay tag.
pub(crate) struct Oblivious {
    server: Server,
    requests: Vec<Vec<u8>>,
}

impl Oblivious {
    pub(crate) fn new(count: usize) -> Outcome<Self> {
        ohttp::init();
        let suite = SymmetricSuite::new(Kdf::HkdfSha256, Aead::ChaCha20Poly1305);
        let mut config = KeyConfig::new(1, Kem::XWing, vec![suite])?;
        let requests = (0..count).map(|_| {
            let client = ClientRequest::from_config(&mut config)?;
            let (request, _) = client.encapsulate(&[5; PAYLOAD])?;
            Ok(request)
        });
        Ok(Self {
            requests: requests.collect::<Outcome<_>>()?,
            server: Server::new(config)?,
        })
    }

    pub(crate) fn open(&self) -> Outcome {
        for request in &self.requests {
            black_box(self.server.decapsulate(request)?);
        }
        Ok(())
    }
}

pub(crate) fn fresh(seen: Seen) -> Outcome {
    if seen == Seen::Fresh {
        Ok(())
    } else {
        Err("a packet was taken for one that came before".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_of_peers_opens_and_carries_32_kib() {
        let sphinx = Sphinx::new(2).unwrap();
        sphinx.open().unwrap();
        assert!(sphinx.packets[0].len() > PAYLOAD && sphinx.packets[0] != sphinx.packets[1]);
        let outfox = Outfox::new(1).unwrap();
        outfox.open().unwrap();
        assert!(outfox.packets[0].len() > PAYLOAD);
        let oblivious = Oblivious::new(1).unwrap();
        oblivious.open().unwrap();
        assert!(oblivious.requests[0].len() > PAYLOAD);
        let mut other = Sphinx::new(1).unwrap();
        other.secret = StaticSecret::from([9; 32]);
        assert!(other.open().is_err());
    }
}
