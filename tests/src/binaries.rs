//! Builds the real programs with the cargo that built this one, and says where they are.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Builds what is out of date, once a process, into the folder this program runs from.
    ///
    /// # Errors
    /// A sentence when cargo fails.
    pub fn build() -> io::Result<Self> {
        static BUILT: OnceLock<Result<Binaries, String>> = OnceLock::new();
        BUILT
            .get_or_init(|| build().map_err(|error| error.to_string()))
            .clone()
            .map_err(io::Error::other)
    }

    /// Builds the worker's page into `folder`.
    ///
    /// # Errors
    /// A sentence when it cannot be built, which for want of a compiler for WebAssembly says what to install.
    pub fn page(&self, folder: &Path) -> io::Result<()> {
        let built = Command::new(self.path("build-page"))
            .arg("--out")
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?
            .wait_with_output()?;
        if built.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&built.stderr);
        Err(io::Error::other(why.trim().to_owned()))
    }

    /// The path of one program.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn build() -> io::Result<Binaries> {
    let folder = own_folder()?;
    let target = folder
        .parent()
        .ok_or_else(|| io::Error::other("this program is not in a target folder"))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bins",
            "--target-dir",
        ])
        .arg(target);
    if folder.ends_with("release") {
        command.arg("--release");
    }
    if command.status()?.success() {
        Ok(Binaries { folder })
    } else {
        Err(io::Error::other(
            "the programs could not be built: cargo's message is above",
        ))
    }
}

/// `target/PROFILE`, whether this is a program in it or a test in its `deps`.
fn own_folder() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(if folder.ends_with("deps") {
        folder.parent().map(Path::to_path_buf).unwrap_or_default()
    } else {
        folder
    })
}
