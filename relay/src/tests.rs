//! Whole relays on the loopback interface, each with a next hop that tells what reached it.

mod answers;
mod lifetime;
mod next;
mod passing;
mod restart;
mod world;
