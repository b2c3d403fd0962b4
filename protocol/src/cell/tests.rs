use std::string::ToString;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::receipt::ReceiptCode;
use crate::report::{Consent, Incident};

const SCHEME: SchemeId = SchemeId([7; 32]);
const WEEK: Epoch = Epoch::new(2968);

struct Table {
    rings: Vec<KeyRing<Desk>>,
    desks: Vec<Recipient>,
    receipt: Receipt,
    rng: ChaCha20Rng,
}

impl Table {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (mut rings, mut desks) = (Vec::new(), Vec::new());
        for n in 0..4u8 {
            let secret = SecretKey::generate(&mut rng);
            desks.push(Recipient {
                desk: NodeId([n; 16]),
                key: secret.public(),
            });
            let mut ring = KeyRing::new();
            ring.insert(WEEK, secret);
            rings.push(ring);
        }
        let receipt = ReceiptCode::generate(&mut rng).receipt(&SCHEME).unwrap();
        Self {
            rings,
            desks,
            receipt,
            rng,
        }
    }

    fn seal(&mut self, consent: Consent) -> SealedCell {
        let report = said(consent);
        let letter = Letter {
            scheme: SCHEME,
            week: WEEK,
            token: &[5; TOKEN],
            desks: [0, 1, 2, 3].map(|n| self.desks.get(n)),
            report: &report,
            contact: "ring 07700 900123",
        };
        SealedCell::seal(&letter, &self.receipt, &mut self.rng).unwrap()
    }

    fn open<B: AsRef<[u8]>>(&self, cell: &SealedCell<B>, slot: Slot) -> Result<Opened, OpenError> {
        let n = usize::from(slot.place());
        cell.open(SCHEME, self.desks[n].desk, slot, &self.rings[n])
    }
}

fn said(consent: Consent) -> Report {
    Report {
        incident: Incident {
            narrative: "he had a van".to_string(),
            ..Incident::default()
        },
        consent,
        ..Report::default()
    }
}

#[test]
fn spec_5_3_only_chosen_desks_open_and_only_the_police_get_the_contact() {
    let mut table = Table::new();
    for bits in 0..16u8 {
        let consent = Consent {
            members_alert: false,
            police: bits & 1 != 0,
            police_contact: bits & 2 != 0,
            specialist: bits & 4 != 0,
            project: bits & 8 != 0,
        };
        let cell = table.seal(consent);
        assert_eq!(cell.as_bytes().len(), DELIVERED);
        for slot in Slot::ALL {
            match table.open(&cell, slot) {
                Ok(opened) => {
                    assert!(consent.opens(slot));
                    assert_eq!(opened.report, said(consent));
                    assert_eq!(opened.contact.is_some(), consent.opens_contact(slot));
                    assert_eq!(opened.reply_root, table.receipt.reply_root(slot));
                    assert_eq!(opened.reply_key, table.receipt.reply_key().public());
                }
                Err(error) => {
                    assert!(!consent.opens(slot));
                    assert_eq!(error, OpenError::NotOurs);
                }
            }
        }
    }
}

#[test]
fn spec_5_2_a_desk_opens_only_its_own_slot_week_and_scheme() {
    let mut table = Table::new();
    let cell = table.seal(Consent {
        police: true,
        ..Consent::default()
    });
    let desk = table.desks[1].desk;
    let ring = &table.rings[1];
    assert!(cell.open(SCHEME, desk, Slot::Police, ring).is_ok());
    let refused = [
        cell.open(SCHEME, desk, Slot::Scheme, ring),
        cell.open(SCHEME, NodeId([9; 16]), Slot::Police, ring),
        cell.open(SchemeId([8; 32]), desk, Slot::Police, ring),
        cell.open(SCHEME, desk, Slot::Police, &KeyRing::new()),
    ];
    for result in refused {
        assert_eq!(result.err(), Some(OpenError::NotOurs));
    }
}

#[test]
fn spec_6_3_the_receipt_tag_is_over_every_byte_behind_it() {
    let mut table = Table::new();
    let cell = table.seal(Consent::default());
    assert_eq!(cell.receipt_tag(), table.receipt.tag(&cell.digest()));
    let (head, tail) = cell.as_bytes().split_at(CONTACT_AT);
    let covered = [&head[RECEIPT_TAG..], &Sha256::digest(tail)].concat();
    assert_eq!(cell.digest(), *Sha256::digest(covered));
    for at in (RECEIPT_TAG..DELIVERED).step_by(997).chain([DELIVERED - 1]) {
        let mut bytes = cell.as_bytes().to_vec();
        bytes[at] ^= 1;
        let changed = SealedCell::from_bytes(&bytes).unwrap();
        assert_ne!(changed.receipt_tag(), table.receipt.tag(&changed.digest()));
    }
}

