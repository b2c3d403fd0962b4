//! A whole scheme in memory for tests: three officers, four relays, an inbox, four desks; real keys and real cells.
//!
//! The command line's tests share this file.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each of the two suites uses its own part"
)]

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::{Authority, Desk, Log, Relay};
use brolly_keys::sign::{SigningKey, Verified};
use brolly_protocol::cell::{OpenError, Opened, SealedCell};
use brolly_protocol::directory::{DeskEntry, Directory, InboxEntry, Parameters, RelayEntry};
use brolly_protocol::geometry::TOKEN;
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::notice::KeyNotice;
use brolly_protocol::onion::{self, Layer, Step};
use brolly_protocol::report::Slot;
use brolly_protocol::sequence::{Entry, Head, Sequence};

pub const NOW: u64 = 1_764_000_000;
pub const PROJECT: &str = "Leeds";
const DAY: u64 = 86_400;
const WEEK: u64 = 604_800;

pub struct Scheme {
    pub directory: Directory,
    officers: Vec<SigningKey<Authority>>,
    relays: Vec<SigningKey<Relay>>,
    rings: Vec<KeyRing<Relay>>,
    desks: Vec<KeyRing<Desk>>,
    log: SigningKey<Log>,
    head: Head,
    entries: Vec<Entry>,
    now: u64,
}

impl Scheme {
    pub fn new(now: u64) -> Self {
        Self::founded_by(now, [1, 2, 3])
    }

    pub fn founded_by(now: u64, officers: [u8; 3]) -> Self {
        let officers: Vec<_> = officers.map(|n| SigningKey::from_seed(&[n; 32])).into();
        let relays: Vec<_> = (0..4)
            .map(|n| SigningKey::from_seed(&Self::relay_seed(n)))
            .collect();
        let day = Epoch::at(now, DAY);
        let rings = (60..64u8).map(|n| {
            let mut ring = KeyRing::new();
            for (epoch, step) in [day.minus(1), day, day.plus(1)]
                .into_iter()
                .zip([0, 10, 20])
            {
                ring.insert(epoch, SecretKey::from_seed(&[n + step; 32]));
            }
            ring
        });
        let desks = (100..104u8).map(|n| {
            let mut ring = KeyRing::new();
            let first = Epoch::at(now, WEEK).minus(1);
            for week in 0..4u8 {
                ring.insert(
                    first.plus(week.into()),
                    SecretKey::from_seed(&[n + 10 * week; 32]),
                );
            }
            ring
        });
        let log = SigningKey::from_seed(&[22; 32]);
        let mut scheme = Self {
            rings: rings.collect(),
            desks: desks.collect(),
            directory: empty_directory(now, &officers, &log),
            officers,
            relays,
            head: Head::empty(SchemeId([0; 32])),
            log,
            entries: Vec::new(),
            now,
        };
        scheme.fill();
        scheme
    }

    fn fill(&mut self) {
        let layers = [Layer::Entry, Layer::Entry, Layer::Middle, Layer::Exit];
        let kinds = ["project", "charity", "university", "charity"];
        for (n, (key, (layer, kind))) in self
            .relays
            .iter()
            .zip(layers.into_iter().zip(kinds))
            .enumerate()
        {
            let key = key.verifying_key();
            self.directory.relays.push(RelayEntry {
                id: NodeId::of(&key),
                name: format!("relay {n}"),
                address: format!("127.0.0.1:{n}"),
                layer,
                operator: format!("operator {n}"),
                kind: kind.to_owned(),
                key,
                witness: SigningKey::from_seed(&Self::witness_seed(u8::try_from(n).unwrap()))
                    .verifying_key(),
            });
        }
        let names = ["Scheme desk", "Police desk", "LS2 desk", "Leeds desk"];
        let areas = ["", "", "LS2", PROJECT];
        for (n, (slot, ring)) in Slot::ALL.into_iter().zip(&self.desks).enumerate() {
            let key = SigningKey::from_seed(&[u8::try_from(41 + n).unwrap(); 32]).verifying_key();
            self.directory.desks.push(DeskEntry {
                id: NodeId::of(&key),
                name: names[n].to_owned(),
                slot,
                area: areas[n].to_owned(),
                alerts: slot == Slot::Scheme,
                key,
                weeks: ring
                    .iter()
                    .map(|held| (held.epoch, held.secret.public()))
                    .collect(),
            });
        }
        self.directory.scheme = self.directory.founders();
        self.head = Head::empty(self.directory.scheme);
    }

    /// The seed of the key that a relay cosigns with.
    pub fn witness_seed(n: u8) -> [u8; 32] {
        [111 + n; 32]
    }

    /// The seed of the identity key of a relay; the first two are entries.
    pub fn relay_seed(n: u8) -> [u8; 32] {
        [11 + n; 32]
    }

    pub fn invitation(&self) -> Invitation {
        self.invitation_to(["127.0.0.1:1", "127.0.0.1:2"].map(str::to_owned).into())
    }

