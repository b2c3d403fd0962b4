//! Configuration files: TOML, with mistakes explained.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nothing has this name.
    #[error("there is no configuration file {}", .0.display())]
    Missing(PathBuf),
    /// The system refused.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Over 1 MiB.
    #[error("{} has more than 1 MiB: it is not a configuration file", .0.display())]
    TooLong(PathBuf),
    /// Not text.
    #[error("{} is not UTF-8 text: it is not a configuration file", .0.display())]
    NotText(PathBuf),
    /// A key that nothing reads: a mistyped one, most likely.
    #[error("{} line {line}: unknown key `{key}`; {advice}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// The key.
        key: String,
        /// The nearest known key, or all of them.
        advice: String,
    },
    /// A key without which the program cannot work.
    #[error("{}: the key `{key}` is missing", path.display())]
    MissingKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// Two keys of which one would be passed over.
    #[error("{}: both `{one}` and `{other}` are given: keep one of them", path.display())]
    Both {
        /// The file.
        path: PathBuf,
        /// A key.
        one: &'static str,
        /// Another.
        other: &'static str,
    },
    /// Not TOML, or a value of another type.
    #[error("{} line {line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// Puts the paths that stand in the configuration `file` behind its folder, from the root on; absolute ones stay. What is
/// made durable is made so up to its parents, and a relative path has none at its end.
pub fn beside<'p>(file: &Path, paths: impl IntoIterator<Item = &'p mut PathBuf>) {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(Path::new(""));
    for path in paths {
        *path = folder.join(&*path);
    }
}

/// Checks that the configuration `file` says in one way at most where the passphrase is.
///
/// # Errors
/// [`ConfigError::Both`].
pub fn one_passphrase(
    path: &Path,
    file: Option<&PathBuf>,
    credential: Option<&String>,
) -> Result<(), ConfigError> {
    match (file, credential) {
        (Some(_), Some(_)) => Err(ConfigError::Both {
            path: path.to_owned(),
            one: "passphrase-file",
            other: "passphrase-credential",
        }),
        _ => Ok(()),
    }
}

/// Reads a TOML file of at most 1 MiB. `T` should be `#[serde(deny_unknown_fields)]`.
///
/// # Errors
/// [`ConfigError`].
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let failed = |reason: io::Error| {
        let path = path.to_owned();
        if reason.kind() == io::ErrorKind::NotFound {
            ConfigError::Missing(path)
        } else {
            ConfigError::Unreadable { path, reason }
        }
    };
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(failed)?
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LIMIT) {
        return Err(ConfigError::TooLong(path.to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::NotText(path.to_owned()))?;
    toml::from_str(&text).map_err(|error| explain(path, &text, &error))
}

fn explain(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let path = path.to_owned();
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    // Serde has these two sentences alone to tell a mistyped key and a missing one from everything else.
    let mut names = error.message().split('`').skip(1).step_by(2);
    if error.message().starts_with("unknown field `") {
        let key = names.next().unwrap_or_default().to_owned();
        let advice = advice(&key, &names.collect::<Vec<_>>());
        return ConfigError::UnknownKey {
            path,
            line,
            key,
            advice,
        };
    }
    if error.message().starts_with("missing field `") {
        let key = names.next().unwrap_or_default().to_owned();
        return ConfigError::MissingKey { path, key };
    }
    let message = error.message().replace('\n', "; ");
    ConfigError::Invalid {
        path,
        line,
        message,
    }
}

fn advice(key: &str, known: &[&str]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(key, name);
    let nearest = known.iter().min_by_key(|name| distance(name));
    match nearest {
        Some(name) if distance(name) * 2 <= name.len() => format!("did you mean `{name}`?"),
        Some(_) => format!("the keys here are `{}`", known.join("`, `")),
        None => "there are no keys here".to_owned(),
    }
}

/// 1 MiB.
const LIMIT: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Relay {
        listen: String,
        state: PathBuf,
        #[serde(default)]
        limits: Limits,
    }

    #[derive(Debug, Default, PartialEq, Eq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Limits {
        connections: u16,
    }

    fn load_text(text: &[u8]) -> Result<Relay, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("relay.toml");
        std::fs::write(&path, text).unwrap();
        let prefix = format!("{}/", directory.path().display());
        load(&path).map_err(|error| error.to_string().replace(&prefix, ""))
    }

    #[test]
    fn paths_stand_behind_the_folder_of_the_file_from_the_root_on() {
        let here = std::env::current_dir().unwrap();
        for (file, folder) in [
            ("relay.toml", here.clone()),
            ("scheme/relay.toml", here.join("scheme")),
            ("/etc/brolly/relay.toml", PathBuf::from("/etc/brolly")),
        ] {
            let mut data = PathBuf::from("data");
            let mut key = PathBuf::from("/keys/identity.key");
            beside(Path::new(file), [&mut data, &mut key]);
            assert_eq!(data, folder.join("data"));
            assert_eq!(key, Path::new("/keys/identity.key"));
        }
    }

    #[test]
    fn a_good_file_is_read() {
        let text = b"listen = \"127.0.0.1:1\"\nstate = \"/s\"\n[limits]\nconnections = 9\n";
        assert_eq!(
            load_text(text).unwrap(),
            Relay {
                listen: "127.0.0.1:1".into(),
                state: "/s".into(),
                limits: Limits { connections: 9 },
            }
        );
    }

    #[test]
    fn a_mistyped_key_is_named_with_its_line_and_the_nearest_known_key() {
        let text = b"# relay\nstate = \"/s\"\nlisen = \"127.0.0.1:1\"\n";
        assert_eq!(
            load_text(text).unwrap_err(),
            "relay.toml line 3: unknown key `lisen`; did you mean `listen`?"
        );
        let text = b"listen = \"a\"\nstate = \"/s\"\n[limits]\nconections = 9\n";
        assert_eq!(
            load_text(text).unwrap_err(),
            "relay.toml line 4: unknown key `conections`; did you mean `connections`?"
        );
    }

    #[test]
    fn a_key_like_no_other_lists_the_known_ones() {
        assert_eq!(
            load_text(b"colour = 3").unwrap_err(),
            "relay.toml line 1: unknown key `colour`; the keys here are `listen`, `state`, `limits`"
        );
    }

    #[test]
    fn a_missing_key_a_wrong_type_and_broken_toml_are_plain_sentences() {
        assert_eq!(
            load_text(b"listen = \"a\"").unwrap_err(),
            "relay.toml: the key `state` is missing"
        );
        assert_eq!(
            load_text(b"state = \"/s\"\nlisten = 5").unwrap_err(),
            "relay.toml line 2: invalid type: integer `5`, expected a string"
        );
        let broken = load_text(b"state = \"/s\"\nlisten = \"").unwrap_err();
        assert!(broken.starts_with("relay.toml line 2: "), "{broken}");
        assert_eq!(broken.lines().count(), 1);
    }

    #[test]
    fn a_file_that_is_missing_huge_or_not_text_says_so() {
        let missing = load::<Relay>(Path::new("/nonexistent/relay.toml")).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "there is no configuration file /nonexistent/relay.toml"
        );
        let huge = load_text(&vec![b'#'; (1 << 20) + 1]).unwrap_err();
        assert!(huge.contains("more than 1 MiB"), "{huge}");
        let binary = load_text(&[0xff, 0xfe]).unwrap_err();
        assert!(binary.contains("not UTF-8"), "{binary}");
    }
}
