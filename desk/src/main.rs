//! `brolly-desk`: the analyst's and caseworker's workstation.

fn main() -> std::process::ExitCode {
    brolly_desk::cli::run()
}
