//! A worker: her device, and the program that she runs.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use serde_json::Value;

use super::{command, json, succeeded};

/// A worker with a device of her own and an address of her own.
pub struct Worker {
    /// Everything her device keeps.
    pub home: PathBuf,
    pub(super) proxy: SocketAddr,
    pub(super) program: PathBuf,
}

impl Worker {
    /// Runs `brolly` with her home and through her proxy, `input` on its standard input.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, arguments: &[&str], input: &str) -> io::Result<Output> {
        let mut child = self.start(arguments)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading closes the pipe; its exit code says why.
            let _ = writeln!(stdin, "{input}");
        }
        child.wait_with_output()
    }

    /// Starts it and leaves it running.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&self, arguments: &[&str]) -> io::Result<Child> {
        command(&self.program)
            .arg("--home")
            .arg(&self.home)
            .args(["--socks5", &self.proxy.to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    /// Forgets everything that the device keeps and joins by `invitation`, as a new device does.
    ///
    /// # Errors
    /// She could not join.
    pub fn join(&self, invitation: &str) -> io::Result<()> {
        match fs::remove_dir_all(&self.home) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&self.home)?,
        }
        let output = self.run(&["join", "-"], invitation)?;
        succeeded("brolly join", &output)
    }

    /// The same, and reads the JSON it prints.
    ///
    /// # Errors
    /// It fails or prints no JSON.
    pub fn run_json(&self, arguments: &[&str], input: &str) -> io::Result<Value> {
        let output = self.run(arguments, input)?;
        succeeded("brolly", &output)?;
        json(&output)
    }
}
