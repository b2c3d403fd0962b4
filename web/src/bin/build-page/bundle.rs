//! The folder that a relay serves: the page's files, their hashes, and a compressed copy beside each.
//!
//! ```text
//! index.html   index.html.br   index.html.gz   …   integrity.json = {"files": {"index.html": "sha256-…", …}}
//! ```
//!
//! The same sources make the same bytes, so that whoever built it can say what every relay has to serve.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A page in memory: its files by their path, with `/`.
#[derive(Default)]
pub(crate) struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BundleError {
    /// A file or folder cannot be read or written.
    #[error("cannot use {0}: {1}")]
    Files(PathBuf, io::Error),
    /// A name that does not go into an address as it is.
    #[error("{0}: names have small letters, digits, dots, hyphens and underscores alone")]
    Name(PathBuf),
    /// Something that the Content Security Policy forbids.
    #[error(
        "{file}: {what}: the page's policy allows scripts and styles from files of their own alone"
    )]
    Inline {
        /// The file.
        file: String,
        /// What.
        what: &'static str,
    },
    /// More than a cheap telephone should have to fetch.
    #[error(
        "a first visit takes {0} bytes over the wire, and at most {LIMIT} are allowed: make something smaller"
    )]
    TooLarge(usize),
    /// There is something else.
    #[error("{0} holds something that is no page: name an empty folder, or remove it")]
    Occupied(PathBuf),
}

impl Bundle {
    /// Reads what is served as it is.
    pub(crate) fn read(page: &Path) -> Result<Self, BundleError> {
        let mut bundle = Self::default();
        bundle.gather(page, "")?;
        for (file, bytes) in &bundle.files {
            if file.ends_with(".html") {
                inline(file, &String::from_utf8_lossy(bytes))?;
            }
        }
        Ok(bundle)
    }

    fn gather(&mut self, folder: &Path, before: &str) -> Result<(), BundleError> {
        let failed = |error| BundleError::Files(folder.to_owned(), error);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.filter(|name| is_plain(name));
            let served = path.extension().and_then(|extension| extension.to_str());
            let served = served.is_some_and(|extension| SERVED.contains(&extension));
            if !path.is_dir() && !served {
                continue;
            }
            let name = name.ok_or_else(|| BundleError::Name(path.clone()))?;
            if path.is_dir() {
                self.gather(&path, &format!("{before}{name}/"))?;
            } else {
                let bytes = fs::read(&path);
                let bytes = bytes.map_err(|error| BundleError::Files(path.clone(), error))?;
                self.files.insert(format!("{before}{name}"), bytes);
            }
        }
        Ok(())
    }

    /// Adds a file that was made.
    pub(crate) fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), bytes);
    }

    /// Writes the folder, whole or not at all, and says how large everything is.
    pub(crate) fn write(mut self, out: &Path) -> Result<String, BundleError> {
        let integrity = self.integrity();
        let compressed: BTreeMap<String, [Vec<u8>; 2]> = self
            .files
            .iter()
            .map(|(name, bytes)| (name.clone(), [brotli(bytes), gzip(bytes)]))
            .collect();
        let report = self.report(&compressed, out)?;
        self.add(INTEGRITY, integrity.into());
        for (name, [br, gz]) in compressed {
            self.add(&format!("{name}.br"), br);
            self.add(&format!("{name}.gz"), gz);
        }
        self.replace(out)?;
        Ok(report)
    }

    fn integrity(&self) -> String {
        let hash = |bytes: &Vec<u8>| format!("sha256-{}", STANDARD.encode(Sha256::digest(bytes)));
        let files = self.files.iter();
        let files: Map<String, Value> = files
            .map(|(name, bytes)| (name.clone(), hash(bytes).into()))
            .collect();
        let mut text = serde_json::to_string_pretty(&json!({"files": files})).unwrap_or_default();
        text.push('\n');
        text
    }

    fn report(
        &self,
        compressed: &BTreeMap<String, [Vec<u8>; 2]>,
        out: &Path,
    ) -> Result<String, BundleError> {
        let mut text = format!(
            "{:>9} {:>9} {:>9}  {}\n",
            "bytes",
            "gzip",
            "brotli",
            out.display()
        );
        let mut total = [0; 3];
        for (name, bytes) in &self.files {
            let [br, gz] = compressed
                .get(name)
                .map_or([0; 2], |both| both.each_ref().map(Vec::len));
            let sizes = [bytes.len(), gz, br];
            for (sum, size) in total.iter_mut().zip(sizes) {
                *sum += size;
            }
            line(&mut text, sizes, name);
        }
        line(&mut text, total, "a first visit");
        let [.., over_the_wire] = total;
        match over_the_wire <= LIMIT {
            true => Ok(text),
            false => {
                eprint!("{text}");
                Err(BundleError::TooLarge(over_the_wire))
            }
        }
    }

    fn replace(&self, out: &Path) -> Result<(), BundleError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| BundleError::Files(path, error)
        };
        let held = out.exists() && fs::read_dir(out).map_err(failed(out))?.next().is_some();
        if held && !out.join(INTEGRITY).exists() {
            return Err(BundleError::Occupied(out.to_owned()));
        }
        let beside = |ending: &str| {
            let mut name = out.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let (new, old) = (beside(".new"), beside(".old"));
        for left in [&new, &old] {
            if left.exists() {
                fs::remove_dir_all(left).map_err(failed(left))?;
            }
        }
        for (name, bytes) in &self.files {
            let path = new.join(name);
            let folder = path.parent().unwrap_or(&new);
            fs::create_dir_all(folder).map_err(failed(folder))?;
            fs::write(&path, bytes).map_err(failed(&path))?;
        }
        if out.exists() {
            fs::rename(out, &old).map_err(failed(out))?;
        }
        fs::rename(&new, out).map_err(failed(out))?;
        if old.exists() {
            fs::remove_dir_all(&old).map_err(failed(&old))?;
        }
        Ok(())
    }
}

