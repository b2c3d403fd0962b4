//! The scheme that the measured relay is in, its packets, and the process that it is.

use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::{env, num::NonZero};

use brolly_keys::epoch::{Epoch, KeyRing};
use brolly_keys::pair::{PublicKey, SecretKey};
use brolly_keys::role::Relay;
use brolly_keys::suite;
use brolly_protocol::geometry::{EXIT_PACKET, MIDDLE_PACKET};
use brolly_protocol::mix;
use brolly_protocol::node::{NodeId, SchemeId};
use brolly_protocol::onion::{self, Inner, Layer, PeelError, Peeled, Step};
use brolly_relay::assignment::Secrets;
use brolly_relay::config::Config;
use brolly_relay::lives;
use brolly_relay::supervised::Memory;
use brolly_shell::http::server::Server;
use brolly_shell::{clock, process};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng as _;

use crate::scheme::{self, Scheme};
use crate::{Outcome, memory};

/// Who is who: two relays a layer, of which this is the middle one that issues no tokens.
pub(crate) const MEASURED: u16 = 4;
/// An entry that hands packets in.
pub(super) const ENTRY: u16 = 0;
/// Those whom it passes packets on to.
pub(super) const EXITS: [u16; 2] = [2, 5];
const RELAYS: u16 = 6;

/// A drill in which the exits and the inbox listen at these addresses, and everything leaves at the next tick.
pub(crate) fn scheme(exits: [SocketAddr; 2], inbox: SocketAddr) -> Scheme {
    let mut scheme = Scheme::with_relays(256, RELAYS);
    let now = clock::now();
    let directory = &mut scheme.directory;
    directory.issued = now.saturating_sub(60);
    directory.expires = now.saturating_add(30 * 86_400);
    for issuer in &mut directory.issuer.keys {
        issuer.from = now.saturating_sub(60);
        issuer.until = now.saturating_add(31 * 86_400);
    }
    directory.parameters.mix = mix::Parameters {
        tick_ms: TICK_MS,
        release_ppm: 1_000_000,
        min_pool: 0,
    };
    directory.inbox.address = inbox.to_string();
    for (exit, address) in EXITS.into_iter().zip(exits) {
        if let Some(relay) = directory.relays.get_mut(usize::from(exit)) {
            relay.address = address.to_string();
        }
    }
    directory.scheme = directory.founders();
    scheme
}

/// What a sender of packets to a middle relay knows.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) scheme: SchemeId,
    pub(crate) relay: NodeId,
    pub(crate) epoch: Epoch,
    pub(crate) key: PublicKey<Relay>,
}

impl Sender {
    /// So many packets (SPEC §7.2), made on all cores. Each has an encapsulation of its own, or it would be a replay.
    pub(super) fn packets(&self, count: usize) -> Outcome<Vec<Vec<u8>>> {
        let cores = cores();
        let mut packets = Vec::with_capacity(count);
        thread::scope(|scope| {
            let part = |core: usize| count / cores + usize::from(core < count % cores);
            let works: Vec<_> = (0..cores)
                .map(|core| scope.spawn(move || self.some(part(core))))
                .collect();
            for work in works {
                packets.extend(work.join().map_err(|_| "a thread panicked")??);
            }
            Outcome::Ok(())
        })?;
        Ok(packets)
    }

    /// So many packets, made on this core.
    pub(super) fn some(&self, count: usize) -> Result<Vec<Vec<u8>>, suite::SealError> {
        let mut rng = ChaCha20Rng::from_rng(&mut rand::rng());
        let mut noise = vec![0; EXIT_PACKET];
        rng.fill_bytes(&mut noise);
        let id = self.key.id();
        let info = [
            b"brolly/1 hop".as_slice(),
            &self.scheme.0,
            &self.relay.0,
            &self.epoch.number().to_be_bytes(),
        ]
        .concat();
        let exits = EXITS.map(|n| NodeId::of(&scheme::relay_secret(n).verifying_key()));
        let mut plain = Vec::with_capacity(1 + 16 + EXIT_PACKET);
        (0..count)
            .map(|_| {
                let [one, other] = exits;
                let next = if rng.random() { one } else { other };
                plain.clear();
                plain.push(FORWARD);
                plain.extend_from_slice(&next.0);
                plain.extend_from_slice(&noise);
                let sealed = suite::seal(&self.key, &info, &id, &plain, &mut rng)?;
                Ok([id.as_slice(), &sealed.enc, &sealed.ciphertext].concat())
            })
            .collect()
    }
}

/// What a relay's cores do with packets at the least: a key, packets for it, and opening them.
pub(crate) struct Peeling {
    sender: Sender,
    ring: KeyRing<Relay>,
    packets: Vec<Vec<u8>>,
}

impl Peeling {
    pub(crate) fn new(sender: &Sender, count: usize) -> Outcome<Self> {
        let secret = SecretKey::generate(&mut rand::rng());
        let sender = Sender {
            key: secret.public(),
            ..sender.clone()
        };
        let mut ring = KeyRing::new();
        ring.insert(sender.epoch, secret);
        let packets = sender.packets(count)?;
        Ok(Self {
            sender,
            ring,
            packets,
        })
    }

