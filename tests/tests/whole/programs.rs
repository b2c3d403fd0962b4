//! What each program says to a mistake, through the command a person would type.

use std::path::Path;
use std::process::{Command, Output};

use brolly_tests::binaries::Binaries;
use brolly_tests::scheme::{Plan, Scheme, change_config};

fn run(binaries: &Binaries, program: &str, arguments: &[&str]) -> Output {
    Command::new(binaries.path(program))
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_mistake_in_a_configuration_gets_a_sentence_and_stops_nothing_else() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut scheme = Scheme::start(&binaries, folder.path(), &Plan::default()).unwrap();
    let relay = folder.path().join("scheme/relays/entry/relay.toml");
    let inbox = folder.path().join("scheme/inbox/inbox.toml");

    // Both run already: the relay's port is taken, and so is the inbox's data.
    for (program, config, words) in [
        ("brolly-relay", &relay, "is in use by another program"),
        ("brolly-inbox", &inbox, "another inbox is running"),
    ] {
        let again = said(&run(&binaries, program, &["run", "--config", text(config)]));
        assert!(again.contains(words), "{again}");
    }
    assert_eq!(scheme.stop(), Vec::<&str>::new());

    change_config(&relay, vec![("lisen", "127.0.0.1:4433".into())]).unwrap();
    let unknown = said(&run(
        &binaries,
        "brolly-relay",
        &["run", "--config", text(&relay)],
    ));
    assert!(
        unknown.contains("`lisen`") && unknown.contains("`listen`"),
        "{unknown}"
    );
}

#[test]
fn a_key_file_with_a_wrong_passphrase_or_a_flipped_byte_is_refused_by_the_program_that_needs_it() {
    let binaries = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut scheme = Scheme::start(&binaries, folder.path(), &Plan::default()).unwrap();
    scheme.stop();
    let desk = folder.path().join("scheme/desks/police");
    let config = desk.join("desk.toml");
    let list = || {
        run(
            &binaries,
            "brolly-desk",
            &["--config", text(&config), "list"],
        )
    };
    assert!(list().status.success());

    let key = desk.join("desk.key");
    let good = std::fs::read(&key).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    std::fs::write(&key, &flipped).unwrap();
    let damaged = said(&list());
    assert!(damaged.contains("damaged"), "{damaged}");
    std::fs::write(&key, &good).unwrap();

    std::fs::write(folder.path().join("passphrase"), "another").unwrap();
    let wrong = said(&list());
    assert!(wrong.contains("passphrase"), "{wrong}");
}
