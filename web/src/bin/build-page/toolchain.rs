//! A compiler for WebAssembly: rustup's where there is one, otherwise Debian's, otherwise a sentence.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolchainError {
    /// Nothing on this machine makes WebAssembly.
    #[error(
        "nothing here compiles to WebAssembly: install it with `rustup target add {TARGET}`, or on Debian with \
         `apt-get install rustc-web cargo-web rust-web-src lld-19`, and run this again"
    )]
    Missing,
    /// A compiler cannot be started.
    #[error("cannot start {0}: {1}")]
    Start(PathBuf, std::io::Error),
    /// It failed, and has said why.
    #[error("the compiler failed; what it says stands above")]
    Failed,
}

/// Compiles the crate, and says where its module is.
pub(crate) fn build(root: &Path, more: &[&str]) -> Result<PathBuf, ToolchainError> {
    let found = rustup().or_else(debian).ok_or(ToolchainError::Missing)?;
    let Compiler { mut command, flags } = found;
    let out = root.join("target/page-build");
    let paths = [
        (home("CARGO_HOME", ".cargo"), "/cargo"),
        (Some(root.to_owned()), "/brolly"),
    ]
    .into_iter()
    .filter_map(|(from, to)| Some(format!("--remap-path-prefix={}={to}", from?.display())));
    let flags: Vec<String> = paths
        .chain(flags.iter().map(|flag| (*flag).to_owned()))
        .collect();
    command
        .current_dir(root)
        .args([
            "build",
            "--locked",
            "--profile",
            PROFILE,
            "--package",
            "brolly-web",
            "--lib",
        ])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&out)
        .args(more)
        // Where this machine keeps its sources is nobody's business, and would make other bytes on another.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .stdin(Stdio::null());
    let status = command.status();
    let status = status.map_err(|error| ToolchainError::Start(name(&command), error))?;
    match status.success() {
        true => Ok(out.join(TARGET).join(PROFILE).join("brolly_web.wasm")),
        false => Err(ToolchainError::Failed),
    }
}

struct Compiler {
    command: Command,
    flags: &'static [&'static str],
}

/// The compiler that is in use, where it has the target.
fn rustup() -> Option<Compiler> {
    let folder =
        said(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    let mut files = fs::read_dir(folder).ok()?.flatten();
    files
        .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
        .then(|| Compiler {
            command: Command::new("cargo"),
            flags: &[],
        })
}

/// Debian's, which builds the standard library from its sources.
fn debian() -> Option<Compiler> {
    let (cargo, rustc) = (Path::new("/usr/bin/cargo"), Path::new("/usr/bin/rustc"));
    let sysroot = said(Command::new(rustc).args(["--print", "sysroot"]))?;
    let std = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std");
    let linker = linker(rustc)?;
    if !cargo.exists() || !std.exists() {
        return None;
    }
    let mut command = Command::new(cargo);
    command.args([
        "-Zbuild-std=std,panic_abort",
        "-Zbuild-std-features=optimize_for_size",
    ]);
    let path = env::var_os("PATH").unwrap_or_default();
    let mut first = OsString::from("/usr/bin:");
    first.push(path);
    command
        .env("PATH", first)
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    for theirs in [
        "CARGO",
        "RUSTUP_TOOLCHAIN",
        "RUSTC_WRAPPER",
        "RUSTDOC",
        "RUSTFLAGS",
    ] {
        command.env_remove(theirs);
    }
    Some(Compiler {
        command,
        flags: SMALL,
    })
}

/// The linker of the compiler's own version of LLVM, or any.
fn linker(rustc: &Path) -> Option<PathBuf> {
    let version = said(Command::new(rustc).arg("-vV"))?;
    let llvm = version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "));
    let llvm = llvm
        .and_then(|version| version.split('.').next())
        .unwrap_or_default();
    let named = |name: String| {
        let path = Path::new("/usr/bin").join(name);
        path.exists().then_some(path)
    };
    let any = || {
        (15..40)
            .rev()
            .find_map(|version| named(format!("wasm-ld-{version}")))
    };
    named(format!("wasm-ld-{llvm}"))
        .or_else(|| named("wasm-ld".to_owned()))
        .or_else(any)
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn home(variable: &str, folder: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(folder)))
}

fn name(command: &Command) -> PathBuf {
    command.get_program().into()
}

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm";
/// With a standard library of its own a panic can be a bare trap, which JavaScript gets as an exception: a seventh less to fetch.
const SMALL: &[&str] = &[
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
];