    /// Opens them all on all cores.
    pub(super) fn all(&self) -> Outcome {
        let part = self.packets.len().div_ceil(cores());
        thread::scope(|scope| {
            let parts = self.packets.chunks(part);
            let works: Vec<_> = parts
                .map(|part| scope.spawn(|| part.iter().all(|packet| self.opens(packet))))
                .collect();
            let all = works
                .into_iter()
                .all(|work| work.join().is_ok_and(|all| all));
            all.then_some(()).ok_or("a packet does not open".into())
        })
    }

    /// Changes one packet.
    #[cfg(test)]
    pub(super) fn spoil(&mut self) {
        *self.packets[3].last_mut().unwrap() ^= 1;
    }

    fn opens(&self, packet: &[u8]) -> bool {
        black_box(self.peel(packet)).is_ok()
    }

    /// What is in them.
    pub(crate) fn opened(&self) -> Outcome<Vec<Inner>> {
        let packets = self.packets.iter();
        let opened = packets.map(|packet| {
            let Step::Forward { inner, .. } = self.peel(packet)?.step else {
                return Err("a packet is not to be passed on".into());
            };
            Ok(inner)
        });
        opened.collect()
    }

    fn peel(&self, packet: &[u8]) -> Result<Peeled, PeelError> {
        let Sender { scheme, relay, .. } = self.sender;
        let mut room = Vec::new();
        onion::peel(scheme, relay, Layer::Middle, &self.ring, packet, &mut room)
    }
}

/// Gives a folder a directory and a relay's configuration, and says where the latter is.
pub(crate) fn configure(folder: &Path, scheme: &Scheme) -> Outcome<PathBuf> {
    fs::write(folder.join("directory.note"), scheme.note()?)?;
    let id = scheme.directory.scheme;
    let config = format!(
        "listen = \"127.0.0.1:0\"\ndata = \"data\"\nidentity = \"-\"\ndirectory = \"directory.note\"\nscheme = \"{id}\"\n"
    );
    let path = folder.join(CONFIG);
    fs::write(&path, config)?;
    Ok(path)
}

/// A relay that runs in a process of its own.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
}

impl Process {
    /// Starts it on `folder`, which gets a configuration and the directory.
    pub(crate) fn start(folder: &Path, scheme: &Scheme) -> Outcome<Self> {
        configure(folder, scheme)?;
        let mut child = Command::new(env::current_exe()?)
            .args(["alone", "relay"])
            .arg(folder)
            // As deploy/brolly-relay.service does.
            .env("MALLOC_ARENA_MAX", "2")
            .env("MALLOC_MMAP_THRESHOLD_", "131072")
            .env("MALLOC_TRIM_THRESHOLD_", "16777216")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut address = String::new();
        let output = child.stdout.as_mut().ok_or("it has no output")?;
        // It says nothing more than this until it has ended.
        BufReader::new(output).read_line(&mut address)?;
        let address = address.trim().to_owned();
        if address.is_empty() {
            return Err("the relay did not start".into());
        }
        Ok(Self { child, address })
    }

    /// How much memory it has now, in KiB.
    pub(super) fn resident(&self) -> Outcome<u32> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.trim().strip_suffix("kB"));
        Ok(size.ok_or("its status has no VmRSS")?.trim().parse()?)
    }

    /// How long it was on a core, in seconds.
    pub(crate) fn worked(&self) -> Outcome<f64> {
        memory::worked(self.child.id())
    }

    /// Ends it as SIGTERM does, and gives its peak of memory in KiB.
    pub(crate) fn stop(mut self) -> Outcome<u32> {
        drop(self.child.stdin.take());
        let mut peak = String::new();
        if let Some(output) = self.child.stdout.as_mut() {
            output.read_to_string(&mut peak)?;
        }
        let status = self.child.wait()?;
        if !status.success() {
            return Err(format!("the relay: {status}").into());
        }
        Ok(peak.trim().parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After a measurement that was broken off; whoever was stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is the relay, until its input ends.
pub(crate) fn alone(folder: &Path) -> Outcome {
    let config = Config::load(&folder.join(CONFIG))?;
    let memory = Memory::create(config.pool_capacity)?;
    process::harden_daemon()?;
    let (key, witness) = (scheme::relay_secret(MEASURED), scheme::witness(MEASURED));
    let secrets = Arc::new(Secrets::new(key, witness));
    let server = Server::bind(config.listen)?;
    let address = server.local_addr();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let begun = |_: &_| {
            // Whoever started it waits for this line, and notices when there is none.
            let _ = writeln!(io::stdout(), "{address}");
        };
        let (ended, end) = tokio::sync::oneshot::channel();
        thread::spawn(move || {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            ended.send(())
        });
        lives::run(&config, secrets, Arc::new(memory), &server, begun, end).await
    })?;
    Ok(())
}

pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The size of what such a relay takes, in bytes.
pub(super) const PACKET: usize = MIDDLE_PACKET;

/// A relay's own tick is longer: between two of these a busy relay still writes many times.
const TICK_MS: u64 = 250;
const FORWARD: u8 = 1;
const CONFIG: &str = "relay.toml";
