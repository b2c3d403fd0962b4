//! Checkpoints and cosignatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brolly_interop::{Cosigner, Refused, Stored, read_checkpoint, vkey};
use brolly_keys::note::{NamedKey, Note};
use brolly_keys::role::Log as LogRole;
use brolly_keys::sign::SigningKey;
use brolly_protocol::log::{Checkpoint, LogName, Witnessed, empty_root};
use signed_note::{NoteError, Signer as _, StandardSigner, StandardVerifier, VerifierError};

use crate::SIZES;
use crate::log::{Log, vkeys};
use crate::scheme::{NOW, Scheme, log_key};

#[test]
fn outside_readers_take_our_checkpoints_and_know_who_signed_them() {
    let scheme = Scheme::new(4_096);
    for (name, size) in LogName::ALL.into_iter().flat_map(|name| {
        let sizes = [0].into_iter().chain(SIZES);
        sizes.map(move |size| (name, size))
    }) {
        let log = Log::new(name, size);
        let note = log.checkpoint(&scheme);
        let bytes = note.to_string().into_bytes();
        let (vkey, witnesses) = vkeys(&scheme, name);

        let read = read_checkpoint(&bytes, &vkey, &witnesses).unwrap();
        assert_eq!(
            read.checkpoint.origin(),
            name.origin(&scheme.directory.scheme)
        );
        assert_eq!(
            (read.checkpoint.size(), read.checkpoint.hash().0),
            (size, log.root())
        );
        let cosigned: Vec<(String, u64)> = (0..)
            .zip(&witnesses)
            .map(|(n, vkey)| (vkey.split('+').next().unwrap().to_owned(), NOW + n))
            .collect();
        assert_eq!((read.cosigned, read.others), (cosigned, 0));

        // What they read they write again, byte for byte.
        let outside = signed_note::Note::from_bytes(&bytes).unwrap();
        assert_eq!(outside.to_bytes(), bytes);
        assert_eq!(read.checkpoint.to_bytes(), note.text().as_bytes());

        // Somebody who knows no witness passes over their lines.
        let read = read_checkpoint(&bytes, &vkey, &[]).unwrap();
        assert_eq!((read.cosigned.len(), read.others), (0, witnesses.len()));
    }
}

#[test]
fn outside_readers_take_the_boards_extension_lines() {
    let scheme = Scheme::new(4_096);
    let [alerts, keys] = [[8; 32], [9; 32]].map(|digest| STANDARD.encode(digest));
    let extensions = LogName::ALL.map(|name| {
        let bytes = Log::new(name, 3)
            .checkpoint(&scheme)
            .to_string()
            .into_bytes();
        let (vkey, witnesses) = vkeys(&scheme, name);
        let read = read_checkpoint(&bytes, &vkey, &witnesses).unwrap();
        assert_eq!(read.cosigned.len(), witnesses.len(), "it is cosigned too");
        read.checkpoint.extension().to_owned()
    });
    let board = format!("alerts {alerts}\nkeys {keys}\n");
    assert_eq!(extensions, [String::new(), board]);
}

#[test]
fn signed_note_alone_knows_no_cosignatures() {
    let (_, witnesses) = vkeys(&Scheme::new(4_096), LogName::Reports);
    for vkey in witnesses {
        let refused = StandardVerifier::new(&vkey).map(|_| ());
        assert!(matches!(refused, Err(VerifierError::Alg)));
        assert!(Cosigner::new(&vkey).is_ok());
    }
}

