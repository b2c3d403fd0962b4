//! `brolly verify-page`: whether a relay serves browsers the page that the scheme published.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use brolly_client::alerts::Alerts;
use brolly_shell::cli::Failure;
use brolly_shell::http::StatusCode;
use brolly_shell::http::client::{Encoding, Link, LinkError, Reply};
use brolly_shell::page::{self, Integrity, hash_of};
use brolly_shell::{clock, date, text};
use serde_json::json;

use crate::command::VerifyPage;
use crate::{Device, alerts, print};

/// Fetches every file as a browser does, holds it against the list, and the list against what the board or a file says.
pub(crate) fn run(device: &Device, options: &VerifyPage) -> Result<(), Failure> {
    let address = address(&options.url)?;
    let wanted = match &options.integrity {
        Some(file) => Wanted::of_file(file)?,
        None => Wanted::of_board(device)?,
    };
    let link = device.network.unpinned(address)?;
    let served = served(&link);
    let (list, files) = device.network.wait("fetching the page", served)?;
    let hash = hash_of(&list);
    if hash != wanted.hash {
        return Err(Failure::refused(format!(
            "{} serves another page than the right one: its {} has the hash {hash}, and {} names {}",
            link.address(),
            Integrity::NAME,
            wanted.by,
            text::line(&wanted.hash)
        ))
        .hint("do not use it, and tell your project by another way: it may be an old page, or one that was changed to do harm"));
    }
    if options.json {
        let object =
            json!({"address": link.address(), "hash": hash, "files": files, "named_by": wanted.by});
        return print(&text::json(&object.to_string()));
    }
    print(&format!(
        "{} serves the right page: {files} files, each as listed, plain and compressed. {} names it ({hash}).\n\
         This says what it served to you now. It can serve somebody else another page, or another one a minute later.",
        link.address(),
        text::line(&wanted.by)
    ))
}

/// The page that is right.
struct Wanted {
    hash: String,
    by: String,
}

impl Wanted {
    fn of_file(file: &Path) -> Result<Self, Failure> {
        let failed =
            |reason: String| Failure::configuration(format!("{}: {reason}", file.display()));
        let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        Integrity::parse(&bytes).map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            hash: hash_of(&bytes),
            by: file.display().to_string(),
        })
    }

    /// As the newest notice says that names a page.
    fn of_board(device: &Device) -> Result<Self, Failure> {
        let (state, renewed) = alerts::renewed(device, false)?;
        renewed?;
        let known = Alerts::open(&state, state.now(clock::now())).map_err(Failure::failed)?;
        let directory = state.kept_directory().map_err(Failure::failed)?;
        let named = known.notices.iter().find_map(|notice| {
            let hash = page::of_notice(&notice.text)?.to_owned();
            let desk = directory.desk(notice.desk);
            let desk = desk.map_or("a desk", |desk| desk.name.as_str());
            let by = format!("the notice of {desk}, {}", date::words(notice.day));
            Some(Self { hash, by })
        });
        named.ok_or_else(|| {
            Failure::failed(
                "no notice of the last days on the board says which page is the right one",
            )
            .hint("compare with the released page instead: --integrity integrity.json")
        })
    }
}

/// Fetches the page's list and everything that it lists, plain and as browsers take it; the list, and how many files.
async fn served(link: &Link) -> Result<(Vec<u8>, usize), Failure> {
    let list = get(link, Integrity::NAME, Integrity::LIMIT).await?;
    let integrity = Integrity::parse(&list).map_err(|error| {
        Failure::refused(format!(
            "what {} serves as {} is refused: {error}",
            link.address(),
            Integrity::NAME
        ))
    })?;
    let mut left = Integrity::MOST_BYTES;
    let front = integrity.files.get(Integrity::FRONT).map(|hash| ("", hash));
    let files = integrity
        .files
        .iter()
        .map(|(name, hash)| (name.as_str(), hash));
    for (name, hash) in files.chain(front) {
        let bytes = get(link, name, left).await?;
        left = left.saturating_sub(bytes.len());
        if hash_of(&bytes) != *hash {
            return Err(changed(link, name));
        }
    }
    Ok((list, integrity.files.len()))
}

/// One file, which must be the same plain and compressed.
async fn get(link: &Link, name: &str, limit: usize) -> Result<Vec<u8>, Failure> {
    let path = format!("/{name}");
    let mut bodies = Vec::new();
    for compressed in [false, true] {
        let reply = link.get(&path, compressed, limit, PATIENCE).await;
        let reply = reply.map_err(|error| match matches!(error, LinkError::TooLong { .. }) {
            true => Failure::refused(error),
            false => Failure::from(error),
        })?;
        if reply.status != StatusCode::OK {
            return Err(Failure::failed(format!(
                "{} has no page there: it answered {} for {path}",
                link.address(),
                reply.status.as_u16()
            )));
        }
        bodies.push(decoded(&reply, limit).ok_or_else(|| changed(link, name))?);
    }
    match <[Vec<u8>; 2]>::try_from(bodies) {
        Ok([plain, compressed]) if plain == compressed => Ok(plain),
        _ => Err(changed(link, name)),
    }
}

fn decoded(reply: &Reply, limit: usize) -> Option<Vec<u8>> {
    let body = reply.body.as_ref();
    let most = u64::try_from(limit).ok()?;
    let mut bytes = Vec::new();
    match reply.encoding {
        Encoding::Plain => return Some(body.to_vec()),
        Encoding::Gzip => {
            let decoder = flate2::read::GzDecoder::new(body);
            decoder.take(most + 1).read_to_end(&mut bytes).ok()?;
        }
        Encoding::Brotli => {
            let decoder = brotli_decompressor::Decompressor::new(body, 4_096);
            decoder.take(most + 1).read_to_end(&mut bytes).ok()?;
        }
        Encoding::Other | _ => return None,
    }
    (bytes.len() <= limit).then_some(bytes)
}

fn changed(link: &Link, name: &str) -> Failure {
    let name = match name {
        "" => "the front page",
        name => name,
    };
    Failure::refused(format!(
        "{} serves another file than its own list names: {name}",
        link.address()
    ))
    .hint("do not use this page, and tell your project by another way")
}

/// `host:port` of `https://host[:port]/`, whatever stands behind a #.
fn address(url: &str) -> Result<String, Failure> {
    let wrong =
        || Failure::usage("name the page by its address: https://host/ or https://host:port/");
    let rest = url.strip_prefix("https://").ok_or_else(wrong)?;
    let host = rest.split(['/', '#', '?']).next().unwrap_or_default();
    let bracketed = host.ends_with(']');
    let named = match host.rsplit_once(':').filter(|_| !bracketed) {
        Some((name, port)) => !name.is_empty() && port.parse::<u16>().is_ok(),
        None => !host.is_empty(),
    };
    match named {
        false => Err(wrong()),
        true if host.contains(':') && !bracketed => Ok(host.to_owned()),
        true => Ok(format!("{host}:443")),
    }
}

/// For one file; Tor can be slow.
const PATIENCE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_as_browsers_name_it() {
        let of = |url| address(url).map_err(|failure| failure.code);
        assert_eq!(of("https://entry.example"), Ok("entry.example:443".into()));
        assert_eq!(
            of("https://entry.example/#invited"),
            Ok("entry.example:443".into())
        );
        assert_eq!(of("https://127.0.0.1:4433/"), Ok("127.0.0.1:4433".into()));
        assert_eq!(of("https://[::1]/"), Ok("[::1]:443".into()));
        for wrong in [
            "http://entry.example/",
            "entry.example",
            "https://",
            "https://:443/",
            "https://a:b/",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
