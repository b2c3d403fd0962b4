//! `cargo run -p brolly-web --bin build-page [-- --out DIR]`: the folder that relays serve.
//!
//! ```text
//! this crate ──toolchain──▶ .wasm ──bindings──▶ brolly_web.js, brolly_web_bg.wasm ─┐
//! web/page/**  ────────────────────────────────────────────────────────────────────┼──▶ bundle: integrity.json, .br, .gz
//! web/page/l10n/*.ftl ──texts──▶ texts.json ───────────────────────────────────────┘
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program that reads and writes files and starts a compiler"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::bundle::{Bundle, BundleError};
use crate::texts::TextError;
use crate::toolchain::ToolchainError;

mod bundle;
mod texts;
mod toolchain;

/// Builds the worker's page.
#[derive(Parser)]
struct Options {
    /// The folder that it is written to; one that is there is replaced if it holds a page.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder of the page's sources, by default web/page.
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
    /// Takes this module, as the compiler made it, instead of building one.
    #[arg(long, value_name = "FILE")]
    wasm: Option<PathBuf>,
    /// Builds what times a packet into this folder instead: for web/tests/packet.mjs.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "wasm"])]
    measure: Option<PathBuf>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    #[error(transparent)]
    Text(#[from] TextError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("the bindings cannot be made: {0}")]
    Bindings(String),
}

fn main() -> ExitCode {
    match build(&Options::parse()) {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("build-page: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn build(options: &Options) -> Result<String, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = root.canonicalize().unwrap_or(root);
    if let Some(folder) = &options.measure {
        return measured(&root, folder);
    }
    let page = options.page.clone();
    let page = page.unwrap_or_else(|| root.join("web/page"));
    // What can be wrong in a second is looked at before what takes minutes.
    let mut bundle = Bundle::read(&page)?;
    bundle.add("texts.json", texts::compile(&page.join("l10n"))?.into());
    let wasm = match &options.wasm {
        Some(wasm) => wasm.clone(),
        None => toolchain::build(&root, &[])?,
    };
    for (name, bytes) in bindings(&wasm)? {
        bundle.add(&name, bytes);
    }
    let out = options.out.clone();
    let out = out.unwrap_or_else(|| root.join("target/page"));
    Ok(bundle.write(&out)?)
}

fn measured(root: &Path, folder: &Path) -> Result<String, Failure> {
    let wasm = toolchain::build(root, &["--features", "measure"])?;
    let failed = |error| BundleError::Files(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(failed)?;
    // An ES module outside a package needs to say that it is one.
    let package = (
        "package.json".to_owned(),
        b"{\"type\":\"module\"}\n".to_vec(),
    );
    for (name, bytes) in bindings(&wasm)?.into_iter().chain([package]) {
        fs::write(folder.join(name), bytes).map_err(failed)?;
    }
    Ok(format!("{}\n", folder.display()))
}

fn bindings(wasm: &Path) -> Result<[(String, Vec<u8>); 2], Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Bindings(format!("{error:#}"));
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(wasm)
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    let made = bindgen.web(true).and_then(|made| made.generate_output());
    let mut made = made.map_err(|error| failed(&error))?;
    let script = made.js().to_owned();
    let module = made.wasm_mut().emit_wasm();
    Ok([
        (format!("{NAME}.js"), script.into()),
        (format!("{NAME}_bg.wasm"), module),
    ])
}

const NAME: &str = "brolly_web";
