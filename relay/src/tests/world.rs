//! A scheme of three relays and an inbox, of which one relay is real.

use std::fs::File;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::SecretKey;
use brolly_keys::role::Relay as RelayRole;
use brolly_keys::sign::Verified;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::directory::{Directory, Parameters};
use brolly_protocol::geometry::{DELIVERED, SUBMISSION, TOKEN};
use brolly_protocol::node::NodeId;
use brolly_protocol::onion::{self, Command, Hop, Layer, Step};
use brolly_protocol::replay::Tag;
use brolly_protocol::wire;
use brolly_shell::directory::{Before, SignedDirectory};
use brolly_shell::http::client::Link;
use brolly_shell::http::server::Server;
use brolly_shell::http::{Bytes, Method, StatusCode};
use brolly_shell::tls::{self, Identity};
use brolly_shell::{clock, random};
use rand_core::Rng;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::mint::{self, Mint};
use super::next::Next;
use crate::assignment::{Assignment, Secrets};
use crate::config::Config;
use crate::issuer::IssuerKeys;
use crate::run::{Relay, RunError};
use crate::supervised::Memory;

mod scheme;

pub(super) use scheme::{
    admit, desk_key, directory, inbox_key, issuer_keys, log_key, mix, relay_key, signed,
    witness_key,
};

pub(super) const BOUND: Duration = Duration::from_secs(60);

/// The project that the issuer knows, and the bytes of its secret.
pub(super) const PROJECT: &str = "Leeds";
pub(super) const SECRET: u8 = 40;

/// Everything but the running relay.
pub(super) struct World {
    pub(super) layer: Layer,
    pub(super) config: Config,
    pub(super) memory: Memory,
    pub(super) directory: Verified<Directory>,
    pub(super) next: Next,
    pub(super) note: Bytes,
    pub(super) before: Option<Before>,
    /// The keys that it has of an issuer: the middle relay is that.
    pub(super) issuer: fn() -> IssuerKeys,
    mint: Mutex<Mint>,
    secrets: [SecretKey<RelayRole>; 3],
    _folder: TempDir,
}

/// A packet as it is posted to the relay, and what must come out of it.
pub(super) struct Packet {
    pub(super) body: Vec<u8>,
    pub(super) out: Out,
    /// The tag by which the relay knows it again.
    pub(super) tag: Tag,
}

/// How a packet is known again at the next hop: by the tag under the next layer's key, or as the cell itself.
pub(super) type Out = Vec<u8>;

/// Parameters under which everything leaves at the next tick.
pub(super) fn quick(_: &mut Parameters) {}

/// Parameters under which nothing leaves.
pub(super) fn holding(parameters: &mut Parameters) {
    parameters.mix.min_pool = 1_000_000;
}

/// Parameters whose first tick never comes.
pub(super) fn frozen(parameters: &mut Parameters) {
    parameters.mix.tick_ms = 1 << 40;
}

