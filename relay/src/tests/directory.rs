use std::fs;

use brolly_keys::file::{KeyFile, Kind, Label};
use brolly_keys::note::Note;
use brolly_keys::role::Authority;
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::{Directory, DirectoryError};
use brolly_protocol::node::SchemeId;
use brolly_protocol::onion::Layer;
use brolly_shell::clock;
use brolly_shell::directory::{self, DirectoryFileError};
use brolly_shell::keyfile;

use super::world::{World, quick, relay_key, witness_key};
use crate::assignment::{Assignment, AssignmentError};
use crate::config::Config;

const PASSPHRASE: &[u8] = b"umbrella";

/// A world whose relay has its key file and its directory on disk.
fn filed() -> World {
    let world = World::new(Layer::Entry, quick);
    let key = relay_key(world.layer);
    let mut file = KeyFile::new(Kind::Relay, "relay 0", key.verifying_key().to_bytes());
    file.insert(Label::Identity, 0, &key.expose());
    file.insert(Label::Witness, 0, &witness_key(world.layer).expose());
    keyfile::create(&world.config.identity, &file, PASSPHRASE).unwrap();
    fs::write(&world.config.directory, &world.assignment().note).unwrap();
    world
}

fn refused(config: &Config, now: u64) -> DirectoryError {
    match Assignment::load(config, PASSPHRASE, now).err() {
        Some(AssignmentError::Directory(DirectoryFileError::Refused { reason, .. })) => reason,
        Some(other) => panic!("refused for another reason: {other}"),
        None => panic!("taken"),
    }
}

#[test]
fn a_directory_that_is_expired_of_another_scheme_or_signed_by_a_stranger_is_refused() {
    let mut world = filed();
    let now = clock::now();
    assert!(Assignment::load(&world.config, PASSPHRASE, now).is_ok());
    assert_eq!(
        refused(&world.config, now + 90_000),
        DirectoryError::Expired
    );

    let scheme = std::mem::replace(&mut world.config.scheme, SchemeId([9; 32]));
    assert_eq!(refused(&world.config, now), DirectoryError::OtherScheme);
    world.config.scheme = scheme;

    let mut note = Note::unsigned(world.directory.to_text().unwrap()).unwrap();
    let stranger = SigningKey::<Authority>::from_seed(&[2; 32]);
    note.sign("eve", &stranger).unwrap();
    fs::write(&world.config.directory, note.to_string()).unwrap();
    let too_few = DirectoryError::TooFew { good: 0, needed: 1 };
    assert_eq!(refused(&world.config, now), too_few);
}

#[test]
fn a_relay_that_ran_once_refuses_a_directory_that_was_rolled_back() {
    let world = filed();
    drop(world.open().unwrap());
    let mut newer = Directory::clone(&world.directory);
    newer.version = 4;
    assert!(Assignment::load(&world.config, PASSPHRASE, clock::now()).is_ok());
    directory::remember(&newer, &world.config.data).unwrap();
    assert_eq!(
        refused(&world.config, clock::now()),
        DirectoryError::RolledBack { given: 3, seen: 4 }
    );
    // Whoever was told of a newer one once does not forget it for an older one.
    directory::remember(&world.directory, &world.config.data).unwrap();
    let seen = fs::read_to_string(world.config.data.join("directory.seen")).unwrap();
    assert_eq!(seen, "4\n");
}
