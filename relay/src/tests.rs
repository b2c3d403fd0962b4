//! Whole relays on the loopback interface, each with a next hop that tells what reached it.

mod answers;
mod directory;
mod inbox;
mod lifetime;
mod mirror;
mod next;
mod passing;
mod public;
mod restart;
mod witness;
mod world;
