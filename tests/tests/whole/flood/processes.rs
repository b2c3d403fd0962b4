//! The same on real processes: for each report of somebody honest, a member with a good invitation hands in a hundred cells
//! and more (SPEC §8.10).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use brolly_keys::epoch::Epoch;
use brolly_protocol::board::Keys;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::Directory;
use brolly_protocol::geometry::TOKEN_ANSWER;
use brolly_protocol::invite::Invitation;
use brolly_protocol::onion::{self, Command, Hop};
use brolly_protocol::token::period;
use brolly_protocol::token::project::ProjectId;
use brolly_protocol::token::request::TokenRequest;
use brolly_protocol::wire;
use brolly_shell::http::client::Link;
use brolly_shell::http::{Bytes, Method};
use brolly_shell::{clock, tls};
use brolly_tests::binaries::Binaries;
use brolly_tests::scheme::{Plan, Scheme, Worker};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::reporting::{self, REPORT};

/// What anybody can fetch from an entry, fetched once, and the invitation.
struct Member {
    directory: Directory,
    keys: Keys,
    invitation: Invitation,
}

impl Member {
    fn of(scheme: &Scheme) -> Self {
        Self {
            directory: scheme.founding().unwrap(),
            keys: scheme.keys().unwrap(),
            invitation: Invitation::from_link(&scheme.invitation().unwrap()).unwrap(),
        }
    }

    fn link(&self) -> Link {
        let entrance = &self.invitation.entries[0];
        let tls = tls::client(&entrance.key, None);
        Link::new(entrance.address.clone(), tls, None)
    }

    /// Two requests and nothing besides. Every cell goes all the way to the inbox, where most of an honest cover does not.
    async fn submit(&self, link: &Link, rng: &mut ChaCha20Rng) -> bool {
        let (directory, now) = (&self.directory, clock::now());
        let scheme = directory.scheme;
        let path = directory.draw_path(&self.keys, now, rng).unwrap();
        let relay = directory.issuer.relay;
        let epoch = Epoch::at(now, directory.parameters.packet_epoch);
        let key = self.keys.relay(relay, epoch).unwrap().clone();
        let request = TokenRequest {
            scheme,
            issuer: &Hop { relay, epoch, key },
            period: period::current(&directory.issuer.keys, now).unwrap(),
            project: ProjectId::of(scheme, &self.invitation.project),
            secret: &self.invitation.secret,
            places: [path[0].relay, directory.inbox.id],
        };
        let (request, pending) = request.seal(rng).unwrap();
        let Some((200, answer)) = post(link, wire::TOKENS, request.into()).await else {
            return false;
        };
        let [entry, inbox] = pending.finish(&answer).unwrap().map(|one| one.to_bytes());
        let week = Epoch::at(now, directory.parameters.desk_epoch);
        let cell = SealedCell::cover(scheme, week, &inbox, rng).unwrap();
        let command = Command::Deliver(directory.inbox.id, &cell);
        let wrapped = onion::wrap(scheme, &path, command, rng).unwrap();
        let body = [entry.as_slice(), &wrapped.packet].concat();
        matches!(post(link, wire::CELLS, body).await, Some((202, _)))
    }
}

async fn post(link: &Link, path: &str, body: Vec<u8>) -> Option<(u16, Bytes)> {
    let answer = link.send(Method::POST, path, body.into(), TOKEN_ANSWER, PATIENCE);
    let answer = answer.await.ok()?;
    Some((answer.status.as_u16(), answer.body))
}

/// A member at work, over a few connections that stay open, without a pause.
struct Hostile {
    runtime: Runtime,
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
    /// One for each cell that the entry acknowledged.
    acknowledged: Receiver<()>,
}

impl Hostile {
    fn start(member: Member) -> Self {
        let runtime = Runtime::new().unwrap();
        let (member, stop) = (Arc::new(member), Arc::new(AtomicBool::new(false)));
        let (told, acknowledged) = channel();
        let mut tasks = Vec::new();
        for connection in 0..CONNECTIONS {
            let link = Arc::new(member.link());
            for stream in 0..STREAMS {
                let seed = connection * STREAMS + stream;
                let (member, link) = (Arc::clone(&member), Arc::clone(&link));
                let work = work(member, link, Arc::clone(&stop), told.clone(), seed);
                tasks.push(runtime.spawn(work));
            }
        }
        Self {
            runtime,
            stop,
            tasks,
            acknowledged,
        }
    }

