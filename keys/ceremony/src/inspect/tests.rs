use std::fs;

use brolly_keys::file::{Cost, KeyFile, Kind};
use brolly_keys::note::Note;
use brolly_keys::role::Authority;
use brolly_keys::sign::SigningKey;
use brolly_shell::{private, random};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::founding::{Founding, found};
use crate::plan::{EXAMPLE, Plan};

const NOW: u64 = 1_764_000_000;

struct Desk {
    folder: TempDir,
    founding: Founding,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.toml");
    // One month: an issuer's key takes long to draw.
    fs::write(&path, EXAMPLE.replace("months = 4", "months = 1")).unwrap();
    let plan = Plan::load(&path).unwrap();
    let founding = found(&plan, NOW, &mut random::system(), &mut |_| ()).unwrap();
    Desk { folder, founding }
}

impl Desk {
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        private::replace(&path, content).unwrap();
        path
    }

    fn note(&self) -> PathBuf {
        let note = self.founding.note.to_string();
        self.file("directory.note", note.as_bytes())
    }

    fn words(&self, path: &Path, now: u64) -> String {
        inspect(path, None, now).unwrap().words().join("\n")
    }

    fn compared(&self, path: &Path) -> (Value, String) {
        let finding = inspect(path, Some(&self.note()), NOW).unwrap();
        let json = serde_json::to_value(&finding).unwrap();
        (json, finding.words().join("\n"))
    }
}

