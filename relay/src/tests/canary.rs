use std::sync::{Arc, mpsc};

use brolly_protocol::directory::Parameters;
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::node::SchemeId;
use brolly_protocol::onion::Layer;
use brolly_shell::http::server::{Body, Server};
use brolly_shell::log::{Field, Level};
use brolly_shell::{clock, private};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::world::{BOUND, World, again, quick, relay_key};
use crate::assignment::Leaving;
use crate::canary::{CanaryError, Watch};
use crate::config::CanaryConfig;
use crate::intake::Intake;
use crate::run::{Relay, RunError};
use crate::writer::{Answer, Message, Writer};

/// Parameters under which everything leaves at the next tick but for 35 packets.
fn keeping_35(parameters: &mut Parameters) {
    parameters.mix.min_pool = 35;
}

/// An invitation of the umbrella's whose one way in is at `address`.
fn invitation(scheme: SchemeId, address: &str) -> String {
    let invitation = Invitation {
        scheme,
        project: "relays".to_owned(),
        secret: [7; 16],
        members: [8; 32],
        entries: vec![Entrance {
            key: relay_key(Layer::Entry).verifying_key().to_bytes(),
            address: address.to_owned(),
        }],
    };
    invitation.to_link().unwrap()
}

/// Has the relay send canaries through a way in at `address`.
fn send_canaries(world: &mut World, address: &str, socks5: Option<String>) {
    let path = world.config.identity.with_file_name("relays.txt");
    let link = invitation(world.config.scheme, address);
    private::create(&path, format!("{link}\n").as_bytes()).unwrap();
    world.config.canary = Some(CanaryConfig {
        invitation: path,
        socks5,
    });
}

/// A middle relay whose writer a test ticks.
struct Stand {
    world: World,
    writer: Writer,
    watch: Arc<Watch>,
    intake: Arc<Intake>,
    messages: mpsc::Receiver<Message>,
    now: u64,
}

impl Stand {
    fn new() -> Self {
        let mut world = World::new(Layer::Middle, keeping_35);
        send_canaries(&mut world, "127.0.0.1:1", None);
        let writer = world.open().unwrap().writer;
        // That keys were made.
        writer.journal.due(0);
        let (sender, messages) = mpsc::channel();
        let (assignment, keys) = (Arc::new(world.assignment()), Arc::clone(&writer.keys));
        Self {
            watch: writer.watch.clone().unwrap(),
            intake: Arc::new(Intake::new(assignment, keys, None, sender)),
            messages,
            world,
            writer,
            now: 0,
        }
    }

    /// Takes a request in, as one that came over the network.
    async fn take(&mut self, body: Vec<u8>) {
        let intake = Arc::clone(&self.intake);
        let asked = tokio::spawn(async move { intake.take(Body::Whole(body.into())).await });
        let receive = || self.messages.recv_timeout(BOUND).unwrap();
        let Message::Batch(waiting) = tokio::task::block_in_place(receive) else {
            panic!("nobody closed it");
        };
        self.writer.write(vec![waiting]).unwrap();
        assert_eq!(asked.await.unwrap(), Answer::Taken);
    }

    async fn strangers(&mut self, count: usize) {
        let packets = self.world.packets(count);
        self.take(packets.into_iter().flat_map(|p| p.body).collect())
            .await;
    }

