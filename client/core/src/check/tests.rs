use brolly_protocol::log::Entry;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use brolly_keys::epoch::Epoch;
use brolly_protocol::cell::SealedCell;
use brolly_protocol::geometry::TOKEN;

use super::*;
use crate::compose::{Composed, Known, compose};
use crate::draft::Draft;
use crate::fake::{NOW, PROJECT, Scheme};

fn code(seed: u64) -> ReceiptCode {
    ReceiptCode::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

fn entry(scheme: &Scheme, code: &ReceiptCode, digest: [u8; 32]) -> Entry {
    let tag = code.receipt(&scheme.directory.scheme).unwrap().tag(&digest);
    Entry { tag, digest }
}

fn standing(scheme: &Scheme, code: &ReceiptCode) -> Standing {
    let directory = &scheme.directory;
    let window = Window::verify(&scheme.window(), directory).unwrap();
    check(code, directory, &window).unwrap()
}

fn place(standing: &Standing) -> (u64, u64, u64) {
    let place = standing.place.unwrap();
    (place.position, place.matching, standing.entries)
}

/// A report for the scheme's desk and the police, in the log.
fn reported(scheme: &mut Scheme) -> (Composed, SealedCell) {
    let draft = "[incident]\nnarrative = \"words\"\n[consent]\npolice = true";
    let draft = Draft::from_toml(draft).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(77);
    let keys = scheme.known_keys();
    let known = Known {
        directory: &scheme.directory,
        keys: &keys,
        read: &|_| None,
    };
    let composed = compose(&draft, None, &known, PROJECT, NOW, &mut rng).unwrap();
    let (id, week) = (scheme.directory.scheme, Epoch::at(NOW, 604_800));
    let sealed = composed.letter.seal(id, week, &[5; TOKEN], &keys, &mut rng);
    let cell = sealed.unwrap();
    scheme.publish(Entry::of(&cell));
    (composed, cell)
}

fn answers(standing: &Standing) -> Vec<&str> {
    let texts = standing.replies.iter();
    texts.map(|reply| reply.text.as_str()).collect()
}

#[test]
fn spec_12_7_a_code_finds_its_own_bytes_and_nothing_else() {
    let mut scheme = Scheme::new(NOW);
    let (mine, other) = (code(1), code(2));
    let nothing = standing(&scheme, &mine);
    assert_eq!((nothing.stage(), nothing.entries), (Stage::NotPublished, 0));

    scheme.publish(entry(&scheme, &other, [1; 32]));
    scheme.publish(entry(&scheme, &mine, [2; 32]));
    let found = standing(&scheme, &mine);
    assert_eq!((found.stage(), place(&found)), (Stage::InLog, (2, 1, 2)));
    assert_eq!((found.before, found.witnesses, found.time), (0, 3, NOW));
    scheme.publish(entry(&scheme, &mine, [3; 32]));
    assert_eq!(place(&standing(&scheme, &mine)), (2, 2, 3));
}

#[test]
fn spec_12_7_her_tag_beside_other_bytes_is_not_her_report() {
    let mut scheme = Scheme::new(NOW);
    let code = code(2);
    let mut forged = entry(&scheme, &code, [2; 32]);
    forged.digest = [3; 32];
    scheme.publish(forged);
    // Her bytes stand there too, beside a tag that is not hers.
    scheme.publish(Entry {
        tag: [0; 16],
        digest: [2; 32],
    });
    // Nor with whatever a desk says about it.
    scheme.mark(0, 2);
    let found = standing(&scheme, &code);
    assert_eq!((found.stage(), found.entries), (Stage::NotPublished, 2));
    assert_eq!((found.place, found.read), (None, false));
}

#[test]
fn spec_12_7_in_a_long_log_a_place_is_counted_from_its_beginning() {
    let mut scheme = Scheme::new(NOW);
    scheme.directory.parameters.window = 256;
    let (mine, old) = (code(1), code(2));
    scheme.publish(entry(&scheme, &old, [9; 32]));
    for n in 0..599_u16 {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&n.to_be_bytes());
        scheme.publish(Entry {
            tag: [0; 16],
            digest,
        });
    }
    scheme.publish(entry(&scheme, &mine, [1; 32]));
    let found = standing(&scheme, &mine);
    assert_eq!(place(&found), (601, 1, 345));
    assert_eq!(found.before, 256);
    let found = standing(&scheme, &old);
    assert_eq!(
        (found.stage(), found.before),
        (Stage::NotPublished, 256),
        "before the window, and said to be so"
    );
}

