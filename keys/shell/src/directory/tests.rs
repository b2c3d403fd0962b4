use std::fs;

use brolly_keys::blind::IssuerSecret;
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::{Authority, Desk, Log, Relay, Witness};
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::{
    DeskEntry, InboxEntry, IssuerEntry, Parameters, Purpose, RelayEntry,
};
use brolly_protocol::mix;
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::report::Slot;
use brolly_protocol::token::IssuerPeriod;
use tempfile::TempDir;

use super::*;

const NOW: u64 = 1_764_000_000;

/// A folder for data, and beside it the file that a configuration names.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        Self(folder)
    }

    fn named(&self) -> PathBuf {
        self.0.path().join("directory.note")
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn name(&self, signed: &SignedDirectory) {
        fs::write(self.named(), &signed.note).unwrap();
    }

    fn open(&self, now: u64) -> Result<InForce, DirectoryFileError> {
        open(
            &self.named(),
            &self.data(),
            sample(1, "").directory.scheme,
            now,
        )
    }

    fn version(&self) -> u32 {
        self.open(NOW).unwrap().current.directory.version
    }
}

/// A version of a directory that says something about a relay.
fn sample(version: u32, about: &str) -> SignedDirectory {
    let officer = SigningKey::<Authority>::from_seed(&[1; 32]);
    let relay = |layer: Layer| {
        let number = layer.number();
        let key = SigningKey::<Relay>::from_seed(&[11 + number; 32]).verifying_key();
        RelayEntry {
            id: NodeId::of(&key),
            name: format!("relay {number}{about}"),
            address: format!("127.0.0.1:{}", 1 + u16::from(number)),
            layer,
            operator: format!("operator {number}"),
            kind: format!("kind {number}"),
            key,
            witness: SigningKey::<Witness>::from_seed(&[71 + number; 32]).verifying_key(),
        }
    };
    let inbox = SigningKey::<Log>::from_seed(&[21; 32]).verifying_key();
    let desk = SigningKey::<Desk>::from_seed(&[31; 32]).verifying_key();
    let relays: Vec<RelayEntry> = Layer::ALL.map(relay).into();
    let mut directory = Directory {
        scheme: SchemeId([0; 32]),
        name: "Sample".to_owned(),
        weather: String::new(),
        purpose: Purpose::Drill,
        version,
        digest: [0; 32],
        issued: NOW - 60,
        expires: NOW + 86_400,
        threshold: 1,
        officers: vec![NamedKey::new("ada", officer.verifying_key()).unwrap()],
        former: Vec::new(),
        issuer: IssuerEntry {
            relay: relays[1].id,
            keys: vec![IssuerPeriod {
                period: 671,
                from: NOW - 86_400,
                until: NOW + 30 * 86_400,
                key: issuer().public(),
            }],
        },
        relays,
        inbox: InboxEntry {
            id: NodeId::of(&inbox),
            address: "127.0.0.1:9".to_owned(),
            key: inbox,
            log_key: SigningKey::<Log>::from_seed(&[22; 32]).verifying_key(),
        },
        desks: vec![DeskEntry {
            id: NodeId::of(&desk),
            name: "desk".to_owned(),
            slot: Slot::Scheme,
            area: String::new(),
            alerts: true,
            key: desk,
        }],
        parameters: Parameters {
            mix: mix::Parameters {
                tick_ms: 10,
                release_ppm: 1_000_000,
                min_pool: 0,
            },
            packet_epoch: 3_600,
            desk_epoch: 604_800,
            effective_after: 60,
            publish_ms: 1_000,
            window: 256,
            calling_code: 44,
            cover_deliver_one_in: 64,
        },
    };
    directory.scheme = directory.founders();
    let mut note = Note::unsigned(directory.to_text().unwrap()).unwrap();
    note.sign("ada", &officer).unwrap();
    let note = Bytes::from(note.to_string());
    SignedDirectory::verify(note, directory.scheme, NOW, 0).unwrap()
}

/// It takes long to draw one.
fn issuer() -> IssuerSecret {
    let hex = include_str!("../../../vectors/issuer.hex");
    let byte = |n: usize| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap();
    IssuerSecret::from_primes(&std::array::from_fn(byte)).unwrap()
}

