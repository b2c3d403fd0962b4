//! A whole scheme in memory for tests: three officers, four relays, an inbox, four desks; real keys and real cells.
//!
//! The command line's tests and the learned attacker of `tests/` share this file.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each of the three uses its own part"
)]

use brolly_keys::blind::IssuerSecret;
use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::{Authority, Desk, Log, Relay, Witness};
use brolly_keys::sign::{SigningKey, Verified};
use brolly_protocol::board::Keys;
use brolly_protocol::cell::{OpenError, Opened, SealedCell};
use brolly_protocol::directory::{
    Current, DeskEntry, Directory, Freshness, InboxEntry, IssuerEntry, Parameters, Purpose,
    RelayEntry,
};
use brolly_protocol::geometry::TOKEN;
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::log::witness_key;
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::notice::KeyNotice;
use brolly_protocol::onion::{self, Layer, Step};
use brolly_protocol::replay::Tag;
use brolly_protocol::report::Slot;
use brolly_protocol::token::project::ProjectId;
use brolly_protocol::token::request::{self, Refusal};
use brolly_protocol::token::{IssuerPeriod, Token, period};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

#[path = "fake/logs.rs"]
mod logs;

pub const NOW: u64 = 1_764_000_000;
pub const PROJECT: &str = "Leeds";
pub const MEMBERS: [u8; 32] = [4; 32];
const DAY: u64 = 86_400;
const WEEK: u64 = 604_800;

pub struct Scheme {
    pub directory: Directory,
    officers: Vec<SigningKey<Authority>>,
    relays: Vec<SigningKey<Relay>>,
    rings: Vec<KeyRing<Relay>>,
    desks: Vec<KeyRing<Desk>>,
    log: SigningKey<Log>,
    /// The entries of both logs.
    pub reports: Vec<Vec<u8>>,
    pub board: Vec<Vec<u8>>,
    /// The key entries, which stand beside the board here, so that its positions are those of a test.
    announced: Vec<Vec<u8>>,
    /// How many relays cosign.
    pub witnesses: usize,
    /// How many of them cosign what window and alerts are under.
    pub log_witnesses: usize,
    pub now: u64,
    /// What the issuer says instead of signing.
    pub refusal: Option<Refusal>,
}

impl Scheme {
    pub fn new(now: u64) -> Self {
        Self::founded_by(now, [1, 2, 3])
    }

    pub fn founded_by(now: u64, officers: [u8; 3]) -> Self {
        Self::of(now, officers, Purpose::Real)
    }

    /// A scheme that is for practice.
    pub fn drill(now: u64) -> Self {
        Self::of(now, [1, 2, 3], Purpose::Drill)
    }

