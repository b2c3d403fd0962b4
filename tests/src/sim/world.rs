//! Cells through three layers of relays, and everything that somebody who watches all links sees of it.

use brolly_protocol::geometry::LAYERS;
use brolly_protocol::mix;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::carrier::{Carrier, Peel};

/// A way of mixing, for numbered packets.
pub trait Mix {
    /// Takes a packet in at `now` (milliseconds).
    fn insert(&mut self, packet: u32, now: u64, rng: &mut ChaCha8Rng);
    /// When something may leave next.
    fn poll_timeout(&self) -> u64;
    /// What leaves now.
    fn handle_timeout(&mut self, now: u64, rng: &mut ChaCha8Rng) -> Vec<u32>;
    /// Packets inside.
    fn held(&self) -> usize;
    /// A canary of this relay came in.
    fn handle_canary(&mut self) {}
}

/// The pool that relays use, guarded by their canaries or not.
pub struct Generalised {
    pool: mix::Pool<u32>,
    guarded: bool,
}

/// A cell on its way in: when, and over which relay of each layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Milliseconds.
    pub at: u64,
    /// A relay of each layer, by its place in the list of its layer.
    pub path: [u8; LAYERS],
    /// The layer whose relay sent it, if it is a canary.
    pub canary: Option<u8>,
}

/// Packets that left a relay together, evenly drawn from those that were in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Milliseconds.
    pub at: u64,
    /// Packets in the relay before.
    pub held: u32,
    /// How many left.
    pub left: u32,
    /// Where in [`Node::arrivals`] those begin that came after the release before this one.
    pub first: u32,
}

/// One relay as seen from outside, and how many were in it.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// In order of time.
    pub releases: Vec<Release>,
    /// Cells in the order of their arrival.
    pub arrivals: Vec<u32>,
}

/// Where a cell was: the relay, and the release with which it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// By its place in its layer.
    pub node: u8,
    /// By its place in [`Node::releases`]; [`NEVER`] if it did not leave.
    pub release: u32,
}

/// It did not leave while anybody looked.
pub const NEVER: u32 = u32::MAX;

/// Everything that happened.
pub struct Trace {
    /// The relays of each layer.
    pub nodes: Vec<Vec<Node>>,
    /// The way of each cell.
    pub hops: Vec<[Hop; LAYERS]>,
    /// Packets that a relay refused.
    pub refused: usize,
}

impl Generalised {
    /// A pool whose first tick is one interval after `phase` (milliseconds).
    pub fn new(parameters: mix::Parameters, guarded: bool, phase: u64) -> Self {
        let mut pool = mix::Pool::new(parameters, phase);
        if guarded {
            pool.handle_canary();
        }
        Self { pool, guarded }
    }
}

impl Mix for Generalised {
    fn insert(&mut self, packet: u32, _: u64, _: &mut ChaCha8Rng) {
        self.pool.insert(packet);
    }

    fn poll_timeout(&self) -> u64 {
        self.pool.poll_timeout()
    }

    fn handle_timeout(&mut self, now: u64, rng: &mut ChaCha8Rng) -> Vec<u32> {
        self.pool.handle_timeout(now, rng)
    }

    fn held(&self) -> usize {
        self.pool.len()
    }

    fn handle_canary(&mut self) {
        if self.guarded {
            self.pool.handle_canary();
        }
    }
}

impl Trace {
    /// When a cell was delivered, in milliseconds.
    pub fn delivered(&self, cell: u32) -> Option<u64> {
        let last = self.hops[cell as usize][LAYERS - 1];
        let node = &self.nodes[LAYERS - 1][last.node as usize];
        node.releases
            .get(last.release as usize)
            .map(|release| release.at)
    }
}

/// Sends `cells`, which are in order of time, through `relays`, a list for each layer, until `until` (milliseconds).
pub fn run(
    cells: &[Sent],
    mut relays: Vec<Vec<Box<dyn Mix>>>,
    carrier: &mut dyn Carrier,
    until: u64,
    seed: u64,
) -> Trace {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut trace = Trace {
        nodes: relays
            .iter()
            .map(|layer| vec![Node::default(); layer.len()])
            .collect(),
        hops: cells.iter().map(|cell| nowhere(cell.path)).collect(),
        refused: 0,
    };
    let mut coming = (0u32..).zip(cells).peekable();
    loop {
        let (due, layer, node) = next_due(&relays);
        match coming.next_if(|(_, cell)| cell.at < due && cell.at < until) {
            Some((id, cell)) => {
                let node = cell.path[0] as usize;
                match carrier.enter(id) {
                    Peel::Kept => {
                        if cell.canary == Some(0) {
                            relays[0][node].handle_canary();
                        }
                        arrive(&mut trace, &mut relays, 0, node, id, cell.at, &mut rng);
                    }
                    Peel::Dead => trace.refused += 1,
                }
            }
            None if due >= until => return trace,
            None => {
                let held = relays[layer][node].held();
                let leaving = relays[layer][node].handle_timeout(due, &mut rng);
                if leaving.is_empty() {
                    continue;
                }
                let record = &mut trace.nodes[layer][node];
                let number = record.releases.len() as u32;
                record.releases.push(Release {
                    at: due,
                    held: held as u32,
                    left: leaving.len() as u32,
                    first: record.arrivals.len() as u32,
                });
                for id in leaving {
                    trace.hops[id as usize][layer].release = number;
                    let Some(after) = (layer + 1 < LAYERS).then_some(layer + 1) else {
                        carrier.leave(id);
                        continue;
                    };
                    let next = cells[id as usize].path[after] as usize;
                    match carrier.pass(id, after) {
                        Peel::Kept => {
                            if cells[id as usize].canary == Some(after as u8) {
                                relays[after][next].handle_canary();
                            }
                            arrive(&mut trace, &mut relays, after, next, id, due, &mut rng);
                        }
                        Peel::Dead => trace.refused += 1,
                    }
                }
            }
        }
    }
}

fn arrive(
    trace: &mut Trace,
    relays: &mut [Vec<Box<dyn Mix>>],
    layer: usize,
    node: usize,
    id: u32,
    now: u64,
    rng: &mut ChaCha8Rng,
) {
    trace.nodes[layer][node].arrivals.push(id);
    relays[layer][node].insert(id, now, rng);
}

fn next_due(relays: &[Vec<Box<dyn Mix>>]) -> (u64, usize, usize) {
    let mut next = (u64::MAX, 0, 0);
    for (layer, nodes) in relays.iter().enumerate() {
        for (node, mix) in nodes.iter().enumerate() {
            next = next.min((mix.poll_timeout(), layer, node));
        }
    }
    next
}

fn nowhere(path: [u8; LAYERS]) -> [Hop; LAYERS] {
    path.map(|node| Hop {
        node,
        release: NEVER,
    })
}

impl Node {
    /// The cells that came between the release before `release` and it.
    pub fn came_before(&self, release: usize) -> &[u32] {
        let end = self.releases[release].first as usize;
        let begin = match release.checked_sub(1) {
            Some(before) => self.releases[before].first as usize,
            None => 0,
        };
        &self.arrivals[begin..end]
    }
}
