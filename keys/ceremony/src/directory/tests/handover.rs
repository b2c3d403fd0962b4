//! Officers hand over to their successors.

use super::*;

#[test]
fn spec_4_8_officers_hand_over_and_their_successors_sign_the_next_version() {
    let room = Room::new();
    room.handover();
    let seen = room.does("inspect @handover.note --directory @1.note");
    assert!(seen.contains("complete    yes: enough of both"), "{seen}");
    room.does("directory draft --from @1.note --handover @handover.note --out @draft.toml");
    let words = room.does("directory diff @1.note @draft.toml");
    assert!(words.contains("! cat LEAVES, key "), "{words}");
    assert!(words.contains("! dot COMES, key "), "{words}");
    // Cat is out of office from this version on.
    let failure = room.sign("draft.toml", "cat").unwrap_err();
    assert!(
        failure.message.contains("cat cannot sign this"),
        "{failure}"
    );
    room.sign("draft.toml", "bea").unwrap();
    room.sign("draft.toml", "dot").unwrap();
    room.does("directory combine @bea.note @dot.note --from @1.note --out @2.note");
    let good = room.does("directory verify @2.note --from @1.note");
    assert!(good.contains("bea, dot, and 2 must"), "{good}");
    let inspected = room.does("inspect @2.note");
    assert!(
        inspected.contains("before them the founders, 2 of 3 signing: ada, bea, cat"),
        "{inspected}"
    );
    // Nobody takes a handover back.
    let back = "directory diff @2.note @1.note";
    assert!(room.does(back).contains("rolling it back"));
}

#[test]
fn spec_4_8_a_handover_needs_the_old_and_the_new_and_says_who_is_missing() {
    let room = Room::new();
    let made = room.does("officers new dot --out @dot.key --passphrase-file @passphrase");
    let dot = made.lines().last().unwrap().trim();
    let propose = |officers: &str, threshold: usize| {
        format!(
            "officers propose --from @1.note {officers} --threshold {threshold} --out @handover.txt"
        )
    };
    for (officers, threshold, code, sentence) in [
        (
            "--officer ada --officer eve",
            2,
            USAGE,
            "eve is no officer today",
        ),
        (
            "--officer ada --officer ada",
            2,
            USAGE,
            "ada is named twice",
        ),
        (
            "--officer ada --officer bea --officer cat",
            2,
            USAGE,
            "nothing would change",
        ),
        ("--officer ada --officer bea", 3, REFUSED, "3 of 2 officers"),
        (
            "--officer ada --officer bea",
            1,
            REFUSED,
            "needs 2 at least",
        ),
        (
            "--officer ada --officer bea=short",
            2,
            USAGE,
            "44 characters",
        ),
    ] {
        room.refuses(&propose(officers, threshold), code, sentence);
    }
    let words = room.does(&propose(&format!("--officer ada --officer bea {dot}"), 3));
    assert!(
        words.contains("3 of 3 must sign instead of 2 of 3"),
        "{words}"
    );
    for officer in ["ada", "cat", "dot"] {
        room.sign("handover.txt", officer).unwrap();
    }
    let combine =
        "directory combine @ada.note @cat.note @dot.note --from @1.note --out @handover.note";
    room.refuses(
        combine,
        REFUSED,
        "2 of the officers to come signed, and 3 must: get 1 more of bea",
    );
    let few = "directory combine @cat.note @dot.note --from @1.note --out @handover.note";
    room.refuses(
        few,
        REFUSED,
        "1 of today's officers signed, and 2 must: get 1 more of ada, bea",
    );
    let seen = room.does("inspect @cat.note --directory @1.note");
    assert!(
        seen.contains("cat: good signature") && seen.contains("dot: has not"),
        "{seen}"
    );
    assert!(seen.contains("complete    no: "), "{seen}");
    room.sign("handover.txt", "bea").unwrap();
    room.does(
        "directory combine @ada.note @bea.note @dot.note --from @1.note --out @handover.note",
    );
    let text = "directory draft --from @1.note --handover @handover.txt --out @draft.toml";
    room.refuses(text, REFUSED, "nobody signed");
    let text = text.replace("handover.txt", "ada.note");
    room.refuses(&text, REFUSED, "not put in office");
    let note = "directory draft --from @1.note --handover @1.note --out @draft.toml";
    room.refuses(note, REFUSED, "is not a handover of officers");
}