    fn of(now: u64, officers: [u8; 3], purpose: Purpose) -> Self {
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
            directory: empty_directory(now, purpose, &officers, &log),
            officers,
            relays,
            log,
            reports: Vec::new(),
            board: Vec::new(),
            announced: Vec::new(),
            witnesses: 3,
            log_witnesses: 3,
            now,
            refusal: None,
        };
        scheme.fill();
        scheme
    }

    fn fill(&mut self) {
        let mut notices = Vec::new();
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
            let key = Self::desk_key(n).verifying_key();
            self.directory.desks.push(DeskEntry {
                id: NodeId::of(&key),
                name: names[n].to_owned(),
                slot,
                area: areas[n].to_owned(),
                alerts: slot == Slot::Scheme,
                key,
            });
            for held in ring.iter() {
                let notice = KeyNotice {
                    scheme: SchemeId([0; 32]),
                    node: NodeId::of(&key),
                    epoch: held.epoch,
                    key: held.secret.public(),
                };
                notices.push((n, notice));
            }
        }
        self.directory.issuer = IssuerEntry {
            relay: self.directory.relays[2].id,
            keys: vec![IssuerPeriod {
                period: 671,
                from: self.now - 10 * DAY,
                until: self.now + 24 * DAY,
                key: Self::issuer().public(),
            }],
        };
        self.directory.scheme = self.directory.founders();
        self.directory.digest = self.digest();
        for (n, mut notice) in notices {
            notice.scheme = self.directory.scheme;
            self.announced.push(notice.to_entry(&Self::desk_key(n)));
        }
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
                    node: relay.id,
                    epoch: held.epoch,
                    key: held.secret.public(),
                };
                self.announced.push(notice.to_entry(identity));
            }
        }
    }

    /// The seed of the key that a relay cosigns with.
    pub fn witness_seed(n: u8) -> [u8; 32] {
        [111 + n; 32]
    }

    /// The identity key of the desk at a place of the directory.
    pub fn desk_key(n: usize) -> SigningKey<Desk> {
        SigningKey::from_seed(&[u8::try_from(41 + n).unwrap(); 32])
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
            members: MEMBERS,
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

    /// What a relay answers to `/v1/directory`.
    pub fn in_force(&self) -> Vec<u8> {
        self.in_force_signed_by(2)
    }

    pub fn in_force_signed_by(&self, officers: usize) -> Vec<u8> {
        let said = Freshness {
            scheme: self.directory.scheme,
            version: self.directory.version,
            digest: self.digest(),
            day: self.today(),
        };
        let mut note = said.sign(&self.log).unwrap();
        self.cosign(&mut note, self.witnesses);
        Current::wire(&note, &self.note_signed_by(officers))
    }

    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.directory.to_text().unwrap()).into()
    }

    fn cosign(&self, note: &mut Note, witnesses: usize) {
        for relay in self.directory.relays.iter().take(witnesses) {
            let named = witness_key(&self.directory.scheme, relay).unwrap();
            let mut keys = (0..4).map(|n| SigningKey::<Witness>::from_seed(&Self::witness_seed(n)));
            let key = keys.find(|key| key.verifying_key() == relay.witness);
            note.cosign(named.name(), &key.unwrap(), self.now).unwrap();
        }
    }

    /// What a relay answers to `/v1/keys`.
    pub fn keys(&self) -> Vec<u8> {
        self.indexed(&self.live().keys().index(), self.witnesses)
    }

    /// The keys that a session learns.
    pub fn known_keys(&self) -> Keys {
        Keys::open(&self.live().keys().index(), &self.directory).unwrap()
    }

    /// The same scheme before anybody announced a key.
    pub fn without_keys(&self) -> Self {
        let mut same = Self::new(self.now);
        same.announced.clear();
        same
    }

    /// The same scheme after all its desks were replaced by others that have announced nothing.
    pub fn without_desk_keys(&self) -> Self {
        const DESK_KEY: u8 = 6;
        let mut same = Self::new(self.now);
        same.announced.retain(|entry| entry[0] != DESK_KEY);
        same
    }

    /// What an entry brings back from the issuer, which is the middle relay.
    pub fn tokens(&self, asked: &[u8]) -> Vec<u8> {
        let issuer = self.directory.issuer.relay;
        let asked = request::open(self.directory.scheme, issuer, &self.rings[2], asked).unwrap();
        assert_eq!(asked.project, ProjectId::of(self.directory.scheme, PROJECT));
        assert_eq!(*asked.secret, [3; 16]);
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        let sign = |blinded| Self::issuer().blind_sign(blinded, &mut rng).unwrap();
        let signed = match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(asked.blinded.each_ref().map(sign)),
        };
        asked
            .answer(signed, &mut ChaCha20Rng::seed_from_u64(10))
            .unwrap()
    }

    /// The issuer's secret key, fixed because it takes long to draw one.
    fn issuer() -> IssuerSecret {
        let hex = include_str!("../../../keys/vectors/issuer.hex");
        let byte = |n: usize| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap();
        IssuerSecret::from_primes(&std::array::from_fn(byte)).unwrap()
    }

    fn pays(&self, token: &[u8; TOKEN], place: NodeId) {
        let token = Token::from_bytes(token);
        let period = period::accept(&self.directory.issuer.keys, self.now, token.key).unwrap();
        token.verify(self.directory.scheme, place, period).unwrap();
    }

    /// Takes what was posted to an entry through the three relays: the cell at the inbox, or `None` for one that ends
    /// at the exit.
    pub fn carry(&self, entry: [u8; 32], submission: &[u8]) -> Option<SealedCell> {
        let (token, _) = submission.split_first_chunk::<TOKEN>().unwrap();
        let cell = self.cross(entry, submission, |at, _| {
            if self.directory.relays[at].layer == Layer::Entry {
                self.pays(token, self.directory.relays[at].id);
            }
        })?;
        self.pays(cell.token(), self.directory.inbox.id);
        Some(cell)
    }

    /// The tag of a submission at a relay, if it crosses that.
    pub fn tag_at(&self, relay: usize, entry: [u8; 32], submission: &[u8]) -> Option<Tag> {
        let mut found = None;
        self.cross(entry, submission, |at, tag| {
            if at == relay {
                found = Some(tag);
            }
        });
        found
    }

    fn cross(
        &self,
        entry: [u8; 32],
        submission: &[u8],
        mut at_each: impl FnMut(usize, Tag),
    ) -> Option<SealedCell> {
        let (_, packet) = submission.split_first_chunk::<TOKEN>().unwrap();
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
                &mut Vec::new(),
            );
            let peeled = peeled.unwrap();
            at_each(at, peeled.tag);
            match peeled.step {
                Step::Forward { next, inner } if layer == Layer::Exit => {
                    assert_eq!(next, self.directory.inbox.id);
                    bytes = inner.as_ref().to_vec();
                }
                Step::Forward { next, inner } => {
                    at = self
                        .directory
                        .relays
                        .iter()
                        .position(|relay| relay.id == next)
                        .unwrap();
                    bytes = inner.as_ref().to_vec();
                }
                Step::Drop | _ => return None,
            }
        }
        Some(SealedCell::from_bytes(bytes.into()).unwrap())
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
    purpose: Purpose,
    officers: &[SigningKey<Authority>],
    log: &SigningKey<Log>,
) -> Directory {
    let inbox = SigningKey::from_seed(&[21; 32]).verifying_key();
    let names = ["ada", "bea", "cat"].into_iter();
    Directory {
        scheme: SchemeId([0; 32]),
        name: "Sample".to_owned(),
        weather: String::new(),
        purpose,
        version: 3,
        digest: [0; 32],
        former: Vec::new(),
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
        issuer: IssuerEntry {
            relay: NodeId::of(&inbox),
            keys: Vec::new(),
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
            effective_after: 2 * DAY,
            publish_ms: 3_600_000,
            window: 4_096,
            calling_code: 44,
            cover_deliver_one_in: 2,
        },
    }
}
