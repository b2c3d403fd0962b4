//! Three officers at a table, each with a laptop of their own: the directory's life, by the commands that they type.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use brolly_tests::binaries::Binaries;
use brolly_tests::scheme::{Plan, Scheme};
use tempfile::TempDir;

use crate::reporting::{self, REPORT};

/// Exit code: refused, because of a key, a signature or a rule.
const REFUSED: i32 = 5;
const PASSPHRASE: &str = "four words or more";

/// The officers, and the stick that goes round.
pub(crate) struct Table {
    binaries: Binaries,
    room: TempDir,
}

impl Table {
    /// Seats the officers of the scheme in `scheme`, which `brolly-keys new` made: each takes their own key file and the
    /// directory, and nothing else.
    pub(crate) fn around(binaries: &Binaries, scheme: &Path, passphrase: &str) -> Self {
        let table = Self {
            binaries: binaries.clone(),
            room: tempfile::tempdir().unwrap(),
        };
        for key in fs::read_dir(scheme.join("officers")).unwrap() {
            let key = key.unwrap().path();
            let name = key.file_stem().unwrap().to_str().unwrap();
            table.seat(name, passphrase);
            fs::copy(&key, table.of(name, "own.key")).unwrap();
            fs::copy(scheme.join("directory.note"), table.of(name, "1.note")).unwrap();
        }
        table
    }

    /// A new officer's place at the table.
    fn seat(&self, name: &str, passphrase: &str) {
        fs::create_dir(self.room.path().join(name)).unwrap();
        let file = self.of(name, "passphrase");
        fs::write(&file, passphrase).unwrap();
        set_private(&file);
    }

    /// A file on an officer's laptop.
    pub(crate) fn of(&self, officer: &str, file: &str) -> PathBuf {
        self.room.path().join(officer).join(file)
    }

