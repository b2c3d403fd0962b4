//! A desk whose key file is in several hands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brolly_desk::unlock::{Hands, Keys};
use brolly_keys::file::{Cost, Header, Lock};
use brolly_keys::share::file::ShareHeader;
use brolly_keys::share::{self, Share, SharedKey};
use brolly_protocol::report::Slot;
use brolly_shell::cli::{REFUSED, USAGE};
use brolly_shell::{keyfile, private, random};

use crate::scheme::{PASSPHRASE, Scheme, said};

const PEOPLE: [&str; 3] = ["ada", "bea", "cat"];

impl Scheme {
    /// Splits the police's key file among three people; two are needed. Share n lies beside it as `n.key`, its
    /// passphrase as the name of its holder.
    fn split(&self) -> SharedKey {
        let path = self.config(Slot::Police).identity;
        let file = keyfile::read(&path, PASSPHRASE).unwrap();
        let (key, shares) = share::split(2, 3, &mut random::system()).unwrap();
        keyfile::replace_shared(&path, &file, &key).unwrap();
        for (share, name) in shares.iter().zip(PEOPLE) {
            let header = ShareHeader::new(file.header(), &key, share, name);
            self.write_share(&format!("{}.key", share.number()), share, &header, name);
            private::create(&self.beside(name), name.as_bytes()).unwrap();
        }
        key
    }

    fn write_share(&self, file: &str, share: &Share, header: &ShareHeader, passphrase: &str) {
        let rng = &mut random::system();
        let bytes = share.encrypt(header, passphrase.as_bytes(), Cost::STANDARD, rng);
        private::create(&self.beside(file), &bytes.unwrap()).unwrap();
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.config(Slot::Police).identity.with_file_name(name)
    }

    /// The options that name shares, as file and holder.
    fn with(&self, command: &[&str], shares: &[(&str, &str)]) -> Vec<String> {
        let mut line: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        for (share, passphrase) in shares {
            let options = [("--share", share), ("--passphrase-file", passphrase)];
            for (option, name) in options {
                line.extend([option.to_owned(), self.beside(name).display().to_string()]);
            }
        }
        line
    }

    fn weeks(&self, shares: [&str; 2], passphrases: [&str; 2]) -> Vec<u32> {
        let hands = Hands {
            shares: &shares.map(|name| self.beside(name)),
            passphrases: &passphrases.map(|name| self.beside(name)),
        };
        let path = self.config(Slot::Police).identity;
        let keys = Keys::unlock(&path, hands, |_| panic!("nobody is asked")).unwrap();
        keys.weeks()
            .iter()
            .map(|held| held.epoch.number())
            .collect()
    }
}

fn words(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

fn image(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(files.insert(path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    files
}

#[test]
fn spec_2_9_a_desk_opens_with_two_shares_and_erases_a_week_under_the_key_that_all_shares_make() {
    let mut scheme = Scheme::new();
    let week = scheme.week().number();
    let key = scheme.split();
    let before = scheme.weeks(["1.key", "2.key"], ["ada", "bea"]);
    assert!(before.contains(&(week - 4)) && before.contains(&(week - 3)));
    scheme.send(&said("two hands"));
    let line = scheme.with(&["sync", "--json"], &[("1.key", "ada"), ("2.key", "bea")]);
    let synced = scheme.works(Slot::Police, &words(&line));
    assert!(synced.starts_with("{\"new\":1,\"opened\":1,"), "{synced}");

    // Whoever was not there opens what was written, with the share of before.
    let after = scheme.weeks(["3.key", "1.key"], ["cat", "ada"]);
    assert_eq!(after.iter().min(), Some(&(week - 2)));
    assert_eq!(after.len(), before.len() - 2);
    let bytes = std::fs::read(scheme.config(Slot::Police).identity).unwrap();
    let lock = Header::parse(&bytes).unwrap().lock;
    assert_eq!(lock, Lock::Shares(key.set().clone()));

    // As the configuration names them, with one passphrase for both: the holder of both is one person.
    let config = scheme.beside("desk.toml");
    let header = ShareHeader::parse(&std::fs::read(scheme.beside("2.key")).unwrap()).unwrap();
    let bytes = std::fs::read(scheme.beside("2.key")).unwrap();
    let share = Share::decrypt(&bytes, b"bea").unwrap();
    scheme.write_share("2-ada.key", &share, &header, "ada");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("\"pass\"", "\"ada\"") + "shares = [\"1.key\", \"2-ada.key\"]\n";
    std::fs::write(&config, text).unwrap();
    let listed = scheme.works(Slot::Police, &["list"]);
    assert!(listed.contains("two hands"), "{listed}");
}

#[test]
fn spec_2_9_a_desk_names_the_share_that_is_wrong_and_writes_nothing() {
    let scheme = Scheme::new();
    let key = scheme.split();
    let rng = &mut random::system();
    let (foreign_key, foreign) = share::split(2, 3, rng).unwrap();
    let path = scheme.config(Slot::Police).identity;
    let header = keyfile::header(&path).unwrap();
    let lying = ShareHeader::new(&header, &key, &foreign[1], "bea");
    scheme.write_share("wrong.key", &foreign[1], &lying, "bea");
    let foreign_header = ShareHeader::new(&header, &foreign_key, &foreign[1], "bea");
    scheme.write_share("foreign.key", &foreign[1], &foreign_header, "bea");
    let mut damaged = std::fs::read(scheme.beside("2.key")).unwrap();
    damaged[60] ^= 4;
    private::create(&scheme.beside("damaged.key"), &damaged).unwrap();

    let before = image(&scheme.path("police"));
    let one = ("1.key", "ada");
    for (shares, code, part) in [
        (
            vec![one, ("wrong.key", "bea")],
            REFUSED,
            "wrong.key is a wrong share: it says that it is share 2",
        ),
        (
            vec![one, ("foreign.key", "bea")],
            REFUSED,
            "foreign.key is share 2 of the desk police, but of another set",
        ),
        (
            vec![one, ("damaged.key", "bea")],
            REFUSED,
            "damaged.key: the share is damaged",
        ),
        (
            vec![one, ("2.key", "cat")],
            REFUSED,
            "2.key: wrong passphrase",
        ),
        (vec![one, one], REFUSED, "are both share 1"),
        (vec![one], REFUSED, "give 1 more with --share"),
        (
            vec![],
            REFUSED,
            "it is unlocked with shares, not with a passphrase: 2 of its 3 share files are needed: name them with --share",
        ),
    ] {
        for command in [&["sync"][..], &["list"]] {
            let line = scheme.with(command, &shares);
            scheme.fails(Slot::Police, &words(&line), code, part);
            assert!(image(&scheme.path("police")) == before, "{part}");
        }
    }
    let mut line = scheme.with(&["list"], &[one, ("2.key", "bea"), ("3.key", "cat")]);
    line.truncate(line.len() - 2);
    scheme.fails(
        Slot::Police,
        &words(&line),
        USAGE,
        "2 passphrase files for 3 shares",
    );
    let line = scheme.with(&["list"], &[one, ("2.key", "bea")]);
    scheme.fails(
        Slot::Scheme,
        &words(&line),
        REFUSED,
        "desk.key is sealed under one passphrase",
    );
    assert!(image(&scheme.path("police")) == before);
}
