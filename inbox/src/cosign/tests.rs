use std::collections::BTreeSet;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::sample::{Storage, cell, directory, witness_key};

struct World {
    _data: tempfile::TempDir,
    storage: Storage,
    directory: Directory,
}

impl World {
    async fn new() -> (
        Self,
        crate::sequence::Sequencer<crate::store::embedded::Embedded>,
    ) {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::open(data.path());
        let sequencer = storage.sequencer().await.unwrap();
        let world = Self {
            _data: data,
            storage,
            directory: directory(),
        };
        (world, sequencer)
    }

    async fn head(&self) -> Note {
        let head = self.storage.ledger.head(LOG).await.unwrap().unwrap();
        Note::parse(&head.note).unwrap()
    }

    /// The head with the line of relay `n`.
    async fn cosigned(&self, n: u8) -> Note {
        let mut note = self.head().await;
        note.cosign(&self.name(n), &witness_key(n), 1_000 + u64::from(n))
            .unwrap();
        note
    }

    fn name(&self, n: u8) -> String {
        let relay = &self.directory.relays[usize::from(n)];
        let key = brolly_protocol::log::witness_key(&self.directory.scheme, relay);
        key.unwrap().name().to_owned()
    }

    async fn bring(&self, note: &Note, by: u8) -> Cosigned {
        let relay = &self.directory.relays[usize::from(by)];
        let note = note.to_string();
        let ledger = self.storage.ledger.as_ref();
        cosign(ledger, LOG, note.as_bytes(), relay, &self.directory)
            .await
            .unwrap()
    }
}

const LOG: LogName = LogName::Reports;

#[tokio::test]
async fn spec_10_11_cosignatures_are_collected_until_a_majority_has_seen_the_checkpoint() {
    let (world, _sequencer) = World::new().await;
    let notes = [world.cosigned(0).await, world.cosigned(2).await];
    assert_eq!(world.bring(&notes[0], 0).await, Cosigned::Kept(None));
    assert_eq!(world.storage.ledger.witnessed(LOG).await.unwrap(), None);
    assert_eq!(world.bring(&notes[0], 0).await, Cosigned::Kept(None));
    assert_eq!(world.bring(&notes[1], 2).await, Cosigned::Kept(Some(2)));
    let witnessed = world.storage.ledger.witnessed(LOG).await.unwrap().unwrap();
    let note = Note::parse(&witnessed.note).unwrap();
    let seen = Witnessed::verify(&note, LOG, &world.directory).unwrap();
    assert_eq!((seen.witnesses, seen.checkpoint.size), (2, 0));
    assert_eq!(note.signers().count(), 3);
    // A third one is kept too, but is no news.
    let third = world.cosigned(1).await;
    assert_eq!(world.bring(&third, 1).await, Cosigned::Kept(None));
    let names: BTreeSet<String> = world.head().await.signers().map(str::to_owned).collect();
    assert_eq!(names.len(), 4);
}

#[tokio::test]
async fn spec_10_11_a_cosignature_over_an_older_checkpoint_is_told_so() {
    let (world, mut sequencer) = World::new().await;
    let old = world.cosigned(0).await;
    world.storage.admit(&[cell(1)]).await;
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    sequencer.publish(&mut rng).await.unwrap();
    assert_eq!(world.bring(&old, 0).await, Cosigned::NotNewest);
    let new = world.cosigned(0).await;
    assert_eq!(world.bring(&new, 0).await, Cosigned::Kept(None));
    let (ledger, note) = (world.storage.ledger.as_ref(), new.to_string());
    let relay = &world.directory.relays[0];
    let board = cosign(
        ledger,
        LogName::Board,
        note.as_bytes(),
        relay,
        &world.directory,
    )
    .await;
    assert_eq!(board.unwrap(), Cosigned::NotNewest);
}

#[tokio::test]
async fn spec_10_11_a_wrong_cosignature_or_another_relays_is_refused_and_no_line_gets_in_beside_it()
{
    let (world, _sequencer) = World::new().await;
    let before = world.head().await;
    let good = world.cosigned(0).await;
    assert_eq!(world.bring(&good, 1).await, Cosigned::Refused, "another's");
    let mut forged = before.clone();
    forged.cosign(&world.name(0), &witness_key(1), 5).unwrap();
    assert_eq!(world.bring(&forged, 0).await, Cosigned::Refused);
    assert_eq!(world.bring(&before, 0).await, Cosigned::Refused, "none");
    // A good line, and rubbish under the same name.
    let mut both = good.clone();
    both.cosign(&world.name(0), &witness_key(1), 5).unwrap();
    assert_eq!(world.bring(&both, 0).await, Cosigned::Refused);
    let relay = &world.directory.relays[0];
    let ledger = world.storage.ledger.as_ref();
    for bytes in [
        &b""[..],
        b"\xff",
        b"no note",
        b"a note\n\n\xe2\x80\x94 x !\n",
    ] {
        let refused = cosign(ledger, LOG, bytes, relay, &world.directory).await;
        assert_eq!(refused.unwrap(), Cosigned::Refused);
    }
    assert_eq!(world.head().await, before);
    // What others say in the note that it brings is left out.
    let mut more = good.clone();
    more.cosign(&world.name(1), &witness_key(1), 5).unwrap();
    more.cosign("anybody", &witness_key(9), 5).unwrap();
    assert_eq!(world.bring(&more, 0).await, Cosigned::Kept(None));
    assert_eq!(world.head().await.signers().count(), 2);
}
