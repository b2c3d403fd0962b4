//! The issuer's keys in the next version.

use super::*;

#[test]
fn spec_4_12_the_issuers_keys_are_extended_in_its_file_and_in_the_draft() {
    let room = Room::new();
    let line =
        "issuer extend --from @1.note --key @york.key --months 1 --passphrase-file @passphrase";
    let blocks = room.does(line);
    // Asked again, it gives the same keys: the blocks may have got lost.
    assert_eq!(room.does(line), blocks);
    room.draft(&[]);
    fs::write(room.at("draft.toml"), room.text("draft.toml") + &blocks).unwrap();
    let words = room.does("directory diff @1.note @draft.toml");
    let comes = words.lines().filter(|line| line.contains("comes")).count();
    assert_eq!(comes, 1, "{words}");
    let before = Source::signed(&room.at("1.note")).unwrap().directory;
    let after = Source::any(&room.at("draft.toml")).unwrap().directory;
    let [.., last, new] = after.issuer.keys.as_slice() else {
        panic!("three keys");
    };
    assert_eq!(Some(last), before.issuer.keys.last());
    let file = brolly_shell::keyfile::read(&room.at("york.key"), b"four words or more").unwrap();
    let primes = file.issuer(new.period).unwrap();
    let secret = brolly_keys::blind::IssuerSecret::from_primes(primes).unwrap();
    assert_eq!(secret.public(), new.key);
    let wrong = line.replace("york.key", "ada.key");
    room.refuses(&wrong, REFUSED, "is the key file of no relay");
    let entry = line.replace("york.key", "entry.key");
    room.refuses(&entry, REFUSED, "is an entry relay, which sees who asks");
}

#[test]
fn spec_4_12_another_relay_becomes_the_issuer_with_keys_of_its_own() {
    let room = Room::new();
    let blocks = room.does(
        "issuer extend --from @1.note --key @exit.key --months 1 --passphrase-file @passphrase",
    );
    assert!(
        blocks.contains("Copy data/issuer/projects.toml"),
        "{blocks}"
    );
    let key = blocks
        .lines()
        .find(|line| line.starts_with("# relay = "))
        .unwrap();
    room.draft(&[]);
    let draft = room.text("draft.toml");
    // As the output says: its blocks in the place of all others, and the relay's key.
    let (before, rest) = draft.split_once("[issuer]").unwrap();
    let after = rest.find("\n[[desks]]").unwrap();
    let issuer = format!("[issuer]\n{}\n{blocks}", key.trim_start_matches("# "));
    let moved = format!("{before}{issuer}{}", &rest[after..]);
    fs::write(room.at("draft.toml"), moved).unwrap();
    let directory = Source::any(&room.at("draft.toml")).unwrap().directory;
    let file = brolly_shell::keyfile::read(&room.at("exit.key"), b"four words or more").unwrap();
    let relay = directory.relay(directory.issuer.relay).unwrap();
    assert_eq!(relay.key.to_bytes(), file.header().public);
    let [only] = directory.issuer.keys.as_slice() else {
        panic!("one key");
    };
    let secret = brolly_keys::blind::IssuerSecret::from_primes(file.issuer(only.period).unwrap());
    assert_eq!(secret.unwrap().public(), only.key);
}

#[test]
fn spec_4_12_a_draft_warns_when_the_issuers_keys_end_before_it() {
    let room = Room::new();
    let told = room.does("directory draft --from @1.note --out @draft.toml");
    assert!(
        told.contains("`brolly-keys issuer extend` makes more"),
        "{told}"
    );
}
