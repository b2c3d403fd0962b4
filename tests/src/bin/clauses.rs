//! `cargo test --workspace -- --list | cargo run --bin clauses`: does SPEC name its tests?
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a command line program that reads one file"
)]

use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use brolly_tests::clauses::complaints;

fn main() -> io::Result<ExitCode> {
    let mut list = String::new();
    io::stdin().read_to_string(&mut list)?;
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/SPEC.md");
    let complaints = complaints(&std::fs::read_to_string(spec)?, &list);
    for complaint in &complaints {
        eprintln!("SPEC: {complaint}");
    }
    if complaints.is_empty() {
        println!("every clause of SPEC names tests that exist");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
