//! From one directory to the next while the relay runs.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use brolly_keys::role::{Relay as RelayRole, Witness};
use brolly_keys::sign::SigningKey;
use brolly_protocol::board::Logged;
use brolly_protocol::directory::{Directory, Parameters};
use brolly_protocol::geometry::TOKEN_REQUEST;
use brolly_protocol::log::LogName;
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::cli::{Failure, REFUSED};
use brolly_shell::clock;
use brolly_shell::directory::{self, Before, SignedDirectory};
use brolly_shell::http::client::Link;
use brolly_shell::http::server::Server;
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls::{self, Identity};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use super::inbox::{Both, Inbox};
use super::mirror::inbox;
use super::office::{DAY, Office, Whole};
use super::world::{
    BOUND, Out, World, admit, again, get, holding, mix, post, quick, relay_key, signed,
};
use crate::assignment::{Assignment, AssignmentError, Leaving};
use crate::lives;
use crate::run::{Ended, Relay, RunError};

/// An exit relay, from life to life, and its inbox.
struct Scheme {
    world: World,
    office: Arc<Office>,
    board: Arc<Inbox>,
    delivered: mpsc::UnboundedReceiver<Bytes>,
}

struct Lives {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<Result<(), RunError>>,
    runtime: Option<Runtime>,
}

impl Scheme {
    /// Version 3 is in force and the relay about to begin.
    fn new(tweak: fn(&mut Parameters)) -> Self {
        let mut world = World::new(Layer::Exit, |parameters| {
            tweak(parameters);
            parameters.publish_ms = 1;
        });
        fs::write(&world.config.directory, &world.note).unwrap();
        let logs = LogName::ALL.map(|log| inbox(&world, log));
        let (delivered, bodies) = mpsc::unbounded_channel();
        let first = world.signed();
        let office = Arc::new(Office::default());
        let whole = Whole {
            office: Arc::clone(&office),
            logs: Both(logs.clone()),
            delivered,
        };
        world.next.be(Arc::new(whole));
        let [_, board] = logs;
        let scheme = Self {
            world,
            office,
            board,
            delivered: bodies,
        };
        scheme.log(&first, clock::now() - 2 * DAY);
        scheme.office.say(&first, clock::now(), &Layer::ALL);
        scheme
    }

    fn log(&self, signed: &SignedDirectory, time: u64) {
        self.board.change(|now| {
            let (version, note) = (signed.directory.version, signed.note.clone());
            now.directories.insert(version, note);
            now.publish([Logged::new(&signed.directory, time).to_entry()]);
        });
    }

    /// From now on this is in force, since `effective`.
    fn turn(&self, next: &SignedDirectory, effective: u64) {
        let after = self.world.directory.parameters.effective_after;
        self.log(next, effective - after);
        self.office.say(next, clock::now(), &Layer::ALL);
    }

    fn live(&self) -> Lives {
        let server = Server::bind(self.world.config.listen).unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let runtime = Runtime::new().unwrap();
        let (config, secrets) = (self.world.config.clone(), self.world.secrets());
        let memory = Arc::new(again(&self.world.memory));
        runtime.spawn(async move {
            let begun = |relay: &Relay| relay.announce();
            let done = lives::run(&config, secrets, memory, &server, begun, stopped).await;
            let _ = end.send(done);
        });
        Lives {
            address,
            stop,
            ended,
            runtime: Some(runtime),
        }
    }

    /// Waits until packets can be wrapped for the relay.
    async fn keys(&self) {
        until(|| !self.world.memory.keys().unwrap().is_empty()).await;
    }

    /// Waits until as many cells were delivered.
    async fn cells(&mut self, count: usize) -> Vec<Out> {
        let mut cells = Vec::new();
        while cells.len() < count {
            let body = tokio::time::timeout(BOUND, self.delivered.recv()).await;
            cells.extend(self.world.known(&body.unwrap().unwrap()));
        }
        cells
    }

    fn kept(&self) -> Vec<u8> {
        fs::read(self.world.config.data.join("directory.note")).unwrap()
    }
}

impl Lives {
    fn link(&self, seed: Option<[u8; 32]>) -> Link {
        let identity = seed.map(|seed| Identity::from_seed(&seed).unwrap());
        let key = relay_key(Layer::Exit).verifying_key().to_bytes();
        let tls = tls::client(&key, identity.as_ref());
        Link::new(self.address.to_string(), tls, None)
    }

    async fn ended(&mut self) -> Result<(), RunError> {
        let ended = tokio::time::timeout(BOUND, &mut self.ended).await;
        ended.unwrap().unwrap()
    }