fn refused<T>(done: Result<T, DirectoryFileError>) -> DirectoryError {
    match done.err() {
        Some(DirectoryFileError::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_named_file_is_how_a_program_starts_and_later_a_candidate_alone() {
    let place = Place::new();
    place.name(&sample(3, ""));
    let first = place.open(NOW).unwrap();
    assert_eq!(first.current.directory.version, 3);
    assert!(first.before.is_none() && first.waiting.is_none());
    keep(&first.current, &place.data(), NOW).unwrap();

    place.name(&sample(4, ""));
    let later = place.open(NOW).unwrap();
    assert_eq!(
        (later.current.directory.version, later.waiting),
        (3, Some(4))
    );
    // Any that comes before, or the same, is the file from the first start.
    for version in [1, 3] {
        place.name(&sample(version, ""));
        let later = place.open(NOW).unwrap();
        assert_eq!(later.current.directory.version, 3);
        assert!(later.waiting.is_none() && later.passed_over.is_none());
    }
    fs::write(place.named(), "nonsense").unwrap();
    let later = place.open(NOW).unwrap();
    assert!(matches!(
        later.passed_over,
        Some(DirectoryFileError::Refused { .. })
    ));
    fs::remove_file(place.named()).unwrap();
    let later = place.open(NOW).unwrap();
    assert!(matches!(
        later.passed_over,
        Some(DirectoryFileError::Unreadable { .. })
    ));
    place.name(&sample(3, ", twice"));
    let later = place.open(NOW).unwrap();
    let forked = later.passed_over.map(Err::<(), _>).unwrap();
    assert_eq!(refused(forked), DirectoryError::Forked { version: 3 });
}

#[test]
fn what_was_taken_up_is_in_force_after_a_restart_and_the_one_before_is_known_for_an_epoch() {
    let place = Place::new();
    for version in [3, 4, 5] {
        keep(
            &sample(version, ""),
            &place.data(),
            NOW + u64::from(version),
        )
        .unwrap();
        assert_eq!(place.version(), version);
    }
    let open = place.open(NOW).unwrap();
    assert_eq!(open.current.note, sample(5, "").note);
    let before = open.before.unwrap();
    assert_eq!((before.directory.version, before.since), (4, NOW + 5));
    assert!(before.counts(NOW + 5) && before.counts(NOW + 5 + 3_599));
    assert!(!before.counts(NOW + 5 + 3_600));
    // The same again changes nothing, not even since when.
    keep(&sample(5, ""), &place.data(), NOW + 100).unwrap();
    assert_eq!(place.open(NOW).unwrap().before.unwrap().since, NOW + 5);
    // Killed before it had the next one: nothing is in force that was not, and it takes it up again.
    let note = fs::read(place.data().join(BEFORE)).unwrap();
    let text = String::from_utf8(note).unwrap();
    let current = String::from_utf8(sample(5, "").note.to_vec()).unwrap();
    let half = text.split_once('\n').unwrap().0.to_owned() + "\n" + &current;
    fs::write(place.data().join(BEFORE), half).unwrap();
    let open = place.open(NOW).unwrap();
    assert_eq!(open.current.directory.version, 5);
    assert!(open.before.is_none());
    keep(&sample(6, ""), &place.data(), NOW + 6).unwrap();
    let before = place.open(NOW).unwrap().before.unwrap();
    assert_eq!((before.directory.version, before.since), (5, NOW + 6));
    for damaged in ["", "since", "since x\n", "since 5\nnonsense"] {
        fs::write(place.data().join(BEFORE), damaged).unwrap();
        assert!(place.open(NOW).unwrap().before.is_none(), "{damaged}");
    }
}

#[test]
fn spec_4_3_a_directory_that_was_rolled_back_forked_or_expired_is_refused() {
    let place = Place::new();
    place.name(&sample(9, ""));
    keep(&sample(4, ""), &place.data(), NOW).unwrap();
    let rolled = DirectoryError::RolledBack { given: 3, seen: 4 };
    assert_eq!(refused(keep(&sample(3, ""), &place.data(), NOW)), rolled);
    let forked = DirectoryError::Forked { version: 4 };
    assert_eq!(
        refused(keep(&sample(4, " too"), &place.data(), NOW)),
        forked
    );
    assert_eq!(place.version(), 4);
    assert_eq!(refused(place.open(NOW + 86_400)), DirectoryError::Expired);
    let scheme = sample(4, "").directory.scheme;
    let old = kept(&place.data(), scheme).unwrap().unwrap();
    assert_eq!(old.directory.version, 4, "enough to ask for the next one");

    let new = Place::new();
    new.name(&sample(4, ""));
    assert_eq!(refused(new.open(NOW + 86_400)), DirectoryError::Expired);
    assert!(kept(&new.data(), scheme).unwrap().is_none());
}

#[test]
fn a_directory_that_was_kept_and_is_damaged_stops_the_program_with_a_sentence() {
    let place = Place::new();
    place.name(&sample(4, ""));
    keep(&sample(4, ""), &place.data(), NOW).unwrap();
    let note = sample(4, "").note;
    for end in [0, 9, note.len() / 2] {
        fs::write(place.data().join(NOTE), &note[..end]).unwrap();
        let error = place.open(NOW).unwrap_err().to_string();
        assert!(error.contains("directory.note is damaged"), "{error}");
        keep(&sample(5, ""), &place.data(), NOW).unwrap_err();
    }
    fs::write(place.data().join(NOTE), vec![b'x'; MAX_NOTE + 100]).unwrap();
    assert!(matches!(
        place.open(NOW),
        Err(DirectoryFileError::Unreadable { .. })
    ));
}
