//! Cells, a scheme and a storage for tests.
#![allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::exhaustive_structs,
    reason = "for tests"
)]

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use brolly_keys::blind::IssuerSecret;
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role;
use brolly_keys::sign::{SigningKey, VerifyingKey};
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::{
    DeskEntry, Directory, InboxEntry, IssuerEntry, Parameters, Purpose, RelayEntry,
};
use brolly_protocol::geometry::{
    CONTACT_AT, DELIVERED, RECEIPT_TAG, SLOTS, SPENT_TAG, STANZA, TOKEN, TOKEN_NONCE,
};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_protocol::token::{IssuerPeriod, Token};
use brolly_shell::directory::SignedDirectory;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};

use crate::admit::{Admitter, Paid};
use crate::board::Poster;
use crate::directories::Directories;
use crate::sequence::{SequenceError, Sequencer};
use crate::store::embedded::Embedded;
use crate::store::ledger::{Ledger, LedgerError, Spent};
use crate::store::objects::Objects;

/// A day in the desk week [`WEEK`], in seconds since 1970.
pub const NOW: u64 = 1_764_000_000;
pub const WEEK: u32 = 2916;
/// The issuer's period.
pub const PERIOD: u32 = 700;

/// A cell of [`WEEK`] whose bytes follow from `n`; its token is not signed.
pub fn cell(n: u64) -> SealedCell {
    cell_of(n, [WEEK; SLOTS])
}

/// The same with its stanzas of these weeks.
pub fn cell_of(n: u64, weeks: [u32; SLOTS]) -> SealedCell {
    let mut bytes = vec![0; DELIVERED];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    for (at, byte) in bytes.iter_mut().enumerate().skip(RECEIPT_TAG + TOKEN) {
        *byte = n.to_be_bytes()[at % 8] ^ u8::try_from(at % 251).unwrap();
    }
    for (slot, week) in weeks.into_iter().enumerate() {
        let at = CONTACT_AT - (SLOTS - slot) * STANZA;
        bytes[at..at + 4].copy_from_slice(&week.to_be_bytes());
    }
    SealedCell::from_bytes(bytes.into()).unwrap()
}

/// The same body under another tag.
pub fn retagged(cell: &SealedCell, tag: u8) -> SealedCell {
    let mut bytes = cell.as_bytes().to_vec();
    bytes[..RECEIPT_TAG].fill(tag);
    SealedCell::from_bytes(bytes.into()).unwrap()
}

/// Cells as if their tokens were good: that takes no time.
pub fn paid(cells: &[SealedCell]) -> Vec<Paid> {
    let spent = |cell: &SealedCell| Spent {
        period: PERIOD,
        // The token is among what the digest is over.
        tag: *cell.digest().first_chunk::<SPENT_TAG>().unwrap(),
    };
    cells
        .iter()
        .map(|cell| Paid {
            token: spent(cell),
            cell: cell.clone(),
        })
        .collect()
}

/// The same cell with a token that is good at the inbox, of the nonce `nonce`.
pub fn with_token(cell: &SealedCell, nonce: u64) -> SealedCell {
    let mut bytes = cell.as_bytes().to_vec();
    bytes[RECEIPT_TAG..][..TOKEN].copy_from_slice(&token(directory().inbox.id, nonce));
    SealedCell::from_bytes(bytes.into()).unwrap()
}

/// A token that is to be spent at `place`.
pub fn token(place: NodeId, n: u64) -> [u8; TOKEN] {
    let issuer = issuer();
    let key = issuer.public();
    let mut nonce = [0; TOKEN_NONCE];
    nonce[..8].copy_from_slice(&n.to_be_bytes());
    let scheme = directory().scheme;
    let message = [
        b"brolly/1 token".as_slice(),
        &scheme.0,
        &place.0,
        &PERIOD.to_be_bytes(),
        &nonce,
    ]
    .concat();
    let mut rng = ChaCha20Rng::seed_from_u64(n);
    let (blinded, unblind) = key.blind(&message, &mut rng).unwrap();
    let answer = issuer.blind_sign(&blinded, &mut rng).unwrap();
    let signature = key.finalize(&message, &answer, unblind).unwrap();
    let key = key.id();
    Token {
        key,
        nonce,
        signature,
    }
    .to_bytes()
}

fn issuer() -> &'static IssuerSecret {
    static ISSUER: OnceLock<IssuerSecret> = OnceLock::new();
    ISSUER.get_or_init(|| {
        let hex = include_str!("../../keys/vectors/issuer.hex");
        let byte = |n: usize| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap();
        IssuerSecret::from_primes(&std::array::from_fn(byte)).unwrap()
    })
}

pub fn log_key() -> SigningKey<role::Log> {
    SigningKey::from_seed(&[22; 32])
}

pub fn desk_key(n: u8) -> SigningKey<role::Desk> {
    SigningKey::from_seed(&[31 + n; 32])
}

pub fn relay_key(n: u8) -> SigningKey<role::Relay> {
    SigningKey::from_seed(&[11 + n; 32])
}

pub fn witness_key(n: u8) -> SigningKey<role::Witness> {
    SigningKey::from_seed(&[111 + n; 32])
}

/// Three relays, of whom two are a majority, and two desks: the first one may publish alerts.
pub fn directory() -> Directory {
    static DIRECTORY: OnceLock<Directory> = OnceLock::new();
    DIRECTORY.get_or_init(draw_up).clone()
}

