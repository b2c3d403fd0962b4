//! The worker's page: the files of one folder, served as they are (SPEC §18).
//!
//! ```text
//! folder ──read once──▶ every file beside its hash in integrity.json ──▶ memory ──▶ GET /, GET /style.css, …
//!              └ one that is missing, changed or not listed: the relay does not start
//! ```

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, fs};

use brolly_shell::http::header::{
    CONTENT_ENCODING, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use brolly_shell::http::server::{Encodings, Response};
use brolly_shell::http::{Bytes, HeaderName, HeaderValue, StatusCode};
use brolly_shell::log::{self, Level};
use brolly_shell::page::{Integrity, hash_of};
use brolly_shell::tls::{WebCertificate, WebCertificateError};

use crate::config::Config;

/// What an entry serves to browsers.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) page: Page,
    /// Without it, a proxy in front of the relay shows them one.
    pub(crate) certificate: Option<Arc<WebCertificate>>,
}

/// A bundle in memory.
pub struct Page {
    files: BTreeMap<String, File>,
}

struct File {
    content_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

/// Why a folder holds no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The folder or a file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// No list of hashes.
    #[error("{} is not the list of a page's files: build the page again, or unpack it again", .0.display())]
    List(PathBuf),
    /// It is listed, and not there or another.
    #[error("{} is not the file that integrity.json lists: nothing of this page is served; unpack it again", .0.display())]
    Changed(PathBuf),
    /// It is there, and not listed.
    #[error("{} is not listed in integrity.json: nothing of this page is served; take it out of the folder", .0.display())]
    NotListed(PathBuf),
    /// Of a kind that no page has.
    #[error("{} is of no kind that a page consists of", .0.display())]
    Kind(PathBuf),
    /// One without the other.
    #[error(
        "the table [page] of relay.toml has only one of `certificate` and `key`: name both, or neither if a proxy in front of the relay has them"
    )]
    Half,
    /// What browsers are to be shown.
    #[error(transparent)]
    Certificate(#[from] WebCertificateError),
    /// More than a page can be.
    #[error("{} holds more than {MOST} files or {MOST_BYTES} bytes: that is not a page", .0.display())]
    TooMuch(PathBuf),
}

/// Whether this relay has a page, and nothing stands in the way of serving it.
///
/// # Errors
/// [`PageError`].
pub fn check(config: &Config) -> Result<bool, PageError> {
    Ok(Site::open(config)?.is_some())
}

impl Site {
    /// What the configuration says about the page. `None`: there is none.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>, PageError> {
        let Some(page) = &config.page else {
            return Ok(None);
        };
        let certificate = match (&page.certificate, &page.key) {
            (Some(certificate), Some(key)) => {
                Some(Arc::new(WebCertificate::load(certificate, key)?))
            }
            (None, None) => None,
            _ => return Err(PageError::Half),
        };
        Ok(Some(Self {
            page: Page::load(&page.folder)?,
            certificate,
        }))
    }
}

/// Reads the certificate again each hour: whoever renews it need not stop the relay.
pub(crate) async fn renew(certificate: Arc<WebCertificate>) {
    loop {
        tokio::time::sleep(RENEWED).await;
        if certificate.renew().is_err() {
            log::event(Level::Warning, "certificate-not-renewed", &[]);
        }
    }
}

impl Page {
    /// Reads a bundle and holds every file of it against its hash.
    ///
    /// # Errors
    /// [`PageError`].
    pub fn load(folder: &Path) -> Result<Self, PageError> {
        let mut found = BTreeMap::new();
        let mut left = MOST_BYTES;
        walk(folder, "", &mut left, &mut found)?;
        let list = folder.join(Integrity::NAME);
        let bytes = found
            .get(Integrity::NAME)
            .ok_or_else(|| PageError::List(list.clone()))?;
        let listed = Integrity::parse(bytes).map_err(|_| PageError::List(list.clone()))?;
        let mut files = BTreeMap::new();
        for (name, hash) in &listed.files {
            let changed = || PageError::Changed(folder.join(name));
            let plain = found.remove(name).ok_or_else(changed)?;
            if hash_of(&plain) != *hash {
                return Err(changed());
            }
            files.insert(name.clone(), plain);
        }
        let list = found.remove(Integrity::NAME).unwrap_or_default();
        files.insert(Integrity::NAME.to_owned(), list);
        let mut page = Self {
            files: BTreeMap::new(),
        };
        for (name, plain) in files {
            let content_type =
                content_type(&name).ok_or_else(|| PageError::Kind(folder.join(&name)))?;
            let file = File {
                content_type,
                plain,
                gzip: found.remove(&format!("{name}.gz")),
                brotli: found.remove(&format!("{name}.br")),
            };
            page.files.insert(name, file);
        }
        match found.keys().next() {
            Some(other) => Err(PageError::NotListed(folder.join(other))),
            None if !page.files.contains_key(Integrity::FRONT) => {
                Err(PageError::Changed(folder.join(Integrity::FRONT)))
            }
            None => Ok(page),
        }
    }