#[test]
fn an_outside_log_is_a_log_to_us() {
    let scheme = Scheme::new(4_096);
    let key = log_key();
    let origin = LogName::Reports.origin(&scheme.directory.scheme);
    let named = NamedKey::new(&origin, key.verifying_key()).unwrap();
    let id = u32::from_be_bytes(named.id());
    let secret = STANDARD.encode([&[1], key.expose().as_slice()].concat());
    let signer = StandardSigner::new(&format!("PRIVATE+KEY+{origin}+{id:08x}+{secret}")).unwrap();
    assert_eq!(signer.key_id(), id);
    for size in [0, 1, 257, 700] {
        let log = Log::new(LogName::Reports, size);
        let root = Stored::of(&log.entries).unwrap().root(size).unwrap();
        let text = tlog_tiles::Checkpoint::new(&origin, size, root, "").unwrap();
        let mut note = signed_note::Note::new(&text.to_bytes(), &[]).unwrap();
        note.add_sigs(&[&signer]).unwrap();
        let theirs = Note::parse(&note.to_bytes()).unwrap();
        let read = Checkpoint::verify(&theirs, LogName::Reports, &scheme.directory).unwrap();
        assert_eq!((read.size, read.root), (size, log.root()));
    }
    assert_eq!(tlog_tiles::EMPTY_HASH.0, empty_root());
}

#[test]
fn a_flipped_byte_of_a_checkpoint_is_refused_by_both() {
    let scheme = Scheme::new(4_096);
    for name in LogName::ALL {
        let good = Log::new(name, 257)
            .checkpoint(&scheme)
            .to_string()
            .into_bytes();
        let (vkey, witnesses) = vkeys(&scheme, name);
        let theirs = |bytes: &[u8]| {
            let read = read_checkpoint(bytes, &vkey, &witnesses).ok()?;
            Some(read.cosigned.len())
        };
        let ours = |bytes: &[u8]| {
            let note = Note::parse(bytes).ok()?;
            let read = Witnessed::verify(&note, name, &scheme.directory).ok()?;
            Some(read.witnesses)
        };
        assert_eq!((theirs(&good), ours(&good)), (Some(9), Some(9)));
        let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let read = theirs(&bad);
            assert_eq!(read, ours(&bad), "{name:?} {at}");
            // A cosignature by a name or key id that nobody asked for is passed over, and the other eight remain.
            let cosignature = lines(&good[..at]) >= lines(&good) - 9;
            assert!(
                read.is_none() || cosignature && read == Some(8),
                "{name:?} {at}"
            );
        }
    }
}

#[test]
fn another_key_name_or_log_is_refused_by_outside_readers() {
    let scheme = Scheme::new(4_096);
    let bytes = Log::new(LogName::Reports, 3)
        .checkpoint(&scheme)
        .to_string()
        .into_bytes();
    let (reports, witnesses) = vkeys(&scheme, LogName::Reports);
    let (board, _) = vkeys(&scheme, LogName::Board);
    let unknown = read_checkpoint(&bytes, &board, &[]).unwrap_err();
    assert!(matches!(unknown, Refused::Note(NoteError::UnverifiedNote)));
    let unsigned = read_checkpoint(&bytes, &board, &witnesses).unwrap_err();
    assert!(matches!(unsigned, Refused::Unsigned(_)));
    let stranger = SigningKey::<LogRole>::from_seed(&[77; 32]).verifying_key();
    let named = NamedKey::new(&LogName::Reports.origin(&scheme.directory.scheme), stranger);
    let stranger = vkey::of_signer(&named.unwrap());
    let unknown = read_checkpoint(&bytes, &stranger, &[]).unwrap_err();
    assert!(matches!(unknown, Refused::Note(NoteError::UnverifiedNote)));

    // The log's own key under another name: C2SP has a log sign under its origin.
    let mut renamed = Note::unsigned(Note::parse(&bytes).unwrap().text().to_owned()).unwrap();
    renamed.sign("elsewhere", &log_key()).unwrap();
    let named = NamedKey::new("elsewhere", log_key().verifying_key()).unwrap();
    let renamed = renamed.to_string().into_bytes();
    let other = read_checkpoint(&renamed, &vkey::of_signer(&named), &[]).unwrap_err();
    assert!(matches!(other, Refused::Origin { .. }));
    let broken = read_checkpoint(&bytes, &reports[1..], &[]).unwrap_err();
    assert!(matches!(broken, Refused::Key(_, VerifierError::Id)));
    assert!(matches!(
        read_checkpoint(b"", &reports, &[]),
        Err(Refused::Note(_))
    ));
}
