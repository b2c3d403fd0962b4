//! A small scheme on disk: an officer, a relay a layer, two desks, and the inbox with its configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use ::http::{Method, StatusCode};
use brolly_keys::blind::IssuerSecret;
use brolly_keys::epoch::Epoch;
use brolly_keys::file::{KeyFile, Kind, Label};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::pair::SecretKey;
use brolly_keys::sign::{SigningKey, VerifyingKey};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::{
    DeskEntry, Directory, InboxEntry, IssuerEntry, Parameters, Purpose, RelayEntry,
};
use brolly_protocol::geometry::{
    CONTACT_AT, DELIVERED, NUMBERED_CELL, RECEIPT_TAG, SLOTS, STANZA, TOKEN, TOKEN_NONCE,
};
use brolly_protocol::log::{
    Bundle, Checkpoint, Entry, Hash, LogName, Tile, decode_bundle, inclusion, leaf_hash,
    verify_inclusion, witness_key,
};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::notice::KeyNotice;
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_protocol::token::{IssuerPeriod, Token};
use brolly_protocol::wire;
use brolly_shell::http::client::{Link, Reply};
use brolly_shell::tls::{self, Identity};
use brolly_shell::{clock, keyfile, private};
use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use tempfile::TempDir;

pub(crate) const ENTRY: u8 = 11;
pub(crate) const MIDDLE: u8 = 12;
pub(crate) const EXIT: u8 = 13;
pub(crate) const POLICE: u8 = 31;
pub(crate) const CASEWORKERS: u8 = 32;
pub(crate) const STRANGER: u8 = 99;
const OFFICER: u8 = 1;
pub(crate) const INBOX: u8 = 21;
const LOG: u8 = 22;

const PERIOD: u32 = 700;

/// Long enough never to come.
pub(crate) const NEVER: u64 = 3_600_000;

/// The folder of an inbox, as the ceremony leaves it. Everybody's key is the seed of their number.
pub(crate) struct Scheme {
    pub(crate) folder: TempDir,
    directory: Directory,
}

/// One party's connection to the inbox.
pub(crate) struct Caller(Link);

impl Scheme {
    pub(crate) fn new(publish_ms: u64) -> Self {
        Self::waiting(publish_ms, 0)
    }