fn draw_up() -> Directory {
    let relay = |n: u8, layer, kind: &str| RelayEntry {
        id: NodeId::of(&public::<role::Relay>(11 + n)),
        name: format!("relay {n}"),
        address: format!("127.0.0.1:{n}"),
        layer,
        operator: kind.to_owned(),
        kind: kind.to_owned(),
        key: public(11 + n),
        witness: witness_key(n).verifying_key(),
    };
    let desk = |n: u8, slot| DeskEntry {
        id: NodeId::of(&desk_key(n).verifying_key()),
        name: format!("desk {n}"),
        slot,
        area: String::new(),
        alerts: slot == Slot::Scheme,
        key: desk_key(n).verifying_key(),
    };
    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: "Sample".to_owned(),
        weather: String::new(),
        purpose: Purpose::Drill,
        version: 3,
        digest: [0; 32],
        issued: NOW - 60,
        expires: NOW + 30 * 86_400,
        threshold: 1,
        officers: vec![NamedKey::new("ada", public(1)).unwrap()],
        former: Vec::new(),
        relays: vec![
            relay(0, Layer::Entry, "project"),
            relay(1, Layer::Middle, "charity"),
            relay(2, Layer::Exit, "university"),
        ],
        inbox: InboxEntry {
            id: NodeId::of(&public::<role::Log>(21)),
            address: "127.0.0.1:9".to_owned(),
            key: public(21),
            log_key: log_key().verifying_key(),
        },
        issuer: IssuerEntry {
            relay: NodeId::of(&relay_key(1).verifying_key()),
            keys: vec![IssuerPeriod {
                period: PERIOD,
                from: NOW - 86_400,
                until: 1 << 40,
                key: issuer().public(),
            }],
        },
        desks: vec![desk(0, Slot::Scheme), desk(1, Slot::Police)],
        parameters: Parameters {
            mix: mix::Parameters {
                tick_ms: 15_000,
                release_ppm: 45_455,
                min_pool: 80,
            },
            packet_epoch: 86_400,
            desk_epoch: 604_800,
            effective_after: 7_200,
            publish_ms: 3_600_000,
            window: 256,
            calling_code: 44,
            cover_deliver_one_in: 64,
        },
    };
    directory.scheme = directory.founders();
    written(directory)
}

/// The directory with the digest of its text.
pub fn written(mut directory: Directory) -> Directory {
    directory.digest = Sha256::digest(directory.to_text().unwrap()).into();
    directory
}

/// What comes after a directory.
pub fn after(before: &Directory) -> Directory {
    written(Directory {
        version: before.version + 1,
        issued: before.issued + 1,
        ..before.clone()
    })
}

/// The directory as its officer signs it.
pub fn signed(directory: &Directory) -> SignedDirectory {
    let note = note(directory).to_string().into();
    SignedDirectory::verify(note, directory.scheme, 0, 0).unwrap()
}

pub fn note(directory: &Directory) -> Note {
    let mut note = Note::unsigned(directory.to_text().unwrap()).unwrap();
    let officer = SigningKey::<role::Authority>::from_seed(&[1; 32]);
    note.sign("ada", &officer).unwrap();
    note
}

/// What an inbox keeps in a folder.
pub struct Storage {
    pub ledger: Arc<Embedded>,
    pub objects: Objects,
}

impl Storage {
    /// Opens it, perhaps again: threads of sled's hold its file a moment longer than its owner.
    pub fn open(data: &Path) -> Self {
        let begun = Instant::now();
        let ledger = loop {
            match Embedded::open(data) {
                Err(LedgerError::Refused(_) | LedgerError::InUse(_))
                    if begun.elapsed().as_secs() < 20 =>
                {
                    std::thread::yield_now();
                }
                opened => break Arc::new(opened.unwrap()),
            }
        };
        let objects = Objects::open(&data.join("objects")).unwrap();
        Self { ledger, objects }
    }

    pub fn admitter(&self) -> Admitter<Embedded> {
        Admitter::new(Arc::clone(&self.ledger), self.objects.clone(), &directory())
    }

    pub async fn admit(&self, cells: &[SealedCell]) -> u64 {
        self.admit_at(cells, NOW).await
    }

    pub async fn admit_at(&self, cells: &[SealedCell], now: u64) -> u64 {
        self.admitter().admit(paid(cells), now).await.unwrap()
    }

    pub async fn poster(&self) -> Poster<Embedded> {
        Poster::open(Arc::clone(&self.ledger)).await.unwrap()
    }

    /// The versions of the directory, of which none is logged yet.
    pub async fn directories(&self) -> Directories<Embedded> {
        let poster = Arc::new(self.poster().await);
        let (ledger, objects) = (Arc::clone(&self.ledger), self.objects.clone());
        Directories::new(ledger, objects, poster, directory().scheme)
    }

    #[cfg(test)]
    pub(crate) async fn directories_with(
        &self,
        steps: crate::step::Steps,
    ) -> Directories<Embedded> {
        let poster = Arc::new(self.poster().await.with_steps(steps.clone()));
        let (ledger, objects) = (Arc::clone(&self.ledger), self.objects.clone());
        let scheme = directory().scheme;
        Directories::new(ledger, objects, poster, scheme).with_steps(steps)
    }

    pub async fn sequencer(&self) -> Result<Sequencer<Embedded>, SequenceError> {
        let lease = self.ledger.lease().await.unwrap().unwrap();
        Sequencer::resume(
            Arc::clone(&self.ledger),
            self.objects.clone(),
            directory(),
            log_key(),
            lease,
        )
        .await
    }
}

/// What a process killed at this moment leaves behind: the files as they are, and nothing of its memory.
#[cfg(test)]
pub fn killed(data: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_all(data, copy.path());
    copy
}

pub fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_all(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn public<R: role::Signer>(seed: u8) -> VerifyingKey<R> {
    SigningKey::from_seed(&[seed; 32]).verifying_key()
}
