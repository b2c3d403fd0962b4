use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use brolly_keys::blind::IssuerSecret;
use brolly_keys::file::{KeyFile, Kind, Label};
use brolly_keys::role::{Log, Witness};
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::Directory;
use brolly_protocol::invite::Invitation;
use brolly_protocol::node::SchemeId;
use brolly_protocol::token::period;
use brolly_protocol::token::project::{ProjectId, secret_digest};
use brolly_shell::{config, keyfile, private};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::*;

use self::room::Room;

mod room;

const PASSPHRASE: &str = "four words or more";

/// The keys that INTERFACES promises to the programs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Configuration {
    listen: Option<std::net::SocketAddr>,
    data: PathBuf,
    identity: PathBuf,
    passphrase_file: PathBuf,
    directory: PathBuf,
    scheme: String,
    #[serde(default, rename = "issuer")]
    _issuer: Option<toml::Table>,
}

fn key<'a>(files: &'a BTreeMap<String, Option<KeyFile>>, path: &str) -> &'a KeyFile {
    files[path].as_ref().unwrap()
}

#[test]
fn spec_4_7_a_plan_becomes_a_whole_scheme_whose_every_key_stands_in_the_signed_directory() {
    let room = Room::with(plan::EXAMPLE);
    let (out, progress) = room.new_scheme().unwrap();
    assert_eq!(room.names(), ["passphrase", "plan.toml", "scheme"]);
    assert!(progress.contains("sealing officers/ada.key (1 of 10)\n"));
    assert_eq!(progress.lines().count(), 4 + 10);

    let files = room.scheme();
    let made: Value = serde_json::from_str(&out).unwrap();
    let mut listed: Vec<&str> = made["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file.as_str().unwrap())
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, files.keys().collect::<Vec<_>>());
    let scheme = made["scheme"].as_str().unwrap();
    let first = fs::read_to_string(room.at("scheme/scheme.txt")).unwrap();
    assert_eq!(first.lines().next(), Some(scheme));

    let directory = room.directory(scheme);
    assert_eq!((directory.version, directory.threshold), (1, 2));
    assert_eq!(directory.expires - directory.issued, 90 * 86_400);
    let identity = |path: &str, kind, name: &str| {
        let file = key(&files, path);
        let seed = file.secret(Label::Identity, 0).unwrap();
        let public = SigningKey::<Log>::from_seed(seed)
            .verifying_key()
            .to_bytes();
        assert_eq!(file.header().public, public, "{path}");
        assert_eq!(
            (file.header().kind, file.header().name.as_str()),
            (kind, name)
        );
        public
    };
    for officer in &directory.officers {
        let path = format!("officers/{}.key", officer.name());
        let public = identity(&path, Kind::Officer, officer.name());
        assert_eq!(public, officer.key().to_bytes());
    }
    for relay in &directory.relays {
        let path = format!("relays/{}/identity.key", relay.name);
        assert_eq!(
            identity(&path, Kind::Relay, &relay.name),
            relay.key.to_bytes()
        );
        let seed = key(&files, &path).secret(Label::Witness, 0).unwrap();
        let witness = SigningKey::<Witness>::from_seed(seed).verifying_key();
        assert_eq!(witness, relay.witness);
        let issuer = relay.id == directory.issuer.relay;
        assert_eq!(issuer, relay.name == "york");
        let months = key(&files, &path).epochs(Label::Issuer);
        assert_eq!(months.len(), if issuer { 4 } else { 0 });
    }
    for held in &directory.issuer.keys {
        let primes = key(&files, "relays/york/identity.key").issuer(held.period);
        let secret = IssuerSecret::from_primes(primes.unwrap()).unwrap();
        assert_eq!(secret.public(), held.key);
    }
    assert!(period::current(&directory.issuer.keys, clock::now()).is_some());
    let last = directory.issuer.keys.last().unwrap();
    assert!(
        last.until >= directory.expires,
        "they outlast the directory"
    );
    let public = identity("inbox/identity.key", Kind::Inbox, "inbox");
    assert_eq!(public, directory.inbox.key.to_bytes());
    let log = key(&files, "inbox/identity.key")
        .secret(Label::Log, 0)
        .unwrap();
    let log = SigningKey::<Log>::from_seed(log).verifying_key();
    assert_eq!(log, directory.inbox.log_key);
    for desk in &directory.desks {
        let path = format!("desks/{}/desk.key", desk.name);
        assert_eq!(identity(&path, Kind::Desk, &desk.name), desk.key.to_bytes());
        let file = key(&files, &path);
        assert!(file.epochs(Label::Week).is_empty(), "desks make their own");
        assert!(file.secret(Label::Casebook, 0).is_some());
        assert_eq!(desk.alerts, desk.name == "caseworkers");
    }
}