    /// A scheme whose next directory takes effect so many seconds after it was handed in.
    pub(crate) fn waiting(publish_ms: u64, seconds: u64) -> Self {
        let mut directory = directory(publish_ms);
        directory.parameters.effective_after = seconds;
        let scheme = Self {
            folder: tempfile::tempdir().unwrap(),
            directory,
        };
        scheme.publish(&scheme.directory);
        let mut keys = KeyFile::new(
            Kind::Inbox,
            "inbox",
            public::<brolly_keys::role::Log>(INBOX).to_bytes(),
        );
        keys.insert(Label::Identity, 0, &[INBOX; 32]);
        keys.insert(Label::Log, 0, &[LOG; 32]);
        keyfile::create(&scheme.path("identity.key"), &keys, b"umbrella").unwrap();
        private::create(&scheme.path("passphrase"), b"umbrella\n").unwrap();
        scheme.configure("127.0.0.1:0", "");
        scheme
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn id(&self) -> SchemeId {
        self.directory.scheme
    }

    pub(crate) fn configure(&self, listen: &str, more: &str) {
        let text = format!(
            "listen = \"{listen}\"\ndata = \"data\"\nidentity = \"identity.key\"\npassphrase-file = \"passphrase\"\n\
             directory = \"directory.note\"\nscheme = \"{}\"\n{more}",
            self.id()
        );
        std::fs::write(self.path("inbox.toml"), text).unwrap();
    }

    /// Replaces the directory by one of this version.
    pub(crate) fn set_version(&self, version: u32) {
        self.publish(&Directory {
            version,
            ..self.directory.clone()
        });
    }

    fn publish(&self, directory: &Directory) {
        std::fs::write(self.path("directory.note"), note(directory)).unwrap();
    }

    /// The next version, which takes effect at once and about which `change` says something.
    pub(crate) fn next(&self, change: impl FnOnce(&mut Directory)) -> Directory {
        let mut next = self.directory.clone();
        next.version += 1;
        change(&mut next);
        next
    }

    /// The key of relay `seed` for an epoch that is so far ahead.
    pub(crate) fn relay_key(&self, seed: u8, ahead: u32, key: u8) -> Vec<u8> {
        let key = SecretKey::<brolly_keys::role::Relay>::from_seed(&[key; 32]);
        KeyNotice {
            scheme: self.id(),
            node: NodeId::of(&public::<brolly_keys::role::Relay>(seed)),
            epoch: Epoch::at(clock::now(), 86_400).plus(ahead),
            key: key.public(),
        }
        .to_entry(&SigningKey::from_seed(&[seed; 32]))
    }

    /// The newest freshness note with the cosignature of relay `seed` beside it.
    pub(crate) async fn said(&self, caller: &Caller, seed: u8) -> Vec<u8> {
        let note = caller.get(wire::FRESHNESS).await.body;
        self.with_cosignature(&note, seed)
    }

    fn with_cosignature(&self, note: &[u8], seed: u8) -> Vec<u8> {
        let mut note = Note::parse(note).unwrap();
        let relay = relay(seed, Layer::Entry, "");
        let named = witness_key(&self.id(), &relay).unwrap();
        let key = SigningKey::from_seed(&[seed + 100; 32]);
        note.cosign(named.name(), &key, clock::now()).unwrap();
        note.to_string().into_bytes()
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Checks a checkpoint as anybody can.
    pub(crate) fn verify(&self, note: &[u8], log: LogName) -> Checkpoint {
        let note = Note::parse(note).unwrap();
        let checkpoint = Checkpoint::verify(&note, log, &self.directory).unwrap();
        Checkpoint::clone(&checkpoint)
    }

    /// All entries of a log under its newest checkpoint, each proved to be in it.
    pub(crate) async fn log(&self, caller: &Caller, log: LogName) -> (Checkpoint, Vec<Vec<u8>>) {
        let note = caller.get(wire::checkpoint(log)).await.body;
        let checkpoint = self.verify(&note, log);
        let size = checkpoint.size;
        let mut tiles: BTreeMap<Tile, Vec<Hash>> = BTreeMap::new();
        for tile in Tile::added(0, size) {
            let reply = caller
                .get(&(wire::tiles(log).to_owned() + &tile.path()))
                .await;
            assert_eq!(reply.status, StatusCode::OK);
            tiles.insert(tile, tile.hashes(&reply.body).unwrap());
        }
        let mut entries = Vec::new();
        for bundle in Bundle::added(0, size) {
            let reply = caller
                .get(&(wire::tiles(log).to_owned() + &bundle.path()))
                .await;
            assert_eq!(reply.status, StatusCode::OK);
            let found = decode_bundle(&reply.body, bundle.width).unwrap();
            entries.extend(found.into_iter().map(<[u8]>::to_vec));
        }
        for (index, entry) in (0..).zip(&entries) {
            let proof = inclusion(index, size, &mut |tile| tiles.get(&tile).cloned()).unwrap();
            verify_inclusion(leaf_hash(entry), index, size, &checkpoint.root, &proof).unwrap();
        }
        (checkpoint, entries)
    }

    /// All reports, once the checkpoint covers `size` of them.
    pub(crate) async fn published(&self, caller: &Caller, size: usize) -> Vec<Entry> {
        loop {
            let note = caller.get(wire::checkpoint(LogName::Reports)).await.body;
            if self.verify(&note, LogName::Reports).size >= u64::try_from(size).unwrap() {
                let (_, entries) = self.log(caller, LogName::Reports).await;
                return entries
                    .iter()
                    .map(|entry| Entry::from_bytes(entry).unwrap())
                    .collect();
            }
        }
    }

    /// The newest checkpoint with the cosignature of relay `seed` beside it.
    pub(crate) async fn cosigned(&self, caller: &Caller, log: LogName, seed: u8) -> Vec<u8> {
        let note = caller.get(wire::checkpoint(log)).await.body;
        self.with_cosignature(&note, seed)
    }
}

/// The directory as its officer signs it.
pub(crate) fn note(directory: &Directory) -> String {
    let mut note = Note::unsigned(directory.to_text().unwrap()).unwrap();
    let officer = SigningKey::<brolly_keys::role::Authority>::from_seed(&[OFFICER; 32]);
    note.sign("ada", &officer).unwrap();
    note.to_string()
}

impl Caller {
    /// Somebody who shows the key of this seed, or none.
    pub(crate) fn new(port: u16, seed: Option<u8>) -> Self {
        let identity = seed.map(|seed| Identity::from_seed(&[seed; 32]).unwrap());
        let inbox = public::<brolly_keys::role::Log>(INBOX).to_bytes();
        let tls = tls::client(&inbox, identity.as_ref());
        Self(Link::new(format!("127.0.0.1:{port}"), tls, None))
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> Option<Reply> {
        let limit = 4 + 256 * NUMBERED_CELL;
        let patience = Duration::from_secs(60);
        self.0
            .send(method, path, Bytes::from(body), limit, patience)
            .await
            .ok()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, Vec::new()).await.unwrap()
    }

    pub(crate) async fn deliver(&self, cells: &[SealedCell]) -> Option<StatusCode> {
        self.post(body(cells)).await
    }

    pub(crate) async fn post(&self, body: Vec<u8>) -> Option<StatusCode> {
        self.post_to(wire::REPORTS, body).await
    }

    pub(crate) async fn post_to(&self, path: &str, body: Vec<u8>) -> Option<StatusCode> {
        let reply = self.ask(Method::POST, path, body).await?;
        assert!(reply.body.is_empty());
        Some(reply.status)
    }

    /// Hands a directory in: the status, and what is said about it.
    pub(crate) async fn hand_in(&self, note: impl Into<Vec<u8>>) -> (StatusCode, String) {
        let reply = self.ask(Method::POST, wire::DIRECTORY, note.into()).await;
        let reply = reply.unwrap();
        (
            reply.status,
            String::from_utf8(reply.body.to_vec()).unwrap(),
        )
    }

    /// Every cell above `after`, page by page, with its number; and the sizes of the pages.
    pub(crate) async fn fetch(&self, mut after: u64) -> (Vec<(u64, SealedCell)>, Vec<usize>) {
        let (mut all, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let reply = self.get(&format!("{}?after={after}", wire::SEALED)).await;
            assert_eq!(reply.status, StatusCode::OK);
            let (pruned, cells) = reply.body.split_first_chunk().unwrap();
            assert_eq!(u32::from_be_bytes(*pruned), 0);
            assert_eq!(cells.len() % NUMBERED_CELL, 0);
            sizes.push(cells.len() / NUMBERED_CELL);
            if cells.is_empty() {
                return (all, sizes);
            }
            for numbered in cells.chunks(NUMBERED_CELL) {
                let (number, cell) = numbered.split_first_chunk().unwrap();
                after = u64::from_be_bytes(*number);
                all.push((after, SealedCell::from_bytes(cell.into()).unwrap()));
            }
        }
    }
}

/// A cell of this week with a good token; all its bytes follow from `n`.
pub(crate) fn cell(n: u64) -> SealedCell {
    cell_of(n, u32::try_from(clock::now() / 604_800).unwrap())
}

/// The same of another week.
pub(crate) fn cell_of(n: u64, week: u32) -> SealedCell {
    let mut bytes = vec![0; DELIVERED];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    bytes[RECEIPT_TAG..][..TOKEN].copy_from_slice(&token(n));
    bytes[RECEIPT_TAG + TOKEN..][..8].copy_from_slice(&n.to_be_bytes());
    for slot in 0..SLOTS {
        bytes[CONTACT_AT - (SLOTS - slot) * STANZA..][..4].copy_from_slice(&week.to_be_bytes());
    }
    SealedCell::from_bytes(bytes.into()).unwrap()
}

/// Token `n` for the inbox. Signing one takes a while, and tests use the same ones again.
pub(crate) fn token(n: u64) -> [u8; TOKEN] {
    static SIGNED: Mutex<BTreeMap<u64, [u8; TOKEN]>> = Mutex::new(BTreeMap::new());
    if let Some(token) = SIGNED.lock().unwrap().get(&n) {
        return *token;
    }
    let token = sign(n);
    SIGNED.lock().unwrap().insert(n, token);
    token
}

fn sign(n: u64) -> [u8; TOKEN] {
    static SCHEME: LazyLock<SchemeId> = LazyLock::new(|| directory(NEVER).scheme);
    let key = ISSUER.public();
    let mut nonce = [0; TOKEN_NONCE];
    nonce[..8].copy_from_slice(&n.to_be_bytes());
    let message = [
        b"brolly/1 token".as_slice(),
        &SCHEME.0,
        &NodeId::of(&public::<brolly_keys::role::Log>(INBOX)).0,
        &PERIOD.to_be_bytes(),
        &nonce,
    ]
    .concat();
    let mut rng = ChaCha20Rng::seed_from_u64(n);
    let (blinded, unblind) = key.blind(&message, &mut rng).unwrap();
    let answer = ISSUER.blind_sign(&blinded, &mut rng).unwrap();
    let signature = key.finalize(&message, &answer, unblind).unwrap();
    let key = key.id();
    Token {
        key,
        nonce,
        signature,
    }
    .to_bytes()
}

static ISSUER: LazyLock<IssuerSecret> = LazyLock::new(|| {
    let hex = include_str!("../../../keys/vectors/issuer.hex");
    let byte = |n: usize| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap();
    IssuerSecret::from_primes(&std::array::from_fn(byte)).unwrap()
});

pub(crate) fn body(cells: &[SealedCell]) -> Vec<u8> {
    cells
        .iter()
        .flat_map(|cell| cell.as_bytes().to_vec())
        .collect()
}

/// Where a cell lies.
pub(crate) fn cell_file(data: &Path, cell: &SealedCell) -> PathBuf {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let digest = hex(&cell.digest());
    data.join("objects/cells")
        .join(&digest[..2])
        .join(format!("{digest}.{}", hex(&cell.receipt_tag())))
}

pub(crate) fn public<R: brolly_keys::role::Signer>(seed: u8) -> VerifyingKey<R> {
    SigningKey::from_seed(&[seed; 32]).verifying_key()
}

pub(crate) fn relay(seed: u8, layer: Layer, kind: &str) -> RelayEntry {
    RelayEntry {
        id: NodeId::of(&public::<brolly_keys::role::Relay>(seed)),
        name: format!("relay {seed}"),
        address: format!("127.0.0.1:{seed}"),
        layer,
        operator: kind.to_owned(),
        kind: kind.to_owned(),
        key: public(seed),
        witness: public(seed + 100),
    }
}

pub(crate) fn desk(seed: u8, slot: Slot) -> DeskEntry {
    DeskEntry {
        id: NodeId::of(&public::<brolly_keys::role::Desk>(seed)),
        name: format!("desk {seed}"),
        slot,
        area: String::new(),
        alerts: slot == Slot::Scheme,
        key: public(seed),
    }
}

fn directory(publish_ms: u64) -> Directory {
    let now = clock::now();
    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: "Sample".to_owned(),
        weather: String::new(),
        purpose: Purpose::Drill,
        version: 3,
        digest: [0; 32],
        issued: now - 60,
        expires: now + 86_400,
        threshold: 1,
        officers: vec![NamedKey::new("ada", public(OFFICER)).unwrap()],
        former: Vec::new(),
        relays: vec![
            relay(ENTRY, Layer::Entry, "project"),
            relay(MIDDLE, Layer::Middle, "charity"),
            relay(EXIT, Layer::Exit, "university"),
        ],
        inbox: InboxEntry {
            id: NodeId::of(&public::<brolly_keys::role::Log>(INBOX)),
            address: "127.0.0.1:9".to_owned(),
            key: public(INBOX),
            log_key: public(LOG),
        },
        issuer: IssuerEntry {
            relay: NodeId::of(&public::<brolly_keys::role::Relay>(MIDDLE)),
            keys: vec![IssuerPeriod {
                period: PERIOD,
                from: now - 86_400,
                until: now + 30 * 86_400,
                key: ISSUER.public(),
            }],
        },
        desks: vec![desk(CASEWORKERS, Slot::Scheme), desk(POLICE, Slot::Police)],
        parameters: Parameters {
            mix: mix::Parameters {
                tick_ms: 15_000,
                release_ppm: 45_455,
                min_pool: 80,
            },
            packet_epoch: 86_400,
            desk_epoch: 604_800,
            effective_after: 0,
            publish_ms,
            window: 256,
            calling_code: 44,
            cover_deliver_one_in: 64,
        },
    };
    directory.scheme = directory.founders();
    directory
}