impl World {
    pub(super) fn new(layer: Layer, tweak: impl FnOnce(&mut Parameters)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let next = Next::reserve(layer);
        let (directory, note) = directory(layer, next.address, tweak);
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: folder.path().join("data"),
            identity: folder.path().join("identity.key"),
            passphrase_file: None,
            passphrase_credential: None,
            directory: folder.path().join("directory.note"),
            scheme: directory.scheme,
            pool_capacity: 600,
            replay_capacity: 10_000,
            connections: NonZeroU16::new(16).unwrap(),
            issuer: None,
            canary: None,
            page: None,
        };
        if layer == Layer::Middle {
            admit(&config);
        }
        let mint = Mutex::new(Mint::new(config.scheme, &directory.issuer.keys[0]));
        Self {
            layer,
            memory: Memory::create(config.pool_capacity).unwrap(),
            config,
            directory,
            next,
            note,
            before: None,
            issuer: issuer_keys,
            mint,
            secrets: [1, 2, 3].map(|n| SecretKey::from_seed(&[n; 32])),
            _folder: folder,
        }
    }

    /// Has the officer sign the next directory.
    pub(super) fn redirect(&mut self, change: impl FnOnce(&mut Directory)) {
        let next = self.next_directory(change);
        self.directory = next.directory;
        self.note = next.note;
    }

    /// What the officer signs next.
    pub(super) fn next_directory(&self, change: impl FnOnce(&mut Directory)) -> SignedDirectory {
        let mut directory = Directory::clone(&self.directory);
        directory.version += 1;
        change(&mut directory);
        signed(&directory)
    }

    /// Begins another life, in which everything leaves at the next tick.
    pub(super) fn revive(&mut self) {
        self.next = Next::reserve(self.layer);
        let (after, address) = (self.layer.after(), self.next.address.to_string());
        self.redirect(|directory| {
            directory.parameters.mix = mix();
            match after {
                Some(after) => directory
                    .relays
                    .iter_mut()
                    .filter(|relay| relay.layer == after)
                    .for_each(|relay| relay.address = address.clone()),
                None => directory.inbox.address = address,
            }
        });
        self.next.up();
    }

    pub(super) fn signed(&self) -> SignedDirectory {
        let scheme = self.directory.scheme;
        SignedDirectory::verify(self.note.clone(), scheme, clock::now(), 0).unwrap()
    }

    pub(super) fn secrets(&self) -> Arc<Secrets> {
        let secrets = Secrets::new(relay_key(self.layer), witness_key(self.layer));
        Arc::new(if self.layer == Layer::Middle {
            secrets.with_issuer((self.issuer)())
        } else {
            secrets
        })
    }

    pub(super) fn assignment(&self) -> Assignment {
        Assignment::new(self.signed(), self.before.clone(), self.secrets()).unwrap()
    }

    pub(super) fn open(&self) -> Result<Relay, RunError> {
        let server = Server::bind(self.config.listen)?;
        let memory = Arc::new(again(&self.memory));
        Relay::open(&self.config, self.assignment(), memory, server)
    }

    pub(super) fn start(&self) -> Running {
        let relay = self.open().unwrap();
        let (address, room) = (relay.local_addr(), relay.room());
        let (stop, stopped) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let runtime = Runtime::new().unwrap();
        runtime.spawn(async move {
            let _ = end.send(relay.serve(stopped).await.map(|_| ()));
        });
        Running {
            address,
            room,
            key: relay_key(self.layer).verifying_key().to_bytes(),
            lock: self.config.data.join("lock"),
            stop: Some(stop),
            ended,
            runtime: Some(runtime),
        }
    }

    /// Packets for the relay, as it takes them.
    pub(super) fn packets(&self, count: usize) -> Vec<Packet> {
        (0..count).map(|_| self.packet(|_| {})).collect()
    }

    /// A packet along a path that `change` alters before it is wrapped.
    pub(super) fn packet(&self, change: impl FnOnce(&mut [Hop; 3])) -> Packet {
        let mut cell = vec![0; DELIVERED];
        random::system().fill_bytes(&mut cell);
        let sealed = SealedCell::from_bytes(cell.clone().into()).unwrap();
        let (body, tags) = self.wrap(Command::Deliver(self.directory.inbox.id, &sealed), change);
        let out = match self.layer.after() {
            Some(after) => tags[usize::from(after.number())].to_vec(),
            None => cell,
        };
        let tag = tags[usize::from(self.layer.number())];
        Packet { body, out, tag }
    }

    /// Cover that ends at the exit, as the relay takes it.
    pub(super) fn cover(&self) -> Vec<u8> {
        self.wrap(Command::Drop, |_| {}).0
    }

    fn wrap(
        &self,
        command: Command<'_>,
        change: impl FnOnce(&mut [Hop; 3]),
    ) -> (Vec<u8>, [[u8; 16]; 3]) {
        let epoch = self.epoch();
        let held = self.memory.keys().unwrap();
        let (_, seed) = held.iter().find(|(e, _)| *e == epoch).unwrap();
        let mut hops = Layer::ALL.map(|layer| {
            let relay = NodeId::of(&relay_key(layer).verifying_key());
            let key = match layer == self.layer {
                true => SecretKey::from_seed(seed).public(),
                false => self.secret(layer).public(),
            };
            Hop { relay, epoch, key }
        });
        change(&mut hops);
        let rng = &mut random::system();
        let wrapped = onion::wrap(self.directory.scheme, &hops, command, rng).unwrap();
        let mut body = wrapped.packet.to_vec();
        for layer in Layer::ALL
            .into_iter()
            .take_while(|layer| *layer < self.layer)
        {
            body = self.peel(layer, &body).unwrap().1;
        }
        if self.layer == Layer::Entry {
            body = self.pay(&body);
        }
        (body, wrapped.tags)
    }

    /// The relay's id.
    pub(super) fn id(&self) -> NodeId {
        NodeId::of(&relay_key(self.layer).verifying_key())
    }

    /// A packet behind a fresh token, as the entry takes it.
    pub(super) fn pay(&self, packet: &[u8]) -> Vec<u8> {
        let token = self.mint.lock().unwrap().token(self.id());
        [&token, packet].concat()
    }

    /// The same packets behind fresh tokens.
    pub(super) fn pay_again(&self, body: &[u8]) -> Vec<u8> {
        let submissions = body.chunks(SUBMISSION);
        submissions
            .flat_map(|one| self.pay(&one[TOKEN..]))
            .collect()
    }

    /// Waits for `count` packets at the next hop, and says which they are, in the order of their coming.
    pub(super) async fn arrivals(&mut self, count: usize) -> Vec<Out> {
        let mut arrived = Vec::new();
        while arrived.len() < count {
            let body = self.next.body().await;
            arrived.extend(self.known(&body));
        }
        arrived
    }

    /// Which packets a body at the next hop is made of.
    pub(super) fn known(&self, body: &[u8]) -> Vec<Out> {
        assert_eq!(body.len() % self.layer.inner(), 0);
        let packets = body.chunks(self.layer.inner());
        packets
            .map(|packet| match self.layer.after() {
                Some(after) => self.peel(after, packet).unwrap().0,
                None => packet.to_vec(),
            })
            .collect()
    }

    pub(super) fn epoch(&self) -> Epoch {
        Epoch::at(clock::now(), self.directory.parameters.packet_epoch)
    }

    /// Slots of the supervised memory in which a packet waits.
    pub(super) fn live(&self) -> Vec<crate::supervised::Packet> {
        (0..self.memory.capacity())
            .filter_map(|slot| self.memory.packet(slot).unwrap())
            .collect()
    }

    /// Waits until nothing is held, neither in memory nor on disk.
    pub(super) async fn until_empty(&self) {
        let empty = async {
            while !self.live().is_empty() || !self.segments().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(BOUND, empty).await.unwrap();
    }

    /// The bytes of every segment file.
    pub(super) fn segments(&self) -> Vec<Vec<u8>> {
        files(&self.config.data.join("pool"))
    }

    fn secret(&self, layer: Layer) -> &SecretKey<RelayRole> {
        &self.secrets[usize::from(layer.number())]
    }

    fn peel(&self, layer: Layer, packet: &[u8]) -> Option<(Out, Vec<u8>)> {
        let mut ring = KeyRing::new();
        let secret = SecretKey::from_seed(&self.secret(layer).expose());
        ring.insert(self.epoch(), secret);
        let id = NodeId::of(&relay_key(layer).verifying_key());
        let scheme = self.directory.scheme;
        let peeled = onion::peel(scheme, id, layer, &ring, packet, &mut Vec::new()).ok()?;
        let Step::Forward { inner, .. } = peeled.step else {
            return None;
        };
        Some((peeled.tag.to_vec(), inner.as_ref().to_vec()))
    }
}

