//! A scheme with one officer, three relays, two desks, and an inbox that says what a test tells it to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use brolly_desk::config::Config;
use brolly_desk::place::Place;
use brolly_desk::unlock::{Hands, Keys};
use brolly_keys::blind::IssuerSecret;
use brolly_keys::commit::OneTimeKey;
use brolly_keys::epoch::Epoch;
use brolly_keys::file::{Cost, KeyFile, Kind, Label};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::{Authority, Desk};
use brolly_keys::sign::SigningKey;
use brolly_keys::suite;
use brolly_protocol::cell::{Letter, Recipient, SealedCell};
use brolly_protocol::codec;
use brolly_protocol::directory::{
    DeskEntry, Directory, InboxEntry, IssuerEntry, Parameters, Purpose, RelayEntry,
};
use brolly_protocol::geometry;
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::receipt::ReceiptCode;
use brolly_protocol::report::{Consent, Report, Slot};
use brolly_protocol::token::IssuerPeriod;
use brolly_shell::private;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::inbox::FakeInbox;

pub(crate) const PASSPHRASE: &[u8] = b"umbrella";
const OFFICER: [u8; 32] = [1; 32];
pub(crate) const INBOX: [u8; 32] = [2; 32];
pub(crate) const LOG: [u8; 32] = [3; 32];
/// The members' root.
pub(crate) const MEMBERS: [u8; 32] = [70; 32];
const WEEK: u64 = 604_800;

pub(crate) struct Scheme {
    folder: TempDir,
    pub(crate) now: u64,
    pub(crate) directory: Directory,
    pub(crate) inbox: FakeInbox,
    rng: ChaCha20Rng,
}

impl Scheme {
    /// A scheme at the time of the system's clock, for that is the time the program sees.
    pub(crate) fn new() -> Self {
        Self::at(brolly_shell::clock::now(), |_| {})
    }

