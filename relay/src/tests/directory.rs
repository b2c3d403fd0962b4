use std::fs;
use std::sync::Arc;

use brolly_keys::file::{KeyFile, Kind, Label};
use brolly_keys::note::Note;
use brolly_keys::role::Authority;
use brolly_keys::sign::SigningKey;
use brolly_protocol::directory::DirectoryError;
use brolly_protocol::node::SchemeId;
use brolly_protocol::onion::Layer;
use brolly_shell::clock;
use brolly_shell::directory::DirectoryFileError;
use brolly_shell::keyfile;

use super::world::{World, quick, relay_key, witness_key};
use crate::assignment::{Assignment, AssignmentError, Secrets};
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

fn load(config: &Config, now: u64) -> Result<Assignment, AssignmentError> {
    let secrets = Arc::new(Secrets::load(config, PASSPHRASE)?);
    Assignment::load(config, secrets, now)
}

fn refused(config: &Config, now: u64) -> DirectoryError {
    match load(config, now).err() {
        Some(AssignmentError::Directory(DirectoryFileError::Refused { reason, .. })) => reason,
        Some(other) => panic!("refused for another reason: {other}"),
        None => panic!("taken"),
    }
}

#[test]
fn a_directory_that_is_expired_of_another_scheme_or_signed_by_a_stranger_is_refused() {
    let mut world = filed();
    let now = clock::now();
    assert!(load(&world.config, now).is_ok());
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
fn a_relay_that_ran_once_is_not_rolled_back_by_the_file_that_it_is_given() {
    let mut world = filed();
    let first = world.note.clone();
    drop(world.open().unwrap());
    world.redirect(|_| {});
    // The next one lies ready.
    fs::write(&world.config.directory, &world.note).unwrap();
    let waiting = load(&world.config, clock::now()).unwrap();
    assert_eq!((waiting.version(), waiting.waiting()), (3, Some(4)));
    // It was taken up.
    drop(world.open().unwrap());
    fs::write(&world.config.directory, first).unwrap();
    assert_eq!(load(&world.config, clock::now()).unwrap().version(), 4);
    let expired = refused(&world.config, clock::now() + 90_000);
    assert_eq!(expired, DirectoryError::Expired);
}
