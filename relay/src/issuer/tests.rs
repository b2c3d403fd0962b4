use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use brolly_keys::file::Kind;
use brolly_keys::pair::SecretKey;
use brolly_keys::sign::SigningKey;
use brolly_protocol::onion::Hop;
use brolly_protocol::token::project::ProjectId;
use brolly_protocol::token::request::{AnswerError, Pending, TokenRequest};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::change::Desks;
use super::projects::Project;
use super::*;
use crate::supervised::Memory;
use crate::tests::mint::{self, DAY, secret};

const SCHEME: SchemeId = SchemeId([7; 32]);
const ISSUER: NodeId = NodeId([5; 16]);
const PLACES: [NodeId; 2] = [NodeId([1; 16]), NodeId([2; 16])];
const NOW: u64 = 20_000 * DAY + 5;
const EPOCH: Epoch = Epoch::new(20_000);

struct Office {
    folder: tempfile::TempDir,
    issuer: Issuer,
    rng: ChaCha20Rng,
}

impl Office {
    /// Two projects: `a` with the secret of ones, `b` with that of twos.
    fn new(quota: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projects.toml");
        projects::edit::<_, ProjectsError>(&path, |projects| {
            *projects = vec![project("a", 1, quota), project("b", 2, quota)];
            Ok(())
        })
        .unwrap();
        Self {
            issuer: issuer(folder.path()),
            folder,
            rng: ChaCha20Rng::seed_from_u64(1),
        }
    }

    fn restart(&mut self) {
        self.issuer = issuer(self.folder.path());
    }

    fn edit(&self, change: impl FnOnce(&mut Vec<Project>)) {
        let path = self.folder.path().join("projects.toml");
        projects::edit::<_, ProjectsError>(&path, |projects| {
            change(projects);
            Ok(())
        })
        .unwrap();
    }

    fn request(&mut self, name: &str, secret: u8) -> (Vec<u8>, Pending) {
        self.request_under(name, secret, EPOCH, period())
    }

    fn request_under(
        &mut self,
        name: &str,
        secret: u8,
        epoch: Epoch,
        period: IssuerPeriod,
    ) -> (Vec<u8>, Pending) {
        let request = TokenRequest {
            scheme: SCHEME,
            issuer: &Hop {
                relay: ISSUER,
                epoch,
                key: packet_key().public(),
            },
            period: &period,
            project: ProjectId::of(SCHEME, name),
            secret: &[secret; 16],
            places: PLACES,
        };
        let (wire, pending) = request.seal(&mut self.rng).unwrap();
        (wire.into_vec(), pending)
    }

    fn answer(&mut self, wire: &[u8], now: u64) -> Vec<u8> {
        let mut ring = KeyRing::new();
        ring.insert(EPOCH, packet_key());
        self.issuer.reply(&ring, wire, now, &mut self.rng)
    }

    /// Asks for tokens of a project, and says what came of it.
    fn ask(&mut self, name: &str, secret: u8, now: u64) -> Result<(), AnswerError> {
        let (wire, pending) = self.request(name, secret);
        let answer = self.answer(&wire, now);
        pending.finish(&answer).map(|_| ())
    }
}

fn project(name: &str, secret: u8, quota: u32) -> Project {
    let id = ProjectId::of(SCHEME, name);
    Project {
        name: name.to_owned(),
        desk: None,
        digest: Some(brolly_protocol::token::project::secret_digest(
            SCHEME,
            id,
            &[secret; 16],
        )),
        quota,
        serial: 0,
    }
}

fn period() -> IssuerPeriod {
    mint::period(671, NOW - DAY, NOW + 2 * DAY)
}

fn packet_key() -> SecretKey<Relay> {
    SecretKey::from_seed(&[3; 32])
}

fn key_file() -> KeyFile {
    let mut file = KeyFile::new(Kind::Relay, "issuer", [0; 32]);
    file.insert_issuer(671, &secret().primes());
    file
}