    /// A scheme whose witnesses say that it is `now`, with a directory that was changed.
    pub(crate) fn at(now: u64, change: impl FnOnce(&mut Directory)) -> Self {
        let inbox = FakeInbox::start();
        let mut directory = directory(now, &inbox.address.to_string());
        change(&mut directory);
        let this = Self {
            folder: tempfile::tempdir().unwrap(),
            now,
            directory,
            inbox,
            rng: ChaCha20Rng::seed_from_u64(5),
        };
        this.inbox.state().time = now;
        this.publish();
        for slot in this.directory.desks.iter().map(|desk| desk.slot) {
            this.make_desk(slot);
        }
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn week(&self) -> Epoch {
        Epoch::at(self.now, self.directory.parameters.desk_epoch)
    }

    /// Signs the directory as it is now, for everybody: the witnesses say that it is in force.
    pub(crate) fn publish(&self) {
        let note = self.sign();
        std::fs::write(self.path("directory.note"), &note).unwrap();
        self.enforce();
    }

    /// The same, but nobody is given the file.
    pub(crate) fn enforce(&self) {
        let mut directory = self.directory.clone();
        directory.digest = Sha256::digest(directory.to_text().unwrap()).into();
        let mut state = self.inbox.state();
        state.signed = self.sign();
        state.directory = Some(directory);
    }

    /// The directory as it is now, as its officer signs it.
    pub(crate) fn sign(&self) -> String {
        let mut note = Note::unsigned(self.directory.to_text().unwrap()).unwrap();
        note.sign("ada", &SigningKey::<Authority>::from_seed(&OFFICER))
            .unwrap();
        note.to_string()
    }

    fn make_desk(&self, slot: Slot) {
        let folder = self.path(name(slot));
        std::fs::create_dir(&folder).unwrap();
        private::create(&folder.join("pass"), PASSPHRASE).unwrap();
        let scheme = self.directory.scheme;
        let text = format!(
            "data = \"data\"\nidentity = \"desk.key\"\npassphrase-file = \"pass\"\n\
             directory = \"../directory.note\"\nscheme = \"{scheme}\"\n"
        );
        std::fs::write(folder.join("desk.toml"), text).unwrap();
        private::create(&folder.join("desk.key"), &key_file(slot, self.week())).unwrap();
    }

    pub(crate) fn config(&self, slot: Slot) -> Config {
        Config::load(&self.path(name(slot)).join("desk.toml")).unwrap()
    }

    pub(crate) fn keys(&self, slot: Slot) -> Keys {
        let path = self.config(slot).identity;
        let ask = |_: &_| Ok(Zeroizing::new(PASSPHRASE.to_vec()));
        Keys::unlock(&path, Hands::default(), ask).unwrap()
    }

    pub(crate) fn place(&self, slot: Slot) -> Place {
        let config = self.config(slot);
        config.make_data().unwrap();
        block_on(Place::ask(&config, &self.keys(slot), self.now)).unwrap()
    }

    /// A cell as a client seals it in `week`.
    pub(crate) fn seal(&mut self, week: Epoch, report: &Report, contact: &str) -> SealedCell {
        let code = ReceiptCode::generate(&mut self.rng);
        self.seal_with(&code, week, report, contact)
    }

    /// A cell as the holder of `code` seals it.
    pub(crate) fn seal_with(
        &mut self,
        code: &ReceiptCode,
        week: Epoch,
        report: &Report,
        contact: &str,
    ) -> SealedCell {
        let recipients = [Slot::Scheme, Slot::Police].map(|slot| Recipient {
            desk: desk_id(slot),
            key: week_key(slot, week).public(),
        });
        let letter = Letter {
            scheme: self.directory.scheme,
            week,
            desks: [Some(&recipients[0]), Some(&recipients[1]), None, None],
            report,
            contact,
            token: &[7; geometry::TOKEN],
        };
        let receipt = code.receipt(&self.directory.scheme).unwrap();
        SealedCell::seal(&letter, &receipt, &mut self.rng).unwrap()
    }

    pub(crate) fn code(&mut self) -> ReceiptCode {
        ReceiptCode::generate(&mut self.rng)
    }

    pub(crate) fn cover(&mut self) -> SealedCell {
        SealedCell::cover(
            self.directory.scheme,
            self.week(),
            &[7; geometry::TOKEN],
            &mut self.rng,
        )
        .unwrap()
    }

    /// A cell as an enemy seals it, by the layout of SPEC §5: to the scheme's desk and the police, whose stanzas hold
    /// these body keys, over a body that is `plain` under the first.
    pub(crate) fn forge(&mut self, police_key: Option<[u8; 32]>, plain: &[u8]) -> SealedCell {
        let (body_key, contact_key) = ([21; 32], [22; 32]);
        let body = OneTimeKey::from_bytes(body_key)
            .seal(b"brolly/1 body", plain)
            .unwrap();
        let contact = OneTimeKey::from_bytes(contact_key)
            .seal(b"brolly/1 contact", &[0; geometry::CONTACT_PLAIN])
            .unwrap();
        let token = [0; geometry::TOKEN];
        let commitments = [body_key, contact_key].map(|k| OneTimeKey::from_bytes(k).commitment());
        let digest: [u8; 32] = Sha256::new()
            .chain_update(&contact)
            .chain_update(&body)
            .finalize()
            .into();
        let aad = [&token[..], commitments.as_flattened(), &digest].concat();
        let mut stanzas = Vec::new();
        for slot in Slot::ALL {
            let week = self.week();
            let key = police_key
                .filter(|_| slot == Slot::Police)
                .unwrap_or(body_key);
            let info = [
                b"brolly/1 desk".as_slice(),
                &self.directory.scheme.0,
                &desk_id(slot).0,
                &[slot.place()],
                &week.number().to_be_bytes(),
            ]
            .concat();
            let keys = [key, [0; 32], [1; 32]].concat();
            let to = week_key(slot, week).public();
            let sealed = suite::seal(&to, &info, &aad, &keys, &mut self.rng).unwrap();
            stanzas.extend(week.number().to_be_bytes());
            stanzas.extend(sealed.enc);
            stanzas.extend(sealed.ciphertext);
        }
        let cell = [
            &[9; geometry::RECEIPT_TAG],
            &token[..],
            commitments.as_flattened(),
            &stanzas,
            &contact,
            &body,
        ];
        SealedCell::from_bytes(cell.concat().into()).unwrap()
    }

    /// The inside of a body: a reply key, the length given, a record, padding.
    pub(crate) fn body(&self, report: &Report, longer: usize) -> Vec<u8> {
        let record = codec::encode(report).unwrap();
        let length = u32::try_from(record.len() + longer).unwrap();
        let mut plain = week_key(Slot::Scheme, self.week())
            .public()
            .to_bytes()
            .to_vec();
        plain.extend(length.to_be_bytes());
        plain.extend(record);
        plain.resize(geometry::BODY_PLAIN, 0);
        plain
    }
}

/// A report with these words, for the police as well.
pub(crate) fn said(narrative: &str) -> Report {
    let mut report = Report::default();
    report.incident.narrative = narrative.to_owned();
    report.consent = Consent {
        police: true,
        ..Consent::default()
    };
    report
}

pub(crate) fn name(slot: Slot) -> &'static str {
    match slot {
        Slot::Police => "police",
        Slot::Project => "project",
        Slot::Scheme | Slot::Specialist | _ => "scheme",
    }
}

pub(crate) fn identity(slot: Slot) -> [u8; 32] {
    [40 + slot.place(); 32]
}

pub(crate) fn public(slot: Slot) -> [u8; 32] {
    let key = SigningKey::<Desk>::from_seed(&identity(slot));
    key.verifying_key().to_bytes()
}

pub(crate) fn casebook_key(slot: Slot) -> [u8; 32] {
    [60 + slot.place(); 32]
}