pub(super) fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    // A file may go while it is being looked at.
    entries
        .filter_map(|entry| std::fs::read(entry.unwrap().path()).ok())
        .collect()
}

/// The same memory, as a restart finds it.
pub(super) fn again(memory: &Memory) -> Memory {
    let path = format!("/proc/self/fd/{}", memory.as_fd().as_raw_fd());
    Memory::recover(path.as_ref()).unwrap()
}

/// A relay in a runtime of its own.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) room: Arc<AtomicU64>,
    pub(super) key: [u8; 32],
    lock: std::path::PathBuf,
    stop: Option<oneshot::Sender<()>>,
    ended: oneshot::Receiver<Result<(), RunError>>,
    runtime: Option<Runtime>,
}

impl Running {
    /// A link on which the holder of `seed`, or nobody, speaks.
    pub(super) fn link(&self, seed: Option<[u8; 32]>) -> Link {
        let identity = seed.map(|seed| Identity::from_seed(&seed).unwrap());
        let tls = tls::client(&self.key, identity.as_ref());
        Link::new(self.address.to_string(), tls, None)
    }

    /// Ends it in the middle of whatever it does, and waits until nothing of it is left.
    pub(super) fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        File::open(&self.lock).unwrap().lock().unwrap();
    }

    /// Ends it as SIGTERM does.
    pub(super) async fn stop(mut self) -> Result<(), RunError> {
        self.stop.take().unwrap().send(()).unwrap();
        let ended = tokio::time::timeout(BOUND, &mut self.ended).await;
        ended.unwrap().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(super) async fn post(link: &Link, body: impl Into<Bytes>) -> (StatusCode, Bytes) {
    let reply = link
        .send(Method::POST, wire::CELLS, body.into(), 1000, BOUND)
        .await
        .unwrap();
    (reply.status, reply.body)
}

pub(super) async fn get(link: &Link, path: &str) -> (StatusCode, Bytes) {
    let reply = link
        .send(Method::GET, path, Bytes::new(), 1 << 20, BOUND)
        .await
        .unwrap();
    (reply.status, reply.body)
}
