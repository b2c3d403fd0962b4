//! `cargo run --release -p brolly-web --features measure --bin packet`: the time that one entry packet takes natively.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command line program that measures"
)]

use std::time::{Duration, Instant};

use brolly_web::measure::Packets;

fn main() {
    let mut packets = Packets::prepare(1);
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            packets.build();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    println!(
        "{} microseconds a packet, median of {ROUNDS}, native",
        median.as_micros()
    );
}

const ROUNDS: usize = 200;
