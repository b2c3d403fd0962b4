//! Which file of a new scheme lies where, and what is in it.
//!
//! ```text
//! directory.note   scheme.txt   officers/NAME.key   invitations/PROJECT.txt
//! relays/NAME/{identity.key, relay.toml, and at the issuer data/issuer/projects.toml}   inbox/{identity.key, inbox.toml}   desks/NAME/{desk.key, desk.toml}
//!                                                  and a copy of directory.note beside each *.toml
//! ```

use std::path::PathBuf;

use brolly_keys::file::Kind;
use brolly_protocol::directory::Directory;
use brolly_protocol::node::SchemeId;
use serde::Serialize;

use crate::folder::Entry;
use crate::founding::Founding;
use crate::holder::Holder;

/// The directory's file name, at the top and beside every configuration.
pub const DIRECTORY: &str = "directory.note";

/// Where a holder's key file lies, from the scheme's folder on.
pub fn key_path(holder: &Holder) -> PathBuf {
    let home = Home::of(holder);
    home.folder.join(home.key)
}

/// Every file beside the key files. The programs are told to read their passphrase from `passphrase_file`, if given.
///
/// # Errors
/// [`toml::ser::Error`]; never for what [`crate::founding::found`] makes.
pub fn plain_files(
    founding: &Founding,
    passphrase_file: Option<&str>,
) -> Result<Vec<Entry>, toml::ser::Error> {
    let note = founding.note.to_string();
    let mut files = vec![
        Entry::new(DIRECTORY, note.as_bytes()),
        Entry::new(
            "scheme.txt",
            scheme_text(founding.directory.scheme).as_bytes(),
        ),
    ];
    for holder in &founding.holders {
        let home = Home::of(holder);
        let Some(program) = &home.program else {
            continue;
        };
        let mut text = home.configuration(program, holder, &founding.directory, passphrase_file)?;
        if holder.is_issuer() {
            text.push_str(ISSUER);
            let projects = founding.projects.to_text()?;
            files.push(Entry::new(home.folder.join(PROJECTS), projects.as_bytes()));
        }
        files.push(Entry::new(home.folder.join(program.file), text.as_bytes()));
        files.push(Entry::new(home.folder.join(DIRECTORY), note.as_bytes()));
    }
    for invitation in &founding.invitations {
        let path = format!("invitations/{}.txt", invitation.project);
        files.push(Entry::new(path, invitation.link.as_bytes()));
    }
    Ok(files)
}

/// The files of somebody who comes into the scheme of `directory`, but for the directory, which does not name them yet.
///
/// # Errors
/// [`toml::ser::Error`], which does not happen.
pub fn newcomer(
    holder: &Holder,
    directory: &Directory,
    sealed: &[u8],
    passphrase_file: Option<&str>,
) -> Result<Vec<Entry>, toml::ser::Error> {
    let home = Home::of(holder);
    let mut files = vec![Entry::new(home.key.clone(), sealed)];
    if let Some(program) = &home.program {
        let text = home.configuration(program, holder, directory, passphrase_file)?;
        files.push(Entry::new(program.file, text.as_bytes()));
    }
    Ok(files)
}

/// What a holder gets.
struct Home {
    folder: PathBuf,
    key: String,
    program: Option<Program>,
}

/// A program that works with a key file.
struct Program {
    file: &'static str,
    start: &'static str,
}

impl Home {
    fn of(holder: &Holder) -> Self {
        let own = |key: &str, file, start| Self {
            folder: PathBuf::from(format!("{}s", holder.kind())).join(holder.name()),
            key: key.to_owned(),
            program: Some(Program { file, start }),
        };
        match holder.kind() {
            Kind::Relay => own(
                "identity.key",
                "relay.toml",
                "brolly-relay run --config relay.toml",
            ),
            Kind::Inbox => Self {
                folder: PathBuf::from("inbox"),
                ..own(
                    "identity.key",
                    "inbox.toml",
                    "brolly-inbox run --config inbox.toml",
                )
            },
            Kind::Desk => own(
                "desk.key",
                "desk.toml",
                "brolly-desk --config desk.toml sync",
            ),
            Kind::Officer | _ => Self {
                folder: PathBuf::from(format!("{}s", holder.kind())),
                key: format!("{}.key", holder.name()),
                program: None,
            },
        }
    }
}