fn line(text: &mut String, [bytes, gz, br]: [usize; 3], name: &str) {
    // Writing to a text does not fail.
    let _ = writeln!(text, "{bytes:>9} {gz:>9} {br:>9}  {name}");
}

/// Refuses what a policy without `'unsafe-inline'` would not run.
fn inline(file: &str, html: &str) -> Result<(), BundleError> {
    let wrong = |what| BundleError::Inline {
        file: file.to_owned(),
        what,
    };
    let html = html.to_ascii_lowercase();
    for tag in html.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or((tag, ""));
        let mut words = tag.split_whitespace();
        let name = words.next().unwrap_or_default();
        if name == "script" && !tag.contains("src=") {
            return Err(wrong("a script inside the page"));
        }
        if name == "style" {
            return Err(wrong("a style inside the page"));
        }
        for attribute in words {
            if attribute.starts_with("style=") {
                return Err(wrong("a style attribute"));
            }
            if attribute.starts_with("on") && attribute.contains('=') {
                return Err(wrong("a handler attribute"));
            }
        }
    }
    Ok(())
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    !name.starts_with('.') && name.chars().all(plain)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    // Without a time or a name of its own.
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    // Writing to memory does not fail.
    let _ = brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters);
    out
}

const INTEGRITY: &str = "integrity.json";
/// What is served as it is.
const SERVED: [&str; 3] = ["css", "html", "js"];
/// Bytes of a first visit over the wire.
const LIMIT: usize = 350 << 10;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn page() -> tempfile::TempDir {
        let page = tempfile::tempdir().unwrap();
        fs::create_dir(page.path().join("report")).unwrap();
        fs::create_dir(page.path().join("l10n")).unwrap();
        for (name, text) in [
            (
                "index.html",
                "<!doctype html><script type=\"module\" src=\"main.js\"></script>",
            ),
            ("main.js", "import './report/words.js';"),
            ("report/words.js", "// words"),
            ("style.css", "body { color: #111 }"),
            ("l10n/en.ftl", "a = A"),
            ("notes.txt", "not served"),
        ] {
            fs::write(page.path().join(name), text).unwrap();
        }
        page
    }

    fn all(folder: &Path, before: &str, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{before}{}", path.file_name().unwrap().to_str().unwrap());
            match path.is_dir() {
                true => all(&path, &format!("{name}/"), found),
                false => _ = found.insert(name, fs::read(&path).unwrap()),
            }
        }
    }

    fn written(page: &Path, out: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut bundle = Bundle::read(page).unwrap();
        bundle.add("brolly_web_bg.wasm", vec![7; 100_000]);
        bundle.write(out).unwrap();
        let mut found = BTreeMap::new();
        all(out, "", &mut found);
        found
    }

    #[test]
    fn the_same_sources_make_the_same_bytes() {
        let (page, out) = (page(), tempfile::tempdir().unwrap());
        let first = written(page.path(), &out.path().join("page"));
        fs::write(out.path().join("page/stale.js"), "left over").unwrap();
        assert_eq!(first, written(page.path(), &out.path().join("page")));
        assert_eq!(first, written(page.path(), &out.path().join("other")));
    }

    #[test]
    fn every_file_has_its_hash_and_two_copies_that_are_the_same_when_they_are_unpacked() {
        let (page, out) = (page(), tempfile::tempdir().unwrap());
        let found = written(page.path(), &out.path().join("page"));
        let integrity: Value = serde_json::from_slice(&found["integrity.json"]).unwrap();
        let hashes = integrity["files"].as_object().unwrap();
        let names: Vec<&str> = hashes.keys().map(String::as_str).collect();
        let served = [
            "brolly_web_bg.wasm",
            "index.html",
            "main.js",
            "report/words.js",
            "style.css",
        ];
        assert_eq!(names, served);
        assert_eq!(found.len(), 3 * served.len() + 1);
        for name in served {
            let bytes = &found[name];
            let hash = STANDARD.encode(Sha256::digest(bytes));
            assert_eq!(hashes[name], format!("sha256-{hash}"));
            let (mut unpacked, mut inflated) = (Vec::new(), Vec::new());
            brotli::BrotliDecompress(&mut &*found[&format!("{name}.br")], &mut unpacked).unwrap();
            let gz = &*found[&format!("{name}.gz")];
            flate2::read::GzDecoder::new(gz)
                .read_to_end(&mut inflated)
                .unwrap();
            assert!(unpacked == *bytes && inflated == *bytes, "{name}");
        }
    }

    #[test]
    fn what_the_policy_forbids_is_refused() {
        for html in [
            "<script>x()</script>",
            "<style>p{}</style>",
            "<p style=\"color:red\">",
            "<p\n ONCLICK=\"x()\">",
        ] {
            let page = page();
            fs::write(page.path().join("index.html"), html).unwrap();
            let refused = Bundle::read(page.path()).err().unwrap();
            assert!(matches!(refused, BundleError::Inline { .. }), "{html}");
        }
    }

    #[test]
    fn more_than_350_kib_over_the_wire_are_refused_and_nothing_is_written() {
        let (page, out) = (page(), tempfile::tempdir().unwrap());
        let mut noise = Vec::new();
        let mut seed: [u8; 32] = [1; 32];
        while noise.len() < LIMIT {
            seed = Sha256::digest(seed).into();
            noise.extend_from_slice(&seed);
        }
        let mut bundle = Bundle::read(page.path()).unwrap();
        bundle.add("brolly_web_bg.wasm", noise);
        let refused = bundle.write(&out.path().join("page")).unwrap_err();
        assert!(matches!(refused, BundleError::TooLarge(_)), "{refused}");
        assert!(!out.path().join("page").exists());
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let (page, out) = (page(), tempfile::tempdir().unwrap());
        fs::write(out.path().join("diary.txt"), "mine").unwrap();
        let refused = Bundle::read(page.path())
            .unwrap()
            .write(out.path())
            .unwrap_err();
        assert!(matches!(refused, BundleError::Occupied(_)));
        assert_eq!(fs::read(out.path().join("diary.txt")).unwrap(), b"mine");
    }

    #[test]
    fn a_name_that_does_not_go_into_an_address_is_refused() {
        let page = page();
        fs::write(page.path().join("Main page.js"), "").unwrap();
        assert!(matches!(
            Bundle::read(page.path()).err().unwrap(),
            BundleError::Name(_)
        ));
    }
}