#[test]
fn spec_4_7_one_members_root_is_in_every_desks_key_file_and_every_invitation_and_nowhere_else() {
    let room = Room::with(
        &plan::EXAMPLE
            .replace("[\"Leeds\"]", "[\"Leeds\", \"York\"]")
            .replace("months = 4", "months = 1"),
    );
    room.new_scheme().unwrap();
    let files = room.scheme();
    let mut roots = Vec::new();
    for (name, keys) in &files {
        let root = keys
            .as_ref()
            .and_then(|keys| keys.secret(Label::Members, 0));
        assert_eq!(root.is_some(), name.ends_with("desk.key"), "{name}");
        roots.extend(root.copied());
    }
    for project in ["Leeds", "York"] {
        let path = room.at(&format!("scheme/invitations/{project}.txt"));
        let link = fs::read_to_string(path).unwrap();
        roots.push(Invitation::from_link(&link).unwrap().members);
    }
    assert_eq!(roots.len(), 4);
    assert!(roots.iter().all(|root| *root == roots[0]));
    assert_ne!(roots[0], [0; 32]);
    let other = Room::small();
    other.new_scheme().unwrap();
    let others = other.scheme();
    let desk = key(&others, "desks/caseworkers/desk.key");
    assert_ne!(desk.secret(Label::Members, 0), Some(&roots[0]));
}

#[test]
fn spec_4_7_the_issuer_knows_of_each_project_the_digest_of_what_its_invitation_carries() {
    let room = Room::small();
    room.new_scheme().unwrap();
    let path = "scheme/relays/york/data/issuer/projects.toml";
    let text = fs::read_to_string(room.at(path)).unwrap();
    let projects: toml::Table = text.parse().unwrap();
    let [project] = projects["project"].as_array().unwrap().as_slice() else {
        panic!("one project");
    };
    let link = fs::read_to_string(room.at("scheme/invitations/Leeds.txt")).unwrap();
    let invitation = Invitation::from_link(&link).unwrap();
    let id = ProjectId::of(invitation.scheme, "Leeds");
    let digest = secret_digest(invitation.scheme, id, &invitation.secret);
    assert_eq!(project["digest"].as_str(), Some(&*STANDARD.encode(digest)));
    assert_eq!(project["name"].as_str(), Some("Leeds"));
    assert_eq!(project["quota"].as_integer(), Some(20_000));
    assert_eq!(project["desk"].as_str(), Some(""), "no desk has set it yet");
    assert_eq!(project["serial"].as_integer(), Some(0));
}

#[test]
fn spec_4_7_every_configuration_and_invitation_leads_to_the_scheme() {
    let room = Room::small();
    let (out, _) = room.new_scheme().unwrap();
    let made: Value = serde_json::from_str(&out).unwrap();
    let scheme = made["scheme"].as_str().unwrap();
    let directory = room.directory(scheme);
    let note = fs::read(room.at("scheme/directory.note")).unwrap();
    for (folder, file, listen) in [
        ("relays/leeds", "relay.toml", Some("127.0.0.1:4433")),
        ("relays/york", "relay.toml", Some("127.0.0.1:4434")),
        ("relays/hull", "relay.toml", Some("127.0.0.1:4435")),
        ("inbox", "inbox.toml", Some("127.0.0.1:4436")),
        ("desks/caseworkers", "desk.toml", None),
    ] {
        let folder = room.at("scheme").join(folder);
        let read: Configuration = config::load(&folder.join(file)).unwrap();
        let listens = read.listen.map(|address| address.to_string());
        assert_eq!(listens.as_deref(), listen);
        assert_eq!(
            (read.scheme.as_str(), read.data.to_str()),
            (scheme, Some("data"))
        );
        assert_eq!(read.passphrase_file, room.at("passphrase"));
        assert!(keyfile::header(&folder.join(read.identity)).is_ok());
        assert_eq!(fs::read(folder.join(read.directory)).unwrap(), note);
        let found = room.inspect_json(&folder.join(file), &[]);
        assert_eq!(found["what"], "configuration");
    }
    let link = fs::read_to_string(room.at("scheme/invitations/Leeds.txt")).unwrap();
    let invitation = Invitation::from_link(&link).unwrap();
    assert_eq!(invitation.scheme.to_string(), scheme);
    assert_eq!(invitation.project, "Leeds");
    assert_eq!(invitation.entries.len(), 1);
    assert_eq!(
        invitation.entries[0].key,
        directory.relays[0].key.to_bytes()
    );
    assert_eq!(invitation.entries[0].address, "127.0.0.1:4433");
    assert_ne!(invitation.secret, [0; 16]);
}

