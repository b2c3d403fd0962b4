//! A table with a plan on it, and what is made beside it.

use super::*;

/// A folder with a plan and a passphrase in it, for a scheme to be made beside them.
pub(super) struct Room(pub(super) TempDir);

impl Room {
    pub(super) fn with(plan: &str) -> Self {
        let room = Self(tempfile::tempdir().unwrap());
        fs::write(room.at("plan.toml"), plan).unwrap();
        private::create(&room.at("passphrase"), PASSPHRASE.as_bytes()).unwrap();
        room
    }

    /// The example as a drill with one officer, three relays and one desk: fewer key files to wait for.
    pub(super) fn small() -> Self {
        let officers = plan::EXAMPLE.find("[[officers]]\nname = \"bea\"").unwrap();
        let relays = plan::EXAMPLE.find("# Relays.").unwrap();
        let [bath, york, police] = [
            "[[relays]]\nname = \"bath\"",
            "[[relays]]\nname = \"york\"",
            "[[desks]]\nname = \"police\"",
        ]
        .map(|begins| plan::EXAMPLE.find(begins).unwrap());
        let short = [
            &plan::EXAMPLE[..officers],
            &plan::EXAMPLE[relays..bath],
            &plan::EXAMPLE[york..police],
        ];
        Self::with(
            &short
                .concat()
                .replace("threshold = 2", "threshold = 1")
                .replace("purpose = \"real\"", "purpose = \"drill\"")
                .replace("months = 4", "months = 1"),
        )
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(super) fn run(&self, line: &[&str]) -> Result<(String, String), Failure> {
        let (mut out, mut progress) = (Vec::new(), Vec::new());
        let cli = Cli::try_parse_from([&["brolly-keys"], line].concat()).unwrap();
        cli.run(&mut out, &mut progress)?;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok((text(out), text(progress)))
    }

    pub(super) fn new_scheme(&self) -> Result<(String, String), Failure> {
        let path = |name| self.at(name).to_str().unwrap().to_owned();
        let (plan, out, passphrase) = (path("plan.toml"), path("scheme"), path("passphrase"));
        self.run(&[
            "new",
            "--plan",
            &plan,
            "--out",
            &out,
            "--passphrase-file",
            &passphrase,
            "--json",
        ])
    }

    pub(super) fn inspect(&self, path: &Path, options: &[&str]) -> Result<String, Failure> {
        let line = [&["inspect", path.to_str().unwrap()], options].concat();
        self.run(&line).map(|(out, _)| out)
    }

    pub(super) fn inspect_json(&self, path: &Path, options: &[&str]) -> Value {
        let text = self
            .inspect(path, &[&["--json"], options].concat())
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Every file of the scheme, opened if it is a key file.
    pub(super) fn scheme(&self) -> BTreeMap<String, Option<KeyFile>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.at("scheme")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
                if path.is_dir() {
                    assert_eq!(mode, 0o700, "{}", path.display());
                    folders.push(path);
                    continue;
                }
                assert_eq!(mode, 0o600, "{}", path.display());
                let name = path.strip_prefix(self.at("scheme")).unwrap();
                let keys = path
                    .extension()
                    .is_some_and(|extension| extension == "key")
                    .then(|| keyfile::read(&path, PASSPHRASE.as_bytes()).unwrap());
                found.insert(name.to_str().unwrap().to_owned(), keys);
            }
        }
        found
    }

    pub(super) fn directory(&self, scheme: &str) -> Directory {
        let mut id = [0; 32];
        for (byte, digits) in id.iter_mut().zip(scheme.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
        }
        let note = fs::read(self.at("scheme/directory.note")).unwrap();
        let verified = Directory::verify(&note, SchemeId(id), clock::now(), 1).unwrap();
        (*verified).clone()
    }
}
