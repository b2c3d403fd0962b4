//! The command, on files as curl leaves them.

use std::fs;
use std::process::{Command, Output};

use brolly_interop::vkey;
use brolly_protocol::log::LogName;
use tempfile::TempDir;

use crate::log::{Log, vkeys};
use crate::scheme::Scheme;

struct Fetched {
    folder: TempDir,
    vkey: String,
    witness: String,
}

impl Fetched {
    fn new(name: LogName, size: u64) -> Self {
        let scheme = Scheme::new(4_096);
        let log = Log::new(name, size);
        let folder = tempfile::tempdir().unwrap();
        let (vkey, witnesses) = vkeys(&scheme, name);
        let fetched = Self {
            folder,
            vkey,
            witness: witnesses[4].clone(),
        };
        let path = match size {
            0..256 => format!("tile/0/000.p/{size}"),
            _ => "tile/0/000".to_owned(),
        };
        fetched.put("checkpoint", log.checkpoint(&scheme).to_string().as_bytes());
        fetched.put("tile", log.tiles.get(&path).unwrap_or_default());
        fetched.put("directory", &scheme.note().unwrap());
        fetched
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn flip(&self, name: &str, at: usize) {
        let mut bytes = fs::read(self.folder.path().join(name)).unwrap();
        bytes[at] ^= 1;
        self.put(name, &bytes);
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interop"));
        let output = command
            .current_dir(self.folder.path())
            .args(arguments)
            .output();
        let Output {
            status,
            stdout,
            stderr,
        } = output.unwrap();
        let printed = String::from_utf8([stdout, stderr].concat()).unwrap();
        (status.code().unwrap(), printed)
    }

    fn check(&self) -> (i32, String) {
        self.run(&[
            "checkpoint",
            "tile",
            "--vkey",
            &self.vkey,
            "--witness",
            &self.witness,
        ])
    }
}

#[test]
fn a_small_logs_checkpoint_and_tile_are_accepted() {
    for (name, size) in [
        (LogName::Reports, 0),
        (LogName::Reports, 1),
        (LogName::Board, 255),
        (LogName::Reports, 256),
    ] {
        let (code, printed) = Fetched::new(name, size).check();
        assert_eq!(code, 0, "{printed}");
        for part in [
            format!("reads {size} entries"),
            "cosigned it at 1764000004".to_owned(),
            "8 more signature lines".to_owned(),
            format!("accepts its {size} hashes as the whole log"),
        ] {
            assert!(printed.contains(&part), "{part:?} in {printed}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_in_a_sentence_and_the_exit_is_1() {
    let fetched = |size| Fetched::new(LogName::Reports, size);
    let said = |(code, printed): (i32, String), sentence: &str| {
        assert_eq!(code, 1, "{printed}");
        assert!(printed.contains(sentence), "{sentence:?} in {printed}");
    };
    let flipped = fetched(7);
    flipped.flip("tile", 40);
    said(flipped.check(), "tlog_tiles refuses the tile");
    let flipped = fetched(256);
    flipped.flip("tile", 8_191);
    said(flipped.check(), "tlog_tiles refuses the tile");
    let flipped = fetched(7);
    flipped.flip("checkpoint", 90);
    said(flipped.check(), "signed_note refuses the checkpoint");
    said(fetched(257).check(), "try it on a smaller log");

    let short = fetched(7);
    short.put("tile", &[0; 6 * 32]);
    said(
        short.check(),
        "the tile has 192 bytes, and that of a log of 7 entries has 224",
    );
    let long = fetched(7);
    long.put("tile", &[0; 8_193]);
    said(long.check(), "more than 8192 bytes");

    let other = fetched(7);
    let run = |vkey: &str, witness: &str| {
        other.run(&["checkpoint", "tile", "--vkey", vkey, "--witness", witness])
    };
    said(run("key", &other.witness), "key is not a verifier key");
    said(run(&other.witness, &other.witness), "is not a verifier key");
    let remora = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
    said(run(&other.vkey, remora), "remora.n621.de did not cosign");
    said(
        other.run(&["none", "tile", "--vkey", &other.vkey]),
        "none cannot be read",
    );
    said(other.run(&["--vkeys", "tile"]), "is not a directory");
}

#[test]
fn a_directorys_keys_are_printed_as_outside_readers_want_them() {
    let fetched = Fetched::new(LogName::Reports, 1);
    let (code, printed) = fetched.run(&["--vkeys", "directory"]);
    let expected = vkey::in_directory(&Scheme::new(4_096).directory);
    assert_eq!(
        (code, printed.lines().collect::<Vec<_>>()),
        (0, expected.iter().map(String::as_str).collect())
    );
    assert!(printed.starts_with(&fetched.vkey));
}

#[test]
fn a_wrong_command_line_exits_with_2_and_help_has_examples() {
    let fetched = Fetched::new(LogName::Reports, 1);
    assert_eq!(fetched.run(&["checkpoint", "tile"]).0, 2);
    assert_eq!(fetched.run(&["--vkeys", "directory", "checkpoint"]).0, 2);
    let (code, help) = fetched.run(&["--help"]);
    assert_eq!(code, 0);
    assert!(help.contains("curl -sk $RELAY/v1/reports/checkpoint >checkpoint"));
}