#[test]
fn spec_5_2_a_changed_cell_opens_nowhere() {
    let mut table = Table::new();
    let cell = table.seal(Consent::default());
    let watched = (RECEIPT_TAG..RECEIPT_TAG + TOKEN + 2 * COMMITMENT + STANZA).step_by(61);
    for at in watched.chain((CONTACT_AT..DELIVERED).step_by(1009)) {
        let mut bytes = cell.as_bytes().to_vec();
        bytes[at] ^= 0x80;
        let changed = SealedCell::from_bytes(&bytes).unwrap();
        assert_eq!(
            table.open(&changed, Slot::Scheme).err(),
            Some(OpenError::NotOurs),
            "byte {at}"
        );
    }
}

/// A hostile sender seals honestly to one desk, and gives another a key under which the same body reads differently.
#[test]
fn spec_5_2_a_body_made_to_read_differently_at_two_desks_is_refused() {
    let mut table = Table::new();
    let report = said(Consent {
        police: true,
        ..Consent::default()
    });
    let plain = report
        .pad(&table.receipt.reply_key().public().to_bytes())
        .unwrap();
    let (key, other) = (
        OneTimeKey::generate(&mut table.rng),
        OneTimeKey::generate(&mut table.rng),
    );
    let contact = report::pad_contact("").unwrap();
    let draft = Draft::new(&[5; TOKEN], &key, &plain, &other, &contact).unwrap();
    let letter = Letter {
        scheme: SCHEME,
        week: WEEK,
        token: &[5; TOKEN],
        desks: [0, 1, 2, 3].map(|n| table.desks.get(n)),
        report: &report,
        contact: "",
    };
    let mut stanzas = Vec::new();
    for (slot, body_key) in Slot::ALL.into_iter().zip([&key, &other, &key, &key]) {
        let keys = [*body_key.expose(), [0; 32], [1; 32]].concat();
        let to = letter.desks[usize::from(slot.place())];
        stanza(
            &letter,
            slot,
            to,
            &draft.associated,
            &keys,
            &mut table.rng,
            &mut stanzas,
        )
        .unwrap();
    }
    let cell = draft.assemble(&stanzas);
    assert!(table.open(&cell, Slot::Scheme).is_ok());
    assert_eq!(
        table.open(&cell, Slot::Police).err(),
        Some(OpenError::Commitment(CommitError::Commitment))
    );
}

#[test]
fn spec_7_4_a_cover_cell_has_the_shape_of_a_report_and_opens_nowhere() {
    let mut table = Table::new();
    let report = table.seal(Consent::default());
    let cover = SealedCell::cover(SCHEME, WEEK, &[5; TOKEN], &mut table.rng).unwrap();
    assert_eq!(cover.as_bytes().len(), report.as_bytes().len());
    for slot in Slot::ALL {
        assert_eq!(table.open(&cover, slot).err(), Some(OpenError::NotOurs));
    }
    // What anybody can read without a key is the same in both: the token and the four week numbers.
    let weeks = |cell: &SealedCell| {
        Slot::ALL.map(|slot| {
            Parts::of(cell.as_bytes())
                .unwrap()
                .stanza(slot)
                .unwrap()
                .week
        })
    };
    assert_eq!(weeks(&cover), weeks(&report));
    assert_eq!((cover.token(), report.token()), (&[5; TOKEN], &[5; TOKEN]));
}

#[test]
fn a_chosen_desk_without_a_key_is_named() {
    let mut table = Table::new();
    let report = said(Consent {
        specialist: true,
        ..Consent::default()
    });
    let letter = Letter {
        scheme: SCHEME,
        week: WEEK,
        token: &[5; TOKEN],
        desks: [table.desks.first(), None, None, None],
        report: &report,
        contact: "",
    };
    let refused = SealedCell::seal(&letter, &table.receipt, &mut table.rng);
    assert_eq!(refused.err(), Some(LetterError::NoDesk(Slot::Specialist)));
}

#[test]
fn bytes_of_another_length_are_no_cell() {
    assert!(SealedCell::from_bytes(&[0; DELIVERED - 1]).is_none());
    assert!(SealedCell::from_bytes(&[0; DELIVERED + 1]).is_none());
}

#[test]
fn a_cell_lasts_as_long_as_the_latest_of_the_weeks_it_names() {
    let mut table = Table::new();
    let cell = table.seal(Consent::default());
    assert_eq!(cell.last_week(), WEEK);
    for slot in 0..SLOTS {
        let mut bytes = cell.as_bytes().to_vec();
        let at = CONTACT_AT - (SLOTS - slot) * STANZA;
        bytes[at..at + 4].copy_from_slice(&[0, 1, 0, 0]);
        let later = SealedCell::from_bytes(&bytes).unwrap();
        assert_eq!(later.last_week(), Epoch::new(65_536), "{slot}");
        bytes[at..at + 4].copy_from_slice(&[0; 4]);
        let earlier = SealedCell::from_bytes(&bytes).unwrap();
        assert_eq!(earlier.last_week(), WEEK, "{slot}");
    }
}
