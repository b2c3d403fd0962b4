//! The program as a person or a script runs it.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use brolly_keys::file::{KeyFile, Kind, Label};
use brolly_protocol::report::Slot;
use brolly_shell::cli::{CONFIGURATION, FAILED, NETWORK, REFUSED};
use brolly_shell::{keyfile, private};

use crate::photo::{jpeg, png_size};
use crate::scheme::{PASSPHRASE, Scheme, holds, name, said};

impl Scheme {
    pub(crate) fn run(&self, slot: Slot, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_brolly-desk"))
            .arg("--config")
            .arg(self.path(name(slot)).join("desk.toml"))
            .args(arguments)
            .output()
            .unwrap()
    }

    pub(crate) fn works(&self, slot: Slot, arguments: &[&str]) -> String {
        let output = self.run(slot, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, slot: Slot, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.works(slot, arguments)).unwrap()
    }

    /// Fails with this exit code and a sentence that has these words.
    pub(crate) fn fails(&self, slot: Slot, arguments: &[&str], code: u8, words: &str) {
        let output = self.run(slot, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.stdout.is_empty());
        assert_eq!(output.status.code(), Some(code.into()), "{stderr}");
        assert!(stderr.contains(words), "{words:?} in {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn spec_11_2_a_sync_says_how_many_cells_are_damaged_at_the_inbox() {
    let mut scheme = Scheme::new();
    let covers: Vec<_> = (0..6).map(|_| scheme.cover()).collect();
    scheme.inbox.admit(covers);
    for (there, words) in [
        (
            2,
            "; 1 cell could not be had from the inbox because its stored bytes are damaged",
        ),
        (
            5,
            "; 2 cells could not be had from the inbox because their stored bytes are damaged",
        ),
    ] {
        let all = scheme.inbox.state().cells.clone();
        let kept = all.iter().filter(|(n, _)| *n == there).cloned();
        scheme.inbox.state().cells = kept.collect();
        let summary = "1 new: 0 opened, 1 not addressed to this desk";
        // The log has what was not handed over, and that is told last.
        let output = scheme.run(Slot::Police, &["sync"]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.lines().next().unwrap(), format!("{summary}{words}"));
        assert_eq!(output.status.code(), Some(REFUSED.into()));
        scheme.inbox.state().cells = all;
    }
}

#[test]
fn a_report_goes_from_the_inbox_to_a_list_a_page_a_picture_and_a_spreadsheet() {
    let mut scheme = Scheme::new();
    let mut report = said("=cmd|' \u{1b}[2J he had a van");
    report.photo = jpeg(64, 48);
    let cell = scheme.seal(scheme.week(), &report, "");
    let cover = scheme.cover();
    scheme.inbox.admit([cell, cover]);

    let summary = scheme.works(Slot::Police, &["sync", "--json"]);
    let object = "{\"new\":2,\"opened\":1,\"not_ours\":1,\"refused\":0,\"log_size\":2,\"read_mark\":2,\"withheld\":0,\"unpublished\":0}\n";
    assert_eq!(summary, object);
    assert_eq!(
        scheme.works(Slot::Police, &["sync"]),
        "0 new: 0 opened, 0 not addressed to this desk\nthe public log has 2 entries, marked as read up to entry 2\n"
    );
    let listed = scheme.json(Slot::Police, &["list", "--json"]);
    let id = listed["reports"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 8);
    let table = scheme.works(Slot::Police, &["list"]);
    assert!(table.contains(&id) && table.contains("<U+001B>[2J he had a van"));

    let picture = scheme.path("van.png");
    let picture = picture.to_str().unwrap();
    let shown = scheme.works(Slot::Police, &["show", &id, "--photo", picture]);
    assert!(shown.contains("photograph                  yes"), "{shown}");
    assert!(!shown.contains('\u{1b}'));
    assert_eq!(png_size(&std::fs::read(picture).unwrap()), (64, 48));
    let again = ["show", &id, "--photo", picture];
    scheme.fails(Slot::Police, &again, FAILED, "--force");
    scheme.works(Slot::Police, &["show", &id, "--photo", picture, "--force"]);
    assert_eq!(
        scheme.json(Slot::Police, &["show", &id, "--json"])["incident"]["narrative"],
        "=cmd|' \u{1b}[2J he had a van"
    );

    let rows = scheme.works(Slot::Police, &["export", "--csv"]);
    assert!(
        rows.contains("\"'=cmd|' <U+001B>[2J he had a van\""),
        "{rows}"
    );
    let out = scheme.path("reports.json");
    let export = ["export", "--json", "--out", out.to_str().unwrap()];
    scheme.works(Slot::Police, &export);
    let mode = std::fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    scheme.fails(Slot::Police, &export, FAILED, "is not overwritten");
    let array: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(array.as_array().unwrap().len(), 1);
    assert_eq!(array[0]["photo"], true);
    assert!(!holds(&scheme.path("police"), b"he had a van"));
}

#[test]
fn a_passphrase_comes_as_a_credential_of_systemds() {
    let scheme = Scheme::new();
    let folder = scheme.path("credentials");
    std::fs::create_dir(&folder).unwrap();
    private::create(&folder.join("desk"), PASSPHRASE).unwrap();
    let config = scheme.path("police").join("desk.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace(
        "passphrase-file = \"pass\"",
        "passphrase-credential = \"desk\"",
    );
    std::fs::write(&config, text).unwrap();
    let list = |folder: Option<&std::path::Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brolly-desk"));
        command.arg("--config").arg(&config).arg("list");
        command.env_remove("CREDENTIALS_DIRECTORY");
        command.envs(folder.map(|folder| ("CREDENTIALS_DIRECTORY", folder)));
        command.output().unwrap()
    };
    assert!(list(Some(&folder)).status.success());
    let output = list(None);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(CONFIGURATION.into()), "{stderr}");
    assert!(
        stderr.contains("`LoadCredentialEncrypted=desk:…`"),
        "{stderr}"
    );
}