    /// An invitation with the first entries at these addresses.
    pub fn invitation_to(&self, addresses: Vec<String>) -> Invitation {
        let keys = self.relays.iter().map(|key| key.verifying_key().to_bytes());
        Invitation {
            scheme: self.directory.scheme,
            project: PROJECT.to_owned(),
            secret: [3; 16],
            members: [4; 32],
            entries: keys
                .zip(addresses)
                .map(|(key, address)| Entrance { key, address })
                .collect(),
        }
    }

    pub fn note(&self) -> Vec<u8> {
        self.note_signed_by(2)
    }

    pub fn note_signed_by(&self, officers: usize) -> Vec<u8> {
        let mut note = Note::unsigned(self.directory.to_text().unwrap()).unwrap();
        for (named, key) in self
            .directory
            .officers
            .iter()
            .zip(&self.officers)
            .take(officers)
        {
            note.sign(named.name(), key).unwrap();
        }
        note.to_string().into_bytes()
    }

    pub fn verified(&self) -> Verified<Directory> {
        Directory::verify(&self.note(), self.directory.scheme, self.now, 0).unwrap()
    }

    pub fn keys(&self) -> Vec<u8> {
        let mut wire = Vec::new();
        for ((relay, identity), ring) in self
            .directory
            .relays
            .iter()
            .zip(&self.relays)
            .zip(&self.rings)
        {
            for held in ring.iter() {
                let notice = KeyNotice {
                    scheme: self.directory.scheme,
                    relay: relay.id,
                    epoch: held.epoch,
                    key: held.secret.public(),
                };
                wire.extend(notice.sign(identity));
            }
        }
        wire
    }

    pub fn publish(&mut self, entry: Entry) {
        self.head = self.head.push(entry);
        self.entries.push(entry);
    }

    pub fn checkpoint(&self) -> Vec<u8> {
        self.head.sign(&self.log).unwrap().to_string().into_bytes()
    }

    pub fn entries(&self) -> Vec<u8> {
        self.entries
            .iter()
            .flat_map(|entry| entry.to_bytes())
            .collect()
    }

    pub fn sequence(&self) -> Sequence {
        let key = self.log.verifying_key();
        Sequence::verify(
            &self.checkpoint(),
            &self.entries(),
            self.directory.scheme,
            key,
        )
        .unwrap()
    }

    /// Takes what was posted to an entry through the three relays: the cell at the inbox, or `None` for one that ends
    /// at the exit.
    pub fn carry(&self, entry: [u8; 32], submission: &[u8]) -> Option<SealedCell> {
        let (token, packet) = submission.split_at(TOKEN);
        assert!(
            token.iter().all(|byte| *byte == 0),
            "there is no admission yet"
        );
        let is_entry = |relay: &RelayEntry| relay.key.to_bytes() == entry;
        let mut at = self.directory.relays.iter().position(is_entry).unwrap();
        let mut bytes = packet.to_vec();
        for layer in Layer::ALL {
            let relay = &self.directory.relays[at];
            assert_eq!(relay.layer, layer);
            let peeled = onion::peel(
                self.directory.scheme,
                relay.id,
                layer,
                &self.rings[at],
                &bytes,
            );
            match peeled.unwrap().step {
                Step::Forward { next, inner } if layer == Layer::Exit => {
                    assert_eq!(next, self.directory.inbox.id);
                    bytes = inner;
                }
                Step::Forward { next, inner } => {
                    at = self
                        .directory
                        .relays
                        .iter()
                        .position(|relay| relay.id == next)
                        .unwrap();
                    bytes = inner;
                }
                Step::Drop | _ => return None,
            }
        }
        Some(SealedCell::from_bytes(&bytes).unwrap())
    }

    /// Opens a cell at the desk in `slot`.
    pub fn open(&self, cell: &SealedCell, slot: Slot) -> Result<Opened, OpenError> {
        let n = usize::from(slot.place());
        cell.open(
            self.directory.scheme,
            self.directory.desks[n].id,
            slot,
            &self.desks[n],
        )
    }
}

fn empty_directory(
    now: u64,
    officers: &[SigningKey<Authority>],
    log: &SigningKey<Log>,
) -> Directory {
    let inbox = SigningKey::from_seed(&[21; 32]).verifying_key();
    let names = ["ada", "bea", "cat"].into_iter();
    Directory {
        scheme: SchemeId([0; 32]),
        name: "Sample".to_owned(),
        version: 3,
        issued: now - DAY,
        expires: now + 60 * DAY,
        threshold: 2,
        officers: names
            .zip(officers)
            .map(|(name, key)| NamedKey::new(name, key.verifying_key()).unwrap())
            .collect(),
        relays: Vec::new(),
        inbox: InboxEntry {
            id: NodeId::of(&inbox),
            address: "127.0.0.1:9".to_owned(),
            key: inbox,
            log_key: log.verifying_key(),
        },
        desks: Vec::new(),
        parameters: Parameters {
            mix: mix::Parameters {
                tick_ms: 15_000,
                release_ppm: 45_455,
                min_pool: 80,
            },
            packet_epoch: DAY,
            desk_epoch: WEEK,
            publish_ms: 3_600_000,
            window: 4_096,
            calling_code: 44,
            cover_deliver_one_in: 2,
        },
    }
}
