//! Who sent it: the exact distribution over all cells, given everything that can be seen on every link and how many
//! packets each relay held.
//!
//! Whatever leaves a relay at one time was drawn evenly from what it held. So of a packet that left with a release, each of
//! the `n` that were held before is equally likely to be it; `a` of these had come since the release before, and the others
//! had stayed at that one, where each of those held was equally likely again. Walking back from release to release, and from
//! layer to layer, gives every cell its share. A relay that has been taken over tells which packet was which.

use std::collections::BTreeMap;

use brolly_protocol::geometry::LAYERS;

use super::world::{Node, Trace};

/// Which layers are honest.
pub type Honest = [bool; LAYERS];

/// All of them.
pub const ALL: Honest = [true; LAYERS];
/// The middle one alone.
pub const ONE: Honest = [false, true, false];

/// Each cell that can have become the delivery of `cell`, with its probability if each was as likely before; together 1.
pub fn of(trace: &Trace, cell: u32, honest: Honest) -> Vec<(u32, f64)> {
    of_relays(trace, cell, &|layer, _| honest[layer])
}

/// The same where of each relay, by its layer and its place in it, it is known whether it is honest.
pub fn of_relays(trace: &Trace, cell: u32, honest: &dyn Fn(usize, u8) -> bool) -> Vec<(u32, f64)> {
    let mut suspects = vec![(cell, 1.0)];
    for layer in (0..LAYERS).rev() {
        let mut left: Vec<BTreeMap<u32, f64>> = vec![BTreeMap::new(); trace.nodes[layer].len()];
        suspects.retain(|(suspect, mass)| {
            let hop = trace.hops[*suspect as usize][layer];
            let mixed = honest(layer, hop.node);
            if mixed {
                *left[hop.node as usize].entry(hop.release).or_default() += mass;
            }
            !mixed
        });
        for (node, left) in trace.nodes[layer].iter().zip(left) {
            walk_back(node, left, &mut suspects);
        }
    }
    let whole: f64 = suspects.iter().map(|(_, mass)| mass).sum();
    suspects.iter_mut().for_each(|(_, mass)| *mass /= whole);
    suspects
}

fn walk_back(node: &Node, mut left: BTreeMap<u32, f64>, suspects: &mut Vec<(u32, f64)>) {
    let mut stayed = 0.0;
    while let Some((&newest, _)) = left.last_key_value() {
        let mut release = newest as usize;
        loop {
            let mass = stayed + left.remove(&(release as u32)).unwrap_or_default();
            let held = f64::from(node.releases[release].held);
            let came = node.came_before(release);
            let share = mass / held;
            if share > NOTHING {
                suspects.extend(came.iter().map(|cell| (*cell, share)));
            }
            stayed = mass * (held - came.len() as f64) / held;
            if stayed < NOTHING || release == 0 {
                stayed = 0.0;
                break;
            }
            release -= 1;
        }
    }
}

/// Probabilities below it are left out.
const NOTHING: f64 = 1e-9;