/// The bytes of a desk's key file, made once for all tests: the passphrase is slow by intent.
fn key_file(slot: Slot, current: Epoch) -> Vec<u8> {
    static MADE: Mutex<BTreeMap<(Slot, u32), Vec<u8>>> = Mutex::new(BTreeMap::new());
    let make = || {
        let mut file = KeyFile::new(Kind::Desk, name(slot), public(slot));
        file.insert(Label::Identity, 0, &identity(slot));
        file.insert(Label::Casebook, 0, &casebook_key(slot));
        file.insert(Label::Members, 0, &MEMBERS);
        for week in current.number() - 4..=current.number() + 4 {
            let seed = week_key(slot, Epoch::new(week));
            file.insert(Label::Week, week, &seed.expose());
        }
        let rng = &mut ChaCha20Rng::seed_from_u64(6);
        file.encrypt(PASSPHRASE, Cost::STANDARD, rng).unwrap()
    };
    let mut made = MADE.lock().unwrap();
    made.entry((slot, current.number()))
        .or_insert_with(make)
        .clone()
}

/// The bytes of a desk's key file without any week.
pub(crate) fn bare_key_file(slot: Slot) -> Vec<u8> {
    static MADE: Mutex<BTreeMap<Slot, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let make = || {
        let mut file = KeyFile::new(Kind::Desk, name(slot), public(slot));
        file.insert(Label::Identity, 0, &identity(slot));
        file.insert(Label::Casebook, 0, &casebook_key(slot));
        file.insert(Label::Members, 0, &MEMBERS);
        let rng = &mut ChaCha20Rng::seed_from_u64(7);
        file.encrypt(PASSPHRASE, Cost::STANDARD, rng).unwrap()
    };
    let mut made = MADE.lock().unwrap();
    made.entry(slot).or_insert_with(make).clone()
}

pub(crate) fn desk_id(slot: Slot) -> NodeId {
    NodeId::of(&SigningKey::<Desk>::from_seed(&identity(slot)).verifying_key())
}

pub(crate) fn week_key(slot: Slot, week: Epoch) -> SecretKey<Desk> {
    let mut seed = [50 + slot.place(); 32];
    seed[..4].copy_from_slice(&week.number().to_be_bytes());
    SecretKey::from_seed(&seed)
}

/// A desk as the directory lists it.
pub(crate) fn desk(slot: Slot, area: &str) -> DeskEntry {
    DeskEntry {
        id: desk_id(slot),
        name: name(slot).to_owned(),
        slot,
        area: area.to_owned(),
        alerts: slot == Slot::Scheme,
        key: SigningKey::from_seed(&identity(slot)).verifying_key(),
    }
}

/// The issuer's key, which it would take long to draw.
fn issuer_period(now: u64) -> IssuerPeriod {
    let hex = include_str!("../../../keys/vectors/issuer.hex").as_bytes();
    let digit = |n: usize| char::from(hex[n]).to_digit(16).unwrap();
    let byte = |n: usize| u8::try_from(16 * digit(2 * n) + digit(2 * n + 1)).unwrap();
    let secret = IssuerSecret::from_primes(&std::array::from_fn(byte)).unwrap();
    IssuerPeriod {
        period: 1,
        from: now - 3600,
        until: now + 34 * 86_400,
        key: secret.public(),
    }
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn directory(now: u64, address: &str) -> Directory {
    let officer = SigningKey::<Authority>::from_seed(&OFFICER).verifying_key();
    let relays = Layer::ALL.into_iter().zip(11..).map(|(layer, n)| {
        let key = SigningKey::from_seed(&[n; 32]).verifying_key();
        RelayEntry {
            id: NodeId::of(&key),
            name: format!("relay {n}"),
            address: format!("127.0.0.1:{n}"),
            layer,
            operator: format!("operator {n}"),
            kind: format!("kind {n}"),
            key,
            witness: SigningKey::from_seed(&[100 + n; 32]).verifying_key(),
        }
    });
    let relays: Vec<_> = relays.collect();
    let desks = [Slot::Scheme, Slot::Police].map(|slot| desk(slot, ""));
    let key = SigningKey::from_seed(&INBOX).verifying_key();
    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: "Test".to_owned(),
        weather: String::new(),
        purpose: Purpose::Drill,
        version: 4,
        digest: [0; 32],
        former: Vec::new(),
        issuer: IssuerEntry {
            relay: relays[1].id,
            keys: vec![issuer_period(now)],
        },
        issued: now - 3600,
        expires: now + 86_400,
        threshold: 1,
        officers: NamedKey::new("ada", officer).into_iter().collect(),
        relays,
        inbox: InboxEntry {
            id: NodeId::of(&key),
            address: address.to_owned(),
            key,
            log_key: SigningKey::from_seed(&LOG).verifying_key(),
        },
        desks: desks.into(),
        parameters: Parameters {
            mix: mix::Parameters {
                tick_ms: 1000,
                release_ppm: 500_000,
                min_pool: 1,
            },
            packet_epoch: 86_400,
            desk_epoch: WEEK,
            effective_after: 0,
            publish_ms: 1000,
            window: 256,
            calling_code: 44,
            cover_deliver_one_in: 64,
        },
    };
    directory.scheme = directory.founders();
    directory
}

/// Whether any file under `folder` holds `needle`.
pub(crate) fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}
