//! `brolly alerts` and `brolly lookup`.

use brolly_protocol::identifier::Identifier;
use serde_json::json;

use crate::country::Country;

fn phone() -> Identifier {
    Identifier::phone("07700 900123", 44).unwrap()
}

#[test]
fn spec_12_9_an_alert_is_found_and_once_it_is_cancelled_it_is_not() {
    let country = Country::joined();
    let id = country
        .world()
        .scheme
        .alert("LS2", "White van.\u{7}", &[phone()]);
    let lookup = || country.run("home", &["lookup", "--json"], "+44 7700 900123\n");
    let found = lookup().json();
    assert_eq!(found["found"], 1);
    let hit = &found["matches"][0];
    assert_eq!(
        (&hit["why"], &hit["exact"]),
        (&json!("the same number"), &json!(true))
    );
    assert_eq!(
        (&hit["kind"], &hit["value"]),
        (&json!("phone"), &json!("447700900123"))
    );
    let alert = &hit["alert"];
    assert_eq!(alert["id"], id.to_string());
    assert_eq!(
        (&alert["area"], &alert["severity"]),
        (&json!("LS2"), &json!("severe"))
    );
    assert_eq!(alert["text"], "White van.\u{7}");

    let shown = country.run("home", &["lookup", "--offline", "900123"], "");
    assert_eq!(shown.code, 0, "{}", shown.err);
    for part in [
        "the number ends in what you typed",
        "LS2, ",
        "severe danger",
        "White van.<U+0007>",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(shown.err.contains("shell's history"), "{}", shown.err);

    country.world().scheme.cancel(id);
    let nothing = lookup().json();
    assert_eq!(
        (&nothing["found"], &nothing["matches"]),
        (&json!(0), &json!([]))
    );
    let nothing = country.run("home", &["lookup"], "+44 7700 900123\n");
    assert_eq!(nothing.code, 0);
    assert!(
        nothing.out.starts_with("Nothing found since "),
        "{}",
        nothing.out
    );
    assert!(
        nothing.out.contains("; this does not mean safe."),
        "{}",
        nothing.out
    );
}

#[test]
fn alerts_are_listed_by_area_and_notices_follow() {
    let country = Country::joined();
    {
        let scheme = &mut country.world().scheme;
        scheme.alert("LS2", "White van.", &[phone()]);
        scheme.alert("Hull", "Grey van.", &[phone()]);
        let desk = scheme.directory.desks[0].id;
        let notice = brolly_protocol::board::Notice::new(desk, scheme.today(), "Closed on Friday.");
        let entry = notice.unwrap().to_entry(&crate::Scheme::desk_key(0));
        scheme.board.push(entry);
    }
    let all = country.run("home", &["alerts", "--json"], "").json();
    assert_eq!(all["alerts"].as_array().unwrap().len(), 2);
    assert_eq!(all["notices"][0]["text"], "Closed on Friday.");
    let hull = country
        .run("home", &["alerts", "--offline", "--area", "hull"], "")
        .out;
    assert!(
        hull.contains("Grey van.") && !hull.contains("White van."),
        "{hull}"
    );
    assert!(hull.contains("Notice of Scheme desk") && hull.contains("1 alert counts today."));
}

#[test]
fn without_a_relay_the_copy_on_the_device_answers_and_the_program_says_so() {
    let country = Country::joined();
    country
        .world()
        .scheme
        .alert("LS2", "White van.", &[phone()]);
    assert_eq!(country.run("home", &["cover"], "").code, 0);
    country.world().closed = true;
    let found = country.run("home", &["lookup", "--json"], "07700900123");
    assert_eq!(found.code, 4);
    let object: serde_json::Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!(object["found"], 1);
    assert!(found.err.contains("could not be renewed"), "{}", found.err);
    let offline = country.run("home", &["lookup", "--json", "--offline"], "07700900123");
    assert_eq!(offline.json()["found"], 1);
}

#[test]
fn what_cannot_be_looked_up_is_refused_before_anything_is_asked_of_anybody() {
    let country = Country::joined();
    for (args, input) in [
        (&["lookup", "..."][..], ""),
        (&["lookup", "-"], "\n"),
        (&["lookup"], ""),
    ] {
        let refused = country.run("home", args, input);
        assert_eq!(refused.code, 1, "{args:?}");
        assert_eq!(refused.out, "");
    }
    assert!(country.sessions().is_empty());
}

#[test]
fn a_lookup_among_thousands_takes_little_memory() {
    let country = Country::joined();
    {
        let scheme = &mut country.world().scheme;
        for n in 0..3_000 {
            let number = Identifier::phone(&format!("07700 9{n:05}"), 44).unwrap();
            let plate = Identifier::plate(&format!("AB{n:05}")).unwrap();
            scheme.alert("LS2", "White van.", &[number, plate]);
        }
    }
    let found = country
        .run_within(64 << 10, "home", &["lookup", "--json"], "07700 902999")
        .json();
    assert!(found["found"].as_u64().unwrap() >= 1);
    assert_eq!(found["matches"][0]["why"], "the same number");
}