    /// Those that were acknowledged since this was asked last.
    fn so_far(&self) -> u64 {
        u64::try_from(self.acknowledged.try_iter().count()).unwrap()
    }

    /// Waits for so many more.
    fn wait_for(&self, cells: u64) {
        for _ in 0..cells {
            self.acknowledged.recv_timeout(PATIENCE).unwrap();
        }
    }

    /// Those that were acknowledged since, when the last answer is there.
    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            self.runtime.block_on(task).unwrap();
        }
        u64::try_from(self.acknowledged.iter().count()).unwrap()
    }
}

async fn work(
    member: Arc<Member>,
    link: Arc<Link>,
    stop: Arc<AtomicBool>,
    told: Sender<()>,
    seed: u64,
) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    while !stop.load(Ordering::Relaxed) {
        if member.submit(&link, &mut rng).await {
            told.send(()).unwrap();
        }
    }
}

/// What the desk has fetched, and the reports among it.
#[derive(Default)]
struct Fetched {
    cells: u64,
    reports: u64,
}

impl Fetched {
    fn until(&mut self, scheme: &Scheme, enough: impl Fn(&Self) -> bool) {
        for _ in 0..SYNCS {
            if enough(self) {
                return;
            }
            let synced = scheme.desk("scheme", &["sync", "--json"]).unwrap();
            self.cells += synced["new"].as_u64().unwrap();
            self.reports += synced["opened"].as_u64().unwrap();
        }
        panic!("{} cells and {} reports came", self.cells, self.reports);
    }
}

/// Sends a report and says how long it took until the desk had it.
fn send(worker: &Worker, scheme: &Scheme, fetched: &mut Fetched) -> Duration {
    let (begun, expected) = (Instant::now(), fetched.reports + 1);
    assert_eq!(worker.run_json(&REPORT, "").unwrap()["accepted"], true);
    fetched.until(scheme, |fetched| fetched.reports == expected);
    begun.elapsed()
}

#[test]
fn under_a_hundredfold_flood_from_a_member_every_honest_report_arrives_once() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        // Alone a report waits for nobody: there is no shorter usual time, and no rate is honest but that of the reports.
        min_pool: 0,
        // Nothing comes but what is counted: a worker who joins sends cover.
        cover_deliver_one_in: u32::MAX,
        ..Plan::default()
    };
    let mut scheme = Scheme::start(&binaries, folder.path(), &plan).unwrap();
    let worker = reporting::worker(&scheme);
    let mut fetched = Fetched::default();
    let usual: Duration = (0..REPORTS)
        .map(|_| send(&worker, &scheme, &mut fetched))
        .sum();

    let hostile = Hostile::start(Member::of(&scheme));
    hostile.wait_for(HUNDREDFOLD);
    let (mut flooded, mut during, mut beside) = (Duration::ZERO, 0, 0);
    for _ in 0..REPORTS {
        beside += hostile.so_far();
        flooded += send(&worker, &scheme, &mut fetched);
        let meanwhile = hostile.so_far();
        // However fast reports are: the next one waits until this one had its hundred.
        let more = HUNDREDFOLD.saturating_sub(meanwhile);
        hostile.wait_for(more);
        during += meanwhile;
        beside += meanwhile + more;
    }
    let acknowledged = HUNDREDFOLD + beside + hostile.stop();
    assert!(acknowledged >= HUNDREDFOLD * REPORTS);

    // Nothing that was acknowledged is lost, be it worth nothing, and nothing comes twice.
    let all = acknowledged + 2 * REPORTS;
    fetched.until(&scheme, |fetched| fetched.cells >= all);
    let last = scheme.desk("scheme", &["sync", "--json"]).unwrap();
    assert_eq!(last["new"], 0);
    assert_eq!((fetched.cells, fetched.reports), (all, 2 * REPORTS));
    println!(
        "{REPORTS} reports one by one took {:.1} s alone, and {:.1} s beside {during} hostile cells ({acknowledged} in all): {:.2} times as long",
        usual.as_secs_f64(),
        flooded.as_secs_f64(),
        flooded.as_secs_f64() / usual.as_secs_f64()
    );
    assert!(scheme.stop().is_empty());
}

const REPORTS: u64 = 6;
/// Hostile cells for each report.
const HUNDREDFOLD: u64 = 100;
/// An entry takes four requests at a time on each.
const CONNECTIONS: u64 = 3;
const STREAMS: u64 = 4;
/// A bound on waiting, not a measure.
const PATIENCE: Duration = Duration::from_secs(120);
const SYNCS: usize = 600;