    async fn stop(mut self) -> Result<(), RunError> {
        let stop = std::mem::replace(&mut self.stop, oneshot::channel().0);
        stop.send(()).unwrap();
        self.ended().await
    }
}

impl Drop for Lives {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn until(done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, waiting).await.unwrap();
}

fn middle() -> Option<[u8; 32]> {
    Some(*relay_key(Layer::Middle).expose())
}

/// Puts another relay in the place of the one of a layer.
fn replace(directory: &mut Directory, layer: Layer) -> SigningKey<RelayRole> {
    let key = SigningKey::from_seed(&[150 + layer.number(); 32]);
    let witness = SigningKey::<Witness>::from_seed(&[160 + layer.number(); 32]);
    let relay = directory
        .relays
        .iter_mut()
        .find(|relay| relay.layer == layer)
        .unwrap();
    relay.id = NodeId::of(&key.verifying_key());
    relay.key = key.verifying_key();
    relay.witness = witness.verifying_key();
    relay.address = "127.0.0.1:1".to_owned();
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_15_12_the_next_version_is_taken_up_while_running_and_nothing_that_was_acknowledged_is_lost()
 {
    let mut scheme = Scheme::new(holding);
    let lives = scheme.live();
    scheme.keys().await;
    let link = lives.link(middle());
    let mut accepted = Vec::new();
    for packet in scheme.world.packets(3) {
        assert_eq!(post(&link, packet.body).await.0, StatusCode::ACCEPTED);
        accepted.push(packet.out);
    }
    assert_eq!(scheme.world.live().len(), 3);

    // In which everything leaves at the next tick.
    let next = scheme
        .world
        .next_directory(|next| next.parameters.mix = mix());
    scheme.turn(&next, clock::now());
    let new = lives.link(None);
    let served = async {
        // Whenever somebody comes, somebody answers; and whoever was refused still has its packet.
        loop {
            let packet = scheme.world.packet(|_| {});
            let reply = link.send(Method::POST, wire::CELLS, packet.body.into(), 9, BOUND);
            match reply.await.map(|reply| reply.status) {
                Ok(StatusCode::ACCEPTED) => accepted.push(packet.out),
                Ok(status) => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
                Err(_) => {}
            }
            if get(&new, "/v1/directory/4").await.1 == next.note && scheme.kept() == next.note {
                break;
            }
        }
    };
    tokio::time::timeout(BOUND, served).await.unwrap();
    let mut arrived = scheme.cells(accepted.len()).await;
    arrived.retain(|cell| accepted.contains(cell));
    while arrived.len() < accepted.len() {
        let more = scheme.cells(1).await;
        arrived.extend(more.into_iter().filter(|cell| accepted.contains(cell)));
    }
    arrived.sort();
    accepted.sort();
    assert_eq!(arrived, accepted, "each of them, once");
    scheme.world.until_empty().await;
    let before = fs::read(scheme.world.config.data.join("directory.before")).unwrap();
    assert!(before.starts_with(b"since ") && before.ends_with(&scheme.world.note));
    lives.stop().await.unwrap();

    // A restart goes on with it, although the configuration names the one before.
    let lives = scheme.live();
    let (_, note) = get(&lives.link(None), "/v1/directory/4").await;
    assert_eq!(note, next.note);
    lives.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_15_12_a_relay_that_the_next_version_does_not_have_passes_on_what_it_holds_and_stops()
{
    for moved in [false, true] {
        let mut scheme = Scheme::new(holding);
        // The relay sees the board late: the half of an epoch in which it goes on as before is over then.
        scheme.board.lie("checkpoint", None);
        let mut lives = scheme.live();
        scheme.keys().await;
        let packets = scheme.world.packets(3);
        let body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
        let answer = post(&lives.link(middle()), body).await;
        assert_eq!(answer.0, StatusCode::ACCEPTED);
        let next = scheme.world.next_directory(|next| match moved {
            false => drop(replace(next, Layer::Exit)),
            true => {
                next.relays[1].layer = Layer::Exit;
                next.relays[2].layer = Layer::Middle;
            }
        });
        scheme.log(&next, clock::now() - DAY * 3 / 4 - 3_600);
        scheme.board.repent();
        let mirrored = async {
            let link = lives.link(None);
            while get(&link, "/v1/directory/4").await.0 != StatusCode::OK
                || get(&link, "/v1/board/checkpoint").await.0 != StatusCode::OK
            {}
        };
        tokio::time::timeout(BOUND, mirrored).await.unwrap();
        scheme.office.say(&next, clock::now(), &Layer::ALL);
        let mut arrived = scheme.cells(3).await;
        let mut wanted: Vec<Out> = packets.into_iter().map(|packet| packet.out).collect();
        arrived.sort();
        wanted.sort();
        assert_eq!(arrived, wanted);
        if moved {
            // Another layer is a life like any other, once nothing of the last one is left.
            until(|| scheme.kept() == next.note).await;
            assert!(scheme.world.live().is_empty());
            let (status, note) = get(&lives.link(None), "/v1/directory/4").await;
            assert_eq!((status, note), (StatusCode::OK, next.note));
            lives.stop().await.unwrap();
            continue;
        }
        let left = lives.ended().await.unwrap_err();
        assert!(matches!(left, RunError::Left(4)));
        let failure = Failure::from(left);
        assert_eq!(failure.code, REFUSED);
        assert!(failure.message.contains("version 4 of the directory"));
        assert!(scheme.world.live().is_empty());
        assert_eq!(scheme.kept(), next.note);
        // It stays so.
        let again = scheme.live().ended().await.unwrap_err();
        assert!(matches!(
            again,
            RunError::Assignment(AssignmentError::NotListed)
        ));
    }
}

#[test]
fn a_relay_that_leaves_takes_part_for_half_an_epoch_and_is_heard_for_one() {
    let leaving = |closed| Leaving {
        next: World::new(Layer::Exit, quick).signed(),
        since: 1_000_000,
        closed,
    };
    let over = |closed, gone| leaving(closed).is_over(DAY, 1_000_000 + gone);
    assert!(!over(false, DAY / 2 - 1) && over(false, DAY / 2));
    assert!(!over(true, DAY - 1) && over(true, DAY));
}

#[tokio::test]
async fn a_relay_that_drains_takes_nothing_in_and_ends_when_nothing_is_left() {
    let mut world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let packets = world.packets(5);
    let body: Vec<u8> = packets.iter().flat_map(|p| p.body.clone()).collect();
    assert_eq!(post(&relay.link(None), body).await.0, StatusCode::ACCEPTED);
    relay.stop().await.unwrap();

    let mut assignment = world.assignment();
    assignment.leaving = Some(Leaving {
        next: world.next_directory(|next| drop(replace(next, Layer::Entry))),
        since: clock::now(),
        closed: true,
    });
    let server = Server::bind(world.config.listen).unwrap();
    let key = relay_key(Layer::Entry).verifying_key().to_bytes();
    let link = Link::new(
        server.local_addr().to_string(),
        tls::client(&key, None),
        None,
    );
    let memory = Arc::new(again(&world.memory));
    let relay = Relay::open(&world.config, assignment, memory, server).unwrap();
    let serving = tokio::spawn(relay.serve(std::future::pending::<()>()));
    let late = post(&link, world.packet(|_| {}).body).await;
    assert_eq!(late.0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!serving.is_finished());
    world.next.up();
    assert_eq!(world.arrivals(5).await.len(), 5);
    let ended = tokio::time::timeout(BOUND, serving).await.unwrap().unwrap();
    assert!(matches!(ended, Ok(Ended::Leaving)));
    assert!(world.live().is_empty() && world.next.nothing_more());
}

/// What is kept of version 3 when `next` was taken up at `since`.
fn before(world: &World, next: &SignedDirectory, since: u64) -> Option<Before> {
    let data = &world.config.data;
    let _ = fs::remove_dir_all(data);
    fs::create_dir(data).unwrap();
    admit(&world.config);
    directory::keep(&world.signed(), data, since).unwrap();
    directory::keep(next, data, since).unwrap();
    let open = directory::open(&world.config.directory, data, world.directory.scheme, 0);
    open.unwrap().before
}

#[tokio::test]
async fn spec_15_12_relays_of_the_version_before_are_heard_for_one_epoch() {
    for (ago, status) in [
        (0, StatusCode::ACCEPTED),
        (DAY - 100, StatusCode::ACCEPTED),
        (DAY, StatusCode::FORBIDDEN),
    ] {
        let mut world = World::new(Layer::Middle, quick);
        let mut key = None;
        let next = world.next_directory(|next| key = Some(replace(next, Layer::Entry)));
        world.before = before(&world, &next, clock::now() - ago);
        (world.directory, world.note) = (next.directory, next.note);
        let relay = world.start();
        world.next.up();
        let old = relay.link(Some(*relay_key(Layer::Entry).expose()));
        let packet = world.packets(1).remove(0);
        assert_eq!(post(&old, packet.body).await.0, status, "{ago}");
        if status == StatusCode::ACCEPTED {
            assert_eq!(world.arrivals(1).await, [packet.out]);
        }
        let new = relay.link(Some(*key.unwrap().expose()));
        let packet = world.packets(1).remove(0);
        assert_eq!(post(&new, packet.body).await.0, StatusCode::ACCEPTED);
        assert_eq!(world.arrivals(1).await, [packet.out]);
    }
}

#[tokio::test]
async fn spec_15_12_what_waits_for_a_relay_that_left_is_passed_on_to_it_for_one_epoch() {
    let mut world = World::new(Layer::Entry, holding);
    let relay = world.start();
    let packet = world.packets(1).remove(0);
    post(&relay.link(None), packet.body).await;
    relay.stop().await.unwrap();
    let left = NodeId::of(&relay_key(Layer::Middle).verifying_key());
    let next = world.next_directory(|next| {
        next.parameters.mix = mix();
        next.issuer.relay = next.relays[2].id;
        replace(next, Layer::Middle);
    });
    let assign = |before| Assignment::new(next.clone(), before, world.secrets()).unwrap();
    let elsewhere = World::new(Layer::Entry, quick);
    let kept = |ago| {
        let data = &elsewhere.config.data;
        let _ = fs::remove_dir_all(data);
        fs::create_dir(data).unwrap();
        directory::keep(&world.signed(), data, 0).unwrap();
        directory::keep(&next, data, clock::now() - ago).unwrap();
        let path = &elsewhere.config.directory;
        let open = directory::open(path, data, world.directory.scheme, 0);
        open.unwrap().before
    };
    assert_eq!(assign(None).hop(left), None);
    assert_eq!(assign(kept(DAY)).hop(left), None);
    assert_eq!(assign(kept(0)).hop(left), Some(1));
    assert_eq!(assign(kept(0)).hop(next.directory.relays[1].id), Some(0));

    world.before = kept(0);
    (world.directory, world.note) = (next.directory.clone(), next.note.clone());
    let _relay = world.start();
    world.next.up();
    assert_eq!(world.arrivals(1).await, [packet.out]);
    world.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_15_12_a_relay_that_was_away_until_its_directory_expired_asks_the_inbox_for_the_next()
{
    let scheme = Scheme::new(quick);
    let world = &scheme.world;
    let mut expired = Directory::clone(&world.directory);
    (expired.issued, expired.expires) = (expired.issued - 5_000, clock::now() - 1_000);
    let expired = signed(&expired);
    fs::create_dir_all(&world.config.data).unwrap();
    directory::keep(&expired, &world.config.data, 0).unwrap();
    *scheme.office.answer.lock().unwrap() = None;
    let refused = scheme.live().ended().await.unwrap_err();
    assert!(refused.to_string().contains("has expired"), "{refused}");
    assert_eq!(Failure::from(refused).code, REFUSED);

    let next = world.next_directory(|_| {});
    scheme.office.say(&next, clock::now(), &[Layer::Entry]);
    scheme.live().ended().await.unwrap_err();
    scheme.office.say(&next, clock::now(), &Layer::ALL);
    let lives = scheme.live();
    until(|| scheme.kept() == next.note).await;
    let (_, note) = get(&lives.link(None), "/v1/directory/4").await;
    assert_eq!(note, next.note);
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_9_11_a_relay_that_becomes_the_issuer_without_its_keys_passes_packets_on_and_issues_nothing()
 {
    let mut scheme = Scheme::new(quick);
    let lives = scheme.live();
    scheme.keys().await;
    let next = scheme.world.next_directory(|next| {
        next.parameters.mix = mix();
        next.issuer.relay = next.relays[2].id;
    });
    scheme.turn(&next, clock::now());
    until(|| scheme.kept() == next.note).await;
    // It answers again, and goes by the new version.
    let (_, note) = get(&lives.link(None), "/v1/directory/4").await;
    assert_eq!(note, next.note);
    let packet = scheme.world.packet(|_| {});
    let answer = post(&lives.link(middle()), packet.body).await;
    assert_eq!(answer.0, StatusCode::ACCEPTED);
    assert_eq!(scheme.cells(1).await, [packet.out]);
    let link = lives.link(Some(*relay_key(Layer::Entry).expose()));
    let request = vec![0; TOKEN_REQUEST].into();
    let asked = link.send(Method::POST, wire::TOKENS, request, 999, BOUND);
    assert_eq!(asked.await.unwrap().status, StatusCode::NOT_FOUND);
    lives.stop().await.unwrap();

    // Whoever starts it is told.
    let refused = scheme.live().ended().await.unwrap_err();
    assert!(refused.to_string().contains("key of month"), "{refused}");
}