#[test]
fn a_wrong_passphrase_a_strangers_key_file_and_an_unknown_id_are_explained() {
    let scheme = Scheme::new();
    let wrong = scheme.path("wrong");
    private::create(&wrong, b"parasol").unwrap();
    let file = wrong.to_str().unwrap();
    scheme.fails(
        Slot::Police,
        &["list", "--passphrase-file", file],
        REFUSED,
        "desk.key: wrong passphrase",
    );
    scheme.fails(Slot::Police, &["show", "11"], FAILED, "no report has an id");
    let key = scheme.config(Slot::Police).identity;
    let mut bytes = std::fs::read(&key).unwrap();
    bytes[70] ^= 1;
    std::fs::write(&key, &bytes).unwrap();
    scheme.fails(Slot::Police, &["list"], REFUSED, "the key file is damaged");

    let mut relay = KeyFile::new(Kind::Relay, "north", [7; 32]);
    relay.insert(Label::Identity, 0, &[7; 32]);
    keyfile::replace(&key, &relay, PASSPHRASE).unwrap();
    let words = "holds the keys of relay \u{201c}north\u{201d}, not of a desk";
    scheme.fails(Slot::Police, &["sync"], CONFIGURATION, words);

    let mut stranger = KeyFile::new(Kind::Desk, "stranger", [7; 32]);
    stranger.insert(Label::Identity, 0, &[7; 32]);
    stranger.insert(Label::Casebook, 0, &[7; 32]);
    keyfile::replace(&key, &stranger, PASSPHRASE).unwrap();
    let words = "has no desk with the key in this key file";
    scheme.fails(Slot::Police, &["sync"], CONFIGURATION, words);
}

#[test]
fn an_inbox_that_refuses_or_is_away_or_is_another_is_explained() {
    let mut scheme = Scheme::new();
    scheme.inbox.forget_desks();
    let words = "the inbox refuses this desk";
    scheme.fails(Slot::Police, &["sync"], REFUSED, words);

    // A port that was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    scheme.directory.inbox.address = nobody.local_addr().unwrap().to_string();
    drop(nobody);
    scheme.directory.version += 1;
    scheme.publish();
    scheme.fails(Slot::Police, &["sync"], NETWORK, "cannot connect to");

    let mut scheme = Scheme::new();
    scheme.directory.inbox.key = scheme.directory.inbox.log_key;
    scheme.directory.inbox.id = brolly_protocol::node::NodeId::of(&scheme.directory.inbox.key);
    scheme.directory.version += 1;
    scheme.publish();
    scheme.fails(Slot::Police, &["sync"], REFUSED, "is not the expected one");
}

#[test]
fn a_damaged_casebook_is_refused_and_kept() {
    let mut scheme = Scheme::new();
    for words in ["one", "two"] {
        let cell = scheme.seal(scheme.week(), &said(words), "");
        scheme.inbox.admit([cell]);
    }
    scheme.works(Slot::Police, &["sync"]);
    let path = scheme.config(Slot::Police).casebook();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    for command in ["list", "sync"] {
        let words = "is damaged at byte";
        scheme.fails(Slot::Police, &[command], REFUSED, words);
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn help_has_examples_and_hides_what_people_do_not_run() {
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_brolly-desk");
        let output = Command::new(program).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let help = run(&["--help"]);
    for words in ["Examples:", "export --csv --out reports.csv", "Exit codes:"] {
        assert!(help.contains(words), "{help}");
    }
    assert!(!help.contains("render-photo"), "{help}");
    assert!(run(&["man"]).contains("brolly-desk"));
    assert!(run(&["completions", "bash"]).contains("brolly-desk"));
}