fn secrets(issuer: IssuerKeys) -> Arc<Secrets> {
    let key = SigningKey::from_seed(&[11; 32]);
    let witness = SigningKey::from_seed(&[12; 32]);
    Arc::new(Secrets::new(key, witness).with_issuer(issuer))
}

fn issuer(folder: &Path) -> Issuer {
    let path = folder.join("projects.toml");
    Issuer {
        scheme: SCHEME,
        id: ISSUER,
        periods: vec![period()],
        secrets: secrets(IssuerKeys::of(&key_file()).unwrap()),
        desks: Desks::new(path.clone(), Vec::new()),
        state: Mutex::new(State {
            register: Register::open(path, SCHEME).unwrap(),
            quota: Quota::open(folder.join("today"), NOW),
            seen: TagSet::new(1, 100),
            unreadable: false,
            unwritable: false,
        }),
        journal: Arc::default(),
        cores: Arc::new(Semaphore::new(1)),
        doors: Mutex::default(),
    }
}

fn refused(refusal: Refusal) -> Result<(), AnswerError> {
    Err(AnswerError::Refused(refusal))
}

#[test]
fn spec_9_11_tokens_are_signed_for_a_projects_secret_and_for_nothing_else() {
    let mut office = Office::new(18);
    let (wire, pending) = office.request("a", 1);
    let answer = office.answer(&wire, NOW);
    let tokens = pending.finish(&answer).unwrap();
    for (token, place) in tokens.iter().zip(PLACES) {
        assert!(token.verify(SCHEME, place, &period()).is_ok());
    }
    assert_eq!(office.ask("b", 2, NOW), Ok(()));
    assert_eq!(office.ask("A", 1, NOW), Ok(()), "in whatever case");
    for (name, secret) in [("a", 2), ("b", 1), ("c", 1)] {
        let got = office.ask(name, secret, NOW);
        assert_eq!(got, refused(Refusal::Project), "{name} {secret}");
    }
}

#[test]
fn spec_9_11_a_quota_counts_one_project_and_one_day_and_survives_a_restart() {
    let mut office = Office::new(4);
    assert_eq!(office.ask("a", 1, NOW), Ok(()));
    office.restart();
    assert_eq!(office.ask("a", 1, NOW), Ok(()));
    for _ in 0..2 {
        assert_eq!(office.ask("a", 1, NOW), refused(Refusal::Quota));
        office.restart();
    }
    assert_eq!(office.ask("b", 2, NOW), Ok(()));
    // A wrong secret costs the project nothing.
    assert_eq!(office.ask("b", 3, NOW), refused(Refusal::Project));
    assert_eq!(office.ask("b", 2, NOW), Ok(()));
    assert_eq!(office.ask("a", 1, NOW + DAY), Ok(()));
}

#[test]
fn spec_9_11_a_revoked_project_or_one_with_another_secret_is_refused_at_once() {
    let mut office = Office::new(18);
    assert_eq!(office.ask("a", 1, NOW), Ok(()));
    office.edit(|projects| projects[0] = project("a", 4, 18));
    assert_eq!(office.ask("a", 1, NOW), refused(Refusal::Project));
    assert_eq!(office.ask("a", 4, NOW), Ok(()));
    office.edit(|projects| projects.retain(|project| project.name != "a"));
    assert_eq!(office.ask("a", 4, NOW), refused(Refusal::Project));
    assert_eq!(office.ask("b", 2, NOW), Ok(()));
}

#[test]
fn spec_9_11_a_replayed_request_gets_noise_and_costs_nothing() {
    let mut office = Office::new(4);
    let (wire, pending) = office.request("a", 1);
    let first = office.answer(&wire, NOW);
    for _ in 0..3 {
        let again = office.answer(&wire, NOW);
        assert_eq!(again.len(), first.len());
        assert_ne!(again, first);
    }
    let again = office.answer(&wire, NOW);
    assert_eq!(pending.finish(&again).err(), Some(AnswerError::Sealed));
    assert_eq!(office.ask("a", 1, NOW), Ok(()));
    assert_eq!(office.ask("a", 1, NOW), refused(Refusal::Quota));
}

