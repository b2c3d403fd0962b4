//! A scheme with one officer, three relays, two desks, and an inbox that says what a test tells it to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use brolly_desk::config::Config;
use brolly_desk::place::Place;
use brolly_desk::unlock::Keys;
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
use brolly_protocol::directory::{DeskEntry, Directory, InboxEntry, Parameters, RelayEntry};
use brolly_protocol::geometry;
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::receipt::ReceiptCode;
use brolly_protocol::report::{Consent, Report, Slot};
use brolly_protocol::sequence::{Entry, Head};
use brolly_protocol::wire;
use brolly_shell::http::server::{Limits, Request, Response, Server, Service};
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::private;
use brolly_shell::tls::{self, Clients, Identity};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

pub(crate) const PASSPHRASE: &[u8] = b"umbrella";
const OFFICER: [u8; 32] = [1; 32];
const INBOX: [u8; 32] = [2; 32];
const LOG: [u8; 32] = [3; 32];
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
        let inbox = FakeInbox::start();
        let now = brolly_shell::clock::now();
        let directory = directory(now, &inbox.address.to_string());
        let this = Self {
            folder: tempfile::tempdir().unwrap(),
            now,
            directory,
            inbox,
            rng: ChaCha20Rng::seed_from_u64(5),
        };
        this.publish();
        for slot in [Slot::Scheme, Slot::Police] {
            this.make_desk(slot);
        }
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn week(&self) -> Epoch {
        Epoch::at(self.now, WEEK)
    }

    /// Signs the directory as it is now, for everybody.
    pub(crate) fn publish(&self) {
        let mut note = Note::unsigned(self.directory.to_text().unwrap()).unwrap();
        note.sign("ada", &SigningKey::<Authority>::from_seed(&OFFICER))
            .unwrap();
        std::fs::write(self.path("directory.note"), note.to_string()).unwrap();
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
        Keys::unlock(&path, |_| Ok(Zeroizing::new(PASSPHRASE.to_vec()))).unwrap()
    }

    pub(crate) fn place(&self, slot: Slot) -> Place {
        let config = self.config(slot);
        config.make_data().unwrap();
        Place::find(&config, &public(slot), self.now).unwrap()
    }

    /// A cell as a client seals it in `week`.
    pub(crate) fn seal(&mut self, week: Epoch, report: &Report, contact: &str) -> SealedCell {
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
        };
        let receipt = ReceiptCode::generate(&mut self.rng)
            .receipt(&self.directory.scheme)
            .unwrap();
        SealedCell::seal(&letter, &receipt, &mut self.rng).unwrap()
    }

    pub(crate) fn cover(&mut self) -> SealedCell {
        SealedCell::cover(self.directory.scheme, self.week(), &mut self.rng).unwrap()
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
        SealedCell::from_bytes(&cell.concat()).unwrap()
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
    if slot == Slot::Police {
        "police"
    } else {
        "scheme"
    }
}

fn identity(slot: Slot) -> [u8; 32] {
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

fn desk_id(slot: Slot) -> NodeId {
    NodeId::of(&SigningKey::<Desk>::from_seed(&identity(slot)).verifying_key())
}

fn week_key(slot: Slot, week: Epoch) -> SecretKey<Desk> {
    let mut seed = [50 + slot.place(); 32];
    seed[..4].copy_from_slice(&week.number().to_be_bytes());
    SecretKey::from_seed(&seed)
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
    let desks = [Slot::Scheme, Slot::Police].map(|slot| DeskEntry {
        id: desk_id(slot),
        name: name(slot).to_owned(),
        slot,
        area: String::new(),
        alerts: slot == Slot::Scheme,
        key: SigningKey::from_seed(&identity(slot)).verifying_key(),
        weeks: Vec::new(),
    });
    let key = SigningKey::from_seed(&INBOX).verifying_key();
    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: "Test".to_owned(),
        version: 4,
        issued: now - 3600,
        expires: now + 86_400,
        threshold: 1,
        officers: NamedKey::new("ada", officer).into_iter().collect(),
        relays: relays.collect(),
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
            publish_ms: 1000,
            window: 256,
            calling_code: 44,
            cover_deliver_one_in: 64,
        },
    };
    directory.scheme = directory.founders();
    directory
}

/// Answers as a test wants it, to the two desks.
pub(crate) struct FakeInbox {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

pub(crate) struct State {
    /// What it has, under the numbers it gives it.
    pub(crate) cells: Vec<(u64, SealedCell)>,
    /// Cells in one answer.
    pub(crate) page: usize,
    /// Said once, in the place of the answer to the question that many later.
    pub(crate) instead: Option<(usize, StatusCode, Vec<u8>)>,
    /// Every `after` it was asked for.
    pub(crate) asked: Vec<String>,
    peers: Vec<[u8; 32]>,
}

impl FakeInbox {
    fn start() -> Self {
        let peers = [Slot::Scheme, Slot::Police].map(public);
        let state = Arc::new(Mutex::new(State {
            cells: Vec::new(),
            page: wire::SEALED_PAGE,
            instead: None,
            asked: Vec::new(),
            peers: peers.to_vec(),
        }));
        let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = server.local_addr();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let tls = tls::server(&Identity::from_seed(&INBOX).unwrap(), Clients::Optional);
        let service = Arc::new(Answers(Arc::clone(&state)));
        runtime.spawn(async move {
            let never = std::future::pending::<()>();
            server.run(tls, service, Limits::default(), never).await
        });
        Self {
            address,
            state,
            _runtime: runtime,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Admits cells under the next numbers.
    pub(crate) fn admit(&self, cells: impl IntoIterator<Item = SealedCell>) {
        let mut state = self.state();
        for cell in cells {
            let number = state.cells.last().map_or(1, |(last, _)| last + 1);
            state.cells.push((number, cell));
        }
    }

    /// Forgets who the desks are.
    pub(crate) fn forget_desks(&self) {
        self.state().peers.clear();
    }
}

struct Answers(Arc<Mutex<State>>);

impl Service for Answers {
    fn body_limit(&self, _: &Method, _: &str) -> usize {
        0
    }

    fn call(&self, request: Request) -> impl Future<Output = Response> + Send {
        let response = self.0.lock().unwrap().answer(&request);
        std::future::ready(response)
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Response {
        if request.path == wire::CHECKPOINT {
            let entries = self.cells.iter().map(|(_, cell)| Entry::of(cell));
            let head = entries.fold(Head::empty(SchemeId([0; 32])), Head::push);
            let note = head.sign(&SigningKey::from_seed(&LOG)).unwrap();
            return Response::text(StatusCode::OK, note.to_string());
        }
        if request.path != wire::SEALED || request.peer.is_none_or(|p| !self.peers.contains(&p)) {
            return Response::empty(StatusCode::FORBIDDEN);
        }
        let query = request.query.clone().unwrap_or_default();
        let after: u64 = query.strip_prefix("after=").unwrap().parse().unwrap();
        self.asked.push(query);
        match &mut self.instead {
            Some((0, status, body)) => {
                let response = Response::bytes(*status, "", Bytes::from(body.clone()));
                self.instead = None;
                return response;
            }
            Some((later, _, _)) => *later -= 1,
            None => {}
        }
        let page = self.cells.iter().filter(|(number, _)| *number > after);
        let page: Vec<u8> = page.take(self.page).flat_map(numbered).collect();
        Response::bytes(StatusCode::OK, "application/octet-stream", page)
    }
}

pub(crate) fn numbered((number, cell): &(u64, SealedCell)) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), cell.as_bytes()].concat()
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
