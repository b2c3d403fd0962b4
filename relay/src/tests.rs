//! Whole relays on the loopback interface, each with a next hop that tells what reached it.

mod admission;
mod announce;
mod answers;
mod canary;
mod directory;
mod force;
mod inbox;
mod issuer;
mod lifetime;
mod lives;
pub(crate) mod mint;
mod mirror;
mod next;
mod office;
mod page;
mod passing;
mod public;
mod restart;
mod versions;
mod witness;
mod world;