#[test]
fn a_request_that_was_refused_is_no_replay_once_it_would_be_granted() {
    let mut office = Office::new(0);
    let (wire, pending) = office.request("a", 1);
    office.answer(&wire, NOW);
    office.edit(|projects| projects[0].quota = 2);
    let answer = office.answer(&wire, NOW);
    assert!(pending.finish(&answer).is_ok());
}

#[test]
fn spec_9_11_every_answer_has_561_bytes() {
    let mut office = Office::new(2);
    let good = office.request("a", 1).0;
    let mut flipped = good.clone();
    flipped[900] ^= 1;
    let over = office.request("a", 1).0;
    let wrong = office.request("a", 9).0;
    let unknown = office.request_under("a", 1, EPOCH.plus(1), period()).0;
    let other = IssuerPeriod {
        period: 672,
        ..period()
    };
    let month = office.request_under("b", 2, EPOCH, other).0;
    let short = &good[1..];
    for wire in [&good, &good, &flipped, &over, &wrong, &unknown, &month] {
        assert_eq!(office.answer(wire, NOW).len(), TOKEN_ANSWER);
    }
    assert_eq!(office.answer(short, NOW).len(), TOKEN_ANSWER);
}

#[test]
fn spec_9_11_an_entry_with_64_requests_in_work_is_refused_more_and_keeps_no_other_out() {
    let office = Office::new(2);
    let issuer = Arc::new(office.issuer);
    // All cores are busy, so that whoever is let in waits.
    let _busy = issuer.cores.try_acquire().unwrap();
    let keys = Arc::new(Keys::open(&Memory::create(1).unwrap()).unwrap());
    let from = |entry: u8| Box::pin(issuer.answer(&keys, NodeId([entry; 16]), [0; 0]));
    let mut context = Context::from_waker(Waker::noop());
    let mut first: Vec<_> = (0..64).map(|_| from(1)).collect();
    for waiting in &mut first {
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
    }
    assert_eq!(pin!(from(1)).poll(&mut context), Poll::Ready(None));
    assert_eq!(pin!(from(2)).poll(&mut context), Poll::Pending);
    // Whoever leaves makes room.
    first.pop();
    assert_eq!(pin!(from(1)).poll(&mut context), Poll::Pending);
}

#[test]
fn a_month_that_is_over_or_whose_key_is_not_there_is_refused_and_costs_nothing() {
    let mut office = Office::new(2);
    let later = NOW + 2 * DAY;
    assert_eq!(office.ask("a", 1, later), refused(Refusal::Period));
    office.issuer.secrets = secrets(IssuerKeys::default());
    assert_eq!(office.ask("a", 1, NOW), refused(Refusal::Period));
    office.restart();
    assert_eq!(office.ask("a", 1, NOW), Ok(()));
}

#[test]
fn requests_beyond_what_can_be_remembered_are_put_off() {
    let mut office = Office::new(18);
    office.issuer.state().seen = TagSet::new(1, 1);
    assert_eq!(office.ask("a", 1, NOW), Ok(()));
    assert_eq!(office.ask("a", 1, NOW), refused(Refusal::Busy));
}

#[test]
fn a_broken_file_of_projects_is_told_once_and_what_was_known_holds() {
    let mut office = Office::new(18);
    assert_eq!(office.ask("a", 1, NOW), Ok(()));
    std::fs::write(office.folder.path().join("projects.toml"), "project").unwrap();
    for _ in 0..3 {
        assert_eq!(office.ask("a", 1, NOW), Ok(()));
    }
    let told = office.issuer.journal.due(0);
    let names: Vec<_> = told
        .iter()
        .map(|(_, name, field)| (*name, field.1))
        .collect();
    assert_eq!(names, [("projects-unreadable", 1)]);
}