#[test]
fn spec_2_7_inspect_prints_no_secret_of_any_file() {
    let room = Room::small();
    room.new_scheme().unwrap();
    let files = room.scheme();
    let note = room.at("scheme/directory.note");
    let with = ["--directory", note.to_str().unwrap()];
    let mut printed = String::new();
    let mut secrets = vec![PASSPHRASE.as_bytes().to_vec()];
    for (name, keys) in &files {
        let path = room.at("scheme").join(name);
        printed += &room.inspect(&path, &[]).unwrap();
        printed += &room.inspect(&path, &with).unwrap();
        printed += &room.inspect_json(&path, &with).to_string();
        let Some(keys) = keys else { continue };
        let before = secrets.len();
        for label in [
            Label::Identity,
            Label::Log,
            Label::Witness,
            Label::Week,
            Label::Casebook,
            Label::Members,
        ] {
            let seeds = keys.epochs(label);
            secrets.extend(
                seeds
                    .iter()
                    .map(|n| keys.secret(label, *n).unwrap().to_vec()),
            );
        }
        let months = keys.epochs(Label::Issuer);
        secrets.extend(months.iter().map(|n| keys.issuer(*n).unwrap().to_vec()));
        assert!(secrets.len() > before, "{name} holds something");
    }
    let link = fs::read_to_string(room.at("scheme/invitations/Leeds.txt")).unwrap();
    let fragment = link.trim().split_once('#').unwrap().1;
    assert!(!printed.contains(fragment));
    let invitation = Invitation::from_link(&link).unwrap();
    secrets.push(invitation.secret.to_vec());
    secrets.push(invitation.members.to_vec());
    assert_eq!(secrets.len(), 1 + 1 + (3 * 2 + 1) + 2 + (1 + 2) + 2);
    let printed = printed.to_lowercase();
    for secret in &secrets {
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!printed.contains(&hex));
        for text in [STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)] {
            let text = text.trim_end_matches('=').to_lowercase();
            assert!(!printed.contains(&text));
        }
        assert!(!printed.contains(&String::from_utf8_lossy(secret).to_lowercase()));
        assert!(!printed.contains(&format!("{secret:?}")));
    }
    assert!(printed.contains("a digest of each one's secret"));
    // The search does find what is printed.
    let scheme = fs::read_to_string(room.at("scheme/scheme.txt")).unwrap();
    assert!(printed.contains(scheme.lines().next().unwrap()));
}

