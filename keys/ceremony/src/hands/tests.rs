use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use brolly_keys::file::Label;
use brolly_keys::sign::SigningKey;
use brolly_shell::cli::{REFUSED, USAGE};
use clap::Parser;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::command::Cli;

/// A desk with its key file, split among three people unless told otherwise.
struct Room(TempDir);

impl Room {
    fn new() -> Self {
        Self::with(Kind::Desk)
    }

    fn with(kind: Kind) -> Self {
        let room = Self(tempfile::tempdir().unwrap());
        for name in ["desk", "ada", "bea", "cat", "new"] {
            private::create(&room.at(name), name.as_bytes()).unwrap();
        }
        let public = SigningKey::<brolly_keys::role::Desk>::from_seed(&[1; 32]);
        let mut file = KeyFile::new(kind, "police", public.verifying_key().to_bytes());
        file.insert(Label::Identity, 0, &[1; 32]);
        file.insert(Label::Week, 7, &[2; 32]);
        keyfile::create(&room.at("desk.key"), &file, b"desk").unwrap();
        room
    }

    fn split() -> Self {
        let room = Self::new();
        room.run(&room.split_line("parts")).unwrap();
        room
    }

    fn split_line(&self, out: &str) -> Vec<String> {
        let mut line = vec!["split", "--threshold=2", "--shares=3"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        line.extend([self.text("desk.key"), format!("--out={}", self.text(out))]);
        line.push(format!("--passphrase-file={}", self.text("desk")));
        for name in ["ada", "bea", "cat"] {
            line.push(format!("--holder={name}"));
            line.push(format!("--share-passphrase-file={}", self.text(name)));
        }
        line
    }

    /// Joins shares, given as file and the file of its passphrase.
    fn join(&self, shares: &[(&str, &str)]) -> Result<String, Failure> {
        let mut line = vec!["join".to_owned(), self.text("parts/desk.key")];
        line.push(format!("--out={}", self.text("joined.key")));
        line.push(format!("--passphrase-file={}", self.text("new")));
        for (share, passphrase) in shares {
            line.push(format!("--share={}", self.text(share)));
            line.push(format!("--share-passphrase-file={}", self.text(passphrase)));
        }
        self.run(&line)
    }

    fn run(&self, line: &[String]) -> Result<String, Failure> {
        let mut out = Vec::new();
        let line = [&["brolly-keys".to_owned()], line].concat();
        Cli::try_parse_from(line)
            .unwrap()
            .run(&mut out, &mut Vec::new())?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn inspect(&self, path: &str) -> (String, Value) {
        let line = ["inspect".to_owned(), self.text(path)];
        let words = self.run(&line).unwrap();
        let json = self.run(&[&line[..], &["--json".to_owned()]].concat());
        (words, serde_json::from_str(&json.unwrap()).unwrap())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn text(&self, path: &str) -> String {
        self.at(path).to_str().unwrap().to_owned()
    }

    /// Every file with its bytes and its mode.
    fn image(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let mode = fs::metadata(&path).unwrap().permissions().mode();
                files.insert(path.clone(), (mode & 0o7777, fs::read(&path).unwrap()));
            }
        }
        files
    }
}

const SHARES: [(&str, &str); 3] = [
    ("parts/desk-share-1.key", "ada"),
    ("parts/desk-share-2.key", "bea"),
    ("parts/desk-share-3.key", "cat"),
];

#[test]
fn spec_2_9_a_split_key_file_comes_back_with_any_two_of_its_three_shares() {
    let room = Room::new();
    let before = room.image();
    let words = room.run(&room.split_line("parts")).unwrap();
    for part in [
        "Split the keys of the desk police: any 2 of 3 shares open them.",
        "parts/desk-share-2.key   the share of bea",
        "then destroy",
        "1 lost share: the others still open the key file",
        "2 shares or more, or their passphrases: nobody can open the key file again",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    let after = room.image();
    assert!(before.iter().all(|(path, was)| after[path] == *was));
    let made: Vec<&PathBuf> = after.keys().filter(|p| !before.contains_key(*p)).collect();
    let names = [
        "desk-share-1.key",
        "desk-share-2.key",
        "desk-share-3.key",
        "desk.key",
    ];
    assert_eq!(
        made,
        names.map(|name| room.at("parts").join(name)).each_ref()
    );
    assert!(made.iter().all(|path| after[*path].0 == 0o600));
    for pair in [[0, 1], [2, 0], [1, 2]] {
        let said = room.join(&pair.map(|n| SHARES[n])).unwrap();
        assert!(
            said.contains("split it again, or keep it locked away"),
            "{said}"
        );
        let joined = keyfile::read(&room.at("joined.key"), b"new").unwrap();
        assert_eq!(joined.secret(Label::Week, 7), Some(&[2; 32]));
        assert_eq!(joined.header().lock, Lock::Passphrase);
        fs::remove_file(room.at("joined.key")).unwrap();
    }
}

#[test]
fn spec_2_9_a_share_that_is_wrong_is_named_and_nothing_is_written() {
    let room = Room::split();
    // Another split of the same key file, and the share of another number under the name of one.
    room.run(&room.split_line("again")).unwrap();
    let damaged = room.at("damaged.key");
    let mut bytes = fs::read(room.at(SHARES[1].0)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    private::create(&damaged, &bytes).unwrap();
    private::create(&room.at("wrong.key"), &forged(&room)).unwrap();
    private::create(
        &room.at("copy.key"),
        &fs::read(room.at(SHARES[0].0)).unwrap(),
    )
    .unwrap();
    let image = room.image();
    let one = SHARES[0];
    for (shares, parts) in [
        (
            vec![one, ("damaged.key", "bea")],
            ["damaged.key: the share is damaged", "back-up"],
        ),
        (
            vec![one, ("wrong.key", "bea")],
            ["wrong.key is a wrong share", "it is share 2"],
        ),
        (
            vec![one, ("copy.key", "ada")],
            ["copy.key are both share 1", "another holder"],
        ),
        (
            vec![one, ("again/desk-share-2.key", "bea")],
            [
                "again/desk-share-2.key is share 2 of the desk police",
                "of another set",
            ],
        ),
        (
            vec![one, ("parts/desk-share-2.key", "cat")],
            [
                "parts/desk-share-2.key: wrong passphrase",
                "holder of this share",
            ],
        ),
        (
            vec![one, ("parts/desk.key", "cat")],
            ["parts/desk.key: this is not a share", ""],
        ),
        (
            vec![one],
            ["1 of the 3 shares of", "give 1 more with --share"],
        ),
        (vec![], ["0 of the 3 shares of", "give 2 more with --share"]),
        // Two good ones do not make up for a wrong third.
        (
            vec![one, SHARES[2], ("wrong.key", "bea")],
            ["wrong.key is a wrong share", "it is share 2"],
        ),
    ] {
        let failure = room.join(&shares).unwrap_err();
        for part in parts {
            assert!(failure.message.contains(part), "{part}: {failure}");
        }
        assert_eq!(failure.code, REFUSED, "{failure}");
        assert!(room.image() == image, "{failure}");
    }
}

/// A share file with the header of share 2, whole and with Bea's passphrase, that holds another share.
fn forged(room: &Room) -> Vec<u8> {
    let mut rng = random::system();
    let header = ShareHeader::parse(&fs::read(room.at(SHARES[1].0)).unwrap()).unwrap();
    let (_, shares) = share::split(2, 3, &mut rng).unwrap();
    shares[1]
        .encrypt(&header, b"bea", Cost::STANDARD, &mut rng)
        .unwrap()
}

#[test]
fn spec_2_9_inspect_tells_a_share_and_a_key_file_in_several_hands() {
    let room = Room::split();
    let (words, file) = room.inspect("parts/desk.key");
    assert!(
        words.contains("in several hands: 2 of its 3 shares open it, and no passphrase does."),
        "{words}"
    );
    let (words, share) = room.inspect("parts/desk-share-3.key");
    assert!(
        words.contains("Share 3 of 3 of the key file of the desk police"),
        "{words}"
    );
    assert!(words.contains("kept by     cat"), "{words}");
    assert_eq!(share["what"], "share");
    assert_eq!(
        (&share["number"], &share["hands"]["threshold"]),
        (&3.into(), &2.into())
    );
    assert_eq!(share["hands"], file["hands"]);
    assert_eq!(share["fingerprint"], file["fingerprint"]);
    let (_, whole) = room.inspect("desk.key");
    assert_eq!(whole["hands"], Value::Null);
    let mut bytes = fs::read(room.at(SHARES[0].0)).unwrap();
    bytes.truncate(100);
    private::create(&room.at("cut.key"), &bytes).unwrap();
    let failure = room
        .run(&["inspect".to_owned(), room.text("cut.key")])
        .unwrap_err();
    assert_eq!(failure.code, REFUSED);
    assert!(
        failure.message.contains("cut.key: the share is damaged"),
        "{failure}"
    );
}

#[test]
fn a_passphrase_does_not_open_a_file_in_several_hands_and_a_share_no_other() {
    let room = Room::split();
    let error = keyfile::read(&room.at("parts/desk.key"), b"desk")
        .err()
        .unwrap();
    let said = error.to_string();
    assert!(
        said.ends_with(
            "it is unlocked with shares, not with a passphrase: 2 of its 3 share files are needed"
        ),
        "{said}"
    );
    let shares = [room.at(SHARES[0].0), room.at(SHARES[1].0)];
    let error = shares::open(&room.at("desk.key"), &shares, &[])
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("is sealed under one passphrase"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_split_is_refused_before_anything_is_asked_or_written() {
    let room = Room::new();
    let image = room.image();
    let line = room.split_line("parts");
    let with = |from: &str, to: &str| -> Vec<String> {
        line.iter().map(|word| word.replace(from, to)).collect()
    };
    for (line, code, part) in [
        (
            with("--threshold=2", "--threshold=1"),
            USAGE,
            "at least 2 of them",
        ),
        (with("--threshold=2", "--threshold=4"), USAGE, "at most all"),
        (with("--shares=3", "--shares=17"), USAGE, "2 to 16 shares"),
        (
            with("--shares=3", "--shares=4"),
            USAGE,
            "3 names for 4 shares",
        ),
        (
            line[..line.len() - 1].to_vec(),
            USAGE,
            "2 passphrase files for 3 shares",
        ),
    ] {
        let failure = room.run(&line).unwrap_err();
        assert!(failure.message.contains(part), "{failure}");
        assert_eq!(failure.code, code);
    }
    assert!(room.image() == image);
    let relay = Room::with(Kind::Relay);
    let failure = relay.run(&relay.split_line("parts")).unwrap_err();
    assert!(
        failure
            .message
            .contains("only the key file of a desk or an officer"),
        "{failure}"
    );
    assert!(!relay.at("parts").exists());
    let room = Room::split();
    let again = room.split_line("again");
    let again: Vec<String> = again
        .iter()
        .map(|word| word.replace(&room.text("desk.key"), &room.text("parts/desk.key")))
        .collect();
    let failure = room.run(&again).unwrap_err();
    assert!(
        failure.message.contains("in several hands already"),
        "{failure}"
    );
    let there = room.run(&room.split_line("parts")).unwrap_err();
    assert!(there.message.contains("is not empty"), "{there}");
}

#[test]
fn join_never_overwrites_a_file() {
    let room = Room::split();
    private::create(&room.at("joined.key"), b"dear").unwrap();
    let image = room.image();
    let failure = room.join(&SHARES[..2]).unwrap_err();
    assert!(failure.message.contains("is there already"), "{failure}");
    assert!(room.image() == image);
}