#[test]
fn spec_12_10_a_read_mark_counts_where_it_covers_the_place_and_its_desk_is_always_chosen() {
    let mut scheme = Scheme::new(NOW);
    scheme.publish(entry(&scheme, &code(9), [9; 32]));
    let (composed, _) = reported(&mut scheme);
    let names = |standing: &Standing| {
        let desk = |id: &NodeId| scheme_desk(&scheme_names(), *id);
        standing.read_by.iter().map(desk).collect::<Vec<_>>()
    };
    scheme.mark(0, 1);
    let found = standing(&scheme, &composed.code);
    assert_eq!((found.stage(), names(&found)), (Stage::InLog, vec![]));
    // A team that may not have been chosen read all that was for it: that alone says nothing of this report.
    scheme.mark(2, 2);
    let found = standing(&scheme, &composed.code);
    assert_eq!((found.stage(), names(&found)), (Stage::InLog, vec![2]));
    scheme.mark(0, 2);
    scheme.mark(0, 1);
    let found = standing(&scheme, &composed.code);
    assert_eq!(found.stage(), Stage::Read);
    let mut by = names(&found);
    by.sort_unstable();
    assert_eq!(by, [0, 2], "the largest of each desk counts");

    // Signed by another desk than it names.
    let mut forged = Scheme::new(NOW);
    let (composed, _) = reported(&mut forged);
    let mark = board::ReadMark::new(forged.directory.desks[0].id, 1, forged.today());
    forged.board.push(mark.to_entry(&Scheme::desk_key(1)));
    let window = forged_window(&forged);
    let found = check(&composed.code, &forged.directory, &window).unwrap();
    assert_eq!((found.stage(), found.read_by), (Stage::InLog, vec![]));
}

fn scheme_names() -> Vec<NodeId> {
    let desks = Scheme::new(NOW).directory.desks;
    desks.into_iter().map(|desk| desk.id).collect()
}

fn scheme_desk(desks: &[NodeId], id: NodeId) -> usize {
    desks.iter().position(|desk| *desk == id).unwrap()
}

/// A window with an entry that no inbox would take, as an inbox that lies would sign it.
fn forged_window(scheme: &Scheme) -> Window {
    let mut honest = Scheme::new(NOW);
    honest.reports.clone_from(&scheme.reports);
    let mut window = Window::verify(&honest.window(), &scheme.directory).unwrap();
    window.board.entries.clone_from(&scheme.board);
    window
}

#[test]
fn spec_12_10_answers_are_opened_in_order_whatever_else_is_on_the_board() {
    let mut scheme = Scheme::new(NOW);
    let (composed, cell) = reported(&mut scheme);
    let cell = &cell;
    scheme.reply(0, Slot::Scheme, cell, 1, "second");
    scheme.reply(1, Slot::Police, cell, 0, "from the police");
    scheme.reply(0, Slot::Scheme, cell, 0, "first");
    scheme.mark(2, 1);
    let found = standing(&scheme, &composed.code);
    assert_eq!(found.stage(), Stage::Answered);
    assert!(found.read);
    assert_eq!(answers(&found), ["first", "second", "from the police"]);
    let desks = found.replies.iter().map(|reply| reply.desk);
    let ids = scheme_names();
    assert_eq!(desks.collect::<Vec<_>>(), [ids[0], ids[0], ids[1]]);
    // Somebody else's code opens none of them.
    assert!(standing(&scheme, &code(5)).replies.is_empty());
}

#[test]
fn spec_12_10_answers_are_looked_for_until_sixteen_numbers_in_a_row_are_absent() {
    let mut scheme = Scheme::new(NOW);
    let (composed, cell) = reported(&mut scheme);
    for number in [15, 31, 48] {
        let text = number.to_string();
        scheme.reply(0, Slot::Scheme, &cell, number, &text);
    }
    let found = standing(&scheme, &composed.code);
    assert_eq!(answers(&found), ["15", "31"], "33 to 47 are sixteen and 32");
}

#[test]
fn spec_12_10_an_answer_forged_by_another_desk_is_not_shown() {
    let mut scheme = Scheme::new(NOW);
    let (composed, cell) = reported(&mut scheme);
    // The police opened the report and know its reply key; they sign as themselves in the scheme desk's place.
    scheme.reply(1, Slot::Scheme, &cell, 0, "come alone");
    let found = standing(&scheme, &composed.code);
    assert_eq!((found.stage(), answers(&found)), (Stage::InLog, vec![]));
    // It does not stand in the way of the good one under the same tag.
    scheme.reply(0, Slot::Scheme, &cell, 0, "thank you");
    assert_eq!(answers(&standing(&scheme, &composed.code)), ["thank you"]);
}

#[test]
fn spec_12_10_an_answer_is_found_when_the_report_lies_before_the_window() {
    let mut scheme = Scheme::new(NOW);
    scheme.directory.parameters.window = 256;
    let (composed, cell) = reported(&mut scheme);
    for n in 0..600_u16 {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&n.to_be_bytes());
        let tag = [0; 16];
        scheme.publish(Entry { tag, digest });
    }
    scheme.reply(0, Slot::Scheme, &cell, 0, "late");
    let found = standing(&scheme, &composed.code);
    assert_eq!((found.stage(), found.place), (Stage::Answered, None));
}