    /// Answers `GET path`; `None` for what is not a file of the page.
    pub(crate) fn answer(&self, path: &str, taken: Encodings) -> Option<Response> {
        let name = match path.strip_prefix('/')? {
            "" => Integrity::FRONT,
            name => name,
        };
        let file = self.files.get(name)?;
        let brotli = file.brotli.as_ref().filter(|_| taken.brotli);
        let gzip = file.gzip.as_ref().filter(|_| taken.gzip);
        let (body, encoding) = match (brotli, gzip) {
            (Some(body), _) => (body, Some("br")),
            (None, Some(body)) => (body, Some("gzip")),
            (None, None) => (&file.plain, None),
        };
        let mut response = Response::bytes(StatusCode::OK, file.content_type, body.clone());
        if let Some(encoding) = encoding {
            response = response.with_header(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        for (name, value) in HEADERS {
            response = response.with_header(name.clone(), HeaderValue::from_static(value));
        }
        Some(response)
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files.keys()).finish()
    }
}

fn walk(
    folder: &Path,
    above: &str,
    left: &mut u64,
    found: &mut BTreeMap<String, Bytes>,
) -> Result<(), PageError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| PageError::Unreadable { path, reason }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let path = entry.path();
        let name = entry.file_name().into_string();
        let name = name.map_err(|_| PageError::Kind(path.clone()))?;
        let name = format!("{above}{name}");
        let kind = entry.file_type().map_err(failed(&path))?;
        if kind.is_dir() && above.matches('/').count() < DEEPEST {
            walk(&path, &format!("{name}/"), left, found)?;
            continue;
        }
        if !kind.is_file() {
            return Err(PageError::Kind(path));
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&path).map_err(failed(&path))?;
        let read = file.take(*left + 1).read_to_end(&mut bytes);
        let read = u64::try_from(read.map_err(failed(&path))?).unwrap_or(u64::MAX);
        *left = left
            .checked_sub(read)
            .filter(|_| found.len() < MOST)
            .ok_or_else(|| PageError::TooMuch(folder.to_owned()))?;
        found.insert(name, bytes.into());
    }
    Ok(())
}

fn content_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => return None,
    })
}