    /// What an officer types, in their own folder, and what they answer.
    fn types(&self, officer: &str, line: &str, answer: &str) -> Output {
        let mut words = line.split_whitespace();
        let mut child = Command::new(self.binaries.path(words.next().unwrap()))
            .args(words)
            .current_dir(self.room.path().join(officer))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that asks nothing closes the pipe.
        let _ = std::io::Write::write_all(&mut stdin, answer.as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// The same, when it works; what it printed.
    #[track_caller]
    pub(crate) fn does(&self, officer: &str, line: &str) -> String {
        let output = self.types(officer, line, "yes\n");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{officer}: {line}\n{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, when it is refused: with exit code 5 and a sentence with these words in it.
    #[track_caller]
    pub(crate) fn refuses(&self, officer: &str, line: &str, words: &str) {
        let output = self.types(officer, line, "yes\n");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(REFUSED), "{line}\n{said}");
        assert!(said.contains(words), "{said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.contains("brolly-keys: "), "one sentence\n{said}");
    }

    /// The stick goes from one officer to another.
    pub(crate) fn hand(&self, from: &str, file: &str, to: &str) {
        fs::copy(self.of(from, file), self.of(to, file)).unwrap();
    }

    /// An officer signs `what` over the note of the version before, as `NAME.note`, and hands that to `to`.
    fn sign(&self, officer: &str, what: &str, before: &str, to: &str) {
        let note = format!("{officer}.note");
        let _ = fs::remove_file(self.of(officer, &note));
        let shown = self.does(officer, &signing(officer, what, before));
        assert!(shown.contains("digest"), "{shown}");
        if officer != to {
            self.hand(officer, &note, to);
        }
    }

    /// The next version after `before`: the first of `officers` drafts it and edits the text, all of them sign, and the
    /// first combines. Gives back the new note, `after`, which everybody of `officers` has then.
    pub(crate) fn next(
        &self,
        officers: &[&str],
        before: &str,
        after: &str,
        edit: impl FnOnce(String) -> String,
    ) -> PathBuf {
        let (first, others) = officers.split_first().unwrap();
        let _ = fs::remove_file(self.of(first, "draft.toml"));
        let line = format!("brolly-keys directory draft --from {before} --out draft.toml");
        self.does(first, &line);
        self.edit(first, edit);
        self.signed(first, others, before, after);
        self.of(first, after)
    }

    fn edit(&self, officer: &str, edit: impl FnOnce(String) -> String) {
        let draft = self.of(officer, "draft.toml");
        let text = fs::read_to_string(&draft).unwrap();
        fs::write(&draft, edit(text)).unwrap();
    }

    /// All sign the draft that the first has, who combines.
    fn signed(&self, first: &str, others: &[&str], before: &str, after: &str) {
        for officer in others {
            self.hand(first, "draft.toml", officer);
        }
        let mut notes = String::new();
        for officer in [first].iter().chain(others) {
            self.sign(officer, "draft.toml", before, first);
            notes += &format!(" {officer}.note");
        }
        let line = format!("brolly-keys directory combine{notes} --from {before} --out {after}");
        self.does(first, &line);
        for officer in others {
            self.hand(first, after, officer);
        }
    }

    /// Hands a version in at the inbox of the version in force: the one step for which a laptop goes on line.
    pub(crate) fn publish(&self, officer: &str, note: &str, in_force: &str) -> Output {
        let line = format!("brolly-keys directory publish {note} --directory {in_force} --json");
        self.types(officer, &line, "")
    }
}

/// The example's scheme, made on one machine with all officers present.
fn found(binaries: &Binaries, folder: &Path) -> PathBuf {
    let run = |arguments: &[&str]| {
        let output = Command::new(binaries.path("brolly-keys"))
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        output.stdout
    };
    fs::write(folder.join("plan.toml"), run(&["plan"])).unwrap();
    let passphrase = folder.join("passphrase");
    fs::write(&passphrase, PASSPHRASE).unwrap();
    set_private(&passphrase);
    let made = [
        "new",
        "--plan",
        "plan.toml",
        "--out",
        "scheme",
        "--passphrase-file",
        "passphrase",
    ];
    run(&made);
    folder.join("scheme")
}

#[test]
fn spec_4_12_three_officers_in_three_directories_change_the_directory_and_hand_over() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let scheme = found(&binaries, folder.path());
    let table = Table::around(&binaries, &scheme, PASSPHRASE);
    let id = fs::read_to_string(scheme.join("scheme.txt")).unwrap();
    let id = id.lines().next().unwrap();
    for officer in ["ada", "bea", "cat"] {
        let line = format!("brolly-keys directory verify 1.note --scheme {id}");
        let good = table.does(officer, &line);
        assert!(
            good.contains("signed by   ada, bea, cat, and 2 must"),
            "{good}"
        );
    }

    // A relay comes. Ada drafts; everybody hears in words what changes.
    let block = table.does(
        "ada",
        "brolly-keys add relay halifax --layer 1 --address 127.0.0.1:4440 --operator Halifax --kind charity \
         --from 1.note --out halifax --passphrase-file passphrase",
    );
    table.does(
        "ada",
        "brolly-keys directory draft --from 1.note --out draft.toml",
    );
    table.edit("ada", |text| text + &block);
    let words = table.does("ada", "brolly-keys directory diff 1.note draft.toml");
    assert!(
        words.contains("halifax COMES: layer 1 at 127.0.0.1:4440"),
        "{words}"
    );
    table.sign("ada", "draft.toml", "1.note", "ada");
    let alone = "brolly-keys directory combine ada.note --from 1.note --out 2.note";
    table.refuses("ada", alone, "get 1 more of bea, cat");
    assert!(!table.of("ada", "2.note").exists(), "nothing was written");
    // An officer who says no has signed nothing.
    table.hand("ada", "draft.toml", "bea");
    let line = signing("bea", "draft.toml", "1.note");
    let no = table.types("bea", &line, "no\n");
    assert_eq!(no.status.code(), Some(REFUSED));
    assert!(!table.of("bea", "bea.note").exists());
    table.sign("bea", "draft.toml", "1.note", "ada");
    table.does(
        "ada",
        "brolly-keys directory combine ada.note bea.note --from 1.note --out 2.note",
    );
    for officer in ["bea", "cat"] {
        table.hand("ada", "2.note", officer);
        let good = table.does(officer, "brolly-keys directory verify 2.note --from 1.note");
        assert!(good.contains("Good: version 2"), "{good}");
    }
    table.refuses(
        "cat",
        "brolly-keys directory verify 1.note --from 2.note",
        "somebody may be rolling it back",
    );

    // Cat hands over to Dot, who makes her own key on her own laptop.
    table.seat("dot", "six other words");
    let made = table.does(
        "dot",
        "brolly-keys officers new dot --out own.key --passphrase-file passphrase",
    );
    let dot = made.lines().last().unwrap().trim();
    let propose = format!(
        "brolly-keys officers propose --from 2.note --officer ada --officer bea {dot} --threshold 2 --out handover.txt"
    );
    let told = table.does("cat", &propose);
    assert!(
        told.contains("! cat LEAVES") && told.contains("! dot COMES"),
        "{told}"
    );
    table.hand("ada", "2.note", "dot");
    for officer in ["ada", "dot"] {
        table.hand("cat", "handover.txt", officer);
    }
    for officer in ["cat", "ada", "dot"] {
        table.sign(officer, "handover.txt", "2.note", "cat");
    }
    table.refuses(
        "cat",
        "brolly-keys directory combine cat.note dot.note --from 2.note --out handover.note",
        "1 of today's officers signed, and 2 must",
    );
    table.does(
        "cat",
        "brolly-keys directory combine cat.note ada.note dot.note --from 2.note --out handover.note",
    );

    // Version 3 is the first that Dot signs and Cat cannot.
    table.hand("cat", "handover.note", "ada");
    fs::remove_file(table.of("ada", "draft.toml")).unwrap();
    table.does(
        "ada",
        "brolly-keys directory draft --from 2.note --handover handover.note --out draft.toml",
    );
    table.hand("ada", "draft.toml", "cat");
    let _ = fs::remove_file(table.of("cat", "cat.note"));
    let line = signing("cat", "draft.toml", "2.note");
    table.refuses("cat", &line, "cat cannot sign this");
    table.signed("ada", &["dot"], "2.note", "3.note");
    let good = table.does("dot", "brolly-keys directory verify 3.note --from 2.note");
    assert!(good.contains("signed by   ada, dot, and 2 must"), "{good}");

    // Version 4 is the successors' alone, and a version cannot be left out.
    let fourth = table.next(&["dot", "ada"], "3.note", "4.note", |text| {
        assert!(text.contains("127.0.0.1:4433"));
        text.replacen("127.0.0.1:4433", "leeds.example:443", 1)
    });
    let line = format!("brolly-keys directory verify 4.note --scheme {id}");
    assert!(table.does("ada", &line).contains("Good: version 4"));
    let inspected = table.does("dot", "brolly-keys inspect 4.note");
    assert!(inspected.contains("before them the founders, 2 of 3 signing: ada, bea, cat"));
    assert!(fs::read_to_string(fourth).unwrap().contains("\n— dot "));
    table.refuses(
        "dot",
        "brolly-keys directory verify 4.note --from 2.note",
        "version 4 of the directory cannot follow version 2",
    );
    // The refusal is this program's own: no inbox is asked.
    let back = table.publish("dot", "3.note", "4.note");
    assert_eq!(back.status.code(), Some(REFUSED));
}

#[test]
fn spec_4_12_what_two_officers_sign_comes_into_force_in_a_running_scheme() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut scheme = Scheme::start(&binaries, folder.path(), &Plan::default()).unwrap();
    let passphrase = fs::read_to_string(folder.path().join("passphrase")).unwrap();
    let table = Table::around(&binaries, &folder.path().join("scheme"), &passphrase);
    let worker = reporting::worker(&scheme);
    for version in 2..4 {
        let (before, after) = (format!("{}.note", version - 1), format!("{version}.note"));
        table.next(&["bea", "cat"], &before, &after, |text| {
            let name = format!("\"a charity, {version}\"");
            let from = text.find("operator = \"a charity").unwrap() + "operator = ".len();
            let length = text[from..].find('\n').unwrap();
            text[..from].to_owned() + &name + &text[from + length..]
        });
        let told = table.publish("bea", &after, &before);
        let said = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success(), "{said}");
        scheme.await_version(version).unwrap();
        let sent = worker.run_json(&REPORT, "").unwrap();
        assert_eq!(sent["accepted"], true, "under version {version}");
        // Handed in again it is known.
        assert!(table.publish("bea", &after, &before).status.success());
    }
    let mut opened = 0;
    for _ in 0..300 {
        worker.run_json(&["cover", "--json"], "").unwrap();
        let synced = scheme.desk("scheme", &["sync", "--json"]).unwrap();
        opened += synced["opened"].as_u64().unwrap();
        if opened == 2 {
            break;
        }
    }
    assert_eq!(opened, 2);
    assert!(scheme.stop().is_empty());
}

fn signing(officer: &str, what: &str, before: &str) -> String {
    format!(
        "brolly-keys directory sign {what} --from {before} --key own.key --out {officer}.note --passphrase-file passphrase"
    )
}

fn set_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}