#[test]
fn a_directory_is_told_in_words() {
    let desk = desk();
    let words = desk.words(&desk.note(), NOW);
    let scheme = desk.founding.directory.scheme.to_string();
    let york = &desk.founding.directory.relays[2];
    let witness = format!(
        "key {}, cosigns the logs with key {}",
        york.id,
        NodeId::of(&york.witness)
    );
    for part in [
        &witness,
        "A directory: who the officers, relays, inbox and desks of the scheme Example are.",
        &scheme,
        "1, issued 2025-11-24 16:00 UTC, expires 2026-02-22 16:00 UTC",
        "yes, by every program of this scheme, now",
        "2 of 3 must sign",
        "cat: good signature",
        "layer 0     leeds at 127.0.0.1:4433, run by Leeds Project (project)",
        "layer 2     hull at",
        "inbox       at 127.0.0.1:4436",
        "purpose     real: people rely on it",
        &format!("digest      {}", hex(&desk.founding.directory.digest)),
        "caseworkers, for the scheme's caseworkers: may publish alerts, key",
        "police, for police intelligence: may not publish alerts, key",
        "issuer      the relay york signs the tokens that posting takes",
        "from 2025-11-01 until 2025-12-04 with key ",
        "the next directory takes effect 2 days after it was logged",
        "every 15 seconds each waiting packet leaves a relay with a probability of 4.5455 %, so it stays about 5.5 minutes on average",
        "a relay's packet key lasts 1 day, a desk's key 7 days",
        "clients fetch the last 4096 entries of each log, and read a telephone number without a country as one of +44",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
}

#[test]
fn a_missing_a_wrong_and_a_strange_signature_are_told_apart() {
    let desk = desk();
    let text = desk.founding.note.to_string();
    // Ada's line goes, Bea's gets a flipped bit, and somebody signs as Ada and as Zoe with another key.
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.retain(|line| !line.starts_with("— ada "));
    let bea = lines
        .iter_mut()
        .find(|line| line.starts_with("— bea "))
        .unwrap();
    let other = if bea.as_bytes()[40] == b'A' { "B" } else { "A" };
    bea.replace_range(40..41, other);
    let mut note = Note::parse((lines.join("\n") + "\n").as_bytes()).unwrap();
    let stranger = SigningKey::<Authority>::from_seed(&[9; 32]);
    note.sign("ada", &stranger).unwrap();
    note.sign("zoe", &stranger).unwrap();
    let path = desk.file("directory.note", note.to_string().as_bytes());
    let words = desk.words(&path, NOW);
    for part in [
        "ada: has not signed",
        "bea: WRONG SIGNATURE",
        "cat: good signature",
        "ada: signed, but with a key that is no officer's here",
        "zoe: signed, but with a key that is no officer's here",
        "accepted    no: the directory is malformed: a signature",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
}

#[test]
fn too_few_signatures_and_an_expired_directory_are_not_accepted() {
    let desk = desk();
    let words = desk.words(&desk.note(), NOW + 91 * 86_400);
    assert!(words.contains("no: the directory has expired"), "{words}");
    let unsigned = desk.founding.note.text();
    let words = desk.words(&desk.file("draft.note", unsigned.as_bytes()), NOW);
    assert!(words.contains("no: the directory is signed by 0 officers, and 2 must sign"));
}

#[test]
fn a_directory_that_cannot_be_read_says_why() {
    let desk = desk();
    let text = desk
        .founding
        .note
        .to_string()
        .replace("min-pool", "max-pool");
    let error = inspect(&desk.file("d", text.as_bytes()), None, NOW).unwrap_err();
    assert!(error.to_string().contains("max-pool"), "{error}");
}

#[test]
fn a_key_file_stands_in_the_directory_or_does_not() {
    let desk = desk();
    let relay = &desk.founding.directory.relays[2];
    let seal = |kind, name: &str, public| {
        let bytes = KeyFile::new(kind, name, public)
            .encrypt(b"x", Cost::STANDARD, &mut random::system())
            .unwrap();
        desk.file("a.key", &bytes)
    };
    let (json, words) = desk.compared(&seal(Kind::Relay, "york", relay.key.to_bytes()));
    assert_eq!(
        (&json["what"], &json["kind"]),
        (&"key-file".into(), &"relay".into())
    );
    assert_eq!(json["fingerprint"], relay.id.to_string());
    assert_eq!(json["directory"]["stands"], true);
    assert!(
        words.contains("the secret keys of the relay york"),
        "{words}"
    );
    assert!(words.contains("this key stands in the directory of Example, version 1"));

    let (json, words) = desk.compared(&seal(Kind::Relay, "hull", relay.key.to_bytes()));
    assert_eq!(json["directory"]["stands"], true);
    assert!(words.contains("but under the name york"), "{words}");
    let (json, words) = desk.compared(&seal(Kind::Desk, "york", relay.key.to_bytes()));
    assert_eq!(json["directory"]["stands"], false);
    assert!(words.contains("this key does not stand in"), "{words}");

    let caseworkers = &desk.founding.directory.desks[0];
    let police = &desk.founding.directory.desks[1];
    for (entry, may) in [
        (caseworkers, "version 1, and may publish alerts there"),
        (police, "version 1, and may not publish alerts there"),
    ] {
        let (json, words) = desk.compared(&seal(Kind::Desk, &entry.name, entry.key.to_bytes()));
        assert_eq!(json["directory"]["stands"], true);
        assert!(words.contains(may), "{words}");
        assert!(
            words.contains("the members' root, which seals and opens alerts"),
            "{words}"
        );
    }

    let mut small_order = [0; 32];
    small_order[0] = 1;
    let error = inspect(&seal(Kind::Relay, "york", small_order), None, NOW).unwrap_err();
    assert!(matches!(error, InspectError::BadKey(_)));
}

#[test]
fn an_invitation_is_compared_with_the_directory() {
    let desk = desk();
    let link = &desk.founding.invitations[0].link;
    let (json, words) = desk.compared(&desk.file("Leeds.txt", link.as_bytes()));
    assert_eq!(
        (&json["what"], &json["project"]),
        (&"invitation".into(), &"Leeds".into())
    );
    assert_eq!(json["directory"]["stands"], true);
    assert!(
        words.contains("its scheme and entries are those of"),
        "{words}"
    );
    assert!(
        words.contains("the root that opens alerts, the same for all members"),
        "{words}"
    );

    let mut other = Invitation::from_link(link).unwrap();
    other.entries[0].address = "127.0.0.1:9".to_owned();
    let changed = other.to_link().unwrap();
    let (json, words) = desk.compared(&desk.file("Leeds.txt", changed.as_bytes()));
    assert_eq!(json["directory"]["stands"], false);
    assert!(words.contains("127.0.0.1:9 is no entry in"), "{words}");
    other.scheme.0[0] ^= 1;
    let changed = other.to_link().unwrap();
    let (_, words) = desk.compared(&desk.file("Leeds.txt", changed.as_bytes()));
    assert!(words.contains("it is for another scheme than"), "{words}");

    let cut = &link[..link.len() - 5];
    let error = inspect(&desk.file("Leeds.txt", cut.as_bytes()), None, NOW).unwrap_err();
    assert!(error.to_string().contains("cut short"), "{error}");
}

#[test]
fn an_unknown_file_gets_a_sentence_and_something_else_than_a_file_an_error() {
    let desk = desk();
    for content in [&b"shopping list\n"[..], b"", &[0xff; 9], b"a = 1\n"] {
        let words = desk.words(&desk.file("letter", content), NOW);
        assert!(words.starts_with("This is not a file that Brolly makes"));
    }
    let letter = desk.file("letter", b"dear");
    let error = inspect(&desk.note(), Some(&letter), NOW).unwrap_err();
    assert!(matches!(error, InspectError::NotADirectory(_)), "{error}");
    let folder = inspect(desk.folder.path(), None, NOW).unwrap_err();
    assert!(matches!(folder, InspectError::NotAFile(_)), "{folder}");
    let missing = inspect(&desk.folder.path().join("none"), None, NOW).unwrap_err();
    assert!(missing.to_string().contains("cannot be read"), "{missing}");
}

#[test]
fn what_stands_in_a_file_cannot_steer_the_terminal() {
    let desk = desk();
    let mut invitation = Invitation::from_link(&desk.founding.invitations[0].link).unwrap();
    invitation.project = "\u{1b}[2J\u{202e}Leeds\n".to_owned();
    let link = invitation.to_link().unwrap();
    let words = desk.words(&desk.file("i", link.as_bytes()), NOW);
    assert!(words.contains("Leeds"));
    assert!(!words.contains(['\u{1b}', '\u{202e}']), "{words}");
}