/// On every answer of the page (THREATS requirement 9). Nothing is taken from anywhere else, sent anywhere else, or kept.
const HEADERS: [(HeaderName, &str); 11] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src blob: data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(), display-capture=(), geolocation=(), \
         gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
    (HeaderName::from_static("x-dns-prefetch-control"), "off"),
    (REFERRER_POLICY, "no-referrer"),
    (STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// Files in the folder, with their compressed copies.
const MOST: usize = 3 * Integrity::MOST_FILES;
const MOST_BYTES: u64 = 16 << 20;
const _: () = assert!(Integrity::MOST_BYTES == 16 << 20);
const RENEWED: Duration = Duration::from_secs(3_600);
/// Folders below one another.
const DEEPEST: usize = 4;

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use brolly_shell::http::header::CONTENT_TYPE;
    use tempfile::TempDir;

    use super::*;

    pub(crate) const FILES: [(&str, &str); 3] = [
        ("index.html", "<!doctype html><title>Notes</title>"),
        ("main.js", "import './report/ask.js'"),
        ("report/ask.js", "export {}"),
    ];

    pub(crate) fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut hashes = BTreeMap::new();
        for (name, text) in FILES {
            write(&folder, name, text);
            hashes.insert(name, hash_of(text.as_bytes()));
        }
        write(&folder, "main.js.br", "as brotli");
        write(&folder, "main.js.gz", "as gzip");
        let list = serde_json::json!({ "files": hashes }).to_string();
        write(&folder, Integrity::NAME, &list);
        folder
    }

    fn write(folder: &TempDir, name: &str, text: &str) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn refused(folder: &TempDir) -> String {
        Page::load(folder.path()).unwrap_err().to_string()
    }

    const BOTH: Encodings = Encodings {
        brotli: true,
        gzip: true,
    };

    #[test]
    fn spec_18_2_a_page_is_served_as_it_lies_in_its_folder_in_the_encoding_that_is_taken() {
        let folder = folder();
        let page = Page::load(folder.path()).unwrap();
        let plain = Encodings::default();
        let gzip = Encodings {
            gzip: true,
            ..plain
        };
        for (path, taken, body) in [
            ("/", BOTH, FILES[0].1),
            ("/index.html", plain, FILES[0].1),
            ("/main.js", plain, FILES[1].1),
            ("/main.js", gzip, "as gzip"),
            ("/main.js", BOTH, "as brotli"),
            ("/report/ask.js", BOTH, FILES[2].1),
        ] {
            let answer = page.answer(path, taken).unwrap();
            assert_eq!(answer.body, body, "{path}");
            let encoded = answer
                .headers
                .iter()
                .any(|(name, _)| name == CONTENT_ENCODING);
            assert_eq!(encoded, body.starts_with("as "), "{path}");
        }
        for nothing in [
            "",
            "/nothing",
            "//",
            "/../relay.toml",
            "/main.js.br",
            "/report",
            "/report/",
        ] {
            assert!(page.answer(nothing, BOTH).is_none(), "{nothing}");
        }
    }

    #[test]
    fn spec_18_3_every_answer_of_the_page_carries_the_headers() {
        let page = Page::load(folder().path()).unwrap();
        for path in ["/", "/main.js", "/integrity.json"] {
            let answer = page.answer(path, BOTH).unwrap();
            assert!(!answer.cacheable, "no-store");
            assert!(answer.headers.iter().all(|(name, _)| name != CONTENT_TYPE));
            for (name, value) in HEADERS {
                let sent = answer.headers.iter().find(|(sent, _)| *sent == name);
                assert_eq!(sent.unwrap().1, value);
            }
        }
        let policy = HEADERS[0].1;
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "connect-src 'self'",
            "form-action 'none'",
        ] {
            assert!(policy.contains(part), "{part}");
        }
        // Pictures are those that the page itself holds: none is asked for.
        let (pictures, others): (Vec<_>, Vec<_>) = policy
            .split("; ")
            .partition(|part| part.starts_with("img-src "));
        assert_eq!(pictures, ["img-src blob: data:"]);
        let others = others.join("; ");
        for loose in [
            "unsafe-inline",
            "'unsafe-eval'",
            "blob:",
            "data:",
            "http",
            "*",
        ] {
            assert!(!others.contains(loose), "{loose}");
        }
    }

    #[test]
    fn spec_18_2_one_changed_byte_a_missing_or_a_further_file_and_nothing_is_served() {
        let changed = folder();
        write(&changed, "report/ask.js", "export []");
        assert!(refused(&changed).contains("ask.js is not the file that integrity.json lists"));
        let missing = folder();
        fs::remove_file(missing.path().join("main.js")).unwrap();
        assert!(refused(&missing).contains("main.js is not the file"));
        let more = folder();
        write(&more, "more.js", "");
        assert!(refused(&more).contains("more.js is not listed"));
        let unlisted = folder();
        fs::remove_file(unlisted.path().join(Integrity::NAME)).unwrap();
        assert!(refused(&unlisted).contains("not the list of a page's files"));
        let linked = folder();
        std::os::unix::fs::symlink("/etc/passwd", linked.path().join("notes.txt")).unwrap();
        assert!(refused(&linked).contains("of no kind"));
        let large = folder();
        fs::File::create(large.path().join("large.js"))
            .and_then(|file| file.set_len(MOST_BYTES))
            .unwrap();
        assert!(refused(&large).contains("that is not a page"));
        let error = Page::load(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere cannot be read"), "{error}");
    }
}
