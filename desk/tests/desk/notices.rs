//! Notices: what a desk says to everybody, and the page that it names.

use brolly_desk::casebook::Day;
use brolly_protocol::board::{Entry, Notice};
use brolly_protocol::report::Slot;
use brolly_shell::cli::{CONFIGURATION, FAILED, USAGE};

use crate::scheme::{Scheme, desk_id};

const MAY: Slot = Slot::Scheme;

#[test]
fn spec_11_12_a_notice_is_published_by_a_desk_that_may() {
    let scheme = Scheme::new();
    let notice = [
        "notice",
        "publish",
        "The line is closed on Friday.",
        "--yes",
        "--json",
    ];
    assert_eq!(
        scheme.json(MAY, &notice),
        serde_json::json!({"posted": true})
    );
    let entry = scheme.inbox.state().waiting[0].clone();
    let day = Day::at(scheme.now).0;
    let expected = Notice::new(desk_id(MAY), day, "The line is closed on Friday.").unwrap();
    let read = Entry::verify(&entry, &scheme.directory).unwrap();
    assert!(matches!(read, Entry::Notice(notice) if *notice == expected));
    let long = scheme.path("long");
    std::fs::write(&long, "x".repeat(2_048 + 5)).unwrap();
    let long = [
        "notice",
        "publish",
        "--text-file",
        long.to_str().unwrap(),
        "--yes",
    ];
    scheme.fails(MAY, &long, FAILED, "the notice is 5 bytes too long");
    let unasked = ["notice", "publish", "x"];
    scheme.fails(MAY, &unasked, USAGE, "then add --yes");
    assert_eq!(scheme.inbox.state().posts.len(), 1);
}

#[test]
fn spec_18_4_a_desk_names_the_page_by_its_list_of_files() {
    let scheme = Scheme::new();
    let file = scheme.path("integrity.json");
    let list =
        "{\"files\":{\"index.html\":\"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"}}";
    std::fs::write(&file, list).unwrap();
    let publish = [
        "notice",
        "publish",
        "--page",
        file.to_str().unwrap(),
        "--yes",
        "--json",
    ];
    assert_eq!(
        scheme.json(MAY, &publish),
        serde_json::json!({"posted": true})
    );
    let entry = scheme.inbox.state().waiting[0].clone();
    let Entry::Notice(notice) = Entry::verify(&entry, &scheme.directory).unwrap() else {
        panic!("another entry");
    };
    let named = brolly_shell::page::of_notice(&notice.text);
    assert_eq!(
        named,
        Some(brolly_shell::page::hash_of(list.as_bytes()).as_str())
    );
    std::fs::write(&file, "{}").unwrap();
    scheme.fails(
        MAY,
        &publish[..5],
        CONFIGURATION,
        "not the list of a page's files",
    );
    assert_eq!(scheme.inbox.state().posts.len(), 1);
}
