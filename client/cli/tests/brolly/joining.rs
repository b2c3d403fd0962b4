//! Joining, and what is kept of it: invitations, directories, the state file.

use super::*;

#[test]
fn before_joining_everything_says_how_to_join() {
    let country = Country::new();
    for args in [
        &["report"][..],
        &["check"],
        &["cover"],
        &["alerts", "--offline"],
        &["lookup"],
        &["run"],
        &["report", "--queue"],
    ] {
        let refused = country.run("home", args, "");
        assert_eq!(refused.code, 3);
        assert!(refused.err.contains("brolly join -"), "{}", refused.err);
    }
    let cut = country.link();
    let cut = country.run("home", &["join", "-"], &cut[..cut.len() - 9]);
    assert!(cut.err.contains("cut short or changed"), "{}", cut.err);
    let shown = country.run("home", &["join", &country.link()], "");
    assert_eq!(shown.code, 0);
    assert!(shown.err.contains("shell's history"), "{}", shown.err);
    assert!(
        shown.out.contains("You have joined Sample, through Leeds"),
        "{}",
        shown.out
    );
}

#[test]
fn another_scheme_is_joined_only_when_told_to_replace_the_first() {
    let country = Country::joined();
    let other = Country::of(Scheme::founded_by(clock::now(), [4, 5, 6]));
    let link = other.link();
    let refused = country.run("home", &["join", "-"], &link);
    assert_eq!(refused.code, 5);
    assert!(refused.err.contains("--replace"), "{}", refused.err);
    let before = files(Path::new(&country.path("home")));
    let joined = country
        .run("home", &["join", "-", "--replace", "--json"], &link)
        .json();
    assert_eq!(
        joined["scheme"],
        other.world().scheme.directory.scheme.to_string()
    );
    assert!(files(Path::new(&country.path("home"))) != before);
}

#[test]
fn a_directory_that_is_of_another_scheme_or_rolled_back_is_refused_and_nothing_is_kept_or_sent() {
    let country = Country::joined();
    country.world().scheme.directory.version = 2;
    let refused = country.report(&["--yes"]);
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("version 2, but version 3 was seen"),
        "{}",
        refused.err
    );
    assert!(
        country
            .sessions()
            .iter()
            .all(|(method, ..)| *method == Method::GET)
    );

    let stranger = Country::of(Scheme::founded_by(clock::now(), [4, 5, 6]));
    let mut invitation = stranger
        .world()
        .scheme
        .invitation_to(stranger.addresses.clone());
    invitation.scheme = country.world().scheme.directory.scheme;
    let refused = stranger.run("home", &["join", "-"], &invitation.to_link().unwrap());
    assert_eq!(refused.code, 5);
    assert!(refused.err.contains("another scheme"), "{}", refused.err);
    assert!(files(Path::new(&stranger.path("home"))).is_empty());
}

#[test]
fn a_relay_with_another_key_than_the_invitation_says_is_not_talked_to() {
    let country = Country::new();
    let mut invitation = country
        .world()
        .scheme
        .invitation_to(country.addresses.clone());
    for entrance in &mut invitation.entries {
        entrance.key = [9; 32];
    }
    let refused = country.run("home", &["join", "-"], &invitation.to_link().unwrap());
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("not the expected one"),
        "{}",
        refused.err
    );
    assert!(country.sessions().is_empty());
}

#[test]
fn spec_4_9_that_a_scheme_is_a_drill_is_said_before_anything_is_sent() {
    let country = Country::of(Scheme::drill(clock::now()));
    let join = country.run("home", &["join", "-", "--json"], &country.link());
    assert_eq!(join.json()["drill"], true);
    let sent = country.report(&["--yes"]);
    assert_eq!(sent.json()["accepted"], true);
    let said = sent.err.find("THIS SCHEME IS A DRILL").unwrap();
    assert!(said < sent.err.find("This is all that is sent").unwrap());
    let real = Country::joined();
    assert!(!real.report(&["--yes"]).err.contains("DRILL"));
}

#[test]
fn with_a_proxy_nothing_goes_past_it() {
    let country = Country::joined();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = closed.local_addr().unwrap().to_string();
    drop(closed);
    let refused = country.run("home", &["--socks5", &proxy, "cover"], "");
    assert_eq!(refused.code, 4);
    assert!(country.sessions().is_empty());
}

#[test]
fn a_directory_that_expired_on_the_device_is_renewed_by_a_look_up_like_any_other() {
    let mut scheme = Scheme::new(clock::now());
    scheme.directory.version += 1;
    let country = Country::of(scheme);
    let then = clock::now() - 70 * 86_400;
    let mut state = State::new(
        country
            .world()
            .scheme
            .invitation_to(country.addresses.clone()),
    );
    state.accept(&Scheme::new(then).in_force(), then).unwrap();
    fs::create_dir(country.path("home")).unwrap();
    let file = country.write("home/state", &state.to_bytes().unwrap());
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    let kept = fs::read(country.path("home/state")).unwrap();
    let mut code = String::new();
    for what in ["report", "cover", "check", "alerts", "lookup"] {
        fs::write(country.path("home/state"), &kept).unwrap();
        country.world().asked.clear();
        match what {
            "report" => {
                let sent = country.report(&["--yes"]).json();
                code = sent["words"].as_str().unwrap().to_owned();
            }
            "cover" | "alerts" => assert_eq!(country.run("home", &[what], "").code, 0),
            "lookup" => assert_eq!(country.run("home", &[what], "Dave").code, 0),
            _ => assert_eq!(country.run("home", &["check"], &code).code, 0),
        }
        let sessions = country.sessions();
        assert_eq!(sessions.len(), 12, "{what}");
        assert_eq!(sessions[..6], sessions[6..], "{what}");
    }
}

#[test]
fn a_state_file_that_was_damaged_or_is_open_to_others_is_refused() {
    let country = Country::joined();
    let file = country.path("home/state");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let open = country.run("home", &["cover"], "");
    assert!(
        open.code == 5 && open.err.contains("chmod 600"),
        "{}",
        open.err
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() = 1;
    fs::write(&file, bytes).unwrap();
    let damaged = country.run("home", &["cover"], "");
    assert!(
        damaged.code == 5 && damaged.err.contains("--replace"),
        "{}",
        damaged.err
    );
    country
        .run(
            "home",
            &["join", "-", "--replace", "--json"],
            &country.link(),
        )
        .json();
    assert_eq!(country.run("home", &["cover"], "").code, 0);
}

#[test]
fn what_an_earlier_version_kept_is_told_to_be_joined_again() {
    let country = Country::joined();
    let file = country.path("home/state");
    let mut earlier = b"brolly/1 member\n".to_vec();
    earlier.resize(1 << 20, 0);
    fs::write(&file, earlier).unwrap();
    let refused = country.run("home", &["cover"], "");
    assert_eq!(refused.code, 5);
    assert!(
        refused.err.contains("an earlier Brolly") && refused.err.contains("join again"),
        "{}",
        refused.err
    );
    country
        .run(
            "home",
            &["join", "-", "--replace", "--json"],
            &country.link(),
        )
        .json();
}