    /// How many packets the mix has after the next tick, and whether it holds. The log says nothing then.
    fn tick(&mut self) -> (usize, bool) {
        self.now += self.world.directory.parameters.mix.tick_ms;
        self.writer.step(self.now, clock::now()).unwrap();
        assert_eq!(self.writer.journal.due(0), []);
        (self.writer.pool.held(), self.writer.pool.holds())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_8_12_a_relay_whose_canaries_come_in_passes_packets_on() {
    let mut stand = Stand::new();
    let mut passed = 0;
    for _ in 0..6 {
        stand.strangers(59).await;
        let canary = stand.world.packet(|_| {});
        stand.watch.posting(canary.tag);
        stand.take(canary.body).await;
        let before = stand.writer.pool.held();
        let (held, _) = stand.tick();
        assert!(before - held >= before / 4, "{held} of {before}");
        passed += before - held;
    }
    assert!(passed > 180, "{passed} of 360");
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_8_12_a_relay_whose_canaries_are_kept_out_holds_before_half_has_left_and_goes_on_when_one_comes_in()
 {
    let mut stand = Stand::new();
    let canary = stand.world.packet(|_| {});
    stand.watch.posting(canary.tag);
    stand.strangers(60).await;
    assert!(!stand.writer.pool.holds());
    let (held, holds) = stand.tick();
    assert!((36..60).contains(&held) && holds, "{held} of 60");
    // Whatever else comes in: nothing leaves.
    stand.strangers(3).await;
    for _ in 0..10 {
        assert_eq!(stand.tick(), (held + 3, true));
    }

    stand.take(canary.body.clone()).await;
    assert_eq!(stand.tick(), (35, false), "down to the minimum");

    // What was recorded and is sent again is no canary.
    stand.strangers(20).await;
    let (held, holds) = stand.tick();
    assert!(holds);
    stand.take(canary.body).await;
    assert_eq!(stand.tick(), (held, true));

    // That it held is told when the hour is over: at how many ticks, and no size of the pool.
    let told = stand.writer.journal.due(1);
    let names: Vec<_> = told.iter().map(|(_, name, _)| *name).collect();
    assert_eq!(names, ["wrote", "discarded", "released", "held"]);
    let held = (Level::Info, "held", (Field::Ticks, 13));
    assert_eq!(told.last(), Some(&held));
}

#[test]
fn spec_8_12_a_relay_without_canaries_says_so_once_and_its_pool_is_not_guarded() {
    let mut world = World::new(Layer::Middle, quick);
    let lines = |world: &World| {
        let relay = world.open().unwrap();
        let lines = relay.announced().into_iter();
        let off = lines.filter(|(_, name, _)| *name == "canaries-off");
        (off.count(), relay.writer.watch.is_some())
    };
    assert_eq!(lines(&world), (1, false));
    send_canaries(&mut world, "127.0.0.1:1", None);
    assert_eq!(lines(&world), (0, true));
}

#[test]
fn spec_8_12_a_relay_that_leaves_waits_for_no_canary() {
    let mut world = World::new(Layer::Middle, quick);
    send_canaries(&mut world, "127.0.0.1:1", None);
    let mut assignment = world.assignment();
    assignment.leaving = Some(Leaving {
        next: world.next_directory(|_| {}),
        since: clock::now(),
        closed: true,
    });
    let server = Server::bind(world.config.listen).unwrap();
    let memory = Arc::new(again(&world.memory));
    let relay = Relay::open(&world.config, assignment, memory, server).unwrap();
    assert!(relay.writer.watch.is_none());
    assert!(
        relay
            .announced()
            .iter()
            .all(|(_, name, _)| *name != "canaries-off")
    );
}

#[tokio::test]
async fn spec_8_12_a_canary_is_sent_at_the_start_through_the_proxy_that_is_named() {
    for by_proxy in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut world = World::new(Layer::Middle, quick);
        let (entry, proxy) = match by_proxy {
            true => ("entry.invalid:1", Some(address)),
            false => (&*address, None),
        };
        send_canaries(&mut world, entry, proxy);
        let _relay = world.start();
        let accepted = tokio::time::timeout(BOUND, listener.accept()).await;
        let (mut socket, _) = accepted.unwrap().unwrap();
        let first = socket.read_u8().await.unwrap();
        // SOCKS of version 5, or a TLS handshake.
        assert_eq!(first, if by_proxy { 5 } else { 22 });
    }
}

#[test]
fn what_canaries_cannot_be_sent_with_is_refused_with_a_sentence_before_anything_is_served() {
    let mut world = World::new(Layer::Middle, quick);
    let folder = world.config.identity.parent().unwrap().to_owned();
    let scheme = world.config.scheme;
    let mut refused = |name: &str, text: &str, socks5: Option<&str>| {
        let path = folder.join(name);
        if !text.is_empty() {
            private::create(&path, text.as_bytes()).unwrap();
        }
        world.config.canary = Some(CanaryConfig {
            invitation: path,
            socks5: socks5.map(str::to_owned),
        });
        let error = world.open().err().unwrap();
        assert!(matches!(&error, RunError::Canary(_)), "{error}");
        let checked = crate::canary::check(&world.config).unwrap_err();
        assert_eq!(checked.to_string(), error.to_string());
        (checked, error.to_string())
    };
    let good = invitation(scheme, "127.0.0.1:1");
    assert!(refused("none", "", None).1.contains("there is no file"));
    let (_, sentence) = refused("prose", "hello", None);
    assert!(
        sentence.contains("prose: an invitation is a link"),
        "{sentence}"
    );
    let (_, sentence) = refused("cut", &good[..good.len() - 9], None);
    assert!(sentence.contains("cut short"), "{sentence}");
    let elsewhere = invitation(SchemeId([9; 32]), "127.0.0.1:1");
    let (error, _) = refused("elsewhere", &elsewhere, None);
    assert!(matches!(error, CanaryError::OtherScheme(_)));
    for (n, proxy) in ["127.0.0.1", ":9050", "tor:socks"].into_iter().enumerate() {
        let (error, _) = refused(&format!("good {n}"), &good, Some(proxy));
        assert!(matches!(error, CanaryError::Proxy(_)), "{proxy}");
    }
}
