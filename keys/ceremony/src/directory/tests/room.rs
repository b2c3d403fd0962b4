//! Three officers around a table, and the commands that they type.

use super::*;

/// Three officers around a table, with the scheme that they founded.
pub(crate) struct Room {
    pub(super) folder: TempDir,
    pub(super) now: u64,
}

impl Room {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in fs::read_dir(founded()).unwrap() {
            let file = file.unwrap();
            let to = folder.path().join(file.file_name());
            private::create(&to, &fs::read(file.path()).unwrap()).unwrap();
        }
        Self {
            folder,
            now: clock::now(),
        }
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    /// Runs a line in which `@name` is a file of the room; `answer` is what somebody types.
    pub(crate) fn answering(&self, line: &str, answer: &str) -> Result<String, Failure> {
        let at = |word: &str| match word.split_once('@') {
            Some((before, name)) => format!("{before}{}", self.at(name).display()),
            None => word.to_owned(),
        };
        let words = ["brolly-keys".to_owned()]
            .into_iter()
            .chain(line.split_whitespace().map(at));
        let (mut out, mut progress) = (Vec::new(), Vec::new());
        let mut desk = Desk {
            out: &mut out,
            progress: &mut progress,
            answers: &mut answer.as_bytes(),
            now: self.now,
        };
        Cli::try_parse_from(words)
            .map_err(Failure::usage)?
            .at(&mut desk)?;
        Ok(String::from_utf8(out).unwrap())
    }

    pub(crate) fn run(&self, line: &str) -> Result<String, Failure> {
        self.answering(line, "")
    }

    pub(crate) fn does(&self, line: &str) -> String {
        self.run(line).unwrap()
    }

    #[track_caller]
    pub(crate) fn refuses(&self, line: &str, code: u8, sentence: &str) {
        let failure = self.run(line).unwrap_err();
        assert!(failure.message.contains(sentence), "{failure}");
        assert_eq!(failure.code, code, "{failure}");
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.does(&format!("{line} --json"))).unwrap()
    }

    /// Drafts the next version, with each of these edits made.
    pub(crate) fn draft(&self, edits: &[(&str, &str)]) {
        self.does("directory draft --from @1.note --out @draft.toml");
        self.edit(edits);
    }

    pub(crate) fn edit(&self, edits: &[(&str, &str)]) {
        let mut text = self.text("draft.toml");
        for (from, to) in edits {
            assert!(text.contains(from), "{from}\n{text}");
            text = text.replacen(from, to, 1);
        }
        fs::write(self.at("draft.toml"), text).unwrap();
    }

    pub(crate) fn sign(&self, what: &str, officer: &str) -> Result<String, Failure> {
        self.run(&format!(
            "directory sign @{what} --from @1.note --key @{officer}.key --out @{officer}.note --yes --passphrase-file @passphrase"
        ))
    }

    /// Version 2, signed by Ada and Bea.
    pub(crate) fn second(&self) {
        self.draft(&[(":4433", ":5433")]);
        self.sign("draft.toml", "ada").unwrap();
        self.sign("draft.toml", "bea").unwrap();
        self.does("directory combine @ada.note @bea.note --from @1.note --out @2.note");
    }

    /// A handover from Cat to Dot, signed by the old officers and by Dot.
    pub(crate) fn handover(&self) {
        let line = "officers new dot --out @dot.key --passphrase-file @passphrase";
        let made = self.does(line);
        let dot = made.lines().last().unwrap().trim();
        self.does(&format!(
            "officers propose --from @1.note --officer ada --officer bea {dot} --threshold 2 --out @handover.txt"
        ));
        for officer in ["ada", "cat", "dot"] {
            self.sign("handover.txt", officer).unwrap();
        }
        self.does(
            "directory combine @ada.note @cat.note @dot.note --from @1.note --out @handover.note",
        );
        for officer in ["ada", "cat", "dot"] {
            fs::remove_file(self.at(&format!("{officer}.note"))).unwrap();
        }
    }
}

/// The example's scheme, founded once for all tests: key files, the first directory and an invitation.
pub(crate) fn founded() -> &'static Path {
    static FOUNDED: OnceLock<TempDir> = OnceLock::new();
    let folder = FOUNDED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("plan.toml"), EXAMPLE.replace("months = 4", "months = 2")).unwrap();
        private::create(&at("passphrase"), b"four words or more").unwrap();
        let paths =
            ["plan.toml", "scheme", "passphrase"].map(|name| at(name).display().to_string());
        let [plan, out, passphrase] = paths;
        let words = [
            "new",
            "--plan",
            &plan,
            "--out",
            &out,
            "--passphrase-file",
            &passphrase,
        ];
        let cli = Cli::try_parse_from(["brolly-keys"].iter().chain(&words)).unwrap();
        cli.run(&mut Vec::new(), &mut Vec::new()).unwrap();
        for (from, to) in [
            ("directory.note", "1.note"),
            ("officers/ada.key", "ada.key"),
            ("officers/bea.key", "bea.key"),
            ("officers/cat.key", "cat.key"),
            ("relays/york/identity.key", "york.key"),
            ("relays/hull/identity.key", "exit.key"),
            ("relays/leeds/identity.key", "entry.key"),
            ("inbox/identity.key", "inbox.key"),
            ("invitations/Leeds.txt", "Leeds.txt"),
        ] {
            fs::rename(at("scheme").join(from), at(to)).unwrap();
        }
        fs::remove_dir_all(at("scheme")).unwrap();
        folder
    });
    folder.path()
}
