//! `brolly`: report, and check that it arrived.

use std::process::ExitCode;

fn main() -> ExitCode {
    brolly::main()
}
