//! What a page consists of: `integrity.json`, and the notice by which a scheme says which one is the right one (SPEC §18).

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The files of a page, each with its hash as browsers write it: `sha256-` and 44 characters of base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::exhaustive_structs, reason = "who builds a page makes it")]
pub struct Integrity {
    /// By the path below the page's address, without a slash before it.
    pub files: BTreeMap<String, String>,
}

/// Not a list of a page's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not the list of a page's files")]
pub struct NotIntegrity;

impl Integrity {
    /// Its name in a page's folder, and below its address.
    pub const NAME: &'static str = "integrity.json";
    /// The file behind `/`.
    pub const FRONT: &'static str = "index.html";
    /// Files at the most.
    pub const MOST_FILES: usize = 500;
    /// Bytes of all files at the most.
    pub const MOST_BYTES: usize = 16 << 20;
    /// Bytes of the list at the most.
    pub const LIMIT: usize = 128 << 10;

    /// Reads `integrity.json`: names of files below one folder, with a front, and no more than [`Self::MOST_FILES`].
    ///
    /// # Errors
    /// [`NotIntegrity`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NotIntegrity> {
        let list = bytes.get(..bytes.len().min(Self::LIMIT + 1));
        let list = list.filter(|bytes| bytes.len() <= Self::LIMIT);
        let read: Self =
            serde_json::from_slice(list.ok_or(NotIntegrity)?).map_err(|_| NotIntegrity)?;
        let named = read.files.keys().all(|name| is_name(name));
        let right = named
            && read.files.len() <= Self::MOST_FILES
            && read.files.contains_key(Self::FRONT)
            && !read.files.contains_key(Self::NAME);
        right.then_some(read).ok_or(NotIntegrity)
    }
}

/// The hash of a file as [`Integrity`] lists it.
pub fn hash_of(bytes: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}

/// The text of a notice that says which page is the right one: that whose `integrity.json` has this hash.
pub fn notice(integrity: &[u8]) -> String {
    format!("{NOTICE}{}", hash_of(integrity))
}

/// The hash that a notice names, if it is one of a page.
pub fn of_notice(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let hash = line.trim().strip_prefix(NOTICE)?;
        hash.starts_with("sha256-").then_some(hash)
    })
}

/// Letters, digits, dots, hyphens and underscores in folders; nothing that means another place.
fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(fits)
    };
    name.len() <= 255 && name.split('/').all(plain)
}

const NOTICE: &str = "Page: ";

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> Vec<u8> {
        let files = names
            .iter()
            .map(|name| ((*name).to_owned(), hash_of(name.as_bytes())));
        let list = Integrity {
            files: files.collect(),
        };
        serde_json::to_vec(&list).unwrap()
    }

    #[test]
    fn spec_18_2_a_list_names_files_below_one_folder_and_a_front() {
        assert!(Integrity::parse(&list(&["index.html", "report/ask.js"])).is_ok());
        for bad in [
            &["main.js"][..],
            &["index.html", "integrity.json"],
            &["index.html", "../relay.toml"],
            &["index.html", "/etc/passwd"],
            &["index.html", "a//b.js"],
            &["index.html", ".hidden"],
            &["index.html", "a?b=c"],
            &["index.html", "a b"],
        ] {
            assert_eq!(Integrity::parse(&list(bad)), Err(NotIntegrity), "{bad:?}");
        }
        for bad in [
            "",
            "{}",
            "[]",
            "{\"files\":{\"index.html\":7}}",
            "{\"files\":{},\"more\":1}",
        ] {
            assert_eq!(Integrity::parse(bad.as_bytes()), Err(NotIntegrity), "{bad}");
        }
        let many: Vec<String> = (0..=Integrity::MOST_FILES).map(|n| n.to_string()).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many.push("index.html");
        assert_eq!(Integrity::parse(&list(&many)), Err(NotIntegrity));
        assert_eq!(
            Integrity::parse(&vec![b' '; Integrity::LIMIT + 1]),
            Err(NotIntegrity)
        );
    }

    #[test]
    fn spec_18_4_a_notice_names_the_hash_of_the_list() {
        let said = notice(b"the list");
        assert_eq!(of_notice(&said), Some(hash_of(b"the list").as_str()));
        assert_eq!(
            of_notice(&format!("The page changed.\n  {said}\nBye.")),
            of_notice(&said)
        );
        for other in [
            "",
            "Page: soon",
            "The page: sha256-AAAA",
            "page: sha256-AAAA",
        ] {
            assert_eq!(of_notice(other), None, "{other}");
        }
        assert_eq!(
            hash_of(b""),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }
}
