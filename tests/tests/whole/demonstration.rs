//! `cargo demo -- --json`, with and without killing everything once.

use std::process::Command;

use serde_json::Value;

fn run(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        lines.lines().count(),
        1,
        "one object and nothing else: {lines}"
    );
    serde_json::from_str(&lines).unwrap()
}

fn assert_whole(outcome: &Value) {
    let want = serde_json::json!({
        "sent": 3,
        "opened": {"police": 2, "scheme": 3},
        "contact_opened": {"police": 1, "scheme": 0},
        "lost": 0,
        "duplicated": 0,
        "canaries_found": 0,
        "leak_control_found": 1,
        "receipts_verified": 3,
        "replies_read": 1,
        "alerts_found": 1,
        "cancelled_found": 0,
        "read_marks": 2,
        "directory_version": 2,
        "key_rotations": 1,
        "seconds": outcome["seconds"],
    });
    assert_eq!(*outcome, want);
}

#[test]
fn three_reports_arrive_where_they_were_meant_to_and_nobody_on_the_way_kept_a_canary() {
    assert_whole(&run(&["--json"]));
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_when_every_relay_and_the_inbox_are_killed() {
    assert_whole(&run(&["--json", "--kill"]));
}