#[test]
fn spec_2_7_a_key_file_that_others_can_read_is_pointed_out() {
    let room = Room::small();
    let path = room.at("ada.key");
    let file = KeyFile::new(Kind::Officer, "ada", a_public_key());
    keyfile::create(&path, &file, b"x").unwrap();
    assert!(!room.inspect(&path, &[]).unwrap().contains("chmod"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let words = room.inspect(&path, &[]).unwrap();
    assert!(
        words.contains(&format!("run `chmod 600 {}`", path.display())),
        "{words}"
    );
}

#[test]
fn a_flipped_byte_in_a_key_file_is_one_sentence() {
    let room = Room::small();
    let path = room.at("ada.key");
    let file = KeyFile::new(Kind::Officer, "ada", a_public_key());
    keyfile::create(&path, &file, b"x").unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    private::replace(&path, &bytes).unwrap();
    let failure = room.inspect(&path, &[]).unwrap_err();
    assert!(
        failure
            .message
            .ends_with("ada.key: the key file is damaged: restore it from a back-up")
    );
    assert_eq!(failure.code, brolly_shell::cli::REFUSED);
}

#[test]
fn a_plan_that_no_client_would_accept_leaves_nothing_behind() {
    for (from, to, sentence) in [
        ("layer = 2", "layer = 1", "a path through three layers"),
        ("layer = 0", "layer = 1", "at least two entry relays"),
        (
            "tick-ms = 15000",
            "tick-ms = 4000",
            "a tick of 5 to 60 seconds",
        ),
        (
            "slot = \"scheme\"",
            "slot = \"police\"\nalerts = true",
            "one scheme desk",
        ),
        ("slot = \"police\"", "slot = \"project\"", "name their area"),
        ("tick-ms = 15000", "tick-ms = 0", "at least a millisecond"),
        (
            "window-entries = 4096",
            "window-entries = 255",
            "window is between",
        ),
        ("calling-code = 44", "calling-code = 0", "a calling code is"),
        (
            "# alerts = true ",
            "alerts = false ",
            "at least one desk may publish alerts",
        ),
        ("valid-days = 90", "valid-days = 91", "1 to 90 days"),
        ("threshold = 2", "threshold = 4", "3 officers"),
        ("name = \"ada\"", "name = \"a/da\"", "letters a to z"),
        (":4434", ":4433", "given twice"),
        ("[[officers]]", "[[officer]]", "did you mean `officers`?"),
    ] {
        assert!(plan::EXAMPLE.contains(from), "{from}");
        let plan = plan::EXAMPLE.replacen(from, to, 1);
        let room = Room::with(&plan.replace("months = 4", "months = 1"));
        let failure = room.new_scheme().unwrap_err();
        assert!(failure.message.contains(sentence), "{failure}");
        assert_eq!(failure.code, brolly_shell::cli::CONFIGURATION);
        assert_eq!(room.names(), ["passphrase", "plan.toml"]);
    }
}

#[test]
fn a_folder_that_is_not_empty_and_an_exposed_passphrase_are_refused_before_any_work() {
    let room = Room::small();
    fs::create_dir(room.at("scheme")).unwrap();
    fs::write(room.at("scheme/letter"), "dear").unwrap();
    let failure = room.new_scheme().unwrap_err();
    assert!(failure.message.contains("is not empty"), "{failure}");
    assert_eq!(fs::read(room.at("scheme/letter")).unwrap(), b"dear");

    fs::remove_dir_all(room.at("scheme")).unwrap();
    let exposed = fs::Permissions::from_mode(0o644);
    fs::set_permissions(room.at("passphrase"), exposed).unwrap();
    let failure = room.new_scheme().unwrap_err();
    assert!(failure.message.contains("chmod 600"), "{failure}");
    assert_eq!(room.names(), ["passphrase", "plan.toml"]);
}

#[test]
fn a_slip_of_the_hand_is_told_and_asked_again_and_the_third_ends_the_ceremony() {
    let mut progress = Vec::new();
    let mut answers = vec![Ok(7), Err(PassphraseError::Differ)];
    let got = patiently(|| answers.pop().unwrap(), &mut progress);
    assert_eq!(got.unwrap(), 7);
    let told = String::from_utf8(progress).unwrap();
    assert_eq!(told.lines().count(), 1);
    assert!(told.contains("the two passphrases differ"), "{told}");
    let mut asked = 0;
    let slips = patiently(
        || -> Result<(), _> {
            asked += 1;
            Err(PassphraseError::Empty)
        },
        &mut Vec::new(),
    );
    assert!(matches!(slips, Err(PassphraseError::Empty)));
    assert_eq!(asked, 3);
}

#[test]
fn a_hostile_file_cannot_steer_the_terminal_by_the_sentence_that_refuses_it() {
    let room = Room::small();
    let text = "format = \"brolly/1 directory\"\npurpose = \"\\u001b[2J\"\n";
    fs::write(room.at("d.note"), text).unwrap();
    let failure = room.inspect(&room.at("d.note"), &[]).unwrap_err();
    assert!(failure.message.contains("[2J"), "{failure}");
    assert!(!failure.message.contains('\u{1b}'));
}

#[test]
fn the_example_plan_is_printed_and_recognised() {
    let room = Room::small();
    assert_eq!(room.run(&["plan"]).unwrap().0, plan::EXAMPLE);
    assert_eq!(
        room.inspect_json(&room.at("plan.toml"), &[])["what"],
        "plan"
    );
    Cli::command().debug_assert();
}

fn a_public_key() -> [u8; 32] {
    SigningKey::<Log>::from_seed(&[7; 32])
        .verifying_key()
        .to_bytes()
}