impl Home {
    fn configuration(
        &self,
        program: &Program,
        holder: &Holder,
        directory: &Directory,
        passphrase_file: Option<&str>,
    ) -> Result<String, toml::ser::Error> {
        let keys = toml::to_string(&Configuration {
            listen: holder.listen(),
            data: "data",
            identity: &self.key,
            passphrase_file,
            directory: DIRECTORY,
            scheme: directory.scheme.to_string(),
        })?;
        let of = format!("the {} in the scheme {}", holder.title(), directory.name);
        Ok(program.explain(&of, &keys, passphrase_file.is_some()))
    }
}

impl Program {
    fn explain(&self, of: &str, keys: &str, passphrase_given: bool) -> String {
        let asking = if passphrase_given { "" } else { ASKING };
        format!(
            "# Configuration of {of}. Start it here with: {}\n\
             # Relative paths begin at the folder of this file.\n{keys}{asking}",
            self.start
        )
    }
}

const ASKING: &str = "
# Without the following line the program asks for the passphrase of its key file when it starts.
# With it, the passphrase is read from that file, which nobody else may read (mode 0600).
# passphrase-file = \"passphrase\"
";

const ISSUER: &str = "
# This relay is the issuer: it gives tokens to the members of the projects in data/issuer/projects.toml.
[issuer]
";
/// In the data folder, where the program keeps it up to date.
const PROJECTS: &str = "data/issuer/projects.toml";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Configuration<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<&'a str>,
    data: &'a str,
    identity: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase_file: Option<&'a str>,
    directory: &'a str,
    scheme: String,
}

fn scheme_text(scheme: SchemeId) -> String {
    format!(
        "{scheme}\nThe id of the scheme: the fingerprint of its officers. Whoever sets up a program or joins compares \
         it, and accepts no directory of another.\n"
    )
}

#[cfg(test)]
mod tests {
    use brolly_shell::random;
    use toml::Table;

    use super::*;
    use crate::founding::found;
    use crate::plan::{EXAMPLE, Plan};

    fn configurations(passphrase_file: Option<&str>) -> Vec<(String, Table)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.toml");
        std::fs::write(&path, EXAMPLE.replace("months = 4", "months = 1")).unwrap();
        let plan = Plan::load(&path).unwrap();
        let founding = found(&plan, 1_764_000_000, &mut random::system(), &mut |_| ()).unwrap();
        let files = plain_files(&founding, passphrase_file).unwrap();
        let configurations = files.iter().filter(|file| {
            let [extension, name] = [file.path().extension(), file.path().file_name()];
            extension.is_some_and(|extension| extension == "toml")
                && name.is_some_and(|name| name != "projects.toml")
        });
        configurations
            .map(|file| {
                let text = str::from_utf8(file.content()).unwrap().to_owned();
                let table = toml::from_str(&text).unwrap();
                (text, table)
            })
            .collect()
    }

    #[test]
    fn without_a_passphrase_file_each_configuration_explains_the_key() {
        let all = configurations(None);
        assert_eq!(all.len(), 7);
        for (text, table) in all {
            assert!(!table.contains_key("passphrase-file"));
            assert!(text.contains("\n# passphrase-file = "), "{text}");
            // The explanation is right: the line works once its hash is taken away.
            let used = text.replace("# passphrase-file", "passphrase-file");
            let table: Table = toml::from_str(&used).unwrap();
            assert!(table.contains_key("passphrase-file"));
        }
    }

    #[test]
    fn the_issuer_alone_is_told_that_it_is_one() {
        let issuers = configurations(None)
            .into_iter()
            .filter(|(_, table)| table.contains_key("issuer"));
        let texts: Vec<String> = issuers.map(|(text, _)| text).collect();
        assert_eq!(texts.len(), 1);
        assert!(texts[0].starts_with("# Configuration of the relay york in"));
    }

    #[test]
    fn a_passphrase_file_with_an_odd_name_is_written_so_that_it_reads_back() {
        let odd = "/home/\"ada\" \\ 'bea'/pass#1";
        for (_, table) in configurations(Some(odd)) {
            assert_eq!(table["passphrase-file"].as_str(), Some(odd));
        }
    }
}
